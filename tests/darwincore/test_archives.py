"""Darwin Core archives: what meta.xml says, and archives that mean harm."""

import stat
import tarfile
import zipfile
import zlib

import pytest

from darwincore.issues import Refused
from darwincore.reader import Limits, open_source
from darwincore.terms import (
    DWC,
    EVENT_ROW,
    IDENTIFICATION_ROW,
    MULTIMEDIA_ROW,
    OCCURRENCE_ROW,
    TAXON_ROW,
)
from tests.darwincore.pack import (
    CORE,
    archive,
    extension,
    field,
    gzipped,
    meta,
    table,
    tarred,
    zipped,
)

MIB = 1 << 20


def read(path, **options):
    with open_source(path, **options) as source:
        return source, list(source.rows())


def refusal(path, **options):
    with pytest.raises(Refused) as refused:
        read(path, **options)
    return refused.value.code


# What meta.xml says


def test_core_is_read_by_its_terms(tmp_path):
    source, rows = read(archive(tmp_path / "a.zip"))
    assert source.kind == "archive"
    assert source.metadata == "<eml/>"
    assert source.core.headers == ["id", "catalogNumber", "country"]
    assert (source.core.id_index, source.core.row_type) == (0, OCCURRENCE_ROW)
    assert [(row.line, row.core_id, row.cells) for row in rows] == [
        (2, "1", ["1", "A-1", "Peru"]),
        (3, "2", ["2", "A-2", "Chile"]),
    ]
    assert source.issues == []


@pytest.mark.parametrize("folder", ["", "deep/down/", "./"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_archive_may_lie_in_a_folder_of_a_zip_or_tar(tmp_path, folder, pack):
    members = {
        f"{folder}meta.xml": meta(),
        f"{folder}occurrences.csv": CORE,
        "__MACOSX/._occurrences.csv": b"\0\5\x16\7",
        f"{folder}._meta.xml": b"\0\5\x16\7",
        ".DS_Store": b"\0",
    }
    source, rows = read(pack(tmp_path / "a", members))
    assert len(rows) == 2
    assert [issue.code for issue in source.issues] == ["MISSING_EML"]


def test_extensions_follow_the_core_with_their_coreid(tmp_path):
    tables = (
        table(),
        extension((field(1, "scientificName"),), IDENTIFICATION_ROW, "identifications.csv"),
    )
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(*tables),
        identifications__csv="coreid,name\n2,Quercus\n1,Pinus\n",
    )
    source, rows = read(path)
    assert [table.row_type for table in source.extensions] == [IDENTIFICATION_ROW]
    assert [(row.file, row.core_id, row.cells[1]) for row in rows[2:]] == [
        ("identifications.csv", "2", "Quercus"),
        ("identifications.csv", "1", "Pinus"),
    ]


@pytest.mark.parametrize(
    ("attributes", "content"),
    [
        ({"fieldsTerminatedBy": "\\t"}, "id\tn\tc\n1\tA, 1\tPeru\n"),
        ({"fieldsTerminatedBy": "\t"}, "id\tn\tc\n1\tA, 1\tPeru\n"),
        ({"fieldsTerminatedBy": "|"}, "id|n|c\n1|A, 1|Peru\n"),
        ({"fieldsTerminatedBy": "\\u0001"}, "id\x01n\x01c\n1\x01A, 1\x01Peru\n"),
        ({"fieldsEnclosedBy": "'"}, "id,n,c\n1,'A, 1',Peru\n"),
        ({"ignoreHeaderLines": "0"}, '1,"A, 1",Peru\n'),
        ({"ignoreHeaderLines": "3"}, '# one\n# two\nid,n,c\n1,"A, 1",Peru\n'),
        ({"linesTerminatedBy": "\\r\\n"}, 'id,n,c\r\n1,"A, 1",Peru\r\n'),
        ({"linesTerminatedBy": "\n"}, 'id,n,c\n1,"A, 1",Peru\n'),
    ],
)
def test_separators_quotes_and_header_lines_are_obeyed(tmp_path, attributes, content):
    document = meta(table(**attributes))
    path = archive(tmp_path / "a.zip", meta__xml=document, occurrences__csv=content)
    _, rows = read(path)
    assert [row.cells for row in rows] == [["1", "A, 1", "Peru"]]


def test_no_enclosing_character_means_that_quotes_are_text(tmp_path):
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(table(fieldsEnclosedBy="")),
        occurrences__csv='id,n,c\n1,"A",Peru\n',
    )
    assert read(path)[1][0].cells == ["1", '"A"', "Peru"]


@pytest.mark.parametrize("declared", ["latin1", "windows-1252", "macroman", "utf-16", "shift_jis"])
def test_declared_encoding_is_obeyed(tmp_path, declared):
    text = "id,n,c\n1,Jalapa,México\n" if declared != "shift_jis" else "id,n,c\n1,東京,日本\n"
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(table(encoding=declared)),
        occurrences__csv=text.encode(declared),
    )
    source, rows = read(path)
    assert ",".join(rows[0].cells) == text.splitlines()[1]
    assert source.issues == []


@pytest.mark.parametrize(
    ("declared", "written", "code"),
    [
        ("latin1", "utf-8", "ENCODING_MISDECLARED"),
        ("utf-8", "utf-16", "ENCODING_MISDECLARED"),
        ("utf-8", "cp1252", "ENCODING_REPAIRED"),
        ("klingon", "utf-8", "ENCODING_MISDECLARED"),
    ],
)
def test_encoding_that_is_declared_wrongly_is_told(tmp_path, declared, written, code):
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(table(encoding=declared)),
        occurrences__csv="id,n,c\n1,Jalapa,México\n".encode(written),
    )
    source, rows = read(path)
    assert rows[0].cells[2] == "México"
    assert [issue.code for issue in source.issues] == [code]


def test_default_values(tmp_path):
    fields = (
        field(1, "catalogNumber"),
        field(2, "country", "Belgium"),
        field(None, "basisOfRecord", "PreservedSpecimen"),
    )
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(table(fields)),
        occurrences__csv="i,n,c\n1,A,\n2,B,Peru\n",
    )
    source, rows = read(path)
    assert source.core.constants == {"basisOfRecord": "PreservedSpecimen"}
    assert [row.cells[2] for row in rows] == ["Belgium", "Peru"]


def test_column_with_two_terms_is_there_twice(tmp_path):
    fields = (field(0, "occurrenceID"), field(0, "catalogNumber"), field(2, "country"))
    source, rows = read(archive(tmp_path / "a.zip", meta__xml=meta(table(fields))))
    assert source.core.headers == ["occurrenceID", "catalogNumber", "country", "catalogNumber"]
    assert rows[0].cells == ["1", "A-1", "Peru", "1"]


def test_table_may_have_several_files(tmp_path):
    path = archive(
        tmp_path / "a.zip",
        meta__xml=meta(table(location=("occurrences.csv", "more.csv"))),
        more__csv="id,catalogNumber,country\n3,A-3,Mali\n",
    )
    _, rows = read(path)
    assert [(row.file, row.line, row.core_id) for row in rows] == [
        ("occurrences.csv", 2, "1"),
        ("occurrences.csv", 3, "2"),
        ("more.csv", 2, "3"),
    ]


def test_unmapped_columns_keep_the_text_of_their_header(tmp_path):
    source, rows = read(archive(tmp_path / "a.zip", meta__xml=meta(table((field(2, "country"),)))))
    assert source.core.headers == ["id", "catalogNumber", "country"]
    assert rows[0].issues == ()


def test_header_row_that_meta_does_not_know_is_left_out(tmp_path):
    source, rows = read(archive(tmp_path / "a.zip", meta__xml=meta(table(ignoreHeaderLines="0"))))
    assert [row.core_id for row in rows] == ["1", "2"]
    assert [issue.code for issue in source.issues] == ["HEADER_AS_DATA"]


def test_meta_is_followed_where_the_header_disagrees(tmp_path):
    path = archive(
        tmp_path / "a.zip",
        occurrences__csv="id,country,catalogNumber\n1,A-1,Peru\n",
    )
    source, _ = read(path)
    assert source.core.headers == ["id", "catalogNumber", "country"]
    assert [(issue.code, issue.value) for issue in source.issues] == [
        ("HEADER_DISAGREES", "country (catalogNumber), catalogNumber (country)")
    ]


def test_missing_extension_and_files_left_over_are_told(tmp_path):
    tables = table(), extension((field(1, "type"),), MULTIMEDIA_ROW, "media.csv")
    path = archive(tmp_path / "a.zip", meta__xml=meta(*tables), extra__csv="a,b\n1,2\n")
    source, rows = read(path)
    assert len(rows) == 2
    assert [(issue.code, issue.value) for issue in source.issues] == [
        ("EXTENSION_FILE_MISSING", "media.csv"),
        ("FILE_IGNORED", "extra.csv"),
    ]


@pytest.mark.parametrize(
    "location", ["OCCURRENCES.CSV", "./occurrences.csv", "data\\occurrences.csv"]
)
def test_location_is_found_in_any_case_and_folder(tmp_path, location):
    _, rows = read(archive(tmp_path / "a.zip", meta__xml=meta(table(location=location))))
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meta__xml": meta(table(row_type=TAXON_ROW))}, "CORE_IS_TAXON"),
        ({"meta__xml": meta(table(row_type=EVENT_ROW))}, "CORE_IS_EVENT"),
        ({"meta__xml": meta(table(row_type=DWC + "Organism"))}, "CORE_NOT_OCCURRENCE"),
        ({"meta__xml": "<archive><core"}, "META_INVALID"),
        ({"meta__xml": meta(table(id_index="many"))}, "META_INVALID"),
        ({"meta__xml": "<archive/>"}, "META_NO_CORE"),
        ({"meta__xml": meta(table(location=()))}, "META_NO_CORE"),
        ({"meta__xml": meta(table(linesTerminatedBy="||"))}, "DELIMITER_UNSUPPORTED"),
        ({"meta__xml": meta(table(fieldsTerminatedBy="||"))}, "DELIMITER_UNSUPPORTED"),
        ({"meta__xml": meta(table((field(99999, "country"),)))}, "TOO_MANY_COLUMNS"),
        ({"meta__xml": " " * (3 * MIB)}, "META_INVALID"),
        ({"occurrences__csv": None}, "CORE_FILE_MISSING"),
        ({"occurrences__csv": ""}, "NO_ROWS"),
        ({"occurrences__csv": "id,catalogNumber,country\n"}, "NO_ROWS"),
        ({"occurrences__csv": b"%PDF-1.7"}, "FILE_NOT_TEXT"),
    ],
)
def test_archive_that_cannot_be_read_is_refused(tmp_path, changes, code):
    assert refusal(archive(tmp_path / "a.zip", **changes)) == code


def test_broken_meta_is_refused_with_its_line(tmp_path):
    path = archive(
        tmp_path / "a.zip", meta__xml='<archive>\n<core a="1"\n<files/></core></archive>'
    )
    with pytest.raises(Refused, match=r"^meta.xml, line 3, meta.xml can't be read") as refused:
        open_source(path)
    assert refused.value.line == 3


# Without meta.xml


def test_known_names_make_an_archive_without_meta(tmp_path):
    members = {
        "occurrences.csv": "occurrenceID,country\nx:1,Peru\n",
        "identifications.csv": "occurrenceID,scientificName\nx:1,Quercus\n",
        "images.csv": "coreid,url\n9,http://a.b/c\n",
        "citation.txt": "Cite\nme",
    }
    source, rows = read(zipped(tmp_path / "a.zip", members))
    assert source.kind == "archive"
    assert [(row.row_type, row.core_id) for row in rows] == [
        (OCCURRENCE_ROW, "x:1"),
        (IDENTIFICATION_ROW, "x:1"),
    ]
    assert [(issue.code, issue.value) for issue in source.issues] == [
        ("EXTENSION_UNLINKED", "images.csv")
    ]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["a.csv", "b.csv"], "ARCHIVE_AMBIGUOUS"),
        (["event.txt", "measurementorfact.txt"], "CORE_IS_EVENT"),
        (["picture.jpg"], "ARCHIVE_NO_DATA"),
        ([], "ARCHIVE_NO_DATA"),
    ],
)
def test_archive_without_a_clear_core_is_refused(tmp_path, names, code):
    assert refusal(zipped(tmp_path / "a.zip", dict.fromkeys(names, CORE))) == code


# Harm


@pytest.mark.parametrize(
    "name", ["../occurrences.csv", "a/../../b.csv", "..\\x.csv", "C:\\x.csv", "c:/x.csv", "/../x"]
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_name_that_leaves_the_archive_is_refused(tmp_path, name, pack):
    assert refusal(pack(tmp_path / "a", {"a.csv": CORE, name: CORE})) == "ARCHIVE_PATH"


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_leading_slash_is_dropped_and_nothing_is_written(tmp_path, pack):
    name = f"{tmp_path}/planted.csv"
    source, rows = read(pack(tmp_path / "a", {name: CORE}))
    assert source.core.file == name.lstrip("/")
    assert len(rows) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK])
def test_link_or_device_in_a_zip_is_refused(tmp_path, kind):
    link = zipfile.ZipInfo("link.csv")
    link.create_system = 3
    link.external_attr = (kind | 0o777) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", CORE)
        packed.writestr(link, "/etc/passwd")
    assert refusal(path) == "ARCHIVE_LINK"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_link_or_device_in_a_tar_is_refused(tmp_path, kind):
    link = tarfile.TarInfo("link.csv")
    link.type, link.linkname = kind, "/etc/passwd"
    assert refusal(tarred(tmp_path / "a.tgz", {"a.csv": CORE, "link": link})) == "ARCHIVE_LINK"


BOMB = b"a,b\n" + b"1,2\n" * (5 * MIB)


def test_zip_bomb_is_refused_by_its_ratio(tmp_path):
    assert refusal(zipped(tmp_path / "a.zip", {"a.csv": BOMB})) == "ARCHIVE_RATIO"


def test_gzip_and_tar_bombs_are_refused_by_their_ratio(tmp_path):
    assert refusal(gzipped(tmp_path / "a.csv.gz", BOMB)) == "ARCHIVE_RATIO"
    assert refusal(tarred(tmp_path / "a.tgz", {"a.csv": BOMB})) == "ARCHIVE_RATIO"


def test_table_that_packs_well_is_read(tmp_path):
    rows = "".join(f"{number},PreservedSpecimen,Mexico,Oaxaca\n" for number in range(50_000))
    path = zipped(tmp_path / "a.zip", {"a.csv": "n,basis,country,state\n" + rows})
    assert len(read(path)[1]) == 50_000


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(members=3), "ARCHIVE_MEMBERS"),
        (Limits(total=1000), "ARCHIVE_TOO_LARGE"),
        (Limits(member=1000), "ARCHIVE_TOO_LARGE"),
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_number_and_size_are_limited(tmp_path, limits, code, pack):
    rows = "".join(f"{number * 7919 % 10007},x\n" for number in range(500))
    members = {"a.csv": "a,b\n" + rows} | {f"{number}.jpg": b"" for number in range(3)}
    assert refusal(pack(tmp_path / "a", members), limits=limits) == code


def test_declared_size_is_not_trusted(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": "a,b\n" + "1,2\n" * 1000})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (40).to_bytes(4, "little")
    path.write_bytes(data)
    assert refusal(path) == "ARCHIVE_BROKEN"


def test_damaged_bytes_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": CORE * 100}, zipfile.ZIP_STORED)
    data = path.read_bytes().replace(b"Peru", b"Perv", 1)
    path.write_bytes(data)
    assert refusal(path) == "ARCHIVE_BROKEN"
    path.write_bytes(data[: len(data) // 2])
    assert refusal(path) == "ARCHIVE_BROKEN"
    packed = zlib.compress(CORE.encode())
    path.write_bytes(b"\x1f\x8b\x08\x00" + packed)
    assert refusal(path) == "ARCHIVE_BROKEN"


def test_password_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.csv": CORE})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refusal(path) == "ARCHIVE_ENCRYPTED"


def test_two_members_of_one_name_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", CORE)
        packed.writestr("./a.csv", CORE)
    assert refusal(path) == "ARCHIVE_NAME_TWICE"


LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE a [<!ENTITY e0 "ha">{LAUGHS}]>',
        '<!DOCTYPE a [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd">',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://localhost:1/p"> %p;]>',
    ],
)
def test_entities_in_meta_are_refused(tmp_path, prolog):
    document = prolog + meta().replace("occurrences.csv", "occurrences.csv&e9;")
    assert refusal(archive(tmp_path / "a.zip", meta__xml=document)) == "META_UNSAFE"


def test_metadata_that_is_too_long_is_left_out(tmp_path):
    source, rows = read(archive(tmp_path / "a.zip", eml__xml="x" * (3 * MIB)))
    assert len(rows) == 2
    assert source.metadata is None
    assert [issue.code for issue in source.issues] == ["METADATA_UNREADABLE"]
