"""Sheets of Excel and OpenDocument: what cells show, which sheet is read, and what does no harm."""

import resource
import time

import pytest

from darwincore.issues import Refused
from darwincore.reader import How, Limits, open_source
from tests.darwincore.pack import zipped
from tests.darwincore.sheets import cell, ods, ods_row, row, sheet, xlsx

HEADER = row(1, "catalogNumber", "eventDate", "locality")
DOCTYPES = (
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:{port}/a.dtd">',
    '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:{port}/b">%b;]>',
    '<!DOCTYPE a [<!ENTITY l0 "l"><!ENTITY l1 "&l0;&l0;&l0;&l0;"><!ENTITY l2 "&l1;&l1;&l1;">]>',
)


def read(path, **options):
    """Return the source and its rows' cells."""
    with open_source(path, **options) as source:
        return source, [row.cells for row in source.rows()]


def shown(tmp_path, made, **options):
    """Return the text of a cell that stands below a header."""
    path = xlsx(tmp_path / "a.xlsx", {"A": sheet(HEADER, row(2, made))}, **options)
    return read(path)[1][0][0]


@pytest.mark.parametrize(
    ("value", "kind", "style", "text"),
    [
        ("12", "n", 0, "12"),
        ("12.0", "n", 0, "12"),
        ("33.100000000000001", "n", 0, "33.1"),
        ("1.2300000000000000E-2", "n", 0, "0.0123"),
        ("1.5E+20", "n", 0, "150000000000000000000"),
        ("-111.5", "n", 9, "-111.5"),
        ("32875", "n", 1, "1990-01-02"),
        ("32875.5", "n", 1, "1990-01-02"),
        ("59", "n", 1, "1900-02-28"),
        ("60", "n", 1, "60"),
        ("61", "n", 1, "1900-03-01"),
        ("-4", "n", 1, "-4"),
        ("32875.604166666664", "n", 7, "1990-01-02T14:30"),
        ("0.60416666666666663", "n", 8, "14:30"),
        ("32875", "n", 10, "1990-01-02"),
        ("32875", "n", 4, "1990"),
        ("32875", "n", 5, "1990-01"),
        ("45353", "n", 6, "2-Mar"),
        ("0.25", "n", 2, "25%"),
        ("12345", "n", 3, "00012345"),
        ("1", "b", 0, "TRUE"),
        ("0", "b", 0, "FALSE"),
        ("#N/A", "e", 0, "#N/A"),
        ("1998-05-03T00:00:00", "d", 0, "1998-05-03"),
        ("a_x000D_\nb", "str", 0, "a\nb"),
    ],
)
def test_cell_is_read_as_it_shows(tmp_path, value, kind, style, text):
    assert shown(tmp_path, cell("A2", value, kind, style)) == text


def test_days_may_begin_in_1904(tmp_path):
    assert shown(tmp_path, cell("A2", "32875", "n", 1), since_1904=True) == "1994-01-03"


def test_formula_gives_the_value_that_was_saved(tmp_path):
    assert shown(tmp_path, cell("A2", "7", formula="SUM(3,4)")) == "7"
    assert shown(tmp_path, cell("A2", "x", "str", formula='WEBSERVICE("http://127.0.0.1")')) == "x"


def test_shared_texts_leave_out_how_they_sound(tmp_path):
    text = "<si><r><t>Tō</t></r><r><t>kyō</t></r><rPh><t>トウキョウ</t></rPh></si>"
    path = xlsx(
        tmp_path / "a.xlsx",
        {"A": sheet(HEADER, row(2, cell("A2", "0", "s")))},
        **{"xl/sharedStrings__xml": f"<sst>{text}</sst>"},
    )
    assert read(path)[1][0][0] == "Tōkyō"


def test_row_keeps_its_number_and_cells_their_columns(tmp_path):
    rows = (
        row(3, "catalogNumber", "country"),
        row(7, "A\nB", ""),
        row(9, cell("B9", "Perú", "str")),
    )
    path = xlsx(tmp_path / "a.xlsx", {"A": sheet(*rows)})
    with open_source(path) as source:
        found = [(row.line, row.cells, row.issues) for row in source.rows()]
    assert source.core.headers == ["catalogNumber", "country"]
    assert found == [(7, ["A\nB", ""], ()), (9, ["", "Perú"], ())]


SHEETS = {
    "Notes": sheet(row(1, "Read me first"), row(2, "and then the rest")),
    "Hidden": sheet(HEADER, row(2, "H-1")),
    "Records": sheet(HEADER, row(2, "A-1")),
    "More": sheet(HEADER, row(2, "M-1")),
}


def test_first_sheet_in_sight_with_records_is_read_and_the_others_are_told(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", SHEETS, hidden=["Hidden"])
    source, cells = read(path)
    assert cells == [["A-1", "", ""]]
    told = [(each["name"], each["hidden"], each["chosen"]) for each in source.found["sheets"]]
    assert told == [
        ("Notes", False, False),
        ("Hidden", True, False),
        ("Records", False, True),
        ("More", False, False),
    ]
    assert [tuple(issue) for issue in source.issues] == [("SHEETS_LEFT_OUT", "", "Hidden, More")]


def test_another_sheet_may_be_chosen(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", SHEETS, hidden=["Hidden"])
    assert read(path, how=How(sheet="Hidden"))[1] == [["H-1", "", ""]]
    with pytest.raises(Refused, match='no sheet "Other"'):
        read(path, how=How(sheet="Other"))


def test_title_above_the_table_is_passed_over(tmp_path):
    path = xlsx(
        tmp_path / "a.xlsx",
        {
            "A": sheet(
                row(1, "Herbarium X"), row(3, "catalogNumber", "locality"), row(4, "A-1", "x")
            )
        },
    )
    source, cells = read(path)
    assert cells == [["A-1", "x"]]
    assert [issue.code for issue in source.issues] == ["ROWS_ABOVE_HEADER"]


# OpenDocument


def test_open_document_is_read_as_it_shows(tmp_path):
    values = ods_row(
        ('office:value-type="date" office:date-value="1998-05-03"', "03/05/98"),
        ('office:value-type="date" office:date-value="1998-01-01"', "1998"),
        ('office:value-type="date" office:date-value="1998-05-03T14:30:00"', "3.5.98 14:30"),
        ('office:value-type="float" office:value="33.10"', "33,10"),
        ('office:value-type="float" office:value="42"', "00042"),
        ('office:value-type="percentage" office:value="0.25"', "25%"),
        ('office:value-type="boolean" office:boolean-value="true"', "WAHR"),
        "a<text:s text:c='2'/>b</text:p><text:p>c",
    )
    header = ods_row("catalogNumber", "eventDate", *"cdefgh")
    path = ods(tmp_path / "a.ods", f'<table:table table:name="A">{header}{values}</table:table>')
    assert read(path)[1] == [
        ["1998-05-03", "1998", "1998-05-03T14:30", "33.1", "00042", "25%", "TRUE", "a  b\nc"]
    ]


def test_repeated_rows_and_cells_are_counted_and_comments_left_out(tmp_path):
    note = "<office:annotation><text:p>a note</text:p></office:annotation>"
    rows = (
        ods_row("catalogNumber", "eventDate", "locality")
        + ods_row(times=5)
        + ods_row(
            "A-1", ('office:value-type="string" table:number-columns-repeated="2"', "x"), times=2
        ).replace("A-1</text:p>", f"A-1</text:p>{note}")
        + ods_row(('table:number-columns-repeated="16384"', ""), times=1_000_000)
    )
    path = ods(tmp_path / "a.ods", f'<table:table table:name="A">{rows}</table:table>')
    with open_source(path) as source:
        assert [(row.line, row.cells) for row in source.rows()] == [
            (7, ["A-1", "x", "x"]),
            (8, ["A-1", "x", "x"]),
        ]


def test_hidden_table_of_a_document_is_told(tmp_path):
    style = (
        '<style:style style:name="ta1" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    body = ods_row("catalogNumber", "locality") + ods_row("A-1", "x")
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{look}">{body}</table:table>'
        for name, look in (("Old", "ta1"), ("New", "ta2"), ("'file:///etc/passwd'#$A", "ta2"))
    )
    source, _cells = read(ods(tmp_path / "a.ods", tables, style))
    assert [(each["name"], each["hidden"]) for each in source.found["sheets"]] == [
        ("Old", True),
        ("New", False),
    ]
    assert source.core.file == "a.ods (New)"


# Files that mean harm


@pytest.mark.parametrize("doctype", DOCTYPES)
@pytest.mark.parametrize("kind", ["sheet", "workbook", "strings", "ods"])
def test_document_types_are_refused_and_nothing_is_fetched(tmp_path, sink, doctype, kind):
    prolog = doctype.format(port=sink.port)
    sheets = {"A": sheet(HEADER, row(2, cell("A2", "0", "s")))}
    if kind == "ods":
        path = ods(tmp_path / "a.ods", "", prolog=prolog)
    elif kind == "sheet":
        sheets["A"] = sheet(HEADER, prolog=prolog)
        path = xlsx(tmp_path / "a.xlsx", sheets)
    else:
        part = {"workbook": "xl/workbook__xml", "strings": "xl/sharedStrings__xml"}[kind]
        path = xlsx(tmp_path / "a.xlsx", sheets, **{part: f"{prolog}<a>&b;</a>"})
    with pytest.raises(Refused) as refused:
        read(path)
    assert refused.value.code == "SPREADSHEET_UNSAFE"
    assert sink.calls == 0


def test_links_and_macros_are_never_followed(tmp_path, sink):
    outer = (
        f'<Relationship Id="rId9" Type="x/worksheet" TargetMode="External" '
        f'Target="http://127.0.0.1:{sink.port}/a.xml"/>'
        '<Relationship Id="rId8" Type="x/sharedStrings" Target="../../../etc/passwd"/>'
    )
    book = (
        '<workbook xmlns:r="r"><sheets>'
        '<sheet name="Far" r:id="rId9"/><sheet name="Up" r:id="rId8"/>'
        '<sheet name="A" r:id="rId1"/></sheets></workbook>'
    )
    path = xlsx(
        tmp_path / "a.xlsm",
        {"A": sheet(HEADER, row(2, "A-1"))},
        links=outer,
        **{
            "xl/workbook__xml": book,
            "xl/vbaProject__bin": b"macro",
            "xl/externalLinks/externalLink1__xml": f'<a href="http://127.0.0.1:{sink.port}/"/>',
        },
    )
    assert read(path)[1] == [["A-1", "", ""]]
    assert sink.calls == 0


def test_zip_bomb_inside_is_refused_by_its_ratio(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", {"A": sheet(HEADER, " " * 30_000_000)})
    with pytest.raises(Refused) as refused:
        read(path)
    assert refused.value.code == "ARCHIVE_RATIO"


def test_a_million_blank_rows_cost_seconds_and_little_memory(tmp_path):
    blank = "".join(f'<row r="{at}"><c r="A{at}" s="1"/></row>' for at in range(3, 1_000_003))
    path = xlsx(tmp_path / "a.xlsx", {"A": sheet(HEADER, row(2, "A-1"), blank)})
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert read(path)[1] == [["A-1", "", ""]]
    assert time.process_time() - began < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize(
    ("rows", "limits", "code"),
    [
        (row(2, cell("XFD2", "1")), Limits(), "TOO_MANY_COLUMNS"),
        ('<row r="99999999"><c r="A2"><v>1</v></c></row>', Limits(), "SPREADSHEET_BROKEN"),
        (row(2, "a") + row(2, "b"), Limits(), "SPREADSHEET_BROKEN"),
        (row(2, "a" * 1001), Limits(cell=1000), "CELL_TOO_LONG"),
        (row(2, "a" * 1001), Limits(sheet=1000), "ARCHIVE_TOO_LARGE"),
        ("<row>", Limits(), "SPREADSHEET_BROKEN"),
        ("<a>" * 300 + "</a>" * 300, Limits(), "SPREADSHEET_UNSAFE"),
        (f'<row r="{"9" * 9_000_000}"/>', Limits(ratio=10_000), "SPREADSHEET_UNSAFE"),
    ],
)
def test_sheet_beyond_all_bounds_is_refused(tmp_path, rows, limits, code):
    path = xlsx(tmp_path / "a.xlsx", {"A": sheet(HEADER, rows)})
    with pytest.raises(Refused) as refused:
        read(path, limits=limits)
    assert refused.value.code == code


def test_repeats_of_a_document_are_bounded(tmp_path):
    wide = ods_row(('office:value-type="string" table:number-columns-repeated="90000"', "x"))
    tall = ods_row("x" * 1000, times=1_000_000)
    for rows, code in ((wide, "TOO_MANY_COLUMNS"), (tall, "ARCHIVE_TOO_LARGE")):
        table = f'<table:table table:name="A">{ods_row("a", "b")}{rows}</table:table>'
        with pytest.raises(Refused) as refused:
            read(ods(tmp_path / "a.ods", table), limits=Limits(sheet=10_000_000))
        assert refused.value.code == code


def test_spreadsheet_without_rows_is_empty(tmp_path):
    with pytest.raises(Refused) as refused:
        read(xlsx(tmp_path / "a.xlsx", {"A": sheet()}))
    assert refused.value.code == "FILE_EMPTY"
    with pytest.raises(Refused):
        read(zipped(tmp_path / "b.xlsx", {"xl/workbook.xml": ""}))


def test_cells_over_several_rows_are_told(tmp_path):
    merged = '<mergeCells><mergeCell ref="B2:B3"/><mergeCell ref="A1:B1"/></mergeCells>'
    texts = row(1, "catalogNumber", "country") + row(2, "A1", "Peru") + row(3, "A2")
    book = sheet(texts).replace("</sheetData>", f"</sheetData>{merged}")
    over_two = 'office:value-type="string" table:number-rows-spanned="2"'
    rows = ods_row("catalogNumber", "country") + ods_row("A1", (over_two, "Peru")) + ods_row("A2")
    table = f'<table:table table:name="A">{rows}</table:table>'
    for path in (xlsx(tmp_path / "a.xlsx", {"A": book}), ods(tmp_path / "a.ods", table)):
        source, found = read(path)
        assert found == [["A1", "Peru"], ["A2", ""]]
        assert [(i.code, i.value) for i in source.issues] == [("CELLS_MERGED", "1")]
