"""How many names a second the parser reads on one core, and how far it agrees with other lists.

The names are those of the generator's collections, with their authors, and a share of them as
labels have them: with subspecies, varieties, qualifiers, hybrids, capitals. No name comes from a
cache: each time round, the authors' cache is emptied. Goal: ≥ 20,000 names a second. Where
FIELD_DATA names a folder, the shares of tests/field/name_agreement.tsv stand beside it.
"""

import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from occurrences import generator
from occurrences.scenery import SCENES
from taxonomy import authorship
from taxonomy.parsing import parse

SCENES_USED = ("herbarium", "insects", "birds", "reptiles")
ODD = 0.1  # the share of names that are more than a plain name with its author
AGREEMENT = Path(__file__).resolve().parent.parent / "tests" / "field" / "name_agreement.tsv"
GOAL = 20_000


def run(rows: int) -> dict[str, Any]:
    """Read `rows` names; seconds is processor time of this process, which has one thread."""
    names = list(_names(rows))
    odd = [name for name in names if _is_odd(name)]
    seconds, of_odd = _seconds(names), _seconds(odd)
    return {
        "seconds": seconds,
        "limit_seconds": rows / GOAL,
        "ratio": seconds / (rows / GOAL),
        "names_per_second": rows / seconds,
        "odd_names": len(odd),
        "odd_names_per_second": len(odd) / of_odd if odd else None,
        **(_agreement() if os.environ.get("FIELD_DATA") else {}),
    }


def _seconds(names: list[str]) -> float:
    authorship.read.cache_clear()
    started = time.process_time()
    for name in names:
        parse(name)
    return time.process_time() - started


def _names(count: int) -> Iterator[str]:
    random = Random("parsing")
    each = -(-count // len(SCENES_USED))
    made = 0
    for scene in SCENES_USED:
        authors = [taxon.author for taxon in SCENES[scene].taxa]
        for row in generator.rows(min(each, count - made), scene):
            made += 1
            name, author = row["scientificName"], row["scientificNameAuthorship"]
            if random.random() < ODD:
                yield _as_on_a_label(random, name, author, random.choice(authors))
            else:
                yield f"{name} {author}".strip()


def _as_on_a_label(random: Random, name: str, author: str, other: str) -> str:
    genus, _gap, epithet = name.partition(" ")
    return random.choice(
        (
            f"{genus} cf. {epithet} {author}",
            f"{genus} aff. {epithet}",
            f"{genus} sp. {random.randint(1, 9)}",
            f"{name}?",
            f"{name} {author} s.l.",
            f"{name} {author} var. minor {other}",
            f"{name} {author} subsp. {epithet.split()[-1]}",
            f"{genus} × {epithet} {author}",
            f"{name} {author} × {genus[0]}. minor {other}",
            f"{name} {author}".upper(),
            f"{name} auct. non {author}",
            f"{name} 'Minor'",
        )
    )


def _is_odd(name: str) -> bool:
    signs = ("cf.", "aff.", " sp.", "?", "s.l.", "var.", "subsp.", "×", "auct.", "'Minor'")
    return name.isupper() or any(sign in name for sign in signs)


def _agreement() -> dict[str, str]:
    with AGREEMENT.open(encoding="utf-8", newline="") as table:
        return {
            f"{row['list']}, {part}": row[part]
            for row in csv.DictReader(table, delimiter="\t")
            for part in ("canonical", "authorship", "rank")
        }
