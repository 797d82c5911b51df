"""Clusters of duplicates: the list, one of them side by side, one name for all, no duplicates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import noticing
from biocollections.models import Collection
from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import cluster_job, cluster_lists, clustering
from occurrences import cluster_news as news
from occurrences.cluster_lists import Listed, Show
from occurrences.models import Occurrence

DIFFERING = (
    "catalog_number",
    "recorded_by",
    "record_number",
    "event_date",
    "scientific_name",
    "identified_by",
    "date_identified",
    "country",
    "state_province",
    "locality",
)


@login_required
@require_safe
def clusters(request: HttpRequest) -> HttpResponse:
    """List the clusters of the collections this person edits, those that want work apart."""
    editable = Collection.objects.editable_by(request.user).order_by("name")
    if not editable and not cluster_job.may_run(request.user, None):
        raise PermissionDenied
    chosen = editable.filter(guid=_guid(request.GET.get("collection"))).first()
    show = request.GET.get("show", "")
    show = show if show in Show.values else Show.CONFLICTS
    within = editable.filter(pk=chosen.pk) if chosen else editable
    runs = _runs(request, chosen)  # first, so that what the last one linked is in the list
    rows = cluster_lists.page_of(request.user, within, show, _guid(request.GET.get("after")))
    query = {"show": show, **({"collection": chosen.guid} if chosen else {})}
    more = len(rows) > cluster_lists.PAGE
    context = {
        "rows": rows[: cluster_lists.PAGE],
        "collections": editable,
        "chosen": chosen,
        "show": show,
        "shows": Show.choices,
        "next_url": _next(query, rows) if more else "",
        **runs,
    }
    return render(request, "occurrences/clusters.html", context)


def _next(query: dict[str, Any], rows: list[Listed]) -> str:
    last = rows[cluster_lists.PAGE - 1].cluster.guid
    return f"?{urlencode({**query, 'after': last})}"


def _guid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _runs(request: HttpRequest, chosen: Collection | None) -> dict[str, Any]:
    """Return whether this person may have duplicates linked here, and how the last run went."""
    allowed = cluster_job.may_run(request.user, chosen)
    key = chosen.guid if chosen else cluster_job.PORTAL
    job = Job.objects.filter(kind=cluster_job.KIND, key=str(key)).order_by("-pk").first()
    done = ChangeSet.objects.filter(job=job, kind=ChangeSet.Kind.LINKING).first() if job else None
    return {"may_run": allowed, "job": job if allowed else None, "change_set": done}


@login_required
@require_POST
def cluster_run(request: HttpRequest) -> HttpResponse:
    """Have the duplicates of a collection, or of the portal, linked."""
    guid = _guid(request.POST.get("collection"))
    within = None
    if guid:
        within = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    if not cluster_job.may_run(request.user, within):
        raise PermissionDenied
    key, pk = (within.guid, within.pk) if within else (cluster_job.PORTAL, None)
    jobs.start(cluster_job.KIND, key, request.user, pk)
    query = {"show": Show.ALL, **({"collection": str(key)} if within else {})}
    return redirect(f"{reverse('occurrences:clusters')}?{urlencode(query)}")


@login_required
@require_safe
def cluster(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show the members of a cluster side by side, and what may be done about them."""
    each = _cluster(request, guid)
    columns = [(column, _differs(each, column)) for column in DIFFERING]
    context = {
        "cluster": each.cluster,
        "members": [
            (row, clustering.why(row.cluster_member.evidence), row.pk in each.own)
            for row in each.members
        ],
        "differing": [column for column, differs in columns if differs],
        "twice": each.twice,
        "may_edit": bool(each.own),
    }
    return render(request, "occurrences/cluster.html", context)


def _cluster(request: HttpRequest, guid: UUID) -> Listed:
    """Return a cluster of which this person sees two members at least, or answer 404."""
    found = cluster_lists.listed(request.user, [guid])
    if not found:
        raise Http404
    return found[0]


def _differs(each: Listed, column: str) -> bool:
    return len({getattr(row, column) for row in each.members} - {None, ""}) > 1


@login_required
@require_POST
def cluster_name(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Give my records of a cluster the name of one member; propose it for the others."""
    each = _own(request, guid)
    source = _member(each, request.POST.get("record"))
    try:
        differing = cluster_lists.differing(each, source)
        done = cluster_lists.adopt(request.user, source, differing)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("occurrences:cluster", guid)
    for change_set in done:
        there = reverse("occurrences:change_set", args=[change_set.guid])
        told = _("The determination was added.")
        link = format_html('{} <a href="{}">{}</a>', told, there, _("What changed, and Undo"))
        messages.success(request, link)
    if request.POST.get("propose") and cluster_lists.propose(request.user, each, source):
        messages.info(request, _("The curators of the other records get a notice."))
    elif not done:
        messages.info(request, _("The records you edit have this name. Nothing was changed."))
    return redirect("occurrences:cluster", guid)


@login_required
@require_POST
def cluster_part(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Say that a record, or all of mine, are no duplicates of the others; it is remembered."""
    each = _own(request, guid)
    source = _member(each, request.POST.get("record"))
    if source.pk not in each.own:
        raise PermissionDenied
    done = cluster_lists.part(request.user, each, [source])
    there = reverse("occurrences:change_set", args=[done.guid])
    told = _("It is no duplicate any more, and won't be proposed again.")
    link = format_html('{} <a href="{}">{}</a>', told, there, _("What changed, and Undo"))
    messages.success(request, link)
    if cluster_lists.listed(request.user, [guid]):
        return redirect("occurrences:cluster", guid)
    return redirect("occurrences:record", source.guid)


@login_required
@require_POST
def link(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Link a record that this person edits to another one that he sees."""
    visible = Occurrence.objects.visible_to(request.user).only("guid", "collection")
    one = get_object_or_404(visible, guid=guid)
    other = get_object_or_404(visible, guid=_guid(request.POST.get("other")))
    if not Collection.objects.editable_by(request.user).filter(pk=one.collection_id).exists():
        raise PermissionDenied
    if done := cluster_lists.join(request.user, one, other):
        there = reverse("occurrences:change_set", args=[done.guid])
        told = _("Linked as duplicates.")
        link = format_html('{} <a href="{}">{}</a>', told, there, _("What changed, and Undo"))
        messages.success(request, link)
    return redirect("occurrences:record", one.guid)


@login_required
@require_safe
def cluster_news(request: HttpRequest, collection: UUID, guid: UUID) -> HttpResponse:
    """List the records of a collection whose duplicates one change set determined."""
    within = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    if not Collection.objects.editable_by(request.user).contains(within):
        raise PermissionDenied
    change_set = get_object_or_404(ChangeSet, guid=guid)
    noticing.seen(request.user, request.path)
    pairs = news.pairs_of(change_set, request.user, within)
    context = {"collection": within, "pairs": pairs, "made_at": change_set.made_at}
    return render(request, "occurrences/cluster_news.html", context)


@login_required
@require_POST
def adopt(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Give a record that this person edits the determination of another sheet of its cluster."""
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    mine = get_object_or_404(visible, guid=guid)
    if not Collection.objects.editable_by(request.user).contains(mine.collection):
        raise PermissionDenied
    sheet = get_object_or_404(visible, guid=_guid(request.POST.get("from")))
    try:
        done = cluster_lists.adopt_from(request.user, mine, sheet)
    except jobs.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        there = reverse("occurrences:change_set", args=[done.guid])
        told = _("The determination was added, and its annotation label waits to be printed.")
        link = format_html('{} <a href="{}">{}</a>', told, there, _("What changed, and Undo"))
        messages.success(request, link)
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return redirect(came_from)
    return redirect("occurrences:record", mine.guid)


def _own(request: HttpRequest, guid: UUID) -> Listed:
    """Return a cluster in which this person edits a record; 403 where he only sees it."""
    each = _cluster(request, guid)
    if not each.own:
        raise PermissionDenied
    return each


def _member(each: Listed, guid: str | None) -> Occurrence:
    for row in each.members:
        if str(row.guid) == guid:
            return row
    raise Http404
