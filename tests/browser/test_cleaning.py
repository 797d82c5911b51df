"""The Taxonomy Cleaning Tool with the keyboard alone."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from biocollections.models import Collection
from taxonomy.models import Name
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_buttons_stay_inside_the_table_of_candidates(page, sign_in):
    herbarium = Collection.objects.get(code="HUD")
    make.occurrences(herbarium, [{"scientific_name": "Zzz aaa"}])
    candidate = {"taxon": None, "name": "Zzz aaaa", "source": "Flora", "kingdom": "Plantae"}
    Name.objects.filter(scientific_name="Zzz aaa").update(state="review", candidates=[candidate])
    sign_in("manager")
    page.goto(f"/names/{herbarium.guid}/?state=review&q=Zzz")
    table = page.locator(".candidates").bounding_box()
    last = page.locator(".candidates button").last.bounding_box()
    assert last["x"] + last["width"] <= table["x"] + table["width"]
    assert page.locator(".candidates td").first.bounding_box()["width"] < 60


def test_the_undo_key_takes_back_what_was_just_decided(page, sign_in):
    herbarium = Collection.objects.get(code="HUD")
    make.occurrences(herbarium, [{"scientific_name": name} for name in ("Zzz aaa", "Zzz bbb")])
    Name.objects.filter(scientific_name__startswith="Zzz").update(state="not found")
    sign_in("manager")
    page.goto(f"/names/{herbarium.guid}/?state=not%20found&q=Zzz")
    cards = page.locator("[data-name]")
    page.keyboard.press("j")
    expect(cards.first).to_be_focused()
    page.keyboard.press("x")
    expect(cards.first).to_contain_text("Kept as is")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("u")
    expect(cards.first).not_to_contain_text("decided by")
    assert not Name.objects.filter(scientific_name__startswith="Zzz", state="kept").exists()


@pytest.fixture
def three(page, sign_in):
    """Three names that wait, on the page, the first one focused."""
    herbarium = Collection.objects.get(code="HUD")
    names = ("Zzz aaa", "Zzz bbb", "Zzz ccc")
    make.occurrences(herbarium, [{"scientific_name": name} for name in names])
    Name.objects.filter(scientific_name__startswith="Zzz").update(state="not found")
    sign_in("manager")
    page.goto(f"/names/{herbarium.guid}/?state=not%20found&q=Zzz")
    page.keyboard.press("j")
    cards = page.locator("[data-name]")
    expect(cards.first).to_be_focused()
    return cards


def kept():
    return Name.objects.filter(scientific_name__startswith="Zzz", state="kept").count()


@pytest.mark.slow
def test_a_late_answer_leaves_the_focus_where_somebody_went_meanwhile(page, three):
    held = []
    page.route("**/decide/", lambda route: held.append(route), times=1)
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(three.nth(2)).to_be_focused()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(three.first).to_contain_text("Kept as is")
    expect(three.nth(2)).to_be_focused()
    page.keyboard.press("x")
    expect(three.nth(2)).to_contain_text("decided by")
    assert kept() == 2


@pytest.mark.slow
def test_a_held_key_decides_one_name(page, three):
    page.keyboard.down("x")
    expect(three.nth(1)).to_be_focused()
    page.keyboard.down("x")  # the same press, repeated
    page.keyboard.up("x")
    page.wait_for_timeout(500)
    assert kept() == 1
    page.keyboard.press("x")
    expect(three.nth(1)).to_contain_text("decided by")


@pytest.mark.slow
def test_a_decision_that_did_not_arrive_is_told(page, three):
    watched, page = page, page.context.new_page()  # one whose console may tell of the failures
    page.goto(watched.url)
    card = page.locator("[data-name]").first
    page.keyboard.press("j")
    for fail in (lambda route: route.fulfill(status=500), lambda route: route.abort()):
        page.route("**/decide/", fail, times=1)
        with page.expect_event("console", lambda message: message.type == "error"):
            page.keyboard.press("x")
        expect(card.get_by_role("alert")).to_contain_text("Nothing was decided")
        expect(card).to_be_focused()
    assert kept() == 0
    page.keyboard.press("x")
    expect(card).to_contain_text("decided by")
    expect(card.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_signed_out_one_signs_in_beside_the_list(page, three):
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("x")
    expect(page.locator("#sign-in-again")).to_be_visible()
    expect(three.first.locator(".failed")).to_contain_text("Nothing was decided")
    expect(three).to_have_count(3)
