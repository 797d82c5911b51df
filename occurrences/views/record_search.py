"""Record search for editors: the form, and the searches kept by name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from occurrences.asking_fields import OPERATORS
from occurrences.forms_record_search import (
    QuickForm,
    SavedSearchForm,
    fields_by_panel,
    lines_of,
)
from occurrences.models import SavedSearch
from occurrences.record_search import RecordSearch

MOST_LETTERS = 20_000  # of a query string


@login_required
@require_safe
def record_search(request: HttpRequest) -> HttpResponse:
    """Ask for records by any of their fields; what is asked is in the address."""
    search, problems = read(request.GET)
    collections = Collection.objects.editable_by(request.user).order_by("name")
    context = {
        "form": QuickForm(request.GET, collections),
        "search": search,
        "groups": lines_of(search),
        "panels": fields_by_panel(),
        "operators": OPERATORS.items(),
        "problems": problems,
        "may_search": bool(collections),
        "saved": SavedSearch.objects.visible_to(request.user).select_related(
            "person", "collection"
        ),
    }
    return render(request, "occurrences/record_search.html", context)


@login_required
@require_safe
def saved_search(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Lead to what a kept search finds now."""
    kept = get_object_or_404(SavedSearch.objects.visible_to(request.user), guid=guid)
    return redirect(f"{reverse('occurrences:table')}?{kept.query}")


@login_required
@require_POST
def saved_search_new(request: HttpRequest) -> HttpResponse:
    """Keep a search under a name; in one collection, its other editors may open it too."""
    query = request.POST.get("query", "")[:MOST_LETTERS]
    search, problems = read(QueryDict(query))
    form = SavedSearchForm(request.POST)
    back = redirect(f"{reverse('occurrences:table')}?{query}")
    if problems or not form.is_valid():
        messages.error(request, _("Give the search a name of at most 100 letters."))
        return back
    own = Collection.objects.editable_by(request.user).filter(code=search.within).first()
    SavedSearch.objects.update_or_create(
        person=request.user,
        name=form.cleaned_data["name"],
        defaults={"query": query, "collection": own},
    )
    messages.success(request, _("Kept as “%(name)s”.") % {"name": form.cleaned_data["name"]})
    return back


@login_required
@require_POST
def saved_search_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Forget a search of one's own."""
    kept = get_object_or_404(SavedSearch, guid=guid, person=request.user)
    kept.delete()
    messages.success(request, _("“%(name)s” is forgotten.") % {"name": kept.name})
    return redirect("occurrences:record_search")


def read(asked: QueryDict) -> tuple[RecordSearch, list[Any]]:
    """Return the search of a query string, and what can't be understood of it."""
    try:
        return RecordSearch.from_query(asked), []
    except ValidationError as error:
        return RecordSearch.unchecked(asked), error.messages
