"""dev.py as a newcomer meets it: one line when something is missing, nothing left when it ends."""

import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from portal import embedded
from tests.dev import processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev_command", ROOT / "dev.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dev_command", module)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(home: Path, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "dev.py", *arguments],
        env={**os.environ, "PORTAL_HOME": str(home), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


def test_taken_port_says_what_to_type(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = refused(tmp_path, "run", PORTAL_PORT=str(taken.getsockname()[1]))
    assert "is taken. Type: PORTAL_PORT=" in line
    assert not (tmp_path / "venv").exists()


def test_port_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "Type PORTAL_PORT=8000" in refused(tmp_path, "run", PORTAL_PORT="web")


def test_home_that_cannot_be_made_is_refused() -> None:
    assert "PORTAL_HOME=<" in refused(Path("/dev/null/home"), "run")


def test_benchmark_without_a_name_is_refused(tmp_path: Path) -> None:
    assert "bench NAME" in refused(tmp_path, "bench")


def test_unknown_command_shows_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "dev.py", "rnu"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "dev.py run" in done.stdout


def test_old_python_is_refused(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = SimpleNamespace(**{**vars(sys), "version_info": (3, 9), "version": "3.9.2 (old)"})
    monkeypatch.setattr(dev, "sys", old)
    assert dev.main(["run"]) == 1
    assert "This is Python 3.9.2. Type: python3.11 dev.py run" in capsys.readouterr().err


def test_python_without_venv_is_told_the_package(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dev.subprocess, "run", lambda *a, **k: SimpleNamespace(returncode=1))
    with pytest.raises(dev.Refusal, match=r"Type: sudo apt install python3\.\d+-venv"):
        dev.Environment(tmp_path).ensure(dev.RUNTIME)


def test_default_home_is_outside_the_checkout(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PORTAL_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = dev.portal_home()
    assert home.is_relative_to(tmp_path)
    monkeypatch.setattr(dev, "ROOT", tmp_path / "another checkout")
    assert dev.portal_home() != home


def test_manage_migrates_first_unless_the_command_is_about_migrations(dev: ModuleType) -> None:
    assert not dev.leaves_tables_alone(["create_user", "someone"])
    for name in ("migrate", "makemigrations", "showmigrations", "compilemessages", "--help"):
        assert dev.leaves_tables_alone([name])


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A fresh clone in a path with spaces, and the environment of somebody who starts it."""
    clone, home = tmp_path / "a clone", tmp_path / "a home"
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "PYTEST", "DJAN"))}
    kept = {k: v for k, v in kept.items() if k not in {"DATABASE_URL", "REDIS_URL", "PYTHONPATH"}}
    yield clone, kept | {"PORTAL_HOME": str(home), "PORTAL_PORT": str(free_port())}
    embedded.stop(home)
    embedded.Layout(home, throwaway=True).clear()


def started(clone: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[str], float]:
    """`dev.py run` once its page can be seen, and after how many seconds."""
    before = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "dev.py", "run"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = next((line for line in process.stdout if "The portal is at" in line), "nothing")
    seconds = time.monotonic() - before
    assert f":{environment['PORTAL_PORT']}/" in said
    connection = http.client.HTTPConnection("127.0.0.1", int(environment["PORTAL_PORT"]))
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    return process, seconds


@pytest.mark.slow
def test_newcomer_gets_a_portal_with_one_command_and_nothing_stays_behind(
    newcomer: tuple[Path, dict[str, str]],
) -> None:
    clone, environment = newcomer
    home = Path(environment["PORTAL_HOME"])

    process, seconds = started(clone, environment)
    assert seconds < 300  # 23 on a quiet machine
    assert "runs already" in refused(home, "run")
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert processes.remaining(home, 5) == []

    process, seconds = started(clone, environment)
    assert seconds < 60  # 2 on a quiet machine; the first start builds an environment
    process.kill()
    process.wait()
    assert processes.remaining(home) == []

    process, _seconds = started(clone, environment)
    subprocess.run([sys.executable, "dev.py", "stop"], cwd=clone, env=environment, check=True)
    assert processes.remaining(home, 2) == []
    process.wait(5)


@pytest.mark.parametrize(
    ("arguments", "runs"),
    [
        (["tests/portal", "-q"], [["-m", "not slow", "tests/portal", "-q"]]),
        (["tests/portal", "--slow"], [["tests/portal"]]),
        (["-m", "browser"], [["-m", "browser"]]),
    ],
)
def test_what_is_named_is_tested_as_it_is_named(
    dev: ModuleType, arguments: list[str], runs: list[list[str]]
) -> None:
    assert dev.test_runs(arguments) == runs


def test_slow_tests_come_last_and_one_after_the_other(dev: ModuleType) -> None:
    fast, slow = dev.test_runs(["--slow", "-q"])
    assert fast[:3] == ["-m", "not slow", "-n"] and fast[-1] == "-q"
    assert slow == ["-m", "slow", "-q"]
