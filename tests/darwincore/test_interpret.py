"""Records: texts in, values, verbatim texts and issues out."""

import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.interpret import (
    determination_key,
    identifiers,
    interpret,
    interpret_identification,
)
from darwincore.terms import BY_COLUMN, BY_NAME, COLUMNS, DERIVED_COLUMNS


def read(**cells):
    """Interpret, showing values as text and issues as codes with their terms."""
    found = interpret(cells)
    values = {
        column: str(value) if isinstance(value, date | Decimal) else value
        for column, value in found.values.items()
    }
    return values, found.verbatim, [(issue.code, issue.term) for issue in found.issues]


def test_text_is_trimmed_and_otherwise_kept():
    values, verbatim, issues = read(scientificName="  Quercus  alba ", locality="a\nb", sex=" ")
    assert values == {"scientific_name": "Quercus  alba", "locality": "a\nb"}
    assert (verbatim, issues) == ({}, [])


def test_names_that_are_no_terms_are_passed_over():
    assert read(favouriteColour="red", otherCatalogNumbers="1; 2") == ({}, {}, [])


# Dates

DAY = {
    "event_date": "1998-05-03",
    "event_date_start": "1998-05-03",
    "event_date_end": "1998-05-03",
    "event_date_precision": "day",
    "year": 1998,
    "month": 5,
    "day": 3,
    "start_day_of_year": 123,
    "end_day_of_year": 123,
}


@pytest.mark.parametrize(
    ("cells", "verbatim"),
    [
        ({"eventDate": "1998-05-03"}, {}),
        ({"eventDate": "3.V.1998"}, {"eventDate": "3.V.1998"}),
        ({"year": "1998", "month": "5", "day": "03"}, {}),
        ({"year": "1998", "month": "May", "day": "3"}, {"month": "May"}),
        ({"year": "1998", "startDayOfYear": "123"}, {}),
        ({"eventDate": "1998", "month": "5", "day": "3"}, {"eventDate": "1998"}),
        ({"eventDate": "03/05/1998", "month": "5", "day": "3"}, {"eventDate": "03/05/1998"}),
    ],
)
def test_day_is_read_from_its_parts_or_whole(cells, verbatim):
    values, kept, issues = read(**cells)
    assert values == DAY
    assert issues == []
    # a month's name is its number: nothing is lost
    assert kept == {term: text for term, text in verbatim.items() if term != "month"}


def test_time_beside_the_date_fills_a_blank_event_time():
    values, verbatim, _ = read(eventDate="1998-05-03T14:30Z")
    assert values == DAY | {"event_time": "14:30Z"}
    assert verbatim == {"eventDate": "1998-05-03T14:30Z"}
    assert read(eventDate="1998-05-03T14:30Z", eventTime="noon")[0]["event_time"] == "noon"


def test_unknown_parts_of_a_date_stay_unknown():
    values, verbatim, issues = read(eventDate="2008-00-20", year="2008", month="0", day="20")
    assert values["event_date"] == "2008"
    assert values["event_date_precision"] == "year"
    assert values["event_date_end"] == "2008-12-31"
    assert "month" not in values
    assert "day" not in values
    assert "start_day_of_year" not in values
    assert verbatim == {"eventDate": "2008-00-20", "month": "0", "day": "20"}
    assert issues == []


def test_first_of_january_beside_a_bare_year_refines_nothing():
    values, *_ = read(eventDate="1998", year="1998", month="1", day="1")
    assert values["event_date"] == "1998"


def test_text_that_is_no_date_moves_to_the_verbatim_term():
    values, verbatim, issues = read(eventDate="31/02/1998")
    assert values == {"verbatim_event_date": "31/02/1998"}
    assert verbatim == {"eventDate": "31/02/1998"}
    assert issues == [("RECORDED_DATE_INVALID", "eventDate")]


def test_verbatim_term_that_is_filled_is_not_overwritten():
    values, *_ = read(eventDate="31/02/1998", verbatimEventDate="end of February")
    assert values["verbatim_event_date"] == "end of February"


def test_text_that_is_no_date_leaves_the_word_to_the_parts():
    values, _, issues = read(eventDate="spring?", year="1998", month="5", day="3")
    assert values["event_date"] == "1998-05-03"
    assert issues == [("RECORDED_DATE_INVALID", "eventDate")]


def test_day_that_could_be_two_is_an_issue_and_a_year():
    values, _, issues = read(eventDate="05/07/2024")
    assert values["event_date"] == "2024"
    assert issues == [("DATE_AMBIGUOUS", "eventDate")]


def test_blank_date_is_derived_from_the_label():
    found = interpret({"verbatimEventDate": "3.V.1998"})
    assert str(found.values["event_date"]) == "1998-05-03"
    assert found.values["verbatim_event_date"] == "3.V.1998"
    assert {"event_date", "year", "month", "day"} <= found.derived
    assert found.issues == []


@pytest.mark.parametrize(
    ("label", "year", "codes"),
    [
        ("coll. by night", None, []),
        ("14.x.60", None, [("DATE_TWO_DIGIT_YEAR", "verbatimEventDate")]),
        ("05/07/2024", 2024, [("DATE_AMBIGUOUS", "verbatimEventDate")]),
    ],
)
def test_label_that_leaves_a_doubt_gives_no_more_than_is_certain(label, year, codes):
    values, verbatim, issues = read(verbatimEventDate=label)
    assert values["verbatim_event_date"] == label
    assert (values.get("year"), verbatim, issues) == (year, {}, codes)
    assert "month" not in values


def test_label_says_when_where_the_date_does_not():
    values, _, issues = read(eventDate="1987-08/24", verbatimEventDate="24.VIII.1987")
    assert values["event_date"] == "1987-08-24"
    assert issues == [("RECORDED_DATE_INVALID", "eventDate")]
    assert read(year="1999", verbatimEventDate="3.V.1998")[0]["event_date"] == "1999"


def test_written_point_serves_where_the_decimal_one_is_no_place():
    values, _, issues = read(
        decimalLatitude="0", decimalLongitude="0", verbatimCoordinates="34°25'N, 119°52'W"
    )
    assert values["decimal_latitude"] == "34.4167"
    assert issues == [("ZERO_COORDINATE", LATITUDE)]


def test_no_date_is_no_issue():
    values, verbatim, issues = read(eventDate="no date")
    assert (values, verbatim, issues) == ({}, {"eventDate": "no date"}, [])


@pytest.mark.parametrize(
    ("parts", "term"),
    [
        ({"year": "1999"}, "year"),
        ({"year": "1998", "month": "6"}, "month"),
        ({"year": "1998", "month": "5", "day": "4"}, "day"),
    ],
)
def test_part_that_contradicts_the_date_is_an_issue(parts, term):
    values, verbatim, issues = read(eventDate="1998-05-03", **parts)
    assert values == DAY
    assert issues == [("RECORDED_DATE_MISMATCH", term)]
    assert verbatim == {term: parts[term]}


def test_interval_keeps_the_parts_on_which_it_agrees():
    values, verbatim, issues = read(eventDate="1998-05-03/12", year="1998", month="5", day="3")
    assert values["event_date"] == "1998-05-03/1998-05-12"
    assert (values["year"], values["month"], "day" in values) == (1998, 5, False)
    assert (values["start_day_of_year"], values["end_day_of_year"]) == (123, 132)
    assert verbatim == {"eventDate": "1998-05-03/12", "day": "3"}
    assert issues == []


def test_end_date_makes_an_interval():
    values, _, issues = read(eventDate="1998-05-03", eventDate2="1998-05-12")
    assert values["event_date"] == "1998-05-03/1998-05-12"
    assert issues == []


def test_end_date_before_the_start_is_an_issue():
    values, _, issues = read(eventDate="1998-05-03", eventDate2="1998-05-01")
    assert values["event_date"] == "1998-05-03"
    assert issues == [("DATE_RANGE_REVERSED", "eventDate2")]


@pytest.mark.parametrize("text", [str(date.today() + timedelta(days=2)), "1492-10-12"])
def test_unlikely_date_is_kept_and_is_an_issue(text):
    values, _, issues = read(eventDate=text)
    assert values["event_date"] == text
    assert issues == [("RECORDED_DATE_UNLIKELY", "eventDate")]


def test_parts_outside_the_calendar():
    values, verbatim, issues = read(year="1998", month="2", day="31")
    assert values["event_date"] == "1998"
    assert verbatim == {"month": "2", "day": "31"}
    assert issues == [("RECORDED_DATE_INVALID", "day")]
    values, verbatim, issues = read(year="ninety", month="13")
    assert values == {}
    assert verbatim == {"year": "ninety", "month": "13"}
    assert issues == [("NUMBER_INVALID", "year"), ("NUMBER_INVALID", "month")]


def test_derived_columns_are_named():
    found = interpret({"eventDate": "1998-05-03", "year": "1998", "country": "Peru"})
    assert "country_code" in found.derived
    assert "month" in found.derived
    assert not found.derived & {"event_date", "year", "country"}


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("2019-03-04", "2019-03-04", ""),
        ("May, 2018", "2018-05", ""),
        ("000-00-1940", "1940", ""),
        ("000-00-0000", None, ""),
        ("s.d.", None, ""),
        ("ca. 1932", None, "IDENTIFIED_DATE_INVALID"),
        ("1/2/03", None, "DATE_TWO_DIGIT_YEAR"),
        ("1492", "1492", "IDENTIFIED_DATE_UNLIKELY"),
    ],
)
def test_date_identified(text, value, code):
    values, verbatim, issues = read(dateIdentified=text)
    assert values.get("date_identified") == value
    assert verbatim == ({} if value == text else {"dateIdentified": text})
    assert issues == ([(code, "dateIdentified")] if code else [])


# Coordinates

LATITUDE, LONGITUDE = "decimalLatitude", "decimalLongitude"


def test_coordinates_keep_their_scale():
    assert read(decimalLatitude="33.10", decimalLongitude="-110.500") == (
        {"decimal_latitude": "33.10", "decimal_longitude": "-110.500"}, {}, [],
    )  # fmt: skip


def test_degrees_and_minutes_become_decimal():
    values, verbatim, issues = read(decimalLatitude="34°25'N", decimalLongitude="118°30'W")
    assert values == {
        "decimal_latitude": "34.4167",
        "decimal_longitude": "-118.5000",
        "verbatim_latitude": "34°25'N",
        "verbatim_longitude": "118°30'W",
    }
    assert verbatim == {LATITUDE: "34°25'N", LONGITUDE: "118°30'W"}
    assert issues == []


@pytest.mark.parametrize(
    ("latitude", "longitude", "code", "term"),
    [
        ("0", "0.00", "ZERO_COORDINATE", LATITUDE),
        ("120.5", "33", "PRESUMED_SWAPPED_COORDINATE", LATITUDE),
        ("120", "133", "COORDINATE_OUT_OF_RANGE", LATITUDE),
        ("12", "233", "COORDINATE_OUT_OF_RANGE", LONGITUDE),
        ("33.1", "", "COORDINATE_INCOMPLETE", LATITUDE),
        ("", "33.1", "COORDINATE_INCOMPLETE", LONGITUDE),
        ("north", "33.1", "COORDINATE_INVALID", LATITUDE),
        ("34°25'", "33.1", "COORDINATE_HEMISPHERE_MISSING", LATITUDE),
    ],
)
def test_pair_that_is_no_place_stays_verbatim(latitude, longitude, code, term):
    values, verbatim, issues = read(decimalLatitude=latitude, decimalLongitude=longitude)
    assert "decimal_latitude" not in values
    assert "decimal_longitude" not in values
    written = {LATITUDE: latitude, LONGITUDE: longitude}
    assert verbatim == {name: text for name, text in written.items() if text}
    assert issues == [(code, term)]


@pytest.mark.parametrize(
    "cells",
    [
        {"verbatimCoordinates": "34º25'19\"N, 119º52'18\"W"},
        {"verbatimLatitude": "34º25'19\"N", "verbatimLongitude": "119º52'18\"W"},
    ],
)
def test_blank_coordinates_are_derived_from_text_that_leaves_no_doubt(cells):
    values, verbatim, issues = read(**cells)
    assert values["decimal_latitude"] == "34.42194"
    assert values["decimal_longitude"] == "-119.87167"
    assert (verbatim, issues) == ({}, [])


def test_point_from_minutes_says_how_exact_it_is():
    cells = {"verbatimCoordinates": "34°25'N, 119°52'W"}
    values, _, _ = read(**cells)
    assert values["coordinate_precision"] == "0.0167"
    values, _, _ = read(**cells, coordinatePrecision="0.5")
    assert values["coordinate_precision"] == "0.5"


def test_grid_is_read_in_its_datum_or_that_of_the_record():
    values, verbatim, issues = read(verbatimCoordinates="UTM 11N 363600E 3804800N NAD27")
    assert values["decimal_latitude"] == "34.377362"
    assert values["decimal_longitude"] == "-118.483523"
    assert values["geodetic_datum"] == "NAD27"
    assert values["verbatim_coordinates"] == "UTM 11N 363600E 3804800N NAD27"
    assert (verbatim, issues) == ({}, [])
    again, *_ = read(verbatimCoordinates="11N 363600 3804800", geodeticDatum="NAD27")
    assert again["decimal_latitude"] == "34.377362"


def test_datum_behind_a_point_is_the_record_s():
    values, _, issues = read(verbatimCoordinates="40.446195, -79.948862 (NAD27)")
    assert (values["decimal_latitude"], values["geodetic_datum"]) == ("40.446195", "NAD27")
    assert issues == []


def test_grid_without_a_datum_is_an_issue_and_no_more_exact_than_that():
    values, _, issues = read(verbatimCoordinates="11N 363600 3804800")
    assert (values["decimal_latitude"], values["coordinate_precision"]) == ("34.3756", "0.001")
    assert "geodetic_datum" not in values
    assert issues == [("GEODETIC_DATUM_ASSUMED_WGS84", "verbatimCoordinates")]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("11S 363600 3804800", ["COORDINATE_ZONE_AMBIGUOUS"]),
        ("19°25'N 99°10'O", ["COORDINATE_HEMISPHERE_AMBIGUOUS"]),
        ("43.74, 131.63", ["COORDINATE_HEMISPHERE_MISSING"]),
        ("T12N R4E sec. 5", []),
        ("near the road", []),
    ],
)
def test_text_that_leaves_a_doubt_gives_no_point(text, codes):
    values, _, issues = read(verbatimCoordinates=text)
    assert values == {"verbatim_coordinates": text}
    assert [code for code, _ in issues] == codes


def test_given_coordinates_win_over_verbatim_ones():
    values, *_ = read(
        decimalLatitude="1.5", decimalLongitude="2.5", verbatimCoordinates="34 N, 119 W"
    )
    assert values["decimal_latitude"] == "1.5"


@pytest.mark.parametrize(
    ("text", "value"), [("250", "250"), ("250.0", "250.0"), ("1 km", "1000"), ("100 ft", "30")]
)
def test_uncertainty_in_metres(text, value):
    values, verbatim, issues = read(coordinateUncertaintyInMeters=text)
    assert values == {"coordinate_uncertainty_in_meters": value}
    assert verbatim == ({"coordinateUncertaintyInMeters": text} if " " in text else {})
    assert issues == []


@pytest.mark.parametrize("text", ["0", "-5", "far", "100-200 m"])
def test_uncertainty_that_is_none(text):
    values, verbatim, issues = read(coordinateUncertaintyInMeters=text)
    assert values == {}
    assert verbatim == {"coordinateUncertaintyInMeters": text}
    assert issues == [("COORDINATE_UNCERTAINTY_METERS_INVALID", "coordinateUncertaintyInMeters")]


# Elevation and depth


@pytest.mark.parametrize(
    ("low", "high", "expected", "codes"),
    [
        ("1200", "", ("1200", None), []),
        ("1200.0", "1300", ("1200.0", "1300"), []),
        ("1200-1300 m", "", ("1200", "1300"), []),
        ("3300 ft", "", ("1006", None), ["ELEVATION_NOT_METRIC"]),
        ("1300", "1200", ("1200", "1300"), ["ELEVATION_MIN_MAX_SWAPPED"]),
        ("high", "", (None, None), ["ELEVATION_NON_NUMERIC"]),
        ("20 000", "", ("20000", None), ["ELEVATION_UNLIKELY"]),
    ],
)
def test_elevation(low, high, expected, codes):
    values, verbatim, issues = read(minimumElevationInMeters=low, maximumElevationInMeters=high)
    found = values.get("minimum_elevation_in_meters"), values.get("maximum_elevation_in_meters")
    assert found == expected
    assert [code for code, _ in issues] == codes
    if not low.replace(".", "").isdigit() or "SWAPPED" in "".join(codes):
        assert verbatim["minimumElevationInMeters"] == low


def test_verbatim_elevation_gives_metres_only_with_its_unit():
    assert read(verbatimElevation="3300 ft.")[0]["minimum_elevation_in_meters"] == "1006"
    assert read(verbatimElevation="3300") == ({"verbatim_elevation": "3300"}, {}, [])
    assert (
        "minimum_elevation_in_meters"
        not in read(verbatimElevation="3300 ft.", maximumElevationInMeters="900")[0]
    )


def test_open_elevation_has_one_end():
    values, *_ = read(verbatimElevation="above 3000 ft")
    assert values["minimum_elevation_in_meters"] == "914"
    assert "maximum_elevation_in_meters" not in values
    assert read(coordinateUncertaintyInMeters="< 100 m")[0] == {
        "coordinate_uncertainty_in_meters": "100"
    }


def test_depth_below_the_surface():
    values, _, issues = read(minimumDepthInMeters="-5", maximumDepthInMeters="10 fathoms")
    assert values["maximum_depth_in_meters"] == "18"
    assert issues == [
        ("DEPTH_NOT_METRIC", "maximumDepthInMeters"),
        ("DEPTH_UNLIKELY", "minimumDepthInMeters"),
    ]


# Countries and vocabularies


@pytest.mark.parametrize(
    ("country", "code", "values", "codes"),
    [
        ("México", "", ("México", "MX"), []),
        ("US", "", ("United States", "US"), []),
        ("", "mex", ("Mexico", "MX"), []),
        ("", "NA", ("Namibia", "NA"), []),
        ("NA", "NA", ("NA", None), ["COUNTRY_INVALID"]),
        ("Congo", "", ("Congo", None), []),
        ("Atlantis", "", ("Atlantis", None), ["COUNTRY_INVALID"]),
        ("Peru", "QQ", ("Peru", "PE"), ["COUNTRY_INVALID"]),
        ("Mexico", "US", ("Mexico", "US"), ["COUNTRY_MISMATCH"]),
        ("Puerto Rico", "US", ("Puerto Rico", "US"), []),
        ("", "XZ", (None, "XZ"), []),
    ],
)
def test_country(country, code, values, codes):
    found, verbatim, issues = read(country=country, countryCode=code)
    assert (found.get("country"), found.get("country_code")) == values
    assert [code for code, _ in issues] == codes
    for term, text, value in zip(("country", "countryCode"), (country, code), values, strict=True):
        assert (term in verbatim) == (bool(text) and text != value)


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("PreservedSpecimen", "PreservedSpecimen"),
        ("PRESERVED_SPECIMEN", "PreservedSpecimen"),
        ("Preserved Specimen", "PreservedSpecimen"),
        ("specimen", "PreservedSpecimen"),
        ("http://rs.tdwg.org/dwc/terms/FossilSpecimen", "FossilSpecimen"),
        ("Human Observation", "HumanObservation"),
        ("OBSERVATION", "HumanObservation"),
        ("Mystery", None),
    ],
)
def test_basis_of_record(text, basis):
    values, verbatim, issues = read(basisOfRecord=text)
    assert values.get("basis_of_record") == basis
    assert bool(verbatim) == (basis != text)
    assert issues == ([] if basis else [("BASIS_OF_RECORD_INVALID", "basisOfRecord")])


@pytest.mark.parametrize("text", ["None", "no", "N/A", "not a type", "Non-type"])
def test_none_is_not_a_type(text):
    assert read(typeStatus=text) == ({}, {"typeStatus": text}, [])


def test_type_status_is_kept_as_written():
    text = "Paratype of Gryonoides rugosus"
    assert read(typeStatus=text) == ({"type_status": text}, {}, [])
    assert read(typeStatus="special")[2] == [("TYPE_STATUS_INVALID", "typeStatus")]


@pytest.mark.parametrize("term", ["recordSecurity", "localitySecurity"])
@pytest.mark.parametrize(
    ("text", "level", "known"),
    [
        ("0", 0, True),
        ("1", 1, True),
        ("5", 5, True),
        ("0 5", 5, True),  # of two columns the stricter
        ("1 0", 1, True),
        ("yes", 1, False),
        ("7", 1, False),
        ("0 yes", 1, False),
    ],
)
def test_security_that_is_not_understood_protects(term, text, level, known):
    values, _, issues = read(**{term: text})
    assert values == {"record_security": level}
    assert bool(issues) != known


def test_truth_and_numbers():
    assert read(cultivationStatus="1")[0] == {"cultivation_status": True}
    assert read(cultivationStatus="no")[0] == {"cultivation_status": False}
    assert read(cultivationStatus="perhaps") == (
        {}, {"cultivationStatus": "perhaps"}, [("BOOLEAN_INVALID", "cultivationStatus")],
    )  # fmt: skip
    assert read(coordinatePrecision="0.0010")[0] == {"coordinate_precision": "0.0010"}
    assert read(coordinatePrecision="fine")[2] == [("NUMBER_INVALID", "coordinatePrecision")]


# Determinations and identifiers


def test_identification_row():
    found = interpret_identification(
        {
            "scientificName": "Quercus alba",
            "identifiedBy": "L. Hart",
            "dateIdentified": "s.d.",
            "identificationIsCurrent": "1",
            "locality": "elsewhere",
        }
    )
    assert found.values == {
        "scientific_name": "Quercus alba",
        "identified_by": "L. Hart",
        "is_current": True,
    }
    assert found.verbatim == {"dateIdentified": "s.d."}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Quercus alba", "", ""), ("quercus  alba", "unknown", "s.d."), True),
        (("Quercus alba", "L. Hart", "1998"), ("Quercus alba", "l. hart", "1998"), True),
        (("Quercus alba", "L. Hart", "1998"), ("Quercus alba", "L. Hart", "1999"), False),
        (("Quercus alba", "L. Hart", ""), ("Quercus alba", "", ""), False),
        (("Quercus alba", "", ""), ("Quercus rubra", "", ""), False),
    ],
)
def test_same_determination(one, other, same):
    columns = ("scientific_name", "identified_by", "date_identified")
    keys = [determination_key(dict(zip(columns, values, strict=True))) for values in (one, other)]
    assert (keys[0] == keys[1]) == same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Accession: 12; old-7 | Barcode: 3",
            [("Accession", "12"), ("", "old-7"), ("Barcode", "3")],
        ),
        ("urn:catalog:A:1; https://a.b/c", [("", "urn:catalog:A:1"), ("", "https://a.b/c")]),
        ("TIM:0", [("", "TIM:0")]),
        ("7; 7;", [("", "7")]),
        ("", []),
    ],
)
def test_identifiers(text, expected):
    assert identifiers(text) == expected


# Whatever comes

DIRTY = st.sampled_from(
    ["", "0", "00", "NA", "1998", "5", "3 May 1998", "05/07/2024", "1998-05-03/12", "33.10", "-0",
     "34°25'N", "118 W", "0,0", "1200-1300 ft", "Peru", "MX", "yes", "31/02/1998", "13", "366"]
)  # fmt: skip
NAMES = [*BY_NAME, "eventDate2", "localitySecurity", "unheardOf"]


@given(st.dictionaries(st.sampled_from(NAMES), DIRTY | st.text(max_size=20), max_size=12))
def test_any_record_is_read_into_columns_of_ours(cells):
    found = interpret(cells)
    assert found.values.keys() <= {*COLUMNS, *DERIVED_COLUMNS}
    assert found.derived <= found.values.keys()
    assert found.verbatim.keys() <= {name for name, text in cells.items() if text.strip()}
    assert "" not in found.values.values()
    for issue in found.issues:
        assert issue.value


@given(st.dictionaries(st.sampled_from(NAMES), DIRTY, max_size=12))
def test_values_written_out_are_read_again_as_themselves(cells):
    cells.pop("eventDate2", None)
    first = interpret(cells).values
    written = {
        BY_COLUMN[column].name: str(int(value) if isinstance(value, bool) else value)
        for column, value in first.items()
        if column in BY_COLUMN
    }
    again = interpret(written).values
    # A latitude in words, moved to its verbatim term, may find the longitude that was there.
    found = {"decimal_latitude", "decimal_longitude", "coordinate_precision", "geodetic_datum"}
    assert again == first | {
        column: again[column] for column in found & again.keys() - first.keys()
    }


@pytest.mark.parametrize(
    "text",
    ["1" * 300_000, "1 " * 150_000, "N" * 300_000, "1-" * 150_000, "a" * 300_000, "1,2" * 90_000],
)
def test_texts_as_long_as_a_book_are_read_at_once(text):
    started = time.process_time()
    found = interpret(dict.fromkeys(NAMES, text))
    assert time.process_time() - started < 5
    assert "event_date" not in found.values
    assert found.verbatim["eventDate"] == text.strip()
    assert all(len(issue.value) <= 200 for issue in found.issues)
