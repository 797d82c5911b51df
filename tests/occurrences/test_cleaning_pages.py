"""The pages of the Taxonomy Cleaning Tool and of the taxonomic distribution."""

import pytest

from journal.models import ChangeSet, Job
from occurrences import cleaning
from occurrences.cleaning import scope_of, token
from tests import make
from tests.cast import client_of
from tests.taxonomy import known

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium, editor):
    """A record of a misspelt name for which there are candidates."""
    known.usage("Quercus alba", "L.", family="Fagaceae")
    record = make.occurrence(herbarium, scientific_name="Quercus albba")
    cleaning.run(scope_of(editor, str(herbarium.guid)))
    record.refresh_from_db()
    return record


def address(collection, rest=""):
    return f"/names/{collection.guid}/{rest}"


def press(client, record, choice, **given):
    name = record.name
    given = {"name": f"{name.guid} {token(name)}", "choice": choice, **given}
    return client.post(address(record.collection, "decide/"), given)


def test_the_list_shows_names_that_need_a_person_with_their_candidates(herbarium, editor, record):
    page = client_of(editor).get(address(herbarium)).content.decode()
    assert "Quercus albba" in page
    assert "need a person" in page
    assert '<span class="sci compared">Quercus alb<del>b</del>a</span>' in page
    assert "Fagaceae" in page
    assert "link 0" in page and "rewrite 0" in page
    assert f"?taxon={record.name.guid}" in page


def test_a_run_is_queued_with_what_was_chosen(herbarium, editor, record):
    answer = client_of(editor).post(address(herbarium, "run/"), {"kingdom": "Plantae"})
    assert answer.status_code == 302
    job = Job.objects.get(kind="clean names")
    assert job.collection_id == herbarium.pk
    assert job.options == {
        "sources": [], "kingdom": "Plantae", "fuzzy": False, "online": False,
        "scope": str(herbarium.guid),
    }  # fmt: skip
    assert "Looking names up" in client_of(editor).get(address(herbarium)).content.decode()


def test_a_pressed_button_decides_and_says_so_with_an_undo(herbarium, editor, record):
    client = client_of(editor)
    answer = press(client, record, "link 0")
    assert answer.status_code == 302
    record.refresh_from_db()
    assert record.name.taxon.scientific_name == "Quercus alba"
    page = client.get(answer["Location"]).content.decode()
    assert "One name decided, for one record." in page
    assert str(ChangeSet.objects.latest("pk").guid) in page


def test_htmx_gets_the_card_alone_and_its_undo_gives_the_choice_back(herbarium, editor, record):
    client = client_of(editor)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    name = record.name
    card = press(client, record, "rewrite 0").content.decode()
    assert "<html" not in card
    assert "data-undo" in card
    done = ChangeSet.objects.latest("pk")
    record.refresh_from_db()
    assert record.scientific_name == "Quercus alba"
    given = {"name": f"{name.guid} x"}
    card = client.post(address(herbarium, f"undo/{done.guid}/"), given).content.decode()
    record.refresh_from_db()
    assert record.scientific_name == "Quercus albba"
    assert "rewrite 0" in card


def test_a_decision_about_a_name_that_moved_is_refused_on_its_card(herbarium, editor, record):
    client = client_of(editor)
    client.defaults["HTTP_HX_REQUEST"] = "true"
    stale = {"name": f"{record.name.guid} 0123456789abcdef", "choice": "keep"}
    card = client.post(address(herbarium, "decide/"), stale).content.decode()
    assert "meanwhile" in card
    record.refresh_from_db()
    assert record.name.state == "review"


def test_a_form_without_a_button_decides_nothing(herbarium, editor, record):
    client = client_of(editor)
    assert press(client, record, "").status_code == 302
    assert press(client, record, "link 99").status_code == 302
    record.refresh_from_db()
    assert record.name.state == "review"


def test_enter_decides_nothing_unless_a_name_is_typed(herbarium, editor, record):
    client = client_of(editor)
    page = client.get(address(herbarium)).content.decode()
    card = page[page.index("data-name") :]
    assert card.index('value="link typed"') < card.index('value="link 0"')
    press(client, record, "link typed", typed="")
    record.refresh_from_db()
    assert record.name.state == "review"


def test_an_import_receipt_and_the_control_panel_lead_here(herbarium, administrator, record):
    page = client_of(administrator).get(f"/collections/{herbarium.guid}/manage/").content.decode()
    assert address(herbarium) in page


def test_my_collections_and_the_portal_have_their_lists(editor, taxonomist, record):
    assert "Quercus albba" in client_of(editor).get("/names/mine/").content.decode()
    page = client_of(taxonomist).get("/names/portal/").content.decode()
    assert "Quercus albba" in page
    assert "rewrite 0" not in page


def test_the_list_is_asked_for_in_few_queries(
    herbarium, editor, record, django_assert_max_num_queries
):
    make.occurrences(herbarium, [{"scientific_name": f"Nomen novum{n}"} for n in range(30)])
    client = client_of(editor)
    with django_assert_max_num_queries(25):
        client.get(address(herbarium) + "?state=new")


# --- distribution -------------------------------------------------------------------------------


@pytest.fixture
def oaks(herbarium):
    family = make.taxon("Fagaceae", rank="family")
    genus = make.taxon("Quercus", "L.", rank="genus", parent=family)
    alba = make.taxon("Quercus alba", "L.", parent=genus)
    make.taxon("Quercus candida", "Steud.", accepted=alba)
    names = ("Quercus alba", "Quercus candida", "Quercus sp.", "Ficus carica")
    rows = [{"scientific_name": name} for name in names]
    rows[3]["family"] = "Moraceae"
    rows.append({"scientific_name": "Ocultus ocultus", "record_security": 5})
    make.occurrences(herbarium, rows)
    return alba


def test_families_genera_and_species_are_counted_under_accepted_names(herbarium, visitor, oaks):
    client = client_of(visitor)
    there = f"/collections/{herbarium.guid}/distribution/"
    page = client.get(there).content.decode()
    assert "Fagaceae" in page and "Moraceae" in page and "Ocultus" not in page
    page = client.get(there, {"family": "Fagaceae", "genus": "Quercus"}).content.decode()
    assert f"taxon={oaks.guid}" in page
    assert "candida" not in page


def test_each_number_is_the_number_the_search_finds(herbarium, editor, oaks):
    from django.http import QueryDict

    from occurrences.models import Occurrence
    from occurrences.search import SearchCriteria, apply
    from occurrences.statistics import distribution

    def search(asks):
        query = QueryDict(mutable=True)
        query.update({"taxon": asks, "collection": herbarium.code})
        visible = Occurrence.objects.visible_to(editor)
        return apply(visible, SearchCriteria.from_query(query)).count()

    root = distribution(herbarium, editor)
    assert root.records == 5
    checked = 0
    for family in filter(lambda branch: branch.name, root.below.values()):
        for branch in (family, *family.below.values()):
            assert search(branch.asks) == branch.records, branch.name
            checked += 1
    assert checked == 4


# --- names while they are typed -----------------------------------------------------------------


def test_the_editor_offers_names_of_the_thesaurus(herbarium, editor, oaks):
    client = client_of(editor)
    where = f"/occurrences/suggest/{herbarium.guid}/scientific_name/"
    (found,) = client.get(where, {"q": "quercus cand"}).json()["offers"]
    assert found == {
        "value": "Quercus candida",
        "note": "Steud. · Fagaceae · Plantae · now Quercus alba L.",
        "sets": {"scientific_name_authorship": "Steud.", "family": "Fagaceae"},
        "fills": [],
    }
    page = client.get(f"/occurrences/new/{herbarium.guid}/").content.decode()
    assert where in page


def test_a_taxon_tells_how_many_records_hang_on_it(herbarium, oaks):
    from taxonomy import thesaurus

    told = {str(each.words): each.number for each in thesaurus.references(oaks)}
    assert told["records"] == 1


def test_a_proposal_keeps_the_name_it_comes_from(herbarium, editor, record):
    client = client_of(editor)
    given = {"scientific_name": "Quercus albba", "rank": "species", "references": "Flora 1: 2"}
    client.post(f"/taxa/proposals/new/?written={record.name.guid}", given)
    from taxonomy.models import Proposal

    assert Proposal.objects.get().name == record.name
