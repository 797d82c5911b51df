"""Records that are sheets of one gathering, or copies of one another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences.models.record import Occurrence


class Cluster(models.Model):
    """Records of one gathering, whoever holds them; its members say which."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.guid)


class ClusterMember(models.Model):
    """One record of a cluster. A record stands in one cluster at most.

    A member that a reader may not see (`Occurrence.objects.visible_to`) isn't there for him: not
    in a list, not in a count.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="members")
    occurrence = models.OneToOneField(
        Occurrence, on_delete=models.CASCADE, related_name="cluster_member"
    )
    # Why it is here, in codes and figures that the page puts into words.
    evidence = models.JSONField(default=dict)
    change_set = models.ForeignKey(ChangeSet, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.occurrence_id} in {self.cluster_id}"


class DismissedPair(models.Model):
    """Two records of which a person said that they are no duplicates: never proposed again.

    By GUID, the smaller first, so that it outlives deleting and bringing back.
    """

    one = models.UUIDField()
    other = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    dismissed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="dismissed_pair_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="dismissed_pair_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} ≠ {self.other}"
