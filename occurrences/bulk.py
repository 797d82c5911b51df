"""Sets of rows into tables: one statement whether it is one row or ten thousand.

A few rows reach the statement as one JSON parameter; many go by COPY, new ones straight into their
table, changed ones into a temporary table of the same row type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import DatabaseError, connection
from psycopg import sql
from psycopg.adapt import Dumper

FEW = 40
Row = Mapping[str, Any]


def insert(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows {column: value}; a column missing in a row is NULL."""
    if not rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.SQL("{} ({})").format(sql.Identifier(table), names)
    with connection.cursor() as cursor:
        if len(rows) > FEW:
            copy_rows(cursor, sql.SQL("COPY {} FROM STDIN").format(into), columns, rows)
            return
        source, parameters = _source(table, columns, rows)
        cursor.execute(
            sql.SQL("INSERT INTO {} SELECT {} FROM {} AS d").format(into, names, source), parameters
        )


def insert_text(table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
    """Insert rows that are written as `as_text` writes them."""
    if not lines:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        copy.write("".join(f"{line}\n" for line in lines))


def as_text(values: Iterable[Any]) -> str:
    """Return a row in the text format of COPY: text, numbers, days, truth, UUIDs, dicts, lists.

    It needs no connection. Escaping is for the few rows that have something to escape.
    """
    given = list(values)
    said = [
        _NULL if value is None else value if type(value) is str else _said(value) for value in given
    ]
    text = "\t".join(said)
    is_plain = text.count("\t") < len(said) and text.count("\\") == given.count(None)
    if is_plain and "\n" not in text and "\r" not in text:
        return text
    return "\t".join(
        _NULL if value is None else each.translate(_ESCAPED)
        for value, each in zip(given, said, strict=True)
    )


def _said(value: Any) -> str:
    return _encoded(value) if isinstance(value, (dict, list)) else str(value)


_NULL = r"\N"
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def next_ids(table: str, count: int) -> list[int]:
    """Return so many keys that the table has for new rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [f'"{table}"', count],
        )
        return [pk for (pk,) in cursor.fetchall()]


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

    Dicts and lists go as JSON text. Rows are made before COPY begins: whatever makes them may ask
    the database, which answers nobody in the middle of one.
    """
    values = [list(map(row.get, columns)) for row in rows]
    cursor.adapters.register_dumper(dict, JsonText)
    cursor.adapters.register_dumper(list, JsonText)
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in values:
            copy.write_row(row)


def one_of(queryset: Any, column: str, wanted: Iterable[Any]) -> Any:
    """Return the rows whose column is one of many values, sent as one array.

    `__in` sends a parameter a value, which costs more than the query.
    """
    of = f'"{queryset.model._meta.db_table}"."{column}"'
    return queryset.extra(where=[f"{of} = ANY(%s)"], params=[list(wanted)])  # noqa: S610


def is_of_a_row(error: DatabaseError) -> bool:
    """Tell whether the database refused what a row says: its data, a constraint, an index's limit.

    Otherwise it can't work at all now, for lack of room or whatever, and other rows fare no better.
    """
    return str(getattr(error.__cause__, "sqlstate", "")).startswith(("22", "23", "54"))


class JsonText(Dumper):
    """Writes a dict or list as JSON; in psycopg's own C path, so other values cost nothing."""

    def dump(self, obj: Any) -> bytes:
        return _encoded(obj).encode() if obj else b"{}" if isinstance(obj, dict) else b"[]"


_encoded = json.JSONEncoder(default=str).encode
