"""An import behind a page: found, locked, and the work on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from journal import jobs
from journal.models import Job
from journal.undo import is_undone
from occurrences.models import ImportRun

STEPS = {
    "import stage": "upload",
    "import check": "review",
    "import settle": "review",
    "import apply": "apply",
}


def run_of(request: HttpRequest, guid: UUID, *, to_manage: bool = False) -> ImportRun:
    """Return the run; for a POST it is locked, so that of two buttons pressed at once one waits.

    to_manage: only to who may import into the collection, not to a reviewer.
    """
    mine = ImportRun.objects.visible_to(request.user)
    if to_manage:
        mine = ImportRun.objects.managed_by(request.user)
    if request.method == "POST":
        mine = mine.select_for_update(of=("self",))
    return get_object_or_404(
        mine.select_related("collection", "user", "change_set", "reviewer"), guid=guid
    )


def begin(run: ImportRun, kind: str, user: Any) -> None:
    """Start the work, unless some of this run's work is under way."""
    if not is_working(run):
        jobs.start(kind, run.guid, user, run.collection_id)


def last_job(guid: UUID) -> Job | None:
    """Return the last work on the run with this key. Ask before the run is read: what a job has
    written by its end is then never missing from the page that says it has ended."""
    return Job.objects.filter(key=str(guid), kind__in=STEPS).order_by("-pk").first()


def is_working(run: ImportRun) -> bool:
    unfinished = Job.objects.filter(key=str(run.guid), state__in=Job.UNFINISHED)
    return unfinished.exists()


def stopped(run: ImportRun) -> Job | None:
    """Return the last work on this run if it failed or was cancelled."""
    job = last_job(run.guid)
    return job if job and job.state in (Job.State.FAILED, Job.State.CANCELLED) else None


def run_is_undone(run: ImportRun) -> bool:
    return bool(run.change_set and is_undone(run.change_set))


def may_manage(request: HttpRequest, run: ImportRun) -> bool:
    """Tell whether the reader may apply and undo this import, and not only look through it."""
    return ImportRun.objects.managed_by(request.user).filter(pk=run.pk).exists()
