"""Which determinations a record has, and which one is current.

The current determination is mirrored in the record's own columns. Two determinations are the
same when name, determiner and date are (`darwincore.interpret.determination_key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from darwincore.interpret import determination_key
from darwincore.terms import IDENTIFICATION_COLUMNS
from journal.guids import new_guid

Determination = dict[str, Any]


def mirror_of(values: Mapping[str, Any]) -> Determination:
    """Return the determination that a record's own columns state."""
    return dict(zip(IDENTIFICATION_COLUMNS, map(values.get, IDENTIFICATION_COLUMNS), strict=True))


def adopt(values: dict[str, Any], given: Iterable[Determination]) -> None:
    """Fill the record's blank identification columns from the given determination it states.

    An archive's core often carries less of the current determination than its Identification
    row; what the row adds belongs to the record as well. A record without a name takes the
    determination that is marked current.
    """
    given = list(given)
    if not values.get("scientific_name"):
        marked = [g for g in given if g.get("is_current")]
        same = marked or given[:1] if len(given) == 1 else marked[:1]
    else:
        key = determination_key(values)
        same = [g for g in given if determination_key(g) == key]
    for column in IDENTIFICATION_COLUMNS if same else ():
        if values.get(column) is None and same[0].get(column) is not None:
            values[column] = same[0][column]


def arrange(
    existing: list[Determination],
    mirror: Determination,
    given: Iterable[Determination] | None,
    *,
    is_whole: bool = False,
) -> list[Determination]:
    """Return the determinations a record has after a write; exactly one is current, or none exist.

    existing and the result hold {guid, is_current, position, verbatim, columns…}. With `given`
    None the current one is corrected in place; otherwise given ones that are new are added and
    the one the mirror states becomes current. is_whole: `given` are rows like the existing ones,
    and all there shall be; the one marked current is what the mirror states.
    """
    if is_whole:
        existing, given = list(given or ()), None
    rows = [dict(row) for row in existing]
    if given is None:
        current = next((row for row in rows if row["is_current"]), None)
    else:
        keys = {determination_key(row) for row in rows}
        for determination in given:
            key = determination_key(determination)
            if key not in keys:
                keys.add(key)
                rows.append(_new(determination, len(rows)))
        mirrored = determination_key(mirror)
        current = next((row for row in rows if determination_key(row) == mirrored), None)
    if current is None and any(value is not None for value in mirror.values()):
        current = _new({}, len(rows))
        rows.append(current)
    for row in rows:
        row["is_current"] = row is current
    if current is not None:
        current.update(mirror)
    return rows


def _new(determination: Determination, position: int) -> Determination:
    return {
        "guid": new_guid(),
        "is_current": False,
        "position": position,
        "verbatim": determination.get("verbatim") or {},
        **mirror_of(determination),
    }
