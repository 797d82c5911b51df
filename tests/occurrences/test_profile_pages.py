"""The pages of import profiles: saved from an import, changed, asked, forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection
from journal.models import Job
from occurrences import profiles
from occurrences.models import ImportProfile, ImportRun
from tests.cast import client_of
from tests.occurrences.importing import bring_in, checked

pytestmark = pytest.mark.django_db

FILE = "catalogNumber,recordedBy,locality\nA-1,L. Gómez,Creek\nA-2,L. Gómez,Creek\n"


@pytest.fixture
def client(administrator: Any) -> Client:
    return client_of(administrator)


@pytest.fixture
def profile(herbarium: Collection, administrator: Any) -> ImportProfile:
    return profiles.save(bring_in(herbarium, administrator, FILE), "Old portal", administrator)


def page_of(profile: ImportProfile) -> str:
    return reverse("occurrences:import_profile", args=[profile.guid])


def settings_of(profile: ImportProfile, **changed: str) -> dict[str, str]:
    names = ("name", "url", "mode", "missing", "schedule")
    return {**{name: getattr(profile, name) for name in names}, **changed}


def test_an_import_is_saved_as_a_profile(
    client: Client, herbarium: Collection, administrator: Any
) -> None:
    run = checked(herbarium, administrator, FILE)
    address = reverse("occurrences:import_profile_new", args=[run.guid])
    answer = client.post(address, {"name": "Old portal"}, follow=True)
    made = ImportProfile.objects.get()
    assert (made.name, made.mapping, made.keys) == ("Old portal", run.mapping, run.keys)
    assert "L. Gómez" not in answer.content.decode()
    assert "3 columns are mapped" in answer.content.decode()
    again = client.post(address, {"name": "old PORTAL"})
    assert again.status_code == 400
    assert ImportProfile.objects.count() == 1


def test_a_schedule_needs_an_address(client: Client, profile: ImportProfile) -> None:
    told = client.post(page_of(profile), settings_of(profile, schedule="daily"))
    assert told.status_code == 400
    url = "https://ipt.example.org/resource?r=herb"
    client.post(page_of(profile), settings_of(profile, schedule="daily", url=url))
    profile.refresh_from_db()
    assert (profile.schedule, profile.kind) == ("daily", "url")
    assert profile.url == "https://ipt.example.org/archive.do?r=herb"


def test_who_sets_a_schedule_is_whom_it_works_for(
    profile: ImportProfile, herbarium: Collection, cast: dict[str, Any], administrator: Any
) -> None:
    ImportProfile.objects.update(user=None)
    profile.refresh_from_db()
    client = client_of(administrator)
    given = settings_of(profile, schedule="weekly", url="https://a.example.org/a.zip")
    client.post(page_of(profile), given)
    profile.refresh_from_db()
    assert profile.user == administrator


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.org/b", "https://u:w@a.org/"])
def test_what_is_no_web_address_is_refused(
    client: Client, profile: ImportProfile, herbarium: Collection, url: str
) -> None:
    told = client.post(page_of(profile), settings_of(profile, url=url))
    assert told.status_code == 400
    fetch = reverse("occurrences:import_fetch", args=[herbarium.guid])
    assert client.post(fetch, {"url": url}).status_code == 400
    assert ImportRun.objects.count() == 1


def test_a_file_by_address_becomes_an_import(client: Client, herbarium: Collection) -> None:
    fetch = reverse("occurrences:import_fetch", args=[herbarium.guid])
    answer = client.post(fetch, {"url": "https://ipt.example.org/resource?r=herb"})
    run = ImportRun.objects.get()
    assert answer["Location"] == run.get_absolute_url()
    assert run.origin == "https://ipt.example.org/archive.do?r=herb"
    job = Job.objects.get(kind="import stage")
    assert job.key == str(run.guid)


def test_refresh_now_is_a_job_and_one_at_a_time(client: Client, profile: ImportProfile) -> None:
    address = reverse("occurrences:import_profile_run", args=[profile.guid])
    client.post(address)
    assert not Job.objects.filter(kind="import refresh").exists(), "it has no address"
    ImportProfile.objects.update(url="https://a.example.org/a.zip", kind="url")
    client.post(address)
    client.post(address)
    (job,) = Job.objects.filter(kind="import refresh")
    assert job.key == str(profile.guid)
    assert "Refresh now" not in client.get(page_of(profile)).content.decode()


def test_what_is_missing_is_shown_with_a_way_to_take_it_out(
    client: Client, profile: ImportProfile, herbarium: Collection
) -> None:
    run = profile.runs.get()
    run.counts = {**run.counts, "missing": 7}
    run.save()
    assert "Take 7 out" in client.get(page_of(profile)).content.decode()
    client.post(reverse("occurrences:import_retire", args=[run.guid]))
    assert Job.objects.filter(kind="import retire", key=str(run.guid)).exists()


def test_a_run_that_waits_says_why(client: Client, profile: ImportProfile) -> None:
    run = profile.runs.get()
    run.state, run.source = "staged", {**run.source, "profile": {"gone": ["Land"], "new": ["Pais"]}}
    run.save()
    page = client.get(page_of(profile)).content.decode()
    assert "Land" in page
    assert "Pais" in page


def test_a_forgotten_profile_leaves_its_imports(
    client: Client, profile: ImportProfile, herbarium: Collection
) -> None:
    client.post(reverse("occurrences:import_profile_delete", args=[profile.guid]))
    assert not ImportProfile.objects.exists()
    assert ImportRun.objects.get().profile is None
    assert herbarium.occurrences.count() == 2
