"""Import profiles of a collection: saved, changed, refreshed from; and files by web address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections.models import Collection
from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import fetching, mapping, profiles, refreshing
from occurrences.forms_profiles import AddressForm, NameForm, ProfileForm
from occurrences.models import ImportProfile, ImportRun
from occurrences.views.import_steps import begin, run_of

RUNS = 20
State = ImportRun.State


@login_required
@require_safe
def import_profiles(request: HttpRequest, collection: UUID) -> HttpResponse:
    """List the sources of a collection, and where a file can be fetched from once."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    found = ImportProfile.objects.managed_by(request.user).filter(collection=into)
    rows = [(each, each.runs.first(), profiles.next_time(each)) for each in found]
    context = {"collection": into, "profiles": rows, "form": AddressForm()}
    return render(request, "occurrences/import_profiles.html", context)


@login_required
@require_POST
def import_fetch(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Have a file fetched from an address, then read as an uploaded one."""
    into = get_object_or_404(Collection.objects.managed_by(request.user), guid=collection)
    form = AddressForm(request.POST)
    if form.is_valid():
        run = fetching.order(into, request.user, form.cleaned_data["url"])
        begin(run, "import stage", request.user)
        return redirect(run)
    context = {"collection": into, "profiles": [], "form": form}
    return render(request, "occurrences/import_profiles.html", context, status=400)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def import_profile_new(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Save how an import was read and mapped, for the next file of its source."""
    run = run_of(request, guid, to_manage=True)
    if not run.mapping:
        return redirect(run)
    form = NameForm(run.collection, _given(request))
    if form.is_valid():
        profile = profiles.save(run, form.cleaned_data["name"], request.user)
        messages.success(request, _("“%(name)s” is saved.") % {"name": profile.name})
        return redirect("occurrences:import_profile", profile.guid)
    context = {"run": run, "form": form}
    status = 400 if form.errors else 200
    return render(request, "occurrences/import_profile_new.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def import_profile(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a profile with what came of its imports; a POST changes it."""
    profile = _profile(request, guid)
    form = ProfileForm(profile.collection, _given(request), instance=profile)
    if form.is_valid():
        form.keep(request.user)
        messages.success(request, _("The profile is changed."))
        return redirect("occurrences:import_profile", profile.guid)
    profile.refresh_from_db()
    context = {
        "profile": profile,
        "form": form,
        "job": _last_job(profile),
        "next": profiles.next_time(profile),
        "mapped": [(each["column"], mapping.label(each["term"])) for each in _mapped(profile)],
        "runs": list(_reports(request, profile)),
    }
    status = 400 if form.errors else 200
    return render(request, "occurrences/import_profile.html", context, status=status)


def _given(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _profile(request: HttpRequest, guid: UUID) -> ImportProfile:
    mine = ImportProfile.objects.managed_by(request.user)
    if request.method == "POST":
        mine = mine.select_for_update(of=("self",))
    return get_object_or_404(mine.select_related("collection", "user"), guid=guid)


def _mapped(profile: ImportProfile) -> list[dict[str, Any]]:
    return [entry for entry in profile.mapping if entry["term"]]


def _last_job(profile: ImportProfile) -> Job | None:
    return Job.objects.filter(kind="import refresh", key=str(profile.guid)).order_by("-pk").first()


def _reports(request: HttpRequest, profile: ImportProfile) -> Any:
    """Yield (run, headers that changed, records to take out, change set that took some out).

    Only what the last file that came in has not can be taken out.
    """
    runs = ImportRun.objects.visible_to(request.user).filter(profile=profile)
    newest = True
    for run in runs.select_related("user", "change_set")[:RUNS]:
        retired = ChangeSet.objects.filter(guid=run.counts.get("retired_by")).first()
        offered = run.state == State.APPLIED and newest and not retired
        newest = newest and run.state != State.APPLIED
        left = run.counts.get("missing", 0) if offered else 0
        yield run, profiles.changed_headers(run), left, retired


@login_required
@require_POST
@transaction.atomic
def import_profile_run(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have the source asked now."""
    profile = _profile(request, guid)
    if profile.url:
        refreshing.start(profile, request.user)
    return redirect("occurrences:import_profile", profile.guid)


@login_required
@require_POST
@transaction.atomic
def import_profile_delete(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Forget a profile; what came in through it stays."""
    profile = _profile(request, guid)
    into, name = profile.collection, profile.name
    profile.delete()
    messages.success(request, _("“%(name)s” is forgotten.") % {"name": name})
    return redirect("occurrences:import_profiles", into.guid)


@login_required
@require_POST
@transaction.atomic
def import_retire(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Have taken out what the source of an applied import no longer has."""
    run = run_of(request, guid, to_manage=True)
    if run.state == State.APPLIED and run.profile:
        jobs.start("import retire", run.guid, request.user, run.collection_id)
        return redirect("occurrences:import_profile", run.profile.guid)
    return redirect(run)
