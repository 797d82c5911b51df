"""The panel beside the form: other sheets of the gathering typed, and what is taken of them.

Everything here is asked by static/js/duplicates.js while somebody types; nothing is stored.
"""

from __future__ import annotations

from uuid import UUID

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from biocollections.models import Collection
from occurrences import copied_from, duplicates, duplicates_shown, likeness, transferring_fields
from occurrences.duplicates import Match
from occurrences.forms import typed_columns
from occurrences.models import Occurrence
from occurrences.views.entering import guid_of, plain

MOST = 20
LONGEST = 5000  # letters of a field that are looked at


@login_required
@require_POST
def find(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Show the records that may be of the gathering typed, the best first."""
    own = get_object_or_404(Collection.objects.editable_by(request.user), guid=collection)
    record = guid_of(request.POST.get("record", ""))
    typed = _typed(request)
    matches = duplicates.find(request.user, own, typed, exclude=record, limit=MOST + 1)
    context = {
        "found": duplicates_shown.shown(request.user, matches[:MOST], record),
        "disagreements": duplicates_shown.disagreements(matches[:MOST]),
        "more": len(matches) > MOST,
        "record": record,
        "told": _told(matches),
    }
    return render(request, "occurrences/duplicates_found.html", context)


@login_required
@require_POST
def take(request: HttpRequest, guid: UUID) -> JsonResponse:
    """Answer what a form becomes that takes some parts of a record, all or into empty fields."""
    source = _source(request, guid)
    tier = request.POST.get("tier", "")
    offered = transferring_fields.offer(source, tier if tier in likeness.TIERS else likeness.EVENT)
    only_empty = request.POST.get("how") == "empty"
    chosen = request.POST.getlist("part")
    taken = transferring_fields.take(_typed(request), offered, chosen, only_empty=only_empty)
    if taken.texts:
        number = len(taken.texts)
        words = {"number": number, "sheet": offered.source}
        told = ngettext("One field from %(sheet)s.", "%(number)s fields from %(sheet)s.", number)
        told = f"{told % words} {_('Nothing is stored before you save.')}"
    else:
        told = _("Nothing to transfer: the form says this already, or is filled.")
    return JsonResponse({"texts": taken.texts, "told": " ".join([told, *taken.left])})


@login_required
@require_POST
def ask(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Ask the curators of a record for what is withheld of it."""
    source = _source(request, guid)
    if transferring_fields.may_read_all(source):
        raise Http404
    if refusal := ratelimit.consume_or_429(request, action="ask_the_sender"):
        return refusal
    if copied_from.ask(request.user, source):
        return JsonResponse({"told": _("Asked. Its curators get a notice with your address.")})
    return JsonResponse({"told": _("Nobody takes care of that collection here.")})


def _source(request: HttpRequest, guid: UUID) -> Occurrence:
    """Return a record that this person sees and may enter a duplicate of; else 404."""
    if not Collection.objects.editable_by(request.user).exists():
        raise Http404
    seen = Occurrence.objects.visible_to(request.user).select_related("collection")
    return get_object_or_404(seen.defer("search_vector"), guid=guid)


def _typed(request: HttpRequest) -> dict[str, str]:
    texts = {name: plain(request.POST.get(name, ""))[:LONGEST] for name in typed_columns()}
    return {name: text for name, text in texts.items() if text}


def _told(matches: list[Match]) -> str:
    """Return how many records were found, for who doesn't see them come."""
    if not matches:
        return _("No duplicates found.")
    sure = sum(match.tier in duplicates_shown.SURE for match in matches)
    number = min(len(matches), MOST)
    told = ngettext("One record found", "%(number)s records found", number) % {"number": number}
    return f"{told}, " + _("%(number)s exact.") % {"number": sure} if sure else f"{told}."
