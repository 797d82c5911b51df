"""The fields of a record search: what they are called, under which heading, and how each is asked.

What a condition means in SQL is said in `occurrences.asking_conditions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from darwincore import terms
from occurrences.forms_panels import CHOICES, PANELS

MOST_LETTERS = 8000

OPERATORS = {
    "is": _("is"),
    "not": _("is not"),
    "contains": _("contains"),
    "lacks": _("does not contain"),
    "begins": _("starts with"),
    "ends": _("ends with"),
    "words": _("has the words"),
    "list": _("is one of (list, ranges)"),
    "more": _("greater than, after"),
    "less": _("less than, before"),
    "between": _("between (1 - 100)"),
    "empty": _("is empty"),
    "filled": _("is not empty"),
}
NO_VALUE = frozenset(("empty", "filled"))

_TEXT = tuple(OPERATORS)
_NUMBER = ("is", "not", "list", "more", "less", "between", "empty", "filled")
_DAY = ("is", "not", "more", "less", "between", "empty", "filled")
_CHOICE = ("is", "not", "empty", "filled")
_PERSON = ("is", "not", "contains")
_PRESENCE = ("filled", "empty")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be asked. kind: text | number | boolean | day | moment | person | presence.

    panel: the heading it stands under. choices: {value: words} where it holds one of a few.
    """

    name: str
    label: Any
    kind: str
    panel: Any
    operators: tuple[str, ...]
    choices: tuple[tuple[str, Any], ...] = ()


_KINDS = {"text": _TEXT, "number": _NUMBER, "boolean": _CHOICE, "day": _DAY}
_RECORD = _("Record")


def _catalogue() -> Iterator[Field]:
    """Yield every field: those of the form by its panels, the others, then the bookkeeping."""
    named = set()
    for panel in PANELS:
        for item in f"{panel.shown} {panel.more}".split():
            column = item.partition(":")[0]
            named.add(column)
            if column == "identifiers":
                label = terms.BY_NAME["otherCatalogNumbers"].label
                yield Field(column, _(label), "text", panel.title, _TEXT)
                yield Field(
                    "identifier_name", _("Name of an identifier"), "text", panel.title, _TEXT
                )
            else:
                yield _of_column(column, panel.title)
    for column in terms.COLUMNS:
        if column not in named:
            yield _of_column(column, _("Other fields"))
    yield from _BOOKKEEPING


def _of_column(column: str, panel: Any) -> Field:
    term = terms.BY_COLUMN[column]
    kind = {"integer": "number"}.get(term.kind, term.kind)
    if column == "event_date":
        kind = "day"
    choices = tuple((value, label) for value, label in CHOICES.get(column, ()) if value)
    operators = _CHOICE if choices and kind != "text" else _KINDS[kind]
    return Field(column, _(term.label), kind, panel, operators, choices)


_BOOKKEEPING = (
    Field("entered_by", _("Entered by"), "person", _RECORD, _PERSON),
    Field("created_at", _("Entered on"), "moment", _RECORD, ("is", "more", "less", "between")),
    Field("changed_by", _("Changed by"), "person", _RECORD, _PERSON),
    Field("changed_at", _("Last changed on"), "moment", _RECORD, ("is", "more", "less", "between")),
    Field("images", _("Images"), "presence", _RECORD, _PRESENCE),
    Field("point", _("Point on the map"), "presence", _RECORD, _PRESENCE),
    Field("determinations", _("Earlier determinations"), "presence", _RECORD, _PRESENCE),
    Field("any_name", _("Name in any determination"), "text", _RECORD, _TEXT),
    Field("any_determiner", _("Determiner of any determination"), "text", _RECORD, _TEXT),
    Field("cluster", _("Duplicates linked"), "presence", _RECORD, _PRESENCE),
    Field("protected", _("Protection of its place"), "presence", _RECORD, _PRESENCE),
    Field("guid", _("GUID"), "text", _RECORD, ("is", "list")),
    Field("legacy_id", _("Symbiota ID"), "number", _RECORD, _NUMBER),
    Field("source_id", _("Key in its source"), "text", _RECORD, _TEXT),
)

FIELDS: dict[str, Field] = {each.name: each for each in _catalogue()}
