"""Extensions leave with the addresses under which they came."""

import pytest

from darwincore.extensions import (
    EXTENDED_MEASUREMENT_ROW,
    MATERIAL_SAMPLE_ROW,
    MEASUREMENT_ROW,
    RELATIONSHIP_ROW,
    extension_iri,
)
from darwincore.reader import open_source
from darwincore.terms import AUDUBON_ROW, DCTERMS, DWC, IDENTIFIER_ROW, MULTIMEDIA_ROW, SYMBIOTA
from tests.darwincore.pack import extension, field, meta, table, zipped

KNOWN = [
    (MEASUREMENT_ROW, "measurementType", DWC + "measurementType"),
    (
        EXTENDED_MEASUREMENT_ROW,
        "measurementTypeID",
        "http://rs.iobis.org/obis/terms/measurementTypeID",
    ),
    (RELATIONSHIP_ROW, "relatedResourceID", DWC + "relatedResourceID"),
    (MULTIMEDIA_ROW, "format", DCTERMS + "format"),
    (AUDUBON_ROW, "format", "http://purl.org/dc/elements/1.1/format"),
    (AUDUBON_ROW, "accessURI", "http://rs.tdwg.org/ac/terms/accessURI"),
    (AUDUBON_ROW, "Owner", "http://ns.adobe.com/xap/1.0/rights/Owner"),
    (IDENTIFIER_ROW, "identifier", DCTERMS + "identifier"),
    (MATERIAL_SAMPLE_ROW, "volume", "http://data.ggbn.org/schemas/ggbn/terms/volume"),
    (MULTIMEDIA_ROW, "catalogNumber", DWC + "catalogNumber"),
    (MULTIMEDIA_ROW, "https://example.org/a", "https://example.org/a"),
    (MULTIMEDIA_ROW, "unheardOf", SYMBIOTA + "unheardOf"),
]


@pytest.mark.parametrize(("row_type", "name", "iri"), KNOWN)
def test_term_of_an_extension_has_the_address_it_came_with(row_type, name, iri):
    assert extension_iri(row_type, name) == iri


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("file", "row_type"),
    [
        ("measurementorfact.csv", MEASUREMENT_ROW),
        ("extendedmeasurementorfact.csv", EXTENDED_MEASUREMENT_ROW),
        ("resourcerelationships.csv", RELATIONSHIP_ROW),
        ("multimedia.csv", MULTIMEDIA_ROW),
        ("audubon.csv", AUDUBON_ROW),
        ("identifiers.csv", IDENTIFIER_ROW),
        ("material_sample.csv", MATERIAL_SAMPLE_ROW),
    ],
)
def test_extensions_are_read_as_what_they_are(tmp_path, file, row_type, declared):
    members = {"occurrences.csv": "id,catalogNumber\n1,A-1\n", file: "coreid,identifier\n1,x\n"}
    if declared:
        core = table((field(1, "catalogNumber"),))
        members["meta.xml"] = meta(core, extension((field(1, "identifier"),), row_type, file))
    with open_source(zipped(tmp_path / "a.zip", members)) as source:
        (found,) = source.extensions
        assert (found.row_type, found.headers[1]) == (row_type, "identifier")
        assert [(row.core_id, row.cells[1]) for row in found.rows()] == [("1", "x")]
