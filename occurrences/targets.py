"""What a column may be mapped to, as a person sees it, types it and looks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from darwincore import terms
from occurrences import mapping
from occurrences.headers import IDENTIFIER, SYNONYMS
from occurrences.parts import PARTS

LOT = IDENTIFIER + "Lot"
ACCESSION = IDENTIFIER + "Accession"


class Offered(NamedTuple):
    """A target to choose. shown: how it is written in a field, and once only. words: others that it
    is found by."""

    target: str
    shown: str
    group: str
    meaning: str
    words: str


def offered(extra: Iterable[str] = ()) -> Iterator[Offered]:
    """Yield all targets in their groups; extra: identifiers to offer besides."""
    for group, options in mapping.choices(extra):
        for target, _label in options:
            if target:
                yield Offered(
                    target, shown(target), str(group), mapping.meaning(target), _words(target)
                )


def shown(target: str) -> str:
    """Return a target as its field writes it; blank for a column that is not imported."""
    if not target:
        return ""
    if target.startswith(IDENTIFIER):
        return _("Additional identifier: %(tag)s") % {"tag": target.removeprefix(IDENTIFIER)}
    return _by_target(get_language() or "")[target]


def read(text: str) -> str | None:
    """Return the target that a text means: as shown, or by its own name; None where it means none.

    Case and space around it do not count.
    """
    text = text.strip()
    if mapping.is_target(text):
        return text
    before, _tag, after = _("Additional identifier: %(tag)s").partition("%(tag)s")
    if text.lower().startswith(before.lower().strip()):
        tag = text[len(before.strip()) :].removesuffix(after).strip()
        return IDENTIFIER + tag if mapping.is_target(IDENTIFIER + tag) else None
    return _by_text(get_language() or "").get(text.casefold())


@lru_cache
def _by_target(_language: str) -> dict[str, str]:
    """Return how each target is shown: by its label, and with its name where two share one."""
    targets = [*terms.BY_NAME, *PARTS, mapping.SOURCE_ID, mapping.LEGACY_ID, mapping.KEPT]
    labels = {target: mapping.label(target) for target in targets}
    often: dict[str, int] = {}
    for label in labels.values():
        often[label.casefold()] = often.get(label.casefold(), 0) + 1
    return {
        target: label if often[label.casefold()] == 1 else f"{label} ({target})"
        for target, label in labels.items()
    }


@lru_cache
def _by_text(language: str) -> dict[str, str]:
    found = {target.casefold(): target for target in _by_target(language)}
    return found | {text.casefold(): target for target, text in _by_target(language).items()}


@lru_cache
def _words(target: str) -> str:
    """Return the headers that mean a target, for those who look for it by another word."""
    known = [header for header, targets in SYNONYMS.items() if target in targets]
    return " ".join([target, *known])
