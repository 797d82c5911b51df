"""Read elevations, depths and other lengths into metres.

A unit that the text does not give is never assumed, and a figure that may be 1.2 metres or 1,200
is none.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from .places import MINUS, PLAIN, number


class Measure(NamedTuple):
    """Metres, from low to high. unit: it was written, as metres or as something else.

    An end that the text leaves open ("above 1200 m") is None.
    """

    low: Decimal | None
    high: Decimal | None
    unit: str

    @property
    def single(self) -> Decimal | None:
        """The one length it says, None for a range."""
        return self.low if self.low == self.high else None


_LENGTHS = {
    "1": "m meter meters metre metres metro metros mts mt mtr mtrs masl msnm msm metri mètre mètres"
    " müm münn mnn mamsl amsl masm metern м",
    "0.01": "cm",
    "1000": "km kms kilometer kilometers kilometre kilometres kilómetros kilometros",
    "0.3048": "ft feet foot fts pies pie pés pieds fuß fuss ' ’ ′ f",
    "1609.344": "mi mile miles",
    "1.8288": "fathoms fathom fm fms fath fthm fthms brazas braza brasses",
    "0.9144": "yd yds yard yards",
}
_UNITS = {unit: Decimal(factor) for factor, units in _LENGTHS.items() for unit in units.split()}
_AMOUNT = r"[+-]?\d[\d, '’\u00a0\u202f]*?(?:\.\d+)?"
_UNIT = r"\s*(?P<{}>[^\W\d_]+\.?|['’′])?"
_HEADS = (
    "ca|c|circa|approx|approximately|about|around|aprox|aproximadamente|etwa|um|env|environ|cerca"
    "|de|alt|altitude|altitud|elev|elevation|elevación|elevacion|el|depth|prof|profundidad|at|a"
    "|between|entre|zwischen|from|von|höhe|hoehe|alti|est|estimated"
)
_MEASURE = re.compile(
    rf"(?:(?:{_HEADS})\b[.:]?\s*|[~≈±:=]\s*)*(?P<low>{_AMOUNT}){_UNIT.format('unit1')}"
    rf"(?:\s*(?P<between>-|/|to|a|bis|à|al|y|and|und|et|až)\s*(?P<high>{_AMOUNT}){_UNIT.format('unit2')})?\.?"
)
_ABOVE_SEA = re.compile(
    r"(?:(?<=m)|(?<=ft)|(?<=feet))(?:eters?|etres?|etros|ts)?\.?\s?(?:a\.?\s?)?(?:m\.?\s?)?"
    r"(?:s\.?\s?[ln]?\.?\s?m?\.?|above sea level|asl|sobre el nivel del mar|ü\.?\s?(?:m|nn)\.?|nn)$"
)
_TAIL = re.compile(r"(?<=[\w.'’])\s+(?:alt|altitude|altitud|elev|elevation|deep|depth)\.?$")
_OPEN = re.compile(
    r"(?:(?P<above>>=?|≥|above|over|at least|more than|más de|mas de|über|plus de|acima de)"
    r"|(?P<below><=?|≤|below|under|up to|at most|less than|menos de|hasta|unter|bis|moins de))"
    r"\s*(?P<rest>.+)"
)
_EITHER_SIDE = re.compile(r"(?P<middle>.+?)\s*(?:±|\+/-|\+-)\s*(?P<off>\d.*)")
_PLUS = re.compile(r"(\d[\d, ]*?)\s*(?:\+\s*([a-z]+\.?)|([a-z]+\.?)\s*\+)")
_TWICE = re.compile(r"(?P<first>[^()\[\]=]+?)\s*(?:[(\[]\s*(?P<in>[^()]+?)\s*[)\]]|=\s*(?P<is>.+))")


def measure(text: str) -> Measure | None:
    """Read a length or a range of lengths into metres; without a unit the numbers are returned.

    What is turned from another unit is rounded to whole metres. None where it is no measure, and
    for "3-4000 ft", which leaves open what the 3 means.
    """
    if PLAIN.fullmatch(text):
        return Measure(Decimal(text), Decimal(text), "")
    if len(text) > 80:
        return None
    plain = _TAIL.sub("", " ".join(text.lower().translate(MINUS).split()))
    if found := _TWICE.fullmatch(plain):
        return _agreed(_measured(found["first"]), _measured(found["in"] or found["is"]))
    if found := _PLUS.fullmatch(plain):
        plain = f"above {found[1]} {found[2] or found[3]}"
    return _measured(plain)


def _measured(plain: str) -> Measure | None:
    if found := _OPEN.fullmatch(plain):
        read = _ranged(found["rest"])
        if read is None or not read.unit or read.single is None:
            return None
        return read._replace(high=None) if found["above"] else read._replace(low=None)
    if found := _EITHER_SIDE.fullmatch(plain):
        return _around(found["middle"], found["off"])
    return _ranged(plain)


def _ranged(plain: str) -> Measure | None:
    found = _MEASURE.fullmatch(_ABOVE_SEA.sub("", plain))
    if not found:
        return None
    low, high = _length(found["low"]), _length(found["high"] or found["low"])
    unit = (found["unit2"] or found["unit1"] or "").strip(".")
    first = (found["unit1"] or unit).strip(".")
    factor, other = _UNITS.get(unit or "m"), _UNITS.get(first or "m")
    if low is None or high is None or factor is None or factor != other:
        return None
    if 0 < low < 10 <= high / 100 or (found["between"] == "/" and low < 10):
        return None  # 3-4000 ft, 1/2 mile
    if not unit:
        return Measure(low, high, "")
    return Measure(_metres(low, factor), _metres(high, factor), "m" if factor == 1 else unit)


def _length(text: str) -> Decimal | None:
    """Read a number whose thousands may be set apart: 1,200 and 20 000, but not 1.200."""
    if re.fullmatch(r"-?\d{1,3}(?:[, '’\u00a0\u202f]\d{3})+(?:\.\d+)?", text):
        text = re.sub(r"[^\d.-]", "", text)
    return None if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", text) else number(text)


def _metres(value: Decimal, factor: Decimal) -> Decimal:
    if factor == 1:
        return value
    metres = value * factor
    return round(metres) + Decimal(0) if abs(metres) >= 1 else metres.normalize()


def _around(middle: str, off: str) -> Measure | None:
    """Read 1200 ± 50 m as the range it says; the unit may stand behind either number."""
    one, other = _ranged(middle), _ranged(off)
    if one and other and other.unit and not one.unit:
        unit = re.sub(r"^[\d., ]+", "", off)
        one = _ranged(f"{middle} {unit}")
    elif one and other and one.unit and not other.unit:
        unit = re.sub(r"^[^\d]*[\d., ]+", "", middle)
        other = _ranged(f"{off} {unit}")
    if one is None or other is None or one.single is None or other.single is None:
        return None
    return Measure(one.single - other.single, one.single + other.single, one.unit)


def _agreed(one: Measure | None, other: Measure | None) -> Measure | None:
    """Return 3937 ft (1200 m) in the metres that were written, where both say the same."""
    if not one or not other or not one.unit or not other.unit:
        return None
    metric, turned = (one, other) if one.unit == "m" else (other, one)
    for written, also in ((metric.low, turned.low), (metric.high, turned.high)):
        if written is None or also is None:
            return None
        if abs(written - also) > max(Decimal(10), abs(written) / 50):
            return None
    return metric
