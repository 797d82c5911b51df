"""Record search: what each operator finds, of open and of protected records, and of whose."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict

from biocollections.models import Collection, Role
from darwincore import terms
from occurrences import editing, patience, record_search
from occurrences.asking_fields import FIELDS
from occurrences.models import Occurrence
from occurrences.record_search import Condition, Group, RecordSearch
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is counted, however busy the machine is."""
    monkeypatch.setattr(record_search, "LOOK_MS", 60_000)


GUID = "0190b5a0-0000-7000-8000-000000000001"
ROWS: list[dict[str, Any]] = [
    {
        "catalog_number": "H 1",
        "recorded_by": "L. Gómez",
        "record_number": "12",
        "event_date": "1932-07-14",
        "locality": "Río Imuris, 30% slope",
        "decimal_latitude": "30.77",
        "decimal_longitude": "-110.86",
        "identifiers": [("Accession", "2026-014")],
    },
    {
        "catalog_number": "H 2",
        "recorded_by": "Luis Gómez",
        "record_number": "101",
        "event_date": "1999-05-03",
        "locality": "Nogales",
        "minimum_elevation_in_meters": "1200",
        "processing_status": "reviewed",
    },
    {"catalog_number": "H 3", "recorded_by": "A. Smith", "record_number": "1234a"},
]


@pytest.fixture(params=[0, 1], ids=["open", "protected"])
def herbarium(request: pytest.FixtureRequest) -> Collection:
    """Three records, open or with their place protected: an editor finds the same."""
    into = make.collection("HERB")
    make.occurrences(into, [{**row, "record_security": request.param} for row in ROWS])
    return into


@pytest.fixture
def editor(herbarium: Collection) -> Any:
    person = make.user("edith")
    make.grant(person, Role.EDITOR, herbarium)
    return person


def numbers(user: Any, search: RecordSearch) -> str:
    found = record_search.found(user, search).order_by("catalog_number")
    return " ".join(
        number.removeprefix("H ") for number in found.values_list("catalog_number", flat=True)
    )


def asking(field: str, operator: str, value: str = "") -> RecordSearch:
    return RecordSearch(groups=(Group((Condition(field, operator, value),)),))


@pytest.mark.parametrize(
    ("field", "operator", "value", "finds"),
    [
        ("locality", "is", "rio imuris, 30% SLOPE", "1"),
        ("locality", "is", "*imuris*", "1"),
        ("locality", "is", "Nog*", "2"),
        ("locality", "is", "*", "1 2"),
        ("locality", "not", "Nogales", "1 3"),
        ("locality", "contains", "muri", "1"),
        ("locality", "contains", "30%", "1"),
        ("locality", "contains", "3_%", ""),
        ("locality", "lacks", "muri", "2 3"),
        ("locality", "begins", "rio", "1"),
        ("locality", "ends", "gales", "2"),
        ("locality", "words", "imuris rio", "1"),
        ("locality", "words", "imur", ""),
        ("locality", "words", "imur*", "1"),
        ("locality", "empty", "", "3"),
        ("locality", "filled", "", "1 2"),
        ("locality", "more", "Nogaa", "1 2"),
        ("locality", "less", "O", "2"),
        ("recorded_by", "words", "L. Gomez", "1 2"),
        ("recorded_by", "contains", "gomez", "1 2"),
        ("record_number", "list", "1-100", "1"),
        ("record_number", "list", "5; 12, 101", "1 2"),
        ("record_number", "list", "1-999", "1 2"),
        ("record_number", "list", "1234*", "3"),
        ("record_number", "is", "1234A", "3"),
        ("record_number", "more", "12", "2"),
        ("record_number", "less", "101", "1"),
        ("record_number", "between", "12 - 101", "1 2"),
        ("catalog_number", "list", "H 1-H 2", "1 2"),
        ("catalog_number", "list", "H 2 - 3", "2 3"),
        ("catalog_number", "is", "h 3", "3"),
        ("event_date", "is", "1932", "1"),
        ("event_date", "is", "1932-07-01/1999-05-03", "1 2"),
        ("event_date", "is", "1932-08", ""),
        ("event_date", "is", ">1932", "2"),
        ("event_date", "more", "1932", "2"),
        ("event_date", "less", "1999-05-03", "1"),
        ("event_date", "between", "1930 - 1940", "1"),
        ("event_date", "empty", "", "3"),
        ("event_date", "not", "1932", "2 3"),
        ("decimal_latitude", "between", "30 - 31", "1"),
        ("decimal_latitude", "is", "30.77", "1"),
        ("decimal_longitude", "less", "-110", "1"),
        ("decimal_longitude", "between", "-111 .. -110", "1"),
        ("minimum_elevation_in_meters", "list", "5; 1000-1300", "2"),
        ("minimum_elevation_in_meters", "empty", "", "1 3"),
        ("processing_status", "is", "reviewed", "2"),
        ("processing_status", "empty", "", "1 3"),
        ("identifiers", "contains", "026-0", "1"),
        ("identifiers", "list", "2026-014", "1"),
        ("identifiers", "lacks", "2026", "2 3"),
        ("identifiers", "empty", "", "2 3"),
        ("identifier_name", "is", "accession", "1"),
        ("point", "filled", "", "1"),
        ("point", "empty", "", "2 3"),
        ("images", "filled", "", ""),
        ("determinations", "empty", "", "1 2 3"),
        ("created_at", "is", "today", "1 2 3"),
        ("created_at", "less", "today", ""),
        ("created_at", "is", ">2001-02-03", "1 2 3"),
        ("changed_at", "between", "2001 - 2002-05", ""),
        ("entered_by", "is", "me", ""),
        ("changed_by", "is", "nobody", ""),
    ],
)
def test_a_condition_finds_open_and_protected_records_alike(
    editor: Any, field: str, operator: str, value: str, finds: str
) -> None:
    assert numbers(editor, asking(field, operator, value)) == finds


def test_every_field_and_operator_can_be_asked(editor: Any) -> None:
    """Each field in one way, and each kind of field, withheld ones apart, in all its ways."""
    given = {"number": "1", "day": "1932", "moment": "1932", "boolean": "true"}
    asked = set()
    for name, field in FIELDS.items():
        alike = (field.kind, name in terms.WITHHELD_COLUMNS, field.panel == FIELDS["guid"].panel)
        for operator in field.operators if alike not in asked else field.operators[:1]:
            value = GUID if name == "guid" else given.get(field.kind, "1")
            value = f"{value} - {value}" if operator == "between" else value
            search = RecordSearch.from_query(QueryDict(asking(name, operator, value).to_query()))
            assert isinstance(list(record_search.found(editor, search)[:1]), list), name
        asked.add(alike)
    assert len(asked) > 6


# --- groups, addresses, and whose records ------------------------------------------------------


def test_groups_join_their_conditions_and_each_other(editor: Any) -> None:
    smith = Condition("recorded_by", "words", "Smith")
    nogales = Condition("locality", "is", "Nogales")
    gomez = Condition("recorded_by", "contains", "gomez")
    either = Group((smith, nogales), any_of=True)
    assert numbers(editor, RecordSearch(groups=(either,))) == "2 3"
    assert numbers(editor, RecordSearch(groups=(either, Group((gomez,))))) == "2"
    both = (Group((nogales, gomez)), Group((smith,)))
    assert numbers(editor, RecordSearch(groups=both, any_of=True)) == "2 3"
    quick = RecordSearch(quick={"number": "100-2000", "point": "no"}, groups=(either,))
    assert numbers(editor, quick) == "2"


def test_the_query_string_says_the_whole_search(editor: Any) -> None:
    groups = (
        Group((Condition("locality", "empty"), Condition("habitat", "is", "a & b; c")), True),
        Group((Condition("year", "between", "1-2"),)),
    )
    search = RecordSearch("HERB", {"collector": "L. Gómez", "images": "no"}, groups, True)
    assert RecordSearch.from_query(QueryDict(search.to_query())) == search
    assert record_search.is_one(QueryDict(RecordSearch().to_query()))
    assert not record_search.is_one(QueryDict("q=oak"))


@pytest.mark.parametrize(
    ("field", "operator", "value", "said"),
    [
        ("event_date", "is", "soon", "Date: “soon” is no date"),
        ("decimal_latitude", "is", "north", "Latitude: “north” is not a number"),
        ("decimal_latitude", "between", "30", "Write both ends"),
        ("decimal_latitude", "contains", "3", "can't be asked here"),
        ("locality", "is", "", "Say what to look for"),
        ("locality", "words", "--", "There is no word"),
        ("password", "is", "x", "no such field"),
        ("locality", "drop", "x", "can't be asked here"),
        ("guid", "is", "12", "no GUID"),
        ("locality", "is", "x" * 9000, "too long"),
        ("locality", "is", "a\0b", "too long"),
        ("record_number", "list", ";".join("1" * 501), "more than 500"),
    ],
)
def test_what_cannot_be_asked_is_told_in_words(
    field: str, operator: str, value: str, said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        RecordSearch.from_query(QueryDict(asking(field, operator, value).to_query()))
    assert said in " ".join(refused.value.messages)


def test_nobody_finds_records_he_does_not_edit(herbarium: Collection) -> None:
    """Not by their withheld words either, nor by handing in records that he may see."""
    other = make.user("other")
    make.grant(other, Role.EDITOR, make.collection("OTHER"))
    reader = make.user("reader")
    make.grant(reader, Role.PROTECTED_DATA_READER, herbarium)
    for person in (other, reader):
        for search in (RecordSearch(), asking("locality", "contains", "imuris")):
            seen = Occurrence.objects.visible_to(person)
            assert not record_search.found(person, search).exists()
            assert not record_search.apply(seen, search, person).exists()


def test_a_collection_is_searched_alone_when_it_is_named(editor: Any) -> None:
    second = make.collection("SECOND")
    make.grant(editor, Role.EDITOR, second)
    make.occurrence(second, catalog_number="H 9")
    assert numbers(editor, RecordSearch()) == "1 2 3 9"
    assert numbers(editor, RecordSearch("SECOND")) == "9"
    assert numbers(editor, RecordSearch("NOWHERE")) == ""


def test_who_entered_and_who_changed_can_be_asked(editor: Any, herbarium: Collection) -> None:
    mine = make.occurrences(herbarium, [{"catalog_number": "H 7"}], by=editor)[0]
    assert numbers(editor, asking("entered_by", "is", "me")) == "7"
    assert numbers(editor, asking("changed_by", "is", "edith")) == ""
    editing.save(mine.guid, editor, 1, {}, {"habitat": "oak"})
    assert numbers(editor, asking("changed_by", "is", "Edith")) == "7"
    assert numbers(editor, asking("changed_by", "not", "me")) == "1 2 3"


def test_a_search_that_takes_too_long_is_stopped(editor: Any) -> None:
    with pytest.raises(patience.TooSlow), patience.at_most(20):
        connection.cursor().execute("SELECT pg_sleep(2)")
    with connection.cursor() as cursor, patience.at_most(1000):
        cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_many_records_stand_in_an_order_that_has_an_index(
    editor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = record_search.found(editor, RecordSearch())
    look = record_search.look(editor, records, ["guid"], "-catalog")
    assert (look.total, look.sort) == (3, "-catalog")
    assert look.page.records[0].catalog_number == "H 3"
    monkeypatch.setattr(record_search, "COUNTED", 2)
    many = record_search.look(editor, records, ["guid"], "habitat")
    assert (many.total, many.is_exact, many.sort) == (3, False, "entered")
