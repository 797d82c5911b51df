"""Lengths: what was written, what is read in metres."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.elevations import measure
from darwincore.places import country_named


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
    ("text", "low", "high"),
    [
        ("above 3000 ft", 914, None),
        ("> 1200 m", 1200, None),
        ("hasta 500 m", None, 500),
        ("1200 ± 50 m", 1150, 1250),
        ("1200 m ± 50", 1150, 1250),
        ("3937 ft (1200 m)", 1200, 1200),
        ("1200 m = 3937 ft", 1200, 1200),
        ("1200/1300 m", 1200, 1300),
        ("entre 1200 y 1300 msnm", 1200, 1300),
        ("500' - 600'", 152, 183),
        ("450 m ü.NN", 450, 450),
        ("1200 meters above sea level", 1200, 1200),
        ("10-20 fms", 18, 37),
        ("2000+ m", 2000, None),
        ("1500 ft a.s.l.", 457, 457),
        ("c. 300 m alt.", 300, 300),
    ],
)
def test_lengths_of_labels_are_read(text, low, high):
    found = measure(text)
    assert (found.low, found.high) == (low, high)
    assert found.unit


@pytest.mark.parametrize(
    "text", ["1.200 m", "1200 m (300 ft)", "above", "± m", "1/2 mile", "1200 m 1300"]
)
def test_length_that_is_unclear_is_none(text):
    assert measure(text) is None


@given(st.integers(-400, 29000), st.sampled_from(["m", "ft", "feet", "fathoms", "", "leagues"]))
def test_metres_are_never_finer_than_the_length_and_never_without_a_unit(amount, unit):
    found = measure(f"{amount} {unit}".strip())
    if unit == "leagues":
        assert found is None
    else:
        assert found.low == found.high
        assert bool(found.unit) == bool(unit)
        assert abs(found.low) < 1 or found.low == int(found.low)


@given(st.text(max_size=40) | st.from_regex(r"[0-9.,'() ±<>\-/mft]{0,30}", fullmatch=True))
def test_reading_never_raises(text):
    country_named(text)
    found = measure(text)
    for end in (found.low, found.high) if found else ():
        assert end is None or (isinstance(end, Decimal) and end.is_finite())
