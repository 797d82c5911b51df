"""The person who signs in, and what is kept about the account: mails, events, invitations."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.guids import new_guid


class People(UserManager["User"]):
    """Keeps e-mail addresses in lower case, as allauth looks them up."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()


class NoticeMails(models.TextChoices):
    """When a person's notices are mailed as well."""

    AT_ONCE = "at once", _("each at once")
    DAILY = "daily", _("together, once a day")
    NEVER = "never", _("never")


class User(AbstractUser):
    """A person with an account. User name and e-mail address are unique whatever their case."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    orcid = models.CharField(_("ORCID"), max_length=19, blank=True)
    institution = models.CharField(_("Institution"), max_length=200, blank=True)
    is_public = models.BooleanField(_("My profile is public"), default=False)
    notice_mails = models.CharField(
        _("Mail about notices"), max_length=8, choices=NoticeMails, default=NoticeMails.NEVER
    )
    left_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[People] = People()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_once",
                violation_error_message=_("There is a user of this name already."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_once",
                violation_error_message=_("There is a user with this e-mail address already."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_absolute_url(self) -> str:
        return reverse("accounts:person", args=[self.guid])


class SentMail(models.Model):
    """That a mail was handed to the mail server, or why not; what it said in a demo only."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    recipient = models.EmailField(max_length=254)
    kind = models.CharField(max_length=80, blank=True)  # its template: "account/email/…"
    subject = models.CharField(max_length=300)
    error = models.CharField(max_length=300, blank=True)  # "" = the server took it
    body = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["recipient", "-id"], name="mail_to_recipient")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"


class AccountEvent(models.Model):
    """What was done to an account, by its person or by the help desk, and why."""

    class Kind(models.TextChoices):
        REGISTERED = "registered", _("registered")
        CONFIRMED = "confirmed", _("confirmed the e-mail address")
        PASSWORD = "password", _("changed the password")
        RESET = "reset", _("set a new password by a link")
        EMAIL = "email", _("changed the e-mail address")
        USER_NAME = "user name", _("changed the user name")
        SECOND_FACTOR = "second factor", _("changed the second factors")
        GUESSING = "guessing", _("many wrong passwords")
        MAIL = "mail", _("had a mail sent again")
        LINK = "link", _("made a one-time link")
        INVITED = "invited", _("invited")
        ACTING = "acting", _("signed in as this person")
        LEFT = "left", _("deleted the account")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="events"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    # Who did it: the person (null), or somebody of the help desk.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)  # of signing in as somebody: its end
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["person", "-id"], name="event_of_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.kind}"

    @property
    def words(self) -> str:
        """What changed, in words: "old → new" where both are known."""
        old, new = self.detail.get("old", ""), self.detail.get("new", "")
        return f"{old} → {new}" if old or new else str(self.detail.get("note", ""))


class Invitation(models.Model):
    """A portal admin's word that somebody may register with this address."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    email = models.EmailField(_("E-mail address"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField(_("Reason"), blank=True)
    at = models.DateTimeField(default=timezone.now)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.email


class Notice(models.Model):
    """That something happened which concerns a person: `accounts.noticing` makes and words it."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=80)
    url = models.CharField(max_length=500)  # a path of this site, where it is to be seen
    words: Any = models.JSONField(default=dict)  # what the kind's sentence is filled with
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_of_person"),
            models.Index(
                fields=["person"], condition=models.Q(read_at=None), name="notice_not_read"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.person}"


class WrongGuess(models.Model):
    """How often a password was wrong lately, for one account from one place (guessing.py)."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.PositiveIntegerField(default=1)
    wait_until = models.DateTimeField(default=timezone.now)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.times} wrong"


def note(
    person: Any, kind: str, *, by: Any = None, reason: str = "", **detail: Any
) -> AccountEvent:
    """Keep that something was done to an account, and return the row."""
    return AccountEvent.objects.create(
        person=person, kind=kind, by=by, reason=reason, detail=detail
    )
