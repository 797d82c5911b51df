"""Comments on a record, and a collection's queue of those that wait for review."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import noticing
from journal.jobs import Refused
from occurrences import commenting, history
from occurrences.forms_suggesting import CommentForm, QueueForm
from occurrences.models import Comment, Occurrence
from occurrences.telling import sheet
from occurrences.views.suggestions import own_collection, paged

MOST_SHOWN = 500


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show the comments on a record; signed in, write one."""
    record = _record(request, guid)
    form = CommentForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?next={request.path}")
        if _say(request, record, form):
            return redirect("occurrences:comments", record.guid)
    if request.user.is_authenticated:
        noticing.seen(request.user, request.path)
    replied_to = form.data.get("answers", "")
    told = commenting.visible_to(request.user).filter(record_guid=record.guid)
    context = {
        "record": record,
        "title": history.title_of(record),
        "threads": _threads(list(told.order_by("pk")[:MOST_SHOWN])),
        "may_review": _may_review(request, record),
        "form": CommentForm() if replied_to else form,
        "replied_to": replied_to,
        "reply": form.data.get("text", ""),
        "at_once": record.collection.public_edits,
    }
    return render(request, "occurrences/comments.html", context)


def _record(request: HttpRequest, guid: UUID) -> Occurrence:
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    return get_object_or_404(visible.defer("search_vector"), guid=guid)


def _may_review(request: HttpRequest, record: Occurrence) -> bool:
    return Occurrence.objects.editable_by(request.user).filter(pk=record.pk).exists()


def _threads(told: list[Comment]) -> list[tuple[Comment, list[Comment]]]:
    """Return each comment with what was answered, in order of time; answers stand one deep."""
    first = {comment.pk: comment for comment in told if comment.answers_id is None}
    replies: dict[int, list[Comment]] = {key: [] for key in first}
    for comment in told:
        if comment.answers_id in replies:
            replies[comment.answers_id].append(comment)
        elif comment.answers_id:  # what it answers is hidden from this reader
            first[comment.pk], replies[comment.pk] = comment, []
    return [(comment, replies[key]) for key, comment in sorted(first.items())]


def _say(request: HttpRequest, record: Occurrence, form: CommentForm) -> bool:
    """Keep what was said, and tell whether it was; if not, the page says why."""
    try:
        if not form.is_valid():
            raise Refused(" ".join(error for each in form.errors.values() for error in each))
        given = form.cleaned_data
        seen = commenting.visible_to(request.user).filter(record_guid=record.guid)
        parent = seen.filter(guid=given["answers"]).first() if given["answers"] else None
        made = commenting.say(
            request.user,
            record,
            given["text"],
            answers=parent.answers or parent if parent else None,
            for_curators=given["for_curators"],
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    waits = made.state == Comment.State.WAITING
    told = _("Your comment is kept. Others read it when a curator has looked at it.")
    messages.success(request, told if waits else _("Your comment is on the record."))
    return True


@login_required
@require_POST
def comment_do(request: HttpRequest, guid: UUID, what: str) -> HttpResponse:
    """Show, hide, delete or report a comment."""
    comment = get_object_or_404(commenting.visible_to(request.user), guid=guid)
    record = _record(request, comment.record_guid)
    may_review, is_mine = _may_review(request, record), comment.by == request.user
    allowed = {"show": may_review, "hide": may_review, "delete": may_review or is_mine}
    if what not in (*allowed, "report"):
        raise Http404
    if not allowed.get(what, True):
        raise PermissionDenied
    try:
        _do(what, comment, record)
    except Refused as refusal:
        messages.error(request, str(refusal))
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return redirect(came_from)
    return redirect("occurrences:comments", record.guid)


def _do(what: str, comment: Comment, record: Occurrence) -> None:
    if what == "delete":
        commenting.delete(comment)
    else:
        acts: dict[str, Any] = {
            "show": commenting.show,
            "hide": commenting.hide,
            "report": commenting.report,
        }
        acts[what](comment, record)


@login_required
@require_safe
def comments_of(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List the comments on a collection's records, waiting ones first asked for."""
    within = own_collection(request, collection)
    noticing.seen(request.user, request.path)
    rows = commenting.reviewable_by(request.user).filter(commenting.within(within))
    rows = rows.exclude(state=Comment.State.DELETED)
    form = QueueForm(request.GET, rows, Comment)
    chosen, next_url = paged(request, form.chosen(rows))
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    guids = [row.record_guid for row in chosen]
    records = visible.defer("search_vector").in_bulk(guids, field_name="guid")
    context = {
        "collection": within,
        "form": form,
        "rows": [
            (row, sheet(records[row.record_guid])) for row in chosen if row.record_guid in records
        ],
        "waiting": rows.filter(state=Comment.State.WAITING).count(),
        "next_url": next_url,
    }
    return render(request, "occurrences/comments_of.html", context)
