"""Names of a cleaning run asked of the Catalogue of Life online, before the run locks or writes.

Asking takes a fifth of a second a name, an hour for a large collection: nobody else's work waits
for it. What was answered is kept by `taxonomy.catalogue_of_life`, where the run finds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journal.jobs import Progress, Refused
from taxonomy import catalogue_of_life, matching
from taxonomy.catalogue_of_life import Unavailable
from taxonomy.evidence import Asked
from taxonomy.models import Name


def ask_online(
    names: QuerySet[Name],
    *,
    sources: Sequence[int] | None = None,
    kingdom: str = "",
    progress: Progress | None = None,
) -> int:
    """Ask about those of `names` that the checklists leave open; return how many these were.

    Nothing of the portal's names changes. Raises Refused when the service can't be used, with what
    was answered so far kept; called again it goes on from there.
    """
    open_ = _left_open(names, sources, kingdom)

    def tell(done: int) -> None:
        if progress:
            progress.report(done, len(open_), _("Asking the Catalogue of Life"))

    try:
        found = catalogue_of_life.look_up(open_, tell, kingdom=kingdom)
        usages = [match.chosen["usage"] for match in found if match.chosen]
        catalogue_of_life.complete(
            [usage for usage in usages if usage], lambda done: tell(len(open_))
        )
    except Unavailable as trouble:
        raise Refused(str(trouble)) from None
    return len(open_)


def _left_open(names: QuerySet[Name], sources: Sequence[int] | None, kingdom: str) -> list[Asked]:
    rows = names.order_by("pk").values_list("pk", "scientific_name", "authorship", "context")
    asked = [Asked(*row) for row in rows]
    matches = matching.match(asked, sources=sources, kingdom=kingdom, fuzzy=False)
    return [one for one, found in zip(asked, matches, strict=True) if found.state != "linked"]
