"""The editor in a real browser: what is typed outlives a reload, an error and a lost session."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Route, expect

from occurrences.models import Comment, Occurrence
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def record() -> Occurrence:
    person = make.user("editor")
    herbarium = make.collection("HERB", administrator=person)
    return make.occurrence(herbarium, catalog_number="H 1", locality="Imuris", habitat="oak")


@pytest.fixture
def enter(page: Page, live_server: Any, record: Occurrence) -> Callable[[], None]:
    """Sign the editor in, also again."""

    def sign_in() -> None:
        client = Client()
        client.force_login(record.collection.grants.get().user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )

    sign_in()
    return sign_in


def edit(page: Page, record: Occurrence) -> None:
    page.goto(f"/occurrences/{record.guid}/edit/")


def drafts(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))")


def save(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Control+s")


def test_what_is_typed_outlives_a_reload_and_goes_when_saved(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    expect(page.locator("#draft-state")).to_have_text("Draft kept in this browser")
    page.reload()
    expect(page.locator("#draft-notice")).to_be_visible()
    expect(page.locator("#id_locality")).to_have_value("Nogales")
    save(page)
    expect(page.locator("#draft-state")).to_have_text("Nothing unsaved")
    assert drafts(page) == []
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Nogales", "oak")


def test_a_session_that_ends_while_one_types_is_taken_up_again_in_place(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Control+s")
    expect(page.locator("#sign-in-again")).to_be_visible()
    expect(page.locator("#again-password")).to_be_focused()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#again-problem")).to_contain_text("Check the password")
    expect(page.locator("#id_locality")).to_have_value("Nogales")
    page.fill("#again-password", "secret")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#draft-state")).to_have_text("Nothing unsaved")
    record.refresh_from_db()
    assert record.locality == "Nogales"


def test_a_comment_outlives_the_end_of_the_session(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    page.goto(f"/occurrences/{record.guid}/comments/")
    page.get_by_label("Comment").fill("The sheet bears two gatherings.")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#again-password")).to_be_focused()
    page.fill("#again-password", "secret")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("The sheet bears two gatherings.")
    assert Comment.objects.get().record_guid == record.guid


def test_who_does_not_sign_in_again_at_once_finds_his_text_later(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Control+s")
    page.locator("#again-later").click()
    enter()
    edit(page, record)
    expect(page.locator("#id_locality")).to_have_value("Nogales")
    save(page)
    record.refresh_from_db()
    assert record.locality == "Nogales"


def test_a_draft_kept_while_somebody_else_saved_is_no_way_around_him(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    expect(page.locator("#draft-state")).to_have_text("Draft kept in this browser")
    make.edit(record, locality="Magdalena")
    page.reload()
    expect(page.locator("#id_locality")).to_have_value("Nogales")
    save(page)
    page.check("input[name=choice-locality][value=theirs]")
    save(page)
    record.refresh_from_db()
    assert record.locality == "Magdalena"


@pytest.mark.slow
def test_a_draft_that_was_sent_in_vain_comes_back_though_somebody_else_saved(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    page.route(page.url, lambda route: route.fulfill(status=502, body="no answer"))
    save(page)
    page.unroute_all()
    Occurrence.objects.update(version=record.version + 1, habitat="pine")
    edit(page, record)
    expect(page.locator("#draft-notice")).to_be_visible()
    expect(page.locator("#id_locality")).to_have_value("Nogales")


def test_a_save_pressed_twice_is_sent_once_and_leaves_nothing_unsaved(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    sent: list[str] = []
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    page.on("request", lambda request: sent.append(request.method + " " + request.url))
    page.keyboard.type("H 2")
    with page.expect_navigation():
        page.evaluate("""() => {
            const button = document.querySelector("button[data-key=new]");
            button.click();
            button.click();
        }""")
    assert sum(each == f"POST {page.url}" for each in sent) == 1
    expect(page.locator("#draft-state")).to_have_text("Nothing unsaved")
    expect(page.locator("#id_catalog_number")).to_have_value("")
    assert drafts(page) == []


def test_two_tabs_keep_a_draft_each_and_a_closed_one_is_found_again(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    where = f"/occurrences/new/{record.collection.guid}/"
    page.goto(where)
    page.fill("#id_locality", "Nogales")
    expect(page.locator("#draft-state")).to_have_text("Draft kept in this browser")
    other = page.context.new_page()
    other.goto(where)
    expect(other.locator("#draft-state")).to_have_text("Nothing unsaved")
    other.fill("#id_locality", "Magdalena")
    expect(other.locator("#draft-state")).to_have_text("Draft kept in this browser")
    page.reload()
    expect(page.locator("#id_locality")).to_have_value("Nogales")
    other.close()
    save(page)
    page.goto(where)
    expect(page.locator("#id_locality")).to_have_value("Magdalena")


@pytest.mark.slow
def test_a_next_number_that_comes_late_does_not_replace_the_one_scanned(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    asked: list[Route] = []
    make.occurrence(record.collection, catalog_number="H 7")
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    page.route("**/number/**", lambda route: asked.append(route))
    page.keyboard.type("H 7")
    page.keyboard.press("Alt+n")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.keyboard.type("L. G")
    with page.expect_response("**/number/**"):
        asked[0].continue_()
    page.keyboard.type("ómez")
    expect(page.locator("#id_catalog_number")).to_have_value("H 71")
    expect(page.locator("#id_recorded_by")).to_have_value("L. Gómez")


def test_a_discarded_draft_is_gone(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_locality", "Nogales")
    expect(page.locator("#draft-state")).to_have_text("Draft kept in this browser")
    page.reload()
    with page.expect_navigation():
        page.click("#draft-discard")
    expect(page.locator("#id_locality")).to_have_value("Imuris")
    assert drafts(page) == []


def test_a_new_record_is_added_by_keys_alone_and_the_next_one_carries_over(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    page.focus("#id_catalog_number")
    page.keyboard.type("H 2")
    page.keyboard.press("Enter")  # as a barcode scanner does
    page.keyboard.type("L. Gómez")
    with page.expect_navigation():
        page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#id_recorded_by")).to_have_value("L. Gómez")
    expect(page.locator("#id_catalog_number")).to_have_value("")
    assert Occurrence.objects.get(catalog_number="H 2").recorded_by == "L. Gómez"
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    expect(page.locator("#draft-state")).to_have_text("Nothing unsaved")
    expect(page.locator("#draft-notice")).to_be_hidden()


def test_a_text_is_understood_while_one_types(
    page: Page, enter: Callable[[], None], record: Occurrence
) -> None:
    edit(page, record)
    page.fill("#id_event_date", "14.vii.1932")
    page.press("#id_event_date", "Tab")
    expect(page.locator("#id_event_date_read")).to_have_text("1932-07-14")
