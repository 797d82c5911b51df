"""The life of an uploaded file: every row accounted for, nothing written twice."""

from contextlib import contextmanager

import pytest
from django.utils import timezone

from journal import jobs, undo
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import imports, judging, staging
from occurrences.models import ImportRun, Occurrence
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import bring_in, checked, received

pytestmark = pytest.mark.django_db

THREE = "occurrenceID,catalogNumber,country\na-1,1,Mexico\na-2,2,Peru\na-3,3,Chile\n"
SUMMED = ("created", "updated", "unchanged", "blocked", "conflict", "excluded")


def outcome(run, line):
    return run.outcomes.get(line=line)


def countries(collection):
    found = Occurrence.objects.filter(collection=collection).order_by("catalog_number")
    return [record.country for record in found]


def test_every_row_is_accounted_for(herbarium, administrator):
    bring_in(herbarium, administrator, "catalogNumber,country\n1,Mexico\n2,Peru\n")
    rows = "1,Mexico", "2,Ecuador", "3,Chile", "3,Cuba", ",Haiti", '5,Peru,"too, much"', "6,,"
    run = bring_in(herbarium, administrator, "catalogNumber,country\n" + "\n".join(rows))
    assert run.counts["rows"] == 7 == sum(run.counts[word] for word in SUMMED)
    assert [run.counts[word] for word in SUMMED] == [3, 1, 1, 2, 0, 0]
    assert Occurrence.objects.count() == 5


def test_a_second_import_of_the_same_file_writes_nothing(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    before, change_sets = hash_collection(herbarium), ChangeSet.objects.count()
    run = bring_in(herbarium, administrator, THREE)
    assert run.counts["unchanged"] == 3
    assert run.state == ImportRun.State.APPLIED
    assert run.change_set is None
    assert ChangeSet.objects.count() == change_sets
    assert hash_collection(herbarium) == before


@pytest.mark.parametrize(
    "text",
    [
        THREE,
        "catalogNumber,country\n1,Mexico\n2,Peru\n3,Chile\n",
        "id,country,locality\nk1,Mexico,Ridge\nk2,Peru,Slope\nk3,Chile,Beach\n",
        "country,locality\nMexico,Ridge\nMexico,Ridge\nChile,Beach\n",
    ],
)
def test_unchanged_rows_are_known_without_being_read(herbarium, administrator, monkeypatch, text):
    bring_in(herbarium, administrator, text)
    judged = []
    monkeypatch.setattr(judging.Judge, "outcomes", lambda *given: judged.append(given) or iter(()))
    run = checked(herbarium, administrator, text)
    assert (run.counts["unchanged"], judged) == (3, [])
    assert [outcome.target_version for outcome in run.outcomes.all()] == [1, 1, 1]


def test_an_unchanged_row_is_read_again_when_its_record_was_edited(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    make.edit(Occurrence.objects.get(catalog_number="2"), country="Ecuador")
    run = checked(herbarium, administrator, THREE)
    assert (run.counts["unchanged"], run.counts["updated"]) == (2, 1)
    assert outcome(run, 3).differences == {"country": ["Ecuador", "Peru"]}


def test_undo_brings_the_collection_back(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    before = hash_collection(herbarium)
    run = bring_in(herbarium, administrator, THREE.replace("Peru", "Bolivia") + "a-4,4,Cuba\n")
    assert hash_collection(herbarium) != before
    undo.undo(run.change_set, administrator)
    assert hash_collection(herbarium) == before


def test_of_two_rows_with_one_key_the_second_is_blocked_and_names_the_first(
    herbarium, administrator
):
    run = bring_in(herbarium, administrator, THREE + "a-2,9,Cuba\n")
    blocked = outcome(run, 5)
    assert blocked.action == "blocked"
    assert "Line 3" in blocked.reason
    assert ["DUPLICATE_KEY", "occurrenceID", "a-2"] in blocked.issues
    assert countries(herbarium) == ["Mexico", "Peru", "Chile"]


def test_a_row_with_a_blank_key_is_known_again_by_its_content(herbarium, administrator):
    text = THREE + ",4,Cuba\n"
    run = bring_in(herbarium, administrator, text)
    assert run.counts["created"] == 4
    assert run.counts["issues"]["BLANK_ID"] == 1
    assert bring_in(herbarium, administrator, text).counts["unchanged"] == 4


def test_rows_without_any_key_are_told_apart_by_their_repetition(herbarium, administrator):
    text = "recordedBy,eventDate\nGómez,1932\nGómez,1932\nMuller,1933\n"
    run = bring_in(herbarium, administrator, text)
    assert run.key == "content"
    assert run.counts["created"] == 3
    more = bring_in(herbarium, administrator, text + "Gómez,1932\n")
    assert (more.counts["unchanged"], more.counts["created"]) == (3, 1)


def test_an_archive_s_own_key_and_symbiota_s_numbers_are_remembered(herbarium, administrator):
    text = "id,occid,dbpk,catalogNumber,country\nk-1,77,old 5,1,Mexico\n"
    bring_in(herbarium, administrator, text)
    record = Occurrence.objects.get()
    assert (record.source_id, record.legacy_id) == ("k-1", 77)
    assert [str(each) for each in record.identifiers.all()] == ["dbpk: old 5"]


def test_a_row_may_name_a_record_by_the_guid_this_portal_gave_it(herbarium, administrator):
    record = make.occurrence(herbarium, country="Mexico")
    text = f"occurrenceID,country\nurn:uuid:{record.guid},Peru\n"
    run = bring_in(herbarium, administrator, text)
    assert run.counts["updated"] == 1
    record.refresh_from_db()
    assert (record.country, record.occurrence_id) == ("Peru", None)


def test_records_of_another_collection_are_never_meant(herbarium, administrator, other_herbarium):
    make.occurrence(other_herbarium, occurrence_id="a-1", country="Mexico")
    before = hash_collection(other_herbarium)
    run = bring_in(herbarium, administrator, THREE.replace("Mexico", "Cuba"))
    assert (run.counts["created"], run.counts["blocked"]) == (2, 1)
    assert hash_collection(other_herbarium) == before
    assert outcome(run, 2).issues == [["OCCURRENCE_ID_ELSEWHERE", "occurrenceID", "a-1"]]
    assert "another collection" in outcome(run, 2).reason
    assert outcome(run, 3).issues is None


def test_nobody_learns_of_records_he_may_not_see(herbarium, administrator, other_herbarium):
    make.occurrence(other_herbarium, occurrence_id="a-1", record_security=5)
    make.grant(administrator, "editor", other_herbarium)  # he may, but the review is for others too
    run = checked(herbarium, administrator, THREE)
    assert outcome(run, 2).issues is None


def test_a_key_that_means_two_records_is_a_conflict(herbarium, administrator):
    for _each in range(2):
        make.occurrence(herbarium, catalog_number="1", country="Cuba")
    run = bring_in(herbarium, administrator, "catalogNumber,country\n1,Mexico\n")
    assert run.counts["conflict"] == 1
    assert "2 records" in outcome(run, 2).reason
    assert countries(herbarium) == ["Cuba", "Cuba"]


def test_a_record_edited_since_the_check_is_left_alone(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    run = checked(herbarium, administrator, THREE.replace("Peru", "Bolivia") + "a-4,4,Cuba\n")
    make.edit(Occurrence.objects.get(occurrence_id="a-2"), administrator, country="Ecuador")
    imports.apply(run)
    assert (run.counts["conflict"], run.counts["created"]) == (1, 1)
    assert countries(herbarium) == ["Mexico", "Ecuador", "Chile", "Cuba"]


def test_a_record_made_since_the_check_is_not_made_twice(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    make.occurrence(herbarium, occurrence_id="a-2", country="Ecuador")
    imports.apply(run)
    assert (run.counts["conflict"], run.counts["created"]) == (1, 2)
    assert Occurrence.objects.filter(occurrence_id="a-2").count() == 1


def test_who_lost_the_right_meanwhile_writes_nothing(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    administrator.grants.update(revoked_at=timezone.now())
    with pytest.raises(Refused, match="no longer"):
        imports.apply(run)
    assert not Occurrence.objects.exists()
    assert ImportRun.objects.get(pk=run.pk).state == ImportRun.State.CHECKED


def test_the_file_of_one_who_left_is_applied_by_and_in_the_name_of_another(
    herbarium, administrator
):
    run = checked(herbarium, administrator, THREE)
    administrator.grants.update(revoked_at=timezone.now())
    successor = make.user("successor")
    make.grant(successor, "administrator", herbarium)
    job = jobs.run_here("import apply", run.guid, successor, herbarium.pk)
    assert job.state == "done", job.error
    assert ChangeSet.objects.get(kind="import").user == successor


def test_an_import_taken_back_while_it_waited_is_not_gone_on_with(
    herbarium, administrator, monkeypatch
):
    run = checked(herbarium, administrator, THREE)
    run.change_set = make.change_set(administrator, herbarium, kind="import")
    run.state = ImportRun.State.APPLYING
    run.save()

    @contextmanager
    def lock(*_collections):
        undo.undo(run.change_set, administrator)  # by the job that held it until now
        yield

    monkeypatch.setattr(imports, "collection_lock", lock)
    with pytest.raises(Refused, match="undone"):
        imports.apply(run)
    assert not Occurrence.objects.exists()


def test_a_right_lost_between_two_chunks_ends_the_writing(herbarium, administrator, small_chunks):
    class Revoking:
        job = None

        def report(self, *_told):
            administrator.grants.update(revoked_at=timezone.now())

    run = checked(herbarium, administrator, THREE)
    with pytest.raises(Refused):
        imports.apply(run, Revoking())
    assert Occurrence.objects.count() == 2


@pytest.fixture
def small_chunks(monkeypatch):
    for module in (imports, staging):
        monkeypatch.setattr(module, "CHUNK", 2)


def test_an_import_cut_off_goes_on_where_it_was(herbarium, administrator, small_chunks):
    class CutOff:
        job = None

        def report(self, *_told):
            raise KeyboardInterrupt

    run = checked(herbarium, administrator, THREE)
    with pytest.raises(KeyboardInterrupt):
        imports.apply(run, CutOff())
    assert Occurrence.objects.count() == 2
    again = ImportRun.objects.get(pk=run.pk)
    assert again.state == ImportRun.State.APPLYING
    imports.apply(again)
    assert again.counts["created"] == Occurrence.objects.count() == 3
    assert ChangeSet.objects.filter(kind="import").count() == 1


def test_staging_and_checking_twice_gives_the_same(herbarium, administrator, small_chunks):
    run = checked(herbarium, administrator, THREE)
    outcomes = run.outcomes.order_by("number").values_list("number", "line", "action", "key")
    first = list(outcomes)
    run.state = ImportRun.State.UPLOADED
    imports.stage(run)
    imports.check(run)
    assert list(outcomes.all()) == first
    assert run.rows.count() == 3


def test_a_row_the_database_cannot_hold_stops_no_other(herbarium, administrator):
    words = " ".join(f"w{number}" for number in range(30_000))
    text = "occurrenceID,scientificName,kingdom\na-1,Quercus,Plantae\n"
    more = "".join(f"b-{number},Carex,Plantae\n" for number in range(50))  # many go by COPY
    run = bring_in(herbarium, administrator, f"{text}a-2,Quercus,{words}\n{more}")
    assert (run.counts["created"], run.counts["blocked"]) == (51, 1)
    assert "too long" in outcome(run, 3).reason
    assert Occurrence.objects.count() == 51


def test_an_overlong_key_is_blocked_before_anything_is_written(herbarium, administrator):
    run = checked(herbarium, administrator, THREE + f"{'ü' * 900},4,Cuba\n")
    assert outcome(run, 5).action == "blocked"
    assert outcome(run, 5).issues[-1][0] == "VALUE_TOO_LONG"


def test_a_row_left_out_stays_out_when_the_rows_are_checked_again(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    imports.exclude(run, 2, leave_out=True)
    assert (run.counts["created"], run.counts["excluded"]) == (2, 1)
    imports.check(run)
    assert outcome(run, 3).action == "excluded"
    imports.apply(run)
    assert countries(herbarium) == ["Mexico", "Chile"]


def test_a_row_can_be_taken_in_again(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    imports.exclude(run, 2, leave_out=True)
    imports.exclude(run, 2, leave_out=False)
    assert run.counts["created"] == 3


def test_apply_writes_what_the_check_announced(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    run = checked(herbarium, administrator, THREE.replace("Peru", "Bolivia"))
    assert [each.action for each in run.outcomes.order_by("number")] == ["same", "update", "same"]
    announced = outcome(run, 3).differences
    assert announced["country"] == ["Peru", "Bolivia"]
    imports.apply(run)
    change = run.change_set.changes.get(kind="occurrence")
    assert {name: [change.before[name], change.after[name]] for name in change.after} == announced


def test_rows_checked_before_the_portal_was_updated_are_checked_again(
    herbarium, administrator, monkeypatch
):
    run = checked(herbarium, administrator, THREE)
    monkeypatch.setattr(imports, "interpreter_version", lambda: "another")
    with pytest.raises(Refused, match="Check the rows again"):
        imports.apply(run)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("catalogNumber,country\n", "no rows"),
        ("%PDF-1.7\n%âãÏÓ", "PDF"),
        ("scientificName,family\nQuercus alba,Fagaceae\n", "no table of occurrences"),
    ],
)
def test_a_file_that_is_no_table_of_specimens_is_refused(herbarium, administrator, content, said):
    run = received(herbarium, administrator, content)
    imports.stage(run)
    assert run.state == ImportRun.State.REFUSED
    assert said in str(run.refusal)
    assert not run.rows.exists()
    with pytest.raises(Refused):
        imports.check(run)


def test_a_place_to_protect_never_stands_in_the_record(herbarium, administrator):
    text = "catalogNumber,locality,decimalLatitude,decimalLongitude,localitySecurity\n"
    bring_in(herbarium, administrator, text + "1,secret canyon,31.12,-110.98,1\n")
    record = Occurrence.objects.get()
    assert (record.locality, record.decimal_latitude) == (None, None)
    seen = Occurrence.objects.visible_to(administrator).get()
    assert seen.disclosed["locality"] == "secret canyon"


def test_a_record_that_states_no_basis_gets_that_of_its_collection(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    assert set(Occurrence.objects.values_list("basis_of_record", flat=True)) == {
        "PreservedSpecimen"
    }


def test_what_was_thrown_away_leaves_only_its_line(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    path = run.file.path
    imports.discard(run)
    assert not run.rows.exists()
    assert not run.file.storage.exists(path)
    applied = bring_in(herbarium, administrator, THREE)
    with pytest.raises(Refused, match="Undo it"):
        imports.discard(applied)
