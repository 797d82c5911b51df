"""Searches of the editor that somebody keeps by name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person
from journal.guids import new_guid


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, user: Person) -> SavedSearchQuerySet:
        """Return a person's own searches, and those in one collection that he edits too."""
        if not user.is_authenticated:
            return self.none()
        editable = Collection.objects.editable_by(user).values("pk")
        return self.filter(Q(person=user.pk) | Q(collection__in=editable))


class SavedSearch(models.Model):
    """A record search under a name. Its query string is the whole of it.

    One in a single collection can be opened by everybody who edits that collection; what it finds
    is asked anew, for whoever opens it.
    """

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(_("Name"), max_length=100)
    query = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="saved_search_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("occurrences:saved_search", args=[self.guid])
