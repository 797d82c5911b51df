"""The pages of sending: who may prepare, send, follow and read what goes along."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from journal import jobs
from occurrences import sending
from occurrences.models import Occurrence, Offer, Package, PermitFile, Sending
from occurrences.selecting import Selection
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a permit"


@pytest.fixture
def records(personal_profile: Any) -> list[Occurrence]:
    rows = [{"record_number": str(5520 + at), "duplicate_quantity": "1"} for at in range(3)]
    return make.occurrences(personal_profile, rows)


@pytest.fixture
def draft(records: list[Occurrence], collector: Any) -> Sending:
    made = sending.begin(collector, Selection(tuple(str(each.guid) for each in records)))
    assert made
    return made


def form(*recipients: tuple[str, str], **parcel: Any) -> dict[str, Any]:
    """Return what the first page sends: recipients by name and way, and the parcel."""
    said = {"to-TOTAL_FORMS": len(recipients) or 1, "to-INITIAL_FORMS": 0, "kind": "gift"}
    for at, (who, how) in enumerate(recipients):
        said |= {f"to-{at}-who": who, f"to-{at}-how": how}
    return said | parcel


def at(name: str, about: Any) -> str:
    return reverse(f"occurrences:{name}", args=[about.guid])


def prepared(client: Any, draft: Sending, *recipients: tuple[str, str], **parcel: Any) -> Any:
    return client.post(at("sending_prepare", draft), form(*recipients, **parcel))


def sent(client: Any, draft: Sending, *recipients: tuple[str, str], **parcel: Any) -> Sending:
    response = prepared(client, draft, *recipients, **parcel)
    assert response.status_code == 302, response.context["lines"].errors
    assert client.get(at("sending_review", draft)).status_code == 200
    client.post(at("sending_send", draft), {"at_once": "on"})
    draft.refresh_from_db()
    assert draft.state == "sent"
    return draft


def test_ticked_records_go_out_as_an_offer(
    records: list[Occurrence], herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    ticked = {"guid": [str(each.guid) for each in records[:2]]}
    begun = client.post(reverse("occurrences:send"), ticked)
    draft = Sending.objects.get()
    assert begun["Location"] == at("sending_prepare", draft)
    done = sent(client, draft, ("HERB – Herbarium of the cast", "transfer"), message="Yours")
    offer = done.offers.get()
    assert (offer.collection, offer.how, offer.counts["waiting"]) == (herbarium, "transfer", 2)
    page = client.get(done.get_absolute_url()).content.decode()
    assert "2 waiting" in page and "Yours" in page


def test_records_of_others_can_not_be_sent(herbarium: Any, collector: Any) -> None:
    """AC-A2."""
    foreign = make.occurrence(herbarium)
    response = client_of(collector).post(reverse("occurrences:send"), {"guid": str(foreign.guid)})
    assert response.status_code == 403
    assert not Sending.objects.exists()


def test_an_editor_who_does_not_administer_sends_nothing(herbarium: Any, editor: Any) -> None:
    own = make.occurrence(herbarium)
    response = client_of(editor).post(reverse("occurrences:send"), {"guid": str(own.guid)})
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("who", "how", "told"),
    [
        ("MEXU", "copy", "No collection of this portal"),
        ("OWN", "transfer", "there already"),
        ("HERB", "transfer", "accepts copies, packages. Ask Marta."),
    ],
)
def test_a_recipient_that_can_not_be_is_told(
    draft: Sending, herbarium: Any, collector: Any, who: str, how: str, told: str
) -> None:
    """AC-A3: what a form names is asked again, whatever was offered while typing."""
    herbarium.accepts_transfers, herbarium.accepting_contact = False, "Marta"
    herbarium.save()
    response = prepared(client_of(collector), draft, (who, how))
    assert told in response.content.decode()
    assert not Offer.objects.exists()


def test_one_transfer_and_nobody_twice(
    draft: Sending, herbarium: Any, other_herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    two = prepared(client, draft, ("HERB", "transfer"), ("OTHER", "transfer"))
    assert "Only one recipient" in two.content.decode()
    twice = prepared(client, draft, ("HERB", "transfer"), ("Herbarium of the cast", "copy"))
    assert "named twice" in twice.content.decode()


def test_the_review_warns_beyond_the_dupe_count(
    draft: Sending, herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    prepared(client, draft, ("HERB", "copy"), ("MEXU", "package"))
    page = client.get(at("sending_review", draft)).content.decode()
    assert "3 records go to more recipients than their Dupe Count" in page
    assert "5520" in page


def test_a_private_collection_is_neither_offered_nor_taken(draft: Sending, collector: Any) -> None:
    make.collection("HIDDEN", is_public=False)
    client = client_of(collector)
    told = client.get(reverse("occurrences:recipients"), {"q": "hidden"}).json()
    assert told == {"offers": []}
    response = prepared(client, draft, ("HIDDEN", "transfer"))
    assert "No collection of this portal" in response.content.decode()


def test_collections_are_offered_with_what_they_accept(collector: Any, herbarium: Any) -> None:
    told = client_of(collector).get(reverse("occurrences:recipients"), {"q": "cast herb"}).json()
    assert told["offers"] == [
        {
            "value": "HERB – Herbarium of the cast",
            "note": "transfers, copies, packages",
            "sets": {},
            "fills": [],
        }
    ]


def test_permits_are_for_both_sides_alone(
    draft: Sending, herbarium: Any, cast: dict[str, Any]
) -> None:
    permits = [SimpleUploadedFile(f"{n}.pdf", PDF) for n in range(2)]
    done = sent(client_of(cast["collector"]), draft, ("HERB", "copy"), attached=permits)
    assert done.permit_files.count() == 2
    address = at("permit_file", done.permit_files.first())
    answers = {name: client_of(person).get(address).status_code for name, person in cast.items()}
    assert {name for name, status in answers.items() if status == 200} == {
        "administrator",
        "collector",
    }
    assert answers["visitor"] == 302


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("permit.pdf", b"<script>alert(1)</script>"),
        ("permit.svg", b"<svg onload=alert(1)>"),
        ("permit.exe", b"MZ"),
    ],
)
def test_a_file_that_is_no_permit_is_refused(
    draft: Sending, herbarium: Any, collector: Any, name: str, content: bytes
) -> None:
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    response = prepared(client_of(collector), draft, ("HERB", "copy"), attached=file)
    assert response.context["parcel"].errors["attached"]
    assert not PermitFile.objects.exists()


def test_a_permit_is_handed_out_so_that_nothing_of_it_runs(
    draft: Sending, herbarium: Any, collector: Any
) -> None:
    file = SimpleUploadedFile('per"mit\r\nX: y.html', PDF, content_type="text/html")
    client = client_of(collector)
    done = sent(client, draft, ("HERB", "copy"), attached=file)
    answer = client.get(at("permit_file", done.permit_files.get()))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert ".html" not in answer["Content-Disposition"].rpartition(".")[2]
    assert (answer["X-Content-Type-Options"], "no-store" in answer["Cache-Control"]) == (
        "nosniff",
        True,
    )


def test_a_deposit_under_permit_names_or_shows_it(
    draft: Sending, herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    response = prepared(client, draft, ("HERB", "copy"), kind="permit")
    assert "permit" in str(response.context["parcel"].errors["permits"])
    assert prepared(client, draft, ("HERB", "copy"), kind="permit", permits="12/2026").url


def test_a_package_is_fetched_by_who_sends_it_alone(draft: Sending, cast: dict[str, Any]) -> None:
    done = sent(client_of(cast["collector"]), draft, ("MEXU", "package"))
    package = Package.objects.get(offer__sending=done)
    jobs.run(package.job.guid)
    address = at("package_file", package)
    answers = {name: client_of(person).get(address) for name, person in cast.items()}
    assert [name for name, answer in answers.items() if answer.status_code == 200] == ["collector"]
    answer = answers["collector"]
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert answer["Repr-Digest"].startswith("sha-256=:")
    assert "OWN_for_MEXU" in answer["Content-Disposition"]
    package.refresh_from_db()
    page = client_of(cast["collector"]).get(done.get_absolute_url()).content.decode()
    assert package.sha256 in page


def test_some_or_all_of_what_waits_is_withdrawn(
    draft: Sending, records: list[Occurrence], herbarium: Any, cast: dict[str, Any]
) -> None:
    client = client_of(cast["collector"])
    offer = sent(client, draft, ("HERB", "transfer")).offers.get()
    address = at("offer_withdraw", offer)
    assert client_of(cast["administrator"]).post(address, {"all": "1"}).status_code == 404
    client.post(address)
    offer.refresh_from_db()
    assert offer.counts["withdrawn"] == 0
    client.post(address, {"record": str(records[0].guid)})
    offer.refresh_from_db()
    assert (offer.counts["withdrawn"], offer.state) == (1, "open")
    client.post(address, {"all": "1"})
    offer.refresh_from_db()
    assert (offer.counts["withdrawn"], offer.state) == (3, "withdrawn")


def test_what_was_declined_and_why_is_on_the_page(
    draft: Sending, herbarium: Any, administrator: Any, collector: Any
) -> None:
    from occurrences import offering

    client = client_of(collector)
    done = sent(client, draft, ("HERB", "transfer"))
    offering.decline(administrator, done.offers.get(), None, "Too damaged to mount")
    page = client.get(done.get_absolute_url()).content.decode()
    assert "3 declined" in page and "Too damaged to mount" in page


def test_a_draft_is_its_own_person_s(draft: Sending, personal_profile: Any) -> None:
    other = make.user()
    make.grant(other, "administrator", personal_profile)
    client = client_of(other)
    for name in ("sending_prepare", "sending_review", "sending"):
        assert client.get(at(name, draft)).status_code == 404
    client.post(at("sending_discard", draft))
    assert Sending.objects.exists()


def test_a_discarded_draft_takes_its_permits_along(
    draft: Sending, herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    prepared(client, draft, ("HERB", "copy"), attached=SimpleUploadedFile("a.pdf", PDF))
    file = draft.permit_files.get().file
    assert file.storage.exists(file.name)
    client.post(at("sending_discard", draft))
    assert not file.storage.exists(file.name)
    assert not Sending.objects.exists()


def test_one_record_moves_at_once_and_is_undone(
    records: list[Occurrence], herbarium: Any, collector: Any
) -> None:
    make.grant(collector, "administrator", herbarium)
    client = client_of(collector)
    said = {"who": "HERB", "catalog_number": "H 77", "accession": "2026-014", "specimen": "on"}
    response = client.post(at("transfer_one", records[0]), said, follow=True)
    moved = Occurrence.objects.get(guid=records[0].guid)
    assert (moved.collection, moved.catalog_number) == (herbarium, "H 77")
    assert (moved.record_number, moved.basis_of_record) == ("5520", "PreservedSpecimen")
    change_set = sending.change_sets(Offer.objects.get()).get()
    assert at("undo", change_set) in response.content.decode()
    client.post(at("undo", change_set))
    moved.refresh_from_db()
    assert (moved.collection.code, moved.basis_of_record) == ("OWN", "HumanObservation")


def test_a_number_that_is_taken_there_is_told(
    records: list[Occurrence], herbarium: Any, collector: Any
) -> None:
    make.grant(collector, "administrator", herbarium)
    make.occurrence(herbarium, catalog_number="H 77")
    said = {"who": "HERB", "catalog_number": "H 77"}
    response = client_of(collector).post(at("transfer_one", records[0]), said)
    assert "H 77 is taken" in response.content.decode()
    assert not Offer.objects.exists()


def test_one_record_is_offered_to_a_collection_of_others(
    records: list[Occurrence], herbarium: Any, collector: Any
) -> None:
    said = {"who": "HERB", "catalog_number": "H 1", "message": "From the ridge"}
    client_of(collector).post(at("transfer_one", records[0]), said)
    offer = Offer.objects.get()
    assert (offer.state, offer.sending.message) == ("open", "From the ridge")
    assert offer.records.get().catalog_number == ""
    assert Occurrence.objects.get(guid=records[0].guid).collection.code == "OWN"


def test_a_packing_list_says_who_sends_what_to_whom(
    draft: Sending, herbarium: Any, collector: Any
) -> None:
    client = client_of(collector)
    told = {"permits": "SEMARNAT 12", "sheets": 3, "boxes": 1, "sent_on": "2026-11-20"}
    done = sent(client, draft, ("HERB", "copy"), **told)
    page = client.get(at("packing_list", done.offers.get())).content.decode()
    for word in ("5520", "Quercus emoryi", "Herbarium of the cast", "SEMARNAT 12", "2026-11-20"):
        assert word in page


def test_a_packing_list_tells_no_withheld_date(
    records: list[Occurrence], draft: Sending, herbarium: Any, collector: Any
) -> None:
    make.edit(records[0], record_security=1, event_date="1907-03-11")
    client = client_of(collector)
    done = sent(client, draft, ("HERB", "copy"))
    page = client.get(at("packing_list", done.offers.get())).content.decode()
    assert "1907-03-11" not in page
    assert "(withheld)" in page


def test_many_records_are_sent_by_a_job_with_progress(
    draft: Sending, herbarium: Any, collector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 0)
    client = client_of(collector)
    prepared(client, draft, ("HERB", "copy"))
    client.post(at("sending_send", draft))
    draft.refresh_from_db()
    assert 'id="job-' in client.get(draft.get_absolute_url()).content.decode()
    jobs.run(draft.job.guid)
    assert "3 waiting" in client.get(draft.get_absolute_url()).content.decode()


def test_its_pages_ask_the_database_the_same_few_times(
    personal_profile: Any, herbarium: Any, collector: Any, django_assert_max_num_queries: Any
) -> None:
    made = make.occurrences(personal_profile, [{"record_number": str(n)} for n in range(40)])
    draft = sending.begin(collector, Selection(tuple(str(each.guid) for each in made)))
    assert draft
    client = client_of(collector)
    prepared(client, draft, ("HERB", "copy"))
    with django_assert_max_num_queries(30):
        client.get(at("sending_review", draft))
    done = sent(client, draft, ("HERB", "copy"))
    for address in (done.get_absolute_url(), at("packing_list", done.offers.get())):
        with django_assert_max_num_queries(30):
            client.get(address)
