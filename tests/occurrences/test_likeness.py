"""Collectors, numbers and days are the same however they are spelt, and other ones are not."""

from datetime import date

import pytest

from occurrences.likeness import (
    EXACT,
    Days,
    Number,
    collector,
    compare,
    gathering,
    number,
    same_collector,
    same_day,
    same_number,
)

SMITH = "Smith", "1234", "1999-05-03"


def days(text):
    if not text:
        return None
    start, _slash, end = text.partition("/")
    return Days(date.fromisoformat(start), date.fromisoformat(end or start))


def read(recorded_by, record_number, day, country=""):
    return gathering(recorded_by, record_number, days(day), country)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gonzalez, L.", "Luis González"),
        ("Gonzalez, L.", "L. González & M. Ruiz"),
        ("GONZALEZ L", "L. González"),
        ("González, Luis; Ruiz, María", "L. Gonzalez"),
        ("Luis González, María Ruiz", "Gonzalez, L."),
        ("Luis González Pérez", "L. González"),
        ("González Pérez, Luis", "L. González"),
        ("González-Pérez, L.", "Luis González Pérez"),
        ("L. González, M. Ruiz", "González, L."),
        ("Leg. L. González det. M. Ruiz", "L. González"),
        ("Coll.: L. González", "L. González"),
        ("Dr. L. González", "L. González"),
        ("van der Werff, H.", "Henk van der Werff"),
        ("Werff, H. van der", "H. van der Werff"),
        ("de la Cruz, J.", "J. Cruz"),
        ("R.L.McGregor", "Mc Gregor, R. L."),
        ("JL Reveal", "James L. Reveal"),
        ("O'Brien, T.", "T. O’Brien"),
        ("Smith, John, Jr.", "J. Smith"),
        ("Smith", "J. A. Smith"),
        ("J. A. Smith", "J. Smith"),
        ("Müller, F.", "F. MULLER"),
        ("Gonzalez et al.", "L. Gonzalez"),
        ("L. González y M. Ruiz", "L. González"),
        ("J E Smith", "J.E. Smith"),
    ],
)
def test_one_collector_in_two_spellings(one, other):
    assert same_collector(collector(one), collector(other)) in ("collector", "surname")
    assert same_collector(collector(other), collector(one)) in ("collector", "surname")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gonzalez, L.", "M. González"),
        ("L. González & M. Ruiz", "M. Ruiz"),
        ("John Smith", "James Smith"),
        ("J. A. Smith", "J. B. Smith"),
        ("J. Smith", "J. Smythe"),
        ("González Pérez, L.", "González Ruiz, L."),
        ("", "Smith"),
        ("s.n.", "Smith"),
    ],
)
def test_two_collectors(one, other):
    assert same_collector(collector(one), collector(other)) in ("", "spelling")


def test_a_surname_misread_by_a_letter_is_another_spelling():
    assert same_collector(collector("L. Gonzales"), collector("L. González")) == "spelling"
    assert same_collector(collector("L. Gnozalez"), collector("L. González")) == "spelling"
    assert same_collector(collector("Gonzales"), collector("González")) == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("01234", Number("", 1234, "")),
        ("No. 1234", Number("", 1234, "")),
        ("1234.0", Number("", 1234, "")),
        ("1234 a", Number("", 1234, "a")),
        ("1234-A", Number("", 1234, "a")),
        ("ABC-012", Number("abc", 12, "")),
        ("ABC 12", Number("abc", 12, "")),
        ("95-123", Number("95", 123, "")),
        ("1995-123", Number("1995", 123, "")),
        ("1234-1236", Number("", 1234, "", 1236)),
        ("1234-36", Number("", 1234, "", 1236)),
        ("s.n.", None),
        ("s. n.", None),
        ("SN", None),
        ("s/n", None),
        ("", None),
        ("-", None),
        ("without", None),
    ],
)
def test_numbers_are_read_without_zeros_and_marks(text, read):
    assert number(text) == read


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("01234", "1234", "number"),
        ("1234a", "1234", "suffix"),
        ("1234a", "1234b", "suffix"),
        ("ABC-12", "12", "prefix"),
        ("ABC-12", "DEF-12", ""),
        ("95-123", "96-123", ""),
        ("95-123", "123", ""),
        ("1234-1236", "1235", "range"),
        ("1234", "1238", "close"),
        ("1234", "1250", ""),
        ("s.n.", "s.n.", ""),
    ],
)
def test_numbers_compared(one, other, sign):
    assert same_number(number(one), number(other)) == sign
    assert same_number(number(other), number(one)) == sign


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("1999-05-03", "1999-05-03", "day"),
        ("1999-05-03", "1999-01-01/1999-12-31", "days"),
        ("1999-05-03", "", "undated"),
        ("1999-05-03", "1999-03-05", "swapped"),
        ("1999-05-03", "1999-05-04", "shifted"),
        ("1999-05-03", "2001-05-03", "apart"),
    ],
)
def test_days_compared(one, other, sign):
    assert same_day(days(one), days(other)) == sign


@pytest.mark.parametrize(
    ("recorded_by", "record_number", "day", "tier"),
    [
        ("J. Smith", "01234", "1999-05-03", "exact"),
        ("Smith, John", "1234", "", "exact"),
        ("Smith", "1234", "1999-05-01/1999-05-31", "exact"),
        ("Smith", "1234a", "1999-05-03", "near"),
        ("Smith", "1234", "2001-07-09", "other date"),
        ("Smith", "1234", "1999-03-05", "other date"),
        ("Smith", "s.n.", "1999-05-03", "event"),
        ("Smith", "1236", "1999-05-03", "event"),
        ("Smith", "s.n.", "1999-05-04", None),
        ("Smith", "1300", "2001-05-03", None),
        ("Jones", "1234", "1999-05-03", None),
        ("", "1234", "1999-05-03", None),
    ],
)
def test_smith_1234_of_1999(recorded_by, record_number, day, tier):
    found = compare(read(*SMITH), read(recorded_by, record_number, day))
    assert (found and found.tier) == tier


def test_without_numbers_nothing_is_exact():
    found = compare(read("Smith", "s.n.", "1999-05-03"), read("Smith", "s.n.", "1999-05-03"))
    assert found.tier == "event"


def test_a_small_number_without_a_day_is_not_enough():
    assert compare(read("Smith", "12", ""), read("J. Smith", "12", "1999-05-03")).tier == "near"


def test_two_countries_are_not_one_gathering():
    found = compare(read(*SMITH, "Mexico"), read(*SMITH, "Peru"))
    assert found.tier == "near"
    assert "countries" in found.signs


def test_one_provider_id_is_one_specimen():
    one = gathering(None, None, None, "", "urn:1")
    assert compare(one, one).tier == EXACT
    assert compare(one, one).signs == ("same specimen",)
    assert compare(gathering(None, None, None), gathering(None, None, None)) is None
