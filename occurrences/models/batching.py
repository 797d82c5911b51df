"""Work on many records at once, as somebody prepared it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.guids import new_guid
from journal.models import Job


class Batch(models.Model):
    """What one person wants done to many records: prepared, looked at, then done by a job.

    Its own person's alone. selection: which records (`occurrences.selecting`). wanted: what is to
    be done, by its kind. reached: {collection id: {"change_set": id, "last": key of the last record
    that is through}} of a job that has begun, so that one that was cut off goes on.
    """

    class Kind(models.TextChoices):
        EDIT = "edit", _("Batch edit")
        GEOREFERENCE = "georeference", _("Batch georeference")
        DETERMINE = "determine", _("Batch determinations")
        DELETE = "delete", _("Batch delete")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    selection = models.JSONField(default=dict)
    wanted = models.JSONField(default=dict)
    reached = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.guid}"
