"""What a new release of a checklist would change, seen before it is put in use.

Two questions: how it differs from the release in use (new, changed, moved, gone), and what it says
of the thesaurus' own taxa that came from this source (another accepted name, another author, gone).
Nothing is changed here: people decide.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal import jobs
from journal.jobs import Progress, Refused, work
from journal.models import Job
from taxonomy.checklist_linking import IMPLIED
from taxonomy.checklists import current
from taxonomy.models import Checklist

JOB = "compare release"
MOST_ROWS = 500  # of each kind are kept to be shown; the counts are of all

KINDS = {
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "moved": gettext_lazy("moved"),
    "gone": gettext_lazy("gone"),
}
EFFECTS = {
    "synonym": gettext_lazy("is now a synonym"),
    "accepted": gettext_lazy("is now accepted"),
    "other accepted name": gettext_lazy("has another accepted name"),
    "moved": gettext_lazy("stands under another parent"),
    "renamed": gettext_lazy("has another name or rank"),
    "other author": gettext_lazy("has another author"),
    "gone": gettext_lazy("is gone"),
}


@work(JOB)
def compare_job(progress: Progress) -> dict[str, Any]:
    """Compare the release whose GUID is the job's key with the one in use."""
    return compare(Checklist.objects.get(guid=progress.job.key), progress)


def start(checklist: Checklist, user: Any) -> Job:
    """Have a worker compare a release; the page shows its result."""
    return jobs.start(JOB, checklist.guid, user)


def last_comparison(checklist: Checklist) -> Job | None:
    """Return the latest job that compared this release, finished or not."""
    return Job.objects.filter(kind=JOB, key=str(checklist.guid)).order_by("-pk").first()


def compare(checklist: Checklist, progress: Progress | None = None) -> dict[str, Any]:
    """Return the difference with the release in use, and what it means for our taxa.

    {"against": guid of the release in use or None, "counts": {kind: number},
    "rows": {kind: [{"id", "before", "after"}]}, "effects": {effect: number},
    "taxa": [{"taxon": guid, "name", "effect", "now", "names"}]}
    """
    if checklist.state == Checklist.State.LOADING:
        raise Refused(_("This checklist is still being loaded."))
    before = current(checklist.source)
    keys: dict[str, Any] = {
        "new": checklist.pk,
        "old": before.pk if before else 0,
        "implied": IMPLIED,
    }
    result: dict[str, Any] = {"against": str(before.guid) if before else None}
    if progress:
        progress.report(0, 2, _("Comparing the names"))
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCE, keys)
        found = cursor.fetchall()
    result["counts"] = dict.fromkeys(KINDS, 0) | {kind: n for kind, n, _rows in found}
    result["rows"] = {kind: json.loads(rows) for kind, _n, rows in found}
    if progress:
        progress.report(1, 2, _("Comparing the taxa of the thesaurus"))
    result["taxa"] = effects(checklist)
    counted: dict[str, int] = {}
    for row in result["taxa"]:
        counted[row["effect"]] = counted.get(row["effect"], 0) + 1
    result["effects"] = counted
    result["taxa"] = result["taxa"][: 4 * MOST_ROWS]
    return result


def effects(checklist: Checklist) -> list[dict[str, Any]]:
    """Return where this release speaks otherwise of taxa that came from its source.

    Taxa with linked names come first. "now" is what the release says instead.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EFFECTS, {"checklist": checklist.pk, "source": checklist.source})
        columns = ("taxon", "name", "effect", "now", "names")
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


_LABEL = "btrim({0}.scientific_name || ' ' || {0}.authorship)"
_PLACED = f"""
SELECT u.*, {_LABEL.format("u")} AS label,
    CASE WHEN u.accepted_source_id <> '' THEN 'synonym' ELSE 'accepted' END AS kind,
    COALESCE(a.scientific_name, p.scientific_name, '') AS above
FROM taxonomy_usage u
LEFT JOIN taxonomy_usage a ON a.checklist_id = u.checklist_id
    AND a.source_id = u.accepted_source_id AND u.accepted_source_id <> ''
LEFT JOIN taxonomy_usage p ON p.checklist_id = u.checklist_id
    AND p.source_id = u.parent_source_id AND u.parent_source_id <> ''
"""

# Names that a file only implies have no identifier of their own and are left out.
_DIFFERENCE = f"""
WITH pairs AS (
    SELECT source_id, n.id AS new_id, o.id AS old_id,
        CASE WHEN o.id IS NULL THEN 'new' WHEN n.id IS NULL THEN 'gone'
             WHEN (n.parent_source_id, n.accepted_source_id, n.status)
                 <> (o.parent_source_id, o.accepted_source_id, o.status) THEN 'moved'
             WHEN (n.scientific_name, n.authorship, n.rank, n.kingdom, n.family,
                   n.nomenclatural_status)
                 <> (o.scientific_name, o.authorship, o.rank, o.kingdom, o.family,
                   o.nomenclatural_status) THEN 'changed' END AS kind
    FROM (SELECT * FROM taxonomy_usage WHERE checklist_id = %(new)s) n
    FULL JOIN (SELECT * FROM taxonomy_usage WHERE checklist_id = %(old)s) o USING (source_id)
    WHERE NOT starts_with(source_id, %(implied)s)
), numbered AS (
    SELECT *, count(*) OVER (PARTITION BY kind) AS total,
        row_number() OVER (PARTITION BY kind ORDER BY COALESCE(new_id, old_id)) AS place
    FROM pairs WHERE kind IS NOT NULL
), shown AS (
    SELECT c.kind, c.total, c.place, c.source_id, o.label AS before, o.rank AS before_rank,
        o.kind AS before_kind, o.above AS before_above, o.family AS before_family,
        n.label AS after, n.rank AS after_rank, n.kind AS after_kind, n.above AS after_above,
        n.family AS after_family
    FROM numbered c
    LEFT JOIN LATERAL ({_PLACED} WHERE u.id = c.old_id) o ON true
    LEFT JOIN LATERAL ({_PLACED} WHERE u.id = c.new_id) n ON true
    WHERE c.place <= {MOST_ROWS}
)
SELECT kind, max(total), jsonb_agg(jsonb_build_object('id', source_id,
    'before', CASE WHEN before IS NOT NULL THEN jsonb_build_object('name', before,
        'rank', before_rank, 'kind', before_kind, 'above', before_above,
        'family', before_family) END,
    'after', CASE WHEN after IS NOT NULL THEN jsonb_build_object('name', after,
        'rank', after_rank, 'kind', after_kind, 'above', after_above,
        'family', after_family) END) ORDER BY place)
FROM shown GROUP BY kind
"""

_EFFECTS = f"""
WITH said AS (
    SELECT t.guid::text, {_LABEL.format("t")} AS name,
        CASE WHEN u.id IS NULL THEN 'gone'
             WHEN u.canonical_key <> t.canonical_key OR u.rank <> t.rank THEN 'renamed'
             WHEN t.accepted_id IS NULL AND u.accepted_source_id <> '' THEN 'synonym'
             WHEN t.accepted_id IS NOT NULL AND u.accepted_source_id = '' THEN 'accepted'
             WHEN t.accepted_id IS NOT NULL AND a.canonical_key <> ta.canonical_key
                 THEN 'other accepted name'
             WHEN u.authorship_key <> t.authorship_key THEN 'other author'
             WHEN t.accepted_id IS NULL AND p.canonical_key <> tp.canonical_key THEN 'moved' END
            AS effect,
        CASE WHEN u.id IS NULL THEN ''
             WHEN u.canonical_key <> t.canonical_key OR u.rank <> t.rank
                 THEN {_LABEL.format("u")} || ', ' || u.rank
             WHEN u.accepted_source_id <> '' THEN {_LABEL.format("a")}
             WHEN u.authorship_key <> t.authorship_key THEN {_LABEL.format("u")}
             ELSE COALESCE({_LABEL.format("p")}, '') END AS now,
        (SELECT count(*) FROM taxonomy_name n WHERE n.taxon_id = t.id) AS names
    FROM taxonomy_taxon t
    LEFT JOIN taxonomy_taxon ta ON ta.id = t.accepted_id
    LEFT JOIN taxonomy_taxon tp ON tp.id = t.parent_id
    LEFT JOIN taxonomy_usage u ON u.checklist_id = %(checklist)s AND u.source_id = t.source_id
    LEFT JOIN taxonomy_usage a ON a.checklist_id = u.checklist_id
        AND a.source_id = u.accepted_source_id AND u.accepted_source_id <> ''
    LEFT JOIN taxonomy_usage p ON p.checklist_id = u.checklist_id
        AND p.source_id = u.parent_source_id AND u.parent_source_id <> ''
    WHERE t.source = %(source)s AND t.source_id <> '' AND t.merged_into_id IS NULL
)
SELECT * FROM said WHERE effect IS NOT NULL ORDER BY names DESC, effect, name
"""
