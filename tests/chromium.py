"""A real Chromium, the machine's own, for browser tests and for `dev.py look`."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserType, Error, Page, expect, sync_playwright

PATIENCE = 15_000  # milliseconds, of a machine that has other things to do too
expect.set_options(timeout=PATIENCE)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = [
    "--no-sandbox",  # its sandbox does not start for root, nor in most containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# A refused page is what many tests ask for; a text that is still being read is let go of on saving.
HARMLESS = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")


def chromium_path() -> str | None:
    """The Chromium of this machine: PORTAL_CHROMIUM, or one on the PATH."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("PORTAL_CHROMIUM") or next(filter(None, found), None)


def launch(chromium: BrowserType) -> Browser:
    """Start the machine's Chromium without a window."""
    return chromium.launch(executable_path=chromium_path(), args=OPTIONS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium for the whole session. Without one the test is skipped, unless it is required."""
    if chromium_path() is None:
        reason = "there is no Chromium here: install the package chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in the tests' thread
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


class Answers:
    """How many requests are being answered at this moment, by whichever thread."""

    def __init__(self) -> None:
        self.number = 0
        self.lock = threading.Lock()
        request_started.connect(self._begin)
        request_finished.connect(self._end)

    def _begin(self, **_signal: Any) -> None:
        with self.lock:
            self.number += 1

    def _end(self, **_signal: Any) -> None:
        with self.lock:
            self.number -= 1


ANSWERS = Answers()


@pytest.fixture
def live_server(live_server: Any) -> Iterator[Any]:
    """The site. What it was asked last is answered before the database is emptied under it."""
    before = ANSWERS.number
    yield live_server
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        time.sleep(0.05)  # in which a request that has arrived is begun
        if ANSWERS.number <= before:
            break


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A fresh page on the site served from the test database; script and CSP errors fail the test.

    Addresses are relative: `page.goto("/occurrences/")`.
    """
    errors: list[str] = []
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert [each for each in errors if not each.startswith(HARMLESS)] == []


def in_words(page: Page) -> str:
    """Where a page is and what it says, for who reads of a failure."""
    try:
        return f"{page.url}\n{page.locator('body').inner_text(timeout=2_000)[:3000]}"
    except Error as error:  # closed, or on its way to the next page
        return f"{page.url}\n{error}"


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds serious or critical on this page, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]})
    violations = found.response["violations"]
    return [
        f"{each['id']}: {each['help']} ({node['target'][0]})"
        for each in violations
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
