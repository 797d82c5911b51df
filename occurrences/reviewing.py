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

from darwincore import issues, terms
from darwincore.guarding import guarded
from darwincore.issues import Issue, Message
from occurrences import differing, history, imports, naming
from occurrences.drafting import Drafter, FileRow
from occurrences.history import Line
from occurrences.models import ImportOutcome, ImportRun, Occurrence, Protection
from occurrences.ruling import Ruling
from occurrences.staging import CHUNK, file_rows

PAGE = 50
Action = ImportOutcome.Action
ALL = "all"
NOT_IMPORTED = (Action.BLOCKED, Action.CONFLICT, Action.EXCLUDED)
ADDED = ("line", "reason")  # columns of the file of what was not imported
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
    """Which rows to show: of one action (or ALL), with one issue, that change one field, or any
    field in one way (occurrences.differing); which page of them."""

    action: str
    issue: str = ""
    field: str = ""
    change: str = ""
    after: int = 0
    before: int = 0

    def query(self, **changed: Any) -> str:
        """Return the query string of this filter with some of it changed, at its first page."""
        return "?" + urlencode(self._asked(after="", before="", **changed))

    @property
    def here(self) -> str:
        """The query string that leads back to this very page."""
        return "?" + urlencode(self._asked())

    @property
    def inputs(self) -> list[tuple[str, Any]]:
        """What a form sends along to lead back here."""
        return list(self._asked().items())

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for more than an action."""
        return bool(self.issue or self.field or self.change)

    def _asked(self, **changed: Any) -> dict[str, Any]:
        asked = {**self._asdict(), **changed}
        return {name: value for name, value in asked.items() if value}


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


class Told(NamedTuple):
    """An issue of a row in words, and the cell that can be mended for it (None: no one cell)."""

    message: Message
    cell: Mendable | None


class Mendable(NamedTuple):
    """A cell that somebody may mend: the place of its column, its header, its text."""

    at: int
    header: str
    text: str


class Fix(NamedTuple):
    """A mended cell, or all of one text: nth in the run's list, in words."""

    nth: int
    header: str
    old: str
    new: str
    line: int | None  # None: in all rows with that text


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
    messages: list[Told] = field(default_factory=list)
    is_redacted: bool = False
    can_be_left: bool = False
    candidates: int = 0


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
    issue, field, change = (asked.get(name, "") for name in ("issue", "field", "change"))
    issue = issue if issue in run.counts.get("issues", {}) else ""
    field = field if field in run.counts.get("changes", {}) else ""
    change = change if change in differing.WORDS else ""
    action = asked.get("action", "")
    if field or change:
        action = Action.UPDATE
    elif action not in (*Action.values, ALL):
        action = ALL if issue else (_first_to_read(run) if default else "")
    place = _number(asked.get("after")), _number(asked.get("before"))
    return Filter(action, issue, field, change, *place)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _first_to_read(run: ImportRun) -> str:
    order = (Action.CONFLICT, Action.UPDATE, Action.BLOCKED, Action.CREATE, Action.SAME)
    return next((a for a in order if run.counts.get(imports.COUNTED[a])), ALL)


def tiles(run: ImportRun, chosen: Filter) -> list[Tile]:
    """Return the counts of a run; they add up to its rows."""
    done = run.state == ImportRun.State.APPLIED
    found = [
        Tile(
            run.counts.get(imports.COUNTED[action], 0),
            words[done],
            f"?action={action}#rows",
            chosen.action == action and not chosen.is_narrow,
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


def said(run: ImportRun, chosen: Filter) -> list[str]:
    """Return in words what a filter asks for besides an action."""
    words = []
    if chosen.field:
        words.append(history.label_of(chosen.field))
    if chosen.change:
        words.append(str(differing.WORDS[chosen.change]))
    if chosen.issue:
        example = run.counts.get("examples", {}).get(chosen.issue, (chosen.issue, "", ""))
        words.append(str(issues.describe(Issue(*example), translate=_).text))
    return words


def key_words(run: ImportRun) -> list[str]:
    """Return in words what rows are recognised by, the first that counts first."""
    known = dict(ImportRun.Key.choices)
    return [str(known.get(key) or key.partition(":")[2]) for key in run.keys]


def decided_late(run: ImportRun) -> int:
    """Return how many rows were decided after the others were written, and wait to be."""
    return run.outcomes.filter(late=True, action__in=(Action.CREATE, Action.UPDATE)).count()


def file_issues(run: ImportRun) -> list[Message]:
    """Return in words what was found in the file as a whole."""
    return [issues.describe(Issue(*issue), translate=_) for issue in run.source.get("issues", ())]


def page(run: ImportRun, chosen: Filter) -> Page:
    """Fetch a page of rows in the order of the file, found by key."""
    wanted = outcomes(run, chosen)
    if chosen.before:
        found = list(wanted.filter(number__lt=chosen.before).order_by("-number")[: PAGE + 1])
        earlier, later = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        found = list(wanted.filter(number__gt=chosen.after).order_by("number")[: PAGE + 1])
        earlier, later = chosen.after > 0, len(found) > PAGE
        found = found[:PAGE]
    previous, following = "", ""
    if found and earlier:
        previous = chosen._replace(before=found[0].number, after=0).here + "#rows"
    if found and later:
        following = chosen._replace(after=found[-1].number, before=0).here + "#rows"
    return Page(rows(run, found), previous, following)


def outcomes(run: ImportRun, chosen: Filter) -> QuerySet[ImportOutcome]:
    """Return all that the filter asks for, whatever its page."""
    wanted = differing.among(run.outcomes.all(), run, chosen.field, chosen.change)
    if chosen.action != ALL:
        wanted = wanted.filter(action=chosen.action)
    if chosen.issue:
        wanted = wanted.filter(issues__contains=[[chosen.issue]])
    return wanted


def rows(run: ImportRun, found: list[ImportOutcome]) -> list[Row]:
    """Return these rows with what they say and bring."""
    drafter = Drafter(run)
    numbers = [outcome.number for outcome in found]
    staged = {row.number: row for row in file_rows(run, numbers)}
    guids = [outcome.target_guid for outcome in found if outcome.target_guid]
    records = _records(run, guids)
    values = {
        number: dict(drafter.read(row, drafter.key(row)).values) for number, row in staged.items()
    }
    ruling = Ruling.of(naming.key_of(each) for each in values.values())
    return [
        _row(
            run,
            outcome,
            staged.get(outcome.number),
            values.get(outcome.number, {}),
            records.get(outcome.target_guid),
            ruling,
        )
        for outcome in found
    ]


def _records(run: ImportRun, guids: Iterable[UUID]) -> dict[Any, Occurrence]:
    own = Occurrence.objects.filter(collection=run.collection, guid__in=list(guids))
    few = ("guid", "collection_id", "catalog_number", "scientific_name", "record_number")
    return {record.guid: record for record in own.only(*few)}


def _row(
    run: ImportRun,
    outcome: ImportOutcome,
    staged: FileRow | None,
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
        [_told(run, staged, Issue(*issue)) for issue in outcome.issues or ()],
        ruling.decide(values).level != Protection.OPEN,
        run.state == ImportRun.State.CHECKED
        and outcome.action in (Action.CREATE, Action.UPDATE, Action.EXCLUDED),
        len(outcome.candidates or ()),
    )


def _told(run: ImportRun, staged: FileRow | None, issue: Issue) -> Told:
    """Return an issue in words, with the cell it is about if that is a single column's."""
    message = issues.describe(issue, translate=_)
    if run.state != ImportRun.State.CHECKED or staged is None:
        return Told(message, None)
    of_term = [at for at, entry in enumerate(run.mapping) if entry["term"] == issue.term]
    if not issue.term or len(of_term) != 1 or of_term[0] >= len(staged.cells):
        return Told(message, None)
    at = of_term[0]
    header = run.source["tables"][0]["headers"][at]
    return Told(message, Mendable(at, header, staged.cells[at]))


def fixes(run: ImportRun) -> list[Fix]:
    """Return what was mended in the review, the latest first."""
    headers = run.source["tables"][0]["headers"]
    numbers = [fix["row"] for fix in run.fixes if fix["row"] is not None]
    lines = dict(run.rows.filter(number__in=numbers).values_list("number", "line"))
    made = [
        Fix(at, headers[fix["at"]], fix["from"], fix["to"], lines.get(fix["row"]))
        for at, fix in enumerate(run.fixes)
    ]
    return made[::-1]


def changes_of(outcome: ImportOutcome) -> list[Line]:
    """Return what a changed row changes, field by field, in curators' words."""
    before = {name: old for name, (old, _new) in (outcome.differences or {}).items()}
    after = {name: new for name, (_old, new) in (outcome.differences or {}).items()}
    lines = _in_order(history.fields(before, after))
    if "verbatim" in after:
        was, now = before["verbatim"], after["verbatim"]
        names = sorted(name for name in was.keys() | now if was.get(name) != now.get(name))
        lines += [
            Line(_as_written(name), name, was.get(name, ""), now.get(name, "")) for name in names
        ]
    return lines


def _as_written(name: str) -> str:
    term = terms.term_named(name)
    return _("%(field)s as written") % {"field": _(term.label) if term else name}


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=history.place)


def not_imported(run: ImportRun) -> Iterator[str]:
    """Yield the lines of a CSV of the rows that did not or will not come in, with the reason.

    The columns are those of the file, as mended, so that it can be corrected and imported again:
    the two columns that are added mean nothing to an import, and are not added twice.
    """
    headers = run.source["tables"][0]["headers"]
    start = len(ADDED) if tuple(headers[: len(ADDED)]) == ADDED else 0
    yield BYTE_ORDER_MARK + _csv_line([*ADDED, *headers[start:]])
    left = run.outcomes.filter(action__in=NOT_IMPORTED).order_by("number")
    after = 0
    while found := list(left.filter(number__gt=after)[:CHUNK]):
        after = found[-1].number
        staged = {row.number: row.cells for row in file_rows(run, [each.number for each in found])}
        for outcome in found:
            cells = staged.get(outcome.number, [])[start:]
            yield _csv_line([outcome.line, _reason(outcome), *cells])


def cells_as_read(run: ImportRun, numbers: Iterable[int]) -> dict[int, list[str]]:
    """Return the cells of these rows as they stood in the file, whatever was mended since."""
    read = run.rows.filter(table=0, number__in=list(numbers)).values_list("number", "cells")
    return {number: json.loads(cells) for number, cells in read}


def _reason(outcome: ImportOutcome) -> str:
    if outcome.reason:
        return _(outcome.reason)
    return str(WORDS[Action(outcome.action)][0])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv_line(cells: Iterable[Any]) -> str:
    safe = [guarded(cell) if isinstance(cell, str) else cell for cell in cells]
    return str(csv.writer(_Echo()).writerow(safe))  # type: ignore[arg-type]


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
    adds = run.brings != ImportRun.Brings.RECORDS
    return [
        FileTable(
            table["file"],
            _("rows") if adds and not at else table_word(table["row_type"]),
            table["rows"],
        )
        for at, table in enumerate(run.source.get("tables", ()))
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
