"""What a batch edit of three fields costs, and its undo, beside the bare UPDATE of these columns.

As a curator does it: a county set, a part of every locality replaced, a word added to the habitat,
over a whole collection of which one record of fifty is place-protected. The limit is an UPDATE of
the same columns of as many records, there and back, the faster one. Goal: both ratios ≤ 3.
"""

from typing import Any

from django.db import connection, transaction

from bench.transfers import fill, seconds
from biocollections.founding import add_user, found_collection
from journal import jobs
from journal.undo import undo
from occurrences import batching
from occurrences.drafts import OCCURRENCE
from occurrences.models import Batch, Occurrence
from occurrences.selecting import Selection

STEPS = (
    {"column": "county", "how": "set", "value": "Magdalena"},
    {"column": "locality", "how": "pattern", "find": r"\m(\d+) km\M", "value": r"\1 kilometres"},
    {"column": "habitat", "how": "append", "value": " woodland"},
)
BARE = f"""
    UPDATE "{OCCURRENCE}" SET county = %s || left(md5(id::text), 3), locality = locality || %s,
    habitat = habitat || %s WHERE protection = 0
"""


def run(rows: int) -> dict[str, Any]:
    """Measure with `rows` records of one collection; seconds is the job, from its first look."""
    person = add_user("bench", email="bench@example.org", password="benchmark")
    within = found_collection("BENCH", name="Bench", administrator=person, reason="benchmark")
    fill(within, rows)
    limits = []
    for turn in range(2):
        _settle()
        limits.append(seconds(lambda turn=turn: _bare(str(turn))))  # type: ignore[misc]
    _settle()
    batch = Batch.objects.create(
        kind="edit",
        user=person,
        selection=Selection(query="collection=BENCH").as_json(),
        wanted={"steps": list(STEPS)},
    )
    done = seconds(lambda: jobs.run_here(batching.KIND, batch.guid, person))
    batch.refresh_from_db()
    (change_set,) = batching.change_sets(batch)
    _settle()
    undone = seconds(lambda: undo(change_set, person))
    limit = min(limits)
    return {
        "seconds": done,
        "limit_seconds": limit,
        "ratio": done / limit,
        "changed": change_set.counts["updated"],
        "undo_seconds": undone,
        "undo_ratio": undone / limit,
        "left": Occurrence.objects.filter(county="Magdalena").count(),
    }


def _bare(mark: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE, [mark, mark, mark])


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
