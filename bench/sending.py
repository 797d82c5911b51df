"""What sending costs before anybody answers: looking through it, the offers, a package.

Records go to two collections and one recipient outside. look_seconds: what the review counts
against the Dupe Count; offer_seconds: the job that makes all offers; package_seconds: the Darwin
Core archive. Goal: look_seconds ≤ 2 at 100,000 records, and the package no slower than a backup.
"""

from typing import Any

from django.db import connection

from bench.transfers import fill, seconds
from biocollections.founding import add_user, found_collection
from biocollections.models import Collection
from journal import jobs
from journal.models import Job
from occurrences import downloads, sending
from occurrences.models import Offer, OfferedRecord, Package
from occurrences.offering import Recipient
from occurrences.selecting import Selection


def run(rows: int) -> dict[str, Any]:
    """Measure with `rows` records of one collection; seconds is all of it but the backup."""
    person = add_user("bench", email="bench@example.org", password="benchmark")
    source, first, second = (
        found_collection(code, name=code, administrator=person, reason="benchmark")
        for code in ("PERSONAL", "ARIZ", "NY")
    )
    fill(source, rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    draft = sending.begin(person, Selection(query=f"within={source.code}"))
    assert draft
    copies = [Recipient(Offer.How.COPY, each) for each in (first, second)]
    wanted = [*copies, Recipient(Offer.How.COPY, outside="MEXU")]
    sending.want(draft, wanted)
    draft.save()
    looked = seconds(lambda: sending.look(draft, wanted))
    job = sending.start(draft)
    assert job
    offered = seconds(lambda: jobs.run(job.guid))
    again = seconds(lambda: sending.look(draft, wanted))
    package = Package.objects.get()
    packed = seconds(lambda: _run(package.job))
    package.refresh_from_db()
    backup = _backup(source, person)
    return {
        "seconds": looked + offered + packed,
        "look_seconds": looked,
        "look_again_seconds": again,
        "offer_seconds": offered,
        "offered": OfferedRecord.objects.count(),
        "package_seconds": packed,
        "packed": package.rows,
        "package_bytes": package.file.size,
        "backup_seconds": backup,
    }


def _backup(source: Collection, person: Any) -> float:
    download = downloads.start(source, person, "dwca")
    return seconds(lambda: _run(download.job))


def _run(job: Job | None) -> None:
    assert job
    jobs.run(job.guid)
