"""The Taxonomy Cleaning Tool: which names want work, and the run that looks them all up.

A Scope says whose names: of one collection, of all that a person edits, or the shared ones of the
whole portal. `run` matches, links and fills; `occurrences.deciding` does what a person decides.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from journal import jobs
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import ChangeSet
from occurrences import filling, naming
from occurrences.asking import ask_online
from occurrences.models import Occurrence
from occurrences.naming import KEY_FIELDS, NAME, OCCURRENCE
from taxonomy import matching
from taxonomy.catalogue_of_life import remembered
from taxonomy.evidence import Asked
from taxonomy.models import Checklist, Name, Taxon

PAGE = 25
State = Name.State
UNLINKED = (State.NEW, State.REVIEW, State.NOT_FOUND)
OPEN = Q(state__in=UNLINKED, decided_at=None)  # what a run looks up


# --- whose names --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose names: those on records of these collections, or (None) the portal's shared ones.

    key stands in addresses and jobs: a collection's GUID, "mine" or "portal". whole: all records,
    whoever asks, as at the command line.
    """

    key: str
    user: Person | None
    collections: tuple[Collection, ...] | None
    whole: bool = False

    @property
    def collection(self) -> Collection | None:
        """The one collection it is about, if it is one."""
        return self.collections[0] if self.collections and self.key != "mine" else None

    def records(self) -> QuerySet[Occurrence]:
        """Return the records whose names these are: portal-wide those that everybody may see."""
        if self.collections is None:
            return Occurrence.objects.visible_to(AnonymousUser())
        if self.whole:
            return Occurrence.objects.filter(collection__in=self.collections)
        assert self.user is not None
        return Occurrence.objects.editable_by(self.user).filter(collection__in=self.collections)

    def names(self) -> QuerySet[Name]:
        """Return the names on these records; portal-wide no collection's own ones."""
        used = self.records().prefetch_related(None).order_by().filter(name=OuterRef("pk"))
        found = Name.objects.filter(Exists(used))
        return found.filter(collection_id=None) if self.collections is None else found


def scope_of(user: Person, key: str) -> Scope:
    """Return the scope that an address names. Raises Refused where `user` may not clean names."""
    scope = scopes_of(user, key)
    if scope is None:
        raise Refused(_("You may no longer clean these names. What was done stays."))
    return scope


def scopes_of(user: Person, key: str) -> Scope | None:
    """Return the scope of this key, or None where `user` may not clean its names."""
    if key == "portal":
        allowed = user.has_perm("taxonomy.change_taxon")  # type: ignore[union-attr]
        return Scope(key, user, None) if allowed else None
    editable = Collection.objects.editable_by(user).order_by("name")
    if key == "mine":
        return Scope(key, user, tuple(editable)) if editable.exists() else None
    try:
        found = tuple(editable.filter(guid=UUID(key)))
    except ValueError:
        return None
    return Scope(key, user, found) if found else None


# --- the work list ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A name of the work list and how many records of the scope bear it."""

    name: Name
    records: int
    family: str = ""  # what its records state, where those that were asked agree

    @property
    def token(self) -> str:
        return token(self.name)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many names, and records that bear them."""

    names: int = 0
    records: int = 0


def token(name: Name) -> str:
    """Return what says how a name stood when a page was made, for a decision to be about that."""
    decided = name.decided_at.isoformat() if name.decided_at else ""
    state = [name.state, name.taxon_id, decided, name.candidates]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def tallies(scope: Scope) -> dict[str, Tally]:
    """Return {state: names and records}, of all states; one query."""
    records, parameters = _records(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.state, count(*), sum(r.number) FROM {NAME} n JOIN (SELECT name_id, "
            f"count(*) AS number FROM ({records}) o GROUP BY name_id) r ON r.name_id = n.id "
            f"{_shared(scope, 'WHERE')} GROUP BY n.state",
            parameters,
        )
        found = {state: Tally(names, int(number)) for state, names, number in cursor}
    return {state: found.get(state, Tally()) for state in State.values}


def work_list(
    scope: Scope, state: str, after: tuple[int, UUID] | None = None, text: str = ""
) -> list[Row]:
    """Return a page of names in this state, those on most records first, and one more if any is.

    after: (records, GUID) of the last row of the page before. text: how names begin.
    """
    records, parameters = _records(scope)
    narrow, more = "", list(parameters)
    if text:
        narrow += " AND n.scientific_name ILIKE %s"
        more.append(text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
    having = ""
    if after:
        having = "HAVING (count(*), n.guid) < (%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.id, count(*) FROM ({records}) o JOIN {NAME} n ON n.id = o.name_id "
            f"WHERE n.state = %s {_shared(scope, 'AND')}{narrow} GROUP BY n.id {having} "
            "ORDER BY count(*) DESC, n.guid DESC LIMIT %s",
            [*parameters, state, *more[len(parameters) :], *(after or ()), PAGE + 1],
        )
        counts = dict(cursor.fetchall())
    rows = Name.objects.select_related("taxon__current", "decided_by").in_bulk(counts)
    return [Row(rows[pk], number) for pk, number in counts.items()]


def standing_for(scope: Scope, asked: Name) -> list[Row]:
    """Return the rows of the scope for what a Name says, though the Name itself may be gone.

    Where a kingdom was filled, its records have the same name in another context.
    """
    key = {field: getattr(asked, field) for field in KEY_FIELDS}
    names = scope.names().select_related("taxon__current", "decided_by")
    same = names.filter(**key)
    if not same:
        key.pop("context")
        same = names.filter(**key)
    return [Row(each, scope.records().filter(name=each).count()) for each in same]


def with_families(scope: Scope, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the family that the scope's own records of these names state."""
    if scope.collections is None:
        return list(rows)
    within = [collection.pk for collection in scope.collections]
    found = families([row.name.pk for row in rows], within)
    return [replace(row, family=found.get(row.name.pk, "")) for row in rows]


def _records(scope: Scope) -> tuple[str, Sequence[Any]]:
    records = scope.records().prefetch_related(None).order_by().filter(name__isnull=False)
    statement, parameters = records.values("name_id").query.sql_with_params()
    return str(statement), list(parameters)


def _shared(scope: Scope, word: str) -> str:
    return f"{word} n.collection_id IS NULL " if scope.collections is None else ""


# --- the run ------------------------------------------------------------------------------------


class Watched(Progress):
    """Progress that asks between transactions whether its person may still do this."""

    def __init__(self, progress: Progress, key: str) -> None:
        super().__init__(progress.job)
        self.key = key

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Say how far the work is. Raises Refused when the right has ended meanwhile."""
        if self.job.user:
            scope_of(self.job.user, self.key)
        super().report(done, total, message)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. sources: ids of checklists, None for all in use.

    online: ask the Catalogue of Life about what these leave open.
    """

    sources: tuple[int, ...] | None = None
    kingdom: str = ""
    fuzzy: bool = True
    online: bool = False

    def as_json(self) -> dict[str, Any]:
        sources = (
            None
            if self.sources is None
            else [
                str(guid)
                for guid in Checklist.objects.filter(pk__in=self.sources).values_list(
                    "guid", flat=True
                )
            ]
        )
        return {
            "sources": sources,
            "kingdom": self.kingdom,
            "fuzzy": self.fuzzy,
            "online": self.online,
        }

    @classmethod
    def read(cls, given: dict[str, Any]) -> Options:
        """Return the options that `as_json` wrote down; a checklist that is gone is left out."""
        sources = given.get("sources")
        if sources is not None:
            found = Checklist.objects.in_bulk(sources, field_name="guid")
            known = (found.get(UUID(guid)) for guid in sources)
            sources = tuple(checklist.pk for checklist in known if checklist)
        told = given.get("kingdom", ""), given.get("fuzzy", True), given.get("online", False)
        return cls(sources, *told)


def run(
    scope: Scope, options: Options = Options(), progress: Progress | None = None
) -> dict[str, Any]:
    """Match the scope's names, link what leaves no doubt, fill the records' blanks; return counts.

    {"names": {state: number}, "records": {state: number}} of all names of the scope as they stand
    then, "linked": names that this run linked, "filled": records it wrote to. One change set for
    each collection (one for the portal, which fills nothing); called again for the same job it
    goes on with that. What was decided by a person is left alone.
    """
    total: Counter[str] = Counter()
    parts = (
        [scope]
        if scope.collections is None
        else [replace(scope, key=str(each.guid), collections=(each,)) for each in scope.collections]
    )
    watched = Watched(progress, scope.key) if progress else None
    if options.online:
        ask_online(
            scope.names().filter(OPEN),
            sources=options.sources,
            kingdom=options.kingdom,
            progress=watched,
        )
    for part in parts:
        with collection_lock(part.collection.pk if part.collection else 0):
            total.update(_run(part, options, watched))
    standing = tallies(scope)
    return {
        "names": {state: tally.names for state, tally in standing.items()},
        "records": {state: tally.records for state, tally in standing.items()},
        "linked": total[State.LINKED],
        "filled": total["filled"],
    }


def look(scope: Scope, options: Options = Options()) -> dict[str, Any]:
    """Return how the names would stand after `run`, as it does, but for "filled"; write nothing."""
    records, parameters = _records(scope)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name_id, count(*) FROM ({records}) o GROUP BY 1", parameters)
        on_records = dict(cursor.fetchall())
    rows = scope.names().filter(OPEN).order_by("pk")
    names = list(rows.values_list("pk", "scientific_name", "authorship", "context"))
    stated = families([pk for pk, *_name in names])
    asked = (
        Asked(pk, name, authorship, context, stated.get(pk, ""))
        for pk, name, authorship, context in names
    )
    closed = scope.names().exclude(OPEN).order_by("pk").values_list("pk", "state")
    outcomes: dict[Any, str] = dict(closed)
    linked = 0
    for found in matching.match(
        asked, sources=options.sources, kingdom=options.kingdom, fuzzy=options.fuzzy
    ):
        outcomes[found.key] = found.state
        linked += found.state == State.LINKED
    counts: Counter[str] = Counter(outcomes.values())
    on: Counter[str] = Counter()
    for pk, state in outcomes.items():
        on[state] += on_records.get(pk, 0)
    return {
        "names": {state: counts[state] for state in State.values},
        "records": {state: on[state] for state in State.values},
        "linked": linked,
    }


def _run(scope: Scope, options: Options, progress: Progress | None) -> Counter[str]:
    """Do one part of a run, under its lock."""
    change_set = _change_set(scope, progress)
    found: Counter[str] | None = None
    try:
        if options.kingdom and scope.collection:
            _set_apart(scope, scope.collection, change_set, options)
        matching.link(
            unmatched(scope, change_set),
            change_set,
            sources=options.sources,
            kingdom=options.kingdom,
            fuzzy=options.fuzzy,
            families=families,
            further=remembered(options.kingdom),
            progress=progress,
        )
        found = _looked_at(scope, change_set)
        if scope.collection:
            filling.fill(
                change_set,
                scope.collection.pk,
                between=_telling(progress, _("Filling family, author and kingdom")),
            )
    finally:
        counts = _close(scope, change_set, found)
    return counts


def _set_apart(
    scope: Scope, collection: Collection, change_set: ChangeSet, options: Options
) -> None:
    """Give the collection rows of its own for names that only its kingdom decides.

    Other collections share the names; Oenanthe is a bird in one and a plant in the next.
    """
    shared = unmatched(scope, change_set).filter(collection_id=None, context="").order_by("pk")
    rows = list(shared.values_list("pk", "scientific_name", "authorship"))
    stated = families([pk for pk, *_name in rows])
    asked = [Asked(pk, name, author, "", stated.get(pk, "")) for pk, name, author in rows]
    here, anywhere = (_found(asked, options, kingdom) for kingdom in (options.kingdom, ""))
    deciding = [pk for pk, found in here.items() if found != anywhere[pk]]
    for ids in chunks(deciding):
        naming.calmly(lambda some=ids: naming.own_rows(change_set, some, collection.pk))  # type: ignore[misc]


def _found(asked: Sequence[Asked], options: Options, kingdom: str) -> dict[Any, object]:
    """Return what a run would find of names under a kingdom, {key: what can be compared}."""
    found = list(matching.match(asked, sources=options.sources, kingdom=kingdom, fuzzy=False))
    further = remembered(kingdom)
    matches = matching.with_further(asked, found, further) if further else found
    return {
        match.key: (match.state, [(one["taxon"], one["usage"]) for one in match.candidates])
        for match in matches
    }


def families(name_ids: Sequence[int], within: Sequence[int] | None = None) -> dict[int, str]:
    """Return the family that records of these names state, where those that were asked agree.

    within: ids of collections, None for all.
    """
    chosen = None if within is None else list(within)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.id, min(r.family) FROM unnest(%s::bigint[]) AS n(id) CROSS JOIN LATERAL "
            f"(SELECT family FROM {OCCURRENCE} WHERE name_id = n.id AND family IS NOT NULL "
            "AND (%s::bigint[] IS NULL OR collection_id = ANY(%s::bigint[])) LIMIT 20) r "
            "GROUP BY n.id HAVING min(r.family) = max(r.family)",
            [list(name_ids), chosen, chosen],
        )
        return dict(cursor.fetchall())


def unmatched(scope: Scope, change_set: ChangeSet) -> QuerySet[Name]:
    """Return the names a run has still to look at: not linked, not decided, not done by itself."""
    done = Q(matched_at__gte=change_set.made_at)
    return scope.names().filter(OPEN).exclude(done)


def _telling(progress: Progress | None, message: str) -> Callable[[int], None]:
    if progress is None:
        return lambda done: None
    return lambda done: progress.report(done, None, message)


def _change_set(scope: Scope, progress: Progress | None) -> ChangeSet:
    """Return the change set of this part of the run, the one that was begun if one was."""
    within = scope.collection.pk if scope.collection else None
    job = progress.job if progress else None
    kind = ChangeSet.Kind.CLEANING
    begun = job and ChangeSet.objects.filter(job=job, collection_id=within, kind=kind).first()
    return begun or ChangeSet.objects.create(
        kind=kind,
        user=scope.user,  # type: ignore[misc]
        collection_id=within,
        job=job,
        reason=_("Names looked up"),
    )


def _looked_at(scope: Scope, change_set: ChangeSet) -> Counter[str]:
    """Count the names that a run has looked at, by state. Ask before it fills records' authors and
    kingdoms: their names are others after that."""
    names = scope.names().filter(matched_at__gte=change_set.made_at).order_by("pk")
    return Counter(names.values_list("state", flat=True))


def _close(scope: Scope, change_set: ChangeSet, found: Counter[str] | None) -> Counter[str]:
    """Write down what the part came to; a change set that changed nothing goes."""
    counts = _looked_at(scope, change_set) if found is None else found
    counts["filled"] = change_set.changes.filter(kind="occurrence").count()
    with transaction.atomic():
        change_set.counts = {
            word: number
            for word, number in (
                ("linked", counts[State.LINKED]),
                ("review", counts[State.REVIEW]),
                ("not_found", counts[State.NOT_FOUND]),
                ("filled", counts["filled"]),
            )
            if number
        }
        change_set.save(update_fields=["counts"])
        made = Taxon.objects.filter(created_by=change_set)
        if not change_set.changes.exists() and not made.exists():
            change_set.delete()
    return counts


@work("clean names")
def clean_job(progress: Progress) -> dict[str, Any]:
    """Run the tool over the scope whose key is the job's."""
    scope = scope_of(progress.job.user, progress.job.options.get("scope", progress.job.key))
    return run(scope, Options.read(progress.job.options), progress)


# --- new names ----------------------------------------------------------------------------------


def look_up_later(collection_id: int, user: Any) -> None:
    """Have names that nobody has looked at looked up, if there is anything to look them up in."""
    if not (Taxon.objects.exists() or Checklist.objects.filter(state="current").exists()):
        return
    collection = Collection.objects.get(pk=collection_id)
    new = Name.objects.filter(
        Exists(Occurrence.objects.filter(collection=collection, name=OuterRef("pk"))),
        state=State.NEW,
    )
    if new.exists():
        jobs.start("match new names", collection.guid, user, collection_id)


@work("match new names")
def match_job(progress: Progress) -> dict[str, Any]:
    """Match the names of the collection whose GUID is the job's key; no record is touched."""
    collection = Collection.objects.get(guid=progress.job.key)
    scope = Scope(progress.job.key, progress.job.user, (collection,))
    with collection_lock(collection.pk):
        change_set = _change_set(scope, progress)
        new = Name.objects.filter(
            Exists(Occurrence.objects.filter(collection=collection, name=OuterRef("pk"))),
            state=State.NEW,
        )
        try:
            found = matching.link(
                new, change_set, sources=None, kingdom="", families=families, progress=progress
            )
        finally:
            change_set.counts = {}
            if not change_set.changes.exists():
                change_set.delete()
    return dict(found)


def chunks(ids: Sequence[int], size: int = 500) -> Iterator[list[int]]:
    """Yield `ids` in chunks."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])
