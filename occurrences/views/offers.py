"""Offers: the list of a collection's, and one of them for both sides, with the answers to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import noticing
from biocollections.models import Collection
from journal import undo
from journal.jobs import Refused
from journal.models import Job
from occurrences import (
    assigning,
    cluster_lists,
    mapping_point,
    offer_news,
    offering,
    packing,
    receiving,
    telling,
)
from occurrences.forms_receiving import AcceptForm, ReasonForm, SayForm
from occurrences.models import Occurrence, Offer, OfferedRecord, Package
from occurrences.views.entering import guid_of, plain, with_undo

State = OfferedRecord.State
MOST_ASKED = 200  # numbers that are looked up at once while somebody types


@login_required
@require_safe
def offers(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List what was offered to a collection, what waits for an answer first."""
    within = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    received = Offer.objects.received_by(request.user).filter(collection=within)
    if not Collection.objects.managed_by(request.user).contains(within):
        raise PermissionDenied
    waits = Case(When(state=Offer.State.OPEN, then=Value(0)), default=Value(1))
    ordered = received.select_related("sending__collection", "sending__user").order_by(waits, "-pk")
    page = Paginator(ordered, 50).get_page(request.GET.get("page"))
    return render(request, "occurrences/offers.html", {"collection": within, "page": page})


@login_required
@require_safe
def offer(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show an offer to both sides: its records, and what each may do about it."""
    job = Job.objects.filter(kind="accept offer", key=str(guid)).order_by("-pk").first()
    shown = _visible(request, guid)
    noticing.seen(request.user, request.path)
    receives = Offer.objects.received_by(request.user).contains(shown)
    overview = receiving.overview(request.user, shown)
    packages = Package.objects.visible_to(request.user).filter(offer=shown)
    context = {
        "offer": shown,
        "receives": receives,
        "sends": Offer.objects.sent_by(request.user).contains(shown),
        "may_answer": receives and shown.state == Offer.State.OPEN,
        "job": job,
        "overview": overview,
        "permits": shown.sending.permit_files.all(),
        "packages": [(each, packing.file_name(each)) for each in packages],
        "points": receiving.points(request.user, shown),
        "tiles": mapping_point.tiles(),
        "entries": _entries(shown),
        "say_form": SayForm(),
        **_listed(request, shown, receives=receives),
        **(_answering(request, shown, overview.pictured) if receives else {}),
    }
    return render(request, "occurrences/offer.html", context)


def _visible(request: HttpRequest, guid: UUID) -> Offer:
    rows = Offer.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("sending__collection", "sending__user", "collection"), guid=guid
    )


def _received(request: HttpRequest, guid: UUID) -> Offer:
    """Return an offer this person may answer; 403 where he only sees it."""
    shown = _visible(request, guid)
    if not Offer.objects.received_by(request.user).contains(shown):
        raise PermissionDenied
    return shown


def _entries(shown: Offer) -> list[tuple[Any, bool]]:
    """Return what was said and done, and whether it was undone since."""
    rows = shown.entries.select_related("by", "change_set").order_by("pk")
    return [(each, bool(each.change_set and undo.is_undone(each.change_set))) for each in rows]


def _listed(request: HttpRequest, shown: Offer, *, receives: bool) -> dict[str, Any]:
    """Return the page of records asked for: ?show= a state, ?issue= a fault, ?page=."""
    states = [(state, shown.counts.get(state, 0)) for state in State]
    fallback = next((state for state, number in states if number), State.WAITING)
    show = request.GET.get("show", "")
    show = show if show in State.values else fallback
    issue = request.GET.get("issue", "")
    if issue in receiving.ISSUES:
        found = receiving.with_issue(request.user, shown, issue)
    else:
        issue, found = "", shown.records.filter(state=show)
    page = Paginator(found.order_by("pk"), receiving.PAGE).get_page(request.GET.get("page"))
    rows = page.object_list
    return {
        "show": show,
        "issue": receiving.ISSUES[issue][0] if issue else "",
        "kept": f"issue={issue}" if issue else f"show={show}",
        "tabs": [(state, state.label, number) for state, number in states if number],
        "page": page,
        "lines": receiving.lines(request.user, shown, rows, receives=receives),  # type: ignore[arg-type]
    }


def _answering(request: HttpRequest, shown: Offer, images: int) -> dict[str, Any]:
    """Return what the receiver has before him to answer."""
    assert shown.collection
    is_large = shown.counts.get(State.WAITING, 0) > receiving.LOOKED_AT  # they clash on accepting
    return {
        "accept_form": AcceptForm(shown.collection, images),
        "reason_form": ReasonForm(),
        "clashes": [] if is_large else assigning.clashes(shown),
        "next_number": assigning.suggestion(shown, request.user),
    }


# --- answers ------------------------------------------------------------------------------------


@login_required
@require_POST
def offer_accept(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take over the ticked records, or all that wait, with the numbers that stand in the form."""
    shown = _received(request, guid)
    assert shown.collection
    _note(request, shown)
    chosen = _chosen(request)
    form = AcceptForm(shown.collection, 1, request.POST)
    if chosen == []:
        messages.error(request, _("Tick the records that you accept."))
    elif not form.is_valid():
        messages.error(request, _("Choose what the records become."))
    elif clashes := assigning.clashes(shown, chosen):
        told = _("Nothing was accepted: these numbers are taken, or given twice: %s.")
        messages.error(request, told % ", ".join(clashes[:10]))
    elif _is_under_way(shown):
        messages.warning(request, _("An acceptance is under way. Wait until it is through."))
    else:
        try:
            offering.accept(request.user, shown, chosen, **form.cleaned_data)  # type: ignore[arg-type]
        except Refused as refusal:
            messages.error(request, str(refusal))
    return _back(request, shown)


def _is_under_way(shown: Offer) -> bool:
    return Job.objects.filter(
        kind="accept offer", key=str(shown.guid), state__in=Job.UNFINISHED
    ).exists()


@login_required
@require_POST
def offer_decline(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Decline the ticked records, or all that wait, and say why."""
    shown = _received(request, guid)
    chosen, reason = _declined(request, shown)
    form = ReasonForm({"reason": reason})
    if chosen == []:
        messages.error(request, _("Tick the records that you decline."))
    elif not form.is_valid():
        messages.error(request, _("Nothing was declined: say why, for the sender."))
    else:
        done = offering.decline(request.user, shown, chosen, form.cleaned_data["reason"])
        told = ngettext("One record was declined.", "%s records were declined.", done)
        messages.success(request, told % done if done != 1 else told)
    return _back(request, shown)


def _declined(request: HttpRequest, shown: Offer) -> tuple[list[UUID] | None, str]:
    """Return which records are declined, and why: one that is held already says so by itself."""
    mine, _blank, theirs = request.POST.get("double", "").partition(" ")
    if (held := guid_of(mine)) and (record := guid_of(theirs)):
        own = Occurrence.objects.editable_by(request.user).filter(collection=shown.collection)
        twin = get_object_or_404(own, guid=held)
        return [record], _("We hold it already: %s") % telling.sheet(twin)
    return _chosen(request), request.POST.get("reason", "")


@login_required
@require_POST
def offer_ask(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Ask the sender, or answer him who receives."""
    shown = _visible(request, guid)
    form = SayForm(request.POST)
    try:
        offer_news.say(request.user, shown, form.data.get("text", "") if form.is_valid() else "")
        messages.success(request, _("The other side gets your message as a notice."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _back(request, shown)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_numbers(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Note numbers for what is offered; GET tells which of some numbers are taken.

    POST what=save: those of the form; paste: a column; free: the next ones; accession: one for all.
    """
    shown = _received(request, guid)
    if request.method != "POST":
        asked = [each.strip() for each in request.GET.getlist("number")[:MOST_ASKED]]
        return JsonResponse({"taken": sorted(assigning.taken(shown, filter(None, asked)))})
    what = request.POST.get("what", "save")
    done = _note(request, shown)
    try:
        if what == "paste":
            after = request.POST.get("after", "")
            column = request.POST.get("column", "")
            done = assigning.paste(shown, column, int(after) if after.isdecimal() else 0)
        elif what == "free":
            done = assigning.fill_free(shown, request.POST.get("first", ""))
        elif what == "accession":
            done = assigning.accession(shown, request.POST.get("accession", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        told = ngettext("One number was noted.", "%s numbers were noted.", done)
        messages.success(request, told % done if done != 1 else told)
    return _back(request, shown)


@login_required
@require_POST
def offer_link(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Link an offered record with one that the receiver holds of the same gathering."""
    shown = _received(request, guid)
    own = Occurrence.objects.editable_by(request.user).filter(collection=shown.collection)
    _note(request, shown)
    mine, _blank, theirs = request.POST.get("pair", "").partition(" ")
    held, record = get_object_or_404(own, guid=guid_of(mine)), guid_of(theirs)
    rows = shown.records.filter(record_guid=record).values_list("record_guid", flat=True)
    seen = receiving.records_of(request.user, shown, list(rows))
    if done := cluster_lists.join(request.user, held, get_object_or_404(seen, guid=record)):
        messages.success(request, with_undo(request, _("Linked as duplicates."), done))
    return _back(request, shown)


def _note(request: HttpRequest, shown: Offer) -> int:
    """Note the numbers as they stand in the form."""
    typed: dict[str, dict[UUID, str]] = {"number": {}, "accession": {}}
    for name, text in request.POST.items():
        kind, _dash, key = name.partition("-")
        if kind in typed and (record := guid_of(key)):
            typed[kind][record] = plain(str(text))
    return assigning.note(shown, typed["number"], typed["accession"])


def _chosen(request: HttpRequest) -> list[UUID] | None:
    """Return the ticked records; None where all that wait are meant."""
    if request.POST.get("which") == "all":
        return None
    return [guid for text in request.POST.getlist("record") if (guid := guid_of(text))]


def _back(request: HttpRequest, shown: Offer) -> HttpResponse:
    """Return to the page of the list from which it was sent."""
    kept = request.POST.get("kept", "")
    plain = kept.replace("=", "").replace("&", "").isalnum() and len(kept) < 60
    return redirect(f"{shown.get_absolute_url()}{'?' + kept if plain else ''}")
