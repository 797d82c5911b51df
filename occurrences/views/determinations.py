"""The Determination History of one record: which one is current, and whose label is printed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from occurrences import batch_determining
from occurrences.models import Identification, Occurrence, QueuedAnnotation
from occurrences.views.entering import with_undo


@login_required
@require_POST
def determination_current(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make a determination the current one: the record says then what it says."""
    row = _own(request, guid)
    done = batch_determining.make_current(request.user, row)
    if done:
        messages.success(request, with_undo(request, _("This is the current one now."), done))
    return redirect("occurrences:record", row.occurrence.guid)


@login_required
@require_POST
def determination_queue(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Put a determination into the annotation print queue, where it waits once."""
    row = _own(request, guid)
    waiting = QueuedAnnotation(identification=row.guid, user=request.user)  # type: ignore[misc]
    QueuedAnnotation.objects.bulk_create([waiting], ignore_conflicts=True)
    messages.success(request, _("Its annotation label waits in the print queue."))
    return redirect("occurrences:record", row.occurrence.guid)


def _own(request: HttpRequest, guid: UUID) -> Identification:
    """Return a determination of a record that this person edits, or answer 404."""
    records = Occurrence.objects.editable_by(request.user)
    record = get_object_or_404(records, identifications__guid=guid)
    return record.identifications.select_related("occurrence").get(guid=guid)
