"""The help desk's pages: find a person, see what was mailed, and help him in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import acting, helping, inviting
from accounts.forms import InvitationForm, NewAddress, Reason
from accounts.models import AccountEvent, Invitation, SentMail, User

MOST_MAILS, MOST_EVENTS = 20, 50


def for_help_desk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer only those who administer the portal."""

    @login_required
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(acting.RIGHT):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return answer


@require_safe
@for_help_desk
def people(request: HttpRequest) -> HttpResponse:
    """Find somebody; the newest mails and the invitations nobody has used."""
    words = request.GET.get("name", "").strip()[:100]
    found = list(helping.find(words)[: helping.MOST_FOUND]) if words else []
    context = {
        "words": words,
        "found": found,
        "mails": SentMail.objects.all()[:MOST_MAILS],
        "invitations": Invitation.objects.filter(used_by=None).select_related("by")[:MOST_MAILS],
        "form": InvitationForm(),
        "registration": settings.REGISTRATION,
    }
    return render(request, "accounts/help_desk.html", context)


@require_safe
@for_help_desk
def person(request: HttpRequest, guid: UUID) -> HttpResponse:
    """What is known of somebody's account, and what can be done for him."""
    return _page(request, _person(guid))


@require_POST
@for_help_desk
def mail(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Send the mail the person waits for again."""
    person = _person(guid)
    helping.send_again(request, person)
    newest = helping.mails_to(person).first()
    if newest and newest.error:
        messages.error(request, newest.error)
    else:
        messages.success(request, _("The mail was sent."))
    return redirect("accounts:help_person", guid)


@never_cache
@require_POST
@for_help_desk
def link(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Make a one-time link and show it, this once."""
    person, form = _person(guid), Reason(request.POST)
    if not form.is_valid():
        return _page(request, person, link_form=form)
    made = helping.one_time_link(request, person, form.cleaned_data["reason"])
    return _page(request, person, link=made)


@require_POST
@for_help_desk
def address(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Change somebody's e-mail address."""
    person = _person(guid)
    form = NewAddress(person, request.POST)
    if not form.is_valid():
        return _page(request, person, address_form=form)
    words = form.cleaned_data
    helping.change_address(request, person, words["email"], words["reason"])
    messages.success(request, _("The address is changed. Both addresses were told."))
    return redirect("accounts:help_person", guid)


@require_POST
@for_help_desk
def second_factors(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take away somebody's second factors."""
    person, form = _person(guid), Reason(request.POST)
    if not form.is_valid():
        return _page(request, person, factors_form=form)
    helping.drop_second_factors(request, person, form.cleaned_data["reason"])
    messages.success(request, _("The second factors are gone. The person was told."))
    return redirect("accounts:help_person", guid)


@require_POST
@for_help_desk
def sign_in_as(request: HttpRequest, guid: UUID) -> HttpResponse:
    """See the portal as somebody does, for an hour at most."""
    person, form = _person(guid), Reason(request.POST)
    if not form.is_valid():
        return _page(request, person, acting_form=form)
    acting.begin(request, person, form.cleaned_data["reason"])
    return redirect("profile")


@login_required
@require_POST
def be_myself(request: HttpRequest) -> HttpResponse:
    """End acting for somebody."""
    ended = acting.end(request)
    if ended is None or ended.person is None:
        return redirect("profile")
    messages.success(request, _("You are yourself again."))
    return redirect("accounts:help_person", ended.person.guid)


@require_POST
@for_help_desk
def invite(request: HttpRequest) -> HttpResponse:
    """Send somebody a link by which he may register."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
    else:
        inviting.invite(request, form.cleaned_data["email"], form.cleaned_data["reason"])
        messages.success(request, _("The invitation was sent."))
    return redirect("accounts:help_desk")


def _person(guid: UUID) -> User:
    return get_object_or_404(User, guid=guid, left_at=None)


def _page(request: HttpRequest, person: User, **more: Any) -> HttpResponse:
    context = {
        "person": person,
        "addresses": EmailAddress.objects.filter(user=person),
        "factors": Authenticator.objects.filter(user=person).exclude(type="recovery_codes"),
        "mails": helping.mails_to(person)[:MOST_MAILS],
        "events": AccountEvent.objects.filter(person=person).select_related("by")[:MOST_EVENTS],
        "may_act": acting.may_act_for(request.user, person),
        "link_form": Reason(auto_id="link_%s"),
        "address_form": NewAddress(person, auto_id="address_%s"),
        "acting_form": Reason(auto_id="acting_%s"),
        "factors_form": Reason(auto_id="factors_%s"),
        **more,
    }
    return render(request, "accounts/help_person.html", context)
