"""Things a test needs, made the way the portal makes them: `make.occurrence(locality="…")`.

Every function fills what the test doesn't mention. Records go through `records.write`, so what is
protected is split off as in life.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

from accounts import addresses
from biocollections.models import Collection, Grant, Role
from darwincore import terms
from darwincore.dates import parse_date
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import records
from occurrences.drafts import Draft
from occurrences.models import Occurrence
from taxonomy import spelling
from taxonomy.models import Taxon
from taxonomy.ranks import RANKS

_numbers = count(1)


def user(username: str = "", **fields: Any) -> Any:
    """Make a person who may sign in with the password "secret", his address confirmed."""
    username = username or f"person{next(_numbers)}"
    fields.setdefault("email", f"{username}@example.org")
    made = get_user_model().objects.create_user(username, password="secret", **fields)
    addresses.confirm(made)
    return made


def collection(code: str = "", *, administrator: Any = None, **fields: Any) -> Collection:
    """Make a public collection of preserved specimens; `administrator` is granted that role."""
    code = code or f"COLL{next(_numbers)}"
    fields.setdefault("name", f"Collection {code}")
    fields.setdefault("institution_code", code.partition("-")[0])
    made = Collection.objects.create(code=code, **fields)
    if administrator:
        grant(administrator, Role.ADMINISTRATOR, made)
    return made


def grant(person: Any, role: str, within: Collection | None = None, **fields: Any) -> Grant:
    """Give `person` a role, in a collection or portal-wide."""
    return Grant.objects.create(user=person, role=role, collection=within, **fields)


def taxon(
    name: str,
    authorship: str = "",
    *,
    rank: str = "species",
    parent: Taxon | None = None,
    accepted: Taxon | None = None,
    **fields: Any,
) -> Taxon:
    """Make a taxon of the thesaurus under `parent`, or a synonym of `accepted`."""
    above = accepted or parent
    kingdom = name if rank == "kingdom" else (above.kingdom if above else "Plantae")
    key = spelling.canonical_key(name)
    given = {
        "kingdom": kingdom,
        "family": name if rank == "family" else (above.family if above else ""),
        "status": "synonym" if accepted else "accepted",
        **fields,
    }
    made = Taxon.objects.create(
        scientific_name=name,
        authorship=authorship,
        rank=rank,
        rank_order=RANKS[rank].order,
        parent=None if accepted else parent,
        accepted=accepted,
        canonical_key=key,
        variant_key=spelling.variant_key(key),
        authorship_key=spelling.authorship_key(authorship),
        **given,
    )
    made.current = accepted or made
    made.path = f"{above.path}.{made.pk}" if above else str(made.pk)
    made.save()
    return made


def change_set(
    by: Any = None, within: Collection | None = None, kind: str = "edit", **fields: Any
) -> ChangeSet:
    """Make an empty change set to write into."""
    collection_id = within.pk if within else None
    return ChangeSet.objects.create(kind=kind, user=by, collection_id=collection_id, **fields)


def occurrence(into: Collection | None = None, **values: Any) -> Occurrence:
    """Make one record and return it as it stands, with its public columns."""
    return occurrences(into or collection(), [values])[0]


def occurrences(into: Collection, rows: list[dict[str, Any]], by: Any = None) -> list[Occurrence]:
    """Make records {column: value}, all in one change set, and return them in that order.

    A row may also hold Draft's own fields: identifications, identifiers, extension_rows, verbatim,
    source_id, guid.
    """
    drafts = [draft(into, **row) for row in rows]
    records.write(change_set(by, into), terms.COLUMNS, drafts)
    made = Occurrence.objects.in_bulk([each.guid for each in drafts], field_name="guid")
    return [made[each.guid] for each in drafts]


_OF_DRAFT = (
    "guid",
    "identifications",
    "identifiers",
    "extension_rows",
    "verbatim",
    "source_id",
    "legacy_id",
    "version",
)


def draft(into: Collection, **values: Any) -> Draft:
    """Return the draft of a record, a Quercus unless told otherwise; numbers may be text."""
    own = {name: values.pop(name) for name in _OF_DRAFT if name in values}
    unknown = values.keys() - set(terms.COLUMNS + terms.DERIVED_COLUMNS)
    assert not unknown, f"no such columns: {sorted(unknown)}"
    values = {column: _as_kept(column, value) for column, value in values.items()}
    values.setdefault("scientific_name", "Quercus emoryi")
    values.setdefault("basis_of_record", into.basis_of_record)
    if values.get("event_date") and "event_date_start" not in values:
        values.update(days_of(values["event_date"]))
    return Draft(
        guid=own.pop("guid", None) or new_guid(), collection_id=into.pk, values=values, **own
    )


def edit(record: Occurrence, by: Any = None, **values: Any) -> ChangeSet:
    """Change these columns of a record and return the change set that did it."""
    done = change_set(by, record.collection)
    record.refresh_from_db(fields=["version"])
    changed = draft(record.collection, guid=record.guid, version=record.version, **values)
    defaults = {"scientific_name", "basis_of_record"} - values.keys()
    written = records.write(done, changed.values.keys() - defaults, [changed])
    assert not written.conflicts
    record.refresh_from_db()
    return done


def _as_kept(column: str, value: Any) -> Any:
    number = column in terms.BY_COLUMN and terms.BY_COLUMN[column].kind == "number"
    return Decimal(str(value)) if number and value is not None else value


def days_of(event_date: str) -> dict[str, Any]:
    """Return the columns that follow from a date, month, year or interval."""
    period = parse_date(event_date).period
    assert period, f"{event_date} is no date"
    year, month, day = (part or None for part in period.single)
    return {
        "event_date_start": period.start,
        "event_date_end": period.end,
        "event_date_precision": period.precision,
        "year": year,
        "month": month,
        "day": day,
    }
