"""How many records there are, always counted now."""

from dataclasses import dataclass

from django.db.models import Case, Count, F, Func, Q, TextField, Value, When
from django.db.models.functions import Coalesce

from biocollections.models import Collection, Person
from occurrences.models import Occurrence


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of a collection: of its records, and of the different names on them."""

    records: int = 0
    georeferenced: int = 0
    to_species: int = 0
    types: int = 0
    families: int = 0
    genera: int = 0
    species: int = 0

    def percent(self, number: int) -> int:
        return number * 100 // self.records if self.records else 0

    @property
    def georeferenced_percent(self) -> int:
        return self.percent(self.georeferenced)

    @property
    def to_species_percent(self) -> int:
        return self.percent(self.to_species)


def record_counts(user: Person) -> dict[int, int]:
    """Return {collection id: records that `user` may see}; one query that reads an index alone."""
    rows = (
        Occurrence.objects.visible_to(user)
        .order_by("collection")
        .values("collection")
        .annotate(number=Count("pk"))
    )
    return {row["collection"]: row["number"] for row in rows}


def of_collection(collection: Collection, user: Person) -> Statistics:
    """Return the numbers of a collection's records that `user` may see, in one query.

    They are taken from what everybody may see: a protected record counts as georeferenced for
    nobody, and a species is a different name whose second word is an epithet.
    """
    visible = Occurrence.objects.visible_to(user).filter(collection=collection)
    to_species = Q(scientific_name__regex=r"^\S+ (x |× ?)?[a-z][^.]+( |$)")
    first_word = Func(
        F("scientific_name"), Value(" "), Value(1), function="split_part", output_field=TextField()
    )
    genus = Coalesce(
        "genus",
        Case(When(to_species, then=first_word), output_field=TextField()),
        output_field=TextField(),
    )
    return Statistics(
        **visible.prefetch_related(None).aggregate(
            records=Count("pk"),
            georeferenced=Count("decimal_latitude"),
            to_species=Count("pk", filter=to_species),
            types=Count("type_status"),
            families=Count("family", distinct=True),
            genera=Count(genus, distinct=True),
            species=Count("scientific_name", distinct=True, filter=to_species),
        )
    )
