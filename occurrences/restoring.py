"""Taking back what a change set did: made records go, deleted and changed ones come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from psycopg import sql

from darwincore import terms as dwc
from journal import undo
from journal.models import Change, ChangeSet
from occurrences import bulk, clustering, naming
from occurrences.children import EXTENSION_ROW, IDENTIFIER, WITHHELD
from occurrences.deleting import CHILDREN, TOMBSTONE, delete
from occurrences.drafts import IDENTIFICATION, OCCURRENCE, Draft, Stored, split_identification
from occurrences.models import (
    DeletedOccurrence,
    ExtensionRow,
    Identification,
    Identifier,
    Occurrence,
)
from occurrences.protection import WITHHELD_OF_IDENTIFICATION, frozen, thawed
from occurrences.records import CHANGE, insert_changes, reprotect, stored, write
from occurrences.reverting import revert_plain

CHUNK = 2000


def restore_records(undoing: undo.Undoing) -> None:
    """Take back what the change set did to records; registered with `journal.undo`.

    Made records go, deleted ones come back, determinations before the records that mirror them.
    """
    _take_creations_back(undoing)
    _bring_deletions_back(undoing)
    for chunk in _changed_records(undoing.change_set):
        with transaction.atomic():
            done = set(revert_plain(undoing.change_set, undoing.undo, chunk))
            undoing.counts["reverted"] += len(done)
            if left := [guid for guid in chunk if guid not in done]:
                _revert(undoing, left)
            undoing.keep()
        undoing.report()


undo.register("occurrence", restore_records)


# --- what was made ----------------------------------------------------------------------------


def _take_creations_back(undoing: undo.Undoing) -> None:
    brought_back = Change.objects.filter(
        change_set=undoing.change_set, kind="occurrence", before__isnull=True
    )
    made = Occurrence.objects.filter(
        Q(created_by=undoing.change_set) | Q(guid__in=brought_back.values("row_guid"))
    )
    for ids in _chunks(made):
        with transaction.atomic():
            locked = bulk.one_of(Occurrence.objects.order_by("pk"), "id", ids).select_for_update()
            rows = list(locked.values_list("pk", "guid", "version", "collection_id", named=True))
            kept = set(_moved_on(undoing, rows))
            edited = [row.pk for row in rows if row.version > 1 and row.pk not in kept]
            kept.update(_changed_since_made(undoing, edited))
            removed = delete(undoing.undo, [row.pk for row in rows if row.pk not in kept])
            undoing.counts["removed"] += removed
            undoing.keep()
        undoing.report()


def _moved_on(undoing: undo.Undoing, rows: Iterable[Any]) -> Iterator[int]:
    """Yield the keys of records that are in another collection by now, noting them."""
    within = undoing.change_set.collection_id
    for row in rows:
        if within not in (None, row.collection_id):
            undoing.conflict(row.guid, ["collection"])
            yield row.pk


def _changed_since_made(undoing: undo.Undoing, ids: Sequence[int]) -> Iterator[int]:
    """Yield the keys of records that aren't as they were made, noting them as conflicts."""
    guids = dict(Occurrence.objects.filter(pk__in=ids).values_list("guid", "pk"))
    if not guids:
        return
    now = stored(guids)
    for guid, changes in _history(guids).items():
        fields = _fields_moved(now[guid], changes, undoing.change_set)
        if fields:
            undoing.conflict(guid, fields)
            yield guids[guid]


def _history(guids: Iterable[UUID]) -> dict[UUID, list[Change]]:
    found: dict[UUID, list[Change]] = {}
    kinds = ("occurrence", "identification")  # links and places are looked at by themselves
    changes = Change.objects.filter(record_guid__in=list(guids), kind__in=kinds)
    for change in changes.order_by("pk"):
        found.setdefault(change.record_guid, []).append(change)
    return found


def _fields_moved(record: Stored, changes: Iterable[Change], made_by: ChangeSet) -> list[str]:
    """Return the fields whose first value since `made_by` is not what the record holds now."""
    moved: set[str] = set()
    first: dict[tuple[str, str], Any] = {}
    seen: set[str] = set()
    added: set[str] = set()
    now = _as_json(record)
    for change in changes:
        row = str(change.row_guid)
        if change.kind == "occurrence" and (change.before is None or change.after is None):
            # A deletion and its undo change nothing; what `made_by` brought back starts anew.
            if change.change_set_id == made_by.pk:
                for known in (first, seen, added):
                    known.clear()
        elif change.before is None and row not in seen:
            first[row, "guid"] = None  # it was not there
            added.add(row)
        elif change.before is not None and row not in added:
            for name, value in _whole_before(change).items():
                first.setdefault((row, name), value)
        seen.add(row)
    for (row, name), value in first.items():
        if now.get((row, name)) != value and name not in _NOT_REVERTED:
            moved.add(name if row == str(record.guid) else "identifications")
    return sorted(moved)


def _as_json(record: Stored) -> dict[tuple[str, str], Any]:
    """Return what the record and its determinations hold now, by row GUID and field."""
    own = str(record.guid)
    now: dict[tuple[str, str], Any] = {}
    for name, value in record.values.items():
        now[own, name] = frozen(value)
    now[own, "identifiers"] = [list(item) for item in record.identifiers]
    now[own, "extension_rows"] = [list(item) for item in record.extension_rows]
    now[own, "verbatim"] = record.verbatim
    for row in record.identifications:
        for name, value in row.items():
            now[str(row["guid"]), name] = str(value) if name == "guid" else frozen(value)
    return now


# --- what was deleted -------------------------------------------------------------------------


def _bring_deletions_back(undoing: undo.Undoing) -> None:
    gone = Change.objects.filter(
        change_set=undoing.change_set,
        kind="occurrence",
        after__isnull=True,
        before__isnull=False,
    )
    for ids in _chunks(gone):
        with transaction.atomic():
            undoing.counts["restored"] += _insert_whole(undoing, ids)
            undoing.keep()
        undoing.report()


def bring_back(gone: DeletedOccurrence, user: Any) -> ChangeSet:
    """Bring one deleted record back and leave away what else its change set deleted."""
    deletions = Change.objects.filter(
        change_set=gone.change_set, kind="occurrence", after__isnull=True, before__isnull=False
    )
    mine = deletions.get(row_guid=gone.guid)
    if not deletions.exclude(pk=mine.pk).exists():
        return undo.undo(gone.change_set, user)
    with transaction.atomic():
        back = ChangeSet.objects.create(
            kind=ChangeSet.Kind.UNDO, user=user, collection_id=gone.collection_id
        )
        undoing = undo.Undoing(gone.change_set, back)
        undoing.counts["restored"] += _insert_whole(undoing, [mine.pk])
        clustering.bring_back(undoing, gone.guid)
        undoing.keep()
    return back


def of_one_record(change_set: ChangeSet, guid: UUID, user: Any) -> ChangeSet:
    """Set back what a change set changed in one record; its other records stay as they are."""
    with transaction.atomic():
        within = Occurrence.objects.values_list("collection_id", flat=True).get(guid=guid)
        back = ChangeSet.objects.create(
            kind=ChangeSet.Kind.UNDO, user=user, collection_id=within, reason=change_set.reason
        )
        undoing = undo.Undoing(change_set, back)
        _revert(undoing, [guid])
        undoing.keep()
    return back


def _insert_whole(undoing: undo.Undoing, change_ids: Sequence[int]) -> int:
    columns = [
        str(field.column)
        for field in Occurrence._meta.concrete_fields
        if not field.generated and field.column not in ("id", "name_id")
    ]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} ({names}) SELECT {values} FROM {change} c CROSS JOIN LATERAL "
                "jsonb_populate_record(NULL::{table}, c.before) r WHERE c.id = ANY(%s) "
                "ORDER BY c.id ON CONFLICT (guid) DO NOTHING RETURNING guid, id"
            ).format(
                table=sql.Identifier(OCCURRENCE),
                names=names,
                values=sql.SQL(", ").join(sql.Identifier("r", column) for column in columns),
                change=sql.Identifier(CHANGE),
            ),
            [list(change_ids)],
        )
        ids_by_guid = dict(cursor.fetchall())
        back = list(ids_by_guid)
        naming.point(list(ids_by_guid.values()))
        for name, table in CHILDREN.items():
            _insert_children(cursor, name, table, change_ids, back)
        _insert_withheld(cursor, change_ids, back)
        cursor.execute(f'DELETE FROM "{TOMBSTONE}" WHERE guid = ANY(%s)', [back])
        cursor.execute(
            f'INSERT INTO "{CHANGE}" (change_set_id, collection_id, kind, row_guid, record_guid, '
            f"after) SELECT %s, collection_id, kind, row_guid, record_guid, '{{}}' "
            f'FROM "{CHANGE}" WHERE id = ANY(%s) AND row_guid = ANY(%s)',
            [undoing.undo.pk, list(change_ids), back],
        )
    reprotect(back)  # the rules may be others by now
    return len(back)


def _insert_children(
    cursor: Any, name: str, table: str, change_ids: Sequence[int], back: Sequence[UUID]
) -> None:
    model = {IDENTIFICATION: Identification, IDENTIFIER: Identifier, EXTENSION_ROW: ExtensionRow}
    columns = [
        str(field.column)
        for field in model[table]._meta.concrete_fields
        if field.column not in ("id", "occurrence_id")
    ]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} (occurrence_id, {names}) SELECT o.id, {values} FROM {change} c "
            "JOIN {occurrence} o ON o.guid = c.row_guid CROSS JOIN LATERAL "
            "jsonb_populate_recordset(NULL::{table}, c.before->{key}) r "
            "WHERE c.id = ANY(%s) AND c.row_guid = ANY(%s)"
        ).format(
            table=sql.Identifier(table),
            names=names,
            values=sql.SQL(", ").join(sql.Identifier("r", column) for column in columns),
            change=sql.Identifier(CHANGE),
            occurrence=sql.Identifier(OCCURRENCE),
            key=sql.Literal(name),
        ),
        [list(change_ids), list(back)],
    )


def _insert_withheld(cursor: Any, change_ids: Sequence[int], back: Sequence[UUID]) -> None:
    cursor.execute(
        f'INSERT INTO "{WITHHELD}" (occurrence_id, collection_id, protection, terms, '
        "identifications, reason) SELECT o.id, r.collection_id, r.protection, r.terms, "
        f'r.identifications, r.reason FROM "{CHANGE}" c '
        f'JOIN "{OCCURRENCE}" o ON o.guid = c.row_guid CROSS JOIN LATERAL '
        f'jsonb_populate_record(NULL::"{WITHHELD}", c.withheld_before) r '
        "WHERE c.id = ANY(%s) AND c.row_guid = ANY(%s) AND c.withheld_before IS NOT NULL",
        [list(change_ids), list(back)],
    )


# --- what was changed -------------------------------------------------------------------------


def _changed_records(change_set: ChangeSet) -> Iterator[list[UUID]]:
    """Yield the GUIDs of the records the change set altered, in chunks."""
    altered = (
        Change.objects.filter(change_set=change_set)
        .exclude(Q(kind="occurrence") & (Q(before__isnull=True) | Q(after__isnull=True)))
        .filter(kind__in=("occurrence", "identification"))
    )
    last = UUID(int=0)
    while True:
        following = altered.filter(record_guid__gt=last).order_by("record_guid")
        guids = list(following.values_list("record_guid", flat=True).distinct()[:CHUNK])
        if not guids:
            return
        yield guids
        last = guids[-1]


def _revert(undoing: undo.Undoing, guids: Sequence[UUID]) -> None:
    records = stored(guids)
    mine = Change.objects.filter(change_set=undoing.change_set, record_guid__in=list(guids))
    changes = _within_reach(undoing, records, _taken_together(mine.order_by("pk")))
    disputed = _revert_identifications(undoing, records, changes)
    drafts: list[Draft] = []
    for guid, own in changes.items():
        whole = guid not in disputed
        drafts.append(_draft_before(undoing, guid, records[guid], own, whole=whole))
    columns = {name for draft in drafts for name in draft.values}
    for draft in drafts:
        for name in columns - draft.values.keys():
            draft.values[name] = records[draft.guid].values[name]
    written = write(undoing.undo, columns, drafts)
    undoing.counts["reverted"] += len(written.updated)
    if written.unchanged:  # set back by somebody already, or left alone
        undoing.counts["unchanged"] += len(written.unchanged)


def _within_reach(
    undoing: undo.Undoing, records: dict[UUID, Stored], changes: dict[UUID, list[_Net]]
) -> dict[UUID, list[_Net]]:
    """Return the changes to records that are still where they were changed; note the others."""
    near = {}
    for guid, own in changes.items():
        record = records.get(guid)
        if record is None:
            undoing.conflict(guid, ["deleted"])
        elif any(net.collection_id not in (None, record.collection_id) for net in own):
            undoing.conflict(guid, ["collection"])
        else:
            near[guid] = own
    return near


@dataclass(slots=True)
class _Net:
    """What a change set did to one row, all its changes to it taken together, in exact values.

    before None: it made the row; after None: it deleted it.
    """

    kind: str
    row_guid: UUID
    collection_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def _taken_together(changes: Iterable[Change]) -> dict[UUID, list[_Net]]:
    """Return the changes by record, one for each row."""
    nets: dict[UUID, dict[UUID, _Net]] = {}
    for change in changes:
        before = None if change.before is None else _whole_before(change)
        after = None if change.after is None else _whole_after(change)
        rows = nets.setdefault(change.record_guid, {})
        net = rows.get(change.row_guid)
        if net is None:
            rows[change.row_guid] = _Net(
                change.kind, change.row_guid, change.collection_id, before, after
            )
            continue
        if net.before is not None:
            net.before = {**(before or {}), **net.before}
        net.after = None if after is None else {**(net.after or {}), **after}
    return {guid: list(rows.values()) for guid, rows in nets.items()}


def _draft_before(
    undoing: undo.Undoing, guid: UUID, record: Stored, changes: Iterable[_Net], *, whole: bool
) -> Draft:
    """Return the record as it was before, in every field that still holds what was written.

    whole False leaves the determination alone, which has changed since.
    """
    draft = Draft(
        guid,
        record.collection_id,
        values={},
        version=record.version,
        verbatim=record.verbatim,
        verbatim_is_whole=True,
    )
    disputed: list[str] = [] if whole else ["identifications"]
    left_alone = _NOT_REVERTED if whole else _NOT_REVERTED | set(dwc.IDENTIFICATION_COLUMNS)
    now = _as_json(record)
    for change in changes:
        if change.kind != "occurrence" or change.before is None or change.after is None:
            continue
        before, after = change.before, change.after
        for name in before.keys() - left_alone:
            held = now.get((str(guid), name))
            if held == before[name]:
                continue
            if held != after.get(name):
                disputed.append(name)
            else:
                _set_back(draft, name, before[name])
    if disputed:
        undoing.conflict(guid, sorted(disputed))
    return draft


def _set_back(draft: Draft, name: str, value: Any) -> None:
    if name in ("identifiers", "extension_rows"):
        setattr(draft, name, [tuple(item) for item in value or []])
    elif name == "verbatim":
        draft.verbatim = value or {}
    else:
        draft.values[name] = thawed(name, value)


# Decided anew by every write.
_NOT_REVERTED = frozenset(("protection",))


def _whole_before(change: Change) -> dict[str, Any]:
    return overlaid(change.before, change.withheld_before)


def _whole_after(change: Change) -> dict[str, Any]:
    return overlaid(change.after, change.withheld_after)


def overlaid(public: dict[str, Any] | None, withheld: dict[str, Any] | None) -> dict[str, Any]:
    """Return one half of a change as exact values.

    When protection moved, a field stands in both halves: the filled one is the exact value.
    """
    whole = dict(public or {})
    for name, value in (withheld or {}).items():
        if value is not None or name not in whole:
            whole[name] = value
    if "verbatim" in whole:
        whole["verbatim"] = whole["verbatim"] or {}  # a withheld half has none where it is blank
    return whole


def _revert_identifications(
    undoing: undo.Undoing, records: dict[UUID, Stored], changes: dict[UUID, list[_Net]]
) -> set[UUID]:
    """Take back what was done to determinations; `records` is brought up to date with it.

    Returns the records whose determinations have changed since: theirs are left alone, all of
    them, because which one is current is said by them together.
    """
    disputed: set[UUID] = set()
    plan = _Determinations(undoing)
    for guid, own in changes.items():
        record = records.get(guid)
        mine = [
            change
            for change in own
            if change.kind == "identification" and (change.before, change.after) != (None, None)
        ]
        if record is None or not mine:
            continue
        rows = {row["guid"]: row for row in record.identifications}
        if all(_stands(rows.get(change.row_guid), change) for change in mine):
            for change in mine:
                plan.take_back(guid, record, rows.get(change.row_guid), change)
        else:
            disputed.add(guid)
    plan.carry_out()
    return disputed


class _Determinations:
    """What the undo of some changes to determinations comes down to."""

    def __init__(self, undoing: undo.Undoing) -> None:
        self.undoing = undoing
        self.notes: list[dict[str, Any]] = []
        self.removed: list[UUID] = []
        self.altered: list[tuple[Stored, dict[str, Any]]] = []
        self.back: list[tuple[Stored, dict[str, Any]]] = []
        self.touched: dict[int, Stored] = {}

    def take_back(
        self, guid: UUID, record: Stored, row: dict[str, Any] | None, change: _Net
    ) -> None:
        """Plan for one row what gives it the state before the change."""
        if row is None:
            row = _whole_row(change.before or {})
            record.identifications.append(row)
            self.back.append((record, row))
        elif change.before is None:
            record.identifications.remove(row)
            self.removed.append(row["guid"])
        else:
            row.update((name, thawed(name, value)) for name, value in change.before.items())
            self.altered.append((record, row))
        self.touched[record.id] = record
        note = {
            "change_set_id": self.undoing.undo.pk,
            "collection_id": change.collection_id,
            "kind": change.kind,
            "row_guid": change.row_guid,
            "record_guid": guid,
        }
        for half, values in (("before", change.after), ("after", change.before)):
            note[half], note[f"withheld_{half}"] = _parted(values, hide=record.withheld is not None)
        self.notes.append(note)

    def carry_out(self) -> None:
        """Send the statements."""
        Identification.objects.filter(guid__in=self.removed).delete()
        _store_identifications(self.altered, self.back)
        _store_withheld_identifications(self.touched.values())
        insert_changes(self.notes)


def _stands(row: dict[str, Any] | None, change: _Net) -> bool:
    """Tell whether a determination still is as the change left it."""
    if row is None or change.after is None:
        return row is None and change.after is None
    return all(
        (str(row[name]) if name == "guid" else frozen(row.get(name))) == value
        for name, value in change.after.items()
    )


def _whole_row(values: dict[str, Any]) -> dict[str, Any]:
    """Return a determination of which only the filled fields are given, as JSON."""
    row: dict[str, Any] = dict.fromkeys(dwc.IDENTIFICATION_COLUMNS)
    row.update((name, thawed(name, value)) for name, value in values.items())
    return {"verbatim": {}, "position": 0, **row, "guid": UUID(values["guid"])}


def _parted(values: dict[str, Any] | None, *, hide: bool) -> tuple[Any, Any]:
    """Return one half of a determination's change as what all may see, and the rest or None."""
    if values is None or not hide:
        return values, None
    hidden = {*WITHHELD_OF_IDENTIFICATION, "verbatim"}
    kept = {name: value for name, value in values.items() if name in hidden}
    return {name: value for name, value in values.items() if name not in hidden}, kept or None


def _store_identifications(
    altered: Sequence[tuple[Stored, dict[str, Any]]], back: Sequence[tuple[Stored, dict[str, Any]]]
) -> None:
    """Write altered determinations and such that come back, parted as protection asks."""
    columns = ("is_current", "position", "verbatim", *dwc.IDENTIFICATION_COLUMNS)
    rows = [
        split_identification(row, hide=record.withheld is not None)[0] for record, row in altered
    ]
    returning = [
        {
            **split_identification(row, hide=record.withheld is not None)[0],
            "occurrence_id": record.id,
        }
        for record, row in back
    ]
    # One current a record is a constraint: none is current between the two statements.
    for is_current in (False, True):
        of_kind = [row for row in rows if bool(row["is_current"]) is is_current]
        bulk.update(IDENTIFICATION, columns, of_kind, key="guid")
    bulk.insert(IDENTIFICATION, ("occurrence_id", "guid", *columns), returning)


def _store_withheld_identifications(records: Iterable[Stored]) -> None:
    rows = []
    for record in records:
        if record.withheld is None:
            continue
        parted = (
            (str(row["guid"]), split_identification(row, hide=True)[1])
            for row in record.identifications
        )
        record.withheld_identifications = {guid: kept for guid, kept in parted if kept}
        hidden = {"occurrence_id": record.id, "identifications": record.withheld_identifications}
        rows.append(hidden)
    bulk.update(WITHHELD, ["identifications"], rows, key="occurrence_id")


def _chunks(queryset: Any) -> Iterator[list[int]]:
    """Yield the queryset's keys in chunks, in order, each key once though rows go meanwhile."""
    last = 0
    while True:
        ids = list(queryset.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        yield ids
        last = ids[-1]


__all__ = ["bring_back", "delete", "restore_records"]
