"""A file on its way into a collection."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person
from journal.guids import new_guid
from journal.models import ChangeSet


class Mode(models.TextChoices):
    """What becomes of a row whose record is already here."""

    FILL = "fill", _("Fill blank fields only")
    UPDATE = "update", _("Update the columns of the file; blank leaves")
    REPLACE = "replace", _("Replace; blank erases")
    COPIES = "copies", _("Import as copies: new records, linked to those they were copied from")


class ImportProfileQuerySet(models.QuerySet["ImportProfile"]):
    def managed_by(self, user: Person) -> ImportProfileQuerySet:
        """Return the profiles of collections that `user` administers."""
        return self.filter(collection__in=Collection.objects.managed_by(user).values("pk"))


class ImportProfile(models.Model):
    """How files of one source come into a collection, said once."""

    class Kind(models.TextChoices):
        FILE = "file", _("a file that somebody uploads")
        URL = "url", _("an archive at a web address")

    class Schedule(models.TextChoices):
        BY_HAND = "", _("by hand")
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")

    class Missing(models.TextChoices):
        LEAVE = "leave", _("stay, and are listed")
        RETIRE = "retire", _("are taken out; that can be undone")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="import_profiles"
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.FILE)
    url = models.URLField(max_length=2000, blank=True)
    # As ImportRun's fields of the same names.
    brings = models.CharField(max_length=15, default="records")
    mapping = models.JSONField(default=list)
    constants = models.JSONField(default=dict)
    reading = models.JSONField(default=dict)
    keys = models.JSONField(default=list)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.UPDATE)
    schedule = models.CharField(max_length=7, choices=Schedule, blank=True, default="")
    # What becomes of records of this source that a later file no longer holds.
    missing = models.CharField(max_length=6, choices=Missing, default=Missing.LEAVE)
    # In whose name the schedule works; whoever may no longer import here stops it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_asked_at = models.DateTimeField(null=True)

    objects = ImportProfileQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], name="import_profile_named_once")
        ]

    def __str__(self) -> str:
        return self.name


class WhenChanged(models.TextChoices):
    """What becomes of a record that somebody has changed since the check."""

    ASK = "", _("is a conflict to decide")
    FILE = "file", _("the file wins")
    RECORD = "record", _("the record stays")


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def visible_to(self, user: Person) -> ImportRunQuerySet:
        """Return the runs of collections that `user` administers, and those he is to look through.

        Nobody else sees a file: it may tell exact places.
        """
        mine = Q(collection__in=Collection.objects.managed_by(user).values("pk"))
        return self.filter(mine | Q(reviewer=user.pk)) if user.pk else self.none()

    def managed_by(self, user: Person) -> ImportRunQuerySet:
        """Return the runs of collections that `user` administers: he may apply and undo them."""
        return self.filter(collection__in=Collection.objects.managed_by(user).values("pk"))


class ImportRun(models.Model):
    """One upload, from the file to the receipt."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        STAGED = "staged", _("read")
        CHECKED = "checked", _("checked")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused")
        UNDONE = "undone", _("undone")
        DISCARDED = "discarded", _("discarded")

    Mode = Mode
    WhenChanged = WhenChanged

    class Brings(models.TextChoices):
        RECORDS = "records", _("records")
        DETERMINATIONS = "determinations", _("determinations of records that are here")
        IDENTIFIERS = "identifiers", _("numbers of records that are here")
        ASSOCIATIONS = "associations", _("associations of records that are here")
        MEASUREMENTS = "measurements", _("measurements of records that are here")

    class Key(models.TextChoices):
        OCCURRENCE_ID = "occurrenceID", _("Occurrence ID")
        GUID = "guid", _("GUID that this portal gave the record")
        CATALOG_NUMBER = "catalogNumber", _("Catalog Number")
        OTHER_NUMBERS = "otherCatalogNumbers", _("Additional identifiers")
        SOURCE_ID = "sourceID", _("Key of the source")
        CONTENT = "content", _("Content of the row")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="import_runs")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=300)
    file_name = models.CharField(max_length=300)
    file_size = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    # What the reader found: kind, encoding, delimiter, tables [{file, row_type, headers, constants,
    # rows, samples}], issues.
    source = models.JSONField(default=dict)
    # What a person decided about reading the file: {encoding, delimiter, header, sheet,
    # repair, decimal_comma {column: bool}, day_first {column: bool}}; absent: as detected.
    reading = models.JSONField(default=dict)
    brings = models.CharField(max_length=15, choices=Brings, default=Brings.RECORDS)
    # One entry a core column: {"column": header, "term": target of occurrences.mapping, "" for
    # unmapped}.
    mapping = models.JSONField(default=list)
    constants = models.JSONField(default=dict)  # {term: text} that every row of the file says
    # Cells as mended in the review: [{"at": column, "from": text, "to": text, "row": number or
    # null for all rows with that text}].
    fixes = models.JSONField(default=list)
    profile = models.ForeignKey(
        ImportProfile, null=True, on_delete=models.SET_NULL, related_name="runs"
    )
    origin = models.URLField(max_length=2000, blank=True)  # where the file was fetched from
    # Somebody asked to look through the review, and to decide what stands there.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # What a row is recognised by, the first that counts first: Key, or "identifier:TAG".
    keys = models.JSONField(default=list)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.UPDATE)
    # What becomes of a record that somebody has changed since the check.
    when_changed = models.CharField(max_length=6, choices=WhenChanged, blank=True, default="")
    interpreter = models.CharField(max_length=40, blank=True)
    # rows, created, updated, unchanged, blocked, conflict, excluded, issues {code: n},
    # extensions {row type: {rows, kept, orphans}}, seconds {stage, check, apply}, copies: rows
    # of other collections' records, where all that name a record are such.
    counts = models.JSONField(default=dict)
    refusal = models.TextField(blank=True)
    change_set = models.ForeignKey(ChangeSet, null=True, on_delete=models.PROTECT)
    # The last row that is through: moved on in the transaction of the rows it counts.
    applied_to = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("occurrences:import", args=[self.guid])

    @property
    def key(self) -> str:
        """What a row is recognised by first; blank until the file was read."""
        return self.keys[0] if self.keys else ""

    @key.setter
    def key(self, key: str) -> None:
        self.keys = [key] if key else []


class ImportRow(models.Model):
    """One row of the file as it was read; nothing changes it afterwards.

    number counts the rows of the run from 1 over all tables, the core's first; table 0 is the
    core. The run's foreign keys carry no constraint: one check a row would cost more than the row.
    """

    run = models.ForeignKey(
        ImportRun,
        on_delete=models.CASCADE,
        related_name="rows",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveIntegerField()
    table = models.PositiveSmallIntegerField(default=0)
    line = models.PositiveIntegerField()
    core_id = models.TextField(null=True)  # noqa: DJ001  no id is not a blank one
    cells = models.TextField()  # JSON array of text
    row_hash = models.UUIDField()
    # 2 for the second core row with the very same cells.
    repetition = models.PositiveIntegerField(default=1)
    issues = models.JSONField(null=True)  # [[code, term, value]] found while reading

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [
            models.Index(
                fields=["run", "core_id"], condition=Q(table__gt=0), name="import_row_of_core"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: line {self.line}"


class ImportOutcome(models.Model):
    """What is to become of one core row, and after applying what became of it.

    The draft is not stored (building it again is cheaper): only the record meant, and what
    differs.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("new")
        UPDATE = "update", _("changed")
        SAME = "same", _("unchanged")
        CONFLICT = "conflict", _("conflict")
        BLOCKED = "blocked", _("not imported")
        EXCLUDED = "excluded", _("left out")

    class Choice(models.TextChoices):
        """What a person may decide about a row, besides which record it means."""

        FIRST = "first", _("Take the record that the first key names")
        NEW = "new", _("Make a new record")
        OUT = "out", _("Leave the row out")
        FILE = "file", _("The file wins")
        RECORD = "record", _("The record stays")

    run = models.ForeignKey(
        ImportRun,
        on_delete=models.CASCADE,
        related_name="outcomes",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=Action)
    key = models.TextField()  # what the row is recognised by, after normalising
    target_guid = models.UUIDField(null=True)  # the record meant, or the GUID to be given
    target_version = models.PositiveIntegerField(null=True)
    issues = models.JSONField(null=True)  # [[code, term, value]]
    differences: Any = models.JSONField(null=True)  # {column: [old, new]} of an update
    # Why blocked or in conflict, in words; NULL costs nothing in a million rows.
    reason = models.TextField(null=True)  # noqa: DJ001
    # The other keys of the row, as `key`, where it has several.
    also: Any = models.JSONField(null=True)
    # Of a conflict: the GUIDs of the records it may mean, those of the first key first.
    candidates: Any = models.JSONField(null=True)
    # What a person decided: Choice, or the GUID of the record meant.
    decision = models.TextField(null=True)  # noqa: DJ001
    # True while a row that was decided after the others were written waits to be written.
    late = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_outcome_once")
        ]
        indexes = [
            models.Index(fields=["run", "action", "number"], name="import_outcome_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: line {self.line}: {self.action}"
