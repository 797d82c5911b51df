"""Checklists made up for benchmarks and tests: the shape of a real one, the same at every run.

About one row in a thousand is a family, one in twenty a genus; of the rest a fifth are
infraspecific names and a third are synonyms, as in lists of plants. Names are pronounceable and
nearly all distinct; a few homonyms with another author are there as in life.
"""

from __future__ import annotations

import csv
import random
import zipfile
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

COLUMNS = ("ID", "parentID", "status", "rank", "scientificName", "authorship", "code")

_ONSETS = "b c d f g l m n p r s t v br cr dr gl pl pr tr st ch ph th qu sc".split()
_VOWELS = "a e i o u a e i o ae ia eo".split()
_CODAS = ["", "", "", "n", "r", "l", "s", "x", "m", "nd", "rt", "st"]
_GENUS_ENDINGS = "a us um is ia ella opsis anthus ium oides".split()
_EPITHET_ENDINGS = (
    "us a um is e ensis ense ii i ae ana anus oides ifolia iflorus icola atus ata osa osus inus"
).split()
_SURNAMES = (
    "Miller Gray Torrey Hooker Engelmann Greene Rydberg Watson Britton Rose Standley Small Willd. "
    "Michx. Nutt. Pursh Benth. DC. Lam. Juss. Cav. Kunth Schltdl. Cham. Steud. Boiss. Regel Maxim. "
    "Franch. Hance Blume Miq. Wight Roxb. Wall. Lindl. Rchb. Schott Engl. Urb. Hemsl. Oliv. Baker"
).split()
_INITIALS = [f"{letter}." for letter in "ABCDEFGHJKLMNPRSTW"]


def usages(rows: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield `rows` names, parents and accepted names before those that point to them.

    Keys are the columns of ColDP's NameUsage.
    """
    chance = random.Random(seed)  # noqa: S311
    make = _Words(chance)
    yield _row(1, "", "accepted", "kingdom", "Plantae", "")
    made = 1
    while made < rows:
        made += 1
        family = made
        stem = make.word(2)
        yield _row(family, 1, "accepted", "family", f"{stem.capitalize()}aceae", make.author())
        for _genus in range(chance.randint(5, 60)):
            for row in _genus_of(chance, make, made, family, rows):
                made += 1
                yield row
            if made >= rows:
                return


def _genus_of(
    chance: random.Random, make: _Words, made: int, family: int, rows: int
) -> Iterator[dict[str, Any]]:
    """Yield a genus with its species, their synonyms and infraspecific names."""
    if made >= rows:
        return
    genus_id = number = made + 1
    genus = make.genus()
    yield _row(genus_id, family, "accepted", "genus", genus, make.author())
    for _species in range(min(int(chance.paretovariate(1.1)) + 3, 400)):
        species_id = number + 1
        epithet = make.epithet()
        batch = [("accepted", genus_id, "species", f"{genus} {epithet}", make.author())]
        if chance.random() < 0.35:
            marker, rank = chance.choice((("subsp.", "subspecies"), ("var.", "variety")))
            name = f"{genus} {epithet} {marker} {make.epithet()}"
            batch.append(("accepted", species_id, rank, name, make.author()))
        while chance.random() < 0.34:
            other = genus if chance.random() < 0.5 else make.genus()
            name = f"{other} {make.epithet()}"
            batch.append(("synonym", species_id, "species", name, make.author()))
        for status, above, rank, name, author in batch:
            if number >= rows:
                return
            number += 1
            yield _row(number, above, status, rank, name, author)


def _row(
    number: int, parent: int | str, status: str, rank: str, name: str, author: str
) -> dict[str, Any]:
    values = (f"u{number}", f"u{parent}" if parent else "", status, rank, name, author, "ICN")
    return dict(zip(COLUMNS, values, strict=True))


class _Words:
    """Words that sound like names, from one stream of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.syllables = [a + b + c for a in _ONSETS for b in _VOWELS for c in _CODAS]
        self.epithets = [self.word(2) for _each in range(20_000)]

    def word(self, syllables: int) -> str:
        return "".join(self.chance.choices(self.syllables, k=syllables))

    def genus(self) -> str:
        return (self.word(2) + self.chance.choice(_GENUS_ENDINGS)).capitalize()

    def epithet(self) -> str:
        """A few epithets serve many genera, as alba and vulgaris do."""
        at = min(int(self.chance.paretovariate(0.35)) - 1, len(self.epithets) - 1)
        if self.chance.random() < 0.7:
            at = self.chance.randrange(len(self.epithets))
        return self.epithets[at] + self.chance.choice(_EPITHET_ENDINGS)

    def author(self) -> str:
        """An author as botanists write them: initials, basionym, ex, joined."""
        one, other = (self._person() for _each in range(2))
        kind = self.chance.random()
        if kind < 0.55:
            return one
        if kind < 0.8:
            return f"({one}) {other}"
        return f"{one} & {other}" if kind < 0.92 else f"{one} ex {other}"

    def _person(self) -> str:
        surname = self.chance.choice(_SURNAMES)
        return (
            f"{self.chance.choice(_INITIALS)}{surname}" if self.chance.random() < 0.4 else surname
        )


def write_coldp(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    """Write names as a Catalogue of Life Data Package and return their number."""
    number = 0
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("NameUsage.tsv", "w", force_zip64=True) as member,
        TextIOWrapper(member, "utf-8", newline="") as text,
    ):
        writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            number += 1
    return number
