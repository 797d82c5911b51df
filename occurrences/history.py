"""What was done to records, in the words of the page: who, when, which field from what to what.

History holds withheld values, so everything here is for editors of the collection alone: ask
`visible_to` first.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from biocollections import granting, place_files
from biocollections.models import Collection, Person
from biocollections.permissions import permissions_of
from darwincore import terms
from journal.models import Change, ChangeSet
from journal.undo import is_undone, only_while
from occurrences import clustering, media, merging, naming, overseeing, profile_merging
from occurrences.models import DeletedOccurrence, Occurrence, Protection
from occurrences.records import stored
from occurrences.restoring import overlaid
from taxonomy import history as of_taxa
from taxonomy import proposals, thesaurus
from taxonomy.models import Taxon

RECORD_KINDS = ("occurrence", "identification")  # of Change: what a record itself holds
MOST_AT_ONCE = 500  # rows that an undo takes back while its person waits
_UNTOLD = frozenset((*terms.DERIVED_COLUMNS, "guid", "position", "verbatim", "collection_id"))
_TOLD_THERE = {
    granting.KIND: granting.lines,
    place_files.KIND: place_files.lines,
    naming.KIND: naming.lines,
    clustering.KIND: clustering.lines,
    merging.KIND: merging.lines,
    media.KIND: media.lines,
    profile_merging.KIND: profile_merging.lines,
    thesaurus.KIND: of_taxa.lines_of,
    proposals.KIND: of_taxa.lines_of,
}
_OF_DATE = frozenset("year month day start_day_of_year end_day_of_year".split())
# What was done to the thesaurus or to the names of the whole portal, and undone there.
_OF_TAXA = Q(
    collection_id=None,
    kind__in=(ChangeSet.Kind.TAXON_EDIT, ChangeSet.Kind.CLEANING, ChangeSet.Kind.UNDO),
)


def _about(kind: str, made: ChangeSet.Kind) -> Q:
    """Want the change sets of this kind that touched such rows, and what undid them."""
    touched = Exists(Change.objects.filter(change_set=OuterRef("pk"), kind=kind))
    return Q(touched, kind__in=(made, ChangeSet.Kind.UNDO))


# Who may do what: for those who give roles, and nobody else. Places: for those who load them.
_OF_GRANTS = _about(granting.KIND, ChangeSet.Kind.GRANT)
_OF_PLACES = _about(place_files.KIND, ChangeSet.Kind.METADATA)
# Duplicates linked over the portal: for those who may have it done.
_OF_LINKS = Q(collection_id=None) & _about(clustering.KIND, ChangeSet.Kind.LINKING)
# Personal profiles that were merged: undone by those who oversee transfers, and nobody else.
_OF_MERGED = _about(profile_merging.KIND, ChangeSet.Kind.TRANSFER)
_NOTES = frozenset(("information_withheld", "data_generalizations"))


class Line(NamedTuple):
    """One field of a record: its word, its Darwin Core term (on hover), old and new text."""

    label: str
    term: str
    old: str
    new: str


@dataclass
class Entry:
    """One change set as it touched one record, or one that was merged into that."""

    change_set: ChangeSet
    lines: list[Line] = field(default_factory=list)
    created: bool = False
    deleted: bool = False
    may_undo: bool = False
    is_undone: bool = False
    # Darwin Core terms of the lines that can be set back alone.
    revertible: set[str] = field(default_factory=set)
    alone: bool = False  # what it did to this record can be taken back without the rest of it
    merged: str = ""  # how the record was called that this was done to, where that is gone


@dataclass
class Touched:
    """One record as one change set touched it. `record` is None when it is no more."""

    guid: UUID
    name: str
    record: Occurrence | None
    lines: list[Line] = field(default_factory=list)
    created: bool = False
    deleted: bool = False


def visible_to(user: Person) -> QuerySet[ChangeSet]:
    """Return the change sets `user` may read: of collections whose records he edits, of taxa.

    Those of roles only where he gives them himself.
    """
    permitted = permissions_of(user)
    within = Q(collection_id__in=Collection.objects.editable_by(user).values("pk"))
    if "taxonomy.change_taxon" in permitted:
        within |= _OF_TAXA
    within = within & ~_OF_GRANTS & ~_OF_PLACES & ~_OF_LINKS
    if "portal.change_settings" in permitted:
        within |= _OF_LINKS
    if "collections.change_place" in permitted:
        within |= _OF_PLACES
    if overseeing.RIGHT in permitted:
        within |= _OF_MERGED
    within |= _OF_GRANTS if "collections.change_grant" in permitted else _OF_GRANTS & managed(user)
    return ChangeSet.objects.filter(within).select_related("user", "undoes")


def managed(user: Person) -> Q:
    """Want what was done in a collection that `user` administers."""
    return Q(collection_id__in=Collection.objects.managed_by(user).values("pk"))


def undoable_by(user: Person) -> QuerySet[ChangeSet]:
    """Return those `user` may take back: all as administrator or taxonomy editor.

    Editors of a collection: edits, and what they cleaned or undid themselves. Roles and places:
    whoever may read of them at all.
    """
    mine = (ChangeSet.Kind.CLEANING, ChangeSet.Kind.UNDO, ChangeSet.Kind.LINKING)
    own = Q(kind__in=mine, user_id=user.pk or 0)
    by_hand = Q(kind=ChangeSet.Kind.EDIT) | own
    elsewhere = _OF_TAXA | _OF_PLACES | _OF_GRANTS | _OF_LINKS
    mine_to_undo = (managed(user) | by_hand) & ~_OF_MERGED | elsewhere
    if overseeing.RIGHT in permissions_of(user):
        mine_to_undo |= _OF_MERGED
    return visible_to(user).filter(mine_to_undo)


@only_while
def may_undo(user: Person, change_set: ChangeSet) -> bool:
    """Tell whether `user` may take this back now."""
    return undoable_by(user).filter(pk=change_set.pk).exists()


def rows_of(change_set: ChangeSet) -> int:
    """Return how many rows an undo has to look at, counted no further than one above the most."""
    most = MOST_AT_ONCE + 1
    changed = change_set.changes.all()[:most].count()
    made = (Occurrence.objects.filter(created_by=change_set), _taxa_made(change_set))
    return changed + sum(each[:most].count() for each in made)


def of_record(record: Occurrence, user: Person, most: int | None = None) -> list[Entry]:
    """Return what happened to a record, the latest first, as far as `user` may read it.

    Its history goes with it: who edits it now reads what was done before it came.
    """
    changes: dict[int, dict[UUID, list[Change]]] = {}
    merged = dict.fromkeys(merging.merged_into(record.guid), "")
    for change in Change.objects.filter(record_guid__in=[record.guid, *merged]).order_by("pk"):
        if change.record_guid in merged and change.kind == "occurrence" and not change.after:
            merged[change.record_guid] = _called([change])
            continue  # it went into this one
        of_set = changes.setdefault(change.change_set_id, {})
        of_set.setdefault(change.record_guid, []).append(change)
    if record.created_by_id:
        changes.setdefault(record.created_by_id, {}).setdefault(record.guid, [])
    edits = Occurrence.objects.editable_by(user).filter(pk=record.pk).exists()
    every = ChangeSet.objects.select_related("user", "undoes") if edits else visible_to(user)
    readable = every.filter(pk__in=changes).prefetch_related("undone_by")
    undoable = set(undoable_by(user).filter(pk__in=changes).values_list("pk", flat=True))
    entries = []
    for change_set in readable.order_by("-pk")[:most]:
        undone = is_undone(change_set)
        may_undo = change_set.pk in undoable and not undone
        for guid, own in changes[change_set.pk].items():
            entry = Entry(change_set, lines_of(own), came(own), went(own), may_undo, undone)
            entries.append(entry)
            if guid in merged:  # nothing can be done to a record that is gone
                entry.merged, entry.may_undo = merged[guid] or str(guid), False
                continue
            entry.created |= change_set.pk == record.created_by_id
            if edits:
                entry.alone = not undone and _stands_alone(change_set, own, undoable)
                entry.revertible = {term_of(name) for name in revertible(own)} - {""}
    return entries


def _stands_alone(change_set: ChangeSet, changes: list[Change], undoable: set[int]) -> bool:
    """Tell whether to offer taking it back in one record: Undo is for more, or for others."""
    changed = any(change.kind in RECORD_KINDS for change in changes)
    one = change_set.kind == ChangeSet.Kind.EDIT and change_set.pk in undoable
    return changed and not one and not came(changes) and not went(changes)


def of_change_set(change_set: ChangeSet, user: Person, first: int, number: int) -> list[Touched]:
    """Return the records a change set touched, changed ones before made ones, a page of them."""
    changed = change_set.changes.order_by("record_guid").values_list("record_guid", flat=True)
    guids = list(changed.distinct()[first : first + number])
    made = Occurrence.objects.editable_by(user).filter(created_by=change_set)
    if len(guids) < number:
        before = change_set.changes.values("record_guid").distinct().count()
        start = max(0, first - before)
        rest = made.exclude(guid__in=change_set.changes.values("record_guid")).order_by("pk")
        guids += rest.values_list("guid", flat=True)[start : start + number - len(guids)]
        start = max(0, start - rest.count())
        taxa = _taxa_made(change_set).values_list("guid", flat=True)
        guids += taxa[start : start + number - len(guids)]
    return _touched(change_set, user, guids)


def _taxa_made(change_set: ChangeSet) -> QuerySet[Taxon]:
    changed = change_set.changes.values("row_guid")
    return Taxon.objects.filter(created_by=change_set).exclude(guid__in=changed).order_by("pk")


def _touched(change_set: ChangeSet, user: Person, guids: list[UUID]) -> list[Touched]:
    few = ("guid", "catalog_number", "scientific_name", "created_by_id", "recorded_by")
    records = (
        Occurrence.objects.editable_by(user)
        .only(*few, "record_number")
        .in_bulk(guids, field_name="guid")
    )
    gone = dict(DeletedOccurrence.objects.filter(guid__in=guids).values_list("guid", "name"))
    gone |= granting.titles(guids) | place_files.titles(guids) | naming.titles(guids)
    gone |= of_taxa.titles(guids) | profile_merging.titles(guids)
    new = set(_taxa_made(change_set).filter(guid__in=guids).values_list("guid", flat=True))
    changes: dict[UUID, list[Change]] = {}
    for change in change_set.changes.filter(record_guid__in=guids).order_by("pk"):
        changes.setdefault(change.record_guid, []).append(change)
    for guid in elsewhere(user, set(guids) - set(records)):
        changes.pop(guid, None)  # what was done to it is read where it is now
        gone[guid] = _("A record of another collection")
    found = []
    for guid in guids:
        record, own = records.get(guid), changes.get(guid, [])
        found.append(
            Touched(
                guid,
                title_of(record) if record else _called(own) or gone.get(guid, ""),
                record,
                lines_of(own),
                created=(record is not None and record.created_by_id == change_set.pk)
                or guid in new
                or came(own),
                deleted=went(own),
            )
        )
    return found


def elsewhere(user: Person, guids: set[UUID]) -> set[UUID]:
    """Return the records among these that are, or were when deleted, in collections of others."""
    own = Collection.objects.editable_by(user).values("pk")
    standing = Occurrence.objects.filter(guid__in=guids).values_list("guid", flat=True)
    deleted = DeletedOccurrence.objects.filter(guid__in=guids).exclude(collection__in=own)
    return {*standing, *deleted.values_list("guid", flat=True)}


def _called(changes: Iterable[Change]) -> str:
    """Return how a record that is gone was called, by what stood in it; "" where none tells."""
    for change in changes:
        was = change.before if change.kind == "occurrence" and change.after is None else None
        if was:
            said = {name: was.get(name) for name in _TITLE}
            return title_of(SimpleNamespace(guid=change.row_guid, **said))
    return ""


_TITLE = ("catalog_number", "record_number", "scientific_name", "recorded_by")


def title_of(record: Any) -> str:
    """Return how a record is called in a line: its number, name and collector, what there is."""
    number = record.catalog_number or record.record_number or ""
    parts = (number, record.scientific_name or "", record.recorded_by or "")
    return " · ".join(part for part in parts[:2] if part) or parts[2] or str(record.guid)


def lines_of(changes: Iterable[Change]) -> list[Line]:
    """Return what changes to one record say, field by field, in the order of the terms table.

    What a determination only repeats of the record itself is said once.
    """
    lines: dict[Line, None] = {}
    added: list[Line] = []
    for change in sorted(changes, key=lambda change: change.kind != "occurrence"):
        before = overlaid(change.before, change.withheld_before)
        after = overlaid(change.after, change.withheld_after)
        if change.kind == "identification" and (change.before is None or change.after is None):
            was, now = _determination(before), _determination(after)
            added.append(Line(_("Determination"), "Identification", was, now))
        elif change.kind in _TOLD_THERE:
            told_there = _TOLD_THERE[change.kind](change)
            added += [Line(label, "", old, new) for label, old, new in told_there]
        elif change.before is not None and change.after is not None:
            found = fields(before, after)
            of_record = change.kind != "identification"
            lines.update(dict.fromkeys(found if of_record else _of_earlier(found, lines)))
    return sorted(lines, key=place) + added


def _of_earlier(found: Iterable[Line], told: Container[Line]) -> Iterator[Line]:
    """Yield a determination's lines; what the record doesn't say too was another than its own."""
    for line in found:
        mirrors = line in told or not line.term
        label = _("%(field)s of an earlier determination") % {"field": line.label}
        yield line if mirrors else line._replace(label=label)


def revertible(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the columns that one edit changed in a record and that can be set back alone."""
    changes = [change for change in changes if change.kind in RECORD_KINDS]
    new_name = any(
        change.kind == "identification" and None in (change.before, change.after)
        for change in changes
    )
    for change in changes:
        if change.kind == "occurrence" and change.before is not None and change.after is not None:
            for name in overlaid(change.before, change.withheld_before):
                known = name in terms.BY_COLUMN or name == "identifiers"
                if known and not (new_name and name in terms.IDENTIFICATION_COLUMNS):
                    yield name


def fields(before: dict[str, Any], after: dict[str, Any]) -> Iterable[Line]:
    """Yield a line for each field that reads otherwise, but for what only follows from others."""
    names = before.keys() | after.keys()
    for name in names - untold(names):
        old, new = told(name, before.get(name)), told(name, after.get(name))
        if old != new:
            yield Line(label_of(name), term_of(name), old, new)


def untold(names: Iterable[str]) -> set[str]:
    """Return the fields that need no line: they only follow from others of `names`."""
    found = set(_UNTOLD)
    if "protection" in names:
        found |= _NOTES
    if "event_date" in names:
        found |= _OF_DATE
    return found


def label_of(name: str) -> str:
    """Return the curators' word for a field."""
    term = terms.BY_COLUMN.get(name)
    if term:
        return _(term.label)
    named: dict[str, Any] = {
        **thesaurus.LABELS,
        "collection": _("Collection"),
        "identifiers": _("Additional Identifiers"),
        "identifications": _("Determination"),
        "extension_rows": _("Extension rows"),
        "protection": _("Protection"),
        "is_current": _("Current determination"),
        "source_id": _("Key of the source"),
        "deleted": _("Deleted meanwhile"),
        **granting.LABELS,
        clustering.KIND: _("Linked as Duplicate"),
        **media.LABELS,
        "used": _("Something hangs on it"),
    }
    return str(named.get(name, name))


def term_of(name: str) -> str:
    term = terms.BY_COLUMN.get(name)
    return term.name if term else ""


def told(name: str, value: Any) -> str:
    """Return a value of the history as text; blank for none."""
    if value is None or value == "":
        return ""
    if name == "protection":
        return str(_LEVELS[Protection(value)])
    if name == "identifiers":
        return "; ".join(f"{label}: {text}" if label else text for label, text in value)
    if name == "identifications":
        return "; ".join(filter(None, value))
    if name == "extension_rows":
        return str(len(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


_LEVELS = {
    Protection.OPEN: "",
    Protection.CELL: "0.1°",
    Protection.PLACE: _("place redacted"),
    Protection.WHOLE: _("whole record hidden"),
}


def conflicts_of(change_set: ChangeSet, user: Person) -> list[Touched]:
    """Return what an undo left alone, record by record, field by field.

    Of a line, old is what the undo would have set back, new what stands there now.
    """
    given = {UUID(each["record"]): each["fields"] for each in change_set.conflicts}
    found = _touched(change_set, user, list(given))
    before = _values_before(change_set.undoes, given)
    with transaction.atomic():
        now = stored(each.guid for each in found if each.record)
    for each in found:
        was = before.get(each.guid, {})
        held = now[each.guid].values if each.guid in now else {}
        each.lines = [
            Line(label_of(n), term_of(n), told(n, was.get(n)), told(n, held.get(n)))
            for n in given[each.guid]
        ]
    return found


def _values_before(taken: ChangeSet | None, guids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return of each record what its fields said before the change set that is taken back."""
    found: dict[UUID, dict[str, Any]] = {}
    if taken:
        for change in taken.changes.filter(record_guid__in=list(guids), kind="occurrence"):
            values = overlaid(change.before, change.withheld_before)
            found.setdefault(change.record_guid, {}).update(values)
    return found


def _determination(values: dict[str, Any]) -> str:
    parts = ("scientific_name", "scientific_name_authorship", "identified_by", "date_identified")
    text = [str(values[part]) for part in parts if values.get(part)]
    return " · ".join(text) if text else ("" if not values else "–")


def came(changes: Iterable[Change]) -> bool:
    """Tell whether these changes made the record, or brought it back."""
    return any(change.kind == "occurrence" and change.before is None for change in changes)


def went(changes: Iterable[Change]) -> bool:
    """Tell whether these changes deleted the record."""
    return any(change.kind == "occurrence" and change.after is None for change in changes)


_ORDER = {_column: _number for _number, _column in enumerate(terms.COLUMNS)}


def place(line: Line) -> int:
    """Return where a line stands among others: in the order of the terms table."""
    term = terms.BY_NAME.get(line.term)
    return _ORDER.get(term.column, 999) if term else 999
