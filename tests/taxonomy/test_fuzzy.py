"""Misspelt names find the name that was meant, within two edits, and are never accepted."""

from __future__ import annotations

import random
import string

import pytest

from taxonomy import matching
from taxonomy.distance import distance
from taxonomy.fuzzy import Speller, one_edit_away
from taxonomy.matching import Asked, Match
from tests.taxonomy import known


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [
        ("quercus", "quercus", 0),
        ("quercus", "qurcus", 1),
        ("quercus", "querrcus", 1),
        ("quercus", "querkus", 1),
        ("quercus", "qeurcus", 1),
        ("quercus", "qeurcsu", 2),
        ("", "ab", 2),
        ("abies", "larix", 3),
        ("a", "abcdefg", 3),
    ],
)
def test_a_swap_of_neighbours_is_one_edit(first: str, second: str, edits: int) -> None:
    assert distance(first, second) == distance(second, first) == edits


def test_every_genus_one_edit_away_is_found() -> None:
    chance = random.Random(7)
    letters = string.ascii_lowercase
    words = ["".join(chance.choices(letters, k=chance.randint(3, 14))) for _ in range(300)]
    for word in words:
        at = chance.randrange(len(word))
        misspelt = chance.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + chance.choice(letters) + word[at:],
                word[:at] + chance.choice(letters) + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
            )
        )
        if misspelt and misspelt != word:
            assert word in one_edit_away([misspelt], words)[misspelt]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "misspelt",
    [
        "Qercus macrocarpa",  # a letter of the genus lost
        "Quercus macrcarpa",  # of the epithet
        "Quecrus macrocrapa",  # two neighbours swapped in each
        "Quirqus macrocarpa",  # two edits in the genus
        "Quercus makrokarpa",  # two edits in the epithet
        "Guercus macrocarpo",  # the first letter and the last
        "Quercuss macrocarppa",  # doubled letters
    ],
)
def test_two_edits_anywhere_are_found_and_proposed(misspelt: str) -> None:
    known.usage("Quercus macrocarpa", "Michx.")
    known.usage("Quercus alba", "L.")
    found = next(matching.match([Asked(1, misspelt)]))
    assert (found.state, found.how, found.chosen) == ("review", "similar", None)
    assert [one["name"] for one in found.candidates] == ["Quercus macrocarpa"]


@pytest.mark.django_db
def test_three_edits_are_another_name() -> None:
    known.usage("Quercus macrocarpa", "Michx.")
    assert _match("Qercus macrcrpa").state == "not found"


@pytest.mark.django_db
def test_names_of_the_thesaurus_are_found_too() -> None:
    known.taxon("Quercus macrocarpa", "Michx.")
    assert _match("Qercus macrocarpa").candidates[0]["taxon"]


@pytest.mark.django_db
def test_the_nearest_and_the_one_with_the_same_author_come_first() -> None:
    known.usage("Carex pallens", "Fristedt")
    known.usage("Carex palens", "Smith")
    known.usage("Carex galens", "L.")
    listed = [one["name"] for one in _match("Carex pallans").candidates]
    assert listed == ["Carex pallens", "Carex palens"]
    assert _match("Carex palans", "L.").candidates[0]["name"] == "Carex galens"


@pytest.mark.django_db
def test_a_misspelt_plant_is_never_proposed_as_an_animal() -> None:
    known.usage("Linaria vulgaris", "Mill.")
    known.usage("Limaria vulgaris", "Aut.", kingdom="Animalia")
    assert [one["kingdom"] for one in _match("Linania vulgaris", kingdom="Plantae").candidates] == [
        "Plantae"
    ]
    assert len(_match("Linania vulgaris").candidates) == 2


@pytest.mark.django_db
def test_without_fuzzy_nothing_similar_is_proposed() -> None:
    known.usage("Quercus macrocarpa", "Michx.")
    found = next(matching.match([Asked(1, "Qercus macrocarpa")], fuzzy=False))
    assert found.state == "not found"


@pytest.mark.django_db
def test_infraspecific_names_are_found_too() -> None:
    known.usage("Quercus alba subsp. macrocarpa", "L.")
    for misspelt in ("Qercus alba subsp. macrocapra", "Quercus alva subsp. macrocarp"):
        assert [one["name"] for one in _match(misspelt).candidates] == [
            "Quercus alba subsp. macrocarpa"
        ]


@pytest.mark.django_db
def test_overlong_names_harm_nothing() -> None:
    known.usage("Quercus " + "alba" * 100, "L.")
    assert Speller().near(["quercus " + "alb" * 100, "quercus alba"]) == {}


def _match(name: str, authorship: str = "", kingdom: str = "") -> Match:
    return next(matching.match([Asked(1, name, authorship)], kingdom=kingdom))
