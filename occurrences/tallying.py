"""What an import comes to, counted: by action, by issue, by extension.

Counting all rows of a large import takes seconds; `recount` brings the figures up to date after a
few rows were judged anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from occurrences import differing
from occurrences.models import ImportOutcome, ImportRow, ImportRun

Action = ImportOutcome.Action
OUTCOMES = ImportOutcome._meta.db_table
ROWS = ImportRow._meta.db_table

# What a row comes to, as the receipt counts it.
COUNTED = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.SAME: "unchanged",
    Action.BLOCKED: "blocked",
    Action.CONFLICT: "conflict",
    Action.EXCLUDED: "excluded",
}


def count(run: ImportRun) -> None:
    """Bring the run's counts up to date with its outcomes; the caller saves the run."""
    by_action = _by_action("run_id = %s", [run.pk])
    found = _by_issue("run_id = %s", [run.pk])
    by_code = {code: number for code, (number, _first) in found.items()}
    examples = _examples(run, {first for _number, first in found.values()})
    for code, _term, _value in run.source["issues"]:
        by_code[code] = by_code.get(code, 0) + 1
    run.counts = {
        **run.counts,
        **{word: by_action.get(action, 0) for action, word in COUNTED.items()},
        "issues": by_code,
        "examples": examples,
        "changes": differing.count("run_id = %s", [run.pk]),
        "extensions": _count_extensions(run),
    }


@contextmanager
def recount(run: ImportRun, numbers: Sequence[int]) -> Iterator[None]:
    """Bring the counts up to date with what is done to the outcomes of these rows meanwhile.

    The caller saves the run.
    """
    which, given = "run_id = %s AND o.number = ANY(%s)", [run.pk, list(numbers)]
    said = _said(which, given)
    actions, found = _by_action(which, given), _by_issue(which, given)
    changes = differing.count(which, given)
    yield
    counts, issues = dict(run.counts), dict(run.counts.get("issues", {}))
    for sign, by_action, by_issue in (
        (-1, actions, found),
        (1, _by_action(which, given), _by_issue(which, given)),
    ):
        for action, number in by_action.items():
            word = COUNTED[Action(action)]
            counts[word] = counts.get(word, 0) + sign * number
        for code, (number, _first) in by_issue.items():
            issues[code] = issues.get(code, 0) + sign * number
    counts["issues"] = {code: number for code, number in issues.items() if number > 0}
    now_said = _said(which, given)
    shown = {code: one for code, one in counts.get("examples", {}).items() if issues.get(code)}
    examples = {c: one for c, one in shown.items() if tuple(one) not in said - now_said}
    wanting = {issue[0] for issue in now_said}.union(shown).difference(examples)
    new = {_first_with(run, code) for code in wanting}
    counts["examples"] = {**_examples(run, new), **examples}
    now = differing.count(which, given)
    counts["changes"] = differing.adjusted(counts.get("changes", {}), changes, now)
    counts["extensions"] = _count_extensions(run)
    run.counts = counts


def written(run: ImportRun) -> dict[str, int]:
    """Return {created, updated} of the rows that are through: of an import that was cut off."""
    through = run.outcomes.filter(number__lte=run.applied_to).exclude(late=True)
    return {
        "created": through.filter(action=Action.CREATE).count(),
        "updated": through.filter(action=Action.UPDATE).count(),
    }


def _by_action(which: str, given: Sequence[Any]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT action, count(*) FROM "{OUTCOMES}" o WHERE {which} GROUP BY action', given
        )
        return dict(cursor.fetchall())


def _by_issue(which: str, given: Sequence[Any]) -> dict[str, tuple[int, int]]:
    """Return {code: (how often, number of the first row)}, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT issue->>0, count(*), min(o.number) FROM "
            f'"{OUTCOMES}" o, jsonb_array_elements(o.issues) issue '
            f"WHERE {which} GROUP BY 1 ORDER BY 2 DESC, 1",
            given,
        )
        return {code: (number, first) for code, number, first in cursor.fetchall()}


def _said(which: str, given: Sequence[Any]) -> set[tuple[str, ...]]:
    """Return the issues that rows have, each once."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT DISTINCT issue::text FROM "{OUTCOMES}" o, '
            f"jsonb_array_elements(o.issues) issue WHERE {which}",
            given,
        )
        return {tuple(json.loads(issue)) for (issue,) in cursor.fetchall()}


def _first_with(run: ImportRun, code: str) -> int:
    """Return the number of the first row with an issue of this code; 0 where none has one."""
    found = run.outcomes.filter(issues__contains=[[code]]).order_by("number")
    return found.values_list("number", flat=True).first() or 0


def _examples(run: ImportRun, numbers: set[int]) -> dict[str, list[str]]:
    """Return {code: issue}, the first of each code, from the rows with these numbers."""
    examples: dict[str, list[str]] = {}
    rows = run.outcomes.filter(number__in=numbers).order_by("number")
    for found in rows.values_list("issues", flat=True):
        for issue in found or ():
            examples.setdefault(issue[0], issue)
    return examples


def _count_extensions(run: ImportRun) -> dict[str, dict[str, int]]:
    tables = run.source["tables"]
    counted: dict[str, dict[str, int]] = {}
    for table in tables[1:]:
        name = table["row_type"].rstrip("/").rpartition("/")[2]
        counted.setdefault(name, {"rows": 0, "kept": 0, "orphans": 0})
    if not any(table["rows"] for table in tables[1:]):
        return counted
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e."table", count(*), count(*) FILTER (WHERE c.kept),
                   count(*) FILTER (WHERE c.core_id IS NULL)
            FROM "{ROWS}" e LEFT JOIN (
                SELECT r.core_id, bool_or(o.action IN ('create', 'update', 'same')) AS kept
                FROM "{ROWS}" r JOIN "{OUTCOMES}" o ON o.run_id = r.run_id AND o.number = r.number
                WHERE r.run_id = %s AND r."table" = 0 AND r.core_id IS NOT NULL GROUP BY 1
            ) c ON c.core_id = e.core_id
            WHERE e.run_id = %s AND e."table" > 0 GROUP BY 1
            """,
            [run.pk, run.pk],
        )
        for at, rows, kept, orphans in cursor.fetchall():
            name = tables[at]["row_type"].rstrip("/").rpartition("/")[2]
            for word, number in (("rows", rows), ("kept", kept), ("orphans", orphans)):
                counted[name][word] += number
    return counted
