"""Which Name a record points to: its collection's own row if it has one, else the shared one.

A name is what the record says: scientific name, authorship and context (kingdom, or else the
nomenclatural code). A person's decision in a collection stands in that collection's own row, so
it holds for its records alone; `own_rows` makes such rows. Linking is no identification: a
record's own columns are never touched here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journal.jobs import Refused
from journal.models import Change, ChangeSet
from occurrences import bulk
from occurrences.models import Occurrence
from taxonomy import matching
from taxonomy.models import Name, Taxon
from taxonomy.signals import names_linked

KIND = "name"  # of Change
NAME = Name._meta.db_table
OCCURRENCE = Occurrence._meta.db_table
Key = tuple[str, str, str]  # scientific name, authorship, context
Wanted = tuple[int, Key]  # of which collection's record

# A record's key, in SQL; `key_of` in Python.
_PARTS = ("genus", "specific_epithet", "infraspecific_epithet")  # where no name is written out
KEY_COLUMNS = (
    "scientific_name",
    *_PARTS,
    "scientific_name_authorship",
    "kingdom",
    "nomenclatural_code",
)
KEY_SQL = (
    "coalesce(nullif({scientific_name}, ''), CASE WHEN {genus} <> '' THEN concat_ws(' ', {genus}, "
    "nullif({specific_epithet}, ''), nullif({infraspecific_epithet}, '')) END, ''), "
    "coalesce({scientific_name_authorship}, ''), "
    "coalesce(nullif({kingdom}, ''), {nomenclatural_code}, '')"
)


def key_of(values: Mapping[str, Any]) -> Key:
    """Return what a record with these values, by column, calls its organism."""
    parts = " ".join(filter(None, map(values.get, _PARTS))) if values.get("genus") else ""
    return (
        values.get("scientific_name") or parts,
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
            "FROM unnest(%s::text[], %s::text[], %s::text[]) AS w ON CONFLICT DO NOTHING "
            "RETURNING id",
            columns,
        )
        made = [pk for (pk,) in cursor.fetchall()]
        if made:
            link_new(made)
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


def unlinked(keys: Iterable[Key], collection_id: int) -> int:
    """Return how many of these names no Name links to a taxon yet, for records of a collection."""
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[], %s::text[], %s::text[]) AS w(a, b, c) "
            f"WHERE NOT EXISTS (SELECT 1 FROM {NAME} n WHERE n.scientific_name = w.a "
            "AND n.authorship = w.b AND n.context = w.c AND n.taxon_id IS NOT NULL "
            "AND (n.collection_id IS NULL OR n.collection_id = %s))",
            [*columns, collection_id],
        )
        return int(cursor.fetchone()[0])


def point(record_ids: Sequence[int]) -> None:
    """Point these records to the Names their columns ask for."""
    ids = list(record_ids)
    key = KEY_SQL.format(**{name: f"o.{name}" for name in KEY_COLUMNS})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT o.collection_id, {key} FROM {OCCURRENCE} o WHERE o.id = ANY(%s)",
            [ids],
        )
        found = name_ids((within, (name, author, of)) for within, name, author, of in cursor)
        rows = [(within, *key, pk) for (within, key), pk in found.items()]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
        cursor.execute(
            f"UPDATE {OCCURRENCE} r SET name_id = w.id FROM {OCCURRENCE} o LEFT JOIN "
            "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[]) "
            "AS w(within, name, authorship, context, id) ON o.collection_id = w.within "
            f"AND ({key}) = (w.name, w.authorship, w.context) "
            "WHERE o.id = r.id AND o.id = ANY(%s) AND o.name_id IS DISTINCT FROM w.id",
            [*columns, ids],
        )


# --- a collection's own rows --------------------------------------------------------------------

_KEY = "scientific_name, authorship, context"
_DECISION = "taxon_id, state, evidence, candidates, decided_by_id, decided_at, matched_at"
# Before PostgreSQL looks for deadlocks (a second): whoever decides about names gives way to
# whoever writes records, and tries again.
_PATIENCE = "800ms"
_TRIES = 12

Done = TypeVar("Done")


def calmly(work: Callable[[], Done]) -> Done:
    """Do `work` in a transaction, and again when somebody who writes records is in the way.

    Raises Refused when that goes on for long.
    """
    for _try in range(_TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
                done = work()
                cursor.execute("SET LOCAL lock_timeout = 0")
                return done
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in ("55P03", "40P01"):
                raise
    raise Refused(_("Somebody is writing these records at the moment. Try again in a minute."))


def own_rows(change_set: ChangeSet, ids: Iterable[int], collection_id: int) -> dict[int, int]:
    """Return {name id: the collection's own row}, copied where missing, its records re-pointed.

    Waits for writers that point to the shared rows and keeps new ones waiting to the end of the
    transaction: call it inside `calmly`.
    """
    asked = sorted(set(ids))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {OCCURRENCE} WHERE collection_id = %s AND name_id = ANY(%s) "
            "ORDER BY id FOR NO KEY UPDATE",
            [collection_id, asked],
        )
        cursor.execute(f"SELECT id FROM {NAME} WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [asked])
        cursor.execute(
            f"INSERT INTO {NAME} (guid, collection_id, {_KEY}, {_DECISION}) "
            f"SELECT portal_guid(), %s, {_KEY}, {_DECISION} FROM {NAME} WHERE id = ANY(%s) "
            "AND collection_id IS NULL ON CONFLICT DO NOTHING RETURNING id",
            [collection_id, asked],
        )
        made = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            f"SELECT s.id, o.id FROM {NAME} s JOIN {NAME} o USING ({_KEY}) "
            "WHERE s.id = ANY(%s) AND o.collection_id = %s",
            [asked, collection_id],
        )
        own = dict(cursor.fetchall())
        repoint(own, collection_id)
    note(change_set, [(None, name) for name in _whole().filter(pk__in=made)])
    return own


def give_back(ids: Sequence[int]) -> None:
    """Delete these own rows; their records point to the shared ones again."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name in Name.objects.filter(pk__in=ids).values("pk", "collection_id", *KEY_FIELDS):
            pk, within, *key = name.values()
            cursor.execute(
                f"INSERT INTO {NAME} (guid, {_KEY}, state, evidence, candidates) VALUES "
                "(portal_guid(), %s, %s, %s, 'new', '', '[]') ON CONFLICT DO NOTHING",
                key,
            )
            cursor.execute(
                f"SELECT id FROM {NAME} WHERE ({_KEY}) = (%s, %s, %s) AND collection_id IS NULL",
                key,
            )
            repoint({pk: cursor.fetchone()[0]}, within)
        cursor.execute(f"DELETE FROM {NAME} WHERE id = ANY(%s)", [list(ids)])


def repoint(moves: Mapping[int, int], collection_id: int) -> None:
    """Point this collection's records from one Name to another: {from: to}."""
    moved = {old: new for old, new in moves.items() if old != new}
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {OCCURRENCE} o SET name_id = m.new FROM unnest(%s::bigint[], %s::bigint[]) "
            "AS m(old, new) WHERE o.name_id = m.old AND o.collection_id = %s",
            [list(moved), list(moved.values()), collection_id],
        )
    names_linked.send(sender=Name, names=list(moved.values()))


def carry(change_set: ChangeSet, moves: Mapping[Wanted, int]) -> None:
    """Give the Names that records will point to the link and decision of those they point to now.

    moves: {what the record will be called: the Name it leaves}. An own row stays an own row. A
    Name that is linked to the same taxon already, or was decided by a person, is left as it is.
    """
    found = name_ids(moves)
    rows = _whole().in_bulk({*found.values(), *moves.values()})
    own: dict[int, dict[int, Name]] = {}
    shared: dict[int, Name] = {}
    for wanted, pk in found.items():
        target, source = rows[pk], rows[moves[wanted]]
        if target.taxon_id == source.taxon_id or target.decided_at:
            continue
        if source.collection_id and not target.collection_id:
            own.setdefault(wanted[0], {})[pk] = source
        else:
            shared[pk] = source
    for within, sources in own.items():
        made = own_rows(change_set, sources, within)
        shared |= {made[pk]: source for pk, source in sources.items()}
    _copy_decisions(change_set, shared)


def _copy_decisions(change_set: ChangeSet, sources: Mapping[int, Name]) -> None:
    moves = []
    for target in held(sources):
        after = copy(target)
        after.taxon = sources[target.pk].taxon
        for field in DECISION_FIELDS:
            setattr(after, field, getattr(sources[target.pk], field))
        moves.append((target, after))
    store(after for _before, after in moves)
    note(change_set, moves)


def _whole() -> QuerySet[Name]:
    return Name.objects.select_related("taxon")


def held(ids: Iterable[int]) -> list[Name]:
    """Return these Names with their taxa, locked in the order of their ids."""
    found = _whole().filter(pk__in=list(ids)).order_by("pk")
    return list(found.select_for_update(of=("self",), no_key=True))


def store(names: Iterable[Name]) -> None:
    """Write the decisions of these rows, as the objects hold them."""
    columns = ("id", *DECISION_FIELDS)
    rows = [{column: getattr(name, column) for column in columns} for name in names]
    bulk.update(NAME, DECISION_FIELDS, rows, key="id")
    names_linked.send(sender=Name, names=[row["id"] for row in rows])


# --- what was done to names ---------------------------------------------------------------------

KEY_FIELDS = ("scientific_name", "authorship", "context")
# As objects have them; the history tells the taxon by its GUID.
DECISION_FIELDS = tuple(_DECISION.split(", "))
_HISTORY = ("taxon", "state", "evidence", "decided_by_id", "decided_at")


def told(name: Name) -> dict[str, Any]:
    """Return a whole Name row as the history keeps it, taxa by GUID, times as text."""
    fields = ("collection_id", *KEY_FIELDS, *DECISION_FIELDS[1:])
    taxon = str(name.taxon.guid) if name.taxon else None
    return {"taxon": taxon, **{field: as_json(getattr(name, field)) for field in fields}}


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def note(change_set: ChangeSet, moves: Iterable[tuple[Name | None, Name | None]]) -> None:
    """Write into the history what became of Name rows, [(before, after)]; None: there was none."""
    changes = []
    for before, after in moves:
        was, now = before and told(before), after and told(after)
        if was and now:
            moved = [field for field in _HISTORY if was[field] != now[field]]
            was, now = ({field: half[field] for field in moved} for half in (was, now))
        row = before or after
        if row and was != now:
            changes.append(
                {
                    "change_set_id": change_set.pk,
                    "collection_id": change_set.collection_id,
                    "kind": KIND,
                    "row_guid": row.guid,
                    "record_guid": row.guid,
                    "before": was,
                    "after": now,
                }
            )
    columns = "change_set_id collection_id kind row_guid record_guid before after".split()
    bulk.insert(Change._meta.db_table, columns, changes)


def lines(change: Change) -> list[tuple[str, str, str]]:
    """Return what a change to a Name says: (label, old text, new text)."""
    before, after = change.before or {}, change.after or {}
    if change.before is None and after.get("collection_id"):
        return [(_("Name"), "", _("the collection's own"))]
    if change.after is None:
        return [(_("Name"), _("the collection's own"), "")]
    guids = {half["taxon"] for half in (before, after) if half.get("taxon")}
    taxa = {str(taxon.guid): str(taxon) for taxon in Taxon.objects.filter(guid__in=guids)}
    told = []
    if before.get("taxon") != after.get("taxon"):
        named = [taxa.get(half.get("taxon") or "", "") for half in (before, after)]
        told.append((_("Linked to"), named[0], named[1]))
    if before.get("state") != after.get("state"):
        states = {value: str(label) for value, label in Name.State.choices}
        was, now = (states.get(half.get("state", ""), "") for half in (before, after))
        told.append((_("Name"), was, now))
    return told


def titles(guids: Iterable[UUID]) -> dict[UUID, str]:
    """Return {GUID: name} of those of these rows that are Names, or were."""
    asked = list(guids)
    found = {name.guid: str(name) for name in Name.objects.filter(guid__in=asked)}
    left = [guid for guid in asked if guid not in found]
    gone = Change.objects.filter(row_guid__in=left, kind=KIND)
    for change in gone:
        whole = change.before or change.after or {}
        if "scientific_name" in whole:
            found[change.row_guid] = f"{whole['scientific_name']} {whole['authorship']}".strip()
    return found


def settle(change_set: ChangeSet, ids: Iterable[int], **values: Any) -> None:
    """Set these fields of Name rows, with the history."""
    moves = []
    for row in held(ids):
        after = copy(row)
        for field, value in values.items():
            setattr(after, field, value)
        moves.append((row, after))
    store(after for _before, after in moves)
    note(change_set, moves)


def link_new(ids: Sequence[int]) -> None:
    """Link Names that were just made to what the thesaurus has, if that leaves no doubt."""
    matching.link(Name.objects.filter(pk__in=ids), None, adopt=False)
