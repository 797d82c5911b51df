"""A page never says of work that ended while it was made that it was cut off or never begun."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import imports
from occurrences.models import ImportRun, Occurrence
from tests import make
from tests.cast import client_of
from tests.meanwhile import at_every_moment
from tests.occurrences.importing import checked, received
from tests.taxonomy.test_checklists import OAKS

pytestmark = pytest.mark.django_db

TABLE = "Catalog Number,Locality\nH-1,Caborca\nH-2,Ures\n"
FOLLOWS = 'http-equiv="refresh"'


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """No worker is woken."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def test_of_a_file_being_read_the_page_follows_on_or_is_the_mapping(herbarium, administrator):
    run = received(herbarium, administrator, TABLE)
    job = jobs.start("import stage", run.guid, administrator, herbarium.pk)
    client = client_of(administrator)
    for page in at_every_moment(job, lambda: client.get(run.get_absolute_url())):
        assert "mapping" in page.headers.get("Location", "") or FOLLOWS in page.content.decode()


def test_of_rows_being_checked_the_page_follows_on_or_is_the_review(herbarium, administrator):
    run = received(herbarium, administrator, TABLE)
    imports.stage(run)
    job = jobs.start("import check", run.guid, administrator, herbarium.pk)
    client = client_of(administrator)
    for page in at_every_moment(job, lambda: client.get(run.get_absolute_url())):
        text = page.content.decode()
        assert "Apply import: 2 new" in text or FOLLOWS in text


def test_of_rows_being_written_the_page_follows_on_or_is_the_receipt(herbarium, administrator):
    run = checked(herbarium, administrator, TABLE)
    job = jobs.start("import apply", run.guid, administrator, herbarium.pk)
    client = client_of(administrator)
    for page in at_every_moment(job, lambda: client.get(run.get_absolute_url())):
        text = page.content.decode()
        assert "Undo this import" in text or FOLLOWS in text
    assert ImportRun.objects.get().state != "undone"


def test_what_is_being_taken_back_is_not_offered_to_be_taken_back(herbarium, administrator):
    make.occurrence(herbarium)
    done = ChangeSet.objects.get()
    job = jobs.start("undo", done.guid, administrator, herbarium.pk)
    client = client_of(administrator)
    for page in at_every_moment(job, lambda: client.get(f"/changes/{done.guid}/")):
        text = page.content.decode()
        assert f'action="/changes/{done.guid}/undo/"' not in text
        assert "This was taken back:" in text or FOLLOWS in text
    assert Occurrence.objects.exists()


def test_of_a_checklist_being_loaded_the_page_follows_on_or_is_the_receipt(
    taxonomist, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client = client_of(taxonomist)
    file = SimpleUploadedFile("oaks.csv", OAKS.encode())
    given = {"file": file, "source": "Oaks", "kingdom": "Plantae"}
    address = client.post(reverse("taxonomy:checklist_new"), given).url
    for page in at_every_moment(Job.objects.get(), lambda: client.get(address)):
        text = page.content.decode()
        assert "Load again" not in text
        assert "in use" in text or FOLLOWS in text
