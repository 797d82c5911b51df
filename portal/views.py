"""The pages that gather several apps: home, the tour, the demo's sign-in, My Profile."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import sponsoring
from biocollections.models import Collection, Grant
from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import personal
from occurrences.demo import DEMO_ACCOUNTS
from occurrences.models import ImportRun, Occurrence, Protection
from occurrences.statistics import record_counts

GROUPS = {
    Collection.Type.PRESERVED: _("Collections"),
    Collection.Type.FOSSIL: _("Collections"),
    Collection.Type.OBSERVATION: _("Observation projects"),
    Collection.Type.PERSONAL: _("Personal observations"),
}
# What the printed label on the home page shows.
LABEL_FIELDS = [
    "guid",
    "collection__name",
    "catalog_number",
    "scientific_name",
    "scientific_name_authorship",
    "country",
    "state_province",
    "county",
    "locality",
    "recorded_by",
    "record_number",
    "event_date",
]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this portal is, what it holds now, and where to begin."""
    collections = list(Collection.objects.visible_to(request.user).select_related("institution"))
    with_counts(collections, request.user)
    newest = Occurrence.objects.visible_to(request.user).filter(
        protection=Protection.OPEN, scientific_name__isnull=False
    )
    return render(
        request,
        "portal/home.html",
        {
            "newest": newest.select_related("collection")
            .only(*LABEL_FIELDS)
            .order_by("-pk")
            .first(),
            "kept": [c for c in collections if c.type != Collection.Type.PERSONAL],
            "personal": [c for c in collections if c.type == Collection.Type.PERSONAL],
            "record_total": sum(collection.record_count for collection in collections),
        },
    )


@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    """Five minutes through the demonstration."""
    return render(request, "portal/tour.html", {"accounts": DEMO_ACCOUNTS})


@require_http_methods(["GET", "HEAD", "POST"])
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as a person of the demonstration with one click; nowhere but in a demonstration."""
    if not settings.DEMO:
        raise Http404
    following = request.POST.get("next", request.GET.get("next", ""))
    if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
        following = ""
    if request.method != "POST":
        context = {"accounts": DEMO_ACCOUNTS, "next": following}
        return render(request, "portal/demo_sign_in.html", context)
    wanted = request.POST.get("username")
    if wanted not in [account.username for account in DEMO_ACCOUNTS]:
        raise Http404
    person = get_object_or_404(get_user_model(), username=wanted, is_active=True)
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(following or "profile")


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Occurrence Management: my collections, and what I did last."""
    roles = roles_of(request.user)
    mine = Collection.objects.visible_to(request.user).filter(pk__in=roles)
    collections = with_counts(list(mine.select_related("institution")), request.user)
    for collection in collections:
        collection.my_roles = roles[collection.pk]
    codes = {collection.pk: collection.code for collection in collections}
    change_sets: list[Any] = list(ChangeSet.objects.filter(user=request.user)[:8])
    for change_set in change_sets:
        change_set.code = codes.get(change_set.collection_id, "")
    imports = ImportRun.objects.visible_to(request.user).filter(user=request.user)
    return render(
        request,
        "portal/profile.html",
        {
            "groups": in_groups(collections),
            "profiles": personal.profiles_of(request.user),
            "may_open": sponsoring.may_open(request.user),
            "imports": imports.select_related("collection").prefetch_related(
                "change_set__undone_by"
            )[:5],
            "change_sets": change_sets,
        },
    )


@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, and what I may do."""
    grants = Grant.objects.valid().filter(user=request.user).select_related("collection")
    return render(request, "portal/account.html", {"grants": grants.order_by("collection", "role")})


@login_required
@require_safe
def job(request: HttpRequest, guid: UUID) -> HttpResponse:
    """How far a job is; when it has finished, the page that shows it loads anew."""
    shown = get_object_or_404(jobs_visible_to(request.user), guid=guid)
    template = "components/progress.html" if request.htmx else "portal/job.html"
    response = render(request, template, {"job": shown})
    if request.htmx and shown.is_finished:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def job_cancel(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Ask a job to stop."""
    stopped = get_object_or_404(jobs_visible_to(request.user), guid=guid)
    jobs.cancel(stopped)
    stopped.refresh_from_db()
    if request.htmx:
        return render(request, "components/progress.html", {"job": stopped})
    return redirect("job", stopped.guid)


def jobs_visible_to(user: Any) -> QuerySet[Job]:
    """Return those in collections he administers, and his own where he still has a role."""
    managed = Collection.objects.managed_by(user).values("pk")
    editable = Collection.objects.editable_by(user).values("pk")
    own = Q(user=user) & (Q(collection_id=None) | Q(collection_id__in=editable))
    return Job.objects.filter(own | Q(collection_id__in=managed))


def with_counts(collections: list[Any], user: Any) -> list[Any]:
    """Return `collections`, each with the number of its records that `user` may see."""
    counts = record_counts(user)
    for collection in collections:
        collection.record_count = counts.get(collection.pk, 0)
    return collections


def roles_of(user: Any) -> dict[int, list[str]]:
    """Return {collection id: names of the roles that `user` now holds there}."""
    roles: dict[int, list[str]] = {}
    for grant in Grant.objects.valid().filter(user=user):
        if grant.collection_id:
            roles.setdefault(grant.collection_id, []).append(grant.get_role_display())
    return roles


def in_groups(collections: list[Any]) -> list[tuple[Any, list[Any]]]:
    """Return (heading, collections) in the order of GROUPS, without empty groups."""
    order = list(GROUPS)
    by_type = sorted(collections, key=lambda collection: order.index(collection.type))
    return [
        (heading, list(group))
        for heading, group in groupby(by_type, key=lambda collection: GROUPS[collection.type])
    ]
