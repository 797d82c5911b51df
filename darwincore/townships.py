"""Read a township, range and section, as labels of the United States and Canada bear them.

No coordinates follow from it without the surveys, so it stays text; reading it shows whether it
was written in full. Source: the Public Land Survey System.
"""

import re
from typing import NamedTuple

_TOWNSHIP = re.compile(
    r"\bT(?:ownship|wp)?\.?\s*(?P<township>\d{1,3})\s*(?P<north>[NS])\b\.?[\s,;/]*"
    r"R(?:ange|ng|ge)?\.?\s*(?P<range>\d{1,3})\s*(?P<east>[EW])\b\.?"
    r"(?:[\s,;/]*S(?:ec(?:tion|t)?)?s?\.?\s*(?P<section>\d{1,2})\b)?",
    re.IGNORECASE,
)


class Township(NamedTuple):
    """A square of six miles: its number and side from the base line and from the meridian.

    section: 1 to 36, 0 where none is given.
    """

    township: int
    north: str
    range: int
    east: str
    section: int = 0

    def __str__(self) -> str:
        section = f" Sec. {self.section}" if self.section else ""
        return f"T{self.township}{self.north} R{self.range}{self.east}{section}"


def township(text: str) -> Township | None:
    """Return the township a text names, None where there is none or its section can't be."""
    found = _TOWNSHIP.search(text[:500])
    if not found:
        return None
    section = int(found["section"] or 0)
    if section > 36 or not int(found["township"]) or not int(found["range"]):
        return None
    return Township(
        int(found["township"]),
        found["north"].upper(),
        int(found["range"]),
        found["east"].upper(),
        section,
    )
