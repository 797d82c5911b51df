"""load_checklist FILE --source NAME: a checklist in, without a browser or worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from journal.jobs import Refused
from taxonomy import checklists
from taxonomy.models import Checklist

COUNTS = ("rows", "created", "updated", "unchanged", "blocked", "vernaculars")


class Command(BaseCommand):
    help = "Load a checklist: ColDP, a Darwin Core Archive of taxa, or a table of names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, metavar="NAME", help="whose list it is")
        parser.add_argument("--kingdom", default="", help="of names that state none")
        parser.add_argument("--release", default="", help="which release of the source it is")
        parser.add_argument(
            "--wait-for-decision",
            action="store_true",
            help="keep the release in use until somebody has seen the difference",
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        checklist = self._receive(options)
        try:
            with checklists.alone_with(checklist.source):
                checklists.load(checklist)
                if not options["wait_for_decision"] and checklists.has_names(checklist):
                    checklists.put_in_use(checklist)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self._print(checklist, as_json=options["json"])

    def _receive(self, options: dict[str, Any]) -> Checklist:
        if not options["source"].strip():
            raise CommandError("--source needs a name.")
        try:
            with options["file"].open("rb") as file:
                return checklists.receive(
                    File(file),
                    options["file"].name,
                    options["source"],
                    None,
                    options["kingdom"],
                    options["release"],
                )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error

    def _print(self, checklist: Checklist, *, as_json: bool) -> None:
        counts = checklist.counts
        if as_json:
            told = {**counts, "checklist": str(checklist.guid), "state": checklist.state}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(", ".join(f"{word} {counts[word]:,}" for word in COUNTS))
        for words, number in checklists.issues_in_words(checklist):
            self.stdout.write(f"  {words}: {number:,}")
        for code, number in counts["blocked_by"].items():
            self.stdout.write(f"  not taken, {checklists.REASONS[code][0]}: {number:,}")
        if not checklists.has_names(checklist):
            self.stdout.write("No name could be taken, so nothing was put in use.")
        self.stdout.write(f"{checklist.get_state_display()}, {counts['seconds']} s")
