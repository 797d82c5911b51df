"""Names that people ask the taxonomy editors to add.

Anybody signed in may propose, with references. Accepting adds the taxon, or finds it there
already, and links the records' name it came from; undoing that opens the proposal again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journal import undo
from journal.jobs import Refused
from journal.models import Change, ChangeSet
from taxonomy import signals, thesaurus
from taxonomy.adopting import lock_thesaurus
from taxonomy.models import Name, Proposal, Taxon

KIND = "proposal"


def visible_to(user: Any) -> models.QuerySet[Proposal]:
    """Return the proposals `user` may read: all as taxonomy editor, else his own."""
    if not user.is_authenticated:
        return Proposal.objects.none()
    asked = Proposal.objects.select_related(
        "parent", "accepted", "taxon", "proposed_by", "decided_by", "name"
    )
    return asked if user.has_perm("taxonomy.change_taxon") else asked.filter(proposed_by=user)


def propose(
    user: Any,
    scientific_name: str,
    rank: str,
    references: Sequence[str],
    *,
    authorship: str = "",
    parent: Taxon | None = None,
    accepted: Taxon | None = None,
    remarks: str = "",
    name: Name | None = None,
    collection_id: int | None = None,
) -> Proposal:
    """Ask for a name to be added. Raises Refused without references, or when it waits already."""
    cited = [text.strip() for text in references if text.strip()]
    if not cited:
        raise Refused(_("Give at least one reference in which the name stands."))
    with transaction.atomic():
        lock_thesaurus()
        same = Proposal.objects.filter(
            scientific_name=scientific_name,
            authorship=authorship,
            rank=rank,
            state=Proposal.State.OPEN,
            proposed_by=user,
            name=name,
        ).first()
        if same:
            raise Refused(_("You have proposed %(name)s already; it waits.") % {"name": same})
        return Proposal.objects.create(
            scientific_name=scientific_name,
            authorship=authorship,
            rank=rank,
            parent=parent,
            accepted=accepted,
            references=cited,
            remarks=remarks,
            name=name,
            collection_id=collection_id,
            proposed_by=user,
        )


def initial_of(proposal: Proposal) -> dict[str, Any]:
    """Return the taxon that a proposal asks for."""
    synonym = proposal.accepted is not None
    return {
        "scientific_name": proposal.scientific_name,
        "authorship": proposal.authorship,
        "rank": proposal.rank,
        "parent": proposal.parent and proposal.parent.current,
        "accepted": proposal.accepted and proposal.accepted.current,
        "status": Taxon.Status.SYNONYM if synonym else Taxon.Status.ACCEPTED,
        "remarks": proposal.remarks,
        "source": "; ".join(proposal.references)[:250],
    }


def accept(proposal: Proposal, user: Any, **values: Any) -> Taxon:
    """Add the proposed taxon, `values` laid over what was proposed, and link its records' name.

    Where the thesaurus has come to hold it meanwhile, that taxon is taken. Raises Refused (Twin is
    none), Faulty.
    """
    wanted = {**initial_of(proposal), **values}
    with thesaurus.editing(user, _("Proposed name accepted")) as change_set:
        waiting = _waiting(proposal)
        try:
            taxon = thesaurus.add(change_set, **wanted)
        except thesaurus.Twin as twin:
            taxon = twin.taxon
        before = _told(waiting)
        _decide(waiting, user, Proposal.State.ACCEPTED, taxon=taxon)
        _note(change_set, waiting, before)
        _link(change_set, waiting, taxon, user)
    return taxon


def decline(proposal: Proposal, user: Any, reason: str) -> None:
    """Turn a proposal down; its author reads the reason."""
    if not reason.strip():
        raise Refused(_("Say why: the person who proposed the name reads it."))
    with transaction.atomic():
        _decide(_waiting(proposal), user, Proposal.State.DECLINED, reason=reason.strip())


def withdraw(proposal: Proposal, user: Any) -> None:
    """Take one's own proposal back."""
    with transaction.atomic():
        waiting = _waiting(proposal)
        if waiting.proposed_by_id != user.pk:
            raise Refused(_("Only the person who proposed a name can withdraw it."))
        _decide(waiting, user, Proposal.State.WITHDRAWN)


def _waiting(proposal: Proposal) -> Proposal:
    """Return the proposal, held to the end of the transaction; Refused if it was decided."""
    found = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if found.state != Proposal.State.OPEN:
        told = {"name": found, "state": found.get_state_display()}
        raise Refused(_("%(name)s was decided already: %(state)s.") % told)
    return found


def _decide(proposal: Proposal, user: Any, state: str, **values: Any) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, user, timezone.now()
    for name, value in values.items():
        setattr(proposal, name, value)
    proposal.save()


def _link(change_set: ChangeSet, proposal: Proposal, taxon: Taxon, user: Any) -> None:
    """Link the name a proposal came from, unless somebody has linked it meanwhile."""
    name = Name.objects.select_for_update(of=("self",)).filter(pk=proposal.name_id or 0).first()
    if name is None or name.taxon_id:
        return
    before = {"taxon": None, "state": name.state, "evidence": name.evidence}
    name.taxon, name.state, name.evidence = taxon, Name.State.LINKED, "chosen"
    name.decided_by, name.decided_at = user, timezone.now()
    name.save()
    after = {"taxon": str(taxon.guid), "state": name.state, "evidence": name.evidence}
    Change.objects.create(
        change_set=change_set,
        collection_id=name.collection_id,
        kind="name",
        row_guid=name.guid,
        record_guid=name.guid,
        before={**before, "decided_by_id": None, "decided_at": None},
        after={**after, "decided_by_id": user.pk, "decided_at": name.decided_at.isoformat()},
    )
    signals.names_linked.send(sender=Name, names=[name.pk])


# --- taking an acceptance back --------------------------------------------------------------------


def _told(proposal: Proposal) -> dict[str, Any]:
    return {
        "state": proposal.state,
        "taxon": str(proposal.taxon.guid) if proposal.taxon else None,
        "decided_by": proposal.decided_by_id,
        "decided_at": proposal.decided_at.isoformat() if proposal.decided_at else None,
    }


def _note(change_set: ChangeSet, proposal: Proposal, before: dict[str, Any]) -> None:
    Change.objects.create(
        change_set=change_set,
        kind=KIND,
        row_guid=proposal.guid,
        record_guid=proposal.guid,
        before=before,
        after=_told(proposal),
    )


def restore_proposals(undoing: undo.Undoing) -> None:
    """Open a proposal again whose acceptance is undone; and the other way round."""
    changes = Change.objects.filter(change_set=undoing.change_set, kind=KIND).order_by("pk")
    with transaction.atomic():
        for change in changes:
            found = Proposal.objects.select_for_update(of=("self",)).filter(guid=change.row_guid)
            proposal = found.first()
            before, after = change.before or {}, change.after or {}
            if proposal is None or proposal.state != after["state"]:
                undoing.conflict(change.row_guid, ["state"])
                continue
            now = _told(proposal)
            proposal.taxon = Taxon.objects.filter(guid=before["taxon"]).first()
            proposal.state = before["state"]
            proposal.decided_by_id, proposal.decided_at = before["decided_by"], before["decided_at"]
            proposal.save()
            proposal.refresh_from_db()
            _note(undoing.undo, proposal, now)
            undoing.counts["reverted"] += 1
        undoing.keep()


undo.register(KIND, restore_proposals)
