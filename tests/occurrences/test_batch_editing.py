"""Rules change several fields of many records, as a form would, and all of it can be undone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from journal import jobs
from journal.models import Change, ChangeSet, Job
from journal.undo import undo
from occurrences import batch_editing, batching
from occurrences.batch_editing import Plan, Step
from occurrences.models import Batch, Occurrence
from occurrences.readers import exact_values, hash_collection
from occurrences.selecting import Selection
from tests import make

pytestmark = pytest.mark.django_db

ROWS = [
    {"catalog_number": "1", "locality": "Cañon de Imuris", "habitat": "oak"},
    {"catalog_number": "2", "locality": "Cañon de Imuris", "record_security": 1},
    {"catalog_number": "3", "locality": "Nogales", "verbatim": {"locality": "nogales  "}},
    {"catalog_number": "4", "county": "Magdalena"},
]


@pytest.fixture
def records(herbarium: Any) -> list[Occurrence]:
    return make.occurrences(herbarium, ROWS)


def prepared(person: Any, *steps: tuple[str, ...], query: str = "", **wanted: Any) -> Batch:
    rules = [Step(*step).as_json() for step in steps]
    return Batch.objects.create(
        kind="edit",
        user=person,
        selection=Selection(query=query).as_json(),
        wanted={"steps": rules, **wanted},
    )


def done(batch: Batch) -> Job:
    return jobs.run_here(batching.KIND, batch.guid, batch.user)


def texts(person: Any, column: str) -> list[Any]:
    rows = Occurrence.objects.editable_by(person).order_by("catalog_number")
    return [exact_values(row)[column] for row in rows]


RULES = [
    (("locality", "set", "", "Imuris"), ["Imuris"] * 4),
    (("locality", "whole", "Nogales", "Heroica Nogales"), [0, 0, "Heroica Nogales", 0]),
    (("locality", "whole", "", "unknown"), [0, 0, 0, "unknown"]),
    (("locality", "part", "Cañon", "Cañón"), ["Cañón de Imuris"] * 2 + [0, 0]),
    (("locality", "pattern", r"^Cañon de (\w+)", r"\1"), ["Imuris"] * 2 + [0, 0]),
    (("locality", "pattern", "(?i)NOGALES", ""), [0, 0, None, 0]),
    (("habitat", "append", "", " woodland"), ["oak woodland"] + ["woodland"] * 3),
    (("habitat", "prepend", "", "dry "), ["dry oak", "dry", "dry", "dry"]),
    (("habitat", "clear", "", ""), [None] * 4),
]


@pytest.mark.parametrize(("rule", "expected"), RULES, ids=[rule[1] for rule, _texts in RULES])
def test_a_rule_changes_the_texts_it_is_about(records, editor, rule, expected):
    was = texts(editor, rule[0])
    job = done(prepared(editor, rule))
    assert job.state == "done", job.error
    wanted = [old if new == 0 else new for old, new in zip(was, expected, strict=True)]
    assert texts(editor, rule[0]) == wanted
    assert job.result["updated"] == sum(old != new for old, new in zip(was, wanted, strict=True))


def test_several_fields_and_rules_in_a_row_are_one_change_set_and_one_undo(
    records, herbarium, editor
):
    before = hash_collection(herbarium)
    batch = prepared(
        editor,
        ("locality", "part", "Cañon", "Cañón"),
        ("locality", "append", "", ", Sonora"),
        ("country", "set", "", "Mexico"),
        ("habitat", "set", "", "oak woodland"),
    )
    assert done(batch).state == "done"
    assert texts(editor, "locality")[:2] == ["Cañón de Imuris, Sonora"] * 2
    assert texts(editor, "country_code") == ["MX"] * 4
    batch.refresh_from_db()
    (change_set,) = batching.change_sets(batch)
    assert (change_set.kind, change_set.counts["updated"]) == ("batch edit", 4)
    after = hash_collection(herbarium)
    undone = undo(change_set, editor)
    assert undone.conflicts == []
    assert hash_collection(herbarium) == before
    undo(undone, editor)
    assert hash_collection(herbarium) == after


def test_a_protected_record_is_changed_by_its_exact_text_and_stays_protected(records, editor):
    done(prepared(editor, ("locality", "part", "Imuris", "Ímuris")))
    protected = Occurrence.objects.get(catalog_number="2")
    assert protected.locality is None
    assert protected.withheld.terms["locality"] == "Cañon de Ímuris"
    change = Change.objects.get(record_guid=protected.guid, kind="occurrence")
    assert change.withheld_after == {"locality": "Cañon de Ímuris"}
    assert "locality" not in change.after


def test_what_was_written_on_a_label_stays_where_its_field_does_not_change(records, editor):
    done(prepared(editor, ("locality", "part", "Cañon", "Cañón"), ("county", "set", "", "Imuris")))
    kept = Occurrence.objects.get(catalog_number="3")
    assert (kept.county, kept.verbatim) == ("Imuris", {"locality": "nogales  "})


def test_dates_and_points_are_read_as_in_the_editor(records, editor):
    rules = [
        ("event_date", "set", "", "14.vii.1932"),
        ("decimal_latitude", "set", "", "30°46'N"),
        ("decimal_longitude", "set", "", "110°51'W"),
    ]
    assert done(prepared(editor, *rules)).state == "done"
    row = Occurrence.objects.get(catalog_number="1")
    assert (row.event_date, row.year, str(row.event_date_start)) == (
        "1932-07-14",
        1932,
        "1932-07-14",
    )
    assert round(row.decimal_longitude, 2) == Decimal("-110.85")
    assert row.verbatim["eventDate"] == "14.vii.1932"
    assert texts(editor, "event_date") == ["1932-07-14"] * 4


def test_a_value_that_means_nothing_refuses_all_before_anything_is_written(
    records, herbarium, editor
):
    before = hash_collection(herbarium)
    rules = ("habitat", "set", "", "oak"), ("event_date", "set", "", "31/02/1998")
    job = done(prepared(editor, *rules))
    assert job.state == "failed"
    assert "31/02/1998" in job.error
    assert hash_collection(herbarium) == before
    assert not ChangeSet.objects.filter(kind="batch edit").exists()


def test_values_that_were_left_out_stay(records, editor):
    batch = prepared(editor, ("locality", "set", "", "Imuris"), kept={"locality": ["Nogales", ""]})
    done(batch)
    assert texts(editor, "locality") == ["Imuris", "Imuris", "Nogales", None]


def test_the_preview_says_what_the_job_then_does(records, editor):
    batch = prepared(editor, ("locality", "part", "Cañon", "Cañón"), ("county", "clear", "", ""))
    looked = batch_editing.look(Plan.of(batch), batching.selected(batch))
    told = [(v.old, v.new, v.number) for each in looked for v in each.values]
    assert told == [("Cañon de Imuris", "Cañón de Imuris", 2), ("Magdalena", "", 1)]
    assert done(batch).result["updated"] == 3


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("(oak", "parentheses"), ("[a-", "bracket"), ("*", "quantifier")],
)
def test_a_pattern_that_cannot_be_read_says_what_is_wrong(pattern, told):
    assert told in batch_editing.pattern_problem(Step("habitat", "pattern", pattern, ""))


def test_a_pattern_that_would_never_end_is_stopped(herbarium, editor, monkeypatch):
    monkeypatch.setattr(batch_editing, "PATTERN_SECONDS", 1)
    make.occurrence(herbarium, habitat="a" * 400 + "c")
    batch = prepared(editor, ("habitat", "pattern", r"^(a*)(a*)(a*)(a*)(a*)\1\2\3\4\5ac$", ""))
    job = done(batch)
    assert job.state == "failed"
    assert "too long" in job.error


def test_a_new_name_is_no_batch_edit(records, editor):
    batch = prepared(editor, ("scientific_name", "set", "", "Quercus rugosa"))
    assert Plan.of(batch).steps == []


def test_only_records_that_the_person_edits_are_changed(records, other_herbarium, editor):
    theirs = make.occurrence(other_herbarium, habitat="theirs")
    done(prepared(editor, ("habitat", "set", "", "mine")))
    theirs.refresh_from_db()
    assert theirs.habitat == "theirs"
    assert texts(editor, "habitat") == ["mine"] * 4


def test_who_lost_the_right_on_the_way_changes_nothing_more(records, herbarium, editor):
    batch = prepared(editor, ("habitat", "set", "", "mine"))
    work = batch_editing.Work(Plan.of(batch))
    assert work.columns == ["habitat"]
    herbarium.grants.filter(user=editor).delete()
    assert done(batch).result.get("updated", 0) == 0
    assert not Occurrence.objects.filter(habitat="mine").exists()


def test_a_job_that_was_cut_off_goes_on_and_adds_nothing_twice(
    records, editor, monkeypatch, herbarium
):
    batch = prepared(editor, ("habitat", "append", "", "x"))
    monkeypatch.setitem(batching._doings, "edit", replace(batching._doings["edit"], chunk=2))
    really = batch_editing.Work.do
    calls = iter(range(9))

    def dies(self: Any, *given: Any) -> Any:
        if next(calls) == 1:
            raise jobs.Refused("the light went out")
        return really(self, *given)

    monkeypatch.setattr(batch_editing.Work, "do", dies)
    assert done(batch).state == "failed"
    assert done(batch).state == "done"
    assert texts(editor, "habitat") == ["oakx", "x", "x", "x"]
    batch.refresh_from_db()
    (change_set,) = batching.change_sets(batch)
    assert change_set.counts["updated"] == 4


def test_a_selection_is_what_was_ticked_or_what_a_search_finds(records, editor):
    mine = Occurrence.objects.editable_by(editor)
    ticked = Selection.of(QueryDict(f"guid={records[0].guid}&guid={records[3].guid}&search="))
    assert ticked.within(mine, editor).count() == 2
    found = Selection.of(QueryDict("search=catalog_number%3D1-3"))
    assert found.within(mine, editor).count() == 3
    assert found.without([str(records[0].guid)]).within(mine, editor).count() == 2
    assert Selection.of(QueryDict("")) is None
    assert Selection.of(QueryDict("search=date%3Dnever")) is None
