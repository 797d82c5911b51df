"""Which column of a file means which term: guessed from its header, chosen by a person.

To recognise a source's header, add it to `_SYNONYMS`. A target is a term's name,
"identifier:TAG" (an additional identifier named TAG), "legacyID" (the occid of a Symbiota portal),
"sourceID" (the key the source knows the row by), or "" for a column that is not imported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from darwincore import terms
from darwincore.terms import simple_name, term_named
from occurrences.parts import PARTS

LEGACY_ID = "legacyID"
SOURCE_ID = "sourceID"
IDENTIFIER = "identifier:"
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

# target: the headers it goes by, folded (lower case, letters and digits alone). The column that
# comes first in the file gets the target; of two targets for one header the first that is free.
_SYNONYMS: dict[str, str] = {
    # Symbiota's own columns and its synonyms
    "scientificName": (
        "sciname fullname taxon taxonname species latinname currentname nombrecientifico "
        "nomecientifico nomscientifique wissenschaftlichername specieshybrid"
    ),
    "scientificNameAuthorship": "author authors authority speciesauthor autor auteur taxonauthor",
    "family": "taxonfamilyname familia famille familie",
    "genus": "genero genre gattung",
    "specificEpithet": "species speciesepithet epithet epiteto",
    "infraspecificEpithet": "subspecies variety infraspecificname",
    "vernacularName": "commonname nombrecomun",
    "identificationQualifier": "cf qualifier",
    "identifiedBy": "detby determiner determinor determinedby determinador identificadopor",
    "dateIdentified": (
        "determinationdate determineddate datedetermined detdate identificationdate "
        "fechadeterminacion"
    ),
    "identificationRemarks": "determinedremarks detremarks detnotes determinationremarks",
    "occurrenceID": "guid occurrenceguid specimenguid uuid recordguid",
    "catalogNumber": (
        "barcode barcodevalue catalog catalognum catalogno catno accession accessionid "
        "accessionnumber accessionno specimennumber numerodecatalogo numcatalogo"
    ),
    IDENTIFIER + "Accession": "accession accessionid accessionnumber accessionno",
    IDENTIFIER + "Previous Catalog Number": "previouscatalognumber oldcatalognumber",
    IDENTIFIER + "dbpk": "dbpk",
    "otherCatalogNumbers": "othercatalognumber othernumbers otheridentifiers additionalidentifiers",
    LEGACY_ID: "occid",
    SOURCE_ID: "id coreid gbifid",
    "recordedBy": (
        "collector collectors observer primarycollector fieldcollector collectedby collectorname "
        "colector coletor collecteur recolector sammler leg legit userlogin"
    ),
    "recordNumber": (
        "collectornumber collectorno collectorsnumber collnumber collno collectionnumber collnum "
        "fieldcollectorfieldnumber numerodecolector numerodecoleta numerodecolecta "
        "numerodecollecte number"
    ),
    "associatedCollectors": "collectors addcoll additionalcollectors secondarycollectors",
    "eventDate": (
        "date datecollected collectiondate collectdate collectiondatestart colldate observedon "
        "dateobserved collectionstartdate collectingdate fecha fechadecolecta fechacolecta data "
        "datadecoleta datacoleta datederecolte"
    ),
    "verbatimEventDate": "verbatimdate collectionverbatimdate datetext",
    "year": "yearcollected collectionyear ano anio",
    "month": "monthcollected mes",
    "day": "daycollected dia",
    "country": "placecountryname pais pays land",
    "stateProvince": "state province placestatename estado provincia departamento stateprov",
    "county": "placecountyname municipiocounty condado",
    "municipality": "municipio town city",
    "locality": (
        "location placeguess fieldlocalitydescription localitydescription localidad localidade "
        "localite fundort site sitename"
    ),
    "locationRemarks": "localitynotes localityremarks",
    "decimalLatitude": "lat latitude latdd declat latitud",
    "decimalLongitude": "lon long lng longitude longdd declong longitud",
    "verbatimLatitude": "lat latitude latitud",
    "verbatimLongitude": "lon long lng longitude longitud",
    "verbatimCoordinates": "coordinates coordenadas coords",
    "coordinateUncertaintyInMeters": (
        "uncertainty errorradius publicpositionalaccuracy positionalaccuracy coordinateuncertainty "
        "uncertaintym"
    ),
    "geodeticDatum": "datum",
    "georeferenceSources": "georeferencingsource georeferencesource",
    "georeferenceRemarks": "georefremarks",
    "minimumElevationInMeters": (
        "elevation elevationmeters elevationm minelevationm minelevation elev altitude altitud "
        "minimumelevation altitudemin"
    ),
    "maximumElevationInMeters": "maxelevationm maxelevation maximumelevation altitudemax",
    "verbatimElevation": "verbatimelev elevationtext",
    "habitat": "habitatdescription sitedeschabitat fieldhabitat ecology",
    "associatedTaxa": "associatedspecies fieldassociatedspecies assoctaxa assocspecies",
    "occurrenceRemarks": (
        "notes remarks generalnotes specimennotes comments observaciones notas bemerkungen"
    ),
    "verbatimAttributes": "plantdescription description specimendescription descripcion",
    "reproductiveCondition": "phenology fenologia",
    "cultivationStatus": "captivecultivated cultivated",
    "storageLocation": "storageage storage",
    "duplicateQuantity": "dupecount duplicates duplicados",
    "processingStatus": "recordstatus",
    "recordSecurity": "localitysecurity security",
    "securityReason": "localitysecurityreason",
    "associatedMedia": "imageurl accessuri image imageurls",
    "license": "rights",
    "individualCount": "count numberofindividuals",
    "kingdom": "reino regne reich",
}
_FOLD = re.compile(r"[^\w]|_")  # also the accents that NFKD sets apart


def fold(header: str) -> str:
    """Return a header in lower case without spaces, signs, accents and prefix.

    "dwc:Event.Date" gives eventdate, "Número de colector" numerodecolector.
    """
    plain = unicodedata.normalize("NFKD", simple_name(header))
    return _FOLD.sub("", plain).lower()


def _candidates() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for target, headers in _SYNONYMS.items():
        for header in headers.split():
            found.setdefault(header, []).append(target)
    return found


_BY_SYNONYM = _candidates()
_BY_FOLDED_NAME = {term.name.lower(): term.name for term in terms.TERMS}


def guess(headers: Sequence[str], samples: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Return [{"column": header, "term": target}], one a header, in their order.

    samples: a few values of each column, to tell an epithet from a name and degrees from DMS.
    Exact names of terms win over synonyms; of two columns for one target the first gets it, and
    the other stays unmapped.
    """
    chosen = [UNMAPPED] * len(headers)
    taken: set[str] = set()
    for naming in (_exactly, _by_synonym):
        for position, header in enumerate(headers):
            if chosen[position] or not header.strip():
                continue
            values = samples[position] if position < len(samples) else ()
            target = next((t for t in naming(header, values) if t not in taken), UNMAPPED)
            chosen[position] = target
            taken.add(target)
    return [{"column": header, "term": term} for header, term in zip(headers, chosen, strict=True)]


def _exactly(header: str, values: Sequence[str]) -> Iterator[str]:
    if term := term_named(header):
        yield term.name
    elif name := _BY_FOLDED_NAME.get(fold(header)):
        yield name


def _by_synonym(header: str, values: Sequence[str]) -> Iterator[str]:
    for target in _BY_SYNONYM.get(fold(header), ()):
        if _suits(target, fold(header), values):
            yield target


def _suits(target: str, header: str, values: Sequence[str]) -> bool:
    """Tell whether the sample values allow a target that only its header speaks for."""
    filled = [value for value in values if value]
    if header == "species":
        binomial = any(" " in value for value in filled)
        return binomial == (target == "scientificName")
    if target in ("decimalLatitude", "decimalLongitude"):
        return all(_is_number(value) for value in filled)
    if target == LEGACY_ID:
        return all(value.isdigit() for value in filled)
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_occurrence_table(targets: Iterable[str], *, declared: bool = False) -> bool:
    """Tell whether columns mapped to `targets` can make records of specimens.

    It takes two terms, one of them TELLING. declared: an archive says that the table lists
    occurrences; then one term is enough.
    """
    found = {target for target in targets if target in terms.BY_NAME}
    if declared:
        return bool(found)
    return len(found) >= 2 and not TELLING.isdisjoint(found)


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
    "blank": "scientificName verbatimEventDate verbatimIdentification",
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


def choices(extra: Iterable[str] = ()) -> list[tuple[object, list[tuple[str, str]]]]:
    """Return the targets as a grouped select wants them: [(group, [(target, label)])].

    extra: targets to offer besides, such as the identifiers that were guessed.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in terms.TERMS:
        groups.setdefault(term.group, []).append((term.name, f"{_(term.label)} ({term.name})"))
    identifiers = dict.fromkeys(target for target in extra if target.startswith(IDENTIFIER))
    keys = [(target, label(target)) for target in (SOURCE_ID, LEGACY_ID)]
    keys += [(target, label(target)) for target in identifiers]
    return [
        ("", [(UNMAPPED, label(UNMAPPED))]),
        (_("Keys and identifiers"), keys),
        *((_GROUPS[group], sorted(found, key=_by_label)) for group, found in groups.items()),
    ]


def _by_label(choice: tuple[str, str]) -> str:
    return choice[1].lower()
