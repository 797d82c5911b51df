"""The life of an uploaded file: stage, check, apply. Each takes a run and is safe to run twice.

`stage` keeps the rows as they were read, `check` says of each what is to become of it, `apply`
makes the same drafts again and writes them, chunk by chunk. Rows in = created + updated +
unchanged + blocked + conflict + excluded, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from psycopg import sql

from biocollections.models import Collection
from darwincore import issues
from darwincore.issues import Issue
from journal.guids import new_guid
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import ChangeSet
from journal.undo import is_undone
from occurrences import bulk, records
from occurrences.ahead import ahead
from occurrences.cleaning import look_up_later
from occurrences.drafting import Drafter, FileRow, Key, Reading, RowKey, interpreter_version
from occurrences.models import ImportOutcome, ImportRun, Occurrence
from occurrences.records import TERM_COLUMNS, Draft, Stored
from occurrences.staging import (
    CHUNK,
    ROWS,
    State,
    calmly,
    chunks,
    file_rows,
    forget_rows,
    one_of,
    receive,
    run_of,
    stage,
    tell_planner,
    timed,
)

__all__ = [
    "CHUNK",
    "COUNTED",
    "apply",
    "check",
    "count",
    "discard",
    "exclude",
    "file_rows",
    "receive",
    "stage",
]

Action = ImportOutcome.Action
OUTCOMES = ImportOutcome._meta.db_table

# What a row comes to, as the receipt counts it.
COUNTED = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.SAME: "unchanged",
    Action.BLOCKED: "blocked",
    Action.CONFLICT: "conflict",
    Action.EXCLUDED: "excluded",
}


# --- check ------------------------------------------------------------------------------------


@work("import check")
def check_job(progress: Progress) -> dict[str, Any]:
    """Check the run whose GUID is the job's key."""
    return check(run_of(progress), progress)


def check(run: ImportRun, progress: Progress | None = None) -> dict[str, Any]:
    """Say of each core row what applying would make of it. Writes no record."""
    if run.state not in (State.STAGED, State.CHECKED):
        raise Refused(_("This import can't be checked now."))
    with timed(run, "check"):
        run.interpreter = interpreter_version()
        drafter = Drafter(run)
        excluded = set(run.outcomes.filter(action=Action.EXCLUDED).values_list("number", flat=True))
        run.outcomes.all().delete()
        for rows in calmly(chunks(run, after=0)):
            with transaction.atomic():
                _keep_outcomes(run, _judge(drafter, rows, excluded))
            if progress:
                progress.report(rows[-1].number, run.counts["rows"], _("Checking the rows"))
        tell_planner(OUTCOMES)
        _block_repeated_keys(run)
        run.state = State.CHECKED
    count(run)
    run.save()
    return run.counts


def _judge(
    drafter: Drafter, rows: Sequence[FileRow], excluded: set[int]
) -> Iterator[dict[str, Any]]:
    """Yield the outcome of each row."""
    keys = [drafter.key(row) for row in rows]
    found = _records_meant(drafter.collection, keys)
    hashes = [drafter.import_hash(row) for row in rows]
    meant = [found.get(key, []) for key in keys]
    to_read = {
        only[0].guid
        for only, row_hash in zip(meant, hashes, strict=True)
        if len(only) == 1 and not only[0].says(row_hash)
    }
    standing = records.stored(to_read)
    elsewhere = _held_elsewhere(drafter, [key for key in keys if key not in found])
    for row, key, targets, row_hash in zip(rows, keys, meant, hashes, strict=True):
        if key in elsewhere:
            row.issues.append(Issue("OCCURRENCE_ID_ELSEWHERE", key.kind, key.text))
        outcome = _outcome(drafter, row, key, targets, row_hash, standing)
        if row.number in excluded and outcome["action"] in (Action.CREATE, Action.UPDATE):
            outcome["action"] = Action.EXCLUDED
        yield {"number": row.number, "line": row.line, "key": f"{key.kind}:{key.text}", **outcome}


class _Target:
    """A record that a key means."""

    def __init__(self, guid: UUID, version: int, import_hash: UUID, import_version: int) -> None:
        self.guid = guid
        self.version = version
        self._says = import_hash if import_version == version else None

    def says(self, row_hash: UUID) -> bool:
        """Tell whether the last thing written to it was this very row, read the same way."""
        return self._says == row_hash


def _outcome(
    drafter: Drafter,
    row: FileRow,
    key: RowKey,
    targets: Sequence[_Target],
    row_hash: UUID,
    standing: Mapping[UUID, Stored],
) -> dict[str, Any]:
    if len(targets) > 1:
        reason = _("%(count)s records of this collection have the key “%(key)s”.")
        return {
            "action": Action.CONFLICT,
            "reason": reason % {"count": len(targets), "key": key.text},
        }
    if targets and targets[0].says(row_hash):
        return _meaning(Action.SAME, targets[0])
    reading = drafter.read(row, key)
    found: dict[str, Any] = {"issues": [list(issue) for issue in reading.issues] or None}
    if reading.blocking:
        told = issues.describe(reading.blocking[0], translate=_)
        return {**found, "action": Action.BLOCKED, "reason": str(told)}
    if not reading.values:
        return {**found, "action": Action.BLOCKED, "reason": _("The row says nothing.")}
    if not targets:
        return {**found, "action": Action.CREATE, "target_guid": new_guid()}
    record = standing[targets[0].guid]
    draft = drafter.changed_draft(row, key, reading, record)
    differences = records.differences(draft, record, TERM_COLUMNS)
    action = Action.UPDATE if differences else Action.SAME
    return {**found, **_meaning(action, targets[0]), "differences": differences or None}


def _meaning(action: str, target: _Target) -> dict[str, Any]:
    return {"action": action, "target_guid": target.guid, "target_version": target.version}


def _records_meant(collection: Collection, keys: Iterable[RowKey]) -> dict[RowKey, list[_Target]]:
    """Return the records of the collection that the keys mean, by key."""
    texts: dict[str, set[str]] = {}
    for key in keys:
        texts.setdefault(key.kind, set()).add(key.text)
    found: dict[RowKey, dict[UUID, _Target]] = {}
    own = Occurrence.objects.filter(collection=collection)
    fields = ("guid", "version", "import_hash", "import_version")
    for kind, wanted in texts.items():
        columns = [_KEY_COLUMNS[Key(kind)]]
        by_number = collection.guid_source == Collection.GuidSource.CATALOG_NUMBER
        if kind == Key.OCCURRENCE_ID and by_number:  # published under its catalogue number
            columns.append("catalog_number")
        for column in columns:
            matched = one_of(own, column, wanted)
            for text, *target in matched.values_list(column, *fields):
                found.setdefault(RowKey(kind, text), {})[target[0]] = _Target(*target)
        if kind in (Key.OCCURRENCE_ID, Key.SOURCE_ID):  # an archive of ours joins by GUID
            guids = {guid: text for text in wanted if (guid := _our_guid(text))}
            for target in own.filter(guid__in=guids).values_list(*fields):
                found.setdefault(RowKey(kind, guids[target[0]]), {})[target[0]] = _Target(*target)
    return {key: list(targets.values()) for key, targets in found.items()}


def _held_elsewhere(drafter: Drafter, keys: Iterable[RowKey]) -> set[RowKey]:
    """Return the keys that records of other collections have as their occurrenceID.

    The review is for every administrator here: it tells of records that anybody may see.
    """
    texts = [key.text for key in keys if key.kind == Key.OCCURRENCE_ID]
    if not texts:
        return set()
    visible = Occurrence.objects.visible_to(AnonymousUser()).exclude(collection=drafter.collection)
    held = one_of(visible.prefetch_related(None), "occurrence_id", texts)
    return {
        RowKey(Key.OCCURRENCE_ID, text) for text in held.values_list("occurrence_id", flat=True)
    }


_KEY_COLUMNS = {
    Key.OCCURRENCE_ID: "occurrence_id",
    Key.CATALOG_NUMBER: "catalog_number",
    Key.SOURCE_ID: "source_id",
    Key.CONTENT: "source_id",
}


def _our_guid(text: str) -> UUID | None:
    """Return the GUID in an occurrenceID that this portal may have given."""
    try:
        return UUID(text.lower().removeprefix("urn:uuid:"))
    except ValueError:
        return None


def _keep_outcomes(run: ImportRun, outcomes: Iterable[Mapping[str, Any]]) -> None:
    columns = (
        "run_id number line action key target_guid target_version issues differences reason"
    ).split()
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(OUTCOMES), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    rows = [{"run_id": run.pk, **outcome} for outcome in outcomes]
    with connection.cursor() as cursor:
        bulk.copy_rows(cursor, statement, columns, rows)


def _block_repeated_keys(run: ImportRun) -> None:
    """Of the rows with one key, or that mean one record, only the first is imported.

    The others say which one that is.
    """
    reason = _("Line %(line)s has the same key “%(key)s”.")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE "{OUTCOMES}" o SET action = 'blocked', differences = NULL,
                reason = replace(replace(%s, '%%(line)s', n.first_line::text),
                                 '%%(key)s', split_part(o.key, ':', 2)),
                issues = coalesce(o.issues, '[]') || jsonb_build_array(jsonb_build_array(
                    'DUPLICATE_KEY', split_part(o.key, ':', 1),
                    substr(o.key, strpos(o.key, ':') + 1)))
            FROM (SELECT number, row_number() OVER same AS nth, first_value(line) OVER same
                      AS first_line
                  FROM "{OUTCOMES}" WHERE run_id = %s
                  AND action IN ('create', 'update', 'same', 'conflict', 'excluded')
                  WINDOW same AS (PARTITION BY CASE WHEN target_version IS NULL THEN key
                      ELSE target_guid::text END ORDER BY number)) n
            WHERE o.run_id = %s AND o.number = n.number AND n.nth > 1
            """,
            [reason, run.pk, run.pk],
        )


# --- apply ------------------------------------------------------------------------------------


@work("import apply")
def apply_job(progress: Progress) -> dict[str, Any]:
    """Apply the run whose GUID is the job's key."""
    return apply(run_of(progress), progress)


def apply(run: ImportRun, progress: Progress | None = None) -> dict[str, Any]:
    """Write what `check` announced, going on where an earlier call was cut off.

    A record that has moved on since the check is left alone and becomes a conflict. Raises
    Refused when the run isn't checked, or when the person who has it applied may not, or no
    longer, import here.
    """
    by = progress.job.user if progress and progress.job else run.user
    if run.state not in (State.CHECKED, State.APPLYING):
        raise Refused(_("This import can't be applied now."))
    if run.interpreter != interpreter_version() and run.state == State.CHECKED:
        raise Refused(_("The portal has been updated since the check. Check the rows again."))
    with timed(run, "apply"), collection_lock(run.collection_id):
        if run.change_set and is_undone(run.change_set):
            raise Refused(_("This import has been undone. Import the file again instead."))
        _must_be_allowed(run, by)
        _begin(run, by, progress)
        drafter = Drafter(run)
        for chunk in calmly(ahead(_read_waiting(run, drafter))):
            with transaction.atomic():
                _must_be_allowed(run, by)
                _apply_chunk(run, drafter, chunk)
            if progress:
                progress.report(run.applied_to, run.counts["rows"], _("Writing the records"))
        _finish(run)
    run.save(update_fields=["counts"])
    return run.counts


def _must_be_allowed(run: ImportRun, by: Any) -> None:
    if by is None or not Collection.objects.managed_by(by).filter(pk=run.collection_id).exists():
        raise Refused(_("You may no longer import into this collection. The rest was not written."))


def _begin(run: ImportRun, by: Any, progress: Progress | None) -> None:
    with transaction.atomic():
        if run.change_set is None and _waiting(run, run.applied_to).exists():
            run.change_set = ChangeSet.objects.create(
                kind=ChangeSet.Kind.IMPORT,
                user=by,
                collection_id=run.collection_id,
                reason=run.file_name,
                job=progress.job if progress else None,
            )
        run.state = State.APPLYING
        run.save()


def _waiting(run: ImportRun, after: int) -> Any:
    return run.outcomes.filter(
        action__in=(Action.CREATE, Action.UPDATE), number__gt=after
    ).order_by("number")


class _Read(NamedTuple):
    """A row that is to be written, as it was read, and its outcome."""

    row: FileRow
    key: RowKey
    reading: Reading
    outcome: Any


def _read_waiting(run: ImportRun, drafter: Drafter) -> Iterator[list[_Read]]:
    """Yield the rows that are not through yet, read, a chunk at a time."""
    after = run.applied_to
    fields = ("number", "action", "target_guid", "target_version")
    while True:
        waiting = _waiting(run, after).values_list(*fields, named=True)[:CHUNK]
        outcomes = {outcome.number: outcome for outcome in waiting}
        if not outcomes:
            return
        keyed = [(row, drafter.key(row)) for row in file_rows(run, outcomes)]
        yield [_Read(row, key, drafter.read(row, key), outcomes[row.number]) for row, key in keyed]
        after = max(outcomes)


def _apply_chunk(run: ImportRun, drafter: Drafter, chunk: Sequence[_Read]) -> None:
    """Write one chunk, and move the run's mark past it."""
    moved: dict[int, str] = {}
    creates = _creating(drafter, chunk, moved)
    updates = _updating(drafter, chunk, moved)
    columns = list(dict.fromkeys(name for draft in creates.values() for name in draft.values))
    for names, drafts in ((columns, creates), (TERM_COLUMNS, updates)):
        for number in _write(run, names, drafts):
            moved[number] = _CHANGED
    _mark_conflicts(run, moved)
    run.applied_to = chunk[-1].row.number
    run.save(update_fields=["applied_to"])


def _write(run: ImportRun, columns: Sequence[str], drafts: Mapping[int, Draft]) -> list[int]:
    """Write the drafts of rows, by number; return the numbers of those left alone.

    What the database can't hold (a text too long for its index) must not stop the file: a set
    that it refuses is halved until the row at fault stands alone, and that row is blocked.
    """
    assert run.change_set
    try:
        with transaction.atomic():
            written = records.write(run.change_set, columns, drafts.values())
    except DatabaseError:
        if connection.connection is None or connection.connection.closed:
            raise
        if len(drafts) == 1:
            refused = run.outcomes.filter(number__in=drafts)
            refused.update(action=Action.BLOCKED, reason=_TOO_LONG)
            return []
        numbers = list(drafts)
        halves = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        return [n for half in halves for n in _write(run, columns, {k: drafts[k] for k in half})]
    standing = {draft.guid for draft in drafts.values() if draft.version is None}
    left = set(written.conflicts) | standing.intersection(written.unchanged)
    return [number for number, draft in drafts.items() if draft.guid in left]


_TOO_LONG = gettext_noop("The row is too long to be kept. Shorten its longest text.")
_CHANGED = gettext_noop("The record has been changed since the check.")
_MADE = gettext_noop("A record with this key has been made since the check.")


def _creating(drafter: Drafter, chunk: Iterable[_Read], moved: dict[int, str]) -> dict[int, Draft]:
    wanted = [read for read in chunk if read.outcome.action == Action.CREATE]
    made_since = _records_meant(drafter.collection, {read.key for read in wanted})
    drafts = {}
    for row, key, reading, outcome in wanted:
        if key in made_since:
            moved[row.number] = _MADE
        else:
            guid = outcome.target_guid or new_guid()
            drafts[row.number] = drafter.new_draft(row, key, reading, guid)
    return drafts


def _updating(drafter: Drafter, chunk: Iterable[_Read], moved: dict[int, str]) -> dict[int, Draft]:
    wanted = [read for read in chunk if read.outcome.action == Action.UPDATE]
    standing = records.stored(read.outcome.target_guid for read in wanted)
    drafts = {}
    for row, key, reading, outcome in wanted:
        record = standing.get(outcome.target_guid)
        if record is None or record.version != outcome.target_version:
            moved[row.number] = _CHANGED
        else:
            drafts[row.number] = drafter.changed_draft(row, key, reading, record)
    return drafts


def _mark_conflicts(run: ImportRun, moved: Mapping[int, str]) -> None:
    for reason in set(moved.values()):
        numbers = [number for number, why in moved.items() if why == reason]
        run.outcomes.filter(number__in=numbers).update(action=Action.CONFLICT, reason=reason)


def _finish(run: ImportRun) -> None:
    with transaction.atomic():
        count(run)
        change_set = run.change_set
        written = run.counts["created"] + run.counts["updated"]
        if change_set and not written:
            run.change_set = None
        run.state, run.applied_at = State.APPLIED, timezone.now()
        run.save()
        if change_set and written:
            change_set.counts = {word: run.counts[word] for word in ("created", "updated")}
            change_set.save(update_fields=["counts"])
            look_up_later(run.collection_id, run.user)
        elif change_set:
            change_set.delete()


# --- counts and rows --------------------------------------------------------------------------


def count(run: ImportRun) -> None:
    """Bring the run's counts up to date with its outcomes; the caller saves the run."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT action, count(*) FROM "{OUTCOMES}" WHERE run_id = %s GROUP BY action', [run.pk]
        )
        by_action = dict(cursor.fetchall())
        cursor.execute(
            "SELECT issue->>0, count(*), min(o.number) FROM "
            f'"{OUTCOMES}" o, jsonb_array_elements(o.issues) issue '
            "WHERE run_id = %s GROUP BY 1 ORDER BY 2 DESC, 1",
            [run.pk],
        )
        found = cursor.fetchall()
    by_code = {code: number for code, number, _first in found}
    examples = _examples(run, {first for _code, _number, first in found})
    for code, _term, _value in run.source["issues"]:
        by_code[code] = by_code.get(code, 0) + 1
    run.counts = {
        **run.counts,
        **{word: by_action.get(action, 0) for action, word in COUNTED.items()},
        "issues": by_code,
        "examples": examples,
        "extensions": _count_extensions(run),
    }


def _examples(run: ImportRun, numbers: set[int]) -> dict[str, list[str]]:
    """Return {code: issue}, the first of each code, from the rows with these numbers."""
    examples: dict[str, list[str]] = {}
    rows = run.outcomes.filter(number__in=numbers).order_by("number")
    for found in rows.values_list("issues", flat=True):
        for issue in found or ():
            examples.setdefault(issue[0], issue)
    return examples


def _count_extensions(run: ImportRun) -> dict[str, dict[str, int]]:
    tables = run.source["tables"]
    counted: dict[str, dict[str, int]] = {}
    for table in tables[1:]:
        name = table["row_type"].rstrip("/").rpartition("/")[2]
        counted.setdefault(name, {"rows": 0, "kept": 0, "orphans": 0})
    if not any(table["rows"] for table in tables[1:]):
        return counted
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e."table", count(*), count(*) FILTER (WHERE c.kept),
                   count(*) FILTER (WHERE c.core_id IS NULL)
            FROM "{ROWS}" e LEFT JOIN (
                SELECT r.core_id, bool_or(o.action IN ('create', 'update', 'same')) AS kept
                FROM "{ROWS}" r JOIN "{OUTCOMES}" o ON o.run_id = r.run_id AND o.number = r.number
                WHERE r.run_id = %s AND r."table" = 0 AND r.core_id IS NOT NULL GROUP BY 1
            ) c ON c.core_id = e.core_id
            WHERE e.run_id = %s AND e."table" > 0 GROUP BY 1
            """,
            [run.pk, run.pk],
        )
        for at, rows, kept, orphans in cursor.fetchall():
            name = tables[at]["row_type"].rstrip("/").rpartition("/")[2]
            for word, number in (("rows", rows), ("kept", kept), ("orphans", orphans)):
                counted[name][word] += number
    return counted


def discard(run: ImportRun) -> None:
    """Throw an unapplied run's rows and file away; the run stays as a line in the list."""
    if run.state in (State.APPLYING, State.APPLIED):
        raise Refused(_("This import has been applied. Undo it instead."))
    forget_rows(run)
    run.file.delete(save=False)
    run.state = State.DISCARDED
    run.save()


def exclude(run: ImportRun, number: int, *, leave_out: bool) -> None:
    """Leave one checked row out, or take it in again."""
    outcomes = run.outcomes.filter(number=number)
    if leave_out:
        outcomes.filter(action__in=(Action.CREATE, Action.UPDATE)).update(action=Action.EXCLUDED)
    else:
        outcomes.filter(action=Action.EXCLUDED, target_version=None).update(action=Action.CREATE)
        outcomes.filter(action=Action.EXCLUDED).update(action=Action.UPDATE)
    count(run)
    run.save(update_fields=["counts"])
