"""What a person decides in the review of an import, row by row or for many; and who else may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from journal import jobs
from occurrences import handing_over, import_row, reviewing, settling
from occurrences.forms_reviewing import DecisionForm, FixForm, ReviewerForm, RuleForm
from occurrences.models import ImportRun
from occurrences.views.import_steps import begin, is_working, run_of

State = ImportRun.State
FEW = 500  # rows that are judged anew while their person waits


@login_required
@require_safe
def import_row_page(request: HttpRequest, guid: UUID, number: int) -> HttpResponse:
    """Show one row from close by: its cells, what they become, what can be decided."""
    run = run_of(request, guid)
    outcome = get_object_or_404(run.outcomes, number=number)
    chosen = reviewing.read_filter(run, request.GET, default=False)
    shown = import_row.closely(run, outcome)
    context = {
        "run": run,
        "outcome": outcome,
        "chosen": chosen,
        "next": import_row.next_row(run, chosen, number) if chosen.action else None,
        "can_mend": _is_open(run),
        "can_decide": run.state in (State.CHECKED, State.APPLIED) and not is_working(run),
        "shown": shown,
        "row": shown.row,
    }
    return render(request, "occurrences/import_row.html", context)


@login_required
@require_POST
@transaction.atomic
def import_exclude(request: HttpRequest, guid: UUID, number: int) -> HttpResponse:
    """Leave one checked row out, or take it in again."""
    run = run_of(request, guid)
    if _is_open(run):
        settling.exclude(run, number, leave_out=request.POST.get("leave") == "1")
    return _back(request, run)


@login_required
@require_POST
@transaction.atomic
def import_exclude_all(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Leave out all rows that a filter shows, or take them in again."""
    run = run_of(request, guid)
    chosen = reviewing.read_filter(run, request.POST, default=False)
    if _is_open(run) and chosen.action:
        number = _leave(request, run, chosen)
        done = (
            ngettext("One row is left out.", "%(number)d rows are left out.", number)
            if request.POST.get("leave") == "1"
            else ngettext("One row is taken in again.", "%(number)d rows are in again.", number)
        )
        messages.success(request, done % {"number": number})
    return _back(request, run)


def _leave(request: HttpRequest, run: ImportRun, chosen: reviewing.Filter) -> int:
    before = run.counts["excluded"]
    shown = reviewing.outcomes(run, chosen)
    settling.exclude_all(run, shown, leave_out=request.POST.get("leave") == "1")
    return abs(run.counts["excluded"] - before)


@login_required
@require_POST
@transaction.atomic
def import_fix(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Mend a cell of one row, or of all rows with the same text there."""
    run = run_of(request, guid)
    form = FixForm(run, request.POST)
    if _is_open(run) and form.is_valid():
        fix = form.fix
        many = fix["row"] is None and len(settling.concerned(run, fix["at"], fix["old"])) > FEW
        _settle(request, run, many, settling.fix, {"do": "fix", **fix})
    elif form.errors:
        messages.error(request, form.first_error)
    return _back(request, run)


@login_required
@require_POST
@transaction.atomic
def import_unfix(request: HttpRequest, guid: UUID, index: int) -> HttpResponse:
    """Let a mended cell be as the file has it again."""
    run = run_of(request, guid)
    if _is_open(run) and index < len(run.fixes):
        gone = run.fixes[index]
        many = not gone["row"] and len(settling.concerned(run, gone["at"], gone["from"])) > FEW
        _settle(request, run, many, settling.unfix, {"do": "unfix", "position": index})
    return _back(request, run)


@login_required
@require_POST
@transaction.atomic
def import_decide(request: HttpRequest, guid: UUID, number: int) -> HttpResponse:
    """Say which record a row in conflict means, or what else is to become of it."""
    run = run_of(request, guid)
    outcome = get_object_or_404(run.outcomes, number=number)
    form = DecisionForm(outcome, request.POST)
    if form.is_valid() and not is_working(run):
        choice = form.cleaned_data["decision"]
        _try(request, lambda: settling.decide(run, number, choice))
    elif form.errors:
        messages.error(request, _("Choose what is to become of the row first."))
    return _back(request, run)


@login_required
@require_POST
@transaction.atomic
def import_decide_all(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Settle all conflicts by one rule."""
    run = run_of(request, guid)
    form = RuleForm(request.POST)
    if form.is_valid() and not is_working(run):
        many = run.counts["conflict"] > FEW
        asked = {"do": "decide", "rule": form.cleaned_data["rule"]}
        _settle(request, run, many, settling.decide_all, asked)
    return _back(request, run)


@login_required
@require_POST
@transaction.atomic
def import_as_copies(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Check the rows again as copies of other collections' records."""
    run = run_of(request, guid, to_manage=True)
    if _is_open(run):
        run.mode = ImportRun.Mode.COPIES
        run.save(update_fields=["mode"])
        begin(run, "import check", request.user)
    return redirect(run)


@login_required
@require_POST
@transaction.atomic
def import_hand_over(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Ask somebody to look through the review."""
    run = run_of(request, guid, to_manage=True)
    form = ReviewerForm(request.user, request.POST)
    if run.state != State.CHECKED or not form.is_valid():
        messages.error(request, form.first_error)
        return redirect(run)
    handing_over.hand_over(run, form.cleaned_data["person"], by=request.user)
    told = _("%(person)s may look through this review now, and finds it among the notices.")
    messages.success(request, told % {"person": run.reviewer})
    return redirect(run)


@login_required
@require_POST
@transaction.atomic
def import_take_back(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Let the reviewer see this import no longer."""
    run = run_of(request, guid, to_manage=True)
    handing_over.take_back(run)
    messages.success(request, _("The review is yours alone again."))
    return redirect(run)


@login_required
@require_safe
def import_not_imported(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand over the rows that did not or will not come in, with the reason, as a CSV."""
    run = run_of(request, guid)
    lines = reviewing.not_imported(run) if run.source else iter(())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"{run.file_name.rpartition('.')[0] or run.file_name}-not-imported.csv"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _is_open(run: ImportRun) -> bool:
    return run.state == State.CHECKED and not is_working(run)


def _settle(
    request: HttpRequest, run: ImportRun, many: bool, act: Any, asked: dict[str, Any]
) -> None:
    """Settle something about rows: while the person waits, or where they are many as a job."""
    if many:
        jobs.start("import settle", run.guid, request.user, run.collection_id, asked)
        return
    given = {name: value for name, value in asked.items() if name != "do"}
    _try(request, lambda: act(run, **given))


def _try(request: HttpRequest, act: Any) -> None:
    """Do what was asked; what the engine refuses is said on the page."""
    try:
        act()
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))


def _back(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Lead back to the rows, or with "next" to the page of the row after."""
    shown = reviewing.read_filter(run, request.POST, default=False)
    row = request.POST.get("row_page", "")
    if row.isascii() and row.isdigit():
        return redirect(_row_address(run, int(row[:9]), shown))
    return redirect(f"{run.get_absolute_url()}{shown.here}#rows")


def _row_address(run: ImportRun, number: int, shown: reviewing.Filter) -> str:
    return f"{run.get_absolute_url()}rows/{number}/{shown.here}"
