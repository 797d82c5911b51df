"""Join this portal: who asks, who decides, and what follows."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from biocollections import joining, richtext
from biocollections.models import Collection, Grant, JoinRequest
from journal import undo
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

BRING = {
    "name": "Ferns of Sonora",
    "institution": "University of Sonora",
    "size": "about 4,000",
    "type": "preserved",
    "management": "snapshot",
    "contact": "Ana Ríos <ana@example.org>",
    "message": "",
}
JOIN = {"role": "editor", "message": "I work on the ferns of the herbarium."}


def ask_to_join(person, into, **changes):
    address = reverse("collections:join_collection", args=[into.guid])
    return client_of(person).post(address, {**JOIN, **changes})


def decide(person, asked, decision="accept", **form):
    address = reverse("collections:join_decide", args=[asked.guid])
    return client_of(person).post(address, {"answer": "Welcome.", "decision": decision, **form})


def page_of(person, asked):
    return client_of(person).get(asked.get_absolute_url()).content.decode()


def test_the_page_lists_public_collections_to_everybody(herbarium, personal_profile):
    make.collection("HIDDEN", name="A private one", is_public=False)
    page = Client().get(reverse("collections:join")).content.decode()
    assert "Herbarium of the cast" in page
    assert "A private one" not in page and "Field notes" not in page


def test_who_asks_to_join_is_answered_by_the_administrators(stranger, administrator, herbarium):
    assert ask_to_join(stranger, herbarium).status_code == 302
    assert [letter.to for letter in mail.outbox] == [["administrator@example.org"]]
    asked = JoinRequest.objects.get()
    listed = client_of(administrator).get(reverse("collections:join_requests"))
    assert asked.get_absolute_url() in listed.content.decode()
    decide(administrator, asked)
    assert Collection.objects.editable_by(stranger).contains(herbarium)
    given = Grant.objects.get(user=stranger)
    assert (given.granted_by, given.reason) == (administrator, "Welcome.")
    assert mail.outbox[1].to == ["stranger@example.org"] and "Welcome." in mail.outbox[1].body
    assert "accepted" in page_of(stranger, asked) and "Welcome." in page_of(stranger, asked)


def test_a_declined_request_gives_nothing_and_says_why(stranger, administrator, herbarium):
    ask_to_join(stranger, herbarium)
    asked = JoinRequest.objects.get()
    decide(administrator, asked, "decline", answer="We have no ferns.")
    assert not Grant.objects.filter(user=stranger).exists()
    assert "We have no ferns." in page_of(stranger, asked)


def test_an_answer_wants_a_reason(stranger, administrator, herbarium):
    ask_to_join(stranger, herbarium)
    asked = JoinRequest.objects.get()
    assert decide(administrator, asked, answer="").status_code == 200
    assert JoinRequest.objects.get().is_open


def test_who_asks_to_bring_a_collection_is_answered_by_the_portals_administrators(
    stranger, portal_admin, administrator
):
    client_of(stranger).post(reverse("collections:bring"), BRING)
    assert [letter.to for letter in mail.outbox] == [["portal_admin@example.org"]]
    asked = JoinRequest.objects.get()
    assert decide(administrator, asked).status_code == 404
    decide(portal_admin, asked, code="USON-Ferns")
    made = Collection.objects.get(code="USON-Ferns")
    assert (made.name, made.management) == ("Ferns of Sonora", "snapshot")
    assert Collection.objects.managed_by(stranger).contains(made)
    assert str(made.guid) in page_of(stranger, asked)


def test_a_code_that_is_taken_decides_nothing(stranger, portal_admin, herbarium):
    client_of(stranger).post(reverse("collections:bring"), BRING)
    answer = decide(portal_admin, JoinRequest.objects.get(), code="HERB")
    assert "There is a collection HERB already" in answer.content.decode()
    assert JoinRequest.objects.get().is_open and len(mail.outbox) == 1


def test_a_request_is_settled_once(stranger, administrator, herbarium):
    ask_to_join(stranger, herbarium)
    asked = JoinRequest.objects.get()
    client_of(stranger).post(reverse("collections:join_withdraw", args=[asked.guid]))
    decide(administrator, asked)
    assert JoinRequest.objects.get().state == "withdrawn"
    assert not Grant.objects.filter(user=stranger).exists()


def test_the_same_request_twice_is_one(stranger, administrator, herbarium):
    for _time in range(3):
        ask_to_join(stranger, herbarium)
    assert JoinRequest.objects.count() == 1 and len(mail.outbox) == 1


@pytest.mark.parametrize("field", ["state", "collection", "by", "decided_by", "made"])
def test_a_form_asks_for_no_more_than_it_shows(stranger, administrator, herbarium, field):
    """AC-A4: extra fields are ignored."""
    ask_to_join(stranger, herbarium, **{field: "1"})
    asked = JoinRequest.objects.get()
    assert (asked.state, asked.collection, asked.by) == ("open", herbarium, stranger)


@pytest.mark.parametrize("role", ["portal admin", "taxonomy editor", "king"])
def test_nobody_asks_for_a_role_of_the_whole_portal(stranger, herbarium, role):
    assert ask_to_join(stranger, herbarium, role=role).status_code == 200
    assert not JoinRequest.objects.exists()


def test_asking_has_an_end(stranger, administrator):
    answers = [ask_to_join(stranger, make.collection()).status_code for _time in range(12)]
    assert answers == [302] * 10 + [429] * 2


def test_the_portals_text_can_be_written_and_taken_back(portal_admin):
    form = {
        "about": "<h2>Sonora</h2><p>Plants <script>alert(1)</script>of the desert.</p>",
        "siblings": "Desert fungi | https://fungi.example.org/",
    }
    client_of(portal_admin).post(reverse("collections:join_text"), form)
    page = Client().get(reverse("collections:join")).content.decode()
    assert "<h2>Sonora</h2><p>Plants of the desert.</p>" in page
    assert 'href="https://fungi.example.org/"' in page
    written = joining.write_text(portal_admin, "Another", [])
    undo.undo(written, portal_admin)
    assert joining.text().about == form["about"]
    assert joining.write_text(portal_admin, form["about"], joining.text().siblings) is None


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<p onclick="alert(1)" style="color: red">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,alert(1)">x</a>',
        "<iframe src='https://example.com'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<math><style><img src=x onerror=alert(1)></style></math>",
    ],
)
def test_nothing_that_runs_is_kept(markup):
    kept = richtext.clean(markup)
    for word in ("alert", "script", "style", "onclick", "iframe", "img", "data:"):
        assert word not in kept


def test_plain_markup_stays():
    text = "<h2>What</h2><ul><li><b>plants</b></li></ul>"
    assert richtext.clean(text) == text
    assert 'rel="noopener nofollow"' in richtext.clean('<a href="https://example.org">x</a>')
