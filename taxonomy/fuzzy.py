"""Known names a few letters away from a misspelt one: a genus and epithets, two edits in all.

An edit is a letter lost, added, changed, or two neighbours swapped. A single word is never looked
for: at that length neighbours are other names (Fungi, Fungia). What is found are keys, to be
weighed by `taxonomy.evidence`; nothing here knows of kingdoms or authors.

Three searches make up all ways to spend two edits, each along an index: none in the genus (its
names are a range of canonical keys), all in the genus (the epithet is intact, and indexed), one in
each (genera one edit away, then their names). PostgreSQL compares within three plain edits, which
is fast and lets through what a swap costs there; `distance` then counts exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

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
    WHERE levenshtein_less_equal(a.rest, left(substr(k.canonical_key, length(a.genus) + 2), 250), 3)
        <= 3
"""
_SAME_EPITHET = """
    SELECT a.key, k.canonical_key
    FROM unnest(%s::text[], %s::text[]) AS a(key, epithet)
    JOIN {table} k ON split_part(k.canonical_key, ' ', 2) = a.epithet
    WHERE levenshtein_less_equal(a.key, left(k.canonical_key, 250), 3) <= 3
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
    """Finds what misspelt names may mean. Keep one for a run: it learns the genera once."""

    def __init__(self) -> None:
        self._genera: Genera | None = None

    def near(self, keys: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
        """Return for each canonical key known keys with their distance (0: none), nearest first."""
        asked = sorted({key for key in keys if " " in key and len(key) <= LONGEST})
        found: dict[str, list[tuple[str, int]]] = {}
        for start in range(0, len(asked), BATCH):
            found.update(self._near(asked[start : start + BATCH]))
        return found

    def _near(self, keys: list[str]) -> dict[str, list[tuple[str, int]]]:
        pairs = set(self._in_their_genus(keys))
        pairs.update(self._with_their_epithet(keys))
        pairs.update(self._in_near_genera(keys))
        found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for key, near in pairs:
            edits = distance(key, near)
            if 0 < edits <= MOST_EDITS:
                found[key].append((near, edits))
        for key, near_keys in found.items():
            near_keys.sort(key=lambda pair: (pair[1], _genus(pair[0]) != _genus(key), pair[0]))
            del near_keys[MOST_FOUND:]
        return found

    def _in_their_genus(self, keys: list[str]) -> list[tuple[str, str]]:
        parts = [(key, *key.split(" ", 1)) for key in keys]
        return _look(_IN_GENUS, list(zip(*parts, strict=True)))

    def _with_their_epithet(self, keys: list[str]) -> list[tuple[str, str]]:
        parts = [(key, key.split(" ")[1]) for key in keys]
        return _look(_SAME_EPITHET, list(zip(*parts, strict=True)))

    def _in_near_genera(self, keys: list[str]) -> list[tuple[str, str]]:
        if self._genera is None:
            self._genera = Genera(word for (word,) in _rows(_GENERA, []))
        parts = [
            (key, genus, key.split(" ", 1)[1])
            for key in keys
            for genus in self._genera.near(_genus(key))
        ]
        return _look(_IN_GENUS, list(zip(*parts, strict=True))) if parts else []


def _genus(key: str) -> str:
    return key.partition(" ")[0]


def _look(statement: str, columns: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    rows = _rows(statement, [list(column) for column in columns])
    return [(key, near) for key, near in rows]


def _rows(statement: str, columns: list[list[str]]) -> Iterator[tuple[str, ...]]:
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=table), columns)
            yield from cursor.fetchall()


class Genera:
    """Distinct first words, to be asked for those at most one edit away.

    One edit leaves a word's first letters or its last as they are. So it is enough to look among
    words that begin or end alike and are as long, give or take one letter.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        for word in set(words):
            for ends in {_ends(word, len(word) + step) for step in (-1, 0, 1)}:
                for end in ends:
                    self._alike[f"{len(word)}{end}"].append(word)

    def near(self, word: str) -> list[str]:
        """Return the words one edit away, sorted; not `word` itself."""
        alike = {
            other
            for length in (len(word) - 1, len(word), len(word) + 1)
            for end in _ends(word, len(word))
            for other in self._alike.get(f"{length}{end}", ())
        }
        return sorted(other for other in alike if distance(word, other, 1) == 1)


def _ends(word: str, length: int) -> tuple[str, str]:
    """Return the beginning and the end of `word` to compare with a word of `length` letters."""
    letters = 3 if length >= 8 else 2 if length >= 5 else 1
    return word[:letters] + "-", "-" + word[-letters:]
