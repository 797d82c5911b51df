"""Whether the time of an answer tells that an address has an account (AC-U1).

Reset Password, Retrieve Login and signing in with a wrong password, asked in turn for addresses
that have an account and for others. `rows` is how often each is asked; the goal is a difference of
the medians under 20 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from accounts import addresses

GOAL_MILLISECONDS = 20
MOST, MOST_GUESSES = 200, 20  # a guess takes a second of arithmetic, so that guessing is slow
HERE = {
    "ALLOWED_HOSTS": ["testserver"],
    "SECURE_SSL_REDIRECT": False,
    "MAIL_LEAVES": True,
    "MAIL_DELIVERY": "django.core.mail.backends.locmem.EmailBackend",
    "STORAGES": {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}


@override_settings(**HERE)
def run(rows: int) -> dict[str, Any]:
    times = min(rows, MOST)
    mail.outbox = []  # type: ignore[attr-defined]
    _make_people(times)
    differences = {
        "reset_password": _difference(times, 1, lambda client, email: ask(client, email)),
        "retrieve_login": _difference(
            times, 2, lambda client, email: ask(client, email, "accounts:retrieve_login")
        ),
        "wrong_password": _difference(min(times, MOST_GUESSES), 3, guess),
    }
    largest = max(abs(value) for value in differences.values())
    return {
        "rows": times,
        "differences_of_medians_ms": differences,
        "limit_ms": GOAL_MILLISECONDS,
        "ratio": round(largest / GOAL_MILLISECONDS, 3),
    }


def ask(client: Client, email: str, page: str = "account_reset_password") -> None:
    assert client.post(reverse(page), {"email": email}).status_code == 302


def guess(client: Client, email: str) -> None:
    form = {"login": email, "password": "not the one"}
    assert client.post(reverse("account_login"), form).status_code == 200


def _make_people(times: int) -> None:
    password = make_password("wood-rat-den-7")
    for number in range(times):
        person = get_user_model().objects.create(
            username=f"known{number}", email=f"known{number}@example.org", password=password
        )
        addresses.confirm(person)


def _difference(times: int, network: int, asked: Callable[[Client, str], None]) -> float:
    """Return known minus unknown, the medians in milliseconds; each from an address of its own."""
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(times):
        for place, kind in enumerate(taken):
            client = Client(REMOTE_ADDR=f"10.{network}{place}.{number // 250}.{number % 250}")
            began = perf_counter()
            asked(client, f"{kind}{number}@example.org")
            taken[kind].append((perf_counter() - began) * 1000)
    return round(median(taken["known"]) - median(taken["unknown"]), 2)
