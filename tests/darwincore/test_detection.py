"""What the cells of a column say together, in counts, in words and as hints."""

import json

import pytest

from darwincore.detection import Columns, column_evidence, describe, hints
from darwincore.interpret import Hints, interpret, interpret_identification
from darwincore.mojibake import mended, spotted


def words(evidence):
    return " ".join(sentence["text"] for sentence in describe(evidence))


def test_days_over_12_tell_the_order():
    evidence = column_evidence("Fecha", ["25/12/1999"] * 187 + ["05/07/1998"] * 713)
    assert evidence["day_first"] == {
        "dates": 900,
        "day": 187,
        "month": 0,
        "both": 713,
        "chosen": True,
        "sure": True,
        "samples": ["05/07/1998"],
    }
    assert words(evidence).startswith("187 of 900 dates have a day over 12")
    assert not describe(evidence)[0]["asks"]


@pytest.mark.parametrize(
    ("cells", "chosen", "sure", "said"),
    [
        (["12/25/1999", "5/7/1998"], False, True, "month first"),
        (["5.7.1998", "6.7.1998"], None, False, "day or month may come first"),
        (["25/12/1999", "12/25/1999", "1/2/1999"], None, False, "mixes"),
        (["25/12/1999"] + ["1/2/1999"] * 900, True, False, "day first"),
    ],
)
def test_order_that_is_not_sure_asks(cells, chosen, sure, said):
    evidence = column_evidence("eventDate", cells)
    assert (evidence["day_first"]["chosen"], evidence["day_first"]["sure"]) == (chosen, sure)
    assert said in words(evidence)
    assert describe(evidence)[0]["asks"] is not sure


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        (["1.234,5", "33,10", "900"], True),
        (["1,234.5", "33.10"], False),
        (["1,234", "1,300 m"], None),
        (["1,5", "1,234.5"], None),
    ],
)
def test_comma_before_the_fraction_is_noticed(cells, chosen):
    found = column_evidence("Altitude", cells)["decimal_comma"]
    assert (found["chosen"], found["sure"]) == (chosen, chosen is not None)


def test_columns_without_anything_to_tell_are_silent():
    columns = Columns(["catalogNumber", "locality", "decimalLatitude", "eventDate"])
    for at in range(100):
        columns.see([f"A-{at}", "Río Grande, 3 km N", f"33.{at}", f"1998-05-{at % 28 + 1:02}"])
    assert columns.evidence() == {}


def test_no_more_rows_are_looked_at_than_enough():
    columns = Columns(["date"], rows=2)
    for text in ("1/2/1999", "1/3/1999", "25/12/1999"):
        columns.see([text])
    assert columns.evidence()[0]["day_first"]["dates"] == 2


@pytest.mark.parametrize(
    ("header", "cells", "found"),
    [
        ("Fecha", ["36161"], {"numbers": 1, "dates": 0, "samples": [["36161", "1999-01-01"]]}),
        ("x", ["36161", "03/05/1998"], {"numbers": 1, "dates": 1}),
        ("catalogNumber", ["36161", "36162"], None),
    ],
)
def test_serial_numbers_of_dates_are_shown_as_dates(header, cells, found):
    evidence = column_evidence(header, cells).get("excel_serial")
    assert evidence is None if found is None else found.items() <= evidence.items()
    assert evidence is None or evidence["chosen"] is None


@pytest.mark.parametrize(
    ("kind", "cells", "count"),
    [
        ("scientific", ["1.23E+05", "123456"], 1),
        ("month", ["2-Mar", "Mar-05", "5-ene", "12"], 3),
        ("error", ["#REF!", "#N/A", "####", "#12"], 3),
        ("zeros", ["000123", "004567", "890", "12345"], 2),
        ("point_zero", ["1234.0", "1235.0", "7"], 2),
    ],
)
def test_damage_by_spreadsheets_is_told(kind, cells, count):
    found = column_evidence("n", cells)["mangled"]
    assert {kind: found[kind]["cells"]} == {kind: count}
    assert str(count) in words({"mangled": found})


def test_sentences_are_translated_before_they_are_filled():
    evidence = column_evidence("d", ["1/2/1999"])
    (said,) = describe(evidence, lambda _one, _several, number: f"{number}: hier {{dates}}.")
    assert said["text"] == "1: hier 1."


@pytest.mark.parametrize(
    ("name", "cells", "text"),
    [
        ("d", ["1/2/1999"], "The one date has no"),
        ("d", ["25/2/1999", "1/2/1999"], "1 of 2 dates has a day over 12 in the first place:"),
        ("Alt", ["1.234,5"], "1 number has a comma before its fraction:"),
        ("n", ["#N/A"], "1 cell holds #N/A,"),
    ],
)
def test_one_is_told_as_one(name, cells, text):
    assert text in words(column_evidence(name, cells))


# Hints

EVIDENCE = json.loads(
    json.dumps(
        {
            2: column_evidence("Fecha", ["25/12/1999", "36161"]),
            5: column_evidence("Alt", ["1.234,5"]),
            6: column_evidence("Det", ["1/2/1999"]),
        }
    )
)
TERMS = {2: "eventDate", 5: "minimumElevationInMeters", 6: "dateIdentified"}


def test_evidence_that_is_sure_becomes_a_hint():
    assert hints(EVIDENCE, TERMS) == Hints({"eventDate": True}, {"minimumElevationInMeters": True})
    assert not hints(EVIDENCE, {2: "locality", 5: "recordNumber"})


def test_decision_goes_before_evidence():
    decided = {
        "day_first": {"2": None, 6: False},
        "decimal_comma": {"5": False},
        "excel_serial": {"2": True},
    }
    assert hints(EVIDENCE, TERMS, decided) == Hints(
        {"dateIdentified": False}, {"minimumElevationInMeters": False}, frozenset({"eventDate"})
    )


@pytest.mark.parametrize(
    ("text", "day", "month"),
    [
        ("05/07/2024", "2024-07-05", "2024-05-07"),
        ("5.7.2024", "2024-07-05", "2024-05-07"),
        ("05/07/2024 00:00", "2024-07-05", "2024-05-07"),
        ("05/07/2024-08/07/2024", "2024-07-05/2024-07-08", "2024-05-07/2024-08-07"),
        ("25/12/2024", "2024-12-25", "2024-12-25"),
        ("2024-07-05", "2024-07-05", "2024-07-05"),
        ("July 2024", "2024-07", "2024-07"),
        ("05/07/24", None, None),
    ],
)
def test_order_of_the_column_settles_a_date(text, day, month):
    for first, expected in ((True, day), (False, month)):
        found = interpret({"eventDate": text}, Hints(day_first={"eventDate": first}))
        assert found.values.get("event_date") == expected
        assert found.verbatim.get("eventDate", text) == text
        assert all(issue.value == text for issue in found.issues)


def test_comma_of_the_column_settles_a_number():
    texts = {"minimumElevationInMeters": "1.234,5", "maximumElevationInMeters": "1,500"}
    found = interpret(
        texts, Hints({}, {"minimumElevationInMeters": True, "maximumElevationInMeters": False})
    )
    values = [str(found.values[f"{end}_elevation_in_meters"]) for end in ("minimum", "maximum")]
    assert values == ["1234.5", "1500"]
    assert found.verbatim == texts


@pytest.mark.parametrize(
    ("text", "date"),
    [("36161", "1999-01-01"), ("1999", "1999"), ("9", None), ("3000", "1908-03-18")],
)
def test_serial_number_is_a_date_only_where_somebody_said_so(text, date):
    hint = Hints(excel_serial=frozenset({"eventDate"}))
    assert interpret({"eventDate": text}, hint).values.get("event_date") == date
    assert interpret({"eventDate": "36161"}).values.get("event_date") is None


def test_hints_reach_determinations():
    cells = {"scientificName": "Abies", "dateIdentified": "05/07/2024"}
    found = interpret_identification(cells, Hints(day_first={"dateIdentified": True}))
    assert found.values["date_identified"] == "2024-07-05"
    assert found.verbatim["dateIdentified"] == "05/07/2024"


def test_text_that_is_kept_stays_as_it_was_written():
    found = interpret({"verbatimEventDate": "05/07/2024"}, Hints({"verbatimEventDate": True}))
    assert found.values["verbatim_event_date"] == "05/07/2024"
    assert found.values["event_date"] == "2024-07-05"


# Letters spoilt on their way


@pytest.mark.parametrize(
    ("spoilt", "right"),
    [
        ("cafÃ©", "café"),
        ("SÃ£o Paulo", "São Paulo"),
        ("ÃƒÂ©", "é"),
        ("33Â° 10â€²", "33° 10′"),
        ("â€œquoteâ€\x9d", "“quote”"),
        ("Ã\xadndice", "índice"),
        ("MÃ¼ller & Hofstätter", "Müller & Hofstätter"),
    ],
)
def test_spoilt_letters_are_mended(spoilt, right):
    assert spotted(spoilt)
    assert mended(spoilt) == right
    assert not spotted(right)


@pytest.mark.parametrize(
    "text", ["São Paulo", "Ãlvarez", "ÎLE", "naïve", "Ørsted", "Ä", "東京", "×"]
)
def test_letters_in_order_stay(text):
    assert mended(text) == text


def test_what_can_not_be_read_stays_as_it_was_written_though_its_column_gave_a_hint():
    hints = Hints(day_first={"eventDate": True}, decimal_comma={"decimalLatitude": True})
    read = interpret({"eventDate": "31/02/2021", "decimalLatitude": "95,5"}, hints)
    assert read.values["verbatim_event_date"] == "31/02/2021"
    assert read.verbatim == {"eventDate": "31/02/2021", "decimalLatitude": "95,5"}
