"""Latitudes and longitudes: what was written, what is read."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.coordinates import Pair, angle, coordinate_pair


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
    ("text", "pair"),
    [
        ("119°52'W 34°25'N", ("34.4167", "-119.8667")),
        ("Latitude 12 30 15 S Longitude 45 10 05 W", ("-12.50417", "-45.16806")),
        ("Lat: 34.42, Lon: -119.87", ("34.42", "-119.87")),
        ("34.42194°, -119.87167°", ("34.42194", "-119.87167")),
        ("34-25-19N 119-52-18W", ("34.42194", "-119.87167")),
        ("30-46N 110-51W", ("30.7667", "-110.8500")),
        ("5-33N 0-12W", ("5.5500", "-0.2000")),
        ("34:25:19N, 119:52:18W", ("34.42194", "-119.87167")),
        ("34.25.19 N 119.52.18 W", ("34.42194", "-119.87167")),
        ("12d 30m 15s S 45d 10m 5s W", ("-12.50417", "-45.16806")),
        ("34,42194 N; 119,87167 W", ("34.42194", "-119.87167")),
        ("-33,45, -70,66", ("-33.45", "-70.66")),
        ("+40.446-079.982", ("40.446", "-79.982")),
        ("geo:37.78,-122.39", ("37.78", "-122.39")),
        ("10°15'S/75°30'W", ("-10.2500", "-75.5000")),
        ("19°25' latitud norte, 99°10' longitud oeste", ("19.4167", "-99.1667")),
        ("12°30'15\" de latitud Sur y 45°10'05\" de longitud Oeste", ("-12.50417", "-45.16806")),
        ("19°25' norte 99°10' O", ("19.4167", "-99.1667")),
        ("47°30' n. Br., 11°5' ö. L.", ("47.5000", "11.0833")),
        ("52°05'NB 5°10'OL", ("52.0833", "5.1667")),
        ("55°45′ с. ш. 37°37′ в. д.", ("55.7500", "37.6167")),
        ("南纬12度30分 西经45度10分", ("-12.5000", "-45.1667")),
    ],
)
def test_pair_is_read_in_many_notations_and_languages(text, pair):
    found = coordinate_pair(text)
    assert (str(found.latitude), str(found.longitude)) == pair


@pytest.mark.parametrize("text", ["19°25'N 99°10'O", "N 40.4168, O 3.7038", "48.2 Nord 16.3 O"])
def test_o_is_neither_west_nor_east(text):
    assert coordinate_pair(text) == "COORDINATE_HEMISPHERE_AMBIGUOUS"


@pytest.mark.parametrize(
    "text",
    [
        *("34°25'–34°27'N, 119°52'W", "34N 35N", "120W 130W", "4/5/1932", "12-14", "T5S R12W"),
        *("10-12N 20-25W", "10–12°N, 20–25°W", "35-37 N; 110-113 W"),  # an area
    ],
)
def test_what_is_no_point_is_none(text):
    assert coordinate_pair(text) == "COORDINATE_INVALID"


_parts = st.tuples(
    st.integers(0, 89), st.none() | st.integers(0, 59), st.none() | st.integers(0, 59)
)


@given(_parts, _parts, st.sampled_from("NS "), st.sampled_from("EWO "))
def test_no_point_without_both_hemispheres_and_no_finer_than_written(north, east, ns, ew):
    def written(parts, letter):
        degrees, minutes, seconds = parts
        text = f"{degrees}°" + (f"{minutes:02}'" if minutes is not None else "")
        return text + (f'{seconds:02}"' if None not in (minutes, seconds) else "") + letter.strip()

    found = coordinate_pair(f"{written(north, ns)}, {written(east, ew)}")
    assert isinstance(found, Pair) == (ns in "NS" and ew in "EW")
    if isinstance(found, Pair):
        steps = [
            0 if minutes is None else 60 if seconds is None else 3600
            for _, minutes, seconds in (north, east)
        ]
        coarsest = min((step for step in steps if step), default=0)
        assert round(1 / found.step) in range(coarsest - 99, coarsest + 99) if coarsest else True
        whole = found.latitude if ns == "N" else -found.latitude
        assert int(whole) == north[0]


@given(st.text(max_size=40) | st.from_regex(r"[NSEWO0-9.,°'\" \-/mft]{0,30}", fullmatch=True))
def test_reading_never_raises_and_never_makes_up_a_hemisphere(text):
    for found in (angle(text, True), angle(text, False)):
        assert found is None or isinstance(found.degrees, Decimal)
    if isinstance(coordinate_pair(text), Pair):
        assert re.search(r"[-+−–]|[nsewбшдюсв北南东東西]", text.lower())
