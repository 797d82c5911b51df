"""Clusters that want a curator: names that differ, a newer determination, one sheet entered twice.

Whose clusters: those with a record in a collection that the person edits, and another member that
he may see. A member hidden from him is in no list, no comparison and no count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, TextChoices, Value
from django.db.models.functions import Coalesce, Left
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import noticing
from biocollections.models import Collection, Grant, Person, Role
from darwincore import terms
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import cluster_news, clustering, records
from occurrences.cluster_job import dismiss
from occurrences.determinations import mirror_of
from occurrences.drafts import Draft
from occurrences.models import Cluster, ClusterMember, Identification, Occurrence, Protection

PAGE = 25
# Of a determination, what is another sheet's own and isn't adopted with it.
_ITS_OWN = frozenset(("identification_id", "verbatim_identification", "taxon_remarks"))
ADOPTED = [column for column in terms.IDENTIFICATION_COLUMNS if column not in _ITS_OWN]


class Show(TextChoices):
    """Which clusters are listed."""

    ALL = "all", gettext_lazy("all")
    CONFLICTS = "conflicts", gettext_lazy("names differ")
    NEWER = "newer", gettext_lazy("determined later elsewhere")
    TWICE = "twice", gettext_lazy("twice in one collection")


@dataclass
class Listed:
    """One cluster as one person sees it. members: own ones first; twice: pairs to merge."""

    cluster: Cluster
    members: list[Occurrence]
    own: set[int]
    names: list[str]
    twice: list[tuple[Occurrence, Occurrence]]


def page_of(
    user: Person, collections: QuerySet[Collection], show: str, after: UUID | None = None
) -> list[Listed]:
    """Return clusters with records in `collections`, which `user` edits: one more than a page.

    after: the GUID of the last cluster of the page before; clusters come in the order they arose.
    """
    mine = ClusterMember.objects.filter(occurrence__collection__in=collections.values("pk"))
    mine = mine.filter(Exists(_other(user, show)))
    if after:
        mine = mine.filter(cluster__guid__gt=after)
    guids = mine.order_by("cluster__guid").values_list("cluster__guid", flat=True).distinct()
    return listed(user, list(guids[: PAGE + 1]))


def _other(user: Person, show: str) -> QuerySet[ClusterMember]:
    """Return the other visible members of a member's cluster that make it one to show."""
    seen = Occurrence.objects.visible_to(user).prefetch_related(None)
    other = ClusterMember.objects.filter(
        cluster=OuterRef("cluster"), occurrence__in=seen.values("pk")
    ).exclude(occurrence=OuterRef("occurrence"))
    if show == Show.TWICE:
        return other.filter(occurrence__collection=OuterRef("occurrence__collection"))
    if show in (Show.CONFLICTS, Show.NEWER):
        other = _named_otherwise(other)
    if show == Show.NEWER:
        mine = Coalesce(OuterRef("occurrence__date_identified"), Value(""))
        other = other.annotate(year=Left("occurrence__date_identified", 10)).filter(
            year__gt=Left(mine, 10, output_field=CharField())
        )
    return other


def _named_otherwise(other: QuerySet[ClusterMember]) -> QuerySet[ClusterMember]:
    """Want members of another name; a synonym of the same taxon is no other one."""
    return (
        other.filter(occurrence__scientific_name__isnull=False)
        .annotate(
            taxon=Coalesce("occurrence__name__taxon__current", Value(0)),
            taxon_here=Coalesce(OuterRef("occurrence__name__taxon__current"), Value(-1)),
        )
        .exclude(occurrence__scientific_name=OuterRef("occurrence__scientific_name"))
        .exclude(taxon=F("taxon_here"))
    )


def listed(user: Person, guids: Sequence[UUID]) -> list[Listed]:
    """Return these clusters as `user` sees them; those of which he sees fewer than two not."""
    clusters = Cluster.objects.in_bulk(guids, field_name="guid")
    seen = Occurrence.objects.visible_to(user).defer("search_vector")
    rows = seen.filter(cluster_member__cluster__guid__in=guids).select_related(
        "collection", "cluster_member", "name__taxon"
    )
    editable = set(Collection.objects.editable_by(user).values_list("pk", flat=True))
    members: dict[int, list[Occurrence]] = {}
    for row in rows.order_by("collection__name", "pk"):
        members.setdefault(row.cluster_member.cluster_id, []).append(row)
    found = []
    for guid in guids:
        cluster = clusters.get(guid)
        mates = members.get(cluster.pk, []) if cluster else []
        if cluster and len(mates) > 1:
            found.append(_listed(cluster, mates, editable))
    return found


def _listed(cluster: Cluster, members: list[Occurrence], editable: set[int]) -> Listed:
    own = {row.pk for row in members if row.collection_id in editable}
    names = dict.fromkeys(_name(row) for row in members if _name(row))
    within: dict[int, Occurrence] = {}
    twice = []
    for row in members:
        first = within.setdefault(row.collection_id, row)
        if first is not row and row.pk in own:
            twice.append((first, row))
    members.sort(key=lambda row: row.pk not in own)
    return Listed(cluster, members, own, list(names), twice)


def _name(row: Any) -> str:
    return row.scientific_name or ""


# --- one name for all -------------------------------------------------------------------------


def differing(each: Listed, source: Occurrence) -> list[Occurrence]:
    """Return the members that bear another name than `source`."""
    return [row for row in each.members if _name(row) != _name(source)]


def adopt(user: Any, source: Any, rows: Iterable[Occurrence]) -> list[ChangeSet]:
    """Give these records the determination of `source` as a new one.

    It goes with its determiner and date and says from which sheet; only what everybody may read
    goes, for the record it comes to may be open. One change set a collection; records that `user`
    doesn't edit stay as they are. Raises Refused for a source that is hidden whole.
    """
    if source.protection == Protection.WHOLE:
        raise Refused(_("This record is hidden whole, and so is its name."))
    copied = {column: getattr(source, column) for column in ADOPTED}
    told = _("Determination of the duplicate %(sheet)s.") % {"sheet": _sheet(source)}
    remarks = copied.get("identification_remarks")
    copied["identification_remarks"] = f"{remarks} {told}" if remarks else told
    within: dict[int, list[UUID]] = {}
    wanted = [row.pk for row in rows]
    for row in (
        Occurrence.objects.editable_by(user).filter(pk__in=wanted).only("guid", "collection")
    ):
        within.setdefault(row.collection_id, []).append(row.guid)
    return [_adopt(user, collection, guids, copied, told) for collection, guids in within.items()]


def _adopt(
    user: Any, collection: int, guids: Sequence[UUID], copied: dict[str, Any], reason: str
) -> ChangeSet:
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.EDIT, user=user, collection_id=collection, reason=reason
        )
        drafts = []
        for record in records.stored(guids).values():
            draft = Draft(record.guid, collection, dict(copied), version=record.version)
            draft.identifications = [mirror_of({**record.values, **copied})]
            drafts.append(draft)
        written = records.write(change_set, ADOPTED, drafts)
        added = Identification.objects.filter(occurrence__guid__in=written.updated, is_current=True)
        cluster_news.queue(added.values_list("guid", flat=True), user)
    return change_set


def adopt_from(user: Any, mine: Occurrence, sheet: Occurrence) -> ChangeSet:
    """Give `mine`, which `user` edits, the determination of another sheet of its cluster.

    Its annotation label waits to be printed. Raises Refused.
    """
    together = ClusterMember.objects.filter(
        occurrence=sheet, cluster__members__occurrence=mine
    ).exclude(occurrence=mine)
    if not together.exists():
        raise Refused(_("The two records are no duplicates of one another any more."))
    if not getattr(sheet, "scientific_name", None):  # a column of the terms table
        raise Refused(_("That sheet has no name."))
    with transaction.atomic():
        done = adopt(user, sheet, [mine])
        if not done or not done[0].changes.exists():
            raise Refused(_("The record has this determination already."))
    return done[0]


NAMED = noticing.kind(
    "duplicate named otherwise",
    gettext_noop("%(person)s names a duplicate of %(record)s: %(name)s."),
)


def propose(user: Any, each: Listed, source: Any) -> int:
    """Tell those who edit the other collections' records what `source`, a duplicate, is called.

    The notice leads to the cluster, where the name can be adopted. Returns how many records it is
    about: none where the source is in a private collection, whose names are its own affair.
    """
    if source.protection == Protection.WHOLE or not source.collection.is_public:
        return 0
    others = [row for row in differing(each, source) if row.pk not in each.own]
    url = reverse("occurrences:cluster", args=[each.cluster.guid])
    for row in others:
        grants = Grant.objects.valid().filter(
            collection=row.collection, role__in=(Role.ADMINISTRATOR, Role.EDITOR), scope={}
        )
        words = {"person": user, "record": _sheet(row), "name": source.scientific_name}
        noticing.tell([grant.user for grant in grants.select_related("user")], NAMED, url, words)
    return len(others)


def _sheet(row: Any) -> str:
    return f"{row.collection.code} {row.catalog_number or row.guid}"


def part(user: Any, each: Listed, rows: Sequence[Occurrence]) -> ChangeSet:
    """Take these records of a cluster out of it, and remember that they are no duplicates."""
    leaving = {row.guid for row in rows}
    staying = ClusterMember.objects.filter(cluster=each.cluster).exclude(
        occurrence__guid__in=leaving
    )
    guids = list(staying.values_list("occurrence__guid", flat=True))
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.LINKING,
            user=user,
            collection_id=rows[0].collection_id,
            reason=_("No duplicates"),
        )
        dismiss(user, [(one, other) for one in leaving for other in guids])
        clustering.unlink(change_set, leaving)
    return change_set


def join(user: Any, one: Occurrence, other: Occurrence) -> ChangeSet | None:
    """Link two records by hand; None where they are linked already."""
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.LINKING, user=user, collection_id=one.collection_id
        )
        if clustering.link(change_set, [(one.guid, other.guid)], {"why": "hand"}):
            return change_set
        change_set.delete()
    return None
