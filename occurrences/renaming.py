"""What else a record has to say when its name becomes another.

A new name doesn't leave the parts, the author, the rank and the identifiers of the old one beside
it. Whoever writes a name into a record that has one asks `followers` what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from occurrences.naming import key_of
from taxonomy.evidence import Asked
from taxonomy.matching import Candidate, Matcher
from taxonomy.models import Taxon
from taxonomy.parsing import Parsed, parse
from taxonomy.ranks import RANKS

Values = Mapping[str, Any]

_PARTS = (
    "genus",
    "generic_name",
    "subgenus",
    "infrageneric_epithet",
    "specific_epithet",
    "infraspecific_epithet",
    "cultivar_epithet",
    "taxon_rank",
)
# What is said of one name alone, and of no other.
_OF_THE_NAME = (
    "verbatim_taxon_rank",
    "scientific_name_authorship",
    "vernacular_name",
    "taxon_id",
    "scientific_name_id",
    "accepted_name_usage",
    "accepted_name_usage_id",
    "parent_name_usage",
    "parent_name_usage_id",
    "original_name_usage",
    "original_name_usage_id",
    "taxon_concept_id",
    "name_according_to",
    "name_according_to_id",
    "name_published_in",
    "name_published_in_id",
    "name_published_in_year",
    "taxonomic_status",
    "nomenclatural_status",
)
_HIGHER = {  # ranks of the thesaurus, and where a record tells them
    "kingdom": "kingdom",
    "phylum": "phylum",
    "division": "phylum",
    "class": "taxon_class",
    "order": "order",
    "superfamily": "superfamily",
    "family": "family",
    "subfamily": "subfamily",
    "tribe": "tribe",
    "subtribe": "subtribe",
}
_OF_THE_GENUS = ("higher_classification", *(c for c in _HIGHER.values() if c != "kingdom"))


class _Renamed(NamedTuple):
    """One record's change: its values before, those to be written, and both names as read."""

    before: Values
    after: Values
    old: Parsed
    new: Parsed


class _Known(NamedTuple):
    """What the thesaurus says: of the name itself, if it knows that, and what stands above it."""

    name: Candidate | None
    higher: dict[str, str]


_UNKNOWN = _Known(None, {})


def followers(changes: Iterable[tuple[Values, Values]]) -> list[dict[str, Any]]:
    """Return for each change the further columns that follow from its new name; None erases.

    A change is (a record's exact values, the columns about to be written). Columns that are about
    to be written, and those that say nothing, are never among them; where the name stays the same
    but for its author or a doubt, nothing follows. One question to the thesaurus for all.
    """
    changes = list(changes)
    renamed = {at: found for at, each in enumerate(changes) if (found := _renamed(*each))}
    known = _known(renamed)
    return [
        _following(renamed[at], known.get(at, _UNKNOWN)) if at in renamed else {}
        for at in range(len(changes))
    ]


def _renamed(before: Values, after: Values) -> _Renamed | None:
    if "scientific_name" not in after:
        return None
    old = parse(key_of(before)[0])
    new = parse(after["scientific_name"] or "")
    same = _called(old) == _called(new)
    return None if same else _Renamed(before, after, old, new)


def _called(name: Parsed) -> str:
    return name.canonical or name.verbatim.strip()


def _following(each: _Renamed, known: _Known) -> dict[str, Any]:
    """Return what follows from one new name, of the columns that hold something else now."""
    found: dict[str, Any] = {}
    if _called(each.old):
        found |= dict.fromkeys(_OF_THE_NAME) | _parts(each.new, known.name)
        if _genus(each.old) and _genus(each.old) != _genus(each.new):
            found |= dict.fromkeys(_OF_THE_GENUS)
    author = each.new.authorship or (known.name["authorship"] if known.name else "")
    if author:
        found["scientific_name_authorship"] = author
    found |= known.higher
    return {
        column: value
        for column, value in found.items()
        if column not in each.after and each.before.get(column) not in (None, "", value)
    }


def _genus(name: Parsed) -> str | None:
    """Return the genus of a name that has one: a family's has none."""
    rank = RANKS.get(name.rank)
    above = rank is not None and rank.order < RANKS["genus"].order
    return None if above else name.genus or None


def _parts(name: Parsed, known: Candidate | None) -> dict[str, Any]:
    """Return the columns of a name's parts, its rank among them."""
    rank = known["rank"] if known else name.rank
    parts: dict[str, Any] = dict.fromkeys(_PARTS)
    parts["taxon_rank"] = rank or None
    if rank in RANKS and RANKS[rank].order < RANKS["genus"].order:
        return parts
    parts["genus"] = parts["generic_name"] = name.genus or None
    words = (*name.epithets, None, None)
    parts["specific_epithet"] = words[0]
    parts["infraspecific_epithet"] = name.epithets[-1] if len(name.epithets) > 1 else None
    _words, quote, cultivar = name.canonical.partition(" '")
    parts["cultivar_epithet"] = cultivar.rstrip("'") if quote else None
    _words, marker, subgenus = name.canonical.partition(" subg. ")
    parts["subgenus"] = parts["infrageneric_epithet"] = subgenus if marker else None
    return parts


# --- what the thesaurus knows -------------------------------------------------------------------


def _known(renamed: Mapping[int, _Renamed]) -> dict[int, _Known]:
    """Return what the thesaurus says of each new name; of its genus, where it has only that.

    Only in the record's kingdom: the same genus in another is another.
    """
    asked = [question for at, each in renamed.items() for question in _questions(at, each)]
    if not asked:
        return {}
    matches = Matcher([], "", fuzzy=False).match(asked)
    linked = {match.key: match.chosen for match in matches if match.state == "linked"}
    names = {at: name for at in renamed if (name := linked.get((at, _NAME)))}
    genera = {at: genus for at in renamed if (genus := linked.get((at, _GENUS)))}
    best = {**genera, **names}
    above = _above([candidate["taxon"] for candidate in best.values()])
    return {at: _Known(names.get(at), _higher(each, above)) for at, each in best.items()}


_NAME, _GENUS = "name", "genus"  # what is asked


def _questions(at: int, each: _Renamed) -> list[Asked]:
    """Return what to ask for one record: the name, and its genus."""
    author = str(each.after.get("scientific_name_authorship") or each.new.authorship)
    context = str({**each.before, **each.after}.get("kingdom") or "")
    genus = _genus(each.new) or ""
    asked = [
        Asked((at, _NAME), each.new.verbatim, author, context),
        Asked((at, _GENUS), genus, "", context),
    ]
    return [one for one in asked if one.scientific_name]


def _higher(candidate: Candidate, above: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the columns above the genus, as the thesaurus says them."""
    own = {column: candidate[column] for column in ("kingdom", "family")}
    return {**above.get(candidate["taxon"] or "", {}), **{k: v for k, v in own.items() if v}}


def _above(guids: Sequence[str | None]) -> dict[str, dict[str, str]]:
    """Return {taxon's GUID: {column: the name above it at that rank}}, of the accepted one."""
    paths = {
        str(guid): [int(step) for step in (path or "").split(".") if step]
        for guid, path in Taxon.objects.filter(guid__in=filter(None, guids)).values_list(
            "guid", "path"
        )
    }
    steps = {step for path in paths.values() for step in path}
    rows = Taxon.objects.filter(pk__in=steps, rank__in=_HIGHER).values_list(
        "pk", "rank", "scientific_name"
    )
    names = {pk: (_HIGHER[rank], name) for pk, rank, name in rows}
    return {
        guid: dict(names[step] for step in path if step in names) for guid, path in paths.items()
    }
