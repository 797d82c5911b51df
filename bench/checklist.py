"""How long loading a checklist takes beside the least that PostgreSQL needs for the same names.

Generates a Catalogue of Life Data Package, loads it as the command does, and puts it in use. The
limit is a bare INSERT … SELECT of the same names into a table with the same columns and indexes,
in the same run. Goal: seconds ≤ 3 × limit_seconds at 1,000,000 names.
"""

import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files import File
from django.db import connection

from taxonomy import checklists, generator
from taxonomy.models import Usage

COUNTS = ("created", "updated", "unchanged", "blocked")


def run(rows: int) -> dict[str, Any]:
    """Load `rows` names, then the same file again as a new release."""
    with TemporaryDirectory(prefix="holotype-bench-") as folder:
        path = Path(folder) / "checklist.zip"
        generator.write_coldp(path, generator.usages(rows))
        first, seconds = _loaded(path)
        limit = _limit()
        again, again_seconds = _loaded(path)
        return {
            "seconds": seconds,
            "limit_seconds": limit,
            "ratio": seconds / limit,
            "names_per_second": rows / seconds,
            **{name: first[name] for name in COUNTS},
            "again_seconds": again_seconds,
            "again_unchanged": again["unchanged"],
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def _loaded(path: Path) -> tuple[dict[str, Any], float]:
    """Load the file and put it in use; return the counts and the seconds."""
    with path.open("rb") as file:
        checklist = checklists.receive(File(file), path.name, "Bench", None, "Plantae")
    begun = time.perf_counter()
    counts = checklists.load(checklist)
    checklists.put_in_use(checklist)
    return counts, time.perf_counter() - begun


def _limit() -> float:
    """Return the seconds that the bare insert takes."""
    table = Usage._meta.db_table
    columns = ", ".join(f'"{field.column}"' for field in Usage._meta.concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "limit_{table}" (LIKE "{table}" INCLUDING ALL)')
        begun = time.perf_counter()
        cursor.execute(f'INSERT INTO "limit_{table}" ({columns}) SELECT {columns} FROM "{table}"')
        seconds = time.perf_counter() - begun
        cursor.execute(f'DROP TABLE "limit_{table}"')
    return seconds
