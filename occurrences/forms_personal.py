"""The form in which a personal profile is opened, for oneself or for somebody else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from biocollections import sponsoring
from biocollections.forms_people import PersonField


class ProfileForm(forms.Form):
    """For whom (blank: oneself), called what, and whether its new records are private."""

    person = PersonField(label=_("For whom: user name or e-mail"), required=False)
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
            return
        self.fields["person"].by = by  # type: ignore[attr-defined]
        if sponsoring.may_open(by):
            self.fields["person"].help_text = _("Blank: for yourself.")
        else:
            self.fields["person"].required = True

    @property
    def owner(self) -> Any:
        """Whose it is to be, of a valid form."""
        return self.cleaned_data.get("person") or self.by
