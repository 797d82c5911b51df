"""How good the answers are: right among the first three, and how many automatic links are wrong.

FIELD_DATA names the folder with the real lists. Two kinds of questions:

Trees of the Catalogue of Life's own tests (homonyms, synonyms, twins, several sources). Each name
is asked with and without author and kingdom. A link is wrong if it leads to another name, another
author, or if by what was asked more than one name or accepted name could be meant.

Misspellings of VASCAN's names, without author, as a herbarium's: a seeded sample for each kind of
`KINDS`. A misspelling that is itself a name of the list is left out: nobody could tell.
"""

import os
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files import File

from taxonomy import checklists, matching, parsing
from taxonomy.matching import Asked, Match
from taxonomy.models import Checklist, Usage
from taxonomy.ranks import GENUS, RANKS, SPECIES, rank_named
from taxonomy.spelling import authorship_key, canonical_key, variant_key

TREES = "3-taxonomy/col-matching"
VASCAN = "1-dwca/taxon/gnames-dwca/vascan.zip"
GOAL = 0.95
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def run(rows: int) -> dict[str, Any]:
    """Ask about every tree, and about at most `rows` misspellings of each kind."""
    data = os.environ.get("FIELD_DATA")
    if not data:
        raise SystemExit("Set FIELD_DATA to the folder with the real lists.")
    folder = Path(data)
    trees = _trees(folder / TREES)
    misspellings = _misspellings(folder / VASCAN, rows)
    wrong = trees["trees_wrong_links"] + misspellings["misspelt_wrong_links"]
    return {**trees, **misspellings, "wrong_links": wrong, "goal": GOAL}


# -- Trees -----------------------------------------------------------------------------------------


class Leaf(NamedTuple):
    """A name of a tree. accepted: the number of the name it is a synonym of, or its own."""

    number: int
    accepted: int
    name: str
    authorship: str
    rank: str
    kingdom: str
    family: str
    doubtful: bool


_LINE = re.compile(r"( *)([=≡?†$\s]*)(.*?)(?:\s*\[([^\]]*)\])?\s*(?:\{[^}]*\})?\s*(?:#.*)?$")


def read_tree(path: Path) -> Iterator[Leaf]:
    """Yield the names of a text tree: two blanks a level, "=" before synonyms, [rank] behind."""
    above: dict[int, tuple[int, str, str]] = {-1: (0, "", "")}  # by level: number, rank, name
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = _LINE.match(line.replace("\t", "  "))
        if not found or not found[3].strip():
            continue
        level = len(found[1]) // 2
        named = rank_named(found[4] or "")
        parsed = parsing.parse(re.split(r" sensu ", found[3])[0])
        is_synonym = "=" in found[2] or "≡" in found[2]
        line_above = [above[each] for each in sorted(above) if each < level]
        if not is_synonym:
            above = {each: entry for each, entry in above.items() if each < level}
            above[level] = (number, named.name if named else "", parsed.canonical)
        if not parsed.canonical:
            continue
        held = {rank: name for _number, rank, name in line_above}
        yield Leaf(
            number,
            line_above[-1][0] if is_synonym else number,
            parsed.canonical,
            parsed.authorship,
            (named.name if named else "") or parsed.rank or "unranked",
            {"Metazoa": "Animalia"}.get(held.get("kingdom", ""), held.get("kingdom", "")),
            held.get("family", ""),
            "?" in found[2],
        )


def _load(leaves: Iterable[Leaf], source: str) -> Checklist:
    checklist = Checklist.objects.create(source=source, state=Checklist.State.CURRENT)
    Usage.objects.bulk_create(
        [
            Usage(
                checklist=checklist,
                source_id=str(leaf.number),
                accepted_source_id="" if leaf.accepted == leaf.number else str(leaf.accepted),
                scientific_name=leaf.name,
                authorship=leaf.authorship,
                rank=leaf.rank,
                status="accepted" if leaf.accepted == leaf.number else "synonym",
                kingdom=leaf.kingdom,
                family=leaf.family,
                canonical_key=canonical_key(leaf.name),
                variant_key=variant_key(canonical_key(leaf.name)),
                authorship_key=authorship_key(leaf.authorship),
            )
            for leaf in leaves
        ],
        batch_size=5000,
    )
    return checklist


def _trees(folder: Path) -> dict[str, Any]:
    """Ask about each tree alone, and about the trees of one folder as sources beside each other."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.txtree")):
        counts += _about_trees([path])
    for part in sorted({path.parent for path in folder.rglob("*.txtree")}):
        counts += _about_trees(sorted(part.glob("*.txtree")))
    figures = {f"trees_{name.replace(' ', '_')}": counts[name] for name in sorted(counts)}
    right = counts["right of first three"] / counts["asked"]
    return {**figures, "trees_right_of_first_three": right,
            "trees_wrong_links": counts["wrong links"]}  # fmt: skip


def _about_trees(paths: list[Path]) -> Counter[str]:
    trees = [list(read_tree(path)) for path in paths]
    loaded = [_load(leaves, str(path)) for leaves, path in zip(trees, paths, strict=True)]
    known: defaultdict[str, list[tuple[Leaf, Leaf]]] = defaultdict(list)
    for leaves in trees:
        by_number = {leaf.number: leaf for leaf in leaves}
        for leaf in leaves:
            known[canonical_key(leaf.name)].append((leaf, by_number.get(leaf.accepted, leaf)))
    asked = [
        Asked((leaf, author, kingdom), leaf.name, author, kingdom)
        for leaves in trees
        for leaf in leaves
        for author in {"", leaf.authorship}
        for kingdom in {"", leaf.kingdom}
    ]
    counts: Counter[str] = Counter()
    for found in matching.match(asked, sources=[each.pk for each in loaded], fuzzy=False):
        leaf, author, kingdom = found.key  # type: ignore[misc]
        meant = _meant(known[canonical_key(leaf.name)], leaf, author, kingdom)
        counts.update(_graded(found, leaf, meant))
    for checklist in loaded:
        checklist.delete()
    return counts


def _meant(
    same: list[tuple[Leaf, Leaf]], asked: Leaf, author: str, kingdom: str
) -> set[tuple[str, str, str, str]]:
    """Return author, kingdom, rank and accepted name of each entry that the question can mean.

    Entries without the asked author count only where none has it. A name tells its own rank; a
    single word is a genus, or what stands above, before it is a subgenus.
    """
    own = parsing.parse(asked.name).rank
    fitting = [
        (leaf, accepted)
        for leaf, accepted in same
        if (not kingdom or leaf.kingdom in ("", kingdom))
        and (
            " " not in asked.name
            or leaf.rank in (own, "unranked", "infraspecific name")
            or (own == "infraspecific name" and RANKS[leaf.rank].order > SPECIES)
        )
    ]
    high = [pair for pair in fitting if RANKS[pair[0].rank].order <= GENUS]
    if " " not in asked.name and high:
        fitting = high
    for wanted in (authorship_key(author), "") if author else ():
        if by_author := [pair for pair in fitting if authorship_key(pair[0].authorship) == wanted]:
            fitting = by_author
            break
    return {
        (authorship_key(leaf.authorship), leaf.kingdom, leaf.rank, canonical_key(accepted.name))
        for leaf, accepted in fitting
    }


def _graded(found: Match, leaf: Leaf, meant: set[tuple[str, str, str, str]]) -> dict[str, int]:
    """Return what to count of one answer."""
    names = [canonical_key(one["name"]) for one in found.candidates[:3]]
    wrong = False
    if found.chosen:
        author = authorship_key(found.chosen["authorship"])
        authors = {entry[0] for entry in meant}
        rest = [{entry[i] for entry in meant} - {""} for i in (1, 2, 3)]
        wrong = (
            names[0] != canonical_key(leaf.name)
            or any(_others(author, other) for other in authors)
            or any(len(each) > 1 for each in rest)
        )
    return {
        "asked": 1,
        found.state: 1,
        "right of first three": int(canonical_key(leaf.name) in names),
        "wrong links": int(wrong),
    }


def _others(one: str, other: str) -> bool:
    """Tell whether two authors have no word in common (its first three letters), or no year."""
    years = [re.findall(r"\b\d{4}\b", text) for text in (one, other)]
    if all(years) and abs(int(years[0][0]) - int(years[1][0])) > 1:
        return True
    texts = [re.sub(r"\bl\b", "linnaeus", text) for text in (one, other)]
    words = [{word[:3] for word in re.findall(r"[a-z]+", text)} for text in texts]
    return all(words) and not words[0] & words[1]


# -- Misspellings ----------------------------------------------------------------------------------


def misspelt(name: str, chance: random.Random, edits: int) -> str:
    """Return a name of two or more words with so many letters lost, added, changed or swapped.

    The first letter of each word stays, and so do the markers of ranks.
    """
    letters = list(name)
    for _ in range(edits):
        text = "".join(letters)
        words = [found.span() for found in re.finditer(r"[A-Za-z]{2,}(?![A-Za-z.])", text)]
        at = chance.choice([i for start, end in words for i in range(start + 1, end)])
        kind = chance.choice(("lost", "added", "changed", "swapped"))
        if kind == "lost":
            del letters[at]
        elif kind == "added":
            letters.insert(at, chance.choice(LETTERS))
        elif kind == "changed":
            letters[at] = chance.choice(LETTERS)
        elif at > 1 and letters[at - 2].isalpha():
            letters[at - 1], letters[at] = letters[at], letters[at - 1]
    return "".join(letters)


def _other_gender(name: str, chance: random.Random) -> str:
    for endings in (("us", "a", "um"), ("is", "e")):
        for ending in endings:
            if name.endswith(ending) and len(name.split(" ")[-1]) > len(ending) + 2:
                other = chance.choice([each for each in endings if each != ending])
                return name.removesuffix(ending) + other
    return name


def _other_vowel(name: str, chance: random.Random) -> str:
    """Write e for ae or oe, or ae for e, somewhere in the epithets."""
    genus, epithets = name.split(" ", 1)
    places = [found.span() for found in re.finditer(r"ae|oe|(?<![aeiou])e(?![aeiou])", epithets)]
    if not places:
        return name
    start, end = chance.choice(places)
    return f"{genus} {epithets[:start]}{'e' if end - start == 2 else 'ae'}{epithets[end:]}"


def _other_doubling(name: str, chance: random.Random) -> str:
    """Write a doubled consonant once, or one of "lnprst" between vowels twice."""
    places = [found.span() for found in re.finditer(r"([b-df-hj-np-tv-z])\1", name)]
    places += [found.span() for found in re.finditer(r"(?<=[aeiou])[lnprst](?=[aeiou])", name)]
    if not places:
        return name
    start, end = chance.choice(places)
    return name[:start] + name[start] * (3 - (end - start)) + name[end:]


KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "one edit": lambda name, chance: misspelt(name, chance, 1),
    "two edits": lambda name, chance: misspelt(name, chance, 2),
    "gender": _other_gender,
    "ae or e": _other_vowel,
    "doubled": _other_doubling,
}


def _misspellings(path: Path, most: int) -> dict[str, Any]:
    """Load VASCAN as the portal does and ask for its names, misspelt."""
    with path.open("rb") as file:
        checklist = checklists.receive(File(file), path.name, "VASCAN", None, "Plantae")
    checklists.load(checklist)
    checklists.put_in_use(checklist)
    usages = checklist.usages.filter(canonical_key__contains=" ").exclude(
        scientific_name__contains="×"
    )
    names = sorted(set(usages.values_list("scientific_name", flat=True)))
    known = set(checklist.usages.values_list("canonical_key", flat=True))
    total: Counter[str] = Counter()
    shares = {}
    for kind, mistake in KINDS.items():
        counts = _about_kind(names, known, mistake, most)
        shares[f"{kind.replace(' ', '_')}_right_of_first_three"] = counts["right"] / counts["asked"]
        total += counts
    return {
        **{f"misspelt_{name.replace(' ', '_')}": total[name] for name in sorted(total)},
        "misspelt_wrong_links": total["wrong links"],
        **shares,
        "right_of_first_three": total["right"] / total["asked"],
    }


def _about_kind(
    names: list[str], known: set[str], mistake: Callable[[str, random.Random], str], most: int
) -> Counter[str]:
    chance = random.Random(22)
    meant = {}
    for name in chance.sample(names, len(names)):
        wrong = mistake(name, chance)
        if len(meant) < most and canonical_key(wrong) not in known:
            meant[wrong] = name
    counts: Counter[str] = Counter()
    for found in matching.match((Asked(wrong, wrong) for wrong in meant), kingdom="Plantae"):
        key = canonical_key(meant[str(found.key)])
        first = [canonical_key(one["name"]) for one in found.candidates[:3]]
        counts.update(
            {
                "asked": 1,
                found.state: 1,
                "right": int(key in first),
                "wrong links": int(bool(found.chosen) and first[0] != key),
            }
        )
    return counts
