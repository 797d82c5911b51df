"""Plain changes of many records are taken back in sets; whatever else there is, one by one."""

from typing import Any

import pytest
from psycopg import sql

from journal.models import Change, ChangeSet
from journal.undo import undo
from occurrences import filling, restoring, reverting
from occurrences.models import Occurrence
from occurrences.readers import hash_collection
from tests import make

pytestmark = pytest.mark.django_db


def assigned(collection: Any, by: Any, **values: Any) -> ChangeSet:
    """Give every record of a collection these texts."""
    done = make.change_set(by, collection, kind="batch edit")
    ids = list(Occurrence.objects.filter(collection=collection).values_list("pk", flat=True))
    select = sql.SQL("SELECT id, {} FROM occurrences_occurrence WHERE id = ANY(%(ids)s)").format(
        sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(sql.Literal(value), sql.Identifier(name))
            for name, value in values.items()
        )
    )
    filling.assign(done, ids, list(values), select)
    return done


@pytest.fixture
def records(herbarium: Any) -> list[Occurrence]:
    rows = [{"locality": "Imuris", "catalog_number": str(number)} for number in range(4)]
    rows[3]["record_security"] = 1
    return make.occurrences(herbarium, rows)


def test_plain_changes_come_back_without_one_record_being_written_by_itself(
    records, herbarium, editor, monkeypatch
):
    records[3].delete()
    before = hash_collection(herbarium)
    done = assigned(herbarium, editor, locality="Nogales", habitat="oak", family="Fagaceae")
    after = hash_collection(herbarium)
    assert Change.objects.filter(change_set=done, kind="identification").count() == 3
    monkeypatch.setattr(restoring, "_revert", None)
    undone = undo(done, editor)
    assert hash_collection(herbarium) == before
    assert undone.counts["reverted"] == 3
    undo(undone, editor)
    assert hash_collection(herbarium) == after


def test_what_somebody_changed_since_is_left_to_the_careful_way(records, herbarium, editor):
    done = assigned(herbarium, editor, locality="Nogales", habitat="oak")
    make.edit(records[0], editor, locality="Cananea")
    guids = [record.guid for record in records]
    plain = reverting.revert_plain(done, make.change_set(editor, herbarium, kind="undo"), guids)
    assert sorted(plain) == sorted([records[1].guid, records[2].guid])
    records[0].refresh_from_db()
    assert (records[0].locality, records[0].habitat) == ("Cananea", "oak")


def test_an_undo_tells_what_it_left_and_takes_the_rest_back(records, herbarium, editor):
    done = assigned(herbarium, editor, locality="Nogales", habitat="oak")
    make.edit(records[0], editor, locality="Cananea")
    undone = undo(done, editor)
    assert undone.conflicts == [{"record": str(records[0].guid), "fields": ["locality"]}]
    rows = Occurrence.objects.order_by("catalog_number").values_list("locality", "habitat")
    assert list(rows) == [("Cananea", None), ("Imuris", None), ("Imuris", None), (None, None)]


def test_a_new_determination_since_keeps_its_own_words(records, herbarium, editor):
    done = assigned(herbarium, editor, family="Cupuliferae")
    make.edit(
        records[0],
        editor,
        scientific_name="Quercus rugosa",
        family="Cupuliferae",
        identifications=[{"scientific_name": "Quercus rugosa", "family": "Cupuliferae"}],
    )
    guids = [record.guid for record in records]
    plain = reverting.revert_plain(done, make.change_set(editor, herbarium, kind="undo"), guids)
    assert sorted(plain) == sorted([records[1].guid, records[2].guid])
