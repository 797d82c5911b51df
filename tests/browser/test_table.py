"""The table of records by keyboard alone: typing in place, a block from a spreadsheet, and Undo."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from occurrences import editing
from occurrences.models import Occurrence
from tests import make
from tests.chromium import accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def records() -> list[Occurrence]:
    person = make.user("editor")
    herbarium = make.collection("HERB", administrator=person)
    rows = [{"catalog_number": f"H {number}", "locality": "Imuris"} for number in (1, 2, 3)]
    return make.occurrences(herbarium, rows)


@pytest.fixture
def open_table(page: Page, live_server: Any, records: list[Occurrence]) -> Callable[[], None]:
    """Sign the editor in and open the table of all three."""
    client = Client()
    client.force_login(records[0].collection.grants.get().user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    page.goto("/occurrences/table/?within=HERB")
    page.wait_for_selector('#table[role="grid"]')

    def reload() -> None:
        page.reload()

    return reload


def cell(page: Page, row: int, column: str) -> Any:
    index = page.locator("#table thead th").evaluate_all(
        "(heads, name) => heads.findIndex((head) => head.dataset.column === name)", column
    )
    return page.locator(f"#table tbody tr:nth-child({row}) > :nth-child({index + 1})")


def paste(page: Page, text: str) -> None:
    """Paste as a spreadsheet does: text on the clipboard, at the cell that has the focus."""
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


def values(column: str) -> list[Any]:
    return list(Occurrence.objects.order_by("catalog_number").values_list(column, flat=True))


def test_a_cell_is_typed_saved_and_left_by_keys_alone(
    page: Page, open_table: Callable[[], None]
) -> None:
    cell(page, 1, "catalog_number").focus()
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    expect(cell(page, 1, "event_date")).to_be_focused()
    page.keyboard.type("14.vii.1932")
    page.keyboard.press("Enter")
    expect(cell(page, 1, "event_date")).to_have_text("1932-07-14")
    expect(cell(page, 2, "event_date")).to_be_focused()
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    page.keyboard.type("nonsense")
    page.keyboard.press("Escape")
    expect(cell(page, 2, "event_date")).to_have_text("")
    page.keyboard.press("F2")
    page.keyboard.type("31/02/1998")
    page.keyboard.press("Tab")
    expect(page.locator("#table-said")).to_contain_text("is not a date")
    expect(cell(page, 2, "event_date")).to_have_text("31/02/1998")
    expect(cell(page, 2, "country")).to_be_focused()
    assert values("event_date") == ["1932-07-14", None, None]


def test_a_block_from_a_spreadsheet_is_shown_saved_as_one_and_undone(
    page: Page, open_table: Callable[[], None]
) -> None:
    cell(page, 1, "event_date").focus()
    paste(page, "14.vii.1932\tMexico\n1940\tMexico\n31/02/1998\tUSA\n")
    review = page.locator("#review")
    expect(review).to_contain_text("5 cells change, 1 can't be saved")
    expect(review).to_contain_text("1932-07-14")
    assert values("event_date") == [None, None, None]
    page.keyboard.press("Enter")  # the focus is on Save the others
    expect(page.locator("#table-said")).to_contain_text("Saved")
    assert values("event_date") == ["1932-07-14", "1940", None]
    assert values("country")[:2] == ["Mexico", "Mexico"]
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    expect(cell(page, 1, "event_date")).to_have_text("")
    assert values("event_date") == [None, None, None]
    assert values("country") == [None, None, None]


def test_fill_down_and_somebody_elses_change(
    page: Page, open_table: Callable[[], None], records: list[Occurrence]
) -> None:
    editor = records[0].collection.grants.get().user
    editing.save(records[1].guid, editor, 1, {"locality": "Imuris"}, {"locality": "Cananea"})
    cell(page, 1, "locality").focus()
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("Nogales")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    expect(page.locator("#review")).to_contain_text("changed meanwhile")
    expect(page.locator("#review")).to_contain_text("Cananea")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "locality")).to_have_text("Nogales")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    assert values("locality") == ["Nogales", "Cananea", "Nogales"]


def test_one_cell_takes_what_stands_above_it(page: Page, open_table: Callable[[], None]) -> None:
    cell(page, 1, "locality").focus()
    page.keyboard.type("Nogales")
    page.keyboard.press("Enter")
    expect(cell(page, 2, "locality")).to_be_focused()
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    page.keyboard.press("Control+d")
    expect(cell(page, 2, "locality")).to_have_text("Nogales")
    expect(page.locator("#table .waiting")).to_have_count(0)
    assert values("locality")[:2] == ["Nogales", "Nogales"]


def test_enter_in_a_search_displays_the_table(page: Page, open_table: Callable[[], None]) -> None:
    page.goto("/occurrences/record-search/?within=HERB")
    page.get_by_label("Catalog Number").first.fill("H 2")
    page.keyboard.press("Enter")
    expect(page.locator("#table tbody tr")).to_have_count(1)


def test_the_search_of_editors_is_asked_with_lines_that_come_by_themselves(
    page: Page, open_table: Callable[[], None]
) -> None:
    page.goto("/occurrences/record-search/?within=HERB")
    line = page.locator(".asked-line").first
    line.locator('select[name="field"]').select_option("catalog_number")
    expect(page.locator("fieldset.asked-group").first.locator(".asked-line")).to_have_count(2)
    line.locator('select[name="operator"]').select_option("list")
    line.locator('input[name="value"]').fill("H 2-H 3")
    page.get_by_role("button", name="Display Table").click()
    expect(page.locator("h1")).to_have_text("2 records")
    expect(page.locator("#table tbody tr")).to_have_count(2)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_search_and_table_have_no_serious_fault(
    page: Page, open_table: Callable[[], None], scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    search = "/occurrences/record-search/?group=1&field=locality&operator=is&value=Imuris"
    faults = []
    for address in (search, "/occurrences/table/?within=HERB"):
        page.goto(address)
        faults += [f"{address} {fault}" for fault in accessibility_faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{address} is wider than the window")
    cell(page, 1, "catalog_number").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    expect(page.locator("#review")).to_contain_text("1 cell changes")
    faults += accessibility_faults(page)
    assert not faults, "\n".join(["", *faults])


def test_what_of_a_block_reaches_beyond_the_page_is_told(
    page: Page, open_table: Callable[[], None]
) -> None:
    cell(page, 3, "processing_status").focus()
    paste(page, "reviewed\tmore\tand more\nclosed\tx\ty\n")
    review = page.locator("#review")
    expect(review).to_contain_text("Rows left out: 1. Columns left out: 2.")
    assert values("processing_status") == [None, None, None]
    page.keyboard.press("Enter")
    expect(cell(page, 3, "processing_status")).to_have_text("reviewed")
    paste(page, "reviewed\tmore\n")
    expect(page.locator("#table-said")).to_contain_text("Columns left out: 1.")


def test_what_was_saved_is_undone_by_a_key_and_one_stays_where_one_was(
    page: Page, open_table: Callable[[], None]
) -> None:
    cell(page, 2, "locality").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    with page.expect_navigation():
        page.keyboard.press("Control+z")
    expect(cell(page, 2, "locality")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(page, 3, "locality")).to_be_focused()
    assert values("locality") == ["Imuris"] * 3


def test_a_wrong_text_that_is_left_takes_its_message_with_it(
    page: Page, open_table: Callable[[], None]
) -> None:
    cell(page, 1, "event_date").focus()
    page.keyboard.type("31/02/1998")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("is not a date")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    expect(page.locator("#table-said")).to_be_empty()


def test_a_search_that_finds_nothing_is_a_page_without_a_script_error(
    page: Page, open_table: Callable[[], None]
) -> None:
    page.goto("/occurrences/table/?within=HERB&collector=nobody")
    expect(page.locator("main")).to_contain_text("No record you may edit")


def test_one_undo_takes_back_what_was_saved_in_two_collections(
    page: Page, open_table: Callable[[], None], records: list[Occurrence]
) -> None:
    other = make.collection("OTHER", administrator=records[0].collection.grants.get().user)
    make.occurrence(other, catalog_number="O 1", locality="Nogales")
    page.goto("/occurrences/table/?within=&sort=catalog")
    cell(page, 3, "county").focus()
    paste(page, "Sonora\nSonora\n")
    expect(page.locator("#review")).to_contain_text("2 cells change")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved 2 cells")
    assert values("county") == [None, None, "Sonora", "Sonora"]
    assert page.locator("#table-said button").filter(visible=True).count() == 1
    with page.expect_navigation():
        page.keyboard.press("Control+z")
    assert values("county") == [None] * 4
