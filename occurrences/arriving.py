"""Sheets that arrive: which offered record a scan means, and the tick that its sheet is here.

Data and sheets arrive apart. A sheet may be ticked before its data are accepted and after, and the
tick gives it the barcode that was scanned, if it has no number yet: in the offer while the data
wait, in the record once they are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from journal.jobs import Refused
from occurrences import editing, numbering, offering
from occurrences.models import (
    Identifier,
    Occurrence,
    Offer,
    OfferedRecord,
    PendingName,
    Protection,
    Withheld,
)
from occurrences.models.record import Fold, SortKey

State = OfferedRecord.State
HERE_OR_COMING = (State.WAITING, State.ACCEPTED)
MOST_CHOICES = 20
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Said(StrEnum):
    """What came of a scan."""

    RECEIVED = "received"
    ALREADY = "already"  # ticked before
    WHICH = "which"  # several sheets bear this number
    WHOSE = "whose"  # a barcode that no sheet has yet: of which sheet is it?
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass
class Sheet:
    """One offered sheet. record: an Occurrence; None: it isn't shown before it is accepted."""

    row: OfferedRecord
    record: Any = None

    @property
    def key(self) -> str:
        return f"{self.row.offer.guid} {self.row.record_guid}"

    @property
    def number(self) -> str:
        """Its catalogue number in the receiving collection, "" for none yet."""
        if self.row.state == State.ACCEPTED:
            is_here = self.record and self.record.collection_id == self.row.offer.collection_id
            return (self.record.catalog_number or "") if self.record and is_here else ""
        return self.row.catalog_number

    @property
    def collectors_number(self) -> str:
        if self.record is None:
            return ""
        return str(self.record.disclosed.get("record_number") or self.record.record_number or "")


@dataclass
class Answer:
    """What a scan came to: the sheet, those to choose from, or why not."""

    said: Said
    text: str = ""
    sheet: Sheet | None = None
    choices: tuple[Sheet, ...] = ()
    why: str = ""


def receivable_by(user: Person) -> QuerySet[Offer]:
    """Return the offers whose sheets `user` may receive: to collections whose records he edits."""
    editable = Collection.objects.editable_by(user).values("pk")
    gone = (Offer.State.PREPARING, Offer.State.PACKAGE)
    return Offer.objects.filter(collection__in=editable).exclude(state__in=gone)


# --- what a scan means --------------------------------------------------------------------------


def scan(
    user: Person, offers: QuerySet[Offer], barcode: str, number: str = "", chosen: str = ""
) -> Answer:
    """Receive the sheet that was scanned, or say what is in the way.

    barcode: what the scanner read. number: the collector's number or the GUID of a label's QR
    code, where the barcode isn't known yet. chosen: key of one of the choices of the last answer.
    """
    barcode, number = barcode.strip(), number.strip()
    text = number or barcode
    found = find(user, offers, text) if text else []
    if chosen:
        found = [sheet for sheet in found if sheet.key == chosen]
    if not found and barcode and not number:
        return Answer(Said.WHOSE, text)
    if not found:
        return Answer(Said.UNKNOWN, text)
    here = [sheet for sheet in found if sheet.row.state in HERE_OR_COMING]
    open_ones = [sheet for sheet in here if not sheet.row.received_at]
    if len(open_ones) > 1:
        return Answer(Said.WHICH, text, choices=tuple(open_ones[:MOST_CHOICES]))
    sheet = next(iter(open_ones or here or found))
    return _receive(user, sheet, text, barcode if number else "")


def _receive(user: Person, sheet: Sheet, text: str, barcode: str) -> Answer:
    try:
        fresh = receive(user, sheet.row, barcode)
    except Refused as refusal:
        return Answer(Said.REFUSED, text, sheet, why=str(refusal))
    return Answer(Said.RECEIVED if fresh else Said.ALREADY, text, with_record(user, sheet.row))


def find(user: Person, offers: QuerySet[Offer], text: str) -> list[Sheet]:
    """Return the sheets of these offers that a text means, with the records they are of.

    By GUID, wherever it stands in the text; else by the number the receiver gave, the record's
    own, the collector's, or an additional identifier. A number that is withheld finds only for
    those who may read it.
    """
    rows = OfferedRecord.objects.filter(offer__in=offers)
    guids = _GUID.findall(text)
    if guids:
        key = UUID(guids[-1])
        rows = rows.filter(Q(record_guid=key) | Q(copy_guid=key))
    else:
        records = _numbered(user, offers, text)
        given = Q(catalog_number=text, state__in=HERE_OR_COMING)
        of_it = Q(record_guid__in=records, copy_guid=None) | Q(copy_guid__in=records)
        rows = rows.filter(given | of_it)
    found = rows.select_related("offer__sending__collection", "offer__collection", "received_by")
    return with_records(user, found.order_by("pk")[: MOST_CHOICES * 2])


def _numbered(user: Person, offers: QuerySet[Offer], text: str) -> list[UUID]:
    """Return the records among the offered ones, or those that came of them, with this number."""
    key = Fold(Value(text[: SortKey.LENGTH]))
    other = Identifier.objects.filter(Exact(SortKey("value"), key)).values("occurrence")
    hidden = Withheld.objects.readable_by(user).filter(terms__record_number=text)
    same = Q(catalog_number=text) | Q(Exact(SortKey("record_number"), key)) | Q(pk__in=other)
    offered = OfferedRecord.objects.filter(offer__in=offers, record_guid=OuterRef("guid"))
    mine = offers.values("collection")
    within = Q(Exists(offered)) | Q(collection__in=mine)
    named = same | Q(pk__in=hidden.values("occurrence"))
    return list(_shown(user, offers).filter(within, named).values_list("guid", flat=True))


def _shown(user: Person, offers: QuerySet[Offer]) -> QuerySet[Occurrence]:
    """Return what `user` may see of these records: what is offered is shown, though private.

    Never what is wholly protected, before it is accepted.
    """
    visible = Occurrence.objects.visible_to(user)
    offered = OfferedRecord.objects.filter(
        offer__in=offers, record_guid=OuterRef("guid"), state=State.WAITING
    )
    private = Q(Exists(offered), collection__is_public=False, protection=Protection.OPEN)
    pending = Q(name__in=PendingName.objects.values("name"))
    return visible | Occurrence.objects.filter(private, ~pending)


def with_records(user: Person, rows: Iterable[OfferedRecord]) -> list[Sheet]:
    """Return the sheets of these rows with the records they are of, as far as he sees them."""
    rows = list(rows)
    guids = [row.copy_guid or row.record_guid for row in rows]
    offers = Offer.objects.filter(pk__in={row.offer_id for row in rows})
    shown = _shown(user, offers).defer("search_vector").in_bulk(guids, field_name="guid")
    return [Sheet(row, shown.get(row.copy_guid or row.record_guid)) for row in rows]


def with_record(user: Person, row: OfferedRecord) -> Sheet:
    """Return the sheet of one row as it stands now."""
    row.refresh_from_db()
    return with_records(user, [row])[0]


# --- the tick -----------------------------------------------------------------------------------


def receive(user: Any, row: OfferedRecord, barcode: str = "") -> bool:
    """Note that the sheet is here; return False where that was noted before.

    barcode: becomes its catalogue number. Raises Refused where the sheet has another number, the
    number is another sheet's, or its data were declined.
    """
    with transaction.atomic():
        row = _locked(user, row)
        if row.received_at:
            return False
        if row.state not in HERE_OR_COMING:
            raise Refused(_not_wanted(row))
        if barcode:
            _give(user, row, barcode)
        row.received_at, row.received_by = timezone.now(), user
        row.save(update_fields=["received_at", "received_by", "catalog_number", "numbered"])
        offering.count(row.offer)
    return True


def take_back(user: Any, row: OfferedRecord) -> bool:
    """Undo a tick, and the number that it gave; return False where there was none."""
    with transaction.atomic():
        row = _locked(user, row)
        if not row.received_at:
            return False
        if row.numbered:
            _take_number(user, row)
        row.received_at = row.received_by = None
        row.save(update_fields=["received_at", "received_by", "catalog_number", "numbered"])
        offering.count(row.offer)
    return True


def _locked(user: Any, row: OfferedRecord) -> OfferedRecord:
    """Return the row, locked as an acceptance locks it: its offer first. Raises Refused."""
    offer = Offer.objects.select_for_update(of=("self",)).select_related("collection")
    held = offer.get(pk=row.offer_id)
    if not receivable_by(user).filter(pk=held.pk).exists():
        raise Refused(_("You may not receive sheets here."))
    fresh = OfferedRecord.objects.select_for_update().get(pk=row.pk)
    fresh.offer = held
    return fresh


def _not_wanted(row: OfferedRecord) -> str:
    if row.state == State.DECLINED:
        return _("The data of this sheet were declined. Send it back, or ask the sender.")
    return _("This sheet is no longer offered: %s") % (row.reason or _("withdrawn by the sender"))


def _give(user: Any, row: OfferedRecord, barcode: str) -> None:
    """Give the sheet its number: in the offer while its data wait, else in the record."""
    collection = row.offer.collection
    assert collection
    numbering.reserve(collection.pk)
    has = row.catalog_number if row.state == State.WAITING else _standing_number(row)
    if has == barcode:
        return
    if has:
        told = _("This sheet has the number %(has)s already. %(barcode)s isn't given to it.")
        raise Refused(told % {"has": has, "barcode": barcode})
    if numbering.taken(collection.pk, [barcode]) or _is_promised(row, barcode):
        raise Refused(_("%s is the number of another sheet already.") % barcode)
    if row.state == State.ACCEPTED:
        _write_number(user, row, barcode)
    row.catalog_number, row.numbered = barcode, True


def _take_number(user: Any, row: OfferedRecord) -> None:
    if row.state == State.ACCEPTED and _standing_number(row) == row.catalog_number:
        _write_number(user, row, "")
    row.catalog_number, row.numbered = "", False


def _is_promised(row: OfferedRecord, number: str) -> bool:
    """Tell whether another sheet that is on its way to the collection is to have this number."""
    coming = OfferedRecord.objects.filter(
        offer__collection=row.offer.collection_id, state=State.WAITING, catalog_number=number
    )
    return coming.exclude(pk=row.pk).exists()


def _here(user: Any, row: OfferedRecord) -> Occurrence:
    """Return the record that came of an accepted row. Raises Refused when it has gone on."""
    own = Occurrence.objects.editable_by(user).filter(collection=row.offer.collection_id)
    record = own.filter(guid=row.copy_guid or row.record_guid).first()
    if record is None:
        raise Refused(_("The record is no longer in this collection, so it gets no number here."))
    return record


def _standing_number(row: OfferedRecord) -> str:
    records = Occurrence.objects.filter(collection=row.offer.collection_id)
    found = records.filter(guid=row.copy_guid or row.record_guid)
    return found.values_list("catalog_number", flat=True).first() or ""


def _write_number(user: Any, row: OfferedRecord, number: str) -> None:
    record = _here(user, row)
    typed, added = {"catalog_number": number}, editing.Added(reason=_("Sheet received"))
    try:
        saved = editing.save(record.guid, user, record.version, {}, typed, added=added)
    except editing.Gone:
        raise Refused(_("The record was deleted meanwhile.")) from None
    if saved.problems or saved.clashes:
        raise Refused(_("Somebody is changing this record now. Scan it again."))


# --- how far the pile is ------------------------------------------------------------------------


def tally(offers: QuerySet[Offer]) -> dict[str, int]:
    """Return {"received", "missing", "accepted", "total"} of the sheets that are to come."""
    keys = ("received", State.WAITING, State.ACCEPTED)
    sums = dict.fromkeys(keys, 0)
    for counts in offers.values_list("counts", flat=True):
        for key in keys:
            sums[key] += counts.get(key, 0)
    total = sums[State.WAITING] + sums[State.ACCEPTED]
    return {
        "received": sums["received"],
        "missing": max(0, total - sums["received"]),
        "accepted": sums[State.ACCEPTED],
        "total": total,
    }


def latest(user: Person, offers: QuerySet[Offer], most: int = 15) -> list[Sheet]:
    """Return the sheets received last, the latest first."""
    ticked = _rows(offers).filter(received_at__isnull=False).order_by("-received_at", "-pk")
    return with_records(user, ticked[:most])


def missing(user: Person, offers: QuerySet[Offer], after: int = 0, most: int = 50) -> list[Sheet]:
    """Return the sheets that are to come and not here yet, from the one after this key on."""
    coming = _rows(offers).filter(received_at=None, state__in=HERE_OR_COMING, pk__gt=after)
    return with_records(user, coming.order_by("pk")[:most])


def _rows(offers: QuerySet[Offer]) -> QuerySet[OfferedRecord]:
    rows = OfferedRecord.objects.filter(offer__in=offers)
    return rows.select_related("offer__sending__collection", "offer__collection", "received_by")
