"""The first two steps of an import: the file, and what its columns mean."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from biocollections.models import Collection
from occurrences import imports as importing
from occurrences import profiles, reviewing
from occurrences.forms_importing import MOST_BYTES, ReadingForm, UploadForm
from occurrences.forms_mapping import MappingForm
from occurrences.models import ImportRun
from occurrences.views.import_steps import begin, is_working, run_is_undone, run_of, stopped

State = ImportRun.State


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Take a file and have it read."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(into, request.user, *given)
    if form.is_valid():
        run = _received(into, request.user, form.cleaned_data)
        begin(run, "import stage", request.user)
        return redirect(run)
    context = {"collection": into, "form": form, "most": MOST_BYTES}
    return render(
        request, "occurrences/import_new.html", context, status=400 if form.errors else 200
    )


def _received(into: Collection, user: Any, given: dict[str, Any]) -> ImportRun:
    run = importing.receive(into, user, given["file"], given["file"].name)
    if profile := given.get("profile"):
        profiles.use(profile, run)
    elif given["brings"]:
        run.brings = given["brings"]
        run.save(update_fields=["brings"])
    return run


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def import_mapping(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Say what the columns mean, then have the rows checked."""
    run = run_of(request, guid, to_manage=True)
    if run.state not in (State.STAGED, State.CHECKED) or is_working(run):
        return redirect(run)
    form = MappingForm(run, request.POST if request.method == "POST" else None)
    if form.is_valid():
        begin(form.save(), "import check", request.user)
        return redirect(run)
    context = {
        "run": run,
        "form": form,
        "reading": ReadingForm(run),
        "found": run.source.get("found", {}),
        "stopped": stopped(run),
        "tables": reviewing.tables(run),
        "encoding": reviewing.encoding(run),
        "delimiter": reviewing.delimiter(run),
        "file_issues": reviewing.file_issues(run),
        "earlier": _same_file(request, run),
    }
    return render(
        request, "occurrences/import_mapping.html", context, status=400 if form.errors else 200
    )


@login_required
@require_POST
@transaction.atomic
def import_reading(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have the file read again, in another way."""
    run = run_of(request, guid, to_manage=True)
    if run.state not in (State.STAGED, State.CHECKED, State.REFUSED) or is_working(run):
        return redirect(run)
    form = ReadingForm(run, request.POST)
    if form.is_valid():
        begin(form.save(), "import stage", request.user)
    return redirect(run)


def _same_file(request: HttpRequest, run: ImportRun) -> ImportRun | None:
    """Return the last import of the very same file into this collection that still stands."""
    others = ImportRun.objects.visible_to(request.user).exclude(pk=run.pk)
    same = others.filter(collection=run.collection, file_sha256=run.file_sha256)
    applied = same.filter(state=State.APPLIED).select_related("change_set")
    return next((earlier for earlier in applied[:10] if not run_is_undone(earlier)), None)
