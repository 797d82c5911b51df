"""The cells of an Excel workbook (.xlsx, .xlsm) as text. Source: ECMA-376 part 1, SpreadsheetML."""

import mmap
import re
import tempfile
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import IO

from .celltext import Shape, number_text, shape_of
from .containers import ZipArchive, safe_name
from .issues import Refused
from .xmlstream import LAST_ROW, Handler, stream

_MOST_SHEETS = 100
_BEGINNING = 64  # pieces of a sheet in which its first rows are looked for: 4 MiB
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Workbook:
    """An open workbook; see `spreadsheets.Book`."""

    def __init__(self, archive: ZipArchive):
        self.archive = archive
        self.limits = replace(archive.limits, member=archive.limits.sheet)
        self.listing = _Listing()
        self._parse("xl/workbook.xml", self.listing)
        links = _Links()
        self._parse("xl/_rels/workbook.xml.rels", links)
        self.parts = links.parts
        self.styles = _Styles()
        self._parse(self._part_of_kind("styles", "xl/styles.xml"), self.styles)
        self.shapes = self.styles.shapes(self.listing.since_1904)
        self._strings: _Strings | None = None
        self.merged = 0

    def heads(self, rows: int) -> Iterator[tuple[str, bool, list[list[str]]]]:
        """Yield each sheet's name, whether it is hidden, and so many of its rows."""
        for name, hidden, _link in self.listing.sheets[:_MOST_SHEETS]:
            beginning = islice(self._rows(name, _BEGINNING), rows)
            yield name, hidden, [cells for _number, cells in beginning]

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a sheet that hold something, with their numbers."""
        return self._rows(sheet)

    def _rows(self, sheet: str, pieces: int | None = None) -> Iterator[tuple[int, list[str]]]:
        link = next(link for name, _hidden, link in self.listing.sheets if name == sheet)
        part = self._place(self.parts.get(link, ("", ""))[1])
        if part not in self.archive.infos:
            return
        cells = _Cells(self)
        parsing = stream(self.archive.open(part), self.archive.filename, cells)
        for _piece in islice(parsing, pieces):
            yield from cells.taken()
        self.merged = cells.merged  # stands behind the rows

    @property
    def strings(self) -> "_Strings":
        """The texts that cells name by number, read when the first cell asks."""
        if self._strings is None:
            self._strings = _Strings(self.limits.cell, self.archive.filename)
            self._parse(self._part_of_kind("sharedStrings", "xl/sharedStrings.xml"), self._strings)
        return self._strings

    def _part_of_kind(self, kind: str, usual: str) -> str:
        for found, target in self.parts.values():
            if found.endswith("/" + kind):
                return self._place(target)
        return usual

    @staticmethod
    def _place(target: str) -> str:
        """Return the name of a part in the archive; blank where a target leads elsewhere."""
        try:
            return safe_name(target if target.startswith("/") else f"xl/{target}")
        except Refused:
            return ""

    def _parse(self, part: str, handler: Handler) -> None:
        if part in self.archive.infos:
            for _piece in stream(self.archive.open(part), self.archive.filename, handler):
                pass


class _Quiet(ABC):
    """A handler that looks at the start of elements alone."""

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...  # noqa: B027 - most need only the start

    def text(self, data: str) -> None: ...  # noqa: B027 - likewise


class _Listing(_Quiet):
    """The sheets as xl/workbook.xml lists them: name, hidden, link; and where its days begin."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool, str]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            link = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", ""), hidden, link))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904", "0") in ("1", "true")


class _Links(_Quiet):
    """Which part of the archive each link means: id → (kind, target); outer ones are not there."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            self.parts[attributes.get("Id", "")] = (attributes.get("Type", ""), target)


class _Styles(_Quiet):
    """How numbers are shown, by the style of their cell."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.used: list[str] = []
        self.in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self.in_cells = True
        elif name == "xf" and self.in_cells:
            self.used.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.in_cells = False

    def shapes(self, since_1904: bool) -> dict[str, Shape | None]:
        """Return the shape of each style's numbers, by the style's number as text."""
        return {
            str(at): shape_of(number, self.codes.get(number, ""), since_1904)
            for at, number in enumerate(self.used)
        }


class _Strings:
    """The texts of the whole workbook, kept in a temporary file without a name."""

    def __init__(self, longest: int, file: str) -> None:
        self.longest = longest
        self.file = file
        self.spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.ends = array("Q", [0])
        self.parts: list[str] = []
        self.length = 0
        self.taking = self.sounding = False
        self.map: mmap.mmap | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.parts, self.length = [], 0
        elif name == "rPh":
            self.sounding = True
        elif name == "t":
            self.taking = not self.sounding

    def text(self, data: str) -> None:
        if self.taking:
            self.parts.append(data)
            self.length += len(data)
            if self.length > self.longest:
                raise Refused("CELL_TOO_LONG", str(self.longest), file=self.file)

    def end(self, name: str) -> None:
        if name == "t":
            self.taking = False
        elif name == "rPh":
            self.sounding = False
        elif name == "si":
            data = "".join(self.parts).encode("utf-8", "replace")
            self.spool.write(data)
            self.ends.append(self.ends[-1] + len(data))

    def __getitem__(self, at: int) -> str:
        if not 0 <= at < len(self.ends) - 1:
            return ""
        begin, end = self.ends[at], self.ends[at + 1]
        if begin == end:
            return ""
        if self.map is None:
            self.spool.flush()
            self.map = mmap.mmap(self.spool.fileno(), 0, access=mmap.ACCESS_READ)
        return self.map[begin:end].decode()


class _Cells:
    """Gathers the rows of one sheet."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.limits = book.limits
        self.file = book.archive.filename
        self.rows: list[tuple[int, list[str]]] = []
        self.cells: list[str] = []
        self.parts: list[str] = []
        self.number = 0
        self.length = 0
        self.column = -1
        self.kind = self.style = ""
        self.inside = self.taking = self.sounding = False
        self.merged = 0

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows that are complete, and forget them."""
        rows, self.rows = self.rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            get = attributes.get
            place = get("r")
            self.column = column_of(place.rstrip("0123456789")) if place else self.column + 1
            self.kind, self.style = get("t", "n"), get("s", "0")
            self.parts = []
            self.length = 0
        elif name == "v" or name == "t":
            self.taking = self.inside and not self.sounding
        elif name == "row":
            self._begin_row(attributes.get("r", ""))
        elif name == "rPh":
            self.sounding = True
        elif name == "sheetData":
            self.inside = True
        elif name == "mergeCell":
            ends = attributes.get("ref", "").split(":")
            self.merged += len({end.lstrip("$ABCDEFGHIJKLMNOPQRSTUVWXYZ") for end in ends}) > 1

    def _begin_row(self, number: str) -> None:
        written = int(number) if number.isdecimal() and len(number) < 9 else self.number + 1
        if not self.number < written <= LAST_ROW:
            raise Refused("SPREADSHEET_BROKEN", f'row "{number}"', file=self.file)
        self.number = written
        self.cells = []
        self.column = -1

    def text(self, data: str) -> None:
        if self.taking:
            self.parts.append(data)
            self.length += len(data)
            if self.length > self.limits.cell:
                most = str(self.limits.cell)
                raise Refused("CELL_TOO_LONG", most, file=self.file, line=self.number)

    def end(self, name: str) -> None:
        if name == "v" or name == "t":
            self.taking = False
        elif name == "c":
            if self.parts:
                self._put(self._shown("".join(self.parts)))
        elif name == "row":
            if self.cells:
                self.rows.append((self.number, self.cells))
        elif name == "rPh":
            self.sounding = False
        elif name == "sheetData":
            self.inside = False

    def _put(self, text: str) -> None:
        if not text:
            return
        missing = self.column - len(self.cells)
        if self.column >= self.limits.columns:
            most = str(self.limits.columns)
            raise Refused("TOO_MANY_COLUMNS", most, file=self.file, line=self.number)
        if missing > 0:
            self.cells.extend([""] * missing)
        if missing >= 0:
            self.cells.append(text)

    def _shown(self, value: str) -> str:
        kind = self.kind
        if kind == "s":
            text = self.book.strings[int(value)] if value.isdecimal() else ""
        elif kind == "n":
            return number_text(value, self.book.shapes.get(self.style))
        elif kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        elif kind == "d":
            return value.removesuffix("T00:00:00")
        else:
            text = value
        return _ESCAPED.sub(_unescaped, text) if "_x" in text else text


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter.isprintable() or letter in "\t\n\r" else ""


@lru_cache(maxsize=20_000)
def column_of(letters: str) -> int:
    """Return the column that letters mean: A is 0, AA is 26; letters that mean none are 0."""
    column = 0
    for letter in letters[:4].upper():
        column = column * 26 + max(ord(letter) - 64, 0) % 27
    return max(column - 1, 0)
