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
from occurrences import imports, keys, profiles
from occurrences.models import ImportRun

COUNTS = ("rows", "created", "updated", "unchanged", "blocked", "conflict", "excluded")


class Command(BaseCommand):
    help = (
        "Import a table or Darwin Core Archive into a collection, mapped as guessed or by profile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--collection", required=True, metavar="CODE")
        parser.add_argument("--user", required=True, metavar="NAME")
        parser.add_argument(
            "--key",
            action="append",
            metavar="KEY",
            help="what a row is recognised by; several in the order in which they count: "
            + ", ".join(ImportRun.Key.values)
            + ", identifier:TAG",
        )
        parser.add_argument(
            "--mode", choices=ImportRun.Mode.values, help="what becomes of records that are here"
        )
        parser.add_argument("--profile", metavar="NAME", help="import as this profile says")
        parser.add_argument(
            "--brings", choices=ImportRun.Brings.values, help="what the rows are: records, or more"
        )
        parser.add_argument(
            "--checks-only", "--dry-run", dest="dry_run", action="store_true", help="write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._receive(options)
        try:
            if options["dry_run"]:
                with transaction.atomic():
                    receipt = self._carry_out(run, options, dry=True)
                    transaction.set_rollback(True)
            else:
                receipt = self._carry_out(run, options, dry=False)
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

    def _carry_out(self, run: ImportRun, options: dict[str, Any], *, dry: bool) -> dict[str, Any]:
        if options["profile"]:
            profiles.use(profiles.named(run.collection, options["profile"]), run)
        if options["brings"]:
            run.brings = options["brings"]
        imports.stage(run)
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.refusal)
        if options["key"]:
            run.keys = [self._key(run, key) for key in options["key"]]
        run.mode = options["mode"] or run.mode
        run.save()
        imports.check(run)
        if not dry:
            imports.apply(run)
        return receipt_of(run)

    def _key(self, run: ImportRun, key: str) -> str:
        if not keys.is_key(key):
            raise CommandError(f"{key} is no key. Write one of {', '.join(ImportRun.Key.values)}.")
        core = run.source["tables"][0]
        targets = {entry["term"] for entry in run.mapping} | set(run.constants)
        if not keys.has_key(key, targets, with_core_id=core["id_index"] is not None):
            raise CommandError(f"{run.file_name} has no column for {key}.")
        return key

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
        "keys": run.keys,
        "mode": run.mode,
        "seconds": round(sum(run.counts["seconds"].values()), 3),
        "change_set": str(run.change_set.guid) if run.change_set else None,
    }
