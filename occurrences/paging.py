"""Turning the pages of many records by key: the thousandth page costs what the first does.

A cursor holds the sort keys of the row beside which a page begins, signed. It holds public columns
alone, so it tells nothing that the page doesn't; where exact values are sorted, the row's key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from darwincore import terms
from occurrences.models import Occurrence
from occurrences.models.record import SortKey
from occurrences.patience import TooSlow, at_most

PAGE_SIZE = 50
WALK_MS = 80  # in which most pages come many times over
SORTED = 100_000  # records that are quicker sorted than walked to for long

# What results may be sorted by: the columns, each with an index. The id makes the order total.
SORTS: dict[str, tuple[F | Func, ...]] = {
    "name": (SortKey("scientific_name"),),
    "collector": (SortKey("recorded_by"),),
    "date": (F("event_date_start"), F("event_date_end")),
    "catalog": (SortKey("catalog_number"),),
    "entered": (),
}


Keys = tuple[F | Func, ...]


def keys_of(sort: str, *, exact: bool = False) -> Keys:
    """Return what a sort compares: one of SORTS, or any column, for few records."""
    name = sort.removeprefix("-")
    if exact and name in _EXACT:
        return tuple(map(_exact, _EXACT[name]))
    if name in SORTS:
        return SORTS[name]
    if exact and name in terms.WITHHELD_COLUMNS:
        return (_exact(name),)
    return (F(name) if terms.BY_COLUMN[name].kind != "text" else SortKey(name),)


# Of SORTS, what is withheld of protected records.
_EXACT = {"collector": ("recorded_by",), "date": ("event_date_start", "event_date_end")}


def _exact(column: str) -> Func:
    """Compare what is withheld of a column where it is: for who may read it of all the records."""
    withheld = KeyTextTransform(column, "withheld__terms")
    kept: Any = Occurrence._meta.get_field(column)
    if isinstance(kept, TextField):
        return SortKey(Coalesce(withheld, F(column)))
    plain = kept.__class__(null=True)
    return Coalesce(Cast(withheld, plain), F(column), output_field=plain)


class BadCursor(ValueError):
    """The place in the results can't be read; begin at the first page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results, and the cursors of those before and after it ("" where there are none).

    first: the number of its first record, from 1.
    """

    records: list[Occurrence]
    previous: str
    next: str
    first: int

    @property
    def last(self) -> int:
        """The number of its last record."""
        return self.first + len(self.records) - 1


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins or (backwards) ends: beside the row with these keys."""

    backwards: bool
    keys: list[Any]
    first: int

    @property
    def is_blank(self) -> bool:
        return len(self.keys) > 1 and self.keys[0] is None


class _Unindexed(Func):
    """The same value, in a way that no index answers to."""

    template = "(SELECT %(expressions)s)"


def turn_to(
    queryset: QuerySet[Occurrence],
    sort: str,
    cursor: str = "",
    *,
    few: bool = False,
    exact: bool = False,
) -> Page:
    """Fetch the page that `cursor` names, the first one when it is "".

    sort is one of SORTS, or any column where `few`, "-" before it for the other direction.
    Records without a value come last either way. Pages are found by key, so the thousandth costs
    what the first does. `few` says that there are not many: they are all fetched and sorted, where
    PostgreSQL would walk through the index of the sort key hoping to meet them soon; a walk that
    takes long ends so too. `exact`, with `few`: by exact values, for a person who may read those of
    all the records. Raises BadCursor.
    """
    place = _read(cursor, sort, exact=exact) if cursor else None
    if place and exact:
        place = _beside_row(place, sort)
    backwards = place is not None and place.backwards
    if few:
        rows = _fetch(queryset, sort, place, few=True, exact=exact)
    else:
        rows = _walked(queryset, sort, place)
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    first = _first(place, len(rows), more)
    has_previous, has_next = (more, True) if backwards else (place is not None, more)
    if not rows:
        return Page([], "", "", first)
    return Page(
        rows,
        _cursor(sort, rows[0], first, backwards=True, exact=exact) if has_previous else "",
        _cursor(sort, rows[-1], first + len(rows), backwards=False, exact=exact)
        if has_next
        else "",
        first,
    )


def neighbour(
    queryset: QuerySet[Occurrence], sort: str, record: Occurrence, *, backwards: bool
) -> UUID | None:
    """Return the guid of the record after (or before) `record` in this order, None at the end.

    `record` need not be in the queryset.
    """
    names = _key_names(sort)
    keys = (*keys_of(sort), F("id"))
    own = Occurrence.objects.filter(pk=record.pk).values_list(*keys).first()
    place = _Place(backwards, list(own or [None] * len(names)), 0)
    rows = _fetch(queryset.only("guid", "id"), sort, place, few=False, most=1)
    return rows[0].guid if rows else None


def _walked(queryset: QuerySet[Occurrence], sort: str, place: _Place | None) -> list[Occurrence]:
    """Fetch the rows of a page by the index of the sort key, or else by sorting what is found.

    Of *Quercus* by name a walk comes by all the names before Q. Where it has met too little after a
    moment, and no more is to be sorted than that repays, sorting is quicker.
    """
    try:
        with at_most(WALK_MS):
            return _fetch(queryset, sort, place, few=False)
    except TooSlow:
        return _fetch(queryset, sort, place, few=_expected(queryset) <= SORTED)


def _expected(queryset: QuerySet[Occurrence]) -> int:
    """Return how many rows PostgreSQL expects to find."""
    told = queryset.order_by().explain(format="json")
    return int(json.loads(told)[0]["Plan"]["Plan Rows"])


def _fetch(
    queryset: QuerySet[Occurrence],
    sort: str,
    place: _Place | None,
    *,
    few: bool,
    exact: bool = False,
    most: int = PAGE_SIZE + 1,
) -> list[Occurrence]:
    """Fetch `most` rows away from `place`; filled ones first, blank ones last."""
    names = _key_names(sort)
    keys = (*keys_of(sort, exact=exact), F("id"))
    keyed = queryset.annotate(
        **{name: _Unindexed(key) if few else key for name, key in zip(names, keys, strict=True)}
    )
    backwards = place is not None and place.backwards
    descending = sort.startswith("-") != backwards
    order = [f"-{name}" if descending else name for name in names]
    ranges: list[bool | None] = [False, True] if len(names) > 1 else [None]
    if backwards:
        ranges.reverse()
    if place is not None and len(ranges) > 1:
        ranges = ranges[ranges.index(place.is_blank) :]
    rows: list[Occurrence] = []
    for number, blank in enumerate(ranges):
        part = keyed if blank is None else keyed.filter(**{f"{names[0]}__isnull": blank})
        if place is not None and number == 0:
            part = part.filter(_beyond(names, place.keys, descending))
        rows += part.order_by(*order)[: most - len(rows)]
        if len(rows) >= most:
            break
    return rows


def _key_names(sort: str) -> list[str]:
    columns = keys_of(sort)
    return [f"sort_key_{number}" for number in range(len(columns) + 1)]


def _beyond(names: list[str], keys: list[Any], descending: bool) -> Q:
    """Want rows after these keys. The outer comparison is what the index is walked by."""
    name, key = names[0], keys[0]
    if key is None:
        return _beyond(names[1:], keys[1:], descending)
    after = Q(**{f"{name}__{'lt' if descending else 'gt'}": key})
    if len(names) == 1:
        return after
    reached = Q(**{f"{name}__{'lte' if descending else 'gte'}": key})
    return reached & (after | _beyond(names[1:], keys[1:], descending))


def _first(place: _Place | None, rows: int, more: bool) -> int:
    if place is None:
        return 1
    if place.backwards:
        return max(1, place.first - rows) if more else 1
    return place.first


def _cursor(sort: str, row: Occurrence, first: int, *, backwards: bool, exact: bool) -> str:
    keys = [row.pk] if exact else [getattr(row, name) for name in _key_names(sort)]
    plain = [key.isoformat() if isinstance(key, date) else key for key in keys]
    return signing.dumps([sort, exact, backwards, plain, first], salt=__name__, compress=True)


def _beside_row(place: _Place, sort: str) -> _Place:
    """Return the place beside the row whose key it holds. Raises BadCursor when it is gone."""
    keys = (*keys_of(sort, exact=True), F("id"))
    row = Occurrence.objects.filter(pk=place.keys[0]).values_list(*keys).first()
    if row is None:
        raise BadCursor(sort)
    return _Place(place.backwards, list(row), place.first)


def _read(cursor: str, sort: str, *, exact: bool) -> _Place:
    try:
        signed_sort, was_exact, backwards, keys, first = signing.loads(cursor, salt=__name__)
    except (signing.BadSignature, ValueError) as error:
        raise BadCursor(cursor) from error
    if (signed_sort, was_exact) != (sort, exact):
        raise BadCursor(cursor)
    return _Place(backwards, keys, first)
