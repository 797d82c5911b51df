"""How long the packing list of `rows` records takes: the job alone, and its memory; and the CSV.

seconds: from reading the records to the PDF in storage. csv_seconds: the same list as CSV, to its
last line; first_line_seconds: until its first line. grown_mb: by how much the process grew at most
while the PDF was made.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench.labels import ground
from biocollections.founding import found_collection
from biocollections.models import Collection
from journal import jobs
from occurrences import transmitting
from occurrences.models import Offer, OfferedRecord, Sending


def run(rows: int) -> dict[str, Any]:
    """Make the records and their offer, then the list as PDF and as CSV."""
    user, guids = ground(rows)
    target = found_collection(
        "TARGET", name="Herbarium that gets them", administrator=user, reason="benchmark"
    )
    offer = _offered(user, target, guids)
    Path("/proc/self/clear_refs").write_text("5")  # forget what it was at most
    before = _resident("VmRSS")
    seconds, made = _timed(offer, user)
    grown = _resident("VmHWM") - before
    started = time.perf_counter()
    lines = transmitting.table(offer, user)
    next(lines)
    first = time.perf_counter() - started
    assert sum(block.count("\n") for block in lines) == rows
    csv_seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "csv_seconds": csv_seconds,
        "first_line_seconds": first,
        "grown_mb": grown,
        "file_mb": made.file.size / 1e6,
    }


def _resident(name: str) -> float:
    """Return the memory of this process in megabytes: VmRSS now, VmHWM at most (Linux alone)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def _offered(user: Any, target: Any, guids: list[str]) -> Offer:
    sending = Sending.objects.create(collection=Collection.objects.get(code="PRINT"), user=user)
    offer = Offer.objects.create(sending=sending, collection=target, how=Offer.How.TRANSFER)
    OfferedRecord.objects.bulk_create(
        OfferedRecord(offer=offer, record_guid=guid) for guid in guids
    )
    return offer


def _timed(offer: Offer, user: Any) -> tuple[float, Any]:
    made = transmitting.start(offer, user)
    started = time.perf_counter()
    job = jobs.run_here(transmitting.JOB, f"here {offer.pk}", user, options={"made": made.pk})
    seconds = time.perf_counter() - started
    assert job.state == "done", job.error
    made.refresh_from_db()
    return seconds, made
