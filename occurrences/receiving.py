"""An offer as each side may see it: its records, its map, its faults, what the receiver holds.

Before he accepts, the receiver sees what anybody may see of a record; of a wholly protected one
nothing but that it is offered. Whoever gave a record away keeps reading what he gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person
from occurrences import alike, origins, sheets
from occurrences.alike import Held
from occurrences.mapping_point import MOST_POINTS
from occurrences.models import (
    Occurrence,
    OccurrenceQuerySet,
    Offer,
    OfferedRecord,
    PendingName,
    Protection,
    Withheld,
)
from occurrences.readers import exact_values

PAGE = 50
LOOKED_AT = 10_000  # waiting records that are counted and mapped while somebody waits
State = OfferedRecord.State
ISSUES: dict[str, tuple[str | Promise, Q]] = {
    "name": (_("no name"), Q(scientific_name=None)),
    "unlinked": (
        _("name not in the thesaurus"),
        Q(scientific_name__isnull=False) & (Q(name=None) | Q(name__taxon=None)),
    ),
    "collector": (_("no collector"), Q(recorded_by=None)),
    "number": (_("no collector's number"), Q(record_number=None)),
    "date": (_("no date"), Q(event_date=None, verbatim_event_date=None)),
    "place": (_("no country"), Q(country=None, country_code=None)),
    "point": (_("no coordinates"), Q(decimal_latitude=None)),
}


@dataclass
class Line:
    """One offered record. record None: this reader sees none; arrived: what an acceptance made.

    is_only_here: he sees it in the offer alone, not on its own page.
    """

    offered: OfferedRecord
    record: Occurrence | None = None
    arrived: Occurrence | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    held: Sequence[Held] = ()
    is_only_here: bool = False

    @property
    def is_waiting(self) -> bool:
        return self.offered.state == State.WAITING

    @property
    def protection(self) -> int:
        return self.record.protection if self.record else Protection.OPEN

    @property
    def is_redacted(self) -> bool:
        return self.protection != Protection.OPEN and not self.is_disclosed

    @property
    def is_disclosed(self) -> bool:
        return bool(getattr(self.record, "disclosed_row", None))

    @property
    def date(self) -> Any:
        said = self.values.get
        return said("event_date") or said("verbatim_event_date") or said("year")

    @property
    def place(self) -> str:
        """Country, state and county, then the locality after a colon."""
        names = (self.values.get(each) for each in ("country", "state_province", "county"))
        region = ", ".join(name for name in names if name)
        locality = self.values.get("locality") or self.values.get("verbatim_locality")
        return ": ".join(part for part in (region, locality) if part)


class Overview(NamedTuple):
    """What is waiting in an offer, counted. shown: records the reader sees; hidden: the others.

    issues: (name, words, how many) of the open ones. protected, cells: how many are place-protected
    or shown by their cell. pictured: observations by image alone. is_partial: more wait than the
    LOOKED_AT that were counted; of the others what is protected is counted all the same.
    """

    shown: int
    hidden: int
    protected: int
    cells: int
    pictured: int
    issues: list[tuple[str, Any, int]]
    is_partial: bool


def records_of(user: Person, offer: Offer, guids: Sequence[UUID] | None = None) -> Any:
    """Return the records of an offer that `user` may see now, with what is disclosed to him.

    guids: some of them, else the first LOOKED_AT of those that wait. A collection that isn't public
    shows what it offers to whom it offers it, as long as it waits; what is protected stays so.
    """
    waiting = offer.records.filter(state=State.WAITING)
    first = waiting.order_by("pk").values("record_guid")[:LOOKED_AT]
    wanted = {"guid__in": first if guids is None else list(guids)}
    seen: OccurrenceQuerySet = Occurrence.objects.visible_to(user).filter(**wanted)
    source = offer.sending.collection
    if not source.is_public and not Collection.objects.visible_to(user).contains(source):
        some = (
            waiting.filter(record_guid__in=list(guids)).values("record_guid")
            if guids is not None
            else first
        )
        pending = Q(name__in=PendingName.objects.values("name"), protection__lt=Protection.PLACE)
        given = Occurrence.objects.filter(
            ~pending,
            guid__in=some,
            collection=source,
            protection__lt=Protection.WHOLE,
        )
        both = Q(pk__in=seen.order_by().values("pk")) | Q(pk__in=given.values("pk"))
        disclosed = Prefetch("withheld", Withheld.objects.readable_by(user), "disclosed_row")
        return Occurrence.objects.filter(both).prefetch_related(disclosed)
    return seen


def lines(
    user: Person, offer: Offer, offered: QuerySet[OfferedRecord], *, receives: bool
) -> list[Line]:
    """Return these rows of an offer with what `user` may see of their records."""
    rows = list(offered)
    guids = [row.record_guid for row in rows] + [row.copy_guid for row in rows if row.copy_guid]
    seen = records_of(user, offer, guids).select_related("collection").defer("search_vector")
    found = {record.guid: record for record in seen}
    origins.disclose(found.values(), user)
    told = [_line(row, found) for row in rows]
    mine = set(Collection.objects.visible_to(user).values_list("pk", flat=True))
    for line in told:
        line.is_only_here = line.record is not None and line.record.collection_id not in mine
    if receives and offer.collection:
        values = {line.record.guid: line.values for line in told if line.record}
        held = alike.held(user, offer.collection, values)
        for line in told:
            line.held = held.get(line.offered.record_guid, ())
    return told


def _line(row: OfferedRecord, found: Mapping[UUID, Occurrence]) -> Line:
    arrived = found.get(row.copy_guid) if row.copy_guid else None
    record = found.get(row.record_guid) or arrived
    if row.state == State.ACCEPTED and not row.copy_guid:
        arrived = record
    return Line(row, record, arrived, exact_values(record) if record else {})


def overview(user: Person, offer: Offer) -> Overview:
    """Count what waits in an offer as `user` sees it."""
    seen = records_of(user, offer).order_by().prefetch_related(None)
    is_open = Q(protection=Protection.OPEN)
    counted = {name: Count("pk", filter=is_open & wanted) for name, (_w, wanted) in ISSUES.items()}
    found = seen.aggregate(
        shown=Count("pk"),
        protected=Count("pk", filter=Q(protection__gte=Protection.PLACE)),
        cells=Count("pk", filter=Q(protection=Protection.CELL)),
        **{f"issue_{name}": count for name, count in counted.items()},
    )
    waiting = offer.counts.get(State.WAITING, 0)
    behind = _protected_behind(offer) if waiting > LOOKED_AT else Counter()
    issues = [(name, words, found[f"issue_{name}"]) for name, (words, _wanted) in ISSUES.items()]
    return Overview(
        found["shown"],
        max(0, min(waiting, LOOKED_AT) - found["shown"]) + behind[Protection.WHOLE],
        found["protected"] + behind[Protection.PLACE],
        found["cells"] + behind[Protection.CELL],
        sheets.pictured_alone(seen).count(),
        [each for each in issues if each[2]],
        waiting > LOOKED_AT,
    )


def _protected_behind(offer: Offer) -> Counter[int]:
    """Count the protected records behind the first LOOKED_AT that wait, by their protection."""
    waiting = offer.records.filter(state=State.WAITING).order_by("pk")
    for last in waiting.values_list("pk", flat=True)[LOOKED_AT - 1 : LOOKED_AT]:
        return _protected(offer, waiting.order_by().filter(pk__gt=last))
    return Counter()  # some were answered since they were counted


def _protected(offer: Offer, waiting: QuerySet[OfferedRecord]) -> Counter[int]:
    protected = Occurrence.objects.filter(
        guid__in=waiting.values("record_guid"),
        collection=offer.sending.collection_id,
    ).exclude(protection=Protection.OPEN)
    return Counter(dict(protected.order_by().values_list("protection").annotate(Count("pk"))))


def with_issue(user: Person, offer: Offer, issue: str) -> QuerySet[OfferedRecord]:
    """Return the waiting rows whose records have this fault, as far as `user` may see them."""
    seen = records_of(user, offer).order_by().prefetch_related(None)
    faulty = seen.filter(ISSUES[issue][1], protection=Protection.OPEN)
    return offer.records.filter(state=State.WAITING, record_guid__in=faulty.values("guid"))


def points(user: Person, offer: Offer) -> list[dict[str, Any]]:
    """Return the places of what waits, {latitude, longitude, records}, of open records alone."""
    seen = records_of(user, offer).order_by().prefetch_related(None)
    placed = seen.filter(
        protection=Protection.OPEN, decimal_latitude__isnull=False, decimal_longitude__isnull=False
    )
    places = placed.values_list("decimal_latitude", "decimal_longitude")
    counted = places.annotate(number=Count("pk")).order_by("-number")[:MOST_POINTS]
    return [
        {"latitude": str(latitude), "longitude": str(longitude), "records": number}
        for latitude, longitude, number in counted
    ]
