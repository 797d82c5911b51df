"""Requests to read exact places: one request, a decision of each collection, what was said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models.collection import Collection, Grant, Person, is_portal_admin
from journal.guids import new_guid


def _key(user: Person) -> int:
    """Return the user's key, or 0 (nobody's) for a visitor or a closed account."""
    return int(user.pk or 0) if user.is_authenticated and user.is_active else 0


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def visible_to(self, user: Person) -> AccessRequestQuerySet:
        """Return his own, those to collections he administers, all of them to portal admins."""
        if is_portal_admin(user):
            return self
        managed = Collection.objects.managed_by(user).values("pk")
        asked = AccessDecision.objects.filter(collection__in=managed).values("request")
        return self.filter(Q(by_id=_key(user)) | Q(pk__in=asked))


class AccessRequest(models.Model):
    """Somebody asks one or more collections for the exact places of protected records."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests"
    )
    project = models.CharField(_("Project"), max_length=300)
    purpose = models.TextField(_("What do you need the exact places for?"), max_length=5000)
    # What it is limited to, as in Grant.scope; {} asks for everything.
    scope = models.JSONField(default=dict, blank=True)
    since = models.DateField(_("From"), null=True, blank=True)
    until = models.DateField(_("Until"))
    file = models.FileField(upload_to="requests/%Y/%m/", max_length=300, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)  # and agreed to the terms of use

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(since=None) | Q(until__gte=F("since")),
                name="access_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("collections:access_request", args=[self.guid])


class AccessDecisionQuerySet(models.QuerySet["AccessDecision"]):
    def decidable_by(self, user: Person) -> AccessDecisionQuerySet:
        """Return those of collections `user` administers."""
        return self.filter(collection__in=Collection.objects.managed_by(user).values("pk"))

    def visible_to(self, user: Person) -> AccessDecisionQuerySet:
        """Return those about his own requests and his collections; all to portal admins."""
        if is_portal_admin(user):
            return self
        mine = Q(request__by_id=_key(user))
        return self.filter(mine | Q(pk__in=self.decidable_by(user).values("pk")))

    def waiting(self) -> AccessDecisionQuerySet:
        """Return those for which the collection has to do something."""
        return self.filter(state=AccessDecision.State.OPEN)


class AccessDecision(models.Model):
    """What one collection makes of a request. A granted one has its grant, which can end."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ASKED_BACK = "asked back", _("waits for the person")
        GRANTED = "granted", _("granted")
        DENIED = "denied", _("denied")
        WITHDRAWN = "withdrawn", _("withdrawn")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    request = models.ForeignKey(AccessRequest, on_delete=models.CASCADE, related_name="decisions")
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="access_decisions"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    waiting_since = models.DateTimeField(default=timezone.now)
    reminded_at = models.DateTimeField(null=True)
    grant = models.OneToOneField(
        Grant, null=True, on_delete=models.SET_NULL, related_name="access_decision"
    )

    objects = AccessDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["collection__name"]
        constraints = [
            models.UniqueConstraint(fields=["request", "collection"], name="one_decision_each")
        ]
        indexes = [models.Index(fields=["state", "collection"], name="access_decision_open")]

    def __str__(self) -> str:
        return f"{self.request} · {self.collection}: {self.get_state_display()}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided."""
        return self.state in (self.State.OPEN, self.State.ASKED_BACK)

    @property
    def standing(self) -> str:
        """Its state, or "expired", "revoked" or "future" where its grant has become that."""
        if self.state != self.State.GRANTED:
            return str(self.state)
        held = self.grant.state if self.grant else "revoked"
        return "granted" if held == "valid" else held

    @property
    def standing_in_words(self) -> str:
        ended = {
            "expired": _("expired"),
            "revoked": _("revoked"),
            "future": _("granted, not begun"),
        }
        return str(ended.get(self.standing, self.get_state_display()))


class AccessEntry(models.Model):
    """One thing that was said or done about a decision; entries are never changed."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("Asked")
        QUESTION = "question", _("Asked back")
        ANSWER = "answer", _("Answered")
        GRANTED = "granted", _("Granted")
        DENIED = "denied", _("Denied")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVOKED = "revoked", _("Revoked")

    decision = models.ForeignKey(AccessDecision, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=5000, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"
