"""What a collection says about itself: changed by its administrators, kept in the history.

A change is written against what its author saw. What others changed meanwhile stays, unless it is
the same field: then nothing is written, and both are shown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from biocollections.models import Collection, Contact
from journal import undo
from journal.models import Change, ChangeSet

KIND = "collection"
FIELDS = (
    "name description links category latitude longitude license rights_holder access_rights "
    "usage_term bibliographic_citation grscicoll_id dataset_id dataset_name source_record_url "
    "management guid_source is_public public_edits accepts_transfers accepts_copies accepts_files "
    "accepting_how accepting_contact private_records"
).split()
CONTACT_FIELDS = ("first_name", "last_name", "role", "email", "phone", "orcid")

Told = dict[str, Any]


class Disputed(Exception):
    """Somebody else changed the same fields meanwhile. `now` is what the collection says."""

    def __init__(self, fields: list[str], now: Told) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields
        self.now = now


def told(collection: Collection) -> Told:
    """Return what the collection says about itself, as JSON: FIELDS, and contacts in order."""
    values = {name: plain(getattr(collection, name)) for name in FIELDS}
    people = collection.contacts.values(*CONTACT_FIELDS)
    return {**values, "contacts": [dict(person) for person in people]}


def plain(value: Any) -> Any:
    """Return a field's value as JSON holds it: a number as text, the same however it is written."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def change(guid: UUID, seen: Told, wanted: Told, user: Any) -> ChangeSet | None:
    """Make the collection say what is `wanted` wherever that differs from what was `seen`.

    Returns the change set, None when nothing differs. Raises Disputed.
    """
    with transaction.atomic():
        collection = Collection.objects.select_for_update().get(guid=guid)
        now = told(collection)
        mine = {name: value for name, value in wanted.items() if value != seen.get(name)}
        disputed = [name for name in mine if now[name] not in (seen.get(name), mine[name])]
        if disputed:
            raise Disputed(disputed, now)
        if all(now[name] == value for name, value in mine.items()):
            return None
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.METADATA,
            user=user,
            collection_id=collection.pk,
            counts={"updated": 1},
        )
        _write(change_set, collection, mine)
    return change_set


def restore(undoing: undo.Undoing) -> None:
    """Take back what a change set did to a collection, field by field where it still stands."""
    with transaction.atomic():
        for made in Change.objects.filter(change_set=undoing.change_set, kind=KIND):
            collection = Collection.objects.select_for_update().filter(guid=made.row_guid).first()
            if collection is None:
                undoing.conflict(made.row_guid, ["deleted"])
                continue
            _take_back(undoing, collection, made.before or {}, made.after or {})


def _take_back(undoing: undo.Undoing, collection: Collection, before: Told, after: Told) -> None:
    now = told(collection)
    back = {name: value for name, value in before.items() if now[name] == after.get(name) != value}
    disputed = [name for name, value in before.items() if now[name] not in (after[name], value)]
    if disputed:
        undoing.conflict(collection.guid, disputed)
    if back:
        _write(undoing.undo, collection, back)
        undoing.counts["reverted"] += 1


def _write(change_set: ChangeSet, collection: Collection, values: Told) -> None:
    """Set these values on a locked collection, and note what differs."""
    before = told(collection)
    columns = {name: value for name, value in values.items() if name != "contacts"}
    Collection.objects.filter(pk=collection.pk).update(
        **columns, version=F("version") + 1, changed_at=timezone.now()
    )
    if "contacts" in values:
        collection.contacts.all().delete()
        Contact.objects.bulk_create(
            Contact(collection=collection, position=position, **person)
            for position, person in enumerate(values["contacts"])
        )
    collection.refresh_from_db()
    after = told(collection)
    differing = [name for name in before if before[name] != after[name]]
    Change.objects.create(
        change_set=change_set,
        collection_id=collection.pk,
        kind=KIND,
        row_guid=collection.guid,
        record_guid=collection.guid,
        before={name: before[name] for name in differing},
        after={name: after[name] for name in differing},
    )


undo.register(KIND, restore)
