"""A job that ends while a page is being made, at every moment it can."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from journal import jobs
from journal.models import Job


def at_every_moment(job: Job, page: Callable[[], Any]) -> Iterator[Any]:
    """Yield what `page()` answers when the job ends before its first query, its second, and so on,
    until it is through before the job; what each time leaves behind is taken back."""
    for number in range(1, 200):
        point = transaction.savepoint()
        with _before_query(number, lambda: jobs.run(job.guid)) as met:
            answer = page()
        job.refresh_from_db()
        assert job.is_finished is bool(met)
        yield answer
        transaction.savepoint_rollback(point)
        if not met:
            return
    raise AssertionError("the page asks without end")


@contextmanager
def _before_query(number: int, happen: Callable[[], None]) -> Iterator[list[str]]:
    """Have something happen right before a query; yields a list that names the query then met."""
    met: list[str] = []
    asked = 0

    def ask(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == number:
            met.append(sql)
            happen()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ask):
        yield met
