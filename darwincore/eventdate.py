"""Read the terms that say when: eventDate with its parts, and dateIdentified."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from .dates import (
    DateRead,
    Period,
    Point,
    between,
    day_of_year,
    month_number,
    parse_date,
    point,
    time_of,
)
from .finding import Found, Texts
from .places import number

DATE_TERMS = (
    "eventDate",
    "eventDate2",
    "year",
    "month",
    "day",
    "startDayOfYear",
    "endDayOfYear",
)
LABEL_GIVES_WAY = ("event_date", "month", "day", "start_day_of_year", "end_day_of_year")
_DATE_CODES = {"INVALID": "RECORDED_DATE_INVALID"}


@lru_cache(maxsize=4096)
def read_dates(texts: Texts, today: date) -> Found:
    """Read the date of the event from eventDate and, where that is blank, from its parts."""
    found = Found()
    written, second = texts[0], texts[1]
    parts = _parts(texts[2:], found)
    read = parse_date(written) if written else DateRead(None)
    period = read.period
    if period and (finer := _refined(period, parts)):
        period, read = finer, DateRead(finer)
    elif period:
        _compare(period, parts, texts, found)
    if period is None:
        period = _composed(parts, found)
    if second:
        period = _extended(period, second, found)
    if read.code:
        found.note(_DATE_CODES.get(read.code, read.code), "eventDate", written)
        found.spare["verbatim_event_date"] = written
    if period is None:
        _keep_parts(parts, found)
    else:
        _derive(period, found, today, written or str(period))
    if written:
        found.derived.discard("event_date")
        if time := time_of(written):
            found.spare["event_time"] = time
        if found.values.get("event_date") != written:
            found.verbatim["eventDate"] = written
    _keep_differing_parts(texts, parts, found)
    return found


@lru_cache(maxsize=4096)
def read_label(texts: Texts, today: date) -> Found:
    """Derive a date from verbatimEventDate, where nothing else said anything of when.

    What is no date there is none and no fault.
    """
    found = Found()
    (label,) = texts
    read = parse_date(label)
    if read.period:
        _derive(read.period, found, today, label)
    if read.code in ("DATE_AMBIGUOUS", "DATE_TWO_DIGIT_YEAR"):
        found.note(read.code, "verbatimEventDate", label)
    return found


class _Parts(NamedTuple):
    """The numbers in year, month, day, startDayOfYear and endDayOfYear; 0 for none."""

    year: int
    month: int
    day: int
    first: int
    last: int


def _parts(texts: Texts, found: Found) -> _Parts:
    numbers = []
    for term, text, low, high in zip(
        DATE_TERMS[2:], texts, (1000, 1, 1, 1, 1), (9999, 12, 31, 366, 366), strict=True
    ):
        value = _whole(text)
        if value is None and term == "month":
            value = month_number(text)
        if value and not low <= value <= high:
            value = None
        if value is None and text.strip("-?. ") not in ("", "NA"):
            found.note("NUMBER_INVALID", term, text)
        numbers.append(value or 0)
    return _Parts(*numbers)


def _whole(text: str) -> int | None:
    """Read a whole number, also as 1998.0; None for anything else."""
    if text.isdecimal() and text.isascii() and len(text) < 10:
        return int(text)
    value = number(text) if text else None
    return int(value) if value is not None and value == int(value) else None


def _refined(period: Period, parts: _Parts) -> Period | None:
    """Return the finer date that month and day give, where eventDate is only less exact.

    1 January beside a bare year is a placeholder of spreadsheets and refines nothing.
    """
    if period.precision not in ("year", "month") or not parts.month:
        return None
    if period.precision == "year" and parts.month == parts.day == 1:
        return None
    exact = point(parts.year or period.begin.year, parts.month, parts.day)
    if exact is None or exact <= period.begin or not _meets(exact, period):
        return None
    return Period(exact, exact)


def _meets(one: Point, period: Period) -> bool:
    return one.first <= period.end and period.start <= one.last


def _compare(period: Period, parts: _Parts, texts: Texts, found: Found) -> None:
    """Notice the first of year, month and day that contradicts eventDate."""
    if parts[:3] == period.single:
        return
    years = {parts.year} if parts.year else {period.begin.year, period.finish.year}
    for term, text, month, day in (
        ("year", texts[2], 0, 0),
        ("month", texts[3], parts.month, 0),
        ("day", texts[4], parts.month, parts.day),
    ):
        points = [point(year, month, day) for year in years]
        if not any(one and _meets(one, period) for one in points):
            found.note("RECORDED_DATE_MISMATCH", term, text)
            return


def _composed(parts: _Parts, found: Found) -> Period | None:
    """Return the date that the parts say together, down to the first one that is unknown."""
    if not parts.year:
        return None
    if not parts.month and not parts.day and parts.first:
        begin = day_of_year(parts.year, parts.first)
        finish = day_of_year(parts.year, parts.last) if parts.last else begin
        return between(begin, finish).period if begin and finish else None
    one = point(parts.year, parts.month, parts.day)
    if one is None:
        text = f"{parts.year}-{parts.month:02}-{parts.day:02}"
        found.note("RECORDED_DATE_INVALID", "day", text)
        one = Point(parts.year)
    return Period(one, one)


def _extended(period: Period | None, second: str, found: Found) -> Period | None:
    """Return the period up to eventDate2; without a first date eventDate2 alone says nothing."""
    read = parse_date(second)
    found.verbatim["eventDate2"] = second
    if read.period is None or period is None:
        if read.code or read.period:
            found.note("RECORDED_DATE_INVALID", "eventDate2", second)
        return period
    joined = between(period.begin, read.period.finish)
    if joined.period is None:
        found.note(joined.code, "eventDate2", second)
        return period
    return joined.period


def _derive(period: Period, found: Found, today: date, shown: str) -> None:
    single = period.single
    found.values.update(
        event_date=str(period),
        event_date_start=period.start,
        event_date_end=period.end,
        event_date_precision=period.precision,
    )
    columns = (("year", single.year), ("month", single.month), ("day", single.day))
    found.values.update((column, value) for column, value in columns if value)
    if period.begin.day and period.finish.day:
        found.values["start_day_of_year"] = period.start.timetuple().tm_yday
        found.values["end_day_of_year"] = period.end.timetuple().tm_yday
    found.derived.update(found.values)
    if period.start > today or period.start.year < 1600:
        found.note("RECORDED_DATE_UNLIKELY", "eventDate", shown)


_PART_COLUMNS = ("year", "month", "day", "start_day_of_year", "end_day_of_year")


def _keep_parts(parts: _Parts, found: Found) -> None:
    found.values.update(
        (column, value) for column, value in zip(_PART_COLUMNS, parts, strict=True) if value
    )


def _keep_differing_parts(texts: Texts, parts: _Parts, found: Found) -> None:
    for term, text, part, column in zip(
        DATE_TERMS[2:], texts[2:], parts, _PART_COLUMNS, strict=True
    ):
        if not text:
            continue
        if found.values.get(column) == part and part:
            found.derived.discard(column)
        else:
            found.verbatim[term] = text


@lru_cache(maxsize=4096)
def read_date_identified(texts: Texts, today: date) -> Found:
    found = Found()
    (text,) = texts
    read = parse_date(text)
    if read.period:
        found.values["date_identified"] = str(read.period)
        if read.period.start > today or read.period.start.year < 1600:
            found.note("IDENTIFIED_DATE_UNLIKELY", "dateIdentified", text)
    if read.code:
        code = "IDENTIFIED_DATE_INVALID" if read.code == "INVALID" else read.code
        found.note(code, "dateIdentified", text)
    if found.values.get("date_identified") != text:
        found.verbatim["dateIdentified"] = text
    return found
