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
    ExtensionRow,
    Identification,
    Identifier,
    Media,
    Occurrence,
)

CHUNK = 1000

# What is counted of the records that go: rows, how they point to a record, and the page's words.
_HANGING: tuple[tuple[Any, str, str, Any], ...] = (
    (
        Identification,
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d determination", "%(number)d determinations", "number"),
    ),
    (
        Media,
        "record_guid__in",
        "guid",
        ngettext_lazy("%(number)d image", "%(number)d images", "number"),
    ),
    (
        Identifier,
        "occurrence__in",
        "pk",
        ngettext_lazy(
            "%(number)d additional identifier", "%(number)d additional identifiers", "number"
        ),
    ),
    (
        ClusterMember,
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d link to duplicates", "%(number)d links to duplicates", "number"),
    ),
    (
        ExtensionRow,
        "occurrence__in",
        "pk",
        ngettext_lazy("%(number)d row of an extension", "%(number)d rows of extensions", "number"),
    ),
)


def hanging(chosen: Records) -> Iterator[str]:
    """Yield what goes with these records, counted and in words."""
    for model, points, by, words in _HANGING:
        number = model.objects.filter(**{points: chosen.order_by().values(by)}).count()
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
