"""What was downloaded can be imported again without a change."""

import csv
import io
import json
import zipfile

import pytest
from django.core.management import call_command

from occurrences.models import ImportRun
from occurrences.readers import hash_collection
from tests import make

pytestmark = pytest.mark.django_db

MEDIA = "http://rs.gbif.org/terms/1.0/Multimedia"
ROWS = [
    {
        "catalog_number": "H 1",
        "recorded_by": "Gómez, L.",
        "locality": 'first line\nsays "near, Imuris"',
        "decimal_latitude": "33.10",
        "decimal_longitude": "-110.8610",
        "event_date": "1932-07-14",
        "start_day_of_year": 196,
        "end_day_of_year": 196,
        "cultivation_status": False,
        "occurrence_remarks": "=1+1",
        "country": "Mexico",
        "country_code": "MX",
        "identified_by": "Muller",
        "date_identified": "1940",
        "identification_remarks": "fruit examined",
        "type_status": "holotype",
        "verbatim": {"eventDate": "14.vii.1932", "country": "MX"},
        "identifiers": [("Accession", "2026-014"), ("", "old 7")],
        "identifications": [
            {"scientific_name": "Quercus sp.", "identified_by": "Gómez"},
            {
                "scientific_name": "Quercus emoryi",
                "identified_by": "Muller",
                "date_identified": "1940",
            },
        ],
        "extension_rows": [(MEDIA, {"identifier": "1.jpg", "title": "a, b"}), (MEDIA, {"x": "y"})],
    },
    {"catalog_number": "H 2", "event_date": "1932-07", "scientific_name": "Quercus ×organensis"},
    {
        "catalog_number": "H 3",
        "record_security": 1,
        "security_reason": "rare",
        "locality": "secret",
    },
    {
        "catalog_number": "H 4",
        "record_security": 5,
        "locality": "secret",
        "habitat": "oak",
        "scientific_name": None,
    },
    {
        "catalog_number": "H 5",
        "event_date": "1932-07-14/1932-07-20",
        "start_day_of_year": 196,
        "end_day_of_year": 202,
        "month": 7,
        "country": "Ruritania",
    },
]


@pytest.fixture
def filled(herbarium):
    make.occurrences(herbarium, ROWS)
    return herbarium


@pytest.fixture
def empty(administrator):
    return make.collection("EMPTY", administrator=administrator)


def export(collection, form, folder, *options):
    file = folder / f"{collection.code}-{form}{'.zip' if form == 'dwca' else '.csv'}"
    call_command(
        "export_collection", collection.code, "--format", form, "--output", str(file), *options
    )
    return file


def bring_in(file, collection, by, capsys, *options):
    arguments = [str(file), "--collection", collection.code, "--user", by.username, "--json"]
    capsys.readouterr()
    call_command("import_occurrences", *arguments, *options)
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def leave_the_portal(collection):
    """Take the records away without a trace, as if the collection stood in another portal.

    Where they are still here, their rows would touch another collection's records.
    """
    collection.occurrences.all().delete()


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_in_an_empty_collection_it_gives_the_same_terms(
    filled, empty, administrator, tmp_path, capsys, form
):
    first, protected = export(filled, "csv", tmp_path).read_bytes(), levels(filled)
    file = export(filled, form, tmp_path)
    leave_the_portal(filled)
    told = bring_in(file, empty, administrator, capsys)
    assert (told["rows"], told["created"]) == (5, 5), told
    second = export(empty, "csv", tmp_path).read_bytes()
    assert rows_of(second) == rows_of(first)
    assert first == second
    assert levels(empty) == protected


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_beside_the_records_it_came_from_it_makes_copies_or_nothing(
    filled, empty, administrator, tmp_path, capsys, form
):
    before = hash_collection(filled)
    file = export(filled, form, tmp_path)
    told = bring_in(file, empty, administrator, capsys)
    assert (told["rows"], told["blocked"]) == (5, 4), told
    run = ImportRun.objects.latest("pk")
    reasons = set(run.outcomes.filter(action="blocked").values_list("reason", flat=True))
    assert all("another collection" in reason for reason in reasons), reasons
    call_command("undo", told["change_set"])

    told = bring_in(file, empty, administrator, capsys, "--mode", "copies")
    assert (told["rows"], told["created"]) == (5, 5), told
    assert levels(empty) == levels(filled)
    assert hash_collection(filled) == before


@pytest.mark.parametrize("source", ["portal", "occurrenceID", "catalogNumber", "none"])
@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_in_the_same_collection_it_changes_nothing(
    filled, administrator, tmp_path, capsys, form, source
):
    filled.guid_source = source
    filled.save()
    before = hash_collection(filled)
    told = bring_in(export(filled, form, tmp_path), filled, administrator, capsys)
    assert (told["rows"], told["unchanged"]) == (5, 5), told
    assert hash_collection(filled) == before


FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1 km",
    "-dry",
    "@home",
    "'=kept",
    "''=kept",
    "'t Hart",
]


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_texts_that_look_like_formulas_come_back_as_they_were(
    herbarium, administrator, tmp_path, capsys, form
):
    rows = [{"catalog_number": f"F{n}", "locality": text} for n, text in enumerate(FORMULAS)]
    make.occurrences(herbarium, rows)
    before = hash_collection(herbarium)
    told = bring_in(export(herbarium, form, tmp_path), herbarium, administrator, capsys)
    assert told["unchanged"] == len(FORMULAS), told
    assert hash_collection(herbarium) == before


def test_a_csv_is_safe_for_spreadsheets_unless_raw_is_wanted(filled, tmp_path):
    safe = rows_of(export(filled, "csv", tmp_path).read_bytes())
    raw = rows_of(export(filled, "csv", tmp_path, "--raw").read_bytes())
    assert (safe[0]["occurrenceRemarks"], raw[0]["occurrenceRemarks"]) == ("'=1+1", "=1+1")
    assert safe[0]["decimalLongitude"] == raw[0]["decimalLongitude"] == "-110.8610"
    with zipfile.ZipFile(export(filled, "dwca", tmp_path)) as archive:
        core = rows_of(archive.read("occurrences.csv"))
    assert core[0]["occurrenceRemarks"] == "=1+1"


def test_an_archive_brings_determinations_and_extensions_along(
    filled, empty, administrator, tmp_path, capsys
):
    file, standing = export(filled, "dwca", tmp_path), children(filled)
    leave_the_portal(filled)
    bring_in(file, empty, administrator, capsys)
    assert children(empty) == standing
    assert len(standing["H 1"]["determinations"]) == 2


def test_a_second_archive_says_what_the_first_one_says(
    filled, empty, administrator, tmp_path, capsys
):
    first = export(filled, "dwca", tmp_path)
    leave_the_portal(filled)
    bring_in(first, empty, administrator, capsys)
    assert tables(export(empty, "dwca", tmp_path)) == tables(first)


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def tables(file):
    """Return {file name: rows without the ids that join them} of an archive."""
    found = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = rows_of(archive.read(name))
                found[name] = [
                    {key: text for key, text in row.items() if key not in ("id", "coreid")}
                    for row in rows
                ]
    return found


def levels(collection):
    return list(collection.occurrences.order_by("catalog_number").values_list("protection"))


def children(collection):
    """Return the rows that belong to each record, by its catalogue number."""
    few = ("scientific_name", "identified_by", "date_identified", "is_current")
    return {
        record.catalog_number: {
            "determinations": list(record.identifications.values_list(*few)),
            "identifiers": [str(each) for each in record.identifiers.all()],
            "extensions": list(record.extension_rows.values_list("row_type", "terms")),
        }
        for record in collection.occurrences.all()
    }
