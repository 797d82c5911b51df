"""What people who don't edit a record say about it: corrections they suggest, and comments.

Both bear the record's GUID and no key of it, so they outlive deleting and bringing back and go
along when it changes hands.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.guids import new_guid
from journal.models import ChangeSet


class Suggestion(models.Model):
    """A correction that somebody suggests; nothing is written before a curator applies it.

    `changes` holds {column: {"old": text, "new": text}}, old as the suggester saw it. Who may read
    one: `occurrences.suggesting_edits.visible_to`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for review")
        APPLIED = "applied", _("applied")
        PARTLY = "partly", _("applied in part")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    record_guid = models.UUIDField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changes: Any = models.JSONField(default=dict)
    remark = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    applied: Any = models.JSONField(default=list)  # the columns that were taken over
    change_set = models.ForeignKey(
        ChangeSet, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["record_guid", "id"], name="suggestion_of_record"),
            models.Index(fields=["by", "made_at"], name="suggestion_by_person"),
            models.Index(fields=["id"], condition=Q(state="open"), name="suggestion_open"),
        ]

    def __str__(self) -> str:
        return f"{self.guid}: {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("occurrences:suggestion", args=[self.guid])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class Comment(models.Model):
    """A remark on a record, or a word in the talk about a suggestion; plain text.

    Who may read one: `occurrences.commenting.visible_to`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for review")
        SHOWN = "shown", _("shown")
        HIDDEN = "hidden", _("hidden")
        DELETED = "deleted", _("deleted")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    record_guid = models.UUIDField()
    suggestion = models.ForeignKey(
        Suggestion, null=True, on_delete=models.CASCADE, related_name="talk"
    )
    answers = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    is_for_curators = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    # A curator has looked at it: it can't be reported away any more.
    reviewed_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["record_guid", "id"], name="comment_of_record"),
            models.Index(fields=["by", "made_at"], name="comment_by_person"),
            models.Index(fields=["id"], condition=Q(state="waiting"), name="comment_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.guid}: {self.state}"
