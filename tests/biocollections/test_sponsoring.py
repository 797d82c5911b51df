"""Who may open a personal profile, and for whom."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import noticing
from biocollections import sponsoring
from biocollections.models import Collection, Grant, Role
from journal.models import ChangeSet
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sponsored(settings):
    settings.PERSONAL_PROFILES = "sponsored"


@pytest.fixture
def self_service(settings):
    settings.PERSONAL_PROFILES = "open"


def test_a_sponsor_opens_a_profile_that_is_the_collectors_alone(sponsored, administrator, stranger):
    made = sponsoring.open_profile(stranger, by=administrator, name="Walks")
    assert (made.type, made.name, made.is_public) == ("personal", "Walks", True)
    assert sponsoring.owner_of(made) == stranger
    assert sponsoring.profile_of(stranger) == made
    held = Grant.objects.valid().get(collection=made)
    assert (held.user, held.role, held.granted_by) == (
        stranger,
        Role.ADMINISTRATOR,
        administrator,
    )
    assert ChangeSet.objects.get(collection_id=made.pk, kind="grant").user == administrator
    assert not Collection.objects.editable_by(administrator).filter(pk=made.pk).exists()


def test_the_collector_is_told_of_his_profile(sponsored, administrator, stranger):
    sponsoring.open_profile(stranger, by=administrator, name="Walks")
    [notice] = noticing.unread(stranger)
    assert "Walks" in noticing.sentence(notice)
    assert notice.url == "/profile/occurrences/"


def test_nobody_opens_his_own_where_profiles_are_sponsored(sponsored, stranger):
    assert not sponsoring.may_open(stranger)
    with pytest.raises(PermissionDenied):
        sponsoring.open_profile(stranger, by=stranger)


def test_anybody_opens_his_own_where_the_portal_lets_him(self_service, stranger, visitor):
    assert sponsoring.may_open(stranger)
    assert not sponsoring.may_open(visitor)
    sponsoring.open_profile(stranger, by=stranger)
    assert not noticing.unread(stranger).exists()


def test_nobody_who_is_no_administrator_opens_one_for_others(self_service, stranger, editor):
    for person in (editor, make.user()):
        with pytest.raises(PermissionDenied):
            sponsoring.open_profile(stranger, by=person)


def test_owning_notes_makes_nobody_a_sponsor(sponsored, collector, stranger):
    assert not sponsoring.may_sponsor(collector)
    with pytest.raises(PermissionDenied):
        sponsoring.open_profile(stranger, by=collector)


def test_portal_admin_is_a_sponsor(sponsored, portal_admin, stranger):
    assert sponsoring.open_profile(stranger, by=portal_admin).code.startswith("OBS-")


def test_a_person_has_one_profile(self_service, administrator, collector):
    assert not sponsoring.may_open(collector)
    with pytest.raises(ValidationError, match="already"):
        sponsoring.open_profile(collector, by=administrator)


def test_codes_are_free_and_plain(self_service):
    first = make.user("one", first_name="Ana", last_name="Gómez Peña")
    second = make.user("two", first_name="Luz", last_name="Gómez Peña")
    codes = [sponsoring.open_profile(each, by=each).code for each in (first, second)]
    assert codes == ["OBS-GOMEZPENA", "OBS-GOMEZPENA2"]
    assert sponsoring.profile_of(first).name == "Field notes of Ana Gómez Peña"
