"""How a name is set: what is Latin in italics, markers of rank upright."""

import pytest

from taxonomy.italics import parts

CASES = [
    ("Fagaceae", "family", "Fagaceae"),
    ("Quercus alba", "species", "<Quercus alba>"),
    ("Poa annua subsp. varia", "subspecies", "<Poa annua >subsp.< varia>"),
    ("Quercus × mendocinensis", "species", "<Quercus >×< mendocinensis>"),
    ("×Heucherella", "genus", "×<Heucherella>"),
    ("Poa f. sp. tritici", "forma specialis", "<Poa >f. sp.< tritici>"),
    ("Rosa 'Peace'", "cultivar", "<Rosa >'Peace'"),
    ("Poa annua var. alba f. minor", "form", "<Poa annua >var.< alba >f.< minor>"),
    ("Vulpes vulpes fulva", "subspecies", "<Vulpes vulpes fulva>"),
    ("Quercus section", "unknown rank", "Quercus section"),
]


@pytest.mark.parametrize(("name", "rank", "set_as"), CASES)
def test_markers_stand_upright(name, rank, set_as):
    assert (
        "".join(f"<{text}>" if slanted else text for text, slanted in parts(name, rank)) == set_as
    )
