"""What runs on behalf of a home."""

import subprocess
import time
from pathlib import Path


def of(home: Path) -> list[str]:
    """The command lines of the processes that belong to this home."""
    marks = [str(home)]
    postgres = home / "postgres-is-in.txt"
    if postgres.exists():
        marks.append(postgres.read_text().strip())
    shown = subprocess.run(
        ["ps", "-eo", "pid,args", "-ww"], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in shown.splitlines() if any(mark in line for mark in marks)]


def remaining(home: Path, seconds: float = 20) -> list[str]:
    """What still runs after so many seconds at most; an empty list when all have ended."""
    deadline = time.monotonic() + seconds
    while (left := of(home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
