"""The tables of an opened file, their rows, and what was found out about the file.

`reader` makes them; what becomes of the rows is said elsewhere.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, Literal, NamedTuple

from .containers import Container, Limits
from .guarding import unguarded
from .issues import Issue
from .mojibake import mended
from .tabular import Format, Opener, Survey, read_rows


class How(NamedTuple):
    """What a person decided about reading a file; a blank or None leaves it to the reader.

    encoding: a name such as "utf-8" or "windows-1252". delimiter: one character, or "tab". header:
    whether the first row names the columns. sheet: the name of a spreadsheet's sheet. repair:
    whether to mend letters that were spoilt on the way (cafÃ©), in all columns or in those given by
    their index. nothing: whether cells that say NA, as R and others write it, are blank.
    """

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    sheet: str = ""
    repair: bool | tuple[int, ...] | None = None
    nothing: bool | None = None

    @classmethod
    def of(cls, decided: Mapping[str, Any]) -> "How":
        """Return what a JSON object says under these names; others are passed over."""
        repair = decided.get("repair")
        return cls(
            encoding=decided.get("encoding") or "",
            delimiter=decided.get("delimiter") or "",
            header=decided.get("header"),
            sheet=decided.get("sheet") or "",
            repair=tuple(map(int, repair)) if isinstance(repair, list | tuple) else repair,
            nothing=decided.get("nothing"),
        )


class SourceRow(NamedTuple):
    """One row. line: where it starts in `file`, from 1. row_type: the IRI of its table's class.

    core_id: the archive's id or coreid, None in a table without one. cells: as many as the table
    has headers, trimmed, blank where there is nothing.
    """

    file: str
    line: int
    row_type: str
    core_id: str | None
    cells: list[str]
    issues: tuple[Issue, ...]


@dataclass
class Part:
    """One file of a table and how to read it. skip: records before the first row of data."""

    name: str
    opener: Opener
    found: Survey
    format: Format
    skip: int


@dataclass
class Table:
    """One table of a source.

    headers: a column's term name where meta.xml says it, else the text of the header row.
    constants: term name → the value that meta.xml gives to every row. id_index: the column that
    links core and extension, or None.
    """

    file: str
    row_type: str
    headers: list[str]
    constants: dict[str, str] = field(default_factory=dict)
    id_index: int | None = None
    _parts: list[Part] = field(default_factory=list, repr=False)
    _needed: int = 0
    _fills: dict[int, str] = field(default_factory=dict, repr=False)
    _copies: list[int] = field(default_factory=list, repr=False)
    _limits: Limits = field(default_factory=Limits, repr=False)
    _mends: tuple[int, ...] = field(default=(), repr=False)
    _blank: frozenset[str] = field(default=frozenset(), repr=False)
    _declared: bool = False

    def rows(self) -> Iterator[SourceRow]:
        """Yield the rows in their order; rows without any value are passed over."""
        for part in self._parts:
            yield from self._rows_of(part)

    def _rows_of(self, part: Part) -> Iterator[SourceRow]:
        records = read_rows(part.opener, part.found, part.format, part.name, self._limits)
        width = len(self.headers) - len(self._copies)
        guarded = part.found.guarded and not self._declared
        plain = not (self._fills or self._copies or self._mends or self._blank)
        plain = plain and not (part.found.nulls or guarded)
        name, row_type, id_index = part.name, self.row_type, self.id_index
        for line, raw, issues in islice(records, part.skip, None):
            cells = list(map(str.strip, raw))
            if not any(cells):
                continue
            if len(cells) != width:
                cells, misfit = self._fitted(cells, width)
                issues += misfit
            if not plain:
                cells = self._completed(cells, part)
            core_id = None if id_index is None else cells[id_index]
            yield SourceRow(name, line, row_type, core_id, cells, issues)

    def _fitted(self, cells: list[str], width: int) -> tuple[list[str], tuple[Issue, ...]]:
        count = len(cells)
        if count < width:
            padded = cells + [""] * (width - count)
            if count >= self._needed:
                return padded, ()
            return padded, (Issue("ROW_TOO_SHORT", "", f"{count} of {width} cells"),)
        beyond = next(filter(None, cells[width:]), "")
        return cells[:width], (Issue("ROW_TOO_LONG", "", beyond[:200]),) if beyond else ()

    def _completed(self, cells: list[str], part: Part) -> list[str]:
        """Read MySQL's null as blank, mend, fill in defaults, repeat columns of two terms.

        In a loose table an apostrophe before a formula sign goes: files that are safe to open in a
        spreadsheet have one.
        """
        if part.found.guarded and not self._declared:
            cells = list(map(unguarded, cells))
        if part.found.nulls:
            cells = ["" if cell == "\\N" else cell for cell in cells]
        if self._blank and not self._blank.isdisjoint(cells):
            cells = [self._filled(at, cell) for at, cell in enumerate(cells)]
        for index in self._mends:
            if not cells[index].isascii():
                cells[index] = mended(cells[index])
        for index, value in self._fills.items():
            cells[index] = cells[index] or value
        return cells + [cells[index] for index in self._copies]

    def _filled(self, at: int, cell: str) -> str:
        """Return a cell; blank where it says that there is nothing. NA is a country, too."""
        is_code = self.headers[at].lower().replace("_", "") == "countrycode"
        return "" if cell in self._blank and not is_code else cell


@dataclass
class Source(AbstractContextManager["Source"]):
    """An opened file. A context manager; rows can be read while it is open, any number of times.

    kind: "archive" if it has a meta.xml or extensions, "coldp" for a Catalogue of Life Data Package
    (each table's row_type is its entity, such as NameUsage), else "table". encoding and delimiter
    are the core's. issues: about the file as a whole. metadata: the text of the EML file.
    found: how the file was read and why, for a person to look at and to overrule, JSON-able:
    {"encoding": {chosen, by, lines, repaired, samples}, "delimiter": {chosen, by, columns},
    "header": {chosen, by, first}, "sheets": [{name, hidden, headers, terms, chosen}],
    "mojibake": {chosen, cells, lost, columns: {index: {header, cells, samples}}},
    "nothing": {chosen, by, marks, columns: [header]} (cells that say NA),
    "events": {file, rows, parents, without}}; a part that does not apply is absent. by: "person",
    "meta.xml", "mark" (a byte order mark) or "content".
    """

    kind: Literal["table", "archive", "coldp"]
    core: Table
    extensions: list[Table]
    encoding: str
    delimiter: str
    issues: list[Issue]
    metadata: str | None
    _container: Container = field(repr=False)
    found: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the core's rows, then those of each extension.

        Raises Refused, with the line, at a row where parsing cannot go on.
        """
        for table in (self.core, *self.extensions):
            yield from table.rows()

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
