"""The forms by which exact places are asked for, and the request is answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections import granting, requesting
from biocollections.forms_granting import LimitsField, LimitsForm
from biocollections.models import AccessRequest, Collection


def _day(label: Any, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


class AskForm(forms.ModelForm):  # type: ignore[type-arg]
    """What somebody asks for, of which collections, until when."""

    taxa = LimitsField(gettext_lazy("Taxa"))
    countries = LimitsField(gettext_lazy("Countries"))
    states = LimitsField(gettext_lazy("States or provinces"))
    collections = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Collections"),
        queryset=Collection.objects.none(),
        to_field_name="guid",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices columns"}),
    )
    since = _day(gettext_lazy("From"), required=False, help_text=gettext_lazy("Blank: at once."))
    until = _day(gettext_lazy("Until"))
    attached = forms.FileField(
        label=gettext_lazy("Permit or proposal"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "PDF, PNG or JPEG, at most 10 MB. Those who decide read it, and nobody else."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    agreed = forms.BooleanField(
        label=gettext_lazy(
            "I keep exact places to myself, publish them no finer than a tenth of a degree, "
            "and delete them when the access ends."
        )
    )

    class Meta:
        model = AccessRequest
        fields = ("project", "purpose", "since", "until")
        widgets = {"purpose": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, by: Any, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        readable = Collection.objects.places_readable_by(by).values("pk")
        choices = Collection.objects.visible_to(by).exclude(pk__in=readable)
        self.fields["collections"].queryset = choices  # type: ignore[attr-defined]

    def clean_attached(self) -> Any:
        file = self.cleaned_data["attached"]
        if file and file.size > requesting.LARGEST_FILE:
            raise ValidationError(_("The file is larger than 10 MB."))
        if file:
            requesting.type_of(file)
        return file

    def clean_until(self) -> Any:
        if self.cleaned_data["until"] < timezone.localdate():
            raise ValidationError(_("This day is over."))
        return self.cleaned_data["until"]

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or {})}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before it starts."))
        try:
            self.instance.scope = granting.tidy({p: given.get(p, []) for p in granting.SCOPES})
        except ValidationError as error:
            self.add_error(None, error)
        return given


class DecideForm(LimitsForm):
    """Within which limits until when, and what the person is told."""

    field_order = ["reason", "until", *granting.SCOPES]

    def __init__(self, asked: AccessRequest, data: Any = None) -> None:
        super().__init__(data, initial={"until": asked.until, **_in_names(asked.scope)})
        reason = self.fields["reason"]
        reason.label, reason.help_text = _("Answer or question"), _("The person reads it.")
        reason.widget = forms.Textarea(attrs={"rows": 3, "maxlength": 1000})
        self.fields["until"].help_text = ""

    def needs_end(self) -> bool:
        """Tell whether it names the last day, as granting must; if not, say so at the field."""
        if self.cleaned_data["until"]:
            return True
        self.add_error("until", _("Say until when: access to exact places always ends."))
        return False


def _in_names(scope: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return limits as somebody types them: countries by name, states by their sure codes."""
    known = granting.places.current().by_code
    countries = [known[code].name if code in known else code for code in scope.get("countries", [])]
    return {**scope, "countries": countries}


class SayForm(forms.Form):
    """The person's answer to a question."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
