"""A collector hands records over in the browser; a curator takes one, declines one, gives it back.

With PICTURES naming a folder, each step leaves the picture that docs/handing-over.md shows.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from biocollections.models import Collection
from occurrences.models import Identifier, Occurrence
from tests.chromium import accessibility_faults
from tests.worker import Worker

pytestmark = pytest.mark.browser
PATIENCE = 30_000  # milliseconds for the worker to finish a step
NUMBERS = ("7001", "7002", "7003")


@pytest.fixture
def curator(browser: Browser, live_server: Any, seeded: None) -> Iterator[Page]:
    """The curator's own browser."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def as_person(page: Page, username: str) -> None:
    page.goto("/demo/sign-in/")
    form = page.locator("main form", has=page.locator(f"input[value='{username}']"))
    form.locator("button[type=submit]").click()
    page.wait_for_url("**/profile/")


def picture(page: Page, name: str) -> None:
    """Keep what the page shows, and see that it can be used by everybody."""
    assert accessibility_faults(page) == [], name
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"handing-over-{name}.png")


@pytest.mark.slow
def test_a_collector_offers_and_a_curator_answers(
    page: Page, curator: Page, worker: Worker, sign_in: Callable[[str], None]
) -> None:
    profile = Collection.objects.get(code="FERRER")
    herbarium = Collection.objects.get(code="HUD")
    page.set_viewport_size({"width": 1280, "height": 800})
    sign_in("collector")
    enter_three(page)
    offer_two(page, herbarium)

    as_person(curator, "manager")
    accept_one_and_decline_one(curator)
    moved = Occurrence.objects.get(catalog_number="HUD0412345")
    assert moved.collection == herbarium
    assert moved.record_number == NUMBERS[0]
    assert ("Accession", "2026-014") in set(
        Identifier.objects.filter(occurrence=moved).values_list("name", "value")
    )

    see_both_answers(page)
    undo(curator)
    moved.refresh_from_db()
    assert (moved.collection, moved.catalog_number) == (profile, None)


def enter_three(page: Page) -> None:
    """My Profile, Add a New Record; number and name change, the rest is carried over."""
    page.goto("/profile/occurrences/")
    picture(page, "profile")
    page.get_by_role("link", name="Add a New Record").click()
    first: dict[str, str] = {
        "recorded_by": "Lucía Ferrer",
        "event_date": "14.vii.2024",
        "country": "Spain",
        "locality": "Sierra de San Pedro, at the pond",
    }
    for column, text in first.items():
        page.locator(f"#id_{column}").fill(text)
    names = ("Cistus ladanifer", "Quercus suber", "Erica arborea")
    for number, name in zip(NUMBERS, names, strict=True):
        page.locator("#id_record_number").fill(number)
        page.locator("#id_scientific_name").fill(name)
        if number == NUMBERS[0]:
            picture(page, "entering")
        with page.expect_navigation():
            page.keyboard.press("Control+Shift+Enter")
    entered = Occurrence.objects.filter(collection__code="FERRER", record_number__in=NUMBERS)
    assert entered.count() == len(NUMBERS)


def offer_two(page: Page, herbarium: Collection) -> None:
    """Tick two, say who gets them, look once more, send."""
    page.goto("/occurrences/table/?within=FERRER&number=7001-7003")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(len(NUMBERS))
    for number in NUMBERS[:2]:
        rows.filter(has_text=number).get_by_role("checkbox").check()
    picture(page, "ticked")
    page.get_by_role("button", name="Send to a collection…").click()
    page.get_by_label("Recipient 1", exact=True).fill(herbarium.code)
    page.get_by_label("Recipient 1 gets").select_option("transfer")
    page.get_by_label("Message", exact=True).fill("Two sheets of July, dried and in newspaper.")
    page.get_by_label("Boxes").fill("1")
    page.get_by_label("Sheets").fill("2")
    picture(page, "recipients")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    picture(page, "review")
    page.get_by_role("button", name="Send 2 records").click()
    expect(page.locator("main")).to_contain_text("2 waiting", timeout=PATIENCE)
    picture(page, "sent")


def accept_one_and_decline_one(page: Page) -> None:
    """The notice leads to the offer: a barcode and an accession for one, a reason for the other."""
    page.goto("/profile/notices/")
    picture(page, "notice")
    page.locator("main").get_by_role("link", name=re.compile("offers 2 records")).click()
    line = page.locator("#answer tbody tr")
    mine = line.filter(has_text=NUMBERS[0])
    mine.get_by_role("checkbox").check()
    mine.get_by_label(re.compile("^Catalog Number")).fill("HUD0412345")
    mine.get_by_label(re.compile("^Accession")).fill("2026-014")
    picture(page, "offer")
    page.get_by_role("button", name="Accept the ticked").click()
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_visible(timeout=PATIENCE)
    picture(page, "accepted")
    other = page.locator("#answer tbody tr").filter(has_text=NUMBERS[1])
    other.get_by_role("checkbox").check()
    page.get_by_label("Reason").fill("We hold this gathering already.")
    page.get_by_role("button", name="Decline the ticked").click()
    expect(page.locator("main")).to_contain_text("We hold this gathering already.")


def see_both_answers(page: Page) -> None:
    page.goto("/profile/notices/")
    expect(page.locator("main")).to_contain_text("accepted")
    page.goto("/sendings/")
    page.locator("main").get_by_role("link", name=re.compile("2 records")).first.click()
    expect(page.locator("main")).to_contain_text("We hold this gathering already.")
    picture(page, "answers")


def undo(page: Page) -> None:
    """The curator takes the acceptance back."""
    page.get_by_role("button", name=re.compile("^Undo")).first.click()
    expect(page.locator("main")).to_contain_text(re.compile("undone", re.I), timeout=PATIENCE)
    picture(page, "undone")
