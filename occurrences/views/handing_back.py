"""Handing records back to where they came from, and asking for an acceptance to be undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import noticing
from biocollections.models import Collection
from journal.jobs import Refused
from journal.models import ChangeSet
from journal.undo import is_undone
from occurrences import handing_back, history
from occurrences.models import Occurrence, Offer
from occurrences.selecting import Selection


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_back(request: HttpRequest) -> HttpResponse:
    """Hand back one record (?guid=), those of an acceptance (?acceptance=), or a selection."""
    records, which = _wanted(request)
    returns, left = handing_back.returns_of(request.user, records)
    if not returns and not _manages_any(request, records):
        raise PermissionDenied
    offer = _hand_back(request, returns) if "confirmed" in request.POST else None
    if offer:
        return redirect(offer)
    acceptance = which["acceptance"]
    context = {
        **which,
        "returns": returns,
        "left": left,
        "reason": request.POST.get("reason", ""),
        "may_undo": acceptance and _may_undo(request, acceptance),
    }
    return render(request, "occurrences/hand_back.html", context)


def _wanted(request: HttpRequest) -> tuple[QuerySet[Occurrence], dict[str, Any]]:
    """Return the records that are meant, and by what: an acceptance or a selection; else 404."""
    data = request.POST if request.method == "POST" else request.GET
    acceptance = _acceptance(request, data.get("acceptance", ""))
    if acceptance:
        records = handing_back.of_acceptance(acceptance)
        return records, {"acceptance": acceptance, "selection": None}
    selection = Selection.of(data)
    if selection is None:
        raise Http404
    mine = Occurrence.objects.editable_by(request.user)
    chosen = selection.within(mine, request.user)
    return chosen, {"acceptance": None, "selection": selection}


def _acceptance(request: HttpRequest, text: str) -> ChangeSet | None:
    try:
        guid = UUID(text)
    except ValueError:
        return None
    mine = history.visible_to(request.user).filter(kind=ChangeSet.Kind.TRANSFER)
    return get_object_or_404(mine, guid=guid)


def _manages_any(request: HttpRequest, records: QuerySet[Occurrence]) -> bool:
    managed = Collection.objects.managed_by(request.user).values("pk")
    return records.filter(collection__in=managed).exists()


def _may_undo(request: HttpRequest, change_set: ChangeSet) -> bool:
    mine = history.undoable_by(request.user).filter(pk=change_set.pk)
    return mine.exists() and not is_undone(change_set)


def _hand_back(request: HttpRequest, returns: list[handing_back.Return]) -> Offer | None:
    """Hand them back, say so and return the last offer; None where it was refused."""
    made = None
    try:
        with transaction.atomic():
            for back in returns:
                made = handing_back.hand_back(request.user, back, request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None
    for back in returns:
        messages.success(request, _told(back))
    return made


def _told(back: handing_back.Return) -> str:
    number = len(back.guids)
    words = {"number": number, "source": back.source}
    if back.at_once:
        told = ngettext(
            "One record goes back to %(source)s.",
            "%(number)s records go back to %(source)s.",
            number,
        )
    else:
        told = ngettext(
            "One record is offered back to %(source)s. You are told what it answers.",
            "%(number)s records are offered back to %(source)s. You are told what it answers.",
            number,
        )
    return told % words


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_undo(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Ask, as the sender, for an acceptance to be undone; undo it, as the receiver."""
    offer = get_object_or_404(_offers(request), guid=guid)
    noticing.seen(request.user, request.path)
    sends = Offer.objects.sent_by(request.user).filter(pk=offer.pk).exists()
    if request.method == "POST":
        if not sends:
            raise PermissionDenied
        try:
            handing_back.ask_undo(request.user, offer, request.POST.get("reason", ""))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The receiver is asked. You are told what comes of it."))
        return redirect(request.path)
    standing = handing_back.acceptances(offer)
    undoable = {each.pk for each in standing if _may_undo(request, each)}
    context = {
        "offer": offer,
        "sends": sends,
        "standing": [(each, each.pk in undoable) for each in standing],
    }
    return render(request, "occurrences/ask_undo.html", context)


def _offers(request: HttpRequest) -> Any:
    mine = Offer.objects.visible_to(request.user)
    return mine.select_related("sending__collection", "sending__user", "collection")
