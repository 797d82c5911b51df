"""Read places given on a grid: UTM with its zone, and MGRS.

    grid_point("UTM 11N 363600E 3804800N NAD27") → a point, in NAD27
    grid_point("11S 363600 3804800") → two places go by this text, so none

The letter behind a zone may be a latitude band or N and S for the hemisphere. Where both readings
are possible, none is taken. Formulas: Krüger's series as given by Karney (2011), to the sixth
order, exact to a nanometre within a zone. Coordinates stay in their own datum.
"""

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple


class GridPoint(NamedTuple):
    """A point in decimal degrees of its datum; size: metres of the grid's finest step.

    datum: as written, blank where it was not.
    """

    latitude: Decimal
    longitude: Decimal
    size: Decimal
    datum: str

    @property
    def degrees(self) -> Decimal:
        """The size in degrees of latitude, as a power of ten."""
        return Decimal(1).scaleb(len(str(self.size)) - 6)


# Datums: the equatorial radius in metres and the inverse flattening of their ellipsoids.

_ELLIPSOIDS = {
    (6378137.0, 298.257223563): "wgs84 wgs1984 epsg4326 4326 worldgeodeticsystem1984",
    (6378137.0, 298.257222101): "nad83 nad1983 northamericandatum1983 grs80 etrs89 sirgas"
    " sirgas2000 gda94 gda2020 nzgd2000 epsg4269 4269 itrf itrf92",
    (6378206.4, 294.978698214): "nad27 nad1927 northamericandatum1927 epsg4267 4267 clarke1866",
    (6378388.0, 297.0): "ed50 europeandatum1950 ed1950 psad56 corregoalegre nzgd49 hayford"
    " international1924",
    (6378160.0, 298.25): "sad69 agd66 agd84",
    (6378135.0, 298.26): "wgs72",
    (6377397.155, 299.1528128): "tokyo",
    (6378249.145, 293.465): "arc1950 arc1960 cape",
}
_DATUMS = {name: shape for shape, names in _ELLIPSOIDS.items() for name in names.split()}
_WGS84 = _DATUMS["wgs84"]
_DATUM = re.compile(
    r"\b(?:(?:datum|srs|crs)\s*[:=]?\s*)?((?:WGS|NAD|ED|ETRS|SIRGAS|SAD|PSAD|AGD|GDA|NZGD|GRS)"
    r"[\s_-]?\d{2,4}|EPSG:?\s?\d{4}|C[oó]rrego\s+Alegre|Clarke\s?1866|Arc\s?19[56]0|Tokyo)\b",
    re.IGNORECASE,
)


def without_datum(text: str) -> tuple[str, str]:
    """Return a text without the datum that it names, and the datum; blank where it names none."""
    found = _DATUM.search(text)
    if not found:
        return text, ""
    rest = text[: found.start()] + " " + text[found.end() :]
    return rest.replace("( )", "").strip(" ,;"), found[1]


def _ellipsoid(datum: str) -> tuple[float, float] | None:
    """Return the ellipsoid of a datum, WGS84's where none is named, None for one unknown."""
    folded = re.sub(r"[^a-z0-9]", "", datum.lower().replace("ó", "o"))
    return _DATUMS.get(folded) if folded else _WGS84


# The formulas


@lru_cache(maxsize=16)
def _series(shape: tuple[float, float]) -> tuple[float, float, tuple[float, ...]]:
    """Return the rectifying radius, the eccentricity and the inverse coefficients β."""
    radius, flattening = shape[0], 1 / shape[1]
    n = flattening / (2 - flattening)
    rectifying = radius / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256)
    beta = (
        n / 2 - 2 / 3 * n**2 + 37 / 96 * n**3 - n**4 / 360 - 81 / 512 * n**5
        + 96199 / 604800 * n**6,
        n**2 / 48 + n**3 / 15 - 437 / 1440 * n**4 + 46 / 105 * n**5 - 1118711 / 3870720 * n**6,
        17 / 480 * n**3 - 37 / 840 * n**4 - 209 / 4480 * n**5 + 5569 / 90720 * n**6,
        4397 / 161280 * n**4 - 11 / 504 * n**5 - 830251 / 7257600 * n**6,
        4583 / 161280 * n**5 - 108847 / 3991680 * n**6,
        20648693 / 638668800 * n**6,
    )  # fmt: skip
    return rectifying, math.sqrt(flattening * (2 - flattening)), beta


def degrees_of(
    zone: int, easting: float, northing: float, *, south: bool, shape: tuple[float, float] = _WGS84
) -> tuple[float, float]:
    """Return latitude and longitude of a UTM position in metres."""
    rectifying, eccentricity, beta = _series(shape)
    xi = (northing - (10_000_000 if south else 0)) / (0.9996 * rectifying)
    eta = (easting - 500_000) / (0.9996 * rectifying)
    terms = [(b, 2 * (j + 1)) for j, b in enumerate(beta)]
    xi, eta = (
        xi - sum(b * math.sin(k * xi) * math.cosh(k * eta) for b, k in terms),
        eta - sum(b * math.cos(k * xi) * math.sinh(k * eta) for b, k in terms),
    )
    conformal = math.sin(xi) / math.hypot(math.sinh(eta), math.cos(xi))
    tangent = conformal
    for _step in range(4):  # Newton's method; two steps are enough anywhere
        root = math.hypot(1, tangent)
        sigma = math.sinh(eccentricity * math.atanh(eccentricity * tangent / root))
        guess = tangent * math.hypot(1, sigma) - sigma * root
        square = 1 - eccentricity**2
        tangent += (
            (conformal - guess) / math.hypot(1, guess) * (1 + square * tangent**2) / (square * root)
        )
    longitude = math.degrees(math.atan2(math.sinh(eta), math.cos(xi))) + 6 * zone - 183
    return math.degrees(math.atan(tangent)), longitude


# UTM, as it is written

_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_SILENT = re.compile(
    r"\b(?:utm|zone|zona|zn|z|huso|fuso|fuseau|hemisphere|hemisferio|hemisfério|coordinates|coords?"
    r"|coordenadas|grid|datum|m|meters|metres|metros|and)\b"
)
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})[ ,'](\d{3})(?:[ ,'](\d{3}))?(?=\.\d|(?!\d))")
_LABELS = "me|e|easting|este|est|x|mn|n|northing|norte|nord|y|ms|s"
_FIRST, _LAST = (rf"(?P<{name}>0?\d{{5,7}}(?:\.\d+)?)" for name in "ab")
_LABEL_A, _LABEL_B = (rf"(?P<{name}>{_LABELS})" for name in ("la", "lb"))
_ZONE = r"(?P<zone>\d{1,2})(?: (?P<side>[a-z]+))?"
_PAIRS = (
    f"{_FIRST} {_LABEL_A} {_LAST} {_LABEL_B}",
    f"{_LABEL_A} {_FIRST} {_LABEL_B} {_LAST}",
    f"{_FIRST} {_LAST}",
)
_UTM = [re.compile(shape) for pair in _PAIRS for shape in (f"{_ZONE} {pair}", f"{pair} {_ZONE}")]
_SIDES = {
    "north": False, "norte": False, "nord": False, "northern": False,
    "south": True, "sur": True, "sul": True, "sud": True, "southern": True,
}  # fmt: skip


def grid_point(text: str, datum: str = "") -> GridPoint | str | None:
    """Read a place on the UTM or MGRS grid; None where the text gives none.

    datum: that of the record, for a text which names none. Where there is none at all, WGS84's
    ellipsoid is used, which can be 200 m off, and the size says so. Instead of a point a code is
    returned for what is wrong: COORDINATE_HEMISPHERE_MISSING, COORDINATE_ZONE_AMBIGUOUS,
    COORDINATE_INVALID or GEODETIC_DATUM_INVALID.
    """
    if len(text) > 120 or sum(map(str.isdigit, text)) < 3:
        return None
    text, named = without_datum(text)
    datum = named or datum
    plain = _SILENT.sub(" ", _spaced(text))
    for pattern in _UTM:
        if found := pattern.fullmatch(" ".join(plain.split())):
            return _utm_point(found, datum, told=plain != _spaced(text))
    if found := _MGRS.fullmatch(text.strip(" .,;()[]").lower()):
        return _mgrs_point(found, datum)
    return None


def _spaced(text: str) -> str:
    """Return words and numbers in lower case with blanks between: 363600mE → 363600 me."""
    text = _THOUSANDS.sub(lambda found: "".join(filter(None, found.groups())), text.lower())
    text = re.sub(r"(?<=\d)[^\W\d_]|(?<=[^\W\d_])\d", lambda found: f" {found[0]}", text)
    return re.sub(r"(?<!\d)\.|\.(?!\d)|[^\w.]", " ", text)


def _utm_point(found: re.Match[str], datum: str, *, told: bool) -> GridPoint | str | None:
    parts = found.groupdict()
    side, labels = parts["side"] or "", [parts.get("la") or "", parts.get("lb") or ""]
    if not (told or side or labels[0]):
        return None
    numbers = [parts["a"], parts["b"]]
    if _is_northing(labels[0]) and not _is_northing(labels[1]):
        numbers.reverse()
        labels.reverse()
    elif labels[0] == "" and float(numbers[0]) >= 1_000_000 > float(numbers[1]):
        numbers.reverse()
    zone, easting, northing = int(parts["zone"]), float(numbers[0]), float(numbers[1])
    shape = _ellipsoid(datum)
    if shape is None:
        return "GEODETIC_DATUM_INVALID"
    if not (1 <= zone <= 60 and 1e5 <= easting < 9e5 and northing <= 1e7):
        return "COORDINATE_INVALID"
    if _is_northing(labels[0]) or (labels[1] and not _is_northing(labels[1])):
        return "COORDINATE_INVALID"
    south = _is_south(zone, easting, northing, side, labels[1], shape)
    if isinstance(south, str):
        return south
    return _point(zone, easting, northing, south=south, size=1, datum=datum, shape=shape)


def _is_northing(label: str) -> bool:
    return label.removeprefix("m")[:1] in ("n", "y", "s") and label != ""


def _is_south(
    zone: int, easting: float, northing: float, side: str, label: str, shape: tuple[float, float]
) -> bool | str:
    """Tell the hemisphere, or the code for why it can't be told.

    N is north as a band and as a hemisphere. S is a band of the north or the southern hemisphere:
    the northing decides if it can. A northing that only one hemisphere has needs no letter.
    """
    if side in _SIDES:
        return _SIDES[side]
    north, _east = degrees_of(zone, easting, northing, south=False, shape=shape)
    if side == "n":
        return False if north <= 84.5 else "COORDINATE_INVALID"
    if side == "s":
        return "COORDINATE_ZONE_AMBIGUOUS" if _in_band("S", north) and label[-1:] != "s" else True
    if side:
        if len(side) > 1 or side.upper() not in _BANDS:
            return "COORDINATE_INVALID"
        south = side < "n"
        latitude, _east = degrees_of(zone, easting, northing, south=south, shape=shape)
        return south if _in_band(side.upper(), latitude) else "COORDINATE_INVALID"
    if label in ("s", "ms", "sur", "sul") or north > 84.5:
        return True
    return False if northing < 1_100_000 else "COORDINATE_HEMISPHERE_MISSING"


def _in_band(band: str, latitude: float, slack: float = 0.02) -> bool:
    lowest = 8 * _BANDS.index(band) - 80
    return lowest - slack <= latitude <= lowest + (12 if band == "X" else 8) + slack


def _point(
    zone: int,
    easting: float,
    northing: float,
    *,
    south: bool,
    size: int,
    datum: str,
    shape: tuple[float, float],
) -> GridPoint:
    if not datum:
        size = max(size, 100)
    latitude, longitude = degrees_of(zone, easting, northing, south=south, shape=shape)
    places = 6 - len(str(size))  # a metre is five decimals and one to spare
    rounded = [round(Decimal(repr(value)), places + 1) for value in (latitude, longitude)]
    return GridPoint(rounded[0], rounded[1], Decimal(size), datum)


# MGRS

_MGRS = re.compile(
    r"(?:(?:mgrs|usng|utmref)[\s:]*)?(\d{1,2})\s*([c-hj-np-x])\s*([a-hj-np-z])([a-hj-np-v])"
    r"(?:\s*(\d{1,5})\s+(\d{1,5})|\s*((?:\d\d){1,5}))"
)
_COLUMNS = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"


def _mgrs_point(found: re.Match[str], datum: str) -> GridPoint | str:
    """Return the middle of the square."""
    zone, band = int(found[1]), found[2].upper()
    digits = found[7] or ""
    half = len(digits) // 2
    across, up = (digits[:half], digits[half:]) if digits else (found[5], found[6])
    column = _COLUMNS[zone % 3].find(found[3].upper())
    shape = _ellipsoid(datum)
    if shape is None:
        return "GEODETIC_DATUM_INVALID"
    if not 1 <= zone <= 60 or column < 0 or len(across) != len(up):
        return "COORDINATE_INVALID"
    size = 10 ** (5 - len(across))
    row = (_ROWS.index(found[4].upper()) - (0 if zone % 2 else 5)) % 20
    easting = (column + 1) * 100_000 + int(across) * size + size / 2
    south = band < "N"
    for turn in range(5):
        northing = turn * 2_000_000 + row * 100_000 + int(up) * size + size / 2
        latitude, _east = degrees_of(zone, easting, northing, south=south, shape=shape)
        if northing < 1e7 and _in_band(band, latitude, slack=0.02 + size / 1e5):
            return _point(zone, easting, northing, south=south, size=size, datum=datum, shape=shape)
    return "COORDINATE_INVALID"
