"""Files of places that a portal admin loads: counties, and what places are also called.

A row names a place by its columns country, stateProvince and county; the deepest one filled is
meant. The countries and states must be known, a state alone or a county is made when it is not.
variants and abbreviations (several with | between them) are further names, language is that of the
variants, code is the place's own where it has one. Each row is accounted for, and what can't be
taken is named with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.db import connection, transaction
from django.utils.translation import gettext as _

from biocollections import places
from biocollections.gazetteer import COUNTRY, COUNTY, STATE, Entry, Name
from biocollections.models import Place, PlaceFile
from biocollections.places import Index, Known
from darwincore import issues
from darwincore.reader import SourceRow, open_source
from journal import undo
from journal.guids import new_guid
from journal.jobs import Progress, Refused, work
from journal.models import Change, ChangeSet

KIND = "place"
MOST_PROBLEMS = 500
# column: the headers it goes by, folded
COLUMNS = {
    COUNTRY: {"country", "countrycode", "countryname", "pais", "pays", "land"},
    STATE: {"stateprovince", "state", "province", "estado", "provincia"},
    COUNTY: {"county", "countyname", "municipio", "condado", "district"},
    "code": {"code", "geocode"},
    "variants": {"variants", "variant", "alsocalled", "synonyms", "names"},
    "abbreviations": {"abbreviations", "abbreviation", "abbrev", "abbr"},
    "language": {"language", "lang", "idioma"},
}
Cells = dict[str, str]


class Unusable(Exception):
    """A row that can't be taken. The text says why."""


def receive(file: BinaryIO, name: str, user: Any) -> PlaceFile:
    """Keep a file in private storage, to be loaded."""
    kept = PlaceFile(name=PurePath(name).name[:300], user=user)
    suffix = "".join(PurePath(kept.name).suffixes[-1:])[:10]
    kept.file.save(f"{kept.guid}{suffix}", File(file))
    return kept


@work("places load")
def load_job(progress: Progress) -> dict[str, Any]:
    """Load the file whose GUID is the job's key."""
    loaded = load(PlaceFile.objects.get(guid=progress.job.key))
    if loaded.refusal:
        raise Refused(loaded.refusal)
    return dict(loaded.counts)


def load(loading: PlaceFile) -> PlaceFile:
    """Take in what the file says, in one change set; nothing when that was done already."""
    if loading.change_set is not None:
        return loading
    reading = Reading(places.read())
    try:
        with open_source(loading.file.path, filename=loading.name) as source:
            reading.read(source.core.headers, source.rows())
    except issues.Refused as refusal:
        loading.refusal = str(refusal.describe(_))
    except Unusable as refusal:
        loading.refusal = str(refusal)
    loading.counts = {"rows": sum(reading.counts.values()), **reading.counts}
    loading.problems = reading.problems
    with transaction.atomic():
        loading.change_set = _write(reading, loading)
        loading.save()
    return loading


@dataclass
class Reading:
    """What a file says beyond what is known, and what became of each of its rows."""

    index: Index
    entries: dict[str, Entry] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("created", "updated", "unchanged", "blocked"), 0)
    )
    problems: list[dict[str, Any]] = field(default_factory=list)

    def read(self, headers: list[str], rows: Iterable[SourceRow]) -> None:
        """Go through the rows. Raises Unusable for a file without countries."""
        columns = _columns(headers)
        if COUNTRY not in columns.values():
            raise Unusable(
                _("The file has no column “country”. Its columns may be: %(columns)s.")
                % {"columns": "country, stateProvince, county, variants, abbreviations, language"}
            )
        for row in rows:
            cells = {name: row.cells[at] for at, name in columns.items()}
            try:
                self.counts[self._take(cells)] += 1
            except Unusable as problem:
                self.counts["blocked"] += 1
                if len(self.problems) < MOST_PROBLEMS:
                    self.problems.append({"line": row.line, "problem": str(problem)})

    def _take(self, cells: Cells) -> str:
        """Take one row in, and return what it did."""
        place = self._place(cells)
        is_new = place.code not in self.index.by_code
        known = set() if is_new else set(self.index.names(place))
        names = [name for name in _names(cells) if name.text not in known | {place.name}]
        if not is_new and not names:
            return "unchanged"
        parent, entry = place.parent, self.entries.get(place.code)
        entry = entry or Entry(place.code, place.kind, place.name, parent, [])
        entry.names.extend(names)
        self.entries[place.code] = entry
        self.index.add(place, [name.text for name in names])
        if is_new:
            self.made.add(place.code)
        return "created" if is_new else "updated"

    def _place(self, cells: Cells) -> Known:
        """Return the place a row is about, known or new."""
        country, state, county = (cells.get(name, "") for name in places.KINDS)
        if not country:
            raise Unusable(_("country is blank."))
        lands = self.index.called(COUNTRY, country)
        if len(lands) != 1:
            raise Unusable(_("There is no country “%(text)s”.") % {"text": country})
        if not state:
            if county:
                raise Unusable(_("stateProvince is blank, though the row names a county."))
            return lands[0]
        outer = self._known(STATE, state, lands[0])
        if not county:
            return outer or self._new(STATE, state, lands[0], cells)
        if outer is None:
            message = _("There is no state or province “%(text)s” in %(country)s.")
            remedy = _("Give it a row of its own first, or write it as that is called.")
            told = message % {"text": state, "country": lands[0].name}
            raise Unusable(f"{told} {remedy}")
        return self._known(COUNTY, county, outer) or self._new(COUNTY, county, outer, cells)

    def _known(self, kind: str, text: str, outer: Known) -> Known | None:
        found = [each for each in self.index.called(kind, text) if each.parent == outer.code]
        if len(found) > 1:
            named = ", ".join(each.name for each in found)
            raise Unusable(_("“%(text)s” can be: %(places)s.") % {"text": text, "places": named})
        return found[0] if found else None

    def _new(self, kind: str, text: str, outer: Known, cells: Cells) -> Known:
        own = places.fold(text)
        if not own or len(text) > places.LONGEST:
            raise Unusable(_("“%(text)s” is no name.") % {"text": text[:100]})
        code = cells.get("code", "")[:100] or f"{outer.code}-{own}"[:120]
        if code in self.index.by_code:
            other = self.index.by_code[code].name
            raise Unusable(_("%(place)s has the code %(code)s.") % {"place": other, "code": code})
        return Known(code, kind, text, outer.code)


def _columns(headers: list[str]) -> dict[int, str]:
    """Return {position: our column} of the headers that are known, each column once."""
    found: dict[int, str] = {}
    for at, header in enumerate(headers):
        folded = places.fold(header)
        name = next((name for name, called in COLUMNS.items() if folded in called), "")
        if name and name not in found.values():
            found[at] = name
    return found


def _names(cells: Cells) -> Iterator[Name]:
    for column, kind in (("variants", "variant"), ("abbreviations", "abbreviation")):
        language = cells.get("language", "")[:8] if kind == "variant" else ""
        for text in re.split(r"[|;]", cells.get(column, "")):
            if places.fold(text) and len(text.strip()) <= places.LONGEST:
                yield Name(text.strip(), kind, language)


# --- writing, and taking back ---------------------------------------------------------------------


def _write(reading: Reading, loading: PlaceFile) -> ChangeSet | None:
    """Write what was read; return the change set, None when there is nothing new."""
    if not reading.entries:
        return None
    counts = {name: number for name, number in reading.counts.items() if number}
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.METADATA,
        user=loading.user,
        reason=_("Places from %(file)s") % {"file": loading.name},
        counts={"rows": sum(counts.values()), **counts},
    )
    guids = {code: new_guid() for code in reading.made}
    guids |= dict(
        Place.objects.filter(code__in=reading.entries.keys() - reading.made).values_list(
            "code", "guid"
        )
    )
    contents = [_content(entry, guids[entry.code]) for entry in reading.entries.values()]
    _add(contents)
    _note(change_set, [(None if c["code"] in reading.made else _bare(c), c) for c in contents])
    return change_set


def _content(entry: Entry, guid: UUID) -> dict[str, Any]:
    """Return a place with the names that a change gives it, as JSON."""
    return {**entry._asdict(), "names": [list(name) for name in entry.names], "guid": str(guid)}


def _bare(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "names": []}


def _add(contents: list[dict[str, Any]]) -> None:
    entries = [
        Entry(c["code"], c["kind"], c["name"], c["parent"], [Name(*name) for name in c["names"]])
        for c in contents
    ]
    places.write(entries, {content["code"]: UUID(content["guid"]) for content in contents})
    places.changed()


def _note(change_set: ChangeSet, changes: list[tuple[Any, Any]]) -> None:
    Change.objects.bulk_create(
        [
            Change(
                change_set=change_set,
                kind=KIND,
                row_guid=UUID((after or before)["guid"]),
                record_guid=UUID((after or before)["guid"]),
                before=before,
                after=after,
            )
            for before, after in changes
        ],
        batch_size=5000,
    )


def restore(undoing: undo.Undoing) -> None:
    """Take back what a change set did to places; one that others lie in by now stays."""
    with transaction.atomic():
        done = list(Change.objects.filter(change_set=undoing.change_set, kind=KIND))
        if not done:
            return
        _unname([change.after for change in done if change.after])
        made = [change.after for change in done if change.before is None and change.after]
        staying = _unmake([content["code"] for content in made])
        staying_whole = [content for content in made if content["code"] in staying]
        _add([*(change.before for change in done if change.before), *staying_whole])
        _note(undoing.undo, [(c.after, c.before) for c in done if _code(c) not in staying])
        for change in done:
            if _code(change) in staying:
                undoing.conflict(change.row_guid, ["deleted"])
        undoing.counts["reverted"] += len(done) - len(staying)


def _code(change: Change) -> str:
    return str((change.after or change.before or {})["code"])


def _unname(contents: list[dict[str, Any]]) -> None:
    named = [(content["code"], name[0]) for content in contents for name in content["names"]]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM collections_placename AS name USING collections_place AS place, "
            "unnest(%s::text[], %s::text[]) AS gone (code, text) "
            "WHERE name.place_id = place.id AND place.code = gone.code AND name.text = gone.text",
            [[code for code, _text in named], [text for _code, text in named]],
        )


def _unmake(codes: list[str]) -> set[str]:
    """Delete these places, the inner ones first; return the codes of those that others need."""
    for kind in (COUNTY, STATE):
        gone = Place.objects.filter(code__in=codes, kind=kind, within=None, names=None)
        gone.delete()
    return set(Place.objects.filter(code__in=codes).values_list("code", flat=True))


undo.register(KIND, restore)


def titles(guids: Iterable[UUID]) -> dict[UUID, str]:
    """Return {GUID: "Pima, Arizona"} of those that are places."""
    found = Place.objects.filter(guid__in=list(guids)).select_related("parent")
    return {
        each.guid: f"{each.name}, {each.parent.name}" if each.parent else each.name
        for each in found
    }


def lines(made: Change) -> Iterator[tuple[str, str, str]]:
    """Yield (label, old, new) of what one change did to a place, in words."""
    told = [_told(made.before), _told(made.after)]
    for at, label in enumerate((_("Name"), _("Also called"))):
        old, new = (each[at] for each in told)
        if old != new:
            yield label, old, new


def _told(content: dict[str, Any] | None) -> tuple[str, str]:
    if not content:
        return "", ""
    return content["name"], ", ".join(name[0] for name in content["names"])
