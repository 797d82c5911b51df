"""What a person reads of a checked or applied import: counts, issues, and rows a page at a time.

Everything here holds exact values, so it is for who may import into the collection alone: fetch
the run through `ImportRun.objects.visible_to`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from darwincore import issues
from darwincore.issues import Issue, Message
from occurrences import history, imports, naming
from occurrences.drafting import Drafter
from occurrences.history import Line
from occurrences.models import ImportOutcome, ImportRun, Occurrence, Protection
from occurrences.ruling import Ruling
from occurrences.staging import CHUNK, file_rows

PAGE = 50
Action = ImportOutcome.Action
ALL = "all"
NOT_IMPORTED = (Action.BLOCKED, Action.CONFLICT, Action.EXCLUDED)
BYTE_ORDER_MARK = "\ufeff"  # so that Excel reads the accents right

# Of a checked run, of an applied one, and the colour of what wants a look.
WORDS = {
    Action.CREATE: (gettext_lazy("new"), gettext_lazy("created"), ""),
    Action.UPDATE: (gettext_lazy("changed"), gettext_lazy("changed"), ""),
    Action.SAME: (gettext_lazy("unchanged"), gettext_lazy("unchanged"), ""),
    Action.CONFLICT: (gettext_lazy("conflict"), gettext_lazy("conflict"), "warn"),
    Action.BLOCKED: (gettext_lazy("not imported"), gettext_lazy("not imported"), "stop"),
    Action.EXCLUDED: (gettext_lazy("left out"), gettext_lazy("left out"), ""),
}


class Filter(NamedTuple):
    """Which rows to show: of one action (or ALL), with one issue; which page of them."""

    action: str
    issue: str = ""
    after: int = 0
    before: int = 0

    def query(self, **changed: Any) -> str:
        """Return the query string of this filter with some of it changed."""
        asked = {"action": self.action, "issue": self.issue, **changed}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


class Tile(NamedTuple):
    """A count that leads to its rows."""

    figure: int
    word: Any
    to: str
    current: bool
    kind: str


class Found(NamedTuple):
    """One kind of issue: how often, an example in words, and the way to its rows."""

    code: str
    number: int
    message: Message
    to: str
    current: bool


@dataclass
class Row:
    """One row of the file as the review shows it.

    record is the record meant. values are what the row is read as, lines the same in words;
    both are empty once the staged rows are gone.
    """

    number: int
    line: int
    action: str
    action_word: Any
    reason: str
    key: str
    record: Occurrence | None
    changes: list[Line] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    is_redacted: bool = False
    can_be_left: bool = False


@dataclass
class Page:
    """A page of rows, and the query strings of those before and after it (blank: none)."""

    rows: list[Row]
    previous: str
    next: str


def read_filter(run: ImportRun, asked: Any, *, default: bool = True) -> Filter:
    """Return the filter that a query string asks for; nonsense asks for nothing.

    default: without a question, show first what most wants a look.
    """
    issue = asked.get("issue", "")
    if issue not in run.counts.get("issues", {}):
        issue = ""
    action = asked.get("action", "")
    if action not in (*Action.values, ALL):
        action = ALL if issue else (_first_to_read(run) if default else "")
    return Filter(action, issue, _number(asked.get("after")), _number(asked.get("before")))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _first_to_read(run: ImportRun) -> str:
    order = (Action.UPDATE, Action.CONFLICT, Action.BLOCKED, Action.CREATE, Action.SAME)
    return next((a for a in order if run.counts.get(imports.COUNTED[a])), ALL)


def tiles(run: ImportRun, chosen: Filter) -> list[Tile]:
    """Return the counts of a run; they add up to its rows."""
    done = run.state == ImportRun.State.APPLIED
    found = [
        Tile(
            run.counts.get(imports.COUNTED[action], 0),
            words[done],
            f"?action={action}#rows",
            chosen.action == action,
            words[2],
        )
        for action, words in WORDS.items()
    ]
    rows = run.counts.get("rows", 0)
    return [*found, Tile(rows, _("rows in all"), f"?action={ALL}#rows", chosen.action == ALL, "")]


def found_issues(run: ImportRun, chosen: Filter) -> list[Found]:
    """Return the kinds of issues in the rows, the most frequent first, each with an example."""
    examples = run.counts.get("examples", {})
    of_file = {code for code, _term, _value in run.source["issues"]}
    found = []
    counted = run.counts.get("issues", {})
    for code, number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        if code in of_file and code not in examples:
            continue
        issue = Issue(*examples.get(code, (code, "", "")))
        told = issues.describe(issue, translate=_)
        current = chosen.issue == code
        to = "?action=all" if current else f"?action=all&issue={code}"
        found.append(Found(code, number, told, f"{to}#rows", current))
    return found


def file_issues(run: ImportRun) -> list[Message]:
    """Return in words what was found in the file as a whole."""
    return [issues.describe(Issue(*issue), translate=_) for issue in run.source.get("issues", ())]


def page(run: ImportRun, chosen: Filter) -> Page:
    """Fetch a page of rows in the order of the file, found by key."""
    wanted = _outcomes(run, chosen)
    if chosen.before:
        found = list(wanted.filter(number__lt=chosen.before).order_by("-number")[: PAGE + 1])
        earlier, later = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        found = list(wanted.filter(number__gt=chosen.after).order_by("number")[: PAGE + 1])
        earlier, later = chosen.after > 0, len(found) > PAGE
        found = found[:PAGE]
    previous = chosen.query(before=found[0].number) + "#rows" if found and earlier else ""
    following = chosen.query(after=found[-1].number) + "#rows" if found and later else ""
    return Page(_rows(run, found), previous, following)


def _outcomes(run: ImportRun, chosen: Filter) -> QuerySet[ImportOutcome]:
    wanted = run.outcomes.all()
    if chosen.action != ALL:
        wanted = wanted.filter(action=chosen.action)
    if chosen.issue:
        wanted = wanted.filter(issues__contains=[[chosen.issue]])
    return wanted


def _rows(run: ImportRun, outcomes: list[ImportOutcome]) -> list[Row]:
    drafter = Drafter(run)
    numbers = [outcome.number for outcome in outcomes]
    staged = {row.number: row for row in file_rows(run, numbers)}
    guids = [outcome.target_guid for outcome in outcomes if outcome.target_guid]
    records = _records(run, guids)
    values = {
        number: dict(drafter.read(row, drafter.key(row)).values) for number, row in staged.items()
    }
    ruling = Ruling.of(naming.key_of(each) for each in values.values())
    return [
        _row(run, outcome, values.get(outcome.number, {}), records.get(outcome.target_guid), ruling)
        for outcome in outcomes
    ]


def _records(run: ImportRun, guids: Iterable[UUID]) -> dict[Any, Occurrence]:
    own = Occurrence.objects.filter(collection=run.collection, guid__in=list(guids))
    few = ("guid", "catalog_number", "scientific_name", "recorded_by", "record_number")
    return {record.guid: record for record in own.only(*few)}


def _row(
    run: ImportRun,
    outcome: ImportOutcome,
    values: dict[str, Any],
    record: Occurrence | None,
    ruling: Ruling,
) -> Row:
    kind, _colon, key = outcome.key.partition(":")
    return Row(
        outcome.number,
        outcome.line,
        outcome.action,
        WORDS[Action(outcome.action)][run.state == ImportRun.State.APPLIED],
        _(outcome.reason) if outcome.reason else "",
        "" if kind == ImportRun.Key.CONTENT else key,
        record,
        changes_of(outcome),
        values,
        _in_order(history.fields({}, values)),
        [issues.describe(Issue(*issue), translate=_) for issue in outcome.issues or ()],
        ruling.decide(values).level != Protection.OPEN,
        run.state == ImportRun.State.CHECKED
        and outcome.action in (Action.CREATE, Action.UPDATE, Action.EXCLUDED),
    )


def changes_of(outcome: ImportOutcome) -> list[Line]:
    """Return what a changed row changes, field by field, in curators' words."""
    before = {name: old for name, (old, _new) in (outcome.differences or {}).items()}
    after = {name: new for name, (_old, new) in (outcome.differences or {}).items()}
    return _in_order(history.fields(before, after))


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=history.place)


def not_imported(run: ImportRun) -> Iterator[str]:
    """Yield the lines of a CSV of the rows that did not or will not come in, with the reason.

    The columns are those of the file, so that it can be corrected and imported again.
    """
    yield BYTE_ORDER_MARK + _csv_line(["line", "reason", *run.source["tables"][0]["headers"]])
    left = run.outcomes.filter(action__in=NOT_IMPORTED).order_by("number")
    after = 0
    while outcomes := list(left.filter(number__gt=after)[:CHUNK]):
        after = outcomes[-1].number
        numbers = [outcome.number for outcome in outcomes]
        cells = dict(run.rows.filter(number__in=numbers).values_list("number", "cells"))
        for outcome in outcomes:
            row = json.loads(cells.get(outcome.number, "[]"))
            yield _csv_line([outcome.line, _reason(outcome), *row])


def _reason(outcome: ImportOutcome) -> str:
    if outcome.reason:
        return _(outcome.reason)
    return str(WORDS[Action(outcome.action)][0])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv_line(cells: Iterable[Any]) -> str:
    return str(csv.writer(_Echo()).writerow(cells))  # type: ignore[arg-type]


# --- what the file is -------------------------------------------------------------------------

_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows-1252",
    "windows-1252": "Windows-1252",
    "latin-1": "Latin-1",
    "iso-8859-1": "Latin-1",
}
_DELIMITERS = {
    ",": gettext_lazy("commas"),
    ";": gettext_lazy("semicolons"),
    "\t": gettext_lazy("tabs"),
    "|": gettext_lazy("bars"),
}
_TABLES = {
    "Occurrence": gettext_lazy("records"),
    "Identification": gettext_lazy("determinations"),
    "Identifier": gettext_lazy("additional identifiers"),
    "Multimedia": gettext_lazy("media"),
    "MeasurementOrFact": gettext_lazy("measurements"),
}


class FileTable(NamedTuple):
    """A table of the file: its name, what its rows are, how many there are."""

    file: str
    kind: Any
    rows: int


def tables(run: ImportRun) -> list[FileTable]:
    """Return the tables of the file that have rows, the records first."""
    return [
        FileTable(table["file"], table_word(table["row_type"]), table["rows"])
        for table in run.source.get("tables", ())
        if table["rows"]
    ]


def table_word(row_type: str) -> Any:
    """Return what the rows of an extension are called; its own name where it has no word."""
    name = row_type.rstrip("/").rpartition("/")[2]
    return _TABLES.get(name, name)


def encoding(run: ImportRun) -> str:
    """Return how the file's letters are written, as people call it."""
    name = run.source.get("encoding") or ""
    return _ENCODINGS.get(name.lower(), name)


def delimiter(run: ImportRun) -> Any:
    """Return what parts the columns of the file, in a word."""
    given = run.source.get("delimiter") or ""
    return _DELIMITERS.get(given, given)


def extensions(run: ImportRun) -> list[tuple[Any, dict[str, int]]]:
    """Return (what they are, {rows, kept, orphans}) of the file's other tables."""
    counted = run.counts.get("extensions", {})
    return [(table_word(name), told) for name, told in counted.items() if told["rows"]]
