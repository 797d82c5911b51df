"""What is printed on labels: what waits for it, layouts, and what was printed when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person, is_portal_admin
from journal.guids import new_guid
from journal.models import Job


class QueuedAnnotation(models.Model):
    """A determination whose annotation label somebody wants printed.

    By GUID, so that it outlives deleting and bringing back, and has no say in either. Who may see
    it is asked of the record: one whose determination is gone just isn't there.
    """

    identification = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    queued_at = models.DateTimeField(default=timezone.now)
    printed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["queued_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["identification"],
                condition=Q(printed_at=None),
                name="queued_annotation_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.identification)


class LabelKind(models.TextChoices):
    SPECIMEN = "specimen", _("Specimen labels")
    ANNOTATION = "annotation", _("Annotation labels")


class LabelProfileQuerySet(models.QuerySet["LabelProfile"]):
    """Which layouts a person may use, and which ones change."""

    def usable_by(self, user: Person) -> LabelProfileQuerySet:
        """Return his own, those of collections he edits, and those of the portal."""
        editable = Collection.objects.editable_by(user).values("pk")
        portal = Q(owner=None, collection=None)
        return self.filter(Q(owner_id=user.pk or 0) | Q(collection__in=editable) | portal)

    def changeable_by(self, user: Person) -> LabelProfileQuerySet:
        """Return his own, those of collections he administers, for a portal admin the portal's."""
        mine = Q(owner_id=user.pk or 0)
        managed = Q(collection__in=Collection.objects.managed_by(user).values("pk"))
        portal = Q(owner=None, collection=None) if is_portal_admin(user) else Q(pk__in=[])
        return self.filter(mine | managed | portal)


class LabelProfile(models.Model):
    """A label's layout under a name: of one person, of a collection, or (neither) of the portal.

    design: what `occurrences.label_design.Design` says of itself.
    """

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=LabelKind)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="label_profiles"
    )
    design = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    objects = LabelProfileQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name", "owner", "collection"],
                nulls_distinct=False,
                name="label_profile_name_once",
            ),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(collection=None), name="label_profile_of_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabelRun(models.Model):
    """Labels that somebody lays out and prints at once.

    rows: [[guid, copies]] of records, or of determinations for annotation labels, in the order of
    printing; copies None: as the record's Dupe Count says. What stands on a label is read each
    time anew, as far as the person may read it then. problems: what doesn't fit the file.
    """

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=LabelKind, default=LabelKind.SPECIMEN)
    title = models.CharField(max_length=300, blank=True)  # what was chosen, in words
    rows = models.JSONField(default=list)
    design = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    file = models.FileField(upload_to="labels/%Y/%m/", max_length=300, blank=True)
    labels = models.PositiveIntegerField(null=True)  # in the file
    problems = models.JSONField(default=list)
    standing = models.JSONField(default=list)  # `labels.standing` when the file was made
    made_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)  # when the file was
    printed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "-id"], name="label_runs_of")]

    def __str__(self) -> str:
        return self.title or str(self.guid)

    def get_absolute_url(self) -> str:
        return reverse("occurrences:labels", args=[self.guid])


class LabelPrinted(models.Model):
    """That labels of a record were printed; it stays when the run is gone."""

    record_guid = models.UUIDField(db_index=True)
    run = models.ForeignKey(LabelRun, null=True, on_delete=models.SET_NULL, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    copies = models.PositiveIntegerField()
    printed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-printed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.record_guid}: {self.printed_at:%Y-%m-%d}"
