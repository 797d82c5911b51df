"""Importing as copies: a file of other collections' records becomes new records beside them.

A copy says what the file says and no more, has a GUID of its own, and is linked with its original
as of one gathering. The original is not touched. What is protected there is protected here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from occurrences import bulk, clustering, keys, naming
from occurrences.drafting import Drafter, FileRow
from occurrences.models import ImportRun, Occurrence, Offer, Origin, Protection
from occurrences.records import Draft
from occurrences.ruling import STRICTNESS, Ruling

WHY = {"why": "copy"}
_SECURITY = {Protection.WHOLE: 5}


class Originals:
    """The records that rows of a file are copied from, as far as the run's person sees them."""

    def __init__(self, run: ImportRun, drafter: Drafter, rows: Iterable[FileRow]) -> None:
        texts = {row.number: text for row in rows if (text := drafter.occurrence_id(row))}
        held = keys.elsewhere(run.collection, texts.values(), run.user) if texts else {}
        self.of_row = {number: held[text].guid for number, text in texts.items() if text in held}
        levels = bulk.one_of(Occurrence.objects.all(), "guid", set(self.of_row.values()))
        known = list(levels.values_list("guid", "protection", "collection"))
        self.protection = {guid: level for guid, level, _collection in known}
        self.collection = {guid: collection for guid, _level, collection in known}

    def protect(self, drafts: Mapping[int, Draft]) -> None:
        """Let no draft of a copy be less protected than its original."""
        hidden = [
            (draft, Protection(self.protection[self.of_row[number]]))
            for number, draft in drafts.items()
            if self.protection.get(self.of_row.get(number, _NOBODY))
        ]
        if not hidden:
            return
        ruling = Ruling.of(naming.key_of(draft.values) for draft, _level in hidden)
        for draft, level in hidden:
            own = ruling.decide(draft.values).level
            if STRICTNESS.index(own) < STRICTNESS.index(level):
                draft.values["record_security"] = _SECURITY.get(level, 1)

    def link(self, change_set: Any, drafts: Mapping[int, Draft]) -> None:
        """Link the copies that were made with their originals, and keep where they came from."""
        pairs = [
            (draft.guid, self.of_row[number])
            for number, draft in drafts.items()
            if number in self.of_row
        ]
        clustering.link(change_set, pairs, WHY)
        Origin.objects.bulk_create(
            Origin(
                record_guid=copy,
                original_guid=original,
                source_id=self.collection[original],
                how=Offer.How.COPY,
                change_set=change_set,
            )
            for copy, original in pairs
            if original in self.collection
        )


_NOBODY = UUID(int=0)


def proposed(run: ImportRun, user: Any) -> int:
    """Return how many rows are of other collections' records, where all that name one are.

    0 where there is nothing to propose, or for who is not the one the rows were looked up for.
    """
    if run.mode == ImportRun.Mode.COPIES or user is None or user.pk != run.user_id:
        return 0
    return int(run.counts.get("copies", 0))
