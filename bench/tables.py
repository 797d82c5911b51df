"""How soon the table of a record search shows its first rows, asked as an editor asks.

Each question is a page of the site, in all collections and in one. Goal: table_first_rows_ms, the
worst of the questions that an index answers, ≤ 300. Those that look into every text ("contains")
stand beside: they take as long as reading the records takes.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from bench import duplicates
from biocollections.models import Collection
from occurrences import records
from occurrences.models import Occurrence
from portal.prepare import collect_static_files

TURNS = 5
GOAL = 0.3  # seconds
EVERY = 50  # one of so many is protected
CHUNK = 2000


def run(rows: int) -> dict[str, Any]:
    """Make `rows` records, one of fifty protected, and ask for them; the limit is the goal."""
    user, collections = duplicates.ground()
    duplicates.store(duplicates.sheets(rows), collections, random.Random(2))
    _protect()
    figures = measure(user, collections[0])
    seconds = figures["table_first_rows_ms"] / 1000
    return {"seconds": seconds, "limit_seconds": GOAL, "ratio": seconds / GOAL, **figures}


def _protect() -> None:
    some = Occurrence.objects.annotate(part=F("pk") % EVERY).filter(part=0)
    some.update(record_security=1)
    guids = list(Occurrence.objects.filter(record_security=1).values_list("guid", flat=True))
    for begin in range(0, len(guids), CHUNK):
        records.reprotect(guids[begin : begin + CHUNK])


def measure(user: Any, collection: Collection) -> dict[str, Any]:
    """Return the median milliseconds of each question's page, and the worst of the indexed ones."""
    collect_static_files()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    filled = {
        f"{column}__isnull": False
        for column in ("recorded_by", "record_number", "locality", "country")
    }
    some = Occurrence.objects.filter(collection=collection, **filled).order_by("pk")
    record: Any = some[some.count() // 2]
    wild = {
        "contains": _line("recorded_by", "contains", record.recorded_by[1:-1]),
        "contains_nothing": _line("locality", "contains", "wuffelgrumpf"),
        "ends": _line("locality", "ends", record.locality[-12:]),
    }
    figures: dict[str, Any] = {}
    for name, asked in {**_indexed(record), **wild}.items():
        for where, within in (("all", ""), ("one", collection.code)):
            seconds = _seconds(client, {"within": within, **asked})
            figures[f"table_{name}_{where}_ms"] = seconds * 1000
    quick = [
        figures[f"table_{name}_{where}_ms"] for name in _indexed(record) for where in ("all", "one")
    ]
    return {"table_first_rows_ms": max(quick), **figures}


def _indexed(record: Any) -> dict[str, dict[str, str]]:
    words = record.locality.replace(",", " ").split()
    return {
        "everything": {},
        "by_name": {"sort": "name"},
        "by_date_last": {"sort": "-date"},
        "collector": {"collector": record.recorded_by},
        "number": {"number": record.record_number},
        "numbers": {"number": "100-400"},
        "date": {"date": str(record.event_date or record.year)},
        "catalog": {"catalog_number": f"{record.catalog_number}; 1-100"},
        "locality_words": _line("locality", "words", max(words, key=len)),
        "status_empty": _line("processing_status", "empty"),
        "country": _line("country", "is", str(record.country)),
        "entered": {"entered": "today"},
        "without_point": {"point": "no"},
    }


def _line(field: str, operator: str, value: str = "") -> dict[str, str]:
    return {"group": "1", "field": field, "operator": operator, "value": value}


def _seconds(client: Client, query: dict[str, str]) -> float:
    """Return the median of some turns; the first one warms up."""
    address = f"{reverse('occurrences:table')}?{urlencode(query)}"
    taken = []
    for _turn in range(TURNS + 1):
        begun = time.perf_counter()
        answer = client.get(address, secure=True)
        taken.append(time.perf_counter() - begun)
        assert answer.status_code in (200, 503), answer.status_code
    return statistics.median(taken[1:])
