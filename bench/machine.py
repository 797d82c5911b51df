"""On what a benchmark ran: without that its figures mean nothing."""

import os
import platform
from pathlib import Path
from typing import Any

from django.db import connection

SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "work_mem",
    "maintenance_work_mem",
    "max_wal_size",
    "jit",
)


def machine() -> dict[str, Any]:
    """Processor, cores, memory, load, and the versions and settings that matter."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) name", [list(SETTINGS)]
        )
        postgres = dict(cursor.fetchall())
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load_before": round(os.getloadavg()[2], 1),
        "load_after": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "postgres": postgres,
    }


def processor() -> str:
    """The processor's name as the kernel tells it, or its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
