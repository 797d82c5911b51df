"""Records that are handed over while somebody else is at them: one after the other, never half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from journal import jobs, undo
from journal.models import Change, Job
from occurrences import editing, editing_table, offering
from occurrences.models import Identification, Identifier, Occurrence, Offer
from occurrences.offering import Recipient
from tests import make
from tests.occurrences.dealing import COPY, TRANSFER, Deal
from tests.worker import Worker, eventually

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 6000


@pytest.fixture
def deal() -> Deal:
    return Deal()


class Beside:
    """Something that happens beside the test, in a database session of its own."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(do,))
        self.thread.start()

    def _run(self, do: Callable[[], Any]) -> None:
        try:
            do()
        finally:
            connection.close()
            self.ended.set()

    def waits(self) -> bool:
        """Tell whether it is still held up after a while."""
        return not self.ended.wait(0.7)

    def end(self) -> None:
        assert self.ended.wait(30)
        self.thread.join()


@pytest.fixture
def held(deal: Deal) -> Iterator[Callable[[], None]]:
    """Somebody has the first record's row locked; call to let it go."""
    go, has = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Occurrence.objects.select_for_update().get(guid=deal.records[0].guid)
            has.set()
            go.wait(30)

    holder = Beside(hold)
    assert has.wait(10)
    yield lambda: (go.set(), holder.end())[0]
    go.set()


def test_a_transfer_waits_for_an_edit_and_takes_it_along(deal: Deal, held: Any) -> None:
    """AC-C4."""
    job = offering.accept(deal.curator, deal.offer())
    accepting = Beside(lambda: jobs.run(job.guid))
    assert accepting.waits()
    assert Occurrence.objects.filter(collection=deal.arizona).count() == 0
    held()
    accepting.end()
    assert Occurrence.objects.filter(collection=deal.arizona).count() == 3


def test_an_edit_that_waited_for_a_transfer_is_refused(deal: Deal) -> None:
    """AC-C4: the later one asks for its right again."""
    guid, collector = deal.records[0].guid, deal.collector
    assert Occurrence.objects.editable_by(collector).filter(guid=guid).exists()
    deal.accept(deal.offer())
    with pytest.raises(editing.Gone):
        editing.save(guid, collector, 1, {}, {"habitat": "mine"})
    assert Occurrence.objects.get(guid=guid).habitat is None


def test_a_table_and_a_deletion_that_waited_for_a_transfer_do_nothing(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AC-C4. The transfer is through between their first look and their lock."""
    record, collector = deal.records[0], deal.collector
    offer = deal.offer()
    stored = editing_table.records.stored

    def after_the_transfer(guids: Any) -> Any:
        asked = list(guids)
        if Occurrence.objects.filter(collection=deal.profile).exists():
            Beside(lambda: deal.accept(offer)).end()
        return stored(asked)

    monkeypatch.setattr(editing_table.records, "stored", after_the_transfer)
    cell = editing_table.Cell(record.guid, "habitat", "mine", "")
    done = editing_table.save(collector, [cell])
    assert not done.change_sets
    there = Occurrence.objects.get(guid=record.guid)
    assert (there.collection, there.habitat) == (deal.arizona, None)
    client = Client()
    client.force_login(collector)
    delete = reverse("occurrences:delete", args=[record.guid])
    assert client.post(delete).status_code in (403, 404)
    assert Occurrence.objects.filter(guid=record.guid).exists()


def test_two_transfers_of_the_same_records_give_them_to_one(deal: Deal) -> None:
    """AC-C4."""
    first, second = deal.offer(), deal.offer(TRANSFER, deal.york)
    accepted = [offering.accept(deal.curator, each) for each in (first, second)]
    running = [Beside(lambda guid=job.guid: jobs.run(guid)) for job in accepted]
    for each in running:
        each.end()
    taken = [Occurrence.objects.filter(collection=c).count() for c in (deal.arizona, deal.york)]
    assert sorted(taken) == [0, 3]
    assert Change.objects.filter(kind="transfer").count() == 3


def test_a_transfer_waits_for_a_job_of_either_collection(deal: Deal) -> None:
    """AC-C4: an import, an undo, a batch edit; they all hold their collection."""
    for collection in (deal.profile, deal.arizona):
        offer = deal.offer(COPY)
        job = offering.accept(deal.curator, offer)
        with jobs.collection_lock(collection.pk):
            accepting = Beside(lambda guid=job.guid: jobs.run(guid))
            eventually(lambda pk=job.pk: Job.objects.get(pk=pk).state == Job.State.RUNNING)
            assert accepting.waits()
        accepting.end()
        assert Job.objects.get(pk=job.pk).state == Job.State.DONE


def test_an_undo_and_a_transfer_onward_leave_one_home(deal: Deal) -> None:
    """AC-C4: the record is where the later of the two put it, with all its numbers."""
    offer = deal.offer()
    offer.records.update(catalog_number="")
    deal.accept(offer)
    onward = offering.send(
        deal.curator,
        deal.arizona,
        [record.guid for record in deal.records],
        [Recipient(TRANSFER, deal.york)],
    ).offers.get()
    taking = offering.accept(deal.curator, onward)
    change_set = offer.records.first().change_set
    assert change_set is not None
    back = jobs.start("undo", change_set.guid, deal.curator, deal.arizona.pk)
    running = [Beside(lambda guid=job.guid: jobs.run(guid)) for job in (taking, back)]
    for each in running:
        each.end()
    homes = set(Occurrence.objects.values_list("collection", flat=True))
    assert len(homes) == 1
    assert homes <= {deal.profile.pk, deal.york.pk}
    assert undo.is_undone(change_set)


@pytest.mark.slow
def test_an_acceptance_killed_in_the_middle_goes_on_to_the_same_end(
    worker: Worker, deal: Deal
) -> None:
    rows = [{"record_number": str(at), "catalog_number": f"P-{at}"} for at in range(MANY)]
    made = make.occurrences(deal.profile, rows)
    offer = _offered(deal, made)
    accepting = offering.accept(deal.curator, offer)
    there = Occurrence.objects.filter(collection=deal.arizona)
    eventually(there.exists, seconds=60, why=worker.text)
    worker.kill()
    standing = there.count()
    assert 0 < standing < MANY
    Job.objects.filter(pk=accepting.pk).update(lease_until=timezone.now())
    worker.start()

    def ended() -> bool:
        accepting.refresh_from_db()
        return accepting.is_finished

    eventually(ended, seconds=120, why=worker.text)
    assert accepting.state == Job.State.DONE, accepting.error
    offer.refresh_from_db()
    assert (offer.counts["accepted"], there.count()) == (MANY, MANY)
    assert offer.records.values("change_set").distinct().count() == 1
    assert Identifier.objects.filter(occurrence__in=there, name=deal.profile.code).count() == MANY
    assert Identification.objects.filter(occurrence__in=there, is_current=True).count() == MANY
    assert Change.objects.filter(kind="transfer").count() == MANY
    assert offer.entries.count() == 1


def _offered(deal: Deal, records: list[Occurrence]) -> Offer:
    guids = [record.guid for record in records]
    recipients = [Recipient(TRANSFER, deal.arizona)]
    return offering.send(deal.collector, deal.profile, guids, recipients).offers.get()
