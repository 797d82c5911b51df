"""Sheets are ticked as they come, apart from their data, and the tick gives them their barcode."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import tasks as of_accounts
from biocollections.models import Collection, Role
from journal import jobs
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import arriving, offering
from occurrences import tasks as of_records
from occurrences.arriving import Said
from occurrences.models import Occurrence, Offer, OfferedRecord
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

COPY, TRANSFER = Offer.How.COPY, Offer.How.TRANSFER


class Pile:
    """A collector who has offered sheets to a herbarium, and an editor there who unpacks them."""

    def __init__(self) -> None:
        self.collector, self.curator, self.student = make.user(), make.user(), make.user()
        self.profile = make.collection(
            "AG", administrator=self.collector, type=Collection.Type.PERSONAL
        )
        self.herbarium = make.collection("ARIZ", administrator=self.curator)
        make.grant(self.student, Role.EDITOR, self.herbarium)

    def offer(self, rows: list[dict[str, Any]], how: str = TRANSFER) -> Offer:
        records = make.occurrences(self.profile, rows, by=self.collector)
        sent = offering.send(
            self.collector,
            self.profile,
            [record.guid for record in records],
            [Recipient(how, self.herbarium)],
        )
        return sent.offers.get()

    def accept(self, offer: Offer) -> None:
        jobs.run(offering.accept(self.curator, offer).guid)

    def scan(self, *told: str, offer: Offer | None = None) -> arriving.Answer:
        offers = arriving.receivable_by(self.student)
        return arriving.scan(self.student, offers.filter(pk=offer.pk) if offer else offers, *told)


@pytest.fixture
def pile(db: None) -> Pile:
    return Pile()


def test_a_barcode_is_given_to_the_sheet_whose_number_is_typed_next(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "5521"}, {"record_number": "5522"}])
    assert pile.scan("ARIZ0412345").said == Said.WHOSE
    assert pile.scan("ARIZ0412345", "5521").said == Said.RECEIVED
    row = offer.records.get(catalog_number="ARIZ0412345")
    assert row.received_by == pile.student
    assert (row.state, row.numbered) == ("waiting", True)
    pile.accept(offer)
    moved = Occurrence.objects.get(catalog_number="ARIZ0412345")
    assert (moved.collection, moved.record_number) == (pile.herbarium, "5521")
    offer.refresh_from_db()
    assert (offer.counts["received"], offer.counts["accepted"]) == (1, 2)


@pytest.mark.parametrize("how", [TRANSFER, COPY])
def test_a_sheet_whose_data_are_here_gets_its_number_as_an_edit(pile: Pile, how: str) -> None:
    offer = pile.offer([{"record_number": "5521"}], how)
    pile.accept(offer)
    assert pile.scan("ARIZ0412345", "5521").said == Said.RECEIVED
    here = Occurrence.objects.get(collection=pile.herbarium)
    assert here.catalog_number == "ARIZ0412345"
    assert ChangeSet.objects.filter(kind="edit", user=pile.student).count() == 1
    if how == COPY:
        assert Occurrence.objects.get(collection=pile.profile).catalog_number is None


def test_a_sheet_is_found_by_its_number_its_guid_and_the_collectors_number(pile: Pile) -> None:
    offer = pile.offer(
        [
            {"record_number": "1", "identifiers": [("Field", "F-9")]},
            {"record_number": "2"},
            {"record_number": "3", "catalog_number": "P-3"},
        ]
    )
    first, second, third = offer.records.order_by("pk")
    OfferedRecord.objects.filter(pk=second.pk).update(catalog_number="ARIZ2")
    for text, row in (
        ("f-9", first),
        ("ARIZ2", second),
        (f"https://portal.example/occurrences/{third.record_guid}/", third),
    ):
        answer = pile.scan(text)
        assert answer.said == Said.RECEIVED, text
        assert answer.sheet and answer.sheet.row == row
    assert pile.scan("P-3").said == Said.ALREADY
    assert pile.scan("99", "99").said == Said.UNKNOWN


def test_two_sheets_with_one_number_ask_which(pile: Pile) -> None:
    pile.offer([{"record_number": "77", "locality": "Ridge"}, {"record_number": "77"}])
    answer = pile.scan("ARIZ1", "77")
    assert (answer.said, len(answer.choices)) == (Said.WHICH, 2)
    assert not OfferedRecord.objects.filter(received_at__isnull=False).exists()
    second = answer.choices[1]
    assert pile.scan("ARIZ1", "77", second.key).said == Said.RECEIVED
    assert OfferedRecord.objects.get(received_at__isnull=False).pk == second.row.pk
    assert pile.scan("", "77").said == Said.RECEIVED  # the only one left


def test_a_barcode_of_another_sheet_is_refused_and_nothing_is_ticked(pile: Pile) -> None:
    make.occurrence(pile.herbarium, catalog_number="ARIZ1")
    offer = pile.offer([{"record_number": "1"}, {"record_number": "2"}])
    assert pile.scan("ARIZ1", "1").said == Said.REFUSED
    assert pile.scan("ARIZ2", "1").said == Said.RECEIVED
    assert pile.scan("ARIZ2", "2").said == Said.REFUSED
    assert pile.scan("ARIZ3", "1").said == Said.ALREADY
    row = offer.records.order_by("pk").last()
    assert row is not None
    OfferedRecord.objects.filter(pk=row.pk).update(catalog_number="ARIZ9")
    answer = pile.scan("ARIZ3", "2")
    assert (answer.said, "ARIZ9" in answer.why) == (Said.REFUSED, True)
    row.refresh_from_db()
    assert (row.received_at, row.catalog_number) == (None, "ARIZ9")


def test_what_was_declined_is_not_received(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "1"}])
    offering.decline(pile.curator, offer, None, "Too damaged")
    answer = pile.scan("", "1")
    assert (answer.said, "declined" in answer.why) == (Said.REFUSED, True)


@pytest.mark.parametrize("accepted", [False, True])
def test_undo_of_a_tick_takes_the_number_along(pile: Pile, accepted: bool) -> None:
    offer = pile.offer([{"record_number": "1"}])
    row = offer.records.get()
    pile.scan("ARIZ1", "1")
    if accepted:
        pile.accept(offer)
    assert arriving.take_back(pile.student, row)
    assert not arriving.take_back(pile.student, row)
    row.refresh_from_db()
    assert (row.received_at, row.catalog_number, row.numbered) == (None, "", False)
    assert not Occurrence.objects.filter(catalog_number="ARIZ1").exists()
    offer.refresh_from_db()
    assert offer.counts["received"] == 0
    assert pile.scan("ARIZ1", "1").said == Said.RECEIVED


def test_a_number_the_receiver_gave_before_outlives_the_undo(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "1"}])
    offer.records.update(catalog_number="ARIZ1")
    pile.scan("ARIZ1")
    arriving.take_back(pile.student, offer.records.get())
    assert offer.records.get().catalog_number == "ARIZ1"


@pytest.mark.slow
def test_of_200_sheets_197_come_and_two_years_later_3_are_still_missing(
    pile: Pile, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = pile.offer([{"record_number": str(number)} for number in range(1, 201)])
    for number in range(1, 198):
        assert pile.scan(f"ARIZ{number:07}", str(number)).said == Said.RECEIVED
    pile.accept(offer)
    later = timezone.now() + timedelta(days=730)
    monkeypatch.setattr(timezone, "now", lambda: later)
    for task in (of_accounts.forget, of_records.forget_rows, of_records.sweep_media):
        task()
    tally = arriving.tally(arriving.receivable_by(pile.student))
    assert tally == {"received": 197, "missing": 3, "accepted": 200, "total": 200}
    sheets = arriving.missing(pile.student, arriving.receivable_by(pile.student))
    assert [sheet.collectors_number for sheet in sheets] == ["198", "199", "200"]
    assert pile.scan("ARIZ0000198", "198").said == Said.RECEIVED


def test_a_hidden_number_finds_nothing_before_the_data_are_accepted(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "13", "record_security": 1}])
    assert pile.scan("", "13").said == Said.UNKNOWN
    pile.accept(offer)
    assert pile.scan("", "13").said == Said.RECEIVED


def test_a_record_hidden_whole_is_ticked_by_its_guid_and_not_shown(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "13", "record_security": 5}])
    assert pile.scan("", "13").said == Said.UNKNOWN
    answer = pile.scan(str(offer.records.get().record_guid))
    assert answer.said == Said.RECEIVED
    assert answer.sheet and answer.sheet.record is None


def test_what_is_offered_from_a_private_profile_is_found(pile: Pile) -> None:
    Collection.objects.filter(pk=pile.profile.pk).update(is_public=False)
    pile.offer([{"record_number": "13"}])
    assert pile.scan("", "13").said == Said.RECEIVED


def test_nobody_receives_sheets_of_another_collection(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "1"}])
    row = offer.records.get()
    for person in (pile.collector, make.user()):
        assert not arriving.receivable_by(person).exists()
        with pytest.raises(Refused):
            arriving.receive(person, row)
        address = reverse("occurrences:receiving_undo", args=[offer.guid])
        answer = client_of(person).post(address, {"record": row.record_guid})
        assert answer.status_code == 404
    assert not OfferedRecord.objects.filter(received_at__isnull=False).exists()


# --- the page -----------------------------------------------------------------------------------


def _page(pile: Pile, offer: Offer | None = None) -> tuple[Client, str]:
    name = "occurrences:receiving" if offer else "occurrences:receiving_of"
    client = client_of(pile.student)
    return client, reverse(name, args=[(offer or pile.herbarium).guid])


def test_the_page_works_without_its_script(pile: Pile) -> None:
    offer = pile.offer([{"record_number": "77"}, {"record_number": "77"}, {"record_number": "78"}])
    client, address = _page(pile, offer)
    assert "Not here yet" in client.get(address).content.decode()
    page = client.post(address, {"barcode": "ARIZ1", "number": ""}).content.decode()
    assert 'value="ARIZ1"' in page
    page = client.post(address, {"barcode": "ARIZ1", "number": "77"}).content.decode()
    assert "2 sheets have the number 77" in page and 'value="77"' in page
    row = offer.records.order_by("pk").first()
    assert row is not None
    chosen = f"{offer.guid} {row.record_guid}"
    client.post(address, {"barcode": "ARIZ1", "number": "77", "chosen": chosen})
    row.refresh_from_db()
    assert (row.catalog_number, bool(row.received_at)) == ("ARIZ1", True)
    undo = reverse("occurrences:receiving_undo", args=[offer.guid])
    assert client.post(undo, {"record": row.record_guid}).status_code == 302
    row.refresh_from_db()
    assert row.received_at is None


def test_the_script_is_told_of_an_undo_that_is_refused(
    pile: Pile, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = pile.offer([{"record_number": "77"}])
    client, _address = _page(pile, offer)

    def refuse(_user: Any, _row: Any) -> bool:
        raise Refused("Somebody is changing this record now.")

    monkeypatch.setattr(arriving, "take_back", refuse)
    undo = reverse("occurrences:receiving_undo", args=[offer.guid])
    answer = client.post(f"{undo}?line", {"record": offer.records.get().record_guid})
    assert (answer.status_code, "Somebody" in answer.content.decode()) == (409, True)


def test_a_scan_costs_the_same_in_a_large_offer(
    pile: Pile, django_assert_max_num_queries: Any
) -> None:
    pile.offer([{"record_number": str(number)} for number in range(60)])
    client, address = _page(pile)
    client.post(f"{address}?line", {"barcode": "", "number": "3"})
    with django_assert_max_num_queries(30):
        answer = client.post(f"{address}?line", {"barcode": "ARIZ4", "number": "4"})
    text = answer.content.decode()
    assert 'data-said="received"' in text and 'data-received="2"' in text
    assert "<html" not in text
