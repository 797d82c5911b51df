"""What the worker is called for."""

from __future__ import annotations

from celery import shared_task

from journal import jobs


@shared_task(name="journal.tasks.run_job")
def run_job(guid: str) -> None:
    jobs.run(guid)


@shared_task(name="journal.tasks.sweep")
def sweep() -> int:
    return jobs.sweep()
