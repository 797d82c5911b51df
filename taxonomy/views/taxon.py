"""A taxon's profile, its history, and the address of one that is gone."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from journal.models import Change
from taxonomy import explorer as tree
from taxonomy import history as told
from taxonomy.models import Taxon
from taxonomy.thesaurus import KIND

MOST = 200  # children and synonyms on a profile


@require_safe
def taxon(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Tell what a name is: accepted or not, where it stands, what is below it, its records."""
    everything = Taxon.objects.select_related("accepted", "merged_into", "current", "parent")
    found = everything.filter(guid=guid).first()
    if found is None:
        return _gone(request, guid)
    if found.merged_into and "stay" not in request.GET:
        return redirect(f"{found.merged_into.get_absolute_url()}?from={found.guid}")
    children = tree.below(found) if found.is_accepted else []
    names = list(found.vernacular_names.order_by("language", "position", "name"))
    context = {
        "taxon": found,
        "came_from": _came_from(request, found),
        "classification": tree.classification(found),
        "vernaculars": [(code, list(each)) for code, each in groupby(names, lambda n: n.language)],
        "children": children[:MOST],
        "synonyms": list(found.synonyms.live().order_by("scientific_name")[:MOST]),
        "merged": list(found.merged.all()[:MOST]),
        "taxa": [found, *(branch.taxon for branch in children[:MOST])],
    }
    return render(request, "taxonomy/taxon.html", context)


@login_required
@permission_required("taxonomy.change_taxon", raise_exception=True)
@require_safe
def history(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Tell who did what to a taxon, and offer to take it back; also of one that is gone."""
    found = Taxon.objects.filter(guid=guid).first()
    entries = told.of_taxon(guid)
    if found is None and not entries:
        raise Http404
    context = {
        "taxon": found,
        "title": told.titles([guid]).get(guid, str(guid)),
        "entries": entries,
    }
    return render(request, "taxonomy/history.html", context)


def _came_from(request: HttpRequest, taxon: Taxon) -> Taxon | None:
    """Return the name that led here: a synonym or what was merged into this one."""
    try:
        guid = UUID(request.GET.get("from", ""))
    except ValueError:
        return None
    names = Taxon.objects.filter(guid=guid)
    return (names.filter(merged_into=taxon) or names.filter(accepted=taxon)).first()


def _gone(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Answer for a taxon that was deleted: 410, or 404 if there never was one."""
    changes = Change.objects.filter(
        row_guid=guid, kind=KIND, after__isnull=True, before__isnull=False
    )
    last = get_object_or_404(changes.order_by("-pk").select_related("change_set")[:1])
    context = {"title": told.titles([guid])[guid], "guid": guid, "at": last.change_set.made_at}
    return render(request, "taxonomy/gone.html", context, status=410)
