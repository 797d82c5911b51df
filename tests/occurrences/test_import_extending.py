"""Files that add to records which are here: by key, once, and undoable."""

import pytest

from journal import undo
from occurrences import imports
from occurrences.models import ExtensionRow, ImportRun, Occurrence
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import received

pytestmark = pytest.mark.django_db


@pytest.fixture
def adding(herbarium, administrator):
    """Return a function that brings a file of additions in."""
    make.occurrence(herbarium, catalog_number="1", scientific_name="Quercus", country="Peru")
    make.occurrence(herbarium, catalog_number="2", scientific_name="Carex")

    def bring(brings, text, *, apply=True):
        run = received(herbarium, administrator, text)
        run.brings = brings
        imports.stage(run)
        assert run.state == ImportRun.State.STAGED, run.refusal
        imports.check(run)
        if apply:
            imports.apply(run)
        return run

    return bring


DETERMINATIONS = (
    "catalogNumber,scientificName,identifiedBy,dateIdentified,identificationIsCurrent\n"
    "1,Quercus alba,Smith,1940,yes\n1,Quercus sp.,Jones,1932,\n2,Carex nigra,Doe,1950,\n"
    "9,Poa,Doe,1950,\n"
)


def actions(run):
    return [each.action for each in run.outcomes.order_by("number")]


def test_determinations_join_those_of_their_record(adding, herbarium):
    run = adding("determinations", DETERMINATIONS)
    assert actions(run) == ["create", "create", "create", "blocked"]
    assert "No record" in run.outcomes.get(number=4).reason
    one = Occurrence.objects.get(catalog_number="1")
    assert (one.scientific_name, one.identified_by, one.country) == (
        "Quercus alba",
        "Smith",
        "Peru",
    )
    names = one.identifications.values_list("scientific_name", "is_current")
    assert set(names) == {("Quercus alba", True), ("Quercus", False), ("Quercus sp.", False)}
    two = Occurrence.objects.get(catalog_number="2")
    assert (two.scientific_name, two.identifications.count()) == ("Carex", 2)


ADDITIONS = [
    ("determinations", DETERMINATIONS),
    ("identifiers", "catalogNumber,identifierName,identifierValue\n1,Accession,5\n1,Field,7\n"),
    ("identifiers", "catalogNumber,otherCatalogNumbers\n2,Accession: 6; Field: 8\n"),
    ("measurements", "catalogNumber,measurementType,measurementValue\n1,height,3\n1,width,2\n"),
    ("associations", "catalogNumber,relationshipOfResource,relatedResourceID\n2,host of,x-1\n"),
]


@pytest.mark.parametrize(("brings", "text"), ADDITIONS)
def test_what_was_added_is_not_added_again_and_can_be_undone(
    adding, herbarium, administrator, brings, text
):
    before = hash_collection(herbarium)
    run = adding(brings, text)
    assert run.counts["created"] == len([a for a in actions(run) if a == "create"]) > 0
    after = hash_collection(herbarium)
    assert after != before
    again = adding_again(herbarium, administrator, brings, text)
    assert (again.counts["created"], again.change_set) == (0, None)
    assert hash_collection(herbarium) == after
    undo.undo(run.change_set, administrator)
    assert hash_collection(herbarium) == before


def adding_again(herbarium, administrator, brings, text):
    run = received(herbarium, administrator, text)
    run.brings = brings
    imports.stage(run)
    imports.check(run)
    imports.apply(run)
    return run


def test_numbers_and_measurements_stand_with_their_record(adding):
    adding("identifiers", ADDITIONS[1][1])
    adding_run = Occurrence.objects.get(catalog_number="1")
    assert [str(each) for each in adding_run.identifiers.all()] == ["Accession: 5", "Field: 7"]


def test_a_measurement_keeps_its_terms(herbarium, administrator, adding):
    adding("measurements", ADDITIONS[3][1])
    rows = ExtensionRow.objects.filter(occurrence__catalog_number="1")
    assert [row.terms for row in rows] == [
        {"measurementType": "height", "measurementValue": "3"},
        {"measurementType": "width", "measurementValue": "2"},
    ]


def test_a_row_said_twice_is_added_once(adding):
    text = ADDITIONS[4][1] + "2,host of,x-1\n"
    assert actions(adding("associations", text)) == ["create", "same"]


def test_an_edit_since_the_check_stays_beside_what_is_added(adding, administrator):
    run = adding("measurements", ADDITIONS[3][1], apply=False)
    make.edit(Occurrence.objects.get(catalog_number="1"), administrator, country="Cuba")
    imports.apply(run)
    one = Occurrence.objects.get(catalog_number="1")
    assert (one.country, one.extension_rows.count()) == ("Cuba", 2)


def test_a_record_deleted_since_the_check_is_a_conflict(adding):
    run = adding("measurements", ADDITIONS[3][1], apply=False)
    Occurrence.objects.get(catalog_number="1").delete()
    imports.apply(run)
    assert run.counts["conflict"] == 2
    assert "no longer in this collection" in run.outcomes.first().reason


def test_a_key_of_two_records_is_a_conflict(adding, herbarium):
    for _each in range(2):
        make.occurrence(herbarium, catalog_number="3")
    run = adding("identifiers", "catalogNumber,otherCatalogNumbers\n3,Accession: 6\n")
    assert (actions(run), len(run.outcomes.get().candidates)) == (["conflict"], 2)


def test_what_the_database_cannot_hold_stops_no_other_record(adding):
    words = " ".join(f"w{number}" for number in range(30_000))
    text = f"catalogNumber,scientificName,identifiedBy,identificationIsCurrent\n1,A {words},X,yes\n"
    run = adding("determinations", text + "1,Quercus alba,Y,\n2,Carex nigra,Z,\n")
    assert actions(run) == ["blocked", "blocked", "create"]
    assert Occurrence.objects.get(catalog_number="2").identifications.count() == 2
