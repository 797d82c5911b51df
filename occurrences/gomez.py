"""The journeys of L. Gómez, an invented collector: the set pieces of the demonstration.

Numbers 2201 to 2240 of the summer of 1932 in Sonora, with duplicates in a second herbarium; 1234
and 1234a of 1929; two without a number. One determination disagrees between the herbaria, one
number is a holotype with its isotype, one cactus is protected and one record wholly. `damaged_file`
is a spreadsheet about the same plants with the mistakes that spreadsheets have.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from occurrences.generator import Row, name_of
from occurrences.scenery import PLANTS, Taxon

COLLECTOR = "L. Gómez"
DISAGREEING, TYPE, PROTECTED, WHOLLY_PROTECTED, REDETERMINED = 2207, 2212, 2218, 2234, 2203


class Sheet(NamedTuple):
    """A record as terms, and its earlier determinations, oldest first."""

    cells: Row
    earlier: tuple[Row, ...] = ()


class _Stop(NamedTuple):
    """Where and when a run of numbers was collected."""

    numbers: range
    event_date: str
    verbatim: str
    county: str
    locality: str
    latitude: str
    longitude: str
    elevation: str
    habitat: str


_STOPS = (
    _Stop(
        range(2201, 2207),
        "1932-06-18",
        "18.vi.1932",
        "Caborca",
        "Cerro El Álamo, 7 km W of Caborca",
        "30.71",
        "-112.23",
        "310",
        "Creosote bush flats and stony lower slopes",
    ),
    _Stop(
        range(2207, 2214),
        "1932-06-21",
        "21.vi.1932",
        "Altar",
        "Arroyo crossing the road to Altar, 14 km E of Caborca",
        "30.70",
        "-112.01",
        "340",
        "Gravelly wash with ironwood",
    ),
    _Stop(
        range(2214, 2221),
        "1932-07-03",
        "3 July 1932",
        "Ures",
        "Hills above the Río Sonora, 4 km NE of Ures",
        "29.45",
        "-110.36",
        "480",
        "Thornscrub on stony hills",
    ),
    _Stop(
        range(2221, 2229),
        "1932-07-14",
        "14.vii.1932",
        "Álamos",
        "Lower slopes of the Sierra de Álamos, south of the town",
        "26.99",
        "-108.95",
        "520",
        "Tropical deciduous forest",
    ),
    _Stop(
        range(2229, 2235),
        "1932-08",
        "August 1932",
        "Álamos",
        "Cañada above the town reservoir",
        "27.01",
        "-108.96",
        "600",
        "Shaded canyon with permanent pools",
    ),
    _Stop(
        range(2235, 2241),
        "1932-08-24/1932-08-29",
        "24-29 Aug. 1932",
        "Yécora",
        "Between Yécora and Maycoba",
        "28.38",
        "-108.80",
        "1650",
        "Pine-oak woodland",
    ),
)

_NAMES = (
    "Larrea tridentata; Olneya tesota; Encelia farinosa; Fouquieria splendens; Ambrosia dumosa; "
    "Bursera microphylla; Jatropha cardiophylla; Parkinsonia microphylla; Stenocereus thurberi; "
    "Prosopis velutina; Calliandra eriophylla; Jatropha cuneata; Sphaeralcea ambigua; "
    "Cylindropuntia fulgida; Tecoma stans; Bebbia juncea; Baccharis sarothroides; "
    "Peniocereus greggii; Carnegiea gigantea; Datura wrightii; Fouquieria macdougalii; "
    "Ipomoea arborescens; Ceiba aesculifolia; Lysiloma watsonii; Condea albida; "
    "Bursera fagaroides; Plumeria rubra; Erythrina flabelliformis; Tillandsia recurvata; "
    "Agave angustifolia; Bouteloua curtipendula; Solanum elaeagnifolium; Nicotiana obtusifolia; "
    "Guaiacum coulteri; Quercus hypoleucoides; Pinus engelmannii; Arbutus arizonica; "
    "Pinus leiophylla; Dahlia coccinea; Juniperus deppeana"
).split("; ")
TAXA = {taxon.name: taxon for taxon in PLANTS} | {
    "Peniocereus greggii": Taxon(
        "d", "Cactaceae", "Peniocereus greggii", "(Engelm.) Britton & Rose"
    )
}


def first_herbarium() -> Iterator[Sheet]:
    """Yield what he kept, with catalog numbers HUD-0001932 and on."""
    sheets = [_sheet(number, stop) for stop in _STOPS for number in stop.numbers]
    sheets += [*_of_1929(), *_without_number()]
    for position, sheet in enumerate(sheets, 1932):
        yield sheet._replace(cells={**sheet.cells, "catalogNumber": f"HUD-{position:07}"})


def second_herbarium() -> Iterator[Sheet]:
    """Yield the duplicates he sent away, as the other herbarium holds them."""
    position = 40100
    for sheet in first_herbarium():
        if "duplicateQuantity" not in sheet.cells:
            continue
        position += 1
        cells = {**sheet.cells, "catalogNumber": f"OCO{position}", "duplicateQuantity": ""}
        cells["occurrenceRemarks"] = "Received in exchange, 1934."
        cells["otherCatalogNumbers"] = f"Accession: 1934-{position - 40000}"
        if cells.get("typeStatus"):
            cells["typeStatus"] = "isotype"
        if cells["recordNumber"] == str(DISAGREEING):
            yield _disagreeing(cells)
        else:
            yield Sheet(cells)


def _sheet(number: int, stop: _Stop) -> Sheet:
    cells = {
        "basisOfRecord": "PreservedSpecimen",
        **name_of(TAXA[_NAMES[number - 2201]], "Plantae"),
        "recordedBy": COLLECTOR,
        "recordNumber": str(number),
        **_at(stop),
        "identifiedBy": COLLECTOR,
        "dateIdentified": "1932",
        "preparations": "sheet",
    }
    if number == PROTECTED:
        cells |= {"recordSecurity": "1", "securityReason": "Cactus sought by collectors"}
    elif number == WHOLLY_PROTECTED:
        cells |= {"recordSecurity": "5", "securityReason": "The landowner asks for it"}
    elif number % 3:
        cells["duplicateQuantity"] = "2" if number % 6 == 1 else "1"
    if number == TYPE:
        cells |= {"typeStatus": "holotype", "dateIdentified": "1943", "identifiedBy": "T. Whitlock"}
    return _redetermined(cells) if number == REDETERMINED else Sheet(cells)


def _at(stop: _Stop) -> Row:
    return {
        "eventDate": stop.event_date,
        "verbatimEventDate": stop.verbatim,
        "country": "Mexico",
        "stateProvince": "Sonora",
        "county": stop.county,
        "locality": stop.locality,
        "decimalLatitude": stop.latitude,
        "decimalLongitude": stop.longitude,
        "geodeticDatum": "WGS84",
        "coordinateUncertaintyInMeters": "3000",
        "minimumElevationInMeters": stop.elevation,
        "habitat": stop.habitat,
    }


def _redetermined(cells: Row) -> Sheet:
    """Give a sheet the history that many have: a first guess, a doubt, a name."""
    first = {"scientificName": "Encelia sp.", "identifiedBy": COLLECTOR, "dateIdentified": "1932"}
    doubt = {
        **name_of(TAXA["Encelia farinosa"], "Plantae"),
        "identificationQualifier": "cf.",
        "identifiedBy": "M. Aldana Ríos",
        "dateIdentified": "1958",
    }
    now = {**cells, "identifiedBy": "C. Beaumont", "dateIdentified": "1994-03-11"}
    return Sheet(now, (first, doubt))


def _disagreeing(cells: Row) -> Sheet:
    """Let the second herbarium think otherwise about this number."""
    before = {key: cells[key] for key in (*name_of(PLANTS[0], ""), "identifiedBy")}
    now = name_of(TAXA["Jatropha cuneata"], "Plantae")
    now |= {"identifiedBy": "C. Beaumont", "dateIdentified": "1978"}
    now["identificationRemarks"] = "Leaves cuneate, on short shoots: not J. cardiophylla."
    return Sheet({**cells, **now}, ({**before, "dateIdentified": "1932"},))


def _of_1929() -> Iterator[Sheet]:
    for number, name, dupes in (
        ("1234", "Quercus emoryi", "1"),
        ("1234a", "Quercus arizonica", ""),
    ):
        cells = {
            "basisOfRecord": "PreservedSpecimen",
            **name_of(TAXA[name], "Plantae"),
            "recordedBy": COLLECTOR,
            "recordNumber": number,
            "eventDate": "1929-03-02",
            "verbatimEventDate": "2-III-29",
            "country": "Mexico",
            "stateProvince": "Sonora",
            "county": "Cananea",
            "locality": "Sierra de los Ajos, mouth of the eastern canyon",
            "verbatimElevation": "5200 ft",
            "habitat": "Oak woodland",
            "preparations": "sheet",
        }
        yield Sheet(cells | ({"duplicateQuantity": dupes} if dupes else {}))


def _without_number() -> Iterator[Sheet]:
    for name in ("Salvia elegans", "Taxodium mucronatum"):
        yield Sheet(
            {
                "basisOfRecord": "PreservedSpecimen",
                **name_of(TAXA[name], "Plantae"),
                "recordedBy": COLLECTOR,
                "recordNumber": "s.n.",
                "eventDate": "1933",
                "country": "Mexico",
                "stateProvince": "Oaxaca",
                "locality": "Oaxaca, without further locality",
                "preparations": "sheet",
            }
        )


# --- the damaged spreadsheet ------------------------------------------------------------------

_HEADER = {
    "Catalog Number": "catalogNumber",
    "Collector": "recordedBy",
    "Number": "recordNumber",
    "Date": "eventDate",
    "Scientific Name": "scientificName",
    "Author": "scientificNameAuthorship",
    "Family": "family",
    "Country": "country",
    "State": "stateProvince",
    "Locality": "locality",
    "Latitude": "decimalLatitude",
    "Longitude": "decimalLongitude",
    "Elevation (m)": "minimumElevationInMeters",
    "Notes": "occurrenceRemarks",
}
_NEW = """
2241 | 31/02/1932 | Tecoma stans | Arroyo above Maycoba | 28.40 | -108.65 | 1540 | no such day
2242 | 1932-09-02 | Quercus arizonica | Maycoba | 310.5 | -108.66 | 1560 | a latitude of 310
2243 | 14.ix.1932 | Agave angustifolia | Road to Tónichi | 28°34'N | 109°33'W | 180 | not decimal
2244 | Sept. 1932 | Bursera fagaroides | Tónichi | 28.57 | | 190 | half a point
2245 | 1932-09-16 | Ceiba aesculifolia | Near Ónavas | 28.47 | -109.53 | ca. 600 ft | feet
2246 | 16-9-32 | Ipomoea arborescens | Near Ónavas | 28.47 | -109.53 | 170 | which century?
2247 | 1932-09-17 | Guaiacum coulteri | Río Yaqui below Ónavas | 28.42 | -109.55 | 150 | fine
2248 | 1932-09-17 | Tillandsia recurvata | Río Yaqui below Ónavas | 28.42 | -109.55 | 150 | fine
""".strip()


def damaged_file() -> bytes:
    """Return the spreadsheet: some rows as the herbarium has them, some changed, some broken.

    One line is in Windows-1252 and the others in UTF-8; one catalog number stands twice; one row
    is too short; one country is misspelt.
    """
    known = [dict(sheet.cells) for sheet in first_herbarium()][:6]
    known[1]["occurrenceRemarks"] = "Wood collection: xylarium no. 88"
    known[4]["locality"] = "Cerro El Álamo, west foot, 7.5 km W of Caborca"
    known[5]["country"] = "Mejico"
    rows = [{title: row.get(term, "") for title, term in _HEADER.items()} for row in known]
    rows += [_new(line, position) for position, line in enumerate(_NEW.splitlines(), 1)]
    rows.append({**rows[-1], "Number": "2249", "Notes": "the same catalog number again"})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(_HEADER))
    writer.writeheader()
    writer.writerows(rows)
    lines = text.getvalue().splitlines(keepends=True)
    lines.append("HUD-0002459,L. Gómez,2250\r\n")
    return b"".join(line.encode("cp1252" if ",2243," in line else "utf-8") for line in lines)


def _new(line: str, position: int) -> Row:
    number, day, name, locality, latitude, longitude, elevation, remark = map(
        str.strip, line.split("|")
    )
    taxon = TAXA[name]
    return {
        "Catalog Number": f"HUD-{2450 + position:07}",
        "Collector": COLLECTOR,
        "Number": number,
        "Date": day,
        "Scientific Name": taxon.name,
        "Author": taxon.author,
        "Family": taxon.family,
        "Country": "Mexico",
        "State": "Sonora",
        "Locality": locality,
        "Latitude": latitude,
        "Longitude": longitude,
        "Elevation (m)": elevation,
        "Notes": remark,
    }
