"""What an import changes in records that are here, counted and found by field and by kind.

A change fills a blank field, changes a text, or erases it. The counts are taken when the rows are
checked, and brought up to date for the rows that are judged anew; rows are found by the fields in
their `differences`, which takes a look at each changed row of the run and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from occurrences import history
from occurrences.models import ImportOutcome, ImportRun

OUTCOMES = ImportOutcome._meta.db_table

FILLED, CHANGED, ERASED = "filled", "changed", "erased"
WORDS = {
    FILLED: gettext_lazy("filled"),
    CHANGED: gettext_lazy("changed"),
    ERASED: gettext_lazy("erased"),
}
_BLANK = "'null', '\"\"', '[]', '{}'"  # of texts and of lists
# The kind of a change {"0": old, "1": new} named d.value.
_KIND = f"""CASE WHEN d.value->0 IN ({_BLANK}) THEN '{FILLED}'
    WHEN d.value->1 IN ({_BLANK}) THEN '{ERASED}' ELSE '{CHANGED}' END"""

Counts = dict[str, dict[str, int]]  # {column: {kind: rows}}


class Field(NamedTuple):
    """A field that rows change: its name, word and Darwin Core term, how many rows do what."""

    name: str
    label: str
    term: str
    filled: int
    changed: int
    erased: int


def count(which: str, given: Sequence[Any]) -> Counts:
    """Count the changes of the outcomes (called o) for which this SQL holds."""
    found: Counts = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT d.key, {_KIND}, count(*) FROM "{OUTCOMES}" o, jsonb_each(o.differences) d '
            f"WHERE o.action = 'update' AND {which} GROUP BY 1, 2",
            given,
        )
        for name, kind, number in cursor.fetchall():
            found.setdefault(name, {})[kind] = number
    return found


def adjusted(counts: Counts, less: Counts, more: Counts) -> Counts:
    """Return counts after some rows were judged anew: less what they were, more what they are."""
    found = {name: dict(kinds) for name, kinds in counts.items()}
    for sign, others in ((-1, less), (1, more)):
        for name, kinds in others.items():
            own = found.setdefault(name, {})
            for kind, number in kinds.items():
                own[kind] = own.get(kind, 0) + sign * number
    left = {
        name: {kind: number for kind, number in kinds.items() if number > 0}
        for name, kinds in found.items()
    }
    return {name: kinds for name, kinds in left.items() if kinds}


def fields(run: ImportRun) -> list[Field]:
    """Return the fields that the run changes, in the order of the terms table.

    What only follows from others (the year of a date) is left out.
    """
    counted = run.counts.get("changes", {})
    told = _told(counted)
    found = [
        Field(name, *told[name], *(counted[name].get(kind, 0) for kind in WORDS)) for name in told
    ]
    return sorted(found, key=lambda each: history.place(_line(each)))


def _told(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return {name: (label, term)} of the fields that the history speaks of."""
    names = list(names)
    untold = history.untold(names)
    return {
        name: (history.label_of(name), history.term_of(name))
        for name in names
        if name not in untold
    }


def _line(each: Field) -> history.Line:
    return history.Line(each.label, each.term, "", "")


def among(
    outcomes: QuerySet[ImportOutcome], run: ImportRun, field: str = "", kind: str = ""
) -> QuerySet[ImportOutcome]:
    """Return those that change `field` (any, if blank), in the way of `kind` (any, if blank)."""
    if not field and not kind:
        return outcomes
    names = [field] if field else [each.name for each in fields(run)]
    asked = f"""EXISTS (SELECT FROM jsonb_each(differences) d
        WHERE d.key = ANY(%s) AND (%s = '' OR {_KIND} = %s))"""
    return outcomes.filter(action=ImportOutcome.Action.UPDATE).extra(  # noqa: S610
        where=[asked], params=[names, kind, kind]
    )
