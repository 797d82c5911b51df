"""Deleting records: each stands whole in its Change, so it comes back with the same GUID.

`before` holds its row, determinations, identifiers and extension rows; `withheld_before` what was
withheld. `occurrences.restoring` brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from journal.models import ChangeSet
from occurrences import clustering
from occurrences.children import EXTENSION_ROW, IDENTIFIER, WITHHELD
from occurrences.drafts import IDENTIFICATION, OCCURRENCE
from occurrences.models import (
    DeletedOccurrence,
    ExtensionRow,
    Identification,
    Identifier,
    Occurrence,
)
from occurrences.records import CHANGE

TOMBSTONE = DeletedOccurrence._meta.db_table
CHILDREN = {
    "identifications": IDENTIFICATION,
    "identifiers": IDENTIFIER,
    "extension_rows": EXTENSION_ROW,
}
# All of a row but its keys here and what the database makes of the rest.
_KEPT = {
    model._meta.db_table: [
        str(field.column)
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.generated or field.related_model is Occurrence)
    ]
    for model in (Occurrence, Identification, Identifier, ExtensionRow)
}


def delete(change_set: ChangeSet, record_ids: Sequence[int]) -> int:
    """Delete the records with these keys; their addresses lead to a tombstone. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id FROM "{OCCURRENCE}" WHERE id = ANY(%s) ORDER BY id FOR UPDATE',
            [list(record_ids)],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        clustering.leave(change_set, ids)
        _keep_whole(cursor, change_set, ids)
        cursor.execute(
            f'INSERT INTO "{TOMBSTONE}" (guid, collection_id, name, protection, legacy_id, '
            "deleted_at, change_set_id) SELECT guid, collection_id, coalesce(scientific_name, ''), "
            f'protection, legacy_id, now(), %s FROM "{OCCURRENCE}" WHERE id = ANY(%s)',
            [change_set.pk, ids],
        )
        for table in (*CHILDREN.values(), WITHHELD):
            cursor.execute(f'DELETE FROM "{table}" WHERE occurrence_id = ANY(%s)', [ids])
        cursor.execute(f'DELETE FROM "{OCCURRENCE}" WHERE id = ANY(%s)', [ids])
    return len(ids)


def _keep_whole(cursor: Any, change_set: ChangeSet, ids: Sequence[int]) -> None:
    """Write the records into the history, with all that belongs to them."""
    children = ", ".join(
        f"'{name}', (SELECT jsonb_agg(to_jsonb(r) ORDER BY c.id) FROM \"{table}\" c, "
        f"LATERAL (SELECT {filled}) r WHERE c.occurrence_id = o.id)"
        for name, table in CHILDREN.items()
        if (filled := _filled(cursor, table, "c", "occurrence_id", ids))
    )
    cursor.execute(
        f'INSERT INTO "{CHANGE}" (change_set_id, collection_id, kind, row_guid, record_guid, '
        "before, withheld_before) SELECT %s, o.collection_id, 'occurrence', o.guid, o.guid, "
        f"jsonb_strip_nulls(to_jsonb(r) || jsonb_build_object({children})), "
        "(SELECT to_jsonb(w) - 'id' - 'occurrence_id' "
        f'FROM "{WITHHELD}" w WHERE w.occurrence_id = o.id) FROM "{OCCURRENCE}" o, '
        f"LATERAL (SELECT {_filled(cursor, OCCURRENCE, 'o', 'id', ids)}) r WHERE o.id = ANY(%s)",
        [change_set.pk, ids],
    )


def _filled(cursor: Any, table: str, alias: str, key: str, ids: Sequence[int]) -> str:
    """Return the columns that any of these records has something in, as SQL; "" for no rows.

    Most columns are blank everywhere, and making JSON of them costs more than all else.
    """
    columns = _KEPT[table]
    counts = ", ".join(f'count("{column}")' for column in columns)
    cursor.execute(f'SELECT {counts} FROM "{table}" WHERE "{key}" = ANY(%s)', [ids])
    found = zip(columns, cursor.fetchone(), strict=True)
    return ", ".join(f'{alias}."{column}"' for column, count in found if count)
