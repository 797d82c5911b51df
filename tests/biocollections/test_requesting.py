"""Requests for exact places: who asks, who decides, what it opens, and when it closes."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import leaving
from biocollections import granting, requesting
from biocollections.models import AccessDecision, AccessEntry, AccessRequest, Grant, Role
from biocollections.tasks import remind
from occurrences.models import Occurrence
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

PERMIT = b"%PDF-1.7 the permit"
TODAY = timezone.localdate


def ask(person, *collections, **changes):
    form = {
        "project": "Red list of Sonora",
        "purpose": "Where do they still grow?",
        "taxa": "Cereus",
        "until": str(TODAY() + timedelta(days=90)),
        "collections": [str(each.guid) for each in collections],
        "agreed": "on",
        **changes,
    }
    given = {name: value for name, value in form.items() if value is not None}
    return client_of(person).post(reverse("collections:access_new"), given)


def asked_of(collection):
    return AccessDecision.objects.get(collection=collection)


def decide(person, decision, pressed="grant", **changes):
    form = {
        "reason": "Good luck.",
        "until": str(TODAY() + timedelta(days=30)),
        "taxa": "Cereus",
        "decision": pressed,
        **changes,
    }
    return client_of(person).post(reverse("collections:access_decide", args=[decision.guid]), form)


def post(person, route, about, **form):
    return client_of(person).post(reverse(f"collections:{route}", args=[about.guid]), form)


def page_of(person, asked):
    return client_of(person).get(asked.get_absolute_url())


def reads_exactly(person, record):
    person = type(person).objects.get(pk=person.pk)  # as the next page would fetch him
    return bool(Occurrence.objects.visible_to(person).get(pk=record.pk).disclosed)


@pytest.fixture
def cactus(herbarium):
    return make.occurrence(
        herbarium, scientific_name="Cereus planus", locality="behind the hill", record_security=1
    )


@pytest.fixture
def oak(herbarium):
    return make.occurrence(
        herbarium, scientific_name="Quercus alba", locality="in the wood", record_security=1
    )


# --- asking ---------------------------------------------------------------------------------------


def test_one_request_goes_to_many_collections_and_each_decides_for_its_own(
    stranger, administrator, other_administrator, herbarium, other_herbarium
):
    assert ask(stranger, herbarium, other_herbarium).status_code == 302
    asked = AccessRequest.objects.get()
    assert {letter.to[0] for letter in mail.outbox} == {
        "administrator@example.org",
        "other_administrator@example.org",
    }
    assert decide(administrator, asked_of(other_herbarium)).status_code == 404
    decide(administrator, asked_of(herbarium))
    decide(other_administrator, asked_of(other_herbarium), "deny", reason="We keep none.")
    assert [each.state for each in asked.decisions.all()] == ["denied", "granted"]
    mine = page_of(stranger, asked).content.decode()
    assert "Good luck." in mine and "We keep none." in mine
    theirs = page_of(other_administrator, asked).content.decode()
    assert "We keep none." in theirs and "Good luck." not in theirs


def test_who_decides_for_two_collections_gets_one_mail(stranger, administrator, herbarium):
    second = make.collection("SECOND", administrator=administrator)
    ask(stranger, herbarium, second)
    [letter] = mail.outbox
    assert herbarium.name in letter.body and second.name in letter.body


def test_the_same_request_twice_is_kept_once(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    ask(stranger, herbarium)
    assert AccessRequest.objects.count() == 1 and len(mail.outbox) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"agreed": None},
        {"purpose": ""},
        {"project": ""},
        {"collections": []},
        {"until": "2020-01-01"},
        {"until": None},
        {"since": str(TODAY() + timedelta(days=200))},
        {"countries": "Atlantis"},
    ],
)
def test_a_request_that_says_too_little_or_nonsense_is_not_sent(
    stranger, administrator, herbarium, changes
):
    assert ask(stranger, herbarium, **changes).status_code == 200
    assert not AccessRequest.objects.exists() and not mail.outbox


def test_nobody_asks_a_collection_he_can_not_see_or_reads_already(stranger, reader, herbarium):
    private = make.collection("PRIVATE", is_public=False)
    assert ask(stranger, private).status_code == 200
    assert ask(reader, herbarium).status_code == 200
    assert not AccessRequest.objects.exists()


def test_the_form_comes_filled_in_from_a_protected_record(stranger, cactus):
    page = client_of(stranger).get(cactus.get_absolute_url()).content.decode()
    link = reverse("collections:access_new")
    assert link in page
    address = page[page.index(link) :].split('"')[0].replace("&amp;", "&")
    form = client_of(stranger).get(address).content.decode()
    assert 'value="Cereus planus"' in form
    assert f'value="{cactus.collection.guid}"' in form and "checked" in form


# --- the attached file ----------------------------------------------------------------------------


def test_a_permit_is_handed_to_both_sides_alone_and_to_no_cache(
    stranger, administrator, portal_admin, editor, other_administrator, herbarium
):
    ask(stranger, herbarium, attached=SimpleUploadedFile('a "permit".pdf', PERMIT, "text/html"))
    asked = AccessRequest.objects.get()
    address = reverse("collections:access_file", args=[asked.guid])
    for person in (stranger, administrator, portal_admin):
        answer = client_of(person).get(address)
        assert b"".join(answer.streaming_content) == PERMIT
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    for person in (editor, other_administrator):
        assert client_of(person).get(address).status_code == 404
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", b"%PDF-" + bytes(10 * 1024 * 1024)]
)
def test_files_of_other_kinds_and_large_ones_are_refused(
    stranger, herbarium, administrator, content
):
    answer = ask(stranger, herbarium, attached=SimpleUploadedFile("permit.pdf", content))
    assert answer.status_code == 200 and not AccessRequest.objects.exists()


# --- deciding -------------------------------------------------------------------------------------


def test_a_grant_opens_what_it_names_until_its_day_and_ends(
    stranger, administrator, herbarium, cactus, oak
):
    ask(stranger, herbarium)
    assert not reads_exactly(stranger, cactus)
    decide(administrator, asked_of(herbarium))
    given = Grant.objects.get(user=stranger)
    assert (given.role, given.scope) == (Role.PROTECTED_DATA_READER, {"taxa": ["Cereus"]})
    assert (given.granted_by, given.last_day) == (administrator, TODAY() + timedelta(days=30))
    assert granting.histories([given])[given.guid]
    assert reads_exactly(stranger, cactus) and not reads_exactly(stranger, oak)
    assert mail.outbox[-1].to == ["stranger@example.org"] and "Good luck." in mail.outbox[-1].body
    then = timezone.now() - timedelta(days=1)
    Grant.objects.update(valid_from=then - timedelta(days=1), valid_until=then)
    assert not reads_exactly(stranger, cactus)
    assert "expired" in page_of(stranger, AccessRequest.objects.get()).content.decode()


def test_access_always_ends(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    assert decide(administrator, asked_of(herbarium), until="").status_code == 200
    assert not Grant.objects.filter(user=stranger).exists() and asked_of(herbarium).is_open


def test_access_starts_on_the_day_that_was_asked_for(stranger, administrator, herbarium, cactus):
    ask(stranger, herbarium, since=str(TODAY() + timedelta(days=7)))
    decide(administrator, asked_of(herbarium))
    assert Grant.objects.get(user=stranger).state == "future"
    assert not reads_exactly(stranger, cactus)


def test_who_is_asked_back_answers_and_it_is_decided_then(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    decide(administrator, asked_of(herbarium), "ask", reason="Which valley?")
    assert "Which valley?" in mail.outbox[-1].body
    assert asked_of(herbarium).state == "asked back"
    post(stranger, "access_answer", asked_of(herbarium), text="The one of the Sonora.")
    assert asked_of(herbarium).state == "open"
    assert mail.outbox[-1].to == ["administrator@example.org"]
    assert "The one of the Sonora." in mail.outbox[-1].body
    page = page_of(administrator, AccessRequest.objects.get()).content.decode()
    assert page.index("Which valley?") < page.index("The one of the Sonora.")
    decide(administrator, asked_of(herbarium))
    assert asked_of(herbarium).state == "granted"


def test_what_is_decided_or_withdrawn_stays_so(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    post(stranger, "access_withdraw", asked_of(herbarium))
    decide(administrator, asked_of(herbarium))
    post(stranger, "access_answer", asked_of(herbarium), text="Once more.")
    assert asked_of(herbarium).state == "withdrawn"
    assert not Grant.objects.filter(user=stranger).exists()


def test_one_click_revokes_and_both_sides_read_it(stranger, administrator, herbarium, cactus):
    ask(stranger, herbarium)
    decide(administrator, asked_of(herbarium))
    post(administrator, "access_revoke", asked_of(herbarium))
    assert not reads_exactly(stranger, cactus)
    assert mail.outbox[-1].to == ["stranger@example.org"] and "revoked" in mail.outbox[-1].subject
    for person in (stranger, administrator):
        page = page_of(person, AccessRequest.objects.get()).content.decode()
        assert "Revoked" in page and "Granted" in page
    post(administrator, "access_revoke", asked_of(herbarium))
    assert AccessEntry.objects.filter(kind="revoked").count() == 1


def test_who_asks_can_neither_grant_nor_revoke(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    assert decide(stranger, asked_of(herbarium)).status_code == 403
    decide(administrator, asked_of(herbarium))
    assert post(stranger, "access_revoke", asked_of(herbarium)).status_code == 403
    assert Grant.objects.get(user=stranger).state == "valid"


def test_portal_admins_see_all_and_revoke_and_leave_the_rest_to_collections(
    stranger, administrator, portal_admin, herbarium
):
    ask(stranger, herbarium)
    asked = AccessRequest.objects.get()
    assert page_of(portal_admin, asked).status_code == 200
    listed = client_of(portal_admin).get(reverse("collections:access_requests"))
    assert asked.get_absolute_url() in listed.content.decode()
    assert decide(portal_admin, asked_of(herbarium)).status_code == 403
    decide(administrator, asked_of(herbarium))
    post(portal_admin, "access_revoke", asked_of(herbarium))
    assert asked_of(herbarium).standing == "revoked"


def test_a_collection_lists_its_requests(stranger, administrator, herbarium):
    ask(stranger, herbarium)
    address = reverse("collections:access_collection", args=[herbarium.guid])
    assert "Red list of Sonora" in client_of(administrator).get(address).content.decode()


# --- reminding ------------------------------------------------------------------------------------


@pytest.fixture
def help_desk(settings):
    settings.HELP_DESK = "help@example.org"
    return settings.HELP_DESK


def test_the_help_desk_is_reminded_once_a_week_of_what_nobody_answers(
    stranger, administrator, herbarium, help_desk
):
    ask(stranger, herbarium)
    mail.outbox.clear()
    remind()
    assert not mail.outbox
    AccessDecision.objects.update(waiting_since=timezone.now() - timedelta(days=15))
    remind()
    remind()
    [letter] = mail.outbox
    assert letter.to == [help_desk] and herbarium.name in letter.body
    AccessDecision.objects.update(reminded_at=timezone.now() - timedelta(days=8))
    remind()
    assert len(mail.outbox) == 2


def test_nobody_is_reminded_of_what_waits_for_the_person(
    stranger, administrator, herbarium, help_desk
):
    ask(stranger, herbarium)
    decide(administrator, asked_of(herbarium), "ask", reason="Which valley?")
    AccessDecision.objects.update(waiting_since=timezone.now() - timedelta(days=15))
    assert requesting.remind() == 0


def test_a_collection_without_administrator_is_the_help_desks(stranger, herbarium, help_desk):
    ask(stranger, herbarium)
    assert [letter.to for letter in mail.outbox] == [[help_desk]]


def test_the_beat_reminds(settings):
    tasks = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert remind.name in tasks


# --- what is held about a person ------------------------------------------------------------------


def test_who_leaves_takes_his_files_and_open_requests_with_him(
    stranger, administrator, herbarium, other_herbarium, django_capture_on_commit_callbacks
):
    ask(stranger, herbarium, attached=SimpleUploadedFile("permit.pdf", PERMIT))
    decide(administrator, asked_of(herbarium))
    ask(stranger, other_herbarium)
    kept = AccessRequest.objects.get(decisions__collection=herbarium)
    storage, name = kept.file.storage, kept.file.name
    assert b"Red list of Sonora" in b"".join(_members(leaving.export(stranger)))
    with django_capture_on_commit_callbacks(execute=True):
        leaving.leave(stranger)
    assert list(AccessRequest.objects.all()) == [kept]
    assert not storage.exists(name) and not AccessRequest.objects.get().file
    assert asked_of(herbarium).standing == "revoked"


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]
