"""Whatever else touches records while they change hands: one after the other, never half.

AC-C4, AC-C8. Each work is a thread with a connection of its own, so the locks are those of life.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.urls import reverse

from biocollections.models import Collection, Role
from journal import jobs
from journal.models import Change, ChangeSet, Job
from occurrences import arriving, editing, offering, records
from occurrences.arriving import Said
from occurrences.models import Identifier, Occurrence, Offer, OfferedRecord, Origin, Withheld
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of
from tests.occurrences import importing

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = 12
FILE = "catalogNumber,locality\n" + "".join(f"P-{at},Canyon\n" for at in range(NUMBER))


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do these at the same time and return what each returned or raised."""
    start, ends = threading.Barrier(len(works)), [None] * len(works)

    def run(at: int, work: Callable[[], Any]) -> None:
        start.wait(10)
        try:
            ends[at] = work()
        except Exception as error:
            ends[at] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "they wait for each other"
    return ends


class Deal:
    """A collector whose records two herbaria are offered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cache.clear()
        monkeypatch.setattr(jobs, "wake", lambda job: None)
        monkeypatch.setattr(offering, "CHUNK", 3)
        self.collector, self.curator, self.other = make.user(), make.user(), make.user()
        self.profile = make.collection(
            "AG", administrator=self.collector, type=Collection.Type.PERSONAL
        )
        self.arizona = make.collection("ARIZ", administrator=self.curator)
        self.york = make.collection("NY", administrator=self.other)
        rows = [{"catalog_number": f"P-{at}", "locality": "Ridge"} for at in range(NUMBER)]
        self.made = make.occurrences(self.profile, rows, by=self.collector)
        self.guids = [record.guid for record in self.made]

    def offer(self, to: Collection) -> Offer:
        to_him = [Recipient("transfer", to)]
        return offering.send(self.collector, self.profile, self.guids, to_him).offers.get()

    def accept(self, by: Any, offer: Offer) -> Job:
        job: Job = offering.accept(by, offer)
        return job

    def assert_whole(self) -> None:
        """Each record is in one place, with the number, withheld row and origin it has there."""
        for record in Occurrence.objects.filter(guid__in=self.guids):
            moved = record.collection != self.profile
            numbers = Identifier.objects.filter(occurrence=record, name="AG").count()
            origins = Origin.objects.filter(record_guid=record.guid).count()
            assert (record.catalog_number is None, numbers, origins) == (moved, moved, moved)
            withheld = Withheld.objects.filter(occurrence=record).first()
            assert withheld is None or withheld.collection_id == record.collection_id

    def where(self) -> set[str]:
        found = Occurrence.objects.filter(guid__in=self.guids)
        return set(found.values_list("collection__code", flat=True))


@pytest.fixture
def deal(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Deal:
    return Deal(monkeypatch)


def test_two_herbaria_accept_the_same_records_and_one_gets_them(deal: Deal) -> None:
    one = deal.accept(deal.curator, deal.offer(deal.arizona))
    two = deal.accept(deal.other, deal.offer(deal.york))
    together(lambda: jobs.run(one.guid), lambda: jobs.run(two.guid))
    results = [Job.objects.get(pk=job.pk).result for job in (one, two)]
    assert sorted(each["records"] for each in results) == [0, NUMBER]
    assert sorted(each["left"] for each in results) == [0, NUMBER]
    assert len(deal.where()) == 1
    deal.assert_whole()


def test_an_import_and_an_acceptance_wait_for_each_other(deal: Deal) -> None:
    run = importing.checked(deal.profile, deal.collector, FILE, key="catalogNumber", mode="update")
    assert run.counts["updated"] == NUMBER, run.counts
    job = deal.accept(deal.curator, deal.offer(deal.arizona))
    bring = jobs.start("import apply", run.guid, deal.collector, deal.profile.pk)
    together(lambda: jobs.run(bring.guid), lambda: jobs.run(job.guid))
    assert Job.objects.get(pk=job.pk).result == {"records": NUMBER, "left": 0}
    assert deal.where() == {"ARIZ"}
    places = set(Occurrence.objects.values_list("locality", flat=True))
    assert places in ({"Canyon"}, {"Ridge"})  # the import was before, or found them gone
    assert Occurrence.objects.count() == NUMBER
    deal.assert_whole()


def test_who_edits_a_record_is_waited_for_and_nothing_typed_is_lost(deal: Deal) -> None:
    job = deal.accept(deal.curator, deal.offer(deal.arizona))
    held, accepting = threading.Event(), threading.Event()
    guid = deal.guids[5]

    def edit() -> Any:
        with transaction.atomic():
            version = records.stored([guid])[guid].version
            held.set()
            accepting.wait(1)
            typed = {"habitat": "oak woodland"}
            return editing.save(guid, deal.collector, version, {}, typed)

    def accept() -> None:
        held.wait(10)
        accepting.set()
        jobs.run(job.guid)

    saved, _ends = together(edit, accept)
    assert saved.change_set is not None, saved
    record = Occurrence.objects.get(guid=guid)
    assert (record.collection, record.habitat) == (deal.arizona, "oak woodland")
    deal.assert_whole()


def test_an_edit_after_the_record_has_gone_is_refused_by_the_page(deal: Deal) -> None:
    jobs.run(deal.accept(deal.curator, deal.offer(deal.arizona)).guid)
    client = client_of(deal.collector)
    address = reverse("occurrences:edit", args=[deal.guids[0]])
    answer = client.post(address, {"habitat": "mine again", "version": "1"})
    assert answer.status_code == 403
    assert not Occurrence.objects.filter(habitat="mine again").exists()


def test_an_undo_of_edits_and_an_acceptance_wait_for_each_other(deal: Deal) -> None:
    edit = make.change_set(deal.collector, deal.profile)
    drafts = [
        make.draft(deal.profile, guid=each.guid, version=1, habitat="oak woodland")
        for each in deal.made
    ]
    records.write(edit, ["habitat"], drafts)
    job = deal.accept(deal.curator, deal.offer(deal.arizona))
    back = jobs.start("undo", edit.guid, deal.collector, deal.profile.pk)
    together(lambda: jobs.run(back.guid), lambda: jobs.run(job.guid))
    undone = Job.objects.get(pk=back.pk).result
    habitats = list(Occurrence.objects.values_list("habitat", flat=True))
    reverted, left = undone.get("reverted", 0), undone.get("conflicts", 0)
    assert (habitats.count(None), habitats.count("oak woodland")) == (reverted, left)
    assert {reverted, left} == {0, NUMBER}
    assert deal.where() == {"ARIZ"}
    deal.assert_whole()


def test_an_undo_of_an_acceptance_and_another_acceptance_wait_for_each_other(deal: Deal) -> None:
    first = deal.accept(deal.curator, deal.offer(deal.arizona))
    again = deal.accept(deal.other, deal.offer(deal.york))
    jobs.run(first.guid)
    change_set = ChangeSet.objects.get(kind=ChangeSet.Kind.TRANSFER)
    back = jobs.start("undo", change_set.guid, deal.curator, deal.arizona.pk)
    together(lambda: jobs.run(back.guid), lambda: jobs.run(again.guid))
    assert deal.where() in ({"AG"}, {"NY"})
    assert Occurrence.objects.filter(guid__in=deal.guids).count() == NUMBER


# --- pressed twice (AC-C8) ----------------------------------------------------------------------


def test_accept_pressed_twice_is_one_job_with_one_effect(deal: Deal) -> None:
    offer = deal.offer(deal.arizona)
    ends = together(*[lambda: offering.accept(deal.curator, offer)] * 2)
    assert {job.pk for job in ends} == {Job.objects.get(kind="accept offer").pk}
    together(*[lambda: jobs.run(ends[0].guid)] * 2)
    assert ChangeSet.objects.filter(kind=ChangeSet.Kind.TRANSFER).count() == 1
    assert Change.objects.filter(kind="transfer").count() == NUMBER
    late = deal.accept(deal.curator, offer)  # the browser tries again when all is done
    jobs.run(late.guid)
    assert Job.objects.get(pk=late.pk).result["records"] == 0
    assert ChangeSet.objects.filter(kind=ChangeSet.Kind.TRANSFER).count() == 1


def test_undo_pressed_twice_brings_them_back_once(deal: Deal) -> None:
    jobs.run(deal.accept(deal.curator, deal.offer(deal.arizona)).guid)
    change_set = ChangeSet.objects.get(kind=ChangeSet.Kind.TRANSFER)
    address = reverse("occurrences:undo", args=[change_set.guid])
    clients = [client_of(deal.curator) for _each in range(2)]
    together(*[lambda client=client: client.post(address) for client in clients])
    assert ChangeSet.objects.filter(kind=ChangeSet.Kind.UNDO).count() == 1
    assert deal.where() == {"AG"}


def test_one_sheet_scanned_by_two_people_is_received_once(deal: Deal) -> None:
    student = make.user()
    make.grant(student, Role.EDITOR, deal.arizona)
    offer = deal.offer(deal.arizona)
    key = str(deal.guids[0])

    def scan(person: Any, barcode: str) -> Said:
        offers = arriving.receivable_by(person).filter(pk=offer.pk)
        return arriving.scan(person, offers, barcode, key).said

    ends = together(lambda: scan(student, "B-1"), lambda: scan(deal.curator, "B-2"))
    assert sorted(ends) == [Said.ALREADY, Said.RECEIVED]
    row = OfferedRecord.objects.get(record_guid=deal.guids[0])
    assert row.catalog_number in ("B-1", "B-2")
    offer.refresh_from_db()
    assert offer.counts["received"] == 1


def test_sheets_ticked_while_they_are_accepted_keep_tick_and_number(deal: Deal) -> None:
    offer = deal.offer(deal.arizona)
    job = deal.accept(deal.curator, offer)

    def scan_all() -> list[Said]:
        offers = arriving.receivable_by(deal.curator).filter(pk=offer.pk)
        return [
            arriving.scan(deal.curator, offers, f"B-{at}", str(guid)).said
            for at, guid in enumerate(deal.guids)
        ]

    said, _done = together(scan_all, lambda: jobs.run(job.guid))
    assert said == [Said.RECEIVED] * NUMBER
    numbers = {each.guid: each.catalog_number for each in Occurrence.objects.all()}
    assert numbers == {guid: f"B-{at}" for at, guid in enumerate(deal.guids)}
    offer.refresh_from_db()
    assert (offer.counts["received"], offer.counts["accepted"]) == (NUMBER, NUMBER)
