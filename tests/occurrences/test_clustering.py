"""Linking puts records into one cluster, unlinking takes them out; both can be undone."""

import pytest
from django.urls import reverse

from journal.undo import undo
from occurrences import clustering, history, restoring
from occurrences.models import Cluster, ClusterMember, DeletedOccurrence, Occurrence
from tests import make

BY_HAND = {"why": "hand"}


@pytest.fixture
def sheets(herbarium, other_herbarium):
    """Five records, of two collections."""
    rows = [{"catalog_number": f"S-{number}"} for number in range(5)]
    return make.occurrences(herbarium, rows[:3]) + make.occurrences(other_herbarium, rows[3:])


def link(*pairs, by=None, within=None):
    done = make.change_set(by, within)
    clustering.link(done, [(one.guid, other.guid) for one, other in pairs], BY_HAND)
    return done


def groups():
    """Return the clusters as sets of catalog numbers, sorted."""
    found = {}
    for member in ClusterMember.objects.select_related("occurrence"):
        found.setdefault(member.cluster_id, set()).add(member.occurrence.catalog_number[2:])
    assert set(found) == set(Cluster.objects.values_list("pk", flat=True))
    return sorted("".join(sorted(each)) for each in found.values())


def test_linked_records_stand_in_one_cluster_and_clusters_that_meet_are_joined(sheets):
    a, b, c, d, e = sheets
    link((a, b))
    link((c, d))
    assert groups() == ["01", "23"]
    oldest = a.cluster_member.cluster_id
    link((b, e), (e, d))
    assert groups() == ["01234"]
    assert Cluster.objects.get().pk == oldest


def test_linking_says_how_many_records_moved_and_linking_again_moves_none(sheets):
    a, b, c, _d, _e = sheets
    pairs = [(a.guid, b.guid), (b.guid, c.guid)]
    assert clustering.link(make.change_set(), pairs, BY_HAND) == 3
    assert clustering.link(make.change_set(), pairs, BY_HAND) == 0


def test_a_record_with_itself_and_a_record_that_is_gone_are_no_pair(sheets):
    a, b, *_rest = sheets
    gone = b.guid
    restoring.delete(make.change_set(kind="deletion"), [b.pk])
    pairs = [(a.guid, a.guid), (a.guid, gone)]
    assert clustering.link(make.change_set(), pairs, BY_HAND) == 0
    assert groups() == []


def test_hundreds_of_pairs_go_in_one_call(herbarium, django_assert_max_num_queries):
    made = make.occurrences(herbarium, [{"catalog_number": f"M-{n}"} for n in range(300)])
    pairs = [(made[n].guid, made[n + 1].guid) for n in range(0, 300, 2)]
    with django_assert_max_num_queries(20):
        assert clustering.link(make.change_set(), pairs, BY_HAND) == 300
    assert Cluster.objects.count() == 150


def test_whoever_is_left_alone_leaves_too(sheets):
    a, b, c, *_rest = sheets
    link((a, b), (b, c))
    clustering.unlink(make.change_set(), [a.guid])
    assert groups() == ["12"]
    clustering.unlink(make.change_set(), [b.guid])
    assert groups() == []


def test_undoing_a_link_parts_the_clusters_it_joined(sheets):
    a, b, c, d, e = sheets
    link((a, b))
    link((c, d))
    joined = link((a, c), (a, e))
    taken_back = undo(joined, None)
    assert groups() == ["01", "23"]
    assert not taken_back.conflicts
    undo(taken_back, None)
    assert groups() == ["01234"]


def test_undoing_an_unlink_brings_the_cluster_back(sheets):
    a, b, *_rest = sheets
    link((a, b))
    cluster = Cluster.objects.get().guid
    done = make.change_set()
    clustering.unlink(done, [a.guid])
    undo(done, None)
    assert groups() == ["01"]
    assert Cluster.objects.get().guid == cluster


def test_an_undo_leaves_a_record_that_was_linked_elsewhere_since(sheets):
    a, b, c, d, _e = sheets
    first = link((a, b))
    clustering.unlink(make.change_set(), [a.guid])
    link((a, c), (c, d))
    taken_back = undo(first, None)
    assert [each["record"] for each in taken_back.conflicts] == [str(a.guid)]
    assert groups() == ["023"]


def test_a_deleted_record_leaves_its_cluster_and_comes_back_to_it(sheets):
    a, b, c, *_rest = sheets
    link((a, b), (b, c))
    deletion = make.change_set(kind="deletion")
    restoring.delete(deletion, [b.pk, c.pk])
    assert groups() == []
    undo(deletion, None)
    assert groups() == ["012"]


def test_one_of_several_deleted_records_comes_back_to_its_cluster_alone(sheets):
    a, b, c, *_rest = sheets
    link((a, b), (b, c))
    restoring.delete(make.change_set(kind="deletion"), [b.pk, c.pk])
    restoring.bring_back(DeletedOccurrence.objects.get(guid=b.guid), None)
    assert groups() == ["01"]


def test_undoing_an_import_of_copies_takes_the_copies_and_the_links(sheets, herbarium):
    original = sheets[0]
    done = make.change_set(within=herbarium, kind="import")
    draft = make.draft(herbarium, catalog_number="S-9")
    restoring.write(done, draft.values.keys(), [draft])
    clustering.link(done, [(original.guid, draft.guid)], {"why": "copy"})
    assert groups() == ["09"]
    taken_back = undo(done, None)
    assert groups() == []
    assert not Occurrence.objects.filter(guid=draft.guid).exists()
    undo(taken_back, None)
    assert groups() == ["09"]


def test_a_linked_record_made_by_an_import_is_no_conflict_of_its_undo(sheets, herbarium):
    done = make.change_set(within=herbarium, kind="import")
    draft = make.draft(herbarium, catalog_number="S-9")
    restoring.write(done, draft.values.keys(), [draft])
    link((sheets[0], Occurrence.objects.get(guid=draft.guid)))
    assert not undo(done, None).conflicts
    assert groups() == []


def test_history_says_that_a_record_was_linked_and_why(sheets, editor, herbarium):
    a, b, *_rest = sheets
    done = link((a, b), by=editor, within=herbarium)
    (line,) = history.of_record(a, editor)[0].lines
    assert (line.label, line.old, line.new) == ("Linked as Duplicate", "", "linked by hand")
    undo(done, editor)
    (line,) = history.of_record(a, editor)[0].lines
    assert (line.old, line.new) == ("linked by hand", "")


def test_the_record_page_shows_the_other_sheets(sheets, client):
    a, b, _c, d, _e = sheets
    link((a, b), (b, d))
    page = client.get(reverse("occurrences:record", args=[a.guid])).text
    assert "S-1" in page
    assert "S-3" in page
    assert "S-2" not in page


def test_a_member_that_a_reader_may_not_see_is_not_there_for_him(
    canaries, herbarium, client, administrator
):
    seen = make.occurrence(herbarium, catalog_number="S-1")
    private = make.occurrence(make.collection(is_public=False), catalog_number="PRIVATE-7")
    link((seen, canaries.whole), (seen, private))
    assert clustering.others(seen, administrator) == [canaries.whole]
    page = client.get(reverse("occurrences:record", args=[seen.guid])).text
    assert "PRIVATE-7" not in page
    assert 'id="duplicates"' not in page
