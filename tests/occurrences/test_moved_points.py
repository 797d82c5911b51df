"""What was carried over of one point is not said of another."""

from typing import Any

import pytest
from django.urls import reverse

from occurrences.models import EditorHabits, Occurrence
from occurrences.moved_points import left_behind
from tests import make
from tests.cast import client_of

GIVEN = {
    "decimal_latitude": "30.5",
    "decimal_longitude": "-110.5",
    "coordinate_uncertainty_in_meters": "50",
    "geodetic_datum": "WGS84",
    "georeference_sources": "GPS receiver",
}


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ({}, []),
        ({"decimal_latitude": "31"}, ["coordinate_uncertainty_in_meters", "geodetic_datum"]),
        ({"decimal_longitude": ""}, ["coordinate_uncertainty_in_meters", "geodetic_datum"]),
        (
            {"decimal_latitude": "31", "coordinate_uncertainty_in_meters": "100"},
            ["geodetic_datum"],
        ),
    ],
)
def test_only_what_still_says_it_of_the_old_point_is_left(typed, left):
    found = left_behind({**GIVEN, **typed}, GIVEN, pinned=["georeference_sources"])
    assert found == left


def test_a_first_point_takes_what_stands_there():
    carried = {"geodetic_datum": "WGS84"}
    assert left_behind({**GIVEN}, carried) == []


def _after_carrying(editor: Any, herbarium: Any, **typed: str) -> Occurrence:
    """Save a new record whose form began with the event of one that has a georeference."""
    before = make.occurrence(herbarium, **GIVEN, locality="Imuris")
    client = client_of(editor)
    address = reverse("occurrences:add", args=[herbarium.guid])
    page = client.get(address, {"like": str(before.guid)})
    form = page.context["form"]
    texts = {name: str(form[name].value() or "") for name in form.fields}
    sent = {f"initial-{name}": text for name, text in texts.items()} | texts | typed
    client.post(address, {**sent, "guid": str(page.context["guid"])}, follow=True)
    return Occurrence.objects.get(guid=page.context["guid"])


@pytest.mark.django_db
def test_a_new_point_takes_no_uncertainty_of_the_one_before(editor, herbarium):
    made = _after_carrying(editor, herbarium, decimal_latitude="31", decimal_longitude="-111")
    assert (made.locality, str(made.decimal_latitude)) == ("Imuris", "31")
    assert (made.coordinate_uncertainty_in_meters, made.geodetic_datum) == (None, None)
    assert made.georeference_sources is None


@pytest.mark.django_db
def test_the_same_point_and_what_is_pinned_stay(editor, herbarium):
    same = _after_carrying(editor, herbarium)
    assert (str(same.coordinate_uncertainty_in_meters), same.geodetic_datum) == ("50", "WGS84")
    EditorHabits.objects.create(person=editor, sticky=["geodetic_datum"])
    pinned = _after_carrying(editor, herbarium, decimal_latitude="31")
    assert (pinned.coordinate_uncertainty_in_meters, pinned.geodetic_datum) == (None, "WGS84")
