"""From one record of a search to the next, in the order in which the search shows them."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict

from occurrences import paging, search
from occurrences.models import Occurrence
from occurrences.search import SearchCriteria

MOST_LETTERS = 8000  # of a query string that is carried along


class Beside(NamedTuple):
    """The records before and after one in a search; None at its ends, or where there is none."""

    query: str
    previous: UUID | None
    next: UUID | None


def beside(user: Any, query: str, record: Occurrence) -> Beside | None:
    """Return what stands beside `record` among those of a search that `user` may edit.

    query: the search's query string, its order (`sort`) included. None for no search, or one that
    can't be read. A record that the search no longer finds still knows its place.
    """
    if not query or len(query) > MOST_LETTERS:
        return None
    asked = QueryDict(query)
    try:
        criteria = SearchCriteria.from_query(asked)
        found = search.apply(Occurrence.objects.editable_by(user), criteria)
    except ValidationError:
        return None
    sort = _sort(asked)
    previous, following = (
        paging.neighbour(found, sort, record, backwards=backwards) for backwards in (True, False)
    )
    return Beside(query, previous, following)


def first(user: Any, query: str) -> UUID | None:
    """Return the first record of a search that `user` may edit."""
    asked = QueryDict(query[:MOST_LETTERS])
    try:
        found = search.apply(Occurrence.objects.editable_by(user), SearchCriteria.from_query(asked))
    except ValidationError:
        return None
    page = paging.turn_to(found.only("guid", "id"), _sort(asked))
    return page.records[0].guid if page.records else None


def _sort(asked: QueryDict) -> str:
    sort = asked.get("sort", "")
    return sort if sort.removeprefix("-") in paging.SORTS else "name"
