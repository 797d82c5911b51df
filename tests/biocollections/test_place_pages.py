"""Suggestions of places while somebody types."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({"kind": "country", "country": "mexi"}, ["Mexico"]),
        ({"kind": "state_province", "state_province": "son", "country": "MX"}, ["Sonora"]),
        ({"kind": "state_province", "state": "Calif.", "country": "US"}, ["California"]),
        ({"kind": "state_province", "state": "son", "country": "Canada"}, []),
        ({"kind": "county", "county": "gir", "country": "Spain"}, ["Girona"]),
        ({"kind": "county", "county": "gir\0", "country": "Spain", "state": "Murcia"}, []),
    ],
)
def test_what_begins_so_is_offered_to_everybody(
    client: Client, query: dict[str, str], options: list[str]
) -> None:
    page = client.get(reverse("collections:places_suggest"), query).content.decode()
    assert [part.partition('"')[0] for part in page.split('value="')[1:]] == options


def test_fields_for_places_name_their_list(client: Client) -> None:
    page = client.get(reverse("occurrences:search")).content.decode()
    for kind in ("country", "state", "county"):
        assert f'list="places-{kind}"' in page and f'<datalist id="places-{kind}"' in page
