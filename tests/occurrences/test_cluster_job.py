"""The job links what is exact, nothing in doubt, nothing dismissed, and tells no secret."""

import pytest

from journal import jobs
from journal.models import ChangeSet, Job
from journal.undo import undo
from occurrences import cluster_job, history
from occurrences.models import Cluster, ClusterMember
from tests import make

SMITH = {"recorded_by": "Smith, J.", "record_number": "1234", "event_date": "1999-05-03"}


@pytest.fixture
def sheet(herbarium, other_herbarium):
    """Make a record, in the other herbarium unless told otherwise."""

    def made(name, into=other_herbarium, **values):
        return make.occurrence(into, catalog_number=name, **{**SMITH, **values})

    return made


def run(user, within=None):
    key = within.guid if within else cluster_job.PORTAL
    job = jobs.run_here(cluster_job.KIND, key, user, within.pk if within else None)
    assert job.state == Job.State.DONE, job.error
    return job.result


def groups():
    found = {}
    for member in ClusterMember.objects.select_related("occurrence"):
        found.setdefault(member.cluster_id, []).append(member.occurrence.catalog_number)
    return sorted(" ".join(sorted(each)) for each in found.values())


def test_exact_sheets_are_linked_and_others_are_not(sheet, herbarium, portal_admin):
    sheet("a", herbarium)
    sheet("b", recorded_by="John Smith", record_number="01234")
    sheet("c", recorded_by="J. Smith & L. Ruiz", event_date="1999-05")
    sheet("letter", record_number="1234a")
    sheet("later", event_date="2001-05-03")
    sheet("other", recorded_by="Jones")
    sheet("s.n.", record_number="s.n.")
    sheet("s.n. too", record_number="s.n.")
    result = run(portal_admin)
    assert groups() == ["a b c"]
    assert result["linked"] == 3
    assert result["records"] == 8
    member = ClusterMember.objects.first()
    assert member.evidence["why"] == "exact"
    assert "number" in member.evidence["signs"]


def test_a_sheet_without_a_day_that_fits_two_years_is_left_alone(sheet, portal_admin):
    sheet("1999")
    sheet("1999 too")
    sheet("2001", event_date="2001-05-03")
    sheet("2001 too", event_date="2001-05-03")
    sheet("undated", event_date=None)
    run(portal_admin)
    assert groups() == ["1999 1999 too", "2001 2001 too"]


def test_the_same_specimen_in_two_collections_is_linked(sheet, herbarium, portal_admin):
    sheet("a", herbarium, record_number=None, occurrence_id="urn:1")
    sheet("b", record_number="7", occurrence_id="urn:1")
    run(portal_admin)
    assert groups() == ["a b"]
    assert {member.evidence["why"] for member in ClusterMember.objects.all()} == {"same specimen"}


def test_a_run_again_links_nothing_and_leaves_no_change_set(sheet, herbarium, portal_admin):
    sheet("a", herbarium)
    sheet("b")
    assert run(portal_admin)["linked"] == 2
    again = run(portal_admin)
    assert again["change_set"] == ""
    assert ChangeSet.objects.filter(kind="linking").count() == 1


def test_a_run_is_one_undo(sheet, herbarium, portal_admin):
    sheet("a", herbarium)
    sheet("b")
    done = ChangeSet.objects.get(guid=run(portal_admin)["change_set"])
    assert undo(done, portal_admin).conflicts == []
    assert not Cluster.objects.exists()


def test_a_run_over_the_portal_is_read_and_undone_by_its_administrators_alone(
    sheet, herbarium, portal_admin, cast
):
    sheet("a", herbarium)
    sheet("b")
    done = ChangeSet.objects.get(guid=run(portal_admin)["change_set"])
    back = undo(done, portal_admin)
    for change_set in (done, back):
        readers = {n for n, p in cast.items() if history.visible_to(p).contains(change_set)}
        assert readers == {"portal_admin"}
        assert history.may_undo(portal_admin, change_set)


def test_a_dismissed_pair_is_not_linked_again(sheet, herbarium, portal_admin):
    a, b = sheet("a", herbarium), sheet("b")
    cluster_job.dismiss(portal_admin, [(b.guid, a.guid), (a.guid, b.guid)])
    run(portal_admin)
    assert groups() == []


def test_a_run_over_one_collection_leaves_others_among_themselves(sheet, herbarium, administrator):
    sheet("mine", herbarium)
    sheet("theirs")
    sheet("x", record_number="77")
    sheet("y", record_number="77")
    run(administrator, herbarium)
    assert groups() == ["mine theirs"]


def test_what_its_person_may_not_see_is_not_linked(sheet, herbarium, administrator):
    sheet("mine", herbarium)
    sheet("private", make.collection(is_public=False))
    sheet("whole", record_security=5)
    sheet("place", record_security=1)
    run(administrator, herbarium)
    assert groups() == []


def test_an_editor_is_no_administrator(herbarium, editor):
    job = jobs.run_here(cluster_job.KIND, herbarium.guid, editor, herbarium.pk)
    assert job.state == Job.State.FAILED
    job = jobs.run_here(cluster_job.KIND, cluster_job.PORTAL, editor)
    assert job.state == Job.State.FAILED


def test_a_run_that_was_killed_goes_on(sheet, herbarium, portal_admin, monkeypatch):
    for number in range(6):
        sheet(f"a{number}", herbarium, record_number=f"50{number}")
        sheet(f"b{number}", record_number=f"50{number}")
    monkeypatch.setattr(cluster_job, "LINKED", 2)
    tied = []
    tie = cluster_job.clustering.tie

    def once(change_set, ties):
        if tied:
            raise RuntimeError("killed")
        tied.append(tie(change_set, ties))
        return tied[-1]

    monkeypatch.setattr(cluster_job.clustering, "tie", once)
    job = jobs.run_here(cluster_job.KIND, cluster_job.PORTAL, portal_admin)
    assert job.state == Job.State.FAILED
    assert Cluster.objects.count() == 2
    monkeypatch.setattr(cluster_job.clustering, "tie", tie)
    Job.objects.filter(pk=job.pk).update(state="queued")
    jobs.run(job.guid)
    assert Cluster.objects.count() == 6
    assert ChangeSet.objects.filter(kind="linking").count() == 1


def test_more_records_than_are_read_at_once(sheet, herbarium, portal_admin, monkeypatch):
    monkeypatch.setattr(cluster_job, "READ", 2)
    monkeypatch.setattr(cluster_job, "WIDEST", 3)
    for number in range(5):
        sheet(f"s{number}", herbarium)
    sheet("other day", event_date="1999-05-04")
    run(portal_admin)
    assert groups() == ["s0 s1 s2 s3 s4"]
