"""From the cells of a row to the texts of a record, as the mapping of an import says.

    Columns(run.mapping, run.constants, headers, core_constants).texts(cells)

Compiled once a run, for each row costs are what counts: where every term has one column of its own,
a row is one pass over them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from darwincore import terms
from darwincore.interpret import identifiers
from occurrences.mapping import COLLECTOR_AND_NUMBER, END_DATE, IDENTIFIER, KEPT, UNMAPPED, joiner
from occurrences.parts import PARTS, WHOLES, Whole, collector_and_number

DYNAMIC = "dynamicProperties"


class Columns:
    """What the columns of a file say, by Darwin Core term.

    mapping: [{"column": header, "term": target, "joined": how several columns of one term are
    joined, see `mapping.JOINERS`; absent: as its term has it}], an entry a column. constants:
    what a person says of every row, for terms and parts that its own cells leave blank.
    core_constants: what an archive says, by any name of a term; a column of that term wins even
    where it is blank.

    terms: the names of all terms that the file can speak of.
    """

    terms: frozenset[str]

    def __init__(
        self,
        mapping: Sequence[Mapping[str, str]],
        constants: Mapping[str, str],
        headers: Sequence[str],
        core_constants: Mapping[str, str],
    ) -> None:
        self._places: dict[str, list[int]] = {}
        for at, entry in enumerate(mapping):
            if entry["term"] != UNMAPPED:
                self._places.setdefault(entry["term"], []).append(at)
        self._plain, self._joined = self._split(mapping)
        self._wholes = self._compiled_wholes()
        self._kept = _kept(self._places.get(KEPT, ()), headers)
        self._split_collectors = self._places.get(COLLECTOR_AND_NUMBER, [])
        self._tags = [
            (target.removeprefix(IDENTIFIER), at)
            for target, places in self._places.items()
            if target.startswith(IDENTIFIER)
            for at in places
        ]
        # Parts that every row has, such as a zone; by themselves they say nothing of a row.
        self._same = {
            whole.label: {name: constants[name] for name in whole.parts if constants.get(name)}
            for whole in WHOLES
        }
        self._constants = list(self._all_constants(constants, core_constants).items())
        self._is_plain = not (self._joined or self._wholes or self._kept or self._split_collectors)
        self.terms = frozenset(self._spoken_of() & terms.BY_NAME.keys())

    def _split(
        self, mapping: Sequence[Mapping[str, str]]
    ) -> tuple[list[tuple[str, int]], list[tuple[str, list[int], str | None]]]:
        """Part the terms of one column from those of several."""
        plain, joined = [], []
        for name, places in self._places.items():
            if name not in terms.BY_NAME and name != END_DATE:
                continue
            if len(places) == 1:
                plain.append((name, places[0]))
            else:
                chosen = [mapping[at].get("joined") for at in places]
                joined.append((name, places, joiner(name, next(filter(None, chosen), ""))))
        return plain, joined

    def _compiled_wholes(self) -> list[tuple[Whole, list[tuple[str, int]]]]:
        found = []
        for whole in WHOLES:
            places = [(name, at) for name in whole.parts for at in self._places.get(name, ())]
            if places:
                found.append((whole, places))
        return found

    def _all_constants(
        self, said: Mapping[str, str], declared: Mapping[str, str]
    ) -> dict[str, str]:
        named = {
            term.name: text
            for name, text in declared.items()
            if text and (term := terms.term_named(name)) and term.name not in self._places
        }
        return named | {name: text for name, text in said.items() if text and name not in PARTS}

    def _spoken_of(self) -> set[str]:
        spoken = {name for name, _at in self._plain}
        spoken.update(name for name, _places, _joiner in self._joined)
        spoken.update(whole.term for whole, _places in self._wholes)
        spoken.update(name for name, _text in self._constants)
        if self._kept:
            spoken.add(DYNAMIC)
        if self._split_collectors:
            spoken.update(("recordedBy", "recordNumber"))
        return spoken

    # A row

    def texts(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the filled terms of a row by name; also eventDate2, the end of the date."""
        texts = {name: cells[at] for name, at in self._plain if cells[at]}
        if not self._is_plain:
            self._put_together(texts, cells)
        for name, text in self._constants:
            if name not in texts:
                texts[name] = text
        return texts

    def _put_together(self, texts: dict[str, str], cells: Sequence[str]) -> None:
        for name, places, between in self._joined:
            filled = [cells[at] for at in places if cells[at]]
            if filled:
                texts[name] = filled[0] if between is None else _join(between, filled)
        for at in self._split_collectors:
            self._name_and_number(texts, cells[at])
        kept = {name: cells[at] for name, at in self._kept if cells[at]}
        for whole, parts in self._wholes:
            given = {name: cells[at] for name, at in parts if cells[at]}
            if given:
                _place(whole, {**self._same[whole.label], **given}, texts, kept)
        if kept:
            texts[DYNAMIC] = _with_kept(texts.get(DYNAMIC, ""), kept)

    @staticmethod
    def _name_and_number(texts: dict[str, str], text: str) -> None:
        """Set a number apart only where no column of its own gives one."""
        name, number = (text, "") if "recordNumber" in texts else collector_and_number(text)
        if name:
            texts.setdefault("recordedBy", name)
        if number:
            texts["recordNumber"] = number

    def identifiers(self, cells: Sequence[str]) -> list[tuple[str, str]]:
        """Return the additional identifiers of a row, tag and value; a tag may be blank."""
        found = identifiers(self.cell(cells, "otherCatalogNumbers"))
        found += [(tag, cells[at]) for tag, at in self._tags if cells[at]]
        return list(dict.fromkeys(found))

    @cached_property
    def gives_identifiers(self) -> bool:
        """Whether any column or constant holds additional identifiers."""
        return bool(self._tags) or "otherCatalogNumbers" in self.terms

    def place(self, target: str) -> int | None:
        """Return the one column that a target is in, or None where it has none or several."""
        places = self._places.get(target, ())
        return places[0] if len(places) == 1 else None

    def cell(self, cells: Sequence[str], target: str) -> str:
        """Return what a row says for a target of any kind, blank where it says nothing."""
        places = self._places.get(target, ())
        if target in self.terms and (len(places) != 1 or not cells[places[0]]):
            return self.texts(cells).get(target, "")
        return next((cells[at] for at in places if cells[at]), "")


def _join(between: str, filled: Iterable[str]) -> str:
    """Join texts; one that says no more than another before it is left out."""
    return between.join(dict.fromkeys(filled))


def _place(
    whole: Whole, given: Mapping[str, str], texts: dict[str, str], kept: dict[str, str]
) -> None:
    """Write a whole under its term, or beside it where the row says something there already."""
    text = whole.compose(given)
    if not text:
        return
    if whole.term not in texts and (not whole.needs or given.get(whole.needs)):
        texts[whole.term] = text
    elif texts.get(whole.term) != text:
        kept.setdefault(whole.label, text)


def _kept(places: Iterable[int], headers: Sequence[str]) -> list[tuple[str, int]]:
    """Name the columns that are kept as they are: by header, told apart by number."""
    found: dict[str, int] = {}
    for at in places:
        header = headers[at].strip() if at < len(headers) else ""
        name = header or f"column {at + 1}"
        found[name if name not in found else f"{name} ({at + 1})"] = at
    return list(found.items())


def _with_kept(text: str, kept: Mapping[str, str]) -> str:
    """Return dynamicProperties as JSON with what is kept beside what stood there."""
    return json.dumps({**_properties(text), **kept}, ensure_ascii=False)


def _properties(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {DYNAMIC: text}
    return found if isinstance(found, dict) else {DYNAMIC: text}
