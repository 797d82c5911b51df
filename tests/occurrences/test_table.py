"""The table of records: what it shows, and what becomes of cells that are typed or pasted."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection, Role
from journal import undo
from journal.models import ChangeSet
from occurrences import editing_table, paging, record_search
from occurrences.editing_table import Cell
from occurrences.models import EditorHabits, Occurrence
from occurrences.readers import exact_values
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is counted, however busy the machine is."""
    monkeypatch.setattr(record_search, "LOOK_MS", 60_000)


TABLE = "occurrences:table"


@pytest.fixture
def herbarium() -> Collection:
    return make.collection("HERB")


@pytest.fixture
def editor(herbarium: Collection) -> Any:
    person = make.user("edith")
    make.grant(person, Role.EDITOR, herbarium)
    return person


@pytest.fixture
def sheets(herbarium: Collection) -> list[Occurrence]:
    rows = [
        {"catalog_number": f"H {number}", "locality": "Imuris", "event_date": "1932-07-14"}
        for number in (1, 2, 3)
    ]
    return make.occurrences(herbarium, rows)


def cell(record: Occurrence, column: str, text: str, basis: str | None = None) -> Cell:
    held = getattr(record, column) if column != "identifiers" else ""
    return Cell(record.guid, column, text, basis if basis is not None else str(held or ""))


def test_cells_are_read_as_the_form_reads_them_and_saved_as_one(
    editor: Any, sheets: list[Occurrence]
) -> None:
    cells = [
        cell(sheets[0], "event_date", "3.viii.1940"),
        cell(sheets[0], "locality", "Nogales"),
        cell(sheets[1], "decimal_latitude", "30°46'N 110°51'W"),
        cell(sheets[2], "identifiers", "Accession: 7"),
    ]
    outcome = editing_table.save(editor, cells)
    assert [told.read for told in outcome.told] == [
        "1940-08-03",
        "Nogales",
        "30.7667",
        "Accession: 7",
    ]
    assert len(outcome.change_sets) == 1
    first, second, third = Occurrence.objects.order_by("catalog_number")
    assert (first.event_date, first.year, first.locality) == ("1940-08-03", 1940, "Nogales")
    assert str(second.decimal_longitude) == "-110.8500"
    assert third.identifiers.get().value == "7"
    undo.undo(outcome.change_sets[0], editor)
    assert set(Occurrence.objects.values_list("event_date", "locality", "decimal_latitude")) == {
        ("1932-07-14", "Imuris", None)
    }
    assert not third.identifiers.exists()


def test_looking_writes_nothing(editor: Any, sheets: list[Occurrence]) -> None:
    outcome = editing_table.save(editor, [cell(sheets[0], "locality", "X")], only_look=True)
    assert outcome.told[0].changes and not outcome.change_sets
    assert not Occurrence.objects.filter(locality="X").exists()


def test_one_cell_that_cannot_be_read_keeps_all_back(editor: Any, sheets: list[Occurrence]) -> None:
    cells = [
        cell(sheets[0], "locality", "Nogales"),
        cell(sheets[1], "event_date", "31/02/1998"),
        cell(sheets[2], "processing_status", "nearly done"),
    ]
    outcome = editing_table.save(editor, cells)
    assert ["not a date" in told.problem for told in outcome.told] == [False, True, False]
    assert "Choose one of" in outcome.told[2].problem
    assert not outcome.change_sets
    assert not Occurrence.objects.filter(locality="Nogales").exists()


def test_a_cell_that_somebody_else_changed_is_told_and_the_others_of_its_record_are_not(
    editor: Any, sheets: list[Occurrence]
) -> None:
    editing_table.save(editor, [cell(sheets[0], "locality", "Magdalena")])
    cells = [cell(sheets[0], "locality", "Nogales"), cell(sheets[0], "habitat", "oak")]
    outcome = editing_table.save(editor, cells)
    assert [told.theirs for told in outcome.told] == ["Magdalena", None]
    assert not outcome.change_sets
    over = [cell(sheets[0], "locality", "Nogales", "Magdalena"), cells[1]]
    assert editing_table.save(editor, over).change_sets
    sheets[0].refresh_from_db()
    assert (sheets[0].locality, sheets[0].habitat) == ("Nogales", "oak")


def test_what_the_record_says_already_is_no_change(editor: Any, sheets: list[Occurrence]) -> None:
    outcome = editing_table.save(editor, [cell(sheets[0], "locality", "Imuris", "whatever")])
    assert not outcome.change_sets and not outcome.open_cells
    assert not ChangeSet.objects.filter(user=editor).exists()


def test_records_of_others_are_a_problem_of_their_cells(
    editor: Any, sheets: list[Occurrence]
) -> None:
    other = make.occurrence(locality="far")
    outcome = editing_table.save(editor, [cell(other, "locality", "near")])
    assert "not yours" in outcome.told[0].problem and outcome.told[0].was == ""
    other.refresh_from_db()
    assert other.locality == "far"


def test_a_protected_record_is_edited_by_its_exact_values(
    editor: Any, herbarium: Collection
) -> None:
    record = make.occurrence(herbarium, locality="secret", record_security=1)
    outcome = editing_table.save(editor, [cell(record, "locality", "secreter", "secret")])
    assert outcome.told[0].was == "secret"
    record.refresh_from_db()
    assert record.locality is None and record.withheld.terms["locality"] == "secreter"


def test_the_page_shows_exact_values_and_leads_on_in_the_search(
    client: Client, editor: Any, herbarium: Collection, sheets: list[Occurrence]
) -> None:
    make.occurrence(herbarium, catalog_number="H 9", locality="secret", record_security=1)
    client.force_login(editor)
    page = client.get(reverse(TABLE), {"within": "HERB", "catalog_number": "H 2 - 9"}).content
    text = page.decode()
    assert "3 records" in text and "secret" in text
    assert "search=within%3DHERB%26catalog_number%3DH" in text
    link = f"/occurrences/{sheets[1].guid}/edit/"
    query = "within=HERB&catalog_number=H+2+-+9&sort=entered"
    following = client.get(link, {"search": query})
    assert following.context["step"].next == sheets[2].guid
    assert following.context["step"].previous is None
    assert following.context["step"].back == f"{reverse(TABLE)}?{query}"


def test_columns_are_remembered_and_few_records_are_sorted_by_any(
    client: Client, editor: Any, sheets: list[Occurrence]
) -> None:
    client.force_login(editor)
    chosen = {"column": ["locality", "habitat", "nonsense"], "query": "within="}
    client.post(reverse("occurrences:table_columns"), chosen)
    assert EditorHabits.objects.get().table_columns == ["locality", "habitat"]
    editing_table.save(editor, [cell(sheets[1], "habitat", "alder")])
    page = client.get(reverse(TABLE), {"within": "", "sort": "habitat"})
    assert [head.column for head in page.context["columns"]] == ["locality", "habitat"]
    assert page.context["rows"][0].occurrence.pk == sheets[1].pk
    assert page.context["columns"][1].aria == "ascending"
    client.post(reverse("occurrences:table_columns"), {**chosen, "usual": "1"})
    assert EditorHabits.objects.get().table_columns == []


def test_a_bad_search_goes_back_to_the_form_with_words(client: Client, editor: Any) -> None:
    client.force_login(editor)
    asked = {"within": "", "group": "1", "field": "event_date", "operator": "is", "value": "soon"}
    answer = client.get(reverse(TABLE), asked, follow=True)
    assert "“soon” is no date" in answer.content.decode()
    assert 'value="soon"' in answer.content.decode()


def test_a_search_is_kept_by_name_and_opened_by_who_edits_the_collection(
    client: Client, editor: Any, herbarium: Collection
) -> None:
    client.force_login(editor)
    to = reverse("occurrences:saved_search_new")
    for query, name in (("within=HERB&collector=Smith", "Smith"), ("within=", "all")):
        client.post(to, {"query": query, "name": name})
    page = client.get(reverse("occurrences:record_search"))
    assert [kept.name for kept in page.context["saved"]] == ["Smith", "all"]
    smith, everything = page.context["saved"]
    colleague, stranger = make.user("colleague"), make.user("stranger")
    make.grant(colleague, Role.EDITOR, herbarium)
    for person, kept, status in (
        (editor, everything, 302),
        (colleague, smith, 302),
        (colleague, everything, 404),
        (stranger, smith, 404),
    ):
        client.force_login(person)
        answer = client.get(kept.get_absolute_url())
        assert answer.status_code == status, person
    client.force_login(colleague)
    assert (
        client.get(smith.get_absolute_url()).url == f"{reverse(TABLE)}?within=HERB&collector=Smith"
    )
    gone = reverse("occurrences:saved_search_delete", args=[smith.guid])
    assert client.post(gone).status_code == 404
    client.force_login(editor)
    assert client.post(gone).status_code == 302


def test_the_ticked_records_or_the_whole_search_come_as_csv(
    client: Client, editor: Any, sheets: list[Occurrence]
) -> None:
    other = make.occurrence(catalog_number="X 1")
    client.force_login(editor)
    to = reverse("occurrences:table_download")
    ticked = client.post(to, {"guid": [sheets[0].guid, other.guid]})
    lines = b"".join(ticked).decode().splitlines()
    assert len(lines) == 2 and "H 1" in lines[1]
    whole = client.post(to, {"search": "within=&catalog_number=H*"})
    assert len(b"".join(whole).decode().splitlines()) == 4
    assert "no-store" in whole["Cache-Control"]


def test_how_many_a_download_takes_is_said_before_where_there_may_be_more(
    client: Client, editor: Any, sheets: list[Occurrence], monkeypatch: Any
) -> None:
    client.force_login(editor)
    asked = {"within": "", "catalog_number": "H*"}
    assert "at most 10,000" not in client.get(reverse(TABLE), asked).text
    monkeypatch.setattr(record_search, "COUNTED", 2)
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    page = client.get(reverse(TABLE), asked).text
    assert "at most 10,000" in page and page.count("data-not-whole") == 2
    assert "Records 1–2<" in page, "nobody has counted how many there are"


@pytest.mark.parametrize("body", ["", "[]", '{"cells": []}', '{"cells": [{"guid": "x"}]}', "{}"])
def test_cells_nobody_can_read_are_refused_with_words(
    client: Client, editor: Any, body: str
) -> None:
    client.force_login(editor)
    to = reverse("occurrences:table_save")
    answer = client.post(to, body, content_type="application/json")
    assert answer.status_code == 400 and "Paste at most" in json.loads(answer.content)["problem"]


def test_few_records_are_sorted_by_what_is_withheld_of_them_too(
    client: Client, editor: Any, herbarium: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("occurrences.paging.PAGE_SIZE", 2)
    rows = [("c", 1), ("a", 1), ("b", 0), (None, 1)]
    dates = ["1932-07-14", "1931", "1933-01", None]
    make.occurrences(
        herbarium,
        [
            {"locality": text, "event_date": day, "decimal_latitude": lat, "record_security": level}
            for (text, level), day, lat in zip(rows, dates, ("9", "10", "-1", None), strict=True)
        ],
    )
    client.force_login(editor)

    def column(sort: str, name: str) -> list[Any]:
        found: list[Any] = []
        page = client.get(reverse(TABLE), {"within": herbarium.code, "sort": sort})
        for _turn in range(2):
            found += [exact_values(row.occurrence).get(name) for row in page.context["rows"]]
            turned = page.context["next_url"] or page.context["previous_url"]
            page = client.get(reverse(TABLE) + turned[turned.index("?") :])
        again = [exact_values(row.occurrence).get(name) for row in page.context["rows"]]
        assert again == found[:2], "and back"
        return [str(value) if value is not None else None for value in found]

    assert column("locality", "locality") == ["a", "b", "c", None]
    assert column("-locality", "locality") == ["c", "b", "a", None]
    assert column("decimal_latitude", "decimal_latitude") == ["-1", "9", "10", None]
    assert column("date", "event_date") == ["1931", "1932-07-14", "1933-01", None]
