"""Doing to many records what somebody prepared: by a job, in chunks, one change set a collection.

A kind of batch registers how a chunk is done. Whose records they may be is asked again for every
chunk, and how far the job is stands in the transaction that got it there, so a job that was killed
or cancelled goes on where it was and does nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from journal import jobs
from journal.jobs import Progress, Refused, collection_lock
from journal.models import ChangeSet, Job
from occurrences import cluster_news, naming
from occurrences.models import Batch
from occurrences.models.record import OccurrenceQuerySet
from occurrences.selecting import Selection

KIND = "batch"
CHUNK = 5000

Records = OccurrenceQuerySet


@dataclass(frozen=True)
class Doing:
    """How a kind of batch is done.

    allowed: the records a person may do it to. begin: reads what is wanted, looks whether it can be
    done to these records (Refused: nothing was written) and returns what does a chunk of them, by
    key, inside a transaction, and counts. after: what is left to do in a collection.
    """

    changes: ChangeSet.Kind
    allowed: Callable[[Any], Records]
    begin: Callable[[Batch, Records], Callable[[ChangeSet, Sequence[int]], dict[str, int]]]
    chunk: int = CHUNK
    after: Callable[[Batch, int], None] = lambda batch, collection_id: None


_doings: dict[str, Doing] = {}


def register(kind: str, doing: Doing) -> None:
    """Say how batches of this kind are done."""
    _doings[kind] = doing


def selected(batch: Batch) -> Records:
    """Return the records of a batch that its person may do it to, now."""
    records = _doings[batch.kind].allowed(batch.user)
    return Selection.read(batch.selection).within(records, batch.user)


def start(batch: Batch) -> Job:
    """Have it done, or gone on with; a batch that is under way is left alone."""
    collections = selected(batch).order_by().values_list("collection_id", flat=True).distinct()
    within = list(collections[:2])
    batch.job = jobs.start(KIND, batch.guid, batch.user, within[0] if len(within) == 1 else None)
    batch.save(update_fields=["job"])
    return batch.job


def change_sets(batch: Batch) -> list[ChangeSet]:
    """Return what it did, a change set for each collection."""
    done = [each["change_set"] for each in batch.reached.values()]
    return list(ChangeSet.objects.filter(pk__in=done).order_by("pk"))


@jobs.work(KIND)
def batch_job(progress: Progress) -> dict[str, Any]:
    """Do the batch whose GUID is the job's key; return its counts."""
    batch = Batch.objects.select_related("user").get(guid=progress.job.key)
    if batch.user != progress.job.user:
        raise Refused(_("This was prepared by somebody else."))
    total: Counter[str] = Counter()
    records = selected(batch)
    do = _doings[batch.kind].begin(batch, records)
    within = records.order_by("collection_id").values_list("collection_id", flat=True).distinct()
    collections = sorted({*within, *map(int, batch.reached)})
    progress.report(0, records.count(), batch.get_kind_display())
    for collection_id in collections:
        with collection_lock(collection_id):
            _do_within(batch, collection_id, do, progress, total)
    return {**total, "collections": len(collections)}


def _do_within(
    batch: Batch,
    collection_id: int,
    do: Callable[[ChangeSet, Sequence[int]], dict[str, int]],
    progress: Progress,
    total: Counter[str],
) -> None:
    doing = _doings[batch.kind]
    change_set = _change_set(batch, collection_id, doing, progress.job)
    last = batch.reached[str(collection_id)]["last"]
    left = selected(batch).filter(collection_id=collection_id, pk__gt=last)
    counts = Counter(change_set.counts)
    try:
        for ids in parted(list(left.order_by("pk").values_list("pk", flat=True)), doing.chunk):
            naming.calmly(lambda some=ids: _do_chunk(batch, change_set, some, do, counts))  # type: ignore[misc]
            progress.report(sum(total.values()) + sum(counts.values()))
    finally:
        _close(batch, change_set)
    total.update(counts)
    doing.after(batch, collection_id)
    if change_set.pk:
        cluster_news.after_job(change_set)


def _do_chunk(
    batch: Batch,
    change_set: ChangeSet,
    ids: Sequence[int],
    do: Callable[[ChangeSet, Sequence[int]], dict[str, int]],
    counts: Counter[str],
) -> None:
    """Do one chunk and note in the same transaction how far that is."""
    assert change_set.collection_id
    allowed = _doings[batch.kind].allowed(batch.user)
    still = allowed.filter(pk__in=ids, collection_id=change_set.collection_id).order_by("pk")
    mine = list(still.values_list("pk", flat=True))
    done = do(change_set, mine) if mine else {}
    tally = Counter(counts)
    tally.update(done)
    tally["excluded"] += len(ids) - len(mine)
    change_set.counts = {name: number for name, number in tally.items() if number}
    change_set.save(update_fields=["counts"])
    batch.reached[str(change_set.collection_id)]["last"] = ids[-1]
    batch.save(update_fields=["reached"])
    counts.clear()
    counts.update(change_set.counts)


def _change_set(batch: Batch, collection_id: int, doing: Doing, job: Job) -> ChangeSet:
    """Return the change set of this collection, the one that was begun if one was."""
    begun = batch.reached.get(str(collection_id))
    found = ChangeSet.objects.filter(pk=begun["change_set"]).first() if begun else None
    if found:
        found.job = job
        found.save(update_fields=["job"])
        return found
    made = ChangeSet.objects.create(
        kind=doing.changes,
        user=batch.user,
        collection_id=collection_id,
        job=job,
        reason=batch.wanted.get("reason", ""),
    )
    batch.reached[str(collection_id)] = {
        "change_set": made.pk,
        "last": begun["last"] if begun else 0,
    }
    batch.save(update_fields=["reached"])
    return made


def _close(batch: Batch, change_set: ChangeSet) -> None:
    """Let a change set go that changed nothing."""
    if not change_set.changes.exists():
        change_set.delete()


def parted(ids: Sequence[int], size: int = CHUNK) -> Iterator[list[int]]:
    """Yield the keys in chunks."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def words(texts: Iterable[str]) -> str:
    """Return some texts as one line of a message, the rest counted."""
    listed = list(texts)
    shown = "; ".join(listed[:5])
    left = len(listed) - 5
    return shown if left <= 0 else _("%(some)s; and %(more)s more") % {"some": shown, "more": left}
