"""Records are offered, and nothing moves before somebody accepts."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts import noticing
from biocollections.models import Collection, Grant, Role
from darwincore import terms
from journal import jobs
from journal.jobs import Refused
from journal.models import Job
from journal.undo import undo
from occurrences import offer_news, offering
from occurrences.models import (
    Cluster,
    ClusterMember,
    Identification,
    Occurrence,
    Offer,
    OfferedRecord,
    Withheld,
)
from occurrences.offering import Recipient
from tests import make
from tests.occurrences.dealing import COPY, TRANSFER, Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal() -> Deal:
    return Deal()


def test_nothing_moves_before_it_is_accepted(deal: Deal) -> None:
    offer = deal.offer()
    assert offer.counts["waiting"] == 3
    assert Occurrence.objects.filter(collection=deal.profile).count() == 3


def test_accepting_moves_the_chosen_with_their_numbers(deal: Deal) -> None:
    offer = deal.offer()
    first = deal.records[0]
    number = {"catalog_number": "ARIZ0412345", "accession": "2026-014"}
    OfferedRecord.objects.filter(record_guid=first.guid).update(**number)
    job = deal.accept(offer, guids=[first.guid])
    assert (job.state, job.result) == ("done", {"records": 1, "left": 0})
    assert (offer.state, offer.counts["accepted"], offer.counts["waiting"]) == ("open", 1, 2)
    moved = Occurrence.objects.get(guid=first.guid)
    assert (moved.collection, moved.catalog_number) == (deal.arizona, "ARIZ0412345")
    assert moved.record_number == "5520"
    assert [(i.name, i.value) for i in moved.identifiers.all()] == [("Accession", "2026-014")]


def test_a_copy_is_a_record_of_its_own_in_one_cluster_with_the_original(deal: Deal) -> None:
    deal.accept(deal.offer(COPY))
    deal.accept(deal.offer(COPY, deal.york))
    original = deal.records[0]
    assert Occurrence.objects.filter(collection=deal.profile).count() == 3
    copy = Occurrence.objects.get(collection=deal.arizona, record_number="5520")
    assert copy.guid != original.guid
    assert (copy.locality, copy.duplicate_quantity) == ("Ridge", None)
    assert Identification.objects.get(occurrence=copy).scientific_name == "Quercus alba"
    assert Cluster.objects.count() == 3
    assert ClusterMember.objects.get(occurrence=copy).cluster.members.count() == 3


def test_a_copy_of_a_protected_record_is_as_protected(deal: Deal) -> None:
    secret = deal.records[0]
    make.edit(secret, record_security=1)
    deal.accept(deal.offer(COPY))
    copy = Occurrence.objects.get(collection=deal.arizona, record_number=None)
    assert copy.locality is None
    withheld = Withheld.objects.get(occurrence=copy)
    assert withheld.terms["locality"] == "Ridge"
    assert Withheld.objects.readable_by(deal.curator).filter(pk=withheld.pk).exists()


def test_declined_and_withdrawn_records_stay_where_they_are(deal: Deal) -> None:
    offer = deal.offer()
    one, other, last = (record.guid for record in deal.records)
    assert offering.decline(deal.curator, offer, [one], "Too damaged") == 1
    assert offering.withdraw(deal.collector, offer, [other]) == 1
    deal.accept(offer)
    assert offer.counts == {
        "waiting": 0,
        "accepted": 1,
        "declined": 1,
        "withdrawn": 1,
        "received": 0,
    }
    assert offer.state == Offer.State.ANSWERED
    assert [o.guid for o in Occurrence.objects.filter(collection=deal.arizona)] == [last]


def test_one_change_set_takes_an_acceptance_back(deal: Deal) -> None:
    for how, number in ((TRANSFER, 0), (COPY, 3)):
        offer = deal.offer(how)
        deal.accept(offer)
        change_set = offer.records.first().change_set
        assert change_set is not None
        undo(change_set, deal.curator)
        assert Occurrence.objects.filter(collection=deal.profile).count() == 3
        assert Occurrence.objects.filter(collection=deal.arizona).count() == 0, (how, number)


def test_who_neither_gives_nor_receives_does_nothing(deal: Deal) -> None:
    """AC-A2, AC-A3."""
    stranger = make.user()
    offer = deal.offer()
    guids = [record.guid for record in deal.records]
    for attempt in (
        lambda: offering.accept(stranger, offer),
        lambda: offering.accept(deal.collector, offer),
        lambda: offering.decline(stranger, offer, None, ""),
        lambda: offering.withdraw(deal.curator, offer),
        lambda: offering.send(stranger, deal.profile, guids, [Recipient(TRANSFER, deal.arizona)]),
        lambda: offering.send(deal.curator, deal.arizona, guids, [Recipient(TRANSFER, deal.york)]),
    ):
        with pytest.raises(Refused):
            attempt()
    assert not Offer.objects.visible_to(stranger).exists()
    assert Offer.objects.count() == 1
    assert Occurrence.objects.filter(collection=deal.profile).count() == 3


def test_a_right_that_ended_meanwhile_stops_the_acceptance(deal: Deal) -> None:
    for person in (deal.curator, deal.collector):
        offer = deal.offer()
        job = offering.accept(deal.curator, offer)
        grants = Grant.objects.filter(user=person, role=Role.ADMINISTRATOR)
        grants.update(revoked_at=timezone.now())
        jobs.run(job.guid)
        assert Job.objects.get(pk=job.pk).state == Job.State.FAILED
        assert Occurrence.objects.filter(collection=deal.profile).count() == 3
        grants.update(revoked_at=None)


def test_a_collection_that_is_kept_elsewhere_by_now_takes_nothing_over(deal: Deal) -> None:
    offer = deal.offer()
    job = offering.accept(deal.curator, offer)
    Collection.objects.filter(pk=deal.arizona.pk).update(management="snapshot")
    jobs.run(job.guid)
    assert "no longer kept in this portal" in Job.objects.get(pk=job.pk).error
    with pytest.raises(Refused):
        offering.accept(deal.curator, offer)
    assert Occurrence.objects.filter(collection=deal.profile).count() == 3


def test_a_gathering_is_transferred_once(deal: Deal) -> None:
    recipients = [Recipient(TRANSFER, deal.arizona), Recipient(TRANSFER, deal.york)]
    guids = [record.guid for record in deal.records]
    with pytest.raises(Refused, match="Only one recipient"):
        offering.send(deal.collector, deal.profile, guids, recipients)
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("fields", "how"),
    [
        ({"accepts_transfers": False}, TRANSFER),
        ({"accepts_copies": False, "accepts_files": False}, COPY),
        ({"management": "snapshot"}, TRANSFER),
        ({"management": "aggregate", "accepts_files": False}, COPY),
    ],
)
def test_what_a_collection_does_not_accept_is_not_sent(
    deal: Deal, fields: dict[str, Any], how: str
) -> None:
    with pytest.raises(Refused):
        deal.offer(how, make.collection(**fields))
    assert not Offer.objects.exists()


def test_a_collection_that_takes_files_alone_gets_a_package(deal: Deal) -> None:
    for fields in ({"accepts_copies": False}, {"management": "snapshot"}):
        offer = deal.offer(COPY, make.collection(administrator=deal.curator, **fields))
        assert offer.state == Offer.State.PACKAGE
        with pytest.raises(Refused, match="package"):
            offering.accept(deal.curator, offer)


def test_a_number_that_was_taken_meanwhile_stops_the_acceptance(deal: Deal) -> None:
    offer = deal.offer()
    offer.records.update(catalog_number="ARIZ1")
    job = deal.accept(offer, guids=[deal.records[0].guid])
    assert job.state == Job.State.DONE
    job = deal.accept(offer)
    assert job.state == Job.State.FAILED
    assert "ARIZ1" in job.error
    assert offer.counts["accepted"] == 1


def test_two_records_of_an_offer_get_no_common_number(deal: Deal) -> None:
    offer = deal.offer(COPY)
    offer.records.update(catalog_number="ARIZ1")
    assert deal.accept(offer).state == Job.State.FAILED
    assert not Occurrence.objects.filter(collection=deal.arizona).exists()


@pytest.mark.parametrize("how", [TRANSFER, COPY])
def test_an_observation_by_image_becomes_no_specimen_unconfirmed(deal: Deal, how: str) -> None:
    seen, pictured, received = deal.records
    for record in (pictured, received):
        rows = [(terms.MULTIMEDIA_ROW, {"title": "from the path"})]
        deal.add_rows(record, rows)
    Occurrence.objects.update(basis_of_record="HumanObservation")
    offer = deal.offer(how)
    offer.records.filter(record_guid=received.guid).update(received_at=timezone.now())
    deal.accept(offer, basis_of_record="PreservedSpecimen")
    arrived = Occurrence.objects.filter(collection=deal.arizona)
    bases = dict(arrived.values_list("record_number", "basis_of_record"))
    assert bases == {
        seen.record_number: "PreservedSpecimen",
        pictured.record_number: "HumanObservation",
        received.record_number: "PreservedSpecimen",
    }


def test_an_observation_by_image_becomes_a_specimen_when_confirmed(deal: Deal) -> None:
    deal.add_rows(deal.records[0], [(terms.MULTIMEDIA_ROW, {"title": "from the path"})])
    Occurrence.objects.update(basis_of_record="HumanObservation")
    deal.accept(deal.offer(), basis_of_record="PreservedSpecimen", images_too=True)
    assert not Occurrence.objects.filter(basis_of_record="HumanObservation").exists()


@pytest.mark.parametrize("how", [TRANSFER, COPY])
def test_what_was_taken_back_waits_again_and_its_redo_is_accepted(deal: Deal, how: str) -> None:
    offer = deal.offer(how)
    deal.accept(offer, guids=[record.guid for record in deal.records[:2]])
    acceptance = offer.records.filter(state="accepted").first().change_set
    taken_back = undo(acceptance, deal.curator)
    offer.refresh_from_db()
    assert (offer.state, offer.counts["waiting"], offer.counts["accepted"]) == ("open", 3, 0)
    undo(taken_back, deal.curator)
    offer.refresh_from_db()
    assert (offer.counts["waiting"], offer.counts["accepted"]) == (1, 2)


def test_what_an_undo_has_to_leave_stays_accepted(deal: Deal) -> None:
    offer = deal.offer()
    first = offer.records.filter(record_guid=deal.records[0].guid)
    first.update(catalog_number="ARIZ76")
    deal.accept(offer)
    make.edit(Occurrence.objects.get(guid=deal.records[0].guid), catalog_number="ARIZ77")
    undo(offer.records.first().change_set, deal.curator)
    offer.refresh_from_db()
    assert (offer.counts["waiting"], offer.counts["accepted"]) == (2, 1)


def test_the_sender_is_told_of_every_answer(deal: Deal) -> None:
    offer = deal.offer()
    one, other, _last = (record.guid for record in deal.records)
    deal.accept(offer, guids=[one])
    offering.decline(deal.curator, offer, [other], "Too damaged")
    offer_news.say(deal.curator, offer, "Where is 5522?")
    undo(offer.records.get(record_guid=one).change_set, deal.curator)
    told = [noticing.sentence(each) for each in noticing.unread(deal.collector).order_by("pk")]
    arizona = deal.arizona.name
    assert told == [
        f"{arizona} accepted one of the records you offered.",
        f"{arizona} declined one of the records you offered: Too damaged",
        f"{arizona} asks about the records you offered: Where is 5522?",
        f"{arizona} gave back one record that it had accepted.",
    ]
    kinds = [entry.kind for entry in offer.entries.all()]
    assert kinds == ["accepted", "declined", "asked", "undone"]


def test_the_receiver_is_told_of_offers_answers_and_withdrawals(deal: Deal) -> None:
    offer = deal.offer()
    offer_news.say(deal.collector, offer, "In the second box.")
    offering.withdraw(deal.collector, offer, [deal.records[0].guid])
    told = [noticing.sentence(each) for each in noticing.unread(deal.curator).order_by("pk")]
    profile, arizona = deal.profile.name, deal.arizona.name
    assert told == [
        f"{deal.collector} offers 3 records of {profile} to {arizona}.",
        f"{profile} answers about the records it offers: In the second box.",
        f"{profile} withdrew one of the records it offered to {arizona}.",
    ]


def test_a_stranger_says_nothing_about_an_offer(deal: Deal) -> None:
    with pytest.raises(Refused):
        offer_news.say(make.user(), deal.offer(), "Me too")


def test_an_acceptance_that_was_cancelled_says_how_far_it_came(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "CHUNK", 1)
    offer = deal.offer()
    job = offering.accept(deal.curator, offer)
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    jobs.run(job.guid)
    offer.refresh_from_db()
    assert Job.objects.get(pk=job.pk).state == Job.State.CANCELLED
    assert (offer.counts["accepted"], offer.counts["waiting"]) == (1, 2)
    assert offer.entries.get().records == 1


def test_a_record_that_has_moved_on_is_left(deal: Deal) -> None:
    first, second = deal.offer(), deal.offer(TRANSFER, deal.york)
    deal.accept(first)
    job = deal.accept(second)
    assert job.result == {"records": 0, "left": 3}
    assert second.counts["withdrawn"] == 3
    assert Occurrence.objects.filter(collection=deal.york).count() == 0


def test_an_acceptance_that_was_cut_off_goes_on_to_the_same_end(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "CHUNK", 1)
    offer = deal.offer()
    job = offering.accept(deal.curator, offer)
    with pytest.raises(jobs.LeaseLost):  # nobody has claimed it: it ends after a chunk
        offering.accept_job(jobs.Progress(Job.objects.get(pk=job.pk)))
    assert Occurrence.objects.filter(collection=deal.arizona).count() == 1
    jobs.run(job.guid)
    done = Job.objects.get(pk=job.pk)
    assert done.result == {"records": 3, "left": 0}
    assert offer.records.values("change_set").distinct().count() == 1
