"""The Taxonomy Cleaning Tool: the work list of names, the run, and decisions about names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from journal import jobs
from journal.models import ChangeSet, Job
from journal.undo import undo
from occurrences import cleaning as tool
from occurrences import deciding, history
from occurrences.cleaning import Options, Row, Scope
from occurrences.deciding import Choice, Decided
from taxonomy import catalogue_of_life
from taxonomy.models import Checklist, Name

KINGDOMS = "Plantae Fungi Animalia Chromista Protozoa Bacteria Archaea Viruses".split()
# The tabs, what wants a person first.
TABS = {
    Name.State.REVIEW: (gettext_lazy("need a person"), "warn"),
    Name.State.NOT_FOUND: (gettext_lazy("not found"), "stop"),
    Name.State.NEW: (gettext_lazy("not looked up yet"), ""),
    Name.State.LINKED: (gettext_lazy("linked"), "go"),
    Name.State.KEPT: (gettext_lazy("kept as is"), ""),
}


class RunForm(forms.Form):
    """What a run looks names up in."""

    sources = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Besides the portal's own thesaurus"),
        queryset=Checklist.objects.none(),
        to_field_name="guid",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    online = forms.BooleanField(
        label=gettext_lazy("Ask the Catalogue of Life online about the rest"),
        required=False,
        help_text=gettext_lazy(
            "Names with their authors and kingdom are sent there, nothing else. Five a second: "
            "for a large collection this takes hours."
        ),
    )
    kingdom = forms.ChoiceField(
        label=gettext_lazy("Kingdom of names that state none"),
        required=False,
        choices=[("", gettext_lazy("not known")), *((name, name) for name in KINGDOMS)],
    )
    fuzzy = forms.BooleanField(
        label=gettext_lazy("Propose similar names for misspelt ones"), required=False, initial=True
    )

    def __init__(self, data: Any = None) -> None:
        current = Checklist.objects.filter(state=Checklist.State.CURRENT)
        super().__init__(data, auto_id="run_%s", initial={"sources": list(current)})
        self.fields["sources"].queryset = current  # type: ignore[attr-defined]
        if not current:
            del self.fields["sources"]
        if not catalogue_of_life.available():
            del self.fields["online"]

    @property
    def options(self) -> Options:
        """What a valid form asks for."""
        given = self.cleaned_data
        sources = tuple(checklist.pk for checklist in given.get("sources", ()))
        return Options(sources, given["kingdom"], given["fuzzy"], given.get("online", False))


@login_required
@require_safe
def cleaning(request: HttpRequest, scope: str) -> HttpResponse:
    """Show how many names want work, the way to look them up, and the list of one kind."""
    whose = _scope(request, scope)
    last_run = _last_run(request, whose)  # first, so that what it has come to is in all below
    tallies = tool.tallies(whose)
    open_ = [state for state in TABS if tallies[state].names]
    state = request.GET.get("state", "")
    state = state if state in TABS else next(iter(open_), Name.State.REVIEW)
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    rows = tool.work_list(whose, state, _cursor(request), text)
    context = {
        "scope": whose,
        "form": RunForm(),
        "tabs": [(key, word, kind, tallies[key]) for key, (word, kind) in TABS.items()],
        "unlinked": [tallies[key] for key in tool.UNLINKED],
        "state": state,
        "text": text,
        "rows": tool.with_families(whose, rows[: tool.PAGE]),
        "next_url": _next(rows, state, text),
        **last_run,
    }
    return render(request, "occurrences/cleaning.html", context)


@login_required
@require_POST
def cleaning_run(request: HttpRequest, scope: str) -> HttpResponse:
    """Have the names of the scope looked up."""
    whose = _scope(request, scope)
    form = RunForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose from what is offered."))
        return redirect("occurrences:cleaning", scope)
    given = {**form.options.as_json(), "scope": whose.key}
    within = whose.collection.pk if whose.collection else None
    jobs.start("clean names", _job_key(request, whose), request.user, within, given)
    return redirect("occurrences:cleaning", scope)


@login_required
@require_POST
def cleaning_decide(request: HttpRequest, scope: str) -> HttpResponse:
    """Carry out what a person decided about one name, or about those that are ticked."""
    whose = _scope(request, scope)
    items = deciding.names_of(request.POST.getlist("name"))
    about = _named(items)
    try:
        done = deciding.decide(whose, items, _choice(request))
    except jobs.Refused as refusal:
        return _answer(request, whose, about, refused=str(refusal))
    return _answer(request, whose, about, done=done)


@login_required
@require_POST
def cleaning_undo(request: HttpRequest, scope: str, guid: UUID) -> HttpResponse:
    """Take a decision back that was just made here, and show its name again."""
    whose = _scope(request, scope)
    taken = get_object_or_404(history.undoable_by(request.user), guid=guid, kind="cleaning")
    if history.rows_of(taken) > history.MOST_AT_ONCE:
        jobs.start("undo", taken.guid, request.user, taken.collection_id)
        return redirect("occurrences:change_set", taken.guid)
    about = _named(deciding.names_of(request.POST.getlist("name")))
    try:
        with transaction.atomic():
            undo(taken, request.user)
    except jobs.Refused as refusal:
        return _answer(request, whose, about, refused=str(refusal))
    return _answer(request, whose, about)


# --- what is asked ------------------------------------------------------------------------------


def _scope(request: HttpRequest, key: str) -> Scope:
    """Return whose names these are; 404 for a collection that can't be seen, else 403."""
    whose = tool.scopes_of(request.user, key)
    if whose is not None:
        return whose
    if key in ("mine", "portal"):
        raise PermissionDenied
    try:
        visible = Collection.objects.visible_to(request.user).filter(guid=UUID(key))
    except ValueError:
        raise Http404 from None
    if visible.exists():
        raise PermissionDenied
    raise Http404


def _named(items: list[tuple[UUID, str]]) -> Name | None:
    """Return the one name a form is about, as it stands; None where it is about several."""
    if len({guid for guid, _seen in items}) != 1:
        return None
    return Name.objects.filter(guid=items[0][0]).first()


def _job_key(request: HttpRequest, scope: Scope) -> str:
    """Return the job's key: one run at a time in a collection, over the portal, of a person."""
    return f"mine {request.user.pk}" if scope.key == "mine" else scope.key


def _cursor(request: HttpRequest) -> tuple[int, UUID] | None:
    number, _blank, guid = request.GET.get("after", "").partition(" ")
    try:
        return int(number[:18]), UUID(guid)
    except ValueError:
        return None


def _next(rows: list[Row], state: str, text: str) -> str:
    if len(rows) <= tool.PAGE:
        return ""
    last = rows[tool.PAGE - 1]
    query = {"state": state, "after": f"{last.records} {last.name.guid}"}
    return "?" + urlencode({**query, "q": text} if text else query)


def _choice(request: HttpRequest) -> Choice:
    """Read which button was pressed: "link 0", "rewrite typed", "keep" …"""
    action, _blank, which = request.POST.get("choice", "").partition(" ")
    typed = request.POST.get("typed", "").replace("\0", "").strip()[:300]
    if action not in ("link", "rewrite", "keep", "clear") or (which == "typed" and not typed):
        return Choice("link", None, typed) if typed else Choice("keep", -1)
    if which.isascii() and which.isdigit():
        return Choice(action, int(which[:3]))  # type: ignore[arg-type]
    return Choice(action, None, typed if which == "typed" else "")  # type: ignore[arg-type]


# --- what is answered ---------------------------------------------------------------------------


def _last_run(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return the last run over the scope, if this person may follow it, and what it came to."""
    found = Job.objects.filter(kind="clean names", key=_job_key(request, scope))
    managed = Collection.objects.managed_by(request.user).values("pk")
    job = found.order_by("-pk").first()
    mine = job is not None and (
        job.user_id == request.user.pk
        or found.filter(pk=job.pk, collection_id__in=managed).exists()
    )
    change_set = ChangeSet.objects.filter(job=job).first() if job and job.is_finished else None
    return {
        "job": job if mine else None,
        "busy": bool(job and not job.is_finished and not mine),
        "change_set": change_set,
    }


def _answer(
    request: HttpRequest,
    scope: Scope,
    about: Name | None,
    done: Decided | None = None,
    refused: str = "",
) -> HttpResponse:
    """Answer with the one name's card, or send back to the list with a word about it."""
    if request.headers.get("HX-Request") and about and not (done and done.job):
        row = _card(scope, about, done)
        context = {"scope": scope, "row": row, "done": done, "refused": refused, "number": 0}
        return render(request, "occurrences/cleaning_name.html", context)
    if refused:
        messages.error(request, refused)
    elif done:
        _tell(request, done)
    back = reverse("occurrences:cleaning", args=[scope.key])
    query = request.POST.get("back", "")
    address = f"{back}?{query}" if query else back
    if request.headers.get("HX-Request"):
        response = HttpResponse()
        response["HX-Redirect"] = address
        return response
    return redirect(address)


def _card(scope: Scope, about: Name, done: Decided | None) -> Row | None:
    """Return the name as it stands for the scope: by its own row, if it has one now."""
    rows = tool.with_families(scope, tool.standing_for(scope, about))
    if not rows and done:  # its records were rewritten
        return Row(about, 0)
    return rows[0] if rows else None


def _tell(request: HttpRequest, done: Decided) -> None:
    if done.job:
        job = reverse("job", args=[done.job.guid])
        told = _("These are many records: it goes on in the background.")
        messages.info(request, format_html('{} <a href="{}">{}</a>', told, job, _("Progress")))
        return
    names = ngettext("One name decided", "%(number)d names decided", done.names)
    told = names % {"number": done.names} + ", "
    records = ngettext("for one record.", "for %(number)d records.", done.records)
    told += records % {"number": done.records}
    for change_set in done.change_sets:
        there = reverse("occurrences:change_set", args=[change_set.guid])
        told = format_html('{} <a href="{}">{}</a>', told, there, _("What changed, and Undo"))
    messages.success(request, told)
    if done.stale:
        messages.warning(request, deciding.moved(done.stale))
