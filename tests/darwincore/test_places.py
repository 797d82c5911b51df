"""Numbers and countries: what was written, what is read."""

import pytest

from darwincore.places import (
    country_coded,
    country_named,
    is_historic,
    is_shared_name,
    number,
    same_country,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("33.10", "33.10"),
        ("-33,10", "-33.10"),
        ("−33.5", "-33.5"),
        ("1e-5", "0.00001"),
        (".5", "0.5"),
        ("12", "12"),
        ("12 m", None),
        ("1.2.3", None),
        ("nan", None),
        ("Infinity", None),
        ("٣٣", None),
        ("", None),
    ],
)
def test_number_keeps_its_scale(text, shown):
    found = number(text)
    assert (None if found is None else str(found)) == shown


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("England", "GB"),
        ("Ivory Coast", "CI"),
        ("Burma", "MM"),
        ("Myanmar (Burma)", "MM"),
        ("México", "MX"),
        ("MEXICO", "MX"),
        ("Brasil", "BR"),
        ("Deutschland", "DE"),
        ("Espagne", "ES"),
        ("Russia", "RU"),
        ("Trinidad & Tobago", "TT"),
        ("Democratic Republic of the Congo", "CD"),
        ("St. Lucia", "LC"),
        ("Thailand S", "TH"),
        ("S.E. China", "CN"),
        ("Northern Peru", "PE"),
        ("Sonora, Mexico", "MX"),
        ("USA: Pennsylvania", "US"),
        ("Polska", "PL"),
        ("Мексика", "MX"),
        ("日本", "JP"),
    ],
)
def test_country_is_known_by_its_names(text, code):
    assert country_named(text).code == code


def test_name_of_no_country_is_none():
    assert country_named("Zoo/Captive") is None
    assert country_named("") is None


@pytest.mark.parametrize(
    "text",
    ["New Mexico", "East Pakistan", "South Georgia", "Georgia, USA", "Border of India and Burma",
     "New Jersey", "Gulf of Mexico", "Indian Ocean", "West Indies", "Peru/Bolivia",
     "North America"],
)  # fmt: skip
def test_country_within_another_name_is_not_taken(text):
    assert country_named(text) is None


def test_name_of_two_countries_is_neither():
    assert country_named("Congo") is None
    assert is_shared_name("Congo")
    assert not is_shared_name("Peru")


def test_country_is_known_by_both_codes():
    assert country_coded("MX") == country_coded("MEX") == ("MX", "Mexico")
    assert country_coded("mx") is None


def test_territory_agrees_with_its_country():
    assert same_country("PR", "US")
    assert same_country("US", "PR")
    assert not same_country("PR", "MX")


@pytest.mark.parametrize(("name", "code"), [("Burma", "MM"), ("Czechoslovakia", None)])
def test_country_of_former_times_has_a_code_where_one_country_followed(name, code):
    found = country_named(name)
    assert is_historic(name)
    assert (found.code if found else None) == code
