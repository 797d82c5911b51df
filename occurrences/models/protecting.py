"""Which taxa are protected, where, and by whose list."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Person
from journal.guids import new_guid
from occurrences.models.record import Protection
from taxonomy.models import Taxon


class ProtectionListQuerySet(models.QuerySet["ProtectionList"]):
    def kept_by(self, user: Person) -> ProtectionListQuerySet:
        """Return the lists whose rules `user` may change: all as their admin, else his own."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("occurrences.change_protection_rule"):  # type: ignore[union-attr]
            return self.all()
        return self.filter(keepers=user.pk)


class ProtectionList(models.Model):
    """Taxa protected in one place, or (country and state blank) in the whole portal."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    title = models.CharField(_("Title"), max_length=200, unique=True)
    country = models.CharField(_("Country"), max_length=100, blank=True, default="")
    state_province = models.CharField(_("State/Province"), max_length=150, blank=True, default="")
    authority = models.CharField(_("Whose list"), max_length=250, blank=True, default="")
    url = models.URLField(_("Web page"), max_length=500, blank=True, default="")
    remarks = models.TextField(_("Notes"), blank=True, default="")
    keepers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="protection_lists"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProtectionListQuerySet.as_manager()

    class Meta:
        ordering = ["country", "state_province", "title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state_province="") | ~Q(country=""), name="protection_list_country"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def place(self) -> str:
        """Where it holds, in words; blank for the whole portal."""
        return ", ".join(filter(None, (self.state_province, self.country)))


class ProtectionRule(models.Model):
    """One protected taxon of a list: all beneath it, its synonyms and its unlinked spellings.

    A rule decides from the moment it is committed. While it is `pending`, or `ending`, a job
    brings the records in line. Rows stay when a rule has ended: they are its history.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being applied")
        ACTIVE = "active", _("in force")
        ENDING = "ending", _("being removed")
        ENDED = "ended", _("removed")

    LEVELS = [
        (Protection.PLACE.value, _("Place hidden")),
        (Protection.CELL.value, _("Place reduced to a 0.1° cell")),
    ]

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    list = models.ForeignKey(ProtectionList, on_delete=models.PROTECT, related_name="rules")
    taxon = models.ForeignKey(Taxon, on_delete=models.PROTECT, related_name="+")
    level = models.SmallIntegerField(
        _("What is hidden"), choices=LEVELS, default=Protection.PLACE.value
    )
    cultivated_too = models.BooleanField(_("Cultivated and captive ones too"), default=False)
    reason = models.CharField(_("Reason"), max_length=250, blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    DECIDING = (State.PENDING, State.ACTIVE)

    class Meta:
        ordering = ["list", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "taxon"],
                condition=Q(state__in=["pending", "active"]),
                name="protection_rule_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.taxon} ({self.list})"
