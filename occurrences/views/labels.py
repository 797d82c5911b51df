"""Labels: what is chosen, how it looks, the PDF, and that it was printed."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from biocollections.models import Collection
from journal import jobs
from occurrences import label_pdf, labels
from occurrences.forms_labels import LayoutForm, ProfileForm, copies_sent
from occurrences.label_design import BUILT_IN, Design, label_of
from occurrences.label_layout import Problem
from occurrences.models import LabelKind, LabelProfile, LabelRun, Offer
from occurrences.selecting import Selection

SHOWN = 200  # rows whose number of labels can be changed on the page
NEVER_KEPT = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@login_required
@require_safe
def label_runs(request: HttpRequest) -> HttpResponse:
    """What can be printed, and what was laid out lately."""
    context = {
        "runs": LabelRun.objects.filter(user=request.user)[:20],
        "projects": labels.projects(request.user),
        "queued": labels.queued(request.user).count(),
        "profiles": LabelProfile.objects.changeable_by(request.user),
    }
    return render(request, "occurrences/label_runs.html", context)


@login_required
@require_POST
def labels_new(request: HttpRequest) -> HttpResponse:
    """Lay out labels of the chosen records; the page that follows shows them."""
    kind, title, guids = _chosen(request, request.POST)
    if not guids:
        messages.error(request, _("There is no record to print a label of."))
        return redirect("occurrences:label_runs")
    return redirect(labels.begin(request.user, kind, title, guids))


def _chosen(request: HttpRequest, asked: QueryDict) -> tuple[str, str, list[str]]:
    """Return the kind of label, what was chosen in words, and the GUIDs."""
    user = request.user
    kind = LabelKind.SPECIMEN
    if asked.get("queue"):
        waiting = [
            str(guid) for guid in labels.queued(user).values_list("identification", flat=True)
        ]
        return LabelKind.ANNOTATION, _("Annotation labels"), waiting[: labels.MOST]
    if project := asked.get("project"):
        mine = Collection.objects.editable_by(user)
        within = get_object_or_404(mine, guid=_guid(asked.get("collection")))
        return kind, project, labels.of_project(user, within, project)
    if asked.get("offer"):
        offer = get_object_or_404(Offer.objects.visible_to(user), guid=_guid(asked.get("offer")))
        return kind, _("Offer"), labels.of_offer(user, offer)
    if asked.get("search"):
        only = QueryDict(mutable=True)
        only.update({"search": str(asked["search"])})
        selection = Selection.of(only)
        return kind, "", labels.of_search(user, selection) if selection else []
    ticked = " ".join([*asked.getlist("record"), *asked.getlist("guid")]).split()
    sound = [str(guid) for guid in map(_guid, ticked) if guid]
    return kind, "", labels.of_records(user, sound)


def _guid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _mine(request: HttpRequest, guid: UUID) -> LabelRun:
    return get_object_or_404(
        LabelRun.objects.select_related("user", "job"), guid=guid, user=request.user
    )


@login_required
def labels_page(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a run and take over what was changed in it."""
    run = _mine(request, guid)
    if request.method == "POST" and _taken(request, run):
        return redirect(run)
    layout = LayoutForm(Design.from_json(run.design), request.POST or None, request.FILES or None)
    context = {
        "run": run,
        "layout": layout,
        "profile_form": ProfileForm(request.user),
        "profiles": LabelProfile.objects.usable_by(request.user).filter(kind=run.kind),
        "built_in": [(key, name) for key, (name, kind, _d) in BUILT_IN.items() if kind == run.kind],
        "rows": _rows(run),
        "hidden_rows": max(0, len(run.rows) - SHOWN),
        "at_once": len(run.rows) <= labels.AT_ONCE,
        **_preview(run, layout.design),
    }
    if run.finished_at:
        context["problems"] = _told(Problem(**each) for each in run.problems)
    return render(request, "occurrences/labels.html", context)


def _taken(request: HttpRequest, run: LabelRun) -> bool:
    """Keep the design and numbers that were sent with the form; tell whether they are sound."""
    if "items-TOTAL_FORMS" not in request.POST:
        return True
    layout = LayoutForm(Design.from_json(run.design), request.POST, request.FILES)
    if not layout.is_valid():
        return False
    run.design = layout.design.to_json()
    run.rows = copies_sent(run, request.POST)
    run.save(update_fields=["design", "rows"])
    labels.forget_file(run)
    return True


def _rows(run: LabelRun) -> list[dict[str, Any]]:
    """Return the first rows with what they are, their number, and when they were printed last."""
    design = Design.from_json(run.design)
    shown = _first_rows(run, SHOWN)
    known = {text.guid: text for text in labels.texts(shown, design)}
    printed = labels.last_printed(run.user, list(known))
    return [
        {
            "guid": guid,
            "title": known[guid].title,
            "by_count": known[guid].copies,
            "copies": copies,
            "printed": printed.get(guid),
        }
        for guid, copies in run.rows[:SHOWN]
        if guid in known
    ]


def _first_rows(run: LabelRun, most: int) -> LabelRun:
    """Return the run with its first rows alone, each as often as its Dupe Count says."""
    rows = [[guid, None] for guid, _copies in run.rows[:most]]
    return LabelRun(user=run.user, kind=run.kind, rows=rows, design=run.design)


def _preview(run: LabelRun, design: Design) -> dict[str, Any]:
    """Return the first page as a picture, and what doesn't fit of the first labels."""
    looked = LabelRun(user=run.user, kind=run.kind, rows=run.rows, design=design.to_json())
    made, problems = labels.pdf(looked, 0, labels.AT_ONCE)
    png = base64.b64encode(label_pdf.picture(made, width=1400, cropped=True)).decode()
    return {"picture": f"data:image/png;base64,{png}", "problems": _told(problems)}


def _told(problems: Any) -> list[dict[str, Any]]:
    """Return problems with the field's name, at most a hundred."""
    named = {
        "": "",
        "heading": _("Heading"),
        "footer": _("Footer"),
        "mark": _("Mark"),
        "code": _("Code"),
    }
    return [
        {
            "problem": each,
            "field": named[each.field] if each.field in named else label_of(each.field),
        }
        for each in list(problems)[:100]
    ]


@login_required
@require_POST
def labels_preview(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show how what stands in the form would be printed; nothing is kept."""
    run = _mine(request, guid)
    layout = LayoutForm(Design.from_json(run.design), request.POST, request.FILES)
    run.rows = copies_sent(run, request.POST)
    context = {"run": run, "at_once": len(run.rows) <= labels.AT_ONCE, "layout": layout}
    return render(request, "occurrences/label_preview.html", context | _preview(run, layout.design))


@login_required
@require_POST
def labels_use(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Lay the run out as a profile says."""
    run = _mine(request, guid)
    asked = request.POST.get("profile", "")
    if asked in BUILT_IN:
        run.design = BUILT_IN[asked][2].to_json()
    else:
        usable = LabelProfile.objects.usable_by(request.user)
        run.design = get_object_or_404(usable, guid=_guid(asked), kind=run.kind).design
    run.save(update_fields=["design"])
    labels.forget_file(run)
    return redirect(run)


@login_required
@require_POST
def labels_keep(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Keep the layout as a profile."""
    run = _mine(request, guid)
    form = ProfileForm(request.user, request.POST)
    if not (_taken(request, run) and form.is_valid()):
        messages.error(request, _("Give the layout a name, and correct what is marked."))
        return redirect(run)
    profile = form.keep(run)
    messages.success(request, _("The layout “%(name)s” is kept.") % {"name": profile.name})
    return redirect(run)


@login_required
@require_POST
def label_profile_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Drop a layout; labels that are laid out by it stay as they are."""
    profile = get_object_or_404(LabelProfile.objects.changeable_by(request.user), guid=guid)
    profile.delete()
    messages.success(request, _("The layout “%(name)s” is deleted.") % {"name": profile.name})
    return redirect("occurrences:label_runs")


@login_required
def labels_pdf(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand out the PDF; many labels are set by a job first. POST takes the form over before."""
    run = _mine(request, guid)
    if request.method == "POST":
        if not _taken(request, run):
            return redirect(run)
        if len(run.rows) > labels.AT_ONCE:
            labels.start(run)
            return redirect(run)
        return redirect("occurrences:labels_pdf", run.guid)
    if len(run.rows) <= labels.AT_ONCE:
        made: Any = HttpResponse(labels.pdf(run)[0], content_type="application/pdf")
        made["Content-Disposition"] = f'inline; filename="{_file_name(run)}.pdf"'
    elif labels.is_ready(run):
        made = FileResponse(
            run.file.open("rb"), filename=f"{_file_name(run)}.pdf", content_type="application/pdf"
        )
    else:
        labels.forget_file(run)
        return redirect(run)
    return _private(made)


def _private(response: Any) -> Any:
    """Keep what may tell protected places out of every cache."""
    for name, value in NEVER_KEPT.items():
        response[name] = value
    return response


def _file_name(run: LabelRun) -> str:
    return f"labels_{run.made_at:%Y-%m-%d}"


@login_required
@require_safe
def labels_csv(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand out what stands on the labels as a table."""
    run = _mine(request, guid)
    response = StreamingHttpResponse(labels.table(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(run)}.csv"'
    return _private(response)


@login_required
@require_POST
def labels_printed(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Note that the labels are printed; clear queue or label project as wished."""
    run = _mine(request, guid)
    clear = bool(request.POST.get("clear"))
    if len(run.rows) > labels.AT_ONCE:
        run.job = jobs.start(labels.PRINTED_JOB, run.guid, request.user, options={"clear": clear})
        run.save(update_fields=["job"])
        return redirect(run)
    cleared = labels.printed(run, clear=clear)
    messages.success(request, _("Noted as printed."))
    for change_set in cleared:
        told = format_html(
            '{} <a href="{}">{}</a>',
            _("The label project is cleared."),
            reverse("occurrences:change_set", args=[change_set.guid]),
            _("See it, or undo it"),
        )
        messages.info(request, told)
    return redirect(run)
