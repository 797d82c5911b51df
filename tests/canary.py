"""Protected records whose every hidden value bears a mark, and a watch over all that is sent out.

`canaries` plants them in the cast's herbarium. From then on every response to a test's client is
searched for the marks, files in archives included, and so is every mail: a mark that reaches
somebody whom no grant entitles fails the test, whatever the test was about. Who is entitled is
read from the grants here, apart from the code under test.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.core import mail
from django.db.models import Q
from django.test import Client

from biocollections.models import Collection, Grant, Role
from darwincore import terms
from occurrences.models import Occurrence
from tests import make

WORD = "quetzcanary"  # in every hidden text of the record whose place is protected
WHOLE = "ocultissima"  # in every text of the record that is protected whole
NUMBER = "9876543"
DAY = "1907-03-29"
_MARKS = re.compile(
    rf"{WORD}|{NUMBER}|1907-03|mar(?:ch|\.)?,? 1907|29 mar|mar(?:ch|\.)? 29|29\.iii|29/0?3/19",
    re.IGNORECASE,
)
_MARKS_OF_WHOLE = re.compile(WHOLE, re.IGNORECASE)
# Shown as it stands: security is told to nobody but may be read as a word by the readers.
_AS_THEY_ARE = {"record_security", "event_date", "year", "month", "day"}


@dataclass(frozen=True)
class Canaries:
    """The planted records, and their values by column as they were written."""

    collection: Collection
    place: Occurrence
    whole: Occurrence
    values: dict[str, Any]


def plant(collection: Collection) -> Canaries:
    """Write a place-protected and a wholly protected record with marks wherever they may hide."""
    hidden = _marked(WORD, hidden_only=True)
    shown = {"scientific_name": "Cereus planus", "catalog_number": "CANARY-1", "year": 1907}
    place, whole = make.occurrences(
        collection,
        [
            {**hidden, **shown, "record_security": 1, **_children(WORD)},
            {**_marked(WHOLE, hidden_only=False), "record_security": 5, **_children(WHOLE)},
        ],
    )
    # A history tells as much as a record: each has one edit.
    make.edit(place, habitat=f"{WORD} habitat, corrected")
    make.edit(whole, habitat=f"{WHOLE} habitat, corrected")
    return Canaries(collection, place, whole, hidden)


def _marked(word: str, *, hidden_only: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for term in terms.COLUMN_TERMS:
        if term.column in _AS_THEY_ARE or (hidden_only and term.public):
            continue
        if term.kind == "text":
            values[term.column] = f"{word} {term.name}"
        elif term.kind == "number":
            values[term.column] = Decimal(f"{NUMBER}.1")
    values |= {
        "event_date": DAY,
        "decimal_latitude": Decimal(f"31.{NUMBER}"),
        "decimal_longitude": Decimal(f"-109.{NUMBER}"),
    }
    return values


def _children(word: str) -> dict[str, Any]:
    """Return an earlier determination, a medium and original texts that would tell."""
    earlier = {
        "scientific_name": "Cereus sp.",
        "identified_by": "L. Gómez",
        "identification_remarks": f"{word} seen at the locality",
        "verbatim": {"dateIdentified": f"{word} 1908"},
    }
    return {
        "legacy_id": 7001 if word == WORD else 7002,
        "identifications": [earlier],
        "extension_rows": [(terms.MULTIMEDIA_ROW, {"title": f"{word} seen from the road"})],
        "verbatim": {"eventDate": f"{word} 29.iii.07"},
    }


# --- the watch --------------------------------------------------------------------------------


@pytest.fixture
def canaries(herbarium: Collection) -> Canaries:
    """The planted records of the cast's herbarium."""
    planted = plant(herbarium)
    watch_for(planted)
    return planted


def watch_for(planted: Canaries) -> None:
    """Search what leaves the site for these until the test ends."""
    _watched.append(planted)


_watched: list[Canaries] = []


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Search whatever leaves the site during this test."""
    request = Client.request

    def watched(client: Client, **environment: Any) -> Any:
        response = request(client, **environment)
        if _watched:
            examine(response)
        return response

    monkeypatch.setattr(Client, "request", watched)
    yield
    for canary in _watched:
        for letter in getattr(mail, "outbox", []):
            others = getattr(letter, "alternatives", "")
            found = leaks(f"{letter.subject} {letter.body} {others}", None, canary)
            assert not found, f"a mail to {letter.to} tells {found}"
    _watched.clear()


def examine(response: Any) -> None:
    """Fail when `response` tells its reader what no grant entitles him to."""
    sent = texts(body(response)) + [f"{name}: {value}" for name, value in response.items()]
    reader = getattr(response.wsgi_request, "user", None)
    asked = response.wsgi_request.get_full_path()
    for canary in _watched:
        for text in sent:
            found = leaks(_without_echo(text, response.wsgi_request), reader, canary)
            assert not found, f"{asked} tells {reader or 'a visitor'}: {sorted(found)}"


def leaks(text: str, reader: Any, canary: Canaries) -> set[str]:
    """Return the marks in `text` that `reader` (None for anybody) is not entitled to."""
    whole, place = set(_MARKS_OF_WHOLE.findall(text)), set(_MARKS.findall(text))
    roles = (Role.ADMINISTRATOR, Role.EDITOR)
    # Most texts bear no mark, and ask the database nothing.
    if whole and _holds(reader, canary.collection, *roles):
        whole = set()
    if place and _holds(reader, canary.collection, *roles, Role.PROTECTED_DATA_READER):
        place = set()
    return whole | place


def _holds(reader: Any, collection: Collection, *roles: str) -> bool:
    if reader is None or not reader.is_authenticated:
        return False
    within = Q(collection=collection) | Q(collection=None)
    return Grant.objects.filter(within, user=reader, role__in=roles, revoked_at=None).exists()


def body(response: Any) -> bytes:
    """Return all that is sent, and leave a streamed response as it was."""
    if not response.streaming:
        return bytes(response.content)
    content = b"".join(response.streaming_content)
    response.streaming_content = [content]
    return content


def texts(content: bytes) -> list[str]:
    """Return what a person can read in a body: an archive's members, a PDF's text, entities."""
    with suppress(pypdfium2.PdfiumError):
        return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [text for name in archive.namelist() for text in texts(archive.read(name))]
    return [html.unescape(content.decode("utf-8", "replace"))]


def _without_echo(text: str, request: Any) -> str:
    """Take out what the reader typed himself: a page may repeat the question."""
    for given in (request.GET, request.POST):
        for _name, values in given.lists():
            lines = {line for value in values for line in (value, *value.splitlines())}
            for value in sorted(filter(None, lines), key=len, reverse=True):
                text = text.replace(value, "").replace(html.escape(value), "")
    return text.replace(request.GET.urlencode(), "")
