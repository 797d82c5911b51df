"""The review of an import: what changes, field by field; and what a person decides there."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Notice
from journal import jobs
from journal.models import Job
from occurrences import imports
from occurrences.models import ImportRun, Occurrence
from occurrences.views import deciding_import
from tests import make
from tests.cast import client_of
from tests.occurrences import importing

pytestmark = pytest.mark.django_db

STANDING = [
    {"catalog_number": "D-1", "locality": "Ures", "habitat": "oak woodland"},
    {"catalog_number": "D-2", "locality": "Caborca", "habitat": "dunes"},
    {"catalog_number": "D-3", "locality": "Yécora"},
]
FILE = """catalogNumber,locality,habitat,eventDate
D-1,Ures,pine-oak woodland,
D-2,Caborca,,1932-06-18
D-3,Yecora,oak woodland,
D-4,Sahuaripa,,31/02/1932
D-5,Sahuaripa,,31/02/1932
"""


@pytest.fixture
def run(herbarium: Any, administrator: Any) -> ImportRun:
    """A review in which blanks erase: three records change, two are new."""
    make.occurrences(herbarium, [dict(values) for values in STANDING])
    return importing.checked(herbarium, administrator, FILE, mode="replace", keys=["catalogNumber"])


@pytest.fixture
def manager(administrator: Any) -> Any:
    return client_of(administrator)


def text_of(answer: Any) -> str:
    """Return the words of a page."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(words.replace("&quot;", '"').replace("&#x27;", "'").split())


def shown(client: Any, run: ImportRun, query: str = "") -> str:
    answer = client.get(f"/imports/{run.guid}/{query}", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(page: str) -> list[str]:
    return re.findall(r'<tr id="row-(\d+)"', page)


def ask(client: Any, run: ImportRun, act: str, **given: Any) -> Any:
    answer = client.post(f"/imports/{run.guid}/{act}/", given, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:500]
    run.refresh_from_db()
    return answer


# --- what changes -------------------------------------------------------------------------------


def test_changes_are_counted_by_field_and_kind(run):
    changes = run.counts["changes"]
    assert changes["habitat"] == {"changed": 1, "erased": 1, "filled": 1}
    assert changes["locality"] == {"changed": 1}
    assert changes["event_date"] == {"filled": 1}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("field=habitat", ["1", "2", "3"]),
        ("field=habitat&change=erased", ["2"]),
        ("field=habitat&change=filled", ["3"]),
        ("field=locality", ["3"]),
        ("change=erased", ["2"]),
        ("field=nothing", ["1", "2", "3"]),
    ],
)
def test_rows_are_found_by_the_field_they_change_and_how(manager, run, query, numbers):
    assert rows_of(shown(manager, run, f"?action=update&{query}")) == numbers


def test_what_would_be_erased_is_said_in_words(manager, run):
    page = text_of(manager.get(f"/imports/{run.guid}/?field=habitat&change=erased"))
    assert "was dunes becomes empty erased" in page
    assert "Habitat: erased in one record" in manager.get(f"/imports/{run.guid}/").content.decode()


def test_what_only_follows_from_a_date_is_no_field_of_its_own(manager, run):
    assert "year" in run.counts["changes"]
    page = shown(manager, run)
    assert "field=event_date" in page and "field=year" not in page


def test_a_row_from_close_by_shows_its_cells_and_what_the_public_will_see(
    manager, herbarium, administrator
):
    text = "catalogNumber,locality,recordSecurity\nS-1,Secret creek,1\nS-2,Open creek,0\n"
    run = importing.checked(herbarium, administrator, text)
    page = manager.get(f"/imports/{run.guid}/rows/1/")
    words = text_of(page)
    assert "recordSecurity" in words and "Secret creek" in words
    public = words.partition("What the public will see")[2]
    assert "Locality redacted" in public and "Secret creek" not in public
    open_row = text_of(manager.get(f"/imports/{run.guid}/rows/2/"))
    assert "What the public will see All of it." in open_row


def test_a_row_that_is_none_is_not_found(manager, run):
    assert manager.get(f"/imports/{run.guid}/rows/99/").status_code == 404


def test_a_text_that_only_reads_otherwise_is_shown_as_written(manager, herbarium, administrator):
    """A date that can't be read erases no determination."""
    make.occurrences(
        herbarium,
        [{"catalog_number": "V-1", "locality": "Ures", "verbatim_event_date": "in summer"}],
    )
    text = "catalogNumber,locality,verbatimEventDate,eventDate\nV-1,Ures,in summer,31/02/1932\n"
    run = importing.checked(herbarium, administrator, text, keys=["catalogNumber"], mode="replace")
    assert run.counts["changes"] == {"verbatim": {"filled": 1}}
    page = text_of(manager.get(run.get_absolute_url()))
    assert "Date as written was empty becomes 31/02/1932" in page
    assert "erased in" not in page


def test_names_that_the_thesaurus_does_not_have_are_counted(manager, herbarium, administrator):
    make.taxon("Olneya tesota")
    make.occurrence(herbarium, scientific_name="Olneya tesota")
    text = "catalogNumber,scientificName\nN-1,Olneya tesota\nN-2,Quercus nova\nN-3,Quercus nova\n"
    run = importing.checked(herbarium, administrator, text)
    assert run.counts["names"] == {"distinct": 2, "unmatched": 1}
    page = text_of(manager.get(run.get_absolute_url()))
    assert "Of the 2 names in these rows one is not linked to the thesaurus yet." in page


# --- leaving out --------------------------------------------------------------------------------


def test_all_rows_that_a_filter_shows_can_be_left_out_and_taken_in_again(manager, run):
    answer = ask(manager, run, "exclude", leave="1", action="update", field="habitat")
    assert "3 rows are left out." in text_of(answer)
    assert (run.counts["updated"], run.counts["excluded"]) == (0, 3)
    assert run.counts["changes"] == {}
    ask(manager, run, "exclude", leave="0", action="excluded")
    assert (run.counts["updated"], run.counts["excluded"]) == (3, 0)
    assert run.counts["changes"]["habitat"] == {"changed": 1, "erased": 1, "filled": 1}


def test_without_a_filter_nothing_is_left_out(manager, run):
    ask(manager, run, "exclude", leave="1")
    assert run.counts["excluded"] == 0


def test_what_was_left_out_stays_so_when_the_rows_are_checked_again(manager, run):
    ask(manager, run, "exclude", leave="1", action="create")
    imports.check(run)
    assert run.counts["excluded"] == 2 and run.counts["created"] == 0


# --- mending ------------------------------------------------------------------------------------


def test_a_value_is_mended_in_one_row_or_in_all_that_have_it(manager, run):
    fix = {"at": "3", "old": "31/02/1932", "new": "1932-02-28"}
    ask(manager, run, "fix", row="4", **fix)
    assert run.counts["issues"] == {"RECORDED_DATE_INVALID": 1}
    page = shown(manager, run, "?action=create")
    assert "1932-02-28" in page and "One thing mended here" in text_of(
        manager.get(run.get_absolute_url())
    )
    ask(manager, run, "fixes/0/undo")
    assert run.counts["issues"] == {"RECORDED_DATE_INVALID": 2} and run.fixes == []
    ask(manager, run, "fix", row="4", everywhere="on", **fix)
    assert run.counts["issues"] == {}
    imports.apply(run)
    dates = Occurrence.objects.filter(catalog_number__in=["D-4", "D-5"])
    assert set(dates.values_list("event_date", flat=True)) == {"1932-02-28"}


def test_an_issue_offers_to_mend_its_cell(manager, run):
    page = shown(manager, run, "?action=create")
    assert 'name="old" value="31/02/1932"' in page and "Mend it" in page


@pytest.mark.parametrize(
    "given",
    [
        {"at": "99", "old": "a", "new": "b", "row": "1"},
        {"at": "x", "old": "a", "new": "b", "row": "1"},
        {"at": "3", "old": "a", "new": "a", "row": "1"},
        {},
    ],
)
def test_a_fix_that_is_none_changes_nothing(manager, run, given):
    ask(manager, run, "fix", **given)
    assert run.fixes == []


# --- what was not imported ----------------------------------------------------------------------


def not_imported(client: Any, run: ImportRun) -> str:
    answer = client.get(f"/imports/{run.guid}/not-imported.csv")
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_the_rows_not_imported_come_in_once_they_are_mended(manager, herbarium, administrator):
    text = 'Catalog Number,Locality\nR-1,"Ures, Sonora"\nR-1,Caborca\nR-2,Yécora\n'
    run = importing.bring_in(herbarium, administrator, text, keys=["catalogNumber"])
    left = not_imported(manager, run)
    rows = list(csv.DictReader(io.StringIO(left)))
    assert [(row["line"], row["Catalog Number"]) for row in rows] == [("3", "R-1")]
    mended = left.replace("R-1,Caborca", "R-3,Caborca")
    again = importing.bring_in(herbarium, administrator, mended, keys=["catalogNumber"])
    assert again.counts["created"] == 1 and again.counts["blocked"] == 0
    made = Occurrence.objects.get(catalog_number="R-3")
    assert made.locality == "Caborca" and "reason" not in (made.dynamic_properties or "")


def test_what_is_left_of_the_rest_has_its_columns_once(manager, herbarium, administrator):
    text = "line,reason,catalogNumber,locality\n3,why,R-1,Ures\n4,why,R-1,Ures\n"
    run = importing.bring_in(herbarium, administrator, text, keys=["catalogNumber"])
    rows = list(csv.reader(io.StringIO(not_imported(manager, run))))
    assert rows[0] == ["line", "reason", "catalogNumber", "locality"]
    assert rows[1][0] == "3" and rows[1][2] == "R-1" and len(rows[1]) == 4


# --- handing over -------------------------------------------------------------------------------


def test_a_review_handed_over_is_seen_and_decided_but_not_applied(
    manager, run, stranger, administrator
):
    client = client_of(stranger)
    assert client.get(run.get_absolute_url()).status_code == 404
    answer = ask(manager, run, "hand-over", person="stranger")
    assert "may look through this review now" in text_of(answer)
    notice = Notice.objects.get(person=stranger)
    assert notice.url == run.get_absolute_url() and notice.words["file"] == run.file_name

    page = client.get(run.get_absolute_url())
    assert page.status_code == 200 and "You were asked to look through" in text_of(page)
    assert "/apply/" not in page.content.decode()
    assert client.get(f"/imports/{run.guid}/rows/1/").status_code == 200
    ask(client, run, "exclude", leave="1", action="update")
    assert run.counts["excluded"] == 3
    for act in ("apply", "undo", "discard", "copies", "hand-over", "take-back"):
        assert client.post(f"/imports/{run.guid}/{act}/").status_code == 404, act
    for page in (f"/imports/{run.guid}/mapping/", f"/imports/of/{run.collection.guid}/"):
        assert client.get(page).status_code == 404, page
    assert not Job.objects.filter(kind="import apply").exists()

    assert "stranger may look through this review" in text_of(manager.get(run.get_absolute_url()))
    ask(manager, run, "take-back")
    assert client.get(run.get_absolute_url()).status_code == 404


def test_nobody_is_asked_by_a_name_that_is_none(manager, run):
    answer = ask(manager, run, "hand-over", person="nobody at all")
    assert "Nobody has an account" in text_of(answer) and run.reviewer is None
    assert "The review is yours already." in text_of(
        ask(manager, run, "hand-over", person="administrator")
    )


def test_an_undo_shows_what_was_changed_since_field_by_field(manager, herbarium, run):
    """AC-C11: what somebody has changed since is left alone and listed, with both values."""
    imports.apply(run)
    record = Occurrence.objects.get(catalog_number="D-1")
    make.edit(record, run.user, habitat="cloud forest")
    ask(manager, run, "undo")
    jobs.run(Job.objects.get(kind="undo").guid)
    undo = run.change_set.undone_by.get()
    page = text_of(manager.get(f"/changes/{undo.guid}/"))
    assert "Left alone, because changed since" in page
    assert "before: oak woodland" in page and "now: cloud forest" in page
    record.refresh_from_db()
    assert record.habitat == "cloud forest"
    assert Occurrence.objects.get(catalog_number="D-2").habitat == "dunes"


# --- the end ------------------------------------------------------------------------------------


def test_who_waits_for_an_import_is_told_that_it_is_through(manager, run, stranger, administrator):
    ask(manager, run, "hand-over", person="stranger")
    ask(manager, run, "apply")
    jobs.run(Job.objects.get(kind="import apply").guid)
    told = Notice.objects.filter(kind="import applied")
    assert {each.person for each in told} == {administrator, stranger}
    manager.get(run.get_absolute_url())  # he is there now
    assert not told.filter(person=administrator, read_at=None).exists()
    assert told.filter(person=stranger, read_at=None).exists()


def test_who_waits_for_an_import_is_told_that_it_failed(manager, run, administrator):
    ask(manager, run, "apply")
    run.collection.grants.all().delete()
    jobs.run(Job.objects.get(kind="import apply").guid)
    assert [each.kind for each in Notice.objects.filter(person=administrator)] == ["import failed"]


def test_the_receipt_tells_the_checksums_of_the_file_and_of_what_was_written(manager, run):
    ask(manager, run, "apply")
    jobs.run(Job.objects.get(kind="import apply").guid)
    jobs.run(Job.objects.get(kind="import checksum").guid)
    page = text_of(manager.get(run.get_absolute_url()))
    run.refresh_from_db()
    written = run.counts["written"]
    assert written["records"] == run.counts["created"] + run.counts["updated"] == 5
    assert run.file_sha256 in page and written["sha256"] in page


def test_the_history_of_imports_is_filtered(manager, herbarium, administrator, run):
    importing.bring_in(herbarium, administrator, "catalogNumber,locality\nX-1,Ures\n")
    where = reverse("occurrences:imports", args=[herbarium.guid])

    def listed(**asked: str) -> int:
        return len(
            re.findall(
                r'<td class="full"><a href="/imports/', manager.get(where, asked).content.decode()
            )
        )

    assert listed() == 2
    assert listed(state="waiting") == 1 and listed(state="applied") == 1
    assert listed(state="undone") == 0 and listed(q="nowhere") == 0
    assert listed(q="records") == 2 and listed(user=str(administrator.pk)) == 2
    assert listed(since="2100-01-01") == 0 and listed(state="nonsense") == 2
    assert "No such imports" in manager.get(where, {"q": "nowhere"}).content.decode()


# --- conflicts ----------------------------------------------------------------------------------


@pytest.fixture
def doubled(herbarium: Any, administrator: Any) -> ImportRun:
    """A review of three rows, two of which mean two records each."""
    twins = [
        {"catalog_number": number, "locality": place}
        for number in ("T-1", "T-2")
        for place in ("Ures", "Bavispe")
    ]
    make.occurrences(herbarium, twins)
    text = "catalogNumber,locality\nT-1,Caborca\nT-2,Caborca\nT-3,Caborca\n"
    return importing.checked(herbarium, administrator, text, keys=["catalogNumber"])


def test_a_conflict_shows_its_candidates_side_by_side_and_leads_to_the_next(manager, doubled):
    page = manager.get(f"/imports/{doubled.guid}/rows/1/?action=conflict")
    words = text_of(page)
    assert "Which record does the row mean?" in words
    assert "Locality Caborca Ures Bavispe" in words
    first = doubled.outcomes.get(number=1).candidates[0]
    answer = manager.post(
        f"/imports/{doubled.guid}/rows/1/decide/",
        {"decision": first, "action": "conflict", "row_page": "2"},
    )
    assert answer["Location"].endswith("/rows/2/?action=conflict")
    doubled.refresh_from_db()
    assert (doubled.counts["conflict"], doubled.counts["updated"]) == (1, 1)
    imports.apply(doubled)
    assert Occurrence.objects.get(guid=first).locality == "Caborca"


@pytest.mark.parametrize("decision", ["", "nonsense", "01a1fd33-a302-7e3d-a6f8-2e24fb015559"])
def test_a_decision_that_is_none_leaves_the_conflict(manager, doubled, decision):
    ask(manager, doubled, "rows/1/decide", decision=decision)
    assert doubled.counts["conflict"] == 2


def test_all_conflicts_are_decided_by_one_rule(manager, doubled):
    ask(manager, doubled, "decide", rule="new", action="conflict")
    assert (doubled.counts["conflict"], doubled.counts["created"]) == (0, 3)


def test_what_concerns_many_rows_is_a_job(manager, doubled, monkeypatch):
    monkeypatch.setattr(deciding_import, "FEW", 1)
    ask(manager, doubled, "decide", rule="out", action="conflict")
    job = Job.objects.get(kind="import settle")
    assert f'hx-get="/jobs/{job.guid}/"' in shown(manager, doubled)
    jobs.run(job.guid)
    doubled.refresh_from_db()
    assert (doubled.counts["conflict"], doubled.counts["excluded"]) == (0, 2)
    ask(manager, doubled, "fix", at="1", old="Caborca", new="Pitiquito", row="3", everywhere="on")
    jobs.run(Job.objects.get(kind="import settle", state="queued").guid)
    doubled.refresh_from_db()
    assert [each["to"] for each in doubled.fixes] == ["Pitiquito"]


def test_a_conflict_can_be_decided_after_applying_and_is_written_then(manager, doubled):
    imports.apply(doubled)
    assert Occurrence.objects.filter(locality="Caborca").count() == 1
    page = text_of(manager.get(f"/imports/{doubled.guid}/?action=conflict"))
    assert "Decide" in page
    first = doubled.outcomes.get(number=1).candidates[0]
    ask(manager, doubled, "rows/1/decide", decision=first)
    assert "Write the one row that was decided since" in text_of(
        manager.get(doubled.get_absolute_url())
    )
    ask(manager, doubled, "apply")
    jobs.run(Job.objects.get(kind="import apply").guid)
    assert Occurrence.objects.get(guid=first).locality == "Caborca"


# --- copies -------------------------------------------------------------------------------------


def test_records_of_other_collections_are_proposed_as_copies(
    manager, herbarium, other_herbarium, administrator
):
    theirs = make.occurrence(other_herbarium, catalog_number="O-1", occurrence_id="urn:o:1")
    text = "occurrenceID,catalogNumber,locality\nurn:o:1,O-1,Ures\n"
    run = importing.checked(herbarium, administrator, text)
    page = text_of(manager.get(run.get_absolute_url()))
    assert "These records are in other collections of this portal" in page
    ask(manager, run, "copies")
    jobs.run(Job.objects.get(kind="import check").guid)
    run.refresh_from_db()
    assert (run.mode, run.counts["created"], run.counts["blocked"]) == ("copies", 1, 0)
    imports.apply(run)
    theirs.refresh_from_db()
    assert theirs.locality != "Ures" and herbarium.occurrences.get().catalog_number == "O-1"
