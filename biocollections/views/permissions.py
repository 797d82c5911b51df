"""Manage Permissions: who may do what in a collection, in the whole portal, and one person."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import granting
from biocollections.forms_granting import ChangeGrantForm, GrantForm, LimitsForm, PersonGrantForm
from biocollections.models import Collection, Grant, Role
from journal.models import ChangeSet

PEOPLE_SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def permissions(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Manage Permissions of a collection: who has which role, who had; give another."""
    within = Collection.objects.staffed_by(request.user).filter(guid=guid).first()
    if within is None:
        get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
        raise PermissionDenied
    return _permissions(request, within)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def portal_permissions(request: HttpRequest) -> HttpResponse:
    """The same of the roles that hold portal-wide; for portal admins."""
    if not request.user.has_perm("collections.change_grant"):
        raise PermissionDenied
    return _permissions(request, None)


def _permissions(request: HttpRequest, within: Collection | None) -> HttpResponse:
    form = GrantForm(request.user, within, _data(request))
    if form.is_valid() and _give(request, form, form.cleaned_data["person"], within):
        return redirect(request.path)
    grants = Grant.objects.grantable_by(request.user).filter(collection=within)
    shown = _listed(grants)
    context = {
        "collection": within,
        "form": form,
        "groups": _by_role(each for each in shown if each.state in ("valid", "future")),
        "ended": [each for each in shown if each.state in ("expired", "revoked")],
        "may_see_people": request.user.has_perm("accounts.change_user"),
    }
    return render(request, "collections/permissions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def grant(request: HttpRequest, guid: UUID) -> HttpResponse:
    """One role of one person: its history; its end and limits to change."""
    shown = _grant(request, guid)
    form = ChangeGrantForm(shown, _data(request))
    if request.method == "POST" and form.is_valid():
        until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
        try:
            made = granting.change(
                shown, by=request.user, reason=reason, until=until, scope=form.scope
            )
        except PermissionDenied as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.refuse(error)
        else:
            _tell(request, _("Changed.") if made else _("Nothing was changed."), made)
            return redirect("collections:grant", guid)
    history = granting.histories([shown])[shown.guid]
    context = {
        "grant": shown,
        "form": form,
        "history": [(each, list(granting.lines(each))) for each in history],
        "may_see_people": request.user.has_perm("accounts.change_user"),
    }
    return render(request, "collections/grant.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, guid: UUID) -> HttpResponse:
    """End a role now."""
    ended = _grant(request, guid)
    try:
        made = granting.revoke(ended, by=request.user, reason=request.POST.get("reason", "")[:1000])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        told = _("%(person)s is no longer %(role)s.")
        role = ended.get_role_display()
        _tell(request, told % {"person": ended.user, "role": role}, made)
    if not Grant.objects.grantable_by(request.user).filter(pk=ended.pk).exists():
        return redirect("profile")
    if ended.collection is None:
        return redirect("collections:portal_permissions")
    return redirect("collections:permissions", ended.collection.guid)


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Find a person, for portal admins."""
    if not request.user.has_perm("accounts.change_user"):
        raise PermissionDenied
    asked = request.GET.get("q", "").replace("\0", "").strip()
    begins = Q(username__istartswith=asked) | Q(last_name__istartswith=asked)
    begins |= Q(first_name__istartswith=asked) | Q(email__icontains=asked)
    found = get_user_model().objects.filter(begins).order_by("last_name", "username")
    shown = list(found[: PEOPLE_SHOWN + 1])
    context = {"asked": asked, "people": shown[:PEOPLE_SHOWN], "more": len(shown) > PEOPLE_SHOWN}
    return render(request, "collections/people.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, guid: UUID) -> HttpResponse:
    """All roles that a person has and had: for portal admins, and for the person to read."""
    may_grant = request.user.has_perm("accounts.change_user")
    shown = get_user_model().objects.filter(guid=guid).first()
    if shown is None or not (may_grant or shown == request.user):
        raise Http404
    form = PersonGrantForm(request.user, _data(request)) if may_grant else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid() and _give(request, form, shown, form.cleaned_data["collection"]):
            return redirect(request.path)
    grants = _listed(Grant.objects.filter(user=shown))
    context = {
        "person": shown,
        "form": form,
        "grants": [each for each in grants if each.state in ("valid", "future")],
        "ended": [each for each in grants if each.state in ("expired", "revoked")],
    }
    return render(request, "collections/person.html", context)


@login_required
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Offer people whose user name or name begins with what is typed, to who gives roles."""
    try:
        found = granting.suggest_people(request.GET.get("person", "")[:200], request.user)
    except granting.TooMany:
        return HttpResponse(status=429)
    return render(request, "collections/people_suggested.html", {"people": found})


def _data(request: HttpRequest) -> Any:
    """Return what a form is bound to: what was posted, though it be nothing."""
    return request.POST if request.method == "POST" else None


def _grant(request: HttpRequest, guid: UUID) -> Grant:
    mine = Grant.objects.grantable_by(request.user)
    return get_object_or_404(mine.select_related("user", "collection", "granted_by"), guid=guid)


def _give(
    request: HttpRequest, form: LimitsForm, user: Any, within: Collection | None
) -> Grant | None:
    """Give the role of a valid form and say so; None when it is refused, which the form shows."""
    told = form.cleaned_data
    try:
        made = granting.grant(
            user,
            told["role"],
            within,
            by=request.user,
            reason=told["reason"],
            until=told["until"],
            scope=form.scope,
        )
    except ValidationError as error:
        form.refuse(error)
        return None
    except PermissionDenied as error:
        form.add_error(None, str(error) or _("You may not give this role."))
        return None
    change_set = granting.histories([made])[made.guid][0].change_set
    done = _("%(person)s is now %(role)s.") % {"person": user, "role": made.get_role_display()}
    _tell(request, done, change_set)
    return made


def _tell(request: HttpRequest, text: str, change_set: ChangeSet | None) -> None:
    """Say what was done, with the button that takes it back."""
    if change_set is None:
        messages.info(request, text)
        return
    to = reverse("occurrences:undo", args=[change_set.guid])
    button = render_to_string("components/undo.html", {"to": to, "small": True}, request)
    messages.success(request, format_html("{} {}", text, button))


def _listed(grants: QuerySet[Grant]) -> list[Any]:
    """Return grants with what a list shows: their limits in words, and who ended them."""
    order = list(Role.values)
    found: list[Any] = list(
        grants.select_related("user", "collection", "granted_by").order_by(
            "user__last_name", "user__username", "pk"
        )
    )
    history = granting.histories(found)
    for each in found:
        each.limits = granting.scope_in_words(each.scope)
        each.last_change = next(iter(history[each.guid]), None)
    return sorted(found, key=lambda each: order.index(each.role))


def _by_role(grants: Any) -> list[tuple[str, list[Grant]]]:
    """Return (role, its grants) in the order of the roles."""
    return [
        (str(Role(role).label), list(group))
        for role, group in groupby(grants, key=lambda each: each.role)
    ]
