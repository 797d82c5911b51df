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

from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from darwincore import places
from darwincore.dates import parse_date
from occurrences import likeness
from occurrences.likeness import EXSICCATA, TIERS, Days, Gathering, Likeness, Number
from occurrences.models import Occurrence, Protection, Withheld
from occurrences.models.record import SortKey
from occurrences.protection import exact
from occurrences.readers import exact_values

FETCHED = 300  # candidates of each kind that are weighed
SUFFIXES = (*"abcdefgh", "bis", "ter")
WIDEST = 6  # figures to which a number may be padded with zeros
# What `as_gathering` reads of a record.
GATHERED = (
    "recorded_by",
    "record_number",
    "event_date_start",
    "event_date_end",
    "year",
    "country_code",
    "country",
    "occurrence_id",
)
# What is read of a candidate to weigh it.
COMPARED = (
    *GATHERED,
    "event_date",
    "exsiccati_title",
    "exsiccati_number",
    "institution_code",
    "collection_code",
    "catalog_number",
    "scientific_name",
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


# What says that it is not another sheet, but the same one held twice.
SPECIMEN = frozenset(("same specimen", "same label"))


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
    asked = _Asked(typed, collection, exclude)
    editable = set(Collection.objects.editable_by(user).values_list("pk", flat=True))
    keys = asked.candidates(editable)
    if not keys:
        return []
    visible = Occurrence.objects.visible_to(user)
    if exclude:
        visible = visible.exclude(guid=exclude)
    weighed = []
    for values in _compared(user, visible.filter(pk__in=keys), editable):
        likely = asked.weigh(values)
        if likely:
            weighed.append((values, likely))
    weighed.sort(key=lambda each: (TIERS.index(each[1].tier), -each[1].score, each[0]["pk"]))
    return _told(user, weighed[:limit], asked, collection)


def _compared(user: Person, rows: QuerySet[Occurrence], editable: set[int]) -> list[dict[str, Any]]:
    """Return what is compared of each record: withheld values where `user` edits, else public."""
    fields = ("pk", "collection_id", "protection", "collection__institution_code", *COMPARED)
    found = list(rows.prefetch_related(None).values(*fields))
    own = [
        row["pk"]
        for row in found
        if row["protection"] != Protection.OPEN and row["collection_id"] in editable
    ]
    if own:
        readable = Withheld.objects.readable_by(user).filter(occurrence__in=own)
        terms = dict(readable.values_list("occurrence", "terms"))
        found = [exact(row, terms.get(row["pk"])) for row in found]
    return found


def _told(
    user: Person,
    best: Sequence[tuple[dict[str, Any], Likeness]],
    asked: _Asked,
    collection: Collection | None,
) -> list[Match]:
    found = _whole(user, [compared for compared, _likely in best])
    matches = []
    for compared, likely in best:
        if (row := found.get(compared["pk"])) is None:
            continue
        matches.append(
            Match(
                row,
                likely.tier,
                likely.score,
                [sentence(sign, asked.typed, compared) for sign in likely.signs],
                same_collection=collection is not None and row.collection_id == collection.pk,
                same_specimen=not SPECIMEN.isdisjoint(likely.signs),
                signs=likely.signs,
                values=exact_values(row),
            )
        )
    _show_disagreements([m for m in matches if m.tier in (likeness.EXACT, EXSICCATA)])
    return matches


def _whole(user: Person, seen: Sequence[Mapping[str, Any]]) -> dict[int, Occurrence]:
    """Return these records, of which `visible_to` has just been asked, with what is disclosed."""
    rows = Occurrence.objects.select_related("collection__institution").defer("search_vector")
    if any(row["protection"] != Protection.OPEN for row in seen):
        readable = Withheld.objects.readable_by(user)
        rows = rows.prefetch_related(Prefetch("withheld", readable, to_attr="disclosed_row"))
    return rows.in_bulk([row["pk"] for row in seen])


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

    def __init__(
        self, typed: Mapping[str, str], collection: Collection | None, exclude: UUID | None
    ) -> None:
        self.typed = {column: text.strip() for column, text in typed.items() if text}
        if collection and collection.institution_code:
            self.typed.setdefault("institution_code", collection.institution_code)
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

    def weigh(self, values: Mapping[str, Any]) -> Likeness | None:
        """Return how a candidate's values are like what was typed; None when they aren't."""
        if values.get("occurrence_id") and values["occurrence_id"] in self.provider_ids:
            return Likeness(likeness.EXACT, 1.0, ("same specimen",))
        if self._bears_the_same_label(values):
            return Likeness(likeness.EXACT, 0.99, ("same label",))
        if all(self.exsiccata) and self._is_of_exsiccata(values):
            return Likeness(EXSICCATA, 0.95, ("exsiccata",))
        return likeness.compare(self.gathering, as_gathering(values))

    def _is_of_exsiccata(self, values: Mapping[str, Any]) -> bool:
        title, number = values.get("exsiccati_title"), values.get("exsiccati_number")
        if not title or not number or likeness.fold(title) != likeness.fold(self.exsiccata[0]):
            return False
        mine, theirs = (likeness.number(each) or each for each in (self.exsiccata[1], number))
        return mine == theirs

    def _bears_the_same_label(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it is of the same institution and catalogue number, and so the same sheet.

        Birds and ferns of one museum may share a number: collection code or genus has to agree.
        """
        held = dict(values)
        held["institution_code"] = (
            values.get("institution_code") or values["collection__institution_code"]
        )
        same = {
            column
            for column in ("institution_code", "catalog_number", "collection_code")
            if (mine := self.typed.get(column)) and likeness.fold(mine) == _folded(held.get(column))
        }
        if not {"institution_code", "catalog_number"} <= same:
            return False
        genera = {
            _folded(name).partition(" ")[0]
            for name in (self.typed.get("scientific_name"), values.get("scientific_name"))
        }
        when = likeness.same_day(self.gathering.days, as_gathering(values).days)
        named_alike = len(genera) == 1 and "" not in genera
        return when != "apart" and ("collection_code" in same or named_alike)

    def candidates(self, editable: Iterable[int]) -> list[int]:
        """Return the keys of records to weigh, whoever may see them."""
        paths = list(self._paths(list(editable)))
        if not paths:
            return []
        parts = " UNION ".join(f"({path} LIMIT {FETCHED})" for path, _given in paths)
        with connection.cursor() as cursor:
            cursor.execute(parts, [each for _path, given in paths for each in given])
            return [pk for (pk,) in cursor.fetchall()]

    def _paths(self, editable: list[int]) -> Iterator[tuple[str, list[Any]]]:
        """Yield (statement, parameters) for each way that leads to records."""
        number, days = self.gathering.number, self.gathering.days
        who = words_of(self.gathering.collector)
        day = [days.start, days.end] if days else []
        if who and number:
            yield f"{_RECORDS} {_WORDS}", [f"{who} & ({any_of(forms(number))})"]
            yield f"{_RECORDS} {_WORDS}", [f"{who} & ({any_of(_close(number))})"]
        if who and day:
            yield f"{_RECORDS} {_DAY} AND {_WORDS}", [*day, who]
        if who and number and days and days.is_day:
            yield f"{_RECORDS} {_DAY} AND {_WORDS}", [*day, any_of(forms(number))]
        if self.provider_ids:
            yield f"{_RECORDS} occurrence_id = ANY(%s)", [self.provider_ids]
        if label := self.typed.get("catalog_number"):
            yield f"{_RECORDS} {_folded_as('catalog_number')}", [label]
        if all(self.exsiccata):
            title = f"exsiccati_title IS NOT NULL AND {_folded_as('exsiccati_title')}"
            yield f"{_RECORDS} {title}", [self.exsiccata[0]]
        if who and editable and (number or day):
            texts = [*forms(number), self.typed["record_number"]] if number else []
            written = days.start.isoformat() if days and days.is_day else None
            yield _WITHHELD, [texts, written, editable]


_RECORDS = f'SELECT id FROM "{Occurrence._meta.db_table}" WHERE'
_WORDS = "search_vector @@ to_tsquery('simple', %s)"
_DAY = "event_date_start = %s AND event_date_end = %s"
# Protected records of the collections that the asking person edits.
_WITHHELD = (
    f'SELECT occurrence_id FROM "{Withheld._meta.db_table}" WHERE '
    "(terms ->> 'record_number' = ANY(%s) OR terms ->> 'event_date' = %s) "
    "AND collection_id = ANY(%s)"
)


def _folded_as(column: str) -> str:
    """Want a column's beginning as `SortKey` has it in the index."""
    size = SortKey.LENGTH
    return f'portal_fold(left("{column}", {size})) = portal_fold(left(%s, {size}))'


def _folded(value: Any) -> str:
    return likeness.fold(str(value or ""))


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


def any_of(words: Iterable[str]) -> str:
    """Return a text query for any of these words, as a number or a person's."""
    return " | ".join(f"'{word}':B" for word in words)


def words_of(people: Sequence[likeness.Person]) -> str:
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


def forms(number: Number) -> list[str]:
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
    "same label": lambda: _(
        "It bears the same institution and catalogue number: the same specimen held twice."
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
