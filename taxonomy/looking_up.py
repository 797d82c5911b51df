"""Finding taxa by what somebody types: for suggestions, the explorer, and fields of forms."""

from __future__ import annotations

import re

from django.db.models import QuerySet

from taxonomy.models import Taxon, VernacularName
from taxonomy.spelling import canonical_key, variant_key

MOST = 20
MOST_LOOKED_AT = 500
# How a label tells homonyms apart: "Oenanthe L. [genus, Plantae]".
_LABEL = re.compile(r"(?P<name>.*?)(?: \[(?P<rank>[^,\]]+)(?:, (?P<kingdom>[^\]]*))?\])?")


def label(taxon: Taxon) -> str:
    """Return what a field shows for a taxon: its name and author, with rank and kingdom."""
    return f"{taxon} [{', '.join(filter(None, (taxon.rank, taxon.kingdom)))}]"


def labelled(text: str) -> list[Taxon]:
    """Return the live taxa that `text` may mean: a label, or a name with or without its author."""
    found = _LABEL.fullmatch(" ".join(text.split()))
    if not found or not found["name"]:
        return []
    written = found["name"]
    same = [taxon for taxon in _begun_by(written) if str(taxon).casefold() == written.casefold()]
    named = [taxon for taxon in same if taxon.authorship]
    if not named:
        key = canonical_key(written)
        named = list(
            Taxon.objects.live().filter(variant_key=variant_key(key), canonical_key=key)[:MOST]
        )
    if found["rank"]:
        named = [taxon for taxon in named if taxon.rank == found["rank"]]
        named = [taxon for taxon in named if taxon.kingdom == (found["kingdom"] or "")]
    return named


def _begun_by(written: str) -> QuerySet[Taxon]:
    """Return live taxa whose scientific name `written`, which may bear an author, begins with."""
    words = written.split()
    beginnings = [" ".join(words[:number]) for number in range(1, min(len(words), 8) + 1)]
    return Taxon.objects.live().filter(scientific_name__in=beginnings)


def beginning(text: str, accepted_only: bool = False) -> list[Taxon]:
    """Return up to MOST live taxa whose words begin as those of `text`: "que alb" finds oaks.

    The most inclusive first; a name that is `text` before all.
    """
    words = re.findall(r"[^\W\d_]+", text)[:4]
    if not words:
        return []
    taxa = Taxon.objects.accepted() if accepted_only else Taxon.objects.live()
    found = taxa.filter(scientific_name__startswith=words[0].capitalize())
    for word in words[1:]:
        found = found.filter(scientific_name__iregex=rf" [('×]*{word}")
    exact = " ".join(text.split()).casefold()
    some = list(found.select_related("accepted").order_by("rank_order", "scientific_name")[:200])
    return sorted(some, key=lambda taxon: taxon.scientific_name.casefold() != exact)[:MOST]


def named(text: str) -> QuerySet[Taxon]:
    """Return live taxa for the explorer's search: by beginning, by key, or by a common name."""
    plain = " ".join(text.split())
    key = canonical_key(plain)
    live = Taxon.objects.live()
    ways = [live.filter(variant_key=variant_key(key), canonical_key=key)] if key else []
    if len(plain) > 1:
        ways.append(live.filter(scientific_name__startswith=plain[:1].upper() + plain[1:]))
        called = VernacularName.objects.filter(name__icontains=plain).order_by()
        taxa = called.values_list("taxon", flat=True)[:MOST_LOOKED_AT]
        ways.append(live.filter(pk__in=list(taxa)))
    # One query a way: each has its index, which a single one with "or" would not use.
    ids = {pk for way in ways for pk in way.values_list("pk", flat=True)[:MOST_LOOKED_AT]}
    found = Taxon.objects.filter(pk__in=ids).select_related("accepted", "current")
    return found.prefetch_related("vernacular_names").order_by("rank_order", "scientific_name")
