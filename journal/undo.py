"""Taking a change set back.

An app registers how its kinds of row are restored. A row is restored wherever it still holds what
the change set left; what has changed since is left alone and listed. An undo is a change set too,
so it can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from journal.jobs import Progress, Refused, collection_lock, work
from journal.models import ChangeSet, Job

MOST_CONFLICTS_KEPT = 1000


@dataclass
class Undoing:
    """One undo under way: what is taken back, the change set that does it, and the tally."""

    change_set: ChangeSet
    undo: ChangeSet
    progress: Progress | None = None
    counts: Counter[str] = field(default_factory=Counter)
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    def conflict(self, record: object, fields: list[str]) -> None:
        """Note that `record` was left alone in `fields`, because somebody changed it since."""
        self.counts["conflicts"] += 1
        if len(self.conflicts) < MOST_CONFLICTS_KEPT:
            self.conflicts.append({"record": str(record), "fields": fields})

    def keep(self) -> None:
        """Save the tally; called in the transaction of the rows it counts, so a restart goes on."""
        self.undo.counts = dict(self.counts)
        self.undo.conflicts = self.conflicts
        self.undo.save(update_fields=["counts", "conflicts"])

    def report(self) -> None:
        """Tell the job, if there is one, how many rows are through, and stop where it has to."""
        if self.progress:
            _require_right(self.progress.job.user, self.change_set)
            self.progress.report(sum(self.counts.values()), message=_("Taking it back"))


Allowed = Callable[[Any, ChangeSet], bool]
_allowed: list[Allowed] = []


def only_while(allowed: Allowed) -> Allowed:
    """Register who may undo what: asked again for each chunk, for a role may end meanwhile."""
    _allowed.append(allowed)
    return allowed


def _require_right(user: Any, change_set: ChangeSet) -> None:
    """Raise Refused when a job's person may not undo this now. A command is nobody, and may."""
    if user and not all(allowed(user, change_set) for allowed in _allowed):
        raise Refused(_("You may no longer undo this. What was not taken back yet stays."))


Restorer = Callable[[Undoing], None]
Within = Callable[[ChangeSet], Iterable[int]]
_restorers: dict[str, Restorer] = {}
_also_within: dict[str, Within] = {}


def register(
    kind: str,
    restorer: Restorer,
    *,
    first: bool = False,
    last: bool = False,
    also_within: Within | None = None,
) -> None:
    """Say how rows of `kind` are restored. Each restorer looks after its own transactions.

    They are called in the order of registering; `first`: before all others, because their rows
    point to these; `last`: after them, for nothing may point to these any more. also_within: the
    collections a change set of such rows concerns besides its own, which a job has to hold too.
    """
    _turns[kind] = last - first
    if also_within:
        _also_within[kind] = also_within
    others = {name: known for name, known in _restorers.items() if name != kind}
    ordered = sorted({**others, kind: restorer}.items(), key=lambda item: _turns[item[0]])
    _restorers.clear()
    _restorers.update(ordered)


_turns: dict[str, int] = {}


def is_undone(change_set: ChangeSet) -> bool:
    """Tell whether an undo of `change_set` stands, itself not undone."""
    return any(not is_undone(undo) for undo in change_set.undone_by.all())


def cut_off(change_set: ChangeSet) -> ChangeSet | None:
    """Return the undo of `change_set` whose job was cancelled or failed on the way, if one was."""
    stopped = change_set.undone_by.filter(job__state__in=(Job.State.CANCELLED, Job.State.FAILED))
    return next((undo for undo in stopped if not is_undone(undo)), None)


def undo(
    change_set: ChangeSet, user: Any, reason: str = "", progress: Progress | None = None
) -> ChangeSet:
    """Take `change_set` back and return the change set that did it, with counts and conflicts.

    Raises Refused when it is already undone. Called again for a job that was cut off, or after one
    that was cancelled on the way, it goes on with the same change set.
    """
    job = progress.job if progress else None
    with transaction.atomic():
        ChangeSet.objects.select_for_update().get(pk=change_set.pk)
        begun = change_set.undone_by.filter(job=job).first() if job else None
        begun = begun or cut_off(change_set)
        if begun:
            begun.job = job
            begun.save(update_fields=["job"])
        else:
            if is_undone(change_set):
                raise Refused(_("This is already undone. Undo the undo to bring it back."))
            begun = ChangeSet.objects.create(
                kind=ChangeSet.Kind.UNDO,
                user=user,
                reason=reason,
                collection_id=change_set.collection_id,
                undoes=change_set,
                job=job,
            )
    undoing = Undoing(change_set, begun, progress)
    undoing.counts.update(begun.counts)
    undoing.conflicts.extend(begun.conflicts)
    for restore in _restorers.values():
        restore(undoing)
    undoing.keep()
    return begun


@work("undo")
def undo_job(progress: Progress) -> dict[str, Any]:
    """Undo the change set whose GUID is the job's key."""
    change_set = ChangeSet.objects.get(guid=progress.job.key)
    within = {change_set.collection_id} if change_set.collection_id else set()
    for others in _also_within.values():
        within.update(others(change_set))
    with collection_lock(*within):
        _require_right(progress.job.user, change_set)
        done = undo(change_set, progress.job.user, progress=progress)
    return {"change_set": str(done.guid), **done.counts}
