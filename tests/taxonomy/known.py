"""Known names for tests: `known.usage("Poa annua", "L.")`, `known.taxon("Poa", rank="genus")`."""

from __future__ import annotations

from itertools import count
from typing import Any

from taxonomy.models import Checklist, Name, Taxon, Usage
from taxonomy.ranks import RANKS
from taxonomy.spelling import authorship_key, canonical_key, variant_key

_numbers = count(1)


def checklist(source: str = "Checklist") -> Checklist:
    """Return the checklist in use of this source, made if need be."""
    made, _new = Checklist.objects.get_or_create(source=source, state=Checklist.State.CURRENT)
    return made


def keys(name: str, authorship: str) -> dict[str, str]:
    key = canonical_key(name)
    return {
        "canonical_key": key,
        "variant_key": variant_key(key),
        "authorship_key": authorship_key(authorship),
    }


def rank_of(name: str) -> str:
    return ("genus", "species", "subspecies")[min(len(canonical_key(name).split()), 3) - 1]


def usage(
    name: str,
    authorship: str = "",
    *,
    rank: str = "",
    kingdom: str = "Plantae",
    family: str = "",
    source: str = "Checklist",
    synonym_of: Usage | None = None,
    status: str = "",
) -> Usage:
    """Make a name of a checklist: accepted, or a synonym of another one."""
    return Usage.objects.create(
        checklist=checklist(source),
        source_id=f"u{next(_numbers)}",
        accepted_source_id=synonym_of.source_id if synonym_of else "",
        scientific_name=name,
        authorship=authorship,
        rank=rank or rank_of(name),
        status=status or ("synonym" if synonym_of else "accepted"),
        kingdom=kingdom,
        family=family,
        **keys(name, authorship),
    )


def taxon(
    name: str,
    authorship: str = "",
    *,
    rank: str = "",
    kingdom: str = "Plantae",
    synonym_of: Taxon | None = None,
    **values: Any,
) -> Taxon:
    """Make a name of the thesaurus without a place in its tree."""
    rank = rank or rank_of(name)
    made = Taxon.objects.create(
        scientific_name=name,
        authorship=authorship,
        rank=rank,
        rank_order=RANKS[rank].order,
        kingdom=kingdom,
        accepted=synonym_of,
        status="synonym" if synonym_of else "accepted",
        **keys(name, authorship),
        **values,
    )
    made.current, made.path = synonym_of or made, str(made.pk)
    made.save(update_fields=["current", "path"])
    return made


def name(scientific_name: str, authorship: str = "", context: str = "", **values: Any) -> Name:
    """Make a name as records write it."""
    return Name.objects.create(
        scientific_name=scientific_name, authorship=authorship, context=context, **values
    )
