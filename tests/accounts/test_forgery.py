"""Every address that changes something wants a token of the reader's own."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from tests import make, routes
from tests.test_access import ROWS

pytestmark = pytest.mark.django_db

POSTS = [row for row in ROWS if row.method == "POST"]
THIRD_PARTY = [
    "account_login",
    "account_signup",
    "account_logout",
    "account_reset_password",
    "account_change_password",
    "account_email",
    "mfa_login_webauthn",
    "usersessions_list",
    "set_language",
]


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def token_of_another():
    client = Client()
    return client.get(reverse("account_login")).cookies["csrftoken"].value


def test_no_form_is_taken_without_a_token_or_with_anothers(scene, administrator):
    """AC-U8: each state-changing URL without token, with token of other session → 403."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    client.get(reverse("account_change_password"))
    addresses = [
        reverse(row.route, args=[scene.get(word, word) for word in row.about.split()])
        for row in POSTS
    ] + [reverse(name) for name in THIRD_PARTY]
    other = token_of_another()
    for address in addresses:
        assert client.post(address).status_code == 403, address
        form = {"csrfmiddlewaretoken": other}
        assert client.post(address, form).status_code == 403, address


def test_a_form_from_another_site_is_refused():
    """AC-U8: also where it has a token."""
    client = Client(enforce_csrf_checks=True)
    token = client.get(reverse("account_login")).cookies["csrftoken"].value
    make.user("ana")
    form = {"login": "ana", "password": "secret", "csrfmiddlewaretoken": token}
    origin = {"HTTP_ORIGIN": "https://example.com"}
    assert client.post(reverse("account_login"), form, **origin).status_code == 403
    assert client.post(reverse("account_login"), form).status_code == 302


def test_looking_at_a_page_of_allauth_changes_nothing(administrator):
    """AC-U8: via GET. Ours answer 405 (tests/test_access.py)."""
    client = Client()
    client.force_login(administrator)
    for name in THIRD_PARTY:
        assert name in routes.THIRD_PARTY
        client.get(reverse(name))
    assert "_auth_user_id" in client.session
