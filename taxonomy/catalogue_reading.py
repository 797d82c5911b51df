"""What ChecklistBank's answers say, as the columns of usages. Pure: no Django, no network.

Absent fields are left out of an answer, never null; lists of usages run from the lowest rank up;
a synonym's first element is its accepted name, and there is no other pointer to it. `name` never
holds the author, `label` does. What isn't as the contract says is left out, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from taxonomy.ranks import UNRANKED, rank_named
from taxonomy.spelling import authorship_key, canonical_key, variant_key

EXACT, VARIANT, CANONICAL = "exact", "variant", "canonical"
AMBIGUOUS, HIGHER, NONE, UNSUPPORTED = "ambiguous", "higherrank", "none", "unsupported"
SAME_NAME = {EXACT, VARIANT, CANONICAL}  # the kinds that speak of the name itself
KINDS = SAME_NAME | {AMBIGUOUS, HIGHER, NONE, UNSUPPORTED}

_ACCEPTED = {"accepted", "provisionally accepted"}
_SYNONYMS = {"synonym", "ambiguous synonym", "misapplied"}
_LONGEST = 250  # characters of a name or an author that the thesaurus holds
_MOST_RANKS = 60

Columns = dict[str, str]  # of a Usage


class Unreadable(Exception):
    """The answer isn't what the contract describes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the service says about one name.

    kind: how it matched, one of KINDS. source_ids: the usages it speaks of, the best first.
    usages: these, their accepted names and all above them, by source_id. bare: alternatives that
    came without their classification, {source_id: the usage as sent}.
    """

    kind: str
    source_ids: list[str] = field(default_factory=list)
    usages: dict[str, Columns] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)
    bare: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_match(answer: Any) -> Reading:
    """Read an answer of match/nameusage. Raises Unreadable when it can't be one."""
    if not isinstance(answer, dict) or not isinstance(answer.get("type"), str):
        raise Unreadable("The answer says nothing about a match.")
    kind = _plain(answer["type"])
    if kind not in KINDS:
        raise Unreadable(f"The answer is of the unknown kind “{kind[:40]}”.")
    if kind in SAME_NAME | {HIGHER} and answer.get("match") is not True:
        kind = NONE
    if kind in {NONE, UNSUPPORTED}:
        return Reading(kind, issues=_issues(answer))
    reading = Reading(kind, issues=_issues(answer))
    for usage in [answer.get("usage"), *_dicts(answer.get("alternatives"))]:
        _take(usage, reading)
    return reading


def known_as(answer: Any, name: str) -> bool:
    """Tell whether the answer has found just this name: what a service in order does."""
    try:
        reading = read_match(answer)
    except Unreadable:
        return False
    found = [reading.usages[source_id]["canonical_key"] for source_id in reading.source_ids]
    return reading.kind in SAME_NAME and found[:1] == [canonical_key(name)]


def read_synonyms(answer: Any, accepted: Columns) -> list[Columns]:
    """Read an answer of taxon/{id}/synonyms: lists of usages whose `name` is an object."""
    found = {}
    for usage in _usages_within(answer):
        name = usage["name"]
        flat = {**usage, "name": name.get("scientificName")}
        flat.setdefault("status", "synonym")
        for key in ("authorship", "rank"):
            flat[key] = name.get(key) or ""
        columns = _columns(flat)
        if columns and columns["status"] in _SYNONYMS:
            columns["accepted_source_id"] = accepted["source_id"]
            columns["kingdom"], columns["family"] = accepted["kingdom"], accepted["family"]
            found[columns["source_id"]] = columns
    found.pop(accepted["source_id"], None)
    return list(found.values())


def read_vernaculars(answer: Any) -> list[tuple[str, str]]:
    """Read an answer of taxon/{id}/vernacular: pairs of a name and its language, each once."""
    pairs = [(_text(each, "name"), _text(each, "language")) for each in _dicts(answer)]
    return list(dict.fromkeys(pair for pair in pairs if pair[0]))


def _take(usage: Any, reading: Reading) -> None:
    """Add a usage with all that stands above it; leave it out when it can't stand anywhere."""
    columns = _columns(usage)
    if columns is None or columns["source_id"] in reading.source_ids:
        return
    source_id = columns["source_id"]
    above = _dicts(usage.get("classification"))[:_MOST_RANKS]
    if not above and _text(usage, "parentId"):
        reading.bare[source_id] = usage
        return
    lineage = _lineage(columns, above)
    if columns["status"] in _SYNONYMS and not _points_to(usage, above, lineage):
        return
    reading.source_ids.append(source_id)
    for each in lineage:
        reading.usages.setdefault(each["source_id"], each)


def _points_to(
    synonym: dict[str, Any], above: list[dict[str, Any]], lineage: list[Columns]
) -> bool:
    """Tell whether the first of the classification can be this synonym's accepted name."""
    first = _text(above[0], "id") if above else ""
    taken = len(lineage) > 1 and lineage[1]["source_id"] == first
    return taken and _text(synonym, "parentId") in ("", first)


def _lineage(lowest: Columns, above: list[dict[str, Any]]) -> list[Columns]:
    """Return the usage and what is above it, each pointing to the next; nothing comes twice."""
    lineage = [lowest]
    seen = {lowest["source_id"]}
    for each in above:
        columns = _columns(each)
        if columns and columns["source_id"] not in seen and columns["status"] in _ACCEPTED:
            lineage.append(columns)
            seen.add(columns["source_id"])
    for place, columns in enumerate(lineage):
        following = lineage[place + 1]["source_id"] if place + 1 < len(lineage) else ""
        is_synonym = columns["status"] in _SYNONYMS
        columns["accepted_source_id" if is_synonym else "parent_source_id"] = following
        for rank in ("kingdom", "family"):
            named = (c["scientific_name"] for c in lineage[place:] if c["rank"] == rank)
            columns[rank] = next(named, "")
    return lineage


def _columns(usage: Any) -> Columns | None:
    """Return a usage's columns, without its place; None for what the thesaurus can't hold."""
    if not isinstance(usage, dict):
        return None
    name, authorship = _text(usage, "name"), _text(usage, "authorship")
    status = _plain(_text(usage, "status"))
    source_id, key = _text(usage, "id"), canonical_key(name)
    fits = len(name) <= _LONGEST and len(authorship) <= _LONGEST and len(source_id) <= _LONGEST
    if not (source_id and key and fits and status in _ACCEPTED | _SYNONYMS):
        return None
    return {
        "source_id": source_id,
        "parent_source_id": "",
        "accepted_source_id": "",
        "scientific_name": name,
        "authorship": authorship,
        "rank": (rank_named(_text(usage, "rank")) or UNRANKED).name,
        "status": status,
        "kingdom": "",
        "family": "",
        "remarks": _text(usage, "phrase"),
        "canonical_key": key,
        "variant_key": variant_key(key),
        "authorship_key": authorship_key(authorship),
    }


def _issues(answer: dict[str, Any]) -> list[str]:
    """Return the issues, an object {"issues": [text]}, and that a usage is doubtful."""
    told = answer.get("issues")
    listed = told.get("issues") if isinstance(told, dict) else told
    found = [_keepable(str(each))[:100] for each in listed] if isinstance(listed, list) else []
    return found + (["doubtful usage"] if answer.get("doubtfulUsage") else [])


def _usages_within(answer: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Find the usages in lists, lists of lists and objects of lists: the groups don't matter."""
    if isinstance(answer, dict) and isinstance(answer.get("name"), dict):
        yield answer
    elif depth < 4:
        parts = answer.values() if isinstance(answer, dict) else answer
        for part in parts if isinstance(answer, (dict, list)) else ():
            yield from _usages_within(part, depth + 1)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(usage: dict[str, Any], key: str) -> str:
    """Return a field's text in one line; identifiers may come as numbers."""
    value = usage.get(key)
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    return _keepable(str(value)) if is_text else ""


def _keepable(text: str) -> str:
    """Return `text` in one line, without what a database can't keep: NUL, lone surrogates."""
    return " ".join(text.replace("\0", "").encode("utf-8", "ignore").decode().split())


def _plain(word: str) -> str:
    """Return a word of a vocabulary as the contract spells it: case, _ and - don't count."""
    return " ".join(word.replace("_", " ").replace("-", " ").lower().split())
