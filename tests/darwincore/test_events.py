"""Archives of events: each occurrence with what its event says of time and place."""

import pytest

from darwincore.issues import Refused
from darwincore.reader import Limits, open_source
from darwincore.terms import DWC, EVENT_ROW, MULTIMEDIA_ROW, OCCURRENCE_ROW
from tests.darwincore.pack import extension, field, meta, table, zipped

FACT_ROW = DWC + "MeasurementOrFact"
EVENTS = (
    "eventID,parentEventID,eventDate,decimalLatitude,decimalLongitude,locality,samplingEffort\n"
    "S,,1998-05,,,Lake,one week\n"
    "V1,S,1998-05-03,33.10,-111.5,,\n"
    "V2,S,,,,Shore,\n"
    "V3,,1999,,,Hill,\n"
)
OCCURRENCES = (
    "eventID,occurrenceID,scientificName,eventDate,decimalLatitude\n"
    "V1,o1,Quercus alba,,\n"
    "V1,o2,Quercus rubra,,34\n"
    "V2,o3,Acer rubrum,1998-05-07,\n"
)
FACTS = "eventID,measurementType,measurementValue\nV1,wind,2\nS,depth,5\nV3,rain,1\n"
HEADERS = [
    "eventID",
    "occurrenceID",
    "scientificName",
    "eventDate",
    "decimalLatitude",
    "parentEventID",
    "decimalLongitude",
    "locality",
    "samplingEffort",
]


def fields(text):
    names = text.partition("\n")[0].split(",")
    return [field(at, name) for at, name in enumerate(names)]


def declared(*more):
    core = table(fields(EVENTS), row_type=EVENT_ROW, location="event.csv")
    return meta(core, extension(fields(OCCURRENCES), OCCURRENCE_ROW, "occurrence.csv"), *more)


def packed(tmp_path, with_meta=True, **changes):
    facts = extension(fields(FACTS), FACT_ROW, "measurementorfact.csv")
    members = {
        "meta.xml": declared(facts) if with_meta else None,
        "event.csv": EVENTS,
        "occurrence.csv": OCCURRENCES,
        "measurementorfact.csv": FACTS,
    }
    members |= {name.replace("__", "."): content for name, content in changes.items()}
    return zipped(
        tmp_path / "a.zip", {name: text for name, text in members.items() if text is not None}
    )


def read(path, **options):
    with open_source(path, **options) as source:
        return source, list(source.core.rows()), [list(each.rows()) for each in source.extensions]


@pytest.mark.parametrize("with_meta", [True, False])
def test_occurrences_are_the_rows_and_their_events_lie_under_them(tmp_path, with_meta):
    source, rows, _facts = read(packed(tmp_path, with_meta))
    assert source.core.row_type == OCCURRENCE_ROW
    assert source.core.headers == HEADERS
    texts = [dict(zip(HEADERS, row.cells, strict=True)) for row in rows]
    assert [(row.core_id, row.line, row.issues) for row in rows] == [
        ("o1", 2, ()),
        ("o2", 3, ()),
        ("o3", 4, ()),
    ]
    assert (texts[0]["eventDate"], texts[0]["decimalLongitude"]) == ("1998-05-03", "-111.5")
    assert [text["locality"] for text in texts] == ["Lake", "Lake", "Shore"]
    assert {text["parentEventID"] for text in texts} == {"S"}


def test_terms_that_belong_together_come_from_one_of_both(tmp_path):
    _source, rows, _facts = read(packed(tmp_path))
    second = dict(zip(HEADERS, rows[1].cells, strict=True))
    assert (second["decimalLatitude"], second["decimalLongitude"]) == ("34", "")
    third = dict(zip(HEADERS, rows[2].cells, strict=True))
    assert third["eventDate"] == "1998-05-07"


def test_effort_is_not_inherited(tmp_path):
    _source, rows, _facts = read(packed(tmp_path))
    assert [row.cells[HEADERS.index("samplingEffort")] for row in rows] == ["", "", ""]


@pytest.mark.parametrize("with_meta", [True, False])
def test_facts_about_an_event_are_facts_about_its_occurrences(tmp_path, with_meta):
    source, _rows, (facts,) = read(packed(tmp_path, with_meta))
    assert source.extensions[0].row_type == FACT_ROW
    assert [(row.core_id, row.cells[1]) for row in facts] == [
        ("o1", "wind"),
        ("o2", "wind"),
        ("o1", "depth"),
        ("o2", "depth"),
        ("o3", "depth"),
        ("V3", "rain"),
    ]


def test_extension_row_that_names_its_occurrence_is_about_it_alone(tmp_path):
    media = "eventID,occurrenceID,identifier\nV1,o2,https://example.org/2.jpg\n"
    path = packed(
        tmp_path,
        meta__xml=declared(extension(fields(media), MULTIMEDIA_ROW, "media.csv")),
        media__csv=media,
    )
    _source, _rows, (found,) = read(path)
    assert [row.core_id for row in found] == ["o2"]


def test_what_was_done_is_told(tmp_path):
    source, _rows, _facts = read(packed(tmp_path))
    assert source.found["events"] == {"file": "event.csv", "rows": 4, "parents": 2, "without": 1}
    told = {issue.code: issue.value for issue in source.issues}
    assert told["EVENTS_WITHOUT_OCCURRENCES"] == "1"
    assert "EVENT_CORE" in told


def test_occurrence_without_its_event_is_told(tmp_path):
    _source, rows, _facts = read(packed(tmp_path, occurrence__csv=OCCURRENCES + "V9,o4,Abies,,\n"))
    assert [issue.code for issue in rows[3].issues] == ["EVENT_MISSING"]


def test_occurrence_without_identifier_gets_one_of_its_content(tmp_path):
    text = "eventID,scientificName\nV1,Quercus alba\nV1,Quercus rubra\n"
    path = packed(tmp_path, with_meta=False, occurrence__csv=text)
    first = [row.core_id for row in read(path)[1]]
    assert len(set(first)) == 2
    assert first == [row.core_id for row in read(path)[1]]
    assert {row.core_id for row in read(path)[2][0]} == {*first, "V3"}


def test_parents_in_a_ring_end(tmp_path):
    events = "eventID,parentEventID,locality\nV1,V2,\nV2,V1,Lake\n"
    _source, rows, _facts = read(packed(tmp_path, with_meta=False, event__csv=events))
    assert rows[0].cells[-1] == "Lake"


@pytest.mark.parametrize("with_meta", [True, False])
def test_events_without_a_table_of_occurrences_are_refused(tmp_path, with_meta):
    changes = {"occurrence__csv": None}
    if with_meta:
        changes["meta__xml"] = meta(table(fields(EVENTS), row_type=EVENT_ROW, location="event.csv"))
    with pytest.raises(Refused) as refused:
        read(packed(tmp_path, with_meta, **changes))
    assert refused.value.code == "CORE_IS_EVENT"


def test_facts_are_bounded(tmp_path):
    with pytest.raises(Refused) as refused:
        read(packed(tmp_path), limits=Limits(facts=4))
    assert (refused.value.code, refused.value.line) == ("EVENT_FACTS", 3)
