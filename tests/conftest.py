"""What every test may ask for: a browser, a worker, and the cast."""

from tests.chromium import browser, page
from tests.worker import use_own_queue, worker

pytest_plugins = ("tests.cast", "tests.canary", "tests.scene")

__all__ = ["browser", "page", "worker"]


def pytest_configure() -> None:
    use_own_queue()
