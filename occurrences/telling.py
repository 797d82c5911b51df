"""Whom to tell about a record, and what it is called in a notice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from biocollections.models import Collection, Grant, Role


def curators_of(collections: Iterable[Collection | int]) -> dict[int, list[Any]]:
    """Return {collection key: people who edit its records now}, active ones."""
    found: dict[int, list[Any]] = {}
    grants = Grant.objects.valid().filter(
        collection__in=list(collections),
        role__in=(Role.ADMINISTRATOR, Role.EDITOR),
        scope={},
        user__is_active=True,
    )
    for grant in grants.select_related("user").order_by("pk"):
        assert grant.collection_id
        people = found.setdefault(grant.collection_id, [])
        if grant.user not in people:
            people.append(grant.user)
    return found


def administrators_of(collection: Collection) -> list[Any]:
    """Return the active people who administer a collection now."""
    grants = Grant.objects.valid().filter(
        collection=collection, role=Role.ADMINISTRATOR, scope={}, user__is_active=True
    )
    return list(dict.fromkeys(grant.user for grant in grants.select_related("user").order_by("pk")))


def sheet(record: Any) -> str:
    """Return how a record is called in a notice: collection and number, what anybody may see."""
    return f"{record.collection.code} {record.catalog_number or record.guid}"
