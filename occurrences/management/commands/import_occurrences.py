"""import_occurrences FILE --collection CODE --user NAME: a file in, without a browser or worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from biocollections.models import Collection
from journal.jobs import Refused
from occurrences import imports, mapping
from occurrences.models import ImportRun

KEYS = ("occurrenceID", "catalogNumber", "sourceID")
COUNTS = ("rows", "created", "updated", "unchanged", "blocked", "conflict", "excluded")


class Command(BaseCommand):
    help = "Import a CSV, TSV or Darwin Core Archive into a collection, with the guessed mapping."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--collection", required=True, metavar="CODE")
        parser.add_argument("--user", required=True, metavar="NAME")
        parser.add_argument("--key", choices=KEYS, help="what a row is recognised by")
        parser.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._receive(options)
        try:
            if options["dry_run"]:
                with transaction.atomic():
                    receipt = self._carry_out(run, options["key"], dry=True)
                    transaction.set_rollback(True)
            else:
                receipt = self._carry_out(run, options["key"], dry=False)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        finally:
            if options["dry_run"]:
                run.file.delete(save=False)
                run.delete()
        self._print(receipt, as_json=options["json"])

    def _receive(self, options: dict[str, Any]) -> ImportRun:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        collection = Collection.objects.filter(code=options["collection"]).first()
        if collection is None:
            raise CommandError(f"There is no collection {options['collection']}.")
        if not Collection.objects.managed_by(user).filter(pk=collection.pk).exists():
            raise CommandError(f"{user.username} does not administer {collection.code}.")
        try:
            with options["file"].open("rb") as file:
                return imports.receive(collection, user, File(file), options["file"].name)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error

    def _carry_out(self, run: ImportRun, key: str | None, *, dry: bool) -> dict[str, Any]:
        imports.stage(run)
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.refusal)
        if key:
            self._use_key(run, key)
        imports.check(run)
        if not dry:
            imports.apply(run)
        return receipt_of(run)

    def _use_key(self, run: ImportRun, key: str) -> None:
        targets = {entry["term"] for entry in run.mapping}
        archived = run.source["tables"][0]["id_index"] is not None
        if key not in targets and not (key == mapping.SOURCE_ID and archived):
            raise CommandError(f"{run.file_name} has no column for {key}.")
        run.key = key
        run.save()

    def _print(self, receipt: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(receipt))
            return
        self.stdout.write(", ".join(f"{word} {receipt[word]:,}" for word in COUNTS))
        for code, number in receipt["issues"].items():
            self.stdout.write(f"  {code}: {number:,}")
        for name, numbers in receipt["extensions"].items():
            told = ", ".join(f"{word} {number:,}" for word, number in numbers.items())
            self.stdout.write(f"  {name}: {told}")
        if receipt["change_set"]:
            self.stdout.write(f"Undo with: undo {receipt['change_set']}")


def receipt_of(run: ImportRun) -> dict[str, Any]:
    """Return what an import came to, as the command prints it."""
    return {
        **{word: run.counts.get(word, 0) for word in COUNTS},
        "issues": run.counts["issues"],
        "extensions": run.counts["extensions"],
        "key": run.key,
        "seconds": round(sum(run.counts["seconds"].values()), 3),
        "change_set": str(run.change_set.guid) if run.change_set else None,
    }
