"""A sending is prepared, looked through, and goes out whole: one gathering to several herbaria."""

from __future__ import annotations

from typing import Any

import pytest

from biocollections.models import Collection
from journal import jobs
from journal.jobs import Refused
from journal.models import Job
from journal.undo import undo
from occurrences import offering, sending
from occurrences.models import (
    ClusterMember,
    Occurrence,
    Offer,
    OfferedRecord,
    Package,
    Sending,
)
from occurrences.offering import Recipient
from occurrences.selecting import Selection
from tests import make

pytestmark = pytest.mark.django_db

COPY, TRANSFER = Offer.How.COPY, Offer.How.TRANSFER


class Deal:
    """A collector with records of four duplicates each, and herbaria of other people."""

    def __init__(self) -> None:
        self.collector, self.curator = make.user(), make.user()
        self.profile = make.collection("OWN", administrator=self.collector, type="personal")
        self.herbaria = {
            code: make.collection(code, administrator=self.curator) for code in ("ARIZ", "NY", "UC")
        }
        rows = [
            {"record_number": str(5520 + at), "duplicate_quantity": "4", "locality": "Ridge"}
            for at in range(3)
        ]
        self.records = make.occurrences(self.profile, rows)

    def draft(self, *records: Occurrence) -> Sending:
        guids = [str(each.guid) for each in records or self.records]
        draft = sending.begin(self.collector, Selection(tuple(guids)))
        assert draft is not None
        return draft

    def wanted(self, *codes: str, outside: str = "") -> list[Recipient]:
        """Transfer to the first of these herbaria, copies to the others."""
        ways = [TRANSFER] + [COPY] * len(codes)
        inside = [
            Recipient(how, self.herbaria[code]) for how, code in zip(ways, codes, strict=False)
        ]
        return inside + [Recipient(COPY, outside=name) for name in outside.split()]

    def send(self, draft: Sending, wanted: list[Recipient]) -> Sending:
        sending.want(draft, wanted)
        draft.save()
        sending.start(draft)
        draft.refresh_from_db()
        return draft

    def accept_all(self, sent: Sending, order: str = "pk") -> None:
        for offer in sent.offers.filter(state=Offer.State.OPEN).order_by(order):
            jobs.run(offering.accept(self.curator, offer).guid)


@pytest.fixture
def deal() -> Deal:
    return Deal()


def run_waiting(kind: str) -> None:
    for job in Job.objects.filter(kind=kind, state=Job.State.QUEUED):
        jobs.run(job.guid)


@pytest.mark.parametrize("order", ["pk", "-pk"])
def test_a_gathering_goes_to_four_herbaria(deal: Deal, order: str) -> None:
    """ARIZ takes it over, NY and UC get copies, MEXU outside of the portal a package.

    Which of them answers first makes no difference.
    """
    record = deal.records[0]
    sent = deal.send(deal.draft(record), deal.wanted("ARIZ", "NY", "UC", outside="MEXU"))
    deal.accept_all(sent, order)
    run_waiting("package")
    moved = Occurrence.objects.get(guid=record.guid)
    assert moved.collection == deal.herbaria["ARIZ"]
    cluster = ClusterMember.objects.get(occurrence=moved).cluster
    members = Occurrence.objects.filter(cluster_member__cluster=cluster)
    assert sorted(members.values_list("collection__code", flat=True)) == ["ARIZ", "NY", "UC"]
    assert members.exclude(guid=record.guid).count() == 2
    package = Package.objects.get()
    assert (package.offer.outside, package.rows) == ("MEXU", 1)


def test_a_copy_holds_what_the_sender_gave_and_nothing_the_new_keeper_withholds(
    deal: Deal,
) -> None:
    record = deal.records[0]
    make.edit(record, record_security=1, locality="Given ridge")
    sent = deal.send(deal.draft(record), deal.wanted("ARIZ", "NY"))
    first, second = sent.offers.order_by("pk")
    jobs.run(offering.accept(deal.curator, first).guid)
    make.edit(Occurrence.objects.get(guid=record.guid), locality="Found out by ARIZ", habitat="oak")
    jobs.run(offering.accept(deal.curator, second).guid)
    copy = Occurrence.objects.get(collection=deal.herbaria["NY"])
    assert copy.locality is None
    assert copy.withheld.terms["locality"] == "Given ridge"
    assert "habitat" not in copy.withheld.terms
    assert "Found out" not in str(copy.withheld.terms)


def test_what_went_into_a_hidden_collection_is_copied_no_more(deal: Deal) -> None:
    ariz = deal.herbaria["ARIZ"]
    sent = deal.send(deal.draft(deal.records[0]), deal.wanted("ARIZ", "NY"))
    Collection.objects.filter(pk=ariz.pk).update(is_public=False)
    deal.accept_all(sent)
    assert not Occurrence.objects.filter(collection=deal.herbaria["NY"]).exists()


def test_a_recipient_beyond_the_dupe_count_is_warned_of(deal: Deal) -> None:
    draft = deal.draft()
    four = deal.wanted("ARIZ", "NY", "UC", outside="MEXU")
    assert sending.look(draft, four).beyond == 0
    told = sending.look(draft, [*four, Recipient(COPY, outside="K")])
    assert (told.records, told.beyond) == (3, 3)
    assert [(each.total, each.earlier) for _record, each in told.listed] == [(5, ())] * 3


def test_what_was_sent_before_counts_against_the_dupe_count(deal: Deal) -> None:
    deal.send(deal.draft(deal.records[0]), deal.wanted("ARIZ", "NY", outside="MEXU"))
    draft = deal.draft()
    told = sending.look(draft, [Recipient(COPY, outside="K"), Recipient(COPY, outside="P")])
    assert told.beyond == 1
    record, beyond = told.listed[0]
    assert (record.guid, beyond.total) == (deal.records[0].guid, 5)
    assert beyond.earlier == ("ARIZ", "MEXU", "NY")


def test_who_declined_or_lost_an_offer_has_no_sheet(deal: Deal) -> None:
    sent = deal.send(deal.draft(deal.records[0]), deal.wanted("ARIZ", "NY", "UC"))
    first, second, _third = sent.offers.order_by("pk")
    offering.decline(deal.curator, first, None, "Has it")
    offering.withdraw(deal.collector, second)
    told = sending.look(deal.draft(), deal.wanted("NY", outside="K MEXU"))
    assert told.beyond == 0


def test_the_same_recipient_and_another_taker_are_told(deal: Deal) -> None:
    deal.send(deal.draft(deal.records[0]), deal.wanted("ARIZ"))
    draft = deal.draft()
    told = sending.look(draft, deal.wanted("ARIZ"))
    assert (told.again, told.contested) == (1, 1)
    told = sending.look(draft, [Recipient(COPY, deal.herbaria["NY"])])
    assert (told.again, told.contested) == (0, 0)


def test_a_record_without_dupe_count_is_told_and_not_counted(deal: Deal) -> None:
    bare = make.occurrence(deal.profile)
    told = sending.look(deal.draft(bare), deal.wanted("ARIZ", "NY"))
    assert (told.beyond, told.uncounted) == (0, 1)


def test_protected_records_are_told(deal: Deal) -> None:
    make.edit(deal.records[0], record_security=1)
    make.edit(deal.records[1], record_security=5)
    told = sending.look(deal.draft(), deal.wanted("ARIZ"))
    assert (told.records, told.place, told.whole) == (3, 1, 1)


def test_records_of_others_are_left_out(deal: Deal) -> None:
    foreign = make.occurrence(deal.herbaria["NY"])
    guids = (str(foreign.guid), str(deal.records[0].guid))
    draft = sending.begin(deal.collector, Selection(guids))
    assert draft is not None
    assert [each.guid for each in sending.chosen(draft)] == [deal.records[0].guid]
    assert sending.begin(deal.collector, Selection((str(foreign.guid),))) is None


def test_a_search_can_be_sent_and_one_collection_at_a_time(deal: Deal) -> None:
    second = make.collection("OWN2", administrator=deal.collector)
    make.occurrence(second)
    draft = sending.begin(deal.collector, Selection(query="within="))
    assert draft is not None
    assert (draft.collection, sending.chosen(draft).count()) == (deal.profile, 3)
    numbers = {collection.code: number for collection, number in sending.sources(draft)}
    assert numbers == {"OWN": 3, "OWN2": 1}


def test_pressed_twice_it_goes_out_once(deal: Deal) -> None:
    """AC-C8."""
    draft = deal.draft()
    sent = deal.send(draft, deal.wanted("ARIZ"))
    sending.start(draft)
    sending.start(Sending.objects.get(pk=sent.pk))
    assert Offer.objects.count() == 1
    assert OfferedRecord.objects.count() == 3


def test_nobody_sees_an_offer_before_it_is_whole(deal: Deal) -> None:
    half = offering.begin(deal.draft(), deal.wanted("ARIZ")[0])
    assert not Offer.objects.received_by(deal.curator).exists()
    assert not Offer.objects.visible_to(deal.curator).exists()
    assert Offer.objects.visible_to(deal.collector).get() == half


def test_a_job_that_was_cut_off_begins_anew(deal: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 0)
    monkeypatch.setattr(sending, "CHUNK", 2)
    draft = deal.send(deal.draft(), deal.wanted("ARIZ", "NY"))
    assert (draft.state, draft.job.state) == ("draft", "queued")
    with pytest.raises(jobs.LeaseLost):  # nobody has claimed it: it ends after a chunk
        sending.send_job(jobs.Progress(Job.objects.get(pk=draft.job.pk)))
    assert not Offer.objects.received_by(deal.curator).exists()
    jobs.run(draft.job.guid)
    draft.refresh_from_db()
    assert (draft.state, draft.offers.count()) == ("sent", 2)
    assert [offer.counts["waiting"] for offer in draft.offers.all()] == [3, 3]


def test_who_administers_both_sides_moves_records_at_once_and_back(deal: Deal) -> None:
    mine = make.collection("MINE", administrator=deal.collector)
    deal.herbaria["MINE"] = mine
    sent = deal.send(deal.draft(), deal.wanted("MINE"))
    run_waiting("accept offer")
    assert Occurrence.objects.filter(collection=mine).count() == 3
    change_set = sending.change_sets(sent.offers.get()).get()
    undo(change_set, deal.collector)
    assert Occurrence.objects.filter(collection=deal.profile).count() == 3


def test_without_the_tick_it_waits_there(deal: Deal) -> None:
    deal.herbaria["MINE"] = make.collection("MINE", administrator=deal.collector)
    draft = deal.draft()
    draft.wanted = {"at_once": False}
    sent = deal.send(draft, deal.wanted("MINE"))
    assert not Job.objects.filter(kind="accept offer").exists()
    assert sent.offers.get().state == Offer.State.OPEN


def test_who_lost_his_role_sends_nothing(deal: Deal) -> None:
    draft = deal.draft()
    deal.collector.grants.all().delete()
    with pytest.raises(Refused):
        deal.send(draft, deal.wanted("ARIZ"))
    assert not Offer.objects.exists()


def test_a_snapshot_gets_a_package_and_takes_no_transfer(deal: Deal) -> None:
    """What is kept elsewhere isn't asked: its own database decides."""
    kind = Collection.Management.SNAPSHOT
    snapshot = make.collection("SNAP", administrator=deal.curator, management=kind)
    with pytest.raises(Refused, match="package"):
        deal.send(deal.draft(), [Recipient(TRANSFER, snapshot)])
    sent = deal.send(deal.draft(), [Recipient(COPY, snapshot)])
    assert sent.offers.get().state == Offer.State.PACKAGE


def test_one_record_moves_at_once_with_its_number(deal: Deal) -> None:
    mine = make.collection("MINE", administrator=deal.collector)
    given = {"message": "", "catalog_number": "MINE 7", "accession": "2026-014"}
    record = deal.records[0]
    offer = sending.give(deal.collector, record, mine, given)
    moved = Occurrence.objects.get(guid=record.guid)
    assert (moved.collection, moved.catalog_number) == (mine, "MINE 7")
    assert (moved.record_number, offer.state) == ("5520", "answered")


def test_one_record_is_offered_where_others_decide_and_once(deal: Deal) -> None:
    given = {"message": "From the ridge", "catalog_number": "", "accession": ""}
    record, ariz = deal.records[0], deal.herbaria["ARIZ"]
    offers = {sending.give(deal.collector, record, ariz, given).pk for _twice in range(2)}
    assert len(offers) == 1
    assert Occurrence.objects.get(guid=record.guid).collection == deal.profile
    assert [each.collection for each in sending.promised(record)] == [ariz]


def test_the_reasons_of_what_was_declined_are_counted(deal: Deal) -> None:
    offer = deal.send(deal.draft(), deal.wanted("ARIZ")).offers.get()
    guids = [each.guid for each in deal.records]
    offering.decline(deal.curator, offer, guids[:2], "Too damaged")
    offering.decline(deal.curator, offer, guids[2:], "We have it")
    assert sending.declined(offer) == [("Too damaged", 2), ("We have it", 1)]


def test_drafts_nobody_came_back_to_are_forgotten(deal: Deal, settings: Any) -> None:
    old = deal.draft()
    Sending.objects.filter(pk=old.pk).update(made_at=old.made_at - 2 * sending.KEPT_DRAFTS)
    deal.draft()
    assert not Sending.objects.filter(pk=old.pk).exists()
