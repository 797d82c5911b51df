"""Load a file of places into the gazetteer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from biocollections import place_files


class Command(BaseCommand):
    help = (
        "Load counties and other names of places: a CSV with the columns country, stateProvince, "
        "county, variants, abbreviations, language, code."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            loaded = place_files.load(place_files.receive(file, path.name, None))
        if loaded.refusal:
            raise CommandError(loaded.refusal)
        made = loaded.change_set
        told = {**loaded.counts, "problems": loaded.problems}
        told["change_set"] = str(made.guid) if made else None
        if options["json"]:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(", ".join(f"{number} {name}" for name, number in loaded.counts.items()))
        for each in loaded.problems:
            self.stdout.write(f"line {each['line']}: {each['problem']}")
