"""A Darwin Core archive: the core's rows with the extension rows that name them."""

import pytest

from occurrences.models import ExtensionRow, Occurrence
from occurrences.readers import hash_collection
from tests.occurrences.importing import archive, bring_in

pytestmark = pytest.mark.django_db

CORE = (
    "id,catalogNumber,scientificName,identifiedBy,dateIdentified\n"
    "k1,1,Quercus alba,Smith,1940\nk2,2,Carex,,\nk3,3,,,\n"
)
DETERMINATIONS = (
    "coreid,scientificName,identifiedBy,dateIdentified,identificationRemarks\n"
    "k1,Quercus sp.,Jones,1932,\nk1,Quercus alba,Smith,1940,fruit seen\n"
    "k2,CAREX,unknown,s.d.,\nk9,Nobody's,,,\n"
)
PICTURES = "coreid,identifier,title\nk1,http://x.org/1.jpg,sheet\nk1,http://x.org/2.jpg,\n"
NUMBERS = "coreid,identifier,title\nk1,2026-014,Accession\n"
WHOLE = {"identification": DETERMINATIONS, "multimedia": PICTURES, "identifier": NUMBERS}


def record(number):
    return Occurrence.objects.get(catalog_number=number)


def test_every_extension_row_is_kept_or_counted_as_an_orphan(herbarium, administrator):
    run = bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    assert run.counts["created"] == 3
    assert run.counts["extensions"] == {
        "Identification": {"rows": 4, "kept": 3, "orphans": 1},
        "Multimedia": {"rows": 2, "kept": 2, "orphans": 0},
        "Identifier": {"rows": 1, "kept": 1, "orphans": 0},
    }


def test_the_determination_of_the_core_is_the_current_one(herbarium, administrator):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    found = [(d.scientific_name, d.is_current) for d in record("1").identifications.all()]
    assert found == [("Quercus alba", True), ("Quercus sp.", False)]
    assert record("1").identification_remarks == "fruit seen"
    assert record("2").identifications.count() == 1
    assert record("3").identifications.count() == 0


def test_identifiers_and_other_rows_go_with_their_record(herbarium, administrator):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    assert [str(each) for each in record("1").identifiers.all()] == ["Accession: 2026-014"]
    pictures = record("1").extension_rows.all()
    assert [row.terms for row in pictures] == [
        {"identifier": "http://x.org/1.jpg", "title": "sheet"},
        {"identifier": "http://x.org/2.jpg"},
    ]
    assert ExtensionRow.objects.count() == 2


def test_the_core_id_is_the_key_and_is_remembered(herbarium, administrator):
    run = bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    assert run.key == "sourceID"
    assert record("2").source_id == "k2"


def test_the_same_archive_again_writes_nothing(herbarium, administrator):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    before = hash_collection(herbarium)
    run = bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    assert (run.counts["unchanged"], run.change_set) == (3, None)
    assert hash_collection(herbarium) == before


def test_a_changed_extension_row_alone_changes_its_record(herbarium, administrator):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    other = {**WHOLE, "multimedia": PICTURES.replace("2.jpg", "3.jpg")}
    run = bring_in(herbarium, administrator, archive(CORE, **other))
    assert (run.counts["updated"], run.counts["unchanged"]) == (1, 2)
    assert record("1").extension_rows.last().terms == {"identifier": "http://x.org/3.jpg"}


def test_a_new_determination_in_the_file_joins_the_history(herbarium, administrator):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    core = CORE.replace("Quercus alba,Smith,1940", "Quercus rubra,Muller,1950")
    bring_in(herbarium, administrator, archive(core, **WHOLE))
    names = [d.scientific_name for d in record("1").identifications.all()]
    assert names[0] == "Quercus rubra"
    assert sorted(names[1:]) == ["Quercus alba", "Quercus sp."]


def test_an_archive_without_an_extension_leaves_what_an_earlier_one_brought(
    herbarium, administrator
):
    bring_in(herbarium, administrator, archive(CORE, **WHOLE))
    bring_in(herbarium, administrator, archive(CORE.replace("Carex", "Carex nigra")))
    assert record("1").extension_rows.count() == 2
    assert record("1").identifications.count() == 2


def test_two_rows_with_one_core_id_come_in_once(herbarium, administrator):
    run = bring_in(herbarium, administrator, archive(CORE + "k1,4,Poa,,\n", **WHOLE))
    assert (run.counts["created"], run.counts["blocked"]) == (3, 1)
    assert ExtensionRow.objects.count() == 2
