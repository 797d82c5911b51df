"""The pages of an import: each step shows what it promises, and leads to the next."""

import csv
import html
import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from journal import jobs
from journal.models import ChangeSet, Job
from occurrences import forms_importing, imports, reviewing
from occurrences.models import ImportRun, Occurrence
from tests import make

pytestmark = pytest.mark.django_db

TABLE = """Catalog Number,Collector,No.,Date,Scientific Name,Locality
H-1,L. Gómez,2201,1932-06-18,Larrea tridentata,Caborca
H-2,L. Gómez,2202,1932-06-18,Olneya tesota,Cerro El Álamo
H-3,L. Gómez,2203,31/02/1932,Encelia farinosa,Cerro El Álamo
H-3,L. Gómez,2204,1932-06-19,Encelia farinosa,Cerro El Álamo
"""


@pytest.fixture
def manager(administrator):
    """A browser of the herbarium's administrator."""
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def standing(herbarium):
    """Two records that rows of TABLE mean: one says something else, one the same."""
    return make.occurrences(
        herbarium,
        [
            {
                "catalog_number": "H-1",
                "recorded_by": "L. Gómez",
                "record_number": "2201",
                "event_date": "1932-06-18",
                "scientific_name": "Larrea tridentata",
                "locality": "Ures",
            },
            {"catalog_number": "H-9"},
        ],
    )


def upload(client, herbarium, text=TABLE, name="gomez.csv"):
    """Hand a file over and return its run; nothing has read it yet."""
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, content)
    answer = client.post(f"/imports/new/{herbarium.guid}/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    return ImportRun.objects.get(guid=answer["Location"].split("/")[2])


def work(run):
    """Do what a worker would: the work that waits for this run."""
    waiting = Job.objects.filter(key=str(run.guid), state__in=Job.UNFINISHED)
    for job in waiting:
        jobs.run(job.guid)
    run.refresh_from_db()
    return run


def mapped(page):
    """Return what the mapping's form would send as it stands."""
    text, sent = page.content.decode(), {}
    for tag in re.findall(r"<input[^>]*>", text):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "column" in given.get("name", "") or (given.get("name") == "mode" and " checked" in tag):
            sent[given["name"]] = html.unescape(given.get("value", ""))
    for name, options in re.findall(
        r'<select [^>]*name="(key\d)"[^>]*>(.*?)</select>', text, re.DOTALL
    ):
        sent[name] = (re.search(r'value="([^"]*)" selected', options) or ["", ""])[1]
    return sent


def check(client, run, **choices):
    """Take the mapping as it is guessed, but for `choices`, and have the rows checked."""
    page = client.get(f"/imports/{run.guid}/mapping/")
    answer = client.post(f"/imports/{run.guid}/mapping/", {**mapped(page), **choices})
    assert answer.status_code == 302, answer.content.decode()
    return work(run)


def shown(client, run, query=""):
    """Return the text of the run's page, spaces and tags put aside."""
    answer = client.get(f"/imports/{run.guid}/{query}", follow=True)
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("&quot;", '"').replace("&#x27;", "'").split())


@pytest.fixture
def checked(manager, herbarium, standing):
    """An import whose review is open."""
    return check(manager, work(upload(manager, herbarium)))


def test_only_administrators_of_the_collection_find_its_imports(manager, herbarium, cast):
    run = upload(manager, herbarium)
    pages = [f"/imports/of/{herbarium.guid}/", f"/imports/new/{herbarium.guid}/"]
    pages += [f"/imports/{run.guid}/{page}" for page in ("", "mapping/", "not-imported.csv")]
    for name, person in cast.items():
        if name in ("visitor", "administrator"):
            continue
        client = Client()
        client.force_login(person)
        for page in pages:
            assert client.get(page).status_code == 404, (name, page)
        for act in ("apply", "undo", "discard", "rows/1/exclude"):
            assert client.post(f"/imports/{run.guid}/{act}/").status_code == 404, (name, act)


def test_a_file_without_a_name_or_content_is_told_at_its_field(manager, herbarium):
    where = f"/imports/new/{herbarium.guid}/"
    nothing = manager.post(where, {})
    assert nothing.status_code == 400 and b"Choose a file first." in nothing.content
    empty = manager.post(where, {"file": SimpleUploadedFile("a.csv", b"")})
    assert empty.status_code == 400 and b"The file is empty." in empty.content
    assert not ImportRun.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_its_size(manager, herbarium, monkeypatch):
    monkeypatch.setattr(forms_importing, "MOST_BYTES", 1024)
    file = SimpleUploadedFile("a.csv", b"x" * 3000)
    answer = manager.post(f"/imports/new/{herbarium.guid}/", {"file": file})
    text = answer.content.decode().replace("\xa0", " ")
    assert answer.status_code == 400
    assert "The file has 2.9 KB; up to 1.0 KB can be uploaded here." in text


def test_while_a_job_runs_the_page_follows_it_with_and_without_scripts(manager, herbarium):
    run = upload(manager, herbarium)
    page = manager.get(f"/imports/{run.guid}/").content.decode()
    job = Job.objects.get(key=str(run.guid))
    assert f'hx-get="/jobs/{job.guid}/"' in page
    assert re.search(r'<noscript><meta http-equiv="refresh"', page)
    assert 'aria-current="step">Upload' in page


def test_a_refused_file_says_why_and_leaves_no_rows(manager, herbarium):
    run = work(upload(manager, herbarium, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "scan.csv"))
    text = shown(manager, run)
    assert run.state == "refused" and run.refusal in text
    assert "Choose another file" in text and "Nothing was written." in text
    assert not run.rows.exists()


def test_reading_that_failed_can_be_tried_again(manager, herbarium):
    run = upload(manager, herbarium)
    Job.objects.filter(key=str(run.guid)).update(state="failed", error="The disk is full.")
    assert "The disk is full." in shown(manager, run)
    assert manager.post(f"/imports/{run.guid}/").status_code == 302
    assert work(run).state == "staged"


def test_the_mapping_shows_columns_samples_and_the_guess(manager, herbarium):
    run = work(upload(manager, herbarium))
    text = shown(manager, run)
    assert "Records: 4" in text and "UTF-8" in text and "columns parted by commas" in text
    assert "Cerro El Álamo" in text and "Some of its values" in text
    page = manager.get(f"/imports/{run.guid}/mapping/")
    sent = mapped(page)
    assert [sent[f"column{at}"] for at in range(6)] == [
        "Catalog Number",
        "Collector",
        "Number",
        "Date",
        "Scientific Name",
        "Locality",
    ]
    assert sent["key0"] == "catalogNumber" and sent["mode"] == "update"


def test_two_columns_for_one_target_are_joined_as_the_page_says(manager, herbarium):
    run = work(upload(manager, herbarium))
    check(manager, run, column4="locality", joined4="semicolon")
    assert run.mapping[4] == {
        "column": "Scientific Name",
        "term": "locality",
        "joined": "semicolon",
    }


def test_a_target_that_is_none_is_refused(manager, herbarium):
    run = work(upload(manager, herbarium))
    where = f"/imports/{run.guid}/mapping/"
    answer = manager.post(where, {**mapped(manager.get(where)), "column1": "sciname"})
    assert answer.status_code == 400
    assert "Choose what the column means from the list." in answer.content.decode()


def test_a_key_that_no_column_means_is_refused(manager, herbarium):
    run = work(upload(manager, herbarium))
    where = f"/imports/{run.guid}/mapping/"
    answer = manager.post(where, {**mapped(manager.get(where)), "key0": "occurrenceID"})
    assert answer.status_code == 400
    assert "No column means Occurrence ID." in answer.content.decode()


def test_columns_that_tell_of_no_specimen_are_refused(manager, herbarium):
    run = work(upload(manager, herbarium))
    where = f"/imports/{run.guid}/mapping/"
    nothing = {f"column{at}": "" for at in range(6)} | {"key0": "content", "mode": "update"}
    answer = manager.post(where, nothing)
    assert answer.status_code == 400
    assert "These columns tell of no specimen." in answer.content.decode()


def test_a_column_can_become_an_identifier_of_its_own_name(manager, herbarium):
    run = work(upload(manager, herbarium))
    check(manager, run, column2="identifier:No.")
    manager.post(f"/imports/{run.guid}/apply/")
    work(run)
    record = Occurrence.objects.get(catalog_number="H-1")
    assert [(i.name, i.value) for i in record.identifiers.all()] == [("No.", "2201")]


def test_the_counts_of_the_review_add_up_and_lead_to_their_rows(manager, checked):
    counts = {name: checked.counts[name] for name in imports.COUNTED.values()}
    assert counts == {
        "created": 2,
        "updated": 1,
        "unchanged": 0,
        "blocked": 1,
        "conflict": 0,
        "excluded": 0,
    }
    assert "Apply import: 2 new, 1 changed" in shown(manager, checked)
    for action, number in (("create", 2), ("update", 1), ("blocked", 1), ("all", 4)):
        page = manager.get(f"/imports/{checked.guid}/?action={action}").content.decode()
        assert len(re.findall(r'<tr id="row-', page)) == number, action


def test_a_changed_row_shows_old_and_new_under_the_curators_word(manager, checked):
    text = shown(manager, checked, "?action=update")
    assert "Locality was Ures becomes Caborca" in text
    assert "2 H-1" in text


def test_a_row_to_come_shows_what_it_will_be_read_as(manager, checked):
    text = shown(manager, checked, "?action=create")
    assert "Olneya tesota" in text and "L. Gómez" in text and "1932-06-18" in text
    assert "31/02/1932" in text and "is not a date" in text


def test_a_blocked_row_says_why_and_by_which_line(manager, checked):
    assert "Line 4 has the same key “H-3”." in shown(manager, checked, "?action=blocked")


def test_an_issue_leads_to_its_rows(manager, checked):
    assert set(checked.counts["issues"]) == {"RECORDED_DATE_INVALID", "DUPLICATE_KEY"}
    page = manager.get(f"/imports/{checked.guid}/?action=all&issue=RECORDED_DATE_INVALID")
    assert re.findall(r'id="row-(\d+)"', page.content.decode()) == ["3"]


def test_nonsense_in_the_address_shows_the_first_rows(manager, checked):
    for query in ("?action=%00&issue=x&after=-1", "?after=99999999999999999", "?before=a"):
        assert manager.get(f"/imports/{checked.guid}/{query}").status_code == 200, query


def test_a_row_can_be_left_out_and_taken_in_again(manager, checked):
    number = checked.outcomes.get(action="update").number
    where = f"/imports/{checked.guid}/rows/{number}/exclude/"
    answer = manager.post(where, {"leave": "1", "action": "update"})
    assert answer["Location"].endswith("?action=update#rows")
    checked.refresh_from_db()
    assert (checked.counts["updated"], checked.counts["excluded"]) == (0, 1)
    assert "Take in" in shown(manager, checked, "?action=excluded")
    manager.post(where, {"leave": "0", "action": "excluded"})
    checked.refresh_from_db()
    assert (checked.counts["updated"], checked.counts["excluded"]) == (1, 0)


def test_a_row_left_out_stays_out_of_the_collection(manager, checked, standing):
    number = checked.outcomes.get(action="update").number
    manager.post(f"/imports/{checked.guid}/rows/{number}/exclude/", {"leave": "1"})
    manager.post(f"/imports/{checked.guid}/apply/")
    work(checked)
    standing[0].refresh_from_db()
    assert standing[0].locality == "Ures"


def test_rows_are_turned_over_a_page_at_a_time(manager, herbarium, monkeypatch):
    monkeypatch.setattr(reviewing, "PAGE", 2)
    rows = "".join(f"N-{n},Locality {n}\n" for n in range(1, 6))
    run = check(manager, work(upload(manager, herbarium, f"catalogNumber,locality\n{rows}")))
    seen, address = [], f"/imports/{run.guid}/?action=create"
    for _turn in range(3):
        page = manager.get(address).content.decode()
        seen.append(re.findall(r'id="row-(\d+)"', page))
        further = re.search(r'href="(\?[^"]*)" rel="next"', page)
        if not further:
            break
        address = f"/imports/{run.guid}/" + further[1].replace("&amp;", "&").partition("#")[0]
    assert seen == [["1", "2"], ["3", "4"], ["5"]]
    back = re.search(r'href="(\?[^"]*)" rel="prev"', page)[1].replace("&amp;", "&")
    page = manager.get(f"/imports/{run.guid}/{back.partition('#')[0]}").content.decode()
    assert re.findall(r'id="row-(\d+)"', page) == ["3", "4"]


def test_what_wont_be_imported_comes_as_a_csv_with_the_reason(manager, checked):
    answer = manager.get(f"/imports/{checked.guid}/not-imported.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["line"], row["Catalog Number"], row["No."]) for row in rows] == [
        ("5", "H-3", "2204")
    ]
    assert rows[0]["reason"] == "Line 4 has the same key “H-3”."
    assert answer["Cache-Control"] == "private, no-store"


def test_applying_ends_in_a_receipt_that_undoes(manager, herbarium, checked):
    manager.post(f"/imports/{checked.guid}/apply/")
    work(checked)
    text = shown(manager, checked)
    assert "2 created 1 changed 0 unchanged 0 conflict 1 not imported 0 left out 4 rows" in text
    assert "administrator" in text and "Undo this import" in text
    assert set(checked.counts["seconds"]) == {"stage", "check", "apply"}
    assert Occurrence.objects.get(catalog_number="H-1").locality == "Caborca"

    manager.post(f"/imports/{checked.guid}/undo/")
    job = Job.objects.get(kind="undo")
    assert f'hx-get="/jobs/{job.guid}/"' in manager.get(checked.get_absolute_url()).content.decode()
    jobs.run(job.guid)
    text = shown(manager, checked)
    assert "took this import back" in text and "Undo this import" not in text
    assert Occurrence.objects.get(catalog_number="H-1").locality == "Ures"
    assert not Occurrence.objects.filter(catalog_number__in=["H-2", "H-3"]).exists()


def test_a_second_undo_does_nothing(manager, checked):
    manager.post(f"/imports/{checked.guid}/apply/")
    work(checked)
    for _time in range(2):
        manager.post(f"/imports/{checked.guid}/undo/")
        for job in Job.objects.filter(kind="undo", state__in=Job.UNFINISHED):
            jobs.run(job.guid)
    assert Job.objects.filter(kind="undo").count() == 1
    assert ChangeSet.objects.filter(kind="undo").count() == 1


def test_an_undo_that_failed_can_be_tried_again(manager, checked):
    manager.post(f"/imports/{checked.guid}/apply/")
    work(checked)
    manager.post(f"/imports/{checked.guid}/undo/")
    assert "Undo this import" not in shown(manager, checked)
    Job.objects.filter(kind="undo").update(state="failed", error="The disk is full.")
    text = shown(manager, checked)
    assert "The disk is full." in text and "Undo this import" in text
    manager.post(f"/imports/{checked.guid}/undo/")
    jobs.run(Job.objects.get(kind="undo", state="queued").guid)
    assert "took this import back" in shown(manager, checked)


def test_the_same_file_again_is_said_to_be_known_and_writes_nothing(manager, herbarium, checked):
    manager.post(f"/imports/{checked.guid}/apply/")
    work(checked)
    again = work(upload(manager, herbarium))
    assert "This very file was imported" in shown(manager, again)
    check(manager, again)
    assert "Finish: there is nothing to write" in shown(manager, again)
    manager.post(f"/imports/{again.guid}/apply/")
    work(again)
    assert again.state == "applied" and again.change_set is None
    assert "Nothing was written" in shown(manager, again)


def test_a_file_without_a_key_is_said_to_be_recognised_by_its_content(manager, herbarium):
    run = work(upload(manager, herbarium, "collector,locality\nL. Gómez,Ures\n"))
    assert mapped(manager.get(f"/imports/{run.guid}/mapping/"))["key0"] == "content"
    check(manager, run)
    assert "recognised by their content" in shown(manager, run)


def test_a_check_that_failed_says_so_above_the_mapping(manager, herbarium):
    run = work(upload(manager, herbarium))
    page = manager.get(f"/imports/{run.guid}/mapping/")
    manager.post(f"/imports/{run.guid}/mapping/", mapped(page))
    Job.objects.filter(kind="import check").update(state="failed", error="Out of memory.")
    assert "Out of memory." in shown(manager, run)


def test_back_at_the_mapping_the_old_review_no_longer_counts(manager, checked):
    page = manager.get(f"/imports/{checked.guid}/mapping/")
    assert page.status_code == 200
    manager.post(f"/imports/{checked.guid}/mapping/", {**mapped(page), "mode": "fill"})
    Job.objects.filter(kind="import check").update(state="cancelled")
    manager.post(f"/imports/{checked.guid}/apply/")
    assert not Job.objects.filter(kind="import apply").exists()


def test_work_that_was_cut_off_while_writing_goes_on_or_back(manager, checked):
    checked.state = "applying"
    checked.save()
    text = shown(manager, checked)
    assert "Only a part was written" in text and "Go on" in text
    manager.post(f"/imports/{checked.guid}/apply/")
    assert work(checked).state == "applied"


def test_discarding_forgets_rows_and_file_but_not_an_applied_import(manager, herbarium, checked):
    kept = Path(checked.file.path)
    assert kept.exists()
    answer = manager.post(f"/imports/{checked.guid}/discard/", follow=True)
    assert "gomez.csv was thrown away." in answer.content.decode()
    checked.refresh_from_db()
    assert checked.state == "discarded" and not checked.rows.exists()
    assert not kept.exists()
    assert "Thrown away" in shown(manager, checked)

    applied = check(manager, work(upload(manager, herbarium)))
    manager.post(f"/imports/{applied.guid}/apply/")
    work(applied)
    answer = manager.post(f"/imports/{applied.guid}/discard/", follow=True)
    assert "Undo it instead." in answer.content.decode()


def test_the_list_tells_of_every_import(manager, herbarium, checked):
    work(upload(manager, herbarium, b"\x00\x01\x02", "broken.csv"))
    page = manager.get(f"/imports/of/{herbarium.guid}/").content.decode()
    assert "gomez.csv" in page and "broken.csv" in page
    assert "waits to be applied" in page and "refused" in page


def test_a_protected_row_is_said_to_be_redacted(manager, herbarium):
    text = "catalogNumber,locality,recordSecurity\nS-1,Secret creek,1\nS-2,Open creek,0\n"
    run = check(manager, work(upload(manager, herbarium, text)))
    assert shown(manager, run, "?action=create").count("will be redacted for the public") == 1


def test_a_review_asks_no_more_of_the_database_for_more_rows(
    manager, herbarium, django_assert_max_num_queries
):
    rows = "".join(f"Q-{n},Locality {n}\n" for n in range(1, 60))
    run = check(manager, work(upload(manager, herbarium, f"catalogNumber,locality\n{rows}")))
    with django_assert_max_num_queries(16):
        manager.get(f"/imports/{run.guid}/?action=create")


@pytest.mark.parametrize(
    "action", ["", "mapping/", "apply/", "undo/", "discard/", "rows/1/exclude/"]
)
def test_of_two_buttons_pressed_at_once_the_second_waits(manager, checked, action):
    with CaptureQueriesContext(connection) as asked:
        manager.post(f"/imports/{checked.guid}/{action}")
    statements = [query["sql"] for query in asked]
    lock = 'FOR UPDATE OF "occurrences_importrun"'
    locks = [at for at, sql in enumerate(statements) if sql.endswith(lock)]
    jobs_asked = [at for at, sql in enumerate(statements) if "journal_job" in sql]
    assert locks and all(at > locks[0] for at in jobs_asked)
