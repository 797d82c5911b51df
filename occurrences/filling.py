"""Values for many records at once, in sets, with the history that `records.write` would leave.

A value that everybody may see goes straight into its column; the rest through `records.write`.

`assign` writes given columns of given records; `fill` uses it to fill blank family, author and
kingdom from the taxa that the records' names are linked to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg import sql

from darwincore import terms as dwc
from journal.models import ChangeSet
from occurrences import naming, protection
from occurrences.children import WITHHELD
from occurrences.drafts import IDENTIFICATION, OCCURRENCE, Draft
from occurrences.records import CHANGE, reprotect, stored, write
from occurrences.ruling import Ruling
from taxonomy.models import Name, Taxon

CHUNK = 5000
FILLED = ("family", "scientific_name_authorship", "kingdom")
# What protection is decided by: `records.write` asks it.
DECIDING = frozenset(("record_security", "security_reason", *protection.NOTES))


# --- the primitive ------------------------------------------------------------------------------


def assign(
    change_set: ChangeSet,
    record_ids: Sequence[int],
    columns: Sequence[str],
    values: sql.Composable,
    parameters: Mapping[str, Any] | None = None,
) -> int:
    """Give these records the values of a SELECT and return how many of them changed.

    values: a SELECT of `id` and each of `columns`, NULL erases; it may use %(ids)s, the records,
    which are locked before it runs. A record that holds its values already is left alone. What
    can't be done in sets (a withheld term of a protected record, a text kept as it was written)
    goes through `records.write`. A column that follows from another is the caller's business.
    """
    names = [name for name in columns if name in _ASSIGNABLE]
    given = {**(parameters or {}), "ids": list(record_ids)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {OCCURRENCE} WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE",
            given,
        )
        cursor.execute("DROP TABLE IF EXISTS pg_temp.assigned")
        cursor.execute(_differing(names, values), given)
        apart = _apart(cursor, names)
        if not set(naming.KEY_COLUMNS).isdisjoint(names):
            _name(cursor, names)
        cursor.execute(_noted("occurrence", names), {"change_set": change_set.pk})
        mirrored = [name for name in names if name in dwc.IDENTIFICATION_COLUMNS]
        if mirrored:
            cursor.execute(_noted("identification", mirrored), {"change_set": change_set.pk})
            cursor.execute(_update_identifications(mirrored))
        cursor.execute(_update(names), {"now": timezone.now()})
        changed = int(cursor.rowcount)
        if not _RULED.isdisjoint(names):
            _protect(cursor)
    return changed + _write_apart(change_set, names, apart)


_ASSIGNABLE = frozenset(dwc.COLUMNS + dwc.DERIVED_COLUMNS)
# What tells whether a protection rule covers a record.
_RULED = frozenset(
    (
        *naming.KEY_COLUMNS,
        *"country country_code state_province establishment_means".split(),
        *"degree_of_establishment cultivation_status".split(),
    )
)


def _protect(cursor: Any) -> None:
    """Bring the protection of the records whose name a rule covers, or covered, up to date."""
    cursor.execute(
        f"SELECT DISTINCT n.id, n.scientific_name, n.authorship, n.context FROM assigned a "
        f"JOIN {naming.NAME} n ON n.id = a.name_id"
    )
    keys = {tuple(key): pk for pk, *key in cursor}
    ruling = Ruling.of(keys)  # type: ignore[arg-type]
    covered = [keys[key] for key in ruling.by_name]
    cursor.execute(
        f"SELECT o.guid FROM assigned a JOIN {OCCURRENCE} o ON o.id = a.id "
        f"LEFT JOIN {WITHHELD} w ON w.occurrence_id = o.id "
        "WHERE a.name_id = ANY(%s) OR w.rules <> '[]'",
        [covered],
    )
    reprotect(guid for (guid,) in cursor.fetchall())


def _listed(names: Sequence[str], alias: str) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


def _differ(names: Sequence[str], one: str, other: str) -> sql.Composable:
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(
        sql.SQL("ROW({})").format(_listed(names, one)),
        sql.SQL("ROW({})").format(_listed(names, other)),
    )


def _differing(names: Sequence[str], values: sql.Composable) -> sql.Composable:
    """Make the temporary table `assigned` of the records whose values differ."""
    return sql.SQL(
        "CREATE TEMPORARY TABLE assigned ON COMMIT DROP AS "
        "SELECT o.id, o.name_id, {news} FROM ({values}) d JOIN {table} o ON o.id = d.id "
        "WHERE {differ}"
    ).format(
        news=_listed(names, "d"),
        values=values,
        table=sql.Identifier(OCCURRENCE),
        differ=_differ(names, "d", "o"),
    )


def _apart(cursor: Any, names: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Take out and return, by key, what has to go through `records.write`."""
    texts = [dwc.BY_COLUMN[name].name for name in names if name in dwc.BY_COLUMN]
    cursor.execute(
        sql.SQL(
            "DELETE FROM assigned a USING {occurrence} o WHERE o.id = a.id AND (%(all)s "
            "OR o.verbatim ?| %(texts)s OR (o.protection <> 0 AND (%(withheld)s OR EXISTS ("
            "SELECT FROM {withheld} w WHERE w.occurrence_id = o.id "
            "AND w.terms->'verbatim' ?| %(texts)s))) "
            "OR (%(mirrored)s AND NOT EXISTS (SELECT FROM {identification} i "
            "WHERE i.occurrence_id = o.id AND i.is_current))) RETURNING a.id, {news}"
        ).format(
            occurrence=sql.Identifier(OCCURRENCE),
            withheld=sql.Identifier(WITHHELD),
            identification=sql.Identifier(IDENTIFICATION),
            news=_listed(names, "a"),
        ),
        {
            "all": not DECIDING.isdisjoint(names),
            "texts": texts,
            "withheld": not protection.WITHHELD.isdisjoint(names),
            "mirrored": not set(dwc.IDENTIFICATION_COLUMNS).isdisjoint(names),
        },
    )
    return {pk: dict(zip(names, news, strict=True)) for pk, *news in cursor.fetchall()}


def _write_apart(
    change_set: ChangeSet, names: Sequence[str], apart: Mapping[int, dict[str, Any]]
) -> int:
    if not apart:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT guid FROM {OCCURRENCE} WHERE id = ANY(%s)", [list(apart)])
        records = stored(guid for (guid,) in cursor.fetchall())
    drafts = [
        Draft(record.guid, record.collection_id, apart[record.id], version=record.version)
        for record in records.values()
    ]
    return len(write(change_set, names, drafts).updated)


def _name(cursor: Any, names: Sequence[str]) -> None:
    """Say in `assigned` which Name each record will point to."""
    news = {name: f"{'a' if name in names else 'o'}.{name}" for name in naming.KEY_COLUMNS}
    key = naming.KEY_SQL.format(**news)
    cursor.execute(
        f"SELECT DISTINCT o.collection_id, {key} FROM assigned a JOIN {OCCURRENCE} o USING (id)"
    )
    found = naming.name_ids((within, (name, author, of)) for within, name, author, of in cursor)
    rows = [(within, *key, pk) for (within, key), pk in found.items()]
    cursor.execute(
        f"UPDATE assigned t SET name_id = w.id FROM assigned a JOIN {OCCURRENCE} o USING (id) "
        "LEFT JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[]) "
        "AS w(within, name, authorship, context, id) ON o.collection_id = w.within "
        f"AND ({key}) = (w.name, w.authorship, w.context) WHERE a.id = t.id",
        [list(column) for column in zip(*rows, strict=True)] or [[]] * 5,
    )


def _noted(kind: str, names: Sequence[str]) -> sql.Composable:
    """Return the statement that writes the history of `kind`: only the fields that differ."""
    row = "o" if kind == "occurrence" else "i"
    same = sql.SQL(", ").join(
        sql.SQL("CASE WHEN {} IS NOT DISTINCT FROM {} THEN {} END").format(
            sql.Identifier(row, name), sql.Identifier("a", name), sql.Literal(name)
        )
        for name in names
    )
    return sql.SQL(
        "INSERT INTO {change} (change_set_id, collection_id, kind, row_guid, record_guid, "
        "before, after) SELECT %(change_set)s, o.collection_id, {kind}, {row}.guid, o.guid, "
        "{before} - s.same, {after} - s.same FROM assigned a JOIN {occurrence} o ON o.id = a.id "
        "{join} CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{same}]::text[], NULL) AS same) s "
        "WHERE {differ}"
    ).format(
        change=sql.Identifier(CHANGE),
        kind=sql.Literal(kind),
        row=sql.Identifier(row),
        before=_as_json(names, row),
        after=_as_json(names, "a"),
        occurrence=sql.Identifier(OCCURRENCE),
        join=sql.SQL(_JOINED[kind]),
        same=same,
        differ=_differ(names, row, "a"),
    )


_JOINED = {
    "occurrence": "",
    "identification": f"JOIN {IDENTIFICATION} i ON i.occurrence_id = o.id AND i.is_current",
}


def _as_json(names: Sequence[str], alias: str) -> sql.Composable:
    """Return the columns as one JSON object: numbers and days as text, as the history has them."""
    pairs = []
    for name in names:
        term = dwc.BY_COLUMN.get(name)
        as_text = term is not None and term.kind == "number"
        column = sql.SQL("{}::text" if as_text else "{}").format(sql.Identifier(alias, name))
        pairs += [sql.Literal(name), column]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _assigned(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL("{0} = a.{0}").format(sql.Identifier(name)) for name in names)


def _update_identifications(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(
        "UPDATE {} i SET {} FROM assigned a WHERE i.occurrence_id = a.id AND i.is_current AND {}"
    ).format(sql.Identifier(IDENTIFICATION), _assigned(names), _differ(names, "i", "a"))


def _update(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(
        "UPDATE {} o SET {}, name_id = a.name_id, version = o.version + 1, changed_at = %(now)s, "
        "import_hash = NULL, import_version = NULL FROM assigned a WHERE o.id = a.id"
    ).format(sql.Identifier(OCCURRENCE), _assigned(names))


# --- blank family, author and kingdom -----------------------------------------------------------

_FROM_TAXA = f"""
    FROM {OCCURRENCE} o JOIN {Name._meta.db_table} n ON n.id = o.name_id
    JOIN {Taxon._meta.db_table} t ON t.id = n.taxon_id
    JOIN {Taxon._meta.db_table} c ON c.id = t.current_id
"""
# Family and kingdom are those of the accepted taxon. An author belongs to the name as it is
# written: it is filled where the record writes just what the linked taxon is called.
_NEW = {
    "family": "coalesce(nullif(o.family, ''), nullif(c.family, ''))",
    "kingdom": "coalesce(nullif(o.kingdom, ''), nullif(c.kingdom, ''))",
    "scientific_name_authorship": (
        "coalesce(nullif(o.scientific_name_authorship, ''), CASE WHEN o.scientific_name = "
        "t.scientific_name THEN nullif(t.authorship, '') END)"
    ),
}
_NEWS = ", ".join(f"{_NEW[name]} AS {name}" for name in FILLED)
_FILLABLE = " OR ".join(f"o.{name} IS DISTINCT FROM {_NEW[name]}" for name in FILLED)


def fillable(collection_id: int, name_ids: Sequence[int] | None = None) -> int:
    """Return how many records of the collection (with these names) `fill` would change."""
    some = "" if name_ids is None else "AND o.name_id = ANY(%(names)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) {_FROM_TAXA} WHERE o.collection_id = %(within)s {some} "
            f"AND ({_FILLABLE})",
            {"within": collection_id, "names": list(name_ids or ())},
        )
        return int(cursor.fetchone()[0])


def fill(
    change_set: ChangeSet,
    collection_id: int,
    name_ids: Sequence[int] | None = None,
    *,
    between: Callable[[int], None] = lambda done: None,
) -> int:
    """Fill blank family, author and kingdom of records whose name is linked; return how many.

    name_ids: only records with these names. Each chunk is a transaction of its own; `between`
    is told how many are through, and may stop the work.
    """
    some = "" if name_ids is None else "AND o.name_id = ANY(%(names)s)"
    chunk = (
        f"SELECT o.id {_FROM_TAXA} WHERE o.collection_id = %(within)s AND o.id > %(after)s {some} "
        f"AND ({_FILLABLE}) ORDER BY o.id LIMIT {CHUNK}"
    )
    given: dict[str, Any] = {"within": collection_id, "names": list(name_ids or ()), "after": 0}
    done = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(chunk, given)
            ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return done
        done += naming.calmly(lambda ids=ids: _fill(change_set, ids))  # type: ignore[misc]
        given["after"] = ids[-1]
        between(done)


def _fill(change_set: ChangeSet, ids: Sequence[int]) -> int:
    news = {name: _NEW.get(name, f"o.{name}") for name in naming.KEY_COLUMNS}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT o.collection_id, {naming.KEY_SQL.format(**news)}, o.name_id "
            f"{_FROM_TAXA} WHERE o.id = ANY(%s)",
            [list(ids)],
        )
        moves = {
            (within, (name, author, context)): source
            for within, name, author, context, source in cursor
        }
    naming.carry(change_set, moves)
    values = sql.SQL(f"SELECT o.id, {_NEWS} {_FROM_TAXA} WHERE o.id = ANY(%(ids)s)")
    return assign(change_set, ids, FILLED, values)
