"""The reader on real files: of the folder that FIELD_DATA names, nothing of which is kept here."""

import csv
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from darwincore.interpret import determination_key, interpret, interpret_identification
from darwincore.issues import Refused
from darwincore.reader import How, open_source

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
OUTCOMES = Path(__file__).with_name("broken_outcomes.tsv")
pytestmark = [
    pytest.mark.field,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]

SYMBIOTA = "1-dwca/occurrence/symbiota/"
ENCODINGS = "2-occurrence-csv/encodings/"


def read(name):
    """Return a source and its rows by the end of their type's address."""
    tables = defaultdict(list)
    with open_source(FOLDER / name) as source:
        for row in source.rows():
            tables[row.row_type.rpartition("/")[2]].append(row)
    return source, tables


def records(name):
    """Return the core's rows as term → text."""
    source, tables = read(name)
    return [dict(zip(source.core.headers, row.cells, strict=True)) for row in tables["Occurrence"]]


def outcome(path):
    """Return how reading a file ends: (refused or read, rows, codes of issues)."""
    codes, rows = Counter(), Counter()
    try:
        with open_source(path) as source:
            codes.update(issue.code for issue in source.issues)
            for row in source.rows():
                rows[row.row_type.rpartition("/")[2]] += 1
                codes.update(issue.code for issue in row.issues)
    except Refused as refused:
        assert refused.message.endswith(".")
        return "refused", "", refused.code
    return (
        "read",
        " ".join(f"{kind}:{count}" for kind, count in rows.items()),
        " ".join(f"{code}:{count}" for code, count in sorted(codes.items())),
    )


def files(*folders):
    return [
        path for name in folders for path in sorted((FOLDER / name).rglob("*")) if path.is_file()
    ]


def test_symbiota_archive_gives_its_tables():
    source, tables = read(SYMBIOTA + "SymbOutput_2025-07-11_162752_DwC-A.zip")
    counts = {kind: len(rows) for kind, rows in tables.items()}
    assert counts == {"Occurrence": 60, "Identification": 83, "Multimedia": 76}
    assert source.issues == []
    assert source.metadata


def test_symbiota_archive_has_91_determinations():
    source, tables = read(SYMBIOTA + "SymbOutput_2025-07-11_162752_DwC-A.zip")
    headers = source.extensions[0].headers
    keys = defaultdict(set)
    for row in tables["Identification"]:
        found = interpret_identification(dict(zip(headers, row.cells, strict=True)))
        keys[row.core_id].add(determination_key(found.values))
    assert sum(map(len, keys.values())) == 83
    none = different = 0
    for row in tables["Occurrence"]:
        found = interpret(dict(zip(source.core.headers, row.cells, strict=True)))
        key = determination_key(found.values)
        none += not keys[row.core_id]
        different += bool(keys[row.core_id]) and key not in keys[row.core_id]
        keys[row.core_id].add(key)
    assert (none, different) == (4, 4)
    assert sum(map(len, keys.values())) == 91


@pytest.mark.parametrize(
    ("name", "count"),
    [
        (SYMBIOTA + "vampire-moths-2018.packed.zip", 1336),
        (SYMBIOTA + "gryonoides-seltmann.packed.zip", 1342),
        ("2-occurrence-csv/other/varp-herbarium/data_set.csv", 1000),
    ],
)
def test_every_row_is_there(name, count):
    _, tables = read(name)
    assert len(tables["Occurrence"]) == count
    assert not any(row.issues for row in tables["Occurrence"])


def test_unknown_parts_of_dates_stay_unknown():
    found = {
        cells["eventDate"]: interpret(cells)
        for cells in records(SYMBIOTA + "vampire-moths-2018.packed.zip")
    }
    assert found["2008-00-20"].values["event_date"] == "2008"
    for text, record in found.items():
        if "-00" in text:
            assert record.values.get("event_date", "") in (text[:4], text[:7])
            assert record.verbatim["eventDate"] == text


def test_dates_of_determination_keep_what_was_written():
    found = {
        cells["dateIdentified"]: interpret(cells)
        for cells in records(SYMBIOTA + "vampire-moths-2018.packed.zip")
    }
    assert found["000-00-1940"].values["date_identified"] == "1940"
    assert found["000-00-1940"].verbatim["dateIdentified"] == "000-00-1940"
    assert "date_identified" not in found["000-00-0000"].values


def test_none_is_no_type():
    found = [interpret(cells) for cells in records(SYMBIOTA + "vampire-moths-2018.packed.zip")]
    kept = [record for record in found if record.verbatim.get("typeStatus") == "None"]
    assert len(kept) > 500
    assert not any("type_status" in record.values for record in kept)


def test_line_breaks_in_cells_and_date_ranges_are_kept():
    cells = records(SYMBIOTA + "gryonoides-seltmann.packed.zip")
    assert any("\n" in text for record in cells for text in record.values())
    ranges = [record["eventDate"] for record in cells if "/" in record["eventDate"]]
    read_as = [interpret({"eventDate": text}).values for text in set(ranges)]
    intervals = [found for found in read_as if found.get("event_date_precision") == "interval"]
    assert len(intervals) > 0.9 * len(read_as)


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        ("utf-8.txt", ["latin1.txt"]),
        ("utf-8_names.txt", ["utf-8_bom_names.txt", "utf-16BE_bom_names.txt"]),
        ("utf-8_names.txt", ["utf-16LE_bom_names.txt"]),
    ],
)
def test_accents_are_the_same_in_every_encoding(name, variants):
    expected = [row.cells for row in read(ENCODINGS + name)[1]["Occurrence"]]
    assert not "".join(map("".join, expected)).isascii()
    for variant in variants:
        found = [row.cells for row in read(ENCODINGS + variant)[1]["Occurrence"]]
        assert found == expected, variant


@pytest.mark.parametrize("name", ["cp1252.txt", "cp1252_names.txt", "latin1_names.txt"])
def test_one_byte_encodings_lose_no_accent(name):
    text = (FOLDER / ENCODINGS / name).read_bytes().decode("cp1252")
    source, tables = read(ENCODINGS + name)
    cells = [*source.core.headers, *(text for row in tables["Occurrence"] for text in row.cells)]
    accents = Counter(letter for letter in text if letter > "\x7f")
    assert accents
    assert Counter(letter for letter in "".join(cells) if letter > "\x7f") == accents


@pytest.mark.parametrize(
    ("name", "events", "counts"),
    [
        (
            "ala-dwcahandler/event__cameratrap-sample1.packed.zip",
            (17, 0),
            {"Occurrence": 11, "MeasurementOrFact": 55},
        ),
        (
            "pipelines/9997fa4e-54c1-43ea-9856-afa90204c162.packed.zip",
            (30, 29),
            {"Occurrence": 1, "MeasurementOrFact": 1},
        ),
        (
            "pipelines/complete-event-pipeline__dr18391.packed.zip",
            (5, 0),
            {"Occurrence": 3, "MeasurementOrFact": 1},
        ),
    ],
)
def test_occurrences_of_events_have_date_and_place(name, events, counts):
    source, tables = read("1-dwca/event/" + name)
    found = source.found["events"]
    assert (found["rows"], found["without"]) == events
    assert {kind: len(rows) for kind, rows in tables.items()} == counts
    for row in tables["Occurrence"]:
        values = interpret(dict(zip(source.core.headers, row.cells, strict=True))).values
        assert values["event_date"]
        assert values["decimal_latitude"]
        assert row.core_id == values["occurrence_id"]


def test_workbook_of_eight_sheets_is_read_by_its_first_or_by_name():
    name = "2-occurrence-csv/other/thesis-vouchers/specimens/vouchers.xlsx"
    source, tables = read(name)
    sheets = {sheet["name"]: sheet["chosen"] for sheet in source.found["sheets"]}
    assert [sheet for sheet, chosen in sheets.items() if chosen] == ["Fieldwork"]
    assert len(sheets) == 8
    assert len(tables["Occurrence"]) == 18
    for sheet in sheets:
        with open_source(FOLDER / name, how=How(sheet=sheet)) as source:
            rows = list(source.rows())
        assert rows
        assert not any(issue for row in rows for issue in row.issues)


def test_dates_of_a_workbook_are_those_it_shows():
    folder = "1-dwca/single-file-no-meta/loose/pipelines/gbif/validator/"
    name = "pipelines-validator-ws/src/test/resources/workbooks/occurrence-workbook.xlsx"
    dates = [record["eventDate"] for record in records(folder + name)]
    assert dates[:4] == ["1990-01-02", "1990-01-03", "1990-01-04T02:10:00Z", "1990-01-05T17:00"]


def test_spoilt_letters_of_real_records_are_spotted_and_mended():
    name = "2-occurrence-csv/vertnet-bels/test_benchmark_1000.csv"
    source, _tables = read(name)
    assert source.found["mojibake"]["cells"] == 7
    with open_source(FOLDER / name, how=How(repair=True)) as source:
        texts = [row.cells[12] for row in source.rows()]
    assert any(text.startswith("Brasília. Córrego") for text in texts)
    assert not any("Ã" in text for text in texts)


@pytest.mark.parametrize("name", ["iucn100.csv", "iucn100.pipe.txt", "iucn100.tab.txt"])
def test_table_without_a_header_loses_no_row(name):
    source, tables = read(f"1-dwca/single-file-no-meta/loose/dwca-io/{name}")
    assert len(tables["Occurrence"]) == 100
    assert source.core.headers[0] == "Column 1"


def test_outcomes_of_broken_archives_are_those_of_the_table():
    with OUTCOMES.open(newline="", encoding="utf-8") as table:
        expected = {row[0]: tuple(row[1:]) for row in list(csv.reader(table, delimiter="\t"))[1:]}
    folder = FOLDER / "1-dwca/broken"
    found = {str(path.relative_to(folder)): outcome(path) for path in files("1-dwca/broken")}
    assert found == expected


def test_every_file_is_read_or_refused():
    for path in files("1-dwca", "2-occurrence-csv", "5-strings"):
        assert outcome(path)[0] in ("read", "refused"), path


def test_every_record_is_interpreted():
    count = 0
    for path in files(
        "1-dwca/occurrence", "2-occurrence-csv", "5-strings/derived-from-real-records"
    ):
        try:
            cells = records(path.relative_to(FOLDER))
        except Refused:
            continue
        for record in cells:
            count += 1
            found = interpret(record)
            assert found.derived <= found.values.keys()
    assert count > 10_000
