"""Which offers and transfers to list, and which profiles to merge."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from biocollections.models import Collection
from biocollections.sponsoring import profile_of
from journal.models import ChangeSet
from occurrences import overseeing
from occurrences.forms_filters import day
from occurrences.models import Offer

STATES = [choice for choice in Offer.State.choices if choice[0] != Offer.State.PREPARING]


class OverseeForm(forms.Form):
    """Filters of the list; what is left blank asks for nothing."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("Offers")), ("transfers", _("Transfers carried out"))],
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("all")), *STATES])
    how = forms.ChoiceField(
        label=_("How"), required=False, choices=[("", _("all")), *Offer.How.choices]
    )
    collection = forms.CharField(label=_("Collection code"), required=False, max_length=100)
    person = forms.CharField(label=_("User name or e-mail"), required=False, max_length=254)
    since = day(_("From"))
    until = day(_("To"))

    @property
    def is_transfers(self) -> bool:
        self.is_valid()
        return bool(self.cleaned_data.get("show"))

    def offers(self) -> QuerySet[Offer]:
        """Return the offers that fit."""
        given = self._given("sending__made_at")
        wanted = Q(**{name: given[name] for name in ("state", "how") if name in given})
        wanted &= overseeing.of_collection(given["collection"]) if "collection" in given else Q()
        wanted &= overseeing.of_person(given["person"]) if "person" in given else Q()
        return overseeing.offers().filter(wanted, **given["days"])

    def transfers(self) -> QuerySet[ChangeSet]:
        """Return the transfers that fit; by the collection that received them."""
        given = self._given("made_at")
        found = overseeing.transfers().filter(**given["days"])
        if "collection" in given:
            within = Collection.objects.filter(code__iexact=given["collection"])
            found = found.filter(collection_id__in=list(within.values_list("pk", flat=True)))
        if "person" in given:
            words = given["person"]
            found = found.filter(Q(user__username__iexact=words) | Q(user__email__iexact=words))
        return found

    def _given(self, moment: str) -> dict[str, Any]:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        sides = {"since": f"{moment}__date__gte", "until": f"{moment}__date__lte"}
        days = {sides[name]: given.pop(name) for name in sides if name in given}
        return {**given, "days": days}


class MergeForm(forms.Form):
    """Whose profile goes into whose, each by profile code, user name or e-mail address."""

    source = forms.CharField(label=_("The duplicate"), max_length=254)
    target = forms.CharField(label=_("The one that stays"), max_length=254)

    def clean_source(self) -> Collection:
        return _profile(self.cleaned_data["source"])

    def clean_target(self) -> Collection:
        return _profile(self.cleaned_data["target"])

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if told.get("source") and told.get("source") == told.get("target"):
            raise forms.ValidationError(_("These are the same profile."))
        return told


def _profile(text: str) -> Collection:
    """Return the personal profile of this code, or of this person. Raises ValidationError."""
    personal = Collection.objects.filter(type=Collection.Type.PERSONAL)
    found = personal.filter(code__iexact=text.strip()).first()
    if found is None:
        named = Q(username__iexact=text.strip()) | Q(email__iexact=text.strip())
        person = User.objects.filter(named).first()
        found = profile_of(person) if person else None
    if found is None:
        told = _("No personal profile has this code, or belongs to such a person.")
        raise forms.ValidationError(told)
    return found
