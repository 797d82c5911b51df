"""A real worker on the real broker, as the fixture `worker` gives it to other tests."""

from journal.tasks import sweep
from tests.worker import Worker, eventually


def done(worker: Worker) -> int:
    return worker.text().count("succeeded in")


def test_worker_does_what_is_asked_and_so_does_the_one_after_it(worker: Worker) -> None:
    sweep.delay()
    eventually(lambda: done(worker) == 1, why=worker.text)
    worker.kill()
    sweep.delay()
    worker.start()
    eventually(lambda: done(worker) == 1, why=worker.text)


def test_queue_of_a_test_is_empty_at_first(worker: Worker) -> None:
    assert "received" not in worker.text()
