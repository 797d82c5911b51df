"""Files made for people to take away."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person
from journal.guids import new_guid
from journal.models import Job


class DownloadQuerySet(models.QuerySet["Download"]):
    def visible_to(self, user: Person) -> DownloadQuerySet:
        """Return a person's own downloads, of collections he still administers."""
        return self.filter(
            user_id=user.pk or 0, collection__in=Collection.objects.managed_by(user).values("pk")
        )


class Download(models.Model):
    """A file with the records of a collection, made by a job, kept in private storage."""

    class Format(models.TextChoices):
        CSV = "csv", _("CSV extract")
        DWCA = "dwca", _("Darwin Core Archive")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=4, choices=Format)
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
