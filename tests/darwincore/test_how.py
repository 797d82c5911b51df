"""A person's decisions about reading a file, and what the reader shows for them."""

import pytest

from darwincore.issues import Refused
from darwincore.reader import How, open_source, pasted
from tests.darwincore.pack import archive, meta, table

TEXT = "catalogNumber,locality\nA-1,Río\nA-2,Ñuñoa\n"


def read(path, **how):
    with open_source(path, how=How(**how)) as source:
        return source, [row.cells for row in source.rows()]


def written(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def codes(source):
    return [issue.code for issue in source.issues]


def test_decisions_are_read_from_json():
    assert How.of({}) == How()
    assert How.of({"encoding": None, "day_first": {"1": True}, "repair": [1, "2"]}) == How(
        repair=(1, 2)
    )
    assert How.of({"header": False, "sheet": "A", "delimiter": ";", "repair": True}) == How(
        delimiter=";", header=False, sheet="A", repair=True
    )


# Encoding


def test_encoding_is_shown_with_words_to_compare(tmp_path):
    found = read(written(tmp_path, TEXT))[0].found["encoding"]
    assert (found["chosen"], found["by"]) == ("utf-8", "content")
    assert found["samples"] == ["Río", "Ñuñoa"]
    assert read(written(tmp_path, TEXT.encode("utf-16")))[0].found["encoding"]["by"] == "mark"
    assert read(written(tmp_path, "\ufeff" + TEXT))[0].found["encoding"]["by"] == "mark"


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850", "utf-16-le", "iso-8859-1", "utf-8"])
def test_encoding_that_a_person_names_is_believed(tmp_path, encoding):
    source, cells = read(written(tmp_path, TEXT.encode(encoding)), encoding=encoding)
    assert cells == [["A-1", "Río"], ["A-2", "Ñuñoa"]]
    assert source.found["encoding"]["by"] == "person"


def test_wrong_encoding_shows_in_the_cells_and_stops_nothing(tmp_path):
    assert read(written(tmp_path, TEXT), encoding="latin-1")[1][0] == ["A-1", "RÃ\xado"]


def test_encoding_of_an_archive_can_be_overruled(tmp_path):
    content = "id,catalogNumber,country\n1,A-1,Perú\n".encode("mac-roman")
    path = archive(tmp_path / "a.zip", occurrences__csv=content)
    assert read(path, encoding="macintosh")[1] == [["1", "A-1", "Perú"]]


def test_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(Refused, match='"klingon" is not known'):
        read(written(tmp_path, TEXT), encoding="klingon")


# Separator


@pytest.mark.parametrize("delimiter", [*":^~;|,#", "\t", "\x01", "¦"])
def test_separator_that_a_person_names_is_believed(tmp_path, delimiter):
    text = TEXT.replace(",", delimiter)
    source, cells = read(written(tmp_path, text), delimiter=delimiter)
    assert cells == [["A-1", "Río"], ["A-2", "Ñuñoa"]]
    assert source.found["delimiter"] == {"chosen": delimiter, "by": "person", "columns": 2}


def test_tab_may_be_named(tmp_path):
    path = written(tmp_path, TEXT.replace(",", "\t"))
    assert read(path, delimiter="tab")[1] == read(path, delimiter="\\t")[1] == read(path)[1]


@pytest.mark.parametrize("delimiter", ["||", "\n", '"'])
def test_separator_that_parts_nothing_is_refused(tmp_path, delimiter):
    with pytest.raises(Refused) as refused:
        read(written(tmp_path, TEXT), delimiter=delimiter)
    assert refused.value.code == "SEPARATOR_UNUSABLE"


# Header


@pytest.mark.parametrize(
    "text",
    [
        "A-00123,Quercus alba,1998-05-03\nA-00124,Quercus rubra,1998-05-04\n",
        "12,Perú\n13,Chile\n",
        "Perú,Lima,Smith\nChile,Lima,Smith\nPerú,Cusco,Ruiz\n",
        "33.10,-111.5,x\n",
    ],
)
def test_first_row_of_values_is_a_record(tmp_path, text):
    source, cells = read(written(tmp_path, text))
    assert len(cells) == text.count("\n")
    assert source.core.headers == [f"Column {at}" for at in range(1, len(cells[0]) + 1)]
    assert codes(source) == ["HEADER_MISSING"]
    assert source.found["header"]["chosen"] is False
    assert source.found["header"]["first"] == cells[0]


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "Colector,Fecha,No.\nRuiz,1998-05-03,12\n",
        "Alt1,Alt2\n12,13\n",
        "name,place\n",
        "catalogNumber,2019\nA-1,12\n",
    ],
)
def test_first_row_of_names_is_a_header(tmp_path, text):
    try:
        source, _cells = read(written(tmp_path, text))
    except Refused as refused:
        assert refused.code == "NO_ROWS"
        return
    assert source.core.headers[0] == text.partition(",")[0]
    assert codes(source) == []


def test_header_can_be_overruled(tmp_path):
    assert read(written(tmp_path, TEXT), header=False)[1][0] == ["catalogNumber", "locality"]
    source, cells = read(written(tmp_path, "12,Perú\n13,Chile\n"), header=True)
    assert (source.core.headers, cells) == (["12", "Perú"], [["13", "Chile"]])
    assert source.found["header"]["by"] == "person"


def test_title_above_the_header_is_passed_over_and_told(tmp_path):
    text = "Herbarium of the University,\n,\ncatalogNumber,locality\nA-1,Lima\n"
    source, cells = read(written(tmp_path, text))
    assert cells == [["A-1", "Lima"]]
    assert [tuple(issue) for issue in source.issues] == [("ROWS_ABOVE_HEADER", "", "2")]


# Spoilt letters

SPOILT = "catalogNumber,locality,recordedBy\nA-1,RÃ\xado,NÃºÃ±ez\nA-2,Lima,�\n"


def test_spoilt_letters_are_shown_before_and_after(tmp_path):
    source, cells = read(written(tmp_path, SPOILT))
    assert cells[0] == ["A-1", "RÃ\xado", "NÃºÃ±ez"]
    found = source.found["mojibake"]
    assert (found["chosen"], found["cells"], found["lost"]) == (None, 2, 1)
    assert found["columns"][1] == {
        "header": "locality",
        "cells": 1,
        "samples": [["RÃ\xado", "Río"]],
    }
    assert codes(source) == ["LETTERS_SPOILT", "LETTERS_LOST"]


@pytest.mark.parametrize(
    ("repair", "expected"),
    [
        (True, ["A-1", "Río", "Núñez"]),
        ((2,), ["A-1", "RÃ\xado", "Núñez"]),
        ((), ["A-1", "RÃ\xado", "NÃºÃ±ez"]),
        (False, ["A-1", "RÃ\xado", "NÃºÃ±ez"]),
    ],
)
def test_spoilt_letters_are_mended_where_a_person_says_so(tmp_path, repair, expected):
    source, cells = read(written(tmp_path, SPOILT), repair=repair)
    assert cells[0] == expected
    assert "LETTERS_SPOILT" not in codes(source)


def test_lines_that_mix_encodings_show_as_spoilt(tmp_path):
    line = "A-1,Río ".encode() + "Ñuñoa\n".encode("cp1252")
    source, _cells = read(written(tmp_path, b"catalogNumber,locality\n" + line))
    assert "LETTERS_SPOILT" in codes(source)


def test_file_in_order_has_nothing_to_mend(tmp_path):
    assert "mojibake" not in read(written(tmp_path, TEXT))[0].found


# Pasted rows


def test_rows_pasted_from_a_spreadsheet_are_a_table(tmp_path):
    content = pasted('catalogNumber\tlocality\r\nA-1\t"Río\nGrande"\r\nA-2\tLima, Perú\r\n')
    assert read(written(tmp_path, content, "Pasted rows.tsv"))[1] == [
        ["A-1", "Río\nGrande"],
        ["A-2", "Lima, Perú"],
    ]


def test_pasting_nothing_is_refused():
    with pytest.raises(Refused):
        pasted(" \r\n\t\r\n")


def test_declared_table_says_where_its_format_comes_from(tmp_path):
    source, _cells = read(archive(tmp_path / "a.zip", meta__xml=meta(table())))
    assert source.found["delimiter"]["by"] == "meta.xml"
    assert "header" not in source.found
