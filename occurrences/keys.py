"""Which record a row means: the keys it is recognised by, and the records that have them.

A run holds an order of keys. The first that is filled and finds a record decides; where one key
finds two records, or two keys find different ones, nobody guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils.translation import gettext as _

from biocollections.models import Collection
from occurrences import mapping
from occurrences.bulk import one_of
from occurrences.models import Identifier, ImportRun, Occurrence

Key = ImportRun.Key

CONTENT = "content:"
OCCURRENCE = Occurrence._meta.db_table
IDENTIFIER = Identifier._meta.db_table
_FIELDS = ("guid", "version", "import_hash", "import_version")


class RowKey(NamedTuple):
    """What a row is recognised by."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.text}"


class Target(NamedTuple):
    """A record that a key means."""

    guid: UUID
    version: int
    import_hash: UUID | None = None
    import_version: int | None = None

    def says(self, row_hash: UUID) -> bool:
        """Tell whether the last thing written to it was this very row, read the same way."""
        return self.import_version == self.version and self.import_hash == row_hash


Found = Mapping[RowKey, Sequence[Target]]


class Meant(NamedTuple):
    """The record a row means, if there is one, and the key that found it.

    reason: why nobody can tell, in words; candidates then holds the records it may be, and
    first_alone says that the first key names one of them alone.
    """

    key: RowKey
    target: Target | None = None
    reason: str = ""
    candidates: tuple[Target, ...] = ()
    first_alone: bool = False


def is_key(text: str) -> bool:
    """Tell whether rows may be recognised by `text`: one of Key, or an identifier's target."""
    return text in Key.values or (text.startswith(mapping.IDENTIFIER) and mapping.is_target(text))


def has_key(key: str, targets: Iterable[str], *, with_core_id: bool) -> bool:
    """Tell whether a file with columns for these targets can be recognised by `key`."""
    targets = set(targets)
    if key == Key.CONTENT:
        return True
    if key == Key.SOURCE_ID:
        return with_core_id or key in targets
    if key == Key.GUID:
        return with_core_id or not targets.isdisjoint((Key.OCCURRENCE_ID, Key.SOURCE_ID))
    if key == Key.OTHER_NUMBERS or key.startswith(mapping.IDENTIFIER):
        return key in targets or any(
            target == Key.OTHER_NUMBERS or (key == Key.OTHER_NUMBERS and _is_number(target))
            for target in targets
        )
    return key in targets


def _is_number(target: str) -> bool:
    return target.startswith(mapping.IDENTIFIER)


class Cells(NamedTuple):
    """How a row is asked for what it may be recognised by."""

    text: Callable[[Any, str], str]  # of a target, constants included
    source_id: Callable[[Any], str | None]
    numbers: Callable[[Any], list[tuple[str, str]]]  # additional identifiers: tag, value


def of_row(row: Any, order: Sequence[str], cells: Cells) -> list[RowKey]:
    """Return the keys that are filled, in order; where none is, the source's own or the content."""
    found: list[RowKey] = []
    for kind in order:
        found += _texts(row, kind, cells)
    if not found and (text := cells.source_id(row)):
        found.append(RowKey(Key.SOURCE_ID, text))
    return found or [RowKey(Key.CONTENT, content_of(row))]


def _texts(row: Any, kind: str, cells: Cells) -> list[RowKey]:
    if kind == Key.OTHER_NUMBERS:
        return [RowKey(kind, f"{tag}: {text}" if tag else text) for tag, text in cells.numbers(row)]
    if kind.startswith(mapping.IDENTIFIER):
        wanted = kind.removeprefix(mapping.IDENTIFIER).casefold()
        return [RowKey(kind, text) for tag, text in cells.numbers(row) if tag.casefold() == wanted]
    if kind == Key.CONTENT:
        return [RowKey(kind, content_of(row))]
    if kind == Key.SOURCE_ID:
        text = cells.source_id(row) or ""
    elif kind == Key.GUID:
        given = (cells.text(row, Key.OCCURRENCE_ID), cells.source_id(row) or "")
        text = next((text for text in given if text and our_guid(text)), "")
    else:
        text = cells.text(row, kind)
    return [RowKey(kind, text)] if text else []


def content_of(row: Any) -> str:
    """Return the key of a row without one: a hash of its cells, and how often they stood before."""
    repeated = f"#{row.repetition}" if row.repetition > 1 else ""
    return f"{CONTENT}{row.row_hash.hex}{repeated}"


def our_guid(text: str) -> UUID | None:
    """Return the GUID in an occurrenceID that this portal may have given."""
    if len(text) < 32:
        return None
    try:
        return UUID(text.lower().removeprefix("urn:uuid:"))
    except ValueError:
        return None


# --- what they mean ---------------------------------------------------------------------------


def meant(keys: Sequence[RowKey], found: Found, row_hash: UUID) -> Meant:
    """Return the record that a row with these keys, the first that counts first, means.

    A record that was written from this very row is meant, whatever else has the key by now.
    """
    hits = [key for key in keys if key in found]
    if not hits:
        return Meant(keys[0])
    key, targets = hits[0], found[hits[0]]
    if len(hits) == 1 and len(targets) == 1:
        return Meant(key, targets[0])
    candidates = {target.guid: target for hit in hits for target in found[hit]}
    written = [target for target in candidates.values() if target.says(row_hash)]
    if len(written) == 1:
        return Meant(key, written[0])
    if len(targets) > 1:
        reason = _("%(count)s records of this collection have the key “%(key)s”.")
        told = {"count": len(targets), "key": key.text}
        return Meant(key, None, reason % told, tuple(candidates.values()))
    for other in hits[1:]:
        if all(target.guid != targets[0].guid for target in found[other]):
            reason = _("“%(one)s” and “%(other)s” are the keys of different records.")
            told = {"one": key.text, "other": other.text}
            return Meant(key, None, reason % told, tuple(candidates.values()), first_alone=True)
    return Meant(key, targets[0])


def records_meant(collection: Collection, keys: Iterable[RowKey]) -> dict[RowKey, list[Target]]:
    """Return the records of the collection that the keys mean, by key."""
    texts: dict[str, set[str]] = {}
    for key in keys:
        texts.setdefault(key.kind, set()).add(key.text)
    found: dict[RowKey, dict[UUID, Target]] = {}
    own = Occurrence.objects.filter(collection=collection)
    for kind, wanted in texts.items():
        for column in _columns(collection, kind):
            for text, *target in one_of(own, column, wanted).values_list(column, *_FIELDS):
                found.setdefault(RowKey(kind, text), {})[target[0]] = Target(*target)
        if kind in _GUIDS:
            guids = {guid: text for text in wanted if (guid := our_guid(text))}
            for target in one_of(own, "guid", guids).values_list(*_FIELDS) if guids else ():
                found.setdefault(RowKey(kind, guids[target[0]]), {})[target[0]] = Target(*target)
        if kind == Key.OTHER_NUMBERS or kind.startswith(mapping.IDENTIFIER):
            for text, target in _by_number(collection, kind, sorted(wanted)):
                found.setdefault(RowKey(kind, text), {})[target.guid] = target
    return {key: list(targets.values()) for key, targets in found.items()}


_COLUMNS: Mapping[str, str] = {
    Key.OCCURRENCE_ID: "occurrence_id",
    Key.CATALOG_NUMBER: "catalog_number",
    Key.SOURCE_ID: "source_id",
    Key.CONTENT: "source_id",
}
# An occurrenceID or an archive's own key may be the GUID we gave: our own exports come back so.
_GUIDS = (Key.OCCURRENCE_ID, Key.SOURCE_ID, Key.GUID)


def _columns(collection: Collection, kind: str) -> list[str]:
    columns = [_COLUMNS[kind]] if kind in _COLUMNS else []
    by_number = collection.guid_source == Collection.GuidSource.CATALOG_NUMBER
    if kind == Key.OCCURRENCE_ID and by_number:  # published under its catalogue number
        columns.append("catalog_number")
    return columns


def _by_number(
    collection: Collection, kind: str, wanted: Sequence[str]
) -> list[tuple[str, Target]]:
    """Return (text of the key, record) of the records with these additional identifiers."""
    tagged = kind.startswith(mapping.IDENTIFIER)
    parts = [
        (kind.removeprefix(mapping.IDENTIFIER), text) if tagged else _parted(text)
        for text in wanted
    ]
    names, values = [name for name, _value in parts], [value for _name, value in parts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.key, o.guid, o.version, o.import_hash, o.import_version "
            "FROM unnest(%s::text[], %s::text[], %s::text[]) AS w(key, name, value) "
            f'JOIN "{IDENTIFIER}" i ON portal_fold(left(i.value, 100)) '
            "= portal_fold(left(w.value, 100)) AND i.value = w.value "
            "AND (w.name = '' OR lower(i.name) = lower(w.name)) "
            # + 0: from the identifiers to their records, and not from all records of a collection
            # that the planner takes for empty.
            f'JOIN "{OCCURRENCE}" o ON o.id = i.occurrence_id AND o.collection_id + 0 = %s',
            [list(wanted), names, values, collection.pk],
        )
        return [(text, Target(*target)) for text, *target in cursor.fetchall()]


def _parted(text: str) -> tuple[str, str]:
    tag, colon, value = text.partition(": ")
    return (tag, value) if colon else ("", text)


class Elsewhere(NamedTuple):
    """A record of another collection."""

    guid: UUID
    is_public: bool  # anybody may see it


def elsewhere(collection: Collection, texts: Iterable[str], user: Any) -> dict[str, Elsewhere]:
    """Return the records of other collections that have these occurrenceIDs, by occurrenceID.

    Those that `user` may see. What a review tells of them is for every administrator here, so it
    may tell of the public ones alone.
    """
    wanted = list(set(texts))
    found = _held(collection, wanted, user)
    if not found:
        return {}
    public = _held(collection, list(found), AnonymousUser())
    return {text: Elsewhere(guid, text in public) for text, guid in found.items()}


def _held(collection: Collection, texts: Sequence[str], user: Any) -> dict[str, UUID]:
    visible = Occurrence.objects.visible_to(user or AnonymousUser())
    others = visible.exclude(collection=collection).prefetch_related(None)
    found: dict[str, UUID] = {}
    if texts:
        held = one_of(others, "occurrence_id", texts)
        found.update(held.values_list("occurrence_id", "guid"))
    if guids := {guid: text for text in texts if (guid := our_guid(text))}:
        held = one_of(others, "guid", guids)
        found.update((guids[guid], guid) for guid in held.values_list("guid", flat=True))
    return found
