"""Reset Password and Retrieve Login: the way back in, which tells a stranger nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import make

pytestmark = pytest.mark.django_db

NEW = "wood-rat-den-7"
PAGES = ["account_reset_password", "accounts:retrieve_login"]


@pytest.fixture
def ana():
    return make.user("ana", email="ana@example.org")


def asked(name, email):
    """Ask as a stranger and return what he sees, the token against forgery left out."""
    client = Client()
    response = client.post(reverse(name), {"email": email}, follow=True)
    return [step[0] for step in response.redirect_chain], without_tokens(response)


def without_tokens(response):
    return re.sub(r'csrf[^>]+value="\w+"', "", response.content.decode())


def link_in(letter):
    return re.search(r"https?://\S+(/accounts/password/reset/key/\S+)", letter.body)[1]


def set_password(client, link, password=NEW):
    form = client.get(link, follow=True)
    return client.post(
        form.request["PATH_INFO"], {"password1": password, "password2": password}, follow=True
    )


def may_sign_in(name, password):
    client = Client()
    client.post(reverse("account_login"), {"login": name, "password": password})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("name", PAGES)
def test_known_and_unknown_addresses_get_the_same_answer_and_a_mail_each(ana, name):
    """AC-U1: same body, status and path, so that nothing is left to time."""
    known, unknown = asked(name, "ana@example.org"), asked(name, "nobody@example.org")
    assert known == unknown
    assert [letter.to for letter in mail.outbox] == [["ana@example.org"], ["nobody@example.org"]]


def test_only_the_mail_tells_the_user_name(ana):
    asked("accounts:retrieve_login", "ANA@example.org")
    asked("accounts:retrieve_login", "nobody@example.org")
    known, unknown = mail.outbox
    assert "    ana\n" in known.body
    assert "No account here has this address" in unknown.body


def test_a_link_sets_a_new_password_once(ana):
    """AC-U2: single use, bound to the password's hash; no password by mail."""
    asked("account_reset_password", ana.email)
    link = link_in(mail.outbox[0])
    assert "secret" not in mail.outbox[0].body
    assert "Your new password is set" in set_password(Client(), link).content.decode()
    assert may_sign_in("ana", NEW) and not may_sign_in("ana", "secret")
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_a_link_is_void_after_an_hour(ana, monkeypatch):
    """AC-U2: at most an hour."""
    asked("account_reset_password", ana.email)
    link = link_in(mail.outbox[0])
    later = timezone.now().replace(tzinfo=None) + timedelta(minutes=61)
    monkeypatch.setattr(
        "django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: later
    )
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()


def test_a_new_password_ends_every_session(ana):
    """AC-U2: old sessions ended."""
    elsewhere = Client()
    elsewhere.force_login(ana)
    asked("account_reset_password", ana.email)
    set_password(Client(), link_in(mail.outbox[0]))
    assert elsewhere.get(reverse("profile")).status_code == 302


def test_asking_changes_nothing(ana):
    """AC-U3: the old password still works."""
    before = get_user_model().objects.values().get(pk=ana.pk)
    asked("account_reset_password", ana.email)
    assert get_user_model().objects.values().get(pk=ana.pk) == before
    assert may_sign_in("ana", "secret")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("email", ["ana@example.org", "nobody@example.org"])
def test_nobody_is_flooded_with_mails(ana, name, email):
    """Beyond three in twenty minutes nothing is sent, and the answer stays the same."""
    answers = [asked(name, email) for _time in range(5)]
    assert all(answer == answers[0] for answer in answers)
    assert len(mail.outbox) == 3


def test_a_switched_off_account_gets_no_link(ana):
    ana.is_active = False
    ana.save()
    asked("account_reset_password", ana.email)
    assert "No account here" in mail.outbox[0].body


def test_the_sign_in_page_warns_of_a_second_account():
    page = Client().get(reverse("account_login")).content.decode()
    for words in ("create a new one", "Reset Password", "Retrieve Login"):
        assert words in page
