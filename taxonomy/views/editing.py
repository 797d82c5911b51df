"""Changing the thesaurus, for taxonomy editors. Each page says first what will change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journal.jobs import Refused
from journal.models import ChangeSet
from taxonomy import looking_up, thesaurus
from taxonomy.forms import AcceptanceForm, DeleteForm, EditForm, MergeForm, MoveForm, TaxonForms
from taxonomy.models import Taxon
from taxonomy.parsing import parse

View = Callable[..., HttpResponse]


def for_taxonomists(view: View) -> View:
    """Let taxonomy editors see a page and send its form, nobody else."""
    guarded = permission_required("taxonomy.change_taxon", raise_exception=True)(view)
    guarded = require_http_methods(["GET", "HEAD", "POST"])(guarded)
    return wraps(view)(login_required(guarded))


@for_taxonomists
def add(request: HttpRequest) -> HttpResponse:
    """Add a taxon."""
    forms = TaxonForms(_read(request), initial=_initial(request))
    if request.method == "POST" and "read" not in request.POST and forms.is_valid():
        done = _attempt(
            request,
            forms.taxon,
            lambda change_set: thesaurus.add(change_set, **forms.values),
            _("Added."),
        )
        if done:
            return done
    context = {"forms": forms, "form": forms.taxon, "was_read": "read" in request.POST}
    return render(request, "taxonomy/add.html", context)


@for_taxonomists
def edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Edit what a taxon says."""
    taxon = _taxon(guid)
    forms = TaxonForms(_read(request), taxon=taxon)
    if request.method == "POST" and "read" not in request.POST and forms.is_valid():
        version = forms.taxon.cleaned_data["version"]
        done = _attempt(
            request,
            forms.taxon,
            lambda change_set: thesaurus.change(change_set, taxon, version, **forms.values),
            _("Saved."),
        )
        if done:
            return done
    was_read = "read" in request.POST
    context = {"forms": forms, "form": forms.taxon, "taxon": taxon, "was_read": was_read}
    return render(request, "taxonomy/edit.html", context)


@for_taxonomists
def move(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Put a taxon and all below it under another parent."""
    taxon = _taxon(guid)
    form = MoveForm(request.POST or None, taxon=taxon, initial=_start(taxon))
    if request.method == "POST" and form.is_valid() and not form.warnings:
        cleaned = form.cleaned_data
        done = _attempt(
            request,
            form,
            lambda change_set: thesaurus.move(
                change_set, taxon, cleaned["parent"], cleaned["version"]
            ),
            _("Moved."),
        )
        if done:
            return done
    return _page(request, "move", form, taxon)


@for_taxonomists
def acceptance(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make a name a synonym of another, or accepted."""
    taxon = _taxon(guid)
    form = AcceptanceForm(request.POST or None, taxon=taxon, initial=_start(taxon))
    if request.method == "POST" and form.is_valid() and not form.warnings:
        cleaned = form.cleaned_data
        done = _attempt(
            request,
            form,
            lambda change_set: thesaurus.set_acceptance(
                change_set, taxon, cleaned["accepted"], cleaned["version"], **form.arguments()
            ),
            _("Acceptance changed."),
        )
        if done:
            return done
    return _page(request, "acceptance", form, taxon)


@for_taxonomists
def merge(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make a taxon one with another."""
    taxon = _taxon(guid)
    form = MergeForm(request.POST or None, taxon=taxon, initial=_start(taxon))
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        done = _attempt(
            request,
            form,
            lambda change_set: thesaurus.merge(
                change_set, taxon, cleaned["into"], cleaned["version"]
            ),
            _("Merged."),
        )
        if done:
            return done
    return _page(request, "merge", form, taxon)


@for_taxonomists
def delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Delete a taxon that nothing hangs on; say what does."""
    taxon = _taxon(guid)
    form = DeleteForm(request.POST or None, taxon=taxon, initial=_start(taxon))
    if request.method == "POST" and form.is_valid():

        def remove(change_set: ChangeSet) -> None:
            thesaurus.delete(change_set, taxon, form.cleaned_data["version"])

        done = _attempt(request, form, remove, _("Deleted."))
        if done:
            return done
    return _page(request, "delete", form, taxon)


def _taxon(guid: UUID) -> Taxon:
    found = Taxon.objects.select_related("accepted", "parent", "current", "merged_into")
    return get_object_or_404(found, guid=guid)


def _page(request: HttpRequest, name: str, form: EditForm, taxon: Taxon) -> HttpResponse:
    below = Taxon.objects.filter(path__beneath=taxon.path).exclude(pk=taxon.pk)
    context = {
        "form": form,
        "taxon": taxon,
        "taxa": [taxon],
        "below": below.count(),
        "children": list(taxon.children.accepted()[:50]),
        "synonyms": list(taxon.synonyms.live()[:50]),
        "names": taxon.names.count(),
        "vernaculars": taxon.vernacular_names.count(),
        "references": thesaurus.references(taxon),
    }
    return render(request, f"taxonomy/{name}.html", context)


def _start(taxon: Taxon) -> dict[str, Any]:
    """Return what the small forms begin with."""
    return {
        "version": taxon.version,
        "status": taxon.status,
        "parent": taxon.parent or (taxon.accepted.parent if taxon.accepted else None),
        "accepted": taxon.accepted,
        "unacceptability_reason": taxon.unacceptability_reason,
    }


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return what the address says of a taxon to add: ?parent=GUID, ?scientific_name=…"""
    given: dict[str, Any] = {
        "status": Taxon.Status.ACCEPTED,
        "scientific_name": request.GET.get("name", ""),
    }
    for field in ("parent", "accepted"):
        try:
            guid = UUID(request.GET.get(field, ""))
        except ValueError:
            continue
        found = Taxon.objects.accepted().filter(guid=guid).first()
        if found:
            given[field] = found
    if "accepted" in given:
        given["status"] = Taxon.Status.SYNONYM
    return given


def _read(request: HttpRequest) -> Any:
    """Return what was sent; after “Read the name” with the full name cut into its parts."""
    if request.method != "POST" or "read" not in request.POST:
        return request.POST or None
    sent = request.POST.copy()
    parsed = parse(sent.get("scientific_name", ""), sent.get("authorship", ""))
    if parsed.canonical:
        sent["scientific_name"] = parsed.canonical
        sent["authorship"] = parsed.authorship or sent.get("authorship", "")
        sent["rank"] = parsed.rank or sent.get("rank", "")
        genus = Taxon.objects.accepted().filter(scientific_name=parsed.genus, rank="genus")
        if parsed.epithets and not sent.get("parent") and genus.count() == 1:
            sent["parent"] = looking_up.label(genus.get())
    return sent


def _attempt(
    request: HttpRequest, form: EditForm, work: Callable[[ChangeSet], Any], done: str
) -> HttpResponse | None:
    """Do the work as one change set and lead to the taxon; None when it was refused, with why."""
    reason = form.cleaned_data.get("reason", "")
    try:
        with thesaurus.editing(request.user, reason) as change_set:
            taxon = work(change_set)
    except thesaurus.Faulty as refusal:
        for fault in refusal.faults:
            form.blame(fault)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    else:
        _tell(request, change_set, done)
        return redirect(taxon or reverse("taxonomy:explorer"))
    return None


def _tell(request: HttpRequest, change_set: ChangeSet, done: str) -> None:
    """Say what was done, with the button that takes it back."""
    if change_set.pk is None:
        messages.info(request, _("Nothing was changed."))
        return
    to = reverse("occurrences:undo", args=[change_set.guid])
    button = render_to_string("components/undo.html", {"to": to, "small": True}, request)
    messages.success(request, format_html("{} {}", done, button))
