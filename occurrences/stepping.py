"""From one record of a search to the next, in the order in which the search shows them."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from darwincore import terms
from occurrences import paging, record_search, search
from occurrences.models import Occurrence
from occurrences.patience import TooSlow
from occurrences.record_search import RecordSearch
from occurrences.search import SearchCriteria

MOST_LETTERS = 8000  # of a query string that is carried along
WAIT_MS = 1500  # that the editor's page waits for the records beside


class Beside(NamedTuple):
    """The records before and after one in a search; None at its ends, or where there is none."""

    query: str
    previous: UUID | None
    next: UUID | None

    @property
    def back(self) -> str:
        """The address of the search itself."""
        of_editors = record_search.is_one(QueryDict(self.query))
        name = "occurrences:table" if of_editors else "occurrences:search"
        return f"{reverse(name)}?{self.query}"


def beside(user: Any, query: str, record: Occurrence) -> Beside | None:
    """Return what stands beside `record` among those of a search that `user` may edit.

    query: the search's query string, its order (`sort`) included; a public search, or a record
    search. None for no search, or one that can't be read. A record that the search no longer finds
    still knows its place. Where finding a neighbour takes long, there is none.
    """
    if not query or len(query) > MOST_LETTERS:
        return None
    asked = QueryDict(query)
    found = _found(user, asked)
    if found is None:
        return None
    sort = _sort(asked)
    try:
        with record_search.at_most(WAIT_MS):
            previous, following = (
                paging.neighbour(found, sort, record, backwards=backwards)
                for backwards in (True, False)
            )
    except TooSlow:
        return Beside(query, None, None)
    return Beside(query, previous, following)


def first(user: Any, query: str) -> UUID | None:
    """Return the first record of a search that `user` may edit."""
    asked = QueryDict(query[:MOST_LETTERS])
    found = _found(user, asked)
    if found is None:
        return None
    try:
        with record_search.at_most(record_search.WAIT_MS):
            page = paging.turn_to(found.only("guid", "id"), _sort(asked))
    except TooSlow:
        return None
    return page.records[0].guid if page.records else None


def _found(user: Any, asked: QueryDict) -> QuerySet[Occurrence] | None:
    """Return the records of a search that `user` may edit; None for one that can't be read."""
    try:
        if record_search.is_one(asked):
            return record_search.found(user, RecordSearch.from_query(asked))
        criteria = SearchCriteria.from_query(asked)
        return search.apply(Occurrence.objects.editable_by(user), criteria)
    except ValidationError:
        return None


def _sort(asked: QueryDict) -> str:
    sort = asked.get("sort", "")
    name = sort.removeprefix("-")
    if record_search.is_one(asked):
        known = name in paging.SORTS or name in terms.BY_COLUMN
        return sort if known else record_search.SORT
    return sort if name in paging.SORTS else "name"
