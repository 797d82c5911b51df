"""The grammar of one scientific name, word by word. Pure; `parsing` is the door.

A `Reading` walks once over a tidied text: uninomial, then, in any order that names know, epithets
with or without the marker of a rank, authors, qualifiers, cultivars. It stops at the first thing
that belongs to no name, and keeps the rest as `tail`.
"""

from __future__ import annotations

import re

from taxonomy.authorship import CAPITALS, LETTER, NOBODY, PARTICLES, Authorship, read_at
from taxonomy.ranks import Code
from taxonomy.spelling import latinised

# Markers below the species and between genus and species: as written → (as kept, rank).
_BELOW = {
    "subsp.": "subspecies: subsp ssp subspecies susp subspec ssps",
    "var.": "variety: var varietas variety v",
    "subvar.": "subvariety: subvar",
    "f.": "form: f fo fm form forma",
    "subf.": "subform: subf subform subforma",
    "f. sp.": "forma specialis: f.sp f.\u00a0sp",
    "pv.": "pathovar: pv pathovar",
    "bv.": "biovar: bv biovar",
    "morph": "morph: morph morpha",
    "ab.": "aberration: ab aberratio",
    "convar.": "infraspecific name: convar",
    "prol.": "infraspecific name: prol proles",
    "lusus": "infraspecific name: lusus lus",
    "natio": "infraspecific name: natio nat",
    "mut.": "infraspecific name: mut mutatio",
    "st.": "infraspecific name: st stirps",
    "agamovar.": "infraspecific name: agamovar",
    "agamosp.": "infraspecific name: agamosp",
    "monstr.": "infraspecific name: monstr",
    "race": "race: race",
    "*": "infraspecific name: *",
    "unr.": "infraspecific name: unr unranked",
}
_ABOVE = {
    "subfam.": "subfamily: subfam subfamily",
    "subg.": "subgenus: subg subgen subgenus",
    "sect.": "section: sect section sectio",
    "subsect.": "subsection: subsect subsectio",
    "ser.": "series: ser series",
    "subser.": "subseries: subser subseries",
    "supertrib.": "supertribe: supertrib supertribe",
    "trib.": "tribe: trib tr tribe tribus",
    "subtrib.": "subtribe: subtrib subtr subtribe",
    "unr.": "unranked: unr unranked",
}
_ODD_RANKS = frozenset("natio * unr. lusus race st.".split())


def _markers(table: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return every way to write a marker, notho- forms included → (as kept, rank)."""
    found = {}
    for kept, row in table.items():
        rank, _colon, spellings = row.partition(": ")
        for spelling in spellings.split():
            found[spelling] = (kept, rank)
            if kept not in _ODD_RANKS:
                for sign in ("n", "notho"):
                    found.setdefault(sign + spelling, (f"notho{kept}", rank))
    return found


BELOW, ABOVE = _markers(_BELOW), _markers(_ABOVE)

# --- what a text is made of ---------------------------------------------------------------------

_END = r"""(?=[\s,;:()\[\]?"]|$)"""
_SMALL = rf"(?:(?![{CAPITALS}]){LETTER})"
_HYPHEN = r"-(?=[^\W\d_])"
_UNINOMIAL = re.compile(
    rf"([{CAPITALS}](?:{_SMALL}|-(?=[^\W\d_])(?:[{CAPITALS}](?={_SMALL}))?)+){_END}"
)
_ABBREVIATED = re.compile(rf"([{CAPITALS}][a-z]?)\. ?(?=[a-z×])")
_EPITHET = re.compile(
    rf"""(?:(?P<number>\d{{1,2}})(?:-|\.\s?|\s)(?=[a-z]{{4}}))?
    (?P<word>(?:st\.-|{_SMALL}{{1,2}}')?{_SMALL}(?:{_SMALL}|{_HYPHEN})+){_END}""",
    re.VERBOSE,
)
_VIRAL_EPITHET = re.compile(r"(?P<number>)(?P<word>[a-z]+[a-z0-9]*)(?=\s|$)")
_CANDIDATUS = re.compile(r"Candidatus |Ca\. ?(?=[A-Z][a-z]+(?: [a-z]|$))")
_IN_BRACKETS = re.compile(rf"\(([{CAPITALS}]{_SMALL}*)(\.?)\)")
_MARKER = re.compile(
    rf"""(?P<marker>f\.\s?sp(?=\.)|\*|{LETTER}+)(?P<dot>\.?)\s*(?:[α-ω]\.?\s*)?(?P<cross>×\s)?
    (?=[^\W\d_]|×)""",
    re.VERBOSE,
)
_CULTIVAR = re.compile(
    r"""(?:cv\.?\s+)?'(?P<single>[A-Z0-9].{0,60}?[\w.!)])'(?=\s|$)(?!.*\w'(?:\s|$))
    |'(?P<apostrophe>[A-Z0-9][^"]{0,60}[\w.!)])'(?=\s|$)
    |(?:cv\.?\s+)?"(?P<double>[A-Z][^"]{0,60})"$
    |cv\.?\s+(?P<bare>\w[\w-]+(?!\.)(?:\s[A-Z][\w-]*){0,3})""",
    re.VERBOSE,
)
_GROUP = re.compile(rf"\(?((?:[{CAPITALS}][\w-]*\s){{1,3}})(?:Group|Gp|Grex)\b\)?")
_OPEN = re.compile(
    r"""(?:n\.?\s|nov\.\s)?(?:sp|spp|spec)(?:\.|\b)(?:\s?(?:nov|n)\b\.?)?|species\b(?!\s(?:group|complex))
    |(?:gen\.?\s(?:nov\.?|et)|indet\b\.?)""",
    re.VERBOSE,
)
_COMPARED = re.compile(r"(?:cfr?|CFR?)(?:\.|\b)(?!\.)|c\.\s?f\.|\(\?\)|\?")
_AKIN = re.compile(r"(?:(?:sp|n)\.\s)?(?:(?:aff|AFF|nr|near)\b\.?|(?:ex\s)?gr\.|prox\.)(?=\s|$)")
_SENSE = re.compile(
    r"""(?:,\s)?\(?\b(?:(?P<wide>s\.\s?l(?:at)?\b\.?|sens(?:u|\.)\s?lat(?:o\b|\.)|s\.\s?ampl\.|sl(?=$))
    |(?P<narrow>s\.\s?s(?:tr)?\b\.?|sens(?:u|\.)\s?str(?:icto\b|\.)|ss(?=$))
    |(?P<aggregate>agg\.|aggregate\b)
    |(?P<group>(?:species\s)?(?:group|complex)\b))\)?(?=[\s,;]|$)""",
    re.VERBOSE,
)
_ANNOTATION = re.compile(
    r"""[,;]?\s*[\[(]?(?:(?:sensu|sec|auctt?|nom|nomen|comb|stat|nov|emend|ined|ms|mss|MS|ht|vide|non|
    nec|not|orth|sic|syn|Nomen)\b|[hH]ort\b(?!\.?\sex\s)|mihi\b(?!\s[A-Z])|in\s(?:litt|press|sched|herb)|
    pro\s(?:parte|syn|hyb|sp)|p\.\s?p\.|excl|s\.\s?auct|homonym|Nom\.|Auct|n\.\s?sp\b|
    (?:sp|ssp|subsp|var)\.\s?n(?:ov)?\b)(?!-)""",
    re.VERBOSE,
)
_MISAPPLIED = re.compile(r"[,;]?\s*[\[(]?(auct|Auct|sensu|sec|non|nec)(?=[\s.,t])")
# After the genus, a word that means something else is the epithet if somebody published it so.
_PUBLISHED = re.compile(rf"\s\(?[{CAPITALS}][^,]*(?:, [^,]*)*, \d{{4}}\)?$")
_ONE_AUTHOR = re.compile(rf"\s\(?[{CAPITALS}][\w.'-]+\)?,? \d{{4}}\)?$")
_ENDS_ON_INITIAL = re.compile(rf"(?:^|[\s.])(?!L\.)[{CAPITALS}]\.$")
_OF_A_FAMILY = re.compile(r"\w+(?:aceae|idae|ales|inae|oideae)")
_IN_FRONT = re.compile(rf"(?:(?P<akin>[Aa]ff\.?)|[Cc]f\.?|\?)(?:\s|(?<=[.?]))(?=×?\s?[{CAPITALS}])")
_NEVER_EPITHETS = frozenset(
    "sp spp cf cfr aff nr ex et in and sensu sec auct auctt x von van vom v den der de del "
    "della delle d du da dal dalla do dos ten ter el le af av und e y nom nomen emend".split()
)
RESERVED = frozenset(
    "sp spp spec species aff cf cfr nr near group complex agg ex et in and al sensu auct auctt non "
    "nec not vide emend nom nomen comb sec ined of the from with or for on at by to ssp "
    "subsp subspecies var varietas variety subvar forma form fo f cv cultivar hort nov sp strain "
    "str serovar serotype biotype isolate clone culture enrichment environmental uncultured "
    "sample samples hybrid hybrids clade incertae sedis indet und nsp undet pro sic ms st".split()
)
_ODD_EPITHETS = ((RESERVED | PARTICLES | set(ABOVE) | set(BELOW)) - _NEVER_EPITHETS) | {"spec"}
_UNITS = "uno duo tre quatuor quinque sex septem octo novem".split()
_NUMERALS = dict(
    enumerate(
        """bi tri quadri quinque sex septem octo novem decem undecim duodecim tredecim quatuordecim
        quindecim sedecim septendecim octodecim novemdecim viginti""".split(),
        start=2,
    )
)
for _tens, _word in ((20, "viginti"), (30, "triginta"), (40, "quadraginta"), (50, "quinquaginta")):
    _NUMERALS[_tens] = _word
    _NUMERALS |= {_tens + n: _word + unit for n, unit in enumerate(_UNITS, start=1)}
_VOWEL = re.compile("[aeiouyAEIOUYäöüëïæœøåéèêáàâíóôúÄÖÜËÏÆŒØÅÉÈ]")
# What genera end on, and few authors do.
_LATIN_ENDING = re.compile(
    r".{3,}(?:a|us|um|is|ys|yx|ax|ops|oides|odes|odon|on|ma|there|daphne|phyle|nema|ceras)$"
)


class Reading:
    """One name: after `read()`, its parts. `found` is False if the text doesn't begin with a name.

    words: the canonical name's; epithets: without signs; authorship: of the last part; rank: "" if
    not told; unmarked: the lowest epithet has no marker; tail: the text left unread.
    """

    def __init__(self, text: str, code: Code) -> None:
        self.text, self.code, self.at = text, code, 0
        self.words: list[str] = []
        self.genus = self.rank = self.tail = ""
        self.epithets: list[str] = []
        self.qualifiers: list[str] = []
        self.notes: set[str] = set()
        self.authorship: Authorship = NOBODY
        self.hybrid = self.unmarked = self.cultivar = self.infrageneric = self.akin = False
        self.read()

    @property
    def found(self) -> bool:
        return bool(self.genus)

    def read(self) -> None:
        if not self._uninomial():
            return
        while self._skip() < len(self.text):
            if self.akin or not (
                self._odd_epithet() or self._aside() or self._part() or self._author()
            ):
                self._leave()
        if "abbreviated genus" in self.notes and not self.epithets:
            self.genus = ""

    # -- the beginning

    def _uninomial(self) -> bool:
        """Read the first word and what stands before it."""
        self._front()
        short = _ABBREVIATED.match(self.text, self.at)
        found = short or _UNINOMIAL.match(self.text, self.at)
        if not found or found[1] == "Candidatus":
            return False
        word, self.at = self._latin(found[1].capitalize()), found.end()
        if short:
            word = f"{word}."
            self.notes.add("abbreviated genus")
        sounds = all(map(_VOWEL.search, word.split("-")))
        if not word.isascii() or self.text.startswith(":", self.at) or not (sounds or short):
            return False
        self.genus = word
        self.words.append(word)
        self._brackets()
        return True

    def _front(self) -> None:
        """Read a qualifier, a sign, "Candidatus" or a rank before the first word."""
        if found := _IN_FRONT.match(self.text):
            kept = "aff." if found["akin"] else "?" if found[0][0] == "?" else "cf."
            self._qualified(kept, found.end())
            self.akin = found["akin"] is not None
        if self.text.startswith(("× ", "+ "), self.at):
            self.words, self.hybrid = [self.text[self.at]], True
            self.notes |= {"graft chimera"} if self.words == ["+"] else set()
            self.at += 2
        if found := _CANDIDATUS.match(self.text, self.at):
            self.words, self.at = ["Candidatus"], found.end()
            self.notes.add("candidatus")
        self._rank_in_front()

    def _rank_in_front(self) -> None:
        """Read the rank in "subgen. Psammophrynopsis"."""
        marker = _MARKER.match(self.text, self.at)
        kept, rank = ABOVE.get(marker["marker"], ("", "")) if marker else ("", "")
        if marker and kept and self.text[marker.end() : marker.end() + 1].isupper():
            self.words.append(kept)
            self.rank, self.at = rank, marker.end()

    def _brackets(self) -> None:
        """Read "(Aus)" behind a genus: a subgenus, unless it is the author of the genus."""
        again = f"({self.genus.lower()}) "
        if self.text.startswith(again, self._skip()):  # "Acanthoderes (acanthoderes) satanas"
            self.at += len(again)
            return
        found = _IN_BRACKETS.match(self.text, self.at)
        if not found or _OF_A_FAMILY.fullmatch(found[1]):
            return
        word, behind = found[1], self.text[found.end() :].lstrip()
        if self._species_begins(behind):
            self.at = found.end()
            self.notes |= {"abbreviated subgenus"} if found[2] else set()
        elif not found[2] and self._is_subgenus(word, behind):
            self.at = found.end()
            self._infrageneric("subg.", "subgenus", word)

    def _species_begins(self, text: str) -> bool:
        """Tell whether a text begins with an epithet, or what may stand before or for one."""
        if text.startswith(("× ", "?")) or any(
            sign.match(text) for sign in (_COMPARED, _AKIN, _OPEN)
        ):
            return True
        found = _EPITHET.match(text)
        if not found or found["word"] in _NEVER_EPITHETS:
            return False
        return found["word"] not in PARTICLES or bool(_PUBLISHED.match(text, found.end()))

    def _is_subgenus(self, word: str, behind: str) -> bool:
        if self.code == "botanical" or len(word) < 3:
            return False
        if word == self.genus or self.code == "zoological":
            return True
        return _LATIN_ENDING.match(word) is not None and not behind.startswith(("&", "ex ", "et "))

    def _infrageneric(self, kept: str, rank: str, word: str) -> None:
        """Take a name between genus and species: it is the name, unless an epithet follows."""
        self.words = [*self.words[: self.words.index(self.genus) + 1], kept, self._latin(word)]
        self.rank, self.infrageneric, self.authorship = rank, True, NOBODY
        self.hybrid |= kept.startswith("notho")

    # -- what follows

    def _skip(self) -> int:
        while self.text.startswith(" ", self.at):
            self.at += 1
        return self.at

    def _leave(self) -> bool:
        """Keep the rest as tail."""
        self.tail = self.text[self.at :].strip()
        annotated = _ANNOTATION.match(self.text, self.at)
        if not self.akin:
            self.notes.add("annotation" if annotated else "unread tail")
        if misapplied := _MISAPPLIED.match(self.text, self.at):
            self.qualifiers.append("auct." if misapplied[1].lower() == "auct" else "sensu")
        self.at = len(self.text)
        return True

    def _odd_epithet(self) -> bool:
        """Read "subser" in "Serina subser Gredler, 1898"."""
        if self.epithets or self.infrageneric or self.authorship.text:
            return False
        found = _EPITHET.match(self.text, self.at)
        if not found or found["word"] not in _ODD_EPITHETS:
            return False
        rule = _ONE_AUTHOR if found["word"] in ABOVE or found["word"] in BELOW else _PUBLISHED
        if not rule.match(self.text, found.end()):
            return False
        self.notes.add("odd epithet")
        return self._add(found)

    def _aside(self) -> bool:
        """Read a qualifier or an annotation."""
        text, at = self.text, self.at
        found = _SENSE.match(text, at)
        if found and (self.epithets or self.authorship.text or found["group"]):
            return self._sense(found)
        if self.epithets and _ANNOTATION.match(text, at):
            return self._leave()
        if found := _AKIN.match(text, at):
            kept = "nr." if found[0].split(" ")[-1][0] == "n" else "aff."
            if "gr" in found[0]:
                kept = "gr."
            return self._qualified(kept, found.end(), leave=True)
        if found := _COMPARED.match(text, at):
            return self._qualified("?" if "?" in found[0] else "cf.", found.end())
        if found := _OPEN.match(text, at):
            return self._open(found)
        if (self.epithets or self.authorship.text) and _ANNOTATION.match(text, at):
            return self._leave()
        return self._named_plant()

    def _sense(self, found: re.Match[str]) -> bool:
        """Keep how widely the name is meant: "s.l.", "agg.", "species group"."""
        kept = {"wide": "s.l.", "narrow": "s.str.", "aggregate": "agg."}.get(
            str(found.lastgroup), "group" if "group" in found[0] else "complex"
        )
        if found["aggregate"] and self.rank == "species":
            self.rank = "species aggregate"
        return self._qualified(kept, found.end())

    def _qualified(self, kept: str, end: int, *, leave: bool = False) -> bool:
        """Keep a qualifier; `leave` if what follows is no part of the name."""
        self.qualifiers.append(kept)
        self.notes.add("qualified")
        self.at = end
        if leave:
            self.tail, self.at = self.text[end:].strip(), len(self.text)
        return True

    def _open(self, found: re.Match[str]) -> bool:
        """Read "sp.", "spp.", "sp. nov.": the taxon has no name (yet)."""
        new = "n" in found[0].replace("species", "").replace("indet", "")
        if new and self.epithets:
            return self._leave()
        kept = "spp." if found[0].startswith("spp") else "indet." if "indet" in found[0] else "sp."
        akin = _AKIN.match(self.text, found.end() + 1)
        if akin and not new:
            self.qualifiers.append(kept)
            return self._qualified("nr." if "n" in akin[0] else "aff.", akin.end(), leave=True)
        return self._qualified("sp. nov." if new else kept, found.end(), leave=True)

    def _named_plant(self) -> bool:
        """Read a cultivar or its group."""
        found = _CULTIVAR.match(self.text, self.at)
        if found and not self.cultivar:
            name = str(found[found.lastgroup or 0]).strip()
            self.words.append(f"'{name[0].upper()}{name[1:]}'")
            self.rank, self.cultivar, self.at = "cultivar", True, found.end()
            return True
        group = _GROUP.match(self.text, self.at)
        if group and not self.cultivar:
            self.words.append(f"{group[1].strip()} Group")
            self.rank, self.at = "cultivar group", group.end()
            return True
        return False

    def _part(self) -> bool:
        """Read an epithet, with the marker of its rank if it has one."""
        at = self.at
        marker = _MARKER.match(self.text, at)
        if marker and self._marked(marker):
            return True
        cross = self.text.startswith("× ", at)
        pattern = _EPITHET
        if self.genus.endswith(("virus", "viroid", "satellite", "phage")):
            pattern = _VIRAL_EPITHET
        found = pattern.match(self.text, at + 2 * cross)
        if not found or self._is_word_of_author(found) or not self._may_follow(found):
            return False
        if found["word"] in RESERVED and not cross:
            return False
        return self._add(found, cross=cross)

    def _marked(self, marker: re.Match[str]) -> bool:
        """Read what follows a marker: "sect. Ovales", "var. alba"."""
        word, behind = marker["marker"], marker.end()
        kept, rank = ABOVE.get(word, ("", ""))
        if not self.epithets and kept and (found := _UNINOMIAL.match(self.text, behind)):
            self.at = found.end()
            self._infrageneric(kept, rank, found[1])
            return True
        kept, rank = BELOW.get("f.sp" if word.startswith("f") and "sp" in word else word, ("", ""))
        if not kept or (word == "v" and not marker["dot"]):
            return False
        found = _EPITHET.match(self.text, behind)
        if not found or not self.epithets or found["word"] in RESERVED:
            return False
        if self._is_word_of_author(found):
            return False
        self.notes |= {"rank"} if kept in _ODD_RANKS else set()
        return self._add(found, kept, rank, cross=bool(marker["cross"]))

    def _is_word_of_author(self, found: re.Match[str]) -> bool:
        """Tell whether a word is the "von" of "von Heyden"."""
        if found["word"] not in PARTICLES:
            return False
        return read_at(self.text, self.at)[1] > self.at

    def _may_follow(self, found: re.Match[str]) -> bool:
        """Tell whether an epithet without a marker can stand here."""
        if len(self.epithets) > 3 or self.cultivar:
            return False
        if not self.authorship.text:
            return True
        if _ENDS_ON_INITIAL.search(self.authorship.text):  # "L. & S. fragilis": another name
            return False
        rest = self.text[found.end() :].lstrip()
        follows = not rest or rest[0] == "(" or rest[0].isupper()
        return bool(self.epithets) and follows and len(found["word"]) > 3

    def _add(
        self, found: re.Match[str], kept: str = "", rank: str = "", *, cross: bool = False
    ) -> bool:
        """Take an epithet; `kept` is the marker before it, `cross` says that × stands there."""
        word = self._latin(found["word"])
        if found["number"]:
            if int(found["number"]) not in _NUMERALS:
                return False
            word = _NUMERALS[int(found["number"])] + word
            self.notes.add("number in words")
        if not word.isascii():
            return False
        if self.infrageneric:
            self.words = self.words[: self.words.index(self.genus) + 1]
            self.infrageneric = False
        if word == "mihi" or word.endswith("bacterium"):  # without an author, something else
            self.notes.add("odd epithet")
        self.words += [part for part in (kept, "×" if cross else "", word) if part]
        self.unmarked = bool(self.epithets) and not kept
        self.rank = rank or ("" if self.epithets else "species")
        self.hybrid |= cross or kept.startswith("notho")
        self.epithets.append(word)
        self.authorship, self.at = NOBODY, found.end()
        return True

    def _latin(self, word: str) -> str:
        """Return a word in the letters of canonical names."""
        plain = latinised(word)
        if not word.isascii() and any(c.isdigit() for c in plain):
            return word  # "²" is a letter to Unicode, not to us
        if "'" in plain:
            self.notes.add("apostrophe")
        if "." in plain or not word.isascii():
            self.notes.add("letters")
        return plain.replace("'", "").replace(".", "")

    def _author(self) -> bool:
        """Read the authors of what was read last."""
        if self.authorship.text:
            return False
        author, end = read_at(self.text, self.at)
        if end == self.at or _OF_A_FAMILY.fullmatch(author.basionym):
            return False
        if self.code == "botanical" and self._is_form(end):
            author, end = read_at(self.text[: end - 2], self.at)
        self.authorship, self.at = author, end
        self.notes |= set(author.oddities)
        return True

    def _is_form(self, end: int) -> bool:
        """Tell whether "L.f. typica" means a form: a botanical epithet needs its marker."""
        found = _EPITHET.match(self.text, end + 1)
        return (
            self.text.endswith(".f.", 0, end)
            and self.text.startswith(" ", end)
            and found is not None
            and found["word"] not in RESERVED | PARTICLES
        )
