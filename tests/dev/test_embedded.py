"""The embedded services: shared, kept, and gone with the last who holds them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest

from portal import embedded
from tests.dev import processes

PYTHON = Path(sys.executable)
BOTH = ["DATABASE_URL", "REDIS_URL"]
HOLDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import embedded
held = embedded.hold(Path(sys.argv[1]), Path(sys.executable), ["DATABASE_URL", "REDIS_URL"])
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "a home"
    home.mkdir()
    yield home
    embedded.stop(home)
    embedded.Layout(home, throwaway=True).clear()


def query(services: embedded.Services, text: str) -> Any:
    url = services.addresses["DATABASE_URL"]
    folder = unquote(url.partition("@")[2].partition("/")[0])
    with psycopg.connect(host=folder, user="holotype", dbname="holotype") as connection:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else None


def holder(home: Path) -> subprocess.Popen[str]:
    folder = str(Path(embedded.__file__).parent)
    command = [PYTHON, "-P", "-c", HOLDER, str(home), folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def supervisor(home: Path) -> int:
    (line,) = [each for each in processes.of(home) if " supervise " in each]
    return int(line.split()[0])


def test_data_outlive_the_services(home: Path) -> None:
    with embedded.hold(home, PYTHON, BOTH) as services:
        query(services, "CREATE TABLE kept AS SELECT 'Łódź' AS town")
    assert processes.remaining(home, 2) == []
    with embedded.hold(home, PYTHON, BOTH) as services:
        assert query(services, "SELECT lower(town) FROM kept") == [("łódź",)]


def test_home_made_anew_starts_with_nothing(home: Path) -> None:
    with embedded.hold(home, PYTHON, ["DATABASE_URL"]) as services:
        query(services, "CREATE TABLE kept ()")
        before = services.postgres_folder
        assert before
    shutil.rmtree(home)
    home.mkdir()
    with embedded.hold(home, PYTHON, ["DATABASE_URL"]) as services:
        assert query(services, "SELECT to_regclass('kept')") == [(None,)]
    shutil.rmtree(before if before.parent == home else before.parent, ignore_errors=True)


def test_services_are_shared_and_end_with_the_last_holder(home: Path) -> None:
    first = embedded.hold(home, PYTHON, BOTH)
    second = embedded.hold(home, PYTHON, BOTH)
    assert first.addresses == second.addresses
    first.release()
    assert query(second, "SELECT 1") == [(1,)]
    second.release()
    assert processes.remaining(home, 2) == []


def test_killed_holder_leaves_nothing_behind(home: Path) -> None:
    process = holder(home)
    assert any("postgres" in each for each in processes.of(home))
    process.kill()
    process.wait()
    assert processes.remaining(home) == []


def test_killed_supervisor_leaves_nothing_behind_and_the_next_start_works(home: Path) -> None:
    with embedded.hold(home, PYTHON, BOTH) as services:
        query(services, "CREATE TABLE kept ()")
        os.kill(supervisor(home), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not services.lost() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert services.lost()
    with embedded.hold(home, PYTHON, BOTH) as services:
        assert query(services, "SELECT count(*) FROM kept") == [(0,)]
    assert processes.remaining(home) == []


def test_killed_postgres_is_noticed_and_the_next_start_recovers(home: Path) -> None:
    services = embedded.hold(home, PYTHON, BOTH)
    query(services, "CREATE TABLE kept ()")
    assert services.postgres_folder
    pid = int((services.postgres_folder / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not services.lost() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert services.lost()
    services.release()
    with embedded.hold(home, PYTHON, BOTH) as services:
        assert query(services, "SELECT count(*) FROM kept") == [(0,)]


def test_many_may_ask_for_the_services_at_once(home: Path) -> None:
    folder = str(Path(embedded.__file__).parent)
    command = [PYTHON, "-P", "-c", HOLDER, str(home), folder]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        assert [each.stdout and each.stdout.readline() for each in several] == ["held\n"] * 4
        assert supervisor(home)
    finally:
        for each in several:
            each.kill()
            each.wait()
    assert processes.remaining(home) == []


def test_long_path_moves_the_sockets_to_the_temporary_folder(tmp_path: Path) -> None:
    home = tmp_path / ("long " * 30)
    with embedded.hold(home, PYTHON, BOTH, throwaway=True) as services:
        assert query(services, "SELECT 1") == [(1,)]
        assert len(services.addresses["REDIS_URL"]) < 120
    assert not home.exists()


def test_throwaway_home_is_gone_with_its_last_holder(tmp_path: Path) -> None:
    home = tmp_path / "thrown away"
    with embedded.hold(home, PYTHON, BOTH, throwaway=True) as services:
        folder = services.postgres_folder
        assert folder and folder.exists()
        assert query(services, "SHOW fsync") == [("off",)]
    assert not home.exists()
    assert not folder.exists()


def test_only_what_is_wanted_runs(home: Path) -> None:
    with embedded.hold(home, PYTHON, ["REDIS_URL"]) as services:
        assert set(services.addresses) == {"REDIS_URL"}
        assert not any("-D" in each.split() for each in processes.of(home))


def test_old_postgres_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.18'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PORTAL_PG_BINDIR", str(tmp_path))
    with pytest.raises(embedded.Missing, match=r"15\.18 is too old: 17 .* PORTAL_PG_BINDIR="):
        embedded.postgres_binaries()


def test_machine_without_binaries_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_package_folder", lambda name: None)
    monkeypatch.setattr(embedded, "_postgres_folders", lambda: iter([Path("/nowhere")]))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(embedded.Missing, match="Install PostgreSQL 17"):
        embedded.postgres_binaries()
    with pytest.raises(embedded.Missing, match="Install valkey or redis"):
        embedded.broker_binary()


def test_refusal_of_a_service_reaches_the_one_who_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_PG_BINDIR", "/nowhere")
    with pytest.raises(embedded.Missing, match="No PostgreSQL"):
        embedded.hold(home, PYTHON, BOTH)
    assert processes.remaining(home) == []


def test_what_is_killed_is_started_anew_until_its_lives_are_used_up(tmp_path: Path) -> None:
    children = embedded.Children()
    first = children.start("A sleeper", ["sleep", "600"], log=tmp_path / "log", lives=2)
    try:
        assert children.revive() is None and first.poll() is None, "nothing has ended yet"
        first.kill()
        first.wait()
        assert children.revive() is None
        (second,) = [child.process for child in children._children]
        assert second.pid != first.pid and second.poll() is None
        second.kill()
        second.wait()
        assert children.revive() == "A sleeper"
    finally:
        children.stop()
