"""Real files through the import command: what comes in, what is refused, what is taken back."""

import csv
import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from occurrences.models import Identification, ImportRun, Occurrence
from occurrences.readers import hash_collection

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
OUTCOMES = Path(__file__).with_name("broken_outcomes.tsv")
pytestmark = [
    pytest.mark.field,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]

BROKEN = "1-dwca/broken"
ENCODINGS = "2-occurrence-csv/encodings"
SYMBIOTA = "1-dwca/occurrence/symbiota"
ARCHIVE = f"{SYMBIOTA}/SymbOutput_2025-07-11_162752_DwC-A.zip"
MOTHS = f"{SYMBIOTA}/vampire-moths-2018.packed.zip"
WASPS = f"{SYMBIOTA}/gryonoides-seltmann.packed.zip"
HERBARIA = "2-occurrence-csv/other/varp-herbarium/data_set.csv"
SUMMED = "created updated unchanged blocked conflict excluded".split()


def files(folder):
    """Return the paths of a folder's files below FOLDER, in order."""
    found = (FOLDER / folder).rglob("*") if os.environ.get("FIELD_DATA") else ()
    return sorted(str(path.relative_to(FOLDER)) for path in found if path.is_file())


def is_utf_8_table(name):
    path = Path(name)
    return path.name.startswith("utf-8") and path.suffix == ".csv"


@pytest.fixture
def bring_in(herbarium, administrator, capsys):
    """Import a file of the folder; return the JSON the command prints."""

    def importing(name, *options):
        capsys.readouterr()
        command = ["import_occurrences", str(FOLDER / name), "--json", *options]
        call_command(*command, "--collection", herbarium.code, "--user", administrator.username)
        counts = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert counts["rows"] == sum(counts[word] for word in SUMMED)
        return counts

    return importing


@pytest.mark.parametrize(
    ("name", "records"), [(ARCHIVE, 60), (MOTHS, 1336), (WASPS, 1342), (HERBARIA, 1000)]
)
def test_a_file_comes_in_once_and_can_be_taken_back(herbarium, bring_in, name, records):
    before = hash_collection(herbarium)
    first = bring_in(name)
    assert (first["rows"], first["created"]) == (records, records)
    assert Occurrence.objects.count() == records
    written = hash_collection(herbarium)

    second = bring_in(name)
    assert second["unchanged"] == records
    assert second["change_set"] is None
    assert hash_collection(herbarium) == written

    call_command("undo", first["change_set"])
    assert hash_collection(herbarium) == before


def test_every_record_of_the_symbiota_archive_has_one_current_determination(bring_in):
    counts = bring_in(ARCHIVE)
    assert Identification.objects.count() == 91
    current = Identification.objects.filter(is_current=True)
    assert current.count() == current.values("occurrence").distinct().count() == 60
    assert counts["extensions"]["Identification"] == {"rows": 83, "kept": 83, "orphans": 0}
    assert counts["extensions"]["Multimedia"] == {"rows": 76, "kept": 76, "orphans": 0}


def test_the_current_determination_is_what_the_record_says(bring_in):
    bring_in(ARCHIVE)
    for record in Occurrence.objects.prefetch_related("identifications"):
        (current,) = [each for each in record.identifications.all() if each.is_current]
        assert current.scientific_name == record.scientific_name
        assert current.identified_by == record.identified_by
        assert current.date_identified == record.date_identified


def test_dates_of_the_moths_keep_what_is_known_of_them(bring_in):
    bring_in(MOTHS)
    dates = {}
    for record in Occurrence.objects.all():
        dates.setdefault(record.verbatim.get("eventDate"), set()).add(record.event_date)
    assert dates["2008-00-20"] == {"2008"}
    assert all("-00" not in (record.event_date or "") for record in Occurrence.objects.all())
    identified = {
        record.verbatim.get("dateIdentified"): record.date_identified
        for record in Occurrence.objects.all()
    }
    assert identified["000-00-1940"] == "1940"
    assert identified["000-00-0000"] is None


def test_a_type_status_of_none_is_no_type(bring_in):
    bring_in(MOTHS)
    assert Occurrence.objects.filter(verbatim__typeStatus="None").exists()
    assert not Occurrence.objects.filter(type_status__iexact="none").exists()


def test_ranges_and_newlines_of_the_wasps_come_in(bring_in):
    bring_in(WASPS)
    assert Occurrence.objects.filter(event_date__contains="/").exists()
    long = [text for text in Occurrence.objects.values_list("locality", flat=True) if text]
    notes = Occurrence.objects.filter(occurrence_remarks__contains="\n").exists()
    assert notes or any("\n" in text for text in long)


@pytest.mark.parametrize("name", [*filter(is_utf_8_table, files(ENCODINGS))])
def test_a_table_in_utf_8_comes_in(bring_in, name):
    first = bring_in(name)
    assert first["created"] > 0
    given = {row["scientificName"] for row in csv.DictReader(_text(name)) if row["scientificName"]}
    names = set(
        Occurrence.objects.exclude(scientific_name=None).values_list("scientific_name", flat=True)
    )
    assert names and names <= given
    assert bring_in(name)["change_set"] is None


def _text(name):
    return (FOLDER / name).read_text("utf-8-sig").splitlines()


@pytest.mark.parametrize("name", [name for name in files(ENCODINGS) if not is_utf_8_table(name)])
def test_any_other_file_of_the_encodings_is_refused(bring_in, name):
    with pytest.raises(CommandError) as refusal:
        bring_in(name)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(Path(name).name)
    assert not Occurrence.objects.exists()
    assert ImportRun.objects.get().state == "refused"


def outcomes():
    with OUTCOMES.open(newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


@pytest.mark.parametrize("row", outcomes(), ids=lambda row: row["file"])
def test_a_broken_archive_is_refused_or_its_rows_are_accounted_for(herbarium, bring_in, row):
    name = f"{BROKEN}/{row['file']}"
    if row["outcome"] == "refused":
        with pytest.raises(CommandError, match=r"\.$"):
            bring_in(name)
        assert not Occurrence.objects.exists()
        return
    before = hash_collection(herbarium)
    counts = bring_in(name)
    assert f"Occurrence:{counts['rows']}" in row["rows"].split()
    assert Occurrence.objects.count() == counts["created"]
    assert bring_in(name)["change_set"] is None
    call_command("undo", counts["change_set"])
    assert hash_collection(herbarium) == before


def test_every_broken_archive_has_its_outcome():
    assert [f"{BROKEN}/{row['file']}" for row in outcomes()] == files(BROKEN)


def test_a_trial_run_tells_the_same_and_leaves_nothing(bring_in):
    told = bring_in(ARCHIVE, "--dry-run")
    assert told["created"] == 60
    assert not Occurrence.objects.exists()
    assert not ImportRun.objects.exists()


def test_a_herbarium_csv_can_be_joined_by_catalogue_number(bring_in):
    bring_in(HERBARIA)
    assert bring_in(HERBARIA, "--key", "catalogNumber")["created"] == 0
