"""Images beside the form, and the map: by mouse, by keys, and as somebody types."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Route, expect

from biocollections.models import Collection
from occurrences import media
from occurrences.models import Media, Occurrence
from tests import make
from tests.chromium import accessibility_faults
from tests.occurrences import pictures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Occurrence:
    herbarium = make.collection("HERB", administrator=make.user("editor"))
    make.occurrence(herbarium, decimal_latitude="31.52", decimal_longitude="-109.24")
    return make.occurrence(
        herbarium, catalog_number="7", decimal_latitude="31.5", decimal_longitude="-109.25"
    )


@pytest.fixture
def desk(page: Page, record: Occurrence, live_server: Any) -> Page:
    """The record's form, opened by its editor."""
    collection: Collection = record.collection
    client = Client()
    client.force_login(collection.grants.get().user)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"/occurrences/{record.guid}/edit/")
    return page


def upload(page: Page, *names: str) -> None:
    files: list[Any] = [
        {"name": name, "mimeType": "image/jpeg", "buffer": pictures.sheet(300 + n, 400)}
        for n, name in enumerate(names)
    ]
    page.locator("#media-files").set_input_files(files)


def test_images_are_looked_at_by_keys(desk: Page, record: Occurrence) -> None:
    page = desk
    upload(page, "front.jpg", "back.jpg")
    expect(page.locator("#viewer-number")).to_have_text("1 / 2")
    image = page.locator("#viewer-image")
    expect(image).to_be_visible()
    width = image.bounding_box()["width"]  # type: ignore[index]
    page.locator("#id_recorded_by").focus()
    page.keyboard.press("Alt+i")
    expect(page.locator(".viewer")).to_be_focused()
    page.keyboard.press("+")
    assert image.bounding_box()["width"] > width * 1.2  # type: ignore[index]
    page.keyboard.press("r")
    expect(image).to_have_attribute("style", re.compile(r"rotate\(90deg\)"))
    page.keyboard.press("PageDown")
    expect(page.locator("#viewer-number")).to_have_text("2 / 2")
    page.keyboard.press("Escape")
    expect(page.locator("#id_recorded_by")).to_be_focused()
    page.reload()
    expect(image).to_have_attribute("style", re.compile(r"rotate\(90deg\)"))
    assert media.of(record.guid).count() == 2
    assert accessibility_faults(page) == []


def test_an_upload_leaves_what_is_typed_alone(desk: Page) -> None:
    page = desk
    page.locator("#id_recorded_by").fill("L. Gómez")
    upload(page, "front.jpg")
    expect(page.locator(".media-told")).to_contain_text("1 image added.")
    expect(page.locator("#id_recorded_by")).to_have_value("L. Gómez")


def test_what_is_no_picture_is_told_so(desk: Page) -> None:
    page = desk
    bad: Any = {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"}
    page.locator("#media-files").set_input_files([bad])
    expect(page.locator("#media [role=alert]").first).to_contain_text("label.jpg")


@pytest.mark.slow
def test_what_is_typed_about_an_image_is_kept_by_its_key_and_with_the_record(
    desk: Page, record: Occurrence
) -> None:
    page = desk
    upload(page, "front.jpg")
    page.fill("#id_recorded_by", "L. Gómez")
    page.locator(".image-facts summary").click()
    caption = page.locator("[name=caption]")
    caption.fill("Whole sheet")
    caption.press("Control+s")
    expect(page.locator(".media-told")).to_contain_text("Saved what is said about the image.")
    assert media.of(record.guid).get().caption == "Whole sheet"
    expect(page.locator("#id_recorded_by")).to_have_value("L. Gómez")
    caption.fill("Sheet with flowers")
    page.focus("#id_recorded_by")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert media.of(record.guid).get().caption == "Sheet with flowers"
    record.refresh_from_db()
    assert record.recorded_by == "L. Gómez"


@pytest.mark.slow
def test_nobody_leaves_what_is_typed_about_an_image_without_a_word(desk: Page) -> None:
    page, asked = desk, []
    upload(page, "front.jpg")
    page.locator(".image-facts summary").click()
    page.locator("[name=caption]").press_sequentially("Whole")
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/occurrences/")
    assert asked == ["beforeunload"]


@pytest.mark.slow
def test_what_is_typed_about_an_image_outlives_what_comes_meanwhile(
    desk: Page, record: Occurrence
) -> None:
    """An image that is made ready, the saved text of another one, and an upload."""
    page = desk
    first, second = pictures.of(record), pictures.of(record)
    Media.objects.filter(pk=second.pk).update(state=Media.State.WAITING)
    page.reload()
    page.keyboard.press("Escape")
    page.locator("[data-viewer=next]").click()
    page.locator(".image-facts summary").nth(1).click()
    caption = page.locator(f"#caption-{second.guid}")
    caption.press_sequentially("Wh")
    with page.expect_response(f"**/{record.guid}/media/*"):
        pass  # the panel asks anew by itself
    page.keyboard.type("ol")
    page.locator(f"#creator-{first.guid}").evaluate("each => { each.value = 'Ana' }")
    page.locator(f"#creator-{first.guid}").evaluate("each => each.form.requestSubmit()")
    expect(page.locator(".media-told")).to_contain_text("Saved what is said about the image.")
    expect(caption).to_be_focused()
    page.keyboard.type("e sh")
    upload(page, "third.jpg")
    expect(page.locator(".media-told")).to_contain_text("1 image added.")
    expect(caption).to_have_value("Whole sh")
    expect(page.locator("#viewer-number")).to_have_text("2 / 3")
    first.refresh_from_db()
    assert first.creator == "Ana"
    Media.objects.filter(pk=second.pk).update(state=Media.State.READY)
    caption.fill("")
    caption.blur()
    expect(page.locator("[data-image][data-state=ready]")).to_have_count(3)
    expect(page.locator("#viewer-number")).to_have_text("2 / 3")


HIDDEN = """Object.defineProperty(document, "visibilityState", {
  get: () => (window.isShown ? "visible" : "hidden"),
})"""


@pytest.mark.slow
def test_the_window_of_images_follows_what_is_looked_at_once_nothing_is_left_there(
    desk: Page, record: Occurrence
) -> None:
    image = pictures.of(record)
    other = make.occurrence(record.collection, catalog_number="8")
    own, tab = desk.context.new_page(), desk.context.new_page()
    own.goto(f"/occurrences/{record.guid}/media/")
    expect(own.locator("h1")).to_contain_text("7")
    own.locator(".image-facts summary").click()
    own.locator("[name=caption]").fill("Whole sheet")
    tab.add_init_script(HIDDEN)
    tab.goto(f"/occurrences/{other.guid}/edit/")  # in the background
    tab.wait_for_timeout(300)
    assert str(record.guid) in own.url
    tab.evaluate("isShown = true; document.dispatchEvent(new Event('visibilitychange'))")
    tab.wait_for_timeout(300)
    assert str(record.guid) in own.url
    cookies = own.context.cookies()
    own.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    own.locator("[name=caption]").press("Control+s")
    expect(own.locator("#media-problem")).to_contain_text("Nothing was stored")
    expect(own.locator("[name=caption]")).to_have_value("Whole sheet")
    own.context.add_cookies(cookies)  # type: ignore[arg-type]
    own.locator("#again-later").click()
    own.locator("[name=caption]").press("Control+s")
    expect(own.locator("h1")).to_contain_text("8")
    image.refresh_from_db()
    assert image.caption == "Whole sheet"


@pytest.mark.slow
def test_images_follow_a_draft_that_comes_back_late(desk: Page, record: Occurrence) -> None:
    page, guid = desk, "0190a0a0-0000-7000-8000-000000000001"
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    page.wait_for_timeout(1600)
    page.evaluate(
        """guid => {
          document.getElementById("editor").elements.guid.value = guid;
          document.dispatchEvent(new CustomEvent("holotype:guid"));
        }""",
        guid,
    )
    expect(page.locator("#media")).to_have_attribute("data-record", guid)
    upload(page, "front.jpg")
    expect(page.locator(".media-told")).to_contain_text("1 image added.")
    assert Media.objects.get().record_guid.hex == guid.replace("-", "")


@pytest.mark.slow
def test_the_map_stays_where_somebody_went_while_the_records_are_looked_for(
    desk: Page, record: Occurrence
) -> None:
    page = desk
    late: list[Route] = []
    page.goto(f"/occurrences/new/{record.collection.guid}/")
    page.route("**/near/**", lambda route: late.append(route), times=1)
    with page.expect_request("**/near/**"):
        page.locator("#map-panel > summary").click()
    page.locator(".map").focus()
    with page.expect_response("**/near/**"):
        page.keyboard.press("ArrowLeft")
    lines = page.locator(".map .graticule").get_attribute("d")
    with page.expect_response("**/near/**"):
        late[0].continue_()
    page.wait_for_timeout(200)
    assert page.locator(".map .graticule").get_attribute("d") == lines


def test_the_map_sets_the_point_and_the_fields_set_the_map(desk: Page) -> None:
    page = desk
    page.locator("#map-panel > summary").click()
    latitude, longitude = (
        page.locator("#id_decimal_latitude"),
        page.locator("#id_decimal_longitude"),
    )
    box = page.locator(".map")
    expect(box.locator(".point")).to_be_visible()
    expect(box.locator(".near")).to_have_count(1)
    box.focus()
    page.keyboard.press("ArrowUp")
    expect(latitude).not_to_have_value("31.5")
    assert 31.5 < float(latitude.input_value()) < 31.6
    page.keyboard.press("ArrowLeft")
    assert -109.35 < float(longitude.input_value()) < -109.25
    page.keyboard.press("]")
    expect(page.locator("#id_coordinate_uncertainty_in_meters")).not_to_have_value("")
    before = longitude.input_value()
    room = box.bounding_box()
    assert room
    page.mouse.click(room["x"] + room["width"] * 0.8, room["y"] + room["height"] * 0.5)
    expect(longitude).not_to_have_value(before)
    assert float(longitude.input_value()) > float(before)
    latitude.fill("-17.5")
    longitude.fill("178°30'E")
    expect(box.locator(".told")).to_contain_text("-17.5")
    expect(page.locator("#id_geodetic_datum")).to_have_value("WGS84")
    assert accessibility_faults(page) == []


def test_images_stand_above_the_form_on_a_telephone(desk: Page) -> None:
    page = desk
    upload(page, "front.jpg")
    expect(page.locator("#viewer-image")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    image, form = page.locator(".viewer").bounding_box(), page.locator("#editor").bounding_box()
    assert image and form and image["y"] + image["height"] < form["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
