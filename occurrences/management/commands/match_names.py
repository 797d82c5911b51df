"""match_names --collection CODE: look the names of a collection's records up, as its page does."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from biocollections.models import Collection
from journal.jobs import Refused
from occurrences import cleaning
from occurrences.cleaning import Options, Scope
from taxonomy.models import Checklist, Name


class Command(BaseCommand):
    help = "Match the names of a collection's records and link those that leave no doubt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--collection", required=True, metavar="CODE")
        parser.add_argument("--source", metavar="NAME", help="of a checklist; all if left out")
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--dry-run", action="store_true", help="count, and write nothing")
        ways.add_argument(
            "--online", action="store_true", help="ask the Catalogue of Life about the rest"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        collection = Collection.objects.filter(code=options["collection"]).first()
        if collection is None:
            raise CommandError(f"There is no collection {options['collection']}.")
        asked = Options(sources=self._sources(options["source"]), online=options["online"])
        scope = Scope(str(collection.guid), None, (collection,), whole=True)
        begun = time.perf_counter()
        try:
            found = (cleaning.look if options["dry_run"] else cleaning.run)(scope, asked)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        found["seconds"] = round(time.perf_counter() - begun, 3)
        found["dry_run"] = options["dry_run"]
        self.stdout.write(json.dumps(found) if options["json"] else self._in_words(found))

    def _sources(self, name: str | None) -> tuple[int, ...] | None:
        if name is None:
            return None
        current = Checklist.objects.filter(source=name, state=Checklist.State.CURRENT).first()
        if current is None:
            used = Checklist.objects.filter(state=Checklist.State.CURRENT).order_by("source")
            sources = ", ".join(used.values_list("source", flat=True)) or "none"
            raise CommandError(f"No checklist {name} is in use. In use: {sources}.")
        return (current.pk,)

    def _in_words(self, found: dict[str, Any]) -> str:
        lines = [
            f"{Name.State(state).label}: {number:,} names, {found['records'][state]:,} records"
            for state, number in found["names"].items()
            if number
        ]
        if found["dry_run"]:
            ending = f"{found['linked']:,} names would be linked; nothing was written."
        else:
            ending = f"{found['linked']:,} names linked now, {found['filled']:,} records filled."
        return "\n".join([*lines, f"{found['seconds']} seconds. {ending}"])
