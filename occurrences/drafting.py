"""From a row of a file to the draft of a record, for the review and again for applying.

A Drafter holds what is the same for all rows of a run: mapping, mode and the tables' headers. It
reads a row through `darwincore.interpret`, and lays it over the record it means, if there is one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import darwincore
from biocollections.models import Collection
from darwincore import detection, issues, terms
from darwincore.hints import Hints
from darwincore.interpret import interpret, interpret_identification
from darwincore.issues import Issue
from darwincore.terms import IDENTIFICATION_ROW, IDENTIFIER_ROW
from occurrences import columns, determinations, keys, mapping, naming, origins, parts
from occurrences.columns import Columns
from occurrences.creating import Ready, ready
from occurrences.determinations import Determination, adopt
from occurrences.drafts import TERM_COLUMNS, Draft, Stored
from occurrences.keys import RowKey
from occurrences.models import ImportRun

Mode = ImportRun.Mode
Key = ImportRun.Key

# Bytes that a value may have that an index holds whole (PostgreSQL: 2704 for all of an entry).
LONGEST_INDEXED = 800
_INDEXED = ("occurrence_id", "catalog_number", "scientific_name", "scientific_name_authorship")

# Columns of which a record has all from one source, or none.
DATE = (
    "event_date",
    *terms.DERIVED_COLUMNS,
    "year",
    "month",
    "day",
    "start_day_of_year",
    "end_day_of_year",
)
POINT = terms.CELL_COLUMNS
WHOLE = (DATE, POINT)
# Columns of which some may be derived from the others.
TOGETHER = (
    DATE,
    ("verbatim_coordinates", "verbatim_latitude", "verbatim_longitude", *POINT),
    ("country", "country_code"),
    ("verbatim_elevation", "minimum_elevation_in_meters", "maximum_elevation_in_meters"),
    ("verbatim_depth", "minimum_depth_in_meters", "maximum_depth_in_meters"),
)


class Cells(NamedTuple):
    """A row of an extension: the place of its table in the source, its cells, its hash."""

    table: int
    cells: list[str]
    row_hash: UUID


@dataclass
class FileRow:
    """A core row as staged, with the extension rows that name it."""

    number: int
    line: int
    core_id: str | None
    text: str  # its cells, as JSON
    row_hash: UUID
    repetition: int
    issues: list[Issue]
    extensions: list[Cells] = field(default_factory=list)
    mended: UUID | None = None  # the hash of its cells, where a person mended one

    @cached_property
    def cells(self) -> list[str]:
        """Its cells, parsed where somebody asks: most rows are read in another process."""
        return list(json.loads(self.text))


@dataclass(slots=True)
class Reading:
    """What a row says, before it meets a record."""

    values: dict[str, Any]
    verbatim: dict[str, str]
    derived: set[str]
    issues: list[Issue]
    identifications: list[Determination] | None
    identifiers: list[tuple[str, str]] | None
    extension_rows: list[tuple[str, dict[str, str]]] | None


class Said(NamedTuple):
    """What judging asks of a row before it meets a record; the rest is read again where it does."""

    keys: list[RowKey]
    occurrence_id: str
    issues: list[Issue]
    name: naming.Key
    is_blank: bool  # it says nothing at all
    is_sent: bool  # it says itself from where its record was sent

    @property
    def blocking(self) -> list[Issue]:
        """The issues that keep the row out."""
        return [issue for issue in self.issues if issues.severity(issue) == "blocking"]


class Drafted(NamedTuple):
    """What is made of a row that is to be written: one of the three; of one that adds, none."""

    keys: list[RowKey]
    reading: Reading | None = None  # for a record that stands
    draft: Draft | None = None  # of a new record
    ready: Ready | None = None  # a new record that can be written as it is


@cache
def interpreter_version() -> str:
    """Return what identifies the code that reads rows: the same text gives the same record."""
    folder = Path(str(darwincore.__file__)).parent
    here = [Path(str(module.__file__)) for module in (columns, determinations, keys, parts)]
    digest = hashlib.sha256()
    for module in (Path(__file__), *here, *sorted(folder.glob("*.py"))):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


class Drafter:
    """Makes drafts of the rows of one run, whose mapping, key and mode are chosen."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.collection = run.collection
        core, *self.tables = run.source["tables"]
        self.copies = run.mode == Mode.COPIES
        self.adds = run.brings != ImportRun.Brings.RECORDS
        self.said = Columns(run.mapping, run.constants, core["headers"], core["constants"])
        self.columns = frozenset(filter(None, (terms.BY_NAME[n].column for n in self.said.terms)))
        self.hints = _hints(core, (entry["term"] for entry in run.mapping), run.reading)
        self.table_hints = [_hints(table, _terms_of(table["headers"])) for table in self.tables]
        self._asked = keys.Cells(self._text, self.source_id, self.numbers)
        self.names_identifiers = self.said.gives_identifiers or any(
            table["row_type"] == IDENTIFIER_ROW for table in self.tables
        )
        self.gives_determinations = any(
            table["row_type"] == IDENTIFICATION_ROW for table in self.tables
        )
        self.row_types = {
            table["row_type"]
            for table in self.tables
            if table["row_type"] not in (IDENTIFICATION_ROW, IDENTIFIER_ROW)
        }
        self.recipe = self._fingerprint()

    def _fingerprint(self) -> bytes:
        run = self.run
        tables = [[table["row_type"], table["headers"]] for table in self.tables]
        core = run.source["tables"][0]
        hints = [
            [dict(each.day_first), dict(each.decimal_comma), sorted(each.excel_serial)]
            for each in (self.hints, *self.table_hints)
        ]
        recipe = [
            run.mapping,
            run.constants,
            core["constants"],
            tables,
            hints,
            run.mode,
            run.brings,
            run.keys,
            interpreter_version(),
        ]
        # Sorted: the database hands objects back with their keys in an order of its own.
        said = json.dumps(recipe, sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=16).digest()

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the same drafts in another process: by the same code, or not at all."""
        return _again, ({name: getattr(self.run, name) for name in _ASKED}, self.recipe)

    # Many rows at once: what another process may be asked for

    def say(self, rows: Sequence[FileRow]) -> list[Said]:
        """Return what judging asks of each of these rows."""
        return [self._said(row) for row in rows]

    def _said(self, row: FileRow) -> Said:
        keys = self.keys(row)
        if self.adds:
            return Said(keys, "", [], ("", "", ""), is_blank=False, is_sent=False)
        reading = self.read(row, keys[0])
        name = naming.key_of(reading.values)
        return Said(
            keys,
            self.occurrence_id(row),
            reading.issues,
            name,
            is_blank=not reading.values,
            is_sent=bool(origins.sent(self._text(row, "associatedOccurrences"))),
        )

    def draft(self, rows: Sequence[tuple[FileRow, UUID | None]]) -> list[Drafted]:
        """Make of rows with a GUID the new records they are to be, and read the others."""
        made = [self._drafted(row, guid) for row, guid in rows]
        if self.copies:  # they get the protection of their originals yet
            return made
        lines = iter(ready([each.draft for each in made if each.draft]))
        return [
            each._replace(draft=None, ready=line) if each.draft and (line := next(lines)) else each
            for each in made
        ]

    def _drafted(self, row: FileRow, guid: UUID | None) -> Drafted:
        keys = self.keys(row)
        if self.adds:
            return Drafted(keys)
        if guid is None:
            return Drafted(keys, reading=self.read(row, keys[0]))
        return Drafted(keys, draft=self.new(row, guid))

    def new(self, row: FileRow, guid: UUID) -> Draft:
        """Return the draft of the record that a row makes."""
        key = self.key(row)
        return self.new_draft(row, key, self.read(row, key), guid)

    # What a row is recognised by

    def import_hash(self, row: FileRow) -> UUID:
        """Return the hash of all that decides what this row makes of its record.

        MD5, which the database reckons too (`occurrences.unchanged`): it guards nothing.
        """
        said = row.mended or row.row_hash
        digest = hashlib.md5(self.recipe + said.bytes, usedforsecurity=False)
        for extension in row.extensions:
            digest.update(extension.row_hash.bytes)
        return UUID(bytes=digest.digest())

    def keys(self, row: FileRow) -> list[RowKey]:
        """Return what the row is recognised by, the first that counts first; never none."""
        if self.copies:
            text, stated = self._source_of_copy(row), self.occurrence_id(row)
            known = [RowKey(Key.SOURCE_ID, text)] if text else []
            # A record that came from the same row, but not as a copy, is found by these.
            of_old = RowKey(Key.OCCURRENCE_ID, stated) if stated else self._content(row)
            return [*known, of_old]
        return keys.of_row(row, self.run.keys, self._asked)

    def key(self, row: FileRow) -> RowKey:
        """Return the first of its keys."""
        return self.keys(row)[0]

    def _content(self, row: FileRow) -> RowKey:
        return RowKey(Key.CONTENT, keys.content_of(row))

    def _source_of_copy(self, row: FileRow) -> str:
        """Return what a copy is known by: the occurrenceID of its original, or the source's key."""
        text = self.occurrence_id(row)
        guid = keys.our_guid(text) if text else None
        return str(guid) if guid else text or self.source_id(row) or ""

    def occurrence_id(self, row: FileRow) -> str:
        """Return the occurrenceID that the row states; "" for none."""
        return self._text(row, Key.OCCURRENCE_ID)

    def _text(self, row: FileRow, target: str) -> str:
        return self.said.cell(row.cells, target)

    def source_id(self, row: FileRow) -> str | None:
        """Return the key the source knows the row by: an archive's core id, or a column's."""
        return row.core_id or self._text(row, mapping.SOURCE_ID) or None

    def numbers(self, row: FileRow) -> list[tuple[str, str]]:
        """Return the additional identifiers (tag, value) in the row's own cells."""
        return self.said.identifiers(row.cells)

    # What a row says

    def read(self, row: FileRow, key: RowKey) -> Reading:
        """Interpret a row and its extension rows; never raises."""
        core = interpret(self.said.texts(row.cells), self.hints)
        found = [*row.issues, *core.issues]
        values: dict[str, Any] = core.values
        if self.copies:  # a copy is another record: it gets an occurrenceID of its own
            values.pop("occurrence_id", None)
        elif key.kind not in self.run.keys:
            found.append(Issue("BLANK_ID", self.run.key))
        given = self._determinations(row, found)
        if given:
            adopt(values, given)
        found.extend(_too_long(values, key))
        return Reading(
            values,
            core.verbatim,
            core.derived,
            found,
            given,
            self._identifiers(row) if self.names_identifiers else None,
            self._extension_rows(row) if self.row_types else None,
        )

    def _determinations(self, row: FileRow, found: list[Issue]) -> list[Determination] | None:
        if not self.gives_determinations:
            return None
        given = []
        for extension in row.extensions:
            if self._row_type(extension) == IDENTIFICATION_ROW:
                hints = self.table_hints[extension.table - 1]
                read = interpret_identification(self._texts(extension), hints)
                found.extend(read.issues)
                if read.values:
                    given.append({**read.values, "verbatim": read.verbatim})
        return given

    def _identifiers(self, row: FileRow) -> list[tuple[str, str]]:
        found = self.numbers(row)
        for extension in row.extensions:
            if self._row_type(extension) == IDENTIFIER_ROW:
                given = self._texts(extension)
                if value := given.get("identifier"):
                    found.append((given.get("title", ""), value))
        return list(dict.fromkeys(found))

    def _extension_rows(self, row: FileRow) -> list[tuple[str, dict[str, str]]]:
        return [
            (row_type, self._texts(extension))
            for extension in row.extensions
            if (row_type := self._row_type(extension)) in self.row_types
        ]

    def _row_type(self, extension: Cells) -> str:
        return self.tables[extension.table - 1]["row_type"]

    def _texts(self, extension: Cells) -> dict[str, str]:
        """Return an extension row's filled cells by header, without the one that links it."""
        table = self.tables[extension.table - 1]
        constants = {name: text for name, text in table["constants"].items() if text}
        return constants | {
            header: text
            for at, (header, text) in enumerate(
                zip(table["headers"], extension.cells, strict=False)
            )
            if text and header and at != table["id_index"]
        }

    # What it makes of a record

    def new_draft(self, row: FileRow, key: RowKey, reading: Reading, guid: UUID) -> Draft:
        """Return the draft of a record that is to be made."""
        reading.values.setdefault("basis_of_record", self.collection.basis_of_record)
        if self.collection.private_records and reading.values.get("record_security") is None:
            reading.values["record_security"] = 5
        return Draft(
            guid=guid,
            collection_id=self.collection.pk,
            values=reading.values,
            verbatim=reading.verbatim,
            identifications=reading.identifications,
            identifiers=reading.identifiers,
            extension_rows=reading.extension_rows,
            source_id=self._remembered_key(row, key),
            legacy_id=self._legacy_id(row),
            import_hash=self.import_hash(row),
        )

    def changed_draft(self, row: FileRow, key: RowKey, reading: Reading, record: Stored) -> Draft:
        """Return the draft of a record as it is after the row was laid over it."""
        standing = record.values  # made anew each time it is asked for
        old = {column: standing.get(column) for column in TERM_COLUMNS}
        if self._is_our_own(reading.values.get("occurrence_id"), record):
            reading.values["occurrence_id"] = old["occurrence_id"]
        taken = self._taken(reading, old)
        values = old | {column: reading.values.get(column) for column in taken}
        if "basis_of_record" in taken and values["basis_of_record"] is None:
            values["basis_of_record"] = self.collection.basis_of_record
        return Draft(
            guid=record.guid,
            collection_id=record.collection_id,
            version=record.version,
            values=values,
            verbatim=_verbatim(record.verbatim, reading, old, taken),
            verbatim_is_whole=True,
            identifications=self._history(reading, old, values),
            identifiers=self._list(record.identifiers, reading.identifiers),
            extension_rows=self._kept_rows(record.extension_rows, reading.extension_rows),
            source_id=None if _is_guid(row.core_id, record) else self._remembered_key(row, key),
            legacy_id=self._legacy_id(row),
            import_hash=self.import_hash(row),
        )

    def _is_our_own(self, occurrence_id: object, record: Stored) -> bool:
        """Tell whether an occurrenceID is only what this portal publishes the record under."""
        given = record.values
        if self.collection.guid_source == Collection.GuidSource.CATALOG_NUMBER:
            return occurrence_id is not None and occurrence_id == given.get("catalog_number")
        return _is_guid(occurrence_id, record) and not given.get("occurrence_id")

    def _taken(self, reading: Reading, old: Mapping[str, Any]) -> set[str]:
        """Return the columns that take what the row says; the others stay as they are."""
        new, mode = reading.values, self.run.mode
        if mode == Mode.FILL:
            taken = {column for column in new if old.get(column) is None}
            for unit in WHOLE:
                if any(old.get(column) is not None for column in unit):
                    taken.difference_update(unit)
        else:
            taken = set(new) | (self.columns if mode == Mode.REPLACE else set())
            taken -= _derived_from_the_same(reading, old)
            if not taken.isdisjoint(DATE):
                taken.update(DATE)
        return self._with_determination(taken, new, old)

    def _with_determination(
        self, taken: set[str], new: Mapping[str, Any], old: Mapping[str, Any]
    ) -> set[str]:
        """Keep a determination whole: another name brings all its columns, or none."""
        if "scientific_name" not in new or _same_name(new, old):
            return taken
        if self.run.mode == Mode.FILL and old.get("scientific_name"):
            return taken.difference(terms.IDENTIFICATION_COLUMNS)
        return taken.union(terms.IDENTIFICATION_COLUMNS)

    def _history(
        self, reading: Reading, old: Mapping[str, Any], values: Mapping[str, Any]
    ) -> list[Determination] | None:
        """Return the determinations to write: None corrects the current one in place."""
        if reading.identifications is not None:
            return reading.identifications
        return None if _same_name(values, old) else []

    def _list(self, old: list[Any], new: list[Any] | None) -> list[Any] | None:
        """Return a record's list after the file's: added to, replaced or left, as the mode says."""
        if new is None or (not new and self.run.mode != Mode.REPLACE):
            return None
        if self.run.mode == Mode.FILL:
            return old + [item for item in new if item not in old]
        return new

    def _kept_rows(
        self,
        old: list[tuple[str, dict[str, str]]],
        new: list[tuple[str, dict[str, str]]] | None,
    ) -> list[tuple[str, dict[str, str]]] | None:
        """Return extension rows with those of the file's types replaced, the other types kept."""
        if new is None:
            return None
        replaced = (
            self.row_types
            if self.run.mode == Mode.REPLACE
            else {row_type for row_type, _texts in new}
        )
        if self.run.mode == Mode.FILL:
            present = {row_type for row_type, _texts in old}
            return old + [row for row in new if row[0] not in present]
        rows = [row for row in old if row[0] not in replaced] + new
        # Which type comes first is the file's affair: only the order within a type is said.
        by_type = itemgetter(0)
        return old if sorted(rows, key=by_type) == sorted(old, key=by_type) else rows

    def _remembered_key(self, row: FileRow, key: RowKey) -> str | None:
        if self.copies:
            return key.text
        return key.text if key.kind == Key.CONTENT else self.source_id(row)

    def _legacy_id(self, row: FileRow) -> int | None:
        if self.copies:
            return None  # the old address leads to the original
        text = self._text(row, mapping.LEGACY_ID)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# What of a run decides about its drafts.
_ASKED = ("collection", "source", "mapping", "constants", "reading", "mode", "brings", "keys")


def _again(asked: Mapping[str, Any], recipe: bytes) -> Drafter:
    made = Drafter(ImportRun(**asked))
    if made.recipe != recipe:
        raise RuntimeError("The portal has been updated since this process was started.")
    return made


def _hints(
    table: Mapping[str, Any], targets: Iterable[str], decided: Mapping[str, Any] | None = None
) -> Hints:
    """Return what the columns of a table tell of its cells; decided: what a person said of it."""
    found = {at: target for at, target in enumerate(targets) if target in terms.BY_NAME}
    return detection.hints(table.get("evidence", {}), found, decided)


def _terms_of(headers: Iterable[str]) -> list[str]:
    named = [terms.term_named(header) for header in headers]
    return [term.name if term else "" for term in named]


def _too_long(values: Mapping[str, Any], key: RowKey) -> Iterable[Issue]:
    for column in _INDEXED:
        value = values.get(column)
        if value and len(value) > LONGEST_INDEXED // 4 and len(value.encode()) > LONGEST_INDEXED:
            yield Issue("VALUE_TOO_LONG", terms.BY_COLUMN[column].name, value)
    if len(key.text.encode()) > LONGEST_INDEXED and key.kind == Key.SOURCE_ID:
        yield Issue("VALUE_TOO_LONG", mapping.SOURCE_ID, key.text)


def _derived_from_the_same(reading: Reading, old: Mapping[str, Any]) -> set[str]:
    """Return the derived columns that stay: what they come from is as the record has it.

    So a point that somebody put on the map is not taken back by the same verbatim coordinates.
    """
    new, staying = reading.values, {c for c in reading.derived if old.get(c) is not None}
    for unit in TOGETHER:
        stated = [column for column in unit if column in new and column not in reading.derived]
        if any(str(old.get(column)) != str(new[column]) for column in stated):
            staying.difference_update(unit)
    return staying


def _verbatim(
    texts: Mapping[str, str], reading: Reading, old: Mapping[str, Any], taken: Iterable[str]
) -> dict[str, str]:
    """Return the verbatim texts after a merge: those of the taken columns from the row.

    A row that says the same value in plain form, such as our own export, leaves what was written
    on the label.
    """
    new = reading.verbatim
    names = set()
    for column in taken:
        term = terms.BY_COLUMN.get(column)
        same = str(old.get(column)) == str(reading.values.get(column))
        if term and (term.name in new or not same):
            names.add(term.name)
    if "eventDate" in names:
        names.add("eventDate2")
    kept = {name: text for name, text in texts.items() if name not in names}
    return kept | {name: text for name, text in new.items() if name in names}


def _same_name(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    names = [str(values.get("scientific_name") or "") for values in (one, other)]
    first, second = (" ".join(name.casefold().split()) for name in names)
    return first == second


def _is_guid(text: object, record: Stored) -> bool:
    return str(text or "").lower().removeprefix("urn:uuid:") == str(record.guid)
