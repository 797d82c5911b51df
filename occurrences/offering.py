"""Handing records over: one offers, the other accepts, and nothing moves before.

A sending goes to one recipient or several; each has an offer of his own, with its records one by
one. Rights of both sides are asked for when the offer is made and again with each chunk that is
accepted, under the locks of both collections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from biocollections.accepting import FILE, accepts
from biocollections.models import Collection, Person
from journal import jobs, undo
from journal.guids import new_guid
from journal.jobs import Cancelled, Progress, Refused, collection_lock, work
from journal.models import ChangeSet
from journal.undo import Undoing
from occurrences import clustering, moving, numbering, offer_news, records, sheets
from occurrences.drafts import OCCURRENCE, TERM_COLUMNS, Draft, Stored
from occurrences.models import (
    Occurrence,
    Offer,
    OfferedRecord,
    OfferEntry,
    Origin,
    Sending,
)
from occurrences.moving import Arrival

CHUNK = 2000
MOST_RECORDS = 100_000
State = OfferedRecord.State
OFFERED = OfferedRecord._meta.db_table


@dataclass(frozen=True)
class Recipient:
    """Who gets what: a collection of this portal, or somebody outside by acronym.

    A copy for whoever takes files alone, or is outside, is a package; any copy can be one.
    """

    how: str
    collection: Collection | None = None
    outside: str = ""
    package: bool = False

    @property
    def is_offered(self) -> bool:
        """Whether it is asked whether it wants them: not, where it gets a package."""
        taken = self.collection is not None and accepts(self.collection, self.how)
        return taken and not self.package


def send(
    user: User,
    source: Collection,
    guids: Sequence[UUID],
    recipients: Sequence[Recipient],
    parcel: Mapping[str, Any] | None = None,
) -> Sending:
    """Offer these records of `source`. parcel: fields of Sending.

    Raises Refused where the person may not hand them over, a record isn't his to give, or a
    gathering would be transferred twice.
    """
    check(user, source, recipients)
    with transaction.atomic():
        sending = Sending.objects.create(collection=source, user=user, **(parcel or {}))
        for recipient in recipients:
            offer = begin(sending, recipient)
            if offer_records(offer, guids) != len(set(guids)):
                raise Refused(_("Some of these records are no longer in %s.") % source)
            publish(offer, recipient)
    return sending


def check(user: User, source: Collection, recipients: Sequence[Recipient]) -> None:
    """Raise Refused where the person may not send what is in `source` to these recipients."""
    _must_manage(user, source)
    _must_make_sense(source, recipients)


def begin(sending: Sending, recipient: Recipient) -> Offer:
    """Return a new offer without records, which the recipient doesn't see yet."""
    return Offer.objects.create(
        sending=sending,
        collection=recipient.collection,
        outside=recipient.outside,
        how=recipient.how,
        state=Offer.State.PREPARING,
    )


def publish(offer: Offer, recipient: Recipient) -> None:
    """Let the recipient see an offer that has all its records, and tell its administrators."""
    offer.state = Offer.State.OPEN if recipient.is_offered else Offer.State.PACKAGE
    count(offer)
    offer_news.arrived(offer)


def _must_make_sense(source: Collection, recipients: Sequence[Recipient]) -> None:
    if not recipients:
        raise Refused(_("Choose who is to receive the records."))
    transfers = [each for each in recipients if each.how == Offer.How.TRANSFER]
    if len(transfers) > 1:
        raise Refused(_("Only one recipient can take over a record. The others get copies."))
    for each in recipients:
        if each.collection == source:
            raise Refused(_("The records are in %s already.") % source)
        if each.collection is None and each.how == Offer.How.TRANSFER:
            raise Refused(_("A recipient outside of the portal gets a package, not a transfer."))
        if each.collection and not each.is_offered:
            _must_take_a_package(each.collection, each.how)


def _must_take_a_package(collection: Collection, how: str) -> None:
    if how == Offer.How.COPY and accepts(collection, FILE):
        return
    if how == Offer.How.COPY:
        raise Refused(_("%s accepts no copies.") % collection)
    if collection.management != Collection.Management.LIVE:
        refusal = _("%s is not kept in this portal, so it takes a package, not a transfer.")
        raise Refused(refusal % collection)
    raise Refused(_("%s accepts no transfers.") % collection)


def offer_records(offer: Offer, guids: Sequence[UUID]) -> int:
    """Add records to an offer, those that are in the sender's collection; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {OFFERED} (offer_id, record_guid, state, catalog_number, accession, "
            "reason) SELECT %s, o.guid, 'waiting', '', '', '' "
            f"FROM {OCCURRENCE} o JOIN unnest(%s::uuid[]) WITH ORDINALITY AS w(guid, nth) "
            "ON w.guid = o.guid WHERE o.collection_id = %s ORDER BY w.nth ON CONFLICT DO NOTHING",
            [offer.pk, list(guids), offer.sending.collection_id],
        )
        return int(cursor.rowcount)


def count(offer: Offer) -> None:
    """Bring the offer's counts and state up to date with its records, and save them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT state, count(*), count(received_at) FROM {OFFERED} WHERE offer_id = %s "
            "GROUP BY state",
            [offer.pk],
        )
        found = cursor.fetchall()
    by_state = {state: number for state, number, _received in found}
    offer.counts = {state: by_state.get(state, 0) for state in State.values}
    offer.counts["received"] = sum(received for _state, _number, received in found)
    if offer.state in (Offer.State.OPEN, Offer.State.ANSWERED):
        waiting = offer.counts[State.WAITING]
        offer.state = Offer.State.OPEN if waiting else Offer.State.ANSWERED
        offer.answered_at = None if waiting else timezone.now()
    offer.save(update_fields=["counts", "state", "answered_at"])


# --- answers that move nothing ------------------------------------------------------------------


def decline(user: Person, offer: Offer, guids: Iterable[UUID] | None, reason: str) -> int:
    """Decline some of the waiting records of an offer (None: all) and return how many."""
    _must_receive(user, offer)
    done = _settle(offer, guids, State.DECLINED, reason)
    if done:
        offer_news.keep(offer, OfferEntry.Kind.DECLINED, user, text=reason, records=done)
    return done


def withdraw(user: Person, offer: Offer, guids: Iterable[UUID] | None = None) -> int:
    """Take back what was offered and not answered yet; return how many records that were."""
    _must_manage(user, offer.sending.collection)
    done = _settle(offer, guids, State.WITHDRAWN, "")
    if not offer.records.exclude(state=State.WITHDRAWN).exists():
        offer.state = Offer.State.WITHDRAWN
        offer.save(update_fields=["state"])
    if done:
        offer_news.keep(offer, OfferEntry.Kind.WITHDRAWN, user, records=done)
    return done


def _settle(offer: Offer, guids: Iterable[UUID] | None, state: str, reason: str) -> int:
    with transaction.atomic():
        Offer.objects.select_for_update().get(pk=offer.pk)
        waiting = offer.records.filter(state=State.WAITING)
        if guids is not None:
            waiting = waiting.filter(record_guid__in=list(guids))
        done = waiting.update(state=state, reason=reason)
        count(offer)
    return done


# --- accepting ----------------------------------------------------------------------------------


def accept(
    user: Person,
    offer: Offer,
    guids: Iterable[UUID] | None = None,
    *,
    basis_of_record: str = "",
    images_too: bool = False,
) -> Any:
    """Start the job that takes over the waiting records (None: all) and return the job.

    Their numbers are those noted in OfferedRecord. basis_of_record: what they become; blank
    leaves what they are. images_too: also what was observed in pictures alone.
    """
    _must_receive(user, offer)
    _must_still_give(offer)
    _must_still_be_live(offer)
    options = {
        "guids": None if guids is None else [str(guid) for guid in guids],
        "basis_of_record": basis_of_record,
        "images_too": images_too,
    }
    return jobs.start("accept offer", offer.guid, user, offer.collection_id, options=options)


@work("accept offer")
def accept_job(progress: Progress) -> dict[str, Any]:
    """Take over what was chosen of the offer whose GUID is the job's key."""
    offer = Offer.objects.select_related("sending__collection", "sending__user", "collection").get(
        guid=progress.job.key
    )
    assert offer.collection_id
    with collection_lock(offer.sending.collection_id, offer.collection_id):
        accepting = _Accepting(offer, progress)
        try:
            while chunk := accepting.next():
                with transaction.atomic():
                    accepting.take(chunk)
                progress.report(accepting.done, accepting.total, _("Taking the records over"))
        except (Cancelled, Refused):
            accepting.close()
            raise
    return accepting.close()


@dataclass
class _Accepting:
    """One acceptance under way: its change set, and how far it is."""

    offer: Offer
    progress: Progress
    done: int = 0
    total: int = 0
    left: int = 0
    change_set: ChangeSet = field(init=False)

    def __post_init__(self) -> None:
        job = self.progress.job
        begun = ChangeSet.objects.filter(job=job, kind=ChangeSet.Kind.TRANSFER).first()
        self.change_set = begun or ChangeSet.objects.create(
            kind=ChangeSet.Kind.TRANSFER,
            user=job.user,
            collection_id=self.offer.collection_id,
            reason=str(self.offer.sending.collection),
            job=job,
        )
        self.done = self.offer.records.filter(change_set=self.change_set).count()
        self.left = self.change_set.counts.get("left", 0)
        self.total = self.done + self._chosen().count()

    def _chosen(self) -> Any:
        waiting = self.offer.records.filter(state=State.WAITING)
        guids = self.progress.job.options.get("guids")
        return waiting if guids is None else waiting.filter(record_guid__in=guids)

    def next(self) -> list[OfferedRecord]:
        return list(self._chosen().order_by("pk")[:CHUNK])

    def take(self, chunk: Sequence[OfferedRecord]) -> None:
        """Move or copy one chunk; what is no longer there to be had is declined by itself."""
        Offer.objects.select_for_update().get(pk=self.offer.pk)
        _must_receive(self.progress.job.user, self.offer)
        _must_still_give(self.offer)
        _must_still_be_live(self.offer)
        held = self._chosen().filter(pk__in=[each.pk for each in chunk]).select_for_update()
        offered = {each.record_guid: each for each in held}
        self._must_be_free([each.catalog_number for each in held if each.catalog_number])
        take = self._move if self.offer.how == Offer.How.TRANSFER else self._copy
        taken: Mapping[UUID, UUID | None] = take(offered)
        self._note(taken)
        gone = [offered[guid].pk for guid in offered.keys() - taken.keys()]
        reason = _("The record is no longer where it was offered from.")
        OfferedRecord.objects.filter(pk__in=gone).update(state=State.WITHDRAWN, reason=reason)
        self.done += len(taken)
        self.left += len(gone)
        self._keep_counts()

    def _must_be_free(self, numbers: Sequence[str]) -> None:
        assert self.offer.collection_id
        busy = numbering.taken(self.offer.collection_id, numbers)
        busy.update(number for number, times in Counter(numbers).items() if times > 1)
        if busy:
            told = _("These catalog numbers are taken in %(collection)s: %(numbers)s.")
            some = ", ".join(sorted(busy)[:5])
            raise Refused(told % {"collection": self.offer.collection, "numbers": some})

    def _bases(self, offered: Mapping[UUID, OfferedRecord]) -> dict[UUID, str]:
        """Return what each becomes; blank where it stays what it is.

        Of what was observed in pictures alone nobody has a sheet, unless it came or he says so.
        """
        wanted = self.progress.job.options.get("basis_of_record") or ""
        bases = dict.fromkeys(offered, wanted)
        if wanted and not self.progress.job.options.get("images_too"):
            unseen = [guid for guid, each in offered.items() if each.received_at is None]
            pictured = sheets.pictured_alone(Occurrence.objects.filter(guid__in=unseen))
            bases.update(dict.fromkeys(pictured.values_list("guid", flat=True), ""))
        return bases

    def _note(self, taken: Mapping[UUID, UUID | None]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {OFFERED} r SET state = 'accepted', change_set_id = %s, "
                "copy_guid = t.copy FROM unnest(%s::uuid[], %s::uuid[]) AS t(guid, copy) "
                "WHERE r.offer_id = %s AND r.record_guid = t.guid",
                [self.change_set.pk, list(taken), list(taken.values()), self.offer.pk],
            )

    def _keep_counts(self) -> None:
        self.change_set.counts = {"records": self.done, "left": self.left}
        self.change_set.save(update_fields=["counts"])

    def _move(self, offered: Mapping[UUID, OfferedRecord]) -> dict[UUID, None]:
        ids = dict(_standing(self.offer, offered).values_list("guid", "pk"))
        bases = self._bases(offered)
        arrivals = [
            Arrival(pk, offered[guid].catalog_number, offered[guid].accession, bases[guid])
            for guid, pk in ids.items()
        ]
        source, target = self.offer.sending.collection, self.offer.collection
        assert target
        giver = self.offer.sending.user
        moved = moving.move(self.change_set, source, target, arrivals, giver=giver)
        return dict.fromkeys(moved.moved)

    def _copy(self, offered: Mapping[UUID, OfferedRecord]) -> dict[UUID, UUID]:
        guids = list(_standing(self.offer, offered).values_list("guid", flat=True))
        originals = records.stored(guids)
        self._as_given(originals)
        copies = {guid: new_guid() for guid in originals}
        bases = self._bases(offered)
        drafts = [
            self._draft(originals[guid], copy, offered[guid], bases[guid])
            for guid, copy in copies.items()
        ]
        records.write(self.change_set, TERM_COLUMNS, drafts)
        clustering.link(self.change_set, list(copies.items()), {"why": "copy"})
        Origin.objects.bulk_create(
            Origin(
                record_guid=copy,
                original_guid=guid,
                source=self.offer.sending.collection,
                giver=self.offer.sending.user,
                how=Offer.How.COPY,
                change_set=self.change_set,
            )
            for guid, copy in copies.items()
        )
        return copies

    def _as_given(self, originals: Mapping[UUID, Stored]) -> None:
        """Take from records that have gone over meanwhile what their giver himself gave of them.

        What is withheld of them now may hold more, which is not his to give.
        """
        source = self.offer.sending.collection_id
        gone = {guid: each for guid, each in originals.items() if each.collection_id != source}
        moves = Origin.objects.filter(record_guid__in=gone, source=source, how=Offer.How.TRANSFER)
        given = dict(moves.order_by("pk").values_list("record_guid", "given"))
        for guid, record in gone.items():
            if record.withheld is not None or record.columns["protection"]:
                record.withheld = given.get(guid)
                record.identifications, record.extension_rows = [], []

    def _draft(self, original: Stored, guid: UUID, offered: OfferedRecord, basis: str) -> Draft:
        """Return a record of the same gathering as the receiver wants it.

        It keeps the security of the original, by its own or by a rule's, so it is no more open.
        """
        values = sheets.of_the_gathering(original.values)
        values["catalog_number"] = offered.catalog_number or None
        values["basis_of_record"] = basis or values.get("basis_of_record")
        accession = [(moving.ACCESSION, offered.accession)] if offered.accession else []
        determinations = [
            {**row, "guid": None, "type_status": None} for row in original.identifications
        ]
        assert self.offer.collection_id
        return Draft(
            guid,
            self.offer.collection_id,
            values,
            verbatim=original.verbatim,
            identifications=determinations,
            identifiers=accession,
            extension_rows=original.extension_rows,
        )

    def close(self) -> dict[str, Any]:
        """Bring the offer's counts up to date and tell the sender; a change set of nothing goes."""
        count(self.offer)
        if not self.done:
            self.change_set.delete()
        else:
            self._tell()
        return {"records": self.done, "left": self.left}

    def _tell(self) -> None:
        offer_news.keep(
            self.offer,
            OfferEntry.Kind.ACCEPTED,
            self.progress.job.user,
            records=self.done,
            change_set=self.change_set,
        )


def _standing(offer: Offer, offered: Iterable[UUID]) -> Any:
    """Return the records that are still where they were offered from.

    For a copy also those that another recipient of the same sending has taken over, openly: which
    of them answers first makes no difference.
    """
    there = Q(collection=offer.sending.collection_id)
    if offer.how == Offer.How.COPY:
        taking = Offer.objects.filter(sending=offer.sending, how=Offer.How.TRANSFER)
        taken = OfferedRecord.objects.filter(offer__in=taking, state=State.ACCEPTED)
        there |= Q(
            guid__in=taken.values("record_guid"),
            collection__in=taking.values("collection"),
            collection__is_public=True,
        )
    return Occurrence.objects.filter(there, guid__in=list(offered)).order_by("pk")


# --- and back -----------------------------------------------------------------------------------


def reopen(undoing: Undoing) -> None:
    """Let what an undo gave back wait for another answer, and what its undo brought be accepted.

    Said by where the records are now, so what the undo had to leave alone stays accepted.
    """
    acceptance = undoing.change_set
    while acceptance.undoes:
        acceptance = acceptance.undoes
    answered = OfferedRecord.objects.filter(change_set=acceptance)
    concerned = Offer.objects.filter(pk__in=answered.values("offer"))
    for offer in concerned.select_related("sending__collection", "collection"):
        if offer.state not in (Offer.State.OPEN, Offer.State.ANSWERED):
            continue
        with transaction.atomic():
            back = _by_where_they_are(offer, acceptance)
            count(offer)
            if back:
                by = undoing.undo.user
                undone = OfferEntry.Kind.UNDONE
                offer_news.keep(offer, undone, by, records=back, change_set=undoing.undo)


def _by_where_they_are(offer: Offer, acceptance: ChangeSet) -> int:
    """Set the states of what this change set brought; return how many records are back."""
    is_copy = offer.how == Offer.How.COPY
    there = Exists(
        Occurrence.objects.filter(guid=OuterRef("copy_guid"), collection=offer.collection)
        if is_copy
        else Occurrence.objects.filter(guid=OuterRef("record_guid")).exclude(
            collection=offer.sending.collection
        )
    )
    brought = offer.records.filter(change_set=acceptance)
    brought.filter(there, state=State.WAITING).update(state=State.ACCEPTED)
    return brought.filter(~there, state=State.ACCEPTED).update(state=State.WAITING)


undo.register("offer", reopen, last=True)


# --- rights -------------------------------------------------------------------------------------


def _must_manage(user: Any, collection: Collection) -> None:
    if not Collection.objects.managed_by(user).filter(pk=collection.pk).exists():
        raise Refused(_("Only an administrator of %s can hand its records over.") % collection)


def _must_receive(user: Any, offer: Offer) -> None:
    if not user or not Offer.objects.received_by(user).filter(pk=offer.pk).exists():
        raise Refused(_("Only an administrator of the receiving collection can answer an offer."))


def _must_still_give(offer: Offer) -> None:
    """Refuse when whoever offered the records could not hand them over any more."""
    if offer.state == Offer.State.PACKAGE:
        raise Refused(_("These records went as a package: there is nothing to accept here."))
    if offer.sending.user is None:
        raise Refused(_("Whoever offered these records is no longer here. Ask for a new offer."))
    _must_manage(offer.sending.user, offer.sending.collection)


def _must_still_be_live(offer: Offer) -> None:
    """Refuse when the receiving collection has become one that is kept elsewhere."""
    live = Collection.objects.filter(management=Collection.Management.LIVE)
    if offer.collection_id is None or not live.filter(pk=offer.collection_id).exists():
        refusal = _("%s is no longer kept in this portal, so it takes packages alone.")
        raise Refused(refusal % offer.collection)
