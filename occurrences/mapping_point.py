"""The map on which an editor sets a point, and that of the record's page.

It draws what the portal knows itself: degrees, a scale, the point with its uncertainty, and the
points around it. Pictures of the ground come only from where the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from biocollections.models import Collection, Person
from occurrences.models import Occurrence, Protection

MOST_POINTS = 300
LOOKED_AT = 3000  # records of a box: how much a crowded one may cost
SIDES = ("south", "west", "north", "east")
CELL_DEGREES = 0.1


class Box(NamedTuple):
    """A part of the map, in degrees. Where it reaches over the 180th meridian, west > east."""

    south: Decimal
    west: Decimal
    north: Decimal
    east: Decimal


class Point(NamedTuple):
    """A place where records were collected: their number, and what one of them is called."""

    latitude: str
    longitude: str
    records: int
    title: str


def near(user: Person, collection: Collection, box: Box, but: UUID | None = None) -> list[Point]:
    """Return the places of the collection's open records within the box, as `user` may read them.

    Records of protected places are left out, for everybody: a neighbour is no reason to show one.
    """
    records = Occurrence.objects.editable_by(user).filter(
        collection=collection,
        protection=Protection.OPEN,
        decimal_latitude__gte=box.south,
        decimal_latitude__lte=box.north,
    )
    within = {"decimal_longitude__gte": box.west, "decimal_longitude__lte": box.east}
    records = records.filter(**within) if box.west <= box.east else records.exclude(**_outside(box))
    if but:
        records = records.exclude(guid=but)
    few = ("decimal_latitude", "decimal_longitude", "locality")
    places: dict[tuple[Any, Any], list[str]] = {}
    rows = records.exclude(decimal_longitude=None).order_by().prefetch_related(None)
    for latitude, longitude, locality in rows.values_list(*few)[:LOOKED_AT]:
        places.setdefault((latitude, longitude), []).append(locality or "")
    return [
        Point(str(latitude), str(longitude), len(names), _shortened(next(filter(None, names), "")))
        for (latitude, longitude), names in list(places.items())[:MOST_POINTS]
    ]


def _outside(box: Box) -> dict[str, Decimal]:
    """Return what a box over the 180th meridian leaves out."""
    return {"decimal_longitude__gt": box.east, "decimal_longitude__lt": box.west}


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def of_record(texts: Mapping[str, str], *, is_cell: bool) -> dict[str, Any] | None:
    """Return what the map of a record's page shows, from the texts its reader may see.

    None where he sees no point. is_cell: the point is the south-western corner of a 0.1° cell.
    """
    latitude, longitude = texts.get("decimalLatitude"), texts.get("decimalLongitude")
    if not latitude or not longitude:
        return None
    return {
        "latitude": latitude,
        "longitude": longitude,
        "uncertainty": "" if is_cell else texts.get("coordinateUncertaintyInMeters", ""),
        "cell": CELL_DEGREES if is_cell else "",
    }


def tiles() -> dict[str, str]:
    """Return where pictures of the ground come from and whom they are owed to; {} for nowhere."""
    if not settings.MAP_TILES:
        return {}
    return {"address": settings.MAP_TILES, "attribution": settings.MAP_ATTRIBUTION}
