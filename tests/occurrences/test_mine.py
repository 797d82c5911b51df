"""My collections: all that somebody collected, wherever it is now, and what was made from it."""

import csv
import io
import json

import pytest
from django.urls import reverse

from accounts import noticing
from journal.guids import new_guid
from occurrences import mine, moving, paging
from occurrences.models import Occurrence, Origin
from occurrences.moving import Arrival
from tests import make
from tests.occurrences.importing import bring_in

pytestmark = pytest.mark.django_db

SHEET = {"recorded_by": "Gómez, L.", "event_date": "2025-03-14", "locality": "Cañón del Púlpito"}


def give(record, to, giver, number=""):
    """Transfer a record as an acceptance does."""
    change_set = make.change_set(None, to, kind="transfer")
    moving.move(change_set, record.collection, to, [Arrival(record.pk, number)], giver=giver)
    record.refresh_from_db()
    return change_set


def listed(person, show="all"):
    records = mine.collected_by(person, show).select_related("collection").order_by("pk")
    return [
        (row.values["record_number"], row.record.collection.code, row.how)
        for row in mine.rows_of(person, records)
    ]


@pytest.fixture
def kept(personal_profile):
    return make.occurrence(personal_profile, record_number="1", **SHEET)


@pytest.fixture
def given(personal_profile, herbarium, collector):
    record = make.occurrence(personal_profile, record_number="2", **SHEET)
    give(record, herbarium, collector, "ARIZ0412345")
    return record


def test_what_is_kept_and_what_was_given_stand_in_one_list(kept, given, collector):
    make.occurrence(given.collection, record_number="3", **SHEET)
    assert listed(collector) == [("1", "OWN", ""), ("2", "HERB", "given")]
    assert listed(collector, "here") == [("1", "OWN", "")]
    assert listed(collector, "given") == [("2", "HERB", "given")]


def test_the_list_tells_number_and_name_of_today(client, given, administrator, collector):
    make.edit(given, administrator, scientific_name="Quercus rubra")
    client.force_login(collector)
    page = client.get(reverse("occurrences:my_collections"))
    assert "ARIZ0412345" in page.text
    assert "Quercus rubra" in page.text


def test_the_list_is_its_persons_alone(kept, given, administrator, stranger, other_administrator):
    for person in (administrator, stranger, other_administrator):
        assert listed(person) == []


def test_what_an_institution_hands_on_is_no_curators_collection(
    herbarium, other_herbarium, administrator
):
    give(make.occurrence(herbarium), other_herbarium, administrator)
    assert listed(administrator) == []


def test_the_giver_reads_what_he_gave_and_nothing_added_since(
    given, administrator, collector, stranger
):
    protected = make.occurrence(
        Origin.objects.get().source, record_number="9", record_security=1, **SHEET
    )
    give(protected, given.collection, collector)
    make.edit(protected, administrator, locality="the exact bend", county="Magdalena")
    rows = mine.rows_of(collector, mine.collected_by(collector).filter(pk=protected.pk))
    assert rows[0].values["locality"] == SHEET["locality"]
    assert rows[0].values["record_number"] == "9"
    assert "the exact bend" not in "".join(mine.as_csv(collector))
    assert "9" not in [number for number, *_rest in listed(stranger)]


def test_what_its_collection_hides_is_counted_and_not_shown(given, administrator, collector):
    assert mine.hidden_from(collector) == 0
    make.edit(given, administrator, record_security=5)
    assert listed(collector) == []
    assert mine.hidden_from(collector) == 1


def test_an_undone_transfer_is_at_home_again(given, administrator, collector):
    from journal.undo import undo

    undo(Origin.objects.get().change_set, administrator)
    assert listed(collector) == [("2", "OWN", "")]
    assert mine.hidden_from(collector) == 0


# --- records made from his ----------------------------------------------------------------------


def entered_from(client, person, source, into, **fields):
    """Add a record as a curator does who transfers fields of a duplicate."""
    client.force_login(person)
    guid = new_guid()
    used = {"copied": {str(source.guid): ["locality", "event_date"]}}
    form = {"guid": str(guid), "duplicates": json.dumps(used), **fields}
    added = client.post(reverse("occurrences:add", args=[into.guid]), form)
    assert added.status_code == 302
    return Occurrence.objects.get(guid=guid)


def test_the_collector_sees_that_a_curator_used_his_record(
    client, kept, herbarium, administrator, collector
):
    entered_from(client, administrator, kept, herbarium, locality="Cañón", catalog_number="H 7")
    [notice] = noticing.unread(collector)
    assert notice.url == reverse("occurrences:my_collections") + "?show=made"
    assert herbarium.name in noticing.sentence(notice)
    assert listed(collector, "made") == [(None, "HERB", "used")]
    client.force_login(collector)
    page = client.get(reverse("occurrences:my_collections")).text
    assert "H 7" in page
    assert "+ HERB" in page


def test_saving_the_same_record_again_lists_it_once(
    client, kept, herbarium, administrator, collector
):
    record = entered_from(client, administrator, kept, herbarium, locality="Cañón")
    used = {"copied": {str(kept.guid): ["habitat"]}}
    form = {"version": "1", "habitat": "oaks", "duplicates": json.dumps(used)}
    client.post(reverse("occurrences:edit", args=[record.guid]), form)
    assert Origin.objects.filter(record_guid=record.guid).count() == 1
    assert len(listed(collector)) == 2


def test_a_hidden_record_made_from_his_is_not_told(
    client, kept, herbarium, administrator, collector
):
    entered_from(client, administrator, kept, herbarium, locality="Cañón", record_security="5")
    assert not noticing.unread(collector).exists()
    assert listed(collector) == [("1", "OWN", "")]


def test_a_record_made_from_one_he_gave_is_his_too(
    client, given, other_herbarium, other_administrator, collector, administrator
):
    entered_from(client, other_administrator, given, other_herbarium, locality="Cañón")
    assert noticing.unread(collector).get().url.endswith("?show=made")
    assert noticing.unread(administrator).get().url.startswith(reverse("occurrences:clusters"))
    assert listed(collector, "made") == [(None, "OTHER", "used")]


def test_fields_taken_between_institutions_make_no_origin(
    client, herbarium, other_herbarium, other_administrator, administrator
):
    source = make.occurrence(herbarium, locality="Cañón")
    entered_from(client, other_administrator, source, other_herbarium, locality="Cañón")
    assert not Origin.objects.exists()
    assert noticing.unread(administrator).exists()


def imported_as_copies(into, by, *originals):
    rows = [f"urn:uuid:{each.guid},Gómez" for each in originals]
    return bring_in(into, by, "\n".join(["occurrenceID,recordedBy", *rows, ""]), mode="copies")


def test_collectors_are_told_of_a_file_that_copied_their_records(
    kept, given, other_herbarium, other_administrator, collector, administrator
):
    imported_as_copies(other_herbarium, other_administrator, kept, given)
    [notice] = noticing.unread(collector)
    assert noticing.sentence(notice) == (
        "other_administrator copied 2 of your records into Another herbarium."
    )
    assert not noticing.unread(administrator).filter(kind=notice.kind).exists()
    assert [how for _number, code, how in listed(collector) if code == "OTHER"] == ["used"] * 2


def test_nobody_is_told_into_which_private_collection(
    kept, other_herbarium, other_administrator, collector
):
    other_herbarium.is_public = False
    other_herbarium.save()
    imported_as_copies(other_herbarium, other_administrator, kept)
    [notice] = noticing.unread(collector)
    assert "Another herbarium" not in noticing.sentence(notice)
    assert listed(collector) == [("1", "OWN", "")]


def test_hidden_copies_are_told_to_nobody(kept, other_herbarium, other_administrator, collector):
    other_herbarium.private_records = True
    other_herbarium.save()
    imported_as_copies(other_herbarium, other_administrator, kept)
    assert not noticing.unread(collector).exists()


def test_a_giver_is_told_nothing_of_a_record_that_was_hidden_since(
    client, given, herbarium, other_herbarium, administrator, collector
):
    make.edit(given, administrator, record_security=5)
    make.grant(administrator, "editor", other_herbarium)
    entered_from(client, administrator, given, other_herbarium, record_security="1")
    assert not noticing.unread(collector).exists()


# --- pages and file -----------------------------------------------------------------------------


def test_pages_follow_one_another(monkeypatch, client, personal_profile, collector):
    monkeypatch.setattr(paging, "PAGE_SIZE", 3)
    made = make.occurrences(personal_profile, [{"record_number": str(n)} for n in range(5)])
    client.force_login(collector)
    first = client.get(reverse("occurrences:my_collections"))
    second = client.get(first.context["next_url"])
    pages = [[row.record.pk for row in page.context["rows"]] for page in (first, second)]
    assert [pk for page in pages for pk in page] == [each.pk for each in reversed(made)]
    assert not second.context["next_url"]
    assert "Records 1–3 of 5" in first.text and "Records 4–5 of 5" in second.text


def test_a_page_costs_the_same_however_many_rows(
    django_assert_max_num_queries, client, given, personal_profile, herbarium, collector
):
    for number in range(6):
        give(make.occurrence(personal_profile, record_number=str(number)), herbarium, collector)
    client.force_login(collector)
    with django_assert_max_num_queries(30):
        client.get(reverse("occurrences:my_collections"))


def test_the_file_says_what_the_list_says(client, kept, given, collector):
    client.force_login(collector)
    sent = client.get(reverse("occurrences:my_collections_file"))
    text = b"".join(sent.streaming_content).decode()
    assert text.startswith("\ufeff")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (first["recordNumber"], first["presentCollectionCode"], first["how"]) == (
        "1",
        "OWN",
        "in my profile",
    )
    assert (second["catalogNumber"], second["presentCollection"], second["how"]) == (
        "ARIZ0412345",
        "Herbarium of the cast",
        "given away",
    )
    assert second["recordedBy"] == "Gómez, L."


def test_the_file_is_safe_to_open_as_a_spreadsheet(personal_profile, collector):
    make.occurrence(personal_profile, locality='=HYPERLINK("x")')
    assert "\"'=HYPERLINK(" in "".join(mine.as_csv(collector))
