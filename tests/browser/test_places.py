"""In a browser: places are offered while somebody types; roles are given and taken."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from biocollections.models import Collection
from tests.chromium import accessibility_faults

pytestmark = pytest.mark.browser


def test_states_are_offered_while_somebody_types(page: Page, seeded: None) -> None:
    page.goto("/occurrences/")
    if not page.locator("#search_state").is_visible():
        page.locator("#search-fields > summary").click()
    page.fill("#search_country", "USA")
    page.locator("#search_state").press_sequentially("Calif.")
    options = page.locator("#places-state option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("value", "California")


@pytest.mark.slow
def test_an_offer_for_what_stood_there_before_comes_too_late(
    page: Page, seeded: None, sign_in: Callable[[str], None]
) -> None:
    sign_in("manager")
    page.goto(f"/occurrences/new/{Collection.objects.get(code='HUD').guid}/")
    late: list[Route] = []
    address = page.locator("#id_country").get_attribute("data-suggest")
    page.route(f"**{address}?*", lambda route: late.append(route))
    page.focus("#id_country")
    with page.expect_request(f"**{address}?*"):
        page.keyboard.type("M")
    page.keyboard.type("e")
    late[0].fulfill(json={"offers": [{"value": "Malta", "sets": {}, "fills": []}]})
    page.wait_for_timeout(200)
    expect(page.locator(".offers")).to_have_count(0)


def test_a_role_is_given_and_taken_back(
    page: Page, seeded: None, sign_in: Callable[[str], None]
) -> None:
    sign_in("manager")
    herbarium = Collection.objects.get(code="HUD")
    page.goto(f"/collections/{herbarium.guid}/permissions/")
    assert accessibility_faults(page) == []
    page.locator("#id_person").press_sequentially("res")
    expect(page.locator("#people-suggested option")).to_have_attribute("value", "researcher")
    page.locator("#id_person").fill("researcher")
    page.get_by_label("Role").select_option("identifier")
    page.get_by_label("Reason").fill("knows the oaks")
    page.get_by_role("button", name="Give the role").click()
    given = page.locator("tr", has_text="researcher")
    expect(given).to_contain_text("knows the oaks")
    page.locator(".messages").get_by_role("button", name="Undo").click()
    page.goto(f"/collections/{herbarium.guid}/permissions/")
    page.get_by_text("Ended (1)").click()
    expect(page.locator("tr", has_text="researcher")).to_contain_text("Identifier")
    assert accessibility_faults(page) == []
