"""What was done to taxa and proposals, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.models import Change, ChangeSet
from journal.undo import is_undone
from taxonomy.models import Proposal, Taxon
from taxonomy.thesaurus import KIND, LABELS, POINTERS

_LABELS = {
    **LABELS,
    "state": gettext_lazy("State"),
    "used": gettext_lazy("Something hangs on it"),
    "deleted": gettext_lazy("Deleted meanwhile"),
}
_UNTOLD = {"id", "created_by"}


class Line(NamedTuple):
    """One field: its word, old and new text."""

    label: str
    old: str
    new: str


@dataclass
class Entry:
    """One change set as it touched one taxon."""

    change_set: ChangeSet
    lines: list[Line] = field(default_factory=list)
    created: bool = False
    deleted: bool = False
    is_undone: bool = False


def of_taxon(guid: UUID) -> list[Entry]:
    """Return what happened to a taxon, the latest first; also to one that is gone."""
    changes = Change.objects.filter(record_guid=guid, kind=KIND).order_by("-pk")
    found: dict[int, list[Change]] = {}
    for change in changes.select_related("change_set__user").prefetch_related(
        "change_set__undone_by"
    ):
        found.setdefault(change.change_set_id, []).append(change)
    entries = []
    for own in found.values():
        lines = [line for change in reversed(own) for line in lines_of(change)]
        entries.append(
            Entry(
                own[0].change_set,
                lines,
                created=own[-1].before is None,
                deleted=own[0].after is None,
                is_undone=is_undone(own[0].change_set),
            )
        )
    taxon = Taxon.objects.filter(guid=guid).select_related("created_by__user").first()
    if taxon and taxon.created_by and taxon.created_by_id not in found:
        made = taxon.created_by
        entries.append(Entry(made, created=True, is_undone=is_undone(made)))
    return entries


def lines_of(change: Change) -> list[Line]:
    """Return what one Change of a taxon or proposal says; nothing for made and deleted ones."""
    if not change.before or not change.after:
        return []
    titles = _titles_named(change.before, change.after)
    lines = []
    for name in change.before:
        old, new = (_text(name, half.get(name), titles) for half in (change.before, change.after))
        if name in _LABELS and old != new:
            lines.append(Line(str(_LABELS[name]), old, new))
    return lines


def label_of(name: str) -> str:
    """Return the word for a field of a taxon; blank where it is none."""
    return str(_LABELS.get(name, ""))


def titles(guids: Iterable[UUID]) -> dict[UUID, str]:
    """Return how the taxa and proposals among these GUIDs are called, gone ones too."""
    wanted = list(guids)
    found = {taxon.guid: str(taxon) for taxon in Taxon.objects.filter(guid__in=wanted)}
    found |= {each.guid: str(each) for each in Proposal.objects.filter(guid__in=wanted)}
    gone = Change.objects.filter(
        row_guid__in=set(wanted) - found.keys(), kind=KIND, after__isnull=True, before__isnull=False
    )
    for change in gone.order_by("pk"):
        told = change.before or {}
        found[change.row_guid] = f"{told['scientific_name']} {told['authorship']}".strip()
    return found


def _titles_named(*halves: dict[str, Any]) -> dict[str, str]:
    guids = {half[name] for half in halves for name in (*POINTERS, "taxon") if half.get(name)}
    return {str(guid): title for guid, title in titles(map(UUID, guids)).items()} if guids else {}


def _text(name: str, value: Any, titles: dict[str, str]) -> str:
    if value is None or value == []:
        return ""
    if name in POINTERS:
        return titles.get(value, _("a taxon that is gone"))
    if name == "vernacular_names":
        return "; ".join(f"{row[0]} ({row[1]})" if row[1] else row[0] for row in value)
    if name == "links":
        return "; ".join(f"{link.get('title', '')} {link.get('url', '')}" for link in value)
    if name == "status":
        return str(dict(Taxon.Status.choices).get(value, value))
    if name == "state":
        return str(dict(Proposal.State.choices).get(value, value))
    return str(value)
