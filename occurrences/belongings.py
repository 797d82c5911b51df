"""What belongs to a record by its GUID and is no part of it.

Suggestions, comments, labels that wait, are laid out or were printed, where the record came from
and what was copied from it. When it is merged into another they go along; when the merge is undone
they come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from occurrences.models import (
    Comment,
    LabelPrinted,
    LabelRun,
    Origin,
    QueuedAnnotation,
    Suggestion,
)

# Rows that point to a record: their model, by which field, and the field they are known by here.
_POINTING: dict[str, tuple[Any, str, str]] = {
    "suggestions": (Suggestion, "record_guid", "guid"),
    "comments": (Comment, "record_guid", "guid"),
    "printed": (LabelPrinted, "record_guid", "pk"),
    "origins": (Origin, "record_guid", "pk"),
    "originals": (Origin, "original_guid", "pk"),
}
# {a name of _POINTING: [key], "queued": [[key, determination, its twin]], "laid_out": [_LaidOut]}
Brought = Mapping[str, Any]


class _LaidOut(NamedTuple):
    """A row of a label run that means another record (or determination) now.

    beside: the run had a row of that one already, so this one was taken out of its place.
    """

    run: int
    was: str
    now: str
    place: int
    copies: int | None
    beside: bool


def give(from_guid: UUID, to_guid: UUID, twins: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Hand all of one record to another and return what that was, for `take_back` and `again`.

    twins: {determination of the one: the same one of the other}. A label that waits for both
    already stays where it is: one will be printed. So does an origin that both have.
    """
    brought: dict[str, Any] = {}
    for name, (model, field, key) in _POINTING.items():
        own = model.objects.filter(**{field: from_guid}).order_by("pk")
        if model is Origin:
            own = own.exclude(pk__in=_told_already(from_guid, to_guid))
        if keys := list(own.values_list(key, flat=True)):
            brought[name] = [str(each) if key == "guid" else each for each in keys]
    waiting = QueuedAnnotation.objects.filter(printed_at=None, identification__in=twins)
    queued = [
        [each.pk, str(each.identification), str(twins[each.identification])] for each in waiting
    ]
    if queued:
        brought["queued"] = queued
    if laid_out := list(_laid_out({from_guid: to_guid, **twins})):
        brought["laid_out"] = laid_out
    again(from_guid, to_guid, brought)
    return brought


def again(from_guid: UUID, to_guid: UUID, brought: Brought) -> None:
    """Hand over what `give` returned, as far as it is still there."""
    _point(from_guid, to_guid, brought)
    for key, was, now in brought.get("queued", ()):
        _queue(key, was, now)
    for each in brought.get("laid_out", ()):
        _lay_out(_LaidOut(*each))


def take_back(from_guid: UUID, to_guid: UUID, brought: Brought) -> None:
    """Undo `give`: what came from `from_guid` goes back there."""
    _point(to_guid, from_guid, brought)
    for key, was, now in brought.get("queued", ()):
        _queue(key, now, was)
    for each in reversed(brought.get("laid_out", ())):
        _lay_back(_LaidOut(*each))


def _point(from_guid: UUID, to_guid: UUID, brought: Brought) -> None:
    for name, (model, field, key) in _POINTING.items():
        own = model.objects.filter(**{field: from_guid, f"{key}__in": brought.get(name, ())})
        own.update(**{field: to_guid})


def _queue(key: int, was: str, now: str) -> None:
    waits = QueuedAnnotation.objects.filter(printed_at=None, identification=now)
    if not waits.exists():
        QueuedAnnotation.objects.filter(pk=key, identification=was).update(identification=now)


# --- where it came from ---------------------------------------------------------------------------


def _told_already(from_guid: UUID, to_guid: UUID) -> list[int]:
    """Return the origins that would make a record its own, or say twice where one came from."""
    ends = [from_guid, to_guid]
    found = list(Origin.objects.filter(Q(record_guid__in=ends) | Q(original_guid__in=ends)))
    known = {_said(each, from_guid, to_guid) for each in found if not _is_of(each, from_guid)}
    mine = [each for each in found if _is_of(each, from_guid)]
    return [
        each.pk
        for each in mine
        if {each.record_guid, each.original_guid} <= {*ends}
        or _said(each, from_guid, to_guid) in known
    ]


def _is_of(origin: Origin, guid: UUID) -> bool:
    return guid in (origin.record_guid, origin.original_guid)


def _said(origin: Origin, from_guid: UUID, to_guid: UUID) -> tuple[Any, ...]:
    """Return what an origin says once the one record is the other."""
    ends = [
        to_guid if guid == from_guid else guid
        for guid in (origin.record_guid, origin.original_guid)
    ]
    return (*ends, origin.how, origin.source_id, origin.giver_id)


# --- labels that are laid out ---------------------------------------------------------------------


def _laid_out(moves: Mapping[UUID, UUID]) -> Iterator[_LaidOut]:
    """Let others take the place of these in label runs, and yield each row in which they do."""
    for was, now in ((str(was), str(now)) for was, now in moves.items()):
        for run in LabelRun.objects.filter(rows__contains=[[was]]).order_by("pk"):
            guids = [guid for guid, _copies in run.rows]
            place = guids.index(was)
            row = _LaidOut(run.pk, was, now, place, run.rows[place][1], now in guids)
            _lay_out(row)
            yield row


def _lay_out(row: _LaidOut) -> None:
    run, guids = _run(row)
    if row.was not in guids:
        return
    if row.now in guids:
        del run.rows[guids.index(row.was)]
    else:
        run.rows[guids.index(row.was)][0] = row.now
    _keep(run)


def _lay_back(row: _LaidOut) -> None:
    run, guids = _run(row)
    if row.was in guids:
        return
    if row.beside:
        run.rows.insert(row.place, [row.was, row.copies])
    elif row.now in guids:
        run.rows[guids.index(row.now)][0] = row.was
    _keep(run)


def _run(row: _LaidOut) -> tuple[LabelRun, list[str]]:
    """Return a run, locked, and what is in it; nothing is in one that is no more."""
    run = LabelRun.objects.select_for_update().filter(pk=row.run).first() or LabelRun(pk=row.run)
    return run, [guid for guid, _copies in run.rows]


def _keep(run: LabelRun) -> None:
    """Keep the rows of a run, whose file is made anew then."""
    LabelRun.objects.filter(pk=run.pk).update(rows=run.rows, finished_at=None)
