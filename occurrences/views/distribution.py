"""Taxonomic distribution: the families, genera and species of a collection, with their records."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from biocollections.models import Collection
from occurrences.statistics import Branch
from occurrences.statistics import distribution as counted


@require_safe
def distribution(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Show the families; one chosen family with its genera, and one genus with its names."""
    shown = get_object_or_404(Collection.objects.visible_to(request.user), guid=collection)
    root = counted(shown, request.user)
    family = root.below.get(request.GET.get("family", "\0"))
    genus = family.below.get(request.GET.get("genus", "\0")) if family else None
    context = {
        "collection": shown,
        "root": root,
        "families": _sorted(root),
        "family": family,
        "genera": _sorted(family),
        "genus": genus,
        "names": _sorted(genus),
    }
    return render(request, "occurrences/distribution.html", context)


def _sorted(branch: Branch | None) -> list[Branch]:
    """Return what a branch consists of by name, what has no name last."""
    return sorted(branch.below.values(), key=lambda b: (not b.name, b.name)) if branch else []
