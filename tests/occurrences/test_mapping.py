"""What the columns of a file are taken for."""

import pytest

from darwincore import terms
from darwincore.interpret import interpret
from occurrences import mapping
from occurrences import targets as shown
from occurrences.columns import Columns
from occurrences.headers import SYNONYMS
from occurrences.looks import look


def targets(*headers, samples=()):
    return [entry["term"] for entry in mapping.guess(headers, samples)]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("catalogNumber", "catalogNumber"),
        ("CATALOGNUMBER", "catalogNumber"),
        ("dwc:catalogNumber", "catalogNumber"),
        ("http://rs.tdwg.org/dwc/terms/catalogNumber", "catalogNumber"),
        ("Catalog Number", "catalogNumber"),
        ("State.Province", "stateProvince"),
        ("recorded_by", "recordedBy"),
        ("sciname", "scientificName"),
        ("Collector Number", "recordNumber"),
        ("localitySecurity", "recordSecurity"),
        ("Fecha de colecta", "eventDate"),
        ("Número de colector", "recordNumber"),
        ("標本番号", ""),
        ("Localidad", "locality"),
        ("occid", "legacyID"),
        ("id", "sourceID"),
        ("dbpk", "identifier:dbpk"),
        ("rights", "license"),
        ("THC-resize_success", ""),
        ("", ""),
    ],
)
def test_a_header_is_recognised(header, target):
    assert targets(header) == [target]


def test_a_term_s_own_name_wins_over_a_synonym_that_comes_first():
    assert targets("collector", "recordedBy") == ["", "recordedBy"]


def test_of_two_columns_for_one_target_the_first_gets_it():
    assert targets("country", "Country", "COUNTRY") == ["country", "", ""]


@pytest.mark.parametrize(
    "headers", [("localitySecurity", "recordSecurity"), ("recordSecurity", "Locality Security")]
)
def test_both_columns_of_security_are_read_so_that_the_stricter_counts(headers):
    assert targets(*headers) == ["recordSecurity", "recordSecurity"]
    mapped = [{"column": header, "term": "recordSecurity"} for header in headers]
    both = Columns(mapped, {}, list(headers), {})
    for cells in (["0", "5"], ["5", "0"]):
        assert interpret(both.texts(cells)).values["record_security"] == 5


def test_an_accession_is_the_catalogue_number_only_where_there_is_no_other():
    assert targets("accession") == ["catalogNumber"]
    assert targets("barcode", "accession") == ["catalogNumber", "identifier:Accession"]


@pytest.mark.parametrize(
    ("samples", "target"),
    [(["Quercus alba", ""], "scientificName"), (["alba", "rubra"], "specificEpithet")],
)
def test_a_species_column_is_a_name_or_an_epithet_by_what_stands_in_it(samples, target):
    assert targets("Species", samples=[samples]) == [target]


@pytest.mark.parametrize(
    ("samples", "target"),
    [(["33.1", "-110"], "decimalLatitude"), (["33°12'N", "33.1"], "verbatimLatitude")],
)
def test_a_latitude_that_is_no_number_is_verbatim(samples, target):
    assert targets("Latitude", samples=[samples]) == [target]


def test_an_occid_that_is_no_number_is_left_alone():
    assert targets("occid", samples=[["12", "x7"]]) == [""]


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (["catalogNumber", "country"], True),
        (["recordedBy", "eventDate"], True),
        (["catalogNumber"], False),
        (["scientificName", "scientificNameAuthorship", "family"], False),
        (["vernacularName", "language", "country"], False),
        (["sourceID", "type", "license"], False),
        ([], False),
    ],
)
def test_a_table_of_names_places_or_pictures_is_no_table_of_specimens(found, answer):
    assert mapping.is_occurrence_table(found) is answer


def test_an_archive_that_says_it_lists_occurrences_needs_one_term():
    assert mapping.is_occurrence_table(["scientificName"], declared=True)
    assert not mapping.is_occurrence_table(["sourceID"], declared=True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("locality", True),
        ("", True),
        ("legacyID", True),
        ("identifier:Accession", True),
        ("identifier: ", False),
        ("identifier:" + "x" * 101, False),
        ("place", False),
        ("id", False),
    ],
)
def test_a_column_may_be_mapped_to_known_targets_alone(text, answer):
    assert mapping.is_target(text) is answer


def test_every_term_can_be_chosen_once_under_its_label():
    offered = [value for _group, options in mapping.choices() for value, _label in options]
    assert len(offered) == len(set(offered))
    assert {term.name for term in terms.TERMS} < set(offered)


def test_guessed_identifiers_can_be_chosen_too():
    offered = dict(mapping.choices(["identifier:dbpk", "locality"])[1][1])
    assert offered["identifier:dbpk"] == "dbpk"


def test_every_synonym_leads_to_a_target_that_may_be_chosen():
    assert all(mapping.is_target(target) for found in SYNONYMS.values() for target in found)


def test_no_synonym_hides_behind_a_term_s_own_name():
    own = {term.name.lower() for term in terms.TERMS}
    assert not own & set(SYNONYMS)


HERBARIA = {
    "Spanish": (
        "No. de catálogo;Colector;No.;Fecha;Nombre científico;Determinó;País;Estado;Municipio;"
        "Localidad;Hábitat;Observaciones;Nombre común;Fenología",
        "catalogNumber recordedBy recordNumber eventDate scientificName identifiedBy country "
        "stateProvince municipality locality habitat occurrenceRemarks vernacularName "
        "reproductiveCondition",
    ),
    "Portuguese": (
        "Tombo;Coletor;Número de coleta;Data de coleta;Família;Espécie;Determinador;País;Estado;"
        "Município;Localidade;Descrição da planta;Observações",
        "catalogNumber recordedBy recordNumber eventDate family scientificName identifiedBy "
        "country stateProvince municipality locality verbatimAttributes occurrenceRemarks",
    ),
    "French": (
        "Code-barres;Récolteur;Numéro de récolte;Date de récolte;Nom scientifique;"
        "Déterminateur;Pays;Région;Département;Commune;Localité;Altitude (m);Remarques",
        "catalogNumber recordedBy recordNumber eventDate scientificName identifiedBy country "
        "stateProvince county municipality locality minimumElevationInMeters occurrenceRemarks",
    ),
    "German": (
        "Belegnummer;Sammler;Sammelnr.;Funddatum;Wissenschaftlicher Name;bestimmt von;Land;"
        "Bundesland;Gemeinde;Fundort;Höhe ü. NN (m);Bemerkungen",
        "catalogNumber recordedBy recordNumber eventDate scientificName identifiedBy country "
        "stateProvince municipality locality minimumElevationInMeters occurrenceRemarks",
    ),
    "English": (
        "Barcode;Collector;Coll. No.;Date Collected;Species;Det. by;Det. Date;State;County;"
        "Locality;Lat;Long;Elev (ft);Notes;Datum",
        "catalogNumber recordedBy recordNumber eventDate scientificName identifiedBy "
        "dateIdentified stateProvince county locality decimalLatitude decimalLongitude "
        "elevationNumber occurrenceRemarks geodeticDatum",
    ),
    "Symbiota": (
        "occid;sciname;recordedBy;recordNumberPrefix;recordNumber;latDeg;latMin;latSec;latNS;"
        "UTMZoning;UTMEasting;UTMNorthing;TRSTownship;TRSRange;TRSSection;elevationNumber;"
        "elevationUnits;labelProject;duplicateQuantity;localitySecurity;cultivationStatus",
        "legacyID scientificName recordedBy recordNumber recordNumber latitudeDegrees "
        "latitudeMinutes latitudeSeconds latitudeHemisphere utmZone utmEasting utmNorthing "
        "township range section elevationNumber elevationUnit labelProject duplicateQuantity "
        "recordSecurity cultivationStatus",
    ),
}
VALUES = {"Species": "Larrea tridentata", "Espécie": "Larrea tridentata", "Lat": "30.7"}


@pytest.mark.parametrize("language", HERBARIA)
def test_the_headers_of_a_herbarium_are_understood_in_its_language(language):
    headers, expected = HERBARIA[language]
    columns = headers.split(";")
    samples = [[VALUES.get(header, "12")] for header in columns]
    assert targets(*columns, samples=samples) == expected.split()


@pytest.mark.django_db
def test_a_file_without_headers_is_guessed_by_the_look_of_its_values():
    rows = [
        ["ASU0100001", "Quercus alba L.", "A. Gómez", "12", "1932-06-18", "Mexico"],
        ["ASU0100002", "Q. rubra", "L. Ruiz", "13", "19 Jun 1932", "Peru"],
        ["ASU0100003", "Larrea tridentata (DC.) Coville", "M. Díaz", "7", "1933-01-02", "Chile"],
    ]
    rows[1][1] = "Quercus rubra L."
    samples = [list(column) for column in zip(*rows, strict=True)]
    assert targets(*(f"Column {n}" for n in range(1, 7)), samples=samples) == [
        "catalogNumber",
        "scientificName",
        "recordedBy",
        "recordNumber",
        "eventDate",
        "country",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "looks"),
    [
        (["30.7123", "-30.2"], "decimalLatitude"),
        (["30.7123", "-130.2"], "decimalLongitude"),
        (["30°12'N 110°5'W", "31.5N, 110.2W"], "verbatimCoordinates"),
        (["1200 m", "4000 ft"], "verbatimElevation"),
        (["Asteraceae", "Fabaceae"], "family"),
        (["Holotype", "isotype of X"], "typeStatus"),
        (["1932", "1987"], "year"),
        (["0f8fad5b-d9cb-469f-a165-70867728950e"], "occurrenceID"),
        (["PreservedSpecimen"], "basisOfRecord"),
        (["road to the north of the town of Ures", "along the river bank near it"], "locality"),
    ],
)
def test_values_tell_what_they_are(values, looks):
    assert look(values)[0] == looks


def test_values_under_a_header_with_a_meaning_of_its_own_are_left_alone():
    names = ["Quercus alba L.", "Quercus rubra L."]
    assert targets("host plant", samples=[names]) == [""]
    assert targets("date of loan", samples=[["1932-06-18", "1933-06-18"]]) == [""]
    assert targets("final ID", samples=[names]) == ["scientificName"]


def test_a_misspelt_header_is_understood_and_a_number_in_it_not_passed_over():
    assert targets("scientifcName", "Locallity") == ["scientificName", "locality"]
    assert targets("Locality2", "h_species") == ["", ""]


def test_numbers_are_no_metres_until_something_says_so():
    assert targets("Elevation", samples=[["1200", "900"]]) == ["verbatimElevation"]
    assert targets("Elevation (m)", samples=[["1200", "900"]]) == ["minimumElevationInMeters"]
    headers, samples = ["Elevation (ft)"], [["1200", "900"]]
    assert targets(*headers, samples=samples) == ["elevationNumber"]
    guessed = mapping.guess(headers, samples)
    assert mapping.constants_of(headers, guessed) == {"elevationUnit": "ft"}


def test_units_and_hemispheres_beside_a_column_make_parts_of_it():
    assert targets("Error", "error units", samples=[["2"], ["km"]]) == [
        "uncertaintyNumber",
        "uncertaintyUnit",
    ]
    assert targets("Lat", "NS", samples=[["33.5"], ["N"]]) == [
        "latitudeDegrees",
        "latitudeHemisphere",
    ]


def test_values_that_say_unknown_do_not_hide_the_numbers():
    assert targets("Latitude", samples=[["NA", "43.6", "42.7"]]) == ["decimalLatitude"]


def test_a_type_is_the_status_of_a_type_where_its_values_say_so():
    assert targets("Type", samples=[["Holotype", "Isotype"]]) == ["typeStatus"]
    assert targets("Type", samples=[["PhysicalObject"]]) == ["type"]


@pytest.mark.parametrize(("header", "asks"), [("AccessionNumber", True), ("Barcode", None)])
def test_an_accession_number_is_to_be_asked_about(header, asks):
    assert mapping.guess([header], [["12"]])[0].get("ask") is asks


def test_each_target_is_shown_in_words_of_its_own_that_lead_back_to_it():
    offered = list(shown.offered(["identifier:Old"]))
    assert len({each.shown.casefold() for each in offered}) == len(offered)
    assert all(shown.read(each.shown) == each.target for each in offered)
    assert shown.read("  catalognumber ") == "catalogNumber"
    assert shown.read("no such thing") is None


@pytest.mark.django_db
def test_hundreds_of_unknown_columns_are_looked_at_in_a_moment(django_assert_max_num_queries):
    values = [f"nothing {n}" for n in range(12)]
    with django_assert_max_num_queries(2):
        look(values)
