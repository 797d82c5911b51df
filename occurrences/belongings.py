"""What belongs to a record by its GUID and is no part of it: suggestions, comments, queued labels.

When a record is merged into another they go along; when the merge is undone they come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from occurrences.models import Comment, QueuedAnnotation, Suggestion

_BY_RECORD = {"suggestions": Suggestion, "comments": Comment}
# {"suggestions": [GUID], "comments": [GUID], "queued": [[key, determination, its twin]]}
Brought = Mapping[str, Any]


def give(from_guid: UUID, to_guid: UUID, twins: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Hand all of one record to another and return what that was, for `take_back` and `again`.

    twins: {determination of the one: the same one of the other}. A label that waits for both
    already stays where it is: one will be printed.
    """
    brought: dict[str, Any] = {}
    for name, model in _BY_RECORD.items():
        own = model.objects.filter(record_guid=from_guid)  # type: ignore[attr-defined]
        if guids := [str(guid) for guid in own.values_list("guid", flat=True)]:
            brought[name] = guids
    waiting = QueuedAnnotation.objects.filter(printed_at=None, identification__in=twins)
    queued = [
        [each.pk, str(each.identification), str(twins[each.identification])] for each in waiting
    ]
    if queued:
        brought["queued"] = queued
    again(from_guid, to_guid, brought)
    return brought


def again(from_guid: UUID, to_guid: UUID, brought: Brought) -> None:
    """Hand over what `give` returned, as far as it is still there."""
    for name, model in _BY_RECORD.items():
        own = model.objects.filter(record_guid=from_guid)  # type: ignore[attr-defined]
        own.filter(guid__in=brought.get(name, ())).update(record_guid=to_guid)
    for key, was, now in brought.get("queued", ()):
        _queue(key, was, now)


def take_back(from_guid: UUID, to_guid: UUID, brought: Brought) -> None:
    """Undo `give`: what came from `from_guid` goes back there."""
    turned = [[key, now, was] for key, was, now in brought.get("queued", ())]
    again(to_guid, from_guid, {**brought, "queued": turned})


def _queue(key: int, was: str, now: str) -> None:
    waits = QueuedAnnotation.objects.filter(printed_at=None, identification=now)
    if not waits.exists():
        QueuedAnnotation.objects.filter(pk=key, identification=was).update(identification=now)
