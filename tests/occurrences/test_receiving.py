"""What each side sees of an offer, before it is accepted and after."""

from __future__ import annotations

import pytest

from biocollections.models import Collection
from journal.undo import undo
from occurrences import alike, assigning, origins, receiving
from occurrences.models import Occurrence
from tests import make
from tests.occurrences.dealing import COPY, Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal() -> Deal:
    return Deal()


def _lines(deal: Deal, offer, user=None) -> list[receiving.Line]:
    user = user or deal.curator
    return receiving.lines(user, offer, offer.records.order_by("pk"), receives=user == deal.curator)


# --- what is protected --------------------------------------------------------------------------


def test_the_receiver_reads_exact_places_from_the_acceptance_on_and_not_before(deal: Deal) -> None:
    make.edit(deal.records[0], record_security=1)
    offer = deal.offer()
    before = _lines(deal, offer)[0]
    assert (before.values["locality"], before.values["record_number"]) == (None, None)
    assert before.is_redacted
    assert receiving.overview(deal.curator, offer).protected == 1
    assert _lines(deal, offer, deal.collector)[0].values["locality"] == "Ridge"
    deal.accept(offer)
    after = _lines(deal, offer)[0]
    assert (after.values["locality"], after.is_disclosed) == ("Ridge", True)


def test_of_a_wholly_protected_record_the_receiver_sees_that_there_is_one(deal: Deal) -> None:
    make.edit(deal.records[0], record_security=5)
    offer = deal.offer()
    assert [line.record is None for line in _lines(deal, offer)] == [True, False, False]
    assert receiving.overview(deal.curator, offer).hidden == 1
    deal.accept(offer)
    assert _lines(deal, offer)[0].values["locality"] == "Ridge"


def test_what_is_protected_is_told_in_offers_of_any_size(deal: Deal, monkeypatch) -> None:
    monkeypatch.setattr(receiving, "LOOKED_AT", 1)
    make.edit(deal.records[1], record_security=5)
    make.edit(deal.records[2], record_security=1)
    told = receiving.overview(deal.curator, deal.offer())
    assert (told.hidden, told.protected, told.is_partial) == (1, 1, True)


def test_an_offer_answered_since_it_was_counted_is_looked_at_all_the_same(
    deal: Deal, monkeypatch
) -> None:
    monkeypatch.setattr(receiving, "LOOKED_AT", 1)
    offer = deal.offer()
    offer.records.update(state="declined")
    assert receiving.overview(deal.curator, offer).hidden == 1


def test_the_receiver_reads_what_hidden_wholly_means_before_he_accepts(deal: Deal, client) -> None:
    make.edit(deal.records[0], record_security=5)
    offer = deal.offer()
    client.force_login(deal.curator)
    page = client.get(offer.get_absolute_url()).text
    assert "1 record is wholly protected or hidden for now" in page
    assert "It stays hidden from everybody but the editors of your collection" in page
    assert "One of those that wait is hidden from you until then" in page
    assert "exact places, days and numbers" not in page  # which is said of other protection


def test_a_private_profile_shows_what_it_offers_while_that_waits(deal: Deal) -> None:
    deal.profile.is_public = False
    deal.profile.save()
    make.edit(deal.records[0], record_security=5)
    make.edit(deal.records[1], record_security=1)
    offer = deal.offer()
    hidden, redacted, shown = _lines(deal, offer)
    assert hidden.record is None
    assert redacted.record is not None and redacted.values["locality"] is None
    assert shown.values["locality"] == "Ridge"
    assert (redacted.is_only_here, shown.is_only_here) == (True, True)
    assert not any(line.is_only_here for line in _lines(deal, offer, deal.collector))
    offer.records.filter(record_guid=deal.records[2].guid).update(state="declined")
    assert _lines(deal, offer)[2].record is None
    assert not Occurrence.objects.visible_to(deal.curator).exists()


def test_protected_places_stand_on_no_map(deal: Deal) -> None:
    for record in deal.records:
        make.edit(record, decimal_latitude="31.5", decimal_longitude="-110.25")
    make.edit(deal.records[0], record_security=1)
    for user in (deal.curator, deal.collector):
        assert receiving.points(user, deal.offer()) == [
            {"latitude": "31.5", "longitude": "-110.25", "records": 2}
        ]


def test_the_giver_keeps_reading_what_he_gave_and_nothing_newer(deal: Deal) -> None:
    make.edit(deal.records[0], record_security=1)
    offer = deal.offer()
    deal.accept(offer)
    moved = Occurrence.objects.get(guid=deal.records[0].guid)
    make.edit(moved, deal.curator, locality="Corrected ridge", record_security=1)
    line = _lines(deal, offer, deal.collector)[0]
    assert line.values["locality"] == "Ridge"
    stranger = make.user()
    seen = list(Occurrence.objects.visible_to(stranger).filter(guid=moved.guid))
    origins.disclose(seen, stranger)
    assert seen[0].disclosed == {}


# --- faults, numbers, duplicates ----------------------------------------------------------------


def test_what_is_missing_is_counted_and_found(deal: Deal) -> None:
    make.edit(deal.records[0], recorded_by="L. Gómez", event_date="1932-06-18")
    offer = deal.offer()
    counted = {name: number for name, _words, number in receiving.overview(deal.curator, offer)[5]}
    assert (counted["collector"], counted["date"], counted["point"]) == (2, 2, 3)
    assert "number" not in counted
    missing = receiving.with_issue(deal.curator, offer, "date")
    assert {row.record_guid for row in missing} == {each.guid for each in deal.records[1:]}


def test_a_column_is_pasted_in_the_order_of_the_list(deal: Deal) -> None:
    offer = deal.offer()
    assigning.paste(offer, "A-1\r\n\r\nA-3\r\n")
    rows = offer.records.order_by("pk").values_list("catalog_number", flat=True)
    assert list(rows) == ["A-1", "", "A-3"]
    with pytest.raises(assigning.Refused, match="4 numbers and 3 records"):
        assigning.paste(offer, "1\n2\n3\n4")


def test_free_numbers_pass_over_what_is_taken_here_and_in_the_offer(deal: Deal) -> None:
    make.occurrence(deal.arizona, catalog_number="ARIZ0412346")
    offer = deal.offer()
    last = offer.records.order_by("pk").last()
    assigning.note(offer, {last.record_guid: "ARIZ0412347"}, {})
    assert assigning.fill_free(offer, "ARIZ0412345") == 2
    rows = offer.records.order_by("pk").values_list("catalog_number", flat=True)
    assert list(rows) == ["ARIZ0412345", "ARIZ0412348", "ARIZ0412347"]
    with pytest.raises(assigning.Refused, match="ends in figures"):
        assigning.fill_free(offer, "barcode")


def test_numbers_that_clash_are_found(deal: Deal) -> None:
    make.occurrence(deal.arizona, catalog_number="A-1")
    offer = deal.offer()
    assigning.paste(offer, "A-1\nA-2\nA-2")
    assert assigning.clashes(offer) == ["A-1", "A-2"]
    assert assigning.clashes(offer, [deal.records[1].guid]) == []


def test_what_was_answered_gets_no_number_any_more(deal: Deal) -> None:
    offer = deal.offer()
    offer.records.update(state="declined")
    assert assigning.note(offer, {deal.records[0].guid: "A-1"}, {}) == 0
    assert assigning.accession(offer, "2026-014") == 0


def test_what_the_receiver_holds_already_stands_beside_the_offered(deal: Deal) -> None:
    said = {"recorded_by": "L. Gómez", "event_date": "1932-06-18"}
    make.edit(deal.records[0], record_number="2214", **said)
    twin = make.occurrence(deal.arizona, record_number="2214", catalog_number="ARIZ9", **said)
    make.occurrence(deal.york, record_number="2214", **said)
    make.occurrence(deal.arizona, record_number="2215", **said)
    first, second, _last = _lines(deal, deal.offer())
    assert [(held.record.pk, held.tier) for held in first.held] == [(twin.pk, "exact")]
    assert list(second.held) == []
    assert all(not line.held for line in _lines(deal, deal.offer(COPY), deal.collector))


def test_a_hidden_twin_of_the_receivers_own_is_found_by_its_number(deal: Deal) -> None:
    said = {"recorded_by": "L. Gómez", "event_date": "1932-06-18", "record_number": "2214"}
    make.edit(deal.records[0], **said)
    twin = make.occurrence(deal.arizona, record_security=1, **said)
    assert [held.record.pk for held in _lines(deal, deal.offer())[0].held] == [twin.pk]
    values = {deal.records[0].guid: said}
    assert alike.held(make.user(), deal.arizona, values) == {}


# --- where a record came from -------------------------------------------------------------------


def test_a_record_tells_whose_personal_profile_it_came_from(deal: Deal) -> None:
    deal.collector.first_name, deal.collector.last_name = "Lucía", "Ferrer"
    deal.collector.save()
    offer = deal.offer()
    deal.accept(offer)
    moved = Occurrence.objects.get(guid=deal.records[0].guid)
    (told,) = origins.of_record(moved, make.user())
    assert (told.words, told.source) == ("From the personal profile of Lucía Ferrer", deal.profile)
    change_set = offer.records.first().change_set
    assert change_set is not None
    undo(change_set, deal.curator)
    moved.refresh_from_db()
    assert origins.of_record(moved, make.user()) == []


def test_a_copy_leads_to_its_original_where_one_may_see_it(deal: Deal) -> None:
    deal.accept(deal.offer(COPY))
    copy = Occurrence.objects.get(collection=deal.arizona, record_number="5520")
    (told,) = origins.of_record(copy, deal.curator)
    assert told.original == deal.records[0]
    Collection.objects.filter(pk=deal.profile.pk).update(
        is_public=False, type=Collection.Type.PRESERVED
    )
    (told,) = origins.of_record(copy, deal.curator)
    assert (told.words, told.source, told.original) == (
        "Copied from another collection",
        None,
        None,
    )
