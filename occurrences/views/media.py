"""Images of records: handed out to who may see them, brought in and looked after by editors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections.models import Collection
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import media as imaging
from occurrences import picturing
from occurrences.models import Media, Occurrence
from occurrences.views.entering import guid_of, plain

MOST_LETTERS = 2000
MOST_AT_ONCE = 40
MOST_AGE = 300  # seconds that a browser may show an image without asking again


@require_safe
def media_file(request: HttpRequest, guid: UUID, size: str) -> HttpResponseBase:
    """Hand out an image: what is made to be shown, or to its editors the file as it came.

    Whatever the file holds, a browser runs nothing of it.
    """
    may = Media.objects.visible_to if size != Media.Size.ORIGINAL else Media.objects.editable_by
    if size not in Media.Size.values:
        raise Http404
    medium = get_object_or_404(may(request.user), guid=guid)
    file = imaging.open_file(medium, size)
    if file is None:
        raise Http404
    original = size == Media.Size.ORIGINAL
    media_type = medium.media_type if original else picturing.SHOWN_AS
    stem = medium.file_name.rpartition(".")[0] or str(medium.guid)
    response = FileResponse(
        file,
        as_attachment=original,
        filename=stem + (picturing.ENDINGS[media_type] if original else ".webp"),
        content_type=media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={0 if original else MOST_AGE}"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def media(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a record's images to its editors, and take new ones in."""
    within = _collection_of(request, guid)
    if request.method != "POST":
        return _panel(request, guid, within)
    files = request.FILES.getlist("files")[:MOST_AT_ONCE]
    change_set = _change_set(request, within)
    refused = []
    for file in files:
        try:
            imaging.add(change_set, guid, file, {})
        except Refused as refusal:
            refused.append((file.name, str(refusal)))
    added = len(files) - len(refused)
    told = ngettext("%(n)s image added.", "%(n)s images added.", added) % {"n": added}
    if not added:
        change_set.delete()
        return _panel(request, guid, within, refused=refused, status=400)
    return _panel(request, guid, within, refused=refused, told=told, done=change_set)


@login_required
@require_POST
def media_edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Keep what is said about an image."""
    medium = _editable(request, guid)
    within = _collection_of(request, medium.record_guid)
    names = [name for name in imaging.TOLD if name in request.POST]
    texts = {name: plain(request.POST[name])[:MOST_LETTERS] for name in names}
    change_set = _change_set(request, within)
    if not imaging.tell(change_set, medium, texts):
        change_set.delete()
        return _panel(request, medium.record_guid, within, shown=medium)
    told = _("Saved what is said about the image.")
    return _panel(request, medium.record_guid, within, told=told, done=change_set, shown=medium)


@login_required
@require_POST
def media_move(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Put an image one place earlier or later among those of its record."""
    medium = _editable(request, guid)
    within = _collection_of(request, medium.record_guid)
    change_set = _change_set(request, within)
    if not imaging.move(change_set, medium, -1 if request.POST.get("to") == "earlier" else 1):
        change_set.delete()
    return _panel(request, medium.record_guid, within, shown=medium)


@login_required
@require_POST
def media_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take an image away from its record; Undo brings it back."""
    medium = _editable(request, guid)
    within = _collection_of(request, medium.record_guid)
    change_set = _change_set(request, within)
    imaging.delete(change_set, [medium])
    told = _("Image deleted.")
    return _panel(request, medium.record_guid, within, told=told, done=change_set)


def beside(request: HttpRequest, record_guid: UUID, within: Collection) -> dict[str, Any]:
    """Return what the panel with a record's images needs, wherever it stands."""
    images = list(Media.objects.editable_by(request.user).filter(record_guid=record_guid))
    return {
        "images": images,
        "waits": any(image.state == Media.State.WAITING for image in images),
        "record_guid": record_guid,
        "collection": within,
        "largest": picturing.MOST_BYTES,
    }


def _panel(
    request: HttpRequest,
    record_guid: UUID,
    within: Collection,
    *,
    done: ChangeSet | None = None,
    status: int = 200,
    **told: Any,
) -> HttpResponse:
    """Answer with the images as they stand now: the panel alone for htmx, otherwise a page."""
    context = {**beside(request, record_guid, within), "done": done, **told}
    if request.headers.get("HX-Request"):
        return render(request, "occurrences/media.html", context)  # htmx shows no other status
    if request.method == "POST" and status == 200:
        return redirect("occurrences:media", record_guid)
    context["record"] = (
        Occurrence.objects.editable_by(request.user).filter(guid=record_guid).first()
    )
    return render(request, "occurrences/media_window.html", context, status=status)


def _editable(request: HttpRequest, guid: UUID) -> Media:
    """Return an image its person may change; 403 for one that he only sees."""
    medium = Media.objects.editable_by(request.user).filter(guid=guid).first()
    if medium:
        return medium
    if Media.objects.visible_to(request.user).filter(guid=guid).exists():
        raise PermissionDenied
    raise Http404


def _collection_of(request: HttpRequest, record_guid: UUID) -> Collection:
    """Return the collection of the record; of one not saved yet, the one it is typed into."""
    own = Occurrence.objects.editable_by(request.user).select_related("collection")
    record = own.filter(guid=record_guid).first()
    if record:
        return record.collection
    if Occurrence.objects.visible_to(request.user).filter(guid=record_guid).exists():
        raise PermissionDenied
    if not imaging.is_free(record_guid):
        raise Http404
    given = guid_of(request.POST.get("collection", "") or request.GET.get("collection", ""))
    into = Collection.objects.editable_by(request.user)
    return get_object_or_404(into, guid=given, management=Collection.Management.LIVE)


def _change_set(request: HttpRequest, within: Collection) -> ChangeSet:
    with transaction.atomic():
        return ChangeSet.objects.create(
            kind=ChangeSet.Kind.EDIT, user=request.user, collection_id=within.pk
        )
