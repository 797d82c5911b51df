"""Tables of what was done (ChangeSet, Change) and what is being done (Job)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.guids import new_guid


class Job(models.Model):
    """A piece of long work. This row is the truth; the broker only wakes a worker for it.

    kind names the registered function, key what it works on (a GUID as text). At most one
    unfinished job exists for a kind and key. `lease_until` is pushed on by the worker that holds
    the job; past it, any worker may take the job up again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    UNFINISHED = (State.QUEUED, State.RUNNING)

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Plain number: collections live in an app above this one.
    collection_id = models.BigIntegerField(null=True)
    options = models.JSONField(default=dict)  # what was asked for, beyond the key
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    holder = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["queued", "running"]),
                name="job_one_unfinished",
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_lease")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def can_cancel(self) -> bool:
        return not self.is_finished and not self.cancel_requested

    @property
    def percent(self) -> int | None:
        """Whole percent done, or None while the total is unknown."""
        if self.state == self.State.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def rate(self) -> float | None:
        """Units a second since the work was (last) started, or None when nothing is done."""
        if not self.started_at or not self.done:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return self.done / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> int | None:
        """Seconds to the end at the present rate, or None when it can't be told."""
        rate = self.rate
        if self.is_finished or not rate or not self.total:
            return None
        return round((self.total - self.done) / rate)


class ChangeSet(models.Model):
    """One thing somebody did, whole: it can be read as one line and undone as one."""

    class Kind(models.TextChoices):
        EDIT = "edit", _("Edit")
        BATCH_EDIT = "batch edit", _("Batch edit")
        IMPORT = "import", _("Import")
        TRANSFER = "transfer", _("Transfer")
        MERGE = "merge", _("Merge")
        LINKING = "linking", _("Linking of duplicates")
        CLEANING = "cleaning", _("Cleaning")
        DELETION = "deletion", _("Deletion")
        TAXON_EDIT = "taxon edit", _("Taxon edit")
        GRANT = "grant", _("Permission")
        METADATA = "metadata", _("Metadata")
        UNDO = "undo", _("Undo")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    collection_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="change_sets")
    undoes = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    # Of an undo: what was left alone because it has changed since, [{record, fields}].
    conflicts = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["collection_id", "id"], name="change_set_in_collection"),
            # Who has changed anything in a collection.
            models.Index(fields=["collection_id", "user"], name="change_set_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.guid}"


class Change(models.Model):
    """What one change set did to one row: only the fields that differ.

    before null: the row was created; after null: it was deleted, and `before` holds it whole.
    A created row may do without a Change when it names its change set itself. The withheld
    halves hold values of a protected record and are shown only to who may read its place now.
    """

    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    collection_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=20)
    row_guid = models.UUIDField()
    # The record a child row belongs to, or the row itself: a record's history is one query.
    record_guid = models.UUIDField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    withheld_before = models.JSONField(null=True)
    withheld_after = models.JSONField(null=True)

    class Meta:
        indexes = [
            # It finds the changes of a set whatever their kind, so the key needs no other.
            models.Index(fields=["change_set", "kind", "id"], name="change_of_set"),
            models.Index(fields=["record_guid", "id"], name="change_of_record"),
            # By which a collection's edits are listed, the latest first.
            models.Index(fields=["collection_id", "id"], name="change_in_collection"),
            # The few that are about no record: roles, places, links. Lists leave them out.
            models.Index(
                fields=["kind", "change_set"],
                condition=~Q(kind__in=["occurrence", "identification"]),
                name="change_of_other_kinds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_guid}"
