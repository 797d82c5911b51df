"""Tables: encodings, separators, quoting, ragged rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.issues import Refused
from darwincore.reader import Limits, open_source
from tests.darwincore.pack import gzipped, tarred, zipped

TEXT = "catalogNumber,recordedBy,locality\nA-1,L. Gómez,“Cañón” del Río\nA-2,Müller,plain\n"
ROWS = [["A-1", "L. Gómez", "“Cañón” del Río"], ["A-2", "Müller", "plain"]]


def write(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path, **options):
    """Return a source and all its rows."""
    with open_source(path, **options) as source:
        return source, list(source.rows())


def cells(path):
    return [row.cells for row in read(path)[1]]


@pytest.mark.parametrize(
    ("encoding", "shown", "repaired"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", False),
        ("utf-16", "utf-16", False),
        ("utf-16-le", "utf-16-le", False),
        ("utf-16-be", "utf-16-be", False),
        ("cp1252", "windows-1252", True),
    ],
)
def test_every_encoding_gives_the_same_cells(tmp_path, encoding, shown, repaired):
    source, rows = read(write(tmp_path / "a.csv", TEXT, encoding))
    assert source.core.headers == ["catalogNumber", "recordedBy", "locality"]
    assert [row.cells for row in rows] == ROWS
    assert source.encoding == shown
    assert [issue.code for issue in source.issues] == ["ENCODING_REPAIRED"] * repaired


def test_latin_1_is_read_where_it_differs_from_windows_1252(tmp_path):
    path = write(tmp_path / "a.csv", "name,x\nb\u0081r,é\n", "latin-1")
    assert cells(path) == [["b\u0081r", "é"]]


def test_lines_that_are_not_utf_8_are_counted_and_the_others_stay(tmp_path):
    source, rows = read(
        write(tmp_path / "a.csv", "name,x\nGómez,1\n".encode() + "Müller,2\n".encode("cp1252"))
    )
    assert [row.cells[0] for row in rows] == ["Gómez", "Müller"]
    assert source.issues[0].value == "1 of 3 lines were"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(tmp_path, delimiter, end):
    rows = [["name", "place", "note"], ["Quercus", "a b", "x"], ["Pinus", "", "1.5"]]
    text = end.join(delimiter.join(row) for row in rows) + end
    source, found = read(write(tmp_path / "a.txt", text))
    assert source.delimiter == delimiter
    assert source.core.headers == rows[0]
    assert [row.cells for row in found] == rows[1:]
    assert [row.line for row in found] == [2, 3]


def test_separator_is_found_beside_others_in_the_text(tmp_path):
    text = "name;lat;note\nQuercus;33,1;a, b, c\nPinus;12,5;d, e | f\n"
    source, rows = read(write(tmp_path / "a.csv", text))
    assert source.delimiter == ";"
    assert rows[0].cells == ["Quercus", "33,1", "a, b, c"]


def test_table_of_one_column(tmp_path):
    assert cells(write(tmp_path / "a.csv", "name\nQuercus\nPinus\n")) == [["Quercus"], ["Pinus"]]


def test_quoted_cells_keep_separators_quotes_and_line_breaks(tmp_path):
    text = 'name,note\nA,"one, ""two""\nthree"\nB,last\n'
    _, rows = read(write(tmp_path / "a.csv", text))
    assert [row.cells for row in rows] == [["A", 'one, "two"\nthree'], ["B", "last"]]
    assert [row.line for row in rows] == [2, 4]


def test_quotes_that_enclose_nothing_are_text_in_a_tab_separated_file(tmp_path):
    text = 'name\tnote\nA\t"big tree\nB\t5" wide\nC\tlast\n'
    assert cells(write(tmp_path / "a.tsv", text)) == [
        ["A", '"big tree'],
        ["B", '5" wide'],
        ["C", "last"],
    ]


def test_quotes_enclose_in_a_tab_separated_file_that_uses_them(tmp_path):
    text = '"name"\t"note"\n"A"\t"one\ttwo"\n"B"\t"x ""y"""\n'
    assert cells(write(tmp_path / "a.tsv", text)) == [["A", "one\ttwo"], ["B", 'x "y"']]


def test_quotes_behind_a_backslash_are_quotes(tmp_path):
    text = 'name,note,x\nA,"known as \\"Cape, Ivy\\", here",1\nB,plain,2\n'
    assert cells(write(tmp_path / "a.csv", text)) == [
        ["A", 'known as "Cape, Ivy", here', "1"],
        ["B", "plain", "2"],
    ]


def test_cells_are_trimmed_and_blank_rows_passed_over(tmp_path):
    _, rows = read(write(tmp_path / "a.csv", "\n\n name , x \n\n A , 1 \n,,\n  ,\nB,2\n"))
    assert [(row.line, row.cells) for row in rows] == [(5, ["A", "1"]), (8, ["B", "2"])]


def test_short_row_is_padded_and_told(tmp_path):
    _, rows = read(write(tmp_path / "a.csv", "a,b,c\n1,2\n1,2,3\n"))
    assert rows[0].cells == ["1", "2", ""]
    assert [(issue.code, issue.value) for issue in rows[0].issues] == [
        ("ROW_TOO_SHORT", "2 of 3 cells")
    ]
    assert rows[1].issues == ()


def test_long_row_is_cut_and_told_unless_the_rest_is_blank(tmp_path):
    _, rows = read(write(tmp_path / "a.csv", "a,b\n1,2,,lost\n1,2,,\n"))
    assert [row.cells for row in rows] == [["1", "2"], ["1", "2"]]
    assert [(issue.code, issue.value) for issue in rows[0].issues] == [("ROW_TOO_LONG", "lost")]
    assert rows[1].issues == ()


def test_control_characters_go_and_are_told(tmp_path):
    text = "name,note\nA\x00B,x\x0by\nC,one\rtwo\nD,plain\n"
    _, rows = read(write(tmp_path / "a.csv", text))
    assert [row.cells for row in rows] == [["AB", "xy"], ["C", "one\ntwo"], ["D", "plain"]]
    assert [[issue.code for issue in row.issues] for row in rows] == [
        ["CONTROL_CHARACTERS"],
        [],
        [],
    ]


def test_null_of_a_database_dump_is_blank(tmp_path):
    path = write(tmp_path / "a.tsv", "name\tnote\nA\t\\N\n\\N\t\\Nothing\n")
    assert cells(path) == [["A", ""], ["", "\\Nothing"]]


def test_two_columns_of_one_name_are_told(tmp_path):
    source, _ = read(write(tmp_path / "a.csv", "name,Name,x\n1,2,3\n"))
    assert [(issue.code, issue.value) for issue in source.issues] == [("HEADER_DUPLICATE", "name")]


def test_rows_can_be_read_twice(tmp_path):
    with open_source(write(tmp_path / "a.csv", TEXT)) as source:
        assert list(source.rows()) == list(source.rows())


@pytest.mark.parametrize("pack", [gzipped, None])
def test_packed_table_is_a_table(tmp_path, pack):
    if pack:
        path = gzipped(tmp_path / "a.csv.gz", TEXT.encode())
    else:
        path = zipped(tmp_path / "a.zip", {"a.csv": TEXT, "README.txt": "Read\nme", "x.jpg": b"1"})
    source, rows = read(path)
    assert (source.kind, source.core.file) == ("table", "a.csv")
    assert [row.cells for row in rows] == ROWS
    assert source.issues == []


def test_tar_without_compression(tmp_path):
    assert cells(tarred(tmp_path / "a.tar", {"a.csv": TEXT}, "w")) == ROWS


# Files that are no tables


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b" \n\n\t\n", "FILE_EMPTY"),
        (b"\xef\xbb\xbf", "FILE_EMPTY"),
        (b"name,place\n", "NO_ROWS"),
        (b"name,place\n,\n\n", "NO_ROWS"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "FILE_NOT_TEXT"),
        (b"<!DOCTYPE html><html><body>404", "FILE_NOT_TEXT"),
        (b"\n <html lang='en'>", "FILE_NOT_TEXT"),
        (b"<?xml version='1.0'?><a/>", "FILE_NOT_TEXT"),
        (b'[{"a": 1}]', "FILE_NOT_TEXT"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "FILE_NOT_TEXT"),
        (bytes(range(256)) * 20, "FILE_NOT_TEXT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "SPREADSHEET"),
        (b"PK\x03\x04 is no zip", "ARCHIVE_BROKEN"),
        (b"\x1f\x8b is no gzip", "ARCHIVE_BROKEN"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, code):
    with pytest.raises(Refused) as refused:
        open_source(write(tmp_path / "a.csv", content), filename="mine.csv")
    assert refused.value.code == code
    assert refused.value.message.startswith("mine.csv: ")


def test_old_spreadsheet_is_refused_with_the_way_out(tmp_path):
    path = zipped(tmp_path / "a.xlsb", {"[Content_Types].xml": "", "xl/workbook.bin": ""})
    with pytest.raises(Refused, match=r"Save it as \.xlsx"):
        open_source(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(Refused) as refused:
        open_source(tmp_path / "none.csv")
    assert refused.value.code == "FILE_MISSING"


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("closing", ["C4,G,fine", 'C4,"G",fine', 'C4,G,"fine"'])
def test_open_quotation_mark_spoils_its_own_row_alone(tmp_path, delimiter, closing):
    lines = ["a,b,c", 'C1,"G",x', 'C2,G,"never closed', 'C3,"G, M","a\nb, c"', closing]
    text = "\n".join(line.replace(",", delimiter) for line in lines)
    _, rows = read(write(tmp_path / "a.csv", text + "\n"))
    assert [row.cells[0] for row in rows] == ["C1", "C2", "C3", "C4"]
    assert [row.line for row in rows] == [2, 3, 4, 6]
    assert rows[2].cells[2] == "a\nb, c".replace(",", delimiter)
    issues = [(row.line, issue.code, issue.value) for row in rows for issue in row.issues]
    assert issues == [(3, "QUOTE_OPEN", "never closed")]


def test_long_text_of_several_lines_is_one_cell(tmp_path):
    text = "far, farther, farthest\nnear, nearer, nearest\n" * 3
    _, rows = read(write(tmp_path / "a.csv", f'a,b,c\n1,"{text}","x ""y"" z"\n'))
    assert [row.cells for row in rows] == [["1", text.strip(), 'x "y" z']]


@pytest.mark.parametrize(("delimiter", "code"), [(",", ["QUOTE_OPEN"]), ("\t", [])])
def test_open_quotation_mark_stops_no_file_however_long(tmp_path, delimiter, code):
    lines = [delimiter.join((f"C{n}", "G", "x")) for n in range(1000)]
    lines[500] = delimiter.join(("C500", "G", '"never closed'))
    head = delimiter.join("abc")
    path = write(tmp_path / "a.csv", "\n".join([head, *lines]) + "\n")
    _, rows = read(path, limits=Limits(cell=200))
    assert [row.cells[0] for row in rows] == [f"C{n}" for n in range(1000)]
    assert [row.line for row in rows] == list(range(2, 1002))
    assert [issue.code for row in rows for issue in row.issues] == code


@pytest.mark.parametrize(
    "text", ['"open\n' + "text\n" * 100 + '"\n', '"' + "x" * 300 + "\n" + "1,2\n" * 100]
)
def test_cell_that_is_too_long_is_refused_with_its_line(tmp_path, text):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n1," + text)
    with open_source(path, limits=Limits(cell=200)) as source, pytest.raises(Refused) as refused:
        list(source.rows())
    assert (refused.value.code, refused.value.line) == ("CELL_TOO_LONG", 3)


def test_line_without_end_is_refused_with_its_number(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n" + "x" * (3 << 20))
    with pytest.raises(Refused) as refused:
        open_source(path, limits=Limits(line=2 << 20))
    assert (refused.value.code, refused.value.line) == ("LINE_TOO_LONG", 3)


def test_header_without_end_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", ",".join("x" * 50) + "\n1\n")
    with pytest.raises(Refused) as refused:
        open_source(path, limits=Limits(columns=20))
    assert refused.value.code == "TOO_MANY_COLUMNS"


TABLES = st.lists(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=6), min_size=1, max_size=4), max_size=5
)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_rows_or_a_refusal(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("any") / "a.csv", content)
    try:
        source, rows = read(path)
    except Refused as refused:
        assert refused.message
        return
    for row in rows:
        assert len(row.cells) == len(source.core.headers)
        assert any(row.cells) or row.issues
