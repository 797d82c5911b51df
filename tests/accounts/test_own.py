"""My account: profile, user name, address, what is held about me, and going."""

import io
import json
import re
import time
import zipfile

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent
from biocollections.models import Grant
from journal.models import ChangeSet
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

PROFILE = {"first_name": "Ana", "last_name": "Ríos", "orcid": "", "institution": "UNISON"}


@pytest.fixture
def ana():
    return make.user("ana", email="ana@example.org")


@pytest.fixture
def client(ana):
    """Ana's browser, in which she has just typed her password."""
    client = Client()
    client.post(reverse("account_login"), {"login": "ana", "password": "secret"})
    client.post(reverse("account_reauthenticate"), {"password": "secret"})
    return client


def test_a_profile_is_nobody_elses_business_unless_it_is_public(ana, client):
    client.post(reverse("accounts:profile"), PROFILE)
    ana.refresh_from_db()
    assert Client().get(ana.get_absolute_url()).status_code == 404
    assert "Only you see this page" in client.get(ana.get_absolute_url()).content.decode()
    client.post(reverse("accounts:profile"), {**PROFILE, "is_public": "on"})
    page = Client().get(ana.get_absolute_url()).content.decode()
    assert "Ana Ríos" in page and "UNISON" in page
    assert "ana@example.org" not in page


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "username", "email", "password"])
def test_the_profile_form_changes_nothing_else(ana, client, field):
    """AC-A4: extra fields are ignored."""
    before = getattr(ana, field)
    client.post(reverse("accounts:profile"), {**PROFILE, field: "1"})
    ana.refresh_from_db()
    assert getattr(ana, field) == before and ana.institution == "UNISON"


def test_a_user_name_can_be_changed_and_the_change_is_kept(ana, client):
    make.user("luis")
    page = reverse("accounts:user_name")
    assert "a user of this name" in client.post(page, {"username": "LUIS"}).content.decode()
    assert client.post(page, {"username": "a.rios"}).status_code == 302
    ana.refresh_from_db()
    assert ana.username == "a.rios"
    assert AccountEvent.objects.get(person=ana).words == "ana → a.rios"


@pytest.mark.parametrize("page", ["accounts:user_name", "accounts:leave", "mfa_activate_totp"])
def test_what_matters_asks_for_the_password_again(ana, page):
    client = client_of(ana)
    answer = client.post(reverse(page), {"username": "ana"})
    assert answer.status_code == 302 and "reauthenticate" in answer.url
    assert get_user_model().objects.get(pk=ana.pk).username == "ana"


def test_an_address_changes_when_the_new_one_is_confirmed(ana, client):
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    ana.refresh_from_db()
    assert ana.email == "ana@example.org"
    link = re.search(r"https?://\S+?(/accounts/confirm-email/\S+)", mail.outbox[0].body)[1]
    Client().post(link)
    ana.refresh_from_db()
    assert ana.email == "new@example.org"
    assert [each.email for each in EmailAddress.objects.filter(user=ana)] == ["new@example.org"]
    told = [letter.to[0] for letter in mail.outbox[1:]]
    assert told == ["ana@example.org"], "the old address is told"


def test_somebody_elses_address_can_not_be_taken(ana, client):
    make.user("luis", email="luis@example.org")
    client.post(reverse("account_email"), {"action_add": "", "email": "luis@example.org"})
    for letter in mail.outbox:
        for link in re.findall(r"https?://\S+?(/accounts/confirm-email/\S+)", letter.body):
            Client().post(link)
    ana.refresh_from_db()
    assert ana.email == "ana@example.org"


def test_everything_held_about_me_is_mine_to_download(ana, client, herbarium):
    make.grant(ana, "editor", herbarium)
    make.change_set(ana, herbarium, reason="spelling")
    response = client.post(reverse("accounts:export"))
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        held = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert held["account.json"][0]["email"] == "ana@example.org"
    assert "password" not in held["account.json"][0]
    assert held["change_sets.json"][0]["reason"] == "spelling"
    assert held["roles.json"][0]["role"] == "editor"
    assert held["sessions.json"] and held["addresses.json"]


def test_going_takes_the_account_and_leaves_the_work(ana, client, herbarium, administrator):
    make.grant(ana, "editor", herbarium)
    record = make.occurrence(herbarium)
    done = make.edit(record, ana, habitat="oak woodland")
    wrong = client.post(reverse("accounts:leave"), {"username": "luis"})
    assert "not your user name" in wrong.content.decode()
    assert client.post(reverse("accounts:leave"), {"username": "ana"}).url == "/"
    ana.refresh_from_db()
    assert (ana.email, ana.first_name, ana.orcid, ana.is_active) == ("", "", "", False)
    assert "ana" not in ana.username
    assert not Grant.objects.valid().filter(user=ana).exists()
    assert not EmailAddress.objects.filter(user=ana).exists()
    assert ChangeSet.objects.get(pk=done.pk).user == ana
    record.refresh_from_db()
    assert record.habitat == "oak woodland"
    assert client.get(reverse("profile")).status_code == 302
    make.user("ana", email="ana@example.org")  # both names are free again


def test_nobody_leaves_a_collection_without_an_administrator(ana, client, herbarium):
    make.grant(ana, "administrator", herbarium)
    page = client.post(reverse("accounts:leave"), {"username": "ana"}).content.decode()
    assert "Herbarium of the cast" in page
    ana.refresh_from_db()
    assert ana.email == "ana@example.org"
    make.grant(make.user("luis"), "administrator", herbarium)
    assert client.post(reverse("accounts:leave"), {"username": "ana"}).url == "/"


def test_a_second_factor_is_asked_for(ana, client, django_capture_on_commit_callbacks):
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert AccountEvent.objects.filter(person=ana, kind="second factor").exists()
    other = Client()
    answer = other.post(reverse("account_login"), {"login": "ana", "password": "secret"})
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert other.get(reverse("profile")).status_code == 302
