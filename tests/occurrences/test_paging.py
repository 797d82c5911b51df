"""Pages follow each other by key: every record once, in order, there and back."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from occurrences import paging
from occurrences.models import Occurrence
from tests import make


@pytest.fixture
def many(herbarium, monkeypatch):
    """Forty-one records with equal, differing and missing values, seven to a page."""
    monkeypatch.setattr(paging, "PAGE_SIZE", 7)
    chance = random.Random(7)
    rows = [
        {
            "scientific_name": chance.choice(["Abies", "abies b", "Zea", None]),
            "recorded_by": chance.choice(["Álvarez", "alvarez", "Gómez", "Zoe", None]),
            "event_date": chance.choice(["1932", "1932-01-01", "1950-05", "2001-01-01", None]),
            "catalog_number": chance.choice([None, str(number), f"A {number}"]),
        }
        for number in range(41)
    ]
    return make.occurrences(herbarium, rows)


def visible(user):
    return Occurrence.objects.visible_to(user)


def pages_from_start(user, sort, *, few=False):
    pages = [paging.turn_to(visible(user), sort, few=few)]
    while pages[-1].next:
        pages.append(paging.turn_to(visible(user), sort, pages[-1].next, few=few))
    return pages


@pytest.mark.parametrize("few", [False, True], ids=["many", "few"])
@pytest.mark.parametrize("sort", [f"{sign}{name}" for name in paging.SORTS for sign in ("", "-")])
def test_every_record_comes_once_in_order_there_and_back(many, visitor, sort, few):
    pages = pages_from_start(visitor, sort, few=few)
    ids = [[record.pk for record in page.records] for page in pages]
    assert [len(page) for page in ids] == [7, 7, 7, 7, 7, 6]
    assert sorted(pk for page in ids for pk in page) == sorted(record.pk for record in many)
    assert [page.first for page in pages] == [1, 8, 15, 22, 29, 36]
    assert pages[0].previous == ""
    at = pages[-1]
    for earlier in reversed(ids[:-1]):
        at = paging.turn_to(visible(visitor), sort, at.previous)
        assert [record.pk for record in at.records] == earlier
    assert (at.previous, at.first) == ("", 1)
    assert [r.pk for r in paging.turn_to(visible(visitor), sort, at.next).records] == ids[1]


@pytest.mark.parametrize("sort", ["collector", "-collector"])
def test_records_without_a_value_come_last(many, visitor, sort):
    pages = pages_from_start(visitor, sort)
    blank = [record.recorded_by is None for page in pages for record in page.records]
    assert blank == sorted(blank)


def test_case_and_accents_dont_part_what_belongs_together(many, visitor):
    names = [
        record.recorded_by
        for page in pages_from_start(visitor, "collector")
        for record in page.records
        if record.recorded_by
    ]
    assert {"Álvarez", "alvarez"} == set(names[: names.index("Gómez")])


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "\0", "é" * 3000, "W10:1:x"])
def test_a_broken_cursor_is_told(many, visitor, cursor):
    with pytest.raises(paging.BadCursor):
        paging.turn_to(visible(visitor), "name", cursor)


def test_a_cursor_of_another_order_is_told(many, visitor):
    cursor = paging.turn_to(visible(visitor), "name").next
    with pytest.raises(paging.BadCursor):
        paging.turn_to(visible(visitor), "-name", cursor)


def test_a_later_page_starts_within_the_index(many, visitor):
    first = paging.turn_to(visible(visitor), "collector")
    with CaptureQueriesContext(connection) as queries:
        paging.turn_to(visible(visitor), "collector", first.next)
    statement = next(q["sql"] for q in queries if "recorded_by" in q["sql"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + statement)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using occurrence_by_collector" in plan
    assert "Sort" not in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert ">=" in condition


@pytest.mark.parametrize("most", [10**9, -1], ids=["sorted", "too many to sort"])
def test_a_walk_that_takes_long_ends_in_the_same_page(many, visitor, monkeypatch, most):
    pages = [[record.pk for record in page.records] for page in pages_from_start(visitor, "name")]
    walked = []

    def wade(execute, statement, params, many, context):
        if "ORDER BY" in statement and "(SELECT portal_fold" not in statement:
            walked.append(statement)
            execute("SELECT pg_sleep(0.2)", None, False, context)
        return execute(statement, params, many, context)

    monkeypatch.setattr(paging, "SORTED", most)
    with connection.execute_wrapper(wade):
        first = paging.turn_to(visible(visitor), "name")
        second = paging.turn_to(visible(visitor), "name", first.next)
    assert [[record.pk for record in page.records] for page in (first, second)] == pages[:2]
    assert (len(walked) > 2) is (most < 0)  # given up once a page, and then begun anew or not
