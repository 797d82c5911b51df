"""News within a cluster: a sheet got a new determination, and the others' curators are told.

`records.write` notes each new determination of a record that stands in a cluster; a job tells once
a change set, however many records it is about. Curators get one notice a collection, with a page
that lists the sheets; a collector who gave a sheet away gets one as well. Nobody is told of a sheet
that he may not see. Adopting gives a record the determination of another sheet, with its
determiner and date, says from which sheet, and queues an annotation label.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.models import Collection, Person
from journal import jobs
from journal.jobs import Progress, work
from journal.models import Change, ChangeSet
from occurrences import telling
from occurrences.models import (
    ClusterMember,
    Identification,
    Occurrence,
    Origin,
    QueuedAnnotation,
)

KIND = "cluster news"
MOST_LISTED = 500

NEWS = noticing.kind(
    "duplicate determined",
    gettext_noop("A duplicate of a record of %(collection)s was determined: %(name)s."),
    gettext_noop("Duplicates of %(number)s records of %(collection)s were determined."),
)
GIVEN = noticing.kind(
    "sheet given away determined",
    gettext_noop("A sheet of your gathering was determined: %(name)s."),
    gettext_noop("%(number)s sheets of your gatherings were determined."),
)


class Pair(NamedTuple):
    """A record and the sheet of its cluster that was determined; alike: they bear one name."""

    mine: Occurrence
    sheet: Occurrence
    alike: bool


def note(change_set: ChangeSet, record_ids: Sequence[int]) -> None:
    """Have the others told, once this is kept, that these records got a new determination.

    Called by the writer. What a job writes is told when it is through: `after_job`.
    """
    if change_set.job_id or not record_ids:
        return
    if ClusterMember.objects.filter(occurrence__in=record_ids).exists():
        transaction.on_commit(lambda: _start(change_set))


def after_job(change_set: ChangeSet) -> None:
    """Have the others told of what a job determined in this change set, if anything."""
    if _added(change_set).exists():
        _start(change_set)


def _added(change_set: ChangeSet) -> QuerySet[Change]:
    added = Change.objects.filter(change_set=change_set, kind="identification")
    return added.filter(before__isnull=True, after__isnull=False)


def _start(change_set: ChangeSet) -> None:
    jobs.start(KIND, change_set.guid, change_set.user, change_set.collection_id)


@work(KIND)
def news_job(progress: Progress) -> dict[str, Any]:
    """Tell of the change set whose GUID is the job's key; done again, it tells nobody twice."""
    return {"told": tell_of(ChangeSet.objects.get(guid=progress.job.key))}


def tell_of(change_set: ChangeSet) -> int:
    """Tell curators and collectors what this change set determined; return how many people."""
    sheets = determined(change_set)
    if not sheets:
        return 0
    mates = ClusterMember.objects.filter(cluster__members__occurrence__guid__in=sheets)
    within = set(mates.order_by().values_list("occurrence__collection", flat=True).distinct())
    told: set[int] = set()
    for key, people in telling.curators_of(within).items():
        collection = Collection.objects.get(pk=key)
        for person in people:
            told |= _tell_curator(change_set, person, collection)
    return len(told | _tell_givers(change_set, sheets))


def _tell_curator(change_set: ChangeSet, person: Any, collection: Collection) -> set[int]:
    if person.pk == change_set.user_id:
        return set()
    pairs = pairs_of(change_set, person, collection)
    if not pairs:
        return set()
    url = reverse("occurrences:cluster_news", args=[collection.guid, change_set.guid])
    number = len({pair.mine.pk for pair in pairs})
    words = {"number": number, "collection": collection.name, "name": _name(pairs[0].sheet)}
    noticing.tell([person], NEWS, url, words)
    return {person.pk}


def _tell_givers(change_set: ChangeSet, sheets: set[UUID]) -> set[int]:
    """Tell who gave one of these sheets, or another of its cluster, what it is called now."""
    members = ClusterMember.objects.filter(cluster__members__occurrence__guid__in=sheets)
    guids = members.values("occurrence__guid")
    origins = Origin.objects.filter(record_guid__in=guids, giver__is_active=True)
    people = {each.giver for each in origins.select_related("giver") if each.giver}
    told = set()
    for person in people:
        gave = origins.filter(giver=person).values("record_guid")
        clusters = members.filter(occurrence__guid__in=gave).values("cluster")
        seen = Occurrence.objects.visible_to(person).filter(
            guid__in=sheets, cluster_member__cluster__in=clusters
        )
        found = list(seen.only("guid", "scientific_name").order_by("pk")[:MOST_LISTED])
        if found and person.pk != change_set.user_id:
            words = {"number": len(found), "name": _name(found[0])}
            noticing.tell([person], GIVEN, found[0].get_absolute_url(), words)
            told.add(person.pk)
    return told


def determined(change_set: ChangeSet) -> set[UUID]:
    """Return the records in clusters that this change set gave a determination which stands."""
    added = _added(change_set)
    standing = Identification.objects.filter(guid__in=added.values("row_guid"), is_current=True)
    kept = standing.filter(occurrence__cluster_member__isnull=False)
    return set(kept.values_list("occurrence__guid", flat=True))


def pairs_of(change_set: ChangeSet, user: Person, within: Collection) -> list[Pair]:
    """Return the records of a collection, with the sheets of their clusters determined there.

    `within` is one that `user` edits; a sheet that he may not see isn't there for him.
    """
    seen = (
        Occurrence.objects.visible_to(user)
        .defer("search_vector")
        .select_related("collection", "cluster_member", "name__taxon")
    )
    sheets: dict[int, list[Occurrence]] = {}
    for row in seen.filter(guid__in=determined(change_set)).order_by("pk"):
        sheets.setdefault(row.cluster_member.cluster_id, []).append(row)
    own = seen.filter(collection=within, cluster_member__cluster__in=list(sheets))
    changed = {row.pk for rows in sheets.values() for row in rows}
    return [
        Pair(mine, sheet, _alike(mine, sheet))
        for mine in own.exclude(pk__in=changed).order_by("pk")[:MOST_LISTED]
        for sheet in sheets[mine.cluster_member.cluster_id]
    ]


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two records bear one name, or synonyms of one taxon."""
    if _name(one) == _name(other):
        return True
    mine, theirs = (getattr(row.name, "taxon", None) for row in (one, other))
    return bool(mine and theirs and mine.current_id == theirs.current_id)


def _name(record: Any) -> str:
    return record.scientific_name or ""


# --- labels -----------------------------------------------------------------------------------


def queue(identifications: Iterable[UUID], user: Any) -> None:
    """Have annotation labels of these determinations printed, each once."""
    rows = [QueuedAnnotation(identification=guid, user=user) for guid in identifications]
    QueuedAnnotation.objects.bulk_create(rows, ignore_conflicts=True)
