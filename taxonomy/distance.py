"""How far two spellings lie apart, counted in edits. Pure: no Django.

An edit is a letter lost, added, changed, or two neighbours swapped.
"""

from __future__ import annotations

MOST_EDITS = 2


def distance(first: str, second: str, most: int = MOST_EDITS) -> int:
    """Return how many edits lie between two words; `most` + 1 stands for any number above it.

    >>> distance("quercus", "qeurcsu"), distance("alba", "albae"), distance("abies", "larix")
    (2, 1, 3)
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    start, end = 0, min(len(first), len(second))
    while start < end and first[start] == second[start]:
        start += 1
    end -= start
    cut = 0
    while cut < end and first[-1 - cut] == second[-1 - cut]:
        cut += 1
    return _edits(first[start : len(first) - cut], second[start : len(second) - cut], most)


def _edits(first: str, second: str, most: int) -> int:
    """Return the optimal string alignment distance of what differs, row by row."""
    if not first or not second:
        return min(len(first) + len(second), most + 1)
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            edits = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                edits = min(edits, before[j - 2] + 1)
            row.append(edits)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
