"""Personal profiles: who may open one, for whom, and whose one is.

A profile is a collection of type personal. Its owner is its administrator, his assistants are its
editors, so every rule about collections holds for it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.founding import found_collection
from biocollections.models import Collection, Grant, Person, Role, is_portal_admin

PREFIX = "OBS"  # of the codes: a surname alone may be a herbarium's acronym

OPENED = noticing.kind(
    "profile opened",
    gettext_noop("%(person)s opened a personal profile for you: %(collection)s."),
)


def may_sponsor(user: Person) -> bool:
    """Tell whether `user` may open profiles for others: who administers more than his own notes."""
    managed = Collection.objects.managed_by(user).exclude(type=Collection.Type.PERSONAL)
    return is_portal_admin(user) or managed.exists()


def may_open(user: Person) -> bool:
    """Tell whether `user` may open a profile of his own now."""
    allowed = settings.PERSONAL_PROFILES == "open" or may_sponsor(user)
    return user.is_authenticated and allowed and profile_of(user) is None


def profile_of(user: Person) -> Collection | None:
    """Return the profile that `user` owns; the first of several."""
    mine = Collection.objects.managed_by(user).filter(type=Collection.Type.PERSONAL)
    return mine.order_by("pk").first()


def owner_of(profile: Collection) -> Any | None:
    """Return whose profile it is: its administrator, the first of several."""
    held = Grant.objects.valid().filter(collection=profile, role=Role.ADMINISTRATOR, scope={})
    first = held.filter(user__is_active=True).select_related("user").order_by("pk").first()
    return first.user if first else None


def open_profile(owner: Any, *, by: Any, name: str = "", private: bool = False) -> Collection:
    """Open a personal profile for `owner` and return it; a sponsor's is told to him.

    private: its new records are, until he says otherwise. Raises PermissionDenied, and
    ValidationError when he has one.
    """
    own = owner == by
    if not (may_sponsor(by) or (own and settings.PERSONAL_PROFILES == "open")):
        raise PermissionDenied
    with transaction.atomic():
        _one_at_a_time()
        if standing := profile_of(owner):
            told = _("%(person)s has a personal profile already: %(name)s.")
            raise ValidationError(told % {"person": owner, "name": standing.name})
        made = found_collection(
            _free_code(owner),
            name=name.strip() or usual_name(owner),
            administrator=owner,
            by=by,
            reason=_("Opened by himself") if own else _("Sponsored by %s") % by,
            type=Collection.Type.PERSONAL,
            private_records=private,
        )
    if not own:
        words = {"person": by, "collection": made.name}
        noticing.tell([owner], OPENED, reverse("occurrences:personal"), words)
    return made


def usual_name(owner: Any) -> str:
    """Return what a profile is called unless somebody says otherwise."""
    return _("Field notes of %s") % (owner.get_full_name() or owner.get_username())


def _free_code(owner: Any) -> str:
    plain = unicodedata.normalize("NFKD", owner.last_name or owner.get_username())
    stem = re.sub(r"[^A-Z0-9]", "", plain.upper())[:30] or "PERSON"
    code, number = f"{PREFIX}-{stem}", 1
    while Collection.objects.filter(code__iexact=code).exists():
        number += 1
        code = f"{PREFIX}-{stem}{number}"
    return code


def _one_at_a_time() -> None:
    """Let one profile at a time be opened, so that nobody gets two and codes stay free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('profiles', 0))")
