"""The one writer of records: for a form that saves one and for an import of a million.

Everything written goes through `write`, inside a change set: it splits off what is withheld, keeps
determinations, identifiers and extension rows, points to names, checks versions and writes the
history. `occurrences.restoring` deletes and takes back; `occurrences.readers` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from darwincore import terms as dwc
from journal.models import Change, ChangeSet
from occurrences import bulk, children, cluster_news, naming, protection
from occurrences.children import EXTENSION_ROW, IDENTIFIER
from occurrences.creating import create
from occurrences.determinations import Determination, arrange, mirror_of
from occurrences.drafts import (
    IDENTIFICATION,
    IDENTIFICATION_ROW,
    OCCURRENCE,
    STATED,
    TERM_COLUMNS,
    Draft,
    Stored,
    Written,
    filled,
    split,
    split_identification,
    with_derived,
)
from occurrences.models import (
    ExtensionRow,
    Identification,
    Identifier,
    Occurrence,
    Protection,
    Withheld,
)
from occurrences.protection import Decision, Split, frozen
from occurrences.ruling import Ruling

CHANGE = Change._meta.db_table
_TERM_NAMES = {term.column: term.name for term in dwc.COLUMN_TERMS}
_PROTECTED_COLUMNS = sorted({*protection.WITHHELD, *STATED, "verbatim"})


def write(
    change_set: ChangeSet,
    terms: Iterable[str],
    drafts: Iterable[Draft],
    *,
    locked: Mapping[UUID, Stored] | None = None,
) -> Written:
    """Write `drafts` as part of `change_set` and return what became of each.

    terms: the columns this write is about; others stay. A term that a draft doesn't name is
    erased. Rows go in sets, so a thousand cost a few statements. All or nothing.
    locked: what `stored` returned of all of them in this transaction, to save asking again.
    """
    columns = with_derived(terms)
    drafts = list(drafts)
    written = Written()
    with transaction.atomic():
        create(change_set, columns, [d for d in drafts if d.version is None], written)
        changed = [draft for draft in drafts if draft.version is not None]
        _update(change_set, columns, changed, written, locked)
    return written


def stored(guids: Iterable[UUID]) -> dict[UUID, Stored]:
    """Return these records with their children, locked until the transaction ends."""
    fields = ["id", "guid", "collection_id", "version", "protection", "verbatim", *_KEYS]
    found: dict[UUID, Stored] = {}
    by_id: dict[int, Stored] = {}
    # In order of id, so that two writers of the same records wait instead of deadlocking.
    rows = Occurrence.objects.filter(guid__in=list(guids)).order_by("pk").select_for_update()
    for row in rows.values(*fields, *TERM_COLUMNS):
        pk, guid, within, version = (
            row.pop(key) for key in ("id", "guid", "collection_id", "version")
        )
        record = Stored(pk, guid, within, version, row, None, {})
        found[record.guid] = by_id[record.id] = record
    ids = list(by_id)
    for withheld in Withheld.objects.filter(occurrence__in=ids):
        by_id[withheld.occurrence_id].withheld = withheld.terms
        by_id[withheld.occurrence_id].withheld_identifications = withheld.identifications
        by_id[withheld.occurrence_id].rules = tuple(withheld.rules)
    determinations = Identification.objects.filter(occurrence__in=ids).order_by("position", "pk")
    for row in determinations.values("occurrence_id", *IDENTIFICATION_ROW):
        record = by_id[row.pop("occurrence_id")]
        row.update(record.withheld_identifications.get(str(row["guid"]), {}))
        record.identifications.append(row)
    for identifier in Identifier.objects.filter(occurrence__in=ids).order_by("position", "pk"):
        by_id[identifier.occurrence_id].identifiers.append((identifier.name, identifier.value))
    for extra in ExtensionRow.objects.filter(occurrence__in=ids).order_by("position", "pk"):
        by_id[extra.occurrence_id].extension_rows.append((extra.row_type, extra.terms))
    return found


def differences(draft: Draft, record: Stored, terms: Iterable[str]) -> dict[str, list[Any]]:
    """Return {column: [old, new]} of what writing `draft` over `record` would change.

    Exact values, as JSON. A change of determinations that the record's own columns don't show
    stands under "identifications", as names, and one of the verbatim texts alone under "verbatim",
    by term. Empty: writing would change nothing.
    """
    standing = Decision(Protection(record.columns["protection"]))
    plan = _Plan(ChangeSet(), timezone.now(), Ruling(standing=standing))
    columns = with_derived(terms)
    if not plan.add(draft, record, columns):
        return {}
    exact_values = record.values  # made anew each time it is asked for
    was = {column: exact_values.get(column) for column in columns}
    before, after = _differences(was, {column: draft.values.get(column) for column in columns})
    found = {name: [before[name], after[name]] for name in after}
    for name in ("identifiers", "extension_rows"):
        old, new = getattr(record, name), getattr(draft, name)
        if new is not None and [tuple(item) for item in old] != [tuple(item) for item in new]:
            found[name] = [old, new]
    if not found and draft.identifications is None:
        found["verbatim"] = [record.verbatim, _verbatim_after(record.verbatim, draft, columns)]
    elif not found:
        old_names = [row["scientific_name"] for row in record.identifications]
        new_names = [row["scientific_name"] for row in draft.identifications or ()]
        found["identifications"] = [old_names, new_names]
    return found


def reprotect(guids: Iterable[UUID], *, only_look: bool = False) -> list[UUID]:
    """Bring what is withheld of these records in line with the rules, and return those it moved.

    Their exact values stay as they are, so this is no change of theirs: version and history stay.
    """
    with transaction.atomic():
        records = stored(guids)
        ruling = Ruling.of(naming.key_of(record.columns) for record in records.values())
        plan = _Plan(ChangeSet(), timezone.now(), ruling)
        moved = [guid for guid, record in records.items() if plan.reprotect(record)]
        if not only_look:
            plan.carry_out_protection()
    return moved


# --- updating ---------------------------------------------------------------------------------


def _update(
    change_set: ChangeSet,
    columns: Sequence[str],
    drafts: Sequence[Draft],
    written: Written,
    locked: Mapping[UUID, Stored] | None,
) -> None:
    if not drafts:
        return
    records = stored(draft.guid for draft in drafts) if locked is None else locked
    plan = _Plan(change_set, timezone.now(), _ruling(columns, drafts, records))
    for draft in drafts:
        record = records.get(draft.guid)
        if record is None or record.version != draft.version:
            written.conflicts.append(draft.guid)
        elif plan.add(draft, record, columns):
            written.updated.append(draft.guid)
        else:
            written.unchanged.append(draft.guid)
    plan.carry_out()
    cluster_news.note(change_set, [row["occurrence_id"] for row in plan.new_identifications])


def _ruling(
    columns: Iterable[str], drafts: Iterable[Draft], records: Mapping[UUID, Stored]
) -> Ruling:
    """Return the rules that these records fall under once they are written."""
    named = [column for column in naming.KEY_COLUMNS if column in set(columns)]
    keys = []
    for draft in drafts:
        if record := records.get(draft.guid):
            whole = {column: record.columns.get(column) for column in naming.KEY_COLUMNS}
            whole.update((column, draft.values.get(column)) for column in named)
            keys.append(naming.key_of(whole))
    return Ruling.of(keys)


class _Plan:
    """The rows a set of updates comes down to, gathered before any statement is sent."""

    def __init__(self, change_set: ChangeSet, now: datetime, ruling: Ruling) -> None:
        self.change_set = change_set
        self.now = now
        self.ruling = ruling
        self.rows: list[dict[str, Any]] = []
        self.columns: set[str] = set()
        self.names: list[naming.Wanted] = []
        self.changes: list[dict[str, Any]] = []
        self.withheld: list[dict[str, Any]] = []
        self.new_identifications: list[dict[str, Any]] = []
        self.identifications: list[dict[str, Any]] = []
        self.gone_identifications: list[UUID] = []
        self.identifiers: list[tuple[int, list[tuple[str, str]]]] = []
        self.extension_rows: list[tuple[int, list[tuple[str, dict[str, str]]]]] = []

    def add(self, draft: Draft, record: Stored, columns: Sequence[str]) -> bool:
        """Plan one record's update; return False when nothing would differ."""
        whole = record.values
        whole.update((column, draft.values.get(column)) for column in columns)
        part = split(whole, _verbatim_after(record.verbatim, draft, columns), self.ruling)
        before, after = _differences(record.columns, {**part.public, "verbatim": part.verbatim})
        hidden_before, hidden_after = _differences(record.withheld or {}, part.withheld or {})
        self._note_notes(record.values, whole, before, after)
        _replace_list("identifiers", record.identifiers, draft.identifiers, before, after)
        _replace_list("extension_rows", record.extension_rows, draft.extension_rows, before, after)
        hidden = self._plan_identifications(draft, record, whole, part)
        source = draft.source_id or record.columns["source_id"]
        if source != record.columns["source_id"]:
            before["source_id"], after["source_id"] = record.columns["source_id"], source
        if not (before or hidden_before or hidden is not None):
            return False
        self._plan_row(draft, record, part, whole, source)
        self.columns.update(after)
        if record.withheld is not None or part.withheld is not None:
            self.columns.update(STATED)
        self._plan_withheld(record, part, hidden)
        if before or hidden_before:
            halves = (before, after, hidden_before, hidden_after)
            self._note("occurrence", draft.guid, draft.guid, record.collection_id, *halves)
        if "identifiers" in after:
            self.identifiers.append((record.id, draft.identifiers or []))
        if "extension_rows" in after:
            self.extension_rows.append((record.id, draft.extension_rows or []))
        return True

    def reprotect(self, record: Stored) -> bool:
        """Plan what protects one record anew; return False when it stands as it should."""
        part = split(record.values, record.verbatim, self.ruling)
        decision = part.decision
        if (decision.level, decision.rules) == (record.columns["protection"], record.rules):
            return False
        hidden: dict[str, Any] = {}
        for row in record.identifications:
            public, kept = split_identification(row, hide=part.withheld is not None)
            self.identifications.append(public)
            if kept:
                hidden[str(row["guid"])] = kept
        self.rows.append({**part.public, "id": record.id, "verbatim": part.verbatim})
        self.withheld.append(children.withheld_row(record.id, record.collection_id, part, hidden))
        return True

    def carry_out_protection(self) -> None:
        """Send the statements of `reprotect`."""
        bulk.update(OCCURRENCE, _PROTECTED_COLUMNS, self.rows, key="id")
        columns = (*protection.WITHHELD_OF_IDENTIFICATION, "verbatim")
        bulk.update(IDENTIFICATION, columns, self.identifications, key="guid")
        children.replace_withheld(self.withheld)

    def _note_notes(
        self,
        was: Mapping[str, Any],
        now: Mapping[str, Any],
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Put what somebody wrote into the notes into the history, not what protecting adds."""
        for note in protection.NOTES:
            if was.get(note) != now.get(note):
                before[note], after[note] = was.get(note), now.get(note)

    def _plan_row(
        self,
        draft: Draft,
        record: Stored,
        part: Split,
        whole: Mapping[str, Any],
        source: str | None,
    ) -> None:
        self.names.append((record.collection_id, naming.key_of(whole)))
        self.rows.append(
            {
                **part.public,
                "id": record.id,
                "verbatim": part.verbatim,
                "source_id": source,
                "legacy_id": record.columns["legacy_id"] or draft.legacy_id,
                "import_hash": draft.import_hash,
                "import_version": record.version + 1 if draft.import_hash else None,
                "version": record.version + 1,
                "changed_at": self.now,
            }
        )

    def _plan_identifications(
        self, draft: Draft, record: Stored, whole: Mapping[str, Any], part: Split
    ) -> dict[str, Any] | None:
        """Plan the determinations; return what Withheld holds of them, None when none differs."""
        protected = part.withheld is not None
        was_protected = record.withheld is not None
        before_rows = {row["guid"]: row for row in record.identifications}
        hidden: dict[str, Any] = {}
        rows = arrange(
            record.identifications,
            mirror_of(whole),
            draft.identifications,
            is_whole=draft.identifications_are_whole,
        )
        gone = before_rows.keys() - {row["guid"] for row in rows}
        touched = bool(gone) or protected != was_protected
        for guid in gone:
            self.gone_identifications.append(guid)
            self._note_identification(draft.guid, record, before_rows[guid], None, hide=protected)
        for row in rows:
            public, kept = split_identification(row, hide=protected)
            if kept:
                hidden[str(row["guid"])] = kept
            earlier = before_rows.get(row["guid"])
            if earlier == row and protected == was_protected:
                continue
            touched = True
            if earlier is None:
                self.new_identifications.append({**public, "occurrence_id": record.id})
            else:
                self.identifications.append(public)
            if earlier != row:
                self._note_identification(draft.guid, record, earlier, row, hide=protected)
        return hidden if touched else None

    def _note_identification(
        self,
        record_guid: UUID,
        record: Stored,
        earlier: Determination | None,
        row: Determination | None,
        *,
        hide: bool,
    ) -> None:
        """Note what becomes of one determination; earlier None: it is new, row None: it goes."""
        was = split_identification(earlier, hide=hide) if earlier else None
        now = split_identification(row, hide=hide) if row else None
        halves: tuple[Any, Any, Any, Any]
        if was and now:
            (before, after), hidden = _differences(was[0], now[0]), _differences(was[1], now[1])
            halves = (before, after, *hidden)
        elif now:
            halves = (None, _json(now[0]), None, now[1] or None)
        else:
            halves = (_json(was[0]), None, was[1] or None, None) if was else (None,) * 4
        guid = (row or earlier or {})["guid"]
        self._note("identification", guid, record_guid, record.collection_id, *halves)

    def _plan_withheld(self, record: Stored, part: Split, hidden: dict[str, Any] | None) -> None:
        if part.withheld is None and record.withheld is None:
            return
        identifications = record.withheld_identifications if hidden is None else hidden
        row = children.withheld_row(record.id, record.collection_id, part, identifications)
        self.withheld.append(row)

    def _note(
        self,
        kind: str,
        row_guid: UUID,
        record_guid: UUID,
        collection_id: int,
        before: Any,
        after: Any,
        withheld_before: Any,
        withheld_after: Any,
    ) -> None:
        self.changes.append(
            {
                "change_set_id": self.change_set.pk,
                "collection_id": collection_id,
                "kind": kind,
                "row_guid": row_guid,
                "record_guid": record_guid,
                "before": before,
                "after": after,
                "withheld_before": withheld_before or None,
                "withheld_after": withheld_after or None,
            }
        )

    def carry_out(self) -> None:
        """Send the statements."""
        names = naming.name_ids(self.names)
        for row, key in zip(self.rows, self.names, strict=True):
            row["name_id"] = names.get(key)
        bookkeeping = f"version changed_at name_id {' '.join(_KEYS)} import_hash import_version"
        columns = [c for c in [*TERM_COLUMNS, "protection", "verbatim"] if c in self.columns]
        bulk.update(OCCURRENCE, [*columns, *bookkeeping.split()], self.rows, key="id")
        Identification.objects.filter(guid__in=self.gone_identifications).delete()
        # One current a record is a constraint: none is current between the two statements.
        outgoing = [row for row in self.identifications if not row["is_current"]]
        bulk.update(IDENTIFICATION, IDENTIFICATION_ROW[1:], outgoing, key="guid")
        staying = [row for row in self.identifications if row["is_current"]]
        bulk.update(IDENTIFICATION, IDENTIFICATION_ROW[1:], staying, key="guid")
        new = self.new_identifications
        bulk.insert(IDENTIFICATION, ["occurrence_id", *filled(new)], new)
        children.replace_withheld(self.withheld)
        children.replace(IDENTIFIER, [pk for pk, _rows in self.identifiers])
        children.insert_identifiers(self.identifiers)
        children.replace(EXTENSION_ROW, [pk for pk, _rows in self.extension_rows])
        children.insert_extension_rows(self.extension_rows)
        insert_changes(self.changes)


def insert_changes(changes: Sequence[dict[str, Any]]) -> None:
    """Write the history: rows of Change as {column: value}."""
    columns = (
        "change_set_id collection_id kind row_guid record_guid before after "
        "withheld_before withheld_after"
    ).split()
    bulk.insert(CHANGE, columns, changes)


# --- small rules ------------------------------------------------------------------------------


def _verbatim_after(
    verbatim: dict[str, str], draft: Draft, columns: Sequence[str]
) -> dict[str, str]:
    """Return the verbatim texts: those of the written terms from the draft, the others stay."""
    if draft.verbatim_is_whole:
        return dict(draft.verbatim)
    for column in columns:
        verbatim.pop(_TERM_NAMES.get(column, ""), None)
    return {**verbatim, **draft.verbatim}


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the fields that differ held and hold, as JSON. Absent is None.

    Numbers are compared as text: 33.1 made 33.10 is a difference.
    """
    old, new = {}, {}
    for key in before.keys() | after.keys():
        if key in _OWN:
            continue
        was, now = frozen(before.get(key)), frozen(after.get(key))
        if was != now:
            old[key], new[key] = was, now
    return old, new


_KEYS = ("source_id", "legacy_id")  # what a source knows the record by
_OWN = frozenset((*_KEYS, *protection.NOTES))


def _replace_list(
    name: str, was: list[Any], now: list[Any] | None, before: dict[str, Any], after: dict[str, Any]
) -> None:
    if now is not None and [tuple(item) for item in was] != [tuple(item) for item in now]:
        before[name], after[name] = was, now


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's filled fields as JSON."""
    return {
        key: str(value) if isinstance(value, UUID) else frozen(value)
        for key, value in row.items()
        if value is not None
    }
