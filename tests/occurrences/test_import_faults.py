"""Imports by real workers while everything around them breaks: each ends as if nothing had."""

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from biocollections.models import Collection, Grant
from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import generator, imports
from occurrences.models import Identification, ImportRun, Occurrence
from occurrences.readers import hash_collection
from portal import celery_app
from tests.worker import Worker, eventually, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROWS = 30_000
KILLS = 10
BY_ITSELF = 240.0  # seconds in which an import must have gone on after a fault
State = Job.State


@pytest.fixture
def checked(herbarium: Collection, administrator: Any, tmp_path: Path) -> ImportRun:
    """A dirty file, ready to be applied."""
    path = tmp_path / "many.csv"
    generator.write_csv(path, generator.rows(ROWS, dirty=0.03))
    run = imports.receive(herbarium, administrator, File(BytesIO(path.read_bytes())), path.name)
    imports.stage(run)
    imports.check(run)
    return run


@pytest.fixture
def beating(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A worker that looks for jobs that lie about, as the portal's own does."""
    celery_app.control.purge()
    with running(tmp_path / "beating.log", with_beat=True) as worker:
        yield worker


def result_of(run: ImportRun) -> tuple[str, int]:
    """Hash what the collection says; determinations get GUIDs that follow from their records."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{Identification._meta.db_table}" i SET guid = md5(o.guid::text || '
            f'i.position)::uuid FROM "{Occurrence._meta.db_table}" o WHERE o.id = i.occurrence_id'
        )
    return hash_collection(run.collection)


def uninterrupted(run: ImportRun) -> tuple[str, int]:
    """Return what applying gives when nothing happens, and make the run ready to be applied."""
    imports.apply(run)
    result = result_of(run)
    counts, change_set = run.counts, run.change_set
    Identification.objects.all().delete()
    Occurrence.objects.all()._raw_delete("default")
    ImportRun.objects.filter(pk=run.pk).update(
        state=ImportRun.State.CHECKED, applied_to=0, change_set=None, counts=counts
    )
    ChangeSet.objects.filter(pk=change_set.pk).delete()
    Job.objects.all().delete()  # of looking up the names
    return result


def apply(run: ImportRun) -> Job:
    return jobs.start("import apply", run.guid, run.user, run.collection_id)


class Watch:
    """Looks at a job until it is over, and that it never goes back."""

    def __init__(self, job: Job, worker: Worker) -> None:
        self.job = job
        self.worker = worker
        self.most = 0

    def until(self, true: Callable[[Job], bool], seconds: float = 120) -> None:
        def look() -> bool:
            self.job.refresh_from_db()
            assert self.job.done >= self.most, "progress went back"
            self.most = self.job.done
            return self.job.is_finished or true(self.job)

        eventually(look, seconds=seconds, why=self.worker.text)

    def until_done(self, seconds: float = 120) -> None:
        self.until(lambda _job: False, seconds)
        assert self.job.state == State.DONE, (self.job.error, self.worker.text()[-3000:])


def assert_whole(run: ImportRun, expected: tuple[str, int]) -> None:
    """The records are those of an uninterrupted run, made by one job in one change set."""
    run.refresh_from_db()
    assert result_of(run) == expected
    assert run.counts["created"] == expected[1]
    assert run.state == ImportRun.State.APPLIED
    assert Job.objects.filter(kind="import apply").count() == 1
    assert not Occurrence.objects.exclude(created_by=run.change_set).exists()
    assert ChangeSet.objects.filter(kind=ChangeSet.Kind.IMPORT).count() == 1


def backend_at_work() -> int:
    """Return the process of PostgreSQL that writes for the worker."""

    def holder_of_the_lock() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted",
                [jobs.LOCK_SPACE],
            )
            return cursor.fetchone()

    return int(eventually(holder_of_the_lock)[0])


def some_are_written() -> bool:
    return Occurrence.objects.exists()


def test_an_import_killed_at_ten_random_points_ends_as_if_it_had_not_been(
    worker: Worker, checked: ImportRun
) -> None:
    expected = uninterrupted(checked)
    chance = random.Random(5)
    points = sorted(chance.randrange(0, ROWS * 8 // 10) for _kill in range(KILLS))
    job = apply(checked)
    watch = Watch(job, worker)
    for point in points:
        watch.until(lambda job, point=point: job.state == State.RUNNING and job.done >= point)
        time.sleep(chance.random() * 0.3)
        worker.kill()
        job.refresh_from_db()
        assert job.state == State.RUNNING
        # Nobody renews the lease now. Its end is brought forward, to spare the test the waiting.
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
        claimed = job.holder
        worker.start()
        watch.until(lambda job, claimed=claimed: job.holder != claimed)
    watch.until_done()
    assert_whole(checked, expected)


def test_an_import_goes_on_by_itself_when_postgresql_was_killed(
    beating: Worker, checked: ImportRun
) -> None:
    expected = uninterrupted(checked)
    job = apply(checked)
    eventually(some_are_written, seconds=60, why=beating.text)
    # All of PostgreSQL's processes but the first end, and it recovers from its log.
    os.kill(backend_at_work(), signal.SIGKILL)
    eventually(is_gone, seconds=BY_ITSELF)  # for a moment it still answers
    eventually(is_back, seconds=BY_ITSELF)
    reached = ImportRun.objects.get(pk=checked.pk).applied_to
    assert 0 < reached < ROWS
    watch = Watch(job, beating)
    watch.until(lambda job: job.done > reached, seconds=BY_ITSELF)
    watch.until_done()
    assert_whole(checked, expected)


def is_gone() -> bool:
    try:
        some_are_written()
    except Exception:
        connection.close()
        return True
    return False


def is_back() -> bool:
    try:
        return some_are_written()
    except Exception:
        connection.close()
        return False


def test_what_the_broker_forgot_is_done_all_the_same(
    beating: Worker, checked: ImportRun, tmp_path: Path
) -> None:
    expected = uninterrupted(checked)
    job = apply(checked)
    eventually(some_are_written, seconds=60, why=beating.text)
    waiting = jobs.start("import check", checked.guid, checked.user)  # behind it in the queue
    with celery_app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()
    Watch(job, beating).until_done()
    Job.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - jobs.LEASE)
    eventually(
        lambda: Job.objects.get(pk=waiting.pk).is_finished, seconds=BY_ITSELF, why=beating.text
    )
    assert_whole(checked, expected)


def test_a_job_delivered_several_times_is_done_once(
    worker: Worker, checked: ImportRun, tmp_path: Path
) -> None:
    expected = uninterrupted(checked)
    with running(tmp_path / "other.log"):
        job = apply(checked)
        for _delivery in range(3):
            jobs.wake(job)
        Watch(job, worker).until_done()
        jobs.wake(job)  # once more, now that it is done
        settled = worker.text
        eventually(lambda: settled().count("succeeded") >= 1, why=worker.text)
    job.refresh_from_db()
    assert job.attempts == 1
    assert_whole(checked, expected)


def test_who_loses_the_right_in_the_middle_writes_no_more_and_undo_takes_all_back(
    worker: Worker, checked: ImportRun, portal_admin: Any
) -> None:
    before = hash_collection(checked.collection)
    job = apply(checked)
    eventually(some_are_written, seconds=60, why=worker.text)
    Grant.objects.filter(user=checked.user, collection=checked.collection).update(
        valid_until=timezone.now() - timedelta(seconds=1)
    )
    Watch(job, worker).until(lambda _job: False)
    assert job.state == State.FAILED
    checked.refresh_from_db()
    numbers = checked.outcomes.filter(action="create", number__lte=checked.applied_to)
    assert 0 < Occurrence.objects.count() == numbers.count() < ROWS

    undone = jobs.start("undo", checked.change_set.guid, None, checked.collection_id)
    Watch(undone, worker).until_done()
    assert hash_collection(checked.collection) == before


def test_an_import_goes_on_by_itself_when_the_disk_is_no_longer_full(
    beating: Worker, checked: ImportRun
) -> None:
    expected = uninterrupted(checked)
    job = apply(checked)
    eventually(some_are_written, seconds=60, why=beating.text)
    fill_the_disk()
    watch = Watch(job, beating)
    watch.until(lambda job: bool(job.error), seconds=60)
    assert job.state == State.RUNNING
    assert "No space left on device" in job.error
    reached = ImportRun.objects.get(pk=checked.pk).applied_to
    assert 0 < reached < ROWS
    make_room()
    watch.until(lambda job: job.done > reached, seconds=BY_ITSELF)
    watch.until_done()
    assert_whole(checked, expected)


def fill_the_disk() -> None:
    """Have PostgreSQL answer as it does when it can't let the table's file grow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute(
            f'CREATE TRIGGER no_room AFTER INSERT ON "{Occurrence._meta.db_table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION no_room()"
        )


def make_room() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION no_room CASCADE")


def test_of_a_file_that_finds_no_room_nothing_is_kept(
    herbarium: Collection, administrator: Any
) -> None:
    content = b"catalogNumber,country\n" + b"A-1,Mexico\n" * 10_000
    store = Path(default_storage.location)
    before = set(store.rglob("*"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, limits[1]))
    try:
        with pytest.raises(OSError):
            imports.receive(herbarium, administrator, ContentFile(content), "big.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [path for path in set(store.rglob("*")) - before if path.is_file()]
    assert not ImportRun.objects.exists()
