"""The project mark of a layout: a small picture that stands in the layout itself, as text.

So a layout that is copied, kept or handed on needs no file beside it, and nobody reaches a picture
by guessing where it lies.
"""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import IO, Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image
from reportlab.lib.utils import ImageReader

from journal.jobs import Refused
from occurrences import picturing

MOST_BYTES: Final = 5 * 1024**2  # of the file that is uploaded
SIDES: Final = (360, 240, 160, 100)  # pixels: the largest that is kept, and what follows it
COLOURS: Final = 64
_HEADER: Final = b"\x89PNG\r\n\x1a\n"


def read(file: IO[bytes], most: int) -> str:
    """Return an uploaded picture as text of at most `most` letters. Raises Refused, in words."""
    if file.seek(0, io.SEEK_END) > MOST_BYTES:
        told = _("A project mark has at most %(most)s. Save it smaller.")
        raise Refused(told % {"most": filesizeformat(MOST_BYTES)})
    if not picturing.look(file).is_quick:
        raise Refused(_("It has too many pixels for a project mark. Save it smaller."))
    picture = Image.open(io.BytesIO(picturing.make(file).thumbnail))
    for side in SIDES:
        picture.thumbnail((side, side))
        made = io.BytesIO()
        picture.convert("RGB").quantize(COLOURS).save(made, "PNG", optimize=True)
        text = b64encode(made.getvalue()).decode()
        if len(text) <= most:
            return text
    raise Refused(_("It has too many details for a project mark. Draw it simpler."))


def is_one(text: str) -> bool:
    """Tell whether a text is what `read` returns."""
    try:
        return b64decode(text[:12], validate=True).startswith(_HEADER)
    except ValueError:
        return False


def ratio(text: str) -> float:
    """Return how much wider than high a mark is."""
    head = b64decode(text[:32])
    width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
    return width / max(1, height)


@lru_cache(maxsize=4)
def reader(text: str) -> Any:
    """Return the mark as reportlab draws it."""
    return ImageReader(io.BytesIO(b64decode(text)))
