"""Names are linked only where nothing speaks against it; the hard names go to a person."""

from __future__ import annotations

from typing import Any

import pytest

from taxonomy import matching
from taxonomy.matching import Asked, Match
from tests.taxonomy import known

pytestmark = pytest.mark.django_db


def match(name: str, authorship: str = "", **values: Any) -> Match:
    options = {key: values.pop(key) for key in ("kingdom", "sources", "fuzzy") if key in values}
    return next(matching.match([Asked("key", name, authorship, **values)], **options))


def names(found: Match) -> list[str]:
    return [f"{one['name']} {one['authorship']}".strip() for one in found.candidates]


# -- The order of evidence ------------------------------------------------------------------------


def test_same_name_and_author_is_linked_among_homonyms() -> None:
    known.usage("Poa annua", "L.")
    known.usage("Poa annua", "Cham. & Schltdl.")
    found = match("Poa annua", "L.")
    assert (found.state, found.how) == ("linked", "exact with author")
    assert found.chosen and found.chosen["authorship"] == "L."
    assert names(found) == ["Poa annua L.", "Poa annua Cham. & Schltdl."]


def test_the_author_inside_the_name_counts() -> None:
    known.usage("Poa annua", "L.")
    assert match("Poa annua Linnaeus").how == "exact with author"


def test_the_only_one_of_that_spelling_is_linked_without_an_author() -> None:
    known.usage("Poa annua", "L.")
    assert (match("Poa annua").state, match("Poa annua").how) == ("linked", "exact")


def test_a_synonym_is_linked_and_tells_its_accepted_name() -> None:
    puma = known.usage("Puma concolor", "(Linnaeus, 1771)", kingdom="Animalia")
    known.usage("Felis concolor", "Linnaeus, 1771", kingdom="Animalia", synonym_of=puma)
    found = match("Felis concolor")
    assert (found.state, found.how) == ("linked", "synonym")
    assert found.chosen and found.chosen["accepted"] == "Puma concolor (Linnaeus, 1771)"


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Carex albus", "Carex alba"),
        ("Carex viride", "Carex viridis"),
        ("Carex niger", "Carex nigra"),
        ("Viola smithi", "Viola smithii"),
        ("Carex alba ssp. minor", "Carex alba subsp. minus"),
    ],
)
def test_another_ending_is_linked(asked: str, listed: str) -> None:
    known.usage(listed, "Scop.")
    found = match(asked)
    if (asked, listed) == ("Carex alba ssp. minor", "Carex alba subsp. minus"):
        assert found.state == "review"  # -or, -us is no pair of genders
    else:
        assert (found.state, found.how) == ("linked", "orthographic variant")


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Carex silvatica", "Carex sylvatica"),
        ("Carex coerulea", "Carex caerulea"),
        ("Carex pallescens", "Carex palescens"),
        ("Linarea vulgaris", "Linaria vulgaris"),
        ("Carex rubra", "Carex ruba"),
    ],
)
def test_every_other_variant_is_only_proposed(asked: str, listed: str) -> None:
    known.usage(listed, "Scop.")
    found = match(asked)
    assert (found.state, found.chosen) == ("review", None)
    assert names(found) == [f"{listed} Scop."]


def test_two_possible_endings_need_a_person() -> None:
    known.usage("Carex alba", "Scop.")
    known.usage("Carex albis", "Scop.")
    assert match("Carex albus").state == "review"


def test_another_ending_with_another_author_needs_a_person() -> None:
    known.usage("Carex alba", "Scop.")
    assert match("Carex albus", "Boott").state == "review"


def test_an_unknown_name_is_not_found() -> None:
    known.usage("Carex alba", "Scop.")
    assert match("Quercus robur") == Match("key", "not found", "", None, [])


# -- What keeps a name from being linked ----------------------------------------------------------


def test_an_author_that_contradicts_the_only_one_needs_a_person() -> None:
    known.usage("Poa annua", "L.")
    found = match("Poa annua", "Cham. & Schltdl.")
    assert (found.state, found.how, names(found)) == ("review", "author differs", ["Poa annua L."])


def test_homonyms_need_a_person() -> None:
    known.usage("Gerardia", "L.", family="Acanthaceae")
    known.usage("Gerardia", "Benth.", family="Orobanchaceae")
    found = match("Gerardia")
    assert (found.state, found.how, len(found.candidates)) == ("review", "homonym", 2)


def test_the_family_tells_homonyms_apart() -> None:
    known.usage("Agabus", "Leach, 1817", kingdom="Animalia", family="Dytiscidae")
    known.usage("Agabus", "Reuter, 1888", kingdom="Animalia", family="Miridae")
    found = match("Agabus", family="Miridae")
    assert (found.state, found.how) == ("linked", "exact, by family")
    assert names(found)[0] == "Agabus Reuter, 1888"


def test_another_family_needs_a_person_but_not_its_other_name() -> None:
    known.usage("Linaria vulgaris", "Mill.", family="Plantaginaceae")
    known.usage("Aster alpinus", "L.", family="Asteraceae")
    found = match("Linaria vulgaris", "Mill.", family="Scrophulariaceae")
    assert (found.state, found.how) == ("review", "family differs")
    assert match("Aster alpinus", family="Compositae").state == "linked"


def test_oenanthe_is_a_plant_for_the_herbarium_and_a_bird_for_the_birds() -> None:
    known.usage("Oenanthe", "L.", family="Apiaceae")
    known.usage("Oenanthe", "Vieillot, 1816", kingdom="Animalia", family="Muscicapidae")
    assert match("Oenanthe").how == "homonym"
    for kingdom, author in (("Plantae", "L."), ("Animalia", "Vieillot, 1816")):
        for found in (match("Oenanthe", kingdom=kingdom), match("Oenanthe", context=kingdom)):
            assert found.chosen and found.chosen["authorship"] == author
    assert names(match("Oenanthe", context="ICZN")) == ["Oenanthe Vieillot, 1816"]


def test_the_record_says_its_kingdom_before_the_collection() -> None:
    known.usage("Ficus", "L.")
    known.usage("Ficus", "Röding, 1798", kingdom="Animalia")
    found = match("Ficus", context="Animalia", kingdom="Plantae")
    assert found.chosen and found.chosen["kingdom"] == "Animalia"


def test_a_plant_is_never_linked_to_an_animal() -> None:
    known.usage("Ficus variegata", "Röding, 1798", kingdom="Animalia")
    assert match("Ficus variegata", context="Plantae").state == "not found"
    assert match("Ficus variegatus", context="Plantae").state == "not found"
    assert match("Ficus variegat", context="Plantae").state == "not found"


@pytest.mark.parametrize(
    ("asked", "listed"),
    [("Fungi", "Fungia"), ("Linaria", "Limaria"), ("Brunella", "Prunella"), ("Linaria", "Lima")],
)
def test_single_words_are_never_similar(asked: str, listed: str) -> None:
    known.usage(listed, "Auct.", kingdom="Animalia")
    assert match(asked) == Match("key", "not found", "", None, [])


def test_brunella_finds_prunella_only_as_a_synonym_somebody_wrote_down() -> None:
    prunella = known.usage("Prunella vulgaris", "L.")
    assert match("Brunella vulgaris").state == "review"
    known.usage("Brunella vulgaris", "(L.) Neck.", synonym_of=prunella)
    assert match("Brunella vulgaris").how == "synonym"


def test_alga_of_another_kingdom_needs_a_person() -> None:
    known.usage("Fucus vesiculosus", "L.", kingdom="Chromista")
    found = match("Fucus vesiculosus", context="Plantae")
    assert (found.state, found.how) == ("review", "kingdom differs")


def test_another_rank_needs_a_person() -> None:
    known.usage("Poa annua var. rigida", "Aut.", rank="variety")
    found = match("Poa annua subsp. rigida")
    assert (found.state, found.how) == ("review", "rank differs")


def test_a_subgenus_is_no_species() -> None:
    known.usage("Trichosalpinx subg. Tubella", "Luer", rank="subgenus")
    assert match("Trichosalpinx tubella").how == "rank differs"


def test_a_trinomial_without_a_rank_is_linked_when_only_one_is_meant() -> None:
    known.usage("Poa annua var. rigida", "Aut.", rank="variety")
    assert match("Poa annua rigida", context="Plantae").state == "linked"
    known.usage("Poa annua subsp. rigida", "Aut.", rank="subspecies")
    assert match("Poa annua rigida", context="Plantae").how == "homonym"


@pytest.mark.parametrize("status", ["misapplied", "ambiguous synonym"])
def test_misapplied_and_ambiguous_names_need_a_person(status: str) -> None:
    accepted = known.usage("Poa supina", "Schrad.")
    known.usage("Poa annua", "L.", synonym_of=accepted, status=status)
    assert (match("Poa annua", "L.").state, match("Poa annua").how) == ("review", status)


def test_a_name_with_two_accepted_names_needs_a_person() -> None:
    for accepted in ("Poa supina", "Poa infirma"):
        known.usage("Poa annua", "L.", synonym_of=known.usage(accepted))
    assert match("Poa annua", "L.").state == "review"


# -- Qualifiers, hybrids, autonyms ----------------------------------------------------------------


@pytest.mark.parametrize(
    "asked", ["Quercus sp.", "Quercus spp.", "Quercus sp. 1", "Quercus indet."]
)
def test_an_unnamed_species_is_linked_to_its_genus(asked: str) -> None:
    known.usage("Quercus", "L.")
    known.usage("Quercus alba", "L.")
    found = match(asked)
    assert (found.state, found.how, names(found)) == ("linked", "genus of sp.", ["Quercus L."])


def test_a_new_species_is_linked_to_its_genus_unless_it_has_a_name() -> None:
    known.usage("Quercus", "L.")
    assert match("Quercus sp. nov.").how == "genus of sp."
    assert match("Quercus nova sp. nov.").state == "not found"


@pytest.mark.parametrize(
    "asked",
    ["Quercus cf. alba", "Quercus alba ?", "Quercus ?alba", "Quercus alba group",
     "Quercus alba sensu auct.", "Quercus aff. alba", "Quercus sp. cf. alba"],
)  # fmt: skip
def test_a_doubtful_identification_is_never_linked(asked: str) -> None:
    known.usage("Quercus", "L.")
    known.usage("Quercus alba", "L.")
    found = match(asked)
    assert (found.state, found.how, found.chosen) == ("review", "qualified", None)
    assert found.candidates


def test_a_wide_sense_is_the_same_name() -> None:
    known.usage("Quercus alba", "L.")
    assert match("Quercus alba s.l.").state == "linked"
    assert match("Quercus alba agg.").state == "review"


def test_a_hybrid_formula_is_never_linked() -> None:
    known.usage("Quercus alba × Quercus rubra")
    for formula in ("Quercus alba × Quercus rubra", "Quercus alba x rubra"):
        found = match(formula)
        assert (found.state, found.how) == ("review", "hybrid formula")
    assert match("Salix alba × Salix nigra").state == "not found"


def test_a_named_hybrid_is_linked_with_and_without_its_sign() -> None:
    known.usage("Quercus × bebbiana", "C.K.Schneid.")
    for asked in ("Quercus × bebbiana", "Quercus ×bebbiana", "Quercus bebbiana"):
        assert match(asked).state == "linked", asked


def test_an_autonym_is_linked_to_the_autonym() -> None:
    known.usage("Poa annua", "L.")
    known.usage("Poa annua subsp. annua")
    found = match("Poa annua L. subsp. annua")
    assert (found.state, names(found)) == ("linked", ["Poa annua subsp. annua"])


def test_an_unknown_autonym_is_proposed_by_its_species() -> None:
    known.usage("Poa annua", "L.")
    found = match("Poa annua var. annua")
    assert (found.state, found.how, names(found)) == ("review", "species of it", ["Poa annua L."])


def test_what_is_no_name_is_not_looked_for() -> None:
    found = match("unknown")
    assert (found.state, found.how) == ("not found", "not a name")


# -- Several sources ------------------------------------------------------------------------------


def test_sources_that_agree_are_no_tie() -> None:
    known.usage("Poa annua", "L.", source="One")
    known.usage("Poa annua", "Linnaeus", source="Two")
    known.usage("Poa annua", "", source="Three")
    found = match("Poa annua")
    assert (found.state, found.chosen and found.chosen["source"]) == ("linked", "One")
    assert len(found.candidates) == 1


def test_sources_that_disagree_need_a_person() -> None:
    known.usage("Tubella", "(Luer) Archila", source="One")
    accepted = known.usage("Trichosalpinx", "Luer", source="Two")
    known.usage("Tubella", "(Luer) Archila", source="Two", synonym_of=accepted)
    found = match("Tubella", "(Luer) Archila")
    assert (found.state, found.how) == ("review", "sources disagree")


def test_the_thesaurus_decides_where_sources_disagree() -> None:
    test_sources_that_disagree_need_a_person()
    taxon = known.taxon("Tubella", "(Luer) Archila")
    found = match("Tubella", "(Luer) Archila")
    assert found.chosen and found.chosen["taxon"] == str(taxon.guid)


def test_the_thesaurus_stands_before_a_checklist() -> None:
    known.usage("Poa annua", "L.")
    taxon = known.taxon("Poa annua")
    for author in ("", "L."):
        found = match("Poa annua", author)
        assert found.chosen and found.chosen["taxon"] == str(taxon.guid)


def test_a_homonym_in_a_checklist_still_counts_against_the_thesaurus() -> None:
    known.taxon("Oenanthe", "L.")
    known.usage("Oenanthe", "Vieillot, 1816", kingdom="Animalia")
    assert match("Oenanthe").state == "review"


def test_only_the_chosen_sources_are_asked() -> None:
    known.usage("Poa annua", "L.", source="One")
    known.usage("Poa supina", "L.", source="Two")
    second = known.checklist("Two").pk
    assert match("Poa annua", sources=[second]).state == "not found"
    assert match("Poa supina", sources=[second]).state == "linked"
    assert match("Poa supina", sources=[]).state == "not found"


def test_a_merged_taxon_is_not_found() -> None:
    target = known.taxon("Poa supina")
    known.taxon("Poa annua", merged_into=target)
    assert match("Poa annua").state == "not found"


def test_many_names_come_back_in_their_order() -> None:
    known.usage("Poa annua", "L.")
    asked = [Asked(n, "Poa annua" if n % 2 else f"Poa nulla{n}") for n in range(50)]
    found = list(matching.match(asked))
    assert [one.key for one in found] == list(range(50))
    assert {one.state for one in found[1::2]} == {"linked"}


# -- What somebody types --------------------------------------------------------------------------


def test_typed_beginnings_find_names() -> None:
    known.usage("Quercus alba", "L.")
    known.usage("Quercus rubra", "L.")
    known.usage("Quercula alba", "L.", kingdom="Animalia")
    assert [one["name"] for one in matching.candidates_for("Querc al")] == [
        "Quercula alba",
        "Quercus alba",
    ]
    assert [one["name"] for one in matching.candidates_for("querc al", "Plantae")] == [
        "Quercus alba"
    ]
    assert [one["name"] for one in matching.candidates_for("Quercus rubra L.")] == ["Quercus rubra"]
    assert [one["name"] for one in matching.candidates_for("Qercus rubar")] == ["Quercus rubra"]
    assert matching.candidates_for("  ") == []
