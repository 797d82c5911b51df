"""The forms of lists of protected species and of the taxa on them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from occurrences.models import ProtectionList, ProtectionRule
from taxonomy.forms import TaxonBoundMixin, TaxonField


class KeepersField(forms.CharField):
    """People by user name, one on each line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(person.get_username() for person in value)
        return value

    def to_python(self, value: Any) -> list[Any]:  # type: ignore[override]
        names = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        return [self._person(name) for name in dict.fromkeys(filter(None, names))]

    def _person(self, name: str) -> Any:
        person = get_user_model().objects.filter(username__iexact=name, is_active=True).first()
        if person is None:
            raise ValidationError(
                _("Nobody has the user name “%(name)s”. Write one user name on each line."),
                params={"name": name},
            )
        return person


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a list is: where it holds, whose it is, and who keeps it here."""

    keepers = KeepersField(
        label=_("Kept by"),
        required=False,
        help_text=_(
            "User names, one on each line. They may add and remove taxa of this list, "
            "besides the protected species administrators."
        ),
    )

    url = forms.URLField(label=_("Web page"), required=False, max_length=500, assume_scheme="https")

    class Meta:
        model = ProtectionList
        fields = ("title", "country", "state_province", "authority", "url", "remarks")
        help_texts = {
            "country": _("Blank: the list holds in the whole portal."),
            "state_province": _("Blank: in the whole country."),
        }
        widgets = {
            "country": forms.TextInput({"list": "places-country", "autocomplete": "off"}),
            "state_province": forms.TextInput({"list": "places-state", "autocomplete": "off"}),
            "remarks": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["keepers"] = list(self.instance.keepers.order_by("username"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("state_province") and not values.get("country"):
            self.add_error("country", _("Say in which country the state or province lies."))
        return values


class RuleForm(TaxonBoundMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A taxon to protect. cleaned_data["taxon"] is the Taxon."""

    taxon = TaxonField(label=_("Taxon"), accepted_only=False)

    class Meta:
        model = ProtectionRule
        fields = ("level", "cultivated_too", "reason")
        help_texts = {"reason": _("Shown to those who may read the place.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connect_suggestions()
