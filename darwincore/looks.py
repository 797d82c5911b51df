"""What a table looks like: does its first row name the columns, are its letters spoilt."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from .issues import Refused
from .mojibake import LOST, mended
from .tables import Part, SourceRow, Table
from .terms import BY_NAME, term_named

ROWS_LOOKED_AT = 200
_SAMPLES = 3
_TITLE_ROWS = 10

_VALUE = re.compile(
    r"[-+]?\d+(?:[.,/:-]\d+)*(?:\s?[°ºm%]\D{0,3}|\s?ft\.?)?"  # a number, a date, a measure
    r"|\d{1,2}[ ./-][^\W\d_]{3,9}[ ./,-]\d{2,4}"  # 3 May 1998
    r"|[A-Za-z]{1,8}[-_: ]?[A-Za-z]{0,4}[-_ ]?\d{3,}"  # ARIZ-123456
    r"|https?://\S+|urn:\S+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    re.IGNORECASE,
)


def header_at(rows: Sequence[Sequence[str]]) -> int | None:
    """Return which of the first rows names the columns; None where the first one is data already.

    A title above the table, alone in its row, is passed over.
    """
    first = next((at for at, cells in enumerate(rows) if any(cells)), None)
    if first is None:
        return 0
    if sum(map(bool, rows[first])) == 1 and len(rows[first]) > 0:
        for at in range(first + 1, min(first + _TITLE_ROWS, len(rows))):
            if known_terms(rows[at]) > 1:
                return at
    if known_terms(rows[first]) or not _is_data(rows[first], rows[first + 1 :]):
        return first
    return None


def known_terms(cells: Sequence[str]) -> int:
    """Count the cells that name a term exactly."""
    return sum(term_named(cell) is not None for cell in cells if cell)


def _is_data(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Tell a first row of values: they are of the kind of those below, or stand there again."""
    alike = again = 0
    for at, cell in enumerate(first):
        below = [cells[at] for cells in others if at < len(cells) and cells[at]]
        if not cell or _VALUE.fullmatch(cell):
            values = sum(_VALUE.fullmatch(text) is not None for text in below)
            alike += bool(cell) and values * 2 >= len(below)
        elif cell in below:
            again += 1
    return alike > 0 or again > 1


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of cells that most rows have."""
    counts = Counter(len(cells) for cells in rows if any(cells))
    return counts.most_common(1)[0][0] if counts else 0


def encoding_evidence(table: Table, part: Part, by: str) -> dict[str, Any]:
    """Say how the bytes were read, with some words that have letters beyond ASCII."""
    found = part.found
    evidence = {
        "chosen": found.encoding,
        "by": by,
        "lines": found.lines,
        "repaired": 0 if found.transcode else found.repaired,
        "samples": [],
    }
    if found.wide or found.transcode:
        words: dict[str, None] = {}
        for row in islice(table.rows(), ROWS_LOOKED_AT):
            text = " ".join(cell for cell in row.cells if not cell.isascii())
            words.update(dict.fromkeys(word for word in text.split() if not word.isascii()))
            if len(words) > _SAMPLES:
                break
        evidence["samples"] = [word[:60] for word in islice(words, _SAMPLES)]
    return evidence


# How programs write that there is nothing.
_NOTHING = frozenset("NA N/A #N/A NULL NaN nan".split(" "))
_ROWS_FOR_NOTHING = 1000


def nothing_said(table: Table) -> dict[str, Any] | None:
    """Find cells that say NA or the like among the first rows: which, and in which columns.

    They are taken for blank, as R and pandas mean them, where they stand among numbers, or in
    three columns; not in a table of our own, which leaves blank what is blank.
    """
    marks: Counter[str] = Counter()
    numbers, others = Counter[int](), Counter[int]()
    columns: dict[int, None] = {}
    for row in _first_rows(table):
        for at, text in enumerate(row.cells):
            if text in _NOTHING:
                marks[text] += 1
                columns[at] = None
            elif text:
                (numbers if _NUMBER.fullmatch(text) else others)[at] += 1
    if not marks:
        return None
    among_numbers = any(numbers[at] > others[at] for at in columns)
    return {
        "chosen": (among_numbers or len(columns) > 2) and not _is_our_export(table.headers),
        "by": "content",
        "marks": [mark for mark, _count in marks.most_common()],
        "columns": [table.headers[at] for at in columns],
    }


def _is_our_export(headers: Sequence[str]) -> bool:
    """Tell whether this is the header of a table we wrote: terms alone, many, one of them ours."""
    named = set(headers)
    return len(named) >= _COLUMNS_OF_OURS and named <= BY_NAME.keys() and _OURS in named


_COLUMNS_OF_OURS = 40
_OURS = "recordSecurity"


def _first_rows(table: Table) -> Iterator[SourceRow]:
    """Yield some rows; those up to one that can't be read."""
    with suppress(Refused):
        yield from islice(table.rows(), _ROWS_FOR_NOTHING)


_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def spoilt_letters(table: Table) -> dict[str, Any] | None:
    """Count the cells with spoilt letters, a column at a time, with samples before and after."""
    columns: dict[int, dict[str, Any]] = {}
    cells = lost = 0
    for row in table.rows():
        for at, text in enumerate(row.cells):
            if text.isascii():
                continue
            lost += LOST in text
            if (better := mended(text)) == text:
                continue
            cells += 1
            column = columns.setdefault(
                at, {"header": table.headers[at], "cells": 0, "samples": []}
            )
            column["cells"] += 1
            if len(column["samples"]) < _SAMPLES:
                column["samples"].append([text[:120], better[:120]])
    if not cells and not lost:
        return None
    return {"cells": cells, "columns": columns, "lost": lost}
