"""When two records are sheets of one gathering: collector, number and day, in any spelling.

`compare` weighs two gatherings and says the tier, a score and the signs that led there. It is pure:
the same rules serve the panel beside the form, the clusters of the portal and their benchmark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

EXACT, NEAR, OTHER_DATE, EVENT, EXSICCATA = "exact", "near", "other date", "event", "exsiccata"
TIERS = (EXACT, EXSICCATA, NEAR, OTHER_DATE, EVENT)
CLOSE = 5  # numbers no further apart are close by
LONGEST = 300  # letters of a list of collectors that are looked at
TELLING = 100  # a number from here on is seldom borne twice by people of one name


# --- collectors -------------------------------------------------------------------------------


class Person(NamedTuple):
    """One reading of a name, folded: surnames ("gonzalez", "perez"), given names or initials."""

    surnames: tuple[str, ...]
    given: tuple[str, ...]


_NOISE = re.compile(
    r"\b(det|determined|determinavit|identified|ident)\b\.?.*|"
    r"\b(legit|leg|coll?|collected by|collectors?|colector(?:es)?|rec)\b\s*[.:]|"
    r"\b(dr|prof|mr|mrs|miss|ms|rev|sra?|ing|bro|hno|lic)\b\.|[\[\](){}\"?*]",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*[;&|/+]\s*|\s+(?:and|et|und|with|con|avec|og|och|mit|(?-i:[ye]))\s+|,?\s*\bet\s+al\b.*",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "de del la las los da das do dos du des di della le van von vander vonder der den ten ter "
    "zu zur af av st ste el al bin ibn san".split()
)
_SUFFIXES = frozenset("jr sr ii iii iv hijo fil filho junior senior neto".split())
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d"})


def fold(text: str) -> str:
    """Return `text` in lower case without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=50_000)
def collector(recorded_by: str) -> tuple[Person, ...]:
    """Return the readings of the first collector's name; none where there is no name.

    "Luis González Pérez" may be Luis G. Pérez or a González with two surnames: both are readings.
    """
    text = _NOISE.sub(" ", recorded_by[:LONGEST])
    first = next((part for part in _BETWEEN.split(text) if part and part.strip(" ,.")), "")
    return tuple(dict.fromkeys(_readings(first)))


def _readings(name: str) -> Iterator[Person]:
    parts = [part for part in (_words(part) for part in name.split(",")) if part]
    parts = [part for part in parts if not set(part) <= _SUFFIXES]
    if not parts:
        return
    if len(parts) > 1 and _are_given(parts[0], parts[1]):
        yield from _person(parts[0], parts[1])
        if len(parts[0]) > 1 and not _has_initials(parts[1]):
            yield from _straight(parts[0])  # "Luis González, María Ruiz"
        return
    yield from _straight(parts[0])


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name, folded; initials apart: "R.L.McGregor", "JL Reveal"."""
    shouted = text.upper() == text
    words: list[str] = []
    for word in re.split(r"[\s.\-‐–]+", re.sub(r"['’`´]", "", text)):
        if not any(letter.isalpha() for letter in word):
            continue
        initials = word.isupper() and 1 < len(word) <= 3 and not shouted
        words += list(fold(word)) if initials else [fold(word)]
    joined: list[str] = []
    for word in words:  # "Mc Gregor"
        if joined and joined[-1] in ("mc", "mac"):
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(word for word in joined if word not in _SUFFIXES)


def _has_initials(words: Sequence[str]) -> bool:
    return any(len(word) == 1 for word in words)


def _are_given(before: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether what stands behind a comma are given names of what stands before it."""
    if _has_initials(before):
        return False
    plain = [word for word in after if word not in _PARTICLES]
    return all(len(word) == 1 for word in plain) or len(plain) <= 2


def _straight(words: Sequence[str]) -> Iterator[Person]:
    """Read a name without a comma: given names first, unless initials stand at its end."""
    plain = [word for word in words if word not in _PARTICLES] or list(words)
    if len(plain) > 1 and len(plain[-1]) == 1 and len(plain[0]) > 1:
        first = next(n for n, word in enumerate(plain) if len(word) == 1)
        yield from _person(plain[:first], plain[first:])
        return
    yield from _person(plain[-1:], plain[:-1])
    if len(plain) > 2 and len(plain[-2]) > 1:
        yield from _person(plain[-2:], plain[:-2])


def _person(surnames: Sequence[str], given: Sequence[str]) -> Iterator[Person]:
    names = tuple(word for word in surnames if word not in _PARTICLES) or tuple(surnames)
    if names and len(names[0]) > 1:
        yield Person(names, tuple(word for word in given if word not in _PARTICLES))


def same_collector(ones: Iterable[Person], others: Sequence[Person]) -> str:
    """Return "collector", "surname" where given names are missing, "spelling" or "" for another."""
    best = ""
    for one in ones:
        for other in others:
            found = _same_person(one, other)
            if _RANK[found] > _RANK[best]:
                best = found
    return best


_RANK = {"": 0, "spelling": 1, "surname": 2, "collector": 3}


def _same_person(one: Person, other: Person) -> str:
    given = _given_agree(one.given, other.given)
    if given is None:
        return ""
    if one.surnames[0] == other.surnames[0]:
        if len(one.surnames) > 1 < len(other.surnames) and one.surnames != other.surnames:
            return ""
        return "collector" if given else "surname"
    joined = "".join(one.surnames) == "".join(other.surnames)
    if joined:
        return "collector" if given else "surname"
    if given and misspelt(one.surnames[0], other.surnames[0]):
        return "spelling"
    return ""


def _given_agree(one: Sequence[str], other: Sequence[str]) -> bool | None:
    """Return whether given names agree, False where one has none, None where they differ."""
    if not one or not other:
        return False
    for mine, theirs in zip(one, other, strict=False):
        short, long = sorted((mine, theirs), key=len)
        if not long.startswith(short) and not misspelt(short, long):
            return None
    return True


def misspelt(one: str, other: str) -> bool:
    """Tell whether two words of four letters and more are one letter or one swap apart."""
    short, long = sorted((one, other), key=len)
    if len(short) < 4 or len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    if short[start + 1 :] == long[start + 1 :]:
        return True
    swapped = short[start + 1 : start + 2] + short[start : start + 1]
    return swapped == long[start : start + 2] and short[start + 2 :] == long[start + 2 :]


# --- record numbers ---------------------------------------------------------------------------


class Number(NamedTuple):
    """A collector's number, folded: "RM-0123a" is ("rm", 123, "a"). last: where a range ends."""

    prefix: str
    digits: int
    suffix: str
    last: int | None = None


_NOT_NUMBERED = re.compile(
    r"\W*(s\W*n|s\W*n[or]|sin n\w*|sans n\w*|none|null|n\W*a|unnumbered)?\W*$"
)
_INTRODUCED = re.compile(r"^(?:no|nr|num|number|numero|field no|coll no|№|n[°º])?[.:#\s]*(?=\w)")
_RANGE = re.compile(r"^(\D*?)\W?(\d+)\s*(?:-|–|—|to|a)\s*(\d+)$")
_NUMBERED = re.compile(r"^(.*?)(\d+)([^\d]*)$")
LONGEST_RANGE = 20


@lru_cache(maxsize=100_000)
def number(record_number: str) -> Number | None:
    """Return a record number as it is compared; None for "s.n." and what has no figure."""
    text = fold(record_number[:100]).strip()
    if _NOT_NUMBERED.match(text):
        return None
    text = re.sub(r"\.0+$", "", _INTRODUCED.sub("", text))
    if span := _range(text):
        return span
    found = _NUMBERED.match(text)
    if not found:
        return None
    prefix, digits, suffix = found.groups()
    if len(digits) > 15:
        return None
    return Number(re.sub(r"[\W_]", "", prefix), int(digits), re.sub(r"[\W_]", "", suffix))


def _range(text: str) -> Number | None:
    """Read "1234-1236" and "1234-36"; "95-123" is a number with a prefix."""
    found = _RANGE.match(text)
    if not found or len(found[2]) > 9 or len(found[3]) > 9:
        return None
    first, last = found[2], found[3]
    last = first[: len(first) - len(last)] + last
    if not first.startswith("0") and 0 < int(last) - int(first) <= LONGEST_RANGE:
        return Number(re.sub(r"[\W_]", "", found[1]), int(first), "", int(last))
    return None


def same_number(one: Number | None, other: Number | None) -> str:
    """Return "number", "suffix", "prefix", "range", "close" or "" for numbers apart or none."""
    if one is None or other is None:
        return ""
    if one == other:
        return "number"
    if one.prefix == other.prefix:
        within = (one.digits, one.last or one.digits), (other.digits, other.last or other.digits)
        (first, last), (start, end) = within
        if first <= end and start <= last:
            return "range" if one.last or other.last else "suffix"
        apart = max(start - last, first - end)
        return "close" if apart <= CLOSE else ""
    if one.digits == other.digits and one.suffix == other.suffix and not (one.last or other.last):
        lettered = one.prefix + other.prefix
        return "prefix" if not (one.prefix and other.prefix) and lettered.isalpha() else ""
    return ""


# --- days -------------------------------------------------------------------------------------


class Days(NamedTuple):
    """First and last possible day."""

    start: date
    end: date

    @property
    def is_day(self) -> bool:
        return self.start == self.end


def same_day(one: Days | None, other: Days | None) -> str:
    """Return "day", "days" that may be the same, "undated", "swapped", "shifted" or "apart"."""
    if one is None or other is None:
        return "undated"
    if one.start <= other.end and other.start <= one.end:
        return "day" if one.is_day and other.is_day else "days"
    if one.is_day and other.is_day:
        mine, theirs = one.start, other.start
        if (mine.year, mine.month, mine.day) == (theirs.year, theirs.day, theirs.month):
            return "swapped"
    if _gap(one, other) <= timedelta(days=1):
        return "shifted"
    return "apart"


def _gap(one: Days, other: Days) -> timedelta:
    return max(other.start - one.end, one.start - other.end)


# --- all of it --------------------------------------------------------------------------------


class Gathering(NamedTuple):
    """What is compared of a record."""

    collector: tuple[Person, ...]
    number: Number | None
    days: Days | None
    country: str = ""
    provider_id: str = ""  # occurrenceID
    has_collector: bool = True


class Likeness(NamedTuple):
    """How alike two gatherings are. signs: codes of what speaks for it and against it."""

    tier: str
    score: float
    signs: tuple[str, ...]


def gathering(
    recorded_by: str | None,
    record_number: str | None,
    days: Days | None,
    country: str | None = "",
    provider_id: str | None = "",
) -> Gathering:
    """Read a record's own values."""
    return Gathering(
        collector(recorded_by or ""),
        number(record_number or ""),
        days,
        fold(country or ""),
        (provider_id or "").strip(),
        bool(recorded_by),
    )


_WEIGHTS = {
    "surname": 0.97,
    "spelling": 0.8,
    "suffix": 0.8,
    "prefix": 0.75,
    "range": 0.7,
    "days": 0.97,
    "undated": 0.9,
    "swapped": 0.7,
    "shifted": 0.7,
    "apart": 0.4,
    "countries": 0.5,
}


def compare(one: Gathering, other: Gathering) -> Likeness | None:
    """Return how alike two gatherings are, or None where nothing says that they are one."""
    if one.provider_id and one.provider_id == other.provider_id:
        return Likeness(EXACT, 1.0, ("same specimen",))
    who = same_collector(one.collector, other.collector)
    if not who:
        return None
    numbers, when = same_number(one.number, other.number), same_day(one.days, other.days)
    abroad = bool(one.country and other.country and one.country != other.country)
    signs = (who, *filter(None, (numbers,)), when, *(("countries",) if abroad else ()))
    tier = _tier(who, numbers, when, abroad=abroad, dated=one, undated=other)
    if not tier:
        return None
    if tier == EVENT:
        return Likeness(EVENT, _score_of_event(one, other, numbers, when), signs)
    score = 1.0
    for sign in signs:
        score *= _WEIGHTS.get(sign, 1.0)
    return Likeness(tier, round(score, 3), signs)


def _tier(
    who: str, numbers: str, when: str, *, abroad: bool, dated: Gathering, undated: Gathering
) -> str:
    if numbers == "number":
        if when in ("apart", "swapped", "shifted"):
            return OTHER_DATE if who != "spelling" or when != "apart" else ""
        if who == "spelling":
            return NEAR if when == "day" else ""
        sure = when == "day" or _tells(dated.number)
        return EXACT if sure and not abroad else NEAR
    if numbers in ("suffix", "prefix", "range"):
        return NEAR if who != "spelling" and when in ("day", "days", "undated") else ""
    if who == "spelling":
        return ""
    if when == "day":
        return EVENT
    return EVENT if numbers == "close" and when in ("days", "undated") else ""


def _tells(found: Number | None) -> bool:
    """Tell whether a number may stand without a day: small ones begin every series."""
    return found is not None and (found.digits >= TELLING or bool(found.prefix))


def _score_of_event(one: Gathering, other: Gathering, numbers: str, when: str) -> float:
    if one.number and other.number:
        apart = abs(one.number.digits - other.number.digits)
        near = max(0.0, 1 - apart / 40) if one.number.prefix == other.number.prefix else 0.2
    else:
        near = 0.6
    return round((0.3 + 0.4 * near) * (1 if when == "day" else 0.6), 3)
