"""A real worker on the real broker, as the fixture `worker` gives it to other tests."""

from journal.tasks import sweep
from tests.worker import Worker, eventually


def ask_for_a_sweep(worker: Worker) -> None:
    """Ask, beside the sweep that every worker begins with, and wait until it is done."""
    task = sweep.delay()
    eventually(lambda: f"[{task.id}] succeeded in" in worker.text(), why=worker.text)


def test_worker_does_what_is_asked_and_so_does_the_one_after_it(worker: Worker) -> None:
    ask_for_a_sweep(worker)
    worker.kill()
    worker.start()
    ask_for_a_sweep(worker)


def test_worker_begins_with_a_sweep_and_an_empty_queue(worker: Worker) -> None:
    eventually(lambda: "succeeded in" in worker.text(), why=worker.text)
    assert worker.text().count("received") == 1
