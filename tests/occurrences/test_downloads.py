"""Files to take away: everything is in them, exactly, for those who may, and for nobody else."""

import csv
import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from darwincore import terms
from journal import jobs
from journal.models import Job
from occurrences import downloads
from occurrences.models import Download
from tests import make

pytestmark = pytest.mark.django_db

MULTIMEDIA = terms.MULTIMEDIA_ROW
FULL = {
    "catalog_number": "H 1",
    "recorded_by": "Gómez, L.",
    "locality": 'first line\nsays "near, Imuris"',
    "decimal_latitude": "33.10",
    "decimal_longitude": "-110.8610",
    "event_date": "1932-07-14",
    "cultivation_status": False,
    "occurrence_remarks": "=1+1",
    "identified_by": "Muller",
    "identification_remarks": "fruit examined",
    "identifiers": [("Accession", "2026-014"), ("", "old 7")],
    "identifications": [{"scientific_name": "Quercus sp.", "identified_by": "Gómez"}],
    "extension_rows": [(MULTIMEDIA, {"identifier": "1.jpg", "title": "a, b"})],
}


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Jobs wait until a test does them."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def extract(collection, user=None, **options):
    stream = io.BytesIO()
    rows = downloads.write_csv(collection, user, stream, **options)
    assert stream.getvalue().startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline="")))
    assert len(found) == rows
    return found


def archive(collection, user=None):
    """Return {file: rows as dictionaries} of the collection's archive."""
    stream = io.BytesIO()
    downloads.write_dwca(collection, user, stream)
    with zipfile.ZipFile(stream) as whole:
        assert whole.testzip() is None
        return {
            name: list(csv.DictReader(io.StringIO(whole.read(name).decode(), newline="")))
            for name in whole.namelist()
            if name.endswith(".csv")
        } | {"meta.xml": whole.read("meta.xml").decode(), "eml.xml": whole.read("eml.xml").decode()}


def test_an_extract_holds_the_values_as_they_are(herbarium):
    record = make.occurrence(herbarium, **FULL)
    (row,) = extract(herbarium)
    assert row["recordedBy"] == "Gómez, L."
    assert row["locality"] == 'first line\nsays "near, Imuris"'
    assert (row["decimalLatitude"], row["year"]) == ("33.10", "1932")
    assert row["cultivationStatus"] == "false"
    assert row["occurrenceRemarks"] == "'=1+1"  # no formula; an import takes the mark away
    assert row["otherCatalogNumbers"] == "Accession: 2026-014 | old 7"
    assert (row["scientificName"], row["identifiedBy"]) == ("Quercus emoryi", "Muller")
    assert row["occurrenceID"] == f"urn:uuid:{record.guid}"


def test_an_extract_has_every_term_once_what_one_looks_for_first(herbarium):
    make.occurrence(herbarium)
    header = list(extract(herbarium)[0])
    assert header[:2] == ["occurrenceID", "catalogNumber"]
    assert sorted(header) == sorted(term.name for term in terms.TERMS)


@pytest.mark.parametrize("security", ["1", "5"])
def test_a_manager_gets_exact_places_and_the_security_that_hides_them(
    herbarium, administrator, security
):
    make.occurrence(herbarium, **FULL, record_security=int(security), security_reason="rare cactus")
    for user in (None, administrator):
        (row,) = extract(herbarium, user)
        assert row["locality"] == FULL["locality"]
        assert (row["recordSecurity"], row["securityReason"]) == (security, "rare cactus")
        assert row["informationWithheld"] == ""
        files = archive(herbarium, user)
        remarks = {each["identificationRemarks"] for each in files["identifications.csv"]}
        assert "fruit examined" in remarks
        assert files["multimedia.csv"][0]["identifier"] == "1.jpg"


def test_who_may_not_read_the_place_would_get_none(herbarium, stranger):
    make.occurrence(herbarium, **FULL, record_security=1)
    make.occurrence(herbarium, **FULL, record_security=5)
    (row,) = extract(herbarium, stranger)
    assert (row["locality"], row["decimalLatitude"], row["eventDate"]) == ("", "", "")
    files = archive(herbarium, stranger)
    assert not any(each["identificationRemarks"] for each in files["identifications.csv"])
    assert files["multimedia.csv"] == []
    assert len(files["occurrences.csv"]) == 1


def test_an_archive_holds_determinations_identifiers_and_extensions(herbarium):
    record = make.occurrence(herbarium, **FULL)
    files = archive(herbarium)
    (core,) = files["occurrences.csv"]
    assert core["id"] == str(record.guid)
    current, earlier = files["identifications.csv"]
    assert (current["scientificName"], current["identificationIsCurrent"]) == (
        "Quercus emoryi",
        "1",
    )
    assert (earlier["scientificName"], earlier["identificationIsCurrent"]) == ("Quercus sp.", "0")
    assert {each["coreid"] for each in files["identifications.csv"]} == {str(record.guid)}
    assert [(each["title"], each["identifier"]) for each in files["identifiers.csv"]] == [
        ("Accession", "2026-014"),
        ("", "old 7"),
    ]
    assert files["multimedia.csv"] == [
        {"coreid": str(record.guid), "identifier": "1.jpg", "title": "a, b"}
    ]
    assert f'rowType="{MULTIMEDIA}"' in files["meta.xml"]
    assert "Herbarium of the cast" in files["eml.xml"]


def test_records_are_written_in_sets_each_once(herbarium, other_herbarium, monkeypatch):
    monkeypatch.setattr(downloads, "CHUNK", 2)
    make.occurrences(herbarium, [{"catalog_number": str(number)} for number in range(5)])
    make.occurrence(other_herbarium, catalog_number="foreign")
    told = []
    rows = extract(herbarium, report=told.append)
    assert [row["catalogNumber"] for row in rows] == list("01234")
    assert told == [2, 4, 5]


def test_an_empty_collection_is_a_header(herbarium):
    assert extract(herbarium) == []
    assert archive(herbarium)["occurrences.csv"] == []


def test_row_types_of_the_same_name_get_files_of_their_own(herbarium):
    make.occurrence(
        herbarium,
        extension_rows=[
            ("http://a.example/Thing", {"x": "1"}),
            ("http://b.example/Thing", {"x": "2"}),
        ],
    )
    files = archive(herbarium)
    assert files["thing.csv"][0]["x"] == "1"
    assert files["thing2.csv"][0]["x"] == "2"


# --- pages ------------------------------------------------------------------------------------


def order(client, collection, form="csv"):
    return client.post(f"/downloads/new/{collection.guid}/", {"format": form})


@pytest.mark.parametrize(
    ("form", "ending", "media_type"),
    [("csv", ".csv", "text/csv; charset=utf-8"), ("dwca", "_DwC-A.zip", "application/zip")],
)
def test_a_manager_downloads_the_collection(
    client, herbarium, administrator, form, ending, media_type
):
    make.occurrence(herbarium, **FULL)
    client.force_login(administrator)
    page = client.get(order(client, herbarium, form).url)
    download = Download.objects.get()
    assert f'id="job-{download.job.guid}"' in page.content.decode()
    jobs.run(download.job.guid)
    download.refresh_from_db()
    assert download.rows == 1
    page = client.get(download.get_absolute_url())
    assert f"/downloads/{download.guid}/file/" in page.content.decode()
    answer = client.get(f"/downloads/{download.guid}/file/")
    content = b"".join(answer.streaming_content)
    assert (b"Imuris" in content) == (form == "csv")
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"].startswith('attachment; filename="HERB_')
    assert answer["Content-Disposition"].endswith(f'{ending}"')
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_nobody_but_a_manager_has_a_file_made(client, herbarium, cast):
    expected = dict.fromkeys(cast, 403) | {"visitor": 302, "administrator": 302}
    for name, person in cast.items():
        client.logout()
        if name != "visitor":
            client.force_login(person)
        assert order(client, herbarium).status_code == expected[name], name
    assert Download.objects.get().user == cast["administrator"]


def test_nobody_but_its_owner_gets_the_file(client, herbarium, cast):
    make.occurrence(herbarium, **FULL)
    download = downloads.start(herbarium, cast["administrator"], "csv")
    jobs.run(download.job.guid)
    second = make.user("second administrator")
    make.grant(second, "administrator", herbarium)
    for name, person in {**cast, "second": second}.items():
        client.logout()
        if name != "visitor":
            client.force_login(person)
        expected = {"visitor": 302, "administrator": 200}.get(name, 404)
        for where in (download.get_absolute_url(), f"/downloads/{download.guid}/file/"):
            assert client.get(where).status_code == expected, name


def test_who_is_administrator_no_more_gets_no_file(client, herbarium, administrator):
    download = downloads.start(herbarium, administrator, "csv")
    jobs.run(download.job.guid)
    administrator.grants.all().delete()
    client.force_login(administrator)
    assert client.get(f"/downloads/{download.guid}/file/").status_code == 404
    late = Download.objects.create(user=administrator, collection=herbarium, format="csv")
    job = jobs.run_here("download", late.guid, administrator)
    assert (job.state, "has ended" in job.error) == (Job.State.FAILED, True)


def test_a_new_file_takes_the_place_of_the_old_one(herbarium, administrator):
    old = downloads.start(herbarium, administrator, "csv")
    jobs.run(old.job.guid)
    old.refresh_from_db()
    storage, name = old.file.storage, old.file.name
    assert storage.exists(name)
    downloads.start(herbarium, administrator, "dwca")
    assert storage.exists(name)
    downloads.start(herbarium, administrator, "csv")
    assert not storage.exists(name)
    assert Download.objects.filter(format="csv").count() == 1


def test_a_file_that_is_being_made_is_waited_for(herbarium, administrator):
    first = downloads.start(herbarium, administrator, "csv")
    assert downloads.start(herbarium, administrator, "csv") == first
    assert downloads.start(herbarium, administrator, "dwca") != first


def test_making_it_again_after_a_crash_gives_one_file(herbarium, administrator):
    download = downloads.start(herbarium, administrator, "csv")
    jobs.run(download.job.guid)
    download.refresh_from_db()
    first = download.file.name
    jobs.run_here("download", download.guid, administrator)
    download.refresh_from_db()
    assert download.file.storage.exists(download.file.name)
    assert first == download.file.name or not download.file.storage.exists(first)


def test_no_unknown_format_is_made(client, herbarium, administrator):
    client.force_login(administrator)
    assert order(client, herbarium, "exe").status_code == 400
    assert not Download.objects.exists()


# --- commands ---------------------------------------------------------------------------------


def run(capsys, *arguments):
    """Return the JSON object on the last line of a command's output."""
    call_command(*arguments, "--json")
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_the_operators_backup_is_written_whole(herbarium, tmp_path, capsys, form):
    make.occurrence(herbarium, **FULL, record_security=5)
    file = tmp_path / "backup"
    told = run(capsys, "export_collection", "HERB", "--format", form, "--output", str(file))
    assert (told["rows"], told["file"]) == (1, str(file))
    assert told["seconds"] >= 0
    content = file.read_bytes()
    assert b"Imuris" in content if form == "csv" else zipfile.is_zipfile(file)
    assert [each.name for each in tmp_path.iterdir()] == ["backup"]


def test_the_hash_of_a_collection_is_told(herbarium, capsys):
    make.occurrence(herbarium)
    told = run(capsys, "hash_collection", "HERB")
    assert (told["collection"], told["records"], len(told["hash"])) == ("HERB", 1, 64)


def test_undo_by_command_tells_counts_and_conflicts(herbarium, capsys):
    record = make.occurrence(herbarium, locality="Imuris", habitat="oak")
    done = make.edit(record, locality="Nogales", habitat="pine")
    make.edit(record, locality="Magdalena")
    told = run(capsys, "undo", str(done.guid))
    assert told["conflicts"] == [{"record": str(record.guid), "fields": ["locality"]}]
    assert told["counts"] == {"reverted": 1}
    assert told["change_set"] == str(done.undone_by.get().guid)


@pytest.mark.parametrize(
    "arguments",
    [
        ["hash_collection", "NONE"],
        ["export_collection", "NONE", "--format", "csv", "--output", "x.csv"],
        ["export_collection", "HERB", "--format", "csv", "--output", "no/such/folder/x.csv"],
        ["undo", "no-guid"],
        ["undo", "01a1fbd8-1029-7d14-b4de-94660f803693"],
    ],
)
def test_a_command_that_cant_says_so_in_a_line(herbarium, arguments):
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments)
    assert str(refusal.value) and "\n" not in str(refusal.value)


def test_undoing_twice_by_command_is_refused(herbarium):
    done = make.edit(make.occurrence(herbarium), locality="Nogales")
    call_command("undo", str(done.guid))
    with pytest.raises(CommandError, match="already undone"):
        call_command("undo", str(done.guid))
