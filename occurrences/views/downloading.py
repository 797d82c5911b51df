"""Taking a collection away as a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from occurrences import disclosing, downloads
from occurrences.models import Download


@login_required
@require_POST
def download_new(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Have the file made; the page that follows shows how far it is."""
    of = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    if not Collection.objects.managed_by(request.user).filter(pk=of.pk).exists():
        raise PermissionDenied
    form = request.POST.get("format", "")
    if form not in downloads.WRITERS:
        return render(request, "400.html", status=400)
    raw = "raw" in request.POST
    return redirect(downloads.start(of, request.user, form, raw=raw))


@login_required
@require_safe
def download(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show how far the file is, then lead to it."""
    mine = Download.objects.visible_to(request.user).select_related("collection", "job")
    shown = get_object_or_404(mine, guid=guid)
    log = getattr(shown, "log", None)
    context = {"download": shown, "file_name": downloads.file_name(shown), "log": log}
    return render(request, "occurrences/download.html", context)


@login_required
@require_safe
def download_file(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand the file to the person who had it made, and keep it out of every cache."""
    mine = Download.objects.visible_to(request.user).select_related("collection")
    ready = get_object_or_404(mine, guid=guid, finished_at__isnull=False)
    if not ready.file.name or not ready.file.storage.exists(ready.file.name):
        raise Http404
    disclosing.note_fetched(ready)
    response = FileResponse(
        ready.file.open("rb"),
        as_attachment=True,
        filename=downloads.file_name(ready),
        content_type=downloads.MEDIA_TYPES[Download.Format(ready.format)],
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
