"""Fill an empty portal with the demonstration; do nothing where it stands already."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from occurrences import demo


class Command(BaseCommand):
    help = "Fill the portal with the demonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--records", type=int, default=demo.RECORDS, help="how many to generate"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Everybody knows the passwords of the demonstration's people. "
                "Write PORTAL_DEMO=1 if this portal is nothing but a demonstration."
            )
        if options["records"] < 0:
            raise CommandError("--records must not be negative.")
        seeded = demo.seed(options["records"])
        counts = demo.counts()
        if options["json"]:
            total = sum(counts.values())
            told = {"seeded": seeded, "records": total, "collections": counts}
            self.stdout.write(json.dumps(told))
            return
        numbers = ", ".join(f"{code} {number:,}" for code, number in counts.items())
        self.stdout.write(f"Records of the demonstration: {numbers}")
        self.stdout.write(f"\nSign in with the password {demo.PASSWORD} as")
        for account in demo.DEMO_ACCOUNTS:
            self.stdout.write(f"  {account.username:<12}{account.full_name} ({account.role})")
