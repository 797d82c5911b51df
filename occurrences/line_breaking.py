"""Text broken into rows no wider than the room there is, each word whole where it can be.

Lengths are points.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from occurrences.label_text import Run

Measure = Callable[[str, str, float], float]  # text, face, size in points → width in points


class Piece(NamedTuple):
    """A stretch of a row: where it begins, its text and face."""

    x: float
    text: str
    face: str


class Row(NamedTuple):
    """A row of text as it is drawn: its baseline from the top of where it stands, and its size."""

    y: float
    size: float
    pieces: list[Piece]


Word = list[tuple[str, str]]  # stretches of (text, face) without a blank between them


def broken(
    runs: Iterable[Run], room: float, size: float, measure: Measure
) -> Iterator[tuple[list[tuple[str, str]], float]]:
    """Yield rows of (stretches, width) no wider than `room`, blanks between words kept in them."""
    row: list[tuple[str, str]] = []
    width = 0.0
    for word in _words(runs):
        for part in _parts(word, room, size, measure):
            wide = sum(measure(text, face, size) for text, face in part)
            blank = measure(" ", row[-1][1], size) if row else 0.0
            if row and width + blank + wide > room + 0.01:
                yield _joined(row), width
                row, width, blank = [], 0.0, 0.0
            if row:
                row.append((" ", row[-1][1]))
            row += part
            width += blank + wide
    if row:
        yield _joined(row), width


def _words(runs: Iterable[Run]) -> Iterator[Word]:
    word: Word = []
    for run in runs:
        for text in re.split("( )", run.text):
            if not text:
                continue
            if text == " ":
                if word:
                    yield word
                word = []
            else:
                word.append((text, run.face))
    if word:
        yield word


def _parts(word: Word, room: float, size: float, measure: Measure) -> Iterator[Word]:
    """Yield the word, in pieces where it alone is wider than the room."""
    if sum(measure(text, face, size) for text, face in word) <= room:
        yield word
        return
    part: Word = []
    width = 0.0
    for text, face in word:
        for letter in text:
            wide = measure(letter, face, size)
            if part and width + wide > room:
                yield _joined(part)
                part, width = [], 0.0
            part.append((letter, face))
            width += wide
    if part:
        yield _joined(part)


def _joined(stretches: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Put neighbours of one face together."""
    joined: list[tuple[str, str]] = []
    for text, face in stretches:
        if joined and joined[-1][1] == face:
            joined[-1] = (joined[-1][0] + text, face)
        else:
            joined.append((text, face))
    return joined
