"""An undo is a change set too; each app says how its rows come back."""

import pytest

from journal import jobs, undo
from journal.jobs import Refused
from journal.models import ChangeSet, Job
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def restored(monkeypatch):
    """The change sets a restorer of our own was asked to take back."""
    asked = []

    def restore(undoing):
        asked.append(undoing.change_set)
        undoing.counts["reverted"] += 1
        undoing.conflict("a record", ["locality"])

    monkeypatch.setattr(undo, "_restorers", {})
    monkeypatch.setattr(undo, "_allowed", [])  # who may is for the app that registers it
    undo.register("thing", restore)
    return asked


def test_every_registered_restorer_is_asked_and_its_tally_kept(restored):
    change_set, person = make.change_set(), make.user()
    done = undo.undo(change_set, person, "a mistake")
    done.refresh_from_db()
    assert restored == [change_set]
    assert (done.kind, done.user, done.undoes, done.reason) == (
        "undo",
        person,
        change_set,
        "a mistake",
    )
    assert done.counts == {"reverted": 1, "conflicts": 1}
    assert done.conflicts == [{"record": "a record", "fields": ["locality"]}]


def test_an_undo_undone_makes_the_change_set_stand_again(restored):
    change_set = make.change_set()
    first = undo.undo(change_set, None)
    assert undo.is_undone(change_set)
    undo.undo(first, None)
    assert not undo.is_undone(change_set)
    undo.undo(change_set, None)
    assert undo.is_undone(change_set)


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_an_undo_stopped_on_the_way_is_gone_on_with(restored, state):
    change_set = make.change_set()
    job = Job.objects.create(kind="undo", key=str(change_set.guid), state=state)
    half = ChangeSet.objects.create(kind="undo", undoes=change_set, job=job, counts={"reverted": 4})
    again = jobs.run_here("undo", change_set.guid, None)
    half.refresh_from_db()
    assert (half.job, half.counts["reverted"]) == (again, 5)
    assert change_set.undone_by.count() == 1
    with pytest.raises(Refused):
        undo.undo(change_set, None)


def test_what_is_undone_is_refused(restored):
    change_set = make.change_set()
    undo.undo(change_set, None)
    with pytest.raises(Refused):
        undo.undo(change_set, None)
    assert ChangeSet.objects.filter(undoes=change_set).count() == 1


def test_a_long_list_of_conflicts_is_counted_whole_and_kept_short():
    undoing = undo.Undoing(make.change_set(), make.change_set())
    for number in range(undo.MOST_CONFLICTS_KEPT + 5):
        undoing.conflict(number, ["locality"])
    assert undoing.counts["conflicts"] == undo.MOST_CONFLICTS_KEPT + 5
    assert len(undoing.conflicts) == undo.MOST_CONFLICTS_KEPT


def test_as_a_job_it_tells_what_it_did(restored):
    change_set = make.change_set()
    job = jobs.run_here("undo", change_set.guid, make.user())
    done = change_set.undone_by.get()
    assert job.result == {"change_set": str(done.guid), "reverted": 1, "conflicts": 1}
    assert done.user == job.user


def test_a_job_cut_off_goes_on_with_the_same_change_set(monkeypatch):
    monkeypatch.setattr(undo, "_restorers", {})
    change_set = make.change_set()
    tries = []

    def die_once(undoing):
        tries.append(undoing.undo)
        undoing.counts["reverted"] += 1
        undoing.keep()
        if len(tries) == 1:
            raise jobs.LeaseLost  # as if the worker had been killed

    undo.register("thing", die_once)
    job = jobs.run_here("undo", change_set.guid, None)
    job.__class__.objects.filter(pk=job.pk).update(state="queued")
    jobs.run(job.guid)
    assert tries[0] == tries[1]
    assert change_set.undone_by.count() == 1
    assert change_set.undone_by.get().counts["reverted"] == 2
