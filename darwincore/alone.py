"""Read one text under one term, by itself, and tell what was understood.

    read_alone("eventDate", "14.vii.1932") → eventDate 1932-07-14, year 1932 …, precision day

It is the reading that imports and forms do (`interpret`), without the rest of a record: a latitude
needs no longitude here.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from .coordinates import axis
from .dates import parse_date
from .elevations import measure
from .interpret import interpret
from .issues import Issue
from .places import number
from .terms import BY_COLUMN, term_named


class Reading(NamedTuple):
    """What a text says. values: Darwin Core term → value, empty where nothing was understood.

    precision: of a date year, month, day or interval; of a point or length its finest step with
    the unit, or "range"; blank for everything else.
    """

    verbatim: str
    values: dict[str, object]
    precision: str
    issues: list[Issue]


class UnknownTerm(ValueError):
    """There is no such term."""


def read_alone(term: str, text: str) -> Reading:
    """Read a text under a term, whatever the case of its name. Raises UnknownTerm."""
    known = term_named(term)
    if known is None:
        raise UnknownTerm(term)
    if known.name in _AXES:
        return _axis_alone(known.name, text)
    found = interpret({known.name: text})
    values = {
        BY_COLUMN[column].name: value
        for column, value in found.values.items()
        if column in BY_COLUMN and not BY_COLUMN[column].name.startswith("verbatim")
    }
    issues = found.issues
    if not values and not issues and (code := _unread(known.name, text)):
        issues = [Issue(code, known.name, text[:200])]
    told = _PRECISIONS.get(known.name)
    return Reading(text, values, told(text.strip(), values) if told else "", issues)


def _unread(term: str, text: str) -> str:
    """Return the code for a text of which a record would be left with nothing but itself."""
    kind = _KINDS.get(term)
    if not kind or not any(map(str.isdigit, text)):
        return ""
    if kind == "COORDINATE":
        return "COORDINATE_INVALID"
    read = measure(text)
    if read is None:
        return f"{kind}_NON_NUMERIC"
    return f"{kind}_UNLIKELY" if read.unit else f"{kind}_UNIT_MISSING"


_KINDS = {
    "verbatimCoordinates": "COORDINATE",
    "verbatimElevation": "ELEVATION",
    "verbatimDepth": "DEPTH",
}


# One axis

_AXES = {
    "decimalLatitude": True,
    "decimalLongitude": False,
    "verbatimLatitude": True,
    "verbatimLongitude": False,
}


def _axis_alone(term: str, text: str) -> Reading:
    """Read a latitude or longitude; only the decimal terms have a sign by convention."""
    latitude = _AXES[term]
    plain = number(text.rstrip(" °º")) if term.startswith("decimal") else None
    if not text.strip():
        return Reading(text, {}, "", [])
    read = axis(text.strip(), latitude)
    code, degrees, step = "", plain, Decimal(0)
    if plain is None and isinstance(read, str):
        code = read
    elif plain is None and not isinstance(read, str):
        degrees, step = read.degrees, read.step
        code = "" if read.signed else "COORDINATE_HEMISPHERE_MISSING"
    if not code and degrees is not None and abs(degrees) > (90 if latitude else 180):
        code = "COORDINATE_OUT_OF_RANGE"
    if code or degrees is None:
        return Reading(text, {}, "", [Issue(code, term, text[:200])])
    value: dict[str, object] = {"decimalLatitude" if latitude else "decimalLongitude": degrees}
    if step:
        value["coordinatePrecision"] = step
    return Reading(text, value, f"{step or _step(degrees)} degrees", [])


# How exact it is


def _step(value: object) -> Decimal:
    """Return the step of a number's last digit: 0.01 for 33.10, 1 for 1200."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return Decimal(1).scaleb(min(int(exponent), 0))


def _of_date(text: str, values: dict[str, object]) -> str:
    read = parse_date(str(values.get("eventDate") or values.get("dateIdentified") or ""))
    return read.period.precision if read.period else ""


def _of_point(text: str, values: dict[str, object]) -> str:
    if "decimalLatitude" not in values:
        return ""
    both = (values["decimalLatitude"], values["decimalLongitude"])
    return f"{values.get('coordinatePrecision') or max(map(_step, both))} degrees"


def _of_length(text: str, values: dict[str, object]) -> str:
    read = measure(text)
    if not values or read is None:
        return ""
    if read.low != read.high:
        return "range"
    return f"{_step(read.low)} {'ft' if read.unit in _PRIMES else read.unit or 'm'}"


_PRIMES = set("'’′")


_PRECISIONS: dict[str, Callable[[str, dict[str, object]], str]] = {
    "eventDate": _of_date,
    "verbatimEventDate": _of_date,
    "dateIdentified": _of_date,
    "verbatimCoordinates": _of_point,
    **dict.fromkeys(
        (
            "verbatimElevation",
            "minimumElevationInMeters",
            "maximumElevationInMeters",
            "verbatimDepth",
            "minimumDepthInMeters",
            "maximumDepthInMeters",
            "coordinateUncertaintyInMeters",
        ),
        _of_length,
    ),
}
