"""Long work is a job whose truth is its row: claimed once, kept by a lease, taken up again."""

import errno
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError
from django.utils import timezone

from journal import jobs
from journal.models import Job
from tests import make

pytestmark = pytest.mark.django_db

State = Job.State


@pytest.fixture
def woken(monkeypatch):
    """The jobs somebody was woken for, without a broker."""
    found = []
    monkeypatch.setattr(jobs, "wake", lambda job: found.append(job.guid))
    return found


@pytest.fixture
def works(monkeypatch):
    """A registry of its own for each test: {kind: function}."""
    registry = {}
    monkeypatch.setattr(jobs, "_works", registry)
    return registry


def fresh(job):
    return Job.objects.get(pk=job.pk)


def running(**fields):
    fields.setdefault("lease_until", timezone.now() + jobs.LEASE)
    return Job.objects.create(kind="count", key="1", state=State.RUNNING, **fields)


def test_a_started_job_waits_and_a_worker_is_woken(woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.start("count", "1", None)
    assert job.state == State.QUEUED
    assert woken == [job.guid]


def test_the_same_work_is_not_started_twice_while_it_is_unfinished(woken):
    first = jobs.start("count", "1", None)
    assert jobs.start("count", "1", None) == first
    Job.objects.update(state=State.DONE)
    assert jobs.start("count", "1", None) != first


def test_the_result_of_the_work_stands_in_the_row(works):
    works["count"] = lambda progress: {"records": 3}
    job = jobs.run_here("count", "1", None)
    assert (job.state, job.result, job.percent) == (State.DONE, {"records": 3}, 100)
    assert job.finished_at is not None and job.lease_until is None


def test_a_job_that_somebody_holds_is_not_done_twice(works):
    calls = []
    works["count"] = lambda progress: calls.append(1) or {}
    job = running(holder="another worker")
    jobs.run(job.guid)
    assert calls == [] and fresh(job).holder == "another worker"


def test_a_job_whose_lease_ran_out_is_taken_up_again(works):
    works["count"] = lambda progress: {"taken": "up"}
    job = running(holder="a dead worker", lease_until=timezone.now() - timedelta(seconds=1))
    jobs.run(job.guid)
    assert (fresh(job).state, fresh(job).result) == (State.DONE, {"taken": "up"})


def test_a_job_whose_database_went_away_waits_to_be_taken_up_again(works):
    def lose(_progress):
        raise OperationalError("gone") from psycopg.errors.AdminShutdown("terminating connection")

    works["count"] = lose
    job = jobs.run_here("count", "1", None)
    assert job.state == State.RUNNING and job.lease_until
    assert job.error == "OperationalError: gone"


def test_what_the_database_refuses_fails_at_once(works):
    def ask_too_much(_progress):
        raise OperationalError("no") from psycopg.errors.ProgramLimitExceeded("index row size")

    works["count"] = ask_too_much
    assert jobs.run_here("count", "1", None).state == State.FAILED


def test_a_finished_job_is_not_done_again(works):
    calls = []
    works["count"] = lambda progress: calls.append(1) or {}
    job = jobs.run_here("count", "1", None)
    jobs.run(job.guid)
    assert calls == [1]


def test_who_lost_the_lease_stops_and_leaves_the_row_to_the_other(works):
    def lose(progress):
        Job.objects.update(holder="another worker")
        progress.report(1, 2, "half")
        pytest.fail("went on without the lease")

    works["count"] = lose
    job = jobs.run_here("count", "1", None)
    assert (job.state, job.holder) == (State.RUNNING, "another worker")


def test_progress_is_seen_while_the_work_goes_on(works):
    seen = []

    def half(progress):
        progress.report(5, 10, "writing")
        seen.append(fresh(progress.job))
        return {}

    works["count"] = half
    jobs.run_here("count", "1", None)
    assert (seen[0].done, seen[0].percent, seen[0].message) == (5, 50, "writing")


def test_a_waiting_job_is_cancelled_at_once():
    job = Job.objects.create(kind="count", key="1")
    jobs.cancel(job)
    assert fresh(job).state == State.CANCELLED


def test_a_running_job_stops_at_its_next_report(works):
    def work(progress):
        jobs.cancel(progress.job)
        progress.report(1, 2, "half")
        pytest.fail("went on after Cancel")

    works["count"] = work
    assert jobs.run_here("count", "1", None).state == State.CANCELLED


def test_a_refusal_is_told_in_its_own_words(works):
    def refuse(progress):
        raise jobs.Refused("Your role has ended.")

    works["count"] = refuse
    job = jobs.run_here("count", "1", None)
    assert (job.state, job.error) == (State.FAILED, "Your role has ended.")


def test_a_mistake_in_the_work_ends_its_job_and_nothing_else(works):
    works["count"] = lambda progress: {}["missing"]
    job = jobs.run_here("count", "1", None)
    assert job.state == State.FAILED
    assert "KeyError" in job.error


def test_work_that_kills_its_worker_each_time_is_given_up(works):
    works["count"] = lambda progress: pytest.fail("tried once too often")
    ended = timezone.now() - timedelta(seconds=1)
    job = running(attempts=jobs.MOST_ATTEMPTS, lease_until=ended)
    jobs.run(job.guid)
    assert fresh(job).state == State.FAILED


def test_attempts_that_get_further_are_not_counted(works):
    works["count"] = lambda progress: progress.report(6, 9, "Counting") or {"attempts": 1}
    ended = timezone.now() - timedelta(seconds=1)
    job = running(
        attempts=jobs.MOST_ATTEMPTS - 1, done=5, total=9, message="Counting", lease_until=ended
    )
    jobs.run(job.guid)
    assert (fresh(job).state, fresh(job).attempts) == (State.DONE, 1)


def test_work_that_begins_anew_is_never_told_to_have_gone_back(works):
    told = []

    def count(progress):
        for done in (1, 7):
            progress._told = 0.0
            progress.report(done, 9, "Counting")
            told.append(Job.objects.get(pk=progress.job.pk).done)
        return {}

    works["count"] = count
    ended = timezone.now() - timedelta(seconds=1)
    job = running(done=5, total=9, message="Counting", lease_until=ended)
    jobs.run(job.guid)
    assert told == [5, 7]


def test_a_full_disk_leaves_the_job_to_the_sweep_until_it_is_given_up(works):
    def fill(_progress):
        raise OSError(errno.ENOSPC, "No space left on device")

    works["count"] = fill
    job = jobs.run_here("count", "1", None)
    assert (job.state, job.attempts) == (State.RUNNING, 1)
    past = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(attempts=jobs.MOST_ATTEMPTS, lease_until=past)
    jobs.run(job.guid)
    assert fresh(job).state == State.FAILED
    assert "No space left on device" in fresh(job).error


def test_the_sweep_wakes_for_what_lies_about_and_for_nothing_else(woken):
    past = timezone.now() - timedelta(minutes=1)
    dead = Job.objects.create(kind="a", key="1", state=State.RUNNING, lease_until=past)
    forgotten = Job.objects.create(kind="b", key="1", created_at=past)
    running()
    Job.objects.create(kind="new", key="1")
    Job.objects.create(kind="old", key="1", state=State.DONE, created_at=past)
    assert jobs.sweep() == 2
    assert set(woken) == {dead.guid, forgotten.guid}


def test_a_broker_that_is_down_loses_no_job(monkeypatch):
    from journal.tasks import run_job

    def down(*arguments):
        raise ConnectionError

    monkeypatch.setattr(run_job, "delay", down)
    job = Job.objects.create(kind="count", key="1")
    jobs.wake(job)
    assert fresh(job).state == State.QUEUED


def test_the_time_left_follows_from_the_rate():
    started = timezone.now() - timedelta(seconds=10)
    job = running(done=100, total=300, started_at=started)
    assert job.rate == pytest.approx(10, rel=0.5)
    assert job.seconds_left == pytest.approx(20, rel=0.5)
    assert Job(done=0, total=None).percent is None


@pytest.mark.django_db(transaction=True)
def test_two_jobs_of_one_collection_go_one_after_the_other():
    import threading

    from django.db import connection

    told = []
    inside, leave = threading.Event(), threading.Event()

    def other():
        inside.wait(10)
        try:
            with jobs.collection_lock(7):
                told.append("second")
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    with jobs.collection_lock(7, 8, 7):
        inside.set()
        leave.wait(0.3)
        told.append("first")
    thread.join(10)
    assert told == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_gets_the_job(monkeypatch):
    import threading

    from django.db import connection

    calls = []
    monkeypatch.setattr(jobs, "_works", {"count": lambda progress: calls.append(1) or {}})
    job = Job.objects.create(kind="count", key="1", user=make.user())
    barrier = threading.Barrier(2)

    def worker():
        barrier.wait()
        try:
            jobs.run(job.guid)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert calls == [1]
