"""Typing collector, number and date finds the other sheets, in tiers, and tells no secret."""

import pytest

from occurrences.duplicates import find
from tests import canary, make

SMITH = {"recorded_by": "Smith", "record_number": "1234", "event_date": "1999-05-03"}


@pytest.fixture
def sheet(other_herbarium):
    """Make a record of the other herbarium, Smith's 1234 unless told otherwise."""

    def made(**values):
        return make.occurrence(other_herbarium, **{**SMITH, **values})

    return made


def tiers(found):
    return {match.occurrence.catalog_number: match.tier for match in found}


def test_smith_1234_is_found_in_its_tiers(sheet, editor, herbarium):
    sheet(catalog_number="zero", record_number="01234", recorded_by="J. Smith")
    sheet(catalog_number="letter", record_number="1234a")
    sheet(catalog_number="later", event_date="2001-07-09")
    sheet(catalog_number="s.n.", record_number="s.n.")
    sheet(catalog_number="undated", event_date=None)
    sheet(catalog_number="close", record_number="1237")
    sheet(catalog_number="far", record_number="1300", event_date="2001-05-03")
    sheet(catalog_number="Jones", recorded_by="Jones")
    found = find(editor, herbarium, SMITH)
    assert tiers(found) == {
        "zero": "exact",
        "undated": "exact",
        "letter": "near",
        "later": "other date",
        "s.n.": "event",
        "close": "event",
    }
    assert [match.tier for match in found][:2] == ["exact", "exact"]
    assert found[0].score >= found[1].score


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("Luis González", "Gonzalez, L."),
        ("Gonzalez, L.", "L. González & M. Ruiz"),
        ("O'Brien, T.", "T. O’Brien"),
        ("McGregor, R.", "R. L. Mc Gregor"),
        ("van der Werff, H.", "Henk van der Werff"),
        ("Luis González Pérez", "González, L."),
        ("García-López, J.", "J. García López"),
    ],
)
def test_a_collector_is_found_in_any_spelling(sheet, editor, herbarium, typed, held):
    sheet(recorded_by=held)
    (match,) = find(editor, herbarium, {**SMITH, "recorded_by": typed})
    assert match.tier == "exact"


@pytest.mark.parametrize(
    ("typed", "held", "tier"),
    [
        ("RM-1234", "RM 01234", "exact"),
        ("RM1234", "RM-1234", "exact"),
        ("RM-1234", "RM1234", "exact"),
        ("1234", "RM-1234", "near"),
        ("1234a", "1234", "near"),
        ("1234", "1233-1235", "near"),
        ("No. 1234", "1234", "exact"),
    ],
)
def test_a_number_is_found_as_it_may_be_written(sheet, editor, herbarium, typed, held, tier):
    sheet(record_number=held)
    (match,) = find(editor, herbarium, {**SMITH, "record_number": typed})
    assert match.tier == tier


def test_a_misspelt_collector_of_the_same_number_and_day_is_near(sheet, editor, herbarium):
    sheet(recorded_by="L. Gonzales")
    (match,) = find(editor, herbarium, {**SMITH, "recorded_by": "L. González"})
    assert match.tier == "near"


def test_works_without_a_date_and_without_a_number(sheet, editor, herbarium):
    sheet()
    assert find(editor, herbarium, {**SMITH, "event_date": ""})[0].tier == "exact"
    assert find(editor, herbarium, {**SMITH, "record_number": ""})[0].tier == "event"
    assert find(editor, herbarium, {"recorded_by": "Smith"}) == []
    assert find(editor, herbarium, {}) == []


def test_swapped_day_and_month_are_said(sheet, editor, herbarium):
    sheet(event_date="1999-03-05")
    (match,) = find(editor, herbarium, SMITH)
    assert match.tier == "other date"
    assert "Day and month look swapped: 1999-03-05." in match.evidence


def test_the_record_itself_is_no_duplicate_and_its_own_collection_is_noted(editor, herbarium):
    own = make.occurrence(herbarium, **SMITH)
    twin = make.occurrence(herbarium, **SMITH)
    (match,) = find(editor, herbarium, SMITH, exclude=own.guid)
    assert match.occurrence == twin
    assert match.same_collection


def test_the_same_specimen_held_twice_says_so(sheet, editor, herbarium):
    sheet(occurrence_id="urn:sheet:7", record_number="9")
    (match,) = find(editor, herbarium, {"occurrence_id": "urn:sheet:7"})
    assert match.same_specimen
    assert match.tier == "exact"
    own = make.occurrence(herbarium)
    sheet(occurrence_id=str(own.guid), catalog_number="snapshot")
    (match,) = find(editor, herbarium, {}, exclude=own.guid)
    assert match.occurrence.catalog_number == "snapshot"


@pytest.mark.parametrize(
    ("held", "is_found"),
    [
        ({}, True),
        ({"catalog_number": "zo-7"}, True),
        ({"scientific_name": "Ardea alba"}, False),
        ({"scientific_name": "Ardea alba", "collection_code": "Birds"}, True),
        ({"institution_code": "OTHERS"}, False),
        ({"event_date": "1931"}, False),
    ],
)
def test_one_label_in_two_collections_is_the_same_specimen(
    sheet, editor, herbarium, held, is_found
):
    label = {"institution_code": "NYSM", "catalog_number": "ZO-7", "event_date": "1893-05-24"}
    label |= {"scientific_name": "Butorides virescens", "recorded_by": ""}
    sheet(**{**label, "record_number": None, "recorded_by": None, **held})
    found = find(editor, herbarium, {**label, "collection_code": "birds"})
    assert [match.same_specimen for match in found] == ([True] if is_found else [])


def test_an_exsiccata_is_found_by_title_and_number(sheet, editor, herbarium):
    title = {"exsiccati_title": "Plantae Méxicanae", "recorded_by": "Ruiz", "record_number": "5"}
    sheet(catalog_number="it", exsiccati_number="077", **title)
    sheet(catalog_number="another", exsiccati_number="78", **title)
    found = find(
        editor, herbarium, {"exsiccati_title": "plantae mexicanae", "exsiccati_number": "77"}
    )
    assert tiers(found) == {"it": "exsiccata"}


def test_exact_matches_that_disagree_show_it(sheet, editor, herbarium):
    sheet(scientific_name="Quercus rugosa", locality="Cañón del Oso", county="Nacori")
    sheet(scientific_name="Quercus emoryi", locality="CANON del oso", county="Nacori")
    found = find(editor, herbarium, SMITH)
    names = {"Quercus rugosa", "Quercus emoryi"}
    assert {k: set(v) for k, v in found[0].disagreements.items()} == {"scientific_name": names}


def test_evidence_is_sentences(sheet, editor, herbarium):
    sheet(record_number="01234")
    (match,) = find(editor, herbarium, SMITH)
    assert match.evidence == [
        "Same surname; first names are missing on one side: Smith.",
        "Same number: 01234.",
        "Same day: 1999-05-03.",
    ]


def test_what_a_person_may_not_see_is_not_found(sheet, editor, herbarium):
    make.occurrence(make.collection(is_public=False), **SMITH)
    sheet(record_security=5)
    assert find(editor, herbarium, SMITH) == []


def test_a_redacted_record_is_found_by_editors_of_its_collection_alone(
    sheet, editor, other_editor, reader, herbarium, other_herbarium
):
    sheet(record_security=1, locality="behind the mill")
    (match,) = find(other_editor, other_herbarium, SMITH)
    assert match.tier == "exact"
    assert match.values["locality"] == "behind the mill"
    assert find(editor, herbarium, SMITH) == []
    assert find(editor, herbarium, {**SMITH, "record_number": ""}) == []


def test_no_question_makes_a_redacted_record_tell(canaries, herbarium, cast):
    place, hidden = canaries.place, canaries.values
    make.edit(place, recorded_by="L. Gómez", record_number="4711")
    questions = [
        {"recorded_by": "L. Gómez", "record_number": "4711"},
        {"recorded_by": "L. Gómez", "event_date": canary.DAY},
        {"recorded_by": "L. Gómez", "event_date": canary.DAY, "record_number": "4710"},
        {column: hidden[column] for column in ("exsiccati_title", "exsiccati_number")},
    ]
    found = {
        name
        for name, person in cast.items()
        for typed in questions
        if find(person, herbarium, typed)
    }
    assert found == {"editor", "administrator"}


def test_a_reader_of_exact_places_reads_but_does_not_find_by_them(reader, herbarium):
    make.occurrence(herbarium, **SMITH, record_security=1)
    assert find(reader, herbarium, SMITH) == []


def test_few_queries_however_many_are_found(
    sheet, editor, herbarium, django_assert_max_num_queries
):
    for _each in range(12):
        sheet()
    with django_assert_max_num_queries(12):
        assert len(find(editor, herbarium, SMITH)) == 12
