"""create_user and create_collection: what they make, what they refuse, what they print."""

import json
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from biocollections.models import Collection, Grant, Role, is_portal_admin
from tests import make

ANA = ("ana", "--email", "ana@example.org", "--password", "ocotillo-7")


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the JSON object on the last line of standard output."""
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


def test_a_user_made_by_command_can_sign_in(db: None) -> None:
    call_command("create_user", *ANA)
    ana = authenticate(username="ana", password="ocotillo-7")
    assert ana is not None and ana.email == "ana@example.org"
    assert not is_portal_admin(ana)


def test_admin_makes_a_portal_administrator(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_user", *ANA, "--admin", "--json")
    assert printed(capsys) == {
        "user": "ana",
        "guid": str(get_user_model().objects.get().guid),
        "admin": True,
    }
    assert is_portal_admin(get_user_model().objects.get())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ANA", "--email", "b@example.org", "--password", "ocotillo-7"), "already"),
        (("bea", "--email", "Ana@example.org", "--password", "ocotillo-7"), "already"),
        (("bea", "--email", "no address", "--password", "ocotillo-7"), "valid email"),
        (("b e a", "--email", "b@example.org", "--password", "ocotillo-7"), "valid username"),
        (("bea", "--email", "b@example.org", "--password", "  "), "blank"),
    ],
)
def test_an_account_that_will_not_do_is_refused_in_one_line(
    db: None, arguments: tuple[str, ...], said: str
) -> None:
    call_command("create_user", *ANA)
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("create_user", *arguments)
    assert "\n" not in str(refusal.value)
    assert get_user_model().objects.count() == 1


def test_a_collection_is_preserved_and_public_unless_told_otherwise(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = make.user("ana")
    call_command(
        "create_collection", "ARIZ-Fungi", "--name", "Fungi", "--administrator", "ana", "--json"
    )
    made = Collection.objects.get()
    assert (made.type, made.is_public) == ("preserved", True)
    assert (made.institution_code, made.collection_code) == ("ARIZ", "Fungi")
    assert Collection.objects.managed_by(ana).get() == made
    assert printed(capsys) == {
        "collection": "ARIZ-Fungi",
        "guid": str(made.guid),
        "type": "preserved",
        "public": True,
        "administrator": "ana",
    }


def test_a_private_collection_is_seen_by_its_administrator_alone(db: None) -> None:
    make.user("ana")
    options = ("--name", "Notes", "--type", "personal", "--private", "--administrator", "ana")
    call_command("create_collection", "NOTES", *options)
    assert not Collection.objects.visible_to(make.user()).exists()
    owner = Grant.objects.get(role=Role.ADMINISTRATOR).user
    assert Collection.objects.visible_to(owner).get().type == "personal"


@pytest.mark.parametrize(
    ("code", "name", "administrator", "said"),
    [
        ("herb", "Twin", "ana", "already"),
        ("NEW", "Nobody's", "bea", "no user bea"),
        ("NEW", " " * 3, "ana", "blank"),
        ("N" * 93, "Long", "ana", "at most"),
    ],
)
def test_a_collection_that_will_not_do_is_refused_in_one_line(
    db: None, code: str, name: str, administrator: str, said: str
) -> None:
    make.collection("HERB", administrator=make.user("ana"))
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("create_collection", code, "--name", name, "--administrator", administrator)
    assert "\n" not in str(refusal.value)
    assert Collection.objects.count() == 1


def test_a_role_is_given_and_taken_by_command(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    ana, within = make.user("ana"), make.collection("ARIZ")
    about = ("ana@example.org", "protected-data-reader", "--collection", "ariz")
    call_command("grant", *about, "--until", "2999-12-31", "--reason", "study", "--json")
    told = printed(capsys)
    held = Grant.objects.get(user=ana)
    assert told == {
        "grant": str(held.guid),
        "user": "ana",
        "role": "protected data reader",
        "collection": "ARIZ",
        "until": "2999-12-31",
        "scope": {},
    }
    assert Collection.objects.places_readable_by(ana).contains(within)
    call_command("revoke", *about, "--reason", "done", "--json")
    assert printed(capsys)["revoked"] == [str(held.guid)]
    assert not Collection.objects.places_readable_by(ana).exists()


def test_a_grant_by_command_may_be_limited(db: None) -> None:
    ana = make.user("ana")
    make.collection("ARIZ")
    about = ("ana", "identifier", "--collection", "ARIZ", "--reason", "knows oaks")
    call_command("grant", *about, "--taxa", "Quercus; Lithocarpus")
    assert Grant.objects.get(user=ana).scope == {"taxa": ["Lithocarpus", "Quercus"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("grant", "nobody", "editor", "--collection", "ARIZ"), "no user nobody"),
        (("grant", "ana", "editor", "--collection", "X"), "no collection X"),
        (("grant", "ana", "editor"), "can't be given here"),
        (("grant", "ana", "portal-admin", "--collection", "ARIZ"), "can't be given here"),
        (("revoke", "ana", "editor", "--collection", "ARIZ"), "ana is not editor of ARIZ"),
    ],
)
def test_roles_that_make_no_sense_are_refused_in_one_line(
    db: None, arguments: tuple[str, ...], said: str
) -> None:
    make.user("ana")
    make.collection("ARIZ")
    with pytest.raises(CommandError, match=said) as refusal:
        call_command(*arguments, "--reason", "why")
    assert "\n" not in str(refusal.value)
    assert not Grant.objects.exists()
