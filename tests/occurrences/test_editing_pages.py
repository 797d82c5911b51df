"""The editor's pages: who gets them, and that nothing typed is lost."""

import html
import re

import pytest

from journal.models import ChangeSet
from occurrences import restoring
from occurrences.models import DeletedOccurrence, Occurrence
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    return make.occurrence(
        herbarium, catalog_number="H 1", locality="Imuris", habitat="oak", recorded_by="L. Gómez"
    )


def address(record, what):
    return f"/occurrences/{record.guid}/{what}/"


def fields_of(page):
    """Return what a browser would send for the editor's form: {name: value}."""
    text = page.content.decode()
    form = re.search(r'<form method="post" id="editor".*?</form>', text, re.DOTALL)[0]
    sent = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") not in ("checkbox", "radio") and "disabled" not in tag:
            sent[given["name"]] = html.unescape(given.get("value", ""))
    for name, value in re.findall(
        r'<textarea name="([\w-]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL
    ):
        sent[name] = html.unescape(value)
    for name, options in re.findall(
        r'<select name="([\w-]+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = html.unescape(chosen[1]) if chosen else ""
    return sent


def post(client, where, opened, **typed):
    return client.post(where, {**opened, **typed})


def test_only_editors_get_the_form(client, record, cast):
    expected = dict.fromkeys(cast, 403) | {"visitor": 302, "editor": 200, "administrator": 200}
    for name, person in cast.items():
        client.logout()
        if name != "visitor":
            client.force_login(person)
        for page in (address(record, "edit"), f"/occurrences/new/{record.collection.guid}/"):
            assert client.get(page).status_code == expected[name], (name, page)
            if expected[name] != 200:
                assert client.post(page, {}).status_code == expected[name], (name, page)


def test_a_wholly_protected_record_is_not_there_for_others(client, herbarium, reader, editor):
    record = make.occurrence(herbarium, record_security=5, locality="Imuris")
    client.force_login(reader)
    assert client.get(address(record, "edit")).status_code == 404
    client.force_login(editor)
    assert "Imuris" in client.get(address(record, "edit")).content.decode()


def test_the_form_shows_exact_values_and_the_curators_words(client, herbarium, editor):
    record = make.occurrence(
        herbarium,
        record_security=1,
        decimal_latitude="33.10",
        decimal_longitude="-110.5",
        verbatim={"decimalLatitude": "33°6'N"},
    )
    client.force_login(editor)
    page = client.get(address(record, "edit"))
    assert fields_of(page)["decimal_latitude"] == "33.10"
    assert 'title="decimalLatitude"' in page.content.decode()
    assert "33°6&#x27;N" in page.content.decode()


def test_the_form_costs_few_queries(client, record, editor, django_assert_max_num_queries):
    for number in range(6):
        make.edit(record, editor, habitat=f"oak {number}")
    client.force_login(editor)
    client.get(address(record, "edit"))
    with django_assert_max_num_queries(20):  # two for its determinations, edited beside it
        client.get(address(record, "edit"))


def test_saving_writes_what_was_changed_and_offers_undo(client, record, editor):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    page = client.post(
        address(record, "edit"), {**opened, "locality": "Nogales", "then": "stay"}, follow=True
    )
    record.refresh_from_db()
    done = ChangeSet.objects.latest("pk")
    assert (record.locality, record.habitat, record.version) == ("Nogales", "oak", 2)
    assert page.redirect_chain == [(address(record, "edit"), 302)]
    assert "Saved: Locality." in page.content.decode()
    assert f"/changes/{done.guid}/undo/" in page.content.decode()


def test_a_form_sent_as_it_came_changes_nothing(client, herbarium, editor):
    """Line ends, blanks and numbers survive the way through the browser."""
    record = make.occurrence(
        herbarium,
        locality="first\nsecond",
        decimal_latitude="33.10",
        decimal_longitude="-1",
        event_date="1932-07",
        cultivation_status=True,
        record_security=1,
        identifiers=[("Accession", "7"), ("", "old")],
        processing_status="our own word",
    )
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    opened["locality"] = opened["locality"].replace("\n", "\r\n")
    post(client, address(record, "edit"), opened)
    record.refresh_from_db()
    assert record.version == 1
    assert opened["processing_status"] == "our own word"


def test_nonsense_is_told_at_its_field_and_what_was_typed_stays(client, record, editor):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    page = post(
        client,
        address(record, "edit"),
        opened,
        decimal_latitude="95",
        decimal_longitude="200",
        habitat="pine forest",
    )
    text = html.unescape(page.content.decode())
    record.refresh_from_db()
    assert record.version == 1
    assert 'Latitude "95" is no place on Earth.' in text
    assert 'href="#id_decimal_latitude"' in text
    assert fields_of(page)["habitat"] == "pine forest"
    assert fields_of(page)["initial-habitat"] == "oak"


def test_two_editors_of_one_field_decide_and_lose_nothing(client, record, editor, administrator):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    make.edit(record, administrator, locality="Nogales")
    page = post(
        client,
        address(record, "edit"),
        opened,
        locality="Magdalena",
        habitat="pine",
    )
    assert page.status_code == 409
    text = page.content.decode()
    assert "Nogales" in text and "Magdalena" in text and "choice-locality" in text
    again = fields_of(page)
    assert (again["locality"], again["habitat"]) == ("Magdalena", "pine")
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Nogales", "oak")
    post(client, address(record, "edit"), again, **{"choice-locality": "theirs"})
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Nogales", "pine")


def test_decided_for_ones_own_text_it_is_written(client, record, editor, administrator):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    make.edit(record, administrator, locality="Nogales")
    page = post(client, address(record, "edit"), opened, locality="Magdalena")
    post(client, address(record, "edit"), fields_of(page), **{"choice-locality": "mine"})
    record.refresh_from_db()
    assert record.locality == "Magdalena"


def test_disjoint_changes_merge_without_a_question(client, record, editor, administrator):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    make.edit(record, administrator, locality="Nogales")
    assert post(client, address(record, "edit"), opened, habitat="pine").status_code == 302
    record.refresh_from_db()
    assert (record.locality, record.habitat) == ("Nogales", "pine")


def test_a_new_record_is_added_and_the_next_form_is_empty(client, herbarium, editor):
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    opened = fields_of(client.get(where))
    page = client.post(
        where,
        {
            **opened,
            "catalog_number": "H 2",
            "scientific_name": "Quercus emoryi",
            "event_date": "14.vii.1932",
            "then": "new",
        },
        follow=True,
    )
    record = Occurrence.objects.get(catalog_number="H 2")
    assert (record.event_date, str(record.guid)) == ("1932-07-14", opened["guid"])
    assert page.redirect_chain == [(where, 302)]
    following = fields_of(page)
    assert following["catalog_number"] == "" and following["guid"] != opened["guid"]
    assert "H 2 · Quercus emoryi" in page.content.decode()


def test_a_form_sent_twice_adds_one_record(client, herbarium, editor):
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    opened = fields_of(client.get(where))
    for _time in range(2):
        assert post(client, where, opened, catalog_number="H 2").status_code == 302
    assert Occurrence.objects.filter(catalog_number="H 2").count() == 1


FULL = {
    "catalog_number": "H 2",
    "recorded_by": "L. Gómez",
    "event_date": "14.vii.1932",
    "scientific_name": "Quercus  emoryi Torr.",
    "country": "MX",
    "decimal_latitude": "30°46'N 110°51'W",
    "verbatim_elevation": "1200 ft",
    "identifiers": "Accession: 7\nfield no. 12",
    "record_security": "1",
}


@pytest.mark.parametrize("source", ["occurrenceID", "portal"])
def test_a_full_form_sent_twice_says_nothing_else(client, herbarium, editor, source):
    herbarium.guid_source = source
    herbarium.save()
    make.occurrence(herbarium, catalog_number="H 2")
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    opened = fields_of(client.get(where))
    for _time in range(2):
        page = post(client, where, opened, **FULL, offered_number="H 2")
        assert page.status_code == 302
    assert Occurrence.objects.get(guid=opened["guid"]).catalog_number == "H 3"
    assert Occurrence.objects.count() == 2


def test_a_form_changed_after_it_was_saved_goes_on_as_an_edit(client, herbarium, editor):
    """One goes back in the browser, mends a word and saves again."""
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    opened = fields_of(client.get(where)) | FULL | {"record_security": ""}
    post(client, where, opened)
    page = post(client, where, opened, habitat="oak", country="", event_date="1932-07-15")
    text = page.content.decode()
    assert page.status_code == 409 and "This form was saved before, as this record" in text
    record = Occurrence.objects.get()
    assert f'action="{address(record, "edit")}"' in text and record.habitat is None
    assert set(re.findall(r'name="choice-(\w+)"', text)) == {"habitat", "country", "event_date"}
    chosen = {"choice-habitat": "mine", "choice-event_date": "mine", "choice-country": "theirs"}
    post(client, address(record, "edit"), fields_of(page), **chosen)
    record.refresh_from_db()
    assert (record.habitat, record.event_date, record.day) == ("oak", "1932-07-15", 15)
    assert (record.country, record.country_code, record.version) == ("Mexico", "MX", 2)


def test_a_conflict_that_nobody_decided_overwrites_nothing(client, record, editor):
    """Save pressed once more, before the page that asks was looked at."""
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    post(client, address(record, "edit"), opened, locality="Nogales", habitat="pine")
    asked = post(client, address(record, "edit"), opened, locality="Magdalena", habitat="elm")
    again = post(client, address(record, "edit"), fields_of(asked), clash=["locality", "habitat"])
    assert again.status_code == 409 and "Choose a value for each" in again.content.decode()
    half = {"clash": ["locality", "habitat"], "choice-locality": "theirs"}
    again = post(client, address(record, "edit"), fields_of(again), **half)
    text = again.content.decode()
    assert again.status_code == 409 and "Magdalena" in text
    assert re.findall(r'name="choice-(\w+)" value="(\w+)" required checked', text) == [
        ("locality", "theirs")
    ]
    record.refresh_from_db()
    assert (record.locality, record.habitat, record.version) == ("Nogales", "pine", 2)


def test_the_form_of_a_record_that_was_undone_adds_it_anew(client, herbarium, editor):
    client.force_login(editor)
    where = f"/occurrences/new/{herbarium.guid}/"
    opened = fields_of(client.get(where))
    post(client, where, opened, catalog_number="H 2", locality="Imuris")
    client.post(f"/changes/{Occurrence.objects.get().created_by.guid}/undo/")
    assert not Occurrence.objects.exists()
    page = post(client, where, opened, catalog_number="H 2", locality="Magdalena")
    text = page.content.decode()
    assert page.status_code == 200 and "was deleted. Save again to add it anew" in text
    post(client, where, fields_of(page))
    assert Occurrence.objects.get().locality == "Magdalena"


def test_the_next_pages_tell_which_forms_were_saved_and_no_other(client, record, editor):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    for number in range(1, 25):
        post(client, address(record, "edit"), opened, draft=f"{number}")
    post(client, address(record, "edit"), opened, draft="99", event_date="no date")
    told = client.get(f"/occurrences/new/{record.collection.guid}/").content.decode()
    assert re.search(r'data-saved="([^"]*)"', told)[1].split() == [str(n) for n in range(5, 25)]


def test_carry_over_takes_the_event_and_not_the_specimen(client, record, editor):
    client.force_login(editor)
    where = f"/occurrences/new/{record.collection.guid}/?like={record.guid}"
    opened = fields_of(client.get(where))
    assert (opened["locality"], opened["recorded_by"]) == ("Imuris", "L. Gómez")
    assert (opened["catalog_number"], opened["scientific_name"]) == ("", "")


def test_nothing_is_carried_over_from_another_collection(
    client, herbarium, other_herbarium, editor
):
    foreign = make.occurrence(other_herbarium, locality="Magdalena")
    client.force_login(editor)
    page = client.get(f"/occurrences/new/{herbarium.guid}/?like={foreign.guid}")
    assert fields_of(page)["locality"] == ""


def test_no_record_is_added_to_a_snapshot_but_one_may_be_corrected(client, herbarium, editor):
    herbarium.management = "snapshot"
    herbarium.save()
    record = make.occurrence(herbarium)
    client.force_login(editor)
    assert client.get(f"/occurrences/new/{herbarium.guid}/").status_code == 403
    page = client.get(address(record, "edit"))
    assert page.status_code == 200
    assert "come from elsewhere" in page.content.decode()


def test_the_occurrence_id_is_typed_only_where_the_provider_gives_it(client, herbarium, editor):
    record = make.occurrence(herbarium, occurrence_id="ours")
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    post(client, address(record, "edit"), opened, occurrence_id="forged")
    record.refresh_from_db()
    assert record.occurrence_id == "ours"
    herbarium.guid_source = "occurrenceID"
    herbarium.save()
    opened = fields_of(client.get(address(record, "edit")))
    post(client, address(record, "edit"), opened, occurrence_id="corrected")
    record.refresh_from_db()
    assert record.occurrence_id == "corrected"


def test_a_text_is_read_while_it_is_typed(client, editor):
    client.force_login(editor)
    page = client.post(
        "/occurrences/read/",
        {"event_date": "14.vii.1932"},
        headers={"HX-Request": "true", "HX-Trigger-Name": "event_date"},
    )
    assert "1932-07-14" in page.content.decode()
    assert 'id="id_event_date_read"' in page.content.decode()


def test_an_unknown_field_is_not_read(client, editor):
    client.force_login(editor)
    page = client.post(
        "/occurrences/read/", {"password": "x"}, headers={"HX-Trigger-Name": "password"}
    )
    assert page.status_code == 404


def test_a_catalogue_number_that_is_taken_here_is_told(client, record, editor, other_herbarium):
    make.occurrence(other_herbarium, catalog_number="FOREIGN")
    client.force_login(editor)

    def told(number, own=""):
        return client.post(
            "/occurrences/read/",
            {"catalog_number": number, "collection": str(record.collection.guid), "record": own},
            headers={"HX-Request": "true", "HX-Trigger-Name": "catalog_number"},
        ).content.decode()

    assert address(record, "edit") in told("H 1 ")
    for text in (told("H 1", own=str(record.guid)), told("FOREIGN"), told(""), told("H 9")):
        assert "Another record" not in text


# --- deleting and restoring -------------------------------------------------------------------


def test_administrators_delete_and_restore(client, record, administrator):
    client.force_login(administrator)
    assert "one determination" in client.get(address(record, "delete")).content.decode()
    client.post(address(record, "delete"), {"reason": "sold"})
    assert not Occurrence.objects.filter(guid=record.guid).exists()
    assert ChangeSet.objects.latest("pk").reason == "sold"
    page = client.post(address(record, "restore"))
    assert page.url == record.get_absolute_url()
    back = Occurrence.objects.get(guid=record.guid)
    assert back.locality == "Imuris"
    assert not DeletedOccurrence.objects.exists()


def test_an_editor_of_a_record_deleted_meanwhile_is_told(client, record, editor, stranger):
    client.force_login(editor)
    opened = fields_of(client.get(address(record, "edit")))
    done = make.change_set(within=record.collection, kind="deletion")
    restoring.delete(done, [record.pk])
    page = client.post(address(record, "edit"), {**opened, "habitat": "pine"}, follow=True)
    assert page.status_code == 410
    assert "Somebody deleted this record meanwhile" in page.content.decode()
    client.force_login(stranger)
    assert client.post(address(record, "edit"), opened).status_code == 404


def test_editors_neither_delete_nor_restore(client, record, editor, administrator):
    client.force_login(editor)
    assert client.get(address(record, "delete")).status_code == 403
    assert client.post(address(record, "delete")).status_code == 403
    client.force_login(administrator)
    client.post(address(record, "delete"))
    client.force_login(editor)
    assert client.post(address(record, "restore")).status_code == 404


def test_nothing_is_deleted_by_following_a_link(client, record, administrator):
    client.force_login(administrator)
    client.get(address(record, "delete"))
    assert Occurrence.objects.filter(guid=record.guid).exists()
    assert client.get(address(record, "restore")).status_code == 405


def test_a_number_too_long_for_its_index_is_told_at_its_field(client, record, editor):
    client.force_login(editor)
    where = address(record, "edit")
    number = "".join(f"{n:x}" for n in range(4000))
    page = post(client, where, fields_of(client.get(where)), catalog_number=number)
    assert page.status_code == 200
    assert "at most 500 characters" in page.content.decode()
    record.refresh_from_db()
    assert record.catalog_number == "H 1"


def test_a_character_no_text_may_hold_is_dropped(client, record, administrator):
    client.force_login(administrator)
    asked = {"catalog_number": "H\0 1", "collection": str(record.collection.guid)}
    answer = client.post("/occurrences/read/", asked, headers={"HX-Trigger-Name": "catalog_number"})
    assert str(record.guid) in answer.content.decode()
    client.post(address(record, "delete"), {"reason": "twice\0 "})
    assert ChangeSet.objects.get(kind="deletion").reason == "twice"
