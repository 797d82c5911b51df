#!/usr/bin/env python3
"""The one command of this project: it needs Python 3.11 and nothing else.

    python3 dev.py run                          the portal with its demonstration, until Ctrl-C
    python3 dev.py test [--slow] [PYTEST ARGS]  the tests, on services of their own
    python3 dev.py lint                         style, types, layers, migrations, templates
    python3 dev.py bench NAME [--rows N]        a benchmark of bench/, into bench/results/
    python3 dev.py look URL... [--as USER]      pictures of pages, wide and narrow, light and dark
    python3 dev.py manage ARGS...               a command of Django's or the portal's own
    python3 dev.py stop                         end what is running here

PORTAL_HOME is the folder for everything that is not in the repository (virtual environment,
database, files, logs), PORTAL_PORT the port of the site. DATABASE_URL and REDIS_URL, when set,
replace the services that are otherwise started here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import http.client
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import types
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:
    sys.exit("Windows runs the portal in WSL, or in containers. Type: docker compose up")

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
RUNTIME = ("runtime", "embedded")
DEVELOPMENT = ("dev", "embedded")
STARTING = 60.0  # seconds until the web server must answer
LIVES = 10  # how often a web server or worker that was killed is started


class Refusal(Exception):
    """Something is missing or taken. The text is one line that says what to type."""


def load_embedded() -> types.ModuleType:
    """portal/embedded.py by its path: importing its package would need what is installed later."""
    path = ROOT / "portal" / "embedded.py"
    spec = importlib.util.spec_from_file_location("embedded", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["embedded"] = module
    spec.loader.exec_module(module)
    return module


# -- Where things are ------------------------------------------------------------------------------


def portal_home() -> Path:
    """PORTAL_HOME, or a folder of this checkout's own outside the repository."""
    if chosen := os.environ.get("PORTAL_HOME"):
        home = Path(chosen).expanduser().absolute()
    else:
        shared = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
        key = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
        home = Path(shared) / "holotype" / f"{ROOT.name}-{key}"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"{home} cannot be made ({error.strerror}). "
            "Type PORTAL_HOME=<a folder you may write to> in front of the command."
        ) from None
    return home


def portal_port() -> int:
    """PORTAL_PORT, 8000 unless said otherwise."""
    text = os.environ.get("PORTAL_PORT", "8000")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Refusal(f"PORTAL_PORT is {text!r}. Type PORTAL_PORT=8000, or another free port.")
    return int(text)


# -- The virtual environment -----------------------------------------------------------------------


class Environment:
    """The virtual environment in PORTAL_HOME, kept at what the lock files say."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / "installed.json"

    def ensure(self, locks: tuple[str, ...]) -> None:
        """Make the environment if need be, and install these lock files if they are not."""
        wanted = {name: self._fingerprint(name) for name in locks}
        if self._has(wanted):
            return
        with (self.folder.parent / "venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._has(wanted):
                self._make()
                self._install(locks)
                self.stamp.write_text(json.dumps(self._installed() | wanted))

    def _fingerprint(self, name: str) -> str:
        content = (ROOT / "requirements" / f"{name}.lock").read_bytes()
        return hashlib.sha256(content + sys.version.encode()).hexdigest()

    def _installed(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.stamp.read_text())) if self.python.exists() else {}
        except (OSError, ValueError):
            return {}

    def _has(self, wanted: dict[str, str]) -> bool:
        """The development lock holds all of the runtime's, at the same versions."""
        installed = self._installed()
        if "dev" in installed and installed["dev"] == self._fingerprint("dev"):
            wanted = {name: mark for name, mark in wanted.items() if name != "runtime"}
        return wanted.items() <= installed.items()

    def _make(self) -> None:
        installed = self._installed()
        if installed and all(self._fingerprint(n) == mark for n, mark in installed.items()):
            return  # sound, and only to be added to
        say("Making the virtual environment …")
        shutil.rmtree(self.folder, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", self.folder], capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise Refusal(
                "Python cannot make a virtual environment. "
                f"Type: sudo apt install python3.{sys.version_info.minor}-venv"
            )

    def _install(self, locks: tuple[str, ...]) -> None:
        say("Installing packages …")
        command = [self.python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        command += ["--require-hashes", "--no-deps", "--no-input"]
        for name in locks:
            command += ["-r", ROOT / "requirements" / f"{name}.lock"]
        if subprocess.run(command, check=False).returncode:
            raise Refusal(
                "Packages could not be installed; the lines above say why. "
                "Check the network, then type the same command again."
            )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# -- Services and their environment ----------------------------------------------------------------


class Ground:
    """What every command stands on: home, virtual environment, services, environment variables."""

    def __init__(self, *, development: bool) -> None:
        self.home = portal_home()
        self.venv = Environment(self.home)
        self.venv.ensure(DEVELOPMENT if development else RUNTIME)
        self.embedded = load_embedded()

    def hold(self, home: Path, *, throwaway: bool = False):  # type: ignore[no-untyped-def]
        """Hold the services that the environment does not name."""
        wanted = [n for n in ("DATABASE_URL", "REDIS_URL") if throwaway or not os.environ.get(n)]
        if not wanted:
            return self.embedded.Services()
        return self.embedded.hold(home, self.venv.python, wanted, throwaway=throwaway)

    def variables(self, home: Path, addresses: dict[str, str]) -> dict[str, str]:
        """The environment of the site's processes; what the user has set stays."""
        ours_alone = "DATABASE_URL" in addresses
        defaults = {
            "PORTAL_SECRET_KEY": self._secret_key(),
            "PORTAL_DEMO": str(int(ours_alone)),
            "PORTAL_HTTPS": "0",
            "PORTAL_URL": f"http://localhost:{portal_port()}",
        }
        return {
            **defaults,
            **os.environ,
            **addresses,
            "PORTAL_HOME": str(home),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
        }

    def _secret_key(self) -> str:
        path = self.home / "secret_key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()

    def call(
        self, command: list[str | Path], environment: dict[str, str], cwd: Path | None = ROOT
    ) -> int:
        """Run a command of the virtual environment in the foreground; its exit code."""
        children = self.embedded.Children()
        process = children.start(
            "The command", [self.venv.python, *command], log=None, env=environment, cwd=cwd
        )
        with stopping_on(signal.SIGTERM, signal.SIGHUP), ignoring(signal.SIGINT):
            try:
                return int(process.wait())  # Ctrl-C reaches the command by itself
            finally:
                children.stop()

    @contextlib.contextmanager
    def throwaway(self) -> Iterator[dict[str, str]]:
        """The environment of services that hold nothing when they start, and go when they end."""
        folder = self.home / "throwaway"
        self.embedded.clear_throwaways(folder)
        home = folder / uuid.uuid4().hex[:8]
        with self.hold(home, throwaway=True) as services:
            yield self.variables(home, services.addresses) | {
                "PORTAL_TESTING": "1",
                "PORTAL_DEMO": "0",
                "PORTAL_HTTPS": "0",
            }


@contextlib.contextmanager
def handling(numbers: Iterable[signal.Signals], handler: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def ignoring(*numbers: signal.Signals) -> contextlib.AbstractContextManager[None]:
    return handling(numbers, signal.SIG_IGN)


def stopping_on(*numbers: signal.Signals) -> contextlib.AbstractContextManager[None]:
    """Leave the block as by Ctrl-C when one of these signals comes; a second one is not heard."""

    def leave(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    return handling(numbers, leave)


# -- Commands --------------------------------------------------------------------------------------


def manage(arguments: list[str]) -> int:
    ground = Ground(development=False)
    with ground.hold(ground.home) as services:
        environment = ground.variables(ground.home, services.addresses)
        if services.postgres_folder and not leaves_tables_alone(arguments):
            ensure_tables(ground, services.postgres_folder / "tables", environment)
        return ground.call([ROOT / "manage.py", *arguments], environment, cwd=None)


def leaves_tables_alone(arguments: list[str]) -> bool:
    """Whether a command of Django's must not be preceded by `migrate`, or does not need it."""
    name = arguments[0] if arguments else "help"
    return "migrat" in name or "messages" in name or name.startswith("-") or name in {
        "check", "collectstatic", "dbshell", "help", "version",
    }  # fmt: skip


def ensure_tables(ground: Ground, stamp: Path, environment: dict[str, str]) -> None:
    """Migrate the embedded database when a migration has changed since the last time."""
    digest = hashlib.sha256((ROOT / "requirements" / "runtime.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(os.fsencode(path.relative_to(ROOT)) + path.read_bytes())
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    if ground.call(["-m", "portal.prepare", "tables"], environment) == 0:
        stamp.write_text(digest.hexdigest())


def test(arguments: list[str]) -> int:
    ground = Ground(development=True)
    with ground.throwaway() as environment:
        for run in test_runs(arguments):
            if failed := ground.call(["-m", "pytest", *run], environment):
                return failed
    return 0


def test_runs(arguments: list[str]) -> list[list[str]]:
    """What pytest is called with. All tests run side by side, but slow ones, which bring workers
    and load of their own, one after the other; what is named runs as it is named."""
    slow = "--slow" in arguments
    rest = [each for each in arguments if each != "--slow"]
    if "-m" in rest:
        return [rest]
    if any(not each.startswith("-") for each in rest):
        return [rest if slow else ["-m", "not slow", *rest]]
    together = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "worksteal"]
    fast = ["-m", "not slow", *together, *rest]
    return [fast, ["-m", "slow", *rest]] if slow else [fast]


def lint(_arguments: list[str]) -> int:
    """Every check, also after one has failed, so that one run tells all."""
    ground = Ground(development=True)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    layers = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    checks: dict[str, list[str | Path]] = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "types": ["-m", "mypy", *sorted(packages)],
        "layers": ["-c", layers],
        "migrations": [ROOT / "manage.py", "makemigrations", "--check", "--dry-run"],
        "templates": ["-m", "djlint", "templates", "--lint", "--quiet"],
        "translations": ["-m", "tests.catalogues"],
    }
    failed = []
    with ground.throwaway() as environment:
        for name, command in checks.items():
            say(f"— {name}")
            if ground.call(command, environment):
                failed.append(name)
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return int(bool(failed))


def bench(arguments: list[str]) -> int:
    if not arguments:
        modules = (ROOT / "bench").glob("*.py")
        known = sorted(p.stem for p in modules if "\ndef run(" in p.read_text())
        raise Refusal(f"Type python3 dev.py bench NAME, where NAME is one of {', '.join(known)}.")
    ground = Ground(development=True)
    with ground.hold(ground.home) as services:
        environment = ground.variables(ground.home, services.addresses)
        return ground.call(["-m", "bench", *arguments], environment)


def look(arguments: list[str]) -> int:
    ground = Ground(development=True)
    with contextlib.ExitStack() as stack:
        address = running_address(ground.home)
        if address is None:
            address = stack.enter_context(portal(ground, free_port())).address
        environment = {
            **os.environ,
            "PORTAL_ADDRESS": address,
            "PORTAL_HOME": str(ground.home),
            "PYTHONPATH": str(ROOT),
        }
        return ground.call(["-m", "tests.look", *arguments], environment, cwd=None)


def stop(_arguments: list[str]) -> int:
    home = portal_home()
    if running_address(home):
        os.kill(json.loads((home / "run.json").read_text())["pid"], signal.SIGTERM)
        with (home / "run.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        say("The portal has stopped.")
    if load_embedded().stop(home):
        say("The services have stopped.")
    return 0


# -- The running portal ----------------------------------------------------------------------------


@dataclasses.dataclass
class Portal:
    address: str
    accounts: str
    failure: Callable[[], str | None]  # what has ended although it should not, if anything


def run(_arguments: list[str]) -> int:
    port = portal_port()
    refuse_second(portal_home())
    refuse_taken(port)
    ground = Ground(development=False)
    try:
        with portal(ground, port) as site:
            print(f"\nThe portal is at {site.address}\n")
            if site.accounts:
                print(site.accounts)
            print(f"Logs are in {ground.home / 'logs'}. Ctrl-C stops it.", flush=True)
            while not (failure := site.failure()):
                time.sleep(0.3)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    raise Refusal(f"{failure} has ended by itself. See {ground.home / 'logs'}")


@contextlib.contextmanager
def portal(ground: Ground, port: int) -> Iterator[Portal]:
    """The site with its worker, from the first answered request to the end of the block."""
    address = f"http://localhost:{port}/"
    children = ground.embedded.Children()
    with running(ground.home, address), ground.hold(ground.home) as services:
        environment = ground.variables(ground.home, services.addresses)
        accounts = prepare(ground, environment)
        python, logs = ground.venv.python, ground.home / "logs"
        with stopping_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            try:
                web = [python, "-m", "gunicorn", *web_options(port), "portal.wsgi"]
                children.start(
                    "The web server", web, log=logs / "web.log", lives=LIVES, env=environment
                )
                await_answer(port, children, logs / "web.log")  # the worker would slow it down
                worker = [python, "-m", "celery", "-A", "portal", "worker", *worker_options(ground)]
                children.start(
                    "The worker",
                    worker,
                    log=logs / "worker.log",
                    stop_signal=signal.SIGQUIT,  # ends now; unfinished jobs go on at the next start
                    lives=LIVES,
                    env=environment,
                )
                yield Portal(
                    address,
                    accounts,
                    lambda: children.revive() or ("A service" if services.lost() else None),
                )
            finally:
                children.stop()


def web_options(port: int) -> list[str]:
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    options += ["--workers", "2", "--threads", "4", "--no-control-socket", "--access-logfile", "-"]
    options += ["--limit-request-line", "8190"]  # a search for five hundred numbers is that long
    return [*options, "--reload" if os.environ.get("PORTAL_DEBUG") == "1" else "--preload"]


def worker_options(ground: Ground) -> list[str]:
    schedule = ground.home / "beat"
    return ["-B", "-s", str(schedule), "-l", "INFO", "--without-gossip", "--without-mingle"]


def prepare(ground: Ground, environment: dict[str, str]) -> str:
    """Tables, static files and demonstration; what there is to say about its accounts."""
    say("Preparing the database …")
    done = subprocess.run(
        [ground.venv.python, "-m", "portal.prepare"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refusal("The database could not be prepared; the lines above say why.")
    return done.stdout


def await_answer(port: int, children, log: Path) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and not children.ended():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTING)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise Refusal(f"The site does not answer. See {log}")


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Refusal(f"Port {port} needs root. Type PORTAL_PORT=8000 instead.") from None
        except OSError:
            raise Refusal(
                f"Port {port} is taken. Type: PORTAL_PORT={free_port()} python3 dev.py run"
            ) from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(home: Path, address: str) -> Iterator[None]:
    """Say to other commands that the portal of this home runs here."""
    with (home / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse_second(home)
        (home / "run.json").write_text(json.dumps({"address": address, "pid": os.getpid()}))
        yield


def refuse_second(home: Path) -> None:
    if address := running_address(home):
        raise Refusal(f"The portal runs already, at {address} To end it type: python3 dev.py stop")


def running_address(home: Path) -> str | None:
    """Where the portal of this home runs, if it does."""
    with (home / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return str(json.loads((home / "run.json").read_text())["address"])
    return None


COMMANDS = {
    "run": run,
    "test": test,
    "lint": lint,
    "bench": bench,
    "look": look,
    "manage": manage,
    "stop": stop,
}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else "help"
    if name not in COMMANDS:
        print(__doc__)
        return 0 if name in {"help", "-h", "--help"} else 2
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise Refusal(
                f"This is Python {sys.version.split()[0]}. Type: python3.11 dev.py {name}"
            )
        return COMMANDS[name](arguments[1:])
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except Exception as error:
        if isinstance(error, Refusal) or type(error).__name__ == "Missing":
            say(str(error))
            return 1
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
