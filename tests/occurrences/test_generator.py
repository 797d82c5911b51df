"""Generated records are plausible, repeatable, and dirty only when asked."""

import pytest

from darwincore.interpret import interpret
from occurrences import generator


@pytest.mark.parametrize("scene", generator.SCENES)
def test_generated_rows_are_the_same_every_time_and_without_issues(scene: str) -> None:
    rows = list(generator.rows(300, scene))
    assert rows[:100] == list(generator.rows(100, scene))
    assert rows != list(generator.rows(300, scene, seed=2))
    assert [issue for row in rows for issue in interpret(row).issues] == []
    assert all(row.keys() <= set(generator.COLUMNS) for row in rows)


def test_dirt_comes_in_the_share_that_was_asked_for() -> None:
    found = list(generator.rows(2000, dirty=0.1))
    troubled = sum(1 for row in found if interpret(row).issues)
    repeated = 2000 - len({row["catalogNumber"] for row in found})
    assert 100 < troubled + repeated < 250
