import pytest
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db


def test_counts_are_those_of_now(client, herbarium):
    make.occurrence(herbarium)
    assert "1 record " in words(client.get("/"))
    make.occurrence(herbarium)
    assert "2 records" in words(client.get("/"))


def test_wholly_protected_record_counts_for_its_editors_alone(client, herbarium, editor):
    make.occurrence(herbarium, record_security=5)
    assert client.get("/").context["record_total"] == 0
    client.force_login(editor)
    assert client.get("/").context["record_total"] == 1


def test_private_collection_is_listed_for_its_members_alone(client, editor, herbarium):
    herbarium.is_public = False
    herbarium.save()
    make.occurrence(herbarium)
    page = client.get("/")
    assert herbarium.name not in page.text
    assert page.context["record_total"] == 0
    client.force_login(editor)
    assert herbarium.name in client.get("/").text


def test_label_shows_no_protected_record(client, herbarium):
    open_record = make.occurrence(herbarium, catalog_number="OPEN-1")
    make.occurrence(herbarium, catalog_number="HIDDEN-1", record_security=1)
    assert client.get("/").context["newest"] == open_record


def test_personal_profiles_stand_apart(client, personal_profile, herbarium):
    context = client.get("/").context
    assert context["kept"] == [herbarium]
    assert context["personal"] == [personal_profile]


def test_queries_do_not_grow_with_collections(client, django_assert_max_num_queries):
    for _ in range(12):
        make.occurrence()
    with django_assert_max_num_queries(6):
        client.get("/")


def test_search_stands_in_every_header(client, herbarium):
    for name in ("home", "tour", "account_login"):
        page = client.get(reverse(name))
        assert f'action="{reverse("occurrences:search")}"' in page.text


def test_theme_follows_its_cookie_and_nothing_else(client):
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in client.get("/").text
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/").text


def words(response) -> str:
    return " ".join(response.text.split())
