"""The forms by which somebody asks to join, and is answered."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.forms import LinksField
from biocollections.models import COLLECTION_ROLES, Collection, JoinRequest

KINDS = [choice for choice in Collection.Type.choices if choice[0] != Collection.Type.PERSONAL]
_CODE = re.compile(r"[A-Za-z0-9.:]+(-[A-Za-z0-9.:_-]+)?")


class BringForm(forms.ModelForm):  # type: ignore[type-arg]
    """A collection that somebody would bring."""

    type = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS)

    class Meta:
        model = JoinRequest
        fields = ("name", "institution", "size", "type", "management", "contact", "message")
        labels = {"message": gettext_lazy("What else should we know?")}
        widgets = {"message": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "size": gettext_lazy("About how many specimens, and how many of them in a database"),
            "management": gettext_lazy(
                "Live: you edit the records here. Snapshot: you edit elsewhere and send copies."
            ),
            "contact": gettext_lazy("Name and e-mail of whoever answers for the collection"),
        }

    def __init__(self, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        for name in ("name", "institution", "size", "contact"):
            self.fields[name].required = True


class JoinForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody would work in a collection."""

    role = forms.ChoiceField(
        label=gettext_lazy("As"), choices=[(role.value, role.label) for role in COLLECTION_ROLES]
    )

    class Meta:
        model = JoinRequest
        fields = ("role", "message")
        labels = {"message": gettext_lazy("Who are you, and what would you do?")}
        widgets = {"message": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        self.fields["message"].required = True


class AnswerForm(forms.Form):
    """Yes or no, and why."""

    answer = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person reads it."),
    )
    code = forms.CharField(
        label=gettext_lazy("Make the collection now, with the code"),
        required=False,
        max_length=92,
        help_text=gettext_lazy(
            "Institution Code, or that and the Collection Code: ARIZ-Fungi. "
            "The person becomes its administrator. Blank: it is made later."
        ),
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].strip()
        if code and not _CODE.fullmatch(code):
            raise ValidationError(_("A code looks like ARIZ or ARIZ-Fungi."))
        return code


class TextForm(forms.Form):
    """What the portal says of itself."""

    about = forms.CharField(
        label=gettext_lazy("What this portal covers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy(
            "Plain text or simple HTML: p, h2, h3, ul, ol, li, a, b, i. Anything else is left out."
        ),
    )
    siblings = LinksField(
        label=gettext_lazy("Sibling portals"),
        required=False,
        max_length=10_000,
        help_text=gettext_lazy("One on each line: Title | https://example.org/"),
    )
