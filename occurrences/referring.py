"""What of ours hangs on a taxon, told to the thesaurus before one is merged or deleted."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from occurrences.models import Occurrence
from taxonomy.models import Taxon
from taxonomy.signals import taxon_references


@receiver(taxon_references, dispatch_uid="occurrences")
def records_of(taxon: Taxon, **_signal: Any) -> list[tuple[str, int]]:
    """Return how many records bear a name that is linked to the taxon itself."""
    return [(_("records"), Occurrence.objects.filter(name__taxon=taxon).count())]
