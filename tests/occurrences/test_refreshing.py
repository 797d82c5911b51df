"""A collection brought up to date from the source of an import profile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Notice
from biocollections.models import Collection, Grant
from darwincore import retrieving
from journal.jobs import run_here
from journal.models import ChangeSet, Job
from journal.undo import undo
from occurrences import fetching, imports, profiles, refreshing
from occurrences.models import DeletedOccurrence, ImportProfile, ImportRun, Occurrence, Origin
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import bring_in

pytestmark = pytest.mark.django_db

HEAD = "catalogNumber,recordedBy,country,locality"
State = ImportRun.State


def table(*numbers: int, head: str = HEAD, **cells: str) -> str:
    """Return a file with a row a number; cells: the locality of a number, as n5="Dry creek"."""
    rows = [f"A-{n},L. Gómez,Mexico,{cells.get(f'n{n}', 'Creek')}" for n in numbers]
    return "\n".join([head, *rows, ""])


class Source:
    """A web address whose file a test writes."""

    def __init__(self) -> None:
        self.text = ""
        self.trouble: retrieving.NotFetched | None = None
        self.asked: list[str] = []

    def retrieve(self, url: str, into: Any, *_limits: Any) -> retrieving.Fetched:
        self.asked.append(url)
        if self.trouble:
            raise self.trouble
        into.write(self.text.encode())
        return retrieving.Fetched(url, "records.csv", len(self.text.encode()), "text/csv")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    made = Source()
    monkeypatch.setattr(retrieving, "retrieve", made.retrieve)
    return made


@pytest.fixture
def manager() -> Any:
    return make.user("manager")


@pytest.fixture
def herbarium(manager: Any) -> Collection:
    return make.collection("SNAP", administrator=manager, management="snapshot")


@pytest.fixture
def profile(herbarium: Collection, manager: Any, source: Source) -> ImportProfile:
    """A source of ten records that has been brought in once."""
    run = fetching.order(herbarium, manager, "https://source.example.org/records.csv")
    source.text = table(*range(1, 11))
    fetching.fetch(run)
    imports.stage(run)
    imports.check(run)
    imports.apply(run)
    assert run.counts["created"] == 10
    return profiles.save(run, "The old portal", manager)


def refresh(profile: ImportProfile, by: Any) -> tuple[Job, ImportRun]:
    job = run_here("import refresh", profile.guid, by, profile.collection_id)
    run = profile.runs.first()
    assert run
    return job, run


def numbers(within: Collection) -> set[str]:
    found = Occurrence.objects.filter(collection=within).values_list("catalog_number", flat=True)
    return {str(number) for number in found}


def test_a_refresh_says_what_is_new_changed_unchanged_and_missing(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    source.text = table(*range(2, 13), n3="Wet creek")
    job, run = refresh(profile, manager)
    assert job.state == Job.State.DONE, job.error
    words = ("created", "updated", "unchanged", "missing")
    assert [run.counts[word] for word in words] == [2, 1, 8, 1]
    assert len(numbers(herbarium)) == 12, "what is missing stays, unless the profile says otherwise"
    (notice,) = Notice.objects.filter(kind=refreshing.REFRESHED)
    assert notice.words["missing"] == 1
    assert run.origin == "https://source.example.org/records.csv"


def test_a_source_without_news_writes_nothing(profile: ImportProfile, manager: Any) -> None:
    before = hash_collection(profile.collection)
    _job, run = refresh(profile, manager)
    assert (run.counts["unchanged"], run.change_set) == (10, None)
    assert hash_collection(profile.collection) == before


def test_what_is_missing_is_taken_out_and_can_be_brought_back(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    ImportProfile.objects.update(missing="retire")
    before = hash_collection(herbarium)
    source.text = table(*range(2, 11))
    _job, run = refresh(profile, manager)
    assert run.counts["retired"] == 1
    assert "A-1" not in numbers(herbarium)
    assert DeletedOccurrence.objects.count() == 1
    deletion = ChangeSet.objects.get(guid=run.counts["retired_by"])
    assert (deletion.kind, deletion.user) == ("deletion", manager)
    undo(deletion, manager)
    assert hash_collection(herbarium) == before


def test_a_fifth_is_taken_out_and_more_waits_for_a_person(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    ImportProfile.objects.update(missing="retire")
    source.text = table(*range(4, 11))
    _job, run = refresh(profile, manager)
    assert (run.state, run.counts["waits"], run.counts["missing"]) == (State.CHECKED, "missing", 3)
    assert len(numbers(herbarium)) == 10
    assert Notice.objects.filter(kind=refreshing.WAITS, person=manager).count() == 1
    source.text = table(*range(3, 11))
    _job, run = refresh(profile, manager)
    assert (run.state, run.counts["retired"]) == (State.APPLIED, 2)


def test_too_many_rows_that_cannot_come_in_wait_for_a_person(
    profile: ImportProfile, source: Source, manager: Any
) -> None:
    again = [f"A-{n},L. Gómez,Mexico,Creek" for n in (1, 2, 3)]
    source.text = table(*range(1, 11)) + "\n".join([*again, ""])
    _job, run = refresh(profile, manager)
    assert (run.state, run.counts["waits"], run.counts["blocked"]) == (State.CHECKED, "blocked", 3)


def test_a_row_that_cannot_come_in_is_not_missing(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    make.occurrence(herbarium, catalog_number="A-1")  # typed: two records for one row now
    ImportProfile.objects.update(missing="retire")
    source.text = table(*range(1, 11), n1="Wet creek")
    _job, run = refresh(profile, manager)
    assert run.counts["conflict"] == 1
    assert (run.counts["missing"], run.counts["retired"]) == (0, 0)


def test_records_by_transfer_and_typed_ones_are_never_missing(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    make.occurrence(herbarium, catalog_number="TYPED-1")
    come = Occurrence.objects.get(catalog_number="A-1")
    Origin.objects.create(
        record_guid=come.guid,
        source=make.collection("ELSE"),
        change_set=make.change_set(manager, herbarium, kind="transfer"),
    )
    ImportProfile.objects.update(missing="retire")
    source.text = table(*range(3, 11))
    _job, run = refresh(profile, manager)
    assert (run.counts["missing"], run.counts["retired"]) == (1, 1)
    assert {"A-1", "TYPED-1"} <= numbers(herbarium)


def test_another_profiles_records_are_not_missing(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    profiles.save(bring_in(herbarium, manager, table(50, 51)), "Another", manager)
    _job, run = refresh(profile, manager)
    assert run.counts["missing"] == 0


def test_changed_columns_wait_and_are_named(
    profile: ImportProfile, source: Source, manager: Any
) -> None:
    source.text = table(*range(1, 11), head="catalogNumber,recordedBy,Land,locality")
    _job, run = refresh(profile, manager)
    assert run.state == State.STAGED
    assert profiles.changed_headers(run) == {"gone": ["country"], "new": ["Land"]}


def test_a_profile_maps_what_nobody_would_guess(
    herbarium: Collection, manager: Any, source: Source
) -> None:
    run = imports.receive(
        herbarium, manager, ContentFile(b"catalogNumber,recordedBy,zz\n1,G,Creek\n"), "a.csv"
    )
    imports.stage(run)
    run.mapping[2]["term"], run.mode, run.keys = "locality", "fill", ["catalogNumber"]
    run.save()
    profile = profiles.save(run, "Odd", manager)
    other = imports.receive(
        herbarium, manager, ContentFile(b"zz,catalogNumber,recordedBy\nPond,2,G\n"), "b.csv"
    )
    profiles.use(profile, other)
    imports.stage(other)
    assert [entry["term"] for entry in other.mapping] == ["locality", "catalogNumber", "recordedBy"]
    assert (other.mode, other.keys, other.profile) == ("fill", ["catalogNumber"], profile)
    assert profiles.changed_headers(other) == {}
    assert profiles.named(herbarium, "odd") == profile


def test_a_source_out_of_reach_is_told(
    profile: ImportProfile, source: Source, manager: Any
) -> None:
    source.trouble = retrieving.NotFetched("STATUS", host="a.org", status=404, reason="Not Found")
    job, _run = refresh(profile, manager)
    assert job.state == Job.State.FAILED
    assert "404" in job.error
    (notice,) = Notice.objects.filter(kind=refreshing.FAILED)
    assert "404" in notice.words["reason"]


def test_a_refresh_cut_off_goes_on_with_its_run(
    profile: ImportProfile, source: Source, manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.text = table(*range(1, 12))
    apply = imports.apply
    monkeypatch.setattr(imports, "apply", lambda *_given: 1 / 0)
    job, run = refresh(profile, manager)
    assert (job.state, run.state) == (Job.State.FAILED, State.CHECKED)
    monkeypatch.setattr(imports, "apply", apply)
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    refreshing.jobs.run(job.guid)
    run.refresh_from_db()
    assert (run.state, run.counts["created"]) == (State.APPLIED, 1)
    assert profile.runs.count() == 2, "the first import, and this one"
    assert len(source.asked) == 2


def test_the_schedule_asks_when_its_time_has_come(
    profile: ImportProfile, herbarium: Collection, manager: Any
) -> None:
    now = timezone.now()
    assert refreshing.start_due() == 0
    profile.schedule, profile.last_asked_at = "weekly", now - timedelta(days=6)
    profile.save()
    assert refreshing.start_due() == 0
    ImportProfile.objects.update(last_asked_at=now - timedelta(days=7, minutes=1))
    assert refreshing.start_due() == 1
    job = Job.objects.get(kind="import refresh")
    assert (job.user, job.key) == (manager, str(profile.guid))
    assert refreshing.start_due() == 0, "it has just been asked"


def test_a_schedule_stops_with_the_right_of_its_person(
    profile: ImportProfile, herbarium: Collection, manager: Any
) -> None:
    profile.schedule = "daily"
    profile.save()
    other = make.user("successor")
    make.grant(other, "administrator", herbarium)
    Grant.objects.filter(user=manager).delete()
    refreshing.start_due()
    profile.refresh_from_db()
    assert profile.schedule == ""
    assert not Job.objects.filter(kind="import refresh").exists()
    (notice,) = Notice.objects.all()
    assert (notice.kind, notice.person) == (refreshing.STOPPED, other)


def test_who_lost_the_right_refreshes_nothing(
    profile: ImportProfile, source: Source, manager: Any, herbarium: Collection
) -> None:
    source.text = table(*range(1, 20))
    Grant.objects.filter(user=manager).delete()
    job, _run = refresh(profile, manager)
    assert job.state == Job.State.FAILED
    assert len(numbers(herbarium)) == 10
