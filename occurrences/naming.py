"""Which Name a record points to: its collection's own row if it has one, else the shared one.

A name is what the record says: scientific name, authorship and context (kingdom, or else the
nomenclatural code). A person's decision in a collection stands in that collection's own row, so
it holds for its records alone; `own_rows` makes such rows. Linking is no identification: a
record's own columns are never touched here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from occurrences.models import Occurrence
from taxonomy.models import Name

NAME = Name._meta.db_table
OCCURRENCE = Occurrence._meta.db_table
Key = tuple[str, str, str]  # scientific name, authorship, context
Wanted = tuple[int, Key]  # of which collection's record

# A record's key, in SQL; `key_of` in Python.
KEY_COLUMNS = ("scientific_name", "scientific_name_authorship", "kingdom", "nomenclatural_code")
KEY_OF_RECORD = (
    "coalesce({o}.scientific_name, ''), coalesce({o}.scientific_name_authorship, ''), "
    "coalesce(nullif({o}.kingdom, ''), {o}.nomenclatural_code, '')"
)


def key_of(values: Mapping[str, Any]) -> Key:
    """Return what a record with these values, by column, calls its organism."""
    return (
        values.get("scientific_name") or "",
        values.get("scientific_name_authorship") or "",
        values.get("kingdom") or values.get("nomenclatural_code") or "",
    )


def name_ids(wanted: Iterable[Wanted]) -> dict[Wanted, int]:
    """Return the Name each of these records points to, made and linked at once where missing.

    A blank name has none. The rows stay as they are until the transaction ends: `own_rows` waits.
    """
    asked = sorted({each for each in wanted if each[1][0]})
    if not asked:
        return {}
    keys = sorted({key for _collection, key in asked})
    columns = [list(column) for column in zip(*keys, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {NAME} "
            "(guid, scientific_name, authorship, context, state, evidence, candidates) "
            "SELECT portal_guid(), w.*, 'new', '', '[]' "
            "FROM unnest(%s::text[], %s::text[], %s::text[]) AS w ON CONFLICT DO NOTHING",
            columns,
        )
        shared = _standing(cursor, columns, "IS NULL ORDER BY n.id FOR KEY SHARE OF n")
        # Asked for when the shared rows are held, so that no own row can come in between.
        collections = [collection for collection, _key in asked]
        own = _standing(cursor, columns, "= ANY(%s)", sorted(set(collections)))
    return {each: own.get(each) or shared[None, each[1]] for each in asked}


def _standing(
    cursor: Any, columns: list[list[str]], within: str, *parameters: Any
) -> dict[tuple[int | None, Key], int]:
    cursor.execute(
        f"SELECT n.collection_id, n.scientific_name, n.authorship, n.context, n.id FROM {NAME} n "
        "JOIN unnest(%s::text[], %s::text[], %s::text[]) AS w(name, authorship, context) "
        "ON n.scientific_name = w.name AND n.authorship = w.authorship "
        f"AND n.context = w.context AND n.collection_id {within}",
        [*columns, *parameters],
    )
    return {(within, (name, author, context)): pk for within, name, author, context, pk in cursor}


def point(record_ids: Sequence[int]) -> None:
    """Point these records to the Names their columns ask for."""
    ids = list(record_ids)
    key = KEY_OF_RECORD.format(o="o")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT o.collection_id, {key} FROM {OCCURRENCE} o WHERE o.id = ANY(%s)",
            [ids],
        )
        found = name_ids((within, (name, author, of)) for within, name, author, of in cursor)
        rows = [(within, *key, pk) for (within, key), pk in found.items()]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
        cursor.execute(
            f"UPDATE {OCCURRENCE} o SET name_id = w.id FROM {OCCURRENCE} k LEFT JOIN "
            "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[]) "
            "AS w(within, name, authorship, context, id) ON k.collection_id = w.within "
            f"AND ({KEY_OF_RECORD.format(o='k')}) = (w.name, w.authorship, w.context) "
            "WHERE k.id = o.id AND k.id = ANY(%s) AND o.name_id IS DISTINCT FROM w.id",
            [*columns, ids],
        )
