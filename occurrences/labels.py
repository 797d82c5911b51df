"""Labels from the records to the sheet: what is chosen, how it looks, and that it was printed.

A run keeps what somebody chose and how it is to look; what stands on the labels is read anew each
time, through `visible_to`, so who loses a right loses what it showed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from tempfile import NamedTemporaryFile
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from darwincore import terms
from darwincore.guarding import guarded
from journal import jobs
from journal.jobs import Progress, work
from journal.models import ChangeSet
from occurrences import label_pdf, record_search, records
from occurrences.drafts import Draft
from occurrences.label_design import BUILT_IN, Design, label_of
from occurrences.label_layout import Problem
from occurrences.label_text import Text, compose, plain
from occurrences.models import (
    Identification,
    LabelKind,
    LabelPrinted,
    LabelProfile,
    LabelRun,
    Occurrence,
    Offer,
    OfferedRecord,
    Protection,
    QueuedAnnotation,
    Withheld,
)
from occurrences.protection import exact
from occurrences.selecting import Selection

CHUNK = 500
AT_ONCE = 50  # labels that are made while somebody waits; more are a job
MOST = 5000  # records of one run
KEPT = timedelta(days=30)
JOB = "labels"
PRINTED_JOB = "labels printed"


# --- what is chosen -----------------------------------------------------------------------------


def of_records(user: Person, guids: Iterable[UUID | str]) -> list[str]:
    """Return those of the GUIDs whose records `user` may see, in the order given."""
    wanted = list(dict.fromkeys(map(str, guids)))[:MOST]
    seen = Occurrence.objects.visible_to(user).filter(guid__in=wanted)
    known = set(map(str, seen.values_list("guid", flat=True)))
    return [guid for guid in wanted if guid in known]


def of_search(user: Person, selection: Selection) -> list[str]:
    """Return the first MOST records that a search finds, by collector and number.

    The record search is over what `user` edits; the public one over all he may see.
    """
    of_editors = record_search.is_one(QueryDict(selection.query))
    base = Occurrence.objects.editable_by if of_editors else Occurrence.objects.visible_to
    found = selection.within(base(user), user).order_by("recorded_by", "record_number", "pk")
    return [str(guid) for guid in found.values_list("guid", flat=True)[:MOST]]


def of_project(user: Person, collection: Collection, project: str) -> list[str]:
    """Return the records of a label project, in the order they were entered."""
    withheld = Q(withheld__terms__label_project=project)
    found = Occurrence.objects.editable_by(user).filter(
        Q(label_project=project) | withheld, collection=collection
    )
    return [str(guid) for guid in found.order_by("pk").values_list("guid", flat=True)[:MOST]]


def of_offer(user: Person, offer: Offer) -> list[str]:
    """Return the records of an offer that `user` may see."""
    offered = OfferedRecord.objects.filter(offer=offer).order_by("pk")
    return of_records(user, offered.values_list("record_guid", flat=True)[:MOST])


def projects(user: Person) -> QuerySet[Any]:
    """Return the label projects of collections that `user` edits, each with how many records.

    Counted are the open ones: a protected record's project is withheld like its place.
    """
    found = Occurrence.objects.editable_by(user).filter(label_project__isnull=False)
    return (
        found.order_by()
        .values("collection__guid", "collection__name", "label_project")
        .annotate(number=Count("pk"), latest=Max("pk"))
        .order_by("-latest")[:50]
    )


def queued(user: Person) -> QuerySet[QueuedAnnotation]:
    """Return the annotation labels that wait: a person's own, and those of records he edits."""
    editable = Occurrence.objects.editable_by(user).order_by().values("pk")
    seen = Occurrence.objects.visible_to(user).order_by().values("pk")
    theirs = Identification.objects.filter(occurrence__in=editable).values("guid")
    visible = Identification.objects.filter(occurrence__in=seen).values("guid")
    waiting = QueuedAnnotation.objects.filter(printed_at=None)
    return waiting.filter(identification__in=theirs) | waiting.filter(
        user_id=user.pk or 0, identification__in=visible
    )


def begin(user: Any, kind: str, title: str, guids: Sequence[str]) -> LabelRun:
    """Make a run of these records (or determinations), laid out as the person's last one was."""
    old = LabelRun.objects.filter(user=user, made_at__lt=timezone.now() - KEPT)
    for run in old:
        run.file.delete(save=False)
        run.delete()
    last = LabelRun.objects.filter(user=user, kind=kind).first()
    built_in = BUILT_IN["annotation" if kind == LabelKind.ANNOTATION else "herbarium"][2]
    design = last.design if last else _first_profile(user, kind) or built_in.to_json()
    return LabelRun.objects.create(
        user=user,
        kind=kind,
        title=title[:300],
        rows=[[guid, None] for guid in guids],
        design=design,
    )


def _first_profile(user: Any, kind: str) -> dict[str, Any] | None:
    usable = LabelProfile.objects.usable_by(user).filter(kind=kind)
    order = sorted(usable, key=lambda one: (one.owner_id is None, one.collection_id is None))
    return order[0].design if order else None


# --- what stands on the labels ------------------------------------------------------------------


def texts(run: LabelRun, design: Design, first: int = 0, last: int | None = None) -> Iterator[Text]:
    """Yield what each of the run's labels says, as far as its person may read it now."""
    copies = dict(run.rows)
    for guid, values, mark in _values(run, design, run.rows[first:last]):
        text = compose(guid, values, design, mark)
        number = copies[guid]
        if number is None and run.kind == LabelKind.ANNOTATION:
            number = 1
        if number != 0:
            yield Text(**{**_parts(text), "copies": text.copies if number is None else number})


def _parts(text: Text) -> dict[str, Any]:
    return {name: getattr(text, name) for name in Text.__slots__}


def number_of(run: LabelRun) -> int:
    """Return how many records (or determinations) the run holds that aren't left out."""
    return sum(1 for _guid, copies in run.rows if copies != 0)


def _values(
    run: LabelRun, design: Design, rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield (guid, values by column, mark) in the order of `rows`, some hundred read at a time."""
    read = _of_determinations if run.kind == LabelKind.ANNOTATION else _of_records
    for start in range(0, len(rows), CHUNK):
        some = [guid for guid, _copies in rows[start : start + CHUNK]]
        found = read(run.user, some, design)
        for guid in some:
            if guid in found:
                yield guid, *found[guid]


Found = dict[str, tuple[dict[str, Any], str]]


def _of_records(user: Person, guids: list[str], design: Design) -> Found:
    seen = _fetched(user, design).filter(guid__in=guids)
    return {str(each.guid): (_said(each, design), _mark(each)) for each in seen}


def _of_determinations(user: Person, guids: list[str], design: Design) -> Found:
    asked = list(Identification.objects.filter(guid__in=guids))
    seen = _fetched(user, design).filter(pk__in=[each.occurrence_id for each in asked])
    records_of = {each.pk: each for each in seen}
    found: Found = {}
    for each in asked:
        record = records_of.get(each.occurrence_id)
        if record is None:
            continue
        columns = {c: getattr(each, c) for c in terms.IDENTIFICATION_COLUMNS}
        row = getattr(record, "disclosed_row", None)
        hidden = row.identifications.get(str(each.guid)) if row else None
        said = {**_said(record, design), **exact(columns, hidden)}
        found[str(each.guid)] = (said, _mark(record))
    return found


def _fetched(user: Person, design: Design) -> QuerySet[Occurrence]:
    columns = _columns(design)
    seen = Occurrence.objects.visible_to(user).only(
        "guid", "collection_id", "protection", "collection__name", *columns
    )
    seen = seen.select_related("collection")
    wanted = {item.field for item in design.items}
    return seen.prefetch_related("identifiers") if "identifiers" in wanted else seen


def _columns(design: Design) -> list[str]:
    return sorted(design.columns() & set(terms.COLUMNS))


def _said(record: Occurrence, design: Design) -> dict[str, Any]:
    columns = _columns(design)
    values = exact({column: getattr(record, column) for column in columns}, record.disclosed)
    values["collection"] = record.collection.name
    if any(item.field == "identifiers" for item in design.items):
        values["identifiers"] = " | ".join(map(str, record.identifiers.all()))
    return values


def _mark(record: Occurrence) -> str:
    """Return what marks a protected record's label: its exact place, or that it is withheld."""
    if record.protection == Protection.OPEN:
        return ""
    if getattr(record, "disclosed_row", None):
        return _("Protected: exact place, not for publication")
    return _("Protected: place withheld")


# --- files --------------------------------------------------------------------------------------


def pdf(run: LabelRun, first: int = 0, last: int | None = None) -> tuple[bytes, list[Problem]]:
    """Return the labels of the run, or of some of its rows, as PDF, with what doesn't fit."""
    design = Design.from_json(run.design)
    stream = io.BytesIO()
    _number, problems = label_pdf.write(texts(run, design, first, last), design, stream)
    return stream.getvalue(), problems


def table(run: LabelRun) -> Iterator[str]:
    """Yield the labels as CSV, a line a record, with how many labels it asks for."""
    design = Design.from_json(run.design)
    names = list(dict.fromkeys(item.field for item in design.items))
    yield "\ufeff" + _line([_("Heading"), *map(label_of, names), _("Labels")])
    copies = dict(run.rows)
    for guid, values, mark in _values(run, design, run.rows):
        text = compose(guid, values, design, mark)
        number = text.copies if copies[guid] is None else copies[guid]
        if number:
            said = [plain(values, name, design.dates) for name in names]
            yield _line([guarded(text.heading), *map(guarded, said), number])


def _line(cells: Sequence[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def start(run: LabelRun) -> None:
    """Have the PDF of many labels made by a job."""
    forget_file(run)
    run.job = jobs.start(JOB, run.guid, run.user)
    run.save(update_fields=["job"])


def forget_file(run: LabelRun) -> None:
    """Let go of a file that shows an older layout."""
    if run.file:
        run.file.delete(save=False)
    run.finished_at, run.labels, run.problems = None, None, []
    run.save(update_fields=["file", "finished_at", "labels", "problems"])


@work(JOB)
def make(progress: Progress) -> dict[str, Any]:
    """Make the PDF of the run whose GUID is the job's key."""
    run = LabelRun.objects.select_related("user").get(guid=progress.job.key)
    design = Design.from_json(run.design)
    before = standing(run)
    progress.report(0, len(run.rows), _("Setting the labels"))
    with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as made:
        told = _told(texts(run, design), progress)
        labels, problems = label_pdf.write(told, design, _stream(made))
        made.flush()
        made.seek(0)
        if run.file:
            run.file.delete(save=False)
        run.file.save(f"{run.guid}.pdf", File(made), save=False)
    run.labels, run.problems = labels, [asdict(problem) for problem in problems]
    run.standing, run.finished_at = before, timezone.now()
    run.save(update_fields=["file", "labels", "problems", "standing", "finished_at"])
    return {"labels": labels, "problems": len(problems)}


def standing(run: LabelRun) -> list[int]:
    """Return how many of the run's records its person may see, and of how many not all.

    A file is handed out only while this is as it was when it was made: it shows no more than its
    person may read now.
    """
    guids = [guid for guid, _copies in run.rows]
    if run.kind == LabelKind.ANNOTATION:
        of = Identification.objects.filter(guid__in=guids).values("occurrence_id")
        seen = Occurrence.objects.visible_to(run.user).filter(pk__in=of)
    else:
        seen = Occurrence.objects.visible_to(run.user).filter(guid__in=guids)
    readable = Withheld.objects.readable_by(run.user).values("occurrence_id")
    hidden = seen.exclude(protection=Protection.OPEN).exclude(pk__in=readable)
    return [seen.count(), hidden.count()]


def is_ready(run: LabelRun) -> bool:
    """Tell whether the run's file stands and may still be read by its person."""
    if not (run.finished_at and run.file):
        return False
    return run.standing == standing(run)


def _told(labels: Iterable[Text], progress: Progress) -> Iterator[Text]:
    for number, text in enumerate(labels, 1):
        yield text
        if number % 20 == 0:
            progress.report(number)


def _stream(made: Any) -> IO[bytes]:
    stream: IO[bytes] = made.file if hasattr(made, "file") else made
    return stream


# --- printed ------------------------------------------------------------------------------------


def printed(run: LabelRun, *, clear: bool = False) -> list[ChangeSet]:
    """Note that the run's labels are printed; clear: take the records out of their label project.

    Of annotation labels the queue is cleared. Records that the person may not edit keep their
    project. Returns the change sets of clearing, one a collection; each can be undone.
    """
    now = timezone.now()
    with transaction.atomic():
        if run.kind == LabelKind.ANNOTATION:
            guids = [guid for guid, copies in run.rows if copies != 0]
            queued(run.user).filter(identification__in=guids).update(printed_at=now)
        _note(run, now)
        run.printed_at = now
        run.save(update_fields=["printed_at"])
        return _clear(run) if clear and run.kind == LabelKind.SPECIMEN else []


def _note(run: LabelRun, now: Any) -> None:
    design = Design.from_json(run.design)
    numbers = {text.guid: text.copies for text in texts(run, design)}
    if run.kind == LabelKind.ANNOTATION:
        found = Identification.objects.filter(guid__in=list(numbers))
        pairs = found.values_list("guid", "occurrence__guid")
        notes = [(record, numbers[str(guid)]) for guid, record in pairs]
    else:
        notes = [(UUID(guid), copies) for guid, copies in numbers.items()]
    LabelPrinted.objects.bulk_create(
        LabelPrinted(record_guid=guid, run=run, user=run.user, copies=copies, printed_at=now)
        for guid, copies in notes
    )


def _clear(run: LabelRun) -> list[ChangeSet]:
    guids = [guid for guid, copies in run.rows if copies != 0]
    editable = Occurrence.objects.editable_by(run.user).filter(guid__in=guids)
    mine = set(editable.values_list("guid", flat=True))
    by_collection: dict[int, list[Draft]] = {}
    for guid, record in records.stored(mine).items():
        if record.values.get("label_project"):
            draft = Draft(guid, record.collection_id, {}, version=record.version)
            by_collection.setdefault(record.collection_id, []).append(draft)
    done = []
    for collection_id, drafts in by_collection.items():
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.BATCH_EDIT,
            user=run.user,
            collection_id=collection_id,
            reason=_("Label project cleared after printing"),
        )
        records.write(change_set, ["label_project"], drafts)
        done.append(change_set)
    return done


@work(PRINTED_JOB)
def printed_job(progress: Progress) -> dict[str, Any]:
    """Note a large run as printed; done again after a fault it finds nothing left to clear."""
    run = LabelRun.objects.select_related("user").get(guid=progress.job.key)
    if run.printed_at and not progress.job.options.get("clear"):
        return {}
    cleared = printed(run, clear=bool(progress.job.options.get("clear")))
    return {"change_sets": [str(each.guid) for each in cleared]}


def last_printed(user: Person, guids: Sequence[str]) -> Mapping[str, Any]:
    """Return {record GUID: when its label was last printed} by this person or in what he edits."""
    editable = Occurrence.objects.editable_by(user).filter(guid__in=guids)
    mine = LabelPrinted.objects.filter(record_guid__in=guids)
    seen = mine.filter(user_id=user.pk or 0) | mine.filter(
        record_guid__in=editable.order_by().values("guid")
    )
    rows = seen.order_by().values("record_guid").annotate(last=Max("printed_at"))
    return {str(row["record_guid"]): row["last"] for row in rows}
