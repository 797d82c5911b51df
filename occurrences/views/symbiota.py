"""Coming from Symbiota: a collection brought along, and its old addresses led on."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from biocollections.models import Collection
from occurrences import symbiota
from occurrences.forms_importing import MOST_BYTES, UploadForm


@login_required
@require_safe
def bring_symbiota(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Tell step by step how a collection comes over from Symbiota, and what has come."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    context = {
        "collection": into,
        "form": UploadForm(into, request.user),
        "most": MOST_BYTES,
        "brought": symbiota.brought(into, request.user),
    }
    return render(request, "occurrences/import_symbiota.html", context)


@require_safe
@cache_control(no_cache=True)
def symbiota_record(request: HttpRequest, to: str = "occurrences:record") -> HttpResponse:
    """Lead the old address of a record on to the record, for whoever may see that.

    One that was deleted leads to where that is told; an occid of several portals to a choice. No
    browser may keep the answer: after an undo and another import the number is another record's.
    """
    occid, guid = request.GET.get("occid", ""), request.GET.get("guid", "")
    found = symbiota.records(request.user, occid, guid)
    if len(found) == 1:
        return redirect(to, found[0].guid, permanent=True)
    if found:
        context = {"records": found, "occid": occid or guid}
        return render(request, "occurrences/import_symbiota_which.html", context)
    gone = symbiota.gone(request.user, occid, guid)
    if gone is None:
        raise Http404
    return redirect("occurrences:record", gone)


@require_safe
def symbiota_search(request: HttpRequest) -> HttpResponse:
    """Lead the old address of a search on to the same search here."""
    query = symbiota.search_query(request.GET)
    return redirect(reverse("occurrences:search") + query, permanent=True)
