"""A record as it was, and single steps back: one field of one edit, or all that it did to a record.

History keeps what each change replaced, so the past is rebuilt from the present backwards: values,
determinations, identifiers. It holds exact values; who may read it is whoever edits the record.
A step back is an edit like any other, refused in words where it no longer makes sense.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from darwincore import terms
from journal.jobs import Refused
from journal.models import Change, ChangeSet
from occurrences import editing, history, records, restoring
from occurrences.cleaning import look_up_later
from occurrences.drafts import Draft, Stored
from occurrences.naming import KEY_COLUMNS
from occurrences.protection import frozen, thawed
from occurrences.readers import as_text
from occurrences.restoring import overlaid


@dataclass
class Past:
    """A record as it was. there False: it was deleted at that time."""

    values: dict[str, Any]
    verbatim: dict[str, str]
    identifiers: list[tuple[str, str]]
    determinations: list[dict[str, Any]]
    there: bool = True
    since: list[history.Line] = field(default_factory=list)  # what reads otherwise today

    @property
    def texts(self) -> dict[str, str]:
        """What it said, as {Darwin Core term: text}, filled terms only."""
        found = {
            term.name: as_text(self.values[term.column])
            for term in terms.COLUMN_TERMS
            if self.values.get(term.column) not in (None, "")
        }
        if self.identifiers:
            pairs = (f"{name}: {value}" if name else value for name, value in self.identifiers)
            found["otherCatalogNumbers"] = " | ".join(pairs)
        return found


def on(guid: UUID, moment: datetime) -> Past | None:
    """Return a record as it was at `moment`; None when it wasn't made yet, or is no more."""
    later = _changes(guid).filter(change_set__made_at__gt=moment)
    return _rebuilt(guid, later, made_by=moment)


def after(guid: UUID, change_set: ChangeSet) -> Past | None:
    """Return a record as this change set left it."""
    mine = change_set.changes.filter(record_guid=guid).order_by("-pk")
    last = mine.values_list("pk", flat=True).first() or 0
    return _rebuilt(guid, _changes(guid).filter(pk__gt=last))


def _changes(guid: UUID) -> Any:
    return Change.objects.filter(record_guid=guid, kind__in=history.RECORD_KINDS).order_by("-pk")


def _rebuilt(guid: UUID, later: Iterable[Change], made_by: datetime | None = None) -> Past | None:
    with transaction.atomic():
        record = records.stored([guid]).get(guid)
    if record is None or (made_by and _made_at(guid) > made_by):
        return None
    now = _values(record)
    rows = {str(row["guid"]): dict(row) for row in record.identifications}
    then, there = dict(now), True
    for change in later:
        before = None if change.before is None else overlaid(change.before, change.withheld_before)
        if change.kind == "identification":
            _row_before(rows, str(change.row_guid), before, made=change.after is None)
        elif before is None or change.after is None:
            there = before is not None  # brought back, or deleted: its values are the same
        else:
            then.update(before)
    return _past(then, list(rows.values()), there=there, now=now)


def _made_at(guid: UUID) -> datetime:
    found = records.Occurrence.objects.filter(guid=guid).values_list("created_at", flat=True)
    return found.get()


def _values(record: Stored) -> dict[str, Any]:
    """Return what a record holds, as the history would write it."""
    values = {name: frozen(value) for name, value in record.values.items()}
    values["identifiers"] = [list(pair) for pair in record.identifiers]
    values["verbatim"] = record.verbatim
    return values


def _row_before(
    rows: dict[str, dict[str, Any]], guid: str, before: dict[str, Any] | None, *, made: bool
) -> None:
    """Give one determination the state before a change; made: the change took it away."""
    if before is None:
        rows.pop(guid, None)
    elif made or guid not in rows:
        rows[guid] = dict.fromkeys(terms.IDENTIFICATION_COLUMNS) | before | {"guid": guid}
    else:
        rows[guid].update(before)


def _past(
    then: dict[str, Any], rows: list[dict[str, Any]], *, there: bool, now: dict[str, Any]
) -> Past:
    names = [name for name in then if then[name] != now.get(name)]
    told = {name: then[name] for name in names if name != "verbatim"}
    lines = history.fields(told, {name: now.get(name) for name in told})
    rows.sort(key=lambda row: (not row.get("is_current"), row.get("position") or 0))
    return Past(
        {name: thawed(name, value) for name, value in then.items()},
        then.get("verbatim") or {},
        [(name, value) for name, value in then.get("identifiers") or []],
        rows,
        there,
        sorted(lines, key=history.place),
    )


# --- single steps back ------------------------------------------------------------------------


def revert_field(guid: UUID, user: Any, change_set: ChangeSet, column: str) -> ChangeSet:
    """Give one field of a record the value it had before `change_set`; return the edit.

    What follows from the field goes with it: year, month and day with a date. Raises Refused.
    """
    changes = list(change_set.changes.filter(record_guid=guid).order_by("pk"))
    if column not in set(history.revertible(changes)):
        raise Refused(_("This field can't be set back alone. Take the whole change back."))
    before, left = _both(changes)
    with transaction.atomic():
        record = records.stored([guid]).get(guid)
        if record is None:
            raise Refused(_("The record was deleted meanwhile."))
        now = _values(record)
        if now.get(column) == before.get(column):
            raise Refused(_("The field holds that value already."))
        if now.get(column) != left.get(column):
            raise Refused(
                _("Somebody changed the field since, to “%(now)s”. Set that back first.")
                % {"now": history.told(column, now.get(column)) or _("empty")}
            )
        return _write_back(record, user, change_set, column, before)


def _both(changes: Iterable[Change]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the record's own fields held before these changes, and what they left."""
    before: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for change in changes:
        if change.kind == "occurrence" and change.before is not None and change.after is not None:
            for name, value in overlaid(change.before, change.withheld_before).items():
                before.setdefault(name, value)
            left.update(overlaid(change.after, change.withheld_after))
    return before, left


def _write_back(
    record: Stored, user: Any, taken: ChangeSet, column: str, before: dict[str, Any]
) -> ChangeSet:
    together = next((group for group in editing.TOGETHER if column in group), (column,))
    columns = [name for name in together if name in before]
    derived = [name for name in terms.DERIVED_COLUMNS if "event_date" in columns]
    names = {terms.BY_COLUMN[name].name for name in columns if name in terms.BY_COLUMN}
    texts = before.get("verbatim") or record.verbatim
    draft = Draft(record.guid, record.collection_id, {}, version=record.version)
    draft.verbatim = {name: text for name, text in texts.items() if name in names}
    draft.values = {
        name: thawed(name, before.get(name, frozen(record.values.get(name))))
        for name in (*columns, *derived)
        if name != editing.IDENTIFIERS
    }
    if column == editing.IDENTIFIERS:
        draft.identifiers = [(name, value) for name, value in before[column] or []]
    _require_sense(record, draft)
    change_set = editing.change_set_for(record.collection_id, user)
    change_set.reason = _("%(field)s set back to what it was before %(day)s") % {
        "field": history.label_of(column),
        "day": taken.made_at.date().isoformat(),
    }
    change_set.save(update_fields=["reason"])
    records.write(change_set, [n for n in columns if n != editing.IDENTIFIERS], [draft])
    if not set(KEY_COLUMNS).isdisjoint(columns):
        look_up_later(record.collection_id, user)
    return change_set


def _require_sense(record: Stored, draft: Draft) -> None:
    """Refuse what the form would refuse: an old minimum above the present maximum."""
    texts = editing.texts_of({**record.values, **draft.values}, record.identifiers)
    texts.pop(editing.IDENTIFIERS, None)
    problems = editing.read(texts).problems
    for name in draft.values:
        if name in problems:
            raise Refused(f"{history.label_of(name)}: {problems[name]}")


def take_back(guid: UUID, user: Any, change_set: ChangeSet) -> ChangeSet:
    """Take back all that `change_set` did to this one record and leave its other records alone.

    Raises Refused when nothing of it can be taken back.
    """
    with transaction.atomic():
        back = restoring.of_one_record(change_set, guid, user)
        if not back.changes.exists():
            raise Refused(
                _("Nothing of this can be taken back here: the fields were changed since.")
            )
    return back
