"""A record's images and map, for the pages that show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template

from biocollections.models import Collection
from occurrences import mapping_point
from occurrences.models import Media, Occurrence
from occurrences.views.media import beside

register = template.Library()


@register.inclusion_tag("occurrences/media.html", takes_context=True)
def images_to_edit(
    context: dict[str, Any], record_guid: UUID, collection: Collection
) -> dict[str, Any]:
    """Show the images of a record beside its form, to look at and to look after."""
    return beside(context["request"], record_guid, collection)


@register.inclusion_tag("occurrences/media_shown.html", takes_context=True)
def images_to_see(context: dict[str, Any], record: Occurrence) -> dict[str, Any]:
    """Show the images of a record to whoever may see them."""
    seen = Media.objects.visible_to(context["request"].user).filter(record_guid=record.guid)
    return {"images": list(seen), "collection": record.collection}


@register.inclusion_tag("occurrences/mapping_point.html")
def map_to_edit(collection: Collection, record: Occurrence | None = None) -> dict[str, Any]:
    """Show the map on which the point of the form is set."""
    return {"collection": collection, "record": record, "tiles": mapping_point.tiles()}


@register.inclusion_tag("occurrences/mapping_shown.html")
def map_to_see(texts: dict[str, str], withheld: dict[str, Any] | None) -> dict[str, Any]:
    """Show where a record lies, as far as its reader sees a point in `texts`."""
    hidden = withheld or {}
    is_cell = bool(hidden.get("cell") and not hidden.get("disclosed"))
    point = mapping_point.of_record(texts, is_cell=is_cell)
    return {"map": point, "tiles": mapping_point.tiles()}
