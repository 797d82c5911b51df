"""A record points to its collection's own Name row if there is one, else to the shared one."""

import pytest
from django.utils import timezone

from journal.models import Change
from journal.undo import undo
from occurrences import naming, restoring
from occurrences.models import Occurrence
from taxonomy.models import Name
from tests import make

pytestmark = pytest.mark.django_db


def own_row(record, by=None):
    """Decide in the record's collection that its name is kept; return the change set."""
    done = make.change_set(by, record.collection, kind="cleaning")
    own = naming.own_rows(done, [record.name_id], record.collection_id)
    decided = {"evidence": "kept", "decided_at": timezone.now()}
    naming.settle(done, own.values(), state=Name.State.KEPT, **decided)
    record.refresh_from_db()
    return done


def test_records_of_two_collections_share_one_row(herbarium, other_herbarium):
    ours, theirs = make.occurrence(herbarium), make.occurrence(other_herbarium)
    assert ours.name_id == theirs.name_id
    assert ours.name.collection_id is None


def test_a_new_name_is_linked_at_once_where_the_thesaurus_leaves_no_doubt(herbarium):
    oak = make.taxon("Quercus emoryi", "Torr.")
    record = make.occurrence(herbarium, scientific_name_authorship="Torr.")
    assert (record.name.taxon, record.name.state) == (oak, "linked")
    assert make.occurrence(herbarium, scientific_name="Quercus nova").name.state == "new"


def test_an_own_row_takes_the_collections_records_and_no_others(herbarium, other_herbarium):
    ours, theirs = make.occurrence(herbarium), make.occurrence(other_herbarium)
    own_row(ours)
    assert ours.name.collection_id == herbarium.pk
    assert ours.name.state == "kept"
    theirs.refresh_from_db()
    assert (theirs.name.collection_id, theirs.name.state) == (None, "new")


def test_what_is_written_later_points_to_the_own_row(herbarium, other_herbarium):
    first = make.occurrence(herbarium)
    own_row(first)
    assert make.occurrence(herbarium).name_id == first.name_id
    assert make.occurrence(other_herbarium).name_id != first.name_id
    renamed = make.occurrence(herbarium, scientific_name="Quercus alba")
    make.edit(renamed, scientific_name="Quercus emoryi")
    assert renamed.name_id == first.name_id


def test_a_record_brought_back_points_to_the_row_that_is_right_now(herbarium):
    gone, kept = make.occurrences(herbarium, [{}, {}])
    deletion = make.change_set(None, herbarium, kind="deletion")
    restoring.delete(deletion, [gone.pk])
    own_row(kept)
    undo(deletion, None)
    assert Occurrence.objects.get(guid=gone.guid).name_id == kept.name_id


def test_an_undone_own_row_is_gone_and_its_records_are_back(herbarium, editor):
    record = make.occurrence(herbarium)
    shared = record.name
    done = own_row(record, editor)
    own = record.name
    undone = undo(done, editor)
    record.refresh_from_db()
    assert (record.name, undone.conflicts) == (shared, [])
    assert not Name.objects.filter(collection_id=herbarium.pk).exists()
    undo(undone, editor)
    record.refresh_from_db()
    assert (record.name.guid, record.name.state) == (own.guid, "kept")
    assert record.name.decided_at == own.decided_at


def test_a_row_decided_since_is_left_alone_by_an_undo(herbarium, editor):
    record = make.occurrence(herbarium)
    done = own_row(record, editor)
    oak = make.taxon("Quercus emoryi", "Torr.")
    later = make.change_set(editor, herbarium, kind="cleaning")
    naming.settle(later, [record.name_id], state="linked", taxon=oak, evidence="chosen")
    undone = undo(done, editor)
    assert [each["record"] for each in undone.conflicts] == [str(record.name.guid)]
    assert Name.objects.get(pk=record.name_id).taxon == oak


def test_undoing_a_link_leaves_the_shared_row_to_other_collections(
    herbarium, other_herbarium, editor
):
    ours, theirs = make.occurrence(herbarium), make.occurrence(other_herbarium)
    oak = make.taxon("Quercus emoryi", "Torr.")
    done = make.change_set(editor, herbarium, kind="cleaning")
    naming.settle(done, [ours.name_id], state="linked", taxon=oak, evidence="exact")
    undone = undo(done, editor)
    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert theirs.name.taxon == oak
    assert (ours.name.collection_id, ours.name.taxon) == (herbarium.pk, None)
    undo(undone, editor)
    ours.refresh_from_db()
    assert ours.name == theirs.name


def test_undoing_a_link_nobody_else_uses_unlinks_the_shared_row(herbarium, editor):
    record = make.occurrence(herbarium)
    oak = make.taxon("Quercus emoryi", "Torr.")
    done = make.change_set(editor, herbarium, kind="cleaning")
    naming.settle(done, [record.name_id], state="linked", taxon=oak, evidence="exact")
    undo(done, editor)
    record.name.refresh_from_db()
    assert (record.name.state, record.name.taxon) == ("new", None)
    assert Name.objects.filter(scientific_name="Quercus emoryi").count() == 1


def test_the_history_of_a_name_holds_only_what_differs(herbarium):
    record = make.occurrence(herbarium)
    oak = make.taxon("Quercus emoryi", "Torr.")
    done = make.change_set(None, herbarium, kind="cleaning")
    naming.settle(done, [record.name_id], state="linked", taxon=oak)
    change = Change.objects.get(change_set=done)
    assert change.before == {"taxon": None, "state": "new"}
    assert change.after == {"taxon": str(oak.guid), "state": "linked"}
    naming.settle(done, [record.name_id], state="linked", taxon=oak)
    assert Change.objects.filter(change_set=done).count() == 1
