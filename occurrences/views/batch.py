"""Batches: which records, how far the work on them is, and what it came to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from journal import undo
from journal.models import Job
from occurrences import batching, record_search
from occurrences.models import Batch
from occurrences.selecting import Selection

# Where a batch of each kind is prepared.
PAGES = {kind: f"occurrences:batch_{kind}" for kind in Batch.Kind.values}


@login_required
@require_POST
def batch_new(request: HttpRequest) -> HttpResponse:
    """Begin a batch with the records that were ticked, or with all that a search finds."""
    selection = Selection.of(request.POST)
    kind = request.POST.get("kind", "")
    if selection is None or kind not in PAGES:
        messages.warning(request, _("Tick some records first, or search for them."))
        return redirect(came_from(request))
    return begin(request, kind, selection)


def begin(
    request: HttpRequest, kind: str, selection: Selection, wanted: dict[str, Any] | None = None
) -> HttpResponse:
    """Keep a new batch and lead to where it is prepared; 403 if no record is this person's.

    wanted: what is to be done, where that is known already.
    """
    made = Batch(
        kind=kind,
        user=request.user,  # type: ignore[misc]
        selection=selection.as_json(),
        wanted=wanted or {},
    )
    if not batching.selected(made).exists():
        raise PermissionDenied
    made.save()
    return redirect(PAGES[kind], made.guid)


@login_required
@require_safe
def batch(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show how far a batch is, or what it came to."""
    shown = get_object_or_404(Batch.objects.select_related("job"), guid=guid, user=request.user)
    if shown.job is None:
        return redirect(PAGES[shown.kind], guid)
    done = batching.change_sets(shown)
    context = {
        "batch": shown,
        "job": shown.job,
        "done": [(each, undo.is_undone(each)) for each in done],
        "prepare": "" if shown.reached else reverse(PAGES[shown.kind], args=[guid]),
        "search": search_of(shown),
    }
    return render(request, "occurrences/batch.html", context)


@login_required
@require_POST
def batch_apply(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have it done as it was prepared, or gone on with after it was cut off."""
    prepared = get_object_or_404(Batch, guid=guid, user=request.user)
    if not prepared.wanted:
        return redirect(PAGES[prepared.kind], guid)
    if prepared.job is None or prepared.job.state in (Job.State.CANCELLED, Job.State.FAILED):
        batching.start(prepared)
    return redirect("occurrences:batch", guid)


def to_prepare(request: HttpRequest, guid: UUID, kind: str) -> Batch:
    """Return a batch of this person, of this kind."""
    return get_object_or_404(Batch, guid=guid, user=request.user, kind=kind)


def is_begun(batch: Batch) -> bool:
    """Tell whether it is too late to prepare it in another way."""
    return bool(batch.reached) or (batch.job is not None and not batch.job.is_finished)


def search_of(batch: Batch) -> str:
    """Return the address of the search that the batch was made from."""
    query = batch.selection.get("query", "")
    if not query:
        return reverse("occurrences:search")
    is_record_search = record_search.is_one(QueryDict(query))
    page = "occurrences:record_search" if is_record_search else "occurrences:search"
    return f"{reverse(page)}?{query}"


def came_from(request: HttpRequest) -> str:
    """Return the page of ours where a button was pressed; the search where that isn't told."""
    address = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if ours else reverse("occurrences:search")
