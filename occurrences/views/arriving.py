"""The receiving page for a pile of sheets, for one offer and for all of a collection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journal.jobs import Refused
from occurrences import arriving
from occurrences.models import Offer, OfferedRecord
from occurrences.views.suggestions import own_collection

MISSING_SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def receiving(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Receive the sheets of one offer."""
    mine = arriving.receivable_by(request.user).filter(guid=guid)
    offer = get_object_or_404(mine.select_related("collection", "sending__collection"))
    return _receiving(request, mine, {"collection": offer.collection, "offer": offer})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def receiving_of(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Receive the sheets of all offers to a collection."""
    within = own_collection(request, collection)
    mine = arriving.receivable_by(request.user).filter(collection=within)
    return _receiving(request, mine, {"collection": within, "offer": None})


def _receiving(
    request: HttpRequest, offers: QuerySet[Offer], context: dict[str, Any]
) -> HttpResponse:
    """Answer a scan: with its line alone for the script (?line), else with the whole page."""
    if request.method == "POST":
        told = [request.POST.get(name, "")[:300] for name in ("barcode", "number", "chosen")]
        told = [text.replace("\0", "") for text in told]
        context |= {"answer": arriving.scan(request.user, offers, *told)}
        context |= {"barcode": told[0], "number": told[1]}
    context["tally"] = arriving.tally(offers)
    if "line" in request.GET:
        return render(request, "occurrences/arriving_line.html", context)
    after = request.GET.get("after", "")
    start = int(after[:18]) if after.isascii() and after.isdigit() else 0
    found = arriving.missing(request.user, offers, start, MISSING_SHOWN + 1)
    more = len(found) > MISSING_SHOWN
    context |= {
        "latest": arriving.latest(request.user, offers),
        "missing": found[:MISSING_SHOWN],
        "next_url": f"?after={found[MISSING_SHOWN - 1].row.pk}#missing" if more else "",
    }
    return render(request, "occurrences/arriving.html", context)


@login_required
@require_POST
def receiving_undo(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take a tick back, with the number that it gave."""
    offer = get_object_or_404(arriving.receivable_by(request.user), guid=guid)
    row = get_object_or_404(OfferedRecord, offer=offer, record_guid=_guid(request))
    try:
        undone = arriving.take_back(request.user, row)
    except Refused as refusal:
        if "line" in request.GET:
            return HttpResponse(str(refusal), status=409)
        messages.error(request, str(refusal))
    else:
        if undone and "line" not in request.GET:
            messages.success(request, _("The tick is taken back."))
    if "line" in request.GET:
        offers = arriving.receivable_by(request.user)
        whole = offers.filter(collection=offer.collection) if "all" in request.POST else offers
        within = whole if "all" in request.POST else offers.filter(pk=offer.pk)
        context = {"tally": arriving.tally(within), "undone": row, "offer": offer}
        return render(request, "occurrences/arriving_line.html", context)
    if "all" in request.POST and offer.collection:
        return redirect(reverse("occurrences:receiving_of", args=[offer.collection.guid]))
    return redirect("occurrences:receiving", guid)


def _guid(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("record", ""))
    except ValueError:
        return None
