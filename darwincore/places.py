"""Read numbers and countries as somebody wrote them.

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
PLAIN = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
MINUS = str.maketrans("−–‒", "---")


def number(text: str) -> Decimal | None:
    """Read one number with a point or a comma before its fraction; None where it is none."""
    if PLAIN.fullmatch(text):
        return Decimal(text)
    text = text.strip().translate(MINUS)
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    if len(text) > 40 or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    found = Decimal(text)
    return Decimal(format(found, "f")) if "e" in text.lower() else found


# Countries

_ALIASES = {
    "AE": "uae emirates",
    "BF": "uppervolta",
    "BJ": "dahomey",
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
_SHARED = {
    "congo",
    "kongo",
    "korea",
    "virginislands",
    "borneo",
    "newguinea",
    "samoa",
    "antilles",
    "norfolk",
}
# Countries of former times. What became one country keeps its code above; the others have none.
_HISTORIC = frozenset(
    """
    ussr cccp sovietunion unionofsovietsocialistrepublics urss udssr sovietrussia yugoslavia
    jugoslavia yugoslavija jugoslawien yougoslavie czechoslovakia tchecoslovaquie checoslovaquia
    tschechoslowakei serbiaandmontenegro austriahungary austrohungary ottomanempire
    dutcheastindies netherlandseastindies netherlandsindies netherlandsantilles frenchwestafrica
    frenchequatorialafrica frenchindochina indochina germaneastafrica britisheastafrica
    britishindia rhodesia nyasaland belgiancongo congobelge zaire tanganyika zanzibar burma
    birma ceylon siam persia formosa abyssinia abyssinie goldcoast uppervolta dahomey
    basutoland bechuanaland swaziland southwestafrica germansouthwestafrica frenchsudan
    britishhonduras britishguiana dutchguiana frenchsomaliland spanishsahara newhebrides
    gilbertislands elliceislands transjordan mesopotamia prussia eastgermany westgermany ddr gdr
    germandemocraticrepublic portugueseguinea portugueseeastafrica portuguesetimor spanishguinea
    northernrhodesia southernrhodesia trucialstates sikkim bohemia moravia unitedarabrepublic
    nubia palestinemandate easternrumelia panamacanalzone canalzone
    """.split()
)
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
_LANGUAGES = """
    es pt pt_BR fr de it nl ca sv da nb_NO fi pl cs hu ro tr ru uk el zh_CN zh_TW ja ko
    """.split()
_ABSENT = {"nodata", "unknown", "unk", "none", "notavailable", "notrecorded", "null"}


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
    """Return the country that a name means in English, Spanish, Portuguese, French… or None.

    A part of it is understood too: "Thailand S", "Sonora, Mexico"; not where two are named.
    """
    if len(text) > 120:
        return None
    by_name = _countries()[1]
    found = by_name.get(_folded(text))
    if found is None and "(" in text:
        found = by_name.get(_folded(re.sub(r"\(.*?\)", "", text)))
    if found is None:
        found = by_name.get(_folded(_LONGHAND.sub(lambda short: _SHORT[short[1].lower()], text)))
    if found is None and not is_shared_name(text) and not is_historic(text):
        found = _country_beside(text, by_name)
    return found


_SHORT = {"st": "Saint ", "sta": "Santa ", "rep": "Republic ", "dem": "Democratic ", "the": ""}
_LONGHAND = re.compile(r"\b(st|sta|rep|dem|the)\b\.?\s*", re.IGNORECASE)
_COMPASS = (
    r"(?:[NS]{1,2}[EW]?|[EW](?:[NS][EW])?|[NSEW]\.\s?[NSEW]|north|south|east|west|northern|southern|eastern|western|central"
    r"|norte|sur|sul|este|oeste|nord|sud|ost|est|ouest)\.?"
)
_SIDED = re.compile(rf"(?:{_COMPASS}[\s-]+)+(?P<a>.+)|(?P<b>.+?)[\s,]+{_COMPASS}", re.IGNORECASE)
# East Pakistan, South Georgia, Western Samoa, South Guinea: a side of these is something else.
_INDIVISIBLE = {
    "PK",
    "GE",
    "WS",
    "AS",
    "GN",
    "GW",
    "GQ",
    "PG",
    "SD",
    "SS",
    "IE",
    "TL",
    "AU",
    "ZA",
    "GB",
    "IS",
}


def _country_beside(text: str, by_name: dict[str, Country]) -> Country | None:
    """Return the one country that stands in a text beside a point of the compass or a region."""
    if side := _SIDED.fullmatch(text.strip()):
        found = by_name.get(_folded(side["a"] or side["b"]))
        return None if found and found.code in _INDIVISIBLE else found
    parts = [part for part in re.split(r"[,;:/]", text) if len(_folded(part)) > 1]
    named = {by_name[name] for name in map(_folded, parts) if name in by_name}
    known = named | {name for name in map(_folded, parts) if name in _SHARED | _HISTORIC}
    return named.pop() if len(parts) > 1 and len(named) == len(known) == 1 else None


def country_coded(text: str) -> Country | None:
    """Return the country of an ISO code of two or three capitals, or None."""
    return _countries()[0].get(text)


def names_nothing(text: str) -> bool:
    """Tell whether the text only says that there is no name."""
    return _folded(text) in _ABSENT


def is_shared_name(text: str) -> bool:
    """Tell whether several countries go by this name, as by Congo."""
    return _folded(text) in _SHARED


def is_historic(text: str) -> bool:
    """Tell whether it is the name of a country of former times, such as Siam or Yugoslavia."""
    return _folded(text) in _HISTORIC


def same_country(one: str, other: str) -> bool:
    """Tell whether two codes agree, as PR and US do."""
    return one == other or other in _PARTS.get(one, ()) or one in _PARTS.get(other, ())
