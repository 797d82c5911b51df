"""Long work: who does it, how far it is, and that a killed worker's work goes on.

An app registers a function for a kind of job; `start` makes the Job row and wakes a worker. The
row is the truth: a lease with a heartbeat says that somebody is at it, and `sweep` wakes another
worker when the lease has run out. The function must be safe to call again from the beginning.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import F, Q
from django.utils import timezone

from journal.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 5
REPORT_SECONDS = 0.3
MOST_ATTEMPTS = 5

Work = Callable[["Progress"], dict[str, Any]]
_works: dict[str, Work] = {}


class Refused(Exception):
    """The work can't be done; the message tells the person why and what to do."""


class Cancelled(Exception):
    """Somebody pressed Cancel."""


class LeaseLost(Exception):
    """Another worker has taken this job up: stop without touching anything."""


def work(kind: str) -> Callable[[Work], Work]:
    """Register a function as what a job of `kind` does. It returns the job's result."""

    def register(function: Work) -> Work:
        _works[kind] = function
        return function

    return register


class Progress:
    """What a working function holds: its job's key, and a place to report to.

    Report between transactions, never inside one: the report commits at once for others to see.
    What is done never goes back while the message stays, though work that was killed begins anew.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._told = 0.0
        self._reached = job.message, job.done  # by the attempts before this one

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Say how far the work is. Raises Cancelled or LeaseLost when it has to stop."""
        changed = message is not None and message != self.job.message
        self.job.done = done if changed else max(done, self.job.done)
        self.job.total = total if total is not None else self.job.total
        self.job.message = message if message is not None else self.job.message
        if not changed and time.monotonic() - self._told < REPORT_SECONDS:
            return
        self._told = time.monotonic()
        before, reached = self._reached
        if self.job.message == before and self.job.done > reached:
            self.job.attempts = 1  # only those count that got no further
        held = Job.objects.filter(pk=self.job.pk, holder=self.job.holder, state=Job.State.RUNNING)
        if not held.update(
            attempts=self.job.attempts,
            done=self.job.done,
            total=self.job.total,
            message=self.job.message,
            lease_until=timezone.now() + LEASE,
        ):
            raise LeaseLost
        if held.filter(cancel_requested=True).exists():
            raise Cancelled


def start(
    kind: str,
    key: object,
    user: Any,
    collection_id: int | None = None,
    options: dict[str, Any] | None = None,
) -> Job:
    """Return the unfinished job of this kind and key, made and woken if there was none.

    options: what the work is to know, as JSON; those of a job that stands already stay.
    """
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                key=str(key),
                user=user,
                collection_id=collection_id,
                options=options or {},
            )
    except IntegrityError:
        return Job.objects.get(kind=kind, key=str(key), state__in=Job.UNFINISHED)
    transaction.on_commit(lambda: wake(job))
    return job


def run_here(
    kind: str,
    key: object,
    user: Any,
    collection_id: int | None = None,
    options: dict[str, Any] | None = None,
) -> Job:
    """Do the work in this process (a command, a test) and return its finished job."""
    job = Job.objects.create(
        kind=kind, key=str(key), user=user, collection_id=collection_id, options=options or {}
    )
    run(job.guid)
    job.refresh_from_db()
    return job


def wake(job: Job) -> None:
    """Tell the workers that `job` waits. A broker that is down is no loss: sweep tells again."""
    from journal.tasks import run_job

    try:
        run_job.delay(str(job.guid))
    except Exception:
        logger.exception("The broker can't be reached; job %s waits for the next sweep", job.guid)


def run(guid: UUID | str) -> None:
    """Claim the job and do its work; do nothing when somebody else is at it.

    When the database is lost on the way or a disk is full, the job keeps its lease until that runs
    out: then `sweep` has it taken up again.
    """
    job = _claim(guid)
    if job is None:
        return
    try:
        with _heartbeat(job):
            result = _works[job.kind](Progress(job))
    except LeaseLost:
        return
    except Cancelled:
        _finish(job, Job.State.CANCELLED)
    except Refused as refusal:
        _finish(job, Job.State.FAILED, error=str(refusal))
    except Exception as error:
        logger.exception("Job %s failed", job)
        if _may_pass(error):
            _keep_why(job, error)
            return
        _finish(job, Job.State.FAILED, error=_in_words(error))
    else:
        _finish(job, Job.State.DONE, result=result)


def _may_pass(error: Exception) -> bool:
    """Tell whether the database went away or a disk was full, which is no fault of the work."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if not isinstance(error, (DatabaseError, InterfaceError)):
        return False
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        return isinstance(error, (OperationalError, InterfaceError))
    # Connection, resources such as room, shutdown, system and internal errors.
    return state.startswith(("08", "53", "57P", "58", "XX"))


def _keep_why(job: Job, error: Exception) -> None:
    """Note why this attempt ended, for the case that it was the last one."""
    with suppress(DatabaseError, InterfaceError):
        Job.objects.filter(pk=job.pk, holder=job.holder).update(error=_in_words(error))


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def cancel(job: Job) -> None:
    """Ask the job to stop: at once when it waits, at its next report when it runs."""
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=timezone.now()
    )
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True)


def sweep() -> int:
    """Wake workers for jobs whose lease has run out or whose call was lost; return how many."""
    now = timezone.now()
    stale = Job.objects.filter(
        Q(state=Job.State.RUNNING, lease_until__lt=now)
        | Q(state=Job.State.QUEUED, lease_until__lt=now)
        | Q(state=Job.State.QUEUED, lease_until=None, created_at__lt=now - LEASE)
    )
    jobs = list(stale)
    for job in jobs:
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(lease_until=now + LEASE)
        wake(job)
    return len(jobs)


@contextmanager
def collection_lock(*collection_ids: int) -> Iterator[None]:
    """Hold the writing of these collections for one job, waiting for the job that has it.

    The lock belongs to the database session, so it goes when the process dies.
    """
    taken = sorted(set(collection_ids))
    with connection.cursor() as cursor:
        for collection_id in taken:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, collection_id])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for collection_id in reversed(taken):
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, collection_id])


LOCK_SPACE = 7101  # any number, so that other advisory locks of the database don't meet ours


def _claim(guid: UUID | str) -> Job | None:
    now = timezone.now()
    holder = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}:{time.time_ns()}"
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(free, guid=guid).update(
        state=Job.State.RUNNING,
        holder=holder,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        started_at=now,
    )
    if not claimed:
        return None
    job = Job.objects.get(guid=guid)
    if job.attempts > MOST_ATTEMPTS:
        told = f"Given up after {MOST_ATTEMPTS} attempts. {job.error}".strip()
        _finish(job, Job.State.FAILED, error=told)
        return None
    return job


def _finish(
    job: Job, state: Job.State, *, error: str = "", result: dict[str, Any] | None = None
) -> None:
    Job.objects.filter(pk=job.pk, holder=job.holder).update(
        state=state,
        error=error,
        result=result or {},
        done=job.done,
        total=job.total,
        message=job.message,
        finished_at=timezone.now(),
        lease_until=None,
    )


@contextmanager
def _heartbeat(job: Job) -> Iterator[None]:
    """Push the lease on from a thread of its own, so that one long statement doesn't lose it."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(HEARTBEAT_SECONDS):
                Job.objects.filter(pk=job.pk, holder=job.holder, state=Job.State.RUNNING).update(
                    lease_until=timezone.now() + LEASE
                )
        except Exception:
            logger.exception("The heartbeat of job %s stopped", job)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
