"""Say what scientific names consist of, a name a line."""

from __future__ import annotations

import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from taxonomy.parsing import Parsed, parse

TOLD = "verbatim canonical authorship rank qualifier hybrid quality notes".split()
WIDTHS = {"canonical": 40, "authorship": 36, "rank": 18, "qualifier": 9}


class Command(BaseCommand):
    help = "Read scientific names, one a line, and tell their parts. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="UTF-8 text; else standard input")
        parser.add_argument("--json", action="store_true", help="print a JSON object a line")

    def handle(self, **options: Any) -> None:
        write = self._as_json if options["json"] else self._as_row
        if not options["json"]:
            self.stdout.write(self._row(*(name.capitalize() for name in WIDTHS), "Quality, notes"))
        for line in _lines(options["file"]):
            write(parse(line))

    def _as_json(self, found: Parsed) -> None:
        told = {name: getattr(found, name) for name in TOLD}
        self.stdout.write(json.dumps(told, ensure_ascii=False))

    def _as_row(self, found: Parsed) -> None:
        canonical = found.canonical or f"– {found.verbatim[:38]}"
        notes = " ".join([str(found.quality), *([", ".join(found.notes)] if found.notes else [])])
        self.stdout.write(
            self._row(canonical, found.authorship, found.rank, found.qualifier, notes)
        )

    def _row(self, *cells: str) -> str:
        padded = (f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS.values(), strict=False))
        return "  ".join([*padded, cells[-1]])


def _lines(path: Path | None) -> Iterator[str]:
    """Yield the lines of a file or of standard input; what isn't UTF-8 becomes "�"."""
    try:
        stream = path.open("rb") if path else sys.stdin.buffer
        with io.TextIOWrapper(stream, "utf-8-sig", errors="replace") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
