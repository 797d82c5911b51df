"""The form in which one determination of a record's history is corrected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.urls import reverse

from biocollections.models import Collection
from darwincore.terms import BY_COLUMN, IDENTIFICATION_COLUMNS
from occurrences.forms import Shown, asked, field_for, term_columns
from occurrences.forms_panels import SUGGESTED

USUAL = (
    "scientific_name:6 scientific_name_authorship:3 family:3 identification_qualifier:2 "
    "identified_by:4 date_identified:3 identification_verification_status:3 "
    "identification_references:6 identification_remarks:6"
)
TYPED = tuple(column for column in IDENTIFICATION_COLUMNS if column in set(term_columns()))


class DeterminationForm(forms.Form):
    """One determination, typed. Every field brings the text along that it started from."""

    def __init__(
        self, data: Mapping[str, Any] | None, texts: Mapping[str, str], within: Collection
    ) -> None:
        super().__init__(data, initial=dict(texts))
        for column in TYPED:
            self.fields[column] = deepcopy(field_for(column))
            if column in SUGGESTED:
                address = reverse("occurrences:suggest", args=[within.guid, column])
                self.fields[column].widget.attrs["data-suggest"] = address
        date = self.fields["date_identified"].widget
        date.attrs |= asked("date_identified", ["date_identified"])

    @property
    def typed(self) -> dict[str, str]:
        """The texts that are others than those the form was opened with, by column."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    @property
    def basis(self) -> dict[str, str]:
        """The texts the form was opened with, by column."""
        return {name: str(self[name].field.to_python(self._basis(name))) for name in TYPED}

    def _basis(self, name: str) -> Any:
        hidden = self.fields[name].hidden_widget()
        return hidden.value_from_datadict(self.data, self.files, self[name].html_initial_name)

    def usual(self) -> Iterator[Shown]:
        """Yield the fields that a determination has at least."""
        for column, _colon, span in (item.partition(":") for item in USUAL.split()):
            yield Shown(self[column], int(span), BY_COLUMN[column].name)

    def filled(self) -> Iterator[Shown]:
        """Yield of the others those that hold something."""
        return (each for each in self._others() if each.field.value() or each.field.errors)

    def blank(self) -> Iterator[Shown]:
        """Yield the others that hold nothing."""
        return (each for each in self._others() if not (each.field.value() or each.field.errors))

    def _others(self) -> Iterator[Shown]:
        named = {item.partition(":")[0] for item in USUAL.split()}
        for column in TYPED:
            if column not in named:
                yield Shown(self[column], 3, BY_COLUMN[column].name)
