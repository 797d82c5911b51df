"""Known names a few letters away from a misspelt one: a genus and epithets, two edits in all.

An edit is a letter lost, added, changed, or two neighbours swapped. A single word is never looked
for: at that length neighbours are other names (Fungi, Fungia). What is found are keys, to be
weighed by `taxonomy.evidence`; nothing here knows of kingdoms or authors.

Three searches make up all ways to spend two edits, each along an index: none in the genus (its
names are a range of canonical keys), all in the genus (the epithet is intact, and indexed), one in
each (genera one edit away, then their names). PostgreSQL compares within four plain edits, which
is fast and lets through what two swaps cost there; `distance` then counts exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection

from taxonomy.distance import MOST_EDITS, distance

MOST_FOUND = 60  # keys for one name, nearest first
BATCH = 500
LONGEST = 200  # letters: PostgreSQL compares up to 255

TABLES = ("taxonomy_taxon", "taxonomy_usage")
# A name and its epithets are (genus || ' ') to (genus || '!'): "!" is the sign after the blank.
_IN_GENUS = """
    SELECT a.key, k.canonical_key
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS a(key, genus, rest)
    JOIN {table} k ON k.canonical_key > a.genus || ' ' AND k.canonical_key < a.genus || '!'
    WHERE levenshtein_less_equal(a.rest, left(substr(k.canonical_key, length(a.genus) + 2), 250), 4)
        <= 4
"""
_SAME_EPITHET = """
    SELECT a.key, k.canonical_key
    FROM unnest(%s::text[], %s::text[]) AS a(key, epithet)
    JOIN {table} k ON split_part(k.canonical_key, ' ', 2) = a.epithet
    WHERE levenshtein_less_equal(a.key, left(k.canonical_key, 250), 4) <= 4
"""
_GENERA = """
    WITH RECURSIVE genus AS (
        (SELECT split_part(canonical_key, ' ', 1) AS word FROM {table}
         ORDER BY canonical_key LIMIT 1)
        UNION ALL
        SELECT (SELECT split_part(k.canonical_key, ' ', 1) FROM {table} k
                WHERE k.canonical_key >= genus.word || '!' ORDER BY k.canonical_key LIMIT 1)
        FROM genus WHERE genus.word IS NOT NULL
    )
    SELECT word FROM genus WHERE word <> ''
"""


class Speller:
    """Finds what misspelt names may mean. Keep one for a run: it reads the genera once."""

    def __init__(self) -> None:
        self._genera: list[str] | None = None

    def near(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return for each canonical key the known keys near it, nearest first; none is itself."""
        asked = sorted({key for key in keys if " " in key and len(key) <= LONGEST})
        if not asked:
            return {}
        if self._genera is None:
            self._genera = sorted({word for (word,) in _rows(_GENERA, [])})
        genera = one_edit_away(map(_genus, asked), self._genera)
        found: dict[str, list[str]] = {}
        for start in range(0, len(asked), BATCH):
            found.update(_near(asked[start : start + BATCH], genera))
        return found


def _near(keys: list[str], genera: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the known keys near some keys; genera: those one edit away from their own."""
    own = [(key, *key.split(" ", 1)) for key in keys]
    other = [(key, near, rest) for key, genus, rest in own for near in genera.get(genus, ())]
    epithets = [(key, rest.split(" ")[0]) for key, _genus, rest in own]
    pairs = {*_look(_IN_GENUS, own), *_look(_IN_GENUS, other), *_look(_SAME_EPITHET, epithets)}
    found: defaultdict[str, list[tuple[int, bool, str]]] = defaultdict(list)
    for key, near in pairs:
        edits = distance(key, near)
        if 0 < edits <= MOST_EDITS:
            found[key].append((edits, _genus(near) != _genus(key), near))
    return {key: [near for *_, near in sorted(known)[:MOST_FOUND]] for key, known in found.items()}


def _genus(key: str) -> str:
    return key.partition(" ")[0]


def _look(statement: str, rows: Sequence[tuple[str, ...]]) -> list[tuple[str, str]]:
    if not rows:
        return []
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [(key, near) for key, near in _rows(statement, columns)]


def _rows(statement: str, columns: list[list[str]]) -> Iterator[tuple[str, ...]]:
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=table), columns)
            yield from cursor.fetchall()


def one_edit_away(asked: Iterable[str], words: Iterable[str]) -> dict[str, list[str]]:
    """Return for each asked word the `words` that are one edit away from it, sorted.

    Two such words meet when a letter is taken from either or both: so `words`, however many, are
    gone through once, and looked up among what the few asked ones leave.
    """
    left: defaultdict[str, list[str]] = defaultdict(list)
    for word in set(asked):
        for short in _shortened(word):
            left[short].append(word)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        met = _shortened(word) & left.keys()
        for other in {other for short in met for other in left[short]} if met else ():
            if distance(other, word, 1) == 1:
                found[other].append(word)
    return {word: sorted(others) for word, others in found.items()}


def _shortened(word: str) -> set[str]:
    """Return the word, and what is left when any one letter is taken away."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}
