"""One record typed by a person: what the texts mean, and how two people's changes meet.

`read` understands texts as an import does. `create` and `save` write through `records.write`. When
the record moved on while somebody typed, changes of different fields are put together; where both
changed the same field, `save` writes nothing and tells both texts, for a person to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.models import Collection
from darwincore import issues, terms
from darwincore.coordinates import coordinate_pair
from darwincore.grids import GridPoint, grid_point
from darwincore.interpret import interpret
from journal.models import ChangeSet
from occurrences import numbering, records, renaming
from occurrences.cleaning import look_up_later
from occurrences.determinations import Determination, mirror_of
from occurrences.drafts import Draft, Stored
from occurrences.models import DeletedOccurrence, Occurrence
from occurrences.naming import KEY_COLUMNS
from occurrences.readers import as_text, exact_values

IDENTIFIERS = "identifiers"
Texts = Mapping[str, str]
Rows = list[tuple[str, str]]

DATE_COLUMNS = ("year", "month", "day", "start_day_of_year", "end_day_of_year")
# Terms that one text decides together: a new date brings its year, month and day.
TOGETHER = (
    ("event_date", "verbatim_event_date", *DATE_COLUMNS),
    (
        "decimal_latitude",
        "decimal_longitude",
        "verbatim_coordinates",
        "verbatim_latitude",
        "verbatim_longitude",
    ),
    ("minimum_elevation_in_meters", "maximum_elevation_in_meters", "verbatim_elevation"),
    ("minimum_depth_in_meters", "maximum_depth_in_meters", "verbatim_depth"),
    ("country", "country_code"),
)
# What is read anew from its master, so that the old year doesn't contradict the new date.
FOLLOWING = {"event_date": DATE_COLUMNS, "country": ("country_code",)}
# A file is put right and let in; a person who types is asked.
ASKED = {
    "ELEVATION_MIN_MAX_SWAPPED": gettext_lazy("The minimum is above the maximum. Correct one."),
    "DEPTH_MIN_MAX_SWAPPED": gettext_lazy("The minimum is above the maximum. Correct one."),
    "DATE_RANGE_REVERSED": gettext_lazy("The range ends before it starts. Correct one of the two."),
}
# A file falls back on what else it says, such as the label's date; a person who types is asked.
_UNREAD = ("RECORDED_DATE_INVALID", "NUMBER_INVALID")
# What Symbiota calls security, in the levels the form offers.
_SECURITY = {0: "", 5: "5"}


@dataclass(slots=True)
class Reading:
    """What texts mean. values and verbatim as `drafts.Draft` wants them; by column: `problems`
    that keep the record from being saved, and `notes` that say how a text was understood."""

    values: dict[str, Any] = field(default_factory=dict)
    verbatim: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Added:
    """What a save adds beside the fields, from other sheets of the gathering, and says of it."""

    reason: str = ""
    determinations: list[Determination] = field(default_factory=list)
    extension_rows: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class Clash(NamedTuple):
    """A field that two people changed: what it holds now, and what was typed here."""

    column: str
    theirs: str
    mine: str


@dataclass(slots=True)
class Saved:
    """What became of a save. With clashes or problems nothing was written."""

    change_set: ChangeSet | None = None
    columns: list[str] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    version: int = 0


class Gone(Exception):
    """The record was deleted meanwhile, or handed over."""


def read(texts: Texts) -> Reading:
    """Return what the texts of a record, by column, mean."""
    apart, label = _apart(texts)
    given = {terms.BY_COLUMN[column].name: text for column, text in apart.items() if text}
    found = interpret(given)
    reading = Reading(found.values | label, dict(found.verbatim))
    for issue in found.issues:
        _tell(reading, issue)
    for column, text in texts.items():
        value = reading.values.get(column)
        if text and value is None:
            reading.problems.setdefault(column, _("This says nothing here. Leave it blank."))
        elif text and as_text(value) != text and column not in reading.notes:
            both = _POINT if given.keys().isdisjoint(_POINT_TERMS) else (column,)
            shown = both if column in both else (column,)
            reading.notes[column] = ", ".join(as_text(reading.values[name]) for name in shown)
    return reading


_POINT = ("decimal_latitude", "decimal_longitude")
_POINT_TERMS = ("decimalLatitude", "decimalLongitude")


_OF_LABEL = ("verbatim_coordinates", "verbatim_latitude", "verbatim_longitude")


def _apart(texts: Texts) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts to read, and those of the label's point that are kept as they are.

    Where a point is typed, the label's is no way out: an unreadable one is asked about. A whole
    point typed as the latitude ("30°46'N 110°51'W", "12R 512345 3400000") leaves no doubt and
    stands for both, whatever longitude was carried over beside it.
    """
    point = texts.get("decimal_latitude", "")
    if not point and not texts.get("decimal_longitude"):
        return dict(texts), {}
    label = {column: texts[column] for column in _OF_LABEL if texts.get(column)}
    rest = {column: text for column, text in texts.items() if column not in label}
    if not _is_whole(point, texts.get("geodetic_datum", "")):
        return rest, label
    rest = {column: text for column, text in rest.items() if column not in _POINT}
    return rest | {"verbatim_coordinates": point}, label


def _is_whole(point: str, datum: str) -> bool:
    """Tell whether a text holds both coordinates."""
    return bool(point) and (
        not isinstance(coordinate_pair(point), str)
        or isinstance(grid_point(point, datum), GridPoint)
    )


def _metres(reading: Reading, column: str) -> str:
    """Return what feet typed as the minimum or the maximum come to: "366 m", "914–1067 m"."""
    pair = next(pair for pair in _LENGTHS if column in pair)
    values = [reading.values.get(name) for name in pair]
    ends = dict.fromkeys(as_text(value) for value in values if value is not None)
    return "–".join(ends) + " m"


_LENGTHS = (
    ("minimum_elevation_in_meters", "maximum_elevation_in_meters"),
    ("minimum_depth_in_meters", "maximum_depth_in_meters"),
)


def texts_of(
    values: Mapping[str, Any], identifiers: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Return exact values by column as the form shows them; blank ones are left out."""
    texts = {
        column: as_text(values[column])
        for column in terms.COLUMNS
        if values.get(column) not in (None, "")
    }
    security = values.get("record_security")
    texts["record_security"] = _SECURITY.get(security or 0, "1")
    texts[IDENTIFIERS] = identifier_lines(identifiers)
    return {column: text for column, text in texts.items() if text}


def identifier_lines(identifiers: Iterable[tuple[str, str]]) -> str:
    """Return identifiers one a line: "Accession: 2026-014"; one without a name stands alone."""
    return "\n".join(
        f"{name}: {value}" if name or ": " in value else value for name, value in identifiers
    )


def identifiers_of(text: str) -> Rows:
    """Return the (name, value) pairs of such lines; "http://…" is no name."""
    pairs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(": ")
        named = bool(colon and value.strip())
        pairs.append((name.strip(), value.strip()) if named else ("", line))
    return [(name.strip(":"), value) for name, value in pairs]


def create(
    collection: Collection,
    user: Any,
    guid: UUID,
    texts: Texts,
    identifiers: str,
    *,
    offered: str = "",
    added: Added | None = None,
) -> bool:
    """Make a record of these texts; return False when the form was sent twice.

    offered: the catalogue number that was offered as the next free one. If it still stands in
    `texts` and somebody took it meanwhile, the record gets the next.
    """
    reading = read({"basis_of_record": collection.basis_of_record, **texts})
    draft = Draft(
        guid,
        collection.pk,
        reading.values,
        verbatim=reading.verbatim,
        identifiers=identifiers_of(identifiers),
    )
    added = added or Added()
    draft.identifications, draft.extension_rows = added.determinations, added.extension_rows
    if DeletedOccurrence.objects.filter(guid=guid).exists():
        return False
    with transaction.atomic():
        if offered and draft.values.get("catalog_number") == offered:
            draft.values["catalog_number"] = numbering.free_at_save(collection.pk, offered)
        change_set = change_set_for(collection.pk, user, reason=added.reason)
        written = records.write(change_set, reading.values, [draft])
        if written.created:
            look_up_later(collection.pk, user)
        else:
            transaction.set_rollback(True)
    return bool(written.created)


def said_otherwise(
    record: Occurrence, texts: Texts, identifiers: str, *, offered: str = ""
) -> list[Clash]:
    """Return the fields in which a form sent once more says something else than its record.

    Compared is what the texts mean, so that the same form says nothing else. A value that follows
    from another text is none of them. `offered` as in `create`: the record may have got the next
    number. `record` comes from `editable_by`.
    """
    reading = read({"basis_of_record": record.collection.basis_of_record, **texts})
    said = texts_of(reading.values, identifiers_of(identifiers))
    now, _notes = opened(record)
    if offered and texts.get("catalog_number") == offered:
        said["catalog_number"] = now.get("catalog_number", "")
    typed = {**texts, IDENTIFIERS: identifiers}
    found = {
        name: Clash(name, now.get(name, ""), typed.get(name, ""))
        for name in (*terms.COLUMNS, IDENTIFIERS)
        if said.get(name, "") != now.get(name, "") and (typed.get(name) or not said.get(name))
    }
    for master in FOLLOWING.keys() & found.keys():
        for name in FOLLOWING[master]:
            if not typed.get(name):
                found.pop(name, None)
    return list(found.values())


def save(
    guid: UUID,
    user: Any,
    version: int | None,
    basis: Texts,
    typed: Texts,
    *,
    new_determination: bool = False,
    added: Added | None = None,
) -> Saved:
    """Write what was typed into a record that somebody may have changed since.

    version and basis: what the form was opened with; typed: the changed columns' texts, blank
    erases, "identifiers" among them. Raises Gone when the record is no more, or by now in a
    collection that `user` doesn't edit.
    """
    with transaction.atomic():
        record = records.stored([guid]).get(guid)
        if record is None or not _is_his(user, record):
            raise Gone
        now = texts_of(record.values, record.identifiers)
        saved = Saved(now=now, version=record.version)
        wanted = {name: text for name, text in typed.items() if text != now.get(name, "")}
        if version != record.version:
            saved.clashes = [
                Clash(name, now.get(name, ""), text)
                for name, text in wanted.items()
                if now.get(name, "") != basis.get(name, "")
            ]
        more = added or Added()
        beside = more.determinations or more.extension_rows
        if not saved.clashes and (wanted or new_determination or beside):
            _write(saved, guid, record, user, wanted, new_determination, more)
    return saved


def _is_his(user: Any, record: Stored) -> bool:
    """Tell whether the locked record is still in a collection that this person edits."""
    return Collection.objects.editable_by(user).filter(pk=record.collection_id).exists()


def _write(
    saved: Saved,
    guid: UUID,
    record: Stored,
    user: Any,
    wanted: Texts,
    new_determination: bool,
    added: Added,
) -> None:
    draft = Draft(guid, record.collection_id, {}, version=record.version)
    if IDENTIFIERS in wanted:
        draft.identifiers = identifiers_of(wanted[IDENTIFIERS])
    reading, columns = revised(record.values, saved.now, wanted)
    saved.problems = reading.problems
    if saved.problems:
        return
    draft.values, draft.verbatim = reading.values, reading.verbatim
    if new_determination:
        draft.identifications = [mirror_of({**record.values, **draft.values})]
    change_set = change_set_for(record.collection_id, user, reason=added.reason)
    written = records.write(change_set, columns, [draft], locked={guid: record})
    if _add(change_set, guid, added) or written.updated:
        saved.change_set, saved.columns = change_set, list(wanted)
        if not set(KEY_COLUMNS).isdisjoint(wanted):
            look_up_later(record.collection_id, user)
    else:
        change_set.delete()


def _add(change_set: ChangeSet, guid: UUID, added: Added) -> bool:
    """Write determinations and extension rows that a record hasn't; tell whether there were any.

    Apart from its fields: with other determinations beside it, a corrected one would count as new.
    """
    if not (added.determinations or added.extension_rows):
        return False
    record = records.stored([guid])[guid]
    draft = Draft(guid, record.collection_id, {}, version=record.version)
    draft.identifications = added.determinations or None
    new = [row for row in added.extension_rows if row not in record.extension_rows]
    draft.extension_rows = [*record.extension_rows, *new]
    return bool(records.write(change_set, (), [draft]).updated)


def revised(before: Mapping[str, Any], now: Texts, wanted: Texts) -> tuple[Reading, list[str]]:
    """Return what a record says with `wanted` laid over its texts, and the columns to write.

    before: its exact values, now: their texts. The reading holds those columns alone, and problems
    and notes of the wanted ones; a blank text erases. With a name goes what was said of it alone.
    """
    reading = read(_input(now, wanted))
    values = reading.values | {name: None for name, text in wanted.items() if not text}
    columns = _columns_to_write(wanted, before, values)
    written = {column: values.get(column) for column in columns}
    (following,) = renaming.followers([(before, written)])
    values, columns = values | following, [*columns, *following]
    names = {terms.BY_COLUMN[column].name for column in columns if column in terms.BY_COLUMN}
    revision = Reading(
        {column: values.get(column) for column in (*columns, *terms.DERIVED_COLUMNS)},
        {name: text for name, text in reading.verbatim.items() if name in names},
        {name: reading.problems[name] for name in wanted if name in reading.problems},
        {name: reading.notes[name] for name in wanted if name in reading.notes},
    )
    return revision, columns


def _input(now: Texts, wanted: Texts) -> dict[str, str]:
    """Return the record's texts with the typed ones laid over, for `read`."""
    left_out = {IDENTIFIERS}
    for master, followers in FOLLOWING.items():
        if master in wanted:
            left_out.update(name for name in followers if name not in wanted)
    return {name: text for name, text in {**now, **wanted}.items() if name not in left_out}


def _columns_to_write(
    wanted: Texts, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[str]:
    """Return the typed columns and those that follow from them with another value than before."""
    columns = [column for column in wanted if column != IDENTIFIERS]
    for group in TOGETHER:
        if not set(group).isdisjoint(columns):
            columns += [
                column
                for column in group
                if column not in columns and before.get(column) != after.get(column)
            ]
    return columns


def _tell(reading: Reading, issue: issues.Issue) -> None:
    """Put an issue under its field, in the words of the page."""
    term = terms.BY_NAME.get(issue.term)
    if term is None or not term.column:
        return
    if issue.code in ASKED:
        reading.problems[term.column] = str(ASKED[issue.code])
        return
    if issue.code in ("ELEVATION_NOT_METRIC", "DEPTH_NOT_METRIC"):
        reading.notes.setdefault(term.column, _metres(reading, term.column))
        return
    named = issue._replace(term=_(term.label))
    message = str(issues.describe(named, translate=_in_the_words_of_the_page))
    is_unread = issue.code in _UNREAD and not term.name.startswith("verbatim")
    is_lost = is_unread or reading.values.get(term.column) is None
    refused = is_lost or issues.severity(issue) == "blocking"
    (reading.problems if refused else reading.notes).setdefault(term.column, message)


_TERM = re.compile(r"\b[a-z]+[A-Z]\w*\b")


def _in_the_words_of_the_page(message: str) -> str:
    """Translate a message, and call other fields what the form calls them."""
    return _TERM.sub(
        lambda found: _(terms.BY_NAME[found[0]].label) if found[0] in terms.BY_NAME else found[0],
        _(message),
    )


def change_set_for(
    collection_id: int, user: Any, number: int = 1, *, reason: str = ""
) -> ChangeSet:
    """Return a new change set for what `user` does by hand to `number` records."""
    return ChangeSet.objects.create(
        kind=ChangeSet.Kind.EDIT,
        user=user,
        collection_id=collection_id,
        counts={"records": number},
        reason=reason,
    )


def opened(occurrence: Occurrence) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts a form on this record opens with, and what was written on the label.

    `occurrence` comes from `editable_by`, so both hold what this person may read.
    """
    pairs = [(row.name, row.value) for row in occurrence.identifiers.all()]
    verbatim = occurrence.disclosed.get("verbatim") or occurrence.verbatim
    notes = {
        terms.BY_NAME[name].column: _("as written: “%(text)s”") % {"text": text}
        for name, text in verbatim.items()
        if name in terms.BY_NAME
    }
    return texts_of(exact_values(occurrence), pairs), notes
