"""Changing the thesaurus: the writer of taxa besides `adopting`.

Every function takes a change set, refuses with words for the person who asked (Refused), and keeps
the tree whole: no cycles, no rank above its parent's, no synonym of a synonym, no twins. All of
them wait for each other under one lock, so that two people moving crosswise can't make a cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal.jobs import Refused
from journal.models import Change, ChangeSet
from taxonomy import ranks, signals
from taxonomy.adopting import lock_thesaurus
from taxonomy.faults import Fault, Wanted, faults, stands_beneath, twin
from taxonomy.models import Name, Proposal, Taxon, VernacularName
from taxonomy.spelling import authorship_key, canonical_key, variant_key
from taxonomy.tree import rebuild

__all__ = ["add", "change", "delete", "editing", "merge", "move", "rebuild", "references"]

KIND = "taxon"
POINTERS = ("parent", "accepted", "merged_into")  # kept in the history as GUIDs
TEXTS = (
    "scientific_name authorship rank kingdom family status nomenclatural_status "
    "unacceptability_reason remarks source source_id"
).split()
FIELDS = (*TEXTS, "links", *POINTERS)

Told = dict[str, Any]


class Twin(Refused):
    """It stands in the thesaurus already. `taxon`: the one that does."""

    def __init__(self, taxon: Taxon) -> None:
        told = {"name": taxon, "rank": taxon.rank, "kingdom": taxon.kingdom or "–"}
        text = _("%(name)s stands in the thesaurus already (%(rank)s, %(kingdom)s).")
        super().__init__(text % told)
        self.taxon = taxon


class Changed(Refused):
    """Somebody else changed the taxon since its page was opened."""


class Referenced(Refused):
    """Something hangs on the taxon. `references`: what, with numbers."""

    def __init__(self, text: str, references: list[Reference]) -> None:
        super().__init__(f"{text} {'; '.join(map(str, references))}")
        self.references = references


class Faulty(Refused):
    """It breaks a rule. `faults`: each with its field."""

    def __init__(self, found: list[Fault]) -> None:
        super().__init__(" ".join(fault.text for fault in found))
        self.faults = found


class Reference(NamedTuple):
    """What refers to a taxon: in words, how many; a few of them where they are taxa."""

    words: str
    number: int
    examples: tuple[Taxon, ...] = ()

    def __str__(self) -> str:
        return f"{self.words}: {self.number}"


@contextmanager
def editing(user: Any, reason: str = "") -> Iterator[ChangeSet]:
    """Give a change set for one edit, in a transaction; nothing stays of one that did nothing."""
    with transaction.atomic():
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.TAXON_EDIT, user=user, reason=reason
        )
        yield change_set
        made = Taxon.objects.filter(created_by=change_set).count()
        changed = change_set.changes.filter(kind=KIND).values("row_guid").distinct().count()
        if not made and not changed and not change_set.changes.exists():
            change_set.delete()
            return
        change_set.counts = {"created": made, "updated": changed}
        change_set.save(update_fields=["counts"])


# --- one taxon --------------------------------------------------------------------------------


def add(change_set: ChangeSet, **values: Any) -> Taxon:
    """Add a taxon: scientific_name and rank, and whatever else of FIELDS.

    vernacular_names: [[name, language, source], …]. Raises Twin or Faulty.
    """
    vernaculars = values.pop("vernacular_names", [])
    with _tree():
        for pointer in ("parent", "accepted"):
            values[pointer] = _as_it_is(values.get(pointer))
        taxon = Taxon(created_by=change_set, **values)
        if taxon.accepted:
            taxon.parent = None
            if taxon.status in Taxon.ACCEPTED_STATUSES:
                taxon.status = Taxon.Status.SYNONYM
        _check(Wanted.of(taxon))
        _set_keys(taxon)
        taxon.save(force_insert=True)
        _set_vernaculars(taxon.pk, vernaculars)
        rebuild([taxon.pk])
        _send(change_set, [taxon.pk])
    taxon.refresh_from_db()
    return taxon


def change(change_set: ChangeSet, taxon: Taxon, version: int | None = None, **values: Any) -> Taxon:
    """Change what `values` name of a taxon: TEXTS, links, vernacular_names, parent.

    `version`: the one its author saw; Changed is raised where it is another now. What it is a
    synonym of changes in `set_acceptance`.
    """
    vernaculars = values.pop("vernacular_names", None)
    with _tree(), _noted(change_set, [taxon.pk]):
        taxon = _locked(taxon, version)
        _require_live(taxon)
        if "parent" in values:
            values["parent"] = _as_it_is(values["parent"])
            _leave_family(taxon, values["parent"])
        status = values.get("status", taxon.status)
        if (status in Taxon.ACCEPTED_STATUSES) != taxon.is_accepted:
            raise Refused(_("Whether a name is accepted is changed by “Change acceptance”."))
        for name, value in values.items():
            setattr(taxon, name, value)
        if values.keys() & {"scientific_name", "authorship", "rank", "kingdom", "parent"}:
            _check(Wanted.of(taxon))
            _check_children(taxon)
        _set_keys(taxon)
        taxon.save()
        if vernaculars is not None:
            _set_vernaculars(taxon.pk, vernaculars)
    taxon.refresh_from_db()
    return taxon


def move(
    change_set: ChangeSet, taxon: Taxon, parent: Taxon | None, version: int | None = None
) -> Taxon:
    """Put an accepted taxon, with all below it, under another parent."""
    if taxon.accepted_id:
        raise Refused(_("A synonym has no parent: it stands with its accepted name."))
    return change(change_set, taxon, version, parent=parent)


def set_acceptance(
    change_set: ChangeSet,
    taxon: Taxon,
    accepted: Taxon | None,
    version: int | None = None,
    *,
    status: str = "",
    parent: Taxon | None = None,
    children_to: Taxon | None = None,
    reason: str | None = None,
) -> Taxon:
    """Make a taxon a synonym of `accepted`, or with None accepted under `parent`.

    Its own synonyms and common names go with it to the accepted name. Children must be given a
    new parent, `children_to`: else Referenced names them.
    """
    with _tree():
        taxon = _locked(taxon, version)
        _require_live(taxon)
        accepted, parent = _as_it_is(accepted), _as_it_is(parent or taxon.parent)
        default = Taxon.Status.SYNONYM if accepted else Taxon.Status.ACCEPTED
        wanted = Wanted.of(taxon, status=status or default, accepted=accepted, parent=parent)
        if accepted is None and taxon.accepted and parent is None:
            raise Faulty([Fault("parent", _("An accepted name needs a parent."), blocking=True)])
        children = list(taxon.children.accepted()) if accepted else []
        if children and children_to is None:
            raise Referenced(_("First say where its children go."), [_children(children)])
        touched = [taxon.pk, *(child.pk for child in children)]
        synonyms = list(taxon.synonyms.live()) if accepted else []
        receivers = [accepted.pk] if accepted else []
        with _noted(change_set, [*touched, *(each.pk for each in synonyms), *receivers]):
            if children:
                _hang(children, _as_it_is(children_to), leaving=taxon)
            # A child that has just moved away may be what it becomes a synonym of.
            rebuild(child.pk for child in children)
            wanted.accepted = _as_it_is(accepted)
            _check(wanted)
            if accepted:
                _repoint(synonyms, accepted)
                _join_vernaculars(taxon, accepted)
            taxon.accepted, taxon.status = accepted, wanted.status
            taxon.parent = None if accepted else parent
            if reason is not None:
                taxon.unacceptability_reason = reason
            _set_keys(taxon)
            taxon.save()
    taxon.refresh_from_db()
    return taxon


def merge(change_set: ChangeSet, taxon: Taxon, into: Taxon, version: int | None = None) -> Taxon:
    """Make `taxon` one with `into`: names, common names, links, children and synonyms move there.

    Its row stays and leads there. What hangs on a synonym goes to its accepted name.
    """
    with _tree():
        taxon, into = _locked(taxon, version), _locked(into)
        _require_live(taxon)
        _require_live(into)
        heir = into.current or into
        if taxon.pk == into.pk or taxon.pk == heir.pk:
            raise Refused(_("%(into)s is the same taxon, or a synonym of it.") % {"into": into})
        if stands_beneath(heir, taxon.pk):
            raise Refused(_("%(into)s stands below %(taxon)s.") % {"into": into, "taxon": taxon})
        children = list(taxon.children.accepted())
        synonyms = list(taxon.synonyms.live())
        merged = list(taxon.merged.all())
        moving = [each.pk for each in (*children, *synonyms, *merged)]
        with _noted(change_set, [taxon.pk, into.pk, heir.pk, *moving]):
            taxon.merged_into, taxon.parent, taxon.accepted = into, None, None
            taxon.save()
            _hang(children, heir, leaving=taxon)
            _repoint(synonyms, heir)
            Taxon.objects.filter(pk__in=[each.pk for each in merged]).update(merged_into=into)
            _join_vernaculars(taxon, heir)
            _join_links(taxon, into)
        _move_names(change_set, taxon, into)
        _move_proposals(taxon, into)
    taxon.refresh_from_db()
    return taxon


def delete(change_set: ChangeSet, taxon: Taxon, version: int | None = None) -> None:
    """Remove a taxon; the history keeps it whole. Raises Referenced while anything hangs on it."""
    with _tree():
        taxon = _locked(taxon, version)
        found = references(taxon)
        if found:
            raise Referenced(_("It can't be deleted while something hangs on it."), found)
        note_deleted(change_set, [taxon.pk])
        Taxon.objects.filter(pk=taxon.pk).update(current=None)  # it protects itself
        try:
            taxon.delete()
        except models.ProtectedError as error:
            words = _("other entries")
            raise Referenced(
                _("It can't be deleted while something hangs on it."),
                [Reference(words, len(error.protected_objects))],
            ) from None
        signals.taxon_changed.send(sender=Taxon, taxa=[], change_set=change_set)


def references(taxon: Taxon) -> list[Reference]:
    """Return what hangs on a taxon, apart from its own common names and links."""
    found = [
        _children(list(taxon.children.live())),
        Reference(_("synonyms"), taxon.synonyms.count(), tuple(taxon.synonyms.all()[:10])),
        Reference(_("taxa merged into it"), taxon.merged.count(), tuple(taxon.merged.all()[:10])),
        Reference(_("linked names"), taxon.names.count()),
        Reference(_("proposed names"), _proposals(taxon).count()),
    ]
    for _receiver, answer in signals.taxon_references.send(sender=Taxon, taxon=taxon):
        told: Any = answer or ()
        found += [Reference(str(words), number) for words, number in told]
    return [each for each in found if each.number]


def _proposals(taxon: Taxon) -> models.QuerySet[Proposal]:
    return Proposal.objects.filter(models.Q(parent=taxon) | models.Q(accepted=taxon))


def _children(children: Sequence[Taxon]) -> Reference:
    return Reference(_("children"), len(children), tuple(children[:10]))


# --- the parts of an edit ---------------------------------------------------------------------


@contextmanager
def _tree() -> Iterator[None]:
    """Let nobody else write the tree; name the twin that a constraint has found."""
    try:
        with transaction.atomic():
            lock_thesaurus()
            yield
    except IntegrityError as error:
        raise twin_of(error) from error


def twin_of(error: IntegrityError) -> Exception:
    """Return Twin when a constraint has refused one, else the error itself."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if getattr(diagnosis, "constraint_name", "") not in ("taxon_no_twins", "taxon_kingdom_once"):
        return error
    key = (
        str(getattr(diagnosis, "message_detail", ""))
        .partition("=(")[2]
        .partition(")")[0]
        .partition(", ")[0]
    )
    found = Taxon.objects.live().filter(variant_key=variant_key(key), canonical_key=key).first()
    return Twin(found) if found else error


def _locked(taxon: Taxon, version: int | None = None) -> Taxon:
    found = Taxon.objects.select_for_update(of=("self",)).filter(pk=taxon.pk).first()
    if found is None:
        raise Refused(_("%(taxon)s is no longer there.") % {"taxon": taxon})
    if version is not None and found.version != version:
        text = _("Somebody else changed %(taxon)s meanwhile. Look at it again before you save.")
        raise Changed(text % {"taxon": found})
    return found


def _as_it_is(taxon: Taxon | None) -> Taxon | None:
    """Return the taxon as the database holds it, followed to what it was merged into."""
    if taxon is None:
        return None
    found = Taxon.objects.filter(pk=taxon.pk).first()
    if found is None:
        raise Refused(_("%(taxon)s is no longer there.") % {"taxon": taxon})
    return _as_it_is(found.merged_into) if found.merged_into else found


def _require_live(taxon: Taxon) -> None:
    if taxon.merged_into:
        told = {"taxon": taxon, "into": taxon.merged_into}
        raise Refused(_("%(taxon)s was merged into %(into)s.") % told)


def _check(wanted: Wanted) -> None:
    found = twin(wanted)
    if found:
        raise Twin(found)
    blocking = [fault for fault in faults(wanted) if fault.blocking]
    if blocking:
        raise Faulty(blocking)


def _check_children(taxon: Taxon) -> None:
    """Refuse a rank that its own children have, or one below theirs."""
    order = ranks.RANKS[taxon.rank].order
    if taxon.rank == "unranked":
        return
    above = taxon.children.accepted().filter(rank_order__lte=order).first()
    if above:
        told = {"child": above, "rank": above.rank}
        text = _("%(child)s stands below it and is a %(rank)s.") % told
        raise Faulty([Fault("rank", text, blocking=True)])


def _hang(children: Sequence[Taxon], parent: Taxon | None, leaving: Taxon) -> None:
    """Put children of one taxon under another; each must be of a rank below the new parent's."""
    for child in children:
        if child == parent:  # it takes the place of what it leaves
            child.parent = _as_it_is(leaving.parent)
        else:
            child.parent = parent
        blocking = [
            fault
            for fault in faults(Wanted.of(child))
            if fault.blocking and fault.field == "parent"
        ]
        if blocking:
            told = {"child": child, "why": blocking[0].text}
            text = _("%(child)s can't go there: %(why)s") % told
            raise Faulty([Fault("children_to", text, blocking=True)])
    Taxon.objects.bulk_update(children, ["parent"], batch_size=1000)


def _repoint(synonyms: Sequence[Taxon], accepted: Taxon) -> None:
    keys = [each.pk for each in synonyms if each.pk != accepted.pk]
    Taxon.objects.filter(pk__in=keys).update(accepted=accepted)


def _leave_family(taxon: Taxon, parent: Taxon | None) -> None:
    """Forget a family that the old parent gave, for where none is above it must not stay."""
    old = taxon.parent
    if old and old != parent and old.family == taxon.family and taxon.rank != "family":
        taxon.family = ""


def _set_keys(taxon: Taxon) -> None:
    taxon.rank_order = ranks.RANKS[taxon.rank].order
    taxon.canonical_key = canonical_key(taxon.scientific_name)
    taxon.variant_key = variant_key(taxon.canonical_key)
    taxon.authorship_key = authorship_key(taxon.authorship)


def _set_vernaculars(taxon_id: int, rows: Iterable[Sequence[str]]) -> None:
    """Give the taxon these common names [[name, language, source], …] in this order, no others."""
    unique = {(name, language): source for name, language, source in rows}
    VernacularName.objects.filter(taxon_id=taxon_id).delete()
    VernacularName.objects.bulk_create(
        VernacularName(
            taxon_id=taxon_id, name=name, language=language, source=source, position=position
        )
        for position, ((name, language), source) in enumerate(unique.items())
    )


def _join_vernaculars(taxon: Taxon, into: Taxon) -> None:
    rows = VernacularName.objects.filter(taxon_id__in=[taxon.pk, into.pk])
    ordered = sorted(rows, key=lambda row: (row.taxon_id != into.pk, row.position))
    unique: dict[tuple[str, str], str] = {}
    for row in ordered:
        unique.setdefault((row.name, row.language), row.source)
    _set_vernaculars(into.pk, [[*key, source] for key, source in unique.items()])
    VernacularName.objects.filter(taxon_id=taxon.pk).delete()


def _join_links(taxon: Taxon, into: Taxon) -> None:
    known = {link.get("url") for link in into.links}
    more = [link for link in taxon.links if link.get("url") not in known]
    Taxon.objects.filter(pk=into.pk).update(links=[*into.links, *more])


def _move_names(change_set: ChangeSet, taxon: Taxon, into: Taxon) -> None:
    """Link the names of one taxon to another, and note each."""
    guids = Name.objects.filter(taxon=taxon).order_by("pk").select_for_update()
    moved = list(guids.values_list("pk", "guid", "collection_id"))
    Name.objects.filter(pk__in=[pk for pk, _guid, _within in moved]).update(taxon=into)
    Change.objects.bulk_create(
        (
            Change(
                change_set=change_set,
                collection_id=within,
                kind="name",
                row_guid=guid,
                record_guid=guid,
                before={"taxon": str(taxon.guid)},
                after={"taxon": str(into.guid)},
            )
            for _pk, guid, within in moved
        ),
        batch_size=2000,
    )
    signals.names_linked.send(sender=Name, names=[pk for pk, _guid, _within in moved])


def _move_proposals(taxon: Taxon, into: Taxon) -> None:
    """Let waiting proposals speak of the taxon that stays; decided ones keep what they said."""
    heir = into.current or into
    for field in ("parent", "accepted"):
        waiting = Proposal.objects.filter(**{field: taxon}, state=Proposal.State.OPEN)
        waiting.update(**{field: heir})


def _send(change_set: ChangeSet, ids: Sequence[int]) -> None:
    signals.taxon_changed.send(sender=Taxon, taxa=list(ids), change_set=change_set)


# --- the history --------------------------------------------------------------------------------


def told(ids: Iterable[int]) -> dict[int, Told]:
    """Return what taxa say, as the history keeps it: {id: {field: value}}, pointers as GUIDs."""
    keys = list(ids)
    pointers = [f"{pointer}__guid" for pointer in POINTERS]
    rows = Taxon.objects.filter(pk__in=keys).values("pk", *TEXTS, "links", *pointers)
    found = {}
    for row in rows:
        values = {name: row[name] for name in (*TEXTS, "links")}
        for pointer in POINTERS:
            guid = row[f"{pointer}__guid"]
            values[pointer] = str(guid) if guid else None
        found[row["pk"]] = {**values, "vernacular_names": []}
    names = VernacularName.objects.filter(taxon__in=keys).order_by("taxon", "position", "pk")
    for taxon_id, *each in names.values_list("taxon_id", "name", "language", "source"):
        found[taxon_id]["vernacular_names"].append(each)
    return found


@contextmanager
def _noted(change_set: ChangeSet, ids: Iterable[int]) -> Iterator[None]:
    """Write into the history what becomes of these taxa within, and renew the tree below them."""
    keys = sorted(set(ids))
    before = told(keys)
    yield
    note(change_set, before)


def note(change_set: ChangeSet, before: dict[int, Told]) -> int:
    """Renew the tree below taxa that said `before`, keep what differs, and return how many do.

    Their versions count on. Sends `taxon_changed` with them and those below that moved along.
    """
    below = rebuild(before)
    after = told(before)
    guids = dict(Taxon.objects.filter(pk__in=before).values_list("pk", "guid"))
    changes = []
    for pk, was in before.items():
        names = [name for name in was if was[name] != after[pk][name]]
        if names:
            halves = ({name: half[name] for name in names} for half in (was, after[pk]))
            changes.append((pk, _as_change(change_set, guids[pk], *halves)))
    Change.objects.bulk_create((made for _pk, made in changes), batch_size=2000)
    differing = [pk for pk, _made in changes]
    Taxon.objects.filter(pk__in=differing).update(
        version=F("version") + 1, changed_at=timezone.now()
    )
    if differing or below:
        _send(change_set, sorted({*differing, *below}))
    return len(differing)


def note_deleted(change_set: ChangeSet, ids: Sequence[int]) -> None:
    """Keep taxa whole in the history, before they are removed."""
    values = told(ids)
    rows = Taxon.objects.filter(pk__in=values).values_list("pk", "guid", "created_by_id")
    Change.objects.bulk_create(
        (
            _as_change(change_set, guid, {**values[pk], "id": pk, "created_by": made_by}, None)
            for pk, guid, made_by in rows
        ),
        batch_size=2000,
    )


def _as_change(change_set: ChangeSet, guid: Any, before: Told | None, after: Told | None) -> Change:
    return Change(
        change_set=change_set,
        kind=KIND,
        row_guid=guid,
        record_guid=guid,
        before=before,
        after=after,
    )


LABELS = {
    **{
        name: Taxon._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        for name in (*TEXTS, "links")
    },
    "parent": gettext_lazy("Parent"),
    "accepted": gettext_lazy("Accepted name"),
    "merged_into": gettext_lazy("Merged into"),
    "vernacular_names": gettext_lazy("Common names"),
}
