"""All offers and transfers of the portal, and acting for people in them: for portal admins."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import acting
from accounts.models import AccountEvent
from biocollections.models import Collection, Person
from darwincore.guarding import guarded
from journal.models import Change, ChangeSet
from journal.undo import is_undone
from occurrences import moving
from occurrences.models import Offer
from occurrences.telling import administrators_of

RIGHT = "occurrences.oversee_transfers"
PAGE = 50
CHUNK = 1000
COLUMNS = (
    "offered from to how state sender records waiting accepted declined withdrawn received "
    "answered expires message guid"
).split()


@dataclass(frozen=True)
class Transfer:
    """A change set that took records from one collection into another, as a list shows it."""

    change_set: ChangeSet
    source: Collection | None
    target: Collection | None
    is_undone: bool


def require(user: Person) -> None:
    """Raise PermissionDenied for whoever doesn't oversee all offers and transfers."""
    if not user.has_perm(RIGHT):  # type: ignore[union-attr]
        raise PermissionDenied


def offers() -> QuerySet[Offer]:
    """Return all offers with what a list shows of them, the latest first."""
    whole = Offer.objects.exclude(state=Offer.State.PREPARING)
    return whole.select_related("sending__collection", "sending__user", "collection").order_by(
        "-pk"
    )


def of_collection(code: str) -> Q:
    """Want the offers from or to the collection of this code, or to whom this acronym names."""
    named = Q(sending__collection__code__iexact=code) | Q(collection__code__iexact=code)
    return named | Q(outside__iexact=code)


def of_person(words: str) -> Q:
    """Want the offers that somebody of this user name or e-mail address sent."""
    return Q(sending__user__username__iexact=words) | Q(sending__user__email__iexact=words)


def as_csv(chosen: QuerySet[Offer]) -> Iterator[str]:
    """Yield the lines of a CSV of these offers."""
    writer = csv.writer(_Echo())  # type: ignore[arg-type]
    yield "\ufeff" + str(writer.writerow(COLUMNS))
    for offer in chosen.iterator(chunk_size=CHUNK):
        yield str(writer.writerow([guarded(text) for text in _cells(offer)]))


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, text: str) -> str:
        return text


def _cells(offer: Offer) -> Iterable[str]:
    sending, counts = offer.sending, offer.counts
    numbers = ("waiting", "accepted", "declined", "withdrawn", "received")
    yield timezone.localtime(sending.made_at).isoformat(timespec="minutes")
    yield sending.collection.code
    yield offer.collection.code if offer.collection else offer.outside
    yield offer.how
    yield offer.state
    yield sending.user.get_username() if sending.user else ""
    yield str(sum(counts.get(name, 0) for name in numbers[:-1]))
    yield from (str(counts.get(name, 0)) for name in numbers)
    for moment in (offer.answered_at, offer.expires_at):
        yield timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""
    yield sending.message
    yield str(offer.guid)


# --- what was carried out -------------------------------------------------------------------------


def transfers() -> QuerySet[ChangeSet]:
    """Return the change sets by which records or copies came into a collection, latest first."""
    made = ChangeSet.objects.filter(kind=ChangeSet.Kind.TRANSFER)
    return made.select_related("user").prefetch_related("undone_by").order_by("-pk")


def told(change_sets: Iterable[ChangeSet]) -> list[Transfer]:
    """Return what a list shows of these transfers: from where, to where, whether undone."""
    made = list(change_sets)
    moved = Change.objects.filter(change_set__in=made, kind=moving.KIND)
    first = moved.order_by("change_set_id", "pk").distinct("change_set_id")
    from_ = {each.change_set_id: (each.before or {}).get("collection_id") for each in first}
    offered = Offer.objects.filter(records__change_set__in=made).order_by()
    pairs = offered.values_list(F("records__change_set"), "sending__collection").distinct()
    from_ = {**dict(pairs), **{key: int(pk) for key, pk in from_.items() if pk}}
    keys = {*from_.values(), *(each.collection_id for each in made)} - {None}
    known = Collection.objects.in_bulk(list(keys))
    return [
        Transfer(
            each,
            known.get(from_.get(each.pk, 0)),
            known.get(each.collection_id or 0),
            is_undone(each),
        )
        for each in made
    ]


# --- acting for somebody --------------------------------------------------------------------------


def people_of(offer: Offer, helper: Any) -> list[tuple[str, Any]]:
    """Return ("sender" or "receiver", person) of those `helper` may act for in this offer."""
    sides: list[tuple[str, Any]] = [("sender", offer.sending.user)]
    sides += [("sender", person) for person in administrators_of(offer.sending.collection)]
    if offer.collection:
        sides += [("receiver", person) for person in administrators_of(offer.collection)]
    seen = dict.fromkeys((side, person) for side, person in sides if person)
    return [(side, person) for side, person in seen if acting.may_act_for(helper, person)]


def acts_for(people: Iterable[Any]) -> QuerySet[AccountEvent]:
    """Return when the help desk acted for these people, and why, the latest first."""
    events = AccountEvent.objects.filter(kind=AccountEvent.Kind.ACTING, person__in=list(people))
    return events.select_related("by", "person").order_by("-pk")
