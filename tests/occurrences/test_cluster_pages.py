"""Clusters are listed for whose records stand in them, explained, named alike, and parted."""

import pytest
from django.urls import reverse

from accounts import noticing
from accounts.models import Notice
from journal.models import ChangeSet
from journal.undo import undo
from occurrences import clustering
from occurrences.models import Cluster, ClusterMember, DismissedPair, Identification
from tests import make
from tests.cast import client_of

SMITH = {"recorded_by": "Smith", "record_number": "1234", "event_date": "1999-05-03"}


@pytest.fixture
def mine(herbarium):
    return make.occurrence(
        herbarium,
        **SMITH,
        catalog_number="H-1",
        scientific_name="Quercus emoryi",
        identified_by="A. Old",
        date_identified="1999",
    )


@pytest.fixture
def theirs(other_herbarium, other_administrator):
    return make.occurrence(
        other_herbarium,
        **SMITH,
        catalog_number="O-1",
        scientific_name="Quercus rugosa",
        identified_by="B. New",
        date_identified="2005",
    )


@pytest.fixture
def cluster(mine, theirs):
    clustering.link(make.change_set(), [(mine.guid, theirs.guid)], {"why": "exact"})
    return Cluster.objects.get()


def listed(person, **query):
    page = client_of(person).get(reverse("occurrences:clusters"), query)
    assert page.status_code == 200
    return {row.cluster.guid for row in page.context["rows"]}


def act(person, what, cluster, **given):
    return client_of(person).post(reverse(f"occurrences:{what}", args=[cluster.guid]), given)


def test_a_cluster_is_listed_by_what_it_wants(cluster, editor, other_editor, collector):
    for show in ("all", "conflicts", "newer"):
        assert listed(editor, show=show) == {cluster.guid}, show
    assert listed(editor, show="twice") == set()
    assert listed(other_editor, show="conflicts") == {cluster.guid}
    assert listed(other_editor, show="newer") == set()
    assert listed(collector, show="all") == set()


def test_names_of_one_taxon_are_no_conflict(cluster, mine, theirs, editor):
    accepted = make.taxon("Quercus rugosa")
    make.taxon("Quercus emoryi", accepted=accepted)
    for record in (mine, theirs):
        record.name.taxon = type(accepted).objects.get(scientific_name=record.scientific_name)
        record.name.state = "linked"
        record.name.save()
    assert listed(editor, show="conflicts") == set()
    assert listed(editor, show="all") == {cluster.guid}


def test_one_sheet_entered_twice_is_listed(cluster, mine, herbarium, editor):
    again = make.occurrence(herbarium, **SMITH, catalog_number="H-2")
    clustering.link(make.change_set(), [(mine.guid, again.guid)], {"why": "exact"})
    assert listed(editor, show="twice") == {cluster.guid}
    page = client_of(editor).get(reverse("occurrences:cluster", args=[cluster.guid])).text
    assert "Twice in one collection" in page


def test_a_list_goes_on_where_the_page_ends(herbarium, editor, monkeypatch):
    monkeypatch.setattr("occurrences.cluster_lists.PAGE", 2)
    made = make.occurrences(herbarium, [dict(SMITH) for _each in range(10)])
    for one, other in zip(made[::2], made[1::2], strict=True):
        clustering.link(make.change_set(), [(one.guid, other.guid)], {"why": "exact"})
    seen, address = [], reverse("occurrences:clusters") + "?show=all"
    while address:
        page = client_of(editor).get(address)
        seen += [row.cluster.guid for row in page.context["rows"]]
        following = page.context["next_url"]
        address = reverse("occurrences:clusters") + following if following else ""
    assert len(seen) == len(set(seen)) == 5


def test_the_page_says_why_and_who_may_act(cluster, editor, stranger):
    address = reverse("occurrences:cluster", args=[cluster.guid])
    page = client_of(editor).get(address).text
    assert "same collector, number and date" in page
    assert page.count("Use this name") >= 2
    assert page.count("No duplicate<") == 1  # of the own record alone
    assert "Use this name" not in client_of(stranger).get(address).text


def test_a_name_is_adopted_with_determiner_and_date_and_can_be_undone(
    cluster, mine, theirs, editor
):
    act(editor, "cluster_name", cluster, record=str(theirs.guid))
    mine.refresh_from_db()
    assert mine.scientific_name == "Quercus rugosa"
    assert (mine.identified_by, mine.date_identified) == ("B. New", "2005")
    assert "OTHER O-1" in mine.identification_remarks
    names = Identification.objects.filter(occurrence=mine).values_list("scientific_name", flat=True)
    assert list(names) == ["Quercus rugosa", "Quercus emoryi"]
    undo(ChangeSet.objects.get(user=editor, kind="edit"), editor)
    mine.refresh_from_db()
    assert mine.scientific_name == "Quercus emoryi"


def test_using_a_name_that_all_of_mine_have_says_that_nothing_changed(cluster, mine, editor):
    client = client_of(editor)
    address = reverse("occurrences:cluster_name", args=[cluster.guid])
    page = client.post(address, {"record": str(mine.guid)}, follow=True).text
    assert "Nothing was changed" in page


def test_a_name_is_proposed_where_somebody_else_edits(cluster, mine, theirs, editor):
    act(editor, "cluster_name", cluster, record=str(mine.guid))
    assert not Notice.objects.exists()
    act(editor, "cluster_name", cluster, record=str(mine.guid), propose="1")
    notice = Notice.objects.get()
    assert notice.person.username == "other_administrator"
    assert noticing.sentence(notice) == "editor names a duplicate of OTHER O-1: Quercus emoryi."
    assert notice.url == reverse("occurrences:cluster", args=[cluster.guid])
    theirs.refresh_from_db()
    assert theirs.scientific_name == "Quercus rugosa"


def test_the_name_of_a_record_hidden_whole_goes_nowhere(
    canaries, mine, theirs, cluster, administrator
):
    clustering.link(make.change_set(), [(mine.guid, canaries.whole.guid)], {"why": "hand"})
    given = {"record": str(canaries.whole.guid), "propose": "1"}
    act(administrator, "cluster_name", cluster, **given)
    mine.refresh_from_db()
    assert mine.scientific_name == "Quercus emoryi"
    assert not Notice.objects.exists()


def test_the_name_of_a_private_record_is_no_proposal(mine, theirs, cluster, editor, herbarium):
    herbarium.is_public = False
    herbarium.save()
    act(editor, "cluster_name", cluster, record=str(mine.guid), propose="1")
    assert not Notice.objects.exists()


def test_a_redacted_members_remarks_stay_behind(canaries, mine, editor):
    clustering.link(make.change_set(), [(mine.guid, canaries.place.guid)], {"why": "hand"})
    act(editor, "cluster_name", Cluster.objects.get(), record=str(canaries.place.guid))
    mine.refresh_from_db()
    assert mine.scientific_name == "Cereus planus"
    assert "quetzcanary" not in str(vars(mine))


def test_no_duplicate_is_remembered_and_can_be_undone(cluster, mine, theirs, editor):
    act(editor, "cluster_part", cluster, record=str(mine.guid))
    assert not ClusterMember.objects.exists()
    pair = DismissedPair.objects.get()
    assert {pair.one, pair.other} == {mine.guid, theirs.guid}
    undo(ChangeSet.objects.get(kind="linking"), editor)
    assert ClusterMember.objects.count() == 2


def test_another_collections_record_is_not_taken_out(cluster, theirs, editor):
    assert act(editor, "cluster_part", cluster, record=str(theirs.guid)).status_code == 403
    assert ClusterMember.objects.count() == 2


def test_records_are_linked_by_hand(mine, theirs, editor, stranger):
    address = reverse("occurrences:link", args=[mine.guid])
    assert client_of(stranger).post(address, {"other": theirs.guid}).status_code == 403
    client_of(editor).post(address, {"other": theirs.guid})
    assert ClusterMember.objects.count() == 2
    client_of(editor).post(address, {"other": theirs.guid})
    assert ChangeSet.objects.filter(kind="linking").count() == 1


def test_a_cluster_of_which_one_member_is_seen_is_none(canaries, mine, editor, other_editor):
    clustering.link(make.change_set(), [(mine.guid, canaries.whole.guid)], {"why": "hand"})
    address = reverse("occurrences:cluster", args=[Cluster.objects.get().guid])
    assert client_of(editor).get(address).status_code == 200
    assert client_of(other_editor).get(address).status_code == 404


def test_linking_is_started_by_administrators(herbarium, administrator, editor, mine, theirs):
    address = reverse("occurrences:cluster_run")
    given = {"collection": herbarium.guid}
    assert client_of(editor).post(address, given).status_code == 403
    assert client_of(administrator).post(address).status_code == 403
    assert client_of(administrator).post(address, given).status_code == 302
