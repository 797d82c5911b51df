"""Linking all duplicates of a portal or of one collection: a job over every record.

Each record is read once into a temporary table under keys of its collector's surname and number;
records under one key are weighed with `likeness.compare`, and the exact ones are linked. Public
columns alone, of records that the asking person may see: a redacted number leads nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, groupby, islice, pairwise
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from biocollections.models import Collection
from journal.jobs import Progress, Refused, work
from journal.models import ChangeSet
from occurrences import clustering, duplicates
from occurrences.likeness import EXACT, Gathering, compare, same_day
from occurrences.models import DismissedPair, Occurrence

KIND = "link duplicates"
PORTAL = "portal"
READ = 20_000  # records read at a time
LINKED = 2_000  # pairs linked in one transaction
WIDEST = 60  # records under one key; of more, only those of one day are weighed
FIELDS = ("guid", "collection_id", *duplicates.GATHERED)
_BLOCK = "cluster_block"


class Sheet(NamedTuple):
    """One record under a key."""

    guid: UUID
    collection_id: int
    cluster: int | None
    gathering: Gathering


@work(KIND)
def link_job(progress: Progress) -> dict[str, Any]:
    """Link the duplicates of the collection whose GUID is the job's key, or of the portal.

    Returns records read, pairs weighed, records linked, and the change set's GUID. Called again
    it goes on with the same change set: linking twice changes nothing.
    """
    within = _collection(progress)
    change_set = _change_set(progress, within)
    counts: Counter[str] = Counter()
    try:
        counts["records"] = _read(progress, within)
        ties = _ties(progress, within, counts)
        while some := list(islice(ties, LINKED)):
            _require_right(progress, within)
            with transaction.atomic():
                counts["linked"] += clustering.tie(change_set, some)
    finally:
        done = _close(change_set)
    return {**counts, "change_set": str(change_set.guid) if done else ""}


def may_run(user: Any, within: Collection | None) -> bool:
    """Tell whether `user` may have duplicates linked, in a collection or over the portal."""
    if within is None:
        return bool(user.has_perm("portal.change_settings"))
    return Collection.objects.managed_by(user).filter(pk=within.pk).exists()


def _collection(progress: Progress) -> Collection | None:
    if progress.job.key == PORTAL:
        return None
    return Collection.objects.get(guid=progress.job.key)


def _require_right(progress: Progress, within: Collection | None) -> None:
    user = progress.job.user
    if user is None or not may_run(user, within):
        raise Refused(_("You may no longer link duplicates here. What is linked stays."))


def _change_set(progress: Progress, within: Collection | None) -> ChangeSet:
    _require_right(progress, within)
    begun = ChangeSet.objects.filter(job=progress.job, kind=ChangeSet.Kind.LINKING).first()
    return begun or ChangeSet.objects.create(
        kind=ChangeSet.Kind.LINKING,
        user=progress.job.user,
        collection_id=within.pk if within else None,
        job=progress.job,
        reason=_("Duplicates found by collector, number and date"),
    )


def _close(change_set: ChangeSet) -> bool:
    """Write down what it came to; a change set that changed nothing goes."""
    linked = change_set.changes.count()
    if not linked:
        change_set.delete()
        return False
    change_set.counts = {"linked": linked}
    change_set.save(update_fields=["counts"])
    return True


# --- reading ----------------------------------------------------------------------------------


def _read(progress: Progress, within: Collection | None) -> int:
    """Lay every record that can have duplicates under its keys; return how many were read."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_BLOCK}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_BLOCK} (key bigint, id bigint, collection_id bigint)"
        )
    visible = Occurrence.objects.visible_to(progress.job.user).prefetch_related(None)
    total, done, last = visible.count(), 0, 0
    while rows := _page(visible, last):
        last = rows[-1]["pk"]
        with connection.cursor() as cursor, cursor.copy(f"COPY {_BLOCK} FROM STDIN") as copy:
            for row in rows:
                for key in _keys(row):
                    copy.write_row((key, row["pk"], row["collection_id"]))
        done += len(rows)
        progress.report(done, total, _("Reading records"))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {_BLOCK} (key)")
        cursor.execute(f"ANALYZE {_BLOCK}")
    if within:
        _keep_those_of(within)
    return done


def _page(visible: QuerySet[Occurrence], last: int) -> list[dict[str, Any]]:
    rows = visible.filter(pk__gt=last).order_by("pk")
    wanted = ("pk", "collection_id", "recorded_by", "record_number", "occurrence_id")
    return list(rows.values(*wanted)[:READ])


def _keys(row: dict[str, Any]) -> set[int]:
    """Return the keys of a record: surname and figures for each reading, and its occurrenceID."""
    keys = {_hash(f"id {row['occurrence_id']}")} if row["occurrence_id"] else set()
    number = duplicates.likeness.number(row["record_number"] or "")
    if number and row["recorded_by"]:
        for person in duplicates.likeness.collector(row["recorded_by"]):
            keys.add(_hash(f"{person.surnames[0]} {number.prefix} {number.digits}"))
    return keys


def _hash(text: str) -> int:
    """Return 63 bits of `text`, the same ones in every process."""
    data = text.encode()
    return crc32(data) << 31 | crc32(data[::-1]) >> 1


def _keep_those_of(within: Collection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {_BLOCK} b WHERE NOT EXISTS "
            f"(SELECT FROM {_BLOCK} o WHERE o.key = b.key AND o.collection_id = %s)",
            [within.pk],
        )


# --- weighing ---------------------------------------------------------------------------------


def _ties(
    progress: Progress, within: Collection | None, counts: Counter[str]
) -> Iterator[tuple[UUID, UUID, dict[str, Any]]]:
    """Yield the pairs to link, each with its evidence, block by block."""
    dismissed = set(DismissedPair.objects.values_list("one", "other"))
    for block in _blocks(progress, counts):
        for one, other, evidence in _exact(block, counts, dismissed):
            if within is None or within.pk in (one.collection_id, other.collection_id):
                yield one.guid, other.guid, evidence


def _blocks(progress: Progress, counts: Counter[str]) -> Iterator[list[Sheet]]:
    """Yield the records that share a key, for each key that several share."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_BLOCK}_shared")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_BLOCK}_shared AS SELECT row_number() OVER (ORDER BY key) "
            f"AS number, key FROM {_BLOCK} GROUP BY key HAVING count(*) > 1"
        )
        cursor.execute(f"CREATE UNIQUE INDEX ON {_BLOCK}_shared (number)")
        cursor.execute(f"SELECT count(*) FROM {_BLOCK}_shared")
        counts["blocks"] = cursor.fetchone()[0]
    columns = ", ".join(f'o."{column}"' for column in FIELDS)
    for first in range(1, counts["blocks"] + 1, LINKED):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT b.key, m.cluster_id, {columns} FROM {_BLOCK}_shared s "
                f"JOIN {_BLOCK} b ON b.key = s.key "
                f'JOIN "{clustering.OCCURRENCE}" o ON o.id = b.id '
                f'LEFT JOIN "{clustering.MEMBER}" m ON m.occurrence_id = o.id '
                "WHERE s.number >= %s AND s.number < %s ORDER BY b.key, o.id",
                [first, first + LINKED],
            )
            rows = cursor.fetchall()
        progress.report(counts["weighed"], counts["blocks"], _("Linking"))
        for _key, group in groupby(rows, key=lambda row: row[0]):
            counts["weighed"] += 1
            yield [_sheet(row) for row in group]


def _sheet(row: Sequence[Any]) -> Sheet:
    values = dict(zip(FIELDS, row[2:], strict=True))
    return Sheet(values["guid"], values["collection_id"], row[1], duplicates.as_gathering(values))


def _exact(
    block: Sequence[Sheet], counts: Counter[str], dismissed: set[tuple[UUID, UUID]]
) -> Iterator[tuple[Sheet, Sheet, dict[str, Any]]]:
    """Yield the exact pairs of a block that are not linked yet, but for those in doubt.

    A record without a day is in doubt where it fits several days: numbering that restarts.
    """
    found = []
    for one, other in _pairs(block):
        counts["pairs"] += 1
        likely = compare(one.gathering, other.gathering)
        if likely and likely.tier == EXACT and not _parted(one, other, dismissed):
            found.append((one, other, likely))
    doubtful = _doubtful([(one, other) for one, other, _likely in found])
    for one, other, likely in found:
        if one.cluster and one.cluster == other.cluster:
            continue
        certain = "day" in likely.signs or "same specimen" in likely.signs
        if certain or not {one.guid, other.guid} & doubtful:
            kind = "same specimen" if "same specimen" in likely.signs else EXACT
            yield one, other, {"why": kind, "score": likely.score, "signs": list(likely.signs)}


def _pairs(block: Sequence[Sheet]) -> Iterator[tuple[Sheet, Sheet]]:
    if len(block) <= WIDEST:
        yield from combinations(block, 2)
        return
    dated = [each for each in block if each.gathering.days]
    dated.sort(key=lambda each: each.gathering.days or ())
    for _days, group in groupby(dated, key=lambda each: each.gathering.days):
        sheets = list(group)
        yield from combinations(sheets, 2) if len(sheets) <= WIDEST else pairwise(sheets)


def _doubtful(pairs: Sequence[tuple[Sheet, Sheet]]) -> set[UUID]:
    """Return the records whose partners are of days that exclude one another."""
    partners: dict[UUID, list[Sheet]] = {}
    for one, other in pairs:
        partners.setdefault(one.guid, []).append(other)
        partners.setdefault(other.guid, []).append(one)
    return {
        guid
        for guid, mates in partners.items()
        if any(
            same_day(one.gathering.days, other.gathering.days) in ("apart", "shifted", "swapped")
            for one, other in combinations(mates, 2)
        )
    }


def _parted(one: Sheet, other: Sheet, dismissed: set[tuple[UUID, UUID]]) -> bool:
    return bool(dismissed) and in_order(one.guid, other.guid) in dismissed


def in_order(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Return a pair as it is remembered: the smaller GUID first."""
    return (one, other) if one < other else (other, one)


def dismiss(user: Any, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Remember that these are no duplicates."""
    DismissedPair.objects.bulk_create(
        [
            DismissedPair(one=one, other=other, user=user)
            for one, other in {in_order(*pair) for pair in pairs if pair[0] != pair[1]}
        ],
        ignore_conflicts=True,
    )
