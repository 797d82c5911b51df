"""The tree of the thesaurus: each taxon's path, and what it has from those above it.

`rebuild` is called by whoever changed what a taxon stands under; it touches the rows below alone,
in a few statements whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from journal.jobs import Refused
from taxonomy.models import Taxon
from taxonomy.ranks import FAMILY

TAXON = Taxon._meta.db_table


def rebuild(taxon_ids: Iterable[int]) -> list[int]:
    """Renew path, current, family and kingdom of these taxa and all below; return the ids altered.

    A taxon stands below what it was merged into, or is a synonym of, or its parent. Kingdom and
    family come from above; where nothing above says them, a taxon keeps its own. Raises Refused
    when one of these taxa would stand below itself.
    """
    ids = sorted(set(taxon_ids))
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD, [_tops(cursor, ids)])
        return [pk for (pk,) in cursor.fetchall()]


_ABOVE = "COALESCE({0}.merged_into_id, {0}.accepted_id, {0}.parent_id)"

_UPWARDS = f"""
WITH RECURSIVE up AS (
    SELECT t.id AS root, {_ABOVE.format("t")} AS above, ARRAY[t.id] AS ids
    FROM {TAXON} t WHERE t.id = ANY(%s)
    UNION ALL
    SELECT up.root, {_ABOVE.format("p")}, up.ids || p.id
    FROM up JOIN {TAXON} p ON p.id = up.above WHERE p.id <> ALL(up.ids)
)
SELECT root, above, ids[2:] FROM up WHERE above IS NULL OR above = ANY(ids)
"""


def _tops(cursor: Any, ids: list[int]) -> list[int]:
    """Return those of `ids` that no other of them stands above."""
    cursor.execute(_UPWARDS, [ids])
    asked, tops = set(ids), []
    for root, turning, above in cursor.fetchall():
        if turning is not None:
            name = str(Taxon.objects.get(pk=root))
            raise Refused(_("%(taxon)s would stand below itself.") % {"taxon": name})
        if asked.isdisjoint(above):
            tops.append(root)
    return tops


_ACCEPTED = "{0}.merged_into_id IS NULL AND {0}.accepted_id IS NULL"
_KINGDOM = f"""
CASE WHEN t.rank = 'kingdom' AND {_ACCEPTED.format("t")} THEN t.scientific_name
     WHEN p.kingdom <> '' THEN p.kingdom ELSE t.kingdom END
"""
# Below genera and families nobody but they say the family; below an order a genus may do so.
_FAMILY = f"""
CASE WHEN t.rank = 'family' AND {_ACCEPTED.format("t")} THEN t.scientific_name
     WHEN p.family <> '' OR p.rank_order >= {FAMILY} THEN p.family ELSE t.family END
"""
_CURRENT = f"CASE WHEN {_ACCEPTED.format('t')} THEN t.id ELSE p.current_id END"
_VALUES = f"""
t.id, t.rank_order, COALESCE(p.path, '') || t.id::text AS path, {_CURRENT} AS current_id,
left({_KINGDOM}, 100)::varchar AS kingdom, left({_FAMILY}, 100)::varchar AS family
"""
_COLUMNS = (
    "c.id, c.scientific_name, c.rank, c.rank_order, c.kingdom, c.family, c.accepted_id, "
    "c.merged_into_id"
)
_REBUILD = f"""
WITH RECURSIVE placed AS (
    SELECT {_VALUES}
    FROM {TAXON} t LEFT JOIN {TAXON} p ON p.id = {_ABOVE.format("t")}
    WHERE t.id = ANY(%s)
    UNION ALL
    SELECT {_VALUES}
    FROM placed p CROSS JOIN LATERAL (
        SELECT {_COLUMNS} FROM {TAXON} c
        WHERE c.parent_id = p.id AND {_ACCEPTED.format("c")}
        UNION ALL
        SELECT {_COLUMNS} FROM {TAXON} c
        WHERE c.accepted_id = p.id AND c.merged_into_id IS NULL
        UNION ALL
        SELECT {_COLUMNS} FROM {TAXON} c WHERE c.merged_into_id = p.id
    ) t
)
UPDATE {TAXON} t SET path = p.path, current_id = p.current_id, kingdom = p.kingdom,
    family = p.family
FROM placed p
WHERE t.id = p.id AND (t.path, t.current_id, t.kingdom, t.family)
    IS DISTINCT FROM (p.path, p.current_id, p.kingdom, p.family)
RETURNING t.id
"""
