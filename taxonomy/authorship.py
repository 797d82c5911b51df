"""Who published a name, as it is written behind the name. Pure: no Django.

`read` takes an authorship from a text as far as it goes; `same_author` compares two. The written
forms of botany and zoology are read alike: "(Basionym) Combining", "A ex B", "A in B", years.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from taxonomy.spelling import folded

# Capitals that a name or an author may begin with, in a form that `re` can take.
CAPITALS = "".join(
    chr(i) for i in (*range(0x41, 0x250), *range(0x400, 0x430), *range(0x1E00, 0x1F00))
    if chr(i).isupper()
)  # fmt: skip
LETTER = r"[^\W\d_]"
PARTICLES = frozenset(
    "van von vom v de del dela della delle dei dem den der des d di da dal dalla degli do dos das "
    "du e el la le las los lo zu zum zur ten ter te ver af av auf op bin ben ibn abu st "
    "'s 't in't".split()
)

_AHEAD = rf"(?=(?:[dl]')?[{CAPITALS}])"
# Every particle ends with something, so that "dedede" can be read in one way only.
_PARTICLE = rf"""(?:
    (?:{"|".join(sorted(PARTICLES - {"in't", "'s", "'t"}, key=len, reverse=True))}|(?:in\s?)?'[ts])
    (?:\.?\s+|\.|{_AHEAD})
){{1,4}}{_AHEAD}"""
_WORD = rf"""
    (?:[dlmDLMO]'\s?)?[{CAPITALS}](?:{LETTER}|[.'-]{{1,2}}(?={LETTER}))*\.?(?![\w-]*[\d_])
"""
_YEAR = r"""(?:1[5-9]\d\d|20\d\d|1[5-9]\d\?|1[5-9]\?\?)"""
_YEARS = rf"""{_YEAR}\??[a-z]?(?:\s?[/-]\s?\d{{1,4}}(?!\d))?"""
_NO_EPITHET = (
    r"(?:ex|et|in|and|al|apud|emend|non|nec|sensu|auct|nom|nomen|comb|stat|orth|ined|pro|hort|"
    r"subsp|ssp|var|forma)\b"
)
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<year>,?\s*(?:\(\s*{_YEARS}\s*\)|\[\s*{_YEARS}\s*\]|{_YEARS})(?!\w)(?::\s?\d+(?:-\d+)?)?
        (?:,?\s*(?:\({_YEARS}\)|\[{_YEARS}\]))?)
    |(?P<etal>,?\s*(?:&|et|and)\s+al(?:ii\b|ia\b|\.|\b))
    |(?P<and>(?:,\s*)?(?:&|\b(?:et|and|und|y)\b)|,)
    |(?P<word>(?:{_PARTICLE})?{_WORD})
    |(?P<link>\b(?:ms\.?\s)?(?:ex|in|apud|emend)\b\.?|:)
    |(?P<suffix>\b(?:filius|fil\b\.?|bis|ter|jr\b\.?|jun\b\.?|f\b(?!\.)|f\.(?!\s+(?!{_NO_EPITHET})
        [a-z]{{3,}})))
    |(?P<pseudo>anon\b\.?|hort\b\.?(?=\s+ex\b))
    )""",
    re.VERBOSE,
)
_OPEN = re.compile(r"\s*\(\s*(?:\(\s*)*")
_CLOSE = re.compile(r"\s*\)(?:\s*\))*")
_FOUR_DIGITS = re.compile(r"\d{4}")
# Words with a capital that tell that the author's name has ended.
_NO_AUTHOR = frozenset(
    "MS MSS Ms NULL Clade Group Nomen Nom. Sensu Auct. Auctt. BOLD Bold Not Non Ined. Hort. "
    "Hort".split()
)


_LINKS = frozenset(("ex", "in", "apud", "emend", "emend.", "ms in", "ms. in", ":"))


class Authorship(NamedTuple):
    """An authorship put in order: "(L.) Mill. ex Hook.f., 1835".

    basionym: what stood in brackets; combination: what stood behind them; year: four digits, of
    the combination if it has one; oddities: codes as in `parsing.NOTES`.
    """

    text: str = ""
    basionym: str = ""
    combination: str = ""
    year: str = ""
    oddities: tuple[str, ...] = ()


NOBODY = Authorship()


class _Team(NamedTuple):
    """Authors in one bracket or outside of it; end: where they end, or where they would begin."""

    end: int
    text: str = ""
    year: str = ""
    oddities: tuple[str, ...] = ()


@lru_cache(maxsize=65536)
def read(text: str) -> tuple[Authorship, int]:
    """Return the authorship that `text` begins with, and where it ends; NOBODY ends at 0."""
    return read_at(text, 0)


def read_at(text: str, start: int) -> tuple[Authorship, int]:
    """Return the authorship that begins at `start`, and where it ends; NOBODY ends where it began.

    The time is linear in what is read.
    """
    opened = _OPEN.match(text, start)
    if not opened:
        team = _team(text, start)
        closed = _CLOSE.match(text, team.end) if team.text else None
        if not closed:
            return _put_together(None, team), team.end
        combination = _team(text, closed.end())
        return _put_together(team, combination, "brackets"), max(closed.end(), combination.end)
    basionym = _team(text, opened.end())
    if not basionym.text:
        return NOBODY, start
    closed = _CLOSE.match(text, basionym.end)
    if not closed and not basionym.year and text[basionym.end :].strip():
        return NOBODY, start
    end = closed.end() if closed else basionym.end
    late = _TOKEN.match(text, end)
    if late and late.lastgroup == "year" and not basionym.year:  # "(Chatanay), 1914"
        year, _odd = _year(late["year"])
        basionym = basionym._replace(text=f"{basionym.text}, {year}", year=year)
        return _put_together(basionym, None, "year"), late.end()
    doubled = opened[0].count("(") > 1 or (closed is not None and closed[0].count(")") > 1)
    odd = () if closed and not doubled else ("brackets",)
    combination = _team(text, end)
    if combination.text and (closed := _CLOSE.match(text, combination.end)):
        return _put_together(basionym, combination, "brackets"), closed.end()
    return _put_together(basionym, combination, *odd), max(end, combination.end)


def _put_together(basionym: _Team | None, combination: _Team | None, *odd: str) -> Authorship:
    teams = [team for team in (basionym, combination) if team]
    inside, behind = basionym.text if basionym else "", combination.text if combination else ""
    return Authorship(
        text=f"({inside}) {behind}".strip() if inside else behind,
        basionym=inside,
        combination=behind,
        year=next((team.year for team in reversed(teams) if team.year.isdigit()), ""),
        oddities=(*odd, *(code for team in teams for code in team.oddities)),
    )


def _team(text: str, start: int) -> _Team:
    """Read authors from `start` up to what can't belong to them."""
    team, joint, position, dated = _Team(start), "", start, False
    while found := _TOKEN.match(text, position):
        kind, token, position = str(found.lastgroup), found[found.lastgroup or 0], found.end()
        if kind in ("word", "pseudo") and not dated:
            if token in _NO_AUTHOR and not text.startswith(" ex ", position):
                break
            word, odd = _word(token)
            between = joint or (" " if team.text else "")
            team = team._replace(
                end=position, text=team.text + between + word, oddities=team.oddities + odd
            )
            joint = ""
        elif kind == "link" and (team.text or text[start - 1 : start] == "("):
            joint = _joint(kind, token) if team.text else "ex " if "ex" in token else ""
            dated = False
        elif not team.text or joint.strip() in _LINKS or (joint and kind not in ("and", "year")):
            break
        elif kind == "and" and not dated:
            joint = _joint(kind, token)
        elif dated:
            break
        elif kind == "year":
            year, odd = _year(token)
            team = _Team(position, f"{team.text}, {year}", team.year or year, team.oddities + odd)
            joint, dated = "", True
        elif kind == "etal":
            team = team._replace(end=position, text=f"{team.text} et al.")
        elif kind == "suffix":
            team = team._replace(end=position, text=team.text + _suffix(token, team.text))
        else:
            break
    return team


def _word(token: str) -> tuple[str, tuple[str, ...]]:
    """Return an author's word with one space between its parts, and not in capitals throughout."""
    word = " ".join(token.split())
    if word.isupper() and "." not in word[:-1] and len(word) > 3:
        return word.title(), ("capitals in the author",)
    return word, ()


def _year(token: str) -> tuple[str, tuple[str, ...]]:
    """Return the year in "[185?]", "1858/59" or "1998: 29", and whether there was more to it."""
    bare = token.strip(", ")
    first = bare.strip("()[] ")[:4]
    return first, () if bare == first else ("year",)


def _suffix(token: str, before: str) -> str:
    """Return "f." as IPNI sets it: without a space after an abbreviated name."""
    if token.startswith("f"):
        return "f." if before.endswith(".") else " f."
    return f" {token}"


def _joint(kind: str, written: str) -> str:
    if kind == "and":
        return ", " if written == "," else " & "
    return f" {written} " if written.startswith("emend") else f" {written.rstrip('.')} "


# --- comparing --------------------------------------------------------------------------------

_NAMES = re.compile(r"[a-z]{2,}\.?|[a-z]\.?")
_BETWEEN = re.compile(r",|&")
# Standard abbreviations that don't share their letters' order with the name they stand for.
_SHORT_FOR = {"l.": "linnaeus", "linn.": "linnaeus", "linne": "linnaeus", "l": "linnaeus",
              "linnee": "linnaeus", "dc.": "candolle", "dc": "candolle"}  # fmt: skip


def same_author(one: str, other: str) -> bool | None:
    """Tell whether two authorships may mean the same act; None if one is blank or unreadable.

    The same: "L." and "Linnaeus, 1758", "Hook. f." and "Hook.f.", "Nutt. ex Torr." and either of
    its two, "A in B" and "A", one with the combining author alone, one that lacks the brackets.
    Years may differ by one: printed and issued. "L." and "L.f." are two people.
    """
    a, b = _read_all(one), _read_all(other)
    if a is None or b is None:
        return None
    if a.year and b.year and abs(int(a.year) - int(b.year)) > 1:
        return False
    if a.text == b.text:
        return True
    if a.combination and b.combination:
        unlike = a.basionym and b.basionym and not _same_team(a.basionym, b.basionym)
        return not unlike and _same_team(a.combination, b.combination)
    if not a.combination and not b.combination:
        return _same_team(a.basionym, b.basionym)
    combined, single = (a, b) if a.combination else (b, a)
    return not combined.basionym and _same_team(combined.combination, single.basionym)


def _read_all(text: str) -> Authorship | None:
    found, _end = read(" ".join(text.split()))
    return found if found.text else None


@lru_cache(maxsize=65536)
def _same_team(one: str, other: str) -> bool:
    return any(_same_people(a, b) for a in _readings(one) for b in _readings(other))


def _readings(team: str) -> list[tuple[str, ...]]:
    """Return whom a team may mean: "A ex B in C, 1900" is "A", "B" or "A ex B"."""
    bare = folded(_FOUR_DIGITS.sub("", team)).split(" in ")[0].split(" apud ")[0]
    bare = bare.split(" emend. ")[0].replace(" : ", " ex ")
    parts = bare.split(" ex ")
    return [tuple(filter(None, map(str.strip, _BETWEEN.split(part)))) for part in {bare, *parts}]


def _same_people(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if any("et al" in person for person in (*ones, *others)):
        ones = tuple(person.replace("et al.", "").strip() for person in ones[:1])
        others = tuple(person.replace("et al.", "").strip() for person in others[:1])
    return len(ones) == len(others) > 0 and all(map(_same_person, ones, others))


def _same_person(one: str, other: str) -> bool:
    (initials, surname, son), (others, other_surname, other_son) = _person(one), _person(other)
    if son != other_son or not _same_surname(surname, other_surname):
        return False
    return all(mine == yours for mine, yours in zip(initials, others, strict=False))


def _person(text: str) -> tuple[str, str, bool]:
    """Return initials, surname and whether it is the son: "hook. f." → ("", "hook.", True)."""
    words = _NAMES.findall(text.replace("'", "").replace("-", ""))
    son = len(words) > 1 and words[-1] in ("f.", "f", "fil.")
    words = [word for word in words[: len(words) - son] if word not in PARTICLES]
    initials = "".join(word[0] for word in words[:-1] if len(word.rstrip(".")) == 1)
    return initials, "".join(w for w in words if len(w.rstrip(".")) > 1) or "".join(words), son


def _same_surname(one: str, other: str) -> bool:
    one, other = _SHORT_FOR.get(one, one), _SHORT_FOR.get(other, other)
    if one.rstrip(".") == other.rstrip("."):
        return True
    for short, whole in ((one, other), (other, one)):
        letters = short.replace(".", "")
        if "." in short and len(letters) > 1 and _abbreviates(letters, whole.replace(".", "")):
            return True
    return one.replace("ue", "u").replace("oe", "o") == other.replace("ue", "u").replace("oe", "o")


def _abbreviates(letters: str, whole: str) -> bool:
    """Tell whether `letters` stand in `whole` in this order, the first one first."""
    rest = iter(whole)
    return whole[:1] == letters[:1] and all(letter in rest for letter in letters)
