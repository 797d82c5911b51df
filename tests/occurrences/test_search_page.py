"""The search page: what was found as list and table, its links, its messages, its queries."""

import re
from html import unescape

import pytest
from django.urls import reverse

from occurrences import paging, search
from tests import make

SEARCH = "/occurrences/"
MOST_QUERIES = 10  # one for the limits of a person's roles, one for his notices


@pytest.fixture
def oaks(herbarium, other_herbarium):
    rows = [
        {
            "catalog_number": f"ARIZ {number}",
            "recorded_by": "L. Gómez",
            "record_number": str(number),
            "event_date": f"19{number}-07-14",
            "scientific_name_authorship": "Torr.",
            "country": "México",
            "country_code": "MX",
            "state_province": "Sonora",
            "locality": "<b>Imuris</b>",
        }
        for number in range(30, 40)
    ]
    made = make.occurrences(herbarium, rows)
    make.occurrence(other_herbarium, catalog_number="O 1", scientific_name="Zea mays")
    return made


def links(page) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]


def test_everybody_may_search(oaks, cast, client):
    for name, user in cast.items():
        client.logout()
        if name != "visitor":
            client.force_login(user)
        page = client.get(SEARCH, {"q": "gomez 2", "collector": "Gómez", "number": "31-33"})
        assert page.status_code == 200, name


def test_a_list_says_what_a_label_says(oaks, client):
    page = client.get(SEARCH, {"number": "33"}).text
    for text in ("Quercus emoryi", "Torr.", "ARIZ 33", "L. Gómez 33", "1933-07-14"):
        assert text in page
    assert "México, Sonora: &lt;b&gt;Imuris" in page
    assert reverse("occurrences:record", args=[oaks[3].guid]) in page
    assert "ARIZ 34" not in page


def test_a_table_keeps_the_search_when_sorted(oaks, client):
    page = client.get(SEARCH, {"collector": "Gómez", "view": "table", "sort": "date"})
    assert 'aria-sort="ascending"' in page.text
    assert "?collector=G%C3%B3mez&view=table&sort=-date" in links(page)
    assert "?collector=G%C3%B3mez&sort=date" in links(page), "the list, in the same order"


def test_pages_keep_the_search(oaks, client, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    query = {"collector": "Gómez", "view": "table", "sort": "catalog"}
    first = client.get(SEARCH, query)
    following = next(link for link in links(first) if "page=" in link)
    assert following.startswith("?collector=G%C3%B3mez&view=table&sort=catalog&page=")
    second = client.get(SEARCH + following)
    assert re.findall(r">ARIZ (\d+)", second.text) == ["34", "35", "36", "37"]
    assert "Records 1–4 of 10" in first.text and "Records 5–8 of 10" in second.text
    last = client.get(SEARCH + [link for link in links(second) if "page=" in link][-1])
    assert "Records 9–10 of 10" in last.text


@pytest.mark.parametrize("page", ["nonsense", "\0", "1", "é"])
def test_a_broken_cursor_shows_the_first_page(oaks, client, page):
    answer = client.get(SEARCH, {"q": "gomez", "page": page})
    assert answer.status_code == 200
    assert "This is the first one" in answer.text
    assert "10 records" in answer.text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"date": "2020-13"}, "“2020-13” is no date"),
        ({"date": "2000-1990"}, "ends before it begins"),
        ({"q": "a\0b"}, "Null characters"),
        ({"taxon": "x" * 999}, "at most 200"),
        ({"number": ",".join("1" * 600)}, "more than 500 numbers"),
    ],
)
def test_what_cant_be_read_is_said_on_the_form(oaks, client, query, message):
    answer = client.get(SEARCH, query)
    assert answer.status_code == 200
    assert message in answer.text
    assert "10 records" not in answer.text


@pytest.mark.parametrize(
    "query", ["sort=x", "view=x", "sort=--name", "types=maybe", "x=y", "%00=1"]
)
def test_unknown_words_of_the_address_are_passed_over(oaks, client, query):
    assert client.get(f"{SEARCH}?{query}").status_code == 200


def test_chips_take_one_criterion_away(oaks, client):
    page = client.get(SEARCH, {"collector": "Gómez", "state": "Sonora"})
    assert "?state=Sonora" in links(page)
    assert "?collector=G%C3%B3mez" in links(page)


def test_facets_narrow_and_widen(oaks, client, herbarium):
    page = client.get(SEARCH)
    assert f"?collection={herbarium.code}" in links(page)
    assert "?date=1930-1939" in links(page)
    assert "?country=M%C3%A9xico" in links(page)
    narrowed = client.get(SEARCH, {"date": "1930-1939", "collection": herbarium.code})
    assert f"?collection={herbarium.code}" in links(narrowed), "the decade given up"
    assert "?date=1930-1939" in links(narrowed), "the collection given up"


def test_nothing_found_offers_words_that_begin_so(oaks, client):
    page = client.get(SEARCH, {"taxon": "Querc"})
    assert "No record meets all of this" in page.text
    assert "Show 10 records" in page.text
    assert "?taxon=Querc%2A" in links(page)


def test_nothing_at_all_is_said(client, db):
    assert "There are no records here yet" in client.get(SEARCH).text


def test_beyond_the_bound_more_than_is_said(oaks, client, monkeypatch):
    monkeypatch.setattr(search, "COUNTED", 5)
    page = client.get(SEARCH)
    assert "More than" in page.text
    assert "?collection=HERB" in links(page), "collections can still be chosen"


def test_protected_places_are_tagged(herbarium, client, editor):
    make.occurrence(herbarium, locality="Secretspring", event_date="1932-07-14", record_security=1)
    page = client.get(SEARCH).text
    assert "place redacted" in page
    assert "Secretspring" not in page
    client.force_login(editor)
    page = client.get(SEARCH).text
    assert "exact place visible to you" in page
    assert "Secretspring" in page
    assert "1932-07-14" in page


def test_editing_is_offered_to_editors_of_the_collection_alone(oaks, client, editor, other_editor):
    address = reverse("occurrences:edit", args=[oaks[0].guid])
    assert address not in links(client.get(SEARCH))
    client.force_login(other_editor)
    assert address not in links(client.get(SEARCH))
    client.force_login(editor)
    assert address in links(client.get(SEARCH))


@pytest.mark.parametrize("who", [None, "editor"])
@pytest.mark.parametrize("view", ["list", "table"])
def test_a_page_takes_few_queries_however_much_it_shows(
    oaks, client, request, who, view, django_assert_max_num_queries
):
    if who:
        client.force_login(request.getfixturevalue(who))
    make.occurrences(oaks[0].collection, [{"record_security": n % 2} for n in range(60)])
    query = {"view": view, "q": "Quercus", "country": "", "sort": "date", "catalog_number": ""}
    with django_assert_max_num_queries(MOST_QUERIES):
        page = client.get(SEARCH, query)
    assert "70 records" in page.text
