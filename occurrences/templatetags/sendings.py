"""What templates say about what a collection sent."""

from typing import Any

from django import template

from biocollections.models import Collection
from occurrences import sending

register = template.Library()


@register.simple_tag(takes_context=True)
def latest_sendings(context: Any, collection: Collection) -> Any:
    """Return the last sendings of a collection with their offers, to who administers it."""
    return sending.sent_from(context["user"]).filter(collection=collection)[:5]
