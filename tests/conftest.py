"""What every test may ask for: a browser, a worker, and the cast."""

import gc

from tests.chromium import browser, page
from tests.worker import use_own_queue, worker

pytest_plugins = ("tests.cast", "tests.canary", "tests.scene")

__all__ = ["browser", "page", "worker"]


def pytest_configure() -> None:
    use_own_queue()


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of later collections: a seventh of the time of the tests."""
    gc.collect()
    gc.freeze()
