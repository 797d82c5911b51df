"""An acceptance by a real worker that is killed in the middle ends as if nothing had been."""

import random
import time
from typing import Any

import pytest
from django.utils import timezone

from biocollections.models import Collection
from journal import jobs
from journal.models import Change, ChangeSet, Job
from journal.undo import undo
from occurrences import offering
from occurrences.models import Identifier, Occurrence, Offer, OfferedRecord, Origin
from occurrences.offering import Recipient
from occurrences.readers import hash_collection
from tests import make
from tests.worker import Worker, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NUMBER = 12_000
KILLS = 4


@pytest.mark.parametrize("how", ["transfer", "copy"])
def test_accepting_goes_on_to_the_same_end_after_kill_9(worker: Worker, how: str) -> None:
    profile, herbarium, collector, curator = _sides()
    rows = [
        {"catalog_number": f"P-{at}", "record_number": str(at), "locality": "Ridge"}
        for at in range(NUMBER)
    ]
    guids = [record.guid for record in make.occurrences(profile, rows, by=collector)]
    before = hash_collection(profile)
    sent = offering.send(collector, profile, guids, [Recipient(how, herbarium)])
    offer = sent.offers.get()
    job = offering.accept(curator, offer)
    chance = random.Random(7)
    for _kill in range(KILLS):
        _kill_in_the_middle(worker, job, chance)
    eventually(lambda: Job.objects.get(pk=job.pk).is_finished, seconds=240, why=worker.text)
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.result) == ("done", {"records": NUMBER, "left": 0}), worker.text()
    change_set = ChangeSet.objects.get(kind=ChangeSet.Kind.TRANSFER)
    here = Occurrence.objects.filter(collection=herbarium)
    assert here.count() == NUMBER == here.values("record_number").distinct().count()
    offer.refresh_from_db()
    assert (offer.state, offer.counts["accepted"]) == (Offer.State.ANSWERED, NUMBER)
    assert not OfferedRecord.objects.exclude(change_set=change_set).exists()
    assert Origin.objects.values("record_guid").distinct().count() == NUMBER
    if how == "transfer":
        assert Change.objects.filter(kind="transfer").count() == NUMBER
        assert Identifier.objects.filter(name="AG").count() == NUMBER
        undo(change_set, curator)
    assert hash_collection(profile) == before


def _sides() -> tuple[Collection, Collection, Any, Any]:
    collector, curator = make.user(), make.user()
    profile = make.collection("AG", administrator=collector, type=Collection.Type.PERSONAL)
    return profile, make.collection("ARIZ", administrator=curator), collector, curator


def _kill_in_the_middle(worker: Worker, job: Job, chance: random.Random) -> None:
    """Kill the worker a chunk further on, and have another take the job up."""
    reached = OfferedRecord.objects.filter(state="accepted").count()

    def is_further() -> bool:
        return OfferedRecord.objects.filter(state="accepted").count() > reached

    eventually(is_further, seconds=120, why=worker.text)
    time.sleep(chance.random() * 0.2)
    worker.kill()
    # Nobody renews the lease now. Its end is brought forward, to spare the test the waiting.
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(lease_until=timezone.now())
    worker.start()
    jobs.wake(job)
