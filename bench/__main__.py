"""Run one benchmark in a database of its own and keep its figures in bench/results/.

    python3 dev.py bench NAME [--rows N]

The last line of the output is one JSON object: name, rows, seconds, limit_seconds, ratio and
whatever else the benchmark measures. The file of the same content says on what machine.
"""

import argparse
import importlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg
from django.core.management import call_command

from bench.machine import machine

FOLDER = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    known = sorted(p.stem for p in FOLDER.glob("*.py") if "\ndef run(" in p.read_text())
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("name", choices=known)
    parser.add_argument("--rows", type=int, default=100_000)
    return parser.parse_args()


@contextmanager
def own_ground() -> Iterator[None]:
    """A new database beside the site's, with the server's durable settings, and a new home."""
    url = os.environ["DATABASE_URL"]
    site, name = urlsplit(url), f"bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            with TemporaryDirectory(prefix="holotype-") as home:
                os.environ["PORTAL_HOME"] = home
                os.environ["DATABASE_URL"] = site._replace(path=f"/{name}").geturl()
                yield
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure(name: str, rows: int) -> dict[str, Any]:
    """Run a benchmark; its figures, those that every benchmark has in front."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    figures = importlib.import_module(f"bench.{name}").run(rows)
    own = {"name": name, "rows": rows, "seconds": None, "limit_seconds": None, "ratio": None}
    rounded = {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
    return own | rounded


def main() -> None:
    wanted = arguments()
    with own_ground():
        figures = measure(wanted.name, wanted.rows)
        described = figures | {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": machine()}
    path = FOLDER / "results" / f"{wanted.name}-{wanted.rows}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
