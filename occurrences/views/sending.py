"""Sending records: prepared, looked through, sent; followed afterwards, with what goes along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import requesting
from biocollections.accepting import COPY, FILE, TRANSFER, accepts
from biocollections.models import Collection
from journal.jobs import Refused
from journal.undo import is_undone
from occurrences import handing_back, history, offering, packing, sending
from occurrences.forms_sending import (
    TAKEN,
    ParcelForm,
    TransferForm,
    recipients_form,
    shown,
)
from occurrences.models import Occurrence, Offer, OfferedRecord, Package, PermitFile, Sending
from occurrences.offering import Recipient
from occurrences.protection import exact
from occurrences.selecting import Selection
from occurrences.views.batch import came_from
from occurrences.views.entering import editable, guid_of, with_undo

MOST_OFFERED = 12
MOST_SHOWN = 200
ON_A_PAGE = 30
NEVER_KEPT = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


# --- preparing ------------------------------------------------------------------------------------


@login_required
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Begin a sending with the records that were ticked, or with all that a search finds."""
    selection = Selection.of(request.POST)
    if selection is None:
        messages.warning(request, _("Tick some records first, or search for them."))
        return redirect(came_from(request))
    draft = sending.begin(request.user, selection)
    if draft is None:
        raise PermissionDenied
    return redirect("occurrences:sending_prepare", draft.guid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sending_prepare(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Say who gets the records, and what the parcel is."""
    draft = _draft(request, guid)
    if draft.state != Sending.State.DRAFT or sending.is_under_way(draft):
        return redirect(draft)
    sources = sending.sources(draft)
    if request.method == "POST":
        _choose_source(draft, sources, request.POST.get("source", ""))
    posted = request.POST if request.method == "POST" else None
    chosen = sending.recipients(draft)
    lines = recipients_form(request.user, draft.collection, posted, chosen)
    parcel = ParcelForm(posted, request.FILES or None, instance=draft)
    if posted and lines.is_valid() and parcel.is_valid():
        _keep(draft, lines.recipients, parcel)
        return redirect("occurrences:sending_review", guid)
    numbers = {of.pk: number for of, number in sources}
    context = {
        "sending": draft,
        "sources": sources,
        "number": numbers.get(draft.collection_id, 0),
        "lines": lines,
        "parcel": parcel,
        "permits": draft.permit_files.all(),
    }
    return render(request, "occurrences/send.html", context)


def _draft(request: HttpRequest, guid: UUID) -> Sending:
    """Return a sending of this person, from a collection he administers."""
    mine = Sending.objects.sent_by(request.user).select_related("collection", "user", "job")
    return get_object_or_404(mine, guid=guid, user=request.user)


def _choose_source(draft: Sending, sources: list[tuple[Collection, int]], asked: str) -> None:
    """Send from another of the collections that the selection has records of."""
    for collection, _number in sources:
        if str(collection.guid) == asked:
            draft.collection = collection


def _keep(draft: Sending, wanted: list[Recipient], parcel: ParcelForm) -> None:
    sending.want(draft, wanted)
    parcel.save()
    for file in parcel.cleaned_data["attached"]:
        ending = requesting.type_of(file)[1]
        permit = PermitFile(sending=draft, name=file.name[-200:])
        permit.file.save(f"{permit.guid}.{ending}", ContentFile(file.read()), save=False)
        permit.save()


@login_required
@require_safe
def sending_review(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what is about to be sent to whom, and what there is to know before."""
    draft = _draft(request, guid)
    wanted = sending.recipients(draft)
    if draft.state != Sending.State.DRAFT:
        return redirect(draft)
    if not wanted:
        return redirect("occurrences:sending_prepare", guid)
    rows = sending.chosen(draft).order_by("pk").only(*LISTED)[:MOST_OFFERED]
    look = sending.look(draft, wanted)
    mine = [each for each in wanted if sending.moves_at_once(draft, each)]
    context = {
        "sending": draft,
        "look": look,
        "beyond": [(_line(record), beyond) for record, beyond in look.listed],
        "recipients": wanted,
        "rows": [_line(each) for each in rows],
        "most": offering.MOST_RECORDS,
        "at_once": mine,
        "packages": [each for each in wanted if not each.is_offered],
        "permits": draft.permit_files.all(),
        "running": draft.job if sending.is_under_way(draft) else None,
        "failed": draft.job if draft.job and draft.job.is_finished else None,
    }
    return render(request, "occurrences/send_review.html", context)


LISTED = "guid collection protection catalog_number recorded_by record_number event_date".split()
LISTED += ["scientific_name"]


def _line(record: Occurrence) -> dict[str, Any]:
    """Return what a list says of a record, exact as far as its reader may read it."""
    told = exact({name: getattr(record, name) for name in LISTED[3:]}, record.disclosed)
    return {**told, "guid": record.guid, "get_absolute_url": record.get_absolute_url()}


@login_required
@require_POST
def sending_send(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Send what was looked through; a second press changes nothing."""
    draft = _draft(request, guid)
    if draft.state == Sending.State.DRAFT and not sending.is_under_way(draft):
        draft.wanted = draft.wanted | {
            "at_once": "at_once" in request.POST,
            "specimens": "specimens" in request.POST,
            "exact": "exact" in request.POST,
            "format": "csv" if request.POST.get("format") == "csv" else "dwca",
        }
        draft.save(update_fields=["wanted"])
    try:
        sending.start(draft)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("occurrences:sending_review", guid)
    draft.refresh_from_db()
    if draft.job and draft.job.state == "failed":
        messages.error(request, draft.job.error)
        return redirect("occurrences:sending_review", guid)
    return redirect(draft)


@login_required
@require_POST
def sending_discard(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Drop a draft; the records stay as they are."""
    draft = _draft(request, guid)
    if draft.state == Sending.State.DRAFT and not sending.is_under_way(draft):
        sending.forget([draft])
        messages.success(request, _("Nothing was sent."))
    return redirect("occurrences:sendings")


@login_required
@require_safe
def recipients(request: HttpRequest) -> JsonResponse:
    """Offer collections while somebody types, each with what it accepts."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = Collection.objects.visible_to(request.user).order_by("name")
    for word in text.split():
        found = found.filter(Q(code__icontains=word) | Q(name__icontains=word))
    offers = [
        {"value": shown(each), "note": note, "sets": {}, "fills": []}
        for each in found[: 4 * MOST_OFFERED]
        if (note := ", ".join(str(TAKEN[how]) for how in _WAYS if accepts(each, how)))
    ]
    return JsonResponse({"offers": offers[:MOST_OFFERED]})


_WAYS = (TRANSFER, COPY, FILE)


# --- following ------------------------------------------------------------------------------------


@login_required
@require_safe
def sendings(request: HttpRequest) -> HttpResponse:
    """List what was sent from the collections this person administers."""
    sent = sending.sent_from(request.user)
    of = None
    if asked := guid_of(request.GET.get("collection", "")):
        of = get_object_or_404(Collection.objects.managed_by(request.user), guid=asked)
        sent = sent.filter(collection=of)
    page = Paginator(sent, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"sendings": page.object_list, "page": page, "collection": of}
    return render(request, "occurrences/sendings.html", context)


@login_required
@require_safe
def sending_page(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what became of a sending: every offer with its counts, answers, files."""
    sent = get_object_or_404(sending.sent_from(request.user), guid=guid)
    if sent.state == Sending.State.DRAFT and not sent.job:
        return redirect("occurrences:sending_prepare", guid)
    context = {
        "sending": sent,
        "running": sent.job if sending.is_under_way(sent) else None,
        "rows": [_followed(request, offer) for offer in sent.offers.all()],
        "permits": sent.permit_files.all(),
        "number": max((offer.number for offer in sent.offers.all()), default=0),
    }
    return render(request, "occurrences/sending.html", context)


def _followed(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    """Return an offer with what its sender may do about it, and what was done."""
    done = sending.change_sets(offer)
    mine = Collection.objects.managed_by(request.user).filter(pk=offer.collection_id or 0).exists()
    State = OfferedRecord.State
    return {
        "offer": offer,
        "declined": sending.declined(offer),
        "packages": [
            (each, packing.file_name(each)) for each in offer.packages.select_related("job")
        ],
        "done": [(each, is_undone(each)) for each in done[:5]] if mine else [],
        "waiting": offer.counts.get(State.WAITING, 0),
        "job": sending.accepting(offer),
        "formats": Package.Format.choices,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer_withdraw(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take back what waits: the ticked records, or all of them."""
    mine = Offer.objects.sent_by(request.user).select_related("sending__collection", "collection")
    offer = get_object_or_404(mine, guid=guid)
    if request.method != "POST":
        return render(request, "occurrences/sending_withdraw.html", _waiting(request, offer))
    ticked = [found for text in request.POST.getlist("record") if (found := guid_of(text))]
    if not ticked and "all" not in request.POST:
        messages.warning(request, _("Tick the records to take back."))
        return redirect("occurrences:offer_withdraw", guid)
    done = offering.withdraw(request.user, offer, None if "all" in request.POST else ticked)
    if offer.state == Offer.State.WITHDRAWN:
        packing.forget(offer)
    words = ngettext("%(number)d record withdrawn.", "%(number)d records withdrawn.", done)
    messages.success(request, words % {"number": done})
    return redirect(offer.sending)


def _waiting(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    waiting = offer.records.filter(state=OfferedRecord.State.WAITING).order_by("pk")
    guids = list(waiting.values_list("record_guid", flat=True)[:MOST_SHOWN])
    records = Occurrence.objects.visible_to(request.user).filter(guid__in=guids)
    known = {each.guid: each for each in records.select_related("collection")}
    number = waiting.count()
    return {
        "offer": offer,
        "sending": offer.sending,
        "rows": [_line(known[guid]) for guid in guids if guid in known],
        "number": number,
        "unlisted": number - len(guids),
    }


# --- what goes along ------------------------------------------------------------------------------


@login_required
@require_POST
def package_new(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have a package made of an offer's records."""
    mine = Offer.objects.sent_by(request.user).select_related("sending")
    offer = get_object_or_404(mine, guid=guid)
    form = request.POST.get("format", "")
    if form not in Package.Format.values or offer.state == Offer.State.WITHDRAWN:
        return render(request, "400.html", status=400)
    packing.start(offer, request.user, form, exact="exact" in request.POST)
    return redirect(offer.sending)


@login_required
@require_safe
def package_file(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand a package to those who send it and those it is for, and to no cache."""
    visible = Package.objects.visible_to(request.user).select_related(
        "offer__sending__collection", "offer__collection"
    )
    package = get_object_or_404(visible, guid=guid, finished_at__isnull=False)
    media_type = packing.MEDIA_TYPES[Package.Format(package.format)]
    response = _file(package.file, packing.file_name(package), media_type)
    response["Repr-Digest"] = packing.digest(package)
    return response


@login_required
@require_safe
def permit_file(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand a permit to those who send it and those who receive it, and to no cache."""
    permit = get_object_or_404(PermitFile.objects.visible_to(request.user), guid=guid)
    if not permit.file.storage.exists(str(permit.file.name)):
        raise Http404
    _start, ending, media_type = requesting.type_of(permit.file)
    stem = permit.name.rpartition(".")[0] or permit.name
    return _file(permit.file, f"{stem}.{ending}", media_type)


@login_required
@require_POST
def permit_remove(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take a permit out of a draft."""
    mine = Sending.objects.sent_by(request.user).filter(state=Sending.State.DRAFT)
    permit = get_object_or_404(PermitFile, guid=guid, sending__in=mine)
    permit.file.delete(save=False)
    permit.delete()
    return redirect("occurrences:sending_prepare", permit.sending.guid)


def _file(file: Any, name: str, media_type: str) -> HttpResponseBase:
    if not file.name or not file.storage.exists(file.name):
        raise Http404
    response = FileResponse(
        file.open("rb"), as_attachment=True, filename=name, content_type=media_type
    )
    for header, value in NEVER_KEPT.items():
        response[header] = value
    return response


@login_required
@require_safe
def packing_list(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Print what the parcel for one recipient holds; it travels, so it tells no withheld place."""
    visible = Offer.objects.visible_to(request.user).select_related(
        "sending__collection__institution", "sending__user", "collection__institution"
    )
    offer = get_object_or_404(visible, guid=guid)
    listed = packing.listed(offer, request.user)
    page = Paginator(listed, packing.ON_A_LIST).get_page(request.GET.get("part"))
    context = {
        "offer": offer,
        "sending": offer.sending,
        "page": page,
        "rows": packing.rows(page.object_list),
        "unlisted": packing.unlisted(offer, page.paginator.count),
    }
    return render(request, "occurrences/packing_list.html", context)


# --- one record -----------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def transfer_one(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Give one record to another collection: at once where both are mine, else as an offer."""
    record = editable(request, guid)
    if not Collection.objects.managed_by(request.user).filter(pk=record.collection_id).exists():
        raise PermissionDenied
    form = TransferForm(request.user, record, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _transferred(request, record, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    mine = Occurrence.objects.deletable_by(request.user).filter(pk=record.pk)
    context = {
        "record": record,
        "line": _line(record),
        "form": form,
        "standing": sending.promised(record),
        "came": handing_back.returns_of(request.user, mine)[0],
    }
    return render(request, "occurrences/transfer_one.html", context)


def _transferred(request: HttpRequest, record: Occurrence, form: TransferForm) -> HttpResponse:
    given = form.cleaned_data
    assert form.target
    offer = sending.give(request.user, record, form.target, given)
    told = {"record": history.title_of(record), "collection": form.target}
    if offer.state == Offer.State.OPEN and form.is_mine:
        messages.info(request, _("It moves as soon as the work under way there is done."))
        return redirect(offer.sending)
    if not form.is_mine:
        words = _("%(record)s was offered to %(collection)s. It stays here until they accept.")
        messages.success(request, words % told)
        return redirect(offer.sending)
    change_set = sending.change_sets(offer).first()
    words = _("%(record)s is in %(collection)s now.")
    messages.success(request, with_undo(request, words % told, change_set))
    return redirect("occurrences:record", record.guid)
