"""What templates say about offers: how many wait for an answer, and where a record came from."""

from typing import Any

from django import template

from biocollections.models import Collection
from occurrences import origins
from occurrences.models import Occurrence, Offer
from occurrences.origins import Told

register = template.Library()


@register.simple_tag(takes_context=True)
def offers_waiting(context: Any, collection: Collection) -> int:
    """Return how many offers to a collection wait for an answer of the page's reader."""
    received = Offer.objects.received_by(context["user"]).filter(collection=collection)
    return received.filter(state=Offer.State.OPEN).count()


@register.simple_tag(takes_context=True)
def origins_of(context: Any, occurrence: Occurrence) -> list[Told]:
    """Return where a record came from, as the reader may know it."""
    return origins.of_record(occurrence, context["user"])
