"""What a search for a taxon means: the taxon, its synonyms, all below it; and names as written.

A typed name is looked for in the thesaurus, as a scientific or a common name. Records whose name
is linked there are found by any of its names and by higher taxa; the others by what they say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from taxonomy import parsing
from taxonomy.models import Name, Taxon
from taxonomy.spelling import authorship_key, canonical_key

# So many names go into the query as they are: above, the database looks for them itself.
MOST_NAMES = 5000


def condition(text: str, words: Callable[[str], Q]) -> Q:
    """Want one of several names, parted by commas; `words` wants a name as it is written.

    A part may be the GUID of a taxon, or of a name as records write it.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    return reduce(or_, (_one(part, words) for part in parts), Q(pk__in=[]))


def _one(part: str, words: Callable[[str], Q]) -> Q:
    guid = as_guid(part)
    if guid is None:
        return words(part) | _beneath(named(part))
    taxon = Taxon.objects.filter(guid=guid).select_related("current").first()
    if taxon:
        return _beneath([taxon])
    name = Name.objects.filter(guid=guid).values_list("pk", flat=True)
    return Q(name__in=list(name))


def _beneath(taxa: list[Taxon]) -> Q:
    """Want a record whose name is linked to one of these, to a synonym, or to what is below."""
    if not taxa:
        return Q(pk__in=[])
    names = Name.objects.filter(taxon__in=Taxon.objects.beneath(*taxa).values("pk"))
    ids = list(names.values_list("pk", flat=True)[: MOST_NAMES + 1])
    return Q(name__in=ids if len(ids) <= MOST_NAMES else names.values("pk"))


def named(text: str) -> list[Taxon]:
    """Return the taxa of this name, with its author if one is given, or of this common name."""
    if "*" in text:
        return []
    parsed = parsing.parse(text)
    taxa = Taxon.objects.select_related("current")
    key = canonical_key(parsed.canonical or text)
    # Merged ones too: they stand for what they were merged into.
    found = list(taxa.filter(canonical_key=key)) if key else []
    if parsed.authorship:
        asked = authorship_key(parsed.authorship)
        found = [taxon for taxon in found if taxon.authorship_key == asked] or found
    if not found:
        found = list(taxa.live().filter(vernacular_names__name__iexact=text).distinct())
    return found


def as_guid(text: str) -> UUID | None:
    """Return the GUID that a text is, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def label(text: str) -> str:
    """Return how a page calls what was asked: a GUID by its name."""
    guid = as_guid(text.strip())
    if guid is None:
        return text
    found = Taxon.objects.filter(guid=guid).first() or Name.objects.filter(guid=guid).first()
    return str(found or text)
