"""Terms that a file gives in several columns, and what is written once they are put together.

A zone, an easting and a northing make verbatimCoordinates; degrees, minutes, seconds and a
hemisphere make verbatimLatitude. Only what is there is written: no hemisphere, unit or year is
added, so `darwincore` reads the text as if somebody had written it on a label.

To know another part, add a line here; to recognise its header, `occurrences.headers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _


class Part(NamedTuple):
    """A target that is no term: what curators call it, and what should stand in its column."""

    label: object
    definition: object


class Whole(NamedTuple):
    """What parts make. term: where it goes. label: its key in dynamicProperties if that is taken.

    compose: from the filled parts (never none at all) by name to the text. needs: the part without
    which the text is only kept beside, since its term has a unit of its own.
    """

    term: str
    label: str
    parts: tuple[str, ...]
    compose: Callable[[Mapping[str, str]], str]
    needs: str = ""


# --- putting together ---------------------------------------------------------------------------

_PLAIN = re.compile(r"[+-]?\d[\d.,\s]*")


def _marked(text: str, mark: str) -> str:
    """Return a bare number with its mark, other text as it stands."""
    return f"{text}{mark}" if _PLAIN.fullmatch(text) else text


def _of_degrees(axis: str) -> Callable[[Mapping[str, str]], str]:
    def compose(given: Mapping[str, str]) -> str:
        marks = {"Degrees": "°", "Minutes": "'", "Seconds": '"', "Hemisphere": ""}
        found = [(given.get(axis + part, ""), mark) for part, mark in marks.items()]
        return " ".join(_marked(text, mark) if mark else text for text, mark in found if text)

    return compose


_HEMISPHERES = {"n": "North", "s": "South"}


def _of_utm(given: Mapping[str, str]) -> str:
    """A letter from a column of hemispheres is written out: beside a zone, S is also a band."""
    hemisphere = given.get("utmHemisphere", "")
    hemisphere = _HEMISPHERES.get(hemisphere.lower().strip("."), hemisphere)
    zone = given.get("utmZone", "") + given.get("utmBand", "")
    easting = _marked(given.get("utmEasting", ""), "mE")
    northing = _marked(given.get("utmNorthing", ""), "mN")
    return " ".join(filter(None, ("UTM", zone, hemisphere, easting, northing)))


def _of_trs(given: Mapping[str, str]) -> str:
    prefixes = {"township": "T", "range": "R", "section": "Sec. ", "sectionDetails": ""}
    found = []
    for name, prefix in prefixes.items():
        if text := given.get(name, ""):
            known = text.lower().startswith(prefix[:1].lower())
            found.append(text if known or not prefix else prefix + text)
    return " ".join(found)


def _of_length(name: str) -> Callable[[Mapping[str, str]], str]:
    def compose(given: Mapping[str, str]) -> str:
        ends = [given.get(f"{name}Number", ""), given.get(f"{name}NumberTo", "")]
        amount = " - ".join(dict.fromkeys(filter(None, ends)))
        return f"{amount} {given.get(f'{name}Unit', '')}".strip() if amount else ""

    return compose


def _of_date(name: str) -> Callable[[Mapping[str, str]], str]:
    def compose(given: Mapping[str, str]) -> str:
        """Write ISO 8601 where the numbers leave no doubt, else the parts as they stand."""
        year, month, day = (given.get(name + part, "") for part in ("Year", "Month", "Day"))
        numbers = [text for text in (year, month, day) if text]
        whole = all(text.isascii() and text.isdigit() for text in numbers)
        in_order = bool(year) and (bool(month) or not day)
        if whole and in_order and len(year) == 4 and int(month or 1) <= 12:
            return "-".join(text.zfill(2) for text in numbers)
        return " ".join(filter(None, (day, month, year)))

    return compose


def _of_name(name: str) -> Callable[[Mapping[str, str]], str]:
    def compose(given: Mapping[str, str]) -> str:
        parts = (f"{name}GivenName", f"{name}FamilyName")
        return " ".join(given[part] for part in parts if part in given)

    return compose


# iNaturalist shows strangers a random point of the cell of 0.2° in which an obscured one lies.
OBSCURED_WITHIN = "31500"  # metres: the diagonal of that cell at the equator
_OBSCURED = "Coordinates obscured by iNaturalist: a random point within the cell of 0.2°"


def _is_obscured(given: Mapping[str, str]) -> bool:
    hidden = (given.get("openGeoprivacy", ""), given.get("openTaxonGeoprivacy", ""))
    words = {text.strip().lower() for text in hidden}
    said = given.get("openIsObscured", "").strip().lower() in ("true", "t", "1", "yes")
    return said or not words.isdisjoint(("obscured", "private"))


def _is_exact(given: Mapping[str, str]) -> bool:
    return bool(given.get("exactLatitude") and given.get("exactLongitude"))


def _of_point(axis: str) -> Callable[[Mapping[str, str]], str]:
    """Both coordinates are the exact ones, which the observer alone is given, or neither is."""

    def compose(given: Mapping[str, str]) -> str:
        return given.get(f"exact{axis}" if _is_exact(given) else f"open{axis}", "")

    return compose


def _of_accuracy(given: Mapping[str, str]) -> str:
    """The accuracy a device noted is that of the exact point, never of an obscured one."""
    if not (_is_exact(given) or given.get("openLatitude")):
        return ""
    if _is_obscured(given) and not _is_exact(given):
        return given.get("openPublicAccuracy", "") or OBSCURED_WITHIN
    return given.get("openAccuracy", "") or given.get("openPublicAccuracy", "")


def _of_place(given: Mapping[str, str]) -> str:
    return (_is_exact(given) and given.get("exactPlace", "")) or given.get("openPlace", "")


def _of_obscurity(given: Mapping[str, str]) -> str:
    has_point = bool(given.get("openLatitude")) and not _is_exact(given)
    return _OBSCURED if has_point and _is_obscured(given) else ""


def _of_security(given: Mapping[str, str]) -> str:
    """What its observer hides there is hidden here, where the file brings the exact place."""
    return "1" if _is_obscured(given) and _is_exact(given) else ""


# --- the parts ------------------------------------------------------------------------------------

PARTS: dict[str, Part] = {
    "latitudeDegrees": Part(_("Latitude: degrees"), _("33, or 33.25 beside a hemisphere.")),
    "latitudeMinutes": Part(_("Latitude: minutes"), _("0 to 59.")),
    "latitudeSeconds": Part(_("Latitude: seconds"), _("0 to 59.")),
    "latitudeHemisphere": Part(
        _("Latitude: hemisphere"), _("N or S. Without it no point is made of the degrees.")
    ),
    "longitudeDegrees": Part(_("Longitude: degrees"), _("110, or 110.5 beside a hemisphere.")),
    "longitudeMinutes": Part(_("Longitude: minutes"), _("0 to 59.")),
    "longitudeSeconds": Part(_("Longitude: seconds"), _("0 to 59.")),
    "longitudeHemisphere": Part(
        _("Longitude: hemisphere"), _("E or W. Without it no point is made of the degrees.")
    ),
    "utmZone": Part(_("UTM: zone"), _("12, or 12N with its band or hemisphere.")),
    "utmBand": Part(_("UTM: letter of the band"), _("The letter behind the zone, C to X.")),
    "utmHemisphere": Part(_("UTM: hemisphere"), _("N or S, where the column says nothing else.")),
    "utmEasting": Part(_("UTM: easting"), _("Metres, such as 363600.")),
    "utmNorthing": Part(_("UTM: northing"), _("Metres, such as 3804800.")),
    "township": Part(_("TRS: township"), _("12N. Kept as written; no point is made of it.")),
    "range": Part(_("TRS: range"), _("3W. Kept as written; no point is made of it.")),
    "section": Part(_("TRS: section"), _("4. Kept as written; no point is made of it.")),
    "sectionDetails": Part(_("TRS: part of the section"), _("NW 1/4 of SE 1/4.")),
    "uncertaintyNumber": Part(
        _("Uncertainty: number"), _("In the unit that another column gives; without it, only kept.")
    ),
    "uncertaintyUnit": Part(_("Uncertainty: unit"), _("m, km, ft, mi…")),
    "elevationNumber": Part(
        _("Elevation: number"), _("In the unit that another column gives; without it, only kept.")
    ),
    "elevationNumberTo": Part(_("Elevation: upper number"), _("The end of the range.")),
    "elevationUnit": Part(_("Elevation: unit"), _("m, ft, feet…")),
    "depthNumber": Part(
        _("Depth: number"), _("In the unit that another column gives; without it, only kept.")
    ),
    "depthNumberTo": Part(_("Depth: lower number"), _("The end of the range.")),
    "depthUnit": Part(_("Depth: unit"), _("m, ft, fathoms…")),
    "eventDate2": Part(_("Date: end"), _("The last day, where the date is a span.")),
    "endYear": Part(_("Date: end, year"), _("The year of the last day of a span.")),
    "endMonth": Part(_("Date: end, month"), _("The month of the last day of a span.")),
    "endDay": Part(_("Date: end, day"), _("The last day of a span.")),
    "identifiedYear": Part(_("Date Identified: year"), _("When it was determined.")),
    "identifiedMonth": Part(_("Date Identified: month"), _("When it was determined.")),
    "identifiedDay": Part(_("Date Identified: day"), _("When it was determined.")),
    "collectorGivenName": Part(_("Collector: given name"), _("First name or initials.")),
    "collectorFamilyName": Part(_("Collector: family name"), _("Last name.")),
    "determinerGivenName": Part(_("Identified By: given name"), _("First name or initials.")),
    "determinerFamilyName": Part(_("Identified By: family name"), _("Last name.")),
    "openLatitude": Part(
        _("iNaturalist: latitude"), _("Exact, or obscured where another column says so.")
    ),
    "openLongitude": Part(
        _("iNaturalist: longitude"), _("Exact, or obscured where another column says so.")
    ),
    "exactLatitude": Part(
        _("iNaturalist: private latitude"), _("The exact one, of the observer's own export.")
    ),
    "exactLongitude": Part(
        _("iNaturalist: private longitude"), _("The exact one, of the observer's own export.")
    ),
    "openAccuracy": Part(_("iNaturalist: accuracy"), _("Metres, of the exact point.")),
    "openPublicAccuracy": Part(
        _("iNaturalist: public accuracy"), _("Metres, of the point that is shown.")
    ),
    "openIsObscured": Part(_("iNaturalist: obscured"), _("true where the point is not exact.")),
    "openGeoprivacy": Part(_("iNaturalist: geoprivacy"), _("open, obscured or private.")),
    "openTaxonGeoprivacy": Part(
        _("iNaturalist: geoprivacy of the taxon"), _("open, obscured or private.")
    ),
    "openPlace": Part(_("iNaturalist: place"), _("Made vague where the point is obscured.")),
    "exactPlace": Part(
        _("iNaturalist: private place"), _("The exact one, of the observer's own export.")
    ),
    "collectorAndNumber": Part(
        _("Collector and Number"), _("“L. Gómez 2201”: the number behind the name is set apart.")
    ),
}


def _names(prefix: str, *ends: str) -> tuple[str, ...]:
    return tuple(prefix + end for end in ends)


_ANGLE = ("Degrees", "Minutes", "Seconds", "Hemisphere")
_LENGTH = ("Number", "NumberTo", "Unit")
_DATE = ("Year", "Month", "Day")
_PERSON = ("GivenName", "FamilyName")
_HIDING = ("openIsObscured", "openGeoprivacy", "openTaxonGeoprivacy")
_POINT = ("openLatitude", "openLongitude", "exactLatitude", "exactLongitude")

# Of two wholes for one term the first that has something to say is written there.
WHOLES = (
    Whole("verbatimLatitude", "Latitude", _names("latitude", *_ANGLE), _of_degrees("latitude")),
    Whole("verbatimLongitude", "Longitude", _names("longitude", *_ANGLE), _of_degrees("longitude")),
    Whole(
        "verbatimCoordinates",
        "UTM",
        _names("utm", "Zone", "Band", "Hemisphere", "Easting", "Northing"),
        _of_utm,
    ),
    Whole(
        "verbatimCoordinates",
        "TRS",
        ("township", "range", "section", "sectionDetails"),
        _of_trs,
    ),
    Whole(
        "coordinateUncertaintyInMeters",
        "Uncertainty",
        _names("uncertainty", "Number", "Unit"),
        _of_length("uncertainty"),
        needs="uncertaintyUnit",
    ),
    Whole("verbatimElevation", "Elevation", _names("elevation", *_LENGTH), _of_length("elevation")),
    Whole("verbatimDepth", "Depth", _names("depth", *_LENGTH), _of_length("depth")),
    Whole("eventDate2", "Date: end", _names("end", *_DATE), _of_date("end")),
    Whole(
        "dateIdentified", "Date Identified", _names("identified", *_DATE), _of_date("identified")
    ),
    Whole("recordedBy", "Collector", _names("collector", *_PERSON), _of_name("collector")),
    Whole("identifiedBy", "Identified By", _names("determiner", *_PERSON), _of_name("determiner")),
    Whole("decimalLatitude", "iNaturalist latitude", _POINT, _of_point("Latitude")),
    Whole("decimalLongitude", "iNaturalist longitude", _POINT, _of_point("Longitude")),
    Whole(
        "coordinateUncertaintyInMeters",
        "iNaturalist accuracy",
        ("openAccuracy", "openPublicAccuracy", *_POINT, *_HIDING),
        _of_accuracy,
    ),
    Whole("locality", "iNaturalist place", ("openPlace", "exactPlace", *_POINT), _of_place),
    Whole("dataGeneralizations", "iNaturalist obscured", (*_POINT, *_HIDING), _of_obscurity),
    Whole("recordSecurity", "iNaturalist security", (*_POINT, *_HIDING), _of_security),
)

_NUMBERED = re.compile(
    r"(?P<name>.*?[^\W\d_].*?)[\s,;]+(?:(?:[Nn]o|[Nn]r|[Nn]|[Nn]º|#)[.:\s]*)?(?P<number>\d[\w/-]*)"
)


def collector_and_number(text: str) -> tuple[str, str]:
    """Set the number behind a collector apart: "L. Gómez 2201" → L. Gómez, 2201.

    Text that does not end in one number is all collector.
    """
    found = _NUMBERED.fullmatch(text)
    if not found or any(map(str.isdigit, found["name"])):
        return text, ""
    return found["name"].strip(), found["number"]
