"""How long the PDF of `rows` herbarium labels takes: the job alone, with barcodes, and its memory.

seconds: the job, from reading the records to the file in storage; qr_seconds: the same with QR
codes. peak_mb: what Python itself holds at most while the job works. Goal: 10 s for 1,000 labels.
"""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from decimal import Decimal
from typing import Any

from biocollections.founding import add_user, found_collection
from darwincore import terms
from journal import jobs
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import labels, records
from occurrences.drafts import Draft
from occurrences.label_design import HERBARIUM, Design
from occurrences.models import LabelRun


def run(rows: int) -> dict[str, Any]:
    """Make the records, then their labels three times: with barcodes, with QR codes, measured."""
    user, guids = ground(rows)
    barcodes = replace(HERBARIUM, code="code128", heading_prefix="Plants of")
    barcodes = replace(barcodes, heading_middle="state_province", footer="University Herbarium")
    codes = replace(barcodes, code="qr", code_of="guid")
    seconds, made = _timed(user, guids, barcodes)
    qr_seconds, _made = _timed(user, guids, codes)
    tracemalloc.start()
    _timed(user, guids, barcodes)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return {
        "seconds": seconds,
        "qr_seconds": qr_seconds,
        "peak_mb": peak,
        "labels": made.labels,
        "file_mb": made.file.size / 1e6,
    }


def _timed(user: Any, guids: list[str], design: Design) -> tuple[float, LabelRun]:
    made = labels.begin(user, "specimen", "", guids)
    made.design = design.to_json()
    made.save()
    started = time.perf_counter()
    job = jobs.run_here(labels.JOB, made.guid, user)
    seconds = time.perf_counter() - started
    assert job.state == "done", job.error
    made.refresh_from_db()
    assert made.labels == len(guids)
    return seconds, made


def ground(rows: int) -> tuple[Any, list[str]]:
    """Make a collection of so many sheets; return its administrator and their GUIDs."""
    user = add_user("printer", email="printer@example.org", password="benchmark")
    collection = found_collection(
        "PRINT", name="Herbarium that prints", administrator=user, reason="benchmark"
    )
    change_set = ChangeSet.objects.create(kind="import", user=user, collection_id=collection.pk)
    drafts = [Draft(new_guid(), collection.pk, _sheet(number)) for number in range(rows)]
    records.write(change_set, terms.COLUMNS, drafts)
    return user, [str(draft.guid) for draft in drafts]


def _sheet(number: int) -> dict[str, Any]:
    """Return a sheet as full as most are."""
    return {
        "catalog_number": f"PRINT-{number:06d}",
        "basis_of_record": "PreservedSpecimen",
        "scientific_name": "Quercus emoryi var. arizonica",
        "scientific_name_authorship": "(Torr.) L. Gómez & Żył.",
        "family": "Fagaceae",
        "country": "Mexico",
        "state_province": "Sonora",
        "county": "Ímuris",
        "locality": "Cañón del Púlpito, 12 km east of Colonia Oaxaca on the road to the mine, "
        f"north-facing slope above kilometre {number}",
        "decimal_latitude": Decimal("31.0210"),
        "decimal_longitude": Decimal("-108.9543"),
        "geodetic_datum": "WGS84",
        "coordinate_uncertainty_in_meters": Decimal(30),
        "minimum_elevation_in_meters": Decimal(1200),
        "habitat": "Oak woodland with scattered juniper on rhyolite, grazed, after a wet summer.",
        "associated_taxa": "Juniperus deppeana, Arbutus arizonica, Nolina microcarpa",
        "verbatim_attributes": "Tree 4 m high, bark black and fissured; acorns abundant.",
        "recorded_by": "L. Gómez",
        "record_number": str(number),
        "associated_collectors": "A. Sánchez, R. Felger",
        "event_date": "1932-07-14",
        "identified_by": "C. H. Muller",
        "date_identified": "1940",
    }
