"""What the columns of a row say, term by term."""

import json
from decimal import Decimal

import pytest

from darwincore.interpret import interpret
from occurrences.columns import Columns
from occurrences.parts import PARTS, WHOLES, collector_and_number


def columns(constants=None, declared=None, joined=None, **targets):
    """Return Columns of a file whose headers stand for these targets, in their order."""
    mapping = [{"column": header, "term": target} for header, target in targets.items()]
    for header, how in (joined or {}).items():
        next(entry for entry in mapping if entry["column"] == header)["joined"] = how
    return Columns(mapping, constants or {}, list(targets), declared or {})


def texts(cells, **targets):
    return columns(**targets).texts(cells)


def test_a_plain_column_gives_its_cell_and_a_blank_one_nothing():
    assert texts(["H-1", "", "x"], a="catalogNumber", b="country", c="") == {"catalogNumber": "H-1"}


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("recordedBy", "A | B"),
        ("locality", "A, B"),
        ("occurrenceRemarks", "A; B"),
        ("recordNumber", "AB"),
        ("catalogNumber", "A"),
    ],
)
def test_several_columns_of_one_term_are_joined_as_its_kind_is(target, text):
    assert texts(["A", "B"], a=target, b=target) == {target: text}


def test_a_chosen_way_of_joining_wins():
    both = columns(a="locality", b="locality", joined={"b": "semicolon"})
    assert both.texts(["A", "B"])["locality"] == "A; B"


def test_blank_cells_and_repetitions_leave_no_trace_in_what_is_joined():
    three = {"a": "locality", "b": "locality", "c": "locality"}
    assert texts(["A", "", "A"], **three) == {"locality": "A"}
    assert texts(["", "", ""], **three) == {}


def test_of_columns_of_numbers_the_first_filled_one_counts():
    both = columns(a="catalogNumber", b="catalogNumber")
    assert both.texts(["", "B"]) == {"catalogNumber": "B"}
    assert both.cell(["", "B"], "catalogNumber") == "B"


POINT = {
    "a": "latitudeDegrees",
    "b": "latitudeMinutes",
    "c": "latitudeSeconds",
    "d": "latitudeHemisphere",
    "e": "longitudeDegrees",
    "f": "longitudeMinutes",
    "g": "longitudeSeconds",
    "h": "longitudeHemisphere",
}


def test_parts_of_degrees_are_written_as_on_a_label_and_read_as_a_point():
    found = texts(["33", "12", "30", "N", "110", "3", "", "W"], **POINT)
    assert found == {"verbatimLatitude": "33° 12' 30\" N", "verbatimLongitude": "110° 3' W"}
    values = interpret(found).values
    assert values["decimal_latitude"] == Decimal("33.20833")
    assert values["decimal_longitude"] == Decimal("-110.05")


def test_parts_of_degrees_without_a_hemisphere_make_no_point():
    read = interpret(texts(["33", "12", "", "", "110", "3", "", ""], **POINT))
    assert "decimal_latitude" not in read.values
    assert [issue.code for issue in read.issues] == ["COORDINATE_HEMISPHERE_MISSING"]
    assert read.values["verbatim_latitude"] == "33° 12'"


def test_marks_that_a_cell_has_already_are_not_written_twice():
    found = texts(["33°", "12'", "", "N", "110º", "", "", "W"], **POINT)
    assert found == {"verbatimLatitude": "33° 12' N", "verbatimLongitude": "110º W"}


UTM = {"a": "utmZone", "b": "utmHemisphere", "c": "utmEasting", "d": "utmNorthing"}


@pytest.mark.parametrize(
    ("cells", "written", "has_point"),
    [
        (["11N", "", "363600", "3804800"], "UTM 11N 363600mE 3804800mN", True),
        (["11", "N", "363600", "3804800"], "UTM 11 North 363600mE 3804800mN", True),
        (["23", "S", "363600", "7404800"], "UTM 23 South 363600mE 7404800mN", True),
        (["11", "", "363600", "3804800"], "UTM 11 363600mE 3804800mN", False),
        (["11S", "", "363600", "3804800"], "UTM 11S 363600mE 3804800mN", False),
    ],
)
def test_utm_parts_make_a_point_only_where_the_hemisphere_is_said(cells, written, has_point):
    found = texts(cells, **UTM)
    assert found == {"verbatimCoordinates": written}
    assert ("decimal_latitude" in interpret(found).values) is has_point


def test_township_and_section_are_kept_and_give_no_point():
    trs = {"a": "township", "b": "range", "c": "section", "d": "sectionDetails"}
    found = texts(["12N", "R3W", "4", "NW 1/4"], **trs)
    assert found == {"verbatimCoordinates": "T12N R3W Sec. 4 NW 1/4"}
    assert "decimal_latitude" not in interpret(found).values


@pytest.mark.parametrize(
    ("cells", "written", "metres"),
    [
        (["1200", "", "m"], "1200 m", ["1200", "1200"]),
        (["1000", "1200", "ft"], "1000 - 1200 ft", ["305", "366"]),
        (["1200", "", ""], "1200", [None, None]),
        (["", "", "ft"], None, [None, None]),
    ],
)
def test_an_elevation_is_read_in_the_unit_beside_it_and_never_in_another(cells, written, metres):
    found = texts(cells, a="elevationNumber", b="elevationNumberTo", c="elevationUnit")
    assert found.get("verbatimElevation") == written
    values = interpret(found).values
    ends = [values.get(f"{end}_elevation_in_meters") for end in ("minimum", "maximum")]
    assert [str(end) if end is not None else None for end in ends] == metres


def test_an_uncertainty_without_its_unit_is_kept_beside_and_not_taken_for_metres():
    two = {"a": "uncertaintyNumber", "b": "uncertaintyUnit"}
    assert texts(["2", "km"], **two) == {"coordinateUncertaintyInMeters": "2 km"}
    assert texts(["2", ""], **two) == {"dynamicProperties": '{"Uncertainty": "2"}'}


def test_a_part_that_every_row_has_is_said_once_and_makes_nothing_by_itself():
    found = columns({"utmZone": "11N"}, a="utmEasting", b="utmNorthing")
    assert found.texts(["363600", "3804800"]) == {
        "verbatimCoordinates": "UTM 11N 363600mE 3804800mN"
    }
    assert found.texts(["", ""]) == {}


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (["1998", "2", "3"], "1998-02-03"),
        (["1998", "2", ""], "1998-02"),
        (["1998", "", ""], "1998"),
        (["1998", "Feb", "3"], "3 Feb 1998"),
        (["98", "2", "3"], "3 2 98"),
        (["1998", "", "3"], "3 1998"),
    ],
)
def test_parts_of_a_date_are_iso_only_where_they_leave_no_doubt(cells, written):
    parts = {"a": "identifiedYear", "b": "identifiedMonth", "c": "identifiedDay"}
    assert texts(cells, **parts) == {"dateIdentified": written}


def test_the_end_of_a_span_makes_an_interval_of_the_date():
    found = texts(
        ["1998-02-03", "1998", "2", "5"], a="eventDate", b="endYear", c="endMonth", d="endDay"
    )
    assert interpret(found).values["event_date"] == "1998-02-03/1998-02-05"


def test_names_in_two_columns_are_one_name():
    found = texts(["Lucía", "Gómez"], a="collectorGivenName", b="collectorFamilyName")
    assert found == {"recordedBy": "Lucía Gómez"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("L. Gómez 2201", ("L. Gómez", "2201")),
        ("L. Gómez, No. 2201-a", ("L. Gómez", "2201-a")),
        ("L. Gómez #17", ("L. Gómez", "17")),
        ("L. Gómez", ("L. Gómez", "")),
        ("L. Gómez s.n.", ("L. Gómez s.n.", "")),
        ("Gómez 22 & Ruiz 7", ("Gómez 22 & Ruiz 7", "")),
        ("2201", ("2201", "")),
    ],
)
def test_a_number_behind_a_collector_is_set_apart_only_where_it_is_one(text, parts):
    assert collector_and_number(text) == parts


def test_a_number_of_its_own_column_leaves_the_collector_s_text_whole():
    found = texts(["L. Gómez 2", "17"], a="collectorAndNumber", b="recordNumber")
    assert found == {"recordedBy": "L. Gómez 2", "recordNumber": "17"}


def test_what_finds_its_term_taken_is_kept_in_dynamic_properties():
    found = texts(["33°N 110°W", "12N", "3W"], a="verbatimCoordinates", b="township", c="range")
    assert found["verbatimCoordinates"] == "33°N 110°W"
    assert json.loads(found["dynamicProperties"]) == {"TRS": "T12N R3W"}


def test_kept_columns_join_the_properties_that_are_there():
    four = columns(Soil="kept", Ph="kept", x="dynamicProperties")
    found = four.texts(["sand", "", '{"a": 1}'])["dynamicProperties"]
    assert json.loads(found) == {"a": 1, "Soil": "sand"}
    text = four.texts(["sand", "7", "some text"])["dynamicProperties"]
    assert json.loads(text) == {"dynamicProperties": "some text", "Soil": "sand", "Ph": "7"}
    assert four.texts(["", "", '{"a":1}'])["dynamicProperties"] == '{"a":1}'


def test_columns_without_a_name_or_with_the_same_are_kept_apart():
    mapping = [{"column": header, "term": "kept"} for header in ("", "n", "n")]
    found = Columns(mapping, {}, ["", "n", "n"], {}).texts(["1", "2", "3"])["dynamicProperties"]
    assert json.loads(found) == {"column 1": "1", "n": "2", "n (3)": "3"}


def test_a_constant_fills_what_the_row_leaves_blank():
    both = columns({"country": "Mexico", "habitat": "desert"}, a="country")
    assert both.texts(["Peru"]) == {"country": "Peru", "habitat": "desert"}
    assert both.texts([""]) == {"country": "Mexico", "habitat": "desert"}


def test_a_person_s_constant_wins_over_the_archive_s_and_a_column_over_the_latter():
    one = columns({"license": "CC0"}, {"dwc:license": "all rights", "country": "Peru"}, a="country")
    assert one.texts([""]) == {"license": "CC0"}


def test_identifiers_come_from_tagged_columns_and_from_texts_with_tags():
    found = columns(a="otherCatalogNumbers", b="identifier:Accession", c="identifier:Accession")
    assert found.identifiers(["Barcode: 3; old-7", "12", "13"]) == [
        ("Barcode", "3"),
        ("", "old-7"),
        ("Accession", "12"),
        ("Accession", "13"),
    ]
    assert found.gives_identifiers
    assert not columns(a="country").gives_identifiers


def test_a_cell_is_found_by_any_target():
    found = columns({"occurrenceID": "x"}, a="sourceID", b="legacyID", c="catalogNumber")
    cells = ["7", "12", "H-1"]
    wanted = ("sourceID", "legacyID", "catalogNumber", "occurrenceID", "country")
    assert [found.cell(cells, target) for target in wanted] == ["7", "12", "H-1", "x", ""]


def test_the_file_speaks_of_the_terms_that_its_columns_make():
    found = columns(
        {"country": "Peru"}, a="utmZone", b="catalogNumber", c="kept", d="", e="legacyID"
    )
    spoken = {"verbatimCoordinates", "catalogNumber", "country", "dynamicProperties"}
    assert found.terms == spoken


def test_every_part_belongs_to_a_whole():
    lone = {"eventDate2", "collectorAndNumber"}
    assert PARTS.keys() == {part for whole in WHOLES for part in whole.parts} | lone
