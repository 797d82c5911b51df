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


@pytest.mark.slow
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
    expect(page.locator("main")).to_contain_text("took this import back", timeout=PATIENCE)
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


COLUMNS = """Código de barras,Quién,Nota,Lugar,Zona
HUD-1,L. Gómez,arena,Cerro El Álamo,12
HUD-2,L. Gómez,roca,Caborca,12
"""


@pytest.mark.slow
def test_columns_are_mapped_and_checked_without_a_mouse(
    page: Page, worker: Worker, sign_in: Callable[[str], None]
) -> None:
    """Type a word in any language, take it by Enter, and go on by Enter or the arrow."""
    sign_in("manager")
    open_upload(page)
    rows = {"name": "campo.csv", "mimeType": "text/csv", "buffer": COLUMNS.encode()}
    page.set_input_files("input[type=file]", [rows])  # type: ignore[list-item]
    page.get_by_role("button", name="Upload and read").click()
    page.wait_for_url("**/mapping/", timeout=PATIENCE)
    columns = [page.locator(f"input[name=column{at}]") for at in range(5)]

    columns[0].focus()
    expect(columns[0]).to_have_value("Catalog Number")
    page.keyboard.press("ArrowDown")
    expect(columns[1]).to_be_focused()
    page.keyboard.type("recolector")
    expect(page.locator("#targets-found li").first).to_contain_text("Collector")
    page.keyboard.press("Enter")
    expect(columns[1]).to_have_value("Collector")
    expect(page.locator("#meaning1")).to_contain_text("Who collected")
    expect(columns[2]).to_be_focused()
    page.keyboard.type("keep")
    page.keyboard.press("Enter")
    expect(columns[2]).to_have_value("Keep in Dynamic Properties")
    expect(columns[3]).to_have_value("Locality")
    page.keyboard.press("Enter")
    page.keyboard.type("locality")
    page.keyboard.press("Enter")
    expect(page.locator("select[name=joined4]")).to_be_visible()
    expect(page.locator("#mapped")).to_have_text("5 of 5 columns will be read")

    button = page.get_by_role("button", name="Check these rows")
    for _press in range(60):
        if button.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    apply = page.get_by_role("button", name=re.compile("^Apply import"))
    expect(apply).to_have_text("Apply import: 2 new, 0 changed", timeout=PATIENCE)
    page.locator("a.tile", has_text="new").first.press("Enter")
    expect(page.locator("main")).to_contain_text("Cerro El Álamo, 12")


@pytest.mark.slow
def test_leaving_a_row_out_changes_the_counts_in_place(
    page: Page, worker: Worker, sign_in: Callable[[str], None]
) -> None:
    sign_in("manager")
    open_upload(page)
    page.set_input_files("input[type=file]", [DAMAGED])
    page.get_by_role("button", name="Upload and read").click()
    page.wait_for_url("**/mapping/", timeout=PATIENCE)
    first = page.locator("input[name=column0]")
    first.fill("no such meaning")
    expect(first).to_have_attribute("aria-invalid", "true")
    first.fill("Catalog Number")
    expect(page.locator("#mapped")).to_have_text("14 of 14 columns will be read")
    page.get_by_role("button", name="Check these rows").click()
    apply = page.get_by_role("button", name=re.compile("^Apply import"))
    expect(apply).to_have_text("Apply import: 9 new, 3 changed", timeout=PATIENCE)
    page.wait_for_load_state()
    page.evaluate("() => { window.sameWindow = true; }")
    page.get_by_role("button", name=re.compile("^Leave line")).first.click()
    expect(apply).to_have_text("Apply import: 9 new, 2 changed")
    assert page.evaluate("() => window.sameWindow")
