"""What every test may ask for: a browser, a worker, and the cast."""

import gc
import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Page

from tests.chromium import browser, in_words, live_server, page
from tests.worker import Worker, use_own_queue, worker

pytest_plugins = ("tests.cast", "tests.canary", "tests.scene")

__all__ = ["browser", "live_server", "page", "worker"]

# Properties are looked for without a clock, since the machine may be busy, and in the same examples
# each time: a run says whether a change broke something. EXPLORE=5000 looks at as many new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile(
    "new", deadline=None, max_examples=int(os.environ.get("EXPLORE") or 100), print_blob=True
)
settings.load_profile("new" if os.environ.get("EXPLORE") else "same")


def pytest_configure() -> None:
    use_own_queue()


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of later collections: a seventh of the time of the tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any) -> Generator[None, Any, Any]:
    """Put what the browser showed and what the worker said beside a failure."""
    report = yield
    if report.failed and report.when == "call":
        for name, value in item.funcargs.items():
            if isinstance(value, Page):
                report.sections.append((f"Shown on {name}", in_words(value)))
            elif isinstance(value, Worker):
                report.sections.append((f"Log of {name}", value.text()[-5000:]))
    return report
