"""My Profile: a collector's own records, opening a profile, privacy, and all he collected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import sponsoring
from biocollections.models import Collection
from occurrences import mine, paging
from occurrences import personal as profiles
from occurrences.forms_personal import ProfileForm
from occurrences.models import Batch
from occurrences.search import COUNTED
from occurrences.selecting import Selection
from occurrences.views.batch import begin
from occurrences.views.entering import with_undo

SORT = "-entered"


@login_required
@require_safe
def personal(request: HttpRequest) -> HttpResponse:
    """Show the profiles that somebody owns or helps with, and all that can be done in them."""
    context = {
        "profiles": profiles.profiles_of(request.user),
        "may_open": sponsoring.may_open(request.user),
        "may_sponsor": sponsoring.may_sponsor(request.user),
    }
    return render(request, "occurrences/personal.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def personal_open(request: HttpRequest) -> HttpResponse:
    """Open a personal profile: a sponsor for somebody, or anybody for himself where allowed."""
    user = request.user
    if not (sponsoring.may_open(user) or sponsoring.may_sponsor(user)):
        if sponsoring.profile_of(user):
            return redirect("occurrences:personal")
        raise PermissionDenied
    begin_with = {"person": request.GET.get("person", "")[:254]}
    form = ProfileForm(user, request.POST if request.method == "POST" else None, begin_with)
    if request.method == "POST" and form.is_valid() and (made := _open(user, form)):
        told = _("“%(name)s” is open. Its code is %(code)s.")
        messages.success(request, told % {"name": made.name, "code": made.code})
        own = form.owner == user
        return redirect("occurrences:personal") if own else redirect(request.path)
    return render(request, "occurrences/personal_open.html", {"form": form})


def _open(user: Any, form: ProfileForm) -> Collection | None:
    """Open what a valid form asks for; None where it is refused, which the form shows."""
    told = form.cleaned_data
    try:
        return sponsoring.open_profile(
            form.owner, by=user, name=told["name"], private=told["private_records"]
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None


@login_required
@require_POST
def personal_default(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Say whether new records of a profile are private; its owner may."""
    managed = Collection.objects.managed_by(request.user)
    profile = get_object_or_404(managed, guid=guid, type=Collection.Type.PERSONAL)
    private = request.POST.get("private") == "yes"
    done = profiles.keep_new_private(profile, request.user, private=private)
    told = _("New records are private now.") if private else _("New records are public now.")
    messages.success(request, with_undo(request, told, done))
    return redirect("occurrences:personal")


@login_required
@require_POST
def personal_privacy(request: HttpRequest) -> HttpResponse:
    """Prepare a batch that makes ticked records, or those of a search, private or public."""
    selection = Selection.of(request.POST)
    if selection is None:
        messages.warning(request, _("Tick some records first, or search for them."))
        return redirect("occurrences:personal")
    steps = profiles.privacy_steps(private=request.POST.get("private") == "yes")
    wanted = {"steps": [step.as_json() for step in steps]}
    return begin(request, Batch.Kind.EDIT, selection, wanted)


@login_required
@require_safe
def my_collections(request: HttpRequest) -> HttpResponse:
    """List all that somebody collected, with its present home, number and name."""
    show = _show(request)
    records = mine.collected_by(request.user, show)
    wanted = records.select_related("collection").only(*mine.FETCHED)
    try:
        page = paging.turn_to(wanted, SORT, request.GET.get("page", ""))
    except paging.BadCursor:
        messages.warning(request, _("That page can't be found any more. This is the first one."))
        page = paging.turn_to(wanted, SORT)
    total = len(records.order_by().values_list("pk")[: COUNTED + 1])
    context = {
        "rows": mine.rows_of(request.user, page.records),
        "page": page,
        "show": show,
        "shows": mine.SHOWS.items(),
        "total": total if total <= COUNTED else None,
        "hidden": mine.hidden_from(request.user) if show == "given" else 0,
        "previous_url": page.previous and _turned(show, page.previous),
        "next_url": page.next and _turned(show, page.next),
    }
    return render(request, "occurrences/mine.html", context)


@login_required
@require_safe
def my_collections_file(request: HttpRequest) -> StreamingHttpResponse:
    """Send the same list as a CSV."""
    lines = mine.as_csv(request.user, _show(request))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-collections.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _show(request: HttpRequest) -> str:
    asked = request.GET.get("show", "")
    return asked if asked in mine.SHOWS else "all"


def _turned(show: str, cursor: str) -> str:
    query = urlencode({"show": show, "page": cursor})
    return f"{reverse('occurrences:my_collections')}?{query}"
