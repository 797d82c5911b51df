"""From a pasted list of catalogue numbers to a batch."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from biocollections.models import Collection
from occurrences.by_numbers import MOST, guids_of, look_up
from occurrences.models import Occurrence

MOST_LETTERS = 500_000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def by_numbers(request: HttpRequest) -> HttpResponse:
    """Take a list of numbers, say which records are found, and lead on to what is done to them."""
    asked = request.POST if request.method == "POST" else request.GET
    mine = Collection.objects.editable_by(request.user).order_by("name")
    within = mine.filter(code=asked.get("within", "")).first()
    text = request.POST.get("numbers", "").replace("\0", "")[:MOST_LETTERS]
    context: dict[str, Any] = {
        "collections": mine,
        "within": within,
        "text": text,
        "most": MOST,
        "asked": request.method == "POST",
    }
    if text.strip():
        own = Occurrence.objects.editable_by(request.user)
        listed = look_up(own.filter(collection=within) if within else own, text)
        context |= {"listed": listed, "guids": guids_of(record for _number, record in listed.found)}
    return render(request, "occurrences/by_numbers.html", context)
