"""What a person decides about names: link, rewrite the records, keep as is, or take it back.

A decision holds for the scope it was taken in: a collection's stands in its own Name rows, the
portal's in the shared ones. It tells beforehand how many records it is about, is one change set
(for each collection), and is refused where the name has moved since the person saw it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from biocollections.models import Collection
from journal import jobs
from journal.guids import new_guid
from journal.jobs import Progress, Refused, work
from journal.models import ChangeSet, Job
from occurrences import filling, naming, records
from occurrences.cleaning import Scope, Watched, chunks, scope_of, token
from occurrences.determinations import mirror_of
from occurrences.drafts import Draft, Stored
from occurrences.models import Occurrence
from taxonomy import adopting, looking_up, matching, parsing
from taxonomy.evidence import Asked
from taxonomy.models import Name, Taxon

MOST_AT_ONCE = 500  # records that are written while their person waits
Action = Literal["link", "rewrite", "keep", "clear"]
# What Name.evidence says of a person's decision.
CHOSEN, REWRITTEN, KEPT = "chosen", "rewritten", "kept"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided. For link and rewrite: which candidate (from 0), or a name that was typed."""

    action: Action
    candidate: int | None = None
    typed: str = ""


@dataclass(slots=True)
class Decided:
    """What became of a decision. job: it is being carried out; stale: names that have moved."""

    change_sets: list[ChangeSet] = field(default_factory=list)
    names: int = 0
    records: int = 0
    stale: list[str] = field(default_factory=list)
    job: Job | None = None


def decide(scope: Scope, items: Sequence[tuple[UUID, str]], choice: Choice) -> Decided:
    """Carry out one choice for these names (GUID, and `cleaning.token` as it was seen).

    More than MOST_AT_ONCE records are a job. Raises Refused where none of it can be done.
    """
    if choice.candidate == -1:
        raise Refused(_("Press one of the buttons beside the name."))
    guids = [guid for guid, _seen in items]
    names = scope.names().filter(guid__in=guids)
    records_ = scope.records().prefetch_related(None).filter(name__in=names)
    if scope.collections is not None and records_[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
        given = {
            "scope": scope.key,
            "items": [(str(guid), seen) for guid, seen in items],
            "choice": asdict(choice),
        }
        within = scope.collection.pk if scope.collection else None
        return Decided(job=jobs.start("decide names", new_guid(), scope.user, within, given))
    with transaction.atomic():
        return _decide(scope, items, choice, None)


@work("decide names")
def decide_job(progress: Progress) -> dict[str, Any]:
    """Carry out the decision that the job's options tell."""
    given = progress.job.options
    scope = scope_of(progress.job.user, given["scope"])
    items = [(UUID(guid), seen) for guid, seen in given["items"]]
    watched = Watched(progress, scope.key)
    done = _decide(scope, items, Choice(**given["choice"]), watched)
    return {"names": done.names, "records": done.records, "stale": len(done.stale)}


def _decide(
    scope: Scope, items: Sequence[tuple[UUID, str]], choice: Choice, progress: Watched | None
) -> Decided:
    done = Decided()
    for collection in scope.collections or (None,):
        begun = _begun(collection, progress)
        change_set = begun or naming.calmly(
            lambda c=collection: _settle(scope, c, items, choice, progress, done)  # type: ignore[misc]
        )
        if change_set is None:
            continue
        if collection:
            _write_records(change_set, collection, choice, progress)
            change_set.counts["filled"] = change_set.changes.filter(kind="occurrence").count()
            change_set.save(update_fields=["counts"])
        done.change_sets.append(change_set)
        done.names = max(done.names, change_set.counts["names"])
        done.records += change_set.counts["records"]
    if not done.change_sets:
        raise Refused(moved(done.stale or _decided_meanwhile(scope, items)))
    return done


def moved(names: Sequence[str]) -> str:
    """Return the words about names that were not decided, because they are not as they were."""
    if not names:
        return _("No record of yours has this name any more.")
    return _("%(name)s was decided or looked up meanwhile. Look at it again.") % {
        "name": ", ".join(dict.fromkeys(names))
    }


def _decided_meanwhile(scope: Scope, items: Sequence[tuple[UUID, str]]) -> list[str]:
    """Return those names that a collection of the scope has a row of its own for by now."""
    found = Name.objects.filter(guid__in=[guid for guid, _seen in items], collection_id=None)
    own = Name.objects.filter(collection_id__in=[each.pk for each in scope.collections or ()])
    keys = set(own.values_list(*naming.KEY_FIELDS)) if found else set()
    return [
        str(name) for name in found if (name.scientific_name, name.authorship, name.context) in keys
    ]


def _begun(collection: Collection | None, progress: Watched | None) -> ChangeSet | None:
    """Return what a job that was cut off has begun for this collection."""
    if progress is None:
        return None
    within = collection.pk if collection else None
    return ChangeSet.objects.filter(job=progress.job, collection_id=within).first()


# --- the names ----------------------------------------------------------------------------------


def _settle(
    scope: Scope,
    collection: Collection | None,
    items: Sequence[tuple[UUID, str]],
    choice: Choice,
    progress: Watched | None,
    done: Decided,
) -> ChangeSet | None:
    """Decide the names for one collection; None when it has none of them, as they were seen."""
    part = Scope(str(collection.guid), scope.user, (collection,)) if collection else scope
    seen = dict(items)
    ids = part.names().filter(guid__in=seen).values_list("pk", flat=True)
    held = naming.held(ids)
    fresh = [name for name in held if token(name) == seen[name.guid]]
    done.stale += [str(name) for name in held if name not in fresh]
    if not fresh:
        return None
    person: Any = scope.user
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.CLEANING,
        user=person,
        collection_id=collection.pk if collection else None,
        job=progress.job if progress else None,
    )
    borne = part.records().filter(name__in=fresh).count()
    taxa = _taxa_of(change_set, fresh, choice)
    own = {name.pk: name.pk for name in fresh}
    if collection and choice.action != "clear":
        own = naming.own_rows(change_set, own, collection.pk)
    _DECIDE[choice.action](change_set, own, taxa)
    change_set.reason = _reason(fresh, taxa, choice)
    change_set.counts = {"names": len(fresh), "records": borne}
    change_set.save(update_fields=["reason", "counts"])
    return change_set


def _link(change_set: ChangeSet, own: Mapping[int, int], taxa: Mapping[int, Taxon]) -> None:
    _set(change_set, {own[pk]: taxon for pk, taxon in taxa.items()}, CHOSEN)


def _rewrite(change_set: ChangeSet, own: Mapping[int, int], taxa: Mapping[int, Taxon]) -> None:
    _set(change_set, {own[pk]: taxon for pk, taxon in taxa.items()}, REWRITTEN)


def _keep(change_set: ChangeSet, own: Mapping[int, int], _taxa: Mapping[int, Taxon]) -> None:
    _set(change_set, dict.fromkeys(own.values()), KEPT)


def _set(change_set: ChangeSet, links: Mapping[int, Taxon | None], evidence: str) -> None:
    """Write down the decision on Names: {key: taxon, or None to keep the name as it is}."""
    moves = []
    for row in naming.held(links):
        taxon = links[row.pk]
        after = naming.copy(row)
        after.taxon = taxon
        after.state = Name.State.LINKED if taxon else Name.State.KEPT
        after.evidence = evidence
        after.decided_by, after.decided_at = change_set.user, timezone.now()
        moves.append((row, after))
    naming.store(after for _before, after in moves)
    naming.note(change_set, moves)


def _clear(change_set: ChangeSet, own: Mapping[int, int], _taxa: Mapping[int, Taxon]) -> None:
    """Forget decisions: own rows go, so that the shared ones hold; shared ones are looked up."""
    rows = naming.held(own)
    mine = [row for row in rows if row.collection_id and change_set.collection_id]
    naming.note(change_set, [(row, None) for row in mine])
    naming.give_back([row.pk for row in mine])
    shared = [row.pk for row in rows if change_set.collection_id is None]
    blank = {"taxon": None, "evidence": "", "decided_by": None, "decided_at": None}
    naming.settle(change_set, shared, state=Name.State.NEW, **blank)
    matching.link(Name.objects.filter(pk__in=shared), change_set)


_DECIDE: dict[str, Callable[[ChangeSet, Mapping[int, int], Mapping[int, Taxon]], None]] = {
    "link": _link,
    "rewrite": _rewrite,
    "keep": _keep,
    "clear": _clear,
}


def _reason(names: Sequence[Name], taxa: Mapping[int, Taxon], choice: Choice) -> str:
    if len(names) > 1:
        return _("%(number)d names") % {"number": len(names)}
    (name,) = names
    taxon = taxa.get(name.pk)
    if taxon:
        return f"{name} → {taxon}"
    if choice.action == "keep":
        return _("%(name)s: kept as is") % {"name": name}
    return _("%(name)s: decision taken back") % {"name": name}


# --- which taxon --------------------------------------------------------------------------------


def _taxa_of(change_set: ChangeSet, names: Sequence[Name], choice: Choice) -> dict[int, Taxon]:
    """Return {name: taxon} of a choice that links, brought into the thesaurus where needed."""
    if choice.action not in ("link", "rewrite"):
        return {}
    if choice.candidate is None:
        if choice.typed:
            return dict.fromkeys([name.pk for name in names], typed_taxon(change_set, choice.typed))
        return {name.pk: name.taxon for name in names if name.taxon}
    wanted = {name.pk: _candidate(name, choice.candidate) for name in names}
    usages = [one["usage"] for one in wanted.values() if not one["taxon"]]
    adopted = adopting.adopt(change_set, usages) if usages else {}
    by_id = Taxon.objects.in_bulk(adopted.values())
    by_guid = Taxon.objects.live().in_bulk(
        [UUID(one["taxon"]) for one in wanted.values() if one["taxon"]], field_name="guid"
    )
    found = {}
    for name in names:
        one = wanted[name.pk]
        taxon = by_guid.get(UUID(one["taxon"])) if one["taxon"] else None
        taxon = taxon or by_id.get(adopted.get(one["usage"], 0))
        if taxon is None:
            raise Refused(_gone(one["name"]))
        found[name.pk] = taxon
    return found


def _candidate(name: Name, number: int) -> dict[str, Any]:
    try:
        return dict(name.candidates[number])
    except IndexError:
        raise Refused(_gone(str(name))) from None


def _gone(name: str) -> str:
    return _("%(name)s is no longer among what can be chosen. Look the names up again.") % {
        "name": name
    }


def typed_taxon(change_set: ChangeSet, text: str) -> Taxon:
    """Return the one taxon that a typed name means, from the thesaurus or else a checklist.

    text: a name with or without author, or a taxon's GUID. Raises Refused where it is none, or
    more than one.
    """
    guid = _as_guid(text)
    taxon = Taxon.objects.live().filter(guid=guid).first() if guid else None
    if taxon:
        return taxon
    labelled = looking_up.labelled(text)
    if len(labelled) == 1:
        return labelled[0]
    (found,) = matching.match([Asked(0, text)], fuzzy=False)
    if found.chosen is None:
        several = found.candidates and found.state == Name.State.REVIEW
        told = (
            _("“%(name)s” can mean several names. Write it with its author.")
            if several
            else _("“%(name)s” is in no list of names here. Check its spelling, or propose it.")
        )
        raise Refused(told % {"name": text})
    if found.chosen["taxon"]:
        return Taxon.objects.get(guid=found.chosen["taxon"])
    usage = found.chosen["usage"] or 0
    return Taxon.objects.get(pk=adopting.adopt(change_set, [usage])[usage])


def _as_guid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


# --- the records --------------------------------------------------------------------------------


def _write_records(
    change_set: ChangeSet, collection: Collection, choice: Choice, progress: Watched | None
) -> None:
    """Rewrite or fill the records of the names that the change set decided."""
    guids = change_set.changes.filter(kind="name").values("row_guid")
    names = Name.objects.select_related("taxon__current").filter(
        guid__in=guids, taxon__isnull=False, collection_id=collection.pk
    )

    def between(done: int) -> None:
        if progress:
            progress.report(done, change_set.counts["records"], _("Writing the records"))

    if choice.action == "rewrite":
        decided = names.filter(evidence=REWRITTEN)
        _rewrite_records(change_set, collection, list(decided), between)
    elif choice.action == "link":
        ids = list(names.values_list("pk", flat=True))
        filling.fill(change_set, collection.pk, ids, between=between)


def _rewrite_records(
    change_set: ChangeSet,
    collection: Collection,
    names: Sequence[Name],
    between: Callable[[int], None],
) -> None:
    done = 0
    for name in names:
        borne = Occurrence.objects.filter(collection=collection, name=name).order_by("pk")
        for ids in chunks(list(borne.values_list("pk", flat=True))):
            naming.calmly(lambda n=name, some=ids: _rewrite_some(change_set, n, some))  # type: ignore[misc]
            done += len(ids)
            between(done)


def _rewrite_some(change_set: ChangeSet, name: Name, ids: Sequence[int]) -> None:
    guids = Occurrence.objects.filter(pk__in=ids).values_list("guid", flat=True)
    standing = [r for r in records.stored(guids).values() if _bears(r, name)]
    drafts = [_rewritten(record, name) for record in standing]
    moves = {
        (record.collection_id, naming.key_of({**record.values, **draft.values})): name.pk
        for record, draft in zip(standing, drafts, strict=True)
    }
    naming.carry(change_set, moves)
    records.write(change_set, _REWRITTEN, drafts)


def _bears(record: Stored, name: Name) -> bool:
    return naming.key_of(record.values) == (name.scientific_name, name.authorship, name.context)


_PARTS = ("genus", "generic_name", "specific_epithet", "infraspecific_epithet", "taxon_rank")
# What an identifier or statement of the old name says would be wrong of the new one.
_STALE = (
    "taxon_id scientific_name_id accepted_name_usage_id parent_name_usage_id "
    "original_name_usage_id taxon_concept_id accepted_name_usage original_name_usage "
    "taxonomic_status"
).split()
_REWRITTEN = (
    "scientific_name",
    "scientific_name_authorship",
    "identification_qualifier",
    *filling.FILLED[:1],
    "kingdom",
    *_PARTS,
    *_STALE,
)


def _rewritten(record: Stored, name: Name) -> Draft:
    """Return the record under the taxon's name: a new determination, the old text kept verbatim."""
    was, taxon = record.values, name.taxon
    assert taxon
    accepted = taxon.current or taxon
    parsed = parsing.parse(taxon.scientific_name, taxon.authorship, code=taxon.code)
    values = {column: was.get(column) for column in _REWRITTEN}
    values |= dict.fromkeys(_STALE)
    values["scientific_name"] = taxon.scientific_name
    values["scientific_name_authorship"] = taxon.authorship or None
    values["family"] = was.get("family") or accepted.family or None
    values["kingdom"] = was.get("kingdom") or accepted.kingdom or None
    parts = (parsed.genus, parsed.genus, *_epithets(parsed.epithets), taxon.rank)
    for column, part in zip(_PARTS, parts, strict=True):
        values[column] = (part or None) if was.get(column) else None
    old = parsing.parse(name.scientific_name, name.authorship, code=taxon.code)
    if old.qualifier and not was.get("identification_qualifier"):
        values["identification_qualifier"] = old.qualifier
    written = {"scientificName": record.verbatim.get("scientificName") or name.scientific_name}
    if name.authorship and name.authorship != taxon.authorship:
        written.setdefault("scientificNameAuthorship", name.authorship)
    given = {**mirror_of({**was, **values}), "verbatim": written}
    return Draft(
        record.guid,
        record.collection_id,
        values,
        version=record.version,
        verbatim=written,
        identifications=[given],
    )


def _epithets(epithets: Sequence[str]) -> tuple[str, str]:
    first, *more = epithets or ("",)
    return first, more[-1] if more else ""


def names_of(items: Iterable[str]) -> list[tuple[UUID, str]]:
    """Read "GUID token" pairs as forms send them; what is none of ours is left out."""
    pairs = []
    for item in items:
        guid, _blank, seen = item.partition(" ")
        found = _as_guid(guid)
        if found:
            pairs.append((found, seen))
    return pairs
