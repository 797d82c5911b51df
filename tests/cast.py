"""The people every test of rights is played with, and the two collections they meet in.

One role each: what a person may do beyond that role is a fault. `cast` is all of them by name.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from biocollections.models import Collection, Role
from tests import make

NAMES = (
    "visitor",  # not signed in
    "stranger",  # signed in, no role anywhere
    "reader",  # reads the exact places of the herbarium
    "editor",  # edits the herbarium
    "administrator",  # administers the herbarium
    "other_editor",  # edits the other herbarium
    "other_administrator",  # administers the other herbarium
    "collector",  # owns a personal profile
    "taxonomist",  # edits taxa, portal-wide
    "portal_admin",  # administers the portal, no collection
)


_COLLECTIONS: dict[str, dict[str, str]] = {
    "herbarium": {"code": "HERB", "name": "Herbarium of the cast"},
    "other_herbarium": {"code": "OTHER", "name": "Another herbarium"},
    "personal_profile": {
        "code": "OWN",
        "name": "Field notes of a collector",
        "type": "personal",
    },
}
# The role of each, and in which collection; nobody else of the cast has any.
_ROLES: dict[str, tuple[str, str]] = {
    "reader": (Role.PROTECTED_DATA_READER, "herbarium"),
    "editor": (Role.EDITOR, "herbarium"),
    "administrator": (Role.ADMINISTRATOR, "herbarium"),
    "other_editor": (Role.EDITOR, "other_herbarium"),
    "other_administrator": (Role.ADMINISTRATOR, "other_herbarium"),
    "collector": (Role.ADMINISTRATOR, "personal_profile"),
    "taxonomist": (Role.TAXONOMY_EDITOR, ""),
    "portal_admin": (Role.PORTAL_ADMIN, ""),
}


def gather() -> tuple[dict[str, Collection], dict[str, Any]]:
    """Make the collections and everybody, the visitor included; both by name."""
    collections = {name: make.collection(**values) for name, values in _COLLECTIONS.items()}
    return collections, {name: _person(name, collections) for name in NAMES}


@pytest.fixture
def herbarium(db: None) -> Collection:
    """The collection of reader, editor and administrator."""
    return make.collection(**_COLLECTIONS["herbarium"])


@pytest.fixture
def other_herbarium(db: None) -> Collection:
    """The collection of the other editor and administrator; public as well."""
    return make.collection(**_COLLECTIONS["other_herbarium"])


@pytest.fixture
def personal_profile(db: None) -> Collection:
    """The collector's own observations."""
    return make.collection(**_COLLECTIONS["personal_profile"])


@pytest.fixture
def visitor() -> AnonymousUser:
    return AnonymousUser()


@pytest.fixture
def stranger(db: None) -> Any:
    return make.user("stranger")


@pytest.fixture
def reader(herbarium: Collection) -> Any:
    return _person("reader", {"herbarium": herbarium})


@pytest.fixture
def editor(herbarium: Collection) -> Any:
    return _person("editor", {"herbarium": herbarium})


@pytest.fixture
def administrator(herbarium: Collection) -> Any:
    return _person("administrator", {"herbarium": herbarium})


@pytest.fixture
def other_editor(other_herbarium: Collection) -> Any:
    return _person("other_editor", {"other_herbarium": other_herbarium})


@pytest.fixture
def other_administrator(other_herbarium: Collection) -> Any:
    return _person("other_administrator", {"other_herbarium": other_herbarium})


@pytest.fixture
def collector(personal_profile: Collection) -> Any:
    return _person("collector", {"personal_profile": personal_profile})


@pytest.fixture
def taxonomist(db: None) -> Any:
    return _person("taxonomist", {})


@pytest.fixture
def portal_admin(db: None) -> Any:
    return _person("portal_admin", {})


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Everybody by name, the visitor included."""
    return {name: request.getfixturevalue(name) for name in NAMES}


def client_of(person: Any) -> Client:
    """Return a browser in which this person is signed in; a visitor is not."""
    client = Client(raise_request_exception=False)
    if person.is_authenticated:
        client.force_login(person)
    return client


def _person(name: str, collections: dict[str, Collection]) -> Any:
    if name == "visitor":
        return AnonymousUser()
    person = make.user(name)
    if name in _ROLES:
        role, within = _ROLES[name]
        make.grant(person, role, collections[within] if within else None)
    return person
