"""Read a date as somebody wrote it, without ever inventing precision.

`parse_date("14.vii.1932")` is a day, `parse_date("July 1932")` a month, `parse_date("2008-00-20")`
the year 2008, `parse_date("12-14 May 1932")` an interval. What could be two days keeps the part
that is certain; a year of two digits is not a year. Source: ISO 8601-1 and 8601-2 (intervals), and
the notations on labels in a dozen languages. A decade or a century is the interval that it is.
"""

import re
import unicodedata
from calendar import isleap, monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

Precision = Literal["year", "month", "day", "interval"]


class Point(NamedTuple):
    """A day, a month or a year; an unknown part is 0."""

    year: int
    month: int = 0
    day: int = 0

    @property
    def first(self) -> date:
        """The first possible day."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The last possible day."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __str__(self) -> str:
        month = f"-{self.month:02}" if self.month else ""
        return f"{self.year:04}{month}" + (f"-{self.day:02}" if self.day else "")


class Period(NamedTuple):
    """What a date text says: from one point to another, mostly the same one."""

    begin: Point
    finish: Point

    @property
    def start(self) -> date:
        """The first possible day."""
        return self.begin.first

    @property
    def end(self) -> date:
        """The last possible day."""
        return self.finish.last

    @property
    def precision(self) -> Precision:
        """How exact it is."""
        if self.begin != self.finish:
            return "interval"
        return "day" if self.begin.day else "month" if self.begin.month else "year"

    @property
    def single(self) -> Point:
        """The parts on which both ends agree: 2008-05 for 2008-05-03/2008-05-12."""
        begin, finish = self
        if begin.year != finish.year:
            return Point(0)
        if begin.month != finish.month or not begin.month:
            return Point(begin.year)
        return Point(begin.year, begin.month, begin.day if begin.day == finish.day else 0)

    def __str__(self) -> str:
        return f"{self.begin}" if self.begin == self.finish else f"{self.begin}/{self.finish}"


class DateRead(NamedTuple):
    """A period, or None where there is none; `code` says what is wrong, blank where nothing is.

    Codes: INVALID, DATE_AMBIGUOUS (with the certain part), DATE_TWO_DIGIT_YEAR,
    DATE_RANGE_REVERSED.
    """

    period: Period | None
    code: str = ""


_INVALID = DateRead(None, "INVALID")
_REVERSED = DateRead(None, "DATE_RANGE_REVERSED")
_TWO_DIGITS = DateRead(None, "DATE_TWO_DIGIT_YEAR")
_NOTHING = DateRead(None)


def parse_date(text: str) -> DateRead:
    """Read one date or interval. Never raises."""
    return _parsed(text.strip()) if len(text) <= 80 else _INVALID


@lru_cache(maxsize=4096)
def _parsed(text: str) -> DateRead:
    return _read_iso(text) or _read_span(text) or _read_notation(text)


def between(begin: Point, finish: Point) -> DateRead:
    """Return the period from one point to another; refuse one that ends before it starts."""
    if begin.first > finish.last:
        return _REVERSED
    return DateRead(Period(begin, finish))


def point(year: int, month: int = 0, day: int = 0) -> Point | None:
    """Return a date from its parts, 0 for unknown; None where it is not in the calendar.

    A day of an unknown month is dropped: it says nothing.
    """
    if not 1000 <= year <= 9999 or not 0 <= month <= 12 or not 0 <= day <= 31:
        return None
    if not month:
        return Point(year)
    return Point(year, month, day) if day <= 28 or day <= monthrange(year, month)[1] else None


def day_of_year(year: int, number: int) -> Point | None:
    """Return the n-th day of a year, from 1; None where the year has no such day."""
    if not 1000 <= year <= 9999 or not 1 <= number <= 365 + isleap(year):
        return None
    found = date(year, 1, 1) + timedelta(days=number - 1)
    return Point(year, found.month, found.day)


def time_of(text: str) -> str:
    """Return the time that an ISO date carries, such as 02:00Z; blank where none or midnight."""
    found = _DAY_AND_TIME.fullmatch(text.strip()) if len(text) <= 80 else None
    clock = re.split("[Z+-]", found[1])[0] if found else ""
    return found[1] if found and clock.strip("0:. ") else ""


def month_number(text: str) -> int | None:
    """Return 1 to 12 for a month as a number, a Roman numeral or a name; None for anything else."""
    text = _fold(text).strip(" .")
    found = int(text) if re.fullmatch(r"\d{1,2}", text, re.ASCII) else _MONTHS.get(text, 0)
    return found if 1 <= found <= 12 else None


# ISO 8601

_ZONE = r"\s*(?:Z|[+-]\d{2}:?\d{0,2})?"
_CLOCK = rf"\d{{1,2}}(?::\d{{2}}){{1,2}}(?:[.,]\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?{_ZONE}"
_TIME = rf"(?:[T ]\s*{_CLOCK}|T\d{{4}}(?:\d\d)?{_ZONE})"
_ISO = re.compile(rf"(\d{{4}})(?:([-/.])(\d{{1,2}})(?:\2(\d{{1,2}}))?)?{_TIME}?Z?")
_DAY_AND_TIME = re.compile(rf"\d{{4}}-\d\d?-\d\d?[T ]\s*({_CLOCK}|\d{{4}}(?:\d\d)?{_ZONE})")
_ISO_END = re.compile(rf"(?:(\d{{1,2}})-)?(\d{{1,2}}){_TIME}?")
_COMPACT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}}){_TIME}?")
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_TRAILING_TIME = re.compile(rf"(?<=\d){_TIME}$")


def _read_iso(text: str) -> DateRead | None:
    """Read ISO 8601; None where the text is written otherwise."""
    left, slash, right = map(str.strip, text.partition("/"))
    if slash and _ISO.fullmatch(left) and ("-" in left or _ISO.fullmatch(right)):
        return _read_iso_interval(left, right)
    if found := _ISO.fullmatch(text):
        year, separator, month, day = found.groups()
        if not any(map(int, filter(None, (year, month, day)))):
            return _NOTHING
        if month and not day and int(month) > 12:
            return _year_range(int(year), int(month)) if separator in "-/" else _INVALID
        return _one(point(int(year), int(month or 0), int(day or 0)))
    if found := _COMPACT.fullmatch(text):
        read = point(*map(int, found.groups()))
        return _one(read) if read or len(text) > 8 else _compact_backwards(text)
    if found := _ORDINAL.fullmatch(text):
        return _one(day_of_year(int(found[1]), int(found[2])))
    return None


def _compact_backwards(text: str) -> DateRead:
    """Read 28021998, whose year stands last."""
    first, second, year = int(text[:2]), int(text[2:4]), int(text[4:])
    if year < 1500 or not first or not second:
        return _INVALID
    return _numeric([(first, second)], (year, year))


def _read_iso_interval(left: str, right: str) -> DateRead | None:
    begin = _iso_point(left)
    finish = _iso_point(right)
    if begin and not finish and (short := _ISO_END.fullmatch(right)):
        month, last = int(short[1] or 0), int(short[2])
        if begin.day:
            finish = point(begin.year, month or begin.month, last)
        elif begin.month and not month:
            finish = point(begin.year, last)
    return between(begin, finish) if begin and finish else _INVALID


def _iso_point(text: str) -> Point | None:
    found = _ISO.fullmatch(text)
    return point(int(found[1]), int(found[3] or 0), int(found[4] or 0)) if found else None


def _year_range(year: int, ending: int) -> DateRead:
    """Read 1925-26."""
    last = year // 100 * 100 + ending
    return between(Point(year), Point(last)) if year >= 1000 and last > year else _INVALID


def _one(found: Point | None) -> DateRead:
    return DateRead(Period(found, found)) if found else _INVALID


# Decades and centuries

_DECADE = re.compile(
    r"(?:(?:the|early|mid|late)[\s-]+)*(\d{3})(?:0\s*['’]?s|0er(?:\s+jahre)?|[-–?xu_])\.?",
    re.IGNORECASE,
)
_CENTURY = re.compile(
    r"(?:(?:the|early|mid|late)[\s-]+)*(?:(\d{1,2})(?:\s*(?:st|nd|rd|th|eme|ème|e|\.))?|([xvi]+)(?:e|ème)?)"
    r"\s*(?:century|cent\.?|c\.|siècle|siecle|jahrhundert|jh\.?|secolo)"
    r"|(?:siglo|s\.|século|seculo|secolo)\s*([xvi]+|\d{1,2})",
    re.IGNORECASE,
)
_ROMAN_CENTURIES = "xi xii xiii xiv xv xvi xvii xviii xix xx xxi".split()


def _read_span(text: str) -> DateRead | None:
    """Read 1930s, 193-, 19-- and 19th century, which are nothing more exact than intervals."""
    if found := _DECADE.fullmatch(text):
        first = int(found[1]) * 10
        # The 1800s may be ten years or a hundred.
        return between(Point(first), Point(first + (9 if first % 100 else 99))) if first else None
    if found := re.fullmatch(r"(\d\d)(?:--|––|\?\?|[xX]{2}|uu|__)", text):
        first = int(found[1]) * 100
        return between(Point(first), Point(first + 99)) if first >= 1000 else _INVALID
    if found := _CENTURY.fullmatch(text):
        written = (found[1] or found[2] or found[3]).lower()
        known = written in _ROMAN_CENTURIES
        number = _ROMAN_CENTURIES.index(written) + 11 if known else 0
        number = int(written) if written.isdecimal() and written.isascii() else number
        if 11 <= number <= 21:
            return between(Point(number * 100 - 99), Point(number * 100))
        return _INVALID
    return None


# Other notations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABSENT = _words(
    """
    na nd sd unk none null nodate unknown undated nodata notrecorded dateunknown unknowndate
    unspecified notavailable withoutdate sinfecha semdata sansdate ohnedatum desconocida
    desconocido desconhecida unbekannt inconnue
    """
)


def _fold(text: str) -> str:
    """Lower the case and drop accents; Ê is the blank of old Macintosh files."""
    text = unicodedata.normalize("NFKD", text.replace("Ê", " ").casefold())
    return "".join(letter for letter in text if not unicodedata.combining(letter))


# A name that is one month here and another there, such as listopad, is none.
_MONTH_NAMES = (
    "i january jan januari janeiro enero ene janvier janv januar janner gennaio gen gener januarii"
    " januarius ianuarie stycznia styczen leden ledna tammikuu tammikuuta ocak января январь янв",
    "ii february feb febrero februari fevereiro fev fevrier fevr februar febbraio febrer februarii"
    " februarius februarie lutego luty unor unora helmikuu helmikuuta subat февраля февраль фев",
    "iii march mar marzo marco mars marz maerz mrz maart mrt marc martii martius martie marca"
    " marzec brezen brezna marcius maaliskuu maaliskuuta mart марта март",
    "iv april apr abril abr avril avr aprile aprilis aprilie kwietnia kwiecien duben dubna"
    " huhtikuu huhtikuuta nisan апреля апрель апр",
    "v may mayo maio mai maggio mag mei maig maii maius maj maja kveten kvetna majus toukokuu"
    " toukokuuta mayıs мая май",
    "vi june jun junio junho juin juni giugno giu juny junii junius iunie czerwca czerwiec cerven"
    " cervna kesakuu kesakuuta haziran июня июнь",
    "vii july jul julio julho juillet juil juli luglio lug juliol julii julius iulie lipca lipiec"
    " cervenec cervence heinakuu heinakuuta temmuz июля июль",
    "viii august aug agosto ago aout augustus augusti agost sierpnia sierpien srpen srpna"
    " augusztus elokuu elokuuta agustos августа август авг",
    "ix september sep sept septiembre setiembre setembro septembre settembre set setembre"
    " septembris septembrie wrzesnia wrzesien zari szeptember syyskuu syyskuuta eylul сентября"
    " сентябрь сент",
    "x october oct octubre outubro out octobre oktober okt ottobre ott octubris octobris octombrie"
    " pazdziernika pazdziernik rijen rijna lokakuu lokakuuta ekim октября октябрь окт",
    "xi november nov noviembre novembro novembre novembris noiembrie listopadu marraskuu"
    " marraskuuta kasım ноября ноябрь ноя",
    "xii december dec diciembre dic dezembro dezember dez decembre dicembre desembre decembris"
    " decembrie desember grudnia grudzien prosinec prosince joulukuu joulukuuta aralık декабря"
    " декабрь дек",
)
_MONTHS = {
    _fold(name): number
    for number, names in enumerate(_MONTH_NAMES, start=1)
    for name in names.split()
}
_SEASONS = _words(
    """
    spring summer autumn fall winter primavera verano otono invierno printemps ete automne hiver
    fruhling sommer herbst verao outono inverno estate autunno
    """
)
_SILENT = _words(
    """
    of the de del la le el do di den from von desde dated between entre zwischen г года 年 月 日
    monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat
    sunday sun lunes martes miercoles jueves viernes sabado domingo lundi mardi mercredi jeudi
    vendredi samedi dimanche montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    """
)
# Early May is a part of May: the month is certain.
_PARTS_OF = _words(
    """
    early mid middle late beginning end anfang mitte ende fruh spat principios mediados fines
    finales inicios comienzos inicio meados final fim debut fin milieu inizio meta fine
    """
)
_UNTIL = _words("to through thru until till bis hasta ate")
_SINCE = _words("from desde von between entre zwischen")
_RANGE = _words("or oder ou and al a y e und et au &") | _UNTIL
_ORDINALS = _words("st nd rd th d er o a e")
_BLANKS = ".,;:'’()[]\\_ \t\n"
_TOKEN = re.compile(r"\d+\?*|[年月日]|[^\W\d_]+|\?+|[-–—/&]|[.,;:'’()\[\]\\_\s]+|.", re.DOTALL)
_DASHES = set("-–—")


# ../1999 and 1999- have one end; of a day that nobody wrote nothing is known.
_ONE_END = re.compile(r"(?:\.\.|/(?!.*/)).*|.*[/\s]\.\.|[^/]+/|.*[\w.]\s*[-–—]", re.DOTALL)


def _read_notation(text: str) -> DateRead:
    if any(map(str.isdigit, text)) and (_ONE_END.fullmatch(text) or _has_one_end(text)):
        return _INVALID
    shape, numbers = _tokens(_TRAILING_TIME.sub("", text))
    folded = re.sub(r"[\W\d_]+", "", _fold(text))
    if folded in _ABSENT or (not folded and set(shape) <= {"0", "-"}):
        return _NOTHING
    for pattern, read in _PATTERNS:
        if pattern.fullmatch(shape):
            return read(numbers)
    return _INVALID


def _has_one_end(text: str) -> bool:
    """Tell whether words open a range that has no other end: until 1999, from May 1999."""
    words = [word for word in _TOKEN.findall(_fold(text)) if word.strip(_BLANKS)]
    if words[0] in _UNTIL or words[-1] in _UNTIL:
        return True
    return words[0] in _SINCE and not any(word in _RANGE | _DASHES | {"/"} for word in words)


def _tokens(text: str) -> tuple[str, list[int]]:
    """Return the shape of a text and the numbers in it.

    A letter of the shape stands for: Y a year, D one or two digits, M a month, 0 an unknown part
    (zeros, question marks, XX), S a season, q a part of a month or year, - a range or separator,
    x anything else. What is silent has no letter. Numbers go with Y, D, M and 0.
    """
    shape: list[str] = []
    numbers: list[int] = []
    words = [token for token in _TOKEN.findall(_fold(text)) if token.strip(_BLANKS)]
    textual = any(word in _MONTHS for word in words)
    for position, word in enumerate(words):
        kind, number = _token(word, textual)
        if kind == "x" and position and words[position - 1].isdigit() and word in _ORDINALS:
            continue
        if kind == "-" and (not shape or shape[-1] == "-"):
            continue
        shape.append(kind)
        if kind in ("Y", "D", "M", "0"):
            numbers.append(number)
    return "".join(shape).rstrip("-"), numbers


def _token(word: str, textual: bool) -> tuple[str, int]:
    if word.isdecimal() and word.isascii():
        value = int(word)
        if value == 0 or len(word) > 4:
            return ("0", 0) if value == 0 else ("x", 0)
        if len(word) == 4 and value >= 1000:
            return "Y", value
        return ("D", value) if len(word) <= 2 else ("x", 0)
    if word in _MONTHS:
        return "M", _MONTHS[word]
    if word.startswith("?") or word in ("xx", "uu", "xxxx"):
        return "0", 0
    if word in _PARTS_OF:
        return "q", 0
    if word in _DASHES or word in _RANGE:
        return "-", 0
    if word == "/":
        return ("-" if textual else ""), 0
    if word in _SEASONS:
        return "S", 0
    return ("" if word in _SILENT else "x"), 0


def _numeric(pairs: Iterable[tuple[int, int]], years: tuple[int, int]) -> DateRead:
    """Read pairs of numbers that are day and month in an order that they must give away."""
    pairs = list(pairs)
    day_first = any(first > 12 for first, _ in pairs)
    month_first = any(second > 12 for _, second in pairs)
    if day_first and month_first:
        return _INVALID
    certain = all(first == second for first, second in pairs)
    if not (day_first or month_first or certain):
        return between(Point(years[0]), Point(years[1]))._replace(code="DATE_AMBIGUOUS")
    if month_first:
        pairs = [(second, first) for first, second in pairs]
    points = [point(year, month, day) for year, (day, month) in zip(years, pairs, strict=False)]
    begin, finish = points[0], points[-1]
    return between(begin, finish) if begin and finish else _INVALID


def _range(begin: tuple[int, ...], finish: tuple[int, ...]) -> DateRead:
    first, last = point(*begin), point(*finish)
    return between(first, last) if first and last else _INVALID


def _half_known(numbers: list[int]) -> DateRead:
    """Read 00/07/1977: the month, or the day of an unknown month."""
    known = max(numbers[:2])
    year = DateRead(Period(Point(numbers[2]), Point(numbers[2])))
    if known > 31:
        return _INVALID
    return year if known > 12 or not known else year._replace(code="DATE_AMBIGUOUS")


def _without_century(numbers: list[int]) -> DateRead:
    return _TWO_DIGITS


def _month_and_number(numbers: list[int]) -> DateRead:
    """Read "Feb. 80", whose number is a year without its century, unlike that of "August 18"."""
    return _TWO_DIGITS if max(numbers) > 31 else _INVALID


# A dash may stand between any two parts; where it must, for a range, it is written as !.
_PATTERNS = [
    (re.compile(shape.replace("", "-?").strip("-?").replace("-?!-?", "-")), read)
    for shape, read in (
        ("Y", lambda n: _one(point(n[0]))),
        ("DMY", lambda n: _one(point(n[2], n[1], n[0]))),
        ("MDY", lambda n: _one(point(n[2], n[0], n[1]))),
        ("YMD", lambda n: _one(point(*n))),
        ("YDM", lambda n: _one(point(n[0], n[2], n[1]))),
        ("qMY", lambda n: _one(point(n[1], n[0]))),
        ("qYM", lambda n: _one(point(*n))),
        ("qY", lambda n: _one(point(n[0]))),
        ("qSY", lambda n: _one(point(n[0]))),
        ("S!SY", lambda n: _one(point(n[0]))),
        ("SYD", lambda n: _year_range(n[0], n[1])),
        ("SY!Y", lambda n: _range((n[0],), (n[1],))),
        ("S!SY!Y", lambda n: _range((n[0],), (n[1],))),
        ("SY", lambda n: _one(point(n[0]))),
        ("MY", lambda n: _one(point(n[1], n[0]))),
        ("YM", lambda n: _one(point(*n))),
        ("0MY", lambda n: _one(point(n[2], n[1]))),
        ("M0Y", lambda n: _one(point(n[2], n[0]))),
        ("DY", lambda n: _one(point(n[1], n[0]))),
        ("00Y", lambda n: _one(point(n[2]))),
        ("0Y", lambda n: _one(point(n[1]))),
        ("Y0", lambda n: _one(point(n[0]))),
        ("Y00", lambda n: _one(point(n[0]))),
        ("YD0", lambda n: _one(point(n[0], n[1]))),
        ("Y0D", lambda n: _one(point(n[0]))),
        ("0DY", _half_known),
        ("D0Y", _half_known),
        ("DDY", lambda n: _numeric([(n[0], n[1])], (n[2], n[2]))),
        ("YDD", lambda n: _one(point(*n))),
        ("D!DMY", lambda n: _range((n[3], n[2], n[0]), (n[3], n[2], n[1]))),
        ("MD!DY", lambda n: _range((n[3], n[0], n[1]), (n[3], n[0], n[2]))),
        ("DM!DMY", lambda n: _range((n[4], n[1], n[0]), (n[4], n[3], n[2]))),
        ("YMD!D", lambda n: _range((n[0], n[1], n[2]), (n[0], n[1], n[3]))),
        ("YMD!MD", lambda n: _range((n[0], n[1], n[2]), (n[0], n[3], n[4]))),
        ("YM!M", lambda n: _range((n[0], n[1]), (n[0], n[2]))),
        ("YMD!YMD", lambda n: _range((n[0], n[1], n[2]), (n[3], n[4], n[5]))),
        ("MD!MDY", lambda n: _range((n[4], n[0], n[1]), (n[4], n[2], n[3]))),
        ("DMY!DMY", lambda n: _range((n[2], n[1], n[0]), (n[5], n[4], n[3]))),
        ("MDY!MDY", lambda n: _range((n[2], n[0], n[1]), (n[5], n[3], n[4]))),
        ("M!MY", lambda n: _range((n[2], n[0]), (n[2], n[1]))),
        ("MY!MY", lambda n: _range((n[1], n[0]), (n[3], n[2]))),
        ("Y!Y", lambda n: _range((n[0],), (n[1],))),
        ("DDY!DDY", lambda n: _numeric([(n[0], n[1]), (n[3], n[4])], (n[2], n[5]))),
        ("DD!DDY", lambda n: _numeric([(n[0], n[1]), (n[2], n[3])], (n[4], n[4]))),
        ("DMD", _without_century),
        ("MDD", _without_century),
        ("DDD", _without_century),
        ("D!DMD", _without_century),
        ("DM!DMD", _without_century),
        ("MMD", _without_century),
        ("MD!MD", _without_century),
        ("MD!MY", _month_and_number),
        ("DMD!DMD", _without_century),
        ("DMD!DMY", _without_century),
        ("DMD!DDD", _without_century),
        ("MD", _month_and_number),
        ("DM", _month_and_number),
    )
]
# Here the dash tells days of one month from parts of one date.
_PATTERNS[:0] = [
    (re.compile("D-DDY"), lambda n: _range((n[3], n[2], n[0]), (n[3], n[2], n[1]))),
    (re.compile("DD-DY"), lambda n: _range((n[3], n[0], n[1]), (n[3], n[0], n[2]))),
]
