"""Records are handed back to where they came from; the sender can ask for an undo."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts import noticing
from accounts.models import Notice
from biocollections.models import Collection, Role
from journal import jobs
from journal.jobs import Refused
from journal.models import Job
from journal.undo import undo
from occurrences import handing_back, offering
from occurrences.models import Identifier, Occurrence, Offer
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


_FIRST = {"catalog_number": "P-1", "source_id": "row 1"}


class Deal:
    """Two records that a herbarium has accepted from a collector."""

    def __init__(self, how: str = "transfer") -> None:
        self.collector, self.curator = make.user("collector"), make.user("curator")
        self.profile = make.collection(
            "AG", administrator=self.collector, type=Collection.Type.PERSONAL
        )
        self.herbarium = make.collection("ARIZ", administrator=self.curator)
        made = make.occurrences(self.profile, [_FIRST, {"record_number": "2"}])
        self.guids = [record.guid for record in made]
        self.offer = offering.send(
            self.collector, self.profile, self.guids, [Recipient(how, self.herbarium)]
        ).offers.get()
        self.offer.records.filter(record_guid=self.guids[0]).update(catalog_number="ARIZ1")
        jobs.run(offering.accept(self.curator, self.offer).guid)

    @property
    def here(self) -> Any:
        return Occurrence.objects.filter(collection=self.herbarium)

    def returns(self, person: Any = None) -> tuple[list[handing_back.Return], int]:
        return handing_back.returns_of(person or self.curator, self.here)


@pytest.fixture
def deal(db: None) -> Deal:
    return Deal()


def _numbers(collection: Collection) -> list[Any]:
    records = Occurrence.objects.filter(collection=collection).order_by("pk")
    return list(records.values_list("catalog_number", flat=True))


def test_they_go_back_as_an_offer_that_the_former_owner_accepts(deal: Deal) -> None:
    (back,), left = deal.returns()
    assert (back.source, back.at_once, left) == (deal.profile, False, 0)
    offer = handing_back.hand_back(deal.curator, back, "Not of our region")
    assert (offer.collection, offer.state) == (deal.profile, Offer.State.OPEN)
    assert "Not of our region" in offer.sending.message
    assert deal.here.count() == 2
    jobs.run(offering.accept(deal.collector, offer).guid)
    assert deal.here.count() == 0
    assert _numbers(deal.profile) == ["P-1", None]
    first = Identifier.objects.filter(occurrence__guid=deal.guids[0])
    assert ("ARIZ", "ARIZ1") in first.values_list("name", "value")
    change_set = offer.records.first().change_set  # type: ignore[union-attr]
    assert change_set is not None and change_set.collection_id == deal.profile.pk
    undo(change_set, deal.collector)
    assert _numbers(deal.herbarium) == ["ARIZ1", None]


@pytest.mark.parametrize("is_free", [True, False])
def test_what_comes_back_is_known_to_its_old_source_again(deal: Deal, is_free: bool) -> None:
    assert not deal.here.filter(source_id="row 1").exists()  # it means nothing there
    if not is_free:
        make.occurrence(deal.profile, source_id="row 1")
    (back,), _left = deal.returns()
    offer = handing_back.hand_back(deal.curator, back, "wrong")
    jobs.run(offering.accept(deal.collector, offer).guid)
    first = Occurrence.objects.get(guid=deal.guids[0])
    assert (first.collection, first.source_id) == (deal.profile, "row 1" if is_free else None)


def test_an_old_number_that_was_given_again_does_not_come_back(deal: Deal) -> None:
    make.occurrence(deal.profile, catalog_number="P-1")
    (back,), _left = deal.returns()
    offer = handing_back.hand_back(deal.curator, back, "wrong")
    assert set(offer.records.values_list("catalog_number", flat=True)) == {""}


def test_who_administers_both_has_it_done_at_once(deal: Deal) -> None:
    make.grant(deal.curator, Role.ADMINISTRATOR, deal.profile)
    (back,), _left = deal.returns()
    assert back.at_once
    offer = handing_back.hand_back(deal.curator, back, "wrong")
    jobs.run(Job.objects.get(kind="accept offer", key=str(offer.guid)).guid)
    assert Occurrence.objects.filter(collection=deal.profile).count() == 2


def test_a_copy_and_a_record_of_our_own_have_nowhere_to_go_back_to() -> None:
    deal = Deal("copy")
    make.occurrence(deal.herbarium)
    assert deal.returns() == ([], 3)


def test_what_came_through_several_hands_goes_to_the_one_before(deal: Deal) -> None:
    other = make.collection("NY", administrator=deal.curator)
    sent = offering.send(deal.curator, deal.herbarium, deal.guids, [Recipient("transfer", other)])
    jobs.run(offering.accept(deal.curator, sent.offers.get()).guid)
    there = Occurrence.objects.filter(collection=other)
    (back,), _left = handing_back.returns_of(deal.curator, there)
    assert back.source == deal.herbarium
    undo(sent.offers.get().records.first().change_set, deal.curator)  # type: ignore[union-attr,arg-type]
    (back,), _left = deal.returns()
    assert back.source == deal.profile


def test_only_who_administers_them_hands_records_back(deal: Deal) -> None:
    editor = make.user()
    make.grant(editor, Role.EDITOR, deal.herbarium)
    address = reverse("occurrences:hand_back")
    for person in (editor, deal.collector, make.user()):
        assert deal.returns(person)[0] == []
        answer = client_of(person).post(address, {"guid": str(deal.guids[0]), "confirmed": "1"})
        assert answer.status_code == 403
    with pytest.raises(Refused):
        handing_back.hand_back(editor, deal.returns()[0][0], "mine")
    with pytest.raises(Refused):
        handing_back.hand_back(deal.curator, deal.returns()[0][0], " ")
    assert Offer.objects.count() == 1


def test_the_page_hands_back_one_record_a_selection_or_an_acceptance(deal: Deal) -> None:
    client, address = client_of(deal.curator), reverse("occurrences:hand_back")
    page = client.get(address, {"guid": str(deal.guids[1])}).content.decode()
    assert "from Collection ARIZ to Collection AG" in page
    change_set = deal.offer.records.first().change_set  # type: ignore[union-attr]
    assert change_set is not None
    page = client.get(address, {"acceptance": str(change_set.guid)}).content.decode()
    assert reverse("occurrences:undo", args=[change_set.guid]) in page
    refused = client.post(address, {"guid": str(deal.guids[1]), "confirmed": "1"})
    assert "Say why" in refused.content.decode()
    form = {"search": "collection=ARIZ", "confirmed": "1", "reason": "no room"}
    answer = client.post(address, form)
    offer = Offer.objects.get(collection=deal.profile)
    assert answer["Location"] == offer.get_absolute_url()
    assert offer.records.count() == 2


def test_the_sender_asks_for_an_undo_and_the_receiver_has_one_button(deal: Deal) -> None:
    address = reverse("occurrences:ask_undo", args=[deal.offer.guid])
    sender, receiver = client_of(deal.collector), client_of(deal.curator)
    assert "Ask for an undo" in sender.get(address).content.decode()
    sender.post(address, {"reason": "They are another collector's."})
    notice = Notice.objects.get(person=deal.curator, kind=handing_back.UNDO_ASKED)
    assert notice.url == address
    assert "They are another" in noticing.sentence(notice)
    change_set = deal.offer.records.first().change_set  # type: ignore[union-attr]
    assert change_set is not None
    button = reverse("occurrences:undo", args=[change_set.guid])
    assert button in receiver.get(address).content.decode()
    assert button not in sender.get(address).content.decode()
    receiver.post(button)
    assert Occurrence.objects.filter(collection=deal.profile).count() == 2
    with pytest.raises(Refused):
        handing_back.ask_undo(deal.collector, deal.offer, "again")


def test_nobody_else_asks(deal: Deal) -> None:
    address = reverse("occurrences:ask_undo", args=[deal.offer.guid])
    assert client_of(make.user()).post(address, {"reason": "x"}).status_code == 404
    assert client_of(deal.curator).post(address, {"reason": "x"}).status_code == 403
    with pytest.raises(Refused):
        handing_back.ask_undo(deal.curator, deal.offer, "x")
    deal.offer.refresh_from_db()
    assert deal.offer.undo_asked_at is None


def test_the_way_back_is_shown_for_what_came_from_somewhere(deal: Deal) -> None:
    own = make.occurrence(deal.herbarium, catalog_number="ARIZ2")
    for guid, shown in ((deal.guids[0], True), (own.guid, False)):
        page = client_of(deal.curator).get(reverse("occurrences:transfer_one", args=[guid]))
        assert ("Hand it back" in page.content.decode()) == shown


def test_a_specimen_that_goes_back_to_a_collector_stays_one_unless_he_says_otherwise(
    deal: Deal,
) -> None:
    deal.here.update(basis_of_record="PreservedSpecimen")
    (back,), _others = deal.returns()
    offer = handing_back.hand_back(deal.curator, back, "Not ours")
    page = client_of(deal.collector).get(offer.get_absolute_url()).content.decode()
    assert '<option value="" selected>as each record says now</option>' in page
    assert '<option value="HumanObservation">' in page
