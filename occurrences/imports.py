"""The life of an uploaded file: stage, check, apply. Each takes a run and is safe to run twice.

`stage` keeps the rows as they were read, `check` says of each what is to become of it, `apply`
makes the same drafts again and writes them, chunk by chunk. Rows in = created + updated +
unchanged + blocked + conflict + excluded, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from biocollections.models import Collection
from journal.guids import new_guid
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import ChangeSet
from journal.undo import is_undone
from occurrences import bulk, creating, handing_over, judging, keys, naming, records, unchanged
from occurrences.ahead import ahead
from occurrences.beside import beside
from occurrences.cleaning import look_up_later
from occurrences.copying import Originals, tell_collectors
from occurrences.drafting import Drafted, Drafter, FileRow, interpreter_version
from occurrences.drafts import TERM_COLUMNS, Draft
from occurrences.extending import drafts_of, judge_of
from occurrences.judging import Judge
from occurrences.models import ImportOutcome, ImportRun
from occurrences.personal import require_room
from occurrences.settling import exclude
from occurrences.staging import (
    CHUNK,
    Clock,
    State,
    calmly,
    chunks,
    file_rows,
    forget_rows,
    receive,
    run_of,
    stage,
    tell_planner,
    timed,
)
from occurrences.tallying import COUNTED, count

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
Choice = ImportOutcome.Choice
Mode = ImportRun.Mode
WhenChanged = ImportRun.WhenChanged


# --- check ------------------------------------------------------------------------------------


@work("import check")
def check_job(progress: Progress) -> dict[str, Any]:
    """Check the run whose GUID is the job's key."""
    return check(run_of(progress), progress)


def check(run: ImportRun, progress: Progress | None = None) -> dict[str, Any]:
    """Say of each core row what applying would make of it. Writes no record."""
    if run.state not in (State.STAGED, State.CHECKED):
        raise Refused(_("This import can't be checked now."))

    def told(through: int) -> None:
        if progress:
            progress.report(through, run.counts["rows"], _("Checking the rows"))

    with timed(run, "check"):
        run.interpreter = interpreter_version()
        judge = judge_of(run)
        decisions = _decisions(run)
        if not decisions:
            judge.named += unchanged.note(run, judge.drafter, told)
        with beside(judge.drafter.say, _to_read(run)) as say:
            for rows, said in calmly(ahead((rows, say(rows)) for rows in chunks(run, after=0))):
                with transaction.atomic():
                    judging.keep(judge.outcomes(rows, said, decisions))
                told(rows[-1].number)
        tell_planner(judging.OUTCOMES)
        judging.block_repeated(run)
        judging.hint_at_numbers(run)
        run.state = State.CHECKED
    _finish_check(run, judge)
    return run.counts


def _to_read(run: ImportRun) -> int:
    """Return how many rows have no outcome yet."""
    return int(run.counts["rows"]) - run.outcomes.count()


def _decisions(run: ImportRun) -> dict[int, str]:
    """Take what was decided about rows out of an earlier check, which is forgotten.

    It is kept with the run until the new check is through, which may be killed on the way.
    """
    with transaction.atomic():
        kept = run.outcomes.filter(decision__isnull=False).values_list("number", "decision")
        decided = run.counts.get("decided", {}) | {str(number): told for number, told in kept}
        run.counts = {**run.counts, "decided": decided}
        run.save(update_fields=["counts"])
        run.outcomes.all().delete()
    return {int(number): told for number, told in decided.items()}


def _finish_check(run: ImportRun, judge: Judge) -> None:
    dropped = ("decided", "copies", "sent")
    counts = {name: told for name, told in run.counts.items() if name not in dropped}
    theirs = judge.held_elsewhere + judge.sent
    if judge.named and judge.named == theirs and run.mode != Mode.COPIES:
        counts |= {"copies": judge.named, "sent": judge.sent}
    names = {key for key in judge.names if key[0]}
    unmatched = naming.unlinked(names, run.collection_id)
    counts["names"] = {"distinct": len(names), "unmatched": unmatched}
    run.counts = counts
    with transaction.atomic():
        count(run)
        run.save()


# --- apply ------------------------------------------------------------------------------------


@work("import apply")
def apply_job(progress: Progress) -> dict[str, Any]:
    """Apply the run whose GUID is the job's key, and tell who waits for it."""
    run = run_of(progress)
    with handing_over.telling(run, progress.job.user):
        return apply(run, progress)


def apply(run: ImportRun, progress: Progress | None = None) -> dict[str, Any]:
    """Write what `check` announced, going on where an earlier call was cut off.

    Rows that were decided after the others had been written follow in the same change set. A
    record that has moved on since the check is left alone and becomes a conflict, unless the run
    says who wins (`when_changed`). Raises Refused when there is nothing to apply, when a profile
    has no room for it, or when the person who has it applied may not, or no longer, import here.
    """
    by = progress.job.user if progress and progress.job else run.user
    with collection_lock(run.collection_id):
        run.refresh_from_db()  # somebody else may have been at it until now
        _must_be_ready(run)
        _must_be_allowed(run, by)
        with timed(run, "apply") as clock:
            require_room(run.collection, _waiting(run).filter(action=Action.CREATE).count())
            _begin(run, by, progress)
            _write_rows(run, by, progress, clock)
        _finish(run)
    if run.mode == Mode.COPIES and run.change_set:
        tell_collectors(run.change_set, run.collection)
    return run.counts


def _must_be_ready(run: ImportRun) -> None:
    late = run.state == State.APPLIED and run.outcomes.filter(late=True).exists()
    if run.state not in (State.CHECKED, State.APPLYING) and not late:
        raise Refused(_("This import can't be applied now."))
    if run.interpreter != interpreter_version() and run.state == State.CHECKED:
        raise Refused(_("The portal has been updated since the check. Check the rows again."))
    if run.change_set and is_undone(run.change_set):
        raise Refused(_("This import has been undone. Import the file again instead."))


def _must_be_allowed(run: ImportRun, by: Any) -> None:
    if by is None or not Collection.objects.managed_by(by).filter(pk=run.collection_id).exists():
        raise Refused(_("You may no longer import into this collection. The rest was not written."))


def _begin(run: ImportRun, by: Any, progress: Progress | None) -> None:
    with transaction.atomic():
        if run.change_set is None and _waiting(run).exists():
            run.change_set = ChangeSet.objects.create(
                kind=ChangeSet.Kind.IMPORT,
                user=by,
                collection_id=run.collection_id,
                reason=run.file_name,
                job=progress.job if progress else None,
            )
        run.state = State.APPLYING
        run.save()


def _write_rows(run: ImportRun, by: Any, progress: Progress | None, clock: Clock) -> None:
    drafter = Drafter(run)
    with beside(drafter.draft, _waiting(run).count()) as draft:
        for chunk in calmly(ahead(_read_waiting(run, draft))):
            with transaction.atomic():
                _must_be_allowed(run, by)
                _apply_chunk(run, drafter, chunk)
                clock.tick()
                run.save(update_fields=["applied_to", "counts"])
            if progress:
                progress.report(run.applied_to, run.counts["rows"], _("Writing the records"))


def _waiting(run: ImportRun) -> Any:
    """Return the outcomes that are to be written yet, in the order of the file."""
    writing = run.outcomes.filter(action__in=(Action.CREATE, Action.UPDATE))
    return writing.filter(Q(number__gt=run.applied_to) | Q(late=True)).order_by("number")


Drafting = Callable[[Sequence[tuple[FileRow, UUID | None]]], list[Drafted]]


class _Read(NamedTuple):
    """A row that is to be written, its outcome, and what the drafter makes of it."""

    row: FileRow
    outcome: Any
    made: Drafted


def _read_waiting(run: ImportRun, draft: Drafting) -> Iterator[list[_Read]]:
    """Yield the rows that are not through yet, read, a chunk at a time."""
    waiting, after = _waiting(run), 0
    fields = ("number", "action", "target_guid", "target_version", "decision", "late")
    while True:
        following = waiting.filter(number__gt=after).values_list(*fields, named=True)[:CHUNK]
        outcomes = {outcome.number: outcome for outcome in following}
        if not outcomes:
            return
        rows = file_rows(run, outcomes)
        drafted = draft([(row, _guid_of_new(outcomes[row.number])) for row in rows])
        yield [
            _Read(row, outcomes[row.number], made) for row, made in zip(rows, drafted, strict=True)
        ]
        after = max(outcomes)


def _guid_of_new(outcome: Any) -> UUID | None:
    """Return the GUID of the record that is to be made, None where one is to be changed."""
    return _guid(outcome) if outcome.action == Action.CREATE else None


def _guid(outcome: Any) -> UUID:
    """Return the GUID that the check announced."""
    return outcome.target_guid or new_guid()


def _apply_chunk(run: ImportRun, drafter: Drafter, chunk: Sequence[_Read]) -> None:
    """Write one chunk, and move the run's mark past it."""
    assert run.change_set
    moved: dict[int, str] = {}
    if run.brings != ImportRun.Brings.RECORDS:
        _add_to_records(run, drafter, chunk, moved)
    else:
        _write_records(run, drafter, chunk, moved)
    _mark_conflicts(run, moved)
    numbers = [read.row.number for read in chunk]
    if any(read.outcome.late for read in chunk):
        run.outcomes.filter(number__in=numbers).update(late=None)
    run.applied_to = max(run.applied_to, numbers[-1])


def _add_to_records(
    run: ImportRun, drafter: Drafter, chunk: Sequence[_Read], moved: dict[int, str]
) -> None:
    wanted = [(read.row, read.outcome.target_guid) for read in chunk]
    drafts, gone = drafts_of(run, drafter, wanted)
    moved.update(dict.fromkeys(gone, _GONE))
    first = {guid: row.number for row, guid in reversed(wanted)}
    _write(run, TERM_COLUMNS, {first[draft.guid]: draft for draft in drafts})
    refused = run.outcomes.filter(number__in=first.values(), action=Action.BLOCKED)
    guids = list(refused.values_list("target_guid", flat=True))
    if guids:  # the rows of a record go together
        run.outcomes.filter(number__in=[row.number for row, _guid in wanted]).filter(
            target_guid__in=guids
        ).update(action=Action.BLOCKED, reason=_TOO_LONG)


def _write_records(
    run: ImportRun, drafter: Drafter, chunk: Sequence[_Read], moved: dict[int, str]
) -> None:
    wanted = _creating(drafter, chunk, moved)
    # Records stand in the order of their rows, whichever way they are written.
    by_key = dict(zip(creating.next_keys(len(wanted)), wanted, strict=True))
    creates = {}
    for key, read in _write_ready(run, by_key).items():
        draft = read.made.draft or drafter.new(read.row, _guid(read.outcome))
        creates[read.row.number] = replace(draft, key=key)
    updates = _updating(drafter, chunk, moved)
    originals = None
    if drafter.copies:
        originals = Originals(run, drafter, [read.row for read in chunk])
        originals.protect(creates)
    columns = list(dict.fromkeys(chain.from_iterable(draft.values for draft in creates.values())))
    for names, drafts in ((columns, creates), (TERM_COLUMNS, updates)):
        for number in _write(run, names, drafts):
            moved[number] = _CHANGED
    if originals:
        originals.link(run.change_set, {n: d for n, d in creates.items() if n not in moved})


def _write_ready(run: ImportRun, wanted: Mapping[int, _Read]) -> Mapping[int, _Read]:
    """Make the new records that are ready, by key; return those rows that take a draft."""
    assert run.change_set
    ready = {key: read.made.ready for key, read in wanted.items() if read.made.ready}
    try:
        with transaction.atomic():
            protected = creating.create_ready(run.change_set, ready)
    except DatabaseError as error:
        if not bulk.is_of_a_row(error):
            raise
        return wanted
    return {
        key: read
        for key, read in wanted.items()
        if read.made.ready is None or read.made.ready.name[1] in protected
    }


def _write(run: ImportRun, columns: Sequence[str], drafts: Mapping[int, Draft]) -> list[int]:
    """Write the drafts of rows, by number; return the numbers of those left alone.

    What the database can't hold (a text too long for its index) must not stop the file: a set
    that it refuses is halved until the row at fault stands alone, and that row is blocked.
    """
    assert run.change_set
    try:
        with transaction.atomic():
            written = records.write(run.change_set, columns, drafts.values())
    except DatabaseError as error:
        if not bulk.is_of_a_row(error):
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
_OVERTAKEN = gettext_noop("The record has been changed since the check; the file won.")
_STAYED = gettext_noop("The record has been changed since the check; it stays as it is.")
_MADE = gettext_noop("A record with this key has been made since the check.")
_GONE = gettext_noop("The record is no longer in this collection.")


def _creating(drafter: Drafter, chunk: Iterable[_Read], moved: dict[int, str]) -> list[_Read]:
    """Return the rows whose records are to be made, and have not been made since the check."""
    wanted = [read for read in chunk if read.outcome.action == Action.CREATE]
    asked = [read for read in wanted if read.outcome.decision != Choice.NEW]
    made_since = keys.records_meant(
        drafter.collection, (key for read in asked for key in read.made.keys)
    )
    if not made_since:
        return wanted
    late = {read.row.number for read in asked if not made_since.keys().isdisjoint(read.made.keys)}
    moved.update(dict.fromkeys(late, _MADE))
    return [read for read in wanted if read.row.number not in late]


def _updating(drafter: Drafter, chunk: Iterable[_Read], moved: dict[int, str]) -> dict[int, Draft]:
    wanted = [read for read in chunk if read.outcome.action == Action.UPDATE]
    if not wanted:
        return {}
    standing = records.stored(read.outcome.target_guid for read in wanted)
    rule = drafter.run.when_changed
    overtaken: list[int] = []
    drafts = {}
    for row, outcome, made in wanted:
        assert made.reading
        record = standing.get(outcome.target_guid)
        if record is None or record.collection_id != drafter.collection.pk:
            moved[row.number] = _GONE
        elif record.version != outcome.target_version and rule != WhenChanged.FILE:
            moved[row.number] = _STAYED if rule == WhenChanged.RECORD else _CHANGED
        else:
            drafts[row.number] = drafter.changed_draft(row, made.keys[0], made.reading, record)
            if record.version != outcome.target_version:
                overtaken.append(row.number)
    if overtaken:
        drafter.run.outcomes.filter(number__in=overtaken).update(reason=_OVERTAKEN)
    return drafts


def _mark_conflicts(run: ImportRun, moved: Mapping[int, str]) -> None:
    """Keep of rows that were not written why; what stays by rule counts as left out."""
    for reason in set(moved.values()):
        numbers = [number for number, why in moved.items() if why == reason]
        stays = reason == _STAYED
        run.outcomes.filter(number__in=numbers).update(
            action=Action.EXCLUDED if stays else Action.CONFLICT,
            decision=Choice.RECORD if stays else None,
            reason=reason,
        )


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


def discard(run: ImportRun) -> None:
    """Throw an unapplied run's rows and file away; the run stays as a line in the list."""
    if run.state in (State.APPLYING, State.APPLIED):
        raise Refused(_("This import has been applied. Undo it instead."))
    forget_rows(run)
    run.file.delete(save=False)
    run.state = State.DISCARDED
    run.save()
