"""Labels as PDF, with the letters embedded; and a page of a PDF as a picture.

Open Sans holds Latin, Cyrillic and Greek. The signs of the sexes, which it lacks, are drawn here;
what can't be set otherwise is told, never left blank without a word.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from threading import Lock
from typing import IO, Any, Final

import pypdfium2
import ttf_opensans
from PIL import ImageOps
from reportlab.graphics.barcode import code128, qrencoder
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from occurrences import label_layout as layout
from occurrences.label_design import Design
from occurrences.label_layout import MM, Placed, Problem, Row
from occurrences.label_text import Text

_FILES: Final = {
    "": ttf_opensans.OPENSANS_REGULAR,
    "b": ttf_opensans.OPENSANS_BOLD,
    "i": ttf_opensans.OPENSANS_ITALIC,
    "bi": ttf_opensans.OPENSANS_BOLDITALIC,
}
FONTS: Final = {face: f"OpenSans-{face or 'r'}" for face in _FILES}
MASK = 2  # of QR codes: any of the eight is valid, and trying them all is slow
DRAWN = "♂♀"
DRAWN_WIDTH = 0.62  # of the size
EDGE = 16  # pixels left around a cropped picture
_fonts = Lock()
_pictures = Lock()  # pdfium works for one thread at a time


def write(
    texts: Iterable[Text],
    design: Design,
    stream: IO[bytes],
    told: Callable[[int], None] | None = None,
) -> tuple[int, list[Problem]]:
    """Write the labels of `texts`, each as often as it says, as PDF into `stream`.

    Returns how many labels are in it, and what doesn't fit. told: called with the number of labels
    after each page.
    """
    _set_up()
    cell = layout.cell_of(design)
    canvas = Canvas(stream, pagesize=cell.page, pageCompression=1)
    canvas.setTitle("Labels")
    problems: list[Problem] = []
    labels = 0
    for page in layout.pages(_placed(texts, design, cell, problems), design, cell):
        _draw_page(canvas, page, design, cell)
        labels += len(page)
        if told:
            told(labels)
    if not labels:
        canvas.showPage()
    canvas.save()
    return labels, problems


def check(texts: Iterable[Text], design: Design) -> list[Problem]:
    """Return what doesn't fit, without drawing anything."""
    _set_up()
    problems: list[Problem] = []
    for _each in _placed(texts, design, layout.cell_of(design), problems):
        pass
    return problems


def picture(pdf: bytes, number: int = 0, width: int = 900, *, cropped: bool = False) -> bytes:
    """Return a page of a PDF as PNG, `width` pixels wide; cropped: without the blank around."""
    with _pictures:
        document = pypdfium2.PdfDocument(pdf)
        page = document[number]
        image = page.render(scale=width / page.get_width()).to_pil()
        page.close()
        document.close()
    box = ImageOps.invert(image.convert("L")).getbbox() if cropped else None
    if box:
        left, top, right, bottom = box
        image = image.crop((max(0, left - EDGE), max(0, top - EDGE), right + EDGE, bottom + EDGE))
    stream = io.BytesIO()
    image.convert("L").quantize(16).save(stream, "PNG")
    return stream.getvalue()


# --- letters ------------------------------------------------------------------------------------


def _set_up() -> None:
    with _fonts:
        if FONTS[""] not in pdfmetrics.getRegisteredFontNames():
            for face, name in FONTS.items():
                font = TTFont(name, str(_FILES[face].path))
                for sign in DRAWN:  # a blank that reads as the sign; its picture is drawn over it
                    font.face.charToGlyph[ord(sign)] = font.face.charToGlyph[ord(" ")]
                    font.face.charWidths[ord(sign)] = DRAWN_WIDTH * 1000
                pdfmetrics.registerFont(font)


@cache
def _widths(face: str) -> dict[str, float]:
    """Return {letter: share of the size}; those that are drawn are among them."""
    known = pdfmetrics.getFont(FONTS[face]).face
    return {chr(code): width / 1000 for code, width in known.charWidths.items()}


def measure(text: str, face: str, size: float) -> float:
    """Return how wide a text is, in points."""
    widths = _widths(face)
    return size * sum([widths.get(letter, DRAWN_WIDTH) for letter in text])


def missing(text: Text) -> str:
    """Return the letters of a label that can't be set."""
    known = _widths("")
    said = [text.heading, *(run.text for line in text.lines for run in line.runs)]
    return "".join(sorted({c for part in said for c in part if c not in known and not c.isspace()}))


def _placed(
    texts: Iterable[Text], design: Design, cell: layout.Cell, problems: list[Problem]
) -> Iterator[Placed]:
    for text in texts:
        placed, problem = layout.fit(text, design, cell, measure)
        if problem:
            problems.append(problem)
        if letters := missing(text):
            problems.append(Problem(text.guid, text.title, "", "letters", letters=letters))
        if placed:
            for _copy in range(text.copies):
                yield Placed(text, placed.width, placed.height, placed.rows, placed.code)


# --- drawing ------------------------------------------------------------------------------------


def _draw_page(
    canvas: Canvas, page: list[tuple[float, float, Placed]], design: Design, cell: layout.Cell
) -> None:
    canvas.setStrokeGray(0.65)
    canvas.setLineWidth(0.25)
    if design.form == "packet":
        _draw_folds(canvas, cell)
    for x, y, placed in page:
        top = cell.page[1] - y
        if design.border:
            canvas.rect(x, top - placed.height, placed.width, placed.height)
        _draw_rows(canvas, placed.rows, x, top)
        if placed.code:
            left, down, width, height = placed.code
            draw = _draw_qr if design.code == "qr" else _draw_barcode
            draw(canvas, placed.text.code, x + left, top - down - height, width, height)
    canvas.showPage()


def _draw_folds(canvas: Canvas, cell: layout.Cell) -> None:
    width, height = cell.page
    canvas.setDash(2, 4)
    for y in (height / 3, 2 * height / 3):
        canvas.line(0, y, width, y)
    for x in (layout.PACKET_SIDE, width - layout.PACKET_SIDE):
        canvas.line(x, 0, x, height)
    canvas.setDash()


def _draw_rows(canvas: Canvas, rows: list[Row], x: float, top: float) -> None:
    signs = []
    text = canvas.beginText()
    for row in rows:
        text.setTextOrigin(x, top - row.y)
        for piece in row.pieces:
            text.setTextOrigin(x + piece.x, top - row.y)
            text.setFont(FONTS[piece.face], row.size)
            text.textOut(piece.text)
            if any(sign in piece.text for sign in DRAWN):
                signs.append((x + piece.x, top - row.y, row.size, piece))
    canvas.drawText(text)
    for left, base, size, piece in signs:
        _draw_signs(canvas, left, base, size, piece)


def _draw_signs(canvas: Canvas, left: float, base: float, size: float, piece: Any) -> None:
    canvas.saveState()
    canvas.setStrokeGray(0)
    canvas.setLineWidth(size * 0.06)
    for number, letter in enumerate(piece.text):
        if letter in DRAWN:
            x = left + measure(piece.text[:number], piece.face, size) + size * 0.26
            _draw_sign(canvas, letter, x, base + size * 0.3, size * 0.17)
    canvas.restoreState()


def _draw_sign(canvas: Canvas, sign: str, x: float, y: float, radius: float) -> None:
    if sign == "♀":
        y += radius
        canvas.circle(x, y, radius)
        canvas.line(x, y - radius, x, y - radius * 2.9)
        canvas.line(x - radius * 0.7, y - radius * 2, x + radius * 0.7, y - radius * 2)
    else:
        y -= radius * 0.5
        near, far = radius * 0.71, radius * 1.9
        canvas.circle(x, y, radius)
        canvas.line(x + near, y + near, x + far, y + far)
        canvas.line(x + far - radius * 0.9, y + far, x + far, y + far)
        canvas.line(x + far, y + far - radius * 0.9, x + far, y + far)


def _draw_barcode(
    canvas: Canvas, said: str, x: float, y: float, width: float, height: float
) -> None:
    """Draw Code 128 as wide as there is room, its bars no wider than a third of a millimetre."""
    if not said.isascii():
        return
    bars = code128.Code128(said, barHeight=height, barWidth=1, humanReadable=False, quiet=0)
    narrow = min(width / bars.width, MM / 3)
    bars = code128.Code128(said, barHeight=height, barWidth=narrow, humanReadable=False, quiet=0)
    canvas.setFillGray(0)
    bars.drawOn(canvas, x + (width - bars.width) / 2, y)


def _draw_qr(canvas: Canvas, said: str, x: float, y: float, width: float, height: float) -> None:
    squares = modules(said)
    side = width / len(squares)
    path = canvas.beginPath()
    for row, dark in enumerate(squares):
        start = 0
        while start < len(dark):
            end = start
            while end < len(dark) and dark[end] == dark[start]:
                end += 1
            if dark[start]:
                down = y + height - (row + 1) * side
                path.rect(x + start * side, down, (end - start) * side, side)
            start = end
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)


@cache
def _level() -> Any:
    return qrencoder.QRErrorCorrectLevel.M


def modules(said: str) -> list[list[bool]]:
    """Return the squares of the QR code that says this, row by row."""
    code = qrencoder.QRCode(None, _level())
    code.addData(qrencoder.QR8bitByte(said.encode()))
    code.version = code.calculate_version()
    code.makeImpl(False, MASK)
    return [[bool(module) for module in row] for row in code.modules]
