"""The form in which a personal profile is opened, for oneself or for somebody else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from biocollections import granting, sponsoring


class ProfileForm(forms.Form):
    """For whom (blank: oneself), called what, and whether its new records are private."""

    person = forms.CharField(
        label=_("For whom: user name or e-mail"),
        required=False,
        max_length=254,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "list": "people-suggested",
                "hx-get": reverse_lazy("collections:people_suggest"),
                "hx-trigger": "input changed delay:250ms",
                "hx-target": "#people-suggested",
            }
        ),
    )
    name = forms.CharField(label=_("Name of the profile"), required=False, max_length=150)
    private_records = forms.BooleanField(
        label=_("New records are private"),
        required=False,
        help_text=_("Only the owner and his assistants see them, until he makes them public."),
    )

    def __init__(self, by: Any, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.by = by
        sponsors = sponsoring.may_sponsor(by)
        usual = _("Field notes of …") if sponsors else sponsoring.usual_name(by)
        self.fields["name"].widget.attrs["placeholder"] = usual
        if not sponsors:
            del self.fields["person"]
        elif sponsoring.may_open(by):
            self.fields["person"].help_text = _("Blank: for yourself.")
        else:
            self.fields["person"].required = True

    def clean_person(self) -> Any:
        """Return the account; his own where nobody is named."""
        text = self.cleaned_data["person"]
        try:
            found = granting.find_person(text, self.by) if text else self.by
        except granting.TooMany:
            raise ValidationError(_("Too many people looked up. Wait a minute.")) from None
        if found is None:
            raise ValidationError(_("Nobody has an account of this user name or e-mail address."))
        return found

    @property
    def owner(self) -> Any:
        """Whose it is to be, of a valid form."""
        return self.cleaned_data.get("person") or self.by
