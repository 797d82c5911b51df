"""Join this portal: what it is, asking to take part, and answering."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import joining, richtext
from biocollections.forms_joining import AnswerForm, BringForm, JoinForm, TextForm
from biocollections.models import Collection, JoinRequest

MOST_SHOWN = 200


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """What this portal covers, its siblings, its collections, and how to take part."""
    told = joining.text()
    collections = Collection.objects.visible_to(request.user).filter(is_public=True)
    context = {
        "about": richtext.clean(told.about),
        "siblings": told.siblings,
        "collections": collections.exclude(type=Collection.Type.PERSONAL).select_related(
            "institution"
        ),
        "may_write": request.user.has_perm("portal.change_settings"),
    }
    return render(request, "collections/join.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: Any) -> HttpResponse:
    """Ask to bring a collection."""
    contact = f"{request.user} <{request.user.email}>"
    form = BringForm(request.POST or None, initial={"contact": contact})
    return _ask(request, form, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join_collection(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Ask to work in a collection."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    if collection.type == Collection.Type.PERSONAL:
        raise PermissionDenied
    asked = JoinRequest(collection=collection)
    return _ask(request, JoinForm(request.POST or None, instance=asked), collection)


def _ask(request: HttpRequest, form: Any, collection: Collection | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        if refusal := ratelimit.consume_or_429(request, action="ask_to_join"):
            return refusal
        joining.ask(request, form.save(commit=False))
        messages.success(request, _("Your request is on its way. You see here what becomes of it."))
        return redirect("collections:join_requests")
    context = {"form": form, "collection": collection}
    return render(request, "collections/join_ask.html", context)


@login_required
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """My requests to join, and those I decide."""
    asked = JoinRequest.objects.select_related("by", "collection", "decided_by")
    decidable = asked.decidable_by(request.user)
    context = {
        "mine": asked.filter(by=request.user)[:MOST_SHOWN],
        "waiting": decidable.filter(state=JoinRequest.State.OPEN)[:MOST_SHOWN],
        "settled": decidable.exclude(state=JoinRequest.State.OPEN)[:MOST_SHOWN],
    }
    return render(request, "collections/join_requests.html", context)


@login_required
@require_safe
def join_request(request: HttpRequest, guid: UUID) -> HttpResponse:
    """What somebody asks for, and what became of it."""
    return _page(request, _asked(request, guid), AnswerForm())


@login_required
@require_POST
def decide(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Accept or decline a request, with the reason."""
    asked = _asked(request, guid)
    if not JoinRequest.objects.decidable_by(request.user).contains(asked):
        raise PermissionDenied
    form = AnswerForm(request.POST)
    if form.is_valid():
        accepted = request.POST.get("decision") == "accept"
        try:
            joining.decide(request, asked, accepted=accepted, **form.cleaned_data)
        except joining.Settled:
            messages.error(request, _("This is settled already."))
            return redirect(asked)
        except ValidationError as reason:
            form.add_error(None, " ".join(reason.messages))
        else:
            messages.success(request, _("Decided. The person was told."))
            return redirect("collections:join_requests")
    return _page(request, asked, form)


@login_required
@require_POST
def withdraw(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take one's own request back."""
    asked = get_object_or_404(JoinRequest, guid=guid, by=request.user)
    try:
        joining.withdraw(asked)
    except joining.Settled:
        messages.error(request, _("This is settled already."))
    return redirect("collections:join_requests")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: HttpRequest) -> HttpResponse:
    """Write what the portal says of itself."""
    if not request.user.has_perm("portal.change_settings"):
        raise PermissionDenied
    told = joining.text()
    initial = {"about": told.about, "siblings": told.siblings}
    form = TextForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        joining.write_text(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("collections:join")
    return render(request, "collections/join_text.html", {"form": form})


def _asked(request: HttpRequest, guid: UUID) -> JoinRequest:
    visible = JoinRequest.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("by", "collection", "made"), guid=guid)


def _page(request: HttpRequest, asked: JoinRequest, form: AnswerForm) -> HttpResponse:
    if asked.collection:
        del form.fields["code"]
    may_decide = JoinRequest.objects.decidable_by(request.user).contains(asked)
    context = {"asked": asked, "form": form, "may_decide": may_decide and asked.is_open}
    return render(request, "collections/join_request.html", context)
