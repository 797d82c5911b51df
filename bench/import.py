"""How long an import takes beside the least that PostgreSQL needs for the same records.

Generates a CSV, a share of it dirty, and has a real worker stage, check and apply it, bring the
same file in once more, and undo the import. The limit is a bare INSERT … SELECT of the same
records and determinations into tables with the same columns, indexes and checks, in the same run.
Then the file comes in yet again while somebody searches: neither the import nor its limit pays for
that. Goals: seconds ≤ 3 × limit_seconds; the unchanged file again at 15,000 rows a second or more,
writing nothing; undo no longer than applying; the worker with its child ≤ 350 MB at any number of
rows; 95 of 100 searches within 500 ms.
"""

import os
import threading
import time
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from biocollections.founding import add_user, found_collection
from biocollections.models import Collection
from journal import jobs
from journal.models import Job
from occurrences import generator, imports
from occurrences.models import Identification, ImportRun, Occurrence
from portal import celery_app
from tests.worker import Worker

DIRTY = 0.03
# A site for a client in this process, which nobody has collected static files for.
SITE = {
    "ALLOWED_HOSTS": ["testserver"],
    "SECURE_SSL_REDIRECT": False,
    "STORAGES": {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}
COUNTS = ("created", "updated", "unchanged", "blocked", "conflict", "excluded", "issues")
LONGEST = 4 * 3600.0  # seconds for a job before the benchmark gives up
# Tables with everything that an insert has to keep up but foreign keys, which LIKE leaves out.
TABLES = (Occurrence, Identification)


@override_settings(**SITE)
def run(rows: int) -> dict[str, Any]:
    """Import `rows` records; seconds is staging, checking and applying, as their jobs took it."""
    with TemporaryDirectory(prefix="holotype-bench-") as folder:
        path = Path(folder) / f"bench-{rows}.csv"
        generator.write_csv(path, generator.rows(rows, dirty=DIRTY))
        user = add_user("bench", email="bench@example.org", password="benchmark")
        into = found_collection("BENCH", name="Bench", administrator=user, reason="benchmark")
        with _Workers(Path(folder)) as worker:
            imported, steps = _bring_in(worker, _uploaded(path, into, user))
            peak_of_import = worker.peak
            limit = _limit()
            again, steps_again = _bring_in(worker, _uploaded(path, into, user))
            undo = worker.does("undo", imported.change_set)
            left = Occurrence.objects.count()
            with _Searches() as searches:
                _bring_in(worker, _uploaded(path, into, user))
            seconds = sum(steps.values())
            return {
                "seconds": seconds,
                "limit_seconds": limit,
                "ratio": seconds / limit,
                "rows_per_second": rows / seconds,
                **{f"{name}_seconds": taken for name, taken in steps.items()},
                "reimport_rows_per_second": rows / sum(steps_again.values()),
                "reimport_written": again.counts["created"] + again.counts["updated"],
                "undo_seconds": undo,
                "search_p95_ms": searches.percentile(95),
                "searches": len(searches.taken),
                "peak_memory_mb": peak_of_import / 2**20,
                "peak_memory_with_undo_mb": worker.peak / 2**20,
                **{name: imported.counts[name] for name in COUNTS},
                "records_after_undo": left,
            }


def _bring_in(worker: "_Workers", imported: ImportRun) -> tuple[ImportRun, dict[str, float]]:
    """Have a worker bring an uploaded file in; the seconds of each step."""
    names = ("stage", "check", "apply")
    steps = {name: worker.does(f"import {name}", imported) for name in names}
    imported.refresh_from_db()
    return imported, steps


def _uploaded(path: Path, into: Collection, user: Any) -> ImportRun:
    with path.open("rb") as file:
        return imports.receive(into, user, File(file), path.name)


class _Searches:
    """Somebody who asks the search page for one thing after the other, four times a second."""

    PAUSE = 0.25
    ASKED = ("", "?country=MX", "?taxon=Quercus", "?collector=Gomez", "?year=1990-2000")

    def __init__(self) -> None:
        self.taken: list[float] = []  # milliseconds
        self.ended = threading.Event()
        self.asking = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> "_Searches":
        Client().get(reverse("occurrences:search"))  # the first one loads the templates
        self.asking.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.ended.set()
        self.asking.join()

    def percentile(self, share: int) -> float:
        """Return the milliseconds within which so many of a hundred pages came."""
        return quantiles(self.taken, n=100, method="inclusive")[share - 1]

    def _ask(self) -> None:
        client, asked = Client(), cycle(self.ASKED)
        while not self.ended.wait(self.PAUSE):
            began = time.perf_counter()
            response = client.get(reverse("occurrences:search") + next(asked))
            assert response.status_code == 200, response
            self.taken.append(1000 * (time.perf_counter() - began))
        connection.close()


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
