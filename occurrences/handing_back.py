"""Records go back to where they came from.

The receiver undoes an acceptance whenever he likes, and it goes back whole and at once: its change
set says what was before. Some of its records, or records that have long been worked on, he hands
back: that is an offer to the former owner, who accepts or declines like anybody; where the same
person administers both sides, it is accepted at once. The sender can ask for an undo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.models import Collection, Person
from journal.jobs import Refused
from journal.models import ChangeSet
from journal.undo import is_undone
from occurrences import offering
from occurrences.children import IDENTIFIER
from occurrences.drafts import OCCURRENCE
from occurrences.models import Occurrence, Offer, OfferedRecord, Origin
from occurrences.offering import OFFERED, Recipient
from occurrences.telling import administrators_of

UNDO_ASKED = noticing.kind(
    "undo asked",
    gettext_noop("%(person)s asks you to undo that %(target)s accepted a record: %(reason)s"),
    gettext_noop(
        "%(person)s asks you to undo that %(target)s accepted %(number)s records: %(reason)s"
    ),
)


@dataclass(frozen=True)
class Return:
    """Records of one collection that came from another one, and could go back there."""

    holder: Collection
    source: Collection
    guids: tuple[UUID, ...]
    at_once: bool  # the same person administers both


def returns_of(user: Person, records: QuerySet[Occurrence]) -> tuple[list[Return], int]:
    """Return what of these records could go back where, and how many could not.

    Of records that `user` administers. One that never was another collection's has nowhere to go
    back to; a copy has not: its original never left.
    """
    mine = records.filter(collection__in=Collection.objects.managed_by(user).values("pk"))
    ids = list(mine.order_by("pk").values_list("pk", flat=True)[: offering.MOST_RECORDS])
    with connection.cursor() as cursor:
        cursor.execute(_ORIGINS, [ids])
        rows = cursor.fetchall()
    known = Collection.objects.in_bulk({key for row in rows for key in row[:2]})
    own = set(Collection.objects.managed_by(user).values_list("pk", flat=True))
    found = [
        Return(known[holder], known[source], tuple(guids), source in own)
        for holder, source, guids in rows
    ]
    return found, len(ids) - sum(len(each.guids) for each in found)


# The latest transfer that brought a record here from elsewhere.
_ORIGINS = f"""
    SELECT o.collection_id, came.source_id, array_agg(o.guid ORDER BY o.id)
    FROM {OCCURRENCE} o CROSS JOIN LATERAL (
        SELECT source_id FROM {Origin._meta.db_table} g
        WHERE g.record_guid = o.guid AND g.how = 'transfer' AND g.source_id <> o.collection_id
        ORDER BY g.id DESC LIMIT 1) came
    WHERE o.id = ANY(%s) GROUP BY 1, 2 ORDER BY 1, 2
"""


def hand_back(user: Any, back: Return, reason: str) -> Offer:
    """Offer records back to where they came from, accept it where that is at once; return it.

    Each gets the number back that it had there, if that is still free. Raises Refused.
    """
    if not reason.strip():
        raise Refused(_("Say why: the former owner reads it."))
    recipient = Recipient(Offer.How.TRANSFER, back.source)
    with transaction.atomic():
        parcel = {"message": _("Handed back: %s") % reason.strip()}
        sending = offering.send(user, back.holder, back.guids, [recipient], parcel)
        offer = sending.offers.get()
        _give_old_numbers(offer, back.source)
        if back.at_once:
            offering.accept(user, offer)
    return offer


def _give_old_numbers(offer: Offer, source: Collection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {OFFERED} r SET catalog_number = i.value FROM {IDENTIFIER} i "
            f"JOIN {OCCURRENCE} o ON o.id = i.occurrence_id WHERE r.offer_id = %s "
            "AND o.guid = r.record_guid AND i.name = %s AND NOT EXISTS (SELECT FROM "
            f"{OCCURRENCE} t WHERE t.collection_id + 0 = %s AND t.catalog_number = i.value)",
            [offer.pk, source.code, source.pk],
        )


# --- asking for it --------------------------------------------------------------------------------


def acceptances(offer: Offer) -> list[ChangeSet]:
    """Return the change sets by which records of the offer were accepted and still are."""
    accepted = offer.records.filter(state=OfferedRecord.State.ACCEPTED)
    keys = accepted.order_by().values_list("change_set", flat=True).distinct()
    made = ChangeSet.objects.filter(pk__in=list(keys)).prefetch_related("undone_by")
    return [each for each in made.order_by("pk") if not is_undone(each)]


def ask_undo(user: Any, offer: Offer, reason: str) -> None:
    """Ask the receiver to undo what he accepted of an offer of mine. Raises Refused."""
    if not Offer.objects.sent_by(user).filter(pk=offer.pk).exists():
        raise Refused(_("Only who sent these records can ask for them back."))
    if not reason.strip():
        raise Refused(_("Say why: the receiver reads it."))
    standing = acceptances(offer)
    if not standing or offer.collection is None:
        raise Refused(_("Nothing of this offer stands that could be undone."))
    offer.undo_asked_at, offer.undo_reason = timezone.now(), reason.strip()[:2000]
    offer.save(update_fields=["undo_asked_at", "undo_reason"])
    words = {
        "person": user,
        "target": offer.collection,
        "number": offer.records.filter(change_set__in=standing).count(),
        "reason": reason.strip()[:200],
    }
    address = reverse("occurrences:ask_undo", args=[offer.guid])
    noticing.tell(administrators_of(offer.collection), UNDO_ASKED, address, words)


def of_acceptance(change_set: ChangeSet) -> QuerySet[Occurrence]:
    """Return the records that a transfer brought, wherever they are now."""
    moved = change_set.changes.filter(kind="transfer").values("record_guid")
    return Occurrence.objects.filter(guid__in=moved)
