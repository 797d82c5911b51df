"""The main job in a real browser: sign in, import, apply, search, edit, undo."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from biocollections.models import Collection
from occurrences import gomez
from occurrences.models import Identification, ImportRun, Occurrence
from tests.chromium import accessibility_faults
from tests.worker import Worker

pytestmark = pytest.mark.browser
PATIENCE = 30_000  # milliseconds for the worker to finish a step


@pytest.mark.slow
def test_a_manager_imports_corrects_and_takes_it_all_back(
    page: Page, worker: Worker, sign_in: Callable[[str], None]
) -> None:
    herbarium = Collection.objects.get(code="HUD")
    before = Occurrence.objects.filter(collection=herbarium).count()

    sign_in("manager")
    upload(page, herbarium)
    map_columns(page)
    review(page)
    apply(page)
    assert Occurrence.objects.filter(collection=herbarium).count() == before + 9

    receipt = page.url
    search(page)
    edit(page)
    undo_edit(page)
    undo_import(page, receipt)
    assert Occurrence.objects.filter(collection=herbarium).count() == before
    search_finds_nothing(page)


def upload(page: Page, herbarium: Collection) -> None:
    """From My Profile to the collection's control panel, and hand the damaged file over."""
    page.locator("main").get_by_role("link", name=herbarium.name).first.click()
    page.get_by_role("link", name=re.compile("Import", re.IGNORECASE)).first.click()
    page.wait_for_url("**/imports/new/**")
    damaged = {
        "name": "gomez-damaged.csv",
        "mimeType": "text/csv",
        "buffer": gomez.damaged_file(),
    }
    page.set_input_files("input[type=file]", [damaged])  # type: ignore[list-item]
    page.get_by_role("button", name="Upload and read").click()


def map_columns(page: Page) -> None:
    """The guess is right: every column has a meaning, and the catalog number is the key."""
    page.wait_for_url("**/mapping/", timeout=PATIENCE)
    assert accessibility_faults(page) == []
    run = ImportRun.objects.get()
    assert run.key == ImportRun.Key.CATALOG_NUMBER
    assert "" not in [entry["term"] for entry in run.mapping]
    page.get_by_role("button", name="Check these rows").click()


def review(page: Page) -> None:
    """Rows are new, changed, unchanged or kept out, and the mistakes are named."""
    expect(page.locator("#review")).to_be_visible(timeout=PATIENCE)
    assert accessibility_faults(page) == []
    run = ImportRun.objects.get()
    counted = {word: run.counts[word] for word in ("created", "updated", "unchanged", "blocked")}
    assert sum(counted.values()) == run.counts["rows"] == 16
    assert counted["blocked"] == 1 and counted["unchanged"] >= 3
    expect(page.locator("main")).to_contain_text("31/02/1932")


def apply(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Apply import")).click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible(timeout=PATIENCE)
    assert accessibility_faults(page) == []


def search(page: Page) -> None:
    """Find what came in by the search in the header, and open it."""
    box = page.locator("header input[name=q]").first
    box.fill("Gómez 2247")
    box.press("Enter")
    page.wait_for_url("**/occurrences/?**")
    page.locator("main").get_by_role("link", name=re.compile("Guaiacum coulteri")).first.click()
    expect(page.locator("main")).to_contain_text("Río Yaqui below Ónavas")


def edit(page: Page) -> None:
    """Correct the place, and add a determination with another name."""
    page.get_by_role("link", name=re.compile("^Edit")).first.click()
    page.wait_for_url("**/edit/")
    page.locator("[name=locality]").fill("Río Yaqui, 4 km below Ónavas")
    page.locator("[name=scientific_name]").fill("Guaiacum sanctum")
    page.locator("[name=new_determination]").check()
    page.locator("[name=scientific_name]").press("Control+Enter")
    expect(page.locator(".message").first).to_be_visible()
    record = Occurrence.objects.get(record_number="2247")
    assert record.locality == "Río Yaqui, 4 km below Ónavas"
    names = Identification.objects.filter(occurrence=record).values_list("scientific_name")
    assert {name for (name,) in names} == {"Guaiacum coulteri", "Guaiacum sanctum"}


def undo_edit(page: Page) -> None:
    """The message after saving takes the edit back."""
    page.locator(".message").get_by_role("button", name="Undo").first.click()
    expect(page.locator(".message").first).to_be_visible()
    record = Occurrence.objects.get(record_number="2247")
    assert record.locality == "Río Yaqui below Ónavas"
    assert Identification.objects.get(occurrence=record).scientific_name == "Guaiacum coulteri"


def undo_import(page: Page, receipt: str) -> None:
    page.goto(receipt)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator("main")).to_contain_text("took this import back", timeout=PATIENCE)


def search_finds_nothing(page: Page) -> None:
    page.goto("/occurrences/?q=G%C3%B3mez+2247")
    assert page.locator("main").get_by_role("link", name=re.compile("Guaiacum")).count() == 0
