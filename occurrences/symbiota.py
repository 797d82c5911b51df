"""What a collection brings along from Symbiota: its old numbers, its old addresses, its columns.

Symbiota's own number of a record, its occid, is the id of the core in every archive that Symbiota
writes. It is kept as `legacy_id`, and old links by it lead to the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from biocollections.models import Collection
from darwincore.terms import simple_name
from occurrences import mapping
from occurrences.models import DeletedOccurrence, Identifier, ImportRun, Occurrence
from occurrences.models import Protection as Level
from occurrences.models.record import SortKey

# Columns that Symbiota writes and nobody else: a record's UUID, and who typed it.
_TELLING = frozenset(("recordid", "recordenteredby"))
# Columns that say again what others say, or what holds inside the old portal alone.
_NOT_NEEDED = {
    "taxonid": gettext_noop("a number of the old portal's thesaurus; the name itself is kept"),
    "references": gettext_noop("the record's old address; links to it lead here"),
    "collid": gettext_noop("the collection's number in the old portal"),
    "observeruid": gettext_noop(
        "a person's number in the old portal; who entered the record is kept"
    ),
    "datelastmodified": gettext_noop("the same as “modified”"),
    "higherclassification": gettext_noop("Symbiota leaves it blank; the family is kept"),
}
MOST_FOUND = 20
LONGEST = 200  # letters of a GUID that is looked up


def is_symbiota(headers: Sequence[str]) -> bool:
    """Tell whether these are the columns of an archive that Symbiota wrote."""
    return _TELLING.issubset(simple_name(header).lower() for header in headers)


def with_occid(
    headers: Sequence[str],
    samples: Sequence[Sequence[str]],
    id_index: int | None,
    guessed: list[mapping.Guess],
) -> list[mapping.Guess]:
    """Return the guessed mapping with the core's id as occid, where Symbiota wrote the archive."""
    if id_index is None or not is_symbiota(headers):
        return guessed
    if any(entry["term"] == mapping.LEGACY_ID for entry in guessed):
        return guessed
    values = samples[id_index]
    if not values or not all(value.isascii() and value.isdigit() for value in values):
        return guessed
    occid: mapping.Guess = {**guessed[id_index], "term": mapping.LEGACY_ID}
    return [*guessed[:id_index], occid, *guessed[id_index + 1 :]]


# --- old addresses ------------------------------------------------------------------------------


def records(user: Any, occid: str, guid: str) -> list[Occurrence]:
    """Return the records that an old address means and `user` may see, MOST_FOUND at most.

    guid: what Symbiota calls recordID or occurrenceID; asked only where there is no occid.
    """
    visible = Occurrence.objects.visible_to(user).select_related("collection")
    if number := _number(occid):
        found = visible.filter(legacy_id=number)
    elif guid and len(guid) <= LONGEST and "\0" not in guid:
        found = visible.filter(pk__in=_known_as(guid))
    else:
        return []
    return list(found.order_by("pk")[:MOST_FOUND])


def _known_as(guid: str) -> set[int]:
    """Return the keys of the records with this GUID, occurrenceID or number, each by its index."""
    plain = guid.lower().removeprefix("urn:uuid:")
    own = Occurrence.objects.order_by("pk").values_list("pk", flat=True)
    keys = set(own.filter(occurrence_id__in=[guid, plain, f"urn:uuid:{plain}"])[:MOST_FOUND])
    numbered = Identifier.objects.alias(key=SortKey("value")).filter(key=plain[: SortKey.LENGTH])
    numbered = numbered.filter(value__iexact=plain)
    keys.update(numbered.values_list("occurrence", flat=True)[:MOST_FOUND])
    if uuid := _uuid(plain):
        keys.update(own.filter(guid=uuid))
    return keys


def gone(user: Any, occid: str, guid: str) -> UUID | None:
    """Return the GUID of the deleted record that an old address means, if `user` may know of it."""
    seen = Collection.objects.visible_to(user).values("pk")
    staffed = Collection.objects.editable_by(user).values("pk")
    deleted = DeletedOccurrence.objects.filter(collection__in=seen)
    deleted = deleted.filter(~Q(protection=Level.WHOLE) | Q(collection__in=staffed))
    if number := _number(occid):
        found = deleted.filter(legacy_id=number)
    elif own := _uuid(guid.lower().removeprefix("urn:uuid:")):
        found = deleted.filter(guid=own)
    else:
        return None
    return found.order_by("-deleted_at").values_list("guid", flat=True).first()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_SEARCH = {
    "taxa": "taxon",
    "collector": "collector",
    "collnum": "number",
    "country": "country",
    "state": "state",
    "county": "county",
    "local": "locality",
    "catnum": "catalog_number",
    "eventdate1": "date",
}


def search_query(asked: Mapping[str, str]) -> str:
    """Return the query string of our search that says what an old search's address says."""
    given = {ours: asked.get(theirs, "").strip()[:200] for theirs, ours in _SEARCH.items()}
    until = asked.get("eventdate2", "").strip()
    if given["date"] and until:
        given["date"] = f"{given['date']}/{until}"[:200]
    filled = {name: text for name, text in given.items() if text}
    return f"?{urlencode(filled)}" if filled else ""


# --- what came in -------------------------------------------------------------------------------


class Column(NamedTuple):
    """A column of a Symbiota file: its name there, what it is here, in how many rows it is filled.

    note: why a column that means nothing here is not needed; blank where it is kept.
    """

    name: str
    label: str
    filled: int
    note: str


class Brought(NamedTuple):
    """What the last import from Symbiota brought: the run, its columns, its other tables."""

    run: ImportRun
    columns: list[Column]
    left: list[Column]
    tables: list[tuple[str, int]]


def brought(into: Collection, user: Any) -> Brought | None:
    """Return what the collection's last applied import from Symbiota brought, None for none."""
    runs = ImportRun.objects.visible_to(user).filter(collection=into)
    for run in runs.filter(state=ImportRun.State.APPLIED).select_related("collection")[:20]:
        tables = run.source.get("tables")
        if tables and is_symbiota(tables[0]["headers"]):
            return _brought(run, tables)
    return None


def _brought(run: ImportRun, tables: list[dict[str, Any]]) -> Brought:
    kept, left = [], []
    for entry, filled in zip(run.mapping, tables[0]["filled"], strict=True):
        if not filled:
            continue
        name = simple_name(entry["column"])
        if entry["term"]:
            kept.append(Column(name, mapping.label(entry["term"]), filled, ""))
        else:
            note = _NOT_NEEDED.get(name.lower())
            left.append(Column(name, "", filled, _(note) if note else ""))
    others = [(simple_name(table["row_type"]), table["rows"]) for table in tables[1:]]
    return Brought(run, kept, left, [(name, rows) for name, rows in others if rows])
