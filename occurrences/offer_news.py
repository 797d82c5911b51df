"""What was said and done about an offer: kept for both sides to read, and told to the other one.

Notices name collections, people and numbers of records, never a place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.models import Collection, Grant, Role
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences.models import Offer, OfferEntry

Kind = OfferEntry.Kind
LONGEST = 5000

OFFERED = noticing.kind(
    "offered",
    gettext_noop("%(person)s offers one record of %(source)s to %(target)s."),
    gettext_noop("%(person)s offers %(number)s records of %(source)s to %(target)s."),
)
PACKAGE = noticing.kind(
    "package",
    gettext_noop("%(person)s made a package of one record of %(source)s for %(target)s."),
    gettext_noop("%(person)s made a package of %(number)s records of %(source)s for %(target)s."),
)
_NOTICES = {
    Kind.ACCEPTED: noticing.kind(
        "offer accepted",
        gettext_noop("%(target)s accepted one of the records you offered."),
        gettext_noop("%(target)s accepted %(number)s of the records you offered."),
    ),
    Kind.DECLINED: noticing.kind(
        "offer declined",
        gettext_noop("%(target)s declined one of the records you offered: %(text)s"),
        gettext_noop("%(target)s declined %(number)s of the records you offered: %(text)s"),
    ),
    Kind.UNDONE: noticing.kind(
        "offer undone",
        gettext_noop("%(target)s gave back one record that it had accepted."),
        gettext_noop("%(target)s gave back %(number)s records that it had accepted."),
    ),
    Kind.WITHDRAWN: noticing.kind(
        "offer withdrawn",
        gettext_noop("%(source)s withdrew one of the records it offered to %(target)s."),
        gettext_noop("%(source)s withdrew %(number)s of the records it offered to %(target)s."),
    ),
    Kind.ASKED: noticing.kind(
        "offer asked", gettext_noop("%(target)s asks about the records you offered: %(text)s")
    ),
    Kind.ANSWERED: noticing.kind(
        "offer answered", gettext_noop("%(source)s answers about the records it offers: %(text)s")
    ),
}
_TO_THE_RECEIVER = (Kind.WITHDRAWN, Kind.ANSWERED)


def arrived(offer: Offer) -> None:
    """Tell the administrators of the receiving collection that records are offered to them."""
    if offer.collection is None:
        return
    kind = PACKAGE if offer.state == Offer.State.PACKAGE else OFFERED
    words = {**_words(offer), "person": _name(offer.sending.user)}
    words["number"] = sum(offer.counts.get(state, 0) for state in ("waiting", "accepted"))
    people = _administrators(offer.collection, but=offer.sending.user)
    noticing.tell(people, kind, offer.get_absolute_url(), words)


def keep(
    offer: Offer,
    kind: OfferEntry.Kind,
    by: Any,
    *,
    text: str = "",
    records: int | None = None,
    change_set: ChangeSet | None = None,
) -> None:
    """Keep what was said or done, and tell the other side; of one change set once."""
    told = {"by": by, "text": text[:LONGEST], "records": records}
    if change_set:
        OfferEntry.objects.update_or_create(
            offer=offer, kind=kind, change_set=change_set, defaults=told
        )
    else:
        OfferEntry.objects.create(offer=offer, kind=kind, **told)
    words = {**_words(offer), "number": 1 if records is None else records, "text": text[:200]}
    noticing.tell(_other_side(offer, kind, by), _NOTICES[kind], offer.get_absolute_url(), words)


def say(user: Any, offer: Offer, text: str) -> OfferEntry.Kind:
    """Ask the sender, as the receiver; answer, as the sender. Returns which it was."""
    if not text.strip():
        raise Refused(_("Write what you want to ask or say."))
    receives = Offer.objects.received_by(user).filter(pk=offer.pk).exists()
    if not receives and not Offer.objects.sent_by(user).filter(pk=offer.pk).exists():
        raise Refused(_("Only those who send and receive these records talk about them here."))
    kind = Kind.ASKED if receives else Kind.ANSWERED
    keep(offer, kind, user, text=text.strip())
    return kind


def _words(offer: Offer) -> dict[str, Any]:
    return {"source": offer.sending.collection.name, "target": offer.recipient}


def _name(person: Any) -> str:
    return str(person.get_full_name() or person) if person else str(_("Somebody"))


def _other_side(offer: Offer, kind: OfferEntry.Kind, by: Any) -> Iterable[Any]:
    if kind in _TO_THE_RECEIVER:
        return _administrators(offer.collection, but=by)
    return {offer.sending.user, *_administrators(offer.sending.collection)} - {by}


def _administrators(collection: Collection | None, *, but: Any = None) -> list[Any]:
    grants = Grant.objects.valid().filter(
        collection=collection, collection__isnull=False, role=Role.ADMINISTRATOR, scope={}
    )
    people = {grant.user for grant in grants.select_related("user") if grant.user.is_active}
    return sorted(people - {but}, key=lambda person: person.pk)
