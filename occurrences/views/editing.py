"""Adding, editing, deleting and restoring one record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections.models import Collection
from darwincore import terms
from journal.guids import new_guid
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import editing, history, restoring
from occurrences.forms import OccurrenceForm, rebased, typed_columns
from occurrences.models import DeletedOccurrence, Occurrence
from taxonomy import looking_up
from taxonomy.models import Taxon

# What a carried-over record keeps: the collecting event, not the specimen.
CARRIED = tuple(
    "recorded_by associated_collectors event_date verbatim_event_date country country_code "
    "state_province county municipality locality verbatim_locality location_id decimal_latitude "
    "decimal_longitude verbatim_coordinates coordinate_uncertainty_in_meters geodetic_datum "
    "footprint_wkt georeferenced_by georeferenced_date georeference_protocol "
    "georeference_sources georeference_verification_status georeference_remarks "
    "minimum_elevation_in_meters maximum_elevation_in_meters verbatim_elevation "
    "minimum_depth_in_meters maximum_depth_in_meters verbatim_depth continent water_body "
    "island_group island habitat substrate life_stage sex sampling_protocol preparations "
    "associated_taxa basis_of_record language label_project".split()
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Type a new record."""
    into = _collection_to_add_to(request, collection)
    guid = _guid_of(request.POST.get("guid", "")) or new_guid()
    form = OccurrenceForm(request.POST or None, initial=_carried(request, into), collection=into)
    if request.method == "POST" and form.is_valid():
        identifiers = form.cleaned_data["identifiers"]
        editing.create(into, request.user, guid, form.texts, identifiers)
        record = get_object_or_404(Occurrence.objects.editable_by(request.user), guid=guid)
        told = format_html(_("Added {}"), _link(record))
        messages.success(request, _with_undo(request, told, record.created_by))
        return _onward(request, record)
    context = {"form": form, "collection": into, "guid": guid, **_entered(request, into)}
    return render(request, "occurrences/add.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Change a record; what others changed meanwhile is put together with it."""
    if _was_deleted(request, guid):
        return redirect("occurrences:record", guid)
    record = _editable(request, guid)
    texts, notes = editing.opened(record)
    form = OccurrenceForm(
        _decided(request.POST) if request.method == "POST" else None,
        initial=texts | {"version": record.version},
        notes=notes,
        collection=record.collection,
        record=record.guid,
    )
    clashes: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        saved = _save(request, record, form)
        if not saved.clashes and not saved.problems:
            return _onward(request, record)
        form, clashes = _to_decide(form, saved)
    context = {"form": form, "record": record, "clashes": clashes, **_beside(request, record)}
    return render(request, "occurrences/edit.html", context, status=409 if clashes else 200)


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Say how the text of one field is understood, for htmx to put under it."""
    known = set(typed_columns())
    texts = {name: str(text) for name, text in request.POST.items() if name in known}
    column = request.headers.get("HX-Trigger-Name", "")
    if column not in texts:
        raise Http404
    texts.pop(editing.IDENTIFIERS, None)
    reading = editing.read(texts)
    problem = reading.problems.get(column, "")
    note = reading.notes.get(column, "")
    context: dict[str, Any] = {"column": column, "problem": problem, "note": note}
    if column == "catalog_number":
        context["twins"] = _of_the_same_number(request, texts[column])
    return render(request, "occurrences/edit_reading.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Delete a record, after showing what goes with it."""
    record = _editable(request, guid)
    if not Occurrence.objects.deletable_by(request.user).filter(pk=record.pk).exists():
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "occurrences/edit_delete.html", {"record": record})
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.DELETION,
        user=request.user,
        collection_id=record.collection_id,
        reason=_plain(request.POST.get("reason", "")),
        counts={"deleted": 1},
    )
    restoring.delete(change_set, [record.pk])
    told = _("Deleted %(record)s.") % {"record": history.title_of(record)}
    messages.success(request, _with_undo(request, told, change_set))
    return redirect(record.collection)


@login_required
@require_POST
def restore(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Bring a deleted record back, with its GUID and its history."""
    managed = Collection.objects.managed_by(request.user)
    gone = get_object_or_404(DeletedOccurrence, guid=guid, collection__in=managed)
    try:
        restoring.bring_back(gone, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("occurrences:change_set", gone.change_set.guid)
    messages.success(request, _("The record is back."))
    return redirect("occurrences:record", guid)


@require_safe
def names(request: HttpRequest) -> JsonResponse:
    """Return names of the thesaurus that begin as what is typed, with what they would fill."""
    found = looking_up.beginning(request.GET.get("q", "").replace("\0", "")[:200])
    known = Taxon.objects.select_related("current").in_bulk([taxon.pk for taxon in found])
    return JsonResponse({"names": [_suggested(known[taxon.pk]) for taxon in found]})


def _suggested(taxon: Taxon) -> dict[str, str]:
    accepted = taxon.current or taxon
    return {
        "name": taxon.scientific_name,
        "author": taxon.authorship,
        "family": accepted.family,
        "kingdom": accepted.kingdom,
        "accepted": "" if accepted == taxon else str(accepted),
    }


def _editable(request: HttpRequest, guid: UUID) -> Occurrence:
    """Return the record with its exact values; 403 for one that may only be seen."""
    editable = Occurrence.objects.editable_by(request.user).select_related("collection")
    record = editable.filter(guid=guid).first()
    if record:
        return record
    if Occurrence.objects.visible_to(request.user).filter(guid=guid).exists():
        raise PermissionDenied
    raise Http404


def _was_deleted(request: HttpRequest, guid: UUID) -> bool:
    """Tell the editor who comes to a record that is no more, maybe with typed text in hand."""
    editable = Collection.objects.editable_by(request.user)
    gone = DeletedOccurrence.objects.filter(guid=guid, collection__in=editable).exists()
    if gone and request.method == "POST":
        told = _(
            "Somebody deleted this record meanwhile. What you typed is kept in this browser and "
            "comes back with the record."
        )
        messages.warning(request, told)
    return gone


def _beside(request: HttpRequest, record: Occurrence) -> dict[str, Any]:
    """Return what stands beside the form: its collection, its history, further actions."""
    deletable = Occurrence.objects.deletable_by(request.user).filter(pk=record.pk)
    live = record.collection.management == Collection.Management.LIVE
    return {
        "collection": record.collection,
        "entries": history.of_record(record, request.user, most=5),
        "may_delete": deletable.exists(),
        "may_add": live,
    }


def _collection_to_add_to(request: HttpRequest, guid: UUID) -> Collection:
    into = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    editable = Collection.objects.editable_by(request.user).filter(pk=into.pk).exists()
    if not editable or into.management != Collection.Management.LIVE:
        raise PermissionDenied
    return into


def _of_the_same_number(request: HttpRequest, number: str) -> list[Occurrence]:
    """Return a few other records of the collection that bear this catalogue number."""
    within = _guid_of(request.POST.get("collection", ""))
    own = Occurrence.objects.editable_by(request.user).filter(collection__guid=within)
    number = _plain(number)
    twins = own.filter(catalog_number=number) if number else own.none()
    return list(twins.exclude(guid=_guid_of(request.POST.get("record", ""))).only("guid")[:3])


def _plain(text: str) -> str:
    """Return a text that no form has read as the database takes it."""
    return text.replace("\0", "").strip()


def _guid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _carried(request: HttpRequest, into: Collection) -> dict[str, str]:
    """Return the texts a new record starts with: those of the one named by ?like=."""
    like = _guid_of(request.GET.get("like", ""))
    own = Occurrence.objects.editable_by(request.user).filter(collection=into)
    model = own.filter(guid=like).first() if like else None
    if model is None:
        return {"basis_of_record": into.basis_of_record}
    texts, _notes = editing.opened(model)
    return {column: texts[column] for column in CARRIED if column in texts}


def _entered(request: HttpRequest, into: Collection) -> dict[str, Any]:
    """Return what this person entered here today, the latest first."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = ChangeSet.objects.filter(
        user=request.user, collection_id=into.pk, kind=ChangeSet.Kind.EDIT, made_at__gte=midnight
    )
    mine = Occurrence.objects.editable_by(request.user).filter(created_by__in=today)
    few = ("guid", "catalog_number", "scientific_name", "recorded_by", "record_number")
    latest = mine.order_by("-pk").only(*few)[:8]
    entered = [(record, history.title_of(record)) for record in latest]
    return {"entered": entered, "entered_count": mine.count()}


def _save(request: HttpRequest, record: Occurrence, form: OccurrenceForm) -> editing.Saved:
    """Write the form; tell what was saved, or put the problems at their fields."""
    try:
        saved = editing.save(
            record.guid,
            request.user,
            form.cleaned_data["version"],
            form.basis,
            {name: form.cleaned_data[name] for name in form.changed_columns},
            new_determination=form.cleaned_data["new_determination"],
        )
    except editing.Gone:
        raise Http404 from None
    for name, problem in saved.problems.items():
        form.add_error(name, problem)
    if saved.change_set:
        labels = ", ".join(history.label_of(name) for name in saved.columns)
        told = _("Saved: %(fields)s.") % {"fields": labels or _("Determination")}
        messages.success(request, _with_undo(request, told, saved.change_set))
    elif not saved.clashes and not saved.problems:
        messages.info(request, _("Nothing to save: the record says this already."))
    return saved


def _to_decide(
    form: OccurrenceForm, saved: editing.Saved
) -> tuple[OccurrenceForm, list[dict[str, Any]]]:
    """Return the form, on the record as it is now, and the fields that two people changed."""
    if not saved.clashes:
        return form, []
    data = rebased(form.data, saved.now, form.changed_columns, saved.version)
    fresh = OccurrenceForm(
        data, initial=form.initial, collection=form.collection, record=form.record
    )
    fresh.is_valid()
    clashes = [
        {
            "column": clash.column,
            "label": history.label_of(clash.column),
            "theirs": clash.theirs,
            "mine": clash.mine,
        }
        for clash in saved.clashes
    ]
    return fresh, clashes


def _decided(data: Any) -> Any:
    """Return posted data in which every field decided for the others' value holds it."""
    decided = data.copy()
    for column in (*terms.COLUMNS, editing.IDENTIFIERS):
        if data.get(f"choice-{column}") == "theirs":
            decided[column] = data.get(f"initial-{column}", "")
    return decided


def _onward(request: HttpRequest, record: Occurrence) -> HttpResponse:
    """Go where the pressed button leads: this record, a new one, a new one like it."""
    then = request.POST.get("then", "")
    if then not in ("new", "carry"):
        return redirect("occurrences:edit", record.guid)
    into = reverse("occurrences:add", args=[record.collection.guid])
    return redirect(f"{into}?like={record.guid}" if then == "carry" else into)


def _link(record: Occurrence) -> SafeString:
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), history.title_of(record))


def _with_undo(request: HttpRequest, told: Any, change_set: ChangeSet | None) -> SafeString:
    """Return a message that ends in the button that takes its change set back."""
    if change_set is None:
        return format_html("{}", told)
    to = reverse("occurrences:undo", args=[change_set.guid])
    button = render_to_string("components/undo.html", {"to": to, "small": True}, request)
    return format_html("{} {}", told, button)
