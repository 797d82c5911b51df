"""A batch edit and its undo by keys alone, in a real browser."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from journal import jobs
from journal.models import Job
from occurrences.models import Occurrence
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(page: Page, live_server: Any) -> Page:
    """A person who edits three records, at the search."""
    editor = make.user("editor")
    herbarium = make.collection("HERB", administrator=editor)
    make.occurrences(
        herbarium,
        [{"catalog_number": str(number), "locality": "Cañon de Imuris"} for number in range(3)],
    )
    client = Client()
    client.force_login(editor)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto("/occurrences/?collection=HERB")
    return page


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus says so."""
    for _step in range(80):
        page.keyboard.press("Tab")
        held = page.evaluate("document.activeElement.innerText || document.activeElement.id")
        if text in held:
            return
    raise AssertionError(f"no way to {text} by Tab")


def press(page: Page, keys: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(keys)


def localities() -> set[str]:
    return set(Occurrence.objects.values_list("locality", flat=True))


def test_a_batch_edit_and_its_undo_by_keys_alone(signed_in: Page) -> None:
    page = signed_in
    tab_to(page, "Batch")
    page.keyboard.press("Enter")
    tab_to(page, "Batch edit")
    press(page, "Enter")
    expect(page.locator("#column-1")).to_be_focused()
    page.keyboard.type("Locality")
    page.keyboard.press("Tab")
    page.keyboard.type("Replace a")
    page.keyboard.press("Tab")
    page.keyboard.type("Cañon")
    page.keyboard.press("Tab")
    page.keyboard.type("Cañón")
    press(page, "Enter")
    expect(page.locator("#of-locality")).to_be_visible()
    tab_to(page, "Change the records")
    press(page, "Enter")
    jobs.run(Job.objects.get(kind="batch").guid)
    expect(page.get_by_text("3 records changed")).to_be_visible(timeout=10_000)
    assert localities() == {"Cañón de Imuris"}
    tab_to(page, "Undo")
    press(page, "Enter")
    assert localities() == {"Cañon de Imuris"}


def test_the_focus_goes_to_what_is_wrong_and_then_to_the_preview(signed_in: Page) -> None:
    page = signed_in
    tab_to(page, "Batch")
    page.keyboard.press("Enter")
    tab_to(page, "Batch edit")
    press(page, "Enter")
    page.keyboard.type("Locality")
    page.keyboard.press("Tab")
    page.keyboard.type("Replace by")
    page.keyboard.press("Tab")
    page.keyboard.type("(Ca")
    press(page, "Enter")
    expect(page.locator("#told-1")).to_contain_text("not balanced")
    expect(page.locator("#find-1")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(")")
    press(page, "Enter")
    expect(page.locator("#of-locality")).to_be_focused()
