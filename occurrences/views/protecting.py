"""Protected species: what is protected where, by whose list, and what of a record is seen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journal.jobs import Refused
from journal.models import Job
from occurrences import history, protecting
from occurrences.forms_protecting import ListForm, RuleForm
from occurrences.models import Occurrence, Protection, ProtectionList, ProtectionRule
from occurrences.readers import exact_values

CHANGE = "occurrences.change_protection_rule"
MOST = 40  # collections filled in at once: an address has its limits


@require_safe
def protected_species(request: HttpRequest) -> HttpResponse:
    """Tell everybody which taxa are protected where, by whose list, and in how many records."""
    counts, holders = _records_by_rule(), _holders_by_rule()
    kept = set(ProtectionList.objects.kept_by(request.user).values_list("pk", flat=True))
    lists = [
        {"list": each, "families": list(_by_family(each, counts, holders)), "kept": each.pk in kept}
        for each in ProtectionList.objects.all()
    ]
    context = {"lists": lists, "may_add": request.user.has_perm(CHANGE)}  # type: ignore[union-attr]
    return render(request, "occurrences/protected_species.html", context)


def _by_family(
    within: ProtectionList, counts: dict[int, int], holders: dict[int, list[str]]
) -> Iterable[tuple[str, list[Any]]]:
    """Yield (family, [(rule, records, how to ask)]) of a list's rules that aren't over."""
    rules = within.rules.exclude(state=ProtectionRule.State.ENDED).select_related("taxon")
    ordered = sorted(rules, key=lambda rule: (rule.taxon.family, rule.taxon.scientific_name))
    for family, members in groupby(ordered, key=lambda rule: rule.taxon.family):
        yield family, [(rule, counts.get(rule.pk, 0), _asking(rule, holders)) for rule in members]


def _asking(rule: ProtectionRule, holders: dict[int, list[str]]) -> str:
    """Return the query of the form that asks the collections which hold its records for places."""
    asked = {"taxon": rule.taxon.scientific_name, "collection": holders.get(rule.pk, [])[:MOST]}
    return urlencode(asked, doseq=True)


def _holders_by_rule() -> dict[int, list[str]]:
    """Return the GUIDs of the public collections in which each rule protects a record."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id::bigint, array_agg(DISTINCT c.guid::text) FROM occurrences_withheld w "
            "CROSS JOIN LATERAL jsonb_array_elements_text(w.rules) AS r(id) "
            "JOIN collections_collection c ON c.id = w.collection_id AND c.is_public "
            "WHERE w.protection <> %s GROUP BY 1",
            [Protection.WHOLE],
        )
        return dict(cursor.fetchall())


def _records_by_rule() -> dict[int, int]:
    """Return how many records each rule protects, without those nobody is to know of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id::bigint, count(*) FROM occurrences_withheld w "
            "CROSS JOIN LATERAL jsonb_array_elements_text(w.rules) AS r(id) "
            "JOIN collections_collection c ON c.id = w.collection_id AND c.is_public "
            "WHERE w.protection <> %s GROUP BY 1",
            [Protection.WHOLE],
        )
        return dict(cursor.fetchall())


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "POST"])
def protection_list_new(request: HttpRequest) -> HttpResponse:
    """Begin a list."""
    return _edit_list(request, ProtectionList())


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "POST"])
def protection_list_edit(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Change what a list says about itself and who keeps it; where it holds stays."""
    return _edit_list(request, get_object_or_404(ProtectionList, guid=guid))


def _edit_list(request: HttpRequest, one: ProtectionList) -> HttpResponse:
    form = ListForm(request.POST or None, instance=one)
    if one.pk and one.rules.exists():
        for name in ("country", "state_province"):
            form.fields[name].disabled = True  # its rules have been applied there
    if form.is_valid():
        with transaction.atomic():
            one = form.save()
            one.keepers.set(form.cleaned_data["keepers"])
        return redirect("occurrences:protection_list", one.guid)
    context = {"form": form, "list": one if one.pk else None}
    return render(request, "occurrences/protection_list_edit.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def protection_list(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a list to those who keep it, and put a taxon on it."""
    one = _kept(request, guid)
    form = RuleForm(request.POST or None)
    if form.is_valid():
        try:
            protecting.add_rule(request.user, one, **form.cleaned_data)
            return redirect("occurrences:protection_list", guid)
        except Refused as refusal:
            form.add_error("taxon", str(refusal))
    counts = _records_by_rule()
    rules = one.rules.select_related("taxon", "added_by", "ended_by").order_by("-pk")
    context = {
        "list": one,
        "form": form,
        "rules": [(rule, counts.get(rule.pk, 0), _job_of(rule)) for rule in rules],
        "may_edit": request.user.has_perm(CHANGE),  # type: ignore[union-attr]
    }
    return render(request, "occurrences/protection_list.html", context)


def _kept(request: HttpRequest, guid: UUID) -> ProtectionList:
    one = get_object_or_404(ProtectionList, guid=guid)
    if not ProtectionList.objects.kept_by(request.user).contains(one):
        raise PermissionDenied
    return one


def _job_of(rule: ProtectionRule) -> Job | None:
    """Return the job that is at the rule's records, or that failed at them."""
    if rule.state not in (ProtectionRule.State.PENDING, ProtectionRule.State.ENDING):
        return None
    jobs = Job.objects.filter(kind="apply protection rule", key=str(rule.guid))
    return jobs.order_by("-pk").first()


@login_required
@require_POST
def protection_rule_end(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take a taxon off its list; a job shows again what only this rule withheld."""
    rule = get_object_or_404(ProtectionRule.objects.select_related("list", "taxon"), guid=guid)
    _kept(request, rule.list.guid)
    try:
        protecting.end_rule(request.user, rule)
        messages.success(
            request,
            _("%(taxon)s is off the list. Its records are being shown again, unless they are "
              "protected otherwise.") % {"taxon": rule.taxon},
        )  # fmt: skip
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("occurrences:protection_list", rule.list.guid)


@login_required
@require_POST
def protection_rule_resume(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Start the job of a rule again that was cancelled or failed on its way."""
    rule = get_object_or_404(ProtectionRule.objects.select_related("list"), guid=guid)
    _kept(request, rule.list.guid)
    protecting.resume(request.user, rule)
    return redirect("occurrences:protection_list", rule.list.guid)


@login_required
@require_safe
def public_view(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what the public sees of a protected record beside what this reader sees."""
    visible = Occurrence.objects.visible_to(request.user).select_related("collection")
    occurrence = get_object_or_404(visible.defer("search_vector"), guid=guid)
    if not occurrence.disclosed:
        raise Http404
    own = exact_values(occurrence)
    public = {column: getattr(occurrence, column) for column in own}
    lines = history.fields(public, own)
    context = {
        "occurrence": occurrence,
        "collection": occurrence.collection,
        "lines": sorted(lines, key=history.place),
        "hidden": occurrence.protection == Protection.WHOLE,
    }
    return render(request, "occurrences/public_view.html", context)
