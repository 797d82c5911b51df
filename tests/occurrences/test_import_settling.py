"""What a person decides in the review, and what happens between the check and the last row."""

import pytest
from django.db import connection

from journal import jobs, undo
from journal.jobs import Cancelled, Refused
from journal.models import ChangeSet
from occurrences import imports, settling, staging
from occurrences.models import ImportRun, Occurrence
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import bring_in, checked

pytestmark = pytest.mark.django_db

THREE = "occurrenceID,catalogNumber,country\na-1,1,Mexico\na-2,2,Peru\na-3,3,Chile\n"
COUNTRY = 2


def countries(collection):
    found = Occurrence.objects.filter(collection=collection).order_by("catalog_number")
    return [record.country for record in found]


def recounted(run):
    """Return the counts of a run as they stand, and as counting all its rows anew gives them."""
    kept = dict(run.counts)
    imports.count(run)
    return kept, run.counts


# --- mending ----------------------------------------------------------------------------------


def test_a_fix_holds_for_all_rows_with_that_text(herbarium, administrator):
    run = checked(herbarium, administrator, THREE.replace("Chile", "Peru"))
    assert settling.fix(run, COUNTRY, "Peru", "Ecuador") == 2
    imports.apply(run)
    assert countries(herbarium) == ["Mexico", "Ecuador", "Ecuador"]


def test_a_fix_may_hold_for_one_row(herbarium, administrator):
    run = checked(herbarium, administrator, THREE.replace("Chile", "Peru"))
    assert settling.fix(run, COUNTRY, "Peru", "Ecuador", row=2) == 1
    imports.apply(run)
    assert countries(herbarium) == ["Mexico", "Ecuador", "Peru"]


def test_a_fix_may_mend_what_another_left_and_be_taken_back(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    settling.fix(run, COUNTRY, "Peru", "Bolivia")
    settling.fix(run, COUNTRY, "Bolivia", "Cuba")
    assert settling.unfix(run, 0) == 1
    imports.apply(run)
    assert countries(herbarium) == ["Mexico", "Peru", "Chile"]


def test_a_fix_keeps_the_counts_right(herbarium, administrator):
    text = "occurrenceID,eventDate\na-1,31/02/1932\na-2,31/02/1932\na-3,1933\n"
    run = checked(herbarium, administrator, text)
    assert run.counts["issues"]["RECORDED_DATE_INVALID"] == 2
    settling.fix(run, 1, "31/02/1932", "1932-02-28", row=1)
    kept, anew = recounted(run)
    assert kept == anew
    assert kept["issues"]["RECORDED_DATE_INVALID"] == 1
    settling.fix(run, 1, "31/02/1932", "1932")
    kept, anew = recounted(run)
    assert kept == anew
    assert "RECORDED_DATE_INVALID" not in kept["issues"]


def test_an_issue_is_shown_by_a_row_that_still_has_it(herbarium, administrator):
    text = "occurrenceID,eventDate\na-1,31/02/1932\na-2,30/02/1932\na-3,30/02/1932\n"
    run = checked(herbarium, administrator, text)
    assert run.counts["examples"]["RECORDED_DATE_INVALID"][2] == "31/02/1932"
    settling.fix(run, 1, "31/02/1932", "1932", row=1)
    assert run.counts["examples"]["RECORDED_DATE_INVALID"][2] == "30/02/1932"
    settling.fix(run, 1, "30/02/1932", "1932", row=2)
    assert run.counts["examples"]["RECORDED_DATE_INVALID"][2] == "30/02/1932"
    settling.fix(run, 1, "30/02/1932", "1933")
    assert "RECORDED_DATE_INVALID" not in run.counts["examples"]
    kept, counted = recounted(run)
    assert kept["examples"] == counted["examples"]


def test_a_mended_key_lets_the_row_behind_it_in(herbarium, administrator):
    text = THREE + "a-2,4,Cuba\n"
    run = checked(herbarium, administrator, text)
    assert run.counts["blocked"] == 1
    settling.fix(run, 0, "a-2", "a-4", row=2)
    assert (run.counts["created"], run.counts["blocked"]) == (4, 0)
    settling.fix(run, 0, "a-4", "a-1", row=2)
    assert run.outcomes.get(number=2).action == "blocked"
    kept, anew = recounted(run)
    assert kept == anew


def test_a_mended_row_is_another_than_the_file_s(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    settling.fix(run, COUNTRY, "Peru", "Ecuador")
    imports.apply(run)
    again = checked(herbarium, administrator, THREE)
    assert (again.counts["unchanged"], again.counts["updated"]) == (2, 1)
    settling.fix(again, COUNTRY, "Peru", "Ecuador")
    assert again.counts["unchanged"] == 3


def test_rows_that_are_being_written_are_not_mended(herbarium, administrator):
    run = bring_in(herbarium, administrator, THREE)
    with pytest.raises(Refused, match="no longer in its review"):
        settling.fix(run, COUNTRY, "Peru", "Ecuador")


def test_many_rows_are_mended_by_a_job(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    asked = {"do": "fix", "at": COUNTRY, "old": "Peru", "new": "Ecuador"}
    job = jobs.run_here("import settle", run.guid, administrator, herbarium.pk, asked)
    assert (job.state, job.result) == ("done", {"rows": 1})
    assert ImportRun.objects.get().fixes == [
        {"at": COUNTRY, "from": "Peru", "to": "Ecuador", "row": None}
    ]


class Watched:
    """A progress that notes what it is told, and how deep in transactions."""

    job = None

    def __init__(self):
        self.told = []

    def report(self, done, total=None, message=None):
        self.told.append((done, total, len(connection.savepoint_ids)))


PERUU = "occurrenceID,catalogNumber,country\n" + "".join(f"a-{n},{n},Peruu\n" for n in range(5))


def test_many_mended_rows_are_counted_between_transactions(herbarium, administrator, monkeypatch):
    monkeypatch.setattr(settling, "CHUNK", 2)
    run, progress = checked(herbarium, administrator, PERUU), Watched()
    outside = len(connection.savepoint_ids)
    assert settling.fix(run, COUNTRY, "Peruu", "Peru", progress=progress) == 5
    assert progress.told == [(2, 5, outside), (4, 5, outside), (5, 5, outside)]
    imports.apply(run)
    assert countries(herbarium) == ["Peru"] * 5


def test_a_fix_that_is_cancelled_changes_nothing(herbarium, administrator, small_chunks):
    run = checked(herbarium, administrator, PERUU)
    before = list(run.outcomes.order_by("number").values_list("number", "issues"))
    with pytest.raises(Cancelled):
        settling.fix(run, COUNTRY, "Peruu", "Peru", progress=Stopping(Cancelled))
    run.refresh_from_db()
    assert run.fixes == []
    assert list(run.outcomes.order_by("number").values_list("number", "issues")) == before


def test_many_rows_are_left_out_at_once(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    settling.exclude_all(run, run.outcomes.filter(number__gt=1), leave_out=True)
    assert (run.counts["created"], run.counts["excluded"]) == (1, 2)
    settling.exclude_all(run, run.outcomes.all(), leave_out=False)
    assert run.counts["created"] == 3


# --- edits since the check ----------------------------------------------------------------------


@pytest.fixture
def overtaken(herbarium, administrator):
    """Return a checked run that would change a record which somebody has edited since."""
    bring_in(herbarium, administrator, THREE)
    run = checked(herbarium, administrator, THREE.replace("Peru", "Bolivia") + "a-4,4,Cuba\n")
    make.edit(Occurrence.objects.get(occurrence_id="a-2"), administrator, country="Ecuador")
    return run


def test_an_edit_since_the_check_is_a_conflict_that_can_be_decided_afterwards(overtaken, herbarium):
    imports.apply(overtaken)
    assert (overtaken.counts["conflict"], overtaken.counts["created"]) == (1, 1)
    settling.decide(overtaken, 2, "file")
    assert overtaken.outcomes.get(number=2).late
    imports.apply(overtaken)
    assert overtaken.state == ImportRun.State.APPLIED
    assert (overtaken.counts["conflict"], overtaken.counts["updated"]) == (0, 1)
    assert countries(herbarium) == ["Mexico", "Bolivia", "Chile", "Cuba"]
    assert ChangeSet.objects.filter(kind="import").count() == 2


def test_the_record_may_stay(overtaken, herbarium):
    imports.apply(overtaken)
    assert settling.decide_all(overtaken, "record") == 1
    assert (overtaken.counts["conflict"], overtaken.counts["excluded"]) == (0, 1)
    with pytest.raises(Refused, match="can't be applied"):
        imports.apply(overtaken)
    assert countries(herbarium) == ["Mexico", "Ecuador", "Chile", "Cuba"]


@pytest.mark.parametrize(
    ("rule", "country", "counted"),
    [("file", "Bolivia", "updated"), ("record", "Ecuador", "excluded")],
)
def test_who_wins_over_an_edit_may_be_said_before(overtaken, herbarium, rule, country, counted):
    overtaken.when_changed = rule
    overtaken.save()
    imports.apply(overtaken)
    assert (overtaken.counts[counted], overtaken.counts["conflict"]) == (1, 0)
    assert Occurrence.objects.get(occurrence_id="a-2").country == country
    assert "since the check" in overtaken.outcomes.get(number=2).reason


def test_a_written_row_is_not_decided_again(overtaken):
    imports.apply(overtaken)
    with pytest.raises(Refused, match="can't be decided"):
        settling.decide(overtaken, 4, "new")


def test_undo_takes_back_what_was_decided_late(overtaken, herbarium, administrator):
    before = hash_collection(herbarium)
    imports.apply(overtaken)
    settling.decide(overtaken, 2, "file")
    imports.apply(overtaken)
    undo.undo(overtaken.change_set, administrator)
    assert hash_collection(herbarium) == before


# --- legs ---------------------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch):
    for module in (imports, staging, settling):
        monkeypatch.setattr(module, "CHUNK", 2)


class Stopping:
    """A progress that stops the work after its first chunk."""

    job = None

    def __init__(self, error):
        self.error = error

    def report(self, *_told):
        raise self.error


def test_a_cancelled_import_keeps_what_is_done_and_goes_on(herbarium, administrator, small_chunks):
    run = checked(herbarium, administrator, THREE)
    with pytest.raises(Cancelled):
        imports.apply(run, Stopping(Cancelled()))
    run.refresh_from_db()
    assert (run.state, run.applied_to) == (ImportRun.State.APPLYING, 2)
    first = run.counts["seconds"]["apply"]
    assert first > 0
    imports.apply(run)
    assert (run.state, run.counts["created"]) == (ImportRun.State.APPLIED, 3)
    assert run.counts["seconds"]["apply"] > first
    assert ChangeSet.objects.filter(kind="import").count() == 1


def test_a_cancelled_import_can_be_taken_back(herbarium, administrator, small_chunks):
    before = hash_collection(herbarium)
    run = checked(herbarium, administrator, THREE)
    with pytest.raises(Cancelled):
        imports.apply(run, Stopping(Cancelled()))
    undo.undo(run.change_set, administrator)
    assert hash_collection(herbarium) == before
    with pytest.raises(Refused, match="undone"):
        imports.apply(run)


def test_one_who_waited_for_the_other_writes_nothing_twice(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    waiting = ImportRun.objects.get(pk=run.pk)  # loaded before the other is through
    imports.apply(run)
    after = hash_collection(herbarium)
    with pytest.raises(Refused, match="can't be applied"):
        imports.apply(waiting)
    assert hash_collection(herbarium) == after
    assert run.outcomes.filter(action="create").count() == 3


def test_a_job_delivered_twice_has_one_effect(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    job = jobs.run_here("import apply", run.guid, administrator, herbarium.pk)
    jobs.run(job.guid)
    assert ChangeSet.objects.filter(kind="import").count() == 1
    assert Occurrence.objects.count() == 3


def test_two_imports_of_one_collection_in_turn_see_each_other(herbarium, administrator):
    one = checked(herbarium, administrator, THREE)
    other = checked(herbarium, administrator, THREE.replace("Peru", "Cuba"))
    imports.apply(one)
    imports.apply(other)
    assert (other.counts["conflict"], other.counts["created"]) == (3, 0)
    assert settling.decide_all(other, "file") == 3
    imports.apply(other)
    assert countries(herbarium) == ["Mexico", "Cuba", "Chile"]


def test_decisions_outlive_a_check_that_was_killed(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    imports.exclude(run, 2, leave_out=True)
    with pytest.raises(KeyboardInterrupt):
        imports.check(run, Stopping(KeyboardInterrupt()))
    run = ImportRun.objects.get()
    imports.check(run)
    assert run.outcomes.get(number=2).action == "excluded"
    assert "decided" not in run.counts


def test_undo_reverts_the_untouched_and_lists_the_others(herbarium, administrator):
    bring_in(herbarium, administrator, THREE)
    run = bring_in(herbarium, administrator, THREE.replace("Peru", "Bolivia").replace("Chile", "X"))
    make.edit(Occurrence.objects.get(occurrence_id="a-2"), administrator, country="Ecuador")
    undone = undo.undo(run.change_set, administrator)
    assert countries(herbarium) == ["Mexico", "Ecuador", "Chile"]
    assert [each["fields"] for each in undone.conflicts] == [["country"]]


def test_a_record_that_went_to_another_collection_is_left_alone(
    herbarium, administrator, other_herbarium
):
    bring_in(herbarium, administrator, THREE)
    run = checked(herbarium, administrator, THREE.replace("Peru", "Bolivia"))
    Occurrence.objects.filter(occurrence_id="a-2").update(collection=other_herbarium)
    before = hash_collection(other_herbarium)
    imports.apply(run)
    assert run.counts["conflict"] == 1
    assert "no longer in this collection" in run.outcomes.get(number=2).reason
    assert hash_collection(other_herbarium) == before


def test_apply_pressed_twice_is_one_job(herbarium, administrator):
    run = checked(herbarium, administrator, THREE)
    first, second = (
        jobs.start("import apply", run.guid, administrator, herbarium.pk) for _press in range(2)
    )
    assert first == second
