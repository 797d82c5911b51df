"""What waits to be printed on labels."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


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
