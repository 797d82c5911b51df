"""A point that was carried over and became another: what was said of the old one goes with it.

A georeference is one unit. An uncertainty, a source or a protocol that stands beside a new point
would be said of a place nobody meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from occurrences.transferring_fields import GEOREFERENCE

POINT = ("decimal_latitude", "decimal_longitude")
SAID_OF_IT = tuple(column for column in GEOREFERENCE.columns if column not in POINT)


def left_behind(
    texts: Mapping[str, str], carried: Mapping[str, str], pinned: Collection[str] = ()
) -> list[str]:
    """Return the columns that still say of a new point what was carried over of another.

    texts: what the form holds; carried: what it began with; pinned: what stays by wish.
    """
    if not any(carried.get(column) for column in POINT):
        return []
    if all(texts.get(column, "") == carried.get(column, "") for column in POINT):
        return []
    return [
        column
        for column in SAID_OF_IT
        if texts.get(column) and texts[column] == carried.get(column) and column not in pinned
    ]
