"""What handing records over costs: offered, accepted by the receiver, and taken back.

The limit is a bare UPDATE of the collection's key in every table that carries it, of as many
records, there and back. One record of fifty is place-protected. Goal: ratio and undo_ratio ≤ 3.
"""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from bench.protection import CHUNK, EVERY
from biocollections.founding import add_user, found_collection
from biocollections.models import Collection
from darwincore.interpret import interpret
from journal import jobs
from journal.guids import new_guid
from journal.models import ChangeSet
from journal.undo import undo
from occurrences import generator, offering, records
from occurrences.children import WITHHELD
from occurrences.drafts import OCCURRENCE, TERM_COLUMNS, Draft
from occurrences.models import Occurrence, Offer
from occurrences.offering import Recipient


def run(rows: int) -> dict[str, Any]:
    """Measure with `rows` records of one profile; seconds is offering and accepting."""
    person = add_user("bench", email="bench@example.org", password="benchmark")
    source, target = (
        found_collection(code, name=code, administrator=person, reason="benchmark")
        for code in ("PERSONAL", "HERBARIUM")
    )
    fill(source, rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    limit = min(seconds(lambda: _bare(source, target)), seconds(lambda: _bare(target, source)))
    offered = seconds(lambda: _offer(person, source, target))
    offer = Offer.objects.get()
    job = offering.accept(person, offer)
    accepted = seconds(lambda: jobs.run(job.guid))
    moved = Occurrence.objects.filter(collection=target).count()
    change_set = offer.records.exclude(change_set=None).first().change_set
    undone = seconds(lambda: undo(change_set, person))
    return {
        "seconds": offered + accepted,
        "limit_seconds": limit,
        "ratio": (offered + accepted) / limit,
        "offer_seconds": offered,
        "accept_seconds": accepted,
        "moved": moved,
        "undo_seconds": undone,
        "undo_ratio": undone / limit,
        "back": Occurrence.objects.filter(collection=source).count(),
    }


def fill(collection: Collection, rows: int) -> None:
    change_set = ChangeSet.objects.create(kind="import", collection_id=collection.pk)
    drafts: list[Draft] = []
    for number, row in enumerate(generator.rows(rows)):
        values = interpret({term: text for term, text in row.items() if text}).values
        values["record_security"] = 0 if number % EVERY else 1
        drafts.append(Draft(new_guid(), collection.pk, values))
        if len(drafts) == CHUNK or number == rows - 1:
            records.write(change_set, TERM_COLUMNS, drafts)
            drafts = []


def _bare(source: Collection, target: Collection) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in (OCCURRENCE, WITHHELD):
            cursor.execute(
                f'UPDATE "{table}" SET collection_id = %s WHERE collection_id = %s',
                [target.pk, source.pk],
            )


def _offer(person: Any, source: Collection, target: Collection) -> None:
    guids = list(Occurrence.objects.filter(collection=source).values_list("guid", flat=True))
    offering.send(person, source, guids, [Recipient(Offer.How.TRANSFER, target)])


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
