"""Records that change hands keep what hangs on them, and go back whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from biocollections.models import Collection
from darwincore import terms
from journal.models import ChangeSet
from journal.undo import undo
from occurrences import clustering, commenting, history, moving
from occurrences.models import (
    Comment,
    Identification,
    Identifier,
    Media,
    Occurrence,
    Origin,
    Protection,
    Withheld,
)
from occurrences.moving import Arrival
from tests import make
from tests.occurrences import pictures

pytestmark = pytest.mark.django_db


class Deal:
    """A collector's profile, a herbarium, and a transfer between them."""

    def __init__(self) -> None:
        self.collector, self.curator = make.user(), make.user()
        self.profile = make.collection(
            administrator=self.collector, type=Collection.Type.PERSONAL, is_public=True
        )
        self.herbarium = make.collection("ARIZ", administrator=self.curator)

    def move(self, *records: Occurrence, **given: str) -> ChangeSet:
        change_set = ChangeSet.objects.create(
            kind=ChangeSet.Kind.TRANSFER, user=self.curator, collection_id=self.herbarium.pk
        )
        arrivals = [Arrival(record.pk, **given) for record in records]
        moving.move(change_set, self.profile, self.herbarium, arrivals, giver=self.collector)
        return change_set


@pytest.fixture
def deal() -> Deal:
    return Deal()


def _identifiers(guid: UUID) -> list[tuple[str, str]]:
    rows = Identifier.objects.filter(occurrence__guid=guid).order_by("position")
    return list(rows.values_list("name", "value"))


def test_the_receivers_number_takes_the_place_of_the_senders(deal: Deal) -> None:
    record = make.occurrence(deal.profile, catalog_number="P-7", record_number="5521")
    deal.move(record, catalog_number="ARIZ0412345", accession="2026-014")
    moved = Occurrence.objects.get(guid=record.guid)
    assert moved.collection == deal.herbarium
    assert (moved.catalog_number, moved.record_number) == ("ARIZ0412345", "5521")
    assert _identifiers(record.guid) == [(deal.profile.code, "P-7"), ("Accession", "2026-014")]


def test_all_that_hangs_on_a_record_comes_along(deal: Deal) -> None:
    earlier = {"scientific_name": "Quercus sp.", "identified_by": "L. Gómez"}
    rows = [(terms.MULTIMEDIA_ROW, {"title": "Habit"})]
    record, mate = make.occurrences(
        deal.profile,
        [
            {
                "identifications": [earlier],
                "identifiers": [("Field", "LG-1")],
                "extension_rows": rows,
                "record_security": 1,
            },
            {},
        ],
    )
    image = pictures.of(record, pictures.with_place("a road"), caption="Habit")
    comment = Comment.objects.create(
        record_guid=record.guid, by=deal.collector, text="In flower", state="shown"
    )
    clustering.link(make.change_set(), [(record.guid, mate.guid)], {"why": "hand"})
    names = set(Identification.objects.filter(occurrence=record).values_list("guid", flat=True))
    deal.move(record, catalog_number="ARIZ1")
    moved = Occurrence.objects.get(guid=record.guid)
    assert (moved.pk, moved.protection) == (record.pk, Protection.PLACE)
    assert set(moved.identifications.values_list("guid", flat=True)) == names
    assert len(names) == 2
    assert _identifiers(record.guid) == [("Field", "LG-1")]
    assert moved.extension_rows.count() == 1
    assert Media.objects.visible_to(deal.curator).get() == image
    assert not Media.objects.visible_to(deal.collector).exists()
    assert commenting.visible_to(deal.curator).get() == comment
    assert clustering.others(moved, deal.curator) == [mate]


def test_undo_brings_everything_back_and_redo_moves_it_again(deal: Deal) -> None:
    record = make.occurrence(
        deal.profile, catalog_number="P-7", basis_of_record="HumanObservation", locality="Ridge"
    )
    change_set = deal.move(
        record, catalog_number="ARIZ1", accession="A1", basis_of_record="PreservedSpecimen"
    )
    assert Occurrence.objects.get(guid=record.guid).basis_of_record == "PreservedSpecimen"
    back = undo(change_set, deal.curator)
    assert back.counts == {"reverted": 1}
    home = Occurrence.objects.get(guid=record.guid)
    assert (home.collection, home.catalog_number) == (deal.profile, "P-7")
    assert home.basis_of_record == "HumanObservation"
    assert _identifiers(record.guid) == []
    undo(back, deal.curator)
    again = Occurrence.objects.get(guid=record.guid)
    assert (again.collection, again.catalog_number) == (deal.herbarium, "ARIZ1")
    assert _identifiers(record.guid) == [(deal.profile.code, "P-7"), ("Accession", "A1")]


def test_undo_leaves_a_record_whose_number_was_changed_since(deal: Deal) -> None:
    changed, other = (make.occurrence(deal.profile, record_number=n) for n in "12")
    change_set = deal.move(changed, other, catalog_number="ARIZ1")
    make.edit(Occurrence.objects.get(guid=changed.guid), catalog_number="ARIZ2")
    back = undo(change_set, deal.curator)
    assert back.conflicts == [{"record": str(changed.guid), "fields": ["catalog_number"]}]
    assert Occurrence.objects.get(guid=changed.guid).collection == deal.herbarium
    assert Occurrence.objects.get(guid=other.guid).collection == deal.profile


def test_what_was_edited_since_travels_back_with_the_record(deal: Deal) -> None:
    record = make.occurrence(deal.profile, locality="Ridge")
    change_set = deal.move(record)
    make.edit(Occurrence.objects.get(guid=record.guid), locality="North ridge")
    undo(change_set, deal.curator)
    home = Occurrence.objects.get(guid=record.guid)
    assert (home.collection, home.locality) == (deal.profile, "North ridge")


def test_a_protected_record_stays_protected_and_changes_its_readers(deal: Deal) -> None:
    """AC-R16."""
    record = make.occurrence(deal.profile, locality="Secret ridge", record_security=1)
    readable = Withheld.objects.filter(occurrence__guid=record.guid)
    assert readable.readable_by(deal.collector).exists()
    assert not readable.readable_by(deal.curator).exists()
    deal.move(record)
    assert Occurrence.objects.get(guid=record.guid).locality is None
    assert readable.readable_by(deal.curator).exists()
    assert not readable.readable_by(deal.collector).exists()
    assert Origin.objects.get().given["locality"] == "Secret ridge"
    assert Origin.objects.get().giver == deal.collector


def test_history_goes_with_the_record_and_closes_behind_it(deal: Deal) -> None:
    record = make.occurrence(deal.profile, locality="Secret ridge", record_security=1)
    edit = make.edit(record, by=deal.collector, locality="Most secret ridge")
    assert _told(history.of_change_set(edit, deal.collector, 0, 10)) == ["Most secret ridge"]
    deal.move(record)
    moved = Occurrence.objects.get(guid=record.guid)
    lines = [line.new for entry in history.of_record(moved, deal.curator) for line in entry.lines]
    assert "Most secret ridge" in lines
    assert deal.herbarium.name in lines
    assert _told(history.of_change_set(edit, deal.collector, 0, 10)) == []


def test_what_a_transfer_changed_is_called_by_its_fields(deal: Deal) -> None:
    record = make.occurrence(deal.profile, catalog_number="P-7")
    done = deal.move(record, catalog_number="ARIZ1", basis_of_record="FossilSpecimen")
    (touched,) = history.of_change_set(done, deal.curator, 0, 10)
    labels = {line.label for line in touched.lines}
    assert labels == {"Catalog Number", "Additional Identifiers", "Basis of Record", "Collection"}


def _told(touched: list[Any]) -> list[str]:
    return [line.new for each in touched for line in each.lines]


def test_who_gave_records_away_takes_nothing_back_by_undoing_his_edits(deal: Deal) -> None:
    """AC-C11, and the door it would be."""
    edited = make.occurrence(deal.profile, locality="Ridge")
    edit = make.edit(edited, by=deal.collector, locality="North ridge")
    made = Occurrence.objects.get(guid=edited.guid).created_by
    deal.move(edited)
    assert made is not None
    for change_set in (edit, made):
        back = undo(change_set, deal.collector)
        assert [each["record"] for each in back.conflicts] == [str(edited.guid)]
    assert Occurrence.objects.get(guid=edited.guid).locality == "North ridge"
    assert Occurrence.objects.get(guid=edited.guid).collection == deal.herbarium


def test_a_record_that_came_back_can_be_taken_out_again(deal: Deal) -> None:
    record = make.occurrence(deal.profile, catalog_number="P-7")
    undo(deal.move(record, catalog_number="ARIZ1"), deal.curator)
    made = Occurrence.objects.get(guid=record.guid).created_by
    assert made is not None
    assert undo(made, deal.collector).counts["removed"] == 1


def test_what_is_no_longer_there_is_left_alone(deal: Deal) -> None:
    record = make.occurrence(deal.profile)
    deal.move(record)
    change_set = deal.move(record)
    assert change_set.changes.count() == 0
