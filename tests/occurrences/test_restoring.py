"""Every change set can be undone: what it made goes, what it deleted comes back."""

import pytest

from darwincore import terms
from journal.jobs import Refused
from journal.models import Change, ChangeSet
from journal.undo import is_undone, undo
from occurrences import records, restoring
from occurrences.models import DeletedOccurrence, Identification, Occurrence, Withheld
from occurrences.readers import hash_collection
from tests import make

pytestmark = pytest.mark.django_db

FULL = {
    "catalog_number": "ARIZ 0412345",
    "locality": "Canyon 4 km S of Imuris",
    "event_date": "1932-07-14",
    "decimal_latitude": "30.7420",
    "decimal_longitude": "-110.8610",
    "identified_by": "Muller",
    "identification_remarks": "fruit examined",
    "identifications": [
        {"scientific_name": "Quercus sp.", "identified_by": "Gómez", "date_identified": "1932"}
    ],
    "identifiers": [("Accession", "2026-014"), ("", "old 7")],
    "extension_rows": [("http://rs.gbif.org/terms/1.0/Multimedia", {"identifier": "1.jpg"})],
    "verbatim": {"eventDate": "14.vii.1932"},
}


@pytest.fixture(params=[None, 1, 5], ids=["open", "place", "whole"])
def record(request, herbarium):
    return make.occurrence(herbarium, record_security=request.param, **FULL)


def delete(record, by=None):
    done = make.change_set(by, record.collection, kind="deletion")
    assert restoring.delete(done, [record.pk]) == 1
    return done


def test_an_undone_edit_leaves_the_collection_as_it_was(record, herbarium, editor):
    before = hash_collection(herbarium)
    done = make.edit(
        record, editor, locality="Nogales", habitat="oak", scientific_name="Quercus oblongifolia"
    )
    assert hash_collection(herbarium) != before
    undone = undo(done, editor)
    assert hash_collection(herbarium) == before
    assert undone.conflicts == []
    assert is_undone(done) and not is_undone(undone)


def test_an_undo_can_be_undone(record, herbarium):
    done = make.edit(record, locality="Nogales", identification_remarks=None)
    after = hash_collection(herbarium)
    undone = undo(done, None)
    undo(undone, None)
    assert hash_collection(herbarium) == after
    assert not is_undone(done)


def test_twice_undone_is_refused(record):
    done = make.edit(record, locality="Nogales")
    undo(done, None)
    with pytest.raises(Refused, match="already undone"):
        undo(done, None)


def test_what_changed_since_is_left_alone_and_listed(record, herbarium):
    done = make.edit(record, locality="Nogales", habitat="oak")
    make.edit(record, locality="Magdalena")
    undone = undo(done, None)
    now = records.stored([record.guid])[record.guid].values
    assert (now["locality"], now["habitat"]) == ("Magdalena", None)
    assert undone.conflicts == [{"record": str(record.guid), "fields": ["locality"]}]
    assert undone.counts["conflicts"] == 1


@pytest.mark.parametrize("level", [1, 5])
def test_protecting_and_opening_can_be_undone(herbarium, level):
    record = make.occurrence(herbarium, **FULL)
    opened = hash_collection(herbarium)
    protecting = make.edit(record, record_security=level, security_reason="rare cactus")
    closed = hash_collection(herbarium)
    opening = make.edit(record, record_security=None, security_reason=None)
    assert hash_collection(herbarium) == opened
    undo(opening, None)
    assert hash_collection(herbarium) == closed
    assert Withheld.objects.get(occurrence=record).terms["locality"] == FULL["locality"]
    undo(protecting, None)
    assert hash_collection(herbarium) == opened
    record.refresh_from_db()
    assert record.locality == FULL["locality"]
    remarks = record.identifications.get(is_current=True).identification_remarks
    assert remarks == "fruit examined"


def test_a_protected_record_stays_protected_when_an_older_edit_is_undone(herbarium):
    record = make.occurrence(herbarium, **FULL)
    done = make.edit(record, habitat="oak")
    make.edit(record, record_security=1)
    undo(done, None)
    record.refresh_from_db()
    stored = records.stored([record.guid])[record.guid]
    assert (record.protection, record.locality) == (2, None)
    assert stored.values["habitat"] is None
    assert stored.values["locality"] == FULL["locality"]


def test_a_new_determination_is_taken_back(record, herbarium):
    before = hash_collection(herbarium)
    done = make.change_set(within=herbarium)
    new = {"scientific_name": "Quercus grisea", "identified_by": "Spellenberg"}
    columns = terms.IDENTIFICATION_COLUMNS
    draft = make.draft(herbarium, guid=record.guid, version=1, identifications=[new], **new)
    records.write(done, columns, [draft])
    assert record.identifications.get(is_current=True).scientific_name == "Quercus grisea"
    undo(done, None)
    assert hash_collection(herbarium) == before


def test_changed_identifiers_and_extension_rows_are_taken_back(record, herbarium):
    before = hash_collection(herbarium)
    done = make.change_set(within=herbarium)
    draft = make.draft(
        herbarium, guid=record.guid, version=1, identifiers=[("Accession", "9")], extension_rows=[]
    )
    records.write(done, [], [draft])
    assert record.identifiers.count() == 1 and not record.extension_rows.exists()
    undo(done, None)
    assert hash_collection(herbarium) == before


# --- deleting ---------------------------------------------------------------------------------


def test_a_deleted_record_leaves_nothing_but_its_tombstone(record, administrator):
    done = delete(record, administrator)
    assert not Occurrence.objects.filter(guid=record.guid).exists()
    assert not Identification.objects.exists() and not Withheld.objects.exists()
    tombstone = DeletedOccurrence.objects.get(guid=record.guid)
    assert (tombstone.name, tombstone.protection) == ("Quercus emoryi", record.protection)
    assert Change.objects.get(change_set=done).after is None


def test_an_undone_deletion_brings_the_whole_record_back(record, herbarium, administrator):
    before = hash_collection(herbarium)
    undo(delete(record, administrator), administrator)
    assert hash_collection(herbarium) == before
    assert not DeletedOccurrence.objects.exists()
    assert Occurrence.objects.get(guid=record.guid).created_by == record.created_by


def test_a_record_is_deleted_again_by_undoing_the_undo(record, herbarium):
    undone = undo(delete(record), None)
    undo(undone, None)
    assert not herbarium.occurrences.exists()
    assert DeletedOccurrence.objects.filter(guid=record.guid).exists()


def test_one_of_many_deleted_records_can_be_brought_back(herbarium, administrator):
    made = make.occurrences(herbarium, [FULL, {}, {}])
    done = make.change_set(administrator, herbarium, kind="deletion")
    restoring.delete(done, [record.pk for record in made])
    back = restoring.bring_back(DeletedOccurrence.objects.get(guid=made[0].guid), administrator)
    assert [record.guid for record in herbarium.occurrences.all()] == [made[0].guid]
    assert DeletedOccurrence.objects.count() == 2
    assert back.counts == {"restored": 1}
    undo(done, administrator)
    assert herbarium.occurrences.count() == 3


def test_what_is_no_more_is_a_conflict_of_the_undo_of_its_edit(record):
    done = make.edit(record, locality="Nogales")
    delete(record)
    assert undo(done, None).conflicts == [{"record": str(record.guid), "fields": ["deleted"]}]


# --- making -----------------------------------------------------------------------------------


def test_an_undone_import_leaves_an_empty_collection_and_redo_the_same_guids(herbarium):
    empty = hash_collection(herbarium)
    made = make.occurrences(herbarium, [FULL, {"record_security": 1, **FULL}, {}])
    full = hash_collection(herbarium)
    undone = undo(made[0].created_by, None)
    assert hash_collection(herbarium) == empty
    assert undone.counts["removed"] == 3
    redone = undo(undone, None)
    assert hash_collection(herbarium) == full
    assert redone.counts["restored"] == 3
    undo(redone, None)
    assert hash_collection(herbarium) == empty


def test_a_record_somebody_worked_on_survives_the_undo_of_its_import(herbarium):
    made = make.occurrences(herbarium, [{}, {}])
    make.edit(made[0], locality="Nogales")
    undone = undo(made[0].created_by, None)
    assert [record.guid for record in herbarium.occurrences.all()] == [made[0].guid]
    assert undone.conflicts == [{"record": str(made[0].guid), "fields": ["locality"]}]


def test_an_edit_taken_back_is_no_hindrance_to_undoing_the_import(herbarium):
    record = make.occurrence(herbarium, **FULL)
    undo(make.edit(record, locality="Nogales", scientific_name="Quercus grisea"), None)
    undone = undo(record.created_by, None)
    assert not herbarium.occurrences.exists()
    assert undone.conflicts == []


def test_the_hash_sees_every_kind_of_difference(herbarium):
    record = make.occurrence(herbarium, **FULL)
    seen = {hash_collection(herbarium)[0]}
    record.identifiers.filter(name="Accession").update(value="9")
    seen.add(hash_collection(herbarium)[0])
    record.extension_rows.update(terms={"identifier": "2.jpg"})
    seen.add(hash_collection(herbarium)[0])
    record.identifications.filter(is_current=False).update(identified_by="Nobody")
    seen.add(hash_collection(herbarium)[0])
    make.edit(record, record_security=1)
    seen.add(hash_collection(herbarium)[0])
    assert len(seen) == 5


def test_the_hash_is_of_one_collection_and_of_no_time(herbarium, other_herbarium):
    record = make.occurrence(herbarium, **FULL)
    before = hash_collection(herbarium)
    make.occurrence(other_herbarium)
    Occurrence.objects.filter(pk=record.pk).update(version=7, changed_at="2001-01-01T00:00Z")
    assert hash_collection(herbarium) == before
    assert ChangeSet.objects.count() == 2


def test_a_determination_worked_on_since_is_left_alone_with_all_of_them(herbarium):
    record = make.occurrence(herbarium, scientific_name="Quercus sp.", identified_by="Gómez")
    new = {"scientific_name": "Quercus grisea", "identified_by": "Spellenberg"}
    done = make.change_set(within=herbarium)
    draft = make.draft(herbarium, guid=record.guid, version=1, identifications=[new], **new)
    records.write(done, terms.IDENTIFICATION_COLUMNS, [draft])
    make.edit(record, identified_by="R. Spellenberg")
    undone = undo(done, None)
    record.refresh_from_db()
    assert undone.conflicts == [{"record": str(record.guid), "fields": ["identifications"]}]
    assert (record.scientific_name, record.identified_by) == ("Quercus grisea", "R. Spellenberg")
    current = record.identifications.get(is_current=True)
    assert (current.scientific_name, current.identified_by) == (
        "Quercus grisea",
        "R. Spellenberg",
    )
