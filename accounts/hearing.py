"""What allauth tells of an account is kept as an event: who did what when, for the help desk."""

from __future__ import annotations

from typing import Any

from allauth.account import signals
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts import inviting
from accounts.models import AccountEvent, note

Kind = AccountEvent.Kind


@receiver(signals.user_signed_up)
def registered(request: Any, user: Any, **_signal: Any) -> None:
    inviting.used(request, user)
    note(user, Kind.REGISTERED)


@receiver(signals.email_confirmed)
def confirmed(email_address: Any, **_signal: Any) -> None:
    note(email_address.user, Kind.CONFIRMED, note=email_address.email)


@receiver(signals.email_changed)
def address_changed(
    user: Any, from_email_address: Any, to_email_address: Any, **_signal: Any
) -> None:
    if from_email_address:
        note(user, Kind.EMAIL, old=from_email_address.email, new=to_email_address.email)


@receiver([signals.password_changed, signals.password_set])
def password_changed(user: Any, **_signal: Any) -> None:
    note(user, Kind.PASSWORD)


@receiver(signals.password_reset)
def password_reset(user: Any, **_signal: Any) -> None:
    note(user, Kind.RESET)


@receiver([authenticator_added, authenticator_removed])
def second_factors_changed(user: Any, authenticator: Any, **_signal: Any) -> None:
    note(user, Kind.SECOND_FACTOR, note=authenticator.get_type_display())


@receiver(user_logged_in)
def list_session(request: Any, **_signal: Any) -> None:
    """However somebody signed in, "sign out everywhere" must know the session."""
    if request.META.get("REMOTE_ADDR"):
        UserSession.objects.create_from_request(request)
