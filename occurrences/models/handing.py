"""Records on their way from one collection to another: what is offered, and where it came from."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person
from journal.guids import new_guid
from journal.models import ChangeSet, Job


class SendingQuerySet(models.QuerySet["Sending"]):
    """Which sendings a person may prepare, follow, read."""

    def sent_by(self, user: Person) -> SendingQuerySet:
        """Return those of collections that `user` administers; of drafts his own."""
        managed = Collection.objects.managed_by(user).values("pk")
        others = ~Q(state=Sending.State.DRAFT) | Q(user_id=user.pk or 0)
        return self.filter(others, collection__in=managed)


class Sending(models.Model):
    """Records that somebody hands over at once, to one recipient or several, and their parcel.

    While it is a draft: `selection` says which records (`occurrences.selecting`), `wanted` who is
    to get them and how (`occurrences.sending`), and there are no offers yet.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        SENT = "sent", _("sent")

    class Kind(models.TextChoices):
        GIFT = "gift", _("Gift")
        EXCHANGE = "exchange", _("Exchange")
        DETERMINATION = "determination", _("For determination")
        PERMIT = "permit", _("Deposit under permit")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="sendings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(_("Kind"), max_length=13, choices=Kind, default=Kind.GIFT)
    message = models.TextField(_("Message"), blank=True)
    sent_on = models.DateField(_("Date sent"), null=True, blank=True)
    boxes = models.PositiveIntegerField(_("Boxes"), null=True, blank=True)
    sheets = models.PositiveIntegerField(_("Sheets"), null=True, blank=True)
    permits = models.TextField(_("Permit numbers"), blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=5, choices=State, default=State.SENT)
    selection = models.JSONField(default=dict)
    wanted = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.collection}: {self.guid}"

    def get_absolute_url(self) -> str:
        return reverse("occurrences:sending", args=[self.guid])


class PermitFileQuerySet(models.QuerySet["PermitFile"]):
    def visible_to(self, user: Person) -> PermitFileQuerySet:
        """Return those of sendings he may follow, or of which he is to receive something."""
        sent = Sending.objects.sent_by(user).values("pk")
        received = Offer.objects.received_by(user).values("sending")
        return self.filter(Q(sending__in=sent) | Q(sending__in=received))


class PermitFile(models.Model):
    """A permit that goes with a sending; for those who send it and those who receive it."""

    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, related_name="permit_files")
    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    file = models.FileField(upload_to="permits/%Y/%m/", max_length=300)
    name = models.CharField(max_length=200)

    objects = PermitFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class OfferQuerySet(models.QuerySet["Offer"]):
    """Which offers a person may read, answer, withdraw."""

    def sent_by(self, user: Person) -> OfferQuerySet:
        """Return those from collections that `user` administers."""
        return self.filter(sending__collection__in=Collection.objects.managed_by(user).values("pk"))

    def received_by(self, user: Person) -> OfferQuerySet:
        """Return those to collections that `user` administers, once they are whole."""
        managed = Collection.objects.managed_by(user).values("pk")
        return self.exclude(state=Offer.State.PREPARING).filter(collection__in=managed)

    def visible_to(self, user: Person) -> OfferQuerySet:
        """Return those he sent or is to receive."""
        managed = Collection.objects.managed_by(user).values("pk")
        whole = ~Q(state=Offer.State.PREPARING)
        return self.filter(Q(sending__collection__in=managed) | (Q(collection__in=managed) & whole))


class Offer(models.Model):
    """What one recipient is to have of a sending. Nothing moves before he accepts.

    collection None: the recipient is outside of the portal, known by `outside`, and gets a package.
    """

    class How(models.TextChoices):
        COPY = "copy", _("Copy")
        TRANSFER = "transfer", _("Transfer")

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        OPEN = "open", _("waiting for an answer")
        ANSWERED = "answered", _("answered")
        WITHDRAWN = "withdrawn", _("withdrawn")
        PACKAGE = "package", _("by package")
        EXPIRED = "expired", _("expired")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, related_name="offers")
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="offers"
    )
    outside = models.CharField(max_length=100, blank=True)
    how = models.CharField(max_length=8, choices=How)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    counts = models.JSONField(default=dict)  # waiting, accepted, declined, withdrawn, received
    reminded_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # The sender asks for what was accepted to be undone, and why.
    undo_asked_at = models.DateTimeField(null=True)
    undo_reason = models.TextField(blank=True, default="")

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_how_display()} {self.guid}"

    def get_absolute_url(self) -> str:
        return reverse("occurrences:offer", args=[self.guid])

    @property
    def number(self) -> int:
        """How many records it is about, whatever became of them."""
        return sum(self.counts.get(state, 0) for state in OfferedRecord.State.values)

    @property
    def recipient(self) -> str:
        """Who gets it: a collection's name, or what somebody outside is known by."""
        return str(self.collection or self.outside)


class OfferedRecord(models.Model):
    """One record of one offer.

    The data and the sheet arrive apart: `state` says what was decided about the data, `received_at`
    when the sheet came.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    offer = models.ForeignKey(
        Offer, on_delete=models.CASCADE, related_name="records", db_index=False
    )  # what it would find, the first constraint below finds too
    record_guid = models.UUIDField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    # As the receiver wants them on arrival.
    catalog_number = models.TextField(blank=True, default="")
    accession = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")  # why declined, or asked back
    received_at = models.DateTimeField(null=True)
    # Whether the tick that it came gave it its catalogue number too.
    numbered = models.BooleanField(default=False, db_default=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    change_set = models.ForeignKey(ChangeSet, null=True, on_delete=models.PROTECT, related_name="+")
    copy_guid = models.UUIDField(null=True)  # of an accepted copy

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "record_guid"], name="offered_once_an_offer")
        ]
        indexes = [
            models.Index(fields=["offer", "state", "id"], name="offered_by_state"),
            models.Index(fields=["record_guid"], name="offered_record"),
        ]

    def __str__(self) -> str:
        return f"{self.record_guid}: {self.state}"


class OfferEntry(models.Model):
    """What was said or done about an offer, for both sides to read."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("Asked back")
        ANSWERED = "answered", _("Answered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        UNDONE = "undone", _("Taken back")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(blank=True, max_length=5000)
    records = models.PositiveIntegerField(null=True)  # how many it was about; None: all of it
    change_set = models.ForeignKey(
        ChangeSet, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:60]}"


class Origin(models.Model):
    """Where a record came from when it was handed over.

    given: what was withheld of it then, {column: value}: whoever gave it keeps reading what he
    himself gave, and nothing that was added since.
    """

    record_guid = models.UUIDField()
    source = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    how = models.CharField(max_length=8, choices=Offer.How, default=Offer.How.TRANSFER)
    original_guid = models.UUIDField(null=True)  # of a copy
    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="+")
    given: Any = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["record_guid"], name="origin_of_record"),
            models.Index(fields=["source", "id"], name="origin_by_source"),
            models.Index(fields=["original_guid"], name="origin_of_original"),
        ]

    def __str__(self) -> str:
        return f"{self.record_guid} from {self.source_id}"


class PackageQuerySet(models.QuerySet["Package"]):
    def visible_to(self, user: Person) -> PackageQuerySet:
        """Return the finished ones of offers he sent or receives, and all that he sends."""
        sent = Offer.objects.sent_by(user).values("pk")
        received = Offer.objects.received_by(user).values("pk")
        return self.filter(Q(offer__in=sent) | Q(offer__in=received, finished_at__isnull=False))


class Package(models.Model):
    """The records of an offer as a file, made by a job, kept in private storage.

    exact: it holds the withheld places that whoever had it made may read. left_out: records that
    are wholly protected and so are in no file without them.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        DWCA = "dwca", _("Darwin Core Archive")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="packages")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    format = models.CharField(max_length=4, choices=Format)
    exact = models.BooleanField(default=False)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    file = models.FileField(upload_to="packages/%Y/%m/", max_length=300, blank=True)
    rows = models.BigIntegerField(null=True)
    left_out = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "format", "exact"], name="one_package_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} {self.guid}"
