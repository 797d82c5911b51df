"""Offers that nobody answers: receivers are reminded; they expire where the portal wants it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from journal.models import Job
from occurrences import offering
from occurrences.models import Offer, OfferedRecord
from occurrences.telling import administrators_of

WAITS = noticing.kind(
    "offer waits",
    gettext_noop("One record that %(source)s offers to %(target)s waits since %(day)s."),
    gettext_noop("%(number)s records that %(source)s offers to %(target)s wait since %(day)s."),
)
EXPIRED = noticing.kind(
    "offer expired",
    gettext_noop("Your offer of one record to %(target)s has expired. The record stays yours."),
    gettext_noop(
        "Your offer to %(target)s has expired. %(number)s records had no answer and stay yours."
    ),
)


def remind() -> tuple[int, int]:
    """Let offers expire whose time is over, remind of the others; return how many of each.

    Asked as often as one likes: each is reminded of once in OFFER_REMINDER_DAYS.
    """
    now = timezone.now()
    expired = _expire(now) if settings.OFFER_EXPIRY_DAYS else 0
    return expired, _remind(now) if settings.OFFER_REMINDER_DAYS else 0


def _open() -> QuerySet[Offer]:
    waiting = Offer.objects.filter(state=Offer.State.OPEN, collection__isnull=False)
    return waiting.select_related("sending__collection", "sending__user", "collection")


def _expire(now: datetime) -> int:
    """An offer has its whole time from when it was first seen under this setting."""
    new = Offer.objects.filter(state=Offer.State.OPEN, expires_at=None)
    new.update(expires_at=now + timedelta(days=settings.OFFER_EXPIRY_DAYS))
    over = _open().filter(expires_at__lt=now).values_list("pk", flat=True)
    return sum(_let_expire(pk) for pk in over)


def _let_expire(pk: int) -> bool:
    with transaction.atomic():
        offer = _open().select_for_update(of=("self",)).filter(pk=pk).first()
        if offer is None or _is_being_accepted(offer):
            return False
        number = offer.records.filter(state=OfferedRecord.State.WAITING).update(
            state=OfferedRecord.State.WITHDRAWN, reason=_("The offer has expired.")
        )
        offering.count(offer)
        offer.state = Offer.State.EXPIRED
        offer.save(update_fields=["state"])
        words = {"target": offer.collection, "number": number}
        source = administrators_of(offer.sending.collection)
        noticing.tell([offer.sending.user, *source], EXPIRED, offer.get_absolute_url(), words)
    return True


def _is_being_accepted(offer: Offer) -> bool:
    return Job.objects.filter(
        kind="accept offer", key=str(offer.guid), state__in=Job.UNFINISHED
    ).exists()


def _remind(now: datetime) -> int:
    patience = now - timedelta(days=settings.OFFER_REMINDER_DAYS)
    asked = Coalesce("reminded_at", "sending__made_at")
    with transaction.atomic():
        late = _open().annotate(asked=asked).filter(Q(asked__lt=patience))
        offers = list(late.select_for_update(of=("self",), skip_locked=True))
        Offer.objects.filter(pk__in=[offer.pk for offer in offers]).update(reminded_at=now)
        for offer in offers:
            _tell(offer)
    return len(offers)


def _tell(offer: Offer) -> None:
    assert offer.collection
    words = {
        "source": offer.sending.collection,
        "target": offer.collection,
        "number": offer.counts.get(OfferedRecord.State.WAITING, 0),
        "day": timezone.localdate(offer.sending.made_at),
    }
    people = administrators_of(offer.collection)
    noticing.tell(people, WAITS, offer.get_absolute_url(), words)
