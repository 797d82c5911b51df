"""Editing what a collection says of itself: kept, undone, and never over somebody else's words."""

import re
from html import unescape

import pytest
from django.urls import reverse

from biocollections import metadata
from biocollections.models import Contact
from journal import undo
from journal.models import Change, ChangeSet


@pytest.fixture
def curator(client, administrator):
    client.force_login(administrator)
    return administrator


def edit(collection) -> str:
    return reverse("collections:edit", args=[collection.guid])


def filled(client, collection) -> dict[str, str]:
    """Return the form as the browser would send it back."""
    page = client.get(edit(collection)).text
    data = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            data[name[1]] = unescape(value[1]) if value else "on" * ("checkbox" in tag)
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\r?\n?([^<]*)<', page):
        data[name] = unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    data.pop("q", None)
    return data


def send(client, collection, data):
    return client.post(edit(collection), data, follow=True)


def test_saving_what_is_there_changes_nothing(client, herbarium, curator):
    Contact.objects.create(collection=herbarium, last_name="Rivas", orcid="0000-0002-1825-0097")
    herbarium.latitude, herbarium.longitude = "31.5", "-110"
    herbarium.links = [{"title": "Home", "url": "https://example.org/"}]
    herbarium.save()
    page = send(client, herbarium, filled(client, herbarium))
    assert "Nothing was changed" in page.text
    assert not ChangeSet.objects.exists()


def test_public_edits_are_switched_on_in_the_form_and_off_by_undo(client, herbarium, curator):
    send(client, herbarium, filled(client, herbarium) | {"public_edits": "on"})
    herbarium.refresh_from_db()
    assert herbarium.public_edits
    undo.undo(ChangeSet.objects.get(), curator)
    herbarium.refresh_from_db()
    assert not herbarium.public_edits


def test_a_change_is_kept_in_the_history(client, herbarium, curator):
    data = filled(client, herbarium)
    data |= {"description": "Plants.", "links": "Home | https://example.org/\nhttps://e.org/x"}
    data |= {"contact-0-last_name": "Rivas", "contact-0-email": "rivas@example.org"}
    page = send(client, herbarium, data)
    assert "Plants." in page.text
    assert "rivas@example.org" in page.text
    made = ChangeSet.objects.get()
    assert (made.kind, made.user, made.collection_id) == ("metadata", curator, herbarium.pk)
    change = Change.objects.get(change_set=made)
    assert change.before == {"description": "", "links": [], "contacts": []}
    assert change.after["links"] == [
        {"title": "Home", "url": "https://example.org/"},
        {"title": "https://e.org/x", "url": "https://e.org/x"},
    ]
    herbarium.refresh_from_db()
    assert herbarium.version == 2


def test_contacts_are_added_changed_and_removed(client, herbarium, curator):
    for position, name in enumerate(("Uno", "Dos")):
        Contact.objects.create(collection=herbarium, last_name=name, position=position)
    data = filled(client, herbarium)
    data |= {"contact-0-DELETE": "on", "contact-1-role": "Curator", "contact-2-last_name": "Tres"}
    send(client, herbarium, data)
    people = list(herbarium.contacts.values_list("last_name", "role"))
    assert people == [("Dos", "Curator"), ("Tres", "")]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "This field is required"),
        ("links", "Home | javascript:alert(1)", "is no link"),
        ("source_record_url", "javascript:alert(1)", "Begin with https"),
        ("latitude", "95", "from -90 to 90"),
        ("latitude", "5", "Give both"),
        ("contact-0-email", "nobody", "valid email"),
        ("contact-0-orcid", "1", "An ORCID looks like"),
        ("license", "https://example.org/mine", "Select a valid choice"),
        ("description", "a\0b", "Null characters"),
    ],
)
def test_what_cant_be_is_said_and_nothing_saved(client, herbarium, curator, field, value, message):
    data = filled(client, herbarium) | {"contact-0-last_name": "Rivas", field: value}
    page = send(client, herbarium, data)
    assert message in unescape(page.text)
    assert not ChangeSet.objects.exists()


def test_different_fields_of_two_administrators_both_stay(client, herbarium, curator):
    mine = filled(client, herbarium)
    theirs = filled(client, herbarium) | {"rights_holder": "The university"}
    send(client, herbarium, theirs)
    send(client, herbarium, mine | {"description": "Plants."})
    herbarium.refresh_from_db()
    assert (herbarium.rights_holder, herbarium.description) == ("The university", "Plants.")


def test_the_same_field_of_two_administrators_is_shown_twice(client, herbarium, curator):
    mine = filled(client, herbarium)
    send(client, herbarium, filled(client, herbarium) | {"description": "Theirs."})
    page = send(client, herbarium, mine | {"description": "Mine."})
    assert "Theirs." in page.text
    assert "Mine." in page.text
    herbarium.refresh_from_db()
    assert herbarium.description == "Theirs."
    seen = unescape(re.search(r'name="seen" value="([^"]*)"', page.text)[1])
    send(client, herbarium, mine | {"description": "Mine.", "seen": seen})
    herbarium.refresh_from_db()
    assert herbarium.description == "Mine."


def test_a_change_is_undone_and_the_undo_too(client, herbarium, curator):
    data = filled(client, herbarium) | {"description": "Plants.", "contact-0-last_name": "Rivas"}
    send(client, herbarium, data)
    undone = undo.undo(ChangeSet.objects.get(), curator)
    herbarium.refresh_from_db()
    assert (herbarium.description, herbarium.contacts.count()) == ("", 0)
    assert undone.counts == {"reverted": 1}
    undo.undo(undone, curator)
    herbarium.refresh_from_db()
    assert (herbarium.description, herbarium.contacts.get().last_name) == ("Plants.", "Rivas")


def test_undo_leaves_alone_what_changed_since(client, herbarium, curator):
    send(client, herbarium, filled(client, herbarium) | {"description": "1", "usage_term": "u"})
    first = ChangeSet.objects.get()
    send(client, herbarium, filled(client, herbarium) | {"description": "2"})
    undone = undo.undo(first, curator)
    herbarium.refresh_from_db()
    assert (herbarium.description, herbarium.usage_term) == ("2", "")
    assert undone.conflicts == [{"record": str(herbarium.guid), "fields": ["description"]}]


def test_numbers_are_the_same_however_they_are_written(herbarium):
    herbarium.latitude, herbarium.longitude = "31.500000", "-110"
    herbarium.save()
    herbarium.refresh_from_db()
    assert metadata.told(herbarium)["latitude"] == "31.5"
    assert metadata.told(herbarium)["longitude"] == "-110"


@pytest.mark.parametrize(
    ("who", "status"),
    [("stranger", 403), ("reader", 403), ("editor", 403), ("other_administrator", 403)],
)
def test_only_its_administrators_edit_a_collection(client, cast, herbarium, who, status):
    client.force_login(cast[who])
    assert client.get(edit(herbarium)).status_code == status
    assert client.post(edit(herbarium), {"name": "Mine now"}).status_code == status
    herbarium.refresh_from_db()
    assert herbarium.name == "Herbarium of the cast"


def test_a_forged_form_is_refused(client, herbarium, curator):
    data = filled(client, herbarium) | {"seen": "forged", "description": "x"}
    assert client.post(edit(herbarium), data).status_code == 400
