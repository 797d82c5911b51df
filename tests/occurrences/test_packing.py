"""A package tells where its records are from, and no place that nobody allowed it to tell."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from typing import Any

import pytest

from journal import jobs
from journal.models import Job
from occurrences import copying, imports, offering, origins, packing
from occurrences.models import (
    ClusterMember,
    Occurrence,
    Offer,
    Origin,
    Package,
    PendingName,
)
from occurrences.offering import Recipient
from occurrences.readers import to_darwin_core
from occurrences.restoring import delete
from tests import make
from tests.occurrences import pictures
from tests.occurrences.importing import bring_in, checked
from tests.occurrences.test_downloads_again import ROWS

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(personal_profile: Any, collector: Any) -> Offer:
    """Everything a record can say, for a herbarium outside of the portal."""
    records = make.occurrences(personal_profile, ROWS)
    guids = [each.guid for each in records]
    recipients = [Recipient(Offer.How.COPY, outside="MEXU")]
    return offering.send(collector, personal_profile, guids, recipients).offers.get()


def made(offer: Offer, form: str, *, exact: bool = False) -> Package:
    package = packing.start(offer, offer.sending.user, form, exact=exact)
    jobs.run(package.job.guid)
    package.refresh_from_db()
    assert Job.objects.get(pk=package.job.pk).state == "done", Job.objects.get().error
    return package


def told(package: Package) -> str:
    """Return all that a package says, as one text."""
    data = package.file.open("rb").read()
    if not data.startswith(b"PK"):
        return str(data.decode("utf-8-sig"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def rows(package: Package) -> list[dict[str, str]]:
    data = package.file.open("rb").read()
    if data.startswith(b"PK"):
        data = zipfile.ZipFile(io.BytesIO(data)).read("occurrences.csv")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_a_package_says_who_sent_it_from_where(offer: Offer, form: str, settings: Any) -> None:
    package = made(offer, form)
    first = rows(package)[0]
    record = Occurrence.objects.get(catalog_number="H 1")
    assert first["occurrenceID"] == f"urn:uuid:{record.guid}"
    origin = first["associatedOccurrences"]
    for part in (str(record.guid), "collector", offer.sending.collection.name, settings.SITE_URL):
        assert part in origin
    assert first["otherCatalogNumbers"].startswith("OWN: H 1")
    assert first["catalogNumber"] == ""


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_its_checksum_is_that_of_the_file(offer: Offer, form: str) -> None:
    package = made(offer, form)
    assert hashlib.sha256(package.file.open("rb").read()).hexdigest() == package.sha256


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_exact_places_are_in_it_only_when_that_is_said(offer: Offer, form: str) -> None:
    plain = made(offer, form)
    assert "secret" not in told(plain)
    assert (plain.rows, plain.left_out) == (4, 1)
    exact = made(offer, form, exact=True)
    assert told(exact).count("secret") == 2
    assert (exact.rows, exact.left_out) == (5, 0)


def test_a_record_that_a_new_rule_waits_for_stays_out(offer: Offer) -> None:
    record = Occurrence.objects.get(catalog_number="H 2")
    PendingName.objects.create(name=record.name)
    assert not any("H 2" in row["otherCatalogNumbers"] for row in rows(made(offer, "csv")))


def test_an_archive_holds_determinations_and_links_to_images(offer: Offer) -> None:
    image = pictures.of(Occurrence.objects.get(catalog_number="H 1"), pictures.sheet())
    text = told(made(offer, "dwca"))
    assert "Quercus sp." in text
    assert f"/media/{image.guid}/web/" in text
    abstract = text.partition("<abstract>")[2].partition("</abstract>")[0]
    assert "from Field notes of a collector (OWN)" in abstract


SHEET = {"occurrenceID", "catalogNumber", "otherCatalogNumbers", "associatedOccurrences"}


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_another_portal_reads_the_same_terms_with_their_origin(
    offer: Offer, form: str, herbarium: Any, administrator: Any
) -> None:
    package = made(offer, form, exact=True)
    originals = Occurrence.objects.deletable_by(offer.sending.user).order_by("pk")
    before = {str(each.guid): to_darwin_core(each) for each in originals}
    change_set = make.change_set(within=offer.sending.collection, kind="deletion")
    data = package.file.open("rb").read()
    delete(change_set, list(originals.values_list("pk", flat=True)))
    run = bring_in(herbarium, administrator, data)
    assert run.counts["created"] == len(ROWS) == run.counts["rows"]
    for record in Occurrence.objects.editable_by(administrator).filter(collection=herbarium):
        now = to_darwin_core(record)
        guid = now["occurrenceID"].removeprefix("urn:uuid:")
        same = {name: text for name, text in before[guid].items() if name not in SHEET}
        assert {name: text for name, text in now.items() if name not in SHEET} == same
        assert guid in now["associatedOccurrences"]
        assert "Field notes of a collector" in now["associatedOccurrences"]
        number = before[guid].get("catalogNumber")
        assert f"OWN: {number}" in now["otherCatalogNumbers"]


def elsewhere(offer: Offer, form: str) -> bytes:
    """Return a package, as it comes to a portal that has none of its records."""
    data = made(offer, form).file.open("rb").read()
    originals = Occurrence.objects.deletable_by(offer.sending.user)
    change_set = make.change_set(within=offer.sending.collection, kind="deletion")
    delete(change_set, list(originals.values_list("pk", flat=True)))
    return bytes(data)


@pytest.mark.parametrize("form", ["csv", "dwca"])
def test_another_portal_proposes_copies_that_keep_their_origin(
    offer: Offer, form: str, herbarium: Any, administrator: Any, client: Any
) -> None:
    data = elsewhere(offer, form)
    run = checked(herbarium, administrator, data)
    assert copying.proposed(run, administrator) == 4 == run.counts["sent"]
    client.force_login(administrator)
    page = client.get(run.get_absolute_url()).text
    assert "These records were sent to you from another portal" in page
    run.mode = run.Mode.COPIES
    imports.check(run)
    imports.apply(run)
    copies = Occurrence.objects.editable_by(administrator).filter(collection=herbarium)
    assert {each.occurrence_id for each in copies} == {None}
    for copy in copies:
        (told,) = origins.of_record(copy, administrator)
        assert told.words.startswith("Sent ")
        assert "Field notes of a collector" in told.words
        assert told.words in client.get(copy.get_absolute_url()).text
    again = bring_in(herbarium, administrator, data, mode="copies")
    assert (again.counts["unchanged"], again.change_set) == (4, None)


def test_a_file_with_rows_that_nobody_sent_is_no_package(
    offer: Offer, herbarium: Any, administrator: Any
) -> None:
    text = elsewhere(offer, "csv").decode("utf-8-sig")
    header = next(csv.reader(io.StringIO(text)))
    own = ["other-1" if name == "occurrenceID" else "x" for name in header]
    run = checked(herbarium, administrator, text + ",".join(own) + "\r\n")
    assert copying.proposed(run, administrator) == 0


def test_this_portal_takes_it_in_as_copies_that_know_their_origin(
    offer: Offer, herbarium: Any, administrator: Any
) -> None:
    data = made(offer, "dwca").file.open("rb").read()
    run = bring_in(herbarium, administrator, data, mode="copies")
    assert run.counts["created"] == 4
    original = Occurrence.objects.get(catalog_number="H 1", collection=offer.sending.collection)
    members = ClusterMember.objects.filter(cluster__members__occurrence=original)
    copy = members.exclude(occurrence=original).get().occurrence
    origin = Origin.objects.get(record_guid=copy.guid)
    assert (origin.original_guid, origin.source) == (original.guid, original.collection)
    assert (origin.how, copy.collection) == ("copy", herbarium)


def test_who_may_not_send_makes_no_package(offer: Offer, administrator: Any) -> None:
    package = packing.start(offer, administrator, "csv")
    jobs.run(package.job.guid)
    package.refresh_from_db()
    assert (package.job.state, package.finished_at) == ("failed", None)


def test_the_same_package_again_replaces_the_one_before(offer: Offer) -> None:
    first = made(offer, "csv")
    again = made(offer, "csv")
    assert first.pk == again.pk
    assert Package.objects.count() == 1


def test_a_spreadsheet_runs_nothing_of_it(personal_profile: Any, collector: Any) -> None:
    record = make.occurrence(personal_profile, catalog_number="=1+1", habitat="=HYPERLINK(1)")
    recipients = [Recipient(Offer.How.COPY, outside='"|=cmd')]
    offer = offering.send(collector, personal_profile, [record.guid], recipients).offers.get()
    row = rows(made(offer, "csv"))[0]
    assert row["habitat"] == "'=HYPERLINK(1)"
    assert not any(text.startswith(("=", "+", "@")) for text in row.values())


def test_a_packing_list_tells_what_anybody_may_read(offer: Offer, collector: Any) -> None:
    listed = packing.listed(offer, collector)
    shown = packing.rows(listed)
    assert [each.catalog_number for each in shown] == ["H 1", "H 2", "H 3", "H 5"]
    assert all(each.locality != "secret" for each in shown)
    assert packing.unlisted(offer, listed.count()) == 1
