"""Personal profiles as their owners and assistants meet them: records, privacy, room for imports.

A private record is one that is wholly protected: its `record_security` is 5. Making records private
or public is a batch edit like any other, so it is looked at before and undone after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from biocollections import metadata, sponsoring
from biocollections.models import Collection, Grant, Role
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences.batch_editing import How, Step
from occurrences.models import Occurrence, Protection

WHOLLY = "5"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile and what its page says of it. room: records that imports may still bring, None
    for any number."""

    collection: Collection
    is_owner: bool
    owner: Any
    assistants: list[Any]
    records: int
    private: int
    room: int | None


def profiles_of(user: Any) -> list[Profile]:
    """Return the profiles that `user` owns or helps with, his own first."""
    personal = Collection.objects.editable_by(user).filter(type=Collection.Type.PERSONAL)
    owned = set(Collection.objects.managed_by(user).values_list("pk", flat=True))
    found = [_profile(each, user, is_owner=each.pk in owned) for each in personal]
    return sorted(found, key=lambda each: (not each.is_owner, each.collection.pk))


def _profile(collection: Collection, user: Any, *, is_owner: bool) -> Profile:
    records = Occurrence.objects.editable_by(user).filter(collection=collection)
    helping = Grant.objects.valid().filter(collection=collection, role=Role.EDITOR, scope={})
    people = get_user_model().objects.filter(pk__in=helping.values("user"), is_active=True)
    return Profile(
        collection,
        is_owner,
        sponsoring.owner_of(collection),
        list(people.order_by("last_name", "username")),
        records.count(),
        records.filter(protection=Protection.WHOLE).count(),
        room(collection),
    )


# --- privacy ------------------------------------------------------------------------------------


def security_of_new(collection: Collection) -> dict[str, str]:
    """Return the texts that a new record of this collection begins with: private where it says."""
    return {"record_security": WHOLLY} if collection.private_records else {}


def privacy_steps(*, private: bool) -> list[Step]:
    """Return the rules of a batch edit that makes records private, or public again.

    Those whose place alone is protected stay so when they become public.
    """
    if private:
        return [Step("record_security", How.SET, value=WHOLLY)]
    return [Step("record_security", How.WHOLE, find=WHOLLY)]


def keep_new_private(profile: Collection, user: Any, *, private: bool) -> ChangeSet | None:
    """Say whether new records are private; return the change set, None where it is so already."""
    seen = {"private_records": not private}
    return metadata.change(profile.guid, seen, {"private_records": private}, user)


# --- room ---------------------------------------------------------------------------------------


def room(collection: Collection) -> int | None:
    """Return how many records may still be imported into a profile; None for any number."""
    if collection.type != Collection.Type.PERSONAL or not settings.PERSONAL_QUOTA:
        return None
    return max(0, settings.PERSONAL_QUOTA - collection.occurrences.count())


def require_room(collection: Collection, wanted: int) -> None:
    """Raise Refused where `wanted` more records are more than a profile has room for."""
    left = room(collection)
    if left is None or wanted <= left:
        return
    told = _(
        "This import would bring %(wanted)s new records, and the profile has room for %(left)s of "
        "%(most)s. Nothing was written: the file and what you decided about its rows stay here. "
        "Leave rows out, or ask the help desk for more room, then apply it again."
    )
    raise Refused(told % {"wanted": wanted, "left": left, "most": settings.PERSONAL_QUOTA})
