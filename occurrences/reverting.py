"""Taking plain changes of many records back in sets of rows, the mirror of `filling.assign`.

Plain is what a change set did once to a record that everybody may see, in its columns alone, and
that it still holds, all of it. `occurrences.restoring` takes the rest back record by record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from darwincore import terms
from journal.models import ChangeSet
from occurrences import filling
from occurrences.drafts import IDENTIFICATION, OCCURRENCE
from occurrences.models import Occurrence
from occurrences.records import CHANGE

_COLUMNS = frozenset(terms.COLUMNS + terms.DERIVED_COLUMNS) - filling.DECIDING
_MIRRORED = frozenset(terms.IDENTIFICATION_COLUMNS)


def revert_plain(change_set: ChangeSet, undo: ChangeSet, guids: Sequence[UUID]) -> list[UUID]:
    """Set back those of these records whose change is plain, and return them.

    Call it in a transaction. The change sets of `undo` and `change_set` may be of any kind.
    """
    given: dict[str, Any] = {"set": change_set.pk, "guids": list(guids)}
    with connection.cursor() as cursor:
        columns = _columns(cursor, given)
        if not columns:
            return []
        cursor.execute(
            f'SELECT id FROM "{OCCURRENCE}" WHERE guid = ANY(%(guids)s) ORDER BY id '
            "FOR NO KEY UPDATE",
            given,
        )
        cursor.execute("DROP TABLE IF EXISTS pg_temp.reverted")
        cursor.execute(_plain(columns), given | _parts(columns))
        cursor.execute("SELECT id, guid FROM reverted")
        found = dict(cursor.fetchall())
    if found:
        filling.assign(undo, list(found), columns, sql.SQL("SELECT * FROM reverted"))
    return list(found.values())


def _columns(cursor: Any, given: dict[str, Any]) -> list[str]:
    """Return the columns that were changed in these records."""
    cursor.execute(
        f'SELECT DISTINCT k FROM "{CHANGE}" c, jsonb_object_keys(c.before) k '
        "WHERE c.change_set_id = %(set)s AND c.record_guid = ANY(%(guids)s) "
        "AND c.kind = 'occurrence' AND c.after IS NOT NULL",
        given,
    )
    return sorted(_COLUMNS.intersection(name for (name,) in cursor))


def _parts(columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the parameters that name columns: all, those no determination has, their terms."""
    return {
        "columns": list(columns),
        "own": [name for name in columns if name not in _MIRRORED],
        "texts": [terms.BY_COLUMN[name].name for name in columns if name in terms.BY_COLUMN],
    }


def _plain(columns: Sequence[str]) -> sql.Composable:
    """Make the temporary table `reverted`: the plain records, with the values they had before."""
    kinds = {name: Occurrence._meta.get_field(name).db_type(connection) for name in columns}
    each = sql.SQL(", ").join
    return sql.SQL(
        """
        CREATE TEMPORARY TABLE reverted ON COMMIT DROP AS
        SELECT o.id, o.guid, {befores} FROM {change} c
        JOIN {occurrence} o ON o.guid = c.row_guid AND o.collection_id = c.collection_id
        LEFT JOIN {identification} i ON i.occurrence_id = o.id AND i.is_current
        CROSS JOIN LATERAL jsonb_to_record(c.before) AS b({kinds})
        CROSS JOIN LATERAL (
            SELECT count(*) AS others, count(*) FILTER (WHERE e.kind = 'identification'
                AND e.row_guid = i.guid AND e.before = c.before - %(own)s::text[]
                AND e.after = c.after - %(own)s::text[] AND e.withheld_before IS NULL
                AND e.withheld_after IS NULL) AS mirrors
            FROM {change} e WHERE e.record_guid = c.record_guid AND e.id <> c.id
            AND e.change_set_id = c.change_set_id AND e.kind IN ('occurrence', 'identification')
        ) also
        WHERE c.change_set_id = %(set)s AND c.record_guid = ANY(%(guids)s)
        AND c.kind = 'occurrence' AND c.withheld_before IS NULL AND c.withheld_after IS NULL
        AND c.before - %(columns)s::text[] = '{{}}' AND c.after - %(columns)s::text[] = '{{}}'
        AND also.others = also.mirrors
        AND also.mirrors = (c.before - %(own)s::text[] <> '{{}}')::int
        AND o.protection = 0 AND NOT o.verbatim ?| %(texts)s::text[] AND {stands}
        """
    ).format(
        befores=each(
            sql.SQL("CASE WHEN c.before ? {} THEN b.{} ELSE o.{} END AS {}").format(
                sql.Literal(name), *[sql.Identifier(name)] * 3
            )
            for name in columns
        ),
        kinds=each(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(str(kind)))
            for name, kind in kinds.items()
        ),
        stands=sql.SQL(" AND ").join(
            sql.SQL(
                "(NOT c.after ? {key} OR o.{name}::text IS NOT DISTINCT FROM c.after->>{key})"
            ).format(key=sql.Literal(name), name=sql.Identifier(name))
            for name in columns
        ),
        change=sql.Identifier(CHANGE),
        occurrence=sql.Identifier(OCCURRENCE),
        identification=sql.Identifier(IDENTIFICATION),
    )
