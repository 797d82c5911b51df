"""Searching finds what was asked for, whatever its case and accents, and nothing that is hidden."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from occurrences import search
from occurrences.models import Occurrence
from occurrences.search import SearchCriteria
from tests import make


def found(user, **criteria) -> list[str]:
    """Return the catalog numbers of what `user` finds, in order."""
    visible = search.apply(Occurrence.objects.visible_to(user), SearchCriteria(**criteria))
    return sorted(visible.values_list("catalog_number", flat=True))


@pytest.fixture
def oaks(herbarium, other_herbarium):
    """Records by catalog number, in two collections."""
    gomez = {
        "recorded_by": "L. Gómez",
        "country": "México",
        "country_code": "MX",
        "state_province": "Sonora",
    }
    rows = [
        {
            "catalog_number": "ARIZ 0100",
            "record_number": "2207",
            "event_date": "1932-07-14",
            "locality": "Cañón 4 km S of Ímuris",
            "identifiers": [("Accession", "2026-014")],
            "family": "Fagaceae",
            **gomez,
        },
        {
            "catalog_number": "ARIZ 0101",
            "record_number": "2208",
            "event_date": "1932",
            "scientific_name": "Poa annua",
            "family": "Poaceae",
            "type_status": "holotype",
            **gomez,
        },
        {
            "catalog_number": "ARIZ 0110a",
            "record_number": "2208a",
            "event_date": "1999-12-30/2000-01-02",
            "scientific_name": "Zea mays",
            "family": "Poaceae",
            "recorded_by": "Luis Gómez; A.Camus",
            "country": "United States",
            "country_code": "US",
            "county": "Pima",
        },
    ]
    make.occurrences(herbarium, rows)
    make.occurrences(other_herbarium, [{"catalog_number": "99", "occurrence_id": "urn:x:7"}])


FIRST, SECOND, THIRD = "ARIZ 0100", "ARIZ 0101", "ARIZ 0110a"


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"q": "gomez 2207"}, [FIRST]),
        ({"q": "GÓMEZ imuris quercus"}, [FIRST]),
        ({"q": "ariz-0100"}, [FIRST]),
        ({"q": "2026-014"}, [FIRST]),
        ({"q": "urn:x:7"}, ["99"]),
        ({"q": "Gómez nowhere"}, []),
        ({"taxon": "quercus emoryi"}, [FIRST, "99"]),
        ({"taxon": "Fagaceae, Zea"}, [FIRST, THIRD]),
        ({"taxon": "Poa"}, [SECOND]),
        ({"taxon": "Poa*"}, [SECOND, THIRD]),
        ({"taxon": "Gomez"}, []),
        ({"taxon": "Zea × mays"}, [THIRD]),
        ({"taxon": "Zea x mays"}, [THIRD]),
        ({"collector": "camus"}, [THIRD]),
        ({"collector": "L. Gomez"}, [FIRST, SECOND, THIRD]),
        ({"collector": "Luis Gomez"}, [THIRD]),
        ({"collector": "Shreve; Camus"}, [THIRD]),
        ({"collector": "Sonora"}, []),
        ({"country": "mexico"}, [FIRST, SECOND]),
        ({"country": "MX"}, [FIRST, SECOND]),
        ({"country": "Mexique"}, [FIRST, SECOND]),
        ({"country": "Mexico; usa"}, [FIRST, SECOND, THIRD]),
        ({"country": "Mexi"}, []),
        ({"country": "Mex*"}, [FIRST, SECOND]),
        ({"state": "SONORA"}, [FIRST, SECOND]),
        ({"county": "pima"}, [THIRD]),
        ({"county": "Pi"}, []),
        ({"locality": "canon imuris"}, [FIRST]),
        ({"locality": "Gómez"}, []),
        ({"types": True}, [SECOND]),
        ({"collection": ("OTHER",)}, ["99"]),
        ({"collection": ("OTHER", "HERB"), "taxon": "Zea"}, [THIRD]),
        ({"collection": ("nobody's",)}, []),
        ({"q": "…"}, []),
        ({}, [FIRST, SECOND, THIRD, "99"]),
    ],
    ids=str,
)
def test_words_and_places(oaks, visitor, criteria, expected):
    assert found(visitor, **criteria) == sorted(expected)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("2208", [SECOND]),
        ("2208A", [THIRD]),
        ("2208*", [SECOND, THIRD]),
        ("2207, 2208a", [FIRST, THIRD]),
        ("2200-2208", [FIRST, SECOND]),
        ("98 – 3000", [FIRST, SECOND]),
        ("2208-2200", []),
    ],
)
def test_collectors_numbers(oaks, visitor, number, expected):
    assert found(visitor, number=number) == expected


@pytest.mark.parametrize(
    ("catalog_number", "expected"),
    [
        ("ariz 0100", [FIRST]),
        ("ARIZ 0100 - ARIZ 0109", [FIRST, SECOND]),
        ("ARIZ 0100-0110", [FIRST, SECOND]),
        ("ariz 01*", [FIRST, SECOND, THIRD]),
        ("1-100", ["99"]),
        ("100-120", []),
        ("2026-014", [FIRST]),
        ("urn:x:7", ["99"]),
    ],
)
def test_catalog_and_other_numbers(oaks, visitor, catalog_number, expected):
    assert found(visitor, catalog_number=catalog_number) == expected


def test_a_guid_finds_its_record(oaks, visitor):
    record = Occurrence.objects.get(catalog_number=FIRST)
    assert found(visitor, catalog_number=f"urn:uuid:{record.guid}") == [FIRST]
    assert found(visitor, q=str(record.guid)) == [FIRST]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1932", [FIRST, SECOND]),
        ("1932-07-14", [FIRST, SECOND]),
        ("1932-08/1932-12", [SECOND]),
        ("1999", [THIRD]),
        ("2000-", [THIRD]),
        ("-1950", [FIRST, SECOND]),
        ("1940-1990", []),
    ],
)
def test_dates_overlap(oaks, visitor, asked, expected):
    assert found(visitor, date=asked) == expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1932", (date(1932, 1, 1), date(1932, 12, 31))),
        ("1932-2", (date(1932, 2, 1), date(1932, 2, 29))),
        ("1932-07-14", (date(1932, 7, 14), date(1932, 7, 14))),
        ("1990–2000", (date(1990, 1, 1), date(2000, 12, 31))),
        ("1990 - 2000-06", (date(1990, 1, 1), date(2000, 6, 30))),
        ("1932-07 to 1932-09", (date(1932, 7, 1), date(1932, 9, 30))),
        ("-2000", (date(1, 1, 1), date(2000, 12, 31))),
    ],
)
def test_dates_are_read(text, days):
    assert search.read_dates(text) == days


@pytest.mark.parametrize(
    "text",
    ["2020-13", "1932-02-30", "0000", "-", "yesterday", "2000-1990", "19999", "1/2/3", "١٩٣٢"],
)
def test_no_date_is_refused(text):
    with pytest.raises(ValidationError):
        search.read_dates(text)


PLACE = {
    "catalog_number": "RARE 1",
    "record_number": "77",
    "recorded_by": "L. Gómez",
    "event_date": "1932-07-14",
    "locality": "Secretspring",
    "municipality": "Hiddentown",
    "habitat": "Hushhush",
    "state_province": "Sonora",
}


@pytest.mark.parametrize(
    "criteria",
    [
        {"q": "Secretspring"},
        {"q": "Hushhush"},
        {"q": "Gómez 77"},
        {"locality": "secretspring"},
        {"locality": "hiddentown"},
        {"number": "77"},
        {"date": "1932-07-14"},
        {"date": "1932-07"},
        {"date": "1932-01-02/1932-12-31"},
    ],
    ids=str,
)
@pytest.mark.parametrize("who", ["visitor", "editor", "reader"])
def test_search_is_no_oracle(herbarium, request, who, criteria):
    make.occurrence(herbarium, **PLACE, record_security=1)
    make.occurrence(herbarium, **{**PLACE, "catalog_number": "OPEN 1"})
    assert found(request.getfixturevalue(who), **criteria) == ["OPEN 1"]


@pytest.mark.parametrize("criteria", [{"date": "1932"}, {"state": "sonora"}, {"q": "gomez"}])
def test_protected_records_are_found_by_what_everybody_sees(herbarium, visitor, criteria):
    make.occurrence(herbarium, **PLACE, record_security=1)
    assert found(visitor, **criteria) == ["RARE 1"]


def test_wholly_protected_records_are_found_by_their_editors_alone(herbarium, cast):
    make.occurrence(herbarium, **PLACE, record_security=5)
    finders = {name for name, user in cast.items() if found(user, taxon="Quercus")}
    assert finders == {"editor", "administrator"}


def test_records_of_private_collections_stay_private(cast):
    private = make.collection("PRIVATE", is_public=False, administrator=cast["collector"])
    make.occurrence(private, catalog_number="P 1")
    finders = {name for name, user in cast.items() if found(user, q="P 1")}
    assert finders == {"collector"}


def test_a_query_string_comes_back_as_it_went():
    query = "q=G%C3%B3mez&date=1990-2000&country=MX&collection=A&collection=B&types=1"
    criteria = SearchCriteria.from_query(QueryDict(query))
    assert criteria.collection == ("A", "B")
    assert criteria.types is True
    assert criteria.to_query() == query
    assert SearchCriteria.from_query(QueryDict(criteria.to_query())) == criteria


def test_year_is_another_word_for_date():
    criteria = SearchCriteria.from_query(QueryDict("taxon=Quercus&country=MX&year=1990-2000"))
    assert (criteria.taxon, criteria.country, criteria.date) == ("Quercus", "MX", "1990-2000")


@pytest.mark.parametrize(
    "query",
    ["q=a%00b", "date=2020-13", "taxon=" + "x" * 300, "number=" + "1,2," * 300, "collection=%00"],
)
def test_what_cant_be_read_is_refused(query):
    with pytest.raises(ValidationError):
        SearchCriteria.from_query(QueryDict(query))


def test_criteria_can_be_taken_away_one_by_one():
    criteria = SearchCriteria(q="a", types=True, collection=("A", "B"))
    assert criteria.without("collection", "A").collection == ("B",)
    assert criteria.without("q").q == ""
    assert criteria.without("types").types is False
    assert not SearchCriteria(q="a").without("q")


def test_loosened_words_may_go_on(oaks, visitor):
    criteria = SearchCriteria(taxon="Querc emory", country="Mexi")
    assert criteria.loosened() == SearchCriteria(taxon="Querc* emory*", country="Mexi*")
    assert criteria.loosened().loosened() == criteria.loosened()
    assert found(visitor, taxon="Querc* emory*", country="Mexi*") == [FIRST]


def test_summary_counts_collections_decades_and_places(oaks, visitor, herbarium):
    summary = search.summarize(Occurrence.objects.visible_to(visitor))
    assert (summary.total, summary.is_exact) == (4, True)
    assert summary.collections[herbarium.pk] == 3
    assert [(each.text, each.count) for each in summary.decades] == [("1930s", 2), ("1990s", 1)]
    assert [(each.text, each.count) for each in summary.countries] == [
        ("México", 2),
        ("United States", 1),
    ]
    assert summary.states[0].asks == {"state": "Sonora", "country": "México"}


def test_summary_stops_at_its_bound(oaks, visitor, monkeypatch):
    monkeypatch.setattr(search, "COUNTED", 3)
    summary = search.summarize(Occurrence.objects.visible_to(visitor))
    assert (summary.total, summary.is_exact, summary.decades) == (4, False, [])


def test_summary_of_nothing(visitor, db):
    nothing = search.apply(Occurrence.objects.visible_to(visitor), SearchCriteria(q="…"))
    assert search.summarize(nothing).total == 0


def test_broken_numbers_of_any_size_are_no_error(oaks, visitor):
    for text in ("9" * 500, "1-" + "9" * 19, "0-0", "-", "*", "1-2-3", "\U0001f335*", "%_\\"):
        found(visitor, number=text, catalog_number=text, q=text, taxon=text, country=text)


@pytest.mark.parametrize("asked", ["Calif.", "california", "Californie", "CA", "Cal."])
def test_a_state_is_found_however_it_is_written(herbarium, visitor, asked):
    written = ("Calif.", "California", "CA", "CALIF")
    usa = {"country": "United States", "country_code": "US"}
    rows = [{"state_province": state, **usa} for state in written]
    others = [{"state_province": "Baja California", "country": "Mexico"}, {**usa}]
    made = make.occurrences(herbarium, rows + others)
    wanted = {record.pk for record in made[: len(written)]}
    for country in ("", "USA", "United States"):
        assert {r.pk for r in searched(visitor, state=asked, country=country)} == wanted
    assert not searched(visitor, state=asked, country="Canada")


def test_a_county_is_looked_for_in_its_state(herbarium, visitor):
    counties = [("Arizona", "Pima"), ("Ariz.", "Pima"), ("Sonora", "Pima")]
    rows = [{"state_province": state, "county": county} for state, county in counties]
    made = make.occurrences(herbarium, rows)
    wanted = {record.pk for record in made[:2]}
    assert {r.pk for r in searched(visitor, state="AZ", county="Pima", country="US")} == set()
    assert {r.pk for r in searched(visitor, state="Ariz.", county="pima")} == wanted


def searched(user, **criteria):
    return list(search.apply(Occurrence.objects.visible_to(user), SearchCriteria(**criteria)))
