"""The one door from a name as written to the taxon it means, in bulk: `match` looks, `link` writes.

What is known is the thesaurus and the checklists in use, read by a few set-based queries for
thousands of names at a time. `taxonomy.evidence` decides; a name is linked only when nothing
speaks against it, and what is left open goes to a person with all there is to choose from.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypedDict

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.jobs import Progress
from journal.models import Change, ChangeSet
from taxonomy import adopting, evidence, parsing
from taxonomy.evidence import Asked, Known, Outcome, Question, Verdict
from taxonomy.fuzzy import Speller
from taxonomy.models import Checklist, Name
from taxonomy.signals import names_linked
from taxonomy.spelling import canonical_key, variant_key

BATCH = 2_000  # names looked up by one query: more are slower, for what they leave in memory
CHUNK = 2_000  # names written in one transaction
MOST_CANDIDATES = 10

# The words of `how` for pages; Name.evidence keeps the key. Decisions of persons have their own.
HOW = {
    evidence.EXACT_WITH_AUTHOR: _("same name and author"),
    evidence.EXACT: _("same name, the only one"),
    evidence.BY_FAMILY: _("same name, the only one in the family"),
    evidence.SYNONYM: _("same name, a synonym"),
    evidence.VARIANT: _("another spelling of the ending"),
    evidence.GENUS_OF: _("genus of an unnamed species"),
    evidence.HOMONYM: _("several names are spelt like this"),
    evidence.DISAGREE: _("the sources disagree"),
    evidence.AUTHOR: _("another author"),
    evidence.FAMILY: _("another family"),
    evidence.KINGDOM: _("another kingdom"),
    evidence.RANK: _("another rank"),
    evidence.AMBIGUOUS: _("ambiguous synonym"),
    evidence.MISAPPLIED: _("misapplied name"),
    evidence.DOUBTFUL: _("the identification is doubtful (cf., aff., ?)"),
    evidence.FORMULA: _("formula of a hybrid"),
    evidence.UNREADABLE: _("not readable as a name"),
    evidence.SIMILAR: _("similar names"),
    evidence.SPECIES_OF: _("only its species is known"),
    evidence.NO_AUTHOR: _("no author to tell by"),
    evidence.HIGHER_ONLY: _("only a higher taxon is known"),
    evidence.UNSURE: _("the Catalogue of Life isn't sure"),
    evidence.BEGINS: _("begins like what was typed"),
}


class Candidate(TypedDict):
    """A known name that may be meant, as JSON. taxon: GUID, or null when only a checklist has it.

    accepted is the label of the accepted name, blank where the name is accepted itself; score
    (higher is likelier) orders the candidates of one name and means nothing across names.
    """

    taxon: str | None
    usage: int | None
    name: str
    authorship: str
    rank: str
    status: str
    accepted: str
    family: str
    kingdom: str
    source: str
    how: str
    score: int


class Match(NamedTuple):
    """What was found for one asked name. chosen is the first candidate when state is "linked"."""

    key: Hashable
    state: Outcome
    how: str
    chosen: Candidate | None
    candidates: list[Candidate]


# -- Looking ---------------------------------------------------------------------------------------


def match(
    asked: Iterable[Asked],
    *,
    sources: Sequence[int] | None = None,
    kingdom: str = "",
    fuzzy: bool = True,
) -> Iterator[Match]:
    """Yield a Match for each asked name, in their order; nothing is written.

    sources: ids of checklists to draw from besides the thesaurus, in order of preference; None
    stands for all in use. kingdom: that of the collection (or its code), for names that state
    none. fuzzy: also propose names a few letters away. The same knowledge gives the same answers.
    """
    yield from Matcher(sources, kingdom, fuzzy).match(asked)


class Matcher:
    """`match` with what it learns kept from call to call: for a run in chunks."""

    def __init__(self, sources: Sequence[int] | None, kingdom: str, fuzzy: bool) -> None:
        self.library = Library(sources)
        self.kingdom = kingdom
        self.speller = Speller() if fuzzy else None

    def match(self, asked: Iterable[Asked]) -> Iterator[Match]:
        """Yield a Match for each asked name, in their order."""
        asked = iter(asked)
        while batch := list(islice(asked, BATCH)):
            yield from self.answer([self.question(one) for one in batch])

    def question(self, asked: Asked) -> Question:
        """Return the asked name parsed."""
        context = asked.context or self.kingdom
        _kingdom, code = evidence.context_of(context)
        parsed = parsing.parse(asked.scientific_name, asked.authorship, code=code)
        return evidence.question(asked, parsed, self.kingdom)

    def answer(self, questions: Sequence[Question]) -> list[Match]:
        """Return the answers to parsed questions: exact first, then what only comes near."""
        known = self.library.spelt(one.key for one in questions if one.key)
        verdicts = [evidence.judge(one, known.get(one.key, ())) for one in questions]
        missing = [i for i, verdict in enumerate(verdicts) if verdict is evidence.NOTHING]
        if missing:
            nearer = self._near([questions[i] for i in missing])
            for i, verdict in zip(missing, nearer, strict=True):
                verdicts[i] = verdict
        return [self._match(*pair) for pair in zip(questions, verdicts, strict=True)]

    def _near(self, questions: Sequence[Question]) -> list[Verdict]:
        """Return verdicts on names that nobody spells like this."""
        variants = self.library.varying(variant_key(one.key) for one in questions if one.epithets)
        verdicts = []
        for one in questions:
            found = variants.get(variant_key(one.key), ()) if one.epithets else ()
            verdicts.append(evidence.judge_variants(one, found))
        open_ = [one for one, v in zip(questions, verdicts, strict=True) if v.state != "linked"]
        proposals = self._proposals([one for one in open_ if one.epithets])
        return [
            verdict
            if verdict.state == "linked"
            else evidence.propose(one, verdict.known, proposals.get(one.key, ()))
            for one, verdict in zip(questions, verdicts, strict=True)
        ]

    def _proposals(self, questions: Sequence[Question]) -> dict[str, list[Known]]:
        """Return known names near each question's key: a few letters off, or the species."""
        keys = {one.key for one in questions if one.doubt != evidence.FORMULA}
        near = self.speller.near(keys) if self.speller else {}
        for one in questions:
            if len(one.epithets) > 1 and one.key in keys:
                near.setdefault(one.key, []).append(evidence.species_key(one.key))
        known = self.library.spelt({other for others in near.values() for other in others})
        return {
            key: [found for other in others for found in known.get(other, ())]
            for key, others in near.items()
        }

    def _match(self, asked: Question, verdict: Verdict) -> Match:
        """Return the answer with its candidates, best first."""
        if verdict.chosen and len(verdict.known) == 1:
            only = self.candidate(verdict.chosen, verdict.how, evidence.ALONE)
            return Match(asked.asked.key, verdict.state, verdict.how, only, [only])
        ranked = evidence.ranked(asked, verdict)[:MOST_CANDIDATES]
        candidates = [self.candidate(*one) for one in ranked]
        chosen = candidates[0] if verdict.chosen else None
        return Match(asked.asked.key, verdict.state, verdict.how, chosen, candidates)

    def candidate(self, known: Known, how: str, score: int) -> Candidate:
        """Return a known name as JSON."""
        return {
            "taxon": known.taxon_guid,
            "usage": known.usage_id,
            "name": known.name,
            "authorship": known.authorship,
            "rank": known.rank,
            "status": known.status,
            "accepted": known.accepted_key
            and f"{known.accepted_name} {known.accepted_authorship}".strip(),
            "family": known.family,
            "kingdom": known.kingdom,
            "source": self.library.label(known),
            "how": how,
            "score": score,
        }


_TAXA = """
    SELECT {asked}, k.canonical_key, k.id, k.guid::text, NULL::bigint, 0, k.source,
        k.scientific_name, k.authorship, k.rank, k.status, k.kingdom, k.family,
        coalesce(a.scientific_name, ''), coalesce(a.authorship, ''), coalesce(a.canonical_key, '')
    FROM {names} JOIN taxonomy_taxon k ON {condition}
    LEFT JOIN taxonomy_taxon a ON k.accepted_id IS NOT NULL
        AND a.id = coalesce(k.current_id, k.accepted_id)
    WHERE k.merged_into_id IS NULL
"""
_USAGES = """
    SELECT {asked}, k.canonical_key, NULL::bigint, NULL, k.id,
        array_position(%(sources)s::bigint[], k.checklist_id), '',
        k.scientific_name, k.authorship, k.rank, k.status, k.kingdom, k.family,
        coalesce(a.scientific_name, ''), coalesce(a.authorship, ''), coalesce(a.canonical_key, '')
    FROM {names} JOIN taxonomy_usage k ON {condition}
    LEFT JOIN taxonomy_usage a
        ON a.checklist_id = k.checklist_id AND a.source_id = nullif(k.accepted_source_id, '')
    WHERE k.checklist_id = ANY(%(sources)s::bigint[])
"""


class Library:
    """What is known: the thesaurus, and the checklists in the order they were asked for."""

    def __init__(self, sources: Sequence[int] | None = None) -> None:
        found = Checklist.objects.filter(state=Checklist.State.CURRENT).order_by("pk")
        if sources is not None:
            found = Checklist.objects.filter(pk__in=sources)
        labels = {checklist.pk: str(checklist) for checklist in found}
        self.sources = [pk for pk in (labels if sources is None else sources) if pk in labels]
        self._labels = [labels[pk] for pk in self.sources]

    def label(self, known: Known) -> str:
        """Return where a known name stands: a checklist's name, or the taxon's own source."""
        return self._labels[known.source_order - 1] if known.usage_id else known.source

    def spelt(self, keys: Iterable[str]) -> dict[str, list[Known]]:
        """Return the known names with these canonical keys, by key."""
        return self._found("canonical_key", keys)

    def varying(self, keys: Iterable[str]) -> dict[str, list[Known]]:
        """Return the known names with these variant keys, by variant key."""
        return self._found("variant_key", keys)

    def _found(self, column: str, keys: Iterable[str]) -> dict[str, list[Known]]:
        found: defaultdict[str, list[Known]] = defaultdict(list)
        wanted = sorted(set(keys))
        if wanted:
            parts = {
                "asked": f"k.{column}",
                "names": r"unnest(string_to_array(%(keys)s, E'\n')) AS asked(key)",
                "condition": f"k.{column} = asked.key",
            }
            for row in self._rows(parts, "", {"keys": "\n".join(wanted)}):
                found[row[0]].append(Known._make(row[1:]))
        return found

    def beginning(self, pattern: str, limit: int) -> list[Known]:
        """Return known names whose canonical key is LIKE `pattern`, the first of each source."""
        parts = {
            "asked": "''",
            "names": "(SELECT) AS nothing",
            "condition": "k.canonical_key LIKE %(pattern)s",
        }
        end = "ORDER BY k.canonical_key, k.id LIMIT %(limit)s"
        rows = self._rows(parts, end, {"pattern": pattern, "limit": limit})
        return [Known._make(row[1:]) for row in rows]

    def _rows(
        self, parts: Mapping[str, str], end: str, values: dict[str, Any]
    ) -> Iterator[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(_TAXA.format(**parts) + end, values)
            yield from cursor.fetchall()
            if self.sources:
                cursor.execute(_USAGES.format(**parts) + end, {**values, "sources": self.sources})
                yield from cursor.fetchall()


# -- Writing ---------------------------------------------------------------------------------------

Families = Callable[[Sequence[int]], Mapping[int, str]]
Further = Callable[[list[Asked]], Iterable[Match]]


def link(
    names: QuerySet[Name],
    change_set: ChangeSet | None,
    *,
    sources: Sequence[int] | None = None,
    kingdom: str = "",
    fuzzy: bool = True,
    adopt: bool = True,
    families: Families | None = None,
    further: Further | None = None,
    progress: Progress | None = None,
) -> Counter[str]:
    """Match these names and write what was found; return how many ended in each state.

    A name a person has decided is left alone, also when the decision falls during the run. With
    a change set, each change of taxon or state becomes a Change of kind "name" (fields: taxon as
    GUID, state, evidence), and names of checklists that are linked come into the thesaurus by it.
    Without `adopt` (or a change set) only what the thesaurus has is linked, and all other names
    stay as they are. families: tells what family the records of given name ids state. further:
    another source, asked about the names that are left open. The count "changed" is of names whose
    taxon or state is another than before.

    Safe to run again and beside another run: a chunk is one transaction, its rows locked in the
    order of their ids after the taxa, and only differences are written.
    """
    adopt = adopt and change_set is not None
    matcher = Matcher(sources, kingdom, fuzzy and adopt)
    ids = list(names.filter(decided_at=None).order_by("pk").values_list("pk", flat=True))
    counts: Counter[str] = Counter()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        asked = _asked(chunk, families)
        matches = list(matcher.match(asked))
        if further and adopt:
            matches = with_further(asked, matches, further)
        if not adopt:
            matches = [found for found in matches if found.chosen and found.chosen["taxon"]]
        counts.update(_write(change_set, matches))
        if progress:
            progress.report(start + len(chunk), len(ids))
    return counts


def _asked(ids: Sequence[int], families: Families | None) -> list[Asked]:
    rows = Name.objects.filter(pk__in=ids, decided_at=None).order_by("pk")
    stated = families(ids) if families else {}
    return [
        Asked(pk, name, authorship, context, stated.get(pk, ""))
        for pk, name, authorship, context in rows.values_list(
            "pk", "scientific_name", "authorship", "context"
        )
    ]


def with_further(asked: Sequence[Asked], matches: Sequence[Match], further: Further) -> list[Match]:
    """Return the matches with what a further source knows of those that are left open."""
    left = {one.key for one in matches if one.state != "linked"}
    known = {one.key: one for one in further([one for one in asked if one.key in left])}
    return [_both(one, known[one.key]) if one.key in known else one for one in matches]


def _both(own: Match, other: Match) -> Match:
    """Return what two sources say together.

    What the other says goes before what is only similar here, but settles nothing that is spelt
    like the name here and was left open all the same.
    """
    is_spelt_so = own.state == "review" and own.how not in (evidence.SIMILAR, evidence.SPECIES_OF)
    first, second = (own, other) if is_spelt_so or other.state == "not found" else (other, own)
    if first.state == "not found" and not first.candidates:
        first, second = second, first
    candidates: list[Candidate] = []
    for one in (*first.candidates, *second.candidates):
        if not any(_same_candidate(one, kept) for kept in candidates):
            candidates.append(one)
    return first._replace(candidates=candidates[:MOST_CANDIDATES])


def _same_candidate(one: Candidate, other: Candidate) -> bool:
    said = ("name", "authorship", "rank", "kingdom")
    return all(one[word] == other[word] for word in said)  # type: ignore[literal-required]


class _Found(NamedTuple):
    """What is to be written into one Name row."""

    taxon_id: int | None
    taxon_guid: str | None
    match: Match


@transaction.atomic
def _write(change_set: ChangeSet | None, matches: Sequence[Match]) -> Counter[str]:
    """Write matches whose key is a Name's id. A taxon merged away meanwhile is left for later."""
    found = _with_taxa(change_set, matches)
    before = {
        name.pk: name
        for name in Name.objects.filter(pk__in=list(found), decided_at=None)
        .select_related("taxon")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    }
    changed = [
        pk
        for pk, name in before.items()
        if (name.taxon_id, name.state) != (found[pk].taxon_id, found[pk].match.state)
    ]
    if change_set is not None:
        Change.objects.bulk_create(
            [_change(change_set, before[pk], found[pk]) for pk in changed], batch_size=1000
        )
    in_doubt = [pk for pk in before if found[pk].match.state == "review"]
    _update({pk: found[pk] for pk in before})
    if changed or in_doubt:
        names_linked.send(sender=Name, names=sorted({*changed, *in_doubt}))
    counts: Counter[str] = Counter(found[pk].match.state for pk in before)
    counts["changed"] = len(changed)
    return counts


def _with_taxa(change_set: ChangeSet | None, matches: Sequence[Match]) -> dict[int, _Found]:
    """Return what to write by name id, its taxa in the thesaurus and held there until the end."""
    undecided = set(
        Name.objects.filter(pk__in=[m.key for m in matches], decided_at=None).values_list(
            "pk", flat=True
        )
    )
    matches = [found for found in matches if found.key in undecided]
    usages = {m.chosen["usage"] for m in matches if m.chosen and not m.chosen["taxon"]}
    adopted: dict[int, int] = {}
    if usages and change_set is not None:
        adopted = adopting.adopt(change_set, sorted(pk for pk in usages if pk))
    guids = sorted({m.chosen["taxon"] for m in matches if m.chosen and m.chosen["taxon"]})
    by_guid, by_id = _held(guids, sorted(set(adopted.values())))
    found: dict[int, _Found] = {}
    for one in matches:
        assert isinstance(one.key, int)
        if one.chosen is None:
            found[one.key] = _Found(None, None, one)
            continue
        taxon_id = by_guid.get(one.chosen["taxon"] or "") or adopted.get(one.chosen["usage"] or 0)
        if taxon_id in by_id:
            found[one.key] = _Found(taxon_id, by_id[taxon_id], one)
    return found


def _held(guids: Sequence[str], ids: Sequence[int]) -> tuple[dict[str, int], dict[int, str]]:
    """Return live taxa by GUID and by id, kept from being merged or deleted until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, guid::text FROM taxonomy_taxon WHERE merged_into_id IS NULL "
            "AND (guid = ANY(%s::uuid[]) OR id = ANY(%s::bigint[])) ORDER BY id FOR SHARE",
            [list(guids), list(ids)],
        )
        rows = cursor.fetchall()
    return {guid: pk for pk, guid in rows}, dict(rows)


def _change(change_set: ChangeSet, name: Name, found: _Found) -> Change:
    was = name.taxon.guid if name.taxon else None
    before = {"taxon": str(was) if was else None, "state": name.state, "evidence": name.evidence}
    after = {"taxon": found.taxon_guid, "state": found.match.state, "evidence": found.match.how}
    different = [field for field in before if before[field] != after[field]]
    return Change(
        change_set=change_set,
        collection_id=name.collection_id,
        kind="name",
        row_guid=name.guid,
        record_guid=name.guid,
        before={field: before[field] for field in different},
        after={field: after[field] for field in different},
    )


def _update(found: Mapping[int, _Found]) -> None:
    """Set taxon, state, evidence and candidates of these rows, unless a person has decided."""
    if not found:
        return
    rows = [
        (pk, one.taxon_id, one.match.state, one.match.how, json.dumps(_candidates(one)))
        for pk, one in found.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE taxonomy_name n SET taxon_id = w.taxon_id, state = w.state, "
            "evidence = w.evidence, candidates = w.candidates, matched_at = %s "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[]) "
            "AS w(id, taxon_id, state, evidence, candidates) "
            "WHERE n.id = w.id AND n.decided_at IS NULL",
            [timezone.now(), *(list(column) for column in zip(*rows, strict=True))],
        )


def _candidates(found: _Found) -> list[Candidate]:
    """Return the candidates, the chosen one as the taxon it is now."""
    candidates = found.match.candidates
    if found.taxon_guid is None:
        return candidates
    return [{**candidates[0], "taxon": found.taxon_guid}, *candidates[1:]]


# -- Typing ----------------------------------------------------------------------------------------


def candidates_for(text: str, kingdom: str = "", limit: int = 10) -> list[Candidate]:
    """Return known names for what somebody types: "Querc al", or a whole name with its author.

    Names that begin like it come first, the thesaurus's before others; if none does, those that
    a few letters make of it. kingdom: that of the collection, or its code.
    """
    words = canonical_key(text).split(" ")
    if not words[0]:
        return []
    matcher = Matcher(None, kingdom, fuzzy=True)
    asked = matcher.question(Asked(None, text))
    pattern = " ".join(f"{word}%" for word in words)
    known = evidence.admitted(asked, matcher.library.beginning(pattern, 20 * limit))
    if not known:
        return next(matcher.match([Asked(None, text)])).candidates[:limit]
    return [matcher.candidate(*one) for one in evidence.beginning(words, known)[:limit]]
