"""A ChecklistBank server over HTTP: asked politely, and never trusted to answer well.

One `Session` puts one question at a time, keeps a pause between two, waits as long as the server
asks for, and tries again what may pass. No cookies, no other host, no answer above a size.
"""

from __future__ import annotations

import json
import logging
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

logger = logging.getLogger(__name__)

PAUSE = 0.2  # seconds from one question to the next: half of what the official client allows itself
TIMEOUT = 20.0  # seconds for the connection, and for each wait on it
LONGEST_ANSWER = 60.0  # seconds from the first byte to the last
LARGEST_ANSWER = 2 * 1024**2  # bytes; a classification of thirty ranks takes 10 kB
WAITS = (1.0, 3.0, 9.0)  # seconds before each further attempt
LONGEST_WAIT = 120.0  # seconds; a server that asks for more is asked another day
PASSING = {429, 500, 502, 503, 504}
BUSY = {429, 503}


class Unavailable(Exception):
    """The service can't be used now; the message says why, for the person who wants it."""


class Unanswered(Exception):
    """This one question got no answer; others may."""


class _Passing(Exception):
    """It may go better when tried again. wait: seconds the server asks for, if it does."""

    def __init__(self, reason: str, wait: float = 0.0, busy: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.busy = busy


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to where the question went: neither elsewhere nor from https down."""

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise Unavailable(f"{here.netloc} sends us to {there.netloc or newurl}.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Session:
    """Questions to one dataset. url: its address (…/dataset/3LR); agent: who we say we are.

    turn: what is held while a question is put, so that several processes don't ask at once.
    """

    def __init__(
        self,
        url: str,
        agent: str,
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.url = url
        self.turn = turn
        self._headers = {"Accept": "application/json", "User-Agent": _plain(agent)}
        self._opener = urllib.request.build_opener(_SameHost)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Return the answer, read as JSON, at this path below the dataset's address.

        Raises Unanswered when this question gets no answer, and Unavailable when the server has
        no time for us at all.
        """
        with self.turn():
            started = time.monotonic()
            try:
                return self._patiently(path, parameters or {})
            finally:
                _sleep(PAUSE - (time.monotonic() - started))

    def _patiently(self, path: str, parameters: Mapping[str, str]) -> Any:
        address = f"{self.url}{path}"
        if parameters:
            address += f"?{urlencode(parameters)}"
        for wait in (*WAITS, None):
            try:
                return self._once(address)
            except _Passing as trouble:
                logger.info("%s: %s", address, trouble)
                if wait is None or trouble.wait > LONGEST_WAIT:
                    raise (Unavailable if trouble.busy else Unanswered)(str(trouble)) from None
                _sleep(max(trouble.wait, wait * random.uniform(0.8, 1.2)))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")

    def _once(self, address: str) -> Any:
        request = urllib.request.Request(address, headers=self._headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                body = _bounded(response)
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, HTTPException) as error:  # URLError and TimeoutError are OSErrors
            reason = getattr(error, "reason", None) or error
            raise _Passing(f"{self.host} can't be reached ({reason}).") from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise _Passing(f"{self.host} answers with something that isn't JSON.") from None

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        reason = f"{self.host} answers {error.code}: {_message(error)}"
        if error.code not in PASSING:
            return Unanswered(reason)
        wait = _retry_after(error.headers.get("Retry-After", ""))
        return _Passing(reason, wait, busy=error.code in BUSY)


def _sleep(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def _bounded(response: Any) -> bytes:
    """Return the body, unless it is too long in bytes or in coming; one cut short isn't JSON."""
    body, deadline = bytearray(), time.monotonic() + LONGEST_ANSWER
    while part := response.read1(65536):
        body += part
        if len(body) > LARGEST_ANSWER:
            raise Unanswered(f"The answer is longer than {LARGEST_ANSWER // 1024} kB.")
        if time.monotonic() > deadline:
            raise _Passing(f"The answer takes longer than {LONGEST_ANSWER:.0f} seconds.")
    return bytes(body)


def _message(error: urllib.error.HTTPError) -> str:
    """Return what the server says about its error, in at most 200 characters."""
    try:
        told = json.loads(error.read(10_000))
        text = told.get("message") if isinstance(told, dict) else ""
    except (ValueError, OSError, HTTPException, RecursionError):
        text = ""
    return str(text or error.reason)[:200]


def _retry_after(text: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number or a date (RFC 9110)."""
    if text.strip().isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (then.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _plain(text: str) -> str:
    """Return `text` as a header may hold it: printable ASCII in one line."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
