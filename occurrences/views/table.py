"""What a record search finds, as a table in which cells are edited in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from darwincore import terms
from occurrences import downloads, editing, editing_table, history, paging, record_search
from occurrences.forms import typed_columns
from occurrences.forms_panels import CHOICES, LONG, PANELS
from occurrences.forms_record_search import in_words
from occurrences.models import EditorHabits, Occurrence
from occurrences.patience import TooSlow
from occurrences.protection import NOTES, exact
from occurrences.record_search import SORT, Look, RecordSearch
from occurrences.views.entering import habits_of
from occurrences.views.record_search import read

COLUMNS = tuple(
    "catalog_number scientific_name recorded_by record_number event_date country state_province "
    "county locality decimal_latitude decimal_longitude processing_status".split()
)
MOST_COLUMNS = 60
MOST_DOWNLOADED = record_search.COUNTED
# The columns whose sort has a name of its own, with an index.
SORT_NAMES = {
    "scientific_name": "name",
    "recorded_by": "collector",
    "event_date": "date",
    "catalog_number": "catalog",
}
_NEEDED = ("guid", "collection_id", "protection", "verbatim")


@login_required
@require_safe
def table(request: HttpRequest) -> HttpResponse:
    """Show a page of what a record search finds, to read and to edit."""
    search, problems = read(request.GET)
    if problems:
        query = request.GET.urlencode()
        return redirect(f"{reverse('occurrences:record_search')}?{query}")
    columns = columns_of(habits_of(request.user))
    shape = Shape(request, search)
    context: dict[str, Any] = {
        "search": search,
        "query": search.to_query(),
        "asked": list(in_words(search)),
        "choosable": list(_choosable(columns)),
    }
    try:
        look = _look(request, search, columns, shape)
    except TooSlow:
        return render(request, "occurrences/table_slow.html", context, status=503)
    context |= {
        "look": look,
        "columns": [shape.head(column, look) for column in columns],
        "rows": [Row(record, columns) for record in look.page.records],
        **shape.links(look),
    }
    return render(request, "occurrences/table.html", context)


@login_required
@require_POST
def table_save(request: HttpRequest) -> JsonResponse:
    """Read cells as the form reads them; write them all, or tell why not. JSON in and out."""
    try:
        sent = json.loads(request.body)
        cells = editing_table.cells_of(sent["cells"])
    except (ValueError, KeyError, TypeError):
        told = _("These cells could not be read. Paste at most %(most)s at a time.")
        return JsonResponse({"problem": told % {"most": editing_table.MOST_CELLS}}, status=400)
    outcome = editing_table.save(request.user, cells, only_look=bool(sent.get("only_look")))
    return JsonResponse(_answer(request, outcome))


@login_required
@require_POST
def table_columns(request: HttpRequest) -> HttpResponse:
    """Remember which columns the person wants, on every device."""
    chosen = set(request.POST.getlist("column"))
    known = [column for column in _every_column() if column in chosen]
    columns = [] if "usual" in request.POST else known[:MOST_COLUMNS]
    EditorHabits.objects.update_or_create(person=request.user, defaults={"table_columns": columns})
    query = request.POST.get("query", "")
    return redirect(f"{reverse('occurrences:table')}?{query}")


@login_required
@require_POST
def table_download(request: HttpRequest) -> HttpResponseBase:
    """Hand the ticked records, or all that the search finds, out as CSV with every term."""
    records = Occurrence.objects.editable_by(request.user)
    guids = editing_table.guids_of(request.POST.getlist("guid"))
    query = QueryDict(request.POST.get("search", ""))
    if request.POST.get("search"):
        search, problems = read(query)
        records = record_search.found(request.user, search) if not problems else records.none()
        keys = record_search.keys(records)
    else:
        keys = list(records.filter(guid__in=guids).values_list("pk", flat=True))
    if keys is None or len(keys) > MOST_DOWNLOADED:
        told = _(
            "These are more than 10,000 records, or finding them takes too long. Narrow the "
            "search, or take the whole collection: Download backup file, on its control panel."
        )
        messages.error(request, told)
        return redirect(f"{reverse('occurrences:table')}?{query.urlencode()}")
    return _csv(request, keys, raw="raw" in request.POST)


def _csv(request: HttpRequest, keys: list[int], *, raw: bool) -> FileResponse:
    wanted = Occurrence.objects.editable_by(request.user).filter(pk__in=keys)
    stream = TemporaryFile()  # noqa: SIM115  the response closes it
    downloads.write_csv(Collection(), request.user, stream, records=wanted, raw=raw)
    stream.seek(0)
    answer = FileResponse(
        stream, as_attachment=True, filename="records.csv", content_type="text/csv; charset=utf-8"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def _look(request: HttpRequest, search: RecordSearch, columns: list[str], shape: Shape) -> Look:
    """Return the page asked for; the first one, and a word about it, when it can't be told."""
    records = record_search.found(request.user, search)
    if editing.IDENTIFIERS in columns:
        records = records.prefetch_related("identifiers")
    fetched = [*_NEEDED, *NOTES, *(column for column in columns if column in terms.BY_COLUMN)]
    cursor = request.GET.get("page", "")
    try:
        look = record_search.look(request.user, records, fetched, shape.sort, cursor)
    except paging.BadCursor:
        messages.warning(request, _("That page can't be found any more. This is the first one."))
        look = record_search.look(request.user, records, fetched, shape.sort)
    if look.sort != shape.sort:
        messages.info(
            request,
            _("More than 10,000 records stand in the order they were entered. Narrow the search."),
        )
    return look


def columns_of(habits: EditorHabits) -> list[str]:
    """Return the columns a person chose, else the usual ones."""
    known = set(_every_column())
    return [column for column in habits.table_columns if column in known] or list(COLUMNS)


def _every_column() -> Iterator[str]:
    placed = dict.fromkeys(
        item.partition(":")[0] for panel in PANELS for item in f"{panel.shown} {panel.more}".split()
    )
    yield from placed
    yield from (column for column in typed_columns() if column not in placed)


def _choosable(chosen: list[str]) -> Iterator[tuple[str, Any, bool]]:
    for column in _every_column():
        yield column, history.label_of(column), column in chosen


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: its link to sort by it, and what its cells may hold."""

    column: str
    label: str
    term: str
    url: str
    aria: str
    is_long: bool
    choices: str  # JSON of [[value, words]], blank for any text


class Shape:
    """How the table stands in its address: the order and the links."""

    def __init__(self, request: HttpRequest, search: RecordSearch) -> None:
        self.query = search.to_query()
        asked = request.GET.get("sort", "")
        name = asked.removeprefix("-")
        self.sort = asked if name in paging.SORTS or name in terms.BY_COLUMN else SORT

    def url(self, **shape: str) -> str:
        given = QueryDict(self.query, mutable=True)
        given["sort"] = shape.pop("sort", self.sort)
        given.update(shape)
        return f"?{given.urlencode()}"

    def head(self, column: str, look: Look) -> Head:
        name = SORT_NAMES.get(column, column)
        sortable = name in paging.SORTS or (look.is_exact and column in terms.BY_COLUMN)
        turned = f"-{name}" if look.sort == name else name
        directions = {name: "ascending", f"-{name}": "descending"}
        term = terms.BY_COLUMN.get(column)
        choices = [[value, str(words)] for value, words in CHOICES.get(column, ())]
        return Head(
            column,
            history.label_of(column),
            term.name if term else "otherCatalogNumbers",
            self.url(sort=turned) if sortable else "",
            directions.get(look.sort, ""),
            column in LONG,
            json.dumps(choices) if choices else "",
        )

    def links(self, look: Look) -> dict[str, Any]:
        page = look.page
        return {
            "search_query": self.url().removeprefix("?"),
            "previous_url": page.previous and self.url(page=page.previous),
            "next_url": page.next and self.url(page=page.next),
        }


class Row:
    """A record as the table shows it: its texts as the form would, by column."""

    def __init__(self, occurrence: Occurrence, columns: list[str]) -> None:
        self.occurrence = occurrence
        held = {column: getattr(occurrence, column) for column in columns if column in _STORED}
        pairs = []
        if editing.IDENTIFIERS in columns:
            pairs = [(row.name, row.value) for row in occurrence.identifiers.all()]
        shown = exact(held, occurrence.disclosed)
        texts = editing.texts_of({name: shown.get(name) for name in columns}, pairs)
        self.cells = [(column, texts.get(column, "")) for column in columns]

    @property
    def is_protected(self) -> bool:
        return bool(self.occurrence.protection)


_STORED = frozenset(terms.COLUMNS)


def _answer(request: HttpRequest, outcome: editing_table.Outcome) -> dict[str, Any]:
    """Return what the page needs to go on: each cell as it is read, and words about them all."""
    saved = bool(outcome.change_sets)
    number = len(outcome.changing)
    words = ngettext("Saved one cell.", "Saved %(number)s cells.", number) % {"number": number}
    context = {
        "outcome": outcome,
        "change_sets": outcome.change_sets,
        "words": words if saved else "",
        "titles": _titles(request.user, outcome),
    }
    is_asked = outcome.open_cells or (number and not saved)
    shown = "table_review.html" if is_asked else "table_saved.html"
    return {
        "saved": saved,
        "open": len(outcome.open_cells),
        "changing": number,
        "cells": [
            {
                "guid": str(each.cell.guid),
                "column": each.cell.column,
                "was": each.was,
                "read": each.read,
                "note": each.note,
                "problem": each.problem,
                "theirs": each.theirs,
            }
            for each in outcome.told
        ],
        "html": render_to_string(f"occurrences/{shown}", context, request),
    }


def _titles(user: Any, outcome: editing_table.Outcome) -> list[dict[str, Any]]:
    """Return the cells that change or are open, with the names of their records and fields."""
    shown = [each for each in outcome.told if each.is_open or each.changes or each.note]
    guids = {each.cell.guid for each in shown}
    few = Occurrence.objects.editable_by(user).filter(guid__in=guids)
    named = {
        record.guid: history.title_of(record)
        for record in few.only("guid", "catalog_number", "scientific_name", "recorded_by")
    }
    return [
        {
            "told": each,
            "record": named.get(each.cell.guid, ""),
            "field": history.label_of(each.cell.column),
        }
        for each in shown
    ]
