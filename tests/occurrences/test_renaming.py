"""What follows when the name of a record becomes another."""

import pytest

from occurrences import editing, renaming
from occurrences.models import Occurrence
from tests import make
from tests.taxonomy import known

OAK = {
    "scientific_name": "Quercus emoryi",
    "scientific_name_authorship": "Torr.",
    "genus": "Quercus",
    "specific_epithet": "emoryi",
    "taxon_rank": "species",
    "kingdom": "Plantae",
    "order": "Fagales",
    "family": "Fagaceae",
    "scientific_name_id": "urn:lsid:ipni.org:names:295763-1",
    "taxonomic_status": "accepted",
    "vernacular_name": "Emory oak",
    "identified_by": "L. Gómez",
}


def follow(before, **after):
    return renaming.followers([(before, after)])[0]


def above(taxon, **ranks):
    """Put `taxon` beneath taxa of these ranks."""
    steps = [known.taxon(name, rank=rank).path for rank, name in ranks.items()]
    taxon.path = ".".join([*steps, str(taxon.pk)])
    taxon.save(update_fields=["path"])


@pytest.mark.django_db
def test_a_species_of_the_same_genus_keeps_what_stands_above_it():
    assert follow(OAK, scientific_name="Quercus alba") == {
        "specific_epithet": "alba",
        "scientific_name_authorship": None,
        "scientific_name_id": None,
        "taxonomic_status": None,
        "vernacular_name": None,
    }


@pytest.mark.django_db
def test_another_genus_that_nobody_knows_leaves_its_kingdom_alone():
    found = follow(OAK, scientific_name="Salix gooddingii Ball")
    assert (found["genus"], found["specific_epithet"]) == ("Salix", "gooddingii")
    assert found["scientific_name_authorship"] == "Ball"
    assert (found["order"], found["family"]) == (None, None)
    assert "kingdom" not in found
    assert "identified_by" not in found


@pytest.mark.django_db
def test_what_stands_above_a_known_name_is_what_the_thesaurus_says():
    willow = known.taxon("Salix gooddingii", "C.R.Ball", family="Salicaceae")
    above(willow, order="Malpighiales", family="Salicaceae")
    found = follow(OAK, scientific_name="Salix gooddingii")
    assert (found["order"], found["family"]) == ("Malpighiales", "Salicaceae")
    assert found["scientific_name_authorship"] == "C.R.Ball"


@pytest.mark.django_db
def test_of_an_unknown_species_the_genus_tells_the_family_and_no_author():
    known.taxon("Salix", "L.", family="Salicaceae")
    found = follow(OAK, scientific_name="Salix nova")
    assert found["family"] == "Salicaceae"
    assert found["scientific_name_authorship"] is None


@pytest.mark.django_db
def test_the_same_genus_of_another_kingdom_is_another():
    known.taxon("Oenanthe", "Vieillot", kingdom="Animalia", family="Muscicapidae")
    found = follow(OAK, scientific_name="Oenanthe crocata")
    assert found["family"] is None
    assert "kingdom" not in found


@pytest.mark.django_db
def test_what_is_typed_beside_the_name_stands():
    found = follow(OAK, scientific_name="Salix nova", family="Salicaceae", vernacular_name="willow")
    assert found.keys().isdisjoint({"family", "vernacular_name"})


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Quercus emoryi Torr.", "Quercus cf. emoryi", "Quercus  emoryi"])
def test_an_author_or_a_doubt_makes_no_other_name(name):
    assert follow(OAK, scientific_name=name) == {}


@pytest.mark.django_db
def test_a_first_name_takes_nothing_away():
    assert follow({"family": "Fagaceae", "kingdom": "Plantae"}, scientific_name="Salix nova") == {}


@pytest.mark.django_db
def test_an_erased_name_takes_its_parts_along():
    found = follow(OAK, scientific_name=None)
    assert found["genus"] is found["specific_epithet"] is found["taxon_rank"] is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Salix", ("Salix", None, None)),
        ("Salicaceae", (None, None, None)),
        ("Salix lasiolepis var. bracelinae", ("Salix", "lasiolepis", "bracelinae")),
    ],
)
def test_the_parts_are_those_of_the_new_name(name, parts):
    columns = ("genus", "specific_epithet", "infraspecific_epithet")
    before = {**OAK, "infraspecific_epithet": "pumila"}
    found = follow(before, scientific_name=name)
    assert tuple(found[column] for column in columns) == parts


@pytest.mark.django_db
def test_a_name_typed_into_a_record_leaves_nothing_of_the_old(herbarium, editor):
    record = make.occurrence(herbarium, **OAK)
    wanted = {"scientific_name": "Salix nova"}
    basis = editing.texts_of({**OAK})
    saved = editing.save(record.guid, editor, 1, basis, wanted)
    assert saved.change_set
    now = Occurrence.objects.get(pk=record.pk)
    assert (now.genus, now.specific_epithet, now.family) == ("Salix", "nova", None)
    assert now.scientific_name_id is None
    current = now.identifications.get(is_current=True)
    assert (current.scientific_name, current.genus) == ("Salix nova", "Salix")
