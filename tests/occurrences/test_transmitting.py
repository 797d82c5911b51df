"""What travels with the sheets: a letter, a list to tick off, and no place that is protected."""

import csv
import io
import re
from datetime import date

import pypdfium2
import pytest

from biocollections.models import Grant, Institution
from journal import jobs
from occurrences import transmitting
from occurrences.models import Occurrence, Offer, OfferedRecord, Sending, Transmittal
from tests import canary, make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    """Jobs wait until a test does them."""
    monkeypatch.setattr(jobs, "wake", lambda job: None)


def sent(by, source, target, records, **parcel):
    """Offer these records and return the offer."""
    sending = Sending.objects.create(collection=source, user=by, **parcel)
    offer = Offer.objects.create(sending=sending, collection=target, how=Offer.How.TRANSFER)
    OfferedRecord.objects.bulk_create(
        OfferedRecord(offer=offer, record_guid=record.guid) for record in records
    )
    return offer


def text_of(pdf):
    """Return all text of a PDF, blanks as single spaces."""
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]
    return re.sub(r"\s+", " ", " ".join(pages))


@pytest.fixture
def letter_of(herbarium, other_herbarium, administrator):
    """Return a function that offers records and returns (offer, text of its transmittal)."""
    herbarium.institution = Institution.objects.create(
        code="U", name="University of Sonora", address="Calle Rosales 83", city="Hermosillo"
    )
    herbarium.save()

    def of(rows, **parcel):
        records = make.occurrences(herbarium, rows)
        offer = sent(administrator, herbarium, other_herbarium, records, **parcel)
        return offer, text_of(transmitting.transmittal_pdf(offer, administrator))

    return of


def test_the_letter_says_who_sends_what_to_whom(letter_of):
    parcel = {
        "sent_on": date(2026, 5, 3),
        "boxes": 2,
        "sheets": 14,
        "permits": "SEMARNAT 0412\nCITES 77",
        "message": "With thanks from Łódź.",
        "kind": "exchange",
    }
    _offer, said = letter_of([{"record_number": "5521", "recorded_by": "L. Gómez"}], **parcel)
    for told in (
        "Herbarium of the cast",
        "University of Sonora",
        "Calle Rosales 83",
        "Another herbarium",
        "2026-05-03",
        "Exchange",
        "SEMARNAT 0412 CITES 77",
        "With thanks from Łódź.",
        "L. Gómez 5521",
        "Boxes 2",
        "Sheets 14",
    ):
        assert told in said


def test_the_list_is_in_the_order_of_the_offer_and_numbered_on_every_page(letter_of):
    rows = [{"catalog_number": f"N-{number:03d}"} for number in range(120)]
    offer, said = letter_of(rows)
    found = re.findall(r"(\d+) (N-\d{3})", said)
    assert found == [(str(number + 1), f"N-{number:03d}") for number in range(120)]
    assert "120 sheets on this list" in said
    assert "page 3" in said
    assert said.count("Catalog Number") == said.count(f"/offers/{offer.guid}/ · page")


def test_a_long_cell_is_written_whole(letter_of):
    long = " ".join(f"collector{number}" for number in range(60))
    _offer, said = letter_of([{"recorded_by": long, "record_number": ""}])
    assert re.sub(r"\W", "", long) in re.sub(r"\W", "", said)


def test_a_row_higher_than_a_page_goes_on_on_the_next(letter_of):
    long = " ".join(f"hand{number}" for number in range(3000))
    _offer, said = letter_of([{"recorded_by": long, "record_number": ""}])
    assert re.sub(r"page \d+", "", said).count("hand") == 3000


def test_withdrawn_records_are_not_on_the_list(letter_of, administrator):
    offer, _said = letter_of([{"catalog_number": "N-1"}, {"catalog_number": "N-2"}])
    first = offer.records.order_by("pk").first()
    OfferedRecord.objects.filter(pk=first.pk).update(state=OfferedRecord.State.WITHDRAWN)
    said = text_of(transmitting.transmittal_pdf(offer, administrator))
    assert "N-1" not in said
    assert "N-2" in said


def test_letters_the_font_lacks_are_marked_and_told(letter_of):
    _offer, said = letter_of([{"recorded_by": "王 Wang"}, {}])
    assert "\N{REPLACEMENT CHARACTER} Wang" in said
    assert "In one line" in said


def test_not_even_the_sender_prints_a_protected_place(canaries, administrator, other_herbarium):
    records = [canaries.place, canaries.whole]
    offer = sent(administrator, canaries.collection, other_herbarium, records)
    said = text_of(transmitting.transmittal_pdf(offer, administrator))
    said += "".join(transmitting.table(offer, administrator))
    assert canary.leaks(said, None, canaries) == set()
    assert "place withheld" in said
    assert "One sheet on this list" in said
    assert "One more record is in the parcel, not listed here." in said


def test_a_private_collection_shows_the_receiver_what_it_offers(
    letter_of, herbarium, other_administrator
):
    offer, _said = letter_of([{"catalog_number": "N-1"}])
    herbarium.is_public = False
    herbarium.save()
    assert "N-1" in text_of(transmitting.transmittal_pdf(offer, other_administrator))


def test_the_csv_is_the_same_list(letter_of, administrator):
    rows = [{"catalog_number": "N-1", "recorded_by": "=cmd()"}, {"catalog_number": "N-2"}]
    offer, _said = letter_of(rows)
    text = "".join(transmitting.table(offer, administrator)).removeprefix("\ufeff")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["Catalog Number"] for row in found] == ["N-1", "N-2"]
    assert found[0]["Collector and number"].startswith("'=cmd()")
    guids = offer.records.order_by("pk").values_list("record_guid", flat=True)
    assert [row["GUID"] for row in found] == list(map(str, guids))


def test_many_sheets_are_a_job(letter_of, administrator, monkeypatch):
    monkeypatch.setattr(transmitting, "AT_ONCE", 2)
    offer, _said = letter_of([{"catalog_number": f"N-{number}"} for number in range(3)])
    client = client_of(administrator)
    page = f"/offers/{offer.guid}/transmittal/"
    assert client.get(f"/offers/{offer.guid}/transmittal.pdf").url == page
    client.post(page)
    made = Transmittal.objects.get()
    jobs.run(made.job.guid)
    pdf = client.get(f"/offers/{offer.guid}/transmittal.pdf")
    assert "N-2" in " ".join(canary.texts(canary.body(pdf)))
    assert "no-store" in pdf["Cache-Control"]


def test_a_file_made_before_shows_nobody_more_than_he_may_see_now(
    letter_of, administrator, monkeypatch
):
    monkeypatch.setattr(transmitting, "AT_ONCE", 0)
    offer, _said = letter_of([{"catalog_number": "N-1", "locality": "a bend"}])
    made = transmitting.start(offer, administrator)
    jobs.run(made.job.guid)
    assert transmitting.is_ready(transmitting.of(offer, administrator))
    record = Occurrence.objects.get(guid=offer.records.get().record_guid)
    make.edit(record, administrator, record_security=1)
    assert not transmitting.is_ready(transmitting.of(offer, administrator))


def test_who_no_longer_has_the_offer_gets_no_file(letter_of, administrator):
    offer, _said = letter_of([{}])
    Grant.objects.filter(user=administrator).delete()
    job = jobs.start(transmitting.JOB, "x", administrator)
    job.options = {"made": transmitting.start(offer, administrator).pk}
    job.save()
    jobs.run(job.guid)
    job.refresh_from_db()
    assert job.state == "failed"
    assert not Transmittal.objects.get().file
    assert client_of(administrator).get(f"/offers/{offer.guid}/transmittal.pdf").status_code == 404


def test_the_list_is_read_in_pieces(letter_of, administrator, django_assert_max_num_queries):
    offer, _said = letter_of([{} for _number in range(30)])
    with django_assert_max_num_queries(4):
        assert len(list(transmitting.listed(offer, administrator))) == 30
    assert OfferedRecord.objects.count() == 30
