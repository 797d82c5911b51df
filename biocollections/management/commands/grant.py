"""Give a person a role."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from biocollections import granting
from biocollections.management.commands.revoke import add_whom, collection_of, user_of
from biocollections.models import Role


class Command(BaseCommand):
    help = 'Give a person a role: grant ana editor --collection ARIZ --reason "new curator"'

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_whom(parser)
        parser.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="last day")
        parser.add_argument("--taxa", default="", help='"Cactaceae; Quercus": only these')
        parser.add_argument("--countries", default="", help='"Mexico; US": only these')
        parser.add_argument("--states", default="", help='"Sonora; Arizona": only these')

    def handle(self, **options: Any) -> None:
        scope = {part: _listed(options[part]) for part in granting.SCOPES}
        user, within = user_of(options["user"]), collection_of(options["collection"])
        try:
            made = granting.grant(
                user,
                Role(options["role"].replace("-", " ")),
                within,
                reason=options["reason"],
                until=options["until"],
                scope=scope,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        told = {
            "grant": str(made.guid),
            "user": user.username,
            "role": made.role,
            "collection": within.code if within else None,
            "until": str(made.last_day) if made.last_day else None,
            "scope": made.scope,
        }
        where = f" of {within.code}" if within else ""
        line = f"{user.username} is now {made.role}{where}."
        self.stdout.write(json.dumps(told) if options["json"] else line)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]
