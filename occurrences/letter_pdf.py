"""A transmittal on paper: the letter that goes with a parcel, and the list to tick its sheets off.

Rows are taken one by one and drawn as they come. Lengths are points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from reportlab.pdfgen.canvas import Canvas

from occurrences import label_pdf, lettering
from occurrences.label_design import PAPERS
from occurrences.label_text import Run
from occurrences.line_breaking import Piece, Row, broken

MM: Final = 72 / 25.4
MARGIN = 15 * MM
FOOT = 12 * MM  # kept free above the lower margin for the number of the page
GAP = 2 * MM  # between columns
LEADING = 1.25
SIZE = 9.0
SMALL = 7.5
TICK = 2.8 * MM
QR = 22 * MM
REPLACED = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that the font lacks

Cell = Sequence[Run]


@dataclass(frozen=True)
class Letter:
    """What stands above the list. columns: (heading, share of the width), after number and box."""

    title: str
    sender: Sequence[str]
    recipient: Sequence[str]
    facts: Sequence[tuple[str, str]]
    message: str
    number: int  # of sheets in the parcel, on the list or not
    address: str  # of the offer's page, for the QR code
    reference: str  # at the foot of every page
    columns: Sequence[tuple[str, float]]


def write(
    letter: Letter, rows: Iterable[Sequence[Cell]], paper: str, stream: IO[bytes]
) -> tuple[int, int]:
    """Write the letter and its list as PDF; return (rows, rows with letters the font lacks)."""
    lettering.set_up()
    width, height = (length * MM for length in PAPERS[paper])
    sheet = _Sheet(Canvas(stream, pagesize=(width, height), pageCompression=1), width, height)
    sheet.canvas.setTitle(letter.title)
    sheet.reference = letter.reference
    _write_letter(sheet, letter)
    sheet.begin_list(letter.columns)
    number = lacking = 0
    for number, row in enumerate(rows, 1):
        lacking += sheet.add_row(number, row)
    sheet.end(_closing(number, letter.number - number, lacking))
    return number, lacking


def _write_letter(sheet: _Sheet, letter: Letter) -> None:
    half = (sheet.width - 2 * MARGIN - QR - 2 * GAP) / 2
    sheet.lines([letter.title], 1.6 * SIZE, "b")
    sheet.down(2 * MM)
    top = sheet.y
    label_pdf.draw_qr(
        sheet.canvas, letter.address, sheet.width - MARGIN - QR, sheet.height - top - QR, QR, QR
    )
    lows = [top + QR]
    for place, (heading, said) in enumerate(
        ((_("From"), letter.sender), (_("To"), letter.recipient))
    ):
        sheet.y = top
        left = MARGIN + place * (half + GAP)
        sheet.lines([heading], SMALL, "b", left, half)
        sheet.lines(said, SIZE, "", left, half)
        lows.append(sheet.y)
    sheet.y = max(lows)
    sheet.down(3 * MM)
    for name, value in letter.facts:
        sheet.pair(name, value)
    if letter.message:
        sheet.down(2 * MM)
        sheet.lines(letter.message.splitlines(), SIZE)
    sheet.down(9 * MM)
    sheet.signatures((_("Sent by, date"), _("Received by, date")))
    sheet.down(5 * MM)


def _closing(rows: int, unlisted: int, lacking: int) -> list[str]:
    told = ngettext("One sheet on this list.", "%(number)s sheets on this list.", rows)
    said = [told % {"number": f"{rows:,}"}]
    if unlisted > 0:
        told = ngettext(
            "One more record is in the parcel, not listed here.",
            "%(number)s more records are in the parcel, not listed here.",
            unlisted,
        )
        said.append(told % {"number": f"{unlisted:,}"})
    if lacking:
        told = ngettext(
            "In one line %(sign)s stands for letters that the font lacks; the CSV file has them.",
            "In %(number)s lines %(sign)s stands for letters that the font lacks; the CSV file "
            "has them.",
            lacking,
        )
        said.append(told % {"number": f"{lacking:,}", "sign": REPLACED})
    return said


class _Sheet:
    """Where the pen stands: `y` from the top of the page, new pages as they are needed."""

    def __init__(self, canvas: Canvas, width: float, height: float) -> None:
        self.canvas, self.width, self.height = canvas, width, height
        self.y = MARGIN
        self.page = 1
        self.reference = ""
        self.columns: list[tuple[str, float, float]] = []  # heading, left, width
        self.begun_list = False

    def down(self, by: float) -> None:
        self.y += by

    def room(self, needed: float) -> None:
        """Go on to a new page where so much doesn't fit on this one."""
        if self.y + needed > self.height - MARGIN - FOOT:
            self.turn()

    def turn(self) -> None:
        """End the page; a list that goes on has its headings again."""
        self._foot()
        self.canvas.showPage()
        self.page += 1
        self.y = MARGIN
        if self.begun_list:
            self._headings()

    def end(self, closing: Sequence[str]) -> None:
        """Write what stands below the list, and close the document."""
        self.begun_list = False
        self.room(len(closing) * SIZE * LEADING + 2 * MM)
        self.down(2 * MM)
        self.lines(closing, SIZE)
        self._foot()
        self.canvas.showPage()
        self.canvas.save()

    def lines(
        self,
        said: Iterable[str],
        size: float,
        face: str = "",
        left: float = MARGIN,
        room: float = 0.0,
    ) -> None:
        """Write paragraphs below each other, as wide as the page where `room` says nothing."""
        for text in said:
            for row in _broken([Run(text, face)], room or self.width - MARGIN - left, size)[0]:
                self.room(size * LEADING)
                lettering.draw(self.canvas, [_row(row, 0.0, size)], left, self.height - self.y)
                self.down(size * LEADING)

    def pair(self, name: str, value: str) -> None:
        """Write a name and beside it its value."""
        self.room(SIZE * LEADING)
        top, place = self.y, self.page
        self.lines([name], SIZE, "b", MARGIN, 38 * MM)
        low = self.y if self.page == place else 0.0
        self.y = top if self.page == place else self.y
        self.lines(value.splitlines() or [""], SIZE, "", MARGIN + 40 * MM)
        self.y = max(self.y, low) if self.page == place else self.y

    def signatures(self, said: Sequence[str]) -> None:
        """Draw lines to sign on."""
        self.room(12 * MM)
        wide = (self.width - 2 * MARGIN - 10 * MM) / len(said)
        self.canvas.setLineWidth(0.4)
        for place, text in enumerate(said):
            left, base = MARGIN + place * (wide + 10 * MM), self.height - self.y
            self.canvas.line(left, base, left + wide, base)
            lettering.draw(self.canvas, [_row([(text, "")], 1.3 * SMALL, SMALL)], left, base)
        self.down(2 * SMALL)

    def begin_list(self, columns: Sequence[tuple[str, float]]) -> None:
        """Write the headings of the list: number, box, and these."""
        left = MARGIN + 17 * MM
        whole = self.width - MARGIN - left - GAP * (len(columns) - 1)
        for heading, share in columns:
            self.columns.append((heading, left, whole * share))
            left += whole * share + GAP
        self.room(20 * MM)
        self.begun_list = True
        self._headings()

    def add_row(self, number: int, row: Sequence[Cell]) -> bool:
        """Write a row, on one page where it fits; tell whether letters were replaced in it."""
        cells = [
            _broken(cell, width, SMALL)
            for cell, (_heading, _left, width) in zip(row, self.columns, strict=True)
        ]
        lines = max(1, *(len(rows) for rows, _lacking in cells))
        self.room(min(lines * SMALL * LEADING + 1 * MM, self.height / 2))
        self._begin_row(f"{number:,}")
        for at in range(lines):
            self.room(SMALL * LEADING)
            top = self.height - self.y
            for (rows, _lacking), (_heading, left, _width) in zip(cells, self.columns, strict=True):
                if at < len(rows):
                    lettering.draw(self.canvas, [_row(rows[at], 0.0, SMALL)], left, top)
            self.down(SMALL * LEADING)
        base = self.height - self.y - 0.4 * MM
        self.canvas.line(MARGIN, base, self.width - MARGIN, base)
        self.down(1 * MM)
        return any(lacking for _rows, lacking in cells)

    def _begin_row(self, number: str) -> None:
        """Write the number of a row, and the box to tick."""
        top = self.height - self.y
        self.canvas.rect(MARGIN + 12 * MM, top - TICK, TICK, TICK)
        x = 10 * MM - lettering.measure(number, "", SMALL)
        lettering.draw(self.canvas, [_row([(number, "")], 0.0, SMALL, x)], MARGIN, top)

    def _headings(self) -> None:
        self.canvas.setLineWidth(0.25)
        self.canvas.setStrokeGray(0.6)
        top = self.y
        for heading, left, width in self.columns:
            self.y = top
            self.lines([heading], SMALL, "b", left, width)
        self.down(1 * MM)

    def _foot(self) -> None:
        page = _("page %(number)s") % {"number": f"{self.page:,}"}
        base = MARGIN
        row = _row([(f"{self.reference} · {page}", "")], 0.0, SMALL)
        lettering.draw(self.canvas, [row], MARGIN, base)


def _broken(runs: Sequence[Run], room: float, size: float) -> tuple[list[list[Stretch]], bool]:
    """Return the text in rows, letters that the font lacks replaced, and whether there are any."""
    lacking = False
    sound = []
    for run in runs:
        unknown = lettering.lacking(run.text, run.face)
        lacking = lacking or bool(unknown)
        text = "".join(REPLACED if letter in unknown else letter for letter in run.text)
        sound.append(Run(text if unknown else run.text, run.face))
    return [row for row, _width in broken(sound, room, size, lettering.measure)], lacking


Stretch = tuple[str, str]  # text, face


def _row(stretches: Sequence[Stretch], down: float, size: float, x: float = 0.0) -> Row:
    pieces = []
    for text, face in stretches:
        pieces.append(Piece(x, text, face))
        x += lettering.measure(text, face, size)
    return Row(down + 0.95 * size, size, pieces)
