"""Say how texts would be read under a Darwin Core term, a text a line."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from darwincore.alone import Reading, UnknownTerm, read_alone
from darwincore.issues import describe


class Command(BaseCommand):
    help = (
        "Read texts, one a line, each by itself: eventDate, verbatimCoordinates, "
        "verbatimElevation, decimalLatitude, country… Needs no database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("term", help="a Darwin Core term, such as eventDate")
        parser.add_argument("file", nargs="?", type=Path, help="UTF-8 text; else standard input")
        parser.add_argument("--json", action="store_true", help="print a JSON object a line")

    def handle(self, **options: Any) -> None:
        shown = as_json if options["json"] else as_text
        if isinstance(sys.stdout, io.TextIOWrapper):  # as the texts are, whatever the terminal is
            sys.stdout.reconfigure(encoding="utf-8")
        try:
            for line in _lines(options["file"]):
                self.stdout.write(shown(read_alone(options["term"], line)))
            self.stdout.flush()
        except UnknownTerm as unknown:
            raise CommandError(f"{unknown} is no term that is known here.") from None
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def as_json(reading: Reading) -> str:
    """Return verbatim, values, precision and the issues' codes; numbers keep their scale."""
    values = ", ".join(f"{json.dumps(term)}: {_json(v)}" for term, v in reading.values.items())
    codes = json.dumps([issue.code for issue in reading.issues])
    return (
        f'{{"verbatim": {_json(reading.verbatim)}, "values": {{{values}}}, '
        f'"precision": {_json(reading.precision or None)}, "issues": {codes}}}'
    )


def _json(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return _BREAKS.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")  # some programs end a line at these, too


def as_text(reading: Reading) -> str:
    """Return the text with what it says under it, and what is to be looked at."""
    said = [f"  {term} = {value}" for term, value in reading.values.items()]
    if reading.precision:
        said.append(f"  precision: {reading.precision}")
    said += [f"  ! {describe(issue)}" for issue in reading.issues]
    return "\n".join([reading.verbatim or "–", *(said or ["  nothing is read from it"])])


def _lines(path: Path | None) -> Iterator[str]:
    """Yield the lines of a file or of standard input; what isn't UTF-8 becomes "�"."""
    try:
        stream = path.open("rb") if path else sys.stdin.buffer
        with io.TextIOWrapper(stream, "utf-8-sig", errors="replace") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
