"""Names as they stand on records."""

from __future__ import annotations

from django.db import models


class Name(models.Model):
    """One distinct name, as written, with its authorship and context, shared by all records.

    Matching, re-matching and name-based protection touch these rows, not the records. `context`
    is the kingdom or nomenclatural code the record gives, blank where it gives none; blanks are
    "" so that the same name is one row.
    """

    scientific_name = models.TextField()
    authorship = models.TextField(default="", blank=True)
    context = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scientific_name", "authorship", "context"], name="name_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scientific_name} {self.authorship}".strip()
