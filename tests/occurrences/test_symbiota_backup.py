"""A collection brought along from Symbiota: every native column of its backup arrives."""

from __future__ import annotations

from datetime import date

import pytest

from biocollections.models import Collection
from occurrences import symbiota
from occurrences.models import Occurrence, Protection
from tests import make
from tests.occurrences.importing import bring_in
from tests.occurrences.symbiota_backup import backup, columns, row

pytestmark = pytest.mark.django_db

ONE = row(
    2045,
    institutionCode="ASU",
    collectionCode="Plants",
    ownerInstitutionCode="NPS",
    basisOfRecord="PreservedSpecimen",
    occurrenceID="7c1d2b1e-0a0b-4f4e-9a44-3d2f6a0c1a01",
    catalogNumber="ASU0001234",
    otherCatalogNumbers="Accession: 2026-014; old sheet 77",
    family="Fagaceae",
    scientificName="Quercus emoryi",
    taxonID="5512",
    scientificNameAuthorship="Torr.",
    genus="Quercus",
    specificEpithet="emoryi",
    taxonRank="Species",
    identifiedBy="M. Ruiz",
    dateIdentified="2019",
    identificationReferences="Flora",
    identificationRemarks="fertile",
    taxonRemarks="common here",
    identificationQualifier="cf.",
    typeStatus="topotype",
    recordedBy="L. Gómez",
    associatedCollectors="R. Díaz; P. Luna",
    recordNumber="412",
    eventDate="1998-03-02",
    eventDate2="1998-03-04",
    verbatimEventDate="2-4 III 98",
    occurrenceRemarks="two sheets",
    habitat="oak woodland",
    substrate="granite",
    verbatimAttributes="tree 6 m",
    behavior="none",
    vitality="alive",
    fieldNumber="F-9",
    dynamicProperties='{"dbh": "31 cm"}',
    associatedTaxa="Arctostaphylos",
    reproductiveCondition="fruit",
    establishmentMeans="native",
    cultivationStatus="1",
    lifeStage="adult",
    individualCount="3",
    samplingProtocol="by hand",
    preparations="sheet",
    locationID="L-4",
    country="United States",
    stateProvince="Arizona",
    county="Cochise",
    municipality="Bisbee",
    locality="Dry creek",
    locationRemarks="north side",
    decimalLatitude="31.45",
    decimalLongitude="-109.9",
    geodeticDatum="WGS84",
    coordinateUncertaintyInMeters="250",
    verbatimCoordinates="31 27 N 109 54 W",
    georeferencedBy="A. Vega",
    georeferenceProtocol="map",
    georeferenceSources="USGS quad",
    georeferenceVerificationStatus="verified",
    georeferenceRemarks="good",
    minimumElevationInMeters="1650",
    maximumElevationInMeters="1700",
    verbatimElevation="5400-5600 ft",
    disposition="in collection",
    language="en",
    storageLocation="Cabinet 12",
    observerUid="88",
    processingStatus="reviewed",
    duplicateQuantity="3",
    labelProject="Flora of Cochise",
    recordEnteredBy="preparator7",
    dateEntered="2011-05-06 10:20:30",
    dateLastModified="2019-01-02 03:04:05",
    modified="2019-01-02 03:04:05",
    recordID="0f0e1d2c-3b4a-4958-8677-665544332211",
    collID="3",
    references="https://portal.example.org/collections/individual/index.php?occid=2045",
    **{"sourcePrimaryKey-dbpk": "key-1"},
)
PROTECTED = row(
    2046,
    catalogNumber="ASU0001235",
    scientificName="Quercus turbinella",
    recordedBy="L. Gómez",
    locality="Wet creek",
    localitySecurity="1",
    localitySecurityReason="[Security Setting Locked]",
)
HISTORY = [
    {
        "coreid": 2045,
        "identifiedBy": "M. Ruiz",
        "dateIdentified": "2019",
        "identificationQualifier": "cf.",
        "scientificName": "Quercus emoryi",
        "scientificNameAuthorship": "Torr.",
        "identificationIsCurrent": "1",
    },
    {
        "coreid": 2045,
        "identifiedBy": "L. Gómez",
        "dateIdentified": "1998",
        "scientificName": "Quercus hypoleucoides",
        "identificationIsCurrent": "0",
        "identificationRemarks": "in the field",
    },
]
IMAGE = {
    "coreid": 2045,
    "identifier": "https://images.example.org/1.jpg",
    "accessURI": "https://images.example.org/1.jpg",
    "format": "image/jpeg",
    "caption": "the sheet",
}
NUMBER = {"coreid": 2045, "identifier": "B-19", "title": "Box"}

KEPT = {
    "occurrence_id": "7c1d2b1e-0a0b-4f4e-9a44-3d2f6a0c1a01",
    "institution_code": "ASU",
    "collection_code": "Plants",
    "owner_institution_code": "NPS",
    "catalog_number": "ASU0001234",
    "family": "Fagaceae",
    "scientific_name": "Quercus emoryi",
    "scientific_name_authorship": "Torr.",
    "identified_by": "M. Ruiz",
    "date_identified": "2019",
    "identification_references": "Flora",
    "identification_remarks": "fertile",
    "taxon_remarks": "common here",
    "identification_qualifier": "cf.",
    "type_status": "topotype",
    "recorded_by": "L. Gómez",
    "associated_collectors": "R. Díaz; P. Luna",
    "record_number": "412",
    "event_date": "1998-03-02/1998-03-04",
    "verbatim_event_date": "2-4 III 98",
    "occurrence_remarks": "two sheets",
    "habitat": "oak woodland",
    "substrate": "granite",
    "verbatim_attributes": "tree 6 m",
    "behavior": "none",
    "vitality": "alive",
    "field_number": "F-9",
    "dynamic_properties": '{"dbh": "31 cm"}',
    "associated_taxa": "Arctostaphylos",
    "reproductive_condition": "fruit",
    "establishment_means": "native",
    "cultivation_status": True,
    "life_stage": "adult",
    "individual_count": 3,
    "sampling_protocol": "by hand",
    "preparations": "sheet",
    "location_id": "L-4",
    "country": "United States",
    "state_province": "Arizona",
    "county": "Cochise",
    "municipality": "Bisbee",
    "locality": "Dry creek",
    "location_remarks": "north side",
    "decimal_latitude": 31.45,
    "decimal_longitude": -109.9,
    "geodetic_datum": "WGS84",
    "coordinate_uncertainty_in_meters": 250,
    "verbatim_coordinates": "31 27 N 109 54 W",
    "georeferenced_by": "A. Vega",
    "georeference_protocol": "map",
    "georeference_sources": "USGS quad",
    "georeference_verification_status": "verified",
    "georeference_remarks": "good",
    "minimum_elevation_in_meters": 1650,
    "maximum_elevation_in_meters": 1700,
    "verbatim_elevation": "5400-5600 ft",
    "disposition": "in collection",
    "language": "en",
    "storage_location": "Cabinet 12",
    "processing_status": "reviewed",
    "duplicate_quantity": "3",
    "label_project": "Flora of Cochise",
    "record_entered_by": "preparator7",
    "date_entered": "2011-05-06 10:20:30",
    "modified": "2019-01-02 03:04:05",
    "event_date_start": date(1998, 3, 2),
    "event_date_end": date(1998, 3, 4),
    "legacy_id": 2045,
}


@pytest.fixture
def herbarium() -> Collection:
    return make.collection("ASU", administrator=make.user("manager"))


def brought(into: Collection) -> Occurrence:
    manager = into.grants.get().user
    file = backup([ONE, PROTECTED], HISTORY, [IMAGE], [NUMBER])
    run = bring_in(into, manager, file)
    assert run.counts["created"] == 2, run.counts
    return Occurrence.objects.get(legacy_id=2045)


def test_every_native_column_arrives(herbarium: Collection) -> None:
    record = brought(herbarium)
    wrong = {
        column: (getattr(record, column), value)
        for column, value in KEPT.items()
        if not _same(getattr(record, column), value)
    }
    assert wrong == {}


def _same(found: object, wanted: object) -> bool:
    if isinstance(wanted, float | int) and not isinstance(wanted, bool):
        return found is not None and float(str(found)) == wanted
    return found == wanted


def test_a_column_that_is_left_out_is_known_to_be_needless(herbarium: Collection) -> None:
    brought(herbarium)
    manager = herbarium.grants.get().user
    told = symbiota.brought(herbarium, manager)
    assert told is not None
    assert {column.name for column in told.left} == {
        "taxonID",
        "observerUid",
        "collID",
        "references",
        "dateLastModified",
    } - {column.name for column in told.columns}
    assert all(column.note for column in told.left)
    filled = {name for name, value in ONE.items() if value and name != "id"}
    assert filled <= {column.name for column in [*told.columns, *told.left]}
    assert len(columns()) > len(filled)


def test_numbers_determinations_and_images_arrive(herbarium: Collection) -> None:
    record = brought(herbarium)
    numbers = set(record.identifiers.values_list("name", "value"))
    assert {("Accession", "2026-014"), ("", "old sheet 77"), ("Box", "B-19")} <= numbers
    assert ("recordID", ONE["recordID"]) in numbers
    assert ("dbpk", "key-1") in numbers
    history = list(
        record.identifications.values_list("scientific_name", "identified_by", "is_current")
    )
    assert history == [
        ("Quercus emoryi", "M. Ruiz", True),
        ("Quercus hypoleucoides", "L. Gómez", False),
    ]
    (image,) = record.extension_rows.all()
    assert "https://images.example.org/1.jpg" in image.terms.values()


def test_security_and_its_lock_arrive(herbarium: Collection) -> None:
    brought(herbarium)
    record = Occurrence.objects.get(legacy_id=2046)
    assert record.protection == Protection.PLACE
    assert record.locality is None
    assert record.withheld.terms["security_reason"] == "[Security Setting Locked]"


def test_the_same_backup_again_changes_nothing(herbarium: Collection) -> None:
    brought(herbarium)
    manager = herbarium.grants.get().user
    again = bring_in(herbarium, manager, backup([ONE, PROTECTED], HISTORY, [IMAGE], [NUMBER]))
    assert (again.counts["unchanged"], again.change_set) == (2, None)
