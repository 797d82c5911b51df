"""The pages of an offer: what each side may do there, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import noticing
from biocollections.models import Role
from journal import jobs
from journal.models import Job
from occurrences.models import ClusterMember, Occurrence, Offer
from tests import make
from tests.occurrences.dealing import COPY, Deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal() -> Deal:
    return Deal()


@pytest.fixture
def curator(deal: Deal) -> Client:
    return _client(deal.curator)


def _client(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _post(client: Client, name: str, offer: Offer, data: dict[str, Any]) -> str:
    there = reverse(f"occurrences:{name}", args=[offer.guid])
    return client.post(there, data, follow=True).text


def _through(offer: Offer) -> None:
    """Do what was accepted, as a worker would."""
    jobs.run(Job.objects.get(kind="accept offer", key=str(offer.guid), state="queued").guid)
    offer.refresh_from_db()


def test_a_record_arrives_with_barcode_accession_and_its_own_number(
    deal: Deal, curator: Client
) -> None:
    offer = deal.offer()
    record = deal.records[1]
    number = {f"number-{record.guid}": " ARIZ0412345 ", f"accession-{record.guid}": "2026-014"}
    _post(curator, "offer_accept", offer, {**number, "record": record.guid, "which": "ticked"})
    _through(offer)
    moved = Occurrence.objects.get(guid=record.guid)
    assert (moved.collection, moved.catalog_number) == (deal.arizona, "ARIZ0412345")
    assert moved.record_number == "5521"
    assert [(row.name, row.value) for row in moved.identifiers.all()] == [("Accession", "2026-014")]
    page = curator.get(offer.get_absolute_url()).text
    assert "One record accepted" in page
    assert reverse("occurrences:undo", args=[offer.entries.get().change_set.guid]) in page


def test_the_page_of_a_record_says_where_it_came_from(deal: Deal) -> None:
    make.edit(deal.records[0], record_security=1)
    deal.accept(deal.offer())
    there = deal.records[0].get_absolute_url()
    page = Client().get(there).text
    assert f"From the personal profile of {deal.collector}" in page
    assert "Ridge" not in page
    page = _client(deal.collector).get(there).text
    assert "As you gave it" in page and "Ridge" in page


def test_a_package_is_no_offer_to_answer(deal: Deal) -> None:
    snapshot = make.collection("SNAP", administrator=deal.curator, management="snapshot")
    offer = deal.offer(COPY, snapshot)
    page = _client(deal.curator).get(offer.get_absolute_url()).text
    assert "come as a package" in page
    assert reverse("occurrences:offer_accept", args=[offer.guid]) not in page


def test_a_taken_number_stops_the_acceptance_before_it_begins(deal: Deal, curator: Client) -> None:
    make.occurrence(deal.arizona, catalog_number="ARIZ1")
    offer = deal.offer()
    number = {f"number-{deal.records[0].guid}": "ARIZ1"}
    page = _post(curator, "offer_accept", offer, {**number, "which": "all"})
    assert "these numbers are taken, or given twice: ARIZ1" in page
    assert not Job.objects.exists()


def test_a_second_click_starts_nothing_else(deal: Deal, curator: Client) -> None:
    """AC-C8."""
    offer = deal.offer()
    for _click in range(2):
        page = _post(curator, "offer_accept", offer, {"which": "all"})
    assert "An acceptance is under way" in page
    _through(offer)
    assert Job.objects.count() == 1
    assert offer.counts["accepted"] == 3


def test_nothing_ticked_is_nothing_done(deal: Deal, curator: Client) -> None:
    offer = deal.offer()
    assert "Tick the records that you accept" in _post(curator, "offer_accept", offer, {})
    told = _post(curator, "offer_decline", offer, {"reason": "too many"})
    assert "Tick the records that you decline" in told
    offer.refresh_from_db()
    assert offer.counts["waiting"] == 3


def test_declining_wants_a_reason_and_the_sender_reads_it(deal: Deal, curator: Client) -> None:
    offer = deal.offer()
    ticked = {"record": [deal.records[0].guid], "which": "ticked"}
    assert "say why" in _post(curator, "offer_decline", offer, {**ticked, "reason": "  "})
    _post(curator, "offer_decline", offer, {**ticked, "reason": "Too <b>damaged</b>"})
    page = _client(deal.collector).get(offer.get_absolute_url() + "?show=declined").text
    assert "Too &lt;b&gt;damaged&lt;/b&gt;" in page


def test_what_is_held_already_is_linked_or_declined_by_one_button(
    deal: Deal, curator: Client
) -> None:
    said = {"recorded_by": "L. Gómez", "event_date": "1932-06-18", "record_number": "2214"}
    make.edit(deal.records[0], **said)
    twin = make.occurrence(deal.arizona, catalog_number="ARIZ9", **said)
    offer = deal.offer()
    page = curator.get(offer.get_absolute_url()).text
    assert "You hold it" in page and "Decline: held already" in page
    pair = f"{twin.guid} {deal.records[0].guid}"
    _post(curator, "offer_link", offer, {"pair": pair})
    assert ClusterMember.objects.filter(occurrence__in=[twin, deal.records[0]]).count() == 2
    _post(curator, "offer_decline", offer, {"double": pair})
    declined = offer.records.get(state="declined")
    assert (declined.record_guid, declined.reason) == (
        deal.records[0].guid,
        "We hold it already: ARIZ ARIZ9",
    )
    assert "You hold it" not in _client(deal.collector).get(offer.get_absolute_url()).text


def test_only_records_of_the_offer_are_linked(deal: Deal, curator: Client) -> None:
    twin, other = make.occurrence(deal.arizona), make.occurrence(deal.profile)
    there = reverse("occurrences:offer_link", args=[deal.offer().guid])
    for pair in (f"{twin.guid} {other.guid}", f"{other.guid} {deal.records[0].guid}", ""):
        assert curator.post(there, {"pair": pair}).status_code == 404
    assert not ClusterMember.objects.exists()


def test_numbers_are_noted_and_looked_up(deal: Deal, curator: Client) -> None:
    make.occurrence(deal.arizona, catalog_number="A-2")
    offer = deal.offer()
    _post(curator, "offer_numbers", offer, {"what": "paste", "column": "A-1\nA-2", "after": "1"})
    _post(curator, "offer_numbers", offer, {"what": "accession", "accession": "2026-014"})
    rows = offer.records.order_by("pk").values_list("catalog_number", "accession")
    assert list(rows) == [("", "2026-014"), ("A-1", "2026-014"), ("A-2", "2026-014")]
    assert "Numbers that clash" in curator.get(offer.get_absolute_url()).text
    there = reverse("occurrences:offer_numbers", args=[offer.guid])
    assert curator.get(there + "?number=A-1&number=A-2").json() == {"taken": ["A-2"]}
    page = _post(curator, "offer_numbers", offer, {"what": "free", "first": "A"})
    assert "ends in figures" in page


def test_both_sides_talk_and_each_is_told(deal: Deal, curator: Client) -> None:
    offer = deal.offer(COPY)
    _post(curator, "offer_ask", offer, {"text": "Which box?"})
    collector = _client(deal.collector)
    page = collector.get(offer.get_absolute_url()).text
    assert "Which box?" in page
    assert not noticing.unread(deal.collector).filter(url=offer.get_absolute_url()).exists()
    _post(collector, "offer_ask", offer, {"text": "The second."})
    said = [(entry.kind, entry.text) for entry in offer.entries.all()]
    assert said == [("asked", "Which box?"), ("answered", "The second.")]
    assert "Write what you want" in _post(curator, "offer_ask", offer, {"text": " "})


def test_the_sender_answers_nothing_and_an_editor_sees_no_offer(deal: Deal) -> None:
    """AC-A2, AC-A3."""
    offer = deal.offer()
    editor = make.user()
    make.grant(editor, Role.EDITOR, deal.arizona)
    for person, status in ((deal.collector, 403), (editor, 404), (make.user(), 404)):
        client = _client(person)
        for name in ("offer_accept", "offer_decline", "offer_numbers", "offer_link"):
            there = reverse(f"occurrences:{name}", args=[offer.guid])
            data = {"which": "all", "reason": "mine", "accession": "x", "what": "accession"}
            assert client.post(there, data).status_code == status, (person, name)
    offer.refresh_from_db()
    assert offer.counts["waiting"] == 3
    assert not offer.records.exclude(accession="").exists()


def test_the_list_of_a_collection_shows_what_waits_first(deal: Deal, curator: Client) -> None:
    waits, answered = deal.offer(), deal.offer(COPY)
    _post(curator, "offer_decline", answered, {"which": "all", "reason": "full"})
    page = curator.get(reverse("occurrences:offers", args=[deal.arizona.guid]))
    assert [each.guid for each in page.context["page"].object_list] == [waits.guid, answered.guid]
    panel = curator.get(reverse("collections:manage", args=[deal.arizona.guid])).text
    assert 'Offers <span class="tag warn">1</span>' in panel


def test_a_page_costs_no_more_for_more_records(
    deal: Deal, curator: Client, django_assert_max_num_queries: Any
) -> None:
    said = {"recorded_by": "L. Gómez", "event_date": "1932-06-18"}
    rows = [{**said, "record_number": str(at), "record_security": at % 2} for at in range(40)]
    deal.records = make.occurrences(deal.profile, rows)
    make.occurrences(deal.arizona, rows)
    there = deal.offer().get_absolute_url()
    with django_assert_max_num_queries(45):
        assert curator.get(there).status_code == 200
