"""Files that add to records which are here: determinations, numbers, associations, measurements.

Each row names a record by its keys and says one thing about it. What the record has already is
unchanged; a row without a record is blocked. Nothing is overwritten, so an edit since the check is
no conflict: the row is added to the record as it then stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from darwincore import terms
from darwincore.extensions import MEASUREMENT_ROW, RELATIONSHIP_ROW
from darwincore.interpret import determination_key, interpret_identification
from darwincore.terms import simple_name
from occurrences import mapping, records
from occurrences.determinations import Determination
from occurrences.drafting import Drafter, FileRow
from occurrences.drafting import Said as RowSaid
from occurrences.drafts import TERM_COLUMNS, Draft, Stored
from occurrences.judging import Action, Judge, Outcome
from occurrences.keys import Elsewhere, Key, Meant
from occurrences.models import ImportRun

Brings = ImportRun.Brings
_ROW_TYPES = {Brings.MEASUREMENTS: MEASUREMENT_ROW, Brings.ASSOCIATIONS: RELATIONSHIP_ROW}
# What the columns of a number's name and value are called, folded.
_NAMES = ("identifiername", "title", "tag")
_VALUES = ("identifiervalue", "identifier", "value")


class Said(NamedTuple):
    """What a row adds to its record."""

    determination: Determination | None = None
    numbers: tuple[tuple[str, str], ...] = ()
    row: tuple[str, dict[str, str]] | None = None

    @property
    def identity(self) -> object:
        """What makes it the same as another."""
        if self.determination is not None:
            return determination_key(self.determination)
        return self.numbers or (self.row and (self.row[0], tuple(sorted(self.row[1].items()))))

    def is_told_by(self, record: Stored) -> bool:
        """Tell whether the record says it already."""
        if self.determination is not None:
            key = determination_key(self.determination)
            known = {determination_key(each): each for each in record.identifications}
            wants = bool(self.determination.get("is_current"))
            return key in known and (not wants or bool(known[key]["is_current"]))
        if self.row is not None:
            return list(self.row) in [list(each) for each in record.extension_rows]
        return {*self.numbers} <= {tuple(each) for each in record.identifiers}

    def told(self) -> dict[str, list[Any]]:
        """Return it as differences: {what: [None, it]}."""
        if self.determination is not None:
            names = [self.determination.get("scientific_name")]
            return {"identifications": [[], names]}
        if self.row is not None:
            return {"extension_rows": [[], [list(self.row)]]}
        return {"identifiers": [[], [list(each) for each in self.numbers]]}


class Reader:
    """Reads what the rows of one run add."""

    def __init__(self, run: ImportRun, drafter: Drafter) -> None:
        self.drafter = drafter
        self.brings = Brings(run.brings)
        keys = {*run.keys, mapping.SOURCE_ID, mapping.LEGACY_ID, Key.OCCURRENCE_ID}
        keys.add(Key.CATALOG_NUMBER)
        # What isn't a key says something under the name of its header.
        self.named = [
            (simple_name(entry["column"]), at)
            for at, entry in enumerate(run.mapping)
            if entry["term"] not in keys and entry["column"].strip() and not entry.get("left")
        ]

    def said(self, row: FileRow) -> Said | None:
        """Return what a row adds; None where it says nothing."""
        if self.brings == Brings.DETERMINATIONS:
            return self._determination(row)
        if self.brings == Brings.IDENTIFIERS:
            numbers = self._numbers(row)
            return Said(numbers=tuple(numbers)) if numbers else None
        texts = self._texts(row)
        return Said(row=(_ROW_TYPES[self.brings], texts)) if texts else None

    def _texts(self, row: FileRow) -> dict[str, str]:
        return {name: row.cells[at] for name, at in self.named if row.cells[at]}

    def _determination(self, row: FileRow) -> Said | None:
        texts = self._texts(row) | self.drafter.said.texts(row.cells)
        read = interpret_identification(texts, self.drafter.hints)
        row.issues.extend(read.issues)
        if not any(read.values.get(column) for column in terms.IDENTIFICATION_COLUMNS):
            return None
        return Said(determination={**read.values, "verbatim": read.verbatim})

    def _numbers(self, row: FileRow) -> list[tuple[str, str]]:
        numbers = self.drafter.numbers(row)
        if numbers:
            return numbers
        texts = {mapping.fold(name): text for name, text in self._texts(row).items()}
        value = next((texts[name] for name in _VALUES if name in texts), "")
        tag = next((texts[name] for name in _NAMES if name in texts), "")
        return [(tag, value)] if value else []


class Adding(Judge):
    """Says what is to become of rows that add to records."""

    def __init__(self, run: ImportRun, drafter: Drafter | None = None) -> None:
        super().__init__(run, drafter)
        self.reader = Reader(run, self.drafter)
        self.seen: set[tuple[UUID, object]] = set()

    def _held(self, *_asked: Any) -> dict[str, Elsewhere]:
        return {}

    def _outcome(
        self,
        row: FileRow,
        _by_itself: RowSaid,
        meant: Meant,
        standing: Mapping[UUID, Stored],
        held: Mapping[str, Elsewhere],
    ) -> Outcome:
        if meant.reason:
            candidates = [str(each.guid) for each in meant.candidates]
            return {"action": Action.CONFLICT, "reason": meant.reason, "candidates": candidates}
        target = meant.target
        record = standing.get(target.guid) if target else None
        if target is None or record is None:
            reason = _("No record of this collection has the key “%(key)s”.")
            if meant.key.kind == Key.CONTENT:
                reason = _("The row has no key that names a record.")
            return {"action": Action.BLOCKED, "reason": reason % {"key": meant.key.text}}
        said = self.reader.said(row)
        found: Outcome = {"issues": [list(issue) for issue in row.issues] or None}
        if said is None:
            return {**found, "action": Action.BLOCKED, "reason": _("The row says nothing.")}
        known = (record.guid, said.identity)
        if known in self.seen or said.is_told_by(record):
            found |= {"target_guid": record.guid, "target_version": record.version}
            return {**found, "action": Action.SAME}
        self.seen.add(known)
        told = said.told()
        return {**found, "action": Action.CREATE, "target_guid": record.guid, "differences": told}


def judge_of(run: ImportRun) -> Judge:
    """Return who judges the rows of a run, by what they bring."""
    return Judge(run) if run.brings == Brings.RECORDS else Adding(run)


def drafts_of(
    run: ImportRun, drafter: Drafter, wanted: Iterable[tuple[FileRow, UUID]]
) -> tuple[list[Draft], list[int]]:
    """Return the drafts of records with what rows add, and the rows whose record is gone.

    wanted: rows, each with the GUID of its record. What a record says by now is not added again.
    """
    reader, given = Reader(run, drafter), list(wanted)
    standing = records.stored({guid for _row, guid in given})
    drafts: dict[UUID, Draft] = {}
    gone = []
    for row, guid in given:
        record = standing.get(guid)
        if record is None or record.collection_id != run.collection_id:
            gone.append(row.number)
        elif (said := reader.said(row)) and not said.is_told_by(record):
            draft = drafts.setdefault(guid, _draft(record))
            _ADDING[said.determination is not None, said.row is not None](draft, said)
    return list(drafts.values()), gone


def _draft(record: Stored) -> Draft:
    standing = record.values
    return Draft(
        guid=record.guid,
        collection_id=record.collection_id,
        version=record.version,
        values={column: standing.get(column) for column in TERM_COLUMNS},
        verbatim=record.verbatim,
        verbatim_is_whole=True,
        identifiers=list(record.identifiers),
        extension_rows=list(record.extension_rows),
    )


def _add_determination(draft: Draft, said: Said) -> None:
    given = said.determination or {}
    draft.identifications = [*(draft.identifications or []), given]
    unnamed = not any(draft.values.get(column) for column in terms.IDENTIFICATION_COLUMNS)
    if given.get("is_current") or unnamed:
        for column in terms.IDENTIFICATION_COLUMNS:
            draft.values[column] = given.get(column)


def _add_numbers(draft: Draft, said: Said) -> None:
    known = draft.identifiers or []
    draft.identifiers = known + [each for each in said.numbers if each not in known]


def _add_row(draft: Draft, said: Said) -> None:
    known = draft.extension_rows or []
    if said.row and said.row not in known:
        draft.extension_rows = [*known, said.row]


_ADDING: Mapping[tuple[bool, bool], Callable[[Draft, Said], None]] = {
    (True, False): _add_determination,
    (False, True): _add_row,
    (False, False): _add_numbers,
}
