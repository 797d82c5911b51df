"""What the editor's pages share, and what they ask for while somebody types.

Offers under a field, the next free number, how somebody likes to work, and whether the session
still stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from journal.models import ChangeSet
from occurrences import history, labels, moved_points, numbering, stepping, suggesting
from occurrences.forms import term_columns
from occurrences.forms_panels import SUGGESTED
from occurrences.models import EditorHabits, LabelKind, Occurrence

MOST_SHOWN = 8  # records entered today
MOST_LETTERS = 200  # of what is typed where something is offered
MOST_SENT = 20  # forms, saved lately, that a browser may still take for unsaved


class Way(NamedTuple):
    """A way to save: where it leads, its words and its keys."""

    then: str
    label: Any
    key: str  # what keys.js calls it
    shown: str  # the keys as they stand on the button


WAYS = {
    "stay": Way("stay", _("Save"), "save", "Ctrl S"),
    "new": Way("new", _("Save & new"), "new", "Ctrl ↵"),
    "carry": Way("carry", _("Save, carry over"), "carry", "Ctrl ⇧ ↵"),
    "next": Way("next", _("Save & next"), "next", "Alt PgDn"),
    "label": Way("label", _("Save & print label"), "label", "Alt L"),
}
WAYS_TO_ADD = ("new", "carry", "stay", "label")
WAYS_TO_EDIT = ("stay", "next", "new", "carry", "label")


# --- what the pages share ---------------------------------------------------------------------


def editable(request: HttpRequest, guid: UUID) -> Occurrence:
    """Return the record with its exact values; 403 for one that may only be seen."""
    own = Occurrence.objects.editable_by(request.user).select_related("collection")
    record = own.defer("search_vector").filter(guid=guid).first()
    if record:
        return record
    if Occurrence.objects.visible_to(request.user).filter(guid=guid).exists():
        raise PermissionDenied
    raise Http404


def collection_to_add_to(request: HttpRequest, guid: UUID) -> Collection:
    """Return a collection of live data whose records the person may edit; else 404 or 403."""
    into = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    own = Collection.objects.editable_by(request.user).filter(pk=into.pk).exists()
    if not own or into.management != Collection.Management.LIVE:
        raise PermissionDenied
    return into


def habits_of(user: Any) -> EditorHabits:
    """Return how somebody likes to work; a row that isn't kept yet has the usual ways."""
    return EditorHabits.objects.filter(person=user).first() or EditorHabits(person=user)


def form_context(habits: EditorHabits, ways: Sequence[str], first: str) -> dict[str, Any]:
    """Return what the form's page needs besides the form; the way taken last stands first."""
    ordered = sorted(ways, key=lambda way: way != first)
    return {
        "habits": habits,
        "ways": [WAYS[way] for way in ordered],
        "sticky": habits.sticky,
        "said_of_point": moved_points.SAID_OF_IT,
    }


def entered_by(user: Any, into: Collection) -> dict[str, Any]:
    """Return what this person entered here today, the latest first."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    today = ChangeSet.objects.filter(
        user=user, collection_id=into.pk, kind=ChangeSet.Kind.EDIT, made_at__gte=midnight
    )
    mine = Occurrence.objects.editable_by(user).filter(created_by__in=today)
    few = ("guid", "catalog_number", "scientific_name", "recorded_by", "record_number")
    latest = mine.order_by("-pk").only(*few)[:MOST_SHOWN]
    entered = [(record, history.title_of(record)) for record in latest]
    return {"entered": entered, "entered_count": mine.count()}


def onward(request: HttpRequest, record: Occurrence, habits: EditorHabits, of: str) -> HttpResponse:
    """Go where the pressed button leads, and remember it as the person's way (`of`).

    What was sent is told to the browser with the next pages (edit.js), which forgets its draft.
    """
    sent = plain(request.POST.get("draft", ""))[:36]
    if sent:
        before = request.session.get("saved_drafts", [])
        request.session["saved_drafts"] = [*before, sent][-MOST_SENT:]
    then = request.POST.get("then", "")
    if then == "label":
        return redirect(labels.begin(request.user, LabelKind.SPECIMEN, "", [str(record.guid)]))
    if then in WAYS and getattr(habits, of) != then:
        EditorHabits.objects.update_or_create(person=request.user, defaults={of: then})
    query = request.GET.get("search", "")
    search = f"?{urlencode({'search': query})}" if query else ""
    if then == "next":
        step = stepping.beside(request.user, query, record)
        if step and step.next:
            return redirect(reverse("occurrences:edit", args=[step.next]) + search)
    if then in ("new", "carry"):
        into = reverse("occurrences:add", args=[record.collection.guid])
        before = "like" if then == "carry" else "after" if habits.sticky else ""
        asked = {before: str(record.guid), "basis": request.GET.get("basis", "")}
        said = urlencode({name: text for name, text in asked.items() if name and text})
        return redirect(f"{into}?{said}" if said else into)
    return redirect(reverse("occurrences:edit", args=[record.guid]) + search)


def plain(text: str) -> str:
    """Return a text that no form has read as the database takes it."""
    return text.replace("\0", "").strip()


def guid_of(text: str) -> UUID | None:
    """Return the GUID a text is, None for another text."""
    try:
        return UUID(text)
    except ValueError:
        return None


def with_undo(request: HttpRequest, told: Any, change_set: ChangeSet | None) -> SafeString:
    """Return a message that ends in the button that takes its change set back."""
    if change_set is None:
        return format_html("{}", told)
    to = reverse("occurrences:undo", args=[change_set.guid])
    button = render_to_string("components/undo.html", {"to": to, "small": True}, request)
    return format_html("{} {}", told, button)


# --- asked while somebody types ---------------------------------------------------------------


@login_required
@require_safe
def suggest(request: HttpRequest, collection: UUID, column: str) -> JsonResponse:
    """Offer values for a field, in the light of what stands in the others."""
    if column not in SUGGESTED:
        raise Http404
    own = get_object_or_404(Collection.objects.editable_by(request.user), guid=collection)
    given = {name: request.GET.get(name, "") for name in request.GET}
    texts = {name: plain(text)[:MOST_LETTERS] for name, text in given.items()}
    asked = suggesting.Asked(request.user, own, texts.pop("q", ""), texts)
    offers = suggesting.suggest(column, asked)
    return JsonResponse({"offers": [vars(offer) for offer in offers]})


@login_required
@require_safe
def next_number(request: HttpRequest, collection: UUID) -> JsonResponse:
    """Return the next free catalogue number, or of a personal profile the collector's next."""
    own = get_object_or_404(Collection.objects.editable_by(request.user), guid=collection)
    after = plain(request.GET.get("after", ""))[:MOST_LETTERS]
    if request.GET.get("of") == "record_number":
        return JsonResponse({"number": numbering.next_of_series(own, request.user, after)})
    return JsonResponse({"number": numbering.next_free(own, request.user, after)})


@login_required
@require_POST
def habits(request: HttpRequest) -> HttpResponse:
    """Remember what somebody switched: keys, the search for duplicates, a pinned field."""
    kept = habits_of(request.user)
    for name in ("uses_keys", "searches_duplicates"):
        if name in request.POST:
            setattr(kept, name, request.POST[name] == "true")
    column = request.POST.get("pin", "")
    if column in term_columns():
        kept.sticky = [name for name in kept.sticky if name != column]
        if request.POST.get("pinned") == "true":
            kept.sticky.append(column)
    values = {name: getattr(kept, name) for name in ("uses_keys", "searches_duplicates", "sticky")}
    EditorHabits.objects.update_or_create(person=request.user, defaults=values)
    return HttpResponse(status=204)


@never_cache
@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Say who is signed in, with the token that a form must bring: the editor asks before saving.

    Other sites can't read it, so it tells nobody what the page itself doesn't hold.
    """
    person = str(request.user.guid) if request.user.is_authenticated else ""
    return JsonResponse({"person": person, "token": get_token(request)})
