"""Cells that say NA, as R and pandas write it, are blank; a person may say otherwise."""

import pytest

from darwincore.issues import Refused
from darwincore.reader import How, open_source


def read(tmp_path, text, **how):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with open_source(path, how=How(**how)) as source:
        return source, [row.cells for row in source.core.rows()]


AMONG_NUMBERS = "catalogNumber,decimalLatitude,countryCode,county\n1,33.1,NA,NA\n2,NA,US,Pima\n"


def test_na_among_numbers_is_blank_in_all_columns_but_that_of_countries(tmp_path):
    source, cells = read(tmp_path, AMONG_NUMBERS)
    assert cells == [["1", "33.1", "NA", ""], ["2", "", "US", "Pima"]]
    assert source.found["nothing"]["marks"] == ["NA"]
    assert [issue.code for issue in source.issues] == ["CELLS_SAY_NOTHING"]


@pytest.mark.parametrize(
    "text",
    [
        "catalogNumber,locality,county\nA 1,NA,Pima\nA 2,Ures,Pima\n",
        "catalogNumber,country\nA 1,NA\nA 2,US\n",
    ],
)
def test_na_in_one_column_of_words_stays_until_a_person_says_so(tmp_path, text):
    source, cells = read(tmp_path, text)
    assert cells[0][1] == "NA" and source.found["nothing"]["chosen"] is False
    assert source.issues == []
    _source, cells = read(tmp_path, text, nothing=True)
    assert cells[0][1] == ""


def test_a_person_keeps_na_where_it_means_something(tmp_path):
    source, cells = read(tmp_path, AMONG_NUMBERS, nothing=False)
    assert cells[1][1] == "NA" and source.found["nothing"]["by"] == "person"


def test_na_in_three_columns_is_blank(tmp_path):
    text = "catalogNumber,county,sex,family\nA 1,NA,NA,NA\nA 2,Pima,f,Apidae\n"
    assert read(tmp_path, text)[1][0] == ["A 1", "", "", ""]


def test_xml_in_utf_16_is_no_table(tmp_path):
    path = tmp_path / "eml.csv"
    path.write_text("<?xml version='1.0' encoding='utf-16'?>\n<eml>\n<a/>\n</eml>\n", "utf-16")
    with pytest.raises(Refused) as refused:
        open_source(path)
    assert refused.value.code == "FILE_NOT_TEXT"
