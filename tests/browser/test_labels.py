"""Labels in a real browser: from the saved record to the PDF by keys, on a telephone, laid out."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from occurrences.models import LabelRun, Occurrence, QueuedAnnotation
from tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TELEPHONE = {"width": 390, "height": 844}


@pytest.fixture
def record() -> Occurrence:
    herbarium = make.collection("HERB", administrator=make.user("editor"))
    return make.occurrence(
        herbarium,
        catalog_number="H-1",
        family="Fagaceae",
        locality="Cañón del Púlpito, 12 km east of Colonia Oaxaca",
        habitat="oak woodland",
        duplicate_quantity="3",
        label_project="Sonora 2026",
        recorded_by="L. Gómez",
        record_number="412",
        event_date="1932-07-14",
    )


@pytest.fixture(autouse=True)
def entered(page: Page, live_server: Any, record: Occurrence) -> None:
    """The collection's administrator has signed in."""
    client = Client()
    client.force_login(record.collection.grants.get().user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )


@pytest.fixture
def shot(page: Page) -> Callable[[str], None]:
    def take(name: str) -> None:
        if os.environ.get("SHOTS"):
            page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)

    return take


def test_keys_alone_lead_from_the_saved_record_to_its_pdf(
    page: Page, record: Occurrence, shot: Any
) -> None:
    page.goto(f"/occurrences/{record.guid}/edit/")
    page.fill("#id_habitat", "oak woodland with juniper")
    with page.expect_navigation(url="**/labels/**"):
        page.keyboard.press("Alt+l")
    shot("wide")
    page.emulate_media(color_scheme="dark")
    shot("dark")
    with page.expect_response(lambda response: response.url.endswith("/pdf/")) as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 302
    pdf = page.request.get(f"/labels/{LabelRun.objects.get().guid}/pdf/")
    assert pdf.headers["content-type"] == "application/pdf"


def test_the_designer_is_worked_by_keys_and_the_preview_follows(
    page: Page, record: Occurrence, shot: Any
) -> None:
    lay_out(page, record)
    before = page.locator(".paper-sheet").get_attribute("src")
    page.locator("#designer summary").focus()
    page.keyboard.press("Enter")
    first = page.locator("[data-item] select[name$='-field']").first
    first.focus()
    assert first.input_value() == "family"
    page.locator("[data-item]").first.get_by_role("button", name="Down").focus()
    with page.expect_response("**/preview/"):
        page.keyboard.press("Enter")
    names = page.locator("[data-item] select[name$='-field']")
    assert [names.nth(at).input_value() for at in (0, 1)] == ["name", "family"]
    page.wait_for_function(
        "before => document.querySelector('.paper-sheet').src !== before", arg=before
    )
    shot("designer")
    with page.expect_navigation():
        page.get_by_role("button", name="Save and show").press("Enter")
    fields = [item["field"] for item in LabelRun.objects.get().design["items"][:2]]
    assert fields == ["name", "family"]


def test_a_collector_lays_out_and_prints_on_a_telephone(
    page: Page, record: Occurrence, shot: Any
) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto("/labels/")
    shot("phone-runs")
    assert sideways(page) == 0
    page.get_by_role("button", name="Lay out Sonora 2026").click()
    page.wait_for_url("**/labels/*-*/")
    page.locator("#designer summary").click()
    shot("phone")
    assert sideways(page) == 0
    page.get_by_label("Take the records out of their label project").check()
    page.get_by_role("button", name="I have printed them").click()
    expect(page.get_by_text("Noted as printed.")).to_be_visible()
    shot("phone-printed")
    record.refresh_from_db()
    assert record.label_project is None


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_labels_have_no_serious_findings(
    scheme: Any, page: Page, record: Occurrence
) -> None:
    determination = record.identifications.get()
    QueuedAnnotation.objects.create(
        identification=determination.guid, user=record.collection.grants.get().user
    )
    page.emulate_media(color_scheme=scheme)
    page.goto("/labels/")
    findings = serious(page)
    lay_out(page, record)
    page.locator("#designer summary").click()
    assert findings + serious(page) == []


def lay_out(page: Page, record: Occurrence) -> None:
    page.goto(f"/occurrences/{record.guid}/")
    page.get_by_role("button", name="Print label").click()
    page.wait_for_url("**/labels/*-*/")


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide


def serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [each for each in found if each["impact"] in ("serious", "critical")]
