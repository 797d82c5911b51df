"""Changing the thesaurus: what is refused, what moves along, and that all of it is undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from journal import undo
from journal.jobs import Refused
from journal.models import Change, ChangeSet
from taxonomy import signals, thesaurus
from taxonomy.models import Name, Proposal, Taxon, VernacularName
from tests.taxonomy.growing import oaks, taxon

Taxa = dict[str, Taxon]


@pytest.fixture
def taxa(db: None) -> Taxa:
    return oaks()


def now(name: str) -> Taxon:
    return Taxon.objects.get(scientific_name=name)


def stand() -> dict[str, Any]:
    """Return what every taxon says and where it stands, but for what counts edits."""
    ids = Taxon.objects.values_list("pk", flat=True)
    kept = {pk: (each.path, each.current_id, each.rank_order, each.canonical_key)
            for pk, each in Taxon.objects.in_bulk().items()}  # fmt: skip
    return {pk: (told, kept[pk]) for pk, told in thesaurus.told(ids).items()}


def edit(function: Any, *arguments: Any, **values: Any) -> ChangeSet:
    with thesaurus.editing(None) as change_set:
        function(change_set, *arguments, **values)
    return change_set


# --- adding -----------------------------------------------------------------------------------


def test_a_taxon_stands_below_its_parent_in_its_family_and_kingdom(taxa):
    added = taxon("Quercus emoryi", authorship="Torr.", parent="Quercus")
    assert added.path == f"{taxa['Quercus'].path}.{added.pk}"
    assert (added.family, added.kingdom, added.current_id) == ("Fagaceae", "Plantae", added.pk)


def test_a_synonym_stands_below_its_accepted_name(taxa):
    synonym, accepted = taxa["Quercus borealis"], taxa["Quercus rubra"]
    assert synonym.path == f"{accepted.path}.{synonym.pk}"
    assert synonym.current == accepted and synonym.status == "synonym"


def test_a_twin_is_refused_and_named(taxa):
    with pytest.raises(
        thesaurus.Twin, match=r"Quercus alba L\. stands in the thesaurus"
    ) as refusal:
        taxon("Quercus  alba", authorship="L", parent="Fagaceae")
    assert refusal.value.taxon == taxa["Quercus alba"]


def test_a_homonym_of_another_author_is_no_twin(taxa):
    assert taxon("Quercus alba", authorship="Mill.", accepted="Quercus rubra").pk


def test_a_rank_must_be_below_the_parents(taxa):
    with pytest.raises(thesaurus.Faulty, match="A family can't stand under Quercus"):
        taxon("Quercaceae", "family", parent="Quercus")


def test_a_synonym_has_no_synonyms(taxa):
    with pytest.raises(thesaurus.Faulty, match="no accepted name itself"):
        taxon("Quercus maxima", accepted="Quercus borealis")


def test_an_addition_is_undone_and_done_again_with_the_same_guid(taxa):
    added = taxon("Quercus emoryi", parent="Quercus", vernacular_names=[["encino", "es", ""]])
    undone = undo.undo(added.created_by, None)
    assert not Taxon.objects.filter(guid=added.guid).exists()
    undo.undo(undone, None)
    back = Taxon.objects.get(guid=added.guid)
    assert (back.pk, back.path) == (added.pk, added.path)
    assert back.vernacular_names.get().name == "encino"


def test_a_taxon_in_use_stays_when_its_addition_is_undone(taxa):
    added = taxon("Quercus emoryi", parent="Quercus")
    taxon("Quercus emoryi var. minor", "variety", parent="Quercus emoryi")
    undone = undo.undo(added.created_by, None)
    assert undone.counts["conflicts"] == 1 and Taxon.objects.filter(pk=added.pk).exists()


# --- changing and moving ----------------------------------------------------------------------


def test_a_renamed_genus_keeps_what_is_below_it(taxa):
    done = edit(thesaurus.change, taxa["Fagaceae"], 1, scientific_name="Quercaceae")
    assert now("Quercus alba").family == "Quercaceae"
    kept = Change.objects.get(change_set=done)
    assert kept.before == {"scientific_name": "Fagaceae", "family": "Fagaceae"}
    undo.undo(done, None)
    assert now("Quercus alba").family == "Fagaceae"


def test_common_names_and_links_are_kept_in_the_taxons_history(taxa):
    names = [["white oak", "en", "USDA"], ["roble blanco", "es", ""]]
    done = edit(thesaurus.change, taxa["Quercus alba"], vernacular_names=names)
    assert Change.objects.get(change_set=done).after == {"vernacular_names": names}
    undo.undo(done, None)
    assert not VernacularName.objects.exists()


def test_nothing_is_kept_of_an_edit_that_changes_nothing(taxa):
    before = ChangeSet.objects.count()
    edit(thesaurus.change, taxa["Quercus alba"], authorship="L.")
    assert ChangeSet.objects.count() == before and now("Quercus alba").version == 1


def test_an_edit_of_what_somebody_else_changed_is_refused(taxa):
    edit(thesaurus.change, taxa["Quercus alba"], 1, remarks="one")
    with pytest.raises(thesaurus.Changed, match="Somebody else changed"):
        edit(thesaurus.change, taxa["Quercus alba"], 1, remarks="two")


def test_all_below_moves_along(taxa):
    taxon("Nothofagaceae", "family", parent="Fagales")
    before = stand()
    done = edit(thesaurus.move, taxa["Quercus"], now("Nothofagaceae"))
    assert {now(n).family for n in ("Quercus", "Quercus alba", "Quercus borealis")} == {
        "Nothofagaceae"
    }
    assert now("Quercus borealis").path.startswith(now("Nothofagaceae").path)
    undo.undo(done, None)
    assert stand() == before


def test_a_family_is_forgotten_where_none_is_above(taxa):
    edit(thesaurus.move, taxa["Quercus"], taxa["Fagales"])
    assert {now("Quercus").family, now("Quercus borealis").family} == {""}


def test_the_kingdom_of_all_below_follows(taxa):
    taxon("Fungi", "kingdom")
    edit(thesaurus.move, taxa["Fagales"], now("Fungi"))
    assert set(Taxon.objects.exclude(rank="kingdom").values_list("kingdom", flat=True)) == {"Fungi"}


def test_a_move_that_would_make_a_twin_in_another_kingdom_names_it(taxa):
    fungi = taxon("Fungi", "kingdom")
    taxon("Quercus alba", authorship="L.", parent="Fungi")
    with pytest.raises(thesaurus.Twin, match="Quercus alba"):
        edit(thesaurus.move, taxa["Fagales"], fungi)


def test_nothing_stands_below_itself(taxa):
    with pytest.raises(thesaurus.Faulty, match="stands below this one"):
        edit(thesaurus.move, taxa["Fagales"], taxa["Quercus"])


def test_a_crosswise_undo_makes_no_cycle(taxa):
    """One was moved under the other and back, then the other under the one."""
    first = taxon("Alpha", "unranked", parent="Fagales")
    second = taxon("Beta", "unranked", parent="Fagales")
    there = edit(thesaurus.move, first, second)
    back = undo.undo(there, None)
    edit(thesaurus.move, second, first)
    with pytest.raises(Refused, match="below itself"):
        undo.undo(back, None)


def test_what_is_moved_meanwhile_is_left_alone_by_an_undo(taxa):
    taxon("Nothofagaceae", "family", parent="Fagales")
    done = edit(thesaurus.move, taxa["Quercus"], now("Nothofagaceae"))
    edit(thesaurus.move, taxa["Quercus"], taxa["Fagales"])
    undone = undo.undo(done, None)
    assert undone.conflicts[0]["record"] == str(taxa["Quercus"].guid)
    assert now("Quercus").parent == taxa["Fagales"]


# --- acceptance -------------------------------------------------------------------------------


def test_a_new_synonym_takes_its_synonyms_along(taxa):
    before = stand()
    done = edit(thesaurus.set_acceptance, taxa["Quercus rubra"], taxa["Quercus alba"])
    synonyms = now("Quercus alba").synonyms.values_list("scientific_name", flat=True)
    assert set(synonyms) == {"Quercus rubra", "Quercus borealis"}
    assert now("Quercus borealis").current == taxa["Quercus alba"]
    undo.undo(done, None)
    assert stand() == before


def test_common_names_of_a_new_synonym_go_to_its_accepted_name(taxa):
    edit(thesaurus.change, taxa["Quercus rubra"], vernacular_names=[["red oak", "en", ""]])
    edit(thesaurus.set_acceptance, taxa["Quercus rubra"], taxa["Quercus alba"])
    assert VernacularName.objects.get().taxon == taxa["Quercus alba"]


def test_children_must_be_given_a_parent(taxa):
    with pytest.raises(thesaurus.Referenced, match="children: 1") as refusal:
        edit(thesaurus.set_acceptance, taxa["Fagus"], taxa["Quercus"])
    assert refusal.value.references[0].examples == (taxa["Fagus sylvatica"],)
    edit(thesaurus.set_acceptance, taxa["Fagus"], taxa["Quercus"], children_to=taxa["Quercus"])
    assert now("Fagus sylvatica").parent == taxa["Quercus"]


def test_a_species_may_sink_into_its_own_variety(taxa):
    child = taxon("Quercus alba var. minor", "variety", parent="Quercus alba")
    with pytest.raises(thesaurus.Referenced):
        edit(thesaurus.set_acceptance, taxa["Quercus alba"], child)
    edit(thesaurus.set_acceptance, taxa["Quercus alba"], child, children_to=child)
    assert now(child.scientific_name).parent == taxa["Quercus"]
    assert (
        now("Quercus alba").path == f"{now(child.scientific_name).path}.{taxa['Quercus alba'].pk}"
    )


def test_an_accepted_name_needs_a_parent(taxa):
    with pytest.raises(thesaurus.Faulty, match="needs a parent"):
        edit(thesaurus.set_acceptance, taxa["Quercus borealis"], None)
    done = edit(thesaurus.set_acceptance, taxa["Quercus borealis"], None, parent=taxa["Quercus"])
    assert now("Quercus borealis").current == now("Quercus borealis")
    undo.undo(done, None)
    assert now("Quercus borealis").accepted == taxa["Quercus rubra"]


# --- merging ----------------------------------------------------------------------------------


def test_a_merge_moves_everything_and_is_undone_whole(taxa):
    waiting = Proposal.objects.create(
        scientific_name="Fagus minor", rank="species", parent=taxa["Fagus"]
    )
    name = Name.objects.create(scientific_name="Fagus", taxon=taxa["Fagus"], state="linked")
    taxon("Fagus major", "genus", accepted="Fagus")
    edit(
        thesaurus.change,
        taxa["Fagus"],
        vernacular_names=[["beech", "en", ""]],
        links=[{"title": "POWO", "url": "https://example.org/fagus"}],
    )
    before = stand()
    done = edit(thesaurus.merge, taxa["Fagus"], taxa["Quercus"])
    merged, heir = now("Fagus"), now("Quercus")
    assert (merged.merged_into, merged.current) == (heir, heir)
    assert now("Fagus sylvatica").parent == now("Fagus major").accepted == heir
    assert heir.vernacular_names.get().name == "beech" and heir.links[0]["title"] == "POWO"
    name.refresh_from_db(), waiting.refresh_from_db()
    assert name.taxon == heir and waiting.parent == heir
    undone = undo.undo(done, None)
    name.refresh_from_db()
    assert stand() == before and name.taxon == taxa["Fagus"]
    undo.undo(undone, None)
    name.refresh_from_db()
    assert now("Fagus").merged_into == heir and name.taxon == heir


def test_a_merged_taxon_is_no_twin_any_more(taxa):
    edit(thesaurus.merge, taxa["Quercus alba"], taxa["Quercus rubra"])
    assert taxon("Quercus alba", authorship="L.", parent="Quercus").pk


def test_what_was_merged_leads_on_when_its_heir_is_merged(taxa):
    edit(thesaurus.merge, taxa["Quercus alba"], taxa["Quercus rubra"])
    edit(thesaurus.merge, taxa["Quercus rubra"], taxa["Fagus sylvatica"])
    assert now("Quercus alba").merged_into == taxa["Fagus sylvatica"]
    assert now("Quercus alba").path.startswith(now("Fagus sylvatica").path)


def test_nothing_is_merged_into_what_stands_below_it(taxa):
    for into in ("Quercus rubra", "Quercus borealis"):
        with pytest.raises(Refused, match="stands below"):
            edit(thesaurus.merge, taxa["Quercus"], taxa[into])
    with pytest.raises(Refused, match="synonym of it"):
        edit(thesaurus.merge, taxa["Quercus rubra"], taxa["Quercus borealis"])


def test_twin_kingdoms_can_be_made_one(taxa):
    taxon("Viridiplantae", "kingdom")
    taxon("Rosales", "order", parent="Viridiplantae")
    edit(thesaurus.merge, now("Viridiplantae"), taxa["Plantae"])
    assert (now("Rosales").kingdom, now("Rosales").parent) == ("Plantae", taxa["Plantae"])


# --- deleting ---------------------------------------------------------------------------------


def test_deleting_is_refused_with_all_that_hangs_on_it(taxa):
    Name.objects.create(
        scientific_name="Quercus rubra", taxon=taxa["Quercus rubra"], state="linked"
    )
    taxon("Quercus rubra var. minor", "variety", parent="Quercus rubra")

    def records(sender: Any, taxon: Taxon, **more: Any) -> list[tuple[str, int]]:
        return [("records", 12)]

    signals.taxon_references.connect(records)
    try:
        with pytest.raises(thesaurus.Referenced) as refusal:
            edit(thesaurus.delete, taxa["Quercus rubra"])
    finally:
        signals.taxon_references.disconnect(records)
    told = {each.words: each.number for each in refusal.value.references}
    assert told == {"children": 1, "synonyms": 1, "linked names": 1, "records": 12}


def test_a_deleted_taxon_comes_back_whole(taxa):
    edit(thesaurus.change, taxa["Quercus alba"], vernacular_names=[["white oak", "en", ""]])
    before = stand()
    done = edit(thesaurus.delete, taxa["Quercus alba"])
    assert not Taxon.objects.filter(scientific_name="Quercus alba").exists()
    undo.undo(done, None)
    assert stand() == before


def test_news_of_a_change_name_all_it_touches(taxa):
    heard: list[int] = []

    def listen(sender: Any, taxa: list[int], **more: Any) -> None:
        heard.extend(taxa)

    signals.taxon_changed.connect(listen)
    try:
        edit(thesaurus.move, taxa["Quercus"], taxa["Fagales"])
    finally:
        signals.taxon_changed.disconnect(listen)
    names = ("Quercus", "Quercus alba", "Quercus rubra", "Quercus borealis")
    assert set(heard) == {taxa[name].pk for name in names}


def test_news_of_names_that_a_merge_links_anew(taxa):
    name = Name.objects.create(scientific_name="Fagus", taxon=taxa["Fagus"], state="linked")
    heard: list[int] = []

    def listen(sender: Any, names: list[int], **more: Any) -> None:
        heard.extend(names)

    signals.names_linked.connect(listen)
    try:
        edit(thesaurus.merge, taxa["Fagus"], taxa["Quercus"])
    finally:
        signals.names_linked.disconnect(listen)
    assert heard == [name.pk]


def test_moving_a_genus_takes_few_queries_however_many_are_below(
    taxa, django_assert_max_num_queries
):
    for number in range(40):
        taxon(f"Quercus numero{'x' * number}", parent="Quercus")
    with django_assert_max_num_queries(30):
        edit(thesaurus.move, taxa["Quercus"], taxa["Fagales"])
    assert connection.queries is not None
