"""Checklists from outside: received as files, loaded whole, put in use one release at a time.

Loading reads the file into temporary tables, links its names there, and inserts them in one
transaction: a killed worker leaves nothing half done and starts again. Of a source one release is
in use; the one it replaced is kept, so that it can be put in use again.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files import File
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from darwincore import issues
from darwincore.checklists import open_checklist
from darwincore.codes import CODES
from journal.jobs import Cancelled, Progress, Refused, work
from taxonomy.checklist_linking import IMPLIED, Staging
from taxonomy.checklist_reading import Reading
from taxonomy.models import BlockedUsage, Checklist, Usage, UsageVernacular

LOCK = 7103  # one number for all who load or replace the releases of a source
State = Checklist.State

# Why a row wasn't taken: in a word, and what to do.
REASONS = {
    "no-name": (
        gettext_lazy("has no name"),
        gettext_lazy("Fill in scientificName, or genus and specificEpithet."),
    ),
    "unknown-rank": (
        gettext_lazy("rank is not known"),
        gettext_lazy("Write the rank in English or Latin: species, subspecies, variety."),
    ),
    "name-too-long": (
        gettext_lazy("name is longer than 250 characters"),
        gettext_lazy("Give the name alone; notes have a column of their own."),
    ),
    "id-too-long": (
        gettext_lazy("identifier is longer than 250 characters"),
        gettext_lazy("Give each name a shorter identifier."),
    ),
    "duplicate-id": (
        gettext_lazy("identifier stands in an earlier row"),
        gettext_lazy("Give each name an identifier of its own."),
    ),
    "parent-missing": (
        gettext_lazy("parent is not in the file"),
        gettext_lazy("Add the parent, correct its identifier, or leave it blank."),
    ),
    "cycle": (
        gettext_lazy("parents lead round in a circle"),
        gettext_lazy("Correct the parent of one name in the circle."),
    ),
    "too-deep": (
        gettext_lazy("has more than 100 names above it"),
        gettext_lazy("Correct its parents: no tree is that deep."),
    ),
    "accepted-missing": (
        gettext_lazy("accepted name is not in the file"),
        gettext_lazy("Add the accepted name, or correct its identifier."),
    ),
    "accepted-is-synonym": (
        gettext_lazy("accepted name is a synonym itself"),
        gettext_lazy("Name the accepted name at the end of the chain."),
    ),
    "name-missing": (
        gettext_lazy("nameID is not in the table of names"),
        gettext_lazy("Add the name, or correct nameID."),
    ),
    "no-place": (
        gettext_lazy("name is used by no taxon and no synonym"),
        gettext_lazy("Nothing, unless the name should be in use."),
    ),
}

# What was found in rows that were taken all the same.
ISSUES = {
    "PARENT_IS_ITSELF": gettext_lazy("names that are their own parent; taken as roots"),
    "PARENT_IS_SYNONYM": gettext_lazy("parents that are synonyms; their accepted names were used"),
    "PARENT_PASSED_OVER": gettext_lazy("names whose parent was not taken; hung one step higher"),
    "PARENT_FROM_COLUMNS": gettext_lazy(
        "names whose parent is not in the file; hung under the columns of higher taxa"
    ),
    "SEVERAL_ACCEPTED": gettext_lazy("names with several accepted names; the first was used"),
    "STATUS_UNKNOWN": gettext_lazy("words for the status that are not known"),
    "STATUS_DISAGREES": gettext_lazy("accepted names that name another accepted name"),
    "AUTHORSHIP_CUT": gettext_lazy("authors longer than 250 characters, cut"),
    "VERNACULAR_WITHOUT_NAME": gettext_lazy("common names of no name in the list, or repeated"),
    "VERNACULARS_UNREADABLE": gettext_lazy("table of common names without a name or an identifier"),
}


def receive(
    file: File[Any], filename: str, source: str, user: Any, kingdom: str = "", release: str = ""
) -> Checklist:
    """Keep an uploaded file as a release of `source` that is still to be loaded."""
    checklist = Checklist(
        source=source.strip(),
        kingdom=kingdom.strip(),
        release=release.strip(),
        filename=filename[:255],
        loaded_by=user,
    )
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    checklist.checksum = digest.hexdigest()
    file.seek(0)
    checklist.file.save(str(checklist.guid), file, save=False)
    checklist.save()
    return checklist


@work("load checklist")
def load_job(progress: Progress) -> dict[str, Any]:
    """Load the checklist whose GUID is the job's key; the first of its source is put in use."""
    checklist = Checklist.objects.get(guid=progress.job.key)
    with alone_with(checklist.source):
        checklist.refresh_from_db()
        counts = load(checklist, progress)
        if has_names(checklist) and not current(checklist.source):
            put_in_use(checklist)
    return {"checklist": str(checklist.guid), "rows": counts["rows"]}


def load(checklist: Checklist, progress: Progress | None = None) -> dict[str, Any]:
    """Read the file and keep its names; return the counts, kept with the checklist too.

    rows = created + updated + unchanged + blocked, beside the release in use. Raises Refused, and
    says so in the checklist, where the file can't be read. Called again after a crash it starts
    from the beginning; once loaded it does nothing.
    """
    if checklist.state not in (State.LOADING, State.FAILED):
        return checklist.counts
    begun = time.monotonic()
    try:
        with _local_file(checklist) as path, alone_with(checklist.source):
            _load(checklist, path, progress)
    except (issues.Refused, Refused, Cancelled) as refusal:
        described = refusal.describe(_) if isinstance(refusal, issues.Refused) else None
        checklist.error = str(described or refusal) or _("Cancelled.")
        checklist.state = State.FAILED
        checklist.save(update_fields=["error", "state"])
        if isinstance(refusal, Cancelled):
            raise
        raise Refused(checklist.error) from refusal
    checklist.counts["seconds"] = round(time.monotonic() - begun, 3)
    checklist.save(update_fields=["counts"])
    return checklist.counts


def _load(checklist: Checklist, path: Path, progress: Progress | None) -> None:
    def report(message: str) -> Any:
        return lambda done: progress.report(done, message=message) if progress else None

    with open_checklist(path, filename=checklist.filename) as source:
        reading = Reading(source, checklist.kingdom)
        with Staging(checklist, reading) as staging:
            staging.fill(report(_("Reading the file")))
            staging.link(report(_("Linking parents and accepted names")))
            with transaction.atomic():
                _clear(checklist)
                vernaculars = staging.keep()
                checklist.title = _title(source.metadata) or checklist.title
                checklist.counts = {
                    "rows": staging.rows,
                    **_compared(checklist, staging.rows),
                    "blocked": sum(staging.blocked().values()),
                    "blocked_by": staging.blocked(),
                    "implied": staging.implied,
                    "vernaculars": vernaculars,
                    "issues": dict(sorted(staging.issues.items())),
                }
                checklist.state, checklist.error = State.READY, ""
                checklist.loaded_at = timezone.now()
                checklist.save()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE taxonomy_usage")


def _compared(checklist: Checklist, rows: int) -> dict[str, int]:
    """Count the names by what they are beside the release in use."""
    before = current(checklist.source)
    with connection.cursor() as cursor:
        if before is None:
            cursor.execute(
                "SELECT count(*), 0, 0, 0 FROM taxonomy_usage "
                "WHERE checklist_id = %s AND NOT starts_with(source_id, %s)",
                [checklist.pk, IMPLIED],
            )
        else:
            cursor.execute(_COMPARE, {"new": checklist.pk, "old": before.pk, "implied": IMPLIED})
        [counted] = cursor.fetchall()
    return dict(zip(("created", "updated", "unchanged", "gone"), counted, strict=True))


COMPARED = (
    "parent_source_id",
    "accepted_source_id",
    "scientific_name",
    "authorship",
    "rank",
    "status",
    "kingdom",
    "family",
    "nomenclatural_status",
    "remarks",
    "link",
)
_SAME = " AND ".join(f"n.{column} = o.{column}" for column in COMPARED)
_COMPARE = f"""
SELECT count(*) FILTER (WHERE o.id IS NULL),
    count(*) FILTER (WHERE o.id IS NOT NULL AND n.id IS NOT NULL AND NOT ({_SAME})),
    count(*) FILTER (WHERE o.id IS NOT NULL AND n.id IS NOT NULL AND {_SAME}),
    count(*) FILTER (WHERE n.id IS NULL)
FROM (SELECT * FROM taxonomy_usage WHERE checklist_id = %(new)s) n
FULL JOIN (SELECT * FROM taxonomy_usage WHERE checklist_id = %(old)s) o USING (source_id)
WHERE NOT starts_with(source_id, %(implied)s)
"""


def current(source: str) -> Checklist | None:
    """Return the release of a source that is in use."""
    return Checklist.objects.filter(source=source, state=State.CURRENT).first()


def put_in_use(checklist: Checklist) -> None:
    """Let matching draw from this release instead of the one in use, which is kept.

    The exchange is one short transaction; releases older than the replaced one are emptied after.
    """
    with alone_with(checklist.source):
        with transaction.atomic():
            standing = Checklist.objects.select_for_update().get(pk=checklist.pk)
            if standing.state == State.CURRENT:
                return
            if standing.state not in (State.READY, State.REPLACED) or is_emptied(standing):
                raise Refused(_("This checklist is not loaded, so it can't be put in use."))
            if not has_names(standing):
                raise Refused(_("No name of this file could be taken, so it can't be put in use."))
            Checklist.objects.filter(source=checklist.source, state=State.CURRENT).update(
                state=State.REPLACED
            )
            Checklist.objects.filter(pk=checklist.pk).update(state=State.CURRENT)
        checklist.refresh_from_db()
        _empty_old(checklist.source)


def discard(checklist: Checklist) -> None:
    """Remove a release that is not in use, with its file."""
    with alone_with(checklist.source), transaction.atomic():
        standing = Checklist.objects.select_for_update().get(pk=checklist.pk)
        if standing.state == State.CURRENT:
            raise Refused(_("This checklist is in use. Put another release in use first."))
        _clear(standing)
        standing.file.delete(save=False)
        standing.delete()


def _empty_old(source: str) -> None:
    """Take the names out of all replaced releases but the last; their counts stay."""
    replaced = Checklist.objects.filter(source=source, state=State.REPLACED)
    for old in replaced.order_by(F("loaded_at").desc(nulls_last=True), "-pk")[1:]:
        if not is_emptied(old):
            with transaction.atomic():
                _clear(old)
                old.counts["emptied"] = True
                old.save(update_fields=["counts"])


def has_names(checklist: Checklist) -> bool:
    """Tell whether any row was taken: a file of something else must not replace a list of names."""
    return Usage.objects.filter(checklist=checklist).exists()


def is_emptied(checklist: Checklist) -> bool:
    """Tell whether the names of a replaced release are gone."""
    return bool(checklist.counts.get("emptied"))


def _clear(checklist: Checklist) -> None:
    """Remove a release's rows, one statement each: there may be millions."""
    with connection.cursor() as cursor:
        for model in (Usage, UsageVernacular, BlockedUsage):
            table = model._meta.db_table
            cursor.execute(f"DELETE FROM {table} WHERE checklist_id = %s", [checklist.pk])


@contextmanager
def alone_with(source: str) -> Iterator[None]:
    """Wait for whoever else loads or replaces releases of this source, and keep others waiting.

    The lock belongs to the database session, so it goes when the process dies, and may be taken
    again by who holds it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [LOCK, source])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK, source])


@contextmanager
def _local_file(checklist: Checklist) -> Iterator[Path]:
    """Give the kept file as a path, copied when the storage has none."""
    try:
        path: Path | None = Path(checklist.file.path)
    except NotImplementedError:  # how a storage says so
        path = None
    if path:
        yield path
        return
    with NamedTemporaryFile() as copy, checklist.file.open("rb") as kept:
        for part in kept.chunks():
            copy.write(part)
        copy.flush()
        yield Path(copy.name)


def issues_in_words(checklist: Checklist) -> list[tuple[str, int]]:
    """Return what was found in the rows that were taken, and how often."""
    found = checklist.counts.get("issues", {})
    return [(_issue_in_words(code), number) for code, number in found.items()]


def _issue_in_words(code: str) -> str:
    if code in ISSUES:
        return str(ISSUES[code])
    known = code in CODES
    return issues.describe(issues.Issue(code), translate=_).text if known else code


def reasons_in_words(checklist: Checklist, chosen: str = "") -> list[dict[str, Any]]:
    """Return why rows weren't taken: code, word, number, and whether it is the chosen one."""
    return [
        {"code": code, "word": REASONS[code][0], "number": number, "current": code == chosen}
        for code, number in checklist.counts.get("blocked_by", {}).items()
    ]


def _title(metadata: str | None) -> str:
    found = re.search(r"<title\b[^>]*>([^<]{1,500})</title>", metadata or "")
    return " ".join(found[1].split())[:500] if found else ""
