"""The personal profile of a duplicate account goes into the one that stays.

All records move, in one change set of the portal's administrator; offers, saved searches,
assistants and what was given away before come along, and the emptied profile is closed: private,
with nobody in it. Undoing that change set brings all of it back, but for what was changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections import granting
from biocollections.models import Collection, Grant, Role
from biocollections.sponsoring import owner_of
from journal import jobs, undo
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import Change, ChangeSet, Job
from occurrences import moving, numbering, overseeing
from occurrences.models import Occurrence, Offer, Origin, SavedSearch, Sending
from occurrences.moving import Arrival

KIND = "profile"
JOB = "merge profiles"
CHUNK = 5000
TABLES: dict[str, Any] = {
    model._meta.model_name or "": model
    for model in (Collection, Offer, Origin, SavedSearch, Sending)
}
WORDS = {
    "collection": gettext_lazy("Profile closed"),
    "offer": gettext_lazy("Offers received"),
    "origin": gettext_lazy("Records given away"),
    "savedsearch": gettext_lazy("Saved searches"),
    "sending": gettext_lazy("Sendings"),
}
CLOSED = {
    "is_public": False,
    "accepts_transfers": False,
    "accepts_copies": False,
    "accepts_files": False,
}


@dataclass(frozen=True)
class Plan:
    """What a merge will take along, to be looked at before."""

    source: Collection
    target: Collection
    records: int
    offers: int
    searches: int
    assistants: list[Grant]


def plan(source: Collection, target: Collection) -> Plan:
    """Return what merging would do. Raises Refused where it can't be done."""
    _must_make_sense(source, target)
    between = Q(sending__collection=source) | Q(collection=source)
    searches = SavedSearch.objects.filter(Q(person=owner_of(source)) | Q(collection=source))
    return Plan(
        source,
        target,
        Occurrence.objects.filter(collection=source).count(),
        Offer.objects.filter(between).count(),
        searches.count(),
        list(_assistants(source)),
    )


def merge(user: Any, source: Collection, target: Collection, reason: str) -> Job:
    """Start the job that merges `source` into `target`; return it. Raises Refused."""
    overseeing.require(user)
    _must_make_sense(source, target)
    if not reason.strip():
        raise Refused(_("Say why: the history keeps it."))
    options = {"target": str(target.guid), "reason": reason.strip()}
    return jobs.start(JOB, source.guid, user, options=options)


def merged() -> QuerySet[ChangeSet]:
    """Return the change sets of merges, the latest first."""
    touched = Change.objects.filter(kind=KIND, change_set__kind=ChangeSet.Kind.TRANSFER)
    return overseeing.transfers().filter(pk__in=touched.values("change_set"))


def _must_make_sense(source: Collection, target: Collection) -> None:
    if source == target:
        raise Refused(_("These are the same profile."))
    if {source.type, target.type} != {Collection.Type.PERSONAL}:
        raise Refused(_("Only personal profiles are merged."))
    if owner_of(target) is None:
        raise Refused(_("%s belongs to nobody, so nothing can go there.") % target)
    open_ones = Offer.objects.filter(state__in=(Offer.State.OPEN, Offer.State.PREPARING))
    if open_ones.filter(_between(source, target)).exists():
        raise Refused(_("One of the two offers records to the other. Have that answered first."))


def _between(source: Collection, target: Collection) -> Q:
    there = Q(sending__collection=source, collection=target)
    return there | Q(sending__collection=target, collection=source)


def _assistants(source: Collection) -> QuerySet[Grant]:
    others = Grant.objects.valid().filter(collection=source).exclude(user=owner_of(source))
    return others.select_related("user").order_by("pk")


# --- the job --------------------------------------------------------------------------------------


@work(JOB)
def merge_job(progress: Progress) -> dict[str, Any]:
    """Merge the profile whose GUID is the job's key into the one its options name."""
    source = Collection.objects.get(guid=progress.job.key)
    target = Collection.objects.get(guid=progress.job.options["target"])
    with collection_lock(source.pk, target.pk):
        merging = _Merging(progress, source, target)
        merging.move_records()
        merging.carry_along()
        merging.move_records()  # what somebody entered until it was closed
    return {"change_set": str(merging.change_set.guid), **merging.change_set.counts}


@dataclass
class _Merging:
    """One merge under way; called again for a job that was cut off, it goes on."""

    progress: Progress
    source: Collection
    target: Collection
    change_set: ChangeSet = field(init=False)

    def __post_init__(self) -> None:
        job = self.progress.job
        begun = ChangeSet.objects.filter(job=job, kind=ChangeSet.Kind.TRANSFER).first()
        self.change_set = begun or ChangeSet.objects.create(
            kind=ChangeSet.Kind.TRANSFER,
            user=job.user,
            collection_id=self.target.pk,
            reason=f"{self.source}: {job.options['reason']}",
            counts={"records": 0},
            job=job,
        )

    def _require_right(self) -> None:
        try:
            overseeing.require(self.progress.job.user)
        except PermissionDenied:
            raise Refused(_("Only portal administrators merge profiles.")) from None

    def move_records(self) -> None:
        left = Occurrence.objects.filter(collection=self.source)
        counts = self.change_set.counts
        total = counts["records"] + left.count()
        while chunk := list(left.order_by("pk").values_list("pk", "catalog_number")[:CHUNK]):
            with transaction.atomic():
                self._require_right()
                self._move(chunk)
            self.progress.report(counts["records"], total, _("Moving the records"))

    def _move(self, chunk: list[tuple[int, str | None]]) -> None:
        """Move records with their numbers, where these aren't taken in the other profile.

        This hands nothing over: whose they are stays, so there is no origin to keep, and what he
        brings in again, such as his export of iNaturalist, finds the records it made.
        """
        taken = numbering.taken(self.target.pk, [number for _pk, number in chunk if number])
        arrivals = [
            Arrival(pk, number if number and number not in taken else "") for pk, number in chunk
        ]
        done = moving.move(self.change_set, self.source, self.target, arrivals, same_sources=True)
        Origin.objects.filter(change_set=self.change_set).delete()
        self.change_set.counts["records"] += len(done.moved)
        self.change_set.save(update_fields=["counts"])

    def carry_along(self) -> None:
        """Give the other profile what hangs on this one, and close this one."""
        with transaction.atomic():
            self._require_right()
            if self.change_set.changes.filter(kind=KIND).exists():
                return
            _must_make_sense(self.source, self.target)
            old, new = owner_of(self.source), owner_of(self.target)
            self._carry_offers(old, new)
            self._carry_searches(old, new)
            self._carry_roles(old, new)
            self._carry(Collection.objects.filter(pk=self.source.pk), **CLOSED)

    def _carry_offers(self, old: Any, new: Any) -> None:
        """Offers between the two, which are answered, stay what they were."""
        to = {"collection_id": self.target.pk}
        apart = Offer.objects.filter(_between(self.source, self.target))
        sent = Sending.objects.filter(collection=self.source).exclude(offers__in=apart)
        if old:
            self._carry(sent.filter(user=old), user_id=new.pk)
            self._carry(Origin.objects.filter(source=self.source, giver=old), giver_id=new.pk)
        self._carry(sent, **to)
        self._carry(Offer.objects.filter(collection=self.source).exclude(pk__in=apart), **to)
        self._carry(Origin.objects.filter(source=self.source), source_id=self.target.pk)

    def _carry_searches(self, old: Any, new: Any) -> None:
        mine = SavedSearch.objects.filter(collection=self.source) | SavedSearch.objects.filter(
            person=old
        )
        for search in mine.order_by("pk"):
            values: dict[str, Any] = {"query": self._renamed(search.query)}
            if search.collection_id == self.source.pk:
                values["collection_id"] = self.target.pk
            if search.person_id == (old.pk if old else 0) != new.pk:
                values |= {"person_id": new.pk, "name": _free_name(new, search.name)}
            self._carry(SavedSearch.objects.filter(pk=search.pk), **values)

    def _renamed(self, query: str) -> str:
        """Return a query string that asks in the other profile what it asked in this one."""
        asked = QueryDict(query, mutable=True)
        for name in ("within", "collection"):
            given = asked.getlist(name)
            if self.source.code in given:
                named = [self.target.code if x == self.source.code else x for x in given]
                asked.setlist(name, named)
        return asked.urlencode() if asked != QueryDict(query) else query

    def _carry_roles(self, old: Any, new: Any) -> None:
        job = self.progress.job
        reason = _("Came along when %s was merged") % self.source
        for held in _assistants(self.source):
            role = Role.EDITOR if held.role == Role.ADMINISTRATOR else held.role
            has = Grant.objects.valid().filter(user=held.user, collection=self.target)
            theirs = has.filter(role__in=(role, Role.ADMINISTRATOR), scope=held.scope)
            if held.user not in (new, job.user) and held.user.is_active and not theirs.exists():
                granting.grant(
                    held.user,
                    role,
                    self.target,
                    by=job.user,
                    reason=reason,
                    until=held.last_day,
                    scope=held.scope,
                    within=self.change_set,
                )
        for held in Grant.objects.filter(collection=self.source, revoked_at=None):
            granting.revoke(held, by=job.user, reason=reason, within=self.change_set)

    def _carry(self, rows: QuerySet[Any], **new: Any) -> None:
        """Set these values and note what stood there, so that an undo can set it back."""
        for old in list(rows.order_by().values(*new).distinct()):
            if old == new:
                continue
            keys = list(rows.filter(_same(old)).order_by("pk").values_list("pk", flat=True))
            for some in (keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK)):
                rows.model.objects.filter(pk__in=some).update(**new)
                _note(self.change_set, rows.model, self.source.guid, some, old, new)


def _free_name(person: Any, name: str) -> str:
    """Return a name of a saved search that this person doesn't use yet."""
    used = set(SavedSearch.objects.filter(person=person).values_list("name", flat=True))
    number, free = 2, name
    while free in used:
        free = f"{name[:90]} ({number})"
        number += 1
    return free


def _same(values: Mapping[str, Any]) -> Q:
    given = {name: value for name, value in values.items() if value is not None}
    return Q(**given, **{f"{name}__isnull": True for name in values.keys() - given.keys()})


def _note(
    change_set: ChangeSet,
    model: type[models.Model],
    profile: UUID,
    keys: list[int],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    Change.objects.create(
        change_set=change_set,
        collection_id=change_set.collection_id,
        kind=KIND,
        row_guid=profile,
        record_guid=profile,
        before={"table": model._meta.model_name, "keys": keys, "values": dict(old)},
        after={"values": dict(new)},
    )


# --- and back -------------------------------------------------------------------------------------


def restore(undoing: undo.Undoing) -> None:
    """Set back what a merge changed beside the records, wherever it still stands."""
    with transaction.atomic():
        if Change.objects.filter(change_set=undoing.undo, kind=KIND).exists():
            return
        made = Change.objects.filter(change_set=undoing.change_set, kind=KIND)
        for change in made.order_by("-pk"):
            before, now = change.before or {}, (change.after or {})["values"]
            model, old = TABLES[before["table"]], before["values"]
            standing = model.objects.filter(_same(now), pk__in=before["keys"])
            keys = list(standing.order_by("pk").values_list("pk", flat=True))
            model.objects.filter(pk__in=keys).update(**old)
            _note(undoing.undo, model, change.row_guid, keys, now, old)
            if len(keys) < len(before["keys"]):
                undoing.conflict(change.row_guid, [before["table"]])


undo.register(KIND, restore)


# --- in words -------------------------------------------------------------------------------------


def lines(change: Change) -> Iterator[tuple[str, str, str]]:
    """Yield (label, old, new) of what a merge took along."""
    before = change.before or {}
    told = WORDS.get(before.get("table", ""), "")
    yield str(told), "", str(len(before.get("keys", ())))


def titles(guids: Iterable[UUID]) -> dict[UUID, str]:
    """Return {profile's GUID: name} of those that were merged."""
    changed = Change.objects.filter(kind=KIND, row_guid__in=list(guids)).values("row_guid")
    return dict(Collection.objects.filter(guid__in=changed).values_list("guid", "name"))
