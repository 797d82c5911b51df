"""Making the next thing while the last one is in use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection, connections

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield `items`, making the next in a thread while the caller has the last.

    Rows are fetched and read, by another process if they are many (`occurrences.beside`), while
    PostgreSQL writes those before. The thread has a connection of its own, so inside a transaction,
    whose rows it couldn't see, items are made in turn instead.
    """
    if connection.in_atomic_block:
        yield from items
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            coming = pool.submit(next, items, None)
            while (item := coming.result()) is not None:
                coming = pool.submit(next, items, None)
                yield item
        finally:
            pool.submit(connections.close_all).result()
