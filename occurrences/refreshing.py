"""A collection brought up to date from the source of an import profile.

The file is fetched, read, checked and applied in one job, as a person would step by step; wherever
a person would hesitate, the job stops and leaves the run at that step: columns have changed, more
than a fifth of the rows can't come in, or more than a fifth of the records would be taken out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.models import Collection, Grant, Role
from journal import jobs
from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import ChangeSet, Job
from occurrences import fetching, imports, profiles, restoring
from occurrences.models import ImportOutcome, ImportProfile, ImportRun, Occurrence, Offer, Origin
from occurrences.staging import stage

State = ImportRun.State
Action = ImportOutcome.Action
Missing = ImportProfile.Missing

MOST_MISSING = 0.2  # of the source's records, taken out without a person
MOST_BLOCKED = 0.2  # of the rows, left out without a person
CHUNK = 1000

REFRESHED = noticing.kind(
    "profile refreshed",
    gettext_noop(
        "%(profile)s in %(collection)s was refreshed: %(created)s new, %(updated)s changed, "
        "%(missing)s missing in the source."
    ),
)
WAITS = noticing.kind(
    "profile waits",
    gettext_noop("The refresh of %(profile)s in %(collection)s waits for you to look at it."),
)
FAILED = noticing.kind(
    "profile failed",
    gettext_noop("%(profile)s in %(collection)s could not be refreshed. %(reason)s"),
)
STOPPED = noticing.kind(
    "profile stopped",
    gettext_noop(
        "The schedule of %(profile)s in %(collection)s was switched off: the person it worked for "
        "may no longer import there."
    ),
)


def start(profile: ImportProfile, user: Any, *, scheduled: bool = False) -> Job:
    """Have the profile's source asked now, in the name of `user`."""
    ImportProfile.objects.filter(pk=profile.pk).update(last_asked_at=timezone.now())
    options = {"scheduled": scheduled}
    return jobs.start("import refresh", profile.guid, user, profile.collection_id, options)


def start_due() -> int:
    """Start what the schedules ask for, each in its person's name; return how many."""
    found = profiles.due(timezone.now())
    for profile in found:
        if _may(profile.user, profile.collection):
            start(profile, profile.user, scheduled=True)
        else:
            _stop_schedule(profile)
    return len(found)


@work("import refresh")
def refresh_job(progress: Progress) -> dict[str, Any]:
    """Refresh from the profile whose GUID is the job's key; goes on where it was cut off."""
    job = progress.job
    profile = ImportProfile.objects.select_related("collection", "user").get(guid=job.key)
    if not _may(job.user, profile.collection):
        if job.options.get("scheduled"):
            _stop_schedule(profile)
        raise Refused(_("You may no longer import into this collection. Nothing was fetched."))
    try:
        run = refresh(profile, job.user, progress)
    except Refused as refusal:
        _tell(profile, FAILED, job.user, _page(profile), reason=str(refusal))
        raise
    return {"run": str(run.guid), "state": run.state, "waits": run.counts.get("waits", "")}


def refresh(profile: ImportProfile, user: Any, progress: Progress) -> ImportRun:
    """Bring the collection up to date; return the run, applied or left at the step it waits at.

    Called again for the same job, it goes on with the run of the first call. Raises Refused when
    the source gives no file that can be read.
    """
    if profile.kind != ImportProfile.Kind.URL or not profile.url:
        raise Refused(_("This profile has no web address. Upload a file with it instead."))
    guid = uuid.uuid5(progress.job.guid, "run")
    run = ImportRun.objects.filter(guid=guid).first() or profiles.order(profile, user, guid=guid)
    if run.state == State.UPLOADED:
        fetching.fetch(run, progress)
        progress.report(0, 0, _("Reading the file"))
        stage(run, progress)
    if run.state == State.REFUSED:
        raise Refused(run.refusal)
    if run.state == State.STAGED:
        if profiles.changed_headers(run):
            return _wait(run, "headers", user)
        imports.check(run, progress)
    if run.state == State.CHECKED:
        if why := _hesitates(run):
            return _wait(run, why, user)
        imports.apply(run, progress)
    elif run.state == State.APPLYING:
        imports.apply(run, progress)
    if run.state == State.APPLIED:
        _after(run, user, progress)
    return run


def _hesitates(run: ImportRun) -> str:
    """Return why a person has to look before anything is written, blank for no reason."""
    rows = run.counts["rows"]
    if run.counts["blocked"] > rows * MOST_BLOCKED:
        return "blocked"
    gone, there = missing(run).count(), of_source(run).count()
    _count(run, missing=gone)
    retires = run.profile is not None and run.profile.missing == Missing.RETIRE
    return "missing" if retires and gone > there * MOST_MISSING else ""


def _wait(run: ImportRun, why: str, user: Any) -> ImportRun:
    _count(run, waits=why)
    assert run.profile
    _tell(run.profile, WAITS, user, run.get_absolute_url())
    return run


def _after(run: ImportRun, user: Any, progress: Progress) -> None:
    """Look for what the source no longer has, take it out where the profile says so, tell."""
    profile = run.profile
    assert profile
    if "retired" not in run.counts:
        _count(run, missing=missing(run).count())
        if profile.missing == Missing.RETIRE:
            retire(run, user, progress)
    told = {word: run.counts.get(word, 0) for word in ("created", "updated", "missing")}
    _tell(profile, REFRESHED, user, _page(profile), **told)


# --- what the source no longer has --------------------------------------------------------------


def of_source(run: ImportRun) -> QuerySet[Occurrence]:
    """Return the records that this and earlier imports of the run's profile made.

    Those that came by transfer are none of them, nor are those that somebody typed.
    """
    made_by = ImportRun.objects.filter(pk=run.pk)
    came = Origin.objects.filter(how=Offer.How.TRANSFER)
    if run.profile_id:
        made_by = ImportRun.objects.filter(profile=run.profile_id, collection=run.collection_id)
    return Occurrence.objects.filter(
        collection=run.collection_id,
        created_by__in=made_by.exclude(change_set=None).values("change_set"),
    ).exclude(Exists(came.filter(record_guid=OuterRef("guid"))))


def missing(run: ImportRun) -> QuerySet[Occurrence]:
    """Return the records of the source that no row of this checked run means.

    A row that can't come in, or may mean several records, still means all that have its key.
    """
    if run.state not in (State.CHECKED, State.APPLYING, State.APPLIED):
        raise Refused(_("Check the rows first."))
    meant = run.outcomes.filter(target_guid=OuterRef("guid"))
    return of_source(run).exclude(Exists(meant)).exclude(_named(run))


def _named(run: ImportRun) -> Q:
    """Return what picks the records that have the key of a row without a target."""
    texts: set[str] = set()
    guids: set[uuid.UUID] = set()
    unclear = run.outcomes.filter(target_guid=None).values_list("key", "also", "candidates")
    for key, also, candidates in unclear.iterator():
        texts.update(each.partition(":")[2] for each in (key, *(also or ())))
        guids.update(uuid.UUID(each) for each in candidates or ())
    for text in texts:
        try:
            guids.add(uuid.UUID(text.lower().removeprefix("urn:uuid:")))
        except ValueError:
            continue
    return (
        Q(guid__in=guids)
        | Q(source_id__isnull=False, source_id__in=texts)
        | Q(occurrence_id__isnull=False, occurrence_id__in=texts)
        | Q(catalog_number__isnull=False, catalog_number__in=texts)
    )


@work("import retire")
def retire_job(progress: Progress) -> dict[str, Any]:
    """Take out what the source of the run whose GUID is the job's key no longer has."""
    run = ImportRun.objects.select_related("collection", "profile").get(guid=progress.job.key)
    return {"retired": retire(run, progress.job.user, progress)}


def retire(run: ImportRun, user: Any, progress: Progress | None = None) -> int:
    """Delete what the source no longer has, as one change set that can be undone.

    Returns how many records went. Called again, it goes on with the same change set. Raises
    Refused for a run that isn't applied, whose rows are forgotten, or when `user` may not.
    """
    if run.state != State.APPLIED or run.counts.get("forgotten") or not run.outcomes.exists():
        raise Refused(_("This can't be done any more. Import the source's file again first."))
    with collection_lock(run.collection_id):
        keys = list(missing(run).order_by("pk").values_list("pk", flat=True))
        change_set = _retiring(run, user, progress) if keys else None
        for at in range(0, len(keys), CHUNK):
            assert change_set
            with transaction.atomic():
                if not _may(user, run.collection):
                    raise Refused(_("You may no longer delete records here. The rest stayed."))
                gone = restoring.delete(change_set, keys[at : at + CHUNK])
                _count(run, retired=run.counts.get("retired", 0) + gone)
                change_set.counts = {"deleted": run.counts["retired"]}
                change_set.save(update_fields=["counts"])
            if progress:
                progress.report(at + gone, len(keys), _("Taking out what the source has no more"))
    if "retired" not in run.counts:
        _count(run, retired=0)
    return int(run.counts["retired"])


def _retiring(run: ImportRun, user: Any, progress: Progress | None) -> ChangeSet:
    """Return the change set that takes this run's missing records out, made if it is the first."""
    known = run.counts.get("retired_by")
    found = ChangeSet.objects.filter(guid=known).first() if known else None
    if found:
        return found
    with transaction.atomic():
        made = ChangeSet.objects.create(
            kind=ChangeSet.Kind.DELETION,
            user=user,
            collection_id=run.collection_id,
            reason=_("No longer in the source: %(source)s")
            % {"source": run.profile or run.file_name},
            job=progress.job if progress else None,
        )
        _count(run, retired_by=str(made.guid))
    return made


# --- bookkeeping --------------------------------------------------------------------------------


def _count(run: ImportRun, **found: Any) -> None:
    run.counts = {**run.counts, **found}
    run.save(update_fields=["counts"])


def _may(user: Any, collection: Collection) -> bool:
    return user is not None and Collection.objects.managed_by(user).contains(collection)


def _stop_schedule(profile: ImportProfile) -> None:
    """Switch the schedule off, and tell those who administer the collection."""
    ImportProfile.objects.filter(pk=profile.pk).update(schedule="")
    holders = Grant.objects.valid().filter(role=Role.ADMINISTRATOR, collection=profile.collection)
    people = get_user_model().objects.filter(pk__in=holders.values("user"))
    noticing.tell(people, STOPPED, _page(profile), _words(profile))


def _tell(profile: ImportProfile, kind: str, user: Any, url: str, **words: Any) -> None:
    people: Iterable[Any] = {person for person in (user, profile.user) if person is not None}
    people = [person for person in people if _may(person, profile.collection)]
    noticing.tell(people, kind, url, {**_words(profile), **words})


def _words(profile: ImportProfile) -> dict[str, str]:
    return {"profile": profile.name, "collection": profile.collection.name}


def _page(profile: ImportProfile) -> str:
    return reverse("occurrences:import_profile", args=[profile.guid])
