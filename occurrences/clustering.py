"""Clusters of records that are sheets of one gathering, or copies: linking, unlinking, undo.

A record stands in one cluster at most; linking records of two clusters joins them, a cluster of
one is none. What was done is kept record by record: {"cluster": GUID or None, "evidence": why}.
Evidence is codes and figures, never a value of a record: it can be read beside any of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.models import Person
from journal import undo
from journal.guids import new_guid
from journal.models import Change, ChangeSet
from occurrences import bulk
from occurrences.models import Cluster, ClusterMember, Occurrence

KIND = "cluster"  # of a Change: the record's place in a cluster
CHUNK = 5000
OCCURRENCE = Occurrence._meta.db_table
CLUSTER = Cluster._meta.db_table
MEMBER = ClusterMember._meta.db_table
CHANGE = Change._meta.db_table

Pair = tuple[UUID, UUID]
Evidence = Mapping[str, Any]


class Place(NamedTuple):
    """Where a record stands: the GUID of its cluster, or None, and why."""

    cluster: UUID | None
    evidence: Evidence

    def as_json(self) -> dict[str, Any]:
        cluster = str(self.cluster) if self.cluster else None
        return {"cluster": cluster, **({"evidence": dict(self.evidence)} if cluster else {})}


class Held(NamedTuple):
    """A record that is locked: its keys and where it stands."""

    id: int
    guid: UUID
    collection_id: int
    place: Place


NOWHERE = Place(None, {})


def link(change_set: ChangeSet, pairs: Iterable[Pair], evidence: Evidence) -> int:
    """Put the records of each pair into one cluster and return how many records that moved.

    evidence: why, for all of them ({"why": "copy"}). Pairs of which a record is gone are left out.
    """
    return tie(change_set, ((one, other, evidence) for one, other in pairs))


def tie(change_set: ChangeSet, ties: Iterable[tuple[UUID, UUID, Evidence]]) -> int:
    """Link pairs that have each their own evidence; otherwise as `link`."""
    wanted = [(one, other, why) for one, other, why in ties if one != other]
    if not wanted:
        return 0
    with transaction.atomic():
        held = _held({guid for one, other, _why in wanted for guid in (one, other)})
        present = [each for each in wanted if each[0] in held and each[1] in held]
        moves = _joined(held, present)
        _move(change_set, moves)
    return len(moves)


def unlink(change_set: ChangeSet, guids: Iterable[UUID]) -> int:
    """Take these records out of their clusters and return how many left one.

    A record that is left alone in a cluster leaves it too.
    """
    with transaction.atomic():
        wanted = set(guids)
        held = _held(wanted)
        leaving = (each for each in held.values() if each.guid in wanted)
        moves = [(each, NOWHERE) for each in leaving if each.place.cluster]
        _move(change_set, moves)
        left = [each.place.cluster for each, _place in moves if each.place.cluster]
        return len(moves) + _dissolve(change_set, left)


def others(occurrence: Occurrence, user: Person) -> list[Occurrence]:
    """Return the other records of its cluster that `user` may see, each with `cluster_member`."""
    seen = Occurrence.objects.visible_to(user).exclude(pk=occurrence.pk)
    mates = seen.filter(cluster_member__cluster__members__occurrence=occurrence.pk)
    rows = mates.select_related("collection", "cluster_member__cluster").defer("search_vector")
    return list(rows.order_by("collection__name", "pk")[:MOST_SHOWN])


MOST_SHOWN = 50


# --- joining ----------------------------------------------------------------------------------


def _held(guids: Iterable[UUID]) -> dict[UUID, Held]:
    """Return these records and all that share their clusters, locked to the transaction's end.

    Records are locked before clusters, each in the order of their keys, so nobody deadlocks.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id FROM "{OCCURRENCE}" WHERE guid = ANY(%s) ORDER BY id FOR NO KEY UPDATE',
            [list(guids)],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            f'SELECT id FROM "{CLUSTER}" WHERE id IN (SELECT cluster_id FROM "{MEMBER}" '
            "WHERE occurrence_id = ANY(%s)) ORDER BY id FOR UPDATE",
            [ids],
        )
        return _read(ids, [pk for (pk,) in cursor.fetchall()])


def _read(record_ids: Sequence[int], cluster_ids: Sequence[int]) -> dict[UUID, Held]:
    """Return these records and the members of these clusters as they stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.guid, o.collection_id, c.guid, m.evidence::text "
            f'FROM "{OCCURRENCE}" o LEFT JOIN "{MEMBER}" m ON m.occurrence_id = o.id '
            f'LEFT JOIN "{CLUSTER}" c ON c.id = m.cluster_id WHERE o.id = ANY(%s) OR o.id = ANY('
            f'ARRAY(SELECT occurrence_id FROM "{MEMBER}" WHERE cluster_id = ANY(%s)))',
            [list(record_ids), list(cluster_ids)],
        )
        return {
            guid: Held(pk, guid, within, Place(cluster, json.loads(evidence or "{}")))
            for pk, guid, within, cluster, evidence in cursor.fetchall()
        }


def _joined(
    held: Mapping[UUID, Held], ties: Sequence[tuple[UUID, UUID, Evidence]]
) -> list[tuple[Held, Place]]:
    """Return who moves where. Clusters that meet join the oldest; GUIDs are in order of time."""
    roots: dict[UUID, UUID] = {}

    def root(guid: UUID) -> UUID:
        while (above := roots.setdefault(guid, guid)) != guid:
            roots[guid] = roots[above]
            guid = above
        return guid

    for each in held.values():
        if each.place.cluster:
            roots[root(each.guid)] = root(each.place.cluster)
    reasons: dict[UUID, Evidence] = {}
    for one, other, why in ties:
        roots[root(one)] = root(other)
        reasons.setdefault(one, why)
        reasons.setdefault(other, why)
    clusters: dict[UUID, UUID] = {}
    for each in held.values():
        if each.place.cluster:
            top = root(each.guid)
            clusters[top] = min(clusters.get(top, each.place.cluster), each.place.cluster)
    moves = []
    for each in held.values():
        if each.guid not in reasons and not each.place.cluster:
            continue
        top = root(each.guid)
        cluster = clusters.get(top) or clusters.setdefault(top, new_guid())
        if cluster != each.place.cluster:
            evidence = each.place.evidence if each.place.cluster else reasons[each.guid]
            moves.append((each, Place(cluster, evidence)))
    return moves


def _move(change_set: ChangeSet, moves: Sequence[tuple[Held, Place]]) -> None:
    """Put each record where it goes, and note it."""
    if not moves:
        return
    going = [each.id for each, place in moves if place.cluster is None]
    coming = [(each, place) for each, place in moves if place.cluster]
    ids = _clusters({place.cluster for _each, place in coming if place.cluster})
    rows = [
        {
            "cluster_id": ids[place.cluster],
            "occurrence_id": each.id,
            "evidence": dict(place.evidence),
            "change_set_id": change_set.pk,
        }
        for each, place in coming
        if place.cluster
    ]
    moved = [each.id for each, _place in moves if each.place.cluster]
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{MEMBER}" WHERE occurrence_id = ANY(%s)', [going + moved])
    bulk.insert(MEMBER, ("cluster_id", "occurrence_id", "evidence", "change_set_id"), rows)
    _forget_empty({each.place.cluster for each, _place in moves if each.place.cluster})
    bulk.insert(CHANGE, _NOTED, [_note(change_set, each, place) for each, place in moves])


_NOTED = ("change_set_id", "collection_id", "kind", "row_guid", "record_guid", "before", "after")


def _note(change_set: ChangeSet, held: Held, place: Place) -> dict[str, Any]:
    return {
        "change_set_id": change_set.pk,
        "collection_id": held.collection_id,
        "kind": KIND,
        "row_guid": held.guid,
        "record_guid": held.guid,
        "before": held.place.as_json(),
        "after": place.as_json(),
    }


def _clusters(guids: Iterable[UUID]) -> dict[UUID, int]:
    """Return {GUID: key} of these clusters, made where there is none: an undo brings them back."""
    wanted = list(guids)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{CLUSTER}" (guid, made_at) SELECT guid, now() '
            "FROM unnest(%s::uuid[]) AS guid ON CONFLICT (guid) DO NOTHING",
            [wanted],
        )
        cursor.execute(f'SELECT guid, id FROM "{CLUSTER}" WHERE guid = ANY(%s)', [wanted])
        return dict(cursor.fetchall())


def _forget_empty(guids: Iterable[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{CLUSTER}" c WHERE guid = ANY(%s) AND NOT EXISTS '
            f'(SELECT FROM "{MEMBER}" m WHERE m.cluster_id = c.id)',
            [list(guids)],
        )


def _dissolve(change_set: ChangeSet, clusters: Sequence[UUID]) -> int:
    """Free the last member of each of these clusters that has but one; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT id FROM "{CLUSTER}" WHERE guid = ANY(%s) ORDER BY id FOR UPDATE',
            [list(clusters)],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            f'SELECT cluster_id FROM "{MEMBER}" WHERE cluster_id = ANY(%s) '
            "GROUP BY cluster_id HAVING count(*) = 1",
            [ids],
        )
        alone = _read([], [pk for (pk,) in cursor.fetchall()])
    _move(change_set, [(each, NOWHERE) for each in alone.values()])
    return len(alone)


# --- deleting and taking back -----------------------------------------------------------------


def leave(change_set: ChangeSet, record_ids: Sequence[int]) -> None:
    """Take records out of their clusters because they are being deleted; they are locked."""
    members = bulk.one_of(ClusterMember.objects.all(), "occurrence_id", record_ids)
    guids = list(members.values_list("occurrence__guid", flat=True))
    if guids:
        unlink(change_set, guids)


def restore_members(undoing: undo.Undoing) -> None:
    """Put records back into the clusters they stood in; registered with `journal.undo`.

    Clusters of one are dissolved at the end, when all records are where they belong.
    """
    for changes in _chunks(undoing.change_set):
        with transaction.atomic():
            _set_back(undoing, changes)
            undoing.keep()
        undoing.report()
    touched = Change.objects.filter(change_set=undoing.change_set, kind=KIND)
    clusters = touched.order_by().values_list("after__cluster", flat=True).distinct()
    for part in _portions([UUID(guid) for guid in clusters if guid]):
        with transaction.atomic():
            _dissolve(undoing.undo, part)


# After the records: one that was deleted has to be back before it can stand in a cluster.
undo.register(KIND, restore_members, last=True)


def bring_back(undoing: undo.Undoing, guid: UUID) -> None:
    """Put one record back into the cluster it stood in, and those that were left alone there."""
    changes = Change.objects.filter(change_set=undoing.change_set, kind=KIND)
    clusters = {_as_place(change.before).cluster for change in changes.filter(row_guid=guid)}
    for cluster in filter(None, clusters):
        _set_back(undoing, list(changes.filter(before__cluster=str(cluster)).order_by("pk")))
        _dissolve(undoing.undo, [cluster])


def _chunks(change_set: ChangeSet) -> Iterator[list[Change]]:
    changes = Change.objects.filter(change_set=change_set, kind=KIND)
    last = UUID(int=0)
    while True:
        rows = changes.filter(row_guid__gt=last).order_by("row_guid").values_list("row_guid")
        guids = [guid for (guid,) in rows.distinct()[:CHUNK]]
        if not guids:
            return
        yield list(changes.filter(row_guid__in=guids).order_by("pk"))
        last = guids[-1]


def _portions(guids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(guids), CHUNK):
        yield guids[start : start + CHUNK]


def _set_back(undoing: undo.Undoing, changes: Sequence[Change]) -> None:
    """Put records back where they stood, wherever they still stand where the changes put them."""
    before: dict[UUID, Place] = {}
    after: dict[UUID, Place] = {}
    for change in changes:
        before.setdefault(change.row_guid, _as_place(change.before))
        after[change.row_guid] = _as_place(change.after)
    held = _held(before)
    moves = []
    for guid, place in before.items():
        now = held.get(guid)
        if now is None or now.place.cluster == place.cluster:
            continue
        if now.place.cluster == after[guid].cluster:
            moves.append((now, place))
        else:
            undoing.conflict(guid, [KIND])
    _move(undoing.undo, moves)
    if moves:
        undoing.counts["linked"] += len(moves)


def _as_place(kept: Mapping[str, Any] | None) -> Place:
    cluster = (kept or {}).get("cluster")
    return Place(UUID(cluster), kept["evidence"]) if kept and cluster else NOWHERE


# --- in words ---------------------------------------------------------------------------------

WHY = {
    "copy": gettext_lazy("imported as a copy"),
    "hand": gettext_lazy("linked by hand"),
    "merge": gettext_lazy("merged"),
    "same specimen": gettext_lazy("the same specimen, held twice"),
    "exact": gettext_lazy("same collector, number and date"),
    "near": gettext_lazy("same collector and date, number with another suffix"),
    "exsiccata": gettext_lazy("same exsiccata and number"),
}


def why(evidence: Evidence) -> str:
    """Return in words what brought a record into its cluster."""
    return str(WHY.get(evidence.get("why", ""), _("linked")))


def lines(change: Change) -> list[tuple[str, str, str]]:
    """Return what a change says of a record's cluster: (label, old text, new text)."""
    was, now = _as_place(change.before), _as_place(change.after)
    if was.cluster and now.cluster:
        return [(_("Linked as Duplicate"), _("one cluster"), _("joined with another"))]
    told = [why(place.evidence) if place.cluster else "" for place in (was, now)]
    return [(_("Linked as Duplicate"), *told)]  # type: ignore[list-item]
