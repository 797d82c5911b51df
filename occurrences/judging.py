"""What is to become of each row of a file: said by the check, and again when somebody decides.

A person's decision about a row is kept with its outcome (`ImportOutcome.Choice`, or the GUID of
the record meant), so it holds when the rows are checked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from psycopg import sql

from darwincore import issues
from darwincore.issues import Issue
from journal.guids import new_guid
from occurrences import bulk, keys, naming, records
from occurrences.drafting import Drafter, FileRow, Said
from occurrences.drafts import TERM_COLUMNS, Stored
from occurrences.keys import Elsewhere, Key, Meant, RowKey, Target
from occurrences.models import ImportOutcome, ImportRun, Occurrence

Action = ImportOutcome.Action
Choice = ImportOutcome.Choice
OUTCOMES = ImportOutcome._meta.db_table
Outcome = dict[str, Any]
Decisions = Mapping[int, str]

COLUMNS = (
    "run_id number line action key target_guid target_version issues differences reason also "
    "candidates decision late"
).split()
LEFT_OUT = (Choice.OUT, Choice.RECORD)
_CAN_BE_LEFT = (Action.CREATE, Action.UPDATE, Action.CONFLICT)
_COPIED = gettext_noop("The copy that was made of it before is here; it stays as it is.")
_OWN = gettext_noop(
    "This is a record of this very collection. Choose “Update” to bring the row into it."
)
_STAYS = gettext_noop("The record stays as it is.")


class Judge:
    """Says what is to become of rows of one run, which bring records.

    named, held_elsewhere and sent count the rows that state an occurrenceID; those of them whose
    record is in another collection that the run's person may see; and those that no record here is
    known of, but which say that another portal sent them.
    """

    def __init__(self, run: ImportRun, drafter: Drafter | None = None) -> None:
        self.run = run
        self.drafter = drafter or Drafter(run)
        self.collection = run.collection
        self.named = 0
        self.held_elsewhere = 0
        self.sent = 0
        self.names: set[naming.Key] = set()  # of the rows that were read

    def outcomes(
        self, rows: Sequence[FileRow], said: Sequence[Said], decisions: Decisions
    ) -> Iterator[Outcome]:
        """Yield the outcome of each row, as the table keeps it. said: what each says by itself."""
        found = keys.records_meant(self.collection, (key for each in said for key in each.keys))
        meant = [self._meant(row, each.keys, found) for row, each in zip(rows, said, strict=True)]
        if decisions:
            self._decided(rows, said, meant, decisions)
        held = self._held(said, found)
        to_read = {
            one.target.guid
            for row, one in zip(rows, meant, strict=True)
            if one.target and not self._says_it(one.target, row)
        }
        standing = records.stored(to_read)
        for row, each, one in zip(rows, said, meant, strict=True):
            outcome = self._outcome(row, each, one, standing, held)
            also = [str(key) for key in each.keys if key != one.key]
            yield {
                "run_id": self.run.pk,
                "number": row.number,
                "line": row.line,
                "key": str(one.key),
                "also": also or None,
                **_as_decided(outcome, decisions.get(row.number)),
            }

    def _meant(self, row: FileRow, row_keys: Sequence[RowKey], found: keys.Found) -> Meant:
        """Return the record that a row means by its keys; by those of a copy that find one."""
        hits = [key for key in row_keys if key in found]
        if not hits:
            return Meant(row_keys[0])
        deciding = hits[:1] if self.drafter.copies else row_keys
        return keys.meant(deciding, found, self.drafter.import_hash(row))

    def _says_it(self, target: Target, row: FileRow) -> bool:
        return target.says(self.drafter.import_hash(row))

    def _decided(
        self,
        rows: Sequence[FileRow],
        said: Sequence[Said],
        meant: list[Meant],
        decisions: Decisions,
    ) -> None:
        """Put the records that a person took in the place of what the keys say."""
        taken = {
            row.number: UUID(text) for row in rows if _is_guid(text := decisions.get(row.number))
        }
        own = Occurrence.objects.filter(collection=self.collection)
        fields = ("guid", "version", "import_hash", "import_version")
        targets = {
            each[0]: Target(*each)
            for each in bulk.one_of(own, "guid", taken.values()).values_list(*fields)
        }
        for at, row in enumerate(rows):
            decision = decisions.get(row.number)
            if decision == Choice.NEW:
                meant[at] = Meant(said[at].keys[0])
            elif decision == Choice.FIRST and meant[at].first_alone:
                meant[at] = Meant(meant[at].key, meant[at].candidates[0])
            elif target := targets.get(taken.get(row.number, _NOBODY)):
                meant[at] = Meant(meant[at].key, target)

    def _held(self, said: Sequence[Said], found: keys.Found) -> dict[str, Elsewhere]:
        """Return the records of other collections that rows name, by occurrenceID."""
        named = [each for each in said if each.occurrence_id]
        self.named += len(named)
        asked = [x for x in named if RowKey(Key.OCCURRENCE_ID, x.occurrence_id) not in found]
        texts = [each.occurrence_id for each in asked]
        held = keys.elsewhere(self.collection, texts, self.run.user) if texts else {}
        self.held_elsewhere += sum(each.occurrence_id in held for each in named)
        self.sent += sum(each.is_sent and each.occurrence_id not in held for each in asked)
        return held

    def _outcome(
        self,
        row: FileRow,
        said: Said,
        meant: Meant,
        standing: Mapping[UUID, Stored],
        held: Mapping[str, Elsewhere],
    ) -> Outcome:
        target = meant.target
        if meant.reason:
            candidates = [str(each.guid) for each in meant.candidates]
            return {"action": Action.CONFLICT, "reason": meant.reason, "candidates": candidates}
        if target and self.drafter.copies:
            key = meant.key
            if key.kind == Key.OCCURRENCE_ID or key.text == str(target.guid):
                return {"action": Action.BLOCKED, "reason": _OWN}
            return {**_meaning(Action.SAME, target), "reason": _COPIED}
        if target and self._says_it(target, row):
            return _meaning(Action.SAME, target)
        record = standing.get(target.guid) if target else None
        if self._is_elsewhere(said.occurrence_id, record, held):
            # Behind the issues of the file itself, before those of what the cells say.
            issue = Issue("OCCURRENCE_ID_ELSEWHERE", Key.OCCURRENCE_ID, said.occurrence_id)
            said.issues.insert(len(row.issues), issue)
        self.names.add(said.name)
        found: Outcome = {"issues": [list(issue) for issue in said.issues] or None}
        if blocking := said.blocking:
            told = issues.describe(blocking[0], translate=_)
            return {**found, "action": Action.BLOCKED, "reason": str(told)}
        if said.is_blank:
            return {**found, "action": Action.BLOCKED, "reason": _("The row says nothing.")}
        if target is None or record is None:
            return {**found, "action": Action.CREATE, "target_guid": new_guid()}
        reading = self.drafter.read(row, meant.key)
        draft = self.drafter.changed_draft(row, meant.key, reading, record)
        differences = records.differences(draft, record, TERM_COLUMNS)
        action = Action.UPDATE if differences else Action.SAME
        return {**found, **_meaning(action, target), "differences": differences or None}

    def _is_elsewhere(
        self, text: str, record: Stored | None, held: Mapping[str, Elsewhere]
    ) -> bool:
        """Tell whether an occurrenceID that a row states is another collection's record's."""
        if self.drafter.copies or text not in held:
            return False
        is_theirs = record is None or record.values.get("occurrence_id") != text
        return is_theirs and held[text].is_public


_NOBODY = UUID(int=0)


def _is_guid(text: str | None) -> bool:
    return bool(text) and text not in Choice.values


def _meaning(action: str, target: Target) -> Outcome:
    return {"action": action, "target_guid": target.guid, "target_version": target.version}


def _as_decided(outcome: Outcome, decision: str | None) -> Outcome:
    """Return an outcome with what a person decided about the row."""
    if decision in LEFT_OUT and outcome["action"] in _CAN_BE_LEFT:
        outcome["action"] = Action.EXCLUDED
        if decision == Choice.RECORD:
            outcome["reason"] = _STAYS
    return {**outcome, "decision": decision}


def keep(outcomes: Iterable[Outcome]) -> None:
    """Store outcomes."""
    made = list(outcomes)  # they ask the database themselves, which COPY would keep waiting
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(OUTCOMES), sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    )
    with connection.cursor() as cursor:
        bulk.copy_rows(cursor, statement, COLUMNS, made)


def block_repeated(run: ImportRun, among: Sequence[int] | None = None) -> None:
    """Of the rows with one key, or that mean one record, only the first is imported.

    The others say which one that is. among: judge only these rows, which stand back behind the
    others. Rows that add to records may name one as often as they like.
    """
    if run.brings != ImportRun.Brings.RECORDS:
        return
    given = {
        "run": run.pk,
        "among": None if among is None else list(among),
        "reason": _("Line %(line)s has the same key “%(key)s”.")
        .replace("%(line)s", "{line}")
        .replace("%(key)s", "{key}"),
    }
    with connection.cursor() as cursor:
        for same in (_SAME_KEY, _SAME_AMONG_OTHERS)[: max(1, min(2, len(run.keys)))]:
            cursor.execute(_BLOCK.format(same=same), given)


_BLOCK = f"""
    UPDATE "{OUTCOMES}" o SET action = 'blocked', differences = NULL,
        reason = replace(replace(%(reason)s, '{{{{line}}}}', n.first_line::text),
                         '{{{{key}}}}', substr(n.key, strpos(n.key, ':') + 1)),
        issues = coalesce(o.issues, '[]') || jsonb_build_array(jsonb_build_array(
            'DUPLICATE_KEY', split_part(n.key, ':', 1), substr(n.key, strpos(n.key, ':') + 1)))
    FROM ({{same}}) n WHERE o.run_id = %(run)s AND o.number = n.number
"""
_WANTED = "run_id = %(run)s AND action IN ('create', 'update', 'same', 'conflict', 'excluded')"
_LAST = "coalesce(number = ANY(%(among)s::int[]), false)"
_SAME_KEY = f"""
    SELECT number, key, first_line FROM (
        SELECT number, key, row_number() OVER same AS nth, first_value(line) OVER same AS first_line
        FROM "{OUTCOMES}" WHERE {_WANTED}
        WINDOW same AS (PARTITION BY CASE WHEN target_version IS NULL THEN key
            ELSE target_guid::text END ORDER BY {_LAST}, number)) every
    WHERE nth > 1
"""
# A row that has only a key which an earlier row has behind its first, or the other way round.
_SAME_AMONG_OTHERS = f"""
    WITH wanted AS (SELECT number, line, key, also, {_LAST} AS last
                    FROM "{OUTCOMES}" WHERE {_WANTED} AND target_version IS NULL),
         other AS (SELECT number, line, last, jsonb_array_elements_text(also) AS key FROM wanted
                   WHERE also IS NOT NULL)
    SELECT DISTINCT ON (number) number, key, first_line FROM (
        SELECT CASE WHEN first THEN o.number ELSE w.number END AS number, w.key,
               CASE WHEN first THEN w.line ELSE o.line END AS first_line
        FROM wanted w JOIN other o ON o.key = w.key AND o.number <> w.number
        CROSS JOIN LATERAL (SELECT (w.last, w.number) < (o.last, o.number) AS first) order_
    ) pairs ORDER BY number, first_line
"""


def hint_at_numbers(run: ImportRun) -> None:
    """Tell of rows that make a record though one is here with almost their catalogue number.

    Almost: other zeros in front of a number, or other case.
    """
    if Key.CATALOG_NUMBER not in run.keys:
        return
    if not Occurrence.objects.filter(collection=run.collection_id).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(_HINT, {"run": run.pk, "collection": run.collection_id})


def _plain(column: str) -> str:
    """Return SQL for a number in lower case without the zeros in front of its figures."""
    return f"regexp_replace(portal_fold(left({column}, 100)), '(^|[^0-9])0+([0-9])', '\\1\\2', 'g')"


_HINT = f"""
    WITH wanted AS (
        SELECT number, {_plain("text")} AS plain, text FROM (
            SELECT number, substr(each, length('catalogNumber:') + 1) AS text
            FROM "{OUTCOMES}" o, LATERAL (SELECT o.key AS each UNION ALL
                SELECT jsonb_array_elements_text(coalesce(o.also, '[]'))) keys
            WHERE run_id = %(run)s AND action = 'create' AND each LIKE 'catalogNumber:%%') numbers)
    UPDATE "{OUTCOMES}" o SET issues = coalesce(o.issues, '[]') || jsonb_build_array(
        jsonb_build_array('CATALOG_NUMBER_ALMOST', 'catalogNumber', w.text || ' – ' || r.number))
    FROM wanted w JOIN (
        SELECT {_plain("catalog_number")} AS plain, min(catalog_number) AS number
        FROM "{Occurrence._meta.db_table}"
        WHERE collection_id = %(collection)s AND catalog_number IS NOT NULL GROUP BY 1
    ) r USING (plain)
    WHERE o.run_id = %(run)s AND o.number = w.number
"""
