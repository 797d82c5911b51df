"""Catalogue numbers and collectors' numbers: which are taken, and which comes next.

A number is what stands before its last figures, and these figures with their zeros: after
"ARIZ0412398" comes "ARIZ0412399". What is offered is free at that moment; `free_at_save` makes
sure of it under a lock, so that of two people who are offered the same number one gets the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.lookups import Exact

from biocollections.models import Collection
from occurrences.models import Occurrence, Withheld
from occurrences.models.record import Fold, SortKey

_LOCK = 7110  # any number that no other advisory lock of ours has
_COUNTED = re.compile(r"(?P<prefix>.*?)(?P<figures>[0-9]{1,18})(?P<suffix>\D*)", re.DOTALL)
MOST_LATEST = 200  # records that are looked through for the last number
MOST_STEPS = 2000


def following(number: str, by: int = 1) -> str:
    """Return the number after this one, zeros kept; blank where there are no figures to count."""
    found = _COUNTED.fullmatch(number.strip())
    if not found:
        return ""
    figures = found["figures"]
    return f"{found['prefix']}{int(figures) + by:0{len(figures)}}"


def taken(collection_id: int, numbers: Iterable[str]) -> set[str]:
    """Return those of these catalogue numbers that records of the collection bear."""
    known = Occurrence.objects.filter(collection=collection_id, catalog_number__in=list(numbers))
    return {number for number in known.values_list("catalog_number", flat=True) if number}


def bearers(own: QuerySet[Occurrence], number: str, but: UUID | None = None) -> list[Occurrence]:
    """Return a few records of `own` that bear this catalogue number, without the one named."""
    if not number:
        return []
    same = own.filter(catalog_number=number)
    return list((same.exclude(guid=but) if but else same).only("guid")[:3])


def free_from(collection_id: int, first: str, count: int = 1) -> list[str]:
    """Return the first free catalogue numbers from `first` on; [] where it can't be counted on."""
    found: list[str] = []
    number, steps = first, 0
    while number and len(found) < count and steps < MOST_STEPS:
        some = [number]
        while len(some) < max(50, count) and (after := following(some[-1])):
            some.append(after)
        busy = taken(collection_id, some)
        found += [each for each in some if each not in busy][: count - len(found)]
        number, steps = following(some[-1]), steps + len(some)
    return found


def next_free(collection: Collection, user: Any, after: str = "") -> str:
    """Return the free catalogue number after `after`, or after the last that `user` gave here."""
    begin = after if following(after) else _last_number(collection, user, "catalog_number")
    free = free_from(collection.pk, following(begin)) if begin else []
    return free[0] if free else ""


def _last_number(collection: Collection, user: Any, column: str) -> str:
    """Return the number entered last in the collection, by `user` if he entered any lately."""
    latest = Occurrence.objects.editable_by(user).filter(collection=collection).order_by("-pk")
    rows = latest.values_list("entered_by", column)[:MOST_LATEST]
    counted = [(by, number) for by, number in rows if number and following(number)]
    own = [number for by, number in counted if by == user.get_username()]
    return next(iter([*own, *(number for _by, number in counted)]), "")


def reserve(collection_id: int) -> None:
    """Let nobody else take numbers of the collection until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, collection_id])


def free_at_save(collection_id: int, offered: str) -> str:
    """Return `offered` or, if it was taken meanwhile, the next free one; in a transaction."""
    reserve(collection_id)
    free = free_from(collection_id, offered)
    return free[0] if free else offered


# --- a collector's own series -----------------------------------------------------------------


def used(profile: Collection, user: Any, number: str, but: UUID | None = None) -> list[Occurrence]:
    """Return a few records of a personal profile that bear this collector's number already."""
    if not number.strip():
        return []
    own = Occurrence.objects.editable_by(user).filter(collection=profile)
    own = own.exclude(guid=but) if but else own
    key = number.strip()[: SortKey.LENGTH]
    # Numbers of protected records are withheld; his own profile is small enough to look there.
    hidden = Withheld.objects.filter(collection=profile, terms__record_number=number.strip())
    same = Q(Exact(SortKey("record_number"), Fold(Value(key))))
    return list(own.filter(same | Q(pk__in=hidden.values("occurrence"))).only("guid")[:3])


def next_of_series(profile: Collection, user: Any, after: str = "") -> str:
    """Return the collector's number that comes after the last one, and is not used yet."""
    number = after if following(after) else _last_number(profile, user, "record_number")
    for _step in range(MOST_LATEST):
        number = following(number)
        if not number or not used(profile, user, number):
            return number
    return ""
