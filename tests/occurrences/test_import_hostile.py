"""Imports in bad hands: crafted requests, poisoned files, buttons pressed twice."""

import csv
import io
import zipfile

import pytest
from django.test import Client

from journal import jobs
from journal.models import Job
from occurrences import imports
from occurrences.models import ImportRun, Occurrence
from tests import make
from tests.occurrences.importing import checked
from tests.occurrences.test_import_pages import TABLE, upload, work

pytestmark = pytest.mark.django_db
HUGE = "9" * 40
LONG = "x" * 200_001
EVIL = "=cmd|' /C calc'!A0"


@pytest.fixture
def manager(administrator):
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def run(herbarium, administrator):
    make.occurrence(herbarium, catalog_number="H-1", locality="Ures")
    return checked(herbarium, administrator, TABLE, keys=["catalogNumber"])


# What a page of the review is asked, and what is sent to each of its buttons.
QUERIES = [
    f"action=all&after={HUGE}",
    f"action=all&before={HUGE}",
    "action=nonsense&issue=%00&field=%00&change=%00",
    "action=all&issue=NO_SUCH_CODE",
    "action=update&field=no_such_field&kind=nonsense",
    f"action={LONG[:3000]}",
]
POSTS = [
    ("mapping/", {"column0": "no such term", "key0": "no such key", "mode": "nonsense"}),
    ("mapping/", {"column0": "identifier:" + "x" * 101, "key0": "content", "mode": "update"}),
    ("mapping/", {"column0": "\0", "key0": "\0", "mode": "update", "constant_text0": "\0"}),
    ("mapping/", {f"constant_term{n}": "country" for n in range(500)}),
    (
        "mapping/",
        {"column0": "catalogNumber", "key0": "catalogNumber", "mode": "update"}
        | {"constant_term0": "decimalLatitude", "constant_text0": LONG[:2001]},
    ),
    ("fix/", {"at": HUGE, "old": "", "new": "x", "row": "1"}),
    ("fix/", {"at": "-1", "old": "", "new": "x", "row": "1"}),
    ("fix/", {"at": "0", "old": "H-1", "new": "x", "row": HUGE}),
    ("fix/", {"at": "0", "old": "(a+)+$", "new": LONG, "row": "1", "everywhere": "on"}),
    ("fix/", {"at": "0", "old": "%' OR 1=1 --", "new": "\0", "row": "1", "everywhere": "on"}),
    ("fix/", {"at": "0", "old": "(a+)+$", "new": "\\1", "row": "1", "everywhere": "on"}),
    (f"fixes/{HUGE}/undo/", {}),
    ("rows/1/decide/", {"decision": "01890000-0000-7000-8000-000000000000"}),
    ("rows/1/decide/", {"decision": "\0"}),
    (f"rows/{HUGE}/exclude/", {"leave": "1"}),
    ("decide/", {"rule": "nonsense"}),
    ("hand-over/", {"person": "\0"}),
    ("hand-over/", {"person": LONG}),
    ("reading/", {"encoding": "zip", "delimiter": "\0", "header": "maybe", "sheet": "../x"}),
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_crafted_question_is_answered_without_a_fault(manager, run, query):
    assert manager.get(f"/imports/{run.guid}/?{query}").status_code in (200, 400, 404)


@pytest.mark.parametrize(("path", "sent"), POSTS, ids=str)
def test_a_crafted_answer_changes_nothing_and_is_no_fault(manager, run, path, sent):
    mapping, keys, counts = run.mapping, run.keys, run.counts
    answer = manager.post(f"/imports/{run.guid}/{path}", sent)
    assert answer.status_code in (302, 400, 404), answer.status_code
    run.refresh_from_db()
    assert (run.mapping, run.keys) == (mapping, keys)
    if path != "fix/":
        assert {**run.counts, "seconds": 0} == {**counts, "seconds": 0}


@pytest.mark.parametrize("path", ["apply/", "undo/", "discard/", "mapping/", "reading/"])
def test_who_only_looks_through_it_may_not_do_the_rest(run, path):
    reviewer = make.user()
    ImportRun.objects.filter(pk=run.pk).update(reviewer=reviewer)
    client = Client()
    client.force_login(reviewer)
    assert client.get(f"/imports/{run.guid}/").status_code == 200
    assert client.post(f"/imports/{run.guid}/{path}").status_code in (403, 404)
    ImportRun.objects.filter(pk=run.pk).update(reviewer=None)
    assert client.get(f"/imports/{run.guid}/").status_code == 404


def test_a_button_pressed_twice_starts_one_job(manager, run):
    for _twice in range(2):
        assert manager.post(f"/imports/{run.guid}/apply/").status_code == 302
    assert Job.objects.filter(key=str(run.guid), kind="import apply").count() == 1
    run = work(run)
    before = Occurrence.objects.count()
    manager.post(f"/imports/{run.guid}/apply/")
    assert Occurrence.objects.count() == before
    for _twice in range(2):
        manager.post(f"/imports/{run.guid}/undo/")
    assert Job.objects.filter(kind="undo").count() == 1


def test_what_is_being_worked_on_is_not_read_or_mapped_in_another_tab(manager, run):
    manager.post(f"/imports/{run.guid}/apply/")
    for path in ("reading/", "mapping/"):
        assert manager.post(f"/imports/{run.guid}/{path}", {"header": "no"}).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.reading.get("header")) == ("checked", None)
    assert Job.objects.filter(key=str(run.guid)).count() == 1


def test_formulas_of_a_file_are_guarded_in_what_was_not_imported(manager, herbarium, administrator):
    text = f'catalogNumber,locality\n1,Ures\n1,"{EVIL}"\n'
    run = checked(herbarium, administrator, text, keys=["catalogNumber"])
    answer = manager.get(f"/imports/{run.guid}/not-imported.csv")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[1][-1] == f"'{EVIL}"


def packed(*files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


ROWS = "catalogNumber,locality\n1,Ures\n"
POISONED = [
    ("path.zip", packed(("../../etc/occurrences.csv", ROWS))),
    ("drive.zip", packed(("C:\\occurrences.csv", ROWS))),
    ("bomb.zip", packed(("occurrences.csv", ROWS + "0" * 60_000_000))),
    ("columns.csv", ",".join(f"c{n}" for n in range(5000)) + "\n" + "1," * 4999 + "1\n"),
    ("cell.csv", 'catalogNumber,locality\n1,"' + "x" * 20_000_000 + '"\n'),
    ("open.csv", 'catalogNumber,locality\n1,"never closed\n' + "2,Ures\n" * 9),
    (
        "entities.zip",
        packed(
            (
                "meta.xml",
                '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><archive>&b;</archive>',
            ),
            ("a.csv", ROWS),
        ),
    ),
]


@pytest.mark.parametrize(("name", "content"), POISONED, ids=[name for name, _ in POISONED])
def test_a_poisoned_file_is_refused_in_words_or_read_as_what_it_is(
    manager, herbarium, name, content
):
    run = work(upload(manager, herbarium, content, name))
    assert run.state in ("refused", "staged")
    if run.state == "refused":
        assert run.refusal.endswith(".") and "root:" not in run.refusal
    assert manager.get(f"/imports/{run.guid}/", follow=True).status_code == 200


@pytest.mark.parametrize("kind", ["import stage", "import check", "import apply"])
def test_work_can_be_cancelled_at_each_step_and_taken_up_again(manager, herbarium, kind):
    run = upload(manager, herbarium)
    if kind != "import stage":
        work(run)
        run.keys = ["catalogNumber"]
        run.save()
        if kind == "import apply":
            imports.check(run)
        jobs.start(kind, run.guid, run.user, herbarium.pk)
    job = Job.objects.get(key=str(run.guid), kind=kind, state__in=Job.UNFINISHED)
    assert manager.post(f"/jobs/{job.guid}/cancel/").status_code == 302
    jobs.run(job.guid)
    page = manager.get(f"/imports/{run.guid}/", follow=True)
    assert page.status_code == 200 and "Cancelled" in page.content.decode()
    assert Occurrence.objects.count() == 0
