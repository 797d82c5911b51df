"""Protected species: which records a rule covers, and that nothing is seen before it is through."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction

from biocollections.models import Collection
from journal import jobs, undo
from journal.models import Job
from occurrences import protecting, records, restoring
from occurrences.drafts import Draft
from occurrences.models import (
    Occurrence,
    PendingName,
    Protection,
    ProtectionList,
    ProtectionRule,
    Withheld,
)
from occurrences.readers import hash_collection
from taxonomy import matching, thesaurus
from taxonomy.adopting import adopt
from taxonomy.models import Name, Taxon
from taxonomy.signals import names_linked, taxon_changed
from tests import make
from tests.occurrences.importing import bring_in
from tests.taxonomy.listing import ids, listed

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


@pytest.fixture
def saguaro() -> Taxon:
    """Plantae > Cactaceae > Carnegiea > C. gigantea, with Cereus giganteus as its synonym."""
    plants = make.taxon("Plantae", rank="kingdom")
    family = make.taxon("Cactaceae", rank="family", parent=plants)
    genus = make.taxon("Carnegiea", rank="genus", parent=family)
    species = make.taxon("Carnegiea gigantea", "(Engelm.) Britton & Rose", parent=genus)
    make.taxon("Cereus giganteus", "Engelm.", accepted=species)
    return species


@pytest.fixture
def everywhere() -> ProtectionList:
    return ProtectionList.objects.create(title="Protected everywhere")


@pytest.fixture
def arizona() -> ProtectionList:
    return ProtectionList.objects.create(
        title="Arizona list", country="United States", state_province="Arizona"
    )


def finish() -> None:
    """Do the queued jobs, as the worker does."""
    for job in Job.objects.filter(state=Job.State.QUEUED).order_by("pk"):
        jobs.run(job.guid)


def levels(within: Collection) -> dict[str, int]:
    rows = Occurrence.objects.filter(collection=within).values_list("scientific_name", "protection")
    return dict(rows)


SPELLINGS = [
    "Carnegiea gigantea",
    "Cereus giganteus",
    "Carnegiea gigantea f. cristata",
    "Carnegiea cf. gigantea",
    "Carnegiea gigantae",
    "Carnegiea gigantea × Pachycereus pringlei",
    "Pachycereus pringlei × Carnegiea gigantea",
    "CARNEGIEA GIGANTEA",
    "cf. Carnegiea gigantea",
    "Possibly Carnegiea gigantea",
    "juvenile Carnegiea gigantea, det. by photo",
    "Larrea tridentata, Carnegiea gigantea",
    "Larrea tridentata/Carnegiea gigantea",
    "Cactaceae: Carnegiea gigantea",
    "Carnegiea Gigantea",
    "Carnegiea (Sub) gigantea",
    "<i>Carnegiea gigantea</i> (Engelm.) Britton & Rose",
    "\u0421arnegiea gig\u0430nt\xe9a",  # Cyrillic letters and an accent
    "Carnegiea\u200bgigantea",
    "Carnegiea-gigantea",
    "Varnegiea gigantea",
    "Canegiea gigantea",
    "C. gigantea",
    "Pachycereus pringlei x C. gigantea",
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_synonyms_infraspecies_hybrids_and_misspellings_follow(
    saguaro: Taxon, everywhere: ProtectionList, name: str
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(scientific_name=name, locality="Behind the mill")
    assert record.protection == Protection.PLACE
    assert record.locality is None


@pytest.mark.django_db(transaction=True)
def test_every_spelling_that_stands_already_is_hidden_at_once_and_protected(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    within = make.collection()
    for name in SPELLINGS:
        make.occurrence(within, scientific_name=name, locality="Behind the mill")
    protecting.add_rule(None, everywhere, saguaro)
    assert not Occurrence.objects.visible_to(VISITOR).exists()
    finish()
    assert [name for name, level in levels(within).items() if level == Protection.OPEN] == []


@pytest.mark.django_db(transaction=True)
def test_a_genus_of_two_letters_is_found_among_what_stands(everywhere: ProtectionList) -> None:
    orchid = make.taxon("Aa achalensis")
    record = make.occurrence(scientific_name="Aa achalensis", locality="Behind the mill")
    Name.objects.filter(pk=record.name_id).update(taxon=None, state=Name.State.KEPT)
    protecting.add_rule(None, everywhere, orchid)
    assert not Occurrence.objects.visible_to(VISITOR).exists()


def test_a_misspelling_that_was_merged_away_still_reads_like_its_taxon(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    wrong = make.taxon("Carnegia gigantia", parent=saguaro.parent)
    thesaurus.merge(make.change_set(kind="taxon edit"), wrong, saguaro)
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(scientific_name="Carnegia gigantia")
    Name.objects.filter(pk=record.name_id).update(taxon=None, state=Name.State.KEPT)
    assert make.occurrence(scientific_name="Carnegia gigantia").protection == Protection.PLACE


@pytest.mark.parametrize(
    "values",
    [
        {"scientific_name": "Carnegiea"},
        {"scientific_name": "Carnegiea gigas"},
        {"scientific_name": "Carnegiea gigantea", "kingdom": "Animalia"},
        {"scientific_name": "Carnegiea gigantea", "cultivation_status": True},
        {"scientific_name": "Carnegiea gigantea", "establishment_means": "cultivated"},
    ],
)
def test_others_stay_as_they_are(
    saguaro: Taxon, everywhere: ProtectionList, values: dict[str, Any]
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    assert make.occurrence(locality="Behind the mill", **values).protection == Protection.OPEN


def test_a_rule_of_a_family_covers_unlinked_species_of_its_genera(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, Taxon.objects.get(scientific_name="Cactaceae"))
    assert make.occurrence(scientific_name="Carnegiea nova").protection == Protection.PLACE


@pytest.mark.parametrize(
    ("place", "level"),
    [
        ({"country": "United States", "state_province": "Arizona"}, Protection.PLACE),
        ({"country": "USA", "state_province": "ARIZONA"}, Protection.PLACE),
        ({"country": "Estados Unidos", "state_province": "Ariz."}, Protection.PLACE),
        ({"country_code": "US", "state_province": "AZ"}, Protection.PLACE),
        ({"state_province": "Arizona"}, Protection.PLACE),
        ({"country": "United States", "state_province": "near the border"}, Protection.PLACE),
        ({"state_province": "Sonora"}, Protection.OPEN),
        ({"country": "United States"}, Protection.PLACE),  # the state isn't known
        ({}, Protection.PLACE),
        ({"country": "United States", "state_province": "California"}, Protection.OPEN),
        ({"country": "Mexico", "state_province": "Sonora"}, Protection.OPEN),
        ({"country": "Mexico", "state_province": "Arizona"}, Protection.PLACE),  # one is wrong
        ({"country": "Mexico", "country_code": "US"}, Protection.PLACE),
        ({"country": "United States", "country_code": "US"}, Protection.PLACE),
        (
            {"country": "Mexico", "country_code": "MX", "state_province": "Sonora"},
            Protection.OPEN,
        ),
    ],
)
def test_a_list_of_a_state_holds_there_and_where_the_place_is_not_known(
    saguaro: Taxon, arizona: ProtectionList, place: dict[str, str], level: int
) -> None:
    protecting.add_rule(None, arizona, saguaro)
    record = make.occurrence(scientific_name="Carnegiea gigantea", **place)
    assert record.protection == level


@pytest.mark.parametrize(
    ("state", "level"),
    [
        ("Territorio Nuevo", Protection.PLACE),
        ("Terr. Nuevo", Protection.PLACE),
        ("Sonora", Protection.OPEN),
    ],
)
def test_a_list_of_a_place_nobody_knows_holds_but_for_what_is_known(
    saguaro: Taxon, state: str, level: int
) -> None:
    there = ProtectionList.objects.create(
        title="New territory", country="Mexico", state_province="Territorio Nuevo"
    )
    protecting.add_rule(None, there, saguaro)
    record = make.occurrence(
        scientific_name="Carnegiea gigantea", country="Mexico", state_province=state
    )
    assert record.protection == level


def test_a_reason_locks_a_record_in_both_directions(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(
        scientific_name="Carnegiea gigantea", record_security=0, security_reason="Botanical garden"
    )
    assert record.protection == Protection.OPEN


def test_the_stricter_of_record_and_rule_wins(saguaro: Taxon, everywhere: ProtectionList) -> None:
    protecting.add_rule(None, everywhere, saguaro, level=Protection.CELL)
    whole = make.occurrence(scientific_name="Carnegiea gigantea", record_security=5)
    assert whole.protection == Protection.WHOLE


@pytest.mark.django_db(transaction=True)
def test_a_new_rule_hides_records_at_once_and_a_job_protects_them(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    within = make.collection()
    for name in ("Carnegiea gigantea", "Cereus giganteus", "Larrea tridentata"):
        make.occurrence(within, scientific_name=name, locality="Behind the mill")
    before = hash_collection(within)
    rule = protecting.add_rule(None, everywhere, saguaro)
    seen = Occurrence.objects.visible_to(VISITOR).filter(collection=within)
    assert [record.scientific_name for record in seen] == ["Larrea tridentata"]
    finish()
    rule.refresh_from_db()
    assert rule.state == ProtectionRule.State.ACTIVE
    assert levels(within) == {
        "Carnegiea gigantea": Protection.PLACE,
        "Cereus giganteus": Protection.PLACE,
        "Larrea tridentata": Protection.OPEN,
    }
    assert seen.all().count() == 3 and not PendingName.objects.exists()
    assert Withheld.objects.filter(rules__contains=[rule.pk]).count() == 2
    assert protecting.astray() == []

    protecting.end_rule(None, rule)
    finish()
    assert set(levels(within).values()) == {Protection.OPEN}
    assert hash_collection(within) == before


@pytest.mark.django_db(transaction=True)
def test_a_redetermination_to_a_common_plant_opens_and_back_closes(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(scientific_name="Larrea tridentata", locality="Behind the mill")
    change_set = make.change_set()
    draft = Draft(
        record.guid, record.collection_id, {"scientific_name": "Cereus giganteus"}, version=1
    )
    records.write(change_set, ["scientific_name"], [draft])
    record.refresh_from_db()
    assert (record.protection, record.locality) == (Protection.PLACE, None)


@pytest.mark.django_db(transaction=True)
def test_a_link_to_a_protected_taxon_hides_the_records_at_once(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(scientific_name="Giant saguaro", locality="Behind the mill")
    assert record.protection == Protection.OPEN
    with transaction.atomic():
        Name.objects.filter(pk=record.name_id).update(taxon=saguaro, state=Name.State.LINKED)
        names_linked.send(sender=Name, names=[record.name_id])
    assert not Occurrence.objects.visible_to(VISITOR).filter(pk=record.pk).exists()
    finish()
    record.refresh_from_db()
    assert record.protection == Protection.PLACE
    assert Occurrence.objects.visible_to(VISITOR).filter(pk=record.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_genus_moved_into_a_protected_family_hides_its_records_at_once(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, Taxon.objects.get(scientific_name="Cactaceae"))
    genus = make.taxon("Larrea", rank="genus")
    species = make.taxon("Larrea tridentata", parent=genus)
    record = make.occurrence(scientific_name="Larrea tridentata", locality="Behind the mill")
    Name.objects.filter(pk=record.name_id).update(taxon=species, state=Name.State.LINKED)
    with transaction.atomic():
        family = Taxon.objects.get(scientific_name="Cactaceae")
        for taxon, above in ((genus, family), (species, genus)):
            taxon.path = f"{above.path}.{taxon.pk}"
            taxon.save()
        taxon_changed.send(sender=Taxon, taxa=[genus.pk], change_set=None)
    assert not Occurrence.objects.visible_to(VISITOR).filter(pk=record.pk).exists()
    finish()
    record.refresh_from_db()
    assert record.protection == Protection.PLACE


@pytest.mark.django_db(transaction=True)
def test_a_deleted_record_comes_back_as_protected_as_its_species_is_now(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    record = make.occurrence(scientific_name="Carnegiea gigantea", locality="Behind the mill")
    deletion = make.change_set(kind="deletion", within=record.collection)
    restoring.delete(deletion, [record.pk])
    protecting.add_rule(None, everywhere, saguaro)
    undo.undo(deletion, None)
    back = Occurrence.objects.get(guid=record.guid)
    assert (back.protection, back.locality) == (Protection.PLACE, None)


def test_a_record_shown_by_its_cell_is_hidden_while_a_stricter_rule_comes(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro, level=Protection.CELL)
    record = make.occurrence(
        scientific_name="Carnegiea gigantea", decimal_latitude="33.12", decimal_longitude="-110.33"
    )
    assert record.protection == Protection.CELL
    closed = ProtectionList.objects.create(title="Closed")
    protecting.add_rule(None, closed, saguaro, level=Protection.PLACE)
    assert not Occurrence.objects.visible_to(VISITOR).exists()


@pytest.mark.django_db(transaction=True)
def test_a_link_made_while_a_review_runs_gets_a_review_of_its_own(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    finish()
    record = make.occurrence(scientific_name="Giant cactus", locality="Behind the mill")
    running = jobs.start("review protection", "names", None)
    Job.objects.filter(pk=running.pk).update(state=Job.State.RUNNING)
    with transaction.atomic():
        Name.objects.filter(pk=record.name_id).update(taxon=saguaro, state=Name.State.LINKED)
        names_linked.send(sender=Name, names=[record.name_id])
    Job.objects.filter(pk=running.pk).update(state=Job.State.DONE)
    finish()
    record.refresh_from_db()
    assert record.protection == Protection.PLACE


@pytest.mark.django_db(transaction=True)
def test_a_review_waits_for_who_is_writing(saguaro: Taxon, everywhere: ProtectionList) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    finish()
    written, committed = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make.occurrence(scientific_name="Giant cactus", locality="Behind the mill")
            written.set()
            committed.wait(1)
        connection.close()

    # The name stands, so the writer needs nothing of what is linked meanwhile.
    name = make.occurrence(scientific_name="Giant cactus").name_id
    writer = threading.Thread(target=write)
    writer.start()
    written.wait(10)
    with transaction.atomic():
        Name.objects.filter(pk=name).update(taxon=saguaro, state=Name.State.LINKED)
        names_linked.send(sender=Name, names=[name])
    finish()
    committed.set()
    writer.join()
    assert set(Occurrence.objects.values_list("protection", flat=True)) == {Protection.PLACE}


def test_records_that_read_like_a_new_synonym_are_hidden_at_once(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    make.occurrence(scientific_name="Pilocereus engelmannii", locality="Behind the mill")
    thesaurus.add(
        make.change_set(kind="taxon edit"),
        scientific_name="Pilocereus engelmannii",
        rank="species",
        kingdom="Plantae",
        accepted=saguaro,
    )
    assert not Occurrence.objects.visible_to(VISITOR).exists()


def test_records_that_read_like_an_adopted_species_are_hidden_at_once(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, Taxon.objects.get(scientific_name="Cactaceae"))
    make.occurrence(scientific_name="Pilocereus engelmannii", locality="Behind the mill")
    rows: list[dict[str, Any]] = [
        {"id": "k", "name": "Plantae", "rank": "kingdom"},
        {"id": "f", "name": "Cactaceae", "rank": "family", "parent": "k"},
        {"id": "g", "name": "Pilocereus", "rank": "genus", "parent": "f"},
        {"id": "s", "name": "Pilocereus engelmannii", "parent": "g"},
    ]
    usages = ids(listed("Cacti", rows))
    adopt(make.change_set(kind="taxon edit"), [usages["s"]])
    assert not Occurrence.objects.visible_to(VISITOR).exists()


def test_a_name_that_a_look_up_finds_in_doubt_is_hidden_at_once(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    record = make.occurrence(scientific_name="Cactus magnus", locality="Behind the mill")
    names = Name.objects.filter(pk=record.name_id)
    names.update(state=Name.State.REVIEW)
    make.taxon("Cactus magnus", "Mill.", accepted=saguaro)
    make.taxon("Cactus magnus", "L.", parent=saguaro.parent)
    matching.link(names, make.change_set(kind="cleaning"))
    name = names.get()
    assert name.state == Name.State.REVIEW and len(name.candidates) == 2
    assert not Occurrence.objects.visible_to(VISITOR).exists()


def test_a_name_that_stands_in_its_parts_alone_is_protected(
    saguaro: Taxon, everywhere: ProtectionList
) -> None:
    parts = {"genus": "Carnegiea", "specific_epithet": "gigantea", "locality": "Behind the mill"}
    stands = make.occurrence(scientific_name=None, **parts)
    protecting.add_rule(None, everywhere, saguaro)
    assert not Occurrence.objects.visible_to(VISITOR).filter(pk=stands.pk).exists()
    assert make.occurrence(scientific_name=None, **parts).protection == Protection.PLACE


def test_an_import_hides_what_a_rule_covers_and_nothing_else(
    saguaro: Taxon, everywhere: ProtectionList, herbarium: Collection, administrator: Any
) -> None:
    protecting.add_rule(None, everywhere, saguaro)
    run = bring_in(
        herbarium,
        administrator,
        "catalogNumber,scientificName,locality\n"
        "A-1,Carnegiea gigantea,Secret canyon\nA-2,Quercus alba,Open wood\n",
    )
    made = Occurrence.objects.order_by("catalog_number")
    assert list(made.values_list("locality", "protection")) == [(None, 2), ("Open wood", 0)]
    assert Withheld.objects.get().terms["locality"] == "Secret canyon"
    announced = run.outcomes.order_by("number").values_list("target_guid", flat=True)
    assert list(made.values_list("guid", flat=True)) == list(announced)
