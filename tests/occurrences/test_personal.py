"""Personal profiles: private records, room for imports, a backup that comes back, no merging."""

import csv
import io

import pytest
from django.urls import reverse

from biocollections.models import Role
from journal import jobs
from journal.guids import new_guid
from journal.jobs import Refused
from journal.models import Job
from journal.undo import undo
from occurrences import batching, carrying, downloads, imports, personal
from occurrences.models import Batch, ImportRun, Occurrence, Protection
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import bring_in, checked

pytestmark = pytest.mark.django_db

ROWS = "catalogNumber,scientificName,country\nP 1,Quercus emoryi,Mexico\nP 2,Quercus alba,Mexico\n"


@pytest.fixture
def private_profile(personal_profile):
    personal_profile.private_records = True
    personal_profile.save()
    return personal_profile


# --- private records ----------------------------------------------------------------------------


def test_imported_records_are_private_where_the_profile_says_so(private_profile, collector):
    run = bring_in(private_profile, collector, ROWS)
    assert run.counts["created"] == 2
    assert {r.protection for r in private_profile.occurrences.all()} == {Protection.WHOLE}


def test_the_review_says_that_new_records_will_be_private(client, private_profile, collector):
    run = checked(private_profile, collector, ROWS)
    client.force_login(collector)
    address = reverse("occurrences:import", args=[run.guid])
    assert "New records come in private" in client.get(address).text
    private_profile.private_records = False
    private_profile.save()
    assert "New records come in private" not in client.get(address).text


def test_a_row_that_states_its_security_keeps_it(private_profile, collector):
    text = "catalogNumber,scientificName,country,recordSecurity\nP 1,Quercus alba,Mexico,0\n"
    bring_in(private_profile, collector, text)
    assert private_profile.occurrences.get().protection == Protection.OPEN


def test_records_are_public_where_the_profile_says_nothing(personal_profile, collector):
    bring_in(personal_profile, collector, ROWS)
    assert {r.protection for r in personal_profile.occurrences.all()} == {Protection.OPEN}


def test_a_typed_record_begins_private_and_its_collector_may_open_it(
    client, private_profile, collector
):
    client.force_login(collector)
    address = reverse("occurrences:add", args=[private_profile.guid])
    assert client.get(address).context["form"].initial["record_security"] == "5"
    for number, security in (("P 1", "5"), ("P 2", "")):
        form = {"guid": str(new_guid()), "record_number": number, "record_security": security}
        assert client.post(address, form).status_code == 302
    found = dict(
        Occurrence.objects.editable_by(collector).values_list("record_security", "protection")
    )
    assert found == {5: Protection.WHOLE, None: Protection.OPEN}


def test_clones_are_private_where_the_profile_says_so(private_profile, collector):
    record = make.occurrence(private_profile, record_number="1")
    own = Occurrence.objects.editable_by(collector).get(pk=record.pk)
    carrying.clone(own, collector, ["P 7"], whole=True)
    assert record.protection == Protection.OPEN
    assert private_profile.occurrences.exclude(pk=record.pk).get().protection == Protection.WHOLE


def test_a_private_record_is_there_for_nobody_but_its_people(
    private_profile, collector, administrator, stranger, visitor, portal_admin
):
    assistant = make.user()
    make.grant(assistant, Role.EDITOR, private_profile)
    bring_in(private_profile, collector, ROWS)
    for person in (collector, assistant):
        assert Occurrence.objects.visible_to(person).count() == 2
    for person in (administrator, stranger, visitor, portal_admin):
        assert not Occurrence.objects.visible_to(person).exists()


def done(batch):
    jobs.run_here(batching.KIND, batch.guid, batch.user)


def test_a_batch_makes_records_private_and_its_undo_public_again(
    client, personal_profile, collector
):
    rare = make.occurrence(personal_profile, record_security=1, locality="a bend")
    make.occurrences(personal_profile, [{"record_number": "1"}, {"record_number": "2"}])
    before = hash_collection(personal_profile)
    client.force_login(collector)
    begun = client.post(
        reverse("occurrences:personal_privacy"),
        {"search": f"within={personal_profile.code}", "private": "yes"},
    )
    batch = Batch.objects.get()
    assert begun.url == reverse("occurrences:batch_edit", args=[batch.guid])
    assert client.get(begun.url).context["looked"][0].number == 3
    done(batch)
    levels = personal_profile.occurrences.values_list("protection", flat=True)
    assert set(levels) == {Protection.WHOLE}
    batch.refresh_from_db()
    [made_private] = batching.change_sets(batch)
    undo(made_private, collector)
    assert hash_collection(personal_profile) == before
    rare.refresh_from_db()
    assert rare.protection == Protection.PLACE


def test_making_public_leaves_protected_places_protected(client, personal_profile, collector):
    rare = make.occurrence(personal_profile, record_security=1, locality="a bend")
    private = make.occurrence(personal_profile, record_security=5)
    client.force_login(collector)
    client.post(
        reverse("occurrences:personal_privacy"),
        {"guid": f"{rare.guid} {private.guid}", "private": "no"},
    )
    done(Batch.objects.get())
    rare.refresh_from_db()
    private.refresh_from_db()
    assert (rare.protection, private.protection) == (Protection.PLACE, Protection.OPEN)


def test_nobody_makes_others_records_private(client, personal_profile, stranger):
    record = make.occurrence(personal_profile)
    client.force_login(stranger)
    form = {"guid": str(record.guid), "private": "yes"}
    assert client.post(reverse("occurrences:personal_privacy"), form).status_code == 403
    assert not Batch.objects.exists()


def test_the_owner_says_whether_new_records_are_private_and_takes_it_back(
    client, personal_profile, collector
):
    client.force_login(collector)
    address = reverse("occurrences:personal_default", args=[personal_profile.guid])
    client.post(address, {"private": "yes"})
    personal_profile.refresh_from_db()
    assert personal_profile.private_records
    opened = personal.keep_new_private(personal_profile, collector, private=False)
    undo(opened, collector)
    personal_profile.refresh_from_db()
    assert personal_profile.private_records


def test_an_assistant_decides_nothing_about_the_profile(client, personal_profile, stranger):
    make.grant(stranger, Role.EDITOR, personal_profile)
    client.force_login(stranger)
    address = reverse("occurrences:personal_default", args=[personal_profile.guid])
    assert client.post(address, {"private": "yes"}).status_code == 404


# --- room ---------------------------------------------------------------------------------------


def test_an_import_beyond_the_quota_is_refused_and_loses_nothing(
    settings, personal_profile, collector
):
    settings.PERSONAL_QUOTA = 2
    make.occurrence(personal_profile)
    run = checked(personal_profile, collector, ROWS)
    with pytest.raises(Refused, match="room for 1 of 2"):
        imports.apply(run)
    run.refresh_from_db()
    assert run.state == ImportRun.State.CHECKED
    assert run.outcomes.count() == 2
    assert personal_profile.occurrences.count() == 1
    settings.PERSONAL_QUOTA = 3
    imports.apply(run)
    assert personal_profile.occurrences.count() == 3


def test_the_refusal_stands_on_the_page_of_the_import(
    settings, client, personal_profile, collector
):
    settings.PERSONAL_QUOTA = 1
    run = checked(personal_profile, collector, ROWS)
    client.force_login(collector)
    client.post(reverse("occurrences:import_apply", args=[run.guid]))
    jobs.run(Job.objects.get(kind="import apply").guid)
    page = client.get(reverse("occurrences:import", args=[run.guid]))
    assert "the profile has room for 1 of 1" in page.text
    assert reverse("occurrences:import_apply", args=[run.guid]) in page.text


def test_what_changes_records_needs_no_room(settings, personal_profile, collector):
    bring_in(personal_profile, collector, ROWS)
    settings.PERSONAL_QUOTA = 1
    text = ROWS.replace("Quercus alba", "Quercus rubra")
    assert bring_in(personal_profile, collector, text, mode="update").counts["updated"] == 1


def test_institutions_and_portals_without_a_quota_have_room(settings, herbarium, personal_profile):
    settings.PERSONAL_QUOTA = 1
    assert personal.room(herbarium) is None
    settings.PERSONAL_QUOTA = 0
    assert personal.room(personal_profile) is None


# --- backup -------------------------------------------------------------------------------------

KEPT = [
    {
        "recorded_by": "Gómez, L.",
        "record_number": "5521",
        "event_date": "2025-03-14",
        "start_day_of_year": 73,
        "end_day_of_year": 73,
        "locality": 'Cañón del Púlpito, "la curva"\nsecond line',
        "decimal_latitude": "30.7700",
        "decimal_longitude": "-110.8610",
        "occurrence_remarks": "=1+1",
        "country": "Mexico",
        "country_code": "MX",
        "identifiers": [("Field book", "12")],
    },
    {"record_number": "-5522", "recorded_by": "@lucia", "record_security": 5, "locality": "hidden"},
    {"record_number": "5523", "record_security": 1, "locality": "a bend", "habitat": "+ oaks"},
]


def backup(profile, person, **options):
    stream = io.BytesIO()
    downloads.write_csv(profile, person, stream, **options)
    return stream.getvalue()


def core_terms(profile, person):
    """Return what a backup says of each record, but for the identity given here."""
    text = backup(profile, person, raw=True).decode("utf-8-sig")
    rows = [dict(row) for row in csv.DictReader(io.StringIO(text))]
    for row in rows:
        row.pop("occurrenceID")
    return sorted(rows, key=lambda row: row["recordNumber"])


@pytest.mark.parametrize("raw", [False, True])
def test_a_backup_into_an_empty_profile_gives_the_same_core_terms(raw, personal_profile, collector):
    make.occurrences(personal_profile, KEPT, by=collector)
    was = core_terms(personal_profile, collector)
    file = backup(personal_profile, collector, raw=raw)
    assert file.startswith("\ufeff".encode())
    personal_profile.occurrences.all().delete()
    other = make.user("other_collector")
    empty = make.collection("OBS-OTHER", type="personal", administrator=other)
    run = bring_in(empty, other, file)
    assert run.counts["created"] == 3
    assert core_terms(empty, other) == was


def test_a_backup_brought_back_changes_nothing(personal_profile, collector):
    make.occurrences(personal_profile, KEPT, by=collector)
    before = hash_collection(personal_profile)
    run = bring_in(personal_profile, collector, backup(personal_profile, collector))
    assert (run.counts["created"], run.counts["updated"]) == (0, 0)
    assert hash_collection(personal_profile) == before


def test_ticked_records_come_as_the_same_file(client, personal_profile, collector):
    made = make.occurrences(personal_profile, KEPT, by=collector)
    client.force_login(collector)
    form = {"guid": [str(each.guid) for each in made]}
    sent = client.post(reverse("occurrences:table_download"), form)
    assert b"".join(sent.streaming_content) == backup(personal_profile, collector)
    sent = client.post(reverse("occurrences:table_download"), {**form, "raw": "on"})
    assert b"".join(sent.streaming_content) == backup(personal_profile, collector, raw=True)


# --- numbers ------------------------------------------------------------------------------------


def test_records_of_two_profiles_with_one_number_are_never_merged(
    client, personal_profile, collector
):
    other = make.collection("OBS-OTHER", type="personal", administrator=make.user())
    mine = make.occurrence(personal_profile, record_number="1234", catalog_number="1234")
    theirs = make.occurrence(other, record_number="1234", catalog_number="1234")
    address = reverse("occurrences:merge")
    for owner in (False, True):
        if owner:
            make.grant(collector, Role.ADMINISTRATOR, other)
        client.force_login(collector)
        asked = f"{address}?one={mine.guid}&other={theirs.guid}"
        assert client.get(asked).status_code == 404
        assert client.post(asked, {"keep": "one"}).status_code == 404
    assert Occurrence.objects.filter(pk__in=[mine.pk, theirs.pk]).count() == 2


def test_no_page_offers_to_merge_records_of_two_profiles(client, personal_profile, collector):
    other = make.collection("OBS-OTHER", type="personal", administrator=make.user())
    same = {"record_number": "1234", "recorded_by": "L. Gómez", "event_date": "2025-03-14"}
    mine, theirs = make.occurrence(personal_profile, **same), make.occurrence(other, **same)
    client.force_login(collector)
    asked = {**same, "record": str(mine.guid)}
    page = client.post(reverse("occurrences:duplicates", args=[personal_profile.guid]), asked)
    assert str(theirs.guid) in page.text
    assert reverse("occurrences:merge") not in page.text


def test_editing_begins_as_it_always_did_elsewhere(client, herbarium, editor):
    client.force_login(editor)
    address = reverse("occurrences:add", args=[herbarium.guid])
    initial = client.get(address).context["form"].initial
    assert initial == {"basis_of_record": "PreservedSpecimen"}
    initial = client.get(f"{address}?basis=HumanObservation").context["form"].initial
    assert initial["basis_of_record"] == "HumanObservation"
    initial = client.get(f"{address}?basis=Nonsense").context["form"].initial
    assert initial["basis_of_record"] == "PreservedSpecimen"
