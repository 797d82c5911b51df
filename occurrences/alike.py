"""What a collection holds already of the gatherings that somebody offers it, for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from biocollections.models import Collection, Person
from occurrences import duplicates, likeness
from occurrences.likeness import Gathering
from occurrences.models import ClusterMember, Occurrence, Withheld
from occurrences.readers import exact_values

MOST = 2000  # records of the collection that are weighed
SURE = (likeness.EXACT, likeness.NEAR)


@dataclass(frozen=True)
class Held:
    """A record that the collection holds and that may be of the same gathering."""

    record: Occurrence
    tier: str
    evidence: list[str]
    is_linked: bool


def held(
    user: Person, collection: Collection, values: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, list[Held]]:
    """Return, by the GUID of each offered record, what the collection holds that is likely its own.

    values: {GUID: values by column}, as `user`, who edits the collection, may read them.
    """
    offered = {guid: duplicates.as_gathering(each) for guid, each in values.items()}
    found = _candidates(user, collection, list(offered.values()))
    known = [(record, duplicates.as_gathering(exact_values(record))) for record in found]
    linked = _linked(values, found)
    alike: dict[UUID, list[Held]] = {}
    for guid, gathering in offered.items():
        for record, theirs in known:
            likely = likeness.compare(gathering, theirs)
            if not likely or likely.tier not in SURE or record.guid == guid:
                continue
            said = exact_values(record)
            told = [duplicates.sentence(sign, values[guid], said) for sign in likely.signs]
            is_linked = (guid, record.guid) in linked
            alike.setdefault(guid, []).append(Held(record, likely.tier, told, is_linked))
    return alike


def _candidates(
    user: Person, collection: Collection, gatherings: Sequence[Gathering]
) -> list[Occurrence]:
    words = list(filter(None, map(_words, gatherings)))
    ids = [each.provider_id for each in gatherings if each.provider_id]
    numbers = [str(each.number.digits) for each in gatherings if each.number]
    if not words and not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "within": collection.pk,
                "words": " | ".join(words),
                "ids": ids,
                "numbers": numbers,
                "most": MOST,
            },
        )
        keys = [pk for (pk,) in cursor.fetchall()]
    own = Occurrence.objects.editable_by(user).filter(pk__in=keys)
    return list(own.defer("search_vector").select_related("collection").order_by("pk"))


# By the words anybody may read, by the provider's ID, and among the collection's own hidden ones.
_CANDIDATES = f"""
    (SELECT id FROM "{Occurrence._meta.db_table}" WHERE collection_id = %(within)s
     AND %(words)s <> '' AND search_vector @@ to_tsquery('simple', %(words)s) LIMIT %(most)s)
    UNION
    (SELECT id FROM "{Occurrence._meta.db_table}" WHERE collection_id = %(within)s
     AND occurrence_id = ANY(%(ids)s) LIMIT %(most)s)
    UNION
    (SELECT occurrence_id FROM "{Withheld._meta.db_table}" WHERE collection_id = %(within)s
     AND terms ->> 'record_number' = ANY(%(numbers)s) LIMIT %(most)s)
"""


def _words(gathering: Gathering) -> str:
    """Return a text query for one gathering's collector and number; "" where one is missing."""
    who = duplicates.words_of(gathering.collector)
    if not who or not gathering.number:
        return ""
    return f"({who} & ({duplicates.any_of(duplicates.forms(gathering.number))}))"


def _linked(offered: Iterable[UUID], found: Sequence[Occurrence]) -> set[tuple[UUID, UUID]]:
    """Return which of the offered records stand in one cluster with which of those found."""
    mates = ClusterMember.objects.filter(
        occurrence__guid__in=list(offered), cluster__members__occurrence__in=found
    )
    return set(mates.values_list("occurrence__guid", "cluster__members__occurrence__guid"))
