"""Old Symbiota addresses lead to the records, for whoever may see them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from biocollections.models import Collection
from journal import undo
from occurrences import restoring
from occurrences.models import Occurrence
from tests import make
from tests.cast import client_of
from tests.occurrences.importing import bring_in
from tests.occurrences.symbiota_backup import backup, row

pytestmark = pytest.mark.django_db

OLD = "/collections/individual/index.php"


@pytest.fixture
def record(herbarium: Collection) -> Occurrence:
    return make.occurrence(
        herbarium,
        legacy_id=2045,
        occurrence_id="urn:catalog:X:7",
        identifiers=[("recordID", "0f0e1d2c-3b4a-4958-8677-665544332211")],
    )


def test_an_occid_leads_to_its_record(record: Occurrence) -> None:
    answer = Client().get(OLD, {"occid": "2045", "clid": "3"})
    assert (answer.status_code, answer["Location"]) == (301, record.get_absolute_url())
    assert Client().get(OLD, {"occid": "2046"}).status_code == 404


@pytest.mark.parametrize(
    "guid",
    [
        "0f0e1d2c-3b4a-4958-8677-665544332211",
        "urn:uuid:0F0E1D2C-3b4a-4958-8677-665544332211",
        "urn:catalog:X:7",
    ],
)
def test_a_guid_leads_to_its_record(record: Occurrence, guid: str) -> None:
    assert Client().get(OLD, {"guid": guid})["Location"] == record.get_absolute_url()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "occid=",
        "occid=x",
        "occid=-1",
        "occid=" + "9" * 40,
        "occid=٣",
        "guid=%00",
        "guid=" + "a" * 900,
    ],
)
def test_nonsense_is_not_found(record: Occurrence, query: str) -> None:
    assert Client().get(f"{OLD}?{query}").status_code == 404


def test_what_one_may_not_see_is_not_found(herbarium: Collection, cast: dict[str, Any]) -> None:
    make.occurrence(herbarium, legacy_id=1, record_security=5)
    private = make.collection("PRIVATE", is_public=False)
    make.occurrence(private, legacy_id=2)
    for name, statuses in (("stranger", (404, 404)), ("editor", (301, 404))):
        client = client_of(cast[name])
        found = [client.get(OLD, {"occid": occid}).status_code for occid in ("1", "2")]
        assert tuple(found) == statuses, name


def test_a_deleted_record_is_gone(
    record: Occurrence, herbarium: Collection, cast: dict[str, Any]
) -> None:
    whole = make.occurrence(herbarium, legacy_id=3, record_security=5)
    restoring.delete(make.change_set(None, herbarium, kind="deletion"), [record.pk, whole.pk])
    assert Client().get(OLD, {"occid": "2045"}, follow=True).status_code == 410
    assert Client().get(OLD, {"guid": str(record.guid)}, follow=True).status_code == 410
    assert Client().get(OLD, {"occid": "3"}).status_code == 404
    assert client_of(cast["editor"]).get(OLD, {"occid": "3"}, follow=True).status_code == 410


def test_the_number_follows_the_record_through_undo_and_another_import(
    herbarium: Collection, administrator: Any
) -> None:
    file = backup([row(77, catalogNumber="A-1", recordedBy="G")])
    run = bring_in(herbarium, administrator, file)
    first = Client().get(OLD, {"occid": "77"})
    undo.undo(run.change_set, administrator)
    gone = Client().get(OLD, {"occid": "77"})
    assert (gone.status_code, gone["Location"]) == (302, first["Location"])
    bring_in(herbarium, administrator, file)
    again = Client().get(OLD, {"occid": "77"})
    assert again["Location"] == Occurrence.objects.get(legacy_id=77).get_absolute_url()
    for answer in (first, gone, again):  # a browser that kept one would be led astray by it
        assert "no-cache" in answer["Cache-Control"]


def test_a_number_of_two_portals_leads_to_a_choice(
    record: Occurrence, other_herbarium: Collection
) -> None:
    other = make.occurrence(other_herbarium, legacy_id=2045)
    page = Client().get(OLD, {"occid": "2045"})
    assert page.status_code == 200
    for each in (record, other):
        assert each.get_absolute_url() in page.content.decode()


def test_the_old_editor_leads_to_the_editor(record: Occurrence) -> None:
    old = "/collections/editor/occurrenceeditor.php"
    answer = Client().get(old, {"occid": "2045", "csmode": "0"})
    assert answer["Location"] == f"/occurrences/{record.guid}/edit/"


def test_an_old_search_is_the_same_search() -> None:
    asked = {"taxa": "Quercus emoryi", "state": "Arizona", "local": "", "usethes": "1", "db": "3"}
    answer = Client().get("/collections/list.php", asked)
    assert answer.status_code == 301
    assert answer["Location"] == "/occurrences/?taxon=Quercus+emoryi&state=Arizona"


def test_a_record_that_was_here_before_gets_its_old_number(
    herbarium: Collection, administrator: Any
) -> None:
    make.occurrence(herbarium, catalog_number="A-1", locality="Creek")
    file = backup([row(77, catalogNumber="A-1", recordedBy="G", locality="Dry creek")])
    bring_in(herbarium, administrator, file, keys=["catalogNumber"])
    assert Occurrence.objects.get(catalog_number="A-1").legacy_id == 77
