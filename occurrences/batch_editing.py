"""Several fields of many records changed by rule: set, replaced, by pattern, added to, cleared.

A `Plan` says for every old text the new one. What dates, numbers, coordinates and the like then
mean is read as a form's texts are (`occurrences.editing`): a value that means nothing refuses the
whole batch before anything is written. Records keep what they say otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, connection, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from darwincore import terms
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import batching, editing, filling, history, records
from occurrences.batching import Doing, Records
from occurrences.children import WITHHELD as WITHHELD_TABLE
from occurrences.cleaning import look_up_later
from occurrences.drafts import OCCURRENCE, Draft
from occurrences.forms import KEYS, MOST_OF_KEY, term_columns
from occurrences.models import Batch, Occurrence, Withheld
from occurrences.naming import KEY_COLUMNS
from occurrences.patience import TooSlow, at_most
from occurrences.protection import WITHHELD, exact
from occurrences.readers import as_sql, as_text

MOST_LOOKED_AT = 20_000  # distinct values of a field that the preview works through
MOST_SHOWN = 60  # of them
PATTERN_SECONDS = 3
# A new name is a determination: batch determinations add those.
NAMES = frozenset(
    "scientific_name genus subgenus specific_epithet infraspecific_epithet taxon_rank "
    "identification_qualifier verbatim_identification cultivar_epithet generic_name "
    "infrageneric_epithet".split()
)
EDITED = tuple(
    column for column in term_columns() if column not in NAMES and column != "occurrence_id"
)


class How(models.TextChoices):
    """What is done to a field."""

    SET = "set", gettext_lazy("Set to")
    WHOLE = "whole", gettext_lazy("Replace the whole value")
    PART = "part", gettext_lazy("Replace a part")
    PATTERN = "pattern", gettext_lazy("Replace by pattern")
    APPEND = "append", gettext_lazy("Add at the end")
    PREPEND = "prepend", gettext_lazy("Add in front")
    CLEAR = "clear", gettext_lazy("Clear")


@dataclass(frozen=True, slots=True)
class Step:
    """One rule: what happens to the text of a column. Blanks at the ends of `value` count."""

    column: str
    how: str
    find: str = ""
    value: str = ""

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("column", "how", "find", "value")}


# --- old texts and new ones -------------------------------------------------------------------

_PLAINLY: dict[str, Callable[[str, Step], str]] = {
    How.SET: lambda text, step: step.value,
    How.WHOLE: lambda text, step: step.value if text == step.find else text,
    How.PART: lambda text, step: text.replace(step.find, step.value) if step.find else text,
    How.APPEND: lambda text, step: text + step.value,
    How.PREPEND: lambda text, step: step.value + text,
    How.CLEAR: lambda text, step: "",
}


def pattern_problem(step: Step) -> str:
    """Return what is wrong with a pattern, in words; "" when it can be used."""
    try:
        _by_pattern(["Cañón del Púlpito, 2.3 km N of Imuris"], step)
    except Refused as refusal:
        return str(refusal)
    return ""


def _by_pattern(texts: Sequence[str], step: Step) -> list[str]:
    """Return the texts with every match replaced, by PostgreSQL, within a few seconds."""
    statement = (
        "SELECT regexp_replace(t, %s, %s, 'g') FROM unnest(%s::text[]) WITH ORDINALITY AS w(t, at) "
        "ORDER BY at"
    )
    try:
        with at_most(1000 * PATTERN_SECONDS), connection.cursor() as cursor:
            cursor.execute(statement, [step.find, step.value, list(texts)])
            found = [text for (text,) in cursor.fetchall()]
    except DataError as error:
        told = str(error).splitlines()[0].removeprefix("invalid regular expression: ")
        words = _("The pattern “%(pattern)s” can't be read: %(problem)s.")
        raise Refused(words % {"pattern": step.find, "problem": told}) from None
    except TooSlow:
        words = _("The pattern “%(pattern)s” takes too long. Make it simpler: name what it finds.")
        raise Refused(words % {"pattern": step.find}) from None
    return found


@dataclass
class Plan:
    """What a batch edit wants. kept: by column, old texts that stay as they are."""

    steps: list[Step]
    kept: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: Batch) -> Plan:
        steps = [Step(**each) for each in batch.wanted.get("steps", ())]
        kept = {column: set(texts) for column, texts in batch.wanted.get("kept", {}).items()}
        return cls([step for step in steps if step.column in EDITED], kept)

    @property
    def columns(self) -> list[str]:
        """The columns that have rules, each once."""
        return list(dict.fromkeys(step.column for step in self.steps))

    @property
    def context(self) -> list[str]:
        """The columns whose texts have to be known to read the new ones."""
        found = dict.fromkeys(self.columns)
        for column in self.columns:
            found.update(dict.fromkeys(_read_with(column)))
        return list(found)

    def changes(self, column: str, texts: Iterable[str]) -> dict[str, str]:
        """Return {old text: new text} of those that the rules change, kept ones too."""
        old = list(dict.fromkeys(texts))
        new = old
        for step in self.steps:
            if step.column != column:
                continue
            if step.how == How.PATTERN:
                new = _by_pattern(new, step)
            else:
                new = [_PLAINLY[step.how](text, step) for text in new]
        pairs = ((one, other.strip()) for one, other in zip(old, new, strict=True))
        return {one: other for one, other in pairs if one != other}

    def wanted(self, column: str, texts: Iterable[str]) -> dict[str, str]:
        """Return {old text: new text} of those that are to be changed."""
        kept = self.kept.get(column, set())
        found = self.changes(column, texts)
        return {old: new for old, new in found.items() if old not in kept}


_TEXT_READ = frozenset(("date_identified", "basis_of_record", "type_status", "geodetic_datum"))


def _is_read(column: str) -> bool:
    """Tell whether a text of this column is understood as something, not just kept."""
    grouped = any(column in group for group in editing.TOGETHER)
    return grouped or terms.BY_COLUMN[column].kind != "text" or column in _TEXT_READ


def _read_with(column: str) -> list[str]:
    together = [name for group in editing.TOGETHER if column in group for name in group]
    return [*together, "geodetic_datum"] if "verbatim_coordinates" in together else together


def _problem(column: str, text: str) -> str:
    """Return why a column can't hold a text; "" when it can."""
    if column in KEYS and len(text) > MOST_OF_KEY:
        return _("This is too long for a number: %(most)s letters at most.") % {"most": MOST_OF_KEY}
    if not text or not _is_read(column):
        return ""
    return str(editing.read({column: text}).problems.get(column, ""))


# --- looking ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Value:
    """An old text of a column, what becomes of it, on how many records."""

    old: str
    new: str
    number: int
    problem: str = ""
    is_kept: bool = False

    @property
    def mark(self) -> str:
        """What a form calls the old text by."""
        return mark_of(self.old)


@dataclass(slots=True)
class Looked:
    """What the rules do to one column. values: the first of them, those with problems leading."""

    column: str
    values: list[Value]
    distinct: int  # old texts that change
    number: int  # records on which they stand
    is_whole: bool  # every value of the field was looked at

    @property
    def label(self) -> str:
        return str(history.label_of(self.column))

    @property
    def hidden(self) -> int:
        return self.distinct - len(self.values)


def mark_of(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def look(plan: Plan, chosen: Records) -> list[Looked]:
    """Return what the plan would do to these records (ask them from `editable_by`), by column."""
    return [_look(plan, column, chosen) for column in plan.columns]


def _look(plan: Plan, column: str, chosen: Records) -> Looked:
    counted = distinct(column, chosen, MOST_LOOKED_AT + 1)
    numbers = dict(counted[:MOST_LOOKED_AT])
    kept = plan.kept.get(column, set())
    values = [
        Value(old, new, numbers[old], _problem(column, new), old in kept)
        for old, new in plan.changes(column, numbers).items()
    ]
    values.sort(key=lambda value: (not value.problem, -value.number, value.old))
    going = [value for value in values if not value.is_kept]
    total = sum(value.number for value in going)
    whole = len(counted) <= MOST_LOOKED_AT
    return Looked(column, values[:MOST_SHOWN], len(values), total, whole)


def distinct(column: str, chosen: Records, most: int) -> list[tuple[str, int]]:
    """Return the exact texts of a column of these records with their numbers, frequent ones first.

    A blank is "". The records must be such as their reader may edit: withheld texts are among them.
    """
    statement = sql.SQL(
        "SELECT coalesce(CASE WHEN w.terms ? {key} THEN w.terms->>{key} ELSE o.{column}::text END, "
        "'') AS text, count(*) FROM {occurrence} o "
        "LEFT JOIN {withheld} w ON w.occurrence_id = o.id WHERE o.id IN ({chosen}) "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
    ).format(
        key=sql.Literal(column),
        column=sql.Identifier(column),
        occurrence=sql.Identifier(OCCURRENCE),
        withheld=sql.Identifier(WITHHELD_TABLE),
        chosen=as_sql(chosen.order_by().values("pk")),
        most=sql.Literal(most),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


# --- doing ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """A record as it stands: exact values of the plan's columns, and what was written of which."""

    guid: UUID
    values: dict[str, Any]
    is_protected: bool
    verbatim: Mapping[str, str]


@dataclass(slots=True)
class _Revision:
    """What becomes of a record: new values by column, what was written, and what means nothing."""

    values: dict[str, Any]
    verbatim: dict[str, str]
    problems: dict[str, str]


_NOTHING = _Revision({}, {}, {})


class Work:
    """A plan at work: what each text becomes, and what it then means, is found once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.columns = plan.context
        if "event_date" in self.columns:
            self.columns += terms.DERIVED_COLUMNS
        self.read = [column for column in plan.context if _is_read(column)]
        self._new: dict[str, dict[str, str | None]] = {column: {} for column in plan.columns}
        self._revisions: dict[tuple[Any, ...], _Revision] = {}
        self._hides = not WITHHELD.isdisjoint(self.columns)
        self._decides = not filling.DECIDING.isdisjoint(self.columns)
        self._names = {terms.BY_COLUMN[c].name for c in self.columns if c in terms.BY_COLUMN}

    def check(self, chosen: Records) -> None:
        """Raise Refused, naming the values, where a new text means nothing."""
        if not any(_is_read(column) or column in KEYS for column in self.plan.columns):
            return
        problems: dict[str, None] = {}
        for ids in batching.parted(list(chosen.order_by("pk").values_list("pk", flat=True))):
            rows = self._rows(ids)
            for _pk, row, wanted in self._wanted(rows):
                for column, problem in self._revised(row, wanted).problems.items():
                    told = f"{history.label_of(column)} “{wanted[column]}”: {problem}"
                    problems[told] = None
        if problems:
            told = _("Nothing was changed, for some new values mean nothing. %(problems)s")
            raise Refused(told % {"problems": batching.words(problems)})

    def do(self, change_set: ChangeSet, ids: Sequence[int]) -> dict[str, int]:
        """Change these records and count them."""
        rows = self._rows(ids, lock=True)
        plainly: dict[int, dict[str, Any]] = {}
        apart: dict[UUID, _Revision] = {}
        for pk, row, wanted in self._wanted(rows):
            revision = self._revised(row, wanted)
            if revision.problems or not revision.values:
                continue
            if revision.verbatim or self._stands_apart(row):
                apart[row.guid] = revision
            else:
                plainly[pk] = row.values | revision.values
        changed = 0
        if plainly:
            select, given = _as_select(self.columns, plainly)
            changed = filling.assign(change_set, list(plainly), self.columns, select, given)
        changed += _write(change_set, apart)
        return {"updated": changed, "unchanged": len(ids) - changed}

    def give(self, change_set: ChangeSet, ids: Sequence[int], values: Mapping[str, Any]) -> int:
        """Give all these records the same values of the plan's columns; return how many change."""
        rows = self._rows(ids, lock=True)
        apart = {row.guid for row in rows.values() if self._stands_apart(row)}
        plainly = {
            pk: {**row.values, **values} for pk, row in rows.items() if row.guid not in apart
        }
        changed = 0
        if plainly:
            select, given = _as_select(self.columns, plainly)
            changed = filling.assign(change_set, list(plainly), self.columns, select, given)
        revision = _Revision(dict(values), {}, {})
        return changed + _write(change_set, dict.fromkeys(apart, revision))

    def _rows(self, ids: Sequence[int], *, lock: bool = False) -> dict[int, _Row]:
        records = Occurrence.objects.filter(pk__in=ids).order_by("pk")
        if lock:
            records = records.select_for_update(no_key=True)
        found = {}
        fields = ("pk", "guid", "protection", "verbatim", *self.columns)
        for pk, guid, protection, verbatim, *values in records.values_list(*fields):
            columns = dict(zip(self.columns, values, strict=True))
            found[pk] = _Row(guid, columns, bool(protection), verbatim)
        hidden = [pk for pk, row in found.items() if row.is_protected]
        kept = Withheld.objects.filter(occurrence__in=hidden)
        for pk, withheld in kept.values_list("occurrence_id", "terms"):
            row = found[pk]
            whole = exact(row.values, withheld)
            row.values = {column: whole[column] for column in self.columns}
            row.verbatim = withheld.get("verbatim") or row.verbatim
        return found

    def _wanted(self, rows: Mapping[int, _Row]) -> Iterator[tuple[int, _Row, dict[str, str]]]:
        """Yield the records of which the rules change something, with the new texts by column."""
        for column in self.plan.columns:
            known = self._new[column]
            texts = dict.fromkeys(_text(row.values[column]) for row in rows.values())
            unseen = [text for text in texts if text not in known]
            known.update(dict.fromkeys(unseen))
            known.update(self.plan.wanted(column, unseen))
        for pk, row in rows.items():
            wanted = {}
            for column, known in self._new.items():
                text = known[_text(row.values[column])]
                if text is not None:
                    wanted[column] = text
            if wanted:
                yield pk, row, wanted

    def _revised(self, row: _Row, wanted: Mapping[str, str]) -> _Revision:
        plain = {c: text or None for c, text in wanted.items() if c not in self.read}
        problems = {c: told for c in plain if c in KEYS and (told := _problem(c, wanted[c]))}
        typed = {column: text for column, text in wanted.items() if column not in plain}
        found = self._meant(row, typed) if typed else _NOTHING
        return _Revision(plain | found.values, found.verbatim, problems | found.problems)

    def _meant(self, row: _Row, typed: Mapping[str, str]) -> _Revision:
        before = {column: row.values[column] for column in self.read}
        key = (*map(str, before.values()), *typed.items())
        if key not in self._revisions:
            now = {column: text for column in self.read if (text := _text(before[column]))}
            reading, columns = editing.revised(before, now, typed)
            if "event_date" in columns:
                columns = [*columns, *terms.DERIVED_COLUMNS]
            values = {column: reading.values[column] for column in columns}
            self._revisions[key] = _Revision(values, reading.verbatim, reading.problems)
        return self._revisions[key]

    def _stands_apart(self, row: _Row) -> bool:
        """Tell whether a record takes more than its columns to be changed."""
        hides = row.is_protected and self._hides
        return hides or self._decides or not self._names.isdisjoint(row.verbatim)


def _text(value: Any) -> str:
    return "" if value is None else as_text(value)


def _as_select(
    columns: Sequence[str], rows: Mapping[int, Mapping[str, Any]]
) -> tuple[sql.Composable, dict[str, Any]]:
    """Return a SELECT of these values, a row a record, and its parameters."""
    arrays = [sql.SQL("%(keys)s::bigint[]")]
    given: dict[str, Any] = {"keys": list(rows)}
    for at, column in enumerate(columns):
        kind = Occurrence._meta.get_field(column).db_type(connection)
        arrays.append(sql.SQL(f"%(values_{at})s::{kind}[]"))
        given[f"values_{at}"] = [values[column] for values in rows.values()]
    names = map(sql.Identifier, columns)
    return sql.SQL("SELECT * FROM unnest({}) AS d(id, {})").format(
        sql.SQL(", ").join(arrays), sql.SQL(", ").join(names)
    ), given


def _write(change_set: ChangeSet, revisions: Mapping[UUID, _Revision]) -> int:
    """Write records one by one as a form would: with what was written, and what is withheld."""
    if not revisions:
        return 0
    standing = records.stored(revisions)
    drafts: dict[tuple[str, ...], list[Draft]] = {}
    for guid, record in standing.items():
        revision = revisions[guid]
        draft = Draft(
            guid,
            record.collection_id,
            revision.values,
            version=record.version,
            verbatim=revision.verbatim,
        )
        drafts.setdefault(tuple(revision.values), []).append(draft)
    return sum(
        len(records.write(change_set, columns, some).updated) for columns, some in drafts.items()
    )


def _begin(batch: Batch, chosen: Records) -> Callable[[ChangeSet, Sequence[int]], dict[str, int]]:
    work = Work(Plan.of(batch))
    if not batch.reached:
        work.check(chosen)
    return work.do


def _after(batch: Batch, collection_id: int) -> None:
    if not set(KEY_COLUMNS).isdisjoint(Plan.of(batch).columns):
        look_up_later(collection_id, batch.user)


batching.register(
    Batch.Kind.EDIT,
    Doing(
        ChangeSet.Kind.BATCH_EDIT,
        lambda user: Occurrence.objects.editable_by(user),
        _begin,
        after=_after,
    ),
)
