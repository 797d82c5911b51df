"""The pages of protected species: what everybody reads, and what keepers of a list do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Role
from occurrences import protecting
from occurrences.models import ProtectionList, ProtectionRule
from taxonomy.models import Taxon
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def saguaro() -> Taxon:
    family = make.taxon("Cactaceae", rank="family")
    return make.taxon("Carnegiea gigantea", "(Engelm.) Britton & Rose", parent=family)


@pytest.fixture
def admin() -> Client:
    person = make.user("warden")
    make.grant(person, Role.PROTECTED_SPECIES_ADMIN)
    return client_of(person)


def test_everybody_reads_what_is_protected_where_and_how_many_records(
    saguaro: Taxon, client: Client
) -> None:
    arizona = ProtectionList.objects.create(
        title="Native plants", country="United States", state_province="Arizona"
    )
    protecting.add_rule(None, arizona, saguaro)
    for security in (0, 0, 5):
        make.occurrence(scientific_name="Carnegiea gigantea", record_security=security)
    page = client.get(reverse("occurrences:protected_species")).content.decode()
    for word in ("Native plants", "Arizona, United States", "Cactaceae", "Carnegiea gigantea"):
        assert word in page
    assert 'data-label="Records">2<' in page, "the wholly protected one is nobody's business"


def test_the_collections_that_hold_a_protected_taxon_can_be_asked_for_its_places(
    saguaro: Taxon, stranger: Any
) -> None:
    protecting.add_rule(None, ProtectionList.objects.create(title="Native plants"), saguaro)
    held = make.occurrence(scientific_name="Carnegiea gigantea", record_security=0).collection
    hidden = make.occurrence(scientific_name="Carnegiea gigantea", record_security=5).collection
    client = client_of(stranger)
    page = client.get(reverse("occurrences:protected_species")).content.decode()
    link = page.split(f'href="{reverse("collections:access_new")}?')[1].split('"')[0]
    assert str(held.guid) in link and str(hidden.guid) not in link
    form = client.get(f"{reverse('collections:access_new')}?{link.replace('&amp;', '&')}")
    assert 'value="Carnegiea gigantea"' in form.content.decode()


def test_an_admin_begins_a_list_and_names_its_keeper_who_protects_a_taxon(
    saguaro: Taxon, admin: Client
) -> None:
    keeper = make.user("keeper")
    answer = admin.post(
        reverse("occurrences:protection_list_new"), {"title": "Ours", "keepers": "KEEPER\n"}
    )
    one = ProtectionList.objects.get()
    address = reverse("occurrences:protection_list", args=[one.guid])
    assert answer["Location"] == address and one.keepers.get() == keeper
    asked = {"taxon": "Carnegiea gigantea", "level": "2", "reason": "poached"}
    client_of(keeper).post(address, asked)
    rule = ProtectionRule.objects.get()
    assert (rule.taxon, rule.added_by, rule.state) == (saguaro, keeper, "pending")
    page = client_of(keeper).get(address).content.decode()
    assert "poached" in page and "being applied" in page


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("Carnegia", "No such taxon stands in the thesaurus"),
        ("Carnegiea gigantea", "is on the list"),
        ("Oenanthe", "Several have this name"),
    ],
)
def test_a_taxon_that_cannot_be_protected_is_refused_in_words(
    saguaro: Taxon, admin: Client, typed: str, message: str
) -> None:
    make.taxon("Oenanthe", "L.", rank="genus")
    make.taxon("Oenanthe", "Vieillot", rank="genus", kingdom="Animalia")
    one = ProtectionList.objects.create(title="Ours")
    protecting.add_rule(None, one, saguaro)
    address = reverse("occurrences:protection_list", args=[one.guid])
    page = admin.post(address, {"taxon": typed, "level": "2"}).content.decode()
    assert message in page and f'value="{typed}"' in page
    assert ProtectionRule.objects.count() == 1


def test_a_keeper_of_one_list_keeps_no_other(saguaro: Taxon) -> None:
    keeper = make.user("keeper")
    own = ProtectionList.objects.create(title="Own")
    own.keepers.add(keeper)
    other = ProtectionList.objects.create(title="Other")
    rule = protecting.add_rule(None, other, saguaro)
    client = client_of(keeper)
    asked = [("protection_list", other.guid), ("protection_rule_end", rule.guid)]
    for name, guid in asked:
        assert client.post(reverse(f"occurrences:{name}", args=[guid])).status_code == 403
    rule.refresh_from_db()
    assert rule.state == "pending"


def test_where_a_list_holds_stays_when_taxa_are_on_it(saguaro: Taxon, admin: Client) -> None:
    one = ProtectionList.objects.create(title="Ours", country="Mexico")
    protecting.add_rule(None, one, saguaro)
    address = reverse("occurrences:protection_list_edit", args=[one.guid])
    admin.post(address, {"title": "Theirs", "country": "Peru"})
    one.refresh_from_db()
    assert (one.title, one.country) == ("Theirs", "Mexico")


def test_a_curator_sees_what_the_public_sees_beside_what_he_sees(
    editor: Any, herbarium: Any
) -> None:
    record = make.occurrence(herbarium, locality="Behind the mill", record_security=1)
    address = reverse("occurrences:public_view", args=[record.guid])
    page = client_of(editor).get(address).content.decode()
    row = page[page.index("Locality") :][:400]
    assert "nothing" in row and "Behind the mill" in row
