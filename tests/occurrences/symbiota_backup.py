"""A backup as a Symbiota portal writes it: all its native columns, determinations, images, numbers.

backup([row(7, catalogNumber="A-1", labelProject="Flora")], determinations=[…])
"""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

DWC = "http://rs.tdwg.org/dwc/terms/"
DC = "http://purl.org/dc/terms/"
SYMBIOTA = "https://symbiota.org/terms/"

_CORE = """
institutionCode collectionCode ownerInstitutionCode basisOfRecord occurrenceID catalogNumber
otherCatalogNumbers higherClassification kingdom phylum class order family scientificName taxonID
scientificNameAuthorship genus subgenus specificEpithet verbatimTaxonRank infraspecificEpithet
cultivarEpithet taxonRank identifiedBy dateIdentified identificationReferences
identificationRemarks taxonRemarks identificationQualifier typeStatus recordedBy
S:associatedCollectors recordNumber eventDate S:eventDate2 year month day startDayOfYear
endDayOfYear verbatimEventDate occurrenceRemarks habitat S:substrate S:verbatimAttributes behavior
vitality fieldNumber eventID informationWithheld dataGeneralizations dynamicProperties
associatedOccurrences associatedSequences associatedTaxa reproductiveCondition establishmentMeans
S:cultivationStatus lifeStage sex individualCount samplingProtocol preparations locationID
continent waterBody islandGroup island country countryCode stateProvince county municipality
locality locationRemarks S:localitySecurity S:localitySecurityReason decimalLatitude
decimalLongitude geodeticDatum coordinateUncertaintyInMeters verbatimCoordinates georeferencedBy
georeferenceProtocol georeferenceSources georeferenceVerificationStatus georeferenceRemarks
minimumElevationInMeters maximumElevationInMeters minimumDepthInMeters maximumDepthInMeters
verbatimDepth verbatimElevation disposition D:language S:storageLocation S:observerUid
S:processingStatus S:duplicateQuantity S:labelProject S:recordEnteredBy S:dateEntered
dateLastModified D:modified S:sourcePrimaryKey-dbpk S:collID S:recordID D:references
"""
_DETERMINATIONS = """
identifiedBy dateIdentified identificationQualifier scientificName S:tidInterpreted
S:identificationIsCurrent scientificNameAuthorship genus specificEpithet taxonRank
infraspecificEpithet identificationReferences identificationRemarks S:recordID D:modified S:detID
"""
_IMAGES = "D:identifier accessURI D:format D:type rights creator caption D:providerManagedID"
_IDENTIFIERS = "D:identifier D:title D:format S:recordID S:initialTimestamp"

_ROW_TYPES = {
    "occurrences": DWC + "Occurrence",
    "identifications": DWC + "Identification",
    "multimedia": "http://rs.tdwg.org/ac/terms/Multimedia",
    "identifiers": "http://rs.gbif.org/terms/1.0/Identifier",
}

Rows = list[dict[str, Any]]


def columns(names: str = _CORE) -> list[str]:
    """Return the names of a table's columns as its first row has them, without its id."""
    return [name.rpartition(":")[2] for name in names.split()]


def row(occid: int, **values: Any) -> dict[str, Any]:
    """Return a record of the backup; what isn't said is blank."""
    unknown = values.keys() - set(columns())
    assert not unknown, f"Symbiota has no such columns: {sorted(unknown)}"
    return {"id": occid, **values}


def backup(
    records: Rows, determinations: Rows = (), images: Rows = (), identifiers: Rows = ()
) -> bytes:
    """Return the .zip of a backup. The other tables' rows name their record as `coreid`."""
    tables = {
        "occurrences": (_CORE, "id", records),
        "identifications": (_DETERMINATIONS, "coreid", determinations),
        "multimedia": (_IMAGES, "coreid", images),
        "identifiers": (_IDENTIFIERS, "coreid", identifiers),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        parts = [_declared(name, *table[:2]) for name, table in tables.items()]
        file.writestr(
            "meta.xml",
            '<?xml version="1.0" encoding="UTF-8"?><archive xmlns="http://rs.tdwg.org/dwc/text/" '
            f'metadata="eml.xml">{"".join(parts)}</archive>',
        )
        for name, (names, key, rows) in tables.items():
            file.writestr(f"{name}.csv", _written(names, key, rows))
        file.writestr("CITEME.txt", "This data package was downloaded from a portal.")
    return packed.getvalue()


def _written(names: str, key: str, rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [key, *columns(names)], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _declared(name: str, names: str, key: str) -> str:
    spaces = {"S": SYMBIOTA, "D": DC, "": DWC}
    fields = []
    for at, each in enumerate(names.split(), 1):
        space, _colon, term = each.rpartition(":")
        fields.append(f'<field index="{at}" term="{spaces[space]}{term}"/>')
    element = "core" if key == "id" else "extension"
    return (
        f'<{element} encoding="UTF-8" fieldsTerminatedBy="," linesTerminatedBy="\\n" '
        f'fieldsEnclosedBy="&quot;" ignoreHeaderLines="1" rowType="{_ROW_TYPES[name]}">'
        f"<files><location>{name}.csv</location></files>"
        f'<{key} index="0"/>{"".join(fields)}</{element}>'
    )
