"""The page on which a file's columns get their meaning, and the one that takes the file."""

import re

import pytest

from occurrences.models import ImportRun, Occurrence
from tests.occurrences.test_import_pages import check, manager, mapped, shown, upload, work

__all__ = ["manager"]
pytestmark = pytest.mark.django_db


def test_what_a_column_means_may_be_typed_as_a_label_or_as_a_term(manager, herbarium):
    run = work(upload(manager, herbarium))
    check(manager, run, column2="Additional identifier: Old", column4="SCIENTIFICNAME")
    assert [entry["term"] for entry in run.mapping][2:5:2] == ["identifier:Old", "scientificName"]


def test_the_values_and_the_meaning_stand_beside_each_column(manager, herbarium):
    run = work(upload(manager, herbarium))
    text = shown(manager, run)
    assert "H-1 H-2 H-3" in text
    assert "Who collected or observed it" in text


LOT = "Accession Number,Collector,Locality\nA-1,L. Gómez,Ures\nA-1,L. Gómez,Caborca\n"


def test_an_accession_number_is_asked_about_and_not_guessed(manager, herbarium):
    run = work(upload(manager, herbarium, LOT))
    where = f"/imports/{run.guid}/mapping/"
    page = manager.get(where)
    assert "What are these numbers?" in page.content.decode()
    as_it_stands = {**mapped(page), "key0": "content"}
    refused = manager.post(where, as_it_stands)
    assert refused.status_code == 400 and b"Say what these numbers are." in refused.content
    assert manager.post(where, {**as_it_stands, "answer0": "identifier:Lot"}).status_code == 302
    assert work(run).mapping[0] == {"column": "Accession Number", "term": "identifier:Lot"}


def test_what_every_row_says_comes_into_every_record(manager, herbarium):
    run = work(upload(manager, herbarium))
    where = f"/imports/{run.guid}/mapping/"
    lone = manager.post(where, {**mapped(manager.get(where)), "constant_text0": "Mexico"})
    assert lone.status_code == 400 and b"Say which term this is." in lone.content
    check(manager, run, constant_term0="Country", constant_text0="Mexico")
    assert run.constants == {"country": "Mexico"}
    manager.post(f"/imports/{run.guid}/apply/")
    work(run)
    assert set(Occurrence.objects.values_list("country", flat=True)) == {"Mexico"}


def test_columns_that_are_left_can_all_be_kept(manager, herbarium):
    run = work(upload(manager, herbarium, "catalogNumber,country,Soil,Empty\nH-1,Mexico,sand,\n"))
    check(manager, run, keep_rest="on")
    assert [entry["term"] for entry in run.mapping] == ["catalogNumber", "country", "kept", ""]
    manager.post(f"/imports/{run.guid}/apply/")
    work(run)
    assert Occurrence.objects.get().dynamic_properties == '{"Soil": "sand"}'


DATED = "catalogNumber,Collector,Date\nH-1,L. Gómez,3/4/1932\nH-2,L. Gómez,5/6/1932\n"


@pytest.mark.parametrize(("said", "date"), [("yes", "1932-04-03"), ("no", "1932-03-04")])
def test_the_order_of_day_and_month_can_be_said_of_a_column(manager, herbarium, said, date):
    run = work(upload(manager, herbarium, DATED))
    assert "day or month may come first" in shown(manager, run)
    check(manager, run, day_first2=said)
    manager.post(f"/imports/{run.guid}/apply/")
    work(run)
    assert Occurrence.objects.get(catalog_number="H-1").event_date == date


def test_keys_are_kept_in_the_order_a_person_sets(manager, herbarium):
    run = work(upload(manager, herbarium, "occurrenceID,catalogNumber,country\nx,H-1,Mexico\n"))
    check(manager, run, key0="catalogNumber", key1="occurrenceID", key2="catalogNumber")
    assert run.keys == ["catalogNumber", "occurrenceID"]


NAMELESS = "H-0001,L. Gómez,1932-06-18,30.71,-112.2\nH-0002,L. Gómez,1932-06-19,30.72,-112.3\n"


def test_a_file_can_be_read_again_in_another_way(manager, herbarium):
    run = work(upload(manager, herbarium, NAMELESS))
    assert run.counts["rows"] == 2 and "How the file was read" in shown(manager, run)
    manager.post(f"/imports/{run.guid}/reading/", {"header": "yes"})
    assert work(run).reading == {"header": True}
    assert run.state == "refused" and "H-0001" in run.refusal


def test_rows_can_be_pasted(manager, herbarium):
    where = f"/imports/new/{herbarium.guid}/"
    rows = "Catalog Number\tCollector\nH-1\tL. Gómez\n"
    answer = manager.post(where, {"rows": rows})
    run = work(ImportRun.objects.get(guid=answer["Location"].split("/")[2]))
    assert run.counts["rows"] == 1 and run.mapping[1]["term"] == "recordedBy"


def test_a_letter_to_the_help_desk_begins_with_the_import(manager, herbarium, settings):
    settings.HELP_DESK = "help@example.org"
    run = work(upload(manager, herbarium))
    page = manager.get(f"/imports/{run.guid}/mapping/").content.decode()
    letter = re.search(r'href="(/contact/\?about=[^"]*)"', page)[1]
    assert f"/imports/{run.guid}/" in manager.get(letter).content.decode()
    outside = manager.get("/contact/?about=https://elsewhere.example/")
    assert "elsewhere.example" not in outside.content.decode()
