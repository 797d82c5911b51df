"""One determination of a record is corrected, deleted, made current; one is current, always."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from darwincore.terms import BY_COLUMN
from journal.models import ChangeSet
from journal.undo import undo
from occurrences import determining, history
from occurrences.models import Identification, Occurrence, QueuedAnnotation
from occurrences.past import after
from occurrences.readers import hash_collection
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

EMORYI = {"scientific_name": "Quercus emoryi", "identified_by": "A. Ruiz", "family": "Fagaceae"}


@pytest.fixture
def sheet(herbarium: Any) -> Occurrence:
    """A record with three determinations, Quercus emoryi the current one."""
    earlier = [
        {"scientific_name": "Quercus alba", "identified_by": "B. Old", "date_identified": "1950"},
        {"scientific_name": "Quercus rugosa", "identified_by": "C. New"},
    ]
    return make.occurrence(herbarium, catalog_number="H-1", identifications=earlier, **EMORYI)


def row_of(record: Occurrence, name: str) -> Identification:
    return record.identifications.get(scientific_name=f"Quercus {name}")


def currents(record: Occurrence) -> list[str]:
    return list(
        record.identifications.filter(is_current=True).values_list("scientific_name", flat=True)
    )


def correct(person: Any, row: Identification, **typed: str) -> determining.Corrected:
    return determining.correct(person, row, determining.texts_of(row), typed)


def taken_back(record: Occurrence, person: Any, before: Any) -> None:
    done = undo(ChangeSet.objects.latest("pk"), person)
    assert done.conflicts == [] and hash_collection(record.collection) == before


def test_a_correction_of_the_current_one_is_one_of_the_record(sheet, editor):
    before = hash_collection(sheet.collection)
    done = correct(
        editor, row_of(sheet, "emoryi"), identified_by="A. Ruíz", date_identified="iv.1951"
    )
    sheet.refresh_from_db()
    assert done.problems == {}
    assert (sheet.identified_by, sheet.date_identified) == ("A. Ruíz", "1951-04")
    assert sheet.verbatim == {BY_COLUMN["date_identified"].name: "iv.1951"}
    assert sheet.identifications.count() == 3 and currents(sheet) == ["Quercus emoryi"]
    taken_back(sheet, editor, before)


def test_a_correction_of_an_earlier_one_leaves_the_record_alone(sheet, editor):
    before = hash_collection(sheet.collection)
    correct(editor, row_of(sheet, "alba"), identification_qualifier="cf.", date_identified="")
    row = row_of(sheet, "alba")
    assert (row.identification_qualifier, row.date_identified) == ("cf.", None)
    sheet.refresh_from_db()
    assert (sheet.scientific_name, sheet.identified_by) == ("Quercus emoryi", "A. Ruiz")
    (entry, *_rest) = history.of_record(sheet, editor)
    assert {line.label: (line.old, line.new) for line in entry.lines} == {
        "ID Qualifier of an earlier determination": ("", "cf."),
        "Date Identified of an earlier determination": ("1950", ""),
    }
    taken_back(sheet, editor, before)


def test_another_name_takes_what_was_said_of_the_old_one_alone(sheet, editor):
    row = row_of(sheet, "emoryi")
    correct(editor, row, scientific_name_authorship="Torr.")
    correct(editor, row, scientific_name="Quercus oblongifolia")
    sheet.refresh_from_db()
    assert (sheet.scientific_name, sheet.scientific_name_authorship) == (
        "Quercus oblongifolia",
        None,
    )


def test_what_makes_no_sense_is_not_saved(sheet, editor):
    row = row_of(sheet, "alba")
    assert list(correct(editor, row, date_identified="soon").problems) == ["date_identified"]
    assert list(correct(editor, row, scientific_name="").problems) == ["scientific_name"]
    assert correct(editor, row).change_set is None
    assert not ChangeSet.objects.filter(user=editor).exists()


def test_two_people_at_the_same_field_are_asked(sheet, editor, administrator):
    row = row_of(sheet, "alba")
    opened = determining.texts_of(row)
    correct(administrator, row, identified_by="B. Older", family="Fagaceae")
    done = determining.correct(editor, row, opened, {"identified_by": "B. Oldest"})
    assert "B. Older" in done.problems["identified_by"] and done.change_set is None
    done = determining.correct(editor, row, opened, {"date_identified": "1951"})
    assert done.problems == {}
    row.refresh_from_db()
    assert (row.identified_by, row.date_identified) == ("B. Older", "1951")


def test_of_those_left_one_is_current_when_the_current_one_goes(sheet, editor):
    before = hash_collection(sheet.collection)
    _done, current = determining.remove(editor, row_of(sheet, "emoryi"))
    sheet.refresh_from_db()
    assert current and current["scientific_name"] == sheet.scientific_name == "Quercus rugosa"
    assert (sheet.identified_by, sheet.family) == ("C. New", None)
    assert currents(sheet) == ["Quercus rugosa"] and sheet.identifications.count() == 2
    taken_back(sheet, editor, before)
    assert currents(sheet) == ["Quercus emoryi"]


def test_deleting_the_last_one_leaves_a_record_without_a_name(herbarium, editor):
    record = make.occurrence(herbarium, **EMORYI)
    before = hash_collection(herbarium)
    _done, current = determining.remove(editor, record.identifications.get())
    record.refresh_from_db()
    assert current is None and record.scientific_name is None
    assert not record.identifications.exists()
    taken_back(record, editor, before)


def test_a_deleted_one_stands_in_the_past_and_comes_back_with_what_was_withheld(herbarium, editor):
    earlier = {"scientific_name": "Quercus alba", "identification_remarks": "by the spring"}
    record = make.occurrence(herbarium, record_security=1, identifications=[earlier], **EMORYI)
    made, before = record.created_by, hash_collection(herbarium)
    row = row_of(record, "alba")
    assert row.identification_remarks is None, "it is withheld"
    done, _current = determining.remove(editor, row)
    assert done.changes.get().before.get("identification_remarks") is None
    was = after(record.guid, made)
    assert was and "by the spring" in {
        each["identification_remarks"] for each in was.determinations
    }
    taken_back(record, editor, before)


def test_a_withheld_remark_is_corrected_without_showing_it(herbarium, editor):
    remarks = {"identification_remarks": "by the spring"}
    record = make.occurrence(herbarium, record_security=1, **EMORYI, **remarks)
    before = hash_collection(herbarium)
    correct(editor, record.identifications.get(), identification_remarks="by the second spring")
    assert record.identifications.get().identification_remarks is None
    record.refresh_from_db()
    assert record.identification_remarks is None
    assert record.withheld.terms["identification_remarks"] == "by the second spring"
    taken_back(record, editor, before)


# --- pages --------------------------------------------------------------------------------------


def address(name: str, row: Identification) -> str:
    return reverse(f"occurrences:{name}", args=[row.guid])


def fields_of(page: Any) -> dict[str, str]:
    """Return what the form would send as it stands."""
    form = page.context["form"]
    texts = {name: str(form[name].value() or "") for name in form.fields}
    return texts | {f"initial-{name}": text for name, text in texts.items()}


def test_the_page_corrects_and_leads_back(sheet, editor):
    row = row_of(sheet, "alba")
    client = client_of(editor)
    page = client.get(address("determination", row))
    sent = fields_of(page) | {"identified_by": "B. Older"}
    assert client.post(address("determination", row), sent)["Location"] == sheet.get_absolute_url()
    row.refresh_from_db()
    assert row.identified_by == "B. Older"
    answer = client.post(address("determination", row), sent | {"then": "edit"})
    assert answer["Location"] == reverse("occurrences:edit", args=[sheet.guid])


def test_the_page_asks_again_on_what_stands_now(sheet, editor, administrator):
    row = row_of(sheet, "alba")
    client = client_of(editor)
    sent = fields_of(client.get(address("determination", row))) | {"identified_by": "Mine"}
    correct(administrator, row, identified_by="Theirs", family="Fagaceae")
    page = client.post(address("determination", row), sent)
    assert "Theirs" in page.context["form"].errors["identified_by"][0]
    again = fields_of(page) | {"initial-identified_by": "Theirs"}
    assert (again["identified_by"], again["family"]) == ("Mine", "Fagaceae")
    assert client.post(address("determination", row), again).status_code == 302
    row.refresh_from_db()
    assert (row.identified_by, row.family) == ("Mine", "Fagaceae")


def test_another_determination_is_made_current_and_that_is_undone(sheet, editor, reader):
    before = hash_collection(sheet.collection)
    there = address("determination_current", row_of(sheet, "alba"))
    assert client_of(reader).post(there).status_code == 404
    assert client_of(editor).post(there).status_code == 302
    sheet.refresh_from_db()
    assert (sheet.scientific_name, sheet.identified_by) == ("Quercus alba", "B. Old")
    assert currents(sheet) == ["Quercus alba"]
    taken_back(sheet, editor, before)


def test_what_was_written_goes_with_the_determination(herbarium, editor):
    alba = {"scientific_name": "Quercus alba"}
    written = {"dateIdentified": "iv.1951"}
    record = make.occurrence(
        herbarium, date_identified="1951-04", verbatim=written, identifications=[alba], **EMORYI
    )
    determining.make_current(editor, row_of(record, "alba"))
    record.refresh_from_db()
    assert record.verbatim == {} and row_of(record, "emoryi").verbatim == written
    determining.make_current(editor, row_of(record, "emoryi"))
    record.refresh_from_db()
    assert record.verbatim == written


def test_only_who_edits_the_record_changes_its_determinations(sheet, reader, editor, other_editor):
    row = row_of(sheet, "alba")
    for person in (reader, other_editor):
        assert client_of(person).get(address("determination", row)).status_code == 404
        assert client_of(person).post(address("determination_delete", row)).status_code == 404
    assert Client().post(address("determination_delete", row)).status_code == 302
    assert sheet.identifications.count() == 3
    assert client_of(editor).post(address("determination_delete", row)).status_code == 302
    assert sheet.identifications.count() == 2
    assert client_of(editor).post(address("determination_delete", row)).status_code == 404


def test_record_and_editor_offer_it_to_who_may(sheet, reader, editor):
    there = address("determination", row_of(sheet, "alba"))
    edit = reverse("occurrences:edit", args=[sheet.guid])
    assert there not in client_of(reader).get(sheet.get_absolute_url()).content.decode()
    assert there in client_of(editor).get(sheet.get_absolute_url()).content.decode()
    assert f"{there}?then=edit" in client_of(editor).get(edit).content.decode()


def test_a_label_waits_once_in_the_queue(sheet, editor):
    row = row_of(sheet, "alba")
    for _again in range(2):
        client_of(editor).post(address("determination_queue", row))
    assert QueuedAnnotation.objects.get().identification == row.guid
