"""The help desk: whom it can help, how, and that every act is kept."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountEvent, SentMail
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

REASON = {"reason": "telephoned, known to me"}


@pytest.fixture
def ana(herbarium):
    person = make.user("ana", email="ana@example.org", first_name="Ana")
    make.grant(person, "editor", herbarium)
    return person


@pytest.fixture
def desk(portal_admin):
    return client_of(portal_admin)


def act(client, name, person, **form):
    return client.post(reverse(f"accounts:{name}", args=[person.guid]), {**REASON, **form})


def logged_delivery(settings):
    settings.EMAIL_BACKEND = "accounts.mailing.Logged"
    settings.MAIL_DELIVERY = "django.core.mail.backends.locmem.EmailBackend"


def test_the_help_desk_finds_people_and_sees_what_was_mailed(desk, ana, settings):
    logged_delivery(settings)
    Client().post(reverse("account_reset_password"), {"email": "ana@example.org"})
    found = desk.get(reverse("accounts:help_desk"), {"name": "an exam"}).content.decode()
    assert reverse("accounts:help_person", args=[ana.guid]) in found
    page = desk.get(reverse("accounts:help_person", args=[ana.guid])).content.decode()
    assert "A new password" in page and "handed to the mail server" in page


def test_a_mail_that_could_not_be_sent_is_seen_and_breaks_no_page(desk, ana, settings):
    logged_delivery(settings)
    settings.MAIL_DELIVERY = "no.such.Backend"
    answer = Client().post(reverse("account_reset_password"), {"email": "ana@example.org"})
    assert answer.url == reverse("account_reset_password_done")
    page = desk.get(reverse("accounts:help_person", args=[ana.guid])).content.decode()
    assert "not sent" in page and "ModuleNotFoundError" in page


def test_a_mail_can_be_sent_again(desk, ana):
    act(desk, "help_mail", ana)
    assert "/accounts/password/reset/key/" in mail.outbox[0].body
    assert AccountEvent.objects.get(person=ana).kind == AccountEvent.Kind.MAIL


def test_a_one_time_link_is_shown_once_told_to_the_person_and_kept(desk, ana, portal_admin):
    page = act(desk, "help_link", ana).content.decode()
    link = re.search(r"http://\S+?(/accounts/password/reset/key/[^<]+)", page)[1]
    form = Client().get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    assert link not in mail.outbox[0].body and mail.outbox[0].to == ["ana@example.org"]
    event = AccountEvent.objects.get(person=ana)
    assert (event.kind, event.by, event.reason) == ("link", portal_admin, REASON["reason"])
    again = desk.get(reverse("accounts:help_person", args=[ana.guid])).content.decode()
    assert link not in again


def test_nothing_is_done_without_a_reason(desk, ana):
    Authenticator.objects.create(user=ana, type="totp", data={"secret": "x"})
    for name in ("help_link", "help_address", "sign_in_as", "help_factors"):
        answer = act(desk, name, ana, reason="", email="new@example.org")
        assert "This field is required" in answer.content.decode()
    assert not AccountEvent.objects.exists() and not mail.outbox
    assert desk.get(reverse("profile")).wsgi_request.acting is None


def test_an_address_is_changed_and_both_are_told(desk, ana):
    act(desk, "help_address", ana, email="New@example.org")
    ana.refresh_from_db()
    assert ana.email == "new@example.org"
    assert [letter.to[0] for letter in mail.outbox] == ["ana@example.org", "new@example.org"]
    assert AccountEvent.objects.get(person=ana).words == "ana@example.org → new@example.org"
    client = Client()
    client.post(reverse("account_login"), {"login": "new@example.org", "password": "secret"})
    assert "_auth_user_id" in client.session, "it needs no other confirmation"


def test_an_address_of_somebody_else_is_refused(desk, ana):
    make.user("luis", email="luis@example.org")
    answer = act(desk, "help_address", ana, email="luis@example.org")
    assert "Another account has this address" in answer.content.decode()


def test_the_helper_sees_what_the_person_sees_and_the_header_says_so(desk, ana, herbarium):
    record = make.occurrence(herbarium)
    edit = reverse("occurrences:edit", args=[record.guid])
    assert desk.get(edit).status_code == 403
    act(desk, "sign_in_as", ana)
    page = desk.get(edit)
    assert page.status_code == 200
    assert "you are signed in as <b>Ana</b>" in page.content.decode()
    assert REASON["reason"] in page.content.decode()
    back = desk.post(reverse("accounts:be_myself"))
    assert back.url == reverse("accounts:help_person", args=[ana.guid])
    assert desk.get(edit).status_code == 403


def test_acting_is_kept_with_its_end_and_what_was_changed(desk, ana, herbarium, portal_admin):
    act(desk, "sign_in_as", ana)
    make.edit(make.occurrence(herbarium), ana, habitat="oak woodland")
    desk.post(reverse("accounts:be_myself"))
    event = AccountEvent.objects.get(person=ana)
    assert (event.kind, event.by, event.reason) == ("acting", portal_admin, REASON["reason"])
    assert event.until > event.at and event.detail == {"changes": 1}
    ana.refresh_from_db()
    assert ana.last_login is None, "the person has not signed in"


@pytest.mark.parametrize(
    "page",
    [
        "accounts:leave",
        "accounts:profile",
        "accounts:user_name",
        "accounts:export",
        "account_change_password",
        "account_email",
        "mfa_index",
        "usersessions_list",
        "account_logout",
    ],
)
def test_the_account_itself_stays_closed_while_acting(desk, ana, page):
    act(desk, "sign_in_as", ana)
    assert desk.get(reverse(page)).status_code == 403
    assert desk.post(reverse(page), {"username": "ana"}).status_code == 403


def test_the_account_stays_closed_where_the_portal_lies_below_a_path(desk, ana):
    act(desk, "sign_in_as", ana)
    page = reverse("account_change_password")
    assert desk.get(page, SCRIPT_NAME="/portal").status_code == 403


def test_nobody_acts_as_an_administrator_of_the_portal_or_as_himself(desk, portal_admin):
    other = make.user("other_admin")
    make.grant(other, "portal admin")
    for person in (other, portal_admin):
        for name in ("sign_in_as", "help_link", "help_address", "help_factors"):
            assert act(desk, name, person, email="x@example.org").status_code == 403, name
    assert not AccountEvent.objects.exists()


def test_acting_ends_when_an_hour_is_over(desk, ana):
    act(desk, "sign_in_as", ana)
    AccountEvent.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert desk.get(reverse("profile")).context["user"].username == "portal_admin"
    assert AccountEvent.objects.get().until


def test_acting_ends_with_the_helpers_right(desk, ana, portal_admin):
    act(desk, "sign_in_as", ana)
    portal_admin.grants.update(revoked_at=timezone.now())
    assert desk.get(reverse("profile")).context["user"].username == "portal_admin"


def test_acting_ends_when_the_person_comes_to_administer_the_portal(desk, ana):
    act(desk, "sign_in_as", ana)
    make.grant(ana, "portal admin")
    assert desk.get(reverse("profile")).context["user"].username == "portal_admin"


def test_lost_second_factors_can_be_taken_away(desk, ana):
    Authenticator.objects.create(user=ana, type="totp", data={"secret": "x"})
    act(desk, "help_factors", ana)
    assert not Authenticator.objects.filter(user=ana).exists()
    assert mail.outbox[0].to == ["ana@example.org"]


def test_no_mail_is_kept_outside_a_demonstration(ana, settings):
    logged_delivery(settings)
    Client().post(reverse("account_reset_password"), {"email": "ana@example.org"})
    kept = SentMail.objects.get()
    assert kept.body == "" and kept.kind == "account/email/password_reset_key"
    settings.DEMO = True
    Client().post(reverse("account_reset_password"), {"email": "ana@example.org"})
    shown = Client().get(reverse("accounts:demo_mail", args=[SentMail.objects.first().guid]))
    assert "/accounts/password/reset/key/" in shown.content.decode()
    assert Client().get(reverse("accounts:demo_mails")).status_code == 200
