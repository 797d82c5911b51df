"""Records by a pasted list of catalogue numbers: which are found, missing or ambiguous."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, Value

from occurrences.models import Identifier, Occurrence
from occurrences.models.record import Fold, SortKey

MOST = 5000  # numbers of a list
MOST_LIKE = 500  # numbers not found as written that are looked for in any case, with any accents
_SHOWN = ("guid", "catalog_number", "scientific_name", "recorded_by", "record_number", "collection")
_PARTS = re.compile(r"[\n\r\t;,]+")


@dataclass
class Listed:
    """What a list of numbers comes to, in its order.

    found: [(number, record)]; ambiguous: [(number, its records)]; missing: the numbers that no
    record bears; left_out: how many numbers were above MOST and weren't looked for.
    """

    found: list[tuple[str, Occurrence]] = field(default_factory=list)
    ambiguous: list[tuple[str, list[Occurrence]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    left_out: int = 0


def numbers_of(text: str) -> list[str]:
    """Return the numbers of a text, each once: by line, or parted by tab, comma or semicolon."""
    return list(dict.fromkeys(filter(None, (part.strip() for part in _PARTS.split(text)))))


def look_up(own: QuerySet[Occurrence], text: str) -> Listed:
    """Look for a list of numbers among the records `own`: Catalog Number, else another number.

    As written first; then in any case and with any accents.
    """
    numbers = numbers_of(text)
    listed = Listed(left_out=max(0, len(numbers) - MOST))
    numbers = numbers[:MOST]
    records = own.select_related("collection").only(*_SHOWN)
    bearers = _bearers(records, numbers)
    others = [number for number in numbers if number not in bearers]
    bearers |= _identified(records, others)
    others = [number for number in others if number not in bearers]
    bearers |= _alike(records, others[:MOST_LIKE])
    for number in numbers:
        mine = bearers.get(number, [])
        if len(mine) == 1:
            listed.found.append((number, mine[0]))
        elif mine:
            listed.ambiguous.append((number, mine))
        else:
            listed.missing.append(number)
    return listed


_Bearers = dict[str, list[Occurrence]]


def _bearers(records: QuerySet[Occurrence], numbers: Iterable[str]) -> _Bearers:
    found: _Bearers = {}
    for record in records.filter(catalog_number__in=list(numbers)).order_by("pk"):
        found.setdefault(str(record.catalog_number), []).append(record)  # type: ignore[attr-defined]
    return found


def _identified(records: QuerySet[Occurrence], numbers: list[str]) -> _Bearers:
    """Return the records that have one of these as another number."""
    keys: Any = [Fold(Value(number[: SortKey.LENGTH])) for number in numbers]
    named = Identifier.objects.alias(key=SortKey("value")).filter(key__in=keys, value__in=numbers)
    pairs = named.filter(occurrence__in=records.values("pk")).values_list("value", "occurrence_id")
    return _of_pairs(records, pairs) if numbers else {}


def _alike(records: QuerySet[Occurrence], numbers: list[str]) -> _Bearers:
    """Return the records whose catalogue number is one of these but for case and accents."""
    found: _Bearers = {}
    for number in numbers:
        key = Fold(Value(number[: SortKey.LENGTH]))
        same = records.alias(key=SortKey("catalog_number")).filter(Q(key=key)).order_by("pk")
        mine: list[Any] = list(same[:10])
        if mine:
            found[number] = mine
    return found


def _of_pairs(records: QuerySet[Occurrence], pairs: Iterable[tuple[str, int]]) -> _Bearers:
    wanted = list(pairs)
    known = records.in_bulk([pk for _number, pk in wanted])
    found: _Bearers = {}
    for number, pk in dict.fromkeys(wanted):
        found.setdefault(number, []).append(known[pk])
    return found


def guids_of(records: Iterable[Any]) -> str:
    """Return the records' GUIDs as a form sends many: parted by blanks."""
    return " ".join(str(record.guid) for record in records)
