"""The Taxonomy Cleaning Tool: what a run finds and what people decide, and that both go back."""

from uuid import uuid4

import pytest

from biocollections.models import Role
from journal import jobs
from journal.jobs import Refused
from journal.models import ChangeSet, Job
from journal.undo import undo
from occurrences import cleaning, deciding
from occurrences.cleaning import Options, scope_of, token
from occurrences.deciding import Choice
from occurrences.models import Identification, Occurrence
from occurrences.readers import hash_collection
from taxonomy.models import Name, Taxon
from tests import make
from tests.taxonomy import known

pytestmark = pytest.mark.django_db


@pytest.fixture
def oaks(db):
    """Oaks of a checklist, none in the thesaurus yet."""
    for name, author in (("Quercus emoryi", "Torr."), ("Quercus alba", "L.")):
        known.usage(name, author, family="Fagaceae")
    return known.usage("Quercus rubra", "L.", family="Fagaceae")


@pytest.fixture
def scope(herbarium, editor):
    return scope_of(editor, str(herbarium.guid))


def name_of(record):
    record.refresh_from_db()
    return record.name


def decide(scope, name, action, **choice):
    name.refresh_from_db()
    return deciding.decide(scope, [(name.guid, token(name))], Choice(action, **choice))


# --- the run ------------------------------------------------------------------------------------


def test_a_run_links_what_leaves_no_doubt_and_fills_the_records(herbarium, scope, oaks):
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    misspelt = make.occurrence(herbarium, scientific_name="Quercus albba")
    unknown = make.occurrence(herbarium, scientific_name="Nihilum nullum")
    result = cleaning.run(scope)
    assert name_of(record).taxon.authorship == "L."
    assert (record.family, record.kingdom) == ("Fagaceae", "Plantae")
    assert name_of(misspelt).state == "review"
    assert name_of(unknown).state == "not found"
    assert (result["filled"], result["names"]["review"], result["names"]["not found"]) == (1, 1, 1)
    assert result["records"]["linked"] == 1


def test_a_run_is_one_change_set_and_its_undo_leaves_nothing(herbarium, scope, oaks, editor):
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    before = hash_collection(herbarium)
    cleaning.run(scope)
    (done,) = ChangeSet.objects.filter(kind="cleaning", collection_id=herbarium.pk)
    assert done.counts == {"linked": 1, "filled": 1}
    undone = undo(done, editor)
    assert hash_collection(herbarium) == before
    assert (name_of(record).taxon, name_of(record).state) == (None, "new")
    assert undone.conflicts == []
    assert not Taxon.objects.exists()


def test_a_run_that_finds_nothing_new_leaves_no_change_set(herbarium, scope, oaks):
    make.occurrence(herbarium, scientific_name="Quercus alba")
    cleaning.run(scope)
    cleaning.run(scope)
    assert ChangeSet.objects.filter(kind="cleaning").count() == 1


def test_a_run_draws_from_the_chosen_sources_alone(herbarium, scope, oaks):
    other = known.checklist("Other")
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    cleaning.run(scope, Options(sources=(other.pk,)))
    assert name_of(record).state == "not found"


def test_a_run_leaves_decided_names_alone(herbarium, scope, oaks):
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    decide(scope, record.name, "keep")
    cleaning.run(scope)
    assert name_of(record).state == "kept"


def test_a_run_over_my_collections_has_a_change_set_for_each(
    herbarium, other_herbarium, editor, oaks
):
    make.grant(editor, Role.EDITOR, other_herbarium)
    for each in (herbarium, other_herbarium):
        make.occurrence(each, scientific_name="Quercus alba")
    cleaning.run(scope_of(editor, "mine"))
    within = ChangeSet.objects.filter(kind="cleaning").values_list("collection_id", flat=True)
    assert set(within) == {herbarium.pk, other_herbarium.pk}
    assert not Occurrence.objects.filter(family=None).exists()


def test_a_run_over_the_portal_links_and_writes_no_record(herbarium, taxonomist, oaks):
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    hidden = make.occurrence(herbarium, scientific_name="Quercus rubra", record_security=5)
    before = hash_collection(herbarium)
    cleaning.run(scope_of(taxonomist, "portal"))
    assert name_of(record).state == "linked"
    assert name_of(hidden).state == "new"
    assert hash_collection(herbarium) == before


def test_the_job_goes_on_with_its_change_set(herbarium, editor, oaks):
    make.occurrence(herbarium, scientific_name="Quercus alba")
    given = Options(kingdom="Plantae").as_json()
    job = jobs.run_here("clean names", herbarium.guid, editor, herbarium.pk, given)
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert job.result["names"]["linked"] == 1
    assert ChangeSet.objects.get(kind="cleaning").job == job


def test_a_run_ends_where_the_right_ends(herbarium, stranger):
    job = jobs.run_here("clean names", herbarium.guid, stranger, herbarium.pk)
    assert job.state == Job.State.FAILED
    assert "no longer" in job.error


# --- the work list ------------------------------------------------------------------------------


def test_the_work_list_begins_with_the_names_on_most_records(herbarium, scope, monkeypatch):
    monkeypatch.setattr(cleaning, "PAGE", 2)
    for name, number in (("Aaa bbb", 2), ("Ccc ddd", 3), ("Eee fff", 1), ("Ggg hhh", 1)):
        make.occurrences(herbarium, [{"scientific_name": name}] * number)
    first = cleaning.work_list(scope, "new")
    assert [(str(row.name), row.records) for row in first[:2]] == [("Ccc ddd", 3), ("Aaa bbb", 2)]
    last = first[1]
    rest = cleaning.work_list(scope, "new", (last.records, last.name.guid))
    assert {str(row.name) for row in rest} == {"Eee fff", "Ggg hhh"}
    assert [str(row.name) for row in cleaning.work_list(scope, "new", text="ggg")] == ["Ggg hhh"]
    assert cleaning.tallies(scope)["new"] == cleaning.Tally(4, 7)


def test_names_of_hidden_records_are_in_no_portal_list(herbarium, taxonomist):
    make.occurrence(herbarium, scientific_name="Ocultus ocultus", record_security=5)
    portal = scope_of(taxonomist, "portal")
    assert cleaning.work_list(portal, "new") == []
    assert cleaning.tallies(portal)["new"].names == 0


@pytest.mark.parametrize("who", ["stranger", "reader", "other_editor", "taxonomist"])
def test_whoever_edits_no_record_cleans_no_names(cast, herbarium, who):
    with pytest.raises(Refused):
        scope_of(cast[who], str(herbarium.guid))


def test_the_portals_names_are_for_taxonomy_editors(editor, taxonomist):
    assert scope_of(taxonomist, "portal").collections is None
    with pytest.raises(Refused):
        scope_of(editor, "portal")


# --- decisions ----------------------------------------------------------------------------------


@pytest.fixture
def misspelt(herbarium, scope, oaks):
    """Two records of a misspelt name that a run has found candidates for."""
    made = make.occurrences(
        herbarium, [{"scientific_name": "Quercus cf. albba", "identified_by": "Muller"}] * 2
    )
    cleaning.run(scope)
    assert name_of(made[0]).state == "review"
    assert made[0].name.candidates[0]["name"] == "Quercus alba"
    return made


def test_a_chosen_candidate_links_and_fills_and_keeps_the_name(herbarium, scope, misspelt):
    before = hash_collection(herbarium)
    done = decide(scope, misspelt[0].name, "link", candidate=0)
    name = name_of(misspelt[0])
    assert (name.taxon.scientific_name, name.evidence) == ("Quercus alba", "chosen")
    assert (name.collection_id, name.decided_by) == (herbarium.pk, scope.user)
    assert misspelt[0].scientific_name == "Quercus cf. albba"
    assert misspelt[0].family == "Fagaceae"
    assert (done.names, done.records) == (1, 2)
    (change_set,) = done.change_sets
    assert undo(change_set, scope.user).conflicts == []
    assert hash_collection(herbarium) == before
    assert name_of(misspelt[0]).state == "review"
    assert not Name.objects.filter(collection_id__isnull=False).exists()


def test_a_decision_holds_for_its_collection_alone(herbarium, other_herbarium, scope, misspelt):
    theirs = make.occurrence(other_herbarium, scientific_name="Quercus cf. albba")
    decide(scope, misspelt[0].name, "link", candidate=0)
    assert name_of(theirs).state == "review"
    assert make.occurrence(herbarium, scientific_name="Quercus cf. albba").name.state == "linked"


def test_a_rewritten_name_is_a_new_determination_and_the_old_text_stays(herbarium, scope, misspelt):
    before = hash_collection(herbarium)
    (change_set,) = decide(scope, misspelt[0].name, "rewrite", candidate=0).change_sets
    record = misspelt[0]
    name = name_of(record)
    assert (record.scientific_name, record.scientific_name_authorship) == ("Quercus alba", "L.")
    assert record.identification_qualifier == "cf."
    assert record.verbatim["scientificName"] == "Quercus cf. albba"
    assert name.taxon.scientific_name == "Quercus alba"
    old, new = Identification.objects.filter(occurrence=record).order_by("position")
    assert (old.scientific_name, old.is_current) == ("Quercus cf. albba", False)
    assert (new.scientific_name, new.is_current) == ("Quercus alba", True)
    assert (new.identified_by, new.verbatim) == (
        "Muller",
        {"scientificName": "Quercus cf. albba"},
    )
    assert undo(change_set, scope.user).conflicts == []
    assert hash_collection(herbarium) == before


def test_what_was_rewritten_is_remembered_for_the_next_import(herbarium, scope, misspelt):
    decide(scope, misspelt[0].name, "rewrite", candidate=0)
    again = make.occurrence(herbarium, scientific_name="Quercus cf. albba")
    assert again.name.taxon.scientific_name == "Quercus alba"


def test_a_name_can_be_linked_to_a_typed_one(scope, misspelt):
    decide(scope, misspelt[0].name, "link", typed="Quercus rubra L.")
    assert name_of(misspelt[0]).taxon.scientific_name == "Quercus rubra"
    with pytest.raises(Refused, match="no list of names"):
        decide(scope, misspelt[0].name, "link", typed="Nihilum nullum")


def test_a_kept_name_is_no_work_any_more_until_that_is_taken_back(scope, misspelt):
    decide(scope, misspelt[0].name, "keep")
    assert name_of(misspelt[0]).state == "kept"
    decide(scope, misspelt[0].name, "clear")
    assert name_of(misspelt[0]).state == "review"


def test_a_name_decided_meanwhile_is_not_decided_again(scope, misspelt):
    name = misspelt[0].name
    seen = token(name)
    decide(scope, name, "keep")
    with pytest.raises(Refused, match="meanwhile"):
        deciding.decide(scope, [(name.guid, seen)], Choice("link", 0))
    assert name_of(misspelt[0]).state == "kept"


def test_a_name_of_another_collection_is_not_decided(scope, other_herbarium):
    theirs = make.occurrence(other_herbarium, scientific_name="Alius alienus")
    with pytest.raises(Refused):
        decide(scope, theirs.name, "keep")
    with pytest.raises(Refused):
        deciding.decide(scope, [(uuid4(), "x")], Choice("keep"))
    assert name_of(theirs).state == "new"


def test_many_names_are_accepted_in_one_change_set(herbarium, scope, oaks):
    made = make.occurrences(
        herbarium,
        [{"scientific_name": "Quercus albba"}, {"scientific_name": "Quercus rubbra"}],
    )
    cleaning.run(scope)
    items = [(name_of(each).guid, token(name_of(each))) for each in made]
    done = deciding.decide(scope, items, Choice("link", 0))
    assert (len(done.change_sets), done.names) == (1, 2)
    assert {name_of(each).taxon.scientific_name for each in made} == {
        "Quercus alba",
        "Quercus rubra",
    }


def test_a_decision_for_the_portal_changes_the_shared_row_and_no_record(
    herbarium, other_herbarium, taxonomist, oaks
):
    records = [make.occurrence(each) for each in (herbarium, other_herbarium)]
    before = hash_collection(herbarium)
    decide(scope_of(taxonomist, "portal"), records[0].name, "link", typed="Quercus alba L.")
    assert {name_of(each).taxon.scientific_name for each in records} == {"Quercus alba"}
    assert hash_collection(herbarium) == before
    done = ChangeSet.objects.get(kind="cleaning")
    assert done.collection_id is None
    undo(done, taxonomist)
    assert name_of(records[0]).state == "new"


def test_more_records_than_a_person_waits_for_are_a_job(scope, misspelt, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_AT_ONCE", 1)
    done = decide(scope, misspelt[0].name, "rewrite", candidate=0)
    assert done.job
    assert name_of(misspelt[0]).state == "review"
    jobs.run(done.job.guid)
    done.job.refresh_from_db()
    assert (done.job.state, done.job.error) == (Job.State.DONE, "")
    assert Occurrence.objects.filter(scientific_name="Quercus alba").count() == 2


# --- new names ----------------------------------------------------------------------------------


def test_new_names_are_looked_up_after_an_import_and_no_record_changes(herbarium, editor, oaks):
    record = make.occurrence(herbarium, scientific_name="Quercus alba")
    before = hash_collection(herbarium)
    cleaning.look_up_later(herbarium.pk, editor)
    job = Job.objects.get(kind="match new names")
    jobs.run(job.guid)
    job.refresh_from_db()
    assert job.error == ""
    assert name_of(record).state == "linked"
    assert hash_collection(herbarium) == before


def test_nothing_is_queued_where_there_is_nothing_to_look_names_up_in(herbarium, editor):
    make.occurrence(herbarium)
    cleaning.look_up_later(herbarium.pk, editor)
    assert not Job.objects.filter(kind="match new names").exists()
