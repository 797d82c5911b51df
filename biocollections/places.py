"""The gazetteer: which country, state and county a text means, however it is written.

"Calif.", "CA" and "California" are one state; "Córdoba" without a country is three, and stays so.
All names are held in memory, some 12,000, and read anew when the database has others.

    find("Mexico", "Son.")            → Match of MX and MX-SON
    current().find(…)                 the same many times, with one query for all
    spellings(STATE, "Calif.", "US")  → all names of what that can mean
    suggest(COUNTY, "pi", "US", "AZ") → names that begin so
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from biocollections import gazetteer
from biocollections.gazetteer import COUNTRY, COUNTY, STATE, Entry
from biocollections.models import Gazetteer, Place, PlaceName
from darwincore import places as countries
from journal.guids import new_guid

KINDS = (COUNTRY, STATE, COUNTY)
MOST_SUGGESTED = 12
MOST_REMEMBERED = 50_000
LONGEST = 200  # no place has a longer name


class Known(NamedTuple):
    """A place of the gazetteer. parent: the code of the place it lies in, blank for a country."""

    code: str
    kind: str
    name: str
    parent: str


class Match(NamedTuple):
    """What three texts mean; None for a level that is blank, unknown or ambiguous.

    choices: by level, the places that an ambiguous text can mean.
    """

    country: Known | None = None
    state_province: Known | None = None
    county: Known | None = None
    choices: dict[str, tuple[Known, ...]] = {}

    @property
    def is_ambiguous(self) -> bool:
        return bool(self.choices)


NOTHING = Match()


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return the letters and digits of a name, without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("&", "and"))
    return "".join(letter for letter in letters if letter.isalnum())


# Words that say what kind of place it is: "Estado de Sonora", "Pima Co.".
_KIND_WORDS = re.compile(
    r"\b(?:state|states?|estado|edo|province|provincia|prov|county|counties|co|cty|condado|"
    r"departamento|department|dept|depto|dpto|departement|region|district|distrito|municipio|"
    r"mun|mpio|parish|canton|comarca|shire)\b\.?\s*(?:of|de|del|du|da|do)?\b",
    re.IGNORECASE,
)


class Index:
    """All places by what they are called."""

    def __init__(self) -> None:
        self.by_code: dict[str, Known] = {}
        self._called: dict[tuple[str, str], list[Known]] = {}
        self._spelled: dict[str, list[str]] = {}
        self._found: dict[tuple[str, str, str], Match] = {}
        self._sorted: dict[str, list[tuple[str, str]]] = {}

    def add(self, place: Known, texts: Iterable[str]) -> None:
        """Take in a place, or further names of one."""
        self.by_code[place.code] = place
        self._found.clear()
        self._sorted.clear()
        spelled = self._spelled.setdefault(place.code, [])
        for text in (place.name, *texts):
            called = self._called.setdefault((place.kind, fold(text)), [])
            if place not in called:
                called.append(place)
            if text not in spelled:
                spelled.append(text)

    def called(self, kind: str, text: str) -> tuple[Known, ...]:
        """Return the places of this kind that go by this name, wherever they lie."""
        text = text.strip()
        if not text or len(text) > LONGEST:
            return ()
        if kind == COUNTRY and (known := _country(text)) and known.code in self.by_code:
            return (self.by_code[known.code],)
        found = self._called.get((kind, fold(text)))
        if not found and kind != COUNTRY:
            plain = fold(_KIND_WORDS.sub(" ", text))
            found = self._called.get((kind, plain)) if plain else None
        return tuple(found or ())

    def names(self, place: Known) -> tuple[str, ...]:
        """Return what a place is called, its usual name first."""
        return tuple(self._spelled[place.code])

    def country_of(self, place: Known) -> Known:
        """Return the country a place lies in, itself if it is one."""
        while place.parent:
            place = self.by_code[place.parent]
        return place

    def find(self, country: str = "", state_province: str = "", county: str = "") -> Match:
        """Say which places the texts mean, each in the light of the others."""
        key = (country.strip(), state_province.strip(), county.strip())
        if not any(key):
            return NOTHING
        match = self._found.get(key)
        if match is None:
            if len(self._found) > MOST_REMEMBERED:
                self._found.clear()
            match = self._found[key] = self._find(*key)
        return match

    def _find(self, country: str, state_province: str, county: str) -> Match:
        lands = self.called(COUNTRY, country)
        if country and not lands:
            return NOTHING  # in a country nobody knows, nothing can be told
        states = self._within(lands, self.called(STATE, state_province))
        counties: tuple[Known, ...] = ()
        if county and (states or not state_province):
            counties = self._within(states or lands, self.called(COUNTY, county))
        if state_province and not states:
            # Where a country has two kinds of divisions, labels give either as the province.
            inner = self._within(lands, self.called(COUNTY, state_province)) if lands else ()
            states, counties = self._parents(inner), inner if not county else ()
        if len(states) > 1 and counties:
            states = self._parents(counties)
        if len(counties) == 1 and not states:
            states = self._parents(counties)
        if len(lands) != 1 and (states or counties):
            lands = tuple(dict.fromkeys(map(self.country_of, states or counties)))
        levels = {COUNTRY: lands, STATE: states, COUNTY: counties}
        several = {kind: found for kind, found in levels.items() if len(found) > 1}
        return Match(_only(lands), _only(states), _only(counties), several)

    def _within(self, outer: tuple[Known, ...], inner: tuple[Known, ...]) -> tuple[Known, ...]:
        """Return those of `inner` that lie in one of `outer`; all of them when that is empty."""
        if not outer:
            return inner
        codes = {place.code for place in outer}
        return tuple(place for place in inner if codes.intersection(self._line(place)))

    def _line(self, place: Known) -> list[str]:
        """Return the codes of the places in which a place lies."""
        codes = []
        while place.parent:
            codes.append(place.parent)
            place = self.by_code[place.parent]
        return codes

    def _parents(self, places: tuple[Known, ...]) -> tuple[Known, ...]:
        found = dict.fromkeys(self.by_code[place.parent] for place in places if place.parent)
        return tuple(place for place in found if place.kind == STATE)

    def spellings(self, kind: str, text: str, country: str = "", state: str = "") -> list[str]:
        """Return all names of the places that a text can mean, its own among them."""
        outer = self.called(STATE, state) or self.called(COUNTRY, country)
        found = self._within(outer, self.called(kind, text))
        names = [text, *(name for place in found for name in self.names(place))]
        dotless = [name.removesuffix(".") for name in names]
        return list(dict.fromkeys([*names, *dotless]))

    def suggest(self, kind: str, text: str, country: str = "", state: str = "") -> list[str]:
        """Return the usual names of a few places of which some name begins so, in order."""
        if kind not in self._sorted:
            called = [key[1] for key in self._called if key[0] == kind]
            self._sorted[kind] = sorted((name, name) for name in called)
        begin = fold(text[:LONGEST])
        if not begin:
            return []
        lands = self.called(COUNTRY, country)
        outer = self._within(lands, self.called(STATE, state)) or lands
        found: dict[str, None] = {}
        names = self._sorted[kind]
        for name, _same in names[bisect_left(names, (begin, "")) :]:
            if not name.startswith(begin) or len(found) >= 4 * MOST_SUGGESTED:
                break
            for place in self._within(outer, tuple(self._called[kind, name])):
                found[place.name] = None
        exact = {place.name for place in self._within(outer, self.called(kind, text))}
        return sorted(found, key=lambda name: (name not in exact, fold(name)))[:MOST_SUGGESTED]


def _only(found: tuple[Known, ...]) -> Known | None:
    return found[0] if len(found) == 1 else None


def _country(text: str) -> countries.Country | None:
    return countries.country_coded(text.upper()) or countries.country_named(text)


# --- the current one ------------------------------------------------------------------------------

_indices: dict[UUID, Index] = {}


def current() -> Index:
    """Return all places as they stand in the database now; one small query."""
    stands = Gazetteer.objects.values_list("version", flat=True).first()
    if stands is None:
        return Index()
    index = _indices.get(stands)
    if index is None:
        while len(_indices) > 1:
            _indices.pop(next(iter(_indices)))
        index = _indices[stands] = read()
    return index


def read() -> Index:
    """Return a fresh index of the places in the database."""
    index = Index()
    texts: dict[int, list[str]] = {}
    for key, text in PlaceName.objects.order_by("pk").values_list("place_id", "text"):
        texts.setdefault(key, []).append(text)
    rows = Place.objects.order_by("pk").values_list("pk", "code", "kind", "name", "parent__code")
    for key, code, kind, name, parent in rows:
        index.add(Known(code, kind, name, parent or ""), texts.get(key, ()))
    return index


def find(country: str = "", state_province: str = "", county: str = "") -> Match:
    """Say which places the texts mean. For many, call it on `current()`."""
    return current().find(country, state_province, county)


def spellings(kind: str, text: str, country: str = "", state: str = "") -> list[str]:
    """Return all names of the places of this kind that a text can mean, its own among them."""
    return current().spellings(kind, text, country, state)


def suggest(kind: str, text: str, country: str = "", state: str = "") -> list[str]:
    """Return the usual names of a few places of which some name begins so."""
    return current().suggest(kind, text, country, state)


# --- keeping them ---------------------------------------------------------------------------------


def changed() -> None:
    """Say that there are other places now; call it in the transaction that changes them."""
    Gazetteer.objects.update(version=new_guid())


def seed(**_signal: Any) -> None:
    """Bring in the countries and divisions of ISO 3166, unless this version of them is in."""
    iso = f"pycountry {version('pycountry')}, {gazetteer.VERSION}"
    if Gazetteer.objects.filter(iso=iso).exists():
        return
    with transaction.atomic():
        write(gazetteer.entries())
        Gazetteer.objects.update_or_create(pk=1, defaults={"iso": iso, "version": new_guid()})


def write(entries: Iterable[Entry], guids: dict[str, UUID] | None = None) -> None:
    """Write places with their names, set-based; what is there stays.

    A place's parent is there already or comes before it. guids: by code, where they are given.
    """
    entries = list(entries)
    with connection.cursor() as cursor:
        for kind in KINDS:
            some = [entry for entry in entries if entry.kind == kind]
            if some:
                cursor.execute(_PLACES, _columns(some, guids or {}))
        named = [(entry.code, *name) for entry in entries for name in entry.names]
        if named:
            cursor.execute(_NAMES, [list(column) for column in zip(*named, strict=True)])


def _columns(entries: list[Entry], guids: dict[str, UUID]) -> list[list[Any]]:
    return [
        [guids.get(entry.code) or new_guid() for entry in entries],
        [entry.code for entry in entries],
        [entry.kind for entry in entries],
        [entry.name for entry in entries],
        [entry.parent for entry in entries],
    ]


_PLACES = """
INSERT INTO collections_place (guid, code, kind, name, parent_id)
SELECT new.guid, new.code, new.kind, new.name, parent.id
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
     WITH ORDINALITY AS new (guid, code, kind, name, parent, number)
LEFT JOIN collections_place AS parent ON parent.code = new.parent
ORDER BY new.number
ON CONFLICT (code) DO NOTHING
"""
_NAMES = """
INSERT INTO collections_placename (place_id, text, kind, language)
SELECT place.id, new.text, new.kind, new.language
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
     WITH ORDINALITY AS new (code, text, kind, language, number)
JOIN collections_place AS place ON place.code = new.code
ORDER BY new.number
ON CONFLICT (place_id, text) DO NOTHING
"""
