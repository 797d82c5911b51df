"""Which records a limited role is about: "Cactaceae in Sonora, until June".

All parts of a limit must hold. What can't be told of a record counts as outside: a country that is
blank, a name that reads like none of the taxa. Only columns that everybody sees are asked, so that
a limit is no oracle.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_, or_

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Exact, StartsWith

from biocollections import places
from biocollections.models import Grant, Person
from taxonomy.models import Taxon
from taxonomy.spelling import canonical_key

NOWHERE = Q(pk__in=[])
STALE = 1.0  # seconds after which a person's grants are read again


class _Folded(Func):
    """A text without case and accents, as the search compares it."""

    function = "portal_fold"
    output_field = TextField()


def within(user: Person, role: str, prefix: str = "") -> Q:
    """Want a record that a limited grant of `role` gives `user` now; nothing without one.

    prefix: how the queryset gets to the record, such as "occurrence__".
    """
    return reduce(or_, (_of(grant, prefix) for grant in _grants(user, role)), NOWHERE)


def _grants(user: Person, role: str) -> list[Grant]:
    """Return the limited grants, read once a second at most: a page asks several times."""
    if not user.is_authenticated:
        return []
    kept = user.__dict__.setdefault("limited_grants", {})
    read, grants = kept.get(role, (-STALE, []))
    if time.monotonic() - read >= STALE:
        grants = list(Grant.objects.granted_within_scope(user, role))
        kept[role] = (time.monotonic(), grants)
    return [grant for grant in grants if grant.state == "valid"]


def _of(grant: Grant, prefix: str) -> Q:
    index = places.current()
    limits = [
        *(_any(_taxon(text, prefix) for text in texts) for texts in _named(grant, "taxa")),
        *(
            _any(_country(index, code, prefix) for code in codes)
            for codes in _named(grant, "countries")
        ),
        *(_any(_state(index, code, prefix) for code in codes) for codes in _named(grant, "states")),
    ]
    if not limits:
        return NOWHERE  # a limit that nobody understands gives nothing
    here = Q(**{f"{prefix}collection": grant.collection}) if grant.collection else Q()
    return reduce(and_, limits, here)


def _named(grant: Grant, part: str) -> list[list[str]]:
    """Return the names of one part of the limits, in a list; an empty list without any."""
    return [names] if (names := grant.scope.get(part)) else []


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, NOWHERE)


def _taxon(text: str, prefix: str) -> Q:
    """Want a name linked to the taxon, a synonym, or what is below; or unlinked, reading so."""
    live = Taxon.objects.live().select_related("current")
    taxa = list(live.filter(canonical_key=canonical_key(text)))
    beneath = Taxon.objects.beneath(*taxa).values("pk") if taxa else []
    linked = Q(**{f"{prefix}name__taxon__in": beneath})
    name = _Folded(F(f"{prefix}scientific_name"))
    reads = Q(Exact(name, _Folded(Value(text)))) | Q(StartsWith(name, _Folded(Value(f"{text} "))))
    for column in ("family", "genus"):
        reads |= _same(f"{prefix}{column}", [text])
    return linked | Q(**{f"{prefix}name__taxon": None}) & reads


def _country(index: places.Index, code: str, prefix: str) -> Q:
    known = index.by_code.get(code)
    if known is None:
        return NOWHERE
    spelled = _same(f"{prefix}country", index.names(known))
    blank = Q(**{f"{prefix}country_code": None})
    return Q(**{f"{prefix}country_code": code}) | blank & spelled


def _state(index: places.Index, code: str, prefix: str) -> Q:
    known = index.by_code.get(code)
    if known is None:
        return NOWHERE
    country = index.country_of(known)
    sure = [name for name in index.names(known) if _means(index, country, name) == known]
    return _same(f"{prefix}state_province", sure) & _country(index, country.code, prefix)


def _means(index: places.Index, country: places.Known, name: str) -> places.Known | None:
    return index.find(country.name, name).state_province


def _same(column: str, texts: Iterable[str]) -> Q:
    """Want the column to be one of the texts, whatever its case and accents."""
    return _any(Q(Exact(_Folded(F(column)), _Folded(Value(text)))) for text in _with_dots(texts))


def _with_dots(texts: Iterable[str]) -> Iterator[str]:
    return iter(dict.fromkeys(each for text in texts for each in (text, text.removesuffix("."))))
