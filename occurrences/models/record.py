"""Occurrence and the rows that belong to it.

The term columns are made from `darwincore.terms`, so the table, the form and the export can't
disagree. Blank is always NULL. A record's columns hold what anybody may see; what is withheld
from the public stands in Withheld, and a check constraint keeps it so whoever writes the row.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection, Person, Role
from darwincore import terms
from darwincore.terms import Term
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import scoping
from taxonomy.models import Name


class Protection(models.IntegerChoices):
    """How much of a record the public may not see."""

    OPEN = 0
    CELL = 1  # the point is shown as the corner of its 0.1° cell, the rest of the place withheld
    PLACE = 2  # place, day and free text are withheld
    WHOLE = 5  # the record is visible to editors and administrators of its collection alone


class NumericField(models.Field):  # type: ignore[type-arg]
    """A number as exact as it was written: `numeric` without scale, so 33.10 stays 33.10."""

    description = "Number of any scale"

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def get_internal_type(self) -> str:
        return "DecimalField"

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation as error:
            told = _("“%(value)s” is not a number.")
            raise ValidationError(told, params={"value": value}) from error

    def get_prep_value(self, value: Any) -> Decimal | None:
        return self.to_python(super().get_prep_value(value))


def column_for(term: Term) -> models.Field[Any, Any]:
    """Return the database column that holds `term`."""
    if term.kind == "number":
        return NumericField(null=True, blank=True)
    if term.kind == "integer":
        return models.IntegerField(null=True, blank=True)
    if term.kind == "boolean":
        return models.BooleanField(null=True, blank=True)
    return models.TextField(null=True, blank=True)


class NumNonNulls(Func):
    function = "num_nonnulls"
    output_field = models.IntegerField()


class Modulo(Func):
    function = "mod"
    output_field = NumericField()


class SearchVector(Func):
    """Weighted, accent-folded words: A name, B people and numbers, C place, D the rest.

    One GIN index serves them all: a query can name its weight (`gomez:*B`).
    """

    output_field = SearchVectorField()
    WEIGHTS = {
        "A": ("scientific_name", "family", "genus", "vernacular_name"),
        "B": ("recorded_by", "record_number", "catalog_number", "associated_collectors"),
        "C": (
            "country country_code state_province county municipality locality "
            "verbatim_locality island island_group water_body continent"
        ).split(),
        "D": "habitat occurrence_remarks substrate verbatim_attributes type_status".split(),
    }
    # Made blank first: PostgreSQL would read "L.Gómez" as a host and "ARIZ-0412" as minus 412.
    JOINTS = "-_./@:~+<>&"
    # Letters of each weight: a vector holds a megabyte, and a cell may hold a book.
    LONGEST = 50_000

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, list[Any]]:
        parts = []
        for weight, columns in self.WEIGHTS.items():
            words = " || ' ' || ".join(f"coalesce(\"{column}\", '')" for column in columns)
            words = f"left({words}, {self.LONGEST})"
            folded = f"translate(portal_fold({words}), '{self.JOINTS}', '{' ' * len(self.JOINTS)}')"
            vector = f"to_tsvector('simple'::regconfig, {folded})"
            parts.append(f"setweight({vector}, '{weight}')")
        return " || ".join(parts), []


class Fold(Func):
    """Lower case without accents, immutable so that it can be indexed."""

    function = "portal_fold"
    output_field = models.TextField()


class SortKey(Fold):
    """How a text is looked up and sorted: its folded beginning, short enough for an index."""

    LENGTH = 100

    def __init__(self, column: Any, **extra: Any) -> None:
        super().__init__(Left(column, self.LENGTH), **extra)


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    """Which records a person may see, edit, delete."""

    def visible_to(self, user: Person) -> OccurrenceQuerySet:
        """Return the records `user` may see, each with what may be disclosed to this user.

        Wholly protected ones only for administrators and editors of their collection. Those
        that show a place, if only its cell, and that a new rule may protect, until it has been
        through them, only for those who may read protected places there. The withheld values that
        `user` may read come as `occurrence.disclosed`; on an object fetched any other way there
        are none, so whatever forgets to ask shows the public values.
        """
        editable = Collection.objects.editable_by(user).values("pk")
        readable = Collection.objects.places_readable_by(user).values("pk")
        pending = Q(name__in=PendingName.objects.values("name"), protection__lt=Protection.PLACE)
        return self.filter(
            ~Q(protection=Protection.WHOLE) | Q(collection__in=editable),
            ~pending | Q(collection__in=readable),
            collection__in=Collection.objects.visible_to(user).values("pk"),
        ).prefetch_related(
            models.Prefetch(
                "withheld",
                queryset=Withheld.objects.readable_by(user),
                to_attr="disclosed_row",
            )
        )

    def editable_by(self, user: Person) -> OccurrenceQuerySet:
        """Return the records `user` may edit, with their exact values.

        All of `visible_to` that lie in collections he edits: an editor reads everything there, so
        nothing of what limits others is asked. Saving waits for this.
        """
        editable = Collection.objects.editable_by(user).values("pk")
        return self.filter(collection__in=editable).prefetch_related(
            models.Prefetch(
                "withheld",
                queryset=Withheld.objects.filter(collection__in=editable),
                to_attr="disclosed_row",
            )
        )

    def identifiable_by(self, user: Person) -> OccurrenceQuerySet:
        """Return the records to which `user` may add determinations: as editor, or identifier."""
        collections = Collection.objects.identifiable_by(user).values("pk")
        limited = scoping.within(user, Role.IDENTIFIER)
        return self.visible_to(user).filter(Q(collection__in=collections) | limited)

    def deletable_by(self, user: Person) -> OccurrenceQuerySet:
        """Return the records `user` may delete: those of collections he administers."""
        return self.visible_to(user).filter(
            collection__in=Collection.objects.managed_by(user).values("pk")
        )


class Occurrence(models.Model):
    """One specimen or observation: a flat row of Darwin Core terms and our own bookkeeping."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="occurrences", db_index=False
    )
    name = models.ForeignKey(
        Name, null=True, on_delete=models.PROTECT, related_name="occurrences", db_index=False
    )
    # First and last possible day of eventDate, and how exact it is.
    event_date_start = models.DateField(null=True)
    event_date_end = models.DateField(null=True)
    event_date_precision = models.CharField(max_length=8, null=True)  # noqa: DJ001  blank is NULL
    # {term: text} as read, only where interpretation changed it.
    verbatim = models.JSONField(default=dict)
    protection = models.SmallIntegerField(choices=Protection, default=Protection.OPEN)
    source_id = models.TextField(null=True)  # noqa: DJ001  blank is NULL
    legacy_id = models.BigIntegerField(null=True)
    # What the last import wrote, to skip a row that says the same again.
    import_hash = models.UUIDField(null=True)
    import_version = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    entered_by = models.CharField(max_length=150, blank=True, default="")
    created_by = models.ForeignKey(ChangeSet, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    search_vector = models.GeneratedField(
        expression=SearchVector(), output_field=SearchVectorField(), db_persist=True
    )
    # PostgreSQL 18 plans the stored expressions anew for each row of an UPDATE that none of them
    # depends on: 0.1 ms and 18 KB a row. This one depends on what every large UPDATE sets.
    spares_planning = models.GeneratedField(
        expression=cast(models.Expression, Q(version=0) | Q(name=0)),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        indexes = [
            # With protection: counts of what a person may see read this index alone.
            models.Index(
                fields=["collection", "id"], include=["protection"], name="occurrence_collection"
            ),
            # With protection: how many records stand behind a name reads this index alone.
            models.Index(
                fields=["name", "collection"], include=["protection"], name="occurrence_names"
            ),
            models.Index(fields=["catalog_number", "collection"], name="occurrence_catalog"),
            models.Index(fields=["occurrence_id", "collection"], name="occurrence_provider_id"),
            models.Index(
                fields=["source_id", "collection"],
                condition=Q(source_id__isnull=False),
                name="occurrence_source",
            ),
            models.Index(
                fields=["legacy_id"],
                condition=Q(legacy_id__isnull=False),
                name="occurrence_legacy",
            ),
            # What search looks up and sorts by.
            models.Index(SortKey("scientific_name"), "id", name="occurrence_by_name"),
            models.Index(SortKey("recorded_by"), "id", name="occurrence_by_collector"),
            models.Index(SortKey("record_number"), "id", name="occurrence_by_number"),
            models.Index(SortKey("catalog_number"), "id", name="occurrence_by_catalog"),
            models.Index(
                fields=["event_date_start", "event_date_end", "id"], name="occurrence_by_date"
            ),
            models.Index(
                fields=["year"],
                condition=Q(event_date_start__isnull=True, year__isnull=False),
                name="occurrence_by_year_alone",
            ),
            models.Index(
                fields=["id"], condition=Q(type_status__isnull=False), name="occurrence_types"
            ),
            GinIndex(fields=["search_vector"], name="occurrence_words"),
            # What lies around a point, as anybody may read it.
            models.Index(
                fields=["collection", "decimal_latitude", "decimal_longitude"],
                condition=Q(protection=0, decimal_latitude__isnull=False),
                name="occurrence_points",
            ),
            # What the editor offers and duplicates are found by; few records have either.
            models.Index(
                fields=["collection", "label_project"],
                condition=Q(label_project__isnull=False),
                name="occurrence_projects",
            ),
            models.Index(
                SortKey("exsiccati_title"),
                "exsiccati_number",
                condition=Q(exsiccati_title__isnull=False),
                name="occurrence_exsiccatae",
            ),
        ]
        constraints = [
            # num_nonnulls takes 100 arguments at most: latitude and longitude stand apart.
            models.CheckConstraint(
                condition=Q(protection=Protection.OPEN)
                | (
                    Q(
                        models.lookups.Exact(
                            NumNonNulls(
                                *(
                                    F(column)
                                    for column in terms.WITHHELD_COLUMNS + terms.DERIVED_COLUMNS
                                    if column not in terms.CELL_COLUMNS
                                )
                            ),
                            0,
                        )
                    )
                    & Q(verbatim={})
                    & (
                        Q(decimal_latitude=None, decimal_longitude=None)
                        | (
                            Q(protection=Protection.CELL)
                            & Q(
                                models.lookups.Exact(
                                    Modulo(
                                        F("decimal_latitude"), Value(Decimal("0.1"), NumericField())
                                    ),
                                    0,
                                )
                            )
                            & Q(
                                models.lookups.Exact(
                                    Modulo(
                                        F("decimal_longitude"),
                                        Value(Decimal("0.1"), NumericField()),
                                    ),
                                    0,
                                )
                            )
                        )
                    )
                ),
                name="occurrence_keeps_its_place_hidden",
            )
        ]

    def __str__(self) -> str:
        return str(cast(Any, self).catalog_number or self.guid)

    def get_absolute_url(self) -> str:
        return reverse("occurrences:record", args=[self.guid])

    @property
    def disclosed(self) -> dict[str, Any]:
        """The withheld values it was fetched with, by column; {} unless `visible_to` was asked."""
        row = getattr(self, "disclosed_row", None)
        return row.terms if row else {}


for _term in terms.COLUMN_TERMS:
    Occurrence.add_to_class(_term.column, column_for(_term))


class WithheldQuerySet(models.QuerySet["Withheld"]):
    def readable_by(self, user: Person) -> WithheldQuerySet:
        """Return what `user` may read: place-protected records by grant, whole ones as editor."""
        readable = Collection.objects.places_readable_by(user).values("pk")
        editable = Collection.objects.editable_by(user).values("pk")
        limited = scoping.within(user, Role.PROTECTED_DATA_READER, "occurrence__")
        return self.filter(
            Q(collection__in=editable)
            | Q(Q(collection__in=readable) | limited, protection__lt=Protection.WHOLE)
        )


class Withheld(models.Model):
    """The exact values of a protected record: {column: value} that overlay its own columns.

    `identifications` holds {guid: {column: value}} for its determinations. Numbers are text.
    """

    occurrence = models.OneToOneField(Occurrence, on_delete=models.CASCADE, related_name="withheld")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    protection = models.SmallIntegerField(choices=Protection)
    terms = models.JSONField(default=dict)
    identifications = models.JSONField(default=dict)
    reason = models.TextField(default="", blank=True)
    # The rules that protect it, by their ids; empty where its own security does.
    rules = models.JSONField(default=list, db_default=[])

    objects = WithheldQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(fields=["rules"], name="withheld_by_rule"),
            # By which editors find duplicates among their own protected records.
            models.Index(KeyTextTransform("record_number", "terms"), name="withheld_by_number"),
            models.Index(KeyTextTransform("event_date", "terms"), name="withheld_by_date"),
        ]

    def __str__(self) -> str:
        return f"Withheld of {self.occurrence_id}"


class PendingName(models.Model):
    """A name whose records may have to be protected and haven't all been looked at yet.

    Until they are, outsiders see none of its records that show a place, or its cell:
    `Occurrence.objects.visible_to`.
    """

    name = models.ForeignKey(Name, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(
        "occurrences.ProtectionRule", null=True, on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "rule"], nulls_distinct=False, name="pending_name_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name_id}"


class Identification(models.Model):
    """One determination. The current one is mirrored in the record's own columns."""

    guid = models.UUIDField(default=new_guid, unique=True, editable=False)
    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.CASCADE, related_name="identifications"
    )
    is_current = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    verbatim = models.JSONField(default=dict)

    class Meta:
        ordering = ["-is_current", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence"],
                condition=Q(is_current=True),
                name="identification_one_current",
            )
        ]

    def __str__(self) -> str:
        return str(cast(Any, self).scientific_name or "")


for _term in terms.IDENTIFICATION_TERMS:
    Identification.add_to_class(_term.column, column_for(_term))


class Identifier(models.Model):
    """An additional number of a record: "Accession: 2026-014"."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="identifiers")
    name = models.TextField(default="", blank=True)
    value = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        indexes = [models.Index(SortKey("value"), name="identifier_by_value")]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" if self.name else self.value


class ExtensionRowQuerySet(models.QuerySet["ExtensionRow"]):
    def visible_to(self, user: Person) -> ExtensionRowQuerySet:
        """Return rows of records `user` may see; none of a protected record but to its readers."""
        return self.filter(
            Q(occurrence__protection=Protection.OPEN)
            | Q(occurrence__in=Withheld.objects.readable_by(user).values("occurrence")),
            occurrence__in=Occurrence.objects.visible_to(user).values("pk"),
        )


class ExtensionRow(models.Model):
    """A row of an archive's extension (media, measurement, relation…), kept as it came."""

    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.CASCADE, related_name="extension_rows"
    )
    row_type = models.TextField()
    terms = models.JSONField(default=dict)  # {term name or address: text}
    position = models.PositiveIntegerField(default=0)

    objects = ExtensionRowQuerySet.as_manager()

    class Meta:
        ordering = ["row_type", "position", "pk"]

    def __str__(self) -> str:
        return self.row_type.rpartition("/")[2]


class DeletedOccurrence(models.Model):
    """Where a deleted record's address leads: it answers 410 to who could see it, else 404."""

    guid = models.UUIDField(primary_key=True)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    name = models.TextField(default="", blank=True)
    protection = models.SmallIntegerField(choices=Protection, default=Protection.OPEN)
    legacy_id = models.BigIntegerField(null=True)
    deleted_at = models.DateTimeField(default=timezone.now)
    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["legacy_id"],
                condition=Q(legacy_id__isnull=False),
                name="deleted_legacy",
            )
        ]

    def __str__(self) -> str:
        return str(self.guid)
