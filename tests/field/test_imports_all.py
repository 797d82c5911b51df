"""Every real file of records: refused in words, or in once and out again."""

import os
from pathlib import Path

import pytest

from journal import undo
from occurrences import imports
from occurrences.models import ImportRun
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import received

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
pytestmark = [
    pytest.mark.field,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]
SUMMED = ("created", "updated", "unchanged", "blocked", "conflict", "excluded")


def files():
    found = FOLDER.glob("[12]-*/**/*") if os.environ.get("FIELD_DATA") else ()
    return sorted(str(path.relative_to(FOLDER)) for path in found if path.is_file())


def brought_in(name, into, by):
    """Import a file as far as it goes; return its run."""
    path = FOLDER / name
    run = received(into, by, path.read_bytes(), path.name)
    imports.stage(run)
    if run.state == ImportRun.State.STAGED:
        imports.check(run)
        imports.apply(run)
        assert run.counts["rows"] == sum(run.counts[word] for word in SUMMED)
    return run


@pytest.mark.parametrize("name", files())
def test_a_file_is_refused_or_comes_in_once(name):
    by = make.user()
    into = make.collection(administrator=by)
    before = hash_collection(into)
    run = brought_in(name, into, by)
    if run.state == ImportRun.State.REFUSED:
        assert str(run.refusal).endswith(".")
        return
    counts = run.counts
    written = hash_collection(into)
    assert into.occurrences.count() == counts["created"] == written[1]
    assert counts["updated"] == counts["unchanged"] == counts["conflict"] == 0

    again = brought_in(name, into, by)
    assert (again.counts["unchanged"], again.change_set) == (counts["created"], None)
    assert hash_collection(into) == written

    undo.undo(run.change_set, by)
    assert hash_collection(into) == before
