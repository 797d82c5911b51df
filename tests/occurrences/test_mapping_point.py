"""The map beside the form shows the neighbours, and that of the page what its reader may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection
from tests import make
from tests.canary import Canaries
from tests.cast import client_of

pytestmark = pytest.mark.django_db
WORLD = "south=-90&west=-180&north=90&east=180"


def near(person: Any, within: Collection, query: str = WORLD) -> list[dict[str, Any]]:
    address = reverse("occurrences:near", args=[within.guid])
    points: list[dict[str, Any]] = client_of(person).get(f"{address}?{query}").json()["points"]
    return points


def at(within: Collection, latitude: str, longitude: str, **more: Any) -> Any:
    values = {"decimal_latitude": latitude, "decimal_longitude": longitude}
    return make.occurrence(within, **values, **more)


def test_records_of_one_place_are_one_point(herbarium: Collection, editor: Any) -> None:
    for _n in range(2):
        at(herbarium, "31.5", "-109.25", locality="Cañón del Pulpito")
    assert near(editor, herbarium) == [
        {"latitude": "31.5", "longitude": "-109.25", "records": 2, "title": "Cañón del Pulpito"}
    ]


def test_only_what_lies_in_the_box_is_shown(herbarium: Collection, editor: Any) -> None:
    at(herbarium, "31.5", "-109.25")
    assert not near(editor, herbarium, "south=32&west=-110&north=33&east=-109")
    assert not near(editor, herbarium, "south=31&west=-108&north=33&east=-107")
    assert near(editor, herbarium, "south=31&west=-110&north=33&east=-109")


def test_a_box_reaches_over_the_date_line(herbarium: Collection, editor: Any) -> None:
    at(herbarium, "-17.5", "179.5")
    at(herbarium, "-17.5", "-179.5")
    at(herbarium, "-17.5", "10")
    found = near(editor, herbarium, "south=-20&west=178&north=-15&east=-178")
    assert {point["longitude"] for point in found} == {"179.5", "-179.5"}


def test_the_record_itself_is_no_neighbour(herbarium: Collection, editor: Any) -> None:
    record = at(herbarium, "31.5", "-109.25")
    assert not near(editor, herbarium, f"{WORLD}&record={record.guid}")


def test_protected_places_and_other_collections_are_no_neighbours(
    herbarium: Collection, other_herbarium: Collection, canaries: Canaries, administrator: Any
) -> None:
    at(other_herbarium, "31.5", "-109.25")
    at(herbarium, "31.5", "-109.25", record_security=1)
    assert near(administrator, herbarium) == []


def test_a_box_that_is_none_is_refused(herbarium: Collection, editor: Any) -> None:
    address = reverse("occurrences:near", args=[herbarium.guid])
    for query in ("", "south=a&west=0&north=1&east=1", "south=NaN&west=0&north=1&east=1"):
        assert client_of(editor).get(f"{address}?{query}").status_code == 400


# --- the record's page --------------------------------------------------------------------------


def page(record: Any, client: Client | None = None) -> str:
    return (client or Client()).get(record.get_absolute_url()).content.decode()


def test_a_page_maps_the_point_that_anybody_may_read(herbarium: Collection) -> None:
    record = at(herbarium, "31.5", "-109.25", coordinate_uncertainty_in_meters="250")
    shown = page(record)
    assert 'data-latitude="31.5" data-longitude="-109.25" data-uncertainty="250"' in shown


def test_a_protected_place_is_mapped_for_its_readers_alone(
    herbarium: Collection, reader: Any
) -> None:
    record = at(herbarium, "31.5123", "-109.25", record_security=1)
    assert 'data-map="show"' not in page(record)
    assert 'data-latitude="31.5123"' in page(record, client_of(reader))


def test_no_page_asks_another_host_for_the_ground(
    herbarium: Collection, editor: Any, settings: Any
) -> None:
    record = at(herbarium, "31.5", "-109.25")
    edit = reverse("occurrences:edit", args=[record.guid])
    assert "data-tiles" not in page(record)
    settings.MAP_TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.MAP_ATTRIBUTION = "Maps of the example"
    for shown in (page(record), client_of(editor).get(edit).content.decode()):
        assert 'data-tiles="https://tiles.example.org/{z}/{x}/{y}.png"' in shown
        assert 'data-attribution="Maps of the example"' in shown
