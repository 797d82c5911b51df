"""What is taken for a picture, and what is left of it when it is shown."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image

from journal.jobs import Refused
from occurrences import picturing
from tests.occurrences import pictures


def looked(content: bytes) -> picturing.Picture:
    return picturing.look(io.BytesIO(content))


def shown(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picturing.make(io.BytesIO(content)).web))


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("TIFF", "image/tiff")],
)
def test_a_picture_is_known_by_its_content(form: str, media_type: str) -> None:
    content = pictures.sheet(300, 400, form)
    assert looked(content) == picturing.Picture(media_type, 300, 400)
    assert shown(content).size == (300, 400)


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("run.js", "alert(1)")
    return made.getvalue()


def pages(number: int) -> bytes:
    made = io.BytesIO()
    page = Image.new("1", (8, 8))
    page.save(made, "TIFF", save_all=True, append_images=[page] * (number - 1))
    return made.getvalue()


def frames() -> bytes:
    made = io.BytesIO()
    steps = [Image.new("P", (8, 8), n) for n in range(50)]
    steps[0].save(made, "GIF", save_all=True, append_images=steps[1:])
    return made.getvalue()


def grown(make: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: pictures.sheet(90, 120) + make()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "60000 x 60000 PNG": (pictures.huge_png, "million pixels"),
    "GIF of many frames": (frames, "no picture"),
    "TIFF of many pages": (lambda: pages(40), "pages"),
    "SVG with a script": (lambda: b"<svg xmlns='x'><script>alert(1)</script></svg>", "else"),
    "HTML named .jpg": (lambda: b"<!doctype html><p>Hello", "else"),
    "plain text": (lambda: b"not a picture at all", "no picture"),
    "JPEG that is HTML as well": (
        lambda: pictures.sheet(90, 120, comment=b"<script>alert(1)</script>"),
        "else",
    ),
    "JPEG that is an archive as well": (grown(zipped), "else"),
    "JPEG with PHP behind it": (grown(lambda: b"<?php phpinfo();"), "else"),
    "FITS": (lambda: b"SIMPLE  =                    T" + b" " * 2850, "no picture"),
    "empty": (lambda: b"", "empty"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_safe_picture_is_refused_before_it_is_decoded(kind: str) -> None:
    content, words = REFUSED[kind]
    file = io.BytesIO(content())
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match=words):
            picturing.look(file)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_picture_that_breaks_off_is_refused() -> None:
    content = pictures.sheet(600, 800, "PNG")
    with pytest.raises(Refused, match="damaged"):
        picturing.make(io.BytesIO(content[: len(content) // 2]))


def test_a_large_file_is_refused_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picturing, "MOST_BYTES", 1000)
    with pytest.raises(Refused, match="1000\\xa0bytes can be uploaded"):
        looked(pictures.sheet())


def test_nothing_of_what_a_camera_noted_is_shown() -> None:
    content = pictures.with_place("seen from the road")
    assert b"seen from the road" in content
    made = picturing.make(io.BytesIO(content))
    for file in (made.web, made.thumbnail):
        image = Image.open(io.BytesIO(file))
        assert not image.getexif() and not image.info.get("xmp")
        assert b"road" not in file and b"EXIF" not in file


def test_a_picture_stands_as_the_camera_was_held() -> None:
    content = pictures.with_place()
    assert (looked(content).width, looked(content).height) == (800, 600)
    assert shown(content).size == (800, 600)


def test_what_is_shown_is_no_larger_than_a_screen_wants() -> None:
    made = picturing.make(io.BytesIO(pictures.sheet(3600, 4800)))
    assert Image.open(io.BytesIO(made.web)).size == (1920, 2560)
    assert max(Image.open(io.BytesIO(made.thumbnail)).size) == picturing.THUMBNAIL_SIDE


def test_what_is_transparent_is_shown_on_white() -> None:
    content = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(content, "PNG")
    assert min(shown(content.getvalue()).getpixel((20, 20))) > 250  # type: ignore[type-var]


def test_a_grey_picture_of_16_bits_keeps_its_shades() -> None:
    row = struct.pack("<64H", *[30_000] * 32, *[20_000] * 32)
    image = Image.frombytes("I;16", (64, 64), row * 64)
    content = io.BytesIO()
    image.save(content, "TIFF")
    made = shown(content.getvalue()).convert("L")
    left, right = made.getpixel((10, 32)), made.getpixel((54, 32))
    assert isinstance(left, int) and isinstance(right, int) and left > 240 and right < 15
