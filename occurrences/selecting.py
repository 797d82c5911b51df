"""Which records a batch is about: some that were ticked, or all that a search finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict

from biocollections.models import Collection
from occurrences import record_search, search
from occurrences.models.record import OccurrenceQuerySet
from occurrences.record_search import RecordSearch
from occurrences.search import SearchCriteria

MOST_TICKED = 20_000
MOST_LETTERS = 20_000  # of a query string


@dataclass(frozen=True, slots=True)
class Selection:
    """Ticked records by GUID; without any, those that a search's query string finds.

    but: GUIDs of records that were taken out again.
    """

    guids: tuple[str, ...] = ()
    query: str = ""
    but: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: QueryDict) -> Selection | None:
        """Read what a form sends: `guid` (several, or many in one, parted by blanks) or `search`.

        None when it says neither, or a search that can't be read.
        """
        guids = _guids(" ".join(data.getlist("guid")).split())[:MOST_TICKED]
        if guids or "search" not in data:
            return cls(guids) if guids else None
        query = str(data["search"]).lstrip("?").replace("\0", "")[:MOST_LETTERS]
        try:
            _read(query)
        except ValidationError:
            return None
        return cls(query=query)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Selection:
        """Return the selection that `as_json` wrote down."""
        return cls(tuple(kept.get("guids", ())), kept.get("query", ""), tuple(kept.get("but", ())))

    def as_json(self) -> dict[str, Any]:
        return {"guids": list(self.guids), "query": self.query, "but": list(self.but)}

    def within(self, records: OccurrenceQuerySet, user: Any) -> OccurrenceQuerySet:
        """Narrow `records` (what `user` may edit, or part of it) to the selected ones."""
        asked = None if self.guids else _read(self.query)
        if asked is None:
            found = records.filter(guid__in=self.guids)
        elif isinstance(asked, RecordSearch):
            if asked.within:
                within = Collection.objects.filter(code=asked.within)
                records = records.filter(collection__in=list(within.values_list("pk", flat=True)))
            found = record_search.apply(records, asked, user)
        else:
            found = cast(OccurrenceQuerySet, search.apply(records, asked))
        return found.exclude(guid__in=self.but) if self.but else found

    def without(self, guids: Iterable[str]) -> Selection:
        """Return the same selection with just these records taken out."""
        return Selection(self.guids, self.query, _guids(guids))


def _read(query: str) -> RecordSearch | SearchCriteria:
    """Read a query string: the record search's or the public search's. Raises ValidationError."""
    asked = QueryDict(query)
    if record_search.is_one(asked):
        return RecordSearch.from_query(asked)
    return SearchCriteria.from_query(asked)


def _guids(texts: Iterable[str]) -> tuple[str, ...]:
    """Return those of the texts that are GUIDs, each once, in their usual form."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            found[str(UUID(text))] = None
        except ValueError:
            continue
    return tuple(found)
