"""The form in which one record is typed: panels, curators' words, one text field a term.

Every field holds text. What the text means is read by `occurrences.editing`, so a form and a file
understand the same things. Each field brings the text it started from along (hidden), so that only
what the person changed is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from darwincore import terms
from darwincore.definitions import definition
from occurrences import editing
from occurrences.forms_panels import (
    CHOICES,
    HELP,
    LONG,
    NOT_TYPED,
    PANELS,
    PLACEHOLDERS,
    SUGGESTED,
    Panel,
)

IDENTIFIERS = editing.IDENTIFIERS  # no column: its rows have a table of their own


# What is read while one types, and the fields that are read together with it.
READ_TOGETHER = (
    ("event_date",),
    ("verbatim_event_date", "event_date"),
    ("date_identified",),
    ("georeferenced_date",),
    ("decimal_latitude", "decimal_longitude", "geodetic_datum"),
    ("verbatim_coordinates", "decimal_latitude", "decimal_longitude", "geodetic_datum"),
    ("minimum_elevation_in_meters", "maximum_elevation_in_meters"),
    ("verbatim_elevation", "minimum_elevation_in_meters", "maximum_elevation_in_meters"),
    ("minimum_depth_in_meters", "maximum_depth_in_meters"),
    ("verbatim_depth", "minimum_depth_in_meters", "maximum_depth_in_meters"),
    ("coordinate_uncertainty_in_meters",),
    ("country", "country_code"),
    ("type_status",),
)
# Asked about in the collection: whether it is taken, and what comes next.
NUMBERS = ("catalog_number", "record_number")


@dataclass
class Shown:
    """A field as the template needs it."""

    field: forms.BoundField
    span: int
    term: str
    read: str = ""


@dataclass
class ShownPanel:
    """A panel as the template needs it; `more` holds rarely used fields that are blank."""

    slug: str
    title: Any
    shown: list[Shown]
    more: list[Shown]


# What a record is recognised by stands whole in an index, which holds no longer text.
KEYS = ("catalog_number", "occurrence_id")
MOST_OF_KEY = 500


class TermField(forms.CharField):
    """Text of one term: trimmed, with the same line ends from every browser."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, show_hidden_initial=True, **options)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()


class ChoiceOrPresent(forms.Select):
    """A select that also offers the value a record already holds, though we wouldn't write it."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        known = {str(choice) for choice, _label in self.choices}
        present = [(text, text) for text in value if text and text not in known]
        self.choices = [*self.choices, *present]
        return super().optgroups(name, value, attrs)


class OccurrenceForm(forms.Form):
    """One record, typed. `initial` and the cleaned data are {column: text}."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # What was taken of other sheets (occurrences.copied_from). Hidden text, no hidden field: a
    # draft in the browser keeps it.
    duplicates = forms.CharField(
        required=False, max_length=50_000, widget=forms.Textarea(attrs={"hidden": True})
    )
    new_determination = forms.BooleanField(
        required=False,
        label=_("This is a new determination: keep the present one in the history"),
    )

    def __init__(
        self,
        *arguments: Any,
        collection: Collection,
        record: UUID | None = None,
        notes: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """record: the one it is of. notes: by column, what stands under a field at first."""
        super().__init__(*arguments, **options)
        self.collection = collection
        self.record = record
        self.notes = notes or {}
        self.reading: editing.Reading | None = None
        for column in typed_columns():
            self.fields[column] = deepcopy(field_for(column))
        for column in SUGGESTED:
            address = reverse("occurrences:suggest", args=[collection.guid, column])
            self.fields[column].widget.attrs["data-suggest"] = address
        if collection.guid_source != Collection.GuidSource.PROVIDER:
            self.fields["occurrence_id"].disabled = True
        _read_while_typing(self.fields)
        within = {"collection": str(collection.guid), "record": str(record or "")}
        for column in NUMBERS:
            self.fields[column].widget.attrs |= asked(column, [column]) | {
                "hx-params": "*",
                "hx-vals": json.dumps(within),
            }

    def clean(self) -> dict[str, Any]:
        """Read the texts; a value nobody can mean is an error at its field."""
        cleaned = super().clean() or {}
        self.reading = editing.read(self.texts)
        for column in self.changed_columns:
            problem = self.reading.problems.get(column)
            if problem:
                self.add_error(column, problem)
        return cleaned

    @property
    def is_of_record(self) -> bool:
        """Tell whether the form was opened on a record, not for a new one."""
        return bool(self.initial.get("version"))

    @property
    def texts(self) -> dict[str, str]:
        """All texts by column, without the identifiers; blank ones are left out."""
        given = self.cleaned_data
        return {column: given[column] for column in term_columns() if given.get(column)}

    @property
    def changed_columns(self) -> list[str]:
        """The columns whose text differs from the one the form was opened with."""
        return [name for name in self.changed_data if name in _TYPED]

    @property
    def basis(self) -> dict[str, str]:
        """The texts the form was opened with, by column."""
        return {name: self._basis_of(name) for name in _TYPED}

    def _basis_of(self, name: str) -> str:
        bound, kept = self[name], self.fields[name]
        if kept.disabled:
            return str(kept.to_python(self.get_initial_for_field(kept, name)))
        given = kept.hidden_widget().value_from_datadict(
            self.data, self.files, bound.html_initial_name
        )
        return str(kept.to_python(given))

    def panels(self) -> Iterator[ShownPanel]:
        """Yield the panels with their fields; the last one holds every term not named above.

        A rarely used field that is filled stands with the usual ones, so that it is seen.
        """
        for panel in (*PANELS, OTHER):
            shown, more = self._shown(panel.shown), self._shown(panel.more)
            filled = [each for each in more if each.field.value() or each.field.errors]
            blank = [each for each in more if each not in filled]
            yield ShownPanel(panel.slug, panel.title, shown + filled, blank)

    def _shown(self, columns: str) -> list[Shown]:
        notes = self.reading.notes if self.reading else self.notes
        found = []
        for column, _colon, span in (item.partition(":") for item in columns.split()):
            term = terms.BY_COLUMN.get(column)
            name = term.name if term else "otherCatalogNumbers"
            read = "" if self.errors.get(column) else str(notes.get(column, ""))
            found.append(Shown(self[column], int(span), name, read))
        return found


def term_columns() -> tuple[str, ...]:
    """Return the columns that are typed."""
    return tuple(column for column in terms.COLUMNS if column not in NOT_TYPED)


def typed_columns() -> tuple[str, ...]:
    return (*term_columns(), IDENTIFIERS)


_TYPED = frozenset(typed_columns())
_PLACED = frozenset(
    item.partition(":")[0] for panel in PANELS for item in f"{panel.shown} {panel.more}".split()
)
OTHER = Panel(
    "other",
    _("Other fields"),
    "",
    " ".join(f"{column}:3" for column in term_columns() if column not in _PLACED),
)


def rebased(
    data: Mapping[str, Any], now: Mapping[str, str], changed: list[str], version: int
) -> dict[str, Any]:
    """Return the data of a form as if it had been opened on the record as it is now.

    What the person changed stays as typed; everything else shows the present text.
    """
    fresh = {key: data[key] for key in data}
    fresh["version"] = version
    for column in _TYPED:
        fresh[f"initial-{column}"] = now.get(column, "")
        if column not in changed:
            fresh[column] = now.get(column, "")
    return fresh


@cache
def field_for(column: str) -> TermField:
    """Return the field that every form has a copy of: two hundred take long to make anew."""
    term = terms.BY_COLUMN.get(column)
    label = term.label if term else terms.BY_NAME["otherCatalogNumbers"].label
    means = definition(term.name if term else "otherCatalogNumbers")
    attributes: dict[str, Any] = {"autocomplete": "off", "data-means": _(means) if means else ""}
    if column in PLACEHOLDERS:
        attributes["placeholder"] = PLACEHOLDERS[column]
    if column in CHOICES:
        widget: forms.Widget = ChoiceOrPresent(choices=CHOICES[column], attrs=attributes)
    elif column in LONG:
        widget = forms.Textarea(attrs={**attributes, "rows": 2})
    else:
        widget = forms.TextInput(attrs=attributes)
    most = MOST_OF_KEY if column in KEYS else None
    return TermField(label=_(label), widget=widget, help_text=HELP.get(column, ""), max_length=most)


def _read_while_typing(fields: Mapping[str, forms.Field]) -> None:
    """Let htmx ask under which value a typed text is understood (occurrences:read).

    The first of a group is told about; where two make one value, both are.
    """
    for group in READ_TOGETHER:
        told = group if group[0] in _PAIRS else group[:1]
        for column in told:
            fields[column].widget.attrs |= asked(column, group)


_PAIRS = ("decimal_latitude", "minimum_elevation_in_meters", "minimum_depth_in_meters", "country")


def asked(column: str, group: Iterable[str]) -> dict[str, str]:
    return {
        "hx-post": reverse("occurrences:read"),
        "hx-trigger": "input changed delay:300ms, change",
        "hx-sync": "this:replace",
        "hx-target": f"#id_{column}_read",
        "hx-swap": "outerHTML",
        "hx-include": ", ".join(f"[name={name}]" for name in group),
        "hx-params": ", ".join(group),
    }
