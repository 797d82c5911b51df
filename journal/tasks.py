"""What the worker is called for."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from journal import jobs


@shared_task(name="journal.tasks.run_job")
def run_job(guid: str) -> None:
    jobs.run(guid)


@shared_task(name="journal.tasks.sweep")
def sweep() -> int:
    return jobs.sweep()


@worker_ready.connect
def sweep_at_once(**_signal: Any) -> None:
    """Take up what a worker left lying that was killed, as soon as there is one again."""
    sweep.delay()
