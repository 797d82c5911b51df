"""A pasted list of catalogue numbers says which records it means, and which it can't tell."""

from typing import Any

import pytest
from django.urls import reverse

from occurrences.by_numbers import look_up, numbers_of
from occurrences.models import Batch, Identification, LabelRun, Occurrence
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(herbarium: Any) -> list[Occurrence]:
    rows = [
        {"catalog_number": "H-001"},
        {"catalog_number": "H-002", "identifiers": [("Accession", "77")]},
        {"catalog_number": "H-003"},
        {"catalog_number": "H-003", "locality": "the other one"},
        {"catalog_number": "H-004", "record_security": 5},
    ]
    return make.occurrences(herbarium, rows)


def ask(person: Any, numbers: str, **more: str) -> Any:
    return client_of(person).post(reverse("occurrences:by_numbers"), {"numbers": numbers, **more})


def test_numbers_are_parted_by_lines_commas_and_tabs_and_count_once():
    text = " H 001\r\nH 002;H 003,\t H 001\n\n"
    assert numbers_of(text) == ["H 001", "H 002", "H 003"]


def test_each_number_is_found_missing_or_ambiguous(records, editor):
    own = Occurrence.objects.editable_by(editor)
    listed = look_up(own, "77\nh-001\nH-003\nH-009\nH-004")
    assert [(number, record.catalog_number) for number, record in listed.found] == [
        ("77", "H-002"),
        ("h-001", "H-001"),
        ("H-004", "H-004"),
    ]
    assert [(number, len(mine)) for number, mine in listed.ambiguous] == [("H-003", 2)]
    assert listed.missing == ["H-009"] and listed.left_out == 0


def test_what_somebody_else_keeps_is_not_found(records, other_editor, other_herbarium):
    make.occurrence(other_herbarium, catalog_number="H-001")
    page = ask(other_editor, "H-001, H-002, H-004")
    assert [record.collection for _number, record in page.context["listed"].found] == [
        other_herbarium
    ]
    assert page.context["listed"].missing == ["H-002", "H-004"]


def test_a_collection_narrows_it(records, editor, other_herbarium):
    make.grant(editor, "editor", other_herbarium)
    make.occurrence(other_herbarium, catalog_number="H-001")
    assert ask(editor, "H-001").context["listed"].ambiguous
    page = ask(editor, "H-001", within=other_herbarium.code)
    assert [record.collection for _number, record in page.context["listed"].found] == [
        other_herbarium
    ]


def test_too_many_numbers_are_said(records, editor, monkeypatch):
    monkeypatch.setattr("occurrences.by_numbers.MOST", 2)
    listed = look_up(Occurrence.objects.editable_by(editor), "H-001 \n H-002 \n H-003")
    assert (len(listed.found), listed.left_out) == (2, 1)


def test_from_the_list_to_a_determination_of_those_that_are_meant(records, editor):
    page = ask(editor, "H-001\nH-002\nH-003")
    sent = {"guid": [page.context["guids"], str(records[3].guid)], "kind": "determine"}
    answer = client_of(editor).post(reverse("occurrences:batch_new"), sent)
    batch = Batch.objects.get()
    assert answer["Location"] == reverse("occurrences:batch_determine", args=[batch.guid])
    rows = client_of(editor).get(answer["Location"]).context["rows"]
    assert {row.guid for row, _ticked in rows} == {
        records[0].guid,
        records[1].guid,
        records[3].guid,
    }
    assert Identification.objects.count() == 5, "nothing is done yet"


def test_from_the_list_to_labels(records, editor):
    page = ask(editor, "H-001\nH-002")
    client_of(editor).post(reverse("occurrences:labels_new"), {"guid": page.context["guids"]})
    assert len(LabelRun.objects.get().rows) == 2


def test_an_empty_list_is_asked_for_again(editor):
    assert "at least one number" in ask(editor, " \n").content.decode()
