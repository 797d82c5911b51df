"""What was done to a record, by a change set, in a collection; and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from journal import jobs
from journal import undo as journal_undo
from journal.models import ChangeSet, Job
from occurrences import history as told
from occurrences.models import DeletedOccurrence, Occurrence

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


class ChangesForm(forms.Form):
    """Which change sets of a collection to list."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("all")), *ChangeSet.Kind.choices],
    )
    user = forms.ModelChoiceField(
        label=gettext_lazy("Person"),
        required=False,
        queryset=get_user_model().objects.none(),
        empty_label=gettext_lazy("everybody"),
    )
    since = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any, made: Any) -> None:
        super().__init__(data)
        people = get_user_model().objects.filter(pk__in=made.values("user")).order_by("username")
        self.fields["user"].queryset = people

    def chosen(self, made: Any) -> Any:
        """Return those of `made` that fit what was filled in rightly."""
        self.is_valid()
        wanted = {
            "kind": "kind",
            "user": "user",
            "since": "made_at__date__gte",
            "until": "made_at__date__lte",
        }
        given = {wanted[name]: value for name, value in self.cleaned_data.items() if value}
        return made.filter(**given)


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
    context = {"record": record, "entries": entries, "title": told.title_of(record)}
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
def changes(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List what was done in a collection, the latest first."""
    within = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    if not Collection.objects.editable_by(request.user).filter(pk=within.pk).exists():
        raise PermissionDenied
    made = told.visible_to(request.user).filter(collection_id=within.pk)
    form = ChangesForm(request.GET, made)
    chosen = form.chosen(made).prefetch_related("undone_by")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        chosen = chosen.filter(pk__lt=int(before[:18]))
    found = list(chosen[: PAGE + 1])
    query = request.GET.copy()
    query["before"] = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    context = {
        "collection": within,
        "form": form,
        "rows": [(each, _counts(each), journal_undo.is_undone(each)) for each in found[:PAGE]],
        "next_url": f"?{query.urlencode()}" if len(found) > PAGE else "",
    }
    return render(request, "occurrences/changes.html", context)


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
    standing = [each for each in change_set.undone_by.all() if not journal_undo.is_undone(each)]
    allowed = told.undoable_by(request.user).filter(pk=change_set.pk).exists()
    job = Job.objects.filter(kind="undo", key=str(change_set.guid)).order_by("-pk").first()
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
    counts = change_set.counts
    return [(counts[name], word) for name, word in COUNTS.items() if counts.get(name)]
