"""The thesaurus (Taxon), names as records write them (Name), and checklists to draw from (Usage).

A Taxon's id never changes or vanishes while something refers to it: a merge leaves `merged_into`.
Checklist releases are another table, replaced wholesale, where twins are legal. `taxonomy.
thesaurus` is the only writer of taxa; `taxonomy.matching` and the people's decisions link names.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journal.guids import new_guid
from journal.models import ChangeSet
from taxonomy.ranks import CODE_OF_KINGDOM, Code

BLANK: dict[str, Any] = {"blank": True, "default": ""}  # never NULL: unique constraints see it


class PathField(models.TextField):
    """An ltree path: the ids from the root down to the row itself, joined by dots."""

    def db_type(self, connection: Any) -> str:
        return "ltree"


@PathField.register_lookup
class Beneath(models.Lookup):
    """`path__beneath=p`: p itself and all below it, by the GiST index."""

    lookup_name = "beneath"

    def get_prep_lookup(self) -> Any:
        return self.rhs if hasattr(self.rhs, "resolve_expression") else str(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} <@ ({right})::ltree", [*left_parameters, *right_parameters]


def epithet() -> Func:
    """Return the second word of a canonical key: fuzzy matching looks names up by it."""
    return Func(F("canonical_key"), Value(" "), Value(2), function="split_part")


class TaxonQuerySet(models.QuerySet["Taxon"]):
    def live(self) -> TaxonQuerySet:
        """Return those that weren't merged into another."""
        return self.filter(merged_into=None)

    def accepted(self) -> TaxonQuerySet:
        """Return the accepted ones: those a tree shows."""
        return self.filter(merged_into=None, accepted=None)

    def beneath(self, *taxa: Taxon) -> TaxonQuerySet:
        """Return `taxa`, all below them, and the synonyms of both, by the index on the path.

        A synonym stands for its accepted taxon, a merged one for what it was merged into.
        """
        covered = Q(pk__in=[])
        for taxon in taxa:
            covered |= Q(path__beneath=taxon.current.path if taxon.current else taxon.path)
        return self.filter(covered)


class Taxon(models.Model):
    """A name in the thesaurus with its place: accepted under a parent, or synonym of an accepted.

    The path of an accepted taxon is its parent's path and its own id. A synonym's path is its
    accepted taxon's path and its own id, so that everything a taxon covers lies beneath its path.
    """

    class Status(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("taxonomic status", "accepted")
        PROVISIONAL = "provisionally accepted", _("provisionally accepted")
        SYNONYM = "synonym", _("synonym")
        AMBIGUOUS = "ambiguous synonym", _("ambiguous synonym")
        MISAPPLIED = "misapplied", _("misapplied")

    ACCEPTED_STATUSES = (Status.ACCEPTED, Status.PROVISIONAL)

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    scientific_name = models.CharField(_("Scientific Name"), max_length=250)
    authorship = models.CharField(_("Author"), max_length=250, **BLANK)
    rank = models.CharField(_("Rank"), max_length=30)
    rank_order = models.PositiveSmallIntegerField(editable=False)
    kingdom = models.CharField(_("Kingdom"), max_length=100, **BLANK)
    # The family it stands under, kept by `thesaurus` wherever the tree changes.
    family = models.CharField(_("Family"), max_length=100, **BLANK)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    accepted = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="synonyms"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    # Itself, or the accepted taxon it is a synonym of, or that of what it was merged into.
    current = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    path = PathField(editable=False, null=True)
    status = models.CharField(_("Status"), max_length=25, choices=Status, default=Status.ACCEPTED)
    nomenclatural_status = models.CharField(_("Nomenclatural status"), max_length=100, **BLANK)
    unacceptability_reason = models.CharField(_("Why not accepted"), max_length=250, **BLANK)
    remarks = models.TextField(_("Notes"), **BLANK)
    links = models.JSONField(_("Links"), default=list, blank=True)  # [{"title": …, "url": …}]
    source = models.CharField(_("Source"), max_length=250, **BLANK)
    source_id = models.CharField(_("Identifier in the source"), max_length=250, **BLANK)
    canonical_key = models.TextField(editable=False)
    variant_key = models.TextField(editable=False)
    authorship_key = models.TextField(editable=False, default="")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(ChangeSet, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = TaxonQuerySet.as_manager()

    class Meta:
        ordering = ["rank_order", "scientific_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["canonical_key", "authorship_key", "rank", "kingdom"],
                condition=Q(merged_into=None),
                name="taxon_no_twins",
            ),
            models.UniqueConstraint(
                fields=["canonical_key"],
                condition=Q(merged_into=None, rank="kingdom"),
                name="taxon_kingdom_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted=None, status__in=["accepted", "provisionally accepted"])
                | Q(
                    accepted__isnull=False,
                    status__in=["synonym", "ambiguous synonym", "misapplied"],
                )
                | Q(merged_into__isnull=False),
                name="taxon_status_fits",
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("pk")) & ~Q(accepted=F("pk")) & ~Q(merged_into=F("pk")),
                name="taxon_not_under_itself",
            ),
        ]
        indexes = [
            GistIndex(fields=["path"], name="taxon_path"),
            models.Index(fields=["variant_key"], name="taxon_variant"),
            models.Index(epithet(), "canonical_key", name="taxon_epithet"),
            models.Index(fields=["source", "source_id"], name="taxon_source"),
            models.Index(
                fields=["scientific_name"],
                opclasses=["varchar_pattern_ops"],
                name="taxon_name_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scientific_name} {self.authorship}".strip()

    def get_absolute_url(self) -> str:
        return reverse("taxonomy:taxon", args=[self.guid])

    @property
    def is_accepted(self) -> bool:
        return self.accepted_id is None and self.merged_into_id is None

    @property
    def code(self) -> Code:
        """The nomenclatural code its kingdom stands under."""
        return CODE_OF_KINGDOM.get(self.kingdom.casefold(), "")


class VernacularName(models.Model):
    """A common name of a taxon. language: ISO 639 code where one is known, else as given."""

    taxon = models.ForeignKey(Taxon, on_delete=models.CASCADE, related_name="vernacular_names")
    name = models.CharField(_("Common name"), max_length=250)
    language = models.CharField(_("Language"), max_length=50, **BLANK)
    source = models.CharField(_("Source"), max_length=250, **BLANK)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["language", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["taxon", "name", "language"], name="vernacular_once")
        ]

    def __str__(self) -> str:
        return self.name


class Name(models.Model):
    """One distinct name, as written, with its authorship and context, shared by all records.

    Matching, re-matching and name-based protection touch these rows, not the records. `context`
    is the kingdom or nomenclatural code the record gives, blank where it gives none; blanks are
    "" so that the same name is one row. With `collection_id` (a plain number: collections live in
    another app) the row is one collection's own, and holds its decision for its own records.
    """

    class State(models.TextChoices):
        NEW = "new", _("not looked at")
        LINKED = "linked", _("linked")
        REVIEW = "review", _("needs a person")
        NOT_FOUND = "not found", _("not found")
        KEPT = "kept", _("kept as is")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    scientific_name = models.TextField()
    authorship = models.TextField(default="", blank=True)
    context = models.TextField(default="", blank=True)
    collection_id = models.BigIntegerField(null=True)
    taxon = models.ForeignKey(Taxon, null=True, on_delete=models.PROTECT, related_name="names")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    # How the link was found ("exact with author", "synonym", "chosen" …) and what else there was.
    evidence = models.CharField(max_length=40, blank=True, default="")
    candidates = models.JSONField(default=list)  # see matching.Candidate
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)  # a person's decision; jobs leave it alone
    matched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scientific_name", "authorship", "context", "collection_id"],
                nulls_distinct=False,
                name="name_once",
            ),
            models.CheckConstraint(
                condition=Q(state="linked", taxon__isnull=False)
                | (~Q(state="linked") & Q(taxon=None)),
                name="name_linked_has_taxon",
            ),
        ]
        indexes = [models.Index(fields=["state"], name="name_state")]

    def __str__(self) -> str:
        return f"{self.scientific_name} {self.authorship}".strip()


class Checklist(models.Model):
    """One release of a source of names, such as a Catalogue of Life download.

    Of one source at most one release is current: what matching draws from. A newer one may wait
    (`ready`) until somebody has seen the difference. One that holds only what was asked of a
    service (`online`) is never matched against: that a name is unique in it means nothing.
    """

    class State(models.TextChoices):
        LOADING = "loading", _("loading")
        READY = "ready", _("waits for a decision")
        CURRENT = "current", _("in use")
        REPLACED = "replaced", _("replaced")
        FAILED = "failed", _("could not be read")
        ONLINE = "online", _("asked online")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    source = models.CharField(_("Source"), max_length=100)
    title = models.CharField(_("Title"), max_length=500, **BLANK)
    release = models.CharField(_("Release"), max_length=100, **BLANK)
    kingdom = models.CharField(_("Kingdom of names that state none"), max_length=100, **BLANK)
    file = models.FileField(upload_to="checklists/", blank=True)
    filename = models.CharField(max_length=255, blank=True)
    checksum = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LOADING)
    counts = models.JSONField(default=dict)  # rows, created, updated, unchanged, blocked, issues
    error = models.TextField(blank=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["source", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(state="current"), name="checklist_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.release}".strip()

    def get_absolute_url(self) -> str:
        return reverse("taxonomy:checklist", args=[self.guid])


class Usage(models.Model):
    """A name as one release of a checklist uses it. Twins are legal here.

    source_id is the checklist's own identifier; parent_source_id and accepted_source_id point to
    others of the same release and are blank at the root and on accepted names.
    """

    # Without a constraint: checking each of a million rows took a tenth of loading them, and all
    # are written and removed by `checklists` together with their checklist.
    checklist = models.ForeignKey(
        Checklist,
        on_delete=models.CASCADE,
        related_name="usages",
        db_index=False,
        db_constraint=False,
    )
    source_id = models.TextField()
    parent_source_id = models.TextField(**BLANK)
    accepted_source_id = models.TextField(**BLANK)
    scientific_name = models.TextField()  # canonical, without author
    authorship = models.TextField(**BLANK)
    rank = models.CharField(max_length=30)
    status = models.CharField(max_length=25, choices=Taxon.Status)
    kingdom = models.TextField(**BLANK)
    family = models.TextField(**BLANK)
    nomenclatural_status = models.TextField(**BLANK)
    remarks = models.TextField(**BLANK)
    link = models.TextField(**BLANK)
    canonical_key = models.TextField()
    variant_key = models.TextField()
    authorship_key = models.TextField(**BLANK)

    class Meta:
        indexes = [
            models.Index(fields=["checklist", "source_id"], name="usage_id"),
            models.Index(fields=["canonical_key"], name="usage_name"),
            models.Index(fields=["variant_key"], name="usage_variant"),
            models.Index(epithet(), "canonical_key", name="usage_epithet"),
            models.Index(
                fields=["checklist", "accepted_source_id"],
                condition=~Q(accepted_source_id=""),
                name="usage_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scientific_name} {self.authorship}".strip()


class UsageVernacular(models.Model):
    """A common name in a release of a checklist."""

    checklist = models.ForeignKey(Checklist, on_delete=models.CASCADE, related_name="+")
    source_id = models.TextField()  # of the usage
    name = models.TextField()
    language = models.TextField(**BLANK)

    class Meta:
        indexes = [models.Index(fields=["checklist", "source_id"], name="usage_vernacular")]

    def __str__(self) -> str:
        return self.name


class CatalogueAnswer(models.Model):
    """What a service answered about one name, kept so that it isn't asked again soon.

    The usages it spoke of are rows of `checklist`; here are their source_ids, the best first.
    """

    checklist = models.ForeignKey(
        Checklist, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    question = models.TextField()  # as sent
    kind = models.CharField(max_length=40)  # how it matched, in the service's word
    source_ids = models.JSONField(default=list)
    issues = models.JSONField(default=list)
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checklist", "question"], name="answer_once")
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.kind}"


class BlockedUsage(models.Model):
    """A row of a checklist that wasn't taken, and why."""

    checklist = models.ForeignKey(Checklist, on_delete=models.CASCADE, related_name="blocked")
    file = models.CharField(max_length=255, blank=True)
    line = models.PositiveBigIntegerField(null=True)
    code = models.CharField(max_length=40)  # see checklists.REASONS
    source_id = models.TextField(blank=True)
    value = models.TextField(blank=True)  # what was found: the missing parent, the rank …
    text = models.TextField(blank=True)  # the name as it stands in the row

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Proposal(models.Model):
    """A name somebody asks the taxonomy editors to add, with its references.

    name: the records' name it comes from, if it stands on any; the name is linked on acceptance.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for a decision")
        ACCEPTED = "accepted", pgettext_lazy("proposal", "accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    scientific_name = models.CharField(_("Scientific Name"), max_length=250)
    authorship = models.CharField(_("Author"), max_length=250, **BLANK)
    rank = models.CharField(_("Rank"), max_length=30)
    parent = models.ForeignKey(
        Taxon, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted = models.ForeignKey(
        Taxon, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    references = models.JSONField(_("References"), default=list)  # [text], a citation or address
    remarks = models.TextField(_("Notes"), **BLANK)
    name = models.ForeignKey(
        Name, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals"
    )
    collection_id = models.BigIntegerField(null=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(_("Reason"), **BLANK)
    taxon = models.ForeignKey(Taxon, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.scientific_name} {self.authorship}".strip()
