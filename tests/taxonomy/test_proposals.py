"""Proposing names: with references, seen by oneself and the editors, decided once."""

import pytest
from django.urls import reverse

from journal import undo
from journal.jobs import Refused
from journal.models import ChangeSet
from taxonomy import proposals
from taxonomy.models import Name, Proposal, Taxon
from tests.taxonomy.growing import oaks, taxon


@pytest.fixture
def taxa(db):
    return oaks()


def propose(by, called="Quercus emoryi", **values):
    values.setdefault("parent", Taxon.objects.get(scientific_name="Quercus"))
    return proposals.propose(
        by, called, "species", ["Torrey 1848: 151"], authorship="Torr.", **values
    )


def sent(client, route, *arguments, **data):
    return client.post(reverse(f"taxonomy:{route}", args=arguments), data, follow=True)


def form_of(proposal):
    start = {k: v for k, v in proposals.initial_of(proposal).items() if isinstance(v, str)}
    return {**start, "parent": "Quercus", "accepted": ""}


def test_a_proposal_needs_a_reference(taxa, stranger):
    with pytest.raises(Refused, match="at least one reference"):
        proposals.propose(stranger, "Quercus emoryi", "species", [" "])


def test_anybody_signed_in_may_propose(taxa, client, stranger):
    client.force_login(stranger)
    page = sent(
        client,
        "propose",
        scientific_name="Quercus emoryi",
        rank="species",
        parent="Quercus",
        references="Torrey 1848: 151\nhttps://example.org/",
    )
    made = Proposal.objects.get()
    assert made.references == ["Torrey 1848: 151", "https://example.org/"]
    assert made.parent == taxa["Quercus"] and "taxonomy editors will look" in page.text


def test_a_form_without_references_is_not_sent(taxa, client, stranger):
    client.force_login(stranger)
    sent(client, "propose", scientific_name="Quercus emoryi", rank="species", references=" ")
    assert not Proposal.objects.exists()


def test_proposals_are_seen_by_their_author_and_by_editors(taxa, stranger, editor, taxonomist):
    made = propose(stranger)
    assert proposals.visible_to(stranger).get() == made == proposals.visible_to(taxonomist).get()
    assert not proposals.visible_to(editor).exists()


def test_an_accepted_name_stands_in_the_thesaurus_and_links_its_records_name(
    taxa, client, stranger, taxonomist
):
    name = Name.objects.create(scientific_name="Quercus emoryi", state="not found")
    made = propose(stranger, name=name)
    client.force_login(taxonomist)
    sent(client, "proposal_accept", made.guid, **form_of(made), confirm="on")
    name.refresh_from_db(), made.refresh_from_db()
    assert str(name.taxon) == "Quercus emoryi Torr." and name.state == "linked"
    assert (made.state, made.taxon, made.decided_by) == ("accepted", name.taxon, taxonomist)
    assert name.taxon.source == "Torrey 1848: 151"


def test_undoing_an_acceptance_opens_the_proposal_again(taxa, stranger, taxonomist):
    name = Name.objects.create(scientific_name="Quercus emoryi", state="not found")
    made = propose(stranger, name=name)
    proposals.accept(made, taxonomist)
    undone = undo.undo(ChangeSet.objects.order_by("-pk").first(), taxonomist)
    name.refresh_from_db(), made.refresh_from_db()
    assert undone.conflicts == [] and made.state == "open" and name.taxon is None
    assert not Taxon.objects.filter(scientific_name="Quercus emoryi").exists()


def test_a_name_that_has_come_meanwhile_is_taken(taxa, stranger, taxonomist):
    made = propose(stranger)
    there = taxon("Quercus emoryi", authorship="Torr.", parent="Quercus")
    assert proposals.accept(made, taxonomist) == there
    assert Taxon.objects.filter(scientific_name="Quercus emoryi").count() == 1


def test_a_proposal_is_decided_once(taxa, stranger, taxonomist):
    made = propose(stranger)
    proposals.decline(made, taxonomist, "A synonym of Quercus rubra.")
    with pytest.raises(Refused, match="decided already"):
        proposals.accept(made, taxonomist)


def test_declining_needs_a_reason_that_the_proposer_reads(taxa, client, stranger, taxonomist):
    made = propose(stranger)
    client.force_login(taxonomist)
    assert "Say why" in sent(client, "proposal_decline", made.guid, reason=" ").text
    sent(client, "proposal_decline", made.guid, reason="Not published validly.")
    client.force_login(stranger)
    page = client.get(reverse("taxonomy:proposal", args=[made.guid]))
    assert "Not published validly." in page.text


def test_one_withdraws_ones_own(taxa, client, stranger, taxonomist):
    made = propose(stranger)
    with pytest.raises(Refused, match="Only the person"):
        proposals.withdraw(made, taxonomist)
    client.force_login(stranger)
    sent(client, "proposal_withdraw", made.guid)
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_the_same_is_not_proposed_twice(taxa, stranger):
    propose(stranger)
    with pytest.raises(Refused, match="already"):
        propose(stranger)
