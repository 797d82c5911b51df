"""Files made for people to take away."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Grant, Person
from journal.guids import new_guid
from journal.models import Change, Job
from occurrences.models.handing import Offer


class DownloadQuerySet(models.QuerySet["Download"]):
    def visible_to(self, user: Person) -> DownloadQuerySet:
        """Return a person's own downloads: backups of collections he still administers, and exact
        places while every grant they were made by stands as it stood then.
        """
        exact = Q(format=Download.Format.EXACT)
        managed = Q(collection__in=Collection.objects.managed_by(user).values("pk"))
        visible = Q(collection__in=Collection.objects.visible_to(user).values("pk"))
        made_by = DownloadLog.grants.through.objects.filter(downloadlog__download=OuterRef("pk"))
        altered = Change.objects.filter(
            record_guid=OuterRef("grant__guid"),
            change_set__made_at__gt=OuterRef("downloadlog__started_at"),
        )
        valid = Q(grant__in=Grant.objects.valid().values("pk"))
        void = made_by.filter(~valid | Exists(altered))
        return self.filter(
            (~exact & managed) | (exact & visible & Exists(made_by) & ~Exists(void)),
            user_id=user.pk or 0,
        )


class Download(models.Model):
    """A file with the records of a collection, made by a job, kept in private storage."""

    class Format(models.TextChoices):
        CSV = "csv", _("CSV extract")
        DWCA = "dwca", _("Darwin Core Archive")
        EXACT = "exact", _("Exact places")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=5, choices=Format)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    file = models.FileField(upload_to="downloads/%Y/%m/", max_length=300, blank=True)
    rows = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_format_display()} {self.guid}"

    def get_absolute_url(self) -> str:
        return reverse("occurrences:download", args=[self.guid])


class DownloadLog(models.Model):
    """That somebody took exact places away by a grant; it stays when the file is gone.

    `guid` is the identifier that the file carries.
    """

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    download = models.OneToOneField(
        Download, null=True, on_delete=models.SET_NULL, related_name="log"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    grants = models.ManyToManyField(Grant, related_name="exact_downloads")
    purpose = models.TextField(_("What for"), max_length=2000)
    started_at = models.DateTimeField(default=timezone.now)
    records = models.BigIntegerField(null=True)  # with exact places in the file
    fetched = models.PositiveIntegerField(default=0)  # how often the file was handed out
    fetched_at = models.DateTimeField(null=True)  # the last time

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["collection", "-id"], name="exact_downloads_of")]

    def __str__(self) -> str:
        return f"{self.guid}: {self.user}"


class Transmittal(models.Model):
    """The packing list of an offer as one of its people had it made, when a job had to make it.

    It shows what he could see then; `occurrences.transmitting` asks before it is handed out.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="transmittals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    file = models.FileField(upload_to="transmittals/%Y/%m/", max_length=300, blank=True)
    standing = models.JSONField(default=dict)  # `transmitting.standing` when the file was made
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "user"], name="transmittal_once_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.offer}: {self.user}"
