"""Registering: by whom, with what, and that nothing works before the address is confirmed."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountEvent, Invitation
from accounts.tasks import UNCONFIRMED_KEPT, forget
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

User = get_user_model()
FORM = {
    "username": "luis",
    "email": "luis@example.org",
    "first_name": "Luis",
    "last_name": "Gómez & Sons",
    "password1": "wood-rat-den-7",
    "password2": "wood-rat-den-7",
    "orcid": "https://orcid.org/0000-0002-1825-0097",
    "institution": "Herbarium of Sonora",
}


def register(client=None, **changes):
    return (client or Client()).post(reverse("account_signup"), {**FORM, **changes})


def confirm(letter):
    link = re.search(r"https?://\S+?(/accounts/confirm-email/\S+)", letter.body)[1]
    return Client().post(link)


def signed_in(name="luis", password="wood-rat-den-7"):
    client = Client()
    client.post(reverse("account_login"), {"login": name, "password": password})
    return client if "_auth_user_id" in client.session else None


def test_an_account_works_once_its_address_is_confirmed():
    response = register()
    assert response.url == reverse("account_email_verification_sent")
    assert signed_in() is None
    confirm(mail.outbox[0])
    assert signed_in() and signed_in("luis@example.org")
    luis = User.objects.get(username="luis")
    assert (luis.orcid, luis.institution) == ("0000-0002-1825-0097", "Herbarium of Sonora")
    kinds = AccountEvent.objects.filter(person=luis).values_list("kind", flat=True)
    assert set(kinds) == {"registered", "confirmed"}


def test_an_unconfirmed_account_can_write_nothing():
    """New accounts write nothing public until confirmed: they can't even sign in."""
    client = Client()
    register(client)
    assert client.get(reverse("profile")).status_code == 302
    assert client.post(reverse("accounts:profile"), {"is_public": "on"}).status_code == 302
    assert not User.objects.get(username="luis").is_public


def test_registering_with_a_known_address_looks_the_same_and_tells_its_owner():
    """AC-U7: same page as new; mail tells the owner."""
    make.user("ana", email="ana@example.org")
    new, known = register(), register(username="other", email="ANA@example.org")
    assert (new.status_code, new.url) == (known.status_code, known.url)
    pages = [Client().get(each.url).content for each in (new, known)]
    assert len(pages[0]) == len(pages[1])
    assert not User.objects.filter(username="other").exists()
    assert mail.outbox[1].to == ["ana@example.org"]
    assert "no second one was made" in mail.outbox[1].body


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "guid", "left_at", "is_public"])
def test_a_form_gives_nobody_more_than_it_asks(field):
    """AC-A4: extra fields are ignored."""
    register(**{field: "1"})
    luis = User.objects.get(username="luis")
    assert not luis.is_staff and not luis.is_superuser and not luis.is_public
    assert luis.left_at is None and str(luis.guid) != "1"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("orcid", "0000-0002-1825-0098", "mistyped"),
        ("orcid", "my orcid", "looks like"),
        ("first_name", "", "required"),
        ("email", "luis@example.org\nBcc: all@example.org", "valid email"),
        ("password2", "another", "same password"),
        ("password1", "luis@example.org", "too similar"),
        ("username", "lu is", "valid username"),
        ("username", "ana@example.org", "has no @"),
    ],
)
def test_what_can_not_be_right_is_said(field, value, says):
    """AC-U6 among them: a line break in an address is refused."""
    response = register(**{field: value})
    assert response.status_code == 200 and says in response.content.decode()
    assert not User.objects.exists() and not mail.outbox


def test_two_user_names_that_differ_in_case_are_one():
    make.user("LUIS")
    assert register().status_code == 200


def test_nobody_registers_where_it_is_closed(settings):
    settings.REGISTRATION = "closed"
    assert "made by the portal" in Client().get(reverse("account_signup")).content.decode()
    register()
    assert not User.objects.exists()


def test_an_invitation_lets_one_person_register(settings, portal_admin):
    settings.REGISTRATION = "invitation"
    invited = client_of(portal_admin).post(
        reverse("accounts:invite"), {"email": "luis@example.org", "reason": "curates our ferns"}
    )
    assert invited.status_code == 302
    link = re.search(r"https?://\S+?(/accounts/invitation/\S+)", mail.outbox[0].body)[1]
    client = Client()
    assert client.get(link).url == reverse("account_signup")
    register(client)
    assert signed_in(), "the invitation came by mail: the address needs no other link"
    assert Invitation.objects.get().used_by == User.objects.get(username="luis")
    assert Client().get(link).status_code == 410
    register(username="second", email="second@example.org")
    assert not User.objects.filter(username="second").exists()


def test_an_invitation_is_for_one_address(settings, portal_admin):
    settings.REGISTRATION = "invitation"
    client_of(portal_admin).post(
        reverse("accounts:invite"), {"email": "luis@example.org", "reason": "ferns"}
    )
    link = re.search(r"https?://\S+?(/accounts/invitation/\S+)", mail.outbox[0].body)[1]
    client = Client()
    client.get(link)
    response = register(client, email="other@example.org")
    assert "Your invitation is for luis@example.org" in response.content.decode()
    assert not User.objects.filter(username="luis").exists()


def test_a_registration_nobody_confirmed_is_forgotten():
    make.user("ana")
    register()
    forget()
    assert User.objects.count() == 2
    User.objects.update(date_joined=timezone.now() - UNCONFIRMED_KEPT * 2)
    forget()
    assert [user.username for user in User.objects.all()] == ["ana"]


def test_names_stand_in_mails_as_they_are_written():
    register(username="gomez+sons")
    assert "gomez+sons" in mail.outbox[0].body and "&amp;" not in mail.outbox[0].body
