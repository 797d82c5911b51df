"""Make spreadsheets for the reader, by hand, so that they can also mean harm."""

from xml.sax.saxutils import escape, quoteattr

from tests.darwincore.pack import zipped

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# The formats of the styles 0, 1, 2… of a workbook made here.
FORMATS = (
    "General",
    "yyyy-mm-dd",
    "0%",
    "00000000",
    "yyyy",
    "mmm yyyy",
    "d-mmm",
    "m/d/yyyy h:mm",
    "h:mm",
    '0.00" m"',
    "[$-409]d/m/yy;@",
)


def cell(place, value="", kind="n", style=0, formula=""):
    """Return a <c>; an inline string has the kind inlineStr."""
    inside = f"<f>{formula}</f>" if formula else ""
    if kind == "inlineStr":
        inside += f"<is><t>{escape(value)}</t></is>"
    elif value != "":
        inside += f"<v>{escape(str(value))}</v>"
    return f'<c r="{place}" t="{kind}" s="{style}">{inside}</c>'


def row(number, *texts):
    """Return a <row> of inline strings from column A on, or of ready cells."""
    cells = [
        text if text.startswith("<c ") else cell(f"{chr(65 + at)}{number}", text, "inlineStr")
        for at, text in enumerate(texts)
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def sheet(*rows, prolog=""):
    """Return a worksheet."""
    return f"{prolog}<worksheet {_MAIN}><sheetData>{''.join(rows)}</sheetData></worksheet>"


def xlsx(path, sheets, *, hidden=(), strings=(), since_1904=False, **parts):
    """Write a workbook of name → worksheet; parts: further members, __ for a point."""
    listed, links = "", ""
    members = {"[Content_Types].xml": "<Types/>", "_rels/.rels": "<Relationships/>"}
    for at, (name, content) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name={quoteattr(name)} sheetId="{at}"{state} r:id="rId{at}"/>'
        links += (
            f'<Relationship Id="rId{at}" Type="{_LINK}/worksheet" '
            f'Target="worksheets/sheet{at}.xml"/>'
        )
        members[f"xl/worksheets/sheet{at}.xml"] = content
    properties = f'<workbookPr date1904="{int(since_1904)}"/>'
    members["xl/workbook.xml"] = (
        f'<workbook {_MAIN} xmlns:r="{_LINK}">{properties}<sheets>{listed}</sheets></workbook>'
    )
    links += parts.pop("links", "")
    members["xl/_rels/workbook.xml.rels"] = f"<Relationships>{links}</Relationships>"
    codes = "".join(
        f'<numFmt numFmtId="{200 + at}" formatCode={quoteattr(code)}/>'
        for at, code in enumerate(FORMATS)
    )
    used = "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(FORMATS)))
    members["xl/styles.xml"] = (
        f"<styleSheet {_MAIN}><numFmts>{codes}</numFmts>"
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{used}</cellXfs></styleSheet>'
    )
    texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    members["xl/sharedStrings.xml"] = f"<sst {_MAIN}>{texts}</sst>"
    members |= {name.replace("__", "."): content for name, content in parts.items()}
    return zipped(path, members)


_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text", "style")
)


def ods(path, tables, styles="", prolog=""):
    """Write an OpenDocument spreadsheet; tables: the <table:table> elements as text."""
    content = (
        f"{prolog}<office:document-content {_NAMESPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped(path, {"mimetype": kind, "content.xml": content})


def ods_row(*cells, times=1):
    """Return a row; a cell is a text or (attributes, what is shown)."""
    made = ""
    for each in cells:
        attributes, text = each if isinstance(each, tuple) else ('office:value-type="string"', each)
        shown = f"<text:p>{text}</text:p>" if text else ""
        made += f"<table:table-cell {attributes}>{shown}</table:table-cell>"
    return f'<table:table-row table:number-rows-repeated="{times}">{made}</table:table-row>'
