"""Somebody else looks through an import's review: who, told by a notice, until it is taken back.

A reviewer sees the file, what it would change, and decides what stands there; only who may import
into the collection applies it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_noop

from accounts import noticing
from journal import jobs
from journal.jobs import Cancelled, LeaseLost, Progress, work
from journal.models import ChangeSet
from occurrences import cluster_news
from occurrences.models import ImportRun
from occurrences.readers import hash_written

TO_REVIEW = noticing.kind(
    "import to review",
    gettext_noop("%(person)s asks you to look through the import of %(file)s into %(collection)s."),
)
APPLIED = noticing.kind(
    "import applied", gettext_noop("%(file)s has been imported into %(collection)s.")
)
FAILED = noticing.kind(
    "import failed", gettext_noop("The import of %(file)s into %(collection)s was not finished.")
)


def hand_over(run: ImportRun, person: Any, *, by: Any) -> None:
    """Let `person` look through the review, and tell him; anybody before him no longer may."""
    run.reviewer = person
    run.save(update_fields=["reviewer"])
    _tell(run, [person], TO_REVIEW, person=str(by))


def take_back(run: ImportRun) -> None:
    """Let nobody but the collection's administrators see the run."""
    run.reviewer = None
    run.save(update_fields=["reviewer"])


@contextmanager
def telling(run: ImportRun, by: Any) -> Iterator[None]:
    """Apply a run inside: whoever waits for it is told that it is through, or was not finished.

    That is who uploaded the file, had it applied, or looked it through. Work that another worker
    takes up again, or that was cancelled, is no end.
    """
    people = [run.user, by, run.reviewer]
    try:
        yield
    except (Cancelled, LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception:
        _tell(run, people, FAILED)
        raise
    _tell(run, people, APPLIED)
    if run.change_set:
        jobs.start(CHECKSUM, run.change_set.guid, by, run.collection_id)
        cluster_news.after_job(run.change_set)


CHECKSUM = "import checksum"


@work(CHECKSUM)
def checksum_job(progress: Progress) -> dict[str, Any]:
    """Keep the checksum of what an import wrote with its receipt, once it is through."""
    change_set = ChangeSet.objects.get(guid=progress.job.key)
    digest, records = hash_written(change_set)
    told = {"sha256": digest, "records": records}
    with transaction.atomic():
        for run in ImportRun.objects.select_for_update().filter(change_set=change_set):
            run.counts = {**run.counts, "written": told}
            run.save(update_fields=["counts"])
    return told


def _tell(run: ImportRun, people: list[Any], kind: str, **words: Any) -> None:
    told = {"file": run.file_name, "collection": run.collection.name, **words}
    noticing.tell(people, kind, run.get_absolute_url(), told)
