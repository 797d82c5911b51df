"""An import from file to receipt by a real worker, killed in the middle of applying."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.utils import timezone

from biocollections.models import Collection
from journal import jobs
from journal.models import Job
from occurrences import generator, imports
from occurrences.models import Identification, ImportRun, Occurrence
from tests.worker import Worker, eventually

ROWS = 6000


def uploaded(path: Path, collection: Collection, user: Any) -> ImportRun:
    generator.write_csv(path, generator.rows(ROWS))
    return imports.receive(collection, user, File(BytesIO(path.read_bytes())), path.name)


def finished(worker: Worker, job: Job) -> Job:
    """Wait for the end of a job."""

    def ended() -> bool:
        job.refresh_from_db()
        return job.is_finished

    eventually(ended, seconds=120, why=worker.text)
    assert job.state == Job.State.DONE, job.error
    return job


@pytest.mark.slow
def test_an_import_killed_in_the_middle_goes_on_and_writes_each_record_once(
    worker: Worker, tmp_path: Path, herbarium: Collection, administrator: Any
) -> None:
    run = uploaded(tmp_path / "six-thousand.csv", herbarium, administrator)
    of = (run.guid, administrator, herbarium.pk)
    finished(worker, jobs.start("import stage", *of))
    finished(worker, jobs.start("import check", *of))
    applying = jobs.start("import apply", *of)
    eventually(lambda: Occurrence.objects.exists(), seconds=60, why=worker.text)
    worker.kill()

    standing = Occurrence.objects.count()
    assert 0 < standing < ROWS
    applying.refresh_from_db()
    assert applying.state == Job.State.RUNNING

    # Nobody renews the lease now. Its end is brought forward, to spare the test the waiting.
    Job.objects.filter(pk=applying.pk).update(lease_until=timezone.now())
    worker.start()
    finished(worker, applying)

    run.refresh_from_db()
    assert run.counts["created"] == Occurrence.objects.count() == ROWS
    assert Identification.objects.filter(is_current=True).count() == ROWS
    assert Occurrence.objects.values("catalog_number").distinct().count() == ROWS
    assert not Occurrence.objects.exclude(created_by=run.change_set).exists()

    undone = finished(worker, jobs.start("undo", run.change_set.guid, *of[1:]))
    assert undone.result.get("conflicts", 0) == 0
    assert not Occurrence.objects.exists()
