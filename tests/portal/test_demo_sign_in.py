import pytest
from django.test import Client
from django.urls import reverse

from portal.views import DEMO_ACCOUNTS
from tests import make

pytestmark = pytest.mark.django_db
SIGN_IN = "/demo/sign-in/"


@pytest.fixture
def person(settings):
    settings.DEMO = True
    return make.user(DEMO_ACCOUNTS[0].username)


def test_page_is_found_in_a_demonstration_alone(client, settings):
    settings.DEMO = False
    make.user(DEMO_ACCOUNTS[0].username)
    assert client.get(SIGN_IN).status_code == 404
    answer = client.post(SIGN_IN, {"username": DEMO_ACCOUNTS[0].username})
    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("username", ["", "\0", "x" * 10_000])
def test_nonsense_signs_nobody_in(client, person, username):
    assert client.post(SIGN_IN, {"username": username}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_one_click_signs_in(client, person):
    answer = client.post(SIGN_IN, {"username": person.username})
    assert answer.url == reverse("profile")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_sign_in_goes_on_within_the_site_alone(client, person):
    within = client.post(SIGN_IN, {"username": person.username, "next": "/tour/"})
    assert within.url == "/tour/"
    beyond = client.post(SIGN_IN, {"username": person.username, "next": "https://example.org/"})
    assert beyond.url == reverse("profile")


def test_nobody_outside_the_demonstration_can_be_chosen(client, person):
    make.user("somebody_real")
    assert client.post(SIGN_IN, {"username": "somebody_real"}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_looking_signs_nobody_in(client, person):
    page = client.get(SIGN_IN)
    assert str(DEMO_ACCOUNTS[0].full_name) in page.text
    assert "_auth_user_id" not in client.session


def test_signing_in_needs_the_token_of_the_page(person):
    answer = Client(enforce_csrf_checks=True).post(SIGN_IN, {"username": person.username})
    assert answer.status_code == 403
    assert "This page had grown old" in answer.text
