"""The Taxonomy Cleaning Tool with the keyboard alone."""

import pytest
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
