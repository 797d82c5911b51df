"""A record's past can be seen and gone back to, step by step, by those who edit it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from journal import jobs
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import history, past, records
from occurrences.models import Identification, Occurrence
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    return make.occurrence(
        herbarium,
        catalog_number="H 1",
        locality="Imuris",
        event_date="1932-07-14",
        verbatim={"eventDate": "14.vii.1932"},
        identifiers=[("Accession", "7")],
    )


def age(change_set, days):
    """Make a change set lie so many days back, and the record that it is about lie longer back."""
    when = timezone.now() - timedelta(days=days)
    ChangeSet.objects.filter(pk=change_set.pk).update(made_at=when)
    long_ago = timezone.now() - timedelta(days=100)
    Occurrence.objects.update(created_at=long_ago)


def ago(days):
    return timezone.now() - timedelta(days=days)


def test_a_record_is_rebuilt_as_of_any_day(record, editor):
    age(make.edit(record, editor, locality="Nogales"), 20)
    age(make.edit(record, editor, locality="Magdalena", habitat="oak"), 10)
    said = [past.on(record.guid, ago(days)).texts for days in (30, 15, 5)]
    assert [texts["locality"] for texts in said] == ["Imuris", "Nogales", "Magdalena"]
    assert "habitat" not in said[1] and said[2]["habitat"] == "oak"
    assert past.on(record.guid, ago(200)) is None


def test_the_past_says_what_reads_otherwise_today(record, editor):
    age(make.edit(record, editor, locality="Nogales"), 20)
    lines = past.on(record.guid, ago(30)).since
    assert [(line.label, line.old, line.new) for line in lines] == [
        ("Locality", "Imuris", "Nogales")
    ]


def test_determinations_and_identifiers_of_the_past_are_rebuilt(record, editor, herbarium):
    done = make.change_set(editor, herbarium)
    record.refresh_from_db()
    draft = make.draft(
        herbarium,
        guid=record.guid,
        version=record.version,
        scientific_name="Quercus grisea",
        identified_by="M. Ortega",
        identifications=[{"scientific_name": "Quercus grisea", "identified_by": "M. Ortega"}],
        identifiers=[("Accession", "8")],
    )
    columns = ["scientific_name", "identified_by"]
    for determination in draft.identifications:
        for column in past.terms.IDENTIFICATION_COLUMNS:
            determination.setdefault(column, None)
    records.write(done, columns, [draft])
    age(done, 10)
    was, now = past.on(record.guid, ago(20)), past.on(record.guid, ago(1))
    assert [row["scientific_name"] for row in was.determinations] == ["Quercus emoryi"]
    assert was.determinations[0]["is_current"]
    assert {row["scientific_name"] for row in now.determinations} == {
        "Quercus emoryi",
        "Quercus grisea",
    }
    assert (was.identifiers, now.identifiers) == ([("Accession", "7")], [("Accession", "8")])
    assert was.texts["scientificName"] == "Quercus emoryi"


def test_the_past_of_a_protected_record_holds_its_exact_values(herbarium, editor):
    record = make.occurrence(herbarium, locality="Imuris")
    age(make.edit(record, editor, record_security=1), 20)
    age(make.edit(record, editor, locality="Nogales"), 10)
    assert past.on(record.guid, ago(30)).texts["locality"] == "Imuris"
    assert past.on(record.guid, ago(15)).texts["locality"] == "Imuris"
    assert past.on(record.guid, ago(5)).texts["locality"] == "Nogales"


def test_while_it_was_deleted_the_past_says_so(record, administrator, herbarium):
    from occurrences import restoring

    done = make.change_set(administrator, herbarium, kind="deletion")
    restoring.delete(done, [record.pk])
    jobs.run_here("undo", done.guid, administrator)
    back = ChangeSet.objects.get(undoes=done)
    age(done, 20)
    age(back, 10)
    there = [past.on(record.guid, ago(days)).there for days in (30, 15, 5)]
    assert there == [True, False, True]


# --- one step back ----------------------------------------------------------------------------


def test_one_field_of_an_edit_is_set_back_by_a_new_edit(record, editor):
    done = make.edit(record, editor, locality="Nogales", habitat="pine")
    again = past.revert_field(record.guid, editor, done, "locality")
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Imuris", "pine")
    assert (again.kind, again.user) == ("edit", editor)
    assert not done.undone_by.exists()


def test_a_date_goes_back_with_its_year_its_days_and_what_was_written(record, editor):
    done = make.edit(record, editor, event_date="1933-01-02")
    past.revert_field(record.guid, editor, done, "event_date")
    record.refresh_from_db()
    assert (record.event_date, record.year, record.month) == ("1932-07-14", 1932, 7)
    assert str(record.event_date_start) == "1932-07-14"
    assert record.verbatim == {"eventDate": "14.vii.1932"}


def test_a_field_that_somebody_changed_since_is_not_set_back(record, editor):
    done = make.edit(record, editor, locality="Nogales")
    make.edit(record, editor, locality="Magdalena")
    with pytest.raises(Refused, match="Magdalena"):
        past.revert_field(record.guid, editor, done, "locality")
    record.refresh_from_db()
    assert record.locality == "Magdalena"


def test_setting_back_twice_is_refused(record, editor):
    done = make.edit(record, editor, locality="Nogales")
    past.revert_field(record.guid, editor, done, "locality")
    with pytest.raises(Refused, match="already"):
        past.revert_field(record.guid, editor, done, "locality")


def test_a_value_that_makes_no_sense_any_more_is_refused(herbarium, editor):
    record = make.occurrence(
        herbarium, minimum_elevation_in_meters="900", maximum_elevation_in_meters="950"
    )
    done = make.edit(record, editor, minimum_elevation_in_meters="100")
    make.edit(record, editor, maximum_elevation_in_meters="200")
    with pytest.raises(Refused, match="Correct one"):
        past.revert_field(record.guid, editor, done, "minimum_elevation_in_meters")


def test_what_one_change_set_did_to_one_record_is_taken_back_alone(herbarium, editor):
    one, other = make.occurrences(herbarium, [{"locality": "a"}, {"locality": "b"}])
    batch = make.change_set(editor, herbarium, kind="batch edit")
    drafts = [
        make.draft(herbarium, guid=each.guid, version=1, locality="Nogales")
        for each in (one, other)
    ]
    records.write(batch, ["locality"], drafts)
    past.take_back(one.guid, editor, batch)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.locality, other.locality) == ("a", "Nogales")
    with pytest.raises(Refused, match="Nothing"):
        past.take_back(one.guid, editor, batch)


# --- pages ------------------------------------------------------------------------------------


def test_the_history_leads_to_the_past_and_back(client, record, editor):
    done = make.edit(record, editor, locality="Nogales")
    make.edit(record, editor, locality="Magdalena")
    client.force_login(editor)
    page = client.get(f"/occurrences/{record.guid}/history/").content.decode()
    there = f"/occurrences/{record.guid}/past/?change_set={done.guid}"
    assert there in page
    was = client.get(there).content.decode()
    assert "Nogales" in was and "Magdalena" in was, "what it was, and what it is"
    yesterday = client.get(f"/occurrences/{record.guid}/past/?at=1999-01-01").content.decode()
    assert "not made yet" in yesterday
    assert client.get(f"/occurrences/{record.guid}/past/?at=nonsense").status_code == 200


def test_setting_back_from_the_history(client, record, editor):
    done = make.edit(record, editor, locality="Nogales")
    client.force_login(editor)
    where = f"/occurrences/{record.guid}/revert/"
    answer = client.post(where, {"change_set": str(done.guid), "field": "locality"}, follow=True)
    record.refresh_from_db()
    assert record.locality == "Imuris" and "Set back." in answer.content.decode()
    again = client.post(where, {"change_set": str(done.guid), "field": "locality"}, follow=True)
    assert "holds that value already" in again.content.decode()
    other = make.change_set(editor)
    assert client.post(where, {"change_set": str(other.guid)}).status_code == 404


def test_only_editors_see_the_past_of_a_protected_record(client, herbarium, cast):
    record = make.occurrence(herbarium, record_security=1, locality="Imuris")
    done = make.edit(record, locality="Nogales")
    for name, person in cast.items():
        if name == "visitor":
            continue
        client.force_login(person)
        page = client.get(f"/occurrences/{record.guid}/past/?change_set={done.guid}")
        entitled = name in ("editor", "administrator")
        assert page.status_code == (200 if entitled else 403), name
        assert ("Nogales" in page.content.decode()) == entitled, name


def test_a_new_determination_goes_back_only_as_a_whole(herbarium, editor, record):
    from occurrences import editing

    now = editing.texts_of({"scientific_name": "Quercus emoryi"})
    saved = editing.save(
        record.guid,
        editor,
        None,
        now,
        {"scientific_name": "Quercus grisea", "habitat": "oak"},
        new_determination=True,
    )
    entry = history.of_record(record, editor)[0]
    assert "habitat" in entry.revertible and "scientificName" not in entry.revertible
    with pytest.raises(Refused, match="alone"):
        past.revert_field(record.guid, editor, saved.change_set, "scientific_name")
    assert Identification.objects.filter(occurrence=record).count() == 2
