"""Cells as a person mended them in the review: the file stays as it was read.

A fix is {"at": place of the column, "from": text, "to": text, "row": number, or None for all rows
with that text there}. Fixes hold in their order, so one may mend what another left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

Fix = dict[str, Any]


def mend(fixes: Sequence[Fix], rows: Iterable[Any]) -> None:
    """Apply the fixes to staged rows, in place.

    A mended row is known to be another than the file's: `FileRow.mended` is the hash of its cells.
    """
    if not fixes:
        return
    for row in rows:
        touched = False
        for fix in fixes:
            at = fix["at"]
            if fix["row"] not in (None, row.number) or at >= len(row.cells):
                continue
            if row.cells[at] == fix["from"]:
                row.cells[at] = fix["to"]
                touched = True
        if touched:
            cells = json.dumps(row.cells, ensure_ascii=False).encode()
            row.mended = UUID(bytes=hashlib.blake2b(cells, digest_size=16).digest())


def origins(fixes: Sequence[Fix], at: int, text: str) -> set[str]:
    """Return the texts of the file that may read as `text` in a column once it is mended."""
    found = {text}
    for fix in reversed(fixes):
        if fix["at"] == at and fix["to"] in found:
            found.add(fix["from"])
    return found
