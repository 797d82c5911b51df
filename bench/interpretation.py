"""How well dates, coordinates, elevations and countries are read: precision and recall.

FIELD_DATA names the folder with the real strings. Each text is read by itself, and what it says is
compared with what the same record, or the list, says beside it. precision: of what was read, the
share that agrees. recall: of the texts whose meaning a person could tell, the share that was read
so. Left out of both: texts that say less than the list beside them, because they name no century,
hemisphere, unit or order of day and month; they are counted, and a value read from one is wrong.
`rows` is the most texts taken of each kind; a second is the limit for 20,000 of them.
"""

import csv
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from darwincore.alone import read_alone
from darwincore.dates import Period, Point, parse_date
from darwincore.interpret import interpret

RECORDS = "5-strings/derived-from-real-records/dev"
PARSERS = "5-strings/gbif-parsers"
GOAL = 20_000

Judged = tuple[str, str]  # right, wrong, missed or silent; and the text


def run(rows: int) -> dict[str, Any]:
    """Read at most `rows` texts of each kind and compare."""
    data = os.environ.get("FIELD_DATA")
    if not data:
        raise SystemExit("Set FIELD_DATA to the folder with the real strings.")
    figures: dict[str, Any] = {}
    texts, seconds = 0, 0.0
    for name, judge in KINDS.items():
        started = time.process_time()
        counts: Counter[str] = Counter()
        for (verdict, _text), _n in zip(judge(Path(data)), range(rows), strict=False):
            counts[verdict] += 1
        seconds += time.process_time() - started
        texts += counts.total()
        figures |= {f"{name}_{key}": value for key, value in _shares(counts).items()}
    limit = texts / GOAL
    return {
        "seconds": seconds,
        "limit_seconds": limit,
        "ratio": seconds / limit,
        "texts": texts,
        **figures,
    }


def _shares(counts: Counter[str]) -> dict[str, Any]:
    read = counts["right"] + counts["wrong"]
    meant = counts["right"] + counts["wrong"] + counts["missed"]
    return {
        "texts": counts.total(),
        "precision": counts["right"] / read if read else None,
        "recall": counts["right"] / meant if meant else None,
        "wrong": counts["wrong"],
        "missed": counts["missed"],
        "silent": counts["silent"],
    }


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def _lines(path: Path, separator: str) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if separator in line and not line.startswith("#"):
            yield line.split(separator)


# -- Dates -----------------------------------------------------------------------------------------


def dates(data: Path) -> Iterator[Judged]:
    """Compare with the date of the same record; an overlap that is no finer is right."""
    for row in _table(data / RECORDS / "verbatim_dates.tsv"):
        text, beside = row["verbatimEventDate"], parse_date(row["eventDate"]).period
        read = parse_date(text)
        if beside and text != row["eventDate"] and any(map(str.isdigit, text)):
            yield _judged_date(read.period, read.code, beside), text


def _judged_date(read: Period | None, code: str, beside: Period) -> str:
    if code in ("DATE_TWO_DIGIT_YEAR", "DATE_AMBIGUOUS"):
        meets = read is None or (read.start <= beside.start and beside.start <= read.end)
        return "silent" if meets else "wrong"
    if read is None:
        return "missed"
    return "right" if read.start <= beside.end and beside.start <= read.end else "wrong"


def formats(data: Path) -> Iterator[Judged]:
    """Compare with the notations that GBIF's parser is tested with."""
    for name in ("threeten_localdate_tests.txt", "textual_month_date_tokenizer_tests.txt"):
        for row in _lines(data / PARSERS / "tests/date" / name, ";"):
            if not row[1][:1].isdigit():
                continue
            text, numbers = row[0], [_month(part) for part in row[1:4]]
            read = parse_date(text)
            if 0 in numbers:
                yield ("silent" if read.period is None else "wrong"), text
            else:
                meant = Point(*numbers)
                yield _judged_date(read.period, read.code, Period(meant, meant)), text


def _month(text: str) -> int:
    named = "jan feb mar apr may jun jul aug sep oct nov dec".split()
    short = text.strip(" .").lower()
    long = re.fullmatch(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:[a-ce-z]+)?", short)
    return int(text) if text.isdigit() else named.index(long[1]) + 1 if long else 0


# -- Coordinates -----------------------------------------------------------------------------------


def coordinates(data: Path) -> Iterator[Judged]:
    """Compare with the decimal coordinates of the same record, to three thousandths."""
    for row in _table(data / RECORDS / "verbatim_coordinates.tsv"):
        cells = {name: row[name] for name in row if name.startswith("verbatim") and row[name]}
        text = " ".join(cells.values())
        if not row["decimalLatitude"] or not any(map(str.isdigit, text)):
            continue
        meant = (float(row["decimalLatitude"]), float(row["decimalLongitude"]))
        found = interpret(cells)
        codes = {issue.code for issue in found.issues}
        if "decimal_latitude" in found.values:
            read = [
                float(str(found.values[f"decimal_{axis}"])) for axis in ("latitude", "longitude")
            ]
            near = all(abs(a - b) <= 0.003 for a, b in zip(read, meant, strict=True))
            yield ("right" if near else "wrong"), text
        elif codes & {"COORDINATE_HEMISPHERE_MISSING", "COORDINATE_ZONE_AMBIGUOUS"}:
            yield "silent", text
        else:
            yield "missed", text


# -- Elevations ------------------------------------------------------------------------------------


def elevations(data: Path) -> Iterator[Judged]:
    """Compare with the metres of the same record, which must be the read ones to two metres."""
    for row in _table(data / RECORDS / "verbatim_elevations.tsv"):
        text = row["verbatimElevation"]
        meant = [float(row[f"{end}imumElevationInMeters"] or "nan") for end in ("min", "max")]
        known = {value for value in meant if value == value}
        reading = read_alone("verbatimElevation", text)
        read = {float(str(value)) for value in reading.values.values()}
        codes = {issue.code for issue in reading.issues}
        if read and known:
            near = all(any(abs(a - b) <= 2 for b in read) for a in known)
            yield ("right" if near else "wrong"), text
        elif known:
            yield ("silent" if "ELEVATION_UNIT_MISSING" in codes else "missed"), text


# -- Countries -------------------------------------------------------------------------------------


def countries(data: Path) -> Iterator[Judged]:
    """Compare with the code of the same record."""
    for row in _table(data / RECORDS / "geography.tsv"):
        meant = interpret({"countryCode": row["countryCode"]}).values.get("country_code")
        if row["country"] and meant:
            yield _judged_country(row["country"], str(meant)), row["country"]


def country_names(data: Path) -> Iterator[Judged]:
    """Compare with GBIF's dictionary of what people write, misspellings and towns included."""
    for row in _lines(data / PARSERS / "dictionaries/countryName.tsv", "\t"):
        yield _judged_country(row[0], row[1]), row[0]


def _judged_country(text: str, meant: str) -> str:
    read = interpret({"country": text}).values.get("country_code")
    if meant == "ZZ":  # the list itself says: no country can be told
        return "wrong" if read else "silent"
    return "missed" if read is None else "right" if read == meant else "wrong"


KINDS: dict[str, Callable[[Path], Iterator[Judged]]] = {
    "dates": dates,
    "date_formats": formats,
    "coordinates": coordinates,
    "elevations": elevations,
    "countries": countries,
    "country_names": country_names,
}
