"""Coordinates, distances and countries: what was written, what is read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.places import (
    angle,
    coordinate_pair,
    country_coded,
    country_named,
    is_shared_name,
    measure,
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
    ("text", "latitude", "degrees", "signed"),
    [
        ("34.5", True, "34.5", False),
        ("-34.50", True, "-34.50", True),
        ("34.5 S", True, "-34.5", True),
        ("S34,5", True, "-34.5", True),
        ("34º25'19\"N", True, "34.42194", True),
        ("34 25 19 N", True, "34.42194", True),
        ("33 deg 12 min 5.5 sec N", True, "33.201528", True),
        ("S 12° 03' 22.1''", True, "-12.056139", True),
        ("N 34 25.5", True, "34.42500", True),
        ("-34 25 19", True, "-34.42194", True),
        ("100°12'W", False, "-100.2000", True),
        ("100°12' oeste", False, "-100.2000", True),
        ("34°25'", True, "34.4167", False),
    ],
)
def test_angle_is_read(text, latitude, degrees, signed):
    found = angle(text, latitude)
    assert (str(found.degrees), found.signed) == (degrees, signed)


@pytest.mark.parametrize(
    ("text", "latitude"),
    [
        ("100 W", True),
        ("34 N", False),
        ("45°60'N", True),
        ("45.5°30'N", True),
        ("10'12\"", True),
        ("12 O", False),
        ("-34 S", True),
        ("N 34 S", True),
        ("abc", True),
        ("", True),
    ],
)
def test_what_is_no_angle_of_that_axis_is_none(text, latitude):
    assert angle(text, latitude) is None


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("34º25'19\"N, 119º52'18\"W", ("34.42194", "-119.87167")),
        ("34 12 N 118 33 W", ("34.2000", "-118.5500")),
        ("N34 12 W118 33", ("34.2000", "-118.5500")),
        ("N 34° 12' 05'', W 118° 33' 12''", ("34.20139", "-118.55333")),
        ("34.43, -119.70", ("34.43", "-119.70")),
        ("-12.5 -77.1", ("-12.5", "-77.1")),
        ("34,5; -119,7", ("34.5", "-119.7")),
    ],
)
def test_pair_is_read_from_one_text(text, pair):
    found = coordinate_pair(text)
    assert (str(found.latitude), str(found.longitude)) == pair


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("43.698617, 132.152183", "COORDINATE_HEMISPHERE_MISSING"),
        ("34°12', 118°33'", "COORDINATE_HEMISPHERE_MISSING"),
        ("0, 0", "COORDINATE_INVALID"),
        ("?, ?", "COORDINATE_INVALID"),
        ("11S 363600 3804800", "COORDINATE_INVALID"),
        ("T12N R4E sec. 5", "COORDINATE_INVALID"),
    ],
)
def test_hemisphere_is_never_assumed(text, code):
    assert coordinate_pair(text) == code


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("1200", "1200", "1200", ""),
        ("1200.50", "1200.50", "1200.50", ""),
        ("20 000", "20000", "20000", ""),
        ("1,200 ft", "366", "366", "ft"),
        ("3300 ft.", "1006", "1006", "ft"),
        ("209'", "64", "64", "'"),
        ("2.0m", "2.0", "2.0", "m"),
        ("-5 m", "-5", "-5", "m"),
        ("1200-1300 m", "1200", "1300", "m"),
        ("1200 m to 1300 m", "1200", "1300", "m"),
        ("5000-8000 ft.", "1524", "2438", "ft"),
        ("ca. 1200 msnm", "1200", "1200", "m"),
        ("500 m.a.s.l.", "500", "500", "m"),
        ("1200 m s.n.m.", "1200", "1200", "m"),
        ("1 km", "1000", "1000", "km"),
        ("0.5 mi", "805", "805", "mi"),
        ("±250 m", "250", "250", "m"),
    ],
)
def test_measure_is_read_in_metres(text, low, high, unit):
    found = measure(text)
    assert (str(found.low), str(found.high), found.unit) == (low, high, unit)


@pytest.mark.parametrize(
    "text", ["NA", "", "<500", "3-4000ft", "100 m - 300 ft", "high", "500 leagues", "1.2.3 m"]
)
def test_what_is_no_measure_is_none(text):
    assert measure(text) is None


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
    ],
)
def test_country_is_known_by_its_names(text, code):
    assert country_named(text).code == code


def test_name_of_no_country_is_none():
    assert country_named("Zoo/Captive") is None
    assert country_named("") is None


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


@given(st.text(max_size=40) | st.from_regex(r"[NSEW0-9.,°'\" \-/mft]{0,30}", fullmatch=True))
def test_reading_never_raises(text):
    for found in (angle(text, True), angle(text, False)):
        assert found is None or isinstance(found.degrees, Decimal)
    coordinate_pair(text)
    country_named(text)
    found = measure(text)
    assert found is None or (found.low.is_finite() and found.high.is_finite())
