"""How long an import takes beside the least that PostgreSQL needs for the same records.

Generates a CSV, a share of it dirty, and has a real worker stage, check, apply and undo it. The
limit is a bare INSERT … SELECT of the same records and determinations into tables with the same
columns, indexes and checks, in the same run. Goal: seconds ≤ 4 × limit_seconds, and the worker
with its child ≤ 350 MB at any number of rows.
"""

import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.db import connection

from biocollections.founding import add_user, found_collection
from journal import jobs
from journal.models import Job
from occurrences import generator, imports
from occurrences.models import Identification, ImportRun, Occurrence
from portal import celery_app
from tests.worker import Worker

DIRTY = 0.02
COUNTS = ("created", "updated", "unchanged", "blocked", "conflict", "excluded", "issues")
LONGEST = 4 * 3600.0  # seconds for a job before the benchmark gives up
# Tables with everything that an insert has to keep up but foreign keys, which LIKE leaves out.
TABLES = (Occurrence, Identification)


def run(rows: int) -> dict[str, Any]:
    """Import `rows` records; seconds is staging, checking and applying, as their jobs took it."""
    with TemporaryDirectory(prefix="holotype-bench-") as folder:
        path = Path(folder) / f"bench-{rows}.csv"
        generator.write_csv(path, generator.rows(rows, dirty=DIRTY))
        imported = _uploaded(path)
        with _Workers(Path(folder)) as worker:
            steps = {
                "stage": worker.does("import stage", imported),
                "check": worker.does("import check", imported),
                "apply": worker.does("import apply", imported),
            }
            peak_of_import = worker.peak
            imported.refresh_from_db()
            limit = _limit()
            undo = worker.does("undo", imported.change_set)
            return {
                "seconds": sum(steps.values()),
                "limit_seconds": limit,
                "ratio": sum(steps.values()) / limit,
                **{f"{name}_seconds": seconds for name, seconds in steps.items()},
                "undo_seconds": undo,
                "peak_memory_mb": peak_of_import / 2**20,
                "peak_memory_with_undo_mb": worker.peak / 2**20,
                **{name: imported.counts[name] for name in COUNTS},
                "records_after_undo": Occurrence.objects.count(),
            }


def _uploaded(path: Path) -> ImportRun:
    user = add_user("bench", email="bench@example.org", password="benchmark")
    collection = found_collection("BENCH", name="Bench", administrator=user, reason="benchmark")
    with path.open("rb") as file:
        return imports.receive(collection, user, File(file), path.name)


class _Workers:
    """A real worker on a queue of its own, and how much memory it has needed at most.

    Memory is the proportional set size of the worker and its child together, looked at three times
    a second: what both would give back.
    """

    def __init__(self, folder: Path) -> None:
        broker = os.environ["REDIS_URL"].replace("virtual_host=0", "virtual_host=15")
        celery_app.conf.broker_url = broker
        celery_app.control.purge()
        environment = {**os.environ, "REDIS_URL": broker}
        self.worker = Worker(environment, folder / "worker.log")
        self.peak = 0
        self.ended = threading.Event()
        self.watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Workers":
        self.worker.start()
        self.watch.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.ended.set()
        self.watch.join()
        self.worker.children.stop()

    def does(self, kind: str, of: Any) -> float:
        """Have the worker do a job about a run or a change set; return the seconds it took."""
        job = jobs.start(kind, of.guid, of.user, of.collection_id)
        deadline = time.monotonic() + LONGEST
        while not job.is_finished and time.monotonic() < deadline:
            time.sleep(0.2)
            job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise SystemExit(f"{kind}: {job.state} {job.error}\n{self.worker.text()[-4000:]}")
        assert job.started_at and job.finished_at
        return (job.finished_at - job.started_at).total_seconds()

    def _look(self) -> None:
        while not self.ended.wait(0.3):
            self.peak = max(self.peak, self.worker.memory())


def _limit() -> float:
    """Return the seconds that the bare inserts take."""
    seconds = 0.0
    for model in TABLES:
        table = model._meta.db_table
        stored = [f.column for f in model._meta.concrete_fields if not f.generated]
        columns = ", ".join(f'"{column}"' for column in stored)
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE "limit_{table}" (LIKE "{table}" INCLUDING ALL)')
            begun = time.perf_counter()
            cursor.execute(
                f'INSERT INTO "limit_{table}" ({columns}) SELECT {columns} FROM "{table}"'
            )
            seconds += time.perf_counter() - begun
            cursor.execute(f'DROP TABLE "limit_{table}"')
    return seconds
