"""Protected species: which rules a record falls under.

A rule protects a taxon, all beneath it, its synonyms, and records whose name isn't linked but
reads like one of these: infraspecific, in a hybrid formula, misspelt by a letter or two. Where
something is not known (a blank state, a name in doubt) the stricter reading holds.

Locks: a writer of records holds the rules (shared) until it commits, so that a new rule, which
takes them alone, knows no record is written without it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection

from biocollections import places
from occurrences import naming, protection
from occurrences.models import Protection, ProtectionRule
from occurrences.protection import Decision
from taxonomy.parsing import parse
from taxonomy.ranks import CODE_OF_KINGDOM, code_named
from taxonomy.spelling import canonical_key

# From the most open to the most closed.
STRICTNESS = (Protection.OPEN, Protection.CELL, Protection.PLACE, Protection.WHOLE)
_LOCK = (7104, 0)  # any numbers that no other advisory lock of ours has
_CULTIVATED = ("cultivated", "captive", "planted", "managed")


class Rule(NamedTuple):
    """What deciding needs of a ProtectionRule."""

    id: int
    level: Protection
    cultivated_too: bool
    country: str
    state_province: str
    reason: str  # in words, kept with the withheld values

    def holds_for(self, values: Mapping[str, Any], index: places.Index) -> bool:
        """Tell whether it covers a record of one of its names with these exact values."""
        if not self.cultivated_too and _is_cultivated(values):
            return False
        return not self.country or _may_lie(index, values, self.country, self.state_province)


@dataclass(slots=True)
class Ruling:
    """The rules that records of some names fall under, read once for a set of records.

    standing: the least that `decide` answers, for comparing a record with a draft of itself.
    """

    by_name: dict[naming.Key, tuple[Rule, ...]] = field(default_factory=dict)
    standing: Decision = field(default_factory=lambda: Decision(Protection.OPEN))
    index: places.Index = field(default_factory=places.Index)

    @classmethod
    def of(cls, keys: Iterable[naming.Key]) -> Ruling:
        """Read the rules for records of these names and hold them until the transaction ends."""
        rules = _deciding()
        if not rules:
            return cls()
        return cls(_rules_of(list(set(keys)), rules), index=places.current())

    def decide(self, values: Mapping[str, Any]) -> Decision:
        """Say how far the record with these exact values is protected, by itself and by rules.

        A reason given with the record's own security locks it: no rule moves it.
        """
        own = protection.decide(values)
        if values.get("security_reason"):
            return own
        named = self.by_name.get(naming.key_of(values), ()) if self.by_name else ()
        if not named and self.standing.level == Protection.OPEN:
            return own
        holding = [rule for rule in named if rule.holds_for(values, self.index)]
        strictest = max(
            [own, self.standing, *(Decision(r.level, r.reason) for r in holding)],
            key=lambda decision: STRICTNESS.index(decision.level),
        )
        return strictest._replace(rules=tuple(sorted(rule.id for rule in holding)))


def hold_rules(*, alone: bool = False) -> None:
    """Keep the rules as they are until the transaction ends; `alone`, to change them."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", _LOCK)


def _may_lie(
    index: places.Index, values: Mapping[str, Any], country: str, state_province: str
) -> bool:
    """Tell whether a record may be from there: what is blank, unknown or ambiguous may be any.

    So may what contradicts itself: country and code, or a state that another country has.
    """
    lands = [values[name] for name in ("country", "country_code") if values.get(name)] or [""]
    state = values.get("state_province") or ""
    return any(_may_mean(index, (land, state), (country, state_province)) for land in lands)


def _may_mean(index: places.Index, stated: tuple[str, str], ruled: tuple[str, str]) -> bool:
    wanted, given = index.find(*ruled), index.find(*stated)
    land, state = stated
    if state and wanted.state_province and not (given.state_province or given.choices):
        elsewhere = index.find(ruled[0], state)
        if land and elsewhere.state_province == wanted.state_province:
            return True
    for level, text, rule in zip(_LEVELS, stated, ruled, strict=True):
        meant, known = getattr(wanted, level), getattr(given, level)
        if not rule:
            continue
        if meant is None:  # a place of its own, which the gazetteer doesn't know
            understood = known or level in given.choices
            if text and understood and places.fold(text) != places.fold(rule):
                return False
        elif known:
            if known.code != meant.code:
                return False
        elif level in given.choices and meant not in given.choices[level]:
            return False
    return True


_LEVELS = ("country", "state_province")


def _is_cultivated(values: Mapping[str, Any]) -> bool:
    means = str(values.get("establishment_means") or "").strip().casefold()
    degree = str(values.get("degree_of_establishment") or "").strip().casefold()
    return bool(values.get("cultivation_status")) or (means or degree).startswith(_CULTIVATED)


def _deciding() -> dict[int, Rule]:
    """Return the rules that decide now, by id, and hold them."""
    hold_rules()
    return {
        rule.pk: Rule(
            rule.pk,
            Protection(rule.level),
            rule.cultivated_too,
            rule.list.country,
            rule.list.state_province,
            rule.reason or f"{rule.taxon.scientific_name}: {rule.list.title}",
        )
        for rule in ProtectionRule.objects.filter(state__in=ProtectionRule.DECIDING).select_related(
            "list", "taxon"
        )
    }


def _rules_of(keys: Sequence[naming.Key], rules: Mapping[int, Rule]) -> dict[naming.Key, Any]:
    found: dict[naming.Key, set[int]] = defaultdict(set)
    for at, rule_id in covering(keys, list(rules)):
        found[keys[at]].add(rule_id)
    return {key: tuple(rules[rule_id] for rule_id in sorted(ids)) for key, ids in found.items()}


def covering(keys: Sequence[naming.Key], rule_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return (position in `keys`, rule id) wherever one of these rules covers the name."""
    readings = [(at, text) for at, key in enumerate(keys) for text in readings_of(key[0])]
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], []]
    at, text = [list(column) for column in zip(*readings, strict=True)] or [[], []]
    with connection.cursor() as cursor:
        cursor.execute(_COVERING, [list(rule_ids), *columns, at, text])
        return {
            (int(at), int(rule_id))
            for at, rule_id, kingdom in cursor.fetchall()
            if not _contradicts(keys[int(at)][2], kingdom)
        }


# Positions are from 1 in `asked`, as WITH ORDINALITY counts them, and from 0 outside.
_COVERING = """
WITH rule AS MATERIALIZED (
    SELECT r.id, c.path FROM occurrences_protectionrule r
    JOIN taxonomy_taxon t ON t.id = r.taxon_id
    JOIN taxonomy_taxon c ON c.id = coalesce(t.current_id, t.id)
    WHERE r.id = ANY(%s)
), protected AS MATERIALIZED (
    SELECT rule.id, t.canonical_key, left(t.canonical_key, 3) AS start, t.kingdom,
        split_part(t.canonical_key, ' ', 2) AS epithet,
        replace(t.canonical_key, ' ', '') AS glued,
        CASE WHEN t.canonical_key LIKE '%% %%'
            THEN regexp_replace(t.canonical_key, '^(.)[^ ]*', '\\1') END AS short
    FROM rule JOIN taxonomy_taxon t ON t.path <@ rule.path
), asked AS MATERIALIZED (
    SELECT a.at - 1 AS at, n.taxon_id, n.candidates
    FROM unnest(%s::text[], %s::text[], %s::text[])
        WITH ORDINALITY AS a(name, authorship, context, at)
    LEFT JOIN taxonomy_name n ON n.scientific_name = a.name AND n.authorship = a.authorship
        AND n.context = a.context
), reading AS MATERIALIZED (
    SELECT * FROM unnest(%s::int[], %s::text[]) AS r(at, text)
    WHERE at IN (
        SELECT at FROM asked WHERE taxon_id IS NULL OR taxon_id IN (
            SELECT t.id FROM rule JOIN taxonomy_taxon t ON t.path @> rule.path
        )
    )
), near AS MATERIALIZED (  -- not spelt as another taxon of the thesaurus is
    SELECT * FROM reading WHERE text LIKE '%% %%' AND NOT EXISTS (
        SELECT 1 FROM taxonomy_taxon k
        WHERE k.canonical_key = reading.text AND k.merged_into_id IS NULL)
)
SELECT asked.at, rule.id, '' FROM asked
JOIN taxonomy_taxon t ON t.id = asked.taxon_id JOIN rule ON t.path <@ rule.path
UNION
SELECT asked.at, rule.id, '' FROM asked
CROSS JOIN LATERAL jsonb_array_elements(asked.candidates) AS candidate
JOIN taxonomy_taxon t ON t.guid = (candidate->>'taxon')::uuid
JOIN rule ON t.path <@ rule.path WHERE asked.taxon_id IS NULL
UNION
SELECT reading.at, protected.id, protected.kingdom
FROM reading JOIN protected ON protected.glued = replace(reading.text, ' ', '')
UNION
SELECT reading.at, protected.id, protected.kingdom
FROM reading JOIN protected ON protected.short = reading.text
UNION
SELECT near.at, protected.id, protected.kingdom
FROM near JOIN protected ON protected.start = left(near.text, 3)
    AND {alike}
UNION
SELECT near.at, protected.id, protected.kingdom
FROM near JOIN protected ON protected.epithet = split_part(near.text, ' ', 2)
    AND {alike}
"""
# A letter amiss, or two in a long name.
_ALIKE = """protected.canonical_key LIKE '%% %%'
    AND levenshtein_less_equal(left(near.text, 200), left(protected.canonical_key, 200), 2)
        <= CASE WHEN length(near.text) < 12 THEN 1 ELSE 2 END"""
_COVERING = _COVERING.format(alike=_ALIKE)


def readings_of(name: str) -> list[str]:
    """Return the keys of all that a name string may stand for: itself and what it lies within.

    "Carnegiea gigantea f. cristata" → its own, the species', the genus'; of a formula both sides.
    Then every two words beside each other: a name may stand amid remarks.
    """
    parsed = parse(name)
    sides = parsed.canonical.split(" × ") if parsed.hybrid == "formula" else [parsed.canonical]
    found: dict[str, None] = {}
    genus = ""
    for side in [*sides, name]:
        words = canonical_key(side).split()
        genus = genus or (words[0] if words else "")
        if words and len(words[0]) == 1 and genus.startswith(words[0]):
            words[0] = genus  # "Quercus alba × Q. rubra"
        for length in range(len(words), 0, -1):
            found[" ".join(words[:length])] = None
    found.update(dict.fromkeys(_readings_amid(name)))
    return list(found)


_BINOMIAL = re.compile(r"\b([A-Z][a-z]+)\W+[a-z]{3}")
_PUNCTUATION = re.compile(r"[^\w'-]+")


def _readings_amid(text: str) -> list[str]:
    """Return the keys of all pairs of words, and of the genera that begin a binomial."""
    words = canonical_key(_PUNCTUATION.sub(" ", text)).split()
    pairs = [f"{one} {other}" for one, other in pairwise(words) if min(len(one), len(other)) > 1]
    return [*pairs, *(genus.lower() for genus in _BINOMIAL.findall(text))]


def _contradicts(context: str, kingdom: str) -> bool:
    """Tell whether a record's kingdom or code rules the taxon's kingdom out."""
    if not context or not kingdom:
        return False
    stated, meant = code_named(context), CODE_OF_KINGDOM.get(kingdom.casefold(), "")
    return bool(stated and meant and stated != meant)
