"""Fields by which lists are filtered: a day, and a person among those who are in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _


def day(label: Any) -> forms.DateField:
    """Return a field for a day that may be left blank."""
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


def person() -> forms.ModelChoiceField:
    """Return a field for a person; `offer_people` says whom it offers."""
    return forms.ModelChoiceField(
        label=_("Person"),
        required=False,
        queryset=get_user_model().objects.none(),
        empty_label=_("everybody"),
    )


def offer_people(form: forms.Form, name: str, people: Any) -> None:
    """Let the field of this name offer these users, by their user names."""
    form.fields[name].queryset = people.order_by("username")  # type: ignore[attr-defined]
