"""What an import's pages do beyond the journey: without scripts, and the comfort with them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from biocollections.models import Collection
from occurrences import demo, gomez
from occurrences.models import ImportRun, Occurrence
from tests.worker import Worker

pytestmark = pytest.mark.browser
PATIENCE = 30_000  # milliseconds for the worker to finish a step
DAMAGED: Any = {
    "name": "gomez-damaged.csv",
    "mimeType": "text/csv",
    "buffer": gomez.damaged_file(),
}


@pytest.fixture
def plain_page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def open_upload(page: Page) -> None:
    herbarium = Collection.objects.get(code="HUD")
    page.goto(f"/imports/new/{herbarium.guid}/")


def test_an_import_needs_no_scripts(plain_page: Page, worker: Worker, settings: Any) -> None:
    """Each page moves on by itself when its job is done."""
    settings.DEMO = True
    demo.seed(60)
    page, before = plain_page, Occurrence.objects.count()
    page.goto("/demo/sign-in/")
    form = page.locator("main form", has=page.locator("input[value='manager']"))
    form.locator("button[type=submit]").click()

    open_upload(page)
    page.set_input_files("input[type=file]", [DAMAGED])
    page.get_by_role("button", name="Upload and read").click()
    page.get_by_role("button", name="Check these rows").click()
    page.locator("a.tile", has_text="changed").first.click()
    page.get_by_role("button", name=re.compile("^Leave line")).first.click()
    expect(page.locator("a.tile", has_text="left out")).to_contain_text("1")
    page.get_by_role("button", name=re.compile("^Apply import: 9 new, 2 changed")).click()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator("main")).to_contain_text("took this import back")
    assert Occurrence.objects.count() == before


def test_a_dropped_file_is_named_and_one_too_large_told_at_once(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    sign_in("manager")
    open_upload(page)
    drop(page, "gomez.csv")
    expect(page.locator("#chosen")).to_have_text(re.compile(r"gomez\.csv · 12 bytes?"))
    page.locator("input[type=file]").evaluate("input => { input.dataset.most = '5'; }")
    drop(page, "large.csv")
    expect(page.locator("#chosen")).to_have_text(re.compile("larger than"))
    page.get_by_role("button", name="Upload and read").click()
    assert not ImportRun.objects.exists()


def drop(page: Page, name: str) -> None:
    """Let a file of twelve bytes fall on the page."""
    page.evaluate(
        """name => {
            const data = new DataTransfer();
            data.items.add(new File(["locality\\nA\\n\\n"], name, { type: "text/csv" }));
            const how = { dataTransfer: data, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        name,
    )


def test_leaving_a_row_out_changes_the_counts_in_place(
    page: Page, worker: Worker, sign_in: Callable[[str], None]
) -> None:
    sign_in("manager")
    open_upload(page)
    page.set_input_files("input[type=file]", [DAMAGED])
    page.get_by_role("button", name="Upload and read").click()
    page.wait_for_url("**/mapping/", timeout=PATIENCE)
    twice = page.locator("select[name=column0]")
    twice.select_option("locality")
    expect(twice).to_have_attribute("aria-invalid", "true")
    twice.select_option("catalogNumber")
    expect(page.locator("#mapped")).to_have_text("14 of 14 columns will be read")
    page.get_by_role("button", name="Check these rows").click()
    apply = page.get_by_role("button", name=re.compile("^Apply import"))
    expect(apply).to_have_text("Apply import: 9 new, 3 changed", timeout=PATIENCE)
    page.evaluate("() => { window.sameWindow = true; }")
    page.get_by_role("button", name=re.compile("^Leave line")).first.click()
    expect(apply).to_have_text("Apply import: 9 new, 2 changed")
    assert page.evaluate("() => window.sameWindow")
