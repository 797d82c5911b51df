"""What an uploaded picture is, and what is made of it to show: nothing else reads image files.

A file is known by its content, never by its name, and its size is known before anything of it is
decoded. What is shown is always encoded anew, so neither the place in a camera's notes (EXIF) nor
anything else that travels in a file reaches a reader.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final, cast

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from journal.jobs import Refused

MOST_PIXELS: Final = 100_000_000
MOST_FRAMES: Final = 20  # of a TIFF with pages, a telephone's picture with its depths
MOST_BYTES: Final = 100 * 1024**2
QUICK_PIXELS: Final = 16_000_000  # more than these take longer than somebody waits
WEB_SIDE: Final = 2560  # pixels of the longer side: a label's handwriting can be read
THUMBNAIL_SIDE: Final = 360
MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what telephones call a JPEG with further pictures in it
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}
_READ: Final = ("JPEG", "PNG", "WEBP", "TIFF")
ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/tiff": ".tif",
}
SHOWN_AS: Final = "image/webp"
# The beginnings of what a browser or a server might run; looked for where such things hide.
_ACTIVE = re.compile(rb"<script|<html|<!doctype|<iframe|<\?php|<svg[\s>]|javascript:", re.I)
_EDGE: Final = 64 * 1024
_BY_16_BITS: Final = "I;16"

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """What is known of a picture before it is decoded: its type, pixels as one looks at it."""

    media_type: str
    width: int
    height: int

    @property
    def is_quick(self) -> bool:
        """Whether somebody may wait while it is made ready."""
        return self.width * self.height <= QUICK_PIXELS


@dataclass(frozen=True)
class Shown:
    """What is made of a picture to show, as files of type SHOWN_AS."""

    web: bytes
    thumbnail: bytes


def look(file: IO[bytes]) -> Picture:
    """Say what a file is, reading no more than its head. Raises Refused, in words for its owner."""
    size = file.seek(0, io.SEEK_END)
    if size > MOST_BYTES:
        told = _("It has %(size)s; up to %(most)s can be uploaded. Save it smaller, as a JPEG.")
        sizes = {"size": filesizeformat(size), "most": filesizeformat(MOST_BYTES)}
        raise Refused(told % sizes)
    if not size:
        raise Refused(_("The file is empty."))
    _refuse_disguised(file, size)
    with _opened(file) as image:
        _refuse_large(image)
        lies = _turn(image) in _QUARTERS
        width, height = image.size[::-1] if lies else image.size
        return Picture(MEDIA_TYPES[str(image.format)], width, height)


def make(file: IO[bytes]) -> Shown:
    """Decode a picture and return it upright in the sizes to show. Raises Refused as `look`."""
    with _opened(file) as image:
        _refuse_large(image)
        turn = _turn(image)
        image.draft("RGB", (WEB_SIDE, WEB_SIDE))  # a JPEG is decoded no larger than it's needed
        web = _checked(lambda: _plain(_fitted(image, WEB_SIDE)))
    web = web.transpose(turn) if turn is not None else web
    return Shown(_encoded(web), _encoded(_fitted(web, THUMBNAIL_SIDE)))


_ORIENTATION: Final = 0x0112  # the EXIF tag that says how a camera was held
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTERS: Final = {_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]}


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return how the picture has to be turned to stand upright; Pillow turns a TIFF itself."""
    noted = image.info.get("exif")
    if image.format == "TIFF" or not noted:
        return None
    exif = Image.Exif()
    try:
        exif.load(noted)
        return _TURNS.get(exif.get(_ORIENTATION, 1))
    except Exception:  # notes that nobody can read say nothing
        return None


def _opened(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    return _checked(lambda: Image.open(file, formats=_READ))


def _checked(read: Callable[[], Image.Image]) -> Image.Image:
    """Return what `read` returns; what a damaged or hostile file raises becomes a refusal."""
    try:
        return read()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(_too_many_pixels()) from None
    except UnidentifiedImageError:
        told = _("It is no picture this portal takes. Upload a JPEG, PNG, WebP or TIFF file.")
        raise Refused(told) from None
    except Exception:  # whatever a file was made to raise in its decoder
        told = _("It is damaged and cannot be read to its end. Save it again, or scan it anew.")
        raise Refused(told) from None


def _refuse_disguised(file: IO[bytes], size: int) -> None:
    """Refuse a file that is something else as well: a page, a script, an archive, a document."""
    file.seek(0)
    head = file.read(_EDGE)
    file.seek(max(0, size - _EDGE))
    tail = file.read(_EDGE)
    is_more = any(_ACTIVE.search(part) for part in (head, tail)) or b"%PDF-" in head[:1024]
    if is_more or zipfile.is_zipfile(file):
        told = _("It holds something else besides a picture. Open it and save it as a new JPEG.")
        raise Refused(told)


def _refuse_large(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise Refused(_too_many_pixels())
    try:
        image.seek(MOST_FRAMES)
    except EOFError:
        image.seek(0)
    except (OSError, SyntaxError, ValueError):
        raise Refused(_("It is damaged and cannot be read to its end.")) from None
    else:
        told = _("It has more than %(most)s pages. Upload the ones that show this record.")
        raise Refused(told % {"most": MOST_FRAMES})


def _too_many_pixels() -> str:
    told = _("It has more than %(most)s million pixels. Save it smaller.")
    return told % {"most": MOST_PIXELS // 1_000_000}


def _fitted(image: Image.Image, side: int) -> Image.Image:
    """Return the picture no larger than `side` pixels either way; a small one as it is."""
    longest = max(image.size)
    if longest <= side:
        return image
    width, height = (max(1, round(each * side / longest)) for each in image.size)
    smooth = image.convert("RGB") if image.mode in ("P", "1") else image
    return smooth.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture in 8 bits red, green and blue, on white where it was transparent."""
    if image.mode.startswith(_BY_16_BITS) or image.mode in ("I", "F"):
        image = _eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        whole = image.convert("RGBA")
        image = Image.new("RGBA", whole.size, (255, 255, 255, 255))
        image.alpha_composite(whole)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of 16 bits or more, its darkest black and its lightest white."""
    whole = image.convert("F")
    darkest, lightest = cast("tuple[float, float]", whole.getextrema())
    scale = 255 / ((lightest - darkest) or 1)
    return whole.point(lambda x: x * scale + -darkest * scale).convert("L")


def _encoded(image: Image.Image) -> bytes:
    """Return the picture as SHOWN_AS, with nothing but its pixels."""
    made = io.BytesIO()
    pixels = Image.new("RGB", image.size)
    pixels.paste(image)
    pixels.save(made, "WEBP", quality=82, method=3)
    return made.getvalue()
