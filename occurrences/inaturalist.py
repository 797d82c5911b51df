"""Exports of iNaturalist: their columns map by themselves, and nothing obscured passes for exact.

The columns of a place become parts (`occurrences.parts`), since what they mean hangs on one
another: the accuracy is that of the exact point, which strangers don't get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from occurrences import mapping
from occurrences.headers import fold
from occurrences.mapping import KEPT, SOURCE_ID, Guess

# iNaturalist alone calls the day so; one of the others must stand beside it.
_DAY = "observedon"
_BESIDE = frozenset(
    "placeguess userlogin qualitygrade positionalaccuracy imageurl speciesguess observedonstring "
    "coordinatesobscured geoprivacy iconictaxonname".split()
)
_TARGETS = {
    "id": SOURCE_ID,
    "url": "occurrenceID",
    "observedon": "eventDate",
    "observedonstring": "verbatimEventDate",
    "username": "recordedBy",
    "userlogin": "recordedBy",
    "scientificname": "scientificName",
    "commonname": "vernacularName",
    "speciesguess": "verbatimIdentification",
    "placeguess": "openPlace",
    "privateplaceguess": "exactPlace",
    "latitude": "openLatitude",
    "longitude": "openLongitude",
    "privatelatitude": "exactLatitude",
    "privatelongitude": "exactLongitude",
    "positionalaccuracy": "openAccuracy",
    "publicpositionalaccuracy": "openPublicAccuracy",
    "coordinatesobscured": "openIsObscured",
    "geoprivacy": "openGeoprivacy",
    "taxongeoprivacy": "openTaxonGeoprivacy",
    "placecountryname": "country",
    "placestatename": "stateProvince",
    "placecountyname": "county",
    "description": "occurrenceRemarks",
    "imageurl": "associatedMedia",
    "license": "license",
    "captivecultivated": "cultivationStatus",
    "updatedat": "modified",
    "taxonkingdomname": "kingdom",
    "taxonphylumname": "phylum",
    "taxonclassname": "class",
    "taxonordername": "order",
    "taxonfamilyname": "family",
    "taxongenusname": "genus",
}
# A point of a phone or a map; what somebody saw, though he may have taken a piece along.
CONSTANTS = {"basisOfRecord": "HumanObservation", "geodeticDatum": "WGS84"}


def is_export(headers: Sequence[str]) -> bool:
    """Tell whether these are columns of an iNaturalist export, of which people choose some."""
    folded = set(map(fold, headers))
    return _DAY in folded and not _BESIDE.isdisjoint(folded)


def mapped(
    headers: Sequence[str], samples: Sequence[Sequence[str]], guessed: list[Guess]
) -> list[Guess]:
    """Return what the columns mean, where it is such an export; else what was guessed.

    What has no term is kept under its header. The observer goes by his name where he gave one,
    else by his login.
    """
    if not is_export(headers):
        return guessed
    targets = [_TARGETS.get(fold(header), KEPT) for header in headers]
    named = [fold(header) == "username" and any(samples[at]) for at, header in enumerate(headers)]
    for at, header in enumerate(headers):
        if targets[at] == "recordedBy" and any(named) != named[at]:
            targets[at] = KEPT
        if (targets[at] in targets[:at] and targets[at] != KEPT) or not header.strip():
            targets[at] = mapping.UNMAPPED
    return [
        {"column": header, "term": target, "by": "header"}
        for header, target in zip(headers, targets, strict=True)
    ]


def constants_of(headers: Sequence[str]) -> Mapping[str, str]:
    """Return what such an export says of every row without a column for it."""
    return CONSTANTS if is_export(headers) else {}
