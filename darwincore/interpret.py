"""Read the texts of one record into values, keeping what was written wherever it was changed.

    interpret({"eventDate": "14.vii.1932", "decimalLatitude": "33.10", …})

Everything that comes from outside passes through here: rows of a file, fields of a form. Terms that
belong together (the date terms, the coordinates…) are read as a group, a pure function of their
texts that is remembered, because a column repeats itself.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .dates import DateRead, parse_date
from .elevations import measure
from .eventdate import DATE_TERMS, LABEL_GIVES_WAY, read_date_identified, read_dates, read_label
from .finding import Found, Group, Texts
from .georeference import (
    DECIMAL_TERMS,
    WRITTEN_TERMS,
    derive_coordinates,
    read_coordinates,
    read_uncertainty,
)
from .hints import Hints
from .issues import Issue
from .places import (
    Country,
    country_coded,
    country_named,
    is_historic,
    is_shared_name,
    names_nothing,
    number,
    same_country,
)
from .terms import BY_NAME, IDENTIFICATION_TERMS

__all__ = [
    "Hints",
    "Interpretation",
    "determination_key",
    "identifiers",
    "interpret",
    "interpret_identification",
]


class Interpretation(NamedTuple):
    """A record as it was understood.

    values: our column → text, int, Decimal, bool or date; a blank text gives no key. verbatim: term
    → what was written, only where the value is something else. derived: the columns that were
    filled from other terms than their own, which an update may not want to overwrite.
    """

    values: dict[str, object]
    verbatim: dict[str, str]
    issues: list[Issue]
    derived: set[str]


def interpret(core: Mapping[str, str], hints: Hints | None = None) -> Interpretation:
    """Read a record. Never raises.

    core: Darwin Core or Symbiota term name → text; also eventDate2 (the end of the date) and
    localitySecurity. Other names are passed over, otherCatalogNumbers too: see `identifiers`.
    hints: what is known of the columns that the texts come from; what it changed stays verbatim.
    """
    return _hinted(core, hints, _RECORD_PLAN) if hints else _interpreted(core, _RECORD_PLAN)


def interpret_identification(
    cells: Mapping[str, str], hints: Hints | None = None
) -> Interpretation:
    """Read one determination: the columns of `terms.IDENTIFICATION_TERMS`, and `is_current`."""
    if hints:
        return _hinted(cells, hints, _IDENTIFICATION_PLAN)
    return _interpreted(cells, _IDENTIFICATION_PLAN)


def determination_key(values: Mapping[str, object]) -> tuple[str, str, str]:
    """Return what makes two determinations the same: name, determiner and date.

    values: columns as interpreted. Case and spacing do not count; blank is the same as "unknown"
    for the determiner and as "s.d." for the date.
    """
    name, determiner, when = (
        " ".join(str(values.get(column) or "").casefold().split())
        for column in ("scientific_name", "identified_by", "date_identified")
    )
    return (
        name,
        "" if determiner.strip(" .[]?") in ("unknown", "unk", "anonymous") else determiner,
        "" if parse_date(when) == DateRead(None) else when,
    )


_TAGGED = re.compile(r"([^\W\d_][^:;|]{0,44}):\s+(.+)", re.DOTALL)


def identifiers(text: str) -> list[tuple[str, str]]:
    """Read otherCatalogNumbers: "Accession: 12; old-7 | Barcode: 3" → tag and value, in order.

    A tag ends in a colon and a blank, so that urn:x:y and https://… are values without a tag.
    """
    found = []
    for part in filter(None, map(str.strip, re.split(r"[;|]", text))):
        tagged = _TAGGED.fullmatch(part)
        found.append((tagged[1].strip(), tagged[2].strip()) if tagged else ("", part))
    return list(dict.fromkeys(found))


class _Plan:
    """Where each term goes: to its column as text, to a group of terms, or to both."""

    def __init__(self, columns: Mapping[str, str], groups: Sequence[Group]):
        bits = {term: 1 << at for at, group in enumerate(groups) for term in group.terms}
        names = columns.keys() | bits.keys()
        self.places = {name: (columns.get(name, ""), bits.get(name, 0)) for name in names}
        self.blank = dict.fromkeys(bits, "")
        self.groups = groups
        self.chosen: dict[int, list[Group]] = {}

    def groups_of(self, bits: int) -> list[Group]:
        """Return the groups that a set of bits names; files use few sets."""
        if bits not in self.chosen:
            self.chosen[bits] = [group for at, group in enumerate(self.groups) if bits >> at & 1]
        return self.chosen[bits]


def _interpreted(cells: Mapping[str, str], plan: _Plan) -> Interpretation:
    values: dict[str, object] = {}
    texts = dict(plan.blank)
    wanted = 0
    place_of = plan.places.get
    for name, text in cells.items():
        if text and (place := place_of(name)) and (text := text.strip()):
            column, bit = place
            if column:
                values[column] = text
            if bit:
                texts[name] = text
                wanted |= bit
    result = Interpretation(values, {}, [], set())
    if wanted:
        today = date.today()
        for group in plan.groups_of(wanted):
            if group.unless and not result.values.keys().isdisjoint(group.unless):
                continue
            _merge(result, group.found(tuple(map(texts.__getitem__, group.terms)), today))
    return result


def _hinted(cells: Mapping[str, str], hints: Hints, plan: _Plan) -> Interpretation:
    """Read the texts as the hints settle them, and tell of them as they were written."""
    settled, written = hints.settled(cells)
    result = _interpreted(settled, plan)
    for at, issue in enumerate(result.issues):
        if issue.term in written and issue.value == settled[issue.term][:200]:
            result.issues[at] = issue._replace(value=written[issue.term][:200])
    for term, text in written.items():
        column = plan.places.get(term, ("", 0))[0]
        if column in result.values:  # a text that is kept as it stands
            result.values[column] = text
        else:
            result.verbatim[term] = text
        for other in result.derived:  # what could not be read stands in a verbatim column
            if other.startswith("verbatim") and result.values.get(other) == settled[term]:
                result.values[other] = text
    return result


def _merge(result: Interpretation, found: Found) -> None:
    result.values.update(found.values)
    if found.verbatim:
        result.verbatim.update(found.verbatim)
    if found.issues:
        result.issues.extend(found.issues)
    if found.derived:
        result.derived.update(found.derived)
    if not found.spare:
        return
    for column, text in found.spare.items():
        if column not in result.values:
            result.values[column] = text
            result.derived.add(column)


# Elevation and depth


class _Range(NamedTuple):
    """A pair of terms in metres, the verbatim term beside it, and what is likely."""

    prefix: str
    low: str
    high: str
    verbatim: str
    least: int
    most: int


_ELEVATION = _Range(
    "ELEVATION",
    "minimumElevationInMeters",
    "maximumElevationInMeters",
    "verbatimElevation",
    -500,
    9000,
)
_DEPTH = _Range("DEPTH", "minimumDepthInMeters", "maximumDepthInMeters", "verbatimDepth", 0, 11000)


@lru_cache(maxsize=4096)
def _read_elevation(texts: Texts, today: date) -> Found:
    return _read_range(texts, _ELEVATION)


@lru_cache(maxsize=4096)
def _read_depth(texts: Texts, today: date) -> Found:
    return _read_range(texts, _DEPTH)


def _read_range(texts: Texts, terms: _Range) -> Found:
    """Read metres from both terms, or from a verbatim text that gives its unit.

    A minimum above its maximum is exchanged with it, with an issue; both texts stay verbatim.
    """
    found = Found()
    low_column, high_column = BY_NAME[terms.low].column, BY_NAME[terms.high].column
    if not texts[0] and not texts[1]:
        read = measure(texts[2])
        ends = {low_column: read.low, high_column: read.high} if read and read.unit else {}
        said = {column: end for column, end in ends.items() if end is not None}
        if sorted(said.values()) == list(said.values()) and all(
            terms.least <= end <= terms.most for end in said.values()
        ):
            found.add_derived(**said)
        return found
    low, beyond = _metres(texts[0], terms.low, terms, found)
    below, high = _metres(texts[1], terms.high, terms, found)
    if high is None and beyond != low:
        high = beyond
        found.derived.add(high_column)
    if low is None and below != high:
        low = below
        found.derived.add(low_column)
    if low is not None and high is not None and low > high:
        found.note(f"{terms.prefix}_MIN_MAX_SWAPPED", terms.low, texts[0])
        found.verbatim.update({terms.low: texts[0], terms.high: texts[1]})
        low, high = high, low
    for column, term, value in ((low_column, terms.low, low), (high_column, terms.high, high)):
        if value is not None:
            found.values[column] = value
            if not terms.least <= value <= terms.most:
                found.note(f"{terms.prefix}_UNLIKELY", term, str(value))
    return found


def _metres(
    text: str, term: str, terms: _Range, found: Found
) -> tuple[Decimal | None, Decimal | None]:
    if not text:
        return None, None
    read = measure(text)
    if read is None:
        found.note(f"{terms.prefix}_NON_NUMERIC", term, text)
    elif read.unit not in ("", "m"):
        found.note(f"{terms.prefix}_NOT_METRIC", term, text)
    if number(text) is None:
        found.verbatim[term] = text
        found.spare[BY_NAME[terms.verbatim].column] = text
    return (read.low, read.high) if read else (None, None)


# Country


@lru_cache(maxsize=4096)
def _read_country(texts: Texts, today: date) -> Found:
    """Read country and countryCode; one that is blank, or a code that is none, is filled."""
    found = Found()
    text, code = texts
    named = _country_in_words(text, found) if text else None
    coded = _country_in_code(code, text, found) if code else None
    if named and coded and not same_country(named.code, coded.code):
        found.note("COUNTRY_MISMATCH", "country", text)
    if named and "country_code" not in found.values:
        found.add_derived(country_code=named.code)
    if coded and not text:
        found.add_derived(country=coded.name)
    return found


def _country_in_words(text: str, found: Found) -> Country | None:
    # "NA" is Namibia's code, but in a column of names it stands for nothing.
    coded = country_coded(text) if text != "NA" else None
    if coded:
        found.values["country"] = coded.name
        found.verbatim["country"] = text
        return coded
    found.values["country"] = text
    named = country_named(text)
    if is_historic(text):
        found.note("COUNTRY_HISTORIC", "country", text)
    elif named is None and not is_shared_name(text) and not names_nothing(text):
        found.note("COUNTRY_INVALID", "country", text)
    return named


def _country_in_code(code: str, text: str, found: Found) -> Country | None:
    blank = code == text == "NA"
    coded = None if blank else country_coded(code.upper()) or country_named(code)
    if coded is None and code.upper() in ("XK", "XZ", "ZZ"):  # Kosovo, high seas, unknown
        found.values["country_code"] = code.upper()
        return None
    if coded is None:
        if not blank:
            found.note("COUNTRY_INVALID", "countryCode", code)
        found.verbatim["countryCode"] = code
        return None
    found.values["country_code"] = coded.code
    if coded.code != code:
        found.verbatim["countryCode"] = code
    return coded


# Vocabularies

_BASES = {
    "PreservedSpecimen": "preserved specimen specimens herbariumspecimen herbariumsheet voucher"
    " vouchers voucherspecimen pinnedspecimen museumspecimen collection driedspecimen sheet"
    " especimenpreservado ejemplarpreservado physicalspecimen fluidspecimen preservedrecord",
    "FossilSpecimen": "fossil fossils especimenfosil ejemplarfosil",
    "LivingSpecimen": "living livingcollection especimenvivo ejemplarvivo culture germplasm",
    "HumanObservation": "observation observations human sighting observacionhumana fieldobservation"
    " visualobservation photo photograph",
    "MachineObservation": "machine observaciondemaquina cameratrap",
    "MaterialSample": "sample tissue tissuesample environmentalsample edna dna genomicdna",
    "MaterialEntity": "",
    "MaterialCitation": "literature citation publication",
    "Occurrence": "unknown",
}
_BASIS_BY_TEXT = {
    text: basis for basis, others in _BASES.items() for text in (basis.lower(), *others.split())
}


@lru_cache(maxsize=1024)
def _read_basis(texts: Texts, today: date) -> Found:
    found = Found()
    (text,) = texts
    basis = _BASIS_BY_TEXT.get(re.sub(r"[\W\d_]+", "", text.rpartition("/")[2]).lower())
    if basis:
        found.values["basis_of_record"] = basis
    else:
        found.note("BASIS_OF_RECORD_INVALID", "basisOfRecord", text)
    if basis != text:
        found.verbatim["basisOfRecord"] = text
    return found


_NO_TYPE = {"none", "no", "na", "nottype", "notatype", "notype", "nontype", "null", "false", "nil"}


@lru_cache(maxsize=4096)
def _read_type_status(texts: Texts, today: date) -> Found:
    found = Found()
    (text,) = texts
    letters = re.sub(r"[\W\d_]+", "", text).lower()
    if letters in _NO_TYPE or not letters:
        found.verbatim["typeStatus"] = text
        return found
    found.values["type_status"] = text
    if not re.search(r"typ[euo]|tipo", letters):
        found.note("TYPE_STATUS_INVALID", "typeStatus", text)
    return found


_SECURITY_TERMS = ("recordSecurity", "localitySecurity")


@lru_cache(maxsize=1024)
def _read_security(texts: Texts, today: date) -> Found:
    """Read the level of protection, the strictest of several; what is not understood protects."""
    found = Found()
    levels = []
    for term, text in zip(_SECURITY_TERMS, texts, strict=True):
        stated = text.split()
        known = [int(level) for level in stated if level in ("0", "1", "5")]
        levels += known
        if len(known) < len(stated):
            levels.append(1)
            found.note("SECURITY_INVALID", term, text)
            found.verbatim[term] = text
    if levels:
        found.values["record_security"] = max(levels)
    return found


_YES = {"1", "true", "t", "yes", "y", "si", "sí", "x", "cultivated", "captive", "cultivada"}
_NO = {"0", "false", "f", "no", "n", "wild", "natural", "silvestre"}


def _truth(text: str) -> bool | None:
    folded = text.lower()
    return True if folded in _YES else False if folded in _NO else None


def _boolean_group(term: str, column: str) -> Group:
    @lru_cache(maxsize=256)
    def read(texts: Texts, today: date) -> Found:
        found = Found()
        (text,) = texts
        value = _truth(text)
        if value is None:
            found.note("BOOLEAN_INVALID", term, text)
            found.verbatim[term] = text
        else:
            found.values[column] = value
        return found

    return Group((term,), read)


def _number_group(term: str, column: str) -> Group:
    @lru_cache(maxsize=4096)
    def read(texts: Texts, today: date) -> Found:
        found = Found()
        (text,) = texts
        value = number(text)
        if value is None:
            found.note("NUMBER_INVALID", term, text)
            found.verbatim[term] = text
        else:
            found.values[column] = value
        return found

    return Group((term,), read)


# Which terms are read by which group, and which are texts

_OWN_GROUPS = (
    Group(DATE_TERMS, read_dates),
    Group(("verbatimEventDate",), read_label, unless=LABEL_GIVES_WAY),
    Group(("dateIdentified",), read_date_identified),
    Group(DECIMAL_TERMS, read_coordinates),
    Group(WRITTEN_TERMS, derive_coordinates, unless=("decimal_latitude",)),
    Group(("coordinateUncertaintyInMeters",), read_uncertainty),
    Group((_ELEVATION.low, _ELEVATION.high, _ELEVATION.verbatim), _read_elevation),
    Group((_DEPTH.low, _DEPTH.high, _DEPTH.verbatim), _read_depth),
    Group(("country", "countryCode"), _read_country),
    Group(("basisOfRecord",), _read_basis),
    Group(("typeStatus",), _read_type_status),
    Group(_SECURITY_TERMS, _read_security),
)
_GROUPED = {term for group in _OWN_GROUPS for term in group.terms}
_SINGLE_GROUPS = tuple(
    (_boolean_group if term.kind == "boolean" else _number_group)(term.name, term.column)
    for term in BY_NAME.values()
    if term.kind in ("boolean", "number") and term.name not in _GROUPED
)
# Single terms come first: what they say is not filled from others.
_GROUPS = _SINGLE_GROUPS + _OWN_GROUPS
_IDENTIFICATION_GROUPS = (
    Group(("dateIdentified",), read_date_identified),
    _boolean_group("identificationIsCurrent", "is_current"),
)


# Texts that stay as they are, even where a group reads them too.
_ALSO_TEXT = {"verbatimEventDate", *WRITTEN_TERMS, _ELEVATION.verbatim, _DEPTH.verbatim}
_READ_BY_GROUP = {term for group in _GROUPS for term in group.terms} - _ALSO_TEXT
_TEXT_COLUMNS = {
    term.name: term.column
    for term in BY_NAME.values()
    if term.column and term.kind == "text" and term.name not in _READ_BY_GROUP
}
_RECORD_PLAN = _Plan(
    _TEXT_COLUMNS | {"localitySecurityReason": BY_NAME["securityReason"].column}, _GROUPS
)
_IDENTIFICATION_PLAN = _Plan(
    {
        term.name: term.column
        for term in IDENTIFICATION_TERMS
        if term.kind == "text" and term.name != "dateIdentified"
    },
    _IDENTIFICATION_GROUPS,
)
