"""The gazetteer: whatever a place is called, it is one place; what can be two stays open."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from biocollections import gazetteer, places
from biocollections.gazetteer import COUNTRY, COUNTY, STATE, Entry, Name
from biocollections.models import Gazetteer, Place

pytestmark = pytest.mark.django_db


def codes(country: str = "", state: str = "", county: str = "") -> tuple[str, ...]:
    """Return the codes of what is found, blank for a level that is not."""
    match = places.find(country, state, county)
    found = (match.country, match.state_province, match.county)
    return tuple(place.code if place else "" for place in found)


@pytest.fixture
def pima() -> None:
    """Counties such as an admin loads."""
    counties = [
        Entry("US-AZ-pima", COUNTY, "Pima", "US-AZ", [Name("Pima County", "variant")]),
        Entry("US-AZ-pinal", COUNTY, "Pinal", "US-AZ", []),
        Entry("US-CA-orange", COUNTY, "Orange", "US-CA", []),
        Entry("US-FL-orange", COUNTY, "Orange", "US-FL", []),
    ]
    places.write(counties)
    places.changed()


@pytest.mark.parametrize("state", ["California", "Calif.", "CA", "calif", "Californie", "CALIF"])
@pytest.mark.parametrize("country", ["United States", "USA", "U.S.A.", "EE.UU.", "us"])
def test_all_spellings_of_a_state_meet(country: str, state: str) -> None:
    assert codes(country, state) == ("US", "US-CA", "")


@pytest.mark.parametrize(
    ("country", "state", "found"),
    [
        ("Mexico", "Son.", "MX-SON"),
        ("México", "Estado de Sonora", "MX-SON"),
        ("Mexico", "Veracruz", "MX-VER"),
        ("Mexico", "Ver.", "MX-VER"),
        ("Mexico", "Mexico", "MX-MEX"),
        ("Mexico", "D.F.", "MX-CMX"),
        ("Mexico", "Baja Calif.", "MX-BCN"),
        ("Canada", "B.C.", "CA-BC"),
        ("Canada", "Québec", "CA-QC"),
        ("Spain", "Asturias", "ES-AS"),
        ("Spain", "Principado de Asturias", "ES-AS"),
        ("Spain", "Cataluña", "ES-CT"),
        ("Deutschland", "Bavaria", "DE-BY"),
        ("Germany", "Bayern", "DE-BY"),
        ("Argentina", "Prov. Córdoba", "AR-X"),
    ],
)
def test_what_labels_write_is_found(country: str, state: str, found: str) -> None:
    assert codes(country, state)[1] == found


def test_a_province_written_for_its_region_tells_both() -> None:
    assert codes("Spain", "Girona") == ("ES", "ES-CT", "ES-GI")


def test_a_state_that_only_one_country_has_tells_the_country() -> None:
    assert codes("", "Sonora") == ("MX", "MX-SON", "")
    assert codes("", "Calif.") == ("US", "US-CA", "")


def test_ambiguous_stays_ambiguous() -> None:
    match = places.find("", "Amazonas")
    assert match.state_province is None and match.country is None and match.is_ambiguous
    assert {"BR-AM", "CO-AMA", "PE-AMA"} <= {place.code for place in match.choices[STATE]}
    assert codes("Brazil", "Amazonas") == ("BR", "BR-AM", "")


@pytest.mark.parametrize(
    ("country", "state"),
    [("", ""), ("Atlantis", "California"), ("Canada", "California"), ("x" * 999, "y" * 999)],
)
def test_what_no_place_is_called_is_found_nowhere(country: str, state: str) -> None:
    assert places.find(country, state).state_province is None
    assert not places.find(country, state).is_ambiguous


def test_counties_are_told_apart_by_their_state(pima: None) -> None:
    assert codes("USA", "Ariz.", "Pima Co.") == ("US", "US-AZ", "US-AZ-pima")
    assert codes("USA", "Fla.", "Orange") == ("US", "US-FL", "US-FL-orange")
    assert codes("USA", "", "Orange") == ("US", "", "")
    assert codes("", "", "Pinal") == ("US", "US-AZ", "US-AZ-pinal")
    assert codes("USA", "Nowhere", "Pima") == ("US", "", "")


def test_spellings_are_all_that_a_text_can_mean() -> None:
    found = places.spellings(STATE, "Calif.", "US")
    assert found[0] == "Calif."
    assert {"California", "CA", "Cal.", "Californie"} <= set(found)
    assert places.spellings(STATE, "nowhere") == ["nowhere"]
    assert "Cabañas" not in found
    assert {"California", "Cabañas"} <= set(places.spellings(STATE, "CA"))


def test_suggestions_stay_within_what_is_typed_already(pima: None) -> None:
    assert places.suggest(STATE, "son", "Mexico") == ["Sonora"]
    assert places.suggest(STATE, "son", "US") == []
    assert places.suggest(COUNTY, "pi", "US", "Ariz.") == ["Pima", "Pinal"]
    assert places.suggest(COUNTRY, "mex") == ["Mexico"]
    assert places.suggest(STATE, "ca", "US")[0] == "California"
    assert places.suggest(STATE, "", "US") == []


def test_every_division_lies_in_a_country_and_has_a_name() -> None:
    assert Place.objects.filter(kind=COUNTRY).count() > 240
    assert Place.objects.filter(kind=STATE).count() > 3500
    for entry in gazetteer.entries():
        assert entry.name and "[" not in entry.name and entry.code.startswith(entry.parent[:2])


def test_the_places_are_brought_in_once(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        places.seed()


def test_new_places_are_known_at_once(pima: None) -> None:
    assert places.find("US", "AZ", "Pima").county
    Gazetteer.objects.all().delete()
    assert places.find("US", "AZ", "Pima").county is None


def test_a_hundred_thousand_texts_are_found_in_a_moment(django_assert_num_queries: Any) -> None:
    places.current()
    with django_assert_num_queries(1):
        index = places.current()
        begun = process_time()
        for number in range(100_000):
            index.find("Mexico", ("Son.", "Sonora", "Ver.")[number % 3])
    assert process_time() - begun < 2
