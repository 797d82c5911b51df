"""Scans of skeletal records outlive a lost connection, a second tab and a refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from biocollections.models import Collection
from occurrences.models import Occurrence
from tests import make
from tests.cast import client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENT = re.compile(r"\?line$")
BACK_ONLINE = "window.dispatchEvent(new Event('online'))"


@pytest.fixture
def herbarium() -> Collection:
    return make.collection("HERB", administrator=make.user("editor"))


@pytest.fixture
def scanning(herbarium: Collection, page: Page, live_server: Any) -> Page:
    """The page for skeletal records, in the browser of the herbarium's administrator."""
    cookie = client_of(herbarium.grants.get().user).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    return page


def _scan(page: Page, *numbers: str) -> None:
    for number in numbers:
        page.keyboard.type(number)
        page.keyboard.press("Enter")


def _numbers() -> list[str]:
    return sorted(Occurrence.objects.values_list("catalog_number", flat=True))


@pytest.mark.slow
def test_an_idle_second_tab_leaves_the_scans_that_wait(scanning: Page) -> None:
    page, context = scanning, scanning.context
    idle = context.new_page()
    idle.clock.install()
    idle.goto(page.url)
    context.route(SENT, lambda route: route.abort())
    page.bring_to_front()
    _scan(page, "H 1", "H 2")
    expect(page.locator("#scan-state")).to_contain_text("Not sent yet: 2")
    idle.clock.fast_forward(6_000)
    address = page.url
    page.close()
    context.unroute_all()
    later = context.new_page()
    later.goto(address)
    expect(later.locator("#scan-count")).to_have_text("2")
    assert _numbers() == ["H 1", "H 2"]
    assert "scans:" not in later.evaluate("JSON.stringify(localStorage)")


@pytest.mark.slow
def test_a_refused_scan_is_told_and_the_next_ones_go_on(scanning: Page) -> None:
    page = scanning
    page.route(SENT, lambda route: route.fulfill(status=404), times=1)
    _scan(page, "H 1", "H 2")
    expect(page.locator("#scan-count")).to_have_text("1")
    wrong = page.locator("#scans [data-state=wrong]")
    expect(wrong).to_contain_text("H 1 not added")
    expect(wrong).to_contain_text("404")
    assert _numbers() == ["H 2"]


@pytest.mark.slow
def test_what_the_portal_could_not_take_is_told_and_tried_again_by_itself(scanning: Page) -> None:
    page = scanning
    page.clock.install()
    page.reload()
    page.route(SENT, lambda route: route.fulfill(status=503))
    _scan(page, "H 1")
    expect(page.locator("#scan-state")).to_contain_text("Not sent yet: 1")
    expect(page.locator("#scan-state")).to_contain_text("503")
    page.unroute_all()
    page.clock.fast_forward(31_000)
    expect(page.locator("#scan-count")).to_have_text("1")
    assert _numbers() == ["H 1"]


@pytest.mark.slow
def test_a_scan_sent_again_after_its_number_was_corrected_makes_no_second_record(
    scanning: Page,
) -> None:
    page = scanning

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route(SENT, lose_the_answer, times=1)
    _scan(page, "H 1")
    expect(page.locator("#scan-state")).to_contain_text("Not sent yet: 1")
    Occurrence.objects.filter(catalog_number="H 1").update(catalog_number="H 10")
    page.evaluate(BACK_ONLINE)
    expect(page.locator("#scan-count")).to_have_text("1")
    assert _numbers() == ["H 10"]
