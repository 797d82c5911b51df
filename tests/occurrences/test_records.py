"""What `records.write`, the one writer, promises."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from journal.models import Change
from occurrences import records
from occurrences.models import Identification, Occurrence, Withheld
from taxonomy.models import Name
from tests import make

pytestmark = pytest.mark.django_db


def test_a_made_record_has_its_values_name_and_one_current_determination(herbarium, editor):
    done = make.change_set(editor, herbarium)
    draft = make.draft(
        herbarium, scientific_name="Quercus emoryi", identified_by="Muller", locality="Imuris"
    )
    written = records.write(done, draft.values, [draft])
    record = Occurrence.objects.get(guid=draft.guid)
    assert written.created == [draft.guid]
    assert (record.locality, record.version, record.created_by) == ("Imuris", 1, done)
    assert record.entered_by == editor.username
    assert record.name == Name.objects.get(scientific_name="Quercus emoryi")
    determination = record.identifications.get()
    assert determination.is_current and determination.identified_by == "Muller"
    assert not Change.objects.exists()  # a made record carries its change set itself


def test_the_same_draft_written_twice_makes_one_record(herbarium):
    draft = make.draft(herbarium)
    for _time in range(2):
        written = records.write(make.change_set(), draft.values, [draft])
    assert written.created == [] and written.unchanged == [draft.guid]
    assert herbarium.occurrences.count() == 1
    assert Identification.objects.count() == 1


def test_of_many_drafts_those_that_stand_already_are_left_alone(herbarium):
    drafts = [make.draft(herbarium, locality=f"Place {number}") for number in range(60)]
    records.write(make.change_set(), ["locality"], drafts[:2])
    written = records.write(make.change_set(), ["locality"], drafts)
    assert sorted(written.unchanged) == sorted(draft.guid for draft in drafts[:2])
    assert len(written.created) == 58
    assert herbarium.occurrences.count() == 60


def test_only_named_terms_are_written_and_none_erases(herbarium):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak woodland")
    make.edit(record, habitat=None)
    assert (record.locality, record.habitat, record.version) == ("Imuris", None, 2)


def test_history_keeps_only_the_fields_that_differ(herbarium):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak woodland")
    done = make.edit(record, locality="Imuris", habitat="pine woodland")
    change = Change.objects.get(change_set=done)
    assert (change.before, change.after) == (
        {"habitat": "oak woodland"},
        {"habitat": "pine woodland"},
    )


def test_writing_what_stands_there_changes_nothing(herbarium):
    record = make.occurrence(herbarium, locality="Imuris")
    make.edit(record, locality="Imuris")
    assert record.version == 1
    assert not Change.objects.exists()


def test_digits_of_a_number_are_kept(herbarium):
    record = make.occurrence(herbarium, decimal_latitude="33.10", decimal_longitude="-110.5")
    record.refresh_from_db()
    assert str(record.decimal_latitude) == "33.10"
    make.edit(record, decimal_latitude="33.1", decimal_longitude="-110.5")
    assert str(record.decimal_latitude) == "33.1"


def test_a_draft_of_an_old_version_is_refused(herbarium):
    record = make.occurrence(herbarium, locality="Imuris")
    make.edit(record, locality="Magdalena")
    late = make.draft(herbarium, guid=record.guid, version=1, locality="Nogales")
    written = records.write(make.change_set(), ["locality"], [late])
    record.refresh_from_db()
    assert written.conflicts == [record.guid]
    assert record.locality == "Magdalena"


def test_a_draft_of_a_record_that_is_gone_is_a_conflict(herbarium):
    gone = make.draft(herbarium, version=1, locality="Nogales")
    assert records.write(make.change_set(), ["locality"], [gone]).conflicts == [gone.guid]


def test_a_corrected_name_is_corrected_in_its_determination(herbarium):
    record = make.occurrence(herbarium, scientific_name="Quercus emori", identified_by="Muller")
    make.edit(record, scientific_name="Quercus emoryi")
    determination = record.identifications.get()
    assert determination.scientific_name == "Quercus emoryi"
    assert record.name.scientific_name == "Quercus emoryi"


def test_a_new_determination_leaves_the_old_one_in_the_history(herbarium):
    record = make.occurrence(herbarium, scientific_name="Quercus sp.")
    done = make.change_set(within=herbarium)
    draft = make.draft(herbarium, guid=record.guid, version=1, scientific_name="Quercus emoryi")
    draft.identifications = [{"scientific_name": "Quercus emoryi"}]
    records.write(done, ["scientific_name"], [draft])
    names = record.identifications.values_list("scientific_name", "is_current")
    assert sorted(names) == [("Quercus emoryi", True), ("Quercus sp.", False)]


def test_many_rows_are_written_as_few_are(herbarium):
    """Above a few dozen rows the statement is fed by COPY instead of a parameter."""
    rows = [
        {
            "catalog_number": str(number),
            "locality": 'say "ñ"\n\ttab\\',
            "decimal_latitude": "1.50",
            "decimal_longitude": "2",
            "identifiers": [("Accession", str(number))],
        }
        for number in range(120)
    ]
    made = make.occurrences(herbarium, rows)
    assert {record.locality for record in made} == {'say "ñ"\n\ttab\\'}
    assert str(made[7].decimal_latitude) == "1.50"
    assert made[7].identifiers.get().value == "7"
    done = make.change_set(within=herbarium)
    drafts = [
        make.draft(herbarium, guid=record.guid, version=1, habitat=f"wet {record.catalog_number}")
        for record in made
    ]
    written = records.write(done, ["habitat"], drafts)
    assert len(written.updated) == 120
    made[9].refresh_from_db()
    assert (made[9].habitat, made[9].version) == ("wet 9", 2)
    assert Change.objects.filter(change_set=done).count() == 120


def test_a_write_is_all_or_nothing(herbarium):
    good, bad = make.draft(herbarium), make.draft(herbarium)
    bad.collection_id = 0
    with pytest.raises(IntegrityError), transaction.atomic():
        records.write(make.change_set(), ["locality"], [good, bad])
        connection.check_constraints()
    assert not Occurrence.objects.filter(guid=good.guid).exists()


def test_a_new_date_brings_its_days_along(herbarium):
    record = make.occurrence(herbarium, event_date="1932-07-14")
    make.edit(record, event_date="1933", month=None, day=None)
    assert (str(record.event_date_start), str(record.event_date_end)) == (
        "1933-01-01",
        "1933-12-31",
    )


def test_identifiers_given_as_none_stay(herbarium):
    record = make.occurrence(herbarium, identifiers=[("Accession", "2026-014")])
    make.edit(record, locality="Imuris")
    assert record.identifiers.get().value == "2026-014"


def test_stored_gives_exact_values_of_a_protected_record(herbarium):
    record = make.occurrence(
        herbarium,
        record_security=1,
        locality="Imuris",
        decimal_latitude="33.10",
        decimal_longitude="-110.86",
    )
    found = records.stored([record.guid])[record.guid]
    assert found.values["locality"] == "Imuris"
    assert found.values["decimal_latitude"] == Decimal("33.10")
    assert str(found.values["decimal_latitude"]) == "33.10"


def test_a_record_that_is_protected_and_opened_again_is_as_before(herbarium):
    record = make.occurrence(herbarium, locality="Imuris", identification_remarks="fruit")
    make.edit(record, record_security=1)
    assert record.locality is None
    assert record.identifications.get().identification_remarks is None
    assert Withheld.objects.get(occurrence=record).terms["locality"] == "Imuris"
    make.edit(record, record_security=None)
    assert (record.locality, record.information_withheld) == ("Imuris", None)
    assert record.identifications.get().identification_remarks == "fruit"
    assert not Withheld.objects.exists()
