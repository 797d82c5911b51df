"""How a label looks, as a value: its paper and size, heading and footer, and which fields in order.

A design is kept as JSON in profiles and runs; whatever is unknown or out of bounds in it is read as
the default, so an old profile never stops a print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from darwincore import terms
from occurrences import label_logo

PAPERS: Final = {"letter": (215.9, 279.4), "a4": (210.0, 297.0)}  # millimetres
PAPER_NAMES = [("letter", _("Letter")), ("a4", _("A4"))]
FORMS = [
    ("1", _("1 column")),
    ("2", _("2 columns")),
    ("3", _("3 columns")),
    ("4", _("4 columns")),
    ("packet", _("Packets")),
    ("pin", _("Pin labels")),
]
MIDDLES = [
    ("", _("nothing")),
    ("country", _("Country")),
    ("state_province", _("State/Province")),
    ("county", _("County")),
    ("family", _("Family")),
]
DATES = [
    ("words", "14 Jul 1932"),
    ("iso", "1932-07-14"),
    ("roman", "14.vii.1932"),
]
CODES = [("", _("none")), ("code128", _("Barcode (Code 128)")), ("qr", _("QR code"))]
CODED = [("catalog_number", _("Catalog Number")), ("guid", _("GUID"))]
STYLES = [
    ("", _("normal")),
    ("bold", _("bold")),
    ("italic", _("italic")),
    ("small", _("small")),
    ("large", _("large, bold")),
]
ALIGNMENTS = [("left", _("left")), ("center", _("middle")), ("right", _("right"))]

# Fields put together of several columns: (what it is called, the columns it is made of).
COMPOSED: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "name": (
        _("Scientific name with author and qualifier"),
        (
            "scientific_name",
            "scientific_name_authorship",
            "identification_qualifier",
            "taxon_rank",
            "genus",
        ),
    ),
    "collected": (_("Collector and number"), ("recorded_by", "record_number")),
    "date": (_("Date, or as it was written"), ("event_date", "verbatim_event_date", "year")),
    "region": (
        _("Country, state, county, municipality"),
        ("country", "state_province", "county", "municipality"),
    ),
    "coordinates": (
        _("Coordinates with datum and uncertainty"),
        (
            "decimal_latitude",
            "decimal_longitude",
            "geodetic_datum",
            "coordinate_uncertainty_in_meters",
            "verbatim_coordinates",
        ),
    ),
    "degrees": (
        _("Coordinates in degrees, minutes, seconds"),
        ("decimal_latitude", "decimal_longitude", "verbatim_coordinates"),
    ),
    "elevation": (
        _("Elevation"),
        ("minimum_elevation_in_meters", "maximum_elevation_in_meters", "verbatim_elevation"),
    ),
    "determined": (_("Determiner and date"), ("identified_by", "date_identified")),
    "identifiers": (_("Additional Identifiers"), ()),
    "collection": (_("Name of the collection"), ()),
}


def field_choices() -> list[tuple[Any, Any]]:
    """Return what may stand on a label, for a list to choose from."""
    singles = [(t.column, t.label) for t in terms.COLUMN_TERMS]
    return [
        (_("Put together"), [(name, label) for name, (label, _columns) in COMPOSED.items()]),
        (_("Fields"), sorted(singles, key=lambda single: single[1].lower())),
    ]


def label_of(name: str) -> str:
    """Return what a field is called on the page."""
    return str(COMPOSED[name][0] if name in COMPOSED else terms.BY_COLUMN[name].label)


def _is_field(name: Any) -> bool:
    return name in COMPOSED or name in terms.BY_COLUMN


@dataclass(frozen=True, slots=True)
class Item:
    """A field on a label; one with new_line False goes on in the line of the one before."""

    field: str
    prefix: str = ""
    suffix: str = ""
    style: str = ""
    new_line: bool = True
    align: str = "left"


_CHOICES: Final[dict[str, list[Any]]] = {
    "paper": [name for name, _label in PAPER_NAMES],
    "form": [name for name, _label in FORMS],
    "heading_middle": [name for name, _label in MIDDLES],
    "dates": [name for name, _label in DATES],
    "code": [name for name, _label in CODES],
    "code_of": [name for name, _label in CODED],
    "style": [name for name, _label in STYLES],
    "align": [name for name, _label in ALIGNMENTS],
}
BOUNDS: Final = {"width": (8.0, 200.0), "height": (0.0, 250.0), "size": (3.0, 18.0)}
LONGEST = 200  # letters of a heading, footer, prefix or suffix
MOST_ITEMS = 60
MOST_LOGO = 60_000


@dataclass(frozen=True, slots=True)
class Design:
    """A label's layout. Lengths in millimetres, size in points.

    height: of every label, 0 for as high as the highest in its row. width: of pin labels alone.
    shrink: letters may become smaller, within limits, where a label wouldn't fit. logo: the project
    mark, as `label_logo` reads it.
    """

    paper: str = "letter"
    form: str = "2"
    width: float = 20.0
    height: float = 45.0
    size: float = 8.0
    heading_prefix: str = ""
    heading_middle: str = ""
    heading_suffix: str = ""
    footer: str = ""
    dates: str = "words"
    code: str = ""
    code_of: str = "catalog_number"
    shrink: bool = False
    border: bool = False
    logo: str = ""
    items: tuple[Item, ...] = field(default=())

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Design:
        """Read what `to_json` made, whoever had it in his hands since."""
        given = _sound(cls, kept)
        rows = kept.get("items")
        listed = rows[:MOST_ITEMS] if isinstance(rows, list) else []
        items = tuple(
            Item(**_sound(Item, row))
            for row in listed
            if isinstance(row, dict) and _is_field(row.get("field"))
        )
        return cls(**given, items=items)

    def to_json(self) -> dict[str, Any]:
        """Return the design as JSON keeps it."""
        return {**asdict(self), "items": [asdict(item) for item in self.items]}

    def columns(self) -> set[str]:
        """Return the record's columns that the label is made of."""
        wanted = {"catalog_number", "duplicate_quantity", *COMPOSED["name"][1]}
        if self.heading_middle:
            wanted.add(self.heading_middle)
        for item in self.items:
            wanted.update(COMPOSED[item.field][1] if item.field in COMPOSED else (item.field,))
        return wanted

    def lines(self) -> Iterator[list[Item]]:
        """Yield the items line by line."""
        line: list[Item] = []
        for item in self.items:
            if item.new_line and line:
                yield line
                line = []
            line.append(item)
        if line:
            yield line


def _sound(kind: type[Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return of `kept` what the dataclass `kind` may hold."""
    found: dict[str, Any] = {}
    for each in fields(kind):
        value = kept.get(each.name)
        if each.name in _CHOICES:
            if value in _CHOICES[each.name]:
                found[each.name] = value
        elif each.name in BOUNDS:
            low, high = BOUNDS[each.name]
            if isinstance(value, int | float) and low <= value <= high:
                found[each.name] = float(value)
        elif each.name == "logo":
            if isinstance(value, str) and len(value) <= MOST_LOGO and label_logo.is_one(value):
                found[each.name] = value
        elif isinstance(value, bool) and each.type == "bool":
            found[each.name] = value
        elif isinstance(value, str) and each.type == "str":
            found[each.name] = value[:LONGEST]
    return found


HERBARIUM = Design(
    footer="",
    items=(
        Item("family", style="small", align="right"),
        Item("name", style="large"),
        Item("type_status", style="bold"),
        Item("region", suffix="."),
        Item("locality", new_line=False),
        Item("coordinates"),
        Item("elevation", prefix="Elev.\N{NO-BREAK SPACE}", new_line=False),
        Item("habitat"),
        Item("substrate", prefix="On ", new_line=False),
        Item("associated_taxa", prefix="With "),
        Item("verbatim_attributes"),
        Item("occurrence_remarks"),
        Item("collected", style="bold"),
        Item("date", new_line=False),
        Item("associated_collectors", prefix="with "),
        Item("determined", prefix="Det. "),
    ),
)
PACKET = replace(HERBARIUM, form="packet", height=0.0, size=9.0, code="code128")
PIN = Design(
    form="pin",
    width=20.0,
    height=12.0,
    size=4.0,
    dates="roman",
    shrink=True,
    items=(
        Item("region"),
        Item("locality", new_line=False),
        Item("degrees"),
        Item("elevation", new_line=False),
        Item("date"),
        Item("collected", new_line=False),
        Item("sex"),
        Item("catalog_number", new_line=False),
    ),
)
ANNOTATION = Design(
    form="3",
    height=0.0,
    size=8.0,
    border=True,
    items=(
        Item("name", style="bold"),
        Item("determined", prefix="Det. "),
        Item("identification_remarks", style="small"),
        Item("collected", prefix="Coll. ", style="small"),
        Item("catalog_number", style="small", new_line=False),
    ),
)
# What there is before anybody has kept a profile: (what it is called, kind of label, design).
BUILT_IN: Final = {
    "herbarium": (_("Herbarium sheet, 2 columns"), "specimen", HERBARIUM),
    "packet": (_("Packet with barcode"), "specimen", PACKET),
    "pin": (_("Pin label"), "specimen", PIN),
    "annotation": (_("Annotation label, 3 columns"), "annotation", ANNOTATION),
}
