"""Where everything stands on a label, measured before it is drawn: nothing is ever cut off.

Lengths are points from the upper left. A label that doesn't fit is told as a `Problem`, with the
field that takes the most room; it is printed in smaller letters where that is wished, else higher
than the others, and left out when even a page or a packet can't hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from occurrences import label_logo
from occurrences.label_design import PAPERS, Design
from occurrences.label_text import Line, Run, Text
from occurrences.line_breaking import Measure, Piece, Row, broken

MM: Final = 72 / 25.4
MARGIN = 10 * MM
GUTTER = {"pin": 1.5 * MM}
PADDING = {"pin": 0.6 * MM}
LEADING = 1.22
SMALLEST = 0.7  # letters become no smaller than this share of the design's size
STEP = 0.05
PACKET_SIDE = 38 * MM  # folded back at both sides of a packet
BARCODE_HEIGHT = 8 * MM

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Problem:
    """A label that isn't printed as it was laid out.

    how: shrunk, higher, left out; letters (the font lacks them), code (no scanner reads it).
    """

    guid: str
    title: str
    field: str
    how: str
    needs: float = 0.0  # millimetres
    has: float = 0.0
    percent: int = 100
    letters: str = ""


@dataclass(slots=True)
class Placed:
    """One label laid out. code, logo: (x, y, width, height) of its barcode or QR code and of its
    project mark, y from the top.
    """

    text: Text
    width: float
    height: float
    rows: list[Row] = field(default_factory=list)
    code: Box | None = None
    logo: Box | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """The room of one label on the sheet, and how they follow each other. height 0: any."""

    width: float
    height: float
    columns: int
    gutter: float
    padding: float
    page: tuple[float, float]


def cell_of(design: Design) -> Cell:
    """Return the room that a design gives a label."""
    page_width, page_height = (length * MM for length in PAPERS[design.paper])
    gutter = GUTTER.get(design.form, 4 * MM)
    padding = PADDING.get(design.form, 2.5 * MM)
    inner = page_width - 2 * MARGIN
    if design.form == "packet":
        width = page_width - 2 * PACKET_SIDE
        return Cell(width, page_height / 3, 1, 0.0, 4 * MM, (page_width, page_height))
    if design.form == "pin":
        width = min(design.width * MM, inner)
        columns = int((inner + gutter) // (width + gutter))
    else:
        columns = int(design.form)
        width = (inner - (columns - 1) * gutter) / columns
    height = min(design.height * MM, page_height - 2 * MARGIN)
    return Cell(width, height, columns, gutter, padding, (page_width, page_height))


def fit(
    text: Text, design: Design, cell: Cell, measure: Measure
) -> tuple[Placed | None, Problem | None]:
    """Lay one label out; return it with what had to give way. None: it can't be printed at all."""
    most = cell.height or cell.page[1] - 2 * MARGIN
    placed, heights = _lay(text, design, cell, measure, 1.0)
    if placed.height <= most + 0.01:
        return placed, None
    longest = max(heights, key=lambda name: heights[name])
    told: dict[str, Any] = {
        "guid": text.guid,
        "title": text.title,
        "field": longest,
        "needs": round(placed.height / MM, 1),
        "has": round(most / MM, 1),
    }
    share = 1.0
    while design.shrink and share - STEP >= SMALLEST - 0.001:
        share -= STEP
        smaller, _heights = _lay(text, design, cell, measure, share)
        if smaller.height <= most + 0.01:
            return smaller, Problem(how="shrunk", percent=round(share * 100), **told)
    if design.form == "packet" or placed.height > cell.page[1] - 2 * MARGIN:
        return None, Problem(how="left out", **told)
    return placed, Problem(how="higher", **told)


def pages(
    labels: Iterable[Placed], design: Design, cell: Cell
) -> Iterator[list[tuple[float, float, Placed]]]:
    """Yield pages of (x, y from the top, label): row by row, a row as high as its highest label."""
    if design.form == "packet":
        for placed in labels:
            yield [(PACKET_SIDE, cell.page[1] / 3, placed)]
        return
    page: list[tuple[float, float, Placed]] = []
    top = MARGIN
    for row in _rows_of(labels, cell.columns):
        height = max([cell.height, *(placed.height for placed in row)])
        if page and top + height > cell.page[1] - MARGIN + 0.01:
            yield page
            page, top = [], MARGIN
        for number, placed in enumerate(row):
            placed.height = height if design.border else placed.height
            page.append((MARGIN + number * (cell.width + cell.gutter), top, placed))
        top += height + cell.gutter
    if page:
        yield page


def _rows_of(labels: Iterable[Placed], columns: int) -> Iterator[list[Placed]]:
    row: list[Placed] = []
    for placed in labels:
        row.append(placed)
        if len(row) == columns:
            yield row
            row = []
    if row:
        yield row


# --- one label ----------------------------------------------------------------------------------


class _Sheet:
    """Rows as they come to stand under each other, and how high each field has become."""

    def __init__(self, width: float, padding: float, measure: Measure) -> None:
        self.width, self.padding, self.measure = width, padding, measure
        self.top = padding
        self.rows: list[Row] = []
        self.heights: dict[str, float] = {}

    def add(self, line: Line, size: float, narrower: float = 0.0, indent: float = 0.0) -> None:
        """Break a line into rows and put them below what stands there."""
        room = self.width - 2 * self.padding - narrower - indent
        before = self.top
        for words, width in broken(line.runs, room, size, self.measure):
            space = {"left": 0.0, "center": (room - width) / 2, "right": room - width}[line.align]
            pieces, x = [], self.padding + indent + space
            for text, face in words:
                pieces.append(Piece(x, text, face))
                x += self.measure(text, face, size)
            self.top += size * LEADING
            self.rows.append(Row(self.top - size * (LEADING - 0.95), size, pieces))
        self.heights[line.field] = self.heights.get(line.field, 0.0) + self.top - before


def _lay(
    text: Text, design: Design, cell: Cell, measure: Measure, share: float
) -> tuple[Placed, dict[str, float]]:
    """Lay a label out in letters of this share of the size; return it and the fields' heights."""
    size = design.size * share
    sheet = _Sheet(cell.width, cell.padding, measure)
    logo = _logo(design, cell)
    if text.heading:
        beside = logo[2] + 1.5 * MM if logo else 0.0
        line = Line((Run(text.heading, "b"),), "center", 1.1, "heading")
        sheet.add(line, size * 1.1, indent=beside)
        sheet.top += size * 0.35
    if logo:
        sheet.top = max(sheet.top, cell.padding + logo[3] + size * 0.35)
    square = _qr_side(cell) if design.code == "qr" and text.code else 0.0
    body = sheet.top
    for line in text.lines:
        sheet.add(line, size * line.size, square + 2.5 * MM if square else 0.0)
    if text.mark:
        sheet.add(Line((Run(text.mark, "bi"),), "left", 1.0, "mark"), size * 0.85)
    sheet.top = max(sheet.top, body + square)
    foot = _Sheet(cell.width, cell.padding, measure)
    foot.top = 0.0
    code = _code(text, design, cell, foot, size, square)
    if design.footer:
        foot.add(Line((Run(design.footer, ""),), "center", 1.0, "footer"), size * 0.85)
    height = max(cell.height, sheet.top + foot.top + cell.padding)
    sink = height - cell.padding - foot.top
    rows = sheet.rows + [row._replace(y=row.y + sink) for row in foot.rows]
    placed = Placed(text, cell.width, height, rows, logo=logo)
    if code:
        x, y, width, high = code
        placed.code = (x, body if square else y + sink, width, high)
    return placed, sheet.heights | foot.heights


def _logo(design: Design, cell: Cell) -> Box | None:
    """Return where the project mark stands: at the upper left, beside the heading."""
    if not design.logo:
        return None
    inner = cell.width - 2 * cell.padding
    high = min(12 * MM, cell.width * 0.16)
    wide = high * label_logo.ratio(design.logo)
    share = min(1.0, inner * 0.4 / wide)
    return cell.padding, cell.padding, wide * share, high * share


def _qr_side(cell: Cell) -> float:
    return min(16 * MM, cell.width * 0.3)


def _code(
    text: Text, design: Design, cell: Cell, foot: _Sheet, size: float, square: float
) -> Box | None:
    """Keep room for the code; under a barcode stands what it says."""
    if not text.code or not design.code:
        return None
    if square:
        return cell.width - cell.padding - square, 0.0, square, square
    room = cell.width - 2 * cell.padding
    width, high = min(room, 100 * MM), min(BARCODE_HEIGHT, cell.width * 0.2)
    foot.top += high + 1
    foot.add(Line((Run(text.code, ""),), "center", 1.0, "code"), size * 0.8)
    return cell.padding + (room - width) / 2, 0.0, width, high
