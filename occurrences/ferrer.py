"""The plants that Lucía Ferrer, an invented collector, offers to a herbarium of the demonstration.

Eight numbers of one walk in her personal profile: one cactus is protected, one was only
photographed, one has no date, and of one the herbarium holds a sheet already.
"""

from __future__ import annotations

from collections.abc import Iterator

from occurrences.generator import Row, name_of
from occurrences.gomez import TAXA, Sheet

COLLECTOR = "L. Ferrer"
PROTECTED, PICTURED, UNDATED, HELD = 5524, 5526, 5527, 5522
MESSAGE = (
    "The first set of my walk in the Sierra de Mazatán, pressed and numbered. 5526 I only "
    "photographed. I keep no sheets myself."
)
PERMITS = "SGPA/DGVS/00000/25 (invented)"
_NUMBERS = """
5521 | Olneya tesota | 29.085 | -110.212 | 610 | Gravelly wash
5522 | Encelia farinosa | 29.087 | -110.209 | 640 | Stony slope above the wash
5523 | Jatropha cardiophylla | 29.090 | -110.205 | 700 | Stony slope above the wash
5524 | Stenocereus thurberi | 29.093 | -110.203 | 720 | Ledges above the wash
5525 | Fouquieria macdougalii | 29.101 | -110.190 | 890 | Thornscrub
5526 | Carnegiea gigantea | 29.084 | -110.215 | 600 | Bajada
5527 | Bursera fagaroides | 29.104 | -110.186 | 930 | Thornscrub
5528 | Quercus emoryi | 29.118 | -110.171 | 1320 | Oak woodland
""".strip()


def walk() -> Iterator[Sheet]:
    """Yield the numbers in her profile, which she offers."""
    for line in _NUMBERS.splitlines():
        number, name, *place = map(str.strip, line.split("|"))
        yield Sheet(_cells(int(number), name, *place))


def held() -> Sheet:
    """Return the sheet that the herbarium entered before she offered hers."""
    cells = next(sheet.cells for sheet in walk() if sheet.cells["recordNumber"] == str(HELD))
    return Sheet({**cells, "catalogNumber": "HUD-0005522", "duplicateQuantity": ""})


def _cells(
    number: int, name: str, latitude: str, longitude: str, elevation: str, habitat: str
) -> Row:
    cells = {
        "basisOfRecord": "PreservedSpecimen",
        **name_of(TAXA[name], "Plantae"),
        "recordedBy": COLLECTOR,
        "recordNumber": str(number),
        "eventDate": "2025-09-14",
        "country": "Mexico",
        "stateProvince": "Sonora",
        "county": "Mazatán",
        "locality": "Sierra de Mazatán, western foot and canyon, 8 km E of Mazatán",
        "decimalLatitude": latitude,
        "decimalLongitude": longitude,
        "geodeticDatum": "WGS84",
        "coordinateUncertaintyInMeters": "30",
        "minimumElevationInMeters": elevation,
        "habitat": habitat,
        "identifiedBy": COLLECTOR,
        "dateIdentified": "2025",
        "preparations": "sheet",
        "duplicateQuantity": "2",
    }
    if number == PROTECTED:
        cells |= {"recordSecurity": "1", "securityReason": "Cactus sought by collectors"}
    elif number == UNDATED:
        cells["eventDate"] = ""
    elif number == PICTURED:
        cells |= {"basisOfRecord": "HumanObservation", "preparations": "", "duplicateQuantity": ""}
    return cells
