"""Batch edit: rules for several fields, and what they do to each value, before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journal.jobs import Refused
from occurrences import batch_editing, batching
from occurrences.batch_editing import EDITED, How, Looked, Plan, Step
from occurrences.forms_panels import CHOICES, PANELS
from occurrences.history import label_of
from occurrences.models import Batch
from occurrences.views.batch import is_begun, search_of, to_prepare

ROWS = 3  # of the form at first
MOST_STEPS = 12
MOST_LETTERS = 4000  # of a text that is looked for or written


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Say by rules what is to be changed, and see what becomes of each value."""
    prepared = to_prepare(request, guid, Batch.Kind.EDIT)
    if is_begun(prepared):
        return redirect("occurrences:batch", guid)
    steps, wrong = Plan.of(prepared).steps, {}
    more = "more" in request.POST
    if request.method == "POST":
        steps = _steps(request.POST)
        wrong = (
            {} if more else {at: told for at, each in enumerate(steps) if (told := _wrong(each))}
        )
        if not wrong and not more:
            prepared.wanted = {"steps": [step.as_json() for step in steps]}
            prepared.save(update_fields=["wanted"])
            return redirect("occurrences:batch_edit", guid)
    context = {
        "batch": prepared,
        "number": batching.selected(prepared).count(),
        "rows": _rows(steps, wrong, more=more),
        "wrong": wrong,
        **({} if wrong or more else _preview(prepared)),
        **_offers(prepared),
    }
    return render(request, "occurrences/batch_edit.html", context)


@login_required
@require_POST
def batch_values(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Keep the values whose tick was taken away as they are, and have the rest done."""
    prepared = to_prepare(request, guid, Batch.Kind.EDIT)
    if is_begun(prepared):
        return redirect("occurrences:batch", guid)
    looked = _ticked(prepared, request.POST)
    going = [value for each in looked for value in each.values if not value.is_kept]
    if any(value.problem for value in going):
        told = _("Some new values mean nothing. Take their ticks away, or change the rule.")
        messages.error(request, told)
    elif not any(each.number for each in looked):
        messages.info(request, _("Nothing would change."))
    else:
        batching.start(prepared)
        return redirect("occurrences:batch", guid)
    return redirect("occurrences:batch_edit", guid)


def _steps(data: QueryDict) -> list[Step]:
    """Read the rows of the form; those without a field are blank."""
    names = ("column", "how", "find", "value")
    rows = zip_longest(*(data.getlist(name)[:MOST_STEPS] for name in names), fillvalue="")
    steps = []
    for column, how, find, value in rows:
        if column:
            texts = (text.replace("\0", "")[:MOST_LETTERS] for text in (find, value))
            steps.append(Step(column[:60], how[:20], *texts))
    return steps


def _wrong(step: Step) -> str:
    """Return why a rule can't be followed; "" when it can."""
    if step.column not in EDITED or step.how not in How.values:
        return _("Choose a field and what to do with it.")
    if step.how in (How.PART, How.PATTERN) and not step.find:
        return _("Say what is to be found.")
    if step.how in (How.SET, How.APPEND, How.PREPEND) and not step.value.strip():
        return _("Say what is to be written; to make a field blank, choose “Clear”.")
    if step.how == How.PATTERN:
        return batch_editing.pattern_problem(step)
    return ""


def _rows(steps: Sequence[Step], wrong: Mapping[int, str], *, more: bool) -> list[tuple[Step, str]]:
    """Return the rules with what is wrong with them, and blank rows to fill in."""
    shown = [(step, wrong.get(at, "")) for at, step in enumerate(steps)]
    blank = max(ROWS - len(steps), 1 + more)
    return [*shown, *([(Step("", How.SET), "")] * blank)][:MOST_STEPS]


def _preview(prepared: Batch) -> dict[str, Any]:
    """Return what becomes of the values, and whether anything does."""
    plan = Plan.of(prepared)
    try:
        looked = batch_editing.look(plan, batching.selected(prepared))
    except Refused as refusal:
        return {"refused": str(refusal)}
    return {"looked": looked, "problems": sum(_to_mend(each) for each in looked)}


def _to_mend(looked: Looked) -> int:
    return sum(bool(value.problem) and not value.is_kept for value in looked.values)


def _ticked(prepared: Batch, data: QueryDict) -> list[Looked]:
    """Write down which of the values that were shown are left alone; look at it all again."""
    plan = Plan.of(prepared)
    chosen = batching.selected(prepared)
    kept: dict[str, list[str]] = {}
    for each in batch_editing.look(plan, chosen):
        shown = set(data.get(f"shown-{each.column}", "").split())
        ticked = set(data.getlist(f"change-{each.column}"))
        left = [v.old for v in each.values if v.mark in shown - ticked]
        if left:
            kept[each.column] = left
    prepared.wanted["kept"] = kept
    prepared.save(update_fields=["wanted"])
    return batch_editing.look(Plan.of(prepared), chosen)


def _offers(prepared: Batch) -> dict[str, Any]:
    """Return what the form offers: fields by panel, ways to change them, usual values."""
    placed = {panel.title: _columns(f"{panel.shown} {panel.more}") for panel in PANELS}
    standing = {column for columns in placed.values() for column in columns}
    placed[_("Other fields")] = [column for column in EDITED if column not in standing]
    return {
        "panels": [
            (title, [(column, label_of(column)) for column in columns])
            for title, columns in placed.items()
        ],
        "hows": How.choices,
        "choices": {column: CHOICES[column] for column in EDITED if column in CHOICES},
        "search": search_of(prepared),
    }


def _columns(placed: str) -> list[str]:
    columns = (each.partition(":")[0] for each in placed.split())
    return [column for column in columns if column in EDITED]
