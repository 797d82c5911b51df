"""The keys by which two spellings of a name are the same, and by which two names are not."""

import pytest

from taxonomy.parsing import parse
from taxonomy.spelling import authorship_key, canonical_key, latinised, variant_key


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Ærugo", "Aerugo"),
        ("müllerii", "muellerii"),
        ("Åse", "Aose"),
        ("aëtos", "aetos"),
        ("a\u0308tna", "aetna"),  # a letter and its sign apart
        ("ñandu", "nandu"),
        ("œdipus", "oedipus"),
        ("кот", "кот"),
        ("alba", "alba"),
    ],
)
def test_letters_with_signs_are_written_out(word, plain):
    assert latinised(word) == plain


SAME = [
    ("Poa annua var. alba", "Poa annua alba"),
    ("× Heucherella tiarelloides", "Heucherella tiarelloides"),
    ("Aesculus × hippo-castanum", "aesculus hippocastanum"),
    ("Fusarium oxysporum f. sp. cubense", "Fusarium oxysporum cubense"),
    ("Candidatus Phytoplasma pruni", "Phytoplasma pruni"),
    ("Carex sect. Ovales", "Carex Ovales"),
    ("Iris mülleri", "Iris muelleri"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_signs_markers_case_and_letters_dont_count_in_a_canonical_key(one, other):
    assert canonical_key(one) == canonical_key(other) != ""


def test_a_text_and_its_canonical_name_have_one_key():
    for name in (
        "Œnanthe mülleri",
        "Trophon d'orbignyi",
        "Uva-Ursi cinerea",
        "Sedum × rubro-tinctum",
    ):
        assert canonical_key(parse(name).canonical) == canonical_key(name)


def test_different_names_have_different_keys():
    assert canonical_key("Fungi") != canonical_key("Fungia")
    assert canonical_key("Selenops ab") == "selenops ab"
    assert canonical_key("Poa annua subsp. annua") == "poa annua annua"  # an autonym is no species
    assert canonical_key("") == canonical_key("×") == ""


VARIANTS = [
    ("Prunus caerulea", "Prunus coeruleus"),
    ("Iris mulleri", "Iris muellerii"),
    ("Carex nigra", "Carex niger"),
    ("Rosa sylvestris", "Rosa silvestre"),
    ("Aus lithophilus", "Aus litophila"),
    ("Aus allioni", "Aus alionii"),
]


@pytest.mark.parametrize(("one", "other"), VARIANTS)
def test_gender_endings_and_letters_people_confuse_dont_count_in_a_variant_key(one, other):
    assert canonical_key(one) != canonical_key(other)
    assert variant_key(canonical_key(one)) == variant_key(canonical_key(other))


def test_a_genus_keeps_its_ending_in_a_variant_key():
    assert variant_key("fungi") != variant_key("fungia")
    assert variant_key("linaria") != variant_key("limaria")


def test_an_authorship_key_forgets_how_authors_are_joined():
    assert authorship_key("(Torr. & A. Gray) Rydb.") == authorship_key("(Torr. et A.Gray) Rydb")
    assert authorship_key("Müller, 1776") == "muller 1776"
