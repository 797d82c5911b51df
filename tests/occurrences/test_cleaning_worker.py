"""Cleaning runs by real workers: two at once, one killed, a name decided in between."""

from typing import Any

import pytest
from django.db.models import Count
from django.utils import timezone

from biocollections.models import Collection
from journal import jobs
from journal.models import ChangeSet, Job
from journal.undo import undo
from occurrences import cleaning, deciding
from occurrences.cleaning import scope_of, token
from occurrences.deciding import Choice
from occurrences.models import Occurrence
from occurrences.readers import hash_collection
from taxonomy.models import Name, Taxon
from tests import make
from tests.taxonomy import known
from tests.worker import Worker, eventually

NAMES = 2500  # in each collection, the same ones


def epithet(number: int) -> str:
    """Return an epithet of its own for each number: "aaaaa", "aaaab" …"""
    letters = []
    for _place in range(5):
        number, left = divmod(number, 20)
        letters.append("bcdfghjklmnpqrstvwxz"[left] + "a")
    return "".join(letters)


def ended(worker: Worker, job: Job) -> None:
    def is_over() -> bool:
        job.refresh_from_db()
        return job.is_finished

    eventually(is_over, seconds=240, why=worker.text)
    assert job.state == Job.State.DONE, job.error


@pytest.mark.slow
def test_two_runs_a_killed_worker_and_a_decision_lose_and_double_nothing(
    worker: Worker, herbarium: Collection, other_herbarium: Collection,
    editor: Any, other_editor: Any,
) -> None:  # fmt: skip
    for number in range(NAMES):
        known.usage(f"Quercus {epithet(number)}", "L.", family="Fagaceae")
    for each in (herbarium, other_herbarium):
        rows = [{"scientific_name": f"Quercus {epithet(n)}"} for n in range(NAMES)]
        make.occurrences(each, rows)
    before = hash_collection(herbarium)
    mine = jobs.start("clean names", herbarium.guid, editor, herbarium.pk)
    theirs = jobs.start("clean names", other_herbarium.guid, other_editor, other_herbarium.pk)
    eventually(lambda: Name.objects.filter(state="linked").exists(), seconds=120, why=worker.text)
    worker.kill()

    last = Occurrence.objects.filter(collection=herbarium).latest("pk")
    scope = scope_of(editor, str(herbarium.guid))
    decided = deciding.decide(scope, [(last.name.guid, token(last.name))], Choice("keep"))
    assert decided.names == 1
    Job.objects.filter(state=Job.State.RUNNING).update(lease_until=timezone.now())
    worker.start()
    jobs.sweep()
    for job in (mine, theirs):
        ended(worker, job)

    last.refresh_from_db()
    assert (last.name.state, last.name.collection_id, last.family) == ("kept", herbarium.pk, None)
    species = Taxon.objects.filter(scientific_name__startswith="Quercus ")
    assert species.count() == NAMES
    twins = Taxon.objects.values("canonical_key", "rank", "kingdom").annotate(n=Count("pk"))
    assert not twins.filter(n__gt=1).exists()
    filled = Occurrence.objects.filter(family="Fagaceae", name__taxon__isnull=False)
    assert filled.filter(collection=herbarium).count() == NAMES - 1
    assert filled.filter(collection=other_herbarium).count() == NAMES
    assert cleaning.tallies(scope)["linked"].records == NAMES - 1

    runs = ChangeSet.objects.filter(kind="cleaning", collection_id=herbarium.pk)
    assert runs.filter(job=mine).count() == 1
    for each in runs:
        assert undo(each, None).counts.get("conflicts", 0) == 0 or each.job == mine
    assert hash_collection(herbarium) == before
