"""A role that is limited to taxa and places reaches the records these name, and no others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from biocollections import granting
from biocollections.models import Collection, Role
from occurrences.models import Occurrence, Withheld
from taxonomy.models import Name
from tests import make

pytestmark = pytest.mark.django_db

SONORA = {"country": "México", "country_code": "MX", "state_province": "Sonora"}
RECORDS: dict[str, dict[str, Any]] = {
    "oak of Sonora": {"scientific_name": "Quercus emoryi", "family": "Fagaceae", **SONORA},
    "oak of Son.": {
        "scientific_name": "Quercus alba",
        "country": "MEXICO",
        "state_province": "Son.",
    },
    "oak of Arizona": {
        "scientific_name": "Quercus emoryi",
        "country": "United States",
        "country_code": "US",
        "state_province": "Arizona",
    },
    "oak of nowhere": {"scientific_name": "Quercus alba", "state_province": "Sonora"},
    "cactus of Sonora": {"scientific_name": "Cereus", "family": "Cactaceae", **SONORA},
    "Quercusia of Sonora": {"scientific_name": "Quercusia alba", **SONORA},
}


@pytest.fixture
def protected(herbarium: Collection) -> dict[str, int]:
    """Place-protected records by name, and their keys."""
    rows = [
        {**values, "catalog_number": name, "locality": "the secret spring", "record_security": 1}
        for name, values in RECORDS.items()
    ]
    made = make.occurrences(herbarium, rows)
    return {name: each.pk for name, each in zip(RECORDS, made, strict=True)}


def read_by(person: Any) -> set[str]:
    """Return the records whose places this person reads."""
    readable = Withheld.objects.readable_by(person).values("occurrence")
    return set(Occurrence.objects.filter(pk__in=readable).values_list("catalog_number", flat=True))


OAKS = {"oak of Sonora", "oak of Son.", "oak of Arizona", "oak of nowhere"}


@pytest.mark.parametrize(
    ("scope", "read"),
    [
        ({"taxa": ["Quercus"]}, OAKS),
        ({"taxa": ["Quercus alba"]}, {"oak of Son.", "oak of nowhere"}),
        ({"taxa": ["cactaceae"]}, {"cactus of Sonora"}),
        ({"countries": ["MX"]}, set(RECORDS) - {"oak of Arizona", "oak of nowhere"}),
        ({"countries": ["US"], "taxa": ["Fagaceae", "Quercus"]}, {"oak of Arizona"}),
        ({"states": ["MX-SON"], "taxa": ["Quercus"]}, {"oak of Sonora", "oak of Son."}),
        ({"states": ["US-AZ"], "countries": ["MX"]}, set()),
    ],
)
def test_a_limited_reader_reads_what_all_his_limits_name(
    herbarium: Collection,
    administrator: Any,
    protected: dict[str, int],
    scope: dict[str, list[str]],
    read: set[str],
) -> None:
    person = make.user()
    role = Role.PROTECTED_DATA_READER
    granting.grant(person, role, herbarium, by=administrator, reason="study", scope=scope)
    assert read_by(person) == read


def test_synonyms_and_what_is_below_follow_once_names_are_linked(herbarium: Collection) -> None:
    family = make.taxon("Cactaceae", rank="family")
    species = make.taxon("Carnegiea gigantea", parent=family)
    synonym = make.taxon("Cereus giganteus", accepted=species)
    for taxon in (species, synonym, make.taxon("Cactaceae oddity", parent=None)):
        made = make.occurrence(
            herbarium, scientific_name=str(taxon), catalog_number=str(taxon), record_security=1
        )
        Name.objects.filter(pk=made.name_id).update(taxon=taxon)
    person = make.user()
    make.grant(person, Role.PROTECTED_DATA_READER, herbarium, scope={"taxa": ["Cactaceae"]})
    assert read_by(person) == {str(species), str(synonym)}


def test_the_record_page_shows_the_place_within_the_limits_alone(
    herbarium: Collection, administrator: Any, protected: dict[str, int], client: Client
) -> None:
    person = make.user()
    made = granting.grant(
        person,
        Role.PROTECTED_DATA_READER,
        herbarium,
        by=administrator,
        reason="study",
        scope={"taxa": ["Quercus"], "states": ["Sonora"], "countries": ["Mexico"]},
    )
    client.force_login(person)
    guids = dict(Occurrence.objects.values_list("catalog_number", "guid"))

    def shown(name: str) -> bool:
        page = client.get(reverse("occurrences:record", args=[guids[name]])).content.decode()
        return "the secret spring" in page

    assert [shown(name) for name in RECORDS] == [True, True, False, False, False, False]
    granting.revoke(made, by=administrator)
    assert not any(shown(name) for name in RECORDS)


def test_limits_hold_in_their_collection_and_in_their_time(
    herbarium: Collection, other_herbarium: Collection, protected: dict[str, int]
) -> None:
    scope = {"taxa": ["Quercus"]}
    role = Role.PROTECTED_DATA_READER
    elsewhere, late, everywhere = make.user(), make.user(), make.user()
    make.grant(elsewhere, role, other_herbarium, scope=scope)
    now = timezone.now()
    day = timedelta(days=1)
    make.grant(late, role, herbarium, scope=scope, valid_from=now - 2 * day, valid_until=now - day)
    make.grant(everywhere, role, scope=scope)
    assert (read_by(elsewhere), read_by(late), read_by(everywhere)) == (set(), set(), OAKS)


def test_no_limit_opens_a_record_that_is_hidden_whole(herbarium: Collection) -> None:
    make.occurrence(herbarium, scientific_name="Quercus alba", record_security=5)
    person = make.user()
    make.grant(person, Role.PROTECTED_DATA_READER, herbarium, scope={"taxa": ["Quercus"]})
    assert read_by(person) == set()


@pytest.mark.parametrize("scope", [{"taxa": []}, {"planets": ["Mars"]}, {"states": ["XX-YY"]}])
def test_a_limit_that_nobody_understands_gives_nothing(
    herbarium: Collection, protected: dict[str, int], scope: dict[str, Any]
) -> None:
    person = make.user()
    make.grant(person, Role.PROTECTED_DATA_READER, scope=scope)
    assert read_by(person) == set()


def test_an_identifier_determines_within_his_taxa(
    herbarium: Collection, protected: dict[str, int], cast: dict[str, Any]
) -> None:
    person = make.user()
    make.grant(person, Role.IDENTIFIER, herbarium, scope={"taxa": ["Quercus"]})
    found = Occurrence.objects.identifiable_by(person)
    assert set(found.values_list("catalog_number", flat=True)) == OAKS
    assert read_by(person) == set()
    determining = {
        name
        for name, each in cast.items()
        if Occurrence.objects.identifiable_by(each).filter(pk__in=protected.values()).exists()
    }
    assert determining == {"editor", "administrator"}


def test_grants_are_read_once_for_a_page(
    herbarium: Collection, stranger: Any, django_assert_num_queries: Any
) -> None:
    make.grant(stranger, Role.PROTECTED_DATA_READER, herbarium, scope={"taxa": ["Quercus"]})
    list(Withheld.objects.readable_by(stranger))
    with django_assert_num_queries(3):  # places, the taxon, and what is read
        list(Withheld.objects.readable_by(stranger))
