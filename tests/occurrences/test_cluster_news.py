"""A new determination on one sheet is told to those who keep or gave the others, once."""

import pytest

from accounts.models import Notice
from journal.models import ChangeSet, Job
from occurrences import cluster_news, clustering, editing, records
from occurrences.models import Identification, Occurrence, Origin, QueuedAnnotation
from tests import make

pytestmark = pytest.mark.django_db

NEW = {"scientific_name": "Quercus grisea", "identified_by": "R. Tun", "date_identified": "2020"}


@pytest.fixture
def sheets(herbarium, other_herbarium):
    """Two sheets of one gathering, in two herbaria."""
    one = make.occurrence(herbarium, catalog_number="H 1")
    other = make.occurrence(other_herbarium, catalog_number="O 1")
    link(one, other)
    return one, other


def link(*members):
    done = make.change_set(kind="linking")
    pairs = [(members[0].guid, other.guid) for other in members[1:]]
    clustering.link(done, pairs, {"why": "exact"})


def determine(by, *rows, kind="edit"):
    """Add a determination to these records of one collection, in one change set."""
    done = make.change_set(by, rows[0].collection, kind=kind)
    drafts = []
    for row in rows:
        row.refresh_from_db()
        draft = make.draft(row.collection, guid=row.guid, version=row.version, **NEW)
        draft.identifications = [editing.mirror_of(draft.values)]
        drafts.append(draft)
    records.write(done, list(NEW), drafts)
    return done


def notices(person):
    return list(Notice.objects.filter(person=person).values_list("kind", flat=True))


def test_the_writer_has_it_told_once_a_change_set(
    sheets, editor, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        done = determine(editor, sheets[0])
    assert Job.objects.filter(kind=cluster_news.KIND, key=str(done.guid)).count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        make.edit(sheets[0], editor, habitat="oak")
    assert Job.objects.filter(kind=cluster_news.KIND).count() == 1, "an edit is no determination"


def test_curators_of_the_others_are_told_and_nobody_else(
    sheets, editor, administrator, other_editor, other_administrator, stranger
):
    done = determine(editor, sheets[0])
    assert cluster_news.tell_of(done) == 2
    assert notices(other_editor) == notices(other_administrator) == ["duplicate determined"]
    assert notices(editor) == notices(administrator) == notices(stranger) == []


def test_a_large_change_set_gives_one_notice_a_collection(
    herbarium, other_herbarium, administrator, other_editor, client
):
    mine = make.occurrences(herbarium, [{"catalog_number": f"H {n}"} for n in range(30)])
    theirs = make.occurrences(other_herbarium, [{"catalog_number": f"O {n}"} for n in range(30)])
    for one, other in zip(mine, theirs, strict=True):
        link(one, other)
    done = determine(administrator, *mine, kind="import")
    cluster_news.tell_of(done)
    cluster_news.tell_of(done)
    told = Notice.objects.get(person=other_editor)
    assert told.words["number"] == 30
    client.force_login(other_editor)
    page = client.get(told.url).content.decode()
    assert page.count("Adopt<") == 30 and "R. Tun" in page
    assert client.get(told.url).status_code == 200
    told.refresh_from_db()
    assert told.read_at


def test_the_collector_who_gave_a_sheet_is_told(sheets, editor, collector, personal_profile):
    Origin.objects.create(
        record_guid=sheets[1].guid,
        source=personal_profile,
        giver=collector,
        change_set=make.change_set(kind="transfer"),
    )
    cluster_news.tell_of(determine(editor, sheets[0]))
    assert notices(collector) == ["sheet given away determined"]


def test_the_owner_of_a_profile_with_a_sheet_is_told(sheets, editor, collector, personal_profile):
    link(sheets[0], make.occurrence(personal_profile, record_number="12"))
    cluster_news.tell_of(determine(editor, sheets[0]))
    assert notices(collector) == ["duplicate determined"]


def test_nobody_is_told_of_a_sheet_he_may_not_see(
    herbarium, other_herbarium, editor, other_editor, collector, personal_profile, client
):
    hidden = make.occurrence(herbarium, record_security=5)
    theirs = make.occurrence(other_herbarium)
    link(hidden, theirs)
    Origin.objects.create(
        record_guid=theirs.guid,
        source=personal_profile,
        giver=collector,
        change_set=make.change_set(kind="transfer"),
    )
    done = determine(editor, hidden)
    assert cluster_news.tell_of(done) == 0
    client.force_login(other_editor)
    page = client.get(f"/collections/{other_herbarium.guid}/cluster-news/{done.guid}/")
    assert "grisea" not in page.content.decode()
    answer = client.post(f"/occurrences/{theirs.guid}/adopt/", {"from": str(hidden.guid)})
    assert answer.status_code == 404


def test_an_undone_determination_is_no_news(sheets, editor, other_editor):
    from journal import jobs

    done = determine(editor, sheets[0])
    jobs.run_here("undo", done.guid, editor)
    assert cluster_news.tell_of(done) == 0 and notices(other_editor) == []


def test_adopting_adds_it_with_determiner_date_and_source_and_queues_a_label(
    client, sheets, editor, other_editor
):
    determine(editor, sheets[0])
    client.force_login(other_editor)
    assert "Adopt<" in client.get(sheets[1].get_absolute_url()).content.decode()
    where = f"/occurrences/{sheets[1].guid}/adopt/"
    page = client.post(where, {"from": str(sheets[0].guid)}, follow=True).content.decode()
    assert "waits to be printed" in page
    mine = Occurrence.objects.get(pk=sheets[1].pk)
    assert (mine.scientific_name, mine.identified_by, mine.date_identified) == (
        "Quercus grisea",
        "R. Tun",
        "2020",
    )
    added = Identification.objects.get(occurrence=mine, is_current=True)
    assert "HERB H 1" in added.identification_remarks
    assert Identification.objects.filter(occurrence=mine).count() == 2
    assert QueuedAnnotation.objects.get().identification == added.guid
    again = client.post(where, {"from": str(sheets[0].guid)}, follow=True).content.decode()
    assert "already" in again
    assert ChangeSet.objects.filter(user=other_editor).count() == 1


def test_only_sheets_of_one_cluster_are_adopted(client, sheets, other_editor, herbarium):
    stray = make.occurrence(herbarium, scientific_name="Quercus grisea")
    client.force_login(other_editor)
    where = f"/occurrences/{sheets[1].guid}/adopt/"
    page = client.post(where, {"from": str(stray.guid)}, follow=True).content.decode()
    assert "no duplicates of one another" in page
