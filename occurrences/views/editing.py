"""Adding, editing, deleting and restoring one record."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections.models import Collection
from darwincore import terms
from journal.guids import new_guid
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import (
    carrying,
    copied_from,
    editing,
    history,
    moved_points,
    numbering,
    restoring,
    stepping,
)
from occurrences.forms import NUMBERS, OccurrenceForm, rebased, typed_columns
from occurrences.forms_panels import CHOICES
from occurrences.models import DeletedOccurrence, EditorHabits, Occurrence
from occurrences.personal import security_of_new
from occurrences.understanding import understand
from occurrences.views.entering import (
    WAYS_TO_ADD,
    WAYS_TO_EDIT,
    collection_to_add_to,
    editable,
    entered_by,
    form_context,
    guid_of,
    habits_of,
    onward,
    plain,
    with_undo,
)
from occurrences.views.record import determinations


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Type a new record."""
    into = collection_to_add_to(request, collection)
    guid = guid_of(request.POST.get("guid", "")) or new_guid()
    gone = _was_deleted(request, guid)
    if gone:
        guid = new_guid()
        told = _("The record that this form made was deleted. Save again to add it anew.")
        messages.warning(request, told)
    habits = habits_of(request.user)
    begin = {} if request.method == "POST" else _carried(request, into, habits)
    form = OccurrenceForm(request.POST or None, initial=begin, collection=into)
    if request.method == "POST" and not gone and form.is_valid():
        return _create(request, form, guid, habits)
    context = {
        "form": form,
        "collection": into,
        "guid": guid,
        "carried": [column for column in begin if column != "basis_of_record"],
        "offered": plain(request.POST.get("offered_number", "")),
        **form_context(habits, WAYS_TO_ADD, habits.after_adding),
        **entered_by(request.user, into),
    }
    return render(request, "occurrences/add.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Change a record; what others changed meanwhile is put together with it."""
    if _was_deleted(request, guid):
        return _to_what_is_left(request, guid)
    record = editable(request, guid)
    habits = habits_of(request.user)
    texts, notes = editing.opened(record)
    form = OccurrenceForm(
        _decided(request.POST) if request.method == "POST" else None,
        initial=texts | {"version": record.version},
        notes=notes,
        collection=record.collection,
        record=record.guid,
    )
    clashes: list[editing.Clash] = []
    if request.method == "POST" and form.is_valid():
        clashes = _undecided(request, form)
        saved = editing.Saved(clashes=clashes) if clashes else _save(request, record, form)
        if not saved.clashes and not saved.problems:
            return onward(request, record, habits, "after_editing")
        if saved.clashes and not clashes:
            clashes = saved.clashes
            changed = form.changed_columns
            form = _on_the_record(form, record, saved.now, saved.version, changed)
    return _edit_page(request, record, form, clashes, habits)


def _edit_page(
    request: HttpRequest,
    record: Occurrence,
    form: OccurrenceForm,
    clashes: list[editing.Clash],
    habits: EditorHabits,
    *,
    is_sent_again: bool = False,
) -> HttpResponse:
    """Show the editor of a record, with what is to be decided before it can be saved."""
    asked = [
        {
            **clash._asdict(),
            "label": history.label_of(clash.column),
            "choice": request.POST.get(f"choice-{clash.column}", ""),
        }
        for clash in clashes
    ]
    context = {
        "form": form,
        "record": record,
        "clashes": asked,
        "is_sent_again": is_sent_again,
        **_beside(request, record, habits),
    }
    return render(request, "occurrences/edit.html", context, status=409 if clashes else 200)


@login_required
@require_safe
def edit_search(request: HttpRequest) -> HttpResponse:
    """Open the first record of a search that the person may edit, to go on from one to the next."""
    query = request.META.get("QUERY_STRING", "")
    begin = stepping.first(request.user, query)
    if begin is None:
        messages.info(request, _("None of the records found are yours to edit."))
        return redirect(stepping.Beside(query, None, None).back)
    to = reverse("occurrences:edit", args=[begin])
    return redirect(f"{to}?{urlencode({'search': query})}")


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
    told = understand(column, texts)
    context: dict[str, Any] = {"column": column, "told": told}
    if column in NUMBERS:
        context |= _numbered(request, column, plain(texts[column]))
    return render(request, "occurrences/edit_reading.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Delete a record, after showing what goes with it."""
    record = editable(request, guid)
    if not Occurrence.objects.deletable_by(request.user).filter(pk=record.pk).exists():
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "occurrences/edit_delete.html", {"record": record})
    with transaction.atomic():
        # Asked again under the lock: it may have been handed over meanwhile.
        own = Occurrence.objects.deletable_by(request.user).select_for_update(of=("self",))
        get_object_or_404(own, pk=record.pk, collection=record.collection_id)
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.DELETION,
            user=request.user,
            collection_id=record.collection_id,
            reason=plain(request.POST.get("reason", "")),
            counts={"deleted": 1},
        )
        restoring.delete(change_set, [record.pk])
    told = _("Deleted %(record)s.") % {"record": history.title_of(record)}
    messages.success(request, with_undo(request, told, change_set))
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


def _to_what_is_left(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Lead the editor of a record that is no more to its page, maybe with typed text in hand."""
    if request.method == "POST":
        told = _(
            "Somebody deleted this record meanwhile. What you typed is kept in this browser and "
            "comes back with the record."
        )
        messages.warning(request, told)
    return redirect("occurrences:record", guid)


def _was_deleted(request: HttpRequest, guid: UUID) -> bool:
    """Tell whether a record that the person might edit is no more."""
    editable = Collection.objects.editable_by(request.user)
    return DeletedOccurrence.objects.filter(guid=guid, collection__in=editable).exists()


def _beside(request: HttpRequest, record: Occurrence, habits: EditorHabits) -> dict[str, Any]:
    """Return what stands beside the form: its collection, its history, further actions."""
    deletable = Occurrence.objects.deletable_by(request.user).filter(pk=record.pk)
    live = record.collection.management == Collection.Management.LIVE
    step = stepping.beside(request.user, request.GET.get("search", ""), record)
    ways = [way for way in WAYS_TO_EDIT if live or way not in ("new", "carry")]
    ways = [way for way in ways if way != "next" or (step and step.next)]
    return {
        "collection": record.collection,
        "determinations": list(determinations(record)),
        "entries": history.of_record(record, request.user, most=5),
        "may_delete": deletable.exists(),
        "may_add": live,
        "step": step,
        **form_context(habits, ways, habits.after_editing),
    }


def _numbered(request: HttpRequest, column: str, number: str) -> dict[str, Any]:
    """Say which records bear a number already, and which number comes next."""
    within = guid_of(request.POST.get("collection", ""))
    own = Collection.objects.editable_by(request.user).filter(guid=within).first()
    if own is None:
        return {}
    but = guid_of(request.POST.get("record", ""))
    if column == "catalog_number":
        records = Occurrence.objects.editable_by(request.user).filter(collection=own)
        twins = numbering.bearers(records, number, but)
        return {"twins": twins, "free": twins and numbering.next_free(own, request.user, number)}
    if own.type != Collection.Type.PERSONAL:
        return {}
    used = numbering.used(own, request.user, number, but)
    return {"used": used, "free": used and numbering.next_of_series(own, request.user, number)}


def _carried(request: HttpRequest, into: Collection, habits: EditorHabits) -> dict[str, str]:
    """Return the texts a new record starts with.

    ?like= names the record whose event is carried over, ?after= the one entered before, of which
    only the pinned fields stay.
    """
    like = guid_of(request.GET.get("like", ""))
    before = like or guid_of(request.GET.get("after", ""))
    own = Occurrence.objects.editable_by(request.user).filter(collection=into)
    model = own.filter(guid=before).first() if before else None
    basis = {"basis_of_record": _basis(request, into), **security_of_new(into)}
    if model is None:
        return basis
    texts, _notes = editing.opened(model)
    columns = dict.fromkeys([*(carrying.CARRIED if like else ()), *habits.sticky])
    return basis | carrying.carried(texts, columns)


def _basis(request: HttpRequest, into: Collection) -> str:
    """Return the basis of record that the address asks for, else the collection's."""
    asked = request.GET.get("basis", "")
    known = asked and asked in dict(CHOICES["basis_of_record"])
    return asked if known else into.basis_of_record


def _create(
    request: HttpRequest, form: OccurrenceForm, guid: UUID, habits: EditorHabits
) -> HttpResponse:
    """Add the record and go on; tell so, and tell a catalogue number that had to become another.

    A form that made its record before and was changed since, as after going back in the browser,
    goes on as an edit of that record.
    """
    offered = plain(request.POST.get("offered_number", ""))
    identifiers = form.cleaned_data["identifiers"]
    used = copied_from.read(request.user, form.cleaned_data["duplicates"])
    texts = _of_this_point(request, form) | used.security(form.texts)
    into, added = form.collection, used.added()
    is_new = editing.create(
        into, request.user, guid, texts, identifiers, offered=offered, added=added
    )
    record = get_object_or_404(Occurrence.objects.editable_by(request.user), guid=guid)
    clashes = [] if is_new else editing.said_otherwise(record, texts, identifiers, offered=offered)
    if clashes:
        return _sent_again(request, record, form, clashes, habits)
    used.finish(record, record.created_by)
    told = format_html(_("Added {}"), _link(record))
    messages.success(request, with_undo(request, told, record.created_by))
    number = form.cleaned_data["catalog_number"]
    if number and number != record.catalog_number:
        words = _("%(number)s was taken meanwhile: this record has %(next)s.")
        messages.warning(request, words % {"number": number, "next": record.catalog_number})
    return onward(request, record, habits, "after_adding")


def _of_this_point(request: HttpRequest, form: OccurrenceForm) -> dict[str, str]:
    """Return the form's texts without what was carried over of another point; tell so."""
    texts = form.texts
    left = moved_points.left_behind(texts, form.basis, habits_of(request.user).sticky)
    if left:
        told = _("The point is another than the one carried over. Left out: %(fields)s.")
        labels = ", ".join(map(history.label_of, left))
        messages.warning(request, told % {"fields": labels})
    return {column: text for column, text in texts.items() if column not in left}


def _save(request: HttpRequest, record: Occurrence, form: OccurrenceForm) -> editing.Saved:
    """Write the form; tell what was saved, or put the problems at their fields."""
    used = copied_from.read(request.user, form.cleaned_data["duplicates"])
    typed = {name: form.cleaned_data[name] for name in form.changed_columns}
    try:
        saved = editing.save(
            record.guid,
            request.user,
            form.cleaned_data["version"],
            form.basis,
            typed | used.security(form.texts),
            new_determination=form.cleaned_data["new_determination"],
            added=used.added(),
        )
    except editing.Gone:
        raise Http404 from None
    for name, problem in saved.problems.items():
        form.add_error(name, problem)
    if not saved.clashes and not saved.problems:
        saved.change_set = used.finish(record, saved.change_set)
    if saved.change_set:
        labels = [history.label_of(name) for name in saved.columns]
        labels += [_("Linked as Duplicate")] if used.linked else []
        told = _("Saved: %(fields)s.") % {"fields": ", ".join(labels) or _("Determination")}
        messages.success(request, with_undo(request, told, saved.change_set))
    elif not saved.clashes and not saved.problems and request.POST.get("then") != "label":
        messages.info(request, _("Nothing to save: the record says this already."))
    return saved


def _sent_again(
    request: HttpRequest,
    record: Occurrence,
    form: OccurrenceForm,
    clashes: list[editing.Clash],
    habits: EditorHabits,
) -> HttpResponse:
    """Show the record that this form made before, beside what the form says by now."""
    now, _notes = editing.opened(record)
    changed = [clash.column for clash in clashes]
    fresh = _on_the_record(form, record, now, record.version, changed)
    return _edit_page(request, record, fresh, clashes, habits, is_sent_again=True)


def _on_the_record(
    form: OccurrenceForm, record: Occurrence, now: dict[str, str], version: int, changed: list[str]
) -> OccurrenceForm:
    """Return the form on the record as it is now, with the `changed` columns as they were typed."""
    data = rebased(form.data, now, changed, version)
    fresh = OccurrenceForm(
        data, initial=now | {"version": version}, collection=record.collection, record=record.guid
    )
    fresh.is_valid()
    return fresh


def _undecided(request: HttpRequest, form: OccurrenceForm) -> list[editing.Clash]:
    """Return what the page asked about, with a word, unless a value was chosen for all of it."""
    asked = [name for name in request.POST.getlist("clash") if name in form.fields]
    if all(request.POST.get(f"choice-{name}") for name in asked):
        return []
    messages.error(request, _("Nothing was saved. Choose a value for each of the fields first."))
    basis, typed = form.basis, form.cleaned_data
    return [editing.Clash(name, basis.get(name, ""), typed.get(name) or "") for name in asked]


def _decided(data: Any) -> Any:
    """Return posted data in which every field decided for the others' value holds it."""
    if not all(data.get(f"choice-{name}") for name in data.getlist("clash")):
        return data
    decided = data.copy()
    for column in (*terms.COLUMNS, editing.IDENTIFIERS):
        if data.get(f"choice-{column}") == "theirs":
            decided[column] = data.get(f"initial-{column}", "")
    return decided


def _link(record: Occurrence) -> SafeString:
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), history.title_of(record))
