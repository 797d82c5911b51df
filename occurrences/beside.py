"""A process beside this one that does the same work for it, so that two cores have something to do.

    with beside(drafter.drafted, how_many=run.counts["rows"]) as drafted:
        drafted(rows)

Python does one thing at a time; reading rows in a thread would keep the one that writes them
waiting. So rows are read by a process of their own. Whatever becomes of it (it isn't ready yet, it
was killed, it can't read a row), the work is done here instead: it is nothing but a second place.

The process knows no database and no secret: it is told the few settings that reading depends on. It
ends with its standard input, so with whoever started it, however that one ends.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils import translation

logger = logging.getLogger(__name__)

FEWEST = 20_000  # rows that repay a process: it is ready when ten thousand have been read here
Given = TypeVar("Given")
Made = TypeVar("Made")

_ROOT = Path(__file__).resolve().parent.parent
# The parts of the site whose tables are named in what is sent.
_APPS = (
    "occurrences",
    "taxonomy",
    "biocollections",
    "accounts",
    "journal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
)
_SETTINGS = (
    "AUTH_USER_MODEL",
    "DEFAULT_AUTO_FIELD",
    "LANGUAGE_CODE",
    "TIME_ZONE",
    "USE_I18N",
    "USE_TZ",
)
# What Python itself and the libraries of the system go by.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE")


@contextmanager
def beside(work: Callable[[Given], Made], how_many: int) -> Iterator[Callable[[Given], Made]]:
    """Give a function that does `work`, in a process of its own where so many rows repay it.

    The work, what it is given and what it makes can be pickled; it depends on nothing else and asks
    no database. An error is that of doing it here.
    """
    if how_many < FEWEST:
        yield work
        return
    place = _Process(work)
    try:
        yield place
    finally:
        place.end()


class _Process:
    """Work that is done by another process, as far as that is there."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work
        self.is_told = False  # what the work is
        self.in_use = threading.RLock()  # who cancels ends it while a thread may be waiting for it
        self.process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):  # no room for another process: then there is none
            self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from occurrences import beside; beside.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        told = {name: getattr(settings, name) for name in _SETTINGS}
        told["LOCALE_PATHS"] = [str(path) for path in settings.LOCALE_PATHS]
        labels = {each.name: each.label for each in apps.get_app_configs() if each.name in _APPS}
        line = json.dumps([told, labels, translation.get_language()])
        self._stdin.write(f"{line}\n".encode())
        self._stdin.flush()

    def __call__(self, given: Any) -> Any:
        with self.in_use:
            if self.process and (self.is_told or self._is_ready()):
                try:
                    return self._asked(given)
                except (OSError, EOFError, pickle.UnpicklingError):
                    self.end()
                    logger.warning("The process beside this one is gone; its work is done here.")
        return self.work(given)

    def end(self) -> None:
        """End the process."""
        with self.in_use:
            process, self.process = self.process, None
            if process:
                process.kill()  # it holds nothing that could be left half done
                with suppress(OSError):
                    process.communicate()

    def _asked(self, given: Any) -> Any:
        if not self.is_told:
            self._send(self.work)
            self.is_told = True
        self._send(given)
        return pickle.load(self._stdout)  # noqa: S301 (of our own process)

    def _is_ready(self) -> bool:
        """Tell whether it has said that it is, or is gone."""
        return bool(select.select([self._stdout], [], [], 0)[0]) and self._says_so()

    def _says_so(self) -> bool:
        if self._stdout.read(len(_READY)) == _READY:
            return True
        self.end()
        return False

    def _send(self, what: Any) -> None:
        self._stdin.write(pickle.dumps(what, pickle.HIGHEST_PROTOCOL))
        self._stdin.flush()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.process and self.process.stdin
        return self.process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self.process and self.process.stdout
        return self.process.stdout


_READY = b"+"


def serve() -> None:
    """Do the work that standard input tells of, until that ends: what the process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is its parent's affair
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints into the log
    told, labels, language = json.loads(asked.readline())
    settings.configure(**told)
    apps.populate([_only_tables(name, label) for name, label in labels.items()])
    if language:
        translation.activate(language)
    with suppress(EOFError, BrokenPipeError):
        answers.write(_READY)
        answers.flush()
        work = pickle.load(asked)  # noqa: S301 (from our parent)
        gc.disable()  # a chunk is a hundred thousand live objects
        while True:
            made = pickle.dumps(work(pickle.load(asked)), pickle.HIGHEST_PROTOCOL)  # noqa: S301
            answers.write(made)
            answers.flush()
            del made
            gc.collect(0)


def _only_tables(name: str, label: str) -> AppConfig:
    """Return a part of the site without its `ready`, which registers what a worker does."""
    kind = type("Tables", (AppConfig,), {"label": label})
    return kind(name, import_module(name))
