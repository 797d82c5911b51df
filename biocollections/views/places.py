"""The gazetteer: what places are called, offered while somebody types; files of more of them."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from biocollections import places


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Offer countries, states or counties whose name begins so, within what is typed already."""
    asked = {name: text.replace("\0", "") for name, text in request.GET.items()}
    kind = asked.get("kind", "")
    if kind not in places.KINDS:
        raise BadRequest
    country, state = asked.get("country", ""), asked.get("state") or asked.get("state_province", "")
    within = {"country": (), "state_province": (country,), "county": (country, state)}[kind]
    text = asked.get("state" if kind == places.STATE and "state" in asked else kind, "")
    context = {"text": text, "names": places.suggest(kind, text, *within)}
    return render(request, "collections/places_suggested.html", context)
