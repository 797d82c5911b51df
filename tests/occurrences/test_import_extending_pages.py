"""Files that only add to records go the way of all imports, page by page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from occurrences.models import ExtensionRow, ImportRun
from tests import make
from tests.occurrences.test_import_extending import ADDITIONS
from tests.occurrences.test_import_pages import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(administrator, herbarium):
    make.occurrence(herbarium, catalog_number="1", scientific_name="Quercus", country="Peru")
    make.occurrence(herbarium, catalog_number="2", scientific_name="Carex")
    client = Client()
    client.force_login(administrator)
    return client


def uploaded(client, herbarium, text, brings):
    file = SimpleUploadedFile("added.csv", text.encode())
    given = {"file": file, "brings": brings}
    answer = client.post(f"/imports/new/{herbarium.guid}/", given)
    assert answer.status_code == 302, answer.content.decode()
    return work(ImportRun.objects.get(guid=answer["Location"].split("/")[2]))


def as_offered(client, run):
    """Return what the mapping page would send if nothing were changed on it."""
    form = client.get(f"/imports/{run.guid}/mapping/").context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False)}


@pytest.mark.parametrize(("brings", "text"), ADDITIONS)
def test_what_is_offered_on_each_page_leads_to_the_receipt_and_back(
    manager, herbarium, brings, text
):
    run = uploaded(manager, herbarium, text, brings)
    assert (run.state, run.brings) == ("staged", brings), run.refusal
    assert (
        manager.post(f"/imports/{run.guid}/mapping/", as_offered(manager, run)).status_code == 302
    )
    run = work(run)
    assert run.counts["created"] > 0
    page = manager.get(f"/imports/{run.guid}/").content.decode()
    assert "Apply import" in page
    manager.post(f"/imports/{run.guid}/apply/")
    run = work(run)
    assert run.state == "applied"
    assert manager.get(f"/imports/{run.guid}/").status_code == 200
    manager.post(f"/imports/{run.guid}/undo/")


def test_the_mapping_page_says_that_other_columns_keep_their_names(manager, herbarium):
    text = "catalogNumber,measurementType,measurementValue\n1,height,3\n"
    run = uploaded(manager, herbarium, text, "measurements")
    page = manager.get(f"/imports/{run.guid}/mapping/").content.decode()
    assert "under its own name" in page
    assert "Rows: 1<" in page
    assert 'name="mode"' not in page


def test_a_single_column_can_be_left_out(manager, herbarium):
    text = "catalogNumber,measurementType,measurementValue,internal note\n1,height,3,ask Ana\n"
    run = uploaded(manager, herbarium, text, "measurements")
    given = {**as_offered(manager, run), "left3": "on"}
    assert manager.post(f"/imports/{run.guid}/mapping/", given).status_code == 302
    run = work(run)
    manager.post(f"/imports/{run.guid}/apply/")
    assert work(run).state == "applied"
    (row,) = ExtensionRow.objects.all()
    assert row.terms == {"measurementType": "height", "measurementValue": "3"}


def test_a_file_without_a_key_column_is_told_so_before_it_is_checked(manager, herbarium):
    run = uploaded(
        manager, herbarium, "measurementType,measurementValue\nheight,3\n", "measurements"
    )
    answer = manager.post(f"/imports/{run.guid}/mapping/", {"key0": "content", "mode": "update"})
    assert answer.status_code == 400
    assert "Say which column names a record" in answer.content.decode()
