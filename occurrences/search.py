"""Searching records. The query string is the search: list, table, download and feed read the same.

`SearchForm` reads what was typed, `SearchCriteria` is that as a value, `apply` narrows a queryset
to it, `summarize` counts what was found; `occurrences.paging` fetches pages of it. All of it reads
the public columns alone, whoever asks, so no search can tell where a redacted record is from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Length
from django.db.models.lookups import (
    Exact,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Regex,
)
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from biocollections.places import spellings
from darwincore import places
from occurrences import taxon_search
from occurrences.models import Identifier, Occurrence
from occurrences.models.record import Fold, SearchVector, SortKey

COUNTED = 10_000  # counts and facets are exact to here; above, "more than"
FACET_SIZE = 12
MOST_LISTED = 500


# --- what is looked for -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """What is looked for: each field as it was typed, blank where it doesn't matter.

    The names are those of the query string.
    """

    q: str = ""
    taxon: str = ""
    collector: str = ""
    number: str = ""
    date: str = ""
    country: str = ""
    state: str = ""
    county: str = ""
    locality: str = ""
    catalog_number: str = ""
    collection: tuple[str, ...] = ()
    types: bool = False

    @classmethod
    def from_query(cls, data: QueryDict) -> SearchCriteria:
        """Read a query string. Raises ValidationError where it can't be understood."""
        form = SearchForm(data)
        if not form.is_valid():
            raise ValidationError(form.errors)
        return form.criteria

    def to_query(self) -> str:
        """Return the query string that says this, filled fields only; "" when nothing is asked."""
        query = QueryDict(mutable=True)
        for name, value in self.filled():
            query.appendlist(name, "1" if value is True else value)
        return query.urlencode()

    def filled(self) -> Iterator[tuple[str, Any]]:
        """Yield (field, value) of all that is asked, each collection by itself."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple):
                yield from ((each.name, one) for one in value)
            elif value:
                yield each.name, value

    def without(self, name: str, value: Any = None) -> SearchCriteria:
        """Return these criteria with one dropped; of several collections only `value`."""
        if name == "collection":
            return replace(self, collection=tuple(c for c in self.collection if c != value))
        return replace(self, **{name: type(getattr(self, name))()})

    def asking(self, **changes: Any) -> SearchCriteria:
        """Return these criteria with some of them changed."""
        return replace(self, **changes)

    def within(self, code: str) -> SearchCriteria:
        """Return the same search in this collection as well as those it is in already."""
        return replace(self, collection=(*self.collection, code))

    def loosened(self) -> SearchCriteria:
        """Return the criteria in which every word may go on: Querc finds Quercus."""
        looser: dict[str, Any] = {
            name: re.sub(r"(\w)(?![\w*])", r"\1*", getattr(self, name)) for name in _OF_WORDS
        }
        return replace(self, **looser)

    def __bool__(self) -> bool:
        return any(True for _each in self.filled())


_OF_WORDS = ("q", "taxon", "collector", "country", "state", "county", "locality")


def _text(label: Any, help_text: Any = "", most: int = 200, suggested: str = "") -> forms.CharField:
    """Return a field of text; `suggested` names the list of what to offer for it."""
    attributes = {"list": suggested, "autocomplete": "off"} if suggested else {}
    widget = forms.TextInput(attrs=attributes)
    options: dict[str, Any] = {"label": label, "help_text": help_text, "widget": widget}
    return forms.CharField(required=False, max_length=most, **options)


class _Codes(forms.MultipleChoiceField):
    """Collections by their code. A code nobody knows, or may know, finds nothing."""

    def valid_value(self, value: Any) -> bool:
        return len(str(value)) <= 92 and "\0" not in str(value)


class SearchForm(forms.Form):
    """The fields of a search, under the words curators know."""

    q = _text(_("Any words"), _("Name, collector, number, place; all words must be there"))
    taxon = _text(
        _("Taxon"), _("Scientific or common name, family …; several with commas; Querc* begins")
    )
    collector = _text(_("Collector"))
    number = _text(_("Number"), _("1234, 2201-2240, 12*"), 2000)
    date = _text(_("Date"), _("1932, 1932-07, 1990-2000, 1932-07-14/1932-08-01"))
    country = _text(_("Country"), _("Name or code; several with ;"), suggested="places-country")
    state = _text(_("State/Province"), suggested="places-state")
    county = _text(_("County"), suggested="places-county")
    locality = _text(_("Locality words"))
    catalog_number = _text(
        _("Catalog Number"), _("Also other numbers: 100-120, 130, ARIZ 04*"), 8000
    )
    collection = _Codes(label=_("Collections"), required=False, widget=forms.CheckboxSelectMultiple)
    types = forms.BooleanField(label=_("Type specimens only"), required=False)

    def __init__(self, data: QueryDict, collections: Iterable[Any] = ()) -> None:
        if data.get("year") and not data.get("date"):
            data = data.copy()
            data.setlist("date", data.getlist("year"))
        super().__init__(data, auto_id="search_%s")
        choices = [(collection.code, collection.name) for collection in collections]
        self.fields["collection"].choices = choices  # type: ignore[attr-defined]

    def clean_date(self) -> str:
        text: str = self.cleaned_data["date"]
        if text:
            read_dates(text)
        return text

    def clean_number(self) -> str:
        return _not_too_many(self.cleaned_data["number"])

    def clean_catalog_number(self) -> str:
        return _not_too_many(self.cleaned_data["catalog_number"])

    @property
    def criteria(self) -> SearchCriteria:
        """What a valid form asks for."""
        cleaned = dict(self.cleaned_data)
        return SearchCriteria(**{**cleaned, "collection": tuple(cleaned["collection"])})


def _not_too_many(text: str) -> str:
    if len(_parts(text)) > MOST_LISTED:
        message = _("These are more than %(most)s numbers. Search for fewer at a time.")
        raise ValidationError(message, params={"most": MOST_LISTED})
    return text


# --- narrowing --------------------------------------------------------------------------------


def apply(queryset: QuerySet[Occurrence], criteria: SearchCriteria) -> QuerySet[Occurrence]:
    """Narrow `queryset` (ask it from `visible_to`) to the records that meet all criteria.

    Raises ValidationError for a date that is none.
    """
    for name, value in criteria.filled():
        if name in _PLACES:
            queryset = queryset.filter(_place(name, criteria))
        elif name != "collection":
            queryset = queryset.filter(_CONDITIONS[name](value))
    if criteria.collection:
        collections = Collection.objects.filter(code__in=criteria.collection)
        queryset = queryset.filter(collection__in=collections.values("pk"))
    return queryset


class _Lexemes(Func):
    """The words of a text, parted as those in `search_vector` are: 'l' & 'gomez', then a blank."""

    template = (
        "plainto_tsquery('simple', translate(portal_fold(%(expressions)s), "
        f"'{SearchVector.JOINTS}', '{' ' * len(SearchVector.JOINTS)}'))::text || ' '"
    )
    output_field = TextField()


class _Word(Func):
    """The tsquery that wants one word, marked as to be begun (*) and under a weight."""

    template = "replace(%(expressions)s)::tsquery"
    output_field = TextField()

    def __init__(self, word: str, mark: str) -> None:
        super().__init__(_Lexemes(Value(word)), Value("' "), Value(f"'{mark} "))


class _AllOf(Func):
    arg_joiner = " && "
    template = "(%(expressions)s)"
    output_field = TextField()


class _Matches(Func):
    arg_joiner = " @@ "
    template = "%(expressions)s"
    output_field = BooleanField()


class _VectorOf(Func):
    """The words of one text, parted as those in `search_vector` are."""

    template = (
        f"to_tsvector('simple'::regconfig, translate(portal_fold(left(%(expressions)s, "
        f"{SearchVector.LONGEST})), '{SearchVector.JOINTS}', '{' ' * len(SearchVector.JOINTS)}'))"
    )
    output_field = TextField()


def words(text: str, weight: str = "") -> Q:
    """Want every word of `text` in `search_vector`, under this weight if one is given.

    A word is whole unless it ends in an asterisk, or is the initial of a person.
    """
    queries = list(_marked(text, weight, person=weight == "B"))
    return Q(_Matches(F("search_vector"), _AllOf(*queries))) if queries else Q(pk__in=[])


def words_within(expression: Any, text: str, *, person: bool = False) -> Q:
    """Want every word of `text`, marked likewise, in what `expression` says. Needs a word."""
    return Q(_Matches(_VectorOf(expression), _AllOf(*_marked(text, "", person=person))))


def _marked(text: str, weight: str, *, person: bool) -> Iterator[_Word]:
    for word, star in re.findall(r"([^\W_]+)(\*?)", text):
        if weight == "A" and word in "xX":
            continue  # the sign of a hybrid, which is no word in `search_vector`
        initial = person and len(word) == 1 and word.isalpha()
        mark = ("*" if star or initial else "") + weight
        yield _Word(word, f":{mark}" if mark else "")


def _anything(text: str) -> Q:
    """Want all words, wherever; or the whole text as a number a record goes by."""
    if not any(character.isdigit() for character in text):
        return words(text)
    found = Occurrence.objects.filter(words(text)).values("pk")
    return Q(pk__in=found.union(*_known_by(text)))


def _taxon(text: str) -> Q:
    return taxon_search.condition(text, lambda name: words(name, "A"))


def _people(text: str) -> Q:
    return _any(words(name, "B") for name in text.split(";") if name.strip())


_PLACES = {"country": "country", "state": "state_province", "county": "county"}


def _place(level: str, criteria: SearchCriteria) -> Q:
    """Want a place: one of several names, whole or begun (Son*), however records spell it."""
    names = filter(None, map(str.strip, getattr(criteria, level).split(";")))
    return _any(_named(level, name, criteria) for name in names)


def _named(level: str, name: str, criteria: SearchCriteria) -> Q:
    column = _PLACES[level]
    if name.endswith("*"):
        stem = name.rstrip("*").strip()
        named = words(name, "C")
        return named & _begins(column, stem) if "*" not in stem else named
    within = {"state": [criteria.country], "county": [criteria.country, criteria.state]}
    outer = within.get(level, [])
    same = _any(_is(column, spelling) for spelling in spellings(column, name, *outer))
    if level != "country":
        return same
    country = places.country_coded(name.upper()) or places.country_named(name)
    return same | words(country.code, "C") & Q(country_code=country.code) if country else same


def _is(column: str, name: str) -> Q:
    # The words lead to the rows through the index; the comparison makes sure of them.
    return words(name, "C") & Q(Exact(SortKey(column), Fold(Value(name))))


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))


def _types(_asked: bool) -> Q:
    return Q(type_status__isnull=False)


# --- numbers, in lists and ranges -------------------------------------------------------------


_RANGE = re.compile(r"(.*?)([0-9]{1,20})\s*[-–]\s*(.*?)([0-9]{1,20})")
_LAST = "\U0010ffff"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;|\n]", text) if part.strip()]


def _listed(column: str, text: str) -> Q:
    """Want the column to be one of "100-120, 130, ARIZ 04*"; case and accents don't matter."""
    return _any(_one_listed(column, part) for part in _parts(text))


def _one_listed(column: str, part: str) -> Q:
    if part.endswith("*"):
        return _begins(column, part.rstrip("*").strip())
    literal = Q(Exact(SortKey(column), Fold(Value(part[: SortKey.LENGTH]))))
    found = _RANGE.fullmatch(part)
    if not found:
        return literal
    stem, first, other_stem, last = found.groups()
    if (other_stem and other_stem != stem) or int(first) > int(last) or len(first) > len(last):
        return literal  # "2014-0012" is a number with a hyphen, no range
    # Text sorts like numbers among those of one length.
    spans = (_span(column, stem, width, first, last) for width in range(len(first), len(last) + 1))
    return reduce(or_, spans, literal)


def _span(column: str, stem: str, width: int, first: str, last: str) -> Q:
    lowest = first if width == len(first) else "1" + "0" * (width - 1)
    highest = last if width == len(last) else "9" * width
    key = SortKey(column)
    return (
        Q(GreaterThanOrEqual(key, Fold(Value(stem + lowest))))
        & Q(LessThanOrEqual(key, Fold(Value(stem + highest))))
        & Q(Exact(Length(key), Length(Fold(Value(stem))) + width))
        & Q(Regex(key, Value(f"[0-9]{{{width}}}$")))
    )


def _begins(column: str, stem: str) -> Q:
    key, start = SortKey(column), Fold(Value(stem[: SortKey.LENGTH]))
    end = Concat(start, Value(_LAST))
    return Q(GreaterThanOrEqual(key, start)) & Q(LessThan(key, end)) if stem else Q()


def _catalog_number(text: str) -> Q:
    """Want one of the numbers a record goes by: catalog number, identifier, occurrence ID, GUID."""
    own = Occurrence.objects.filter(_listed("catalog_number", text)).values("pk")
    return Q(pk__in=own.union(*_known_by(text)))


def _known_by(text: str) -> list[QuerySet[Any, Any]]:
    """Return querysets of the ids of records with these identifiers, occurrence IDs or GUIDs."""
    parts = _parts(text)
    found: list[QuerySet[Any, Any]] = [
        Identifier.objects.filter(_listed("value", text)).values("occurrence"),
        Occurrence.objects.filter(occurrence_id__in=parts).values("pk"),
    ]
    guids = [guid for part in parts if (guid := _guid(part))]
    if guids:
        found.append(Occurrence.objects.filter(guid__in=guids).values("pk"))
    return found


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text.lower().removeprefix("urn:uuid:"))
    except ValueError:
        return None


# --- dates ------------------------------------------------------------------------------------


_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_YEARS = re.compile(r"([0-9]{4})?\s*-\s*([0-9]{4})?")


def read_dates(text: str) -> tuple[date, date]:
    """Return the first and last day that a date, or a range of two, can mean.

    "1932", "1932-07", "1990-2000", "1990-", "1932-07-14/1932-08-01". Raises ValidationError.
    """
    text = text.strip().replace("–", "-")
    years = _YEARS.fullmatch(text)
    if years and any(years.groups()):
        first, last = years[1] or "0001", years[2] or "9999"
    else:
        first, _slash, last = re.sub(r"\s+(?:-|to)\s+", "/", text).partition("/")
    start, end = _days(first.strip())[0], _days((last or first).strip())[1]
    if start > end:
        raise ValidationError(_("The date %(text)s ends before it begins."), params={"text": text})
    return start, end


def _days(text: str) -> tuple[date, date]:
    found = _DAY.fullmatch(text)
    try:
        if not found:
            raise ValueError(text)
        year, month, day = (int(part) if part else 0 for part in found.groups())
        start = date(year, month or 1, day or 1)
        if day:
            return start, start
        if month == 12 or not month:
            return start, date(year, 12, 31)
        return start, date(year, month + 1, 1) - timedelta(days=1)
    except ValueError:
        message = _("“%(text)s” is no date. Write 1932, 1932-07, 1932-07-14 or 1990-2000.")
        raise ValidationError(message, params={"text": text}) from None


def _date(text: str) -> Q:
    """Want a record whose days and the asked ones overlap.

    Of a protected record only the year is known to everybody: all of it must be asked for, or a
    search could find out the day.
    """
    first, last = read_dates(text)
    from_year = first.year + (first > date(first.year, 1, 1))
    to_year = last.year - (last < date(last.year, 12, 31))
    return Q(event_date_start__lte=last, event_date_end__gte=first) | Q(
        event_date_start__isnull=True, year__gte=from_year, year__lte=to_year
    )


_CONDITIONS: dict[str, Any] = {
    "q": _anything,
    "taxon": _taxon,
    "collector": _people,
    "number": lambda text: _listed("record_number", text),
    "date": _date,
    "locality": lambda text: words(text, "C"),
    "catalog_number": _catalog_number,
    "types": _types,
}


# --- how many, and of what --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: what it says, how many records have it, what asking for it sets."""

    text: str
    count: int
    asks: dict[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many records were found, exactly up to COUNTED, and the facets of so many."""

    total: int
    collections: dict[int, int] = field(default_factory=dict)  # collection id: records
    decades: list[FacetValue] = field(default_factory=list)
    countries: list[FacetValue] = field(default_factory=list)
    states: list[FacetValue] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        return self.total <= COUNTED


_SUMMARY = """
WITH found AS MATERIALIZED ({found})
SELECT grouping(collection_id, decade, country_key, state_key), collection_id, decade,
       min(country), min(state_province), count(*)
FROM (SELECT *, coalesce(year, extract(year FROM event_date_start)::int) / 10 * 10 AS decade
      FROM found) AS dated
GROUP BY GROUPING SETS ((), (collection_id), (decade), (country_key), (country_key, state_key))
"""
_ALL, _COLLECTION, _DECADE, _COUNTRY, _STATE = 0b1111, 0b0111, 0b1011, 0b1101, 0b1100


def summarize(queryset: QuerySet[Occurrence]) -> Summary:
    """Count what was found, with its collections, decades and places, in one query.

    Beyond COUNTED only that there are more is known, and there are no facets.
    """
    columns = "collection_id year event_date_start country state_province".split()
    found = (
        queryset.order_by()
        .annotate(country_key=SortKey("country"), state_key=SortKey("state_province"))
        .values(*columns, "country_key", "state_key")[: COUNTED + 1]
    )
    try:
        statement, parameters = found.query.sql_with_params()
    except EmptyResultSet:  # no record can meet these criteria
        return Summary(0)
    with connection.cursor() as cursor:
        cursor.execute(_SUMMARY.format(found=statement), parameters)
        rows = cursor.fetchall()
    by_kind: dict[int, list[tuple[Any, ...]]] = {}
    for kind, *row in sorted(rows, key=lambda row: -row[-1]):
        by_kind.setdefault(kind, []).append(tuple(row))
    total = by_kind[_ALL][0][-1]
    if total > COUNTED:
        return Summary(total)
    decades = [row for row in by_kind.get(_DECADE, ()) if row[1] is not None]
    return Summary(
        total,
        {row[0]: row[-1] for row in by_kind.get(_COLLECTION, ())},
        [_decade(row[1], row[-1]) for row in sorted(decades, key=lambda row: row[1])],
        [_country(row) for row in by_kind.get(_COUNTRY, ()) if row[2]][:FACET_SIZE],
        [_state(row) for row in by_kind.get(_STATE, ()) if row[3]][:FACET_SIZE],
    )


def _decade(first: int, number: int) -> FacetValue:
    return FacetValue(f"{first}s", number, {"date": f"{first:04}-{first + 9:04}"})


def _country(row: tuple[Any, ...]) -> FacetValue:
    return FacetValue(row[2], row[-1], {"country": row[2]})


def _state(row: tuple[Any, ...]) -> FacetValue:
    asks = {"state": row[3], **({"country": row[2]} if row[2] else {})}
    return FacetValue(row[3], row[-1], asks)
