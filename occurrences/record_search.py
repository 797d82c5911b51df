"""Record search: every field of the records somebody edits, asked in and/or groups.

The query string is the search. `RecordSearch` is that as a value, `found` the records it finds,
`look` how many they are and a page of them. What a condition means in SQL is told in
`occurrences.asking_conditions`. Unlike the public search, this one reads exact values: of records
that the person edits alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from occurrences import paging
from occurrences.asking_conditions import condition
from occurrences.asking_fields import FIELDS, MOST_LETTERS, NO_VALUE
from occurrences.models import Occurrence, OccurrenceQuerySet
from occurrences.patience import TooSlow, at_most
from occurrences.search import COUNTED

MARK = "within"  # the parameter by which a query string is a record search: a code, or blank
MOST_CONDITIONS = 40
LOOK_MS = 150  # in which the matches are counted and perhaps sorted at once
WAIT_MS = 15_000  # that a person waits for a page at most
SORT = "entered"

# The questions asked most, one field each; (field, operator) of what they stand for.
QUICK = {
    "catalog_number": ("catalog_number", "list"),
    "identifier": ("identifiers", "list"),
    "scientific_name": ("scientific_name", "words"),
    "collector": ("recorded_by", "words"),
    "number": ("record_number", "list"),
    "date": ("event_date", "is"),
    "status": ("processing_status", "is"),
    "entered_by": ("entered_by", "is"),
    "entered": ("created_at", "is"),
    "changed": ("changed_at", "is"),
    "images": ("images", ""),
    "point": ("point", ""),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a search: a field, an operator and a value (blank for "is empty")."""

    field: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all must hold, or `any_of` them."""

    conditions: tuple[Condition, ...] = ()
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """What is looked for: the quick fields, and groups of which all must hold, or `any_of` them.

    within: the code of a collection, blank for all that the person edits.
    """

    within: str = ""
    quick: dict[str, str] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    any_of: bool = False

    @classmethod
    def from_query(cls, asked: QueryDict) -> RecordSearch:
        """Read a query string. Raises ValidationError where it can't be understood."""
        read = cls.unchecked(asked)
        read.check()
        return read

    @classmethod
    def unchecked(cls, asked: QueryDict) -> RecordSearch:
        """Read a query string as far as it goes, to show it with what is wrong."""
        return cls(
            asked.get(MARK, "").replace("\0", ""),
            {name: text for name in QUICK if (text := asked.get(name, "").strip())},
            tuple(_groups(asked)),
            asked.get("match") == "any",
        )

    def check(self) -> None:
        """Raise ValidationError, in words for the page, where a condition can't be understood."""
        wrong = []
        if sum(len(group.conditions) for group in self.groups) > MOST_CONDITIONS:
            most = _("At most %(most)s conditions at a time.") % {"most": MOST_CONDITIONS}
            raise ValidationError(most)
        for asked in self.conditions():
            try:
                if "\0" in asked.value or len(asked.value) > MOST_LETTERS:
                    raise ValidationError(_("This text is too long to be looked for."))
                condition(asked.field, asked.operator, asked.value, None)
            except ValidationError as error:
                told = FIELDS[asked.field].label if asked.field in FIELDS else asked.field
                wrong += [f"{told}: {message}" for message in error.messages]
        if wrong:
            raise ValidationError(wrong)

    def conditions(self) -> Iterator[Condition]:
        """Yield all conditions, those of the quick fields first."""
        yield from self.of_quick()
        for group in self.groups:
            yield from group.conditions

    def of_quick(self) -> Iterator[Condition]:
        for name, text in self.quick.items():
            asked, operator = QUICK[name]
            if not operator:
                yield Condition(asked, "empty" if text == "no" else "filled")
            else:
                yield Condition(asked, operator, text)

    def to_query(self) -> str:
        """Return the query string that says this; it always holds `within`."""
        query = QueryDict(mutable=True)
        query[MARK] = self.within
        for name, text in self.quick.items():
            query[name] = text
        if self.any_of:
            query["match"] = "any"
        for number, group in enumerate(self.groups, 1):
            query.appendlist("inside", "any" if group.any_of else "all")
            for asked in group.conditions:
                query.appendlist("group", str(number))
                query.appendlist("field", asked.field)
                query.appendlist("operator", asked.operator)
                query.appendlist("value", asked.value)
        return query.urlencode()

    def __bool__(self) -> bool:
        return any(True for _each in self.conditions())


def _groups(asked: QueryDict) -> Iterator[Group]:
    """Yield the groups of a query string, without its blank lines."""
    columns = [asked.getlist(name) for name in ("group", "field", "operator", "value")]
    inside = asked.getlist("inside")
    lines: dict[int, list[Condition]] = {}
    for group, name, operator, value in zip(*columns, strict=False):
        if not name:
            continue
        number = int(group) if group.isascii() and group.isdigit() and len(group) < 3 else 1
        value = "" if operator in NO_VALUE else value.strip()
        lines.setdefault(number, []).append(Condition(name, operator, value))
    for number, conditions in sorted(lines.items()):
        some = 0 < number <= len(inside) and inside[number - 1] == "any"
        yield Group(tuple(conditions), some)


def is_one(asked: QueryDict) -> bool:
    """Tell whether a query string is a record search, not one of the public search."""
    return MARK in asked


def found(user: Any, search: RecordSearch) -> OccurrenceQuerySet:
    """Return the records of a search that `user` may edit."""
    return apply(Occurrence.objects.editable_by(user), search, user)


def apply(records: OccurrenceQuerySet, search: RecordSearch, user: Any) -> OccurrenceQuerySet:
    """Narrow `records` to those that a search finds and that `user` may edit.

    Whatever was handed in: conditions ask exact values, which other readers must not find out.
    """
    editable = Collection.objects.editable_by(user)
    if search.within:
        editable = editable.filter(code=search.within)
    # By their keys: PostgreSQL walks the collection's index by a constant.
    own = records.filter(collection__in=list(editable.values_list("pk", flat=True)))
    for asked in search.of_quick():
        own = own.filter(_q(asked, user))
    join = or_ if search.any_of else and_
    groups = [_of_group(group, user) for group in search.groups]
    return own.filter(reduce(join, groups)) if groups else own


def _of_group(group: Group, user: Any) -> Q:
    conditions = [_q(asked, user) for asked in group.conditions]
    return reduce(or_ if group.any_of else and_, conditions)


def _q(asked: Condition, user: Any) -> Q:
    return condition(asked.field, asked.operator, asked.value, user)


# --- a page of what was found -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """A page of a search. total: how many there are, None when that takes long to say.

    sort: the order it stands in, the usual one where the one asked for takes few records.
    """

    page: paging.Page
    total: int | None
    sort: str

    @property
    def is_exact(self) -> bool:
        return self.total is not None and self.total <= COUNTED


def look(
    user: Any, records: OccurrenceQuerySet, columns: Sequence[str], sort: str, cursor: str = ""
) -> Look:
    """Fetch the page of `records` (of `found`) that `cursor` names, in the order of `sort`.

    Counts to COUNTED as long as that is quick. So many are sorted by any column, by what is
    withheld of it as well; more only by those with an index. Raises TooSlow, and paging.BadCursor.
    """
    known = keys(records)
    few = known is not None and len(known) <= COUNTED
    if not few and sort.removeprefix("-") not in paging.SORTS:
        sort, cursor = SORT, ""
    if few and known is not None:
        records = Occurrence.objects.editable_by(user).filter(pk__in=known)
    with at_most(WAIT_MS):
        page = paging.turn_to(records.only(*columns), sort, cursor, few=few, exact=few)
    return Look(page, None if known is None else len(known), sort)


def keys(records: OccurrenceQuerySet) -> list[int] | None:
    """Return the keys of the records, COUNTED + 1 at most; None where finding them is slow."""
    try:
        with at_most(LOOK_MS):
            return list(records.order_by().values_list("pk", flat=True)[: COUNTED + 1])
    except TooSlow:
        return None
