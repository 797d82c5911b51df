"""My Profile: who I am, my user name, what is held about me, going; and what others see of me."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import get_user_model, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import leaving
from accounts.forms import LeaveForm, Profile, UserName
from accounts.models import AccountEvent, note


@require_safe
def person(request: Any, guid: UUID) -> HttpResponse:
    """Who somebody is, if he wants it known."""
    people = get_user_model().objects.filter(is_active=True)
    shown = get_object_or_404(people, guid=guid)
    if not shown.is_public and shown != request.user:
        return render(request, "404.html", status=404)
    return render(request, "accounts/person.html", {"person": shown})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Any) -> HttpResponse:
    """Edit names, ORCID, institution, and whether they are public."""
    form = Profile(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("account")
    return render(request, "accounts/profile.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def user_name(request: Any) -> HttpResponse:
    """Take another user name; the old one is free for others then."""
    form = UserName(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        old, request.user.username = request.user.username, form.cleaned_data["username"]
        request.user.save(update_fields=["username"])
        note(request.user, AccountEvent.Kind.USER_NAME, old=old, new=request.user.username)
        messages.success(request, _("From now on you sign in by the new name."))
        return redirect("account")
    return render(request, "accounts/user_name.html", {"form": form})


@login_required
@require_POST
def export(request: Any) -> HttpResponse:
    """Download everything that is held about me."""
    response = HttpResponse(leaving.export(request.user), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="my-account.zip"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def leave(request: Any) -> HttpResponse:
    """Delete my account; what I did to records stays, without my name."""
    form = LeaveForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.leave(request.user)
        except leaving.Stays as reason:
            form.add_error(None, str(reason))
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("home")
    return render(request, "accounts/leave.html", {"form": form})
