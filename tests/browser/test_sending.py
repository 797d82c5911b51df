"""Records are sent by keys alone, and every page of it can be used by everybody."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from biocollections.models import Collection
from occurrences import sending
from occurrences.models import Occurrence, Offer, Sending
from occurrences.offering import Recipient
from occurrences.selecting import Selection
from tests.chromium import accessibility_faults

pytestmark = pytest.mark.browser


def draft_of_collector() -> Sending:
    profile = Collection.objects.get(code="FERRER")
    owner = profile.grants.get(role="administrator").user
    guids = Occurrence.objects.filter(collection=profile).values_list("guid", flat=True)[:3]
    draft = sending.begin(owner, Selection(tuple(map(str, guids))))
    assert draft
    return draft


def test_records_are_sent_by_keys_alone(page: Page, sign_in: Callable[[str], None]) -> None:
    draft = draft_of_collector()
    sign_in("collector")
    page.goto(reverse("occurrences:sending_prepare", args=[draft.guid]))
    page.get_by_label("Recipient 1", exact=True).focus()
    page.keyboard.type("herbario")
    expect(page.locator(".offers li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Recipient 1", exact=True)).to_have_value("HUD – " + herbarium().name)
    page.get_by_role("button", name="Another recipient").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Recipient 5", exact=True)).to_be_focused()
    page.keyboard.type("MEXU")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.type("Package")
    page.get_by_role("button", name="Review").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    page.get_by_role("button", name="Send 3 records").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sendings/{draft.guid}/")
    expect(page.get_by_text("3 waiting")).to_be_visible()
    offers = Offer.objects.filter(sending=draft).order_by("pk")
    assert [offer.recipient for offer in offers] == [herbarium().name, "MEXU"]


def herbarium() -> Collection:
    return Collection.objects.get(code="HUD")


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_its_pages_have_no_serious_fault(
    page: Page, sign_in: Callable[[str], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in("collector")
    faults = []
    for address in addresses():
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        faults += [f"{address} {fault}" for fault in accessibility_faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{address} is wider than the window")
    assert not faults, "\n".join(["", *faults])


def addresses() -> list[str]:
    """Return the pages of a draft that warns, and of a sending that went out."""
    draft, sent = draft_of_collector(), draft_of_collector()
    wanted = [Recipient("transfer", herbarium()), Recipient("copy", outside="MEXU")]
    Occurrence.objects.filter(guid=draft.selection["guids"][0]).update(duplicate_quantity="1")
    for each in (draft, sent):
        sending.want(each, wanted)
        each.save()
    sending.start(sent)
    offer = sent.offers.order_by("pk")[0]
    record = draft.selection["guids"][0]
    return [
        reverse("occurrences:sendings"),
        *(reverse(f"occurrences:{name}", args=[draft.guid]) for name in PAGES_OF_A_DRAFT),
        sent.get_absolute_url(),
        reverse("occurrences:offer_withdraw", args=[offer.guid]),
        reverse("occurrences:packing_list", args=[offer.guid]),
        reverse("occurrences:transfer_one", args=[record]),
    ]


PAGES_OF_A_DRAFT = ("sending_prepare", "sending_review")
