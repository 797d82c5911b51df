"""Giving and taking roles: who may, what may not be done, and that each can be read and undone.

Administrators give roles in their collection, portal admins everywhere; nobody gives himself more
than he has. A grant is never deleted: taking back an undone one revokes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections import places
from biocollections.models import (
    COLLECTION_ROLES,
    PORTAL_ROLES,
    SCOPED_ROLES,
    Collection,
    Grant,
    Person,
    Role,
)
from journal import undo
from journal.models import Change, ChangeSet

KIND = "grant"
SCOPES = ("taxa", "countries", "states")
LABELS = {
    "role": gettext_lazy("Role"),
    "valid_until": gettext_lazy("Until"),
    "revoked_at": gettext_lazy("Revoked"),
    "scope": gettext_lazy("Limited to"),
}
SHORTEST, MOST_SUGGESTED, MOST_LOOKUPS = 3, 8, 60

Scope = dict[str, list[str]]


# --- giving, changing, taking ---------------------------------------------------------------------


def grant(
    user: Any,
    role: str,
    collection: Collection | None = None,
    *,
    by: Any = None,
    reason: str,
    until: date | None = None,
    scope: Scope | None = None,
    since: date | None = None,
    founding: bool = False,
    within: ChangeSet | None = None,
) -> Grant:
    """Give `user` a role in a collection, or (None) portal-wide, to the end of the day `until`.

    It holds at once, or from the beginning of the day `since` when that is to come.

    by None is the operator at the command line, who may do everything. founding: of a collection
    that `by` has just made, in which nobody has a right yet. within: the change set it is part of;
    otherwise it gets one of its own. Raises PermissionDenied, and ValidationError with the fields
    role, person, reason, until and those of SCOPES when it makes no sense.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: the history keeps it.")})
    made = Grant(
        user=user,
        role=role,
        collection=collection,
        granted_by=by,
        reason=reason.strip(),
        valid_until=end_of(until),
        scope=tidy(scope),
    )
    if since and since > timezone.localdate():
        made.valid_from = timezone.make_aware(datetime.combine(since, time()))
    with transaction.atomic():
        _lock(collection)
        asked = None if founding else by
        _require_right(asked, made)
        _require_sense(asked, made)
        made.save()
        change_set = within or _change_set(made, by, made.reason)
        _note(change_set, made, None, told(made))
    return made


def change(
    grant: Grant,
    *,
    by: Any = None,
    reason: str,
    until: date | None = None,
    scope: Scope | None = None,
) -> ChangeSet | None:
    """Set the last day and the limits of a grant; return the change set, None when all is so."""
    if until and until < timezone.localdate():
        raise ValidationError({"until": _("This day is over.")})
    wanted = {"valid_until": _text(end_of(until)), "scope": tidy(scope)}
    return _alter(grant, wanted, by, reason)


def revoke(
    grant: Grant, *, by: Any = None, reason: str = "", within: ChangeSet | None = None
) -> ChangeSet | None:
    """End a grant now; return the change set, None when it was revoked already."""
    return _alter(grant, {"revoked_at": _text(timezone.now())}, by, reason, within)


def end_of(day: date | None) -> datetime | None:
    """Return the moment at which this day is over, in the portal's time zone."""
    if day is None or day == date.max:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def told(grant: Grant) -> dict[str, Any]:
    """Return what the history keeps of a grant, as JSON."""
    return {
        "user": str(grant.user.guid),
        "role": str(grant.role),
        "reason": grant.reason,
        "scope": grant.scope,
        "valid_until": _text(grant.valid_until),
        "revoked_at": _text(grant.revoked_at),
    }


def _alter(
    grant: Grant, wanted: dict[str, Any], by: Any, reason: str, within: ChangeSet | None = None
) -> ChangeSet | None:
    with transaction.atomic():
        _lock(grant.collection)
        grant.refresh_from_db()
        before = told(grant)
        ended = grant.revoked_at and "revoked_at" in wanted
        if ended or all(before[name] == value for name, value in wanted.items()):
            return None
        change_set = within or _change_set(grant, by, reason.strip())
        try:
            _set(change_set, grant, wanted, by)
        except (PermissionDenied, ValidationError):
            grant.refresh_from_db()
            raise
    return change_set


def _set(change_set: ChangeSet, grant: Grant, wanted: dict[str, Any], by: Any) -> None:
    """Write these values to a locked grant, as far as `by` may, and note what differs."""
    before = told(grant)
    after = {**before, **wanted}
    _require_right(by, grant)
    grant.scope = after["scope"]
    grant.valid_until = _moment(after["valid_until"])
    grant.revoked_at = _moment(after["revoked_at"])
    raised = _raises(before, after)
    if raised and by is not None and by.pk == grant.user_id:
        raise PermissionDenied(_("Nobody gives himself more than he has."))
    if raised or after["scope"] != before["scope"]:
        _require_sense(by, grant)
    if _lowers(before, after) and by is not None:
        _require_successor(grant, by)
    grant.save(update_fields=["scope", "valid_until", "revoked_at"])
    differing = [name for name in before if before[name] != after[name]]
    _note(
        change_set,
        grant,
        {name: before[name] for name in differing},
        {name: after[name] for name in differing},
    )


def _raises(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Tell whether any right is won: more time, other limits, or all of it back."""
    longer = (after["valid_until"] or "9") > (before["valid_until"] or "9")
    back = bool(before["revoked_at"]) and not after["revoked_at"]
    return longer or back or (after["scope"] != before["scope"] and before["scope"] != {})


def _lowers(before: dict[str, Any], after: dict[str, Any]) -> bool:
    shorter = (after["valid_until"] or "9") < (before["valid_until"] or "9")
    return shorter or bool(after["revoked_at"]) or after["scope"] != before["scope"]


# --- what may be done -----------------------------------------------------------------------------


def _lock(collection: Collection | None) -> None:
    """Let one person at a time give and take roles here, so that the last one can be told."""
    with connection.cursor() as cursor:
        key = collection.pk if collection else 0
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('grants', %s))", [key])


def _require_right(by: Any, grant: Grant) -> None:
    """Raise PermissionDenied unless `by` gives and takes roles there; portal-wide, as its admin."""
    if by is None:
        return
    if grant.collection is None:
        allowed = by.has_perm("collections.change_grant")
    else:
        allowed = Collection.objects.staffed_by(by).filter(pk=grant.collection.pk).exists()
    if not allowed:
        raise PermissionDenied
    if grant.pk is None and by.pk == grant.user_id:
        raise PermissionDenied(_("Nobody gives himself more than he has."))


def _require_sense(by: Any, grant: Grant) -> None:
    """Raise ValidationError for a grant that would say nothing, or say it twice."""
    if grant.role not in [role.value for role in roles_in(grant.collection, by)]:
        raise ValidationError({"role": _("This role can't be given here.")})
    if grant.scope and grant.role not in SCOPED_ROLES:
        raise ValidationError({"role": _("This role can't be limited to taxa or places.")})
    if grant.valid_until and grant.valid_until <= timezone.now():
        raise ValidationError({"until": _("This day is over.")})
    if not grant.user.is_active:
        raise ValidationError({"person": _("This account is closed.")})
    same = Grant.objects.valid().filter(
        user=grant.user, role=grant.role, collection=grant.collection, scope=grant.scope
    )
    if not grant.revoked_at and same.exclude(pk=grant.pk).exists():
        raise ValidationError(
            {"person": _("%(person)s has this role already.") % {"person": grant.user}}
        )


def _require_successor(grant: Grant, by: Any) -> None:
    """Raise ValidationError when nobody would be left to administer, unless it is the portal's."""
    if grant.role == Role.PORTAL_ADMIN:
        message = _("The portal's last administrator can't be removed.")
    elif grant.role == Role.ADMINISTRATOR and not by.has_perm("collections.change_grant"):
        message = _("This is the last administrator. Name another one first.")
    else:
        return
    others = Grant.objects.valid().filter(
        role=grant.role, collection=grant.collection, scope={}, user__is_active=True
    )
    if not others.exclude(pk=grant.pk).filter(valid_until=None).exists():
        raise ValidationError(message)


def roles_in(collection: Collection | None, by: Any = None) -> tuple[Role, ...]:
    """Return the roles that can be given there. A personal profile has one owner."""
    if collection is None:
        return PORTAL_ROLES
    personal = collection.type == Collection.Type.PERSONAL
    if personal and by is not None and not by.has_perm("collections.change_grant"):
        return tuple(role for role in COLLECTION_ROLES if role != Role.ADMINISTRATOR)
    return COLLECTION_ROLES


# --- the history, and undo ------------------------------------------------------------------------


def restore(undoing: undo.Undoing) -> None:
    """Take back what a change set did to grants; a given one is revoked, never deleted."""
    with transaction.atomic():
        for made in Change.objects.filter(change_set=undoing.change_set, kind=KIND):
            grant = Grant.objects.select_related("collection").filter(guid=made.row_guid).first()
            if grant is None:
                undoing.conflict(made.row_guid, ["deleted"])
                continue
            _lock(grant.collection)
            grant.refresh_from_db()
            try:
                _take_back(undoing, grant, made)
            except (PermissionDenied, ValidationError):
                undoing.conflict(made.row_guid, sorted(made.before or {"revoked_at": None}))


def _take_back(undoing: undo.Undoing, grant: Grant, made: Change) -> None:
    now = told(grant)
    before, after = made.before, made.after or {}
    if before is None:
        before, after = {"revoked_at": _text(timezone.now())}, {"revoked_at": None}
    disputed = [name for name, old in before.items() if now[name] not in (after[name], old)]
    if disputed:
        undoing.conflict(grant.guid, disputed)
    back = {name: old for name, old in before.items() if now[name] == after[name] != old}
    if back:
        with transaction.atomic():
            _set(undoing.undo, grant, back, undoing.undo.user)
        undoing.counts["reverted"] += 1


undo.register(KIND, restore)


def histories(grants: Iterable[Grant]) -> dict[UUID, list[Change]]:
    """Return {grant's GUID: what was done to it, the latest first, with its change set}."""
    found: dict[UUID, list[Change]] = {grant.guid: [] for grant in grants}
    changes = Change.objects.filter(kind=KIND, record_guid__in=found)
    for made in changes.select_related("change_set__user").order_by("-pk"):
        found[made.record_guid].append(made)
    return found


def titles(guids: Iterable[UUID]) -> dict[UUID, str]:
    """Return {grant's GUID: "Ana Rivas · Editor"} of those that are grants."""
    grants = Grant.objects.filter(guid__in=list(guids)).select_related("user")
    return {each.guid: f"{each.user} · {each.get_role_display()}" for each in grants}


def lines(made: Change) -> Iterator[tuple[str, str, str]]:
    """Yield (label, old, new) of what one change did to a grant, in words."""
    before, after = made.before or {}, made.after or {}
    for name, label in LABELS.items():
        old, new = _in_words(name, before.get(name)), _in_words(name, after.get(name))
        if old != new:
            yield str(label), old, new


def _in_words(name: str, value: Any) -> str:
    if not value:
        return ""
    if name == "role":
        return str(Role(value).label)
    if name == "scope":
        return scope_in_words(value)
    moment = _moment(value)
    assert moment
    if name == "valid_until":
        return str(timezone.localdate(moment - timedelta(microseconds=1)))
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def scope_in_words(scope: Scope) -> str:
    """Return the limits of a grant as one line; blank for none."""
    known = places.current().by_code if scope else {}
    named = (
        [known[text].name if part != "taxa" and text in known else text for text in scope[part]]
        for part in SCOPES
        if scope.get(part)
    )
    return "; ".join(map(", ".join, named))


def _change_set(grant: Grant, by: Any, reason: str) -> ChangeSet:
    return ChangeSet.objects.create(
        kind=ChangeSet.Kind.GRANT,
        user=by,
        collection_id=grant.collection_id,
        reason=reason,
        counts={"updated": 1},
    )


def _note(change_set: ChangeSet, grant: Grant, before: Any, after: Any) -> None:
    Change.objects.create(
        change_set=change_set,
        collection_id=grant.collection_id,
        kind=KIND,
        row_guid=grant.guid,
        record_guid=grant.guid,
        before=before,
        after=after,
    )


def tidy(scope: Scope | None) -> Scope:
    """Return limits with countries and states as their codes.

    Raises ValidationError with the field countries or states for what names no place.
    """
    given = {part: list(scope[part]) for part in SCOPES if scope and scope.get(part)}
    index = places.current()
    lands = given.get("countries", [])
    if lands:
        given["countries"] = [_code("countries", text, index.find(text)) for text in lands]
    if "states" in given:
        within = lands[0] if len(lands) == 1 else ""
        given["states"] = [
            text if text in index.by_code else _code("states", text, index.find(within, text))
            for text in given["states"]
        ]
    return {part: sorted(set(texts)) for part, texts in given.items()}


def _code(part: str, text: str, match: places.Match) -> str:
    """Return the code of the place that a limit names. Raises ValidationError at its field."""
    kind = places.COUNTRY if part == "countries" else places.STATE
    found = getattr(match, kind)
    if found:
        return str(found.code)
    named = ", ".join(f"{each.name} ({each.code})" for each in match.choices.get(kind, ()))
    message = _("“%(text)s” can be: %(places)s.") if named else _("No place is called “%(text)s”.")
    raise ValidationError({part: message % {"text": text, "places": named}})


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


# --- finding the person ---------------------------------------------------------------------------


class TooMany(Exception):
    """Somebody looks up more people than one who gives roles has to."""


def find_person(text: str, by: Person) -> Any | None:
    """Return the active user of exactly this user name or e-mail address. Raises TooMany.

    Only an account whose address is confirmed: any other may be a stranger's, made in his name.
    """
    _count_lookup(by)
    named = Q(username__iexact=text.strip()) | Q(email__iexact=text.strip())
    return _confirmed().filter(named).first() if text.strip() else None


def suggest_people(text: str, by: Person) -> list[Any]:
    """Return a few active users whose user name or name begins so, or whose e-mail this is.

    Nobody for less than three letters, and for somebody who gives no roles. Raises TooMany.
    """
    text = text.strip()
    if len(text) < SHORTEST or not Collection.objects.staffed_by(by).exists():
        return []
    _count_lookup(by)
    begins = Q(username__istartswith=text) | Q(last_name__istartswith=text)
    begins |= Q(first_name__istartswith=text) | Q(email__iexact=text)
    return list(_confirmed().filter(begins).order_by("username")[:MOST_SUGGESTED])


def _confirmed() -> Any:
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    made_for_him = Q(email="")  # nobody registers without an address
    return get_user_model().objects.filter(made_for_him | Exists(confirmed), is_active=True)


def _count_lookup(by: Person) -> None:
    """Count one more question of this minute."""
    key = f"people-looked-up:{by.pk}:{timezone.now():%Y%m%d%H%M}"
    cache.add(key, 0, 120)
    if cache.incr(key) > MOST_LOOKUPS:
        raise TooMany
