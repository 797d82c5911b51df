"""Every real file of records: refused in words, or in once and out again, as the table says.

The table of outcomes is read by people: a line that changes wants a reason. It is made anew with
`KEEP_OUTCOMES=1`. It names files, figures, codes and the portal's own words, and nothing of what
stands in the files.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from darwincore.codes import CODES
from darwincore.issues import Issue, describe
from journal import undo
from occurrences import imports
from occurrences.models import ImportOutcome, ImportRun
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import received

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
OUTCOMES = Path(__file__).with_name("import_outcomes.tsv")
pytestmark = [
    pytest.mark.field,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]
SUMMED = ("created", "updated", "unchanged", "blocked", "conflict", "excluded")
COLUMNS = ("file", "outcome", "rows", "created", "blocked", "columns", "extensions", "told")
MOST_TOLD = 8
LARGE = 400_000  # bytes


def files():
    found = FOLDER.glob("[12]-*/**/*") if os.environ.get("FIELD_DATA") else ()
    return sorted(str(path.relative_to(FOLDER)) for path in found if path.is_file())


def sized(name):
    """Return a file as a test's parameter, slow where it is large."""
    large = (FOLDER / name).stat().st_size > LARGE
    return pytest.param(name, marks=pytest.mark.slow) if large else name


def expected():
    with OUTCOMES.open(newline="") as kept:
        lines = csv.reader(kept, delimiter="\t")
        return {line[0]: tuple(line) + ("",) * (len(COLUMNS) - len(line)) for line in lines}


@pytest.fixture(scope="module")
def table():
    """Collect a line a file; write them where KEEP_OUTCOMES asks for it."""
    lines = {"file": COLUMNS}
    yield lines
    if os.environ.get("KEEP_OUTCOMES"):
        kept = expected() if OUTCOMES.exists() else {}
        lines = [lines.get(name, kept.get(name, ())) for name in ("file", *files())]
        OUTCOMES.write_text("".join("\t".join(line).rstrip() + "\n" for line in lines if line))


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


def line_of(name, run):
    """Return what a file came to, as a line of the table."""
    if run.state == ImportRun.State.REFUSED:
        code = run.source["refused"]
        words = str(describe(Issue(code, "", "…")))
        return (name, "refused", "", "", "", "", "", f"{code}: {words}")
    counts = run.counts
    headers = len(run.mapping)
    mapped = sum(bool(entry["term"]) for entry in run.mapping)
    extensions = " ".join(
        f"{kind}:{told['rows']}" + (f"-{told['orphans']}" if told["orphans"] else "")
        for kind, told in sorted(counts["extensions"].items())
    )
    figures = (counts["rows"], counts["created"], counts["blocked"])
    told = Counter(counts["issues"]).most_common()
    told = " ".join(f"{code}:{number}" for code, number in sorted(told, key=in_order)[:MOST_TOLD])
    return (
        name,
        "in",
        *map(str, figures),
        f"{mapped} of {headers}",
        extensions,
        " ".join(filter(None, (told, silent_blocks(run)))),
    )


def in_order(counted):
    code, number = counted
    return (CODES[code].severity != "blocking", -number, code)


def silent_blocks(run):
    """Return the reasons, in the portal's words, of rows that are blocked without an issue."""
    blocked = run.outcomes.filter(action=ImportOutcome.Action.BLOCKED, issues=None)
    reasons = Counter(blocked.values_list("reason", flat=True))
    return " ".join(f"“{reason}”:{number}" for reason, number in sorted(reasons.items()))


@pytest.mark.parametrize("name", [sized(name) for name in files()])
def test_a_file_is_refused_or_comes_in_once_as_the_table_says(name, table):
    by = make.user()
    into = make.collection(administrator=by)
    before = hash_collection(into)
    run = brought_in(name, into, by)
    table[name] = line_of(name, run)
    if run.state == ImportRun.State.REFUSED:
        assert str(run.refusal).endswith(".")
    else:
        _comes_in_once(name, run, before)
    if not os.environ.get("KEEP_OUTCOMES"):
        assert table[name] == expected().get(name)


def _comes_in_once(name, run, before):
    into, by, counts = run.collection, run.user, run.counts
    written = hash_collection(into)
    assert into.occurrences.count() == counts["created"] == written[1]
    assert counts["updated"] == counts["unchanged"] == counts["conflict"] == 0

    again = brought_in(name, into, by)
    assert (again.counts["unchanged"], again.change_set) == (counts["created"], None)
    assert hash_collection(into) == written

    undo.undo(run.change_set, by)
    assert hash_collection(into) == before


def test_the_table_has_a_line_for_every_file():
    assert list(expected()) == ["file", *files()]
