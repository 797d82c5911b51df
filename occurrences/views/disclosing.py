"""Taking exact places away by a grant, and who did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from biocollections import granting
from biocollections.models import Collection, Grant
from journal.jobs import Refused
from occurrences import disclosing
from occurrences.forms_disclosing import PurposeForm
from occurrences.models import DownloadLog

MOST_SHOWN = 500


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exact(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Have a file made of the protected records a grant opens to this reader."""
    of = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    grants = list(Grant.objects.reading(request.user, of))
    if not grants:
        raise PermissionDenied
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(disclosing.start(request.user, of, form.cleaned_data["purpose"]))
        except Refused as refusal:
            messages.error(request, str(refusal))
    context = {
        "collection": of,
        "form": form,
        "records": disclosing.readable(request.user, of).count(),
        "grants": [(each, granting.scope_in_words(each.scope)) for each in grants],
        "logs": _logs(of).filter(user=request.user)[:MOST_SHOWN],
    }
    return render(request, "occurrences/exact.html", context)


@login_required
@require_safe
def exact_log(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Who took exact places of a collection, for those who administer it."""
    of = Collection.objects.staffed_by(request.user).filter(guid=collection).first()
    if of is None:
        get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
        raise PermissionDenied
    context = {"collection": of, "logs": _logs(of)[:MOST_SHOWN]}
    return render(request, "occurrences/exact_log.html", context)


def _logs(collection: Collection) -> Any:
    logs = DownloadLog.objects.filter(collection=collection).select_related("user", "download")
    return logs.prefetch_related("grants")
