"""A collection's edits are found by person, day, record and field, and taken away as a file."""

import csv
import io

import pytest

from journal import jobs
from journal.models import ChangeSet
from occurrences import edits
from occurrences.models import Occurrence
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    return make.occurrence(herbarium, catalog_number="H 1", locality="Imuris", habitat="oak")


def asked(client, collection, query):
    return client.get(f"/collections/{collection.guid}/changes/{query}").content.decode()


def test_edits_are_found_by_record_and_by_field(client, herbarium, editor, record):
    other = make.occurrence(herbarium, catalog_number="H 2", identifiers=[("Accession", "99")])
    make.edit(record, editor, locality="Nogales", habitat="pine")
    make.edit(other, editor, locality="Magdalena")
    client.force_login(editor)
    by_number = asked(client, herbarium, "?record=H+1")
    assert "Nogales" in by_number and "pine" in by_number and "Magdalena" not in by_number
    assert "Magdalena" in asked(client, herbarium, f"?record={other.guid}")
    assert "Magdalena" in asked(client, herbarium, "?record=99")
    by_field = asked(client, herbarium, "?field=locality")
    assert "Nogales" in by_field and "Magdalena" in by_field and "pine" not in by_field
    nothing = asked(client, herbarium, "?field=sex")
    assert "Nogales" not in nothing and "Nothing here" in nothing


def test_edits_are_found_by_person_kind_and_day_field_by_field(
    client, herbarium, editor, administrator, record
):
    mine = make.edit(record, editor, locality="Nogales")
    make.edit(record, administrator, locality="Magdalena")
    ChangeSet.objects.filter(pk=mine.pk).update(made_at="2020-05-05T12:00Z")
    client.force_login(editor)

    def listed(query):
        names = [row.record.catalog_number for row in page(query)]
        return len(names)

    def page(query):
        return client.get(f"/collections/{herbarium.guid}/changes/?show=fields&{query}").context[
            "edits"
        ]

    assert listed("") == 2
    assert [each.change_set for each in page(f"user={editor.pk}")] == [mine]
    assert [each.change_set for each in page("until=2020-05-05")] == [mine]
    assert listed("kind=import") == 0


def test_undone_edits_can_be_told_from_standing_ones(client, herbarium, editor, record):
    taken = make.edit(record, editor, locality="Nogales")
    kept = make.edit(record, editor, habitat="pine")
    again = make.edit(record, editor, sex="female")
    jobs.run_here("undo", taken.guid, editor)
    jobs.run_here("undo", again.guid, editor)
    jobs.run_here("undo", again.undone_by.get().guid, editor)
    wanted = edits.of_change_sets({"undone": "undone", "kind": "edit"})
    standing = edits.of_change_sets({"undone": "standing", "kind": "edit", "user": editor})
    assert set(ChangeSet.objects.filter(wanted)) == {taken}
    assert set(ChangeSet.objects.filter(standing)) == {kept, again}
    client.force_login(editor)
    assert "Nogales" in asked(client, herbarium, "?undone=undone&field=locality&kind=edit")
    assert "Nogales" not in asked(client, herbarium, "?undone=standing&field=locality&kind=edit")


def test_pages_go_back_by_key_and_windows_bound_what_is_read(
    client, herbarium, editor, record, monkeypatch
):
    monkeypatch.setattr(edits, "PAGE", 2)
    monkeypatch.setattr(edits, "WINDOW", 4)
    for number in range(7):
        make.edit(record, editor, locality=f"place {number}")
    make.edit(record, editor, habitat="pine")
    wanted, before, seen = {"field": "locality"}, 0, []
    for _step in range(10):
        found, before = edits.page_of(editor, herbarium, wanted, before)
        assert len(found) <= 2
        seen += [line.new for edit in found for line in edit.lines]
        if not before:
            break
    assert seen == [f"place {number}" for number in range(6, -1, -1)]
    client.force_login(editor)
    monkeypatch.setattr(edits, "WINDOW", 1)
    page = asked(client, herbarium, "?field=sex")
    assert "Look further back" in page


def test_the_file_holds_every_line_that_was_asked_for(client, herbarium, editor, record):
    make.edit(record, editor, locality="Nogales", habitat="pine")
    client.force_login(editor)
    answer = client.get(f"/collections/{herbarium.guid}/changes.csv?field=locality")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["term"], row["old"], row["new"]) for row in rows] == [
        ("locality", "Imuris", "Nogales")
    ]
    assert rows[0]["person"] == str(editor) and rows[0]["record"] == str(record.guid)


def test_what_was_done_to_a_record_that_left_is_not_told_here(
    herbarium, other_herbarium, editor, record
):
    make.edit(record, editor, locality="Nogales")
    assert edits.page_of(editor, herbarium, {}).edits
    Occurrence.objects.update(collection=other_herbarium)
    assert edits.page_of(editor, herbarium, {}).edits == []
    lines = list(edits.as_csv(editor, herbarium, {}))
    assert len(lines) == 1 and "Nogales" not in lines[0]
