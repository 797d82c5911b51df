"""Where a record says it is from: decimal coordinates, those written in words, their uncertainty.

Each function reads a group of terms that belong together, as `interpret` asks for it, and is
remembered by its texts, because a column repeats itself.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from .coordinates import INVALID, Pair, angle, axis, coordinate_pair
from .elevations import measure
from .finding import Found, Texts
from .grids import grid_point, without_datum
from .places import number

DECIMAL_TERMS = ("decimalLatitude", "decimalLongitude")
WRITTEN_TERMS = (
    "verbatimLatitude",
    "verbatimLongitude",
    "verbatimCoordinates",
    "geodeticDatum",
)


@lru_cache(maxsize=4096)
def read_coordinates(texts: Texts, today: date) -> Found:
    """Read both decimal coordinates."""
    found = Found()
    latitude = _axis(texts[0], True, found)
    longitude = _axis(texts[1], False, found)
    if latitude is not None and longitude is not None:
        code = _refusal(latitude, longitude)
        if code:
            out = 0 if code == "ZERO_COORDINATE" or abs(latitude) > 90 else 1
            found.note(code, DECIMAL_TERMS[out], texts[out])
        else:
            found.values.update(decimal_latitude=latitude, decimal_longitude=longitude)
    elif not found.issues:
        alone = 0 if texts[0] else 1
        found.note("COORDINATE_INCOMPLETE", DECIMAL_TERMS[alone], texts[alone])
    for term, column, text in zip(
        DECIMAL_TERMS, ("decimal_latitude", "decimal_longitude"), texts, strict=True
    ):
        if text and (column not in found.values or number(text) is None):
            found.verbatim[term] = text
    return found


def _axis(text: str, latitude: bool, found: Found) -> Decimal | None:
    """Read one decimal coordinate; degrees with minutes must say their hemisphere."""
    if not text:
        return None
    plain = number(text.rstrip(" °º"))
    if plain is not None:
        return plain
    term = "decimalLatitude" if latitude else "decimalLongitude"
    found.spare["verbatim_latitude" if latitude else "verbatim_longitude"] = text
    read = axis(text, latitude)
    if isinstance(read, str) or not read.signed:
        found.note(read if isinstance(read, str) else "COORDINATE_HEMISPHERE_MISSING", term, text)
        return None
    return read.degrees


def _refusal(latitude: Decimal, longitude: Decimal) -> str:
    """Return the code for a pair that is no place to keep, or blank."""
    if latitude == 0 and longitude == 0:
        return "ZERO_COORDINATE"
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return ""
    swapped = abs(longitude) <= 90 and abs(latitude) <= 180
    return "PRESUMED_SWAPPED_COORDINATE" if swapped else "COORDINATE_OUT_OF_RANGE"


@lru_cache(maxsize=4096)
def derive_coordinates(texts: Texts, today: date) -> Found:
    """Fill the decimal coordinates from text that leaves no doubt; say nothing of other text."""
    found = Found()
    latitude, longitude, both, datum = texts
    if not (latitude or longitude or both):
        return found
    term, written = "verbatimCoordinates", both
    north, east = angle(latitude, True), angle(longitude, False)
    pair: Pair | str
    if north and east and north.signed and east.signed:
        pair = Pair(north.degrees, east.degrees, max(north.step, east.step))
    else:
        if not both:
            term, written = "verbatimLatitude", latitude
        pair = coordinate_pair(both or f"{latitude}; {longitude}")
        if pair == INVALID and both:
            pair = _pair_on_grid(both, datum, found)
    if isinstance(pair, str):
        if pair not in ("", INVALID):
            found.note(pair, term, written)
    elif not _refusal(pair.latitude, pair.longitude):
        found.add_derived(decimal_latitude=pair.latitude, decimal_longitude=pair.longitude)
        if pair.step:
            found.spare["coordinate_precision"] = pair.step
    return found


def _pair_on_grid(text: str, datum: str, found: Found) -> Pair | str:
    """Read UTM or MGRS; a grid text that contradicts itself is an issue, other text is none."""
    read = grid_point(text, datum)
    if read is None:
        rest, named = without_datum(text)
        pair = coordinate_pair(rest) if named else ""
        if isinstance(pair, Pair):
            found.spare["geodetic_datum"] = named
        return pair
    if isinstance(read, str):
        found.note(read, "verbatimCoordinates", text)
        return ""
    if read.datum:
        found.spare["geodetic_datum"] = read.datum
    else:
        found.note("GEODETIC_DATUM_ASSUMED_WGS84", "verbatimCoordinates", text)
    return Pair(read.latitude, read.longitude, read.degrees)


@lru_cache(maxsize=4096)
def read_uncertainty(texts: Texts, today: date) -> Found:
    """Read the uncertainty of the coordinates, in metres."""
    found = Found()
    (text,) = texts
    read = measure(text)
    most = read.high if read and read.low in (None, read.high) else None
    if most is None or most <= 0:
        found.note("COORDINATE_UNCERTAINTY_METERS_INVALID", "coordinateUncertaintyInMeters", text)
        found.verbatim["coordinateUncertaintyInMeters"] = text
        return found
    found.values["coordinate_uncertainty_in_meters"] = most
    if number(text) != most:
        found.verbatim["coordinateUncertaintyInMeters"] = text
    return found
