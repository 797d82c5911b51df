"""What a written scientific name says: "Quercus cf. alba L." is Quercus alba, with a doubt.

`parse` never fails and never guesses a spelling: what isn't part of a name stands in `tail`, what
was odd in `notes`. The time is linear in the length. Pure: no Django.

The canonical name is the name without authors, in ASCII: genus and epithets with the markers of
their ranks as written ("subsp.", "var.", "f."; a trinomial without one stays without), "×" and a
space before what is hybrid, cultivars in 'quotes'. A subgenus is left out of a species' name, and
stays where it is the name: "Pereskia subg. Maihuenia". "cf." and "?" leave the name they doubt;
"aff." and "nr." say that it is another species, so the genus is all that is known.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from taxonomy import ranks
from taxonomy.authorship import CAPITALS, NOBODY, PARTICLES, read
from taxonomy.authorship import same_author as same_author
from taxonomy.name_reading import ABOVE, BELOW, RESERVED, Reading
from taxonomy.ranks import Code

LONGEST = 1000  # characters that are read of a text; the longest real names have some 250

# What may be odd about a name, and how much it takes from the quality.
NOTES = {
    "letters": 2,  # é, æ, ü and such are written out
    "spaces": 2,  # other spaces and dashes than the usual, underscores
    "markup": 2,  # HTML tags and entities
    "year": 2,  # a year in brackets, a span of years, a page
    "capitals in the author": 2,
    "odd epithet": 2,  # "Agra not Erwin, 2002": an epithet only because somebody published it
    "glued sign": 2,  # "×fallax", "xHeucherella"
    "two authorships": 2,  # the given authorship isn't that in the name
    "candidatus": 2,
    "graft chimera": 2,
    "apostrophe": 3,  # "d'orbignyi"
    "number in words": 3,  # "12-spinosa"
    "homoglyphs": 3,  # Cyrillic or Greek letters that look like Latin ones
    "capitals": 3,  # "QUERCUS ALBA"
    "brackets": 3,  # one is missing, or they are doubled
    "virus": 3,
    "rank": 3,  # a marker of no rank that a code knows, such as "natio"
    "annotation": 3,  # "nom. nud.", "sensu auct.", "comb. nov." in the tail
    "qualified": 4,
    "lower case": 4,  # "quercus alba"
    "abbreviated subgenus": 2,
    "abbreviated genus": 4,
    "unread tail": 4,
    "too long": 4,
}


class Parsed(NamedTuple):
    """A name as read. canonical is "" (and quality 0) if the text is no scientific name.

    rank: one of `ranks.RANKS`, "" where the name doesn't tell; qualifier: "cf.", "aff.", "?",
    "sp.", "s.l." … several joined by a space; quality: 1 clean … 4 poor; notes: keys of NOTES, or
    the one reason why it is no name ("no name", "virus", "blank"); year: four digits or "";
    genus: the first word; epithets: those below it, without signs; tail: what was left unread.
    """

    verbatim: str
    canonical: str = ""
    authorship: str = ""
    rank: str = ""
    qualifier: str = ""
    hybrid: Literal["", "named", "formula"] = ""
    quality: int = 0
    notes: tuple[str, ...] = ()
    basionym_authorship: str = ""
    year: str = ""
    genus: str = ""
    epithets: tuple[str, ...] = ()
    tail: str = ""


def parse(name: str, authorship: str = "", *, code: Code = "") -> Parsed:
    """Read a name, with its authorship in the same text or given apart (or both).

    A given authorship counts, unless the name's own says the same at greater length. `code` tells
    "f." (forma or filius), "(Aus)" (subgenus or author) and unmarked trinomials apart.
    """
    found = _plain(name, code) or _read(name, code)
    if authorship and not authorship.isspace() and found.canonical:
        return _with_authorship(found, authorship)
    return found


def parse_many(names: Iterable[str], *, code: Code = "") -> Iterator[Parsed]:
    """Yield what each name says."""
    for name in names:
        yield parse(name, code=code)


# --- the fast path: names as most are -----------------------------------------------------------

_MARKERS_WITH_RANK = {"subsp.": "subspecies", "var.": "variety", "f.": "form"}
_PLAIN = re.compile(
    r"([A-Z][a-z]{2,})(?: ([a-z]{2,}))?(?: (?:(subsp\.|var\.|f\.) )?([a-z]{3,}))?(?: ([A-Z(].*))?",
    re.ASCII,
)
# Words of small letters that are no epithets, or not always.
_NO_EPITHETS = RESERVED | PARTICLES | set(BELOW) | set(ABOVE) | {"mihi", "bis", "morph"}
_ODD = re.compile(
    r"virus|phage|viroid|prion|satellite|plasma|plasmid|vector|bacterium|symbiont|RNA|NPV|ICTV|"
    r"incertae|virinae|viridae|group|grex",
    re.IGNORECASE,
)


def _plain(name: str, code: Code) -> Parsed | None:
    """Read a clean name of ASCII letters at once; None if it needs a closer look."""
    found = _PLAIN.fullmatch(name)
    if not found or len(name) > 250 or _ODD.search(name):
        return None
    genus, species, marker, infraspecific, written = found.groups()
    if species in _NO_EPITHETS or infraspecific in _NO_EPITHETS or _NO_NAME.match(name):
        return None
    if not species and name.casefold() in _NO_NAME_ALONE:
        return None
    author = NOBODY
    if written:
        author, end = read(written)
        if end < len(written) or author.oddities or (written[0] == "(" and not species):
            return None
    epithets: tuple[str, ...] = ()
    canonical, rank = genus, _rank_of_ending(genus, code)
    if species:
        canonical, rank, epithets = f"{genus} {species}", "species", (species,)
    if infraspecific:
        if not species:
            return None
        epithets = (species, infraspecific)
        canonical += f" {marker} {infraspecific}" if marker else f" {infraspecific}"
        rank = _MARKERS_WITH_RANK[marker] if marker else _rank_of_trinomial(code)
    return Parsed(
        name, canonical, author.text, rank, "", "", 1, (), author.basionym, author.year, genus,
        epithets,
    )  # fmt: skip


_ENDINGS: dict[Code, dict[str, str]] = {
    "zoological": {"idae": "family", "inae": "subfamily", "oidea": "superfamily"},
    "botanical": {"ales": "order", "oideae": "subfamily"},
    "bacterial": {"ales": "order"},
    "viral": {"viridae": "family", "virinae": "subfamily", "virales": "order"},
}


def _rank_of_ending(uninomial: str, code: Code) -> str:
    """Return the rank that a code's prescribed ending tells, or ""."""
    if uninomial.endswith("aceae") and code != "zoological":
        return "family"
    endings = _ENDINGS.get(code, {})
    return next((rank for ending, rank in endings.items() if uninomial.endswith(ending)), "")


def _rank_of_trinomial(code: Code) -> str:
    return "subspecies" if code == "zoological" else "infraspecific name"


# --- the closer look: first what isn't a name, then what a text is made of -----------------------

# Words that begin what people write where they have no name.
_NO_NAME = re.compile(
    r"""(?:un(?:known|identif\w*|named|amed|assigned|placed|determined|described|specified|certain|
    allocated|designated|ranked|cultured|bekannt)|no[nt]?|none|null|nil|n/a|blank|various|several|
    mixed\w*|indet\w*|undet\w*|ditto|other|noch|inc\.?\s*sed|incertae|misc|missing|invalid|all|bone|
    clade|root|spec|candidatus)(?![\w-])""",
    re.IGNORECASE | re.VERBOSE,
)
# … and those that stand alone, among them the ranks.
_NO_NAME_ALONE = frozenset(ranks.RANKS) | set(
    "na nan deus test temp tbd see same yes cf sp".split()
)
_NOWHERE = re.compile(
    r"incertae\s*sedis|[a-z]phytoplasma|\bphytoplasma|symbionts?\b|RNA[\d_]|\b(?:ds|ss|[mrt])?RNA\b|"
    r"\bplasmids?\b"
)
_VIRUS = re.compile(
    r"(?:\bictv\b|\w*virus(?:es)?\b|\w*phages?\b|viroids?\b|\bprions?\b|\b\w*npv\b|\bvectors?\b|"
    r"\b(?:alpha|beta|delta)?satellites?\b)",
    re.IGNORECASE,
)
_VIRUS_BINOMIAL = re.compile(r"[A-Z][a-z]+(?:virus|viroid|satellite|phage) [a-z]+[a-z0-9]*")
# A virus' word as the epithet of an animal: somebody published it in some year.
_WITH_YEAR = re.compile(r"[A-Z][a-z]+ (?:\([A-Z][a-z]+\) )?[a-z]+ \(?[A-Z].{2,80}, \d{4}\)?")
_BACTERIUM = re.compile(r"[A-Z][a-z]+ [a-z]*bacterium\b(?! \(?[A-Z][a-z])")


def _read(name: str, code: Code) -> Parsed:
    """Read any text."""
    text, notes = _tidied(name)
    if not text:
        return Parsed(name, notes=("blank",))
    if code == "viral" and _VIRUS.search(text) and not _is_virus_binomial(text):
        return Parsed(name, text, quality=3, notes=("virus",), genus=text.split()[0])
    if _is_virus(text):
        return Parsed(name, notes=("virus",))
    if _is_no_name(text):
        return Parsed(name, notes=("no name",))
    sign, parts = _parts_of_formula(text)
    if len(parts) > 1:
        return _formula(name, sign, parts, code, notes)
    if _VIRUS.search(text) and not _is_virus_binomial(text) and text != "Viruses":
        notes.add("odd epithet")
    return _single(name, parts[0], code, notes)


def _single(name: str, text: str, code: Code, notes: set[str]) -> Parsed:
    """Read one name that is no formula."""
    reading = Reading(text, code)
    if not reading.found:
        return Parsed(name, notes=("no name",))
    rank, author = reading.rank, reading.authorship
    if reading.unmarked and not reading.cultivar:
        rank = _rank_of_trinomial(code)
    elif not rank and not reading.epithets:
        rank = _rank_of_ending(reading.genus, code)
    odd = notes | reading.notes
    return Parsed(
        verbatim=name,
        canonical=" ".join(reading.words),
        authorship=author.text,
        rank=rank,
        qualifier=" ".join(reading.qualifiers),
        hybrid="named" if reading.hybrid else "",
        quality=_quality(odd),
        notes=_ordered(odd),
        basionym_authorship=author.basionym,
        year=author.year,
        genus=reading.genus,
        epithets=tuple(reading.epithets),
        tail=reading.tail,
    )


def _with_authorship(found: Parsed, authorship: str) -> Parsed:
    """Return the name with the authorship that stood apart from it."""
    text, notes = _tidied(authorship)
    given, end = read(text)
    if not given.text:
        return found
    odd = set(found.notes) | notes | set(given.oddities)
    odd |= {"unread tail"} if text[end:].strip() else set()
    if found.authorship and same_author(found.authorship, given.text):
        if len(found.authorship) >= len(given.text):
            return found
    elif found.authorship:
        odd.add("two authorships")
    return found._replace(
        authorship=given.text,
        basionym_authorship=given.basionym,
        year=given.year,
        quality=max(found.quality, _quality(odd)),
        notes=_ordered(odd),
    )


def _is_no_name(text: str) -> bool:
    begins = _NO_NAME.match(text.lstrip("? ")) is not None and not text.startswith("Candidatus ")
    alone = text.casefold() in _NO_NAME_ALONE
    return begins or alone or bool(_NOWHERE.search(text) or _BACTERIUM.match(text))


def _is_virus_binomial(text: str) -> bool:
    """Tell whether this is a name such as ICTV gives: "Ictavirus ictaluridallo1"."""
    return bool(_VIRUS_BINOMIAL.fullmatch(text)) and text.split()[1] not in _NO_EPITHETS


def _is_virus(text: str) -> bool:
    return (
        _VIRUS.search(text) is not None
        and text.capitalize() != "Viruses"  # the kingdom
        and not _is_virus_binomial(text)
        and not _WITH_YEAR.fullmatch(text)
    )


# --- tidying ------------------------------------------------------------------------------------

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,60}>")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’`´ʼʻ′＇‛", "'"), **dict.fromkeys("“”„«»″", '"'),
        **dict.fromkeys("‐‑‒–—−﹣－", "-"), **dict.fromkeys("✕✖⨯╳", "×"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad†‡", ""),
        "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "＆": "&", "，": ",",
        "（": "(", "）": ")",
    }
)  # fmt: skip
# Letters of other scripts that can't be told from Latin ones by eye.
_LOOKS_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХаеѕіјорсухԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΧοια",
    "ABESIJKMHOPCTXaesijopcyxdhqwABEZHIKMNOPTXoia",
)
_MIXED = re.compile(r"\w*[A-Za-z]\w*")
_GLUED = re.compile(r"(?:×(?=\S))|(?:^[xX](?=[A-Z][a-z]))|^\+(?=\S)")
_BEFORE_HYPHEN = re.compile(r"(?<=\.) -(?=[A-Z])")
_DOUBLED_SIGN = re.compile(r"× (?:× )+")
_CROSS = re.compile(r"(?:^|(?<=\s))[xX]\s+(?=[\w(?'])")


def _tidied(name: str) -> tuple[str, set[str]]:
    """Return the text with usual spaces, dashes, quotes, signs and letters, and what was odd."""
    notes: set[str] = set()
    text = name
    if len(text) > LONGEST:
        text = text[:LONGEST]
        notes.add("too long")
    if "<" in text or ("&" in text and ";" in text):
        bare = html.unescape(_TAG.sub("", text))
        notes |= {"markup"} if bare != text else set()
        text = bare
    if not text.isascii():
        text = _with_latin_letters(text, notes)
    if "_" in text and not any(c.isspace() for c in text.strip()):
        text = text.replace("_", " ")
        notes.add("spaces")
    text = " ".join(text.split()).lstrip("=≡~*# ").strip("\"'. ,;" if text[:1] in "\"'" else " ")
    if " -" in text:
        text = _BEFORE_HYPHEN.sub("-", text)  # "Arv. -Touv."
    if "×" in text or text[:1] in ("x", "X", "+") or " x " in text.lower():
        text = _with_signs_apart(text, notes)
    return _without_capitals(text, notes), notes


def _with_latin_letters(text: str, notes: set[str]) -> str:
    """Compose accents and replace what looks like a Latin letter or sign and isn't."""
    usual = unicodedata.normalize("NFC", text).translate(_ALIKE)
    usual = "".join(c for c in usual if c.isprintable() or c.isspace())
    latin = _MIXED.sub(lambda found: found[0].translate(_LOOKS_LATIN), usual)
    if latin != usual:
        notes.add("homoglyphs")
    if any(c.isspace() and c != " " for c in latin) or re.search("[‐‑‒–—−]", text):
        notes.add("spaces")
    return latin


def _with_signs_apart(text: str, notes: set[str]) -> str:
    """Write every hybrid sign as "×" between spaces."""
    if _GLUED.search(text):
        notes.add("glued sign")
    apart = _GLUED.sub(lambda found: "+ " if found[0] == "+" else " × ", text)
    return _DOUBLED_SIGN.sub("× ", " ".join(_CROSS.sub("× ", apart).split()))


_SHOUTED = re.compile(
    r"(×\s)?([A-Z]{3,}(?:-[A-Z]+)*)(?:(\s(?:×\s)?)([A-Z]{3,}(?:-[A-Z]+)*|[a-z]+)(?=\s|$))?(.*)"
)
_WHISPERED = re.compile(r"([a-z]{3,}) ([a-z]{3,})(?=\s|$)")


def _without_capitals(text: str, notes: set[str]) -> str:
    """Give "QUERCUS ALBA L." and "quercus alba" the letters that names have."""
    shouted = _SHOUTED.fullmatch(text)
    if shouted and (shouted[4] or len(text) > 3):
        sign, genus, gap, species, rest = (part or "" for part in shouted.groups())
        if species or not rest or not any(c.islower() for c in rest.split(" ")[0]):
            notes.add("capitals")
            rest = _small_markers(rest) if species.isupper() else rest
            return f"{sign}{genus.capitalize()}{gap}{species.lower()}{rest}"
    whispered = _WHISPERED.match(text)
    if whispered and not {whispered[1], whispered[2]} & _NO_EPITHETS:
        notes.add("lower case")
        return text[0].upper() + text[1:]
    return text


def _small_markers(rest: str) -> str:
    """Write " VAR. PUMILA MILL." as " var. pumila MILL."."""
    words = rest.split(" ")
    for i, word in enumerate(words[:-1]):
        if BELOW.get(word.lower().rstrip(".")) and len(word) > 2:
            words[i], words[i + 1] = word.lower(), words[i + 1].lower()
    return " ".join(words)


# --- hybrid formulas ----------------------------------------------------------------------------

_NOT_YET = re.compile(
    rf"(?:[×+] )?[{CAPITALS}][\w-]*\.?(?: \([\w.]+\))?+(?: (?:cf|aff)\.?)?(?: [{CAPITALS}(].*)?"
)
_OF_A_RANK = re.compile(r".* (?:subsp|ssp|var|f|forma|nothosubsp|nothovar|nothof)\.?", re.DOTALL)


def _parts_of_formula(text: str) -> tuple[str, list[str]]:
    """Split a text at the signs between two parents; a sign before an epithet stays with it."""
    if text.endswith(" ×"):
        text += " ?"
    if " × " not in text and " + " not in text:
        return "", [text]
    sign = " × " if " × " in text else " + "
    parts: list[str] = []
    for piece in text.split(sign):
        if parts and not _is_parent(parts[-1], piece):
            parts[-1] = f"{parts[-1]}{sign}{piece}"
        else:
            parts.append(piece)
    return sign, parts


def _is_parent(before: str, piece: str) -> bool:
    """Tell whether the sign between the two stands for a cross, not for a named hybrid."""
    alone = _NOT_YET.fullmatch(before)
    if alone and not piece[:1].isupper() and piece != "?":
        return False
    return not (_OF_A_RANK.fullmatch(before) and piece[:1].islower())


def _formula(name: str, sign: str, parts: list[str], code: Code, notes: set[str]) -> Parsed:
    """Read each parent; a genus that is abbreviated or left out is that of a parent before it.

    The sign is kept for a parent that isn't known: "Quercus alba ×".
    """
    parents: list[Parsed] = []
    for part in parts:
        parent = _single(part, _with_genus(part, parents), code, set())
        if not parent.canonical:
            break
        parents.append(parent)
    if not parents or (len(parents) < len(parts) and not parents[0].epithets and parts[1] != "?"):
        return Parsed(name, notes=("no name",))
    rest = parts[len(parents) :]
    unknown = rest[:1] == ["?"] and sign == " × "
    odd = {note for parent in parents for note in parent.notes} | notes
    odd |= {"unread tail"} if rest[unknown:] else set()
    odd |= {"graft chimera"} if sign == " + " else set()
    qualifiers = [*(parent.qualifier for parent in parents), "?" if unknown else ""]
    return Parsed(
        name,
        sign.join(parent.canonical for parent in parents) + " ×" * unknown,
        qualifier=" ".join(filter(None, dict.fromkeys(qualifiers))),
        hybrid="formula",
        quality=_quality(odd, 2),
        notes=_ordered(odd),
        genus=parents[0].genus,
        epithets=parents[0].epithets,
        tail=sign.join(rest[unknown:]),
    )


_SHORT_GENUS = re.compile(rf"([{CAPITALS}][a-z]{{0,2}})\. ?(?=[a-z×])")


def _with_genus(part: str, parents: list[Parsed]) -> str:
    if not parents:
        return part
    if part[:1].islower():
        return f"{parents[-1].genus} {part}"
    short = _SHORT_GENUS.match(part)
    meant = [p.genus for p in reversed(parents) if short and p.genus.startswith(short[1])]
    return f"{meant[0]} {part[short.end() :]}" if short and meant else part


def _quality(notes: Iterable[str], least: int = 1) -> int:
    return max((NOTES[note] for note in notes), default=least) if notes else least


def _ordered(notes: Iterable[str]) -> tuple[str, ...]:
    """Return notes in the order of NOTES, each once."""
    found = set(notes)
    return tuple(note for note in NOTES if note in found)
