"""How the rows that belong to a record are stored: identifiers, extension rows, withheld values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from occurrences import bulk
from occurrences.models import ExtensionRow, Identifier, Withheld
from occurrences.protection import Split

IDENTIFIER = Identifier._meta.db_table
EXTENSION_ROW = ExtensionRow._meta.db_table
WITHHELD = Withheld._meta.db_table
WITHHELD_COLUMNS = (
    "occurrence_id collection_id protection terms identifications reason rules".split()
)


def insert_identifiers(given: Iterable[tuple[int, list[tuple[str, str]] | None]]) -> None:
    """Store the identifiers [(name, value)] of records, by key."""
    rows = [
        {"occurrence_id": pk, "name": name, "value": value, "position": position}
        for pk, identifiers in given
        for position, (name, value) in enumerate(identifiers or ())
    ]
    bulk.insert(IDENTIFIER, ["occurrence_id", "name", "value", "position"], rows)


def insert_extension_rows(
    given: Iterable[tuple[int, list[tuple[str, dict[str, str]]] | None]],
) -> None:
    """Store the extension rows [(row type, {term: text})] of records, by key."""
    rows = [
        {"occurrence_id": pk, "row_type": row_type, "terms": content, "position": position}
        for pk, extension_rows in given
        for position, (row_type, content) in enumerate(extension_rows or ())
    ]
    bulk.insert(EXTENSION_ROW, ["occurrence_id", "row_type", "terms", "position"], rows)


def withheld_row(
    pk: int, collection_id: int, part: Split, identifications: dict[str, Any]
) -> dict[str, Any]:
    """Return the row of Withheld that keeps the hidden half of a parted record."""
    return {
        "occurrence_id": pk,
        "collection_id": collection_id,
        "protection": part.public["protection"],
        "terms": part.withheld,
        "identifications": identifications,
        "reason": part.decision.reason,
        "rules": list(part.decision.rules),
    }


def replace_withheld(rows: Sequence[dict[str, Any]]) -> None:
    """Store these in place of what was withheld; a row whose terms are None hides nothing now."""
    replace(WITHHELD, [row["occurrence_id"] for row in rows])
    bulk.insert(WITHHELD, WITHHELD_COLUMNS, [row for row in rows if row["terms"] is not None])


def replace(table: str, record_ids: Sequence[int]) -> None:
    """Make room for new rows of these records."""
    if record_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                f'DELETE FROM "{table}" WHERE occurrence_id = ANY(%s)', [list(record_ids)]
            )
