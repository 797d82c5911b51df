"""Guessing a password gets slower and slower, and never locks the owner out.

Wrong passwords are counted for an account from one place: a browser that has signed in to it
before, or else an address of the network. After a few the next guess has to wait, twice as long
each time. From another place, and from a browser it knows, the account can always be entered; so
can the page that sends a link to a new password. While many places guess at one account, a new
place has one guess before it waits. An attempt is counted before the password is looked at, so a
hundred at once are no way around it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core import signing
from django.db import connection
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import AccountEvent, User, WrongGuess, note

logger = logging.getLogger(__name__)

FREE, FREE_UNDER_ATTACK, FREE_OF_AN_ADDRESS = 5, 1, 30  # wrong ones before any waiting
ATTACK = 20  # wrong ones at one account, wherever they come from, within FORGOTTEN
LONGEST = 300  # seconds to wait
FORGOTTEN = timedelta(hours=1)
NO_WAIT = timedelta(days=1)  # ended so long ago that clocks may differ
COOKIE, COOKIE_DAYS, MOST_ON_A_DEVICE = "device", 365, 10


class Wait(Exception):
    """Another guess has to wait for so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way: who is meant, and the keys its guesses are counted by."""

    person_id: int | None
    here: str
    address: str
    account: str
    is_known_device: bool


def begin(request: HttpRequest, login: str) -> Attempt:
    """Count an attempt as wrong until `succeeded` takes that back. Raises Wait."""
    attempt = _attempt(request, login)
    now = timezone.now()
    if not attempt.is_known_device:
        _count(attempt.address, FREE_OF_AN_ADDRESS, now)
    under_attack = WrongGuess.objects.filter(
        key=attempt.account, times__gte=ATTACK, at__gt=now - FORGOTTEN
    ).exists()
    careful = under_attack and not attempt.is_known_device
    _count(attempt.here, FREE_UNDER_ATTACK if careful else FREE, now)
    if _count(attempt.account, None, now) == ATTACK:
        _alert(attempt)
    return attempt


def succeeded(attempt: Attempt) -> None:
    """The password was right: forget what was wrong here, and that this attempt was counted."""
    WrongGuess.objects.filter(key=attempt.here).delete()
    counted = Q(key=attempt.account)
    if not attempt.is_known_device:
        counted |= Q(key=attempt.address)
    WrongGuess.objects.filter(counted, times__gt=0).update(
        times=F("times") - 1, wait_until=timezone.now() - NO_WAIT
    )


def remember_device(request: HttpRequest, response: HttpResponseBase, person: Any) -> None:
    """Let this browser be known as one that has signed in as `person`."""
    known = _device(request) or {"id": uuid4().hex, "people": []}
    people = [person.pk, *(each for each in known["people"] if each != person.pk)]
    value = signing.dumps({"id": known["id"], "people": people[:MOST_ON_A_DEVICE]}, salt=COOKIE)
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def meant(login: str) -> User | None:
    """Return the person of this user name or e-mail address; a user name goes first."""
    login = login.strip()
    people = list(User.objects.filter(Q(username__iexact=login) | Q(email=login.lower()))[:2])
    people.sort(key=lambda person: person.username.lower() != login.lower())
    return people[0] if people and login else None


def _attempt(request: HttpRequest, login: str) -> Attempt:
    login = login.strip().lower()
    person = meant(login)
    person_id = person.pk if person else None
    address = truncate_ip(get_adapter(request).get_client_ip(request))
    device = _device(request)
    is_known = bool(device and person_id and person_id in device["people"])
    place = f"device {device['id']}" if device and is_known else f"address {address}"
    account = f"person {person_id}" if person_id else f"name {login}"
    return Attempt(person_id, _key(account, place), _key("all", address), _key(account), is_known)


def _device(request: HttpRequest) -> dict[str, Any] | None:
    try:
        value = request.COOKIES.get(COOKIE, "")
        return dict(signing.loads(value, salt=COOKIE, max_age=COOKIE_DAYS * 86_400))
    except signing.BadSignature:
        return None


def _key(*parts: str) -> str:
    """Names and addresses are not kept as they are typed."""
    return sha256("\n".join((settings.SECRET_KEY, *parts)).encode()).hexdigest()


def _count(key: str, free: int | None, now: datetime) -> int:
    """Count one more under `key` and return how many; free None never waits. Raises Wait."""
    waiting = "-%(no_wait)s"
    if free is not None:
        waiting = (
            "CASE WHEN n.times < %(free)s THEN -%(no_wait)s ELSE make_interval(secs => "
            "least(power(2, least(n.times - %(free)s, 20)), %(longest)s)) END"
        )
    again = "CASE WHEN w.at < %(long_ago)s THEN 1 ELSE w.times + 1 END"
    statement = f"""
        INSERT INTO accounts_wrongguess AS w (key, times, at, wait_until)
        SELECT %(key)s, 1, %(now)s, %(now)s + {waiting} FROM (SELECT 1 AS times) AS n
        ON CONFLICT (key) DO UPDATE SET times = {again}, at = %(now)s,
            wait_until = (SELECT %(now)s + {waiting} FROM (SELECT {again} AS times) AS n)
        WHERE w.wait_until <= %(now)s
        RETURNING times"""
    values: dict[str, Any] = {
        "key": key,
        "free": free,
        "longest": LONGEST,
        "now": now,
        "no_wait": NO_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"long_ago": now - FORGOTTEN})
        row = cursor.fetchone()
    if row:
        return int(row[0])
    until = WrongGuess.objects.values_list("wait_until", flat=True).get(key=key)
    raise Wait(max(1, round((until - now).total_seconds())))


def _alert(attempt: Attempt) -> None:
    logger.warning("%s wrong passwords within an hour for account %s", ATTACK, attempt.person_id)
    person = User.objects.filter(pk=attempt.person_id or 0).first()
    if person:
        note(person, AccountEvent.Kind.GUESSING, note=f"{ATTACK}+")
