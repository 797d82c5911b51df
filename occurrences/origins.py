"""Where records came from, and what whoever gave them away still reads of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from occurrences.models import Occurrence, Offer, Origin, Protection, Withheld


@dataclass(frozen=True)
class Told:
    """An origin in words, for one reader. source and original only where he may see them.

    origin: None where the record itself says it, as what came in a package of another portal does.
    """

    words: str
    origin: Origin | None
    source: Collection | None
    original: Occurrence | None


# What `packing` writes into associatedOccurrences, in whatever language: the words name a day and a
# portal's address.
_NAMED = re.compile(r'"([^"|]{1,400})":"urn:uuid:([0-9a-f-]{36})"')
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)


def sent(associated_occurrences: str | None) -> list[tuple[str, str]]:
    """Return what a record says of being sent: who sent it and from where, and its GUID there."""
    found = _NAMED.findall(associated_occurrences or "")
    return [
        (words, guid)
        for words, guid in found
        if _DAY.search(words) and ("https://" in words or "http://" in words)
    ]


def of_record(record: Occurrence, user: Person) -> list[Told]:
    """Return where a record came from, the latest first; [] for one that was entered here.

    A record that went back to where it came from is at home again. Where this portal doesn't know,
    it is what the record says.
    """
    found = Origin.objects.filter(record_guid=record.guid).select_related(
        "source", "giver", "change_set"
    )
    away = [each for each in found.order_by("-pk") if each.source_id != record.collection_id]
    if not away:
        shown = vars(record).get("associated_occurrences")
        told = sent(record.disclosed.get("associated_occurrences", shown))
        return [Told(words[:1].upper() + words[1:], None, None, None) for words, _guid in told]
    visible = set(Collection.objects.visible_to(user).values_list("pk", flat=True))
    originals = {each.original_guid for each in away if each.original_guid}
    seen = Occurrence.objects.visible_to(user).filter(guid__in=originals)
    known = {row.guid: row for row in seen.select_related("collection").defer("search_vector")}
    return [
        Told(
            _words(each, is_visible=each.source_id in visible),
            each,
            each.source if each.source_id in visible else None,
            known.get(each.original_guid) if each.original_guid else None,
        )
        for each in away
    ]


def _words(origin: Origin, *, is_visible: bool) -> str:
    giver = str(origin.giver.get_full_name() or origin.giver) if origin.giver else ""
    is_personal = origin.source.type == Collection.Type.PERSONAL
    said = {"name": giver or origin.source.name, "collection": origin.source.name}
    if origin.how == Offer.How.COPY:
        if is_personal:
            return _("Copied from the personal profile of %(name)s") % said
        told = _("Copied from %(collection)s"), _("Copied from another collection")
    elif is_personal:
        return _("From the personal profile of %(name)s") % said
    else:
        told = _("From %(collection)s"), _("From another collection")
    return told[0] % said if is_visible else told[1]


def disclose(records: Iterable[Occurrence], user: Person) -> None:
    """Let whoever gave these records away read, of what is withheld now, what he himself gave.

    records come from `visible_to`; one whose place he may read anyway stays as it is. The others
    bear `is_as_given`: what was added or corrected since is not in it.
    """
    closed = {
        record.guid: record
        for record in records
        if record.protection != Protection.OPEN and not getattr(record, "disclosed_row", None)
    }
    if not closed or not user.is_authenticated:
        return
    for guid, terms in _given(user, closed).items():
        record = closed[guid]
        row = Withheld(occurrence_id=record.pk, collection_id=record.collection_id, terms=terms)
        record.disclosed_row = row  # type: ignore[attr-defined]
        record.is_as_given = True  # type: ignore[attr-defined]


def _given(user: Person, guids: Iterable[Any]) -> dict[Any, dict[str, Any]]:
    """Return what he gave last of each of these records, {column: value}."""
    mine = Origin.objects.filter(
        record_guid__in=list(guids), giver=user.pk, how=Offer.How.TRANSFER, given__isnull=False
    )
    return {each.record_guid: each.given for each in mine.order_by("pk")}
