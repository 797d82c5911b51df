"""Rows that say what they said when their record was last written: found without reading them.

Most of a file that comes again is such rows. The database finds them by key and hash, so they cost
a join instead of being read, and the check is left with the others.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction
from psycopg import sql

from occurrences import mapping
from occurrences.drafting import Drafter
from occurrences.keys import CONTENT, Key
from occurrences.models import ImportOutcome, ImportRow, ImportRun, Occurrence

STEP = 50_000
_COLUMNS = {
    Key.OCCURRENCE_ID: "occurrence_id",
    Key.CATALOG_NUMBER: "catalog_number",
    Key.SOURCE_ID: "source_id",
    Key.CONTENT: "source_id",
}


def note(
    run: ImportRun, drafter: Drafter, told: Callable[[int], None] = lambda through: None
) -> int:
    """Give the rows of `run` that are unchanged their outcome, and return how many there are.

    Rows it can't tell of (mended ones, those with extension rows or keys in several columns) it
    leaves to be read. told: how many rows are through, between transactions.
    """
    if drafter.tables or drafter.copies or run.fixes or run.brings != ImportRun.Brings.RECORDS:
        return 0
    asked = [(kind, key) for kind in run.keys if (key := _key(drafter, kind)) is not None]
    noted = 0
    for after in range(0, run.counts["rows"], STEP):
        with transaction.atomic(), connection.cursor() as cursor:
            for kind, key in asked:
                cursor.execute(
                    _NOTE.format(key=key, column=sql.Identifier(_COLUMNS[kind])),
                    {
                        "run": run.pk,
                        "kind": kind,
                        "collection": run.collection_id,
                        "recipe": drafter.recipe,
                        "after": after,
                        "to": after + STEP,
                    },
                )
                noted += cursor.rowcount
        if noted:
            told(min(after + STEP, run.counts["rows"]))
    return noted


def _key(drafter: Drafter, kind: str) -> sql.Composable | None:
    """Return SQL for a row's key of this kind; None where it takes reading the row."""
    if kind == Key.CONTENT:
        return sql.SQL(
            "{content} || replace(r.row_hash::text, '-', '') "
            "|| CASE WHEN r.repetition > 1 THEN '#' || r.repetition ELSE '' END"
        ).format(content=sql.Literal(CONTENT))
    place = drafter.said.place(mapping.SOURCE_ID if kind == Key.SOURCE_ID else kind)
    cell = sql.SQL("r.cells::jsonb->>{}").format(sql.Literal(place))
    if kind == Key.SOURCE_ID:
        return sql.SQL("coalesce(nullif(r.core_id, ''), {})").format(
            sql.SQL("NULL") if place is None else cell
        )
    return cell if kind in _COLUMNS and place is not None else None


# Where two records answer, somebody has to look: the row is left to be read. Each row asks the
# index of its key: OFFSET 0 lets the planner join in no other way, + 0 use no other index. Of a
# collection that was brought in a minute ago it knows nothing, and would read that whole for each.
_NOTE = sql.SQL(
    f"""
    INSERT INTO "{ImportOutcome._meta.db_table}"
        (run_id, number, line, action, key, target_guid, target_version)
    SELECT r.run_id, r.number, min(r.line), 'same', %(kind)s || ':' || min(k.text),
           (array_agg(o.guid))[1], min(o.version)
    FROM "{ImportRow._meta.db_table}" r
    CROSS JOIN LATERAL (SELECT {{key}} AS text OFFSET 0) k
    CROSS JOIN LATERAL (
        SELECT guid, version FROM "{Occurrence._meta.db_table}"
        WHERE collection_id + 0 = %(collection)s AND {{column}} = k.text
            AND import_version = version
            AND import_hash = md5(%(recipe)s::bytea || uuid_send(r.row_hash))::uuid
        OFFSET 0) o
    WHERE r.run_id = %(run)s AND r."table" = 0 AND r.number > %(after)s AND r.number <= %(to)s
        AND k.text <> '' AND NOT EXISTS (SELECT FROM "{ImportOutcome._meta.db_table}" known
            WHERE known.run_id = r.run_id AND known.number = r.number)
    GROUP BY r.run_id, r.number HAVING count(*) = 1
    """
)
