"""Which record a row means: keys in an order, never a guess."""

import pytest

from occurrences import imports, settling
from occurrences.models import Occurrence
from tests import make
from tests.occurrences.importing import bring_in, checked, received

pytestmark = pytest.mark.django_db

TWO = ["occurrenceID", "catalogNumber"]


def actions(run):
    return [each.action for each in run.outcomes.order_by("number")]


def test_the_first_key_that_finds_a_record_decides(herbarium, administrator):
    make.occurrence(herbarium, catalog_number="7", country="Peru")
    make.occurrence(herbarium, catalog_number="8", occurrence_id="a-8", country="Peru")
    text = "occurrenceID,catalogNumber,country\na-7,7,Cuba\na-8,9,Cuba\n,8,Chile\nx,10,Haiti\n"
    run = bring_in(herbarium, administrator, text, keys=TWO)
    assert actions(run) == ["update", "update", "blocked", "create"]
    assert "Line 3" in run.outcomes.get(number=3).reason
    assert Occurrence.objects.get(occurrence_id="a-7").country == "Cuba"
    assert Occurrence.objects.get(occurrence_id="a-8").catalog_number == "9"


def test_keys_that_name_different_records_are_a_conflict(herbarium, administrator):
    one = make.occurrence(herbarium, catalog_number="1", occurrence_id="a")
    other = make.occurrence(herbarium, catalog_number="2", occurrence_id="b")
    text = "occurrenceID,catalogNumber,country\na,2,Cuba\n"
    run = checked(herbarium, administrator, text, keys=TWO)
    found = run.outcomes.get()
    assert found.action == "conflict"
    assert "“a” and “2”" in found.reason
    assert found.candidates == [str(one.guid), str(other.guid)]


@pytest.mark.parametrize("key", ["otherCatalogNumbers", "identifier:Accession"])
def test_a_row_is_recognised_by_an_additional_identifier(herbarium, administrator, key):
    make.occurrence(herbarium, catalog_number="1", identifiers=[("Accession", "5")])
    make.occurrence(herbarium, catalog_number="2", identifiers=[("Field", "5")])
    text = "otherCatalogNumbers,country\nAccession: 5,Cuba\nAccession: 6,Chile\n"
    run = bring_in(herbarium, administrator, text, keys=[key])
    assert actions(run) == ["update", "create"]
    assert Occurrence.objects.get(catalog_number="1").country == "Cuba"


def test_an_untagged_number_that_two_records_have_is_a_conflict(herbarium, administrator):
    make.occurrence(herbarium, identifiers=[("Accession", "5")])
    make.occurrence(herbarium, identifiers=[("Field", "5")])
    run = checked(
        herbarium,
        administrator,
        "otherCatalogNumbers,country\n5,Cuba\n",
        keys=["otherCatalogNumbers"],
    )
    assert actions(run) == ["conflict"]


def test_a_guid_of_ours_is_a_key_of_its_own(herbarium, administrator):
    record = make.occurrence(herbarium, occurrence_id="theirs")
    text = f"occurrenceID,catalogNumber,country\n{record.guid},9,Cuba\n"
    run = checked(herbarium, administrator, text, keys=["guid", "catalogNumber"])
    assert run.outcomes.get().target_guid == record.guid


def test_rows_that_share_a_later_key_are_the_same_again(herbarium, administrator):
    text = "occurrenceID,catalogNumber,country\na,5,Cuba\nb,5,Chile\n"
    assert bring_in(herbarium, administrator, text, keys=TWO).counts["created"] == 2
    again = bring_in(herbarium, administrator, text, keys=TWO)
    assert (again.counts["unchanged"], again.change_set) == (2, None)


def test_a_row_with_only_the_later_key_of_another_is_blocked(herbarium, administrator):
    text = "occurrenceID,catalogNumber,country\n,5,Cuba\na,5,Chile\n,6,Haiti\n"
    run = bring_in(herbarium, administrator, text, keys=TWO)
    assert actions(run) == ["create", "blocked", "create"]
    assert "Line 2" in run.outcomes.get(number=2).reason


@pytest.fixture
def doubled(herbarium, administrator):
    """Return a checked run whose first row may mean two records."""
    for country in ("Peru", "Chile"):
        make.occurrence(herbarium, catalog_number="1", country=country)
    return checked(herbarium, administrator, "catalogNumber,country\n1,Cuba\n2,Haiti\n")


def test_a_conflict_is_decided_for_one_of_its_candidates(doubled):
    first = doubled.outcomes.get(number=1).candidates[0]
    settling.decide(doubled, 1, first)
    assert (doubled.counts["updated"], doubled.counts["conflict"]) == (1, 0)
    imports.apply(doubled)
    assert Occurrence.objects.get(guid=first).country == "Cuba"
    assert sorted(Occurrence.objects.values_list("country", flat=True)) == [
        "Chile",
        "Cuba",
        "Haiti",
    ]


def test_a_conflict_is_decided_for_a_new_record(doubled):
    settling.decide(doubled, 1, "new")
    imports.apply(doubled)
    assert (doubled.counts["created"], Occurrence.objects.count()) == (2, 4)


def test_a_conflict_is_left_out_and_thought_of_again(doubled):
    settling.decide(doubled, 1, "out")
    assert doubled.counts["excluded"] == 1
    settling.decide(doubled, 1, "")
    assert doubled.counts["conflict"] == 1


def test_only_a_candidate_can_be_taken(doubled, herbarium):
    other = make.occurrence(herbarium)
    with pytest.raises(imports.Refused, match="none of the records"):
        settling.decide(doubled, 1, str(other.guid))


def test_conflicts_are_decided_by_rule_and_stay_so_when_checked_again(doubled):
    assert settling.decide_all(doubled, "latest") == 1
    imports.check(doubled)
    assert actions(doubled) == ["update", "create"]
    imports.apply(doubled)
    assert sorted(Occurrence.objects.values_list("country", flat=True)) == ["Cuba", "Haiti", "Peru"]


def test_the_first_key_wins_by_rule_only_where_it_names_one(herbarium, administrator):
    one = make.occurrence(herbarium, catalog_number="1", occurrence_id="a")
    make.occurrence(herbarium, catalog_number="2", occurrence_id="b")
    for _each in range(2):
        make.occurrence(herbarium, catalog_number="3")
    text = "occurrenceID,catalogNumber,country\na,2,Cuba\n,3,Cuba\n"
    run = checked(herbarium, administrator, text, keys=TWO)
    assert settling.decide_all(run, "first") == 1
    assert actions(run) == ["update", "conflict"]
    assert run.outcomes.get(number=1).target_guid == one.guid


def test_numbers_that_differ_by_zeros_or_case_alone_are_told_of(herbarium, administrator):
    make.occurrence(herbarium, catalog_number="AB-0012")
    text = "catalogNumber,country\nab-12,Cuba\nAB-0120,Cuba\nAB-00012,Peru\nAB-0012,Peru\n"
    run = checked(herbarium, administrator, text)
    assert run.counts["issues"] == {"CATALOG_NUMBER_ALMOST": 2}
    assert run.outcomes.get(number=1).issues == [
        ["CATALOG_NUMBER_ALMOST", "catalogNumber", "ab-12 – AB-0012"]
    ]
    assert actions(run) == ["create", "create", "create", "update"]


def test_rows_known_by_their_content_are_known_again_whatever_else_is_called_a_key(
    herbarium, administrator
):
    text = "ID,locality,county\nx,Ures,Sonora\nx,Caborca,Sonora\ny,Yécora,Sonora\n"
    run = received(herbarium, administrator, text)
    imports.stage(run)
    assert run.keys == ["content"]  # the column ID says the same in several rows
    imports.check(run)
    imports.apply(run)
    assert run.counts["created"] == 3
    again = bring_in(herbarium, administrator, text)
    assert (again.counts["unchanged"], again.change_set) == (3, None)
