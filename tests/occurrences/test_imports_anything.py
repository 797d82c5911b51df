"""Whatever a file holds: its rows add up, it comes in once, and it can be taken back."""

import csv
import io
import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journal import undo
from occurrences.models import ImportRun
from occurrences.readers import hash_collection
from tests import make
from tests.occurrences.importing import archive, bring_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEADERS = [
    "occurrenceID",
    "catalogNumber",
    "otherCatalogNumbers",
    "recordedBy",
    "scientificName",
    "identifiedBy",
    "dateIdentified",
    "eventDate",
    "eventDate2",
    "year",
    "month",
    "day",
    "country",
    "countryCode",
    "locality",
    "decimalLatitude",
    "decimalLongitude",
    "verbatimCoordinates",
    "minimumElevationInMeters",
    "verbatimElevation",
    "recordSecurity",
    "cultivationStatus",
    "basisOfRecord",
    "kingdom",
    "occid",
    "id",
    "no such term",
]
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", "", "1", "2", "-1", "0", "5", "1e400", "9" * 30, "NaN", "a-1", "a-2", "\\N"),
            *("1932", "1932-07-14", "1932-00-20", "14.vii.1932", "31/02/1998", "1932/1931"),
            *("33.10", "-110.861", "91", "31°20'N 110°50'W", "Mexico", "MX", "Perú", "300 ft"),
            *("Quercus alba", "QUERCUS  alba", "unknown", "s.d.", "yes", "Accession: 5 | 6"),
            *("=1+1", "x" * 3000, "é" * 900, "two\nlines", 'a "quoted" cell', "urn:uuid:1", "∞"),
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12),
)
TABLES = st.lists(st.sampled_from(HEADERS), min_size=3, max_size=12, unique=True).flatmap(
    lambda headers: st.tuples(
        st.just(headers),
        st.lists(
            st.lists(CELLS, min_size=len(headers) - 1, max_size=len(headers) + 1),
            min_size=1,
            max_size=12,
        ),
    )
)


def as_csv(headers, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headers, *rows])
    return text.getvalue()


def goes_in_once_and_comes_out(content, mode):
    """Try one file, in a portal where no file was before."""
    with transaction.atomic():
        _goes_in_once_and_comes_out(content, mode)
        transaction.set_rollback(True)


def _goes_in_once_and_comes_out(content, mode):
    administrator = make.user()
    into = make.collection(administrator=administrator)
    before = hash_collection(into)
    first = mode if mode == ImportRun.Mode.COPIES else ImportRun.Mode.UPDATE
    try:
        run = bring_in(into, administrator, content, mode=first)
    except AssertionError as refused:
        assert ImportRun.objects.latest("pk").state == ImportRun.State.REFUSED, refused
        return
    counts = run.counts
    imported, left = counts["created"], counts["blocked"]
    assert counts["rows"] == imported + left
    assert into.occurrences.count() == imported
    written = hash_collection(into)
    again = bring_in(into, administrator, content, mode=mode)
    assert (again.counts["unchanged"], again.change_set) == (imported, None), [
        each.differences for each in again.outcomes.all()
    ]
    assert hash_collection(into) == written
    if run.change_set:
        undo.undo(run.change_set, administrator)
    assert hash_collection(into) == before


@settings(
    max_examples=int(os.environ.get("EXPLORE") or 40),
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(table=TABLES, mode=st.sampled_from(ImportRun.Mode.values))
def test_any_table(db, table, mode):
    headers, rows = table
    goes_in_once_and_comes_out(as_csv(["fieldNumber", *headers], rows), mode)


@settings(
    max_examples=int(os.environ.get("EXPLORE") or 40),
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    records=st.lists(st.tuples(st.sampled_from("abcd"), CELLS, CELLS), min_size=1, max_size=5),
    names=st.lists(st.tuples(st.sampled_from("abcx"), CELLS, CELLS, CELLS), max_size=6),
    others=st.lists(st.tuples(st.sampled_from("abcx"), CELLS, CELLS), max_size=6),
    mode=st.sampled_from(ImportRun.Mode.values),
)
def test_any_archive(db, records, names, others, mode):
    core = as_csv(["id", "catalogNumber", "scientificName"], records)
    headers = ["coreid", "scientificName", "identifiedBy", "dateIdentified"]
    packed = archive(
        core,
        identification=as_csv(headers, names),
        identifier=as_csv(["coreid", "identifier", "title"], others),
        multimedia=as_csv(["coreid", "identifier", "title"], others),
    )
    goes_in_once_and_comes_out(packed, mode)
