"""Write a collection to a file: the operator's backup."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from biocollections.models import Collection
from occurrences.downloads import WRITERS, write_csv
from occurrences.models import Download


class Command(BaseCommand):
    help = "Write a collection to a file, with the exact values of protected records."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--format", choices=Download.Format.values, required=True)
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)
        parser.add_argument(
            "--raw", action="store_true", help="CSV with nothing made safe for spreadsheets"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        collection = Collection.objects.filter(code=options["code"]).first()
        if collection is None:
            raise CommandError(f"There is no collection {options['code']}.")
        started = time.monotonic()
        form = Download.Format(options["format"])
        if options["raw"] and form != Download.Format.CSV:
            raise CommandError("--raw goes with --format csv alone.")
        write = partial(write_csv, raw=True) if options["raw"] else WRITERS[form]
        rows = self._write(partial(write, collection, None), options["output"])
        seconds = round(time.monotonic() - started, 2)
        told = {"rows": rows, "file": str(options["output"]), "seconds": seconds}
        words = f"Wrote {rows} records to {options['output']} in {seconds} s."
        self.stdout.write(json.dumps(told) if options["json"] else words)

    def _write(self, write: Callable[[IO[bytes]], int], output: Path) -> int:
        """Write beside the file and put it in its place when whole."""
        part = output.with_name(output.name + ".part")
        try:
            with part.open("wb") as stream:
                rows = write(stream)
            part.replace(output)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{output} can't be written: {error.strerror}.") from None
        return rows
