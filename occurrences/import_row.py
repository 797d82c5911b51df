"""One row of a checked import from close by: its cells, what they become, what the public will see.

Everything here holds exact values: fetch the run through `ImportRun.objects.visible_to`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from occurrences import history, mapping, naming, protection, records, reviewing
from occurrences.drafting import Drafter, FileRow
from occurrences.drafts import Stored
from occurrences.history import Line
from occurrences.models import ImportOutcome, ImportRun, Protection
from occurrences.reviewing import Row
from occurrences.ruling import Ruling
from occurrences.staging import file_rows

MOST_CANDIDATES = 8


class Cell(NamedTuple):
    """A cell of the row: its column's place and header, what that means, its text now."""

    at: int
    header: str
    means: str
    text: str
    was: str  # the file's own text, where somebody mended it; else blank


class Compared(NamedTuple):
    """A field of a conflict: what the row says, and each of the records it may mean."""

    label: str
    term: str
    own: str
    others: list[str]
    differs: bool


class Candidate(NamedTuple):
    """A record that the row may mean."""

    guid: UUID
    title: str
    address: str


@dataclass
class Closely:
    """All of a row. public: [Line: old what the public will see, new what the record says]."""

    row: Row
    cells: list[Cell] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    level: Protection = Protection.OPEN
    reason: str = ""
    public: list[Line] = field(default_factory=list)

    @property
    def filled(self) -> list[Cell]:
        """The cells that say something, or did before they were mended."""
        return [cell for cell in self.cells if cell.text or cell.was]

    @property
    def blank(self) -> list[Cell]:
        """The others."""
        return [cell for cell in self.cells if not (cell.text or cell.was)]

    @property
    def is_hidden(self) -> bool:
        """Whether the public will not even know of the record."""
        return self.level == Protection.WHOLE


@transaction.atomic
def closely(run: ImportRun, outcome: ImportOutcome) -> Closely:
    """Return all there is to know of a row; its cells are gone some time after applying."""
    shown = Closely(reviewing.rows(run, [outcome])[0])
    staged = file_rows(run, [outcome.number])
    if not staged:
        return shown
    shown.cells = _cells(run, staged[0])
    _look_ahead(run, outcome, staged[0], shown)
    if outcome.candidates:
        _compare(outcome.candidates, shown)
    return shown


def next_row(run: ImportRun, chosen: reviewing.Filter, number: int) -> int | None:
    """Return the row after this one among those that a filter shows."""
    later = reviewing.outcomes(run, chosen).filter(number__gt=number).order_by("number")
    return later.values_list("number", flat=True).first()


def _cells(run: ImportRun, row: FileRow) -> list[Cell]:
    headers = run.source["tables"][0]["headers"]
    means = [mapping.label(entry["term"]) for entry in run.mapping]
    read = reviewing.cells_as_read(run, [row.number]).get(row.number, row.cells)
    padded = [*row.cells, *[""] * (len(headers) - len(row.cells))]
    return [
        Cell(at, header, means[at] if at < len(means) else "", text, _other(read, at, text))
        for at, (header, text) in enumerate(zip(headers, padded, strict=False))
    ]


def _other(read: Sequence[str], at: int, text: str) -> str:
    was = read[at] if at < len(read) else ""
    return was if was != text else ""


def _look_ahead(run: ImportRun, outcome: ImportOutcome, row: FileRow, shown: Closely) -> None:
    """Say what of the record, as it will be, the public sees."""
    drafter = Drafter(run)
    key = drafter.key(row)
    reading = drafter.read(row, key)
    record = None
    if outcome.target_guid and outcome.target_version is not None:
        record = records.stored([outcome.target_guid]).get(outcome.target_guid)
    if run.state != ImportRun.State.CHECKED or (record is None and outcome.target_version):
        return
    draft = (
        drafter.changed_draft(row, key, reading, record)
        if record
        else drafter.new_draft(row, key, reading, outcome.target_guid or run.guid)
    )
    decision = Ruling.of([naming.key_of(draft.values)]).decide(draft.values)
    public = protection.split(draft.values, draft.verbatim, decision).public
    shown.level, shown.reason = decision.level, decision.reason
    lines = history.fields(public, {**public, **draft.values})
    shown.public = sorted(lines, key=history.place)


def _compare(guids: Sequence[str], shown: Closely) -> None:
    wanted = [UUID(guid) for guid in guids[:MOST_CANDIDATES]]
    found = records.stored(wanted)
    standing = [found[guid] for guid in wanted if guid in found]
    shown.candidates = [
        Candidate(
            each.guid,
            _title(each),
            reverse("occurrences:record", args=[each.guid]),
        )
        for each in standing
    ]
    own = {line.term: line for line in shown.row.lines if line.term}
    theirs = [{line.term: line for line in _lines(each)} for each in standing]
    every = {term: line for lines in (*theirs, own) for term, line in lines.items()}
    for line in sorted(every.values(), key=history.place):
        said = own[line.term].new if line.term in own else ""
        others = [lines[line.term].new if line.term in lines else "" for lines in theirs]
        differs = len({said, *others}) > 1
        shown.compared.append(Compared(line.label, line.term, said, others, differs))
    shown.compared.sort(key=lambda each: not each.differs)


def _lines(record: Stored) -> list[Line]:
    return [line for line in history.fields({}, record.values) if line.term]


def _title(record: Stored) -> str:
    values = record.values
    number = values.get("catalog_number") or values.get("record_number")
    return str(number or values.get("scientific_name") or _("Record"))
