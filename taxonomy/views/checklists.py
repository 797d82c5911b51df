"""Checklists: the list, an upload, one with its counts and blocked rows, what a release changes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from darwincore.guarding import guarded
from journal import jobs
from journal.models import Job
from taxonomy import checklists as loading
from taxonomy import releases
from taxonomy.forms_checklists import ChecklistForm, known_sources
from taxonomy.models import BlockedUsage, Checklist

PAGE = 50
GLANCE = 20  # rows of each kind, until one is chosen
State = Checklist.State
LOAD = "load checklist"


def for_editors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only those pass who may edit taxa."""
    return login_required(permission_required("taxonomy.change_taxon", raise_exception=True)(view))


@require_safe
@login_required
def checklists(request: HttpRequest) -> HttpResponse:
    """List the checklists, those in use first in each source."""
    found = list(Checklist.objects.select_related("loaded_by"))
    for each in found:
        each.taken = each.counts.get("rows", 0) - each.counts.get("blocked", 0)
    context = {
        "checklists": found,
        "may_change": request.user.has_perm("taxonomy.change_taxon"),
    }
    return render(request, "taxonomy/checklists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def checklist_new(request: HttpRequest) -> HttpResponse:
    """Take a file and have it loaded."""
    form = ChecklistForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        given = form.cleaned_data
        made = loading.receive(
            given["file"], given["file"].name, given["source"], request.user, given["kingdom"],
            given["release"],
        )  # fmt: skip
        jobs.start(LOAD, made.guid, request.user)
        return redirect(made)
    context = {"form": form, "sources": known_sources()}
    return render(
        request, "taxonomy/checklist_new.html", context, status=400 if form.errors else 200
    )


@require_safe
@for_editors
def checklist(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what a checklist came to, and the rows that weren't taken."""
    job = _job(guid)
    shown = get_object_or_404(Checklist.objects.select_related("loaded_by"), guid=guid)
    blocked = _blocked(shown, request)
    rows = list(blocked[: PAGE + 1])
    more = f"after={rows[PAGE - 1].pk}" if len(rows) > PAGE else ""
    context = {
        "checklist": shown,
        "job": job,
        "in_use": loading.current(shown.source),
        "is_emptied": loading.is_emptied(shown),
        "issues": loading.issues_in_words(shown),
        "reasons": loading.reasons_in_words(shown, request.GET.get("reason", "")),
        "reason": request.GET.get("reason", ""),
        "rows": [(row, *loading.REASONS.get(row.code, (row.code, ""))) for row in rows[:PAGE]],
        "next_url": _query(request, more) if more else "",
    }
    return render(request, "taxonomy/checklist.html", context)


@require_safe
@for_editors
def checklist_blocked(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand over the rows that weren't taken, with the reason, as a CSV."""
    shown = get_object_or_404(Checklist, guid=guid)
    lines = _lines(_blocked(shown, request))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"{shown}-not-taken.csv"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
@for_editors
def checklist_difference(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what putting a release in use would change."""
    shown = get_object_or_404(Checklist, guid=guid)
    job = releases.last_comparison(shown)
    found = job.result if job and job.state == Job.State.DONE else {}
    chosen = request.GET.get("kind", "")
    counts, rows = found.get("counts", {}), found.get("rows", {})
    kinds = [
        (kind, word, counts.get(kind, 0), rows.get(kind, [])[: None if kind == chosen else GLANCE])
        for kind, word in releases.KINDS.items()
    ]
    taxa = found.get("taxa", [])[: None if chosen == "taxa" else GLANCE]
    context = {
        "checklist": shown,
        "in_use": loading.current(shown.source),
        "job": job,
        "compared": bool(found),
        "kinds": kinds,
        "taxa": [(row, releases.EFFECTS[row["effect"]]) for row in taxa],
        "affected": sum(found.get("effects", {}).values()),
    }
    return render(request, "taxonomy/checklist_difference.html", context)


@require_POST
@for_editors
def checklist_compare(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have a release compared with the one in use."""
    shown = get_object_or_404(Checklist, guid=guid)
    releases.start(shown, request.user)
    return redirect("taxonomy:checklist_difference", shown.guid)


@require_POST
@for_editors
def checklist_load(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have a file loaded again whose loading was cut off."""
    shown = get_object_or_404(Checklist, guid=guid)
    if shown.state in (State.LOADING, State.FAILED):
        jobs.start(LOAD, shown.guid, request.user)
    return redirect(shown)


@require_POST
@for_editors
def checklist_use(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Put a release in use instead of the one that is."""
    shown = get_object_or_404(Checklist, guid=guid)
    try:
        loading.put_in_use(shown)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(checklist)s is in use now.") % {"checklist": shown})
    return redirect(shown)


@require_POST
@for_editors
def checklist_discard(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Remove a release that isn't in use."""
    shown = get_object_or_404(Checklist, guid=guid)
    job = _job(guid)
    if job:
        jobs.cancel(job)
    try:
        loading.discard(shown)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(shown)
    messages.success(request, _("%(checklist)s is removed.") % {"checklist": shown})
    return redirect("taxonomy:checklists")


def _job(guid: UUID) -> Job | None:
    """Return the unfinished job that loads this checklist. Ask before the checklist is read, or
    what it came to in between is missing from a page that says nothing is under way."""
    working = Job.objects.filter(kind=LOAD, key=str(guid), state__in=Job.UNFINISHED)
    return working.first()


def _blocked(shown: Checklist, request: HttpRequest) -> Any:
    rows = BlockedUsage.objects.filter(checklist=shown).order_by("pk")
    if (reason := request.GET.get("reason", "")) in loading.REASONS:
        rows = rows.filter(code=reason)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit():
        rows = rows.filter(pk__gt=int(after[:18]))
    return rows


def _query(request: HttpRequest, more: str) -> str:
    reason = request.GET.get("reason", "")
    return f"?reason={reason}&{more}#rows" if reason in loading.REASONS else f"?{more}#rows"


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(
        ["file", "line", "identifier", "name", "reason", "found", "what to do"]
    )
    for row in rows.iterator(chunk_size=2000):
        reason, remedy = loading.REASONS.get(row.code, (row.code, ""))
        cells = [row.file, row.line, row.source_id, row.text, reason, row.value, remedy]
        yield writer.writerow([guarded(str(cell)) for cell in cells])
