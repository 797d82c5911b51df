"""A collector's pages: no serious fault, and records made private and public with the keyboard."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from biocollections.models import Collection
from journal import jobs
from journal.models import Job
from occurrences.models import Protection
from tests.chromium import accessibility_faults

pytestmark = pytest.mark.browser


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_of_a_collector_have_no_serious_fault(
    page: Page, sign_in: Callable[[str], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    faults = []
    for person, names in {
        "collector": ("profile", "occurrences:personal", "occurrences:my_collections"),
        "manager": ("occurrences:personal_open", "occurrences:personal"),
    }.items():
        sign_in(person)
        for address in map(reverse, names):
            answer = page.goto(address)
            assert answer and answer.status == 200, address
            faults += [f"{address} {fault}" for fault in accessibility_faults(page)]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{address} is wider than the window")
    assert not faults, "\n".join(["", *faults])


def test_a_collector_makes_records_private_by_keyboard_and_takes_it_back(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    sign_in("collector")
    profile = Collection.objects.get(code="FERRER")
    page.goto(f"{reverse('occurrences:table')}?within={profile.code}&sort=date")
    page.locator("input[name=guid]").first.focus()
    page.keyboard.press("Space")
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make private…").press("Enter")
    page.get_by_role("button", name="Change the records").press("Enter")
    page.wait_for_url(re.compile(r"/batch/[0-9a-f-]+/$"))
    jobs.run(Job.objects.get(kind="batch").guid)
    expect(page.get_by_text("one record changed")).to_be_visible(timeout=10_000)
    private = profile.occurrences.filter(protection=Protection.WHOLE)
    assert private.count() == 1
    page.get_by_role("button", name="Undo").first.press("Enter")
    expect(page.get_by_text("Undone").first).to_be_visible()
    assert private.count() == 0
