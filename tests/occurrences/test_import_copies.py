"""Import as copies: new records linked to their originals, which stay as they are."""

import csv
import io

import pytest

from journal import undo
from occurrences import copying
from occurrences.downloads import write_csv
from occurrences.models import ClusterMember, Occurrence
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import bring_in, checked

pytestmark = pytest.mark.django_db


@pytest.fixture
def profile(administrator):
    """Return the personal profile of the herbarium's administrator."""
    return make.collection("MINE", administrator=administrator, type="personal")


def written(records, *columns):
    header = ",".join(["occurrenceID", *columns])
    rows = (f"urn:uuid:{each.guid},{each.recorded_by},{each.country}" for each in records)
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def three(profile):
    rows = [{"recorded_by": f"Gómez {n}", "country": "Peru", "habitat": "oak"} for n in range(3)]
    return make.occurrences(profile, rows)


def test_copies_are_new_records_and_originals_stay(herbarium, administrator, profile, three):
    before = hash_collection(profile)
    text = written(three[:2], "recordedBy", "country")
    run = bring_in(herbarium, administrator, text, mode="copies")
    assert (run.counts["created"], run.counts["blocked"]) == (2, 0)
    assert hash_collection(profile) == before
    copies = Occurrence.objects.filter(collection=herbarium)
    assert {each.recorded_by for each in copies} == {"Gómez 0", "Gómez 1"}
    assert {each.habitat for each in copies} == {None}  # the file didn't say it
    assert not {each.guid for each in copies} & {each.guid for each in three}
    assert {each.occurrence_id for each in copies} == {None}


def test_a_copy_is_linked_with_its_original_and_undo_takes_both_back(
    herbarium, administrator, profile, three
):
    run = bring_in(
        herbarium, administrator, written(three[:1], "recordedBy", "country"), mode="copies"
    )
    copy = Occurrence.objects.get(collection=herbarium)
    members = ClusterMember.objects.filter(cluster__members__occurrence=copy)
    assert {each.occurrence_id for each in members} == {copy.pk, three[0].pk}
    undo.undo(run.change_set, administrator)
    assert not ClusterMember.objects.exists()
    assert hash_collection(herbarium)[1] == 0


def test_the_same_copies_again_make_nothing_new(herbarium, administrator, three):
    text = written(three, "recordedBy", "country")
    bring_in(herbarium, administrator, text, mode="copies")
    again = bring_in(herbarium, administrator, text.replace("Peru", "Cuba"), mode="copies")
    assert (again.counts["unchanged"], again.change_set) == (3, None)
    assert Occurrence.objects.filter(collection=herbarium, country="Peru").count() == 3
    assert "copy" in again.outcomes.first().reason


def test_rows_of_another_collection_s_records_are_blocked_and_copies_proposed(
    herbarium, administrator, profile, three
):
    before = hash_collection(profile)
    run = bring_in(herbarium, administrator, written(three, "recordedBy", "country"))
    assert run.counts["blocked"] == 3
    assert copying.proposed(run, administrator) == 3
    assert copying.proposed(run, make.user()) == 0
    assert hash_collection(profile) == before


def test_copies_are_not_proposed_where_a_row_names_another_record(herbarium, administrator, three):
    text = written(three, "recordedBy", "country") + "elsewhere-1,Smith,Chile\n"
    assert copying.proposed(checked(herbarium, administrator, text), administrator) == 0


def test_a_protected_original_makes_a_protected_copy(herbarium, administrator, profile):
    rows = [{"record_security": 1, "locality": "spring"}, {"record_security": 5}, {}]
    texts = written(make.occurrences(profile, rows), "recordedBy", "country")
    bring_in(herbarium, administrator, texts, mode="copies")
    levels = Occurrence.objects.filter(collection=herbarium).order_by("pk")
    assert [each.protection for each in levels] == [2, 5, 0]


def test_a_record_of_this_very_collection_is_not_copied(herbarium, administrator):
    own = make.occurrence(herbarium, country="Peru")
    text = written([own], "recordedBy", "country")
    run = bring_in(herbarium, administrator, text, mode="copies")
    assert run.counts["blocked"] == 1
    assert "this very collection" in run.outcomes.get().reason


def test_nor_is_one_that_came_with_an_occurrence_id_of_another_portal(herbarium, administrator):
    text = "occurrenceID,recordedBy,country\nelsewhere-1,Smith,Chile\n"
    bring_in(herbarium, administrator, text)
    run = bring_in(herbarium, administrator, text, mode="copies")
    assert (run.counts["blocked"], run.change_set) == (1, None)
    assert "this very collection" in run.outcomes.get().reason


def test_what_came_by_its_content_is_not_copied_by_the_sources_key(herbarium, administrator):
    text = "id,recordedBy,country\n1,Smith,Chile\n1,Smith,Peru\n"  # an id that says little
    bring_in(herbarium, administrator, text)
    again = bring_in(herbarium, administrator, text, mode="copies")
    assert (again.counts["unchanged"], again.change_set) == (2, None)


def test_a_copy_that_is_here_decides_where_its_original_came_too(herbarium, administrator):
    text = "occurrenceID,recordedBy,country\nelsewhere-1,Smith,Chile\n"
    bring_in(herbarium, administrator, text, mode="copies")
    bring_in(herbarium, administrator, text)
    again = bring_in(herbarium, administrator, text, mode="copies")
    assert (again.counts["unchanged"], again.change_set) == (1, None)


def test_a_backup_of_a_profile_that_excel_resaved_comes_in_as_copies(
    herbarium, administrator, profile
):
    rows = [
        {"recorded_by": "Gómez", "record_number": str(n), "event_date": DAYS[n]} for n in range(20)
    ]
    make.occurrences(profile, rows)
    before = hash_collection(profile)
    run = bring_in(herbarium, administrator, resaved(profile, administrator), mode="copies")
    assert run.counts["created"] == 8 == run.counts["rows"]
    assert sum(run.counts[word] for word in ("blocked", "conflict", "excluded")) == 0
    assert hash_collection(profile) == before
    dates = Occurrence.objects.filter(collection=herbarium).values_list("event_date", flat=True)
    assert sorted(dates) == sorted(DAYS[12:])


# Some of the last eight could be read with the month first; the others can't.
DAYS = [f"1999-05-{1 + n if n % 2 else 10 + n:02}" for n in range(19)] + ["1999-05-03"]


def resaved(profile, user):
    """Return the profile's backup without 12 rows: semicolons, local dates, a byte order mark."""
    backup = io.BytesIO()
    write_csv(profile, user, backup)
    header, *rows = csv.reader(io.StringIO(backup.getvalue().decode("utf-8-sig")))
    date = header.index("eventDate")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(header)
    for row in rows[12:]:
        year, month, day = row[date].split("-")
        row[date] = f"{int(day)}/{int(month)}/{year}"
        writer.writerow(row)
    return b"\xef\xbb\xbf" + out.getvalue().encode()
