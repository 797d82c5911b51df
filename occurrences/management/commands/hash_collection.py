"""Say whether two states of a collection are the same."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from biocollections.models import Collection
from occurrences.readers import hash_collection


class Command(BaseCommand):
    help = (
        "Print a hash of what a collection's records say: equal hashes, equal collections. "
        "With --guids, of the GUIDs of the records too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--guids", action="store_true", help="the GUIDs given here as well")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        collection = Collection.objects.filter(code=options["code"]).first()
        if collection is None:
            raise CommandError(f"There is no collection {options['code']}.")
        digest, records = hash_collection(collection, guids=options["guids"])
        told = {"collection": collection.code, "records": records, "hash": digest}
        self.stdout.write(
            json.dumps(told)
            if options["json"]
            else f"{digest}  {collection.code}, {records} records"
        )
