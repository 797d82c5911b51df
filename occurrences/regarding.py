"""What people say about records, by the records it is about; rows name theirs by `record_guid`."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from biocollections.models import Collection, Person
from occurrences.models import Occurrence


def within(collection: Collection) -> Exists:
    """Want what is about records that are in this collection now."""
    return any_of(Occurrence.objects.filter(collection=collection))


def editable(user: Person) -> Exists:
    """Want what is about records that `user` edits."""
    return any_of(Occurrence.objects.editable_by(user))


def any_of(records: QuerySet[Occurrence]) -> Exists:
    """Want what is about one of these records."""
    return Exists(records.prefetch_related(None).filter(guid=OuterRef("record_guid")))
