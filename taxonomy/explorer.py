"""The tree as a page shows it: branches opened on the way to a taxon, or a whole part of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from taxonomy.models import Taxon

MOST_CHILDREN = 500  # of one taxon, in the tree
MOST_LISTED = 2000  # in the indented list


@dataclass(slots=True)
class Branch:
    """A taxon with what is shown below it. children None: not opened yet."""

    taxon: Taxon
    has_children: bool
    children: list[Branch] | None = None
    synonyms: list[Taxon] = field(default_factory=list)
    left_out: int = 0  # children that are not shown for their number


def roots() -> list[Branch]:
    """Return the taxa without a parent: the kingdoms."""
    return _branches(_accepted().filter(parent=None))


def below(taxon: Taxon) -> list[Branch]:
    """Return the children of a taxon."""
    return _branches(_accepted().filter(parent=taxon))


def opened(taxon: Taxon | None) -> list[Branch]:
    """Return the roots, with the branches open that lead to `taxon`, its own too."""
    shown = roots()
    within: Sequence[Branch] = shown
    for key in path_of(taxon):
        branch = next((branch for branch in within if branch.taxon.pk == key), None)
        if branch is None:
            break
        branch.children = below(branch.taxon)
        _count_left_out(branch)
        within = branch.children
    return shown


def listed(top: Taxon) -> tuple[Branch, bool]:
    """Return `top` with all below it, and whether that is all: at most MOST_LISTED are."""
    taxa = list(
        _accepted().filter(path__beneath=top.path).order_by("rank_order")[: MOST_LISTED + 1]
    )
    whole = len(taxa) <= MOST_LISTED
    shown = taxa[:MOST_LISTED]
    branches = {t.pk: Branch(t, False, []) for t in shown}
    for taxon in sorted(shown, key=lambda taxon: (taxon.scientific_name, taxon.authorship)):
        above = branches.get(taxon.parent_id or 0)
        if above is not None and taxon.pk != top.pk:
            above.children = [*(above.children or []), branches[taxon.pk]]
    _give_synonyms(branches.values())
    return branches[top.pk], whole


def walk(branches: Iterable[Branch]) -> list[Taxon]:
    """Return every taxon that is shown, in the order of the page."""
    found = []
    for branch in branches:
        found += [branch.taxon, *walk(branch.children or [])]
    return found


def path_of(taxon: Taxon | None) -> list[int]:
    """Return the ids from the root down to the accepted taxon that `taxon` stands for."""
    current = taxon.current if taxon else None
    return [int(key) for key in (current.path or "").split(".")] if current else []


def classification(taxon: Taxon) -> list[Taxon]:
    """Return the accepted taxa above, from the root down."""
    above = Taxon.objects.in_bulk(path_of(taxon))
    return [above[key] for key in path_of(taxon) if key in above and key != taxon.current_id]


def _accepted() -> QuerySet[Taxon]:
    children = Taxon.objects.accepted().filter(parent=OuterRef("pk"))
    return Taxon.objects.accepted().annotate(has_children=Exists(children)).select_related("parent")


def _branches(taxa: QuerySet[Taxon]) -> list[Branch]:
    shown = list(taxa.order_by("rank_order", "scientific_name", "pk")[:MOST_CHILDREN])
    branches = [Branch(taxon, taxon.has_children) for taxon in shown]  # type: ignore[attr-defined]
    _give_synonyms(branches)
    return branches


def _count_left_out(branch: Branch) -> None:
    if len(branch.children or ()) == MOST_CHILDREN:
        branch.left_out = branch.taxon.children.accepted().count() - MOST_CHILDREN


def _give_synonyms(branches: Iterable[Branch]) -> None:
    shown = {branch.taxon.pk: branch for branch in branches}
    synonyms = Taxon.objects.live().filter(accepted__in=shown).order_by("scientific_name")
    for synonym in synonyms:
        shown[synonym.accepted_id or 0].synonyms.append(synonym)
