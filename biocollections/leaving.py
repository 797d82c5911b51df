"""What collections hold about a person, and what ends when he deletes his account."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.leaving import Rows, Stays, holds, letting_go
from biocollections.granting import revoke
from biocollections.models import Collection, Grant, Role


@holds("roles")
def _roles(person: Any) -> Rows:
    return Grant.objects.filter(user=person).values(
        "role", "collection__code", "reason", "valid_from", "valid_until", "revoked_at", "scope"
    )


@letting_go
def _end_roles(person: Any) -> None:
    """End his roles; stay while a collection would be left without an administrator."""
    others = Grant.objects.valid().filter(
        collection=OuterRef("pk"), role=Role.ADMINISTRATOR, user__is_active=True
    )
    alone = Collection.objects.managed_by(person).filter(~Exists(others.exclude(user=person)))
    names = ", ".join(alone.values_list("name", flat=True))
    if names:
        raise Stays(
            _("You alone administer %(collections)s. Make somebody else its administrator first.")
            % {"collections": names}
        )
    for held in Grant.objects.filter(user=person, revoked_at=None):
        try:
            revoke(held, reason=_("The account was deleted."))
        except ValidationError as reason:
            raise Stays(reason.messages[0]) from None
