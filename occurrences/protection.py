"""What the public may not see of a record, decided and split off in one place.

`decide` says how far a record is protected, `split` parts its exact values into what everybody may
see and what is withheld, `exact` puts the two together again. Only `records.write` stores the
result; the table's check constraint refuses a row that disagrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, Q

from darwincore import terms
from occurrences.models import Occurrence, Protection, Withheld

WITHHELD: Final = frozenset(terms.WITHHELD_COLUMNS + terms.DERIVED_COLUMNS)
WITHHELD_OF_IDENTIFICATION: Final = tuple(
    column for column in terms.IDENTIFICATION_COLUMNS if column in WITHHELD
)
# What protecting itself writes into the record; the original is kept with the withheld values.
NOTES: Final = ("information_withheld", "data_generalizations")
CELL: Final = Decimal("0.1")

_NUMBERS = frozenset(t.column for t in terms.COLUMN_TERMS if t.kind == "number")
_INTEGERS = frozenset(t.column for t in terms.COLUMN_TERMS if t.kind == "integer")
_DAYS = frozenset(("event_date_start", "event_date_end"))


class Decision(NamedTuple):
    """How far a record is protected, and why."""

    level: Protection
    reason: str = ""
    rules: tuple[int, ...] = ()  # ids of the ProtectionRules behind it


@dataclass(frozen=True, slots=True)
class Split:
    """A record parted: what its columns hold, and what Withheld holds (None when it is open)."""

    public: dict[str, Any]
    verbatim: dict[str, str]
    withheld: dict[str, Any] | None
    decision: Decision


def decide(values: Mapping[str, Any]) -> Decision:
    """Say how far the record with these exact values, by column, asks to be protected itself.

    What rules add, `occurrences.ruling` knows.

    Record security as Symbiota has it: 0 or blank open, 5 the whole record, anything else the
    place (a value nobody knows protects rather than discloses).
    """
    security = values.get("record_security") or 0
    if security == 0:
        return Decision(Protection.OPEN)
    level = Protection.WHOLE if security == 5 else Protection.PLACE
    return Decision(level, values.get("security_reason") or "")


def split(values: Mapping[str, Any], verbatim: Mapping[str, str], decision: Decision) -> Split:
    """Part exact values by column into the public ones and the withheld ones.

    Withheld values are JSON: numbers and days as text, so that 33.10 stays 33.10.
    """
    public = dict(values)
    if decision.level == Protection.OPEN:
        return Split(public, dict(verbatim), None, decision)
    hidden = [column for column in public if column in WITHHELD and public[column] is not None]
    withheld: dict[str, Any] = {column: frozen(public[column]) for column in hidden}
    for column in hidden:
        public[column] = None
    for note in NOTES:
        withheld[note] = public.get(note)
    if verbatim:
        withheld["verbatim"] = dict(verbatim)
    if decision.level == Protection.CELL:
        _show_cell(public, values)
    public["information_withheld"] = _note(public.get("information_withheld"), hidden)
    return Split(public, {}, withheld, decision)


def exact(columns: Mapping[str, Any], withheld: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns' values overlaid with the withheld ones, as Python values by column."""
    whole = dict(columns)
    if withheld:
        whole.update((column, thawed(column, value)) for column, value in withheld.items())
    return whole


def frozen(value: Any) -> Any:
    """Return a column's value as JSON keeps it: Decimal and date as text."""
    return str(value) if isinstance(value, (Decimal, date)) else value


def thawed(column: str, value: Any) -> Any:
    """Return a value of JSON as its column holds it."""
    if value is None or not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return value
    if column in _NUMBERS:
        return Decimal(str(value))
    if column in _INTEGERS:
        return int(value)
    if column in _DAYS:
        return date.fromisoformat(str(value))
    return value


def audit() -> list[Occurrence]:
    """Return the records (at most 100) whose protection is not what their security asks for.

    Empty is right. The constraint keeps protected rows blank; this finds rows that should be
    protected and are not, and protected ones whose exact values are missing.
    """
    kept = Exists(Withheld.objects.filter(occurrence=OuterRef("pk")))
    asks_protection = Q(record_security__isnull=False) & ~Q(record_security=0)
    wrong = (
        (asks_protection & Q(protection=Protection.OPEN))
        | (Q(record_security=5) & ~Q(protection=Protection.WHOLE))
        | (~Q(protection=Protection.OPEN) & ~kept)
        | (Q(protection=Protection.OPEN) & kept)
    )
    return list(Occurrence.objects.filter(wrong).only("guid", "protection")[:100])


def _show_cell(public: dict[str, Any], values: Mapping[str, Any]) -> None:
    latitude, longitude = (values.get(column) for column in terms.CELL_COLUMNS)
    if latitude is None or longitude is None:
        return
    for column in terms.CELL_COLUMNS:
        public[column] = Decimal(values[column]).quantize(CELL, rounding=ROUND_FLOOR)
    public["data_generalizations"] = _joined(
        public.get("data_generalizations"), "Coordinates reduced to the corner of a 0.1° cell"
    )


def _note(given: str | None, hidden: list[str]) -> str | None:
    names = [terms.BY_COLUMN[column].name for column in hidden if column in terms.BY_COLUMN]
    if not names:
        return given
    return _joined(given, "Withheld to protect the place: " + ", ".join(sorted(names)))


def _joined(given: str | None, added: str) -> str:
    return f"{given} | {added}" if given else added
