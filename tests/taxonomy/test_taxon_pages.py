"""The pages of the thesaurus: what a reader finds, and what an editor does by their forms."""

import re
from html import unescape

import pytest
from django.urls import reverse

from taxonomy import thesaurus
from taxonomy.models import Name, Taxon
from tests import make
from tests.taxonomy.growing import oaks, taxon


@pytest.fixture
def taxa(db):
    return oaks()


@pytest.fixture
def editing(client, taxonomist):
    client.force_login(taxonomist)
    return client


def page(client, route, *arguments, **query):
    return client.get(reverse(f"taxonomy:{route}", args=arguments), query)


def send(client, route, taxon, **data):
    return client.post(reverse(f"taxonomy:{route}", args=[taxon.guid]), data, follow=True)


def now(name):
    return Taxon.objects.get(scientific_name=name)


def names(text):
    """Return the names of a page's tree in their order."""
    return [unescape(re.sub("<[^>]+>", "", name)) for name in re.findall(
        r'class="name"[^>]*>(.*?)</a>', text
    )]  # fmt: skip


def filled(client, address):
    """Return the fields of the page's form as a browser would send them."""
    text = client.get(address).text
    data = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag and name[1] not in ("q", "csrfmiddlewaretoken"):
            data[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = unescape(chosen[1]) if chosen else ""
    for name, written in re.findall(r'<textarea name="([^"]+)"[^>]*>\r?\n?([^<]*)<', text):
        data[name] = unescape(written)
    return data


# --- the explorer -----------------------------------------------------------------------------


def test_the_tree_is_open_down_to_the_taxon_asked_for(taxa, client):
    shown = names(page(client, "explorer", open=taxa["Quercus"].guid).text)
    assert shown == ["Plantae", "Fagales", "Fagaceae", "Fagus", "Quercus", "Quercus alba",
                     "Quercus rubra"]  # fmt: skip


def test_a_closed_branch_is_fetched_by_itself(taxa, client):
    assert names(page(client, "explorer").text) == ["Plantae"]
    assert names(page(client, "children", taxa["Fagaceae"].guid).text) == ["Fagus", "Quercus"]


def test_the_list_shows_all_below_a_taxon(taxa, client):
    text = page(client, "explorer", list=taxa["Fagaceae"].guid, synonyms="1").text
    assert names(text) == ["Fagaceae", "Fagus", "Fagus sylvatica", "Quercus", "Quercus alba",
                           "Quercus rubra"]  # fmt: skip
    assert "Quercus borealis" in text


@pytest.mark.parametrize("words", ["quercus", "Quercus al", "querc", "roble"])
def test_a_taxon_is_found_by_its_name_or_a_common_one(taxa, client, words):
    with thesaurus.editing(None) as change_set:
        names = [["roble blanco", "es", ""]]
        thesaurus.change(change_set, taxa["Quercus alba"], vernacular_names=names)
    assert str(taxa["Quercus alba"].guid) in page(client, "explorer", q=words).text


def test_suggestions_name_what_they_mean(taxa, client):
    text = page(client, "suggest", field="parent", parent="quer alb", accepted="1").text
    assert re.findall('value="([^"]*)"', text) == ["Quercus alba L. [species, Plantae]"]


def test_counts_are_those_the_reader_may_see(taxa, client, herbarium, editor):
    for security in (0, 0, 5):
        record = make.occurrence(
            herbarium, scientific_name="Quercus alba", record_security=security
        )
    Name.objects.filter(scientific_name="Quercus alba").update(
        taxon=taxa["Quercus alba"], state="linked"
    )
    assert record.name_id
    assert "2 records" in page(client, "explorer").text
    client.force_login(editor)
    assert "3 records" in page(client, "explorer").text


def test_the_explorer_asks_few_queries(taxa, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        page(client, "explorer", open=taxa["Quercus alba"].guid)


# --- a taxon ----------------------------------------------------------------------------------


def test_a_profile_tells_where_a_taxon_stands(taxa, client):
    text = page(client, "taxon", taxa["Quercus rubra"].guid).text
    for name in ("Plantae", "Fagales", "Fagaceae", "Quercus", "Quercus borealis"):
        assert str(taxa[name].guid) in text
    assert '<i class="sci">Quercus rubra</i>' in text


def test_ranks_above_the_genus_and_markers_stand_upright(taxa, client):
    variety = taxon("Quercus alba var. minor", "variety", parent="Quercus alba")
    assert '<i class="sci">Fagaceae' not in page(client, "taxon", taxa["Fagaceae"].guid).text
    text = page(client, "taxon", variety.guid).text
    assert '<i class="sci">Quercus alba </i>var.<i class="sci"> minor</i>' in text


def test_a_synonym_leads_to_its_accepted_name(taxa, client):
    text = page(client, "taxon", taxa["Quercus borealis"].guid).text
    address = f"{taxa['Quercus rubra'].get_absolute_url()}?from={taxa['Quercus borealis'].guid}"
    assert address in text
    assert "Redirected from" in client.get(address).text


def test_a_merged_taxon_redirects(taxa, client):
    with thesaurus.editing(None) as change_set:
        thesaurus.merge(change_set, taxa["Quercus alba"], taxa["Quercus rubra"])
    answer = client.get(taxa["Quercus alba"].get_absolute_url(), follow=True)
    assert answer.redirect_chain and "Redirected from" in answer.text


def test_a_deleted_taxon_answers_410(taxa, editing):
    send(editing, "delete", taxa["Quercus alba"], version=1)
    answer = page(editing, "taxon", taxa["Quercus alba"].guid)
    assert answer.status_code == 410 and "Quercus alba" in answer.text
    history = page(editing, "history", taxa["Quercus alba"].guid)
    assert "It was deleted" in history.text


def test_a_link_that_a_browser_would_run_is_no_link(taxa, client):
    Taxon.objects.filter(pk=taxa["Quercus"].pk).update(
        links=[{"title": "bad", "url": "javascript:alert(1)"}]
    )
    assert "javascript:" not in page(client, "taxon", taxa["Quercus"].guid).text


# --- editing ----------------------------------------------------------------------------------


def test_a_full_name_is_read_into_its_parts(taxa, editing):
    address = reverse("taxonomy:add")
    data = filled(editing, address)
    data |= {"scientific_name": "Quercus alba var. minor (Michx.) Sarg.", "read": "1"}
    text = editing.post(address, data).text
    assert 'value="Quercus alba var. minor"' in text
    assert 'value="(Michx.) Sarg."' in text and '<option value="variety" selected' in text


def test_a_taxon_is_added_with_common_names_and_links(taxa, editing):
    address = reverse("taxonomy:add") + f"?parent={taxa['Quercus'].guid}"
    data = filled(editing, address)
    data |= {"scientific_name": "Quercus emoryi", "authorship": "Torr.", "rank": "species"}
    data |= {"vernacular-0-name": "bellota", "vernacular-0-language": "es"}
    data |= {"link-0-url": "https://example.org/emoryi"}
    answer = editing.post(address, data, follow=True)
    added = now("Quercus emoryi")
    assert answer.redirect_chain == [(added.get_absolute_url(), 302)]
    assert added.parent == taxa["Quercus"] and added.vernacular_names.get().name == "bellota"
    assert added.links == [
        {"title": "https://example.org/emoryi", "url": "https://example.org/emoryi"}
    ]


def test_what_is_odd_is_asked_again_before_it_is_saved(taxa, editing):
    address = reverse("taxonomy:add") + f"?parent={taxa['Quercus'].guid}"
    data = filled(editing, address) | {"scientific_name": "Fagus emoryi", "rank": "species"}
    text = editing.post(address, data).text
    assert "does not begin as that of its parent" in text
    assert not Taxon.objects.filter(scientific_name="Fagus emoryi").exists()
    editing.post(address, data | {"confirm": "on"})
    assert now("Fagus emoryi")


def test_saving_a_form_as_it_is_changes_nothing(taxa, editing):
    address = reverse("taxonomy:edit", args=[taxa["Quercus alba"].guid])
    text = editing.post(address, filled(editing, address), follow=True).text
    assert "Nothing was changed" in text and now("Quercus alba").version == 1


def test_what_was_typed_stays_when_somebody_else_was_faster(taxa, editing):
    address = reverse("taxonomy:edit", args=[taxa["Quercus alba"].guid])
    data = filled(editing, address) | {"remarks": "typed by me"}
    with thesaurus.editing(None) as change_set:
        thesaurus.change(change_set, taxa["Quercus alba"], remarks="by another")
    text = editing.post(address, data).text
    assert "Somebody else changed" in text and "typed by me" in text


def test_a_move_says_what_moves_along_and_can_be_undone(taxa, editing):
    taxon("Nothofagaceae", "family", parent="Fagales", authorship="Kuprian.")
    assert "3 entries below it move along" in page(editing, "move", taxa["Quercus"].guid).text
    text = send(editing, "move", taxa["Quercus"], parent="Nothofagaceae", version=1).text
    assert now("Quercus").family == "Nothofagaceae"
    to = re.search(r'action="(/changes/[^"]+/undo/)"', text)[1]
    editing.post(to)
    assert now("Quercus").family == "Fagaceae"


def test_acceptance_is_refused_while_children_have_no_place(taxa, editing):
    data = {"status": "synonym", "accepted": "Quercus", "version": 1}
    text = send(editing, "acceptance", taxa["Fagus"], **data).text
    assert "First say where its children go" in text
    send(editing, "acceptance", taxa["Fagus"], **data, children_to="Quercus")
    assert now("Fagus").accepted == taxa["Quercus"]


def test_a_merge_by_its_form(taxa, editing):
    send(editing, "merge", taxa["Quercus alba"], into="Quercus rubra", version=1)
    assert now("Quercus alba").merged_into == taxa["Quercus rubra"]


def test_deletion_says_what_hangs_on_a_taxon(taxa, editing):
    text = page(editing, "delete", taxa["Quercus rubra"].guid).text
    assert "synonyms: 1" in text and 'class="button danger">Delete' not in text
    assert "something hangs on it" in send(editing, "delete", taxa["Quercus rubra"], version=1).text
    assert now("Quercus rubra")


def test_the_history_tells_who_changed_what(taxa, editing, taxonomist):
    with thesaurus.editing(taxonomist, "after Govaerts") as change_set:
        thesaurus.move(change_set, taxa["Quercus alba"], taxa["Fagus"])
    text = page(editing, "history", taxa["Quercus alba"].guid).text
    for told in ("taxonomist", "after Govaerts", "Quercus L.", "Fagus L.", "It was added"):
        assert told in text


def test_a_change_set_of_taxa_tells_of_them(taxa, editing, taxonomist):
    with thesaurus.editing(taxonomist) as change_set:
        thesaurus.move(change_set, taxa["Quercus alba"], taxa["Fagus"])
    text = editing.get(reverse("occurrences:change_set", args=[change_set.guid])).text
    assert "Quercus alba L." in text and "Fagus L." in text


def test_homonyms_are_told_apart_by_rank_and_kingdom(taxa, editing):
    taxon("Animalia", "kingdom")
    taxon("Quercus", "genus", parent="Animalia")
    text = send(editing, "move", taxa["Fagus sylvatica"], parent="Quercus", version=1).text
    assert "Several have this name" in text
    data = {"parent": "Quercus L. [genus, Plantae]", "version": 1, "confirm": "on"}
    send(editing, "move", taxa["Fagus sylvatica"], **data)
    assert now("Fagus sylvatica").parent == taxa["Quercus"]
