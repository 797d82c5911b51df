"""Take a role from a person."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from biocollections import granting
from biocollections.models import Collection, Grant, Role


class Command(BaseCommand):
    help = 'Take a role from a person: revoke ana editor --collection ARIZ --reason "has left"'

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_whom(parser)

    def handle(self, **options: Any) -> None:
        user, within = user_of(options["user"]), collection_of(options["collection"])
        role = Role(options["role"].replace("-", " "))
        held = list(Grant.objects.valid().filter(user=user, role=role, collection=within))
        where = f" of {within.code}" if within else ""
        if not held:
            raise CommandError(f"{user.username} is not {role.value}{where}.")
        try:
            for each in held:
                granting.revoke(each, reason=options["reason"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        told = {
            "revoked": [str(each.guid) for each in held],
            "user": user.username,
            "role": role.value,
            "collection": within.code if within else None,
        }
        line = f"{user.username} is no longer {role.value}{where}."
        self.stdout.write(json.dumps(told) if options["json"] else line)


def add_whom(parser: ArgumentParser) -> None:
    """Add the arguments that `grant` and `revoke` share."""
    roles = [role.value.replace(" ", "-") for role in Role]
    parser.add_argument("user", help="the user name, or the e-mail address")
    parser.add_argument("role", choices=roles, metavar="role", help=", ".join(roles))
    parser.add_argument("--collection", metavar="CODE", help="without it, in the whole portal")
    parser.add_argument("--reason", required=True, help="kept in the history")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def user_of(name: str) -> Any:
    """Return the user of this name or e-mail address. Raises CommandError."""
    users = get_user_model().objects
    found = users.filter(username__iexact=name).first() or users.filter(email__iexact=name).first()
    if found is None:
        raise CommandError(f"There is no user {name}.")
    return found


def collection_of(code: str | None) -> Collection | None:
    """Return the collection of this code, None for no code. Raises CommandError."""
    if code is None:
        return None
    found = Collection.objects.filter(code__iexact=code).first()
    if found is None:
        raise CommandError(f"There is no collection {code}.")
    return found
