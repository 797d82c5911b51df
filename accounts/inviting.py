"""Invitations: a portal admin's link by which one person may register."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from accounts import mailing
from accounts.models import AccountEvent, Invitation, note

KEY = "invitation"
DAYS = 14


def invite(request: Any, email: str, reason: str) -> Invitation:
    """Send somebody the link by which he may register within DAYS days."""
    made = Invitation.objects.create(email=email, by=request.user, reason=reason)
    note(None, AccountEvent.Kind.INVITED, by=request.user, reason=reason, note=email)
    send(request, made)
    return made


def send(request: HttpRequest, invitation: Invitation) -> None:
    """Send the link (again)."""
    token = signing.dumps(str(invitation.guid), salt=KEY)
    address = request.build_absolute_uri(reverse("accounts:invitation", args=[token]))
    context = {"address": address, "by": invitation.by, "days": DAYS}
    mailing.send("accounts/email/invitation", invitation.email, context)


def accept(request: HttpRequest, token: str) -> bool:
    """Let this browser register by the invitation; False when it is used or too old.

    The address needs no further confirmation: the link came by it.
    """
    try:
        guid = signing.loads(token, salt=KEY, max_age=DAYS * 86_400)
    except signing.BadSignature:
        return False
    invitation = Invitation.objects.filter(guid=guid, used_by=None).first()
    if invitation is None:
        return False
    request.session[KEY] = str(invitation.guid)
    get_adapter(request).stash_verified_email(request, invitation.email.lower())
    return True


def invited_address(request: Any) -> str:
    """Return the address that this browser's unused invitation is for, "" without one."""
    guid = request.session.get(KEY)
    invitation = guid and Invitation.objects.filter(guid=guid, used_by=None).first()
    return invitation.email.lower() if invitation else ""


def used(request: Any, person: Any) -> None:
    """The invitation of this browser, if there is one, is `person`'s now."""
    guid = request.session.pop(KEY, None)
    if guid:
        Invitation.objects.filter(guid=guid, used_by=None).update(used_by=person)
