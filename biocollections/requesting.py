"""Requests for exact places: who asks, who decides, what follows, who is told.

A request goes to as many collections as somebody needs; the administrators of each decide for
theirs. Granting gives the role "protected data reader" within limits until a day, by
`biocollections.granting`, so it stands in the history, ends by itself and can be revoked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mailing
from accounts.leaving import Rows, holds, letting_go
from biocollections import granting
from biocollections.granting import Scope
from biocollections.models import (
    AccessDecision,
    AccessEntry,
    AccessRequest,
    Collection,
    Grant,
    Role,
)

State, Kind = AccessDecision.State, AccessEntry.Kind
PATIENCE = timedelta(days=14)  # after which the help desk hears of a request nobody answers
BETWEEN = timedelta(days=7)  # two reminders at least
LARGEST_FILE = 10 * 1024 * 1024  # bytes
# The files that may be attached: how each begins, its ending, its media type.
FILE_TYPES = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
)


class Settled(Exception):
    """Somebody has decided meanwhile, or the person has withdrawn the request."""


# --- asking ---------------------------------------------------------------------------------------


def ask(
    request: HttpRequest, asked: AccessRequest, collections: Iterable[Collection], file: Any = None
) -> AccessRequest:
    """Keep a request and tell those who decide; the same one twice is kept once."""
    chosen = list(collections)
    with transaction.atomic():
        people = get_user_model().objects.select_for_update()
        people.get(guid=request.user.guid)  # type: ignore[union-attr]  # one post at a time
        if again := _same(request.user, asked, chosen):
            return again
        asked.by = request.user  # type: ignore[assignment]
        if file:
            ending = type_of(file)[1]
            asked.file_name = file.name[-200:]
            asked.file.save(f"{asked.guid}.{ending}", ContentFile(file.read()), save=False)
        asked.save()
        for collection in chosen:
            made = AccessDecision.objects.create(request=asked, collection=collection)
            _enter(made, Kind.ASKED, request.user, asked.purpose)
    _tell_deciders(request, asked, chosen)
    return asked


def _same(by: Any, asked: AccessRequest, collections: list[Collection]) -> AccessRequest | None:
    """Return the request that says this already and waits for an answer at all of these."""
    alike = AccessRequest.objects.filter(
        by=by, project=asked.project, purpose=asked.purpose, scope=asked.scope, until=asked.until
    )
    for one in alike:
        waiting = one.decisions.waiting().values_list("collection_id", flat=True)
        if set(waiting) == {collection.pk for collection in collections}:
            return one
    return None


def type_of(file: Any) -> tuple[bytes, str, str]:
    """Return the entry of FILE_TYPES that a file begins like. Raises ValidationError."""
    file.seek(0)
    start = file.read(16)
    file.seek(0)
    for each in FILE_TYPES:
        if start.startswith(each[0]):
            return each
    raise ValidationError(_("Attach a PDF, a PNG or a JPEG."))


# --- deciding -------------------------------------------------------------------------------------


def give(
    request: HttpRequest, decision: AccessDecision, answer: str, until: date, scope: Scope
) -> None:
    """Let the person read exact places within `scope` until the end of that day.

    Raises Settled, and ValidationError or PermissionDenied as `granting.grant` does.
    """
    with transaction.atomic():
        decision = _open(decision)
        asked = decision.request
        since = asked.since if asked.since and asked.since <= until else None
        decision.grant = granting.grant(
            asked.by,
            Role.PROTECTED_DATA_READER,
            decision.collection,
            by=request.user,
            reason=_("Asked for: %(project)s. %(answer)s")
            % {"project": asked.project, "answer": answer},
            until=until,
            scope=scope,
            since=since,
        )
        _settle(decision, State.GRANTED, Kind.GRANTED, request.user, answer)
    _tell_person(request, decision, answer)


def deny(request: HttpRequest, decision: AccessDecision, answer: str) -> None:
    """Say no, and why. Raises Settled."""
    with transaction.atomic():
        decision = _open(decision)
        _settle(decision, State.DENIED, Kind.DENIED, request.user, answer)
    _tell_person(request, decision, answer)


def ask_back(request: HttpRequest, decision: AccessDecision, question: str) -> None:
    """Ask the person something; it is for him to go on. Raises Settled."""
    with transaction.atomic():
        decision = _open(decision)
        _settle(decision, State.ASKED_BACK, Kind.QUESTION, request.user, question)
    _tell_person(request, decision, question)


def answer(request: HttpRequest, decision: AccessDecision, text: str) -> None:
    """Add what the person says; it is for the collection to decide again. Raises Settled."""
    with transaction.atomic():
        decision = _open(decision)
        if decision.state == State.ASKED_BACK:
            decision.waiting_since = timezone.now()
        _settle(decision, State.OPEN, Kind.ANSWER, request.user, text)
    _tell_deciders(request, decision.request, [decision.collection], text)


def withdraw(request: HttpRequest, decision: AccessDecision) -> None:
    """Take one's own request to a collection back. Raises Settled."""
    with transaction.atomic():
        decision = _open(decision)
        _settle(decision, State.WITHDRAWN, Kind.WITHDRAWN, request.user, "")


def revoke(request: HttpRequest, decision: AccessDecision) -> None:
    """End now what was granted. Raises Settled, and PermissionDenied for who may not."""
    held = decision.grant
    if held is None or held.state not in ("valid", "future"):
        raise Settled
    reason = _("The request for exact places was revoked.")
    with transaction.atomic():
        if granting.revoke(held, by=request.user, reason=reason) is None:
            raise Settled
        _enter(decision, Kind.REVOKED, request.user, "")
    decision.refresh_from_db()
    _tell_person(request, decision, "")


def _open(decision: AccessDecision) -> AccessDecision:
    """Return the decision, held. Raises Settled."""
    held = AccessDecision.objects.select_for_update(of=("self",))
    locked = held.select_related("request__by", "collection").get(pk=decision.pk)
    if not locked.is_open:
        raise Settled
    return locked


def _settle(decision: AccessDecision, state: str, kind: str, by: Any, text: str) -> None:
    decision.state = state
    decision.save()
    _enter(decision, kind, by, text)


def _enter(decision: AccessDecision, kind: str, by: Any, text: str) -> None:
    AccessEntry.objects.create(decision=decision, kind=kind, by=by, text=text)


# --- telling --------------------------------------------------------------------------------------


def deciders(collection: Collection) -> list[str]:
    """Return the addresses of those who decide; the help desk's where nobody does."""
    grants = Grant.objects.valid().filter(
        role=Role.ADMINISTRATOR, collection=collection, scope={}, user__is_active=True
    )
    found = set(grants.exclude(user__email="").values_list("user__email", flat=True))
    return sorted(found) or [settings.HELP_DESK] * bool(settings.HELP_DESK)


def _tell_deciders(
    request: HttpRequest, asked: AccessRequest, collections: list[Collection], said: str = ""
) -> None:
    """Write once to each person who decides, about all that he decides of it."""
    link = request.build_absolute_uri(asked.get_absolute_url())
    letters: dict[str, list[Collection]] = {}
    for collection in collections:
        for address in deciders(collection):
            letters.setdefault(address, []).append(collection)
    for address, his in letters.items():
        context = {"asked": asked, "collections": his, "said": said, "link": link}
        mailing.send("collections/email/access_asked", address, context)


def _tell_person(request: HttpRequest, decision: AccessDecision, said: str) -> None:
    asked = decision.request
    if asked.by.email:
        link = request.build_absolute_uri(asked.get_absolute_url())
        context = {"asked": asked, "decision": decision, "said": said, "link": link}
        mailing.send("collections/email/access_decided", asked.by.email, context)


def remind() -> int:
    """Tell the help desk what nobody has answered in PATIENCE; return how many there are.

    Once in BETWEEN at most, however often it is asked.
    """
    now = timezone.now()
    with transaction.atomic():
        late = AccessDecision.objects.waiting().filter(waiting_since__lt=now - PATIENCE)
        late = late.select_for_update(of=("self",), skip_locked=True)
        rows = list(late.select_related("request__by", "collection").order_by("waiting_since"))
        told = AccessDecision.objects.filter(reminded_at__gt=now - BETWEEN).exists()
        if told or not rows or not settings.HELP_DESK:
            return 0
        AccessDecision.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    context = {"waiting": rows, "days": PATIENCE.days}
    mailing.send("collections/email/access_waiting", settings.HELP_DESK, context)
    return len(rows)


# --- what is held about a person ------------------------------------------------------------------


@holds("requests_for_exact_places")
def _requests(person: Any) -> Rows:
    return AccessDecision.objects.filter(request__by=person).values(
        "request__guid",
        "request__project",
        "request__purpose",
        "request__scope",
        "request__since",
        "request__until",
        "request__file_name",
        "request__asked_at",
        "collection__code",
        "state",
    )


@holds("said_about_requests")
def _said(person: Any) -> Rows:
    return AccessEntry.objects.filter(by=person).values(
        "decision__request__guid", "decision__collection__code", "kind", "at", "text"
    )


@letting_go
def _forget_requests(person: Any) -> None:
    """Forget what was never granted, and every attached file; granted ones stay with the grant."""
    asked = AccessRequest.objects.filter(by=person)
    for one in asked.exclude(file=""):
        transaction.on_commit(partial(one.file.storage.delete, str(one.file.name)))
    asked.exclude(decisions__grant__isnull=False).delete()
    asked.update(file="", file_name="")
