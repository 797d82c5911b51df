"""The occurrences of an archive whose core is events, each with its event laid under it.

What the event says of time, place and method becomes the occurrence's where it says nothing itself;
likewise what the parent event says becomes the event's. Terms that belong together come from one of
them alone: a latitude of the occurrence never gets the longitude of its event. Facts about an event
become facts about each occurrence in it. Source: Darwin Core Text Guide; Humboldt Extension, 2.1.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .containers import Limits
from .issues import Issue, Refused
from .mojibake import mended
from .tables import SourceRow, Table
from .terms import OCCURRENCE_ROW

_DEEPEST = 10
_TOGETHER = (
    "eventDate eventTime year month day startDayOfYear endDayOfYear verbatimEventDate",
    "decimalLatitude decimalLongitude geodeticDatum coordinateUncertaintyInMeters verbatimLatitude"
    " verbatimLongitude verbatimCoordinates verbatimCoordinateSystem verbatimSRS"
    " coordinatePrecision footprintWKT footprintSRS pointRadiusSpatialFit",
    "minimumElevationInMeters maximumElevationInMeters verbatimElevation verticalDatum",
    "minimumDepthInMeters maximumDepthInMeters verbatimDepth",
    "country countryCode",
    "sampleSizeValue sampleSizeUnit",
)
_GROUPS = {term.lower(): group for group in _TOGETHER for term in group.split()}
# What an event says of itself alone, and not of the events within it.
_ITS_OWN = {
    "eventid",
    "parenteventid",
    "eventtype",
    "fieldnumber",
    "samplesizevalue",
    "samplesizeunit",
    "samplingeffort",
    "eventremarks",
}


class Events:
    """The events of an archive by their identifiers, in a temporary database without a name."""

    def __init__(self, table: Table, limits: Limits) -> None:
        self.table = table
        self.limits = limits
        self.rows = self.children = self.without = 0
        folded = [header.lower() for header in table.headers]
        self.parent_at = folded.index("parenteventid") if "parenteventid" in folded else None
        inherited = [at for at, name in enumerate(folded) if name not in _ITS_OWN]
        self.groups = [[at for at in group if at in inherited] for group in _grouped(table.headers)]
        self.database = sqlite3.connect("")
        self.database.execute("CREATE TABLE event (id TEXT PRIMARY KEY, parent TEXT, cells TEXT)")
        self.database.execute("CREATE TABLE member (event TEXT, occurrence TEXT)")
        self._keep()
        self.completed = lru_cache(maxsize=10_000)(self._completed)

    def _keep(self) -> None:
        insert = "INSERT OR IGNORE INTO event VALUES (?, ?, ?)"
        self.database.executemany(insert, map(self._kept, self.table.rows()))

    def _kept(self, row: SourceRow) -> tuple[str, str, str]:
        parent = row.cells[self.parent_at] if self.parent_at is not None else ""
        self.rows += 1
        self.children += bool(parent)
        return row.core_id or "", parent, json.dumps(row.cells, ensure_ascii=False)

    def _found(self, event: str) -> tuple[str, list[str]] | None:
        query = "SELECT parent, cells FROM event WHERE id = ?"
        row = self.database.execute(query, [event]).fetchone() if event else None
        return (row[0], json.loads(row[1])) if row else None

    def _completed(self, event: str) -> list[str] | None:
        """Return an event's cells, with those of its parents where it says nothing itself."""
        found = self._found(event)
        if found is None:
            return None
        parent, cells = found
        seen = {event}
        while parent and parent not in seen and len(seen) <= _DEEPEST:
            seen.add(parent)
            found = self._found(parent)
            if found is None:
                break
            parent, theirs = found
            for group in self.groups:
                if not any(cells[at] for at in group):
                    for at in group:
                        cells[at] = theirs[at]
        return cells

    def ancestors(self, event: str) -> list[str]:
        """Return an event and the events it lies in."""
        chain = [event]
        while len(chain) <= _DEEPEST:
            found = self._found(chain[-1])
            if not found or not found[0] or found[0] in chain:
                break
            chain.append(found[0])
        return chain

    def note_members(self, occurrences: Iterator[tuple[str, str]]) -> None:
        """Remember which occurrences lie in which event; each: event, occurrence."""
        self.database.executemany(
            "INSERT INTO member VALUES (?, ?)",
            ((each, own) for event, own in occurrences for each in self.ancestors(event)),
        )
        self.database.execute("CREATE INDEX member_event ON member (event)")
        query = "SELECT count(*) FROM event WHERE id NOT IN (SELECT event FROM member)"
        self.without = self.database.execute(query).fetchone()[0]

    def members(self, event: str) -> list[str]:
        """Return the occurrences of an event and of the events in it."""
        query = "SELECT occurrence FROM member WHERE event = ? ORDER BY rowid"
        return [own for (own,) in self.database.execute(query, [event])]

    def summary(self) -> dict[str, Any]:
        """Return what `Source.found` keeps: rows, those with a parent, those without occurrence."""
        return {
            "file": self.table.file,
            "rows": self.rows,
            "parents": self.children,
            "without": self.without,
        }


def _grouped(headers: Sequence[str]) -> list[list[int]]:
    """Return the columns of terms that belong together; any other column stands alone."""
    groups: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        groups.setdefault(_GROUPS.get(header.lower(), header.lower() or f" {at}"), []).append(at)
    return list(groups.values())


@dataclass
class LaidUnder(Table):
    """Occurrences, with the terms of their events behind their own columns."""

    _events: Events = field(kw_only=True, repr=False)
    _own: Table = field(kw_only=True, repr=False)
    # For each group: its columns here, and where each of the event's cells goes.
    _plan: list[tuple[list[int], list[tuple[int, int]]]] = field(default_factory=list, repr=False)

    def rows(self) -> Iterator[SourceRow]:
        """Yield the occurrences; core_id is their own identifier, not that of their event."""
        more = [""] * (len(self.headers) - len(self._own.headers))
        for row in self._own.rows():
            cells = row.cells + more
            event = self._events.completed(row.core_id or "")
            issues = row.issues
            if event is None:
                issues += (Issue("EVENT_MISSING", "", row.core_id or ""),)
            else:
                self._lay_under(cells, event)
            for at in self._mends:
                cells[at] = mended(cells[at])
            own = own_id(self._own, row)
            yield row._replace(cells=cells, core_id=own, issues=issues)

    def _lay_under(self, cells: list[str], event: Sequence[str]) -> None:
        for here, moves in self._plan:
            if not any(map(cells.__getitem__, here)):
                for at, to in moves:
                    cells[to] = event[at]


@dataclass
class FannedOut(Table):
    """An extension of the events, as one of their occurrences."""

    _events: Events = field(kw_only=True, repr=False)
    _own: Table = field(kw_only=True, repr=False)

    def rows(self) -> Iterator[SourceRow]:
        """Yield a row for each occurrence that it is about; core_id is the occurrence's."""
        folded = [header.lower() for header in self.headers]
        at = folded.index("occurrenceid") if "occurrenceid" in folded else None
        given = 0
        for row in self._own.rows():
            if at is not None and row.cells[at]:
                yield row._replace(core_id=row.cells[at])
                continue
            event = row.core_id or ""
            members = self._events.members(event)
            given += len(members)
            if given > self._limits.facts:
                most = str(self._limits.facts)
                raise Refused("EVENT_FACTS", most, file=self.file, line=row.line)
            for own in members or [event]:
                yield row._replace(core_id=own)


def own_id(table: Table, row: SourceRow) -> str:
    """Return what an occurrence is called: its occurrenceID, or its event and a hash of it."""
    for at, header in enumerate(table.headers):
        if header == "occurrenceID" and row.cells[at]:
            return row.cells[at]
    digest = hashlib.blake2b("\0".join(row.cells).encode(), digest_size=6).hexdigest()
    return f"{row.core_id}/{digest}"


def lay_under(
    events: Table, occurrences: Table, extensions: Sequence[Table], limits: Limits
) -> tuple[LaidUnder, list[Table], dict[str, Any]]:
    """Return the occurrences with their events, the extensions about them, and a summary."""
    known = Events(events, limits)
    known.note_members((row.core_id or "", own_id(occurrences, row)) for row in occurrences.rows())
    headers, plan = _laid_out(events, occurrences)
    constants = events.constants | occurrences.constants
    core = LaidUnder(
        file=occurrences.file,
        row_type=OCCURRENCE_ROW,
        headers=headers,
        constants={term: text for term, text in constants.items() if term not in headers},
        _parts=[*occurrences._parts, *events._parts],
        _declared=occurrences._declared,
        _limits=limits,
        _events=known,
        _own=occurrences,
        _plan=plan,
    )
    fanned: list[Table] = [
        FannedOut(
            file=table.file,
            row_type=table.row_type,
            headers=table.headers,
            constants=table.constants,
            id_index=table.id_index,
            _parts=table._parts,
            _declared=table._declared,
            _limits=limits,
            _events=known,
            _own=table,
        )
        for table in extensions
    ]
    return core, fanned, known.summary()


def _laid_out(
    events: Table, occurrences: Table
) -> tuple[list[str], list[tuple[list[int], list[tuple[int, int]]]]]:
    """Return the headers of both, each once, and how an event's cells go under an occurrence's."""
    headers = list(occurrences.headers)
    link = occurrences.id_index
    if link is not None and headers[link].lower() in ("id", "coreid"):
        known = "eventid" in map(str.lower, headers)
        headers[link] = "" if known else "eventID"  # what names the event is no key of the row
    places = {header.lower(): at for at, header in reversed(list(enumerate(headers))) if header}
    moves: list[tuple[int, int]] = []
    for at, header in enumerate(events.headers):
        if not header or (at == events.id_index and header.lower() in ("id", "coreid")):
            continue
        if header.lower() not in places:
            places[header.lower()] = len(headers)
            headers.append(header)
        moves.append((at, places[header.lower()]))
    plan = []
    for group in _grouped(headers):
        into = [(at, to) for at, to in moves if to in group]
        if into:
            plan.append((group, into))
    return headers, plan
