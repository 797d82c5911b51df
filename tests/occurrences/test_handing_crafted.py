"""Requests no page of ours would send: offers, records, collections of others (AC-A2, AC-A3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection, Role
from journal import jobs
from journal.models import Change, ChangeSet, Job
from occurrences import offering
from occurrences.models import Occurrence, Offer, OfferedRecord
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


class Deal:
    """An offer that waits and one that was accepted, between two people; and a third one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "wake", lambda job: None)
        self.collector, self.curator, self.third = make.user(), make.user(), make.user()
        self.profile = make.collection(
            "AG", administrator=self.collector, type=Collection.Type.PERSONAL
        )
        self.herbarium = make.collection("ARIZ", administrator=self.curator)
        self.elsewhere = make.collection("NY", administrator=self.third)
        self.editor = make.user()
        make.grant(self.editor, Role.EDITOR, self.elsewhere)
        one, two = make.occurrences(self.profile, [{"record_number": "1"}, {"record_number": "2"}])
        self.accepted, self.waiting = self._offer(one), self._offer(two)
        self.there, self.here = one, two
        jobs.run(offering.accept(self.curator, self.accepted).guid)
        self.change_set = ChangeSet.objects.get(kind=ChangeSet.Kind.TRANSFER)

    def _offer(self, record: Occurrence) -> Offer:
        to = [Recipient("transfer", self.herbarium)]
        return offering.send(self.collector, self.profile, [record.guid], to).offers.get()

    def state(self) -> Any:
        """Return all that a forbidden request could have changed."""
        rows = OfferedRecord.objects.order_by("pk")
        return (
            list(rows.values_list("state", "catalog_number", "received_at", "reason")),
            list(Occurrence.objects.order_by("pk").values_list("collection", "version")),
            list(Offer.objects.order_by("pk").values_list("state", "undo_asked_at")),
            (Change.objects.count(), ChangeSet.objects.count(), Job.objects.count()),
        )

    def attempts(self) -> list[tuple[str, Any, dict[str, Any]]]:
        """Return (address, about what, form) of all that can be done to an offer or its records."""
        chosen = {"record": str(self.here.guid), "guid": str(self.here.guid)}
        mine = str(self.elsewhere.guid)
        return [
            ("offer_accept", self.waiting.guid, {**chosen, "all": "1"}),
            ("offer_decline", self.waiting.guid, {**chosen, "all": "1", "reason": "x"}),
            ("offer_numbers", self.waiting.guid, {**chosen, "first": "X-1", "numbers": "X-1"}),
            ("offer_ask", self.waiting.guid, {"text": "whose?"}),
            ("offer_withdraw", self.waiting.guid, chosen),
            ("receiving", self.waiting.guid, {"barcode": "X-1", "number": str(self.here.guid)}),
            ("receiving_undo", self.accepted.guid, {"record": str(self.there.guid)}),
            ("ask_undo", self.accepted.guid, {"reason": "mine"}),
            ("undo", self.change_set.guid, {}),
            ("transfer_one", self.here.guid, {"collection": mine, "target": mine}),
            ("transfer_one", self.there.guid, {"collection": mine, "target": mine}),
            ("offer_act", self.waiting.guid, {"person": str(self.curator.guid), "reason": "x"}),
        ]


@pytest.fixture
def deal(db: None, monkeypatch: pytest.MonkeyPatch) -> Deal:
    return Deal(monkeypatch)


def _post(client: Client, name: str, about: Any, form: dict[str, Any]) -> int:
    address = reverse(f"occurrences:{name}", args=[about])
    return int(client.post(address, form).status_code)


def test_who_has_no_part_in_an_offer_changes_nothing_by_any_address(deal: Deal) -> None:
    before = deal.state()
    for person in (deal.third, deal.editor, make.user()):
        client = client_of(person)
        for name, about, form in deal.attempts():
            assert _post(client, name, about, form) in (403, 404), name
        records = {"guid": f"{deal.here.guid} {deal.there.guid}", "confirmed": "1", "reason": "x"}
        assert client.post(reverse("occurrences:hand_back"), records).status_code == 403
    assert deal.state() == before


def test_the_two_sides_do_only_what_is_theirs(deal: Deal) -> None:
    """The sender doesn't accept for the receiver, nor the receiver withdraw for the sender."""
    before = deal.state()
    receivers = {"offer_accept", "offer_decline", "offer_numbers", "receiving", "undo"}
    senders = {"offer_withdraw", "ask_undo"}
    for person, forbidden in ((deal.collector, receivers), (deal.curator, senders)):
        client = client_of(person)
        for name, about, form in deal.attempts():
            if name in forbidden:
                assert _post(client, name, about, form) in (403, 404), name
    assert deal.state() == before
