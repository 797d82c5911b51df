"""What helps somebody who types: numbers, offers, carried and pinned fields, clones, steps."""

import io
import zipfile

import pytest
from django.urls import reverse

from accounts import leaving
from journal import undo
from journal.guids import new_guid
from journal.jobs import Refused
from occurrences import carrying, editing, numbering, stepping, suggesting
from occurrences.models import EditorHabits, LabelRun, Occurrence
from occurrences.understanding import understand
from tests import make

# --- what a text is understood as -------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "texts", "note"),
    [
        ("decimal_latitude", {"decimal_latitude": "30°46'N 110°51'W"}, "30.7667, -110.8500"),
        ("decimal_latitude", {"decimal_latitude": "12R 512345 3400000"}, "30.7328, -110.8710"),
        ("minimum_elevation_in_meters", {"minimum_elevation_in_meters": "1200 ft"}, "366 m"),
        ("minimum_elevation_in_meters", {"minimum_elevation_in_meters": "3000-3500 ft"}, "–1067 m"),
        ("verbatim_coordinates", {"verbatim_coordinates": "T12S R15E Sec 4"}, "T12S R15E Sec. 4"),
        ("verbatim_event_date", {"verbatim_event_date": "14 July 1932"}, "1932-07-14"),
    ],
)
def test_what_is_typed_is_told_as_it_is_understood(column, texts, note):
    assert note in understand(column, texts).note


def test_what_a_label_says_is_offered_to_the_exact_fields_unless_they_say_it():
    told = understand("verbatim_elevation", {"verbatim_elevation": "1200 ft"})
    ((_words, fills),) = told.offers
    assert fills == {"minimum_elevation_in_meters": "366", "maximum_elevation_in_meters": "366"}
    assert understand("verbatim_elevation", {"verbatim_elevation": "1200 ft", **fills}).offers == []


def test_a_day_that_may_be_two_days_is_asked_for():
    offers = understand("event_date", {"event_date": "3/4/1932"}).offers
    assert [day for day, _fills in offers] == ["1932-04-03", "1932-03-04"]
    assert understand("event_date", {"event_date": "13/4/1932"}).offers == []


def test_a_whole_point_typed_as_the_latitude_fills_both_axes():
    values = editing.read({"decimal_latitude": "30°46'N 110°51'W"}).values
    assert str(values["decimal_longitude"]) == "-110.8500"
    assert values["verbatim_coordinates"] == "30°46'N 110°51'W"


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "after"),
    [("ARIZ0412398", "ARIZ0412399"), ("H 0099", "H 0100"), ("999", "1000"), ("1234a", "1235")],
)
def test_a_number_is_counted_on_with_its_prefix_and_zeros(number, after):
    assert numbering.following(number) == after


def test_what_has_no_figures_is_not_counted_on():
    assert numbering.following("s.n.") == ""


db = pytest.mark.django_db


@db
def test_the_next_free_number_leaves_out_what_is_taken_here_alone(
    herbarium, other_herbarium, editor
):
    make.occurrences(herbarium, [{"catalog_number": f"H {n:03}"} for n in (7, 8, 10)], editor)
    make.occurrence(other_herbarium, catalog_number="H 009")
    assert numbering.next_free(herbarium, editor, "H 007") == "H 009"
    assert numbering.free_from(herbarium.pk, "H 007", 3) == ["H 009", "H 011", "H 012"]


@db
def test_without_a_number_one_goes_on_from_ones_own_last(herbarium, editor, administrator):
    make.occurrences(herbarium, [{"catalog_number": "A 5"}], editor)
    make.occurrences(herbarium, [{"catalog_number": "B 9"}], administrator)
    assert numbering.next_free(herbarium, editor) == "A 6"
    assert numbering.next_free(herbarium, administrator) == "B 10"


@db
def test_an_offered_number_that_was_taken_meanwhile_becomes_the_next(herbarium, editor):
    make.occurrence(herbarium, catalog_number="H 8")
    guid = new_guid()
    editing.create(herbarium, editor, guid, {"catalog_number": "H 8"}, "", offered="H 8")
    assert Occurrence.objects.get(guid=guid).catalog_number == "H 9"


@db
def test_a_number_that_was_typed_stays_as_it_is(herbarium, editor):
    make.occurrence(herbarium, catalog_number="H 8")
    guid = new_guid()
    editing.create(herbarium, editor, guid, {"catalog_number": "H 8"}, "")
    assert Occurrence.objects.get(guid=guid).catalog_number == "H 8"


@db
def test_a_collector_is_told_a_number_he_used_also_on_a_protected_record(
    personal_profile, collector
):
    make.occurrence(personal_profile, record_number="1234")
    make.occurrence(personal_profile, record_number="1235", record_security=1)
    for number in ("1234", "1235"):
        assert len(numbering.used(personal_profile, collector, number)) == 1
    assert numbering.used(personal_profile, collector, "1236") == []
    assert numbering.next_of_series(personal_profile, collector, "1233") == "1236"


# --- offers -----------------------------------------------------------------------------------


def offered(column, user, collection, text, **beside):
    asked = suggesting.Asked(user, collection, text, beside)
    return [offer.value for offer in suggesting.suggest(column, asked)]


def test_names_of_identifiers_are_offered_for_the_line_that_is_typed(herbarium, editor):
    lines = "Accession: 2026-014\nField tag: 7\nBox"
    editing.create(herbarium, editor, new_guid(), {"catalog_number": "H 1"}, lines)
    offered = suggesting.Asked(editor, herbarium, "Box\nacc", {})
    assert [o.value for o in suggesting.suggest("identifiers", offered)] == ["Box\nAccession: "]
    named = suggesting.Asked(editor, herbarium, "Accession: 20", {})
    assert suggesting.suggest("identifiers", named) == []


def test_habits_are_given_to_a_person_and_go_with_him(herbarium, editor):
    EditorHabits.objects.create(person=editor, sticky=["country"])
    with zipfile.ZipFile(io.BytesIO(leaving.export(editor))) as archive:
        assert b"country" in archive.read("editor_habits.json")
    leaving.leave(editor)
    assert not EditorHabits.objects.exists()


@db
def test_collectors_are_offered_by_beginning_and_by_word(herbarium, editor):
    for name in ("Gómez, L.", "L. Gómez", "A. Ruiz"):
        make.occurrence(herbarium, recorded_by=name)
    assert offered("recorded_by", editor, herbarium, "gom") == ["Gómez, L.", "L. Gómez"]


@db
def test_nothing_of_a_collection_one_may_not_see_is_offered(herbarium, editor):
    private = make.collection("PRIVATE", is_public=False)
    make.occurrence(private, recorded_by="Gómez, Hidden", exsiccati_title="Flora secreta")
    assert offered("recorded_by", editor, herbarium, "gom") == []
    assert offered("exsiccati_title", editor, herbarium, "flo") == []


@db
def test_counties_are_offered_within_their_state(herbarium, editor):
    found = offered(
        "state_province", editor, herbarium, "son", country="Mexico", state_province="son"
    )
    assert found == ["Sonora"]


@db
def test_a_locality_of_the_same_collector_and_day_brings_its_georeference_whole(
    herbarium, other_herbarium, editor
):
    make.occurrence(
        other_herbarium,
        recorded_by="Luis Gómez",
        event_date="1932-07-14",
        locality="Imuris",
        state_province="Sonora",
        decimal_latitude="30.7",
        decimal_longitude="-110.8",
    )
    beside = {"recorded_by": "Gomez, L.", "event_date": "14.vii.1932"}
    asked = suggesting.Asked(editor, herbarium, "", beside)
    (offer,) = suggesting.suggest("locality", asked)
    assert offer.value == "Imuris"
    assert {"state_province": "Sonora"} in offer.fills
    (unit,) = [fill for fill in offer.fills if "decimal_latitude" in fill]
    assert unit["decimal_longitude"] == "-110.8" and unit["geodetic_datum"] == ""
    other_day = {**beside, "event_date": "1932-07-15"}
    assert offered("locality", editor, herbarium, "", **other_day) == []


@db
def test_a_protected_locality_is_never_offered_elsewhere(herbarium, editor):
    make.occurrence(
        herbarium,
        recorded_by="L. Gómez",
        event_date="1932-07-14",
        locality="Imuris",
        record_security=1,
        label_project="Secret",
    )
    beside = {"recorded_by": "L. Gómez", "event_date": "1932-07-14"}
    assert offered("locality", editor, herbarium, "", **beside) == []
    assert offered("label_project", editor, herbarium, "") == []


@db
def test_projects_of_the_collection_and_usual_values_are_offered(
    herbarium, other_herbarium, editor
):
    make.occurrences(herbarium, [{"label_project": name} for name in ("Sonora 26", "Baja", "Baja")])
    make.occurrence(other_herbarium, label_project="Foreign")
    assert offered("label_project", editor, herbarium, "") == ["Baja", "Sonora 26"]
    assert offered("type_status", editor, herbarium, "isot") == ["isotype"]


# --- carrying over, pinning, cloning ----------------------------------------------------------


def test_carried_over_is_the_event_and_nothing_of_the_specimen():
    not_carried = (
        "catalog_number occurrence_id record_number scientific_name identified_by type_status "
        "occurrence_remarks field_notes record_security security_reason duplicate_quantity "
        "processing_status identifiers"
    ).split()
    assert set(carrying.CARRIED).isdisjoint(not_carried)


@db
def test_a_pinned_field_stays_in_every_new_record(client, herbarium, editor):
    client.force_login(editor)
    client.post("/occurrences/habits/", {"pin": "processing_status", "pinned": "true"})
    assert EditorHabits.objects.get(person=editor).sticky == ["processing_status"]
    where = f"/occurrences/new/{herbarium.guid}/"
    sent = {"catalog_number": "H 1", "processing_status": "stage 1", "habitat": "oak"}
    page = client.post(where, {**sent, "then": "new"}, follow=True).content.decode()
    assert '<option value="stage 1" selected>' in page
    assert ">oak</textarea>" not in page


@db
def test_the_way_taken_last_stands_first(client, herbarium, editor):
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    client.post(where, {"catalog_number": "H 1", "then": "carry"})
    page = client.get(where).content.decode()
    assert page.index('value="carry" data-key') < page.index('value="new" data-key')


@db
def test_clones_are_numbered_on_and_one_undo_takes_them_back(herbarium, editor):
    record = make.occurrence(
        herbarium,
        catalog_number="H 1",
        locality="Imuris",
        occurrence_remarks="torn",
        individual_count="3",
        record_security=1,
        event_date="1932-07",
    )
    record = Occurrence.objects.editable_by(editor).get(pk=record.pk)
    done, _numbers = carrying.clone(record, editor, ["H 2", "H 3"], whole=False)
    clones = Occurrence.objects.editable_by(editor).filter(created_by=done)
    assert sorted(clones.values_list("catalog_number", flat=True)) == ["H 2", "H 3"]
    for clone in clones:
        texts, _notes = editing.opened(clone)
        assert clone.locality is None, "a protected record's clone is as protected"
        assert (texts["locality"], texts["event_date"]) == ("Imuris", "1932-07")
        assert not {"occurrence_remarks", "individual_count", "scientific_name"} & texts.keys()
    undo.undo(done, editor)
    assert not Occurrence.objects.filter(created_by=done).exists()


@db
def test_a_whole_clone_keeps_the_name_and_has_its_determination(herbarium, editor):
    record = make.occurrence(herbarium, catalog_number="H 1", occurrence_remarks="torn")
    record = Occurrence.objects.editable_by(editor).get(pk=record.pk)
    done, _numbers = carrying.clone(record, editor, [""], whole=True)
    (clone,) = Occurrence.objects.filter(created_by=done)
    assert (clone.scientific_name, clone.occurrence_remarks) == ("Quercus emoryi", "torn")
    assert clone.catalog_number is None
    assert clone.identifications.get().scientific_name == "Quercus emoryi"


@db
@pytest.mark.parametrize("numbers", [["H 1"], ["H 2", "H 2"], []])
def test_no_clone_takes_a_number_that_is_taken(herbarium, editor, numbers):
    record = make.occurrence(herbarium, catalog_number="H 1")
    with pytest.raises(Refused):
        carrying.clone(record, editor, numbers, whole=False)
    assert Occurrence.objects.count() == 1


@db
def test_from_a_search_one_goes_from_record_to_record(herbarium, other_herbarium, editor):
    rows = [{"catalog_number": f"H {n}", "country": "Mexico"} for n in (1, 2, 3)]
    one, two, three = make.occurrences(herbarium, rows)
    make.occurrence(other_herbarium, catalog_number="H 2b", country="Mexico")
    query = "country=Mexico&sort=catalog"
    assert stepping.first(editor, query) == one.guid
    assert stepping.beside(editor, query, two)[1:] == (one.guid, three.guid)
    assert stepping.beside(editor, query, three)[1:] == (two.guid, None)
    assert stepping.beside(editor, "date=nonsense", two) is None


@db
def test_saving_within_a_search_leads_to_its_next_record(client, herbarium, editor):
    one, two = make.occurrences(herbarium, [{"catalog_number": f"H {n}"} for n in (1, 2)])
    client.force_login(editor)
    where = f"/occurrences/{one.guid}/edit/?search=q%3Dquercus%26sort%3Dcatalog"
    answer = client.post(where, {"version": "1", "then": "next", "initial-catalog_number": ""})
    assert answer.status_code == 302 and f"/{two.guid}/edit/?search=" in answer.url


# --- skeletal records -------------------------------------------------------------------------


def scan(client, herbarium, number, **more):
    sent = {"guid": str(new_guid()), "catalog_number": number, **more}
    return client.post(f"/occurrences/skeletal/{herbarium.guid}/?line", sent).content.decode()


@db
def test_a_scanned_barcode_makes_a_skeletal_record(client, herbarium, editor):
    client.force_login(editor)
    line = scan(client, herbarium, "H 1", country="Mexico", scientific_name="Quercus alba")
    record = Occurrence.objects.get(catalog_number="H 1")
    assert 'data-state="added"' in line and str(record.guid) in line
    assert (record.country, record.basis_of_record) == ("Mexico", "PreservedSpecimen")


@db
def test_a_barcode_that_is_here_is_told_at_once_and_changes_nothing(client, herbarium, editor):
    there = make.occurrence(herbarium, catalog_number="H 1", country="Peru")
    client.force_login(editor)
    line = scan(client, herbarium, "H 1", country="Mexico", county="Nogales")
    assert 'data-state="there"' in line and str(there.guid) in line
    there.refresh_from_db()
    assert (there.country, there.county, Occurrence.objects.count()) == ("Peru", None, 1)


@db
def test_asked_to_a_scan_fills_blank_fields_and_no_other(client, herbarium, editor):
    there = make.occurrence(herbarium, catalog_number="H 1", country="Peru")
    client.force_login(editor)
    line = scan(client, herbarium, "H 1", country="Mexico", county="Lima", existing="fill")
    assert 'data-state="filled"' in line
    there.refresh_from_db()
    assert (there.country, there.county) == ("Peru", "Lima")


@db
def test_a_scan_sent_twice_makes_one_record(client, herbarium, editor):
    client.force_login(editor)
    sent = {"guid": str(new_guid()), "catalog_number": "H 1"}
    for _time in range(2):
        client.post(f"/occurrences/skeletal/{herbarium.guid}/?line", sent)
    assert Occurrence.objects.count() == 1


@db
def test_another_number_in_a_page_that_was_gone_back_to_is_another_record(
    client, herbarium, editor
):
    client.force_login(editor)
    guid = str(new_guid())
    for number in ("H 1", "H 2"):
        sent = {"guid": guid, "catalog_number": number}
        client.post(f"/occurrences/skeletal/{herbarium.guid}/", sent)
    made = Occurrence.objects.values_list("catalog_number", flat=True)
    assert sorted(made) == ["H 1", "H 2"]


@db
def test_without_the_script_the_page_keeps_what_the_sheets_share(client, herbarium, editor):
    client.force_login(editor)
    sent = {"guid": str(new_guid()), "catalog_number": "H 1", "country": "Mexico"}
    page = client.post(f"/occurrences/skeletal/{herbarium.guid}/", sent, follow=True)
    assert 'name="country" value="Mexico"' in page.content.decode()


@db
def test_the_session_tells_who_is_signed_in(client, editor):
    assert client.get("/occurrences/session/").json()["person"] == ""
    client.force_login(editor)
    told = client.get("/occurrences/session/").json()
    assert told["person"] == str(editor.guid) and told["token"]


# --- from the form to the label ---------------------------------------------------------------


def test_saving_leads_to_the_label_and_stays_no_habit(client, editor, herbarium):
    record = make.occurrence(herbarium, catalog_number="H-1")
    client.force_login(editor)
    there = reverse("occurrences:edit", args=[record.guid])
    form = client.get(there).context["form"]
    texts = {name: str(form[name].value() or "") for name in form.fields if name != "version"}
    sent = {f"initial-{name}": text for name, text in texts.items()} | texts
    sent |= {"habitat": "oak", "version": str(record.version), "then": "label"}
    del sent["new_determination"]
    answer = client.post(there, sent)
    record.refresh_from_db()
    run = LabelRun.objects.get()
    assert (record.habitat, answer["Location"]) == ("oak", run.get_absolute_url())
    assert [guid for guid, _copies in run.rows] == [str(record.guid)]
    assert client.get(answer["Location"] + "pdf/")["Content-Type"] == "application/pdf"
    assert not EditorHabits.objects.filter(person=editor).exists()
