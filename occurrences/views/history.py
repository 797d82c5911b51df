"""What was done to a record, by a change set, in a collection; and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from darwincore import terms
from journal import jobs
from journal import undo as journal_undo
from journal.jobs import Refused
from journal.models import ChangeSet, Job
from occurrences import edits
from occurrences import history as told
from occurrences import past as then
from occurrences.forms_history import ChangesForm, PastForm
from occurrences.models import DeletedOccurrence, Occurrence
from occurrences.views.record import panels

PAGE = 50
COUNTS = {
    "rows": gettext_lazy("rows"),
    "created": gettext_lazy("new"),
    "updated": gettext_lazy("changed"),
    "unchanged": gettext_lazy("unchanged"),
    "blocked": gettext_lazy("not imported"),
    "conflict": gettext_lazy("conflicts"),
    "excluded": gettext_lazy("left out"),
    "deleted": gettext_lazy("deleted"),
    "names": gettext_lazy("names"),
    "linked": gettext_lazy("names linked"),
    "review": gettext_lazy("names that need a person"),
    "not_found": gettext_lazy("names not found"),
    "filled": gettext_lazy("records written"),
    "removed": gettext_lazy("removed again"),
    "restored": gettext_lazy("brought back"),
    "reverted": gettext_lazy("set back"),
    "conflicts": gettext_lazy("left alone"),
}
# Where "linked" counts names, not sheets.
_OF_NAMES = (ChangeSet.Kind.CLEANING, ChangeSet.Kind.TAXON_EDIT, ChangeSet.Kind.IMPORT)


@login_required
@require_safe
def history(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Tell who changed what in a record, for editors of its collection."""
    editable = Occurrence.objects.editable_by(request.user).select_related("collection")
    record = editable.filter(guid=guid).first()
    if record is None:
        if Occurrence.objects.visible_to(request.user).filter(guid=guid).exists():
            raise PermissionDenied
        raise Http404
    entries = told.of_record(record, request.user)
    context = {
        "record": record,
        "entries": entries,
        "title": told.title_of(record),
        "may_revert": True,
        "today": timezone.localdate(),
    }
    return render(request, "occurrences/history.html", context)


@login_required
@require_safe
def change_set(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what one change set did, a page of records at a time."""
    shown = get_object_or_404(told.visible_to(request.user), guid=guid)
    page = request.GET.get("page", "1")
    number = max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    touched = told.of_change_set(shown, request.user, (number - 1) * PAGE, PAGE + 1)
    context = {
        "change_set": shown,
        "collection": Collection.objects.filter(pk=shown.collection_id).first(),
        "counts": _counts(shown),
        "touched": touched[:PAGE],
        "previous_page": number - 1,
        "next_page": number + 1 if len(touched) > PAGE else 0,
        "conflicts": told.conflicts_of(shown, request.user),
        **_state_of_undo(request, shown),
    }
    return render(request, "occurrences/change_set.html", context)


@login_required
@require_safe
def past(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a record as it was at the end of a day, or as one change set left it."""
    found = get_object_or_404(_editable(request, guid))
    form = PastForm(request.GET)
    was = None
    if form.is_valid() and form.cleaned_data["change_set"]:
        at = get_object_or_404(ChangeSet, guid=form.cleaned_data["change_set"])
        was = then.after(found.guid, at)
        form.initial["at"] = timezone.localtime(at.made_at).date()
    elif form.is_valid():
        was = then.on(found.guid, form.moment)
    context = {
        "record": found,
        "title": told.title_of(found),
        "form": form,
        "was": was,
        "panels": list(panels(was.texts, was.verbatim)) if was else [],
    }
    return render(request, "occurrences/history_past.html", context)


def _editable(request: HttpRequest, guid: UUID) -> Any:
    """Return the record if this person may edit it; 403 where he only sees it."""
    visible = Occurrence.objects.visible_to(request.user).filter(guid=guid)
    editable = Occurrence.objects.editable_by(request.user).filter(guid=guid)
    if visible.exists() and not editable.exists():
        raise PermissionDenied
    return editable.select_related("collection")


@login_required
@require_POST
def revert(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Set one field back to what it was before an edit, or all that the edit did to this record."""
    found = get_object_or_404(_editable(request, guid))
    key = _guid(request.POST.get("change_set"))
    touched = ChangeSet.objects.filter(changes__record_guid=found.guid, guid=key).distinct()
    taken = get_object_or_404(touched)
    term = terms.BY_NAME.get(request.POST.get("field", ""))
    try:
        if term:
            done = then.revert_field(found.guid, request.user, taken, term.column)
        else:
            done = then.take_back(found.guid, request.user, taken)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        there = reverse("occurrences:change_set", args=[done.guid])
        link = '{} <a href="{}">{}</a>'
        messages.success(request, format_html(link, _("Set back."), there, _("What changed")))
    return redirect("occurrences:history", found.guid)


def _guid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@login_required
@require_safe
def changes(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List what was done in a collection, the latest first: by change set, or field by field."""
    within = _own_collection(request, collection)
    made = told.visible_to(request.user).filter(collection_id=within.pk)
    form = ChangesForm(request.GET, within)
    before = _number(request.GET.get("before"))
    context: dict[str, Any] = {"collection": within, "form": form}
    if form.is_by_field:
        page = edits.page_of(request.user, within, form.wanted, before)
        context |= {"edits": page.edits, "next_url": _next(request, page.before)}
    else:
        chosen = made.filter(edits.of_change_sets(form.wanted)).prefetch_related("undone_by")
        found = list((chosen.filter(pk__lt=before) if before else chosen)[: PAGE + 1])
        rows = [(each, _counts(each), journal_undo.is_undone(each)) for each in found[:PAGE]]
        last = found[PAGE - 1].pk if len(found) > PAGE else 0
        context |= {"rows": rows, "next_url": _next(request, last)}
    context["file_url"] = (
        f"{reverse('occurrences:changes_file', args=[within.guid])}?{_same(request)}"
    )
    return render(request, "occurrences/changes.html", context)


@login_required
@require_safe
def changes_file(request: HttpRequest, collection: UUID) -> StreamingHttpResponse:
    """Send the same edits field by field as a CSV."""
    within = _own_collection(request, collection)
    form = ChangesForm(request.GET, within)
    lines = edits.as_csv(request.user, within, form.wanted)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="edits-{within.code}.csv"'
    return response


def _own_collection(request: HttpRequest, guid: UUID) -> Collection:
    """Return a collection whose records this person edits; 403 where he only sees it."""
    within = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    if not Collection.objects.editable_by(request.user).filter(pk=within.pk).exists():
        raise PermissionDenied
    return within


def _number(text: str | None) -> int:
    return int(text[:18]) if text and text.isascii() and text.isdigit() else 0


def _same(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    return str(query.urlencode())


def _next(request: HttpRequest, before: int) -> str:
    query = request.GET.copy()
    query["before"] = str(before)
    return f"?{query.urlencode()}" if before else ""


@login_required
@require_POST
def undo(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take a change set back: a small one at once, a large one as a job."""
    taken = get_object_or_404(told.visible_to(request.user), guid=guid)
    if not told.undoable_by(request.user).filter(pk=taken.pk).exists():
        raise PermissionDenied
    if told.rows_of(taken) > told.MOST_AT_ONCE or _is_being_written(taken):
        jobs.start("undo", taken.guid, request.user, taken.collection_id)
        return redirect("occurrences:change_set", taken.guid)
    try:
        with transaction.atomic():
            done = journal_undo.undo(taken, request.user)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("occurrences:change_set", taken.guid)
    number = done.counts.get("conflicts", 0)
    if number:
        messages.warning(request, _left_alone(number))
        return redirect("occurrences:change_set", done.guid)
    messages.success(request, _("Undone."))
    return redirect(_back(request, done))


def _is_being_written(change_set: ChangeSet) -> bool:
    """Tell whether a job is still adding to the change set; an undo has to wait for its end."""
    return change_set.job is not None and not change_set.job.is_finished


def _state_of_undo(request: HttpRequest, change_set: ChangeSet) -> dict[str, Any]:
    """Return whether this person may take the change set back, or who did or is doing it."""
    job = Job.objects.filter(kind="undo", key=str(change_set.guid)).order_by("-pk").first()
    standing = [each for each in change_set.undone_by.all() if not journal_undo.is_undone(each)]
    allowed = told.undoable_by(request.user).filter(pk=change_set.pk).exists()
    under_way = job is not None and not job.is_finished
    open_to_undo = not standing or journal_undo.cut_off(change_set) is not None
    return {
        "may_undo": allowed and open_to_undo and not under_way,
        "undone_by": [] if under_way else standing,
        "job": job if job and job.state != Job.State.DONE else None,
    }


def _left_alone(number: int) -> str:
    return ngettext(
        "Undone, but for one record that somebody changed since. It is listed here.",
        "Undone, but for %(number)d records that somebody changed since. They are listed here.",
        number,
    ) % {"number": number}


def _back(request: HttpRequest, done: ChangeSet) -> str:
    """Return where the Undo button stood, if that page is still there; else what the undo did."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    guids = set(done.changes.values_list("record_guid", flat=True)[:2])
    gone = DeletedOccurrence.objects.filter(guid__in=guids).exists()
    if ours and not gone and any(str(guid) in came_from for guid in guids):
        return came_from
    return reverse("occurrences:change_set", args=[done.guid])


def _counts(change_set: ChangeSet) -> list[tuple[int, Any]]:
    """Return (figure, word) of what a change set counted, figures of nothing left out."""
    counts, words = change_set.counts, dict(COUNTS)
    if change_set.kind not in _OF_NAMES:
        words["linked"] = gettext_lazy("linked as duplicates")
    return [(counts[name], word) for name, word in words.items() if counts.get(name)]
