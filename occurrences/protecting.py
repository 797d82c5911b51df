"""Adding and removing protection rules, and bringing records in line with them.

A rule decides for every write from its commit on. What stands already is brought in line by a job;
until it is through, outsiders don't see open records of the names it covers (`PendingName`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from journal import jobs
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import Job
from occurrences import records
from occurrences.models import (
    Occurrence,
    PendingName,
    Protection,
    ProtectionList,
    ProtectionRule,
    Withheld,
)
from occurrences.ruling import covering, hold_rules
from taxonomy.models import Name, Taxon
from taxonomy.signals import names_linked, taxon_changed

CHUNK = 1000


def add_rule(
    keeper: Any,
    into: ProtectionList,
    taxon: Taxon,
    *,
    level: int = Protection.PLACE,
    cultivated_too: bool = False,
    reason: str = "",
) -> ProtectionRule:
    """Protect `taxon` where the list holds, from now on, and queue the job for what stands.

    Raises Refused when the list protects it already.
    """
    with transaction.atomic():
        hold_rules(alone=True)
        if into.rules.filter(taxon=taxon, state__in=ProtectionRule.DECIDING).exists():
            raise Refused(
                _("%(taxon)s is on the list “%(list)s” already.") % {"taxon": taxon, "list": into}
            )
        rule = ProtectionRule.objects.create(
            list=into,
            taxon=taxon,
            level=level,
            cultivated_too=cultivated_too,
            reason=reason,
            added_by=keeper,
        )
        _hide_until_done(rule, [name.pk for name, _rule in _covered_names([rule.pk])])
        jobs.start("apply protection rule", rule.guid, keeper)
    return rule


def end_rule(keeper: Any, rule: ProtectionRule) -> None:
    """Take a rule back: what only it withheld comes to stand as it was. Raises Refused if ended."""
    with transaction.atomic():
        hold_rules(alone=True)
        ended = ProtectionRule.objects.filter(pk=rule.pk, state__in=ProtectionRule.DECIDING)
        if not ended.update(
            state=ProtectionRule.State.ENDING, ended_by=keeper, ended_at=timezone.now()
        ):
            raise Refused(_("This rule has been removed already."))
        jobs.start("apply protection rule", rule.guid, keeper)


def resume(keeper: Any, rule: ProtectionRule) -> None:
    """Queue the job of a rule that isn't through with its records."""
    if rule.state in (ProtectionRule.State.PENDING, ProtectionRule.State.ENDING):
        jobs.start("apply protection rule", rule.guid, keeper)


def names_changed(name_ids: Iterable[int]) -> None:
    """See to the protection of records whose names were linked, unlinked or re-pointed.

    Open records of names that a rule covers now are out of sight at once; a job does the rest.
    """
    hold_rules()  # before asking whether there are any: one may be about to come
    if not _deciding_ids():
        return
    ids = list(name_ids)
    covered = {name.pk for name, _rule in _covered_names(_deciding_ids(), within=ids)}
    PendingName.objects.bulk_create(
        [PendingName(name_id=pk) for pk in sorted(covered)], ignore_conflicts=True
    )
    protected = Withheld.objects.exclude(rules=[]).filter(occurrence__name__in=ids)
    if covered or protected.exists():
        _review_soon()


@receiver(names_linked, dispatch_uid="protecting")
def _names_were_linked(names: list[int], **_signal: Any) -> None:
    names_changed(names)


@receiver(taxon_changed, dispatch_uid="protecting")
def _taxa_changed(taxa: list[int], change_set: Any = None, **_signal: Any) -> None:
    """See to names linked to these taxa, and to all that read like one that is protected now."""
    hold_rules()
    if not _deciding_ids():
        return
    moved = Taxon.objects.filter(pk__in=taxa).select_related("current")
    if ruled := _rules_above(taxa):
        names_changed(name.pk for name, _rule in _covered_names(ruled))
    elif taxa and change_set and not moved.exclude(created_by=change_set).exists():
        return  # all of them new and none protected: nothing is to be hidden
    beneath = Taxon.objects.beneath(*moved).values("pk")
    names_changed(Name.objects.filter(taxon__in=beneath).values_list("pk", flat=True))
    _review_soon()


def _rules_above(taxa: Sequence[int]) -> list[int]:
    """Return the ids of the deciding rules that cover one of these taxa."""
    with connection.cursor() as cursor:
        cursor.execute(_RULES_ABOVE, [list(ProtectionRule.DECIDING), list(taxa)])
        return [pk for (pk,) in cursor.fetchall()]


_RULES_ABOVE = """
SELECT r.id FROM occurrences_protectionrule r JOIN taxonomy_taxon t ON t.id = r.taxon_id
JOIN taxonomy_taxon c ON c.id = coalesce(t.current_id, t.id)
WHERE r.state = ANY(%s)
    AND EXISTS (SELECT 1 FROM taxonomy_taxon m WHERE m.id = ANY(%s) AND m.path <@ c.path)
"""


def _review_soon() -> None:
    """Queue a review that sees what this transaction does; it holds the rules already.

    One that runs may have looked past it, so another follows that one.
    """
    running = Job.objects.filter(kind="review protection", state=Job.State.RUNNING)
    last = running.order_by("-pk").first()
    jobs.start("review protection", f"after {last.guid}" if last else "names", None)


def affected(taxon: Taxon) -> QuerySet[Occurrence]:
    """Return the records of names linked to `taxon` or below it, for a count beforehand."""
    beneath = Taxon.objects.beneath(taxon).values("pk")
    return Occurrence.objects.filter(name__taxon__in=beneath)


@work("apply protection rule")
def apply_rule(progress: Progress) -> dict[str, Any]:
    """Bring the records in line with the rule whose GUID is the job's key."""
    rule = ProtectionRule.objects.get(guid=progress.job.key)
    changed = 0
    if rule.state == ProtectionRule.State.PENDING:
        names = PendingName.objects.filter(rule=rule).values("name")
        changed = _reprotect(Occurrence.objects.filter(name__in=names), progress)
    ending = rule.state == ProtectionRule.State.ENDING
    if ending:
        kept = Withheld.objects.filter(rules__contains=[rule.pk]).values("occurrence")
        changed = _reprotect(Occurrence.objects.filter(pk__in=kept), progress)
    with transaction.atomic():
        PendingName.objects.filter(rule=rule).delete()
        rules = ProtectionRule.objects.filter(pk=rule.pk, state=rule.state)
        end = ProtectionRule.State.ENDED if ending else ProtectionRule.State.ACTIVE
        rules.exclude(state__in=("active", "ended")).update(state=end)
    return {"records": changed}


@work("review protection")
def review(progress: Progress) -> dict[str, Any]:
    """Look at every record that a rule covers or that stands protected by one."""
    with transaction.atomic():
        hold_rules(alone=True)  # so that all who were writing or linking have committed
    seen = list(PendingName.objects.filter(rule=None).values_list("pk", flat=True))
    names = {name.pk for name, _rule in _covered_names(_deciding_ids())}
    by_rule = Withheld.objects.exclude(rules=[]).values("occurrence")
    affected = Occurrence.objects.filter(Q(name__in=names) | Q(pk__in=by_rule))
    changed = _reprotect(affected, progress)
    PendingName.objects.filter(pk__in=seen).delete()
    return {"records": changed}


def astray(most: int = 100) -> list[UUID]:
    """Return GUIDs (at most `most`) of records that rules protect otherwise than they stand."""
    names = {name.pk for name, _rule in _covered_names(_deciding_ids())}
    by_rule = Withheld.objects.exclude(rules=[]).values("occurrence")
    found: list[UUID] = []
    for guids in _chunks(Occurrence.objects.filter(Q(name__in=names) | Q(pk__in=by_rule))):
        with transaction.atomic():
            found += records.reprotect(guids, only_look=True)
        if len(found) >= most:
            break
    return found[:most]


def _reprotect(affected: QuerySet[Occurrence], progress: Progress) -> int:
    """Bring these records in line, one collection after the other, in chunks that commit."""
    total, done, changed = affected.count(), 0, 0
    within = sorted(set(affected.values_list("collection_id", flat=True)))
    for collection_id in within:
        with collection_lock(collection_id):
            for guids in _chunks(affected.filter(collection_id=collection_id)):
                changed += len(records.reprotect(guids))
                done += len(guids)
                progress.report(min(done, total), total, _("Protecting records"))
    return changed


def _chunks(affected: QuerySet[Occurrence]) -> Iterator[list[UUID]]:
    """Yield GUIDs by the thousand, in order of id; rows may leave the set meanwhile."""
    last = 0
    while True:
        rows = list(affected.filter(pk__gt=last).order_by("pk").values_list("pk", "guid")[:CHUNK])
        if not rows:
            return
        last = rows[-1][0]
        yield [guid for _pk, guid in rows]


def _hide_until_done(rule: ProtectionRule, name_ids: Sequence[int]) -> None:
    PendingName.objects.bulk_create(
        [PendingName(rule=rule, name_id=pk) for pk in sorted(set(name_ids))],
        ignore_conflicts=True,
    )


def _deciding_ids() -> list[int]:
    rules = ProtectionRule.objects.filter(state__in=ProtectionRule.DECIDING)
    return list(rules.values_list("pk", flat=True))


def _covered_names(rule_ids: list[int], within: list[int] | None = None) -> list[tuple[Name, int]]:
    """Return the names (all, or those of `within`) that one of the rules covers, with the rule."""
    if not rule_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LIKELY, [rule_ids, *[within] * 4])
        likely = [pk for (pk,) in cursor.fetchall()]
    names = list(Name.objects.filter(pk__in=likely).only(*_KEY))
    keys = [(name.scientific_name, name.authorship, name.context) for name in names]
    return [(names[at], rule_id) for at, rule_id in covering(keys, rule_ids)]


_KEY = ("scientific_name", "authorship", "context")

# Names that may be covered, by what an index or one pass tells; `covering` looks closer. Any word
# may begin a protected name, or be its epithet; what isn't plain letters is always looked at.
_LIKELY = """
WITH rule AS MATERIALIZED (
    SELECT c.path FROM occurrences_protectionrule r
    JOIN taxonomy_taxon t ON t.id = r.taxon_id
    JOIN taxonomy_taxon c ON c.id = coalesce(t.current_id, t.id)
    WHERE r.id = ANY(%s)
), protected AS MATERIALIZED (
    SELECT t.id, t.guid::text AS guid, string_to_array(t.canonical_key, ' ') AS words
    FROM rule JOIN taxonomy_taxon t ON t.path <@ rule.path
), sought AS MATERIALIZED (
    SELECT array_agg(DISTINCT left(words[1], 3)) AS starts,
        array_agg(DISTINCT words[2]) FILTER (WHERE words[2] IS NOT NULL) AS epithets
    FROM protected
), unlinked AS MATERIALIZED (
    SELECT id, scientific_name, candidates, regexp_replace(
        regexp_replace(portal_fold(scientific_name), '[''-]', '', 'g'), '[^a-z]+', ' ', 'g'
    ) AS words
    FROM taxonomy_name
    WHERE (
        taxon_id IS NULL OR taxon_id IN (  -- a taxon above says no more than its records do
            SELECT t.id FROM rule JOIN taxonomy_taxon t ON t.path @> rule.path
        )
    ) AND (%s::bigint[] IS NULL OR id = ANY(%s))
)
SELECT n.id FROM taxonomy_name n
WHERE n.taxon_id IN (SELECT id FROM protected) AND (%s::bigint[] IS NULL OR n.id = ANY(%s))
UNION
SELECT n.id FROM unlinked n, sought
WHERE string_to_array(regexp_replace(n.words, '([a-z]{1,3})[a-z]*', '\\1', 'g'), ' ')
        && sought.starts
    OR string_to_array(n.words, ' ') && sought.epithets
    OR n.scientific_name ~ '[^ -~]|&[#a-zA-Z0-9]+;| [xX] ?|^[^a-zA-Z]*[xX] ?[a-zA-Z]'
    OR EXISTS (SELECT 1 FROM jsonb_array_elements(n.candidates) c
               WHERE c->>'taxon' IN (SELECT guid FROM protected))
"""
