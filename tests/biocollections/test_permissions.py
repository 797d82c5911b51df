"""Portal-wide permissions come from valid grants alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from biocollections.models import Role
from tests import make
from tests.cast import NAMES

CHANGE_TAXON = "taxonomy.change_taxon"


@pytest.mark.parametrize("who", NAMES)
def test_taxa_are_changed_by_taxonomy_editors_and_portal_admins(
    cast: dict[str, Any], who: str
) -> None:
    assert cast[who].has_perm(CHANGE_TAXON) is (who in {"taxonomist", "portal_admin"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "ended",
    [
        {"valid_until": timezone.now() - timedelta(hours=1)},
        {"revoked_at": timezone.now()},
        {"scope": {"taxa": ["Quercus"]}},
    ],
)
def test_an_ended_or_limited_grant_gives_no_permission(ended: dict[str, Any]) -> None:
    person = make.user()
    begin = timezone.now() - timedelta(days=1)
    make.grant(person, Role.TAXONOMY_EDITOR, valid_from=begin, **ended)
    assert not person.has_perm(CHANGE_TAXON)
