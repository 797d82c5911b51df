"""Keys by which two spellings of a name or an author are the same. Pure: no Django.

Three keys: `canonical_key` of a canonical name forgets case, accents, hyphens, hybrid signs and the
markers of ranks; `variant_key` also what Latin allows and people confuse (gender endings, ae/e,
doubled letters); `authorship_key` of an author's text forgets how it is punctuated and joined.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d",
        "ı": "i", "Æ": "ae", "Œ": "oe", "Ø": "o", "Ł": "l", "Đ": "d",
    }
)  # fmt: skip
_MARKERS = frozenset(
    "subsp ssp var subvar f fo forma form subf subg subgen sect subsect ser subser agg nothosubsp "
    "nothovar nothof cv pv bv convar x".split()
)
_NOT_LETTER = re.compile(r"[^a-z]+")
_AUTHOR_JOIN = re.compile(r"\b(?:et|and|und|y|e)\b|&")

# Signs on a letter are written out as the codes of nomenclature ask: Mülleri is muelleri.
_WRITTEN_OUT = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "ao", "æ": "ae", "œ": "oe", "ß": "ss",
        "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
        "Ø": "Oe", "Å": "Ao", "Æ": "Ae", "Œ": "Oe", "Ð": "D", "Þ": "Th", "Ł": "L", "Đ": "D",
    }
)  # fmt: skip


def latinised(word: str) -> str:
    """Return a name's word in the 26 letters that names have: "Ærugo Mülleri" → "Aerugo Muelleri".

    What has no Latin letter (Cyrillic, Greek) stays as it is.
    """
    if word.isascii():
        return word
    composed = unicodedata.normalize("NFC", word).translate(_WRITTEN_OUT)
    apart = unicodedata.normalize("NFKD", composed)
    return "".join(c for c in apart if not unicodedata.combining(c))


def folded(text: str) -> str:
    """Return `text` in lower case without accents; ligatures are written out."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=65536)
def canonical_key(canonical: str) -> str:
    """Return what equal canonical names share: "Aesculus × hippo-castanum" without its signs.

    Rank markers, hybrid signs and "Candidatus" don't count, so "Poa annua var. alba" meets "Poa
    annua alba": compare ranks where it matters. Letters are written out as in a canonical name:
    "Mülleri" meets "Muelleri".
    """
    text = latinised(canonical).lower().replace("×", " ").replace("-", "").replace("'", "")
    first, *below = text.removeprefix("candidatus ").split() or [""]
    kept = [word for word in below if word not in _MARKERS and not word.endswith(".")]
    return " ".join(filter(None, (_NOT_LETTER.sub("", word) for word in (first, *kept))))


_ENDING = re.compile(
    r"(?:orum|arum|iana|ianum|ianus|ensis|ense|ae|ii|us|um|is|er|ra|rum|os|on|a|e|i)$"
)
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def stem(epithet: str) -> str:
    """Return an epithet's stem: gender ending cut, ae → e, ue → u, y → i, doubled letters once."""
    word = epithet.replace("ae", "e").replace("oe", "e").replace("ue", "u")
    word = word.replace("y", "i").replace("j", "i")
    word = word.replace("ph", "f").replace("th", "t").replace("rh", "r").replace("ch", "c")
    word = word.replace("k", "c").replace("w", "v")
    word = _DOUBLED.sub(r"\1", word)
    cut = _ENDING.sub("", word)
    return cut if len(cut) >= 3 else word


def variant_key(key: str) -> str:
    """Return what orthographic variants share, from a `canonical_key`.

    The first word keeps its ending (Fungi is not Fungia); epithets lose theirs. An autonym's
    repeated epithet stays.
    """
    first, *epithets = key.split(" ")
    return " ".join([_first_word(first), *map(stem, epithets)])


@lru_cache(maxsize=65536)
def _first_word(word: str) -> str:
    return _DOUBLED.sub(r"\1", word.replace("ae", "e"))


@lru_cache(maxsize=65536)
def authorship_key(authorship: str) -> str:
    """Return what one authorship's spellings share: "(Torr. & A. Gray) Rydb." → "torr a gray rydb".

    Years stay; punctuation, brackets and joining words don't.
    """
    text = _AUTHOR_JOIN.sub(" ", folded(authorship))
    return " ".join(re.findall(r"[a-z0-9]+", text))
