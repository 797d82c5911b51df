"""A number of a spreadsheet as its cell shows it: whole, a date in ISO 8601, a percentage.

A format that shows a year alone gives a year, since the day behind it is the spreadsheet's. One
without a year gives what is shown (2-Mar), for the same reason. Source: ECMA-376 part 1, 18.8.30.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial

Shape = Callable[[float], str]
_LAST_DAY = 2_958_466  # 31 December 9999
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_BUILT_IN = {
    "9": "0%",
    "10": "0.00%",
    "14": "m/d/yyyy",
    "15": "d-mmm-yy",
    "16": "d-mmm",
    "17": "mmm-yy",
    **dict.fromkeys(("18", "20", "32", "33", "34", "35", "55", "56"), "h:mm"),
    **dict.fromkeys(("19", "21", "45", "46", "47"), "h:mm:ss"),
    "22": "m/d/yyyy h:mm",
    **dict.fromkeys(map(str, (*range(27, 32), 36, *range(50, 55), 57, 58)), "yyyy/m/d"),
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_MINUTES = re.compile(r"h+\W*m+|m+\W*s", re.IGNORECASE)


def number_text(written: str, shape: Shape | None) -> str:
    """Return a number as it is shown; shape: how its style shows it, None for as it is."""
    if shape is None and written.isdecimal():
        return written
    try:
        number = float(written)
        return shape(number) if shape else plain(number)
    except (ValueError, OverflowError):
        return written


def plain(number: float) -> str:
    """Write a number with the 15 digits that a spreadsheet keeps, whole ones without .0."""
    text = f"{number:.15g}"
    return format(Decimal(text), "f") if "e" in text else text


@lru_cache(maxsize=1000)
def shape_of(number: str, code: str, since_1904: bool) -> Shape | None:
    """Return how a format shows numbers: by its number of the standard ones, or by its code."""
    code = code or _BUILT_IN.get(number, "")
    code = _LITERAL.sub("", code.partition(";")[0]).lower()
    if "%" in code:
        return _percent
    if re.fullmatch("0{2,}", code):
        return partial(_padded, width=len(code))
    parts = "".join(letter for letter in "yd" if letter in code)
    if "m" in _MINUTES.sub("", code):
        parts += "m"
    if "h" in code or "s" in code:
        parts += "t"
    if not parts or "general" in code:
        return None
    return partial(_moment, parts=frozenset(parts), since_1904=since_1904)


def _percent(number: float) -> str:
    return f"{number * 100:.10g}%"


def _padded(number: float, width: int) -> str:
    return plain(number).zfill(width)


def _moment(number: float, parts: frozenset[str], since_1904: bool) -> str:
    if not 0 <= number < _LAST_DAY or (not since_1904 and 60 <= number < 61):
        return plain(number)  # 60 is 29 February 1900, which never was
    begin = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 + (number < 60))
    when = begin + timedelta(seconds=round(number * 86400))
    clock = when.strftime("%H:%M:%S" if when.second else "%H:%M")
    if parts == {"t"}:
        return clock
    if "y" not in parts:
        shown = [str(when.day)] * ("d" in parts) + [_MONTHS[when.month - 1]] * ("m" in parts)
        return "-".join(shown)
    day = f"{when.year:04}" + f"-{when.month:02}" * ("m" in parts)
    if "d" in parts and "m" in parts:
        day += f"-{when.day:02}"
        if "t" in parts and (when.hour or when.minute or when.second):
            return f"{day}T{clock}"
    return day
