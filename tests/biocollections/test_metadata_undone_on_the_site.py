"""A change of metadata is read and taken back on the same pages as every other change."""

from django.urls import reverse

from biocollections import metadata
from tests import make


def changed(collection, by, **values):
    seen = metadata.told(collection)
    return metadata.change(collection.guid, seen, {**seen, **values}, by)


def test_administrators_read_and_undo_it(client, herbarium, administrator):
    change_set = changed(herbarium, administrator, description="Plants of the desert")
    client.force_login(administrator)
    page = client.get(reverse("occurrences:change_set", args=[change_set.guid]))
    assert page.status_code == 200
    assert "Plants of the desert" in page.text
    client.post(reverse("occurrences:undo", args=[change_set.guid]))
    herbarium.refresh_from_db()
    assert herbarium.description == ""


def test_it_stands_in_the_list_of_changes(client, herbarium, administrator, editor):
    changed(herbarium, administrator, description="Plants of the desert")
    client.force_login(editor)
    assert "Metadata" in client.get(reverse("occurrences:changes", args=[herbarium.guid])).text


def test_editors_may_not_undo_it(client, herbarium, administrator, editor):
    change_set = changed(herbarium, administrator, description="Plants of the desert")
    client.force_login(editor)
    answer = client.post(reverse("occurrences:undo", args=[change_set.guid]))
    assert answer.status_code == 403
    herbarium.refresh_from_db()
    assert herbarium.description == "Plants of the desert"


def test_other_collections_see_nothing_of_it(client, herbarium, administrator, other_administrator):
    private = make.collection("PRIVATE", is_public=False, administrator=administrator)
    change_set = changed(private, administrator, description="Plants of the desert")
    client.force_login(other_administrator)
    page = client.get(reverse("occurrences:change_set", args=[change_set.guid]))
    assert page.status_code == 404
