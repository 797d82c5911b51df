"""Manage Permissions of a collection, of the portal and of a person, as pages."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from biocollections import granting
from biocollections.models import Collection, Grant, Role
from tests import make


def page_of(collection: Collection) -> str:
    return reverse("collections:permissions", args=[collection.guid])


def test_a_role_is_given_by_user_name_or_address_and_taken_with_one_click(
    client: Client, herbarium: Collection, administrator: Any
) -> None:
    for number, written in enumerate(("ANA0", "ana1@example.org")):
        ana = make.user(f"ana{number}")
        client.force_login(administrator)
        form = {"person": written, "role": "editor", "reason": "new curator"}
        page = client.post(page_of(herbarium), form, follow=True).content.decode()
        assert f"ana{number} is now Editor." in page
        assert Collection.objects.editable_by(ana).contains(herbarium)
        held = Grant.objects.get(user=ana)
        answer = client.post(reverse("collections:grant_revoke", args=[held.guid]), follow=True)
        assert "no longer Editor" in answer.content.decode()
        assert not Collection.objects.editable_by(ana).exists()


def test_the_message_undoes_it(client: Client, herbarium: Collection, administrator: Any) -> None:
    ana = make.user("ana")
    client.force_login(administrator)
    client.post(page_of(herbarium), {"person": "ana", "role": "editor", "reason": "why"})
    made = granting.histories(Grant.objects.filter(user=ana))
    change_set = next(iter(made.values()))[0].change_set
    client.post(reverse("occurrences:undo", args=[change_set.guid]))
    assert not Collection.objects.editable_by(ana).exists()
    page = client.get(reverse("occurrences:change_set", args=[change_set.guid])).content.decode()
    assert "ana · Editor" in page


def test_what_is_wrong_is_said_at_its_field(
    client: Client, herbarium: Collection, administrator: Any
) -> None:
    client.force_login(administrator)
    form = {"person": "nobody", "role": "editor", "reason": "why"}
    assert "Nobody has an account" in client.post(page_of(herbarium), form).content.decode()
    form = {"person": "administrator", "role": "editor", "reason": "why"}
    assert "Nobody gives himself more" in client.post(page_of(herbarium), form).content.decode()
    assert Grant.objects.filter(collection=herbarium).count() == 1


def test_the_page_keeps_who_had_a_role(
    client: Client, herbarium: Collection, administrator: Any, editor: Any
) -> None:
    held = Grant.objects.get(user=editor)
    granting.revoke(held, by=administrator, reason="has left the house")
    client.force_login(administrator)
    page = client.get(page_of(herbarium)).content.decode()
    assert "Ended (1)" in page and "has left the house" in page


def test_the_end_of_a_role_is_changed_on_its_page(
    client: Client, administrator: Any, editor: Any
) -> None:
    held = Grant.objects.get(user=editor)
    client.force_login(administrator)
    answer = client.post(held.get_absolute_url(), {"until": "2999-12-31", "reason": "guest"})
    assert answer.status_code == 302
    held.refresh_from_db()
    assert str(held.last_day) == "2999-12-31"
    page = client.get(held.get_absolute_url()).content.decode()
    assert 'value="2999-12-31"' in page and "guest" in page


def test_editors_read_nothing_of_roles_in_the_list_of_changes(
    client: Client, herbarium: Collection, administrator: Any, editor: Any, taxonomist: Any
) -> None:
    made = granting.grant(
        make.user("ana"), Role.EDITOR, herbarium, by=administrator, reason="ousts the other"
    )
    portal_wide = granting.grant(make.user("eve"), Role.TAXONOMY_EDITOR, reason="of the portal")
    client.force_login(editor)
    address = reverse("occurrences:changes", args=[herbarium.guid])
    assert "ousts the other" not in client.get(address).content.decode()
    client.force_login(administrator)
    assert "ousts the other" in client.get(address).content.decode()
    client.force_login(taxonomist)
    for grant in (made, portal_wide):
        change_set = granting.histories([grant])[grant.guid][0].change_set
        assert (
            client.get(reverse("occurrences:change_set", args=[change_set.guid])).status_code == 404
        )


def test_a_person_reads_his_own_permissions_and_gives_none(
    client: Client, herbarium: Collection, editor: Any
) -> None:
    client.force_login(editor)
    address = reverse("collections:person", args=[editor.guid])
    page = client.get(address).content.decode()
    assert herbarium.name in page and "Revoke" not in page and "Give the role" not in page
    assert client.post(address, {"role": "portal admin", "reason": "why"}).status_code == 403


def test_a_portal_admin_finds_a_person_and_gives_a_role_anywhere(
    client: Client, herbarium: Collection, portal_admin: Any
) -> None:
    ana = make.user("ana")
    client.force_login(portal_admin)
    people = client.get(reverse("collections:people"), {"q": "an"}).content.decode()
    address = reverse("collections:person", args=[ana.guid])
    assert address in people
    client.post(address, {"role": "taxonomy editor", "reason": "why"})
    client.post(address, {"role": "editor", "collection": herbarium.pk, "reason": "why"})
    assert ana.has_perm("taxonomy.change_taxon")
    assert Collection.objects.editable_by(ana).contains(herbarium)


def test_suggestions_tell_no_address(client: Client, administrator: Any) -> None:
    make.user("rivas", email="hidden@example.org", last_name="Rivas", first_name="Ana")
    client.force_login(administrator)
    found = client.get(reverse("collections:people_suggest"), {"person": "riv"}).content.decode()
    assert '<option value="rivas">Ana Rivas</option>' in found
    assert "example.org" not in found


def test_pages_take_few_queries(
    client: Client, herbarium: Collection, administrator: Any, django_assert_max_num_queries: Any
) -> None:
    for _number in range(20):
        granting.grant(make.user(), Role.EDITOR, herbarium, by=administrator, reason="why")
    client.force_login(administrator)
    with django_assert_max_num_queries(16):
        client.get(page_of(herbarium))
