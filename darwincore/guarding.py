"""Cells that no spreadsheet takes for a formula.

A program that opens a CSV file runs what looks like a formula. So an apostrophe goes in front of
such a text, and one more in front of a text that would lose its own when it is read back: what was
guarded and read again is what it was. Numbers stay numbers.
"""

import re

# Also what stands for itself in PostgreSQL's regular expressions.
DANGEROUS = r"^'*[=+@\t\r-]"
NUMBER = r"^[-+]?[0-9][0-9.,]*([eE][-+]?[0-9]+)?$"
# In the bytes of a file.
GUARDED = re.compile(rb"'[=+\-@\t\r]")

_DANGEROUS = re.compile(DANGEROUS)
_NUMBER = re.compile(NUMBER.removesuffix("$") + r"\Z")
_GUARD = re.compile(r"^'(?='*[=+@\t\r-])")


def guarded(text: str) -> str:
    """Return a text as it may stand in a CSV file that somebody opens as a spreadsheet."""
    return f"'{text}" if _DANGEROUS.match(text) and not _NUMBER.match(text) else text


def unguarded(text: str) -> str:
    """Return what was guarded."""
    return _GUARD.sub("", text)
