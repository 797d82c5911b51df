"""Read coordinates, elevations, distances and countries as somebody wrote them.

Numbers are decimals that keep their scale: "33.10" stays 33.10. A hemisphere or a unit that the
text does not give is never assumed.
"""

import gettext
import re
import unicodedata
from decimal import Decimal
from functools import cache
from typing import NamedTuple

# Numbers

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
_PLAIN = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
_MINUS = str.maketrans("−–‒", "---")


def number(text: str) -> Decimal | None:
    """Read one number with a point or a comma before its fraction; None where it is none."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    text = text.strip().translate(_MINUS)
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    if len(text) > 40 or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    found = Decimal(text)
    return Decimal(format(found, "f")) if "e" in text.lower() else found


def _measured_number(text: str) -> Decimal | None:
    """Read a number whose thousands may be set apart: 1,200 and 20 000."""
    if re.fullmatch(r"-?\d{1,3}(?:[, '’\u00a0\u202f]\d{3})+(?:\.\d+)?", text):
        text = re.sub(r"[^\d.-]", "", text)
    return number(text)


# Coordinates


class Angle(NamedTuple):
    """Decimal degrees, and whether the text said which hemisphere."""

    degrees: Decimal
    signed: bool


_HEMISPHERES = {
    "n": 1, "north": 1, "norte": 1, "nord": 1, "e": 1, "east": 1, "este": 1, "est": 1, "ost": 1,
    "leste": 1, "s": -1, "south": -1, "sur": -1, "sul": -1, "sud": -1, "w": -1, "west": -1,
    "oeste": -1, "ouest": -1, "ovest": -1,
}  # fmt: skip
_NORTH_SOUTH = {"n", "north", "norte", "nord", "s", "south", "sur", "sul", "sud"}
_WORD = r"(?P<{}>[a-z]+)?\.?"
_ANGLE = re.compile(
    r"{before}\s*(?P<sign>[+-])?\s*(?P<d>\d{{1,3}}(?:\.\d+)?)(?![\d.])\s*(?:[°º˚*]|o(?=\s*\d)|deg(?:rees)?\.?|d)?\s*"
    r"(?:(?P<m>\d{{1,2}}(?:\.\d+)?)(?![\d.])\s*(?:['’′´`]|min(?:utes)?\.?|m)?\s*"
    r"(?:(?P<s>\d{{1,2}}(?:\.\d+)?)\s*(?:[\"”″]|['’′´]{{2}}|sec(?:onds)?\.?|s(?![a-z]))?\s*)?)?"
    r"{after}".format(before=_WORD.format("before"), after=_WORD.format("after"))
)


def angle(text: str, latitude: bool) -> Angle | None:
    """Read a latitude or longitude in decimal degrees, degrees and minutes, or with seconds.

    None where it is not one, or belongs to the other axis. Minutes give four decimals, seconds
    five, and each digit after their point one more.
    """
    if len(text) > 80:
        return None
    plain = number(text)
    if plain is not None:
        return Angle(plain, text.lstrip()[:1] in "+-−–")
    found = _ANGLE.fullmatch(_plain_angle(text))
    if not found:
        return None
    words = [word for word in (found["before"], found["after"]) if word]
    if len(words) > 1 or any(word not in _HEMISPHERES for word in words):
        return None
    if words and (found["sign"] or (words[0] in _NORTH_SOUTH) != latitude):
        return None
    degrees = _sexagesimal(found["d"], found["m"], found["s"])
    if degrees is None:
        return None
    down = found["sign"] == "-" or bool(words and _HEMISPHERES[words[0]] < 0)
    return Angle(-degrees if down else degrees, bool(words or found["sign"]))


def _plain_angle(text: str) -> str:
    text = text.strip().lower().translate(_MINUS).replace("lat", "").replace("long", "")
    return re.sub(r"(?<=\d),(?=\d)", ".", text).strip(" :=.")


def _sexagesimal(degrees: str, minutes: str | None, seconds: str | None) -> Decimal | None:
    if minutes is None:
        return Decimal(degrees)
    if "." in degrees or (seconds is not None and "." in minutes):
        return None
    whole, parts, rest = Decimal(degrees), Decimal(minutes), Decimal(seconds or 0)
    if parts >= 60 or rest >= 60:
        return None
    finest, places = (minutes, 4) if seconds is None else (seconds, 5)
    places = min(places + len(finest.partition(".")[2]), 8)
    return round(whole + parts / 60 + rest / 3600, places)


class Pair(NamedTuple):
    """A latitude and a longitude that stand in one text."""

    latitude: Decimal
    longitude: Decimal


def coordinate_pair(text: str) -> Pair | str:
    """Read both coordinates from one text, latitude first; else return what is wrong.

    That is COORDINATE_HEMISPHERE_MISSING for numbers that lack it, or COORDINATE_INVALID.
    """
    if len(text) > 160:
        return "COORDINATE_INVALID"
    for left, right in _halves(text):
        latitude, longitude = angle(left, True), angle(right, False)
        if latitude is None or longitude is None:
            continue
        # In 34.43, -119.70 one sign shows that both numbers follow the rule of signs.
        plain = number(left) is not None and number(right) is not None
        if (latitude.signed and longitude.signed) or (
            plain and (latitude.signed or longitude.signed)
        ):
            return Pair(latitude.degrees, longitude.degrees)
        if latitude.degrees or longitude.degrees:  # 0, 0 is how many databases write nothing
            return "COORDINATE_HEMISPHERE_MISSING"
    return "COORDINATE_INVALID"


def _halves(text: str) -> list[tuple[str, str]]:
    """Return the ways to cut a text in two: at its separator, or behind the first hemisphere."""
    text = text.strip().strip("()[]")
    cuts = []
    for separator in (";", "/", "|", ", ", ",", "\t"):
        parts = text.split(separator)
        if len(parts) == 2:
            cuts.append((parts[0], parts[1]))
    if found := re.fullmatch(r"(.*?\d.*?[NSns])[\s,;]*(\d.*)", text):
        cuts.append((found[1], found[2]))
    if found := re.fullmatch(r"([NSns]\W*\d.*?)[\s,;]*([EWew]\W*\d.*)", text):
        cuts.append((found[1], found[2]))
    if len(parts := text.split()) == 2:
        cuts.append((parts[0], parts[1]))
    return cuts


# Distances

_UNITS = {
    "m": Decimal(1), "m.": Decimal(1), "meter": Decimal(1), "meters": Decimal(1),
    "metre": Decimal(1), "metres": Decimal(1), "metros": Decimal(1), "mts": Decimal(1),
    "mt": Decimal(1), "masl": Decimal(1), "msnm": Decimal(1), "msm": Decimal(1),
    "mtrs": Decimal(1), "mètres": Decimal(1), "km": Decimal(1000), "kms": Decimal(1000),
    "kilometers": Decimal(1000), "kilometres": Decimal(1000), "ft": Decimal("0.3048"),
    "feet": Decimal("0.3048"), "foot": Decimal("0.3048"), "'": Decimal("0.3048"),
    "’": Decimal("0.3048"), "′": Decimal("0.3048"), "pies": Decimal("0.3048"),
    "mi": Decimal("1609.344"), "mile": Decimal("1609.344"), "miles": Decimal("1609.344"),
    "fathoms": Decimal("1.8288"), "fathom": Decimal("1.8288"), "fm": Decimal("1.8288"),
    "yd": Decimal("0.9144"), "yards": Decimal("0.9144"), "cm": Decimal("0.01"),
}  # fmt: skip
_AMOUNT = r"-?\d[\d, '’\u00a0\u202f]*?(?:\.\d+)?"
_MEASURE = re.compile(
    rf"(?:(?:ca|c|circa|approx|approximately|about|alt|altitude|elev|elevation|el|depth)\b[.:]?\s*"
    rf"|[~≈±]\s*)*(?P<low>{_AMOUNT})\s*(?P<unit1>[^\W\d_]+\.?|['’′])?"
    rf"(?:\s*(?:-|to|a)\s*(?P<high>{_AMOUNT})\s*(?P<unit2>[^\W\d_]+\.?|['’′])?)?\.?"
)


class Measure(NamedTuple):
    """Metres, from low to high. unit: it was written, as metres or as something else."""

    low: Decimal
    high: Decimal
    unit: str


def measure(text: str) -> Measure | None:
    """Read a length or a range of lengths into metres; without a unit the numbers are returned.

    What is turned from another unit is rounded to whole metres. None where it is no measure, and
    for "3-4000 ft", which leaves open what the 3 means.
    """
    if _PLAIN.fullmatch(text):
        return Measure(Decimal(text), Decimal(text), "")
    if len(text) > 80:
        return None
    plain = text.strip().lower().translate(_MINUS)
    plain = re.sub(r"(?<=m)\.?\s?(?:a\.?\s?)?s\.?\s?(?:[ln]\.?\s?)?m?\.?$", "", plain)
    found = _MEASURE.fullmatch(plain)
    if not found:
        return None
    low, high = _measured_number(found["low"]), _measured_number(found["high"] or found["low"])
    unit = (found["unit2"] or found["unit1"] or "").strip(".")
    first = (found["unit1"] or unit).strip(".")
    factor, other = _UNITS.get(unit or "m"), _UNITS.get(first or "m")
    if low is None or high is None or factor is None or factor != other:
        return None
    if 0 < low < 10 <= high / 100:
        return None
    return (
        Measure(_metres(low, factor), _metres(high, factor), "m" if factor == 1 else unit)
        if (unit)
        else Measure(low, high, "")
    )


def _metres(value: Decimal, factor: Decimal) -> Decimal:
    if factor == 1:
        return value
    metres = value * factor
    return round(metres) + Decimal(0) if metres >= 1 else metres.normalize()


# Countries

_ALIASES = {
    "AE": "uae emirates",
    "BO": "bolivia",
    "BN": "brunei",
    "CD": "zaire drcongo democraticrepublicofcongo democraticrepublicofthecongo congokinshasa"
    " belgiancongo",
    "CG": "republicofthecongo congobrazzaville",
    "CI": "ivorycoast cotedivoire",
    "CV": "capeverde",
    "CZ": "czechrepublic",
    "DE": "germany deutschland westgermany eastgermany brd ddr",
    "FK": "falklandislands",
    "FM": "micronesia",
    "GB": "uk unitedkingdom greatbritain britain england scotland wales northernireland",
    "IR": "iran persia",
    "KP": "northkorea",
    "KR": "southkorea",
    "LA": "laos",
    "LK": "ceylon",
    "MD": "moldova",
    "MK": "macedonia",
    "MM": "burma birma",
    "MO": "macau",
    "MX": "mejico",
    "NC": "newcaledonia",
    "NL": "holland thenetherlands",
    "PS": "palestine",
    "RU": "russia",
    "ST": "saotomeandprincipe",
    "SY": "syria",
    "SZ": "swaziland",
    "TH": "siam",
    "TL": "easttimor",
    "TR": "turkey",
    "TT": "trinidad tobago",
    "TW": "taiwan formosa",
    "TZ": "tanzania tanganyika",
    "US": "us usa unitedstates unitedstatesofamerica eeuu eua etatsunis",
    "VA": "vatican vaticancity",
    "VE": "venezuela",
    "VG": "britishvirginislands",
    "VI": "usvirginislands",
    "VN": "vietnam",
}
# Names that two countries share: neither is assumed, and nothing is wrong with them.
_SHARED = {"congo", "korea", "virginislands"}
_NAMES = {
    "BN": "Brunei", "CD": "Democratic Republic of the Congo", "CG": "Republic of the Congo",
    "CZ": "Czech Republic", "FK": "Falkland Islands", "FM": "Micronesia", "IR": "Iran",
    "KP": "North Korea", "KR": "South Korea", "LA": "Laos", "MD": "Moldova", "PS": "Palestine",
    "RU": "Russia", "SY": "Syria", "TR": "Turkey", "VA": "Vatican City", "VG":
    "British Virgin Islands", "VI": "U.S. Virgin Islands", "VN": "Vietnam",
}  # fmt: skip
# Codes of its own for places that are also called by their country's.
_PARTS = {
    "US": {"AS", "GU", "MP", "PR", "UM", "VI"},
    "FR": {"BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT"},
    "GB": {"AI", "BM", "FK", "GG", "GI", "GS", "IM", "JE", "KY", "MS", "PN", "SH", "TC", "VG"},
    "CN": {"HK", "MO", "TW"},
    "NL": {"AW", "BQ", "CW", "SX"},
    "DK": {"FO", "GL"},
    "NO": {"BV", "SJ"},
    "AU": {"CC", "CX", "HM", "NF"},
    "NZ": {"CK", "NU", "TK"},
    "FI": {"AX"},
}
_LANGUAGES = ("es", "pt", "pt_BR", "fr", "de", "it")


class Country(NamedTuple):
    """A country: its ISO 3166-1 code of two letters and its English name."""

    code: str
    name: str


@cache
def _countries() -> tuple[dict[str, Country], dict[str, Country]]:
    """Return the countries by code and by folded name; loaded when first asked for."""
    import pycountry

    by_code: dict[str, Country] = {}
    by_name: dict[str, Country] = {}
    entries = list(pycountry.countries)
    for entry in entries:
        shown = _NAMES.get(entry.alpha_2) or str(getattr(entry, "common_name", entry.name))
        country = Country(entry.alpha_2, shown)
        by_code[entry.alpha_2] = by_code[entry.alpha_3] = country
        aliases = _ALIASES.get(entry.alpha_2, "").split()
        names = (shown, str(entry.name), str(getattr(entry, "official_name", "")))
        for name in (*aliases, *map(_folded, names)):
            by_name.setdefault(name, country)
    for language in _LANGUAGES:
        translated = gettext.translation(
            "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
        for entry in entries:
            name = _folded(translated.gettext(entry.name))
            by_name.setdefault(name, by_code[entry.alpha_2])
    for name in ("", *_SHARED):
        by_name.pop(name, None)
    return by_code, by_name


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", "and"))
    return "".join(letter for letter in letters if letter.isalpha())


def country_named(text: str) -> Country | None:
    """Return the country that a name means in English, Spanish, Portuguese, French… or None."""
    if len(text) > 120:
        return None
    by_name = _countries()[1]
    found = by_name.get(_folded(text))
    if found is None and "(" in text:
        found = by_name.get(_folded(re.sub(r"\(.*?\)", "", text)))
    return found


def country_coded(text: str) -> Country | None:
    """Return the country of an ISO code of two or three capitals, or None."""
    return _countries()[0].get(text)


def is_shared_name(text: str) -> bool:
    """Tell whether several countries go by this name, as by Congo."""
    return _folded(text) in _SHARED


def same_country(one: str, other: str) -> bool:
    """Tell whether two codes agree, as PR and US do."""
    return one == other or other in _PARTS.get(one, ()) or one in _PARTS.get(other, ())
