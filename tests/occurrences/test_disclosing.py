"""Exact places taken away by a grant: for whom, how it is noted, when the file closes."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from accounts import leaving
from biocollections import granting
from biocollections.models import Role
from journal import jobs
from occurrences import downloads, imports
from occurrences.models import Download, DownloadLog
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Jobs wait until a test does them."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


@pytest.fixture
def records(herbarium):
    return {
        "cactus": protected(herbarium, "Cereus planus", "behind the hill"),
        "oak": protected(herbarium, "Quercus alba", "in the wood"),
        "whole": protected(herbarium, "Cereus occultus", "nowhere", record_security=5),
        "open": make.occurrence(herbarium, catalog_number="O", locality="at the road"),
    }


def protected(collection, name, locality, record_security=1):
    return make.occurrence(
        collection,
        catalog_number=name,
        scientific_name=name,
        locality=locality,
        decimal_latitude="31.123456",
        decimal_longitude="-110.123456",
        record_security=record_security,
    )


def reading(person, collection, by, **scope):
    return granting.grant(
        person,
        Role.PROTECTED_DATA_READER,
        collection,
        by=by,
        reason="a red list",
        until=timezone.localdate() + timedelta(days=30),
        scope=scope,
    )


def take(person, collection, purpose="the red list"):
    """Have the file made; return the answer to fetching it."""
    address = reverse("occurrences:exact", args=[collection.guid])
    answer = client_of(person).post(address, {"purpose": purpose})
    if answer.status_code == 302:
        jobs.run(Download.objects.get(user=person, collection=collection).job.guid)
        return fetch(person)
    return answer


def fetch(person):
    download = Download.objects.get(user=person, format="exact")
    return client_of(person).get(reverse("occurrences:download_file", args=[download.guid]))


def members(answer):
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def rows(files):
    [text] = [text for name, text in files.items() if name.endswith(".csv")]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_holds_the_protected_records_of_the_grant_exactly_and_no_others(
    stranger, administrator, herbarium, other_herbarium, records
):
    """AC-R9: a file holds what its reader may read."""
    protected(other_herbarium, "Cereus planus", "beyond the river")
    reading(stranger, herbarium, administrator, taxa=["Cereus"])
    [row] = rows(members(take(stranger, herbarium)))
    assert (row["catalogNumber"], row["locality"]) == ("Cereus planus", "behind the hill")
    assert row["decimalLatitude"] == "31.123456"


def test_an_unlimited_reader_takes_all_but_what_is_hidden_whole(
    stranger, administrator, herbarium, records
):
    """AC-R9."""
    reading(stranger, herbarium, administrator)
    found = {row["catalogNumber"] for row in rows(members(take(stranger, herbarium)))}
    assert found == {"Cereus planus", "Quercus alba"}


def test_a_download_is_noted_and_the_file_carries_its_identifier(
    stranger, administrator, herbarium, records
):
    grant = reading(stranger, herbarium, administrator, taxa=["Cereus"])
    files = members(take(stranger, herbarium, "counting hills"))
    log = DownloadLog.objects.get()
    assert (log.user, log.collection, log.purpose) == (stranger, herbarium, "counting hills")
    assert (log.records, list(log.grants.all()), log.fetched) == (1, [grant], 1)
    assert all(str(log.guid) in name for name in files)
    [readme] = [text for name, text in files.items() if name.startswith("README")]
    assert str(log.guid) in readme and str(grant.guid) in readme and "counting hills" in readme
    page = client_of(administrator).get(reverse("occurrences:exact_log", args=[herbarium.guid]))
    assert str(log.guid) in page.content.decode() and "counting hills" in page.content.decode()
    assert b"counting hills" in b"".join(
        _bytes(leaving.export(stranger), "downloads_of_exact_places.json")
    )


def _bytes(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield archive.read(name)


def test_a_second_file_takes_the_place_of_the_first_and_both_stay_noted(
    stranger, administrator, herbarium, records
):
    reading(stranger, herbarium, administrator)
    take(stranger, herbarium)
    take(stranger, herbarium)
    assert Download.objects.count() == 1 and DownloadLog.objects.count() == 2


def test_the_csv_is_imported_as_it_is(stranger, administrator, herbarium, records):
    reading(stranger, herbarium, administrator)
    files = members(take(stranger, herbarium))
    [(name, text)] = [(name, text) for name, text in files.items() if name.endswith(".csv")]
    run = imports.receive(herbarium, administrator, ContentFile(text.encode()), name)
    imports.stage(run)
    imports.check(run)
    assert run.counts["unchanged"] == 2
    assert run.counts.get("blocked", 0) == run.counts.get("conflict", 0) == 0


def test_without_a_grant_there_is_no_file(
    stranger, editor, administrator, portal_admin, herbarium, records
):
    for person in (stranger, editor, administrator, portal_admin):
        assert take(person, herbarium).status_code == 403
    assert not DownloadLog.objects.exists()


def test_a_purpose_is_needed(stranger, administrator, herbarium, records):
    reading(stranger, herbarium, administrator)
    assert take(stranger, herbarium, " ").status_code == 200
    assert not Download.objects.exists()


def test_a_file_closes_when_its_grant_is_revoked_ends_or_is_altered(
    stranger, administrator, herbarium, records
):
    grant = reading(stranger, herbarium, administrator)
    assert take(stranger, herbarium).status_code == 200
    granting.change(
        grant, by=administrator, reason="less", until=grant.last_day, scope={"taxa": ["Quercus"]}
    )
    assert fetch(stranger).status_code == 404
    assert len(rows(members(take(stranger, herbarium)))) == 1
    granting.revoke(grant, by=administrator)
    assert fetch(stranger).status_code == 404


def test_an_expired_grant_closes_the_file(stranger, administrator, herbarium, records):
    grant = reading(stranger, herbarium, administrator)
    assert take(stranger, herbarium).status_code == 200
    past = timezone.now() - timedelta(days=1)
    type(grant).objects.filter(pk=grant.pk).update(
        valid_from=past - timedelta(days=1), valid_until=past
    )
    assert fetch(stranger).status_code == 404


def test_a_grant_that_ends_before_the_job_leaves_no_file(
    stranger, administrator, herbarium, records
):
    grant = reading(stranger, herbarium, administrator)
    address = reverse("occurrences:exact", args=[herbarium.guid])
    client_of(stranger).post(address, {"purpose": "the red list"})
    granting.revoke(grant, by=administrator)
    download = Download.objects.get()
    jobs.run(download.job.guid)
    download.refresh_from_db()
    assert not download.file and DownloadLog.objects.get().records is None
    assert "has ended" in str(download.job.__class__.objects.get(pk=download.job.pk).error)


def test_nobody_else_fetches_the_file(
    stranger, reader, administrator, portal_admin, herbarium, records
):
    reading(stranger, herbarium, administrator)
    take(stranger, herbarium)
    address = reverse("occurrences:download_file", args=[Download.objects.get().guid])
    for person in (reader, administrator, portal_admin):
        assert client_of(person).get(address).status_code == 404


def test_exact_places_are_no_backup(administrator, herbarium, records):
    """The administrator's door makes backups alone; it does not get around the log."""
    address = reverse("occurrences:download_new", args=[herbarium.guid])
    assert client_of(administrator).post(address, {"format": "exact"}).status_code == 400
    assert set(downloads.WRITERS) == {"csv", "dwca"}


def test_files_go_with_the_account_and_the_log_stays(
    stranger, administrator, herbarium, records, django_capture_on_commit_callbacks
):
    reading(stranger, herbarium, administrator)
    take(stranger, herbarium)
    file = Download.objects.get().file
    with django_capture_on_commit_callbacks(execute=True):
        leaving.leave(stranger)
    assert not file.storage.exists(file.name) and not Download.objects.exists()
    assert DownloadLog.objects.get().records == 2
