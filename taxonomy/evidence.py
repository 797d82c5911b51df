"""What speaks for one known name being the one asked for, and what against. Pure: no database.

`judge` weighs the known names that are spelt like the asked one, `judge_variants` those that
differ the way Latin allows. Both accept only what leaves no choice: the first doubt sends the name
to a person, with that doubt as `how`. docs/decisions/names.md says why each rule is as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Literal, NamedTuple

from taxonomy import parsing
from taxonomy.distance import MOST_EDITS, distance
from taxonomy.ranks import CODE_OF_KINGDOM, GENUS, RANKS, SPECIES, UNRANKED, Code, code_named
from taxonomy.spelling import canonical_key, folded, variant_key

Outcome = Literal["linked", "review", "not found"]  # values of Name.State


class Asked(NamedTuple):
    """A name to look for. context: kingdom or nomenclatural code; rank: as the record states it."""

    key: Hashable
    scientific_name: str
    authorship: str = ""
    context: str = ""
    family: str = ""
    rank: str = ""


class Known(NamedTuple):
    """A name of the thesaurus (taxon_id) or of a checklist (usage_id) as matching reads it."""

    key: str  # its canonical_key
    taxon_id: int | None
    taxon_guid: str | None
    usage_id: int | None
    source_order: int  # 0: the thesaurus; then the checklists in the order they are asked
    source: str
    name: str
    authorship: str
    rank: str
    status: str
    kingdom: str
    family: str
    accepted_name: str  # of the accepted name, blank where it is accepted itself
    accepted_authorship: str
    accepted_key: str


class Verdict(NamedTuple):
    """What is decided of one name, why, and the known names that were weighed."""

    state: Outcome
    how: str
    chosen: Known | None
    known: Sequence[Known]


NOTHING = Verdict("not found", "", None, ())

# How a name was linked.
EXACT_WITH_AUTHOR, EXACT, BY_FAMILY = "exact with author", "exact", "exact, by family"
SYNONYM, VARIANT, GENUS_OF = "synonym", "orthographic variant", "genus of sp."
# Why a person has to look.
HOMONYM, DISAGREE = "homonym", "sources disagree"
AUTHOR, FAMILY, KINGDOM, RANK = (
    "author differs",
    "family differs",
    "kingdom differs",
    "rank differs",
)
AMBIGUOUS, MISAPPLIED = "ambiguous synonym", "misapplied"
DOUBTFUL, FORMULA, UNREADABLE = "qualified", "hybrid formula", "not a name"
SIMILAR, SPECIES_OF, BEGINS = "similar", "species of it", "begins like it"
# Of a source that is asked online.
NO_AUTHOR, HIGHER_ONLY, UNSURE = "no author to tell by", "higher taxon only", "online not sure"


# -- The question ----------------------------------------------------------------------------------

# What may stand beside a name without making the identification doubtful: "s.l." widens the
# concept, not the name. Anything else (cf., aff., ?, nr., group, sensu auct.) does.
_HARMLESS = frozenset("sl slat sensulato ss sstr sensustricto".split())
_OF_GENUS = frozenset("sp spp spnov indet".split())
_ANNOTATION = re.compile(
    r"(?:nom|comb|stat|sp|ssp|subsp|var|gen)\.? (?:nov|nud|cons|illeg|inval)\.?"
)
_WHICH_SPECIES = re.compile(r"\(.*\)|#? ?\d+|[A-Z]\d*")  # of "sp. 1", "sp. A", "sp. (sterile)"


class Question(NamedTuple):
    """An asked name, parsed, with what its record says about it made comparable."""

    asked: Asked
    key: str  # canonical_key, "" when there is nothing to look for
    authorship: str
    rank: str  # "" when neither name nor record tell
    kingdom: str  # made equal by `same_kingdom`; "" when unknown
    code: Code
    family: str
    doubt: str  # why nothing may be accepted automatically, or ""
    of_genus: bool  # "Quercus sp.": the genus is meant
    epithets: tuple[str, ...]


def question(asked: Asked, parsed: parsing.Parsed, kingdom: str = "") -> Question:
    """Return what is asked for; `kingdom` (or a code) holds where the name's own context is blank.

    The rank is the name's own; of a single word it is what the record says, if that can be.
    """
    found, code = context_of(asked.context)
    if not (found or code):
        found, code = context_of(kingdom)
    key = canonical_key(parsed.canonical) if parsed.quality else ""
    words = key.count(" ") + 1 if key else 0
    of_genus = words == 1 and _letters(parsed.qualifier) in _OF_GENUS
    return Question(
        asked,
        key,
        parsed.authorship,
        "genus" if of_genus else _rank(words, parsed.rank, asked.rank),
        found,
        code,
        family_key(asked.family),
        _doubt(parsed, key, of_genus),
        of_genus,
        tuple(key.split(" ")[1:]),
    )


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalpha())


def _doubt(parsed: parsing.Parsed, key: str, of_genus: bool) -> str:
    """Return what keeps even the best match from being accepted, or ""."""
    if not key:
        return UNREADABLE
    if parsed.hybrid == "formula":
        return FORMULA
    if parsed.qualifier and not of_genus and _letters(parsed.qualifier) not in _HARMLESS:
        return DOUBTFUL
    clear = _WHICH_SPECIES if of_genus else _ANNOTATION
    return DOUBTFUL if parsed.tail and not clear.fullmatch(parsed.tail) else ""


def _rank(words: int, own: str, stated: str) -> str:
    """Return the rank to look for: a record's "species" for a single word says nothing."""
    stated = stated if stated in RANKS and stated != UNRANKED.name else ""
    if words == 1:
        return own or (stated if stated and RANKS[stated].order < SPECIES else "")
    if words == 2 or (own and own != "infraspecific name"):
        return own or "species"
    return stated if stated and RANKS[stated].order > SPECIES else own or "infraspecific name"


@lru_cache(maxsize=4096)
def context_of(text: str) -> tuple[str, Code]:
    """Return (kingdom, code) of a record's kingdom or nomenclatural code; blank if it is neither.

    >>> context_of("Plantae"), context_of("ICZN"), context_of("?")
    (('plantae', 'botanical'), ('', 'zoological'), ('', ''))
    """
    code = code_named(text)
    kingdom = same_kingdom(text)
    if kingdom in CODE_OF_KINGDOM:
        return kingdom, CODE_OF_KINGDOM[kingdom]
    return "", "botanical" if code == "cultivars" else code or ""


_KINGDOMS = {"viridiplantae": "plantae", "metazoa": "animalia", "virus": "viruses"}
# Their names stand under either code, and records of them under either neighbour.
_BETWEEN = frozenset(("chromista", "protozoa", "protista", "algae"))
_FAMILIES = {
    "compositae": "asteraceae",
    "cruciferae": "brassicaceae",
    "gramineae": "poaceae",
    "guttiferae": "clusiaceae",
    "labiatae": "lamiaceae",
    "leguminosae": "fabaceae",
    "papilionaceae": "fabaceae",
    "palmae": "arecaceae",
    "umbelliferae": "apiaceae",
}  # the conserved alternatives of ICN Art. 18.5


@lru_cache(maxsize=4096)
def same_kingdom(text: str) -> str:
    """Return what two spellings of a kingdom share."""
    plain = folded(text).strip()
    return _KINGDOMS.get(plain, plain)


@lru_cache(maxsize=65536)
def family_key(text: str) -> str:
    """Return what a family's names share: Compositae is Asteraceae."""
    plain = folded(text).strip()
    return _FAMILIES.get(plain, plain)


# -- What keeps two names apart --------------------------------------------------------------------


def admitted(asked: Question, known: Sequence[Known]) -> list[Known]:
    """Return those that the code the record stands under allows: no plant for an animal."""
    if not asked.code:
        return list(known)
    return [one for one in known if _code_allows(asked.code, asked.kingdom, one.kingdom)]


@lru_cache(maxsize=4096)
def _code_allows(code: Code, kingdom: str, of_known: str) -> bool:
    other = same_kingdom(of_known)
    if kingdom == other or other in _BETWEEN or kingdom in _BETWEEN:
        return not {code, CODE_OF_KINGDOM.get(other, code)} & {"bacterial", "viral"} or (
            CODE_OF_KINGDOM.get(other, code) == code
        )
    return CODE_OF_KINGDOM.get(other, code) == code


@lru_cache(maxsize=131072)
def same_author(first: str, second: str) -> bool | None:
    """Tell whether two authorships are the same; None when one is blank."""
    if not first or not second:
        return None
    return first == second or parsing.same_author(first, second)


def _differ(first: str, second: str) -> bool:
    """Tell whether both say something, and not the same."""
    return bool(first and second and first != second)


def _rank_allows(asked: Question, rank: str) -> bool:
    wanted = asked.rank
    if not wanted or wanted == rank or rank == UNRANKED.name:
        return True
    if wanted == "infraspecific name":
        return rank in RANKS and RANKS[rank].order > SPECIES
    return rank == "infraspecific name" and RANKS[wanted].order > SPECIES


def _ranks_differ(first: str, second: str) -> bool:
    loose = ("", UNRANKED.name, "infraspecific name")
    return first != second and first not in loose and second not in loose


def _same_name(one: Known, other: Known) -> bool:
    """Tell whether two sources' entries can be one name: nothing they say keeps them apart."""
    return (
        same_author(one.authorship, other.authorship) is not False
        and not _differ(same_kingdom(one.kingdom), same_kingdom(other.kingdom))
        and not _ranks_differ(one.rank, other.rank)
    )


# -- The verdict -----------------------------------------------------------------------------------


def judge(asked: Question, known: Sequence[Known]) -> Verdict:
    """Decide among names spelt like the asked one. `known` are all there are, of every kingdom."""
    if len(known) == 1:
        return _judge_only(asked, known)
    weighed = pool = admitted(asked, known)
    if not pool:
        return NOTHING
    if asked.doubt:
        return Verdict("review", asked.doubt, None, weighed)
    for narrow in _STEPS:
        pool, doubt = narrow(asked, pool)
        if doubt:
            return Verdict("review", doubt, None, weighed)
    chosen = min(pool, key=_preference(asked))
    return Verdict("linked", _how(asked, chosen, weighed), chosen, weighed)


def _judge_only(asked: Question, known: Sequence[Known]) -> Verdict:
    """Decide by the same rules when there is but one name: so it is with most, and in a hurry."""
    one = known[0]
    if asked.code and not _code_allows(asked.code, asked.kingdom, one.kingdom):
        return NOTHING
    doubt = asked.doubt
    if not doubt and asked.rank != one.rank and not _rank_allows(asked, one.rank):
        doubt = RANK
    if not doubt and asked.kingdom and _differ(asked.kingdom, same_kingdom(one.kingdom)):
        doubt = KINGDOM
    same = bool(asked.authorship) and same_author(asked.authorship, one.authorship)
    if not doubt and asked.authorship and same is False:
        doubt = AUTHOR
    if not doubt and asked.family and _differ(asked.family, family_key(one.family)):
        doubt = FAMILY
    if not doubt and one.status in (MISAPPLIED, AMBIGUOUS):
        doubt = one.status
    if doubt:
        return Verdict("review", doubt, None, known)
    how = EXACT_WITH_AUTHOR if same else EXACT
    if one.accepted_key or asked.of_genus:
        how = GENUS_OF if asked.of_genus else SYNONYM
    return Verdict("linked", how, one, known)


def _of_its_rank(asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep those of the rank; of a single word without one, a genus goes before a subgenus."""
    fitting = [one for one in pool if _rank_allows(asked, one.rank)]
    if not fitting:
        return pool, RANK
    if not asked.rank and len(fitting) > 1:
        high = [one for one in fitting if RANKS.get(one.rank, UNRANKED).order <= GENUS]
        return high or fitting, ""
    return fitting, ""


def _of_its_author(asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep those of the stated author. One without an author stays while none contradicts."""
    if not asked.authorship:
        return pool, ""
    answers = [same_author(asked.authorship, one.authorship) for one in pool]
    agreeing = [one for one, answer in zip(pool, answers, strict=True) if answer]
    silent = [one for one, answer in zip(pool, answers, strict=True) if answer is None]
    if agreeing:
        # The thesaurus's own entry of that name, only without its author.
        own = [one for one in silent if one.taxon_id and len(silent) == 1]
        return agreeing + own, ""
    return (pool, AUTHOR) if len(silent) < len(pool) else (silent, "")


def _of_its_family(asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep those of the record's family, if it tells one, and those that tell none."""
    if not asked.family:
        return pool, ""
    fitting = [one for one in pool if not _differ(asked.family, family_key(one.family))]
    return (fitting, "") if fitting else (pool, FAMILY)


def _of_its_kingdom(asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep those of the kingdom: algae and slime moulds stand in one or the other."""
    if not asked.kingdom:
        return pool, ""
    fitting = [one for one in pool if not _differ(asked.kingdom, same_kingdom(one.kingdom))]
    return (fitting, "") if fitting else (pool, KINGDOM)


def _one_name(asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep all, if nothing keeps them apart: else they are homonyms."""
    if len(pool) > 1:
        for one, other in combinations(pool, 2):
            authors = same_author(one.authorship, other.authorship)
            kingdoms = _differ(same_kingdom(one.kingdom), same_kingdom(other.kingdom))
            if (
                (authors is False and not asked.authorship)
                or kingdoms
                or _ranks_differ(one.rank, other.rank)
            ):
                return pool, HOMONYM
    statuses = {one.status for one in pool}
    return pool, next((status for status in (MISAPPLIED, AMBIGUOUS) if status in statuses), "")


def _one_taxon(_asked: Question, pool: list[Known]) -> tuple[list[Known], str]:
    """Keep what the thesaurus has itself, if it has, and see that all lead to one accepted name.

    Sources that agree are no tie; where they don't, the portal's own view of a name stands.
    """
    if len(pool) == 1:
        return pool, ""
    own = [one for one in pool if one.taxon_id]
    left = own + [
        one for one in pool if not one.taxon_id and not any(_same_name(one, taxon) for taxon in own)
    ]
    if len({one.accepted_key or one.key for one in left}) == 1:
        return left, ""
    return left, DISAGREE if len({one.source_order for one in left}) > 1 else HOMONYM


_STEPS = (_of_its_rank, _of_its_kingdom, _of_its_author, _of_its_family, _one_name, _one_taxon)


def _preference(asked: Question) -> Callable[[Known], tuple[object, ...]]:
    """Return what sorts entries of one name: the thesaurus first, then those with an author."""

    def key(one: Known) -> tuple[object, ...]:
        agrees = same_author(asked.authorship, one.authorship)
        return (
            one.taxon_id is None,
            not agrees,
            bool(one.accepted_key),
            not one.authorship,
            one.source_order,
            one.taxon_id or one.usage_id,
        )

    return key


def _how(asked: Question, chosen: Known, weighed: Sequence[Known]) -> str:
    if asked.of_genus:
        return GENUS_OF
    if chosen.accepted_key:
        return SYNONYM
    if same_author(asked.authorship, chosen.authorship):
        return EXACT_WITH_AUTHOR
    others = asked.family and any(_differ(asked.family, family_key(o.family)) for o in weighed)
    return BY_FAMILY if others else EXACT


def judge_variants(asked: Question, known: Sequence[Known]) -> Verdict:
    """Decide among names with the asked one's `variant_key`: one that only ends otherwise will do.

    Linked is the only such name, of the same genus and rank, with an author that doesn't
    contradict; everything else is a proposal.
    """
    pool = admitted(asked, known)
    if not pool:
        return NOTHING
    keys = {one.key for one in pool}
    if len(keys) == 1 and only_ends_otherwise(asked.key, next(iter(keys))):
        verdict = judge(asked, pool)
        if verdict.state == "linked":
            return verdict._replace(how=VARIANT)
    return Verdict("review", asked.doubt or SIMILAR, None, pool)


_GENDERS = (
    ("us", "a", "um"),
    ("is", "e"),
    ("er", "era", "erum"),
    ("er", "ra", "rum"),
    ("er", "ris", "re"),
    ("ior", "ius"),
    ("i", "ii"),
)


def only_ends_otherwise(first: str, second: str) -> bool:
    """Tell whether two canonical keys differ in gender endings or -i/-ii of epithets alone."""
    ours, theirs = first.split(" "), second.split(" ")
    return (
        len(ours) == len(theirs)
        and ours[0] == theirs[0]
        and all(
            one == other or _ends_otherwise(one, other)
            for one, other in zip(ours[1:], theirs[1:], strict=True)
        )
    )


def _ends_otherwise(one: str, other: str) -> bool:
    return any(
        one.endswith(mine)
        and other.endswith(yours)
        and one[: -len(mine)] == other[: -len(yours)]
        and len(one) - len(mine) >= 2
        for endings in _GENDERS
        for mine in endings
        for yours in endings
    )


# -- What a person is shown ------------------------------------------------------------------------


def species_key(key: str) -> str:
    """Return the species of an infraspecific key: "poa annua annua" stands under "poa annua"."""
    return " ".join(key.split(" ")[:2])


def propose(asked: Question, variants: Sequence[Known], near: Sequence[Known]) -> Verdict:
    """Return what a person may choose from when nothing is spelt like the asked name."""
    known = {(one.taxon_id, one.usage_id): one for one in (*variants, *admitted(asked, near))}
    if not known:
        return NOTHING._replace(how=asked.doubt if asked.doubt in (FORMULA, UNREADABLE) else "")
    species = all(_relation(asked, one) == SPECIES_OF for one in known.values())
    how = asked.doubt or (SPECIES_OF if species else SIMILAR)
    return Verdict("review", how, None, list(known.values()))


def ranked(asked: Question, verdict: Verdict) -> list[tuple[Known, str, int]]:
    """Return each name that was weighed once, with its evidence and score, the likeliest first.

    The chosen one leads. Of the same name in several sources the thesaurus's stands, or the first.
    """
    chosen = verdict.chosen
    scored = sorted(
        ((one, _relation(asked, one), _score(asked, one)) for one in verdict.known),
        key=lambda item: (
            item[0] is not chosen,
            -item[2],
            item[0].source_order,
            item[0].key,
            item[0].authorship,
            item[0].taxon_id or item[0].usage_id,
        ),
    )
    if chosen:
        scored[0] = (chosen, verdict.how, scored[0][2])
    kept: list[tuple[Known, str, int]] = []
    for item in scored:
        if not any(_same_entry(item[0], other[0]) for other in kept):
            kept.append(item)
    return kept


def beginning(words: Sequence[str], known: Sequence[Known]) -> list[tuple[Known, str, int]]:
    """Return names that begin with the typed words: whole words, taxa and accepted names first."""
    typed = " ".join(words)
    ordered = sorted(
        known,
        key=lambda one: (
            one.key != typed,
            one.taxon_id is None,
            bool(one.accepted_key),
            one.key,
            one.source_order,
            one.taxon_id or one.usage_id,
        ),
    )
    kept: list[Known] = []
    for one in ordered:
        if not any(_same_entry(one, other) for other in kept):
            kept.append(one)
    return [(one, BEGINS, 60 if one.key == typed else 30) for one in kept]


def _same_entry(one: Known, other: Known) -> bool:
    return (
        one.key == other.key
        and one.accepted_key == other.accepted_key
        and one.source_order != other.source_order
        and _same_name(one, other)
    )


def _relation(asked: Question, one: Known) -> str:
    if one.key == asked.key:
        if one.accepted_key:
            return SYNONYM
        return EXACT_WITH_AUTHOR if same_author(asked.authorship, one.authorship) else EXACT
    if len(asked.epithets) > 1 and one.key == species_key(asked.key):
        return SPECIES_OF
    return VARIANT if variant_key(one.key) == variant_key(asked.key) else SIMILAR


ALONE = 100  # the score of a name without rivals
_BASE = {EXACT_WITH_AUTHOR: 60, EXACT: 60, SYNONYM: 58, VARIANT: 50, SIMILAR: 50, SPECIES_OF: 15}


def _score(asked: Question, one: Known) -> int:
    """Return how much speaks for it: spelling first, then author, family, kingdom and rank."""
    relation = _relation(asked, one)
    points = _BASE[relation]
    if relation in (VARIANT, SIMILAR):
        points -= 10 * distance(asked.key, one.key, MOST_EDITS)
    same = same_author(asked.authorship, one.authorship)
    points += 20 if same else -15 if same is False else 0
    for mine, yours in (
        (asked.family, family_key(one.family)),
        (asked.kingdom, same_kingdom(one.kingdom)),
    ):
        points += 8 if mine and mine == yours else -12 if _differ(mine, yours) else 0
    points += 0 if _rank_allows(asked, one.rank) else -12
    points -= {MISAPPLIED: 12, AMBIGUOUS: 6}.get(one.status, 0)
    return max(points + 3 * (one.taxon_id is not None), 0)
