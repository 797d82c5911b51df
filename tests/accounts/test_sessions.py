"""Sessions: a new one at each sign-in, none after signing out, and no cookie for all."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/occurrences/", "/collections/", "/tour/", "/accounts/retrieve-login/done/"]
WITH_FORMS = ["/accounts/login/", "/accounts/password/reset/", "/accounts/retrieve-login/"]


@pytest.fixture
def ana():
    return make.user("ana", email="ana@example.org")


def sign_in(client=None):
    client = client or Client()
    client.post(reverse("account_login"), {"login": "ana", "password": "secret"})
    assert "_auth_user_id" in client.session
    return client


def test_signing_in_gives_a_new_session(ana):
    """AC-U5: the session's id before and after differs."""
    client = Client()
    session = client.session
    session["seen"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_signing_out_ends_the_session_on_the_server(ana):
    """AC-U5: logout kills server-side."""
    client = sign_in()
    key = client.session.session_key
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["sessionid"] = key
    assert not Session.objects.filter(session_key=key).exists()
    assert thief.get(reverse("profile")).status_code == 302


@pytest.mark.parametrize("address", PUBLIC + WITH_FORMS)
def test_every_page_varies_by_cookie(address):
    """AC-U5: Vary: Cookie on all."""
    assert "Cookie" in Client().get(address)["Vary"]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_a_cache_may_keep_sets_no_cookie(address):
    """AC-U5: no Set-Cookie on cacheable pages."""
    assert not Client().get(address).cookies


@pytest.mark.parametrize("address", WITH_FORMS)
def test_a_page_that_sets_a_cookie_is_kept_by_no_shared_cache(address):
    response = Client().get(address)
    assert response.cookies and "private" in response["Cache-Control"]


def test_signing_out_elsewhere_ends_the_other_sessions_alone(ana):
    here, there, clicked = sign_in(), sign_in(), Client()
    clicked.force_login(ana)
    page = here.get(reverse("usersessions_list"))
    assert page.status_code == 200
    here.post(reverse("usersessions_list"))
    assert here.get(reverse("profile")).status_code == 200
    assert there.get(reverse("profile")).status_code == 302


def test_a_new_password_ends_the_other_sessions_alone(ana):
    here, there = sign_in(), sign_in()
    form = {"oldpassword": "secret", "password1": "wood-rat-7", "password2": "wood-rat-7"}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert here.get(reverse("profile")).status_code == 200
    assert there.get(reverse("profile")).status_code == 302


def test_cookies_travel_over_https_alone_and_scripts_can_not_read_them(ana):
    client = Client()
    with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client.get(reverse("account_login"), secure=True)
        form = {"login": "ana", "password": "secret"}
        client.post(reverse("account_login"), form, secure=True)
    for name in ("sessionid", "csrftoken", "device"):
        cookie = client.cookies[name]
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", name


@pytest.mark.parametrize("next_page", ["https://example.com/", "//example.com", "javascript:x"])
def test_signing_in_leads_to_no_other_site(ana, next_page):
    """AC-U6: no open redirect in next=."""
    client = Client()
    form = {"login": "ana", "password": "secret", "next": next_page}
    assert client.post(reverse("account_login"), form).url == "/profile/"
    assert client.post(reverse("account_logout"), {"next": next_page}).url == "/"


def test_signing_in_leads_back_to_where_one_was(ana):
    form = {"login": "ANA@example.org", "password": "secret", "next": "/tour/"}
    assert Client().post(reverse("account_login"), form).url == "/tour/"
