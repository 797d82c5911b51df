"""Import profiles: how the files of one source come in, said once and used for each of them.

    profiles.save(run, "Backup of the old portal", user)   from an import that was mapped
    profiles.use(profile, run)                             before the file of a new one is read

Whether the file still has the columns the profile speaks of is seen when it is read; where it has
not, a person looks at the mapping before anything is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from biocollections.models import Collection
from darwincore.retrieving import archive_of
from journal.jobs import Refused
from occurrences.mapping import Guess
from occurrences.models import ImportProfile, ImportRun

Schedule = ImportProfile.Schedule
EVERY = {
    Schedule.DAILY: timedelta(days=1),
    Schedule.WEEKLY: timedelta(days=7),
    Schedule.MONTHLY: timedelta(days=30),
}
# What a run and a profile both hold of how a file is read.
_SHARED = ("brings", "mapping", "constants", "reading", "mode")


def named(collection: Collection, name: str) -> ImportProfile:
    """Return the collection's profile of this name, whatever its case; raise Refused for none."""
    own = collection.import_profiles.all()
    found = own.filter(name=name).first() or own.filter(name__iexact=name).first()
    if found is None:
        names = ", ".join(own.values_list("name", flat=True)) or _("none")
        told = _("%(collection)s has no import profile “%(name)s”. There are: %(names)s.")
        raise Refused(told % {"collection": collection, "name": name, "names": names})
    return found


def save(run: ImportRun, name: str, user: Any) -> ImportProfile:
    """Return a new profile made from how this run's file was read and mapped.

    It is tied to the run, whose records are from then on known to be of this source.
    """
    profile = ImportProfile(collection=run.collection, name=name, user=user, url=run.origin)
    profile.kind = ImportProfile.Kind.URL if run.origin else ImportProfile.Kind.FILE
    for field in _SHARED:
        setattr(profile, field, getattr(run, field))
    profile.keys = run.keys
    profile.save()
    run.profile = profile
    run.save(update_fields=["profile"])
    return profile


def use(profile: ImportProfile, run: ImportRun) -> None:
    """Have a run's file, which is not read yet, read and mapped as the profile says."""
    run.profile, run.keys = profile, list(profile.keys)
    for field in _SHARED:
        setattr(run, field, getattr(profile, field))
    run.save(update_fields=["profile", "keys", *_SHARED])


def order(profile: ImportProfile, user: Any, **fields: Any) -> ImportRun:
    """Return a run of the profile whose file is to be fetched; it is saved."""
    origin = archive_of(profile.url)
    run = ImportRun(collection=profile.collection, user=user, origin=origin, **fields)
    run.file_name = (origin or profile.name)[:300]
    run.save()
    use(profile, run)
    return run


def lay_over(
    profile: ImportProfile, guessed: Sequence[Guess]
) -> tuple[list[Guess], dict[str, list[str]]]:
    """Return the profile's mapping of a file's columns, and what has changed since.

    guessed: an entry a column of the file, as `mapping.guess` gives it. A column is the profile's
    by its header, the second of two equal ones by its place among them. What has changed:
    {"gone": [headers], "new": [headers]}.
    """
    said: dict[tuple[str, int], Guess] = dict(_numbered(profile.mapping))
    targets = {entry["term"] for entry in profile.mapping}
    mapping: list[Guess] = []
    new: list[str] = []
    for place, entry in _numbered(guessed):
        if place in said:
            mapping.append({**said.pop(place), "column": entry["column"]})
            continue
        new.append(entry["column"])
        mapping.append({**entry, "term": ""} if entry["term"] in targets else entry)
    gone = [entry["column"] for entry in said.values() if entry["term"]]
    return mapping, {"gone": gone, "new": new}


def _numbered(
    mapping: Sequence[Guess],
) -> Iterable[tuple[tuple[str, int], Guess]]:
    """Yield each entry with its header, and how many equal ones stand before it."""
    seen: dict[str, int] = {}
    for entry in mapping:
        header = entry["column"].strip().lower()
        seen[header] = seen.get(header, -1) + 1
        yield (header, seen[header]), entry


def changed_headers(run: ImportRun) -> dict[str, list[str]]:
    """Return {"gone": …, "new": …}: how the file's columns differ from the profile's; or {}."""
    changed: dict[str, list[str]] = run.source.get("profile", {})
    return changed if any(changed.values()) else {}


def next_time(profile: ImportProfile) -> datetime | None:
    """Return when the schedule asks the source next, None if it doesn't or has never asked yet."""
    if not profile.schedule or profile.last_asked_at is None:
        return None
    return profile.last_asked_at + EVERY[Schedule(profile.schedule)]


def due(now: datetime) -> list[ImportProfile]:
    """Return the profiles whose schedule says that their source is to be asked now."""
    scheduled = ImportProfile.objects.filter(kind=ImportProfile.Kind.URL).exclude(schedule="")
    return [each for each in scheduled if (next_time(each) or now) <= now]
