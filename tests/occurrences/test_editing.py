"""What typed texts mean, and how two people's changes of one record meet."""

import pytest

from journal.guids import new_guid
from journal.models import Change, ChangeSet
from occurrences import editing, records, restoring
from occurrences.models import Occurrence
from tests import make


def test_texts_are_read_as_an_import_reads_them():
    reading = editing.read(
        {
            "event_date": "14.vii.1932",
            "decimal_latitude": "30°46'N",
            "decimal_longitude": "110°51'36\"W",
            "locality": "Imuris",
        }
    )
    assert reading.values["event_date"] == "1932-07-14"
    assert reading.values["locality"] == "Imuris"
    assert reading.notes["event_date"] == "1932-07-14"
    assert reading.notes["decimal_longitude"] == "-110.86000"
    assert "locality" not in reading.notes
    assert reading.problems == {}


@pytest.mark.parametrize(
    ("texts", "column", "said"),
    [
        ({"event_date": "31/02/1998"}, "event_date", 'Date "31/02/1998" is not a date.'),
        (
            {"decimal_latitude": "95", "decimal_longitude": "200"},
            "decimal_latitude",
            'Latitude "95" is no place on Earth.',
        ),
        (
            {"minimum_elevation_in_meters": "300", "maximum_elevation_in_meters": "200"},
            "minimum_elevation_in_meters",
            "The minimum is above the maximum.",
        ),
        ({"coordinate_precision": "about"}, "coordinate_precision", "is not a number"),
        ({"decimal_latitude": "30"}, "decimal_latitude", "stands without its other half"),
        ({"type_status": "None"}, "type_status", "Leave it blank"),
    ],
)
def test_what_nobody_can_mean_is_a_problem_at_its_field(texts, column, said):
    assert said in editing.read(texts).problems[column]


def test_a_whole_point_takes_the_place_of_one_that_was_carried_over():
    carried = {"decimal_longitude": "-78.7139", "verbatim_coordinates": "35.8118N 78.7139W"}
    reading = editing.read({**carried, "decimal_latitude": "17°40'S 177°33'E"})
    point = (reading.values["decimal_latitude"], reading.values["decimal_longitude"])
    assert tuple(map(str, point)) == ("-17.6667", "177.5500")
    assert reading.values["verbatim_coordinates"] == "35.8118N 78.7139W"
    assert reading.problems == {}


@pytest.mark.parametrize("latitude", ["foo", "12°66'N"])
def test_an_unreadable_point_is_asked_about_though_the_label_has_one(latitude):
    label = {"verbatim_coordinates": "35.8118N 78.7139W"}
    reading = editing.read({**label, "decimal_latitude": latitude, "decimal_longitude": "-78.7139"})
    assert "decimal_latitude" in reading.problems


@pytest.mark.parametrize(
    ("texts", "column"),
    [
        ({"event_date": "32 June 1932", "verbatim_event_date": "21.vi.1932"}, "event_date"),
        ({"event_date": "31/02/1998", "year": "1998", "month": "2"}, "event_date"),
        ({"year": "abc", "event_date": "1932-06-21"}, "year"),
    ],
)
def test_an_unreadable_date_is_asked_about_though_another_field_has_one(texts, column):
    assert column in editing.read(texts).problems
    label_alone = {"event_date": "1932-06-21", "verbatim_event_date": "after the rains"}
    assert not editing.read(label_alone).problems


def test_a_problem_calls_other_fields_what_the_form_calls_them():
    told = editing.read({"event_date": "31/02/1998"}).problems["event_date"]
    assert "Verbatim Date" in told and "verbatimEventDate" not in told


def test_what_only_wants_a_look_is_a_note_and_no_problem():
    reading = editing.read({"country": "Ruritania"})
    assert "not a country" in reading.notes["country"]
    assert reading.problems == {}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Accession: 2026-014\nold 7", [("Accession", "2026-014"), ("", "old 7")]),
        ("https://example.org/1\n\n urn:x:y ", [("", "https://example.org/1"), ("", "urn:x:y")]),
        (": a: b", [("", "a: b")]),
        ("", []),
    ],
)
def test_identifiers_stand_one_a_line(text, pairs):
    assert editing.identifiers_of(text) == pairs
    assert editing.identifiers_of(editing.identifier_lines(pairs)) == pairs


# --- writing ----------------------------------------------------------------------------------

db = pytest.mark.django_db


def save(record, by, typed, *, basis=None, version=None, **options):
    """Save `typed` as if the form had been opened on the record as it is now."""
    if basis is None:
        basis = texts_now(record)
    record.refresh_from_db()
    return editing.save(record.guid, by, version or record.version, basis, typed, **options)


def texts_now(record):
    stored = records.stored([record.guid])[record.guid]
    return editing.texts_of(stored.values, stored.identifiers)


@db
def test_a_new_record_is_made_of_its_texts(herbarium, editor):
    guid = new_guid()
    texts = {"event_date": "14.vii.1932", "recorded_by": "L. Gómez", "country": "MX"}
    assert editing.create(herbarium, editor, guid, texts, "Accession: 7")
    record = Occurrence.objects.get(guid=guid)
    assert (record.event_date, record.year, record.country) == ("1932-07-14", 1932, "Mexico")
    assert record.verbatim == {"eventDate": "14.vii.1932", "country": "MX"}
    assert record.basis_of_record == "PreservedSpecimen"
    assert str(record.identifiers.get()) == "Accession: 7"
    assert (record.created_by.kind, record.created_by.user) == ("edit", editor)


@db
def test_a_form_sent_twice_makes_one_record_and_one_change_set(herbarium, editor):
    guid = new_guid()
    assert editing.create(herbarium, editor, guid, {}, "")
    assert not editing.create(herbarium, editor, guid, {}, "")
    assert herbarium.occurrences.count() == ChangeSet.objects.count() == 1


@db
def test_a_deleted_record_is_not_made_anew_by_its_form(herbarium, editor):
    record = make.occurrence(herbarium)
    restoring.delete(make.change_set(editor, herbarium, kind="deletion"), [record.pk])
    assert not editing.create(herbarium, editor, record.guid, {}, "")


@db
def test_only_what_was_typed_is_written(herbarium, editor):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak")
    saved = save(record, editor, {"habitat": "pine"})
    change = Change.objects.get(change_set=saved.change_set)
    assert (change.before, change.after) == ({"habitat": "oak"}, {"habitat": "pine"})
    assert (saved.change_set.user, saved.columns) == (editor, ["habitat"])


@db
def test_saving_nothing_new_leaves_no_trace(herbarium, editor):
    record = make.occurrence(herbarium, habitat="oak")
    count = ChangeSet.objects.count()
    saved = save(record, editor, {"habitat": "oak"})
    assert saved.change_set is None and not saved.clashes
    assert ChangeSet.objects.count() == count


@db
def test_a_new_date_brings_its_year_and_an_erased_one_takes_it_away(herbarium, editor):
    record = make.occurrence(herbarium, event_date="1932-07-14", verbatim={"eventDate": "14.vii"})
    save(record, editor, {"event_date": "March 1933"})
    record.refresh_from_db()
    assert (record.year, record.month, record.day) == (1933, 3, None)
    assert str(record.event_date_end) == "1933-03-31"
    assert record.verbatim == {"eventDate": "March 1933"}
    save(record, editor, {"event_date": ""})
    record.refresh_from_db()
    assert (record.event_date, record.year, record.event_date_start) == (None, None, None)
    assert record.verbatim == {}


@db
def test_erased_coordinates_stay_erased_beside_their_verbatim_text(herbarium, editor):
    record = make.occurrence(
        herbarium,
        decimal_latitude="30.5",
        decimal_longitude="-110.5",
        verbatim_coordinates="30.5 N, 110.5 W",
    )
    save(record, editor, {"decimal_latitude": "", "decimal_longitude": ""})
    record.refresh_from_db()
    assert (record.decimal_latitude, record.decimal_longitude) == (None, None)


@db
def test_another_country_brings_its_code(herbarium, editor):
    record = make.occurrence(herbarium, country="Mexico", country_code="MX")
    save(record, editor, {"country": "Brazil"})
    record.refresh_from_db()
    assert (record.country, record.country_code) == ("Brazil", "BR")


@db
def test_exact_values_of_a_protected_record_are_edited_and_stay_withheld(herbarium, editor):
    record = make.occurrence(herbarium, record_security=1, locality="Imuris", habitat="oak")
    save(record, editor, {"locality": "Nogales"})
    record.refresh_from_db()
    assert (record.locality, record.habitat) == (None, None)
    assert texts_now(record)["locality"] == "Nogales"
    assert texts_now(record)["habitat"] == "oak"


@db
def test_security_typed_protects_at_once(herbarium, editor):
    record = make.occurrence(herbarium, locality="Imuris")
    save(record, editor, {"record_security": "5", "security_reason": "rare"})
    record.refresh_from_db()
    assert (record.protection, record.locality) == (5, None)
    assert texts_now(record)["security_reason"] == "rare"


@db
def test_changes_of_different_fields_are_put_together(herbarium, editor, administrator):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak")
    basis = texts_now(record)
    save(record, administrator, {"locality": "Nogales"})
    saved = save(record, editor, {"habitat": "pine"}, basis=basis, version=1)
    record.refresh_from_db()
    assert saved.clashes == []
    assert (record.locality, record.habitat) == ("Nogales", "pine")


@db
def test_of_the_same_field_both_texts_are_told_and_nothing_is_written(
    herbarium, editor, administrator
):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak")
    basis = texts_now(record)
    save(record, administrator, {"locality": "Nogales"})
    saved = save(
        record, editor, {"locality": "Magdalena", "habitat": "pine"}, basis=basis, version=1
    )
    record.refresh_from_db()
    assert saved.clashes == [editing.Clash("locality", "Nogales", "Magdalena")]
    assert saved.change_set is None
    assert (record.locality, record.habitat) == ("Nogales", "oak")


@db
def test_two_who_typed_the_same_agree(herbarium, editor, administrator):
    record = make.occurrence(herbarium, locality="Imuris")
    basis = texts_now(record)
    save(record, administrator, {"locality": "Nogales"})
    saved = save(record, editor, {"locality": "Nogales"}, basis=basis, version=1)
    assert (saved.clashes, saved.change_set) == ([], None)


@db
def test_what_two_people_typed_may_not_fit_together(herbarium, editor, administrator):
    record = make.occurrence(
        herbarium, minimum_elevation_in_meters="100", maximum_elevation_in_meters="200"
    )
    basis = texts_now(record)
    save(record, administrator, {"maximum_elevation_in_meters": "150"})
    typed = {"minimum_elevation_in_meters": "180"}
    saved = save(record, editor, typed, basis=basis, version=1)
    assert "minimum_elevation_in_meters" in saved.problems
    assert saved.change_set is None


@db
def test_a_new_determination_keeps_the_present_one(herbarium, editor):
    record = make.occurrence(herbarium, scientific_name="Quercus sp.", identified_by="Gómez")
    typed = {"scientific_name": "Quercus emoryi", "identified_by": "Muller"}
    save(record, editor, typed, new_determination=True)
    rows = record.identifications.values_list("scientific_name", "identified_by", "is_current")
    assert list(rows) == [("Quercus emoryi", "Muller", True), ("Quercus sp.", "Gómez", False)]


@db
def test_identifiers_are_replaced_by_what_was_typed(herbarium, editor):
    record = make.occurrence(herbarium, identifiers=[("Accession", "7"), ("", "old")])
    save(record, editor, {"identifiers": "Accession: 8"})
    assert [str(each) for each in record.identifiers.all()] == ["Accession: 8"]


@db
def test_a_record_deleted_meanwhile_is_told(herbarium, editor):
    record = make.occurrence(herbarium)
    basis = texts_now(record)
    restoring.delete(make.change_set(editor, herbarium, kind="deletion"), [record.pk])
    with pytest.raises(editing.Gone):
        editing.save(record.guid, editor, 1, basis, {"habitat": "pine"})
