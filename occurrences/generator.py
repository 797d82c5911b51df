"""Plausible records, any number of them, the same ones every time.

`rows` yields records as a spreadsheet would hold them: {Darwin Core term: text}, ready for
`darwincore.interpret`. People collect on trips: several numbers a day at one place, so that values
repeat as they do in life. A share of the rows may be dirty: damaged in one way each, such as
really occur. Used by the demonstration, the benchmarks and the tests.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from occurrences.scenery import PLACES, SCENES, Collector, Place, Scene, Taxon

Row = dict[str, str]

COLUMNS = tuple(
    """
    occurrenceID catalogNumber basisOfRecord kingdom family scientificName
    scientificNameAuthorship taxonRank identifiedBy dateIdentified typeStatus recordedBy
    recordNumber associatedCollectors eventDate verbatimEventDate country stateProvince county
    locality decimalLatitude decimalLongitude geodeticDatum coordinateUncertaintyInMeters
    minimumElevationInMeters maximumElevationInMeters verbatimElevation habitat occurrenceRemarks
    reproductiveCondition preparations duplicateQuantity processingStatus
    """.split()
)
NOW = 2025  # a clock would make the records differ from year to year
KILOMETRES_A_DEGREE = 111.2
DIRECTIONS = {"N": 0, "NE": 45, "E": 90, "SE": 135, "S": 180, "SW": 225, "W": 270, "NW": 315}


def rows(
    count: int, scene: str = "herbarium", *, seed: int = 1, dirty: float = 0.0, prefix: str = "GEN"
) -> Iterator[Row]:
    """Yield `count` records of a scene of `occurrences.scenery`; `dirty` is the damaged share.

    Catalog numbers are `prefix` and the record's number; nothing depends on `count`, so a longer
    run begins as a shorter one does.
    """
    random = Random(f"{seed} {scene}")  # noqa: S311  repeatable, not secret
    setting = SCENES[scene]
    numbers = {person.name: random.randrange(1, 900) for person in setting.collectors}
    made = 0
    while made < count:
        trip = _trip(random, setting)
        for _specimen in range(min(random.randint(1, 9), count - made)):
            made += 1
            numbers[trip.collector.name] += 1
            row = _record(random, setting, trip, numbers[trip.collector.name])
            row["catalogNumber"] = f"{prefix}-{made:07}"
            row["occurrenceID"] = f"urn:catalog:{prefix}:{made:07}"
            if random.random() < dirty:
                _damage(random, row)
            yield row


def write_csv(path: Path, made: Iterable[Row]) -> int:
    """Write rows as a CSV file in UTF-8 and return how many there were."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for row in made:
            writer.writerow(row)
            written += 1
    return written


class _Trip(NamedTuple):
    collector: Collector
    place: Place
    day: date
    where: Row


def _trip(random: Random, scene: Scene) -> _Trip:
    """Send a collector to a place on a day."""
    place = random.choice(PLACES)
    collector = random.choice(scene.collectors)
    year = random.randint(collector.first_year, collector.last_year)
    day = date(year, 1, 1) + timedelta(days=random.randrange(365))
    return _Trip(collector, place, day, _where(random, place, year))


def _where(random: Random, place: Place, year: int) -> Row:
    """Describe a spot some way off the place, with the point that this gives."""
    direction = random.choice(list(DIRECTIONS))
    distance = random.choice((1, 2, 3, 4, 5, 6, 8))
    bearing = math.radians(DIRECTIONS[direction])
    latitude = place.latitude + distance * math.cos(bearing) / KILOMETRES_A_DEGREE
    east = distance * math.sin(bearing) / KILOMETRES_A_DEGREE
    longitude = place.longitude + east / math.cos(math.radians(place.latitude))
    row = {
        "country": place.country,
        "stateProvince": place.state,
        "county": place.county,
        "locality": f"{distance} km {direction} of {place.near}",
        "habitat": place.vegetation,
    }
    if random.random() < 0.8:  # the others were never georeferenced
        modern = year > 1995
        places = 5 if modern else random.choice((2, 3))
        row["decimalLatitude"] = f"{latitude:.{places}f}"
        row["decimalLongitude"] = f"{longitude:.{places}f}"
        row["geodeticDatum"] = "WGS84"
        row["coordinateUncertaintyInMeters"] = random.choice(
            ("10", "25", "100") if modern else ("1000", "2500", "5000")
        )
    lower = random.randrange(place.lowest, place.highest, 10)
    if random.random() < 0.75:
        row["minimumElevationInMeters"] = str(lower)
        if random.random() < 0.2:
            row["maximumElevationInMeters"] = str(lower + random.choice((20, 50, 100)))
    return row


def _record(random: Random, scene: Scene, trip: _Trip, number: int) -> Row:
    """Collect one specimen, or see one individual, on a trip."""
    growing = [taxon for taxon in scene.taxa if trip.place.biome in taxon.biomes]
    taxon = random.choice(growing or scene.taxa)
    year = trip.day.year
    row: Row = {
        "basisOfRecord": scene.basis_of_record,
        **name_of(taxon, scene.kingdom),
        "recordedBy": trip.collector.name,
        "recordNumber": _number(random, number),
        **_when(random, trip.day),
        **trip.where,
        "occurrenceRemarks": random.choice(scene.remarks),
        "preparations": scene.preparations,
    }
    if scene.kingdom == "Plantae":
        row["reproductiveCondition"] = random.choice(("flowering", "fruiting", "sterile", ""))
    if random.random() < 0.25:
        together = [
            person.name
            for person in scene.collectors
            if person != trip.collector and person.first_year <= year <= person.last_year
        ]
        row["associatedCollectors"] = random.choice(together) if together else ""
    if random.random() < 0.7:
        row["identifiedBy"] = random.choice(scene.determiners)
        row["dateIdentified"] = str(min(year + random.randint(0, 12), NOW))
    return row


def name_of(taxon: Taxon, kingdom: str) -> Row:
    """Return the terms of a name."""
    rank = {2: "species", 3: "subspecies", 4: "subspecies"}[len(taxon.name.split())]
    return {
        "kingdom": kingdom,
        "family": taxon.family,
        "scientificName": taxon.name,
        "scientificNameAuthorship": taxon.author,
        "taxonRank": rank,
    }


def _number(random: Random, number: int) -> str:
    chance = random.random()
    if chance < 0.03:
        return "s.n."
    return f"{number}a" if chance < 0.05 else str(number)


def _when(random: Random, day: date) -> Row:
    """Return the date as exactly as it is known: older labels often say less."""
    if day.year > 1960 or random.random() < 0.7:
        written = random.choice((f"{day.day} {day:%b} {day.year}", ""))
        return {"eventDate": day.isoformat(), "verbatimEventDate": written}
    until = day + timedelta(days=random.randint(2, 12))
    return {
        "eventDate": random.choice(
            (str(day.year), f"{day:%Y-%m}", f"{day.isoformat()}/{until.isoformat()}")
        ),
        "verbatimEventDate": "",
    }


# --- damage -----------------------------------------------------------------------------------


def _damage(random: Random, row: Row) -> None:
    """Damage a row in one of the ways that really occur."""
    random.choice(_DAMAGES)(random, row)


def _impossible_date(random: Random, row: Row) -> None:
    row["eventDate"] = random.choice(
        ("31/02/1998", "1987-13-05", "summer", "12-14-76", "0000-00-00")
    )


def _point_outside_the_world(random: Random, row: Row) -> None:
    row["decimalLatitude"], row["decimalLongitude"] = "310.5", "-1112.04"


def _half_a_point(random: Random, row: Row) -> None:
    row["decimalLatitude"], row["decimalLongitude"] = "31.25", ""


def _degrees_and_minutes(random: Random, row: Row) -> None:
    row["decimalLatitude"], row["decimalLongitude"] = "31°15'30\"N", "110°54'W"


def _elevation_in_words(random: Random, row: Row) -> None:
    row["minimumElevationInMeters"] = random.choice(("ca. 1200 ft", "sea level", "800-950 m"))
    row["maximumElevationInMeters"] = ""


def _country_misspelt(random: Random, row: Row) -> None:
    row["country"] = random.choice(("Mejico", "MEX.", "Estados Unidos", "U.S.A."))


def _catalog_number_twice(random: Random, row: Row) -> None:
    """Give the row the keys of an earlier one: the second of two is not imported."""
    stem, _hyphen, number = row["catalogNumber"].rpartition("-")
    earlier = max(1, int(number) - random.randint(1, 50))
    row["catalogNumber"] = f"{stem}-{earlier:07}"
    row["occurrenceID"] = f"urn:catalog:{stem}:{earlier:07}"


def _basis_of_no_kind(random: Random, row: Row) -> None:
    row["basisOfRecord"] = random.choice(("Herbarium sheet", "unknown", "preserved specimen"))


_DAMAGES: tuple[Callable[[Random, Row], None], ...] = (
    _impossible_date,
    _point_outside_the_world,
    _half_a_point,
    _degrees_and_minutes,
    _elevation_in_words,
    _country_misspelt,
    _catalog_number_twice,
    _basis_of_no_kind,
)
