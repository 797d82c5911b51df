"""Joining the portal: what it says of itself, who asks to take part, and who decides.

To bring a collection is for the portal's administrators to decide, to work in one for that
collection's. Accepting does what was asked for: it makes the collection, or gives the role.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mailing
from accounts.leaving import Rows, holds, letting_go
from biocollections.founding import found_collection
from biocollections.granting import grant
from biocollections.models import Collection, Grant, JoinRequest, PortalText, Role
from journal import undo
from journal.models import Change, ChangeSet

KIND = "portal text"
TEXT_FIELDS = ("about", "siblings")


class Settled(Exception):
    """Somebody has decided meanwhile, or the person has withdrawn the request."""


def ask(request: HttpRequest, asked: JoinRequest) -> None:
    """Keep a request and tell those who decide; the same one twice is kept once."""
    asked.by = request.user  # type: ignore[assignment]
    again = JoinRequest.objects.filter(
        by=asked.by, collection=asked.collection, name=asked.name, state=JoinRequest.State.OPEN
    )
    if again.exists():
        return
    asked.save()
    addresses = deciders(asked).exclude(email="").values_list("email", flat=True)
    for address in addresses:
        _tell(request, asked, address, "collections/email/asked")


def deciders(asked: JoinRequest) -> QuerySet[Any]:
    """Return the people who decide a request."""
    role = Role.ADMINISTRATOR if asked.collection else Role.PORTAL_ADMIN
    grants = Grant.objects.valid().filter(role=role, collection=asked.collection, scope={})
    return get_user_model().objects.filter(pk__in=grants.values("user_id"), is_active=True)


def decide(
    request: HttpRequest, asked: JoinRequest, *, accepted: bool, answer: str, code: str = ""
) -> JoinRequest:
    """Accept or decline, and tell the person. Raises Settled, and ValidationError or
    PermissionDenied where what was asked for can't be done; then nothing has happened.

    `code` is the code of the collection to be made; blank, it is accepted and made later.
    """
    with transaction.atomic():
        asked = _open(asked)
        asked.state = JoinRequest.State.ACCEPTED if accepted else JoinRequest.State.DECLINED
        asked.decided_by, asked.decided_at = request.user, timezone.now()  # type: ignore[assignment]
        asked.answer = answer
        if accepted and asked.collection:
            grant(asked.by, asked.role, asked.collection, by=request.user, reason=answer)
        elif accepted and code:
            asked.made = _found(asked, code)
        asked.save()
    _tell(request, asked, asked.by.email, "collections/email/decided")
    return asked


def withdraw(asked: JoinRequest) -> None:
    """Take one's own request back. Raises Settled."""
    with transaction.atomic():
        asked = _open(asked)
        asked.state = JoinRequest.State.WITHDRAWN
        asked.save(update_fields=["state"])


def _open(asked: JoinRequest) -> JoinRequest:
    locked = JoinRequest.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not locked.is_open:
        raise Settled
    return locked


def _found(asked: JoinRequest, code: str) -> Collection:
    return found_collection(
        code,
        name=asked.name,
        administrator=asked.by,
        reason=_("asked to join the portal"),
        type=asked.type,
        management=asked.management,
    )


def _tell(request: HttpRequest, asked: JoinRequest, address: str, kind: str) -> None:
    if address:
        link = request.build_absolute_uri(asked.get_absolute_url())
        mailing.send(kind, address, {"asked": asked, "link": link})


# --- what the portal says of itself ---------------------------------------------------------------


def text() -> PortalText:
    """Return what the portal says of itself; blank until somebody has written it."""
    return PortalText.objects.first() or PortalText()


def write_text(user: Any, about: str, siblings: list[dict[str, str]]) -> ChangeSet | None:
    """Say something else; return the change set, None when nothing differs."""
    with transaction.atomic():
        kept = PortalText.objects.select_for_update().first() or PortalText.objects.create()
        wanted = {"about": about, "siblings": siblings}
        if all(getattr(kept, name) == value for name, value in wanted.items()):
            return None
        made = ChangeSet.objects.create(
            kind=ChangeSet.Kind.METADATA, user=user, counts={"updated": 1}
        )
        _set(made, kept, wanted)
    return made


def _set(change_set: ChangeSet, kept: PortalText, wanted: dict[str, Any]) -> None:
    before = {name: getattr(kept, name) for name in wanted}
    PortalText.objects.filter(pk=kept.pk).update(**wanted, version=kept.version + 1)
    Change.objects.create(
        change_set=change_set,
        kind=KIND,
        row_guid=kept.guid,
        record_guid=kept.guid,
        before=before,
        after=wanted,
    )


def restore(undoing: undo.Undoing) -> None:
    """Take back what a change set did to the portal's text, where it still stands."""
    with transaction.atomic():
        for made in Change.objects.filter(change_set=undoing.change_set, kind=KIND):
            kept = PortalText.objects.select_for_update().get(guid=made.row_guid)
            before, after = made.before or {}, made.after or {}
            back = {name: old for name, old in before.items() if getattr(kept, name) == after[name]}
            if len(back) < len(before):
                undoing.conflict(kept.guid, [name for name in before if name not in back])
            if back:
                _set(undoing.undo, kept, back)
                undoing.counts["reverted"] += 1


undo.register(KIND, restore)


# --- what is held about a person ------------------------------------------------------------------


@holds("requests_to_join")
def _requests(person: Any) -> Rows:
    return JoinRequest.objects.filter(by=person).values(
        "collection__code", "name", "institution", "contact", "message", "state", "asked_at"
    )


@letting_go
def _forget_requests(person: Any) -> None:
    JoinRequest.objects.filter(by=person).delete()
