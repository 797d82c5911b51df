"""What the columns of a file are taken for."""

import pytest

from darwincore import terms
from occurrences import mapping
from occurrences.headers import SYNONYMS


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
