"""The only two ways a record is read as Darwin Core: in Python for a page, in SQL for a file.

Both show the columns overlaid with what the reader may see of the withheld values, both are made
from `darwincore.terms`, and a test compares them for every kind of person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

from biocollections.models import Collection, Person
from darwincore import terms as dwc
from darwincore.terms import Term
from journal.models import Change, ChangeSet
from occurrences.children import EXTENSION_ROW, IDENTIFIER, WITHHELD
from occurrences.drafts import IDENTIFICATION, OCCURRENCE
from occurrences.models import Identifier, Occurrence, Withheld
from occurrences.protection import NOTES, exact

# occurrenceID leads: it is what a file is joined by.
EXPORTED = (
    dwc.BY_NAME["occurrenceID"],
    *(term for term in dwc.TERMS if term.name != "occurrenceID"),
)
_COLUMNS = (*dwc.COLUMNS, *dwc.DERIVED_COLUMNS)
_OVERLAID = frozenset((*dwc.WITHHELD_COLUMNS, *NOTES))


def exact_values(occurrence: Occurrence) -> dict[str, Any]:
    """Return the record's values by column, with what was disclosed to whom it was fetched for."""
    columns = {column: getattr(occurrence, column) for column in _COLUMNS}
    return exact(columns, occurrence.disclosed)


def to_darwin_core(occurrence: Occurrence) -> dict[str, str]:
    """Return the record as {term name: text}, filled terms only, as its reader may see it.

    occurrenceID is the provider's or ours, by the collection's GUID source.
    """
    values = exact_values(occurrence)
    found = {}
    for term in EXPORTED:
        value = _identity(occurrence, values) if term.name == "occurrenceID" else None
        value = value or values.get(term.column)
        if term.name == "otherCatalogNumbers":
            value = " | ".join(map(str, occurrence.identifiers.all()))
        if value is not None and value != "":
            found[term.name] = as_text(value)
    return found


def as_text(value: Any) -> str:
    """Return a value as a file shows it: dates as ISO 8601, yes and no as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def darwin_core_select(
    queryset: QuerySet[Occurrence],
    user: Person | None,
    terms: Sequence[Term] = EXPORTED,
    *,
    with_guid: bool = False,
) -> sql.Composed:
    """Return the SELECT that gives these records as Darwin Core text, a column a term, by id.

    The rows are those of `queryset` (ask it from `visible_to`), the withheld values those that
    `user` may read; user None is the operator, who reads all. `with_guid` puts our GUID in front.
    Feed it to COPY.
    """
    readable = Withheld.objects.all() if user is None else Withheld.objects.readable_by(user)
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_expression(term), sql.Identifier(term.name)) for term in terms
    )
    return sql.SQL(
        "SELECT {guid}{columns} FROM {occurrence} o JOIN {collection} k ON k.id = o.collection_id "
        "LEFT JOIN ({readable}) w ON w.occurrence_id = o.id "
        "WHERE o.id IN ({wanted}) ORDER BY o.id"
    ).format(
        guid=sql.SQL("o.guid, " if with_guid else ""),
        columns=columns,
        occurrence=sql.Identifier(OCCURRENCE),
        collection=sql.Identifier(Collection._meta.db_table),
        readable=as_sql(readable.values("occurrence_id", "terms")),
        wanted=as_sql(queryset.order_by().values("pk")),
    )


def as_sql(queryset: QuerySet[Any]) -> sql.Composable:
    """Return a queryset as SQL with its parameters in place, to stand inside another statement."""
    statement, parameters = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        return sql.SQL(cursor.mogrify(statement, parameters))


def hash_collection(collection: Collection, *, guids: bool = True) -> tuple[str, int]:
    """Return a hash of what the collection's records say, and how many there are.

    It covers terms, child rows and protection; not versions, times, change sets or tombstones. So
    an import and its undo give the same hash again. guids False: nor the GUIDs given here, so that
    two collections that say the same have one hash.
    """
    return _hash("o.collection_id = %s", [collection.pk], guids=guids)


def hash_written(change_set: ChangeSet) -> tuple[str, int]:
    """Return the same hash of the records that a change set made or changed, and their number."""
    touched = (
        "(o.created_by_id = %s OR o.guid IN "
        f'(SELECT record_guid FROM "{Change._meta.db_table}" WHERE change_set_id = %s))'
    )
    return _hash(touched, [change_set.pk, change_set.pk])


# Of a record: what the portal notes for itself, and where the record stands.
_UNHASHED = (
    "id search_vector version import_hash import_version created_by_id created_at changed_at "
    "name_id entered_by"
).split()
_OWN = ["guid", "collection_id"]


def _hash(which: str, given: Sequence[Any], *, guids: bool = True) -> tuple[str, int]:
    """Hash what the records (called o) say for which this SQL holds."""
    own = [] if guids else _OWN
    # What is withheld of determinations is kept by their GUIDs.
    hidden = "w.identifications" if guids else _HIDDEN
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT encode(sha256(coalesce(string_agg(row_hash, '' ORDER BY place), '')::bytea),
                          'hex'), count(*)
            FROM (SELECT row_hash, CASE WHEN %s THEN guid::text ELSE row_hash END AS place FROM (
                SELECT o.guid, md5(
                    jsonb_strip_nulls(to_jsonb(o) - %s::text[])::text
                    || coalesce((SELECT jsonb_agg(i.row ORDER BY i.place)::text
                        FROM (SELECT d.row, CASE WHEN %s THEN d.guid::text ELSE d.row::text END
                              AS place
                              FROM (SELECT guid, jsonb_strip_nulls(to_jsonb(r) - %s::text[]) AS row
                                    FROM "{IDENTIFICATION}" r WHERE r.occurrence_id = o.id) d) i
                        ), '')
                    || coalesce((SELECT jsonb_agg(jsonb_build_array(n.name, n.value)
                            ORDER BY n.position, n.id)::text
                        FROM "{IDENTIFIER}" n WHERE n.occurrence_id = o.id), '')
                    || coalesce((SELECT jsonb_agg(jsonb_build_array(e.row_type, e.terms)
                            ORDER BY e.position, e.id)::text
                        FROM "{EXTENSION_ROW}" e WHERE e.occurrence_id = o.id), '')
                    || coalesce((SELECT ((to_jsonb(w) - %s::text[]) || jsonb_build_object(
                            'identifications', {hidden}))::text
                        FROM "{WITHHELD}" w WHERE w.occurrence_id = o.id), '')
                ) AS row_hash
                FROM "{OCCURRENCE}" o WHERE {which}
            ) AS rows) AS placed
            """,
            [
                guids,
                [*_UNHASHED, *own],
                guids,
                ["id", "occurrence_id", *own],
                ["id", "occurrence_id", *own],
                *given,
            ],
        )
        digest, records = cursor.fetchone()
    return digest, records


_HIDDEN = (
    "coalesce((SELECT jsonb_agg(h.value ORDER BY h.value::text) "
    "FROM jsonb_each(w.identifications) h), '[]')"
)


def _identity(occurrence: Occurrence, values: dict[str, Any]) -> str | None:
    """Return the occurrenceID the record is published under."""
    source = occurrence.collection.guid_source
    if source == Collection.GuidSource.CATALOG_NUMBER:
        return values["catalog_number"] or None
    if source == Collection.GuidSource.PROVIDER or values["occurrence_id"]:
        return values["occurrence_id"]
    return f"urn:uuid:{occurrence.guid}" if source == Collection.GuidSource.PORTAL else None


def _expression(term: Term) -> sql.Composable:
    if term.name == "occurrenceID":
        return sql.SQL(
            "CASE WHEN k.guid_source = 'catalogNumber' THEN coalesce(o.catalog_number, "
            "o.occurrence_id) WHEN k.guid_source = 'portal' THEN coalesce(o.occurrence_id, "
            "'urn:uuid:' || o.guid) ELSE o.occurrence_id END"
        )
    if term.name == "otherCatalogNumbers":
        return sql.SQL(
            "(SELECT string_agg(CASE WHEN n.name = '' THEN n.value "
            "ELSE n.name || ': ' || n.value END, ' | ' ORDER BY n.position, n.id) "
            "FROM {} n WHERE n.occurrence_id = o.id)"
        ).format(sql.Identifier(Identifier._meta.db_table))
    column = sql.SQL("o.{}::text").format(sql.Identifier(term.column))
    if term.column not in _OVERLAID:
        return column
    return sql.SQL("CASE WHEN w.terms ? {key} THEN w.terms->>{key} ELSE {column} END").format(
        key=sql.Literal(term.column), column=column
    )
