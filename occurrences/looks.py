"""What the values of a column look like, for files whose headers say nothing.

    look(["Quercus alba L.", "Q. rubra"]) → ("scientificName",)
    look(["33.12", "-33.5"])              → ("decimalLatitude", "decimalLongitude")

A look is a proposal that a person sees beside the values; it is never more than that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from biocollections import places
from biocollections.gazetteer import COUNTY, STATE
from darwincore.coordinates import Pair, axis, coordinate_pair
from darwincore.dates import parse_date
from darwincore.elevations import measure
from darwincore.interpret import interpret
from darwincore.places import country_coded, country_named, number

_UUID = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|urn:(?:catalog|lsid):\S+", re.I
)
_PICTURE = re.compile(r"https?://\S+\.(?:jpe?g|png|tiff?|gif|webp)\b\S*", re.I)
_BARCODE = re.compile(
    r"[A-Z]{1,10}[-_ .:]{0,2}(?:[A-Z]{1,5}[-_ ]{1,2})?\d{3,12}(?:[-.]?[A-Za-z0-9]{1,2})?|\d{6,14}"
)
_PARTICLES = frozenset(
    "de del la las los el en y e o a al da do dos das no na em of the and in on at near to from by "
    "with von bei am im der die das und auf le les du des sur au aux et und km road river creek "
    "forest national park county state woodland hill slope side "
    "along".split()
)
_NAME = re.compile(
    r"[A-Z][a-z]{2,}(?:-[a-z]+)?\s+(?:[×xX]\s?)?(?P<epithet>[a-z-]{3,}|sp\.|spp\.|cf\.|aff\.)"
    r"(?P<rest>(?:\s+.{1,80})?)"
)
_FAMILY = re.compile(r"[A-Z][a-z]+(?:aceae|idae)")
_PERSON = re.compile(
    r"(?:[A-Z]\.[\s-]?){1,3}\s?(?:(?:de|van|von|del|da|la)\s)*[A-Z][\w'’-]+"
    r"|[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?,\s?(?:[A-Z]\.[\s-]?){1,3}"
)
_TYPE = re.compile(r"(?:holo|iso|para|lecto|syn|neo|epi|topo|allo)typ(?:e|us)s?\b.*", re.I)


class _Placed(NamedTuple):
    """The look of names of places of one kind."""

    kind: str


Look = Callable[[str], bool] | _Placed


def look(values: Sequence[str]) -> tuple[str, ...]:
    """Return the targets that some sample values look like, the likeliest first; () for none.

    Four of five values must look alike. The caller takes the first that is free.
    """
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return ()
    for targets, fits in _LOOKS:
        if _fitting(fits, filled) >= len(filled) * 0.8 and (
            targets not in _DISTINCT or _differ(filled)
        ):
            return targets
    return _sentence(filled)


def _fitting(fits: Look, filled: Sequence[str]) -> int:
    """Count the values that fit; those that name a place are looked up in one go."""
    if not isinstance(fits, _Placed):
        return sum(map(fits, filled))
    names = [text for text in filled if len(text) > 2 and not text.isdigit()]
    if len(names) < len(filled) * 0.8:
        return 0
    index = places.current()  # asks the database
    return sum(bool(index.called(fits.kind, text)) for text in names)


def strikes(values: Sequence[str]) -> tuple[str, ...]:
    """Return what values look like that is striking: a species, or a pair of degrees."""
    filled = [value.strip() for value in values if value.strip()]
    for target, fits in (("scientificName", is_name), ("verbatimCoordinates", _is_pair)):
        if len(filled) > 1 and sum(map(fits, filled)) >= len(filled) * 0.8:
            return (target,)
    return ()


def _differ(filled: Sequence[str]) -> bool:
    return len(set(filled)) == len(filled)


def _sentence(filled: Sequence[str]) -> tuple[str, ...]:
    """Long texts are a locality, what follows them a habitat, then notes."""
    words = sum(len(value.split()) for value in filled) / len(filled)
    return ("locality", "habitat", "occurrenceRemarks") if words >= 4 else ()


def is_name(text: str) -> bool:
    """Tell whether a text is a scientific name of a species, with or without its authors."""
    found = _NAME.fullmatch(text)
    if not found or found["epithet"] in _PARTICLES:
        return False
    return not _PARTICLES.intersection(found["rest"].lower().split()[:1])


def is_type(text: str) -> bool:
    """Tell whether a text is the status of a type: "Holotype of X"."""
    return bool(_TYPE.fullmatch(text.strip()))


def is_date(text: str) -> bool:
    """Tell whether a text is a date with a day or a month; a number alone is none."""
    read = parse_date(text)
    return bool(read.period) and not text.isdigit() and any(map(str.isdigit, text))


def _is_year(text: str) -> bool:
    return text.isdigit() and 1600 <= int(text) <= 2100 if len(text) == 4 else False


def _is_pair(text: str) -> bool:
    plain = any(letter.isalpha() or letter in "°'," for letter in text)
    return plain and isinstance(coordinate_pair(text), Pair)


def _is_axis(*letters: str) -> Callable[[str], bool]:
    latitude = letters[0] == "N"

    def fits(text: str) -> bool:
        read = axis(text, latitude)
        lettered = any(letter in text.upper() for letter in letters)
        return not isinstance(read, str) and read.signed and lettered

    return fits


def _is_degrees(most: int) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        read = number(text)
        return read is not None and "." in text.replace(",", ".") and 0 < abs(read) <= most

    return fits


def _is_length(text: str) -> bool:
    read = measure(text)
    return bool(read and read.unit and any(map(str.isdigit, text)))


def _is_basis(text: str) -> bool:
    return not interpret({"basisOfRecord": text}).issues and len(text) > 5


def _is_country(text: str) -> bool:
    return len(text) > 2 and country_named(text) is not None


def _is_code(text: str) -> bool:
    return len(text) == 2 and text.isupper() and country_coded(text) is not None


def _is_small(text: str) -> bool:
    return text.isdigit() and len(text) <= 5


_LOOKS: tuple[tuple[tuple[str, ...], Look], ...] = (
    (("occurrenceID",), lambda text: bool(_UUID.fullmatch(text))),
    (("associatedMedia",), lambda text: bool(_PICTURE.match(text))),
    (("basisOfRecord",), _is_basis),
    (("typeStatus",), is_type),
    (("year",), _is_year),
    (("eventDate", "dateIdentified"), is_date),
    (("verbatimCoordinates",), _is_pair),
    (("verbatimLatitude",), _is_axis("N", "S")),
    (("verbatimLongitude",), _is_axis("E", "W", "O")),
    (("verbatimElevation",), _is_length),
    (("decimalLatitude", "decimalLongitude"), _is_degrees(90)),
    (("decimalLongitude",), _is_degrees(180)),
    (("family",), lambda text: bool(_FAMILY.fullmatch(text))),
    (("scientificName",), is_name),
    (("catalogNumber",), lambda text: bool(_BARCODE.fullmatch(text))),
    (("countryCode",), _is_code),
    (("country",), _is_country),
    (("stateProvince",), _Placed(STATE)),
    (("county", "municipality"), _Placed(COUNTY)),
    (("recordedBy", "identifiedBy"), lambda text: bool(_PERSON.match(text))),
    (("recordNumber",), _is_small),
)
_DISTINCT = {("catalogNumber",), ("occurrenceID",)}
