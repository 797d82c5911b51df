"""The sheets of an Excel or OpenDocument file as tables of text: what the cells show, nothing else.

One sheet is written as a table with tabs into a temporary file without a name, and is read from
there like any other table; line and row have the same number. Formulas give the value that was
saved with them. Nothing outside the file is ever looked at: links, macros and pictures are passed
over. `workbook` and `opendocument` know the two formats.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from .containers import Container, Limits, Slice, ZipArchive, said_size
from .issues import Refused
from .looks import header_at, known_terms
from .opendocument import OpenDocument
from .workbook import Workbook

LOOKED_AT = 20  # rows of a sheet, to see what it holds


class Head(NamedTuple):
    """The beginning of a sheet: its first rows that hold something."""

    name: str
    hidden: bool
    rows: list[list[str]]


class Book(Protocol):
    """An open spreadsheet of either format.

    merged: how many cells of the sheet whose rows were read span several rows.
    """

    merged: int

    def heads(self, rows: int) -> Iterator[tuple[str, bool, list[list[str]]]]:
        """Yield each sheet's name, whether it is hidden, and so many of its rows."""

    def rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a sheet that hold something, with their numbers from 1, which rise."""


@dataclass
class _Sheet:
    """A sheet as far as it was looked at. terms: how many of its headers name a term."""

    name: str
    hidden: bool
    headers: list[str]
    rows: int
    terms: int

    @property
    def holds_records(self) -> bool:
        return self.terms > 1 and self.rows > 1

    @property
    def promise(self) -> tuple[bool, bool, bool]:
        """What makes it the one to read: the terms, more than a row, being in sight."""
        return self.holds_records and not self.hidden, self.rows > 1, not self.hidden


class Spreadsheet(Container):
    """The chosen sheet of a spreadsheet, as the only file of a container.

    sheets: {name, hidden, headers, terms, chosen} of each, JSON-able. left_out: the names of others
    that look like tables of records. merged: how many of its cells span several rows.
    """

    is_archive = False
    delimiter = "\t"

    def __init__(self, archive: ZipArchive, book: Book, wanted: str, limits: Limits):
        super().__init__(archive.filename, limits)
        self.archive = archive
        # Closed by close(): the table lives as long as the container.
        self.spool = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            sheets = [_looked_at(*head) for head in book.heads(LOOKED_AT)]
            chosen = self._chosen(sheets, wanted)
            self.size = self._write(book.rows(chosen.name))
            self.merged = book.merged
        except BaseException:
            self.close()
            raise
        others = [sheet for sheet in sheets if sheet is not chosen]
        self.sheets = [_shown(sheet, sheet is chosen) for sheet in sheets]
        self.left_out = [sheet.name for sheet in others if sheet.holds_records]
        self.names = [f"{self.filename} ({chosen.name})" if others else self.filename]

    def _chosen(self, sheets: list[_Sheet], wanted: str) -> _Sheet:
        if wanted:
            for sheet in sheets:
                if sheet.name == wanted:
                    return sheet
            raise Refused("SHEET_MISSING", wanted, file=self.filename)
        if not any(sheet.rows for sheet in sheets):
            raise Refused("FILE_EMPTY", file=self.filename)
        return max(sheets, key=lambda sheet: sheet.promise)  # the first of equals

    def _write(self, rows: Iterator[tuple[int, list[str]]]) -> int:
        """Write the rows as lines of the same numbers, blank ones as blank lines."""
        text = io.TextIOWrapper(self.spool, "utf-8", errors="replace", newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        line = 1
        size = 0
        for number, cells in rows:
            if number > line:
                text.write("\n" * (number - line))
            writer.writerow(map(_one_line, cells))
            line = number + 1
            size += sum(map(len, cells))
            if size > self.limits.sheet:
                raise Refused("ARCHIVE_TOO_LARGE", said_size(self.limits.sheet), file=self.filename)
        text.flush()
        text.detach()
        return self.spool.tell()

    def open(self, name: str) -> io.BufferedReader:
        return io.BufferedReader(Slice(self.spool.fileno(), 0, self.size), 1 << 20)

    def close(self) -> None:
        self.spool.close()
        self.archive.close()


def _looked_at(name: str, hidden: bool, rows: list[list[str]]) -> _Sheet:
    at = header_at(rows)
    headers = rows[at or 0] if rows else []
    terms = known_terms(headers) if at is not None else 0
    return _Sheet(name, hidden, [header[:80] for header in headers[:12]], len(rows), terms)


def _shown(sheet: _Sheet, chosen: bool) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "hidden": sheet.hidden,
        "headers": sheet.headers,
        "terms": sheet.terms,
        "chosen": chosen,
    }


def _one_line(text: str) -> str:
    """Write line breaks as lone carriage returns: so a row stays one line of the table."""
    if "\n" not in text and "\r" not in text:
        return text
    return text.replace("\r\n", "\r").replace("\n", "\r")


def spreadsheet_in(archive: ZipArchive, wanted: str) -> Spreadsheet | None:
    """Return the spreadsheet that a zip turns out to be, or None. wanted: the name of its sheet."""
    names = archive.infos.keys()
    if "xl/workbook.xml" in names:
        return Spreadsheet(archive, Workbook(archive), wanted, archive.limits)
    if {"content.xml", "mimetype"} <= names:
        return Spreadsheet(archive, OpenDocument(archive), wanted, archive.limits)
    return None
