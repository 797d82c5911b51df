"""How many records there are, always counted now."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

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


_OF_COLLECTION = """
SELECT coalesce(sum(number), 0), coalesce(sum(points), 0),
       coalesce(sum(number) FILTER (WHERE is_species), 0), coalesce(sum(types), 0),
       count(DISTINCT family), count(DISTINCT coalesce(genus, first_word)),
       count(DISTINCT scientific_name) FILTER (WHERE is_species)
FROM (
    SELECT *, scientific_name ~ '^\\S+ (x |× ?)?[a-z][^.]+( |$)' AS is_species,
           CASE WHEN scientific_name ~ '^\\S+ ' THEN split_part(scientific_name, ' ', 1) END
           AS first_word
    FROM (
        SELECT scientific_name, family, genus, count(*) AS number,
               count(decimal_latitude) AS points, count(type_status) AS types
        FROM ({visible}) AS visible GROUP BY scientific_name, family, genus
    ) AS named
) AS judged
"""


def of_collection(collection: Collection, user: Person) -> Statistics:
    """Return the numbers of a collection's records that `user` may see, in one query.

    They are taken from what everybody may see: a protected record counts as georeferenced for
    nobody, and a species is a different name whose second word is an epithet. The names are
    judged once each, not once a record.
    """
    visible = Occurrence.objects.visible_to(user).filter(collection=collection).order_by()
    columns = visible.prefetch_related(None).values(
        "scientific_name", "family", "genus", "decimal_latitude", "type_status"
    )
    statement, parameters = columns.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_OF_COLLECTION.format(visible=statement), parameters)
        row = cursor.fetchone()
    return Statistics(*map(int, row))
