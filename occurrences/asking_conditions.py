"""What one condition of a record search means in SQL.

A field is asked through an expression: a column, or, of a protected record, the value that is
withheld from the public. So the same condition is put to both, and neither is missed. Ask it of
`Occurrence.objects.editable_by` alone: whoever edits a record may read its exact values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat, Length
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Regex,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from darwincore import terms
from journal.models import Change
from occurrences import search
from occurrences.asking_fields import FIELDS, NO_VALUE, OPERATORS, Field
from occurrences.models import (
    ClusterMember,
    ExtensionRow,
    Identification,
    Identifier,
    Media,
    Protection,
    Withheld,
)
from occurrences.models.record import Fold, NumericField, SearchVector, SortKey
from occurrences.protection import NOTES

MOST_LISTED = 500
MOST_COUNTED_OUT = 2000  # numbers of a range that are looked up one by one
FEW = 1000  # withheld values that are looked up by their records' keys
_LAST = "\U0010ffff"

# What each of these denies; so a blank field "is not" and "does not contain" whatever is asked.
_DENIES = {"not": "is", "lacks": "contains", "empty": "filled"}


def condition(name: str, operator: str, value: str, user: Any) -> Q:
    """Return what one condition asks of a record. Raises ValidationError, in words for the page.

    user: who asks; "me" stands for him.
    """
    asked = FIELDS.get(name)
    if asked is None:
        raise ValidationError(_("There is no such field."))
    if operator not in asked.operators:
        told = OPERATORS.get(operator, operator)
        raise ValidationError(_("“%(op)s” can't be asked here.") % {"op": told})
    if operator in _DENIES:
        return _untrue(condition_of(asked, _DENIES[operator], value, user))
    return condition_of(asked, operator, value, user)


def condition_of(asked: Field, operator: str, value: str, user: Any) -> Q:
    """Return a condition that denies nothing."""
    if operator not in NO_VALUE and not value.strip():
        raise ValidationError(_("Say what to look for, or choose “is empty”."))
    if asked.name in _RELATED:
        return _RELATED[asked.name](operator, value)
    if asked.kind == "person":
        return _PEOPLE[asked.name](operator, _names(value, user))
    if asked.kind == "moment":
        return _moment(asked.name, operator, value)
    if asked.kind == "day":
        return _day(operator, value, user)
    return _everywhere(asked, lambda side: _ask(asked, side, operator, value), operator, user)


def _untrue(q: Q) -> Q:
    return Q(_Untrue(ExpressionWrapper(q, output_field=BooleanField())))


class _Untrue(Func):
    """Not true: false or unknown."""

    template = "(%(expressions)s) IS NOT TRUE"
    output_field = BooleanField()


# --- columns, and what is withheld of them ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """Where a value stands: in the record's column, among what is withheld of it, or (is_beside)
    in a row of another table."""

    column: str
    is_withheld: bool = False
    is_beside: bool = False

    @property
    def value(self) -> Any:
        """The value as it stands; a withheld one as text."""
        return KeyTextTransform(self.column, "terms") if self.is_withheld else F(self.column)

    @property
    def weight(self) -> str:
        """The weight its words have in `search_vector`, blank where they are not there."""
        own = not (self.is_withheld or self.is_beside)
        return _WEIGHTS.get(self.column, "") if own else ""

    @property
    def number(self) -> Any:
        return Cast(self.value, NumericField())


_HIDDEN = frozenset((*terms.WITHHELD_COLUMNS, *terms.DERIVED_COLUMNS, *NOTES))
_INDEXED = frozenset(
    "scientific_name recorded_by record_number catalog_number exsiccati_title".split()
)
_IN_ORDER = frozenset(("is", "begins", "list", "more", "less", "between"))


def _everywhere(asked: Field, ask: Callable[[_Side], Q], operator: str = "", user: Any = None) -> Q:
    """Ask the column of open records, and of protected ones what is withheld of them."""
    column = asked.name
    own = ask(_Side(column))
    if column not in _HIDDEN:
        return own
    hidden = ask(_Side(column, is_withheld=True))
    by_order = column in _INDEXED and operator in _IN_ORDER
    by_words = column in _WEIGHTS and operator in ("is", "words")
    if by_order or by_words:
        return own | _kept(hidden, user)
    return own & Q(protection=Protection.OPEN) | _withheld(hidden)


def _withheld(hidden: Q) -> Q:
    kept = Withheld.objects.filter(hidden, occurrence=OuterRef("pk"))
    return ~Q(protection=Protection.OPEN) & Q(Exists(kept))


def _kept(hidden: Q, user: Any) -> Q:
    """Want the same, by the keys of the records where they are few.

    Beside an indexed condition on the columns: the two are one look into indexes each, where an
    EXISTS would be put to every record.
    """
    if user is None:
        return _withheld(hidden)
    own = Collection.objects.editable_by(user).values("pk")
    kept = Withheld.objects.filter(hidden, collection__in=own)
    keys = list(kept.values_list("occurrence", flat=True)[: FEW + 1])
    return _withheld(hidden) if len(keys) > FEW else Q(pk__in=keys or [0])


def _ask(asked: Field, side: _Side, operator: str, value: str) -> Q:
    if operator == "filled":
        return Q(IsNull(side.value, False))
    if asked.kind == "number":
        return _number(side.number, operator, value)
    if asked.kind == "boolean":
        return Q(Exact(Cast(side.value, TextField()), Value(value)))
    return _text(side, operator, value)


# --- text -------------------------------------------------------------------------------------


class _Like(Func):
    arg_joiner = " LIKE "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class _DigitsAsNumber(Func):
    """The number that a text of digits alone says; NULL of any other text."""

    template = (
        "(CASE WHEN %(expressions)s COLLATE \"C\" ~ '^[0-9]{1,18}$' "
        "THEN (%(expressions)s)::bigint END)"
    )
    output_field = BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any, *given: Any, **extra: Any) -> Any:
        statement, parameters = super().as_sql(compiler, connection, *given, **extra)
        return statement, (*parameters, *parameters)


_WEIGHTS = {
    column: weight for weight, columns in SearchVector.WEIGHTS.items() for column in columns
}


def _text(side: _Side, operator: str, value: str) -> Q:
    if operator == "words":
        return _has_words(side, value)
    if operator == "list":
        return _any_of(_one_of(side, part) for part in _parts(value))
    if operator in ("more", "less", "between"):
        return _in_order(side, operator, value)
    if operator == "begins":
        return _begins(side, value)
    if operator == "is":
        return _is(side, value)
    return Q(
        _like(side, f"%{_escaped(value)}%" if operator == "contains" else f"%{_escaped(value)}")
    )


def _like(side: _Side, pattern: str) -> _Like:
    return _Like(Fold(side.value), Fold(Value(pattern)))


def _escaped(text: str) -> str:
    """Return the pattern of a text: an asterisk stands for anything, % and _ for themselves."""
    return re.sub(r"([%_\\])", r"\\\1", text).replace("*", "%")


def _is(side: _Side, text: str) -> Q:
    """Want this text, whatever its case and accents; an asterisk in it stands for anything."""
    stem, star, rest = text.partition("*")
    if star:
        begun = _begins(side, stem) if stem.strip() else Q()
        return begun & Q(_like(side, _escaped(text))) if rest else begun or _filled(side)
    same = Q(Exact(SortKey(side.value), Fold(Value(text[: SortKey.LENGTH]))))
    if len(text) > SortKey.LENGTH:
        same &= Q(Exact(Fold(side.value), Fold(Value(text))))
    return same & _led_by_words(side, text)


def _filled(side: _Side) -> Q:
    return Q(IsNull(side.value, False))


def _begins(side: _Side, text: str) -> Q:
    key, start = SortKey(side.value), Fold(Value(text[: SortKey.LENGTH]))
    within = Q(GreaterThanOrEqual(key, start)) & Q(LessThan(key, Concat(start, Value(_LAST))))
    if len(text) > SortKey.LENGTH:
        within &= Q(_like(side, f"{_escaped(text)}%"))
    return within


def _led_by_words(side: _Side, text: str) -> Q:
    """Want its words too, where they have an index and the column has none."""
    if not side.weight or side.column in _INDEXED or not re.search(r"[^\W_]", text):
        return Q()
    return search.words(text, side.weight)


def _has_words(side: _Side, text: str) -> Q:
    """Want every word, whole unless an asterisk or, of a person's name, an initial begins it."""
    if not re.search(r"[^\W_]", text):
        raise ValidationError(_("There is no word in this."))
    person = _WEIGHTS.get(side.column) == "B" or side.column == "identified_by"
    within = search.words_within(side.value, text, person=person)
    return within & search.words(text, side.weight) if side.weight else within


def _in_order(side: _Side, operator: str, value: str) -> Q:
    low, high = _bounds(value) if operator == "between" else (value, value)
    if low.isascii() and high.isascii() and low.isdigit() and high.isdigit():
        number = _DigitsAsNumber(SortKey(side.value))
        return _ranged(number, operator, int(low[:18]), int(high[:18]))
    key = SortKey(side.value)
    return _ranged(key, operator, *(Fold(Value(text[: SortKey.LENGTH])) for text in (low, high)))


def _ranged(found: Any, operator: str, low: Any, high: Any) -> Q:
    if operator == "more":
        return Q(GreaterThan(found, high))
    if operator == "less":
        return Q(LessThan(found, low))
    return Q(GreaterThanOrEqual(found, low)) & Q(LessThanOrEqual(found, high))


def _bounds(text: str) -> tuple[str, str]:
    """Return the two ends of "1-100", "a to b", "1990-05-01 - 1991" or "-5 .. 5"."""
    for cut in (
        r"\s+[-–]\s+",
        r"\s+to\s+",
        r"\s*(?:\.\.|…)\s*",
        r"\s*[;/]\s*",
        r"(?<=\w)[-–](?=\w)",
    ):
        parts = re.split(cut, text.strip())
        if len(parts) == 2 and all(parts):
            return parts[0], parts[1]
    raise ValidationError(_("Write both ends, such as 1 - 100."))


_RANGE = re.compile(r"(.*?)([0-9]{1,18})\s*[-–]\s*(.*?)([0-9]{1,18})")


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[,;|\n\t]", text) if part.strip()]
    if not parts:
        raise ValidationError(_("Say what to look for."))
    if len(parts) > MOST_LISTED:
        told = _("These are more than %(most)s numbers. Search for fewer at a time.")
        raise ValidationError(told % {"most": MOST_LISTED})
    return parts


def _one_of(side: _Side, part: str) -> Q:
    """Want "1234", "ARIZ 04*", or one of "100-120", "ARIZ-5 - ARIZ-12" whatever their zeros."""
    same = _is(side, part.replace("%", "*"))
    span = _RANGE.fullmatch(part)
    if not span:
        return same
    stem, first, other, last = span.groups()
    if (other and other != stem) or int(first) > int(last) or "*" in stem:
        return same
    return same | _spanned(side, stem, first, last)


def _spanned(side: _Side, stem: str, first: str, last: str) -> Q:
    """Want the stem and a number from `first` to `last`, each length of number by the index."""
    key = SortKey(side.value)
    if stem.isascii() and int(last) - int(first) < MOST_COUNTED_OUT:
        # One by one: by the index of texts, 100 to 400 would lead through 1000 to 3999 too.
        each = range(int(first), int(last) + 1)
        width = len(first)
        return Q(In(key, [Value(f"{stem.lower()}{number:0{width}}") for number in each]))
    widths = range(len(first), len(last) + 1)
    return _any_of(_of_width(key, stem, width, first, last) for width in widths)


def _of_width(key: Any, stem: str, width: int, first: str, last: str) -> Q:
    low = first if width == len(first) else "1" + "0" * (width - 1)
    high = last if width == len(last) else "9" * width
    return (
        Q(GreaterThanOrEqual(key, Fold(Value(stem + low))))
        & Q(LessThanOrEqual(key, Fold(Value(stem + high))))
        & Q(Exact(Length(key), Length(Fold(Value(stem))) + width))
        & Q(Regex(key, Value(f"[0-9]{{{width}}}$")))
    )


def _any_of(conditions: Iterator[Q]) -> Q:
    return reduce(or_, conditions)


# --- numbers ----------------------------------------------------------------------------------


def _number(found: Any, operator: str, value: str) -> Q:
    if operator == "list":
        return _any_of(_one_number(found, part) for part in _parts(value))
    if operator == "between":
        low, high = (_decimal(part) for part in _bounds(value))
        return _ranged(found, operator, low, high)
    if operator == "is" and value.strip()[:1] in ("<", ">"):
        operator, value = ("less" if value.strip()[0] == "<" else "more"), value.strip()[1:]
    number = _decimal(value)
    return Q(Exact(found, number)) if operator == "is" else _ranged(found, operator, number, number)


def _one_number(found: Any, part: str) -> Q:
    try:
        return Q(Exact(found, _decimal(part)))
    except ValidationError:
        return _number(found, "between", part)


def _decimal(text: str) -> Value:
    try:
        number = Decimal(text.strip().replace(",", "."))
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise InvalidOperation
    except InvalidOperation as error:
        raise ValidationError(_("“%(text)s” is not a number.") % {"text": text[:60]}) from error
    return Value(number, NumericField())


# --- days and moments -------------------------------------------------------------------------


def _day(operator: str, value: str, user: Any) -> Q:
    """Ask the collecting date: "is" and "between" want days that overlap with those asked for."""
    if operator == "filled":
        return _everywhere(FIELDS["event_date"], lambda side: _filled(side))
    first, last, operator = _days(operator, value)
    starts, ends = (_Side(name) for name in ("event_date_start", "event_date_end"))
    kept_start, kept_end = (
        Cast(KeyTextTransform(name, "terms"), DateField())
        for name in ("event_date_start", "event_date_end")
    )
    own = _overlap(starts.value, ends.value, operator, first, last)
    hidden = _overlap(kept_start, kept_end, operator, first, last)
    # A record may say its year alone.
    year = _in_year(operator, first.year, last.year)
    alone = Q(event_date_start__isnull=True, year__isnull=False) & year
    has_day = Q(IsNull(KeyTextTransform("event_date_start", "terms"), False))
    return own | alone & _untrue(_withheld(has_day)) | _kept(hidden, user)


def _overlap(start: Any, end: Any, operator: str, first: Any, last: Any) -> Q:
    if operator == "more":
        return Q(GreaterThan(start, Value(last)))
    if operator == "less":
        return Q(LessThan(end, Value(first)))
    return Q(LessThanOrEqual(start, Value(last))) & Q(GreaterThanOrEqual(end, Value(first)))


def _in_year(operator: str, first: int, last: int) -> Q:
    if operator == "more":
        return Q(year__gt=last)
    return Q(year__lt=first) if operator == "less" else Q(year__gte=first, year__lte=last)


def _days(operator: str, value: str) -> tuple[Any, Any, str]:
    """Return the first and last day asked for, and how; ">1990" may be written for "is"."""
    text = value.strip()
    if operator == "is" and text[:1] in ("<", ">"):
        operator, text = ("less" if text[0] == "<" else "more"), text[1:]
    today = timezone.localdate()
    named = {"today": today, "yesterday": today - timedelta(days=1)}.get(text.lower())
    first, last = (named, named) if named else search.read_dates(text)
    return first, last, operator


def _moment(column: str, operator: str, value: str) -> Q:
    first, last, operator = _days(operator, value)
    zone = timezone.get_current_timezone()
    if last.year >= 9999:
        last = last.replace(year=9000)
    begin = datetime.combine(first, time.min, zone)
    end = datetime.combine(last, time.min, zone) + timedelta(days=1)
    if operator == "more":
        return Q(**{f"{column}__gte": end})
    if operator == "less":
        return Q(**{f"{column}__lt": begin})
    return Q(**{f"{column}__gte": begin, f"{column}__lt": end})


# --- people, and what hangs on a record -------------------------------------------------------


def _names(value: str, user: Any) -> list[str]:
    """Return the user names asked for; "me" is who asks."""
    names = _parts(value)
    own = user.get_username() if user is not None else ""
    return [own if name.lower() in ("me", str(_("me"))) and own else name for name in names]


def _called(column: str, operator: str, names: list[str]) -> Q:
    lookup = "iexact" if operator == "is" else "icontains"
    return _any_of(Q(**{f"{column}__{lookup}": name}) for name in names)


def _entered_by(operator: str, names: list[str]) -> Q:
    return _called("entered_by", operator, names)


def _changed_by(operator: str, names: list[str]) -> Q:
    made = Change.objects.filter(
        _called("change_set__user__username", operator, names), record_guid=OuterRef("guid")
    )
    return Q(Exists(made))


_PEOPLE = {"entered_by": _entered_by, "changed_by": _changed_by}


def _of_rows(model: Any, column: str) -> Callable[[str, str], Q]:
    """Return how the rows of a table beside the record are asked: one of them must fit."""

    def ask(operator: str, value: str) -> Q:
        rows = model.objects.filter(occurrence=OuterRef("pk"))
        if operator == "filled":
            return Q(Exists(rows))
        fitting = model.objects.filter(
            _text(_Side(column, is_beside=True), operator, value)
        ).order_by()
        if operator in _IN_ORDER:
            return Q(pk__in=fitting.values("occurrence"))
        return Q(Exists(fitting.filter(occurrence=OuterRef("pk"))))

    return ask


_OF_IMAGES = (terms.MULTIMEDIA_ROW, terms.AUDUBON_ROW, "http://rs.gbif.org/terms/1.0/Image")


def _images(_operator: str, _value: str) -> Q:
    rows = ExtensionRow.objects.filter(occurrence=OuterRef("pk"), row_type__in=_OF_IMAGES)
    named = _everywhere(FIELDS["associated_media"], _filled)
    own = Media.objects.filter(record_guid=OuterRef("guid"))
    return Q(Exists(own)) | Q(Exists(rows)) | named


def _determinations(_operator: str, _value: str) -> Q:
    earlier = Identification.objects.filter(occurrence=OuterRef("pk"), is_current=False)
    return Q(Exists(earlier))


def _point(_operator: str, _value: str) -> Q:
    return _everywhere(FIELDS["decimal_latitude"], _filled)


def _cluster(_operator: str, _value: str) -> Q:
    return Q(Exists(ClusterMember.objects.filter(occurrence=OuterRef("pk"))))


def _protected(_operator: str, _value: str) -> Q:
    return ~Q(protection=Protection.OPEN)


def _guid(_operator: str, value: str) -> Q:
    try:
        guids = [UUID(part.lower().removeprefix("urn:uuid:")) for part in _parts(value)]
    except ValueError as error:
        raise ValidationError(_("This is no GUID.")) from error
    return Q(guid__in=guids)


_RELATED: dict[str, Callable[[str, str], Q]] = {
    "identifiers": _of_rows(Identifier, "value"),
    "identifier_name": _of_rows(Identifier, "name"),
    "any_name": _of_rows(Identification, "scientific_name"),
    "any_determiner": _of_rows(Identification, "identified_by"),
    "images": _images,
    "determinations": _determinations,
    "point": _point,
    "cluster": _cluster,
    "protected": _protected,
    "guid": _guid,
}
