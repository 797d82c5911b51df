"""A collection's edits, field by field: which, a page of them, and all of them as a file.

Changes are looked through the latest first, a window at a time, so that a rare person or field
never makes a page read a million of them. What was done to a record that is in another
collection by now is read there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from darwincore import terms
from journal.models import Change, ChangeSet
from occurrences import history
from occurrences.models import DeletedOccurrence, Occurrence

PAGE = 50
WINDOW = 100_000  # changes that one page looks through at most
MOST_LINES = 50_000  # of a file
_CHUNK = 2000
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take the file for one of Windows

Wanted = Mapping[str, Any]  # kind, user, since, until, undone, record, field: blank is any


@dataclass
class Edit:
    """What one change set did to one record, as far as it was asked for."""

    change_set: ChangeSet
    guid: UUID
    name: str
    record: Occurrence | None
    lines: list[history.Line] = field(default_factory=list)
    made: bool = False
    deleted: bool = False


class Page(NamedTuple):
    """A page of edits. before: where the next page begins, 0 at the end; some of it may be blank:
    then nothing fitting was among the changes looked through."""

    edits: list[Edit]
    before: int


def of_change_sets(wanted: Wanted, prefix: str = "") -> Q:
    """Want the change sets that fit by kind, person, days and whether they were taken back."""
    names = {"kind": "kind", "user": "user"}
    days = {"since": "made_at__date__gte", "until": "made_at__date__lte"}
    given = {
        f"{prefix}{at}": wanted[name] for name, at in (names | days).items() if wanted.get(name)
    }
    fitting = Q(**given)
    if wanted.get("undone"):
        taken_back = Exists(_standing(OuterRef(f"{prefix}pk"), 3))
        fitting &= Q(taken_back) if wanted["undone"] == "undone" else ~Q(taken_back)
    return fitting


def _standing(key: Any, depth: int) -> QuerySet[ChangeSet]:
    """Return the undos of a change set that stand, themselves not undone; to the third undo."""
    # Few change sets are undos at all; without the second condition all of them are looked at.
    undos = ChangeSet.objects.filter(undoes=key, undoes__isnull=False)
    return undos.filter(~Exists(_standing(OuterRef("pk"), depth - 1))) if depth > 1 else undos


def page_of(user: Person, within: Collection, wanted: Wanted, before: int = 0) -> Page:
    """Return the latest edits of a collection that `user` edits, older than the change `before`."""
    changes, floor = _window(within, _records(user, within, wanted), before)
    found = list(_fitting(changes, wanted)[: PAGE + 1])
    if len(found) > PAGE:
        found, floor = found[:PAGE], found[PAGE - 1].pk
    return Page(list(_told(user, found, wanted)), floor)


def as_csv(user: Person, within: Collection, wanted: Wanted) -> Iterator[str]:
    """Yield all that fits as a CSV, line by line; MOST_LINES at most."""
    writer = csv.writer(_Echo())  # type: ignore[arg-type]
    yield BYTE_ORDER_MARK + str(writer.writerow(_HEADS))
    for row in _rows(user, within, wanted):
        yield str(writer.writerow(row))


_HEADS = "record,name,field,term,old,new,what,person,when,change set".split(",")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _rows(user: Person, within: Collection, wanted: Wanted) -> Iterator[list[str]]:
    before, left = 0, MOST_LINES
    records = _records(user, within, wanted)
    while left > 0:
        changes, floor = _window(within, records, before)
        found = list(_fitting(changes, wanted)[:_CHUNK])
        for edit in _told(user, found, wanted):
            for line in edit.lines[: max(left, 0)]:
                left -= 1
                yield _row(edit, line)
        before = found[-1].pk if len(found) == _CHUNK else floor
        if not before:
            return


def _row(edit: Edit, line: history.Line) -> list[str]:
    done = edit.change_set
    return [
        str(edit.guid),
        edit.name,
        line.label,
        line.term,
        line.old,
        line.new,
        done.get_kind_display(),
        str(done.user or ""),
        done.made_at.isoformat(timespec="seconds"),
        str(done.guid),
    ]


def _records(user: Person, within: Collection, wanted: Wanted) -> list[UUID] | None:
    """Return the records of the collection with this catalogue number or GUID; None: not asked."""
    text = (wanted.get("record") or "").strip()
    if not text:
        return None
    try:
        guid = UUID(text)
    except ValueError:
        own = Occurrence.objects.editable_by(user).filter(collection=within)
        found = own.filter(Q(catalog_number=text) | Q(identifiers__value=text))
        return list(found.values_list("guid", flat=True).distinct()[:100])
    return [guid]


def _window(
    within: Collection, records: list[UUID] | None, before: int
) -> tuple[QuerySet[Change], int]:
    """Return the changes to look through now, and the key under which the next ones begin."""
    changes = Change.objects.filter(collection_id=within.pk)
    if before:
        changes = changes.filter(pk__lt=before)
    changes = changes.order_by("-pk")
    if records is not None:
        return changes.filter(record_guid__in=records), 0
    floor = changes.values_list("pk", flat=True)[WINDOW : WINDOW + 1].first() or 0
    return changes.filter(pk__gte=floor), floor


def _fitting(changes: QuerySet[Change], wanted: Wanted) -> QuerySet[Change]:
    found = changes.filter(of_change_sets(wanted, "change_set__"), kind__in=history.RECORD_KINDS)
    if name := wanted.get("field"):
        halves = ("before", "after", "withheld_before", "withheld_after")
        named = Q()
        for half in halves:
            named |= Q(**{f"{half}__has_key": name})
        whole = Q(before__isnull=True) | Q(after__isnull=True)
        found = found.filter(named).exclude(whole, kind="occurrence")
    return found.select_related("change_set__user")


def _told(user: Person, changes: list[Change], wanted: Wanted) -> Iterator[Edit]:
    """Yield the edits these changes come to; those that leave nothing to say left out."""
    guids = {change.record_guid for change in changes}
    few = ("guid", "catalog_number", "scientific_name", "recorded_by", "record_number")
    own = Occurrence.objects.editable_by(user).only(*few)
    records = own.in_bulk(list(guids), field_name="guid")
    gone = dict(DeletedOccurrence.objects.filter(guid__in=guids).values_list("guid", "name"))
    away = history.elsewhere(user, guids - records.keys())
    for _key, same in groupby(changes, lambda each: (each.change_set_id, each.record_guid)):
        group = list(same)
        guid = group[0].record_guid
        if guid in away:
            continue
        record = records.get(guid)
        name = history.title_of(record) if record else gone.get(guid, "")
        edit = Edit(group[0].change_set, guid, name, record, _lines(group, wanted.get("field")))
        edit.made, edit.deleted = history.came(group), history.went(group)
        if edit.lines or edit.made or edit.deleted:
            yield edit


def _lines(changes: Iterable[Change], column: str | None) -> list[history.Line]:
    lines = history.lines_of(sorted(changes, key=lambda change: change.pk))
    if not column:
        return lines
    term, label = history.term_of(column), history.label_of(column)
    added = "Identification" if column in terms.IDENTIFICATION_COLUMNS else None
    return [line for line in lines if line.term in (term, added) and (term or line.label == label)]


def fields() -> list[tuple[str, str]]:
    """Return the fields one can ask for, as (column, word), by word."""
    named = [(term.column, _(term.label)) for term in terms.COLUMN_TERMS]
    named.append(("identifiers", _("Additional Identifiers")))
    return sorted(named, key=lambda each: each[1].lower())
