"""Make an account; with --admin, of a portal administrator."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from biocollections.founding import add_user
from biocollections.granting import grant
from biocollections.models import Role


class Command(BaseCommand):
    help = "Make an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the user name to sign in with")
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)
        parser.add_argument("--admin", action="store_true", help="of a portal administrator")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        name = options["name"]
        try:
            with transaction.atomic():
                user = add_user(name, email=options["email"], password=options["password"])
                if options["admin"]:
                    grant(user, Role.PORTAL_ADMIN, reason="create_user --admin")
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        made = {"user": user.username, "guid": str(user.guid), "admin": options["admin"]}
        role = " as portal administrator" if options["admin"] else ""
        self.stdout.write(json.dumps(made) if options["json"] else f"Made {name}{role}.")
