"""Records as the writer takes them and as it finds them, and the rules that all writing shares.

`occurrences.records` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from darwincore import terms as dwc
from occurrences import protection
from occurrences.determinations import Determination
from occurrences.models import Identification, Occurrence
from occurrences.protection import Split, exact, frozen
from occurrences.ruling import Ruling

OCCURRENCE = Occurrence._meta.db_table
IDENTIFICATION = Identification._meta.db_table
TERM_COLUMNS = dwc.COLUMNS + dwc.DERIVED_COLUMNS
STATED = ("protection", *protection.NOTES)  # columns every write sets
IDENTIFICATION_ROW = ("guid", "is_current", "position", "verbatim", *dwc.IDENTIFICATION_COLUMNS)


@dataclass(slots=True)
class Draft:
    """A record as somebody wants it: exact values by column, as Python values; None erases.

    version None creates the record; otherwise it is the version the draft is based on, and the
    write is refused when the record has moved on. Child rows given as None stay as they are.
    identifications: all known determinations ({column: value, is_current, verbatim}); the one
    that `values` states becomes current. With identifications_are_whole: all there shall be, as
    rows of `Stored`, one marked current. identifiers: [(name, value)]. extension_rows:
    [(row type, {term: text})]. verbatim: {term: original text} of the terms it writes, or, with
    verbatim_is_whole, all there is. key: the database's, of a new record; None: the next one.
    """

    guid: UUID
    collection_id: int
    values: dict[str, Any]
    version: int | None = None
    verbatim: dict[str, str] = field(default_factory=dict)
    verbatim_is_whole: bool = False
    identifications: list[Determination] | None = None
    identifications_are_whole: bool = False
    identifiers: list[tuple[str, str]] | None = None
    extension_rows: list[tuple[str, dict[str, str]]] | None = None
    source_id: str | None = None
    legacy_id: int | None = None
    import_hash: UUID | None = None
    key: int | None = None


@dataclass(slots=True)
class Written:
    """What a write did, by GUID. conflicts: gone, or changed by somebody else meanwhile."""

    created: list[UUID] = field(default_factory=list)
    updated: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    conflicts: list[UUID] = field(default_factory=list)


@dataclass(slots=True)
class Stored:
    """A record as it stands, locked for this transaction."""

    id: int
    guid: UUID
    collection_id: int
    version: int
    columns: dict[str, Any]  # public values, with protection, source_id and verbatim
    withheld: dict[str, Any] | None
    withheld_identifications: dict[str, dict[str, Any]]
    identifications: list[Determination] = field(default_factory=list)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    extension_rows: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    rules: tuple[int, ...] = ()  # ids of the ProtectionRules behind its protection

    @property
    def values(self) -> dict[str, Any]:
        """The exact values by column."""
        return exact(self.columns, self.withheld)

    @property
    def verbatim(self) -> dict[str, str]:
        return dict((self.withheld or {}).get("verbatim") or self.columns["verbatim"])


def with_derived(terms: Iterable[str]) -> list[str]:
    """Return `terms` with the columns that follow from the date, each once."""
    columns = dict.fromkeys(terms)
    if "event_date" in columns:
        columns.update(dict.fromkeys(dwc.DERIVED_COLUMNS))
    return [column for column in columns if column in _KNOWN]


_KNOWN = frozenset(TERM_COLUMNS)


def split(values: Mapping[str, Any], verbatim: Mapping[str, str], ruling: Ruling) -> Split:
    decision = ruling.decide(values)
    part = protection.split(values, verbatim, decision)
    part.public["protection"] = int(decision.level)
    return part


def split_identification(row: Determination, *, hide: bool) -> tuple[Determination, dict[str, Any]]:
    """Part a determination's free text off when its record is protected."""
    if not hide:
        return row, {}
    kept = {
        column: frozen(row[column])
        for column in protection.WITHHELD_OF_IDENTIFICATION
        if row[column] is not None
    }
    if row["verbatim"]:
        kept["verbatim"] = row["verbatim"]
    return {**row, **dict.fromkeys(kept), "verbatim": {}}, kept


def filled(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the identification columns that any of the rows fills: most are blank everywhere."""
    return [
        column for column in IDENTIFICATION_ROW if any(row.get(column) is not None for row in rows)
    ]
