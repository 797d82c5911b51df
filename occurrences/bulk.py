"""Sets of rows into tables: one statement whether it is one row or ten thousand.

A few rows reach the statement as one JSON parameter, many by COPY into a temporary table of the
same row type, so callers write their SQL once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql
from psycopg.adapt import Dumper

FEW = 40
Row = Mapping[str, Any]


def insert(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    skip_existing: str = "",
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows {column: value}; a column missing in a row is NULL.

    `skip_existing` names a unique column: rows whose value there already stands are left out.
    Returns the `returning` columns of the inserted rows.
    """
    if not rows:
        return []
    source, parameters = _source(table, columns, rows)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("INSERT INTO {table} ({names}) SELECT {names} FROM {source} AS d").format(
        table=sql.Identifier(table), names=names, source=source
    )
    if skip_existing:
        statement += sql.SQL(" ON CONFLICT ({}) DO NOTHING").format(sql.Identifier(skip_existing))
    return _run(statement, parameters, returning)


def update(table: str, columns: Sequence[str], rows: Sequence[Row], *, key: str) -> int:
    """Set `columns` of the rows found by `key`; a column missing in a row becomes NULL."""
    if not rows or not columns:
        return 0
    source, parameters = _source(table, [key, *columns], rows)
    assignments = sql.SQL(", ").join(
        sql.SQL("{0} = d.{0}").format(sql.Identifier(column)) for column in columns
    )
    statement = sql.SQL(
        "UPDATE {table} AS t SET {assignments} FROM {source} AS d WHERE t.{key} = d.{key}"
    ).format(
        table=sql.Identifier(table),
        assignments=assignments,
        source=source,
        key=sql.Identifier(key),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _run(
    statement: sql.Composed, parameters: list[Any], returning: Sequence[str]
) -> list[tuple[Any, ...]]:
    if returning:
        statement += sql.SQL(" RETURNING {}").format(
            sql.SQL(", ").join(map(sql.Identifier, returning))
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if returning else []


def _source(
    table: str, columns: Sequence[str], rows: Sequence[Row]
) -> tuple[sql.Composable, list[Any]]:
    """Return what stands behind FROM, of `table`'s row type, and its parameters."""
    if len(rows) <= FEW:
        recordset = sql.SQL("jsonb_populate_recordset(NULL::{}, %s::jsonb)").format(
            sql.Identifier(table)
        )
        wanted = set(columns)
        trimmed = [{c: v for c, v in row.items() if c in wanted} for row in rows]
        return recordset, [json.dumps(trimmed, default=str)]
    return _copied(table, columns, rows), []


def _copied(table: str, columns: Sequence[str], rows: Sequence[Row]) -> sql.Composable:
    draft = sql.Identifier(f"draft_{table}")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS "
                "AS SELECT * FROM {} WITH NO DATA"
            ).format(draft, sql.Identifier(table))
        )
        cursor.execute(sql.SQL("TRUNCATE {}").format(draft))
        copy_rows(cursor, sql.SQL("COPY {} ({}) FROM STDIN").format(draft, names), columns, rows)
    return draft


def copy_rows(
    cursor: Any, statement: sql.Composed, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Feed `rows` to a COPY … FROM STDIN statement in the order of `columns`.

    Dicts and lists go as JSON text.
    """
    cursor.adapters.register_dumper(dict, JsonText)
    cursor.adapters.register_dumper(list, JsonText)
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(list(map(row.get, columns)))


class JsonText(Dumper):
    """Writes a dict or list as JSON; in psycopg's own C path, so other values cost nothing."""

    def dump(self, obj: Any) -> bytes:
        return json.dumps(obj, default=str).encode()
