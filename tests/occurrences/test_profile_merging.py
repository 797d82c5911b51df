"""A duplicate account's profile goes into the one that stays, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from biocollections.models import Collection, Grant, Role
from journal import jobs
from journal.jobs import LeaseLost, Refused
from journal.models import Change, ChangeSet, Job
from journal.undo import undo
from occurrences import offering, profile_merging
from occurrences.models import Identifier, Occurrence, Offer, Origin, SavedSearch
from occurrences.offering import Recipient
from tests import make
from tests.cast import client_of
from tests.occurrences.importing import bring_in

pytestmark = pytest.mark.django_db

PERSONAL = Collection.Type.PERSONAL


class Twins:
    """Somebody with two accounts, each with a profile, and an assistant in one of them."""

    def __init__(self) -> None:
        self.old, self.new, self.assistant = make.user("old"), make.user("new"), make.user("helper")
        self.source = make.collection("OBS-A", administrator=self.old, type=PERSONAL)
        self.target = make.collection("OBS-B", administrator=self.new, type=PERSONAL)
        self.curator = make.user("curator")
        self.herbarium = make.collection("ARIZ", administrator=self.curator)
        make.grant(self.assistant, Role.EDITOR, self.source)
        make.occurrence(self.target, catalog_number="1", locality="Theirs")
        self.records = make.occurrences(
            self.source,
            [{"catalog_number": "1"}, {"catalog_number": "2"}, {"record_number": "3"}],
        )

    def offer(self, *records: Occurrence) -> Any:
        guids = [record.guid for record in records]
        to = [Recipient("transfer", self.herbarium)]
        return offering.send(self.old, self.source, guids, to).offers.get()


@pytest.fixture
def twins(db: None) -> Twins:
    return Twins()


def _merge(twins: Twins, by: Any) -> Job:
    job = profile_merging.merge(by, twins.source, twins.target, "two accounts")
    jobs.run(job.guid)
    return Job.objects.get(pk=job.pk)


def test_all_records_move_with_their_numbers_where_these_are_free(
    twins: Twins, portal_admin: Any
) -> None:
    job = _merge(twins, portal_admin)
    assert (job.state, job.result["records"]) == ("done", 3)
    assert not Occurrence.objects.filter(collection=twins.source).exists()
    first, second, third = (Occurrence.objects.get(guid=each.guid) for each in twins.records)
    assert [each.catalog_number for each in (first, second, third)] == [None, "2", None]
    assert Identifier.objects.get(occurrence=first).value == "1"
    assert not Origin.objects.exists()


def test_a_file_that_he_imports_again_finds_its_records(twins: Twins, portal_admin: Any) -> None:
    file = "id,recordedBy,locality\n{0}7,Gómez,Ridge\n{0}8,Gómez,Creek\n"
    for profile, user in ((twins.source, twins.old), (twins.target, twins.new)):
        bring_in(profile, user, file.format(1 if user == twins.old else 2), keys=["sourceID"])
    both = bring_in(twins.source, twins.old, file.format(2), keys=["sourceID"])
    assert both.counts["created"] == 2
    _merge(twins, portal_admin)
    again = bring_in(twins.target, twins.new, file.format(1), keys=["sourceID"])
    assert (again.counts["unchanged"], again.change_set) == (2, None)
    found = bring_in(twins.target, twins.new, file.format(2), keys=["sourceID"])
    assert (found.counts["unchanged"], found.counts["conflict"]) == (2, 0)
    (change_set,) = profile_merging.merged()
    undo(change_set, portal_admin)
    home = Occurrence.objects.filter(collection=twins.source).exclude(source_id=None)
    assert {each.source_id for each in home} == {"17", "18", "27", "28"}


def test_assistants_come_along_and_the_emptied_profile_is_closed(
    twins: Twins, portal_admin: Any
) -> None:
    _merge(twins, portal_admin)
    assert Collection.objects.editable_by(twins.assistant).get() == twins.target
    assert not Grant.objects.valid().filter(collection=twins.source).exists()
    twins.source.refresh_from_db()
    assert (twins.source.is_public, twins.source.accepts_transfers) == (False, False)
    assert not Collection.objects.managed_by(twins.old).exists()
    assert Collection.objects.managed_by(twins.new).get() == twins.target


def test_an_open_offer_goes_on_from_the_profile_that_stays(twins: Twins, portal_admin: Any) -> None:
    key = twins.offer(twins.records[1]).pk
    _merge(twins, portal_admin)
    jobs.run(offering.accept(twins.curator, Offer.objects.get(pk=key)).guid)
    moved = Occurrence.objects.get(guid=twins.records[1].guid)
    assert moved.collection == twins.herbarium


def test_what_was_given_away_before_stays_his(twins: Twins, portal_admin: Any) -> None:
    offer = twins.offer(twins.records[2])
    jobs.run(offering.accept(twins.curator, offer).guid)
    _merge(twins, portal_admin)
    origin = Origin.objects.get()
    assert (origin.source, origin.giver) == (twins.target, twins.new)


def test_saved_searches_come_along_and_ask_in_the_other_profile(
    twins: Twins, portal_admin: Any
) -> None:
    query = "within=OBS-A&group=1&field=locality&operator=filled&value="
    for person, name in ((twins.old, "no place"), (twins.new, "no place")):
        collection = twins.source if person == twins.old else None
        SavedSearch.objects.create(person=person, name=name, query=query, collection=collection)
    _merge(twins, portal_admin)
    came = SavedSearch.objects.get(person=twins.new, name="no place (2)")
    assert came.collection == twins.target
    assert came.query.startswith("within=OBS-B&group=1")


def test_undo_brings_all_of_it_back(twins: Twins, portal_admin: Any) -> None:
    offer = twins.offer(twins.records[1])
    SavedSearch.objects.create(person=twins.old, name="mine", query="q=oak")
    _merge(twins, portal_admin)
    (change_set,) = profile_merging.merged()
    back = undo(change_set, portal_admin)
    assert back.conflicts == []
    home = Occurrence.objects.filter(collection=twins.source).order_by("pk")
    assert [each.catalog_number for each in home] == ["1", "2", None]
    assert Collection.objects.managed_by(twins.old).get() == twins.source
    assert Collection.objects.editable_by(twins.assistant).get() == twins.source
    twins.source.refresh_from_db()
    offer.sending.refresh_from_db()
    assert twins.source.is_public
    assert (offer.sending.collection, offer.sending.user) == (twins.source, twins.old)
    assert SavedSearch.objects.get().person == twins.old
    undo(back, portal_admin)
    assert Occurrence.objects.filter(collection=twins.target).count() == 4
    assert not Collection.objects.managed_by(twins.old).exists()


def test_the_history_of_a_merge_tells_what_came_along(twins: Twins, portal_admin: Any) -> None:
    twins.offer(twins.records[1])
    _merge(twins, portal_admin)
    (change_set,) = profile_merging.merged()
    address = reverse("occurrences:change_set", args=[change_set.guid])
    page = client_of(portal_admin).get(address).content.decode()
    assert "Profile closed" in page and "Sendings" in page
    assert twins.source.name in page


def test_a_merge_that_was_cut_off_goes_on_to_the_same_end(
    twins: Twins, portal_admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_merging, "CHUNK", 1)
    job = profile_merging.merge(portal_admin, twins.source, twins.target, "two accounts")
    with pytest.raises(LeaseLost):  # nobody has claimed it: it ends after a chunk
        profile_merging.merge_job(jobs.Progress(Job.objects.get(pk=job.pk)))
    assert Occurrence.objects.filter(collection=twins.source).count() == 2
    jobs.run(job.guid)
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.result["records"]) == ("done", 3)
    assert ChangeSet.objects.filter(kind=ChangeSet.Kind.TRANSFER).count() == 1
    closed = Change.objects.filter(kind=profile_merging.KIND, before__table="collection")
    assert closed.count() == 1


def test_only_portal_admins_merge_and_undo_it(twins: Twins, portal_admin: Any) -> None:
    for person in (twins.old, twins.new, twins.curator):
        with pytest.raises(PermissionDenied):
            profile_merging.merge(person, twins.source, twins.target, "mine")
    job = profile_merging.merge(portal_admin, twins.source, twins.target, "two accounts")
    Grant.objects.filter(user=portal_admin).delete()
    jobs.run(job.guid)
    assert Job.objects.get(pk=job.pk).state == "failed"
    assert Occurrence.objects.filter(collection=twins.source).count() == 3
    make.grant(portal_admin, Role.PORTAL_ADMIN)
    _merge(twins, portal_admin)
    (change_set,) = profile_merging.merged()
    answer = client_of(twins.new).post(reverse("occurrences:undo", args=[change_set.guid]))
    assert answer.status_code == 403
    assert not Occurrence.objects.filter(collection=twins.source).exists()


def test_what_is_no_duplicate_is_not_merged(twins: Twins, portal_admin: Any) -> None:
    for source, target in (
        (twins.source, twins.source),
        (twins.source, twins.herbarium),
        (twins.herbarium, twins.target),
    ):
        with pytest.raises(Refused):
            profile_merging.merge(portal_admin, source, target, "x")
    to = [Recipient("transfer", twins.target)]
    offering.send(twins.old, twins.source, [twins.records[0].guid], to)
    with pytest.raises(Refused):
        profile_merging.merge(portal_admin, twins.source, twins.target, "x")


def test_the_page_shows_what_goes_along_before_it_is_done(
    twins: Twins, portal_admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "wake", lambda job: None)
    client, address = client_of(portal_admin), reverse("occurrences:profile_merge")
    page = client.get(address, {"source": "old", "target": "obs-b"}).content.decode()
    assert "Collection OBS-A goes into Collection OBS-B" in page
    assert not Job.objects.filter(kind=profile_merging.JOB).exists()
    form = {"source": "OBS-A", "target": "OBS-B", "reason": "two accounts"}
    assert client.post(address, form).status_code == 302
    job = Job.objects.get(kind=profile_merging.JOB)
    assert client.get(address, {"job": job.guid}).status_code == 200
    jobs.run(job.guid)
    assert "two accounts" in client.get(address).content.decode()
