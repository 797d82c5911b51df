"""The places everybody starts with: countries and their divisions, as ISO 3166 has them.

Names in several languages and codes come from pycountry. What labels write besides, "Calif." and
"Ver.", stands here.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pycountry

from darwincore import places

COUNTRY, STATE, COUNTY = "country", "state_province", "county"
LANGUAGES = ("es", "pt", "pt_BR", "fr", "de", "it")
VERSION = "1"  # of what this module adds to pycountry


class Name(NamedTuple):
    """What a place is also called. language: blank where it is of none, as a code is."""

    text: str
    kind: str  # "name", "variant" or "abbreviation"
    language: str = ""


class Entry(NamedTuple):
    """A place: its code (ISO 3166), of which kind it is, the code of the place it lies in."""

    code: str
    kind: str
    name: str
    parent: str
    names: list[Name]


def entries() -> Iterator[Entry]:
    """Yield countries, then their divisions, then what lies in those."""
    for country in pycountry.countries:
        known = places.country_coded(country.alpha_2)
        name = known.name if known else str(country.name)
        yield Entry(country.alpha_2, COUNTRY, name, "", _names_of_country(country, name))
    divisions = {division.code: division for division in pycountry.subdivisions}
    for division in sorted(divisions.values(), key=lambda each: each.parent_code is not None):
        outer = division
        while outer.parent_code in divisions:  # France has three kinds: the middle one counts as
            outer = divisions[outer.parent_code]  # what lies in the first
        inner = outer is not division
        parent = outer.code if inner else division.country_code
        name, *others = spellings_of(division.name)
        names = [Name(text, "variant") for text in others]
        names += [Name(text, "name", language) for text, language in _translated(division)]
        tail = division.code.partition("-")[2]
        if tail.isalpha():
            names.append(Name(tail, "abbreviation"))
        names += [Name(text, "abbreviation") for text in _written(division.code, ABBREVIATIONS)]
        names += [Name(text, "variant") for text in _written(division.code, VARIANTS)]
        yield Entry(division.code, COUNTY if inner else STATE, name, parent, _others(name, names))


def _names_of_country(country: Any, name: str) -> list[Name]:
    texts = [str(country.name), getattr(country, "common_name", "")]
    texts.append(getattr(country, "official_name", ""))
    names = [Name(text, "variant") for text in texts if text]
    names += [Name(country.alpha_2, "abbreviation"), Name(country.alpha_3, "abbreviation")]
    for language in LANGUAGES:
        text = _catalogue("iso3166-1", language).gettext(country.name)
        names.append(Name(text, "name", language.partition("_")[0]))
    return _others(name, names)


def _others(name: str, names: list[Name]) -> list[Name]:
    """Return the names without the first one's own text, each text once."""
    found = {each.text: each for each in reversed(names) if each.text and each.text != name}
    return list(found.values())


def _translated(division: Any) -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        text = _catalogue("iso3166-2", language).gettext(division.name)
        for spelling in spellings_of(text):
            yield spelling, language.partition("_")[0]


_catalogues: dict[tuple[str, str], gettext.NullTranslations] = {}


def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    key = (domain, language)
    if key not in _catalogues:
        _catalogues[key] = gettext.translation(
            domain, pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
    return _catalogues[key]


_TURNED = re.compile(r"(.+), ((?:.* )?(?:de|del|da|do|of|The|County|Comunidad|Región|Région))")
_IN_BRACKETS = re.compile(r"\s*[\[(](.*?)(?: [A-Z]{2}-[A-Z]{3})?[\])]\s*")


def spellings_of(text: str) -> list[str]:
    """Return the names that an entry of ISO 3166-2 holds, the plain one first.

    "Asturias, Principado de" is Asturias and Principado de Asturias, "Girona [Gerona]" is both.
    """
    inner = [found for found in _IN_BRACKETS.findall(text) if found and "EH" not in found]
    plain = _IN_BRACKETS.sub(" ", text).strip()
    if turned := _TURNED.fullmatch(plain):
        return [turned[1], f"{turned[2]} {turned[1]}", *inner]
    parts = [part.strip() for part in plain.split(" / ")]
    return [plain, *(parts if len(parts) > 1 else []), *inner]


def _written(code: str, table: dict[str, str]) -> list[str]:
    country, _hyphen, tail = code.partition("-")
    for line in table.get(country, "").split(";"):
        key, _colon, texts = line.strip().partition(":")
        if key == tail:
            return [text.strip() for text in texts.split("|")]
    return []


# As labels have them, by ISO code: "CA:Calif.|Cal.".
ABBREVIATIONS = {
    "US": "AL:Ala.; AK:Alas.; AZ:Ariz.; AR:Ark.; CA:Calif.|Cal.|Califa.; CO:Colo.|Col.; "
    "CT:Conn.; DE:Del.; DC:D.C.|Wash. D.C.; FL:Fla.; GA:Ga.; ID:Ida.; IL:Ill.|Ills.; IN:Ind.; "
    "IA:Ia.; KS:Kans.|Kan.; KY:Ky.; LA:La.; ME:Me.; MD:Md.; MA:Mass.; MI:Mich.; MN:Minn.; "
    "MS:Miss.; MO:Mo.; MT:Mont.; NE:Nebr.|Neb.; NV:Nev.; NH:N.H.; NJ:N.J.; NM:N.M.|N. Mex.|"
    "New Mex.; NY:N.Y.; NC:N.C.|N. Car.; ND:N.D.|N. Dak.; OH:O.; OK:Okla.; OR:Ore.|Oreg.; "
    "PA:Pa.|Penn.|Penna.; PR:P.R.; RI:R.I.; SC:S.C.|S. Car.; SD:S.D.|S. Dak.; TN:Tenn.; "
    "TX:Tex.; UT:Ut.; VT:Vt.; VA:Va.; WA:Wash.; WV:W. Va.|W.Va.; WI:Wis.|Wisc.; WY:Wyo.",
    "CA": "AB:Alta.; BC:B.C.|Brit. Col.; MB:Man.; NB:N.B.; NL:Nfld.|Newf.; NS:N.S.; "
    "NT:N.W.T.; NU:Nvt.; ON:Ont.; PE:P.E.I.; QC:Que.|Qué.|P.Q.; SK:Sask.; YT:Yuk.",
    "MX": "AGU:Ags.; BCN:B.C.|Baja Calif.|B.C.N.; BCS:B.C.S.|Baja Calif. Sur; CAM:Camp.|Cam.; "
    "CHP:Chis.; CHH:Chih.; CMX:CDMX|D.F.|Méx. D.F.; COA:Coah.; COL:Col.; DUR:Dgo.; GUA:Gto.; "
    "GRO:Gro.; HID:Hgo.; JAL:Jal.; MEX:Edo. Méx.|Edo. Mex.|Méx.; MIC:Mich.; MOR:Mor.; NAY:Nay.; "
    "NLE:N.L.; OAX:Oax.; PUE:Pue.; QUE:Qro.; ROO:Q. Roo|Q.R.; SLP:S.L.P.; SIN:Sin.; SON:Son.; "
    "TAB:Tab.; TAM:Tamps.|Tam.; TLA:Tlax.; VER:Ver.; YUC:Yuc.; ZAC:Zac.",
    "AU": "NSW:N.S.W.; NT:N.T.; QLD:Qld.; SA:S. Aust.|S.A.; TAS:Tas.; VIC:Vic.; "
    "WA:W. Aust.|W.A.; ACT:A.C.T.",
}
VARIANTS = {
    "DE": "BY:Bavaria; HE:Hesse; NI:Lower Saxony; NW:North Rhine-Westphalia; "
    "RP:Rhineland-Palatinate; SN:Saxony; ST:Saxony-Anhalt; TH:Thuringia",
    "ES": "AN:Andalusia; AR:Aragon; CN:Canary Islands; CT:Catalonia; IB:Balearic Islands; "
    "NC:Navarre; PV:Basque Country; VC:Valencia",
    "IT": "21:Piedmont; 25:Lombardy; 52:Tuscany; 75:Apulia; 82:Sicily; 88:Sardinia",
    "US": "DC:Washington D.C.|Washington DC; HI:Hawaiian Islands",
    "CA": "NL:Newfoundland|Labrador; YT:Yukon Territory; QC:Quebec",
    "MX": "BCN:Baja California Norte; CMX:Distrito Federal|Mexico City; COA:Coahuila; "
    "MEX:Estado de México|Mexico State|State of Mexico; MIC:Michoacán; "
    "QUE:Querétaro de Arteaga|Querétaro Arteaga; VER:Veracruz|Veracruz-Llave",
}
