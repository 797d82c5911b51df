"""What came from a real file leaves as one, and comes in again without a change."""

import os
from pathlib import Path

import pytest

from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.test_downloads_again import bring_in, export, leave_the_portal

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
pytestmark = [
    pytest.mark.field,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]
FILES = {
    "SymbOutput_2025-07-11_162752_DwC-A.zip": 60,
    "vampire-moths-2018.packed.zip": 1336,
    "gryonoides-seltmann.packed.zip": 1342,
}


@pytest.mark.parametrize("form", ["csv", "dwca"])
@pytest.mark.parametrize(
    "name", [next(iter(FILES)), *(pytest.param(n, marks=pytest.mark.slow) for n in [*FILES][1:])]
)
def test_a_real_file_survives_export_and_import(
    herbarium, administrator, tmp_path, capsys, name, form
):
    empty = make.collection("EMPTY", administrator=administrator)
    file = next(FOLDER.rglob(name))
    assert bring_in(file, herbarium, administrator, capsys)["created"] == FILES[name]
    before = hash_collection(herbarium)
    taken = export(herbarium, form, tmp_path)
    assert bring_in(taken, herbarium, administrator, capsys)["unchanged"] == FILES[name]
    assert hash_collection(herbarium) == before
    first = export(herbarium, "csv", tmp_path).read_bytes()
    leave_the_portal(herbarium)
    assert bring_in(taken, empty, administrator, capsys)["created"] == FILES[name]
    assert export(empty, "csv", tmp_path).read_bytes() == first
