"""What a form takes from another sheet of the same gathering: Transfer All Fields, or part of them.

`offer` says what may be taken of a record, `take` what a form becomes by it; nothing is stored.
What only makes sense together travels together (`UNITS`): half of another sheet's georeference
would be a third one that nobody made. Only what the person may read exactly is offered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from darwincore import terms
from occurrences import editing, likeness, naming
from occurrences.forms import term_columns
from occurrences.models import Occurrence, Protection
from occurrences.protection import Decision
from occurrences.readers import exact_values
from occurrences.ruling import STRICTNESS, Ruling
from occurrences.sheets import NOT_TRANSFERRED


class Unit(NamedTuple):
    """Fields that travel together. keys: the fields that say whether two of them are the same.

    whole: it is never put together from two sheets, not even where what is there says the same.
    """

    name: str
    label: Any
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    whole: bool = False


GEOREFERENCE = Unit(
    "georeference",
    gettext_lazy("Georeference"),
    tuple(
        "decimal_latitude decimal_longitude coordinate_uncertainty_in_meters geodetic_datum "
        "coordinate_precision point_radius_spatial_fit footprint_wkt footprint_srs "
        "footprint_spatial_fit georeferenced_by georeferenced_date georeference_protocol "
        "georeference_sources georeference_verification_status georeference_remarks "
        "verbatim_coordinates verbatim_latitude verbatim_longitude verbatim_coordinate_system "
        "verbatim_srs".split()
    ),
    whole=True,
)
DETERMINATION = Unit(
    "determination",
    gettext_lazy("Determination"),
    tuple(c for c in terms.IDENTIFICATION_COLUMNS if c not in NOT_TRANSFERRED),
    keys=("scientific_name",),
)
UNITS = (
    GEOREFERENCE,
    DETERMINATION,
    Unit(
        "date",
        gettext_lazy("Date"),
        ("event_date", "verbatim_event_date", "event_time"),
        keys=("event_date",),
    ),
    Unit(
        "elevation",
        gettext_lazy("Elevation"),
        ("minimum_elevation_in_meters", "maximum_elevation_in_meters", "verbatim_elevation"),
    ),
)
# As it is written on the label, which a form may have before it has a point.
_AS_WRITTEN = frozenset(c for c in GEOREFERENCE.columns if c.startswith("verbatim_"))
_NOTED_IN = "identification_remarks"
# Said of one sheet or of the whole gathering: the person decides.
UNTICKED = frozenset(
    (
        "reproductive_condition occurrence_remarks organism_remarks previous_identifications "
        "associated_occurrences verbatim_label"
    ).split()
)
# Records of the same event are no sheets of the same plant.
OTHER_PLANTS = (likeness.EVENT, likeness.OTHER_DATE)


@dataclass
class Part:
    """What is taken by one tick: a unit or a field, with its texts by column."""

    name: str
    label: str
    texts: dict[str, str]
    ticked: bool = True

    @property
    def shown(self) -> str:
        return "; ".join(self.texts.values())


@dataclass
class Offer:
    """What a form may take of one record.

    level: how far it is protected, and its copy has to be. is_whole: the person may read all of
    it, so nothing of it is missing here.
    """

    source: str
    parts: list[Part]
    level: Protection
    is_whole: bool
    hint: str = ""
    suggestion: str = ""


@dataclass
class Taken:
    """What a form becomes: the texts to put in by column, and in sentences what was left alone."""

    texts: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def sheet_of(record: Any) -> str:
    """Return how a record is called on another one: its collection's code and its number.

    Without a catalog number that is the collector's, as the public may read it, or the GUID.
    """
    if record.protection == Protection.WHOLE:
        return f"{record.collection.code} {record.guid}"
    collected = f"{record.recorded_by or ''} {record.record_number}" if record.record_number else ""
    return f"{record.collection.code} {record.catalog_number or collected.strip() or record.guid}"


def offer(source: Occurrence, tier: str = likeness.EXACT) -> Offer:
    """Return what may be taken of `source`, which comes from `visible_to`, with its collection."""
    is_whole = may_read_all(source)
    texts = editing.texts_of(exact_values(source))
    barred = set(NOT_TRANSFERRED)
    if not is_whole or texts.get("data_generalizations"):
        barred.update(GEOREFERENCE.columns)  # the corner of a cell is no place
    if tier in OTHER_PLANTS:
        barred.update(DETERMINATION.columns, ("record_number",))
    if tier == likeness.NEAR:
        barred.add("record_number")
    told = {c: texts[c] for c in term_columns() if texts.get(c) and c not in barred}
    hint, suggestion = _type_hint(texts.get("type_status", ""), tier)
    level = Protection(source.protection)
    return Offer(sheet_of(source), list(_parts(told, tier)), level, is_whole, hint, suggestion)


def may_read_all(source: Occurrence) -> bool:
    """Tell whether the person it was fetched for reads all of a record, to the last figure."""
    return source.protection == Protection.OPEN or bool(getattr(source, "disclosed_row", None))


def _parts(texts: dict[str, str], tier: str) -> Iterator[Part]:
    """Yield the parts in the order of the form's panels; a unit stands where its first field is."""
    unit_of = {column: unit for unit in UNITS for column in unit.columns}
    done = set()
    for column in texts:
        unit = unit_of.get(column)
        if unit is None:
            label = _(terms.BY_COLUMN[column].label)
            yield Part(column, label, {column: texts[column]}, column not in UNTICKED)
        elif unit not in done:
            done.add(unit)
            held = {name: texts[name] for name in unit.columns if name in texts}
            another = tier == likeness.NEAR and unit is DETERMINATION
            yield Part(unit.name, str(unit.label), held, not another)


_TYPES = re.compile(r"\b(holo|iso|lecto|isolecto|neo|isoneo|epi|isoepi|syn|isosyn|para)type", re.I)
_OTHER_SHEET = {
    "holo": "isotype",
    "iso": "isotype",
    "lecto": "isolectotype",
    "isolecto": "isolectotype",
    "neo": "isoneotype",
    "isoneo": "isoneotype",
    "epi": "isoepitype",
    "isoepi": "isoepitype",
    "syn": "isosyntype",
    "isosyn": "isosyntype",
    "para": "isoparatype",
}


def _type_hint(type_status: str, tier: str) -> tuple[str, str]:
    """Return what a type among the other sheets suggests, in words and as a type status."""
    found = _TYPES.search(type_status)
    if not found or tier in OTHER_PLANTS:
        return "", ""
    suggestion = _OTHER_SHEET[found[1].lower()]
    told = _("That sheet is a type (%(type)s). This one may be an %(suggestion)s.")
    return told % {"type": type_status, "suggestion": suggestion}, suggestion


# --- taking ---------------------------------------------------------------------------------------


def take(
    form: Mapping[str, str], offered: Offer, chosen: Collection[str], *, only_empty: bool
) -> Taken:
    """Return what a form becomes that takes the chosen parts of an offer.

    form: {column: text} of the filled fields; chosen: names of parts. What the source leaves blank
    erases nothing. only_empty: what is filled stays as it is.
    """
    taken = Taken()
    units = {unit.name: unit for unit in UNITS}
    meant = {**form, **_understood(form)}
    for part in offered.parts:
        if part.name not in chosen:
            continue
        unit = units.get(part.name)
        if unit is None:
            if not (only_empty and form.get(part.name)):
                taken.texts.update(part.texts)
        elif _fits(meant, part, unit, only_empty=only_empty):
            said = _as_said_there(form, part, unit, offered.source)
            kept = set(form) - {_NOTED_IN} if only_empty else set()
            taken.texts.update((name, text) for name, text in said.items() if name not in kept)
        else:
            told = _("%(what)s was left as it is: it would be made of two sheets.")
            taken.left.append(told % {"what": part.label})
    taken.texts = {name: text for name, text in taken.texts.items() if text != form.get(name, "")}
    if taken.texts and (security := security_for({**form, **taken.texts}, offered.level)):
        taken.texts["record_security"] = security
    return taken


def _understood(form: Mapping[str, str]) -> dict[str, str]:
    """Return what the filled fields mean, as text: "14.vii.1932" is the day 1932-07-14."""
    filled = {c: text for c, text in form.items() if text and c in terms.BY_COLUMN}
    meant = editing.texts_of(editing.read(filled).values)
    return {column: text for column, text in meant.items() if column in filled}


def _fits(form: Mapping[str, str], part: Part, unit: Unit, *, only_empty: bool) -> bool:
    """Tell whether a unit can be taken without making one that stands on neither sheet."""
    mine = {column: form[column] for column in unit.columns if form.get(column)}
    theirs = part.texts
    agree = all(mine[column] == theirs[column] for column in mine.keys() & theirs.keys())
    same = bool(unit.keys) and all(mine.get(key) == theirs.get(key) for key in unit.keys)
    if only_empty:
        if unit.whole:
            return not mine
        return agree and (same or mine.keys() <= theirs.keys())
    left = mine.keys() - theirs.keys() - _AS_WRITTEN
    return not left or (same and not unit.whole)


def _as_said_there(form: Mapping[str, str], part: Part, unit: Unit, source: str) -> dict[str, str]:
    """Return a unit's texts; a determination says from which sheet it is."""
    if unit is not DETERMINATION:
        return part.texts
    told = determination_note(source)
    stated = ("scientific_name", "identified_by", "date_identified", "identification_qualifier")
    if all(part.texts.get(name, "") == form.get(name, "") for name in stated):
        return part.texts
    remarks = part.texts.get(_NOTED_IN) or form.get(_NOTED_IN, "")
    noted = remarks if told in remarks else f"{remarks} {told}".strip()
    return {**part.texts, _NOTED_IN: noted}


def determination_note(source: str) -> str:
    return _("Determination of the duplicate %(sheet)s.") % {"sheet": source}


_STATED = {Protection.WHOLE: "5"}


def security_for(texts: Mapping[str, str], level: Protection) -> str:
    """Return the record security that a copy needs to be as protected as `level`; "" for enough."""
    if level == Protection.OPEN:
        return ""
    filled = {c: text for c, text in texts.items() if text and c in terms.BY_COLUMN}
    values = editing.read(filled).values
    own: Decision = Ruling.of([naming.key_of(values)]).decide(values)
    if STRICTNESS.index(own.level) >= STRICTNESS.index(level):
        return ""
    return _STATED.get(level, "1")
