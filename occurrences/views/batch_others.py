"""Batches that add a determination, give a georeference, or delete: prepared on one page each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from occurrences import batch_deleting, batch_determining, batch_georeferencing, batching
from occurrences.forms_panels import USUAL
from occurrences.history import label_of
from occurrences.models import Batch
from occurrences.selecting import Selection
from occurrences.views.batch import is_begun, search_of, to_prepare

MOST_LISTED = 400
LISTED = (
    "guid catalog_number scientific_name scientific_name_authorship identification_qualifier "
    "identified_by date_identified collection protection"
).split()
MOST_LETTERS = 2000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_determine(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Type one determination for many records, and take out those it isn't for."""
    prepared = to_prepare(request, guid, Batch.Kind.DETERMINE)
    if is_begun(prepared):
        return redirect("occurrences:batch", guid)
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    asked = {"current": True, "queue": False, "adjustment": False}
    if request.method == "POST":
        texts = _texts(request.POST, batch_determining.TYPED)
        asked = {name: name in request.POST for name in asked}
        problems = batch_determining.problems_of(texts, adjustment=asked["adjustment"])
        if not problems:
            _leave_out(prepared, request.POST)
            prepared.wanted = {"texts": texts, **asked}
            return _started(prepared)
    context = {
        "fields": _fields(batch_determining.TYPED, texts, problems),
        "asked": asked,
        "problems": problems,
        **_records(prepared, request.POST),
    }
    return render(request, "occurrences/batch_determine.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_georeference(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Choose localities, and give all their records one georeference."""
    prepared = to_prepare(request, guid, Batch.Kind.GEOREFERENCE)
    if is_begun(prepared):
        return redirect("occurrences:batch", guid)
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("text", "").replace("\0", "")[:200]
    show = given.get("show", "without")
    chosen = batching.selected(prepared)
    asked = batch_georeferencing.places_of(request.POST.getlist("place"))
    found = batch_georeferencing.localities(chosen, text, show, asked)
    names = ("coordinates", *batch_georeferencing.TYPED)
    texts = {
        "georeferenced_by": str(request.user),
        "georeferenced_date": f"{timezone.localdate():%Y-%m-%d}",
    }
    problems: dict[str, str] = {}
    places = [each for each in found if each.place in asked]
    again = "again" in request.POST
    pointed = not again and all(each.number == each.pointed for each in places)
    is_sent = request.method == "POST" and "look" not in request.POST
    if request.method == "POST":
        texts = _texts(request.POST, names)
    if is_sent:
        problems = batch_georeferencing.read(texts)[1]
        if places and not problems and not pointed:
            wanted = [each.place for each in places]
            prepared.wanted = {"texts": texts, "places": wanted, "again": again}
            return _started(prepared)
    context = {
        "batch": prepared,
        "number": chosen.count(),
        "localities": [(each, each in places) for each in found],
        "most": batch_georeferencing.MOST_LISTED,
        "text": text,
        "show": show,
        "fields": _fields(names, texts, problems),
        "problems": problems,
        "nothing_ticked": is_sent and not places,
        "nothing_open": is_sent and bool(places) and pointed,
        "again": again,
        "search": search_of(prepared),
    }
    return render(request, "occurrences/batch_georeference.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what goes with the records, and delete them."""
    prepared = to_prepare(request, guid, Batch.Kind.DELETE)
    if is_begun(prepared):
        return redirect("occurrences:batch", guid)
    if request.method == "POST" and "sure" in request.POST:
        _leave_out(prepared, request.POST)
        prepared.wanted = {"sure": True, **_texts(request.POST, ("reason",))}
        return _started(prepared)
    context = {
        "hanging": list(batch_deleting.hanging(batching.selected(prepared))),
        "unsure": request.method == "POST",
        "reason": request.POST.get("reason", ""),
        **_records(prepared, request.POST),
    }
    return render(request, "occurrences/batch_delete.html", context)


def _started(prepared: Batch) -> HttpResponse:
    prepared.save(update_fields=["wanted", "selection"])
    batching.start(prepared)
    return redirect("occurrences:batch", prepared.guid)


def _leave_out(prepared: Batch, data: QueryDict) -> None:
    """Take the records out of the selection that were shown and have no tick any more."""
    without = _unticked(data)
    prepared.selection = Selection.read(prepared.selection).without(without).as_json()


def _unticked(data: QueryDict) -> set[str]:
    return set(data.get("shown", "").split()) - set(data.getlist("record"))


def _records(prepared: Batch, data: QueryDict) -> dict[str, Any]:
    """Return the records that a batch is about, as far as a page lists them, each with its tick."""
    chosen = batching.selected(prepared)
    rows = list(chosen.select_related("collection").only(*LISTED).order_by("pk")[:MOST_LISTED])
    number = len(rows) if len(rows) < MOST_LISTED else chosen.count()
    unticked = _unticked(data)
    return {
        "batch": prepared,
        "number": number,
        "rows": [(row, str(row.guid) not in unticked) for row in rows],
        "unlisted": number - len(rows),
        "search": search_of(prepared),
    }


def _texts(data: QueryDict, names: tuple[str, ...]) -> dict[str, str]:
    return {name: data.get(name, "").replace("\0", "").strip()[:MOST_LETTERS] for name in names}


def _fields(
    names: tuple[str, ...], texts: dict[str, str], problems: dict[str, str]
) -> list[dict[str, Any]]:
    """Return a form's fields: column, label, what stands in it, what is wrong, usual values."""
    return [
        {
            "column": name,
            "label": label_of(name),
            "value": texts.get(name, ""),
            "problem": problems.get(name, ""),
            "usual": USUAL.get(name, ()),
        }
        for name in names
    ]
