"""Which column of a file means which term: guessed from its header, chosen by a person.

To recognise a source's header, add it to `occurrences.headers`. A target is a term's name, a part
of one (`occurrences.parts`), "identifier:TAG" (an additional identifier named TAG), "legacyID" (the
occid of a Symbiota portal), "sourceID" (the key the source knows the row by), "kept" for a column
that is kept in dynamicProperties, or "" for one that is not imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from darwincore import terms
from darwincore.definitions import definition
from darwincore.places import number
from occurrences.headers import (
    IDENTIFIER,
    SYNONYMS,
    exactly,
    fold,
    is_unclear_number,
    nearly,
    says_nothing,
    synonyms,
    unit_in,
)
from occurrences.looks import is_date, is_name, is_type, look, strikes
from occurrences.parts import PARTS

LEGACY_ID = "legacyID"
SOURCE_ID = "sourceID"
UNMAPPED = ""
# Kept in dynamicProperties under its header.
KEPT = "kept"
END_DATE = "eventDate2"
COLLECTOR_AND_NUMBER = "collectorAndNumber"

# A table that tells none of these tells of no specimen, whatever names or places it lists.
TELLING = frozenset(
    (
        "occurrenceID catalogNumber otherCatalogNumbers recordedBy recordNumber fieldNumber "
        "eventDate verbatimEventDate locality verbatimLocality decimalLatitude "
        "verbatimCoordinates verbatimLatitude basisOfRecord"
    ).split()
)


# Terms of which a file may hold the pieces in columns of their own.
_PIECES = {
    "recordnumberprefix": "recordNumber",
    "recordnumbersuffix": "recordNumber",
    "authorspecies": "scientificNameAuthorship",
    "authorinfraspecific": "scientificNameAuthorship",
    "recordsecurity": "recordSecurity",
    "localitysecurity": "recordSecurity",
}
# What cells say that hold nothing.
_NOTHING = frozenset(" na n/a nan null none nil unknown missing nd n.d. s/d ? - --".split(" "))
# Words in a header that speak against the look of its values.
_OTHERWISE = re.compile(
    r"host|assoc|parent|former|prev|prior|accept|old|syn|vern|common|imag|file|path|note|remark|file"
)


class Guess(TypedDict, total=False):
    """What a column may mean. ask: a person must say what its numbers are. by: "look" where the
    values told, "header" where another word than the term's name did."""

    column: str
    term: str
    ask: bool
    by: str


def guess(headers: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Guess]:
    """Return a guess a header, in their order.

    samples: some values of each column, to tell an epithet from a name and degrees from DMS, and
    for columns whose header says nothing. Exact names of terms win over synonyms, and headers of
    one meaning over those of several; of two columns for one target the first gets it, and the
    other stays unmapped.
    """
    guessing = _Guessing(headers, samples)
    guessing.take(_exactly, by="name")
    guessing.take(_only_meaning, by="header")
    guessing.take(_by_synonym, by="header")
    guessing.take(_nearly, by="header")
    guessing.take(_by_look, by="look")
    guessing.add_pieces()
    guessing.beside_hemispheres()
    guessing.in_units()
    return guessing.found()


class _Guessing:
    """The columns of a file while they are being guessed."""

    def __init__(self, headers: Sequence[str], samples: Sequence[Sequence[str]]) -> None:
        self.headers = headers
        self.samples = samples
        self.chosen = [UNMAPPED] * len(headers)
        self.by = [""] * len(headers)

    def values(self, at: int) -> list[str]:
        values = self.samples[at] if at < len(self.samples) else ()
        return [value for value in values if value.strip().lower() not in _NOTHING]

    def take(self, naming: Callable[[str, Sequence[str]], Iterable[str]], *, by: str) -> None:
        """Give each column that has no target yet the first free one that `naming` yields."""
        taken = set(self.chosen)
        for at, header in enumerate(self.headers):
            if self.chosen[at]:
                continue
            target = next((t for t in naming(header, self.values(at)) if t not in taken), UNMAPPED)
            self.chosen[at] = target
            if target:
                self.by[at] = by
                if target != KEPT:
                    taken.add(target)

    def add_pieces(self) -> None:
        """Let several columns share a term where their headers say that they are its pieces."""
        for at, header in enumerate(self.headers):
            target = _PIECES.get(fold(header))
            if target and not self.chosen[at]:
                self.chosen[at], self.by[at] = target, "header"

    def beside_hemispheres(self) -> None:
        """Take latitudes and longitudes beside a column of hemispheres for degrees."""
        for axis in ("latitude", "longitude"):
            if f"{axis}Hemisphere" not in self.chosen or f"{axis}Degrees" in self.chosen:
                continue
            decimal = f"decimal{axis.capitalize()}"
            if decimal in self.chosen and self.by[at := self.chosen.index(decimal)] != "name":
                self.chosen[at] = f"{axis}Degrees"

    def in_units(self) -> None:
        """Take numbers of which a header or another column tells the unit for numbers in it."""
        for at, header in enumerate(self.headers):
            unit, values = unit_in(header), self.values(at)
            if self.chosen[at] not in _ELEVATIONS or not unit or not _are_numbers(values):
                continue
            target = "minimumElevationInMeters" if unit == "m" else "elevationNumber"
            if target == self.chosen[at] or target not in self.chosen:
                self.chosen[at] = target
        metres = "coordinateUncertaintyInMeters"
        if "uncertaintyUnit" not in self.chosen or metres not in self.chosen:
            return
        if self.by[at := self.chosen.index(metres)] != "name":
            self.chosen[at] = "uncertaintyNumber"

    def found(self) -> list[Guess]:
        guesses = []
        for at, header in enumerate(self.headers):
            entry: Guess = {"column": header, "term": self.chosen[at]}
            if is_unclear_number(header):
                entry["ask"] = True
            if self.by[at] in ("header", "look"):
                entry["by"] = self.by[at]
            guesses.append(entry)
        return guesses


def _exactly(header: str, values: Sequence[str]) -> Iterator[str]:
    """Yield the term that is named so; a "type" that says holotype is the status of a type."""
    name = exactly(header)
    if name == "type" and any(map(is_type, values)):
        yield "typeStatus"
    elif name:
        yield name


def _only_meaning(header: str, values: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(_by_synonym(header, values)))
    return found if len(found) == 1 else []


def _by_synonym(header: str, values: Sequence[str]) -> Iterator[str]:
    folded = fold(header)
    for target in synonyms(header):
        if _suits(target, folded, header, values):
            yield target


def _nearly(header: str, values: Sequence[str]) -> Iterator[str]:
    for target in nearly(header):
        if _suits(target, fold(header), header, values):
            yield target


def _by_look(header: str, values: Sequence[str]) -> Iterator[str]:
    if says_nothing(header):
        yield from look(values)
    elif not _OTHERWISE.search(fold(header)) and fold(header) not in SYNONYMS:
        yield from strikes(values)


# Headers that are as often the name of a person, a place or a thing.
_SOFT_NAMES = frozenset(
    "name nombre nome nom determination det scientific art nomen form var".split()
)
_FEET = ("elevationNumber", "elevationNumberTo")
_ELEVATIONS = ("verbatimElevation", "minimumElevationInMeters")


def _suits(target: str, folded: str, header: str, values: Sequence[str]) -> bool:
    """Tell whether the sample values allow a target that only its header speaks for."""
    if folded in ("species", "especie", "espece", "art", "sp"):
        binomial = any(" " in value for value in values)
        return binomial == (target == "scientificName")
    if target == "scientificName" and folded in _SOFT_NAMES:
        return bool(values) and sum(map(is_name, values)) >= len(values) * 0.8
    if target == "coordinateUncertaintyInMeters" and folded in ("error", "accuracy", "radius"):
        return bool(values) and _are_numbers(values)
    if target in ("decimalLatitude", "decimalLongitude"):
        return _are_numbers(values)
    if target in ("verbatimLatitude", "verbatimLongitude"):
        return not values or not _are_numbers(values)
    if target in _FEET:
        return _are_numbers(values)
    if target == "minimumElevationInMeters":
        return _are_numbers(values) and (unit_in(header) == "m" or folded not in _UNIT_LACKS)
    if target == "eventDate" and folded == "data":
        return any(map(is_date, values))
    if target == LEGACY_ID:
        return all(value.isdigit() for value in values)
    if target == "recordNumber" and folded in ("no", "num", "number", "nr"):
        return any(any(map(str.isdigit, value)) for value in values) or not values
    return True


# English headers of elevations that are as often in feet.
_UNIT_LACKS = frozenset(("elevation", "elev", "alt"))


def _are_numbers(values: Sequence[str]) -> bool:
    """Tell whether four of five values are numbers: columns of numbers also say "unknown"."""
    return sum(number(value) is not None for value in values) >= len(values) * 0.8


def constants_of(headers: Sequence[str], mapping: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what headers say of all their values: the feet of "Elevation (ft)"."""
    targets = {entry["term"] for entry in mapping}
    for header, entry in zip(headers, mapping, strict=True):
        unit = unit_in(header)
        if unit and entry["term"] in _FEET and "elevationUnit" not in targets:
            return {"elevationUnit": unit}
    return {}


def is_occurrence_table(targets: Iterable[str], *, declared: bool = False) -> bool:
    """Tell whether columns mapped to `targets` can make records of specimens.

    It takes two terms, one of them TELLING. declared: an archive says that the table lists
    occurrences; then one term is enough.
    """
    found = {target for target in targets if target in terms.BY_NAME}
    if declared:
        return bool(found)
    return len(found) >= 2 and not TELLING.isdisjoint(found)


def is_table_of_names(headers: Iterable[str]) -> bool:
    """Tell whether these are the columns of a checklist."""
    return len(_OF_NAMES & {terms.simple_name(header).lower() for header in headers}) > 1


# What lists of names say, and lists of specimens hardly ever.
_OF_NAMES = frozenset(
    (
        "taxonid parentnameusageid acceptednameusageid originalnameusageid scientificnameid "
        "acceptednameusage parentnameusage taxonomicstatus nomenclaturalstatus taxonrank"
    ).split()
)


def is_target(text: str) -> bool:
    """Tell whether a column may be mapped to `text`."""
    if text.startswith(IDENTIFIER):
        return 0 < len(text.removeprefix(IDENTIFIER).strip()) <= 100
    return text in (UNMAPPED, LEGACY_ID, SOURCE_ID, KEPT) or text in terms.BY_NAME or text in PARTS


# How several columns of one term become one text: "first" is the first that is filled.
JOINERS: Mapping[str, str | None] = {
    "first": None,
    "comma": ", ",
    "semicolon": "; ",
    "bar": " | ",
    "blank": " ",
    "nothing": "",
    "line": "\n",
}
_JOINED_BY = {
    "bar": (
        "recordedBy identifiedBy georeferencedBy recordedByID identifiedByID otherCatalogNumbers "
        "associatedMedia associatedOccurrences associatedReferences associatedSequences "
        "associatedTaxa preparations typeStatus higherGeography vernacularName"
    ),
    "comma": "locality verbatimLocality",
    "semicolon": (
        "associatedCollectors habitat substrate verbatimAttributes fieldNotes verbatimLabel "
        "dataGeneralizations informationWithheld behavior samplingProtocol previousIdentifications"
    ),
    "blank": "scientificName verbatimEventDate verbatimIdentification recordSecurity",
    "nothing": "recordNumber fieldNumber",
}
_JOINED = {term: how for how, names in _JOINED_BY.items() for term in names.split()}


def joined(term: str) -> str:
    """Return the way several columns of a term are joined unless a person says otherwise."""
    return "semicolon" if term.endswith("Remarks") else _JOINED.get(term, "first")


def joiner(term: str, chosen: str = "") -> str | None:
    """Return what stands between the texts of several columns; None takes the first filled one."""
    return JOINERS[chosen if chosen in JOINERS else joined(term)]


def label(target: str) -> str:
    """Return what curators call a target."""
    if target.startswith(IDENTIFIER):
        return target.removeprefix(IDENTIFIER)
    if target in PARTS:
        return str(PARTS[target].label)
    if target in _OWN_LABELS:
        return str(_OWN_LABELS[target])
    return str(_(terms.BY_NAME[target].label))


_OWN_LABELS: Mapping[str, object] = {
    UNMAPPED: _("Leave unmapped"),
    KEPT: _("Keep in Dynamic Properties"),
    SOURCE_ID: _("Key of the source"),
    LEGACY_ID: _("Symbiota occid"),
}
_GROUPS = {
    "Record-level": _("Record"),
    "Occurrence": _("Specimen"),
    "Organism": _("Organism"),
    "MaterialEntity": _("Material"),
    "Event": _("Collecting Event"),
    "Location": _("Locality"),
    "GeologicalContext": _("Geological Context"),
    "Identification": _("Determination"),
    "Taxon": _("Name and classification"),
    "Symbiota": _("Curation"),
}


def meaning(target: str) -> str:
    """Return in a sentence what a column of this target holds; blank where its label says it."""
    if target in PARTS:
        return str(PARTS[target].definition)
    if target in _OWN_MEANINGS:
        return str(_OWN_MEANINGS[target])
    if target.startswith(IDENTIFIER):
        return str(_OWN_MEANINGS[IDENTIFIER])
    said = definition(target)
    return str(_(said)) if said else ""


_OWN_MEANINGS: Mapping[str, object] = {
    UNMAPPED: _("The column is not imported."),
    KEPT: _("Under the name of its column, as text: nothing is lost, and nothing is read."),
    SOURCE_ID: _("What the database it comes from knows the row by."),
    LEGACY_ID: _("The number of the record in a Symbiota portal; its old address leads here."),
    IDENTIFIER: _("Another number of the specimen, listed under this name."),
}


def choices(extra: Iterable[str] = ()) -> list[tuple[object, list[tuple[str, str]]]]:
    """Return the targets as a grouped select wants them: [(group, [(target, label)])].

    extra: targets to offer besides, such as the identifiers that were guessed.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    parts = [(name, str(part.label)) for name, part in PARTS.items()]
    for term in terms.TERMS:
        groups.setdefault(term.group, []).append((term.name, f"{_(term.label)} ({term.name})"))
    identifiers = dict.fromkeys(target for target in extra if target.startswith(IDENTIFIER))
    keys = [(target, label(target)) for target in (SOURCE_ID, LEGACY_ID)]
    keys += [(target, label(target)) for target in identifiers]
    return [
        ("", [(UNMAPPED, label(UNMAPPED)), (KEPT, label(KEPT))]),
        (_("Keys and identifiers"), keys),
        *((_GROUPS[group], sorted(found, key=_by_label)) for group, found in groups.items()),
        (_("Parts of a place, a date or a name"), parts),
    ]


def _by_label(choice: tuple[str, str]) -> str:
    return choice[1].lower()
