"""How a scientific name is set: italics for genera and below, markers of rank upright.

Botanists set all Latin names so, zoologists genera and species; what both do is done here. Pure.
"""

from __future__ import annotations

import re

from taxonomy import ranks


def shown_as_name(rank: str) -> bool:
    """Tell whether names of this rank are set in italics: genera and all below them."""
    known = ranks.RANKS.get(rank)
    return known is not None and known.order >= ranks.GENUS


_MARKER = re.compile(
    r"(?<= )(subg|sect|subsect|ser|subser|agg|subsp|ssp|nothosubsp|var|nothovar|subvar|f\. sp|f|"
    r"nothof|subf|pv|bv|morph|ab|cv|convar)\.?(?= )|×|(?<= )'[^']+'|\bx(?= )"
)


def parts(name: str, rank: str) -> list[tuple[str, bool]]:
    """Return the name cut into (text, italic): rank markers, × and cultivars stand upright."""
    if not shown_as_name(rank):
        return [(name, False)]
    cut, last = [], 0
    for marker in _MARKER.finditer(name):
        if name[last : marker.start()].strip():
            cut.append((name[last : marker.start()], True))
        elif cut:
            cut.append((name[last : marker.start()], False))
        cut.append((marker[0], False))
        last = marker.end()
    if name[last:]:
        cut.append((name[last:], True))
    return cut
