"""The table of records by keyboard alone: typing in place, a block from a spreadsheet, and Undo."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import APIResponse, Page, Route, expect

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


class Held:
    """What a page sends, or the answers, held back until let go; what comes later passes."""

    def __init__(self, page: Page, *, only_answers: bool) -> None:
        self.page = page
        self.only_answers = only_answers
        self.routes: list[Route] = []
        self.answers: list[APIResponse] = []
        self.is_over = False

    def take(self, route: Route) -> None:
        if self.is_over:
            route.continue_()
        else:
            self.routes.append(route)
            if self.only_answers:
                self.answers.append(route.fetch())

    def await_one(self) -> None:
        for _wait in range(500):
            if self.routes:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("nothing was sent")

    def let_go(self, *, last_first: bool = False, fail: bool = False) -> None:
        """Let each go once the one before is answered, or lose it on the way."""
        self.is_over = True
        order = list(enumerate(self.routes))
        for index, route in reversed(order) if last_first else order:
            if fail:
                route.abort()
                continue
            with self.page.expect_response("**/occurrences/table/save/"):
                if self.only_answers:
                    route.fulfill(response=self.answers[index])
                else:
                    route.continue_()


def copy(page: Page) -> str:
    """Copy as Ctrl+C does, at the cell that has the focus; return what is on the clipboard."""
    text: str = page.evaluate(
        """() => {
            const data = new DataTransfer();
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("copy", how));
            return data.getData("text/plain");
        }"""
    )
    return text


def values(column: str) -> list[Any]:
    return list(Occurrence.objects.order_by("catalog_number").values_list(column, flat=True))


@pytest.fixture
def hold(page: Page) -> Callable[..., Held]:
    """From its call on, what is sent to be read or saved is held back."""

    def begin(*, only_answers: bool = False) -> Held:
        held = Held(page, only_answers=only_answers)
        page.route("**/occurrences/table/save/", held.take)
        return held

    return begin


def type_over(page: Page, text: str) -> None:
    """Type into the cell that has the focus and press Enter, without waiting for an answer."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_second_text_for_a_cell_is_saved_after_the_first(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    type_over(page, "Cananea")
    held.let_go()
    expect(cell(page, 1, "locality")).to_have_text("Cananea")
    expect(page.locator("#table .waiting")).to_have_count(0)
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    expect(page.locator("#table .wrong")).to_have_count(0)
    assert values("locality") == ["Cananea", "Imuris", "Imuris"]


@pytest.mark.slow
def test_a_second_text_outlives_an_answer_to_the_first_that_comes_late(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold(only_answers=True)
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    type_over(page, "Cananea")
    page.wait_for_timeout(300)
    held.let_go(last_first=True)
    expect(page.locator("#table .waiting")).to_have_count(0)
    expect(cell(page, 1, "locality")).to_have_text("Cananea")
    assert values("locality")[0] == "Cananea"


@pytest.mark.slow
def test_a_text_put_back_before_the_answer_is_put_back(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    type_over(page, "Imuris")
    held.let_go()
    expect(page.locator("#table .waiting")).to_have_count(0)
    expect(cell(page, 1, "locality")).to_have_text("Imuris")
    assert values("locality")[0] == "Imuris"


@pytest.mark.slow
def test_escape_leaves_a_cell_that_is_being_saved_as_it_was_typed(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    page.keyboard.type("Can")
    page.keyboard.press("Escape")
    expect(cell(page, 1, "locality")).to_have_text("Nogales")
    held.let_go()
    expect(page.locator("#table .waiting")).to_have_count(0)
    assert values("locality")[0] == "Nogales"


@pytest.mark.slow
def test_a_second_text_is_not_written_over_somebody_elses_unseen(
    page: Page,
    open_table: Callable[[], None],
    hold: Callable[..., Held],
    records: list[Occurrence],
) -> None:
    editor = records[0].collection.grants.get().user
    editing.save(records[0].guid, editor, 1, {"locality": "Imuris"}, {"locality": "Sasabe"})
    held = hold()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    type_over(page, "Cananea")
    held.let_go()
    expect(page.locator("#table-said")).to_contain_text("It now reads “Sasabe”")
    expect(page.locator("#table .waiting")).to_have_count(0)
    expect(cell(page, 1, "locality")).to_have_text("Cananea")
    assert values("locality")[0] == "Sasabe"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("F2")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    assert values("locality")[0] == "Cananea"


@pytest.mark.slow
def test_undo_by_key_takes_back_what_is_being_saved_not_what_was_saved_before(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    held = hold()
    type_over(page, "Cananea")
    held.await_one()
    expect(page.locator("#table-said")).to_be_empty()
    with page.expect_navigation():
        page.keyboard.press("Control+z")
        held.let_go()
    expect(cell(page, 1, "locality")).to_have_text("Nogales")
    assert values("locality") == ["Nogales", "Imuris", "Imuris"]


@pytest.mark.slow
def test_fill_down_and_copy_take_what_is_seen_in_a_cell_that_is_being_saved(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    cell(page, 2, "country").focus()
    type_over(page, "USA")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    held = hold()
    cell(page, 1, "country").focus()
    type_over(page, "Mexico")
    held.await_one()
    page.keyboard.press("ArrowUp")
    assert copy(page) == "Mexico"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+d")
    held.let_go()
    expect(page.locator("#table .waiting")).to_have_count(0)
    expect(cell(page, 2, "country")).to_have_text("Mexico")
    assert values("country") == ["Mexico", "Mexico", None]


@pytest.mark.slow
def test_what_is_typed_on_while_a_block_is_read_does_not_save_it_unread(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "county").focus()
    paste(page, "Sonora\nSonora\n")
    held.await_one()
    expect(page.locator("#review")).to_contain_text("Reading the cells")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("Nog")
    held.let_go()
    expect(page.locator("#review")).to_contain_text("2 cells change")
    type_over(page, "ales")
    page.wait_for_timeout(300)
    expect(page.locator("#review")).to_be_visible()
    assert values("county") == [None] * 3
    assert values("locality") == ["Imuris"] * 3
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved 2 cells")
    assert values("county") == ["Sonora", "Sonora", None]


@pytest.mark.slow
def test_a_block_that_is_left_while_it_is_read_does_not_come_back(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "county").focus()
    paste(page, "Sonora\nSonora\n")
    held.await_one()
    paste(page, "Pima\nPima\n")  # in the dialog: not taken
    page.keyboard.press("Escape")
    expect(cell(page, 1, "county")).to_be_focused()
    paste(page, "Cochise\nCochise\n")
    held.let_go()
    expect(page.locator("#review")).to_contain_text("2 cells change")
    expect(page.locator("#review")).to_contain_text("Cochise")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved 2 cells")
    assert values("county") == ["Cochise", "Cochise", None]


@pytest.mark.slow
def test_a_block_that_could_not_be_saved_stays_to_be_saved_again(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    cell(page, 1, "county").focus()
    paste(page, "Sonora\nSonora\n")
    expect(page.locator("#review")).to_contain_text("2 cells change")
    held = hold()
    page.keyboard.press("Enter")
    held.await_one()
    expect(page.locator("#review")).to_contain_text("Saving…")
    page.keyboard.press("Enter")  # not twice
    held.let_go(fail=True)
    expect(page.locator("#review")).to_contain_text("No connection. Try again when it is back.")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved 2 cells")
    expect(page.locator("#review")).to_be_hidden()
    assert values("county") == ["Sonora", "Sonora", None]


@pytest.mark.slow
def test_a_block_that_could_not_be_read_is_told_as_not_pasted(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "county").focus()
    paste(page, "Sonora\nSonora\n")
    held.await_one()
    held.let_go(fail=True)
    expect(page.locator("#table-said")).to_contain_text("nothing was pasted")
    expect(page.locator("#review")).to_be_hidden()
    expect(cell(page, 1, "county")).to_be_focused()


@pytest.mark.slow
def test_a_text_that_says_what_the_record_says_is_told_in_a_line(
    page: Page, open_table: Callable[[], None], records: list[Occurrence]
) -> None:
    editor = records[0].collection.grants.get().user
    editing.save(records[0].guid, editor, 1, {"locality": "Imuris"}, {"locality": "Nogales"})
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    expect(page.locator("#table-said")).to_have_text(
        "Nothing to save: the records say this already."
    )


@pytest.mark.slow
def test_what_is_typed_and_not_saved_for_want_of_signing_in_is_red_and_saved_later(
    page: Page, open_table: Callable[[], None]
) -> None:
    cookies = page.context.cookies()
    page.context.clear_cookies()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#table-said")).to_contain_text("you are signed out")
    expect(page.locator("#table .wrong")).to_have_text("Nogales")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    cell(page, 1, "locality").focus()
    page.keyboard.press("F2")
    page.keyboard.press("Enter")
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    assert values("locality")[0] == "Nogales"


@pytest.mark.slow
def test_an_answer_leaves_alone_what_is_being_typed_in_its_cell(
    page: Page, open_table: Callable[[], None], hold: Callable[..., Held]
) -> None:
    held = hold()
    cell(page, 1, "locality").focus()
    type_over(page, "Nogales")
    held.await_one()
    page.keyboard.press("ArrowUp")
    page.keyboard.type("Cana")
    held.let_go()
    expect(page.locator("#table-said")).to_contain_text("Saved one cell")
    type_over(page, "nea")
    expect(cell(page, 1, "locality")).to_have_text("Cananea")
    expect(page.locator("#table .waiting")).to_have_count(0)
    assert values("locality")[0] == "Cananea"
