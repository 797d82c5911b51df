"""What protecting places costs those who read.

Two collections of the same records: in one, two of a hundred are place-protected. A visitor and a
reader of both ask for the list page, for counts of searches and for the whole as CSV, turn by turn.
The limit is what the collection without protected records takes. Goal: the list page ≤ 1.10.
"""

import io
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from psycopg import sql

from biocollections.founding import add_user, found_collection
from biocollections.models import Collection, Grant, Role
from darwincore.interpret import interpret
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import generator, records, search
from occurrences.drafts import TERM_COLUMNS, Draft
from occurrences.models import Occurrence
from occurrences.readers import darwin_core_select
from portal.prepare import collect_static_files

EVERY = 50  # one of so many is protected
CHUNK = 2000
TURNS = 60


def run(rows: int) -> dict[str, Any]:
    """Measure with `rows` records in each collection; seconds is the reader's list page."""
    collect_static_files()
    admin = add_user("bench", email="bench@example.org", password="benchmark")
    reader = add_user("reader", email="reader@example.org", password="benchmark")
    plain, mixed = (
        found_collection(code, name=code, administrator=admin, reason="benchmark")
        for code in ("PLAIN", "MIXED")
    )
    for collection in (plain, mixed):
        Grant.objects.create(user=reader, role=Role.PROTECTED_DATA_READER, collection=collection)
        _fill(collection, rows, protected=collection is mixed)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    figures: dict[str, Any] = {"protected": rows // EVERY}
    for who, person in (("visitor", AnonymousUser()), ("reader", reader)):
        for what, act in _acts(person).items():
            without, seconds = _turns(act, plain, mixed, 3 if what == "csv" else TURNS)
            figures[f"{what}_{who}_seconds"] = seconds
            figures[f"{what}_{who}_ratio"] = seconds / without
            if (what, who) == ("list", "reader"):
                figures |= {
                    "seconds": seconds,
                    "limit_seconds": without,
                    "ratio": seconds / without,
                }
    return figures


def _fill(collection: Collection, rows: int, *, protected: bool) -> None:
    change_set = ChangeSet.objects.create(kind="import", collection_id=collection.pk)
    drafts: list[Draft] = []
    for number, row in enumerate(generator.rows(rows)):
        values = interpret({term: text for term, text in row.items() if text}).values
        values["record_security"] = 1 if protected and number % EVERY == 0 else 0
        drafts.append(Draft(new_guid(), collection.pk, values))
        if len(drafts) == CHUNK or number == rows - 1:
            with transaction.atomic():
                records.write(change_set, TERM_COLUMNS, drafts)
            drafts = []


def _acts(person: Any) -> dict[str, Callable[[Collection], object]]:
    client = Client(HTTP_HOST="localhost")
    if person.is_authenticated:
        client.force_login(person)

    def listed(collection: Collection) -> None:
        answer = client.get("/occurrences/", {"collection": collection.code}, secure=True)
        assert answer.status_code == 200, answer.status_code

    def searched(collection: Collection) -> int:
        visible = Occurrence.objects.visible_to(person)
        criteria = search.SearchCriteria(collection=(collection.code,), q="quercus")
        return len(search.apply(visible, criteria)[:100])

    def written(collection: Collection) -> None:
        visible = Occurrence.objects.visible_to(person).filter(collection=collection)
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(
            darwin_core_select(visible, person)
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            sink = io.BytesIO()
            for block in copy:
                sink.write(block)
                sink.seek(0)

    return {"list": listed, "search": searched, "csv": written}


def _turns(
    act: Callable[[Collection], object], plain: Collection, mixed: Collection, turns: int
) -> tuple[float, float]:
    """Return the median seconds of both, asked turn by turn so that noise meets both alike."""
    taken: dict[int, list[float]] = {plain.pk: [], mixed.pk: []}
    for turn in range(turns + 2):
        for collection in (plain, mixed) if turn % 2 else (mixed, plain):
            begun = time.perf_counter()
            act(collection)
            if turn > 1:  # the first two warm up
                taken[collection.pk].append(time.perf_counter() - begun)
    return statistics.median(taken[plain.pk]), statistics.median(taken[mixed.pk])
