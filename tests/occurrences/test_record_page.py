"""The record page shows every filled field to who may see it, and says what it withholds."""

import re
from html import unescape

import pytest
from django.urls import reverse

from darwincore import terms
from journal.guids import new_guid
from occurrences.models import DeletedOccurrence, Protection
from tests import make

MOST_QUERIES = 16  # one for where it came from
# Said in words of their own, or derived from the date the page shows.
SAID_OTHERWISE = {"recordSecurity", "securityReason", "year", "month", "day"}


def address(record) -> str:
    return reverse("occurrences:record", args=[record.guid])


def shown(page) -> str:
    return unescape(page.text)


def test_every_filled_field_is_shown_under_its_label(herbarium, client):
    values = {
        term.column: {"text": f"value of {term.name}", "integer": 1, "boolean": True, "number": 5}[
            term.kind
        ]
        for term in terms.COLUMN_TERMS
        if term.name not in SAID_OTHERWISE
    }
    values |= {"event_date": "1932-07-14"}
    values.pop("start_day_of_year"), values.pop("end_day_of_year")
    page = shown(client.get(address(make.occurrence(herbarium, **values))))
    for column, value in values.items():
        term = terms.BY_COLUMN[column]
        assert f'title="{term.name}">{term.label}' in page or f"{value}" in page, term.name
        if term.kind == "text":
            assert str(value) in page, term.name


def test_values_are_text_and_never_markup(herbarium, client):
    evil = "<script>alert(1)</script>"
    record = make.occurrence(
        herbarium,
        locality=evil,
        scientific_name=evil,
        verbatim={"eventDate": evil},
        identifiers=[(evil, evil)],
        extension_rows=[
            (terms.MULTIMEDIA_ROW, {"identifier": "javascript:alert(1)", "title": evil}),
            ("http://example.org/Thing", {evil: evil}),
        ],
    )
    page = client.get(address(record)).text
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript' not in page


def test_only_web_addresses_become_links_and_nothing_is_fetched_from_them(herbarium, client):
    record = make.occurrence(
        herbarium,
        associated_references="https://example.org/paper",
        license="ftp://example.org/licence",
        extension_rows=[
            (
                terms.MULTIMEDIA_ROW,
                {"identifier": "https://img.example.org/1.jpg", "title": "The sheet"},
            ),
            (terms.AUDUBON_ROW, {"accessURI": "HTTP://img.example.org/2.jpg"}),
        ],
    )
    page = client.get(address(record)).text
    assert '<a href="https://example.org/paper" rel="noopener nofollow">' in page
    assert '<a href="https://img.example.org/1.jpg" rel="noopener nofollow">The sheet</a>' in page
    assert '<a href="HTTP://img.example.org/2.jpg" rel="noopener nofollow">' in page
    assert 'href="ftp' not in page
    assert not re.findall(r'(?:src|srcset|poster|data)="(?:https?:)?//', page)


def test_verbatim_texts_stand_beside_what_was_understood(herbarium, client):
    record = make.occurrence(
        herbarium, event_date="1932-07-14", verbatim={"eventDate": "14.vii.32", "county": "“Pima?”"}
    )
    page = client.get(address(record)).text
    assert "14.vii.32" in page
    assert "1932-07-14" in page
    assert "Pima?" in page, "also where nothing was understood"


def test_determinations_come_current_first(herbarium, client):
    older = {
        "scientific_name": "Quercus obscura",
        "identified_by": "F. Shreve",
        "date_identified": "1950",
        "identification_remarks": "leaf only",
    }
    record = make.occurrence(
        herbarium, scientific_name="Quercus clara", identified_by="A. Uno", identifications=[older]
    )
    page = client.get(address(record)).text
    history = page[page.index("Determination History") :]
    assert history.index("Quercus clara") < history.index("Quercus obscura")
    assert "F. Shreve" in history
    assert "leaf only" in history
    assert history.count(">current<") == 1


def test_extension_rows_stand_in_a_table(herbarium, client):
    row_type = "http://rs.tdwg.org/dwc/terms/MeasurementOrFact"
    rows = [
        (row_type, {"http://rs.tdwg.org/dwc/terms/measurementType": "height", "unit": ""}),
        (row_type, {"http://rs.tdwg.org/dwc/terms/measurementType": "width"}),
    ]
    page = client.get(address(make.occurrence(herbarium, extension_rows=rows))).text
    assert "Measurements and facts" in page
    assert ">measurementType</th>" in page
    assert "<td>height</td>" in page
    assert ">unit</th>" not in page, "a column that nothing fills"


PLACE = {
    "catalog_number": "RARE 1",
    "recorded_by": "L. Gómez",
    "record_number": "canary-number",
    "event_date": "1932-07-14",
    "state_province": "Sonora",
    "locality": "canary-locality",
    "decimal_latitude": "30.12345",
    "decimal_longitude": "-110.54321",
    "habitat": "canary-habitat",
    "security_reason": "canary-reason",
    "identification_remarks": "canary-remark",
    "verbatim": {"eventDate": "canary-date"},
    "identifications": [
        {"scientific_name": "Quercus x", "identification_remarks": "canary-older remark"}
    ],
    "extension_rows": [(terms.MULTIMEDIA_ROW, {"identifier": "https://e.org/canary-image.jpg"})],
}
CANARIES = ("canary", "30.12345", "110.54321", "1932-07-14")


def test_a_protected_place_is_withheld_and_said(herbarium, cast, client):
    record = make.occurrence(herbarium, **PLACE, record_security=1)
    for name in ("visitor", "stranger", "other_administrator", "portal_admin", "taxonomist"):
        client.logout()
        if name != "visitor":
            client.force_login(cast[name])
        page = client.get(address(record)).text
        assert not [canary for canary in CANARIES if canary in page], name
        assert "Place redacted" in page
        for text in ("RARE 1", "L. Gómez", "Sonora", "1932"):
            assert text in page


@pytest.mark.parametrize("who", ["reader", "editor", "administrator"])
def test_who_may_read_a_place_reads_all_of_it(herbarium, client, request, who):
    record = make.occurrence(herbarium, **PLACE, record_security=1)
    client.force_login(request.getfixturevalue(who))
    page = client.get(address(record)).text
    assert "Exact place visible to you" in page
    for text in (*CANARIES, "canary-older remark", "canary-image", "canary-date", "canary-reason"):
        assert text in page


def test_a_wholly_protected_record_is_there_for_its_editors_alone(herbarium, cast, client):
    record = make.occurrence(herbarium, **PLACE, record_security=5)
    statuses = {}
    for name, user in cast.items():
        client.logout()
        if name != "visitor":
            client.force_login(user)
        statuses[name] = client.get(address(record)).status_code
    assert {name for name, status in statuses.items() if status == 200} == {
        "editor",
        "administrator",
    }
    assert set(statuses.values()) == {200, 404}


def test_editing_is_offered_to_who_may(herbarium, client, editor, reader):
    record = make.occurrence(herbarium)
    edit = reverse("occurrences:edit", args=[record.guid])
    assert edit not in client.get(address(record)).text
    client.force_login(reader)
    assert edit not in client.get(address(record)).text
    client.force_login(editor)
    assert edit in client.get(address(record)).text


def deleted(collection, **fields):
    return DeletedOccurrence.objects.create(
        guid=new_guid(),
        collection=collection,
        name="Quercus deleta",
        change_set=make.change_set(within=collection, kind="deletion"),
        **fields,
    )


def test_a_deleted_record_is_gone_and_its_administrators_may_restore_it(
    herbarium, client, editor, administrator
):
    gone = deleted(herbarium)
    restore = reverse("occurrences:restore", args=[gone.guid])
    page = client.get(address(gone))
    assert page.status_code == 410
    assert "Quercus deleta" in page.text
    assert restore not in page.text
    client.force_login(editor)
    assert restore not in client.get(address(gone)).text
    client.force_login(administrator)
    assert restore in client.get(address(gone)).text


def test_what_was_hidden_stays_hidden_when_deleted(herbarium, client, other_editor, editor):
    private = make.collection("PRIVATE", is_public=False)
    whole, elsewhere = deleted(herbarium, protection=Protection.WHOLE), deleted(private)
    client.force_login(other_editor)
    assert client.get(address(whole)).status_code == 404
    assert client.get(address(elsewhere)).status_code == 404
    client.force_login(editor)
    assert client.get(address(whole)).status_code == 410


def test_nothing_ever_there_is_not_found(client, db):
    assert client.get(reverse("occurrences:record", args=[new_guid()])).status_code == 404


def test_a_page_takes_few_queries_however_much_hangs_on_the_record(
    herbarium, client, administrator, django_assert_max_num_queries
):
    record = make.occurrence(
        herbarium,
        record_security=1,
        identifications=[{"scientific_name": f"Quercus {number}"} for number in range(30)],
        identifiers=[("", str(number)) for number in range(30)],
        extension_rows=[(f"http://e.org/{n}", {"a": "b"}) for n in range(30)],
    )
    client.force_login(administrator)
    with django_assert_max_num_queries(MOST_QUERIES):
        page = client.get(address(record))
    assert "Quercus 29" in page.text
