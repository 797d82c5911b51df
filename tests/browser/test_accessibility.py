"""No serious fault that axe finds on any main page, light or dark, wide or narrow."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from biocollections.models import Collection
from occurrences.models import Occurrence, Offer
from taxonomy.models import Taxon
from tests.chromium import accessibility_faults

pytestmark = pytest.mark.browser
LOOKS = [("light", 1280), ("dark", 390)]  # each scheme and each width


def addresses() -> Iterator[str]:
    """Yield the main pages, as an administrator of the first herbarium may see them."""
    herbarium = Collection.objects.get(code="HUD")
    record = Occurrence.objects.get(collection=herbarium, record_number="2214")
    cactus = Occurrence.objects.get(scientific_name="Peniocereus greggii")
    for name in ("home", "tour", "demo_sign_in", "profile", "account", "collections:list"):
        yield reverse(name)
    for name in ("profile", "edit", "manage"):
        yield reverse(f"collections:{name}", args=[herbarium.guid])
    search = reverse("occurrences:search")
    yield from (search, f"{search}?q=G%C3%B3mez&view=table", f"{search}?q=nothing+finds+this")
    for name in ("record", "edit", "history", "delete"):
        yield reverse(f"occurrences:{name}", args=[record.guid])
    yield reverse("occurrences:record", args=[cactus.guid])
    yield reverse("occurrences:add", args=[herbarium.guid])
    cacti = Taxon.objects.get(scientific_name="Cactaceae")
    saguaro = Taxon.objects.get(scientific_name="Carnegiea gigantea")
    yield f"{reverse('taxonomy:explorer')}?open={saguaro.guid}&authors=1&synonyms=1"
    yield f"{reverse('taxonomy:explorer')}?list={cacti.guid}&q=saguaro"
    yield reverse("taxonomy:taxon", args=[saguaro.guid])
    yield reverse("taxonomy:propose")
    yield reverse("occurrences:offers", args=[herbarium.guid])
    yield Offer.objects.get(collection=herbarium).get_absolute_url()
    yield reverse("occurrences:changes", args=[herbarium.guid])
    yield reverse("occurrences:imports", args=[herbarium.guid])
    yield reverse("occurrences:import_new", args=[herbarium.guid])


def thesaurus_pages() -> Iterator[str]:
    """Yield the pages of taxonomy editors."""
    genus = Taxon.objects.get(scientific_name="Carnegiea")
    for name in ("edit", "move", "acceptance", "merge", "delete", "history"):
        yield reverse(f"taxonomy:{name}", args=[genus.guid])
    yield reverse("taxonomy:add")
    yield reverse("taxonomy:proposals")


def faults_of(page: Page) -> list[str]:
    """Return what axe finds serious, and whether the page is wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return accessibility_faults(page) + ["is wider than the window"] * wide


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_of_taxonomy_editors_have_no_serious_fault(
    page: Page, sign_in: Callable[[str], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in("taxonomist")
    faults = []
    for address in thesaurus_pages():
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        faults += [f"{address} {fault}" for fault in faults_of(page)]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_main_pages_have_no_serious_fault(
    page: Page, sign_in: Callable[[str], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in("manager")
    faults = []
    for address in addresses():
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        faults += [f"{address} {fault}" for fault in faults_of(page)]
    assert not faults, "\n".join(["", *faults])


@pytest.mark.slow
def test_pages_before_signing_in_have_no_serious_fault(page: Page, seeded: None) -> None:
    for address in ("/accounts/login/", "/", "/occurrences/?taxon=Cactaceae", "/no-such-page/"):
        page.goto(address)
        assert accessibility_faults(page) == [], address
