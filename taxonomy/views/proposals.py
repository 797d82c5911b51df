"""Names that people ask to be added: proposing, the list, and deciding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journal.jobs import Refused
from taxonomy import proposals as queue
from taxonomy.forms import DeclineForm, ProposalForm, TaxonForm
from taxonomy.models import Name, Proposal

PAGE = 50


@login_required
@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """List the proposals: all to taxonomy editors, to others their own; waiting ones first."""
    asked = queue.visible_to(request.user)
    state = request.GET.get("state", "")
    shown = asked.filter(state=state) if state in Proposal.State.values else asked
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        shown = shown.filter(pk__lt=int(before[:18]))
    found = list(shown.order_by("-pk")[: PAGE + 1])
    following = f"?state={state}&before={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    context = {
        "proposals": found[:PAGE],
        "state": state,
        "states": [(value, word, asked.filter(state=value).count()) for value, word in _STATES],
        "next_url": following,
        "may_decide": request.user.has_perm("taxonomy.change_taxon"),
    }
    return render(request, "taxonomy/proposals.html", context)


_STATES = Proposal.State.choices


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Ask the taxonomy editors to add a name; anybody signed in may.

    ?written= is the GUID of a name on records, to be linked when the proposal is accepted.
    """
    written = _written(request.GET.get("written", ""))
    form = ProposalForm(request.POST or None, initial={"scientific_name": request.GET.get("name")})
    if request.method == "POST" and form.is_valid():
        try:
            made = queue.propose(request.user, **form.cleaned_data, **written)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Proposed. The taxonomy editors will look at it."))
            return redirect("taxonomy:proposal", made.guid)
    return render(request, "taxonomy/propose.html", {"form": form})


def _written(guid: str) -> dict[str, Any]:
    """Return what a proposal keeps of the name on records it comes from; nothing if of none."""
    try:
        name = Name.objects.filter(guid=UUID(guid)).first()
    except ValueError:
        return {}
    return {"name": name, "collection_id": name.collection_id} if name else {}


@login_required
@require_safe
def proposal(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show one proposal, and to taxonomy editors the forms that decide it."""
    return _shown(request, _proposal(request, guid))


@login_required
@require_POST
@permission_required("taxonomy.change_taxon", raise_exception=True)
def accept(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Add the proposed name as the form says now."""
    asked = _proposal(request, guid)
    form = TaxonForm(request.POST)
    if not form.is_valid() or form.warnings:
        return _shown(request, asked, form)
    try:
        taxon = queue.accept(asked, request.user, **form.values())
    except queue.thesaurus.Faulty as refusal:
        for fault in refusal.faults:
            form.blame(fault)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    else:
        messages.success(request, _("Accepted: it stands in the thesaurus."))
        return redirect(taxon)
    return _shown(request, asked, form)


@login_required
@require_POST
@permission_required("taxonomy.change_taxon", raise_exception=True)
def decline(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Turn a proposal down, with a reason."""
    asked, form = _proposal(request, guid), DeclineForm(request.POST)
    try:
        queue.decline(asked, request.user, request.POST.get("reason", "")[:2000])
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _shown(request, asked, decline=form)
    messages.success(request, _("Declined."))
    return redirect("taxonomy:proposal", guid)


@login_required
@require_POST
def withdraw(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Take one's own proposal back."""
    try:
        queue.withdraw(_proposal(request, guid), request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Withdrawn."))
    return redirect("taxonomy:proposal", guid)


def _proposal(request: HttpRequest, guid: UUID) -> Proposal:
    return get_object_or_404(queue.visible_to(request.user), guid=guid)


def _shown(
    request: HttpRequest,
    asked: Proposal,
    form: TaxonForm | None = None,
    decline: DeclineForm | None = None,
) -> HttpResponse:
    waiting = asked.state == Proposal.State.OPEN
    context = {
        "proposal": asked,
        "form": form or TaxonForm(initial=queue.initial_of(asked)),
        "decline": decline or DeclineForm(),
        "may_decide": waiting and request.user.has_perm("taxonomy.change_taxon"),
        "may_withdraw": waiting and asked.proposed_by_id == request.user.pk,
    }
    return render(request, "taxonomy/proposal.html", context)
