"""What the help desk does for somebody who can't sign in. Each act is kept as an event."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows import password_reset
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts import acting, addresses, mailing
from accounts.models import AccountEvent, SentMail, User, note

MOST_FOUND = 50


def find(words: str) -> QuerySet[User]:
    """Return the people whose names or addresses contain all of these words."""
    people = User.objects.filter(left_at=None)
    for word in words.split():
        people = people.filter(
            Q(username__icontains=word)
            | Q(email__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )
    return people.order_by("last_name", "first_name", "username")


def mails_to(person: User) -> QuerySet[SentMail]:
    """Return the mails to the address `person` has now, and to those he is to confirm."""
    known = set(EmailAddress.objects.filter(user=person).values_list("email", flat=True))
    known = {address for address in {*known, person.email} if address}
    return SentMail.objects.filter(recipient__in=known)


def send_again(request: HttpRequest, person: User) -> None:
    """Send the mail `person` waits for: a confirmation, or else a link to a new password."""
    unconfirmed = EmailAddress.objects.filter(user=person, verified=False).first()
    if unconfirmed:
        unconfirmed.send_confirmation(request, signup=person.last_login is None)
    else:
        password_reset.request_password_reset(
            request, person.email, [person], default_token_generator
        )
    note(person, AccountEvent.Kind.MAIL, by=request.user)


def one_time_link(request: HttpRequest, person: User, reason: str) -> str:
    """Return a link to a new password, to hand over another way than by mail.

    It holds once, and for an hour, as the mailed one does; the person is told that it was made.
    """
    _require_right(request.user, person)
    note(person, AccountEvent.Kind.LINK, by=request.user, reason=reason)
    _tell(person, person.email, "accounts/email/link_made")
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    return str(get_adapter(request).get_reset_password_from_key_url(key))


def change_address(request: HttpRequest, person: User, address: str, reason: str) -> None:
    """Give `person` another confirmed address; both addresses are told."""
    _require_right(request.user, person)
    old = person.email
    with transaction.atomic():
        person.email = address
        person.save(update_fields=["email"])
        addresses.confirm(person)
        note(
            person,
            AccountEvent.Kind.EMAIL,
            by=request.user,
            reason=reason,
            old=old,
            new=address,
        )
    for told in filter(None, (old, address)):
        _tell(person, told, "accounts/email/address_changed", new=address)


def drop_second_factors(request: HttpRequest, person: User, reason: str) -> None:
    """Take away the second factors of somebody who has lost them; he is told."""
    _require_right(request.user, person)
    Authenticator.objects.filter(user=person).delete()
    note(person, AccountEvent.Kind.SECOND_FACTOR, by=request.user, reason=reason, note="→ 0")
    _tell(person, person.email, "accounts/email/second_factors_dropped")


def _require_right(helper: Any, person: User) -> None:
    if not acting.may_act_for(helper, person):
        raise PermissionDenied


def _tell(person: User, address: str, kind: str, **context: Any) -> None:
    if address:
        mailing.send(kind, address, {"person": person, **context})
