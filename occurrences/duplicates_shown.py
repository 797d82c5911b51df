"""What the panel of duplicates says of each match, beyond its likeness, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy

from occurrences import copied_from, likeness, transferring_fields
from occurrences.duplicates import Match
from occurrences.history import label_of
from occurrences.models import ClusterMember, ExtensionRow, Identification, Occurrence
from occurrences.transferring_fields import Offer

TIERS = {
    likeness.EXACT: gettext_lazy("exact"),
    likeness.EXSICCATA: gettext_lazy("same exsiccata"),
    likeness.NEAR: gettext_lazy("near"),
    likeness.OTHER_DATE: gettext_lazy("same number, other date"),
    likeness.EVENT: gettext_lazy("same event"),
}
SURE = (likeness.EXACT, likeness.EXSICCATA)


@dataclass
class Found:
    """A match as the panel shows it."""

    match: Match
    offer: Offer
    tier: str
    percent: int
    earlier: int  # determinations before the current one
    images: int
    is_linked: bool
    may_merge: bool
    may_ask: bool

    @property
    def is_sure(self) -> bool:
        return self.match.tier in SURE


def shown(user: Any, matches: list[Match], record: UUID | None) -> list[Found]:
    """Return these matches as the panel shows them to `user`, who edits `record` or adds one."""
    keys = [match.occurrence.pk for match in matches]
    earlier = _counted(Identification.objects.filter(is_current=False), keys)
    media = ExtensionRow.objects.visible_to(user).filter(row_type__in=copied_from.MEDIA)
    images = _counted(media, keys)
    linked = _linked(keys, record)
    mergeable = _mergeable(user, keys, record)
    found = []
    for match in matches:
        pk, source = match.occurrence.pk, match.occurrence
        offered = transferring_fields.offer(source, match.tier)
        beside = offered.is_whole and match.tier not in transferring_fields.OTHER_PLANTS
        found.append(
            Found(
                match,
                offered,
                str(TIERS[match.tier]),
                round(match.score * 100),
                earlier.get(pk, 0) if beside else 0,
                images.get(pk, 0) if beside else 0,
                is_linked=pk in linked,
                may_merge=match.same_collection and pk in mergeable,
                may_ask=not offered.is_whole,
            )
        )
    return found


def _counted(rows: QuerySet[Any], keys: list[int]) -> dict[int, int]:
    """Return how many of these rows each of the records has."""
    of_record = rows.filter(occurrence__in=keys).order_by().values_list("occurrence")
    return dict(of_record.annotate(number=Count("pk")))


def disagreements(matches: list[Match]) -> list[tuple[str, str]]:
    """Return (label, values) of the fields in which the sure matches differ."""
    sure = next((match for match in matches if match.tier in SURE), None)
    found = sure.disagreements if sure else {}
    return [(label_of(name), " / ".join(said)) for name, said in found.items()]


def _linked(keys: list[int], record: UUID | None) -> set[int]:
    """Return which of these records are linked with the one that is edited."""
    if record is None:
        return set()
    mine = ClusterMember.objects.filter(occurrence__guid=record).values("cluster")
    mates = ClusterMember.objects.filter(cluster__in=mine, occurrence__in=keys)
    return set(mates.values_list("occurrence", flat=True))


def _mergeable(user: Any, keys: list[int], record: UUID | None) -> set[int]:
    if record is None:
        return set()
    own = Occurrence.objects.deletable_by(user).prefetch_related(None)
    if not own.filter(guid=record).exists():
        return set()
    return set(own.filter(pk__in=keys).values_list("pk", flat=True))
