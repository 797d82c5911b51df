"""How somebody likes to work in the editor."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EditorHabits(models.Model):
    """What the editor remembers of one person, on every device he signs in from."""

    class After(models.TextChoices):
        """Where saving leads."""

        STAY = "stay", _("Stay on this record")
        NEW = "new", _("Go to a new record")
        CARRY = "carry", _("Go to a new record, carry over")
        NEXT = "next", _("Go to the next record of the search")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    after_adding = models.CharField(max_length=5, choices=After, default=After.NEW)
    after_editing = models.CharField(max_length=5, choices=After, default=After.STAY)
    sticky = models.JSONField(default=list)  # columns that every new record takes from the last
    table_columns = models.JSONField(default=list)  # of the table of records, in their order
    uses_keys = models.BooleanField(default=True)
    searches_duplicates = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"Habits of {self.person_id}"
