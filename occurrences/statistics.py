"""How many records there are, always counted now."""

from django.db.models import Count

from biocollections.models import Person
from occurrences.models import Occurrence


def record_counts(user: Person) -> dict[int, int]:
    """Return {collection id: records that `user` may see}; one query that reads an index alone."""
    rows = (
        Occurrence.objects.visible_to(user)
        .order_by("collection")
        .values("collection")
        .annotate(number=Count("pk"))
    )
    return {row["collection"]: row["number"] for row in rows}
