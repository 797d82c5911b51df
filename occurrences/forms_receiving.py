"""What the receiver of an offer types: what the records become, why he declines, what he asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from occurrences.forms_panels import CHOICES
from occurrences.sheets import OBSERVED


class AcceptForm(forms.Form):
    """What is accepted records become. images: how many are observations by image alone."""

    basis_of_record = forms.ChoiceField(label=_("Basis of record"), required=False)
    images_too = forms.BooleanField(required=False)

    def __init__(self, collection: Collection, images: int, data: Any = None) -> None:
        usual = collection.basis_of_record
        # Who observes may collect as well: a specimen that comes to him stays one.
        rules = usual not in OBSERVED
        super().__init__(data, initial={"basis_of_record": usual if rules else ""})
        words = dict(CHOICES.get("basis_of_record", ()))
        rule = _("%(basis)s, as everything here") % {"basis": words.get(usual, usual)}
        choices = [("", _("as each record says now")), (usual, rule)]
        self.fields["basis_of_record"].choices = choices  # type: ignore[attr-defined]
        self.fields["images_too"].label = _(
            "Also what was observed by image alone (%(number)s): I have a specimen of each"
        ) % {"number": images}
        if not images:
            del self.fields["images_too"]


class ReasonForm(forms.Form):
    """Why records are declined; it stands in one form with other answers that need no reason."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class SayForm(forms.Form):
    text = forms.CharField(
        label=_("Message"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
