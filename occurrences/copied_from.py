"""What a saved form took from other sheets: kept in the history, linked, told to their curators.

A form brings along, as JSON, which records its texts came from and which it is to be linked with
(`read`). Nothing of that is believed: every record is asked for again, by what the person may see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from biocollections.models import Collection, Grant, Role
from biocollections.sponsoring import owner_of
from darwincore import terms
from darwincore.terms import AUDUBON_ROW, MULTIMEDIA_ROW
from journal.models import ChangeSet
from occurrences import clustering
from occurrences.cluster_lists import ADOPTED
from occurrences.determinations import Determination
from occurrences.editing import Added
from occurrences.history import label_of
from occurrences.models import ExtensionRow, Occurrence, Offer, Origin, Protection
from occurrences.protection import exact
from occurrences.ruling import STRICTNESS
from occurrences.transferring_fields import (
    determination_note,
    may_read_all,
    security_for,
    sheet_of,
)

MOST = 20  # records that one form may name
MEDIA = (MULTIMEDIA_ROW, AUDUBON_ROW)
BY_HAND = {"why": "hand"}


@dataclass
class CopiedFrom:
    """What a form says it used, by GUID: fields copied, records to link, rows wanted beside.

    sources: the records of which something goes into this one, as far as `user` sees them.
    """

    user: Any
    copied: dict[UUID, list[str]] = field(default_factory=dict)
    linked: Sequence[UUID] = ()
    histories: Sequence[UUID] = ()
    images: Sequence[UUID] = ()
    sources: list[Occurrence] = field(default_factory=list)

    def security(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return {"record_security": text} where the form asks for less than its sources have."""
        levels = [Protection(source.protection) for source in self.sources]
        strictest = max(levels, key=STRICTNESS.index, default=Protection.OPEN)
        security = security_for(texts, strictest)
        return {"record_security": security} if security else {}

    def added(self) -> Added:
        """Return what goes into the record beside its fields, and what the history says of it."""
        rows = Added(reason=" ".join(map(self._sentence, self.sources)))
        for source in filter(may_read_all, self.sources):
            if source.guid in self.histories:
                rows.determinations += _earlier(source)
            if source.guid in self.images:
                images = ExtensionRow.objects.visible_to(self.user).filter(occurrence=source)
                found = images.filter(row_type__in=MEDIA).values_list("row_type", "terms")
                rows.extension_rows += list(found)
        return rows

    def _sentence(self, source: Occurrence) -> str:
        labels = [label_of(name) for name in self.copied.get(source.guid, ())]
        if source.guid in self.histories:
            labels.append(_("Determination History"))
        if source.guid in self.images:
            labels.append(_("image links"))
        words = {"sheet": sheet_of(source), "guid": source.guid, "fields": ", ".join(labels)}
        return _("Copied from %(sheet)s (%(guid)s): %(fields)s.") % words

    def finish(self, record: Occurrence, done: ChangeSet | None) -> ChangeSet | None:
        """Link the saved record and tell the curators of its sources; return the change set.

        done: what the save did, in which the links stand too; None where it changed nothing. It
        has its own transaction: a save doesn't hold its record while it waits for others.
        """
        if self.linked:
            seen = Occurrence.objects.visible_to(self.user).filter(guid__in=self.linked)
            mates = list(seen.prefetch_related(None).values_list("guid", flat=True))
            done = _link(self.user, record, mates, done) if mates else done
        # A hidden record is nobody's business, nor that there is one.
        if done and record.protection != Protection.WHOLE:
            for source in self.sources:
                if source.collection_id != record.collection_id:
                    _keep_origin(record, source, done)
                    _tell(self.user, source, record.collection)
        return done


def read(user: Any, text: str) -> CopiedFrom:
    """Return what a form's JSON says; nothing where it is none of ours."""
    try:
        said = json.loads(text) if text else {}
        copied = {
            UUID(guid): [name for name in names if name in terms.BY_COLUMN]
            for guid, names in list(said.get("copied", {}).items())[:MOST]
        }
        linked, histories, images = (
            [UUID(guid) for guid in said.get(name, ())[:MOST]]
            for name in ("linked", "histories", "images")
        )
    except (ValueError, TypeError, AttributeError):
        return CopiedFrom(user)
    found = CopiedFrom(user, copied, linked, histories, images)
    if wanted := {*copied, *histories, *images}:
        seen = Occurrence.objects.visible_to(user).filter(guid__in=wanted).order_by("pk")
        rows = seen.select_related("collection").prefetch_related("identifications")
        found.sources = list(rows.defer("search_vector"))
    return found


def _earlier(source: Occurrence) -> list[Determination]:
    """Return the determinations a record had before, each saying whose it is."""
    row = getattr(source, "disclosed_row", None)
    hidden = row.identifications if row else {}
    told = determination_note(sheet_of(source))
    found = []
    for identification in source.identifications.all():
        if identification.is_current:
            continue
        columns = {column: getattr(identification, column) for column in ADOPTED}
        values = exact(columns, hidden.get(str(identification.guid)))
        remarks = values.get("identification_remarks") or ""
        noted = remarks if told in remarks else f"{remarks} {told}".strip()
        found.append({**{c: values[c] for c in ADOPTED}, "identification_remarks": noted})
    return found


def _link(
    user: Any, record: Occurrence, mates: Iterable[UUID], done: ChangeSet | None
) -> ChangeSet | None:
    with transaction.atomic():
        within = done or ChangeSet.objects.create(
            kind=ChangeSet.Kind.LINKING, user=user, collection_id=record.collection_id
        )
        linked = clustering.link(within, [(record.guid, mate) for mate in mates], BY_HAND)
        if linked or done:
            return within
        within.delete()
    return None


def _keep_origin(record: Occurrence, source: Occurrence, done: ChangeSet) -> None:
    """Keep that a record was made from a collector's, for the list of what he collected."""
    of_collector = source.collection.type == Collection.Type.PERSONAL
    if of_collector or _givers_of(source):
        Origin.objects.get_or_create(
            record_guid=record.guid,
            original_guid=source.guid,
            how=Offer.How.COPY,
            defaults={"source": source.collection, "change_set": done},
        )


def _givers_of(source: Occurrence) -> list[Any]:
    """Return who gave a record to where it is now."""
    given = Origin.objects.filter(record_guid=source.guid, how=Offer.How.TRANSFER)
    found = given.filter(giver__is_active=True).select_related("giver")
    return list({each.giver_id: each.giver for each in found}.values())


# --- telling and asking -----------------------------------------------------------------------


USED = noticing.kind(
    "record used",
    gettext_noop("%(person)s used your record %(record)s for a duplicate in %(collection)s."),
    gettext_noop("%(number)s of your records were used for duplicates, %(record)s the last."),
)
USED_SOMEWHERE = noticing.kind(
    "record used somewhere",
    gettext_noop("%(person)s used your record %(record)s for a duplicate."),
    gettext_noop("%(number)s of your records were used for duplicates, %(record)s the last."),
)
ASKED = noticing.kind(
    "asked by a duplicate",
    gettext_noop(
        "%(person)s (%(address)s) enters a duplicate of %(record)s and asks for what is withheld "
        "of it."
    ),
)


def _tell(user: Any, source: Occurrence, into: Collection) -> None:
    """Tell curators and collector of a record that it was used; what is unread is added up."""
    clusters = {"collection": str(source.collection.guid), "show": "all"}
    to_curators = f"{reverse('occurrences:clusters')}?{urlencode(clusters)}"
    to_collectors = f"{reverse('occurrences:my_collections')}?show=made"
    kind = USED if into.is_public else USED_SOMEWHERE
    words = {"person": user, "record": sheet_of(source)}
    if into.is_public:
        words["collection"] = into.name
    seen = Occurrence.objects.visible_to
    collectors = [g for g in _givers_of(source) if seen(g).filter(pk=source.pk).exists()]
    if source.collection.type == Collection.Type.PERSONAL:
        collectors.append(owner_of(source.collection))
    people = dict.fromkeys(curators_of(source.collection), to_curators)
    people |= dict.fromkeys(filter(None, collectors), to_collectors)
    people.pop(user, None)
    for person, url in people.items():
        waiting = noticing.unread(person).filter(kind=kind, url=url)
        before = sum(notice.words.get("number", 1) for notice in waiting)
        noticing.tell([person], kind, url, {**words, "number": before + 1})


def ask(user: Any, source: Occurrence) -> int:
    """Ask the curators of a record for what is withheld of it; return how many are told."""
    asked = curators_of(source.collection, but=user)
    words = {
        "person": user.get_full_name() or user,
        "address": user.email,
        "record": sheet_of(source),
    }
    noticing.tell(asked, ASKED, source.get_absolute_url(), words)
    return len(asked)


def curators_of(collection: Collection, *, but: Any = None) -> list[Any]:
    """Return those who edit a collection's records, without one of them."""
    grants = Grant.objects.valid().filter(
        collection=collection, role__in=(Role.ADMINISTRATOR, Role.EDITOR), scope={}
    )
    people = {grant.user for grant in grants.select_related("user")}
    return sorted(people - {but}, key=lambda person: person.pk)
