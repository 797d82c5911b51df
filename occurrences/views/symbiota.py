"""Coming from Symbiota: a collection brought along, and its old addresses led on."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from biocollections.models import Collection
from occurrences import imports, symbiota
from occurrences.forms_importing import MOST_BYTES, UploadForm
from occurrences.views.import_steps import begin


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring_symbiota(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Tell step by step how a collection comes over from Symbiota, and take its backup."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*given)
    if form.is_valid():
        file = form.cleaned_data["file"]
        run = imports.receive(into, request.user, file, file.name)
        begin(run, "import stage", request.user)
        return redirect(run)
    context = {
        "collection": into,
        "form": form,
        "most": MOST_BYTES,
        "brought": symbiota.brought(into, request.user),
    }
    status = 400 if form.errors else 200
    return render(request, "occurrences/import_symbiota.html", context, status=status)


@require_safe
def symbiota_record(request: HttpRequest, to: str = "occurrences:record") -> HttpResponse:
    """Lead the old address of a record on to the record, for whoever may see that.

    One that was deleted leads to where that is told; an occid of several portals to a choice.
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
    return redirect("occurrences:record", gone, permanent=True)


@require_safe
def symbiota_search(request: HttpRequest) -> HttpResponse:
    """Lead the old address of a search on to the same search here."""
    query = symbiota.search_query(request.GET)
    return redirect(reverse("occurrences:search") + query, permanent=True)
