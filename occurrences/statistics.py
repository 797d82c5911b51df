"""How many records there are, always counted now."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count

from biocollections.models import Collection, Person
from occurrences.models import Occurrence
from taxonomy.ranks import GENUS


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


# A linked name counts where its accepted taxon stands; any other where its record puts it.
_TAXA = """
SELECT coalesce(nullif(c.family, ''), v.family, ''), coalesce(c.scientific_name, v.scientific_name),
       c.guid, coalesce(c.authorship, ''), coalesce(c.rank_order, 0), sum(v.number)::bigint
FROM (SELECT name_id, scientific_name, family, count(*) AS number FROM ({visible}) AS visible
      GROUP BY name_id, scientific_name, family) AS v
LEFT JOIN taxonomy_name n ON n.id = v.name_id LEFT JOIN taxonomy_taxon t ON t.id = n.taxon_id
LEFT JOIN taxonomy_taxon c ON c.id = t.current_id
WHERE v.scientific_name IS NOT NULL OR v.family IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(slots=True)
class Branch:
    """A family, genus or name of a collection: its records, and what it consists of by name.

    asks: what a search for it asks, a taxon's GUID where it is one.
    """

    name: str
    asks: str
    authorship: str = ""
    records: int = 0
    below: dict[str, Branch] = field(default_factory=dict)


def distribution(collection: Collection, user: Person) -> Branch:
    """Return the families, genera and names of the records `user` may see, in one query."""
    visible = Occurrence.objects.visible_to(user).filter(collection=collection).order_by()
    columns = visible.prefetch_related(None).values("name_id", "scientific_name", "family")
    statement, parameters = columns.query.sql_with_params()
    root = Branch("", "")
    with connection.cursor() as cursor:
        cursor.execute(_TAXA.format(visible=statement), parameters)
        rows = cursor.fetchall()
    for family, name, guid, authorship, rank, number in rows:
        genus = (name or "").split(" ")[0] if rank == 0 or rank >= GENUS else ""
        steps = [(family, family, "")]
        if genus and genus != family:
            steps.append((genus, genus, ""))
            if name != genus:
                steps.append((name, str(guid or name), authorship))
        branch = root
        branch.records += number
        for word, asks, author in steps:
            branch = branch.below.setdefault(word, Branch(word, asks, author))
            branch.records += number
    return root
