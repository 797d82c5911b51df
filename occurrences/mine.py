"""My collections: all that somebody collected, also what he gave away, and what became of it.

That is the records of the profiles he owns, those that left them for another collection, and those
that others made from them: copies that were accepted, and duplicates for which a curator used the
fields of one of his records. Of a record that left, its giver keeps reading what he himself gave
(`origins.disclose`); whatever else is told of it is what he may see anyway.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from darwincore.guarding import guarded
from occurrences import batching, origins
from occurrences.models import Occurrence, Offer, Origin
from occurrences.models.record import OccurrenceQuerySet
from occurrences.protection import exact
from occurrences.readers import as_text

BYTE_ORDER_MARK = "\ufeff"  # so that Excel reads the accents right
CHUNK = 2000
SHOWS = {
    "all": _("All"),
    "here": _("In my profile"),
    "given": _("Given away"),
    "made": _("Made from mine"),
}
COLUMNS = (
    "recorded_by record_number event_date scientific_name scientific_name_authorship "
    "identification_qualifier identified_by date_identified country state_province county locality "
    "catalog_number"
).split()


@dataclass(frozen=True, slots=True)
class Row:
    """A record of the list. values: by column, as its collector may read them.

    how: "" for one of his profile, else "given", "copy" (accepted from him) or "used" (fields were
    taken from his). made: the collections that hold records made from it.
    """

    record: Occurrence
    values: Mapping[str, Any]
    how: str
    made: tuple[str, ...]


def own_profiles(user: Any) -> list[int]:
    """Return the keys of the profiles that `user` owns."""
    managed = Collection.objects.managed_by(user).filter(type=Collection.Type.PERSONAL)
    return list(managed.values_list("pk", flat=True))


def given_by(user: Any) -> QuerySet[Origin]:
    """Return the origins of what `user` gave away out of a personal profile."""
    personal = Collection.Type.PERSONAL
    return Origin.objects.filter(giver=user, source__type=personal, how=Offer.How.TRANSFER)


def collected_by(user: Any, show: str = "all") -> OccurrenceQuerySet:
    """Return what `user` collected and may see, or a part of it (SHOWS)."""
    own = own_profiles(user)
    given = given_by(user).values("record_guid")
    made = Origin.objects.filter(
        Q(source__in=own) | Q(giver=user, source__type="personal") | Q(original_guid__in=given),
        how=Offer.How.COPY,
    ).values("record_guid")
    parts = {
        "here": Q(collection__in=own),
        "given": Q(guid__in=given) & ~Q(collection__in=own),
        "made": Q(guid__in=made) & ~Q(collection__in=own),
    }
    wanted = parts.get(show) or Q(collection__in=own) | Q(guid__in=given) | Q(guid__in=made)
    return Occurrence.objects.visible_to(user).filter(wanted)


def hidden_from(user: Any) -> int:
    """Return how many records `user` gave away that he sees no more: deleted, or not shown."""
    guids = given_by(user).values("record_guid").distinct()
    return guids.count() - Occurrence.objects.visible_to(user).filter(guid__in=guids).count()


def rows_of(user: Any, records: Iterable[Occurrence]) -> list[Row]:
    """Return the rows of some records of the list."""
    found = list(records)
    origins.disclose(found, user)
    own = set(own_profiles(user))
    guids = [record.guid for record in found]
    given = set(given_by(user).filter(record_guid__in=guids).values_list("record_guid", flat=True))
    made = _made_from(user, guids)
    copies = Origin.objects.filter(record_guid__in=guids, how=Offer.How.COPY)
    accepted = set(copies.exclude(giver=None).values_list("record_guid", flat=True))
    return [
        Row(
            record,
            _values(record),
            _how(record, own, given, accepted),
            tuple(made.get(record.guid, ())),
        )
        for record in found
    ]


def _how(record: Occurrence, own: set[int], given: set[UUID], accepted: set[UUID]) -> str:
    if record.collection_id in own:
        return ""
    if record.guid in given:
        return "given"
    return "copy" if record.guid in accepted else "used"


def _values(record: Occurrence) -> dict[str, Any]:
    """Return its values with what this person reads of what is withheld."""
    columns = {column: getattr(record, column) for column in COLUMNS}
    return exact(columns, {c: v for c, v in record.disclosed.items() if c in columns})


def _made_from(user: Any, guids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return {record: codes of the collections with records made from it}, as `user` sees them."""
    pairs = Origin.objects.filter(original_guid__in=list(guids), how=Offer.How.COPY)
    of = {each.record_guid: each.original_guid for each in pairs if each.original_guid}
    seen = Occurrence.objects.visible_to(user).filter(guid__in=of).prefetch_related(None)
    found: dict[UUID, dict[str, None]] = {}
    for guid, code in seen.order_by("pk").values_list("guid", "collection__code"):
        found.setdefault(of[guid], {})[code] = None
    return {guid: list(codes) for guid, codes in found.items()}


# --- as a file ----------------------------------------------------------------------------------

_HEADS = (
    "occurrenceID,recordedBy,recordNumber,eventDate,scientificName,scientificNameAuthorship,"
    "identificationQualifier,identifiedBy,dateIdentified,country,stateProvince,county,locality,"
    "catalogNumber,presentCollection,presentCollectionCode,how,alsoIn,url"
).split(",")
_TOLD = {"": "in my profile", "given": "given away", "copy": "copy", "used": "made from mine"}


def as_csv(user: Any, show: str = "all") -> Iterator[str]:
    """Yield the list as CSV, a record a line, safe to open as a spreadsheet."""
    writer = csv.writer(_Echo())  # type: ignore[arg-type]
    yield BYTE_ORDER_MARK + str(writer.writerow(_HEADS))
    keys = list(collected_by(user, show).order_by("pk").values_list("pk", flat=True))
    seen = Occurrence.objects.visible_to(user).select_related("collection").only(*FETCHED)
    for some in batching.parted(keys, CHUNK):
        for row in rows_of(user, seen.filter(pk__in=some).order_by("pk")):
            yield str(writer.writerow(list(map(guarded, _cells(row)))))


FETCHED = (
    "guid",
    "protection",
    *(f"collection__{name}" for name in ("guid", "code", "name")),
    *COLUMNS,
)


def _cells(row: Row) -> list[str]:
    record = row.record
    said = [as_text(row.values[c]) if row.values[c] is not None else "" for c in COLUMNS]
    return [
        f"urn:uuid:{record.guid}",
        *said,
        record.collection.name,
        record.collection.code,
        _TOLD[row.how],
        " | ".join(row.made),
        settings.SITE_URL + record.get_absolute_url(),
    ]


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
