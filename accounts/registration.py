"""What registering asks for besides user name, e-mail and password.

Apart from the other forms because allauth's own are built upon it.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import orcid


class Registration(forms.Form):
    """Names, and who one is elsewhere."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    orcid = forms.CharField(
        label=_("ORCID"), required=False, max_length=40, help_text="0000-0002-1825-0097"
    )
    institution = forms.CharField(
        label=_("Institution"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def clean_orcid(self) -> str:
        return orcid.tidy(self.cleaned_data["orcid"])

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Keep what allauth doesn't know of."""
        user.orcid = self.cleaned_data["orcid"]
        user.institution = self.cleaned_data["institution"]
        user.save(update_fields=["orcid", "institution"])
