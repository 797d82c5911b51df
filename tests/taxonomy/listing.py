"""Checklists for tests, made row by row without a file: `listed("Plants", [...])`."""

from __future__ import annotations

from typing import Any

from taxonomy.models import Checklist, Usage, UsageVernacular
from taxonomy.spelling import authorship_key, canonical_key, variant_key


def listed(source: str, rows: list[dict[str, Any]], *, kingdom: str = "Plantae") -> Checklist:
    """Make a checklist in use, of rows of id, name, author, rank, parent, accepted, status.

    And vernaculars: [(name, language)]. A row without rank is a species, one with `accepted` a
    synonym.
    """
    checklist = Checklist.objects.create(source=source, kingdom=kingdom, state="current")
    Usage.objects.bulk_create(usage(checklist, **row) for row in rows)
    UsageVernacular.objects.bulk_create(
        UsageVernacular(checklist=checklist, source_id=str(row["id"]), name=name, language=language)
        for row in rows
        for name, language in row.get("vernaculars", [])
    )
    return checklist


def usage(checklist: Checklist, **row: Any) -> Usage:
    """Return a usage as `listed` makes it, not saved."""
    key = canonical_key(row["name"])
    accepted = str(row.get("accepted", ""))
    return Usage(
        checklist=checklist,
        source_id=str(row["id"]),
        parent_source_id=str(row.get("parent", "")),
        accepted_source_id=accepted,
        scientific_name=row["name"],
        authorship=row.get("author", ""),
        rank=row.get("rank", "species"),
        status=row.get("status", "synonym" if accepted else "accepted"),
        kingdom=row.get("kingdom", checklist.kingdom),
        family=row.get("family", ""),
        link=row.get("link", ""),
        canonical_key=key,
        variant_key=variant_key(key),
        authorship_key=authorship_key(row.get("author", "")),
    )


def ids(checklist: Checklist) -> dict[str, int]:
    """Return the checklist's usage ids by their source ids."""
    return dict(Usage.objects.filter(checklist=checklist).values_list("source_id", "id"))
