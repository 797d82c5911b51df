"""Corrections suggested by people who don't edit: making one, one's own, a collection's queue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import noticing
from biocollections.models import Collection
from journal.jobs import Refused
from occurrences import commenting, history
from occurrences import suggesting_edits as suggesting
from occurrences.forms_suggesting import QueueForm, SuggestionForm
from occurrences.models import Occurrence, Suggestion
from occurrences.telling import sheet

PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def suggest_correction(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Suggest a correction of a record to its curators."""
    record = _record(request, guid)
    if not suggesting.takes_from(request.user, record):
        raise PermissionDenied
    form = SuggestionForm(request.POST if request.method == "POST" else None, record)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = suggesting.suggest(
                request.user, record, form.changes, given["remark"], given["evidence"]
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Thank you. The curators look at it; you will be told."))
            return redirect(made)
    context = {"record": record, "title": history.title_of(record), "form": form}
    return render(request, "occurrences/suggestion_new.html", context)


def _record(request: HttpRequest, guid: UUID) -> Occurrence:
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    return get_object_or_404(visible.defer("search_vector"), guid=guid)


@login_required
@require_safe
def suggestion(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what is suggested beside what stands there, to the suggester and the curators."""
    shown, record = _shown(request, guid)
    noticing.seen(request.user, shown.get_absolute_url())
    return _page(request, shown, record)


def _page(request: HttpRequest, shown: Suggestion, record: Occurrence) -> HttpResponse:
    """Show a suggestion; with what was typed and ticked where that could not be done."""
    fields = suggesting.fields_of(shown, record)
    fresh = [field.column for field in fields if not field.stale]
    context = {
        "suggestion": shown,
        "record": record,
        "title": history.title_of(record),
        "fields": fields,
        "ticked": request.POST.getlist("column") if "what" in request.POST else fresh,
        "may_review": suggesting.reviewable_by(request.user).filter(pk=shown.pk).exists(),
        "is_mine": shown.by_id == request.user.pk,
        "talk": shown.talk.select_related("by"),
        "typed": request.POST,
    }
    return render(request, "occurrences/suggestion.html", context)


def _shown(request: HttpRequest, guid: UUID) -> tuple[Suggestion, Occurrence]:
    shown = get_object_or_404(suggesting.visible_to(request.user), guid=guid)
    return shown, _record(request, shown.record_guid)


@login_required
@require_POST
def suggestion_decide(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take the chosen fields over, or decline with a reason; withdraw one's own."""
    shown, _seen = _shown(request, guid)
    what = request.POST.get("what", "")
    try:
        if what == "withdraw" and shown.by == request.user:
            suggesting.withdraw(shown, request.user)
            messages.success(request, _("Withdrawn."))
            return redirect(shown)
        if not suggesting.reviewable_by(request.user).filter(pk=shown.pk).exists():
            raise PermissionDenied
        _decide(request, shown, what)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, *_shown(request, guid))
    return redirect(shown)


def _decide(request: HttpRequest, shown: Suggestion, what: str) -> None:
    answer = request.POST.get("answer", "")
    if what == "decline":
        suggesting.decline(shown, request.user, answer)
        messages.success(request, _("Declined. The person who suggested it is told why."))
    else:
        columns = request.POST.getlist("column")
        version = request.POST.get("version", "")
        number = int(version) if version.isdecimal() else None
        suggesting.apply(shown, request.user, columns, number, answer)
        messages.success(request, _("Taken over. The person who suggested it is told."))


@login_required
@require_POST
def suggestion_reply(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Write to the other side about a suggestion."""
    shown, record = _shown(request, guid)
    try:
        commenting.say_about(request.user, shown, record, request.POST.get("text", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, shown, record)
    return redirect(shown)


@login_required
@require_safe
def suggestions_mine(request: HttpRequest) -> HttpResponse:
    """List what I suggested and what became of it."""
    mine = suggesting.visible_to(request.user).filter(by=request.user)
    context = {"rows": _listed(request, mine[:PAGE]), "collection": None}
    return render(request, "occurrences/suggestions.html", context)


@login_required
@require_safe
def suggestions(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List the suggestions for a collection's records, waiting ones first asked for."""
    within = own_collection(request, collection)
    noticing.seen(request.user, request.path)
    rows = suggesting.visible_to(request.user).filter(suggesting.within(within))
    form = QueueForm(request.GET, rows, Suggestion)
    chosen, next_url = paged(request, form.chosen(rows))
    context = {
        "collection": within,
        "form": form,
        "rows": _listed(request, chosen),
        "waiting": rows.filter(state=Suggestion.State.OPEN).count(),
        "next_url": next_url,
    }
    return render(request, "occurrences/suggestions.html", context)


def own_collection(request: HttpRequest, guid: UUID) -> Collection:
    """Return a collection whose records this person edits; 403 where he only sees it."""
    within = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    if not Collection.objects.editable_by(request.user).contains(within):
        raise PermissionDenied
    return within


def paged(request: HttpRequest, rows: Any) -> tuple[list[Any], str]:
    """Return a page of rows, the latest first, and the address of the next."""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    query = request.GET.copy()
    if len(found) <= PAGE:
        return found, ""
    query["before"] = str(found[PAGE - 1].pk)
    return found[:PAGE], f"?{query.urlencode()}"


def _listed(request: HttpRequest, rows: Any) -> list[tuple[Suggestion, str, Any]]:
    """Return (suggestion, what its record is called, its fields as the reader may see them)."""
    rows = list(rows)
    guids = [row.record_guid for row in rows]
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    records = visible.defer("search_vector").in_bulk(guids, field_name="guid")
    return [
        (row, sheet(record), suggesting.fields_of(row, record))
        for row in rows
        if (record := records.get(row.record_guid))
    ]
