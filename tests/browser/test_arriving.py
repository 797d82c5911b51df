"""A pile of sheets is received by keyboard and scanner alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from biocollections.models import Collection
from occurrences import offering
from occurrences.models import Occurrence, Offer
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of

pytestmark = [pytest.mark.django_db(transaction=True)]
SENT = re.compile(r"\?line$")


@pytest.fixture
def offer(transactional_db: None) -> Offer:
    """Four sheets for a herbarium, two of which bear the same number."""
    collector, curator = make.user("collector"), make.user("curator")
    profile = make.collection("AG", administrator=collector, type=Collection.Type.PERSONAL)
    herbarium = make.collection("ARIZ", administrator=curator)
    rows = [{"record_number": number, "recorded_by": "A. Gil"} for number in ("1", "2", "7", "7")]
    guids = [record.guid for record in make.occurrences(profile, rows)]
    to = [Recipient("transfer", herbarium)]
    return offering.send(collector, profile, guids, to).offers.get()


@pytest.fixture
def unpacking(offer: Offer, page: Page, live_server: Any) -> Page:
    """The browser of the herbarium's administrator."""
    assert offer.collection
    cookie = client_of(offer.collection.grants.get().user).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


def _scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_scans_numbers_choices_and_undo_need_no_mouse(offer: Offer, unpacking: Page) -> None:
    page = unpacking
    page.goto(f"/offers/{offer.guid}/receiving/")
    answer, tally = page.locator("#answer [data-said]"), page.locator("b[data-tally=received]")
    _scan(page, "B-1")
    expect(answer).to_have_attribute("data-said", "whose")
    expect(page.locator("#number")).to_be_focused()
    _scan(page, "1")
    expect(answer).to_have_attribute("data-said", "received")
    expect(tally).to_have_text("1")
    expect(page.locator("#barcode")).to_be_focused()
    _scan(page, "B-2")
    expect(page.locator("#number")).to_be_focused()
    _scan(page, "99")
    expect(answer).to_have_attribute("data-said", "unknown")
    page.keyboard.press("Escape")
    expect(page.locator("#barcode")).to_be_focused()
    page.keyboard.press("Tab")
    _scan(page, "7")
    expect(answer).to_have_attribute("data-said", "which")
    page.keyboard.press("2")
    expect(tally).to_have_text("2")
    page.keyboard.press("Control+z")
    expect(tally).to_have_text("1")
    expect(page.locator("#scans li")).to_have_count(1)
    row = offer.records.get(received_at__isnull=False)
    assert row.catalog_number == "B-1"


def test_scans_that_come_faster_than_the_answers_are_all_received(
    offer: Offer, unpacking: Page
) -> None:
    page = unpacking
    assert offer.collection
    for at, row in enumerate(offer.records.order_by("pk")):
        offer.records.filter(pk=row.pk).update(catalog_number=f"B-{at}")
    page.goto(f"/collections/{offer.collection.guid}/receiving/")
    for at in range(4):
        _scan(page, f"B-{at}")
    expect(page.locator("b[data-tally=received]")).to_have_text("4")
    expect(page.locator("#scan-count")).to_have_text("4")
    assert not offer.records.filter(received_at=None).exists()


def _scan_and_hold(page: Page, text: str) -> Route:
    """Scan something whose sending is held back; return what lets it go."""
    held: list[Route] = []
    page.route(SENT, lambda route: held.append(route), times=1)
    _scan(page, text)
    while not held:
        page.wait_for_timeout(20)
    return held[0]


@pytest.mark.slow
def test_a_late_question_waits_until_the_next_sheet_is_sent(offer: Offer, unpacking: Page) -> None:
    page = unpacking
    page.goto(f"/offers/{offer.guid}/receiving/")
    held = _scan_and_hold(page, "B-1")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    with page.expect_response(SENT):
        held.continue_()
    expect(page.locator("#scan-state")).to_contain_text("B-1")
    expect(page.locator("#barcode")).to_have_value("")
    expect(page.locator("#number")).to_have_value("2")
    page.keyboard.press("Enter")
    expect(page.locator("#barcode")).to_have_value("B-1")
    expect(page.locator("#number")).to_be_focused()
    _scan(page, "1")
    expect(page.locator("b[data-tally=received]")).to_have_text("2")
    received = offer.records.filter(received_at__isnull=False)
    assert {row.catalog_number for row in received} == {"", "B-1"}
    numbered = offer.records.get(catalog_number="B-1")
    assert Occurrence.objects.get(guid=numbered.record_guid).record_number == "1"


@pytest.mark.slow
def test_scans_without_a_connection_are_kept_and_sent_later(offer: Offer, unpacking: Page) -> None:
    page = unpacking
    page.goto(f"/offers/{offer.guid}/receiving/")
    page.route(SENT, lambda route: route.abort())
    page.keyboard.press("Tab")
    _scan(page, "1")
    expect(page.locator("#scan-state")).to_contain_text("No connection")
    _scan(page, "2")
    expect(page.locator("#scan-state")).to_contain_text("2")
    expect(page.locator("#number")).to_have_value("")
    page.unroute_all()
    page.reload()
    expect(page.locator("b[data-tally=received]")).to_have_text("2")


@pytest.mark.slow
def test_a_scan_outlives_the_answer_not_now(offer: Offer, unpacking: Page) -> None:
    page, cookies = unpacking, unpacking.context.cookies()
    page.goto(f"/offers/{offer.guid}/receiving/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Tab")
    _scan(page, "1")
    page.locator("#again-later").click()
    expect(page.locator("#sign-in-again")).to_be_hidden()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    _scan(page, "2")
    expect(page.locator("b[data-tally=received]")).to_have_text("2")


@pytest.mark.slow
def test_a_question_outlives_an_undo_and_the_next_scan(offer: Offer, unpacking: Page) -> None:
    page = unpacking
    page.goto(f"/offers/{offer.guid}/receiving/")
    page.keyboard.press("Tab")
    _scan(page, "1")
    expect(page.locator("b[data-tally=received]")).to_have_text("1")
    _scan(page, "7")
    expect(page.locator("[name=chosen]")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator("b[data-tally=received]")).to_have_text("0")
    _scan(page, "GIL-2")  # its figure chooses nothing, its Enter neither
    expect(page.locator("#scan-state")).to_contain_text("1")
    assert not offer.records.filter(received_at__isnull=False).exists()
    page.evaluate(
        """for (const key of "27") {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        }"""
    )  # figures that come at once are a scan too
    expect(page.locator("#number")).to_be_focused()
    expect(page.locator("#number")).to_have_value("2")
    page.fill("#number", "")
    page.locator("[name=chosen]").first.focus()
    page.keyboard.press("2")
    expect(page.locator("b[data-tally=received]")).to_have_text("1")
    expect(page.locator("#answer [data-said]")).to_have_attribute("data-said", "unknown")
    expect(page.locator("#number")).to_have_value("GIL-2")
    received = offer.records.get(received_at__isnull=False)
    assert received == offer.records.order_by("pk").last()
