"""Who receives an offer is reminded; it expires only where the portal wants it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts import noticing
from accounts.models import Notice
from biocollections.models import Collection
from journal.models import Job
from occurrences import offering, reminding
from occurrences.models import Offer
from occurrences.offering import Recipient
from portal import celery_app
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(db: None) -> Offer:
    collector, curator = make.user("collector"), make.user("curator")
    profile = make.collection(administrator=collector, type=Collection.Type.PERSONAL)
    herbarium = make.collection("ARIZ", administrator=curator)
    made = make.occurrences(profile, [{"record_number": "1"}, {"record_number": "2"}])
    sent = offering.send(
        collector, profile, [each.guid for each in made], [Recipient("transfer", herbarium)]
    )
    return sent.offers.get()


def _after(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    later = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: later)


def _told(name: str, kind: str) -> list[str]:
    notices = Notice.objects.filter(person__username=name, kind=kind)
    return [noticing.sentence(notice) for notice in notices]


def test_the_receiver_is_reminded_and_not_every_day(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reminding.remind() == (0, 0)
    _after(monkeypatch, 15)
    assert reminding.remind() == (0, 1)
    assert reminding.remind() == (0, 0)
    assert "2 records" in _told("curator", reminding.WAITS)[0]
    assert not _told("collector", reminding.WAITS)
    _after(monkeypatch, 15)
    assert reminding.remind() == (0, 1)


def test_what_was_answered_needs_no_reminder(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    offering.withdraw(offer.sending.user, offer)
    _after(monkeypatch, 100)
    assert reminding.remind() == (0, 0)


def test_an_offer_waits_for_ever_unless_the_portal_sets_a_term(
    offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _after(monkeypatch, 3000)
    reminding.remind()
    offer.refresh_from_db()
    assert (offer.state, offer.counts["waiting"]) == (Offer.State.OPEN, 2)


def test_an_expired_offer_says_so_and_its_sender_is_told(
    offer: Offer, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OFFER_EXPIRY_DAYS = 30
    assert reminding.remind()[0] == 0
    _after(monkeypatch, 31)
    assert reminding.remind() == (1, 0)
    offer.refresh_from_db()
    assert (offer.state, offer.get_state_display()) == ("expired", "expired")
    assert (offer.counts["waiting"], offer.counts["withdrawn"]) == (0, 2)
    assert "2 records" in _told("collector", reminding.EXPIRED)[0]


def test_what_is_being_accepted_does_not_expire(
    offer: Offer, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OFFER_EXPIRY_DAYS = 30
    reminding.remind()
    Job.objects.create(kind="accept offer", key=str(offer.guid), state=Job.State.RUNNING)
    _after(monkeypatch, 31)
    assert reminding.remind()[0] == 0
    offer.refresh_from_db()
    assert offer.state == Offer.State.OPEN


def test_the_beat_asks() -> None:
    tasks: list[Any] = [entry["task"] for entry in celery_app.conf.beat_schedule.values()]
    assert "occurrences.tasks.remind_of_offers" in tasks
