"""What the cells of a column say together: the order of day and month, the decimal comma, damage.

    columns = Columns(headers)
    for row in rows: columns.see(row.cells)
    evidence = columns.evidence()
    hints(evidence, {3: "eventDate"}, decided={"day_first": {"3": False}})

A column is told by its index. Nothing is decided silently: evidence carries its counts, `describe`
says it in words, and a person's decision goes before it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

from .hints import Hints, serial_day
from .mojibake import mended
from .terms import BY_NAME

ROWS_LOOKED_AT = 10_000
_SAMPLES = 3


class Evidence(TypedDict, total=False):
    """What was found in one column; JSON-able. A part is there only where something was found.

    day_first: {dates, day, month, both, chosen, sure, samples}: dates written day/month or the
    reverse; with a first number over 12, with a second one over 12, with neither; chosen: True for
    day first, False for month first, None where nothing tells.
    decimal_comma: {comma, point, unclear, chosen, sure, samples}.
    excel_serial: {numbers, dates, chosen, samples: [[number, date]…]}: chosen is never True by
    itself, since the same number can be an identifier.
    mangled: {kind: {cells, samples}}; kinds: scientific, month, error, zeros, point_zero.
    mojibake: {cells, samples: [[before, after]…]}.
    """

    day_first: dict[str, Any]
    decimal_comma: dict[str, Any]
    excel_serial: dict[str, Any]
    mangled: dict[str, dict[str, Any]]
    mojibake: dict[str, Any]


class Columns:
    """Looks at the rows that go by, at no more than `rows` of them."""

    def __init__(self, headers: Sequence[str], rows: int = ROWS_LOOKED_AT):
        self.headers = headers
        self._most = rows
        self._rows: list[Sequence[str]] = []

    def see(self, cells: Sequence[str]) -> None:
        """Look at one row."""
        if len(self._rows) < self._most:
            self._rows.append(cells)

    def evidence(self) -> dict[int, Evidence]:
        """Return what was found, by the column's index; columns with nothing to tell are absent."""
        found = {}
        for at, cells in enumerate(zip(*self._rows, strict=True)):
            if evidence := column_evidence(self.headers[at], cells):
                found[at] = evidence
        return found


def column_evidence(header: str, cells: Iterable[str]) -> Evidence:
    """Return what the cells of one column say together."""
    counts = Counter(cells)
    del counts[""]
    found: Evidence = {}
    texts = "\n".join(counts)
    if max(texts, default="") >= "\u00c2" and (spoilt := _mojibake(counts)):
        found["mojibake"] = spoilt
    with_digits = {
        text: count for text, count in counts.items() if text[-1].isdigit() or text[0].isdigit()
    }
    if with_digits:
        _look_at_numbers(header, with_digits, texts, found)
    if mangled := _mangled(counts, with_digits, texts):
        found["mangled"] = mangled
    return found


# Whether a look at each text is worth it: told from all of them at once, which is quick.
_MAYBE_DATES = re.compile(r"^\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]", re.MULTILINE)
_MAYBE_MONTHS = re.compile(r"^(?:\d{1,2}[- /][^\W\d_]{3}|[^\W\d_]{3,5}\.?-\d)", re.MULTILINE)
_MAYBE_SERIALS = re.compile(r"^[1-5]\d{4}$", re.MULTILINE)


def _look_at_numbers(header: str, counts: Mapping[str, int], texts: str, found: Evidence) -> None:
    order = _day_first(counts) if _MAYBE_DATES.search(texts) else None
    if order:
        found["day_first"] = order
    elif "," in texts and (comma := _decimal_comma(counts)):
        found["decimal_comma"] = comma
    if _MAYBE_SERIALS.search(texts) and (serial := _excel_serial(header, counts)):
        found["excel_serial"] = serial


_DAY_MONTH = re.compile(r"(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(?:\d{4}|\d\d)\b")


def _day_first(counts: Mapping[str, int]) -> dict[str, Any] | None:
    day = month = both = 0
    samples: list[str] = []
    for text, count in counts.items():
        found = _DAY_MONTH.match(text)
        if not found:
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second and first <= 31:
            day += count
        elif second > 12 >= first and second <= 31:
            month += count
        elif first <= 12 and second <= 12:
            both += count
            if len(samples) < _SAMPLES and first != second:
                samples.append(text[:40])
    if not day + month + both:
        return None
    chosen = None if bool(day) == bool(month) else bool(day)
    # Few days over 12 among many dates: a stray one, and no order of the column.
    told = max(day, month)
    sure = chosen is not None and (told >= 20 or told * 10 >= both)
    return {
        "dates": day + month + both,
        "day": day,
        "month": month,
        "both": both,
        "chosen": chosen,
        "sure": sure,
        "samples": samples,
    }


_COMMA = re.compile(
    r"[-+]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,}))(?:\s*[^\W\d_]{1,6}\.?)?"
)
_POINT = re.compile(
    r"[-+]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d+\.(?:\d{1,2}|\d{4,}))(?:\s*[^\W\d_]{1,6}\.?)?"
)
_EITHER = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\s*[^\W\d_]{1,6}\.?)?")


def _decimal_comma(counts: Mapping[str, int]) -> dict[str, Any] | None:
    commas = {text: count for text, count in counts.items() if "," in text and len(text) < 40}
    comma = unclear = point = 0
    samples: list[str] = []
    for text, count in commas.items():
        if _COMMA.fullmatch(text):
            comma += count
        elif _EITHER.fullmatch(text):
            unclear += count
        elif _POINT.fullmatch(text):
            point += count
        else:
            continue
        if len(samples) < _SAMPLES:
            samples.append(text)
    if not comma + unclear + point:
        return None
    point += sum(
        count
        for text, count in counts.items()
        if "." in text and _POINT.fullmatch(text) and text not in commas
    )
    chosen = None if bool(comma) == bool(point) else bool(comma)
    return {
        "comma": comma,
        "point": point,
        "unclear": unclear,
        "chosen": chosen,
        "sure": chosen is not None,
        "samples": samples,
    }


_DATE_HEADER = re.compile(r"date|fecha|datum|\bdata\b|collected|dato", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}\W\w{3,9}\W\d{2,4}")


def _excel_serial(header: str, counts: Mapping[str, int]) -> dict[str, Any] | None:
    numbers = [
        text for text in counts if len(text) == 5 and text.isdecimal() and text[0] in "12345"
    ]
    if not numbers:
        return None
    dates = sum(count for text, count in counts.items() if _DATE_LIKE.match(text))
    if not dates and not _DATE_HEADER.search(header):
        return None
    return {
        "numbers": sum(counts[text] for text in numbers),
        "dates": dates,
        "chosen": None,
        "samples": [[text, serial_day(text)] for text in numbers[:_SAMPLES]],
    }


_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,2}", re.IGNORECASE)
_MONTHS = (
    "jan|ene|feb|fev|fév|mar|mär|apr|abr|avr|may|mai|mei|jun|jui|jul|aug|ago|aoû|sep|set|oct|okt|out"
    "|nov|dec|dic|dez|déc"
)
_MONTH = re.compile(
    rf"\d{{1,2}}[- /](?:{_MONTHS})\w{{0,2}}\.?|(?:{_MONTHS})\w{{0,2}}\.?-\d{{1,2}}", re.I
)
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)|#{4,}")
_POINT_ZERO = re.compile(r"\d{4,}[.,]0")


def _mangled(
    counts: Mapping[str, int], with_digits: Mapping[str, int], texts: str
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    looks: list[tuple[str, Callable[[str], object], Mapping[str, int], bool]] = [
        ("scientific", _SCIENTIFIC.fullmatch, with_digits, "E+" in texts or "e+" in texts),
        ("month", _MONTH.fullmatch, with_digits, _MAYBE_MONTHS.search(texts) is not None),
        ("error", _ERROR.fullmatch, counts, "#" in texts),
        ("point_zero", _POINT_ZERO.fullmatch, with_digits, ".0" in texts or ",0" in texts),
    ]
    for kind, look, where, worth in looks:
        cells = [text for text in where if len(text) < 24 and look(text)] if worth else []
        if cells:
            found[kind] = {"cells": sum(where[text] for text in cells), "samples": cells[:_SAMPLES]}
    if f"\n{texts}".find("\n0") >= 0 and (zeros := _lost_zeros(with_digits)):
        found["zeros"] = zeros
    return found


def _lost_zeros(counts: Mapping[str, int]) -> dict[str, Any] | None:
    """Notice numbers that are shorter than all those that kept a zero in front."""
    digits = [text for text in counts if text.isdecimal()]
    widths = {len(text) for text in digits if text[0] == "0" and len(text) > 3}
    if len(widths) != 1:
        return None
    width = widths.pop()
    short = [text for text in digits if len(text) < width]
    if not short or len(short) == len(digits):
        return None
    return {
        "cells": sum(counts[text] for text in short),
        "samples": short[:_SAMPLES],
        "width": width,
    }


def _mojibake(counts: Mapping[str, int]) -> dict[str, Any] | None:
    cells = 0
    samples: list[list[str]] = []
    for text, count in counts.items():
        if text.isascii() or (better := mended(text)) == text:
            continue
        cells += count
        if len(samples) < _SAMPLES:
            samples.append([text[:120], better[:120]])
    return {"cells": cells, "samples": samples} if cells else None


# From evidence and decisions to hints

_DATE_TERMS = {"eventDate", "eventDate2", "verbatimEventDate", "dateIdentified"}
_TEXT_DATES = {"verbatimEventDate"}
_NUMBER_TERMS = {term.name for term in BY_NAME.values() if term.kind == "number"} | {
    "decimalLatitude",
    "decimalLongitude",
    "coordinateUncertaintyInMeters",
    "minimumElevationInMeters",
    "maximumElevationInMeters",
    "minimumDepthInMeters",
    "maximumDepthInMeters",
    "verbatimElevation",
    "verbatimDepth",
}


def hints(
    evidence: Mapping[Any, Evidence],
    terms: Mapping[int, str],
    decided: Mapping[str, Any] | None = None,
) -> Hints:
    """Return what to know when the texts of some columns are read.

    evidence: as `Columns.evidence` gave it, also after a round through JSON. terms: column → Darwin
    Core term, for columns that are one term. decided: {"day_first": {column: bool or None},
    "decimal_comma": …, "excel_serial": …}, columns as text or number; a decision goes before the
    evidence, and evidence counts only where it is sure.
    """
    by_column = {int(at): found for at, found in evidence.items()}

    def choice(part: str, at: int) -> Any:
        said = (decided or {}).get(part) or {}
        for key in (str(at), at):
            if key in said:
                return said[key]
        found: Mapping[str, Any] = by_column.get(at, {}).get(part, {})  # type: ignore[assignment]
        return found.get("chosen") if found.get("sure") else None

    orders, commas, serials = {}, {}, set()
    for at, term in terms.items():
        if term in _DATE_TERMS:
            if (order := choice("day_first", at)) is not None:
                orders[term] = bool(order)
            if term not in _TEXT_DATES and choice("excel_serial", at):
                serials.add(term)
        elif term in _NUMBER_TERMS and (comma := choice("decimal_comma", at)) is not None:
            commas[term] = bool(comma)
    return Hints(orders, commas, frozenset(serials))


# In words


Translate = Callable[[str, str, int], str]


def NN_(one: str, several: str) -> tuple[str, str]:
    """Mark a sentence about one thing and about several for translation."""
    return one, several


def _in_english(one: str, several: str, number: int) -> str:
    return one if number == 1 else several


def describe(evidence: Evidence, translate: Translate = _in_english) -> list[dict[str, Any]]:
    """Say in sentences what was found in one column.

    Each: {"part", "text", "samples", "asks"}; part: day_first, decimal_comma, excel_serial,
    mojibake or mangled; asks: nothing was decided, so a person should look. translate: gettext's
    ngettext, or what does as much.
    """
    said = [
        _order_in_words(evidence["day_first"]) if "day_first" in evidence else None,
        _comma_in_words(evidence["decimal_comma"]) if "decimal_comma" in evidence else None,
        _serial_in_words(evidence["excel_serial"]) if "excel_serial" in evidence else None,
        _mojibake_in_words(evidence["mojibake"]) if "mojibake" in evidence else None,
    ]
    said += [_damage_in_words(kind, found) for kind, found in evidence.get("mangled", {}).items()]
    sentences = []
    for part, forms, number, filling, asks in filter(None, said):
        samples = filling.get("samples", [])
        words = translate(*forms, number).format_map(filling)
        sentences.append({"part": part, "text": words, "samples": samples, "asks": asks})
    return sentences


# The part, its sentence about one and about several, their number, what fills it, whether it asks.
_Said = tuple[str, tuple[str, str], int, dict[str, Any], bool]


def _order_in_words(found: dict[str, Any]) -> _Said | None:
    number = found["day"] or found["month"]
    if found["day"] and found["month"]:
        forms = NN_(
            "{day} of {dates} dates has a day over 12 in the first place and {month} in the "
            "second: the column mixes day first and month first.",
            "{day} of {dates} dates have a day over 12 in the first place and {month} in the "
            "second: the column mixes day first and month first.",
        )
    elif not number:
        number = found["dates"]
        forms = NN_(
            "The one date has no day over 12: day or month may come first.",
            "None of {dates} dates has a day over 12: day or month may come first.",
        )
    elif found["chosen"]:
        forms = NN_(
            "{day} of {dates} dates has a day over 12 in the first place: day first.",
            "{day} of {dates} dates have a day over 12 in the first place: day first.",
        )
    else:
        forms = NN_(
            "{month} of {dates} dates has a day over 12 in the second place: month first.",
            "{month} of {dates} dates have a day over 12 in the second place: month first.",
        )
    return "day_first", forms, number, found, not found["sure"] and bool(found["both"])


def _comma_in_words(found: dict[str, Any]) -> _Said:
    number = found["comma"] or found["point"]
    if found["comma"] and found["point"]:
        forms = NN_(
            "{comma} number has a comma before its fraction and {point} a point: the column "
            "mixes both.",
            "{comma} numbers have a comma before their fraction and {point} a point: the column "
            "mixes both.",
        )
    elif found["chosen"] is None:
        number = found["unclear"]
        forms = NN_(
            "{unclear} number has a comma before three digits: fraction or thousands?",
            "{unclear} numbers have a comma before three digits: fraction or thousands?",
        )
    elif found["chosen"]:
        forms = NN_(
            "{comma} number has a comma before its fraction: decimal comma.",
            "{comma} numbers have a comma before their fraction: decimal comma.",
        )
    else:
        forms = NN_(
            "{point} number has a point before its fraction: commas part thousands.",
            "{point} numbers have a point before their fraction: commas part thousands.",
        )
    return "decimal_comma", forms, number, found, not found["sure"]


def _serial_in_words(found: dict[str, Any]) -> _Said:
    filling = found | {"number": found["samples"][0][0], "date": found["samples"][0][1]}
    forms = NN_(
        "{numbers} cell holds a number where a date is expected; a spreadsheet keeps dates so: "
        "{number} would be {date}.",
        "{numbers} cells hold a number where a date is expected; a spreadsheet keeps dates so: "
        "{number} would be {date}.",
    )
    return "excel_serial", forms, found["numbers"], filling, True


def _mojibake_in_words(found: dict[str, Any]) -> _Said:
    filling = found | {"before": found["samples"][0][0], "after": found["samples"][0][1]}
    forms = NN_(
        "{cells} cell has spoilt letters: “{before}” would be “{after}”.",
        "{cells} cells have spoilt letters: “{before}” would be “{after}”.",
    )
    return "mojibake", forms, found["cells"], filling, True


_DAMAGE = {
    "scientific": NN_(
        "{cells} cell was shortened by a spreadsheet: {first} has lost digits. Export the column "
        "as text.",
        "{cells} cells were shortened by a spreadsheet, such as {first}: digits are lost. Export "
        "the column as text.",
    ),
    "month": NN_(
        "{cells} cell looks like {first}: a spreadsheet may have made a date of a range or a "
        "number such as 2-3. Compare it with the label.",
        "{cells} cells look like {first}: a spreadsheet may have made a date of a range or a "
        "number such as 2-3. Compare them with the labels.",
    ),
    "error": NN_(
        "{cells} cell holds {first}, the error of a formula, and no value.",
        "{cells} cells hold {first}, the error of a formula, and no value.",
    ),
    "zeros": NN_(
        "{cells} number, {first}, is shorter than the {width} digits of those with a zero in "
        "front: a spreadsheet may have dropped its zeros.",
        "{cells} numbers are shorter than the {width} digits of those with a zero in front, such "
        "as {first}: a spreadsheet may have dropped their zeros.",
    ),
    "point_zero": NN_(
        "{cells} number ends in .0, {first}, as a program writes whole numbers that were blank "
        "elsewhere in the column.",
        "{cells} numbers end in .0, such as {first}, as a program writes whole numbers that were "
        "blank elsewhere in the column.",
    ),
}


def _damage_in_words(kind: str, found: dict[str, Any]) -> _Said:
    filling = found | {"first": found["samples"][0]}
    return "mangled", _DAMAGE[kind], found["cells"], filling, kind != "point_zero"
