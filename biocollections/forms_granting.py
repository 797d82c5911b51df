"""The forms in which roles are given and changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from biocollections import granting
from biocollections.forms_people import PersonField
from biocollections.granting import Scope
from biocollections.models import SCOPED_ROLES, Collection, Grant, Role


class LimitsField(forms.CharField):
    """Names set apart by semicolons, as a list."""

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, required=False, max_length=2000)

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [name for part in (value or "").split(";") if (name := part.strip())]


class LimitsForm(forms.Form):
    """Until when a grant holds, and what it is limited to."""

    until = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Blank: without an end."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000)
    taxa = LimitsField(_("Only these taxa"))
    countries = LimitsField(_("Only these countries"))
    states = LimitsField(_("Only these states or provinces"))

    @property
    def scope(self) -> Scope:
        """What a valid form limits the grant to."""
        return {part: self.cleaned_data[part] for part in granting.SCOPES}

    def refuse(self, error: ValidationError) -> None:
        """Show why a grant was refused, at its field where there is one."""
        for name, errors in getattr(error, "error_dict", {None: error}).items():
            self.add_error(name if name in self.fields else None, errors)


class ChangeGrantForm(LimitsForm):
    """A grant's end and limits, to change."""

    field_order = ["until", "reason", *granting.SCOPES]

    def __init__(self, grant: Grant, data: Any = None) -> None:
        super().__init__(data, initial={"until": grant.last_day, **grant.scope})
        self.fields["reason"].required = False
        self.fields["reason"].label = _("Reason for the change")
        if grant.role not in SCOPED_ROLES:
            for part in granting.SCOPES:
                del self.fields[part]

    @property
    def scope(self) -> Scope:
        return {part: self.cleaned_data.get(part, []) for part in granting.SCOPES}


class GrantForm(LimitsForm):
    """A role for a person, in the given collection or (None) portal-wide."""

    person = PersonField()
    role = forms.ChoiceField(label=_("Role"))

    field_order = ["person", "role", "until", "reason", *granting.SCOPES]

    def __init__(self, by: Any, collection: Collection | None, data: Any = None) -> None:
        super().__init__(data)
        self.fields["person"].by = by  # type: ignore[attr-defined]
        roles = granting.roles_in(collection, by)
        choices = [("", ""), *((role.value, role.label) for role in roles)]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class PersonGrantForm(LimitsForm):
    """A role for the person whose page this is, portal-wide or in any collection."""

    collection = forms.ModelChoiceField(
        label=_("Where"),
        required=False,
        queryset=Collection.objects.none(),
        empty_label=_("The whole portal"),
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", ""), *Role.choices])

    field_order = ["collection", "role", "until", "reason", *granting.SCOPES]

    def __init__(self, by: Any, data: Any = None) -> None:
        super().__init__(data)
        staffed = Collection.objects.staffed_by(by)
        self.fields["collection"].queryset = staffed  # type: ignore[attr-defined]
