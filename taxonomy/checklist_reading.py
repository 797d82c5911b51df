"""What the rows of a checklist say, whatever its format: names, places, common names.

Catalogue of Life Data Packages, Darwin Core archives of taxa and plain tables name the same things
differently; here they become one kind of entry. Whether an entry's parent exists is not known yet:
`checklists` links them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from darwincore.reader import Source, SourceRow, Table
from darwincore.terms import simple_name
from taxonomy.languages import language_code
from taxonomy.models import Taxon
from taxonomy.parsing import parse
from taxonomy.ranks import RANKS, UNRANKED, Code, Rank, code_named, rank_named, rank_numbered
from taxonomy.spelling import authorship_key, canonical_key, variant_key

Status = Taxon.Status
LONGEST_NAME = LONGEST_ID = 250  # beyond, an index can't hold it and nobody means it


class Entry(NamedTuple):
    """One name as a row has it. Blank where the row says nothing; line counts from 1.

    core_id: what extensions call it. source_id: what other names call it. parent_name and
    accepted_name: verbatim, where no identifier is given. higher: the columns of higher taxa, from
    the root, as "rank=name" joined by tabs. name_id: where the name itself stands in another table.
    """

    file: str
    line: int
    core_id: str
    source_id: str
    parent_id: str
    accepted_id: str
    parent_name: str
    accepted_name: str
    higher: str
    scientific_name: str
    authorship: str
    rank: str
    status: str
    kingdom: str
    family: str
    nomenclatural_status: str
    remarks: str
    link: str
    canonical_key: str
    variant_key: str
    authorship_key: str
    name_id: str


class Bad(NamedTuple):
    """A row that can't be taken, whatever the others say."""

    file: str
    line: int
    code: str
    source_id: str
    value: str
    text: str
    parent_id: str = ""


class Common(NamedTuple):
    """A common name of the entry that extensions call core_id."""

    core_id: str
    name: str
    language: str


# What columns are called: Darwin Core, ColDP, older Darwin Core, and Symbiota's loader.
_COLUMNS = {
    "id": "taxonID id sourceId tid",
    "parent_id": (
        "parentNameUsageID parentID parentTaxonID higherTaxonID higherNameUsageID sourceParentId"
    ),
    "accepted_id": (
        "acceptedNameUsageID acceptedTaxonID validTaxonID acceptedID sourceAcceptedId tidAccepted"
    ),
    "parent_name": "parentNameUsage parentStr parent",
    "accepted_name": "acceptedNameUsage acceptedStr acceptedName",
    "name": "scientificName sciNameInput sciName",
    "canonical": "canonicalName",
    "authorship": "scientificNameAuthorship authorship author",
    "rank": "taxonRank rank rankName",
    "rank_number": "rankId",
    "verbatim_rank": "verbatimTaxonRank",
    "status": "taxonomicStatus status",
    "acceptance": "acceptance",
    "provisional": "provisional",
    "nomenclatural_status": "nomenclaturalStatus nameStatus",
    "remarks": "taxonRemarks remarks notes",
    "reason": "unacceptabilityReason",
    "phrase": "namePhrase",
    "link": "references link furtherInformationURL source",
    "code": "nomenclaturalCode code",
    "uninomial": "uninomial",
    "genus_part": "genericName genus unitName1",
    "species_part": "specificEpithet unitName2",
    "marker": "unitInd3",
    "infraspecific_part": "infraspecificEpithet infraspeciesEpithet unitName3",
    "cultivar": "cultivarEpithet",
    "vernacular": "vernacularName vernacular",
    "language": "vernLang",
    "name_id": "nameID",
    "taxon_id": "taxonID",
    "kingdom": "kingdom",
    "family": "family",
}
# The columns of higher taxa, from the root. "domain" of some lists holds a kingdom; it stays.
_HIGHER = (
    "domain superkingdom kingdom subkingdom phylum division subphylum superclass class subclass "
    "infraclass superorder order suborder infraorder superfamily family subfamily supertribe tribe "
    "subtribe genus subgenus section"
).split()
_NAME_AT = list(_COLUMNS).index("name")
_NOTHING = {"null", "/n", "\\n", "none", "not assigned", "incertae sedis"}
_ABSENT = _NOTHING | {text.upper() for text in _NOTHING} | {text.capitalize() for text in _NOTHING}

# A name that needs no parser, and one whose key needs no thought either.
_PLAIN = re.compile(
    r"[A-Z][a-z]{2,}(?: [a-z]{3,}(?: (?:subsp\. |var\. |f\. )?[a-z]{3,})?)?"
).fullmatch
_PLAINEST = re.compile(r"[A-Z][a-z]{2,}(?: [a-z]{4,})?").fullmatch
_MISAPPLIED = re.compile(r"(?i)(?:auct\b|auctt\b|sensu\b|non\b)").match
_NOMENCLATURAL = re.compile(r"[,\s]+(nom\. ?(?:illeg|inval|nud|nudum|cons|rej|superfl|dub)\b.*)$")

_STATUS_WORDS: tuple[tuple[str, Status], ...] = (
    ("misapplied", Status.MISAPPLIED),
    ("misident", Status.MISAPPLIED),
    ("ambiguous", Status.AMBIGUOUS),
    ("pro parte", Status.AMBIGUOUS),
    ("proparte", Status.AMBIGUOUS),
    ("synonym", Status.SYNONYM),
    ("sinonimo", Status.SYNONYM),
    ("sinónimo", Status.SYNONYM),
    ("not accepted", Status.SYNONYM),
    ("unaccepted", Status.SYNONYM),
    ("non-accepted", Status.SYNONYM),
    ("invalid", Status.SYNONYM),
    ("provisional", Status.PROVISIONAL),
    ("doubtful", Status.PROVISIONAL),
    ("unresolved", Status.PROVISIONAL),
    ("accepted", Status.ACCEPTED),
    ("aceito", Status.ACCEPTED),
    ("valid", Status.ACCEPTED),
    ("current", Status.ACCEPTED),
)
_SYNONYMS = (Status.SYNONYM, Status.AMBIGUOUS, Status.MISAPPLIED)


@lru_cache(maxsize=4096)
def status_named(text: str) -> Status | None:
    """Return the status that a source's word means, or None for a word about something else."""
    plain = text.casefold().replace("_", " ")
    if plain.startswith("nom") and plain != "nome aceito":
        return None
    return next((status for word, status in _STATUS_WORDS if word in plain), None)


@lru_cache(maxsize=4096)
def _rank(text: str) -> Rank | None:
    return rank_named(text)


class Reading:
    """The entries and common names of an opened source, and the issues met on the way.

    Names of ColDP's Name table come from `names`, and the places they take from `entries`; in all
    other formats `names` is empty.
    """

    def __init__(self, source: Source, kingdom: str = "") -> None:
        self.issues: Counter[str] = Counter(issue.code for issue in source.issues)
        self.code: Code = code_named(kingdom) or ""
        tables = {simple_name(table.row_type): table for table in source.extensions}
        self._apart = source.core.row_type == "Name"
        self._names = source.core if self._apart else None
        self._synonyms = tables.get("Synonym")
        self._entries = tables.get("Taxon") if self._apart else source.core
        self._vernaculars = tables.get("VernacularName")
        self._data_package = source.kind == "coldp"
        self.only_names = self._apart and not (self._entries or self._synonyms)

    def names(self) -> Iterator[Entry | Bad | Common]:
        """Yield the names that stand in a table of their own."""
        if self._names is not None:
            yield from _Rows(self, self._names, "Name").read()

    def entries(self) -> Iterator[Entry | Bad | Common]:
        """Yield the names with their places, and common names that stand in the same rows."""
        if self._entries is not None:
            yield from _Rows(self, self._entries, "Taxon" if self._apart else "").read()
        if self._synonyms is not None and self._apart:
            yield from _Rows(self, self._synonyms, "Synonym").read()

    def vernaculars(self) -> Iterator[Common]:
        """Yield the common names of the table that holds them."""
        table = self._vernaculars
        if table is None:
            return
        names = [_plain_header(header) for header in table.headers]
        at = {name: place for place, name in reversed(list(enumerate(names)))}
        name_at = at.get("vernacularname", at.get("name"))
        language_at = at.get("language", at.get("languagecode", at.get("lang")))
        id_at = table.id_index
        if id_at is None:
            id_at = at.get("taxonid", at.get("coreid", at.get("id")))
        if name_at is None or id_at is None:
            self.issues["VERNACULARS_UNREADABLE"] += 1
            return
        for row in table.rows():
            if row.cells[name_at]:
                language = row.cells[language_at] if language_at is not None else ""
                yield Common(row.cells[id_at], row.cells[name_at][:250], language_code(language))


class _Rows:
    """The rows of one table of names. part: "Name", "Taxon", "Synonym", or "" for all in one."""

    def __init__(self, reading: Reading, table: Table, part: str) -> None:
        self.reading = reading
        self.table = table
        self.part = part
        self._find_columns()
        self.parent_is_accepted = reading._data_package or not (
            {"accepted_id", "accepted_name"} & self.known
        )

    def _find_columns(self) -> None:
        """Fix where each thing stands; what has no column points to a blank or to a constant."""
        headers = [_plain_header(header) for header in self.table.headers]
        constants = {_plain_header(term): text for term, text in self.table.constants.items()}
        names = headers + list(constants)
        self.tail = [*constants.values(), ""]
        blank = len(names)
        self.known: set[str] = set()

        def place(spellings: str) -> int:
            for spelling in spellings.split():
                if spelling.lower() in names:
                    return names.index(spelling.lower())
            return blank

        places = []
        for what, spellings in _COLUMNS.items():
            places.append(place(spellings))
            if places[-1] != blank:
                self.known.add(what)
        self.fields = itemgetter(*places)
        self.higher = [(rank, place(rank)) for rank in _HIGHER if place(rank) != blank]
        if self.part == "Name":
            self.higher = []

    def read(self) -> Iterator[Entry | Bad | Common]:
        read = self._reader()
        tail, fields = self.tail, self.fields
        for row in self.table.rows():
            if row.issues:
                self.reading.issues.update(issue.code for issue in row.issues)
            cells = row.cells + tail
            made = read(row, fields(cells), cells)
            yield made
            if type(made) is Entry:
                yield from self._common(made, cells)

    def _reader(self) -> Callable[[SourceRow, Sequence[str], list[str]], Entry | Bad]:
        return self._place if self.part in ("Taxon", "Synonym") else self._name

    def _common(self, entry: Entry, cells: list[str]) -> Iterator[Common]:
        if "vernacular" not in self.known:
            return
        found = dict(zip(_COLUMNS, self.fields(cells), strict=True))
        for name in re.split(r"[;|]", found["vernacular"]):
            if name.strip():
                language = language_code(found["language"])
                yield Common(entry.core_id, name.strip()[:250], language)

    def _name(self, row: SourceRow, fields: Sequence[str], cells: list[str]) -> Entry | Bad:
        """Read a row that has the name itself."""
        (
            own_id, parent_id, accepted_id, parent_name, accepted_name, name, canonical, authorship,
            rank_text, rank_number, verbatim_rank, status_text, acceptance, provisional, nom_status,
            remarks, reason, phrase, link, code_text, uninomial, genus, species, marker, infra,
            cultivar, _vernacular, _language, _name_id, _taxon_id, kingdom, family,
        ) = fields  # fmt: skip
        core_id = row.core_id or own_id
        source_id = own_id or core_id
        if _PLAIN(name) and _given(rank_text):
            rank: Rank | None = _rank(rank_text)
            authorship = _given(authorship)
            if rank is None:
                value = rank_text[:250]
                return Bad(
                    row.file, row.line, "unknown-rank", source_id, value, name, _given(parent_id)
                )
        else:
            code = code_named(code_text) or self.reading.code if code_text else self.reading.code
            name = _given(name) or _composed(uninomial, genus, species, marker, infra, cultivar)
            name = name or self._lowest(cells)
            if not name:
                return Bad(row.file, row.line, "no-name", source_id, "", "", _given(parent_id))
            rank = _rank_of(rank_text, rank_number, code or code_named(kingdom) or "")
            if rank is None and (_given(rank_text) or rank_number) and verbatim_rank:
                rank = _rank(verbatim_rank)
            if rank is None and (_given(rank_text) or rank_number):
                value = (rank_text or rank_number)[:250]
                return Bad(
                    row.file, row.line, "unknown-rank", source_id, value, name[:500],
                    _given(parent_id),
                )  # fmt: skip
            whole, authorship = name, _given(authorship)
            name, authorship, parsed_rank = _taken_apart(name, canonical, authorship, code)
            rank = rank or self._rank_by_columns(whole, cells) or RANKS.get(parsed_rank)
            if found := _NOMENCLATURAL.search(authorship):
                authorship, nom_status = authorship[: found.start()], nom_status or found[1]
        if len(name) > LONGEST_NAME:
            text = name[:500]
            return Bad(row.file, row.line, "name-too-long", source_id, "", text, _given(parent_id))
        if not source_id:
            source_id = f"{name} {authorship}".strip()
            core_id = source_id
        if len(source_id) > LONGEST_ID:
            return Bad(row.file, row.line, "id-too-long", source_id[:250], "", name)
        if len(authorship) > LONGEST_NAME:
            self.reading.issues["AUTHORSHIP_CUT"] += 1
            authorship = authorship[:LONGEST_NAME]
        if self.part == "Name":
            nom_status, status_text = nom_status or status_text, ""
        status, parent_id, accepted_id, accepted_name = self._status(
            status_text, acceptance, provisional, source_id, parent_id, accepted_id, accepted_name,
            parent_name, (name, f"{name} {authorship}", fields[_NAME_AT]),
        )  # fmt: skip
        if status == Status.SYNONYM and authorship and _MISAPPLIED(authorship):
            status = Status.MISAPPLIED
        key = name.lower() if _PLAINEST(name) else canonical_key(name)
        return Entry(
            row.file, row.line, core_id, source_id, parent_id, accepted_id, parent_name,
            accepted_name, self._higher(cells) if self.higher else "", name, authorship,
            (rank or UNRANKED).name, status, _given(kingdom)[:100], _given(family)[:100],
            nom_status[:250], _joined(remarks, reason, phrase), _address(link), key,
            variant_key(key), authorship_key(authorship), "",
        )  # fmt: skip

    def _place(self, row: SourceRow, fields: Sequence[str], cells: list[str]) -> Entry | Bad:
        """Read a row of ColDP's Taxon or Synonym: a place for a name of the Name table."""
        found = dict(zip(_COLUMNS, fields, strict=True))
        name_id, taxon_id = found["name_id"], found["taxon_id"]
        own_id = self._own_id(cells)
        if not name_id:
            return Bad(row.file, row.line, "no-name", own_id, "", "")
        parent_id = accepted_id = ""
        if self.part == "Synonym":
            own_id = f"{own_id or name_id}>{taxon_id}"
            accepted_id = taxon_id
            status = status_named(found["status"]) or Status.SYNONYM
            status = status if status in _SYNONYMS else Status.SYNONYM
        else:
            own_id = own_id or name_id
            parent_id = _given(found["parent_id"])
            provisional = found["provisional"].casefold() in ("true", "1", "yes", "t")
            status = Status.PROVISIONAL if provisional else Status.ACCEPTED
        if len(own_id) > LONGEST_ID:
            return Bad(row.file, row.line, "id-too-long", own_id[:250], "", "")
        return Entry(
            row.file, row.line, own_id, own_id, parent_id, accepted_id, "", "",
            self._higher(cells), "", "", "", status, _given(found["kingdom"])[:100],
            _given(found["family"])[:100], "", _joined(found["remarks"], found["phrase"]),
            _address(found["link"]), "", "", "", name_id,
        )  # fmt: skip

    def _own_id(self, cells: list[str]) -> str:
        headers = [_plain_header(header) for header in self.table.headers]
        return cells[headers.index("id")] if "id" in headers else ""

    def _status(
        self,
        text: str,
        acceptance: str,
        provisional: str,
        source_id: str,
        parent_id: str,
        accepted_id: str,
        accepted_name: str,
        parent_name: str,
        own_names: Sequence[str],
    ) -> tuple[Status, str, str, str]:
        """Tell accepted names from synonyms; return status, parent, accepted id, accepted name."""
        parent_id, accepted_id = _given(parent_id), _given(accepted_id)
        several = "|" in accepted_id
        if several:
            accepted_id = accepted_id.partition("|")[0].strip()
            self.reading.issues["SEVERAL_ACCEPTED"] += 1
        if accepted_id == source_id and not several:
            return _accepted(text, provisional), parent_id, "", ""
        if accepted_id or accepted_name in own_names:
            accepted_name = ""
        status = status_named(text) if text else None
        if acceptance in ("0", "1"):
            status = Status.ACCEPTED if acceptance == "1" else Status.SYNONYM
        if text and status is None:
            self.reading.issues["STATUS_UNKNOWN"] += 1
        if status is None:
            status = Status.SYNONYM if accepted_id or accepted_name else Status.ACCEPTED
        if status not in _SYNONYMS:
            if accepted_id or (accepted_name and text):
                self.reading.issues["STATUS_DISAGREES"] += 1
            return _accepted(status, provisional), parent_id, "", ""
        if not (accepted_id or accepted_name) and self.parent_is_accepted:
            accepted_id, accepted_name = parent_id, parent_name if not parent_id else ""
        return Status.AMBIGUOUS if several else status, "", accepted_id, accepted_name

    def _higher(self, cells: list[str]) -> str:
        return "\t".join(
            f"{rank}={cells[at]}"
            for rank, at in self.higher
            if cells[at] and cells[at] not in _ABSENT
        )

    def _lowest(self, cells: list[str]) -> str:
        """Return the lowest of the higher taxa: what a row without a name is about."""
        return next((cells[at] for _rank, at in reversed(self.higher) if _given(cells[at])), "")

    def _rank_by_columns(self, name: str, cells: list[str]) -> Rank | None:
        return next((_rank(rank) for rank, at in self.higher if cells[at] == name), None)


def _plain_header(text: str) -> str:
    """Return a header without prefix, case and signs: "col:parentID", "Parent_ID" → "parentid"."""
    return re.sub(r"[^a-z0-9]", "", text.rpartition(":")[2].rpartition("/")[2].lower())


def _given(text: str) -> str:
    """Return the text, or blank where it only says that there is nothing."""
    return "" if text in _ABSENT else text


def _joined(*texts: str) -> str:
    if not any(texts):
        return ""
    return "\n".join(text[:5000] for text in texts if _given(text))


def _address(text: str) -> str:
    return text[:2000] if text.startswith(("http://", "https://")) else ""


def _accepted(status: str, provisional: str) -> Status:
    known = status_named(status) if status else None
    if known == Status.PROVISIONAL or provisional.casefold() in ("true", "1", "yes", "t"):
        return Status.PROVISIONAL
    return Status.ACCEPTED


def _composed(uninomial: str, genus: str, species: str, marker: str, infra: str, cv: str) -> str:
    """Put a name together from its parts, where they make one."""
    uninomial, genus, species, infra = map(_given, (uninomial, genus, species, infra))
    if not (genus and (species or infra)):
        return uninomial if uninomial and not genus else ""
    name = " ".join(filter(None, (genus, species, _given(marker), infra)))
    return f"{name} '{cv}'" if _given(cv) else name


def _rank_of(text: str, number: str, code: Code) -> Rank | None:
    if _given(text):
        return _rank(text)
    if number.isascii() and number.isdigit():
        return rank_numbered(int(number[:4]), code)
    return None


def _taken_apart(name: str, canonical: str, authorship: str, code: Code) -> tuple[str, str, str]:
    """Return canonical name, authorship and the rank that the name shows, "" where it doesn't."""
    if authorship and name.endswith(" " + authorship):
        name = name[: -len(authorship)].rstrip(" ,")
    parsed = parse(name, authorship, code=code)
    if not parsed.canonical:
        return canonical or name, authorship, parsed.rank
    return parsed.canonical, authorship or parsed.authorship, parsed.rank
