"""What the editor's map shows around a point."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from biocollections.models import Collection
from occurrences import mapping_point
from occurrences.views.entering import guid_of


@login_required
@require_safe
def near(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Return the points of the collection's other records within a box, for an editor of it.

    ?south=&west=&north=&east= in degrees; ?record= names the record that is left out.
    """
    own = get_object_or_404(Collection.objects.editable_by(request.user), guid=collection)
    try:
        sides = [Decimal(request.GET.get(side, "")) for side in mapping_point.SIDES]
    except InvalidOperation:
        return HttpResponse(status=400)
    if not all(side.is_finite() for side in sides):
        return HttpResponse(status=400)
    but = guid_of(request.GET.get("record", ""))
    points = mapping_point.near(request.user, own, mapping_point.Box(*sides), but)
    return JsonResponse({"points": [point._asdict() for point in points]})
