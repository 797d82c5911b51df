"""A name comes from a checklist into the thesaurus whole, once, and changes nothing there."""

import threading

import pytest
from django.db import connection

from taxonomy.adopting import adopt
from taxonomy.models import Checklist, Taxon
from tests import make
from tests.taxonomy.listing import ids, listed, usage

OAKS = [
    {"id": "k", "name": "Plantae", "rank": "kingdom"},
    {"id": "f", "name": "Fagaceae", "author": "Dumort.", "rank": "family", "parent": "k"},
    {"id": "g", "name": "Quercus", "author": "L.", "rank": "genus", "parent": "f"},
    {
        "id": "alba",
        "name": "Quercus alba",
        "author": "L.",
        "parent": "g",
        "vernaculars": [("white oak", "en"), ("chêne blanc", "fr")],
        "link": "https://example.org/alba",
    },
    {"id": "rubra", "name": "Quercus rubra", "author": "L.", "parent": "g"},
    {"id": "candida", "name": "Quercus candida", "author": "Steud.", "accepted": "alba"},
    {"id": "repanda", "name": "Quercus repanda", "author": "Michx.", "accepted": "alba"},
]


@pytest.fixture
def oaks(db):
    return listed("Oaks", OAKS)


def adopted(checklist, *source_ids):
    """Adopt these entries and return their taxa in that order."""
    known = ids(checklist)
    done = make.change_set(kind="taxon edit")
    found = adopt(done, [known[each] for each in source_ids])
    taxa = Taxon.objects.in_bulk(found.values())
    return [taxa[found[known[each]]] for each in source_ids]


def names():
    return sorted(Taxon.objects.values_list("scientific_name", flat=True))


def test_a_name_comes_with_parents_synonyms_and_common_names(oaks):
    [alba] = adopted(oaks, "alba")
    assert names() == [
        "Fagaceae",
        "Plantae",
        "Quercus",
        "Quercus alba",
        "Quercus candida",
        "Quercus repanda",
    ]
    assert alba.family == "Fagaceae"
    assert alba.kingdom == "Plantae"
    assert (alba.source, alba.source_id) == ("Oaks", "alba")
    assert alba.links == [{"title": "Oaks", "url": "https://example.org/alba"}]
    assert alba.guid.version == 7
    assert alba.created_by.kind == "taxon edit"
    assert set(alba.vernacular_names.values_list("name", "language")) == {
        ("white oak", "en"),
        ("chêne blanc", "fr"),
    }


def test_the_path_of_a_taxon_covers_its_children_and_synonyms(oaks):
    adopted(oaks, "alba", "rubra")
    genus = Taxon.objects.get(scientific_name="Quercus")
    assert Taxon.objects.beneath(genus).count() == 5
    alba = Taxon.objects.get(scientific_name="Quercus alba")
    assert alba.parent == genus
    assert alba.current == alba
    candida = Taxon.objects.get(scientific_name="Quercus candida")
    assert (candida.accepted, candida.current, candida.parent) == (alba, alba, None)
    assert candida.path == f"{alba.path}.{candida.pk}"
    assert alba.path.split(".")[-2:] == [str(genus.pk), str(alba.pk)]


def test_a_synonym_brings_its_accepted_name(oaks):
    [candida] = adopted(oaks, "candida")
    assert candida.status == "synonym"
    assert candida.accepted.scientific_name == "Quercus alba"
    assert candida.family == "Fagaceae"


def test_adopting_again_makes_nothing_new(oaks):
    first = adopted(oaks, "alba", "candida")
    assert adopted(oaks, "alba", "candida", "repanda")[:2] == first
    assert len(names()) == len(set(names()))


def test_a_later_name_joins_the_tree_in_a_fixed_number_of_queries(
    oaks, django_assert_max_num_queries
):
    adopted(oaks, "alba")
    with django_assert_max_num_queries(34):
        adopted(oaks, "rubra")
    assert Taxon.objects.get(scientific_name="Quercus rubra").path.startswith(
        Taxon.objects.get(scientific_name="Quercus").path
    )


def test_kingdoms_of_two_checklists_are_one(oaks):
    other = listed(
        "More plants",
        [
            {"id": 1, "name": "Plantae", "author": "Haeckel", "rank": "kingdom"},
            {"id": 2, "name": "Poaceae", "rank": "family", "parent": 1, "kingdom": "plantae"},
        ],
    )
    adopted(oaks, "alba")
    [grasses] = adopted(other, "2")
    assert Taxon.objects.filter(rank="kingdom").count() == 1
    assert grasses.parent.scientific_name == grasses.kingdom == "Plantae"


def test_a_kingdom_that_is_only_stated_is_made_to_hang_names_under(db):
    flat = listed("Flat", [{"id": 1, "name": "Poaceae", "rank": "family", "kingdom": "Plantae"}])
    [grasses] = adopted(flat, "1")
    assert grasses.parent.scientific_name == "Plantae"
    assert (grasses.parent.rank, grasses.parent.kingdom) == ("kingdom", "Plantae")


def test_a_taxon_of_the_same_name_and_author_is_used_as_it_stands(oaks):
    others = listed(
        "Others",
        [
            {"id": 1, "name": "Fagaceae", "rank": "family"},
            {"id": 2, "name": "Quercus", "author": "L.", "rank": "genus", "parent": 1},
            {"id": 3, "name": "Quercus alba", "parent": 2},
            {"id": 4, "name": "Quercus nigra", "author": "L.", "parent": 2},
        ],
    )
    [alba] = adopted(oaks, "alba")
    same, nigra = adopted(others, "3", "4")
    assert same == alba
    assert same.authorship == "L."
    assert nigra.parent == alba.parent


def test_an_author_in_other_words_is_the_same_author(oaks):
    others = listed("Others", [{"id": 1, "name": "Quercus alba", "author": "Linnaeus, 1753"}])
    [alba] = adopted(oaks, "alba")
    assert adopted(others, "1") == [alba]


def test_homonyms_stay_apart(oaks):
    homonym = listed("Homonyms", [{"id": 1, "name": "Quercus alba", "author": "Wangenh."}])
    [alba] = adopted(oaks, "alba")
    [other] = adopted(homonym, "1")
    assert other != alba


def test_the_same_word_in_two_kingdoms_is_two_taxa(db):
    birds = listed("Birds", [{"id": 1, "name": "Oenanthe", "rank": "genus"}], kingdom="Animalia")
    plants = listed("Plants", [{"id": 1, "name": "Oenanthe", "rank": "genus"}])
    assert adopted(birds, "1")[0] != adopted(plants, "1")[0]


def test_names_hang_under_the_accepted_name_of_what_an_editor_made_a_synonym(oaks):
    [alba] = adopted(oaks, "alba")
    genus = alba.parent
    better = Taxon.objects.create(
        scientific_name="Quercusia",
        rank="genus",
        rank_order=180,
        kingdom="Plantae",
        parent=genus.parent,
        canonical_key="quercusia",
        variant_key="quercusia",
        family="Fagaceae",
    )
    Taxon.objects.filter(pk=better.pk).update(
        current=better, path=f"{genus.parent.path}.{better.pk}"
    )
    Taxon.objects.filter(pk=genus.pk).update(
        accepted=better, current=better, parent=None, status="synonym"
    )
    [rubra] = adopted(oaks, "rubra")
    assert rubra.parent == better
    assert rubra.path.split(".")[-2] == str(better.pk)


def test_what_was_merged_away_does_not_come_back(oaks):
    alba, rubra = adopted(oaks, "alba", "rubra")
    Taxon.objects.filter(pk=rubra.pk).update(merged_into=alba, current=alba)
    assert adopted(oaks, "rubra") == [alba]


def test_twins_of_a_checklist_become_one_taxon(db):
    twins = listed(
        "Twins",
        [
            {"id": 1, "name": "Poa annua", "author": "L."},
            {"id": 2, "name": "Poa trivialis", "author": "L."},
            {"id": 3, "name": "Poa annua", "author": "L.", "accepted": 2, "status": "misapplied"},
        ],
    )
    accepted, misapplied = adopted(twins, "1", "3")
    assert accepted == misapplied
    assert accepted.status == "accepted"


def test_a_circle_of_twins_ends_at_a_root(db):
    rows = [
        {"id": 1, "name": "Aus", "rank": "genus", "parent": 2},
        {"id": 2, "name": "Bus", "rank": "genus", "parent": 1},
    ]
    taxa = adopted(listed("Circle", rows), "1", "2")
    assert all(taxon.path for taxon in taxa)


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_double_nothing():
    oaks = listed("Oaks", OAKS)
    known = ids(oaks)
    results = []

    def job():
        try:
            results.append(adopt(make.change_set(kind="cleaning"), known.values()))
        finally:
            connection.close()

    threads = [threading.Thread(target=job) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)
    assert len(names()) == len(OAKS)


def test_a_new_release_finds_its_own_entries_again_under_another_author(oaks):
    [alba] = adopted(oaks, "alba")
    Checklist.objects.filter(pk=oaks.pk).update(state="replaced")
    newer = Checklist.objects.create(source="Oaks", state="current", kingdom="Plantae")
    usage(newer, id="alba", name="Quercus alba", author="Linnaeus 1753").save()
    assert adopted(newer, "alba") == [alba]
