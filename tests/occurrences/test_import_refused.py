"""A file that was refused can be read in another way, where that may help."""

import pytest
from django.test import Client

from occurrences.models import ImportRun
from tests import make
from tests.occurrences.test_import_pages import upload, work

pytestmark = pytest.mark.django_db

# The first row is made of words alone, as a header is; no column of it is known.
NAMELESS = "Ures,Gómez\nCaborca,Muller\nÁlamos,Felger\n"


@pytest.fixture
def manager(administrator):
    client = Client()
    client.force_login(administrator)
    return client


def shown(client, run):
    return client.get(f"/imports/{run.guid}/", follow=True).content.decode()


def read_again(client, run, **how):
    answer = client.post(f"/imports/{run.guid}/reading/", how)
    assert answer.status_code == 302
    return work(ImportRun.objects.get(pk=run.pk))


def test_a_file_that_only_looks_like_it_had_a_header_can_be_read_without(manager, herbarium):
    run = work(upload(manager, herbarium, NAMELESS))
    assert (run.state, run.source["refused"]) == ("refused", "NO_OCCURRENCE_TABLE")
    page = shown(manager, run)
    assert f"/imports/{run.guid}/reading/" in page and "is a record already" in page

    run = read_again(manager, run, header="no")
    assert (run.state, run.refusal, run.counts["rows"]) == ("staged", "", 3)
    assert "Or have it read in another way" not in shown(manager, run)


def test_a_wrong_word_about_the_letters_can_be_taken_back(manager, herbarium):
    run = work(upload(manager, herbarium, "catalogNumber,locality\n1,Ures\n"))
    run = read_again(manager, run, delimiter="|")
    assert run.state == "refused"
    assert 'name="delimiter"' in shown(manager, run)
    run = read_again(manager, run, delimiter="")
    assert (run.state, run.counts["rows"]) == ("staged", 1)


def test_no_other_way_is_offered_where_none_would_help(manager, herbarium):
    run = work(upload(manager, herbarium, b"PK\x03\x04 is no archive", "records.zip"))
    assert run.state == "refused"
    assert "/reading/" not in shown(manager, run)


def test_a_refused_file_can_not_be_read_again_by_who_only_looks_through_it(manager, herbarium):
    stranger = make.user()
    run = work(upload(manager, herbarium, NAMELESS))
    ImportRun.objects.filter(pk=run.pk).update(reviewer=stranger)
    client = Client()
    client.force_login(stranger)
    assert client.post(f"/imports/{run.guid}/reading/", {"header": "no"}).status_code == 404
    assert "/reading/" not in client.get(f"/imports/{run.guid}/").content.decode()


def test_a_table_whose_columns_nobody_knows_can_be_mapped_by_hand(manager, herbarium):
    run = work(upload(manager, herbarium, "Spalte A,Spalte B\nUres,7\nCaborca,8\n"))
    assert run.source["refused"] == "NO_OCCURRENCE_TABLE"
    assert 'name="anyway"' in shown(manager, run)
    run = read_again(manager, run, anyway="on")
    assert (run.state, run.counts["rows"]) == ("staged", 2)
    columns = {"column0": "locality", "column1": "recordNumber"}
    chosen = {**columns, "key0": "content", "mode": "update"}
    assert manager.post(f"/imports/{run.guid}/mapping/", chosen).status_code == 302
    assert work(run).counts["created"] == 2


def test_a_list_of_names_is_sent_to_the_checklists(manager, herbarium):
    text = "taxonID,scientificName,taxonomicStatus\n1,Quercus,accepted\n2,Quercus alba,accepted\n"
    run = work(upload(manager, herbarium, text))
    assert run.source["refused"] == "TABLE_OF_NAMES"
    assert "checklist" in run.refusal
