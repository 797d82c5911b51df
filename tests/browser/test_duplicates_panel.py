"""The panel of duplicates in a real browser, by keys alone: it is there, and never in the way."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Request, Route, expect

from biocollections.models import Collection
from occurrences.models import EditorHabits, Occurrence
from tests import make
from tests.browser.test_entry import Hands
from tests.chromium import accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GOMEZ = {"recorded_by": "L. Gómez", "record_number": "2207", "event_date": "1932-07-14"}
SHEET = {
    "catalog_number": "O-1",
    "country": "Mexico",
    "state_province": "Sonora",
    "locality": "Canyon 4 km S of Imuris",
    "habitat": "oak woodland",
    "identified_by": "A. Ruiz",
}


@pytest.fixture
def herbarium() -> Collection:
    return make.collection("HERB", administrator=make.user("editor"))


@pytest.fixture
def other(transactional_db: None) -> Occurrence:
    return make.occurrence(make.collection("OTHER"), **GOMEZ, **SHEET)


@pytest.fixture
def add(page: Page, herbarium: Collection, live_server: Any) -> Page:
    """The page for a new record."""
    client = Client()
    client.force_login(herbarium.grants.get().user)
    name = settings.SESSION_COOKIE_NAME
    value = client.cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    return page


def type_gathering(page: Page) -> None:
    page.keyboard.type("H-1")
    page.keyboard.press("Enter")  # as a scanner ends
    page.keyboard.type("L. Gómez")
    page.keyboard.press("Tab")
    page.keyboard.type("2207")
    page.keyboard.press("Tab")
    page.keyboard.type("14.vii.1932")


def test_a_record_is_entered_by_keys_with_one_transfer_from_a_duplicate(
    other: Occurrence, add: Page
) -> None:
    page = add
    type_gathering(page)
    expect(page.locator(".match")).to_have_count(1)
    expect(page.locator("#duplicates-state")).to_have_text("One record found, 1 exact.")
    expect(page.locator("#id_event_date")).to_be_focused()  # it came without taking the focus
    page.keyboard.press("Alt+j")
    expect(page.locator("[data-how=all]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    expect(page.locator("#id_locality")).to_have_class("filled")
    expect(page.locator("#id_event_date")).to_be_focused()  # and typing goes on
    assert not Occurrence.objects.filter(catalog_number="H-1").exists()  # nothing before Save
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    made = Occurrence.objects.get(catalog_number="H-1")
    assert (made.locality, made.identified_by) == (SHEET["locality"], "A. Ruiz")
    assert made.event_date == "1932-07-14"
    assert made.cluster_member.cluster == other.cluster_member.cluster
    assert made.created_by and "Copied from OTHER O-1" in made.created_by.reason


def test_a_sheet_with_a_duplicate_takes_no_more_keys_than_the_documentation_says(
    other: Occurrence, add: Page
) -> None:
    page, hands = add, Hands(add)
    page.keyboard.type("ARIZ0412398")
    page.keyboard.press("Enter")
    hands.type("L. Gómez")
    hands.press("Tab")
    hands.type("2207")
    hands.press("Tab")
    hands.type("14.vii.1932")
    expect(page.locator(".match")).to_have_count(1)
    hands.press("Alt+j", "Enter")
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    with page.expect_navigation():
        hands.press("Control+Shift+Enter")
    made = Occurrence.objects.get(catalog_number="ARIZ0412398")
    assert made.locality == "Canyon 4 km S of Imuris" and made.cluster_member
    assert hands.keys == 31


def test_a_transfer_is_taken_back_in_the_form(other: Occurrence, add: Page) -> None:
    page = add
    page.fill("#id_habitat", "grassland")
    page.focus("#id_catalog_number")
    type_gathering(page)
    page.locator("[data-how=all]").click()
    expect(page.locator("#id_habitat")).to_have_value("oak woodland")
    page.click("#duplicates-undo")
    expect(page.locator("#id_habitat")).to_have_value("grassland")
    expect(page.locator("#id_locality")).to_have_value("")
    expect(page.locator("#duplicates-undo")).to_be_hidden()
    page.locator("[data-how=empty]").click()
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    expect(page.locator("#id_habitat")).to_have_value("grassland")
    expect(page.locator("#id_event_date")).to_have_value("14.vii.1932")


def test_unticked_fields_stay_and_a_link_needs_no_transfer(other: Occurrence, add: Page) -> None:
    page = add
    type_gathering(page)
    page.locator(".match summary").click()
    page.locator("[data-part=habitat]").uncheck()
    page.locator("[data-how=all]").click()
    expect(page.locator("#id_country")).to_have_value("Mexico")
    expect(page.locator("#id_habitat")).to_have_value("")
    page.locator("[data-beside=linked]").uncheck()
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    made = Occurrence.objects.get(catalog_number="H-1")
    assert made.habitat is None and not hasattr(made, "cluster_member")
    page.focus("#id_recorded_by")
    page.keyboard.press("Alt+u")
    page.locator("[data-beside=linked]").check()
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    made = Occurrence.objects.get(catalog_number="H-1")
    assert made.version == 1 and made.cluster_member


def test_the_search_is_switched_off_for_good(other: Occurrence, add: Page) -> None:
    page = add
    with page.expect_response("**/habits/"):
        page.uncheck("#duplicates-auto")
    assert EditorHabits.objects.get().searches_duplicates is False
    page.reload()
    type_gathering(page)
    page.wait_for_timeout(900)
    expect(page.locator(".match")).to_have_count(0)
    page.keyboard.press("Alt+u")
    expect(page.locator(".match")).to_have_count(1)


def test_a_kept_draft_still_knows_from_where_it_was_copied(other: Occurrence, add: Page) -> None:
    page = add
    type_gathering(page)
    page.locator("[data-how=all]").click()
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    expect(page.locator("#draft-state")).to_have_text("Draft kept in this browser")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator(".match")).to_have_count(1)
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    made = Occurrence.objects.get(catalog_number="H-1")
    assert made.created_by and "Copied from OTHER O-1" in made.created_by.reason
    assert made.cluster_member


def is_whole(asked: Request) -> bool:
    """Tell whether duplicates are looked for with all that `type_gathering` types."""
    return "/duplicates/of/" in asked.url and "14.vii.1932" in (asked.post_data or "")


@pytest.mark.slow
def test_an_answer_that_comes_after_saving_does_not_bring_the_saved_text_back(
    other: Occurrence, add: Page
) -> None:
    """What a search finds while the save is on its way is no text that is left to save."""
    page, late = add, {}
    page.route("**/duplicates/of/**", lambda route: late.update(search=route))
    with page.expect_request(is_whole):
        type_gathering(page)
    page.route(page.url, lambda route: late.update(save=route))
    with page.expect_request(page.url):
        page.keyboard.press("Control+Shift+Enter")
    with page.expect_response("**/duplicates/of/**"):
        late["search"].continue_()
    page.wait_for_timeout(800)  # a draft is kept soon after the last change
    with page.expect_navigation():
        late["save"].continue_()
    expect(page.locator("#draft-state")).to_have_text("Nothing unsaved")
    expect(page.locator("#draft-notice")).to_be_hidden()
    expect(page.locator("#id_catalog_number")).to_have_value("")
    page.keyboard.type("H-2")
    page.unroute_all()
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert sorted(Occurrence.objects.values_list("catalog_number", flat=True)) == [
        "H-1",
        "H-2",
        "O-1",
    ]


@pytest.mark.slow
def test_a_transfer_that_comes_late_leaves_alone_what_was_typed_meanwhile(
    other: Occurrence, add: Page
) -> None:
    page = add
    late: list[Route] = []
    type_gathering(page)
    expect(page.locator(".match")).to_have_count(1)
    page.route("**/take/", lambda route: late.append(route), times=1)
    with page.expect_request("**/take/"):
        page.locator("[data-how=empty]").press("Enter")
    page.fill("#id_habitat", "grassland")
    late[0].continue_()
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    expect(page.locator("#id_habitat")).to_have_value("grassland")
    expect(page.locator("#duplicates-state")).to_contain_text("What was typed since stays.")
    expect(page.locator("#id_habitat")).to_be_focused()
    page.fill("#id_locality", "Canyon 5 km S of Imuris")
    page.click("#duplicates-undo")
    expect(page.locator("#id_country")).to_have_value("")
    expect(page.locator("#id_locality")).to_have_value("Canyon 5 km S of Imuris")
    page.route("**/take/", lambda route: late.append(route), times=1)
    with page.expect_request("**/take/"):
        page.locator("[data-how=empty]").click()
    page.evaluate("document.getElementById('editor').inert = true")  # it is on its way
    with page.expect_response("**/take/"):
        late[1].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#id_country")).to_have_value("")


@pytest.mark.slow
def test_a_list_that_comes_anew_keeps_the_match_and_does_not_stop_its_transfer(
    other: Occurrence, add: Page
) -> None:
    page = add
    late: list[Route] = []
    gathering = {**GOMEZ, "catalog_number": "O-2", "locality": "Imuris", "country": "Mexico"}
    make.occurrence(other.collection, **gathering)
    type_gathering(page)
    expect(page.locator(".match[data-guid]")).to_have_count(2)
    wanted = page.locator(".match[data-guid]").nth(1)
    locality = "Imuris" if "O-2" in wanted.inner_text() else SHEET["locality"]
    wanted.locator("summary").click()
    wanted.locator("[data-part=country]").uncheck()
    page.route("**/duplicates/of/**", lambda route: late.append(route), times=1)
    with page.expect_request("**/duplicates/of/**"):
        page.click("#duplicates-look")
    wanted.locator("[data-how=all]").focus()
    with page.expect_response("**/duplicates/of/**"):
        late[0].continue_()
    expect(page.locator("#duplicates-state")).to_have_text("2 records found, 2 exact.")
    expect(wanted.locator("[data-how=all]")).to_be_focused()
    page.route("**/take/", lambda route: late.append(route), times=1)
    with page.expect_request("**/take/"):
        page.keyboard.press("Enter")
    with page.expect_response("**/duplicates/of/**"):
        page.click("#duplicates-look")
    late[1].continue_()
    expect(page.locator("#id_locality")).to_have_value(locality)
    expect(page.locator("#id_country")).to_have_value("")


def test_an_unticked_link_stays_unticked_when_the_draft_comes_back(
    other: Occurrence, add: Page
) -> None:
    page = add
    type_gathering(page)
    page.locator("[data-beside=linked]").uncheck()
    page.locator("[data-how=all]").click()
    expect(page.locator("#id_locality")).to_have_value("Canyon 4 km S of Imuris")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator(".match")).to_have_count(1)
    expect(page.locator("[data-beside=linked]")).not_to_be_checked()


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_panel_and_merge_have_no_serious_fault(
    other: Occurrence, add: Page, herbarium: Collection, scheme: str, width: int
) -> None:
    page = add
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    here = {**GOMEZ, "catalog_number": "H-0", "locality": "Imuris"}
    one, two = make.occurrences(herbarium, [here, {**here, "catalog_number": "H-00"}])
    type_gathering(page)
    expect(page.locator(".match[data-guid]")).to_have_count(3)
    page.locator(".match summary").first.click()
    assert accessibility_faults(page) == []
    page.goto(f"/occurrences/merge/?one={one.guid}&other={two.guid}")
    assert accessibility_faults(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
