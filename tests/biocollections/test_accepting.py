"""A collection says what it accepts from others, how, and whom to ask."""

from __future__ import annotations

import pytest
from django.urls import reverse

from biocollections.accepting import accepts
from biocollections.models import Collection
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("management", ["snapshot", "aggregate"])
def test_what_is_kept_elsewhere_takes_packages_alone(management: str) -> None:
    elsewhere = make.collection(management=management)
    assert not accepts(elsewhere, "transfer")
    assert not accepts(elsewhere, "copy")
    assert accepts(elsewhere, "file")


def test_live_data_accepts_what_it_says() -> None:
    herbarium = make.collection(accepts_transfers=False, accepts_files=False)
    assert [accepts(herbarium, how) for how in ("transfer", "copy", "file")] == [False, True, False]


def test_the_profile_says_what_is_accepted_how_and_whom_to_ask(client) -> None:
    herbarium = make.collection(
        accepts_copies=False, accepting_how="One label each.", accepting_contact="Ines, ext. 4"
    )
    page = client.get(herbarium.get_absolute_url()).text
    assert "on acceptance they move here" in page
    assert "and keep your own" not in page
    assert "One label each." in page
    assert "Ines, ext. 4" in page


def test_a_collection_that_accepts_nothing_says_so(client) -> None:
    fields = dict.fromkeys(("accepts_transfers", "accepts_copies", "accepts_files"), False)
    page = client.get(make.collection(**fields).get_absolute_url()).text
    assert "Accepts no records from others." in page


def test_its_administrators_say_it(client, herbarium, administrator) -> None:
    client.force_login(administrator)
    address = reverse("collections:edit", args=[herbarium.guid])
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data = {name: value for name, value in data.items() if value is not False}
    data |= {"links": "", "accepting_contact": "Ines", "seen": client.get(address).context["seen"]}
    data |= {"contact-TOTAL_FORMS": "0", "contact-INITIAL_FORMS": "0"}
    del data["accepts_copies"]
    assert client.post(address, data).status_code == 302
    now = Collection.objects.get(pk=herbarium.pk)
    assert (now.accepts_copies, now.accepts_transfers, now.accepting_contact) == (
        False,
        True,
        "Ines",
    )
