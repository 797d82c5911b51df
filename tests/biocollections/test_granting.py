"""Giving and taking roles: who may, that nobody raises himself, and that each can be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from biocollections import granting
from biocollections.models import Collection, Grant, Role
from journal import undo
from journal.models import Change, ChangeSet
from tests import make

TODAY = timezone.localdate


def given(person: Any, role: str, within: Collection | None, by: Any, **options: Any) -> Grant:
    return granting.grant(person, role, within, by=by, reason="new curator", **options)


def change_set_of(grant: Grant) -> ChangeSet:
    return granting.histories([grant])[grant.guid][0].change_set


GIVING = {"administrator", "portal_admin"}


def test_roles_in_a_collection_are_given_by_its_administrators_and_portal_admins(
    herbarium: Collection, cast: dict[str, Any]
) -> None:
    for name, person in cast.items():
        if name == "visitor":
            continue
        newcomer = make.user()
        if name in GIVING:
            given(newcomer, Role.EDITOR, herbarium, person)
        else:
            with pytest.raises(PermissionDenied):
                given(newcomer, Role.EDITOR, herbarium, person)
        edits = Collection.objects.editable_by(newcomer).contains(herbarium)
        assert edits is (name in GIVING), name


def test_portal_wide_roles_are_given_by_portal_admins_alone(cast: dict[str, Any]) -> None:
    for name, person in cast.items():
        if name not in ("visitor", "portal_admin"):
            with pytest.raises(PermissionDenied):
                given(make.user(), Role.TAXONOMY_EDITOR, None, person)
    newcomer = make.user()
    given(newcomer, Role.TAXONOMY_EDITOR, None, cast["portal_admin"])
    assert newcomer.has_perm("taxonomy.change_taxon")


def test_nobody_raises_himself(
    herbarium: Collection, administrator: Any, portal_admin: Any
) -> None:
    with pytest.raises(PermissionDenied):
        given(portal_admin, Role.ADMINISTRATOR, herbarium, portal_admin)
    with pytest.raises(PermissionDenied):
        given(portal_admin, Role.TAXONOMY_EDITOR, None, portal_admin)
    own = Grant.objects.get(user=administrator)
    granting.change(own, by=portal_admin, reason="a year", until=TODAY() + timedelta(days=365))
    shortened = change_set_of(own)
    with pytest.raises(PermissionDenied):
        granting.change(own, by=administrator, reason="for ever", until=None)
    done = undo.undo(shortened, administrator)
    own.refresh_from_db()
    assert own.valid_until is not None
    assert done.counts == {"conflicts": 1}


def test_a_role_ends_with_its_last_day(herbarium: Collection, administrator: Any) -> None:
    newcomer = make.user()
    made = given(newcomer, Role.EDITOR, herbarium, administrator, until=TODAY())
    assert Collection.objects.editable_by(newcomer).contains(herbarium)
    assert made.last_day == TODAY()
    passed = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(pk=made.pk).update(
        valid_from=passed - timedelta(days=1), valid_until=passed
    )
    assert not Collection.objects.editable_by(newcomer).exists()
    made.refresh_from_db()
    assert made.state == "expired"


def test_a_revoked_role_is_void_at_once_and_stays_in_the_history(
    herbarium: Collection, administrator: Any, editor: Any
) -> None:
    held = Grant.objects.get(user=editor)
    granting.revoke(held, by=administrator, reason="has left")
    assert not Collection.objects.editable_by(editor).exists()
    made = Change.objects.get(kind="grant", row_guid=held.guid)
    assert (made.change_set.user, made.change_set.reason) == (administrator, "has left")
    assert granting.revoke(held, by=administrator) is None


def test_giving_and_taking_are_undone_and_done_again(
    herbarium: Collection, administrator: Any
) -> None:
    newcomer = make.user()

    def edits() -> bool:
        return Collection.objects.editable_by(newcomer).contains(herbarium)

    made = given(newcomer, Role.EDITOR, herbarium, administrator)
    undone = undo.undo(change_set_of(made), administrator)
    assert not edits()
    undo.undo(undone, administrator)
    assert edits()
    made.refresh_from_db()
    taken = granting.revoke(made, by=administrator)
    assert taken and not edits()
    undo.undo(taken, administrator)
    assert edits()


def test_a_changed_end_is_undone(herbarium: Collection, administrator: Any, editor: Any) -> None:
    held = Grant.objects.get(user=editor)
    made = granting.change(held, by=administrator, reason="guest", until=TODAY())
    assert made and held.last_day == TODAY()
    undo.undo(made, administrator)
    held.refresh_from_db()
    assert held.valid_until is None


def test_the_last_administrator_stays_unless_the_portal_takes_him(
    herbarium: Collection, administrator: Any, portal_admin: Any
) -> None:
    held = Grant.objects.get(user=administrator)
    with pytest.raises(ValidationError, match="last administrator"):
        granting.revoke(held, by=administrator)
    with pytest.raises(ValidationError, match="last administrator"):
        granting.change(held, by=administrator, reason="", until=TODAY())
    guest = make.user()
    given(guest, Role.ADMINISTRATOR, herbarium, administrator, until=TODAY())
    with pytest.raises(ValidationError, match="last administrator"):
        granting.revoke(held, by=administrator)
    granting.revoke(held, by=portal_admin)
    assert not Collection.objects.managed_by(administrator).exists()


def test_the_portal_keeps_an_administrator(portal_admin: Any) -> None:
    own = Grant.objects.get(user=portal_admin)
    with pytest.raises(ValidationError, match="last administrator"):
        granting.revoke(own, by=portal_admin)
    given(make.user(), Role.PORTAL_ADMIN, None, portal_admin)
    granting.revoke(own, by=portal_admin)
    assert not portal_admin.has_perm("collections.change_grant")


@pytest.mark.parametrize(
    ("role", "options", "field"),
    [
        (Role.PORTAL_ADMIN, {}, "role"),
        (Role.EDITOR, {"scope": {"taxa": ["Quercus"]}}, "role"),
        (Role.EDITOR, {"until": timezone.localdate() - timedelta(days=1)}, "until"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    herbarium: Collection, administrator: Any, role: str, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        given(make.user(), role, herbarium, administrator, **options)
    assert list(refusal.value.message_dict) == [field]


def test_the_same_role_is_given_once(
    herbarium: Collection, administrator: Any, editor: Any
) -> None:
    with pytest.raises(ValidationError, match="already"):
        given(editor, Role.EDITOR, herbarium, administrator)


def test_a_reason_is_needed(herbarium: Collection, administrator: Any) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        granting.grant(make.user(), Role.EDITOR, herbarium, by=administrator, reason="  ")


def test_a_personal_profile_has_one_owner(
    personal_profile: Collection, collector: Any, portal_admin: Any
) -> None:
    with pytest.raises(ValidationError, match="can't be given here"):
        given(make.user(), Role.ADMINISTRATOR, personal_profile, collector)
    assistant = make.user()
    given(assistant, Role.EDITOR, personal_profile, collector)
    assert Collection.objects.editable_by(assistant).contains(personal_profile)
    given(make.user(), Role.ADMINISTRATOR, personal_profile, portal_admin)


@pytest.mark.parametrize("role", [Role.PROTECTED_DATA_READER, Role.IDENTIFIER])
def test_a_limited_grant_gives_no_right_over_everything(
    herbarium: Collection, administrator: Any, role: Role
) -> None:
    person = make.user()
    made = given(person, role, herbarium, administrator, scope={"taxa": ["Quercus"]})
    assert not Collection.objects.places_readable_by(person).exists()
    assert not Collection.objects.identifiable_by(person).exists()
    assert list(Grant.objects.granted_within_scope(person, role)) == [made]
    granting.change(made, by=administrator, reason="knows all", scope={})
    assert not Grant.objects.granted_within_scope(person, role).exists()
    right = "places_readable_by" if role == Role.PROTECTED_DATA_READER else "identifiable_by"
    assert getattr(Collection.objects, right)(person).contains(herbarium)


def test_identifiers_add_determinations_and_edit_nothing(herbarium: Collection) -> None:
    person = make.user()
    make.grant(person, Role.IDENTIFIER, herbarium)
    assert Collection.objects.identifiable_by(person).contains(herbarium)
    assert not Collection.objects.editable_by(person).exists()


def test_few_people_are_suggested_and_only_to_who_gives_roles(
    herbarium: Collection, administrator: Any, editor: Any
) -> None:
    for number in range(20):
        make.user(f"rivas{number}", email=f"secret{number}@example.org")
    assert len(granting.suggest_people("riv", administrator)) == granting.MOST_SUGGESTED
    assert granting.suggest_people("ri", administrator) == []
    assert granting.suggest_people("secret", administrator) == []
    assert [each.username for each in granting.suggest_people("secret7@example.org", administrator)]
    assert granting.suggest_people("rivas", editor) == []


def test_nobody_looks_up_everybody(administrator: Any) -> None:
    with pytest.raises(granting.TooMany):
        for _question in range(granting.MOST_LOOKUPS * 2 + 1):  # a minute may end on the way
            granting.find_person("nobody", administrator)


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        ("occurrences.change_protection_rule", Role.PROTECTED_SPECIES_ADMIN),
        ("collections.change_grant", Role.PORTAL_ADMIN),
        ("accounts.change_user", Role.PORTAL_ADMIN),
        ("portal.change_settings", Role.PORTAL_ADMIN),
    ],
)
def test_portal_wide_permissions_come_from_their_role(
    cast: dict[str, Any], permission: str, role: Role
) -> None:
    holders = {name for name, person in cast.items() if person.has_perm(permission)}
    assert holders == {"portal_admin"}
    person = make.user()
    make.grant(person, role)
    assert person.has_perm(permission)


def test_limits_are_kept_as_codes_and_told_as_names(
    herbarium: Collection, administrator: Any
) -> None:
    scope = {"taxa": ["Quercus"], "countries": ["México"], "states": ["Son.", "MX-SIN"]}
    made = given(make.user(), Role.IDENTIFIER, herbarium, administrator, scope=scope)
    assert made.scope == {"taxa": ["Quercus"], "countries": ["MX"], "states": ["MX-SIN", "MX-SON"]}
    assert granting.scope_in_words(made.scope) == "Quercus; Mexico; Sinaloa, Sonora"


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"countries": ["Atlantis"]}, "No place is called"),
        ({"states": ["Amazonas"]}, "BR-AM"),
        ({"countries": ["Canada"], "states": ["Sonora"]}, "No place is called"),
    ],
)
def test_limits_that_name_no_one_place_are_refused(
    herbarium: Collection, administrator: Any, scope: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as refusal:
        given(make.user(), Role.IDENTIFIER, herbarium, administrator, scope=scope)
    assert refusal.value.message_dict.keys() <= scope.keys()


@pytest.mark.django_db
def test_an_account_whose_address_nobody_confirmed_is_not_found() -> None:
    """A stranger may register somebody's address and wait for a role to be given to it."""
    gives = make.user()
    make.collection(administrator=gives)
    stranger = make.user("stranger", email="curator@example.org", last_name="Curator")
    stranger.emailaddress_set.update(verified=False)
    assert granting.find_person("curator@example.org", gives) is None
    assert granting.find_person("stranger", gives) is None
    assert granting.suggest_people("Cura", gives) == []
