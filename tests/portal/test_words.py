"""docs/words.md says what the code says."""

import re
from pathlib import Path

import pytest

from darwincore.terms import BY_NAME

WORDS = Path(__file__).resolve().parents[2] / "docs" / "words.md"
ROW = re.compile(r"^\| ([^|]+) \| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    """Return (label, column, term) of each field in the table, one for each term of a row."""
    found = []
    for labels, columns, names in ROW.findall(WORDS.read_text()):
        terms = re.findall(r"\b[a-z]+(?:[A-Z][A-Za-z]*)\b", names) or [names.strip()]
        columns = columns.replace("`", "").split(", ")
        labels = re.sub(r" \(in lists:.*\)", "", labels).split(", ")
        found += list(zip(labels, columns, terms, strict=False))
    return found


def test_the_table_is_read():
    assert len(rows()) > 20


@pytest.mark.parametrize(("label", "column", "name"), rows())
def test_a_field_has_the_word_of_its_term(label, column, name):
    term = BY_NAME[name]
    assert term.label == label
    assert term.column == column or name == "otherCatalogNumbers"
