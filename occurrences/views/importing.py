"""A file on its way into a collection: history, review, apply, receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import noticing
from biocollections.models import Collection
from journal import jobs
from journal.models import ChangeSet, Job
from journal.undo import cut_off, is_undone
from occurrences import copying, differing, reviewing
from occurrences import imports as importing
from occurrences.forms_importing import ReadingForm
from occurrences.forms_reviewing import ImportsForm, ReviewerForm
from occurrences.models import ImportRun
from occurrences.settling import Rule
from occurrences.views.import_steps import (
    STEPS,
    begin,
    is_working,
    last_job,
    may_manage,
    run_is_undone,
    run_of,
    stopped,
)

PAGE = 50
State = ImportRun.State


@login_required
@require_safe
def imports(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List what was brought into a collection, the latest first."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    runs = ImportRun.objects.managed_by(request.user).filter(collection=into)
    form = ImportsForm(request.GET, runs)
    chosen = form.chosen(runs)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        chosen = chosen.filter(pk__lt=int(before[:18]))
    found = list(chosen.select_related("user", "change_set", "reviewer")[: PAGE + 1])
    query = request.GET.copy()
    query["before"] = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    context = {
        "collection": into,
        "form": form,
        "is_filtered": any(form.cleaned_data.values()),
        "runs": [(run, run_is_undone(run)) for run in found[:PAGE]],
        "next_url": f"?{query.urlencode()}" if len(found) > PAGE else "",
    }
    return render(request, "occurrences/imports.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def import_run(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show the step an import is at. A POST has a file read again whose reading was cut off."""
    if request.method == "POST":
        run = run_of(request, guid)
        if run.state == State.UPLOADED and may_manage(request, run):
            begin(run, "import stage", request.user)
        return redirect(run)
    job = last_job(guid)
    run = run_of(request, guid)
    noticing.seen(request.user, run.get_absolute_url())
    if job and not job.is_finished:
        context = {"run": run, "job": job, "step": STEPS[job.kind], **_rights(request, run)}
        return render(request, "occurrences/import_working.html", context)
    if run.state == State.STAGED:
        return redirect("occurrences:import_mapping", run.guid)
    if run.state == State.CHECKED:
        return _review(request, run)
    if run.state in (State.APPLIED, State.UNDONE):
        return _receipt(request, run)
    context = {"run": run, "stopped": stopped(run), "undone": run_is_undone(run)}
    context |= {"reading": ReadingForm(run), "found": run.source.get("found", {})}
    context |= _rights(request, run)
    return render(request, "occurrences/import_stopped.html", context)


def _review(request: HttpRequest, run: ImportRun) -> HttpResponse:
    chosen = reviewing.read_filter(run, request.GET)
    context = {
        "run": run,
        "stopped": stopped(run),
        "tiles": reviewing.tiles(run, chosen),
        "issues": reviewing.found_issues(run, chosen),
        "file_issues": reviewing.file_issues(run),
        "encoding": reviewing.encoding(run),
        "fields": differing.fields(run),
        "fixes": reviewing.fixes(run),
        "copies": copying.proposed(run, request.user),
        "keys": reviewing.key_words(run),
        "chosen": chosen,
        "said": reviewing.said(run, chosen),
        "page": reviewing.page(run, chosen),
        "reviewer_form": ReviewerForm(request.user),
        "rules": Rule.choices,
        **_rights(request, run),
    }
    return render(request, "occurrences/import_review.html", context)


def _receipt(request: HttpRequest, run: ImportRun) -> HttpResponse:
    chosen = reviewing.read_filter(run, request.GET, default=False)
    undoing = _undoing(run)
    context = {
        "run": run,
        "tiles": reviewing.tiles(run, chosen),
        "issues": reviewing.found_issues(run, chosen),
        "file_issues": reviewing.file_issues(run),
        "extensions": reviewing.extensions(run),
        "seconds": sum(run.counts.get("seconds", {}).values()),
        "keys": reviewing.key_words(run),
        "fields": differing.fields(run),
        "late": reviewing.decided_late(run),
        "said": reviewing.said(run, chosen),
        **_rights(request, run),
        "left": sum(run.counts.get(word, 0) for word in ("blocked", "conflict", "excluded")),
        "chosen": chosen,
        "page": reviewing.page(run, chosen) if chosen.action else None,
        "undone_by": _undone_by(run),
        "undoing": undoing if undoing and undoing.state != Job.State.DONE else None,
        "half_undone": bool(run.change_set and cut_off(run.change_set)),
    }
    return render(request, "occurrences/import_receipt.html", context)


@login_required
@require_POST
@transaction.atomic
def import_apply(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have the checked rows written, or go on where that was cut off."""
    run = run_of(request, guid, to_manage=True)
    late = run.state == State.APPLIED and reviewing.decided_late(run)
    if (run.state in (State.CHECKED, State.APPLYING) or late) and not run_is_undone(run):
        begin(run, "import apply", request.user)
    return redirect(run)


@login_required
@require_POST
@transaction.atomic
def import_undo(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have all that the import wrote taken back."""
    run = run_of(request, guid, to_manage=True)
    change_set = run.change_set
    if change_set and not is_working(run) and (not is_undone(change_set) or cut_off(change_set)):
        jobs.start("undo", change_set.guid, request.user, run.collection_id)
    return redirect(run)


@login_required
@require_POST
@transaction.atomic
def import_discard(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Throw away a file that was not applied."""
    run = run_of(request, guid, to_manage=True)
    if is_working(run):
        messages.error(request, _("The file is being worked on. Cancel that first."))
        return redirect(run)
    try:
        importing.discard(run)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(run)
    messages.success(request, _("%(file)s was thrown away.") % {"file": run.file_name})
    return redirect("occurrences:imports", run.collection.guid)


# --- what became of it


def _undoing(run: ImportRun) -> Job | None:
    if run.change_set is None:
        return None
    return Job.objects.filter(kind="undo", key=str(run.change_set.guid)).order_by("-pk").first()


def _undone_by(run: ImportRun) -> ChangeSet | None:
    """Return the change set that took this import back and still stands."""
    if run.change_set is None:
        return None
    undos = run.change_set.undone_by.select_related("user")
    return next((undo for undo in undos if not is_undone(undo)), None)


def _rights(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    """Return what a template needs to offer nothing that would be refused."""
    return {"may_manage": may_manage(request, run)}
