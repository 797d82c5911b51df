"""A field in which somebody names another person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from biocollections import granting


class PersonField(forms.CharField):
    """A user name or e-mail address; cleaned it is the account, or None for a blank one.

    by: who asks, to be set before anything is cleaned; how often he may look people up is counted.
    """

    def __init__(self, **given: Any) -> None:
        self.by: Any = None
        widget = forms.TextInput(
            attrs={
                "autocomplete": "off",
                "list": "people-suggested",
                "hx-get": reverse_lazy("collections:people_suggest"),
                "hx-trigger": "input changed delay:250ms",
                "hx-target": "#people-suggested",
            }
        )
        given = {"label": _("User name or e-mail"), "max_length": 254, "widget": widget, **given}
        super().__init__(**given)

    def clean(self, value: Any) -> Any:
        """Return the account of exactly this user name or address."""
        text = super().clean(value)
        if not text:
            return None
        try:
            found = granting.find_person(text, self.by)
        except granting.TooMany:
            raise ValidationError(_("Too many people looked up. Wait a minute.")) from None
        if found is None:
            raise ValidationError(_("Nobody has an account of this user name or e-mail address."))
        return found
