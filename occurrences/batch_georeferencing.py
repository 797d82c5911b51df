"""Localities of many records, and one georeference for all the records of some of them.

A georeference goes whole: point, datum, uncertainty, who, when, how and from what. Whatever of an
older one it doesn't say is erased, for a datum of one and an uncertainty of another lie.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from journal.models import ChangeSet
from occurrences import batching, editing
from occurrences.batch_editing import How, Plan, Step, Work
from occurrences.batching import Doing, Records
from occurrences.children import WITHHELD
from occurrences.drafts import OCCURRENCE
from occurrences.models import Batch, Occurrence
from occurrences.readers import as_sql

MOST_LISTED = 300
Place = tuple[str, str, str, str]  # country, state, county, locality; blank where not stated
PLACE = ("country", "state_province", "county", "locality")
# What is typed beside the point, in the order of the form.
TYPED = (
    "coordinate_uncertainty_in_meters",
    "geodetic_datum",
    "georeferenced_by",
    "georeferenced_date",
    "georeference_protocol",
    "georeference_sources",
    "georeference_remarks",
)
_POINT = ("decimal_latitude", "decimal_longitude")
# Also what would be left of an older georeference.
_UNIT = (
    *_POINT,
    *TYPED,
    "coordinate_precision",
    "point_radius_spatial_fit",
    "georeference_verification_status",
    "footprint_wkt",
    "footprint_srs",
    "footprint_spatial_fit",
)


@dataclass(frozen=True, slots=True)
class Locality:
    """A place as records write it, on how many of them, and how many of those have a point."""

    place: Place
    number: int
    pointed: int

    @property
    def mark(self) -> str:
        """What a form calls it by, and `places_of` reads again."""
        return json.dumps(self.place, ensure_ascii=False)

    @property
    def region(self) -> str:
        return ", ".join(filter(None, self.place[:3]))


def places_of(marks: Iterable[str]) -> list[Place]:
    """Return the places that a form sent by their marks; what is no mark is left out."""
    return [place for mark in marks if len(place := _place_of(mark)) == len(PLACE)]  # type: ignore[misc]


def _place_of(mark: str) -> tuple[str, ...]:
    try:
        parts = json.loads(mark)
        json.dumps(parts, ensure_ascii=False).encode()  # half a character can't be
    except (ValueError, RecursionError):
        return ()
    whole = isinstance(parts, list) and all(isinstance(each, str) for each in parts)
    return tuple(each.replace("\0", "") for each in parts) if whole else ()


def localities(
    chosen: Records, text: str = "", show: str = "without", ticked: Sequence[Place] = ()
) -> list[Locality]:
    """Return the localities of these records: those ticked already, then those with most records.

    text: words that another must hold, whatever their accents. show: "without" a point on some
    record, "with" one, or "all". The records are such as their reader may edit.
    """
    words = sql.SQL("").join(
        sql.SQL(" AND portal_fold(locality) LIKE portal_fold({})").format(
            sql.Literal("%" + word.replace("\\", "\\\\").replace("%", "\\%") + "%")
        )
        for word in text.split()[:10]
    )
    having = {"without": "count(*) > count(point)", "with": "count(point) > 0"}.get(show, "true")
    marked = [json.dumps(place) for place in ticked]
    statement = sql.SQL(
        "SELECT country, state_province, county, locality, count(*), count(point) FROM ({}) p "
        "GROUP BY 1, 2, 3, 4 HAVING {ticked} OR ({} {}) "
        "ORDER BY {ticked} DESC, 5 DESC, 1, 2, 3, 4 LIMIT {}"
    ).format(
        _placed(as_sql(chosen.order_by().values("pk"))),
        sql.SQL(having),
        words,
        MOST_LISTED,
        ticked=sql.SQL(
            "jsonb_build_array(country, state_province, county, locality) = ANY({}::jsonb[])"
        ).format(marked),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    return [Locality(tuple(place), number, pointed) for *place, number, pointed in rows]  # type: ignore[arg-type]


def _placed(keys: sql.Composable) -> sql.Composable:
    """Return a SELECT of the exact places of records, and of the point they have."""
    columns = [
        sql.SQL(
            "coalesce(CASE WHEN w.terms ? {key} THEN w.terms->>{key} ELSE o.{column} END, '') "
            "AS {column}"
        ).format(key=sql.Literal(column), column=sql.Identifier(column))
        for column in PLACE
    ]
    return sql.SQL(
        "SELECT o.id, {columns}, coalesce(w.terms->>'decimal_latitude', o.decimal_latitude::text) "
        "AS point FROM {occurrence} o LEFT JOIN {withheld} w ON w.occurrence_id = o.id "
        "WHERE o.id IN ({keys})"
    ).format(
        columns=sql.SQL(", ").join(columns),
        occurrence=sql.Identifier(OCCURRENCE),
        withheld=sql.Identifier(WITHHELD),
        keys=keys,
    )


def read(texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a georeference's values by column, and by field what is wrong with it.

    texts: `coordinates`, decimal, in degrees and minutes or of a grid, and those of TYPED.
    """
    given = {column: texts[column] for column in TYPED if texts.get(column)}
    reading = editing.read({"decimal_latitude": texts.get("coordinates", ""), **given})
    problems = {name: told for name, told in reading.problems.items() if name in TYPED}
    if any(reading.values.get(column) is None for column in _POINT):
        told = _(
            "This is no point. Write 30.77, -110.85 or 30°46'N 110°51'W or 12R 512345 3400000."
        )
        problems["coordinates"] = told
    return {column: reading.values.get(column) for column in _UNIT}, problems


def _standing_at(ids: Sequence[int], places: Iterable[Place]) -> tuple[list[int], list[int]]:
    """Return those of the records that stand at one of the places: without a point, and with."""
    chosen = set(places)
    with connection.cursor() as cursor:
        cursor.execute(_placed(sql.SQL("SELECT unnest({}::bigint[])").format(list(ids))))
        rows = cursor.fetchall()
    there = [(pk, point) for pk, *place, point in rows if tuple(place) in chosen]
    without = [pk for pk, point in there if point is None]
    return without, [pk for pk, point in there if point is not None]


def _begin(batch: Batch, chosen: Records) -> Callable[[ChangeSet, Sequence[int]], dict[str, int]]:
    wanted = batch.wanted
    places: list[Place] = [tuple(place) for place in wanted.get("places", ())]
    values, _problems = read(wanted.get("texts", {}))
    work = Work(Plan([Step(column, How.CLEAR) for column in _UNIT]))

    def do(change_set: ChangeSet, ids: Sequence[int]) -> dict[str, int]:
        without, pointed = _standing_at(ids, places)
        mine = [*without, *pointed] if wanted.get("again") else without
        number = work.give(change_set, mine, values) if mine else 0
        left = len(without) + len(pointed) - len(mine)
        return {"updated": number, "unchanged": len(mine) - number, "pointed": left}

    return do


batching.register(
    Batch.Kind.GEOREFERENCE,
    Doing(ChangeSet.Kind.BATCH_EDIT, lambda user: Occurrence.objects.editable_by(user), _begin),
)
