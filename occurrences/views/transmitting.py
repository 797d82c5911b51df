"""The transmittal of an offer: its page where it takes long, the PDF, the CSV."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from occurrences import transmitting
from occurrences.models import Offer


def _offer(request: HttpRequest, guid: UUID) -> Offer:
    offers = Offer.objects.visible_to(request.user).select_related(
        "sending__collection__institution", "sending__user", "collection__institution"
    )
    return get_object_or_404(offers, guid=guid)


@login_required
def transmittal_page(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show how far a long packing list is, then lead to it; POST has it made anew."""
    offer = _offer(request, guid)
    if request.method == "POST":
        transmitting.start(offer, request.user)
        return redirect("occurrences:transmittal_page", offer.guid)
    made = transmitting.of(offer, request.user)
    context = {
        "offer": offer,
        "number": transmitting.offered(offer).count(),
        "made": made,
        "is_long": transmitting.is_long(offer),
        "is_ready": transmitting.is_ready(made),
    }
    return render(request, "occurrences/transmittal.html", context)


@login_required
@require_safe
def transmittal(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand out the PDF; the way to a long one leads over its page."""
    offer = _offer(request, guid)
    if not transmitting.is_long(offer):
        pdf = transmitting.transmittal_pdf(offer, request.user)
        return _private(HttpResponse(pdf, content_type="application/pdf"), offer, "pdf")
    made = transmitting.of(offer, request.user)
    if not made or not transmitting.is_ready(made):
        return redirect("occurrences:transmittal_page", offer.guid)
    file = FileResponse(made.file.open("rb"), content_type="application/pdf")
    return _private(file, offer, "pdf")


@login_required
@require_safe
def transmittal_csv(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand out the packing list as a table."""
    offer = _offer(request, guid)
    lines = transmitting.table(offer, request.user)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    return _private(response, offer, "csv")


def _private(response: Any, offer: Offer, ending: str) -> Any:
    """Name the file, and keep it out of every cache."""
    place = "attachment" if ending == "csv" else "inline"
    response["Content-Disposition"] = f'{place}; filename="transmittal_{offer.guid}.{ending}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
