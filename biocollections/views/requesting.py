"""Requests for exact places: asking, following, answering."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from biocollections import granting, requesting
from biocollections.forms_requesting import AskForm, DecideForm, SayForm
from biocollections.models import AccessDecision, AccessRequest, Collection, Grant

MOST_SHOWN = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def access_new(request: HttpRequest) -> HttpResponse:
    """Ask for exact places; ?collection=GUID (several) and ?taxon= fill the form in."""
    filled = {
        "collections": request.GET.getlist("collection"),
        "taxa": [name for name in request.GET.getlist("taxon") if name],
    }
    form = AskForm(request.user, request.POST or None, request.FILES or None, initial=filled)
    if request.method == "POST" and form.is_valid():
        if refusal := ratelimit.consume_or_429(request, action="ask_for_access"):
            return refusal
        file, chosen = form.cleaned_data["attached"], form.cleaned_data["collections"]
        asked = requesting.ask(request, form.save(commit=False), chosen, file)
        messages.success(request, _("Your request is on its way. You see here what becomes of it."))
        return redirect(asked)
    context = {"form": form, "some": form.fields["collections"].queryset.exists()}  # type: ignore[attr-defined]
    return render(request, "collections/access_new.html", context)


@login_required
@require_safe
def access_requests(request: HttpRequest) -> HttpResponse:
    """My requests for exact places, and those that wait for my answer."""
    mine = AccessRequest.objects.filter(by=request.user).prefetch_related("decisions__collection")
    decidable = _told(AccessDecision.objects.decidable_by(request.user))
    context = {"mine": mine[:MOST_SHOWN], "waiting": decidable.waiting()[:MOST_SHOWN]}
    if request.user.has_perm("collections.change_grant"):
        context["everywhere"] = _told(AccessDecision.objects.all())[:MOST_SHOWN]
    return render(request, "collections/access_requests.html", context)


@login_required
@require_safe
def access_collection(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Requests to one collection, for those who administer it and for the portal's."""
    collection = get_object_or_404(Collection.objects.visible_to(request.user), guid=guid)
    if not Collection.objects.staffed_by(request.user).contains(collection):
        raise PermissionDenied
    rows = _told(AccessDecision.objects.filter(collection=collection))
    context = {
        "collection": collection,
        "waiting": rows.filter(state__in=("open", "asked back"))[:MOST_SHOWN],
        "settled": rows.exclude(state__in=("open", "asked back"))[:MOST_SHOWN],
    }
    return render(request, "collections/access_collection.html", context)


def _told(decisions: Any) -> Any:
    return decisions.select_related("request__by", "collection", "grant").order_by("-request__pk")


@login_required
@require_safe
def access_request(request: HttpRequest, guid: UUID) -> HttpResponse:
    """What somebody asks for, what each collection says, and what was said."""
    return _page(request, _asked(request.user, guid))


@login_required
@require_safe
def access_file(request: HttpRequest, guid: UUID) -> HttpResponseBase:
    """Hand the attached permit to the person himself and to those who decide, and to no cache."""
    asked = _asked(request.user, guid)
    if not asked.file or not asked.file.storage.exists(str(asked.file.name)):
        raise Http404
    _start, ending, media_type = requesting.type_of(asked.file)
    stem = asked.file_name.rpartition(".")[0] or asked.file_name
    response = FileResponse(
        asked.file.open("rb"),
        as_attachment=True,
        filename=f"{stem}.{ending}",
        content_type=media_type,
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def access_decide(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Grant, deny or ask back, for one collection."""
    decision = _decision(request.user, guid)
    if not AccessDecision.objects.decidable_by(request.user).contains(decision):
        raise PermissionDenied
    form = DecideForm(decision.request, request.POST)
    if not form.is_valid():
        return _page(request, decision.request, {decision.pk: form})
    try:
        if not _decide(request, decision, form):
            return _page(request, decision.request, {decision.pk: form})
    except ValidationError as error:
        form.refuse(error)
        return _page(request, decision.request, {decision.pk: form})
    except requesting.Settled:
        messages.error(request, _("This is settled already."))
    else:
        messages.success(request, _("Done. The person was told."))
    return redirect(decision.request)


def _decide(request: HttpRequest, decision: AccessDecision, form: DecideForm) -> bool:
    """Do what the pressed button says; tell whether the form had all that it needs."""
    said, pressed = form.cleaned_data["reason"], request.POST.get("decision")
    if pressed == "grant":
        if not form.needs_end():
            return False
        requesting.give(request, decision, said, form.cleaned_data["until"], form.scope)
    elif pressed == "deny":
        requesting.deny(request, decision, said)
    elif pressed == "ask":
        requesting.ask_back(request, decision, said)
    else:
        form.add_error(None, _("Grant, deny or ask back."))
        return False
    return True


@login_required
@require_POST
def access_answer(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Answer what a collection asked back, or add something."""
    decision = get_object_or_404(AccessDecision, guid=guid, request__by=request.user)
    form = SayForm(request.POST)
    if not form.is_valid():
        return _page(request, decision.request, {decision.pk: form})
    try:
        requesting.answer(request, decision, form.cleaned_data["text"])
    except requesting.Settled:
        messages.error(request, _("This is settled already."))
    return redirect(decision.request)


@login_required
@require_POST
def access_withdraw(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take one's own request to a collection back."""
    decision = get_object_or_404(AccessDecision, guid=guid, request__by=request.user)
    try:
        requesting.withdraw(request, decision)
    except requesting.Settled:
        messages.error(request, _("This is settled already."))
    return redirect(decision.request)


@login_required
@require_POST
def access_revoke(request: HttpRequest, guid: UUID) -> HttpResponse:
    """End now what was granted."""
    decision = _decision(request.user, guid)
    if not Collection.objects.staffed_by(request.user).contains(decision.collection):
        raise PermissionDenied
    try:
        requesting.revoke(request, decision)
    except requesting.Settled:
        messages.error(request, _("This has ended already."))
    else:
        messages.success(request, _("Revoked. The person was told."))
    return redirect(decision.request)


def _asked(user: Any, guid: UUID) -> AccessRequest:
    return get_object_or_404(AccessRequest.objects.visible_to(user).select_related("by"), guid=guid)


def _decision(user: Any, guid: UUID) -> AccessDecision:
    visible: QuerySet[AccessDecision] = AccessDecision.objects.visible_to(user)
    return get_object_or_404(
        visible.select_related("request__by", "collection", "grant"), guid=guid
    )


def _page(
    request: HttpRequest, asked: AccessRequest, forms: dict[int, Any] | None = None
) -> HttpResponse:
    """Show a request with the decisions this reader may see; `forms` are those refused, by key."""
    visible = AccessDecision.objects.visible_to(request.user).filter(request=asked)
    decisions = list(_told(visible).prefetch_related(Prefetch("entries"), "entries__by"))
    histories = granting.histories([each.grant for each in decisions if each.grant])
    context = {
        "asked": asked,
        "own": asked.by_id == request.user.pk,
        "limits": granting.scope_in_words(asked.scope),
        "rows": [_row(request.user, each, histories, forms or {}) for each in decisions],
        "others": asked.decisions.count() - len(decisions),
    }
    return render(request, "collections/access_request.html", context)


def _row(user: Any, decision: AccessDecision, histories: Any, forms: dict[int, Any]) -> Any:
    """Return one collection's decision, what this reader may do about it, and its history."""
    asked, held = decision.request, decision.grant
    may_decide = Collection.objects.managed_by(user).contains(decision.collection)
    form = forms.get(decision.pk)
    if form is None and decision.is_open:
        form = SayForm() if asked.by_id == user.pk else DecideForm(asked) if may_decide else None
    if form is not None:
        form.auto_id = f"id_{decision.pk}_%s"  # a page can hold several
    revocable = Grant.objects.grantable_by(user).filter(pk=held.pk) if held else None
    changes = histories[held.guid][:-1] if held else []  # without its giving, an entry of its own
    return {
        "decision": decision,
        "form": form,
        "may_revoke": bool(revocable and held and held.state in ("valid", "future")),
        "limits": granting.scope_in_words(held.scope) if held else "",
        "changes": [(each, list(granting.lines(each))) for each in reversed(changes)],
    }
