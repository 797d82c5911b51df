"""What a record says on its label: lines of text in italics, bold and upright.

Pure: of values by column, as their reader may see them, and a design.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from occurrences.label_design import Design, Item
from occurrences.readers import as_text
from taxonomy import italics, ranks

MOST_COPIES = 99
SIZES: Final = {"": 1.0, "bold": 1.0, "italic": 1.0, "small": 0.85, "large": 1.2}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
ROMAN = "i ii iii iv v vi vii viii ix x xi xii".split()


class Run(NamedTuple):
    """A stretch of text in one face: "" upright, "b" bold, "i" italic, "bi" both."""

    text: str
    face: str


@dataclass(frozen=True, slots=True)
class Line:
    """What begins on a new line. size: as a share of the label's. field: the longest part's."""

    runs: tuple[Run, ...]
    align: str = "left"
    size: float = 1.0
    field: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """All that stands on one label, and how often it is printed. title: how lists call it."""

    guid: str
    title: str
    heading: str
    lines: tuple[Line, ...]
    mark: str
    code: str
    copies: int


def compose(guid: str, values: Mapping[str, Any], design: Design, mark: str = "") -> Text:
    """Return what the label of a record says. values: by column, and what `composed` names."""
    lines = [_line(items, values, design) for items in design.lines()]
    return Text(
        guid=guid,
        title=_title(values) or guid,
        heading=_heading(values, design),
        lines=tuple(line for line in lines if line.runs),
        mark=mark,
        code=_code(guid, values, design),
        copies=copies_of(values.get("duplicate_quantity")),
    )


def copies_of(dupe_count: Any) -> int:
    """Return how many labels a Dupe Count asks for: its first number, 1 for none."""
    found = re.search(r"\d+", str(dupe_count or ""))
    return max(1, min(int(found[0]), MOST_COPIES)) if found else 1


def plain(values: Mapping[str, Any], name: str, dates: str) -> str:
    """Return the text of a field, "" for a blank one."""
    return "".join(run.text for run in said(values, Item(name), dates))


# --- lines --------------------------------------------------------------------------------------


def _title(values: Mapping[str, Any]) -> str:
    known = (values.get("catalog_number"), plain(values, "collected", ""))
    return " · ".join(filter(None, (*known, values.get("scientific_name"))))


def _heading(values: Mapping[str, Any], design: Design) -> str:
    middle = values.get(design.heading_middle) if design.heading_middle else ""
    parts = (design.heading_prefix, middle, design.heading_suffix)
    return " ".join(part for part in parts if part)


def _code(guid: str, values: Mapping[str, Any], design: Design) -> str:
    if not design.code:
        return ""
    return guid if design.code_of == "guid" else str(values.get("catalog_number") or "")


def _line(items: list[Item], values: Mapping[str, Any], design: Design) -> Line:
    runs: list[Run] = []
    longest, name = 0, ""
    for item in items:
        stretches = said(values, item, design.dates)
        if not stretches:
            continue
        if runs:
            runs.append(Run(" ", runs[-1].face))
        face = _face(item.style)
        runs += [Run(item.prefix, face)] if item.prefix else []
        runs += stretches
        runs += [Run(item.suffix, face)] if item.suffix else []
        length = sum(len(run.text) for run in stretches)
        if length > longest:
            longest, name = length, item.field
    return Line(tuple(runs), items[0].align, max(SIZES[item.style] for item in items), name)


def _face(style: str) -> str:
    return {"bold": "b", "large": "b", "italic": "i"}.get(style, "")


_BLANKS = re.compile(r"[ \t\r\n\f\v]+")  # all but the blank that doesn't break


def said(values: Mapping[str, Any], item: Item, dates: str) -> list[Run]:
    """Return what a record says in one field, without its prefix and suffix; [] for nothing."""
    face = _face(item.style)
    if item.field == "name":
        return _name(values, "b" in face)
    made = _MADE.get(item.field)
    if made:
        text = made(values, dates)
    elif item.field in ("event_date", "date_identified"):
        text = in_words(str(values.get(item.field) or ""), dates)
    else:
        text = as_text(values[item.field]) if values.get(item.field) is not None else ""
    text = _as_set(text)
    return [Run(text, face)] if text else []


def _as_set(text: str) -> str:
    """Return a text as it is set: in one line, letters with their accents as one letter each."""
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text)).strip()


# --- names --------------------------------------------------------------------------------------

_OPEN_NAME = re.compile(r"^(.*?)( (?:sp|spp|indet|ined)\.?(?: .*)?)$")
_HIGHER = re.compile(r"(aceae|idae|inae|ales|oideae|mycetes|phyta|opsida|oidea|ineae)$")
_BEFORE_EPITHET = re.compile(r"^(cf|aff|nr|prox|vel aff|near)\.?$", re.IGNORECASE)


def _name(values: Mapping[str, Any], bold: bool) -> list[Run]:
    """Set the name in italics from genus down, the qualifier where botanists write it."""
    name = _as_set(str(values.get("scientific_name") or ""))
    if not name:
        return []
    found = _OPEN_NAME.match(name)
    latin, rest = (found[1], found[2]) if found else (name, "")
    cut = italics.parts(latin, _rank(latin, values))
    if rest:
        cut.append((rest, False))
    qualifier = str(values.get("identification_qualifier") or "").strip()
    cut = _qualified(cut, qualifier)
    author = _as_set(str(values.get("scientific_name_authorship") or ""))
    heavy = "b" if bold else ""
    runs = [Run(text, heavy + ("i" if italic else "")) for text, italic in cut]
    return [*runs, Run(f" {author}", "")] if author else runs


def _rank(name: str, values: Mapping[str, Any]) -> str:
    told = str(values.get("taxon_rank") or "").lower()
    if told in ranks.RANKS:
        return told
    if " " in name or name == values.get("genus"):
        return "species"
    return "family" if _HIGHER.search(name) else "genus"


def _qualified(cut: list[tuple[str, bool]], qualifier: str) -> list[tuple[str, bool]]:
    if not qualifier:
        return cut
    if qualifier == "?":
        return [*cut, ("?", False)]
    text, italic = cut[-1]
    head, space, epithet = text.rpartition(" ")
    below_genus = head.strip() or len(cut) > 1
    if _BEFORE_EPITHET.match(qualifier) and italic and below_genus and epithet:
        return [*cut[:-1], (head + space, True), (f"{qualifier} ", False), (epithet, True)]
    return [(f"{qualifier} ", False), *cut]


# --- dates, places, people ----------------------------------------------------------------------

_DAY = re.compile(r"^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$")


def in_words(iso: str, dates: str) -> str:
    """Return a date, month, year or interval in the design's notation; other text as it is."""
    parts = [_day(part, dates) for part in iso.split("/")]
    return (
        "\N{NO-BREAK SPACE}– ".join(parts) if len(parts) == 2 else (_day(iso, dates) if iso else "")
    )


def _day(iso: str, dates: str) -> str:
    found = _DAY.match(iso.partition("T")[0])
    if dates == "iso" or not found or not found[2] or not 1 <= int(found[2]) <= 12:
        return iso
    month, day = int(found[2]) - 1, found[3]
    if dates == "roman":
        return ".".join(filter(None, (day and str(int(day)), ROMAN[month], found[1])))
    return " ".join(filter(None, (day and str(int(day)), MONTHS[month], found[1])))


def _collected(values: Mapping[str, Any], dates: str) -> str:
    return _joined(" ", values, "recorded_by", "record_number")


def _date(values: Mapping[str, Any], dates: str) -> str:
    told = values.get("event_date")
    written = values.get("verbatim_event_date") or values.get("year")
    return in_words(str(told), dates) if told else str(written or "")


def _region(values: Mapping[str, Any], dates: str) -> str:
    return _joined(", ", values, "country", "state_province", "county", "municipality")


def _determined(values: Mapping[str, Any], dates: str) -> str:
    when = in_words(str(values.get("date_identified") or ""), dates)
    return ", ".join(filter(None, (values.get("identified_by"), when)))


def _joined(between: str, values: Mapping[str, Any], *columns: str) -> str:
    return between.join(str(values[column]) for column in columns if values.get(column))


def _coordinates(values: Mapping[str, Any], dates: str) -> str:
    point = _point(values, lambda number: f"{abs(number):f}°")
    beside = []
    if point and values.get("geodetic_datum"):
        beside.append(str(values["geodetic_datum"]))
    if point and values.get("coordinate_uncertainty_in_meters") is not None:
        exactness = as_text(values["coordinate_uncertainty_in_meters"])
        beside.append(f"±\N{NO-BREAK SPACE}{exactness}\N{NO-BREAK SPACE}m")
    return " ".join([point, f"({', '.join(beside)})"]) if beside else point


def _degrees(values: Mapping[str, Any], dates: str) -> str:
    return _point(values, _sexagesimal)


def _point(values: Mapping[str, Any], written: Any) -> str:
    latitude, longitude = values.get("decimal_latitude"), values.get("decimal_longitude")
    if latitude is None or longitude is None:
        return str(values.get("verbatim_coordinates") or "")
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    blank = "\N{NO-BREAK SPACE}"
    return f"{written(latitude)}{blank}{north}, {written(longitude)}{blank}{east}"


def _sexagesimal(number: Decimal) -> str:
    """Write degrees, minutes and, as exact as the number, seconds."""
    seconds = abs(number) * 3600
    exponent = number.as_tuple().exponent
    digits = max(0, -exponent - 3) if isinstance(exponent, int) else 0
    whole = seconds.quantize(Decimal(1).scaleb(-digits))
    minutes, rest = divmod(whole, 60)
    degrees, minutes = divmod(minutes, 60)
    width = digits + 3 if digits else 2
    return f"{degrees:.0f}°{minutes:02.0f}′{rest:0{width}f}″"


def _elevation(values: Mapping[str, Any], dates: str) -> str:
    low, high = (values.get(f"{end}_elevation_in_meters") for end in ("minimum", "maximum"))
    known = [as_text(each) for each in (low, high) if each is not None]
    if not known:
        return str(values.get("verbatim_elevation") or "")
    return "–".join(dict.fromkeys(known)) + "\N{NO-BREAK SPACE}m"


_MADE: Final = {
    "collected": _collected,
    "date": _date,
    "region": _region,
    "coordinates": _coordinates,
    "degrees": _degrees,
    "elevation": _elevation,
    "determined": _determined,
}
