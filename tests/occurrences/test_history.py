"""Histories are readable, for editors alone, and lead back."""

import pytest
from django.utils import timezone

from journal import jobs, undo
from journal.models import ChangeSet, Job
from occurrences import history, restoring
from occurrences.models import Occurrence
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    return make.occurrence(herbarium, catalog_number="H 1", locality="Imuris", habitat="oak")


def lines(entry):
    return [(line.label, line.old, line.new) for line in entry.lines]


def test_an_edit_is_told_field_by_field_in_the_curators_words(record, editor):
    make.edit(record, editor, locality="Nogales", habitat=None)
    edit, made = history.of_record(record, editor)
    assert lines(edit) == [("Habitat", "oak", ""), ("Locality", "Imuris", "Nogales")]
    assert (made.created, made.lines) == (True, [])


def test_what_the_determination_repeats_is_said_once(record, editor):
    make.edit(record, editor, scientific_name="Quercus grisea")
    entry = history.of_record(record, editor)[0]
    assert lines(entry) == [("Scientific Name", "Quercus emoryi", "Quercus grisea")]


def test_withheld_values_are_told_to_editors_and_to_nobody_else(client, herbarium, cast):
    record = make.occurrence(herbarium, record_security=1, locality="Imuris")
    make.edit(record, locality="Nogales")
    assert lines(history.of_record(record, cast["editor"])[0]) == [
        ("Locality", "Imuris", "Nogales")
    ]
    for name, person in cast.items():
        assert bool(history.of_record(record, person)) == (name in ("editor", "administrator"))
        if name != "visitor":
            client.force_login(person)
            page = client.get(f"/occurrences/{record.guid}/history/")
            entitled = name in ("editor", "administrator")
            assert page.status_code == (200 if entitled else 403), name
            assert ("Nogales" in page.content.decode()) == entitled, name


def test_protecting_tells_that_and_not_every_hidden_field(record, editor):
    make.edit(record, editor, record_security=1)
    told = {label: new for label, _old, new in lines(history.of_record(record, editor)[0])}
    assert told["Protection"] == "place redacted"
    assert "Locality" not in told


def test_an_undone_edit_is_marked_and_not_offered_again(record, editor):
    done = make.edit(record, editor, locality="Nogales")
    assert history.of_record(record, editor)[0].may_undo
    jobs.run_here("undo", done.guid, editor)
    undo, edit, _made = history.of_record(record, editor)
    assert (edit.is_undone, edit.may_undo) == (True, False)
    assert lines(undo) == [("Locality", "Nogales", "Imuris")]


def test_editors_undo_edits_and_administrators_everything(herbarium, editor, administrator, cast):
    edit = make.change_set(administrator, herbarium)
    imported = make.change_set(administrator, herbarium, kind="import")
    undone = make.change_set(editor, herbarium, kind="undo")
    assert set(history.undoable_by(editor)) == {edit, undone}
    assert set(history.undoable_by(administrator)) == {edit, imported, undone}
    for name in set(cast) - {"editor", "administrator"}:
        assert not history.undoable_by(cast[name]).exists(), name


# --- pages ------------------------------------------------------------------------------------


def test_undo_from_the_history_goes_back_there(client, record, editor):
    done = make.edit(record, editor, locality="Nogales")
    client.force_login(editor)
    where = f"/occurrences/{record.guid}/history/"
    page = client.get(where)
    assert f'action="/changes/{done.guid}/undo/"' in page.content.decode()
    answer = client.post(
        f"/changes/{done.guid}/undo/", headers={"Referer": f"http://testserver{where}"}
    )
    record.refresh_from_db()
    assert record.locality == "Imuris"
    assert answer.url == f"http://testserver{where}"


def test_a_foreign_referer_is_not_followed(client, record, editor):
    done = make.edit(record, editor, locality="Nogales")
    client.force_login(editor)
    elsewhere = f"https://elsewhere.example/{record.guid}/"
    answer = client.post(f"/changes/{done.guid}/undo/", headers={"Referer": elsewhere})
    assert answer.url.startswith("/changes/")


def test_conflicts_of_an_undo_are_listed_field_by_field(client, record, editor):
    done = make.edit(record, editor, locality="Nogales", habitat="pine")
    make.edit(record, editor, locality="Magdalena")
    client.force_login(editor)
    page = client.post(f"/changes/{done.guid}/undo/", follow=True).content.decode()
    assert "but for one record" in page
    assert "Left alone, because changed since" in page
    assert "Quercus emoryi" in page and "Locality" in page


def test_undoing_twice_is_refused_in_words(client, record, editor):
    done = make.edit(record, editor, locality="Nogales")
    client.force_login(editor)
    client.post(f"/changes/{done.guid}/undo/")
    page = client.post(f"/changes/{done.guid}/undo/", follow=True).content.decode()
    assert "already undone" in page


def test_a_large_change_set_is_undone_by_a_job(client, herbarium, administrator, monkeypatch):
    monkeypatch.setattr(history, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(jobs, "wake", lambda job: None)
    made = make.occurrences(herbarium, [{} for _row in range(4)], administrator)
    done = made[0].created_by
    client.force_login(administrator)
    page = client.post(f"/changes/{done.guid}/undo/", follow=True)
    job = Job.objects.get(kind="undo", key=str(done.guid))
    assert f'id="job-{job.guid}"' in page.content.decode()
    assert herbarium.occurrences.count() == 4
    jobs.run(job.guid)
    assert herbarium.occurrences.count() == 0


def test_who_may_not_undo_is_refused(client, herbarium, cast):
    imported = make.change_set(cast["administrator"], herbarium, kind="import")
    expected = dict.fromkeys(cast, 404) | {"editor": 403, "administrator": 302, "visitor": 302}
    for name, person in cast.items():
        if name in ("administrator", "visitor"):
            continue
        client.force_login(person)
        answer = client.post(f"/changes/{imported.guid}/undo/")
        assert answer.status_code == expected[name], name
    assert not imported.undone_by.exists()


def test_a_change_set_shows_its_records_a_page_at_a_time(client, herbarium, editor):
    made = make.occurrences(herbarium, [{"catalog_number": f"H {n}"} for n in range(60)], editor)
    client.force_login(editor)
    first = client.get(f"/changes/{made[0].created_by.guid}/").content.decode()
    second = client.get(f"/changes/{made[0].created_by.guid}/?page=2").content.decode()
    assert first.count("/occurrences/01") == 50 and "?page=2" in first
    assert second.count("/occurrences/01") == 10 and "?page=3" not in second


def test_changed_and_made_records_of_one_change_set_are_all_shown(herbarium, editor, record):
    done = make.edit(record, editor, locality="Nogales")
    draft = make.draft(herbarium, catalog_number="H 2")
    from occurrences import records

    records.write(done, draft.values, [draft])
    touched = history.of_change_set(done, editor, 0, 50)
    assert [(each.name, each.created) for each in touched] == [
        ("H 1 · Quercus emoryi", False),
        ("H 2 · Quercus emoryi", True),
    ]
    assert history.of_change_set(done, editor, 1, 50) == touched[1:]


def test_a_deletion_names_the_records_that_are_gone(client, record, administrator, herbarium):
    done = make.change_set(administrator, herbarium, kind="deletion")
    restoring.delete(done, [record.pk])
    client.force_login(administrator)
    page = client.get(f"/changes/{done.guid}/").content.decode()
    assert "H 1 · Quercus emoryi" in page and "deleted" in page


def test_change_sets_are_found_by_editors_of_their_collection_alone(
    client, herbarium, cast, record
):
    done = make.edit(record, locality="Nogales")
    for name, person in cast.items():
        if name == "visitor":
            continue
        client.force_login(person)
        entitled = name in ("editor", "administrator")
        assert client.get(f"/changes/{done.guid}/").status_code == (200 if entitled else 404)
        listed = client.get(f"/collections/{herbarium.guid}/changes/")
        assert listed.status_code == (200 if entitled else 403), name


def test_changes_of_a_collection_are_chosen_by_kind_person_and_day(
    client, herbarium, editor, administrator
):
    edit = make.change_set(editor, herbarium, reason="edit by the editor")
    make.change_set(administrator, herbarium, kind="import", reason="an import")
    ChangeSet.objects.filter(pk=edit.pk).update(made_at="2020-05-05T12:00Z")
    client.force_login(editor)

    def listed(query):
        text = client.get(f"/collections/{herbarium.guid}/changes/{query}").content.decode()
        return ("edit by the editor" in text, "an import" in text)

    assert listed("") == (True, True)
    assert listed("?kind=import") == (False, True)
    assert listed(f"?user={editor.pk}") == (True, False)
    assert listed("?until=2020-05-05") == (True, False)
    assert listed("?since=2020-05-06") == (False, True)
    assert listed("?since=nonsense&kind=nonsense&before=nonsense") == (True, True)


def test_old_changes_are_on_the_next_page(client, herbarium, editor):
    for number in range(52):
        make.change_set(editor, herbarium, reason=f"no. {number} of them")
    client.force_login(editor)
    first = client.get(f"/collections/{herbarium.guid}/changes/?kind=edit")
    text = first.content.decode()
    assert "no. 51 of them" in text and "no. 1 of them" not in text
    query = text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    following = client.get(
        f"/collections/{herbarium.guid}/changes/{query.replace('&amp;', '&')}"
    ).content.decode()
    assert "no. 1 of them" in following and "no. 51 of them" not in following


def test_a_record_of_an_undone_import_shows_no_page(client, record, editor):
    jobs.run_here("undo", record.created_by.guid, None)
    client.force_login(editor)
    assert client.get(f"/occurrences/{record.guid}/history/").status_code == 404
    assert not Occurrence.objects.exists()


def _three_made(administrator, collection):
    made = make.occurrences(collection, [{"locality": str(n)} for n in range(3)], by=administrator)
    return made[0].created_by


def test_an_undo_job_needs_the_right_when_it_runs():
    administrator, collection = make.user(), make.collection()
    made = _three_made(administrator, collection)
    job = jobs.run_here("undo", made.guid, administrator, collection.pk)
    assert job.state == "failed" and "may no longer undo" in job.error
    assert collection.occurrences.count() == 3 and not made.undone_by.exists()


def test_a_role_that_ends_stops_the_undo_that_runs(monkeypatch):
    administrator = make.user()
    collection = make.collection(administrator=administrator)
    made = _three_made(administrator, collection)
    monkeypatch.setattr(restoring, "CHUNK", 1)
    kept = undo.Undoing.keep

    def keep_and_revoke(undoing):
        kept(undoing)
        administrator.grants.update(revoked_at=timezone.now())

    monkeypatch.setattr(undo.Undoing, "keep", keep_and_revoke)
    job = jobs.run_here("undo", made.guid, administrator, collection.pk)
    assert job.state == "failed" and "may no longer undo" in job.error
    assert collection.occurrences.count() == 2, "the first chunk was taken back, the rest was left"


def test_an_undo_that_finds_all_set_back_already_counts_nothing_as_set_back(client, record, editor):
    edit = make.edit(record, editor, locality="Nogales")
    record.refresh_from_db()
    make.edit(record, editor, locality="Imuris")
    done = undo.undo(edit, editor)
    assert (done.counts["reverted"], done.counts["unchanged"]) == (0, 1)
    client.force_login(editor)
    page = client.get(f"/changes/{done.guid}/").text
    assert "had been set back before" in page and "is there any more" not in page


def test_a_day_that_is_none_says_nothing_of_the_record(client, record, editor):
    client.force_login(editor)
    past = f"/occurrences/{record.guid}/past/"
    assert "not made yet" in client.get(past, {"at": "1932-07-14"}).text
    page = client.get(past, {"at": "someday"}).text
    assert "Enter a valid date" in page and "not made yet" not in page
