"""My Profile of a collector: his profile's page, opening one, and the way to his backup."""

import pytest
from django.urls import reverse

from biocollections import sponsoring
from biocollections.models import Role
from journal.guids import new_guid
from occurrences import personal
from tests import make

pytestmark = pytest.mark.django_db

PAGE = "/profile/occurrences/"


@pytest.fixture
def signed_in(client, collector):
    client.force_login(collector)
    return client


def test_a_profile_leads_to_all_that_can_be_done(signed_in, personal_profile):
    make.occurrences(personal_profile, [{}, {"record_security": 5}])
    page = signed_in.get(PAGE)
    [shown] = page.context["profiles"]
    assert (shown.records, shown.private, shown.is_owner) == (2, 1, True)
    for name in ("add", "import_new", "imports", "changes", "comments_of", "download_new"):
        assert reverse(f"occurrences:{name}", args=[personal_profile.guid]) in page.text
    for name in ("table", "record_search", "clusters", "label_runs", "my_collections"):
        assert reverse(f"occurrences:{name}") in page.text
    assert "Download backup file (CSV extract)" in page.text


def test_the_backup_is_one_click_away_on_occurrence_management(signed_in, personal_profile):
    page = signed_in.get(reverse("profile"))
    assert "Download backup file (CSV extract)" in page.text
    begun = signed_in.post(
        reverse("occurrences:download_new", args=[personal_profile.guid]), {"format": "csv"}
    )
    assert begun.status_code == 302


def test_an_assistant_sees_what_an_editor_may_do(client, stranger, personal_profile, collector):
    make.grant(stranger, Role.EDITOR, personal_profile)
    client.force_login(stranger)
    page = client.get(PAGE)
    [shown] = page.context["profiles"]
    assert (shown.is_owner, shown.owner, shown.assistants) == (False, collector, [stranger])
    assert reverse("occurrences:add", args=[personal_profile.guid]) in page.text
    for name in ("import_new", "download_new", "personal_default"):
        assert reverse(f"occurrences:{name}", args=[personal_profile.guid]) not in page.text


def test_the_owner_names_assistants_by_the_page_of_permissions(
    signed_in, personal_profile, stranger
):
    address = reverse("collections:permissions", args=[personal_profile.guid])
    assert address in signed_in.get(PAGE).text
    form = {"person": "stranger", "role": Role.EDITOR, "reason": "types my labels"}
    signed_in.post(address, form)
    assert [each.assistants for each in personal.profiles_of(stranger)] == [[stranger]]


def test_the_page_says_how_much_room_is_left(settings, signed_in, personal_profile):
    settings.PERSONAL_QUOTA = 1200
    make.occurrence(personal_profile)
    assert "room for 1,199" in signed_in.get(PAGE).text
    settings.PERSONAL_QUOTA = 0
    assert "room for" not in signed_in.get(PAGE).text


def test_who_has_no_profile_is_told_how_to_get_one(settings, client, stranger):
    client.force_login(stranger)
    settings.PERSONAL_PROFILES = "sponsored"
    page = client.get(PAGE)
    assert reverse("occurrences:personal_open") not in page.text
    assert reverse("collections:list") in page.text
    settings.PERSONAL_PROFILES = "open"
    assert reverse("occurrences:personal_open") in client.get(PAGE).text


def test_anybody_opens_his_own_where_the_portal_lets_him(settings, client, stranger):
    settings.PERSONAL_PROFILES = "open"
    client.force_login(stranger)
    address = reverse("occurrences:personal_open")
    assert "person" not in client.get(address).context["form"].fields
    done = client.post(address, {"name": "Walks", "private_records": "on", "person": "editor"})
    assert done.url == PAGE
    made = sponsoring.profile_of(stranger)
    assert (made.name, made.private_records) == ("Walks", True)
    assert client.get(address).url == PAGE


def test_a_sponsor_names_whom_it_is_for(settings, client, administrator, collector, stranger):
    settings.PERSONAL_PROFILES = "sponsored"
    client.force_login(administrator)
    address = reverse("occurrences:personal_open")
    assert client.get(f"{address}?person=stranger").context["form"]["person"].value() == "stranger"
    assert client.post(address, {"person": "stranger"}).url == address
    assert sponsoring.profile_of(stranger).name == "Field notes of stranger"
    refused = client.post(address, {"person": "collector"})
    assert "has a personal profile already" in refused.text
    refused = client.post(address, {"person": "nobody-at-all"})
    assert "Nobody has an account" in refused.text


def test_the_people_pages_lead_to_opening_one(client, portal_admin, administrator, herbarium):
    address = reverse("occurrences:personal_open")
    client.force_login(portal_admin)
    person = reverse("collections:person", args=[administrator.guid])
    assert f"{address}?person=administrator" in client.get(person).text
    client.force_login(administrator)
    assert address in client.get(reverse("collections:permissions", args=[herbarium.guid])).text


def test_an_image_vouchered_observation_takes_its_picture_with_the_form(
    signed_in, personal_profile
):
    link = f"{reverse('occurrences:add', args=[personal_profile.guid])}?basis=HumanObservation"
    assert f"{link}#media" in signed_in.get(PAGE).text
    page = signed_in.get(link)
    assert page.context["form"].initial["basis_of_record"] == "HumanObservation"
    assert 'id="media-files"' in page.text


def test_the_next_new_record_is_of_the_same_basis(signed_in, personal_profile):
    address = reverse("occurrences:add", args=[personal_profile.guid])
    for then in ("new", "carry"):
        form = {
            "guid": str(new_guid()),
            "record_number": "1",
            "basis_of_record": "PreservedSpecimen",
            "then": then,
        }
        onward = signed_in.post(f"{address}?basis=PreservedSpecimen", form)
        initial = signed_in.get(onward.url).context["form"].initial
        assert initial["basis_of_record"] == "PreservedSpecimen"


def test_the_page_asks_the_database_few_questions(
    django_assert_max_num_queries, signed_in, personal_profile
):
    with django_assert_max_num_queries(45):
        signed_in.get(PAGE)
