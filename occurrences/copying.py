"""Importing as copies: a file of other collections' records becomes new records beside them.

A copy says what the file says and no more, has a GUID of its own, and is linked with its original
as of one gathering. The original is not touched. What is protected there is protected here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_noop

from accounts import noticing
from accounts.models import User
from biocollections.models import Collection
from biocollections.sponsoring import owner_of
from journal.models import ChangeSet
from occurrences import bulk, clustering, keys, naming
from occurrences.drafting import Drafter, FileRow
from occurrences.drafts import Draft
from occurrences.models import ImportRun, Occurrence, Offer, Origin, Protection
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

COPIED = noticing.kind(
    "records copied",
    gettext_noop("%(person)s copied a record of yours into %(collection)s."),
    gettext_noop("%(person)s copied %(number)s of your records into %(collection)s."),
)
COPIED_SOMEWHERE = noticing.kind(
    "records copied somewhere",
    gettext_noop("A record of yours was copied into another collection."),
    gettext_noop("%(number)s of your records were copied into another collection."),
)


def tell_collectors(change_set: ChangeSet, into: Collection) -> None:
    """Tell collectors of whose records an import made copies, each of his number of them.

    Nobody is told of a copy that is wholly protected: what its collection hides isn't there.
    """
    shown = Occurrence.objects.filter(guid=OuterRef("record_guid"), protection__lt=Protection.WHOLE)
    made = Origin.objects.filter(Exists(shown), change_set=change_set, how=Offer.How.COPY)
    numbers: Counter[Any] = Counter()
    of_profiles = made.filter(source__type=Collection.Type.PERSONAL).order_by()
    for key, number in of_profiles.values_list("source").annotate(Count("pk")):
        numbers[owner_of(Collection.objects.get(pk=key))] += number
    given = Origin.objects.filter(
        record_guid__in=made.values("original_guid"), how=Offer.How.TRANSFER
    ).exclude(giver=None)
    for giver, number in given.order_by().values_list("giver").annotate(Count("record_guid")):
        numbers[User.objects.get(pk=giver)] += number
    url = f"{reverse('occurrences:my_collections')}?show=made&since={change_set.guid}"
    kind = COPIED if into.is_public else COPIED_SOMEWHERE
    words = {"person": change_set.user, "collection": into.name} if into.is_public else {}
    for person, number in numbers.items():
        if person != change_set.user:
            noticing.tell([person], kind, url, {**words, "number": number})


def proposed(run: ImportRun, user: Any) -> int:
    """Return how many rows are of other collections' records, where all that name one are.

    A record of another portal is one where the row says that it was sent from there.

    0 where there is nothing to propose, or for who is not the one the rows were looked up for.
    """
    if run.mode == ImportRun.Mode.COPIES or user is None or user.pk != run.user_id:
        return 0
    return int(run.counts.get("copies", 0))
