"""What is known of a whole column, which one of its cells can't say by itself.

`05/07/2024` is the 5th of July where other cells of its column have days over 12 in the first
place. A hint rewrites a text before it is read; what was written stays as the verbatim text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache, partial

_ONE_DATE = re.compile(r"(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
_TWO_DATES = re.compile(
    r"(\d{1,2}([/.-])\d{1,2}\2\d{4})\s*(?:-|–|—|/|to|a|al|até|bis|au)\s*(\d{1,2}\2\d{1,2}\2\d{4})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,]*\d")
_POINTED = re.compile(r"\d{1,3}(?:\.\d{3})*(?:,\d+)?|\d+,\d+")
_COMMAED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
# A number below 2101 in a column of dates is a year.
_SERIAL = re.compile(r"(210[1-9]|21[1-9]\d|2[2-9]\d\d|[3-9]\d{3}|\d{5})(?:\.\d+)?")
_FIRST_DAY = date(1899, 12, 30)  # day 0 of Excel, right from 1 March 1900 on


@dataclass(frozen=True)
class Hints:
    """By Darwin Core term name, for the terms that need one.

    day_first: True for day/month/year, False for month/day/year. decimal_comma: True where a comma
    stands before the fraction and points between thousands, False for the opposite. excel_serial:
    date terms whose whole numbers are days since 1900.
    """

    day_first: Mapping[str, bool] = field(default_factory=dict)
    decimal_comma: Mapping[str, bool] = field(default_factory=dict)
    excel_serial: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.day_first or self.decimal_comma or self.excel_serial)

    def settled(self, texts: Mapping[str, str]) -> tuple[Mapping[str, str], dict[str, str]]:
        """Return the texts as they are to be read, and what was written where they differ."""
        written: dict[str, str] = {}
        changed: dict[str, str] = {}
        for term, change in self._changes():
            text = texts.get(term)
            if text and (better := change(changed.get(term, text.strip()))) != text:
                written[term], changed[term] = text, better
        return ({**texts, **changed}, written) if changed else (texts, written)

    def _changes(self) -> list[tuple[str, Callable[[str], str]]]:
        return [
            *((term, serial_day) for term in self.excel_serial),
            *((term, _IN_ORDER[first]) for term, first in self.day_first.items()),
            *((term, _WITH_POINT[comma]) for term, comma in self.decimal_comma.items()),
        ]


@lru_cache(maxsize=4096)
def serial_day(text: str) -> str:
    """Turn a spreadsheet's day number into a date: 36161 is 1999-01-01; else return the text."""
    found = _SERIAL.fullmatch(text)
    if not found:
        return text
    return (_FIRST_DAY + timedelta(days=int(found[1]))).isoformat()


def _ordered(text: str, day_first: bool) -> str:
    both = _TWO_DATES.fullmatch(text)
    if both:
        begin, finish = (_one_ordered(both[at], day_first) for at in (1, 3))
        return f"{begin}/{finish}" if begin != both[1] and finish != both[3] else text
    return _one_ordered(text, day_first)


def _one_ordered(text: str, day_first: bool) -> str:
    found = _ONE_DATE.match(text)
    if not found or (found.end() < len(text) and text[found.end()] not in " T"):
        return text
    day, month = (int(found[1]), int(found[3]))[:: 1 if day_first else -1]
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return text
    return f"{found[4]}-{month:02}-{day:02}{text[found.end() :]}"


def _pointed(text: str, comma: bool) -> str:
    return _NUMBER.sub(lambda found: _number_pointed(found[0], comma), text)


def _number_pointed(text: str, comma: bool) -> str:
    if comma:
        return text.replace(".", "").replace(",", ".") if _POINTED.fullmatch(text) else text
    return text.replace(",", "") if _COMMAED.fullmatch(text) else text


_Change = Callable[[str], str]
_IN_ORDER: dict[bool, _Change] = {
    first: lru_cache(maxsize=4096)(partial(_ordered, day_first=first)) for first in (True, False)
}
_WITH_POINT: dict[bool, _Change] = {
    comma: lru_cache(maxsize=4096)(partial(_pointed, comma=comma)) for comma in (True, False)
}
