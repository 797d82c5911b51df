"""Guarded cells are no formulas, and come back as they were."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.guarding import guarded, unguarded
from darwincore.reader import open_source

FORMULAS = [
    "=1+1",
    "+34 km",
    "-dry",
    "@home",
    "\t=1",
    "\r=1",
    "'=1",
    "''@x",
    "-",
    "-1+cmd|x",
    "-1\n",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_gets_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["-111.5", "+3", "-1,5", "1932-07-14", "-2.5e-3", "'t Hart", "a=b", "", "'", "-111.5000"],
)
def test_numbers_and_words_stay_as_they_are(text):
    assert guarded(text) == text


@given(st.text(alphabet="=+-@'\t\r1.a ", max_size=8))
def test_what_was_guarded_comes_back(text):
    kept = guarded(text)
    assert kept[:1] not in ("=", "@", "\t", "\r")
    if kept != text or not text.startswith("'"):
        assert unguarded(kept) == text


def test_a_file_of_guarded_cells_reads_as_what_they_were(tmp_path):
    path = tmp_path / "a.csv"
    texts = ["=1+1", "'=1", "''@x", "-1 (dry)", "-111.5"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["catalogNumber", "locality"])
        writer.writerows([[at, guarded(text)] for at, text in enumerate(texts)])
    with open_source(path) as source:
        assert [row.cells[1] for row in source.core.rows()] == texts
