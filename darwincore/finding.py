"""What terms that belong together were read as: the parts of an interpretation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from .issues import Issue

Texts = tuple[str, ...]


@dataclass(slots=True)
class Found:
    """What a group of terms was read as. spare: columns to fill where nothing else does."""

    values: dict[str, object] = field(default_factory=dict)
    verbatim: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    derived: set[str] = field(default_factory=set)
    spare: dict[str, str] = field(default_factory=dict)

    def note(self, code: str, term: str, text: str) -> None:
        self.issues.append(Issue(code, term, text))

    def add_derived(self, **values: object) -> None:
        self.values.update(values)
        self.derived.update(values)


class Group(NamedTuple):
    """Terms that are read together, by a pure function of their texts and of today."""

    terms: Texts
    read: Callable[[Texts, date], Found]
