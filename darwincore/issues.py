"""What can be wrong with a file, a row or a value, and how it is said.

An issue is a code, the term it concerns and the value found; `codes` says how each code is worded.
In words it tells where, what was found, what to do. A *blocking* issue keeps its row out of the
collection; a *warning* lets the row in and asks a person to look.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from .codes import CODES, N_, Severity


class Issue(NamedTuple):
    """One finding. term: a Darwin Core term's name or blank; value: the text found or blank."""

    code: str
    term: str = ""
    value: str = ""


class Message(NamedTuple):
    """An issue in words. text: where and what was found; remedy: what to do."""

    text: str
    remedy: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}".strip()


_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_LONGEST_VALUE = 80


def severity(issue: Issue) -> Severity:
    """Return whether the issue blocks its row or only warns."""
    return CODES[issue.code].severity


def describe(
    issue: Issue,
    line: int | None = None,
    file: str | None = None,
    translate: Callable[[str], str] = N_,
) -> Message:
    """Say an issue in words: where, what was found, what to do.

    line: the line in the file, from 1. file: its name, where there are several files.
    translate: turns the English templates into another language before they are filled.
    """
    code = CODES[issue.code]
    filling = {"term": issue.term, "value": _shown(issue.value)}
    text = translate(code.message).format_map(filling)
    if line or file:
        text = _place(line, file, translate) + text
    elif code.message.partition(" ")[0].isalpha():
        text = text[:1].upper() + text[1:]
    return Message(text, translate(code.remedy).format_map(filling), code.severity)


def _place(line: int | None, file: str | None, translate: Callable[[str], str]) -> str:
    if line and file:
        where = translate(N_("{file}, line {line}, "))
    elif line:
        where = translate(N_("Line {line}, "))
    else:
        where = translate(N_("{file}: "))
    return where.format_map({"line": line, "file": _shown(file or "")})


def _shown(value: str) -> str:
    """Make a found text fit for a sentence: one line, visible characters, a bounded length."""
    value = _INVISIBLE.sub(" ", value).strip()
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


class Refused(Exception):
    """A file that can't be read. Its text says where, what was found and what to do."""

    def __init__(self, code: str, value: str = "", *, file: str = "", line: int | None = None):
        self.issue = Issue(code, "", value)
        self.found: dict[str, Any] = {}  # what was found of the file until then: Source.found
        self.file = file
        self.line = line
        super().__init__(code, value, file, line)

    @property
    def code(self) -> str:
        """The issue's code."""
        return self.issue.code

    @property
    def message(self) -> str:
        """The refusal in English words."""
        return str(self.describe())

    def describe(self, translate: Callable[[str], str] = N_) -> Message:
        """Return the refusal in words, in another language through `translate`."""
        return describe(self.issue, self.line, self.file or None, translate)

    def __str__(self) -> str:
        return self.message
