"""The pages of checklists: read by all who are signed in, changed by taxonomy editors."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from journal import jobs
from journal.models import Job
from taxonomy import checklists, releases
from taxonomy.models import BlockedUsage, Checklist
from tests.cast import client_of
from tests.taxonomy.listing import listed
from tests.taxonomy.test_checklists import OAKS, loaded

pytestmark = pytest.mark.django_db
ROWS = [{"id": "1", "name": "Quercus alba", "author": "L."}]


@pytest.fixture(autouse=True)
def still(monkeypatch, settings, tmp_path):
    """No worker is woken, and files stay here."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def test_anybody_signed_in_sees_the_list_without_links_to_change(stranger):
    listed("Oaks", ROWS)
    page = client_of(stranger).get(reverse("taxonomy:checklists"))
    assert page.status_code == 200
    assert "Oaks" in page.content.decode()
    assert reverse("taxonomy:checklist_new") not in page.content.decode()


def test_only_editors_of_taxa_open_or_load_one(stranger):
    made = listed("Oaks", ROWS)
    client = client_of(stranger)
    assert client.get(made.get_absolute_url()).status_code == 403
    assert client.post(reverse("taxonomy:checklist_new")).status_code == 403
    assert client.post(reverse("taxonomy:checklist_discard", args=[made.guid])).status_code == 403


def test_an_upload_shows_its_progress_then_its_receipt(taxonomist):
    client = client_of(taxonomist)
    file = SimpleUploadedFile("oaks.csv", OAKS.encode())
    answer = client.post(
        reverse("taxonomy:checklist_new"), {"file": file, "source": "Oaks", "kingdom": "Plantae"}
    )
    made = Checklist.objects.get()
    assert answer.url == made.get_absolute_url()
    assert "Loading the checklist" in client.get(answer.url).content.decode()
    jobs.run(Job.objects.get(kind="load checklist").guid)
    page = client.get(answer.url).content.decode()
    assert "in use" in page
    assert "Loading the checklist" not in page


def test_an_upload_without_a_file_says_so(taxonomist):
    answer = client_of(taxonomist).post(reverse("taxonomy:checklist_new"), {"source": "Oaks"})
    assert answer.status_code == 400
    assert "Choose a file first." in answer.content.decode()


def test_rows_that_were_not_taken_are_filtered_and_handed_over(taxonomist):
    oaks = loaded(OAKS + 'x,nowhere,,=Aus,,genus\ny,g,,Quercus odda,,"-odd"\n')
    client = client_of(taxonomist)
    page = client.get(oaks.get_absolute_url()).content.decode()
    assert "nowhere" in page
    assert "Quercus odda" in page
    page = client.get(oaks.get_absolute_url() + "?reason=unknown-rank").content.decode()
    assert "nowhere" not in page
    assert "Quercus odda" in page
    url = reverse("taxonomy:checklist_blocked", args=[oaks.guid])
    lines = b"".join(client.get(url)).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "parent is not in the file" in lines[1] + lines[2]
    assert "'-odd" in lines[1] + lines[2]


def test_many_rows_come_page_by_page(taxonomist):
    oaks = loaded(OAKS)
    BlockedUsage.objects.bulk_create(
        BlockedUsage(checklist=oaks, code="cycle", text=f"Aus {number}") for number in range(60)
    )
    oaks.counts["blocked_by"] = {"cycle": 60}
    oaks.save()
    client = client_of(taxonomist)
    first = client.get(oaks.get_absolute_url() + "?reason=cycle")
    assert "Aus 49" in first.content.decode()
    assert "Aus 50" not in first.content.decode()
    second = client.get(oaks.get_absolute_url() + first.context["next_url"].partition("#")[0])
    assert "Aus 59" in second.content.decode()


def test_a_release_is_compared_then_put_in_use(taxonomist):
    listed("Oaks", ROWS)
    new = listed("New", [*ROWS, {"id": "2", "name": "Quercus rubra", "author": "L."}])
    Checklist.objects.filter(pk=new.pk).update(source="Oaks", state="ready")
    client = client_of(taxonomist)
    difference = reverse("taxonomy:checklist_difference", args=[new.guid])
    assert client.post(reverse("taxonomy:checklist_compare", args=[new.guid])).url == difference
    jobs.run(Job.objects.get(kind=releases.JOB).guid)
    assert "Quercus rubra L." in client.get(difference).content.decode()
    client.post(reverse("taxonomy:checklist_use", args=[new.guid]))
    assert checklists.current("Oaks") == new


def test_a_long_difference_is_glanced_at_and_shown_on_request(taxonomist):
    new = listed("Oaks", [{"id": str(n), "name": f"Quercus no{n:02}"} for n in range(30)])
    Checklist.objects.filter(pk=new.pk).update(state="ready")
    jobs.run_here(releases.JOB, new.guid, taxonomist)
    client = client_of(taxonomist)
    difference = reverse("taxonomy:checklist_difference", args=[new.guid])
    page = client.get(difference).content.decode()
    assert "Quercus no19" in page
    assert "Quercus no20" not in page
    assert "Quercus no29" in client.get(difference + "?kind=new").content.decode()


def test_a_release_in_use_is_not_removed(taxonomist):
    oaks = loaded(OAKS)
    url = reverse("taxonomy:checklist_discard", args=[oaks.guid])
    page = client_of(taxonomist).post(url, follow=True).content.decode()
    assert "This checklist is in use." in page
    assert Checklist.objects.filter(pk=oaks.pk).exists()


def test_a_file_that_cannot_be_read_says_why_and_can_be_removed(taxonomist):
    made = Checklist.objects.create(source="Oaks", state="failed", error="It is a web page.")
    client = client_of(taxonomist)
    assert "It is a web page." in client.get(made.get_absolute_url()).content.decode()
    client.post(reverse("taxonomy:checklist_discard", args=[made.guid]))
    assert not Checklist.objects.exists()
