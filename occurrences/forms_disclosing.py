"""The form in which somebody says what he takes exact places for."""

from django import forms
from django.utils.translation import gettext_lazy


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The collection's administrators read it."),
    )
