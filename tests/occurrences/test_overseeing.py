"""Portal admins see all offers and transfers, and act for people with a reason that is kept."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AccountEvent
from biocollections.models import Collection
from journal import jobs
from journal.undo import undo
from occurrences import offering
from occurrences.models import Offer
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


class Deal:
    """Two offers of a collector: a transfer that was accepted, and copies that wait."""

    def __init__(self) -> None:
        self.collector, self.curator = make.user("collector"), make.user("curator")
        self.profile = make.collection(
            "AG", administrator=self.collector, type=Collection.Type.PERSONAL
        )
        self.herbarium = make.collection("ARIZ", administrator=self.curator)
        self.accepted, self.waiting = self._offer("transfer"), self._offer("copy")
        jobs.run(offering.accept(self.curator, self.accepted).guid)

    def _offer(self, how: str) -> Offer:
        record = make.occurrence(self.profile, locality="Ridge")
        to = [Recipient(how, self.herbarium)]
        parcel = {"message": "=2+2"}
        return offering.send(self.collector, self.profile, [record.guid], to, parcel).offers.get()


@pytest.fixture
def deal(db: None) -> Deal:
    return Deal()


def _page(reader: Any, name: str, *args: Any, **query: str) -> str:
    answer = client_of(reader).get(reverse(f"occurrences:{name}", args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _shown(deal: Deal, page: str) -> set[str]:
    offers = {"accepted": deal.accepted, "waiting": deal.waiting}
    return {name for name, offer in offers.items() if str(offer.guid) in page}


def test_all_offers_are_listed_and_filtered(deal: Deal, portal_admin: Any) -> None:
    for query, expected in (
        ({}, {"accepted", "waiting"}),
        ({"state": "open"}, {"waiting"}),
        ({"how": "transfer"}, {"accepted"}),
        ({"collection": "ariz"}, {"accepted", "waiting"}),
        ({"collection": "NY"}, set()),
        ({"person": "collector"}, {"accepted", "waiting"}),
        ({"person": "curator"}, set()),
        ({"until": "2001-01-01"}, set()),
    ):
        found = _shown(deal, _page(portal_admin, "offers_all", **query))
        assert found == expected, query


def test_transfers_are_listed_with_both_sides_and_that_they_were_undone(
    deal: Deal, portal_admin: Any
) -> None:
    page = _page(portal_admin, "offers_all", show="transfers", collection="ARIZ")
    assert "Collection AG" in page and "Collection ARIZ" in page
    assert "undone" not in page
    row = deal.accepted.records.get()
    assert row.change_set is not None
    undo(row.change_set, deal.curator)
    assert "undone" in _page(portal_admin, "offers_all", show="transfers")


def test_a_list_of_many_offers_has_pages(
    deal: Deal, portal_admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("occurrences.overseeing.PAGE", 1)
    assert _shown(deal, _page(portal_admin, "offers_all")) == {"waiting"}
    last = {"before": str(deal.waiting.pk)}
    assert _shown(deal, _page(portal_admin, "offers_all", **last)) == {"accepted"}


def test_the_file_holds_what_the_list_shows_and_no_formula(deal: Deal, portal_admin: Any) -> None:
    address = reverse("occurrences:offers_file")
    answer = client_of(portal_admin).get(address, {"how": "transfer"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["from"], row["to"], row["sender"]) == ("AG", "ARIZ", "collector")
    assert (row["records"], row["accepted"]) == ("1", "1")
    assert row["message"] == "'=2+2"


def test_acting_for_somebody_needs_a_reason_that_is_kept(deal: Deal, portal_admin: Any) -> None:
    client = client_of(portal_admin)
    act = reverse("occurrences:offer_act", args=[deal.waiting.guid])
    offer = deal.waiting.get_absolute_url()
    assert client.get(offer).status_code == 404
    assert client.post(act, {"person": deal.curator.guid}).status_code == 200
    answer = client.post(act, {"person": deal.curator.guid, "reason": "she is on leave"})
    assert answer["Location"] == offer
    event = AccountEvent.objects.get(kind=AccountEvent.Kind.ACTING)
    assert (event.person, event.by, event.reason) == (
        deal.curator,
        portal_admin,
        "she is on leave",
    )
    assert client.get(offer).status_code == 200
    client.post(reverse("accounts:be_myself"))
    assert "she is on leave" in _page(portal_admin, "offer_oversee", deal.waiting.guid)


def test_nobody_acts_for_a_person_who_has_no_part_in_the_offer(
    deal: Deal, portal_admin: Any
) -> None:
    act = reverse("occurrences:offer_act", args=[deal.waiting.guid])
    for person in (make.user("bystander"), portal_admin):
        answer = client_of(portal_admin).post(act, {"person": person.guid, "reason": "x"})
        assert answer.status_code == 404
    assert not AccountEvent.objects.filter(kind=AccountEvent.Kind.ACTING).exists()
