"""The colours of tokens.css can be read, in light and in dark (WCAG 2.2 AA)."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = STATIC.parent / "templates"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color-mix)\(")
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")

GROUNDS = ("paper", "sheet", "shade")
TEXT = [
    (text, ground)
    for text in ("ink", "ink-2", "link", "moss", "rust", "ochre")
    for ground in GROUNDS
]
TEXT += [
    (text, f"{ground}-soft")
    for text in ("ink", "ink-2", "link")
    for ground in ("moss", "rust", "ochre")
]
TEXT += [(tint, f"{tint}-soft") for tint in ("moss", "rust", "ochre")]
# What changes stands in a table row that turns moss under the pointer.
TEXT += [("rust", "moss-soft"), ("ochre", "moss-soft")]
TEXT += [("on-moss", "moss"), ("on-moss", "moss-deep")]
SHAPES = [(shape, ground) for shape in ("edge", "focus") for ground in GROUNDS]


def tokens() -> dict[str, tuple[str, str]]:
    """Return {name: (light, dark)} of the colours in tokens.css."""
    found = TOKEN.findall((STATIC / "css" / "tokens.css").read_text())
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21_to_1():
    assert round(contrast("#000000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT, ids=" on ".join)
def test_text_stands_out(text, ground, scheme):
    assert contrast(tokens()[text][scheme], tokens()[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES, ids=" on ".join)
def test_edges_of_controls_stand_out(shape, ground, scheme):
    assert contrast(tokens()[shape][scheme], tokens()[ground][scheme]) >= 3


def test_no_colour_outside_tokens():
    sheets = [path for path in (STATIC / "css").glob("*.css") if path.name != "tokens.css"]
    assert sheets
    scripts = (STATIC / "js").glob("*.js")
    pages = TEMPLATES.rglob("*.html")
    strays = [
        f"{path.name}: {found}"
        for path in (*sheets, *scripts)
        for found in COLOUR.findall(path.read_text())
    ]
    # An address such as #main is no colour: in pages only what stands in an attribute of style.
    strays += [
        path.name for path in pages if re.search(r'(fill|stroke|color)="#', path.read_text())
    ]
    assert strays == []


def test_pages_hold_no_style_and_no_script_of_their_own():
    """The Content-Security-Policy would drop them without a word."""
    inline = re.compile(
        r"\sstyle=|<style|<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+=\"", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(TEMPLATES)}: {match}"
        for path in TEMPLATES.rglob("*.html")
        for match in inline.findall(path.read_text())
    ]
    assert found == []
