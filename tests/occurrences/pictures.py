"""Pictures for tests, drawn here: none is kept in the repository."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from biocollections.models import Collection
from occurrences import media
from occurrences.models import Media, Occurrence
from tests import make


def sheet(width: int = 600, height: int = 800, form: str = "JPEG", **options: Any) -> bytes:
    """Return a picture of a herbarium sheet: a stem, leaves, and a label at the lower right."""
    image = Image.new(options.pop("mode", "RGB"), (width, height), options.pop("paper", "beige"))
    draw = ImageDraw.Draw(image)
    draw.line((width * 0.4, height * 0.9, width * 0.5, height * 0.1), width=max(2, width // 90))
    for n in range(7):
        top = height * (0.15 + n * 0.09)
        left = width * (0.2 if n % 2 else 0.48)
        draw.ellipse((left, top, left + width * 0.28, top + height * 0.06), fill="olive")
    draw.rectangle((width * 0.6, height * 0.78, width * 0.97, height * 0.97), fill="white")
    made = io.BytesIO()
    image.save(made, form, **options)
    return made.getvalue()


def with_place(text: str = "quetzcanary road") -> bytes:
    """Return a JPEG as a telephone makes it: the place and a remark in its EXIF, turned by 90°."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = text
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 15.0, 9.0), 3: "W", 4: (109.0, 3.0, 3.0)})
    return sheet(form="JPEG", exif=exif.tobytes())


def huge_png(side: int = 60_000) -> bytes:
    """Return a small PNG file that says it has `side` pixels each way."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", b"") + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def upload(content: bytes, name: str = "sheet.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def of(record: Occurrence, content: bytes | None = None, by: Any = None, **told: str) -> Media:
    """Give the record an image, as its editor does."""
    within: Collection = record.collection
    done = make.change_set(by, within)
    return media.add(done, record.guid, upload(content or sheet(90, 120)), told)
