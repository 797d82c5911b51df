"""How fast the editor answers over `rows` records, each section measured by itself.

Goals: save_p95_ms ≤ 100 (a form posted, with history, protection and names; bench/saves.py),
duplicate_p95_ms ≤ 50 (collector, number and date typed, the candidates weighed and told),
cluster_seconds ≤ 600 for a million records, table_first_rows_ms ≤ 300 (bench/tables.py).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from bench import duplicates, saves, tables
from biocollections.models import Collection
from journal import jobs
from occurrences import cluster_job
from occurrences.duplicates import find
from occurrences.models import Occurrence

TYPED = 400  # sheets that are typed


def run(rows: int) -> dict[str, Any]:
    """Make the records once and measure each section."""
    user, collections = duplicates.ground()
    started = time.perf_counter()
    duplicates.store(duplicates.sheets(rows), collections, random.Random(2))
    figures: dict[str, Any] = {"load_seconds": time.perf_counter() - started}
    figures |= _duplicates(user, collections[0])
    figures |= _clusters(user)
    figures |= tables.measure(user, collections[0])
    figures |= _saves(user, collections[0])
    limit = _hash_join()
    seconds = figures["cluster_seconds"]
    return {"seconds": seconds, "limit_seconds": limit, "ratio": seconds / limit, **figures}


# --- duplicates while typing ------------------------------------------------------------------


def _duplicates(user: Any, collection: Collection) -> dict[str, Any]:
    """Type sheets as somebody would who has them before him, and ask for the others."""
    chance = random.Random(5)
    keys = list(Occurrence.objects.values_list("pk", flat=True))
    asked = Occurrence.objects.filter(pk__in=chance.sample(keys, min(TYPED, len(keys))))
    forms = [
        (row["guid"], {column: row[column] or "" for column in duplicates.TYPED})
        for row in asked.values("guid", *duplicates.TYPED)
    ]
    chance.shuffle(forms)
    for guid, typed in forms[:20]:
        find(user, collection, typed, exclude=guid)
    found = 0
    times = []
    for guid, typed in forms:
        started = time.perf_counter()
        found += len(find(user, collection, typed, exclude=guid))
        times.append(time.perf_counter() - started)
    return {f"duplicate_{name}_ms": value for name, value in percentiles(times).items()} | {
        "duplicate_answers": found
    }


def percentiles(times: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and maximum of seconds, in milliseconds."""
    ordered = sorted(times)
    last = len(ordered) - 1
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: ordered[round(share * last)] * 1000 for name, share in shares.items()}


# --- clusters of all of them ------------------------------------------------------------------


def _clusters(user: Any) -> dict[str, Any]:
    person = duplicates.portal_admin(user)
    done: dict[str, Any] = {}

    def link() -> None:
        job = jobs.run_here(cluster_job.KIND, cluster_job.PORTAL, person)
        assert job.state == "done", job.error
        done.update(job.result)

    return {
        "cluster_seconds": timed(link),
        "cluster_linked": done["linked"],
        "cluster_pairs": done["pairs"],
        "cluster_again_seconds": timed(link),
    }


def _saves(user: Any, collection: Collection) -> dict[str, float]:
    kinds = saves.measure(user, collection)
    every = [seconds for times in kinds.values() for seconds in times]
    figures = {f"save_{name}_ms": value for name, value in percentiles(every).items()}
    return figures | {
        f"save_{kind}_p95_ms": percentiles(times)["p95"] for kind, times in kinds.items()
    }


def timed(function: Callable[[], Any]) -> float:
    """Return the seconds that `function` takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _hash_join() -> float:
    """Return the seconds PostgreSQL needs to join the records with themselves by equal texts."""

    def join() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM occurrences_occurrence a JOIN occurrences_occurrence b "
                "USING (recorded_by, record_number, event_date) WHERE a.id < b.id"
            )

    return timed(join)
