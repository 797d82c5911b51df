"""Two people at once: no cycle, no twin, nothing half done."""

import threading

import pytest
from django.db import connections

from journal.jobs import Refused
from taxonomy import thesaurus
from taxonomy.models import Taxon
from tests.taxonomy.growing import taxon

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works):
    """Run the works at the same moment, each in its own connection; return what each raised."""
    start, ends = threading.Barrier(len(works)), [None] * len(works)

    def run(number, work):
        try:
            with thesaurus.editing(None) as change_set:
                start.wait(10)
                work(change_set)
        except Refused as refusal:
            ends[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ends


def test_moving_crosswise_makes_no_cycle():
    taxon("Plantae", "kingdom")
    first = taxon("Alpha", "unranked", parent="Plantae")
    second = taxon("Beta", "unranked", parent="Plantae")
    ends = together(
        lambda change_set: thesaurus.move(change_set, first, second),
        lambda change_set: thesaurus.move(change_set, second, first),
    )
    assert len([end for end in ends if end]) == 1
    paths = Taxon.objects.filter(rank="unranked").values_list("path", flat=True)
    assert sorted(len(path.split(".")) for path in paths) == [2, 3]


def test_merging_crosswise_leaves_one():
    taxon("Plantae", "kingdom")
    first = taxon("Alpha", "unranked", parent="Plantae")
    second = taxon("Beta", "unranked", parent="Plantae")
    ends = together(
        lambda change_set: thesaurus.merge(change_set, first, second),
        lambda change_set: thesaurus.merge(change_set, second, first),
    )
    assert len([end for end in ends if end]) == 1
    assert Taxon.objects.live().filter(rank="unranked").count() == 1


def test_the_same_taxon_added_twice_stands_once():
    taxon("Plantae", "kingdom")

    def add(change_set):
        parent = Taxon.objects.get(scientific_name="Plantae")
        thesaurus.add(change_set, scientific_name="Alpha", rank="unranked", parent=parent)

    ends = together(add, add)
    assert [end.__class__ for end in ends if end] == [thesaurus.Twin]
    assert Taxon.objects.filter(scientific_name="Alpha").count() == 1
