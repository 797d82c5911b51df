"""Records that may be sheets of the gathering somebody types: found at once, told in words.

The words and days of the table lead to candidates, `occurrences.likeness` weighs them. Everybody
searches the public columns, so a redacted record is found by what all may read of it; withheld
values are compared for editors of its own collection alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet, Value
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from darwincore import places
from darwincore.dates import parse_date
from occurrences import likeness
from occurrences.likeness import EXSICCATA, TIERS, Days, Gathering, Likeness, Number
from occurrences.models import Occurrence, Protection, Withheld
from occurrences.models.record import SortKey
from occurrences.protection import exact

FETCHED = 300  # candidates of each kind that are weighed
SUFFIXES = (*"abcdefgh", "bis", "ter")
WIDEST = 6  # figures to which a number may be padded with zeros
# What is read of a candidate to weigh it.
COMPARED = (
    "recorded_by",
    "record_number",
    "event_date_start",
    "event_date_end",
    "year",
    "country_code",
    "country",
    "occurrence_id",
    "exsiccati_title",
    "exsiccati_number",
)
# What candidates may disagree about, beyond who, when and which number.
DISPUTED = (
    "event_date",
    "scientific_name",
    "country",
    "state_province",
    "county",
    "locality",
    "decimal_latitude",
    "decimal_longitude",
    "minimum_elevation_in_meters",
    "habitat",
)


@dataclass
class Match:
    """A record that may be of the typed gathering.

    tier: one of `likeness.TIERS`. score: 0 to 1. evidence: sentences. values: what the asking
    person may read of the record, by column. disagreements: {column: the values that the exact
    matches give, where they give several}.
    """

    occurrence: Occurrence
    tier: str
    score: float
    evidence: list[str]
    same_collection: bool
    same_specimen: bool
    signs: tuple[str, ...]
    values: dict[str, Any]
    disagreements: dict[str, list[str]] = field(default_factory=dict)


def find(
    user: Person,
    collection: Collection | None,
    typed: Mapping[str, str],
    *,
    exclude: UUID | None = None,
    limit: int = 50,
) -> list[Match]:
    """Return records that `user` may see and that may be of the gathering typed, the best first.

    typed: {column: text} of a form; collector and number or date, or exsiccata title and number,
    are needed. collection: the one being entered into; exclude: the record that is being edited.
    """
    asked = _Asked(typed, exclude)
    editable = set(Collection.objects.editable_by(user).values_list("pk", flat=True))
    keys = set(asked.candidates(editable))
    if not keys:
        return []
    visible = Occurrence.objects.visible_to(user).exclude(guid=exclude)
    slim = visible.filter(pk__in=keys).only("collection", "protection", *COMPARED)
    weighed = []
    for row in slim:
        likely = asked.weigh(row, withheld=row.collection_id in editable)
        if likely:
            weighed.append((row.pk, likely))
    weighed.sort(key=lambda each: (TIERS.index(each[1].tier), -each[1].score, each[0]))
    best = dict(weighed[:limit])
    return _told(visible.filter(pk__in=best), best, asked, collection, editable)


def _told(
    rows: QuerySet[Occurrence],
    best: Mapping[int, Likeness],
    asked: _Asked,
    collection: Collection | None,
    editable: set[int],
) -> list[Match]:
    whole = rows.select_related("collection__institution").defer("search_vector")
    found = {row.pk: row for row in whole}
    matches = []
    for pk, likely in best.items():
        if (row := found.get(pk)) is None:
            continue
        values = _values(row, withheld=True)
        compared = _values(row, withheld=row.collection_id in editable)
        matches.append(
            Match(
                row,
                likely.tier,
                likely.score,
                [sentence(sign, asked.typed, compared) for sign in likely.signs],
                same_collection=collection is not None and row.collection_id == collection.pk,
                same_specimen="same specimen" in likely.signs,
                signs=likely.signs,
                values=values,
            )
        )
    _show_disagreements([m for m in matches if m.tier in (likeness.EXACT, EXSICCATA)])
    return matches


def _values(row: Occurrence, *, withheld: bool) -> dict[str, Any]:
    """Return a record's values, with those that its reader was disclosed, if they are wanted."""
    given = row.__dict__
    columns = {name: given[name] for name in _COLUMNS if name in given}
    return exact(columns, row.disclosed if withheld else None)


_COLUMNS = tuple(each.attname for each in Occurrence._meta.concrete_fields)


def _show_disagreements(matches: Sequence[Match]) -> None:
    found: dict[str, list[str]] = {}
    for column in DISPUTED:
        said: dict[str, str] = {}
        for match in matches:
            value = match.values.get(column)
            if value is not None:
                said.setdefault(" ".join(likeness.fold(str(value)).split()), str(value))
        if len(said) > 1:
            found[column] = list(said.values())
    for match in matches:
        match.disagreements = found


# --- what is asked ----------------------------------------------------------------------------


class _Asked:
    """What somebody typed, read once, and how it leads to candidates."""

    def __init__(self, typed: Mapping[str, str], exclude: UUID | None) -> None:
        self.typed = {column: text.strip() for column, text in typed.items() if text}
        given = self.typed.get
        self.gathering = likeness.gathering(
            given("recorded_by"),
            given("record_number"),
            _typed_days(self.typed),
            country_code(given("country_code"), given("country")),
            given("occurrence_id"),
        )
        self.exsiccata = (given("exsiccati_title", ""), given("exsiccati_number", ""))
        own = [str(exclude), f"urn:uuid:{exclude}"] if exclude else []
        self.provider_ids = [each for each in (self.gathering.provider_id, *own) if each]

    def weigh(self, row: Occurrence, *, withheld: bool) -> Likeness | None:
        """Return how a candidate is like what was typed; None when it isn't."""
        values = _values(row, withheld=withheld)
        if values.get("occurrence_id") and values["occurrence_id"] in self.provider_ids:
            return Likeness(likeness.EXACT, 1.0, ("same specimen",))
        if all(self.exsiccata) and self._is_of_exsiccata(values):
            return Likeness(EXSICCATA, 0.95, ("exsiccata",))
        return likeness.compare(self.gathering, as_gathering(values))

    def _is_of_exsiccata(self, values: Mapping[str, Any]) -> bool:
        title, number = values.get("exsiccati_title"), values.get("exsiccati_number")
        if not title or not number or likeness.fold(title) != likeness.fold(self.exsiccata[0]):
            return False
        mine, theirs = (likeness.number(each) or each for each in (self.exsiccata[1], number))
        return mine == theirs

    def candidates(self, editable: Iterable[int]) -> list[int]:
        """Return the keys of records to weigh, whoever may see them."""
        parts = [rows.order_by().values("pk")[:FETCHED] for rows in self._paths(editable)]
        if not parts:
            return []
        return [each["pk"] for each in parts[0].union(*parts[1:], all=True)]

    def _paths(self, editable: Iterable[int]) -> Iterator[QuerySet[Occurrence]]:
        every = Occurrence.objects.all()
        people, number = self.gathering.collector, self.gathering.number
        days = self.gathering.days
        who = _who(people)
        on_the_day = Q(event_date_start=days.start, event_date_end=days.end) if days else None
        if who and number:
            yield every.filter(_words(f"{who} & ({_any(_forms(number))})"))
            yield every.filter(_words(f"{who} & ({_any(_close(number))})"))
        if who and on_the_day:
            yield every.filter(_words(who), on_the_day)
        if who and number and on_the_day and days and days.is_day:
            yield every.filter(_words(_any(_forms(number))), on_the_day)
        if self.provider_ids:
            yield every.filter(occurrence_id__in=self.provider_ids)
        if all(self.exsiccata):
            title = SortKey(Value(self.exsiccata[0]))
            yield every.alias(title=SortKey("exsiccati_title")).filter(
                title=title, exsiccati_title__isnull=False
            )
        if who and (number or days):
            yield self._withheld(set(editable), number, days)

    def _withheld(
        self, editable: set[int], number: Number | None, days: Days | None
    ) -> QuerySet[Occurrence]:
        """Return protected records of collections that the asking person edits."""
        said = Q()
        if number:
            texts = {*_forms(number), self.typed["record_number"]}
            said |= Q(terms__record_number__in=sorted(texts))
        if days and days.is_day:
            said |= Q(terms__event_date=days.start.isoformat())
        kept = Withheld.objects.filter(said, collection__in=editable).order_by()
        if not said:
            kept = kept.none()
        hidden = kept.values("occurrence")[:FETCHED]
        return Occurrence.objects.filter(pk__in=hidden, protection__gt=Protection.OPEN)


def _typed_days(typed: Mapping[str, str]) -> Days | None:
    period = parse_date(typed.get("event_date", "")).period
    return Days(period.start, period.end) if period else None


def as_gathering(values: Mapping[str, Any]) -> Gathering:
    """Read a record's values by column. Of a redacted date the year alone is known."""
    start, end, year = (values.get(c) for c in ("event_date_start", "event_date_end", "year"))
    if start is None and year and 1 <= year <= 9999:
        start, end = date(year, 1, 1), date(year, 12, 31)
    return likeness.gathering(
        values.get("recorded_by"),
        values.get("record_number"),
        Days(start, end or start) if start else None,
        country_code(values.get("country_code"), values.get("country")),
        values.get("occurrence_id"),
    )


@lru_cache(maxsize=5000)
def country_code(code: str | None, name: str | None) -> str:
    """Return the code of a country, or its name where it has none."""
    if code:
        return code.upper()
    found = places.country_named(name) if name else None
    return found.code if found else name or ""


# --- words of the index -----------------------------------------------------------------------


def _words(query: str) -> Q:
    return Q(search_vector=SearchQuery(query, config="simple", search_type="raw"))


def _any(words: Iterable[str]) -> str:
    return " | ".join(f"'{word}':B" for word in words)


def _who(people: Sequence[likeness.Person]) -> str:
    """Return a text query for any reading of a surname, also where a mark parts it in two."""
    surnames = dict.fromkeys(person.surnames[0] for person in people)
    ways = []
    for surname in surnames:
        plain = "".join(letter for letter in surname if letter.isalnum())
        ways.append(f"'{plain}':B")
        cut = next((len(each) for each in ("mac", "mc", "o", "d") if plain.startswith(each)), 0)
        if cut and len(plain) > cut:
            ways.append(f"('{plain[:cut]}':B & '{plain[cut:]}':B)")
    return f"({' | '.join(ways)})" if ways else ""


def _forms(number: Number) -> list[str]:
    """Return the words a number may stand as: with zeros before it, letters at either end."""
    last = number.last or number.digits
    figures = [str(digits) for digits in range(number.digits, last + 1)]
    first = figures[0]
    figures += [first.zfill(width) for width in range(len(first) + 1, WIDEST + 1)]
    forms = [*figures, *(f"{first}{suffix}" for suffix in (*SUFFIXES, number.suffix) if suffix)]
    if number.prefix:
        forms += [f"{number.prefix}{form}" for form in list(forms)]
    return list(dict.fromkeys(forms))


def _close(number: Number) -> list[str]:
    low, high = max(1, number.digits - likeness.CLOSE), number.digits + likeness.CLOSE
    forms = [str(digits) for digits in range(low, high + 1)]
    return [*forms, *(f"{number.prefix}{form}" for form in forms if number.prefix)]


# --- in words ---------------------------------------------------------------------------------


def sentence(sign: str, typed: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Return what a sign means, with what was typed and what the record says."""
    told = _SENTENCES[sign]() if sign in _SENTENCES else sign
    said = {
        "collector": values.get("recorded_by") or "",
        "number": values.get("record_number") or "",
        "typed_number": typed.get("record_number") or "",
        "date": values.get("event_date") or values.get("year") or "",
        "typed_date": typed.get("event_date") or "",
        "country": values.get("country") or values.get("country_code") or "",
    }
    return told % said


_SENTENCES = {
    "same specimen": lambda: _(
        "It bears the same occurrenceID: the same specimen held twice, one of them a copy."
    ),
    "exsiccata": lambda: _("It is of the same exsiccata and number."),
    "collector": lambda: _("Same collector: %(collector)s."),
    "surname": lambda: _("Same surname; first names are missing on one side: %(collector)s."),
    "spelling": lambda: _("The collector is spelt a little otherwise: %(collector)s."),
    "number": lambda: _("Same number: %(number)s."),
    "suffix": lambda: _("The number differs by a letter behind it: %(number)s."),
    "prefix": lambda: _("The number differs by letters before it: %(number)s."),
    "range": lambda: _("One of the numbers is a range that holds the other: %(number)s."),
    "close": lambda: _("The number is close by: %(number)s."),
    "day": lambda: _("Same day: %(date)s."),
    "days": lambda: _("The dates may be the same: %(date)s."),
    "undated": lambda: _("On one side there is no date to compare."),
    "swapped": lambda: _("Day and month look swapped: %(date)s."),
    "shifted": lambda: _("The dates are a day apart: %(date)s."),
    "apart": lambda: _("Another date: %(date)s."),
    "countries": lambda: _("Another country: %(country)s."),
}
