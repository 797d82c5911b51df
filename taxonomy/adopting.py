"""Bring names of a checklist into the thesaurus, with all they need to stand there.

A name is adopted together with its accepted name, the chain of its parents, the other synonyms of
the accepted name and their common names. What the thesaurus has already is used as it stands and
never changed: editors' decisions outlive every release.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from journal.models import ChangeSet
from taxonomy.authorship import same_author
from taxonomy.models import Taxon
from taxonomy.ranks import FAMILY, RANKS
from taxonomy.signals import taxon_changed
from taxonomy.spelling import canonical_key, variant_key

LOCK = 7102  # one number for all who write the tree

_ACCEPTED = "('accepted', 'provisionally accepted')"


def lock_thesaurus() -> None:
    """Wait until nobody else writes the tree, and keep others waiting to this transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])


def adopt(change_set: ChangeSet, usage_ids: Iterable[int]) -> dict[int, int]:
    """Bring these usages into the thesaurus; return usage id → taxon id of every one that exists.

    A live taxon of the same name, rank and kingdom is used again when its author is the same,
    however spelled, or one of the two has none, or when it came from this very entry; one that was
    merged leads to what it was merged into. New taxa carry `created_by = change_set`, and
    `taxon_changed` is sent with them. Two jobs at once wait for each other, so nothing is doubled.
    """
    asked = sorted(set(usage_ids))
    if not asked:
        return {}
    with transaction.atomic(), connection.cursor() as cursor:
        lock_thesaurus()
        _gather(cursor, asked)
        _agree_on_kingdoms(cursor)
        cursor.execute(_FIND)
        _find_under_other_spellings(cursor)
        cursor.execute(_NUMBER)
        if cursor.rowcount:
            cursor.execute("ANALYZE adopting")  # until now none was new, and all plans thought so
            _place(cursor)
            cursor.execute(_INSERT, [change_set.pk])
            cursor.execute(_INSERT_VERNACULARS)
            cursor.execute("SELECT taxon_id FROM adopting WHERE is_new")
            made = [pk for (pk,) in cursor.fetchall()]
            taxon_changed.send(sender=Taxon, taxa=made, change_set=change_set)
        cursor.execute("SELECT usage_id, taxon_id FROM adopting WHERE asked")
        return dict(cursor.fetchall())


def _gather(cursor: Any, asked: list[int]) -> None:
    """Put everything that has to come along into the temporary table `adopting`."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.adopting")
    cursor.execute(_GATHER, {"asked": asked})
    cursor.execute(
        "UPDATE adopting SET rank_order = r.rank_order "
        "FROM unnest(%s::text[], %s::int[]) AS r(rank, rank_order) WHERE adopting.rank = r.rank",
        [list(RANKS), [rank.order for rank in RANKS.values()]],
    )
    cursor.execute("CREATE INDEX ON adopting (checklist_id, source_id)")
    cursor.execute("ANALYZE adopting")


# Upwards from what was asked for through accepted names and parents, then down to the synonyms.
_GATHER = """
CREATE TEMPORARY TABLE adopting ON COMMIT DROP AS
WITH RECURSIVE
upwards AS (
    SELECT id, checklist_id, source_id, parent_source_id, accepted_source_id
    FROM taxonomy_usage WHERE id = ANY(%(asked)s)
    UNION
    SELECT u.id, u.checklist_id, u.source_id, u.parent_source_id, u.accepted_source_id
    FROM upwards
    JOIN taxonomy_usage u ON u.checklist_id = upwards.checklist_id AND u.source_id =
        COALESCE(NULLIF(upwards.accepted_source_id, ''), NULLIF(upwards.parent_source_id, ''))
),
heads AS (
    SELECT DISTINCT checklist_id, COALESCE(NULLIF(accepted_source_id, ''), source_id) AS source_id
    FROM upwards WHERE id = ANY(%(asked)s)
),
wanted AS (
    SELECT id FROM upwards
    UNION
    SELECT u.id FROM heads
    JOIN taxonomy_usage u ON u.checklist_id = heads.checklist_id
        AND u.accepted_source_id = heads.source_id AND u.accepted_source_id <> ''
)
SELECT row_number() OVER (ORDER BY u.id) AS n, u.id AS usage_id, u.id = ANY(%(asked)s) AS asked,
    u.checklist_id, c.source, u.source_id, u.parent_source_id, u.accepted_source_id,
    left(u.scientific_name, 250) AS scientific_name, left(u.authorship, 250) AS authorship,
    u.rank::text, 400 AS rank_order, u.status::text, left(u.kingdom, 100) AS kingdom,
    left(u.family, 100) AS family, left(u.nomenclatural_status, 100) AS nomenclatural_status,
    u.remarks, u.link, u.canonical_key, u.variant_key, u.authorship_key,
    NULL::bigint AS taxon_id, false AS is_new, NULL::bigint AS above, NULL::bigint AS current_id,
    NULL::ltree AS path
FROM wanted JOIN taxonomy_usage u USING (id) JOIN taxonomy_checklist c ON c.id = u.checklist_id
"""


def _agree_on_kingdoms(cursor: Any) -> None:
    """Spell each kingdom as the thesaurus does, and see that each is there to hang names under."""
    cursor.execute(
        "UPDATE adopting SET kingdom = left(scientific_name, 100) "
        f"WHERE rank = 'kingdom' AND status IN {_ACCEPTED}"
    )
    cursor.execute("SELECT DISTINCT kingdom FROM adopting WHERE kingdom <> '' ORDER BY kingdom")
    stated = [kingdom for (kingdom,) in cursor.fetchall()]
    keys = {kingdom: canonical_key(kingdom) for kingdom in stated}
    spelled = {key: kingdom for kingdom, key in reversed(keys.items())}
    cursor.execute(
        "SELECT t.canonical_key, COALESCE(a.kingdom, t.scientific_name) FROM taxonomy_taxon t "
        "LEFT JOIN taxonomy_taxon a ON a.id = t.current_id AND a.id <> t.id "
        "WHERE t.rank = 'kingdom' AND t.merged_into_id IS NULL AND t.canonical_key = ANY(%s)",
        [list(spelled)],
    )
    spelled.update(cursor.fetchall())
    ours = [spelled[key] for key in keys.values()]
    cursor.execute(
        "UPDATE adopting SET kingdom = k.ours "
        "FROM unnest(%s::text[], %s::text[]) AS k(theirs, ours) "
        "WHERE kingdom = k.theirs AND k.theirs <> k.ours",
        [stated, ours],
    )
    named = sorted({kingdom for kingdom in ours if kingdom})
    new_keys = [canonical_key(kingdom) for kingdom in named]
    cursor.execute(_IMPLY_KINGDOMS, [named, new_keys, list(map(variant_key, new_keys))])


# A kingdom that is only stated on the names below it becomes an entry of its own.
_IMPLY_KINGDOMS = f"""
INSERT INTO adopting
SELECT (SELECT max(n) FROM adopting) + row_number() OVER (ORDER BY k.name), NULL, false, 0, '', '',
    '', '', k.name, '', 'kingdom', {RANKS["kingdom"].order}, 'accepted', k.name, '', '', '', '',
    k.key, k.variant, '', NULL, false, NULL, NULL, NULL
FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(name, key, variant)
WHERE NOT EXISTS (
    SELECT FROM adopting a WHERE a.rank = 'kingdom' AND a.canonical_key = k.key
) AND EXISTS (
    SELECT FROM adopting a WHERE a.kingdom = k.name AND a.parent_source_id = ''
    AND a.accepted_source_id = '' AND a.rank_order > {RANKS["kingdom"].order}
)
"""

_FIND = """
UPDATE adopting SET taxon_id = found.taxon_id FROM (
    SELECT DISTINCT ON (n) n, taxon_id FROM (
        SELECT a.n, t.id,
            CASE WHEN t.merged_into_id IS NULL THEN t.id
                 WHEN m.merged_into_id IS NULL THEN m.id ELSE t.current_id END AS taxon_id,
            t.merged_into_id IS NULL AS live,
            a.source <> '' AND t.source = a.source AND t.source_id = a.source_id
                AND a.source_id <> '' AS same_entry,
            t.authorship_key = a.authorship_key OR a.rank = 'kingdom' AS same_author,
            '' IN (t.authorship_key, a.authorship_key)
                AND 'misapplied' NOT IN (t.status, a.status) AS may_be_same,
            count(*) OVER (PARTITION BY a.n) AS rivals
        FROM adopting a
        JOIN taxonomy_taxon t ON t.variant_key = a.variant_key -- has the index
            AND t.canonical_key = a.canonical_key AND t.rank = a.rank
            AND (t.kingdom = a.kingdom OR a.rank = 'kingdom')
        LEFT JOIN taxonomy_taxon m ON m.id = t.merged_into_id
    ) AS candidates
    WHERE same_entry OR same_author OR (may_be_same AND rivals = 1)
    ORDER BY n, same_entry DESC, same_author DESC, live DESC, id
) AS found WHERE found.n = adopting.n
"""

_SAME_NAME = """
SELECT a.n, a.authorship, t.id, t.authorship FROM adopting a
JOIN taxonomy_taxon t ON t.variant_key = a.variant_key AND t.canonical_key = a.canonical_key
    AND t.rank = a.rank AND t.kingdom = a.kingdom AND t.merged_into_id IS NULL
WHERE a.taxon_id IS NULL AND 'misapplied' NOT IN (t.status, a.status)
"""


def _find_under_other_spellings(cursor: Any) -> None:
    """Use a taxon again whose author is the same person in other words: "L." is Linnaeus."""
    cursor.execute(_SAME_NAME)
    fitting: dict[int, list[int]] = {}
    for n, authorship, taxon_id, its_authorship in cursor.fetchall():
        if same_author(authorship, its_authorship):
            fitting.setdefault(n, []).append(taxon_id)
    alone = {n: taxa[0] for n, taxa in fitting.items() if len(taxa) == 1}
    cursor.execute(
        "UPDATE adopting SET taxon_id = f.taxon_id "
        "FROM unnest(%s::bigint[], %s::bigint[]) AS f(n, taxon_id) WHERE f.n = adopting.n",
        [list(alone), list(alone.values())],
    )


# Of twins in the checklist the accepted one is taken, else the one asked for; the rest join it.
_NUMBER = f"""
WITH twins AS (
    SELECT canonical_key, CASE WHEN rank = 'kingdom' THEN '' ELSE authorship_key END AS author,
        rank, kingdom, nextval(pg_get_serial_sequence('taxonomy_taxon', 'id')) AS taxon_id,
        (array_agg(n ORDER BY status IN {_ACCEPTED} DESC, asked DESC, n))[1] AS chosen
    FROM adopting WHERE taxon_id IS NULL GROUP BY 1, 2, 3, 4
)
UPDATE adopting a SET taxon_id = t.taxon_id, is_new = a.n = t.chosen
FROM twins t
WHERE a.taxon_id IS NULL AND a.canonical_key = t.canonical_key AND a.rank = t.rank
    AND a.kingdom = t.kingdom
    AND t.author = CASE WHEN a.rank = 'kingdom' THEN '' ELSE a.authorship_key END
"""


def _place(cursor: Any) -> None:
    """Find for each new taxon what stands above it, its path, its family and its accepted taxon."""
    cursor.execute(_LOOK_UP)
    cursor.execute("CREATE INDEX ON adopting (taxon_id) WHERE is_new")
    cursor.execute("CREATE INDEX ON adopting (above) WHERE is_new")
    cursor.execute("ANALYZE adopting")
    cursor.execute(_WALK_DOWN)
    # What is left goes round in a circle, which twins of a checklist may do: let it be a root.
    cursor.execute(
        "UPDATE adopting SET above = NULL, status = 'provisionally accepted' "
        "WHERE is_new AND path IS NULL"
    )
    if cursor.rowcount:
        cursor.execute(_WALK_DOWN)


_LOOK_UP = f"""
UPDATE adopting a SET
    above = up.taxon_id,
    status = CASE WHEN a.accepted_source_id = '' AND a.status NOT IN {_ACCEPTED}
                       OR a.accepted_source_id <> '' AND up.taxon_id IS NULL
                  THEN 'provisionally accepted' ELSE a.status END
FROM (
    SELECT b.n, NULLIF(COALESCE(t.current_id, u.taxon_id, kt.current_id, k.taxon_id), b.taxon_id)
        AS taxon_id
    FROM adopting b
    LEFT JOIN adopting u ON u.checklist_id = b.checklist_id
        AND u.source_id = COALESCE(NULLIF(b.accepted_source_id, ''), b.parent_source_id)
        AND u.source_id <> ''
    LEFT JOIN taxonomy_taxon t ON t.id = u.taxon_id AND NOT u.is_new
    LEFT JOIN adopting k ON b.accepted_source_id = '' AND u.n IS NULL AND k.rank = 'kingdom'
        AND k.kingdom = b.kingdom AND k.status IN {_ACCEPTED} AND k.kingdom <> ''
        AND b.rank_order > k.rank_order
    LEFT JOIN taxonomy_taxon kt ON kt.id = k.taxon_id AND NOT k.is_new
    WHERE b.is_new
) AS up WHERE up.n = a.n
"""

_WALK_DOWN = f"""
WITH RECURSIVE placed AS (
    SELECT a.n, a.taxon_id, a.status IN {_ACCEPTED} AS accepted,
        CASE WHEN a.status IN {_ACCEPTED} THEN a.taxon_id ELSE t.id END AS current_id,
        COALESCE(t.path, '') || a.taxon_id::text AS path,
        CASE WHEN a.rank = 'family' AND a.status IN {_ACCEPTED} THEN left(a.scientific_name, 100)
             WHEN t.family <> '' THEN t.family
             WHEN a.rank_order > {FAMILY} THEN a.family ELSE '' END AS family
    FROM adopting a LEFT JOIN taxonomy_taxon t ON t.id = a.above
    WHERE a.is_new AND a.path IS NULL AND NOT EXISTS (
        SELECT FROM adopting u WHERE u.taxon_id = a.above AND u.is_new AND u.path IS NULL
    )
    UNION ALL
    SELECT a.n, a.taxon_id, a.status IN {_ACCEPTED},
        CASE WHEN a.status IN {_ACCEPTED} THEN a.taxon_id ELSE p.current_id END,
        p.path || a.taxon_id::text,
        CASE WHEN a.rank = 'family' AND a.status IN {_ACCEPTED} THEN left(a.scientific_name, 100)
             WHEN p.family <> '' THEN p.family
             WHEN a.rank_order > {FAMILY} THEN a.family ELSE '' END
    FROM placed p JOIN adopting a ON a.above = p.taxon_id AND a.is_new
    WHERE p.accepted
)
UPDATE adopting a SET path = p.path, family = p.family, current_id = p.current_id
FROM placed p WHERE p.n = a.n
"""

# The GUID is a UUID version 7, as `journal.guids.new_guid` makes it.
_INSERT = f"""
INSERT INTO taxonomy_taxon (id, guid, scientific_name, authorship, rank, rank_order, kingdom,
    family, parent_id, accepted_id, current_id, path, status, nomenclatural_status,
    unacceptability_reason,
    remarks, links, source, source_id, canonical_key, variant_key, authorship_key, version,
    created_by_id, created_at, changed_at)
SELECT taxon_id,
    encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    scientific_name, authorship, rank, rank_order, kingdom, family,
    CASE WHEN status IN {_ACCEPTED} THEN above END,
    CASE WHEN status NOT IN {_ACCEPTED} THEN above END,
    current_id, path, status, nomenclatural_status, '', remarks,
    CASE WHEN link ~ '^https?://' THEN jsonb_build_array(jsonb_build_object(
        'title', source, 'url', link)) ELSE '[]'::jsonb END,
    source, left(source_id, 250), canonical_key, variant_key, authorship_key, 1, %s, now(), now()
FROM adopting WHERE is_new ORDER BY nlevel(path), n
"""

# Common names of a synonym stand with its accepted taxon.
_INSERT_VERNACULARS = """
INSERT INTO taxonomy_vernacularname (taxon_id, name, language, source, position)
SELECT a.current_id, left(v.name, 250), left(v.language, 50), a.source,
    row_number() OVER (PARTITION BY a.current_id ORDER BY v.id) - 1
FROM adopting a
JOIN adopting head ON head.taxon_id = a.current_id AND head.is_new
JOIN taxonomy_usagevernacular v
    ON v.checklist_id = a.checklist_id AND v.source_id = a.source_id
WHERE a.is_new AND v.name <> ''
ON CONFLICT DO NOTHING
"""
