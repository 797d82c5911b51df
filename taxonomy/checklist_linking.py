"""The rows of one checklist while they are linked: their parents, accepted names, and faults.

Everything happens in temporary tables of this session: nothing of it is seen by others, and nothing
is left when the process dies. What can't be linked moves from `stage` to `bad`, with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from django.db import connection

from taxonomy.checklist_reading import Bad, Common, Entry, Reading
from taxonomy.models import Checklist
from taxonomy.parsing import parse
from taxonomy.ranks import RANKS
from taxonomy.spelling import authorship_key, canonical_key, variant_key

CHUNK = 20_000
IMPLIED = "higher:"  # how identifiers of names start that stand only in columns of other names

_TYPES = {"line": "bigint"}
_ANALYZE = "ANALYZE stage (source_id, parent_id, accepted_id, accepted_name, status, canonical_key)"
_ENTRY = ", ".join(Entry._fields)
_ENTRY_TYPES = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in Entry._fields)
MOST_ABOVE = 100  # names in a line from the root; usual lists have 10 to 40
_TABLES = ("stage", "names", "bad", "common", "called", "hung", "tree", "inner_entries", "loose")
_IS_ACCEPTED = "accepted_id = '' AND accepted_name = '' AND status LIKE '%%accepted'"

_WORD = re.compile(r"[A-Z][a-z-]+").fullmatch
_EPITHET = re.compile(r"[a-z-]{2,}").fullmatch

Report = Callable[[int], None]


class Staging:
    """The rows of a checklist on their way in. A context manager: its tables go at the end."""

    def __init__(self, checklist: Checklist, reading: Reading) -> None:
        self.checklist = checklist
        self.reading = reading
        self.issues: Counter[str] = reading.issues
        self.rows = 0
        self.by_name = self.by_column = False

    def __enter__(self) -> Staging:
        self._drop()
        for table in ("stage", "names"):
            self._run(
                f"CREATE TEMPORARY TABLE {table} "
                f"(n bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000), {_ENTRY_TYPES})"
            )
        self._run(
            "CREATE TEMPORARY TABLE bad "
            "(file text, line bigint, code text, source_id text, value text, text text, "
            "parent_id text)"
        )
        self._run("CREATE TEMPORARY TABLE common (core_id text, name text, language text)")
        self._run("SET work_mem = '128MB'")
        return self

    def __exit__(self, *_exception: object) -> None:
        if not connection.needs_rollback:
            self._run("RESET work_mem")
            self._drop()

    def _drop(self) -> None:
        for table in _TABLES:
            self._run(f"DROP TABLE IF EXISTS pg_temp.{table}")

    def _run(self, statement: str, parameters: Any = None) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.rowcount)

    def _fetch(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    # Reading

    def fill(self, report: Report) -> None:
        """Copy all rows in; `report` is told their number now and then."""
        for table, items in (
            ("names", self.reading.names()),
            ("stage", self.reading.entries()),
            ("stage", self.reading.vernaculars()),
        ):
            while chunk := list(islice(items, CHUNK)):
                self._copy(table, chunk)
                report(self.rows)
        self._run(_ANALYZE)
        self._join_names()

    def _copy(self, table: str, chunk: list[Entry | Bad | Common]) -> None:
        entries = [item for item in chunk if type(item) is Entry]
        bad = [item for item in chunk if type(item) is Bad]
        if table == "stage":
            self.rows += len(entries)
            self.by_name = self.by_name or any(e.parent_name or e.accepted_name for e in entries)
            self.by_column = self.by_column or any(e.higher for e in entries)
        self.rows += len(bad)
        self._feed(table, _ENTRY, entries)
        self._feed("bad", ", ".join(Bad._fields), bad)
        self._feed("common", "core_id, name, language", [c for c in chunk if type(c) is Common])

    def _feed(self, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            copy.write_row(first)
            for row in rows:
                copy.write_row(row)

    def _join_names(self) -> None:
        """Give the places of ColDP their names; what has no place is no usage."""
        if not self._fetch("SELECT 1 FROM names LIMIT 1"):
            return
        self._block_duplicates("names")
        if self.reading.only_names:
            self.rows += self._run(f"INSERT INTO stage ({_ENTRY}) SELECT {_ENTRY} FROM names")
            return
        self._run(_JOIN_NAMES)
        self._block("stage", "name-missing", "s.name_id", "s.scientific_name = ''")
        self.rows += self._block(
            "names",
            "no-place",
            "''",
            "NOT EXISTS (SELECT FROM stage u WHERE u.name_id = s.source_id)",
        )
        self._run(_ANALYZE)

    # Linking

    def link(self, report: Report) -> None:
        """Find every entry's parent and accepted name; move to `bad` what has none."""
        self._block_duplicates("stage")
        self._pass_over_bad()
        self.issues["PARENT_IS_ITSELF"] += self._run(
            "UPDATE stage SET parent_id = '' WHERE parent_id = source_id AND parent_id <> ''"
        )
        if self.by_name:
            self._link_by_name()
        report(self.rows)
        self._hang_by_columns()
        self.issues["PARENT_IS_SYNONYM"] += self._run(_THROUGH_SYNONYMS)
        self._block_lost()
        report(self.rows)
        self._grow_tree()
        self._block_synonyms()
        self.issues = +self.issues

    def _block(self, table: str, code: str, value: str, where: str, using: str = "") -> int:
        """Move rows s of `table` to `bad`."""
        return self._run(
            f"WITH gone AS (DELETE FROM {table} s {using} WHERE {where} "
            f"RETURNING s.file, s.line, s.source_id, {value} AS value, "
            "btrim(s.scientific_name || ' ' || s.authorship) AS text, s.parent_id) "
            "INSERT INTO bad (file, line, code, source_id, value, text, parent_id) "
            "SELECT file, line, %s, source_id, value, text, parent_id FROM gone ORDER BY line",
            [code],
        )

    def _block_duplicates(self, table: str) -> None:
        found = self._block(
            table,
            "duplicate-id",
            "s.source_id",
            "s.source_id = d.source_id AND s.n <> d.first",
            f"USING (SELECT source_id, min(n) AS first FROM {table} "
            "GROUP BY source_id HAVING count(*) > 1) d",
        )
        if table == "names":
            self.rows += found

    def _pass_over_bad(self) -> None:
        """Hang what stands under a row that wasn't taken one step higher, or at the root."""
        while moved := self._run(_STEP_OVER):
            self.issues["PARENT_PASSED_OVER"] += moved

    def _link_by_name(self) -> None:
        """Turn names of parents and accepted names into identifiers, where exactly one fits."""
        called = self._fetch(
            "SELECT parent_name FROM stage WHERE parent_name <> '' AND parent_id = '' "
            "UNION SELECT accepted_name FROM stage WHERE accepted_name <> ''"
        )
        self._run("CREATE TEMPORARY TABLE called (name text, key text, author text)")
        self._feed("called", "name, key, author", (_key_of(name) for (name,) in called))
        self._run("ANALYZE called")
        for what, where in (
            ("accepted", "s.accepted_name <> '' AND s.accepted_id = ''"),
            ("parent", "s.parent_name <> '' AND s.parent_id = '' AND s.accepted_id = ''"),
        ):
            self._run(_BY_NAME.format(what=what, where=where))
        self._run("UPDATE stage SET accepted_name = '' WHERE accepted_id <> ''")

    def _hang_by_columns(self) -> None:
        """Hang entries without a parent under what their columns and their own words name."""
        if self.by_column:
            self._run(
                "UPDATE stage s SET parent_id = '', "
                "parent_name = COALESCE(NULLIF(parent_name, ''), parent_id) "
                "WHERE parent_id <> '' AND higher <> '' "
                "AND NOT EXISTS (SELECT FROM stage p WHERE p.source_id = s.parent_id)"
            )
        wanted = self._fetch(
            "SELECT DISTINCT higher, rank, split_part(scientific_name, ' ', 1), "
            "CASE WHEN rank = ANY(%s) THEN split_part(scientific_name, ' ', 2) ELSE '' END "
            f"FROM stage WHERE {_IS_ACCEPTED} AND parent_id = '' "
            "AND (higher <> '' OR parent_name = '' AND rank = ANY(%s))",
            [_BELOW_SPECIES, [*_BELOW_SPECIES, "species"]],
        )
        if not wanted:
            return
        chains = [_chain(*row) for row in wanted]
        standing = self._standing({link for chain in chains for link in chain})
        implied: dict[str, Entry] = {}
        parents = [_hang(chain, standing, implied) for chain in chains]
        self._feed("stage", _ENTRY, implied.values())
        self.implied = len(implied)
        self._run(
            "CREATE TEMPORARY TABLE hung "
            "(higher text, rank text, genus text, epithet text, parent_id text)"
        )
        hung = ((*row, parent) for row, parent in zip(wanted, parents, strict=True) if parent)
        self._feed("hung", "higher, rank, genus, epithet, parent_id", hung)
        self._run("ANALYZE hung")
        before = self._fetch(_COUNT_UNFOUND)[0][0]
        self._run(_HANG, {"below": _BELOW_SPECIES})
        self.issues["PARENT_FROM_COLUMNS"] += before - self._fetch(_COUNT_UNFOUND)[0][0]

    implied = 0

    def _standing(self, links: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return (rank, key) → identifier of the entries that stand in the file themselves."""
        ranks, keys = [rank for rank, _ in links], [canonical_key(name) for _, name in links]
        rows = self._fetch(
            "SELECT s.rank, s.canonical_key, (array_agg(s.source_id ORDER BY s.n))[1] "
            "FROM stage s JOIN unnest(%s::text[], %s::text[]) AS w(rank, key) "
            f"ON w.rank = s.rank AND w.key = s.canonical_key WHERE {_IS_ACCEPTED} GROUP BY 1, 2",
            [ranks, keys],
        )
        return {(rank, key): source_id for rank, key, source_id in rows}

    def _block_lost(self) -> None:
        """Move out accepted names whose parent isn't there; what stood below them stays."""
        lost = (
            f"{_IS_ACCEPTED} AND (s.parent_id <> '' AND NOT EXISTS "
            "(SELECT FROM stage p WHERE p.source_id = s.parent_id) "
            "OR s.parent_id = '' AND s.parent_name <> '')"
        )
        value = "COALESCE(NULLIF(s.parent_id, ''), s.parent_name)"
        if self._block("stage", "parent-missing", value, lost):
            self._pass_over_bad()

    def _grow_tree(self) -> None:
        """Walk down from the roots, noting kingdom and family; what isn't reached is a circle."""
        self._run(_ANALYZE)
        self._walk()
        self._block_deep()
        self._run(_LOOSE)
        if not self._fetch("SELECT 1 FROM loose LIMIT 1"):
            return
        # Without what hangs off a circle, only the circle is left.
        self._run("ANALYZE loose")
        while self._run(_PEEL):
            pass
        self._block("stage", "cycle", "s.parent_id", "s.source_id = l.source_id", "USING loose l")
        self._pass_over_bad()
        self._walk()
        self._block_deep()

    def _block_deep(self) -> None:
        """Move out what has more names above it than any tree of life: a path repeats them all."""
        deep = f"{_IS_ACCEPTED} AND s.parent_id = t.source_id AND t.depth >= {MOST_ABOVE}"
        self._block("stage", "too-deep", "s.parent_id", deep, "USING tree t")

    def _walk(self) -> None:
        for table in ("tree", "inner_entries"):
            self._run(f"DROP TABLE IF EXISTS pg_temp.{table}")
        self._run(_INNER)
        self._run("CREATE INDEX ON inner_entries (parent_id)")
        self._run("ANALYZE inner_entries")
        self._run(_TREE, {"kingdom": self.checklist.kingdom})
        self._run("ANALYZE tree")

    def _block_synonyms(self) -> None:
        self._block(
            "stage",
            "accepted-is-synonym",
            "s.accepted_id",
            "s.accepted_id = a.source_id",
            "USING (SELECT source_id FROM stage WHERE accepted_id <> '' OR accepted_name <> '') a",
        )
        self._block(
            "stage",
            "accepted-missing",
            "COALESCE(NULLIF(s.accepted_id, ''), s.accepted_name)",
            f"NOT ({_IS_ACCEPTED}) AND NOT EXISTS (SELECT FROM stage a "
            "WHERE a.source_id = s.accepted_id AND s.accepted_id <> '')",
        )

    # Keeping

    def keep(self) -> int:
        """Insert what is left as the checklist's usages, inside the caller's transaction.

        Returns the number of common names kept.
        """
        parameters = {"checklist": self.checklist.pk, "kingdom": self.checklist.kingdom}
        self._run(_INSERT, parameters)
        self._run(
            "INSERT INTO taxonomy_blockedusage "
            "(checklist_id, file, line, code, source_id, value, text) "
            "SELECT %s, left(file, 255), line, code, source_id, left(value, 1000), "
            "left(text, 1000) FROM bad ORDER BY file, line",
            [self.checklist.pk],
        )
        kept = self._run(_INSERT_COMMON, parameters)
        [(given,)] = self._fetch("SELECT count(DISTINCT (core_id, name, language)) FROM common")
        self.issues["VERNACULAR_WITHOUT_NAME"] += given - kept
        self.issues = +self.issues
        return kept

    def blocked(self) -> dict[str, int]:
        """Return how many rows were not taken, by reason."""
        return dict(self._fetch("SELECT code, count(*) FROM bad GROUP BY code ORDER BY code"))


_BELOW_SPECIES = [
    rank.name for rank in RANKS.values() if 220 < rank.order < 400 and rank.name != "cultivar"
]

_JOIN_NAMES = """
UPDATE stage s SET scientific_name = n.scientific_name, authorship = n.authorship, rank = n.rank,
    nomenclatural_status = n.nomenclatural_status, canonical_key = n.canonical_key,
    variant_key = n.variant_key, authorship_key = n.authorship_key,
    link = COALESCE(NULLIF(s.link, ''), n.link),
    remarks = concat_ws(E'\\n', NULLIF(s.remarks, ''), NULLIF(n.remarks, '')),
    status = CASE WHEN s.status = 'synonym' AND n.status = 'misapplied' THEN 'misapplied'
             ELSE s.status END
FROM names n WHERE n.source_id = s.name_id
"""

# Of several that fit the one with the same author is meant; without one, nothing is guessed.
_BY_NAME = """
UPDATE stage s SET {what}_id = found.source_id
FROM (
    SELECT name, (array_agg(source_id ORDER BY same DESC, n))[1] AS source_id
    FROM (
        SELECT c.name, p.source_id, p.n, c.author <> '' AND p.authorship_key = c.author AS same,
            bool_or(c.author <> '' AND p.authorship_key = c.author) OVER (PARTITION BY c.name)
                AS known
        FROM called c JOIN stage p ON p.canonical_key = c.key
        WHERE p.accepted_id = '' AND p.accepted_name = '' AND p.status LIKE '%%accepted'
    ) AS fits
    WHERE same = known GROUP BY name HAVING count(*) = 1
) AS found
WHERE s.{what}_name = found.name AND {where} AND s.source_id <> found.source_id
"""

_COUNT_UNFOUND = f"""
SELECT count(*) FROM stage WHERE {_IS_ACCEPTED} AND parent_name <> '' AND parent_id = ''
"""

_HANG = f"""
UPDATE stage s SET parent_id = h.parent_id, parent_name = '' FROM hung h
WHERE s.higher = h.higher AND s.rank = h.rank AND s.source_id <> h.parent_id
    AND split_part(s.scientific_name, ' ', 1) = h.genus
    AND CASE WHEN s.rank = ANY(%(below)s) THEN split_part(s.scientific_name, ' ', 2) ELSE '' END
        = h.epithet
    AND s.{_IS_ACCEPTED.replace("AND ", "AND s.")} AND s.parent_id = ''
    AND (s.higher <> '' OR s.parent_name = '')
"""

_THROUGH_SYNONYMS = """
UPDATE stage s SET parent_id = p.accepted_id FROM stage p
WHERE p.source_id = s.parent_id AND p.accepted_id <> '' AND s.parent_id <> ''
    AND s.accepted_id = '' AND p.accepted_id <> s.source_id
"""

_STEP_OVER = """
UPDATE stage s SET parent_id =
    CASE WHEN b.code IN ('parent-missing', 'cycle') OR b.parent_id = s.parent_id THEN ''
         ELSE COALESCE(b.parent_id, '') END
FROM bad b
WHERE b.source_id = s.parent_id AND s.parent_id <> '' AND s.accepted_id = ''
    AND NOT EXISTS (SELECT FROM stage p WHERE p.source_id = s.parent_id)
"""

# Those that others stand under and that no way from a root leads to.
_LOOSE = """
CREATE TEMPORARY TABLE loose AS
SELECT source_id, parent_id FROM inner_entries i
WHERE parent_id <> '' AND NOT EXISTS (SELECT FROM tree t WHERE t.source_id = i.source_id)
"""

_PEEL = """
DELETE FROM loose l WHERE NOT EXISTS (SELECT FROM loose b WHERE b.parent_id = l.source_id)
"""

# Only entries that something stands under are walked: a tenth of a usual list. They have a table
# and an index of their own, for the planner knows nothing of how far a recursion goes.
_INNER = f"""
CREATE TEMPORARY TABLE inner_entries AS
SELECT source_id, parent_id, rank, scientific_name, kingdom, family FROM stage
WHERE {_IS_ACCEPTED} AND source_id IN (SELECT parent_id FROM stage)
"""
_TREE = """
CREATE TEMPORARY TABLE tree AS
WITH RECURSIVE walk AS (
    SELECT source_id, 1 AS depth,
        CASE WHEN rank = 'kingdom' THEN scientific_name
             ELSE COALESCE(NULLIF(kingdom, ''), %(kingdom)s) END AS kingdom,
        CASE WHEN rank = 'family' THEN scientific_name ELSE family END AS family
    FROM inner_entries WHERE parent_id = ''
    UNION ALL
    SELECT i.source_id, w.depth + 1,
        CASE WHEN i.rank = 'kingdom' THEN i.scientific_name
             WHEN w.kingdom <> '' THEN w.kingdom ELSE i.kingdom END,
        CASE WHEN i.rank = 'family' THEN i.scientific_name
             WHEN w.family <> '' THEN w.family ELSE i.family END
    FROM walk w JOIN inner_entries i ON i.parent_id = w.source_id
)
SELECT * FROM walk
"""

_OWN_KINGDOM = """
CASE WHEN {e}.rank = 'kingdom' THEN {e}.scientific_name
     ELSE COALESCE(NULLIF({t}.kingdom, ''), NULLIF({e}.kingdom, ''), %(kingdom)s) END
"""
_OWN_FAMILY = """
CASE WHEN {e}.rank = 'family' THEN {e}.scientific_name
     ELSE COALESCE(NULLIF({t}.family, ''), {e}.family) END
"""
_INSERT = f"""
INSERT INTO taxonomy_usage (checklist_id, source_id, parent_source_id, accepted_source_id,
    scientific_name, authorship, rank, status, kingdom, family, nomenclatural_status, remarks, link,
    canonical_key, variant_key, authorship_key)
SELECT %(checklist)s, s.source_id, CASE WHEN s.accepted_id = '' THEN s.parent_id ELSE '' END,
    s.accepted_id, s.scientific_name, s.authorship, s.rank, s.status,
    CASE WHEN s.accepted_id = '' THEN {_OWN_KINGDOM.format(e="s", t="t")}
         ELSE {_OWN_KINGDOM.format(e="a", t="ta")} END,
    CASE WHEN s.accepted_id = '' THEN {_OWN_FAMILY.format(e="s", t="t")}
         ELSE {_OWN_FAMILY.format(e="a", t="ta")} END,
    s.nomenclatural_status, s.remarks, s.link, s.canonical_key, s.variant_key, s.authorship_key
FROM stage s
LEFT JOIN tree t ON t.source_id = s.parent_id AND s.accepted_id = ''
LEFT JOIN stage a ON a.source_id = s.accepted_id AND s.accepted_id <> ''
LEFT JOIN tree ta ON ta.source_id = a.parent_id
ORDER BY s.n
"""

_INSERT_COMMON = """
INSERT INTO taxonomy_usagevernacular (checklist_id, source_id, name, language)
SELECT DISTINCT ON (s.source_id, c.name, c.language) %(checklist)s, s.source_id, c.name, c.language
FROM common c JOIN stage s ON s.core_id = c.core_id
ORDER BY s.source_id, c.name, c.language
"""


def _key_of(name: str) -> tuple[str, str, str]:
    parsed = parse(name)
    return name, canonical_key(parsed.canonical or name), authorship_key(parsed.authorship)


def _chain(higher: str, rank: str, genus: str, epithet: str) -> list[tuple[str, str]]:
    """Return the (rank, name) above an entry, from the root, of its columns and its own words."""
    own = RANKS[rank].order
    pairs = (each.partition("=") for each in higher.split("\t") if each)
    chain = [
        (rank_name, name)
        for rank_name, _, name in pairs
        if RANKS[rank_name].order < own and (own < 400 or name != genus)
    ]
    if RANKS["species"].order <= own < 400 and _WORD(genus):
        if not any(name == "genus" for name, _ in chain):
            chain = [link for link in chain if RANKS[link[0]].order < RANKS["genus"].order]
            chain.append(("genus", genus))
        if _EPITHET(epithet):
            chain.append(("species", f"{genus} {epithet}"))
    return chain


def _hang(
    chain: list[tuple[str, str]],
    standing: dict[tuple[str, str], str],
    implied: dict[str, Entry],
) -> str:
    """Return the identifier of the lowest in a chain, adding entries for those not in the file."""
    kingdom = next((name for rank, name in chain if rank == "kingdom"), "")
    family = ""
    above = ""
    for rank, name in chain:
        family = name if rank == "family" else family
        key = canonical_key(name)
        source_id = standing.get((rank, key), "")
        if not source_id:
            source_id = f"{IMPLIED}{kingdom}/{rank}/{name}"[:250]
            if source_id not in implied:
                implied[source_id] = _implied(source_id, above, rank, name, kingdom, family)
        above = source_id
    return above


def _implied(
    source_id: str, parent_id: str, rank: str, name: str, kingdom: str, family: str
) -> Entry:
    key = canonical_key(name[:250])
    blank = Entry("", 0, *[""] * (len(Entry._fields) - 2))
    return blank._replace(
        core_id=source_id,
        source_id=source_id,
        parent_id=parent_id,
        scientific_name=name[:250],
        rank=rank,
        status="accepted",
        kingdom=kingdom[:100],
        family=family[:100],
        canonical_key=key,
        variant_key=variant_key(key),
    )
