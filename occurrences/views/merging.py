"""Merging two records of one collection, side by side."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from journal.jobs import Refused
from occurrences import merging
from occurrences.history import label_of, title_of
from occurrences.merging import Choice
from occurrences.models import Occurrence
from occurrences.readers import exact_values
from occurrences.views.entering import guid_of, with_undo

# Of what is chosen together.
LABELS = {
    "scientific_name": gettext_lazy("Determination"),
    "decimal_latitude": gettext_lazy("Georeference"),
    "event_date": gettext_lazy("Date"),
    "minimum_elevation_in_meters": gettext_lazy("Elevation"),
    "minimum_depth_in_meters": gettext_lazy("Depth"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """Show two records side by side, ?one=GUID&other=GUID, with a choice for each field."""
    one, other = _both(request)
    exact = exact_values(one), exact_values(other)
    found = merging.choices(*exact)
    if request.method == "POST":
        return _merge(request, one, other, found)
    numbers = {record.catalog_number for record in (one, other)} - {None, ""}
    older = "one" if one.pk < other.pk else "other"
    context = {
        "one": one,
        "other": other,
        "titles": [title_of(one), title_of(other)],
        "older": older,
        "are_two_sheets": len(numbers) > 1,
        "choices": [(each, _label(each), _usual(each, older)) for each in found],
        "alike": not found,
        "securities_differ": len({merging.security_of(values) for values in exact}) > 1,
    }
    return render(request, "occurrences/merge.html", context)


def _both(request: HttpRequest) -> tuple[Occurrence, Occurrence]:
    """Return the two records, both in one collection where this person may delete; else 404."""
    guids = [guid_of(request.GET.get(name, "")) for name in ("one", "other")]
    own = Occurrence.objects.deletable_by(request.user).filter(guid__in=filter(None, guids))
    rows = own.select_related("collection").defer("search_vector")
    found = {row.guid: row for row in rows}
    one, other = (found.get(guid) if guid else None for guid in guids)
    if not one or not other or one == other or one.collection_id != other.collection_id:
        raise Http404
    return one, other


def _label(choice: Choice) -> str:
    return str(LABELS.get(choice.name) or label_of(choice.name))


def _usual(choice: Choice, older: str) -> str:
    """Return the side that is taken unless somebody decides: the survivor, if it says something."""
    if not (choice.one and choice.other):
        return "one" if choice.one else "other"
    return older


def _merge(
    request: HttpRequest, one: Occurrence, other: Occurrence, found: list[Choice]
) -> HttpResponse:
    keeps = "other" if request.POST.get("keep") == "other" else "one"
    kept, gone = (one, other) if keeps == "one" else (other, one)
    sides: dict[str, Any] = {each.name: request.POST.get(f"side-{each.name}") for each in found}
    from_gone = [name for name, side in sides.items() if side in ("one", "other") and side != keeps]
    try:
        done = merging.merge(request.user, kept, gone, from_gone)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("occurrences:record", one.guid)
    told = _("Merged. The other record's address leads here now.")
    messages.success(request, with_undo(request, told, done))
    return redirect("occurrences:record", kept.guid)
