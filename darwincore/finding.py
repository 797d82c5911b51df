"""What terms that belong together were read as: the parts of an interpretation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from inspect import unwrap
from typing import NamedTuple

from .issues import Issue

Texts = tuple[str, ...]

_LONGEST_REMEMBERED = 500


@dataclass(slots=True)
class Found:
    """What a group of terms was read as. spare: columns to fill where nothing else does."""

    values: dict[str, object] = field(default_factory=dict)
    verbatim: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    derived: set[str] = field(default_factory=set)
    spare: dict[str, object] = field(default_factory=dict)

    def note(self, code: str, term: str, text: str) -> None:
        """Add an issue, with as much of the text as serves to find it."""
        self.issues.append(Issue(code, term, text[:200]))

    def add_derived(self, **values: object) -> None:
        self.values.update(values)
        self.derived.update(values)


class Group(NamedTuple):
    """Terms that are read together, by a pure function of their texts and of today.

    unless: columns; where a group before this one filled one, this one is passed over.
    """

    terms: Texts
    read: Callable[[Texts, date], Found]
    unless: tuple[str, ...] = ()

    def found(self, texts: Texts, today: date) -> Found:
        """Read the texts; those as long as a book are read without being remembered."""
        short = len("".join(texts)) <= _LONGEST_REMEMBERED
        return (self.read if short else unwrap(self.read))(texts, today)
