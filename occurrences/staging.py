"""An uploaded file kept as rows: read once, as they stood, for whatever becomes of them later.

`stage` copies the rows into ImportRow and guesses what the columns mean; `chunks` and `file_rows`
hand them out again with the extension rows that name them.
"""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from django.core.files import File
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from psycopg import sql

from biocollections.models import Collection
from darwincore import issues
from darwincore.detection import ROWS_LOOKED_AT, Columns
from darwincore.issues import Issue
from darwincore.reader import How, Source, SourceRow, Table, open_source
from darwincore.terms import OCCURRENCE_ROW
from journal.jobs import Progress, work
from occurrences import fetching, inaturalist, mapping, mending, profiles, symbiota
from occurrences.bulk import one_of
from occurrences.drafting import Cells, FileRow, Key
from occurrences.models import ImportOutcome, ImportRow, ImportRun

CHUNK = 2000
SAMPLES = 12
ROWS_SAMPLED = 50  # of a chunk
State = ImportRun.State
ROWS = ImportRow._meta.db_table
Chunk = TypeVar("Chunk")


def receive(collection: Collection, user: Any, file: File[Any], name: str) -> ImportRun:
    """Keep an uploaded file and return its run; `stage` reads it."""
    run = ImportRun(collection=collection, user=user, file_name=name[:300], file_size=file.size)
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    run.file_sha256 = digest.hexdigest()
    file.seek(0)
    try:
        run.file.save(f"{run.guid}", file, save=False)
    except OSError:  # no room: half a file must not stay
        kept = ImportRun._meta.get_field("file")
        kept.storage.delete(kept.generate_filename(run, f"{run.guid}"))
        raise
    run.save()
    return run


@work("import stage")
def stage_job(progress: Progress) -> dict[str, Any]:
    """Stage the run whose GUID is the job's key; fetch its file first if it isn't here yet."""
    run = run_of(progress)
    fetching.fetch(run, progress)
    return stage(run, progress)


def stage(run: ImportRun, progress: Progress | None = None) -> dict[str, Any]:
    """Read the file into rows and guess what its columns mean.

    A file that can't be read, or is no table of occurrences, ends the run as refused.
    """
    with timed(run, "stage"):
        forget_rows(run)
        run.refusal = ""
        try:
            how = How.of(run.reading)
            with (
                _local_file(run) as path,
                open_source(path, filename=run.file_name, how=how) as source,
            ):
                _stage_source(run, source, progress)
        except issues.Refused as refusal:
            forget_rows(run)
            run.state, run.refusal = State.REFUSED, str(refusal.describe(_))
            run.source = {"refused": refusal.code, "found": refusal.found}
    run.save()
    return {"state": run.state, "rows": run.counts.get("rows", 0)}


def _stage_source(run: ImportRun, source: Source, progress: Progress | None) -> None:
    tables = [_Tally(table) for table in (source.core, *source.extensions)]
    number = 0
    for at, tally in enumerate(tables):
        rows = tally.table.rows()
        while chunk := list(islice(rows, CHUNK)):
            tally.see(chunk)
            _keep_rows(run, at, number, chunk)
            number += len(chunk)
            if progress:
                progress.report(number, message=_("Reading the file"))
    tell_planner(ROWS)
    _number_repetitions(run)
    core = tables[0]
    guessed = mapping.guess(core.table.headers, core.samples)
    id_index = core.table.id_index
    guessed = symbiota.with_occid(core.table.headers, core.samples, id_index, guessed)
    guessed = inaturalist.mapped(core.table.headers, core.samples, guessed)
    changed: dict[str, list[str]] = {}
    if run.profile:
        guessed, changed = profiles.lay_over(run.profile, guessed)
    declared = source.kind == "archive" and core.table.row_type == OCCURRENCE_ROW
    targets = [*(entry["term"] for entry in guessed), *core.table.constants]
    asked = run.brings == ImportRun.Brings.RECORDS and not run.reading.get("anyway")
    named = source.found.get("header", {}).get("chosen", True)
    if asked and named and not mapping.is_occurrence_table(targets, declared=declared):
        raise _no_records(source)
    run.source = {
        "kind": source.kind,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "issues": [list(issue) for issue in source.issues],
        "found": source.found,
        "profile": changed,
        "tables": [tally.summary() for tally in tables],
    }
    run.mapping = guessed
    said = run.profile.constants if run.profile else {}
    run.constants = {
        **mapping.constants_of(core.table.headers, guessed),
        **inaturalist.constants_of(core.table.headers),
        **said,
    }
    run.keys = (run.profile and run.profile.keys) or [_likely_key(run, tables[0])]
    run.counts = {**run.counts, "rows": core.rows}
    run.state = State.STAGED


def _no_records(source: Source) -> issues.Refused:
    """Return the refusal of a table whose columns tell of no specimen."""
    headers = source.core.headers
    code = "TABLE_OF_NAMES" if mapping.is_table_of_names(headers) else "NO_OCCURRENCE_TABLE"
    refusal = issues.Refused(code, ", ".join(headers[:12]), file=source.core.file)
    refusal.found = source.found
    return refusal


def tell_planner(table: str) -> None:
    """Let PostgreSQL look at a table again: of rows it knows nothing of it takes them for few.

    Joining a run's rows with one another would then take hours instead of a second.
    """
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{table}"')


class _Tally:
    """One table of the source, with what is learnt of it while its rows go by."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = 0
        self.filled = [0] * len(table.headers)
        self.samples: list[list[str]] = [[] for _header in table.headers]
        self.with_core_id = 0
        self.columns = Columns(table.headers)

    def see(self, rows: Sequence[SourceRow]) -> None:
        """Count some rows and what is filled in them, and keep a few values of each column."""
        for row in rows[: max(0, ROWS_LOOKED_AT - self.rows)]:
            self.columns.see(row.cells)
        self.rows += len(rows)
        self.with_core_id += sum(1 for row in rows if row.core_id)
        for at, texts in enumerate(zip(*(row.cells for row in rows), strict=True)):
            self.filled[at] += len(texts) - texts.count("")
            if len(self.samples[at]) < SAMPLES:
                self._sample(self.samples[at], islice(filter(None, texts), ROWS_SAMPLED))

    def _sample(self, samples: list[str], texts: Iterable[str]) -> None:
        for text in texts:
            if len(samples) < SAMPLES and text[:120] not in samples:
                samples.append(text[:120])

    def summary(self) -> dict[str, Any]:
        """Return what the run keeps of this table."""
        table = self.table
        return {
            "file": table.file,
            "row_type": table.row_type,
            "headers": table.headers,
            "constants": table.constants,
            "id_index": table.id_index,
            "rows": self.rows,
            "filled": self.filled,
            "samples": self.samples,
            "evidence": self.columns.evidence(),
        }


def _keep_rows(run: ImportRun, table: int, number: int, rows: Sequence[SourceRow]) -> None:
    columns = "run_id number table line core_id cells row_hash repetition issues".split()
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(ROWS), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for at, row in enumerate(rows, start=number + 1):
            cells = json.dumps(row.cells, ensure_ascii=False)
            digest = hashlib.blake2b(cells.encode(), digest_size=16).hexdigest()
            found = json.dumps([list(issue) for issue in row.issues]) if row.issues else None
            copy.write_row((run.pk, at, table, row.line, row.core_id, cells, digest, 1, found))


def _number_repetitions(run: ImportRun) -> None:
    """Give the second of two equal core rows the number 2, so that each has a key of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{ROWS}" r SET repetition = n.nth FROM (SELECT number, row_number() OVER '
            f'(PARTITION BY row_hash ORDER BY number) AS nth FROM "{ROWS}" '
            'WHERE run_id = %s AND "table" = 0) n '
            "WHERE r.run_id = %s AND r.number = n.number AND n.nth > 1",
            [run.pk, run.pk],
        )


def _likely_key(run: ImportRun, core: _Tally) -> str:
    """Return the key to recognise rows by: the first that at least half of the rows have.

    A column that is called ID and says the same in many rows is none.
    """
    filled = {entry["term"]: count for entry, count in zip(run.mapping, core.filled, strict=True)}
    if core.with_core_id:
        filled[mapping.SOURCE_ID] = core.with_core_id
    elif _repeats(run, mapping.SOURCE_ID):
        filled[mapping.SOURCE_ID] = 0
    for key in (Key.OCCURRENCE_ID, Key.SOURCE_ID, Key.CATALOG_NUMBER):
        if filled.get(key, 0) * 2 >= core.rows > 0:
            return key
    return Key.CONTENT


def _repeats(run: ImportRun, target: str) -> bool:
    """Tell whether more than a tenth of what a column says, in the first rows, was said before."""
    at = next((n for n, entry in enumerate(run.mapping) if entry["term"] == target), None)
    if at is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(text), count(DISTINCT text) FROM ("
            f"SELECT nullif(cells::json ->> %s, '') AS text FROM \"{ROWS}\" "
            'WHERE run_id = %s AND "table" = 0 AND number <= %s) said',
            [at, run.pk, ROWS_LOOKED_AT],
        )
        filled, distinct = cursor.fetchone()
    return bool((filled - distinct) * 10 > filled)


# --- rows -------------------------------------------------------------------------------------


def chunks(run: ImportRun, after: int) -> Iterator[list[FileRow]]:
    """Yield the core rows that have no outcome yet in order, a chunk at a time."""
    judged = ImportOutcome.objects.filter(run=OuterRef("run"), number=OuterRef("number"))
    while True:
        core = run.rows.filter(~Exists(judged), table=0, number__gt=after).order_by("number")
        rows = _file_rows(run, core[:CHUNK])
        if not rows:
            return
        yield rows
        after = rows[-1].number


def file_rows(run: ImportRun, numbers: Iterable[int]) -> list[FileRow]:
    """Return the staged core rows with these numbers, in the order of the file."""
    core = one_of(run.rows.filter(table=0), "number", numbers)
    return _file_rows(run, core.order_by("number"))


def _file_rows(run: ImportRun, core: Any) -> list[FileRow]:
    """Return staged core rows as mended, with the extension rows that name them."""
    fields = ("number", "line", "core_id", "cells", "row_hash", "repetition", "issues")
    rows = [
        FileRow(
            number,
            line,
            core_id,
            cells,
            row_hash,
            repetition,
            [Issue(*issue) for issue in found or ()],
        )
        for number, line, core_id, cells, row_hash, repetition, found in core.values_list(*fields)
    ]
    if len(run.source["tables"]) > 1:
        _attach_extensions(run, rows)
    mending.mend(run.fixes, rows)
    return rows


def _attach_extensions(run: ImportRun, rows: Sequence[FileRow]) -> None:
    by_id: dict[str, FileRow] = {}
    for row in rows:
        if row.core_id and row.repetition == 1:
            by_id.setdefault(row.core_id, row)
    extensions = one_of(run.rows.filter(table__gt=0), "core_id", by_id).order_by("number")
    for table, core_id, cells, row_hash in extensions.values_list(
        "table", "core_id", "cells", "row_hash"
    ):
        by_id[core_id].extensions.append(Cells(table, json.loads(cells), row_hash))


def forget_rows(run: ImportRun) -> None:
    run.rows.all().delete()
    run.outcomes.all().delete()


def run_of(progress: Progress) -> ImportRun:
    return ImportRun.objects.select_related("collection", "user").get(guid=progress.job.key)


@contextmanager
def _local_file(run: ImportRun) -> Iterator[str]:
    yield run.file.path


class Clock:
    """Adds the seconds that a phase takes to the run's counts, to those of earlier legs."""

    def __init__(self, run: ImportRun, phase: str) -> None:
        self.run = run
        self.phase = phase
        self.before = run.counts.get("seconds", {}).get(phase, 0)
        self.began = time.monotonic()

    def tick(self) -> None:
        """Bring the run's counts up to now; the caller saves the run."""
        seconds = dict(self.run.counts.get("seconds", {}))
        seconds[self.phase] = round(self.before + time.monotonic() - self.began, 3)
        self.run.counts = {**self.run.counts, "seconds": seconds}


@contextmanager
def timed(run: ImportRun, phase: str) -> Iterator[Clock]:
    """Add the seconds a phase takes to the run's counts."""
    clock = Clock(run, phase)
    try:
        yield clock
    finally:
        clock.tick()


def calmly(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Hand on chunks, with Python looking for garbage once a chunk instead of a hundred times.

    A chunk is a hundred thousand live objects, and looking through them is a fifth of the work.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        for chunk in chunks:
            yield chunk
            del chunk
            gc.collect(0)
    finally:
        if was_on:
            gc.enable()
