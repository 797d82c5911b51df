"""Take a change set back."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from journal import jobs
from journal.models import ChangeSet, Job


class Command(BaseCommand):
    help = "Take back what a change set did, wherever that still stands; the rest is listed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("change_set", help="the change set's GUID")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        change_set = self._found(options["change_set"])
        job = jobs.run_here("undo", change_set.guid, None, change_set.collection_id)
        if job.state != Job.State.DONE:
            raise CommandError(job.error or f"The undo is {job.get_state_display()}.")
        done = ChangeSet.objects.get(guid=job.result["change_set"])
        counts = {name: number for name, number in done.counts.items() if name != "conflicts"}
        told = {"change_set": str(done.guid), "counts": counts, "conflicts": done.conflicts}
        self.stdout.write(json.dumps(told) if options["json"] else self._in_words(told))

    def _found(self, text: str) -> ChangeSet:
        try:
            return ChangeSet.objects.get(guid=UUID(text))
        except (ValueError, ChangeSet.DoesNotExist):
            raise CommandError(f"There is no change set {text}.") from None

    def _in_words(self, told: dict[str, Any]) -> str:
        counts = ", ".join(f"{number} {name}" for name, number in told["counts"].items() if number)
        lines = [f"Undone by change set {told['change_set']}: {counts or 'nothing to do'}."]
        for conflict in told["conflicts"]:
            fields = ", ".join(conflict["fields"])
            lines.append(f"Left alone, changed since: {conflict['record']} ({fields})")
        return "\n".join(lines)
