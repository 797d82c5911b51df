"""The progress of a job is for who started it and for administrators of its collection."""

import pytest
from django.utils import timezone

from journal.models import Job
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(herbarium, editor):
    return Job.objects.create(
        kind="undo", key="1", user=editor, collection_id=herbarium.pk, state="running", done=5
    )


def test_only_those_concerned_see_and_stop_it(client, job, cast):
    concerned = {"editor", "administrator"}
    for name, person in cast.items():
        if name == "visitor":
            continue
        client.force_login(person)
        expected = 200 if name in concerned else 404
        assert client.get(f"/jobs/{job.guid}/").status_code == expected, name
        if name not in concerned:
            assert client.post(f"/jobs/{job.guid}/cancel/").status_code == 404, name
    job.refresh_from_db()
    assert not job.cancel_requested


def test_who_lost_his_role_neither_sees_nor_stops_his_job(client, job, editor):
    editor.grants.update(revoked_at=timezone.now())
    client.force_login(editor)
    assert client.get(f"/jobs/{job.guid}/").status_code == 404
    assert client.post(f"/jobs/{job.guid}/cancel/").status_code == 404


def test_htmx_gets_the_part_alone_and_the_page_anew_when_it_is_done(client, job, editor):
    client.force_login(editor)
    part = client.get(f"/jobs/{job.guid}/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode() and f"job-{job.guid}" in part.content.decode()
    assert "HX-Refresh" not in part
    Job.objects.update(state="done")
    part = client.get(f"/jobs/{job.guid}/", headers={"HX-Request": "true"})
    assert part["HX-Refresh"] == "true"
    assert "hx-get" not in part.content.decode()


def test_cancel_asks_a_running_job_to_stop(client, job, editor):
    client.force_login(editor)
    page = client.post(f"/jobs/{job.guid}/cancel/", headers={"HX-Request": "true"})
    job.refresh_from_db()
    assert job.cancel_requested
    assert "stopping" in page.content.decode()
    assert client.get(f"/jobs/{job.guid}/cancel/").status_code == 405


def test_without_scripts_cancel_leads_to_the_jobs_page(client, job, editor):
    client.force_login(editor)
    page = client.post(f"/jobs/{job.guid}/cancel/", follow=True)
    assert page.status_code == 200
    assert "<html" in page.content.decode()


def test_a_job_of_nobody_is_seen_by_administrators_alone(client, herbarium, cast):
    own = Job.objects.create(kind="undo", key="2", collection_id=herbarium.pk)
    other = Job.objects.create(kind="undo", key="3")
    client.force_login(cast["administrator"])
    assert client.get(f"/jobs/{own.guid}/").status_code == 200
    assert client.get(f"/jobs/{other.guid}/").status_code == 404
    client.force_login(make.user())
    assert client.get(f"/jobs/{own.guid}/").status_code == 404
