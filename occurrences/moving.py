"""Records that change hands: into another collection, with all that hangs on them, and back.

`move` is the one place that gives a record another collection. Determinations, media, comments,
clusters, history and protection stay with the record; the receiver's number takes the place of the
sender's, which becomes an identifier that names its source. Who may do it is the caller's business,
and so are the locks of both collections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop
from psycopg import sql

from biocollections.models import Collection
from journal import undo
from journal.models import Change, ChangeSet
from occurrences import naming
from occurrences.children import IDENTIFIER, WITHHELD
from occurrences.drafts import OCCURRENCE
from occurrences.models import Origin
from occurrences.records import CHANGE, reprotect

KIND = "transfer"
ACCESSION = gettext_noop("Accession")
CHUNK = 5000
# What a transfer itself writes; whatever else was changed since travels along.
_MOVED = ("collection_id", "catalog_number", "basis_of_record", "source_id")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record and what the receiver gives it. basis_of_record "": it stays what it was."""

    record_id: int
    catalog_number: str = ""
    accession: str = ""
    basis_of_record: str = ""


@dataclass(slots=True)
class Moved:
    """What became of the arrivals, by GUID. left: gone, or no longer where it was offered from."""

    moved: list[UUID] = field(default_factory=list)
    left: int = 0


def move(
    change_set: ChangeSet,
    source: Collection,
    target: Collection,
    arrivals: Sequence[Arrival],
    giver: Any = None,
    *,
    same_sources: bool = False,
) -> Moved:
    """Give these records of `source` to `target`; at most CHUNK of them, in one transaction.

    A record that is no longer in `source` is left alone. change_set: the receiver's, of kind
    transfer, in the target collection. giver: who keeps reading what he gave. same_sources: the
    target is fed from the same sources, so the keys they know records by stay, where free. A record
    that comes back gets the key again that it had there.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _gather(cursor, source, target.pk, arrivals, same_sources=same_sources)
        _keep_origins(cursor, change_set, source, giver)
        moved = _carry_out(cursor, change_set, target.pk)
    return Moved(moved, len(arrivals) - len(moved))


def _gather(
    cursor: Any, source: Collection, target: int, arrivals: Sequence[Arrival], *, same_sources: bool
) -> None:
    """Make the temporary table `moving`: the records with what they are to be."""
    cursor.execute(
        f"SELECT id FROM {OCCURRENCE} WHERE id = ANY(%s) AND collection_id = %s "
        "ORDER BY id FOR NO KEY UPDATE",
        [[arrival.record_id for arrival in arrivals], source.pk],
    )
    cursor.execute("DROP TABLE IF EXISTS pg_temp.moving")
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE moving ON COMMIT DROP AS
        SELECT o.id, o.guid, nullif(a.number, '') AS catalog_number,
               coalesce(nullif(a.basis, ''), o.basis_of_record) AS basis_of_record,
               CASE WHEN known.key IS NOT NULL AND NOT EXISTS (
                   SELECT FROM {OCCURRENCE} t WHERE t.collection_id + 0 = %(target)s
                   AND t.source_id = known.key) THEN known.key END AS source_id,
               was.identifiers AS was,
               was.identifiers || (
                   CASE WHEN o.catalog_number <> '' AND o.catalog_number <> a.number
                   THEN jsonb_build_array(jsonb_build_array(%(label)s, o.catalog_number))
                   ELSE '[]' END) || (
                   CASE WHEN a.accession <> ''
                   THEN jsonb_build_array(jsonb_build_array(%(accession)s, a.accession))
                   ELSE '[]' END) AS identifiers
        FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(accessions)s::text[],
                    %(bases)s::text[]) AS a(id, number, accession, basis)
        JOIN {OCCURRENCE} o ON o.id = a.id AND o.collection_id = %(source)s
        CROSS JOIN LATERAL ({_IDENTIFIERS}) was
        CROSS JOIN LATERAL (
            SELECT {"o.source_id" if same_sources else _KEY_OF_OLD} AS key OFFSET 0) AS known
        """,
        {
            "label": source.code,
            "accession": ACCESSION,
            "source": source.pk,
            "target": target,
            "ids": [arrival.record_id for arrival in arrivals],
            "numbers": [arrival.catalog_number for arrival in arrivals],
            "accessions": [arrival.accession for arrival in arrivals],
            "bases": [arrival.basis_of_record for arrival in arrivals],
        },
    )


_IDENTIFIERS = (
    "SELECT coalesce(jsonb_agg(jsonb_build_array(i.name, i.value) ORDER BY i.position, i.id), '[]')"
    f" AS identifiers FROM {IDENTIFIER} i WHERE i.occurrence_id = o.id"
)


# The key of its source that a record had when it last left the collection it goes to. + 0 and || ''
# keep the planner to the index of the record: of what a transfer is just writing it knows nothing.
_KEY_OF_OLD = (
    f"(SELECT c.before->>'source_id' FROM {CHANGE} c WHERE c.record_guid = o.guid "
    f"AND c.kind || '' = '{KIND}' AND (c.before->>'collection_id')::bigint = %(target)s "
    "ORDER BY c.id DESC LIMIT 1)"
)


def _keep_origins(cursor: Any, change_set: ChangeSet, source: Collection, giver: Any) -> None:
    cursor.execute(
        f"INSERT INTO {Origin._meta.db_table} "
        "(record_guid, source_id, giver_id, how, change_set_id, given) "
        "SELECT m.guid, %s, %s, 'transfer', %s, w.terms FROM moving m "
        f"LEFT JOIN {WITHHELD} w ON w.occurrence_id = m.id",
        [source.pk, giver.pk if giver else None, change_set.pk],
    )


def _carry_out(cursor: Any, change_set: ChangeSet, target_id: int | None) -> list[UUID]:
    """Write what `moving` says, with its history; target_id None: each where its row says."""
    to = "m.collection_id" if target_id is None else "%(target)s"
    given = {"target": target_id, "change_set": change_set.pk, "now": timezone.now()}
    cursor.execute(_NOTED.format(to=to), given)
    cursor.execute(
        f"UPDATE {OCCURRENCE} o SET collection_id = {to}, catalog_number = m.catalog_number, "
        "basis_of_record = m.basis_of_record, source_id = m.source_id, "
        "version = o.version + 1, changed_at = %(now)s, import_hash = NULL, import_version = NULL "
        "FROM moving m WHERE o.id = m.id RETURNING o.guid, o.id",
        given,
    )
    ids = dict(cursor.fetchall())
    cursor.execute(
        f"UPDATE {WITHHELD} w SET collection_id = o.collection_id FROM moving m "
        f"JOIN {OCCURRENCE} o USING (id) WHERE w.occurrence_id = o.id"
    )
    cursor.execute(
        f"DELETE FROM {IDENTIFIER} i USING moving m "
        "WHERE i.occurrence_id = m.id AND m.identifiers <> m.was"
    )
    cursor.execute(
        f"INSERT INTO {IDENTIFIER} (occurrence_id, name, value, position) "
        "SELECT m.id, e.pair->>0, e.pair->>1, e.nth - 1 FROM moving m "
        "CROSS JOIN LATERAL jsonb_array_elements(m.identifiers) WITH ORDINALITY AS e(pair, nth) "
        "WHERE m.identifiers <> m.was"
    )
    _name_anew(cursor)
    return list(ids)


# Only what differs, but for the collection, which says whose number the number was.
_NOTED = f"""
    INSERT INTO {CHANGE} (change_set_id, collection_id, kind, row_guid, record_guid, before, after)
    SELECT %(change_set)s, {{to}}, '{KIND}', o.guid, o.guid,
        jsonb_build_object('collection_id', o.collection_id,
            'collection', (SELECT name FROM {Collection._meta.db_table} WHERE id = o.collection_id),
            'catalog_number', o.catalog_number, 'basis_of_record', o.basis_of_record,
            'source_id', o.source_id, 'identifiers', m.was) - s.same,
        jsonb_build_object('collection_id', {{to}},
            'collection', (SELECT name FROM {Collection._meta.db_table} WHERE id = {{to}}),
            'catalog_number', m.catalog_number, 'basis_of_record', m.basis_of_record,
            'source_id', m.source_id, 'identifiers', m.identifiers) - s.same
    FROM moving m JOIN {OCCURRENCE} o ON o.id = m.id
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[
        CASE WHEN o.catalog_number IS NOT DISTINCT FROM m.catalog_number
             THEN 'catalog_number' END,
        CASE WHEN o.basis_of_record IS NOT DISTINCT FROM m.basis_of_record
             THEN 'basis_of_record' END,
        CASE WHEN o.source_id IS NOT DISTINCT FROM m.source_id THEN 'source_id' END,
        CASE WHEN m.identifiers = m.was THEN 'identifiers' END], NULL) AS same) s
    ORDER BY o.id
"""


def _name_anew(cursor: Any) -> None:
    """Point records to the names of where they are now, where either side decided about one."""
    cursor.execute(
        f"SELECT m.id, o.guid FROM moving m JOIN {OCCURRENCE} o ON o.id = m.id "
        f"JOIN {naming.NAME} n ON n.id = o.name_id "
        f"WHERE n.collection_id IS NOT NULL OR EXISTS (SELECT FROM {naming.NAME} own "
        "WHERE own.collection_id = o.collection_id AND own.scientific_name = n.scientific_name "
        "AND own.authorship = n.authorship AND own.context = n.context)"
    )
    touched = cursor.fetchall()
    if touched:
        naming.point([pk for pk, _guid in touched])
        reprotect(guid for _pk, guid in touched)


# --- and back -----------------------------------------------------------------------------------


def take_back(undoing: undo.Undoing) -> None:
    """Return what the change set moved to where it came from; registered with `journal.undo`.

    A record whose number was changed since, that has moved on, is gone, or whose former collection
    is no more, stays and is listed.
    """
    changes = Change.objects.filter(change_set=undoing.change_set, kind=KIND).order_by("pk")
    last = _through(undoing, changes)
    while ids := list(changes.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic(), connection.cursor() as cursor:
            _gather_back(cursor, ids)
            undoing.counts["reverted"] += len(_carry_out(cursor, undoing.undo, None))
            _list_disputed(cursor, undoing, ids)
            undoing.keep()
        last = ids[-1]
        undoing.report()


def _given_by(change_set: ChangeSet) -> Iterable[int]:
    """Return the collections whose records the change set moved, and may move back."""
    moved = Change.objects.filter(change_set=change_set, kind=KIND)
    sources = moved.values_list("before__collection_id", flat=True).order_by()
    return {int(pk) for pk in sources.distinct()}


def _through(undoing: undo.Undoing, changes: Any) -> int:
    """Return the last change that an undo which was cut off has been through."""
    done = Change.objects.filter(change_set=undoing.undo, kind=KIND)
    last = changes.filter(record_guid__in=done.values("record_guid")).order_by("-pk").first()
    return last.pk if last else 0


undo.register(KIND, take_back, first=True, also_within=_given_by)


def _gather_back(cursor: Any, change_ids: Sequence[int]) -> None:
    cursor.execute(
        f"SELECT o.id FROM {CHANGE} c JOIN {OCCURRENCE} o ON o.guid = c.row_guid "
        "WHERE c.id = ANY(%s) ORDER BY o.id FOR NO KEY UPDATE OF o",
        [list(change_ids)],
    )
    cursor.execute("DROP TABLE IF EXISTS pg_temp.moving")
    was = {name: _value(name, "before") for name in _MOVED}
    same = sql.SQL(" AND ").join(
        sql.SQL("(NOT c.after ? {name} OR o.{column} IS NOT DISTINCT FROM {left})").format(
            name=sql.Literal(name), column=sql.Identifier(name), left=_value(name, "after")
        )
        for name in _MOVED
    )
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE moving ON COMMIT DROP AS SELECT c.id AS change_id, o.id, "
            "o.guid, {values}, was.identifiers AS was, CASE WHEN c.before ? 'identifiers' "
            "THEN c.before->'identifiers' ELSE was.identifiers END AS identifiers "
            "FROM {change} c JOIN {occurrence} o ON o.guid = c.row_guid "
            "JOIN {collection} k ON k.id = (c.before->>'collection_id')::bigint "
            "CROSS JOIN LATERAL ({identifiers}) was "
            "WHERE c.id = ANY(%s) AND {same} AND "
            "(NOT c.after ? 'identifiers' OR was.identifiers = c.after->'identifiers')"
        ).format(
            values=sql.SQL(", ").join(
                sql.SQL("CASE WHEN c.before ? {} THEN {} ELSE o.{} END AS {}").format(
                    sql.Literal(name), value, sql.Identifier(name), sql.Identifier(name)
                )
                for name, value in was.items()
            ),
            change=sql.Identifier(CHANGE),
            occurrence=sql.Identifier(OCCURRENCE),
            collection=sql.Identifier(Collection._meta.db_table),
            identifiers=sql.SQL(_IDENTIFIERS),
            same=same,
        ),
        [list(change_ids)],
    )


def _value(name: str, half: str) -> sql.Composable:
    kind = "::bigint" if name == "collection_id" else ""
    return sql.SQL("(c.{}->>{}){}").format(sql.Identifier(half), sql.Literal(name), sql.SQL(kind))


def _list_disputed(cursor: Any, undoing: undo.Undoing, change_ids: Sequence[int]) -> None:
    cursor.execute(
        f"SELECT c.row_guid, o.id, o.collection_id = (c.after->>'collection_id')::bigint "
        f"FROM {CHANGE} c LEFT JOIN {OCCURRENCE} o ON o.guid = c.row_guid "
        "WHERE c.id = ANY(%s) AND NOT EXISTS (SELECT FROM moving m WHERE m.change_id = c.id)",
        [list(change_ids)],
    )
    for guid, standing, is_here in cursor.fetchall():
        fields = (
            ["deleted"] if standing is None else ["catalog_number" if is_here else "collection"]
        )
        undoing.conflict(guid, fields)
