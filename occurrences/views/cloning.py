"""Many records fast: clones of one, and skeletal records by a barcode scanner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from biocollections.models import Collection
from journal.guids import new_guid
from journal.jobs import Refused
from occurrences import carrying, editing, numbering
from occurrences.forms import OccurrenceForm
from occurrences.models import Occurrence
from occurrences.personal import security_of_new
from occurrences.views.entering import (
    collection_to_add_to,
    editable,
    entered_by,
    guid_of,
    plain,
    with_undo,
)

# What a skeletal record may hold, as the page shows it: {column: span}.
SKELETAL = {
    "scientific_name": 5,
    "scientific_name_authorship": 4,
    "family": 3,
    "country": 3,
    "state_province": 3,
    "county": 3,
    "record_security": 3,
    "recorded_by": 4,
    "record_number": 2,
    "event_date": 3,
    "label_project": 3,
    "exsiccati_title": 5,
    "exsiccati_number": 2,
    "language": 2,
    "processing_status": 3,
    "identifiers": 12,
}


class CloneForm(forms.Form):
    """How many records like one, with which numbers."""

    number = forms.IntegerField(
        label=_("Records"),
        min_value=1,
        max_value=carrying.MOST_CLONES,
        initial=1,
        widget=forms.NumberInput(attrs={"autofocus": True}),
    )
    what = forms.ChoiceField(
        label=_("They take"),
        choices=[("event", _("the collecting event")), ("all", _("all fields"))],
        initial="event",
        widget=forms.RadioSelect,
    )
    first = forms.CharField(
        label=_("First catalog number"),
        required=False,
        max_length=200,
        help_text=_("The others follow it, with its prefix and zeros; taken numbers are left out."),
    )
    listed = forms.CharField(
        label=_("Or their catalog numbers, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def numbers(self, collection: Collection) -> list[str]:
        """Return a catalogue number for each clone, "" for none. Raises Refused."""
        listed = [line.strip() for line in self.cleaned_data["listed"].splitlines() if line.strip()]
        count, first = self.cleaned_data["number"], self.cleaned_data["first"].strip()
        if listed:
            return listed
        if not first:
            return [""] * count
        free = numbering.free_from(collection.pk, first, count)
        if len(free) < count:
            raise Refused(str(_("The first number needs figures at its end to be counted on.")))
        return free


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def clone(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make several records like one, in one change set."""
    record = editable(request, guid)
    into = collection_to_add_to(request, record.collection.guid)
    first = numbering.next_free(into, request.user, record.catalog_number or "")
    form = CloneForm(request.POST or None, initial={"first": first})
    if request.method == "POST" and form.is_valid():
        whole = form.cleaned_data["what"] == "all"
        try:
            numbers = form.numbers(into)
            done, _given = carrying.clone(record, request.user, numbers, whole=whole)
        except Refused as refusal:
            form.add_error("listed" if form.cleaned_data["listed"] else "first", str(refusal))
        else:
            count = len(numbers)
            told = ngettext("Made one record.", "Made %(count)s records.", count) % {"count": count}
            messages.success(request, with_undo(request, told, done))
            return redirect("occurrences:change_set", done.guid)
    context = {"record": record, "collection": into, "form": form}
    return render(request, "occurrences/edit_clone.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def skeletal(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Enter a few fields once, then scan one barcode after the other.

    A script sends each barcode by itself and gets a line of the list back (?line); without it the
    page comes again with its values kept.
    """
    into = collection_to_add_to(request, collection)
    form = OccurrenceForm(request.POST or None, initial=_begun(request, into), collection=into)
    line: dict[str, Any] = {}
    if request.method == "POST":
        line = _scanned(request, form)
        if "line" in request.GET:
            return render(request, "occurrences/skeletal_line.html", line)
        if line.get("record"):
            to = reverse("occurrences:skeletal", args=[into.guid])
            return redirect(f"{to}?like={line['record'].guid}")
    shown = [(form[column], span) for column, span in SKELETAL.items()]
    context = {"form": form, "collection": into, "shown": shown, "guid": new_guid(), **line}
    context |= entered_by(request.user, into)
    return render(request, "occurrences/skeletal.html", context)


def _begun(request: HttpRequest, into: Collection) -> dict[str, str]:
    """Return the texts the page starts with: those of the record entered before it."""
    like = guid_of(request.GET.get("like", ""))
    own = Occurrence.objects.editable_by(request.user).filter(collection=into, guid=like)
    before = own.first() if like else None
    begin = {"basis_of_record": into.basis_of_record, "processing_status": "unprocessed"}
    begin |= security_of_new(into)
    if before:
        begin |= carrying.carried(editing.opened(before)[0], SKELETAL)
    return begin


def _scanned(request: HttpRequest, form: OccurrenceForm) -> dict[str, Any]:
    """Make a skeletal record, or fill the blank fields of the one that has this number."""
    number = plain(request.POST.get("catalog_number", ""))
    if not form.is_valid() or not number:
        return {"number": number, "problems": form.errors or {"": [_("Scan or type a number.")]}}
    guid = guid_of(request.POST.get("guid", "")) or new_guid()
    own = Occurrence.objects.editable_by(request.user).filter(collection=form.collection)
    by_script = "line" in request.GET  # which gives each scan its own, however often it is sent
    if not by_script and own.filter(guid=guid).exclude(catalog_number=number).exists():
        guid = new_guid()  # a page that was gone back to: it made the record of another number
    there = own.filter(catalog_number=number).exclude(guid=guid).first()
    if there is None:
        texts = {"basis_of_record": form.collection.basis_of_record, **form.texts}
        identifiers = form.cleaned_data["identifiers"]
        editing.create(form.collection, request.user, guid, texts, identifiers)
        return {"number": number, "record": get_object_or_404(own, guid=guid), "state": "added"}
    if request.POST.get("existing") != "fill":
        return {"number": number, "record": there, "state": "there"}
    filled = _fill(request.user, there, form)
    return {"number": number, "record": there, "state": "filled", "filled": filled}


def _fill(user: Any, there: Occurrence, form: OccurrenceForm) -> list[str]:
    """Write what the page says into the blank fields of a record; return their columns."""
    texts, _notes = editing.opened(there)
    blank = SKELETAL.keys() - texts.keys()
    new = {name: text for name, text in form.texts.items() if name in blank}
    saved = editing.save(there.guid, user, there.version, texts, new)
    return saved.columns
