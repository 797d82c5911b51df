"""The demonstration holds what the tour promises, and is seeded once."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate

from biocollections.models import Collection, is_portal_admin
from occurrences import demo, gomez
from occurrences.models import Identification, Identifier, Occurrence, Offer, Protection
from occurrences.protection import audit
from occurrences.sheets import pictured_alone

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The demonstration with few generated records; gone after this module."""
    from django.db import connection, transaction

    with django_db_blocker.unblock(), transaction.atomic():
        demo.seed(200)
        yield
        transaction.set_rollback(True)
    assert not connection.in_atomic_block


def number(text: str, **more: Any) -> Any:
    """Return the records with this collector's number by L. Gómez."""
    return Occurrence.objects.filter(record_number=text, recorded_by=gomez.COLLECTOR, **more)


def test_every_collection_gets_its_share(seeded: None, db: None) -> None:
    counts = demo.counts()
    assert list(counts) == ["HUD", "OCO-Plants", "OCO-Insects", "SAI-Herps", "FERRER", "AGUIRRE"]
    assert counts["HUD"] == 70 + 44 + 1 and counts["OCO-Plants"] == 50 + 26
    assert Collection.objects.get(code="SAI-Herps").management == "snapshot"
    assert Collection.objects.filter(type="personal").count() == 2


def test_all_is_there_by_default() -> None:
    assert demo.RECORDS >= 3000
    assert sum(plan.share for plan in demo.COLLECTIONS) == pytest.approx(1)


def test_numbers_2201_to_2240_stand_once_but_for_what_is_hidden(seeded: None, db: None) -> None:
    collection = Collection.objects.get(code="HUD")
    for n in range(2201, 2241):
        hidden = n in (gomez.PROTECTED, gomez.WHOLLY_PROTECTED)
        assert number(str(n), collection=collection).count() == (0 if hidden else 1), n


def test_the_two_herbaria_disagree_about_one_number(seeded: None, db: None) -> None:
    names = number("2207").values_list("collection__code", "scientific_name")
    assert dict(names) == {"HUD": "Jatropha cardiophylla", "OCO-Plants": "Jatropha cuneata"}
    history = Identification.objects.filter(occurrence__in=number("2207")).count()
    assert history == 3


def test_the_holotype_has_its_isotype(seeded: None, db: None) -> None:
    types = number("2212").values_list("type_status", "collection__code").order_by("type_status")
    assert list(types) == [("holotype", "HUD"), ("isotype", "OCO-Plants")]


def test_the_cactus_shows_its_name_and_not_its_place(seeded: None, db: None) -> None:
    cactus = Occurrence.objects.get(scientific_name="Peniocereus greggii")
    assert cactus.protection == Protection.PLACE
    assert (cactus.recorded_by, cactus.country) == ("L. Gómez", "Mexico")
    assert cactus.locality is None and cactus.event_date is None and cactus.record_number is None
    assert Occurrence.objects.filter(protection=Protection.WHOLE).count() == 1
    assert audit() == []


def test_odd_numbers_and_uncertain_dates_are_there(seeded: None, db: None) -> None:
    assert number("1234").count() == 2 and number("1234a").count() == 1
    assert number("s.n.").count() == 2
    precisions = set(Occurrence.objects.values_list("event_date_precision", flat=True))
    assert {"year", "month", "day", "interval"} <= precisions


def test_records_carry_determinations_and_numbers_of_their_own(seeded: None, db: None) -> None:
    sheet = number("2203").get(collection__code="HUD")
    assert sheet.identifications.count() == 3
    assert sheet.identifications.get(is_current=True).date_identified == "1994-03-11"
    assert Identifier.objects.filter(name="Accession").count() > 26


def test_people_sign_in_and_hold_their_roles(seeded: None, db: None) -> None:
    people = {each.username: each for each in demo.DEMO_ACCOUNTS}
    users = {
        name: authenticate(username=name, password=account.password)
        for name, account in people.items()
    }
    herbarium = Collection.objects.get(code="HUD")
    assert herbarium in Collection.objects.managed_by(users["manager"])
    assert herbarium in Collection.objects.editable_by(users["editor"])
    assert herbarium not in Collection.objects.managed_by(users["editor"])
    assert Collection.objects.managed_by(users["collector"]).get().type == "personal"
    assert not users["researcher"].grants.exists()
    assert is_portal_admin(users["admin"])
    assert authenticate(username="curator", password=demo.PASSWORD) is None


def test_seeding_again_does_nothing(seeded: None, db: None) -> None:
    before = demo.counts()
    assert demo.seed(500) is False
    assert demo.counts() == before


def test_the_damaged_file_on_offer_is_the_one_described() -> None:
    assert (ROOT / "static/demo/gomez-damaged.csv").read_bytes() == gomez.damaged_file()


def test_a_collector_offers_her_plants_to_a_herbarium(seeded: None, db: None) -> None:
    offer = Offer.objects.get()
    assert (offer.sending.collection.code, str(offer.collection)) == (
        "FERRER",
        "Herbario de la Universidad del Desierto",
    )
    assert (offer.state, offer.counts["waiting"]) == (Offer.State.OPEN, 8)
    offered = Occurrence.objects.filter(guid__in=offer.records.values("record_guid"))
    assert offered.filter(protection=Protection.PLACE).count() == 1
    assert [record.scientific_name for record in pictured_alone(offered)] == ["Carnegiea gigantea"]
