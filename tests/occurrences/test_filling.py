"""Values for many records at once leave what writing each of them would leave."""

import pytest
from psycopg import sql

from journal.models import Change
from journal.undo import undo
from occurrences import filling, protection
from occurrences.models import Identification, Occurrence
from occurrences.readers import hash_collection
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak():
    plants = make.taxon("Plantae", rank="kingdom")
    family = make.taxon("Fagaceae", rank="family", parent=plants)
    genus = make.taxon("Quercus", "L.", rank="genus", parent=family)
    return make.taxon("Quercus emoryi", "Torr.", parent=genus)


@pytest.fixture(params=[None, 1, 5], ids=["open", "place", "whole"])
def record(request, herbarium, oak):
    return make.occurrence(
        herbarium, record_security=request.param, locality="Imuris", identified_by="Muller"
    )


def fill(collection, by=None):
    done = make.change_set(by, collection, kind="cleaning")
    return done, filling.fill(done, collection.pk)


def test_blanks_are_filled_from_the_taxon_the_name_is_linked_to(record, herbarium, oak):
    assert filling.fillable(herbarium.pk) == 1
    _done, number = fill(herbarium)
    record.refresh_from_db()
    assert number == 1
    assert (record.family, record.kingdom) == ("Fagaceae", "Plantae")
    assert record.scientific_name_authorship == "Torr."
    assert record.version == 2
    assert filling.fillable(herbarium.pk) == 0


def test_the_current_determination_says_the_same(record, herbarium):
    done, _number = fill(herbarium)
    current = Identification.objects.get(occurrence=record, is_current=True)
    assert (current.family, current.kingdom) == ("Fagaceae", "Plantae")
    kinds = Change.objects.filter(change_set=done, record_guid=record.guid)
    assert sorted(kinds.values_list("kind", flat=True)) == ["identification", "occurrence"]


def test_the_history_holds_the_filled_columns_alone(record, herbarium):
    done, _number = fill(herbarium)
    change = Change.objects.get(change_set=done, kind="occurrence")
    blank = {"family": None, "kingdom": None, "scientific_name_authorship": None}
    assert change.before == blank
    assert set(change.after) == set(blank)


def test_the_record_points_to_the_name_it_has_now(record, herbarium, oak):
    fill(herbarium)
    record.refresh_from_db()
    name = record.name
    assert (name.authorship, name.context, name.taxon) == ("Torr.", "Plantae", oak)


def test_an_undo_leaves_the_collection_as_it_was(record, herbarium, editor):
    before = hash_collection(herbarium)
    done, _number = fill(herbarium, editor)
    after = hash_collection(herbarium)
    assert after != before
    undone = undo(done, editor)
    assert undone.conflicts == []
    assert hash_collection(herbarium) == before
    undo(undone, editor)
    assert hash_collection(herbarium) == after


def test_what_a_record_says_already_stays(herbarium, oak):
    record = make.occurrence(
        herbarium, family="Cupuliferae", scientific_name_authorship="Torrey", kingdom="Plantae"
    )
    assert fill(herbarium)[1] == 0
    record.refresh_from_db()
    assert (record.family, record.scientific_name_authorship) == ("Cupuliferae", "Torrey")


def test_an_author_is_filled_only_where_the_name_is_written_like_the_taxons(herbarium, oak):
    old = make.taxon("Quercus hastata", "Liebm.", accepted=oak)
    record = make.occurrence(herbarium, scientific_name="Quercus hastata")
    with_author = make.occurrence(herbarium, scientific_name="Quercus emoryi Torr.")
    assert (record.name.taxon, with_author.name.taxon) == (old, oak)
    fill(herbarium)
    record.refresh_from_db()
    with_author.refresh_from_db()
    assert (record.scientific_name_authorship, record.family) == ("Liebm.", "Fagaceae")
    assert (with_author.scientific_name_authorship, with_author.family) == (None, "Fagaceae")


def test_other_collections_are_left_alone(herbarium, other_herbarium, oak):
    theirs = make.occurrence(other_herbarium)
    make.occurrence(herbarium)
    fill(herbarium)
    theirs.refresh_from_db()
    assert (theirs.family, theirs.version) == (None, 1)


# --- the primitive ------------------------------------------------------------------------------

ROWS = [
    {"locality": "Imuris", "catalog_number": "1"},
    {"locality": "Imuris", "catalog_number": "2", "record_security": 1},
    {"locality": "Imuris", "catalog_number": "3", "verbatim": {"locality": "imuris "}},
    {"locality": "Nogales", "catalog_number": "4"},
]


def give(collection, column, value, by=None):
    ids = list(Occurrence.objects.filter(collection=collection).values_list("pk", flat=True))
    done = make.change_set(by, collection, kind="batch edit")
    values = sql.SQL("SELECT id, %(value)s AS {} FROM unnest(%(ids)s) AS i(id)")
    return done, filling.assign(
        done, ids, [column], values.format(sql.Identifier(column)), {"value": value}
    )


def test_assign_writes_what_differs_and_keeps_protected_values_apart(herbarium, editor):
    made = make.occurrences(herbarium, ROWS)
    before = hash_collection(herbarium)
    done, number = give(herbarium, "locality", "Nogales", editor)
    assert number == 3
    now = [Occurrence.objects.get(pk=each.pk) for each in made]
    assert [each.locality for each in now] == ["Nogales", None, "Nogales", "Nogales"]
    assert now[1].withheld.terms["locality"] == "Nogales"
    assert now[2].verbatim == {}
    assert [each.version for each in now] == [2, 2, 2, 1]
    assert protection.audit() == []
    undone = undo(done, editor)
    assert (undone.conflicts, hash_collection(herbarium)) == ([], before)


def test_assign_protects_what_becomes_protected(herbarium):
    (record, *_others) = make.occurrences(herbarium, ROWS)
    give(herbarium, "record_security", 1)
    record.refresh_from_db()
    assert (record.protection, record.locality) == (2, None)
    assert protection.audit() == []


def test_assign_gives_a_new_name_its_row(herbarium, oak):
    record = make.occurrence(herbarium, scientific_name="Quercus sp.")
    give(herbarium, "scientific_name", "Quercus emoryi")
    record.refresh_from_db()
    assert (record.name.scientific_name, record.name.taxon) == ("Quercus emoryi", oak)
    current = Identification.objects.get(occurrence=record, is_current=True)
    assert current.scientific_name == "Quercus emoryi"


def test_assign_erases(herbarium):
    record = make.occurrence(herbarium, habitat="oak")
    done, number = give(herbarium, "habitat", None)
    record.refresh_from_db()
    assert (number, record.habitat) == (1, None)
    assert Change.objects.get(change_set=done).before == {"habitat": "oak"}
