"""How a file is read: what is found is kept with its run, and a person's word goes first."""

import json
import zipfile

import pytest

from darwincore.extensions import MEASUREMENT_ROW
from darwincore.terms import AUDUBON_ROW, DWC
from occurrences import imports
from occurrences.models import ImportRun
from tests.darwincore.pack import zipped
from tests.darwincore.sheets import cell, row, sheet, xlsx
from tests.occurrences.importing import received
from tests.occurrences.test_downloads_again import bring_in, export

pytestmark = pytest.mark.django_db
TEXT = "catalogNumber,locality,eventDate\n" + "".join(
    f"A-{at},RÃ\xado,{at % 28 + 1:02}/07/1998\n" for at in range(30)
)


def staged(herbarium, administrator, content, name="", **reading):
    run = received(herbarium, administrator, content, name)
    run.reading = reading
    imports.stage(run)
    assert run.state == ImportRun.State.STAGED, run.refusal
    run.refresh_from_db()
    return run


def cells_of(run):
    return [json.loads(each.cells) for each in run.rows.order_by("number")]


def test_what_was_found_is_kept_with_the_run(herbarium, administrator):
    run = staged(herbarium, administrator, TEXT)
    assert run.source["found"]["delimiter"]["chosen"] == ","
    assert run.source["found"]["mojibake"]["cells"] == 30
    evidence = run.source["tables"][0]["evidence"]
    assert evidence["2"]["day_first"]["chosen"] is True
    assert evidence["1"]["mojibake"]["samples"] == [["RÃ\xado", "Río"]]


def test_decisions_are_followed_when_the_file_is_read_again(herbarium, administrator):
    run = staged(herbarium, administrator, TEXT, repair=[1])
    assert {cells[1] for cells in cells_of(run)} == {"Río"}
    run.reading = {"header": False}
    imports.stage(run)
    assert cells_of(run)[0] == ["catalogNumber", "locality", "eventDate"]
    assert run.source["tables"][0]["headers"] == ["Column 1", "Column 2", "Column 3"]
    assert run.counts["rows"] == 31


def test_table_without_a_header_waits_for_its_columns_to_be_named(herbarium, administrator):
    run = staged(herbarium, administrator, "12,Perú\n13,Chile\n")
    assert run.counts["rows"] == 2
    assert run.source["found"]["header"]["chosen"] is False


def test_spreadsheet_becomes_records(herbarium, administrator, tmp_path):
    path = xlsx(
        tmp_path / "a.xlsx",
        {
            "Notes": sheet(row(1, "Nothing here")),
            "Sheet": sheet(
                row(1, "catalogNumber", "eventDate", "locality"),
                row(2, "A-1", cell("B2", "32875", "n", 1), "Río\nGrande"),
            ),
        },
    )
    run = staged(herbarium, administrator, path.read_bytes(), "a.xlsx")
    assert cells_of(run) == [["A-1", "1990-01-02", "Río\nGrande"]]
    imports.check(run)
    imports.apply(run)
    record = herbarium.occurrences.get()
    assert (record.catalog_number, record.event_date) == ("A-1", "1990-01-02")


def test_chosen_sheet_is_the_one_that_is_read(herbarium, administrator, tmp_path):
    sheets = {
        name: sheet(row(1, "catalogNumber", "locality"), row(2, name, "x")) for name in ("A", "B")
    }
    content = xlsx(tmp_path / "a.xlsx", sheets).read_bytes()
    run = staged(herbarium, administrator, content, "a.xlsx", sheet="B")
    assert cells_of(run) == [["B", "x"]]


EVENTS = {
    "event.csv": "eventID,eventDate,locality\nV1,1998-05-03,Lake\n",
    "occurrence.csv": "eventID,occurrenceID,catalogNumber\nV1,o1,A-1\nV1,o2,A-2\n",
    "measurementorfact.csv": "eventID,measurementType,measurementValue\nV1,wind,2\n",
    "audubon.csv": "eventID,occurrenceID,accessURI\nV1,o2,https://example.org/2.jpg\n",
}


def test_facts_about_events_come_in_and_leave_under_their_own_addresses(
    herbarium, administrator, tmp_path, capsys
):
    path = zipped(tmp_path / "events.zip", EVENTS)
    assert bring_in(path, herbarium, administrator, capsys)["created"] == 2
    records = herbarium.occurrences.order_by("catalog_number")
    assert {(each.event_date, each.locality) for each in records} == {("1998-05-03", "Lake")}
    kept = [sorted(each.extension_rows.values_list("row_type", flat=True)) for each in records]
    assert kept == [[MEASUREMENT_ROW], sorted([MEASUREMENT_ROW, AUDUBON_ROW])]
    taken = export(herbarium, "dwca", tmp_path)
    with zipfile.ZipFile(taken) as archive:
        meta = archive.read("meta.xml").decode()
    assert f'term="{DWC}measurementType"' in meta
    assert 'term="http://rs.tdwg.org/ac/terms/accessURI"' in meta
    assert bring_in(taken, herbarium, administrator, capsys)["unchanged"] == 2
