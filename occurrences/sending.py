"""Sending records to collections: prepared as a draft, looked through, then offered by a job.

A draft is a Sending that holds a selection and who is wanted for it. Looking through it counts the
recipients of each gathering against its Dupe Count, those of earlier sendings too. Offering is a
job, for 100,000 records to several recipients take seconds: nobody sees an offer before it is
whole, and a job that was cut off begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from accounts.leaving import Rows, holds
from accounts.models import User
from biocollections.models import Collection
from journal import jobs
from journal.jobs import Progress, Refused, work
from journal.models import ChangeSet, Job
from occurrences import offering, packing
from occurrences.models import Occurrence, Offer, OfferedRecord, Protection, Sending
from occurrences.models.record import OccurrenceQuerySet
from occurrences.offering import MOST_RECORDS, OFFERED, Recipient
from occurrences.readers import as_sql
from occurrences.selecting import Selection

KIND = "send"
CHUNK = 10_000
AT_ONCE = 5_000  # rows of offers that are made while the person waits
MOST_LISTED = 25
KEPT_DRAFTS = timedelta(days=14)
TRANSFER = Offer.How.TRANSFER


# --- a draft --------------------------------------------------------------------------------------


def own(user: Any) -> OccurrenceQuerySet:
    """Return the records that `user` may hand over."""
    return Occurrence.objects.deletable_by(user)


def begin(user: Any, selection: Selection) -> Sending | None:
    """Return a new draft about these records; None where none of them is this person's to give.

    Records of several collections are sent from one at a time: from the one that has most of them.
    """
    found = selection.within(own(user), user).order_by()
    counted = found.values_list("collection").annotate(number=Count("pk")).order_by("-number")
    most = counted.first()
    if most is None:
        return None
    old = Sending.objects.filter(user=user, state=Sending.State.DRAFT)
    forget(old.filter(made_at__lt=timezone.now() - KEPT_DRAFTS))
    return Sending.objects.create(
        user=user,
        collection_id=most[0],
        selection=selection.as_json(),
        state=Sending.State.DRAFT,
    )


def forget(drafts: Iterable[Sending]) -> None:
    """Drop drafts with the permits attached to them."""
    for draft in drafts:
        for permit in draft.permit_files.all():
            permit.file.delete(save=False)
        draft.delete()


def chosen(sending: Sending) -> OccurrenceQuerySet:
    """Return the records of a draft: of its selection those that may go from its collection."""
    records = own(sending.user).filter(collection=sending.collection_id)
    return Selection.read(sending.selection).within(records, sending.user)


def sources(sending: Sending) -> list[tuple[Collection, int]]:
    """Return the collections a draft's selection has records of, with their numbers."""
    found = Selection.read(sending.selection).within(own(sending.user), sending.user).order_by()
    numbers = dict(found.values_list("collection").annotate(number=Count("pk")))
    collections = Collection.objects.filter(pk__in=numbers)
    return [(collection, numbers[collection.pk]) for collection in collections]


def recipients(sending: Sending) -> list[Recipient]:
    """Return who is wanted for a draft; a collection that has gone meanwhile is left out."""
    told = sending.wanted.get("recipients", [])
    guids = [each["collection"] for each in told if each["collection"]]
    known = {str(each.guid): each for each in Collection.objects.filter(guid__in=guids)}
    return [
        Recipient(
            each["how"],
            known.get(each["collection"]),
            each["outside"],
            package=each["package"],
        )
        for each in told
        if each["outside"] or each["collection"] in known
    ]


def want(sending: Sending, wanted: Iterable[Recipient]) -> None:
    """Keep with the draft who is to get its records, and how."""
    sending.wanted = sending.wanted | {
        "recipients": [
            {
                "how": each.how,
                "collection": str(each.collection.guid) if each.collection else "",
                "outside": each.outside,
                "package": each.package,
            }
            for each in wanted
        ]
    }


# --- looking through it ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Beyond:
    """A record that goes to more recipients than it has duplicates. earlier: who was sent it."""

    guid: UUID
    dupe_count: str
    now: int
    earlier: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.now + len(self.earlier)


@dataclass(frozen=True)
class Look:
    """What there is to know before a draft is sent: numbers of records, and the first beyond.

    uncounted: without a Dupe Count. again: offered to one of these recipients before. contested:
    offered as a transfer to somebody who hasn't answered. place, whole: protected that much.
    """

    records: int
    beyond: int
    uncounted: int
    again: int
    contested: int
    place: int
    whole: int
    listed: tuple[tuple[Occurrence, Beyond], ...] = ()


def look(sending: Sending, wanted: list[Recipient]) -> Look:
    """Count what a draft's sender should know, in one statement however many records."""
    rows = chosen(sending).order_by().values("id", "guid", "protection", "duplicate_quantity")
    statement = sql.SQL(_LOOK).format(
        rows=as_sql(rows),
        marks=sql.Literal([_mark(each) for each in wanted]),
        number=sql.Literal(len(wanted)),
        giving=sql.Literal(any(each.how == TRANSFER for each in wanted)),
        most=sql.Literal(MOST_LISTED),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        *counted, first = cursor.fetchone()
    told = json.loads(first)
    beyond = [Beyond(UUID(guid), dupes, len(wanted), tuple(was)) for guid, dupes, was in told]
    records = chosen(sending).in_bulk([each.guid for each in beyond], field_name="guid")
    listed = tuple((records[each.guid], each) for each in beyond if each.guid in records)
    names = (each.name for each in fields(Look))
    return Look(**dict(zip(names, [*counted, listed], strict=True)))


def _mark(recipient: Recipient) -> str:
    """Return what a recipient is known by in the list of those who were sent a record."""
    return (recipient.collection.code if recipient.collection else recipient.outside).lower()


# What a record's Dupe Count is: its first number, as on labels. Whoever declined, or from whom it
# was withdrawn, has no sheet of it.
_SENT = f"""
    FROM {OFFERED} r JOIN given g ON g.id = r.offer_id WHERE r.state IN ('waiting', 'accepted')
"""
_LOOK = f"""
    WITH chosen AS MATERIALIZED ({{rows}}), given AS MATERIALIZED (
        SELECT f.id, t.name, dense_rank() OVER (ORDER BY lower(t.name)) AS recipient,
            lower(t.name) = ANY({{marks}}::text[]) AS is_now,
            f.how = 'transfer' AND f.state = 'open' AS is_promise
        FROM {Offer._meta.db_table} f
        LEFT JOIN {Collection._meta.db_table} k ON k.id = f.collection_id
        CROSS JOIN LATERAL (SELECT coalesce(k.code, f.outside) AS name) t
        WHERE f.state NOT IN ('withdrawn', 'preparing')
    ), sent AS (
        SELECT r.record_guid, bool_or(g.is_now) AS again,
            count(DISTINCT g.recipient) FILTER (WHERE NOT g.is_now) AS earlier,
            bool_or(g.is_promise AND r.state = 'waiting') AS promised
        {_SENT} AND r.record_guid IN (SELECT guid FROM chosen) GROUP BY r.record_guid
    ), told AS MATERIALIZED (
        SELECT c.*, s.again, s.promised AND {{giving}} AS contested, t.dupes,
            t.dupes < {{number}} + coalesce(s.earlier, 0) AS is_beyond
        FROM chosen c LEFT JOIN sent s ON s.record_guid = c.guid
        CROSS JOIN LATERAL (
            SELECT substring(c.duplicate_quantity FROM '[0-9]{{{{1,6}}}}')::int AS dupes) t
    )
    SELECT count(*), count(*) FILTER (WHERE is_beyond), count(*) FILTER (WHERE dupes IS NULL),
        count(*) FILTER (WHERE again), count(*) FILTER (WHERE contested),
        count(*) FILTER (WHERE protection IN ({Protection.CELL:d}, {Protection.PLACE:d})),
        count(*) FILTER (WHERE protection = {Protection.WHOLE:d}),
        (SELECT coalesce(jsonb_agg(jsonb_build_array(f.guid, f.duplicate_quantity, ARRAY(
            SELECT DISTINCT g.name {_SENT} AND r.record_guid = f.guid AND NOT g.is_now ORDER BY 1
        )) ORDER BY f.id), '[]')
        FROM (SELECT * FROM told WHERE is_beyond ORDER BY id LIMIT {{most}}) f)
    FROM told
"""


# --- sending --------------------------------------------------------------------------------------


def start(sending: Sending) -> Job | None:
    """Have a draft sent: at once where it is few records, else by a worker.

    None where somebody pressed Send twice. Raises Refused where it can't be sent.
    """
    if sending.state != Sending.State.DRAFT:
        return None
    wanted = recipients(sending)
    _check(sending, wanted)
    number = chosen(sending).count()
    if not number:
        raise Refused(_("None of these records is yours to send."))
    if number > MOST_RECORDS:
        words = _("At most %(most)s records can be sent at a time; these are %(number)s.")
        raise Refused(words % {"most": f"{MOST_RECORDS:,}", "number": f"{number:,}"})
    given = KIND, sending.guid, sending.user, sending.collection_id
    try:
        few = number * len(wanted) <= AT_ONCE
        sending.job = jobs.run_here(*given) if few else jobs.start(*given)
    except IntegrityError:
        return None
    Sending.objects.filter(pk=sending.pk).update(job=sending.job)
    return sending.job


def _check(sending: Sending, wanted: list[Recipient]) -> None:
    if sending.user is None:
        raise Refused(_("Whoever prepared this is no longer here."))
    offering.check(sending.user, sending.collection, wanted)


def is_under_way(sending: Sending) -> bool:
    """Tell whether a job is at it, so that the draft stays as it was sent off."""
    return sending.job is not None and not sending.job.is_finished


@work(KIND)
def send_job(progress: Progress) -> dict[str, Any]:
    """Make the offers of the draft whose GUID is the job's key; return how many records."""
    sending = Sending.objects.select_related("collection", "user").get(guid=progress.job.key)
    if sending.state != Sending.State.DRAFT:
        return _followed(sending, sending.wanted.get("number", 0))
    wanted = recipients(sending)
    _check(sending, wanted)
    sending.offers.all().delete()  # of a job that was cut off
    guids = list(chosen(sending).order_by("pk").values_list("guid", flat=True))
    made, total = [], len(guids) * len(wanted)
    for nth, recipient in enumerate(wanted):
        made.append(offering.begin(sending, recipient))
        for at in range(0, len(guids), CHUNK):
            offering.offer_records(made[-1], guids[at : at + CHUNK])
            done = nth * len(guids) + min(at + CHUNK, len(guids))
            progress.report(done, total, _("Offering the records"))
    _publish(sending, made, wanted, len(guids))
    return _followed(sending, len(guids))


def _publish(sending: Sending, made: list[Offer], wanted: list[Recipient], number: int) -> None:
    """Let all recipients see their offers at the same moment."""
    with transaction.atomic():
        _check(sending, wanted)
        for offer, recipient in zip(made, wanted, strict=True):
            offering.publish(offer, recipient)
        sending.state, sending.made_at = Sending.State.SENT, timezone.now()
        sending.wanted = sending.wanted | {"number": number}
        sending.save(update_fields=["state", "made_at", "wanted"])


def _followed(sending: Sending, number: int) -> dict[str, Any]:
    """Have done what follows from a sending: packages, and moving where both sides are the same.

    Nothing of it twice, so a job that was cut off can come here again.
    """
    exact = bool(sending.wanted.get("exact"))
    for offer in sending.offers.select_related("collection", "sending__user"):
        if offer.state == Offer.State.PACKAGE and not offer.packages.exists():
            packing.start(offer, sending.user, sending.wanted.get("format", "dwca"), exact=exact)
        elif offer.state == Offer.State.OPEN and moves_at_once(sending, offer):
            assert offer.collection
            basis = offer.collection.basis_of_record if sending.wanted.get("specimens") else ""
            offering.accept(sending.user, offer, basis_of_record=basis)
    return {"records": number}


def moves_at_once(sending: Sending, to: Offer | Recipient) -> bool:
    """Tell whether a transfer waits for nobody: its sender administers the other side as well."""
    if to.how != TRANSFER or to.collection is None or not sending.wanted.get("at_once", True):
        return False
    return Collection.objects.managed_by(sending.user).filter(pk=to.collection.pk).exists()


# --- following it ---------------------------------------------------------------------------------


def sent_from(user: Any) -> QuerySet[Sending]:
    """Return the sendings of collections that `user` administers, the latest first."""
    offers = Offer.objects.select_related("collection").order_by("pk")
    sent = Sending.objects.sent_by(user).select_related("collection", "user", "job")
    return sent.prefetch_related(Prefetch("offers", queryset=offers))


def declined(offer: Offer) -> list[tuple[str, int]]:
    """Return the reasons for which records of an offer were declined, with their numbers."""
    given = offer.records.filter(state=OfferedRecord.State.DECLINED).order_by()
    found = given.values_list("reason").annotate(number=Count("pk")).order_by("-number")
    return list(found[:MOST_LISTED])


@holds("sendings")
def held(person: User) -> Rows:
    """Return what is held about what a person sent."""
    for sending in Sending.objects.filter(user=person).select_related("collection"):
        yield {
            "from": sending.collection.code,
            "to": [offer.recipient for offer in sending.offers.select_related("collection")],
            "at": sending.made_at,
            "message": sending.message,
            "permits": sending.permits,
        }


def change_sets(offer: Offer) -> QuerySet[ChangeSet]:
    """Return what was done by accepting an offer, the latest first."""
    done = offer.records.exclude(change_set=None).values("change_set")
    return ChangeSet.objects.filter(pk__in=done).order_by("-pk")


# --- one record -----------------------------------------------------------------------------------


def promised(record: Occurrence) -> list[Offer]:
    """Return the transfers in which a record is offered and waits for an answer."""
    waiting = OfferedRecord.objects.filter(
        record_guid=record.guid, state=OfferedRecord.State.WAITING
    )
    offers = Offer.objects.filter(
        how=TRANSFER,
        state=Offer.State.OPEN,
        sending__collection=record.collection_id,
        pk__in=waiting.values("offer"),
    )
    return list(offers.select_related("sending__collection", "collection"))


def give(user: Any, record: Occurrence, target: Collection, given: Mapping[str, Any]) -> Offer:
    """Offer one record as a transfer and, where `user` administers both sides, accept it.

    given: message, catalog_number, accession, specimen: whether there is one, by which it becomes
    what that collection keeps. What is under way in one of the collections is not waited for: then
    a worker moves the record. Raises Refused. The same offer twice is one.
    """
    for standing in promised(record):
        if standing.collection == target and standing.counts.get("waiting") == 1:
            return standing
    mine = Collection.objects.managed_by(user).filter(pk=target.pk).exists()
    parcel = {"message": given["message"]}
    sent = offering.send(
        user, record.collection, [record.guid], [Recipient(TRANSFER, target)], parcel
    )
    offer = sent.offers.select_related("sending__collection", "collection").get()
    if mine:
        numbers = {name: given[name] for name in ("catalog_number", "accession")}
        offer.records.update(**numbers)
        basis = target.basis_of_record if given.get("specimen") else ""
        _accept(user, offer, {"basis_of_record": basis, "images_too": True})
        offer.refresh_from_db()
    return offer


def _accept(user: Any, offer: Offer, options: dict[str, Any]) -> None:
    busy = Job.objects.filter(
        collection_id__in=[offer.sending.collection_id, offer.collection_id],
        state=Job.State.RUNNING,
    )
    if busy.exists():
        offering.accept(user, offer, **options)
        return
    job = jobs.run_here("accept offer", offer.guid, user, offer.collection_id, options)
    if job.state == Job.State.FAILED:
        offering.withdraw(user, offer)
        raise Refused(job.error)


def accepting(offer: Offer) -> Job | None:
    """Return the job that accepts an offer, while it is under way."""
    kind, key = "accept offer", str(offer.guid)
    return Job.objects.filter(kind=kind, key=key, state__in=Job.UNFINISHED).first()
