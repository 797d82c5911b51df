"""The Determination History of one record: correcting, deleting, the current one, its label."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from occurrences import determining
from occurrences.forms_determination import DeterminationForm
from occurrences.models import Identification, Occurrence, QueuedAnnotation
from occurrences.views.entering import with_undo


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def determination(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Correct one determination; where it is the current one, the record says so too."""
    row = _own(request, guid)
    texts = determining.texts_of(row)
    form = DeterminationForm(request.POST or None, texts, row.occurrence.collection)
    if request.method == "POST" and form.is_valid():
        done = determining.correct(request.user, row, form.basis, form.typed)
        if not done.problems:
            told = _("Saved.") if done.change_set else _("Nothing to save: it says this already.")
            messages.success(request, with_undo(request, told, done.change_set))
            return _back(request, row.occurrence)
        form = _asked_again(request, form, row, done)
    context = {"form": form, "determination": row, "record": row.occurrence, "then": _then(request)}
    return render(request, "occurrences/determination.html", context)


def _asked_again(
    request: HttpRequest, form: DeterminationForm, row: Identification, done: determining.Corrected
) -> DeterminationForm:
    """Return the form with its problems, on what the determination says by now."""
    data = request.POST.copy()
    for name in form.fields:
        data[f"initial-{name}"] = done.now.get(name, "")
        if name not in form.typed:
            data[name] = done.now.get(name, "")
    fresh = DeterminationForm(data, done.now, row.occurrence.collection)
    for name, problem in done.problems.items():
        fresh.add_error(name if name in fresh.fields else None, problem)
    return fresh


@login_required
@require_POST
def determination_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Delete a determination; another one becomes current if it was."""
    row = _own(request, guid)
    done, current = determining.remove(request.user, row)
    told = _("The determination is deleted; the record has no other.")
    if current:
        name = current["scientific_name"] or "–"
        told = _("The determination is deleted. Current: %(name)s.") % {"name": name}
    messages.success(request, with_undo(request, told, done))
    return _back(request, row.occurrence)


@login_required
@require_POST
def determination_current(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make a determination the current one: the record says then what it says."""
    row = _own(request, guid)
    done = determining.make_current(request.user, row)
    if done:
        messages.success(request, with_undo(request, _("This is the current one now."), done))
    return _back(request, row.occurrence)


@login_required
@require_POST
def determination_queue(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Put a determination into the annotation print queue, where it waits once."""
    row = _own(request, guid)
    waiting = QueuedAnnotation(identification=row.guid, user=request.user)  # type: ignore[misc]
    QueuedAnnotation.objects.bulk_create([waiting], ignore_conflicts=True)
    messages.success(request, _("Its annotation label waits in the print queue."))
    return _back(request, row.occurrence)


def _own(request: HttpRequest, guid: UUID) -> Identification:
    """Return a determination of a record that this person edits, or answer 404."""
    records = Occurrence.objects.editable_by(request.user)
    record = get_object_or_404(records, identifications__guid=guid)
    found = record.identifications.select_related("occurrence__collection")
    row = found.filter(guid=guid).first()
    if row is None:  # deleted between the two questions
        raise Http404
    return row


def _then(request: HttpRequest) -> str:
    """Return "edit" for one who came from the editor and goes back there, else ""."""
    return "edit" if "edit" in (request.GET.get("then"), request.POST.get("then")) else ""


def _back(request: HttpRequest, record: Occurrence) -> HttpResponse:
    to = "occurrences:edit" if _then(request) else "occurrences:record"
    return redirect(to, record.guid)
