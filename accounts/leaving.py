"""What is held about a person, given to him; and what remains when he goes.

Every app says what it holds (`holds`) and lets go of what it can (`letting_go`): this module knows
neither. Going takes the account: names, addresses, passwords, sessions, second factors. What the
person did to records stays, with its change sets, as the work of a former member.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from accounts.models import AccountEvent, Invitation, Notice, SentMail, User, note
from journal.models import ChangeSet, Job

Rows = Iterable[Any]  # dictionaries, as JSON can hold them
_holdings: dict[str, Callable[[User], Rows]] = {}
_partings: list[Callable[[User], None]] = []


class Stays(Exception):
    """The person can't go yet; the message says what has to be settled first."""


def holds(name: str) -> Callable[[Callable[[User], Rows]], Callable[[User], Rows]]:
    """Register what an app holds about a person, as rows for JSON, under `name`."""

    def register(function: Callable[[User], Rows]) -> Callable[[User], Rows]:
        _holdings[name] = function
        return function

    return register


def letting_go(function: Callable[[User], None]) -> Callable[[User], None]:
    """Register what an app does when somebody goes; it may raise Stays."""
    _partings.append(function)
    return function


def export(person: User) -> bytes:
    """Return a zip with one JSON file for each kind of thing held about `person`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in _holdings.items():
            text = json.dumps(
                list(rows(person)), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1
            )
            archive.writestr(f"{name}.json", text)
    return packed.getvalue()


def leave(person: User, *, by: Any = None, reason: str = "") -> None:
    """Delete the account and keep what was done. Raises Stays, and then nothing has happened."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        for part in _partings:
            part(person)
        for session in UserSession.objects.filter(user=person):
            session.end()
        for model in (EmailAddress, Authenticator, SocialAccount):
            model.objects.filter(user=person).delete()
        Invitation.objects.filter(email=person.email).delete()
        SentMail.objects.filter(recipient=person.email).delete()
        Notice.objects.filter(person=person).delete()
        AccountEvent.objects.filter(person=person).update(detail={})
        _anonymise(person)
        note(person, AccountEvent.Kind.LEFT, by=by, reason=reason)


def _anonymise(person: User) -> None:
    person.username = f"former-member-{person.guid.hex[-8:]}"
    person.first_name = person.last_name = person.email = person.orcid = person.institution = ""
    person.is_active = person.is_public = False
    person.left_at = timezone.now()
    person.set_unusable_password()
    person.save()


# --- what this app and those below it hold --------------------------------------------------------


@holds("account")
def _account(person: User) -> Rows:
    fields = "guid username email first_name last_name orcid institution is_public date_joined"
    return User.objects.filter(pk=person.pk).values(*fields.split(), "last_login")


@holds("addresses")
def _addresses(person: User) -> Rows:
    return EmailAddress.objects.filter(user=person).values("email", "verified", "primary")


@holds("sessions")
def _sessions(person: User) -> Rows:
    sessions = UserSession.objects.filter(user=person)
    return sessions.values("created_at", "last_seen_at", "ip", "user_agent")


@holds("second_factors")
def _second_factors(person: User) -> Rows:
    factors = Authenticator.objects.filter(user=person)
    return factors.values("type", "created_at", "last_used_at")


@holds("elsewhere")
def _elsewhere(person: User) -> Rows:
    return SocialAccount.objects.filter(user=person).values("provider", "uid", "date_joined")


@holds("mails")
def _mails(person: User) -> Rows:
    mails = SentMail.objects.filter(recipient=person.email)
    return mails.values("at", "recipient", "subject", "error")


@holds("notices")
def _notices(person: User) -> Rows:
    return person.notices.values("kind", "url", "words", "made_at", "read_at")


@holds("events")
def _events(person: User) -> Rows:
    events = AccountEvent.objects.filter(person=person)
    return events.values("kind", "at", "until", "reason", "detail")


@holds("change_sets")
def _change_sets(person: User) -> Rows:
    return ChangeSet.objects.filter(user=person).values(
        "guid", "kind", "made_at", "reason", "counts"
    )


@holds("jobs")
def _jobs(person: User) -> Rows:
    return Job.objects.filter(user=person).values("guid", "kind", "state", "created_at")
