"""The gazetteer: what places are called, offered while somebody types; files of more of them."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from biocollections import place_files, places
from biocollections.models import Place, PlaceFile
from journal import jobs

MOST_SHOWN = 20


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Offer countries, states or counties whose name begins so, within what is typed already."""
    asked = {name: str(text).replace("\0", "") for name, text in request.GET.items()}
    kind = asked.get("kind", "")
    if kind not in places.KINDS:
        raise BadRequest
    country, state = asked.get("country", ""), asked.get("state") or asked.get("state_province", "")
    within = {"country": (), "state_province": (country,), "county": (country, state)}[kind]
    text = asked.get("state" if kind == places.STATE and "state" in asked else kind, "")
    context = {"text": text, "names": places.suggest(kind, text, *within)}
    return render(request, "collections/places_suggested.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def gazetteer(request: HttpRequest) -> HttpResponse:
    """Load files of places, see what became of them, and try what a name means; portal admins."""
    if not request.user.has_perm("collections.change_place"):
        raise PermissionDenied
    form = PlaceFileForm(request.POST, request.FILES) if request.method == "POST" else None
    if form and form.is_valid():
        given = form.cleaned_data["file"]
        kept = place_files.receive(given, given.name, request.user)
        kept.job = jobs.start("places load", kept.guid, request.user)
        kept.save(update_fields=["job"])
        return redirect("collections:places")
    asked = LookUpForm(request.GET)
    asked.is_valid()
    texts = [str(asked.cleaned_data.get(kind, "")) for kind in places.KINDS]
    match = places.find(*texts) if any(texts) else None
    context = {
        "form": form or PlaceFileForm(),
        "files": PlaceFile.objects.select_related("user", "job", "change_set")[:MOST_SHOWN],
        "asked": asked,
        "match": match,
        "choices": [
            (Place.Kind(kind).label, found)
            for kind, found in (match.choices if match else {}).items()
        ],
        "counts": [
            (Place.Kind(kind).label, Place.objects.filter(kind=kind).count())
            for kind in places.KINDS
        ],
    }
    return render(request, "collections/places.html", context)


class PlaceFileForm(forms.Form):
    """A file of places to load."""

    file = forms.FileField(label=gettext_lazy("File"))


class LookUpForm(forms.Form):
    """What a place is called, to see which one it is."""

    country = forms.CharField(label=gettext_lazy("Country"), required=False, max_length=200)
    state_province = forms.CharField(
        label=gettext_lazy("State/Province"), required=False, max_length=200
    )
    county = forms.CharField(label=gettext_lazy("County"), required=False, max_length=200)
