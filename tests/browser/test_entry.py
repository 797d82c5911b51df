"""Entering many records by keys alone, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from biocollections.models import Collection
from occurrences.models import EditorHabits, Occurrence
from tests import make
from tests.chromium import accessibility_faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def herbarium() -> Collection:
    return make.collection("HERB", administrator=make.user("editor"))


@pytest.fixture
def enter(live_server: Any) -> Callable[[Any, Any], None]:
    """Sign somebody in, in the browser of a page."""

    def sign_in(page: Page, person: Any) -> None:
        client = Client()
        client.force_login(person)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return sign_in


@pytest.fixture
def add(page: Page, herbarium: Collection, enter: Callable[..., None]) -> Page:
    """The page for a new record."""
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    return page


def press(page: Page, keys: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(keys)


@pytest.mark.slow
def test_ten_records_in_a_row_by_keys_alone_carrying_over(add: Page) -> None:
    page = add
    for number in range(1, 11):
        expect(page.locator("#id_catalog_number")).to_be_focused()
        page.keyboard.type(f"H-{number:04}")
        page.keyboard.press("Enter")  # as a scanner ends
        if number == 1:
            page.keyboard.type("L. Gómez")
        page.keyboard.press("Tab")
        page.keyboard.type(str(2200 + number))
        if number == 1:
            page.keyboard.press("Tab")
            page.keyboard.type("14.vii.1932")
            page.keyboard.press("Alt+Shift+Digit3")
            page.keyboard.type("Mexico")
            page.keyboard.press("Tab")
            page.keyboard.type("Sonora")
        page.keyboard.press("Alt+Shift+Digit2")
        page.keyboard.type("Quercus emoryi" if number % 2 else "Juniperus deppeana")
        press(page, "Control+Shift+Enter")
    made = list(Occurrence.objects.order_by("catalog_number"))
    assert [record.catalog_number for record in made] == [f"H-{n:04}" for n in range(1, 11)]
    assert [record.record_number for record in made] == [str(2200 + n) for n in range(1, 11)]
    assert {(r.recorded_by, r.event_date, r.country, r.state_province) for r in made} == {
        ("L. Gómez", "1932-07-14", "Mexico", "Sonora")
    }
    assert made[1].scientific_name == "Juniperus deppeana"


def test_a_name_is_taken_from_the_offers_by_keys_and_fills_author_and_family(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    family = make.taxon("Fagaceae", rank="family", parent=make.taxon("Plantae", rank="kingdom"))
    make.taxon("Quercus emoryi", "Torr.", parent=family)
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    page.focus("#id_scientific_name")
    page.keyboard.type("que emo")
    expect(page.locator(".offers li")).to_have_text("Quercus emoryi Torr. · Fagaceae · Plantae")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#id_scientific_name")).to_have_value("Quercus emoryi")
    expect(page.locator("#id_scientific_name_authorship")).to_have_value("Torr.")
    expect(page.locator("#id_family")).to_have_value("Fagaceae")
    expect(page.locator(".offers")).to_have_count(0)


def test_from_a_typed_record_to_its_label_by_keys_without_the_old_points_uncertainty(
    page: Page, herbarium: Collection, enter: Callable[..., None]
) -> None:
    georeference = {"coordinate_uncertainty_in_meters": "50", "geodetic_datum": "WGS84"}
    point = {"decimal_latitude": "30.5", "decimal_longitude": "-110.5"}
    before = make.occurrence(herbarium, locality="Imuris", **point, **georeference)
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/new/{herbarium.guid}/?like={before.guid}")
    expect(page.locator("#id_coordinate_uncertainty_in_meters")).to_have_value("50")
    page.locator("#id_decimal_latitude").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("31")
    page.keyboard.press("Tab")
    expect(page.locator("#point-told")).to_contain_text("is blank")
    page.locator("#id_coordinate_uncertainty_in_meters").focus()
    page.keyboard.type("50")  # said anew, of this point
    press(page, "Alt+l")
    expect(page.get_by_role("button", name="Open the PDF")).to_be_focused()
    made = Occurrence.objects.exclude(pk=before.pk).get()
    assert (made.locality, str(made.coordinate_uncertainty_in_meters)) == ("Imuris", "50")
    assert (str(made.decimal_latitude), made.geodetic_datum) == ("31", None)


def test_two_people_on_one_record_disjoint_and_the_same_field(
    herbarium: Collection, page: Page, enter: Callable[..., None], live_server: Any
) -> None:
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak")
    enter(page, herbarium.grants.get().user)
    second = make.user("second")
    make.grant(second, "editor", herbarium)
    browser = page.context.browser
    assert browser
    context = browser.new_context(base_url=live_server.url)
    other = context.new_page()
    enter(other, second)
    for each in (page, other):
        each.goto(f"/occurrences/{record.guid}/edit/")
    page.fill("#id_locality", "Nogales")
    press(page, "Control+s")
    other.fill("#id_habitat", "pine")
    press(other, "Control+s")
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Nogales", "pine")
    page.fill("#id_habitat", "grassland")  # opened before the other's save
    press(page, "Control+s")
    expect(page.locator("#conflict")).to_contain_text("pine")
    expect(page.locator("#conflict")).to_contain_text("grassland")
    record.refresh_from_db()
    assert record.habitat == "pine"
    page.check("input[name=choice-habitat][value=mine]")
    press(page, "Control+s")
    record.refresh_from_db()
    assert record.habitat == "grassland"
    context.close()


def test_keys_are_listed_and_can_be_switched_off_for_good(add: Page) -> None:
    page = add
    page.keyboard.press("Control+/")
    expect(page.locator("#keys")).to_be_visible()
    with page.expect_response("**/habits/"):
        page.uncheck("#keys-used")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.fill("#id_catalog_number", "H 1")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(300)
    assert not Occurrence.objects.exists()
    assert EditorHabits.objects.get().uses_keys is False
    page.reload()
    expect(page.locator("#keys-used")).not_to_be_checked()


def test_the_next_free_number_and_a_pin_by_keys(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    make.occurrence(herbarium, catalog_number="H-0007")
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    page.keyboard.press("Alt+n")
    expect(page.locator("#id_catalog_number")).to_have_value("H-0008")
    page.focus("#id_label_project")
    page.keyboard.type("Sonora 2026")
    with page.expect_response("**/habits/"):
        page.keyboard.press("Alt+p")
    press(page, "Control+Enter")
    expect(page.locator("#id_label_project")).to_have_value("Sonora 2026")
    expect(page.locator("#id_catalog_number")).to_have_value("")


def test_a_settled_collector_and_number_ask_for_duplicates(add: Page) -> None:
    page = add
    page.evaluate(
        "document.addEventListener('holotype:duplicates', (event) => "
        "{ document.body.dataset.asked = JSON.stringify(event.detail); })"
    )
    page.fill("#id_recorded_by", "L. Gómez")
    page.fill("#id_record_number", "2207")
    expect(page.locator("body")).to_have_attribute("data-asked", re.compile("2207"))
    asked = page.evaluate("JSON.parse(document.body.dataset.asked)")
    assert asked["values"]["recorded_by"] == "L. Gómez" and asked["asked"] is False
    expect(page.locator("#id_record_number")).to_be_focused()


def test_barcodes_one_after_the_other_even_while_signed_out(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    person = herbarium.grants.get().user
    make.occurrence(herbarium, catalog_number="H 3")
    enter(page, person)
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    page.fill("#id_country", "Mexico")
    page.focus("#barcode")
    for number in range(1, 4):
        page.keyboard.type(f"H {number}")
        page.keyboard.press("Enter")
    expect(page.locator("#scans li")).to_have_count(3)
    expect(page.locator("#scan-count")).to_have_text("2")
    expect(page.locator("#scans li").first).to_contain_text("is here already")
    expect(page.locator("#scan-state")).to_contain_text("H 3")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.type("H 4")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-again")).to_be_visible()
    page.fill("#again-password", "secret")
    page.keyboard.press("Enter")
    expect(page.locator("#scan-count")).to_have_text("3")
    made = Occurrence.objects.filter(country="Mexico").values_list("catalog_number", flat=True)
    assert sorted(made) == ["H 1", "H 2", "H 4"]


def test_a_number_scanned_by_mistake_is_taken_back_and_the_next_one_counted(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    for number in ("H 1", "H 12", "H 12"):
        page.keyboard.type(number)
        page.keyboard.press("Enter")
    expect(page.locator("#scans li")).to_have_count(3)
    expect(page.locator("#scan-state")).to_have_text("H 12 is here already")
    page.wait_for_timeout(5500)  # the clock goes on; the word about the last scan stays
    expect(page.locator("#scan-state")).to_have_text("H 12 is here already")
    page.locator("#scans").get_by_role("button", name="Undo H 12").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#scans li").nth(1)).to_contain_text("taken back")
    expect(page.locator("#barcode")).to_be_focused()
    page.keyboard.type("H 2")
    page.keyboard.press("Enter")
    expect(page.locator("#scan-count")).to_have_text("2")
    expect(page.locator("#entered-count")).to_have_text("2")
    expect(page.locator("#scan-state")).to_have_text("")
    made = Occurrence.objects.values_list("catalog_number", flat=True)
    assert sorted(made) == ["H 1", "H 2"]


def test_what_scanned_sheets_share_outlives_a_look_at_another_page(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    page.fill("#id_country", "Mexico")
    page.select_option("#id_processing_status", "stage 1")
    page.get_by_label("fill its blank fields").check()
    page.goto("/profile/")
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    expect(page.locator("#id_country")).to_have_value("Mexico")
    expect(page.locator("#id_processing_status")).to_have_value("stage 1")
    expect(page.get_by_label("fill its blank fields")).to_be_checked()
    expect(page.locator("#barcode")).to_have_value("")


class Hands:
    """Types and counts each key, held ones too; what a scanner types costs nothing."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, *combinations: str) -> None:
        for each in combinations:
            self.page.keyboard.press(each)
            self.keys += len(each.split("+"))

    def choose(self, text: str, offer: str) -> None:
        """Type until the offer stands there, and mark it."""
        self.type(text)
        expect(self.page.locator(".offers li").first).to_contain_text(offer)
        self.press("ArrowDown")


def test_a_field_that_nobody_fills_while_scanning_can_be_put_away(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/skeletal/{herbarium.guid}/")
    page.fill("#id_family", "Fagaceae")
    page.locator("#shown-fields summary").click()
    page.locator("#shown-fields input[data-field=family]").uncheck()
    expect(page.locator("#id_family")).to_be_hidden()
    page.reload()
    expect(page.locator("#id_family")).to_be_hidden()
    expect(page.locator("#id_country")).to_be_visible()
    page.fill("#barcode", "H-1")
    page.keyboard.press("Enter")
    expect(page.locator("#scan-count")).to_have_text("1")
    assert Occurrence.objects.get().family is None


def test_a_typical_sheet_takes_no_more_keys_than_the_documentation_says(
    herbarium: Collection, page: Page, enter: Callable[..., None]
) -> None:
    family = make.taxon("Fagaceae", rank="family", parent=make.taxon("Plantae", rank="kingdom"))
    make.taxon("Quercus emoryi", "Torr.", parent=family)
    enter(page, herbarium.grants.get().user)
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    page.keyboard.type("ARIZ0412398")
    page.keyboard.press("Enter")
    hands = Hands(page)
    for text in ("L. Gómez", "2207"):
        hands.type(text)
        hands.press("Tab")
    hands.type("14.vii.1932")
    hands.press("Alt+Shift+Digit2")
    hands.choose("que emo", "Quercus emoryi")
    hands.press("Tab", "Tab", "Tab", "Tab")
    hands.type("L. Gómez")
    hands.press("Tab")
    hands.type("1932")
    hands.press("Alt+Shift+Digit3")
    hands.choose("mex", "Mexico")
    hands.press("Tab")
    hands.choose("son", "Sonora")
    hands.press("Tab", "Tab", "Tab")
    hands.type("Canyon 4 km S of Imuris")
    hands.press("Tab")
    hands.type("30°46'N 110°51'W")
    hands.press("Tab", "Tab", "Tab", "Tab", "Tab")
    hands.type("1200 ft")
    hands.press("Alt+Shift+Digit4")
    hands.type("oak woodland")
    with page.expect_navigation():
        hands.press("Control+Shift+Enter")
    record = Occurrence.objects.get()
    assert (record.catalog_number, record.recorded_by, record.record_number) == (
        "ARIZ0412398",
        "L. Gómez",
        "2207",
    )
    assert (record.event_date, record.scientific_name) == ("1932-07-14", "Quercus emoryi")
    assert (record.scientific_name_authorship, record.family) == ("Torr.", "Fagaceae")
    assert (record.identified_by, record.date_identified) == ("L. Gómez", "1932")
    assert (record.country, record.state_province) == ("Mexico", "Sonora")
    assert (str(record.decimal_latitude), str(record.decimal_longitude)) == ("30.7667", "-110.8500")
    assert record.minimum_elevation_in_meters == 366
    assert record.habitat == "oak woodland"
    assert hands.keys <= 138


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_entry_have_no_serious_fault(
    herbarium: Collection, page: Page, enter: Callable[..., None], scheme: str
) -> None:
    record = make.occurrence(herbarium, catalog_number="H 1", recorded_by="L. Gómez")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    enter(page, herbarium.grants.get().user)
    faults = []
    for address in (f"skeletal/{herbarium.guid}", f"{record.guid}/clone"):
        page.goto(f"/occurrences/{address}/")
        faults += accessibility_faults(page)
    page.goto(f"/occurrences/new/{herbarium.guid}/")
    page.focus("#id_recorded_by")
    page.keyboard.type("l. g")
    expect(page.locator(".offers li")).to_have_text("L. Gómez")
    page.keyboard.press("ArrowDown")
    faults += accessibility_faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    faults += accessibility_faults(page)
    assert faults == []
