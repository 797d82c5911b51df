"""Making new records: in sets, straight into their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg import sql

from darwincore import terms as dwc
from journal.models import ChangeSet
from occurrences import bulk, children, naming, protection
from occurrences.children import WITHHELD
from occurrences.determinations import arrange, mirror_of
from occurrences.drafts import (
    IDENTIFICATION,
    OCCURRENCE,
    STATED,
    Draft,
    Written,
    filled,
    split,
    split_identification,
    with_derived,
)
from occurrences.models import Occurrence, Protection
from occurrences.protection import Split
from occurrences.ruling import Ruling


def create(
    change_set: ChangeSet, columns: Sequence[str], drafts: Sequence[Draft], written: Written
) -> None:
    """Make the records of these drafts, and note in `written` which; `columns`: those they fill."""
    if not drafts:
        return
    keys = [(draft.collection_id, naming.key_of(draft.values)) for draft in drafts]
    names = naming.name_ids(keys)
    ruling = Ruling.of(key for _collection, key in keys)
    made = [(draft, split(draft.values, draft.verbatim, ruling)) for draft in drafts]
    made_by = dict(zip(_MADE_BY, _made_by(change_set), strict=True))
    for (draft, part), key in zip(made, keys, strict=True):
        part.public.update(
            made_by,
            guid=draft.guid,
            collection_id=draft.collection_id,
            name_id=names.get(key),
            verbatim=part.verbatim,
            source_id=draft.source_id,
            legacy_id=draft.legacy_id,
            import_hash=draft.import_hash,
            import_version=1 if draft.import_hash else None,
            version=1,
        )
    stated = [column for column in STATED if column not in columns]
    made = _insert([*_NEW, *columns, *stated], made, written)
    plain = [part.public["id"] for draft, part in made if _is_plain(draft, part)]
    _mirror_determinations(plain, columns)
    _create_determinations([each for each in made if not _is_plain(*each)])
    children.insert_identifiers((part.public["id"], d.identifiers) for d, part in made)
    children.insert_extension_rows((part.public["id"], d.extension_rows) for d, part in made)


class Ready(NamedTuple):
    """A new record that says nothing to be withheld, as COPY takes it."""

    name: naming.Wanted
    columns: list[str]  # of the values that its line has behind those of `_EARLY`
    line: str
    identifiers: list[tuple[str, str]] | None
    extension_rows: list[tuple[str, dict[str, str]]] | None


def ready(drafts: Sequence[Draft]) -> list[Ready | None]:
    """Write drafts of new records as COPY takes them, without asking the database.

    None is for a draft that it takes more to write: something of it is to be withheld, or it has
    determinations beside the one that its columns state.
    """
    columns = with_derived(chain.from_iterable(draft.values for draft in drafts))
    return [_ready(draft, columns) for draft in drafts]


def _ready(draft: Draft, columns: list[str]) -> Ready | None:
    if draft.identifications or protection.decide(draft.values).level != Protection.OPEN:
        return None
    own = (
        draft.guid,
        draft.collection_id,
        draft.verbatim,
        draft.source_id,
        draft.legacy_id,
        draft.import_hash,
        1 if draft.import_hash else None,
    )
    return Ready(
        (draft.collection_id, naming.key_of(draft.values)),
        columns,
        bulk.as_text((*own, *map(draft.values.get, columns))),
        draft.identifiers,
        draft.extension_rows,
    )


def create_ready(change_set: ChangeSet, records: Mapping[int, Ready]) -> set[naming.Key]:
    """Make records that one call of `ready` gave, by the keys they get, but not what rules protect.

    Returns the names of these, which have to be written from their drafts.
    """
    if not records:
        return set()
    names = naming.name_ids(each.name for each in records.values())
    covered = set(Ruling.of(each.name[1] for each in records.values()).by_name)
    made = {pk: each for pk, each in records.items() if each.name[1] not in covered}
    columns = next(iter(records.values())).columns
    same = bulk.as_text([1, Protection.OPEN.value, *_made_by(change_set)])
    blank = bulk.as_text([None])
    bulk.insert_text(
        OCCURRENCE,
        ["id", "name_id", "version", "protection", *_MADE_BY, *_EARLY, *columns],
        [f"{pk}\t{names.get(each.name, blank)}\t{same}\t{each.line}" for pk, each in made.items()],
    )
    _mirror_determinations(list(made), columns)
    children.insert_identifiers((pk, each.identifiers) for pk, each in made.items())
    children.insert_extension_rows((pk, each.extension_rows) for pk, each in made.items())
    return covered


def next_keys(count: int) -> list[int]:
    """Return the keys of so many new records, in the order in which they are to stand."""
    return bulk.next_ids(OCCURRENCE, count)


def _made_by(change_set: ChangeSet) -> tuple[Any, ...]:
    """Return what all new records of a change set say of their making, as `_MADE_BY` names it."""
    now = timezone.now()
    return change_set.user.get_username() if change_set.user else "", change_set.pk, now, now


_MADE_BY = ("entered_by", "created_by_id", "created_at", "changed_at")
_EARLY = "guid collection_id verbatim source_id legacy_id import_hash import_version".split()
_NEW = ["id", "name_id", "version", *_EARLY, *_MADE_BY]
_Made = tuple[Draft, Split]


def _insert(columns: Sequence[str], made: list[_Made], written: Written) -> list[_Made]:
    """Insert the records, giving each its key; return those whose GUID didn't stand already."""
    following = iter(next_keys(sum(draft.key is None for draft, _part in made)))
    for draft, part in made:
        part.public["id"] = next(following) if draft.key is None else draft.key
    try:
        with transaction.atomic():
            bulk.insert(OCCURRENCE, columns, [part.public for _draft, part in made])
    except IntegrityError:
        guids = [draft.guid for draft, _part in made]
        standing = set(Occurrence.objects.filter(guid__in=guids).values_list("guid", flat=True))
        if not standing:
            raise
        written.unchanged.extend(standing)
        made = [each for each in made if each[0].guid not in standing]
        bulk.insert(OCCURRENCE, columns, [part.public for _draft, part in made])
    written.created.extend(draft.guid for draft, _part in made)
    return made


def _is_plain(draft: Draft, part: Split) -> bool:
    """Tell whether its only determination is the one that its columns state, for all to see."""
    return part.withheld is None and not draft.identifications


def _mirror_determinations(record_ids: Sequence[int], columns: Sequence[str]) -> None:
    """Give these open records the determination their own columns state, in one statement."""
    stated = [column for column in dwc.IDENTIFICATION_COLUMNS if column in columns]
    if not record_ids or not stated:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, stated))
    statement = sql.SQL(
        "INSERT INTO {table} (guid, occurrence_id, is_current, position, verbatim, {names}) "
        "SELECT portal_guid(), id, true, 0, '{{}}', {names} FROM {occurrence} "
        "WHERE id = ANY(%s) AND num_nonnulls({names}) > 0"
    ).format(
        table=sql.Identifier(IDENTIFICATION), occurrence=sql.Identifier(OCCURRENCE), names=names
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(record_ids)])


def _create_determinations(made: Sequence[_Made]) -> None:
    identifications: list[dict[str, Any]] = []
    withheld: list[dict[str, Any]] = []
    for draft, part in made:
        pk = part.public["id"]
        hidden: dict[str, Any] = {}
        for row in arrange([], mirror_of(draft.values), draft.identifications):
            public, kept = split_identification(row, hide=part.withheld is not None)
            identifications.append({**public, "occurrence_id": pk})
            if kept:
                hidden[str(row["guid"])] = kept
        if part.withheld is not None:
            withheld.append(children.withheld_row(pk, draft.collection_id, part, hidden))
    bulk.insert(IDENTIFICATION, ["occurrence_id", *filled(identifications)], identifications)
    bulk.insert(WITHHELD, children.WITHHELD_COLUMNS, withheld)
