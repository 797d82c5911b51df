"""Files as they are found in the wild, and archives that two programs would read differently."""

import csv
import io
import zipfile

import pytest

from darwincore.issues import Refused
from darwincore.looks import _is_our_export
from darwincore.reader import Limits, open_source
from darwincore.terms import BY_NAME, IDENTIFICATION_ROW
from tests.darwincore.pack import CORE, archive, extension, field, meta, table, zipped

ROWS = [["1", "A-1", "Peru"], ["2", "A-2", "Chile"]]


def read(path, **options):
    with open_source(path, **options) as source:
        return source, [row.cells for row in source.core.rows()]


def refusal(path, **options):
    with pytest.raises(Refused) as refused:
        read(path, **options)
    assert refused.value.message.endswith(".")
    return refused.value.code


# As found


@pytest.mark.parametrize(
    "name", ["folder\\occurrences.csv", "/occurrences.csv", "/a\\b\\occurrences.csv"]
)
def test_entry_names_of_other_systems_are_read(tmp_path, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for member, text in ((name.replace("occurrences.csv", "meta.xml"), meta()), (name, CORE)):
            info = zipfile.ZipInfo("x")
            info.filename = member  # past the constructor, which would tidy it up
            made.writestr(info, text)
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    assert read(tmp_path / "a.zip")[1] == ROWS


def test_byte_order_marks_in_every_file(tmp_path):
    mark = "\ufeff"
    determinations = "coreid,scientificName\n1,Abies\n"
    document = meta(
        table(), extension((field(1, "scientificName"),), IDENTIFICATION_ROW, "det.csv")
    )
    members = {
        "meta.xml": mark + document,
        "eml.xml": mark + "<eml/>",
        "occurrences.csv": mark + CORE,
        "det.csv": mark + determinations,
    }
    path = zipped(tmp_path / "a.zip", members)
    with open_source(path) as source:
        assert [row.cells for row in source.core.rows()] == ROWS
        assert source.core.headers == ["id", "catalogNumber", "country"]
        assert [row.core_id for row in source.extensions[0].rows()] == ["1"]
        assert source.metadata == "<eml/>"
        assert source.issues == []


def test_stray_quotes_in_tab_separated_files_are_text(tmp_path):
    text = 'catalogNumber\tlocality\tcountry\nA-1\t3" of "snow\tPeru\nA-2\t"Camp\tChile\n'
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert read(path)[1] == [["A-1", '3" of "snow', "Peru"], ["A-2", '"Camp', "Chile"]]


STRAY = "".join(f"{n}\tA-{n}\t{'' if n % 4 else chr(34)}Camp\tPeru\n" for n in range(1, 20))


@pytest.mark.parametrize("last", ["", '20\tA-20\t"Hill\tPeru\n'])
def test_stray_quotes_swallow_no_rows_where_quotes_are_declared(tmp_path, last):
    header = "id\tcatalogNumber\tlocality\tcountry\n"
    content = header + STRAY + '19a\tA-19a\t"A ""b"" c"\tPeru\n' + last
    fields = ["catalogNumber", "locality", "country"]
    document = meta(table(fields=fields, fieldsTerminatedBy="\\t"))
    _, cells = read(archive(tmp_path / "a.zip", meta__xml=document, occurrences__csv=content))
    lines = (header + STRAY).replace("19a", "").splitlines()[1:]
    assert cells[:19] == [line.split("\t") for line in lines]
    assert cells[19] == ["19a", "A-19a", 'A "b" c', "Peru"]
    assert len(cells) == 20 + bool(last)


def test_a_cell_between_quotes_may_hold_lines_and_tabs(tmp_path):
    path = tmp_path / "a.tab"
    path.write_text('a\tb\tc\td\n"1"\t"one\ttwo\nthree"\t"x"\t"y"\n')
    assert read(path)[1] == [["1", "one\ttwo\nthree", "x", "y"]]


def test_archive_in_latin_1_that_says_so_keeps_its_accents(tmp_path):
    document = meta(table(encoding="ISO-8859-1"))
    content = 'id,catalogNumber,country\n1,A-1,"Perú"\n2,"A–2",México\n'.encode("cp1252")
    source, cells = read(archive(tmp_path / "a.zip", meta__xml=document, occurrences__csv=content))
    assert cells == [["1", "A-1", "Perú"], ["2", "A–2", "México"]]
    assert source.issues == []


def test_file_saved_again_by_a_spreadsheet_program(tmp_path):
    text = 'catalogNumber;locality;eventDate\r\nA-1;"Río; Grande";03/05/1998\r\nA-2;;04/05/1998\r\n'
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeff".encode() + text.encode())
    source, cells = read(path)
    assert source.core.headers[0] == "catalogNumber"
    assert cells == [["A-1", "Río; Grande", "03/05/1998"], ["A-2", "", "04/05/1998"]]


def test_apostrophe_that_guards_against_formulas_goes(tmp_path):
    texts = ["'=SUM(A1)", "'+34 km", "'-dry", "'@home", "-111.5", "'t Hart", "O'=x"]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[*"abcdef", "locality"], texts])
    expected = ["=SUM(A1)", "+34 km", "-dry", "@home", "-111.5", "'t Hart", "O'=x"]
    assert read(path)[1] == [expected]


def test_declared_archive_keeps_its_apostrophes(tmp_path):
    path = archive(tmp_path / "a.zip", occurrences__csv="id,catalogNumber,country\n1,'=A,Peru\n")
    assert read(path)[1] == [["1", "'=A", "Peru"]]


# Read differently by two programs


def test_bytes_behind_the_end_of_a_zip_are_refused(tmp_path):
    path = archive(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes() + b"more")
    assert refusal(path) == "ARCHIVE_BROKEN"


def test_zip_behind_a_zip_is_refused(tmp_path):
    first, second = archive(tmp_path / "a.zip").read_bytes(), archive(tmp_path / "b.zip")
    second.write_bytes(first + second.read_bytes())
    assert refusal(second) == "ARCHIVE_BROKEN"


def test_zip_with_a_comment_is_read(tmp_path):
    path = archive(tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as packed:
        packed.comment = b"from the herbarium"
    assert read(path)[1] == ROWS


def test_name_in_the_listing_that_differs_from_the_one_in_the_file_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": CORE})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"a.csv", b"b.csv", 1))
    assert refusal(path) == "ARCHIVE_BROKEN"


def test_archive_in_an_archive_is_refused(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"a.csv": CORE}).read_bytes()
    assert refusal(zipped(tmp_path / "a.zip", {"occurrences.csv": inner})) == "FILE_NOT_TEXT"
    assert refusal(zipped(tmp_path / "b.zip", {"inner.zip": inner})) == "ARCHIVE_NO_DATA"


def test_a_thousand_blank_members_more_than_allowed_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{at}.csv": "" for at in range(1001)})
    assert refusal(path) == "ARCHIVE_MEMBERS"


# Leading elsewhere


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("file:///etc/passwd", "CORE_FILE_MISSING"),
        ("http://127.0.0.1:{port}/core.csv", "CORE_FILE_MISSING"),
        ("//127.0.0.1:{port}/core.csv", "CORE_FILE_MISSING"),
        ("../../etc/passwd", "ARCHIVE_PATH"),
        ("/etc/passwd", "CORE_FILE_MISSING"),
    ],
)
def test_core_that_lies_elsewhere_is_never_fetched(tmp_path, sink, location, code):
    document = meta(table(location=location.format(port=sink.port)))
    assert refusal(archive(tmp_path / "a.zip", meta__xml=document)) == code
    assert sink.calls == 0


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd">',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:{port}/b">]>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:{port}/b"> %b;]>',
    ],
)
def test_meta_fetches_nothing(tmp_path, sink, prolog):
    document = prolog.format(port=sink.port) + meta()
    assert refusal(archive(tmp_path / "a.zip", meta__xml=document)) == "META_UNSAFE"
    assert sink.calls == 0


def test_inclusions_and_metadata_fetch_nothing(tmp_path, sink):
    address = f"http://127.0.0.1:{sink.port}/x"
    include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{address}"/></archive>'
    eml = f'<!DOCTYPE a SYSTEM "{address}"><eml>&a;</eml>'
    document = meta().replace("</archive>", include)
    source, cells = read(archive(tmp_path / "a.zip", meta__xml=document, eml__xml=eml))
    assert (cells, source.metadata) == (ROWS, eml)
    assert sink.calls == 0


def test_attribute_as_long_as_a_library_is_refused(tmp_path):
    document = meta().replace("<archive", f'<archive a="{"x" * 20_000_000}"')
    path = archive(tmp_path / "a.zip", meta__xml=document)
    assert refusal(path, limits=Limits(ratio=100_000)) == "META_INVALID"


@pytest.mark.parametrize(
    "changes",
    [{"id_index": 90}, {"fields": (field(90, "country"),)}],
    ids=["id", "column"],
)
def test_index_beyond_the_table_loses_no_row(tmp_path, changes):
    path = archive(tmp_path / "a.zip", meta__xml=meta(table(**changes)))
    with open_source(path) as source:
        rows = list(source.core.rows())
    assert [row.cells[:3] for row in rows] == ROWS
    assert {issue.code for row in rows for issue in row.issues} == {"ROW_TOO_SHORT"}


# Tables of all kinds


@pytest.mark.parametrize(
    "content",
    [
        b"a,locality\n1,x\r\n2,y\n3,z\r\n",
        "a,locality\n1,x\n2,y\n3,z\n".encode("utf-16"),
        "a,locality\n1,x\n2,y\n3,z\n".encode("utf-16-be"),
        b"a,locality\n1,\x00x\n2,y\x00\n3,z\n",
        b"\xef\xbb\xbfa,locality\n1,x\n2,y\n3,z",
        b"a,locality\n1,x\xed\xa0\x80\n2,y\n3,z\n",
        b"a,locality\n1,x\n\n2,y\n,,\n3,z\n",
    ],
)
def test_no_row_is_lost(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert [cells[0] for cells in read(path)[1]] == ["1", "2", "3"]


def test_endless_line_and_endless_header_are_refused_with_their_place(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n" + b"x" * 5_000_000)
    with pytest.raises(Refused) as refused:
        read(path)
    assert (refused.value.code, refused.value.line) == ("LINE_TOO_LONG", 3)
    path.write_bytes(b",".join(b"c%d" % at for at in range(100_000)) + b"\n1,2\n")
    assert refusal(path) == "TOO_MANY_COLUMNS"


def test_a_table_of_our_own_says_what_it_says() -> None:
    ours = list(BY_NAME)
    assert _is_our_export(ours)
    assert _is_our_export(ours[::-1])
    assert not _is_our_export([*ours, "gbifID"])
    assert not _is_our_export([name for name in ours if name != "recordSecurity"])
    assert not _is_our_export(["recordSecurity", *ours[:20]])
