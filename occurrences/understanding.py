"""What stands under a field while somebody types: how its text is understood, and what to do.

The same reading as on saving (`occurrences.editing.read`); besides, what a text of the label would
fill elsewhere, and the two days that 3/4/1932 may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from darwincore.townships import township
from occurrences import editing
from occurrences.readers import as_text

POINT = ("decimal_latitude", "decimal_longitude")
ELEVATION = ("minimum_elevation_in_meters", "maximum_elevation_in_meters")
DEPTH = ("minimum_depth_in_meters", "maximum_depth_in_meters")
DATE = ("event_date",)


@dataclass
class Understood:
    """What is told under a field. offers: [(words of a button, {column: text} it fills in)]."""

    note: str = ""
    problem: str = ""
    offers: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def understand(column: str, texts: Mapping[str, str]) -> Understood:
    """Say how the text of `column` is understood among the texts it is read with."""
    if column in _FROM_LABEL:
        return _FROM_LABEL[column](texts)
    reading = editing.read(texts)
    told = Understood(reading.notes.get(column, ""), reading.problems.get(column, ""))
    if column == "event_date":
        told.offers = [(day, {column: day}) for day in _either_day(texts.get(column, ""))]
    return told


def _from_label(verbatim: str, columns: tuple[str, ...], between: str) -> Callable[..., Understood]:
    """Return how a text of the label is told: with what it fills in the exact fields."""

    def tell(texts: Mapping[str, str]) -> Understood:
        text = texts.get(verbatim, "")
        datum = texts.get("geodetic_datum", "")
        alone = {verbatim: text, "geodetic_datum": datum if columns == POINT else ""}
        reading = editing.read({name: given for name, given in alone.items() if given})
        found = {name: reading.values.get(name) for name in columns}
        values = {name: "" if value is None else as_text(value) for name, value in found.items()}
        told = Understood(reading.notes.get(verbatim, ""), reading.problems.get(verbatim, ""))
        if not any(values.values()):
            told.note = told.note or _township(text)
            return told
        shown = between.join(dict.fromkeys(filter(None, values.values())))
        unit = " m" if columns in (ELEVATION, DEPTH) else ""
        told.note = " · ".join(filter(None, (f"{shown}{unit}", told.note)))
        present = {name: texts.get(name, "") for name in columns}
        if present != values:
            told.offers = [(_("Take it over"), values)]
        return told

    return tell


_FROM_LABEL = {
    "verbatim_coordinates": _from_label("verbatim_coordinates", POINT, ", "),
    "verbatim_elevation": _from_label("verbatim_elevation", ELEVATION, "–"),
    "verbatim_depth": _from_label("verbatim_depth", DEPTH, "–"),
    "verbatim_event_date": _from_label("verbatim_event_date", DATE, ""),
}


def _township(text: str) -> str:
    found = township(text)
    if not found:
        return ""
    words = _("Township %(township)s, kept as text: no point follows from it.")
    return words % {"township": found}


_NUMBERS = re.compile(r"\s*(\d{1,2})\s*[./ -]\s*(\d{1,2})\s*[./ -]\s*(\d{4})\s*")


def _either_day(text: str) -> list[str]:
    """Return the two days that a text of three numbers may mean, day or month first."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        return []
    first, second, year = (int(part) for part in found.groups())
    if first == second or not (0 < first <= 12 and 0 < second <= 12):
        return []
    return [f"{year}-{second:02}-{first:02}", f"{year}-{first:02}-{second:02}"]
