"""Labels as PDF, with the letters embedded; and a page of a PDF as a picture.

What can't be set is told, never left blank without a word.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from threading import Lock
from typing import IO, Any

import pypdfium2
from PIL import ImageOps
from reportlab.graphics.barcode import code128, qrencoder
from reportlab.pdfgen.canvas import Canvas

from occurrences import label_layout as layout
from occurrences import label_logo, lettering
from occurrences.label_design import Design
from occurrences.label_layout import MM, Placed, Problem
from occurrences.label_text import Text

MASK = 2  # of QR codes: any of the eight is valid, and trying them all is slow
NARROWEST = 0.17 * MM  # a bar or square that scanners read from paper
COLOURS = 32  # of a picture: letters, and a project mark
EDGE = 16  # pixels left around a cropped picture
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
    lettering.set_up()
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
        wide, high = min(right + EDGE, image.width), min(bottom + EDGE, image.height)
        image = image.crop((max(0, left - EDGE), max(0, top - EDGE), wide, high))
    stream = io.BytesIO()
    image.convert("RGB").quantize(COLOURS).save(stream, "PNG")
    return stream.getvalue()


def _placed(
    texts: Iterable[Text], design: Design, cell: layout.Cell, problems: list[Problem]
) -> Iterator[Placed]:
    for text in texts:
        placed, problem = layout.fit(text, design, cell, lettering.measure)
        if problem:
            problems.append(problem)
        if placed:
            problems += _not_set(placed, design)
            for _copy in range(text.copies):
                yield replace(placed)


def _not_set(placed: Placed, design: Design) -> Iterator[Problem]:
    """Yield what of a label can't be set, though there is room for it: letters, and its code."""
    text = placed.text
    pieces = (piece for row in placed.rows for piece in row.pieces)
    if letters := {c for piece in pieces for c in lettering.lacking(piece.text, piece.face)}:
        yield Problem(text.guid, text.title, "", "letters", letters="".join(sorted(letters)))
    if placed.code and design.code and not _is_readable(text.code, placed.code[2], design.code):
        yield Problem(text.guid, text.title, "code", "code")


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
        lettering.draw(canvas, placed.rows, x, top)
        if placed.logo:
            left, down, width, height = placed.logo
            mark = label_logo.reader(design.logo)
            canvas.drawImage(mark, x + left, top - down - height, width, height)
        if placed.code:
            left, down, width, height = placed.code
            draw = draw_qr if design.code == "qr" else _draw_barcode
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


def _is_readable(said: str, width: float, code: str) -> bool:
    """Tell whether a code of this width can be drawn, and be read from paper."""
    if code == "qr":
        return width / (4 * _qr(said).version + 17) >= NARROWEST
    return said.isascii() and width / _bars(said, 1, 1).width >= NARROWEST


def _bars(said: str, height: float, narrow: float) -> Any:
    return code128.Code128(said, barHeight=height, barWidth=narrow, humanReadable=False, quiet=0)


def _draw_barcode(
    canvas: Canvas, said: str, x: float, y: float, width: float, height: float
) -> None:
    """Draw Code 128 as wide as there is room, its bars no wider than a third of a millimetre."""
    if not said.isascii():
        return
    narrow = min(width / _bars(said, height, 1).width, MM / 3)
    bars = _bars(said, height, narrow)
    canvas.setFillGray(0)
    bars.drawOn(canvas, x + (width - bars.width) / 2, y)


def draw_qr(canvas: Canvas, said: str, x: float, y: float, width: float, height: float) -> None:
    """Draw the QR code that says this, its lower left at (x, y)."""
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


def _qr(said: str) -> Any:
    code = qrencoder.QRCode(None, _level())
    code.addData(qrencoder.QR8bitByte(said.encode()))
    code.version = code.calculate_version()
    return code


def modules(said: str) -> list[list[bool]]:
    """Return the squares of the QR code that says this, row by row."""
    code = _qr(said)
    code.makeImpl(False, MASK)
    return [[bool(module) for module in row] for row in code.modules]
