"""What a row does to a record that is there already: fill, update or replace."""

from decimal import Decimal

import pytest

from occurrences.models import Occurrence
from tests import make
from tests.occurrences.importing import bring_in, checked

pytestmark = pytest.mark.django_db


@pytest.fixture
def laid_over(herbarium, administrator):
    """Make a record numbered 1, lay a row over it, and return it as it is then."""

    def lay(mode, record, row):
        record = make.occurrence(herbarium, catalog_number="1", **record)
        header, cells = ",".join(["catalogNumber", *row]), ",".join(["1", *row.values()])
        bring_in(herbarium, administrator, f"{header}\n{cells}\n", mode=mode)
        return Occurrence.objects.prefetch_related("identifications", "identifiers").get()

    return lay


@pytest.mark.parametrize(
    ("mode", "before", "given", "after"),
    [
        ("fill", None, "Peru", "Peru"),
        ("fill", "Mexico", "Peru", "Mexico"),
        ("fill", "Mexico", "", "Mexico"),
        ("update", None, "Peru", "Peru"),
        ("update", "Mexico", "Peru", "Peru"),
        ("update", "Mexico", "", "Mexico"),
        ("replace", "Mexico", "Peru", "Peru"),
        ("replace", "Mexico", "", None),
    ],
)
def test_a_mode_says_who_wins(laid_over, mode, before, given, after):
    row = {"country": given, "county": "Pima"}
    record = laid_over(mode, {"country": before, "habitat": "oak"}, row)
    assert (record.country, record.county, record.habitat) == (after, "Pima", "oak")


def test_a_less_exact_date_brings_no_day_of_the_old_one(laid_over):
    record = laid_over("update", {"event_date": "1932-07-14"}, {"eventDate": "1931"})
    dates = (record.event_date, record.year, record.month, record.day, record.start_day_of_year)
    assert dates == ("1931", 1931, None, None, None)
    assert record.event_date_precision == "year"


def test_filling_never_mixes_two_dates(laid_over):
    record = laid_over("fill", {"event_date": "1932"}, {"eventDate": "1931-07-14"})
    assert (record.event_date, record.year, record.month, record.day) == ("1932", 1932, None, None)


def test_filling_never_mixes_two_points(laid_over):
    row = {"decimalLatitude": "10.5", "decimalLongitude": "20.5"}
    record = laid_over("fill", {"decimal_latitude": "33.10", "decimal_longitude": "-110.8"}, row)
    assert (str(record.decimal_latitude), str(record.decimal_longitude)) == ("33.10", "-110.8")


def test_a_point_set_by_hand_outlives_the_same_verbatim_coordinates(laid_over):
    text = "31°20'N 110°50'W"
    point = {"decimal_latitude": "31.335", "decimal_longitude": "-110.835"}
    row = {"verbatimCoordinates": text, "country": "Mexico"}
    record = laid_over("update", {"verbatim_coordinates": text, **point}, row)
    assert record.decimal_latitude == Decimal("31.335")


def test_other_verbatim_coordinates_bring_their_own_point(laid_over):
    point = {"decimal_latitude": "31.335", "decimal_longitude": "-110.835"}
    row = {"verbatimCoordinates": "30°30'N 110°30'W"}
    record = laid_over("update", {"verbatim_coordinates": "31°20'N 110°50'W", **point}, row)
    assert (record.decimal_latitude, record.decimal_longitude) == (
        Decimal("30.5"),
        Decimal("-110.5"),
    )


def test_another_country_brings_its_own_code(laid_over):
    before = {"country": "Mexico", "country_code": "MX"}
    assert laid_over("update", before, {"country": "Peru"}).country_code == "PE"


def test_the_text_as_written_follows_the_value(laid_over):
    before = {"event_date": "1931", "verbatim": {"eventDate": "anno 1931", "country": "Méx."}}
    record = laid_over("update", before, {"eventDate": "14.vii.1932"})
    assert record.event_date == "1932-07-14"
    assert record.verbatim == {"eventDate": "14.vii.1932", "country": "Méx."}


def test_what_stays_keeps_its_text_as_written(laid_over):
    before = {"event_date": "1931", "verbatim": {"eventDate": "anno 1931"}}
    record = laid_over("fill", before, {"eventDate": "14.vii.1932"})
    assert (record.event_date, record.verbatim) == ("1931", {"eventDate": "anno 1931"})


NAMED = {"scientific_name": "Quercus alba", "scientific_name_authorship": "L."}


def determinations(record):
    return {
        (each.scientific_name, each.identified_by, each.is_current)
        for each in record.identifications.all()
    }


def test_another_name_is_another_determination_and_takes_nothing_of_the_old(laid_over):
    before = {**NAMED, "identified_by": "Smith"}
    record = laid_over("update", before, {"scientificName": "Quercus rubra"})
    assert (record.scientific_name_authorship, record.identified_by) == (None, None)
    assert determinations(record) == {
        ("Quercus alba", "Smith", False),
        ("Quercus rubra", None, True),
    }


def test_the_same_name_with_its_determiner_corrects_the_determination(laid_over):
    row = {"scientificName": "Quercus  ALBA", "identifiedBy": "Smith"}
    record = laid_over("update", NAMED, row)
    assert record.identifications.count() == 1
    assert record.identified_by == "Smith"
    assert record.scientific_name_authorship == "L."


def test_filling_leaves_a_determination_whole(laid_over):
    row = {"scientificName": "Quercus rubra", "identifiedBy": "Smith"}
    record = laid_over("fill", NAMED, row)
    assert determinations(record) == {("Quercus alba", None, True)}


@pytest.mark.parametrize(
    ("mode", "given", "after"),
    [
        ("fill", "Barcode: 9", ["Accession: 5", "Barcode: 9"]),
        ("update", "Barcode: 9", ["Barcode: 9"]),
        ("update", "", ["Accession: 5"]),
        ("replace", "", []),
    ],
)
def test_additional_identifiers_follow_the_mode(laid_over, mode, given, after):
    before = {"identifiers": [("Accession", "5")]}
    record = laid_over(mode, before, {"otherCatalogNumbers": given, "country": "Peru"})
    assert [str(each) for each in record.identifiers.all()] == after


@pytest.mark.parametrize("mode", ["fill", "update", "replace"])
def test_the_same_row_again_changes_nothing_in_any_mode(herbarium, administrator, mode):
    text = (
        "catalogNumber,scientificName,eventDate,country,decimalLatitude,decimalLongitude,"
        "minimumElevationInMeters,otherCatalogNumbers\n"
        '1,Quercus alba,"July 14, 1932",Mexico,33.10,-110.8,300 ft,Accession: 5\n'
        "2,Carex,1932-00-20,,,,,\n"
    )
    bring_in(herbarium, administrator, text)
    run = checked(herbarium, administrator, text, mode=mode)
    assert run.counts["unchanged"] == 2, [each.differences for each in run.outcomes.all()]


def test_a_basis_that_is_erased_is_that_of_the_collection_again(laid_over):
    row = {"basisOfRecord": "", "country": "Peru"}
    record = laid_over("replace", {"basis_of_record": "FossilSpecimen"}, row)
    assert record.basis_of_record == "PreservedSpecimen"
