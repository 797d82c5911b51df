"""A letter to the help desk, from anybody, but not without end."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

LETTER = {
    "name": "Ana",
    "email": "ana@example.org",
    "subject": "No mail comes",
    "message": "I asked for a new password.\nThree times.",
}


@pytest.fixture(autouse=True)
def desk(settings):
    settings.HELP_DESK = "help@example.org"


def write(**changes):
    return Client().post(reverse("accounts:contact"), {**LETTER, **changes})


def test_a_letter_reaches_the_help_desk():
    assert write().status_code == 302
    letter = mail.outbox[0]
    assert (letter.to, letter.reply_to) == (["help@example.org"], ["ana@example.org"])
    assert "No mail comes" in letter.subject and "Three times." in letter.body


@pytest.mark.parametrize("field", ["name", "email", "subject"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_break_adds_no_header(field, end):
    """AC-U6: e-mail header injection is rejected."""
    response = write(**{field: f"x@example.org{end}Bcc: everybody@example.org"})
    assert response.status_code == 200 and not mail.outbox


def test_there_is_an_end_to_letters():
    answers = [write().status_code for _time in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert "Nothing is locked" in write().content.decode()
    assert len(mail.outbox) == 5


def test_every_page_names_the_help_desk():
    page = Client().get("/").content.decode()
    assert "mailto:help@example.org" in page and reverse("accounts:contact") in page
