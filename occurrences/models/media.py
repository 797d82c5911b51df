"""Images of records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Person
from journal.guids import new_guid
from occurrences.models.record import DeletedOccurrence, Occurrence, Protection, Withheld


class MediaQuerySet(models.QuerySet["Media"]):
    """Which images a person may see and change: asked of their records, as these stand now."""

    def visible_to(self, user: Person) -> MediaQuerySet:
        """Return images of records `user` may see; of a protected one for its readers alone.

        A picture of a label tells the place, so a redacted record shows none to others.
        """
        seen = Occurrence.objects.visible_to(user).filter(
            Q(protection=Protection.OPEN)
            | Q(pk__in=Withheld.objects.readable_by(user).values("occurrence"))
        )
        return self.filter(Q(record_guid__in=seen.values("guid")) | self._waiting_for(user))

    def editable_by(self, user: Person) -> MediaQuerySet:
        """Return images of records `user` may edit, and those of a record he is still typing."""
        own = Occurrence.objects.editable_by(user).values("guid")
        return self.filter(Q(record_guid__in=own) | self._waiting_for(user))

    @staticmethod
    def _waiting_for(user: Person) -> Q:
        """Want what `user` uploaded for a record that isn't saved yet."""
        of_record = {"guid": OuterRef("record_guid")}
        return (
            Q(uploaded_by_id=user.pk or 0)
            & ~Q(Exists(Occurrence.objects.filter(**of_record)))
            & ~Q(Exists(DeletedOccurrence.objects.filter(**of_record)))
        )


class Media(models.Model):
    """One image of a record: the file as it came, for editors, and what is made of it to show.

    It belongs to a record by GUID, as history does: so it stays through a transfer, and is there
    again when a deleted record comes back. Files lie in the folder that bears its own GUID.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("being prepared")
        READY = "ready", _("ready")
        FAILED = "failed", _("cannot be shown")

    class Size(models.TextChoices):
        THUMBNAIL = "thumbnail", _("thumbnail")
        WEB = "web", _("to look at")
        ORIGINAL = "original", _("as it came")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    record_guid = models.UUIDField()
    position = models.PositiveSmallIntegerField(default=0)
    file_name = models.CharField(max_length=300, blank=True)  # as it was called where it came from
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()  # pixels, upright
    height = models.PositiveIntegerField()
    size = models.BigIntegerField()  # bytes of the original
    sha256 = models.CharField(max_length=64)
    caption = models.TextField(blank=True)
    creator = models.TextField(blank=True)
    rights_holder = models.TextField(blank=True)
    license = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = MediaQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["record_guid", "position"], name="media_of_record")]

    def __str__(self) -> str:
        return self.caption or self.file_name

    def get_absolute_url(self) -> str:
        return self.address(self.Size.WEB)

    def address(self, size: str) -> str:
        """Return where one of its files is handed out."""
        return reverse("occurrences:media_file", args=[self.guid, size])

    @property
    def thumbnail_url(self) -> str:
        return self.address(self.Size.THUMBNAIL)

    @property
    def original_url(self) -> str:
        return self.address(self.Size.ORIGINAL)

    def path(self, size: str) -> str:
        """Return where in private storage the file of this size lies."""
        return f"{folder_of(self.guid)}/{size}"

    def as_row(self) -> dict[str, Any]:
        """Return the row as JSON, but for what only the database or the files know."""
        return {name: _frozen(getattr(self, name)) for name in KEPT}


def folder_of(guid: UUID) -> str:
    """Return the folder of an image's files; the last letters spread them evenly."""
    return f"media/{guid.hex[-2:]}/{guid}"


# What history holds of an image: all that a row which comes back has to have.
KEPT = (
    "guid record_guid position file_name media_type width height size sha256 caption creator "
    "rights_holder license uploaded_by_id created_at"
).split()


def _frozen(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else str(value)
