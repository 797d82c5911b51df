"""Archives that we write are archives that we, and others, read."""

import csv
import io
import random
import zipfile
from datetime import date
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwincore.reader import open_source
from darwincore.terms import BY_NAME, IDENTIFICATION_ROW, OCCURRENCE_ROW
from darwincore.writer import Contact, Metadata, OutTable, write_archive

METADATA = Metadata(
    title="Plants of <Oaxaca> & beyond",
    abstract="First.\n\nSecond\x00.",
    licence="CC0 1.0",
    rights_holder="Herbarium of the Valley",
    contacts=[Contact("L. Hart", "hart@example.org", "Herbarium of the Valley")],
    language="es",
    published=date(2024, 2, 29),
    package_id="urn:uuid:1",
)


def lines(rows):
    """Return rows as the bytes of a CSV, one chunk a row."""
    for row in rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(row)
        yield text.getvalue().encode()


def occurrences(rows, names=("catalogNumber", "locality")):
    return OutTable(
        "occurrences.csv",
        OCCURRENCE_ROW,
        [BY_NAME[name] for name in names],
        lines([["id", *names], *rows]),
    )


def written(path, core, extensions=(), metadata=METADATA):
    with path.open("wb") as stream:
        write_archive(stream, core, extensions, metadata)
    return path


def test_archive_is_read_back_as_written(tmp_path):
    determinations = OutTable(
        "identifications.csv",
        IDENTIFICATION_ROW,
        [BY_NAME["scientificName"]],
        lines([["coreid", "scientificName"], ["1", "Quercus alba"]]),
    )
    rows = [["1", "A-1", 'a "wet", slope\nby the río'], ["2", "A-2", ""]]
    path = written(tmp_path / "a.zip", occurrences(rows), [determinations])
    with open_source(path) as source:
        assert source.issues == []
        assert source.core.headers == ["id", "catalogNumber", "locality"]
        found = list(source.rows())
    assert [row.cells for row in found[:2]] == rows
    assert (found[2].row_type, found[2].core_id) == (IDENTIFICATION_ROW, "1")
    assert all(row.issues == () for row in found)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_any_text_survives(tmp_path_factory, pairs):
    rows = [[str(number), *pair] for number, pair in enumerate(pairs)]
    path = written(tmp_path_factory.mktemp("any") / "a.zip", occurrences(rows))
    with open_source(path) as source:
        expected = [["" if cell == "\\N" else cell for cell in row] for row in rows]
        assert [row.cells for row in source.rows()] == expected


def test_metadata_is_escaped_and_complete(tmp_path):
    path = written(tmp_path / "a.zip", occurrences([["1", "A", ""]]))
    root = ElementTree.fromstring(zipfile.ZipFile(path).read("eml.xml"))
    dataset = root.find("dataset")
    assert root.tag == "{https://eml.ecoinformatics.org/eml-2.2.0}eml"
    assert root.get("packageId") == "urn:uuid:1"
    assert [child.tag for child in dataset] == [
        "title", "creator", "pubDate", "language", "abstract", "intellectualRights", "contact",
    ]  # fmt: skip
    assert dataset.findtext("title") == "Plants of <Oaxaca> & beyond"
    assert dataset.findtext("pubDate") == "2024-02-29"
    assert [para.text for para in dataset.findall("abstract/para")] == ["First.", "Second."]
    assert "CC0 1.0" in dataset.findtext("intellectualRights/para")
    assert dataset.findtext("contact/electronicMailAddress") == "hart@example.org"


def test_metadata_without_contacts_names_somebody(tmp_path):
    path = written(tmp_path / "a.zip", occurrences([["1", "A", ""]]), metadata=Metadata("T"))
    root = ElementTree.fromstring(zipfile.ZipFile(path).read("eml.xml"))
    assert root.findtext("dataset/contact/organizationName")
    assert root.findtext("dataset/creator/organizationName")


class Pipe(io.RawIOBase):
    """A stream that cannot seek and counts what passes."""

    def __init__(self):
        self.count = 0

    def writable(self):
        return True

    def write(self, data):
        self.count += len(data)
        return len(data)


def test_chunks_are_pulled_one_by_one_into_a_stream_that_cannot_seek():
    pipe, randoms, seen = Pipe(), random.Random(1), []

    def chunks():
        yield b"id,catalogNumber\n"
        for number in range(200):
            seen.append(pipe.count)
            yield b"%d,%s\n" % (number, randoms.randbytes(2000).hex().encode())

    write_archive(
        pipe,
        OutTable("occurrences.csv", OCCURRENCE_ROW, [BY_NAME["catalogNumber"]], chunks()),
        [],
        METADATA,
    )
    assert seen[-1] > seen[0]


def test_same_records_make_the_same_bytes(tmp_path):
    one, other = (
        written(tmp_path / name, occurrences([["1", "A", "x"]])).read_bytes() for name in "ab"
    )
    assert one == other


@pytest.mark.parametrize("name", ["catalogNumber", "class"])
def test_fields_are_declared_by_their_addresses(tmp_path, name):
    path = written(tmp_path / "a.zip", occurrences([["1", "A"]], [name]))
    assert f'term="{BY_NAME[name].iri}"' in zipfile.ZipFile(path).read("meta.xml").decode()
