"""Many records deleted at once: first what hangs on them, then gone, with a way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import ngettext_lazy

from journal.models import ChangeSet
from occurrences import batching, deleting
from occurrences.batching import Doing, Records
from occurrences.models import (
    Batch,
    ClusterMember,
    Comment,
    ExtensionRow,
    Identification,
    Identifier,
    Media,
    Occurrence,
    OfferedRecord,
    Suggestion,
)

CHUNK = 1000

# What is counted of the records that go: rows, how they point to a record, and the page's words.
_HANGING: tuple[tuple[Any, str, str, Any], ...] = (
    (
        Identification.objects.all(),
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d determination", "%(number)d determinations", "number"),
    ),
    (
        Media.objects.all(),
        "record_guid__in",
        "guid",
        ngettext_lazy("%(number)d image", "%(number)d images", "number"),
    ),
    (
        Identifier.objects.all(),
        "occurrence__in",
        "pk",
        ngettext_lazy(
            "%(number)d additional identifier", "%(number)d additional identifiers", "number"
        ),
    ),
    (
        ClusterMember.objects.all(),
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d link to duplicates", "%(number)d links to duplicates", "number"),
    ),
    (
        ExtensionRow.objects.all(),
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d row of an extension", "%(number)d rows of extensions", "number"),
    ),
    (
        Comment.objects.exclude(state=Comment.State.DELETED),
        "record_guid__in",
        "guid",
        ngettext_lazy("%(number)d comment", "%(number)d comments", "number"),
    ),
    (
        Suggestion.objects.filter(state=Suggestion.State.OPEN),
        "record_guid__in",
        "guid",
        ngettext_lazy(
            "%(number)d suggested correction that waits for review",
            "%(number)d suggested corrections that wait for review",
            "number",
        ),
    ),
    (
        OfferedRecord.objects.filter(state=OfferedRecord.State.WAITING),
        "record_guid__in",
        "guid",
        ngettext_lazy(
            "%(number)d offer that waits for an answer",
            "%(number)d offers that wait for an answer",
            "number",
        ),
    ),
)


def hanging(chosen: Records) -> Iterator[str]:
    """Yield what goes with these records, counted and in words."""
    for rows, points, by, words in _HANGING:
        number = rows.filter(**{points: chosen.order_by().values(by)}).count()
        if number:
            yield words % {"number": number}


def _begin(batch: Batch, chosen: Records) -> Callable[[ChangeSet, Sequence[int]], dict[str, int]]:
    return lambda change_set, ids: {"deleted": deleting.delete(change_set, ids)}


batching.register(
    Batch.Kind.DELETE,
    Doing(
        ChangeSet.Kind.DELETION,
        lambda user: Occurrence.objects.deletable_by(user),
        _begin,
        chunk=CHUNK,
    ),
)
