"""What a person decides in the review: rows left out, conflicts, mended cells.

Each function judges the rows concerned anew and brings the run's counts up to date; what may
concern many rows is also there as a job, "import settle". Conflicts can be decided after applying
too: these rows then wait (`ImportOutcome.late`) for the next `apply`.
"""

from __future__ import annotations

import json
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.jobs import Progress, Refused, work
from occurrences import judging, mapping, mending
from occurrences.bulk import one_of
from occurrences.extending import judge_of
from occurrences.models import ImportOutcome, ImportRun, Occurrence
from occurrences.staging import CHUNK, ROWS, State, file_rows, run_of
from occurrences.tallying import count, recount

Action = ImportOutcome.Action
Choice = ImportOutcome.Choice
_WRITTEN = (Action.CREATE, Action.UPDATE)
IN_MEMORY = 4 << 20  # bytes of outcomes, before they wait in a file


class Rule(models.TextChoices):
    """How conflicts are decided, all in one."""

    FIRST = Choice.FIRST.value, gettext_lazy("Take the record that the first key names alone")
    LATEST = "latest", gettext_lazy("Take the record that was changed last")
    NEW = Choice.NEW.value, gettext_lazy("Make new records")
    OUT = Choice.OUT.value, gettext_lazy("Leave the rows out")
    FILE = Choice.FILE.value, gettext_lazy("The file wins over what was changed since the check")
    RECORD = Choice.RECORD.value, gettext_lazy("What was changed since the check stays")


# --- leaving out ------------------------------------------------------------------------------


def exclude(run: ImportRun, number: int, *, leave_out: bool) -> None:
    """Leave one checked row out, or take it in again."""
    with transaction.atomic():
        with recount(run, [number]):
            _exclude(run.outcomes.filter(number=number), leave_out=leave_out)
        run.save(update_fields=["counts"])


def exclude_all(run: ImportRun, outcomes: QuerySet[ImportOutcome], *, leave_out: bool) -> None:
    """Leave out all these rows of the run that would come in, or take them in again."""
    with transaction.atomic():
        _exclude(outcomes.filter(run=run), leave_out=leave_out)
        count(run)
        run.save(update_fields=["counts"])


def _exclude(outcomes: QuerySet[ImportOutcome], *, leave_out: bool) -> None:
    if leave_out:
        coming = outcomes.filter(action__in=(*_WRITTEN, Action.CONFLICT))
        coming.update(action=Action.EXCLUDED, decision=Choice.OUT)
        return
    out = outcomes.filter(action=Action.EXCLUDED)
    out.exclude(candidates=None).update(action=Action.CONFLICT, decision=None)
    out.filter(target_version=None).update(action=Action.CREATE, decision=None)
    out.update(action=Action.UPDATE, decision=None)


# --- conflicts --------------------------------------------------------------------------------


def decide(run: ImportRun, number: int, choice: str) -> None:
    """Decide one row: a Choice, the GUID of one of its candidates, or "" to think again.

    Raises Refused for a row that has been written, or a record that is no candidate.
    """
    outcome = run.outcomes.filter(number=number).first()
    if outcome is None or not _is_open(run, outcome):
        raise Refused(_("This row can't be decided any more."))
    if choice and choice not in Choice.values and choice not in (outcome.candidates or ()):
        raise Refused(_("This is none of the records that the row may mean."))
    _judge_anew(run, {number: choice})


def decide_all(
    run: ImportRun,
    rule: str,
    outcomes: QuerySet[ImportOutcome] | None = None,
    progress: Progress | None = None,
) -> int:
    """Decide all conflicts, or those among `outcomes`, by a Rule; return how many it decided.

    Where a rule names no record (two have the first key), the conflict stays.
    """
    conflicts = (run.outcomes.all() if outcomes is None else outcomes.filter(run=run)).filter(
        action=Action.CONFLICT
    )
    since = rule in (Rule.FILE, Rule.RECORD)
    conflicts = conflicts.filter(candidates__isnull=since)
    if rule == Rule.LATEST:
        choices: dict[int, str] = _changed_last(run, conflicts)
    else:
        choices = dict.fromkeys(conflicts.values_list("number", flat=True), Rule(rule).value)
    _judge_anew(run, choices, progress)
    return len(choices) - conflicts.filter(number__in=choices).count()


def _changed_last(run: ImportRun, conflicts: QuerySet[ImportOutcome]) -> dict[int, str]:
    """Return of each row the candidate that was changed last."""
    rows = dict(conflicts.values_list("number", "candidates"))
    guids = {guid for found in rows.values() for guid in found or ()}
    own = one_of(Occurrence.objects.filter(collection=run.collection_id), "guid", guids)
    changed = {str(guid): when for guid, when in own.values_list("guid", "changed_at")}
    here = ((n, [guid for guid in found or () if guid in changed]) for n, found in rows.items())
    return {number: max(found, key=changed.__getitem__) for number, found in here if found}


def _is_open(run: ImportRun, outcome: ImportOutcome) -> bool:
    """Tell whether a row can be decided: it waits yet, or it was not written."""
    if run.state == State.CHECKED:
        return True
    through = outcome.number <= run.applied_to or run.state == State.APPLIED
    in_time = run.state in (State.APPLYING, State.APPLIED)
    return in_time and (not through or outcome.late is True or outcome.action not in _DONE)


_DONE = (*_WRITTEN, Action.SAME)


def _judge_anew(
    run: ImportRun, choices: Mapping[int, str | None], progress: Progress | None = None
) -> None:
    """Judge rows again. choices: what is decided by number; None leaves what was decided, and ""
    forgets it."""
    judge = judge_of(run)
    for through, some in _chunks(choices):
        with transaction.atomic():
            _replace(run, some, _judged(run, judge, some, choices))
        if progress:
            progress.report(through, len(choices), _("Checking the rows again"))


def _chunks(numbers: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield the numbers in order, some at a time, and how many there were by then."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), CHUNK):
        some = ordered[start : start + CHUNK]
        yield start + len(some), some


def _judged(
    run: ImportRun, judge: judging.Judge, some: list[int], choices: Mapping[int, str | None]
) -> list[judging.Outcome]:
    told = run.outcomes.filter(number__in=some, decision__isnull=False)
    decisions = dict(told.values_list("number", "decision"))
    decisions |= {n: choice for n in some if (choice := choices[n]) is not None}
    rows, standing = file_rows(run, some), {n: d for n, d in decisions.items() if d}
    return list(judge.outcomes(rows, judge.drafter.say(rows), standing))


def _replace(run: ImportRun, some: list[int], made: Iterable[judging.Outcome]) -> None:
    """Let these outcomes stand for those that there are of these rows."""
    with recount(run, some):
        run.outcomes.filter(number__in=some).delete()
        judging.keep(map(_late(run), made))
        judging.block_repeated(run, among=some)
    run.save(update_fields=["counts"])


def _late(run: ImportRun) -> Callable[[judging.Outcome], judging.Outcome]:
    """Return what marks an outcome that the mark of applying has passed already."""

    def marked(outcome: judging.Outcome) -> judging.Outcome:
        passed = run.state != State.CHECKED and outcome["number"] <= run.applied_to
        return {**outcome, "late": True if passed and outcome["action"] in _WRITTEN else None}

    return marked


# --- mending ----------------------------------------------------------------------------------


def fix(
    run: ImportRun,
    at: int,
    old: str,
    new: str,
    row: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Read `new` where column `at` says `old`, in one row or in all; return how many it concerns.

    Raises Refused once the rows are being written.
    """
    _must_be_checked(run)
    numbers = [row] if row else concerned(run, at, old)
    run.fixes = [*run.fixes, {"at": at, "from": old, "to": new, "row": row}]
    _mend(run, at, numbers, progress)
    return len(numbers)


def unfix(run: ImportRun, position: int, progress: Progress | None = None) -> int:
    """Take a fix back, by its place in `run.fixes`; return how many rows it concerned."""
    _must_be_checked(run)
    if not 0 <= position < len(run.fixes):
        return 0
    gone = run.fixes[position]
    numbers = [gone["row"]] if gone["row"] else concerned(run, gone["at"], gone["from"])
    run.fixes = [*run.fixes[:position], *run.fixes[position + 1 :]]
    _mend(run, gone["at"], numbers, progress)
    return len(numbers)


def concerned(run: ImportRun, at: int, text: str) -> list[int]:
    """Return the numbers of the core rows that say `text` in column `at`, mended or not."""
    texts = sorted(mending.origins(run.fixes, at, text))
    needles = [json.dumps(each, ensure_ascii=False) for each in texts]
    with connection.cursor() as cursor:
        # Looking for the text first spares making JSON of every row.
        cursor.execute(
            f'SELECT number FROM "{ROWS}" WHERE run_id = %s AND "table" = 0 AND EXISTS '
            "(SELECT 1 FROM unnest(%s::text[]) needle WHERE strpos(cells, needle) > 0) "
            "AND cells::jsonb->>%s::int = ANY(%s::text[]) ORDER BY number",
            [run.pk, needles, at, texts],
        )
        return [number for (number,) in cursor.fetchall()]


def _must_be_checked(run: ImportRun) -> None:
    if run.state != State.CHECKED:
        raise Refused(_("This import is no longer in its review."))


def _mend(run: ImportRun, at: int, numbers: Sequence[int], progress: Progress | None) -> None:
    """Keep the run's fixes with what becomes of the rows by them, in one transaction.

    The rows are judged before it, so that their number can be told as it grows; who cancels then
    has changed nothing.
    """
    again = set(numbers)
    if _is_key(run, at):  # rows that stood back behind one of these may come in now
        repeated = run.outcomes.filter(issues__contains=[["DUPLICATE_KEY"]])
        again.update(repeated.values_list("number", flat=True))
    judge, choices = judge_of(run), dict.fromkeys(again)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as judged:
        for through, some in _chunks(again):
            pickle.dump(_judged(run, judge, some, choices), judged)
            if progress:
                progress.report(through, len(again), _("Checking the rows again"))
        judged.seek(0)
        with transaction.atomic():
            run.save(update_fields=["fixes"])
            for _through, some in _chunks(again):
                _replace(run, some, pickle.load(judged))  # noqa: S301 (written above)


def _is_key(run: ImportRun, at: int) -> bool:
    target = run.mapping[at]["term"] if at < len(run.mapping) else ""
    numbers = target == "otherCatalogNumbers" or target.startswith(mapping.IDENTIFIER)
    return numbers or target in (*run.keys, mapping.SOURCE_ID, "occurrenceID")


@work("import settle")
def settle_job(progress: Progress) -> dict[str, Any]:
    """Do to the run whose GUID is the job's key what its options ask for.

    {"do": "fix", at, old, new, row?} or {"do": "unfix", position} or {"do": "decide", rule}.
    """
    run, asked = run_of(progress), dict(progress.job.options)
    does: Mapping[str, Callable[..., int]] = {"fix": fix, "unfix": unfix, "decide": decide_all}
    done = does[asked.pop("do")](run, **asked, progress=progress)
    return {"rows": done}
