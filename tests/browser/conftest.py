"""A small demonstration in the browser, and the one click that signs in."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from occurrences import demo, record_search


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is counted, however busy the machine is."""
    monkeypatch.setattr(record_search, "LOOK_MS", 60_000)


@pytest.fixture
def seeded(transactional_db: None, settings: Any) -> None:
    """The demonstration with few generated records."""
    settings.DEMO = True
    demo.seed(60)


@pytest.fixture
def sign_in(page: Page, seeded: None) -> Callable[[str], None]:
    """Choose a person on the demonstration's sign-in page."""

    def choose(username: str) -> None:
        page.goto("/demo/sign-in/")
        form = page.locator("main form", has=page.locator(f"input[value='{username}']"))
        form.locator("button[type=submit]").click()
        page.wait_for_url("**/profile/")

    return choose
