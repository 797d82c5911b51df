"""Institutions, collections, their contacts, places, and who may do what (one place for rights).

A right is a queryset method that answers "which rows?"; yes or no is its `exists()`. Grants are
the only source and are checked by date in the query, so an expired one is void without a job.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.guids import new_guid
from journal.models import ChangeSet, Job

Person = AbstractBaseUser | AnonymousUser | Any


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    EDITOR = "editor", _("Editor")
    PROTECTED_DATA_READER = "protected data reader", _("Protected data reader")
    IDENTIFIER = "identifier", _("Identifier")
    PORTAL_ADMIN = "portal admin", _("Portal administrator")
    TAXONOMY_EDITOR = "taxonomy editor", _("Taxonomy editor")
    PROTECTED_SPECIES_ADMIN = "protected species admin", _("Protected species administrator")


class Institution(models.Model):
    """The museum, herbarium or university that keeps collections; its address is shared."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    code = models.CharField(_("Institution Code"), max_length=45, unique=True)
    name = models.CharField(_("Name"), max_length=150)
    institution_id = models.CharField(_("Institution ID"), max_length=255, blank=True)
    address = models.TextField(_("Address"), blank=True)
    city = models.CharField(_("City"), max_length=100, blank=True)
    state_province = models.CharField(_("State/Province"), max_length=100, blank=True)
    postal_code = models.CharField(_("Postal code"), max_length=20, blank=True)
    country = models.CharField(_("Country"), max_length=100, blank=True)
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    url = models.URLField(_("Web page"), max_length=500, blank=True)
    notes = models.TextField(_("Notes"), blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Who may do what in which collections."""

    def visible_to(self, user: Person) -> CollectionQuerySet:
        """Return the public ones, and the private ones in which `user` holds a grant."""
        return self.filter(Q(is_public=True) | Q(pk__in=_granted(user, *COLLECTION_ROLES)))

    def editable_by(self, user: Person) -> CollectionQuerySet:
        """Return those whose records `user` may edit."""
        return self.filter(pk__in=_granted(user, Role.ADMINISTRATOR, Role.EDITOR))

    def managed_by(self, user: Person) -> CollectionQuerySet:
        """Return those `user` administers: imports, members, metadata, deleting, backups."""
        return self.filter(pk__in=_granted(user, Role.ADMINISTRATOR))

    def staffed_by(self, user: Person) -> CollectionQuerySet:
        """Return those in which `user` may give and take roles: his own, all as portal admin."""
        return self if is_portal_admin(user) else self.managed_by(user)

    def identifiable_by(self, user: Person) -> CollectionQuerySet:
        """Return those to all of whose records `user` may add determinations."""
        roles = (Role.ADMINISTRATOR, Role.EDITOR, Role.IDENTIFIER)
        return self.filter(pk__in=_granted(user, *roles))

    def places_readable_by(self, user: Person) -> CollectionQuerySet:
        """Return those all of whose place-protected records `user` may read exactly."""
        roles = (Role.ADMINISTRATOR, Role.EDITOR, Role.PROTECTED_DATA_READER)
        portal_wide = Grant.objects.valid().filter(
            user_id=_id_of(user), role=Role.PROTECTED_DATA_READER, collection=None, scope={}
        )
        return self.filter(Q(pk__in=_granted(user, *roles)) | Q(models.Exists(portal_wide)))


COLLECTION_ROLES = (
    Role.ADMINISTRATOR,
    Role.EDITOR,
    Role.PROTECTED_DATA_READER,
    Role.IDENTIFIER,
)
PORTAL_ROLES = (
    Role.PORTAL_ADMIN,
    Role.TAXONOMY_EDITOR,
    Role.PROTECTED_SPECIES_ADMIN,
    Role.PROTECTED_DATA_READER,
)
# Roles that may be limited to taxa and places.
SCOPED_ROLES = (Role.PROTECTED_DATA_READER, Role.IDENTIFIER)


def _id_of(user: Person) -> int:
    """Return the user's key, or 0 (nobody's) for a visitor or a closed account."""
    return int(user.pk or 0) if user.is_authenticated and user.is_active else 0


def _granted(user: Person, *roles: str) -> models.QuerySet[Any]:
    """Return the ids of the collections in which `user` now holds one of `roles`, unscoped."""
    return (
        Grant.objects.valid()
        .filter(user_id=_id_of(user), role__in=roles, collection__isnull=False, scope={})
        .values("collection_id")
    )


class Collection(models.Model):
    """A set of records kept by one institution, or the records of one person (`personal`)."""

    class Type(models.TextChoices):
        PRESERVED = "preserved", _("Preserved Specimens")
        FOSSIL = "fossil", _("Fossil Specimens")
        OBSERVATION = "observation", _("Observations")
        PERSONAL = "personal", _("Personal Observations")

    class Management(models.TextChoices):
        LIVE = "live", _("Live Data")
        SNAPSHOT = "snapshot", _("Snapshot")
        AGGREGATE = "aggregate", _("Aggregate")

    class GuidSource(models.TextChoices):
        PROVIDER = "occurrenceID", _("Occurrence ID of the provider")
        CATALOG_NUMBER = "catalogNumber", _("Catalog Number")
        PORTAL = "portal", _("GUID made by this portal")
        NONE = "none", _("Not defined")

    LICENSES = [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0 (Public domain)"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0 (Attribution)"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0 (Non-commercial)"),
        (
            "https://creativecommons.org/licenses/by-nc-sa/4.0/",
            "CC BY-NC-SA 4.0 (Non-commercial, share alike)",
        ),
    ]
    BASIS_OF_RECORD = {
        Type.PRESERVED: "PreservedSpecimen",
        Type.FOSSIL: "FossilSpecimen",
        Type.OBSERVATION: "HumanObservation",
        Type.PERSONAL: "HumanObservation",
    }

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    code = models.CharField(_("Code"), max_length=92, unique=True)
    institution = models.ForeignKey(
        Institution, null=True, blank=True, on_delete=models.PROTECT, related_name="collections"
    )
    institution_code = models.CharField(_("Institution Code"), max_length=45)
    collection_code = models.CharField(_("Collection Code"), max_length=45, blank=True)
    name = models.CharField(_("Collection Name"), max_length=150)
    type = models.CharField(_("Type"), max_length=12, choices=Type, default=Type.PRESERVED)
    management = models.CharField(
        _("Management"), max_length=10, choices=Management, default=Management.LIVE
    )
    guid_source = models.CharField(
        _("GUID source"), max_length=14, choices=GuidSource, default=GuidSource.PORTAL
    )
    is_public = models.BooleanField(_("Public"), default=True)
    public_edits = models.BooleanField(_("Public edits"), default=False)
    description = models.TextField(_("Description"), blank=True)
    links = models.JSONField(_("Links"), default=list, blank=True)  # [{"title": …, "url": …}]
    category = models.CharField(_("Category"), max_length=75, blank=True)
    latitude = models.DecimalField(
        _("Latitude"), max_digits=8, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("Longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    license = models.URLField(_("License"), choices=LICENSES, default=LICENSES[0][0])
    rights_holder = models.CharField(_("Rights Holder"), max_length=250, blank=True)
    access_rights = models.CharField(_("Access Rights"), max_length=500, blank=True)
    usage_term = models.CharField(_("Usage Term"), max_length=250, blank=True)
    bibliographic_citation = models.TextField(_("Citation"), blank=True)
    grscicoll_id = models.CharField(_("Collection ID"), max_length=255, blank=True)
    dataset_id = models.CharField(_("Dataset ID"), max_length=255, blank=True)
    dataset_name = models.CharField(_("Dataset Name"), max_length=255, blank=True)
    source_record_url = models.CharField(_("Source Record URL"), max_length=500, blank=True)
    # What others may send here; asked through `biocollections.accepting`.
    accepts_transfers = models.BooleanField(_("Transfers: the record moves here"), default=True)
    accepts_copies = models.BooleanField(_("Copies: the sender keeps the record"), default=True)
    accepts_files = models.BooleanField(_("Files: packages to import"), default=True)
    accepting_how = models.TextField(_("How to send"), max_length=2000, blank=True)
    accepting_contact = models.CharField(_("Whom to ask"), max_length=300, blank=True)
    # New ones are wholly protected unless whoever brings them says otherwise.
    private_records = models.BooleanField(_("New records are private"), default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(latitude=None) & Q(longitude=None))
                | (
                    Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                    & Q(latitude__isnull=False, longitude__isnull=False)
                ),
                name="collection_point_whole",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("collections:profile", args=[self.guid])

    @property
    def basis_of_record(self) -> str:
        """The basis of record of its records that state none."""
        return self.BASIS_OF_RECORD[self.Type(self.type)]


class Contact(models.Model):
    """A person to write to about a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="contacts")
    first_name = models.CharField(_("First name"), max_length=100, blank=True)
    last_name = models.CharField(_("Last name"), max_length=100)
    role = models.CharField(_("Role"), max_length=100, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    orcid = models.CharField(_("ORCID"), max_length=19, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class GrantQuerySet(models.QuerySet["Grant"]):
    def valid(self) -> GrantQuerySet:
        """Return those in force now."""
        now = timezone.now()
        return self.filter(
            Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now, revoked_at=None
        )

    def grantable_by(self, user: Person) -> GrantQuerySet:
        """Return those `user` may change and revoke, whether in force or not."""
        if is_portal_admin(user):
            return self
        return self.filter(collection__in=Collection.objects.managed_by(user).values("pk"))

    def reading(self, user: Person, collection: Collection) -> GrantQuerySet:
        """Return the valid ones by which `user` reads exact places there, limited or not."""
        mine = self.valid().filter(user_id=_id_of(user), role=Role.PROTECTED_DATA_READER)
        return mine.filter(Q(collection=collection) | Q(collection=None))

    def granted_within_scope(self, user: Person, *roles: str) -> GrantQuerySet:
        """Return the valid grants of `roles` that give `user` a right over some records only.

        No other method counts them. Whoever asks about records narrows by each one's `scope`, all
        of whose parts must hold: taxa (names; synonyms and what is below them follow), countries
        and states (codes of `biocollections.places`: "MX", "MX-SON"). collection null is all.
        """
        mine = self.valid().filter(user_id=_id_of(user), role__in=roles)
        return mine.exclude(scope={}).select_related("collection")


class Grant(models.Model):
    """A role somebody gave a person, in a collection or (collection null) portal-wide.

    Made and changed by `biocollections.granting` alone; a row is never deleted, so it is history.
    """

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants"
    )
    role = models.CharField(max_length=30, choices=Role)
    collection = models.ForeignKey(
        Collection, null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField(blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # {"taxa": […], "countries": […], "states": […]}: what it is limited to; {} is no limit. A
    # limited grant gives none of the unlimited rights.
    scope = models.JSONField(default=dict, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(collection__isnull=False)
                | Q(
                    role__in=[
                        "portal admin",
                        "taxonomy editor",
                        "protected species admin",
                        "protected data reader",
                    ]
                ),
                name="grant_has_its_collection",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="grant_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["user", "role", "collection"], name="grant_of_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.collection or ''}".strip()

    def get_absolute_url(self) -> str:
        return reverse("collections:grant", args=[self.guid])

    @property
    def state(self) -> str:
        """Where it stands: "valid", "future", "expired" or "revoked"."""
        now = timezone.now()
        if self.revoked_at:
            return "revoked"
        if self.valid_until and self.valid_until <= now:
            return "expired"
        return "future" if self.valid_from > now else "valid"

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, in the portal's time zone; None without an end."""
        end = self.valid_until
        return timezone.localdate(end - timedelta(microseconds=1)) if end else None


def is_portal_admin(user: Person) -> bool:
    """Tell whether `user` now administers the portal."""
    return Grant.objects.valid().filter(user_id=_id_of(user), role=Role.PORTAL_ADMIN).exists()


class Place(models.Model):
    """A country, a first division of one (state, province), or what lies in that (county).

    `code` is that of ISO 3166 ("MX", "MX-SON"), or for a place from a file its parent's and its
    own folded name ("US-AZ-pima"). Read through `biocollections.places`.
    """

    class Kind(models.TextChoices):
        COUNTRY = "country", _("Country")
        STATE = "state_province", _("State/Province")
        COUNTY = "county", _("County")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    code = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=14, choices=Kind)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="within", db_index=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="country", parent=None)
                | (~Q(kind="country") & Q(parent__isnull=False)),
                name="place_lies_somewhere",
            )
        ]

    def __str__(self) -> str:
        return self.name


class PlaceName(models.Model):
    """What a place is also called: in another language, shortened, or otherwise."""

    class Kind(models.TextChoices):
        NAME = "name", _("Name")
        VARIANT = "variant", _("Variant")
        ABBREVIATION = "abbreviation", _("Abbreviation")

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="names")
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind)
    language = models.CharField(max_length=8, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "text"], name="place_name_once")]

    def __str__(self) -> str:
        return self.text


class Gazetteer(models.Model):
    """One row that says which places there are: `version` changes whenever they do."""

    version = models.UUIDField(default=new_guid)
    iso = models.CharField(max_length=40)  # whose countries and divisions are in

    def __str__(self) -> str:
        return self.iso


class PlaceFile(models.Model):
    """A file of places that a portal admin loaded, and what became of its rows."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    file = models.FileField(upload_to="places/%Y/%m/", max_length=300, blank=True)
    name = models.CharField(max_length=300)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    change_set = models.ForeignKey(
        ChangeSet, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    # {"rows", "created", "updated", "unchanged", "blocked"}: the last four make up the first.
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)  # [{"line": 7, "problem": "…"}], at most 500
    refusal = models.TextField(blank=True)  # why nothing of it could be read
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class PortalText(models.Model):
    """What the portal says about itself; one row, written by its administrators."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    about = models.TextField(_("What this portal covers"), blank=True)  # markup, as it was typed
    siblings = models.JSONField(_("Sibling portals"), default=list, blank=True)  # [{title, url}]
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.about[:60]


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def decidable_by(self, user: Person) -> JoinRequestQuerySet:
        """Return those `user` decides: to join his collections, and to bring one to the portal."""
        mine = Q(collection__in=Collection.objects.managed_by(user).values("pk"))
        return self.filter(mine | Q(collection=None) if is_portal_admin(user) else mine)

    def visible_to(self, user: Person) -> JoinRequestQuerySet:
        """Return his own, and those he decides."""
        decidable = self.decidable_by(user).values("pk")
        return self.filter(Q(by_id=_id_of(user)) | Q(pk__in=decidable))


class JoinRequest(models.Model):
    """Somebody asks to bring a collection to the portal (collection null), or to work in one."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="join_requests"
    )
    collection = models.ForeignKey(
        Collection, null=True, on_delete=models.CASCADE, related_name="join_requests"
    )
    role = models.CharField(_("As"), max_length=30, choices=Role, blank=True)
    name = models.CharField(_("Collection Name"), max_length=150, blank=True)
    institution = models.CharField(_("Institution"), max_length=150, blank=True)
    size = models.CharField(_("Size"), max_length=100, blank=True)
    type = models.CharField(
        _("Type"), max_length=12, choices=Collection.Type, default=Collection.Type.PRESERVED
    )
    management = models.CharField(
        _("Management"),
        max_length=10,
        choices=Collection.Management,
        default=Collection.Management.LIVE,
    )
    contact = models.CharField(_("Contact"), max_length=300, blank=True)
    message = models.TextField(_("Message"), max_length=5000, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer = models.TextField(_("Reason"), max_length=5000, blank=True)
    # Of one to bring a collection: the collection that was made of it.
    made = models.ForeignKey(
        Collection, null=True, on_delete=models.SET_NULL, related_name="asked_for_by"
    )

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "collection"], name="join_request_open")]

    def __str__(self) -> str:
        return f"{self.by}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("collections:join_request", args=[self.guid])

    @property
    def title(self) -> str:
        """The collection it is about, by its name."""
        return self.collection.name if self.collection else self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
