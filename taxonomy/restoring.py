"""Taking back what a change set did to taxa.

First what was deleted comes back and what was changed is set back, for names point to taxa; last,
when nothing points to them any more, what was made goes. A taxon keeps its id through all of it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal import undo
from journal.jobs import Refused
from journal.models import Change
from taxonomy import ranks, signals
from taxonomy.adopting import lock_thesaurus
from taxonomy.models import Proposal, Taxon, VernacularName
from taxonomy.spelling import authorship_key, canonical_key, variant_key
from taxonomy.thesaurus import (
    KIND,
    POINTERS,
    TEXTS,
    Told,
    note,
    note_deleted,
    rebuild,
    told,
    twin_of,
)

CHUNK = 2000
# They follow from what stands above: set back with it, and no conflict by themselves.
_FOLLOWING = {"kingdom", "family"}


def restore_taxa(undoing: undo.Undoing) -> None:
    """Bring deleted taxa back and set changed ones back, where they still hold what was left."""
    changes = Change.objects.filter(change_set=undoing.change_set, kind=KIND).order_by("pk")
    nets: dict[UUID, tuple[Told | None, Told | None]] = {}
    for change in changes:
        before, after = change.before, change.after
        if change.row_guid in nets:
            earlier, later = nets[change.row_guid]
            before = earlier if earlier is None else {**(change.before or {}), **earlier}
            after = None if change.after is None else {**(later or {}), **change.after}
        nets[change.row_guid] = (before, after)
    if not nets:
        return
    try:
        with transaction.atomic():
            lock_thesaurus()
            gone = {guid: net[0] for guid, net in nets.items() if net[0] and net[1] is None}
            _bring_back(undoing, gone)
            altered = {guid: net for guid, net in nets.items() if net[0] and net[1]}
            _set_back(undoing, altered)  # type: ignore[arg-type]
            undoing.keep()
    except IntegrityError as error:
        raise twin_of(error) from error
    undoing.report()


def remove_made(undoing: undo.Undoing) -> None:
    """Remove the taxa that the change set made, but for those that something hangs on."""
    back = Change.objects.filter(
        change_set=undoing.change_set, kind=KIND, before__isnull=True, after__isnull=False
    )
    made = Taxon.objects.filter(
        Q(created_by=undoing.change_set) | Q(guid__in=back.values("row_guid"))
    )
    with transaction.atomic():
        lock_thesaurus()
        guids = dict(made.values_list("pk", "guid"))
        if not guids:
            return
        kept = _kept(set(guids))
        for pk in sorted(kept):
            undoing.conflict(guids[pk], ["used"])
        going = sorted(guids.keys() - kept)
        for start in range(0, len(going), CHUNK):
            note_deleted(undoing.undo, going[start : start + CHUNK])
        VernacularName.objects.filter(taxon__in=going).delete()
        Proposal.objects.filter(taxon__in=going).update(taxon=None)
        # Their pointers to each other are looked at when the transaction ends.
        Taxon.objects.filter(pk__in=going)._raw_delete("default")
        undoing.counts["removed"] += len(going)
        undoing.keep()
        signals.taxon_changed.send(sender=Taxon, taxa=[], change_set=undoing.undo)
    undoing.report()


undo.register(KIND, restore_taxa, first=True)
undo.register("taxon made", remove_made, last=True)


def _kept(made: set[int]) -> set[int]:
    """Return those of `made` that must stay: something outside points to them, or to one below."""
    kept = _edited(Taxon.objects.filter(pk__in=made, version__gt=1))
    own = {Taxon: ("parent", "accepted", "merged_into", "current")}
    for relation in Taxon._meta.get_fields(include_hidden=True):
        if (
            not isinstance(relation, models.ManyToOneRel)
            or relation.on_delete is not models.PROTECT
        ):
            continue
        model: Any = relation.related_model
        field = relation.field.name
        rows = model._base_manager.filter(**{f"{field}__in": made})
        if model in own:
            rows = rows.exclude(pk__in=made)
        kept |= set(rows.values_list(f"{field}_id", flat=True))
    pointers = [f"{pointer}_id" for pointer in own[Taxon]]
    above = {
        pk: keys for pk, *keys in Taxon.objects.filter(pk__in=made).values_list("pk", *pointers)
    }
    waiting = list(kept)
    while waiting:
        further = made & {key for key in above[waiting.pop()] if key} - kept
        kept |= further
        waiting += further
    return kept


def _edited(taxa: models.QuerySet[Taxon]) -> set[int]:
    """Return the ids of those that say something else than when they were made."""
    pks = dict(taxa.values_list("guid", "pk"))
    now = told(pks.values())
    first: dict[UUID, Told] = {}
    changes = Change.objects.filter(row_guid__in=pks, kind=KIND, before__isnull=False)
    for change in changes.order_by("pk"):
        for name, value in (change.before or {}).items():
            first.setdefault(change.row_guid, {}).setdefault(name, value)
    return {
        pks[guid]
        for guid, values in first.items()
        for name, value in values.items()
        if name not in _FOLLOWING and now[pks[guid]].get(name, value) != value
    }


def _bring_back(undoing: undo.Undoing, gone: dict[UUID, Told]) -> None:
    standing = set(Taxon.objects.filter(guid__in=gone).values_list("guid", flat=True))
    coming = {guid: values for guid, values in gone.items() if guid not in standing}
    if not coming:
        return
    ids = _ids(value for values in coming.values() for value in map(values.get, POINTERS))
    ids |= {str(guid): values["id"] for guid, values in coming.items()}
    taxa, names = [], []
    for guid, values in coming.items():
        lacking = [p for p in POINTERS if values[p] and values[p] not in ids]
        if lacking:
            undoing.conflict(guid, lacking)
            continue
        taxa.append(_taxon(guid, values, ids))
        names += [(values["id"], row) for row in enumerate(values["vernacular_names"])]
    Taxon.objects.bulk_create(taxa, batch_size=CHUNK)
    VernacularName.objects.bulk_create(
        (
            VernacularName(
                taxon_id=pk, name=row[0], language=row[1], source=row[2], position=position
            )
            for pk, (position, row) in names
        ),
        batch_size=CHUNK,
    )
    rebuild(taxon.pk for taxon in taxa)
    Change.objects.bulk_create(
        (
            Change(
                change_set=undoing.undo,
                kind=KIND,
                row_guid=taxon.guid,
                record_guid=taxon.guid,
                after={},
            )
            for taxon in taxa
        ),
        batch_size=CHUNK,
    )
    undoing.counts["restored"] += len(taxa)
    signals.taxon_changed.send(
        sender=Taxon, taxa=[taxon.pk for taxon in taxa], change_set=undoing.undo
    )


def _taxon(guid: UUID, values: Told, ids: dict[str, int]) -> Taxon:
    own = {name: values[name] for name in (*TEXTS, "links")}
    pointers = {f"{p}_id": ids[values[p]] if values[p] else None for p in POINTERS}
    key = canonical_key(values["scientific_name"])
    return Taxon(
        pk=values["id"],
        guid=guid,
        created_by_id=values["created_by"],
        rank_order=ranks.RANKS[values["rank"]].order,
        canonical_key=key,
        variant_key=variant_key(key),
        authorship_key=authorship_key(values["authorship"]),
        **own,
        **pointers,
    )


def _ids(guids: Any) -> dict[str, int]:
    """Return {GUID as text: id} of the taxa that stand."""
    rows = Taxon.objects.filter(guid__in={guid for guid in guids if guid})
    return {str(guid): pk for guid, pk in rows.values_list("guid", "pk")}


def _set_back(undoing: undo.Undoing, altered: dict[UUID, tuple[Told, Told]]) -> None:
    taxa = {
        each.guid: each
        for each in Taxon.objects.filter(guid__in=altered).select_for_update(of=("self",))
    }
    now = told(each.pk for each in taxa.values())
    ids = _ids(value for net in altered.values() for value in map(net[0].get, POINTERS))
    changed, names = [], []
    for guid, (before, after) in altered.items():
        taxon = taxa.get(guid)
        if taxon is None:
            undoing.conflict(guid, ["deleted"])
            continue
        values = now[taxon.pk]
        back = {name: old for name, old in before.items() if values[name] == after.get(name) != old}
        disputed = [n for n, old in before.items() if values[n] not in (after.get(n), old)]
        disputed += [p for p in POINTERS if back.get(p) and back[p] not in ids]
        if disputed and (set(disputed) - _FOLLOWING):
            # Acceptance and place belong together: half of them would be none.
            undoing.conflict(guid, disputed)
            continue
        if back:
            _put(taxon, back, ids)
            changed.append(taxon)
        if "vernacular_names" in back:
            names.append((taxon.pk, back["vernacular_names"]))
    columns = [*TEXTS, "links", *POINTERS, "rank_order"]
    keys = ["canonical_key", "variant_key", "authorship_key"]
    Taxon.objects.bulk_update(changed, [*columns, *keys], batch_size=500)
    _write_vernaculars(names)
    _require_places(changed)
    undoing.counts["reverted"] += note(undoing.undo, {t.pk: now[t.pk] for t in changed})


def _require_places(taxa: list[Taxon]) -> None:
    """Refuse to put taxa back under what is no accepted name any more."""
    keys = [taxon.pk for taxon in taxa if not taxon.merged_into_id]
    astray = Taxon.objects.filter(pk__in=keys).filter(
        Q(parent__accepted__isnull=False)
        | Q(parent__merged_into__isnull=False)
        | Q(accepted__accepted__isnull=False)
        | Q(accepted__merged_into__isnull=False)
    )
    for taxon in astray.select_related("parent", "accepted")[:1]:
        told_of = {"taxon": taxon, "above": taxon.accepted or taxon.parent}
        text = _("%(taxon)s can't go back: %(above)s is no accepted name any more.")
        raise Refused(text % told_of)


def _put(taxon: Taxon, values: Told, ids: dict[str, int]) -> None:
    for name, value in values.items():
        if name in POINTERS:
            setattr(taxon, f"{name}_id", ids[value] if value else None)
        elif name != "vernacular_names":
            setattr(taxon, name, value)
    taxon.rank_order = ranks.RANKS[taxon.rank].order
    taxon.canonical_key = canonical_key(taxon.scientific_name)
    taxon.variant_key = variant_key(taxon.canonical_key)
    taxon.authorship_key = authorship_key(taxon.authorship)


def _write_vernaculars(names: list[tuple[int, list[list[str]]]]) -> None:
    VernacularName.objects.filter(taxon__in=[pk for pk, _rows in names]).delete()
    VernacularName.objects.bulk_create(
        VernacularName(taxon_id=pk, name=row[0], language=row[1], source=row[2], position=position)
        for pk, rows in names
        for position, row in enumerate(rows)
    )
