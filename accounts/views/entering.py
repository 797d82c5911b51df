"""Pages that need no account: Retrieve Login, an invitation, writing to the help desk."""

from __future__ import annotations

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import inviting, mailing
from accounts.forms import ContactForm, RetrieveLogin


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def retrieve_login(request: HttpRequest) -> HttpResponse:
    """Send the user name to the address it belongs to; the answer is the same for any address."""
    form = RetrieveLogin(request.POST or None)
    if request.method == "POST":
        if refusal := ratelimit.consume_or_429(request, action="retrieve_login"):
            return refusal
        if form.is_valid():
            form.send(request)
            return redirect("accounts:retrieve_login_done")
    return render(request, "accounts/retrieve_login.html", {"form": form})


@require_safe
def retrieve_login_done(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way, whoever asked."""
    return render(request, "accounts/retrieve_login_done.html")


@never_cache
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Lead somebody who was invited to the form of registration."""
    if inviting.accept(request, token):
        return redirect("account_signup")
    return render(request, "accounts/invitation_gone.html", status=410)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Write to the help desk."""
    person = request.user
    known = person.is_authenticated and {"name": str(person), "email": person.email}
    form = ContactForm(request.POST or None, initial={**(known or {}), **_about(request)})
    if request.method == "POST" and settings.HELP_DESK and form.is_valid():
        if refusal := ratelimit.consume_or_429(request, action="contact"):
            return refusal
        _send(form, person if known else None)
        messages.success(request, _("Your message is on its way to the help desk."))
        return redirect("accounts:contact")
    return render(request, "accounts/contact.html", {"form": form})


def _about(request: HttpRequest) -> dict[str, str]:
    """Begin the letter with the page of this portal that it was called from."""
    path = request.GET.get("about", "")
    if not path.startswith("/") or path.startswith("//") or len(path) > 200:
        return {}
    return {"message": f"{request.build_absolute_uri(path)}\n\n"}


def _send(form: ContactForm, person: object) -> None:
    context = {**form.cleaned_data, "person": person}
    mailing.send("accounts/email/contact", settings.HELP_DESK, context, form.cleaned_data["email"])
