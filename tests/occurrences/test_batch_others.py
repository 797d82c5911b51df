"""Many records get one determination, one georeference, or go; and all of it comes back."""

from typing import Any

import pytest
from django.urls import reverse

from journal import jobs
from journal.undo import undo
from occurrences import batch_determining, batching
from occurrences.models import (
    Batch,
    Comment,
    DeletedOccurrence,
    Identification,
    Occurrence,
    QueuedAnnotation,
    Suggestion,
)
from occurrences.readers import exact_values, hash_collection
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(herbarium: Any) -> list[Occurrence]:
    place = {"country": "Mexico", "state_province": "Sonora", "locality": "Cañón de Imuris"}
    return make.occurrences(
        herbarium,
        [
            {"catalog_number": "1", **place, "identification_qualifier": "cf."},
            {"catalog_number": "2", **place, "decimal_latitude": "1", "decimal_longitude": "2"},
            {"catalog_number": "3", **place, "record_security": 1, "identifiers": [("Old", "7")]},
            {"catalog_number": "4", "country": "Mexico", "locality": "Nogales"},
        ],
    )


def begun(person: Any, kind: str) -> Batch:
    client_of(person).post(reverse("occurrences:batch_new"), {"kind": kind, "search": ""})
    return Batch.objects.get()


def post(person: Any, batch: Batch, query: str = "", **data: Any) -> Any:
    page = reverse(f"occurrences:batch_{batch.kind}", args=[batch.guid])
    answer = client_of(person).post(page + query, data)
    batch.refresh_from_db()
    if batch.job:
        jobs.run(batch.job.guid)
        batch.refresh_from_db()
    return answer


def look(person: Any, batch: Batch, **query: str) -> Any:
    page = reverse(f"occurrences:batch_{batch.kind}", args=[batch.guid])
    return client_of(person).get(page, query)


def all_back(batch: Batch, person: Any, collection: Any, before: Any) -> None:
    """Undo what a batch did, and see that the collection says what it said."""
    (change_set,) = batching.change_sets(batch)
    assert undo(change_set, person).conflicts == []
    assert hash_collection(collection) == before


# --- determinations -----------------------------------------------------------------------------

DETERMINED = {
    "scientific_name": "Quercus rugosa",
    "scientific_name_authorship": "Née",
    "identified_by": "B. New",
    "date_identified": "2026",
    "current": "on",
}


def test_ticked_records_get_a_determination_and_keep_the_old_one(records, herbarium, editor):
    before = hash_collection(herbarium)
    batch = begun(editor, "determine")
    guids = [str(record.guid) for record in records]
    post(editor, batch, **DETERMINED, queue="on", shown=" ".join(guids), record=guids[:3])
    names = Occurrence.objects.order_by("catalog_number").values_list("scientific_name", flat=True)
    assert list(names) == ["Quercus rugosa"] * 3 + ["Quercus emoryi"]
    rows = Identification.objects.filter(occurrence=records[0]).order_by("position")
    assert [(row.scientific_name, row.is_current) for row in rows] == [
        ("Quercus emoryi", False),
        ("Quercus rugosa", True),
    ]
    queued = QueuedAnnotation.objects.filter(printed_at=None, user=editor)
    added = Identification.objects.filter(scientific_name="Quercus rugosa")
    assert {each.identification for each in queued} == {row.guid for row in added}
    all_back(batch, editor, herbarium, before)


def test_another_opinion_is_kept_beside_the_current_one(records, herbarium, editor):
    texts = {name: DETERMINED.get(name, "") for name in batch_determining.TYPED}
    done = make.change_set(editor, herbarium)
    ids = [record.pk for record in records]
    assert batch_determining.add(done, ids, texts, make_current=False) == 4
    assert not Occurrence.objects.filter(scientific_name="Quercus rugosa").exists()
    rows = Identification.objects.filter(scientific_name="Quercus rugosa")
    assert [row.is_current for row in rows] == [False] * 4


def test_a_nomenclatural_adjustment_names_no_determiner_and_keeps_qualifiers(records, editor):
    batch = begun(editor, "determine")
    post(editor, batch, scientific_name="Quercus rugosa", adjustment="on", current="on")
    row = Occurrence.objects.get(catalog_number="1")
    assert (row.scientific_name, row.identified_by) == (
        "Quercus rugosa",
        "Nomenclatural Adjustment",
    )
    assert (row.identification_qualifier, bool(row.date_identified)) == ("cf.", True)


@pytest.mark.parametrize(
    ("without", "column"),
    [
        ({"scientific_name": ""}, "scientific_name"),
        ({"identified_by": ""}, "identified_by"),
        ({"date_identified": ""}, "date_identified"),
        ({"date_identified": "soon"}, "date_identified"),
    ],
)
def test_a_determination_that_lacks_something_is_not_begun(records, editor, without, column):
    batch = begun(editor, "determine")
    page = post(editor, batch, **{**DETERMINED, **without})
    assert list(page.context["problems"]) == [column]
    assert batch.job is None


# --- georeferences ------------------------------------------------------------------------------

POINT = {
    "coordinates": "30°46'N 110°51'W",
    "coordinate_uncertainty_in_meters": "500",
    "geodetic_datum": "WGS84",
    "georeferenced_by": "E. Ditor",
    "georeference_protocol": "point-radius method",
}


def marks(person: Any, batch: Batch, **query: str) -> dict[str, Any]:
    listed = look(person, batch, **query).context["localities"]
    return {each.place[3]: each for each, _ticked in listed}


def test_localities_are_counted_and_found_by_words_in_any_accent(records, editor):
    batch = begun(editor, "georeference")
    listed = marks(editor, batch)
    imuris = listed["Cañón de Imuris"]
    assert (imuris.number, imuris.pointed) == (3, 1)
    assert imuris.place[:2] == ("Mexico", "Sonora")
    assert list(marks(editor, batch, text="canon imuris")) == ["Cañón de Imuris"]
    assert list(marks(editor, batch, show="with")) == ["Cañón de Imuris"]


def test_records_of_chosen_localities_get_the_georeference_whole(records, herbarium, editor):
    before = hash_collection(herbarium)
    batch = begun(editor, "georeference")
    post(editor, batch, **POINT, place=[marks(editor, batch)["Cañón de Imuris"].mark])
    rows = Occurrence.objects.editable_by(editor).order_by("catalog_number")
    points = [exact_values(row)["decimal_latitude"] for row in rows]
    assert [point and round(float(point), 3) for point in points] == [30.767, 1.0, 30.767, None]
    protected = rows[2]
    assert (protected.protection, protected.decimal_latitude) == (2, None)
    assert exact_values(protected)["georeferenced_by"] == "E. Ditor"
    assert exact_values(rows[0])["verbatim_coordinates"] is None
    all_back(batch, editor, herbarium, before)


def test_a_point_is_replaced_only_when_asked_and_leaves_nothing_of_the_old_one(records, editor):
    make.edit(
        records[1],
        editor,
        decimal_latitude="1",
        decimal_longitude="2",
        georeference_remarks="from an old map",
    )
    batch = begun(editor, "georeference")
    post(editor, batch, **POINT, again="on", place=[marks(editor, batch)["Cañón de Imuris"].mark])
    records[1].refresh_from_db()
    assert (round(float(records[1].decimal_latitude), 3), records[1].georeference_remarks) == (
        30.767,
        None,
    )


def test_records_whose_point_stays_are_counted_and_told(records, editor):
    batch = begun(editor, "georeference")
    post(editor, batch, **POINT, place=[marks(editor, batch)["Cañón de Imuris"].mark])
    batch.refresh_from_db()
    assert (batch.job.result["updated"], batch.job.result["pointed"]) == (2, 1)
    page = client_of(editor).get(f"/batch/{batch.guid}/").text
    assert "with a point already, left alone" in page and "said all of this" not in page


def test_localities_whose_points_all_stay_begin_nothing(records, editor):
    for record in (records[0], records[2]):
        make.edit(record, editor, decimal_latitude="1", decimal_longitude="2")
    batch = begun(editor, "georeference")
    place = marks(editor, batch, show="with")["Cañón de Imuris"].mark
    page = post(editor, batch, show="with", **POINT, place=[place])
    assert "have a point already" in page.text
    assert batch.job is None
    wrong = {**POINT, "coordinates": "somewhere"}
    page = post(editor, batch, show="with", **wrong, place=[place], again="on")
    assert 'name="again" checked' in page.text


def test_looking_for_other_localities_keeps_what_is_typed_and_ticked(records, editor):
    batch = begun(editor, "georeference")
    nogales = marks(editor, batch)["Nogales"].mark
    page = post(editor, batch, look="", text="imuris", show="without", **POINT, place=[nogales])
    listed = [(each.place[3], ticked) for each, ticked in page.context["localities"]]
    assert listed == [("Nogales", True), ("Cañón de Imuris", False)]
    assert "point-radius method" in page.text and 'value="imuris"' in page.text
    told = 'class="message error"' in page.text
    assert (page.context["problems"], told, batch.job) == ({}, False, None)


@pytest.mark.parametrize(
    "mark",
    [
        *("x", "1", "null", "[" * 9000, '["a"]', "[1, 2, 3, 4]", '{"a": 1}'),
        *('["\\u0000", "", "", ""]', '["\\ud800", "", "", ""]', '["x", "", "", "Nogales"]'),
    ],
)
def test_a_locality_that_the_page_did_not_list_is_none(records, editor, mark):
    batch = begun(editor, "georeference")
    assert post(editor, batch, **POINT, place=[mark]).context["nothing_ticked"]
    assert batch.job is None


@pytest.mark.parametrize("coordinates", ["", "somewhere", "31", "95, 200"])
def test_what_is_no_point_is_not_begun(records, editor, coordinates):
    batch = begun(editor, "georeference")
    place = [each.mark for each in marks(editor, batch).values()]
    page = post(editor, batch, **{**POINT, "coordinates": coordinates}, place=place)
    assert "coordinates" in page.context["problems"]
    assert batch.job is None


# --- deleting -----------------------------------------------------------------------------------


def test_what_hangs_on_the_records_is_told_and_all_of_it_comes_back(
    records, herbarium, administrator
):
    before = hash_collection(herbarium)
    batch = begun(administrator, "delete")
    told = look(administrator, batch).context["hanging"]
    assert told == ["4 determinations", "1 additional identifier"]
    assert post(administrator, batch).status_code == 200
    assert batch.job is None
    guids = [str(record.guid) for record in records]
    ticks = {"shown": " ".join(guids), "record": guids[:3]}
    post(administrator, batch, sure="on", reason="sent back", **ticks)
    assert Occurrence.objects.get().guid == records[3].guid
    assert DeletedOccurrence.objects.count() == 3
    (change_set,) = batching.change_sets(batch)
    assert (change_set.kind, change_set.reason) == ("deletion", "sent back")
    all_back(batch, administrator, herbarium, before)


def test_what_is_said_about_the_records_and_offered_hangs_on_them_too(records, administrator):
    guid = records[0].guid
    Comment.objects.create(record_guid=guid, by=administrator, text="The date?")
    Comment.objects.create(record_guid=guid, by=administrator, state=Comment.State.DELETED)
    Suggestion.objects.create(record_guid=guid, by=administrator)
    Suggestion.objects.create(record_guid=guid, by=administrator, state=Suggestion.State.APPLIED)
    told = look(administrator, begun(administrator, "delete")).context["hanging"]
    assert told[2:] == ["1 comment", "1 suggested correction that waits for review"]


def test_reason_and_ticks_stay_where_it_was_not_said_for_sure(records, administrator):
    batch = begun(administrator, "delete")
    guids = [str(record.guid) for record in records]
    page = post(administrator, batch, shown=" ".join(guids), record=guids[:1], reason="sent back")
    assert 'value="sent back"' in page.text
    assert [ticked for _row, ticked in page.context["rows"]] == [True, False, False, False]


def test_an_editor_who_may_not_delete_begins_no_deletion(records, herbarium, editor, reader):
    for person in (editor, reader):
        form = {"kind": "delete", "search": ""}
        answer = client_of(person).post(reverse("occurrences:batch_new"), form)
        assert answer.status_code == 403
