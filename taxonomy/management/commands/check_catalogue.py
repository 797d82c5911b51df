"""Tell whether the Catalogue of Life can be asked online."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from taxonomy import catalogue_of_life
from taxonomy.catalogue_of_life import Unanswered, Unavailable
from taxonomy.catalogue_reading import NONE, Unreadable, read_match

SYNONYM, NO_NAME = "Felis concolor", "Xyzzy abcde"


class Command(BaseCommand):
    help = "Ask the service of CATALOGUE_OF_LIFE_URL a few names, and say whether it is in order."

    def handle(self, **options: Any) -> None:
        try:
            asking = catalogue_of_life.session()
            self.stdout.write(f"Asking {settings.CATALOGUE_OF_LIFE_URL}")
            catalogue_of_life.check()
            release = catalogue_of_life.release_of(asking)
            self.stdout.write(f"Release: {release or 'not told, so that of today is assumed'}")
            synonym = read_match(asking.get(catalogue_of_life.MATCH, {"scientificName": SYNONYM}))
            none = read_match(asking.get(catalogue_of_life.MATCH, {"scientificName": NO_NAME}))
        except (Unanswered, Unavailable, Unreadable) as trouble:
            raise CommandError(str(trouble)) from None
        for source_id in synonym.source_ids:
            self.stdout.write(f"{SYNONYM}: {self._in_words(synonym.usages, source_id)}")
        if none.kind != NONE:
            raise CommandError(f"It finds {NO_NAME}, which is no name: {none.kind}.")
        self.stdout.write(f"{NO_NAME}: not found, as it should be")
        self.stdout.write(self.style.SUCCESS("The service answers as expected."))

    def _in_words(self, usages: dict[str, dict[str, str]], source_id: str) -> str:
        usage = usages[source_id]
        accepted = usages.get(usage["accepted_source_id"])
        if accepted is None:
            return usage["status"]
        name = f"{accepted['scientific_name']} {accepted['authorship']}".strip()
        return f"{usage['status']} of {name}"
