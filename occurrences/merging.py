"""Two records of one collection that are one sheet become one record, and can be parted again.

The survivor keeps what of both is distinct: determinations, identifiers, extension rows, images
and links; of each field one value, by choice, and the stricter security of the two. What people
suggested and said about the other is the survivor's then, and its labels and origins. The other's
address leads to the survivor, and its history stands in the survivor's. Who said so is a Change of
kind "merge": row_guid the record that vanished, record_guid the survivor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from darwincore import terms
from darwincore.interpret import determination_key
from journal import undo
from journal.jobs import Refused
from journal.models import Change, ChangeSet
from occurrences import belongings, clustering, media, records, restoring
from occurrences.cleaning import look_up_later
from occurrences.drafts import Draft, Stored
from occurrences.editing import TOGETHER, texts_of
from occurrences.models import ClusterMember, DeletedOccurrence, Occurrence
from occurrences.transferring_fields import GEOREFERENCE

KIND = "merge"
BROUGHT = "brought"  # in the Change, beside it: what `belongings.give` returned
# What belongs together is chosen together: half of either would be a third one.
GROUPS: dict[str, tuple[str, ...]] = {
    "scientific_name": tuple(
        dict.fromkeys(
            ("scientific_name", "scientific_name_authorship", *terms.IDENTIFICATION_COLUMNS)
        )
    ),
    "decimal_latitude": GEOREFERENCE.columns,
    "event_date": TOGETHER[0],
    "minimum_elevation_in_meters": TOGETHER[2],
    "minimum_depth_in_meters": TOGETHER[3],
}
# Follow from others, or say how the record came here.
_NOT_CHOSEN = frozenset("modified record_entered_by date_entered information_withheld".split())
_SECURITY = ("record_security", "security_reason")  # never chosen: the stricter of the two stands


@dataclass
class Choice:
    """A field or group of fields in which two records differ. name: what the form calls it."""

    name: str
    columns: tuple[str, ...]
    one: list[str]
    other: list[str]
    # The value that is taken unless somebody decides: the survivor's, or the only one there is.
    takes_other: bool


def choices(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Choice]:
    """Return the fields in which two records, by exact values, differ, in the order of terms."""
    mine, theirs = texts_of(one), texts_of(other)
    grouped = {column: name for name, columns in GROUPS.items() for column in columns}
    found: dict[str, Choice] = {}
    for column in terms.COLUMNS:
        if column in _NOT_CHOSEN or column in _SECURITY or mine.get(column) == theirs.get(column):
            continue
        name = grouped.get(column, column)
        if name not in found:
            columns = GROUPS.get(name, (column,))
            own, others = ([side[c] for c in columns if side.get(c)] for side in (mine, theirs))
            found[name] = Choice(name, columns, own, others, takes_other=not own)
    return list(found.values())


def merge(
    user: Any, survivor: Occurrence, other: Occurrence, from_other: Collection[str]
) -> ChangeSet:
    """Merge `other` into `survivor`; from_other: names of the choices that take its values.

    Both come from `deletable_by`. Raises Refused when they are not, or no more, two records of one
    collection.
    """
    if survivor.pk == other.pk or survivor.collection_id != other.collection_id:
        raise Refused(_("Only two records of one collection can be merged."))
    with transaction.atomic():
        both = records.stored([survivor.guid, other.guid])
        if len(both) < 2:
            raise Refused(_("One of the two is no more."))
        kept, gone = both[survivor.guid], both[other.guid]
        if {kept.collection_id, gone.collection_id} != {survivor.collection_id}:
            raise Refused(_("Only two records of one collection can be merged."))
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.MERGE,
            user=user,
            collection_id=kept.collection_id,
            counts={"merged": 1},
        )
        _write(change_set, kept, gone, from_other)
        _link(change_set, kept, gone)
        media.give_to(change_set, gone.guid, kept.guid)
        restoring.delete(change_set, [gone.id])
        brought = belongings.give(gone.guid, kept.guid, _twins(kept.guid, gone))
        after = {KIND: _title(gone), **({BROUGHT: brought} if brought else {})}
        _note(change_set, gone.guid, kept.guid, {KIND: ""}, after)
        look_up_later(kept.collection_id, user)
    return change_set


def _write(change_set: ChangeSet, kept: Stored, gone: Stored, from_other: Collection[str]) -> None:
    """Give the survivor the chosen values, and all that is distinct of the rows of both."""
    taken = [each for each in choices(kept.values, gone.values) if each.name in from_other]
    columns = [column for each in taken for column in each.columns]
    if security_of(gone.values) > security_of(kept.values):
        columns += _SECURITY
    names = {terms.BY_COLUMN[column].name for column in columns}
    draft = Draft(kept.guid, kept.collection_id, {}, version=kept.version)
    draft.values = {c: gone.values.get(c) for c in (*columns, *terms.DERIVED_COLUMNS)}
    draft.verbatim = {name: text for name, text in gone.verbatim.items() if name in names}
    draft.identifications = list(gone.identifications)
    labels = _labels(kept, gone, draft)
    draft.identifiers = _distinct(kept.identifiers, [*gone.identifiers, *labels])
    draft.extension_rows = _distinct(kept.extension_rows, gone.extension_rows)
    if not columns:
        draft.values = {}
    records.write(change_set, columns, [draft])


def security_of(values: Mapping[str, Any]) -> int:
    """Return the record security, the higher the stricter."""
    return int(values.get("record_security") or 0)


def _twins(survivor: UUID, gone: Stored) -> dict[UUID, UUID]:
    """Return which determination of the survivor says what one of the other said."""
    merged = records.stored([survivor])[survivor].identifications
    by_key = {determination_key(row): row["guid"] for row in merged}
    keys = [(row["guid"], determination_key(row)) for row in gone.identifications]
    return {guid: by_key[key] for guid, key in keys if key in by_key}


def _labels(kept: Stored, gone: Stored, draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield the numbers that one of the two bore and the merged record doesn't bear."""
    whole = {**kept.values, **draft.values}
    for column in ("catalog_number", "occurrence_id"):
        label = terms.BY_COLUMN[column].label
        for side in (kept, gone):
            number = side.values.get(column)
            if number and number != whole.get(column):
                yield (_(label), number)


def _distinct(mine: list[Any], theirs: list[Any]) -> list[Any]:
    found = list(mine)
    for row in theirs:
        if row not in found:
            found.append(row)
    return found


def _link(change_set: ChangeSet, kept: Stored, gone: Stored) -> None:
    """Put the survivor beside those that the other was linked with."""
    members = ClusterMember.objects.filter(cluster__members__occurrence=gone.id)
    mates = members.exclude(occurrence__in=[kept.id, gone.id])
    if mates.exists():
        clustering.link(change_set, [(kept.guid, gone.guid)], {"why": "merge"})


def _title(record: Stored) -> str:
    number = record.values.get("catalog_number")
    return f"{number} ({record.guid})" if number else str(record.guid)


def _note(change_set: ChangeSet, gone: UUID, kept: UUID, before: Any, after: Any) -> None:
    Change.objects.create(
        change_set=change_set,
        collection_id=change_set.collection_id,
        kind=KIND,
        row_guid=gone,
        record_guid=kept,
        before=before,
        after=after,
    )


# --- where it went, and what it was ---------------------------------------------------------------


def survivor_of(gone: DeletedOccurrence) -> UUID | None:
    """Return the record that a deleted one was merged into; None where it was just deleted."""
    merged = Change.objects.filter(change_set=gone.change_set_id, kind=KIND, row_guid=gone.guid)
    return merged.exclude(after={KIND: ""}).values_list("record_guid", flat=True).first()


def merged_into(guid: UUID) -> list[UUID]:
    """Return the records that were merged into this one, also over several merges, and are gone."""
    found: list[UUID] = []
    wanted = [guid]
    while wanted:
        merged = Change.objects.filter(kind=KIND, record_guid__in=wanted)
        gone = set(merged.values_list("row_guid", flat=True)) - {guid, *found}
        tombs = DeletedOccurrence.objects.filter(guid__in=gone)
        wanted = [tomb.guid for tomb in tombs if survivor_of(tomb) in (guid, *found)]
        found += wanted
    return found


def restore_merges(undoing: undo.Undoing) -> None:
    """Note the undo of merges, or their redo; the records themselves are restored as records."""
    noted = Change.objects.filter(change_set=undoing.undo, kind=KIND).values("row_guid")
    merges = Change.objects.filter(change_set=undoing.change_set, kind=KIND)
    with transaction.atomic():
        for change in merges.exclude(row_guid__in=noted):
            gone, kept = change.row_guid, change.record_guid
            before, after = change.before or {}, change.after or {}
            belongings.take_back(gone, kept, after.get(BROUGHT, {}))
            belongings.again(gone, kept, before.get(BROUGHT, {}))
            _note(undoing.undo, gone, kept, after, before)


undo.register(KIND, restore_merges, last=True)


def lines(change: Change) -> list[tuple[str, str, str]]:
    """Return what a change says of a merge: (label, old text, new text)."""
    was, now = (str((half or {}).get(KIND, "")) for half in (change.before, change.after))
    return [(_("Merged with"), was, now)]
