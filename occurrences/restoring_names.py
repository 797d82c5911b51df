"""Taking back what a change set did to Names: links, decisions, a collection's own rows.

A row is set back wherever it still holds what the change set left. A shared row that records of
other collections use too stays as it is for them: the collection gets a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.dateparse import parse_datetime

from journal import undo
from journal.models import Change, ChangeSet
from occurrences import naming
from occurrences.models import Occurrence
from taxonomy.models import Name, Taxon

CHUNK = 500


@dataclass(slots=True)
class _Net:
    """What a change set did to one Name, all in all. before None: made; after None: deleted."""

    row_guid: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def restore_names(undoing: undo.Undoing) -> None:
    """Take back what the change set did to names; registered with `journal.undo`."""
    for nets in _chunks(undoing.change_set):
        naming.calmly(lambda nets=nets: _restore(undoing, nets))  # type: ignore[misc]
        undoing.report()
    with transaction.atomic():
        _forget_unused(undoing.change_set)


def _forget_unused(change_set: ChangeSet) -> None:
    """Delete names that no record bears any more and that were linked to taxa made by the set.

    They came with a value that was filled; a record that bears one again makes it anew.
    """
    borne = Occurrence.objects.filter(name=OuterRef("pk"))
    unused = Name.objects.filter(~Exists(borne), taxon__created_by=change_set, decided_at=None)
    free = unused.order_by("pk").select_for_update(of=("self",), skip_locked=True)
    ids = list(free.values_list("pk", flat=True))
    # Looked at again: a record may have come while the rows were being locked.
    Name.objects.filter(~Exists(borne), pk__in=ids).delete()


undo.register("name", restore_names)


def _chunks(change_set: ChangeSet) -> Iterator[list[_Net]]:
    changes = Change.objects.filter(change_set=change_set, kind="name")
    last = UUID(int=0)
    while True:
        rows = changes.filter(row_guid__gt=last).order_by("row_guid").values_list("row_guid")
        guids = [guid for (guid,) in rows.distinct()[:CHUNK]]
        if not guids:
            return
        yield _taken_together(changes.filter(row_guid__in=guids).order_by("pk"))
        last = guids[-1]


def _taken_together(changes: Any) -> list[_Net]:
    nets: dict[UUID, _Net] = {}
    for change in changes:
        net = nets.get(change.row_guid)
        if net is None:
            nets[change.row_guid] = _Net(change.row_guid, change.before, change.after)
            continue
        if net.before is not None:
            net.before = {**(change.before or {}), **net.before}
        net.after = None if change.after is None else {**(net.after or {}), **change.after}
    return [net for net in nets.values() if net.before != net.after]


def _restore(undoing: undo.Undoing, nets: Sequence[_Net]) -> None:
    conflicts, counts = list(undoing.conflicts), copy(undoing.counts)
    try:
        _restore_all(undoing, nets)
        undoing.keep()
    except Exception:
        undoing.conflicts, undoing.counts = conflicts, counts  # it may be tried again
        raise


def _restore_all(undoing: undo.Undoing, nets: Sequence[_Net]) -> None:
    ids = Name.objects.filter(guid__in=[net.row_guid for net in nets]).values_list("pk", flat=True)
    rows = {name.guid: name for name in naming.held(ids)}
    gone, back, changed = [], [], []
    for net in nets:
        row = rows.get(net.row_guid)
        if net.before is None:
            if row is not None:
                (gone.append(row) if _holds(row, net.after) else _conflict(undoing, net))
        elif net.after is None:
            if row is None:
                back.append(net)
        elif row is None:
            _conflict(undoing, net)
        elif not _holds(row, net.before):
            (changed.append((row, net)) if _holds(row, net.after) else _conflict(undoing, net))
    _remove(undoing, gone)
    _bring_back(undoing, back)
    _set_back(undoing, changed)


def _conflict(undoing: undo.Undoing, net: _Net) -> None:
    undoing.conflict(net.row_guid, ["name"])


def _holds(row: Name, values: Mapping[str, Any] | None) -> bool:
    now = naming.told(row)
    own = {"candidates", "matched_at"}  # matching again is no decision
    return all(now[field] == value for field, value in (values or {}).items() if field not in own)


def _remove(undoing: undo.Undoing, rows: Sequence[Name]) -> None:
    naming.note(undoing.undo, [(row, None) for row in rows])
    naming.give_back([row.pk for row in rows])
    undoing.counts["reverted"] += len(rows)


def _bring_back(undoing: undo.Undoing, nets: Sequence[_Net]) -> None:
    taxa = _taxa(net.before for net in nets)
    for net in nets:
        values = dict(net.before or {})
        if values["collection_id"] is None or not _known(values, taxa):
            _conflict(undoing, net)
            continue
        key = {field: values[field] for field in ("collection_id", *naming.KEY_FIELDS)}
        if Name.objects.filter(**key).exists():
            _conflict(undoing, net)
            continue
        row = Name.objects.create(guid=net.row_guid, **key, **_as_kept(values, taxa))
        shared = Name.objects.filter(**{**key, "collection_id": None})
        naming.repoint(
            dict.fromkeys(shared.values_list("pk", flat=True), row.pk), key["collection_id"]
        )
        naming.note(undoing.undo, [(None, row)])
        undoing.counts["reverted"] += 1


def _set_back(undoing: undo.Undoing, changed: Sequence[tuple[Name, _Net]]) -> None:
    taxa = _taxa(net.before for _row, net in changed)
    known = [(row, net) for row, net in changed if _known(net.before or {}, taxa)]
    for _row, net in changed:
        if not _known(net.before or {}, taxa):
            _conflict(undoing, net)
    own = _made_own(undoing, [row for row, _net in known])
    moves = []
    for row, net in known:
        row = own.get(row.pk, row)
        after = copy(row)
        for field, value in _as_kept(net.before or {}, taxa).items():
            setattr(after, field, value)
        moves.append((row, after))
    naming.store(after for _before, after in moves)
    naming.note(undoing.undo, moves)
    undoing.counts["reverted"] += len(moves)


def _made_own(undoing: undo.Undoing, rows: Sequence[Name]) -> dict[int, Name]:
    """Return {key: own row} for shared rows that other collections' records use too."""
    within = undoing.change_set.collection_id
    shared = [row.pk for row in rows if row.collection_id is None]
    if within is None or not shared:
        return {}
    others = Occurrence.objects.filter(name__in=shared).exclude(collection=within)
    used = set(others.order_by().values_list("name_id", flat=True).distinct())
    own = naming.own_rows(undoing.undo, used, within)
    found = {name.pk: name for name in naming.held(own.values())}
    return {pk: found[own_pk] for pk, own_pk in own.items()}


def _taxa(halves: Any) -> dict[str, Taxon]:
    """Return the taxa that these halves of changes name, by GUID as text, held to the end."""
    guids = {half["taxon"] for half in halves if half and half.get("taxon")}
    taxa = Taxon.objects.filter(guid__in=guids, merged_into=None).order_by("pk")
    return {str(taxon.guid): taxon for taxon in taxa.select_for_update(no_key=True)}


def _known(values: Mapping[str, Any], taxa: Mapping[str, Taxon]) -> bool:
    return not values.get("taxon") or values["taxon"] in taxa


def _as_kept(values: Mapping[str, Any], taxa: Mapping[str, Taxon]) -> dict[str, Any]:
    """Return a change's values as an object holds them."""
    kept: dict[str, Any] = {}
    for field, value in values.items():
        if field == "taxon":
            kept["taxon"] = taxa.get(value) if value else None
        elif field in ("decided_at", "matched_at"):
            kept[field] = parse_datetime(value) if value else None
        elif field == "decided_by_id":
            people = get_user_model().objects.filter(pk=value)
            kept[field] = value if value and people.exists() else None
        elif field in ("state", "evidence", "candidates"):
            kept[field] = value
    return kept
