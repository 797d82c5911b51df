"""The explorer of the thesaurus: a tree to open, an indented list, a search; and suggestions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from taxonomy import explorer as tree
from taxonomy import looking_up
from taxonomy.faults import Wanted, namesakes
from taxonomy.forms import ExplorerForm
from taxonomy.models import Proposal, Taxon
from taxonomy.parsing import parse

MOST_FOUND = 100


@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
    """Show the tree, open down to `open`; or all below `list`; or what `q` finds."""
    form = ExplorerForm(request.GET)
    options = form.cleaned_data if form.is_valid() else {}
    top = _asked(request.GET.get("list", ""))
    chosen = _asked(request.GET.get("open", ""))
    found = list(looking_up.named(options["q"])[: MOST_FOUND + 1]) if options.get("q") else []
    whole = True
    if top and top.current:
        branch, whole = tree.listed(top.current)
        branches = [branch]
    else:
        branches = tree.opened(chosen)
    context = {
        "form": form,
        "options": options,
        "query": _kept(options),
        "found": found[:MOST_FOUND],
        "is_cut": len(found) > MOST_FOUND,
        "branches": branches,
        "taxa": tree.walk(branches) + found[:MOST_FOUND],
        "top": top.current if top else None,
        "chosen": chosen,
        "whole": whole,
        "most": tree.MOST_LISTED,
        "waiting": _waiting(request.user),
    }
    return render(request, "taxonomy/explorer.html", context)


@require_safe
def children(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Return what stands below a taxon, for the tree to put in its place."""
    taxon = get_object_or_404(Taxon.objects.accepted(), guid=guid)
    form = ExplorerForm(request.GET)
    options = form.cleaned_data if form.is_valid() else {}
    branches = tree.below(taxon)
    branch = tree.Branch(taxon, bool(branches), branches)
    context = {
        "branches": branches,
        "branch": branch,
        "options": options,
        "query": _kept(options),
        "taxa": [each.taxon for each in branches],
    }
    return render(request, "taxonomy/children.html", context)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Return options for the list of a field in which a taxon is being typed."""
    text = request.GET.get(request.GET.get("field", "q"), "")[:200]
    taxa = looking_up.beginning(text, accepted_only="accepted" in request.GET)
    plain = request.GET.get("field") == "q"
    return render(request, "taxonomy/suggestions.html", {"taxa": taxa, "plain": plain})


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Say what is known of a name while it is being typed: what it reads as, and namesakes."""
    written = request.GET.get("scientific_name", "").strip()[:250]
    parsed = parse(written) if written else None
    names = namesakes(Wanted(written, rank="")) if written else []
    own = request.GET.get("own", "")
    context = {
        "parsed": parsed,
        "names": [taxon for taxon in names if str(taxon.guid) != own],
        "is_odd": bool(parsed and (parsed.authorship or parsed.quality in (0, 4))),
    }
    return render(request, "taxonomy/check.html", context)


def _asked(guid: str) -> Taxon | None:
    try:
        return Taxon.objects.select_related("current").filter(guid=UUID(guid)).first()
    except ValueError:
        return None


def _kept(options: dict[str, Any]) -> str:
    """Return the options as the links of the tree repeat them: "&authors=1"."""
    chosen = [name for name, value in options.items() if value is True]
    return "".join(f"&{name}=1" for name in chosen)


def _waiting(user: Any) -> int:
    if not user.has_perm("taxonomy.change_taxon"):
        return 0
    return Proposal.objects.filter(state=Proposal.State.OPEN).count()
