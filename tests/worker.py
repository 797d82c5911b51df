"""A real Celery worker on the real broker, working on the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from portal import celery_app, embedded

ROOT = Path(__file__).resolve().parent.parent


class Worker:
    """A worker process. `kill` ends it as a power cut would; `start` puts another in its place.

    with_beat: it looks every ten seconds for jobs that lie about, as the portal's own does.
    """

    def __init__(self, environment: dict[str, str], log: Path, *, with_beat: bool = False) -> None:
        self.environment = environment
        self.log = log
        self.with_beat = with_beat
        self.children = embedded.Children()

    def start(self) -> None:
        """Start the worker and wait until it takes tasks."""
        command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "-l", "INFO"]
        command += ["--without-gossip", "--without-mingle"]
        if self.with_beat:
            command += ["-B", "-s", str(self.log.with_name("beat"))]
        self.process = self.children.start(
            "worker",
            command,
            log=self.log,
            stop_signal=signal.SIGQUIT,
            env=self.environment,
            cwd=ROOT,
        )
        eventually(lambda: self.is_ready() or self.process.poll() is not None, why=self.text)
        assert self.process.poll() is None, self.text()

    def is_ready(self) -> bool:
        """Whether the worker takes tasks."""
        return " ready." in self.text()

    def kill(self) -> None:
        """Kill the worker and the child that does its work, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory(self) -> int:
        """Bytes in use (proportional set size) by the worker and its children. Linux only."""
        pids = subprocess.run(
            ["ps", "-o", "pid=", "-g", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids]
        return 1024 * sum(int(row.split()[1]) for r in rollups for row in r if row[:4] == "Pss:")

    def text(self) -> str:
        """What the worker has logged."""
        return self.log.read_text(errors="replace")


def eventually(
    true: Callable[[], Any], seconds: float = 120, why: Callable[[], str] = lambda: ""
) -> Any:
    """Wait until the call returns something true, and return that; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s. {why()}"
        time.sleep(0.05)
    return answer


def use_own_queue() -> None:
    """Give this process of the tests a queue of its own, when several run side by side.

    Before anything is sent: Celery keeps the connections it has made, whatever its settings say.
    """
    number = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if number:
        own = f"virtual_host={1 + int(number)}"
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("virtual_host=0", own)
        celery_app.conf.broker_url = os.environ["REDIS_URL"]


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A running worker, on a queue that is empty at first."""
    celery_app.control.purge()
    with running(tmp_path / "worker.log") as worker:
        yield worker


@contextmanager
def running(log: Path, *, with_beat: bool = False) -> Iterator[Worker]:
    """Have a worker for the test database, beside those that there are."""
    from django.db import connection

    database, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
    worker = Worker(
        {**os.environ, "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}"},
        log,
        with_beat=with_beat,
    )
    try:
        worker.start()
        yield worker
    finally:
        worker.children.stop()
