"""One determination of a record's history: corrected, deleted, or made the current one.

Of the determinations that a record has, one is current; the record's own columns say what it says.
Each of these is an edit of the record, so it has a line in the history and can be undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from darwincore.terms import BY_COLUMN, IDENTIFICATION_COLUMNS
from journal.models import ChangeSet
from occurrences import editing, records
from occurrences.cleaning import look_up_later
from occurrences.determinations import Determination, mirror_of
from occurrences.drafts import Draft, Stored
from occurrences.models import Identification
from occurrences.naming import KEY_COLUMNS

Texts = Mapping[str, str]


@dataclass
class Corrected:
    """What became of a correction. With problems, by column, nothing was written; now: what the
    determination says, as text, by column."""

    change_set: ChangeSet | None = None
    problems: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)


def texts_of(row: Identification) -> dict[str, str]:
    """Return what a determination says, exactly, as text by column; blank ones are left out."""
    with transaction.atomic():
        _record, rows = _locked(row)
        return editing.texts_of(mirror_of(_chosen(rows, row.guid)))


def correct(user: Any, row: Identification, basis: Texts, typed: Texts) -> Corrected:
    """Write what was typed over a determination; a blank text erases.

    basis: the texts that the form was opened with. Where somebody else changed the same field
    meanwhile nothing is written, and his text is told as a problem.
    """
    with transaction.atomic():
        record, rows = _locked(row)
        chosen = _chosen(rows, row.guid)
        before = mirror_of(chosen)
        done = Corrected(now=editing.texts_of(before))
        wanted = {name: text for name, text in typed.items() if text != done.now.get(name, "")}
        reading, columns = editing.revised(before, done.now, wanted)
        done.problems = reading.problems | _clashes(done.now, basis, wanted)
        if before["scientific_name"] and not wanted.get("scientific_name", "-"):
            done.problems["scientific_name"] = _("A determination needs a name. Or delete it.")
        if wanted and not done.problems:
            chosen.update((column, reading.values.get(column)) for column in columns)
            names = {BY_COLUMN[column].name for column in columns}
            kept = {name: text for name, text in chosen["verbatim"].items() if name not in names}
            chosen["verbatim"] = kept | reading.verbatim
            done.change_set = _write(user, record, rows)
    return done


def _clashes(now: Texts, basis: Texts, wanted: Texts) -> dict[str, str]:
    told = _("Somebody changed this meanwhile to “%(now)s”. Save again to have it your way.")
    return {
        name: told % {"now": now.get(name, "")}
        for name in wanted
        if now.get(name, "") != basis.get(name, "")
    }


def make_current(user: Any, row: Identification) -> ChangeSet | None:
    """Make one of a record's determinations the current one; None when it is."""
    with transaction.atomic():
        record, rows = _locked(row)
        chosen = _chosen(rows, row.guid)
        if chosen["is_current"]:
            return None
        for each in rows:
            each["is_current"] = each is chosen
        return _write(user, record, rows)


def remove(user: Any, row: Identification) -> tuple[ChangeSet, Determination | None]:
    """Delete a determination; of those left, the one added last becomes current if none is.

    Returns the change set and the current one, None where none is left: the record has no name.
    """
    with transaction.atomic():
        record, rows = _locked(row)
        left = [each for each in rows if each["guid"] != row.guid]
        current = next((each for each in left if each["is_current"]), left[-1] if left else None)
        if current:
            current["is_current"] = True
        return _write(user, record, left), current


def _locked(row: Identification) -> tuple[Stored, list[Determination]]:
    """Return the record and copies of its determinations, in order of coming.

    What was written of the current one, where it was read otherwise, stands with the record.
    """
    guid = row.occurrence.guid
    record = records.stored([guid])[guid]
    names = {BY_COLUMN[column].name for column in IDENTIFICATION_COLUMNS}
    written = {name: text for name, text in record.verbatim.items() if name in names}
    rows = [dict(each) for each in record.identifications]
    for each in rows:
        if each["is_current"]:
            each["verbatim"] = each["verbatim"] | written
    return record, rows


def _chosen(rows: list[Determination], guid: UUID) -> Determination:
    found = next((each for each in rows if each["guid"] == guid), None)
    if found is None:  # somebody deleted it since it was fetched
        raise Identification.DoesNotExist
    return found


def _write(user: Any, record: Stored, rows: list[Determination]) -> ChangeSet:
    """Give the record these determinations; its own columns follow the current one."""
    current: Determination = next((each for each in rows if each["is_current"]), {})
    draft = Draft(record.guid, record.collection_id, mirror_of(current), version=record.version)
    draft.verbatim = dict(current.get("verbatim") or {})
    draft.identifications, draft.identifications_are_whole = rows, True
    change_set = editing.change_set_for(record.collection_id, user)
    records.write(change_set, IDENTIFICATION_COLUMNS, [draft], locked={record.guid: record})
    if any(record.values.get(column) != current.get(column) for column in KEY_COLUMNS):
        look_up_later(record.collection_id, user)
    return change_set
