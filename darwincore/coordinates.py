"""Read latitudes and longitudes as somebody wrote them.

Decimal degrees, degrees and minutes, with seconds; one axis by itself (`angle`) or both in one text
(`coordinate_pair`). A hemisphere that the text does not give is never assumed. "O" is West in
Spanish, Portuguese and French and East in German: alone it is neither.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from .places import number

MISSING, UNCLEAR, INVALID = (
    "COORDINATE_HEMISPHERE_MISSING",
    "COORDINATE_HEMISPHERE_AMBIGUOUS",
    "COORDINATE_INVALID",
)


class Angle(NamedTuple):
    """Decimal degrees, whether the text said which hemisphere, and the step of its last digit.

    step: in degrees, 1/60 for whole minutes; 0 for decimal degrees, whose digits tell it.
    """

    degrees: Decimal
    signed: bool
    step: Decimal = Decimal(0)


class Pair(NamedTuple):
    """A latitude and a longitude that stand in one text, and the coarser of their steps."""

    latitude: Decimal
    longitude: Decimal
    step: Decimal = Decimal(0)


# From words to letters

_WORDS = {
    "n": "north northern norte nord nordlich nordliche nordl n.br nb с.ш сш 北纬 北緯",
    "s": "south southern sur sul sud sudlich sudliche sudl s.br sb zb ю.ш юш 南纬 南緯",
    "e": "east eastern este est leste ost ostlich ostliche ostl e.l o.l ol в.д вд 东经 東經 東経",
    "w": "west western oeste ouest ovest westlich westliche westl w.l wl з.д зд 西经 西經 西経",
    "": "latitude latitud latitudine lat longitude longitud longitudine long lon lng breite lange"
    " br gps coordinates coords coord de of der y and und et",
}
_LETTER = {word: letter for letter, words in _WORDS.items() for word in words.split()}
_LONGEST_FIRST = sorted(_LETTER, key=len, reverse=True)
_WORD = re.compile(
    r"(?<![^\W\d_])(?:{})(?![^\W\d_])\.?|{}".format(
        "|".join(word.replace(".", r"\.\s*") for word in _LONGEST_FIRST if word[0] < "一"),
        "|".join(word for word in _LONGEST_FIRST if word[0] >= "一"),
    )
)
_MARKS = str.maketrans(
    {
        **dict.fromkeys("−–‒‐—", "-"),
        **dict.fromkeys("º˚∘*⁰", "°"),
        **dict.fromkeys("’′´`‘ʹ", "'"),
        **dict.fromkeys("”″“¨", '"'),
        **dict.fromkeys("\u00a0\u202f\t_", " "),
        **dict(zip("àáâäèéêëìíîïòóôöùúûüç", "aaaaeeeeiiiioooouuuuc", strict=True)),
        "度": "°", "分": "'", "秒": '"',
    }
)  # fmt: skip
_LETTERED = re.compile(r"(\d+)\s*d\s*(\d+)\s*m\s*(\d+(?:\.\d+)?)\s*s(?![^\W\d_])")
_LATIN = re.compile(r"\b(?:norte|sur|sul|latitud|longitud)\b")


def _plain(text: str) -> str:
    """Return the text with one sign for each mark and one letter for each hemisphere."""
    text = text.lower().translate(_MARKS)
    iberian = _LATIN.search(text)
    text = _LETTERED.sub(r"\1°\2'\3" + '"', text)
    text = _WORD.sub(lambda found: f" {_LETTER[''.join(found[0].split()).rstrip('.')]} ", text)
    if iberian:
        text = re.sub(r"(?<![a-z])o(?![a-z])", "w", text)
    text = re.sub(r"(?<=\d),(?=\d)", ".", text) if "." not in text else text
    text = re.sub(r"'\s*'", '"', text)
    return " ".join(text.split()).strip(" :=.;,")


# One axis

_BEFORE, _AFTER = r"(?:(?P<before>[nsewo])\.?)?", r"(?:(?P<after>[nsewo])\.?)?"
_DEGREES = r"(?P<d>\d{1,3}(?:\.\d+)?)(?![\d.])"
_MINUTES, _SECONDS = r"(?P<m>\d{1,2}(?:\.\d+)?)(?![\d.])", r"(?P<s>\d{1,2}(?:\.\d+)?)(?![\d.])"
_ANGLE = re.compile(
    rf"{_BEFORE}[\s:=]*(?P<sign>[+-])?\s*{_DEGREES}\s*"
    rf"(?:°|o(?=\s*\d)|deg(?:rees)?\.?|grados|graus|d)?\s*"
    rf"(?:[:-]?\s*{_MINUTES}\s*(?:'|min(?:utes|utos)?\.?|m)?\s*"
    rf"(?:[:-]?\s*{_SECONDS}\s*(?:\"|sec(?:onds)?\.?|seg(?:undos)?\.?)?\s*)?)?{_AFTER}"
)
_DOTTED = re.compile(r"(\d{1,3})\.(\d{1,2})\.(\d{1,2}(?:\.\d+)?)(?![\d.])")


def angle(text: str, latitude: bool) -> Angle | None:
    """Read a latitude or longitude in decimal degrees, degrees and minutes, or with seconds.

    None where it is not one, belongs to the other axis, or its letter may mean East or West.
    Minutes give four decimals, seconds five, and each digit after their point one more.
    """
    read = axis(text, latitude)
    return None if isinstance(read, str) else read


def axis(text: str, latitude: bool) -> Angle | str:
    """Read as `angle`, with the issue's code where it can't be read."""
    if len(text) > 80:
        return INVALID
    plain = number(text)
    if plain is not None:
        return Angle(plain, text.lstrip()[:1] in "+-−–")
    found = _written(_plain(text))
    if found is None or found[1] not in ("", *("ns" if latitude else "ewo")):
        return INVALID
    return UNCLEAR if found[1] == "o" else found[0]


def _written(plain: str) -> tuple[Angle, str] | None:
    """Read an angle with the letter of its hemisphere, blank where it has none."""
    found = _ANGLE.fullmatch(_DOTTED.sub(r"\1 \2 \3", plain))
    if not found:
        return None
    letter = found["before"] or found["after"] or ""
    if (found["before"] and found["after"]) or (letter and found["sign"]):
        return None
    read = _sexagesimal(found["d"], found["m"], found["s"])
    if read is None:
        return None
    degrees, step = read
    down = found["sign"] == "-" or letter in ("s", "w")
    signed = bool(found["sign"]) or letter not in ("", "o")
    return Angle(-degrees if down else degrees, signed, step), letter


def _sexagesimal(
    degrees: str, minutes: str | None, seconds: str | None
) -> tuple[Decimal, Decimal] | None:
    if minutes is None:
        return Decimal(degrees), Decimal(0)
    if "." in degrees or (seconds is not None and "." in minutes):
        return None
    whole, parts, rest = Decimal(degrees), Decimal(minutes), Decimal(seconds or 0)
    if parts >= 60 or rest >= 60:
        return None
    finest, places, unit = (minutes, 4, 60) if seconds is None else (seconds, 5, 3600)
    decimals = len(finest.partition(".")[2])
    step = round(Decimal(1) / unit / 10**decimals, places + decimals)
    return round(whole + parts / 60 + rest / 3600, min(places + decimals, 8)), step


# Both axes


def coordinate_pair(text: str) -> Pair | str:
    """Read both coordinates from one text, latitude first unless letters say otherwise.

    Else return what is wrong: COORDINATE_HEMISPHERE_MISSING for numbers that lack it,
    COORDINATE_HEMISPHERE_AMBIGUOUS for an O that is East or West, or COORDINATE_INVALID.
    """
    if len(text) > 160 or _is_area(text):
        return INVALID
    code = INVALID
    for left, right in _halves(text.strip().removeprefix("geo:").strip("()[]{}")):
        first, second = _half(left), _half(right)
        if first is None or second is None:
            continue
        found = _paired(first, second)
        if isinstance(found, Pair):
            return found
        code = found if code == INVALID else code
    return code


_SPANS = re.compile(r"(\d{1,2})-(\d{1,2}) ?[ns][ ,;/]*(\d{1,3})-(\d{1,3}) ?[ewo]")
_WIDEST = 5  # degrees


def _is_area(text: str) -> bool:
    """Tell whether both axes may be spans, from here to there: 10-12N 20-25W is no 10°12'N.

    Minutes a little above their degrees on both axes are rarer than that, and no point is better
    than one that is made up.
    """
    found = _SPANS.fullmatch(_plain(text))
    if not found:
        return False
    south, north, one, other = map(int, found.groups())
    return 0 < north - south <= _WIDEST and 0 < other - one <= _WIDEST


def _half(text: str) -> tuple[Angle, str] | None:
    plain = number(text)
    if plain is not None:
        return Angle(plain, text.lstrip()[:1] in "+-−–"), ""
    return _written(_plain(text))


def _paired(first: tuple[Angle, str], second: tuple[Angle, str]) -> Pair | str:
    (one, letter), (other, other_letter) = first, second
    if letter and letter in "ewo" and other_letter and other_letter in "ns":
        return _paired(second, first)
    if (letter and letter not in "ns") or (other_letter and other_letter not in "ewo"):
        return INVALID
    if not one.degrees and not other.degrees and not letter:
        return INVALID  # 0, 0 is how many databases write nothing
    if other_letter == "o":
        return UNCLEAR
    # In 34.43, -119.70 one sign shows that both numbers follow the rule of signs.
    plain = not (one.step or other.step or letter or other_letter)
    if (one.signed and other.signed) or (plain and (one.signed or other.signed)):
        return Pair(one.degrees, other.degrees, max(one.step, other.step))
    return MISSING


_BEHIND = re.compile(r"(.*?\d.*?(?:[NSEWOnsewo]|ш|д))\.?[\s,;:/x-]*((?:[-+]?\d|\().*)")
_FRONT = re.compile(r"([NSEWnsew]\W*\d.*?)[\s,;/]*([NSEWOnsewo]\W*\d.*)")
_ISO6709 = re.compile(r"([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)/?")
_LABELLED = re.compile(r"(lat\D*\d.*?)[\s,;/]*(lon\D*\d.*|lng\D*\d.*)", re.IGNORECASE)


def _halves(text: str) -> list[tuple[str, str]]:
    """Return the ways to cut a text in two: at its separator, or behind the first hemisphere."""
    cuts = []
    for separator in (";", "/", "|", " x ", ", ", ",", "\t"):
        parts = text.split(separator)
        if len(parts) == 2:
            cuts.append((parts[0], parts[1]))
    short = " ".join(_plain(text).split())
    for pattern, source in ((_ISO6709, text), (_LABELLED, text), (_BEHIND, short), (_FRONT, short)):
        if found := pattern.fullmatch(source):
            cuts.append((found[1], found[2]))
    if len(parts := text.split()) == 2:
        cuts.append((parts[0], parts[1]))
    return cuts
