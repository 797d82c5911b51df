"""UTM and MGRS: what was written, what is read."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.grids import GridPoint, degrees_of, grid_point

WGS84, CLARKE = (6378137.0, 298.257223563), (6378206.4, 294.978698214)


def projected(latitude, longitude, zone, shape=WGS84):
    """Project by Snyder's series (1987, 8-9 to 8-15): another way than the one under test."""
    radius, flattening = shape[0], 1 / shape[1]
    e2 = flattening * (2 - flattening)
    ep, p = e2 / (1 - e2), math.radians(latitude)
    n = radius / math.sqrt(1 - e2 * math.sin(p) ** 2)
    t, c = math.tan(p) ** 2, ep * math.cos(p) ** 2
    a = math.radians(longitude - (6 * zone - 183)) * math.cos(p)
    m = radius * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * p
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * math.sin(2 * p)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * math.sin(4 * p)
        - 35 * e2**3 / 3072 * math.sin(6 * p)
    )
    fifth, sixth = 5 - 18 * t + t**2 + 72 * c - 58 * ep, 61 - 58 * t + t**2 + 600 * c - 330 * ep
    east = 0.9996 * n * (a + (1 - t + c) * a**3 / 6 + fifth * a**5 / 120) + 500_000
    fourth = (5 - t + 9 * c + 4 * c**2) * a**4 / 24
    north = 0.9996 * (m + n * math.tan(p) * (a**2 / 2 + fourth + sixth * a**6 / 720))
    return east, north + (10_000_000 if latitude < 0 else 0)


@given(st.floats(-80, 84), st.floats(-3, 3), st.integers(1, 60), st.sampled_from([WGS84, CLARKE]))
def test_projecting_and_back_returns_the_point(latitude, beside, zone, shape):
    longitude = 6 * zone - 183 + beside
    easting, northing = projected(latitude, longitude, zone, shape)
    found = degrees_of(zone, easting, northing, south=latitude < 0, shape=shape)
    assert found == pytest.approx((latitude, longitude), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "latitude", "longitude", "datum"),
    [
        ("31U 448251.795 5411932.678 WGS84", "48.858200", "2.294500", "WGS84"),
        ("UTM 11N 363600E 3804800N NAD27", "34.377362", "-118.483523", "NAD27"),
        ("UTM 13 N E 363 600 N 3 804 800 NAD83", "34.375598", "-106.483525", "NAD83"),
        ("18L 0285000 8665000", "-12.0694", "-76.9752", ""),
        ("zone 18 south, 285000mE, 8665000mN", "-12.0694", "-76.9752", ""),
        ("8665000N 285000E 18 sur", "-12.0694", "-76.9752", ""),
        ("UTM 19 S 340000 6300000 PSAD56", "-33.426940", "-70.720931", "PSAD56"),
        ("23K 0634500, 7800500", "-19.8871", "-43.7152", ""),
        ("MGRS: 4QFJ12345678", "21.3095", "-157.9168", ""),
        ("31U DQ 48251 11932 WGS84", "48.858198", "2.294496", "WGS84"),
        ("11SKU6360004800", "34.3576", "-119.5704", ""),
    ],
)
def test_grid_text_is_read_in_its_own_datum(text, latitude, longitude, datum):
    found = grid_point(text)
    assert (str(found.latitude), str(found.longitude), found.datum) == (latitude, longitude, datum)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("11S 363600 3804800", "COORDINATE_ZONE_AMBIGUOUS"),  # band of the north, or southern?
        ("Zone 11, 363600E, 3804800N", "COORDINATE_HEMISPHERE_MISSING"),
        ("Huso 30 X: 440000 Y: 4474000 ED50", "COORDINATE_HEMISPHERE_MISSING"),
        ("11T 363600 3804800", "COORDINATE_INVALID"),  # band T lies further north
        ("61N 363600 3804800", "COORDINATE_INVALID"),
        ("NAD28 11T 363600 4804800", "GEODETIC_DATUM_INVALID"),
        ("T12N R4E sec. 5", None),
        ("T. 5 S., R. 12 W., NE1/4 S. 23, 6th P.M.", None),
        ("363600 3804800", None),
        ("1200 m", None),
        ("34.5 -119.7", None),
    ],
)
def test_no_place_is_made_of_what_leaves_a_doubt(text, code):
    assert grid_point(text) == code


def test_northing_of_one_hemisphere_needs_no_letter():
    assert grid_point("UTM 18 285000E 9865000N").latitude < 0
    assert grid_point("UTM 18 285000E 865000N").latitude > 0
    assert grid_point("18S 285000 8665000").latitude < 0  # no band S there


def test_datum_of_the_record_serves_a_text_without_one():
    assert grid_point("11N 363600 3804800", "NAD27") == grid_point("11N 363600 3804800 NAD27")


@given(st.integers(1, 5), st.integers(0, 99999), st.integers(0, 99999))
def test_point_of_a_square_is_no_finer_than_the_square(digits, across, up):
    across, up = str(across).zfill(5)[:digits], str(up).zfill(5)[:digits]
    found = grid_point(f"31UDQ{across}{up} WGS84")
    assert found.size == 10 ** (5 - digits)
    assert -found.latitude.as_tuple().exponent == digits + 1
    easting, northing = projected(float(found.latitude), float(found.longitude), 31)
    assert abs(easting - 400_000 - (int(across) + 0.5) * int(found.size)) < found.size
    assert abs(northing - 5_400_000 - (int(up) + 0.5) * int(found.size)) < found.size


@given(st.text(max_size=40) | st.from_regex(r"(UTM )?[0-9]{1,2}[A-Z]? [0-9EN. ]{0,30}"))
def test_reading_never_raises(text):
    found = grid_point(text)
    if isinstance(found, GridPoint):
        assert abs(found.latitude) <= Decimal(90)
