"""The form of a record search: the questions asked most, and lines of field, operator and value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from occurrences.asking_fields import FIELDS, MOST_LETTERS, OPERATORS, Field
from occurrences.forms_panels import CHOICES
from occurrences.models import SavedSearch
from occurrences.record_search import Condition, Group, RecordSearch

_EITHER = [("", _("with or without")), ("yes", _("with")), ("no", _("without"))]


def _text(label: Any, placeholder: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=MOST_LETTERS, widget=widget)


class QuickForm(forms.Form):
    """The questions asked most; the names are those of `record_search.QUICK`."""

    within = forms.ChoiceField(label=_("Collection"), required=False)
    catalog_number = _text(_("Catalog Number"), "1-100; ARIZ 04*")
    identifier = _text(_("Additional Identifiers"), "2026-014")
    scientific_name = _text(_("Scientific Name"), "Querc* alba")
    collector = _text(_("Collector"), "L. Gómez")
    number = _text(_("Number"), "1234, 2201-2240, 12*")
    date = _text(_("Date"), "1932-07, 1990-2000, >1950")
    status = forms.ChoiceField(
        label=_("Processing Status"),
        required=False,
        choices=[("", _("any")), *CHOICES["processing_status"][1:]],
    )
    entered_by = _text(_("Entered by"), _("user name, or me"))
    entered = _text(_("Entered on"), _("today, 2026-01-31, >2026"))
    changed = _text(_("Last changed on"), _("yesterday, 2026-01 - 2026-03"))
    images = forms.ChoiceField(label=_("Images"), required=False, choices=_EITHER)
    point = forms.ChoiceField(label=_("Point on the map"), required=False, choices=_EITHER)

    def __init__(self, asked: QueryDict, collections: Iterable[Collection]) -> None:
        super().__init__(initial=asked.dict(), auto_id="asked_%s")
        every = [(collection.code, collection.name) for collection in collections]
        all_of_them = [("", _("all that I edit"))] if len(every) != 1 else []
        self.fields["within"].choices = [*all_of_them, *every]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Lines:
    """A group as the form shows it: its number, its lines with blank ones after them."""

    number: int
    any_of: bool
    lines: tuple[Condition, ...]


BLANK = Condition("", "contains", "")


def lines_of(search: RecordSearch) -> list[Lines]:
    """Return the groups of a search with a blank line in each, and a blank group after them."""
    groups = [*search.groups, Group()]
    return [
        Lines(number, group.any_of, (*group.conditions, BLANK))
        for number, group in enumerate(groups, 1)
    ]


def fields_by_panel() -> list[tuple[Any, list[Field]]]:
    """Return the fields that can be asked, under their headings."""
    grouped = groupby(FIELDS.values(), key=lambda each: each.panel)
    return [(panel, list(fields)) for panel, fields in grouped]


def in_words(search: RecordSearch) -> Iterator[str]:
    """Yield what a search asks, a condition each: "Collector contains Gómez"."""
    for asked in search.of_quick():
        yield _told(asked)
    for group in search.groups:
        join = _(" or ") if group.any_of else _(" and ")
        yield str(join).join(_told(each) for each in group.conditions)


def _told(asked: Condition) -> str:
    field = FIELDS[asked.field]
    value = dict(field.choices).get(asked.value, asked.value)
    return f"{field.label} {OPERATORS[asked.operator]} {value}".strip()


class SavedSearchForm(forms.ModelForm):  # type: ignore[type-arg]
    """A name for a search; the same name again replaces what stood under it."""

    class Meta:
        model = SavedSearch
        fields = ("name",)
