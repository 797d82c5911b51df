"""The cells of an OpenDocument spreadsheet (.ods) as text. Source: OASIS OpenDocument 1.3."""

import re
from collections.abc import Iterator
from dataclasses import replace

from .celltext import plain
from .containers import ZipArchive
from .issues import Refused
from .xmlstream import LAST_ROW, attribute, stream

_MOST_SHEETS = 100
_CONTENT = "content.xml"
# What lies in a cell or over it and is no part of its text.
_ASIDE = {"annotation", "shapes", "frame", "custom-shape", "g", "control", "dde-links"}


class OpenDocument:
    """An open document; see `spreadsheets.Book`."""

    def __init__(self, archive: ZipArchive):
        self.archive = archive
        self.limits = replace(archive.limits, member=archive.limits.sheet)
        self.merged = 0

    def heads(self, rows: int) -> Iterator[tuple[str, bool, list[list[str]]]]:
        """Yield each sheet's name, whether it is hidden, and so many of its rows."""
        found: dict[str, list[list[str]]] = {}
        cells = _Cells(self, most=rows)
        for _piece in stream(self.archive.open(_CONTENT), self.archive.filename, cells):
            for sheet, _number, row in cells.taken():
                if len(found.setdefault(sheet, [])) < rows:
                    found[sheet].append(row)
        for name, style in list(cells.sheets.items())[:_MOST_SHEETS]:
            yield name, style in cells.hidden_styles, found.get(name, [])

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a sheet that hold something, with their numbers."""
        cells = _Cells(self, only=sheet)
        for _piece in stream(self.archive.open(_CONTENT), self.archive.filename, cells):
            yield from ((number, row) for name, number, row in cells.taken() if name == sheet)
            self.merged = cells.merged
            if cells.ended:
                return


class _Cells:
    """Gathers the rows of the sheets, or of one.

    most: how many of each sheet are wanted, 0 for all.
    """

    def __init__(self, document: OpenDocument, only: str = "", most: int = 0) -> None:
        self.limits = document.limits
        self.file = document.archive.filename
        self.only = only
        self.most = most
        self.sheets: dict[str, str] = {}
        self.hidden_styles: set[str] = set()
        self.rows: list[tuple[str, int, list[str]]] = []
        self.sheet = self.style = ""
        self.ended = False
        self.number = self.given = self.aside = self.tables = self.merged = 0
        self.cells: list[str] = []
        self.column = self.repeated = self.length = 0
        self.cell: dict[str, str] | None = None
        self.parts: list[str] = []
        self.in_text = 0

    def taken(self) -> Iterator[tuple[str, int, list[str]]]:
        """Return the rows that are complete, and forget them; a repeated one several times."""
        rows, self.rows = self.rows, []
        return iter(rows)

    # What the parser calls

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _ASIDE:
            self.aside += 1
        if self.aside:
            return
        if name in ("table-cell", "covered-table-cell"):
            self.cell, self.parts, self.length = attributes, [], 0
            self.merged += self.sheet == self.only and _times(attributes, "number-rows-spanned") > 1
        elif self.cell is not None:
            self._start_text(name, attributes)
        elif name == "table-row":
            self.cells, self.column = [], 0
            self.repeated = _times(attributes, "number-rows-repeated")
        elif name == "table":
            self._start_sheet(attributes)
        elif name == "style":
            self.style = attribute(attributes, "name")
        elif name == "table-properties" and attribute(attributes, "display") == "false":
            self.hidden_styles.add(self.style)

    def end(self, name: str) -> None:
        if name in _ASIDE:
            self.aside -= 1
        if self.aside:
            return
        if name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "p":
            self.in_text = max(self.in_text - 1, 0)
        elif name == "table-row":
            self._end_row()
        elif name == "table":
            self.tables -= 1
            self.ended = self.ended or bool(self.only and self.sheet == self.only)

    def text(self, data: str) -> None:
        if self.in_text and not self.aside:
            self._add(data)

    # Sheets, rows and cells

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        self.tables += 1
        self.sheet = attribute(attributes, "name")
        # A copy of another file's sheet, kept for the formulas that refer to it.
        if not self.sheet.startswith("'file:"):
            self.sheets.setdefault(self.sheet, attribute(attributes, "style-name"))
        self.number = self.given = 0

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            if self.parts:
                self._add("\n")
            self.in_text += 1
        elif name == "s":
            self._add(" " * min(_times(attributes, "c"), self.limits.cell))
        elif name == "tab":
            self._add(" ")
        elif name == "line-break":
            self._add("\n")

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        if self.length > self.limits.cell:
            most = str(self.limits.cell)
            raise Refused("CELL_TOO_LONG", most, file=self.file, line=self.number + 1)

    def _end_cell(self) -> None:
        attributes, self.cell, self.in_text = self.cell or {}, None, 0
        times = _times(attributes, "number-columns-repeated")
        text = shown(attributes, "".join(self.parts)) if attributes or self.parts else ""
        if text:
            if self.column + times > self.limits.columns:
                most = str(self.limits.columns)
                raise Refused("TOO_MANY_COLUMNS", most, file=self.file, line=self.number + 1)
            self.cells.extend([""] * (self.column - len(self.cells)))
            self.cells.extend([text] * times)
        self.column += times

    def _end_row(self) -> None:
        if self.number + self.repeated > LAST_ROW and self.cells:
            raise Refused("SPREADSHEET_BROKEN", "too many rows", file=self.file)
        wanted = not self.only or self.sheet == self.only
        if self.cells and wanted and not (self.most and self.given >= self.most):
            times = min(self.repeated, self.most) if self.most else self.repeated
            self.given += times
            first = self.number + 1
            self.rows += [(self.sheet, first + at, self.cells) for at in range(times)]
        self.number += self.repeated


def _times(attributes: dict[str, str], name: str) -> int:
    text = attribute(attributes, name)
    return max(int(text), 1) if text.isdecimal() and len(text) < 9 else 1


def shown(attributes: dict[str, str], text: str) -> str:
    """Return what a cell shows, from its value where the value says it better."""
    kind = attribute(attributes, "value-type")
    if kind in ("float", "currency"):
        return _number_shown(attribute(attributes, "value"), text.strip())
    if kind == "percentage":
        return text.strip() or attribute(attributes, "value")
    if kind == "date":
        return _date_shown(attribute(attributes, "date-value"), text.strip())
    if kind == "boolean":
        return attribute(attributes, "boolean-value").upper()
    return text or attribute(attributes, "string-value")


def _number_shown(value: str, text: str) -> str:
    if re.fullmatch(r"0\d+", text):  # a number of fixed width
        return text
    try:
        return plain(float(value))
    except (ValueError, OverflowError):
        return text


def _date_shown(value: str, text: str) -> str:
    """Return the date, or what is shown where that says less: a year, or a day without one."""
    year = value[:4]
    if not value or text == year or (text and year[2:] not in text):
        return text
    day, _t, clock = value.partition("T")
    return f"{day}T{clock[:5]}" if clock[:5] not in ("", "00:00") else day
