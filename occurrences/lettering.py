"""Letters in a PDF: their fonts embedded, how wide a text is, and which letters can't be set.

Open Sans holds Latin, Cyrillic and Greek. The signs of the sexes, which it lacks, are drawn here;
some letters that it lacks look like one it has. Of all others `lacking` tells before anything is
printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import Final

import ttf_opensans
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from occurrences.line_breaking import Piece, Row

_FILES: Final = {
    "": ttf_opensans.OPENSANS_REGULAR,
    "b": ttf_opensans.OPENSANS_BOLD,
    "i": ttf_opensans.OPENSANS_ITALIC,
    "bi": ttf_opensans.OPENSANS_BOLDITALIC,
}
FONTS: Final = {face: f"OpenSans-{face or 'r'}" for face in _FILES}
# Letters of place names and typographers that look like another: drawn as it, read as themselves.
ALIKE: Final = {
    "ʻ": "‘",  # the okina of Hawaiian: Oʻahu
    "ʿ": "‘",
    "ʾ": "’",
    "ǀ": "|",  # clicks of southern Africa: ǀAi-ǀAis
    "ǃ": "!",
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{NARROW NO-BREAK SPACE}": "\N{THIN SPACE}",
    "\N{GREEK LUNATE EPSILON SYMBOL}": "ε",
    "\N{GREEK PHI SYMBOL}": "φ",
}
DRAWN = "♂♀"
DRAWN_WIDTH = 0.62  # of the size
_fonts = Lock()


def set_up() -> None:
    """Make the fonts known; to be called before anything is measured or drawn."""
    with _fonts:
        if FONTS[""] not in pdfmetrics.getRegisteredFontNames():
            for face, name in FONTS.items():
                font = TTFont(name, str(_FILES[face].path))
                for sign in DRAWN:  # a blank that reads as the sign; its picture is drawn over it
                    font.face.charToGlyph[ord(sign)] = font.face.charToGlyph[ord(" ")]
                    font.face.charWidths[ord(sign)] = DRAWN_WIDTH * 1000
                for letter, other in ALIKE.items():
                    font.face.charToGlyph[ord(letter)] = font.face.charToGlyph[ord(other)]
                    font.face.charWidths[ord(letter)] = font.face.charWidths[ord(other)]
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


def lacking(text: str, face: str = "") -> set[str]:
    """Return the letters of a text that can't be set in this face."""
    return {letter for letter in set(text) - _widths(face).keys() if not letter.isspace()}


def draw(canvas: Canvas, rows: Iterable[Row], x: float, top: float) -> None:
    """Draw rows of text below `top`, as far to the right and below as they say."""
    signs = []
    text = canvas.beginText()
    for row in rows:
        for piece in row.pieces:
            text.setTextOrigin(x + piece.x, top - row.y)
            text.setFont(FONTS[piece.face], row.size)
            text.textOut(piece.text)
            if any(sign in piece.text for sign in DRAWN):
                signs.append((x + piece.x, top - row.y, row.size, piece))
    canvas.drawText(text)
    for left, base, size, piece in signs:
        _draw_signs(canvas, left, base, size, piece)


def _draw_signs(canvas: Canvas, left: float, base: float, size: float, piece: Piece) -> None:
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
