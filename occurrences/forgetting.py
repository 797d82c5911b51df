"""Staged rows go some time after they were applied; those that were not imported stay.

The file and its receipt stay for good, so what was read can be read again.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from occurrences.models import ImportOutcome, ImportRow, ImportRun

KEPT = timedelta(days=30)
AT_ONCE = 50_000
Action = ImportOutcome.Action
_IMPORTED = (Action.CREATE, Action.UPDATE, Action.SAME)
_OUTCOMES = ImportOutcome._meta.db_table
_ROWS = ImportRow._meta.db_table
_RUNS = ImportRun._meta.db_table


def forget_rows() -> int:
    """Delete the rows of old applied imports that came in; return how many core rows went."""
    imported = ImportOutcome.objects.filter(run=OuterRef("pk"), action__in=_IMPORTED)
    old = ImportRun.objects.filter(
        Exists(imported),
        state=ImportRun.State.APPLIED,
        applied_at__lt=timezone.now() - KEPT,
    )
    return sum(_forget(run) for run in old.order_by("pk").values_list("pk", flat=True))


def _forget(run: int) -> int:
    """Delete a run's imported rows and their extension rows, in pieces that each commit."""
    forgotten = 0
    with connection.cursor() as cursor:
        # Said first: what compares a file's rows with records must not take the rest for all.
        cursor.execute(
            f'UPDATE "{_RUNS}" SET counts = counts || \'{{"forgotten": true}}\' WHERE id = %s',
            [run],
        )
        cursor.execute(
            f'DELETE FROM "{_ROWS}" e WHERE e.run_id = %s AND e."table" > 0 AND NOT EXISTS ('
            f'SELECT 1 FROM "{_ROWS}" c JOIN "{_OUTCOMES}" o ON o.run_id = c.run_id '
            'AND o.number = c.number WHERE c.run_id = e.run_id AND c."table" = 0 '
            "AND c.core_id = e.core_id AND NOT o.action = ANY(%s))",
            [run, list(_IMPORTED)],
        )
        while True:
            cursor.execute(
                f'WITH gone AS (DELETE FROM "{_OUTCOMES}" WHERE id IN (SELECT id FROM '
                f'"{_OUTCOMES}" WHERE run_id = %s AND action = ANY(%s) LIMIT %s) '
                f'RETURNING number) DELETE FROM "{_ROWS}" r USING gone '
                "WHERE r.run_id = %s AND r.number = gone.number",
                [run, list(_IMPORTED), AT_ONCE, run],
            )
            if not cursor.rowcount:
                return forgotten
            forgotten += cursor.rowcount
