"""A batch is prepared, looked at, had done and taken back by its own person alone."""

from typing import Any

import pytest
from django.urls import reverse

from journal import jobs
from journal.undo import undo
from occurrences import batching
from occurrences.models import Batch, Occurrence
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(herbarium: Any) -> list[Occurrence]:
    return make.occurrences(
        herbarium,
        [
            {"catalog_number": "1", "locality": "Cañon de Imuris"},
            {"catalog_number": "2", "locality": "Cañon de Imuris"},
            {"catalog_number": "3", "locality": "Nogales", "record_security": 1},
        ],
    )


@pytest.fixture
def prepared(records: Any, editor: Any) -> Batch:
    answer = client_of(editor).post(
        reverse("occurrences:batch_new"), {"kind": "edit", "search": ""}
    )
    batch = Batch.objects.get()
    assert answer.headers["Location"] == reverse("occurrences:batch_edit", args=[batch.guid])
    return batch


def post(person: Any, page: str, batch: Batch, **data: Any) -> Any:
    return client_of(person).post(reverse(f"occurrences:{page}", args=[batch.guid]), data)


def look(person: Any, page: str, batch: Batch) -> Any:
    return client_of(person).get(reverse(f"occurrences:{page}", args=[batch.guid]))


RULE = {"column": ["locality"], "how": ["part"], "find": ["Cañon"], "value": ["Cañón"]}


def test_the_preview_shows_old_and_new_with_their_numbers(prepared, editor):
    assert look(editor, "batch_edit", prepared).context["number"] == 3
    assert post(editor, "batch_edit", prepared, **RULE).status_code == 302
    (looked,) = look(editor, "batch_edit", prepared).context["looked"]
    (value,) = looked.values
    assert (value.old, value.new, value.number) == ("Cañon de Imuris", "Cañón de Imuris", 2)


def test_a_value_without_its_tick_stays(prepared, editor):
    post(editor, "batch_edit", prepared, column=["locality"], how=["set"], find=[""], value=["X"])
    (looked,) = look(editor, "batch_edit", prepared).context["looked"]
    marks = {value.old: value.mark for value in looked.values}
    shown = {"shown-locality": " ".join(marks.values()), "change-locality": [marks["Nogales"]]}
    answer = post(editor, "batch_values", prepared, **shown)
    assert answer.headers["Location"] == reverse("occurrences:batch", args=[prepared.guid])
    prepared.refresh_from_db()
    jobs.run(prepared.job.guid)
    assert Occurrence.objects.filter(locality="Cañon de Imuris").count() == 2
    assert Occurrence.objects.get(catalog_number="3").withheld.terms["locality"] == "X"
    page = look(editor, "batch", prepared)
    ((change_set, undone),) = page.context["done"]
    assert not undone
    assert reverse("occurrences:undo", args=[change_set.guid]) in page.content.decode()
    undo(change_set, editor)
    assert look(editor, "batch", prepared).context["done"][0][1]


def test_a_new_value_that_means_nothing_starts_no_job(prepared, editor):
    rule = {"column": ["event_date"], "how": ["set"], "find": [""], "value": ["31/02/1998"]}
    post(editor, "batch_edit", prepared, **rule)
    (looked,) = look(editor, "batch_edit", prepared).context["looked"]
    (value,) = looked.values
    assert "31/02/1998" in value.problem
    ticks = {"shown-event_date": value.mark, "change-event_date": value.mark}
    post(editor, "batch_values", prepared, **ticks)
    prepared.refresh_from_db()
    assert prepared.job is None


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (("locality", "pattern", "(x", ""), "parentheses"),
        (("locality", "part", "", "x"), "found"),
        (("locality", "set", "", " "), "Clear"),
        (("scientific_name", "set", "", "Quercus"), "Choose a field"),
        (("locality", "burn", "", ""), "Choose a field"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_told_and_not_kept(prepared, editor, rule, told):
    names = ("column", "how", "find", "value")
    page = post(editor, "batch_edit", prepared, **dict(zip(names, rule, strict=True)))
    assert page.status_code == 200
    assert told in page.content.decode()
    prepared.refresh_from_db()
    assert prepared.wanted == {}


def test_another_field_is_asked_for_without_losing_what_was_typed(prepared, editor):
    page = post(editor, "batch_edit", prepared, **RULE, more="1")
    rows = page.context["rows"]
    assert (rows[0][0].find, len(rows)) == ("Cañon", 3)


def test_nobody_else_sees_a_batch(prepared, administrator, visitor):
    for page in ("batch", "batch_edit"):
        assert look(administrator, page, prepared).status_code == 404
        assert look(visitor, page, prepared).status_code == 302
    for page in ("batch_apply", "batch_values", "batch_edit"):
        assert post(administrator, page, prepared).status_code == 404


def test_who_edits_none_of_the_records_begins_nothing(records, reader, other_editor):
    for person in (reader, other_editor):
        form = {"kind": "edit", "guid": str(records[0].guid)}
        answer = client_of(person).post(reverse("occurrences:batch_new"), form)
        assert answer.status_code == 403
    assert not Batch.objects.exists()


def test_once_begun_it_can_only_be_watched(prepared, editor):
    post(editor, "batch_edit", prepared, **RULE)
    prepared.refresh_from_db()
    jobs.run(batching.start(prepared).guid)
    there = reverse("occurrences:batch", args=[prepared.guid])
    assert look(editor, "batch_edit", prepared).headers["Location"] == there
    assert post(editor, "batch_apply", prepared).headers["Location"] == there
    assert look(editor, "batch", prepared).status_code == 200


def test_the_search_offers_batches_to_those_who_edit(records, editor, reader):
    search = reverse("occurrences:search")
    assert reverse("occurrences:batch_new") in client_of(editor).get(search).content.decode()
    assert reverse("occurrences:batch_new") not in client_of(reader).get(search).content.decode()
