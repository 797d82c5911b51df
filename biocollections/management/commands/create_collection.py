"""Make a collection with its administrator."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from biocollections.founding import found_collection
from biocollections.models import Collection


class Command(BaseCommand):
    help = "Make a collection; of preserved specimens and public unless told otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help='"ARIZ", or with the collection\'s own code "ARIZ-Fungi"')
        parser.add_argument("--name", required=True)
        types = Collection.Type
        parser.add_argument("--type", choices=types.values, default=types.PRESERVED.value)
        parser.add_argument("--private", action="store_true", help="seen by its members alone")
        parser.add_argument("--administrator", required=True, metavar="USER")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        code, who = options["code"], options["administrator"]
        administrator = get_user_model().objects.filter(username__iexact=who).first()
        if administrator is None:
            raise CommandError(f"There is no user {who}.")
        try:
            made = found_collection(
                code,
                name=options["name"],
                administrator=administrator,
                reason="create_collection",
                type=options["type"],
                is_public=not options["private"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        told: dict[str, Any] = {"collection": made.code, "guid": str(made.guid), "type": made.type}
        told |= {"public": made.is_public, "administrator": administrator.username}
        self.stdout.write(
            json.dumps(told) if options["json"] else f"Made {code}, administered by {who}."
        )
