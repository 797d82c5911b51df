"""All offers and transfers, for portal admins; acting for people in them; merging profiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import acting
from accounts.forms import Reason
from journal.jobs import Refused
from journal.models import Job
from journal.undo import is_undone
from occurrences import overseeing, profile_merging
from occurrences.forms_overseeing import MergeForm, OverseeForm
from occurrences.models import Offer

MERGES_SHOWN = 20


def for_overseers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer only those who oversee all offers and transfers."""

    @login_required
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        overseeing.require(request.user)
        return view(request, *args, **kwargs)

    return answer


@require_safe
@for_overseers
def offers_all(request: HttpRequest) -> HttpResponse:
    """List all offers, or all transfers carried out, the latest first."""
    form = OverseeForm(request.GET)
    rows: QuerySet[Any] = form.transfers() if form.is_transfers else form.offers()
    found, next_url = _paged(request, rows)
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "offers": [] if form.is_transfers else found,
        "transfers": overseeing.told(found) if form.is_transfers else [],
        "next_url": next_url,
        "file_url": f"{reverse('occurrences:offers_file')}?{query.urlencode()}",
    }
    return render(request, "occurrences/oversee.html", context)


def _paged(request: HttpRequest, rows: QuerySet[Any]) -> tuple[list[Any], str]:
    """Return a page of rows, the latest first, and the address of the next."""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: overseeing.PAGE + 1])
    if len(found) <= overseeing.PAGE:
        return found, ""
    query = request.GET.copy()
    query["before"] = str(found[overseeing.PAGE - 1].pk)
    return found[: overseeing.PAGE], f"?{query.urlencode()}"


@require_safe
@for_overseers
def offers_file(request: HttpRequest) -> StreamingHttpResponse:
    """Send the offers that fit the same filters as a CSV."""
    lines = overseeing.as_csv(OverseeForm(request.GET).offers())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="offers.csv"'
    return response


@require_safe
@for_overseers
def offer_oversee(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show one offer from outside, and for whom one may act in it."""
    return _oversee(request, get_object_or_404(overseeing.offers(), guid=guid), Reason())


def _oversee(request: HttpRequest, offer: Offer, form: Reason) -> HttpResponse:
    people = overseeing.people_of(offer, request.user)
    made = offer.records.order_by().values("change_set").exclude(change_set=None)
    context = {
        "offer": offer,
        "form": form,
        "people": people,
        "acts": overseeing.acts_for(person for _side, person in people)[:MERGES_SHOWN],
        "transfers": overseeing.told(overseeing.transfers().filter(pk__in=made)),
    }
    return render(request, "occurrences/oversee_offer.html", context)


@require_POST
@for_overseers
def offer_act(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Act for one of the two sides, with a reason that is kept; leads to the offer itself."""
    offer = get_object_or_404(overseeing.offers(), guid=guid)
    form = Reason(request.POST)
    people = {str(each.guid): each for _side, each in overseeing.people_of(offer, request.user)}
    person = people.get(request.POST.get("person", ""))
    if not form.is_valid():
        return _oversee(request, offer, form)
    if person is None:
        raise Http404
    acting.begin(request, person, form.cleaned_data["reason"])
    return redirect(offer)


# --- merging profiles -----------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@for_overseers
def profile_merge(request: HttpRequest) -> HttpResponse:
    """Merge a duplicate account's profile into another: look at what it takes along, then do it."""
    given = request.POST if request.method == "POST" else request.GET
    form = MergeForm(given if "source" in given else None)
    plan = None
    try:
        if form.is_valid():
            plan = profile_merging.plan(form.cleaned_data["source"], form.cleaned_data["target"])
        if plan and request.method == "POST":
            job = _merge(request, plan)
            return redirect(f"{request.path}?job={job.guid}")
    except Refused as refusal:
        messages.error(request, str(refusal))
    followed = _job(request)
    done = profile_merging.merged()[:MERGES_SHOWN]
    context = {
        "form": form,
        "plan": plan,
        "job": followed,
        "done": [(each, is_undone(each)) for each in done],
    }
    return render(request, "occurrences/oversee_merge.html", context)


def _merge(request: HttpRequest, plan: profile_merging.Plan) -> Job:
    reason = request.POST.get("reason", "")[:1000]
    job = profile_merging.merge(request.user, plan.source, plan.target, reason)
    messages.success(request, _("The profiles are being merged."))
    return job


def _job(request: HttpRequest) -> Job | None:
    try:
        guid = UUID(request.GET.get("job", ""))
    except ValueError:
        return None
    mine = Job.objects.filter(kind=profile_merging.JOB, user=request.user.pk)
    return mine.filter(guid=guid).first()
