"""Cells of a table, typed, pasted or filled down: read as the form reads them, saved together.

`save` reads every cell in the light of its record as it stands, and writes all of them or none: a
cell that can't be read, or that somebody else changed meanwhile, keeps the others back until a
person has decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from biocollections.models import Collection
from journal.models import ChangeSet
from occurrences import editing, records
from occurrences.cleaning import look_up_later
from occurrences.drafts import Draft, Stored
from occurrences.forms import KEYS, MOST_OF_KEY, TermField, typed_columns
from occurrences.forms_panels import CHOICES
from occurrences.models import Occurrence
from occurrences.naming import KEY_COLUMNS

MOST_CELLS: Final = 5000
_TYPED = frozenset(typed_columns())
_TEXT = TermField()


@dataclass(frozen=True, slots=True)
class Cell:
    """A text for one field of one record, and the text that stood there when it was typed."""

    guid: UUID
    column: str
    text: str
    basis: str


@dataclass(slots=True)
class Told:
    """What a cell is read as. was: what stands there now; problem, or theirs (what somebody else
    wrote there meanwhile), keep it from being saved."""

    cell: Cell
    was: str = ""
    read: str = ""
    note: str = ""
    problem: str = ""
    theirs: str | None = None

    @property
    def is_open(self) -> bool:
        return bool(self.problem) or self.theirs is not None

    @property
    def changes(self) -> bool:
        return not self.is_open and self.read != self.was


@dataclass(slots=True)
class Outcome:
    """What became of the cells, in their order; change sets only where all were written."""

    told: list[Told] = field(default_factory=list)
    change_sets: list[ChangeSet] = field(default_factory=list)

    @property
    def open_cells(self) -> list[Told]:
        return [each for each in self.told if each.is_open]

    @property
    def changing(self) -> list[Told]:
        return [each for each in self.told if each.changes]


def save(user: Any, cells: Sequence[Cell], *, only_look: bool = False) -> Outcome:
    """Read the cells and, unless `only_look`, write them if none is open.

    One change set for each collection they are of. Records that `user` may not edit are a problem
    of their cells. Raises nothing for what a person may type.
    """
    by_record: dict[UUID, list[Cell]] = {}
    for cell in cells:
        by_record.setdefault(cell.guid, []).append(cell)
    editable = Occurrence.objects.editable_by(user).filter(guid__in=list(by_record))
    outcome = Outcome()
    with transaction.atomic():
        standing = _still_his(user, records.stored(editable.values_list("guid", flat=True)))
        told: dict[tuple[UUID, str], Told] = {}
        drafts: dict[int, list[tuple[list[str], Draft, bool]]] = {}
        for guid, some in by_record.items():
            record = standing.get(guid)
            lines, draft = _gone(some) if record is None else _revise(record, some)
            told |= {(line.cell.guid, line.cell.column): line for line in lines}
            if draft and record:
                drafts.setdefault(record.collection_id, []).append(draft)
        outcome.told = [told[cell.guid, cell.column] for cell in dict.fromkeys(cells)]
        if not only_look and not outcome.open_cells:
            for collection_id, some_drafts in drafts.items():
                outcome.change_sets.append(_write(collection_id, user, some_drafts, standing))
    return outcome


def _still_his(user: Any, locked: dict[UUID, Stored]) -> dict[UUID, Stored]:
    """Return these locked records without those that were handed over in the meantime."""
    within = {record.collection_id for record in locked.values()}
    mine = set(
        Collection.objects.editable_by(user).filter(pk__in=within).values_list("pk", flat=True)
    )
    return {guid: record for guid, record in locked.items() if record.collection_id in mine}


def _gone(cells: Iterable[Cell]) -> tuple[list[Told], None]:
    problem = _("This record is not there any more, or not yours to edit.")
    return [Told(cell, problem=problem) for cell in cells], None


def _revise(
    record: Stored, cells: Sequence[Cell]
) -> tuple[list[Told], tuple[list[str], Draft, bool] | None]:
    """Read the cells of one record; return what is told, and (columns, draft, names a taxon?)."""
    now = editing.texts_of(record.values, record.identifiers)
    lines = [_compared(cell, now) for cell in cells]
    wanted = {
        line.cell.column: line.cell.text
        for line in lines
        if not line.is_open and line.cell.text != line.was
    }
    if not wanted:
        return lines, None
    reading, columns = editing.revised(record.values, now, wanted)
    says = editing.texts_of(reading.values)
    for line in lines:
        _tell(line, wanted, reading, says)
    draft = Draft(record.guid, record.collection_id, reading.values, version=record.version)
    draft.verbatim = reading.verbatim
    if editing.IDENTIFIERS in wanted:
        draft.identifiers = editing.identifiers_of(wanted[editing.IDENTIFIERS])
    return lines, (columns, draft, not set(KEY_COLUMNS).isdisjoint(wanted))


def _compared(cell: Cell, now: Mapping[str, str]) -> Told:
    """Tell what stands in a cell now, and whether what was typed can be written over it."""
    was = now.get(cell.column, "")
    line = Told(cell, was=was, read=was)
    choices = dict(CHOICES.get(cell.column, ()))
    if cell.column not in _TYPED:
        line.problem = _("This field can't be typed.")
    elif cell.column in KEYS and len(cell.text) > MOST_OF_KEY:
        line.problem = _("At most %(most)s letters.") % {"most": MOST_OF_KEY}
    elif cell.text and choices and cell.text not in choices and cell.text != was:
        known = ", ".join(value for value in choices if value)
        line.problem = _("Choose one of: %(choices)s.") % {"choices": known}
    elif was not in (cell.basis, cell.text):
        line.theirs = was
    return line


def _tell(
    line: Told, wanted: Mapping[str, str], reading: editing.Reading, says: Mapping[str, str]
) -> None:
    column = line.cell.column
    if column not in wanted:
        return
    line.problem = str(reading.problems.get(column, ""))
    line.note = str(reading.notes.get(column, ""))
    line.read = wanted[column] if column == editing.IDENTIFIERS else says.get(column, "")


def _write(
    collection_id: int,
    user: Any,
    drafts: Sequence[tuple[list[str], Draft, bool]],
    standing: dict[UUID, Stored],
) -> ChangeSet:
    """Write the drafts of one collection, those of the same columns in one go."""
    change_set = editing.change_set_for(collection_id, user, len(drafts))
    alike: dict[frozenset[str], list[Draft]] = {}
    for columns, draft, _names in drafts:
        alike.setdefault(frozenset(columns), []).append(draft)
    for columns_of_all, some in alike.items():
        records.write(change_set, sorted(columns_of_all), some, locked=standing)
    if any(names for _columns, _draft, names in drafts):
        look_up_later(collection_id, user)
    return change_set


def cells_of(data: Any) -> list[Cell]:
    """Read the cells a page sends: [{guid, column, text, basis}]. Raises ValueError."""
    if not isinstance(data, list) or not 0 < len(data) <= MOST_CELLS:
        raise ValueError("no cells, or too many")
    found = {}
    for each in data:
        if not isinstance(each, dict):
            raise ValueError("a cell is an object")
        texts = [str(each.get(name, "")) for name in ("column", "text", "basis")]
        column, text, basis = (part.replace("\0", "") for part in texts)
        cell = Cell(UUID(str(each.get("guid"))), column, str(_TEXT.to_python(text)), basis)
        found[cell.guid, cell.column] = cell
    return list(found.values())


def guids_of(texts: Iterable[str]) -> list[UUID]:
    """Return those of the texts that are GUIDs."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
