"""A collection that was filled a minute ago is unknown to the planner, and none the slower for it.

Statistics come with PostgreSQL's next round through the tables; until then it takes such a
collection for empty. What is done to each of its records must not read all of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from journal import jobs
from occurrences import imports, offering
from occurrences.models import ImportRun, Occurrence
from occurrences.offering import Recipient
from tests import make
from tests.occurrences.importing import bring_in, received

pytestmark = pytest.mark.django_db
MANY = 1500


def table(of: str) -> str:
    rows = (f"{of}:{n},{of}-{n},Caborca {n},{of} {n}" for n in range(MANY))
    return "\n".join(["occurrenceID,catalogNumber,locality,otherCatalogNumbers", *rows])


@pytest.fixture
def known(herbarium: Any, administrator: Any) -> None:
    """Another collection with a history, which PostgreSQL has looked at."""
    old = make.collection("OLD", administrator=administrator)
    for text in (table("old"), table("old").replace("Caborca", "Imuris")):
        bring_in(old, administrator, text)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_a_file_that_comes_again_at_once_is_found_unchanged_by_its_keys(
    known: None, herbarium: Any, administrator: Any
) -> None:
    bring_in(herbarium, administrator, table("new"))
    run = received(herbarium, administrator, table("new"))
    imports.stage(run)
    with looking('INSERT INTO "occurrences_importoutcome"') as looked:
        imports.check(run)
    assert run.counts["unchanged"] == MANY
    assert looked and sum(looked) < 20 * MANY


@pytest.mark.parametrize("how_often", [1, 2])
def test_records_change_hands_each_by_itself(
    known: None, herbarium: Any, administrator: Any, monkeypatch: Any, how_often: int
) -> None:
    """Also behind others, and back again, when each has a history."""
    monkeypatch.setattr(offering, "CHUNK", MANY // 3)
    bring_in(herbarium, administrator, table("new"))
    other = make.collection("OTHER", administrator=administrator)
    here, there = herbarium, other
    for _time in range(how_often):
        guids = list(Occurrence.objects.filter(collection=here).values_list("guid", flat=True))
        offer = offering.send(
            administrator, here, guids, [Recipient("transfer", there)]
        ).offers.get()
        with looking("CREATE TEMPORARY TABLE moving") as looked:
            jobs.run(offering.accept(administrator, offer).guid)
        here, there = there, here
    assert Occurrence.objects.filter(collection=here).count() == MANY
    assert ImportRun.objects.count() == 3
    assert looked and sum(looked) < 20 * MANY


@contextmanager
def looking(at: str) -> Iterator[list[int]]:
    """Have statements with this text explained; yields the rows each read and had no use for."""
    looked: list[int] = []

    def explain(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        text = statement if isinstance(statement, str) else statement.as_string(None)
        if at in text:
            point = transaction.savepoint()
            execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + text, params, many, context)
            ((answer,),) = context["cursor"].fetchall()
            looked.append(in_vain(answer[0]["Plan"]))
            transaction.savepoint_rollback(point)
        return execute(statement, params, many, context)

    with connection.execute_wrapper(explain):
        yield looked


def in_vain(plan: dict[str, Any]) -> int:
    """Return the rows that a plan's filters threw away."""
    thrown = sum(plan.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Join Filter"))
    here = int(thrown * plan.get("Actual Loops", 1))
    return here + sum(in_vain(each) for each in plan.get("Plans", []))
