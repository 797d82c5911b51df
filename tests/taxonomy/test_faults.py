"""What is said of a taxon before it is saved: what can't be, and what looks odd."""

import pytest

from taxonomy.faults import Wanted, faults
from taxonomy.models import Taxon
from tests.taxonomy.growing import oaks

ODD = [
    ({"scientific_name": "Quercus alba L."}, "looks like the author"),
    ({"scientific_name": "quercus emoryi"}, "begins with a capital letter"),
    ({"scientific_name": "Quercus"}, "two words"),
    ({"scientific_name": "Quercus emoryi", "rank": "variety"}, "genus, epithet"),
    ({"scientific_name": "Quercus emoryi", "rank": "genus", "parent": "Fagaceae"}, "one word"),
    ({"scientific_name": "Fagidae", "rank": "family", "parent": "Fagales"}, "end in -aceae"),
    ({"scientific_name": "Quercus emoryi", "parent": "Fagus"}, "begin as that of its parent"),
    ({"scientific_name": "Quercus emoryi", "parent": "Fagaceae"}, "no genus between"),
    ({"scientific_name": "Quercus emoryi", "parent": None, "kingdom": "Plantae"}, "no parent"),
    ({"scientific_name": "Quercus emoryi", "parent": None}, "kingdom is not known"),
    ({"scientific_name": "Quercus emoryi", "rank": "morph"}, "no rank in Plantae"),
    ({"scientific_name": "Quercus alba", "authorship": "Mill."}, "Is it another one"),
]
WRONG = [
    ({"scientific_name": "×"}, "no scientific name"),
    ({"scientific_name": "Quercus emoryi", "rank": "sort"}, "no such rank"),
    ({"scientific_name": "Quercus", "rank": "order", "parent": "Fagaceae"}, "can't stand under"),
    ({"scientific_name": "Quercus emoryi", "parent": "Quercus borealis"}, "no accepted name"),
    ({"scientific_name": "Quercus emoryi", "status": "synonym"}, "needs an accepted name"),
    ({"scientific_name": "Quercus alba", "authorship": "L"}, "in the thesaurus already"),
]
FINE = [
    {"scientific_name": "Quercus emoryi", "authorship": "Torr."},
    {"scientific_name": "Quercus × undulata", "authorship": "Torr."},
    {"scientific_name": "Gramineae", "rank": "family", "parent": "Fagales"},
    {"scientific_name": "Quercus subg. Cyclobalanus", "rank": "unranked"},
    {"scientific_name": "Quercus alba var. minor", "rank": "variety", "parent": "Quercus alba"},
]


@pytest.fixture(autouse=True)
def taxa(db):
    return oaks()


def wanted(values):
    values = {"rank": "species", "parent": "Quercus", **values}
    if values["parent"]:
        values["parent"] = Taxon.objects.get(scientific_name=values["parent"])
    return Wanted(**values)


@pytest.mark.parametrize(("values", "told"), ODD)
def test_what_looks_odd_is_said_and_may_be(values, told):
    found = faults(wanted(values))
    assert told in " ".join(fault.text for fault in found)
    assert not any(fault.blocking for fault in found)


@pytest.mark.parametrize(("values", "told"), WRONG)
def test_what_can_not_be_is_stopped(values, told):
    found = faults(wanted(values))
    assert told in " ".join(fault.text for fault in found if fault.blocking)


@pytest.mark.parametrize("values", FINE)
def test_nothing_is_said_of_what_is_right(values):
    assert faults(wanted(values)) == []
