"""One determination added to many records: an identification, or only another name for the same.

A nomenclatural adjustment says that the name is another by now, not that anybody looked at the
specimen: its determiner is "Nomenclatural Adjustment", its date today, and qualifiers stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from darwincore.interpret import interpret_identification
from darwincore.terms import BY_COLUMN, IDENTIFICATION_COLUMNS
from journal.models import Change, ChangeSet
from occurrences import batching, records
from occurrences.batching import Doing, Records
from occurrences.cleaning import look_up_later
from occurrences.determinations import mirror_of
from occurrences.drafts import Draft, Stored
from occurrences.models import Batch, Identification, Occurrence, QueuedAnnotation

CHUNK = 500
ADJUSTMENT = "Nomenclatural Adjustment"  # what Symbiota calls its determiner
# What a determination is typed in, in the order of the form.
TYPED = (
    "identification_qualifier",
    "scientific_name",
    "scientific_name_authorship",
    "family",
    "identified_by",
    "date_identified",
    "identification_verification_status",
    "identification_references",
    "identification_remarks",
)
# What another name in the same kingdom leaves as it is.
_STAYING = ("kingdom", "nomenclatural_code")


def reading_of(texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a determination's values by column, and what was written where that differs."""
    found = interpret_identification(
        {BY_COLUMN[column].name: text for column, text in texts.items() if text}
    )
    return dict(found.values), dict(found.verbatim)


def problems_of(texts: Mapping[str, str], *, adjustment: bool) -> dict[str, str]:
    """Return by column what a determination lacks."""
    needed = ["scientific_name", *(() if adjustment else ("identified_by", "date_identified"))]
    found = {column: _("This is needed.") for column in needed if not texts.get(column)}
    when = texts.get("date_identified", "")
    undated = when.strip().lower() in ("s.d.", "s.d", "sd")
    if when and not undated and not reading_of({"date_identified": when})[0]:
        found["date_identified"] = _("This is no date. Write 2026, 2026-03 or s.d.")
    return found


def of_wanted(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the determination that a batch adds."""
    texts = {column: wanted.get("texts", {}).get(column, "") for column in TYPED}
    if wanted.get("adjustment"):
        texts["identified_by"] = ADJUSTMENT
        texts["date_identified"] = f"{timezone.localdate():%Y-%m-%d}"
    return texts


def add(
    change_set: ChangeSet,
    ids: Sequence[int],
    texts: Mapping[str, str],
    *,
    make_current: bool,
    keeps_qualifier: bool = False,
) -> int:
    """Add a determination to these records and return to how many; those that have it keep it."""
    guids = list(Occurrence.objects.filter(pk__in=ids).values_list("guid", flat=True))
    values, verbatim = reading_of(texts)
    drafts = []
    for guid, record in records.stored(guids).items():
        new = _for(record, values, keeps_qualifier=keeps_qualifier)
        current = make_current or not record.identifications  # one of several always is
        mirror = new if current else mirror_of(record.values)
        draft = Draft(guid, record.collection_id, dict(mirror), version=record.version)
        draft.verbatim = _written(record, verbatim, current=current)
        draft.identifications = [{**new, "verbatim": verbatim}]
        drafts.append(draft)
    return len(records.write(change_set, IDENTIFICATION_COLUMNS, drafts).updated)


def _for(record: Stored, values: Mapping[str, Any], *, keeps_qualifier: bool) -> dict[str, Any]:
    """Return the determination as this record gets it."""
    standing = record.values
    new = {**{column: standing.get(column) for column in _STAYING}, **values}
    if keeps_qualifier:
        new["identification_qualifier"] = standing.get("identification_qualifier")
    return mirror_of(new)


def _written(record: Stored, verbatim: Mapping[str, str], *, current: bool) -> dict[str, str]:
    """Return the verbatim texts of the record's determination terms after the write."""
    if current:
        return dict(verbatim)
    names = {BY_COLUMN[column].name for column in IDENTIFICATION_COLUMNS}
    return {name: text for name, text in record.verbatim.items() if name in names}


def queue(user: Any, change_set: ChangeSet, ids: Sequence[int]) -> None:
    """Put the determinations that a change set added to these records into the print queue."""
    added = Change.objects.filter(
        change_set=change_set, kind="identification", before__isnull=True, after__isnull=False
    )
    mine = Identification.objects.filter(
        occurrence__in=ids, guid__in=added.values("row_guid")
    ).order_by("occurrence_id")
    waiting = [
        QueuedAnnotation(identification=guid, user=user)
        for guid in mine.values_list("guid", flat=True)
    ]
    QueuedAnnotation.objects.bulk_create(waiting, ignore_conflicts=True)


def _begin(batch: Batch, chosen: Records) -> Callable[[ChangeSet, Sequence[int]], dict[str, int]]:
    texts, wanted = of_wanted(batch.wanted), batch.wanted

    def do(change_set: ChangeSet, ids: Sequence[int]) -> dict[str, int]:
        number = add(
            change_set,
            ids,
            texts,
            make_current=bool(wanted.get("current")),
            keeps_qualifier=bool(wanted.get("adjustment")),
        )
        if wanted.get("queue"):
            queue(batch.user, change_set, ids)
        return {"updated": number, "unchanged": len(ids) - number}

    return do


batching.register(
    Batch.Kind.DETERMINE,
    Doing(
        ChangeSet.Kind.BATCH_EDIT,
        lambda user: Occurrence.objects.editable_by(user),
        _begin,
        chunk=CHUNK,
        after=lambda batch, collection_id: look_up_later(collection_id, batch.user),
    ),
)
