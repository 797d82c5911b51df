from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from biocollections.models import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["profile", "account"])
def test_visitor_is_sent_to_sign_in(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_my_collections_lead_to_their_control_panels(
    client, administrator, herbarium, other_herbarium
):
    make.occurrence(herbarium)
    client.force_login(administrator)
    page = client.get(reverse("profile"))
    assert reverse("collections:manage", args=[herbarium.guid]) in page.text
    assert other_herbarium.name not in page.text
    [(heading, [mine])] = page.context["groups"]
    assert (str(heading), mine.record_count, mine.my_roles) == ("Collections", 1, ["Administrator"])


def test_groups_follow_the_type_of_collection(client, stranger):
    for kind in ("personal", "observation", "fossil", "preserved"):
        make.grant(stranger, Role.EDITOR, make.collection(type=kind))
    client.force_login(stranger)
    groups = client.get(reverse("profile")).context["groups"]
    assert [(str(heading), len(collections)) for heading, collections in groups] == [
        ("Collections", 2),
        ("Observation projects", 1),
        ("Personal observations", 1),
    ]


def test_expired_role_gives_no_way_in(client, stranger, herbarium):
    yesterday = timezone.now() - timedelta(days=1)
    make.grant(
        stranger,
        Role.EDITOR,
        herbarium,
        valid_from=yesterday - timedelta(days=1),
        valid_until=yesterday,
    )
    client.force_login(stranger)
    assert client.get(reverse("profile")).context["groups"] == []
    assert herbarium.name not in client.get(reverse("account")).text


def test_what_i_did_is_mine_alone(client, editor, administrator, herbarium):
    make.change_set(editor, herbarium, reason="corrected the date")
    client.force_login(administrator)
    assert "corrected the date" not in client.get(reverse("profile")).text
    client.force_login(editor)
    assert "corrected the date" in client.get(reverse("profile")).text
